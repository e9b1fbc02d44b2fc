package effect_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"funn/effect"
	"funn/effect/data"
	"funn/effect/plan"

	"pgregory.net/rapid"
)

// TestFormOfTreatmentDoesNotMatter: numbers, yes and no, text, and numbers
// other than 0 and 1 that the plan calls arms, give the same effect.
func TestFormOfTreatmentDoesNotMatter(t *testing.T) {
	const n = 120
	y, x := make([]float64, n), make([]float64, n)
	number, decimal, flag, text, codes := make([]int64, n), make([]float64, n), make([]bool, n), make([]string, n), make([]int64, n)
	for i := range n {
		treated := (i*7)%3 == 0
		y[i], x[i] = float64((i*i*13)%41), float64(i%11)
		flag[i], text[i], codes[i] = treated, "control", 2
		if treated {
			number[i], decimal[i], text[i], codes[i] = 1, 1, "a letter", 1
		}
	}
	m := memory(t, data.Floats("y", y), data.Floats("x", x), data.Ints("number", number), data.Floats("decimal", decimal),
		data.Bools("flag", flag), data.Strings("text", text), data.Ints("codes", codes))
	want := run(t, parsePlan(t, "design: rct\noutcomes: y\ntreatment: number\ncovariates: x"), m).Estimates[0]
	for head, term := range map[string]string{
		"treatment: number\narms: [0, 1]":                                 "number",
		"treatment: decimal\narms: [0, 1]":                                "decimal",
		"treatment: flag":                                                 "flag",
		"treatment: flag\narms: [false, true]":                            "flag",
		"treatment: text\narms: [control, a letter]":                      "text=a letter",
		"treatment: codes\narms: [{value: 1}, {value: 2, control: true}]": "codes=1",
	} {
		p := parsePlan(t, "design: rct\noutcomes: y\ncovariates: x\n"+head)
		e := run(t, p, m).Estimates[0]
		if e.Term != term || !same(e.Estimate, want.Estimate, 1e-12) || !same(e.SE, want.SE, 1e-12) {
			t.Errorf("%s: %s = %v (%v), want %v (%v)", head, e.Term, e.Estimate, e.SE, want.Estimate, want.SE)
		}
	}
}

// TestLoneUnitsAreRefused: with one unit of a block in an arm the blocked
// estimator has no variance, and the refusal says what to do for pairs.
func TestLoneUnitsAreRefused(t *testing.T) {
	text := "s,t,y\n"
	for i := range 20 {
		text += fmt.Sprintf("%d,%d,%d\n", i/2, i%2, i*i%17)
	}
	_, err := effect.Run(ctx, parsePlan(t, "design: blocked\noutcomes: y\ntreatment: t\nstrata: s"), csvTable(t, text), effect.Options{})
	if err == nil || !strings.Contains(err.Error(), "for pairs use estimator difference_in_means") {
		t.Errorf("error = %v", err)
	}
}

// TestNothingThatShouldNotMatterDoes: row order, the names of categories and
// where zero is on a covariate change no estimate beyond 1e-10. The covariate has
// few bits, so that adding 1e6 to it is exact.
func TestNothingThatShouldNotMatterDoes(t *testing.T) {
	plans := []string{
		"design: cluster\noutcomes: y\ntreatment: t\ncovariates: x\nfactors: f\ncluster: c\nestimator: ols\nsubgroups: f",
		"design: rct\noutcomes: y\ntreatment: t\ncovariates: x\nfactors: f\nestimator: lin",
		"design: panel\noutcomes: y\ntreatment: t\ncovariates: x\nabsorb: [f, c]\nvcov: HC1",
		"design: iv\noutcomes: y\ntreatment: x\ninstrument: t\nfactors: f",
	}
	rapid.Check(t, func(rt *rapid.T) {
		n := 80
		seed := rapid.IntRange(1, 1000).Draw(rt, "seed")
		y, x, shifted, treat := make([]float64, n), make([]float64, n), make([]float64, n), make([]int64, n)
		f, renamed, c := make([]string, n), make([]string, n), make([]string, n)
		for i := range n {
			c[i] = fmt.Sprint((i * seed) % 12)
			treat[i] = int64(i*seed) % 12 % 2
			x[i] = float64((i*i*seed)%97)/8 + float64(treat[i])
			shifted[i] = x[i] + 1e6
			f[i] = string(rune('a' + (i*i+seed)%3))
			renamed[i] = map[string]string{"a": "first", "b": "g", "c": "last"}[f[i]] // keeps the order, so the reference
			y[i] = math.Sin(float64(i*seed)) + x[i] + float64(treat[i])
		}
		m := memory(t, data.Floats("y", y), data.Ints("t", treat), data.Floats("x", x), data.Strings("f", f), data.Strings("c", c))
		order := rapid.Permutation(indices(n)).Draw(rt, "order")
		other := memory(t, data.Floats("y", y), data.Ints("t", treat), data.Floats("x", shifted), data.Strings("f", renamed), data.Strings("c", c)).Take(order)
		for _, text := range plans {
			p := parsePlan(t, text)
			a, errA := effect.Run(ctx, p, m, effect.Options{})
			b, errB := effect.Run(ctx, p, other, effect.Options{})
			if (errA == nil) != (errB == nil) {
				rt.Fatalf("%v; %v", errA, errB)
			}
			if errA != nil {
				continue
			}
			for i, want := range a.Estimates {
				got := b.Estimates[i]
				if !near(want.Estimate, got.Estimate, want.SE) || !near(want.SE, got.SE, want.SE) {
					rt.Fatalf("%s: %s %v (%v), then %v (%v)", text, want.Term, want.Estimate, want.SE, got.Estimate, got.SE)
				}
			}
		}
	})
}

