package chart

import (
	"math"
	"slices"
)

// axis maps numbers in [lo, hi] to places in the drawing, with round ticks.
type axis struct {
	lo, hi   float64
	from, to float64 // where lo and hi lie in the drawing
	ticks    []float64
}

// newAxis makes an axis that covers lo to hi with about n steps of 1, 2 or 5
// times a power of ten. least is the smallest step allowed, 1 for counts, 0 for
// any. The ends are moved out to whole steps.
func newAxis(lo, hi float64, n int, least, from, to float64) axis {
	if lo > hi {
		lo, hi = hi, lo
	}
	if span := hi - lo; span < 1e-9*max(math.Abs(lo), math.Abs(hi), 1e-3) {
		pad := max(math.Abs(hi)*0.1, least, 0.5)
		lo, hi = lo-pad, hi+pad
	}
	step := niceStep((hi-lo)/float64(n), least)
	first, last := math.Floor(lo/step+1e-9), math.Ceil(hi/step-1e-9)
	a := axis{lo: first * step, hi: last * step, from: from, to: to}
	for i := first; i <= last; i++ {
		a.ticks = append(a.ticks, tick(i, step))
	}
	return a
}

// tightAxis is newAxis with the ends left where they are and ticks only inside.
func tightAxis(lo, hi float64, n int, from, to float64) axis {
	a := newAxis(lo, hi, n, 0, from, to)
	if hi-lo < (a.hi-a.lo)*1e-6 { // newAxis made room around a single number
		return a
	}
	a.lo, a.hi = lo, hi
	a.ticks = slices.DeleteFunc(a.ticks, func(v float64) bool { return v < lo || v > hi })
	return a
}

// tick gives i steps without the dust of binary fractions, so that a label
// reads 0.3 and not 0.30000000000000004.
func tick(i, step float64) float64 {
	if step >= 1 {
		return i * step
	}
	inverse := math.Round(1 / step)
	return i / inverse
}

func niceStep(raw, least float64) float64 {
	if raw <= least {
		return least
	}
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if s := m * power; s >= raw*(1-1e-9) {
			return s
		}
	}
	return 10 * power
}

// at gives the place of v, which may lie outside the axis.
func (a axis) at(v float64) float64 { return a.from + (v-a.lo)/(a.hi-a.lo)*(a.to-a.from) }

// within gives the place of v, held inside the axis.
func (a axis) within(v float64) float64 { return a.at(min(max(v, a.lo), a.hi)) }

// spread moves places apart so that neighbours are at least gap from each other
// and all lie in [lo, hi] as far as they fit, moving each as little as it can.
// The order of the places is kept.
func spread(places []float64, gap, lo, hi float64) []float64 {
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case places[i] < places[j]:
			return -1
		case places[i] > places[j]:
			return 1
		}
		return 0
	})
	out := slices.Clone(places)
	prev := math.Inf(-1)
	for _, i := range order { // push down
		out[i] = max(out[i], lo, prev+gap)
		prev = out[i]
	}
	next := hi + gap
	for k := len(order) - 1; k >= 0; k-- { // push back up from the bottom
		i := order[k]
		out[i] = min(out[i], next-gap)
		next = out[i]
	}
	return out
}

// extent gives the smallest and largest known number; ok is false without any.
func extent(values ...float64) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if known(v) {
			lo, hi, ok = min(lo, v), max(hi, v), true
		}
	}
	return lo, hi, ok
}
