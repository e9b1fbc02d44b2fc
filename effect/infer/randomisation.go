package infer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// MaxExact is the number of draws up to which all are visited.
const MaxExact = 100_000

// Unit is a unit of randomisation: a person, or a cluster drawn as a whole.
type Unit struct {
	// Treated says in which of the two arms compared the unit is.
	Treated bool
	// Block numbers the block within which it was drawn.
	Block int
	// Sum is the sum of the outcome over the unit's rows, and Size their number
	// or weight.
	Sum, Size float64
}

// Trial is the data of a randomisation test.
type Trial struct {
	Units []Unit
	// Redraw, when not nil, replaces the draw of units within blocks: it fills
	// treated with draw number i of the design. It must depend on i alone and be
	// safe for use by several goroutines.
	Redraw func(i int, treated []bool)
}

// Options governs a randomisation test.
type Options struct {
	// Draws is the number of draws when not all are visited; 0 means 9,999.
	Draws int
	// Seed selects the draws.
	Seed uint64
	// Coverage of the interval; 0 means 0.95.
	Coverage float64
	// Threads is the number of goroutines; 0 means one a processor.
	Threads int
}

// Randomisation is the result of a randomisation test.
type Randomisation struct {
	// Estimate is the difference in means, treated less others.
	Estimate float64
	// Statistic is the estimate over its standard error when Studentised, else
	// the estimate.
	Statistic   float64
	Studentised bool
	// P is the share of draws at least as extreme on either side.
	P float64
	// Draws is their number, the one that was made included; Exact says that
	// they are all there are.
	Draws int
	Exact bool
	// Low and High limit the constant effects that are not rejected; infinite
	// when the draws are too few to reject any.
	Low, High float64
}

// linear is a statistic of the outcomes less a constant effect t: (a + b t) over
// the root of v0 + v1 t + v2 t^2, or a + b t itself when not studentised.
type linear struct{ a, b, v0, v1, v2 float64 }

func (l linear) at(t float64, studentised bool) float64 {
	x := l.a + l.b*t
	if !studentised {
		return x
	}
	v := l.v0 + t*(l.v1+t*l.v2)
	switch {
	case v > 0:
		return x / math.Sqrt(v)
	case x == 0:
		return 0
	default: // no spread within the arms
		return math.Copysign(math.Inf(1), x)
	}
}

// Test carries out the test. It refuses trials without units in both arms of
// some block, and, for blocks with one arm only, leaves them out, as they carry
// no comparison.
func (t *Trial) Test(ctx context.Context, opts Options) (*Randomisation, error) {
	if opts.Draws <= 0 {
		opts.Draws = 9_999
	}
	if opts.Coverage <= 0 {
		opts.Coverage = 0.95
	}
	if opts.Threads <= 0 {
		opts.Threads = runtime.GOMAXPROCS(0)
	}
	p, err := t.prepare()
	if err != nil {
		return nil, err
	}
	treated := make([]bool, len(t.Units))
	for i, u := range t.Units {
		treated[i] = u.Treated
	}
	own := p.statistic(treated)
	r := &Randomisation{Studentised: p.studentised, Estimate: own.a, Statistic: own.at(0, p.studentised)}

	var draws []linear
	if n, few := p.assignments(); t.Redraw == nil && few {
		r.Exact = true
		draws = make([]linear, 0, n)
		err = p.every(ctx, treated, func(d []bool) { draws = append(draws, p.statistic(d)) })
	} else {
		draws = make([]linear, opts.Draws, opts.Draws+1)
		err = p.sample(ctx, draws, treated, t.Redraw, opts)
		draws = append(draws, own)
	}
	if err != nil {
		return nil, err
	}
	r.Draws = len(draws)
	r.P = share(draws, own, 0, p.studentised)
	r.Low, r.High = interval(draws, own, p.studentised, 1-opts.Coverage)
	return r, nil
}

// share is the p-value of the constant effect t: the share of draws at least as
// extreme. The draw that was made is among them.
func share(draws []linear, own linear, t float64, studentised bool) float64 {
	limit := math.Abs(own.at(t, studentised))
	limit -= 1e-12 * math.Min(limit, math.MaxFloat64) // ties, up to rounding
	n := 0
	for _, d := range draws {
		if math.Abs(d.at(t, studentised)) >= limit {
			n++
		}
	}
	return float64(n) / float64(len(draws))
}

// interval finds where the p-value falls to alpha on either side of the
// estimate.
func interval(draws []linear, own linear, studentised bool, alpha float64) (low, high float64) {
	centre := -own.a / own.b
	step := 0.0
	for _, d := range draws {
		step = max(step, math.Abs(d.a+d.b*centre)) // the largest difference under that effect
	}
	if step == 0 {
		step = math.Abs(centre) + 1
	}
	edge := func(sign float64) float64 {
		in, out := 0.0, step
		for tries := 0; share(draws, own, centre+sign*out, studentised) > alpha; tries++ {
			if tries == 40 {
				return sign * math.Inf(1)
			}
			in, out = out, 2*out
		}
		for range 60 {
			mid := (in + out) / 2
			if share(draws, own, centre+sign*mid, studentised) > alpha {
				in = mid
			} else {
				out = mid
			}
			if out-in < 1e-9*step {
				break
			}
		}
		return centre + sign*in
	}
	return edge(-1), edge(1)
}

// prepared is a trial with its blocks laid out.
type prepared struct {
	units       []Unit
	blocks      [][]int // units by block, of blocks with both arms
	treated     []int   // number treated by block
	share       []float64
	studentised bool
}

var errNoComparison = errors.New("no block has units in both arms, so there is nothing to compare")

