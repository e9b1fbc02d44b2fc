package linreg_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"funn/effect/data"
	"funn/effect/linreg"
)

// The bootstrap from moments against the bootstrap from its definition: for all
// combinations of signs make the outcomes anew, run the regression, and compute
// its CR0 statistic.
func TestWildClusterAgainstDefinition(t *testing.T) {
	const n, groups, value = 60, 6, 0.3
	u := uniforms(3*n, 77)
	x, z, y, g := u[:n], u[n:2*n], make([]float64, n), make([]int64, n)
	for i := range n {
		g[i] = int64(i * i % groups)
		y[i] = 1 + 0.5*x[i] - z[i] + u[2*n+i] + math.Sin(float64(g[i]))
	}
	source := func(y []float64) data.Source {
		m, err := data.NewMemory(data.Floats("y", y), data.Floats("x", x), data.Floats("z", z), data.Ints("g", g))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := linreg.Model{Outcome: "y", Terms: numbers("x", "z"), VCov: linreg.CR0, Cluster: []string{"g"}}
	r := run(t, source(y), m, linreg.Options{})
	got, err := r.WildCluster(t.Context(), "x", value, 0, 1)
	if err != nil {
		t.Fatalf("WildCluster: %v", err)
	}
	if !got.Exact || got.Draws != 1<<len(clustersOf(g)) {
		t.Errorf("%d draws, exact %v; want all combinations of signs", got.Draws, got.Exact)
	}
	b, _ := r.Coefficient("x")
	near(t, "T", got.T, (b.Estimate-value)/b.SE, 1e-10)

	// The restricted fit: y - value x on z.
	rest := make([]float64, n)
	for i := range n {
		rest[i] = y[i] - value*x[i]
	}
	m0 := m
	m0.Terms = numbers("z")
	r0 := run(t, source(rest), m0, linreg.Options{})
	a, _ := r0.Coefficient(linreg.Intercept)
	c, _ := r0.Coefficient("z")
	codes := clustersOf(g)
	extreme := 0
	for set := range 1 << len(codes) {
		again := make([]float64, n)
		for i := range n {
			fit := value*x[i] + a.Estimate + c.Estimate*z[i]
			sign := float64(2*(set>>codes[g[i]]&1) - 1)
			again[i] = fit + sign*(y[i]-fit)
		}
		b, _ := run(t, source(again), m, linreg.Options{}).Coefficient("x")
		if math.Abs((b.Estimate-value)/b.SE) >= math.Abs(got.T)*(1-1e-9) {
			extreme++
		}
	}
	near(t, "p", got.P, float64(extreme)/float64(got.Draws), 1e-12)
}

func clustersOf(g []int64) map[int64]int {
	codes := map[int64]int{}
	for _, v := range g {
		if _, ok := codes[v]; !ok {
			codes[v] = len(codes)
		}
	}
	return codes
}

func TestWildClusterDraws(t *testing.T) {
	src := generated(t)
	m := linreg.Model{Outcome: "y", Terms: flat(), VCov: linreg.CR2, Cluster: []string{"cl"}}
	r := run(t, src, m, linreg.Options{})
	one, err := r.WildCluster(t.Context(), "z", 0, 1999, 1)
	if err != nil {
		t.Fatal(err)
	}
	two, _ := r.WildCluster(t.Context(), "z", 0, 1999, 1)
	if *one != *two {
		t.Errorf("the same seed gives %+v and %+v", one, two)
	}
	c, _ := r.Coefficient("z")
	if one.Exact || math.Abs(one.P-c.P) > 0.05 {
		t.Errorf("p = %g by the bootstrap (exact %v), %g by CR2: too far apart", one.P, one.Exact, c.P)
	}
	if p, _ := r.WildCluster(t.Context(), "z", c.Estimate+0.5*c.SE, 1999, 1); p.P < 0.3 {
		t.Errorf("p = %g for a value half a standard error away", p.P)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.WildCluster(ctx, "z", 0, 1999, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := r.WildCluster(t.Context(), "nope", 0, 9, 1); err == nil {
		t.Error("an unknown coefficient was accepted")
	}
	plain := run(t, src, linreg.Model{Outcome: "y", Terms: flat()}, linreg.Options{})
	var refusal *linreg.Refusal
	if _, err := plain.WildCluster(t.Context(), "z", 0, 9, 1); !errors.As(err, &refusal) || refusal.Code != linreg.CodeUnsupported {
		t.Errorf("without clusters: %v", err)
	}
}
