package infer_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"funn/effect/data"
	"funn/effect/infer"
	"funn/effect/linreg"
	"funn/effect/moment"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var approx = cmpopts.EquateApprox(1e-12, 1e-15)

// R 4.2.2: p.adjust(c(.01,.04,.03,.005,.5,.04), "holm"), "BH" and "bonferroni".
func TestAdjustments(t *testing.T) {
	p := []float64{.01, .04, .03, math.NaN(), .005, .5, .04}
	for name, c := range map[string]struct {
		f    func([]float64) []float64
		want []float64
	}{
		"Holm":       {infer.Holm, []float64{.05, .12, .12, math.NaN(), .03, .5, .12}},
		"BH":         {infer.BenjaminiHochberg, []float64{.03, .048, .048, math.NaN(), .03, .5, .048}},
		"Bonferroni": {infer.Bonferroni, []float64{.06, .24, .18, math.NaN(), .03, 1, .24}},
	} {
		before := append([]float64(nil), p...)
		if diff := cmp.Diff(c.want, c.f(p), approx, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(before, p, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s changed its argument:\n%s", name, diff)
		}
	}
}

func TestAdjustedValuesRejectWhatTheProceduresReject(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 20).Draw(t, "p")
		alpha := rapid.Float64Range(0.001, 0.5).Draw(t, "alpha")
		n := len(p)
		holm, bh := infer.Holm(p), infer.BenjaminiHochberg(p)
		smaller := func(i int) int { // tests at most as large
			k := 0
			for _, v := range p {
				if v <= p[i] {
					k++
				}
			}
			return k
		}
		for i := range p {
			// Step up: rejected when some larger p-value with rank k is at most k alpha/n.
			reject := false
			for j := range p {
				if p[j] >= p[i] && p[j] <= float64(smaller(j))*alpha/float64(n) {
					reject = true
				}
			}
			if math.Abs(bh[i]-alpha) > 1e-12 && reject != (bh[i] <= alpha) {
				t.Fatalf("BH: p[%d] rejected %v, adjusted %g at %g", i, reject, bh[i], alpha)
			}
			// Step down: rejected when no smaller p-value fails at its step.
			reject = true
			for j := range p {
				rank := 0
				for k := range p {
					if p[k] < p[j] || p[k] == p[j] && k < j {
						rank++
					}
				}
				if (p[j] < p[i] || j == i) && p[j] > alpha/float64(n-rank) {
					reject = false
				}
			}
			unique := true
			for j := range p {
				unique = unique && (j == i || p[j] != p[i])
			}
			if unique && math.Abs(holm[i]-alpha) > 1e-12 && reject != (holm[i] <= alpha) {
				t.Fatalf("Holm: p[%d] rejected %v, adjusted %g at %g", i, reject, holm[i], alpha)
			}
		}
	})
}

// R 4.2.2: chisq.test(c(821, 779, 1210), p = c(2,2,3), rescale.p = TRUE).
func TestSampleRatio(t *testing.T) {
	got := infer.SampleRatio([]int64{821, 779, 1210}, []float64{2, 2, 3})
	want := infer.RatioTest{ChiSquare: 1.146026097271648, DF: 2, P: 0.5638240475222902}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-10, 0)); diff != "" {
		t.Errorf("SampleRatio (-want +got):\n%s", diff)
	}
	for name, r := range map[string]infer.RatioTest{
		"one arm": infer.SampleRatio([]int64{5}, []float64{1}), "no share": infer.SampleRatio([]int64{5, 5}, []float64{1, 0}),
		"nobody": infer.SampleRatio([]int64{0, 0}, []float64{1, 1}), "unequal": infer.SampleRatio([]int64{5, 5}, []float64{1}),
	} {
		if r.P == r.P {
			t.Errorf("%s: P = %g, want NaN", name, r.P)
		}
	}
}

