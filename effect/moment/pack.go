package moment

import (
	"math"
	"slices"
	"strconv"

	"funn/effect/data"
)

// variable is one block of columns of the moment matrix: the constant, a number,
// a category, or numbers within a category.
type variable struct {
	term Term
	num  int // index of its number, or -1
	cat  int // index of its category, or -1
}

// number is a numeric column less its shift, the pilot mean, or a product of
// such. The variables of a product include all its parts, so that the product
// of the columns themselves can be had from them.
type number struct {
	name    string // of a single column
	columns []int  // sorted
	parts   []int  // of a product: the numbers multiplied, as indexes
	whole   bool   // whole numbers, so that sums are exact in floating point
	binary  bool
	shift   float64 // of a single column
	values  []float64
}

// category is a column, or a crossing of columns, as codes.
type category struct {
	key   string
	names []string
	coder *coder
	cross *crossing
	codes []uint32 // in row order
	// packed holds the codes in the order of the packed rows, for categories of
	// the moment matrix.
	packed []uint16
	inZ    bool
}

func (c *category) levels() int {
	if c.cross != nil {
		return len(c.cross.pairs)
	}
	return int(c.coder.n)
}

// filter is a compiled Condition.
type filter struct {
	column int
	levels map[string]bool
	byDict []bool // String: whether the level is wanted
	ints   map[int64]bool
}

// packer selects the rows a Spec uses from a super-block and lays their values
// out column by column: numbers shifted, categories coded, rows sorted by
// cluster.
type packer struct {
	spec      *Spec
	selection *Selection  // of a Stream
	kinds     []data.Kind // of the scan's columns used
	vars      []variable
	nums      []number
	cats      []*category
	cluster   int // index into cats, or -1
	weight    int // scan column, or -1
	needed    []int
	numeric   []bool // of needed: takes part as a number
	filters   []filter
	names     []string
	pilotDone bool
	keepOrder bool // leave rows in source order (second passes)
	buffers   *buffers

	// Results of the current super-block.
	n        int
	ok       []bool
	pos      []int32
	sortPos  []int32
	counts   []int32
	runs     []run
	weights  []float64
	rows     int64 // source rows seen
	selected int64 // rows that satisfy the conditions
	used     int64
	zero     int64
	missing  []int64 // of needed
	pieces   []piece

	grouping  *grouping
	ungrouped bool // grouping does not pay
	single    bool // categories are needed one by one as well
	numbers   bool // there are no categories
}

// run is the packed rows lo to hi of one cluster.
type run struct {
	cluster uint32
	lo, hi  int
}

// piece is a run of rows of one segment.
type piece struct {
	seg, lo, hi int
	selected    int64
	zero        int64
	missing     []int64
	err         error
	errRow      int64
}

const pieceRows = 1 << 15

func newPacker(spec *Spec, schema data.Schema, columns *[]string) (*packer, error) {
	p := &packer{spec: spec, cluster: -1, weight: -1, buffers: &buffers{}}
	need := p.needer(schema, columns)
	p.vars = []variable{{num: -1, cat: -1}}
	seen := map[string]int{Term{}.Key(): 0}
	var add func(t Term) (int, error)
	add = func(t Term) (int, error) {
		if v, ok := seen[t.Key()]; ok {
			return v, nil
		}
		v := variable{term: t, num: -1, cat: -1}
		var err error
		for i, name := range t.numbers {
			if j := schema.Index(name); spec.Unshifted || j >= 0 && schema[j].Kind == data.Bool {
				continue // is never shifted
			}
			part := Term{numbers: slices.Delete(slices.Clone(t.numbers), i, i+1), categories: t.categories}
			if _, err = add(part); err != nil {
				return 0, err
			}
		}
		if len(t.numbers) > 0 {
			if v.num, err = p.number(t.numbers, need); err != nil {
				return 0, err
			}
		}
		if len(t.categories) > 0 {
			if v.cat, err = p.category(t.categories, need); err != nil {
				return 0, err
			}
			p.cats[v.cat].inZ = true
			v.term.categories = p.cats[v.cat].names
		}
		p.single = p.single || v.num >= 0 && v.cat >= 0
		p.vars = append(p.vars, v)
		seen[t.Key()] = len(p.vars) - 1
		return len(p.vars) - 1, nil
	}
	for _, t := range spec.Terms {
		if _, err := add(t); err != nil {
			return nil, err
		}
	}
	p.numbers = !slices.ContainsFunc(p.vars, func(v variable) bool { return v.cat >= 0 })
	var err error
	if len(spec.Cluster) > 0 {
		if p.cluster, err = p.category(spec.Cluster, need); err != nil {
			return nil, err
		}
	}
	if spec.Weight != "" {
		if p.weight, err = need(spec.Weight, true); err != nil {
			return nil, err
		}
	}
	for _, name := range spec.Require {
		if _, err := need(name, false); err != nil {
			return nil, err
		}
	}
	// Conditions select the population before missing values are counted, so a
	// column that is only a condition is not "needed".
	for _, w := range spec.Where {
		i := schema.Index(w.Column)
		if i < 0 {
			return nil, &data.UnknownColumnError{Column: w.Column, Have: schema.Names()}
		}
		f := filter{column: columnIndex(columns, w.Column), levels: map[string]bool{}, ints: map[int64]bool{}}
		for _, l := range w.Levels {
			f.levels[l] = true
			if v, err := strconv.ParseInt(l, 10, 64); err == nil {
				f.ints[v] = true
			}
		}
		p.filters = append(p.filters, f)
	}
	p.missing = make([]int64, len(p.needed))
	return p, nil
}

