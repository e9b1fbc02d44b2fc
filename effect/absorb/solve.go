package absorb

import (
	"math"

	"funn/effect/internal/dd"
	"funn/effect/internal/dense"
)

// denseLevels is the largest Schur complement that is factored.
const denseLevels = 512

// system holds the counts of the effects with the largest one eliminated.
type system struct {
	big    int     // the eliminated effect
	rest   []int   // the others
	offset []int   // of each of rest in the Schur complement
	m      int     // its size
	n      *sparse // big x m
	weight []float64
	diag   []float64 // of D2'D2
	off    []*sparse // D2'D2 off the diagonal: blocks of pairs of rest
	pairs  [][2]int  // which pairs they are, as indexes into rest
	schur  *sparse   // explicit Schur complement, or nil
	chol   *dense.Cholesky
	jacobi []float64 // inverse diagonal of the Schur complement

	groups int // connected groups of the two largest effects
}

func (s *Sums) solveSystem() *system {
	if s.system != nil {
		return s.system
	}
	y := &system{}
	for d := range s.effects {
		if s.effects[d].levels() > s.effects[y.big].levels() {
			y.big = d
		}
	}
	y.weight = s.effects[y.big].weight
	nBig := len(y.weight)
	var blocks []*sparse
	second := -1
	for d := range s.effects {
		if d == y.big {
			continue
		}
		y.rest, y.offset = append(y.rest, d), append(y.offset, y.m)
		y.m += s.effects[d].levels()
		y.diag = append(y.diag, s.effects[d].weight...)
		blocks = append(blocks, s.cells.pairs(y.big, d, nBig, s.effects[d].levels()))
		if second < 0 || s.effects[d].levels() > s.effects[y.rest[second]].levels() {
			second = len(y.rest) - 1
		}
	}
	s.system = y
	if len(y.rest) == 0 {
		return y
	}
	y.groups = blocks[second].components()
	y.n = beside(blocks, y.offset, y.m)
	y.n.sortRows()
	for i := range y.rest {
		for j := i + 1; j < len(y.rest); j++ {
			a, b := y.rest[i], y.rest[j]
			p := s.cells.pairs(a, b, s.effects[a].levels(), s.effects[b].levels())
			p.sortRows()
			y.off, y.pairs = append(y.off, p), append(y.pairs, [2]int{i, j})
		}
	}
	s.cells = cells{} // no longer needed
	y.prepare()
	return y
}

// beside joins matrices of equal rows.
func beside(blocks []*sparse, offset []int, columns int) *sparse {
	if len(blocks) == 1 {
		return blocks[0]
	}
	out := &sparse{start: make([]int, len(blocks[0].start)), columns: columns}
	for r := range blocks[0].rows() {
		for b, m := range blocks {
			cols, values := m.row(r)
			for i, k := range cols {
				out.column = append(out.column, k+uint32(offset[b]))
				out.value = append(out.value, values[i])
			}
		}
		out.start[r+1] = len(out.column)
	}
	return out
}

// prepare forms, factors or scales the Schur complement.
func (y *system) prepare() {
	if y.m <= denseLevels {
		y.factor()
		return
	}
	free := 2*len(y.n.column) + y.m
	for _, o := range y.off {
		free += 2 * len(o.column)
	}
	nt := y.n.transpose()
	// One product with S formed costs its elements, without it those of its
	// factors; forming it pays where levels meet the same few others again and
	// again, which is also where many products are needed.
	if y.elements(nt) <= free {
		y.schur = y.form(nt)
	}
	y.jacobi = make([]float64, y.m)
	copy(y.jacobi, y.diag)
	for r := range y.n.rows() {
		cols, values := y.n.row(r)
		for i, k := range cols {
			y.jacobi[k] -= values[i] * values[i] / y.weight[r]
		}
	}
	for k, v := range y.jacobi {
		if v > 1e-12*y.diag[k] {
			y.jacobi[k] = 1 / v
		} else {
			y.jacobi[k] = 0 // the level is met by one level of the largest effect only
		}
	}
}

// elements estimates the number of non-zero elements of the Schur complement
// from some of its columns.
func (y *system) elements(nt *sparse) int {
	const sample = 64
	seen := make([]int, y.m)
	count := 0
	step := max(1, y.m/sample)
	columns := 0
	for k := 0; k < y.m; k += step {
		columns++
		big, _ := nt.row(k)
		for _, u := range big {
			cols, _ := y.n.row(int(u))
			for _, l := range cols {
				if seen[l] != k+1 {
					seen[l] = k + 1
					count++
				}
			}
		}
	}
	return count / columns * y.m
}

