// Package disclose decides which figures may leave the place the data are
// kept. Every export of an evaluation passes here; what is withheld is said,
// with the reason.
//
// # Rules
//
// Threshold: a count of people from 1 up to below the threshold is withheld,
// and so is every mean, share or estimate that rests on so few. Zero is
// shown: that nobody is in a cell is a property of the design more often than
// of a person. For a share both those with and those without count.
//
// Dominance, the (n, k) rule: a sum or mean is withheld when its n largest
// contributors hold more than the share k of the total, since they could then
// estimate each other.
//
// Complementary suppression: a withheld cell can often be had back by
// subtracting the others from a total. In a table whose row and column totals
// are shown, the withheld cells that can be computed exactly are those that
// lie on no cycle of withheld cells, seeing rows and columns as nodes and
// cells as edges (D. Gusfield, "A graph theoretic approach to statistical data
// security", SIAM J. Computing 17, 1988). [Rule.Table] withholds further
// cells, the smallest that serve, until every one lies on a cycle; totals are
// cells like others in this and may be withheld as well.
//
// These rules see one table at a time. Two releases about nearly the same
// people can be subtracted from each other; only keeping an account of
// releases helps against that, and no program sees what was sent by others.
package disclose

import (
	"container/heap"
	"fmt"
	"math"
	"slices"
)

// Rule is what is required of a figure.
type Rule struct {
	// Threshold is the smallest count that is shown; below 2 nothing is
	// withheld for being small.
	Threshold int
	// DominanceN and DominanceShare withhold a sum whose DominanceN largest
	// contributors hold more than DominanceShare of it; N 0 turns it off.
	DominanceN     int
	DominanceShare float64
}

// Reason says why a figure is withheld; it is empty for one that is shown.
type Reason string

const (
	Shown Reason = ""
	// Small: it rests on fewer than the threshold.
	Small Reason = "threshold"
	// Dominated: few contributors make up most of it.
	Dominated Reason = "dominance"
	// Complementary: it would let another withheld figure be computed.
	Complementary Reason = "complementary"
)

// Count judges a number of people.
func (r Rule) Count(n int64) Reason {
	if n > 0 && n < int64(r.Threshold) {
		return Small
	}
	return Shown
}

// Basis judges a figure that rests on n people: none is too few here.
func (r Rule) Basis(n int64) Reason {
	if n < int64(r.Threshold) {
		return Small
	}
	return Shown
}

// Share judges a share: of n people, hits have what is counted.
func (r Rule) Share(hits, n int64) Reason {
	if r.Basis(n) != Shown || r.Count(hits) != Shown || r.Count(n-hits) != Shown {
		return Small
	}
	return Shown
}

