package facts_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"funn/internal/demo/facts"
)

// The states of requirement 3, in an order that every example's history keeps
// unless a step goes back with a reason.
var (
	needStates    = []string{"UTKAST", "MELDT", "UNDER_KLARGJØRING", "KLARGJORT", "DEKKET", "AVVIST", "VIRKEMIDDEL_VALGT", "UNDER_FREMSKAFFING", "BESVART", "LUKKET"}
	projectStates = []string{"OPPRETTET", "KONTRAHERT", "OPPSTARTET", "PÅGÅR", "SLUTTLEVERT", "GODKJENT", "LUKKET"}
	uptakeStates  = []string{"OPPRETTET", "FUNN_REGISTRERT", "IMPLIKASJON_VURDERT", "BESLUTTET", "PLAN_GODKJENT", "GJENNOMFØRES", "FULGT_OPP", "LUKKET"}
	dataStates    = []string{"KLADD", "SENDT", "RETURNERT", "KOMPLETT", "JURIDISK_VURDERING", "INNVILGET", "BESTILT", "UTTREKK", "UTLEVERT", "I_BRUK"}
	trialStates   = []string{"LOKALT", "TIL_PORT1", "VIDERE_UTPRØVING", "TIL_PORT2", "STOPPET"}
)

func reached(states []string, state, least string) bool {
	return slices.Index(states, state) >= slices.Index(states, least)
}

func checkSteps(t *testing.T, key string, states []string, steps []facts.Step) {
	t.Helper()
	if len(steps) == 0 {
		t.Fatalf("%s has no steps", key)
	}
	if steps[0].State != states[0] {
		t.Errorf("%s begins as %s, want %s", key, steps[0].State, states[0])
	}
	for i, s := range steps {
		at := slices.Index(states, s.State)
		if at < 0 {
			t.Errorf("%s: unknown state %s", key, s.State)
		}
		if s.On.After(facts.DemoDay) {
			t.Errorf("%s: %s happens on %s, after the demonstration's first day", key, s.State, s.On.Format(time.DateOnly))
		}
		if i == 0 {
			continue
		}
		if s.On.Before(steps[i-1].On) {
			t.Errorf("%s: %s comes before %s", key, s.State, steps[i-1].State)
		}
		if at <= slices.Index(states, steps[i-1].State) && steps[i-1].State != "RETURNERT" {
			t.Errorf("%s goes from %s to %s", key, steps[i-1].State, s.State)
		}
		if slices.Contains([]string{"AVVIST", "DEKKET", "RETURNERT", "STOPPET", "BESLUTTET"}, s.State) && s.Reason.IsZero() {
			t.Errorf("%s: %s needs a reason", key, s.State)
		}
	}
}

func TestExampleNeeds(t *testing.T) {
	present := map[string]bool{}
	overdue := 0
	for _, n := range facts.ExampleNeeds {
		checkSteps(t, n.Key, needStates, n.Steps)
		present[n.State()] = true
		if n.State() == "UTKAST" {
			continue
		}
		if n.Decide.IsZero() || n.Decision.IsZero() || len(n.Questions) == 0 {
			t.Errorf("%s is submitted without a question, a decision or its day", n.Key)
		}
		passed := func(state string) bool {
			return slices.ContainsFunc(n.Steps, func(s facts.Step) bool { return s.State == state })
		}
		if passed("KLARGJORT") && len(n.Searches) == 0 {
			t.Errorf("%s was clarified without a search", n.Key)
		}
		if passed("VIRKEMIDDEL_VALGT") != (len(n.Instruments) > 0) || passed("VIRKEMIDDEL_VALGT") == n.Choice.IsZero() {
			t.Errorf("%s: instruments %v, reason %q", n.Key, n.Instruments, n.Choice.Body)
		}
		if (n.State() == "DEKKET") != (len(n.CoveredBy) > 0) {
			t.Errorf("%s: state %s, covered by %v", n.Key, n.State(), n.CoveredBy)
		}
		if reached(needStates, n.State(), "UNDER_FREMSKAFFING") &&
			!slices.ContainsFunc(facts.ExampleProjects, func(p facts.ExampleProject) bool { return p.Need == n.Key }) {
			t.Errorf("%s is being answered by no project", n.Key)
		}
		for _, p := range facts.ExampleProjects {
			for _, d := range p.Deliverables {
				if p.Need == n.Key && d.Kind == facts.DeliverFinal && d.Due().After(n.Decide) {
					overdue++
				}
			}
		}
	}
	if len(present) < 8 {
		t.Errorf("needs stand in %d states, want 8 or more", len(present))
	}
	if overdue != 1 {
		t.Errorf("%d needs are answered too late for their decision, want 1 to show", overdue)
	}
}

