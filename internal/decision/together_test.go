package decision_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"funn/internal/application"
	"funn/internal/assessment"
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

// together does all at the same moment and gives what became of each.
func together(all ...func() error) []error {
	errs := make([]error, len(all))
	var begin, end sync.WaitGroup
	begin.Add(1)
	for i, f := range all {
		end.Go(func() { begin.Wait(); errs[i] = f() })
	}
	begin.Done()
	end.Wait()
	return errs
}

// F6: of two meetings on a call that are started at once, one is; and what is taken up
// while the meeting is ended is in its minutes as it stands, or is not taken up.
func TestMeetingsAtOnce(t *testing.T) {
	dt.Each(t, nil, func(t *testing.T, h *dt.House) {
		meet := func(id, who, command string) error {
			_, err := h.Decisions.Meetings.Do(h.As(t, who), id, command, record.Input{Values: form.Of().With("present", "utvalg", "utvalg2")})
			return err
		}
		plan := func(c *call.Call) string {
			m, err := h.Decisions.Meetings.Create(h.As(t, "fou"), "plan", record.Input{Values: form.Of("call", c.ID, "held_on", "2023-01-02")}, nil)
			dt.Must(t, err)
			return m.ID
		}
		for range 30 {
			c := h.Call(t, call.Proposed, 3_000_000)
			a, b := plan(c), plan(c)
			errs := together(func() error { return meet(a, "utvalg", "start") }, func() error { return meet(b, "utvalg2", "start") })
			if n := slices.Index(errs, nil); n < 0 || errs[1-n] == nil || fault.Of(errs[1-n]) != fault.Conflict {
				t.Fatalf("two meetings started at once: %v", errs)
			}
		}
		taken := 0
		for i := range 30 {
			c := h.Call(t, call.Assessment2, 3_000_000)
			x := h.Proposed(t, c, fmt.Sprint("Sak ", i), application.Reject, "")
			dt.Must(t, h.Step(t, c, "fou", "propose_awards"))
			m := h.Meet(t, c, "utvalg", "utvalg2")
			h.Did(t, x, "utvalg2", "stand", "agree", "yes")
			h.Did(t, x, "utvalg", "decide")
			errs := together(
				func() error { _, err := h.Do(t, x, "utvalg", "reopen"); return err },
				func() error { return meet(m.ID, "utvalg2", "adjourn") })
			if errs[1] != nil || errs[0] != nil && fault.Of(errs[0]) != fault.Conflict {
				t.Fatalf("taken up while the meeting ends: %v", errs)
			}
			x, err := h.Cases.Applications.Load(t.Context(), x.ID)
			dt.Must(t, err)
			m, err = h.Decisions.Meetings.Load(t.Context(), m.ID)
			dt.Must(t, err)
			items := m.Minutes.V.Items
			if len(items) != 1 || items[0].DecidedAt.IsZero() == x.Answer.V.Decided() || errs[0] == nil == x.Answer.V.Decided() {
				t.Fatalf("decided %v, reopen %v, minutes %+v", x.Answer.V.Decided(), errs[0], items)
			}
			if errs[0] == nil {
				taken++
				if items[0].Postponed != "fordi" {
					t.Errorf("the minutes do not say that it was taken up: %+v", items[0])
				}
			}
		}
		t.Logf("taken up %d times of 30", taken)
	})
}

// A meeting is not begun before its day, which its minutes tell; the section can change
// the day.
func TestMeetingOnItsDay(t *testing.T) {
	dt.Each(t, nil, func(t *testing.T, h *dt.House) {
		c := h.Call(t, call.Proposed, 9_000_000)
		today := h.Engine.Today(t.Context())
		m, err := h.Decisions.Meetings.Create(h.As(t, "fou"), "plan", record.Input{Values: form.Of("call", c.ID, "held_on", today.AddDate(0, 0, 1).Format(time.DateOnly))}, nil)
		dt.Must(t, err)
		present := record.Input{Values: form.Of().With("present", "utvalg", "utvalg2")}
		_, err = h.Decisions.Meetings.Do(h.As(t, "utvalg"), m.ID, "start", present)
		refused(t, "the day before", fault.Conflict, "meeting.blocked.before", err)
		_, err = h.Decisions.Meetings.Do(h.As(t, "fou"), m.ID, "edit", record.Input{Values: form.Of("held_on", today.Format(time.DateOnly))})
		dt.Must(t, err)
		_, err = h.Decisions.Meetings.Do(h.As(t, "utvalg"), m.ID, "start", present)
		dt.Must(t, err)
	})
}

