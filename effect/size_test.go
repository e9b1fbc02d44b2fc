package effect_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"funn/effect"
	"funn/effect/data"
)

var trials = flag.Int("effect.trials", 2000, "simulated trials for each design in TestSizeByDesign; docs/effect/exactness.md has the sizes with 10000")

// table gathers the columns of a simulated trial.
type table struct {
	order  []string
	ints   map[string][]int64
	floats map[string][]float64
}

func newTable() *table { return &table{ints: map[string][]int64{}, floats: map[string][]float64{}} }

func (d *table) int(name string, v int64) {
	if d.ints[name] == nil {
		d.order = append(d.order, name)
	}
	d.ints[name] = append(d.ints[name], v)
}

func (d *table) float(name string, v float64) {
	if d.floats[name] == nil {
		d.order = append(d.order, name)
	}
	d.floats[name] = append(d.floats[name], v)
}

func (d *table) memory(t testing.TB) *data.Memory {
	var columns []data.Column
	for _, name := range d.order {
		if v := d.ints[name]; v != nil {
			columns = append(columns, data.Ints(name, v))
		} else {
			columns = append(columns, data.Floats(name, d.floats[name]))
		}
	}
	return memory(t, columns...)
}

// skewed has mean 0 and a long right tail, as days and pay have.
func skewed(r *rand.Rand) float64 { return math.Exp(0.7*r.NormFloat64()) - math.Exp(0.245) }

// half draws half of n into treatment.
func half(r *rand.Rand, n int) []int64 {
	out := make([]int64, n)
	for i, k := range r.Perm(n) {
		out[k] = int64(i % 2)
	}
	return out
}

func persons(r *rand.Rand) *table {
	d := newTable()
	arms := half(r, 250)
	for i := range arms {
		x := r.NormFloat64()
		d.int("t", arms[i])
		d.float("x", x)
		d.float("w", 0.5+r.Float64())
		d.float("y", x+(1+math.Abs(x)/2)*skewed(r))
	}
	return d
}

func blocks(r *rand.Rand) *table {
	d := newTable()
	for b := range 5 {
		size := 30 + 20*b
		for _, k := range r.Perm(size) {
			treated := int64(0)
			if k < size/(2+b%2) { // a half or a third
				treated = 1
			}
			d.int("b", int64(b))
			d.int("t", treated)
			d.float("y", float64(b)+(1+float64(b)/3)*skewed(r))
		}
	}
	return d
}

// offices are n offices of unequal size, each with an effect of its own.
func offices(r *rand.Rand, n int, arms []int64, pair func(office int) int) *table {
	d := newTable()
	shared := make([]float64, n)
	for o := range n {
		shared[pair(o)] = r.NormFloat64()
	}
	for o := range n {
		own := r.NormFloat64() / 2
		for range 3 + r.IntN(12) {
			x := r.NormFloat64()
			d.int("o", int64(o))
			d.int("pair", int64(pair(o)))
			d.int("t", arms[o])
			takes := int64(0)
			if u := r.Float64(); arms[o] == 1 && u < 0.7 || u < 0.1 {
				takes = 1
			}
			d.int("takes", takes)
			d.float("x", x)
			d.float("w", 0.5+r.Float64())
			d.float("y", x+shared[pair(o)]+own+skewed(r))
		}
	}
	return d
}

func alone(o int) int { return o }

func paired(r *rand.Rand) *table {
	arms := make([]int64, 80)
	for p := range 40 {
		arms[2*p] = r.Int64N(2)
		arms[2*p+1] = 1 - arms[2*p]
	}
	return offices(r, 80, arms, func(o int) int { return o / 2 })
}

func offers(r *rand.Rand) *table {
	d := newTable()
	arms := half(r, 400)
	for i := range arms {
		keen := r.NormFloat64()
		takes := int64(0)
		if arms[i] == 1 && keen > -0.3 || keen > 1.4 {
			takes = 1
		}
		d.int("z", arms[i])
		d.int("t", takes)
		d.float("y", keen+skewed(r))
	}
	return d
}

