package infer

import (
	"cmp"
	"math"
	"slices"

	"funn/effect/stat"
)

// ranks returns the positions of p in ascending order. NaN values are left out:
// they are no tests.
func ranks(p []float64) []int {
	var order []int
	for i, v := range p {
		if v == v {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	return order
}

// Holm returns the p-values adjusted by S. Holm's method (Scandinavian Journal
// of Statistics 6, 1979): rejecting those at most alpha keeps the chance of any
// false rejection at alpha. NaN values stay NaN and are not counted.
func Holm(p []float64) []float64 {
	out := slices.Clone(p)
	order := ranks(p)
	highest := 0.0
	for rank, i := range order {
		highest = max(highest, min(1, float64(len(order)-rank)*p[i]))
		out[i] = highest
	}
	return out
}

// BenjaminiHochberg returns the p-values adjusted by the method of Y. Benjamini
// and Y. Hochberg (JRSS B 57, 1995): rejecting those at most q keeps the expected
// share of false rejections at q. NaN values stay NaN and are not counted.
func BenjaminiHochberg(p []float64) []float64 {
	out := slices.Clone(p)
	order := ranks(p)
	lowest := 1.0
	for rank := len(order) - 1; rank >= 0; rank-- {
		i := order[rank]
		lowest = min(lowest, float64(len(order))/float64(rank+1)*p[i])
		out[i] = lowest
	}
	return out
}

// Bonferroni returns the p-values times their number, at most 1.
func Bonferroni(p []float64) []float64 {
	out := slices.Clone(p)
	n := float64(len(ranks(p)))
	for i := range out {
		out[i] = min(1, n*p[i])
	}
	return out
}

// RatioTest is the chi-squared test that arms have the sizes they should.
type RatioTest struct {
	ChiSquare, DF, P float64
}

// SampleRatio tests whether counts of units by arm fit the shares they were
// drawn with, which need not sum to 1. A small p-value (below 0.001 by common
// practice, since the test is made on every trial) says that units were lost or
// counted differently by arm, and that no effect should be read from the data
// until the reason is known (A. Fabijan and others, "Diagnosing sample ratio
// mismatch in online controlled experiments", KDD 2019). With fewer than two
// arms, or a share that is not positive, all fields are NaN. For units drawn as
// clusters count the clusters.
func SampleRatio(counts []int64, shares []float64) RatioTest {
	bad := len(counts) != len(shares) || len(counts) < 2
	n, all := 0.0, 0.0
	for i := range min(len(counts), len(shares)) {
		bad = bad || !(shares[i] > 0) || counts[i] < 0
		n += float64(counts[i])
		all += shares[i]
	}
	if bad || n == 0 {
		return RatioTest{math.NaN(), math.NaN(), math.NaN()}
	}
	t := RatioTest{DF: float64(len(counts) - 1)}
	for i, c := range counts {
		want := n * shares[i] / all
		d := float64(c) - want
		t.ChiSquare += d * d / want
	}
	t.P = stat.ChiSquareTail(t.ChiSquare, t.DF)
	return t
}