// A meeting is held while there is something to decide on.
func TestMeetingInTime(t *testing.T) {
	dt.Each(t, nil, func(t *testing.T, h *dt.House) {
		for _, state := range []string{call.Assessment1, call.Open2, call.Decided, call.Closed} {
			c := h.Call(t, call.Proposed, 1)
			m := &decision.Meeting{Call: c.ID, On: orgtest.Day("2023-01-02")}
			m.Title, m.State = "Møte", decision.Planned
			dt.Must(t, h.Decisions.Meetings.Import(orgtest.System(), m, "test"))
			_, err := h.DB.Exec(t.Context(), "UPDATE record SET state = $1 WHERE id = $2", state, c.ID)
			dt.Must(t, err)
			_, err = h.Decisions.Meetings.Do(h.As(t, "utvalg"), m.ID, "start", record.Input{Values: form.Of().With("present", "utvalg", "utvalg2")})
			refused(t, "a meeting on a call in "+state, fault.Conflict, "meeting.blocked.not_now", err)
		}
	})
}

// Whoever assessed a case and turns out to be disqualified is missed: nothing is told
// before another has, and the case can go back to get it, also once the whole call is
// decided.
func TestAssessorDisqualifiedAfterwards(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(map[bool]string{false: "in the meeting", true: "after the call is decided"}[late], func(t *testing.T) {
			dt.Each(t, nil, func(t *testing.T, h *dt.House) { assessorDisqualified(t, h, late) })
		})
	}
}

// assessed lets somebody assess a case by a criterion.
func assessed(t *testing.T, h *dt.House, x *application.Submission, sort, who, criterion string) {
	t.Helper()
	a, err := h.Assess.Kind.Create(h.As(t, "fou"), "request", record.Input{Values: form.Of("case", x.Number, "sort", sort, "assessor", who, "due", "2023-01-20")}, nil)
	dt.Must(t, err)
	for _, step := range []struct {
		command string
		in      form.Values
	}{{"accept", form.Of("conflict", "none")}, {"save", form.Of("part", criterion, "score", "5", "reason_for", "x")}, {"deliver", form.Of()}} {
		_, err = h.Assess.Kind.Do(h.As(t, who), a.ID, step.command, record.Input{Values: step.in})
		dt.Must(t, err)
	}
}

