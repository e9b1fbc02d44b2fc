package design

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"funn/effect/stat"

	"gonum.org/v1/gonum/stat/distuv"
)

// Simulated is what came of simulated trials.
type Simulated struct {
	Trials int `json:"trials"`
	// Power is the share of trials that found the effect, and PowerSE its
	// simulation error.
	Power   float64 `json:"power"`
	PowerSE float64 `json:"power_se"`
	// Size is the share of trials that found something where there was
	// nothing; it should be close to alpha.
	Size   float64 `json:"size"`
	SizeSE float64 `json:"size_se"`
}

// Simulate draws whole trials and tests each one as it will be tested: the
// difference in means with the HC2 variance for individuals, CR2 with
// Satterthwaite degrees of freedom for clusters. Cluster sizes are gamma
// distributed; outcomes are normal, or binary with beta distributed cluster
// shares. What covariates explain is taken off the variance beforehand. It
// stops with the context's error.
func (t Trial) Simulate(ctx context.Context, size int, effect float64, trials int, seed uint64) (Simulated, error) {
	t = t.filled()
	if size < t.minSize() {
		return Simulated{}, fmt.Errorf("simulate: a size of %d is too small", size)
	}
	out := Simulated{Trials: trials}
	rng := rand.New(newStream(seed, "simulate").ChaCha8)
	found, falsely := 0, 0
	for range trials {
		if err := ctx.Err(); err != nil {
			return Simulated{}, err
		}
		if t.trial(rng, size, effect) < t.Alpha {
			found++
		}
		if t.trial(rng, size, 0) < t.Alpha {
			falsely++
		}
	}
	share := func(k int) (p, se float64) {
		p = float64(k) / float64(trials)
		return p, math.Sqrt(p * (1 - p) / float64(trials))
	}
	out.Power, out.PowerSE = share(found)
	out.Size, out.SizeSE = share(falsely)
	return out, nil
}

// group is one cluster (or one person) as the analysis sees it.
type group struct{ n, sum, squares float64 }

// trial draws one trial and returns the p-value of its test.
func (t Trial) trial(rng *rand.Rand, size int, effect float64) float64 {
	treated := int(math.Round(float64(size) * t.Allocation))
	if t.clustered() {
		arms := [2][]group{}
		for g := range size {
			arm := 0
			if g < treated {
				arm = 1
			}
			if c := t.cluster(rng, arm, effect); c.n > 0 {
				arms[arm] = append(arms[arm], c)
			}
		}
		return clusterTest(arms)
	}
	var arms [2]group
	within := math.Sqrt((1 - t.R2) * (1 - t.StrataR2))
	for i := range size {
		arm := 0
		if i < treated {
			arm = 1
		}
		if t.Attrition == 0 || rng.Float64() >= t.Attrition {
			y := t.outcome(rng, arm, effect, 0, within)
			arms[arm].n++
			arms[arm].sum += y
			arms[arm].squares += y * y
		}
	}
	return welchTest(arms)
}

// outcome is one person's: shift is the cluster's deviation, within the
// standard deviation left, as a share of the total.
func (t Trial) outcome(rng *rand.Rand, arm int, effect, shift, within float64) float64 {
	take := t.TakeUpControl
	if arm == 1 {
		take = *t.TakeUp
	}
	mean := shift
	if rng.Float64() < take {
		mean += effect
	}
	if !t.Binary {
		return mean + t.SD*within*rng.NormFloat64()
	}
	p := t.Baseline + mean
	if within < 1 {
		// What covariates explain cannot be taken off a single yes or no; the
		// same mean and the variance that is left are drawn instead.
		return p + within*math.Sqrt(max(p*(1-p), 0))*rng.NormFloat64()
	}
	if rng.Float64() < p {
		return 1
	}
	return 0
}