// needer returns a function that takes up a column of the source among those
// that a row must have a value in, and gives its place among the scan's columns.
func (p *packer) needer(schema data.Schema, columns *[]string) func(name string, asNumber bool) (int, error) {
	return func(name string, asNumber bool) (int, error) {
		i := schema.Index(name)
		if i < 0 {
			return 0, &data.UnknownColumnError{Column: name, Have: schema.Names()}
		}
		if asNumber && !schema[i].Kind.Numeric() {
			return 0, &KindError{Column: name}
		}
		c := columnIndex(columns, name)
		for len(p.kinds) <= c {
			p.kinds = append(p.kinds, 0)
		}
		p.kinds[c] = schema[i].Kind
		if j := slices.Index(p.needed, c); j >= 0 {
			p.numeric[j] = p.numeric[j] || asNumber
		} else {
			p.needed, p.numeric, p.names = append(p.needed, c), append(p.numeric, asNumber), append(p.names, name)
		}
		return c, nil
	}
}

func (p *packer) number(columns []string, need func(string, bool) (int, error)) (int, error) {
	n := number{whole: true, binary: true}
	for _, name := range columns {
		c, err := need(name, true)
		if err != nil {
			return 0, err
		}
		n.columns = append(n.columns, c)
		n.whole = n.whole && p.kinds[c] != data.Float
		n.binary = n.binary && p.kinds[c] == data.Bool
		if len(columns) > 1 {
			part, err := p.number([]string{name}, need)
			if err != nil {
				return 0, err
			}
			n.parts = append(n.parts, part)
		} else {
			n.name = name
		}
	}
	slices.Sort(n.columns)
	slices.Sort(n.parts)
	for i := range p.nums {
		if slices.Equal(p.nums[i].columns, n.columns) {
			return i, nil
		}
	}
	p.nums = append(p.nums, n)
	return len(p.nums) - 1, nil
}

// category returns the index of the category of the named columns, adding it
// and those it is crossed from.
func (p *packer) category(names []string, need func(string, bool) (int, error)) (int, error) {
	k := key("c", names)
	for i, c := range p.cats {
		if c.key == k {
			return i, nil
		}
	}
	c := &category{key: k, names: slices.Clone(names)}
	if len(names) == 1 {
		column, err := need(names[0], false)
		if err != nil {
			return 0, err
		}
		c.coder = newCoder(column, p.kinds[column])
	} else {
		left, err := p.category(names[:len(names)-1], need)
		if err != nil {
			return 0, err
		}
		right, err := p.category(names[len(names)-1:], need)
		if err != nil {
			return 0, err
		}
		c.cross = &crossing{left: left, right: right}
		c.names = slices.Concat(p.cats[left].names, p.cats[right].names)
	}
	p.cats = append(p.cats, c)
	return len(p.cats) - 1, nil
}

// label returns the texts of a category's level, one a column.
func (p *packer) label(cat int, code uint32) []string {
	c := p.cats[cat]
	if c.cross == nil {
		return []string{c.coder.label(code)}
	}
	pair := c.cross.pairs[code]
	return append(p.label(c.cross.left, pair[0]), p.label(c.cross.right, pair[1])...)
}

