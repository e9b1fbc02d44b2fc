package design

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// maxPaired is how many units can be matched in pairs; all distances are
// looked at. Up to maxOptimal in a stratum no pairing is closer.
const (
	maxPaired  = 4000
	maxOptimal = 600
)

// lessProduct tells whether k·2^53 + u < n·upto, computed without rounding.
func lessProduct(k, u, n, upto uint64) bool {
	leftHi, leftLo := bits.Mul64(k, 1<<53)
	leftLo, carry := bits.Add64(leftLo, u, 0)
	leftHi += carry
	rightHi, rightLo := bits.Mul64(n, upto)
	return leftHi < rightHi || leftHi == rightHi && leftLo < rightLo
}

// The explicit float64 conversions in this file keep a compiler from fusing a
// product and a sum into one rounding, as some processors can: a distance
// then has the same bits everywhere.

// whiten expresses the covariates of some units in uncorrelated coordinates
// of unit variance, in which Euclidean distance is Mahalanobis distance.
// Covariates that do not vary, or that follow from the others, are left out.
// The result is indexed as members.
func whiten(units []Unit, members []int) [][]float64 {
	k := len(units[members[0]].X)
	n := float64(len(members))
	white := make([][]float64, len(members))
	centred := make([][]float64, k)
	for j := range k {
		sum := 0.0
		for _, m := range members {
			sum += units[m].X[j]
		}
		mean := sum / n
		centred[j] = make([]float64, len(members))
		for i, m := range members {
			centred[j][i] = units[m].X[j] - mean
		}
	}
	// Gram and Schmidt, twice for accuracy: what is left of each covariate
	// after those before it, scaled to unit variance.
	var basis [][]float64
	for _, v := range centred {
		before := dot(v, v)
		for range 2 {
			for _, b := range basis {
				c := dot(v, b)
				for i := range v {
					v[i] -= float64(c * b[i])
				}
			}
		}
		left := dot(v, v)
		if before == 0 || left < 1e-12*before {
			continue
		}
		scale := 1 / math.Sqrt(left)
		for i := range v {
			v[i] = float64(v[i] * scale)
		}
		basis = append(basis, v)
	}
	unit := math.Sqrt(max(n-1, 1))
	for i := range white {
		white[i] = make([]float64, len(basis))
		for j, b := range basis {
			white[i][j] = float64(b[i] * unit)
		}
	}
	return white
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i] * b[i])
	}
	return sum
}

func squaredDistance(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		d := a[i] - b[i]
		sum += float64(d * d)
	}
	return sum
}

// armDistance is the largest Mahalanobis distance between the means of the
// first arm and another, n0·n1/(n0+n1)·|difference|²: chi-squared with as
// many degrees of freedom as coordinates under complete randomisation.
func armDistance(white [][]float64, arm []int, arms int) float64 {
	k := len(white[0])
	count := make([]float64, arms)
	mean := make([][]float64, arms)
	for a := range mean {
		mean[a] = make([]float64, k)
	}
	for i, w := range white {
		count[arm[i]]++
		for j := range w {
			mean[arm[i]][j] += w[j]
		}
	}
	for a := range mean {
		for j := range k {
			mean[a][j] /= count[a]
		}
	}
	worst := 0.0
	for a := 1; a < arms; a++ {
		scale := float64(count[0]*count[a]) / (count[0] + count[a])
		d := float64(scale * squaredDistance(mean[0], mean[a]))
		if math.IsNaN(d) {
			return math.Inf(1) // an arm nobody came into
		}
		worst = max(worst, d)
	}
	return worst
}

// matchPairs pairs the members of a stratum so that the sum of squared
// Mahalanobis distances within pairs is smallest (R. Greevy, B. Lu, J. H. Silber
// and P. Rosenbaum, "Optimal multivariate matching before randomization",
// Biostatistics 5, 2004), or, in strata of more than maxOptimal, small. With an
// odd number one unit, without which the others match best, stays alone.
func matchPairs(units []Unit, members []int) [][]int {
	if len(members) == 1 {
		return [][]int{{members[0]}}
	}
	white := whiten(units, members)
	distance := func(a, b int) float64 { return squaredDistance(white[a], white[b]) }
	pairing := closest
	if len(members) > maxOptimal {
		pairing = greedy
	}
	taken := make([]bool, len(members))
	out := make([][]int, 0, len(members)/2+1)
	for _, p := range pairing(len(members), distance) {
		taken[p[0]], taken[p[1]] = true, true
		out = append(out, []int{members[min(p[0], p[1])], members[max(p[0], p[1])]})
	}
	for i, t := range taken {
		if !t {
			out = append(out, []int{members[i]})
		}
	}
	slices.SortFunc(out, func(x, y []int) int { return cmp.Compare(x[0], y[0]) })
	return out
}

// closest returns the pairs of n units with the smallest sum of distances, to the
// 2^-30th part of the largest distance for each.
func closest(n int, distance func(a, b int) float64) [][2]int {
	const steps = 1 << 30
	largest := 0.0
	for a := range n {
		for b := range a {
			largest = max(largest, distance(a, b))
		}
	}
	if largest == 0 {
		largest = 1
	}
	match := heaviest(n, func(a, b int) int64 {
		// One more pair weighs more than all distances together.
		return int64(n)*steps - int64(math.Round(float64(distance(a, b)/largest)*steps))
	})
	var pairs [][2]int
	for a, b := range match {
		if a < b {
			pairs = append(pairs, [2]int{a, b})
		}
	}
	return pairs
}

// greedy pairs the closest two of n units first, and so on, and then exchanges
// partners between two pairs until no exchange helps. It promises no bound.
func greedy(n int, distance func(a, b int) float64) [][2]int {
	type edge struct {
		d    float64
		a, b int
	}
	edges := make([]edge, 0, n*(n-1)/2)
	for a := range n {
		for b := a + 1; b < n; b++ {
			edges = append(edges, edge{distance(a, b), a, b})
		}
	}
	slices.SortFunc(edges, func(x, y edge) int {
		return cmp.Or(cmp.Compare(x.d, y.d), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	taken := make([]bool, n)
	var pairs [][2]int
	for _, e := range edges {
		if !taken[e.a] && !taken[e.b] {
			taken[e.a], taken[e.b] = true, true
			pairs = append(pairs, [2]int{e.a, e.b})
		}
	}
	improvePairs(pairs, distance)
	return pairs
}

func improvePairs(pairs [][2]int, d func(a, b int) float64) {
	for improved := true; improved; {
		improved = false
		for i := range pairs {
			for j := i + 1; j < len(pairs); j++ {
				p, q := pairs[i], pairs[j]
				now := d(p[0], p[1]) + d(q[0], q[1])
				straight := d(p[0], q[0]) + d(p[1], q[1])
				crossed := d(p[0], q[1]) + d(p[1], q[0])
				// An exchange must gain more than rounding could pretend, or
				// two equal pairings could be swapped for ever.
				switch gain := float64(now * (1 - 1e-12)); {
				case straight < gain && straight <= crossed:
					pairs[i], pairs[j] = [2]int{p[0], q[0]}, [2]int{p[1], q[1]}
					improved = true
				case crossed < gain:
					pairs[i], pairs[j] = [2]int{p[0], q[1]}, [2]int{p[1], q[0]}
					improved = true
				}
			}
		}
	}
}
