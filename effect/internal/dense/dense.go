// Package dense is the small dense linear algebra behind the estimators:
// Cholesky factors of cross-product matrices in double-double arithmetic, with a
// rule for columns that depend on earlier ones, and eigenvalues of symmetric
// matrices.
package dense

import (
	"math"

	"funn/effect/internal/dd"
)

// Cholesky is the factor L of A = L L' restricted to the kept columns of a
// positive semi-definite matrix.
type Cholesky struct {
	// Kept lists the columns of A that are kept, in their order.
	Kept []int
	// Dropped lists the others.
	Dropped []Dropped
	// Pivot holds for each kept column the share of its scale that the kept
	// columns before it leave unexplained.
	Pivot []float64

	n int    // kept
	l []dd.D // lower triangle by rows: row i has i+1 elements
}

// Dropped is a column that depends on those kept before it.
type Dropped struct {
	Column int
	// Pivot is the share of its scale that they leave unexplained.
	Pivot float64
	// Coef expresses the column in the columns kept before it, in the order of
	// Kept.
	Coef []float64
}

// Factor factors the n x n matrix a, given by rows, column after column. Column
// j is dropped when what the kept columns before it leave of its diagonal is at
// most tolerance times scale[j], or is rounding error. Only the lower triangle
// of a is read. Order is kept, never exchanged, so which column of a dependent
// set falls out is known beforehand: the last.
func Factor(a []dd.D, n int, scale []float64, tolerance float64) *Cholesky {
	c := &Cholesky{}
	row := make([]dd.D, 0, n)
	for j := range n {
		row = row[:0]
		rest := a[j*n+j]
		for i, col := range c.Kept {
			x := a[j*n+col]
			li := c.row(i)
			for k := range i {
				x = x.Sub(row[k].Mul(li[k]))
			}
			x = x.Div(li[i])
			row = append(row, x)
			rest = rest.Sub(x.Mul(x))
		}
		noise := 16 * dd.Eps * float64(n) * math.Abs(a[j*n+j].Float())
		pivot := 0.0
		if scale[j] > 0 {
			pivot = rest.Float() / scale[j]
		}
		if !(pivot > tolerance) || !(rest.Float() > noise) {
			c.Dropped = append(c.Dropped, Dropped{Column: j, Pivot: max(pivot, 0), Coef: c.backward(row)})
			continue
		}
		c.Kept = append(c.Kept, j)
		c.Pivot = append(c.Pivot, pivot)
		c.l = append(append(c.l, row...), rest.Sqrt())
		c.n++
	}
	return c
}

// Size returns the number of kept columns.
func (c *Cholesky) Size() int { return c.n }

func (c *Cholesky) row(i int) []dd.D { return c.l[i*(i+1)/2 : (i+1)*(i+2)/2] }

// backward solves L' x = y for the factor so far.
func (c *Cholesky) backward(y []dd.D) []float64 {
	x := make([]dd.D, c.n)
	copy(x, y)
	c.solveTransposed(x)
	out := make([]float64, c.n)
	for i := range x {
		out[i] = x[i].Float()
	}
	return out
}

// solveTransposed solves L' x = y in place.
func (c *Cholesky) solveTransposed(x []dd.D) {
	for i := c.n - 1; i >= 0; i-- {
		li := c.row(i)
		x[i] = x[i].Div(li[i])
		for k := range i {
			x[k] = x[k].Sub(li[k].Mul(x[i]))
		}
	}
}

// SolveLower solves L x = y in place.
func (c *Cholesky) SolveLower(x []dd.D) {
	for i := range c.n {
		li := c.row(i)
		for k := range i {
			x[i] = x[i].Sub(li[k].Mul(x[k]))
		}
		x[i] = x[i].Div(li[i])
	}
}

// Solve solves A x = y in place, for the kept columns.
func (c *Cholesky) Solve(x []dd.D) {
	c.SolveLower(x)
	c.solveTransposed(x)
}

