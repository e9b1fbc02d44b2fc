package decision_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/decision"
	dt "funn/internal/decision/decisiontest"
	"funn/internal/org"
	"funn/internal/org/orgtest"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

// walk gives commands in a random order by random actors to three applications, their
// call and its meetings. It says how many awards were reached, and what was wrong with
// them, as kinds of wrong.
type walk struct {
	*dt.House
	r      *rand.Rand
	call   *call.Call
	cases  []*application.Submission
	judged map[string]bool
	awards int
	wrong  map[string]int
}

const frameKroner = 7_000_000

var actors = []string{"fou", "fou2", "utvalg", "utvalg2", "utvalg3", "fageier", "forsker", "admin"}

func newWalk(t *testing.T, h *dt.House, seed uint64) *walk {
	w := &walk{House: h, r: rand.New(rand.NewPCG(seed, 1)), call: h.Call(t, call.Assessment2, frameKroner), judged: map[string]bool{}, wrong: map[string]int{}}
	for i := range 3 {
		x := h.Put(t, application.Application, w.call, fmt.Sprint("Sak ", i), 3_000_000, func(x *application.Submission) {
			if i == 0 {
				x.Conflicts.V = application.Conflicts{{Person: "utvalg3", Ground: "institution"}}
			}
		})
		w.cases = append(w.cases, x)
		w.judge(x, true)
	}
	return w
}

func (w *walk) judge(x *application.Submission, judged bool) {
	w.judged[x.ID] = judged
	w.Judge(x.ID, judged)
}

func (w *walk) pick(of ...string) string { return of[w.r.IntN(len(of))] }

// step gives one command: any, or one that the call waits for, so that awards are
// reached too.
func (w *walk) step(t *testing.T) {
	x, who, command := w.cases[w.r.IntN(len(w.cases))], w.pick(actors...), w.pick(every...)
	if w.r.IntN(100) < 75 {
		x, who, command = w.lead(t, x)
	}
	ctx := w.As(t, who)
	var err error
	switch {
	case command == "judge":
		w.judge(x, w.r.IntN(6) > 0)
	case slices.Contains(ofCall, command):
		_, err = w.Calls.Kind.Do(ctx, w.call.ID, command, record.Input{Reason: "fordi"})
	case command == "plan":
		_, err = w.Decisions.Meetings.Create(ctx, "plan", record.Input{Values: form.Of("call", w.call.ID, "held_on", "2023-01-02")}, nil)
	case slices.Contains(ofMeeting, command):
		present := []string{"utvalg", "utvalg2", "utvalg3"}[:2+w.r.IntN(2)]
		for _, m := range w.meetings(t) {
			if _, err = w.Decisions.Meetings.Do(ctx, m.ID, command, record.Input{Values: form.Of().With("present", present...)}); err == nil {
				break
			}
		}
	default:
		in := record.Input{Reason: "fordi", Values: form.Of("outcome", w.pick("award", "award", "conditions", "reserve", "reject"), "amount", w.pick("200000000", "200000000", "300000000", "900000000"), "conditions", "REK", "reasons", "x",
			"agree", w.pick("yes", "yes", "no"), "place", "1", "fault", "other", "fault_reason", "x", "mend", "x", "mend_by", "2023-02-01", "grounds", "x", "contract_on", "2023-01-02", "presentation_due", "2026-01-01", "conditions_met", "true")}
		_, err = w.Cases.Applications.Do(ctx, x.ID, command, in)
	}
	if _, ok := fault.As(err); err != nil && !ok {
		t.Fatalf("%s by %s: %v", command, who, err)
	}
	w.check(t, x, command, err == nil)
}

var (
	ofCall    = []string{"propose_awards", "decide_awards", "announce", "return_awards", "end"}
	ofMeeting = []string{"start", "attend", "adjourn", "approve"}
	every     = slices.Concat(ofCall, ofMeeting, []string{"plan", "judge", "propose", "stand", "decide", "decide", "tell", "accept", "decline", "move", "postpone", "reopen",
		"propose_dismissal", "dismiss", "contract", "withdraw", "return", "appeal"})
)

func (w *walk) meetings(t *testing.T) []*decision.Meeting {
	list, err := w.Decisions.Meetings.List(orgtest.System(), *new(db.Where).And("b.call = ?", w.call.ID), "r.number", 0, 0)
	dt.Must(t, err)
	return list
}