// What a case on the waiting list rests on can be mended there, and a proposal from it
// leads back to it: those who applied are told nothing of either. What is missing of a case
// that is proposed leads to taking it up again, for those who may.
func TestWaitingListIsMended(t *testing.T) {
	dt.Each(t, nil, func(t *testing.T, h *dt.House) {
		h.Cases.Assessments = h.Assess
		h.Person(t, "fou3", org.FoU)
		h.Person(t, "fou4", org.FoU)
		h.Person(t, "utvalg3", org.Committee)
		c := h.Call(t, call.Assessment2, 3_000_000)
		x := h.Put(t, application.Application, c, "Sak", 1_000_000, nil)
		var joint *assessment.Consensus
		agree := func(who, text string) {
			t.Helper()
			for _, step := range []struct {
				who, command string
				in           form.Values
			}{{who, "set_score", form.Of("criterion", "1", "score", "5", "text", text)}, {who, "set_score", form.Of("criterion", "2", "score", "5", "text", text)}, {who, "propose", form.Of()}, {"fageier", "agree", form.Of()}} {
				_, err := h.Assess.Consensuses.Do(h.As(t, step.who), joint.ID, step.command, record.Input{Values: step.in})
				dt.Must(t, err)
			}
		}
		giveBack := func() {
			t.Helper()
			_, err := h.Assess.Consensuses.Do(h.As(t, "fou"), joint.ID, "return", record.Input{Reason: "fordi"})
			dt.Must(t, err)
		}
		told := func(what, state string) {
			t.Helper()
			x = mustLoad(t, h, x)
			if s := x.Dealings.V.Shared; x.State != state || h.Engine.Outside(x.Base()) != application.Reserve || !x.Answered() || len(x.Dealings.V.Letters) != 1 || len(s) != 2 || s[0].Text != "Først" {
				t.Errorf("%s: %s, told as %s, answered %v, %d letters, %+v", what, x.State, h.Engine.Outside(x.Base()), x.Answered(), len(x.Dealings.V.Letters), s)
			}
		}
		// leads gives where the reader is led by what stops a command.
		leads := func(who, command string) map[string]string {
			t.Helper()
			got, err := h.Cases.Applications.Actions(h.As(t, who), mustLoad(t, h, x))
			dt.Must(t, err)
			out := map[string]string{}
			for _, a := range got {
				for _, r := range a.Verdict.Blocking {
					if a.Command.Name == command {
						out[r.Key] = h.Cases.Mends(h.As(t, who), mustLoad(t, h, x), r)
					}
				}
			}
			return out
		}
		award := []string{"outcome", "award", "amount", "100000000", "reasons", "Ja"}
		page := "/soknad/" + x.Number

		assessed(t, h, x, call.ByOwner, "fageier2", "1")
		assessed(t, h, x, call.BySection, "fou2", "2")
		var err error
		joint, err = h.Assess.Consensuses.Create(h.As(t, "fou"), "begin", record.Input{Values: form.Of("case", x.Number)}, nil)
		dt.Must(t, err)
		agree("fou3", "Først")
		h.Did(t, x, "fou", "propose", "outcome", "reserve", "reasons", "Vent")
		dt.Must(t, h.Step(t, c, "fou", "propose_awards"))
		m := h.Meet(t, c, "utvalg", "utvalg2")
		h.Did(t, x, "utvalg2", "stand", "agree", "yes")
		h.Did(t, x, "utvalg", "decide")
		for _, step := range [][2]string{{"utvalg", "adjourn"}, {"utvalg2", "approve"}} {
			_, err := h.Decisions.Meetings.Do(h.As(t, step[0]), m.ID, step[1], record.Input{})
			dt.Must(t, err)
		}
		dt.Must(t, h.Step(t, c, "utvalg", "decide_awards"))
		dt.Must(t, h.Step(t, c, "fou", "announce"))
		told("told", application.Reserve)

		// Whoever wrote it is disqualified on the waiting list.
		h.Did(t, x, "fou3", "declare", "ground", "Søsken")
		_, err = h.Do(t, x, "fou", "propose", award...)
		refused(t, "proposed on what somebody disqualified wrote", fault.Conflict, "assessment.missing.consensus_unfit", err)
		if got := leads("fou", "propose")["assessment.missing.consensus_unfit"]; got != page+"#vurderinger" {
			t.Errorf("on the waiting list it leads to %q", got)
		}
		giveBack()
		agree("fou4", "Siden")
		told("agreed anew", application.Reserve)
		h.Did(t, x, "fou", "propose", award...)

		// An assessor is disqualified once it is proposed.
		const unasked, first, anew = "assessment.missing.section_unasked", "submission.blocked.reassess_first", "submission.blocked.reopen_first"
		h.Did(t, x, "fou2", "declare", "ground", "Søsken")
		for _, who := range []string{"fou", "utvalg3"} {
			got := leads(who, map[string]string{"fou": "propose", "utvalg3": "decide"}[who])
			missing := map[string]string{"fou": unasked, "utvalg3": "assessment.missing.section"}[who]
			for _, key := range []string{missing, "assessment.missing.consensus_rests", first} {
				if got[key] != page+"/tilbake-til-vurdering" {
					t.Errorf("%s is led by %s to %q", who, key, got[key])
				}
			}
		}
		told("proposed", application.Proposed)
		h.Did(t, x, "fou", "reassess")
		told("taken up again", application.Reserve)
		assessed(t, h, x, call.BySection, "fou4", "2")
		giveBack()
		agree("fou4", "Til sist")
		h.Did(t, x, "fou", "propose", award...)
		h.Meet(t, c, "utvalg", "utvalg2", "utvalg3")
		h.Did(t, x, "utvalg2", "stand", "agree", "yes")
		h.Did(t, x, "utvalg", "decide")
		told("decided", application.Proposed)

		// And another once it is decided: the committee takes it up first.
		h.Did(t, x, "fou4", "declare", "ground", "Søsken")
		if got := leads("fou", "tell"); got[unasked] != "" || got["assessment.missing.consensus_unfit"] != "" || got[anew] != "" || len(got) < 3 {
			t.Errorf("the section is led to what it may not do: %v", got)
		}
		for _, key := range []string{"assessment.missing.section", anew, "submission.blocked.unfit"} {
			if got := h.Cases.Mends(h.As(t, "utvalg"), mustLoad(t, h, x), record.Reason{Key: key}); got != page+"/ta-opp-vedtaket" {
				t.Errorf("the committee is led by %s to %q", key, got)
			}
		}
		h.Did(t, x, "utvalg", "reopen")
		h.Did(t, x, "utvalg", "reassess")
		told("taken up by the committee", application.Reserve)
		assessed(t, h, x, call.BySection, "fou", "2")
	})
}

