package moment

import (
	"funn/effect/internal/dd"
)

// layout places the variables' levels in the moment matrix: variable v has the
// columns off[v] to off[v]+cap[v]. The upper triangle is packed by rows.
type layout struct {
	caps []int
	off  []int
	k    int
	// row[i]+j is the place of element (i,j), i <= j.
	row []int
}

func newLayout(caps []int) layout {
	l := layout{caps: caps, off: make([]int, len(caps))}
	for v, c := range caps {
		l.off[v] = l.k
		l.k += c
	}
	l.row = make([]int, l.k)
	at := 0
	for i := range l.row {
		l.row[i] = at - i
		at += l.k - i
	}
	return l
}

// size is the number of elements of the upper triangle.
func (l *layout) size() int { return l.k * (l.k + 1) / 2 }

// accumulator adds the packed rows of super-blocks to the clusters' moments.
type accumulator struct {
	p      *packer
	opts   Options
	layout layout
	// powers of the weight for which moments are kept; {1} as a rule.
	powers []int
	double bool // double-double: each triangle is followed by its low parts
	// blocks hold perBlock clusters' records each.
	blocks   [][]float64
	perBlock int
	clusters int
	scratch  []scratch
	tasks    []task
	columns  [][]float64 // by variable, when all are numbers
	partial  [][]float64

	// grouping is what the tables, one for each cluster and partial record, are
	// of; nil when there are none.
	grouping      *grouping
	tables        []tables
	partialTables []tables
}

// scratch is the working space of one goroutine.
type scratch struct {
	counts []uint32
	bins   []float64
	left   []float64
	right  []float64
	prod   []float64
	pos    []int
	val    []float64
}

// task is a share of the accumulation: whole runs from..to of the packed rows,
// or one piece of a long run, which goes to a partial record.
type task struct {
	from, to int // runs
	lo, hi   int // rows of the piece
	partial  int // index of the partial record, or -1
}

func newAccumulator(p *packer, opts Options) *accumulator {
	a := &accumulator{p: p, opts: opts, powers: []int{1}, double: p.spec.Precision == DoubleDouble}
	if p.weight >= 0 && p.spec.WeightPowers {
		a.powers = []int{1, 0, 2}
	}
	caps := make([]int, len(p.vars))
	for v := range p.vars {
		if p.vars[v].cat < 0 {
			caps[v] = 1
		}
	}
	a.layout = newLayout(caps)
	return a
}

// stride is the length of a cluster's record.
func (a *accumulator) stride() int {
	s := a.layout.size() * len(a.powers)
	if a.double {
		s *= 2
	}
	return s
}

func (a *accumulator) record(cluster int) []float64 {
	s := a.stride()
	at := cluster % a.perBlock * s
	return a.blocks[cluster/a.perBlock][at : at+s]
}

// add takes in the packer's current rows.
func (a *accumulator) add(threads int) error {
	if a.p.n == 0 {
		return nil
	}
	if err := a.reserve(); err != nil {
		return err
	}
	a.regroup()
	a.plan()
	if a.p.numbers {
		a.columns = append(a.columns[:0], nil)
		for _, v := range a.p.vars[1:] {
			a.columns = append(a.columns, a.p.nums[v.num].values)
		}
	}
	for len(a.scratch) < threads {
		a.scratch = append(a.scratch, scratch{})
	}
	parallel(threads, len(a.tasks), func(w, t int) {
		k := &a.tasks[t]
		s := &a.scratch[w]
		if k.partial >= 0 {
			rec := a.partial[k.partial]
			clear(rec)
			a.rows(rec, k.lo, k.hi, s)
			if a.grouping != nil {
				a.partialTables[k.partial].clear()
				a.groupRows(a.partialTables[k.partial], k.lo, k.hi)
			}
			return
		}
		for _, r := range a.p.runs[k.from:k.to] {
			a.rows(a.record(int(r.cluster)), r.lo, r.hi, s)
			if a.grouping != nil {
				a.groupRows(a.tables[r.cluster], r.lo, r.hi)
			}
		}
	})
	for _, k := range a.tasks {
		if k.partial >= 0 {
			g := int(a.p.runs[k.from].cluster)
			a.merge(a.record(g), a.partial[k.partial])
			if a.grouping != nil {
				a.tables[g].add(a.partialTables[k.partial])
			}
		}
	}
	return nil
}

