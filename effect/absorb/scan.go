package absorb

import (
	"context"
	"math"
	"slices"

	"funn/effect/data"
	"funn/effect/moment"
)

// Spec says what is regressed on which effects, over which rows.
type Spec struct {
	// Targets are the terms to be freed of the effects: outcome, regressors and
	// instruments.
	Targets []moment.Term
	// Effects are the columns whose levels are the effects.
	Effects []string
	// Cluster names columns that Within passes on, and with respect to which
	// effects may be nested.
	Cluster []string
	Weight  string
	Where   []moment.Condition
	Require []string
}

// target is one term: a number, a category, or a number within a category.
type target struct {
	term  moment.Term
	num   int // index in the selection's numbers, or -1
	cat   int // index in its categories, or -1
	pilot float64
	// sums[d][l][e] is the weighted sum at level l of the target (one level
	// without a category) and level e of effect d.
	sums [][][]float64
	// sum and square are by level of the target.
	sum, square []float64
}

// effect is one absorbed category.
type effect struct {
	column string
	cat    int
	rows   []uint32  // by level
	weight []float64 // by level
	// cluster holds for each cluster column the cluster of each level, plus one,
	// and nested whether no level was met in two.
	cluster [][]uint32
	nested  []bool
}

func (e *effect) levels() int { return len(e.rows) }

// Sums is the result of the first pass: what is needed to solve for the
// effects of any of the targets.
type Sums struct {
	spec    Spec
	opts    moment.Options
	src     data.Source
	sel     moment.Selection
	stream  *moment.Stream
	targets []target
	effects []effect
	cells   cells
	system  *system
	started bool
}

// Scan makes the first pass over the source.
func Scan(ctx context.Context, src data.Source, spec Spec, opts moment.Options) (*Sums, error) {
	s := &Sums{spec: spec, opts: opts, src: src}
	s.sel = moment.Selection{Weight: spec.Weight, Where: spec.Where, Require: spec.Require}
	for _, name := range spec.Effects {
		s.effects = append(s.effects, effect{
			column: name, cat: s.category([]string{name}), cluster: make([][]uint32, len(spec.Cluster)), nested: make([]bool, len(spec.Cluster)),
		})
	}
	for _, t := range spec.Targets {
		x := target{term: t, num: -1, cat: -1, sums: make([][][]float64, len(spec.Effects))}
		if n := t.Numbers(); len(n) > 0 {
			x.num = s.number(n)
		}
		if c := t.Categories(); len(c) > 0 {
			x.cat = s.category(c)
		}
		s.targets = append(s.targets, x)
	}
	for _, c := range spec.Cluster {
		s.category([]string{c})
	}
	for d := range s.effects {
		for c := range s.effects[d].nested {
			s.effects[d].nested[c] = true
		}
	}
	s.cells.start(len(spec.Effects), spec.Weight != "", src.RowHint())
	var err error
	s.stream, err = s.sel.Run(ctx, src, false, opts, s.add)
	if err != nil {
		return nil, err
	}
	for d := range s.effects {
		e := &s.effects[d]
		if spec.Weight != "" {
			continue
		}
		e.weight = make([]float64, len(e.rows))
		for l, n := range e.rows {
			e.weight[l] = float64(n)
		}
	}
	return s, nil
}

func (s *Sums) number(columns []string) int {
	if i := slices.IndexFunc(s.sel.Numbers, func(c []string) bool { return slices.Equal(c, columns) }); i >= 0 {
		return i
	}
	s.sel.Numbers = append(s.sel.Numbers, columns)
	return len(s.sel.Numbers) - 1
}

func (s *Sums) category(columns []string) int {
	if i := slices.IndexFunc(s.sel.Categories, func(c []string) bool { return slices.Equal(c, columns) }); i >= 0 {
		return i
	}
	s.sel.Categories = append(s.sel.Categories, columns)
	return len(s.sel.Categories) - 1
}

// Counts says what became of the rows.
func (s *Sums) Counts() moment.Counts { return s.stream.Counts() }

// Levels returns the observed levels of a target in their own order, or nil when
// it has no categories or is not a target.
func (s *Sums) Levels(t moment.Term) [][]string {
	i := slices.IndexFunc(s.targets, func(x target) bool { return x.term.Key() == t.Key() })
	if i < 0 || s.targets[i].cat < 0 {
		return nil
	}
	x := &s.targets[i]
	own := x.term.Categories()
	to := make([]int, len(own))
	for j, c := range t.Categories() {
		to[j] = slices.Index(own, c)
	}
	var out [][]string
	for _, code := range s.stream.LevelOrder(x.cat) {
		label := s.stream.Label(x.cat, uint32(code))
		l := make([]string, len(to))
		for j, k := range to {
			l[j] = label[k]
		}
		out = append(out, l)
	}
	return out
}

