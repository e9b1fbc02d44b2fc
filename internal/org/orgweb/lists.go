package orgweb

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/export"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

type listProps struct {
	Title, Lead   string
	New, NewLabel string // the page where one is registered; empty when the reader may not
	Tabs          []ui.Tab
	Filter        templ.Component
	Count, Order  string
	Chosen        []ui.ChosenFilter
	Table         ui.TableProps
	Pages         ui.PaginationProps
	Downloads     []ui.Download
}

// show answers with a list.
func (p *pages) show(c *web.Context, l *listing, kind string, props listProps, fields []templ.Component) error {
	ctx := c.Ctx()
	props.Title, props.Tabs, props.Pages, props.Downloads = lang.T(ctx, kind+".name_plural"), tabs(ctx, l.path), l.pages(), l.downloads(ctx)
	props.Lead = lang.T(ctx, "org.lead."+kind)
	props.Count = lang.TN(ctx, "org.count."+kind, l.total)
	props.Order = lang.T(ctx, "org.by_name")
	props.Table.Caption, props.Table.HideCaption, props.Table.Cards, props.Table.Small = props.Title, true, true, true
	props.Table.Empty = lang.T(ctx, "org.no_hits")
	filter := ui.FilterProps{Action: l.path, Chosen: len(props.Chosen)}
	if len(l.filter) > 0 {
		filter.ClearHref = l.path
	}
	props.Filter = filterPanel(filter, fields)
	if k, ok := p.Site.Engine.Kind(kind); ok {
		if create, ok := k.Lifecycle().Command("register"); ok && access.Allows(create.Who, c.Actor, access.Subject{}) {
			props.New, props.NewLabel = l.path+"/"+create.Path, lang.T(ctx, kind+".register.title")
		}
	}
	page := c.Page(props.Title)
	page.Section = lang.T(ctx, "org.nav")
	page.Breadcrumb = []ui.Crumb{{Label: lang.T(ctx, "org.nav"), Href: overviewPath}, {Label: props.Title}}
	return c.Within(http.StatusOK, page, listPage(props))
}

// matching gives the condition that a record's title or number holds the text.
// % and _ in what is typed mean themselves.
func matching(text string) db.Where {
	like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(lang.Fold(text)) + "%"
	return *new(db.Where).And(`r.title_sort LIKE ? ESCAPE '\' OR lower(r.number) LIKE ? ESCAPE '\'`, like, like)
}

// searchField is the text to look for.
func searchField(ctx context.Context, l *listing) templ.Component {
	return ui.TextField(ui.Field{Name: "q", ID: "felt-q", Label: lang.T(ctx, "org.search"), Value: l.get("q"), Type: "search", Small: true})
}

// choiceField is a filter of codes, whose words are the messages PREFIX.CODE.
func choiceField(ctx context.Context, l *listing, name, labelKey, prefix string, codes []string) templ.Component {
	options := make([]ui.Option, len(codes))
	for i, code := range codes {
		options[i] = ui.Option{Value: code, Label: lang.T(ctx, prefix+"."+code)}
	}
	return ui.Select(ui.Field{Name: name, ID: "felt-" + name, Label: lang.T(ctx, labelKey), Value: l.get(name), Small: true}, lang.T(ctx, "org.all"), options)
}

// known gives the filter's value if it is one of the codes; a hand-made address
// with another finds nothing.
func known(l *listing, name string, codes []string) (value string, on bool) {
	v := l.get(name)
	if v != "" && !slices.Contains(codes, v) {
		return "", true
	}
	return v, v != ""
}

// word gives the word for a code; one that a hand-made address made up stands as
// it is.
func word(ctx context.Context, prefix, code string) string {
	if s, ok := lang.Maybe(ctx, prefix+"."+code); ok {
		return s
	}
	return code
}

var stateCodes = []string{org.Active, org.Ended}

