package application

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/lang"
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
		others := false // that the reader may not deal with lack something
		name("call.blocked.unproposed", applications, in(unanswered...))
		for _, x := range applications {
			if x.State != Proposed {
				continue
			}
			missing, err := s.missing(ctx, x)
			if err != nil {
				return nil, err
			}
			switch {
			case len(missing) == 0:
			case s.Applications.May(ctx, x):
				what := make([]string, len(missing))
				for i, m := range missing {
					what[i] = lang.T(ctx, m.Key, m.Args...)
				}
				block("call.blocked.unjudged", "case", x.Number, "what", strings.Join(what, " "))
			default:
				others = true
			}
		}
		if others {
			block("call.blocked.unjudged_others")
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
		out = append(out, s.exceeded(ctx, c, applications)...)
	}
	return out, nil
}

// exceeded says by how much the cases take more than the call's frame, and what each
// takes; nothing when they do not. To somebody who may not deal with one of them it
// says no more than that they do.
func (s *Service) exceeded(ctx context.Context, c *call.Call, cases []*Submission) []record.Reason {
	if c.FrameOre == call.Unknown {
		return []record.Reason{{Key: "call.blocked.frame"}}
	}
	var each []string
	sum, hidden := int64(0), false
	for _, x := range cases {
		if ore := x.takes(); ore > 0 {
			sum += ore
			hidden = hidden || !s.Applications.May(ctx, x)
			each = append(each, x.Number+": "+lang.NOK(ctx, ore))
		}
	}
	switch {
	case sum <= c.FrameOre:
		return nil
	case hidden:
		return []record.Reason{{Key: "call.blocked.beyond_frame_others"}}
	}
	return []record.Reason{{Key: "call.blocked.beyond_frame", Args: []any{
		"sum", lang.NOK(ctx, sum), "over", lang.NOK(ctx, sum-c.FrameOre), "frame", lang.NOK(ctx, c.FrameOre), "each", strings.Join(each, "; "),
	}}}
}

// NoneInvited says whether all of the call's sketches have their answer and none of them
// is invited, as far as the context's actor may know.
func (s *Service) NoneInvited(ctx context.Context, callID string) (bool, error) {
	applications, err := s.CasesOf(ctx, callID, Application)
	if err != nil || len(applications) > 0 { // each grew from one that was invited
		return false, err
	}
	sketches, err := s.CasesOf(ctx, callID, Sketch)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(sketches, func(x *Submission) bool {
		waits := slices.Contains(unanswered, x.State)
		return waits && !x.Answer.V.Decided() || waits && x.Answer.V.Outcome == Invite || x.State == Invited ||
			x.HasFlag(Opened) && !s.Sketches.May(ctx, x)
	}), nil
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

// mends are the commands whose form mends what a reason that stops another tells of.
var mends = map[string]string{
	"submission.blocked.frame": "propose", "submission.blocked.frame_others": "propose", "submission.blocked.no_proposal": "propose",
	"submission.blocked.no_owner": "hand_over", "submission.blocked.unfit": "reassess",
	"submission.blocked.reassess_first": "reassess", "submission.blocked.reopen_first": "reopen",
	"submission.blocked.fault": "drop_dismissal", "assessment.missing.conflicts": "settle_conflict", "assessment.missing.conflicts_of": "settle_conflict",
}

// assessed says whether the reason is mended by assessing the case further.
func assessed(key string) bool {
	what, is := strings.CutPrefix(key, "assessment.missing.")
	return is && what != "own" && !strings.HasPrefix(what, "waiting") && !strings.HasPrefix(what, "conflicts")
}

// takenUpBy gives the command that takes a proposed case up again first.
func (x *Submission) takenUpBy() string {
	if x.Answer.V.Decided() {
		return "reopen"
	}
	return "reassess"
}

// Mends gives the address at which the context's actor mends what a reason says of the
// case: a form that they may fill in, the part of the case's page where its assessments
// are, or the page of the call; empty when there is none.
func (s *Service) Mends(ctx context.Context, x *Submission, r record.Reason) string {
	k := s.Of(x.Kind)
	page := k.Path + "/" + url.PathEscape(x.Number)
	command := mends[r.Key]
	if x.State == Proposed && (command == "reassess" || assessed(r.Key)) {
		command = x.takenUpBy()
	}
	for _, c := range k.Lifecycle().From(x.State) {
		if c.Name == command && !c.System && access.Allows(c.Who, access.From(ctx), k.Subject(x)) {
			return page + "/" + c.Path
		}
	}
	switch {
	case command != "":
	case strings.HasPrefix(r.Key, "assessment.missing."):
		return page + "#vurderinger"
	case r.Key == "submission.blocked.not_sent" && len(r.Args) > 1:
		return s.calls.Kind.Path + "/" + url.PathEscape(fmt.Sprint(r.Args[1]))
	}
	return ""
}
