package project

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/need"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

// People is what projects ask of the organisation.
type People interface {
	Holders(ctx context.Context, roles ...access.Role) ([]form.Option, error)
	// Organisations gives the organisations that can be chosen.
	Organisations(ctx context.Context) ([]form.Option, error)
}

// Plans is what projects ask of the R&D plan.
type Plans interface {
	Themes(ctx context.Context) ([]form.Option, error)
}

// Service is the life of projects.
type Service struct {
	Kind *Kind

	people People
	plans  Plans
	needs  *need.Service
	memo   memo
}

type (
	command = record.Command[*Project]
	change  = record.Change[*Project]
	verdict = record.Verdict
)

// New makes the service and its kind; the kind is registered by the caller.
func New(people People, plans Plans, needs *need.Service) *Service {
	s := &Service{people: people, plans: plans, needs: needs}
	s.Kind = &Kind{
		Name: "project", Prefix: "P", Path: "/prosjekt", Table: "project", Initial: []string{Created},
		New: func() *Project { return &Project{} }, States: states, Read: readers, Relations: relations, Links: links,
		Tasks: tasks, Quiet: fromSource, Describe: describe, Alert: s.alert,
	}
	s.Kind.Commands = s.commands()
	return s
}

// fromSource holds for projects that a source tells of and nobody follows in Funn.
func fromSource(p *Project) bool { return p.CaseWorker == "" && p.Source != "" }

