package org

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

// Name gives what the person is called on a page in the language: the demo's
// persons are named by what they are, which each language has a word for.
func (p *Person) Name(tag lang.Tag) string {
	if p.Titles.V[string(lang.NB)] == p.Title {
		if t := p.Titles.V[string(tag)]; t != "" {
			return t
		}
	}
	return p.Title
}

// JobTitle gives what the person is, in the language if it is known there.
func (p *Person) JobTitle(tag lang.Tag) string {
	if t := p.Titles.V[string(tag)]; t != "" {
		return t
	}
	return p.Titles.V[string(lang.NB)]
}

// normalEmail gives an address in the form it is kept, and whether it is one.
func normalEmail(s string) (string, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return "", true
	}
	a, err := mail.ParseAddress(s)
	return s, err == nil && a.Address == s && strings.Contains(s[strings.LastIndexByte(s, '@'):], ".")
}

// describePlace sets what registering and editing have in common. Somebody is
// either in a unit of the agency or in an organisation outside it.
func describePlace(p *Person, in form.Values) error {
	var errs fault.Errors
	email, ok := normalEmail(in.String("email"))
	if !ok {
		errs.Add("email", "org.email_form")
	}
	unit, organisation := in.String("unit"), in.String("organisation")
	staff := unit != ""
	switch {
	case staff && organisation != "":
		errs.Add("organisation", "person.two_places")
	case !staff && organisation == "":
		errs.Add("unit", "person.no_place")
	case slices.ContainsFunc(p.Grants.V, func(g Grant) bool { return Staff(g.Role) != staff }):
		// Roles of the agency's own would go on letting somebody in who has left it.
		errs.Add("unit", "person.has_roles")
	}
	if err := errs.Err(); err != nil {
		return err
	}
	p.Title, p.Email, p.Unit, p.Organisation, p.Staff = in.String("name"), email, unit, organisation, staff
	return nil
}

func registerPerson(_ context.Context, c *record.Change[*Person]) error {
	c.Rec.Number = c.Rec.ID
	return describePlace(c.Rec, c.In)
}

// editPerson notes what the address was: whoever has the address has the account, and
// both are told.
func editPerson(_ context.Context, c *record.Change[*Person]) error {
	before := c.Rec.Email
	err := describePlace(c.Rec, c.In)
	if c.Rec.Email != before {
		c.Note(AddressBefore, before)
	}
	return err
}

// AddressBefore is what the event of a change of address says the address was by.
const AddressBefore = "email_before"

// notSelf keeps a system manager from giving rights to themselves.
func notSelf(ctx context.Context, p *Person, _ form.Values) (v record.Verdict, err error) {
	if access.From(ctx).ID == p.ID {
		v.Block("person.not_self")
	}
	return v, nil
}

func grantRole(_ context.Context, c *record.Change[*Person]) error {
	p := c.Rec
	g := Grant{Role: access.Role(c.In.String("role")), Unit: c.In.String("unit"), From: c.In.Day("from"), To: c.In.Day("to")}
	if g.From.IsZero() {
		g.From = c.Today
	}
	var errs fault.Errors
	if Staff(g.Role) != p.Staff {
		if p.Staff {
			errs.Add("role", "person.role_is_outside")
		} else {
			errs.Add("role", "person.role_is_staff")
		}
	}
	switch {
	case !p.Staff && g.Unit != "":
		errs.Add("unit", "person.unit_outside")
	case p.Staff && g.Unit == "":
		g.Unit = p.Unit
	}
	if !g.To.IsZero() && g.To.Before(g.From) {
		errs.Add("to", "org.date_order", "date", g.From)
	}
	overlap := func(o Grant) bool {
		return o.Role == g.Role && o.Unit == g.Unit && (o.To.IsZero() || !o.To.Before(g.From)) && (g.To.IsZero() || o.From.IsZero() || !g.To.Before(o.From))
	}
	if slices.ContainsFunc(p.Grants.V, overlap) {
		errs.Add("role", "person.role_held")
	}
	if err := errs.Err(); err != nil {
		return err
	}
	p.Grants.V = append(p.Grants.V, g)
	return nil
}

// key names a grant within its person's.
func (g Grant) key() string { return string(g.Role) + "@" + g.Unit + "@" + dayText(g.From) }

func (d *Directory) revocable(ctx context.Context, p *Person, in form.Values) (v record.Verdict, err error) {
	if len(p.Grants.V) == 0 {
		v.Block("person.no_roles")
		return v, nil
	}
	if role, _, _ := strings.Cut(in.String("grant"), "@"); role == string(Admin) {
		return d.leavesAdmin(ctx, p)
	}
	return v, nil
}

// leavesAdmin blocks what would leave Funn without a system manager.
func (d *Directory) leavesAdmin(ctx context.Context, p *Person) (v record.Verdict, err error) {
	holders, err := d.Holders(ctx, Admin)
	if err != nil {
		return v, err
	}
	if len(holders) == 1 && holders[0].ID == p.ID {
		v.Block("person.last_admin")
	}
	return v, nil
}