// regroup adds up the tables when the packer has come to group otherwise, and
// makes room for new ones.
func (a *accumulator) regroup() {
	if a.grouping != a.p.grouping {
		a.flush()
		a.grouping = a.p.grouping
	}
	if a.grouping == nil {
		return
	}
	for len(a.tables) < a.clusters {
		a.tables = append(a.tables, a.grouping.newTables())
	}
}

// flush adds the tables to the records and forgets them.
func (a *accumulator) flush() {
	if a.grouping != nil {
		threads := a.opts.threads()
		for len(a.scratch) < threads {
			a.scratch = append(a.scratch, scratch{})
		}
		parallel(threads, len(a.tables), func(w, g int) { a.ungroup(a.grouping, a.record(g), a.tables[g], &a.scratch[w]) })
	}
	a.grouping, a.tables, a.partialTables = nil, nil, nil
}

// reserve makes room for new levels and new clusters.
func (a *accumulator) reserve() error {
	p := a.p
	grown := false
	caps := make([]int, len(p.vars))
	for v := range p.vars {
		caps[v] = a.layout.caps[v]
		if c := p.vars[v].cat; c >= 0 && p.cats[c].levels() > caps[v] {
			first := caps[v] == 0
			caps[v] = p.cats[c].levels()
			if !first { // levels keep coming: leave room
				caps[v] += caps[v] / 4
			}
			grown = true
		}
	}
	clusters := p.clusters()
	next := a.layout
	if grown {
		next = newLayout(caps)
	}
	words := int64(next.size()) * int64(len(a.powers))
	if a.double {
		words *= 2
	}
	if bytes := 8 * words * int64(clusters); bytes > a.opts.memory() {
		return &SizeError{Clusters: clusters, Columns: next.k, Bytes: bytes, Limit: a.opts.memory()}
	}
	if grown {
		a.relayout(next)
	}
	if a.perBlock == 0 {
		a.perBlock = max(1, (1<<17)/a.stride())
	}
	for len(a.blocks)*a.perBlock < clusters {
		a.blocks = append(a.blocks, make([]float64, a.perBlock*a.stride()))
	}
	a.clusters = clusters
	return nil
}

// relayout moves the records to a layout with room for more, or fewer, levels.
func (a *accumulator) relayout(next layout) {
	old := a.layout
	oldPer, oldStride, oldBlocks := a.perBlock, a.stride(), a.blocks
	a.layout = next
	a.perBlock = max(1, (1<<17)/max(1, a.stride()))
	a.blocks = nil
	a.partial = nil
	if len(oldBlocks) == 0 {
		return
	}
	for len(a.blocks)*a.perBlock < a.clusters {
		a.blocks = append(a.blocks, make([]float64, a.perBlock*a.stride()))
	}
	triangles := len(a.powers)
	if a.double {
		triangles *= 2
	}
	for g := range a.clusters {
		from := oldBlocks[g/oldPer][g%oldPer*oldStride:][:oldStride]
		to := a.record(g)
		for t := range triangles {
			copyTriangle(to[t*next.size():], &next, from[t*old.size():], &old)
		}
	}
}

func copyTriangle(dst []float64, to *layout, src []float64, from *layout) {
	for v := range from.caps {
		for l := range min(from.caps[v], to.caps[v]) {
			i, ni := from.off[v]+l, to.off[v]+l
			for u := v; u < len(from.caps); u++ {
				start := 0
				if u == v {
					start = l
				}
				for m := start; m < min(from.caps[u], to.caps[u]); m++ {
					dst[to.row[ni]+to.off[u]+m] = src[from.row[i]+from.off[u]+m]
				}
			}
		}
	}
}

