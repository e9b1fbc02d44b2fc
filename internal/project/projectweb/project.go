package projectweb

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"funn/internal/need"
	"funn/internal/platform/lang"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/project"
)

// overviewProps is what the first page of a project shows.
type overviewProps struct {
	Project  *project.Project
	Lang     string // of the summary when it is not the page's
	Alerts   []alertProps
	Figures  []ui.KeyFigureProps
	Needs    []ui.Item
	Steps    []ui.Step
	Findings []string
	Facts    []ui.Fact
	Doubt    string
	Unnamed  bool
}

type alertProps struct {
	Tone        ui.Tone
	Title, Text string
}

// overview tells what the project is, what is due next, which needs it answers
// in time or not, and what it has delivered.
func (p *pages) overview(c *web.Context, r *project.Project) (templ.Component, error) {
	ctx := c.Ctx()
	today := p.Site.Engine.Today(ctx)
	needs, err := p.Service.NeedsOf(ctx, r)
	if err != nil {
		return nil, err
	}
	v := overviewProps{Project: r, Lang: other(ctx, r.SummaryIn()), Doubt: r.Doubt, Unnamed: !r.Named}
	v.Alerts = alerts(ctx, r, needs)
	v.Figures = p.figures(ctx, r, today)
	for _, n := range needs {
		v.Needs = append(v.Needs, p.needItem(ctx, r, n))
	}
	v.Steps = steps(ctx, r, today)
	for _, f := range r.Findings.V {
		v.Findings = append(v.Findings, f.Text)
	}
	if v.Facts, err = p.facts(ctx, r); err != nil {
		return nil, err
	}
	return overviewPage(v), nil
}

// alerts tell what somebody must know before anything else.
func alerts(ctx context.Context, r *project.Project, needs []*need.Need) []alertProps {
	var out []alertProps
	if r.Alert == project.AfterDecision {
		text := lang.T(ctx, "project.after_decision.text")
		for _, n := range needs {
			if r.TooLateFor(n) {
				text = lang.T(ctx, "project.after_decision.of", "need", n.Title, "decision", lang.Day(ctx, n.DecisionDate), "forecast", lang.Day(ctx, r.ForecastEnd),
					"days", lang.Days(ctx, -slack(r.ForecastEnd, n.DecisionDate)))
				break
			}
		}
		out = append(out, alertProps{ui.Error, lang.T(ctx, "project.alert.after_decision"), text})
	}
	if f := r.Pending(); f != nil {
		text := lang.T(ctx, "project.pending.text", "from", dayOr(ctx, f.From), "to", lang.Day(ctx, f.To), "cause", lang.T(ctx, "cause."+f.Cause), "note", f.Note)
		title := lang.T(ctx, "project.pending.title")
		if d := r.Deliverable(f.Deliverable); d != nil {
			title = lang.T(ctx, "project.pending.part", "title", d.Title)
		}
		out = append(out, alertProps{ui.Warning, title, text})
	}
	if r.State == project.OnHold {
		out = append(out, alertProps{ui.Warning, lang.T(ctx, "project.on_hold.title"), lang.T(ctx, "project.on_hold.text", "reason", r.HoldReason, "day", lang.Day(ctx, r.ReviewDate))})
	}
	return out
}

