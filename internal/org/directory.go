package org

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/authn"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

// Directory answers who is who. Its lookups are not limited to what the
// context's actor may read, since names and roles are needed to decide just
// that; pages list through the kinds, which are.
type Directory struct {
	Units         *record.Kind[*Unit]
	Organisations *record.Kind[*Organisation]
	Persons       *record.Kind[*Person]
}

// New makes a directory. Its kinds must be registered with an engine before use.
func New() *Directory {
	d := &Directory{}
	d.Units, d.Organisations, d.Persons = d.units(), d.organisations(), d.persons()
	return d
}

// Kinds gives the kinds to register.
func (d *Directory) Kinds() []record.AnyKind {
	return []record.AnyKind{d.Units, d.Organisations, d.Persons}
}

func (d *Directory) db() *db.DB { return d.Persons.Engine().DB }

func (d *Directory) today(ctx context.Context) time.Time { return d.Persons.Engine().Today(ctx) }

// all is a context in which the kinds list everything.
func all(ctx context.Context) context.Context { return access.With(ctx, access.System) }

// Actor gives what the person may today: own roles, and those of everybody the
// person stands in for. Somebody unknown or closed is NotFound.
func (d *Directory) Actor(ctx context.Context, personID string) (access.Actor, error) {
	p, err := d.Persons.Load(ctx, personID)
	if err != nil {
		return access.Actor{}, err
	}
	if p.State != Active {
		return access.Actor{}, fault.Missing()
	}
	today := d.today(ctx)
	a := access.Actor{ID: p.ID, Name: p.Title, Title: p.JobTitle(lang.From(ctx).Tag()), Staff: p.Staff, As: []string{p.ID}}
	a.Grants = grantsOn(a.Grants, p, today)
	absent, err := d.related(ctx, standInRelation, p.ID)
	if err != nil {
		return access.Actor{}, fmt.Errorf("whom %s stands in for: %w", personID, err)
	}
	for _, other := range absent {
		acts := func(s StandIn) bool { return s.PersonID == p.ID && s.On(today) }
		if other.State == Active && other.Staff == p.Staff && slices.ContainsFunc(other.StandIns.V, acts) {
			a.As = append(a.As, other.ID)
			a.Grants = grantsOn(a.Grants, other, today)
		}
	}
	return a, nil
}

func grantsOn(to []access.Grant, p *Person, day time.Time) []access.Grant {
	for _, g := range p.Grants.V {
		grant := access.Grant{Role: g.Role, Unit: g.Unit}
		if g.On(day) && !slices.Contains(to, grant) {
			to = append(to, grant)
		}
	}
	return to
}

// related gives the persons to whose records somebody has the relation.
func (d *Directory) related(ctx context.Context, relation, personID string) ([]*Person, error) {
	filter := *new(db.Where).And("EXISTS (SELECT 1 FROM record_participant p WHERE p.record_id = r.id AND p.relation = ? AND p.person_id = ?)", relation, personID)
	return d.Persons.List(all(ctx), filter, "r.id", 0, 0)
}

// Holders gives the active persons who hold one of the roles today, by name.
func (d *Directory) Holders(ctx context.Context, roles ...access.Role) ([]*Person, error) {
	people, err := d.granted(ctx, roles...)
	today := d.today(ctx)
	return slices.DeleteFunc(people, func(p *Person) bool { return !p.Holds(today, roles...) }), err
}

// granted gives the active persons who were ever given one of the roles, by name.
func (d *Directory) granted(ctx context.Context, roles ...access.Role) ([]*Person, error) {
	relations := make([]string, len(roles))
	for i, r := range roles {
		relations[i] = holdsRelation + string(r)
	}
	in, args := new(db.Where).In("p.relation", relations...).Cond()
	filter := *new(db.Where).And("r.state = ?", Active)
	filter.And("EXISTS (SELECT 1 FROM record_participant p WHERE p.record_id = r.id AND "+in+")", args...)
	people, err := d.Persons.List(all(ctx), filter, "r.title_sort, r.id", 0, 0)
	if err != nil {
		return nil, fmt.Errorf("holders of %v: %w", roles, err)
	}
	return people, nil
}

