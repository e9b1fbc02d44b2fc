package design

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var twoArms = []Arm{{Value: "control"}, {Value: "letter"}}

func numbered(n int) []Unit {
	units := make([]Unit, n)
	for i := range units {
		units[i] = Unit{
			ID:      fmt.Sprintf("office %03d", i+1),
			Stratum: []string{"north", "south", "west"}[i%3],
			X:       []float64{float64(i*i%97) / 10, math.Sqrt(float64(i + 1)), 3},
		}
	}
	return units
}

func specs() map[string]Spec {
	return map[string]Spec{
		"simple":       {Method: Simple, Seed: 1, Arms: twoArms},
		"complete":     {Method: Complete, Seed: 2, Arms: []Arm{{"a", 0.2}, {"b", 0.5}, {"c", 0.3}}},
		"blocked":      {Method: Blocked, Seed: 3, Arms: twoArms, BlockSize: 4},
		"stratified":   {Method: Blocked, Seed: 4, Arms: twoArms},
		"pairs":        {Method: MatchedPairs, Seed: 5, Arms: twoArms},
		"rerandomised": {Method: Rerandomised, Seed: 6, Arms: twoArms, Accept: 0.01},
		"waves":        {Method: Complete, Seed: 7, Arms: twoArms, Waves: 4},
	}
}

func randomise(t testing.TB, spec Spec, units []Unit) *Assignment {
	t.Helper()
	a, err := Randomise(spec, units)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// golden holds the first draws of each method with 31 units. They must never
// change: an assignment that was carried out must be possible to draw again
// with any later version.
var golden = map[string]string{
	"simple":       "cclllccccclllllc",
	"complete":     "ccbbbcbccbbbbaac",
	"blocked":      "lllccccccclcllcc",
	"stratified":   "llllclcclclclccc",
	"pairs":        "cclllclclclcclcc",
	"rerandomised": "clclcclllcclccll",
	"waves":        "c4c1c2c2l4c4l2c2c3l1l3l2c1l2l1l1",
}

func short(a *Assignment) string {
	var b strings.Builder
	for _, d := range a.Draws[:16] {
		fmt.Fprintf(&b, "%c", d.Arm[0])
		if d.Wave > 0 {
			fmt.Fprintf(&b, "%d", d.Wave)
		}
	}
	return b.String()
}

func TestDrawsNeverChange(t *testing.T) {
	for name, spec := range specs() {
		if got := short(randomise(t, spec, numbered(31))); got != golden[name] {
			t.Errorf("%s: draws = %q, want %q", name, got, golden[name])
		}
	}
}

// TestOrderOfUnitsDoesNotMatter holds that the list's order has no influence,
// and that the log can be replayed.
func TestOrderOfUnitsDoesNotMatter(t *testing.T) {
	for name, spec := range specs() {
		units := numbered(31)
		first := randomise(t, spec, units)
		slices.Reverse(units)
		if diff := cmp.Diff(first, randomise(t, spec, units)); diff != "" {
			t.Errorf("%s (-first +reversed):\n%s", name, diff)
		}
		if err := first.Verify(spec, units); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for i := range first.Draws {
			if first.Draws[i].Arm != first.Draws[0].Arm {
				first.Draws[i].Arm = first.Draws[0].Arm
				break
			}
		}
		if err := first.Verify(spec, units); err == nil {
			t.Errorf("%s: a changed draw was verified", name)
		}
		if err := first.Verify(spec, units[1:]); err == nil {
			t.Errorf("%s: other units were verified", name)
		}
	}
}

func counts(a *Assignment, key func(Draw) string) map[string]int {
	out := map[string]int{}
	for _, d := range a.Draws {
		out[key(d)]++
	}
	return out
}

func byArm(d Draw) string { return d.Arm }

func TestCounts(t *testing.T) {
	s := specs()
	if diff := cmp.Diff(map[string]int{"a": 6, "b": 15, "c": 9}, counts(randomise(t, s["complete"], numbered(30)), byArm)); diff != "" {
		t.Errorf("complete (-want +got):\n%s", diff)
	}
	want := map[string]int{}
	for _, stratum := range []string{"north", "south", "west"} {
		want[stratum+" control"], want[stratum+" letter"] = 10, 10
	}
	got := counts(randomise(t, s["stratified"], numbered(60)), func(d Draw) string { return d.Block + " " + d.Arm })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stratified (-want +got):\n%s", diff)
	}
	for block, n := range counts(randomise(t, s["blocked"], numbered(60)), func(d Draw) string { return d.Block + " " + d.Arm }) {
		if n != 2 {
			t.Errorf("block and arm %q has %d units, want 2", block, n)
		}
	}
	for pair, n := range counts(randomise(t, s["pairs"], numbered(60)), func(d Draw) string { return d.Block + " " + d.Arm }) {
		if n != 1 {
			t.Errorf("pair and arm %q has %d units, want 1", pair, n)
		}
	}
	for wave, n := range counts(randomise(t, s["waves"], numbered(120)), func(d Draw) string { return fmt.Sprint(d.Arm, d.Wave) }) {
		if n < 13 || n > 17 {
			t.Errorf("arm and wave %s has %d units of 120, want about 15", wave, n)
		}
	}
}

