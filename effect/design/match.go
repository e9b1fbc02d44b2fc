package design

import "slices"

// matcher finds a matching of greatest weight in a complete graph by J. Edmonds's
// algorithm ("Paths, trees, and flowers", Canadian Journal of Mathematics 17,
// 1965) in the primal-dual form that takes n³ steps (Z. Galil, "Efficient
// algorithms for finding maximum matching in graphs", ACM Computing Surveys 18,
// 1986). All arithmetic is in whole numbers.
//
// Vertices are 1 to n and odd cycles that were shrunk to one (blossoms) those
// above; 0 is none. Alternating trees grow from unmatched vertices at once: even
// vertices reach others by tight edges, odd ones by their match.
type matcher struct {
	n, top   int      // vertices, and the largest number in use
	edges    [][]edge // between vertices and blossoms: the best edge underneath
	dual     []int64
	match    []int
	outer    []int // the blossom that is not in another one
	parent   []int
	slack    []int // for each outer vertex the even vertex with the least slack to it
	state    []treeState
	seen     []int
	mark     int
	cycle    [][]int // the vertices of a blossom, around
	inside   [][]int // by blossom and vertex: the member of the cycle that holds it
	frontier []int
}

// edge is an edge between two vertices, twice its weight in w.
type edge struct {
	u, v int
	w    int64
}

type treeState int8

const (
	free treeState = iota - 1
	even
	odd
)

// heaviest returns for each of n vertices, counted from 0, its match or -1, so
// that the sum of weights, all positive, is greatest.
func heaviest(n int, weight func(a, b int) int64) []int {
	size := n + n/2 + 2
	m := &matcher{
		n: n, top: n, edges: make([][]edge, size), dual: make([]int64, size), match: make([]int, size), outer: make([]int, size),
		parent: make([]int, size), slack: make([]int, size), state: make([]treeState, size), seen: make([]int, size),
		cycle: make([][]int, size), inside: make([][]int, size),
	}
	largest := int64(0)
	for u := range size {
		m.edges[u], m.inside[u] = make([]edge, size), make([]int, n+1)
		for v := range size {
			m.edges[u][v] = edge{u: u, v: v}
		}
	}
	for u := 1; u <= n; u++ {
		m.outer[u], m.inside[u][u] = u, u
		for v := 1; v <= n; v++ {
			if u != v {
				w := weight(u-1, v-1)
				m.edges[u][v].w = 2 * w
				largest = max(largest, w)
			}
		}
	}
	for u := 1; u <= n; u++ {
		m.dual[u] = largest
	}
	for m.phase() {
	}
	out := make([]int, n)
	for u := range out {
		out[u] = m.match[u+1] - 1
	}
	return out
}

// tightness is an edge's slack: 0 when the edge may be used.
func (m *matcher) tightness(e edge) int64 { return m.dual[e.u] + m.dual[e.v] - m.edges[e.u][e.v].w }

func (m *matcher) noteSlack(u, x int) {
	if m.slack[x] == 0 || m.tightness(m.edges[u][x]) < m.tightness(m.edges[m.slack[x]][x]) {
		m.slack[x] = u
	}
}

func (m *matcher) findSlack(x int) {
	m.slack[x] = 0
	for u := 1; u <= m.n; u++ {
		if m.edges[u][x].w > 0 && m.outer[u] != x && m.state[m.outer[u]] == even {
			m.noteSlack(u, x)
		}
	}
}

// reach puts the vertices of x on the frontier.
func (m *matcher) reach(x int) {
	if x <= m.n {
		m.frontier = append(m.frontier, x)
		return
	}
	for _, y := range m.cycle[x] {
		m.reach(y)
	}
}

func (m *matcher) setOuter(x, b int) {
	m.outer[x] = b
	if x > m.n {
		for _, y := range m.cycle[x] {
			m.setOuter(y, b)
		}
	}
}

// evenWay returns the place of x in the cycle of b, turning the cycle around when
// that is what makes the way there from its base even.
func (m *matcher) evenWay(b, x int) int {
	at := slices.Index(m.cycle[b], x)
	if at%2 == 0 {
		return at
	}
	slices.Reverse(m.cycle[b][1:])
	return len(m.cycle[b]) - at
}

func (m *matcher) setMatch(u, v int) {
	e := m.edges[u][v]
	m.match[u] = e.v
	if u <= m.n {
		return
	}
	base := m.inside[u][e.u]
	at := m.evenWay(u, base)
	for i := range at {
		m.setMatch(m.cycle[u][i], m.cycle[u][i^1])
	}
	m.setMatch(base, v)
	m.cycle[u] = append(slices.Clone(m.cycle[u][at:]), m.cycle[u][:at]...)
}

// augment turns the matching around along the tree from u, matched to v, to its
// root.
func (m *matcher) augment(u, v int) {
	for {
		next := m.outer[m.match[u]]
		m.setMatch(u, v)
		if next == 0 {
			return
		}
		m.setMatch(next, m.outer[m.parent[next]])
		u, v = m.outer[m.parent[next]], next
	}
}

// meeting is where the ways from u and v to their roots meet, 0 if they do not.
func (m *matcher) meeting(u, v int) int {
	m.mark++
	for u != 0 || v != 0 {
		if u != 0 {
			if m.seen[u] == m.mark {
				return u
			}
			m.seen[u] = m.mark
			if u = m.outer[m.match[u]]; u != 0 {
				u = m.outer[m.parent[u]]
			}
		}
		u, v = v, u
	}
	return 0
}