// pack lays out the rows of the super-block, to stay until release.
func (p *packer) pack(sb *super, threads int) error {
	p.release()
	if err := p.mask(sb, threads); err != nil {
		return err
	}
	p.index(sb)
	p.take()
	if err := p.code(sb, threads); err != nil {
		return err
	}
	p.regroup()
	p.sort()
	p.takePacked()
	p.layout(sb, threads)
	return nil
}

// mask marks the rows that are used.
func (p *packer) mask(sb *super, threads int) error {
	p.ok = p.buffers.marks.take(sb.rows)
	p.pieces = p.pieces[:0]
	for s := range sb.segments {
		for lo := 0; lo < sb.segments[s].rows; lo += pieceRows {
			hi := min(lo+pieceRows, sb.segments[s].rows)
			p.pieces = append(p.pieces, piece{seg: s, lo: lo, hi: hi})
		}
	}
	for i := range p.filters {
		f := &p.filters[i]
		for s := range sb.segments {
			f.extend(&sb.segments[s].columns[f.column])
		}
	}
	parallel(threads, len(p.pieces), func(_, t int) {
		pc := &p.pieces[t]
		seg := &sb.segments[pc.seg]
		pc.missing = make([]int64, len(p.needed))
		ok := p.ok[seg.start+pc.lo : seg.start+pc.hi]
		p.maskPiece(seg, pc, ok, sb.first+int64(seg.start+pc.lo))
	})
	for i := range p.pieces {
		pc := &p.pieces[i]
		if pc.err != nil {
			return pc.err
		}
		p.selected += pc.selected
		p.zero += pc.zero
		for j, m := range pc.missing {
			p.missing[j] += m
		}
	}
	p.rows += int64(sb.rows)
	return nil
}

func (p *packer) maskPiece(seg *segment, pc *piece, ok []bool, first int64) {
	for i := range ok {
		ok[i] = true
	}
	for i := range p.filters {
		p.filters[i].apply(&seg.columns[p.filters[i].column], pc.lo, ok)
	}
	pc.selected = int64(len(ok))
	if len(p.filters) > 0 {
		pc.selected = 0
		for _, k := range ok {
			if k {
				pc.selected++
			}
		}
	}
	// A missing value is counted in every column it is missing in, so the marks
	// of earlier columns must not hide it: collect them apart.
	var gone []bool
	drop := func(i int) {
		if gone == nil {
			gone = make([]bool, len(ok))
		}
		gone[i] = true
	}
	fail := func(row int64, err error) {
		if pc.err == nil || row < pc.errRow {
			pc.err, pc.errRow = err, row
		}
	}
	for j, c := range p.needed {
		col := &seg.columns[c]
		if col.Valid != nil {
			for i, k := range ok {
				if k && !col.Valid.Valid(pc.lo+i) {
					pc.missing[j]++
					drop(i)
				}
			}
		}
		if col.Kind != data.Float {
			continue
		}
		values := col.Floats[pc.lo:pc.hi]
		for i, v := range values {
			if v-v == 0 || !ok[i] || !col.Valid.Valid(pc.lo+i) { // neither NaN nor infinite
				continue
			}
			if math.IsInf(v, 0) {
				if p.numeric[j] {
					row := first + int64(i) + 1
					fail(row, &InfiniteError{Column: p.names[j], Row: row})
				}
				continue
			}
			pc.missing[j]++
			drop(i)
		}
	}
	for i, g := range gone {
		if g {
			ok[i] = false
		}
	}
	if p.weight >= 0 {
		col := &seg.columns[p.weight]
		for i, k := range ok {
			if !k {
				continue
			}
			w, _ := col.Number(pc.lo + i)
			switch {
			case w < 0:
				row := first + int64(i) + 1
				fail(row, &WeightError{Column: p.spec.Weight, Row: row, Weight: w})
			case w == 0:
				pc.zero++
				ok[i] = false
			}
		}
	}
}

// apply clears ok in the rows that do not satisfy the condition. Row i of ok is
// row lo+i of the column.
func (f *filter) apply(col *data.Column, lo int, ok []bool) {
	for i := range ok {
		if !ok[i] {
			continue
		}
		r := lo + i
		ok[i] = !col.Missing(r) && f.holds(col, r)
	}
}

// extend looks up the levels of a dictionary that has grown.
func (f *filter) extend(col *data.Column) {
	for d := len(f.byDict); col.Kind == data.String && d < len(col.Levels); d++ {
		f.byDict = append(f.byDict, f.levels[col.Levels[d]])
	}
}

