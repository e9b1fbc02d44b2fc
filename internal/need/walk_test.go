package need_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"funn/internal/need"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/record"
)

// model is a need as the plan and requirements 3.1 have it, written a second
// time and as plainly as can be.
type model struct {
	state, back       string // back is where it returns to
	described         bool
	searches          int
	decision          time.Time
	forecast          time.Time
	useDecided        bool
	support           []string // units
	partner, assigned bool
	comments          int
	events            int
}

var (
	clarifiable = []string{need.Reported, need.Clarifying, need.Clarified, need.InstrumentChosen}
	pausable    = append(slices.Clone(clarifiable), need.Acquiring)
	boarded     = append(slices.Clone(pausable), need.Answered)
)

// stands gives the state that what happens outside the need goes by.
func (m *model) stands() string {
	if m.state == need.Paused {
		return m.back
	}
	return m.state
}

func (m *model) is(states ...string) bool { return slices.Contains(states, m.state) }

// sees says who may read the need: reported by the office, taken by fou for the
// subject owner.
func (m *model) sees(who string) bool {
	switch who {
	case "":
		return false
	case "forsker":
		return m.partner && m.state != need.Draft
	case "kontor":
		return true
	}
	return m.state != need.Draft
}

// give says whether the command is allowed and changes the model when it is.
func (m *model) give(who, command string, reason bool, day time.Time) bool {
	section := who == "fou" || who == "fou2"
	owner := m.assigned && who == "fageier"
	writer := section || owner || who == "analyse"
	employed := who != "" && who != "forsker"
	to := m.state
	ok := false
	switch command {
	case "edit":
		ok = m.is(need.Draft) && who == "kontor"
	case "submit":
		ok, to = m.is(need.Draft) && who == "kontor", need.Reported
	case "take":
		ok, to = m.is(need.Reported) && section, need.Clarifying
	case "describe":
		ok = m.is(need.Clarifying) && writer
	case "search":
		ok = m.is(need.Clarifying, need.Clarified) && (writer || who == "bibliotek")
	case "sign":
		ok, to = m.is(need.Clarifying) && owner && m.described && m.searches > 0, need.Clarified
	case "rework":
		ok, to = m.is(need.Clarified, need.InstrumentChosen) && writer && reason, need.Clarifying
	case "choose": // internally, of Nav's own services: needs a reason
		ok, to = m.is(need.Clarified) && (section || who == "analyse") && reason, need.InstrumentChosen
	case "close":
		ok, to = m.is(need.Answered) && owner && m.useDecided, need.Closed
	case "second":
		unit := home(who)
		ok = m.is(boarded...) && employed && unit != home("kontor") && !slices.Contains(m.support, unit)
	case "comment":
		ok = (m.is(boarded...) || m.is(need.Closed, need.Covered, need.Paused)) && (employed || who == "forsker" && m.partner)
	case "invite":
		ok = m.is(boarded...) && section
	case "move_decision":
		ok = m.is(need.Clarified, need.InstrumentChosen, need.Acquiring, need.Answered) && owner && reason
	case "pause":
		ok, to = m.is(pausable...) && section && reason, need.Paused
	case "resume":
		ok, to = m.is(need.Paused) && (section || owner) && reason, m.back
	case "merge":
		ok, to = m.is(clarifiable...) && section && reason, need.Merged
	case "reject":
		ok, to = m.is(clarifiable...) && section && reason, need.Rejected
	case "reopen":
		ok, to = m.is(need.Merged, need.Rejected) && (section || owner) && reason, m.back
	}
	if !ok || !m.sees(who) {
		return false
	}
	switch command {
	case "take":
		m.assigned = true
	case "describe":
		m.described, m.decision = true, day
	case "edit", "move_decision":
		m.decision = day
	case "search":
		m.searches++
	case "second":
		m.support = append(m.support, home(who))
	case "comment":
		m.comments++
	case "invite":
		m.partner = true
	case "pause", "merge", "reject":
		m.back = m.state
	case "resume", "reopen":
		m.back = ""
	}
	m.state = to
	m.events++
	return true
}

