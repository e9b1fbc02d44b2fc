package authn

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Roles says which roles the groups of the login service give. A group that is
// not named gives none.
type Roles struct{ byGroup map[string][]string }

// ParseRoles reads the setting FUNN_ROLES: entries GROUP=ROLE, separated by
// comma, semicolon or line break, with or without spaces around:
//
//	5f4d…=fou, 5f4d…=statistikk; 0b7c…=fageier
//
// GROUP is the value that the claim "groups" of the ID token holds, in Entra ID
// the group's object id; the case of such an id does not matter, that of any
// other name does. A group may be named again to give a further role, and a role
// may be given by several groups. ROLE must be one of the known roles. It is an
// error to give the same role to the same group twice, or no role at all, since
// either is a slip of the pen that would be found too late.
func ParseRoles(text string, known []string) (Roles, error) {
	r := Roles{byGroup: map[string][]string{}}
	entries := strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ';' || c == '\n' || c == '\r' })
	for _, entry := range entries {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		group, role, ok := strings.Cut(entry, "=")
		group, role = folded(strings.TrimSpace(group)), strings.TrimSpace(role)
		switch {
		case !ok || group == "" || role == "":
			return Roles{}, fmt.Errorf("roles of groups: %q is not GROUP=ROLE", entry)
		case !slices.Contains(known, role):
			return Roles{}, fmt.Errorf("roles of groups: there is no role %q; the roles are %s", role, strings.Join(known, ", "))
		case slices.Contains(r.byGroup[group], role):
			return Roles{}, fmt.Errorf("roles of groups: group %q is given the role %q twice", group, role)
		}
		r.byGroup[group] = append(r.byGroup[group], role)
	}
	if len(r.byGroup) == 0 {
		return Roles{}, errors.New("roles of groups: no group is given a role, so nobody could log in")
	}
	return r, nil
}

// Of gives the roles of somebody who is in the groups, sorted, each once.
func (r Roles) Of(groups []string) []string {
	var roles []string
	for _, g := range groups {
		roles = append(roles, r.byGroup[folded(g)]...)
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// folded gives a group's name in the form in which it is compared.
func folded(group string) string {
	if len(group) == 36 && uuid.Validate(group) == nil {
		return strings.ToLower(group)
	}
	return group
}
