package stat_test

import (
	"math"
	"testing"

	"funn/effect/stat"

	"pgregory.net/rapid"
)

// The reference values were computed with mpmath 1.3.0 at 40 digits: betainc
// and gammainc with regularized=True, and bisection on them for the quantiles.

func close14(t *testing.T, what string, got, want, tol float64, args ...any) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tol*math.Abs(want) {
		t.Errorf("%s%v = %.17g, want %.17g (relative error %.2g)", what, args, got, want, math.Abs(got/want-1))
	}
}

func TestTwoSidedT(t *testing.T) {
	for _, c := range []struct{ t, df, want float64 }{
		{0.5, 1, 0.70483276469913345165},
		{2, 3.7, 0.12181720190523400931},
		{1.96, 228.7222277, 0.051210126873744972725},
		{2.5, 10, 0.031446844236608804249},
		{12, 4.25, 0.00019438642552906011293},
		{40, 30, 1.3726045194406402787e-27},
		{1e-3, 5, 0.99924078677219765062},
		{3, 1000000, 0.0026998625414217970587},
		{5, 10000000, 5.7331280750085389921e-7},
		{0.1, 0.5, 0.94633162112860640462},
		{1.3, 0.9, 0.4346842693363248814},
	} {
		close14(t, "TwoSidedT", stat.TwoSidedT(c.t, c.df), c.want, 1e-14, c.t, c.df)
		close14(t, "TwoSidedT", stat.TwoSidedT(-c.t, c.df), c.want, 1e-14, -c.t, c.df)
	}
	// Far out in the tail the exponent itself is in the hundreds.
	close14(t, "TwoSidedT", stat.TwoSidedT(30, 1000), 1.5374687444043482211e-141, 1e-13, 30, 1000)
	close14(t, "TwoSidedT", stat.TwoSidedT(2, math.Inf(1)), 2*stat.NormalTail(2), 1e-15, 2, "Inf")
}

func TestTQuantile(t *testing.T) {
	for _, c := range []struct{ q, df, want float64 }{
		{0.05, 1, 12.706204736174704646},
		{0.05, 3.7, 2.8675207071911894637},
		{0.05, 228.7222277, 1.9703899957478429192},
		{0.05, 10, 2.2281388519862747484},
		{0.01, 4.25, 4.4243060153749435951},
		{1e-10, 30, 9.6673517624925579186},
		{0.5, 2, 0.81649658092772603273},
		{0.05, 1000000, 1.9599663568141070353},
		{0.3, 0.7, 2.7535021246382108723},
		{0.1, 1.5, 3.7051808200967516726},
		{0.0001, 1, 6366.1976713159357848},
	} {
		close14(t, "TQuantile lower", stat.TQuantile(c.q/2, c.df), -c.want, 1e-14, c.q/2, c.df)
		// 1-q and 1-q/2 are rounded, which small q magnify.
		tol := 1e-14 + 2e-16/c.q
		close14(t, "TQuantile upper", stat.TQuantile(1-c.q/2, c.df), c.want, tol, 1-c.q/2, c.df)
		close14(t, "TCritical", stat.TCritical(1-c.q, c.df), c.want, tol, 1-c.q, c.df)
	}
	close14(t, "TCritical", stat.TCritical(0.95, math.Inf(1)), 1.9599639845400542355, 1e-14, 0.95, "Inf")
}

func TestFTail(t *testing.T) {
	for _, c := range []struct{ f, d1, d2, want float64 }{
		{3, 2, 10, 0.095367431640625},
		{1, 5, 5, 0.5},
		{8.5, 33, 299, 3.5701842330440369478e-27},
		{104.7, 1, 3000, 3.5297874604592675834e-24},
		{0.2, 4, 12.5, 0.9337148672977373141},
		{2, 200, 100000, 2.0431733831200433156e-15},
		{1.3, 100, 500, 0.037919098249722398199},
	} {
		close14(t, "FTail", stat.FTail(c.f, c.d1, c.d2), c.want, 3e-14, c.f, c.d1, c.d2)
	}
	close14(t, "FTail", stat.FTail(2, 5, math.Inf(1)), 0.075235246146512178722, 1e-14, 2, 5, "Inf")
}

func TestChiSquareTail(t *testing.T) {
	for _, c := range []struct{ x, df, want float64 }{
		{3.84, 1, 0.050043521248705098948},
		{5.99, 2, 0.050036627086586287849},
		{10, 5, 0.075235246146512178722},
		{100, 10, 5.4497019829205293351e-17},
		{0.5, 7, 0.99944648139042496549},
		{300, 250, 0.016518273157868720378},
		{1, 0.5, 0.15351359580832246321},
	} {
		close14(t, "ChiSquareTail", stat.ChiSquareTail(c.x, c.df), c.want, 3e-14, c.x, c.df)
	}
}

func TestBetaInc(t *testing.T) {
	for _, c := range []struct{ a, b, x, want float64 }{
		{0.5, 0.5, 0.3, 0.36901011956554537504},
		{2, 3, 0.9, 0.9963000000000000024},
		{1000, 2000, 0.34, 0.78121509116064272515},
		{0.01, 5, 0.2, 0.99781803807703533399},
		{150, 0.5, 0.99, 0.082748003254080496065},
		{30, 40, 1e-3, 3.0455315861394326059e-71},
	} {
		close14(t, "BetaInc", stat.BetaInc(c.a, c.b, c.x), c.want, 3e-14, c.a, c.b, c.x)
	}
}

func TestNormalQuantile(t *testing.T) {
	for _, c := range []struct{ p, want float64 }{
		{1e-10, -6.3613409024040562047},
		{0.025, -1.9599639845400542355},
		{0.3, -0.52440051270804078404},
		{0.001, -3.0902323061678135415},
		{1e-100, -21.273453560965324295},
	} {
		close14(t, "NormalQuantile", stat.NormalQuantile(c.p), c.want, 1e-14, c.p)
	}
	if got := stat.NormalQuantile(0.5); got != 0 {
		t.Errorf("NormalQuantile(0.5) = %g, want 0", got)
	}
}

func TestQuantileInvertsTail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		df := math.Exp(rapid.Float64Range(math.Log(0.3), math.Log(1e8)).Draw(t, "log df"))
		q := math.Exp(rapid.Float64Range(math.Log(1e-12), math.Log(0.999)).Draw(t, "log q"))
		x := stat.TQuantile(q/2, df)
		if got := stat.TwoSidedT(x, df); math.Abs(got/q-1) > 1e-12 {
			t.Fatalf("TwoSidedT(TQuantile(%g, %g)) = %g, off by %g", q/2, df, got, got/q-1)
		}
	})
}

func TestOutsideDomainIsNaN(t *testing.T) {
	for name, got := range map[string]float64{
		"t without df":        stat.TwoSidedT(1, 0),
		"t with NaN df":       stat.TwoSidedT(1, math.NaN()),
		"quantile above 1":    stat.TQuantile(1.1, 3),
		"coverage 1":          stat.TCritical(1, 3),
		"F with negative df":  stat.FTail(1, -1, 3),
		"chi-squared NaN":     stat.ChiSquareTail(math.NaN(), 3),
		"beta x above 1":      stat.BetaInc(1, 1, 1.5),
		"normal quantile NaN": stat.NormalQuantile(math.NaN()),
	} {
		if !math.IsNaN(got) {
			t.Errorf("%s = %g, want NaN", name, got)
		}
	}
}

func BenchmarkTwoSidedTLargeDF(b *testing.B) {
	for b.Loop() {
		stat.TwoSidedT(2, 1e7)
	}
}
