package uptake

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"funn/internal/need"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
	"funn/internal/project"
	"funn/internal/publication"
)

// People is what uptakes ask of the organisation: who can be chosen.
type People interface {
	Holders(ctx context.Context, roles ...access.Role) ([]form.Option, error)
}

// Service is the life of uptakes.
type Service struct {
	Kind *Kind

	people       People
	needs        *need.Service
	projects     *project.Service
	publications *publication.Service
}

type (
	command = record.Command[*Uptake]
	change  = record.Change[*Uptake]
	verdict = record.Verdict
)

// New makes the service and its kind; the kind is registered by the caller.
func New(people People, needs *need.Service, projects *project.Service, publications *publication.Service) *Service {
	s := &Service{people: people, needs: needs, projects: projects, publications: publications}
	s.Kind = &Kind{
		Name: "uptake", Prefix: "K", Path: "/bruk", Table: "uptake", Initial: []string{Opened},
		New: func() *Uptake { return &Uptake{} }, States: states, Read: readers, Relations: relations, Links: links,
		Tasks: tasks, Describe: describe,
	}
	s.Kind.Commands = s.commands()
	return s
}

// Subscribe connects uptakes to what is accepted and received. It does not matter
// whether the report or the uptake is made first.
func (s *Service) Subscribe(e *record.Engine) {
	e.Subscribe("project", "accept", func(ctx context.Context, _ event.Event, rec record.Record) error {
		p, ok := rec.(*project.Project)
		if !ok {
			return fmt.Errorf("open an uptake: got a %T", rec)
		}
		return s.accepted(ctx, p)
	})
	for _, command := range []string{"receive", "register"} {
		e.Subscribe("publication", command, func(ctx context.Context, _ event.Event, rec record.Record) error {
			p, ok := rec.(*publication.Publication)
			if !ok {
				return fmt.Errorf("link an uptake: got a %T", rec)
			}
			return s.reported(ctx, p)
		})
	}
}

// accepted opens the assessment of a study whose final report is accepted, with
// the findings that the researchers supplied.
func (s *Service) accepted(ctx context.Context, p *project.Project) error {
	reports, err := s.publications.OfProject(ctx, p.ID)
	if err != nil {
		return err
	}
	_, err = s.Kind.Create(ctx, "open", record.Input{}, func(u *Uptake) {
		u.Project, u.Unit, u.Theme, u.Title, u.Lang = p.ID, p.Unit, p.Theme, p.Title, p.Lang
		u.Owner, u.CaseWorker = p.Owner, p.CaseWorker
		if d := p.Final(); d != nil && d.Title != "" {
			u.Title = d.Title
			if d.Lang != "" {
				u.Lang = d.Lang
			}
		}
		for _, f := range p.Findings.V {
			u.Findings.V = append(u.Findings.V, Finding{ID: next(u.Findings.V, Finding.id), Text: f.Text, Limits: f.Limits})
		}
		for _, r := range reports {
			if r.PubType != publication.InterimReport {
				u.Publication = r.ID
				break // the newest comes first
			}
		}
		if p.Example {
			u.Example, u.Source = true, p.Source
		}
	})
	if err != nil {
		return fmt.Errorf("open the uptake of %s: %w", p.Number, err)
	}
	return nil
}

// reported links the uptake of a project to a report that came after it.
func (s *Service) reported(ctx context.Context, p *publication.Publication) error {
	if p.Project == "" || p.PubType == publication.InterimReport {
		return nil
	}
	u, err := s.OfProject(ctx, p.Project)
	if err != nil {
		if fault.Of(err) == fault.NotFound {
			return nil // the study is not finished
		}
		return err
	}
	if u.Publication != "" {
		return nil
	}
	_, err = s.Kind.As(ctx, u.ID, "link", record.Input{Values: form.Of("publication", p.ID)})
	return err
}

func (s *Service) today(ctx context.Context) time.Time { return s.Kind.Engine().Today(ctx) }

