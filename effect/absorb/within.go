package absorb

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"funn/effect/data"
	"funn/effect/moment"
)

// Column is one column to be freed of the effects: a target at a level.
type Column struct {
	// Name is what the column is called in Within.
	Name  string
	Term  moment.Term
	Level []string
}

// Effect describes an absorbed category.
type Effect struct {
	Column string
	Levels int
	// Singletons is the number of levels with one row, which that row's effect
	// fits exactly.
	Singletons int
	// Nested says for each cluster column whether every level lies in one
	// cluster.
	Nested []bool
}

// Within is the source's selected rows with columns replaced by what the effects
// leave of them, in the order of the source. Cluster columns are passed on as
// whole numbers that stand for their values, and weights as they are. It is a
// data.Source; every scan reads the original source again.
type Within struct {
	sums    *Sums
	columns []Column
	plan    []plan
	schema  data.Schema
	floats  sync.Pool // of *[]float64
	ints    sync.Pool // of *[]int64

	// Effects describes what was absorbed.
	Effects []Effect
	// Rank is the number of effects that can be told apart; with three or more
	// categories it is an upper bound (RankExact is false).
	Rank      int
	RankExact bool
	// Residual is the largest remaining residual of the equations over the
	// columns, relative to where it began; Iterations the most that were used.
	Residual   float64
	Iterations int
	// Total is for each column the sum of squares about its mean before.
	Total []float64
}

// plan is how one column is computed.
type plan struct {
	target   int
	code     uint32 // level of the target, if it has categories
	solution solution
}

// Within solves for the effects of the columns.
func (s *Sums) Within(columns []Column) (*Within, error) {
	w := &Within{sums: s, columns: columns, Rank: s.effects[0].levels(), RankExact: len(s.effects) < 3}
	y := s.solveSystem()
	switch len(s.effects) {
	case 1:
	default:
		levels := 0
		for d := range s.effects {
			levels += s.effects[d].levels()
		}
		// The two largest are counted exactly, each further one loses one level.
		w.Rank = levels - y.groups - (len(s.effects) - 2)
	}
	for d := range s.effects {
		e := Effect{Column: s.effects[d].column, Levels: s.effects[d].levels(), Nested: s.effects[d].nested}
		for _, n := range s.effects[d].rows {
			if n == 1 {
				e.Singletons++
			}
		}
		w.Effects = append(w.Effects, e)
	}
	weight := 0.0
	for _, v := range s.effects[0].weight {
		weight += v
	}
	w.plan = make([]plan, len(columns))
	for i, c := range columns {
		p := &w.plan[i]
		p.target = slices.IndexFunc(s.targets, func(t target) bool { return t.term.Key() == c.Term.Key() })
		if p.target < 0 {
			return nil, fmt.Errorf("absorb: %s is not a target", c.Term)
		}
		x := &s.targets[p.target]
		if x.cat >= 0 {
			code, err := s.levelCode(x, c)
			if err != nil {
				return nil, err
			}
			p.code = code
		}
		sum := x.sum[p.code]
		w.Total = append(w.Total, x.square[p.code]-sum*sum/weight)
		w.schema = append(w.schema, data.Field{Name: c.Name, Kind: data.Float})
	}
	for _, c := range s.spec.Cluster {
		w.schema = append(w.schema, data.Field{Name: c, Kind: data.Int})
	}
	if s.spec.Weight != "" {
		w.schema = append(w.schema, data.Field{Name: s.spec.Weight, Kind: data.Float})
	}
	for i := range w.schema {
		if w.schema.Index(w.schema[i].Name) != i {
			return nil, fmt.Errorf("absorb: two columns would be named %q", w.schema[i].Name)
		}
	}
	s.opts.Parallel(len(columns), func(i int) {
		p := &w.plan[i]
		x := &s.targets[p.target]
		b := make([][]float64, len(s.effects))
		for d := range b {
			b[d] = x.sums[d][p.code]
			if n := s.effects[d].levels(); len(b[d]) < n { // the level was not met at the last effects
				b[d] = append(slices.Clone(b[d]), make([]float64, n-len(b[d]))...)
			}
		}
		p.solution = y.solve(b)
	})
	for i := range w.plan {
		w.Residual = max(w.Residual, w.plan[i].solution.residual)
		w.Iterations = max(w.Iterations, w.plan[i].solution.iterations)
	}
	return w, nil
}

// levelCode returns the code of a column's level.
func (s *Sums) levelCode(x *target, c Column) (uint32, error) {
	own := x.term.Categories()
	for code := range s.stream.Levels(x.cat) {
		label := s.stream.Label(x.cat, uint32(code))
		same := true
		for j, name := range c.Term.Categories() {
			same = same && label[slices.Index(own, name)] == c.Level[j]
		}
		if same {
			return uint32(code), nil
		}
	}
	return 0, fmt.Errorf("absorb: %s has no level %v", c.Term, c.Level)
}

