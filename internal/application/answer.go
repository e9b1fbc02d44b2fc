package application

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

// AppealDays is how long a decision can be complained of: three weeks after it was
// told (forvaltningsloven § 29).
const AppealDays = 21

// Answering is what answering the applicants asks of the rest of the house.
type Answering struct {
	Assessments Assessments
	Meetings    Meetings
	Post        Post
}

// Assessments is what is asked of the assessments of cases.
type Assessments interface {
	// Missing gives what must be there before the case can be decided: principles that
	// nobody has covered, assessments that are not delivered, conflicts of interest
	// that are not settled.
	Missing(ctx context.Context, submissionID string) ([]record.Reason, error)
	// Shareable gives what the assessments say to the applicant, by criterion.
	Shareable(ctx context.Context, submissionID string) ([]Shared, error)
}

// Shared is what the assessments say to the applicant by one criterion.
type Shared struct {
	Criterion string // its name, in the language form of the content
	Text      string // empty when nothing was written to be shared
	// Score is the common score of 1 to 7, or the mean of those given; 0 when scores are
	// not released in the call.
	Score float64
}

// Meetings is what is asked of the committee's meetings.
type Meetings interface {
	// Sitting gives the id of the meeting on the call that is under way and that the
	// person is present at; empty when there is none.
	Sitting(ctx context.Context, callID, person string) (string, error)
	// Minuted says whether the call's meetings are over and their minutes approved.
	Minuted(ctx context.Context, callID string) (bool, error)
}

// Post writes letters to those who applied and sends them.
type Post interface {
	// Send writes the letter of the code what about the case, in the language form of
	// its content, queues it to all who write in it, and gives what it says.
	Send(ctx context.Context, what string, x *Submission) (Letter, error)
}

// The codes of the letters.
const (
	LetterMend        = "mend"
	LetterDismiss     = "dismiss"
	LetterUndismiss   = "undismiss"
	LetterInvite      = "invite"
	LetterInviteLate  = "invite_late" // applications are no longer taken
	LetterRejectFirst = "reject_sketch"
	LetterAward       = "award"
	LetterConditions  = "conditions"
	LetterReserve     = "reserve"
	LetterReject      = "reject"
	LetterUpheld      = "upheld"
	LetterReversed    = "reversed"
)

// Letters lists the codes.
var Letters = []string{LetterInvite, LetterInviteLate, LetterRejectFirst, LetterMend, LetterDismiss, LetterUndismiss, LetterAward, LetterConditions, LetterReserve, LetterReject, LetterUpheld, LetterReversed}

type change = record.Change[*Submission]

var (
	answering = []string{Assessing, Returned}
	// talking are the states in which the agency and the applicants talk of the project.
	talking = []string{Assessing, Returned, Invited, Proposed, Reserve, Awarded, Conditions}
	// proposers: until something lies before the committee the R&D section proposes;
	// then the committee can too.
	proposers = []access.Rule{
		{Roles: []access.Role{org.FoU}, Except: relDisqualified},
		{Roles: []access.Role{org.Committee}, States: []string{Proposed, Reserve}, Except: relDisqualified},
	}
	// Both sides of the dialogue.
	talkers = slices.Concat(authors, section, owner)
)

