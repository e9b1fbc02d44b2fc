package design

import (
	"context"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s = %.15g, want %.15g", what, got, want)
	}
}

// Values by R 4.2.2: pt(2.1, df, ncp, lower.tail = FALSE), itself good to
// about ten digits.
func TestNoncentralTTail(t *testing.T) {
	for _, v := range []struct{ df, ncp, want float64 }{
		{1, -1, 0.0304459602476983},
		{1, 0.5, 0.241581030538452},
		{1, 3, 0.803023215057873},
		{1, 8, 0.999417142699481},
		{2.5, -1, 0.0110293068698054},
		{2.5, 0.5, 0.145328390211455},
		{2.5, 3, 0.796429675370913},
		{2.5, 8, 0.999985980448792},
		{5, -1, 0.00505832703790732},
		{5, 0.5, 0.103038455053718},
		{5, 3, 0.800720229065324},
		{5, 8, 0.999999378663511},
		{30, -1, 0.00144546934820544},
		{30, 0.5, 0.0632065276721386},
		{30, 3, 0.812137533834084},
		{30, 8, 0.999999994035786},
		{198, -1, 0.00103378722934566},
		{198, 0.5, 0.0560804157557866},
		{198, 3, 0.81532016476036},
		{198, 8, 0.999999997818022},
		{1000, -1, 0.000980527942754161},
		{1000, 0.5, 0.0550531435264867},
		{1000, 3, 0.815815870324338},
		{1000, 8, 0.99999999811543},
	} {
		near(t, "tail", noncentralTTail(2.1, v.df, v.ncp), v.want, 1e-9)
	}
}

func power(t *testing.T, trial Trial, size int, effect float64) float64 {
	t.Helper()
	a, err := trial.PowerOf(size, effect)
	if err != nil {
		t.Fatal(err)
	}
	return a.Power
}

// Values by R 4.2.2 and pwr 1.3-0; the call stands beside each.
func TestPowerAgainstR(t *testing.T) {
	// power.t.test(n = 30, delta = .5, sd = 1, strict = TRUE)
	near(t, "t test", power(t, Trial{}, 60, 0.5), 0.477896520760209, 1e-9)
	// The same in another unit.
	near(t, "t test, sd 20", power(t, Trial{SD: 20}, 60, 10), 0.477896520760209, 1e-9)
	// pwr.t2n.test(n1 = 20, n2 = 60, d = .5)
	near(t, "unequal arms", power(t, Trial{Allocation: 0.25}, 80, 0.5), 0.481176292458577, 1e-9)
	// power.prop.test(n = 200, p1 = .3, p2 = .4, strict = TRUE)
	near(t, "shares", power(t, Trial{Binary: true, Baseline: 0.3}, 400, 0.1), 0.554650483928233, 1e-9)
	// Clusters: with A = icc(1−r2c)(1+cv²) + (1−icc)(1−r2)/m,
	// se = sqrt(A/K/(P(1−P))), df = K−1−strata and q = qt(.975, df):
	// pt(q, df, d/se, lower.tail = FALSE) + pt(q, df, −d/se, lower.tail = FALSE)
	office := Trial{ClusterSize: 50, ICC: 0.05}
	near(t, "clusters", power(t, office, 40, 0.25), clustersR, 1e-9)
	office.SizeCV = 0.6
	near(t, "unequal clusters", power(t, office, 40, 0.25), unequalR, 1e-9)
	near(t, "covariates", power(t, Trial{ClusterSize: 20, ICC: 0.1, SizeCV: 0.4, Allocation: 0.4, R2: 0.3, R2Cluster: 0.5}, 30, 0.3), covariatesR, 1e-9)
	near(t, "strata", power(t, Trial{ClusterSize: 50, ICC: 0.05, Strata: 10}, 40, 0.25), strataR, 1e-9)
}

// Sizes: J. Cohen, "Statistical Power Analysis for the Behavioral Sciences"
// (1988), table 2.4.1 gives 393 and 64 an arm for d = .2 and .5 at 80 %; pwr
// gives 393.41 and 63.77 (and 120.71 at 90 %, alpha .01);
// power.prop.test(p1, p2, power) gives 1376.30 (.30, .35) and 76.71 (.50, .75
// at 90 %).
func TestSizeAgainstR(t *testing.T) {
	for _, v := range []struct {
		trial         Trial
		effect, power float64
		want          int
	}{
		{Trial{}, 0.2, 0.8, 787},
		{Trial{}, 0.5, 0.8, 128},
		{Trial{Alpha: 0.01}, 0.5, 0.9, 242},
		{Trial{Binary: true, Baseline: 0.3}, 0.05, 0.8, 2753},
		{Trial{Binary: true, Baseline: 0.5}, 0.25, 0.9, 154},
	} {
		a, err := v.trial.SizeFor(v.effect, v.power)
		if err != nil {
			t.Fatal(err)
		}
		// Arms may be half a unit apart here, where R rounds each arm up.
		if a.Size != v.want {
			t.Errorf("%+v: size = %d, want %d", v.trial, a.Size, v.want)
		}
	}
}

// power.t.test(n = 100, power = .8, strict = TRUE, tol = 1e-14)$delta and
// power.prop.test(p1 = .3, n = 500, power = .8, strict = TRUE, tol = 1e-14)$p2
// − .3; with R's default tolerance both are good to four digits only.
func TestEffectAgainstR(t *testing.T) {
	a, err := Trial{}.EffectFor(200, 0.8)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "effect", a.Effect, 0.398138137568232, 1e-9)
	b, err := Trial{Binary: true, Baseline: 0.3}.EffectFor(1000, 0.8)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "difference of shares", b.Effect, 0.0839537670477927, 1e-9)
}