// figures are the few numbers that matter of a project: the next deadline, the
// end, the money that is left.
func (p *pages) figures(ctx context.Context, r *project.Project, today time.Time) []ui.KeyFigureProps {
	var out []ui.KeyFigureProps
	if what, due := next(ctx, r); !due.IsZero() {
		k := ui.KeyFigureProps{Value: lang.ShortDate(ctx, due), Label: lang.T(ctx, "project.figure.next"), Note: what}
		if due.Before(today) {
			k.Tone, k.Note = ui.Error, lang.T(ctx, "project.figure.overdue", "what", what)
		}
		out = append(out, k)
	}
	if end := planned(r); !end.IsZero() {
		label := "project.figure.end"
		if !r.Ended().IsZero() {
			label = "project.figure.ended"
		}
		k := ui.KeyFigureProps{Value: lang.ShortDate(ctx, end), Label: lang.T(ctx, label), Note: lang.T(ctx, "project.figure.as_planned"), Href: path(r.Number) + "/milepaler"}
		if n := r.Delay(); n > 0 {
			k.Note = lang.T(ctx, "project.figure.moved", "months", lang.Months(ctx, n), "planned", lang.ShortDate(ctx, r.BaselineEnd))
			k.Tone = ui.Warning
		} else if r.State == project.Cancelled {
			k.Note = ""
		}
		out = append(out, k)
	}
	if r.Amount > 0 {
		k := ui.KeyFigureProps{Value: lang.MillionNOK(ctx, r.Amount), Label: lang.T(ctx, "project.money."+r.Standing()), Note: lang.T(ctx, "project.money.not_noted"), Href: path(r.Number) + "/okonomi"}
		if r.SpendingKnown() {
			k.Value, k.Label = lang.MillionNOK(ctx, r.Amount-r.Spent), lang.T(ctx, "project.figure.rest")
			k.Note = lang.T(ctx, "project.figure.of", "amount", lang.MillionNOK(ctx, r.Amount))
		}
		out = append(out, k)
	}
	return out
}

// next gives what is due next of the project, and when.
func next(ctx context.Context, r *project.Project) (what string, due time.Time) {
	switch r.State {
	case project.Running, project.StartedUp, project.Contracted, project.Delivered, project.Accepted:
	default:
		return "", time.Time{}
	}
	take := func(name string, day time.Time) {
		if !day.IsZero() && (due.IsZero() || day.Before(due)) {
			what, due = name, day
		}
	}
	for _, d := range r.Deliverables.V {
		if d.Delivered.IsZero() {
			take(lang.T(ctx, "deliverable."+d.Kind), d.Due())
		}
	}
	take(lang.T(ctx, "project.field.next_follow_up"), r.NextFollowUp)
	if r.DataPlan == "planned" {
		take(lang.T(ctx, "project.data_deletion"), r.DataDeleted)
	}
	return what, due
}

// needItem shows a need with its decision and whether the answer comes in time.
func (p *pages) needItem(ctx context.Context, r *project.Project, n *need.Need) ui.Item {
	i := ui.Item{Kicker: lang.T(ctx, "need.name") + " " + n.Number, Title: n.Title, Href: "/behov/" + n.Number, Tags: []ui.TagProps{recordweb.StateTag(ctx, p.Site.Engine, n.Base())}}
	if n.Lang != string(lang.From(ctx).Tag()) {
		i.Lang = n.Lang
	}
	if n.Example {
		i.Tags = append(i.Tags, ui.TagProps{Tone: ui.Example, Text: lang.T(ctx, "ui.example")})
	}
	if n.DecisionDate.IsZero() {
		i.Meta = []string{lang.T(ctx, "project.no_decision")}
		return i
	}
	i.Due = lang.T(ctx, "project.decision_on", "day", lang.Day(ctx, n.DecisionDate))
	end := planned(r)
	if end.IsZero() || r.State == project.Cancelled {
		return i
	}
	days := slack(end, n.DecisionDate)
	if waitsNot(r, n) {
		i.Meta = []string{lang.T(ctx, "project.slack.not_waiting")}
		return i
	}
	i.Late = days < 0
	switch {
	case days < 0:
		i.Meta = []string{lang.T(ctx, "project.slack.late", "days", lang.Days(ctx, -days))}
	case days == 0:
		i.Meta = []string{lang.T(ctx, "project.slack.same")}
	default:
		i.Meta = []string{lang.T(ctx, "project.slack.early", "days", lang.Days(ctx, days))}
	}
	return i
}

// waitsNot says whether the project goes on for a need that does not wait for it. What
// has ended is judged by the day that it ended.
func waitsNot(r *project.Project, n *need.Need) bool { return r.ActualEnd.IsZero() && !r.WaitedFor(n) }

