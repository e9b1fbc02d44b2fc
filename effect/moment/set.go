package moment

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"funn/effect/internal/dd"
)

// Set holds the moments of one Spec. The moment matrix has a column 0, the
// constant, and then the columns of each Term; Columns lists them.
type Set struct {
	spec    Spec
	vars    []variable
	nums    []number
	levels  [][][]string // by variable: the texts of each level, by code
	order   [][]int      // by variable: codes in the levels' own order
	byLevel []map[string]int
	index   map[string]int // term key -> variable
	layout  layout
	powers  []int
	double  bool
	exact   bool

	records  [][]float64
	clusters [][]string // nil: ask the packer
	total    [][]dd.D   // by power

	rows, selected, used, zero int64
	missing                    []Missing
	packer                     *packer
}

// Missing counts the selected rows without a value in a column. A row that
// lacks several values is counted in each.
type Missing struct {
	Column string
	Rows   int64
}

// Counts says what became of the rows of the source.
type Counts struct {
	// Read is the number of rows in the source, Selected those that satisfy the
	// conditions, Used those with a value in every column and a positive weight.
	Read, Selected, Used int64
	// ZeroWeight is the number of complete rows left out for a weight of zero.
	ZeroWeight int64
	// Missing lists the columns in which values are missing.
	Missing []Missing
}

func (a *accumulator) finish() (*Set, error) {
	p := a.p
	a.flush()
	caps := make([]int, len(p.vars))
	for v := range p.vars {
		caps[v] = 1
		if c := p.vars[v].cat; c >= 0 {
			caps[v] = p.cats[c].levels()
		}
	}
	if !slices.Equal(caps, a.layout.caps) {
		a.relayout(newLayout(caps))
	}
	s := &Set{
		spec: *p.spec, vars: p.vars, nums: p.nums, layout: a.layout, powers: a.powers, double: a.double,
		rows: p.rows, selected: p.selected, used: p.used, zero: p.zero, packer: p,
	}
	for g := range a.clusters {
		s.records = append(s.records, a.record(g))
	}
	for j, n := range p.missing {
		if n > 0 {
			s.missing = append(s.missing, Missing{Column: p.names[j], Rows: n})
		}
	}
	for v := range p.vars {
		var labels [][]string
		if c := p.vars[v].cat; c >= 0 {
			for code := range p.cats[c].levels() {
				labels = append(labels, p.label(c, uint32(code)))
			}
		}
		s.levels = append(s.levels, labels)
	}
	return s, s.complete()
}

// complete derives the lookup tables, the total and the exactness from the
// records.
func (s *Set) complete() error {
	s.index = make(map[string]int, len(s.vars))
	s.order = make([][]int, len(s.vars))
	s.byLevel = make([]map[string]int, len(s.vars))
	for v := range s.vars {
		s.index[s.vars[v].term.Key()] = v
		s.order[v] = levelOrder(s.levels[v])
		s.byLevel[v] = make(map[string]int, len(s.levels[v]))
		for code, l := range s.levels[v] {
			s.byLevel[v][levelKey(l)] = code
		}
	}
	n := s.layout.size()
	s.total = make([][]dd.D, len(s.powers))
	for t := range s.powers {
		sum := make([]dd.D, n)
		for _, rec := range s.records {
			if s.double {
				hi, lo := rec[2*t*n:(2*t+1)*n], rec[(2*t+1)*n:(2*t+2)*n]
				for i := range sum {
					sum[i] = sum[i].Add(dd.D{Hi: hi[i], Lo: lo[i]})
				}
				continue
			}
			tri := rec[t*n : (t+1)*n]
			for i, v := range tri {
				if v != 0 {
					sum[i] = sum[i].AddFloat(v)
				}
			}
		}
		s.total[t] = sum
	}
	s.exact = s.spec.Weight == ""
	for v := range s.vars {
		if x := s.vars[v].num; x >= 0 && !s.nums[x].whole {
			s.exact = false
		}
		for l := range s.layout.caps[v] {
			i := s.layout.off[v] + l
			for t := range s.powers {
				d := s.total[t][s.layout.row[i]+i].Float()
				if math.IsInf(d, 0) || math.IsNaN(d) {
					return &RangeError{Term: s.vars[v].term.String()}
				}
				if d >= 1<<53 {
					s.exact = false
				}
			}
		}
	}
	return nil
}