// In Fisher's tasting of tea all 8 cups were told right; of the 70 ways to choose
// 4 cups one does as well, and one as ill.
func TestTeaTasting(t *testing.T) {
	var units []infer.Unit
	for i := range 8 {
		u := infer.Unit{Treated: i < 4, Size: 1}
		if u.Treated {
			u.Sum = 1
		}
		units = append(units, u)
	}
	r, err := (&infer.Trial{Units: units}).Test(t.Context(), infer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Exact || r.Draws != 70 || math.Abs(r.P-2.0/70) > 1e-15 || r.Estimate != 1 {
		t.Errorf("got %+v, want all 70 draws and p = 2/70", r)
	}
}

// random is a small trial, in blocks, of units of unequal size.
func random(r *rand.Rand, blocks, size int, effect float64) []infer.Unit {
	var units []infer.Unit
	for b := range blocks {
		n := 2 + r.IntN(size)
		treated := 1 + r.IntN(n-1)
		for i := range n {
			u := infer.Unit{Treated: i < treated, Block: b, Size: float64(1 + r.IntN(5))}
			u.Sum = u.Size * (r.NormFloat64() + float64(b))
			if u.Treated {
				u.Sum += effect * u.Size
			}
			units = append(units, u)
		}
	}
	r.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
	return units
}

// brute computes the p-value of a constant effect from the definition, over all
// subsets of units.
func brute(units []infer.Unit, effect float64, studentised bool) float64 {
	y := make([]float64, len(units))
	counts := map[int]int{}
	sizes := map[int]float64{}
	total := 0.0
	for i, u := range units {
		y[i] = u.Sum
		if u.Treated {
			y[i] -= effect * u.Size
			counts[u.Block]++
		}
		sizes[u.Block] += u.Size
		total += u.Size
	}
	statistic := func(treated func(i int) bool) float64 {
		diff, variance := 0.0, 0.0
		for b := range sizes {
			w := sizes[b] / total
			for arm := range 2 {
				var n, size, sum float64
				for i, u := range units {
					if u.Block == b && treated(i) == (arm == 1) {
						n, size, sum = n+1, size+u.Size, sum+y[i]
					}
				}
				diff += w * sum / size * float64(2*arm-1)
				v := 0.0
				for i, u := range units {
					if u.Block == b && treated(i) == (arm == 1) {
						e := y[i] - sum/size*u.Size
						v += e * e
					}
				}
				variance += w * w * v * n / (n - 1) / (size * size)
			}
		}
		if studentised {
			return diff / math.Sqrt(variance)
		}
		return diff
	}
	own := math.Abs(statistic(func(i int) bool { return units[i].Treated }))
	all, extreme := 0, 0
	for set := range 1 << len(units) {
		c := map[int]int{}
		for i := range units {
			if set>>i&1 == 1 {
				c[units[i].Block]++
			}
		}
		same := true
		for b := range sizes {
			same = same && c[b] == counts[b]
		}
		if !same {
			continue
		}
		all++
		if math.Abs(statistic(func(i int) bool { return set>>i&1 == 1 })) >= own*(1-1e-10) {
			extreme++
		}
	}
	return float64(extreme) / float64(all)
}

func TestExactAgainstDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		units := random(r, rapid.IntRange(1, 2).Draw(t, "blocks"), rapid.IntRange(1, 4).Draw(t, "size"), 0.7)
		got, err := (&infer.Trial{Units: units}).Test(t.Context(), infer.Options{Coverage: 0.7})
		if err != nil {
			t.Fatal(err)
		}
		if want := brute(units, 0, got.Studentised); math.Abs(got.P-want) > 1e-12 {
			t.Fatalf("p = %g, want %g", got.P, want)
		}
		// Just inside the limits an effect is not rejected at 30 %, just outside it is.
		for _, side := range []struct{ at, out float64 }{{got.Low, -1}, {got.High, 1}} {
			if math.IsInf(side.at, 0) {
				continue
			}
			step := 1e-4 * (math.Abs(got.High-got.Low) + 1)
			if math.IsInf(step, 0) {
				step = 1e-4
			}
			if in := brute(units, side.at-side.out*step, got.Studentised); in <= 0.3 {
				t.Fatalf("effect %g inside [%g, %g] has p = %g", side.at-side.out*step, got.Low, got.High, in)
			}
			if out := brute(units, side.at+side.out*step, got.Studentised); out > 0.3 {
				t.Fatalf("effect %g outside [%g, %g] has p = %g", side.at+side.out*step, got.Low, got.High, out)
			}
		}
	})
}