// steps are the project's course: contract, start-up, what it owes, in the order
// of their days.
func steps(ctx context.Context, r *project.Project, today time.Time) []ui.Step {
	type dated struct {
		ui.Step
		on time.Time
	}
	var all []dated
	if !r.ContractOn.IsZero() && !told(r) {
		all = append(all, dated{ui.Step{Title: lang.T(ctx, "project.step.contract"), Date: lang.Day(ctx, r.ContractOn), State: ui.StepDone}, r.ContractOn})
	}
	for _, m := range r.Meetings.V {
		if m.Kind == "startup" {
			all = append(all, dated{ui.Step{Title: lang.T(ctx, "project.step.startup"), Date: lang.Day(ctx, m.On), State: ui.StepDone}, m.On})
		}
	}
	for _, d := range r.Deliverables.V {
		on := d.Due()
		if !d.Delivered.IsZero() {
			on = d.Delivered
		}
		all = append(all, dated{deliverableStep(ctx, r, d, today), on})
	}
	slices.SortStableFunc(all, func(a, b dated) int { return a.on.Compare(b.on) })
	out := make([]ui.Step, len(all))
	current := false
	for i, s := range all {
		out[i] = s.Step
		if s.State == ui.StepTodo && !current && r.State != project.Created {
			current = true
			out[i].State = ui.StepCurrent
		}
	}
	return out
}

func deliverableStep(ctx context.Context, r *project.Project, d project.Deliverable, today time.Time) ui.Step {
	s := ui.Step{Title: lang.T(ctx, "deliverable."+d.Kind), State: ui.StepTodo}
	if d.Title != "" && d.Title != r.Title {
		s.Title += ": " + d.Title
	}
	due := d.Due()
	switch {
	case !d.Delivered.IsZero():
		s.State, s.Date = ui.StepDone, lang.T(ctx, "project.step.delivered", "day", lang.Day(ctx, d.Delivered))
		if n := project.MonthsLate(d.Baseline, d.Delivered); n > 0 {
			s.Date = lang.T(ctx, "project.step.delivered_late", "day", lang.Day(ctx, d.Delivered), "months", lang.Months(ctx, n))
		}
		if d.Kind == project.Final && d.Accepted.IsZero() {
			s.State, s.Tag = ui.StepCurrent, &ui.TagProps{Tone: ui.Warning, Text: lang.T(ctx, "project.step.waits")}
		}
	case due.IsZero():
		s.Date = notGiven(ctx)
	case d.Forecast.IsZero() || d.Forecast.Equal(d.Baseline):
		s.Date = lang.T(ctx, "project.step.due", "day", lang.Day(ctx, due))
	default:
		s.Date = lang.T(ctx, "project.step.due_moved", "day", lang.Day(ctx, due), "planned", lang.Day(ctx, d.Baseline))
	}
	if f := lastMove(r, d); f != nil {
		s.Text = lang.T(ctx, "project.step.cause", "cause", lang.T(ctx, "cause."+f.Cause), "note", f.Note)
	}
	if n := len(d.Returned); n > 0 {
		s.Text = strings.TrimSpace(lang.TN(ctx, "project.step.returned", n) + " " + s.Text)
	}
	if d.Delivered.IsZero() {
		switch {
		case r.State == project.Cancelled:
			s.State = ui.StepStopped
		case !due.IsZero() && due.Before(today):
			s.State = ui.StepLate
		}
	}
	return s
}

// lastMove gives the latest accepted move of a deliverable; nil when it stands as
// planned.
func lastMove(r *project.Project, d project.Deliverable) *project.Forecast {
	var last *project.Forecast
	for i := range r.Forecasts.V {
		f := &r.Forecasts.V[i]
		if f.Accepted && moves(f, d) {
			last = f
		}
	}
	return last
}

// moves says whether a forecast is about the deliverable: its own, or the
// project's end, which is the final report.
func moves(f *project.Forecast, d project.Deliverable) bool {
	return f.Deliverable == d.ID || f.Deliverable == 0 && d.Kind == project.Final
}

