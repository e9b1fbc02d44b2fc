package projectweb

import (
	"context"
	"slices"

	"github.com/a-h/templ"

	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/project"
)

type milestonesProps struct {
	Deliverables ui.TableProps
	Moves        ui.TableProps
	Meetings     []ui.LogEntry
	Next         string // the next follow-up
	Frozen       bool
}

// milestones shows what was planned beside what is expected and what happened,
// and why the forecast moved (requirement F3).
func (p *pages) milestones(c *web.Context, r *project.Project) (templ.Component, error) {
	ctx := c.Ctx()
	v := milestonesProps{Frozen: r.Frozen}
	column := func(key string) ui.Column { return ui.Column{Label: lang.T(ctx, "project.column."+key), NoWrap: true} }
	v.Deliverables = ui.TableProps{
		Caption: lang.T(ctx, "project.deliverables"), HideCaption: true, Cards: true, Empty: lang.T(ctx, "project.no_deliverables"),
		Columns: []ui.Column{{Label: lang.T(ctx, "project.field.deliverable")}, column("planned"), column("forecast"), column("delivered"), column("accepted"), {Label: lang.T(ctx, "project.column.deviation"), Numeric: true, NoWrap: true}},
	}
	list := slices.Clone(r.Deliverables.V)
	slices.SortStableFunc(list, func(a, b project.Deliverable) int { return a.Due().Compare(b.Due()) })
	for _, d := range list {
		v.Deliverables.Rows = append(v.Deliverables.Rows, []templ.Component{
			deliverableCell(lang.T(ctx, "deliverable."+d.Kind), title(r, d)), ui.Str(shortOr(ctx, d.Baseline)), ui.Str(forecast(ctx, d)),
			ui.Str(shortOr(ctx, d.Delivered)), ui.Str(shortOr(ctx, d.Accepted)), deviation(ctx, d),
		})
	}
	names, err := p.moverNames(ctx, r)
	if err != nil {
		return nil, err
	}
	v.Moves = p.moves(ctx, r, names)
	for _, m := range slices.Backward(r.Meetings.V) {
		v.Meetings = append(v.Meetings, ui.LogEntry{
			When: lang.Day(ctx, m.On), Machine: m.On.Format("2006-01-02"), What: lang.T(ctx, "project.meeting."+m.Kind), Who: m.With, Reason: m.Notes,
		})
	}
	if !r.NextFollowUp.IsZero() {
		v.Next = lang.T(ctx, "project.next_follow_up", "day", lang.Day(ctx, r.NextFollowUp))
	}
	return milestonesPage(v), nil
}

// title gives a deliverable's own title; none when it is only the project's.
func title(r *project.Project, d project.Deliverable) string {
	if d.Title == r.Title {
		return ""
	}
	return d.Title
}

// forecast is when it is expected, for what is not delivered.
func forecast(ctx context.Context, d project.Deliverable) string {
	if !d.Delivered.IsZero() && d.Forecast.IsZero() {
		return "–"
	}
	return shortOr(ctx, d.Due())
}

func deviation(ctx context.Context, d project.Deliverable) templ.Component {
	day := d.Due()
	if !d.Delivered.IsZero() {
		day = d.Delivered
	}
	if n := project.MonthsLate(d.Baseline, day); n > 0 {
		return ui.Strong(delayTag(ctx, n))
	}
	return ui.Str(lang.T(ctx, "project.no_delay"))
}

// moverNames gives the names of those who proposed and answered moves.
func (p *pages) moverNames(ctx context.Context, r *project.Project) (map[string]string, error) {
	var ids []string
	for _, f := range r.Forecasts.V {
		ids = append(ids, f.By)
		if f.Answerer != "" {
			ids = append(ids, f.Answerer)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	return p.Site.Names(ctx, slices.Compact(ids)...)
}

// moves is the history of the forecast, the latest first.
func (p *pages) moves(ctx context.Context, r *project.Project, names map[string]string) ui.TableProps {
	t := ui.TableProps{
		Caption: lang.T(ctx, "project.moves"), HideCaption: true, Cards: true, Empty: lang.T(ctx, "project.no_moves"),
		Columns: []ui.Column{
			{Label: lang.T(ctx, "project.column.told"), NoWrap: true}, {Label: lang.T(ctx, "project.column.what")}, {Label: lang.T(ctx, "project.column.from"), NoWrap: true},
			{Label: lang.T(ctx, "project.column.to"), NoWrap: true}, {Label: lang.T(ctx, "project.field.cause")}, {Label: lang.T(ctx, "project.column.answer")},
		},
	}
	for _, f := range slices.Backward(r.Forecasts.V) {
		what := lang.T(ctx, "project.whole")
		if d := r.Deliverable(f.Deliverable); d != nil {
			what = d.Title
		}
		answer := lang.T(ctx, "project.answer.waits")
		switch {
		case f.Accepted:
			answer = lang.T(ctx, "project.answer.accepted", "who", names[f.Answerer], "day", lang.Date(ctx, f.Answered))
		case !f.Answered.IsZero():
			answer = lang.T(ctx, "project.answer.rejected", "who", names[f.Answerer], "day", lang.Date(ctx, f.Answered), "reason", f.Reason)
		}
		t.Rows = append(t.Rows, []templ.Component{
			twoLines(lang.ShortDate(ctx, f.At), names[f.By]), ui.Str(what), ui.Str(shortOr(ctx, f.From)), ui.Str(lang.ShortDate(ctx, f.To)),
			twoLines(lang.T(ctx, "cause."+f.Cause), f.Note), ui.Str(answer),
		})
	}
	return t
}