// lead gives a command that the call waits for, by somebody who could give it.
func (w *walk) lead(t *testing.T, x *application.Submission) (*application.Submission, string, string) {
	c, err := w.Calls.Kind.Load(t.Context(), w.call.ID)
	dt.Must(t, err)
	var open []*application.Submission
	for _, k := range w.cases {
		k, err := w.Cases.Applications.Load(t.Context(), k.ID)
		dt.Must(t, err)
		waits := k.State == application.Assessing || k.State == application.Proposed && !k.Answer.V.Decided() && c.State == call.Proposed
		if waits {
			open = append(open, k)
		}
	}
	if len(open) > 0 {
		x = open[w.r.IntN(len(open))]
	}
	meetings := w.meetings(t)
	has := func(state string) bool {
		return slices.ContainsFunc(meetings, func(m *decision.Meeting) bool { return m.State == state })
	}
	member := w.pick("utvalg", "utvalg2", "utvalg3")
	switch {
	case w.r.IntN(8) == 0:
		return x, "fou", "judge"
	case c.State == call.Assessment2 && len(open) > 0:
		return x, w.pick("fou", "fou2"), "propose"
	case c.State == call.Assessment2 && w.r.IntN(2) == 0:
		return x, w.pick("fou", "fou2"), "propose" // until the sum fits
	case c.State == call.Assessment2:
		return x, "fou", "propose_awards"
	case c.State == call.Proposed && len(open) > 0 && !has(decision.Under):
		return x, "fou", map[bool]string{true: "start", false: "plan"}[has(decision.Planned)]
	case c.State == call.Proposed && len(open) > 0:
		return x, w.pick(member, member, member, "fou"), w.pick("stand", "stand", "decide", "decide", "decide", "propose")
	case c.State == call.Proposed && has(decision.Under):
		return x, member, "adjourn"
	case c.State == call.Proposed && has(decision.Minuting):
		return x, member, "approve"
	case c.State == call.Proposed:
		return x, member, "decide_awards"
	}
	return x, "fou", "announce"
}

// check holds what must be true of every award after each command.
func (w *walk) check(t *testing.T, of *application.Submission, command string, done bool) {
	sum := int64(0)
	for i := range w.cases {
		x, err := w.Cases.Applications.Load(t.Context(), w.cases[i].ID)
		dt.Must(t, err)
		a := x.Answer.V
		if slices.ContainsFunc(x.Deciders(), func(id string) bool { return slices.Contains(x.Conflicts.V.Disqualified(), id) }) {
			w.wrong["disqualified"]++
		}
		if !a.Grants() || !a.Decided() || x.State == application.Withdrawn || x.State == application.Dismissed {
			continue
		}
		sum += a.Ore
		agrees := slices.ContainsFunc(a.Stands, func(s application.Stand) bool { return s.For && s.Person != a.ProposedBy && s.Person != a.DecidedBy })
		if a.DecidedBy == a.ProposedBy || !agrees {
			w.wrong["two people"]++
		}
		if done && command == "decide" && x.ID == of.ID {
			if !w.judged[x.ID] {
				w.wrong["not judged"]++
			}
		}
		if x.State == application.Awarded || x.State == application.Conditions {
			if done && (command == "announce" || command == "tell") {
				w.awards++
			}
			c, err := w.Calls.Kind.Load(t.Context(), w.call.ID)
			dt.Must(t, err)
			if !c.Told() {
				w.wrong["told early"]++
			}
		}
	}
	if sum > frameKroner*100 {
		w.wrong["frame"]++
	}
}

// No order of commands by any actors reaches an award without two different people,
// all that must be judged, settled conflicts and a sum within the frame.
func TestNoWayAroundTheRules(t *testing.T) {
	const seeds, steps = 12, 300
	for _, sabotaged := range []bool{false, true} {
		t.Run(map[bool]string{false: "as it is", true: "control"}[sabotaged], func(t *testing.T) {
			dt.Each(t, nil, func(t *testing.T, h *dt.House) {
				h.Person(t, "utvalg3", org.Committee)
				if sabotaged {
					sabotage(h)
				}
				awards, wrong := 0, map[string]int{}
				for seed := range uint64(seeds) {
					w := newWalk(t, h, seed)
					for range steps {
						w.step(t)
					}
					awards += w.awards
					for k, n := range w.wrong {
						wrong[k] += n
					}
				}
				t.Logf("%d awards told in %d walks of %d commands; wrong: %v", awards, seeds, steps, wrong)
				if !sabotaged && len(wrong) > 0 {
					t.Errorf("awards against the rules: %v", wrong)
				}
				if !sabotaged && awards == 0 {
					t.Error("no award was reached, so nothing was tried")
				}
				for _, k := range []string{"two people", "not judged", "frame", "disqualified"} {
					if sabotaged && wrong[k] == 0 {
						t.Errorf("without the guards nothing is wrong with %s: the check sees nothing", k)
					}
				}
			})
		})
	}
}