// Acting gives who can come to act by one of the roles, or for one of the persons with
// the ids: those who hold a role today or are to, the persons, and all who stand in for
// any of these, now or later.
func (d *Directory) Acting(ctx context.Context, ids []string, roles ...access.Role) ([]*Person, error) {
	today := d.today(ctx)
	ended := func(to time.Time) bool { return !to.IsZero() && to.Before(today) }
	people, err := d.granted(ctx, roles...)
	if err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(people, func(p *Person) bool {
		return !slices.ContainsFunc(p.Grants.V, func(g Grant) bool { return slices.Contains(roles, g.Role) && !ended(g.To) })
	})
	add := func(ids []string) error {
		ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
			return id == "" || slices.ContainsFunc(out, func(p *Person) bool { return p.ID == id })
		})
		if len(ids) == 0 {
			return nil
		}
		more, err := d.active(ctx, ids)
		out = append(out, more...)
		return err
	}
	if err := add(ids); err != nil {
		return nil, err
	}
	var instead []string
	for _, p := range out {
		for _, s := range p.StandIns.V {
			if !ended(s.To) {
				instead = append(instead, s.PersonID)
			}
		}
	}
	return out, add(instead)
}

// Appearing are the commands by which somebody comes to deal with things, or comes to
// be known by another name or address, or to belong elsewhere.
var Appearing = []string{"register", "edit", "grant", "set_stand_in", "reopen", "first_login", "join_login", "login_roles", "import"}

// StandInsFor gives who stands in for the person today.
func (d *Directory) StandInsFor(ctx context.Context, p *Person) ([]*Person, error) {
	var ids []string
	today := d.today(ctx)
	for _, s := range p.StandIns.V {
		if s.On(today) && !slices.Contains(ids, s.PersonID) {
			ids = append(ids, s.PersonID)
		}
	}
	return d.active(ctx, ids)
}

func (d *Directory) active(ctx context.Context, ids []string) ([]*Person, error) {
	filter := *new(db.Where).And("r.state = ?", Active)
	filter.In("r.id", ids...)
	return d.Persons.List(all(ctx), filter, "r.title_sort, r.id", 0, 0)
}

// StoodInFor gives the persons who have chosen the person as a stand-in, whether
// it is for today or another time.
func (d *Directory) StoodInFor(ctx context.Context, personID string) ([]*Person, error) {
	return d.related(ctx, standInRelation, personID)
}