// units lists units and offices, those in operation unless others are asked for.
func (p *pages) units(c *web.Context) error {
	ctx := c.Ctx()
	l := list(c, unitPath, "q", "type", "tilstand")
	var w db.Where
	if q := l.get("q"); q != "" {
		w.AndWhere(matching(q))
	}
	if v, on := known(l, "type", org.UnitTypes); on {
		w.And("b.unit_type = ?", v)
	}
	state := org.Active
	if v, on := known(l, "tilstand", stateCodes); on {
		state = v
	}
	w.And("r.state = ?", state)
	total, err := p.Directory.Units.Count(ctx, w)
	if err != nil {
		return err
	}
	limit, offset := pageSize, l.offset(total)
	asFile := c.Query("format") == "csv"
	if asFile {
		limit, offset = 0, 0
	}
	units, err := p.Directory.Units.List(ctx, w, "r.title_sort, r.number", limit, offset)
	if err != nil {
		return err
	}
	var parents []string
	for _, u := range units {
		if u.Parent() != "" {
			parents = append(parents, u.Parent())
		}
	}
	names, err := p.Directory.UnitNames(ctx, parents...)
	if err != nil {
		return err
	}
	head := []string{lang.T(ctx, "unit.name"), lang.T(ctx, "org.number"), lang.T(ctx, "unit.field.unit_type"), lang.T(ctx, "unit.field.parent"), lang.T(ctx, "org.valid")}
	if asFile {
		sheet := export.Sheet{Name: lang.T(ctx, "unit.name_plural"), Head: head}
		for _, u := range units {
			sheet.Rows = append(sheet.Rows, []export.Cell{export.Text(u.Title), export.Text(u.Number), export.Text(lang.T(ctx, "unit.type."+u.Type)), export.Text(names[u.Parent()]), export.Text(period(ctx, u.ValidFrom, u.ValidTo))})
		}
		return csv(c, "enheter", sheet)
	}
	props := listProps{Chosen: l.chosen(func(name, value string) string {
		switch name {
		case "type":
			return word(ctx, "unit.type", value)
		case "tilstand":
			return word(ctx, "unit.state", value)
		}
		return value
	}, "q", "type", "tilstand")}
	for i, h := range head {
		props.Table.Columns = append(props.Table.Columns, ui.Column{Label: h, NoWrap: i == 1})
	}
	for _, u := range units {
		props.Table.Rows = append(props.Table.Rows, append([]templ.Component{unitCell(ctx, u)},
			texts(u.Number, lang.T(ctx, "unit.type."+u.Type), names[u.Parent()], period(ctx, u.ValidFrom, u.ValidTo))...))
	}
	return p.show(c, l, "unit", props, []templ.Component{
		searchField(ctx, l), choiceField(ctx, l, "type", "unit.field.unit_type", "unit.type", org.UnitTypes),
		choiceField(ctx, l, "tilstand", "record.state", "unit.state", stateCodes),
	})
}

// unitCell names a unit, with its mark when it is an example.
func unitCell(ctx context.Context, u *org.Unit) templ.Component {
	return cell(ctx, address(unitPath, u.Number), u.Title, "", u.Example)
}

func cell(ctx context.Context, href, title, sub string, example bool) templ.Component {
	name := ui.NameCell(href, title, sub)
	if !example {
		return name
	}
	return ui.Group(name, ui.ExampleTag())
}

// organisations lists the bodies that Nav works with.
func (p *pages) organisations(c *web.Context) error {
	ctx := c.Ctx()
	l := list(c, bodyPath, "q", "type")
	var w db.Where
	w.And("r.state = ?", org.Active)
	if v, on := known(l, "type", org.OrganisationTypes); on {
		w.And("b.org_type = ?", v)
	}
	bodies, err := p.Directory.Organisations.List(ctx, w, "r.title_sort, r.number", 0, 0)
	if err != nil {
		return err
	}
	if q := lang.Fold(l.get("q")); q != "" {
		bodies = slices.DeleteFunc(bodies, func(o *org.Organisation) bool { return !goesBy(o, q) })
	}
	first, asFile := l.offset(len(bodies)), c.Query("format") == "csv"
	if !asFile {
		bodies = bodies[first:min(first+pageSize, len(bodies))]
	}
	head := []string{lang.T(ctx, "organisation.name"), lang.T(ctx, "organisation.field.org_type"), lang.T(ctx, "org.other_names"), lang.T(ctx, "org.identifiers")}
	if asFile {
		sheet := export.Sheet{Name: lang.T(ctx, "organisation.name_plural"), Head: head}
		for _, o := range bodies {
			sheet.Rows = append(sheet.Rows, []export.Cell{export.Text(o.Title), export.Text(lang.T(ctx, "organisation.type."+o.Type)), export.Text(aliases(o)), export.Text(identifiers(ctx, o))})
		}
		return csv(c, "institusjoner", sheet)
	}
	props := listProps{Chosen: l.chosen(func(name, value string) string {
		if name == "type" {
			return word(ctx, "organisation.type", value)
		}
		return value
	}, "q", "type")}
	for _, h := range head {
		props.Table.Columns = append(props.Table.Columns, ui.Column{Label: h})
	}
	for _, o := range bodies {
		props.Table.Rows = append(props.Table.Rows, append([]templ.Component{cell(ctx, address(bodyPath, o.Number), o.Title, "", o.Example)},
			texts(lang.T(ctx, "organisation.type."+o.Type), aliases(o), identifiers(ctx, o))...))
	}
	return p.show(c, l, "organisation", props, []templ.Component{
		searchField(ctx, l), choiceField(ctx, l, "type", "organisation.field.org_type", "organisation.type", org.OrganisationTypes),
	})
}

// goesBy says whether a name, an alias or an identifier holds the folded text.
func goesBy(o *org.Organisation, folded string) bool {
	holds := func(s string) bool { return strings.Contains(lang.Fold(s), folded) }
	return holds(o.Title) || holds(o.Number) ||
		slices.ContainsFunc(o.Aliases.V, func(a org.Alias) bool { return holds(a.Name) }) ||
		slices.ContainsFunc(o.Identifiers.V, func(i org.Identifier) bool { return holds(i.Value) })
}

