package linreg_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"funn/effect/data"
	"funn/effect/internal/published"
	"funn/effect/linreg"
	"funn/effect/moment"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Sommer and Zeger's vitamin A trial, from its four counts: intention to treat
// -.0025823775, and -3.2 deaths a 1,000 among those who took it.
func TestVitaminA(t *testing.T) {
	counts := published.Load(t, "vitamin_a_counts")
	var z, d []int64
	var died []bool
	for i := range counts.Rows() {
		n, deaths := counts.Column("n").Ints[i], counts.Column("deaths").Ints[i]
		for k := range n {
			z, d, died = append(z, counts.Column("z").Ints[i]), append(d, counts.Column("d").Ints[i]), append(died, k < deaths)
		}
	}
	src, err := data.NewMemory(data.Ints("z", z), data.Ints("d", d), data.Bools("died", died))
	if err != nil {
		t.Fatal(err)
	}
	itt := run(t, src, linreg.Model{Outcome: "died", Terms: numbers("z"), VCov: linreg.HC2}, linreg.Options{})
	near(t, "intention to treat", itt.Coefficients[1].Estimate, -0.0025823775, 1e-8)
	cace := run(t, src, linreg.Model{
		Outcome: "died", Terms: numbers("d"), Endogenous: []moment.Term{num("d")}, Instruments: []moment.Term{num("z")}, VCov: linreg.HC2,
	}, linreg.Options{})
	near(t, "complier effect", cace.Coefficients[1].Estimate, -0.0032280386, 1e-8)
}

// panel is a random table for the property tests.
type panel struct {
	x1, x2, e, w []float64
	arm, county  []string
	office, take []int64
}

func drawPanel(r *rand.Rand, n int) *panel {
	p := &panel{}
	for range n {
		o := r.IntN(9)
		p.x1, p.x2, p.e, p.w = append(p.x1, r.NormFloat64()), append(p.x2, r.Float64()), append(p.e, r.NormFloat64()), append(p.w, 0.5+r.Float64())
		p.arm, p.county = append(p.arm, []string{"a", "b", "c"}[r.IntN(3)]), append(p.county, []string{"u", "v"}[r.IntN(2)])
		p.office, p.take = append(p.office, int64(o)), append(p.take, int64(r.IntN(2)))
	}
	return p
}

// source makes the table with covariates moved by shift and levels renamed.
func (p *panel) source(t interface{ Fatalf(string, ...any) }, shift float64, name func(string) string, rows []int) *data.Memory {
	n := len(p.x1)
	x1, x2, y := make([]float64, n), make([]float64, n), make([]float64, n)
	arm, county := make([]string, n), make([]string, n)
	for i := range n {
		x1[i], x2[i] = p.x1[i]+shift, p.x2[i]+shift
		arm[i], county[i] = name(p.arm[i]), name(p.county[i])
		y[i] = 5 + p.x1[i] - 2*p.x2[i] + p.e[i] + float64(p.office[i])/4 + float64(p.take[i])
		if p.arm[i] == "b" {
			y[i] += 0.5 + p.x1[i]/3
		}
	}
	m, err := data.NewMemory(data.Floats("x1", x1), data.Floats("x2", x2), data.Floats("y", y), data.Floats("w", p.w), data.Strings("arm", arm),
		data.Strings("county", county), data.Ints("office", p.office), data.Ints("take", p.take))
	if err != nil {
		t.Fatalf("NewMemory: %v", err)
	}
	if rows != nil {
		return m.Take(rows)
	}
	return m
}

func same(s string) string { return s }