func TestExampleProjects(t *testing.T) {
	moved, late := 0, 0
	for _, p := range facts.ExampleProjects {
		checkSteps(t, p.Key, projectStates, p.Steps)
		var sum int64
		for _, y := range p.Years {
			sum += y.Budget
			if y.Year > facts.DemoDay.Year()-1 && y.Spent != 0 {
				t.Errorf("%s has spent money in %d already", p.Key, y.Year)
			}
		}
		if sum != p.Award {
			t.Errorf("%s: the years sum to %d, the award is %d", p.Key, sum, p.Award)
		}
		if p.Contracted.AddDate(3, 0, 0).Before(p.PlannedEnd) {
			t.Errorf("%s is longer than three years", p.Key)
		}
		if reached(projectStates, p.State(), "OPPSTARTET") && p.StartUpMeeting.IsZero() {
			t.Errorf("%s runs without a start-up meeting", p.Key)
		}
		if (p.State() == "LUKKET") != p.NextFollowUp.IsZero() {
			t.Errorf("%s: state %s, next follow-up %s", p.Key, p.State(), p.NextFollowUp)
		}
		for _, d := range p.Deliverables {
			if d.Kind == facts.DeliverFinal {
				if got, want := !d.Accepted.IsZero(), reached(projectStates, p.State(), "GODKJENT"); got != want {
					t.Errorf("%s: final report accepted %v in state %s", p.Key, got, p.State())
				}
			}
			for i, f := range d.Forecasts {
				moved++
				if f.Cause == "" || f.Why.IsZero() {
					t.Errorf("%s: a forecast moved without a cause", d.Key)
				}
				if f.Made.After(facts.DemoDay) || i > 0 && f.Made.Before(d.Forecasts[i-1].Made) {
					t.Errorf("%s: forecasts out of order", d.Key)
				}
			}
			if d.Delivered.IsZero() && d.Due().After(d.Baseline) {
				late++
			}
			if !d.Accepted.IsZero() && d.Accepted.Before(d.Delivered) {
				t.Errorf("%s accepted before it was delivered", d.Key)
			}
		}
	}
	if moved < 3 || late < 1 {
		t.Errorf("%d forecasts moved, %d deliverables late; want some to show", moved, late)
	}
}

func TestExampleUptakes(t *testing.T) {
	present, outcomes := map[string]bool{}, map[string]bool{}
	for _, u := range facts.ExampleUptakes {
		checkSteps(t, u.Key, uptakeStates, u.Steps)
		present[u.State()] = true
		outcomes[u.Outcome] = true
		passed := func(state string) bool {
			return slices.ContainsFunc(u.Steps, func(s facts.Step) bool { return s.State == state })
		}
		if passed("FUNN_REGISTRERT") != (len(u.Findings) > 0) || len(u.Implications) != len(u.Findings) {
			t.Errorf("%s: %d findings, %d implications in state %s", u.Key, len(u.Findings), len(u.Implications), u.State())
		}
		for i, list := range u.Implications {
			if len(list) == 0 {
				t.Errorf("%s: finding %d has no implication", u.Key, i)
			}
		}
		for _, r := range u.Recommendations {
			if r.Kind == "" || r.To == "" || r.Finding >= len(u.Findings) {
				t.Errorf("%s: recommendation %+v", u.Key, r)
			}
			if passed("BESLUTTET") != (r.Answer != "") || (r.Answer != "") == r.Reason.IsZero() {
				t.Errorf("%s: answer %q with reason %q", u.Key, r.Answer, r.Reason.Body)
			}
		}
		if passed("BESLUTTET") != (u.Outcome != "") || (u.Outcome != "") == u.OutcomeReason.IsZero() {
			t.Errorf("%s: outcome %q with reason %q", u.Key, u.Outcome, u.OutcomeReason.Body)
		}
		if passed("PLAN_GODKJENT") && (len(u.Audiences) == 0 || len(u.Actions) == 0) {
			t.Errorf("%s: a plan without an audience or an action", u.Key)
		}
		for _, a := range u.Actions {
			if a.Owner == "" || a.Due.IsZero() || (a.Status == "FULLFØRT") == a.Done.IsZero() || (a.Status == "BORTFALT") == a.Reason.IsZero() {
				t.Errorf("%s: %+v", a.Key, a)
			}
			if passed("FULGT_OPP") && a.Status != "FULLFØRT" && a.Status != "BORTFALT" {
				t.Errorf("%s is followed up while %s is %s", u.Key, a.Key, a.Status)
			}
		}
	}
	if len(present) < 4 || !outcomes["ikke"] || !outcomes["bruk"] || !outcomes[""] {
		t.Errorf("uptakes stand in %v with outcomes %v", present, outcomes)
	}
}