// answerCommands are what the R&D section, the subject owner and the committee do
// with a case, and what the applicant answers (requirements 3.3).
func (s *Service) answerCommands(kind string) []command {
	area := func(name string, limit int) form.Field {
		return form.Field{Name: name, Type: form.Area, Required: true, Max: limit}
	}
	here := func(states ...string) []string {
		k := s.Of(kind)
		return slices.DeleteFunc(states, func(name string) bool {
			return !slices.ContainsFunc(k.States, func(x lifecycle.State) bool { return x.Name == name })
		})
	}
	var out []command
	if kind == Sketch {
		out = s.sketchCommands()
	} else {
		out = s.awardCommands()
	}
	return append(out,
		command{Command: lifecycle.Command{Name: "return", Path: "returner", From: []string{Assessing}, To: []string{Returned}, Who: section,
			Fields: []form.Field{area("mend", 2000), {Name: "mend_by", Type: form.Day, Required: true}}, Ground: "krav 3.3: grunn og dato"},
			Check: s.undecided, Apply: s.giveBack},
		command{Command: lifecycle.Command{Name: "complete", Path: "rett", From: []string{Returned}, To: []string{Assessing}, Who: authors,
			Fields: []form.Field{area("mended", 4000)}, Notify: section, Ground: "krav 3.3"}, Check: readable, Apply: complete},
		command{Command: lifecycle.Command{Name: "note", Path: "dialog", From: here(slices.Clone(talking)...), Who: talkers,
			Fields: []form.Field{area("note", 4000)}, Notify: talkers, Ground: "ÅR §2.1; krav C5"}, Apply: note},

		command{Command: lifecycle.Command{Name: "propose_dismissal", Path: "foresla-avvisning", From: answering, Who: section,
			Fields: []form.Field{{Name: "fault", Type: form.Choice, Required: true, Options: form.Codes("submission.fault", Faults...)}, area("fault_reason", 2000)},
			Ground: "krav 3.3: navngitt formell feil"}, Check: s.undecided, Apply: proposeDismissal},
		command{Command: lifecycle.Command{Name: "dismiss", Path: "avvis", From: answering, To: []string{Dismissed}, Who: section, NotBy: []string{"propose_dismissal"}, Confirm: true, Danger: true,
			Ground: "krav 3.3"}, Check: faulty, Apply: s.dismiss},
		command{Command: lifecycle.Command{Name: "drop_dismissal", Path: "dropp-avvisning", From: answering, Who: section, Reason: true}, Check: faulty, Apply: dropDismissal},
		command{Command: lifecycle.Command{Name: "undo_dismissal", Path: "angre-avvisning", From: []string{Dismissed}, To: []string{Assessing}, Who: section, Reason: true, Ground: "krav 3.3: kan gjøres om"},
			Apply: s.undoDismissal},

		command{Command: lifecycle.Command{Name: "appeal", Path: "klag", From: []string{Rejected, Dismissed}, To: []string{Appealed}, Who: applicant,
			Fields: []form.Field{area("grounds", 8000)}, Notify: section, Ground: "fvl. §§ 28–29"}, Check: s.inTime, Apply: s.appeal},
		command{Command: lifecycle.Command{Name: "settle_appeal", Path: "avgjor-klagen", From: []string{Appealed}, To: []string{Upheld, Reversed}, Who: slices.Concat(section, committee), Confirm: true,
			Fields: []form.Field{{Name: "verdict", Type: form.Choice, Required: true, Options: form.Codes("submission.verdict", "upheld", "reversed")}, area("appeal_reasons", 8000)},
			Ground: "krav 3.3: klageinstansen i innstillingene; fvl. §§ 33–34"}, Check: settleable, Apply: s.settleAppeal},
		command{Command: lifecycle.Command{Name: "resume", Path: "ta-opp-igjen", From: []string{Reversed}, To: []string{Assessing}, Who: section, Task: true}, Apply: resume},
	)
}

// sketchCommands answer a sketch: the R&D section proposes, another of it and the
// subject owner agree, and it is told together with all others.
func (s *Service) sketchCommands() []command {
	mine := func(get func(*Answer) string) func(any) []string {
		return form.On(func(x *Submission) string {
			if x.Answer.V == nil {
				return ""
			}
			return get(x.Answer.V)
		})
	}
	note := form.Field{Name: "stand_note", Type: form.Area, Max: 1000}
	return []command{
		{Command: lifecycle.Command{Name: "propose_answer", Path: "foresla-svar", From: []string{Assessing}, Who: section, Edit: true,
			Fields: []form.Field{
				{Name: "outcome", Type: form.Choice, Required: true, Options: form.Codes("submission.outcome", Invite, Reject), Value: mine(func(a *Answer) string { return a.Outcome })},
				{Name: "reasons", Type: form.Area, Required: true, Max: 8000, Value: mine(func(a *Answer) string { return a.Reasons })},
			}, Ground: "FP §5.2; krav C4"}, Check: s.answerable, Apply: proposeAnswer},
		{Command: lifecycle.Command{Name: "agree_quality", Path: "enig-kvalitet", From: []string{Assessing}, Who: section, NotBy: []string{"propose_answer"}, Fields: []form.Field{note},
			Ground: "FP §8.2: FoU-seksjonen vurderer kvalitet"}, Check: s.agreeable(ByQuality), Apply: agree(ByQuality)},
		{Command: lifecycle.Command{Name: "agree_relevance", Path: "enig-relevans", From: []string{Assessing}, Who: owner, NotBy: []string{"propose_answer"}, Fields: []form.Field{note},
			Ground: "FP §8.2: fageier vurderer relevans og nytte"}, Check: s.agreeable(ByRelevance), Apply: agree(ByRelevance)},
		{Command: lifecycle.Command{Name: "reconsider", Path: "vurder-svaret-pa-nytt", From: []string{Assessing}, Who: slices.Concat(section, owner), Reason: true, Notify: section},
			Check: answered, Apply: s.reconsiderSketch},
		{Command: lifecycle.Command{Name: "tell", Path: "send-svaret", From: []string{Assessing}, To: []string{Invited, Rejected}, Who: section, Confirm: true,
			Ground: "krav 3.2: besluttet og varslet er to ting"}, Check: s.tellable, Apply: s.tell},
	}
}