// models are the estimators whose invariances are tested. Every coefficient in
// effects must not change when covariates are shifted.
func models(name func(string) string) (out []linreg.Model, effects [][]string) {
	arm := cat("arm")
	covariates := []moment.Term{num("x1"), num("x2"), cat("county")}
	reference := map[string]string{"arm": name("a"), "county": name("u")}
	b, c := "arm="+name("b"), "arm="+name("c")
	add := func(m linreg.Model, names ...string) {
		m.Outcome, m.Reference = "y", reference
		out, effects = append(out, m), append(effects, names)
	}
	for _, v := range []linreg.VCov{linreg.IID, linreg.HC1, linreg.HC3, linreg.CR1, linreg.CR2, linreg.CR3} {
		for _, weight := range []string{"", "w"} {
			add(linreg.Model{Name: "adjusted", Terms: linreg.Terms(append([]moment.Term{arm}, covariates...)...), VCov: v, Cluster: []string{"office"}, Weight: weight}, b, c, "x1", "x2")
			add(linreg.Model{Name: "Lin", Terms: linreg.Lin(arm, covariates...), VCov: v, Cluster: []string{"office"}, Weight: weight}, b, c, b+":x1")
			add(linreg.Model{
				Name: "IV", Terms: linreg.Terms(num("take"), num("x1")), Endogenous: []moment.Term{num("take")},
				Instruments: []moment.Term{arm, num("x2")}, VCov: v, Cluster: []string{"office"}, Weight: weight,
			}, "take", "x1")
			if v == linreg.IID || v == linreg.HC1 || v == linreg.CR1 {
				add(linreg.Model{Name: "absorbed", Terms: linreg.Terms(arm, num("x1"), num("x2")), Absorb: []string{"county", "take"}, VCov: v, Cluster: []string{"office"}, Weight: weight}, b, c, "x1", "x2")
			}
		}
	}
	add(linreg.Model{Name: "two-way", Terms: linreg.Terms(append([]moment.Term{arm}, covariates...)...), VCov: linreg.CR1, Cluster: []string{"office", "county"}}, b, c, "x1")
	return out, effects
}

// some chooses a few of n, so that many tables are tried in little time.
func some(r *rand.Rand, n int) []int { return r.Perm(n)[:6] }

func pick[T any](list []T, which []int) []T {
	out := make([]T, len(which))
	for i, k := range which {
		out[i] = list[k]
	}
	return out
}

func label(m *linreg.Model) string { return fmt.Sprint(m.Name, " ", m.VCov, " ", m.Weight) }

// agree compares the coefficients named in pairs.
func agree(t interface{ Fatalf(string, ...any) }, what string, a, b *linreg.Result, names, others []string, tol float64) {
	for i := range names {
		x, ok1 := a.Coefficient(names[i])
		y, ok2 := b.Coefficient(others[i])
		if !ok1 || !ok2 {
			t.Fatalf("%s: %s or %s is missing", what, names[i], others[i])
		}
		if math.Abs(x.Estimate-y.Estimate) > tol*math.Max(math.Abs(x.Estimate), x.SE) || math.Abs(x.SE-y.SE) > tol*x.SE || math.Abs(x.DF-y.DF) > 1e4*tol*x.DF {
			t.Fatalf("%s: %s is %.15g (%.15g, df %.10g), was %.15g (%.15g, df %.10g)", what, names[i], y.Estimate, y.SE, y.DF, x.Estimate, x.SE, x.DF)
		}
	}
}

func runAll(t interface{ Fatalf(string, ...any) }, src data.Source, models []linreg.Model, opts linreg.Options) []*linreg.Result {
	all, err := linreg.RunAll(context.Background(), src, models, opts)
	if err != nil {
		t.Fatalf("RunAll: %v", err)
	}
	out := make([]*linreg.Result, len(all))
	for i, e := range all {
		if e.Err != nil {
			t.Fatalf("%s: %v", label(&models[i]), e.Err)
		}
		out[i] = e.Result
	}
	return out
}