// TestEveryShareIsKept holds that each unit's chance of each arm is the arm's
// share, whatever the shares and sizes: counts of complete draws never miss
// their expectation by a unit or more.
func TestEveryShareIsKept(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(3, 200).Draw(rt, "n")
		first := rapid.Float64Range(0.05, 0.6).Draw(rt, "share")
		arms := []Arm{{"a", first}, {"b", 0.3}, {"c", 1 - first - 0.3}}
		units := numbered(n)
		for i := range units {
			units[i].Stratum = ""
		}
		got := counts(randomise(t, Spec{Method: Complete, Arms: arms, Seed: rapid.Uint64().Draw(rt, "seed")}, units), byArm)
		for _, a := range arms {
			if math.Abs(float64(got[a.Value])-a.Share*float64(n)) >= 1 {
				rt.Fatalf("arm %s has %d of %d, share %g", a.Value, got[a.Value], n, a.Share)
			}
		}
	})
}

// TestDrawsAreFair counts over many seeds how often a unit comes into the
// second arm: each method must treat every unit alike. With 4,000 seeds the
// standard error is 0.8 percentage points.
func TestDrawsAreFair(t *testing.T) {
	const seeds = 4000
	for name, spec := range specs() {
		if name == "complete" {
			continue
		}
		if name == "rerandomised" {
			spec.Accept = 0.3
		}
		units := numbered(9)
		treated := make([]int, len(units))
		for seed := range seeds {
			spec.Seed = uint64(seed)
			for i, d := range randomise(t, spec, units).Draws {
				if d.Arm == "letter" {
					treated[i]++
				}
			}
		}
		for i, n := range treated {
			if share := float64(n) / seeds; math.Abs(share-0.5) > 0.035 {
				t.Errorf("%s: unit %d is treated in %.3f of draws, want 0.5", name, i, share)
			}
		}
	}
}

func TestBelowIsUniform(t *testing.T) {
	s := newStream(9, "test")
	var n [7]int
	for range 70_000 {
		n[s.below(7)]++
	}
	chi := 0.0
	for _, c := range n {
		chi += float64(c-10_000) * float64(c-10_000) / 10_000
	}
	if chi > 22.5 { // P(chi-squared with 6 df > 22.46) = 0.001
		t.Errorf("counts %v, chi-squared %.1f", n, chi)
	}
}

// TestRerandomisedIsBalanced holds that the accepted share of distances is
// the share asked for, and that the arms are closer than without.
func TestRerandomisedIsBalanced(t *testing.T) {
	tried := 0
	for seed := range 200 {
		a := randomise(t, Spec{Method: Rerandomised, Seed: uint64(seed), Arms: twoArms, Accept: 0.1}, numbered(60))
		tried += a.Tried
		if a.Distance > a.Threshold {
			t.Fatalf("distance %g above the threshold %g", a.Distance, a.Threshold)
		}
	}
	// Draws needed are geometric with mean 10; 200 of them have a standard
	// error of 0.7. The chi-squared limit is near but not exact at 60 units.
	if mean := float64(tried) / 200; mean < 7 || mean > 13 {
		t.Errorf("%.1f draws on average, want about 10", mean)
	}
	// P(chi-squared with 2 df < x) = 0.1 at x = −2 ln 0.9.
	if got := distanceThreshold(0.1, 2); math.Abs(got+2*math.Log(0.9)) > 1e-5 {
		t.Errorf("threshold = %g, want %g", got, -2*math.Log(0.9))
	}
}

func TestUnbalancedGivesUp(t *testing.T) {
	_, err := Randomise(Spec{Method: Rerandomised, Arms: twoArms, Accept: 1e-9, MaxDraws: 3}, numbered(30))
	if !errors.Is(err, ErrUnbalanced) {
		t.Errorf("error = %v, want ErrUnbalanced", err)
	}
}

// TestPairsAreClosest compares the matching with the best of all matchings, found
// by trying every one: the sum of squared distances is the smallest there is, and
// so is that of the rest when one unit must stay alone.
func TestPairsAreClosest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		units := make([]Unit, rapid.IntRange(2, 11).Draw(rt, "units"))
		grid := rapid.Bool().Draw(rt, "on a grid") // many equal distances
		for i := range units {
			x := []float64{rapid.Float64Range(-1, 1).Draw(rt, "x"), rapid.Float64Range(-1, 1).Draw(rt, "y")}
			if grid {
				x[0], x[1] = math.Round(2*x[0]), math.Round(2*x[1])
			}
			units[i] = Unit{ID: fmt.Sprintf("%02d", i), X: x}
		}
		members := allOf(units)
		white := whiten(units, members)
		total := 0.0
		seen := map[int]bool{}
		alone := 0
		for _, p := range matchPairs(units, members) {
			for _, i := range p {
				if seen[i] {
					rt.Fatalf("unit %d is in two pairs", i)
				}
				seen[i] = true
			}
			if len(p) == 1 {
				alone++
				continue
			}
			total += squaredDistance(white[p[0]], white[p[1]])
		}
		if len(seen) != len(units) || alone != len(units)%2 {
			rt.Fatalf("%d of %d units are matched, %d alone", len(seen), len(units), alone)
		}
		best := math.Inf(1)
		if len(units)%2 == 0 {
			best = bestMatching(white, members)
		} else {
			for i := range members {
				best = min(best, bestMatching(white, slices.Delete(slices.Clone(members), i, i+1)))
			}
		}
		if total > best+1e-7 {
			rt.Fatalf("sum of distances %g, the best possible is %g", total, best)
		}
	})
}

