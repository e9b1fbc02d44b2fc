package moment

import (
	"context"
	"fmt"
	"slices"

	"funn/effect/data"
)

// Rows is a piece of the rows a Set was made of, in source order.
type Rows struct {
	// N is the number of rows in the piece.
	N int
	// Terms is the number of non-zero elements of every row.
	Terms int

	e  *eacher
	lo int
}

// Row writes the columns of the moment matrix in which row i is not always zero
// to position, and the row's values there, numbers shifted as in the moments, to
// value. Both must have length Terms. The first element is the constant.
func (r *Rows) Row(i int, position []int, value []float64) {
	p := r.e.p
	for v := range p.vars {
		x := &p.vars[v]
		value[v] = 1
		if x.num >= 0 {
			value[v] = p.nums[x.num].values[r.lo+i]
		}
		if x.cat >= 0 {
			position[v] = r.e.place[v][p.cats[x.cat].packed[r.lo+i]]
		} else {
			position[v] = r.e.set.layout.off[v]
		}
	}
}

// Weight returns the weight of row i, 1 without weights.
func (r *Rows) Weight(i int) float64 {
	if r.e.p.weight < 0 {
		return 1
	}
	return r.e.p.weights[r.lo+i]
}

// Code returns the code of row i's combination of the columns of grouping d, in
// order of first appearance.
func (r *Rows) Code(d, i int) int { return int(r.e.p.cats[r.e.groups[d]].codes[r.lo+i]) }

type eacher struct {
	set    *Set
	p      *packer
	groups []int   // categories of the groupings
	place  [][]int // by variable and code: column of the set's moment matrix
}

// eachRows is the size of a piece.
const eachRows = 1 << 13

// Each makes a second pass over the rows of a Set: work computes something of
// each piece, in parallel, and fold takes the results in row order. groupings
// lists further columns whose combinations are coded for Rows.Code; columns with
// missing values among them must have been in Spec.Require. It fails with a
// *ChangedError when the source no longer has the rows of the Set.
func Each[T any](ctx context.Context, src data.Source, s *Set, groupings [][]string, opts Options, work func(r *Rows) T, fold func(T)) error {
	schema, err := src.Schema(ctx)
	if err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	var columns []string
	spec := s.spec
	spec.Cluster = nil
	// The set's clusters need a value in the same rows as before.
	spec.Require = slices.Concat(s.spec.Require, s.spec.Cluster)
	p, err := newPacker(&spec, schema, &columns)
	if err != nil {
		return err
	}
	e := &eacher{set: s, p: p, place: make([][]int, len(p.vars))}
	for _, g := range groupings {
		need := func(name string, _ bool) (int, error) {
			c := slices.Index(columns, name)
			if c < 0 || c >= len(p.kinds) || !slices.Contains(p.needed, c) {
				return 0, fmt.Errorf("column %q of a grouping was not required when the moments were made", name)
			}
			return c, nil
		}
		c, err := p.category(g, need)
		if err != nil {
			return err
		}
		e.groups = append(e.groups, c)
	}
	p.keepOrder = true
	p.pilotDone = true
	for i := range p.nums {
		p.nums[i].shift = s.nums[i].shift
	}
	threads := opts.threads()
	err = scanSuper(ctx, src, columns, rowsFor(p.width()), opts.Progress, func(sb *super) error {
		if err := p.pack(sb, threads); err != nil {
			return err
		}
		if err := e.translate(); err != nil {
			return err
		}
		pieces := (p.n + eachRows - 1) / eachRows
		results := make([]T, pieces)
		parallel(threads, pieces, func(_, t int) {
			lo := t * eachRows
			results[t] = work(&Rows{N: min(eachRows, p.n-lo), Terms: len(p.vars), e: e, lo: lo})
		})
		for _, r := range results {
			fold(r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if p.used != s.used {
		return &ChangedError{What: fmt.Sprintf("%d rows were used before, %d now", s.used, p.used)}
	}
	return nil
}

// translate extends the table from this pass's codes to the set's columns.
func (e *eacher) translate() error {
	for v := range e.p.vars {
		c := e.p.vars[v].cat
		if c < 0 {
			continue
		}
		for code := len(e.place[v]); code < e.p.cats[c].levels(); code++ {
			label := e.p.label(c, uint32(code))
			own, ok := e.set.byLevel[v][levelKey(label)]
			if !ok {
				return &ChangedError{What: fmt.Sprintf("new level %q of %s", label, e.p.vars[v].term)}
			}
			e.place[v] = append(e.place[v], e.set.layout.off[v]+own)
		}
	}
	return nil
}