// tasks is whom a case waits for where the state alone does not tell: the section
// where a conflict was found, and those who must agree to what is proposed.
func tasks(x *Submission) []record.Task {
	out := conflictTasks(x)
	if open := x.Dealings.V.open(); x.State == Appealed && open != nil {
		out = append(out, record.Task{Name: "settle_appeal", Command: "settle_appeal", Role: open.settler(), Since: open.At})
	}
	a := x.Answer.V
	if x.Kind != Sketch || x.State != Assessing || a == nil || a.Decided() {
		return out
	}
	for _, right := range []struct{ as, command string }{{ByQuality, "agree_quality"}, {ByRelevance, "agree_relevance"}} {
		if a.stand(right.as, "") == nil {
			out = append(out, record.Task{Name: right.command, Command: right.command, Since: a.ProposedAt})
		}
	}
	return out
}

func proposeAnswer(_ context.Context, c *change) error {
	c.Rec.Answer.V = &Answer{Outcome: c.In.String("outcome"), Reasons: c.In.String("reasons"), ProposedBy: c.Actor.ID, ProposedAt: c.Now}
	return nil
}

// agree notes one of the two who must agree to a sketch's answer. With both it is
// decided, and waits to be told.
func agree(as string) func(context.Context, *change) error {
	return func(_ context.Context, c *change) error {
		a := c.Rec.Answer.V
		a.take(Stand{Person: c.Actor.ID, As: as, For: true, Note: c.In.String("stand_note"), At: c.Now})
		if a.stand(ByQuality, "") != nil && a.stand(ByRelevance, "") != nil {
			a.DecidedBy, a.DecidedAt = c.Actor.ID, c.Now
		}
		return nil
	}
}

// reconsider takes back what was agreed to, while nobody has been told.
func reconsider(_ context.Context, c *change) error {
	a := c.Rec.Answer.V
	a.Stands, a.Postponed, a.DecidedBy, a.DecidedAt, a.Meeting = nil, "", "", time.Time{}, ""
	return nil
}

// reconsiderSketch waits for whoever tells the answers of the whole call, and is then
// too late: told is told.
func (s *Service) reconsiderSketch(ctx context.Context, c *change) error {
	if err := s.LockCall(ctx, c.Rec.Call); err != nil {
		return err
	}
	return reconsider(ctx, c)
}

// undecided blocks what can no longer be done once the answer is decided.
func (s *Service) undecided(_ context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	if x.Answer.V.Decided() {
		v.Block("submission.blocked.decided")
	}
	return v, nil
}

// answerable: what is decided stands, and nothing is proposed before the case has
// been judged.
func (s *Service) answerable(ctx context.Context, x *Submission, in form.Values) (v record.Verdict, err error) {
	if v, err = s.undecided(ctx, x, in); err != nil {
		return v, err
	}
	if x.Dealings.V.Fault != nil {
		v.Block("submission.blocked.fault")
	}
	missing, err := s.missing(ctx, x)
	v.Blocking = append(v.Blocking, missing...)
	return v, err
}

// answered blocks what needs a proposal.
func answered(_ context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	if x.Answer.V == nil {
		v.Block("submission.blocked.no_proposal")
	}
	return v, nil
}

// missing gives what must be there before the case can be decided. Without anybody to
// ask nothing can. What is missing of a case that is proposed can be had once the case is
// taken up again: that, and by whom, is said too.
func (s *Service) missing(ctx context.Context, x *Submission) ([]record.Reason, error) {
	if s.Assessments == nil {
		return []record.Reason{{Key: "submission.blocked.not_judged"}}, nil
	}
	out, err := s.Assessments.Missing(ctx, x.ID)
	if x.State == Proposed && slices.ContainsFunc(out, func(r record.Reason) bool { return assessed(r.Key) }) {
		out = append(out, record.Reason{Key: "submission.blocked." + x.takenUpBy() + "_first"})
	}
	return out, err
}

