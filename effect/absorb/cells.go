package absorb

import (
	"cmp"
	"slices"

	"funn/effect/moment"
)

// cells counts the rows, or their weight, in the combinations of levels of the
// effects. For two effects of which one has few levels it is a table; else it
// is the list of the rows' codes.
type cells struct {
	effects  int
	weighted bool

	// The table has a row for each level of effect big and a column for each of
	// the other: counts without weights, sums of weights with them.
	counts []uint32
	table  []float64
	big    int
	stride int
	rows   int

	listed  bool
	codes   [][]uint32
	weights []float64
}

const (
	tableColumns = 512
	tableCells   = 1 << 23
)

// start prepares for about hint rows; -1 when their number is not known.
func (c *cells) start(effects int, weighted bool, hint int64) {
	c.effects, c.weighted = effects, weighted
	c.codes = make([][]uint32, effects)
	c.listed = effects != 2
	if c.listed && effects > 1 && hint > 0 && hint < 1<<31 {
		for d := range c.codes {
			c.codes[d] = make([]uint32, 0, hint)
		}
	}
}

// add takes in a block of codes. It is called by one goroutine at a time.
func (c *cells) add(codes [][]uint32, levels []int, w []float64) {
	if c.effects < 2 {
		return
	}
	if !c.listed {
		if c.rows == 0 && levels[1] > levels[0] {
			c.big = 1
		}
		if !c.reserve(levels) {
			c.list()
		}
	}
	if c.listed {
		for d := range codes {
			c.codes[d] = append(c.codes[d], codes[d]...)
		}
		switch {
		case w != nil:
			c.weights = append(c.weights, w...)
		case c.weighted: // the list began as a table
			for range codes[0] {
				c.weights = append(c.weights, 1)
			}
		}
		return
	}
	small := codes[1-c.big]
	if w == nil {
		for i, a := range codes[c.big] {
			c.counts[int(a)*c.stride+int(small[i])]++
		}
		return
	}
	for i, a := range codes[c.big] {
		c.table[int(a)*c.stride+int(small[i])] += w[i]
	}
}

// reserve makes the table cover the levels so far; it reports false when it would
// become too large.
func (c *cells) reserve(levels []int) bool {
	rows, columns := max(c.rows, levels[c.big]), max(c.stride, levels[1-c.big])
	if columns > tableColumns || rows*columns > tableCells {
		return false
	}
	if columns > c.stride && c.rows > 0 { // columns keep coming: leave room
		columns = min(tableColumns, columns+columns/4)
	}
	if c.weighted {
		c.table = reshape(c.table, c.rows, c.stride, rows, columns)
	} else {
		c.counts = reshape(c.counts, c.rows, c.stride, rows, columns)
	}
	c.rows, c.stride = rows, columns
	return true
}

// reshape gives a table more rows or columns.
func reshape[T any](table []T, rows, columns, newRows, newColumns int) []T {
	if columns == newColumns {
		return extend(table, newRows*columns)
	}
	out := make([]T, newRows*newColumns)
	for r := range rows {
		copy(out[r*newColumns:], table[r*columns:(r+1)*columns])
	}
	return out
}

// eachCell calls fn for the cells of the table that are not 0.
func (c *cells) eachCell(fn func(row, column int, v float64)) {
	for i, v := range c.table {
		if v != 0 {
			fn(i/c.stride, i%c.stride, v)
		}
	}
	for i, n := range c.counts {
		if n != 0 {
			fn(i/c.stride, i%c.stride, float64(n))
		}
	}
}

// list turns the table into a list with one entry a cell.
func (c *cells) list() {
	c.listed = true
	c.eachCell(func(r, k int, v float64) {
		c.codes[c.big] = append(c.codes[c.big], uint32(r))
		c.codes[1-c.big] = append(c.codes[1-c.big], uint32(k))
		c.weights = append(c.weights, v)
	})
	c.weighted = true
	c.table, c.counts = nil, nil
}

func (c *cells) check(limit int64) error {
	if limit == 0 {
		limit = moment.DefaultMemory
	}
	if c.effects < 2 {
		return nil
	}
	bytes := int64(len(c.codes[0]))*4*int64(c.effects) + 8*int64(len(c.weights))
	if bytes > limit {
		return &moment.SizeError{Clusters: len(c.codes[0]), Columns: c.effects, Bytes: bytes, Limit: limit}
	}
	return nil
}

