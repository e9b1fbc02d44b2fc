package did_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"funn/effect/data"
	"funn/effect/did"
	"funn/effect/internal/published"
	"funn/effect/linreg"

	"github.com/google/go-cmp/cmp"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Abs(want)) {
		t.Errorf("%s = %.16g, want %.16g (relative error %.2g)", what, got, want, math.Abs(got/want-1))
	}
}

func codes(w []linreg.Warning) []linreg.Code {
	var out []linreg.Code
	for _, x := range w {
		out = append(out, x.Code)
	}
	return out
}

// The teen employment panel of Callaway and Sant'Anna, as two-way fixed effects:
// R 4.2.2, lm with dummies for county and year, sandwich::vcovCL HC0 by county
// times G/(G-1) (N-1)/(N-K), K the coefficients and years, as fixest counts.
func TestTwoWay(t *testing.T) {
	src := published.Load(t, "mpdta")
	p := did.Panel{Outcome: "lemp", Unit: "countyreal", Time: "year", Start: "first.treat"}
	r, err := p.TwoWay(t.Context(), src, linreg.Options{})
	if err != nil {
		t.Fatalf("TwoWay: %v", err)
	}
	near(t, "effect", r.Coefficients[0].Estimate, -0.03654893667423634, 1e-10)
	near(t, "se", r.Coefficients[0].SE, 0.01326515542933541, 1e-10)
	if !slices.Contains(codes(r.Warnings), did.CodeStaggered) {
		t.Errorf("warnings %v, want %s among them", codes(r.Warnings), did.CodeStaggered)
	}
}

// The same panel as an event study; the average is the plain mean of periods 0
// to 3 and the test before the start a Wald test over 3.
func TestEventStudy(t *testing.T) {
	src := published.Load(t, "mpdta")
	p := did.Panel{Outcome: "lemp", Unit: "countyreal", Time: "year", Start: "first.treat"}
	s, err := p.EventStudy(t.Context(), src, did.Window{}, linreg.Options{})
	if err != nil {
		t.Fatalf("EventStudy: %v", err)
	}
	want := []struct {
		period       int
		estimate, se float64
	}{
		{-4, 0.003549326919216651, 0.0228285814462747},
		{-3, 0.02462350198653028, 0.0176793711726698},
		{-2, 0.02335481488621242, 0.01343669937724598},
		{0, -0.01814392696683505, 0.01098221828095381},
		{1, -0.04347237262871474, 0.01757694699444459},
		{2, -0.1317948577543231, 0.02883740739004319},
		{3, -0.0922467941817432, 0.03233619316313483},
	}
	if len(s.Events) != len(want) {
		t.Fatalf("%d events, want %d", len(s.Events), len(want))
	}
	for i, w := range want {
		e := s.Events[i]
		if e.Period != w.period {
			t.Errorf("event %d is of period %d, want %d", i, e.Period, w.period)
		}
		near(t, "effect in "+e.Name, e.Estimate, w.estimate, 1e-9)
		near(t, "se in "+e.Name, e.SE, w.se, 1e-9)
	}
	near(t, "average", s.Average.Estimate, -0.07141448788290401, 1e-10)
	near(t, "se of average", s.Average.SE, 0.01813897086496519, 1e-10)
	near(t, "F before", s.Pretrend.F, 1.631565611488979, 1e-8)
	near(t, "p before", s.Pretrend.P, 0.1811271025341679, 1e-8)
	// Drawing together the ends.
	s, err = p.EventStudy(t.Context(), src, did.Window{Before: 2, After: 1}, linreg.Options{})
	if err != nil {
		t.Fatalf("EventStudy: %v", err)
	}
	var periods []int
	for _, e := range s.Events {
		periods = append(periods, e.Period)
	}
	if diff := cmp.Diff([]int{-2, 0, 1}, periods); diff != "" {
		t.Errorf("periods of the narrow window (-want +got):\n%s", diff)
	}
}

// One cohort, CR2 by county: clubSandwich 0.5.8 vcovCR and coef_test
// Satterthwaite on lm with dummies.
func TestTwoWayCR2(t *testing.T) {
	src := published.Load(t, "mpdta")
	first := src.Column("first.treat")
	var rows []int
	for i := range src.Rows() {
		if v, _ := first.Number(i); v == 0 || v == 2006 {
			rows = append(rows, i)
		}
	}
	p := did.Panel{Outcome: "lemp", Unit: "countyreal", Time: "year", Start: "first.treat", VCov: linreg.CR2}
	r, err := p.TwoWay(t.Context(), src.Take(rows), linreg.Options{})
	if err != nil {
		t.Fatalf("TwoWay: %v", err)
	}
	c, _ := r.Coefficient(did.TreatedColumn)
	near(t, "effect", c.Estimate, -0.02257004760849731, 1e-9)
	near(t, "se", c.SE, 0.02098981979296225, 1e-9)
	near(t, "df", c.DF, 49.6452801624176, 1e-6)
	if slices.Contains(codes(r.Warnings), did.CodeStaggered) {
		t.Error("one cohort is called staggered")
	}
}

// Card and Krueger (1994), clustered by restaurant: R 4.2.2, lm and
// sandwich::vcovCL HC1.
func TestGroups(t *testing.T) {
	src := published.Load(t, "card_krueger")
	g := did.Groups{Outcome: "fte", Treated: "nj", After: "d", Cluster: []string{"id"}, VCov: linreg.CR1}
	r, err := g.Estimate(t.Context(), src, linreg.Options{})
	if err != nil {
		t.Fatalf("Estimate: %v", err)
	}
	c, ok := r.Coefficient(g.Effect())
	if !ok {
		t.Fatalf("no coefficient %s", g.Effect())
	}
	near(t, "effect", c.Estimate, 2.753605782980566, 1e-10)
	near(t, "se", c.SE, 1.306607012419108, 1e-10)
}