// sabotage takes the guards out: what is left is who may read a case at all.
func sabotage(h *dt.House) {
	for i := range h.Cases.Applications.Commands {
		c := &h.Cases.Applications.Commands[i]
		c.NotBy = nil
		if c.Name == "decide" || c.Name == "stand" {
			c.Check = nil
		}
		for j := range c.Who {
			c.Who = slices.Clone(c.Who)
			c.Who[j].Except = ""
		}
		if c.Name == "decide" {
			c.Apply = func(_ context.Context, c *record.Change[*application.Submission]) error {
				c.Rec.Answer.V.DecidedBy, c.Rec.Answer.V.DecidedAt = c.Actor.ID, c.Now
				return nil
			}
		}
	}
	read := slices.Clone(h.Cases.Applications.Read)
	for i := range read {
		read[i].Except = ""
	}
	h.Cases.Applications.Read = read
}

// F6: two decide the same case at once, a hundred times: one wins each time, the other
// is told. And two that decide on different cases do not both get the last of the frame.
func TestTwoDecideAtOnce(t *testing.T) {
	dt.Each(t, nil, func(t *testing.T, h *dt.House) {
		h.Person(t, "utvalg3", org.Committee)
		ready := func(c *call.Call, title, kroner string) *application.Submission {
			x := h.Proposed(t, c, title, application.Award, kroner)
			return x
		}
		at := func(both ...func() error) []error {
			errs := make([]error, len(both))
			var begin, end sync.WaitGroup
			begin.Add(1)
			for i, f := range both {
				end.Go(func() { begin.Wait(); errs[i] = f() })
			}
			begin.Done()
			end.Wait()
			return errs
		}
		won := func(errs []error) (n int) {
			for _, err := range errs {
				switch {
				case err == nil:
					n++
				case fault.Of(err) != fault.Conflict:
					t.Errorf("the loser is told %v", err)
				}
			}
			return n
		}
		decide := func(x *application.Submission, who string) func() error {
			ctx := h.As(t, who)
			return func() error {
				ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
				defer cancel()
				_, err := h.Cases.Applications.Do(ctx, x.ID, "decide", record.Input{})
				return err
			}
		}
		const pairs = 100
		same := h.Call(t, call.Assessment2, 1_000_000_000)
		var cases []*application.Submission
		for i := range pairs {
			cases = append(cases, ready(same, fmt.Sprint("Sak ", i), "100000"))
		}
		dt.Must(t, h.Step(t, same, "fou", "propose_awards"))
		h.Meet(t, same, "utvalg", "utvalg2", "utvalg3")
		for _, x := range cases {
			h.Did(t, x, "utvalg3", "stand", "agree", "yes")
			if n := won(at(decide(x, "utvalg"), decide(x, "utvalg2"))); n != 1 {
				t.Errorf("%s: %d winners", x.Title, n)
			}
		}
		n, err := db.One[int](t.Context(), h.DB, "SELECT count(*) FROM event WHERE command = 'decide'")
		dt.Must(t, err)
		if n != pairs {
			t.Errorf("%d decisions of %d pairs", n, pairs)
		}
		// Both have read the sum before either has stored its decision.
		h.Delay(20 * time.Millisecond)
		both := 0
		for i := range 20 {
			c := h.Call(t, call.Assessment2, 3_000_000)
			a, b := ready(c, fmt.Sprint("A", i), "2000000"), ready(c, fmt.Sprint("B", i), "1000000")
			dt.Must(t, h.Step(t, c, "fou", "propose_awards"))
			h.Meet(t, c, "utvalg", "utvalg2", "utvalg3")
			b = h.Did(t, b, "utvalg3", "propose", "outcome", "award", "amount", "200000000", "reasons", "Mer")
			h.Did(t, a, "utvalg3", "stand", "agree", "yes")
			h.Did(t, b, "utvalg2", "stand", "agree", "yes")
			errs := at(decide(a, "utvalg2"), decide(b, "utvalg"))
			switch won(errs) {
			case 0:
				t.Errorf("neither got the money: %v", errs)
			case 2:
				both++
			}
		}
		if both > 0 {
			t.Errorf("%d times two cases took more than the frame", both)
		}
	})
}
