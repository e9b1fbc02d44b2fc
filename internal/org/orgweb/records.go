package orgweb

import (
	"context"
	"net/url"

	"github.com/a-h/templ"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

type unitProps struct {
	Lang, About string
	Facts       []ui.Fact
	Units       ui.TableProps // the units right below
	People      ui.TableProps
	Capacity    ui.TableProps
}

func columns(ctx context.Context, keys ...string) []ui.Column {
	out := make([]ui.Column, len(keys))
	for i, k := range keys {
		out[i] = ui.Column{Label: lang.T(ctx, k)}
	}
	return out
}

func table(ctx context.Context, captionKey, emptyKey string, keys ...string) ui.TableProps {
	return ui.TableProps{Caption: lang.T(ctx, captionKey), HideCaption: true, Small: true, Cards: true, Columns: columns(ctx, keys...), Empty: lang.T(ctx, emptyKey)}
}

// unit is the content of a unit's page.
func (p *pages) unit(c *web.Context, u *org.Unit) (templ.Component, error) {
	ctx, d := c.Ctx(), p.Directory
	props := unitProps{
		Lang: u.Lang, About: u.About,
		Facts:    []ui.Fact{{Label: lang.T(ctx, "unit.field.unit_type"), Text: lang.T(ctx, "unit.type."+u.Type)}},
		Units:    table(ctx, "org.units_below", "org.no_units", "unit.name", "unit.field.unit_type"),
		People:   table(ctx, "org.people_here", "org.no_people", "person.name", "org.roles_today"),
		Capacity: table(ctx, "org.capacity", "org.no_capacity", "unit.field.area", "org.percent", "org.valid", "unit.field.note"),
	}
	if u.Parent() != "" {
		// The units of today's office list hang under no unit of ours.
		if above, err := d.UnitByPath(ctx, u.Parent()); err == nil {
			props.Facts = append(props.Facts, ui.Fact{Label: lang.T(ctx, "unit.field.parent"), Text: above.Title, Href: address(unitPath, above.Number)})
		}
	}
	if text := period(ctx, u.ValidFrom, u.ValidTo); text != "" {
		props.Facts = append(props.Facts, ui.Fact{Label: lang.T(ctx, "org.valid"), Text: text})
	}
	if len(u.Aliases.V) > 0 {
		props.Facts = append(props.Facts, ui.Fact{Label: lang.T(ctx, "unit.field.aliases"), Value: ui.Bullets(u.Aliases.V)})
	}
	below, err := d.Units.List(ctx, *new(db.Where).And("r.state = ? AND b.path LIKE ? AND b.path NOT LIKE ?", org.Active, u.Path+"/%", u.Path+"/%/%"), "r.title_sort, r.number", 0, 0)
	if err != nil {
		return nil, err
	}
	for _, x := range below {
		props.Units.Rows = append(props.Units.Rows, append([]templ.Component{unitCell(ctx, x)}, texts(lang.T(ctx, "unit.type."+x.Type))...))
	}
	people, err := d.Persons.List(ctx, *new(db.Where).And("r.state = ? AND r.unit = ?", org.Active, u.Path), "r.title_sort, r.id", 0, 0)
	if err != nil {
		return nil, err
	}
	today, tag := d.Units.Engine().Today(ctx), lang.From(ctx).Tag()
	for _, x := range people {
		var roles []string
		for _, g := range x.Grants.V {
			if g.On(today) {
				roles = append(roles, lang.T(ctx, "role."+string(g.Role)))
			}
		}
		props.People.Rows = append(props.People.Rows, []templ.Component{ui.NameCell(address(personPath, x.Number), x.Name(tag), ""), ui.Bullets(roles)})
	}
	for _, area := range org.CapacityAreas {
		if told, ok := u.CapacityOn(area, today); ok {
			props.Capacity.Rows = append(props.Capacity.Rows, texts(lang.T(ctx, "unit.capacity."+area), lang.Percent(ctx, float64(told.Percent)/100, 0), period(ctx, told.From, told.To), told.Note))
		}
	}
	return unitBody(props), nil
}

type organisationProps struct {
	Facts []ui.Fact
	Names ui.TableProps
	Parts ui.TableProps
	Uses  []ui.Item
}

// registers are where an identifier can be looked up.
var registers = map[string]string{
	org.SchemeOrgnr: "https://data.brreg.no/enhetsregisteret/oppslag/enheter/",
	org.SchemeROR:   "https://ror.org/",
}

// organisation is the content of an organisation's page.
func (p *pages) organisation(c *web.Context, o *org.Organisation) (templ.Component, error) {
	ctx, d := c.Ctx(), p.Directory
	props := organisationProps{
		Facts: []ui.Fact{{Label: lang.T(ctx, "organisation.field.org_type"), Text: lang.T(ctx, "organisation.type."+o.Type)}},
		Names: table(ctx, "org.other_names", "org.no_names", "organisation.field.name", "org.used", "record.source"),
		Parts: table(ctx, "org.parts", "org.no_parts", "organisation.name", "organisation.field.org_type"),
	}
	if o.Parent != "" {
		whole, err := d.Organisations.Load(ctx, o.Parent)
		if err != nil {
			return nil, err
		}
		props.Facts = append(props.Facts, ui.Fact{Label: lang.T(ctx, "organisation.field.parent"), Text: whole.Title, Href: address(bodyPath, whole.Number)})
	}
	for _, i := range o.Identifiers.V {
		f := ui.Fact{Label: lang.T(ctx, "organisation.scheme."+i.Scheme), Text: i.Value}
		if at := registers[i.Scheme]; at != "" {
			f.Value = ui.ExternalLink(at+url.PathEscape(i.Value), i.Value)
		}
		props.Facts = append(props.Facts, f)
	}
	for _, a := range o.Aliases.V {
		props.Names.Rows = append(props.Names.Rows, texts(a.Name, period(ctx, a.From, a.To), a.Source))
	}
	parts, err := d.Organisations.List(ctx, *new(db.Where).And("b.parent = ?", o.ID), "r.title_sort, r.number", 0, 0)
	if err != nil {
		return nil, err
	}
	for _, x := range parts {
		props.Parts.Rows = append(props.Parts.Rows, row(address(bodyPath, x.Number), x.Title, "", lang.T(ctx, "organisation.type."+x.Type)))
	}
	heads, err := p.Uses(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	props.Uses = p.items(ctx, heads)
	return organisationBody(props), nil
}

type personProps struct {
	Facts    []ui.Fact
	Roles    ui.TableProps
	StandIns ui.TableProps
	For      ui.TableProps // whom the person stands in for
}

// person is the content of a person's page.
func (p *pages) person(c *web.Context, x *org.Person) (templ.Component, error) {
	ctx, d := c.Ctx(), p.Directory
	props := personProps{
		Roles:    table(ctx, "org.roles", "org.no_roles", "person.field.role", "unit.name", "org.valid", "org.given_by"),
		StandIns: table(ctx, "org.stand_ins", "org.no_stand_ins", "person.field.stand_in", "org.valid"),
		For:      table(ctx, "org.stands_in_for", "org.no_stand_ins", "person.name", "org.valid"),
	}
	if title := x.JobTitle(lang.From(ctx).Tag()); title != "" && title != x.Title {
		props.Facts = append(props.Facts, ui.Fact{Label: lang.T(ctx, "org.job_title"), Text: title})
	}
	if x.Organisation != "" {
		o, err := d.Organisations.Load(ctx, x.Organisation)
		if err != nil {
			return nil, err
		}
		f := ui.Fact{Label: lang.T(ctx, "organisation.name"), Text: o.Title}
		if d.Organisations.May(ctx, o) {
			f.Href = address(bodyPath, o.Number)
		}
		props.Facts = append(props.Facts, f)
	}
	if x.Email != "" {
		props.Facts = append(props.Facts, ui.Fact{Label: lang.T(ctx, "person.field.email"), Value: ui.Link("mailto:"+x.Email, x.Email)})
	}
	var paths, ids []string
	for _, g := range x.Grants.V {
		if g.Unit != "" {
			paths = append(paths, g.Unit)
		}
	}
	for _, s := range x.StandIns.V {
		ids = append(ids, s.PersonID)
	}
	units, err := d.UnitNames(ctx, paths...)
	if err != nil {
		return nil, err
	}
	names, err := d.Names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for _, g := range x.Grants.V {
		by := "org.by_admin"
		if g.Login {
			by = "org.by_login"
		}
		props.Roles.Rows = append(props.Roles.Rows, texts(lang.T(ctx, "role."+string(g.Role)), units[g.Unit], open(ctx, period(ctx, g.From, g.To)), lang.T(ctx, by)))
	}
	for _, s := range x.StandIns.V {
		props.StandIns.Rows = append(props.StandIns.Rows, texts(names[s.PersonID], period(ctx, s.From, s.To)))
	}
	absent, err := d.StoodInFor(ctx, x.ID)
	if err != nil {
		return nil, err
	}
	for _, other := range absent {
		for _, s := range other.StandIns.V {
			if s.PersonID == x.ID {
				props.For.Rows = append(props.For.Rows, p.personRow(ctx, other, period(ctx, s.From, s.To)))
			}
		}
	}
	return personBody(props), nil
}

// personRow names a person, with a link for those who may follow it.
func (p *pages) personRow(ctx context.Context, x *org.Person, cells ...string) []templ.Component {
	name := x.Name(lang.From(ctx).Tag())
	if !access.From(ctx).Staff {
		return texts(append([]string{name}, cells...)...)
	}
	return row(address(personPath, x.Number), name, "", cells...)
}

// open says that what has no period holds until further notice.
func open(ctx context.Context, period string) string {
	if period == "" {
		return lang.T(ctx, "org.until_further")
	}
	return period
}