// sparse is a matrix by compressed rows.
type sparse struct {
	start   []int
	column  []uint32
	value   []float64
	columns int
}

func (m *sparse) rows() int { return len(m.start) - 1 }

// row returns the columns and values of row r.
func (m *sparse) row(r int) ([]uint32, []float64) {
	lo, hi := m.start[r], m.start[r+1]
	return m.column[lo:hi], m.value[lo:hi]
}

// pairs returns the matrix of counts, or weights, of the combinations of levels
// of effects a and b, whose numbers of levels are na and nb.
func (c *cells) pairs(a, b, na, nb int) *sparse {
	if !c.listed {
		n := 0
		c.eachCell(func(int, int, float64) { n++ })
		t := &sparse{start: make([]int, c.rows+1), column: make([]uint32, 0, n), value: make([]float64, 0, n), columns: c.stride}
		c.eachCell(func(r, k int, v float64) {
			t.column, t.value = append(t.column, uint32(k)), append(t.value, v)
			t.start[r+1] = len(t.column)
		})
		if a == c.big {
			t.columns = nb
			return t
		}
		t.columns = na
		return t.transpose()
	}
	m := &sparse{start: make([]int, na+1), columns: nb}
	order := make([]uint32, len(c.codes[a]))
	at := make([]int, na+1)
	for _, l := range c.codes[a] {
		at[l+1]++
	}
	for l := range na {
		at[l+1] += at[l]
	}
	next := slices.Clone(at)
	for i, l := range c.codes[a] {
		order[next[l]] = uint32(i)
		next[l]++
	}
	seen := make([]int, nb) // place of the column in the current row, plus one
	for l := range na {
		first := len(m.column)
		for _, i := range order[at[l]:at[l+1]] {
			k := c.codes[b][i]
			w := 1.0
			if c.weighted {
				w = c.weights[i]
			}
			if p := seen[k]; p > first {
				m.value[p-1] += w
				continue
			}
			m.column, m.value = append(m.column, k), append(m.value, w)
			seen[k] = len(m.column)
		}
		m.start[l+1] = len(m.column)
	}
	return m
}

func (m *sparse) transpose() *sparse {
	t := &sparse{start: make([]int, m.columns+1), column: make([]uint32, len(m.column)), value: make([]float64, len(m.value)), columns: m.rows()}
	for _, k := range m.column {
		t.start[k+1]++
	}
	for k := range m.columns {
		t.start[k+1] += t.start[k]
	}
	next := slices.Clone(t.start)
	for r := range m.rows() {
		cols, values := m.row(r)
		for i, k := range cols {
			t.column[next[k]], t.value[next[k]] = uint32(r), values[i]
			next[k]++
		}
	}
	return t
}

// sortRows puts the columns of each row in order.
func (m *sparse) sortRows() {
	type entry struct {
		k uint32
		v float64
	}
	var row []entry
	for r := range m.rows() {
		cols, values := m.row(r)
		if slices.IsSorted(cols) {
			continue
		}
		row = row[:0]
		for i := range cols {
			row = append(row, entry{cols[i], values[i]})
		}
		slices.SortFunc(row, func(x, y entry) int { return cmp.Compare(x.k, y.k) })
		for i, e := range row {
			cols[i], values[i] = e.k, e.v
		}
	}
}

// components returns the number of connected groups of the bipartite graph of
// the matrix's non-zero elements.
func (m *sparse) components() int {
	parent := make([]uint32, m.rows()+m.columns)
	for i := range parent {
		parent[i] = uint32(i)
	}
	find := func(x uint32) uint32 {
		for parent[x] != x {
			parent[x] = parent[parent[x]]
			x = parent[x]
		}
		return x
	}
	n := len(parent)
	for r := range m.rows() {
		cols, _ := m.row(r)
		for _, k := range cols {
			x, y := find(uint32(r)), find(uint32(m.rows())+k)
			if x != y {
				parent[y] = x
				n--
			}
		}
	}
	return n
}