// Recipients gives who is to be told of an event: everybody active whom one of
// the rules lets at the record, and those who stand in for them today. A rule
// that lets everybody in tells nobody: a notice is meant for somebody.
func (d *Directory) Recipients(ctx context.Context, n record.Notice) ([]*Person, error) {
	subject := access.Subject{State: n.Head.State, Unit: n.Head.Unit, Flags: strings.Fields(n.Head.Flags), Relations: n.Of}
	today := d.today(ctx)
	told := map[string]*Person{}
	for _, rule := range n.Rules {
		var candidates []*Person
		var err error
		switch {
		case len(rule.Roles) > 0:
			candidates, err = d.Holders(ctx, rule.Roles...)
		case len(rule.Relations) > 0:
			var ids []string
			for _, relation := range rule.Relations {
				ids = append(ids, n.Of[relation]...)
			}
			candidates, err = d.active(ctx, ids)
		}
		if err != nil {
			return nil, fmt.Errorf("who is told of %s: %w", n.Head.Number, err)
		}
		for _, p := range candidates {
			a := access.Actor{ID: p.ID, Staff: p.Staff, As: []string{p.ID}, Grants: grantsOn(nil, p, today)}
			if told[p.ID] != nil || !access.Allows([]access.Rule{rule}, a, subject) {
				continue
			}
			told[p.ID] = p
			instead, err := d.StandInsFor(ctx, p)
			if err != nil {
				return nil, err
			}
			for _, s := range instead {
				told[s.ID] = s
			}
		}
	}
	out := make([]*Person, 0, len(told))
	for _, p := range told {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *Person) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// PersonByExternal gives the person who is known to the issuer as the subject,
// makes one at the first login, and brings name, address and the roles that
// follow from groups up to date. Nothing is written when nothing has changed.
// Somebody who was registered with the address before they logged in is joined with
// it. Somebody closed is Forbidden, with the key person.closed; an address that is
// another's, with the key person.address_taken.
func (d *Directory) PersonByExternal(ctx context.Context, issuer, subject string, profile authn.Profile) (string, error) {
	id, err := d.login(ctx, issuer, subject, profile)
	if err != nil && db.IsUnique(err) {
		// Two first logins at once: the second finds what the first made.
		id, err = d.login(ctx, issuer, subject, profile)
	}
	return id, err
}

func (d *Directory) login(ctx context.Context, issuer, subject string, profile authn.Profile) (string, error) {
	if issuer == "" || subject == "" {
		return "", fmt.Errorf("login without issuer or subject")
	}
	known, err := d.Persons.List(all(ctx), *new(db.Where).And("b.issuer = ? AND b.subject = ?", issuer, subject), "r.id", 1, 0)
	if err != nil {
		return "", fmt.Errorf("look up who logs in: %w", err)
	}
	name := strings.Join(strings.Fields(profile.Name), " ")
	if name == "" {
		name = subject
	}
	email, ok := normalEmail(profile.Email)
	if !ok || len(email) > 150 {
		email = ""
	}
	told := record.Input{Values: form.Of("name", cut(name, 200), "email", email).With("roles", profile.Roles...)}
	if len(known) == 0 {
		same, err := d.sameAddress(ctx, email, issuer, subject, profile.Verified)
		switch {
		case err != nil && slices.Contains(profile.Roles, string(Admin)):
			// Whoever is to settle whose an address is must be able to come in.
			told.Values = told.Values.With("email", "")
		case err != nil:
			return "", err
		case same != nil:
			in := told.Values.With("issuer", issuer).With("subject", subject)
			if _, err := d.Persons.As(ctx, same.ID, "join_login", record.Input{Values: in}); err != nil {
				return "", fmt.Errorf("first login of %s: %w", same.ID, err)
			}
			return same.ID, nil
		}
		p, err := d.Persons.Create(all(ctx), "first_login", told, func(p *Person) { p.Issuer, p.Subject = issuer, subject })
		if err != nil {
			return "", fmt.Errorf("first login: %w", err)
		}
		return p.ID, nil
	}
	p := known[0]
	if p.State != Active {
		return "", fault.New(fault.Forbidden, "person.closed")
	}
	if email != p.Email {
		others, err := d.Persons.Count(all(ctx), *new(db.Where).And("b.email = ? AND r.state = ? AND r.id <> ?", email, Active, p.ID))
		if err != nil {
			return "", fmt.Errorf("look up an address: %w", err)
		}
		if email == "" || others > 0 {
			email = p.Email // one that is another's meanwhile is not taken over by logging in
			told.Values = told.Values.With("email", email)
		}
	}
	place := p.Unit
	if place == "" {
		if place, err = d.placeFor(ctx, profile.Roles); err != nil {
			return "", err
		}
	}
	grants := loginGrants(p.Grants.V, place, profile.Roles, d.today(ctx))
	if p.Unit == place && p.Title == told.Values.String("name") && p.Email == email && slices.Equal(grants, p.Grants.V) {
		return p.ID, nil
	}
	if _, err := d.Persons.As(ctx, p.ID, "login_roles", told); err != nil {
		return "", fmt.Errorf("login of %s: %w", p.ID, err)
	}
	return p.ID, nil
}

// sameAddress gives the person of the agency who was registered with the address before
// they logged in: whoever comes with it now, verified, is the same. Where the address is of somebody outside the
// agency, or of one who logs in as somebody else, two persons would share it, neither
// would get a one-time link any more, and one could meet as two in a case: that is
// Forbidden, with the key person.address_taken, until a system manager has settled whose
// it is. Somebody who has been joined in another window meanwhile is found too.
func (d *Directory) sameAddress(ctx context.Context, email, issuer, subject string, verified bool) (*Person, error) {
	if email == "" {
		return nil, nil
	}
	found, err := d.Persons.List(all(ctx), *new(db.Where).And("b.email = ? AND r.state = ?", email, Active), "r.id", 2, 0)
	switch {
	case err != nil:
		return nil, fmt.Errorf("look up an address: %w", err)
	case len(found) == 0:
		return nil, nil
	case len(found) == 1 && found[0].Issuer == issuer && found[0].Subject == subject:
		return found[0], nil
	case len(found) > 1 || !found[0].Staff || found[0].Issuer != "" || !verified:
		return nil, fault.New(fault.Forbidden, "person.address_taken")
	}
	return found[0], nil
}

func cut(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:limit])
	}
	return s
}

