package application

import (
	"context"
	"slices"
	"strconv"
	"time"

	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

// awardCommands take an application from the proposal to the contract: the R&D
// section proposes, the committee takes stands and decides in a meeting, and it is
// told together with all others.
func (s *Service) awardCommands() []command {
	kept := func(get func(*Submission, *Answer) string) func(any) []string {
		return form.On(func(x *Submission) string {
			a := x.Answer.V
			if a == nil {
				a = &Answer{}
			}
			return get(x, a)
		})
	}
	amount := kept(func(x *Submission, a *Answer) string {
		ore := a.Ore
		if x.Answer.V == nil && x.Content.V != nil {
			ore = x.Content.V.AskedOre
		}
		if ore == 0 {
			return ""
		}
		return strconv.FormatInt(ore, 10)
	})
	return []command{
		{Command: lifecycle.Command{Name: "propose", Path: "innstill", From: []string{Assessing, Proposed, Reserve}, To: []string{Proposed}, Who: proposers, Edit: true,
			Fields: []form.Field{
				{Name: "outcome", Type: form.Choice, Required: true, Options: form.Codes("submission.outcome", Award, AwardOnConditions, OnReserve, Reject), Value: kept(func(_ *Submission, a *Answer) string { return a.Outcome })},
				{Name: "amount", Type: form.Money, Value: amount},
				{Name: "conditions", Type: form.Area, Max: 4000, Value: kept(func(_ *Submission, a *Answer) string { return a.Conditions })},
				{Name: "reasons", Type: form.Area, Required: true, Max: 8000, Value: kept(func(_ *Submission, a *Answer) string { return a.Reasons })},
			}, Ground: "krav 3.3: rangering og beløp"}, Check: s.proposable, Apply: s.propose},
		{Command: lifecycle.Command{Name: "move", Path: "flytt", From: []string{Proposed}, Who: proposers,
			Fields: []form.Field{{Name: "place", Type: form.Number, Required: true, Min: 1}}}, Check: s.undecided, Apply: s.move},
		{Command: lifecycle.Command{Name: "stand", Path: "ta-stilling", From: []string{Proposed}, Who: committee, NotBy: []string{"propose"},
			Fields: []form.Field{
				{Name: "agree", Type: form.Choice, Required: true, Options: form.Codes("submission.agree", "yes", "no")},
				{Name: "stand_note", Type: form.Area, Max: 1000},
			}, Ground: "krav 5 nr. 1"}, Check: s.undecided, Apply: takeStand},
		{Command: lifecycle.Command{Name: "decide", Path: "vedta", From: []string{Proposed}, Who: committee, NotBy: []string{"propose"}, Confirm: true,
			Ground: "FP §8.1: FoU-utvalget beslutter; krav C8"}, Check: s.decidable, Apply: s.decide},
		{Command: lifecycle.Command{Name: "postpone", Path: "utsett", From: []string{Proposed}, Who: committee, Reason: true, Ground: "ui.md S7"}, Check: s.postponable, Apply: s.postpone},
		{Command: lifecycle.Command{Name: "reopen", Path: "ta-opp-vedtaket", From: []string{Proposed}, Who: committee, Reason: true, Ground: "krav 3: angre er en ny hendelse"}, Check: s.reopenable, Apply: s.reopen},
		{Command: lifecycle.Command{Name: "reassess", Path: "tilbake-til-vurdering", From: []string{Proposed}, To: []string{Assessing, Reserve}, Who: slices.Concat(section, committee), Reason: true, Notify: section,
			Ground: "forvaltningsloven § 6: den som er inhabil, kan ikke ha tilrettelagt grunnlaget"}, Check: s.undecided, Apply: reassess},
		{Command: lifecycle.Command{Name: "tell", Path: "send-vedtaket", From: []string{Proposed}, To: []string{Awarded, Conditions, Reserve, Rejected}, Who: section, Confirm: true,
			Ground: "krav 3.2: besluttet og varslet er to ting"}, Check: s.tellable, Apply: s.tell},
		{Command: lifecycle.Command{Name: "accept", Path: "ta-imot", From: []string{Awarded, Conditions}, Who: applicant, Confirm: true, Notify: section}, Check: unaccepted, Apply: accept},
		{Command: lifecycle.Command{Name: "decline", Path: "si-fra-deg", From: []string{Awarded, Conditions}, To: []string{Withdrawn}, Who: applicant, Confirm: true, Danger: true, Notify: section,
			Ground: "krav 3.3: frigjorte penger går til reservene"}},
		{Command: lifecycle.Command{Name: "contract", Path: "kontrakt", From: []string{Awarded, Conditions}, To: []string{Contracted}, Who: section, Confirm: true,
			Fields: []form.Field{
				{Name: "contract_on", Type: form.Day, Required: true}, {Name: "contract_ref", Max: 60}, {Name: "presentation_due", Type: form.Day, Required: true},
				{Name: "conditions_met", Type: form.Tick},
			}, Ground: "krav 3.3; FP §6"}, Check: contractable},
	}
}

// proposable: it has been judged, and the call is where proposals are made. What is
// decided is taken up by the committee first.
func (s *Service) proposable(ctx context.Context, x *Submission, in form.Values) (v record.Verdict, err error) {
	if x.State == Proposed && x.Answer.V.Decided() {
		v.Block("submission.blocked.decided")
	}
	if x.Dealings.V.Fault != nil {
		v.Block("submission.blocked.fault")
	}
	missing, err := s.missing(ctx, x)
	if err != nil {
		return v, err
	}
	v.Blocking = append(v.Blocking, missing...)
	c, err := s.calls.Kind.Load(ctx, x.Call)
	if err != nil {
		return v, err
	}
	if !slices.Contains([]string{call.Assessment2, call.Proposed, call.Announced}, c.State) {
		v.Block("submission.blocked.not_now")
	}
	return v, proposal(in)
}

// proposal holds what is told together: money for an award only, and what the
// conditions are.
func proposal(in form.Values) error {
	var errs fault.Errors
	grants := (&Answer{Outcome: in.String("outcome")}).Grants()
	switch {
	case !in.Has("outcome"):
		return nil
	case grants && in.Ore("amount") <= 0:
		errs.Add("amount", "submission.no_amount")
	case in.String("outcome") == AwardOnConditions && !in.Has("conditions"):
		errs.Add("conditions", "submission.no_conditions")
	}
	return errs.Err()
}

func (s *Service) propose(ctx context.Context, c *change) error {
	a := &Answer{Outcome: c.In.String("outcome"), Reasons: c.In.String("reasons"), ProposedBy: c.Actor.ID, ProposedAt: c.Now}
	if a.Grants() {
		a.Ore = c.In.Ore("amount")
	}
	if a.Outcome == AwardOnConditions {
		a.Conditions = c.In.String("conditions")
	}
	if before := c.Rec.Answer.V; before != nil {
		a.Order = before.Order
	}
	if a.Order == 0 {
		ranked, err := s.Ranked(ctx, c.Rec.Call)
		if err != nil {
			return err
		}
		a.Order = 1
		if n := len(ranked); n > 0 {
			a.Order = ranked[n-1].Answer.V.Order + 1
		}
	}
	c.Rec.Answer.V = a
	if c.Rec.State != Proposed {
		c.Rec.SetFlag(Waiting, c.Rec.State == Reserve)
	}
	return nil
}

// Ranked gives the applications of a call that something is proposed of, the best
// first, those that the committee has before it or has decided.
func (s *Service) Ranked(ctx context.Context, callID string) ([]*Submission, error) {
	cases, err := s.CasesOf(ctx, callID, Application)
	if err != nil {
		return nil, err
	}
	cases = slices.DeleteFunc(cases, func(x *Submission) bool {
		return x.Answer.V == nil || !slices.Contains([]string{Proposed, Reserve, Awarded, Conditions, Contracted, Rejected}, x.State)
	})
	slices.SortStableFunc(cases, func(a, b *Submission) int {
		switch x, y := a.Answer.V.Order, b.Answer.V.Order; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return cases, nil
}

// move gives a case its place among those that the mover may see. The others keep
// their order: only this one's changes.
func (s *Service) move(ctx context.Context, c *change) error {
	ranked, err := s.Ranked(ctx, c.Rec.Call)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(ranked, func(x *Submission) bool { return x.ID == c.Rec.ID || !s.Applications.May(access.With(ctx, c.Actor), x) })
	place := c.In.Int("place") - 1
	if place > len(others) {
		return wrong("place", "submission.no_place", "n", len(others)+1)
	}
	at := func(i int) float64 { return others[i].Answer.V.Order }
	a := c.Rec.Answer.V
	c.Note("before", strconv.FormatFloat(a.Order, 'g', -1, 64))
	switch {
	case len(others) == 0:
	case place == 0:
		a.Order = at(0) - 1
	case place == len(others):
		a.Order = at(place-1) + 1
	default:
		a.Order = (at(place-1) + at(place)) / 2
	}
	if a.Order == 0 { // which stands for none
		a.Order = 1e-9
	}
	return nil
}

func takeStand(_ context.Context, c *change) error {
	c.Rec.Answer.V.take(Stand{Person: c.Actor.ID, As: ByCommittee, For: c.In.String("agree") == "yes", Note: c.In.String("stand_note"), At: c.Now})
	return nil
}

// decidable: it has been judged and proposed, another member than the one who decides
// and the one who proposed agrees, more are for it than against it, they sit in a
// meeting, and the frame holds it.
func (s *Service) decidable(ctx context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	a := x.Answer.V
	if a == nil {
		v.Block("submission.blocked.no_proposal")
		return v, nil
	}
	if a.Decided() {
		v.Block("submission.blocked.decided")
	}
	missing, err := s.missing(ctx, x)
	if err != nil {
		return v, err
	}
	v.Blocking = append(v.Blocking, missing...)
	me := access.From(ctx).ID
	unfit := x.Conflicts.V.Disqualified()
	if slices.Contains(unfit, a.ProposedBy) {
		v.Block("submission.blocked.unfit")
	}
	with, against := 0, 0
	for _, st := range a.Stands {
		switch {
		case slices.Contains(unfit, st.Person): // who turned out to be disqualified counts no more
		case st.As != ByCommittee || st.Person == me || st.Person == a.ProposedBy:
		case st.For:
			with++
		default:
			against++
		}
	}
	if with == 0 {
		v.Block("submission.blocked.alone")
	} else if against > with {
		v.Block("submission.blocked.against")
	}
	c, err := s.calls.Kind.Load(ctx, x.Call)
	if err != nil {
		return v, err
	}
	switch c.State {
	case call.Proposed, call.Announced:
	case call.Assessment2:
		v.Block("submission.blocked.not_sent", "call", c.Number)
	default:
		v.Block("submission.blocked.not_now")
	}
	if err := s.sitting(ctx, x, &v); err != nil {
		return v, err
	}
	beyond, err := s.beyond(ctx, c, x)
	v.Blocking = append(v.Blocking, beyond...)
	return v, err
}

// beyond says by how much what is decided already and what is proposed of the case
// exceed the call's frame; nothing when they are within it. No sum is told to somebody
// who may not deal with all that is in it.
func (s *Service) beyond(ctx context.Context, c *call.Call, x *Submission) ([]record.Reason, error) {
	if !x.Answer.V.Grants() {
		return nil, nil
	}
	if c.FrameOre == call.Unknown {
		return []record.Reason{{Key: "submission.blocked.no_frame"}}, nil
	}
	cases, err := s.CasesOf(ctx, c.ID, Application)
	if err != nil {
		return nil, err
	}
	ore, decided, hidden := x.Answer.V.Ore, int64(0), false
	for _, other := range cases {
		if other.ID != x.ID && other.Answer.V.Decided() && other.takes() > 0 {
			decided += other.takes()
			hidden = hidden || !s.Applications.May(ctx, other)
		}
	}
	over := decided + ore - c.FrameOre
	switch {
	case over <= 0:
		return nil, nil
	case hidden:
		return []record.Reason{{Key: "submission.blocked.frame_others"}}, nil
	}
	return []record.Reason{{Key: "submission.blocked.frame", Args: []any{
		"over", lang.NOK(ctx, over), "frame", lang.NOK(ctx, c.FrameOre), "decided", lang.NOK(ctx, decided), "amount", lang.NOK(ctx, ore),
	}}}, nil
}

// takes gives what the case takes of the frame, by what is proposed or decided.
func (x *Submission) takes() int64 {
	if x.Answer.V.Grants() && slices.Contains([]string{Proposed, Awarded, Conditions, Contracted}, x.State) {
		return x.Answer.V.Ore
	}
	return 0
}

// decide holds the frame once more with the call locked: two cases that are decided
// at once must not both take the last of it.
func (s *Service) decide(ctx context.Context, c *change) error {
	meeting, err := s.sits(ctx, c)
	if err != nil {
		return err
	}
	of, err := s.calls.Kind.Load(ctx, c.Rec.Call)
	if err != nil {
		return err
	}
	beyond, err := s.beyond(access.With(ctx, c.Actor), of, c.Rec)
	if err != nil {
		return err
	}
	if len(beyond) > 0 {
		return fault.New(fault.Conflict, beyond[0].Key, beyond[0].Args...)
	}
	a := c.Rec.Answer.V
	a.DecidedBy, a.DecidedAt, a.Postponed, a.Meeting = c.Actor.ID, c.Now, "", meeting
	return nil
}

// sitting: what the committee does with a case it does in a meeting, so that it
// stands in the minutes.
func (s *Service) sitting(ctx context.Context, x *Submission, v *record.Verdict) error {
	if s.Meetings == nil {
		v.Block("submission.blocked.no_meeting")
		return nil
	}
	meeting, err := s.Meetings.Sitting(ctx, x.Call, access.From(ctx).ID)
	if err == nil && meeting == "" {
		v.Block("submission.blocked.no_meeting")
	}
	return err
}

func (s *Service) postponable(ctx context.Context, x *Submission, in form.Values) (v record.Verdict, err error) {
	if v, err = s.undecided(ctx, x, in); err != nil {
		return v, err
	}
	err = s.sitting(ctx, x, &v)
	return v, err
}

func (s *Service) postpone(ctx context.Context, c *change) (err error) {
	a := c.Rec.Answer.V
	a.Postponed = c.Reason
	a.Meeting, err = s.sits(ctx, c)
	return err
}

// sits gives the meeting that the case is dealt with in, and holds the call: whoever
// ends the meeting, or goes on with the call, at the same time waits until this is done,
// or has done it before.
func (s *Service) sits(ctx context.Context, c *change) (meeting string, err error) {
	if err := s.LockCall(ctx, c.Rec.Call); err != nil {
		return "", err
	}
	meeting, err = s.Meetings.Sitting(ctx, c.Rec.Call, c.Actor.ID)
	if err == nil && meeting == "" {
		err = fault.New(fault.Conflict, "submission.blocked.no_meeting")
	}
	return meeting, err
}

// reopenable: a decision that nobody has been told of is taken up in a meeting.
func (s *Service) reopenable(ctx context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	if !x.Answer.V.Decided() {
		v.Block("submission.blocked.not_decided")
	}
	err = s.sitting(ctx, x, &v)
	return v, err
}

// reopen takes the decision back. The case stays in the minutes of the meeting that
// did so.
func (s *Service) reopen(ctx context.Context, c *change) error {
	meeting, err := s.sits(ctx, c)
	if err != nil {
		return err
	}
	if err := reconsider(ctx, c); err != nil {
		return err
	}
	c.Rec.Answer.V.Meeting, c.Rec.Answer.V.Postponed = meeting, c.Reason
	return nil
}

// reassess takes the proposal back. A case on the waiting list stays there: those who
// applied know that it is, and not that something else was proposed.
func reassess(ctx context.Context, c *change) error {
	if c.Rec.HasFlag(Waiting) {
		c.To = Reserve
	}
	return reconsider(ctx, c)
}

func unaccepted(_ context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	if x.Answer.V != nil && !x.Answer.V.AcceptedAt.IsZero() {
		v.Block("submission.blocked.accepted")
	}
	return v, nil
}

func accept(_ context.Context, c *change) error {
	c.Rec.Answer.V.AcceptedAt = c.Now
	return nil
}

// contractable: the applicant has taken the award, and its conditions are met.
func contractable(_ context.Context, x *Submission, in form.Values) (v record.Verdict, err error) {
	if x.Answer.V == nil || x.Answer.V.AcceptedAt.IsZero() {
		v.Block("submission.blocked.not_accepted")
	}
	if x.State == Conditions && in.Has("contract_on") && !in.Bool("conditions_met") {
		return v, wrong("conditions_met", "submission.conditions_unmet")
	}
	return v, nil
}

// Spent is what a call's cases take of its frame.
type Spent struct {
	ProposedOre int64 // proposed or decided
	DecidedOre  int64
}

// Spending gives what the call's cases take of its frame.
func (s *Service) Spending(ctx context.Context, callID string) (sum Spent, err error) {
	cases, err := s.CasesOf(ctx, callID, Application)
	for _, x := range cases {
		sum.ProposedOre += x.takes()
		if x.Answer.V.Decided() {
			sum.DecidedOre += x.takes()
		}
	}
	return sum, err
}

// Budget gives how an award lies over the years: as the applicant asked for, scaled
// to what was awarded, in whole kroner, the last year taking the rest. Without a
// budget it is spread evenly over the project's years.
func (x *Submission) Budget() map[int]int64 {
	c, ore := x.Content.V, int64(0)
	if x.Answer.V != nil {
		ore = x.Answer.V.Ore
	}
	if c == nil || ore == 0 {
		return nil
	}
	asked, total := map[int]int64{}, int64(0)
	for _, l := range c.Budget {
		if !l.Own && l.Ore > 0 {
			asked[l.Year] += l.Ore
			total += l.Ore
		}
	}
	if total == 0 {
		first, last := c.Starts, c.Ends()
		for year := first.Year(); year <= last.Year(); year++ {
			asked[year]++
			total++
		}
	}
	var years []int
	for year := range asked {
		years = append(years, year)
	}
	slices.Sort(years)
	out, left := map[int]int64{}, ore
	for i, year := range years {
		share := int64(float64(ore)*(float64(asked[year])/float64(total))) / 100 * 100
		if i == len(years)-1 {
			share = left
		}
		out[year] = share
		left -= share
	}
	return out
}

// Ends gives the last day of the project that the content asks for.
func (c *Content) Ends() time.Time {
	return c.Starts.AddDate(0, max(c.Months, 1), -1)
}
