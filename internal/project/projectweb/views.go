package projectweb

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"funn/internal/platform/chart"
	"funn/internal/platform/clock"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/project"
)

// timeline shows one page of projects in time: plan, forecast, and the decisions
// that they are for.
func (p *pages) timeline(ctx context.Context, a asked, rows []*project.Project, today time.Time) (templ.Component, error) {
	decisions, err := p.Service.DecisionDates(ctx, rows)
	if err != nil {
		return nil, err
	}
	t := chart.Timeline{
		Today: today, Date: func(day time.Time) string { return lang.Day(ctx, day) },
		Words: chart.TimelineWords{
			Name: lang.T(ctx, "project.column.project"), Start: lang.T(ctx, "project.field.start"), End: lang.T(ctx, "project.baseline_end"), Forecast: lang.T(ctx, "project.forecast"),
			Planned: lang.T(ctx, "project.timeline.planned"), Done: lang.T(ctx, "project.timeline.done"), Delay: lang.T(ctx, "project.timeline.delay"),
			Deadline: lang.T(ctx, "project.timeline.decision"), Late: lang.T(ctx, "project.timeline.late"), Yes: lang.T(ctx, "form.yes"), No: lang.T(ctx, "project.no"),
			Today: lang.T(ctx, "project.today"),
		},
	}
	t.ID, t.Unknown = "portefolje", notGiven(ctx)
	var v timelineProps
	delayed, most, late, known := 0, 0, 0, 0
	for _, r := range rows {
		label := r.Title
		if r.Example {
			label += " (" + strings.ToLower(lang.T(ctx, "ui.example")) + ")"
		}
		row := chart.TimelineRow{Label: label, Start: r.StartFrom, End: r.BaselineEnd, Deadline: decisions[r.ID], Progress: chart.Unknown}
		if row.Start.IsZero() {
			row.Start = r.KnownBy
		}
		if row.End.IsZero() {
			row.End = planned(r)
		}
		if row.End.IsZero() {
			row.End = r.Finished
		}
		if n := r.Progress(today); n >= 0 {
			row.Progress = float64(n) / 100
		}
		item := ui.Item{Kicker: r.Number, Title: r.Title, Href: path(r.Number), Lang: foreign(ctx, r), Tags: p.statusTags(ctx, r), Meta: []string{period(ctx, r)}}
		if n := r.Delay(); n > 0 {
			delayed, most = delayed+1, max(most, n)
			row.Forecast, row.Delay = planned(r), delayTag(ctx, n)
			item.Meta = append(item.Meta, lang.T(ctx, "project.late_by", "months", lang.Months(ctx, n)))
		}
		if r.State == project.Cancelled {
			row.Deadline = time.Time{}
		}
		if !row.Deadline.IsZero() {
			item.Meta = append(item.Meta, lang.T(ctx, "project.decision_on", "day", lang.Day(ctx, row.Deadline)))
		}
		if row.Late() {
			late++
			row.DeadlineNote = lang.T(ctx, "project.timeline.after", "n", strconv.Itoa(project.MonthsLate(row.Deadline, planned(r))))
		}
		v.Items = append(v.Items, item)
		if r.StartFrom.IsZero() && planned(r).IsZero() {
			v.Undated++
			continue
		}
		t.Rows = append(t.Rows, row)
		if p := r.Punctuality(); p == project.Delayed || p == project.OnTime {
			known++
		}
	}
	switch drawn := len(t.Rows); {
	case drawn == 0:
		t.Title = lang.T(ctx, "project.timeline.no_dates")
	case known == 0:
		t.Title = lang.TN(ctx, "project.timeline.none_known", drawn)
	case delayed == 0:
		t.Title = lang.TN(ctx, "project.timeline.none_delayed", known)
	case known == 1:
		t.Title = lang.T(ctx, "project.timeline.only_delayed", "months", lang.Months(ctx, most))
	default:
		t.Title = lang.TN(ctx, "project.timeline.delayed", delayed, "of", lang.Number(ctx, known), "months", lang.Months(ctx, most))
	}
	if late > 0 {
		t.Title = lang.TN(ctx, "project.timeline.late_too", late, "finding", t.Title)
	}
	t.Empty = lang.T(ctx, "project.timeline.empty")
	v.Figure = ui.FigureProps{
		ID: "figur-tidslinje", Level: 2, Finding: t.Title, HowToRead: lang.T(ctx, "project.timeline.how", "today", lang.Day(ctx, today)), Chart: t.Render(),
		CSVHref: a.at(list+".csv", nil),
	}
	return timelineView(v), nil
}

