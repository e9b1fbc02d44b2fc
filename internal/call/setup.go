package call

import (
	"context"
	"slices"
	"strings"
	"time"

	"funn/internal/org"
	"funn/internal/plan"
	"funn/internal/platform/clock"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// NewCriterion stands for a criterion that is being made, where one is chosen.
const NewCriterion = "new"

// wrong refuses a single field of a form.
func wrong(field, key string, args ...any) error {
	var errs fault.Errors
	errs.Add(field, key, args...)
	return errs.Err()
}

func (s *Service) themes(ctx context.Context, _ any) ([]form.Option, error) {
	return s.plans.Themes(ctx)
}

func (s *Service) owners(ctx context.Context, _ any) ([]form.Option, error) {
	return s.people.Holders(ctx, org.Owners...)
}

// needOptions gives the needs that a call can be for: those that wait for an answer,
// and those that the call has already.
func (s *Service) needOptions(ctx context.Context, rec any) ([]form.Option, error) {
	options, err := s.needs.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(held(rec)), func(id string) bool {
		return slices.ContainsFunc(options, func(o form.Option) bool { return o.Value == id })
	})
	heads, err := s.Kind.Engine().Heads(ctx, missing...)
	if err != nil {
		return nil, err
	}
	for _, id := range missing {
		if h, ok := heads[id]; ok {
			options = append(options, form.Option{Value: id, Label: h.Number + " " + h.Title})
		}
	}
	return options, nil
}

// originals gives the calls that a new one can be made from, the latest first.
func (s *Service) originals(ctx context.Context, _ any) ([]form.Option, error) {
	list, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]form.Option, len(list))
	for i, c := range list {
		out[i] = form.Option{Value: c.ID, Label: c.Number + " " + c.Title}
	}
	return out, nil
}

// criteria gives the call's criteria to choose among.
func criteria(ctx context.Context, rec any) ([]form.Option, error) {
	c, ok := rec.(*Call)
	if !ok || c == nil {
		return nil, nil
	}
	out := make([]form.Option, len(c.Criteria.V))
	for i, x := range c.Criteria.V {
		name, _, _ := x.In(lang.From(ctx).Tag())
		out[i] = form.Option{Value: itoa(x.ID), Label: name}
	}
	return out, nil
}

// date gives one of the call's dates by the name of its field.
func (c *Call) date(field string) When {
	if p := c.at(field); p != nil {
		return *p
	}
	return When{}
}

func (c *Call) at(field string) *When {
	switch field {
	case "opens":
		return &c.Opened.V
	case "deadline":
		return &c.Deadline.V
	case "answer":
		return &c.Answer.V
	case "applications_due":
		return &c.ApplicationsDue.V
	case "decision":
		return &c.Decision.V
	case "starts":
		return &c.Starts.V
	}
	return nil
}

// Dates are the fields of a call's dates in the order that they come in.
var Dates = []string{"opens", "deadline", "answer", "applications_due", "decision", "starts"}

// Date gives one of the call's [Dates].
func (c *Call) Date(field string) When { return c.date(field) }

// misplaced gives the dates that come before one that they must come after, as far
// as that is certain.
func (c *Call) misplaced() []string {
	var out []string
	var last time.Time
	for _, field := range Dates {
		w := c.date(field)
		if !w.Known() {
			continue
		}
		if w.To.Before(last) {
			out = append(out, field)
		}
		if w.From.After(last) {
			last = w.From
		}
	}
	return out
}

// readDates sets those of the dates that the form has. Nothing is set unless all
// are right.
func readDates(c *Call, in form.Values, fields ...string) error {
	var errs fault.Errors
	changed := *c
	for _, field := range fields {
		w, err := c.date(field).read(in.String(field))
		if err != nil {
			errs.Add(field, "call.when_unknown")
		}
		*changed.at(field) = w
	}
	if slices.Contains(fields, "answer") {
		readClock(&errs, in, "deadline_clock", &changed.DeadlineClock, changed.Deadline.V)
		readClock(&errs, in, "applications_clock", &changed.ApplicationsClock, changed.ApplicationsDue.V)
	}
	for _, field := range changed.misplaced() {
		if !slices.Contains(fields, field) {
			field = fields[len(fields)-1]
		}
		if field == "deadline" {
			errs.Add("deadline", "call.deadline_order", "date", changed.Opened.V.From)
		} else {
			errs.Add(field, "call.order")
		}
	}
	if err := errs.Err(); err != nil {
		return err
	}
	*c = changed
	return nil
}