func (s *Service) agreeable(as string) func(context.Context, *Submission, form.Values) (record.Verdict, error) {
	return func(ctx context.Context, x *Submission, in form.Values) (v record.Verdict, err error) {
		if v, err = s.answerable(ctx, x, in); err != nil {
			return v, err
		}
		a := x.Answer.V
		switch me := access.From(ctx).ID; {
		case a == nil:
			v.Block("submission.blocked.no_proposal")
		case x.unfit():
			v.Block("submission.blocked.unfit")
		case a.Decided():
		case a.stand(as, "") != nil:
			v.Block("submission.blocked.agreed")
		case slices.ContainsFunc(a.Stands, func(x Stand) bool { return x.Person == me }):
			v.Block("error.two_people") // the subject owner may work in the section too
		}
		return v, nil
	}
}

// unfit says whether somebody who may not deal with the case proposed or decided its
// answer, or is needed for it: then it must be done again by others
// (forvaltningsloven § 6). Whoever it is may have turned out to be so afterwards.
func (x *Submission) unfit() bool {
	a := x.Answer.V
	if a == nil {
		return false
	}
	out := x.Conflicts.V.Disqualified()
	return slices.Contains(out, a.ProposedBy) || slices.Contains(out, a.DecidedBy) ||
		slices.ContainsFunc(a.Stands, func(s Stand) bool { return s.For && slices.Contains(out, s.Person) })
}

// tellable: what is decided holds, and the call has come so far that answers are told.
func (s *Service) tellable(ctx context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	if v, err = s.holds(ctx, x); err != nil {
		return v, err
	}
	c, err := s.calls.Kind.Load(ctx, x.Call)
	if err != nil {
		return v, err
	}
	if x.Kind == Sketch && c.State == call.Assessment1 || x.Kind == Application && !c.Told() {
		v.Block("submission.blocked.told_together")
	}
	return v, nil
}

// holds: the case is decided, and what it was decided on still holds. Whoever assessed
// it may have turned out to be disqualified since.
func (s *Service) holds(ctx context.Context, x *Submission) (v record.Verdict, err error) {
	if !x.Answer.V.Decided() {
		v.Block("submission.blocked.not_decided")
	}
	if x.unfit() {
		v.Block("submission.blocked.unfit")
	}
	missing, err := s.missing(ctx, x)
	if err != nil {
		return v, err
	}
	v.Blocking = append(v.Blocking, missing...)
	if x.Answer.V.Grants() {
		if err := s.owned(ctx, x, &v); err != nil {
			return v, err
		}
	}
	return v, nil
}

// owned blocks an award whose case has no subject owner any more: the project gets the
// case's, and nobody is one without having been chosen.
func (s *Service) owned(ctx context.Context, x *Submission, v *record.Verdict) error {
	p, err := s.People.Persons.Load(ctx, x.Owner)
	if err != nil && fault.Of(err) != fault.NotFound {
		return err
	}
	if err != nil || p.State != org.Active || !p.Holds(s.Of(x.Kind).Engine().Today(ctx), org.Owners...) {
		v.Block("submission.blocked.no_owner")
	}
	return nil
}

var toldAs = map[string]struct{ state, letter string }{
	Sketch + Invite: {Invited, LetterInvite}, Sketch + Reject: {Rejected, LetterRejectFirst},
	Application + Award: {Awarded, LetterAward}, Application + AwardOnConditions: {Conditions, LetterConditions},
	Application + OnReserve: {Reserve, LetterReserve}, Application + Reject: {Rejected, LetterReject},
}

// tell sends the letter; from now on the applicants know.
func (s *Service) tell(ctx context.Context, c *change) error {
	x, a := c.Rec, c.Rec.Answer.V
	as, ok := toldAs[x.Kind+a.Outcome]
	if !ok {
		return fmt.Errorf("no letter tells the outcome %q of a %s", a.Outcome, x.Kind)
	}
	c.To, a.ToldAt = as.state, c.Now
	if a.Outcome == Reject {
		a.AppealUntil = c.Today.AddDate(0, 0, AppealDays)
	}
	if s.Assessments != nil {
		var err error
		if x.Dealings.V.Shared, err = s.Assessments.Shareable(access.With(ctx, access.System), x.ID); err != nil {
			return err
		}
	}
	if as.letter == LetterInvite {
		of, err := s.CallOf(ctx, x)
		if err != nil {
			return err
		}
		if s.tooLate(ctx, of) {
			as.letter = LetterInviteLate
		}
	}
	return s.send(ctx, as.letter, c)
}