type timelineProps struct {
	Figure  ui.FigureProps
	Items   []ui.Item
	Undated int // projects that the source gives no dates of, which cannot be drawn
}

// budgetView shows the money that the projects of the filter have, by theme and
// year, as far as it is known.
func (p *pages) budgetView(ctx context.Context, v *portfolioProps) (int, error) {
	m, err := p.Service.Money(ctx, v.Asked.Filter)
	if err != nil {
		return 0, err
	}
	all := m.Sum()
	v.Count = lang.TN(ctx, "project.count", all.Projects)
	if all.Projects == 0 {
		v.Body = p.none(ctx, v)
		return 0, nil
	}
	b := budgetProps{Notes: budgetNotes(ctx, all), Empty: all.Budgeted == 0}
	if !b.Empty {
		// The largest lies at the bottom, where it is easiest to compare.
		themes := slices.Clone(m.Themes)
		slices.SortStableFunc(themes, func(x, y project.ThemeSum) int {
			return cmp.Or(cmp.Compare(y.Amount, x.Amount), lang.Compare(p.themeOrNone(ctx, x.Theme), p.themeOrNone(ctx, y.Theme)))
		})
		b.Figure, b.Table = p.budgetFigure(ctx, v.Asked, m.Years, themes, all), p.budgetTable(ctx, v.Asked, themes, all)
	}
	v.Body = budgetPage(b)
	return all.Projects, nil
}

// budgetNotes tell what the sums are the sums of: how many projects lack a figure, and
// how much is of examples.
func budgetNotes(ctx context.Context, all project.ThemeSum) []string {
	var out []string
	if n := all.Projects - all.Budgeted; n > 0 && all.Budgeted > 0 {
		out = append(out, lang.TN(ctx, "project.budget_view.unknown", n, "with", lang.Number(ctx, all.Budgeted), "of", lang.Number(ctx, all.Projects)))
	}
	if all.Examples > 0 {
		out = append(out, lang.TN(ctx, "project.budget_view.examples", all.Examples, "amount", lang.NOK(ctx, all.ExampleAmount), "sum", lang.NOK(ctx, all.Amount)))
	}
	return out
}

// themeOrNone names a theme, or says that there is none.
func (p *pages) themeOrNone(ctx context.Context, slug string) string {
	return cmp.Or(p.theme(ctx, slug), p.theme(ctx, project.NoTheme))
}

// budgetFigure draws what the themes that have a budget have for each year.
func (p *pages) budgetFigure(ctx context.Context, a asked, money []project.ThemeYear, themes []project.ThemeSum, all project.ThemeSum) ui.FigureProps {
	c := chart.StackedBars{
		Format: func(f float64) string { return lang.Decimal(ctx, f, 1) }, Tick: func(f float64) string { return lang.Decimal(ctx, f, decimals(f)) },
		Words: chart.StackedWords{Column: lang.T(ctx, "project.field.year"), Total: lang.T(ctx, "project.sum"), Unit: lang.T(ctx, "project.unit"), Other: lang.T(ctx, "project.other_themes")},
	}
	years := yearsOf(money)
	for _, y := range years {
		c.Columns = append(c.Columns, strconv.Itoa(y))
	}
	for _, t := range themes {
		if t.Budgeted == 0 {
			continue
		}
		s := chart.Series{Name: p.themeOrNone(ctx, t.Theme), Values: make([]float64, len(years))}
		for _, y := range money {
			if i := slices.Index(years, y.Year); y.Theme == t.Theme && i >= 0 {
				s.Values[i] = float64(y.Amount) / 1e8
			}
		}
		c.Series = append(c.Series, s)
	}
	c.ID = "budsjett"
	c.Title = lang.T(ctx, "project.budget_view.finding", "theme", c.Series[0].Name, "amount", lang.MillionNOK(ctx, themes[0].Amount), "sum", lang.MillionNOK(ctx, all.Amount))
	if len(c.Series) == 1 {
		c.Title = lang.T(ctx, "project.budget_view.single", "theme", c.Series[0].Name, "sum", lang.MillionNOK(ctx, all.Amount))
	}
	switch {
	case all.Examples == 0:
	case all.Examples == all.Budgeted:
		c.Title = lang.T(ctx, "project.budget_view.all_examples", "finding", c.Title)
	default:
		c.Title = lang.T(ctx, "project.budget_view.some_examples", "finding", c.Title, "amount", lang.MillionNOK(ctx, all.ExampleAmount))
	}
	return ui.FigureProps{
		ID: "figur-budsjett", Level: 2, Finding: c.Title, HowToRead: lang.T(ctx, "project.budget_view.how"), Chart: c.Render(), CSVHref: a.at(list+".csv", nil),
	}
}