func (t *Trial) prepare() (*prepared, error) {
	by := map[int][]int{}
	var order []int
	for i, u := range t.Units {
		if !(u.Size > 0) || math.IsInf(u.Size, 0) || math.IsNaN(u.Sum) || math.IsInf(u.Sum, 0) {
			return nil, fmt.Errorf("unit %d has sum %g and size %g: the sum must be finite and the size positive", i+1, u.Sum, u.Size)
		}
		if _, ok := by[u.Block]; !ok {
			order = append(order, u.Block)
		}
		by[u.Block] = append(by[u.Block], i)
	}
	p := &prepared{units: t.Units, studentised: true}
	all := 0.0
	for _, b := range order {
		n, size := 0, 0.0
		for _, i := range by[b] {
			size += t.Units[i].Size
			if t.Units[i].Treated {
				n++
			}
		}
		rest := len(by[b]) - n
		if n == 0 || rest == 0 {
			continue
		}
		if n < 2 || rest < 2 {
			p.studentised = false
		}
		p.blocks, p.treated, p.share = append(p.blocks, by[b]), append(p.treated, n), append(p.share, size)
		all += size
	}
	if len(p.blocks) == 0 {
		return nil, errNoComparison
	}
	for i := range p.share {
		p.share[i] /= all
	}
	if t.Redraw != nil {
		p.studentised = p.studentised && len(p.blocks) == 1 // a redraw may leave a block with one unit in an arm
	}
	return p, nil
}

// statistic computes the statistic for a draw, as a function of the constant
// effect that is taken from the outcomes of those who were in fact treated.
func (p *prepared) statistic(treated []bool) linear {
	var l linear
	for b, units := range p.blocks {
		// By arm: size, sum, and the size of those in fact treated.
		var n, size, sum, real [2]float64
		for _, i := range units {
			u := &p.units[i]
			arm := 0
			if treated[i] {
				arm = 1
			}
			n[arm]++
			size[arm] += u.Size
			sum[arm] += u.Sum
			if u.Treated {
				real[arm] += u.Size
			}
		}
		if n[0] == 0 || n[1] == 0 {
			continue // only by Redraw
		}
		w := p.share[b]
		var m0, m1 [2]float64 // the mean of an arm is m0 - m1 t
		for arm := range 2 {
			m0[arm], m1[arm] = sum[arm]/size[arm], real[arm]/size[arm]
		}
		l.a += w * (m0[1] - m0[0])
		l.b -= w * (m1[1] - m1[0])
		if !p.studentised {
			continue
		}
		var v0, v1, v2 [2]float64
		for _, i := range units {
			u := &p.units[i]
			arm := 0
			if treated[i] {
				arm = 1
			}
			e0 := u.Sum - m0[arm]*u.Size
			e1 := m1[arm] * u.Size
			if u.Treated {
				e1 -= u.Size
			}
			v0[arm] += e0 * e0
			v1[arm] += 2 * e0 * e1
			v2[arm] += e1 * e1
		}
		for arm := range 2 {
			if n[arm] < 2 {
				continue // only by Redraw
			}
			f := w * w * n[arm] / (n[arm] - 1) / (size[arm] * size[arm])
			l.v0 += f * v0[arm]
			l.v1 += f * v1[arm]
			l.v2 += f * v2[arm]
		}
	}
	return l
}

// assignments counts the draws within blocks, and reports whether there are at
// most MaxExact.
func (p *prepared) assignments() (int, bool) {
	total := 1.0
	for b, units := range p.blocks {
		c := 1.0
		for i := range p.treated[b] {
			c = c * float64(len(units)-i) / float64(i+1)
			if c > 1e18 {
				break
			}
		}
		total *= math.Round(c)
		if total > MaxExact {
			return 0, false
		}
	}
	return int(total), true
}

// every visits all draws within blocks.
func (p *prepared) every(ctx context.Context, own []bool, visit func([]bool)) error {
	draw := slices.Clone(own)
	visited := 0
	var block func(b int) error
	block = func(b int) error {
		if b == len(p.blocks) {
			if visited++; visited%1024 == 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			visit(draw)
			return nil
		}
		units := p.blocks[b]
		var choose func(from, left int) error
		choose = func(from, left int) error {
			if left == 0 {
				for _, i := range units[from:] {
					draw[i] = false
				}
				return block(b + 1)
			}
			for k := from; k <= len(units)-left; k++ {
				draw[units[k]] = true
				if err := choose(k+1, left-1); err != nil {
					return err
				}
				draw[units[k]] = false
			}
			return nil
		}
		return choose(0, p.treated[b])
	}
	return block(0)
}

// sample fills draws with the statistics of random draws.
func (p *prepared) sample(ctx context.Context, draws []linear, own []bool, redraw func(int, []bool), opts Options) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(opts.Threads, len(draws)) {
		wg.Go(func() {
			treated := slices.Clone(own)
			order := []int(nil)
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(draws) {
					return
				}
				if redraw != nil {
					redraw(i, treated)
				} else {
					order = p.shuffle(generator(opts.Seed, i), treated, order)
				}
				draws[i] = p.statistic(treated)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// generator returns the random numbers of draw i.
func generator(seed uint64, i int) *rand.Rand {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	binary.LittleEndian.PutUint64(key[8:], uint64(i))
	copy(key[16:], "randomisation")
	return rand.New(rand.NewChaCha8(key))
}

// shuffle draws the treated of each block again.
func (p *prepared) shuffle(r *rand.Rand, treated []bool, order []int) []int {
	for b, units := range p.blocks {
		order = append(order[:0], units...)
		for k := range p.treated[b] {
			j := k + r.IntN(len(order)-k)
			order[k], order[j] = order[j], order[k]
			treated[order[k]] = true
		}
		for _, i := range order[p.treated[b]:] {
			treated[i] = false
		}
	}
	return order
}