// send writes the letter about the case as it stands now.
func (s *Service) send(ctx context.Context, what string, c *change) error {
	l, err := s.Post.Send(ctx, what, c.Rec)
	if err != nil {
		return err
	}
	l.At = c.Now
	c.Rec.Dealings.V.Letters = append(c.Rec.Dealings.V.Letters, l)
	return nil
}

func (s *Service) giveBack(ctx context.Context, c *change) error {
	by := c.In.Day("mend_by")
	if by.Before(c.Today) {
		return wrong("mend_by", "submission.past")
	}
	c.Rec.Dealings.V.Mend = &Mend{Text: c.In.String("mend"), By: by}
	return s.send(ctx, LetterMend, c)
}

func complete(_ context.Context, c *change) error {
	d := &c.Rec.Dealings.V
	d.Mend = nil
	d.Notes = append(d.Notes, Note{By: c.Actor.ID, Applicant: true, At: c.Now, Text: c.In.String("mended")})
	return nil
}

func note(_ context.Context, c *change) error {
	d := &c.Rec.Dealings.V
	outside := slices.Contains(relations(c.Rec)[relAuthor], c.Actor.ID)
	d.Notes = append(d.Notes, Note{By: c.Actor.ID, Applicant: outside, At: c.Now, Text: c.In.String("note")})
	return nil
}

func proposeDismissal(_ context.Context, c *change) error {
	c.Rec.Dealings.V.Fault = &Fault{Code: c.In.String("fault"), Reason: c.In.String("fault_reason"), ProposedBy: c.Actor.ID}
	return nil
}

func faulty(_ context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	if x.Dealings.V.Fault == nil {
		v.Block("submission.blocked.no_fault")
	}
	if x.Answer.V.Decided() {
		v.Block("submission.blocked.decided")
	}
	return v, nil
}

func (s *Service) dismiss(ctx context.Context, c *change) error {
	f := c.Rec.Dealings.V.Fault
	f.DecidedBy, f.DecidedAt, f.AppealUntil = c.Actor.ID, c.Now, c.Today.AddDate(0, 0, AppealDays)
	return s.send(ctx, LetterDismiss, c)
}

func dropDismissal(_ context.Context, c *change) error {
	c.Rec.Dealings.V.Fault = nil
	return nil
}

func (s *Service) undoDismissal(ctx context.Context, c *change) error {
	c.Rec.Dealings.V.Fault = nil
	return s.send(ctx, LetterUndismiss, c)
}

// inTime holds the deadline of a complaint, to the end of its last day in Oslo.
func (s *Service) inTime(ctx context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	until := x.AppealUntil()
	switch {
	case until.IsZero():
		v.Block("submission.blocked.no_appeal")
	case clock.Day(s.Of(x.Kind).Engine().Now(ctx)).After(until):
		v.Block("submission.blocked.appeal_late", "date", until)
	}
	return v, nil
}

func (s *Service) appeal(ctx context.Context, c *change) error {
	of, err := s.CallOf(ctx, c.Rec)
	if err != nil {
		return err
	}
	d, body := &c.Rec.Dealings.V, of.AppealBody
	if body == "" || body == call.OthersSettle {
		body = call.CommitteeSettles
		if c.Rec.Kind == Application && c.Rec.State == Rejected {
			body = call.SectionSettles
		}
	}
	d.Appeals = append(d.Appeals, Appeal{At: c.Now, By: c.Actor.ID, Grounds: c.In.String("grounds"), Deciders: c.Rec.Deciders(), Body: body})
	return nil
}

// settler gives the role of those who settle the complaint, as the call has it.
func (a *Appeal) settler() access.Role {
	if a.Body == call.CommitteeSettles {
		return org.Committee
	}
	return org.FoU
}

// open gives the appeal that is not settled, nil when none is.
func (d *Dealings) open() *Appeal {
	if n := len(d.Appeals); n > 0 && d.Appeals[n-1].SettledAt.IsZero() {
		return &d.Appeals[n-1]
	}
	return nil
}

// settleable: the complaint is settled by the body that the call names, and by nobody
// who had a part in the decision.
func settleable(ctx context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	a, actor := x.Dealings.V.open(), access.From(ctx)
	switch {
	case a == nil:
	case !actor.Has(a.settler()):
		v.Nothing("submission.blocked.appeal_body." + string(a.settler()))
	case slices.Contains(a.Deciders, actor.ID):
		v.Block("submission.blocked.decider")
	}
	return v, nil
}