// PersonByEmail gives the one active person with the address, for one-time
// links. Where several share it, none is: a link must let in just one.
func (d *Directory) PersonByEmail(ctx context.Context, email string) (*Person, error) {
	email, ok := normalEmail(email)
	if !ok || email == "" {
		return nil, fault.Missing()
	}
	found, err := d.Persons.List(all(ctx), *new(db.Where).And("b.email = ? AND r.state = ?", email, Active), "r.id", 2, 0)
	if err != nil {
		return nil, fmt.Errorf("look up an address: %w", err)
	}
	if len(found) != 1 {
		return nil, fault.Missing()
	}
	return found[0], nil
}

// Known says whether anybody has the address, also somebody who has left.
func (d *Directory) Known(ctx context.Context, email string) (bool, error) {
	email, ok := normalEmail(email)
	if !ok || email == "" {
		return true, nil // nobody can come to have it
	}
	n, err := d.Persons.Count(all(ctx), *new(db.Where).And("b.email = ?", email))
	return n > 0, err
}

// SignUp makes an account for whoever has the address, which was proved by a link
// sent to it, and gives the person. Somebody who has it already is given instead;
// NotFound when they have left.
func (d *Directory) SignUp(ctx context.Context, name, email string) (id string, err error) {
	err = d.db().Tx(ctx, func(ctx context.Context) error {
		known, err := d.Known(ctx, email)
		if err != nil {
			return err
		}
		if known {
			p, err := d.PersonByEmail(ctx, email)
			if err == nil {
				id = p.ID
			}
			return err
		}
		email, _ := normalEmail(email)
		p, err := d.Persons.Create(all(ctx), "sign_up", record.Input{Values: form.Of("name", strings.Join(strings.Fields(name), " "), "email", email)}, nil)
		if err == nil {
			id = p.ID
		}
		return err
	})
	return id, err
}

// ActivePersons gives everybody who may log in, in the order of their roles.
func (d *Directory) ActivePersons(ctx context.Context) ([]*Person, error) {
	people, err := d.Persons.List(all(ctx), *new(db.Where).And("r.state = ?", Active), "r.id", 0, 0)
	if err != nil {
		return nil, err
	}
	rank := func(p *Person) int {
		best := len(Roles)
		for _, g := range p.Grants.V {
			if i := slices.Index(Roles, g.Role); i >= 0 && i < best {
				best = i
			}
		}
		return best
	}
	slices.SortStableFunc(people, func(a, b *Person) int { return rank(a) - rank(b) })
	return people, nil
}

