package projectweb

import (
	"context"
	"slices"
	"strconv"
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
		row := chart.TimelineRow{Label: r.Title, Start: r.StartFrom, End: r.BaselineEnd, Deadline: decisions[r.ID], Progress: chart.Unknown}
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
	total := m.Known + m.Unknown
	v.Count = lang.TN(ctx, "project.count", total)
	if total == 0 {
		v.Body = p.none(ctx, v)
		return 0, nil
	}
	b := budgetProps{}
	if m.Unknown > 0 {
		b.Notes = append(b.Notes, lang.TN(ctx, "project.budget_view.unknown", m.Unknown, "of", lang.Number(ctx, total)))
	}
	if m.Examples > 0 {
		b.Notes = append(b.Notes, lang.TN(ctx, "project.budget_view.examples", m.Examples, "of", lang.Number(ctx, m.Known)))
	}
	if m.Known == 0 {
		b.Empty = true
		v.Body = budgetPage(b)
		return total, nil
	}
	c := chart.StackedBars{
		Format: func(f float64) string { return lang.Decimal(ctx, f, 1) }, Tick: func(f float64) string { return lang.Decimal(ctx, f, decimals(f)) },
		Words: chart.StackedWords{Column: lang.T(ctx, "project.field.year"), Total: lang.T(ctx, "project.sum"), Unit: lang.T(ctx, "project.unit"), Other: lang.T(ctx, "project.other_themes")},
	}
	years := yearsOf(m.Years)
	for _, y := range years {
		c.Columns = append(c.Columns, strconv.Itoa(y))
	}
	type themeSum struct {
		slug, name string
		sum, spent int64
		untold     int // years of projects of which nobody has noted what is spent
		byYear     []int64
	}
	var themes []*themeSum
	var sum, spent int64
	for _, t := range m.Years {
		i := slices.IndexFunc(themes, func(x *themeSum) bool { return x.slug == t.Theme })
		if i < 0 {
			name := p.theme(ctx, t.Theme)
			if name == "" {
				name = p.theme(ctx, project.NoTheme)
			}
			themes, i = append(themes, &themeSum{slug: t.Theme, name: name, byYear: make([]int64, len(years))}), len(themes)
		}
		x := themes[i]
		x.byYear[slices.Index(years, t.Year)] += t.Amount
		x.sum, x.spent, sum, spent = x.sum+t.Amount, x.spent+t.Spent, sum+t.Amount, spent+t.Spent
		x.untold += t.Untold
	}
	// The largest lies at the bottom, where it is easiest to compare.
	slices.SortStableFunc(themes, func(x, y *themeSum) int {
		switch {
		case x.sum > y.sum:
			return -1
		case x.sum < y.sum:
			return 1
		}
		return lang.Compare(x.name, y.name)
	})
	b.Table = ui.TableProps{
		Caption: lang.T(ctx, "project.budget_view.table"), Cards: true,
		Columns: []ui.Column{
			{Label: lang.T(ctx, "project.field.theme")}, {Label: lang.T(ctx, "project.column.budget"), Numeric: true, NoWrap: true},
			{Label: lang.T(ctx, "project.column.spent"), Numeric: true, NoWrap: true}, {Label: lang.T(ctx, "project.column.rest"), Numeric: true, NoWrap: true},
		},
		Foot: []templ.Component{ui.Str(lang.T(ctx, "project.sum")), nok(ctx, sum)},
	}
	// The sum is known when every part of it is.
	known := !slices.ContainsFunc(themes, func(t *themeSum) bool { return t.untold > 0 })
	b.Table.Foot = append(b.Table.Foot, spentCells(ctx, known, spent, sum)...)
	for _, t := range themes {
		s := chart.Series{Name: t.name}
		for _, ore := range t.byYear {
			s.Values = append(s.Values, float64(ore)/1e8)
		}
		c.Series = append(c.Series, s)
		slug := t.slug
		if slug == "" {
			slug = project.NoTheme
		}
		link := ui.Link(v.Asked.href(func(a *asked) { a.Theme, a.View = slug, viewTable }), t.name)
		b.Table.Rows = append(b.Table.Rows, append([]templ.Component{link, nok(ctx, t.sum)}, spentCells(ctx, t.untold == 0, t.spent, t.sum)...))
	}
	c.ID = "budsjett"
	c.Title = lang.T(ctx, "project.budget_view.finding", "theme", themes[0].name, "amount", lang.MillionNOK(ctx, themes[0].sum), "sum", lang.MillionNOK(ctx, sum))
	if len(themes) == 1 {
		c.Title = lang.T(ctx, "project.budget_view.single", "theme", themes[0].name, "sum", lang.MillionNOK(ctx, sum))
	}
	b.Figure = ui.FigureProps{
		ID: "figur-budsjett", Level: 2, Finding: c.Title, HowToRead: lang.T(ctx, "project.budget_view.how"), Chart: c.Render(), CSVHref: v.Asked.at(list+".csv", nil),
	}
	v.Body = budgetPage(b)
	return total, nil
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
