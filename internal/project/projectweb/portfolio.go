package projectweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"funn/internal/org"
	"funn/internal/platform/lang"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/project"
)

// portfolioProps is what the portfolio shows.
type portfolioProps struct {
	Asked     asked
	Lead      string
	MayCreate bool
	Staff     bool

	Late, LateText, LateHref string // what comes too late
	Figures                  []ui.KeyFigureProps

	Errors       []ui.FieldError
	Themes, Orgs []ui.Option
	Instruments  []ui.Option
	Labels       []ui.Option
	Deviations   []ui.Option
	Examples     []ui.Option // no choice when empty
	Chosen       []ui.ChosenFilter

	Views        []ui.Tab
	Count, Order string
	Note         string // what is counted and what is not
	Body         templ.Component
	Pages        ui.PaginationProps
	Files        []ui.Download
}

// portfolio shows the projects that the reader may read, as the address asks
// (requirement F1).
func (p *pages) portfolio(c *web.Context) error {
	ctx := c.Ctx()
	a, err := p.read(c)
	if err != nil {
		return err
	}
	today := p.Site.Engine.Today(ctx)
	v := portfolioProps{Asked: a, Staff: c.Actor.Staff, MayCreate: c.Actor.Has(org.FoU)}
	whole, err := p.Service.Summary(ctx, project.Filter{Example: true}, today.Year())
	if err != nil {
		return err
	}
	p.header(ctx, &v, whole, today)
	orgs, err := p.choices(ctx, &v)
	if err != nil {
		return err
	}
	v.Chosen = p.chosen(ctx, a, orgs)
	for _, x := range []struct{ view, key string }{{viewTable, "table"}, {viewTimeline, "timeline"}, {viewBudget, "budget"}} {
		v.Views = append(v.Views, ui.Tab{Label: lang.T(ctx, "project.view."+x.key), Href: a.href(func(a *asked) { a.View = x.view }), Current: a.View == x.view})
	}
	shown, err := p.body(ctx, &v, today)
	if err != nil {
		return err
	}
	if shown > 0 {
		v.Files = downloads(ctx, a)
	}
	page := c.Page(lang.T(ctx, "project.nav"))
	status := http.StatusOK
	for _, field := range []string{"fra", "til"} {
		if key := a.wrong[field]; key != "" {
			v.Errors = append(v.Errors, ui.FieldError{ID: "felt-" + field, Text: lang.T(ctx, key)})
		}
	}
	if page.Errors = len(v.Errors); page.Errors > 0 {
		status = http.StatusUnprocessableEntity
	}
	return c.Within(status, page, portfolioPage(v))
}

// header sums up the whole portfolio, whatever the filter: how many projects
// there are, what goes on, what is late. Examples are told of and never counted.
func (p *pages) header(ctx context.Context, v *portfolioProps, all project.Groups, today time.Time) {
	count := func(holds func(project.Group) bool) int {
		return all.Count(func(g project.Group) bool { return !g.Example && holds(g) })
	}
	label := func(labels ...string) int {
		return count(func(g project.Group) bool { return slices.Contains(labels, g.Label()) })
	}
	total := count(func(project.Group) bool { return true })
	examples := all.Count(func(g project.Group) bool { return g.Example })
	v.Lead = lang.T(ctx, "project.list.lead")
	if !v.Staff {
		v.Lead = lang.T(ctx, "project.list.lead_own")
	}
	if examples > 0 {
		v.Note = lang.TN(ctx, "project.list.examples", examples)
		for _, x := range []struct{ value, key string }{{"med", "project.filter.with_examples"}, {"uten", "project.filter.without_examples"}} {
			v.Examples = append(v.Examples, ui.Option{Value: x.value, Label: lang.T(ctx, x.key)})
		}
	}
	plain := asked{Page: 1}
	href := func(change func(*asked)) string { return plain.href(change) }
	late := func(g project.Group) bool { return g.Alert == project.AfterDecision }
	switch n, made := count(late), all.Count(func(g project.Group) bool { return g.Example && late(g) }); {
	case n > 0:
		v.Late, v.LateText = lang.TN(ctx, "project.late", n), lang.T(ctx, "project.late.text")
	case made > 0 && v.Asked.Example:
		// Nothing real is late, but what the page would say is shown on the examples.
		v.Late, v.LateText = lang.TN(ctx, "project.late.example", made), lang.T(ctx, "project.late.text")
	}
	if v.Late != "" {
		v.LateHref = href(func(a *asked) { a.Alert = project.AfterDecision })
		if v.Asked.Alert != "" {
			v.LateHref = "" // they are what is shown
		}
	}
	if total == 0 {
		return
	}
	finished := func(year int) int { return count(func(g project.Group) bool { return g.Finished == year }) }
	year := today.Year()
	v.Figures = []ui.KeyFigureProps{
		{Value: lang.Number(ctx, total), Label: lang.TN(ctx, "project.figure.all", total), Href: href(func(a *asked) { a.examples = "uten" })},
		{Value: lang.Number(ctx, label("running", "on_hold", "delivered")), Label: lang.T(ctx, "project.figure.running"),
			Href: href(func(a *asked) { a.statuses, a.examples = []string{"pagar", "pa-vent", "levert"}, "uten" })},
		delays(ctx, func(punctuality string) int {
			return count(func(g project.Group) bool { return g.Delay == punctuality && g.Unfinished() })
		}, func(deviation string) string {
			return href(func(a *asked) {
				a.statuses, a.examples = []string{"planlagt", "pagar", "pa-vent", "levert"}, "uten"
				a.deviate(deviation)
			})
		}),
		{Value: lang.Number(ctx, finished(year-1)), Label: lang.T(ctx, "project.figure.finished", "year", strconv.Itoa(year-1)), Note: lang.TN(ctx, "project.figure.finished_now", finished(year)),
			Href: href(func(a *asked) { a.FinishedIn, a.examples = year-1, "uten" })},
	}
	if n := label("planned"); n > 0 {
		v.Figures[1].Note = lang.TN(ctx, "project.figure.planned", n)
	}
	if n := label("cancelled"); n > 0 {
		v.Figures[0].Note = lang.TN(ctx, "project.figure.cancelled", n)
	}
}