func (s *Service) settleAppeal(ctx context.Context, c *change) error {
	a := c.Rec.Dealings.V.open()
	if a == nil {
		return fault.New(fault.Conflict, "submission.blocked.no_appeal")
	}
	a.SettledBy, a.SettledAt, a.Reasons, a.Reversed = c.Actor.ID, c.Now, c.In.String("appeal_reasons"), c.In.String("verdict") == "reversed"
	what := LetterUpheld
	c.To = Upheld
	if a.Reversed {
		c.To, what = Reversed, LetterReversed
	}
	return s.send(ctx, what, c)
}

// resume takes a case up again after a complaint: what was decided of it is gone,
// and it is answered anew within what is left of the frame.
func resume(_ context.Context, c *change) error {
	c.Rec.Answer.V, c.Rec.Dealings.V.Fault = nil, nil
	return nil
}

// Prefill fills the form of a command with what the assessments say to the applicant,
// to be edited. What is there already stays.
func (s *Service) Prefill(ctx context.Context, command string, x *Submission, values map[string][]string) {
	if s.Assessments == nil || command != "propose_answer" && command != "propose" || strings.Join(values["reasons"], "") != "" {
		return
	}
	shared, err := s.Assessments.Shareable(ctx, x.ID)
	if err != nil {
		return // the form can be filled in by hand
	}
	var parts []string
	for _, p := range shared {
		if p.Text != "" {
			parts = append(parts, p.Criterion+":\n"+p.Text)
		}
	}
	if len(parts) > 0 {
		values["reasons"] = []string{strings.Join(parts, "\n\n")}
	}
}

// Subscribe lets answers follow from the steps of calls, and the calls' numbers from
// the answers.
func (s *Service) Subscribe(e *record.Engine) {
	s.seekConflicts(e)
	on := func(kind, command string, do func(context.Context, record.Record) error) {
		e.Subscribe(kind, command, func(ctx context.Context, _ event.Event, rec record.Record) error { return do(ctx, rec) })
	}
	on("call", "tell_sketches", func(ctx context.Context, rec record.Record) error { return s.tellAll(ctx, rec.Base().ID, Sketch) })
	on("call", "announce", func(ctx context.Context, rec record.Record) error {
		if err := s.tellAll(ctx, rec.Base().ID, Application); err != nil {
			return err
		}
		return s.recount(ctx, rec.Base().ID)
	})
	on(Sketch, "tell", func(ctx context.Context, rec record.Record) error {
		if x := rec.(*Submission); x.State == Invited {
			_, err := s.Grow(ctx, x)
			return err
		}
		return nil
	})
	for _, command := range []string{"tell", "decline", "dismiss"} {
		on(Application, command, func(ctx context.Context, rec record.Record) error {
			if ctx.Value(bulk{}) != nil {
				return nil // counted when all are told
			}
			return s.recount(ctx, rec.(*Submission).Call)
		})
	}
}

type bulk struct{}

// tellAll tells every case of a stage that is decided and not told.
func (s *Service) tellAll(ctx context.Context, callID, kind string) error {
	cases, err := s.CasesOf(ctx, callID, kind)
	if err != nil {
		return err
	}
	ctx = context.WithValue(ctx, bulk{}, true)
	from := tellFrom[kind]
	for _, x := range cases {
		if x.State != from || !x.Answer.V.Decided() {
			continue
		}
		if _, err := s.Of(kind).As(ctx, x.ID, "tell", record.Input{}); err != nil {
			return fmt.Errorf("tell %s: %w", x.Number, err)
		}
	}
	return nil
}

var tellFrom = map[string]string{Sketch: Assessing, Application: Proposed}

// recount brings the call's numbers along once they are told.
func (s *Service) recount(ctx context.Context, callID string) error {
	c, err := s.calls.Kind.Load(ctx, callID)
	if err != nil || !c.Told() {
		return err
	}
	n, err := s.Count(ctx, callID)
	if err != nil || c.Counted(n) {
		return err
	}
	_, err = s.calls.Kind.As(ctx, callID, "recount", record.Input{})
	return err
}

// wrong is an error at one field.
func wrong(field, key string, args ...any) error {
	var errs fault.Errors
	errs.Add(field, key, args...)
	return errs.Err()
}

func byNumber(a, b *Submission) int { return cmp.Compare(a.Number, b.Number) }

func itoa(n int) string { return strconv.Itoa(n) }
