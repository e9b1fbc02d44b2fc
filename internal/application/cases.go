package application

import (
	"context"
	"slices"
	"strings"

	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/record"
)

// The service answers what a call asks of its cases: [call.Cases].
var _ call.Cases = (*Service)(nil)

// unanswered are the states in which a case still waits for its answer.
var unanswered = []string{Submitted, Assessing, Returned}

// Hinder gives what stands in the way of a step of the call. Cases are named as far
// as the context's actor may see them.
func (s *Service) Hinder(ctx context.Context, c *call.Call, step string) ([]record.Reason, error) {
	sketches, err := s.CasesOf(ctx, c.ID, Sketch)
	if err != nil {
		return nil, err
	}
	applications, err := s.CasesOf(ctx, c.ID, Application)
	if err != nil {
		return nil, err
	}
	var out []record.Reason
	block := func(key string, args ...any) { out = append(out, record.Reason{Key: key, Args: args}) }
	name := func(key string, cases []*Submission, waits func(*Submission) bool) {
		var numbers []string
		n := 0
		for _, x := range cases {
			if !waits(x) {
				continue
			}
			n++
			if s.Of(x.Kind).May(ctx, x) {
				numbers = append(numbers, x.Number)
			}
		}
		switch {
		case len(numbers) > 0:
			block(key, "cases", strings.Join(numbers, ", "))
		case n > 0:
			block(key + "_others")
		}
	}
	in := func(states ...string) func(*Submission) bool {
		return func(x *Submission) bool { return slices.Contains(states, x.State) }
	}
	// telling names the cases that are decided on what no longer holds: none is told while
	// one cannot be.
	telling := func(kind string, cases []*Submission) error {
		stuck := map[string]bool{}
		for _, x := range cases {
			if x.State != tellFrom[kind] || !x.Answer.V.Decided() {
				continue
			}
			v, err := s.holds(ctx, x)
			if err != nil {
				return err
			}
			stuck[x.ID] = len(v.Blocking) > 0
		}
		name("call.blocked.untellable", cases, func(x *Submission) bool { return stuck[x.ID] })
		return nil
	}
	if step == "tell_sketches" {
		name("call.blocked.unanswered", sketches, func(x *Submission) bool {
			return slices.Contains(unanswered, x.State) && !x.Answer.V.Decided()
		})
		err := telling(Sketch, sketches)
		return out, err
	}
	switch step {
	case "propose_awards":
		name("call.blocked.unproposed", applications, in(unanswered...))
		for _, x := range applications {
			if x.State != Proposed {
				continue
			}
			missing, err := s.missing(ctx, x)
			if err != nil {
				return nil, err
			}
			for _, m := range missing {
				if s.Applications.May(ctx, x) && !slices.ContainsFunc(out, func(r record.Reason) bool { return r.Key == m.Key }) {
					out = append(out, m)
				}
			}
			if len(missing) > 0 && len(out) == 0 {
				block("call.blocked.unjudged_others")
			}
		}
	case "announce": // a case may have been taken up again since
		name("call.blocked.undecided", applications, func(x *Submission) bool {
			return slices.Contains(unanswered, x.State) || x.State == Proposed && !x.Answer.V.Decided()
		})
		if err := telling(Application, applications); err != nil {
			return nil, err
		}
	case "decide_awards":
		name("call.blocked.undecided", applications, func(x *Submission) bool {
			return slices.Contains(unanswered, x.State) || x.State == Proposed && !x.Answer.V.Decided()
		})
		minuted := false
		if s.Meetings != nil {
			if minuted, err = s.Meetings.Minuted(ctx, c.ID); err != nil {
				return nil, err
			}
		}
		if !minuted {
			block("call.blocked.minutes")
		}
	case "end":
		today := s.Applications.Engine().Today(ctx)
		all := slices.Concat(sketches, applications)
		name("call.blocked.appeals", all, in(Appealed, Reversed))
		name("call.blocked.appeal_time", all, func(x *Submission) bool { return !x.AppealUntil().IsZero() && !today.After(x.AppealUntil()) })
		name("call.blocked.unfinished", applications, in(Submitted, Assessing, Returned, Proposed, Awarded, Conditions))
	}
	if step == "propose_awards" || step == "decide_awards" {
		spent, err := s.Spending(access.With(ctx, access.System), c.ID)
		if err != nil {
			return nil, err
		}
		if c.FrameOre == call.Unknown || spent.ProposedOre > c.FrameOre {
			block("call.blocked.beyond_frame")
		}
	}
	return out, nil
}

// Count counts a call's cases: what came in, what was invited, what was awarded.
func (s *Service) Count(ctx context.Context, callID string) (n call.Numbers, err error) {
	sketches, err := s.CasesOf(ctx, callID, Sketch)
	if err != nil {
		return n, err
	}
	applications, err := s.CasesOf(ctx, callID, Application)
	if err != nil {
		return n, err
	}
	for _, x := range sketches {
		if x.HasFlag(Opened) {
			n.Sketches++
		}
		if x.State == Invited {
			n.Invited++
		}
	}
	for _, x := range applications {
		if x.HasFlag(Opened) {
			n.Applications++
		}
		if slices.Contains([]string{Awarded, Conditions, Contracted}, x.State) {
			n.Awards++
			n.AwardedOre += x.Answer.V.Ore
		}
	}
	return n, nil
}

// Begun says whether anybody has begun on a sketch or an application in the call.
func (s *Service) Begun(ctx context.Context, callID string) (bool, error) {
	for _, k := range s.Kinds() {
		cases, err := s.CasesOf(ctx, callID, k.Name)
		if err != nil || len(cases) > 0 {
			return len(cases) > 0, err
		}
	}
	return false, nil
}
