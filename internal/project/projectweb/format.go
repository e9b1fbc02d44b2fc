package projectweb

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/project"
)

// notGiven is what stands where the source says nothing.
func notGiven(ctx context.Context) string { return lang.T(ctx, "project.not_given") }

// dayOr writes a calendar day, or that the source does not give it.
func dayOr(ctx context.Context, day time.Time) string {
	if day.IsZero() {
		return notGiven(ctx)
	}
	return lang.Day(ctx, day)
}

// when writes a span as the source writes it, or as its days.
func when(ctx context.Context, s project.Span) string {
	switch {
	case s.Text != "":
		return s.Text
	case !s.Known():
		return notGiven(ctx)
	case s.Exact():
		return lang.Day(ctx, s.From)
	}
	return lang.Day(ctx, s.From) + " – " + lang.Day(ctx, s.To)
}

// told says whether the project is known from a source only and not followed in
// Funn: its days are then the last that they can have been.
func told(r *project.Project) bool { return r.CaseWorker == "" && r.Source != "" }

func monthYear(day time.Time) string { return day.UTC().Format("01.2006") }

// period writes when a project begins and ends, short enough for a table: months,
// or the source's own words where it has no days.
func period(ctx context.Context, p *project.Project) string {
	from, to := "", ""
	switch {
	case p.Start.V.Text != "" && p.Start.V.Known():
		from = p.Start.V.Text
	case !p.StartFrom.IsZero():
		from = monthYear(p.StartFrom)
	}
	switch end := planned(p); {
	case p.End.V.Text != "" && p.End.V.Known():
		to = p.End.V.Text
	case !end.IsZero():
		to = monthYear(end)
	case p.Counted != 0:
		to = strconv.Itoa(p.Counted)
	}
	switch {
	case from == "" && to == "":
		return notGiven(ctx)
	case from == "":
		return lang.T(ctx, "project.until", "to", to)
	case to == "":
		return lang.T(ctx, "project.since", "from", from)
	}
	return from + " – " + to
}

// planned gives the day that the project ended, or is expected to; zero for what
// is only known to have ended somewhere in a year.
func planned(p *project.Project) time.Time {
	for _, day := range []time.Time{p.Ended(), p.ForecastEnd, p.BaselineEnd} {
		if !day.IsZero() {
			return day
		}
	}
	return time.Time{}
}

// delayTag writes a delay in months, short: "+6 md.".
func delayTag(ctx context.Context, months int) string {
	return lang.T(ctx, "project.delay_tag", "n", strconv.Itoa(months))
}

// tags stand beside the state on a project's page.
func tags(ctx context.Context, p *project.Project) []ui.TagProps {
	var out []ui.TagProps
	if n := p.Delay(); n > 0 {
		out = append(out, ui.TagProps{Tone: ui.Warning, Text: lang.T(ctx, "project.late_by", "months", lang.Months(ctx, n))})
	}
	if p.Pending() != nil {
		out = append(out, ui.TagProps{Tone: ui.Warning, Text: lang.T(ctx, "project.pending.tag")})
	}
	return out
}

// dash stands in a table for what the source does not give; those who hear the
// page are told so.
func dash(ctx context.Context) templ.Component {
	return ui.Group(ui.Hidden(notGiven(ctx)), ui.Str("–"))
}

// foreign gives the language of a project's title when it is not the page's.
func foreign(ctx context.Context, p *project.Project) string { return other(ctx, p.Lang) }

// other gives the language of a text when it is not the page's.
func other(ctx context.Context, language string) string {
	if language == string(lang.From(ctx).Tag()) {
		return ""
	}
	return language
}

func year4(n int) string { return strconv.Itoa(n) }

// shortOr writes a day as 01.02.2027, or a dash.
func shortOr(ctx context.Context, day time.Time) string {
	if day.IsZero() {
		return "–"
	}
	return lang.ShortDate(ctx, day)
}