// holds reports whether row r, which has a value, satisfies the condition.
func (f *filter) holds(col *data.Column, r int) bool {
	switch col.Kind {
	case data.String:
		return f.byDict[col.Codes[r]]
	case data.Int:
		return f.ints[col.Ints[r]]
	case data.Bool:
		return f.levels[strconv.FormatBool(col.Bools[r])]
	default:
		return f.levels[formatFloat(col.Floats[r])]
	}
}

// index numbers the used rows; pos is -1 for the others.
func (p *packer) index(sb *super) {
	p.pos = p.buffers.places.take(sb.rows)
	n := int32(0)
	for i, k := range p.ok[:sb.rows] {
		if k {
			p.pos[i] = n
			n++
		} else {
			p.pos[i] = -1
		}
	}
	p.n = int(n)
	p.used += int64(n)
}

// code gives the used rows their category codes, in row order.
func (p *packer) code(sb *super, threads int) error {
	errs := make([]error, len(p.cats))
	parallel(threads, len(p.cats), func(_, t int) {
		c := p.cats[t]
		if c.coder == nil {
			return
		}
		for s := range sb.segments {
			seg := &sb.segments[s]
			pos, dst := p.pos[seg.start:seg.start+seg.rows], c.codes
			if p.n == sb.rows { // all rows are used
				pos, dst = nil, c.codes[seg.start:]
			}
			if err := c.coder.encode(&seg.columns[c.coder.column], seg.rows, pos, dst); err != nil {
				errs[t] = err
				return
			}
		}
	})
	for i, c := range p.cats {
		if errs[i] != nil {
			return errs[i]
		}
		if c.cross != nil { // after what it crosses, by construction
			l, r := p.cats[c.cross.left], p.cats[c.cross.right]
			c.cross.encode(l.codes[:p.n], r.codes[:p.n], c.codes, uint32(l.levels()), uint32(r.levels()))
		}
		if c.inZ && c.levels() > math.MaxUint16 {
			return &SizeError{Clusters: 1, Columns: c.levels(), Bytes: 8 * int64(c.levels()) * int64(c.levels()) / 2, Limit: DefaultMemory}
		}
	}
	return nil
}

// sort decides the order of the packed rows: by cluster, and in row order
// within. pos then gives each used row its place.
func (p *packer) sort() {
	p.runs = p.runs[:0]
	p.sortPos = nil
	if p.n == 0 {
		return
	}
	if p.cluster < 0 || p.keepOrder {
		p.runs = append(p.runs, run{lo: 0, hi: p.n})
		return
	}
	c := p.cats[p.cluster]
	codes := c.codes[:p.n]
	sorted := true
	for i := 1; i < len(codes); i++ {
		if codes[i] < codes[i-1] {
			sorted = false
			break
		}
	}
	if sorted {
		lo := 0
		for i := 1; i <= len(codes); i++ {
			if i == len(codes) || codes[i] != codes[lo] {
				p.runs = append(p.runs, run{cluster: codes[lo], lo: lo, hi: i})
				lo = i
			}
		}
		return
	}
	p.counts = grow(p.counts, c.levels()+1)
	counts := p.counts
	clear(counts)
	for _, g := range codes {
		counts[g]++
	}
	at := int32(0)
	for g, n := range counts {
		if n > 0 {
			p.runs = append(p.runs, run{cluster: uint32(g), lo: int(at), hi: int(at + n)})
		}
		counts[g] = at
		at += n
	}
	for i, q := range p.pos {
		if q >= 0 {
			g := codes[q]
			p.pos[i] = counts[g]
			counts[g]++
		}
	}
	p.sortPos = p.pos
}

// layout writes numbers, codes and weights of the used rows to their places.
func (p *packer) layout(sb *super, threads int) {
	tasks := make([]func(), 0, len(p.nums)+len(p.cats)+1)
	for i := range p.nums {
		if x := &p.nums[i]; x.parts == nil {
			tasks = append(tasks, func() { p.layoutNumber(sb, x) })
		}
	}
	for _, c := range p.cats {
		if p.packsSingle(c) {
			tasks = append(tasks, func() { p.layoutCategory(c) })
		}
	}
	if p.grouping != nil {
		for i := range p.grouping.groups {
			tasks = append(tasks, func() { p.layoutGroup(&p.grouping.groups[i]) })
		}
	}
	if p.weight >= 0 {
		tasks = append(tasks, func() {
			p.scatter(sb, p.weight, p.weights, 0)
		})
	}
	parallel(threads, len(tasks), func(_, t int) { tasks[t]() })
	tasks = tasks[:0]
	for i := range p.nums {
		if x := &p.nums[i]; x.parts != nil {
			tasks = append(tasks, func() { p.multiply(x) })
		}
	}
	parallel(threads, len(tasks), func(_, t int) { tasks[t]() })
	p.pilotDone = p.pilotDone || p.n > 0
}