func assessorDisqualified(t *testing.T, h *dt.House, late bool) {
	h.Cases.Assessments = h.Assess
	h.Person(t, "fou3", org.FoU)
	c := h.Call(t, call.Assessment2, 3_000_000)
	x := h.Put(t, application.Application, c, "Sak", 1_000_000, nil)
	var m *decision.Meeting
	propose := []string{"outcome", "award", "amount", "100000000", "reasons", "Ja"}
	decide := func() {
		t.Helper()
		h.Did(t, x, "utvalg2", "stand", "agree", "yes")
		h.Did(t, x, "utvalg", "decide")
	}
	confirm := func() {
		t.Helper()
		_, err := h.Decisions.Meetings.Do(h.As(t, "utvalg"), m.ID, "adjourn", record.Input{})
		dt.Must(t, err)
		_, err = h.Decisions.Meetings.Do(h.As(t, "utvalg2"), m.ID, "approve", record.Input{})
		dt.Must(t, err)
		dt.Must(t, h.Step(t, c, "utvalg", "decide_awards"))
	}
	assessed(t, h, x, call.ByOwner, "fageier", "1")
	assessed(t, h, x, call.BySection, "fou2", "2")
	h.Did(t, x, "fou", "propose", propose...)
	dt.Must(t, h.Step(t, c, "fou", "propose_awards"))
	m = h.Meet(t, c, "utvalg", "utvalg2")
	decide()
	if late {
		confirm()
	}
	h.Did(t, x, "fou2", "declare", "ground", "Vi har skrevet sammen")
	got, err := h.Cases.Applications.Actions(h.As(t, "fou"), mustLoad(t, h, x))
	dt.Must(t, err)
	tell := slices.IndexFunc(got, func(a record.Action) bool { return a.Command.Name == "tell" })
	if tell < 0 || !slices.ContainsFunc(got[tell].Verdict.Blocking, func(r record.Reason) bool { return r.Key == "assessment.missing."+call.BySection+"_unasked" }) {
		t.Errorf("telling of what somebody disqualified assessed: %+v", got)
	}
	if late {
		refused(t, "announcing what somebody disqualified assessed", fault.Conflict, "call.blocked.untellable", h.Step(t, c, "fou", "announce"))
		dt.Must(t, h.Step(t, c, "fou", "return_awards"))
		m = h.Meet(t, c, "utvalg", "utvalg2")
	}
	h.Did(t, x, "utvalg", "reopen")
	h.Did(t, x, "fou", "reassess")
	_, err = h.Do(t, x, "fou", "propose", propose...)
	refused(t, "proposed again without another assessment", fault.Conflict, "assessment.missing."+call.BySection+"_unasked", err)
	assessed(t, h, x, call.BySection, "fou3", "2")
	h.Did(t, x, "fou", "propose", propose...)
	if late {
		dt.Must(t, h.Step(t, c, "fou", "propose_awards"))
	}
	decide()
	confirm()
	dt.Must(t, h.Step(t, c, "fou", "announce"))
	if x = mustLoad(t, h, x); x.State != application.Awarded || len(x.Dealings.V.Letters) != 1 {
		t.Errorf("in the end: %s, %d letters", x.State, len(x.Dealings.V.Letters))
	}
}

