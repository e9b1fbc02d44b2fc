package effect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"funn/effect"

	"github.com/google/go-cmp/cmp"
)

// figures lists what was withheld.
func figures(r *effect.Result) []string {
	out := []string{}
	for _, w := range r.Withheld {
		out = append(out, w.Figure+" ("+w.Rule+")")
	}
	return out
}

// trialCSV writes a trial with so many in each group: [arm][outcome].
func trialCSV(groups [2][2]int) string {
	var b strings.Builder
	b.WriteString("t,y,w\n")
	for arm := range groups {
		for y, n := range groups[arm] {
			for i := range n {
				fmt.Fprintf(&b, "%d,%d,%d\n", arm, y, 1+i%3)
			}
		}
	}
	return b.String()
}

// TestFewWithTheOutcome: from an exact difference of two shares and the arms'
// sizes the counts behind could be worked out, so with two of 100 neither
// share nor difference is told.
func TestFewWithTheOutcome(t *testing.T) {
	const basic = "design: rct\noutcomes: y\ntreatment: t\n"
	r := run(t, parsePlan(t, basic), csvTable(t, trialCSV([2][2]int{{98, 2}, {80, 20}})))
	want := []string{
		"the mean of y in the control arm (fewer than 5)",
		"the effect on y, t (fewer than 5)",
	}
	if diff := cmp.Diff(want, figures(r)); diff != "" {
		t.Errorf("withheld (-want +got):\n%s", diff)
	}
	if e := r.Estimates[0]; e.Estimate.Known() || e.SE.Known() || e.CILow.Known() || e.P.Known() || len(r.Outcomes[0].Verdicts) != 0 {
		t.Errorf("the effect is told: %+v, %+v", e, r.Outcomes[0])
	}
	// With enough in every cell it is told.
	r = run(t, parsePlan(t, basic), csvTable(t, trialCSV([2][2]int{{90, 10}, {80, 20}})))
	if len(r.Withheld) != 0 || !r.Estimates[0].Estimate.Known() || !same(r.Outcomes[0].ControlMean, 0.1, 1e-12) {
		t.Errorf("withheld %q, control mean %v", figures(r), r.Outcomes[0].ControlMean)
	}
}

// TestSmallArm withholds all that rests on four people.
func TestSmallArm(t *testing.T) {
	text := "t,y\n"
	for i := range 60 {
		arm := 0
		if i%15 == 0 {
			arm = 1
		}
		text += fmt.Sprintf("%d,%d.5\n", arm, i*i%17)
	}
	r := run(t, parsePlan(t, "design: rct\noutcomes: y\ntreatment: t\n"), csvTable(t, text))
	for _, e := range r.Estimates {
		if e.Estimate.Known() {
			t.Errorf("an effect on four people is told: %+v", e)
		}
	}
	for _, a := range r.Arms {
		if a.Value == "1" && a.N.Known() {
			t.Errorf("the size of the small arm is told: %+v", a)
		}
	}
	// The total is told, so the other arm's size would give the small one's.
	if r.Arms[0].N.Known() {
		t.Errorf("the other arm's size gives the small one's away: %+v", r.Arms)
	}
	if r.Outcomes[0].ControlMean.Known() {
		t.Errorf("a mean is told beside four people: %+v", r.Outcomes[0])
	}
}

// TestMissingFewAreNotCounted: that two people did not answer is not told.
func TestMissingFewAreNotCounted(t *testing.T) {
	text := "t,y\n"
	for i := range 100 {
		y := fmt.Sprint(i * i % 17)
		if i == 7 || i == 12 {
			y = ""
		}
		text += fmt.Sprintf("%d,%s\n", i%2, y)
	}
	r := run(t, parsePlan(t, "design: rct\noutcomes: y\ntreatment: t\n"), csvTable(t, text))
	if r.Flow.Missing[0].Rows.Known() {
		t.Errorf("missing = %+v", r.Flow.Missing)
	}
	if !slices.Contains(r.Warnings, "y lacks a value in a few rows; models that use it leave them out") {
		t.Errorf("warnings = %q", r.Warnings)
	}
	for _, row := range r.Flow.Rows {
		if row.Without.Known() || row.With.Known() {
			t.Errorf("the flow tells a count from which the few follow: %+v", row)
		}
	}
}

// TestRareLevel withholds the coefficient and the balance of a level three
// people have, and what the totals would give away.
func TestRareLevel(t *testing.T) {
	text := "t,y,f\n"
	for i := range 120 {
		level := string(rune('a' + i%2))
		if i < 3 {
			level = "rare"
		}
		text += fmt.Sprintf("%d,%d.5,%s\n", (i/2)%2, i*i%17, level)
	}
	r := run(t, parsePlan(t, "design: rct\noutcomes: y\ntreatment: t\nfactors: f\n"), csvTable(t, text))
	for _, c := range r.Coefficients {
		if c.Term == "f=rare" {
			t.Errorf("the coefficient of three people is told: %+v", c)
		}
	}
	hidden := 0
	for _, row := range r.Balance.Rows {
		if row.Level == "rare" && (row.Mean.Known() || row.SMD.Known()) {
			t.Errorf("the balance of three people is told: %+v", row)
		}
		if !row.Mean.Known() {
			hidden++
		}
	}
	if hidden < 2 {
		t.Errorf("only %d levels are withheld; the rare one follows from the others", hidden)
	}
}

// TestSubgroupOfFew withholds the effect in a group with few in an arm.
func TestSubgroupOfFew(t *testing.T) {
	text := "t,y,g\n"
	for i := range 200 {
		group := "many"
		if i%40 == 0 {
			group = "few"
		}
		text += fmt.Sprintf("%d,%d.5,%s\n", (i/40+i)%2, i*i%17, group)
	}
	r := run(t, parsePlan(t, "design: rct\noutcomes: y\ntreatment: t\nsubgroups: g\n"), csvTable(t, text))
	for _, e := range r.Estimates {
		if e.Subgroup != nil && e.Estimate.Known() != (e.Subgroup.Value == "many") {
			t.Errorf("%s: %+v", e.Subgroup.Value, e)
		}
	}
}

// TestDominance withholds a mean of which one unit makes up most.
func TestDominance(t *testing.T) {
	text := "t,y\n"
	for i := range 40 {
		y := 1 + i%3
		if i == 6 {
			y = 1000
		}
		text += fmt.Sprintf("%d,%d\n", i%2, y)
	}
	const basic = "design: rct\noutcomes: y\ntreatment: t\ndisclosure: {threshold: 5, dominance: {n: 1, share: 0.8}}\n"
	r := run(t, parsePlan(t, basic), csvTable(t, text))
	if r.Outcomes[0].ControlMean.Known() || !slices.Contains(figures(r), "the mean of y in the control arm (dominance)") {
		t.Errorf("control mean %v, withheld %q", r.Outcomes[0].ControlMean, figures(r))
	}
}
