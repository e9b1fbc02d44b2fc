package moment

import (
	"errors"
	"slices"

	"funn/effect/internal/dd"
)

// Merge returns the moments of the rows of s and b together, which must be of
// the same Spec: the same terms, clusters, weight and conditions. Neither is
// changed. Levels and clusters are matched by their texts, and numbers brought
// to the shift of s. Merging is associative up to rounding, and exact when both
// sets are Exact and their shifts are equal or whole.
func (s *Set) Merge(b *Set) (*Set, error) {
	if !sameSpec(&s.spec, &b.spec) {
		return nil, errors.New("merge moments: the two are of different columns, clusters, weights or conditions")
	}
	m := &Set{
		spec: s.spec, nums: slices.Clone(s.nums), powers: s.powers, double: s.double,
		rows: s.rows + b.rows, selected: s.selected + b.selected, used: s.used + b.used, zero: s.zero + b.zero,
		missing: addMissing(s.missing, b.missing),
	}
	if s.used == 0 { // its shifts were never set
		m.nums = slices.Clone(b.nums)
	}
	m.vars = s.vars
	caps := make([]int, len(m.vars))
	codes := make([][]int, len(m.vars)) // of b in m
	m.levels = make([][][]string, len(m.vars))
	for v := range m.vars {
		caps[v] = 1
		if m.vars[v].cat < 0 {
			codes[v] = []int{0}
			continue
		}
		m.levels[v] = slices.Clone(s.levels[v])
		for _, l := range b.levels[v] {
			code, ok := s.byLevel[v][levelKey(l)]
			if !ok {
				code = len(m.levels[v])
				m.levels[v] = append(m.levels[v], l)
			}
			codes[v] = append(codes[v], code)
		}
		caps[v] = len(m.levels[v])
	}
	m.layout = newLayout(caps)

	byCluster := map[string]int{}
	m.clusters = [][]string{}
	record := func(label []string) []float64 {
		k := levelKey(label)
		g, ok := byCluster[k]
		if !ok {
			g = len(m.records)
			byCluster[k] = g
			m.records = append(m.records, make([]float64, m.layout.size()*m.triangles()))
			m.clusters = append(m.clusters, label)
		}
		return m.records[g]
	}
	own := make([][]int, len(s.vars))
	for v := range own {
		own[v] = make([]int, s.layout.caps[v])
		for i := range own[v] {
			own[v][i] = i
		}
	}
	for _, part := range []struct {
		set   *Set
		codes [][]int
	}{{s, own}, {b, codes}} {
		for g := range part.set.records {
			rec := record(part.set.ClusterLabel(g))
			for t := range m.powers {
				m.addRecord(rec, t, part.set, part.set.records[g], part.codes)
			}
		}
	}
	return m, m.complete()
}

func sameSpec(a, b *Spec) bool {
	terms := slices.EqualFunc(a.Terms, b.Terms, func(x, y Term) bool {
		return slices.Equal(x.numbers, y.numbers) && slices.Equal(x.categories, y.categories)
	})
	where := slices.EqualFunc(a.Where, b.Where, func(x, y Condition) bool {
		return x.Column == y.Column && slices.Equal(x.Levels, y.Levels)
	})
	return terms && where && slices.Equal(a.Cluster, b.Cluster) && a.Weight == b.Weight && a.WeightPowers == b.WeightPowers &&
		slices.Equal(a.Require, b.Require) && a.Unshifted == b.Unshifted && a.Precision == b.Precision
}

func addMissing(a, b []Missing) []Missing {
	sum := slices.Clone(a)
	for _, x := range b {
		if i := slices.IndexFunc(sum, func(y Missing) bool { return y.Column == x.Column }); i >= 0 {
			sum[i].Rows += x.Rows
		} else {
			sum = append(sum, x)
		}
	}
	return sum
}

// triangles is the number of packed triangles in a record.
func (s *Set) triangles() int {
	if s.double {
		return 2 * len(s.powers)
	}
	return len(s.powers)
}

// addRecord adds triangle t of a record of part to dst, whose levels codes
// gives, bringing numbers from part's shifts to those of s: a column of s is a
// sum of columns of part.
func (s *Set) addRecord(dst []float64, t int, part *Set, rec []float64, codes [][]int) {
	n := part.layout.size()
	at := func(i, j int) dd.D {
		if i > j {
			i, j = j, i
		}
		e := part.layout.row[i] + j
		if part.double {
			return dd.D{Hi: rec[2*t*n+e], Lo: rec[(2*t+1)*n+e]}
		}
		return dd.F(rec[t*n+e])
	}
	type column struct {
		place int
		sum   []Part
	}
	var columns []column
	for v := range part.vars {
		for l := range part.layout.caps[v] {
			c := column{place: s.layout.off[v] + codes[v][l]}
			c.sum = part.expand(v, l, func(x *number) float64 {
				for i := range part.nums {
					if &part.nums[i] == x {
						return x.shift - s.nums[i].shift
					}
				}
				return 0
			})
			columns = append(columns, c)
		}
	}
	m := s.layout.size()
	for i := range columns {
		for j := i; j < len(columns); j++ {
			var x dd.D
			for _, p := range columns[i].sum {
				for _, q := range columns[j].sum {
					x = x.Add(at(p.Column, q.Column).MulFloat(p.Times).MulFloat(q.Times))
				}
			}
			a, b := columns[i].place, columns[j].place
			if a > b {
				a, b = b, a
			}
			e := s.layout.row[a] + b
			if s.double {
				sum := dd.D{Hi: dst[2*t*m+e], Lo: dst[(2*t+1)*m+e]}.Add(x)
				dst[2*t*m+e], dst[(2*t+1)*m+e] = sum.Hi, sum.Lo
			} else {
				dst[t*m+e] = x.AddFloat(dst[t*m+e]).Float()
			}
		}
	}
}