func (d *Directory) personClosable(ctx context.Context, p *Person, _ form.Values) (record.Verdict, error) {
	return d.leavesAdmin(ctx, p)
}

// revokeRole ends a grant. One that held is kept with its last day, so that what
// was done with it can be understood afterwards; it does not hold today.
func revokeRole(_ context.Context, c *record.Change[*Person]) error {
	i := slices.IndexFunc(c.Rec.Grants.V, func(g Grant) bool { return g.key() == c.In.String("grant") })
	if i < 0 {
		return fault.New(fault.Conflict, "error.changed_meanwhile")
	}
	g := &c.Rec.Grants.V[i]
	yesterday := c.Today.AddDate(0, 0, -1)
	if g.From.After(yesterday) {
		c.Rec.Grants.V = slices.Delete(c.Rec.Grants.V, i, i+1)
		return nil
	}
	g.To = yesterday
	return nil
}

func setStandIn(_ context.Context, c *record.Change[*Person]) error {
	s := StandIn{PersonID: c.In.String("person"), From: c.In.Day("from"), To: c.In.Day("to")}
	if !s.To.IsZero() && s.To.Before(s.From) {
		var errs fault.Errors
		errs.Add("to", "org.date_order", "date", s.From)
		return errs.Err()
	}
	c.Rec.StandIns.V = append(c.Rec.StandIns.V, s)
	return nil
}

func hasStandIn(_ context.Context, p *Person, _ form.Values) (v record.Verdict, err error) {
	if len(p.StandIns.V) == 0 {
		v.Block("person.no_stand_in")
	}
	return v, nil
}

func (s StandIn) key() string { return s.PersonID + "@" + dayText(s.From) }

// endStandIn ends it at once: the day before is the last. One that has not begun
// is taken away.
func endStandIn(_ context.Context, c *record.Change[*Person]) error {
	i := slices.IndexFunc(c.Rec.StandIns.V, func(s StandIn) bool { return s.key() == c.In.String("stand_in") })
	if i < 0 {
		return fault.New(fault.Conflict, "error.changed_meanwhile")
	}
	yesterday := c.Today.AddDate(0, 0, -1)
	if c.Rec.StandIns.V[i].From.After(yesterday) {
		c.Rec.StandIns.V = slices.Delete(c.Rec.StandIns.V, i, i+1)
		return nil
	}
	c.Rec.StandIns.V[i].To = yesterday
	return nil
}

// signUp makes a person who may apply for grants, and nothing else.
func signUp(_ context.Context, c *record.Change[*Person]) error {
	p := c.Rec
	p.Number, p.Title, p.Email = p.ID, c.In.String("name"), c.In.String("email")
	p.Grants.V = []Grant{{Role: Researcher, From: c.Today}}
	return nil
}

// firstLogin makes a person of somebody whom the agency's login service knows.
func (d *Directory) firstLogin(ctx context.Context, c *record.Change[*Person]) error {
	c.Rec.Number, c.Rec.Staff = c.Rec.ID, true
	return d.applyLogin(ctx, c)
}

// joinLogin lets somebody who was registered before log in by the login service: the
// first who comes, and nobody after that.
func (d *Directory) joinLogin(ctx context.Context, c *record.Change[*Person]) error {
	if c.Rec.Issuer != "" && (c.Rec.Issuer != c.In.String("issuer") || c.Rec.Subject != c.In.String("subject")) {
		return fault.New(fault.Forbidden, "person.address_taken")
	}
	c.Rec.Issuer, c.Rec.Subject = c.In.String("issuer"), c.In.String("subject")
	return d.applyLogin(ctx, c)
}

// applyLogin brings name, address and the roles that follow from groups up to
// what the login service says. Roles that a system manager gave stay. Until a
// system manager moves them people sit at the top of the agency.
func (d *Directory) applyLogin(ctx context.Context, c *record.Change[*Person]) (err error) {
	p := c.Rec
	if p.Unit == "" {
		if p.Unit, err = d.placeFor(ctx, c.In.List("roles")); err != nil {
			return err
		}
	}
	if name := c.In.String("name"); name != "" {
		p.Title = name
	}
	p.Email = c.In.String("email")
	p.Grants.V = loginGrants(p.Grants.V, p.Unit, c.In.List("roles"), c.Today)
	return nil
}

// loginGrants gives the grants as they become when the login service says that
// somebody has just these roles today.
func loginGrants(now []Grant, unit string, roles []string, today time.Time) []Grant {
	var out []Grant
	held := map[access.Role]bool{}
	for _, g := range now {
		if g.Login && g.On(today) {
			if !slices.Contains(roles, string(g.Role)) || g.Unit != unit {
				if g.To = today.AddDate(0, 0, -1); g.To.Before(g.From) {
					continue
				}
			} else {
				held[g.Role] = true
			}
		}
		out = append(out, g)
	}
	for _, r := range roles {
		if role := access.Role(r); !held[role] && Staff(role) {
			out = append(out, Grant{Role: role, Unit: unit, From: today, Login: true})
			held[role] = true
		}
	}
	return out
}