// Sum judges a sum or mean over n people, largest being the absolute
// contributions of its largest contributors and total those of all.
func (r Rule) Sum(n int64, largest []float64, total float64) Reason {
	if r.Basis(n) != Shown {
		return Small
	}
	if r.DominanceN == 0 || total == 0 {
		return Shown
	}
	sorted := slices.Clone(largest)
	slices.SortFunc(sorted, func(a, b float64) int { return -compare(a, b) })
	held := 0.0
	for _, v := range sorted[:min(r.DominanceN, len(sorted))] {
		held += v
	}
	if held > r.DominanceShare*total {
		return Dominated
	}
	return Shown
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Largest keeps the largest n absolute values it is shown, and their total.
type Largest struct {
	N      int
	Total  float64
	Values []float64 // descending, at most N
}

// Add shows a value.
func (l *Largest) Add(v float64) {
	v = math.Abs(v)
	l.Total += v
	if l.N == 0 || len(l.Values) == l.N && v <= l.Values[l.N-1] {
		return
	}
	at, _ := slices.BinarySearchFunc(l.Values, v, func(have, want float64) int { return -compare(have, want) })
	if len(l.Values) < l.N {
		l.Values = append(l.Values, 0)
	}
	copy(l.Values[at+1:], l.Values[at:])
	l.Values[at] = v
}

// Table judges a table of counts whose totals will be shown with it. The
// counts are rows by columns without totals. The reasons have one row and one
// column more: the totals.
func (r Rule) Table(counts [][]int64) ([][]Reason, error) {
	rows := len(counts)
	if rows == 0 || len(counts[0]) == 0 {
		return nil, fmt.Errorf("judge table: it has no cells")
	}
	columns := len(counts[0])
	full := make([][]int64, rows+1)
	reasons := make([][]Reason, rows+1)
	for i := range full {
		full[i] = make([]int64, columns+1)
		reasons[i] = make([]Reason, columns+1)
	}
	for i, row := range counts {
		if len(row) != columns {
			return nil, fmt.Errorf("judge table: row %d has %d cells, the first %d", i, len(row), columns)
		}
		for j, n := range row {
			if n < 0 {
				return nil, fmt.Errorf("judge table: the count %d is negative", n)
			}
			full[i][j] = n
			full[i][columns] += n
			full[rows][j] += n
			full[rows][columns] += n
		}
	}
	for i := range full {
		for j := range full[i] {
			reasons[i][j] = r.Count(full[i][j])
		}
	}
	t := &table{counts: full, reasons: reasons}
	for i := range full {
		for j := range full[i] {
			if reasons[i][j] == Small {
				t.protect(i, j)
			}
		}
	}
	return reasons, nil
}

// table is a table with totals. Every row and column, the totals' included,
// is an equation; in the graph of rows and columns a cell is an edge between
// two of them.
type table struct {
	counts  [][]int64
	reasons [][]Reason
}

// protect makes the withheld cell (i, j) part of a cycle of withheld cells by
// withholding, along the cheapest path from its row to its column, what is
// not withheld yet. Nothing can be done where the rest of the table is zeros;
// then the whole row and column are withheld.
func (t *table) protect(i, j int) {
	path, ok := t.cheapestPath(i, j)
	if !ok {
		for k := range t.counts[i] {
			t.withhold(i, k)
		}
		for k := range t.counts {
			t.withhold(k, j)
		}
		return
	}
	for _, cell := range path {
		t.withhold(cell[0], cell[1])
	}
}

func (t *table) withhold(i, j int) {
	if t.reasons[i][j] == Shown {
		t.reasons[i][j] = Complementary
	}
}

// cheapestPath finds the cells of least total count that join row i to column
// j without the cell (i, j) itself. Cells already withheld cost nothing.
// Zeros are not used: they are guessed too easily to protect anything.
func (t *table) cheapestPath(i, j int) ([][2]int, bool) {
	rows, columns := len(t.counts), len(t.counts[0])
	nodes := rows + columns // rows first
	cost := make([]float64, nodes)
	from := make([]int, nodes)
	for n := range cost {
		cost[n] = math.Inf(1)
		from[n] = -1
	}
	cost[i] = 0
	queue := &nodeQueue{{i, 0}}
	for queue.Len() > 0 {
		at := heap.Pop(queue).(node)
		if at.cost > cost[at.index] {
			continue
		}
		if at.index == rows+j {
			break
		}
		step := func(next, row, column int) {
			if row == i && column == j || t.counts[row][column] == 0 {
				return
			}
			// A cell already withheld is free but for a trifle that keeps
			// paths short.
			c := 1e-9
			if t.reasons[row][column] == Shown {
				c += float64(t.counts[row][column])
			}
			if total := at.cost + c; total < cost[next] {
				cost[next], from[next] = total, at.index
				heap.Push(queue, node{next, total})
			}
		}
		if at.index < rows {
			for column := range columns {
				step(rows+column, at.index, column)
			}
		} else {
			for row := range rows {
				step(row, row, at.index-rows)
			}
		}
	}
	if from[rows+j] < 0 {
		return nil, false
	}
	var path [][2]int
	for n := rows + j; n != i; n = from[n] {
		a, b := from[n], n
		if a > b {
			a, b = b, a
		}
		path = append(path, [2]int{a, b - rows})
	}
	return path, true
}

type node struct {
	index int
	cost  float64
}

type nodeQueue []node

func (q nodeQueue) Len() int { return len(q) }
func (q nodeQueue) Less(a, b int) bool {
	return q[a].cost < q[b].cost || q[a].cost == q[b].cost && q[a].index < q[b].index
}
func (q nodeQueue) Swap(a, b int) { q[a], q[b] = q[b], q[a] }
func (q *nodeQueue) Push(x any)   { *q = append(*q, x.(node)) }
func (q *nodeQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
