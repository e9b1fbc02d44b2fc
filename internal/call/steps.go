package call

import (
	"context"
	"slices"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

// Cases is what a call asks of the sketches and applications that came in.
type Cases interface {
	// Hinder gives what stands in the way of a step of the call: tell_sketches,
	// propose_awards, decide_awards, announce or end.
	Hinder(ctx context.Context, c *Call, step string) ([]record.Reason, error)
	// NoneInvited says whether all sketches have their answer, told or decided, and none
	// of them is invited: nobody can send an application. It says so only to those who may
	// deal with every sketch.
	NoneInvited(ctx context.Context, callID string) (bool, error)
	// Count counts them.
	Count(ctx context.Context, callID string) (Numbers, error)
	// Begun says whether there are any.
	Begun(ctx context.Context, callID string) (bool, error)
}

// Numbers are a call's statistics, counted from its cases.
type Numbers struct {
	Sketches, Invited, Applications, Awards int
	AwardedOre                              int64
}

// Counted says whether the call has the numbers already.
func (c *Call) Counted(n Numbers) bool {
	return n == Numbers{c.Sketches, c.Invited, c.Applications, c.Awards, c.AwardedOre}
}

// steps take a call that is run in Funn from the assessment of its sketches to the
// end of the time for complaints (requirements 3.2). What they ask of the cases is
// [Cases]'; that letters are sent and projects made follows from them.
func (s *Service) steps() []command {
	both := []access.Rule{{Roles: []access.Role{org.FoU, org.Committee}}}
	return []command{
		{Command: lifecycle.Command{Name: "tell_sketches", Path: "send-svarene", From: []string{Assessment1}, To: []string{Open2}, Who: section, Confirm: true, Notify: informed,
			Ground: "krav 3.2: alle skisser er besvart, og alle får svar samtidig"}, Check: s.inviting(s.dated(s.free("tell_sketches"))), Apply: s.openStage2},
		{Command: lifecycle.Command{Name: "propose_awards", Path: "send-innstillingen", From: []string{Assessment2}, To: []string{Proposed}, Who: section, Confirm: true, Notify: informed,
			Ground: "krav 3.2: alle vurderinger er inne, summen er innenfor rammen"}, Check: s.free("propose_awards")},
		{Command: lifecycle.Command{Name: "return_awards", Path: "tilbake-til-vurdering", From: []string{Proposed, Decided}, To: []string{Assessment2}, Who: both, Reason: true, Notify: informed,
			Ground: "forvaltningsloven § 6: den som er inhabil, kan ikke ha tilrettelagt grunnlaget"}, Check: s.free("return_awards")},
		{Command: lifecycle.Command{Name: "decide_awards", Path: "beslutt", From: []string{Proposed}, To: []string{Decided}, Who: committee, NotBy: []string{"propose_awards"}, Confirm: true, Notify: informed,
			Ground: "FP §8.1; krav 3.2: møteboken er godkjent"}, Check: s.free("decide_awards")},
		{Command: lifecycle.Command{Name: "announce", Path: "offentliggjor", From: []string{Decided}, To: []string{Announced}, Who: section, Confirm: true, Notify: informed,
			Ground: "krav 3.2: alle får svar samtidig"}, Check: s.free("announce")},
		{Command: lifecycle.Command{Name: "end", Path: "avslutt", From: []string{Announced}, To: []string{Closed}, Who: section, Confirm: true, Ground: "krav 3.2: klagefristene er ute"}, Check: s.free("end")},
		{Command: lifecycle.Command{Name: "recount", Path: "tell-opp", From: []string{Announced, Closed}, System: true, Ground: "krav C9: tallene telles, de skrives ikke"}, Apply: s.recount},
	}
}

// free says what stands in the way of a step. A call from before Funn takes none: it
// is told how it went.
func (s *Service) free(step string) func(context.Context, *Call, form.Values) (record.Verdict, error) {
	return func(ctx context.Context, c *Call, _ form.Values) (v record.Verdict, err error) {
		run, err := s.runHere(ctx, c)
		if err != nil {
			return v, err
		}
		if !run {
			v.Block("call.blocked.not_run_here")
			return v, nil
		}
		v.Blocking, err = s.Cases.Hinder(ctx, c, step)
		return v, err
	}
}

// inviting adds to a check the warning that nobody will be able to apply. The answers
// are to be sent all the same; what then is left of the call can be cancelled.
func (s *Service) inviting(check func(context.Context, *Call, form.Values) (record.Verdict, error)) func(context.Context, *Call, form.Values) (record.Verdict, error) {
	return func(ctx context.Context, c *Call, in form.Values) (record.Verdict, error) {
		v, err := check(ctx, c, in)
		if err != nil {
			return v, err
		}
		none, err := s.NoneInvited(ctx, c)
		if none {
			v.Warn("call.warning.none_invited")
		}
		return v, err
	}
}

// NoneInvited says whether the call is at its second stage, or can go on to it, with
// nobody who can apply; see [Cases].
func (s *Service) NoneInvited(ctx context.Context, c *Call) (bool, error) {
	if !slices.Contains([]string{Assessment1, Open2, Assessment2}, c.State) {
		return false, nil
	}
	// What came in is not known before it is opened.
	if c.Key.V != nil && c.Openings.V[Stage1].Done.IsZero() {
		return false, nil
	}
	run, err := s.runHere(ctx, c)
	if err != nil || !run {
		return false, err
	}
	return s.Cases.NoneInvited(ctx, c.ID)
}

// runHere says whether the call is run in Funn, so that its states and numbers follow
// from its cases and are not told.
func (s *Service) runHere(ctx context.Context, c *Call) (bool, error) {
	if s.Cases == nil || c.Key.V != nil {
		return s.Cases != nil, nil
	}
	return s.Cases.Begun(ctx, c.ID)
}

// notRunHere lets only calls from before Funn be told of.
func (s *Service) notRunHere(ctx context.Context, c *Call, _ form.Values) (v record.Verdict, err error) {
	run, err := s.runHere(ctx, c)
	if run {
		v.Nothing("call.blocked.run_here")
	}
	return v, err
}

func (s *Service) recount(ctx context.Context, c *record.Change[*Call]) error {
	n, err := s.Cases.Count(ctx, c.Rec.ID)
	if err != nil {
		return err
	}
	c.Rec.Sketches, c.Rec.Invited, c.Rec.Applications, c.Rec.Awards, c.Rec.AwardedOre = n.Sketches, n.Invited, n.Applications, n.Awards, n.AwardedOre
	return nil
}
