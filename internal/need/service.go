package need

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"funn/internal/org"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

// People is what needs ask of the organisation: who can be chosen.
type People interface {
	// Holders gives the persons who hold one of the roles now; all persons when no
	// role is named.
	Holders(ctx context.Context, roles ...access.Role) ([]form.Option, error)
}

// Plans is what needs ask of the R&D plan in force.
type Plans interface {
	Themes(ctx context.Context) ([]form.Option, error)
	Goals(ctx context.Context) ([]form.Option, error)
}

// Library is what needs ask of what is already known.
type Library interface {
	// Published gives the publications that can be linked to, newest first.
	Published(ctx context.Context) ([]form.Option, error)
}

// Service is the life of needs.
type Service struct {
	Kind *Kind

	people  People
	plans   Plans
	library Library
}

type command = record.Command[*Need]

type change = record.Change[*Need]

// New makes the service and its kind; the kind is registered by the caller.
func New(people People, plans Plans, library Library) *Service {
	s := &Service{people: people, plans: plans, library: library}
	s.Kind = &Kind{
		Name: "need", Prefix: "B", Path: "/behov", Table: "need", Initial: []string{Reported, Draft}, New: newNeed,
		States: states, Read: readers, Relations: relations, Links: links, Tasks: tasks, Describe: describe, Alert: alert,
	}
	s.Kind.Commands = s.commands()
	return s
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func lines(items []string) string { return strings.Join(items, "\n") }

func split(text string) []string {
	var out []string
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

func list(f func(*Need) []string) func(any) []string {
	return func(rec any) []string {
		if n, ok := rec.(*Need); ok && n != nil {
			return slices.Clone(f(n))
		}
		return nil
	}
}

func withValue(f form.Field, value func(*Need) string) form.Field {
	f.Value = form.On(value)
	return f
}

func (s *Service) holders(roles ...access.Role) func(context.Context, any) ([]form.Option, error) {
	return func(ctx context.Context, _ any) ([]form.Option, error) { return s.people.Holders(ctx, roles...) }
}

func (s *Service) everybody(ctx context.Context, _ any) ([]form.Option, error) {
	return s.people.Holders(ctx)
}

func (s *Service) themeOptions(ctx context.Context, rec any) ([]form.Option, error) {
	options, err := s.plans.Themes(ctx)
	return withHeld(options, rec, func(n *Need) []string { return n.Themes.V }), err
}

func (s *Service) goalOptions(ctx context.Context, rec any) ([]form.Option, error) {
	options, err := s.plans.Goals(ctx)
	return withHeld(options, rec, func(n *Need) []string { return n.Goals.V }), err
}

// withHeld adds what the need has already and the plan in force no longer lists,
// so that a need from an earlier plan can be edited (FP §1: the plan rolls).
func withHeld(options []form.Option, rec any, held func(*Need) []string) []form.Option {
	for _, value := range list(held)(rec) {
		if !slices.ContainsFunc(options, func(o form.Option) bool { return o.Value == value }) {
			options = append(options, form.Option{Value: value, Label: value})
		}
	}
	return options
}

// Themes gives the themes of the plan in force, by slug.
func (s *Service) Themes(ctx context.Context) ([]form.Option, error) { return s.plans.Themes(ctx) }

// Goals gives the goals that needs can be linked to.
func (s *Service) Goals(ctx context.Context) ([]form.Option, error) { return s.plans.Goals(ctx) }

// languages are the forms that the text of a need can be in, by their own names.
func languages() []form.Option {
	out := make([]form.Option, len(lang.Tags))
	for i, t := range lang.Tags {
		out[i] = form.Option{Value: string(t), Label: t.Name()}
	}
	return out
}

func (s *Service) publications(ctx context.Context, _ any) ([]form.Option, error) {
	return s.library.Published(ctx)
}

func (s *Service) otherNeeds(ctx context.Context, rec any) ([]form.Option, error) {
	var open db.Where
	open.In("r.state", undecided...)
	if n, ok := rec.(*Need); ok && n != nil {
		open.And("r.id <> ?", n.ID)
	}
	needs, err := s.Kind.List(ctx, open, "r.number", 0, 0)
	if err != nil {
		return nil, err
	}
	return options(needs), nil
}

// wrong refuses a single field of a form.
func wrong(field, key string, args ...any) error {
	f := fault.New(fault.Invalid, "error.invalid")
	f.Fields = []fault.Field{{Name: field, Key: key, Args: args}}
	return f
}

// dateAhead refuses a date that has passed: nothing can come in time for it.
func (s *Service) dateAhead(ctx context.Context, _ *Need, in form.Values) (record.Verdict, error) {
	today := s.Kind.Engine().Today(ctx)
	for _, name := range []string{"decision_date", "review_date"} {
		if d := in.Day(name); !d.IsZero() && !d.After(today) {
			return record.Verdict{}, wrong(name, "need.date_passed", "today", lang.Day(ctx, today))
		}
	}
	return record.Verdict{}, nil
}

func (s *Service) report(ctx context.Context, c *change) error {
	n := c.Rec
	n.Submitter, n.OnBehalfOf = c.Actor.ID, c.In.String("on_behalf_of")
	if tag := lang.From(ctx).Tag(); tag != lang.NB {
		n.Lang = string(tag) // people write in the language that they read; it can be set right later
	}
	if c.Actor.Has(org.SubjectOwner) {
		n.Owner = c.Actor.ID
	}
	n.Unit = home(c.Actor)
	if c.In.Bool("as_draft") {
		c.To = Draft
	}
	return s.edit(ctx, c)
}

func (s *Service) edit(_ context.Context, c *change) error {
	n, in := c.Rec, c.In
	n.Title, n.Problem, n.Decision, n.DecisionDate = in.String("title"), in.String("problem"), in.String("decision"), in.Day("decision_date")
	n.Themes.V = in.List("themes")
	if tag := in.String("lang"); tag != "" {
		n.Lang = tag
	}
	return nil
}

func (s *Service) take(_ context.Context, c *change) error {
	c.Rec.CaseWorker, c.Rec.Owner = c.In.String("case_worker"), c.In.String("owner")
	return nil
}

func (s *Service) describable(ctx context.Context, n *Need, in form.Values) (record.Verdict, error) {
	if err := plan.RefuseBasicResearch(in, "rnd_kind"); err != nil {
		return record.Verdict{}, err
	}
	return s.dateAhead(ctx, n, in)
}

func (s *Service) describe(ctx context.Context, c *change) error {
	n, in := c.Rec, c.In
	if err := s.edit(ctx, c); err != nil {
		return err
	}
	n.Questions.V, n.Requirements = split(in.String("questions")), in.String("requirements")
	n.Phase, n.RnDKind, n.Goals.V = in.String("phase"), in.String("rnd_kind"), in.List("goals")
	return nil
}

func (s *Service) search(_ context.Context, c *change) error {
	in := c.In
	c.Rec.Searches.V = append(c.Rec.Searches.V, Search{
		At: c.Now, By: c.Actor.ID, Query: in.String("query"), Where: in.List("where"), Hits: in.Int("hits"),
		Relevant: in.List("relevant"), Conclusion: in.String("conclusion"),
	})
	return nil
}

// signable holds the grounds of requirements B2 and B3. A decision that has been
// taken already cannot be informed.
func (s *Service) signable(ctx context.Context, n *Need, _ form.Values) (v record.Verdict, err error) {
	for _, key := range n.missing() {
		v.Block(key)
	}
	if !n.DecisionDate.IsZero() && !n.DecisionDate.After(s.Kind.Engine().Today(ctx)) {
		v.Block("need.blocked.decision_passed", "date", n.DecisionDate)
	}
	return v, nil
}

func (s *Service) sign(_ context.Context, c *change) error {
	c.Rec.SignedBy, c.Rec.SignedAt = c.Actor.ID, c.Now
	return nil
}

func (s *Service) unsign(_ context.Context, c *change) error {
	c.Rec.SignedBy, c.Rec.SignedAt = "", time.Time{}
	return nil
}

func (s *Service) coverable(ctx context.Context, _ *Need, _ form.Values) (v record.Verdict, err error) {
	published, err := s.library.Published(ctx)
	if err != nil {
		return v, err
	}
	if len(published) == 0 {
		v.Block("need.blocked.publications")
	}
	return v, nil
}

func (s *Service) cover(_ context.Context, c *change) error {
	c.Rec.CoveredBy.V = c.In.List("publications")
	return nil
}

// slow is the least time that each instrument takes from need to answer, in
// months: what FP says of them, rounded down. A grant runs up to three years
// (FP §5.2), a doctorate three or four.
var slow = map[string]int{"grant": 18, "phd": 36, "council": 24, "partnership": 12}

// What the plan warns of when instruments are chosen; the message keys are
// need.warn.* before and need.warned.* after.
const (
	internalEvaluation = "internal_evaluation" // an internal study of Nav's own services is not believed (FP §5.3)
	tooSlow            = "too_slow"            // what comes too late cannot influence a decision (FP §3)
)

// warnings gives what the plan warns of in a choice of instruments.
func (s *Service) warnings(ctx context.Context, n *Need, in form.Values) []string {
	var out []string
	chosen := in.List("instruments")
	internal := in.String("performed") == "internal" || slices.Contains(chosen, "internal_analysis")
	if internal && in.Bool("evaluates_nav") {
		out = append(out, internalEvaluation)
	}
	today := s.Kind.Engine().Today(ctx)
	intime := func(i string) bool { return !today.AddDate(0, slow[i], 0).After(n.DecisionDate) }
	if len(chosen) > 0 && !n.DecisionDate.IsZero() && !slices.ContainsFunc(chosen, intime) {
		out = append(out, tooSlow)
	}
	return out
}

// choosable demands a written reason for going against what the plan warns of.
func (s *Service) choosable(ctx context.Context, n *Need, in form.Values) (v record.Verdict, err error) {
	for _, w := range s.warnings(ctx, n, in) {
		v.Warn("need.warn."+w, "date", n.DecisionDate)
	}
	return v, nil
}

func (s *Service) choose(ctx context.Context, c *change) error {
	choice := Choice{
		At: c.Now, By: c.Actor.ID, Instruments: c.In.List("instruments"), Performed: c.In.String("performed"),
		EvaluatesNav: c.In.Bool("evaluates_nav"), Rationale: c.In.String("rationale"), Warnings: s.warnings(ctx, c.Rec, c.In),
	}
	if len(choice.Warnings) > 0 {
		choice.Overruled = c.Reason
	}
	c.Rec.Choices.V = append(c.Rec.Choices.V, choice)
	return nil
}

// awake takes a need out of its pause: what happens to it has gone on meanwhile.
func (s *Service) awake(_ context.Context, c *change) error {
	c.Rec.PausedState, c.Rec.ReviewDate = "", time.Time{}
	return nil
}

func (s *Service) forecast(_ context.Context, c *change) error {
	if before := day(c.Rec.Forecast); before != "" {
		c.Note("before", before)
	}
	c.Rec.Forecast = c.In.Day("forecast")
	return nil
}

func (s *Service) decided(_ context.Context, c *change) error {
	c.Rec.DecidedAt = c.Now
	return nil
}

func (s *Service) closable(_ context.Context, n *Need, _ form.Values) (v record.Verdict, err error) {
	if n.DecidedAt.IsZero() {
		v.Block("need.blocked.use_not_decided")
	}
	return v, nil
}

// home gives the unit that the actor speaks for.
func home(a access.Actor) string {
	if len(a.Grants) == 0 {
		return ""
	}
	return a.Grants[0].Unit
}

func (s *Service) secondable(ctx context.Context, n *Need, _ form.Values) (v record.Verdict, err error) {
	unit := home(access.From(ctx))
	if unit == "" {
		v.Block("need.blocked.no_unit")
	} else if unit == n.Unit {
		v.Block("need.blocked.own_unit")
	} else if slices.ContainsFunc(n.Support.V, func(x Support) bool { return x.Unit == unit }) {
		v.Block("need.blocked.already_seconded")
	}
	return v, nil
}

func (s *Service) second(_ context.Context, c *change) error {
	c.Rec.Support.V = append(c.Rec.Support.V, Support{Unit: home(c.Actor), By: c.Actor.ID, At: c.Now})
	c.Rec.SupportCount = len(c.Rec.Support.V)
	return nil
}

// MayReport says whether the context's actor has the mandate to report a need.
func (s *Service) MayReport(ctx context.Context) bool {
	return access.Allows(mandated, access.From(ctx), access.Subject{})
}

// MaySecond says whether the unit of the context's actor can second the need now.
func (s *Service) MaySecond(ctx context.Context, n *Need) (bool, error) {
	if !access.From(ctx).Staff || !slices.Contains(undecided, n.State) {
		return false, nil
	}
	v, err := s.secondable(ctx, n, form.Values{})
	return len(v.Blocking) == 0, err
}

func (s *Service) comment(_ context.Context, c *change) error {
	c.Rec.Comments.V = append(c.Rec.Comments.V, Comment{By: c.Actor.ID, At: c.Now, Text: c.In.String("text")})
	return nil
}

func (s *Service) invite(_ context.Context, c *change) error {
	if p := c.In.String("partner"); !slices.Contains(c.Rec.Partners.V, p) {
		c.Rec.Partners.V = append(c.Rec.Partners.V, p)
	}
	return nil
}

func (s *Service) moveDecision(_ context.Context, c *change) error {
	if before := day(c.Rec.DecisionDate); before != "" {
		c.Note("before", before)
	}
	c.Rec.DecisionDate = c.In.Day("decision_date")
	return nil
}

func (s *Service) pause(ctx context.Context, c *change) error {
	c.Rec.ReviewDate = c.In.Day("review_date")
	return s.leave(ctx, c)
}

// leave remembers where the need goes back to.
func (s *Service) leave(_ context.Context, c *change) error {
	c.Rec.PausedState = c.Rec.State
	return nil
}

// resume goes back to where the need was; to the beginning when that is not known.
func (s *Service) resume(_ context.Context, c *change) error {
	if c.To = c.Rec.PausedState; c.To == "" {
		c.To = Reported
	}
	c.Rec.PausedState, c.Rec.ReviewDate = "", time.Time{}
	return nil
}

func (s *Service) merge(ctx context.Context, c *change) error {
	into := c.In.String("into")
	if into == c.Rec.ID {
		return wrong("into", "form.not_an_option")
	}
	c.Rec.MergedInto = into
	return s.leave(ctx, c)
}

func (s *Service) reopen(ctx context.Context, c *change) error {
	if c.Rec.State == Covered {
		c.Rec.PausedState = Clarified
	}
	c.Rec.MergedInto, c.Rec.CoveredBy.V = "", nil
	return s.resume(ctx, c)
}

// Started tells the need that the first study that answers it has begun. A need
// that has come further is left as it is.
func (s *Service) Started(ctx context.Context, id string) error {
	return s.follow(ctx, id, "start", record.Input{}, InstrumentChosen)
}

// AnsweredBy tells the need that the last study that must answer it has delivered.
func (s *Service) AnsweredBy(ctx context.Context, id string) error {
	return s.follow(ctx, id, "answer", record.Input{}, InstrumentChosen, Acquiring)
}

// UseDecided tells the need that the use of its answer has been decided.
func (s *Service) UseDecided(ctx context.Context, id string) error {
	return s.follow(ctx, id, "decided", record.Input{}, InstrumentChosen, Acquiring, Answered)
}

// Expect tells the need when the last of its studies is expected to deliver; the
// zero day takes the expectation away. The need turns red when that is after the
// decision, in the same transaction. A need that is answered waits for no study: what
// is set up for it later changes nothing.
func (s *Service) Expect(ctx context.Context, id string, forecast time.Time) error {
	n, err := s.Kind.Load(ctx, id)
	if err != nil {
		return err
	}
	if n.Forecast.Equal(forecast) {
		return nil
	}
	return s.follow(ctx, id, "forecast", record.Input{Values: form.Of("forecast", day(forecast))}, unanswered...)
}

func (s *Service) follow(ctx context.Context, id, command string, in record.Input, from ...string) error {
	n, err := s.Kind.Load(ctx, id)
	if err != nil {
		return fmt.Errorf("need that %s follows for: %w", command, err)
	}
	state := n.State
	if state == Paused {
		state = n.PausedState
	}
	if !slices.Contains(from, state) {
		return nil
	}
	_, err = s.Kind.As(ctx, id, command, in)
	return err
}

// Waiting gives the needs that a project can be set to answer: an instrument has
// been chosen, and they are not answered.
func (s *Service) Waiting(ctx context.Context) ([]form.Option, error) {
	needs, err := s.Kind.List(ctx, *new(db.Where).In("r.state", Acquirable...), "r.number", 0, 0)
	if err != nil {
		return nil, err
	}
	return options(needs), nil
}

func options(needs []*Need) []form.Option {
	out := make([]form.Option, len(needs))
	for i, n := range needs {
		out[i] = form.Option{Value: n.ID, Label: n.Number + " " + n.Title}
	}
	return out
}