// plan shares the runs out: short runs together, long runs in pieces that are
// summed apart. The borders depend on the data only, not on the threads.
func (a *accumulator) plan() {
	const share = 1 << 13
	longest := max(1<<14, 8*a.layout.size())
	a.tasks = a.tasks[:0]
	partials := 0
	open := -1
	rows := 0
	for i, r := range a.p.runs {
		if n := r.hi - r.lo; n > longest {
			pieces := (n + longest - 1) / longest
			for k := range pieces {
				a.tasks = append(a.tasks, task{from: i, to: i + 1, lo: r.lo + k*n/pieces, hi: r.lo + (k+1)*n/pieces, partial: partials})
				partials++
			}
			open = -1
			continue
		}
		if open < 0 || rows >= share {
			open, rows = len(a.tasks), 0
			a.tasks = append(a.tasks, task{from: i, partial: -1})
		}
		a.tasks[open].to = i + 1
		rows += r.hi - r.lo
	}
	for len(a.partial) < partials {
		a.partial = append(a.partial, make([]float64, a.stride()))
	}
	for a.grouping != nil && len(a.partialTables) < partials {
		a.partialTables = append(a.partialTables, a.grouping.newTables())
	}
}

// merge adds the record src to dst.
func (a *accumulator) merge(dst, src []float64) {
	if !a.double {
		for i, v := range src {
			dst[i] += v
		}
		return
	}
	n := a.layout.size()
	for t := range a.powers {
		hi, lo := 2*t*n, (2*t+1)*n
		for i := range n {
			s := dd.D{Hi: dst[hi+i], Lo: dst[lo+i]}.Add(dd.D{Hi: src[hi+i], Lo: src[lo+i]})
			dst[hi+i], dst[lo+i] = s.Hi, s.Lo
		}
	}
}

// rows adds packed rows lo to hi to a record.
func (a *accumulator) rows(rec []float64, lo, hi int, s *scratch) {
	n := a.layout.size()
	if a.double {
		a.rowsDouble(rec, lo, hi, s)
		return
	}
	// Column by column costs the matrix once, row by row costs each row the
	// square of the variables: the former pays for runs that are long enough,
	// and with grouping, which leaves few products.
	vars := len(a.p.vars)
	byColumn := a.grouping != nil || hi-lo >= 8+4*(a.layout.k/vars)*(a.layout.k/vars)
	for t, power := range a.powers {
		tri := rec[t*n : (t+1)*n]
		switch {
		case byColumn:
			a.byColumn(tri, power, lo, hi, s)
		case a.p.numbers:
			a.byRowNumbers(tri, power, lo, hi, s)
		default:
			a.byRow(tri, power, lo, hi, s)
		}
	}
}

// byRowNumbers is byRow for variables that are all numbers: the outer product
// then fills the triangle from its start to its end.
func (a *accumulator) byRowNumbers(tri []float64, power, lo, hi int, s *scratch) {
	p := a.p
	w := a.weight(power, lo, hi, s)
	s.val = grow(s.val, len(p.vars))
	val := s.val
	columns := a.columns[:len(val)]
	for r := lo; r < hi; r++ {
		val[0] = 1
		for v := 1; v < len(val); v++ {
			val[v] = columns[v][r]
		}
		rest := tri
		for i, x := range val {
			if w != nil {
				x *= w[r-lo]
			}
			row := val[i:]
			out := rest[:len(row)]
			for j, y := range row {
				out[j] += x * y
			}
			rest = rest[len(row):]
		}
	}
}

// weight returns the weights to the given power for packed rows lo to hi, or
// nil when they are all 1.
func (a *accumulator) weight(power, lo, hi int, s *scratch) []float64 {
	if a.p.weight < 0 || power == 0 {
		return nil
	}
	w := a.p.weights[lo:hi]
	if power == 1 {
		return w
	}
	s.left = grow(s.left, hi-lo)
	for i, v := range w {
		s.left[i] = v * v
	}
	return s.left[:hi-lo]
}