// factor forms the dense Schur complement and factors it. Levels that the others
// determine, one in each connected group, get the effect 0.
func (y *system) factor() {
	a := make([]dd.D, y.m*y.m)
	y.dense(func(i, j int, v float64) { a[i*y.m+j] = a[i*y.m+j].AddFloat(v) })
	y.chol = dense.Factor(a, y.m, y.diag, 1e-11)
}

// dense adds up the Schur complement element by element.
func (y *system) dense(add func(i, j int, v float64)) {
	for i, d := range y.diag {
		add(i, i, d)
	}
	for b, o := range y.off {
		p, q := y.offset[y.pairs[b][0]], y.offset[y.pairs[b][1]]
		for r := range o.rows() {
			cols, values := o.row(r)
			for i, k := range cols {
				add(p+r, q+int(k), values[i])
				add(q+int(k), p+r, values[i])
			}
		}
	}
	// The largest part: sums over the eliminated levels, in plain arithmetic.
	sums := make([]float64, y.m*y.m)
	for r := range y.n.rows() {
		cols, values := y.n.row(r)
		f := 1 / y.weight[r]
		for i, k := range cols {
			v := values[i] * f
			row := sums[int(k)*y.m : (int(k)+1)*y.m]
			for j, l := range cols[:i+1] {
				row[l] += v * values[j]
			}
		}
	}
	for i := range y.m {
		for j := range i + 1 { // rows are sorted: l <= k
			add(i, j, -sums[i*y.m+j])
			if i != j {
				add(j, i, -sums[i*y.m+j])
			}
		}
	}
}

// form builds the sparse Schur complement row by row (Gustavson's algorithm).
func (y *system) form(nt *sparse) *sparse {
	off := make([]*sparse, 0, 2*len(y.off))
	at := make([][2]int, 0, 2*len(y.off)) // offsets of rows and columns
	for b, o := range y.off {
		p, q := y.offset[y.pairs[b][0]], y.offset[y.pairs[b][1]]
		off, at = append(off, o, o.transpose()), append(at, [2]int{p, q}, [2]int{q, p})
	}
	out := &sparse{start: make([]int, y.m+1), columns: y.m}
	place := make([]int, y.m)
	for k := range y.m {
		first := len(out.column)
		put := func(l int, v float64) {
			if p := place[l]; p > first {
				out.value[p-1] += v
				return
			}
			out.column, out.value = append(out.column, uint32(l)), append(out.value, v)
			place[l] = len(out.column)
		}
		put(k, y.diag[k])
		for b, o := range off {
			r := k - at[b][0]
			if r < 0 || r >= o.rows() {
				continue
			}
			cols, values := o.row(r)
			for i, l := range cols {
				put(at[b][1]+int(l), values[i])
			}
		}
		big, values := nt.row(k)
		for i, u := range big {
			f := -values[i] / y.weight[u]
			cols, vs := y.n.row(int(u))
			for j, l := range cols {
				put(int(l), f*vs[j])
			}
		}
		out.start[k+1] = len(out.column)
	}
	return out
}

// apply sets z = S x.
func (y *system) apply(z, x []float64) {
	if y.schur != nil {
		m := y.schur
		for k := range z {
			lo, hi := m.start[k], m.start[k+1]
			values := m.value[lo:hi]
			s := 0.0
			for i, l := range m.column[lo:hi] {
				s += values[i] * x[l]
			}
			z[k] = s
		}
		return
	}
	for k, d := range y.diag {
		z[k] = d * x[k]
	}
	for b, o := range y.off {
		p, q := y.offset[y.pairs[b][0]], y.offset[y.pairs[b][1]]
		for r := range o.rows() {
			cols, values := o.row(r)
			s, xr := 0.0, x[p+r]
			for i, k := range cols {
				s += values[i] * x[q+int(k)]
				z[q+int(k)] += values[i] * xr
			}
			z[p+r] += s
		}
	}
	for u, w := range y.weight {
		cols, values := y.n.row(u)
		values = values[:len(cols)]
		s := 0.0
		for i, k := range cols {
			s += values[i] * x[k]
		}
		s /= w
		for i, k := range cols {
			z[k] -= values[i] * s
		}
	}
}