// levelOrder returns the codes ordered by their texts: as numbers when all are
// numbers, else by bytes, column after column.
func levelOrder(levels [][]string) []int {
	order := make([]int, len(levels))
	for i := range order {
		order[i] = i
	}
	if len(levels) == 0 {
		return order
	}
	columns := len(levels[0])
	number := make([][]float64, columns)
	for c := range columns {
		values := make([]float64, len(levels))
		ok := true
		for i, l := range levels {
			v, err := strconv.ParseFloat(l[c], 64)
			if err != nil || math.IsNaN(v) {
				ok = false
				break
			}
			values[i] = v
		}
		if ok {
			number[c] = values
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		for c := range columns {
			if number[c] != nil {
				if d := cmp.Compare(number[c][a], number[c][b]); d != 0 {
					return d
				}
			}
			if d := cmp.Compare(levels[a][c], levels[b][c]); d != 0 {
				return d
			}
		}
		return 0
	})
	return order
}

func levelKey(level []string) string {
	if len(level) == 1 {
		return level[0]
	}
	return fmt.Sprintf("%q", level)
}

// Spec returns what the moments are of.
func (s *Set) Spec() Spec { return s.spec }

// Counts returns what became of the rows.
func (s *Set) Counts() Counts {
	return Counts{Read: s.rows, Selected: s.selected, Used: s.used, ZeroWeight: s.zero, Missing: slices.Clone(s.missing)}
}

// Columns returns the number of columns of the moment matrix.
func (s *Set) Columns() int { return s.layout.k }

// Has reports whether the term is among the Spec's, or implied by it.
func (s *Set) Has(t Term) bool {
	_, ok := s.index[t.Key()]
	return ok
}

// Levels returns the observed levels of a term in their own order (numbers by
// size, other texts by bytes), each as one text a category, in the order in
// which t lists its categories. It is nil for a term without categories.
func (s *Set) Levels(t Term) [][]string {
	v, ok := s.index[t.Key()]
	if !ok || s.vars[v].cat < 0 {
		return nil
	}
	to := permutation(s.vars[v].term.categories, t.categories)
	out := make([][]string, len(s.order[v]))
	for i, code := range s.order[v] {
		out[i] = permute(s.levels[v][code], to)
	}
	if len(to) > 1 {
		order := levelOrder(out)
		sorted := make([][]string, len(out))
		for i, o := range order {
			sorted[i] = out[o]
		}
		return sorted
	}
	return out
}

// Position returns the column of the moment matrix that holds the term at the
// given level, one text a category in the order in which t lists them, and false
// when the term or the level is not there.
func (s *Set) Position(t Term, level ...string) (int, bool) {
	v, ok := s.index[t.Key()]
	if !ok {
		return 0, false
	}
	if s.vars[v].cat < 0 {
		return s.layout.off[v], true
	}
	if len(level) != len(t.categories) {
		return 0, false
	}
	own := permute(level, permutation(t.categories, s.vars[v].term.categories))
	code, ok := s.byLevel[v][levelKey(own)]
	return s.layout.off[v] + code, ok
}

// permutation returns for each name of to its place in from.
func permutation(from, to []string) []int {
	p := make([]int, len(to))
	for i, name := range to {
		p[i] = slices.Index(from, name)
	}
	return p
}

func permute(values []string, to []int) []string {
	out := make([]string, len(to))
	for i, j := range to {
		out[i] = values[j]
	}
	return out
}

// Part is a multiple of a column of the moment matrix.
type Part struct {
	Column int
	Times  float64
}

// Expand writes the term at the given level, as it is in the data, as a sum of
// columns of the moment matrix, which hold shifted numbers: x is 1 times the
// column of x less its shift, plus the shift times the constant. It reports
// false when the term or the level is not there.
func (s *Set) Expand(t Term, level ...string) ([]Part, bool) {
	at, ok := s.Position(t, level...)
	if !ok {
		return nil, false
	}
	v := s.index[t.Key()]
	return s.expand(v, at-s.layout.off[v], func(n *number) float64 { return n.shift }), true
}