// byRow adds row after row: the outer product of the row's few values.
func (a *accumulator) byRow(tri []float64, power, lo, hi int, s *scratch) {
	p := a.p
	w := a.weight(power, lo, hi, s)
	s.pos, s.val = grow(s.pos, len(p.vars)), grow(s.val, len(p.vars))
	pos, val := s.pos, s.val
	for r := lo; r < hi; r++ {
		a.row(r, pos, val)
		for i, vi := range val {
			if w != nil {
				vi *= w[r-lo]
			}
			row := tri[a.layout.row[pos[i]]+pos[i]:]
			base := pos[i]
			for j := i; j < len(val); j++ {
				row[pos[j]-base] += vi * val[j]
			}
		}
	}
}

// row writes the places and values of the non-zero elements of packed row r.
func (a *accumulator) row(r int, pos []int, val []float64) {
	p := a.p
	for v := range p.vars {
		x := &p.vars[v]
		pos[v], val[v] = a.layout.off[v], 1
		if x.num >= 0 {
			val[v] = p.nums[x.num].values[r]
		}
		if x.cat >= 0 {
			pos[v] += int(p.cats[x.cat].packed[r])
		}
	}
}

func (a *accumulator) rowsDouble(rec []float64, lo, hi int, s *scratch) {
	p := a.p
	n := a.layout.size()
	s.pos, s.val = grow(s.pos, len(p.vars)), grow(s.val, len(p.vars))
	pos, val := s.pos, s.val
	for r := lo; r < hi; r++ {
		a.row(r, pos, val)
		for t, power := range a.powers {
			high, low := rec[2*t*n:(2*t+1)*n], rec[(2*t+1)*n:(2*t+2)*n]
			for i := range val {
				for j := i; j < len(val); j++ {
					x := dd.D{}.AddProduct(val[i], val[j])
					if p.weight >= 0 {
						for range power {
							x = x.MulFloat(p.weights[r])
						}
					}
					at := a.layout.row[pos[i]] + pos[j]
					sum := dd.D{Hi: high[at], Lo: low[at]}.Add(x)
					high[at], low[at] = sum.Hi, sum.Lo
				}
			}
		}
	}
}

// byColumn adds pair after pair of variables: counts for categories, sums in
// bins for numbers within categories, dot products for numbers.
func (a *accumulator) byColumn(tri []float64, power, lo, hi int, s *scratch) {
	p := a.p
	w := a.weight(power, lo, hi, s)
	for i := range p.vars {
		vi := &p.vars[i]
		left := w
		if vi.num >= 0 {
			left = p.nums[vi.num].values[lo:hi]
			if w != nil {
				s.right = grow(s.right, hi-lo)
				for r, x := range left {
					s.right[r] = x * w[r]
				}
				left = s.right[:hi-lo]
			}
		}
		for j := i; j < len(p.vars); j++ {
			if !p.grouped(i, j) {
				a.pair(tri, i, j, left, lo, hi, s)
			}
		}
	}
}

// pair adds the block of variables i and j, with the weighted values of i given,
// nil standing for ones.
func (a *accumulator) pair(tri []float64, i, j int, left []float64, lo, hi int, s *scratch) {
	p, l := a.p, &a.layout
	vi, vj := &p.vars[i], &p.vars[j]
	var right []float64
	if vj.num >= 0 {
		right = p.nums[vj.num].values[lo:hi]
	}
	oi, oj := l.off[i], l.off[j]
	if vi.cat < 0 && vj.cat < 0 {
		tri[l.row[oi]+oj] += dot(left, right, hi-lo)
		return
	}
	values := left
	if right != nil {
		values = right
		if left != nil {
			values = s.product(left, right)
		}
	}
	switch {
	case vi.cat < 0:
		a.bins(tri[l.row[oi]+oj:], values, p.cats[vj.cat].packed[lo:hi], l.caps[j], s)
	case vj.cat < 0:
		sums := s.sums(values, p.cats[vi.cat].packed[lo:hi], l.caps[i])
		for c, v := range sums {
			tri[l.row[oi+c]+oj] += v
		}
	case vi.cat == vj.cat:
		sums := s.sums(values, p.cats[vi.cat].packed[lo:hi], l.caps[i])
		for c, v := range sums {
			tri[l.row[oi+c]+oj+c] += v
		}
	default:
		a.crossBins(tri, i, j, values, lo, hi, s)
	}
}