func (p *packer) layoutNumber(sb *super, x *number) {
	if p.pilotDone || p.spec.Unshifted {
		p.scatter(sb, x.columns[0], x.values, x.shift)
		return
	}
	p.scatter(sb, x.columns[0], x.values, 0)
	if p.n == 0 {
		return
	}
	if x.shift = pilot(x.values, x.whole, x.binary); x.shift != 0 {
		for i := range x.values {
			x.values[i] -= x.shift
		}
	}
}

// multiply fills a product from its parts.
func (p *packer) multiply(x *number) {
	copy(x.values, p.nums[x.parts[0]].values)
	for _, part := range x.parts[1:] {
		for i, v := range p.nums[part].values {
			x.values[i] *= v
		}
	}
}

// packsSingle reports whether a category's codes are packed by themselves.
func (p *packer) packsSingle(c *category) bool { return c.inZ && (p.grouping == nil || p.single) }

// pilot returns the mean of the values: 0 for marks, whole for whole numbers,
// and otherwise cut to 26 bits, so that shifting numbers of few digits is exact.
func pilot(values []float64, whole, binary bool) float64 {
	if binary {
		return 0
	}
	n := float64(len(values))
	mean := 0.0
	for _, v := range values {
		mean += v / n
	}
	if whole {
		if math.Abs(mean) < 0.5 || math.Abs(mean) > 1<<52 {
			return 0
		}
		return math.Round(mean)
	}
	if math.IsInf(mean, 0) || math.IsNaN(mean) {
		return 0
	}
	frac, exp := math.Frexp(mean)
	return math.Ldexp(math.Round(frac*(1<<26)), exp-26)
}

// scatter writes a column's values minus shift to the places of the used rows.
func (p *packer) scatter(sb *super, column int, dst []float64, shift float64) {
	for s := range sb.segments {
		seg := &sb.segments[s]
		col := &seg.columns[column]
		pos := p.pos[seg.start : seg.start+seg.rows]
		switch col.Kind {
		case data.Float:
			values := col.Floats[:len(pos)]
			if p.n == sb.rows && p.sortPos == nil { // all rows, in order
				out := dst[seg.start:][:len(values)]
				for i, v := range values {
					out[i] = v - shift
				}
				continue
			}
			for i, q := range pos {
				if q >= 0 {
					dst[q] = values[i] - shift
				}
			}
		case data.Int:
			values := col.Ints[:len(pos)]
			for i, q := range pos {
				if q >= 0 {
					dst[q] = float64(values[i]) - shift
				}
			}
		default:
			values := col.Bools[:len(pos)]
			for i, q := range pos {
				if q >= 0 {
					v := 0.0
					if values[i] {
						v = 1
					}
					dst[q] = v - shift
				}
			}
		}
	}
}

func (p *packer) layoutCategory(c *category) {
	if p.sortPos == nil {
		for i, k := range c.codes[:p.n] {
			c.packed[i] = uint16(k)
		}
		return
	}
	at := 0
	for _, q := range p.sortPos {
		if q >= 0 {
			c.packed[q] = uint16(c.codes[at])
			at++
		}
	}
}

// grow returns a slice of length n, reusing s when it is large enough. Its
// contents are unspecified.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// width is the number of working arrays of the length of a super-block.
func (p *packer) width() int { return len(p.nums) + len(p.cats) }

// LevelMatcher returns a function that tells whether row i of the column, which
// must hold a value, is the given level: the texts are those of Condition and of
// Set.Levels.
func LevelMatcher(col *data.Column, level string) func(i int) bool {
	f := filter{levels: map[string]bool{level: true}, ints: map[int64]bool{}}
	if v, err := strconv.ParseInt(level, 10, 64); err == nil {
		f.ints[v] = true
	}
	f.extend(col)
	return func(i int) bool { return f.holds(col, i) }
}