// expand writes the product of (number + delta) over the numbers of variable v,
// within level code l, as a sum of columns.
func (s *Set) expand(v, l int, delta func(*number) float64) []Part {
	x := &s.vars[v]
	if x.num < 0 {
		return []Part{{Column: s.layout.off[v] + l, Times: 1}}
	}
	parts := s.nums[x.num].parts
	if parts == nil {
		parts = []int{x.num}
	}
	sum := []Part{}
	for subset := range 1 << len(parts) {
		times := 1.0
		t := Term{categories: x.term.categories}
		for i, n := range parts {
			if subset>>i&1 != 0 {
				times *= delta(&s.nums[n])
			} else {
				t.numbers = append(t.numbers, s.nums[n].name)
			}
		}
		if times == 0 {
			continue
		}
		u := s.index[t.Key()]
		at := s.layout.off[u]
		if x.cat >= 0 {
			at += l // the same category, coded alike
		}
		if i := slices.IndexFunc(sum, func(p Part) bool { return p.Column == at }); i >= 0 {
			sum[i].Times += times
		} else {
			sum = append(sum, Part{Column: at, Times: times})
		}
	}
	return sum
}

// Shift returns what was subtracted from a numeric column before it was
// multiplied: its pilot mean.
func (s *Set) Shift(column string) float64 {
	for i := range s.nums {
		if s.nums[i].name == column {
			return s.nums[i].shift
		}
	}
	return 0
}

// Exact reports whether every moment is free of rounding: the columns are whole
// numbers or categories and the sums small enough.
func (s *Set) Exact() bool { return s.exact }

// Precision returns the arithmetic of the sums.
func (s *Set) Precision() Precision { return s.spec.Precision }

// Clusters returns the number of clusters with at least one row; 1 without
// clusters, 0 without rows.
func (s *Set) Clusters() int { return len(s.records) }

// ClusterLabel returns the texts that identify cluster g, one a column.
func (s *Set) ClusterLabel(g int) []string {
	switch {
	case s.clusters != nil:
		return slices.Clone(s.clusters[g])
	case s.packer.cluster < 0:
		return nil
	default:
		return s.packer.label(s.packer.cluster, uint32(g))
	}
}

// Total returns element (i, j) of the moment matrix of all rows.
func (s *Set) Total(i, j int) dd.D { return s.TotalPower(1, i, j) }

// TotalPower is Total with the weights to the given power, which must be 1
// unless Spec.WeightPowers was set.
func (s *Set) TotalPower(power, i, j int) dd.D {
	if i > j {
		i, j = j, i
	}
	return s.total[s.slot(power)][s.layout.row[i]+j]
}

func (s *Set) slot(power int) int {
	t := slices.Index(s.powers, power)
	if t < 0 {
		if s.spec.Weight == "" {
			return 0
		}
		panic(fmt.Sprintf("moment: moments with weights to the power %d were not kept", power))
	}
	return t
}

// Cluster returns the moments of cluster g as a function of (i, j).
func (s *Set) Cluster(g int) Matrix { return s.ClusterPower(1, g) }

// ClusterPower is Cluster with the weights to the given power.
func (s *Set) ClusterPower(power, g int) Matrix {
	n := s.layout.size()
	t := s.slot(power)
	rec := s.records[g]
	if s.double {
		return Matrix{row: s.layout.row, tri: rec[2*t*n : (2*t+1)*n]}
	}
	return Matrix{row: s.layout.row, tri: rec[t*n : (t+1)*n]}
}

// Matrix is the symmetric moment matrix of one cluster.
type Matrix struct {
	row []int
	tri []float64
}

// At returns element (i, j).
func (m Matrix) At(i, j int) float64 {
	if i > j {
		i, j = j, i
	}
	return m.tri[m.row[i]+j]
}

// Submatrix writes the elements of the given columns to dst, by rows.
func (m Matrix) Submatrix(columns []int, dst []float64) {
	n := len(columns)
	for a, i := range columns {
		for b := a; b < n; b++ {
			v := m.At(i, columns[b])
			dst[a*n+b], dst[b*n+a] = v, v
		}
	}
}