// bins adds the sums of values by code to dst.
func (a *accumulator) bins(dst, values []float64, codes []uint16, levels int, s *scratch) {
	for c, v := range s.sums(values, codes, levels) {
		dst[c] += v
	}
}

// crossBins adds the sums by pairs of codes of two categories.
func (a *accumulator) crossBins(tri []float64, i, j int, values []float64, lo, hi int, s *scratch) {
	p, l := a.p, &a.layout
	ci := p.cats[p.vars[i].cat].packed[lo:hi]
	cj := p.cats[p.vars[j].cat].packed[lo:hi]
	li, lj := l.caps[i], l.caps[j]
	oi, oj := l.off[i], l.off[j]
	if values == nil {
		s.counts = grow(s.counts, li*lj)
		counts := s.counts
		clear(counts)
		for r, c := range ci {
			counts[int(c)*lj+int(cj[r])]++
		}
		for c := range li {
			row := tri[l.row[oi+c]+oj:]
			for d, n := range counts[c*lj : (c+1)*lj] {
				row[d] += float64(n)
			}
		}
		return
	}
	s.bins = grow(s.bins, li*lj)
	bins := s.bins
	clear(bins)
	for r, c := range ci {
		bins[int(c)*lj+int(cj[r])] += values[r]
	}
	for c := range li {
		row := tri[l.row[oi+c]+oj:]
		for d, v := range bins[c*lj : (c+1)*lj] {
			row[d] += v
		}
	}
}

// product returns the elementwise product in scratch space.
func (s *scratch) product(x, y []float64) []float64 {
	s.prod = grow(s.prod, len(x))
	for i, v := range x {
		s.prod[i] = v * y[i]
	}
	return s.prod
}

// sums returns the sums of values, or the counts when values is nil, by code.
func (s *scratch) sums(values []float64, codes []uint16, levels int) []float64 {
	s.bins = grow(s.bins, levels)
	bins := s.bins
	clear(bins)
	if values == nil {
		s.counts = grow(s.counts, levels)
		counts := s.counts
		clear(counts)
		for _, c := range codes {
			counts[c]++
		}
		for c, n := range counts {
			bins[c] = float64(n)
		}
		return bins
	}
	values = values[:len(codes)]
	for r, c := range codes {
		bins[c] += values[r]
	}
	return bins
}

// dot returns the sum of the products of x and y over n rows, nil standing for
// ones. Four sums run side by side, for speed and a smaller rounding error.
func dot(x, y []float64, n int) float64 {
	if x == nil {
		x, y = y, x
	}
	switch {
	case x == nil:
		return float64(n)
	case y == nil:
		var a, b, c, d float64
		for len(x) >= 4 {
			a += x[0]
			b += x[1]
			c += x[2]
			d += x[3]
			x = x[4:]
		}
		for _, v := range x {
			a += v
		}
		return (a + b) + (c + d)
	}
	y = y[:len(x)]
	var a, b, c, d float64
	for len(x) >= 4 && len(y) >= 4 {
		a += x[0] * y[0]
		b += x[1] * y[1]
		c += x[2] * y[2]
		d += x[3] * y[3]
		x, y = x[4:], y[4:]
	}
	for i, v := range x {
		a += v * y[i]
	}
	return (a + b) + (c + d)
}