func aliases(o *org.Organisation) string {
	var names []string
	for _, a := range o.Aliases.V {
		names = append(names, a.Name)
	}
	return strings.Join(names, "; ")
}

func identifiers(ctx context.Context, o *org.Organisation) string {
	var list []string
	for _, i := range o.Identifiers.V {
		list = append(list, lang.T(ctx, "organisation.scheme."+i.Scheme)+" "+i.Value)
	}
	return strings.Join(list, "; ")
}

// persons lists the people with the roles that they hold today and who stands in
// for them.
func (p *pages) persons(c *web.Context) error {
	ctx := c.Ctx()
	l := list(c, personPath, "q", "rolle")
	var w db.Where
	w.And("r.state = ?", org.Active)
	if q := l.get("q"); q != "" {
		w.AndWhere(matching(q))
	}
	people, err := p.Directory.Persons.List(ctx, w, "r.title_sort, r.id", 0, 0)
	if err != nil {
		return err
	}
	today := p.Directory.Persons.Engine().Today(ctx)
	if v, on := known(l, "rolle", org.Keys()); on {
		people = slices.DeleteFunc(people, func(x *org.Person) bool { return !x.Holds(today, access.Role(v)) })
	}
	first := l.offset(len(people))
	asFile := c.Query("format") == "csv"
	if !asFile {
		people = people[first:min(first+pageSize, len(people))]
	}
	var bodies, units, instead []string
	for _, x := range people {
		if x.Organisation != "" {
			bodies = append(bodies, x.Organisation)
		}
		if x.Unit != "" {
			units = append(units, x.Unit)
		}
		instead = append(instead, standingIn(x, today)...)
	}
	places, err := p.Directory.OrganisationNames(ctx, bodies...)
	if err != nil {
		return err
	}
	unitNames, err := p.Directory.UnitNames(ctx, units...)
	if err != nil {
		return err
	}
	names, err := p.Directory.Names(ctx, instead...)
	if err != nil {
		return err
	}
	line := func(x *org.Person) []string {
		place := unitNames[x.Unit]
		if x.Organisation != "" {
			place = places[x.Organisation]
		}
		var roles, ins []string
		for _, g := range x.Grants.V {
			if name := lang.T(ctx, "role."+string(g.Role)); g.On(today) && !slices.Contains(roles, name) {
				roles = append(roles, name)
			}
		}
		for _, id := range standingIn(x, today) {
			ins = append(ins, names[id])
		}
		return []string{place, strings.Join(roles, ", "), strings.Join(ins, ", ")}
	}
	head := []string{lang.T(ctx, "person.name"), lang.T(ctx, "org.place"), lang.T(ctx, "org.roles_today"), lang.T(ctx, "org.stand_in_today")}
	tag := lang.From(ctx).Tag()
	if asFile {
		sheet := export.Sheet{Name: lang.T(ctx, "person.name_plural"), Head: head}
		for _, x := range people {
			cells := []export.Cell{export.Text(x.Name(tag))}
			for _, s := range line(x) {
				cells = append(cells, export.Text(s))
			}
			sheet.Rows = append(sheet.Rows, cells)
		}
		return csv(c, "personer", sheet)
	}
	props := listProps{Chosen: l.chosen(func(name, value string) string {
		if name == "rolle" {
			return word(ctx, "role", value)
		}
		return value
	}, "q", "rolle")}
	for _, h := range head {
		props.Table.Columns = append(props.Table.Columns, ui.Column{Label: h})
	}
	for _, x := range people {
		props.Table.Rows = append(props.Table.Rows, row(address(personPath, x.Number), x.Name(tag), "", line(x)...))
	}
	return p.show(c, l, "person", props, []templ.Component{searchField(ctx, l), choiceField(ctx, l, "rolle", "person.field.role", "role", org.Keys())})
}

// standingIn gives the ids of those who stand in for the person today.
func standingIn(x *org.Person, today time.Time) []string {
	var out []string
	for _, s := range x.StandIns.V {
		if s.On(today) && !slices.Contains(out, s.PersonID) {
			out = append(out, s.PersonID)
		}
	}
	return out
}

// items makes lines of records, each with its state.
func (p *pages) items(ctx context.Context, heads []record.Head) []ui.Item {
	out := make([]ui.Item, len(heads))
	for i, h := range heads {
		out[i] = ui.Item{Kicker: lang.T(ctx, h.Kind+".name") + " " + h.Number, Title: h.Title, Tags: recordweb.ListTags(ctx, p.Site.Engine, &h)}
		if k, ok := p.Site.Engine.Kind(h.Kind); ok {
			_, path := k.Paths()
			out[i].Href = address(path, h.Number)
		}
		if h.Lang != string(lang.From(ctx).Tag()) {
			out[i].Lang = h.Lang
		}
	}
	return out
}