func municipalities(r *rand.Rand) *table {
	d := newTable()
	for m, treated := range half(r, 40) {
		level, change := r.NormFloat64(), r.NormFloat64()/3
		for after := range int64(2) {
			for range 3 + r.IntN(10) {
				d.int("m", int64(m))
				d.int("t", treated)
				d.int("after", after)
				d.float("y", level+float64(after)*(1+change)+skewed(r))
			}
		}
	}
	return d
}

// overTime is 40 offices over ten periods, half of which start in the sixth,
// with errors that last.
func overTime(r *rand.Rand) *table {
	d := newTable()
	for o, starts := range half(r, 40) {
		level, e, staff := r.NormFloat64(), 0.0, 5.0
		for p := range 10 {
			e = 0.6*e + r.NormFloat64()
			staff += r.NormFloat64()
			d.int("o", int64(o))
			d.int("p", int64(p))
			d.int("start", 6*starts)
			d.float("staff", staff)
			d.float("y", level+float64(p)/3+e)
		}
	}
	return d
}

func crossed(r *rand.Rand) *table {
	d := newTable()
	const rows, years = 60, 60
	var level, slope [2][rows]float64
	for k := range 2 {
		for i := range rows {
			level[k][i], slope[k][i] = r.NormFloat64(), r.NormFloat64()
		}
	}
	for f := range rows {
		for y := range years {
			if r.IntN(3) > 0 {
				continue
			}
			d.int("f", int64(f))
			d.int("p", int64(y))
			d.float("t", slope[0][f]+slope[1][y]+2*r.NormFloat64())
			d.float("y", level[0][f]+level[1][y]+2*r.NormFloat64())
		}
	}
	return d
}

func chosen(r *rand.Rand) *table {
	d := newTable()
	for range 300 {
		x := r.NormFloat64()
		t := int64(0)
		if x+r.NormFloat64() > 0 {
			t = 1
		}
		d.int("t", t)
		d.float("x", x)
		d.float("y", x+(1+math.Abs(x)/2)*skewed(r))
	}
	return d
}