// Schema returns the columns, clusters and weight.
func (w *Within) Schema(context.Context) (data.Schema, error) { return w.schema, nil }

// RowHint returns the number of selected rows.
func (w *Within) RowHint() int64 { return w.sums.Counts().Used }

// Scan reads the source again and hands out what the effects leave.
func (w *Within) Scan(ctx context.Context, columns []string, fn func(data.Batch) error) error {
	fields, err := w.schema.Select(columns)
	if err != nil {
		return err
	}
	s := w.sums
	stream, err := s.sel.Run(ctx, s.src, false, moment.Options{Threads: s.opts.Threads}, func(b *moment.Block) error {
		if err := w.sameLevels(b); err != nil {
			return err
		}
		batch := data.Batch{Rows: b.Rows(), Columns: make([]data.Column, len(fields))}
		floats, ints := make([][]float64, len(fields)), make([][]int64, len(fields))
		for i := range fields {
			if fields[i].Kind == data.Float {
				floats[i] = buffer[float64](&w.floats, b.Rows())
			} else {
				ints[i] = buffer[int64](&w.ints, b.Rows())
			}
		}
		s.opts.Parallel(len(fields), func(i int) {
			c := data.Column{Name: fields[i].Name, Kind: fields[i].Kind}
			switch j := w.schema.Index(c.Name); {
			case j < len(w.columns):
				w.fill(floats[i], b, &w.plan[j])
				c.Floats = floats[i]
			case c.Kind == data.Int:
				codes := b.Codes(s.category([]string{c.Name}))
				c.Ints = ints[i]
				for r, g := range codes {
					c.Ints[r] = int64(g)
				}
			default:
				copy(floats[i], b.Weights())
				c.Floats = floats[i]
			}
			batch.Columns[i] = c
		})
		batch.Free = func() {
			for i := range fields {
				if floats[i] != nil {
					w.floats.Put(&floats[i])
				} else {
					w.ints.Put(&ints[i])
				}
			}
		}
		return fn(batch)
	})
	if err != nil {
		return err
	}
	if a, b := stream.Counts().Used, s.Counts().Used; a != b {
		return &moment.ChangedError{What: fmt.Sprintf("%d rows were used before, %d now", b, a)}
	}
	return nil
}

// buffer takes a slice from the pool, or makes one.
func buffer[T any](pool *sync.Pool, n int) []T {
	if p, ok := pool.Get().(*[]T); ok && cap(*p) >= n {
		return (*p)[:n]
	}
	return make([]T, n)
}

// sameLevels refuses levels that the first pass did not meet.
func (w *Within) sameLevels(b *moment.Block) error {
	s := w.sums
	for i := range s.sel.Categories {
		if b.Levels(i) > s.stream.Levels(i) {
			return &moment.ChangedError{What: fmt.Sprintf("a new level of %v", s.sel.Categories[i])}
		}
	}
	return nil
}

// fill computes a column for the rows of a block.
func (w *Within) fill(dst []float64, b *moment.Block, p *plan) {
	s := w.sums
	x := &s.targets[p.target]
	first := 0 // effects already taken out
	switch {
	case x.cat >= 0:
		w.fillLevel(dst, b, x, p)
	case len(s.effects) >= 2: // two at once, which spares a pass over the rows
		first = 2
		e0, e1 := p.solution.effects[0], p.solution.effects[1]
		c0, c1 := b.Codes(s.effects[0].cat)[:len(dst)], b.Codes(s.effects[1].cat)[:len(dst)]
		for i, v := range b.Number(x.num)[:len(dst)] {
			dst[i] = v - x.pilot - e0[c0[i]] - e1[c1[i]]
		}
	default:
		for i, v := range b.Number(x.num) {
			dst[i] = v - x.pilot
		}
	}
	for d := first; d < len(s.effects); d++ {
		a := p.solution.effects[d]
		for i, l := range b.Codes(s.effects[d].cat) {
			dst[i] -= a[l]
		}
	}
}

// fillLevel writes a level of a category, or a number within it.
func (w *Within) fillLevel(dst []float64, b *moment.Block, x *target, p *plan) {
	var values []float64
	if x.num >= 0 {
		values = b.Number(x.num)
	}
	for i, c := range b.Codes(x.cat) {
		switch {
		case c != p.code:
			dst[i] = 0
		case values != nil:
			dst[i] = values[i]
		default:
			dst[i] = 1
		}
	}
}