// delays tells how many of those that are not finished are delayed, how many are not,
// and of how many nobody knows. Where nobody knows of any, 0 would say too much.
func delays(ctx context.Context, count func(punctuality string) int, href func(deviation string) string) ui.KeyFigureProps {
	delayed, onTime, unknown := count(project.Delayed), count(project.OnTime), count(project.DelayUnknown)
	if delayed+onTime == 0 && unknown > 0 {
		return ui.KeyFigureProps{
			Value: lang.T(ctx, "project.figure.unknown"), Label: lang.T(ctx, "project.figure.how_many_delayed"), Href: href("ukjent"),
			Note: lang.TN(ctx, "project.figure.no_plan", unknown),
		}
	}
	f := ui.KeyFigureProps{Value: lang.Number(ctx, delayed), Label: lang.T(ctx, "project.figure.delayed"), Href: href("forsinket"), Note: lang.TN(ctx, "project.figure.on_time", onTime)}
	if unknown > 0 {
		f.Note += " · " + lang.TN(ctx, "project.figure.delay_unknown", unknown)
	}
	return f
}

// choices gives the filter's options: what the reader's projects have, the themes
// of earlier plans included. It gives the names of the institutions by id.
func (p *pages) choices(ctx context.Context, v *portfolioProps) (map[string]string, error) {
	themes, ids, err := p.Service.InUse(ctx)
	if err != nil {
		return nil, err
	}
	byName := func(x, y ui.Option) int { return lang.Compare(x.Label, y.Label) }
	for _, slug := range themes {
		v.Themes = append(v.Themes, ui.Option{Value: slug, Label: p.theme(ctx, slug)})
	}
	slices.SortFunc(v.Themes, byName)
	v.Themes = append(v.Themes, ui.Option{Value: project.NoTheme, Label: p.theme(ctx, project.NoTheme)})
	names, err := p.Organisations(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if names[id] != "" {
			v.Orgs = append(v.Orgs, ui.Option{Value: id, Label: names[id]})
		}
	}
	slices.SortFunc(v.Orgs, byName)
	for _, i := range project.Instruments {
		v.Instruments = append(v.Instruments, ui.Option{Value: i, Label: lang.T(ctx, "instrument."+i)})
	}
	for _, l := range labels {
		v.Labels = append(v.Labels, ui.Option{Value: l.slug, Label: lang.T(ctx, "project.label."+l.label)})
	}
	for _, d := range deviations {
		v.Deviations = append(v.Deviations, ui.Option{Value: d.slug, Label: lang.T(ctx, d.key)})
	}
	return names, nil
}

// body fills in the view that is asked for, and gives how many projects the
// filter holds for.
func (p *pages) body(ctx context.Context, v *portfolioProps, today time.Time) (int, error) {
	a := v.Asked
	if a.View == viewBudget {
		return p.budgetView(ctx, v)
	}
	rows, total, err := p.Service.Portfolio(ctx, a.Filter, a.Sort, rowsPerPage, (a.Page-1)*rowsPerPage)
	if err != nil {
		return 0, err
	}
	if len(rows) == 0 && total > 0 {
		// A page beyond the last, from an old address: the last is shown.
		a.Page = (total + rowsPerPage - 1) / rowsPerPage
		if rows, total, err = p.Service.Portfolio(ctx, a.Filter, a.Sort, rowsPerPage, (a.Page-1)*rowsPerPage); err != nil {
			return 0, err
		}
	}
	v.Count = lang.TN(ctx, "project.count", total)
	if total == 0 {
		v.Body = p.none(ctx, v)
		return 0, nil
	}
	v.Order = lang.T(ctx, "project.order."+order(a.Sort))
	v.Pages = ui.PaginationProps{Page: a.Page, Pages: (total + rowsPerPage - 1) / rowsPerPage, Href: func(n int) string { return a.href(func(a *asked) { a.Page = n }) }}
	if a.View == viewTimeline {
		v.Body, err = p.timeline(ctx, a, rows, today)
		return total, err
	}
	v.Body = tableView(p.table(ctx, a, rows, today), lang.T(ctx, "project.dash"))
	return total, nil
}