// Subscribe connects projects to what happens to needs: a decision that is moved,
// or no longer waited for, can make a project late or in time again.
func (s *Service) Subscribe(e *record.Engine) {
	for _, command := range []string{"move_decision", "describe", "merge", "reject", "reopen", "cover", "close"} {
		e.Subscribe("need", command, func(ctx context.Context, _ event.Event, rec record.Record) error {
			return s.each(ctx, rec.Base().ID, func(p *Project) error {
				if !slices.Contains(unfinished, p.State) {
					return nil
				}
				_, err := s.Kind.As(ctx, p.ID, "recheck", record.Input{})
				return err
			})
		})
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func (s *Service) holders(roles ...access.Role) func(context.Context, any) ([]form.Option, error) {
	return func(ctx context.Context, _ any) ([]form.Option, error) { return s.people.Holders(ctx, roles...) }
}

func (s *Service) organisations(ctx context.Context, _ any) ([]form.Option, error) {
	return s.people.Organisations(ctx)
}

func (s *Service) themes(ctx context.Context, _ any) ([]form.Option, error) {
	return s.plans.Themes(ctx)
}

// openNeeds gives the needs that a project can answer: an instrument is chosen.
func (s *Service) openNeeds(ctx context.Context, _ any) ([]form.Option, error) {
	return s.needs.Waiting(ctx)
}

// Proposal gives the need with the number, or the id, and what the form for a
// project that answers it can take over from it, by field, as it is typed. The end is
// the day of the decision: later is too late. It is nil when the need waits for no
// project. A need that the context's actor may not read is a NotFound fault.
func (s *Service) Proposal(ctx context.Context, number string) (*need.Need, map[string][]string, error) {
	n, err := s.needs.Kind.ByNumber(ctx, number)
	if fault.Of(err) == fault.NotFound {
		n, err = s.needs.Kind.Get(ctx, number)
	}
	if err != nil {
		return nil, nil, err
	}
	if !slices.Contains(need.Acquirable, n.State) {
		return n, nil, nil
	}
	out := map[string][]string{}
	fill := func(field, value string) {
		if value != "" {
			out[field] = []string{value}
		}
	}
	fill("title", n.Title)
	fill("rnd_kind", n.RnDKind)
	fill("owner", n.Owner)
	fill("case_worker", n.CaseWorker)
	if len(n.Themes.V) > 0 {
		fill("theme", n.Themes.V[0])
	}
	if !n.DecisionDate.IsZero() {
		fill("end", n.DecisionDate.Format("02.01.2006"))
	}
	instrument, err := s.nextInstrument(ctx, n)
	fill("instrument", instrument)
	return n, out, err
}

// nextInstrument gives the first of the instruments chosen for the need that no
// project is of yet; empty when each has its project.
func (s *Service) nextInstrument(ctx context.Context, n *need.Need) (string, error) {
	if len(n.Choices.V) == 0 {
		return "", nil
	}
	taken := map[string]bool{}
	err := s.each(ctx, n.ID, func(p *Project) error {
		taken[p.Instrument] = taken[p.Instrument] || p.State != Cancelled
		return nil
	})
	for _, i := range n.Choices.V[len(n.Choices.V)-1].Instruments {
		if !taken[i] && slices.Contains(Instruments, i) {
			return i, err
		}
	}
	return "", err
}

// parts gives the part deliveries. Those that are delivered stay among them, with
// the day, so that the history can name them; the guard refuses them.
func (s *Service) parts(ctx context.Context, rec any) ([]form.Option, error) {
	p, ok := rec.(*Project)
	if !ok || p == nil {
		return nil, nil
	}
	var out []form.Option
	for _, d := range p.Deliverables.V {
		if d.Part() {
			o := form.Option{Value: itoa(d.ID), Label: d.Title}
			if !d.Delivered.IsZero() {
				o.Hint = lang.T(ctx, "project.delivered_on", "day", lang.Day(ctx, d.Delivered))
			}
			out = append(out, o)
		}
	}
	return out, nil
}

// openParts gives what can be moved apart from the end of the project.
func (s *Service) openParts(_ context.Context, rec any) ([]form.Option, error) {
	p, ok := rec.(*Project)
	if !ok || p == nil {
		return nil, nil
	}
	var out []form.Option
	for _, d := range p.Deliverables.V {
		if d.Kind != Final {
			out = append(out, form.Option{Value: itoa(d.ID), Label: d.Title})
		}
	}
	return out, nil
}

func wrong(field, key string, args ...any) error {
	f := fault.New(fault.Invalid, "error.invalid")
	f.Fields = []fault.Field{{Name: field, Key: key, Args: args}}
	return f
}

func (s *Service) today(ctx context.Context) time.Time { return s.Kind.Engine().Today(ctx) }

// ahead refuses dates of what is to come that have passed.
func (s *Service) ahead(ctx context.Context, _ *Project, in form.Values) (verdict, error) {
	for _, name := range []string{"next_follow_up", "review_date", "presentation_due"} {
		if d := in.Day(name); !d.IsZero() && d.Before(s.today(ctx)) {
			return verdict{}, wrong(name, "project.date_passed", "today", lang.Day(ctx, s.today(ctx)))
		}
	}
	return verdict{}, nil
}

// notAhead refuses dates of what has happened that lie ahead.
func (s *Service) notAhead(ctx context.Context, _ *Project, in form.Values) (verdict, error) {
	for _, name := range []string{"met_on", "contract_on"} {
		if d := in.Day(name); d.After(s.today(ctx)) {
			return verdict{}, wrong(name, "project.date_ahead", "today", lang.Day(ctx, s.today(ctx)))
		}
	}
	return verdict{}, nil
}

func (s *Service) followUpDates(ctx context.Context, p *Project, in form.Values) (verdict, error) {
	if v, err := s.notAhead(ctx, p, in); err != nil {
		return v, err
	}
	return s.ahead(ctx, p, in)
}

// creatable holds the scope of the portfolio and the longest period.
func (s *Service) creatable(_ context.Context, _ *Project, in form.Values) (verdict, error) {
	if err := plan.RefuseBasicResearch(in, "rnd_kind"); err != nil {
		return verdict{}, err
	}
	return period(in)
}

// period refuses an end before the start; more than three years needs a reason
// (FP §5.2).
func period(in form.Values) (v verdict, err error) {
	start, end := in.Day("start"), in.Day("end")
	if start.IsZero() || end.IsZero() {
		return v, nil
	}
	if !end.After(start) {
		return v, wrong("end", "project.end_before_start", "start", start)
	}
	if end.After(start.AddDate(3, 0, 0)) {
		v.Warn("project.warn.over_three_years")
	}
	return v, nil
}

// replannable keeps the amount once the committee has granted it.
func (s *Service) replannable(_ context.Context, p *Project, in form.Values) (verdict, error) {
	if in.Has("amount") && !p.Funded.V.At.IsZero() && in.Ore("amount") != p.Amount {
		return verdict{}, wrong("amount", "project.amount_granted", "amount", p.Amount/100)
	}
	if in.Has("amount") && in.Ore("amount") < p.Committed() {
		return verdict{}, wrong("amount", "project.budget_over", "sum", p.Committed()/100, "amount", in.Ore("amount")/100)
	}
	return period(in)
}

func (s *Service) replan(ctx context.Context, c *change) error {
	p, in := c.Rec, c.In
	c.Note("before", isoDay(p.BaselineEnd))
	p.plan(in.Day("start"), in.Day("end"))
	p.Amount = in.Ore("amount")
	if d := p.Final(); d != nil {
		d.Baseline = in.Day("end")
	}
	return s.expect(ctx, p)
}

// plan sets the period that everything later is held against.
func (p *Project) plan(start, end time.Time) {
	p.Start.V, p.StartFrom, p.StartTo = On(start), start, start
	p.BaselineEnd, p.ForecastEnd = end, end
}

func (s *Service) create(ctx context.Context, c *change) error {
	p, in := c.Rec, c.In
	p.Instrument, p.RnDKind, p.Amount = in.String("instrument"), in.String("rnd_kind"), in.Ore("amount")
	p.plan(in.Day("start"), in.Day("end"))
	p.Named, p.Titled = true, true
	p.Roles.V = []Role{{Org: in.String("institution"), Role: Host}}
	if id := in.String("need"); id != "" {
		p.Needs.V = []string{id}
		n, err := s.needs.Kind.Load(ctx, id)
		if err != nil {
			return err
		}
		p.Unit, p.Phase = n.Unit, n.Phase
	}
	if p.Unit == "" && len(c.Actor.Grants) > 0 {
		p.Unit = c.Actor.Grants[0].Unit
	}
	p.Deliverables.V = []Deliverable{{ID: 1, Kind: Final, Title: in.String("title"), Baseline: in.Day("end")}}
	if err := s.edit(ctx, c); err != nil {
		return err
	}
	return s.expect(ctx, p)
}

func (s *Service) edit(ctx context.Context, c *change) error {
	p, in := c.Rec, c.In
	p.Title, p.Theme, p.Summary = in.String("title"), in.String("theme"), in.String("summary")
	p.LeaderName, p.Leader, p.Owner, p.CaseWorker = in.String("leader_name"), in.String("leader"), in.String("owner"), in.String("case_worker")
	return s.names(ctx, p)
}

// names keeps the institutions' names in a form that lists can be searched by.
func (s *Service) names(ctx context.Context, p *Project) error {
	orgs, err := s.people.Organisations(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, r := range p.Roles.V {
		for _, o := range orgs {
			if o.Value == r.Org {
				names = append(names, o.Label)
			}
		}
	}
	p.RoleNames = strings.Join(names, ", ")
	return nil
}

func (s *Service) addInstitution(ctx context.Context, c *change) error {
	id := c.In.String("institution")
	if slices.ContainsFunc(c.Rec.Roles.V, func(r Role) bool { return r.Org == id }) {
		return wrong("institution", "project.institution_twice")
	}
	c.Rec.Roles.V = append(c.Rec.Roles.V, Role{Org: id, Role: c.In.String("role")})
	return s.names(ctx, c.Rec)
}

func (s *Service) budgetable(_ context.Context, p *Project, in form.Values) (v verdict, err error) {
	if !in.Has("year") {
		return v, nil
	}
	sum := in.Ore("year_amount")
	for _, y := range p.Budget.V {
		if y.Year != in.Int("year") {
			sum += y.Amount
		}
	}
	// A budget has years around the project's own: money is set aside before the
	// start and paid after the end.
	if first, last := p.StartFrom, p.Ends(); !first.IsZero() && !last.IsZero() {
		if year := in.Int("year"); year < first.Year()-1 || year > last.Year()+2 {
			return v, wrong("year", "project.year_outside", "first", strconv.Itoa(first.Year()-1), "last", strconv.Itoa(last.Year()+2))
		}
	}
	if p.Amount > 0 && sum > p.Amount {
		return v, wrong("year_amount", "project.budget_over", "sum", sum/100, "amount", p.Amount/100)
	}
	return v, nil
}

func (s *Service) budget(_ context.Context, c *change) error {
	p, in := c.Rec, c.In
	y := Year{Year: in.Int("year"), Amount: in.Ore("year_amount"), Spent: in.Ore("year_spent")}
	i := slices.IndexFunc(p.Budget.V, func(x Year) bool { return x.Year == y.Year })
	if i >= 0 {
		if !in.Has("year_spent") {
			y.Spent = p.Budget.V[i].Spent // not told means not changed
		}
		p.Budget.V[i] = y
	} else {
		p.Budget.V = append(p.Budget.V, y)
	}
	slices.SortFunc(p.Budget.V, func(a, b Year) int { return a.Year - b.Year })
	p.Spent = 0
	for _, y := range p.Budget.V {
		p.Spent += y.Spent
	}
	return nil
}

func (s *Service) deliverable(_ context.Context, p *Project, in form.Values) (v verdict, err error) {
	if in.String("kind") == Final && p.Final() != nil {
		return v, wrong("kind", "project.one_final")
	}
	if d := in.Day("due"); !d.IsZero() && d.Before(p.StartFrom) {
		return v, wrong("due", "project.end_before_start", "start", p.StartFrom)
	}
	return v, nil
}

func (s *Service) agreeDeliverable(ctx context.Context, c *change) error {
	p := c.Rec
	p.Deliverables.V = append(p.Deliverables.V, Deliverable{
		ID: p.nextDeliverable(), Kind: c.In.String("kind"), Title: c.In.String("deliverable_title"), Baseline: c.In.Day("due"),
	})
	if c.In.String("kind") == Final && p.BaselineEnd.IsZero() {
		// A project that a source tells of without an end gets it with the final report.
		p.BaselineEnd, p.ForecastEnd = c.In.Day("due"), c.In.Day("due")
		return s.expect(ctx, p)
	}
	return nil
}

func (p *Project) nextDeliverable() int {
	next := 1
	for _, d := range p.Deliverables.V {
		next = max(next, d.ID+1)
	}
	return next
}

func (s *Service) fundable(_ context.Context, p *Project, _ form.Values) (v verdict, err error) {
	if !p.Funded.V.At.IsZero() {
		v.Block("project.blocked.funded")
	}
	return v, nil
}

func (s *Service) fund(_ context.Context, c *change) error {
	f := &c.Rec.Funded.V
	f.At, f.By, f.Reason = c.Now, c.Actor.ID, c.Reason
	return nil
}

// askable: a question is asked before the decision, and one at a time.
func (s *Service) askable(ctx context.Context, p *Project, in form.Values) (verdict, error) {
	v, err := s.fundable(ctx, p, in)
	if p.Funded.V.Waiting() != nil {
		v.Block("project.blocked.asked")
	}
	return v, err
}

func (s *Service) askBack(_ context.Context, c *change) error {
	f := &c.Rec.Funded.V
	f.Questions = append(f.Questions, Question{At: c.Now, By: c.Actor.ID, Text: c.Reason})
	return nil
}

func (s *Service) asked(_ context.Context, p *Project, _ form.Values) (v verdict, err error) {
	if p.Funded.V.Waiting() == nil {
		v.Block("project.blocked.not_asked")
	}
	return v, nil
}

func (s *Service) answerCommittee(_ context.Context, c *change) error {
	q := c.Rec.Funded.V.Waiting()
	q.Answer, q.AnsweredAt = c.In.String("reply"), c.Now
	return nil
}

// contractable: money is granted, and taken when it is an award; the whole of it lies
// in years, and the final report is agreed.
func (s *Service) contractable(ctx context.Context, p *Project, in form.Values) (v verdict, err error) {
	if v, err := s.followUpDates(ctx, p, in); err != nil {
		return v, err
	}
	if p.Funded.V.At.IsZero() && len(p.Grounds.V) == 0 {
		v.Block("project.blocked.not_funded")
	}
	if p.Amount > 0 && p.Committed() != p.Amount {
		v.Block("project.blocked.budget", "sum", p.Committed()/100, "amount", p.Amount/100)
	}
	if p.Final() == nil {
		v.Block("project.blocked.no_final")
	}
	switch f := p.Funded.V; {
	case f.Award == Offered:
		v.Block("project.blocked.award_offered")
	case f.Award == Taken && f.Reason != "":
		v.Warn("project.warn.conditions", "conditions", f.Reason)
	}
	return v, nil
}

func (s *Service) takeAward(_ context.Context, c *change) error {
	c.Rec.Funded.V.Award = Taken
	return nil
}

func (s *Service) contract(_ context.Context, c *change) error {
	p := c.Rec
	p.ContractOn, p.ContractRef = c.In.Day("contract_on"), c.In.String("contract_ref")
	p.Deliverables.V = append(p.Deliverables.V, Deliverable{ID: p.nextDeliverable(), Kind: Presentation, Title: p.Title, Baseline: c.In.Day("presentation_due")})
	p.SetFlag(PublicFlag, !p.Example)
	return nil
}

// startUp begins the work with the start-up meeting and freezes the plan.
func (s *Service) startUp(_ context.Context, c *change) error {
	p, on := c.Rec, c.In.Day("met_on")
	c.Note("before", isoDay(p.StartFrom))
	p.Start.V, p.StartFrom, p.StartTo = On(on), on, on
	p.Frozen = true
	return s.met(c, "startup")
}

func (s *Service) met(c *change, kind string) error {
	c.Rec.Meetings.V = append(c.Rec.Meetings.V, Meeting{Kind: kind, On: c.In.Day("met_on"), With: c.In.String("met_with"), Notes: c.In.String("minutes"), By: c.Actor.ID})
	return nil
}

func (s *Service) begin(ctx context.Context, c *change) error {
	c.Rec.NextFollowUp = c.In.Day("next_follow_up")
	for _, id := range c.Rec.Needs.V {
		if err := s.needs.Started(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) followUp(_ context.Context, c *change) error {
	c.Rec.NextFollowUp = c.In.Day("next_follow_up")
	return s.met(c, "follow_up")
}

func (s *Service) movable(ctx context.Context, p *Project, in form.Values) (v verdict, err error) {
	if p.Pending() != nil {
		v.Block("project.blocked.pending")
	}
	if d := in.Day("new_end"); !d.IsZero() {
		if d.Before(s.today(ctx)) {
			return v, wrong("new_end", "project.date_passed", "today", lang.Day(ctx, s.today(ctx)))
		}
		if !p.StartFrom.IsZero() && !d.After(p.StartFrom) {
			return v, wrong("new_end", "project.end_before_start", "start", p.StartFrom)
		}
	}
	if d := p.Deliverable(in.Int("deliverable")); in.Has("deliverable") && (d == nil || !d.Delivered.IsZero()) {
		return v, wrong("deliverable", "project.already_delivered")
	}
	return v, nil
}

func (s *Service) proposeForecast(_ context.Context, c *change) error {
	p, in := c.Rec, c.In
	f := Forecast{At: c.Now, By: c.Actor.ID, From: p.ForecastEnd, To: in.Day("new_end"), Cause: in.String("cause"), Note: in.String("note")}
	if d := p.Deliverable(in.Int("deliverable")); d != nil {
		f.Deliverable, f.From = d.ID, d.Due()
	}
	p.Forecasts.V = append(p.Forecasts.V, f)
	c.Note("before", isoDay(f.From))
	return nil
}

func isoDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func (s *Service) answerable(_ context.Context, p *Project, _ form.Values) (v verdict, err error) {
	if p.Pending() == nil {
		v.Nothing("project.blocked.nothing_pending")
	}
	return v, nil
}

func (s *Service) acceptForecast(ctx context.Context, c *change) error {
	p := c.Rec
	f := p.Pending()
	f.Answered, f.Answerer, f.Accepted = c.Now, c.Actor.ID, true
	c.Note("before", isoDay(f.From))
	c.Note("after", isoDay(f.To))
	if f.Deliverable != 0 {
		if d := p.Deliverable(f.Deliverable); d != nil {
			d.Forecast = f.To
		}
		return nil
	}
	p.ForecastEnd = f.To
	if d := p.Final(); d != nil {
		d.Forecast = f.To
	}
	return s.expect(ctx, p)
}

func (s *Service) rejectForecast(_ context.Context, c *change) error {
	f := c.Rec.Pending()
	f.Answered, f.Answerer, f.Reason = c.Now, c.Actor.ID, c.Reason
	return nil
}

func (s *Service) hold(_ context.Context, c *change) error {
	c.Rec.ReviewDate, c.Rec.HoldReason, c.Rec.NextFollowUp = c.In.Day("review_date"), c.Reason, time.Time{}
	return nil
}

func (s *Service) resume(_ context.Context, c *change) error {
	c.Rec.ReviewDate, c.Rec.HoldReason, c.Rec.NextFollowUp = time.Time{}, "", c.In.Day("next_follow_up")
	return nil
}

func (s *Service) interimOpen(_ context.Context, p *Project, _ form.Values) (v verdict, err error) {
	open := slices.ContainsFunc(p.Deliverables.V, func(d Deliverable) bool { return d.Part() && d.Delivered.IsZero() })
	if !open {
		v.Block("project.blocked.no_interim")
	}
	return v, nil
}

func (s *Service) deliverInterim(_ context.Context, c *change) error {
	d := c.Rec.Deliverable(c.In.Int("deliverable"))
	if d == nil || !d.Part() || !d.Delivered.IsZero() {
		return wrong("deliverable", "project.already_delivered")
	}
	d.Delivered, d.Summary = c.Today, c.In.String("summary")
	keep(d, c.In.File("file"))
	return nil
}

func keep(d *Deliverable, f *form.Upload) {
	if f != nil {
		d.File, d.FileName, d.FileType = f.SHA256, f.Name, f.Type
	}
}

// findingLines gives the findings as they are typed: one on each line.
func (p *Project) findingLines() string {
	lines := make([]string, len(p.Findings.V))
	for i, f := range p.Findings.V {
		lines[i] = f.Text
	}
	return strings.Join(lines, "\n")
}

func (s *Service) deliverableNow(_ context.Context, p *Project, _ form.Values) (v verdict, err error) {
	if p.Final() == nil {
		v.Block("project.blocked.no_final")
	}
	return v, nil
}

func (s *Service) deliver(_ context.Context, c *change) error {
	p, in := c.Rec, c.In
	d := p.Final()
	d.Title, d.Lang, d.Summary, d.Delivered = in.String("report_title"), in.String("report_lang"), in.String("report_summary"), c.Today
	d.File, d.FileName, d.FileType = "", "", ""
	keep(d, in.File("file"))
	p.Findings.V = nil
	for line := range strings.SplitSeq(in.String("findings"), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			p.Findings.V = append(p.Findings.V, Finding{Text: line, Limits: in.String("limitations")})
		}
	}
	p.Limitations = in.String("limitations")
	p.ReviewedBy, p.ReviewedAt, p.ReviewNote = "", time.Time{}, ""
	return nil
}

func (s *Service) sendBack(_ context.Context, c *change) error {
	if d := c.Rec.Final(); d != nil {
		d.Returned = append(d.Returned, Version{
			Delivered: d.Delivered, Returned: c.Today, Reason: c.Reason,
			Title: d.Title, Summary: d.Summary, File: d.File, FileName: d.FileName, FileType: d.FileType,
		})
		d.Delivered = time.Time{}
	}
	c.Rec.NextFollowUp = c.In.Day("next_follow_up")
	return nil
}

func (s *Service) reviewable(_ context.Context, p *Project, _ form.Values) (v verdict, err error) {
	if !p.ReviewedAt.IsZero() {
		v.Block("project.blocked.reviewed")
	}
	return v, nil
}

func (s *Service) review(_ context.Context, c *change) error {
	c.Rec.ReviewedBy, c.Rec.ReviewedAt, c.Rec.ReviewNote = c.Actor.ID, c.Now, c.In.String("review_note")
	return nil
}

func (s *Service) acceptable(_ context.Context, p *Project, _ form.Values) (v verdict, err error) {
	if p.ReviewedAt.IsZero() {
		v.Block("project.blocked.not_reviewed")
	}
	return v, nil
}

func (s *Service) accept(ctx context.Context, c *change) error {
	p := c.Rec
	p.ActualEnd, p.Finished, p.NextFollowUp = c.Today, c.Today, time.Time{}
	if d := p.Final(); d != nil {
		d.Accepted = c.Today
	}
	if err := s.expect(ctx, p); err != nil {
		return err
	}
	return s.answerNeeds(ctx, p, true)
}

// answerNeeds tells each need that none of its projects is left once the last of
// them is over, when at least one has answered it.
func (s *Service) answerNeeds(ctx context.Context, p *Project, answered bool) error {
	for _, id := range p.Needs.V {
		done, left := answered, false
		err := s.each(ctx, id, func(other *Project) error {
			if other.ID != p.ID {
				left = left || slices.Contains(unfinished, other.State)
				done = done || other.State == Accepted || other.State == Closed
			}
			return nil
		})
		if err != nil {
			return err
		}
		if done && !left {
			if err := s.needs.AnsweredBy(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) present(_ context.Context, c *change) error {
	p := c.Rec
	p.Presented, p.PresentedAt = c.In.Day("met_on"), c.In.String("where")
	for i := range p.Deliverables.V {
		if d := &p.Deliverables.V[i]; d.Kind == Presentation && d.Delivered.IsZero() {
			d.Delivered, d.Accepted = p.Presented, c.Today
		}
	}
	return nil
}

// dataDate demands the day that the data were deleted, or will be.
func (s *Service) dataDate(ctx context.Context, _ *Project, in form.Values) (v verdict, err error) {
	state, day, today := in.String("data_state"), in.Day("data_date"), s.today(ctx)
	switch {
	case state == "" || state == "none":
	case day.IsZero():
		return v, wrong("data_date", "project.data_date")
	case state == "confirmed" && day.After(today):
		return v, wrong("data_date", "project.date_ahead", "today", lang.Day(ctx, today))
	case state == "planned" && day.Before(today):
		return v, wrong("data_date", "project.date_passed", "today", lang.Day(ctx, today))
	}
	return v, nil
}

func (s *Service) dataPlan(_ context.Context, c *change) error {
	c.Rec.DataPlan, c.Rec.DataDeleted = c.In.String("data_state"), c.In.Day("data_date")
	return nil
}

func (s *Service) published(_ context.Context, c *change) error {
	c.Rec.PublishedAt = c.Now
	return nil
}

func (s *Service) useDecided(_ context.Context, c *change) error {
	c.Rec.UseDecided = c.Now
	return nil
}

func (s *Service) closable(_ context.Context, p *Project, _ form.Values) (v verdict, err error) {
	for _, key := range p.lacking() {
		v.Block(key)
	}
	return v, nil
}

func (s *Service) cancel(ctx context.Context, c *change) error {
	p := c.Rec
	p.ActualEnd, p.NextFollowUp = c.Today, time.Time{}
	// What is cancelled is not waited for; the others' forecasts count.
	if err := s.expectOf(ctx, p, time.Time{}); err != nil {
		return err
	}
	return s.answerNeeds(ctx, p, false)
}

// recheck follows the needs: a merged need is answered as the one that it was
// merged into. Whether the project is late is worked out as it is stored.
func (s *Service) recheck(ctx context.Context, c *change) error {
	p := c.Rec
	var needs []string
	for _, id := range p.Needs.V {
		n, err := s.needs.Kind.Load(ctx, id)
		if err != nil {
			return err
		}
		if n.State == need.Merged && n.MergedInto != "" {
			id = n.MergedInto
		}
		if !slices.Contains(needs, id) {
			needs = append(needs, id)
		}
	}
	if slices.Equal(needs, p.Needs.V) {
		return nil
	}
	p.Needs.V = needs
	return s.expect(ctx, p)
}

// expect tells the project's needs when the last of their projects is expected.
// The need turns red, or green again, in the same transaction.
func (s *Service) expect(ctx context.Context, p *Project) error {
	return s.expectOf(ctx, p, p.ends())
}

func (s *Service) expectOf(ctx context.Context, p *Project, own time.Time) error {
	for _, id := range p.Needs.V {
		latest := own
		err := s.each(ctx, id, func(other *Project) error {
			if other.ID != p.ID && other.State != Cancelled && other.ends().After(latest) {
				latest = other.ends()
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := s.needs.Expect(ctx, id, latest); err != nil {
			return err
		}
	}
	return nil
}

// each visits the projects that answer a need.
func (s *Service) each(ctx context.Context, needID string, visit func(*Project) error) error {
	projects, err := s.Answering(ctx, needID)
	if err != nil {
		return err
	}
	for _, p := range projects {
		if err := visit(p); err != nil {
			return fmt.Errorf("project %s: %w", p.Number, err)
		}
	}
	return nil
}
