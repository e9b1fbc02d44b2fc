package orgweb

import (
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"funn/internal/org"
	"funn/internal/platform/db"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

type overviewProps struct {
	Tabs     []ui.Tab
	Figures  []ui.KeyFigureProps
	Units    ui.TableProps
	Counties ui.TableProps
	Day      ui.Field
	On       string
}

// overview shows how the agency is built, the counties of a day, and how many
// there are of the rest.
func (p *pages) overview(c *web.Context) error {
	ctx, d := c.Ctx(), p.Directory
	today := d.Units.Engine().Today(ctx)
	units, err := d.Units.List(ctx, *new(db.Where).And("r.state = ? AND b.unit_type NOT IN (?, ?)", org.Active, org.TypeLocalOffice, org.TypeCounty), "b.path", 0, 0)
	if err != nil {
		return err
	}
	people, err := d.Persons.List(ctx, *new(db.Where).And("r.state = ?", org.Active), "r.title_sort, r.id", 0, 0)
	if err != nil {
		return err
	}
	inUnit := map[string]int{}
	for _, x := range people {
		inUnit[x.Unit]++
	}
	offices, err := d.Units.Count(ctx, *new(db.Where).And("r.state = ? AND b.unit_type = ? AND r.example = ?", org.Active, org.TypeLocalOffice, false))
	if err != nil {
		return err
	}
	bodies, err := d.Organisations.Count(ctx, *new(db.Where).And("r.state = ? AND r.example = ?", org.Active, false))
	if err != nil {
		return err
	}
	counties, err := d.Units.List(ctx, *new(db.Where).And("b.unit_type = ?", org.TypeCounty), "r.title_sort, r.number", 0, 0)
	if err != nil {
		return err
	}
	status, day, wrong := http.StatusOK, today, ""
	typed := c.Query("dag")
	if typed != "" {
		if day, err = lang.ParseDate(typed); err != nil {
			status, day, wrong = http.StatusUnprocessableEntity, today, lang.T(ctx, "form.day", "field", lang.T(ctx, "org.day"))
		}
	}
	counties = slices.DeleteFunc(counties, func(u *org.Unit) bool { return !u.ValidOn(day) })

	structure := 0
	for _, u := range units {
		if !u.Example {
			structure++
		}
	}
	props := overviewProps{
		Tabs: tabs(ctx, overviewPath), On: lang.Day(ctx, day),
		Figures: []ui.KeyFigureProps{
			{Value: lang.Number(ctx, structure), Label: lang.TN(ctx, "org.count.units", structure)},
			{Value: lang.Number(ctx, offices), Label: lang.TN(ctx, "org.count.offices", offices), Href: unitPath + "?type=" + org.TypeLocalOffice},
			{Value: lang.Number(ctx, len(counties)), Label: lang.TN(ctx, "org.count.counties", len(counties)), Note: lang.Day(ctx, day)},
			{Value: lang.Number(ctx, bodies), Label: lang.TN(ctx, "org.count.bodies", bodies), Href: bodyPath},
			{Value: lang.Number(ctx, len(people)), Label: lang.TN(ctx, "org.count.people", len(people)), Href: personPath},
		},
		Day: ui.Field{Name: "dag", ID: "felt-dag", Label: lang.T(ctx, "org.day"), Value: typed, Error: wrong, Small: true},
		Units: ui.TableProps{
			Caption: lang.T(ctx, "org.structure"), HideCaption: true, Cards: true,
			Columns: []ui.Column{{Label: lang.T(ctx, "unit.name")}, {Label: lang.T(ctx, "unit.field.unit_type")}, {Label: lang.T(ctx, "unit.field.parent")}, {Label: lang.T(ctx, "person.name_plural"), Numeric: true}},
			Empty:   lang.T(ctx, "org.no_units"),
		},
		Counties: ui.TableProps{
			Caption: lang.T(ctx, "org.counties_on", "date", lang.Day(ctx, day)), HideCaption: true, Small: true,
			Columns: []ui.Column{{Label: lang.T(ctx, "unit.type.county")}, {Label: lang.T(ctx, "org.number")}, {Label: lang.T(ctx, "org.valid"), NoWrap: true}},
			Empty:   lang.T(ctx, "org.no_counties"),
		},
	}
	if day.Equal(today) && typed == "" {
		props.Day.Value = day.Format("02.01.2006")
	}
	names := map[string]string{}
	for _, u := range units {
		names[u.Path] = u.Title
	}
	for _, u := range units {
		props.Units.Rows = append(props.Units.Rows, append([]templ.Component{unitCell(ctx, u)},
			texts(lang.T(ctx, "unit.type."+u.Type), names[u.Parent()], lang.Number(ctx, inUnit[u.Path]))...))
	}
	for _, u := range counties {
		props.Counties.Rows = append(props.Counties.Rows, row(address(unitPath, u.Number), u.Title, "", u.Path[len(u.Parent())+1:], period(ctx, u.ValidFrom, u.ValidTo)))
	}
	page := c.Page(lang.T(ctx, "org.nav"))
	if wrong != "" {
		page.Errors = 1
	}
	return c.Within(status, page, overviewPage(props))
}