// facts tell the rest, with the source's own words and what it does not give.
func (p *pages) facts(ctx context.Context, r *project.Project) ([]ui.Fact, error) {
	out := []ui.Fact{{Label: lang.T(ctx, "project.field.instrument"), Text: lang.T(ctx, "instrument."+r.Instrument)}}
	add := func(label, text string) {
		if text != "" {
			out = append(out, ui.Fact{Label: lang.T(ctx, label), Text: text})
		}
	}
	add("project.field.theme", cmp.Or(p.theme(ctx, r.Theme), notGiven(ctx)))
	if r.Phase != "" {
		add("project.phase", lang.T(ctx, "phase."+r.Phase))
	}
	if r.RnDKind != "" {
		add("project.field.rnd_kind", lang.T(ctx, "plan.rnd_kind."+r.RnDKind))
	}
	add("project.field.start", when(ctx, r.Start.V))
	if r.End.V.Text != "" || r.BaselineEnd.IsZero() {
		add("project.field.end", when(ctx, r.End.V))
	}
	if !r.BaselineEnd.IsZero() {
		add("project.baseline_end", lang.Day(ctx, r.BaselineEnd))
	}
	contract := dayOr(ctx, r.ContractOn)
	if told(r) && !r.ContractOn.IsZero() {
		contract = lang.T(ctx, "project.at_latest", "day", contract)
	}
	if r.ContractRef != "" {
		contract += " (" + r.ContractRef + ")"
	}
	if !r.ContractOn.IsZero() || r.Source != "" {
		add("project.step.contract", contract)
	}
	if r.Amount > 0 {
		add("project.field.amount", lang.NOK(ctx, r.Amount))
	} else {
		add("project.field.amount", notGiven(ctx))
	}
	if !r.Funded.V.At.IsZero() {
		add("project.funded", lang.T(ctx, "project.funded_by", "day", lang.Date(ctx, r.Funded.V.At), "reason", r.Funded.V.Reason))
	}
	if r.Counted != 0 {
		add("project.counted", year4(r.Counted))
	}
	heads, err := p.Site.Engine.Heads(ctx, r.Grounds.V...)
	if err != nil {
		return nil, err
	}
	for _, id := range r.Grounds.V {
		h, ok := heads[id]
		if !ok {
			continue
		}
		if k, ok := p.Site.Engine.Kind(h.Kind); ok {
			_, base := k.Paths()
			out = append(out, ui.Fact{Label: lang.T(ctx, h.Kind+".name"), Text: h.Number + " " + h.Title, Href: base + "/" + h.Number})
		}
	}
	return out, nil
}

// people is the side column's panel of who is in the project.
func (p *pages) people(c *web.Context, r *project.Project) (templ.Component, error) {
	facts, err := p.who(c.Ctx(), r)
	if err != nil || len(facts) == 0 {
		return nil, err
	}
	return peoplePanel(facts), nil
}

// who tells who is in the project: persons, and organisations by what they are in it.
func (p *pages) who(ctx context.Context, r *project.Project) ([]ui.Fact, error) {
	var ids []string
	for _, id := range []string{r.Leader, r.Owner, r.CaseWorker} {
		if id != "" {
			ids = append(ids, id)
		}
	}
	names := map[string]string{}
	if len(ids) > 0 {
		var err error
		if names, err = p.Site.Names(ctx, ids...); err != nil {
			return nil, err
		}
	}
	var facts []ui.Fact
	add := func(label, text string) {
		if text != "" {
			facts = append(facts, ui.Fact{Label: lang.T(ctx, label), Text: text})
		}
	}
	add("relation.leader", cmp.Or(r.LeaderName, names[r.Leader]))
	add("relation.subject_owner", names[r.Owner])
	add("relation.case_worker", names[r.CaseWorker])
	var orgs []string
	for _, role := range r.Roles.V {
		orgs = append(orgs, role.Org)
	}
	if len(orgs) > 0 {
		called, err := p.Organisations(ctx, orgs...)
		if err != nil {
			return nil, err
		}
		for _, kind := range []string{project.Host, project.Partner, project.Subcontractor} {
			var list []string
			for _, role := range r.Roles.V {
				if role.Role == kind && called[role.Org] != "" {
					list = append(list, called[role.Org])
				}
			}
			add("project.role."+kind, strings.Join(list, ", "))
		}
	} else {
		add("project.field.institution", notGiven(ctx))
	}
	return facts, nil
}