// Row order, names of levels, and where zero is on a covariate change nothing
// beyond 1e-10.
func TestInvariances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		n := rapid.IntRange(150, 400).Draw(t, "rows")
		p := drawPanel(r, n)
		ms, names := models(same)
		which := some(r, len(ms))
		ms, names = pick(ms, which), pick(names, which)
		base := runAll(t, p.source(t, 0, same, nil), ms, linreg.Options{})
		shuffled := runAll(t, p.source(t, 0, same, r.Perm(n)), ms, linreg.Options{})
		for i := range ms {
			agree(t, "other order, "+label(&ms[i]), base[i], shuffled[i], names[i], names[i], 1e-10)
		}
		renamed := func(s string) string {
			return map[string]string{"a": "zulu", "b": "10", "c": "B", "u": "9", "v": "alpha"}[s]
		}
		ms2, names2 := models(renamed)
		ms2, names2 = pick(ms2, which), pick(names2, which)
		recoded := runAll(t, p.source(t, 0, renamed, nil), ms2, linreg.Options{})
		for i := range ms {
			agree(t, "other names, "+label(&ms[i]), base[i], recoded[i], names[i], names2[i], 1e-10)
		}
	})
}

// A covariate of size 1e6 and spread 1 carries an input rounding of 1e-10 itself;
// shifting values of few bits is exact, so that only the computation is tested.
func TestShiftingCovariates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		p := drawPanel(r, 300)
		for i := range p.x1 {
			p.x1[i], p.x2[i] = math.Round(p.x1[i]*1024)/1024, math.Round(p.x2[i]*1024)/1024
		}
		ms, names := models(same)
		which := some(r, len(ms))
		ms, names = pick(ms, which), pick(names, which)
		base := runAll(t, p.source(t, 0, same, nil), ms, linreg.Options{})
		moved := runAll(t, p.source(t, 1e6, same, nil), ms, linreg.Options{})
		for i := range ms {
			agree(t, "shifted, "+label(&ms[i]), base[i], moved[i], names[i], names[i], 1e-10)
		}
	})
}

// Moments of parts, merged in any grouping, give what the whole gives.
func TestParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		p := drawPanel(r, 250)
		src := p.source(t, 1000, same, nil)
		terms := linreg.Lin(cat("arm"), num("x1"), num("x2"), cat("county"))
		weight := rapid.SampledFrom([]string{"", "w"}).Draw(t, "weight")
		spec := moment.Spec{Cluster: []string{"office"}, Weight: weight, WeightPowers: weight != "", Terms: []moment.Term{
			cat("arm"), num("x1"), num("x2"), cat("county"), cat("arm").Times(num("x1")), cat("arm").Times(num("x2")), cat("arm", "county"), num("y"),
		}}
		cuts := []int{0, rapid.IntRange(1, 120).Draw(t, "cut"), rapid.IntRange(121, 249).Draw(t, "second cut"), 250}
		var parts []*moment.Set
		for i := range 3 {
			s, err := moment.Scan(context.Background(), src.Part(cuts[i], cuts[i+1]), []moment.Spec{spec}, moment.Options{})
			if err != nil {
				t.Fatalf("Scan: %v", err)
			}
			parts = append(parts, s[0])
		}
		merge := func(a, b *moment.Set) *moment.Set {
			m, err := a.Merge(b)
			if err != nil {
				t.Fatalf("Merge: %v", err)
			}
			return m
		}
		for _, merged := range []*moment.Set{merge(merge(parts[0], parts[1]), parts[2]), merge(parts[2], merge(parts[1], parts[0]))} {
			for _, v := range []linreg.VCov{linreg.IID, linreg.CR1, linreg.CR2, linreg.CR3} {
				m := linreg.Model{Outcome: "y", Terms: terms, VCov: v, Weight: weight, Cluster: []string{"office"}, Reference: map[string]string{"arm": "a", "county": "u"}}
				whole := runAll(t, src, []linreg.Model{m}, linreg.Options{})[0]
				got, err := linreg.FromMoments(merged, m, linreg.Options{})
				if err != nil {
					t.Fatalf("FromMoments %s: %v", v, err)
				}
				names := []string{"arm=b", "arm=c", "x1", "arm=b:x1", "arm=c:county=v"}
				agree(t, "merged, "+label(&m), whole, got, names, names, 1e-10)
			}
		}
	})
}