// solution holds one number for each level of each effect.
type solution struct {
	effects    [][]float64 // by effect
	residual   float64
	iterations int
}

// solve finds the effects for the sums b, by effect and level.
func (y *system) solve(b [][]float64) solution {
	bBig := b[y.big]
	rest := make([]float64, 0, y.m)
	for _, d := range y.rest {
		rest = append(rest, b[d]...)
	}
	out := solution{effects: make([][]float64, len(b))}
	var x []float64
	if y.m > 0 {
		// r = b2 - N' (b1 / n1)
		for u, v := range bBig {
			if v == 0 {
				continue
			}
			cols, values := y.n.row(u)
			f := v / y.weight[u]
			for i, k := range cols {
				rest[k] -= values[i] * f
			}
		}
		if y.chol != nil {
			x, out.residual = y.direct(rest)
		} else {
			x, out.residual, out.iterations = y.iterate(rest)
		}
	}
	a := make([]float64, len(bBig))
	for u, v := range bBig {
		if y.m > 0 {
			cols, values := y.n.row(u)
			for i, k := range cols {
				v -= values[i] * x[k]
			}
		}
		a[u] = v / y.weight[u]
	}
	out.effects[y.big] = a
	for i, d := range y.rest {
		out.effects[d] = x[y.offset[i] : y.offset[i]+len(b[d])]
	}
	return out
}

// norm is the length of a residual with levels scaled by their sizes.
func (y *system) norm(r []float64) float64 {
	s := 0.0
	for k, v := range r {
		s += v * v / y.diag[k]
	}
	return math.Sqrt(s)
}

// direct solves by the factor and refines once.
func (y *system) direct(r []float64) (x []float64, residual float64) {
	x = make([]float64, y.m)
	z := make([]float64, y.m)
	left := append([]float64(nil), r...)
	step := make([]dd.D, y.chol.Size())
	for range 2 {
		for i, k := range y.chol.Kept {
			step[i] = dd.F(left[k])
		}
		y.chol.Solve(step)
		for i, k := range y.chol.Kept {
			x[k] += step[i].Float()
		}
		y.apply(z, x)
		for k := range left {
			left[k] = r[k] - z[k]
		}
	}
	if n := y.norm(r); n > 0 {
		residual = y.norm(left) / n
	}
	return x, residual
}

const (
	tolerance     = 1e-13
	maxIterations = 20_000
)

// iterate solves by preconditioned conjugate gradients. S is singular, one
// direction a connected group, but the system is consistent, for which the
// method finds a solution. When the residual that is carried along has come
// down, the residual is computed afresh, and the iteration resumed from there if
// it has not.
func (y *system) iterate(r []float64) (x []float64, residual float64, iterations int) {
	m := y.m
	x = make([]float64, m)
	best := make([]float64, m)
	start := y.norm(r)
	if start == 0 {
		return x, 0, 0
	}
	left, z, p, sp := make([]float64, m), make([]float64, m), make([]float64, m), make([]float64, m)
	residual = math.Inf(1)
	for iterations < maxIterations {
		y.apply(sp, x)
		for k := range left {
			left[k] = r[k] - sp[k]
		}
		now := y.norm(left) / start
		if now < residual {
			copy(best, x)
		}
		if now <= tolerance || now > 0.5*residual {
			return best, min(now, residual), iterations // reached, or no longer falling
		}
		residual = now
		rho := 0.0
		for k := range z {
			z[k] = y.jacobi[k] * left[k]
			p[k] = z[k]
			rho += left[k] * z[k]
		}
		for iterations < maxIterations && rho > 0 {
			iterations++
			y.apply(sp, p)
			curve := 0.0
			for k, v := range p {
				curve += v * sp[k]
			}
			if !(curve > 0) {
				break
			}
			alpha := rho / curve
			next, size := 0.0, 0.0
			for k := range x {
				x[k] += alpha * p[k]
				left[k] -= alpha * sp[k]
				z[k] = y.jacobi[k] * left[k]
				next += left[k] * z[k]
				size += left[k] * left[k] / y.diag[k]
			}
			if math.Sqrt(size) <= 0.5*tolerance*start {
				break
			}
			beta := next / rho
			rho = next
			for k := range p {
				p[k] = z[k] + beta*p[k]
			}
		}
	}
	y.apply(sp, x)
	for k := range left {
		left[k] = r[k] - sp[k]
	}
	if now := y.norm(left) / start; now < residual {
		return x, now, iterations
	}
	return best, residual, iterations
}