// readClock sets a time of day, and says when the day has no such time.
func readClock(errs *fault.Errors, in form.Values, field string, at *string, day When) {
	*at = ""
	text := in.String(field)
	if text == "" {
		return
	}
	parsed, ok := parseClock(text)
	if !ok {
		errs.Add(field, "call.clock_unknown")
		return
	}
	*at = parsed
	if day.Exact() {
		if _, ok := Moment(day.From, parsed); !ok {
			errs.Add(field, "call.clock_skipped", "date", day.From)
		}
	}
}

func (s *Service) register(ctx context.Context, c *record.Change[*Call]) (err error) {
	rec, in := c.Rec, c.In
	if err := readDates(rec, in, "opens", "deadline"); err != nil {
		return err
	}
	basics(rec, in)
	rec.Presentations, rec.MaxMonths, rec.Form.V = 1, PlanMonths, StandardForm() // FP §5.2, §6
	rec.Unit = home(c)
	if in.Bool("as_draft") {
		c.To = Draft
	}
	rec.Slug, err = s.Slug(ctx, rec.Title)
	return err
}

func basics(rec *Call, in form.Values) {
	rec.Title, rec.Theme, rec.Note, rec.PlanYear = in.String("title"), in.String("theme"), in.String("note"), in.Int("plan_year")
	rec.FrameOre = toldOf(in, "frame")
}

// home gives the unit that the actor speaks for.
func home(c *record.Change[*Call]) string {
	if len(c.Actor.Grants) == 0 {
		return ""
	}
	return c.Actor.Grants[0].Unit
}

// copied makes a draft of an earlier call: everything but its needs, dates and
// results, which are a year's own.
func (s *Service) copied(ctx context.Context, c *record.Change[*Call]) (err error) {
	from, err := s.Kind.Get(ctx, c.In.String("original"))
	if err != nil {
		return err
	}
	rec := c.Rec
	rec.Title, rec.PlanYear, rec.Lang, rec.Unit = c.In.String("title"), c.In.Int("plan_year"), from.Lang, home(c)
	rec.Theme, rec.Note, rec.FrameOre, rec.Owner = from.Theme, from.Note, from.FrameOre, from.Owner
	rec.MaxMonths, rec.MonthsReason, rec.Presentations = from.MaxMonths, from.MonthsReason, from.Presentations
	rec.ApplicationsClock, rec.AppealBody, rec.Feedback = from.ApplicationsClock, from.AppealBody, from.Feedback
	rec.DeadlineClock, rec.Criteria.V, rec.Texts.V = from.DeadlineClock, slices.Clone(from.Criteria.V), map[string]Text{}
	rec.Form.V = from.ownForm()
	for tag, text := range from.Texts.V {
		if text.Title != "" {
			text.Title = "" // last year's; the draft says that it lacks this year's
		}
		rec.Texts.V[tag] = text
	}
	c.Note("copied_from", from.Number)
	rec.Slug, err = s.Slug(ctx, rec.Title)
	return err
}

// begin makes a draft of a planned call. What everybody was told of it stays told.
func begin(_ context.Context, c *record.Change[*Call]) error {
	r := c.Rec
	r.Form.V = r.ownForm()
	r.Announced.V = &Announcement{
		Title: r.Title, Lang: r.Lang, Theme: r.Theme, PlanYear: r.PlanYear, Note: r.Note, FrameOre: r.FrameOre, Opened: r.Opened.V, Deadline: r.Deadline.V,
	}
	return nil
}

// changed takes back the subject owner's approval: it was of what the call was.
func changed(c *Call) { c.ContentBy, c.ContentAt = "", time.Time{} }