// Names gives what persons are called, by id, in the context's language. It has
// the form that the record pages ask for; whoever is unknown is left out.
func (d *Directory) Names(ctx context.Context, ids ...string) (map[string]string, error) {
	out := map[string]string{}
	tag := lang.From(ctx).Tag()
	for chunk := range slices.Chunk(ids, 500) {
		people, err := d.Persons.List(all(ctx), *new(db.Where).In("r.id", chunk...), "r.id", 0, 0)
		if err != nil {
			return nil, fmt.Errorf("names: %w", err)
		}
		for _, p := range people {
			out[p.ID] = p.Name(tag)
		}
	}
	return out, nil
}

// Name gives what one person is called; the id itself when nobody has it.
func (d *Directory) Name(ctx context.Context, id string) string {
	names, err := d.Names(ctx, id)
	if err != nil || names[id] == "" {
		return id
	}
	return names[id]
}

// UnitNames gives the names of units by path; an unknown path is left out.

// UnitName gives the name of one unit; the path itself when no unit has it.
func (d *Directory) UnitName(ctx context.Context, path string) string {
	names, err := d.UnitNames(ctx, path)
	if err != nil || names[path] == "" {
		return path
	}
	return names[path]
}

// UnitByPath gives the unit with the path.
func (d *Directory) UnitByPath(ctx context.Context, path string) (*Unit, error) {
	found, err := d.Units.List(all(ctx), *new(db.Where).And("b.path = ?", path), "r.id", 1, 0)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.Missing()
	}
	return found[0], nil
}

// ActiveUnits gives the units of the types that stand today, by path; of every
// type when none is given.
func (d *Directory) ActiveUnits(ctx context.Context, types ...string) ([]*Unit, error) {
	filter := *new(db.Where).And("r.state = ?", Active)
	if len(types) > 0 {
		filter.In("b.unit_type", types...)
	}
	list, err := d.Units.List(all(ctx), filter, "b.path", 0, 0)
	if err != nil {
		return nil, fmt.Errorf("units: %w", err)
	}
	today := d.today(ctx)
	return slices.DeleteFunc(list, func(u *Unit) bool { return !u.ValidOn(today) }), nil
}

// placeFor gives the path of the directorate, the unit above all others. As long as
// none is registered a system manager has no place and comes in all the same, since
// somebody must register it; all others are Forbidden, with the key
// unit.no_directorate.
func (d *Directory) placeFor(ctx context.Context, roles []string) (string, error) {
	units, err := d.ActiveUnits(ctx, TypeDirectorate)
	switch {
	case err != nil:
		return "", err
	case len(units) > 0:
		return units[0].Path, nil
	case slices.Contains(roles, string(Admin)):
		return "", nil
	}
	return "", fault.New(fault.Forbidden, "unit.no_directorate")
}

// OrganisationNames gives the names of organisations by id; unknown ids are left out.
func (d *Directory) OrganisationNames(ctx context.Context, ids ...string) (map[string]string, error) {
	out := map[string]string{}
	for chunk := range slices.Chunk(ids, 500) {
		list, err := d.Organisations.List(all(ctx), *new(db.Where).In("r.id", chunk...), "r.id", 0, 0)
		if err != nil {
			return nil, fmt.Errorf("names of organisations: %w", err)
		}
		for _, o := range list {
			out[o.ID] = o.Title
		}
	}
	return out, nil
}

// OrganisationByName gives the organisation that has the name or an alias of it,
// whatever the case of the letters, spaces and accents (lang.Fold).
func (d *Directory) OrganisationByName(ctx context.Context, name string) (*Organisation, error) {
	names, err := d.organisationNames(ctx)
	if err != nil {
		return nil, err
	}
	h, ok := names[lang.Fold(name)]
	if !ok {
		return nil, fault.Missing()
	}
	return d.Organisations.Load(ctx, h.ID)
}