// add takes in a block. Each task reads the rows in order and writes sums of its
// own, so the result does not depend on the threads.
func (s *Sums) add(b *moment.Block) error {
	if !s.started {
		s.started = true
		for i := range s.targets {
			x := &s.targets[i]
			if x.num < 0 || x.cat >= 0 {
				continue
			}
			// The effects take out any constant, so a shift costs nothing and
			// saves digits.
			mean := 0.0
			for _, v := range b.Number(x.num) {
				mean += v / float64(b.Rows())
			}
			if !math.IsInf(mean, 0) && !math.IsNaN(mean) {
				x.pilot = mean
			}
		}
	}
	w := b.Weights()
	var tasks []func()
	for d := range s.effects {
		e := &s.effects[d]
		codes, n := b.Codes(e.cat), b.Levels(e.cat)
		tasks = append(tasks, func() { e.count(codes, n, w) })
		for c, name := range s.spec.Cluster {
			if clusters := b.Codes(s.category([]string{name})); e.nested[c] && name != e.column {
				tasks = append(tasks, func() { e.nest(c, codes, n, clusters) })
			}
		}
	}
	for i := range s.targets {
		x := &s.targets[i]
		var values []float64
		var levels []uint32
		if x.num >= 0 {
			values = b.Number(x.num)
		}
		own := 1
		if x.cat >= 0 {
			levels, own = b.Codes(x.cat), b.Levels(x.cat)
		}
		tasks = append(tasks, func() { x.total(values, levels, own, w) })
		for d := range s.effects {
			codes, n := b.Codes(s.effects[d].cat), b.Levels(s.effects[d].cat)
			tasks = append(tasks, func() { x.sums[d] = x.add(x.sums[d], values, levels, own, codes, n, w) })
		}
	}
	if len(s.effects) > 1 {
		codes, levels := make([][]uint32, len(s.effects)), make([]int, len(s.effects))
		for d := range s.effects {
			codes[d], levels[d] = b.Codes(s.effects[d].cat), b.Levels(s.effects[d].cat)
		}
		tasks = append(tasks, func() { s.cells.add(codes, levels, w) })
	}
	s.opts.Parallel(len(tasks), func(t int) { tasks[t]() })
	return s.cells.check(s.opts.Memory)
}

// extend returns a slice that has element n-1.
func extend[T any](x []T, n int) []T {
	if n <= len(x) {
		return x
	}
	return append(x, make([]T, n-len(x)+n/4)...)[:n]
}

func (e *effect) count(codes []uint32, n int, w []float64) {
	e.rows = extend(e.rows, n)
	rows := e.rows
	for _, c := range codes {
		rows[c]++
	}
	if w == nil {
		return
	}
	e.weight = extend(e.weight, n)
	for i, c := range codes {
		e.weight[c] += w[i]
	}
}

func (e *effect) nest(c int, codes []uint32, n int, clusters []uint32) {
	seen := extend(e.cluster[c], n)
	for i, l := range codes {
		switch seen[l] {
		case 0:
			seen[l] = clusters[i] + 1
		case clusters[i] + 1:
		default:
			e.nested[c] = false
			e.cluster[c] = nil
			return
		}
	}
	e.cluster[c] = seen
}

// total adds to the sums and sums of squares by level of the target.
func (x *target) total(values []float64, levels []uint32, n int, w []float64) {
	rows := max(len(values), len(levels))
	x.sum, x.square = extend(x.sum, n), extend(x.square, n)
	if levels == nil && w == nil { // the common case
		sum, square := 0.0, 0.0
		for _, v := range values {
			v -= x.pilot
			sum += v
			square += v * v
		}
		x.sum[0] += sum
		x.square[0] += square
		return
	}
	for i := range rows {
		v, l, f := 1.0, 0, 1.0
		if values != nil {
			v = values[i] - x.pilot
		}
		if levels != nil {
			l = int(levels[i])
		}
		if w != nil {
			f = w[i]
		}
		x.sum[l] += f * v
		x.square[l] += f * v * v
	}
}

// add adds to the target's sums by level of one effect.
func (x *target) add(sums [][]float64, values []float64, levels []uint32, own int, codes []uint32, n int, w []float64) [][]float64 {
	if levels == nil {
		sums = extend(sums, 1)
		sums[0] = extend(sums[0], n)
		dst := sums[0]
		values = values[:len(codes)]
		if w == nil {
			for i, c := range codes {
				dst[c] += values[i] - x.pilot
			}
		} else {
			for i, c := range codes {
				dst[c] += w[i] * (values[i] - x.pilot)
			}
		}
		return sums
	}
	sums = extend(sums, own)
	for l := range sums {
		sums[l] = extend(sums[l], n)
	}
	for i, c := range codes {
		v := 1.0
		if values != nil {
			v = values[i]
		}
		if w != nil {
			v *= w[i]
		}
		sums[levels[i]][c] += v
	}
	return sums
}