// editable demands a reason for projects longer than the plan has them (C10).
func (s *Service) editable(_ context.Context, rec *Call, in form.Values) (v record.Verdict, err error) {
	if n := in.Int("max_months"); n > PlanMonths && (n != rec.MaxMonths || rec.MonthsReason == "") {
		v.Warn("call.warn.months", "max", PlanMonths)
	}
	return v, nil
}

func edit(_ context.Context, c *record.Change[*Call]) error {
	rec, in := c.Rec, c.In
	basics(rec, in)
	rec.Owner, rec.Needs.V = in.String("owner"), in.List("needs")
	rec.MaxMonths, rec.Presentations = in.Int("max_months"), in.Int("presentations")
	switch {
	case rec.MaxMonths <= PlanMonths:
		rec.MonthsReason = ""
	case c.Reason != "":
		rec.MonthsReason = c.Reason
	}
	changed(rec)
	return nil
}

func setDates(_ context.Context, c *record.Change[*Call]) error {
	changed(c.Rec)
	return readDates(c.Rec, c.In, Dates...)
}

func writeText(tag lang.Tag) func(context.Context, *record.Change[*Call]) error {
	return func(_ context.Context, c *record.Change[*Call]) error {
		texts := map[string]Text{}
		for t, text := range c.Rec.Texts.V {
			texts[t] = text
		}
		texts[string(tag)] = Text{
			Title: c.In.String("title_in"), Purpose: c.In.String("purpose"), Eligible: c.In.String("eligible"), Requirements: c.In.String("requirements"),
			Assessed: c.In.String("assessed"), Apply: c.In.String("apply"), Contact: c.In.String("contact"),
		}
		c.Rec.Texts.V = texts
		changed(c.Rec)
		return nil
	}
}

func setHandling(_ context.Context, c *record.Change[*Call]) error {
	changed(c.Rec)
	c.Rec.AppealBody, c.Rec.Feedback = c.In.String("appeal_body"), c.In.String("feedback")
	return nil
}

func setCriterion(_ context.Context, c *record.Change[*Call]) error {
	rec, in := c.Rec, c.In
	if n := in.Int("weight"); n > 100 {
		return wrong("weight", "call.weight_most")
	}
	x := Criterion{Names: map[string]string{}, Meanings: map[string]string{}, Weight: in.Int("weight"), Principles: in.List("principles"), Assessor: in.String("assessor")}
	for _, tag := range lang.Tags {
		if name := in.String("name_" + string(tag)); name != "" {
			x.Names[string(tag)] = name
		}
		if meaning := in.String("meaning_" + string(tag)); meaning != "" {
			x.Meanings[string(tag)] = meaning
		}
	}
	list := slices.Clone(rec.Criteria.V)
	changed(rec)
	if chosen := in.String("criterion"); chosen != NewCriterion {
		i := slices.IndexFunc(list, func(y Criterion) bool { return itoa(y.ID) == chosen })
		x.ID = list[i].ID // the form knows only criteria that exist
		list[i] = x
	} else {
		for _, y := range list {
			x.ID = max(x.ID, y.ID)
		}
		x.ID++
		list = append(list, x)
	}
	rec.Criteria.V = list
	return nil
}

func removable(_ context.Context, rec *Call, _ form.Values) (v record.Verdict, err error) {
	if len(rec.Criteria.V) == 0 {
		v.Block("call.blocked.no_criteria")
	}
	return v, nil
}

func removeCriterion(_ context.Context, c *record.Change[*Call]) error {
	changed(c.Rec)
	c.Rec.Criteria.V = slices.DeleteFunc(slices.Clone(c.Rec.Criteria.V), func(x Criterion) bool { return itoa(x.ID) == c.In.String("criterion") })
	return nil
}