// The same rows in the same order give the same bits, whatever the threads and
// batches.
func TestSameBits(t *testing.T) {
	p := drawPanel(rand.New(rand.NewPCG(1, 1)), 300_000)
	src := p.source(t, 0, same, nil)
	ms, _ := models(same)
	var keep []linreg.Model
	for _, m := range ms {
		if m.Weight == "" || m.VCov == linreg.CR2 {
			keep = append(keep, m)
		}
	}
	var first []*linreg.Result
	for _, threads := range []int{1, 2, 5} {
		got := runAll(t, src.WithBatchRows(9000*threads+1), keep, linreg.Options{Moments: moment.Options{Threads: threads}})
		if first == nil {
			first = got
			continue
		}
		for i := range got {
			if !cmp.Equal(first[i].Coefficients, got[i].Coefficients, cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }),
				cmp.Comparer(func(a, b moment.Term) bool { return a.Key() == b.Key() })) {
				t.Errorf("%s: %d threads give other bits", label(&keep[i]), threads)
			}
		}
	}
}

func TestRunRefusals(t *testing.T) {
	n := 60
	u := uniforms(4*n, 5)
	base := func() map[string]data.Column {
		ints := func(f func(i int) int) []int64 {
			v := make([]int64, n)
			for i := range v {
				v[i] = int64(f(i))
			}
			return v
		}
		arm := make([]string, n)
		one, sum := make([]float64, n), make([]float64, n)
		for i := range n {
			arm[i] = []string{"no", "yes"}[i%2]
			one[i], sum[i] = 0.1, u[i]+2*u[n+i]
		}
		return map[string]data.Column{
			"y": data.Floats("y", u[2*n:3*n]), "x": data.Floats("x", u[:n]), "z": data.Floats("z", u[n:2*n]), "sum": data.Floats("sum", sum),
			"one": data.Floats("one", one), "arm": data.Strings("arm", arm), "g": data.Ints("g", ints(func(i int) int { return i % 10 })),
			"first": data.Ints("first", ints(func(i int) int { return min(i%10, 1) })), "single": data.Ints("single", ints(func(i int) int { return min(i, 1) })),
			"all": data.Ints("all", ints(func(int) int { return 1 })), "same": data.Ints("same", ints(func(i int) int { return i % 2 })),
			"id": data.Ints("id", ints(func(i int) int { return i })), "empty": data.Floats("empty", slices.Repeat([]float64{math.NaN()}, n)),
			"huge": data.Floats("huge", slices.Repeat([]float64{1e200, -1e200}, n/2)), "inf": data.Floats("inf", append([]float64{math.Inf(1)}, u[:n-1]...)),
		}
	}
	var cols []data.Column
	for _, c := range base() {
		cols = append(cols, c)
	}
	src, err := data.NewMemory(cols...)
	if err != nil {
		t.Fatal(err)
	}
	focus := []moment.Term{cat("arm")}
	for name, c := range map[string]struct {
		m    linreg.Model
		want linreg.Code
	}{
		"constant outcome":         {linreg.Model{Outcome: "one", Terms: numbers("x")}, linreg.CodeConstantOutcome},
		"one cluster":              {linreg.Model{Outcome: "y", Terms: numbers("x"), VCov: linreg.CR1, Cluster: []string{"all"}}, linreg.CodeOneCluster},
		"one of two":               {linreg.Model{Outcome: "y", Terms: numbers("x"), VCov: linreg.CR1, Cluster: []string{"g", "all"}}, linreg.CodeOneCluster},
		"no cluster":               {linreg.Model{Outcome: "y", Terms: numbers("x"), VCov: linreg.CR1}, linreg.CodeModel},
		"empty arm":                {linreg.Model{Outcome: "y", Terms: linreg.Terms(cat("arm")), Expect: map[string][]string{"arm": {"no", "yes", "maybe"}}}, linreg.CodeMissingLevel},
		"one arm only":             {linreg.Model{Outcome: "y", Terms: linreg.Terms(cat("arm")), Focus: focus, Where: []moment.Condition{{Column: "arm", Levels: []string{"yes"}}}}, linreg.CodeMissingLevel},
		"unknown reference":        {linreg.Model{Outcome: "y", Terms: linreg.Terms(cat("arm")), Reference: map[string]string{"arm": "maybe"}}, linreg.CodeMissingLevel},
		"all missing":              {linreg.Model{Outcome: "y", Terms: numbers("x", "empty")}, linreg.CodeNoRows},
		"nobody selected":          {linreg.Model{Outcome: "y", Terms: numbers("x"), Where: []moment.Condition{{Column: "g", Levels: []string{"99"}}}}, linreg.CodeNoRows},
		"more columns than rows":   {linreg.Model{Outcome: "y", Terms: linreg.Terms(cat("id"))}, linreg.CodeFewRows},
		"arm is the other":         {linreg.Model{Outcome: "y", Terms: linreg.Terms(cat("arm"), cat("same")), Focus: focus}, linreg.CodeNotIdentified},
		"arm is the clusters":      {linreg.Model{Outcome: "y", Terms: linreg.Terms(cat("arm")), Focus: focus, Absorb: []string{"g"}}, linreg.CodeNotIdentified},
		"outcome within":           {linreg.Model{Outcome: "sum", Terms: numbers("x"), Absorb: []string{"id"}}, linreg.CodeConstantOutcome},
		"constant in focus":        {linreg.Model{Outcome: "y", Terms: numbers("one"), Focus: []moment.Term{num("one")}}, linreg.CodeNotIdentified},
		"outcome is regressor":     {linreg.Model{Outcome: "y", Terms: numbers("y")}, linreg.CodeModel},
		"term twice":               {linreg.Model{Outcome: "y", Terms: numbers("x", "x")}, linreg.CodeModel},
		"one office in an arm":     {linreg.Model{Outcome: "y", Terms: linreg.Terms(cat("first")), VCov: linreg.CR2, Cluster: []string{"g"}, Focus: []moment.Term{cat("first")}}, linreg.CodeLeverage},
		"one office, CR1":          {linreg.Model{Outcome: "y", Terms: linreg.Terms(cat("first"), num("x")), VCov: linreg.CR1, Cluster: []string{"g"}, Focus: []moment.Term{cat("first")}}, linreg.CodeLeverage},
		"one office, weighted":     {linreg.Model{Outcome: "y", Terms: linreg.Terms(cat("first")), VCov: linreg.CR2, Cluster: []string{"g"}, Focus: []moment.Term{cat("first")}, Weight: "z"}, linreg.CodeLeverage},
		"one person in an arm":     {linreg.Model{Outcome: "y", Terms: linreg.Terms(cat("single"), num("x")), VCov: linreg.HC2, Focus: []moment.Term{cat("single")}}, linreg.CodeLeverage},
		"one person, HC0":          {linreg.Model{Outcome: "y", Terms: linreg.Terms(cat("single")), VCov: linreg.HC0, Focus: []moment.Term{cat("single")}}, linreg.CodeLeverage},
		"absorbed twice":           {linreg.Model{Outcome: "y", Terms: numbers("x"), Absorb: []string{"g", "g"}}, linreg.CodeModel},
		"three clusters":           {linreg.Model{Outcome: "y", Terms: numbers("x"), VCov: linreg.CR1, Cluster: []string{"g", "arm", "id"}}, linreg.CodeUnsupported},
		"two-way CR2":              {linreg.Model{Outcome: "y", Terms: numbers("x"), VCov: linreg.CR2, Cluster: []string{"g", "arm"}}, linreg.CodeUnsupported},
		"CR2 across effects":       {linreg.Model{Outcome: "y", Terms: numbers("x"), VCov: linreg.CR2, Cluster: []string{"g"}, Absorb: []string{"arm", "g", "all"}}, ""},
		"CR2 with crossed effects": {linreg.Model{Outcome: "y", Terms: numbers("x"), VCov: linreg.CR2, Cluster: []string{"arm"}, Absorb: []string{"all"}}, linreg.CodeUnsupported},
		"HC3 absorbed":             {linreg.Model{Outcome: "y", Terms: numbers("x"), VCov: linreg.HC3, Absorb: []string{"g"}}, linreg.CodeUnsupported},
		"useless instrument":       {linreg.Model{Outcome: "y", Terms: numbers("x"), Endogenous: []moment.Term{num("x")}, Instruments: []moment.Term{num("one")}}, linreg.CodeNotIdentified},
		"too few instruments":      {linreg.Model{Outcome: "y", Terms: numbers("x", "z"), Endogenous: []moment.Term{num("x"), num("z")}, Instruments: []moment.Term{num("sum")}}, linreg.CodeNotIdentified},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := linreg.Run(t.Context(), src, c.m, linreg.Options{})
			var refusal *linreg.Refusal
			switch {
			case c.want == "" && err != nil:
				// effects nested in clusters and the constant are all fine, or say why
				if !errors.As(err, &refusal) {
					t.Errorf("Run = %v", err)
				}
			case c.want == "":
			case !errors.As(err, &refusal) || refusal.Code != c.want:
				t.Errorf("Run = %v, %v; want a refusal with code %s", r, err, c.want)
			}
		})
	}
	for name, m := range map[string]linreg.Model{
		"infinite": {Outcome: "y", Terms: numbers("inf")}, "overflow": {Outcome: "y", Terms: numbers("huge")},
		"text": {Outcome: "arm", Terms: numbers("x")}, "unknown": {Outcome: "y", Terms: numbers("nope")},
	} {
		if r, err := linreg.Run(t.Context(), src, m, linreg.Options{}); err == nil {
			t.Errorf("%s: got %+v", name, r.Coefficients)
		}
	}
}

