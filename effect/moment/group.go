package moment

import (
	"cmp"
	"slices"
)

// Categories of few levels are counted together. A group of them has a joint
// code, the levels' codes written in mixed radix, and a cluster's record has one
// table of counts for each pair of groups and one of sums for each number and
// group. A row then costs a count for each pair of groups instead of one for each
// pair of categories; the counts by category are added up once, at the end.

const (
	// groupSize is the most joint codes of a group: the table of a pair of
	// groups then fits in the first-level cache.
	groupSize = 64
	// groupBytes bounds the tables of all clusters.
	groupBytes = 48 << 20
)

// group is a set of categories with a joint code.
type group struct {
	vars   []int // the variables, pure categories
	radix  []int // what each member's code counts for
	levels []int // each member's room for levels
	size   int
	// width is the sum of levels; digits gives for each member and joint code
	// the member's level, counted on from the members before it.
	width  int
	digits [][]int
	codes  []uint16 // packed
	rows   []uint16 // in row order
}

// grouping is how the pure categories of a packer are grouped.
type grouping struct {
	groups  []group
	cells   int   // counts in a record
	pairAt  []int // of group pairs (g < h), in order
	bins    int   // joint codes of all groups
	binAt   []int // of each group
	numbers []int // the variables that are numbers without category
}

// bytes is the size of a record's tables.
func (g *grouping) bytes() int { return 4*g.cells + 8*g.bins*len(g.numbers) }

// regroup decides, before the rows are laid out, whether and how categories are
// grouped, from the data only. Weighted
// counts are not whole and gain less.
func (p *packer) regroup() {
	if p.ungrouped || p.n == 0 {
		return
	}
	if p.keepOrder || p.weight >= 0 || p.spec.Precision == DoubleDouble {
		p.ungrouped = true
		return
	}
	room := map[int]int{}
	if g := p.grouping; g != nil {
		fits := true
		for _, x := range g.groups {
			for i, v := range x.vars {
				n := p.cats[p.vars[v].cat].levels()
				room[v] = n
				if n > x.levels[i] {
					room[v] += n / 4 // levels keep coming
					fits = false
				}
			}
		}
		if fits && p.affordable(g) {
			return
		}
	}
	first := p.grouping == nil
	p.grouping = p.newGrouping(room)
	// Adding the tables up costs as much as counting some of their cells, so
	// there should be rows enough.
	if first && p.grouping != nil && p.n*16 < p.clusters()*p.grouping.cells {
		p.grouping = nil
	}
	if p.grouping == nil || !p.affordable(p.grouping) {
		p.grouping, p.ungrouped = nil, true
	}
}

// affordable reports whether the tables of all clusters so far are within
// bounds.
func (p *packer) affordable(g *grouping) bool {
	return p.clusters()*g.bytes() <= groupBytes
}

// clusters is the number of clusters so far.
func (p *packer) clusters() int {
	if p.cluster < 0 {
		return 1
	}
	return p.cats[p.cluster].levels()
}

// newGrouping fills groups with the categories of most levels first. It returns
// nil when grouping does not pay.
func (p *packer) newGrouping(room map[int]int) *grouping {
	var vars []int
	g := &grouping{}
	for v := range p.vars {
		x := &p.vars[v]
		switch {
		case x.cat >= 0 && x.num < 0:
			vars = append(vars, v)
			room[v] = max(room[v], p.cats[x.cat].levels())
		case x.num >= 0 && x.cat < 0:
			g.numbers = append(g.numbers, v)
		}
	}
	slices.SortStableFunc(vars, func(a, b int) int { return cmp.Compare(room[b], room[a]) })
	for _, v := range vars {
		n := room[v]
		at := slices.IndexFunc(g.groups, func(x group) bool { return x.size*n <= groupSize })
		if at < 0 {
			at = len(g.groups)
			g.groups = append(g.groups, group{size: 1})
		}
		x := &g.groups[at]
		x.vars, x.radix, x.levels = append(x.vars, v), append(x.radix, x.size), append(x.levels, n)
		x.size *= n
	}
	if len(vars) < 2 || g.groups[0].size > 1<<16 {
		return nil // nothing to gain, or codes that do not fit
	}
	for i := range g.groups {
		g.groups[i].spell()
		g.binAt = append(g.binAt, g.bins)
		g.bins += g.groups[i].size
		for j := i + 1; j < len(g.groups); j++ {
			g.pairAt = append(g.pairAt, g.cells)
			g.cells += g.groups[i].size * g.groups[j].size
		}
	}
	if len(g.groups) == 1 {
		g.pairAt, g.cells = []int{0}, g.groups[0].size
	}
	return g
}

// spell fills in width and digits.
func (x *group) spell() {
	for m, n := range x.levels {
		digits := make([]int, x.size)
		for c := range digits {
			digits[c] = x.width + c/x.radix[m]%n
		}
		x.digits = append(x.digits, digits)
		x.width += n
	}
}

// layoutGroup writes the joint codes of the used rows to their places.
func (p *packer) layoutGroup(x *group) {
	dst := x.codes
	rows := dst // joint codes in row order
	if p.sortPos != nil {
		rows = x.rows
	}
	for m, v := range x.vars {
		codes := p.cats[p.vars[v].cat].codes[:p.n]
		radix := uint16(x.radix[m])
		if m == 0 {
			for i, c := range codes {
				rows[i] = uint16(c)
			}
			continue
		}
		for i, c := range codes {
			rows[i] += uint16(c) * radix
		}
	}
	if p.sortPos == nil {
		return
	}
	at := 0
	for _, q := range p.sortPos {
		if q >= 0 {
			dst[q] = rows[at]
			at++
		}
	}
}