// missing gives what a call must have before it can be approved, as the grounds
// that block the approval (requirements 3.2, A5, C10).
func (c *Call) missing() []record.Reason {
	var v record.Verdict
	if c.Theme == "" {
		v.Block("call.blocked.theme")
	}
	if c.FrameOre <= 0 {
		v.Block("call.blocked.frame")
	}
	if c.Owner == "" {
		v.Block("call.blocked.owner")
	}
	if len(c.Needs.V) == 0 {
		v.Block("call.blocked.needs")
	}
	if c.MaxMonths == 0 || c.Presentations == 0 {
		v.Block("call.blocked.terms")
	}
	for _, tag := range lang.Tags {
		text, begun := c.Texts.V[string(tag)]
		if whole := text.whole() && (tag == lang.NB || text.Title != ""); !whole && (begun || tag != lang.EN) {
			v.Block("call.blocked.write_" + string(tag))
		}
	}
	sum, covered := 0, map[string]bool{}
	for _, x := range c.Criteria.V {
		sum += x.Weight
		for _, p := range x.Principles {
			covered[p] = true
		}
	}
	for _, p := range Principles {
		if !covered[p] {
			v.Block("call.blocked.principle_" + p)
		}
	}
	if sum != 100 {
		v.Block("call.blocked.weights", "sum", sum)
	}
	if c.OpensAt().IsZero() {
		v.Block("call.blocked.opens")
	}
	if c.ClosesAt().IsZero() {
		v.Block("call.blocked.deadline")
	}
	if len(c.misplaced()) > 0 || !c.OpensAt().IsZero() && !c.ClosesAt().IsZero() && !c.ClosesAt().After(c.OpensAt()) {
		v.Block("call.blocked.order")
	}
	return v.Blocking
}

// Mends gives the command whose form mends what a ground of the approval's verdict
// tells of; empty when no form does.
func Mends(key string) string {
	what := strings.TrimPrefix(key, "call.blocked.")
	switch {
	case slices.Contains([]string{"theme", "frame", "owner", "needs", "terms"}, what):
		return "edit"
	case slices.Contains([]string{"opens", "deadline", "order", "opens_passed", "deadline_passed"}, what):
		return "set_dates"
	case strings.HasPrefix(what, "write_"):
		return what
	case what == "weights", strings.HasPrefix(what, "principle_"):
		return "set_criterion"
	case what == "content":
		return "approve_content"
	case what == "key":
		return "name_holders"
	}
	return ""
}

// ready gives what blocks an approval now: what is missing, and times that have
// passed.
func (s *Service) ready(ctx context.Context, rec *Call) (v record.Verdict) {
	v.Blocking = rec.missing()
	if opens := rec.OpensAt(); !opens.IsZero() && clock.Day(opens).Before(s.Kind.Engine().Today(ctx)) {
		v.Block("call.blocked.opens_passed", "date", rec.Opened.V.From)
	}
	if rec.Over(s.Kind.Engine().Now(ctx)) {
		v.Block("call.blocked.deadline_passed")
	}
	return v
}

func (s *Service) contentApprovable(ctx context.Context, rec *Call, _ form.Values) (record.Verdict, error) {
	v := s.ready(ctx, rec)
	if !rec.ContentAt.IsZero() {
		v.Block("call.blocked.content_approved")
	}
	return v, nil
}

func approveContent(_ context.Context, c *record.Change[*Call]) error {
	c.Rec.ContentBy, c.Rec.ContentAt = c.Actor.ID, c.Now
	return nil
}

func (s *Service) approvable(ctx context.Context, rec *Call, _ form.Values) (record.Verdict, error) {
	v := s.ready(ctx, rec)
	if rec.ContentAt.IsZero() {
		v.Block("call.blocked.content")
	}
	switch {
	case s.Secret == (seal.Secret{}):
		v.Block("call.blocked.secret")
	case rec.Key.V == nil:
		v.Block("call.blocked.key")
	case !rec.Key.V.Rehearsed():
		v.Block("call.blocked.rehearsal")
	}
	return v, nil
}

// Lacks gives what stands in the way of the call's approval.
func (s *Service) Lacks(ctx context.Context, rec *Call) ([]record.Reason, error) {
	v, err := s.approvable(ctx, rec, form.Values{})
	return v.Blocking, err
}

// Slug gives an address for a call of the title that no other has.
func (s *Service) Slug(ctx context.Context, title string) (string, error) {
	base := plan.Slug(title)
	if base == "" {
		base = "utlysning"
	}
	for n := 1; ; n++ {
		slug := base
		if n > 1 {
			slug += "-" + itoa(n)
		}
		taken, err := s.taken(ctx, slug)
		if err != nil || !taken {
			return slug, err
		}
	}
}