type named struct {
	ID      string           `db:"id"`
	Number  string           `db:"number"`
	Title   string           `db:"title"`
	Aliases db.JSON[[]Alias] `db:"aliases"`
}

// organisationNames gives every organisation by each of its folded names. A
// title goes before an alias, a record made earlier before a later one.

// The options of the forms.

func (d *Directory) unitOptions(ctx context.Context, _ any) ([]form.Option, error) {
	units, err := d.ActiveUnits(ctx)
	if err != nil {
		return nil, err
	}
	return UnitOptions(units), nil
}

// UnitOptions makes options of units; the value is the path.
func UnitOptions(units []*Unit) []form.Option {
	out := make([]form.Option, len(units))
	for i, u := range units {
		out[i] = form.Option{Value: u.Path, Label: u.Title}
	}
	slices.SortStableFunc(out, func(a, b form.Option) int { return lang.Compare(a.Label, b.Label) })
	return out
}

// OrganisationOptions makes options of the active organisations; the value is the id.
func (d *Directory) OrganisationOptions(ctx context.Context, _ any) ([]form.Option, error) {
	list, err := d.Organisations.List(all(ctx), *new(db.Where).And("r.state = ?", Active), "r.title_sort, r.id", 0, 0)
	if err != nil {
		return nil, err
	}
	out := make([]form.Option, len(list))
	for i, o := range list {
		out[i] = form.Option{Value: o.ID, Label: o.Title}
	}
	return out, nil
}

// PersonOptions makes options of persons in the context's language; the value is
// the id.
func PersonOptions(ctx context.Context, people []*Person) []form.Option {
	tag := lang.From(ctx).Tag()
	out := make([]form.Option, len(people))
	for i, p := range people {
		out[i] = form.Option{Value: p.ID, Label: p.Name(tag)}
	}
	return out
}

// standInOptions gives whom somebody may be stood in for by: the agency's own by
// the agency's own, others by those of the same organisation.
func (d *Directory) standInOptions(ctx context.Context, rec any) ([]form.Option, error) {
	p, ok := rec.(*Person)
	if !ok {
		return nil, nil
	}
	people, err := d.Persons.List(all(ctx), *new(db.Where).And("r.state = ?", Active), "r.title_sort, r.id", 0, 0)
	if err != nil {
		return nil, err
	}
	people = slices.DeleteFunc(people, func(o *Person) bool {
		return o.ID == p.ID || o.Staff != p.Staff || !p.Staff && o.Organisation != p.Organisation
	})
	return PersonOptions(ctx, people), nil
}

func (d *Directory) currentStandIns(ctx context.Context, rec any) ([]form.Option, error) {
	p, ok := rec.(*Person)
	if !ok {
		return nil, nil
	}
	var ids []string
	for _, s := range p.StandIns.V {
		ids = append(ids, s.PersonID)
	}
	names, err := d.Names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	today := d.today(ctx)
	var out []form.Option
	for _, s := range p.StandIns.V {
		if s.To.IsZero() || !s.To.Before(today) {
			out = append(out, form.Option{Value: s.key(), Label: names[s.PersonID] + ", " + lang.Day(ctx, s.From)})
		}
	}
	return out, nil
}

// grantOptions gives the grants that hold or will hold.
func (d *Directory) grantOptions(ctx context.Context, rec any) ([]form.Option, error) {
	p, ok := rec.(*Person)
	if !ok {
		return nil, nil
	}
	today := d.today(ctx)
	var out []form.Option
	for _, g := range p.Grants.V {
		if !g.To.IsZero() && g.To.Before(today) {
			continue
		}
		label := lang.T(ctx, "role."+string(g.Role))
		if g.Unit != "" {
			label += ", " + d.UnitName(ctx, g.Unit)
		}
		out = append(out, form.Option{Value: g.key(), Label: label})
	}
	return out, nil
}