// near compares to 1e-10 of the larger of the number and its standard error.
func near(a, b, se effect.Number) bool {
	if !a.Known() || !b.Known() {
		return a.Known() == b.Known()
	}
	return math.Abs(float64(a-b)) <= 1e-10*max(math.Abs(float64(a)), float64(se))
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// TestNeverPanics runs plans of all kinds on tables of all kinds: the answer
// is a result that can be written and read, or an error.
func TestNeverPanics(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(rt, "rows")
		var columns []data.Column
		names := []string{"a", "b", "c", "d", "e"}
		for _, name := range names {
			every := rapid.IntRange(2, 30).Draw(rt, "missing every")
			missing := func(i int) bool { return (i*7+3)%every == 0 }
			switch rapid.IntRange(0, 4).Draw(rt, "kind") {
			case 0:
				columns = append(columns, data.Floats(name, rapid.SliceOfN(rapid.SampledFrom([]float64{0, 1, 2.5, -3, 1e9, 1e-9, math.Inf(1), math.NaN()}), n, n).Draw(rt, "floats")).WithMissing(missing))
			case 1:
				columns = append(columns, data.Ints(name, rapid.SliceOfN(rapid.Int64Range(0, 1), n, n).Draw(rt, "zeros and ones")).WithMissing(missing))
			case 2:
				columns = append(columns, data.Ints(name, rapid.SliceOfN(rapid.Int64Range(-3, 30), n, n).Draw(rt, "ints")))
			case 3:
				columns = append(columns, data.Bools(name, rapid.SliceOfN(rapid.Bool(), n, n).Draw(rt, "bools")))
			default:
				columns = append(columns, data.Strings(name, rapid.SliceOfN(rapid.SampledFrom([]string{"", "x", "y:z", "0"}), n, n).Draw(rt, "texts")).WithMissing(missing))
			}
		}
		m := memory(t, columns...)
		text := rapid.SampledFrom([]string{
			"design: rct\noutcomes: a\ntreatment: b",
			"design: rct\noutcomes: [a, c]\ntreatment: b\ncovariates: d\nfactors: e\nestimator: lin\nsubgroups: e",
			"design: rct\noutcomes: a\ntreatment: b\ncovariates: d\nfactors: e\nmissing: indicator\nestimator: ols",
			"design: cluster\noutcomes: a\ntreatment: b\ncluster: e\nsubgroups: [c, d]",
			"design: cluster\noutcomes: a\ntreatment: b\ncluster: e\nvcov: CR3\nweights: c\nestimator: wls",
			"design: rct\noutcomes: a\ntreatment: b\narms: [0, 1]\nrandomisation_inference: {draws: 99}",
			"design: rct\noutcomes: a\ntreatment: b\narms: [{value: x, share: 0.5}, {value: 'y:z', share: 0.5}]",
			"design: blocked\noutcomes: a\ntreatment: b\nstrata: [c, e]",
			"design: iv\noutcomes: a\ntreatment: b\ninstrument: c\ncovariates: d\nsubgroups: e",
			"design: panel\noutcomes: a\ntreatment: b\nabsorb: [c, d, e]\nvcov: CR1\ncluster: [c, e]",
			"design: did\noutcomes: a\ntreatment: b\npanel: {post: c}\ncluster: e",
			"design: did\noutcomes: a\npanel: {unit: b, time: c, first_treated: d}",
			"design: did\noutcomes: a\ntreatment: d\npanel: {unit: b, time: c}",
			"design: event_study\noutcomes: a\npanel: {unit: b, time: c, first_treated: d, leads: 2, lags: 2}\ncovariates: e",
			"design: observational\noutcomes: a\ncovariates: [b, c]\nfactors: [d, e]\nvcov: HC3\ndisclosure: {threshold: 5, dominance: {n: 1, share: 0.5}}",
		}).Draw(rt, "plan")
		p, err := plan.Parse("", []byte(text))
		if err != nil {
			rt.Fatal(err)
		}
		r, err := effect.Run(ctx, p, m, effect.Options{})
		if err != nil {
			if r != nil || err.Error() == "" {
				rt.Fatalf("%v with a result", err)
			}
			return
		}
		var b bytes.Buffer
		if err := r.Write(&b); err != nil {
			rt.Fatal(err)
		}
		if _, err := effect.ReadResult(&b); err != nil {
			rt.Fatal(err)
		}
	})
}