// budgetTable gives the sums of each theme, and below its name how many projects they
// are the sums of.
func (p *pages) budgetTable(ctx context.Context, a asked, themes []project.ThemeSum, all project.ThemeSum) ui.TableProps {
	t := ui.TableProps{
		Caption: lang.T(ctx, "project.budget_view.table"), Cards: true,
		Columns: []ui.Column{
			{Label: lang.T(ctx, "project.field.theme")}, {Label: lang.T(ctx, "project.column.budget"), Numeric: true, NoWrap: true},
			{Label: lang.T(ctx, "project.column.spent"), Numeric: true, NoWrap: true}, {Label: lang.T(ctx, "project.column.rest"), Numeric: true, NoWrap: true},
		},
		Foot: sumCells(ctx, ui.NameAnd(lang.T(ctx, "project.sum"), basis(ctx, all)), all),
	}
	for _, x := range themes {
		href := a.href(func(a *asked) { a.Theme, a.View = cmp.Or(x.Theme, project.NoTheme), viewTable })
		t.Rows = append(t.Rows, sumCells(ctx, ui.NameCell(href, p.themeOrNone(ctx, x.Theme), basis(ctx, x)), x))
	}
	return t
}

// sumCells give the sums of what is noted; a dash where nothing is.
func sumCells(ctx context.Context, name templ.Component, t project.ThemeSum) []templ.Component {
	budget, spent, rest := dash(ctx), ui.Str(lang.T(ctx, "project.not_noted")), ui.Str(lang.T(ctx, "project.not_noted"))
	if t.Budgeted > 0 {
		budget = nok(ctx, t.Amount)
	} else {
		spent, rest = dash(ctx), dash(ctx)
	}
	if t.Noted > 0 {
		spent, rest = nok(ctx, t.Spent), nok(ctx, t.Rest())
	}
	return []templ.Component{name, budget, spent, rest}
}

// basis tells what the sums of a theme are the sums of.
func basis(ctx context.Context, t project.ThemeSum) string {
	n := func(n int) string { return lang.Number(ctx, n) }
	if t.Budgeted == 0 {
		return lang.TN(ctx, "project.budget_view.basis_none", t.Projects)
	}
	parts := []string{lang.TN(ctx, "project.budget_view.basis", t.Projects, "with", n(t.Budgeted))}
	if lacks := t.Projects - t.Budgeted; lacks > 0 {
		parts = append(parts, lang.TN(ctx, "project.budget_view.lacks", lacks))
	}
	if t.Cancelled > 0 {
		parts = append(parts, lang.TN(ctx, "project.budget_view.cancelled", t.Cancelled))
	}
	if t.Noted > 0 && t.Noted < t.Budgeted {
		parts = append(parts, lang.T(ctx, "project.budget_view.noted", "with", n(t.Noted), "of", n(t.Budgeted)))
	}
	if t.Examples > 0 {
		parts = append(parts, lang.T(ctx, "project.budget_view.of_examples", "amount", lang.NOK(ctx, t.ExampleAmount)))
	}
	return strings.Join(parts, "; ")
}

type budgetProps struct {
	Figure ui.FigureProps
	Table  ui.TableProps
	Notes  []string
	Empty  bool
}

func nok(ctx context.Context, ore int64) templ.Component { return ui.Str(lang.NOK(ctx, ore)) }

// decimals gives how many decimals a number of the axis needs.
func decimals(f float64) int {
	if f == float64(int64(f)) {
		return 0
	}
	return 1
}

// yearsOf gives every year from the first to the last that has money.
func yearsOf(list []project.ThemeYear) []int {
	first, last := 0, 0
	for _, t := range list {
		if first == 0 || t.Year < first {
			first = t.Year
		}
		last = max(last, t.Year)
	}
	var out []int
	for y := first; y <= last && y-first < 50; y++ {
		out = append(out, y)
	}
	return out
}

// slack gives the days between the expected end and a decision: below zero when
// the end comes after.
func slack(end, decision time.Time) int { return clock.Days(end, decision) }