// InverseFactor returns the columns of the inverse of L', by rows: element (i, j)
// of T = L'^-1 at i*n+j, upper triangular. A^-1 = T T', and the columns of X T
// are orthonormal when A = X'X.
func (c *Cholesky) InverseFactor() []dd.D {
	n := c.n
	t := make([]dd.D, n*n)
	for j := range n {
		// Row j of L^-1 is column j of T: solve L' t = e_j restricted to 0..j.
		t[j*n+j] = dd.F(1).Div(c.row(j)[j])
		for i := j - 1; i >= 0; i-- {
			var s dd.D
			for k := i + 1; k <= j; k++ {
				s = s.Add(c.row(k)[i].Mul(t[k*n+j]))
			}
			t[i*n+j] = s.Neg().Div(c.row(i)[i])
		}
	}
	return t
}

// Inverse returns the inverse of A for the kept columns, by rows.
func (c *Cholesky) Inverse() []dd.D {
	n := c.n
	t := c.InverseFactor()
	m := make([]dd.D, n*n)
	for i := range n {
		for j := i; j < n; j++ {
			var s dd.D
			for k := j; k < n; k++ {
				s = s.Add(t[i*n+k].Mul(t[j*n+k]))
			}
			m[i*n+j], m[j*n+i] = s, s
		}
	}
	return m
}

// InverseFloat returns the inverse of a positive definite matrix with unit
// diagonal, by rows, in ordinary arithmetic; it reports false when a pivot falls
// below 1e-8, where too few digits would be right.
func InverseFloat(a []float64, n int) ([]float64, bool) {
	l := make([]float64, n*n) // rows of L
	for i := range n {
		for j := range i + 1 {
			s := a[i*n+j] - dot(l[i*n:i*n+j], l[j*n:])
			if j < i {
				l[i*n+j] = s / l[j*n+j]
				continue
			}
			if !(s > 1e-8) {
				return nil, false
			}
			l[i*n+i] = math.Sqrt(s)
		}
	}
	// Rows of L^-1: row i is (e_i - sum l_ij row j) / l_ii.
	t := make([]float64, n*n)
	for i := range n {
		row := t[i*n : i*n+i+1]
		for j := range i {
			axpy(row, -l[i*n+j], t[j*n:j*n+j+1])
		}
		row[i] = 1
		for j := range row {
			row[j] /= l[i*n+i]
		}
	}
	m := make([]float64, n*n)
	for k := range n {
		row := t[k*n : k*n+k+1]
		for i, v := range row {
			axpy(m[i*n:], v, row)
		}
	}
	return m, true
}

// Eigen holds space for the eigenvalues and eigenvectors of symmetric matrices
// of one size, so that many can be found without allocation.
type Eigen struct {
	n int
	// Values are the eigenvalues, ascending. Vectors holds eigenvector j in
	// row j: element i at j*n+i.
	Values    []float64
	Vectors   []float64
	off, work []float64
}

// NewEigen returns space for n x n matrices.
func NewEigen(n int) *Eigen {
	return &Eigen{n: n, Values: make([]float64, n), Vectors: make([]float64, n*n), off: make([]float64, n), work: make([]float64, n)}
}

// Decompose finds the eigenvalues and eigenvectors of the symmetric matrix a,
// given by rows, of which only the lower triangle is read. It reduces to
// tridiagonal form by Householder reflections and iterates with implicit QL
// shifts (B. N. Parlett, The Symmetric Eigenvalue Problem, 1998, chapters 7 and
// 8). It reports false when the iteration does not settle, which happens for
// matrices with infinite or NaN elements only.
func (e *Eigen) Decompose(a []float64) bool {
	copy(e.Vectors, a[:e.n*e.n])
	e.tridiagonal()
	for i := range e.n {
		for j := range i {
			e.Vectors[i*e.n+j], e.Vectors[j*e.n+i] = e.Vectors[j*e.n+i], e.Vectors[i*e.n+j]
		}
	}
	return e.iterate()
}

// axpy adds a x to the leading elements of y.
func axpy(y []float64, a float64, x []float64) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += a * v
	}
}

