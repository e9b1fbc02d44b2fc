package moment

import (
	"context"
	"fmt"
	"slices"

	"funn/effect/data"
)

// Selection says which columns of which rows a Stream delivers. Rows are
// selected as in Spec.
type Selection struct {
	// Numbers are products of numeric columns.
	Numbers [][]string
	// Categories are columns, or crossings of columns, to be coded.
	Categories [][]string
	Weight     string
	Where      []Condition
	Require    []string
}

// Stream reads the rows of a Selection block by block, columns converted and
// coded. It is for estimators that moments do not serve.
type Stream struct {
	p    *packer
	nums []int
	cats []int
}

// Block is a run of selected rows in source order. Its slices are reused for the
// next block.
type Block struct {
	s *Stream
}

// Rows returns the number of rows in the block.
func (b *Block) Rows() int { return b.s.p.n }

// Number returns the values of Selection.Numbers[i], shifted as Shift says.
func (b *Block) Number(i int) []float64 { return b.s.p.nums[b.s.nums[i]].values[:b.s.p.n] }

// Codes returns the codes of Selection.Categories[i], in order of first
// appearance. Two streams of the same selection of the same rows code alike.
func (b *Block) Codes(i int) []uint32 { return b.s.p.cats[b.s.cats[i]].codes[:b.s.p.n] }

// Weights returns the weights, or nil when there are none.
func (b *Block) Weights() []float64 {
	if b.s.p.weight < 0 {
		return nil
	}
	return b.s.p.weights[:b.s.p.n]
}

// Levels returns the number of levels of Selection.Categories[i] so far.
func (s *Stream) Levels(i int) int { return s.p.cats[s.cats[i]].levels() }

// Label returns the texts of a level of Selection.Categories[i], in the order in
// which the selection lists its columns.
func (s *Stream) Label(i int, code uint32) []string {
	c := s.p.cats[s.cats[i]]
	return permute(s.p.label(s.cats[i], code), permutation(c.names, s.p.selection.Categories[i]))
}

// LevelOrder returns the codes of Selection.Categories[i] in the levels' own
// order, that of Set.Levels.
func (s *Stream) LevelOrder(i int) []int {
	labels := make([][]string, s.Levels(i))
	for code := range labels {
		labels[code] = s.Label(i, uint32(code))
	}
	return levelOrder(labels)
}

// Shift returns the pilot mean subtracted from Selection.Numbers[i] when it is a
// single column; products are of shifted columns.
func (s *Stream) Shift(i int) float64 { return s.p.nums[s.nums[i]].shift }

// Counts says what became of the rows read so far.
func (s *Stream) Counts() Counts {
	c := Counts{Read: s.p.rows, Selected: s.p.selected, Used: s.p.used, ZeroWeight: s.p.zero}
	for j, n := range s.p.missing {
		if n > 0 {
			c.Missing = append(c.Missing, Missing{Column: s.p.names[j], Rows: n})
		}
	}
	return c
}

// Run reads the selection and hands its blocks to fn in order. Shifted says
// whether single numeric columns have their pilot mean subtracted. It returns
// the stream, whose levels and counts are then complete, with the errors of
// Scan.
func (sel *Selection) Run(ctx context.Context, src data.Source, shifted bool, opts Options, fn func(*Block) error) (*Stream, error) {
	schema, err := src.Schema(ctx)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	spec := &Spec{Weight: sel.Weight, Where: sel.Where, Require: sel.Require, Unshifted: !shifted}
	var columns []string
	p, err := newPacker(spec, schema, &columns)
	if err != nil {
		return nil, err
	}
	p.keepOrder = true
	p.selection = sel
	s := &Stream{p: p}
	need := p.needer(schema, &columns)
	for _, n := range sel.Numbers {
		i, err := p.number(n, need)
		if err != nil {
			return nil, err
		}
		s.nums = append(s.nums, i)
	}
	for _, c := range sel.Categories {
		i, err := p.category(slices.Clone(c), need)
		if err != nil {
			return nil, err
		}
		s.cats = append(s.cats, i)
	}
	p.missing = make([]int64, len(p.needed))
	threads := opts.threads()
	block := &Block{s: s}
	err = scanSuper(ctx, src, columns, rowsFor(p.width()), opts.Progress, func(sb *super) error {
		if err := p.pack(sb, threads); err != nil {
			return err
		}
		if p.n == 0 {
			return nil
		}
		return fn(block)
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Parallel runs tasks 0 to n-1 on the goroutines the options allow.
func (o Options) Parallel(n int, task func(int)) {
	parallel(o.threads(), n, func(_, t int) { task(t) })
}

// Levels returns the number of levels of Selection.Categories[i] up to and
// including this block.
func (b *Block) Levels(i int) int { return b.s.Levels(i) }

// Label returns the texts of a level of Selection.Categories[i].
func (b *Block) Label(i int, code uint32) []string { return b.s.Label(i, code) }