func TestTakeUpAndAttrition(t *testing.T) {
	half, all := 0.5, 1.0
	full := power(t, Trial{TakeUp: &all}, 400, 0.2)
	near(t, "half take-up of a double effect", power(t, Trial{TakeUp: &half}, 400, 0.4), full, 1e-12)
	near(t, "controls who help themselves", power(t, Trial{TakeUpControl: 0.5}, 400, 0.4), full, 1e-12)
	near(t, "a fifth lost", power(t, Trial{Attrition: 0.2}, 500, 0.2), full, 1e-12)
}

func TestPowerRefusals(t *testing.T) {
	if _, err := (Trial{}).PowerOf(3, 1); err == nil {
		t.Error("a size of 3 was accepted")
	}
	if _, err := (Trial{Binary: true, Baseline: 0.9}).PowerOf(100, 0.2); err == nil {
		t.Error("a share above 1 was accepted")
	}
	if _, err := (Trial{Attrition: 0.999}).PowerOf(100, 0.2); err == nil {
		t.Error("a trial that loses everyone was accepted")
	}
	if _, err := (Trial{Binary: true, Baseline: 0.9}).EffectFor(10, 0.99); !errors.Is(err, ErrUnreachable) {
		t.Errorf("error = %v, want ErrUnreachable", err)
	}
}

// TestSolversAgree holds that size, effect and power answer each other.
func TestSolversAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		trial := Trial{
			Binary:     rapid.Bool().Draw(rt, "binary"),
			Baseline:   rapid.Float64Range(0.1, 0.6).Draw(rt, "baseline"),
			Allocation: rapid.Float64Range(0.2, 0.8).Draw(rt, "allocation"),
			R2:         rapid.Float64Range(0, 0.8).Draw(rt, "r2"),
		}
		if rapid.Bool().Draw(rt, "clusters") {
			trial.ClusterSize = rapid.Float64Range(2, 200).Draw(rt, "m")
			trial.SizeCV = rapid.Float64Range(0, 1).Draw(rt, "cv")
			trial.ICC = rapid.Float64Range(0, 0.3).Draw(rt, "icc")
		}
		effect := rapid.Float64Range(0.05, 0.3).Draw(rt, "effect")
		want := rapid.Float64Range(0.5, 0.95).Draw(rt, "power")
		a, err := trial.SizeFor(effect, want)
		if err != nil {
			rt.Fatal(err)
		}
		if a.Power < want {
			rt.Fatalf("size %d has power %g, below %g", a.Size, a.Power, want)
		}
		if less, err := trial.PowerOf(a.Size-1, effect); err == nil && less.Power >= want {
			rt.Fatalf("size %d would do", a.Size-1)
		}
		e, err := trial.EffectFor(a.Size, want)
		if err != nil {
			rt.Fatal(err)
		}
		if e.Effect > effect*(1+1e-9) {
			rt.Fatalf("size %d was for the effect %g, but is said to detect only %g", a.Size, effect, e.Effect)
		}
	})
}

// TestSimulationAgreesWithFormula holds that what the formula promises is
// what trials deliver, within the simulation's own error and, for few
// clusters, the formula's.
func TestSimulationAgreesWithFormula(t *testing.T) {
	take := 0.6
	for name, v := range map[string]struct {
		trial  Trial
		size   int
		effect float64
		slack  float64
	}{
		"individual":         {Trial{}, 128, 0.5, 0},
		"covariates":         {Trial{R2: 0.5, Allocation: 0.3}, 120, 0.4, 0},
		"shares":             {Trial{Binary: true, Baseline: 0.3}, 800, 0.1, 0.01},
		"take-up, loss":      {Trial{TakeUp: &take, Attrition: 0.2}, 400, 0.5, 0.01},
		"clusters":           {Trial{ClusterSize: 30, ICC: 0.05}, 40, 0.3, 0},
		"unequal clusters":   {Trial{ClusterSize: 30, ICC: 0.05, SizeCV: 0.5}, 60, 0.25, 0.03},
		"clusters, shares":   {Trial{Binary: true, Baseline: 0.4, ClusterSize: 25, ICC: 0.04}, 50, 0.12, 0.01},
		"clusters, covaried": {Trial{ClusterSize: 20, ICC: 0.1, R2: 0.3, R2Cluster: 0.5}, 40, 0.25, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := v.trial.Simulate(context.Background(), v.size, v.effect, 2000, 1)
			if err != nil {
				t.Fatal(err)
			}
			formula := power(t, v.trial, v.size, v.effect)
			if math.Abs(s.Power-formula) > 3.5*s.PowerSE+v.slack {
				t.Errorf("simulated power %.3f (%.3f), formula %.3f", s.Power, s.PowerSE, formula)
			}
			if s.Size < 0.035 || s.Size > 0.065 {
				t.Errorf("size of the test = %.3f, want 0.035 to 0.065", s.Size)
			}
		})
	}
}

func TestSimulateStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (Trial{}).Simulate(ctx, 100, 0.1, 1000, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want context.Canceled", err)
	}
}

const (
	clustersR   = 0.834679897860064
	unequalR    = 0.742819908207681
	covariatesR = 0.738126488436266
	strataR     = 0.828609862883107
)