func bestMatching(white [][]float64, left []int) float64 {
	if len(left) == 0 {
		return 0
	}
	best := math.Inf(1)
	for i := 1; i < len(left); i++ {
		rest := slices.Delete(slices.Clone(left), i, i+1)[1:]
		best = min(best, squaredDistance(white[left[0]], white[left[i]])+bestMatching(white, rest))
	}
	return best
}

// TestManyPairs: in large strata the pairs are those that no exchange of partners
// between two of them improves, and below that the optimum is no worse.
func TestManyPairs(t *testing.T) {
	units := numbered(300)
	for i := range units {
		units[i].X = []float64{math.Sin(float64(i * i)), math.Cos(float64(3 * i)), float64(i * 7 % 31)}
	}
	white := whiten(units, allOf(units))
	distance := func(a, b int) float64 { return squaredDistance(white[a], white[b]) }
	sum := func(pairs [][2]int) float64 {
		s := 0.0
		for _, p := range pairs {
			s += distance(p[0], p[1])
		}
		return s
	}
	near := greedy(len(units), distance)
	for i, p := range near {
		for _, q := range near[:i] {
			now := distance(p[0], p[1]) + distance(q[0], q[1])
			if other := min(distance(p[0], q[0])+distance(p[1], q[1]), distance(p[0], q[1])+distance(p[1], q[0])); other < now*(1-1e-9) {
				t.Fatalf("exchanging partners of %v and %v brings %g down to %g", p, q, now, other)
			}
		}
	}
	best := closest(len(units), distance)
	if len(best) != 150 || sum(best) > sum(near) {
		t.Errorf("%d pairs at %g; without looking for the optimum %g", len(best), sum(best), sum(near))
	}
	t.Logf("sum of squared distances: closest %.2f, greedy with exchanges %.2f", sum(best), sum(near))
}

func TestRandomiseRefusals(t *testing.T) {
	good := numbered(10)
	with := func(change func(u []Unit)) []Unit {
		u := numbered(10)
		change(u)
		return u
	}
	plain := numbered(4)
	for i := range plain {
		plain[i].X = nil
	}
	constant := numbered(4)
	for i := range constant {
		constant[i].X = []float64{1}
	}
	for name, tt := range map[string]struct {
		spec  Spec
		units []Unit
		want  string
	}{
		"one arm":        {Spec{Method: Simple, Arms: twoArms[:1]}, good, "at least two"},
		"too few units":  {Spec{Method: Simple, Arms: twoArms}, good[:1], "1 units for 2 arms"},
		"no name":        {Spec{Method: Simple, Arms: twoArms}, with(func(u []Unit) { u[0].ID = "" }), "has no name"},
		"name twice":     {Spec{Method: Simple, Arms: twoArms}, with(func(u []Unit) { u[0].ID = u[1].ID }), "listed twice"},
		"missing x":      {Spec{Method: Simple, Arms: twoArms}, with(func(u []Unit) { u[0].X[0] = math.NaN() }), "lacks a covariate"},
		"uneven x":       {Spec{Method: Simple, Arms: twoArms}, with(func(u []Unit) { u[3].X = nil }), "0 covariates"},
		"shares":         {Spec{Method: Simple, Arms: []Arm{{"a", 0.5}, {"b", 0.6}}}, good, "add up to 1.1"},
		"negative share": {Spec{Method: Simple, Arms: []Arm{{"a", -0.5}, {"b", 1.5}}}, good, "negative share"},
		"pairs of three": {Spec{Method: MatchedPairs, Arms: append(twoArms, Arm{Value: "c"})}, good, "two arms"},
		"pairs of none":  {Spec{Method: MatchedPairs, Arms: twoArms}, plain, "covariates"},
		"too many pairs": {Spec{Method: MatchedPairs, Arms: twoArms}, numbered(maxPaired + 1), "too many"},
		"accept":         {Spec{Method: Rerandomised, Arms: twoArms, Accept: 1}, good, "between 0 and 1"},
		"nothing varies": {Spec{Method: Rerandomised, Arms: twoArms, Accept: 0.1}, constant, "no covariate varies"},
		"unknown method": {Spec{Method: "dice", Arms: twoArms}, good, "unknown"},
	} {
		if _, err := Randomise(tt.spec, tt.units); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error = %v, want %q", name, err, tt.want)
		}
	}
}

func BenchmarkRandomise(b *testing.B) {
	units := numbered(1000)
	for name, spec := range specs() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Randomise(spec, units); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