// The same panel's first cohort in its first year against the counties that are
// never treated: ATT(2004, 2004) of Callaway and Sant'Anna (2021), published as
// -0.0105 and by did 2.5.1 -0.010503246221 (0.0232510363682, analytic), which
// without covariates is this comparison with CR0 by county: R 4.2.2, lm and
// sandwich::vcovCL HC0.
func TestGroupsAreTheFirstCallawaySantAnna(t *testing.T) {
	src := published.Load(t, "mpdta")
	first, year := src.Column("first.treat"), src.Column("year")
	var rows []int
	for i := range src.Rows() {
		start, _ := first.Number(i)
		now, _ := year.Number(i)
		if (start == 0 || start == 2004) && (now == 2003 || now == 2004) {
			rows = append(rows, i)
		}
	}
	src = src.Take(rows)
	src = published.Derive(t, src, "cohort", func(x []float64) float64 { return min(x[0], 1) }, "first.treat")
	src = published.Derive(t, src, "after", func(x []float64) float64 { return x[0] - 2003 }, "year")
	g := did.Groups{Outcome: "lemp", Treated: "cohort", After: "after", Cluster: []string{"countyreal"}, VCov: linreg.CR0}
	r, err := g.Estimate(t.Context(), src, linreg.Options{})
	if err != nil {
		t.Fatalf("Estimate: %v", err)
	}
	c, _ := r.Coefficient(g.Effect())
	near(t, "effect", c.Estimate, -0.01050324622096187, 1e-9)
	near(t, "se", c.SE, 0.02325103636815655, 1e-9)
}

// panel is a generated, unbalanced panel in which a unit is affected by 2 from
// its start on.
func panel(t *testing.T, start func(unit int) float64) *data.Memory {
	r := rand.New(rand.NewPCG(3, 1))
	var unit []int64
	var year, begin, y []float64
	for u := range 80 {
		level := r.NormFloat64()
		for p := range 8 {
			if r.IntN(7) == 0 {
				continue
			}
			s := start(u)
			v := level + float64(p*p)/10 + 0.01*r.NormFloat64()
			if s != 0 && !math.IsNaN(s) && float64(p) >= s {
				v += 2
			}
			unit, year, begin, y = append(unit, int64(u)), append(year, float64(p)), append(begin, s), append(y, v)
		}
	}
	m, err := data.NewMemory(data.Ints("unit", unit), data.Floats("year", year), data.Floats("begin", begin), data.Floats("y", y))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFindsWhatWasPutIn(t *testing.T) {
	for name, never := range map[string]float64{"missing": math.NaN(), "zero": 0, "infinite": math.Inf(1)} {
		src := panel(t, func(u int) float64 {
			if u%2 == 0 {
				return never
			}
			return float64(3 + u%3)
		})
		p := did.Panel{Outcome: "y", Unit: "unit", Time: "year", Start: "begin"}
		s, err := p.EventStudy(t.Context(), src, did.Window{}, linreg.Options{})
		if err != nil {
			t.Fatalf("%s: EventStudy: %v", name, err)
		}
		for _, e := range s.Events {
			want := 0.0
			if e.Period >= 0 {
				want = 2
			}
			if math.Abs(e.Estimate-want) > 0.02 {
				t.Errorf("%s: effect in period %d is %g, want about %g", name, e.Period, e.Estimate, want)
			}
		}
		r, err := p.TwoWay(t.Context(), src, linreg.Options{})
		if err != nil {
			t.Fatalf("%s: TwoWay: %v", name, err)
		}
		if got := r.Coefficients[0].Estimate; math.Abs(got-2) > 0.02 {
			t.Errorf("%s: two-way effect is %g, want about 2", name, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	p := did.Panel{Outcome: "y", Unit: "unit", Time: "year", Start: "begin"}
	refused := func(name string, want linreg.Code, err error) {
		t.Helper()
		var refusal *linreg.Refusal
		if !errors.As(err, &refusal) || refusal.Code != want {
			t.Errorf("%s: %v, want a refusal with code %s", name, err, want)
		}
	}
	everyone := panel(t, func(int) float64 { return 4 })
	_, err := p.EventStudy(t.Context(), everyone, did.Window{}, linreg.Options{})
	refused("everyone starts at once", did.CodeNoComparison, err)
	_, err = p.TwoWay(t.Context(), everyone, linreg.Options{})
	refused("everyone starts at once, two-way", linreg.CodeNotIdentified, err)
	nobody := panel(t, func(int) float64 { return 0 })
	_, err = p.TwoWay(t.Context(), nobody, linreg.Options{})
	refused("nobody starts", linreg.CodeNotIdentified, err)
	_, err = p.EventStudy(t.Context(), nobody, did.Window{}, linreg.Options{})
	refused("nobody starts, event study", linreg.CodeMissingLevel, err)
	_, err = p.EventStudy(t.Context(), nobody, did.Window{Before: 1}, linreg.Options{})
	refused("window without periods before the reference", linreg.CodeModel, err)
	var unknown *data.UnknownColumnError
	p.Start = "nope"
	if _, err = p.TwoWay(t.Context(), nobody, linreg.Options{}); !errors.As(err, &unknown) {
		t.Errorf("unknown start: %v", err)
	}
}