func (t Trial) cluster(rng *rand.Rand, arm int, effect float64) group {
	n := t.ClusterSize
	if t.SizeCV > 0 {
		shape := 1 / (t.SizeCV * t.SizeCV)
		n = distuv.Gamma{Alpha: shape, Beta: shape / t.ClusterSize, Src: rng}.Rand()
	}
	people := max(int(math.Floor(n+rng.Float64())), 1) // rounds without bias
	between := math.Sqrt(t.ICC * (1 - t.R2Cluster))
	within := math.Sqrt((1 - t.ICC) * (1 - t.R2))
	shift := 0.0
	switch {
	case !t.Binary:
		shift = t.SD * between * rng.NormFloat64()
	case t.R2 > 0 || t.R2Cluster > 0:
		shift = math.Sqrt(t.Baseline*(1-t.Baseline)) * between * rng.NormFloat64()
	case t.ICC > 0:
		precision := 1/t.ICC - 1
		shift = distuv.Beta{Alpha: t.Baseline * precision, Beta: (1 - t.Baseline) * precision, Src: rng}.Rand() - t.Baseline
		within = 1
	default:
		within = 1
	}
	var c group
	for range people {
		if t.Attrition == 0 || rng.Float64() >= t.Attrition {
			y := t.outcome(rng, arm, effect, shift, within)
			c.n++
			c.sum += y
			c.squares += y * y
		}
	}
	return c
}

// welchTest is the difference in means with the HC2 variance, which for two
// groups is Welch's, and Satterthwaite's degrees of freedom.
func welchTest(arms [2]group) float64 {
	var mean, v, df [2]float64
	for a, g := range arms {
		if g.n < 2 {
			return 1
		}
		mean[a] = g.sum / g.n
		v[a] = max(g.squares-g.n*mean[a]*mean[a], 0) / (g.n - 1) / g.n
		df[a] = g.n - 1
	}
	return twoSided(mean[1]-mean[0], v, df)
}

// clusterTest is the difference in means with the CR2 variance. With a
// treatment that is constant within clusters the adjustment of a cluster
// with n of the arm's N people is 1/√(1−n/N), and each arm's part of the
// variance has the degrees of freedom of Bell and McCaffrey under
// independent errors.
func clusterTest(arms [2][]group) float64 {
	var mean, v, df [2]float64
	for a, groups := range arms {
		if len(groups) < 2 {
			return 1
		}
		var n, sum float64
		for _, g := range groups {
			n += g.n
			sum += g.sum
		}
		mean[a] = sum / n
		// The variance is Σ c_g e_g², e_g = Σ_i (y_i − mean), c_g =
		// 1/(1−n_g/N)/N². Under independent errors cov(e_g, e_h) =
		// n_g(1{g=h} − n_h/N), whence df = (Σ c_g E e_g²)² / Σ c_g c_h cov².
		expected, spread := 0.0, 0.0
		squares := 0.0
		for _, g := range groups {
			share := g.n / n
			c := 1 / (1 - share) / (n * n)
			e := g.sum - g.n*mean[a]
			v[a] += c * e * e
			expected += c * g.n * (1 - share)
			// Σ_h c_h n_h² is needed for the off-diagonal; see below.
			squares += c * g.n * g.n
		}
		for _, g := range groups {
			share := g.n / n
			c := 1 / (1 - share) / (n * n)
			own := g.n * (1 - share)
			spread += c*c*own*own + c*g.n*g.n/(n*n)*(squares-c*g.n*g.n)
		}
		df[a] = expected * expected / spread
	}
	return twoSided(mean[1]-mean[0], v, df)
}

func twoSided(difference float64, v, df [2]float64) float64 {
	total := v[0] + v[1]
	if total == 0 {
		if difference == 0 {
			return 1
		}
		return 0
	}
	d := total * total / (v[0]*v[0]/df[0] + v[1]*v[1]/df[1])
	return stat.TwoSidedT(difference/math.Sqrt(total), d)
}
