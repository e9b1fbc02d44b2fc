package linreg

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Bootstrap is the result of a wild cluster bootstrap test.
type Bootstrap struct {
	// T is the statistic with CR1's standard error up to its constant factor.
	T float64
	// P is the share of bootstrap statistics at least as large in size.
	P float64
	// Draws is their number; Exact says that they are all combinations of signs.
	Draws int
	Exact bool
}

// WildCluster tests that a coefficient has the given value by the wild cluster
// bootstrap with the value imposed: residuals of the restricted fit are
// multiplied, cluster by cluster, by random signs, and the t statistic with CR0
// is computed again. It needs clusters' moments only. With 12 clusters or fewer
// the multipliers are Webb's six values, as two signs give too few combinations,
// except that all combinations are visited when they are no more than the draws
// asked for.
//
// The test improves on t(G-1) with some tens of clusters of unlike sizes; with a
// handful, or few of them treated, it fails as well, and randomisation inference
// is the remedy. See A. C. Cameron, J. B. Gelbach and D. L. Miller,
// "Bootstrap-based improvements for inference with clustered errors", Review of
// Economics and Statistics 90, 2008, and J. G. MacKinnon, M. O. Nielsen and M. D.
// Webb, "Fast and reliable jackknife and bootstrap methods for cluster-robust
// inference", Journal of Applied Econometrics 38, 2023.
//
// draws is the number of bootstrap samples (9,999 when 0). The same seed gives
// the same result on any machine.
func (r *Result) WildCluster(ctx context.Context, name string, value float64, draws int, seed uint64) (*Bootstrap, error) {
	c := r.core
	j := slices.IndexFunc(r.Coefficients, func(x Coefficient) bool { return x.Name == name })
	switch {
	case j < 0:
		return nil, fmt.Errorf("no coefficient is named %q", name)
	case len(c.model.Cluster) != 1 || len(c.set.Spec().Cluster) == 0:
		return nil, refuse(CodeUnsupported, c.model.Cluster, "the wild cluster bootstrap needs a model estimated with CR0 to CR3 and one dimension of clusters")
	case len(c.model.Endogenous) > 0:
		return nil, refuse(CodeUnsupported, nil, "the wild cluster bootstrap is not available for instrumental variables")
	case c.set.Clusters() < 2:
		return nil, refuse(CodeOneCluster, c.model.Cluster, "all rows are in one cluster of %s", c.model.Cluster[0])
	}
	if draws <= 0 {
		draws = 9_999
	}
	// On the basis Q, with d the direction of the coefficient: the restricted
	// fit moves the coefficients by -d (b - value)/d'd, so its scores are
	// q_g + C_g d (b - value)/d'd. A sample with multipliers v has coefficients
	// theta = sum v_g q_g beyond the restricted ones, scores v_g q_g - C_g theta,
	// and the standard error needs their products with d only.
	k, groups := c.k, c.set.Clusters()
	d := c.t[j*k : (j+1)*k]
	dd := dot(d, d)
	shift := (c.beta[j].Float() - value) / dd
	type cluster struct{ score, cd []float64 }
	clusters := make([]cluster, groups)
	own := make([]float64, groups) // d'q of the unrestricted fit
	space := newCRSpace(len(c.base), k)
	for g := range groups {
		c.clusterScore(space, g)
		c.clusterLeverage(space, g)
		x := cluster{score: slices.Clone(space.q), cd: make([]float64, k)}
		multiply(x.cd, space.c, d, k)
		own[g] = dot(d, x.score)
		axpy(x.score, shift, x.cd)
		clusters[g] = x
	}
	size := 0.0
	for _, a := range own {
		size += a * a
	}
	out := &Bootstrap{T: (c.beta[j].Float() - value) / math.Sqrt(size), Draws: draws}
	along := make([]float64, groups) // d'q of the restricted fit
	for g := range clusters {
		along[g] = dot(d, clusters[g].score)
	}
	theta := make([]float64, k)
	statistic := func(v []float64) float64 {
		clear(theta)
		for g := range clusters {
			axpy(theta, v[g], clusters[g].score)
		}
		size := 0.0
		for g := range clusters {
			a := v[g]*along[g] - dot(clusters[g].cd, theta)
			size += a * a
		}
		return dot(d, theta) / math.Sqrt(size)
	}
	limit := math.Abs(out.T) * (1 - 1e-10)
	v := make([]float64, groups)
	extreme := 0
	count := func() {
		if s := statistic(v); math.Abs(s) >= limit {
			extreme++
		}
	}
	if groups < 31 && 1<<groups <= draws {
		out.Exact, out.Draws = true, 1<<groups
		for set := range 1 << groups {
			for g := range v {
				v[g] = float64(2*(set>>g&1) - 1)
			}
			count()
		}
		out.P = float64(extreme) / float64(out.Draws)
		return out, ctx.Err()
	}
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	copy(key[8:], "wild cluster bootstrap")
	random := rand.New(rand.NewChaCha8(key))
	webb := [6]float64{-math.Sqrt(1.5), -1, -math.Sqrt(0.5), math.Sqrt(0.5), 1, math.Sqrt(1.5)}
	for range draws {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for g := range v {
			if groups <= 12 {
				v[g] = webb[random.IntN(6)]
			} else {
				v[g] = float64(2*random.IntN(2) - 1)
			}
		}
		count()
	}
	out.P = float64(1+extreme) / float64(1+draws)
	return out, nil
}