// The project of an award has those who dealt with the case, never whoever is first in
// a list.
func TestProjectHasItsOwnPeople(t *testing.T) {
	dt.Each(t, nil, func(t *testing.T, h *dt.House) {
		h.Person(t, "utvalg3", org.Committee)
		h.Person(t, "sist", org.FoU, org.SubjectOwner)
		c := h.Call(t, call.Assessment2, 3_000_000)
		x := h.Proposed(t, c, "Sak", application.Reject, "")
		dt.Must(t, h.Step(t, c, "fou2", "propose_awards"))
		m := h.Meet(t, c, "utvalg", "utvalg2")
		// The committee proposes otherwise: whoever proposed what became of it is no case worker.
		h.Did(t, x, "utvalg3", "propose", "outcome", "award", "amount", "100000000", "reasons", "Ja")
		h.Did(t, x, "utvalg2", "stand", "agree", "yes")
		h.Did(t, x, "utvalg", "decide")
		for _, step := range [][2]string{{"utvalg", "adjourn"}, {"utvalg2", "approve"}} {
			_, err := h.Decisions.Meetings.Do(h.As(t, step[0]), m.ID, step[1], record.Input{})
			dt.Must(t, err)
		}
		dt.Must(t, h.Step(t, c, "utvalg", "decide_awards"))
		_, err := h.Directory.Persons.As(orgtest.System(), "fageier", "close", record.Input{Reason: "Har sluttet"})
		dt.Must(t, err)
		err = h.Step(t, c, "fou2", "announce")
		refused(t, "an award that nobody owns", fault.Conflict, "call.blocked.untellable", err)
		if f, _ := fault.As(err); f == nil || len(f.Fields) != 1 || !slices.Contains(f.Fields[0].Args, any(x.Number)) {
			t.Errorf("the case is not named: %v", err)
		}
		h.Did(t, x, "fou2", "hand_over", "owner", "sist")
		if _, err := h.Cases.Applications.Get(h.As(t, "sist"), x.ID); err != nil {
			t.Errorf("the new owner: %v", err)
		}
		dt.Must(t, h.Step(t, c, "sist", "announce"))
		projects, err := h.Projects.Kind.List(orgtest.System(), db.Where{}, "r.title", 0, 0)
		dt.Must(t, err)
		if len(projects) != 1 || projects[0].Owner != "sist" || projects[0].CaseWorker != "fou2" {
			t.Errorf("projects: %+v", projects)
		}
	})
}

func mustLoad(t testing.TB, h *dt.House, x *application.Submission) *application.Submission {
	t.Helper()
	x, err := h.Cases.Applications.Load(t.Context(), x.ID)
	dt.Must(t, err)
	return x
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
			if n := won(together(decide(x, "utvalg"), decide(x, "utvalg2"))); n != 1 {
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
			errs := together(decide(a, "utvalg2"), decide(b, "utvalg"))
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