func wrong(field, key string, args ...any) error {
	f := fault.New(fault.Invalid, "error.invalid")
	f.Fields = []fault.Field{{Name: field, Key: key, Args: args}}
	return f
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// Options of the forms.

// of makes a From function out of one that knows the record.
func of(f func(*Uptake) []form.Option) func(context.Context, any) ([]form.Option, error) {
	return func(_ context.Context, rec any) ([]form.Option, error) {
		if u, ok := rec.(*Uptake); ok && u != nil {
			return f(u), nil
		}
		return nil, nil
	}
}

func option(id int, text string) form.Option {
	return form.Option{Value: strconv.Itoa(id), Label: text}
}

func findingOptions(u *Uptake) []form.Option {
	var out []form.Option
	for _, f := range u.Findings.V {
		out = append(out, option(f.ID, f.Text))
	}
	return out
}

func recommendationOptions(u *Uptake) []form.Option {
	var out []form.Option
	for _, r := range u.Recommendations.V {
		out = append(out, option(r.ID, r.Text))
	}
	return out
}

func audienceOptions(u *Uptake) []form.Option {
	var out []form.Option
	for _, a := range u.Audiences.V {
		out = append(out, option(a.ID, a.Who))
	}
	return out
}

func actionOptions(u *Uptake) []form.Option {
	var out []form.Option
	for _, a := range u.Actions.V {
		out = append(out, option(a.ID, a.Text))
	}
	return out
}

func openActionOptions(u *Uptake) []form.Option {
	var out []form.Option
	for _, a := range u.Actions.V {
		if a.Open() {
			out = append(out, option(a.ID, a.Text))
		}
	}
	return out
}

func (s *Service) holders(roles ...access.Role) func(context.Context, any) ([]form.Option, error) {
	return func(ctx context.Context, _ any) ([]form.Option, error) { return s.people.Holders(ctx, roles...) }
}

// staff gives everybody in the agency: an uptake is theirs to carry out, and
// theirs to read.
func (s *Service) staff(ctx context.Context, _ any) ([]form.Option, error) {
	var roles []access.Role
	for _, r := range org.Roles {
		if org.Staff(r) {
			roles = append(roles, r)
		}
	}
	return s.people.Holders(ctx, roles...)
}

// Findings.

func (s *Service) open(_ context.Context, c *change) error {
	c.Rec.Due = clock.Day(c.Now).AddDate(0, 0, DecideDays)
	return nil
}

func (s *Service) link(ctx context.Context, c *change) error {
	p, err := s.publications.Kind.Load(ctx, c.In.String("publication"))
	if err != nil {
		return err
	}
	c.Rec.Publication = p.ID
	c.Note("publication", p.Number+" "+p.Title)
	return nil
}

func (s *Service) addFinding(_ context.Context, c *change) error {
	c.Rec.Findings.V = append(c.Rec.Findings.V, Finding{ID: next(c.Rec.Findings.V, Finding.id), Text: c.In.String("text"), Limits: c.In.String("limits")})
	return nil
}

func hasFindings(_ context.Context, u *Uptake, _ form.Values) (v verdict, err error) {
	if len(u.Findings.V) == 0 {
		v.Block("uptake.blocked.no_finding")
	}
	return v, nil
}

// editFinding changes what a finding says. What it touches must be assessed anew.
func (s *Service) editFinding(_ context.Context, c *change) error {
	f := c.Rec.Finding(c.In.Int("finding"))
	c.Note("finding", f.Text)
	f.Text, f.Limits = c.In.String("text"), c.In.String("limits")
	f.Implications, f.Note = nil, ""
	return nil
}

func (s *Service) removableFinding(ctx context.Context, u *Uptake, in form.Values) (v verdict, err error) {
	if v, err = hasFindings(ctx, u, in); err != nil || !in.Has("finding") {
		return v, err
	}
	if slices.ContainsFunc(u.Recommendations.V, func(r Recommendation) bool { return r.Finding == in.Int("finding") }) {
		return v, wrong("finding", "uptake.finding_in_use")
	}
	return v, nil
}

func (s *Service) removeFinding(_ context.Context, c *change) error {
	id := c.In.Int("finding")
	c.Note("finding", c.Rec.Finding(id).Text)
	c.Rec.Findings.V = slices.DeleteFunc(c.Rec.Findings.V, func(f Finding) bool { return f.ID == id })
	return nil
}

// registrable: at least one finding, and each with what it does not show (FP §3).
func (s *Service) registrable(ctx context.Context, u *Uptake, in form.Values) (v verdict, err error) {
	if v, err = hasFindings(ctx, u, in); err != nil {
		return v, err
	}
	for _, f := range u.Findings.V {
		if f.Limits == "" {
			v.Block("uptake.blocked.no_limits", "finding", f.Text)
		}
	}
	return v, nil
}

// assessable: what only adds to the knowledge base touches nothing else (krav H2).
func (s *Service) assessable(ctx context.Context, u *Uptake, in form.Values) (v verdict, err error) {
	if v, err = hasFindings(ctx, u, in); err != nil {
		return v, err
	}
	if chosen := in.List("implications"); len(chosen) > 1 && slices.Contains(chosen, KnowledgeBase) {
		return v, wrong("implications", "uptake.knowledge_base_alone")
	}
	return v, nil
}

func (s *Service) assess(_ context.Context, c *change) error {
	f := c.Rec.Finding(c.In.Int("finding"))
	c.Note("finding", f.Text)
	f.Implications, f.Note = c.In.List("implications"), c.In.String("note")
	return nil
}

func (s *Service) concludable(ctx context.Context, u *Uptake, in form.Values) (v verdict, err error) {
	if v, err = s.registrable(ctx, u, in); err != nil {
		return v, err
	}
	for _, f := range u.Findings.V {
		if len(f.Implications) == 0 {
			v.Block("uptake.blocked.no_implication", "finding", f.Text)
		}
	}
	return v, nil
}

// Recommendations and the decision.

func (s *Service) recommend(_ context.Context, c *change) error {
	in := c.In
	r := Recommendation{
		ID: next(c.Rec.Recommendations.V, Recommendation.id), Kind: in.String("kind"), Text: in.String("text"), Addressee: in.String("addressee"), Finding: in.Int("finding"),
		By: c.Actor.ID, At: c.Now,
	}
	if f := c.Rec.Finding(r.Finding); f != nil {
		c.Note("finding", f.Text)
	}
	c.Rec.Recommendations.V = append(c.Rec.Recommendations.V, r)
	return nil
}

func (s *Service) hasRecommendations(u *Uptake) (v verdict) {
	if len(u.Recommendations.V) == 0 {
		v.Block("uptake.blocked.no_recommendation")
	}
	return v
}

func (s *Service) removableRecommendation(_ context.Context, u *Uptake, in form.Values) (verdict, error) {
	if r := u.Recommendation(in.Int("recommendation")); r != nil && r.Answer != "" {
		return verdict{}, wrong("recommendation", "uptake.recommendation_answered")
	}
	return s.hasRecommendations(u), nil
}

func (s *Service) removeRecommendation(_ context.Context, c *change) error {
	id := c.In.Int("recommendation")
	c.Note("recommendation", c.Rec.Recommendation(id).Text)
	c.Rec.Recommendations.V = slices.DeleteFunc(c.Rec.Recommendations.V, func(r Recommendation) bool { return r.ID == id })
	return nil
}

func (s *Service) answerable(_ context.Context, u *Uptake, _ form.Values) (verdict, error) {
	return s.hasRecommendations(u), nil
}

func (s *Service) answer(_ context.Context, c *change) error {
	r := c.Rec.Recommendation(c.In.Int("recommendation"))
	c.Note("recommendation", r.Text)
	r.Answer, r.Reason, r.Answerer, r.DecidedAt = c.In.String("answer"), c.In.String("answer_reason"), c.Actor.ID, c.Now
	return nil
}

// decidable: every recommendation is answered, and the outcome agrees with the
// answers. Only knowledge that changes nothing needs no recommendation.
func (s *Service) decidable(_ context.Context, u *Uptake, in form.Values) (v verdict, err error) {
	if n := u.unanswered(); n > 0 {
		v.Block("uptake.blocked.unanswered", "n", n)
		return v, nil
	}
	outcome := in.String("outcome")
	if outcome == "" {
		return v, nil
	}
	agreed := slices.ContainsFunc(u.Recommendations.V, func(r Recommendation) bool { return r.Answer == Yes || r.Answer == Partly })
	uses := outcome == Use || outcome == UsePartly
	switch {
	case len(u.Recommendations.V) == 0 && outcome != OnlyKnown:
		return v, wrong("outcome", "uptake.needs_recommendation")
	case uses && !agreed:
		return v, wrong("outcome", "uptake.use_without_yes")
	case !uses && agreed:
		return v, wrong("outcome", "uptake.no_use_with_yes")
	case uses && in.Bool("close"):
		return v, wrong("close", "uptake.close_with_use")
	}
	return v, nil
}

// decide notes the decision and tells the project and its needs, which may
// then be closed.
func (s *Service) decide(ctx context.Context, c *change) error {
	u := c.Rec
	u.Outcome, u.OutcomeReason, u.DecidedAt, u.DecidedBy = c.In.String("outcome"), c.In.String("outcome_reason"), c.Now, c.Actor.ID
	if c.In.Bool("close") {
		c.To = Closed
	}
	p, err := s.projects.Kind.Load(ctx, u.Project)
	if err != nil {
		return err
	}
	if p.State == project.Accepted || p.State == project.Closed {
		if _, err := s.projects.Kind.As(ctx, p.ID, "use_decided", record.Input{}); err != nil {
			return err
		}
	}
	for _, id := range p.Needs.V {
		if err := s.needs.UseDecided(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// The plan for use.

func (s *Service) inUse(_ context.Context, u *Uptake, _ form.Values) (v verdict, err error) {
	if !u.Uses() {
		v.Block("uptake.blocked.no_use")
	}
	return v, nil
}

func (s *Service) addAudience(_ context.Context, c *change) error {
	c.Rec.Audiences.V = append(c.Rec.Audiences.V, Audience{ID: next(c.Rec.Audiences.V, Audience.id), Who: c.In.String("who"), How: c.In.String("how")})
	return nil
}

func (s *Service) removableAudience(_ context.Context, u *Uptake, _ form.Values) (v verdict, err error) {
	if len(u.Audiences.V) == 0 {
		v.Block("uptake.blocked.no_audience")
	}
	return v, nil
}

func (s *Service) removeAudience(_ context.Context, c *change) error {
	id := c.In.Int("audience")
	i := find(c.Rec.Audiences.V, id, Audience.id)
	c.Note("audience", c.Rec.Audiences.V[i].Who)
	c.Rec.Audiences.V = slices.Delete(c.Rec.Audiences.V, i, i+1)
	return nil
}

func (s *Service) plannable(ctx context.Context, u *Uptake, in form.Values) (v verdict, err error) {
	if v, err = s.inUse(ctx, u, in); err != nil {
		return v, err
	}
	return v, s.ahead(ctx, in, "action_due")
}

// ahead refuses days of what is to come that have passed.
func (s *Service) ahead(ctx context.Context, in form.Values, field string) error {
	if d := in.Day(field); !d.IsZero() && d.Before(s.today(ctx)) {
		return wrong(field, "uptake.date_passed", "today", s.today(ctx))
	}
	return nil
}

func (s *Service) addAction(_ context.Context, c *change) error {
	u, in := c.Rec, c.In
	a := Action{
		ID: next(u.Actions.V, Action.id), Text: in.String("text"), Owner: in.String("action_owner"), Due: in.Day("action_due"), Recommendation: in.Int("recommendation"),
		Status: NotStarted, History: []Change{{At: c.Now, By: c.Actor.ID, Status: NotStarted}},
	}
	if r := u.Recommendation(a.Recommendation); r != nil {
		c.Note("recommendation", r.Text)
	}
	u.Actions.V = append(u.Actions.V, a)
	u.schedule(u.State)
	return nil
}

func hasOpenActions(_ context.Context, u *Uptake, _ form.Values) (v verdict, err error) {
	if !slices.ContainsFunc(u.Actions.V, Action.Open) {
		v.Block("uptake.blocked.no_open_action")
	}
	return v, nil
}

// movable: to change an action of an approved plan takes a reason.
func (s *Service) movable(ctx context.Context, u *Uptake, in form.Values) (v verdict, err error) {
	if v, err = hasOpenActions(ctx, u, in); err != nil {
		return v, err
	}
	if u.State == Running {
		v.Warn("uptake.warn.plan_approved")
	}
	return v, s.ahead(ctx, in, "action_due")
}

func (s *Service) moveAction(_ context.Context, c *change) error {
	a := c.Rec.Action(c.In.Int("action"))
	c.Note("action", a.Text)
	c.Note("before", day(a.Due))
	a.Owner, a.Due = c.In.String("action_owner"), c.In.Day("action_due")
	c.Rec.schedule(c.Rec.State)
	return nil
}

func (s *Service) removeAction(_ context.Context, c *change) error {
	id := c.In.Int("action")
	c.Note("action", c.Rec.Action(id).Text)
	c.Rec.Actions.V = slices.DeleteFunc(c.Rec.Actions.V, func(a Action) bool { return a.ID == id })
	return nil
}

// approvable holds what a plan for use must have (krav H4). Owner and date are
// demanded of every action as it is written.
func (s *Service) approvable(ctx context.Context, u *Uptake, in form.Values) (v verdict, err error) {
	if v, err = s.inUse(ctx, u, in); err != nil {
		return v, err
	}
	if len(u.Audiences.V) == 0 {
		v.Block("uptake.blocked.no_audience")
	}
	if len(u.Actions.V) == 0 {
		v.Block("uptake.blocked.no_action")
	}
	return v, nil
}

func (s *Service) approvePlan(_ context.Context, c *change) error {
	u := c.Rec
	u.PlannedAt, u.PlannedBy, u.CheckDate = c.Now, c.Actor.ID, c.Today.AddDate(0, CheckMonths, 0)
	u.schedule(c.To)
	return nil
}

func (s *Service) start(_ context.Context, c *change) error {
	c.Rec.schedule(c.To)
	return nil
}

// updatable: those who have an action tell of their own; the subject owner and
// the case worker may tell of all. What is dropped has a reason.
func (s *Service) updatable(ctx context.Context, u *Uptake, in form.Values) (v verdict, err error) {
	a := u.Action(in.Int("action"))
	if a == nil {
		return v, nil
	}
	if !s.mayUpdate(ctx, u, *a) {
		return v, wrong("action", "uptake.not_your_action")
	}
	if in.String("status") == Dropped && !in.Has("note") {
		v.Warn("uptake.warn.drop") // a warning is overruled by a written reason
	}
	if e := in.String("evidence"); e != "" {
		parsed, err := url.Parse(e)
		if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" {
			return v, wrong("evidence", "uptake.bad_url")
		}
	}
	return v, nil
}

func (s *Service) mayUpdate(ctx context.Context, u *Uptake, a Action) bool {
	actor := access.From(ctx)
	return actor.System || slices.ContainsFunc(actor.As, func(id string) bool { return id == a.Owner || id == u.Owner || id == u.CaseWorker })
}

// MayUpdate says whether the context's actor may tell how an action goes now.
func (s *Service) MayUpdate(ctx context.Context, u *Uptake, a Action) bool {
	return u.State == Running && s.mayUpdate(ctx, u, a)
}

func (s *Service) updateAction(_ context.Context, c *change) error {
	u, in := c.Rec, c.In
	a := u.Action(in.Int("action"))
	c.Note("action", a.Text)
	note := in.String("note")
	if note == "" {
		note = c.Reason
	}
	a.Status, a.Reason = in.String("status"), ""
	if a.Status == Dropped {
		a.Reason = note
	}
	if e := in.String("evidence"); e != "" {
		a.Evidence = e
	}
	a.History = append(a.History, Change{At: c.Now, By: c.Actor.ID, Status: a.Status, Note: note})
	u.schedule(u.State)
	return nil
}

// followable: every action is done, or dropped with a reason.
func (s *Service) followable(ctx context.Context, u *Uptake, in form.Values) (v verdict, err error) {
	if finished, total := u.Progress(); finished < total {
		v.Block("uptake.blocked.open_actions", "n", total-finished)
	}
	return v, s.ahead(ctx, in, "check_date")
}

func (s *Service) followUp(_ context.Context, c *change) error {
	c.Rec.Result, c.Rec.CheckDate = c.In.String("result"), c.In.Day("check_date")
	c.Rec.schedule(c.To)
	return nil
}

// closable: what is to be used is followed up before it is closed.
func (s *Service) closable(_ context.Context, u *Uptake, _ form.Values) (v verdict, err error) {
	if u.State == Decided && u.Uses() {
		v.Block("uptake.blocked.in_use")
	}
	return v, nil
}

func (s *Service) close(_ context.Context, c *change) error {
	if note := c.In.String("close_note"); note != "" {
		c.Rec.Result = note
	}
	return nil
}

func (s *Service) assign(_ context.Context, c *change) error {
	c.Rec.Owner, c.Rec.CaseWorker = c.In.String("owner"), c.In.String("case_worker")
	return nil
}