// able gives who may give each command now, with a reason.
func (m *model) able(who []string) map[string][]string {
	out := map[string][]string{}
	for _, actor := range who {
		for _, command := range modelled {
			if copied := *m; copied.give(actor, command, true, m.decision) {
				out[command] = append(out[command], actor)
			}
		}
	}
	return out
}

// hear changes the model by what happens to the work that answers the need.
func (m *model) hear(what string, day time.Time) {
	at := m.stands()
	switch {
	case what == "started" && at == need.InstrumentChosen:
		m.state, m.back = need.Acquiring, ""
	case what == "answered" && (at == need.InstrumentChosen || at == need.Acquiring):
		m.state, m.back = need.Answered, ""
	case what == "decided" && (at == need.InstrumentChosen || at == need.Acquiring || at == need.Answered):
		m.useDecided = true
	case what == "expect" && slices.Contains(pausable, at) && !day.Equal(m.forecast):
		m.forecast = day
	default:
		return
	}
	m.events++
}

func home(who string) string {
	if g := people[who].Grants; len(g) > 0 {
		return g[0].Unit
	}
	return ""
}

// Random people give random commands, and the work moves on beside them: what
// the model forbids never happens, and everything that happens is kept.
func TestRandomLife(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		other := h.in(t, need.Clarifying)
		who := []string{"kontor", "fageier", "fou", "fou2", "analyse", "bibliotek", "jurist", "forsker", ""}
		commands := append([]string{"start", "report", "nothing"}, modelled...)
		seen := map[string]int{}
		rapid.Check(t, func(rt *rapid.T) {
			n, m := begin(rt, h, rapid.SampledFrom(append([]string{need.Draft}, boarded...)).Draw(rt, "begin"))
			for range rapid.SampledFrom([]int{4, 12, 24, 40}).Draw(rt, "steps") {
				day := time.Date(2023, 1, 2+rapid.IntRange(1, 300).Draw(rt, "day"), 0, 0, 0, 0, time.UTC)
				if heard := rapid.SampledFrom([]string{"", "", "", "started", "answered", "decided", "expect"}).Draw(rt, "heard"); heard != "" {
					tell := map[string]func() error{
						"started":  func() error { return h.s.Started(context.Background(), n.ID) },
						"answered": func() error { return h.s.AnsweredBy(context.Background(), n.ID) },
						"decided":  func() error { return h.s.UseDecided(context.Background(), n.ID) },
						"expect":   func() error { return h.s.Expect(context.Background(), n.ID, day) },
					}[heard]
					if err := tell(); err != nil {
						rt.Fatalf("%s in %s: %v", heard, m.state, err)
					}
					m.hear(heard, day)
					continue
				}
				actor, command := rapid.SampledFrom(who).Draw(rt, "who"), rapid.SampledFrom(commands).Draw(rt, "command")
				if able := m.able(who); len(able) > 0 && rapid.Bool().Draw(rt, "allowed") {
					// One of the commands that somebody may give now, so that the walk comes far.
					command = rapid.SampledFrom(slices.Sorted(maps.Keys(able))).Draw(rt, "able")
					actor = rapid.SampledFrom(able[command]).Draw(rt, "by")
				}
				input := told(command, day, other.ID)
				reason := rapid.SampledFrom([]bool{true, true, true, false}).Draw(rt, "reason")
				if reason {
					input.Reason = "because"
				}
				from := m.state
				want := m.give(actor, command, reason, day)
				_, err := h.k.Do(as(actor), n.ID, command, input)
				if (err == nil) != want {
					rt.Fatalf("%s by %q in %s (reason %v): got %v, the model says %v", command, actor, from, reason, err, want)
				}
				if want {
					seen[command]++
				}
			}
			check(rt, h, n, m, who)
		})
		// The walks are random, so the rarest command may be missed in a run;
		// a quarter missed would mean that the model is stuck.
		if len(seen)*4 < len(modelled)*3 {
			t.Errorf("the walks gave only %d of %d commands: %v", len(seen), len(modelled), seen)
		}
		if _, _, problems, err := h.e.Check(context.Background(), nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
}

// begin makes a need that stands in the state, and the model of it.
func begin(rt *rapid.T, h house, state string) (*need.Need, *model) {
	if state == need.Draft {
		n, err := h.k.Create(as("kontor"), "report", in("title", "Why?", "problem", "x", "as_draft", "true"), nil)
		if err != nil {
			rt.Fatal(err)
		}
		return n, &model{state: need.Draft, events: 1}
	}
	n := h.in(rt, state)
	return n, &model{
		state: state, assigned: n.Owner != "", described: len(n.Questions.V) > 0, searches: len(n.Searches.V), decision: n.DecisionDate, events: n.Version,
	}
}

// told is what each command is told.
func told(command string, day time.Time, other string) record.Input {
	switch command {
	case "edit":
		return in("title", "Why?", "problem", "x", "decision_date", day.Format(time.DateOnly))
	case "take":
		return in("case_worker", "fou", "owner", "fageier")
	case "describe":
		return describing("decision_date", day.Format(time.DateOnly))
	case "search":
		return searching()
	case "choose":
		return choosing("internal_analysis", "internal", "evaluates_nav", "true")
	case "comment":
		return in("text", "hello")
	case "invite":
		return in("partner", "forsker")
	case "move_decision":
		return in("decision_date", day.Format(time.DateOnly))
	case "pause":
		return in("review_date", day.Format(time.DateOnly))
	case "merge":
		return in("into", other)
	}
	return in()
}

// check holds the stored need and everything that follows from it to the model.
func check(rt *rapid.T, h house, n *need.Need, m *model, who []string) {
	now, err := h.k.Load(as(""), n.ID)
	if err != nil {
		rt.Fatal(err)
	}
	log, err := event.Of(as(""), h.e.DB, n.ID)
	if err != nil {
		rt.Fatal(err)
	}
	alert := ""
	if !m.decision.IsZero() && m.forecast.After(m.decision) && !m.is(need.Closed, need.Rejected, need.Merged, need.Covered) {
		alert = need.Late
	}
	got := fmt.Sprintf("%s back %q, %d events, version %d, %d searches, support %d of %d, %d comments, decision %v, forecast %v, decided %v, alert %q, signed %v",
		now.State, now.PausedState, len(log), now.Version, len(now.Searches.V), now.SupportCount, len(now.Support.V), len(now.Comments.V), now.DecisionDate, now.Forecast, !now.DecidedAt.IsZero(), now.Alert,
		now.SignedBy != "" && now.State == need.Clarifying)
	want := fmt.Sprintf("%s back %q, %d events, version %d, %d searches, support %d of %d, %d comments, decision %v, forecast %v, decided %v, alert %q, signed %v",
		m.state, m.back, m.events, m.events, m.searches, len(m.support), len(m.support), m.comments, m.decision, m.forecast, m.useDecided, alert, false)
	if got != want {
		rt.Fatalf("the need and the model differ:\n got %s\nwant %s", got, want)
	}
	for _, p := range who {
		listed, err := h.k.Count(as(p), *new(db.Where).And("r.id = ?", n.ID))
		if err != nil {
			rt.Fatal(err)
		}
		if (listed == 1) != m.sees(p) || h.k.May(as(p), now) != m.sees(p) {
			rt.Fatalf("%q in %s: in the list %d times, may read %v; the model says %v", p, m.state, listed, h.k.May(as(p), now), m.sees(p))
		}
		actions, err := h.k.Actions(as(p), now)
		if err != nil {
			rt.Fatal(err)
		}
		for _, a := range actions {
			// The page reads a need before it offers anything; what it offers without a
			// ground against it can be done, told a reason.
			if copied := *m; m.sees(p) && len(a.Verdict.Blocking) == 0 && slices.Contains(modelled, a.Name) && !copied.give(p, a.Name, true, m.decision) {
				rt.Fatalf("the page offers %s to %q in %s", a.Name, p, m.state)
			}
		}
	}
	late := now.Timing(h.e.Today(context.Background())) == need.AfterDecision
	if late != (alert == need.Late && m.state != need.Draft) {
		rt.Fatalf("timing says late %v, the alert is %q in %s", late, alert, m.state)
	}
}

// modelled are the commands that the model knows.
var modelled = []string{
	"edit", "submit", "take", "describe", "search", "sign", "rework", "choose", "close", "second", "comment", "invite", "move_decision",
	"pause", "resume", "merge", "reject", "reopen",
}