// Too many columns are refused with what to do instead, and a model that does not
// fit in memory does not stop those that do.
func TestTooLarge(t *testing.T) {
	n := 4000
	u := uniforms(2*n, 15)
	id, few := make([]int64, n), make([]int64, n)
	for i := range n {
		id[i], few[i] = int64(i/2), int64(i%30)
	}
	src, err := data.NewMemory(data.Floats("y", u[:n]), data.Floats("x", u[n:]), data.Ints("id", id), data.Ints("few", few))
	if err != nil {
		t.Fatal(err)
	}
	all, err := linreg.RunAll(t.Context(), src, []linreg.Model{
		{Outcome: "y", Terms: linreg.Terms(cat("id"))},
		{Outcome: "y", Terms: numbers("x"), VCov: linreg.CR2, Cluster: []string{"few"}},
		{Outcome: "y", Terms: linreg.Terms(cat("few"), cat("id")), VCov: linreg.CR1, Cluster: []string{"few"}},
	}, linreg.Options{Moments: moment.Options{Memory: 20 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	var refusal *linreg.Refusal
	if !errors.As(all[0].Err, &refusal) || refusal.Code != linreg.CodeUnsupported {
		t.Errorf("2,000 columns: %v", all[0].Err)
	}
	if all[1].Err != nil {
		t.Errorf("the model that fits: %v", all[1].Err)
	}
	if !errors.As(all[2].Err, &refusal) {
		t.Errorf("the model that fits without clusters only: %v", all[2].Err)
	}
	tight, err := linreg.RunAll(t.Context(), src, []linreg.Model{
		{Outcome: "y", Terms: linreg.Terms(cat("id"))}, {Outcome: "y", Terms: numbers("x")},
	}, linreg.Options{Moments: moment.Options{Memory: 1 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	var size *moment.SizeError
	if !errors.As(tight[0].Err, &size) || tight[1].Err != nil {
		t.Errorf("with 1 MiB: %v and %v, want the first too large and the second estimated", tight[0].Err, tight[1].Err)
	}
}

// Cancelling stops the work between scans too.
func TestCancelledWhileClustersAreWorkedOn(t *testing.T) {
	src := generated(t)
	ctx, cancel := context.WithCancel(t.Context())
	m := linreg.Model{Outcome: "y", Terms: flat(), VCov: linreg.CR2, Cluster: []string{"cl"}}
	_, err := linreg.Run(ctx, src, m, linreg.Options{Moments: moment.Options{Progress: func(int64) { cancel() }}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want %v", err, context.Canceled)
	}
}

// A collinear column is dropped and named with those that determine it.
func TestCollinearIsNamed(t *testing.T) {
	n := 50
	u := uniforms(3*n, 9)
	sum := make([]float64, n)
	for i := range sum {
		sum[i] = 1e5*u[i] - 3*u[n+i]
	}
	src, err := data.NewMemory(data.Floats("a", u[:n]), data.Floats("b", u[n:2*n]), data.Floats("y", u[2*n:]), data.Floats("sum", sum))
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, src, linreg.Model{Outcome: "y", Terms: numbers("a", "b", "sum")}, linreg.Options{})
	want := []linreg.Dropped{{Name: "sum", Because: []string{"a", "b"}}}
	if diff := cmp.Diff(want, r.Dropped); diff != "" {
		t.Errorf("Dropped (-want +got):\n%s", diff)
	}
	clean := run(t, src, linreg.Model{Outcome: "y", Terms: numbers("a", "b")}, linreg.Options{})
	for i, c := range clean.Coefficients {
		near(t, c.Name, r.Coefficients[i].Estimate, c.Estimate, 1e-9)
	}
}

// An outcome around 1e9 with a spread of 1 keeps its digits.
func TestOutcomeFarFromZero(t *testing.T) {
	src := generated(t)
	base := run(t, src, linreg.Model{Outcome: "y", Terms: flat(), VCov: linreg.CR2, Cluster: []string{"cl"}}, linreg.Options{})
	far := make([]float64, src.Rows())
	near9 := make([]float64, src.Rows())
	for i, y := range src.Column("y").Floats {
		far[i] = 1<<30 + y
		near9[i] = far[i] - 1<<30 // what is left of y's digits
	}
	var cols []data.Column
	for _, name := range []string{"z", "x1", "x2", "f", "cl"} {
		cols = append(cols, *src.Column(name))
	}
	moved, err := data.NewMemory(append(cols, data.Floats("y", far), data.Floats("y0", near9))...)
	if err != nil {
		t.Fatal(err)
	}
	a := run(t, moved, linreg.Model{Outcome: "y", Terms: flat(), VCov: linreg.CR2, Cluster: []string{"cl"}}, linreg.Options{})
	b := run(t, moved, linreg.Model{Outcome: "y0", Terms: flat(), VCov: linreg.CR2, Cluster: []string{"cl"}}, linreg.Options{})
	for i := range base.Coefficients[1:] {
		x, y := a.Coefficients[i+1], b.Coefficients[i+1]
		near(t, x.Name, x.Estimate, y.Estimate, 1e-11)
		near(t, "se of "+x.Name, x.SE, y.SE, 1e-11)
	}
}

// Moments too large for the limit are done without, for the kinds that allow it.
func TestManyClustersWithinMemory(t *testing.T) {
	src := generated(t)
	m := linreg.Model{Outcome: "y", Terms: flat(), VCov: linreg.CR1, Cluster: []string{"cl"}}
	want := run(t, src, m, linreg.Options{})
	tight := linreg.Options{Moments: moment.Options{Memory: 5000}}
	got := run(t, src, m, tight)
	for i, c := range want.Coefficients {
		near(t, c.Name, got.Coefficients[i].Estimate, c.Estimate, 1e-11)
		near(t, "se of "+c.Name, got.Coefficients[i].SE, c.SE, 1e-11)
	}
	m.VCov = linreg.CR2
	var refusal *linreg.Refusal
	if _, err := linreg.Run(t.Context(), src, m, tight); !errors.As(err, &refusal) || refusal.Code != linreg.CodeUnsupported {
		t.Errorf("CR2 beyond the memory limit: %v", err)
	}
}