func TestExampleCallsRequestsAndTrials(t *testing.T) {
	for _, c := range facts.ExampleCalls {
		if (c.State == facts.CallAssess2) == c.Deadline.After(facts.DemoDay) || (c.State == facts.CallDraft) != c.Opened.After(facts.DemoDay) {
			t.Errorf("%s is %s, opens on %s and closes on %s", c.Key, c.State, c.Opened, c.Deadline)
		}
		var asked int64
		for _, a := range facts.ExampleApplications {
			if a.Call == c.Key {
				asked += a.Asked
			}
		}
		if c.State == facts.CallAssess2 && asked <= c.Frame {
			t.Errorf("%s: %d asked of %d leaves the committee nothing to choose", c.Key, asked, c.Frame)
		}
	}
	for _, a := range facts.ExampleApplications {
		for _, s := range a.Assessments {
			i := slices.IndexFunc(facts.Persons, func(p facts.Person) bool { return p.ID == s.Assessor })
			if facts.Persons[i].Organisation == a.Institution {
				t.Errorf("%s is assessed by someone from the same institution", a.Key)
			}
			for _, score := range s.Scores {
				if score.Value < 1 || score.Value > 7 {
					t.Errorf("%s: score %d", a.Key, score.Value)
				}
			}
		}
	}
	for _, r := range facts.ExampleDataRequests {
		checkSteps(t, r.Key, dataStates, r.Steps)
	}
	for _, x := range facts.ExampleTrials {
		checkSteps(t, x.Key, trialStates, x.Steps)
		if (x.State() == "STOPPET") == x.Learning.IsZero() {
			t.Errorf("%s: state %s, learning %q", x.Key, x.State(), x.Learning.Body)
		}
	}
}

// TestExampleTasks holds that every kind of person the demonstration sends to
// work has some, and that some is overdue.
func TestExampleTasks(t *testing.T) {
	busy, overdue, done := map[string]bool{}, 0, 0
	for _, x := range facts.ExampleTasks {
		switch {
		case !x.Done.IsZero():
			done++
		case x.Due.Before(facts.DemoDay):
			overdue++
			busy[x.Owner] = true
		default:
			busy[x.Owner] = true
		}
	}
	for _, id := range []string{"fou", "fou2", "fageier", "utvalg", "analyse", "jurist", "statistikk", "anskaffelse", "kommunikasjon", "fylke", "kontor", "forsker", "fagvurderer2", "produktteam", "bibliotek", "atl"} {
		if !busy[id] {
			t.Errorf("%s has nothing to do", id)
		}
	}
	if overdue < 3 || done < 1 {
		t.Errorf("%d tasks overdue and %d done, want both to show", overdue, done)
	}
}

// TestExampleDaysAreWorkingDays holds that nobody in the examples works at a
// weekend.
func TestExampleDaysAreWorkingDays(t *testing.T) {
	visited := 0
	for name, root := range roots(t) {
		if !isExample(name) {
			continue
		}
		walk(reflect.ValueOf(root), name, func(path string, v reflect.Value) {
			d, ok := v.Interface().(time.Time)
			if !ok || d.IsZero() {
				return
			}
			visited++
			if d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
				t.Errorf("%s: %s is a %s", path, d.Format(time.DateOnly), d.Weekday())
			}
		})
	}
	if visited < 150 {
		t.Errorf("visited only %d days", visited)
	}
}