func TestSampledDrawsAreReproducible(t *testing.T) {
	units := random(rand.New(rand.NewPCG(1, 1)), 8, 30, 0.2)
	var first *infer.Randomisation
	for _, threads := range []int{1, 2, 7} {
		r, err := (&infer.Trial{Units: units}).Test(t.Context(), infer.Options{Seed: 5, Draws: 999, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = r
		} else if diff := cmp.Diff(first, r); diff != "" {
			t.Errorf("%d threads differ (-1 +%d):\n%s", threads, threads, diff)
		}
	}
	if first.Exact || first.Draws != 1000 {
		t.Errorf("got %d draws, exact %v; want 1000 sampled", first.Draws, first.Exact)
	}
	other, err := (&infer.Trial{Units: units}).Test(t.Context(), infer.Options{Seed: 6, Draws: 999})
	if err != nil {
		t.Fatal(err)
	}
	if other.Low == first.Low {
		t.Error("another seed gives the same interval")
	}
}

// Drawing by Redraw what would be drawn anyway gives about the same p-value.
func TestRedraw(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	units := random(r, 1, 40, 0.5)
	n := 0
	for _, u := range units {
		if u.Treated {
			n++
		}
	}
	plain, err := (&infer.Trial{Units: units}).Test(t.Context(), infer.Options{Draws: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	redrawn, err := (&infer.Trial{Units: units, Redraw: func(i int, treated []bool) {
		for j, k := range rand.New(rand.NewPCG(9, uint64(i))).Perm(len(units)) {
			treated[k] = j < n
		}
	}}).Test(t.Context(), infer.Options{Draws: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(plain.P-redrawn.P) > 0.02 {
		t.Errorf("p = %g by blocks, %g by Redraw", plain.P, redrawn.P)
	}
}

// The size is exact: were outcomes what they are whatever the draw, then over all
// the draws that could have been made, each as likely, the p-value is at most any
// value it can take in exactly that share of them. Nothing is simulated.
func TestSizeIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	outcome := func() float64 { return math.Exp(2 * r.NormFloat64()) }
	designs := map[string][]infer.Unit{}
	for i := range 10 {
		designs["persons"] = append(designs["persons"], infer.Unit{Treated: i < 5, Size: 1, Sum: outcome()})
		designs["three of ten"] = append(designs["three of ten"], infer.Unit{Treated: i < 3, Size: 1, Sum: outcome()})
		designs["yes or no"] = append(designs["yes or no"], infer.Unit{Treated: i < 5, Size: 1, Sum: float64(i * i % 7 % 2)})
		size := float64(1 + i*i%13)
		designs["offices of unequal size"] = append(designs["offices of unequal size"], infer.Unit{Treated: i%2 == 0, Size: size, Sum: size * outcome()})
		designs["blocks"] = append(designs["blocks"], infer.Unit{Treated: i%5 < 2, Block: i / 5, Size: 1, Sum: outcome()})
		designs["blocks of offices"] = append(designs["blocks of offices"], infer.Unit{Treated: i%5 < 2, Block: i / 5, Size: size, Sum: size * outcome()})
	}
	for i := range 16 {
		size := float64(1 + i*i%13)
		designs["pairs of offices"] = append(designs["pairs of offices"], infer.Unit{Treated: i%2 == 0, Block: i / 2, Size: size, Sum: size * outcome()})
	}
	for name, units := range designs {
		t.Run(name, func(t *testing.T) {
			var p []float64
			eachDraw(units, func(drawn []infer.Unit) {
				res, err := (&infer.Trial{Units: drawn}).Test(t.Context(), infer.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if !res.Exact {
					t.Fatal("not all draws were visited")
				}
				p = append(p, res.P)
			})
			slices.Sort(p)
			nearest := 0.0
			for i, v := range p {
				if i+1 < len(p) && p[i+1] == v {
					continue
				}
				share := float64(i+1) / float64(len(p))
				if share != v {
					t.Fatalf("p is at most %g in a share %g of the %d draws", v, share, len(p))
				}
				if v <= 0.05 {
					nearest = v
				}
			}
			t.Logf("%d draws; the size at 5 %% is %g", len(p), nearest)
		})
	}
}

// eachDraw calls fn with every way to give each block's number of treated to its
// units.
func eachDraw(units []infer.Unit, fn func([]infer.Unit)) {
	want := map[int]int{}
	for _, u := range units {
		if u.Treated {
			want[u.Block]++
		}
	}
	drawn := slices.Clone(units)
	for set := range 1 << len(units) {
		got := map[int]int{}
		for i := range units {
			drawn[i].Treated = set>>i&1 == 1
			if drawn[i].Treated {
				got[units[i].Block]++
			}
		}
		if maps.Equal(got, want) {
			fn(slices.Clone(drawn))
		}
	}
}

func table(t *testing.T) *data.Memory {
	r := rand.New(rand.NewPCG(4, 4))
	var arm, office, county []string
	var age []int64
	var y, w []float64
	for g := range 24 {
		a := []string{"letter", "call", "none"}[g%3]
		shift := r.NormFloat64() / 2
		for range 3 + r.IntN(20) {
			v := int64(20 + r.IntN(40))
			arm, office, county = append(arm, a), append(office, fmt.Sprint("o", g)), append(county, fmt.Sprint("c", g/6))
			age, w = append(age, v), append(w, 0.5+r.Float64())
			y = append(y, shift+float64(v)/3+r.NormFloat64())
		}
	}
	m, err := data.NewMemory(data.Strings("arm", arm), data.Strings("office", office), data.Strings("county", county), data.Ints("age", age), data.Floats("y", y), data.Floats("w", w))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCollect(t *testing.T) {
	src := table(t)
	d := infer.Design{Outcome: "y", Arm: "arm", Control: "none", Treated: "letter", Unit: []string{"office"}, Block: []string{"county"}, Weight: "w"}
	trial, err := d.Collect(t.Context(), src.WithBatchRows(7), moment.Options{})
	if err != nil {
		t.Fatalf("Collect: %v", err)
	}
	if len(trial.Units) != 16 {
		t.Fatalf("%d units, want the 16 offices of two arms", len(trial.Units))
	}
	var sum, size, wantSum, wantSize float64
	for _, u := range trial.Units {
		if u.Treated {
			sum, size = sum+u.Sum, size+u.Size
		}
	}
	arm, y, w := src.Column("arm"), src.Column("y"), src.Column("w")
	for i := range src.Rows() {
		if arm.Levels[arm.Codes[i]] == "letter" {
			wantSum, wantSize = wantSum+w.Floats[i]*y.Floats[i], wantSize+w.Floats[i]
		}
	}
	if math.Abs(sum-wantSum) > 1e-9 || math.Abs(size-wantSize) > 1e-9 {
		t.Errorf("treated: sum %g of size %g, want %g of %g", sum, size, wantSum, wantSize)
	}
	// Age explains most of the outcome, so taking it out sharpens the test.
	plain, err := trial.Test(t.Context(), infer.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	d.Covariates = []moment.Term{moment.Number("age"), moment.Category("county")}
	adjusted, err := d.Collect(t.Context(), src, moment.Options{})
	if err != nil {
		t.Fatalf("Collect with covariates: %v", err)
	}
	sharper, err := adjusted.Test(t.Context(), infer.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !(sharper.High-sharper.Low < 0.8*(plain.High-plain.Low)) {
		t.Errorf("interval [%g, %g] adjusted, [%g, %g] plain: not sharper", sharper.Low, sharper.High, plain.Low, plain.High)
	}
}

// The outcomes less their fitted values, summed by unit, are the residuals of
// the regression without the arm.
func TestCollectTakesCovariatesOut(t *testing.T) {
	src := table(t)
	d := infer.Design{
		Outcome: "y", Arm: "arm", Control: "none", Treated: "call",
		Covariates: []moment.Term{moment.Number("age"), moment.Category("county"), moment.Category("county").Times(moment.Number("age"))},
	}
	trial, err := d.Collect(t.Context(), src, moment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sum, squares := 0.0, 0.0
	for _, u := range trial.Units {
		sum += u.Sum
	}
	for _, u := range trial.Units {
		e := u.Sum - sum/float64(len(trial.Units)) // the constant is not taken out
		squares += e * e
	}
	m := linreg.Model{Outcome: "y", Terms: linreg.Terms(d.Covariates...), Where: []moment.Condition{{Column: "arm", Levels: []string{"none", "call"}}}}
	r, err := linreg.Run(t.Context(), src, m, linreg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := r.Sigma * r.Sigma * r.ResidualDF; math.Abs(squares/want-1) > 1e-10 {
		t.Errorf("sum of squares %g, want the regression's %g", squares, want)
	}
}

func TestRefusals(t *testing.T) {
	src := table(t)
	d := infer.Design{Outcome: "y", Arm: "arm", Control: "none", Treated: "letter", Unit: []string{"county"}}
	if _, err := d.Collect(t.Context(), src, moment.Options{}); err == nil {
		t.Error("counties with both arms were accepted as units")
	}
	d.Unit, d.Treated = nil, "nobody"
	var refusal *linreg.Refusal
	if _, err := d.Collect(t.Context(), src, moment.Options{}); !errors.As(err, &refusal) || refusal.Code != linreg.CodeMissingLevel {
		t.Errorf("empty arm: %v", err)
	}
	for name, units := range map[string][]infer.Unit{
		"no units":      nil,
		"one arm":       {{Size: 1}, {Size: 1}},
		"no size":       {{Size: 1}, {Treated: true}},
		"infinite":      {{Size: 1, Sum: math.Inf(1)}, {Size: 1, Treated: true}},
		"blocks of one": {{Size: 1, Block: 1}, {Size: 1, Treated: true, Block: 2}},
	} {
		if _, err := (&infer.Trial{Units: units}).Test(t.Context(), infer.Options{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Constant outcomes reject nothing and limit nothing.
func TestConstantOutcome(t *testing.T) {
	units := []infer.Unit{{Size: 1, Sum: 2}, {Size: 1, Sum: 2}, {Size: 1, Sum: 2, Treated: true}, {Size: 1, Sum: 2, Treated: true}}
	r, err := (&infer.Trial{Units: units}).Test(t.Context(), infer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.P != 1 || r.Estimate != 0 {
		t.Errorf("p = %g, estimate %g; want 1 and 0", r.P, r.Estimate)
	}
}

// By R 4.2.2 on the same rows: lm_robust(x ~ arm, se_type = "HC2"), the pooled
// standardised difference by hand, and for the joint test lm(arm ~ covariates)
// with sandwich::vcovHC HC2 and a Wald test compared with F.
func TestBalance(t *testing.T) {
	n := 40
	arm, age, sex, y := make([]string, n), make([]int64, n), make([]string, n), make([]float64, n)
	for i := range n {
		arm[i], age[i], sex[i] = []string{"old", "new"}[i*i%7%2], int64(20+i*i*i%37), []string{"f", "m", "f"}[i%3]
		y[i] = float64(i % 9)
		if i%11 == 4 {
			y[i] = math.NaN()
		}
	}
	src, err := data.NewMemory(data.Strings("arm", arm), data.Ints("age", age), data.Strings("sex", sex), data.Floats("y", y), data.Floats("none", make([]float64, n)))
	if err != nil {
		t.Fatal(err)
	}
	b := infer.Balance{Arm: "arm", Control: "old", Treated: "new", Covariates: []string{"age", "none"}, Categories: []string{"sex"}, Outcomes: []string{"y", "none"}}
	got, err := b.Table(t.Context(), src, linreg.Options{})
	if err != nil {
		t.Fatalf("Table: %v", err)
	}
	type row struct{ Control, Treated, SD, Standardised, Difference, SE float64 }
	flat := func(rows []infer.BalanceRow) map[string]row {
		out := map[string]row{}
		for _, r := range rows {
			out[r.Column+" "+r.Level] = row{r.Control, r.Treated, r.SD, r.Standardised, r.Difference.Estimate, r.Difference.SE}
		}
		return out
	}
	want := map[string]row{
		"age ":  {36.03448275862069, 39.09090909090909, 12.32180918692749, 0.2480501268864837, 3.0564263322884, 4.546047909755402},
		"sex f": {0.6896551724137931, 0.6363636363636364, 0.4879653324739091, -0.1092117257182532, -0.05329153605015662, 0.1754550003230595},
		"sex m": {0.3103448275862069, 0.3636363636363636, 0.4879653324739091, 0.1092117257182531, 0.05329153605015666, 0.1754550003230596},
	}
	if diff := cmp.Diff(want, flat(got.Rows), cmpopts.EquateApprox(1e-9, 0)); diff != "" {
		t.Errorf("Rows (-want +got):\n%s", diff)
	}
	wantMissing := map[string]row{
		"y ":    {0.103448275862069, 0.09090909090909091, 0.3057517000848757, -0.04101100647845037, -0.0125391849529781, 0.1075957528305635},
		"none ": {},
	}
	if diff := cmp.Diff(wantMissing, flat(got.Missing), cmpopts.EquateApprox(1e-9, 0)); diff != "" {
		t.Errorf("Missing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"none"}, got.Skipped); diff != "" {
		t.Errorf("Skipped (-want +got):\n%s", diff)
	}
	if got.Joint == nil {
		t.Fatal("no joint test")
	}
	if diff := cmp.Diff(linreg.Test{F: 0.3796895999181206, DF1: 2, DF2: 37, P: 0.6867082327352916}, *got.Joint, cmpopts.EquateApprox(1e-9, 0)); diff != "" {
		t.Errorf("Joint (-want +got):\n%s", diff)
	}
}
