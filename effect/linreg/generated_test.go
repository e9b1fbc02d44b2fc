package linreg_test

import (
	"fmt"
	"math"
	"testing"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/moment"
)

// uniforms are the numbers of the generator x -> 16807 x mod 2^31-1, which R
// makes exactly alike:
//
//	lcg <- function(n, seed) { x <- numeric(n); s <- seed
//	  for (i in 1:n) { s <- (16807*s) %% 2147483647; x[i] <- s/2147483647 }; x }
func uniforms(n int, seed int64) []float64 {
	out := make([]float64, n)
	for i := range out {
		seed = 16807 * seed % 2147483647
		out[i] = float64(seed) / 2147483647
	}
	return out
}

// generated is, in R,
//
//	n <- 400; u <- lcg(6*n, 42); x1 <- u[1:n]; x2 <- u[n+1:n]*3; e <- u[2*n+1:n]
//	w <- 0.5+2*u[3*n+1:n]; cl <- floor(u[4*n+1:n]^2*25); cl2 <- floor(u[5*n+1:n]*12)
//	f <- factor(floor(u[4*n+1:n]*1000) %% 3); z <- cl %% 2; d <- floor(x2) %% 2
//	y <- 1+2*x1-x2+(e-0.5)*(1+x1)+0.3*sin(cl)+0.2*z
//	x1e <- x1+0.5*e; z2 <- (x1-0.3)^2; pair <- rep(1:200, each=2); dp <- rep(c(0,1), 200)
//	bl <- cl %% 4; zc <- floor(cl/4) %% 2
func generated(t testing.TB) *data.Memory {
	const n = 400
	u := uniforms(6*n, 42)
	f := map[string][]float64{}
	k := map[string][]int64{}
	for i := range n {
		x1, x2, e, w := u[i], u[n+i]*3, u[2*n+i], 0.5+2*u[3*n+i]
		cl, cl2 := math.Floor(u[4*n+i]*u[4*n+i]*25), math.Floor(u[5*n+i]*12)
		z := math.Mod(cl, 2)
		add := func(name string, v float64) { f[name] = append(f[name], v) }
		whole := func(name string, v float64) { k[name] = append(k[name], int64(v)) }
		add("x1", x1)
		add("x2", x2)
		add("w", w)
		add("y", 1+2*x1-x2+(e-0.5)*(1+x1)+0.3*math.Sin(cl)+0.2*z)
		add("x1e", x1+0.5*e)
		add("z2", (x1-0.3)*(x1-0.3))
		whole("cl", cl)
		whole("cl2", cl2)
		whole("f", math.Mod(math.Floor(u[4*n+i]*1000), 3))
		whole("z", z)
		whole("d", math.Mod(math.Floor(x2), 2))
		whole("pair", float64(i/2))
		whole("dp", float64(i%2))
		whole("bl", math.Mod(cl, 4))
		whole("zc", math.Mod(math.Floor(cl/4), 2))
	}
	var cols []data.Column
	for name, v := range f {
		cols = append(cols, data.Floats(name, v))
	}
	for name, v := range k {
		cols = append(cols, data.Ints(name, v))
	}
	m, err := data.NewMemory(cols...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var (
	num  = moment.Number
	cat  = moment.Category
	flat = func() []linreg.Term { return linreg.Terms(num("z"), num("x1"), num("x2"), cat("f")) }
)

// Weighted least squares: R 4.2.2 lm(y ~ z+x1+x2+f, weights=w) with
// sandwich::vcovHC, vcovCL(~cl+cl2, HC1), and clubSandwich::vcovCR with coef_test
// Satterthwaite; estimatr::lm_robust gives the same CR2 and degrees of freedom.
func TestWeighted(t *testing.T) {
	src := generated(t)
	for _, c := range []struct {
		vcov    linreg.VCov
		cluster []string
		z, x1   [2]float64
	}{
		{linreg.IID, nil, [2]float64{0.04940348382493674, 394}, [2]float64{0.08730907760122758}},
		{linreg.HC0, nil, [2]float64{0.05309342620486749}, [2]float64{0.09128280633927262}},
		{linreg.HC1, nil, [2]float64{0.05349616340123357}, [2]float64{0.09197522692934024}},
		{linreg.HC2, nil, [2]float64{0.05361163193960165}, [2]float64{0.09225121059588953}},
		{linreg.HC3, nil, [2]float64{0.05413600479744961}, [2]float64{0.09323203826039383}},
		{linreg.CR0, []string{"cl"}, [2]float64{0.08796522730202762}, [2]float64{0.08638855730409296}},
		{linreg.CR1, []string{"cl"}, [2]float64{0.09034700278882936, 24}, [2]float64{0.08872764235437741}},
		{linreg.CR2, []string{"cl"}, [2]float64{0.09708112995205526, 12.25099359599111}, [2]float64{0.09085667947100086, 12.90123782754347}},
		{linreg.CR3, []string{"cl"}, [2]float64{0.1063782426882743}, [2]float64{0.09534996705981715}},
		{linreg.CR1, []string{"cl", "cl2"}, [2]float64{0.09045199292816521, 11}, [2]float64{0.07724371977981472}},
	} {
		r := run(t, src, linreg.Model{Outcome: "y", Terms: flat(), Weight: "w", VCov: c.vcov, Cluster: c.cluster}, linreg.Options{})
		check(t, r, want{"z", 0.2018005844190347, c.z[0], c.z[1]}, want{"x1", 2.019781486588232, c.x1[0], c.x1[1]})
	}
}

// With weights that are all alike, weighted and plain CR2 are the same.
func TestEqualWeightsChangeNothing(t *testing.T) {
	src := generated(t)
	ones := make([]float64, src.Rows())
	for i := range ones {
		ones[i] = 3
	}
	cols := []data.Column{data.Floats("three", ones)}
	for _, name := range []string{"y", "z", "x1", "x2", "f", "cl"} {
		cols = append(cols, *src.Column(name))
	}
	src, err := data.NewMemory(cols...)
	if err != nil {
		t.Fatal(err)
	}
	m := linreg.Model{Outcome: "y", Terms: flat(), VCov: linreg.CR2, Cluster: []string{"cl"}}
	plain := run(t, src, m, linreg.Options{})
	m.Weight = "three"
	weighted := run(t, src, m, linreg.Options{})
	for i, p := range plain.Coefficients {
		w := weighted.Coefficients[i]
		near(t, p.Name, w.Estimate, p.Estimate, 1e-11)
		near(t, "se of "+p.Name, w.SE, p.SE, 1e-11)
		near(t, "df of "+p.Name, w.DF, p.DF, 1e-8)
	}
}

// R 4.2.2: lm(y ~ z+x1+x2+f), clubSandwich::vcovCR and coef_test Satterthwaite;
// the joint test is Wald_test of f1 = f2 = 0 with CR1S, "Naive-F".
func TestClustered(t *testing.T) {
	src := generated(t)
	for _, c := range []struct {
		vcov  linreg.VCov
		z, f1 [2]float64
	}{
		{linreg.CR2, [2]float64{0.09527230536448487, 13.25429759262461}, [2]float64{0.05225521352671265, 14.39888659259299}},
		{linreg.CR3, [2]float64{0.1041732045448203, 11.33564898168648}, [2]float64{0.05466260558479918, 13.05600567588695}},
		{linreg.CR1, [2]float64{0.08973583818370567, 24}, [2]float64{0.05137634715772131}},
	} {
		r := run(t, src, linreg.Model{Outcome: "y", Terms: flat(), VCov: c.vcov, Cluster: []string{"cl"}}, linreg.Options{})
		check(t, r, want{"z", 0.1717990775249081, c.z[0], c.z[1]}, want{"f=1", -0.09808497100251502, c.f1[0], c.f1[1]})
		if c.vcov == linreg.CR1 {
			test, err := r.Joint("f=1", "f=2")
			if err != nil {
				t.Fatalf("Joint: %v", err)
			}
			near(t, "F", test.F, 1.826047198948327, 1e-9)
			near(t, "p of F", test.P, 0.1827252358034981, 1e-9)
		}
		// The same from the moments of another kind.
		other := run(t, src, linreg.Model{Outcome: "y", Terms: flat(), VCov: linreg.CR0, Cluster: []string{"cl"}}, linreg.Options{})
		again, err := other.With(c.vcov)
		if err != nil {
			t.Fatalf("With: %v", err)
		}
		check(t, again, want{"z", 0.1717990775249081, c.z[0], c.z[1]})
	}
}

// R 4.2.2: AER::ivreg(y ~ x1e+x2+f | x1+z2+x2+f) with vcov, sandwich::vcovCL HC1,
// clubSandwich::vcovCR; estimatr::iv_robust gives the same CR2.
func TestInstrumentsClustered(t *testing.T) {
	src := generated(t)
	m := linreg.Model{
		Outcome: "y", Terms: linreg.Terms(num("x1e"), num("x2"), cat("f")),
		Endogenous: []moment.Term{num("x1e")}, Instruments: []moment.Term{num("x1"), num("z2")}, Cluster: []string{"cl"},
	}
	for _, c := range []struct {
		vcov linreg.VCov
		x1e  [2]float64
	}{
		{linreg.IID, [2]float64{0.04863044301066741, 395}},
		{linreg.CR0, [2]float64{0.04289489783863109, 24}},
		{linreg.CR1, [2]float64{0.04400053137787052, 24}},
		{linreg.CR2, [2]float64{0.04495937645054314, 12.5685085517838}},
		{linreg.CR3, [2]float64{0.04719479325401246, 11.13363010116597}},
	} {
		m.VCov = c.vcov
		r := run(t, src, m, linreg.Options{})
		check(t, r, want{"x1e", 2.041169266919944, c.x1e[0], c.x1e[1]})
		near(t, "first-stage F", r.FirstStage[0].F, 684.2613327965046, 1e-9)
	}
	m.Weight, m.VCov = "w", linreg.HC1
	check(t, run(t, src, m, linreg.Options{}), want{"x1e", 2.060195491389921, 0.05262989418331387, 0})
	m.VCov = linreg.IID
	check(t, run(t, src, m, linreg.Options{}), want{"x1e", 2.060195491389921, 0.04806987549878082, 0})
}

// R 4.2.2: estimatr::lm_lin(y ~ z, ~ x1+x2+f) with clusters and CR2, and with
// weights and HC2.
func TestLin(t *testing.T) {
	src := generated(t)
	terms := linreg.Lin(cat("z"), num("x1"), num("x2"), cat("f"))
	r := run(t, src, linreg.Model{Outcome: "y", Terms: terms, VCov: linreg.CR2, Cluster: []string{"cl"}}, linreg.Options{})
	check(t, r, want{"z=1", 0.174875169799284, 0.09249692401093572, 13.13428107126899}, want{"z=1:x1", -0.13830509969844, 0.1841225845821099, 12.96718391027369},
		want{"z=1:f=2", 0.0653103016968115, 0.08814885292753359, 12.62261254122119}, want{"x1", 2.082764848158452, 0.1468352414977233, 5.156707055053273})
	r = run(t, src, linreg.Model{Outcome: "y", Terms: terms, VCov: linreg.HC2, Weight: "w"}, linreg.Options{})
	check(t, r, want{"z=1", 0.2053734662740484, 0.05301298617700437, 390})
}

// R 4.2.2: estimatr::lm_robust(y ~ x1+x2, fixed_effects=~cl2, clusters=cl,
// se_type="stata"); lm with dummies and weights, vcovHC; lm with factor(cl2), f
// and factor(cl); and clubSandwich CR2 on lm with factor(cl).
func TestAbsorbed(t *testing.T) {
	src := generated(t)
	m := linreg.Model{Outcome: "y", Terms: linreg.Terms(num("x1"), num("x2")), Absorb: []string{"cl2"}, VCov: linreg.CR1, Cluster: []string{"cl"}}
	check(t, run(t, src, m, linreg.Options{}), want{"x1", 2.048226393134625, 0.08998685190746407, 24}, want{"x2", -0.990370073802508, 0.03329669856198317, 24})
	m.Weight, m.VCov = "w", linreg.IID
	check(t, run(t, src, m, linreg.Options{}), want{"x1", 2.072993850641017, 0.09039774684087928, 386})
	m.VCov = linreg.HC1
	check(t, run(t, src, m, linreg.Options{}), want{"x1", 2.072993850641017, 0.09438318593080181, 386})
	m.VCov = linreg.IID
	m.Absorb = []string{"cl2", "cl", "f"}
	check(t, run(t, src, m, linreg.Options{}), want{"x1", 2.018014332048915, 0.08718379976501987, 360}, want{"x2", -0.9950652510808962, 0.02876201596934847, 0})
	m.Weight, m.VCov, m.Absorb = "", linreg.CR2, []string{"cl"}
	check(t, run(t, src, m, linreg.Options{}), want{"x1", 2.00234463622543, 0.09162444950607736, 11.40030853693856}, want{"x2", -1.000493816879793, 0.03485291660795971, 11.50445648793028})
}

// A difference of two coefficients is what the other's reference level gives,
// degrees of freedom included.
func TestCombine(t *testing.T) {
	src := generated(t)
	m := linreg.Model{Outcome: "y", Terms: flat(), Cluster: []string{"cl"}}
	for _, weight := range []string{"", "w"} {
		for _, v := range []linreg.VCov{linreg.IID, linreg.CR1, linreg.CR2, linreg.CR3} {
			m.VCov, m.Weight, m.Reference = v, weight, nil
			got, err := run(t, src, m, linreg.Options{}).Combine("difference", map[string]float64{"f=2": 1, "f=1": -1})
			if err != nil {
				t.Fatalf("Combine: %v", err)
			}
			m.Reference = map[string]string{"f": "1"}
			want, _ := run(t, src, m, linreg.Options{}).Coefficient("f=2")
			for what, pair := range map[string][2]float64{
				"estimate": {got.Estimate, want.Estimate}, "se": {got.SE, want.SE}, "df": {got.DF, want.DF}, "p": {got.P, want.P}, "low": {got.Low, want.Low},
			} {
				near(t, fmt.Sprint(v, weight, " ", what), pair[0], pair[1], 1e-9)
			}
		}
	}
	if _, err := run(t, src, m, linreg.Options{}).Combine("nothing", map[string]float64{"nope": 1}); err == nil {
		t.Error("Combine of an unknown coefficient succeeded")
	}
}

// Absorbing gives what dummies give, for every estimator that allows it.
func TestAbsorbingIsDummies(t *testing.T) {
	src := generated(t)
	for _, vcov := range []linreg.VCov{linreg.IID, linreg.HC0, linreg.HC1, linreg.CR0, linreg.CR1} {
		for _, weight := range []string{"", "w"} {
			for _, iv := range []bool{false, true} {
				t.Run(fmt.Sprint(vcov, " ", weight, " ", iv), func(t *testing.T) {
					m := linreg.Model{Outcome: "y", Terms: linreg.Terms(num("x1e"), num("x2"), cat("f"), cat("f").Times(num("x2"))), VCov: vcov, Cluster: []string{"cl"}, Weight: weight}
					if iv {
						m.Endogenous, m.Instruments = []moment.Term{num("x1e")}, []moment.Term{num("x1"), cat("d")}
					}
					dummies := m
					dummies.Terms = append(linreg.Terms(num("x1e"), num("x2"), cat("f"), cat("f").Times(num("x2"))), linreg.Terms(cat("cl2"), cat("bl"))...)
					m.Absorb = []string{"cl2", "bl"}
					a := run(t, src, m, linreg.Options{CountNested: true})
					b := run(t, src, dummies, linreg.Options{})
					for _, x := range a.Coefficients {
						y, ok := b.Coefficient(x.Name)
						if !ok {
							t.Fatalf("no coefficient %s with dummies", x.Name)
						}
						near(t, x.Name, x.Estimate, y.Estimate, 1e-10)
						near(t, "se of "+x.Name, x.SE, y.SE, 1e-10)
						near(t, "df of "+x.Name, x.DF, y.DF, 1e-12)
					}
					if iv {
						near(t, "first-stage F", a.FirstStage[0].F, b.FirstStage[0].F, 1e-9)
						if vcov == linreg.IID || vcov.Clustered() {
							near(t, "effective F", a.FirstStage[0].EffectiveF, b.FirstStage[0].EffectiveF, 1e-9)
						}
					}
				})
			}
		}
	}
}