func order(s project.Sort) string {
	by := s.By
	if by == "" {
		return "due"
	}
	if s.Desc {
		return by + "_desc"
	}
	return by
}

// none says why the list is empty, and what to do.
func (p *pages) none(ctx context.Context, v *portfolioProps) templ.Component {
	e := ui.EmptyProps{Title: lang.T(ctx, "project.none"), Text: lang.T(ctx, "project.none_text")}
	if v.Asked.narrows() {
		e.Title, e.Text = lang.T(ctx, "project.no_hits"), lang.T(ctx, "project.no_hits_text")
		e.Action = ui.SmallLink(v.Asked.plain().href(nil), lang.T(ctx, "ui.clear"))
	} else if !v.Staff {
		e.Text = lang.T(ctx, "project.none_own")
	}
	return ui.Empty(e)
}

// table gives one page of projects as rows.
func (p *pages) table(ctx context.Context, a asked, rows []*project.Project, today time.Time) ui.TableProps {
	column := func(key, by string, c ui.Column) ui.Column {
		c.Label = lang.T(ctx, "project.column."+key)
		turned := a.Sort.By == by && !a.Sort.Desc
		c.SortHref = a.href(func(a *asked) { a.Sort = project.Sort{By: by, Desc: turned} })
		if a.Sort.By == by {
			c.Sort = ui.Ascending
			if a.Sort.Desc {
				c.Sort = ui.Descending
			}
		}
		return c
	}
	t := ui.TableProps{
		Caption: lang.T(ctx, "project.table"), HideCaption: true, Cards: true,
		Columns: []ui.Column{
			column("project", "title", ui.Column{}), column("theme", "theme", ui.Column{}), column("period", "period", ui.Column{}), column("status", "status", ui.Column{}),
			column("delay", "delay", ui.Column{Numeric: true, NoWrap: true}), column("rest", "rest", ui.Column{Numeric: true, NoWrap: true}),
		},
	}
	for _, r := range rows {
		t.Rows = append(t.Rows, []templ.Component{
			nameCell(r, foreign(ctx, r), sub(ctx, r)), ui.Str(p.theme(ctx, r.Theme)), progressCell(period(ctx, r), progress(ctx, r, today)),
			ui.TagList(p.statusTags(ctx, r)), delayCell(ctx, r), restCell(ctx, r),
		})
	}
	return t
}

// sub is the line below a project's title: number, leader, institutions.
func sub(ctx context.Context, r *project.Project) string {
	s := r.Number
	if r.LeaderName != "" {
		s += " · " + r.LeaderName
	}
	if r.RoleNames != "" {
		s += " · " + r.RoleNames
	} else if r.Source != "" && r.LeaderName == "" {
		s += " · " + lang.T(ctx, "project.institution_not_given")
	}
	return s
}

func (p *pages) statusTags(ctx context.Context, r *project.Project) []ui.TagProps {
	out := []ui.TagProps{recordweb.StateTag(ctx, p.Site.Engine, r.Base())}
	if r.Alert != "" {
		out = append(out, ui.TagProps{Tone: ui.Error, Text: lang.T(ctx, "project.alert_short."+r.Alert)})
	}
	if r.Example {
		out = append(out, ui.TagProps{Tone: ui.Example, Text: lang.T(ctx, "ui.example")})
	}
	return out
}

// progress tells how far a project has come; nil when nobody knows.
func progress(ctx context.Context, r *project.Project, today time.Time) *ui.ProgressProps {
	n := r.Progress(today)
	if n < 0 {
		return nil
	}
	return &ui.ProgressProps{Value: n, Max: 100, Label: lang.T(ctx, "project.progress_of", "number", r.Number), Text: lang.Percent(ctx, float64(n)/100, 0)}
}

func delayCell(ctx context.Context, r *project.Project) templ.Component {
	switch r.Punctuality() {
	case project.Delayed:
		return ui.Strong(delayTag(ctx, r.Delay()))
	case project.OnTime, "": // what is cancelled is not late
		return ui.Str(lang.T(ctx, "project.no_delay"))
	}
	return dash(ctx)
}

func restCell(ctx context.Context, r *project.Project) templ.Component {
	if r.Amount == 0 {
		return dash(ctx)
	}
	if !r.SpendingKnown() {
		return ui.Str(lang.T(ctx, "project.not_noted"))
	}
	return ui.Str(lang.MillionNOK(ctx, r.Amount-r.Spent))
}