// TestSizeByDesign simulates every design without an effect and reports how
// often the plan's test says otherwise at 5 %: within 0.035 and 0.065 where that
// holds asymptotically, with at least 40 clusters, and 0.05 but for the
// simulation's own error where it is a matter of the draw alone.
func TestSizeByDesign(t *testing.T) {
	clusters := func(r *rand.Rand) *table { return offices(r, 40, half(r, 40), alone) }
	const ri = "\nrandomisation_inference: {draws: 199"
	for _, c := range []struct {
		name, plan string
		draw       func(*rand.Rand) *table
		term       string
	}{
		{"individual", "design: individual\noutcomes: y\ntreatment: t", persons, "t"},
		{"individual, Lin", "design: individual\noutcomes: y\ntreatment: t\ncovariates: x\nestimator: lin", persons, "t"},
		{"individual, weighted", "design: individual\noutcomes: y\ntreatment: t\ncovariates: x\nweights: w\nestimator: wls", persons, "t"},
		{"blocked", "design: blocked\noutcomes: y\ntreatment: t\nstrata: b\nestimator: blocked", blocks, "t"},
		{"cluster", "design: cluster\noutcomes: y\ntreatment: t\ncovariates: x\ncluster: o", clusters, "t"},
		{"cluster, Lin", "design: cluster\noutcomes: y\ntreatment: t\ncovariates: x\ncluster: o\nestimator: lin", clusters, "t"},
		{"cluster, weighted", "design: cluster\noutcomes: y\ntreatment: t\ncovariates: x\ncluster: o\nweights: w\nestimator: wls", clusters, "t"},
		{"cluster, CR3", "design: cluster\noutcomes: y\ntreatment: t\ncovariates: x\ncluster: o\nvcov: CR3", clusters, "t"},
		{"cluster, compliers", "design: encouragement\noutcomes: y\ntreatment: takes\ninstrument: t\ncovariates: x\ncluster: o\nvcov: CR2", clusters, "takes"},
		{"pairs", "design: blocked\noutcomes: y\ntreatment: t\nabsorb: pair\ncluster: pair\nvcov: CR2", paired, "t"},
		{"encouragement", "design: encouragement\noutcomes: y\ntreatment: t\ninstrument: z", offers, "t"},
		{"did", "design: did\noutcomes: y\ntreatment: t\npanel: {post: after}\ncluster: m\nvcov: CR2", municipalities, "t:after"},
		{"event study", "design: event_study\noutcomes: y\npanel: {unit: o, time: p, first_treated: start}\ncluster: o\nvcov: CR2", overTime, "average_after"},
		{"did in a panel", "design: did\noutcomes: y\npanel: {unit: o, time: p, first_treated: start}\ncluster: o\nvcov: CR1", overTime, "treated now"},
		{"panel", "design: panel\noutcomes: y\ntreatment: staff\nabsorb: [o, p]\ncluster: o\nvcov: CR1", overTime, "staff"},
		{"two-way clusters", "design: observational\noutcomes: y\ntreatment: t\ncluster: [f, p]\nvcov: CR1", crossed, "t"},
		{"observational", "design: observational\noutcomes: y\ntreatment: t\ncovariates: x\nvcov: HC2", chosen, "t"},
		{"individual, by drawing again", "design: individual\noutcomes: y\ntreatment: t\ncovariates: x\narms: [0, 1]" + ri + "}", persons, ""},
		{"blocked, by drawing again", "design: blocked\noutcomes: y\ntreatment: t\nstrata: b\narms: [0, 1]" + ri + "}", blocks, ""},
		{"cluster, by drawing again", "design: cluster\noutcomes: y\ntreatment: t\ncluster: o\narms: [0, 1]" + ri + "}", clusters, ""},
		{"pairs, by drawing again", "design: blocked\noutcomes: y\ntreatment: t\nabsorb: pair\ncluster: pair\nvcov: CR2\narms: [0, 1]" + ri + ", unit: o, block: pair}", paired, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parsePlan(t, c.plan)
			rejected := make([]bool, *trials)
			err := inParallel(*trials, func(i int) error {
				// A stream for each trial, so that sizes do not depend on the machine.
				m := c.draw(rand.New(rand.NewPCG(uint64(i), uint64(len(c.name))))).memory(t)
				if c.term == "" {
					p := *p
					inference := *p.RandomisationInference
					inference.Seed = uint64(i)
					p.RandomisationInference = &inference
					r, err := effect.Run(ctx, &p, m, effect.Options{Threads: 1})
					if err != nil {
						return err
					}
					rejected[i] = r.RandomisationInference[0].P <= 0.05
					return nil
				}
				r, err := effect.Run(ctx, p, m, effect.Options{Threads: 1})
				if err != nil {
					return err
				}
				e := r.Estimate("y", c.term, "")
				if e == nil {
					return fmt.Errorf("no estimate of %s", c.term)
				}
				rejected[i] = e.P <= 0.05
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, x := range rejected {
				if x {
					n++
				}
			}
			size := float64(n) / float64(*trials)
			t.Logf("size %.4f in %d trials", size, *trials)
			low, high := 0.035, 0.065
			if c.term == "" { // four standard errors about 10 of 200 draws
				slack := 4 * math.Sqrt(0.05*0.95/float64(*trials))
				low, high = 0.05-slack, 0.05+slack
			}
			if size < low || size > high {
				t.Errorf("size %.4f, want within %.4f and %.4f", size, low, high)
			}
		})
	}
}

// inParallel calls fn for 0 to n-1 on all processors and returns the first error.
func inParallel(n int, fn func(i int) error) error {
	var wait sync.WaitGroup
	var once sync.Once
	var first error
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := w; i < n; i += workers {
				if err := fn(i); err != nil {
					once.Do(func() { first = fmt.Errorf("trial %d: %w", i, err) })
					return
				}
			}
		}()
	}
	wait.Wait()
	return first
}