// dot returns the product of x with the leading elements of y.
func dot(x, y []float64) float64 {
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

// hypot is math.Hypot for numbers whose squares do not overflow.
func hypot(a, b float64) float64 {
	if s := a*a + b*b; s > 1e-280 {
		return math.Sqrt(s)
	}
	return math.Hypot(a, b)
}

// tridiagonal leaves the diagonal in Values, the subdiagonal in off[1:], and the
// product of the reflections in Vectors.
func (e *Eigen) tridiagonal() {
	n, z, d, off := e.n, e.Vectors, e.Values, e.off
	for i := n - 1; i > 0; i-- {
		zi := z[i*n : i*n+i]
		h := 0.0
		if i == 1 {
			off[i] = zi[0]
			d[i] = 0
			continue
		}
		scale := 0.0
		for _, v := range zi {
			scale += math.Abs(v)
		}
		if scale == 0 {
			off[i] = zi[i-1]
			d[i] = 0
			continue
		}
		for k := range zi {
			zi[k] /= scale
			h += zi[k] * zi[k]
		}
		f := zi[i-1]
		g := -math.Copysign(math.Sqrt(h), f)
		off[i] = scale * g
		h -= f * g
		zi[i-1] = f - g
		// off = A u for the leading part of A, of which the lower triangle is kept.
		clear(off[:i])
		for j := range i {
			row := z[j*n : j*n+j]
			u := zi[j]
			off[j] += dot(row, zi) + z[j*n+j]*u
			axpy(off, u, row)
		}
		f = 0
		for j := range i {
			z[j*n+i] = zi[j] / h
			off[j] /= h
			f += off[j] * zi[j]
		}
		hh := f / (h + h)
		for j := range i {
			f := zi[j]
			g := off[j] - hh*f
			off[j] = g
			zj := z[j*n : j*n+j+1]
			for k := range zj {
				zj[k] -= f*off[k] + g*zi[k]
			}
		}
		d[i] = h
	}
	d[0], off[0] = 0, 0
	for i := range n {
		if d[i] != 0 {
			g := e.work[:i]
			clear(g)
			for k := range i {
				axpy(g, z[i*n+k], z[k*n:k*n+i])
			}
			for k := range i {
				axpy(z[k*n:k*n+i], -z[k*n+i], g)
			}
		}
		d[i] = z[i*n+i]
		z[i*n+i] = 1
		for j := range i {
			z[j*n+i], z[i*n+j] = 0, 0
		}
	}
}

// iterate turns the tridiagonal form into eigenvalues and sorts them. Vectors
// holds the product of the reflections transposed.
func (e *Eigen) iterate() bool {
	n, z, d, off := e.n, e.Vectors, e.Values, e.off
	copy(off, off[1:])
	off[n-1] = 0
	for l := range n {
		for iter := 0; ; iter++ {
			m := l
			for ; m < n-1; m++ {
				s := math.Abs(d[m]) + math.Abs(d[m+1])
				if math.Abs(off[m]) <= 1.2e-16*s || off[m] == 0 {
					break
				}
			}
			if m == l {
				break
			}
			if iter == 60 {
				return false
			}
			g := (d[l+1] - d[l]) / (2 * off[l])
			r := hypot(g, 1)
			g = d[m] - d[l] + off[l]/(g+math.Copysign(r, g))
			s, c, p := 1.0, 1.0, 0.0
			i := m - 1
			for ; i >= l; i-- {
				f, b := s*off[i], c*off[i]
				r = hypot(f, g)
				off[i+1] = r
				if r == 0 {
					d[i+1] -= p
					off[m] = 0
					break
				}
				s, c = f/r, g/r
				g = d[i+1] - p
				r = (d[i]-g)*s + 2*c*b
				p = s * r
				d[i+1] = g + p
				g = c*r - b
				low, high := z[i*n:(i+1)*n], z[(i+1)*n:(i+2)*n]
				high = high[:len(low)]
				for k, v := range low {
					f := high[k]
					high[k] = s*v + c*f
					low[k] = c*v - s*f
				}
			}
			if r == 0 && i >= l {
				continue
			}
			d[l] -= p
			off[l] = g
			off[m] = 0
		}
	}
	for i := range n {
		least := i
		for j := i + 1; j < n; j++ {
			if d[j] < d[least] {
				least = j
			}
		}
		if least == i {
			continue
		}
		d[i], d[least] = d[least], d[i]
		for k := range n {
			z[i*n+k], z[least*n+k] = z[least*n+k], z[i*n+k]
		}
	}
	return true
}