// tables are a record's counts and sums by joint codes.
type tables struct {
	counts []uint32
	bins   []float64
}

func (g *grouping) newTables() tables {
	return tables{counts: make([]uint32, g.cells), bins: make([]float64, g.bins*len(g.numbers))}
}

func (t tables) clear() {
	clear(t.counts)
	clear(t.bins)
}

func (t tables) add(u tables) {
	for i, n := range u.counts {
		t.counts[i] += n
	}
	for i, v := range u.bins {
		t.bins[i] += v
	}
}

// grouped reports whether the tables hold the product of two variables.
func (p *packer) grouped(i, j int) bool {
	if p.grouping == nil {
		return false
	}
	x, y := &p.vars[i], &p.vars[j]
	plain := func(v *variable) bool { return v.num < 0 || v.cat < 0 }
	category := x.cat >= 0 && x.num < 0 || y.cat >= 0 && y.num < 0
	return category && plain(x) && plain(y)
}

// groupRows adds packed rows lo to hi to the tables of a record.
func (a *accumulator) groupRows(t tables, lo, hi int) {
	p, g := a.p, a.p.grouping
	counts, bins := t.counts, t.bins
	if len(g.groups) == 1 {
		for _, c := range g.groups[0].codes[lo:hi] {
			counts[c]++
		}
	}
	pair := 0
	for i := range g.groups {
		for j := i + 1; j < len(g.groups); j++ {
			size := g.groups[j].size
			table := counts[g.pairAt[pair]:][:g.groups[i].size*size]
			pair++
			left, right := g.groups[i].codes[lo:hi], g.groups[j].codes[lo:hi]
			right = right[:len(left)]
			for r, c := range left {
				table[int(c)*size+int(right[r])]++
			}
		}
	}
	for n, v := range g.numbers {
		values := p.nums[p.vars[v].num].values[lo:hi]
		for i := range g.groups {
			sums := bins[n*g.bins+g.binAt[i]:][:g.groups[i].size]
			codes := g.groups[i].codes[lo:hi]
			codes = codes[:len(values)]
			for r, x := range values {
				sums[codes[r]] += x
			}
		}
	}
}

// ungroup adds a record's tables to its triangle: each table is summed over the
// joint codes of its columns to one of levels, and that over those of its rows.
func (a *accumulator) ungroup(g *grouping, tri []float64, t tables, s *scratch) {
	totals := make([][]float64, len(g.groups))
	for i := range totals {
		totals[i] = make([]float64, g.groups[i].size)
	}
	if len(g.groups) == 1 {
		for c, n := range t.counts {
			totals[0][c] = float64(n)
		}
	}
	pair := 0
	for i := range g.groups {
		for j := i + 1; j < len(g.groups); j++ {
			x, y := &g.groups[i], &g.groups[j]
			table := t.counts[g.pairAt[pair]:][:x.size*y.size]
			pair++
			s.bins = grow(s.bins, x.size*y.width)
			rows := s.bins
			clear(rows)
			for c := range x.size {
				counts := table[c*y.size : (c+1)*y.size]
				row := rows[c*y.width : (c+1)*y.width]
				for m := range y.vars {
					for d, l := range y.digits[m] {
						row[l] += float64(counts[d])
					}
				}
			}
			a.fold(tri, x, y, rows)
			if j == i+1 {
				for c, n := range table {
					totals[i][c/y.size] += float64(n)
				}
			}
			if i == len(g.groups)-2 { // the last group has no pair of its own
				for c, n := range table {
					totals[j][c%y.size] += float64(n)
				}
			}
		}
	}
	l := &a.layout
	for i := range g.groups {
		x := &g.groups[i]
		for m, v := range x.vars {
			for c, n := range totals[i] {
				if n == 0 {
					continue
				}
				at := l.off[v] + c/x.radix[m]%x.levels[m]
				tri[l.row[0]+at] += n
				tri[l.row[at]+at] += n
				for k, u := range x.vars[m+1:] {
					bt := l.off[u] + c/x.radix[m+1+k]%x.levels[m+1+k]
					tri[l.row[min(at, bt)]+max(at, bt)] += n
				}
			}
			for n, u := range g.numbers {
				for c, sum := range t.bins[n*g.bins+g.binAt[i]:][:x.size] {
					if sum != 0 {
						at, bt := l.off[u], l.off[v]+c/x.radix[m]%x.levels[m]
						tri[l.row[min(at, bt)]+max(at, bt)] += sum
					}
				}
			}
		}
	}
}

// fold adds counts by joint code of x and level of y's members to the triangle.
func (a *accumulator) fold(tri []float64, x, y *group, rows []float64) {
	l := &a.layout
	for c := range x.size {
		row := rows[c*y.width : (c+1)*y.width]
		for m, v := range x.vars {
			at := l.off[v] + c/x.radix[m]%x.levels[m]
			first := 0
			for k, u := range y.vars {
				counts := row[first : first+y.levels[k]]
				first += y.levels[k]
				if u > v {
					for b, n := range counts {
						if n != 0 {
							tri[l.row[at]+l.off[u]+b] += n
						}
					}
					continue
				}
				for b, n := range counts {
					if n != 0 {
						tri[l.row[l.off[u]+b]+at] += n
					}
				}
			}
		}
	}
}
