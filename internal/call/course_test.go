package call_test

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/jobs"
	"funn/internal/platform/record"
)

// wall is a clock that stands where the test puts it, also back in time, as a
// machine's does when it is set.
type wall struct{ at atomic.Int64 }

func (w *wall) Now() time.Time      { return time.UnixMicro(w.at.Load()).UTC() }
func (w *wall) put(t time.Time)     { w.at.Store(t.UnixMicro()) }
func (w *wall) add(d time.Duration) { w.put(w.Now().Add(d)) }

// running is a house with a clock that the test sets and the jobs that run by it.
type running struct {
	*call.Service
	clock  *wall
	runner *jobs.Runner
}

func start(t testing.TB, d *db.DB) running {
	t.Helper()
	w := &wall{}
	w.put(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC))
	s := build(t, d)
	s.Kind.Engine().Clock = w
	return running{s, w, &jobs.Runner{DB: d, Clock: w, Handlers: s.Jobs()}}
}

func eachRunning(t *testing.T, test func(t *testing.T, r running)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) { test(t, start(t, d)) })
}

func (r running) due(t testing.TB) {
	t.Helper()
	if _, err := r.runner.RunDue(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (r running) state(t testing.TB, c *call.Call) string {
	t.Helper()
	now, err := r.Kind.Load(system, c.ID)
	must(t, err)
	return now.State
}

// approvedFor makes an approved call with the days and the time of day given.
func approvedFor(t testing.TB, r running, opens, deadline, at string) *call.Call {
	t.Helper()
	c := draft(t, r.Service, whole...)
	told := with(with(with(dates, "opens", opens), "deadline", deadline), "deadline_clock", at)
	for _, name := range []string{"answer", "applications_due", "decision", "starts"} {
		told = with(told, name, "")
	}
	_, err := r.Kind.Do(fou, c.ID, "set_dates", input(told...))
	must(t, err)
	_, err = r.Kind.Do(fageier, c.ID, "approve_content", input())
	must(t, err)
	rehearsed(t, r.Service, c.ID)
	c, err = r.Kind.Do(utvalg, c.ID, "approve", input())
	must(t, err)
	return c
}

// The call opens when its day begins in Oslo and takes sketches until and including
// the moment of the deadline: a millisecond decides, also on the nights when the
// clocks are changed.
func TestOpensAndClosesByItself(t *testing.T) {
	eachRunning(t, func(t *testing.T, r running) {
		for _, x := range []struct{ opens, deadline, at, openMoment, deadlineMoment string }{
			{"01.02.2023", "15.03.2023", "12.00", "2023-01-31T23:00:00Z", "2023-03-15T11:00:00Z"},
			{"26.03.2023", "27.03.2023", "00.00", "2023-03-25T23:00:00Z", "2023-03-26T22:00:00Z"}, // the day that has 23 hours
			{"20.03.2023", "26.03.2023", "03.00", "2023-03-19T23:00:00Z", "2023-03-26T01:00:00Z"}, // the first moment of summer time
			{"29.10.2023", "30.10.2023", "00.00", "2023-10-28T22:00:00Z", "2023-10-29T23:00:00Z"}, // the day that has 25
			{"20.10.2023", "29.10.2023", "02.30", "2023-10-19T22:00:00Z", "2023-10-29T01:30:00Z"}, // a time that the clocks show twice
			{"01.12.2023", "31.12.2023", "23.59.59", "2023-11-30T23:00:00Z", "2023-12-31T22:59:59Z"},
		} {
			r.clock.put(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC))
			c := approvedFor(t, r, x.opens, x.deadline, x.at)
			opens, err := time.Parse(time.RFC3339, x.openMoment)
			must(t, err)
			closes, err := time.Parse(time.RFC3339, x.deadlineMoment)
			must(t, err)
			for _, at := range []struct {
				moment time.Time
				want   string
			}{
				{opens.Add(-time.Millisecond), call.Approved}, {opens, call.Open1}, {closes.Add(-time.Millisecond), call.Open1}, {closes, call.Open1}, {closes.Add(call.Grace - time.Millisecond), call.Open1}, {closes.Add(call.Grace), call.Assessment1},
			} {
				r.clock.put(at.moment)
				r.due(t)
				r.due(t) // whatever is due is done once
				if got := r.state(t, c); got != at.want {
					t.Errorf("%s–%s %s at %s: %s, want %s", x.opens, x.deadline, x.at, at.moment, got, at.want)
				}
			}
			events, err := event.Of(system, r.Kind.Engine().DB, c.ID)
			must(t, err)
			count := map[string]int{}
			for _, e := range events {
				count[e.Command]++
			}
			if count["open"] != 1 || count["close"] != 1 {
				t.Errorf("opened %d times, closed %d times", count["open"], count["close"])
			}
		}
	})
}

// Jobs that come twice, too early, or for what was taken back do nothing; one that
// was not run in time makes up for it after a restart.
func TestJobsAreIdempotent(t *testing.T) {
	eachRunning(t, func(t *testing.T, r running) {
		c := approvedFor(t, r, "01.02.2023", "15.03.2023", "12.00")
		early := func(do func(context.Context, string) error) {
			must(t, do(system, c.ID))
			must(t, do(system, c.ID))
		}
		early(r.OpenDue)
		early(r.CloseDue)
		if got := r.state(t, c); got != call.Approved {
			t.Fatalf("moved before its time: %s", got)
		}
		back := input()
		back.Reason = "Feil."
		_, err := r.Kind.Do(fou, c.ID, "return", back)
		must(t, err)
		r.clock.put(time.Date(2023, 2, 1, 9, 0, 0, 0, time.UTC))
		r.due(t)
		if got := r.state(t, c); got != call.Draft {
			t.Fatalf("a call that was taken back is %s", got)
		}
		_, err = r.Kind.Do(fageier, c.ID, "approve_content", input())
		must(t, err)
		_, err = r.Kind.Do(utvalg, c.ID, "approve", input()) // it opens today
		must(t, err)
		// Nothing ran until long after the deadline; another process takes over then.
		r.clock.put(deadlineInTheEnd.Add(48 * time.Hour))
		again := running{r.Service, r.clock, &jobs.Runner{DB: r.runner.DB, Clock: r.clock, Handlers: r.Jobs()}}
		again.due(t)
		if got := r.state(t, c); got != call.Assessment1 {
			t.Errorf("after the restart: %s", got)
		}
		must(t, r.CloseDue(system, c.ID))
		must(t, r.OpenDue(system, c.ID))
		must(t, r.CloseDue(system, "finnes-ikke"))
	})
}

// Once closed it stays closed, whatever the clock shows; and it is not extended in
// the moment between the deadline and the job that closes it.
func TestClosedStaysClosed(t *testing.T) {
	eachRunning(t, func(t *testing.T, r running) {
		c := approvedFor(t, r, "01.02.2023", "15.03.2023", "12.00")
		r.clock.put(deadlineInTheEnd)
		r.due(t)
		must(t, r.CloseDue(system, c.ID)) // a job that comes at the last moment in time
		if got := r.state(t, c); got != call.Open1 {
			t.Errorf("at the moment of its deadline: %s", got)
		}
		later := input("deadline", "20.03.2023", "deadline_clock", "12.00")
		later.Reason = "Mange spurte."
		r.clock.add(time.Millisecond)
		_, err := r.Kind.Do(fou, c.ID, "extend", later)
		refused(t, "a millisecond too late", fault.Conflict, "call.blocked.over", err)
		r.due(t)
		r.clock.add(call.Grace)
		r.due(t)
		r.clock.put(deadlineInTheEnd.Add(-time.Hour))
		r.due(t)
		_, err = r.Kind.Do(fou, c.ID, "extend", later)
		refused(t, "extending a closed call", fault.Conflict, "", err)
		must(t, r.OpenDue(system, c.ID))
		if got := r.state(t, c); got != call.Assessment1 {
			t.Errorf("after the clock stepped back: %s", got)
		}
	})
}

// A deadline is moved later only, with a reason that everybody reads; the call then
// closes by the new one.
func TestExtend(t *testing.T) {
	eachRunning(t, func(t *testing.T, r running) {
		c := approvedFor(t, r, "01.02.2023", "15.03.2023", "12.00")
		r.clock.put(deadlineInTheEnd.Add(-time.Millisecond))
		r.due(t)
		give := func(reason string, pairs ...string) error {
			in := input(pairs...)
			in.Reason = reason
			_, err := r.Kind.Do(fou, c.ID, "extend", in)
			return err
		}
		refused(t, "without a reason", fault.Invalid, "form.required.reason", give("", "deadline", "20.03.2023", "deadline_clock", "12.00"))
		refused(t, "to the same moment", fault.Invalid, "call.not_later", give("x", "deadline", "15.03.2023", "deadline_clock", "12.00"))
		refused(t, "to an earlier one", fault.Invalid, "call.not_later", give("x", "deadline", "14.03.2023", "deadline_clock", "12.00"))
		refused(t, "to a month", fault.Invalid, "call.deadline_exact", give("x", "deadline", "april 2023", "deadline_clock", "12.00"))
		refused(t, "beyond the answer", fault.Invalid, "call.order", give("x", "deadline", "20.04.2023", "deadline_clock", "12.00", "answer", "01.04.2023"))
		must(t, give("Mange spurte.", "deadline", "15.03.2023", "deadline_clock", "12.00.01"))
		shown, err := r.BySlug(context.Background(), c.Slug)
		must(t, err)
		if x := shown.Extensions.V; len(x) != 1 || x[0].Reason != "Mange spurte." || !x[0].From.Equal(deadlineInTheEnd) || !x[0].To.Equal(deadlineInTheEnd.Add(time.Second)) {
			t.Errorf("everybody reads %+v", x)
		}
		r.clock.put(deadlineInTheEnd.Add(time.Second))
		r.due(t)
		if got := r.state(t, c); got != call.Open1 {
			t.Errorf("closed by the old deadline: %s", got)
		}
		r.clock.add(call.Grace)
		r.due(t)
		if got := r.state(t, c); got != call.Assessment1 {
			t.Errorf("not closed by the new deadline: %s", got)
		}
	})
}

// course is the life of a call as requirements 3.2 have it, written a second time
// and as plainly as can be.
type course struct {
	state          string
	whole, content bool
	keyed          bool              // the three have rehearsed
	lastWriter     map[string]string // command -> who gave it last
	proposer       string
	opens, closes  time.Time
	public         bool // cancelled after everybody could read it
}

var who = map[string]context.Context{
	"fou": fou, "fou2": fou2, "fageier": fageier, "utvalg": utvalg, "alt": everything, "kontor": person("kontor", org.Office), "": context.Background(),
}

func (m *course) is(states ...string) bool { return slices.Contains(states, m.state) }

// give says whether the command is allowed and changes the model when it is.
func (m *course) give(actor, command string, reason bool, now time.Time) bool {
	section := actor == "fou" || actor == "fou2" || actor == "alt"
	committee := actor == "utvalg" || actor == "alt"
	owner := actor == "fageier"
	wrote := false
	for _, w := range []string{"edit", "set_dates", "write_nb", "write_nn"} {
		wrote = wrote || m.lastWriter[w] == actor
	}
	seen := !m.is(call.Draft, call.Approved, call.Cancelled) || m.is(call.Cancelled) && m.public || actor != ""
	undecided := !m.is(call.Decided, call.Announced, call.Closed, call.Cancelled)
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	ready := m.whole && day(m.opens) >= day(now)
	ok, to := false, m.state
	switch command {
	case "begin":
		ok, to = m.is(call.Planned) && section, call.Draft
	case "edit", "set_dates":
		ok = m.is(call.Planned, call.Draft) && section
	case "write_nb", "write_nn":
		ok = m.is(call.Draft) && section
	case "name_holders":
		ok = m.is(call.Draft) && section
	case "approve_content":
		ok = m.is(call.Draft) && owner && ready && !m.content && !wrote
	case "approve":
		ok, to = m.is(call.Draft) && committee && ready && m.content && m.keyed && !wrote && m.lastWriter["approve_content"] != actor, call.Approved
	case "return":
		ok, to = m.is(call.Approved) && (section || owner || committee) && reason, call.Draft
	case "propose_cancel":
		ok = undecided && section && m.proposer == ""
	case "keep":
		ok = undecided && (section || committee) && m.proposer != "" && reason
	case "cancel":
		ok, to = undecided && committee && m.proposer != "" && m.lastWriter["propose_cancel"] != actor, call.Cancelled
	case "tell_state": // that the applications are in
		ok, to = m.is(call.Assessment1, call.Open2, call.Proposed) && section, call.Assessment2
	}
	if !ok || !seen {
		return false
	}
	switch command {
	case "cancel":
		m.public = !m.is(call.Draft, call.Approved)
	case "edit", "write_nb", "write_nn", "set_dates", "return":
		m.content = false
	case "approve_content":
		m.content = true
	case "name_holders":
		m.keyed = false
	case "propose_cancel":
		m.proposer = actor
	case "keep":
		m.proposer = ""
	}
	m.lastWriter[command], m.state = actor, to
	return true
}

// tick moves the model as time does.
func (m *course) tick(now time.Time) {
	if m.state == call.Approved && !now.Before(m.opens) {
		m.state = call.Open1
	}
	if m.state == call.Open1 && now.After(m.closes.Add(call.Grace)) {
		m.state = call.Assessment1
	}
}

var modelled = []string{"name_holders", "begin", "edit", "set_dates", "write_nb", "write_nn", "approve_content", "approve", "return", "propose_cancel", "keep", "cancel", "tell_state"}

// Random people give random commands while the clock walks, sometimes back: what the
// model forbids never happens. So no call opens that two have not agreed to, and none
// that has closed opens again.
func TestRandomCourse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		r := start(t, d)
		begin := r.clock.Now()
		seen := map[string]int{}
		rapid.Check(t, func(rt *rapid.T) {
			r.clock.put(begin)
			c := draft(t, r.Service, whole...)
			m := &course{state: call.Draft, whole: true, lastWriter: map[string]string{}, opens: c.OpensAt(), closes: c.ClosesAt()}
			for _, w := range []string{"edit", "set_dates", "write_nb", "write_nn"} {
				m.lastWriter[w] = "fou"
			}
			if rapid.Bool().Draw(rt, "planned") {
				var err error
				if c, err = r.Kind.Create(fou, "register", input("title", "Planlagt"), nil); err != nil {
					rt.Fatal(err)
				}
				m = &course{state: call.Planned, lastWriter: map[string]string{}}
			}
			closed := false
			theThree := []string{"holder_1", "fou", "holder_2", "jurist", "holder_3", "utvalg"}
			for range rapid.SampledFrom([]int{6, 12, 24}).Draw(rt, "steps") {
				if m.is(call.Draft) && !m.keyed && rapid.Bool().Draw(rt, "ceremony") {
					rehearsed(t, r.Service, c.ID)
					m.keyed, m.lastWriter["name_holders"] = true, "fou"
				}
				if rapid.IntRange(0, 3).Draw(rt, "time") == 0 {
					r.clock.add(rapid.SampledFrom([]time.Duration{-24 * time.Hour, time.Hour, 20 * 24 * time.Hour, 45 * 24 * time.Hour}).Draw(rt, "on"))
					r.due(t)
					m.tick(r.clock.Now())
				} else {
					actor, command := rapid.SampledFrom(slices.Sorted(maps.Keys(who))).Draw(rt, "who"), rapid.SampledFrom(modelled).Draw(rt, "command")
					if able := m.able(r.clock.Now()); len(able) > 0 && rapid.Bool().Draw(rt, "allowed") {
						pick := rapid.SampledFrom(able).Draw(rt, "able")
						actor, command = pick[0], pick[1]
					}
					in := record.Input{Values: form.Of(map[string][]string{
						"name_holders": theThree, "edit": basics, "set_dates": dates, "write_nb": texts, "write_nn": inNorwegian, "propose_cancel": {"cancel_reason", "x"}, "tell_state": {"state", call.Assessment2},
					}[command]...)}
					reason := rapid.Bool().Draw(rt, "reason")
					if reason {
						in.Reason = "fordi"
					}
					from := m.state
					want := m.give(actor, command, reason, r.clock.Now())
					_, err := r.Kind.Do(who[actor], c.ID, command, in)
					if (err == nil) != want {
						rt.Fatalf("%s by %q in %s (reason %v) at %s: got %v, the model says %v", command, actor, from, reason, r.clock.Now(), err, want)
					}
					if want {
						seen[command]++
					}
				}
				now, err := r.Kind.Load(system, c.ID)
				if err != nil {
					rt.Fatal(err)
				}
				if now.State != m.state || now.ContentAt.IsZero() == m.content {
					rt.Fatalf("the call is %s (content %v), the model %s (%v)", now.State, now.ContentAt, m.state, m.content)
				}
				if closed && now.State == call.Open1 {
					rt.Fatal("a closed call is open again")
				}
				closed = closed || slices.Contains([]string{call.Assessment1, call.Assessment2}, now.State)
				if now.State == call.Open1 && m.lastWriter["approve_content"] == m.lastWriter["approve"] {
					rt.Fatal("one person opened the call")
				}
			}
		})
		if len(seen)*4 < len(modelled)*3 {
			t.Errorf("the walks gave only %d of %d commands: %v", len(seen), len(modelled), seen)
		}
		_, _, problems, err := r.Kind.Engine().Check(context.Background(), nil)
		must(t, err)
		for _, x := range problems {
			if x.RecordID != "B-2022-001" { // which stands in for a need
				t.Errorf("check: %+v", x)
			}
		}
		t.Log(seen)
	})
}

// able gives who may give which command now, with a reason.
func (m *course) able(now time.Time) [][2]string {
	var out [][2]string
	for _, actor := range slices.Sorted(maps.Keys(who)) {
		for _, command := range modelled {
			copied := *m
			copied.lastWriter = maps.Clone(m.lastWriter)
			if copied.give(actor, command, true, now) {
				out = append(out, [2]string{actor, command})
			}
		}
	}
	return out
}