func (m *matcher) shrink(u, base, v int) {
	b := m.n + 1
	for b <= m.top && m.outer[b] != 0 {
		b++
	}
	m.top = max(m.top, b)
	m.dual[b], m.state[b], m.match[b] = 0, even, m.match[base]
	around := func(x int) {
		for x != base {
			y := m.outer[m.match[x]]
			m.cycle[b] = append(m.cycle[b], x, y)
			m.reach(y)
			x = m.outer[m.parent[y]]
		}
	}
	m.cycle[b] = []int{base}
	around(u)
	slices.Reverse(m.cycle[b][1:])
	around(v)
	m.setOuter(b, b)
	for x := 1; x <= m.top; x++ {
		m.edges[b][x].w, m.edges[x][b].w = 0, 0
	}
	clear(m.inside[b])
	for _, y := range m.cycle[b] {
		for x := 1; x <= m.top; x++ {
			if m.edges[b][x].w == 0 || m.tightness(m.edges[y][x]) < m.tightness(m.edges[b][x]) {
				m.edges[b][x], m.edges[x][b] = m.edges[y][x], m.edges[x][y]
			}
		}
		for x := 1; x <= m.n; x++ {
			if m.inside[y][x] != 0 {
				m.inside[b][x] = y
			}
		}
	}
	m.findSlack(b)
}

// expand opens an odd blossom whose dual variable has come to 0.
func (m *matcher) expand(b int) {
	for _, y := range m.cycle[b] {
		m.setOuter(y, y)
	}
	entry := m.inside[b][m.edges[b][m.parent[b]].u]
	at := m.evenWay(b, entry)
	for i := 0; i < at; i += 2 {
		x, y := m.cycle[b][i], m.cycle[b][i+1]
		m.parent[x] = m.edges[y][x].u
		m.state[x], m.state[y] = odd, even
		m.slack[x] = 0
		m.findSlack(y)
		m.reach(y)
	}
	m.state[entry], m.parent[entry] = odd, m.parent[b]
	for _, x := range m.cycle[b][at+1:] {
		m.state[x] = free
		m.findSlack(x)
	}
	m.outer[b] = 0
}

// follow uses a tight edge and reports whether the matching grew by it.
func (m *matcher) follow(e edge) bool {
	u, v := m.outer[e.u], m.outer[e.v]
	switch m.state[v] {
	case free:
		m.parent[v], m.state[v] = e.u, odd
		next := m.outer[m.match[v]]
		m.slack[v], m.slack[next] = 0, 0
		m.state[next] = even
		m.reach(next)
	case even:
		base := m.meeting(u, v)
		if base == 0 {
			m.augment(u, v)
			m.augment(v, u)
			return true
		}
		m.shrink(u, base, v)
	}
	return false
}

// phase grows the trees until the matching has one more edge; it reports false
// when none can be gained.
func (m *matcher) phase() bool {
	m.frontier = m.frontier[:0]
	for x := 1; x <= m.top; x++ {
		m.state[x], m.slack[x] = free, 0
	}
	for x := 1; x <= m.top; x++ {
		if m.outer[x] == x && m.match[x] == 0 {
			m.parent[x], m.state[x] = 0, even
			m.reach(x)
		}
	}
	if len(m.frontier) == 0 {
		return false
	}
	for {
		for len(m.frontier) > 0 {
			u := m.frontier[0]
			m.frontier = m.frontier[1:]
			if m.state[m.outer[u]] == odd {
				continue
			}
			for v := 1; v <= m.n; v++ {
				if m.edges[u][v].w == 0 || m.outer[u] == m.outer[v] {
					continue
				}
				if m.tightness(m.edges[u][v]) > 0 {
					m.noteSlack(u, m.outer[v])
				} else if m.follow(m.edges[u][v]) {
					return true
				}
			}
		}
		if !m.relax() {
			return false
		}
		for x := 1; x <= m.top; x++ {
			if m.outer[x] == x && m.slack[x] != 0 && m.outer[m.slack[x]] != x && m.tightness(m.edges[m.slack[x]][x]) == 0 {
				if m.follow(m.edges[m.slack[x]][x]) {
					return true
				}
			}
		}
		for b := m.n + 1; b <= m.top; b++ {
			if m.outer[b] == b && m.state[b] == odd && m.dual[b] == 0 {
				m.expand(b)
			}
		}
	}
}

// relax moves the dual variables as far as they stay feasible, which makes an edge
// tight or a blossom ready to be opened; it reports false when a free vertex had
// better stay alone.
func (m *matcher) relax() bool {
	step := int64(1) << 62
	for x := 1; x <= m.top; x++ {
		if m.outer[x] != x {
			continue
		}
		if x > m.n && m.state[x] == odd {
			step = min(step, m.dual[x]/2)
		}
		if m.slack[x] == 0 {
			continue
		}
		switch s := m.tightness(m.edges[m.slack[x]][x]); m.state[x] {
		case free:
			step = min(step, s)
		case even:
			step = min(step, s/2)
		}
	}
	for u := 1; u <= m.n; u++ {
		switch m.state[m.outer[u]] {
		case even:
			if m.dual[u] <= step {
				return false
			}
			m.dual[u] -= step
		case odd:
			m.dual[u] += step
		}
	}
	for b := m.n + 1; b <= m.top; b++ {
		if m.outer[b] != b {
			continue
		}
		switch m.state[b] {
		case even:
			m.dual[b] += 2 * step
		case odd:
			m.dual[b] -= 2 * step
		}
	}
	m.frontier = m.frontier[:0]
	return true
}
