package linreg

import (
	"context"
	"math"
	"slices"

	"funn/effect/data"
	"funn/effect/internal/dense"
	"funn/effect/moment"
)

// residual is the residual of a row given its non-zero elements.
func (c *core) residual(rho []float64, pos []int, val []float64) float64 {
	e := 0.0
	for i, p := range pos {
		e += rho[p] * val[i]
	}
	return e
}

// denseRho spreads rho over all columns of the moments.
func (c *core) denseRho() []float64 {
	out := make([]float64, c.set.Columns())
	for i, at := range c.base {
		out[at] = c.rho[i]
	}
	return out
}

// robustMeat computes the meat of HC0 to HC3 on the basis Q in a second pass:
//
//	sum of w^2 e^2 q q' / (1-h)^p,  h = w q'q,  p = 0, 1, 2 for HC0/HC1, HC2, HC3.
//
// Rows with h = 1 fit themselves; their residual is zero and they are left out.
// Unless the columns are nearly dependent the sum is of the products of the
// columns, most of which are 0 in a row, and put on the basis at the end.
func (c *core) robustMeat(ctx context.Context, src data.Source, v VCov) (meat []float64, alone int, seized []int, err error) {
	columns := c.set.Columns()
	nb, k := len(c.base), c.k
	rho := c.denseRho()
	// h = z' P z with P = w w' on the columns in use.
	leverage := make([]float64, columns*columns)
	inUse := c.places()
	for i, a := range c.base {
		for j, b := range c.base {
			leverage[a*columns+b] = dot(c.w[i*k:(i+1)*k], c.w[j*k:(j+1)*k])
		}
	}
	type part struct {
		sum    []float64
		alone  int
		seized []int
	}
	focus := c.focusColumns()
	size := nb * nb
	if c.cancels {
		size = k * k
	}
	sum := make([]float64, size)
	err = moment.Each(ctx, src, c.set, nil, c.opts.Moments, func(r *moment.Rows) part {
		p := part{sum: make([]float64, size)}
		pos, val, q := make([]int, r.Terms), make([]float64, r.Terms), make([]float64, k)
		for i := range r.N {
			r.Row(i, pos, val)
			w := r.Weight(i)
			we := w * c.residual(rho, pos, val)
			omega := we * we
			if v == HC2 || v == HC3 || len(focus) > 0 {
				h := 0.0
				if c.cancels {
					c.onBasis(q, pos, val, inUse)
					h = dot(q, q) / 2
				} else {
					for a, pa := range pos {
						row := leverage[pa*columns : (pa+1)*columns]
						s := 0.5 * row[pa] * val[a]
						for b := range a {
							s += row[pos[b]] * val[b]
						}
						h += s * val[a]
					}
				}
				rest := 1 - 2*w*h
				if rest <= leverageOne {
					p.alone++
					c.onBasis(q, pos, val, inUse)
					p.seized = append(p.seized, c.seizedByRow(q, focus)...)
					continue
				}
				if v == HC2 || v == HC3 {
					omega /= rest
				}
				if v == HC3 {
					omega /= rest
				}
			}
			if c.cancels {
				c.onBasis(q, pos, val, inUse)
				addOuter(p.sum, q, omega)
				continue
			}
			for a, pa := range pos {
				ua := inUse[pa]
				if ua < 0 {
					continue
				}
				f := omega * val[a]
				row := p.sum[ua*nb : (ua+1)*nb]
				for b := range a + 1 {
					if ub := inUse[pos[b]]; ub >= 0 {
						row[ub] += f * val[b]
					}
				}
			}
		}
		return p
	}, func(p part) {
		addTo(sum, p.sum)
		alone += p.alone
		seized = append(seized, p.seized...)
	})
	if err != nil {
		return nil, 0, nil, err
	}
	if c.cancels {
		mirror(sum, k)
		return sum, alone, seized, nil
	}
	// Element (a, b) was added once for the pair, in the row of the later term.
	for i := range nb {
		for j := range i {
			s := sum[i*nb+j] + sum[j*nb+i]
			sum[i*nb+j], sum[j*nb+i] = s, s
		}
	}
	meat = make([]float64, k*k)
	c.project(meat, sum, newCRSpace(nb, k))
	return meat, alone, seized, nil
}

// places returns for each column of the moment matrix its place in base, or -1.
func (c *core) places() []int {
	out := make([]int, c.set.Columns())
	for i := range out {
		out[i] = -1
	}
	for i, at := range c.base {
		out[at] = i
	}
	return out
}

// onBasis sets q to a row of Q = Z w given the row's non-zero elements.
func (c *core) onBasis(q []float64, pos []int, val []float64, place []int) {
	clear(q)
	k := c.k
	for i, p := range pos {
		if b := place[p]; b >= 0 {
			axpy(q, val[i], c.w[b*k:(b+1)*k])
		}
	}
}

// seizedByRow is seizedBy for a row of leverage 1: its direction is that of q,
// which it brings to length 1.
func (c *core) seizedByRow(q []float64, columns []int) []int {
	scale(q, 1/math.Sqrt(dot(q, q)))
	var out []int
	for _, j := range columns {
		if along(q, c.t[j*c.k:(j+1)*c.k]) {
			out = append(out, j)
		}
	}
	return out
}

// basisMoments are, for each cluster, the moments of the rows of Q and the
// residuals: Q'W^p Q for p = 0, 1, 2 as k x k matrices, and Q'W^p e for p = 0, 1.
// Those with p = 0 and 2 are there with weights only.
type basisMoments struct {
	c [3][][]float64
	q [2][][]float64
}

// rowMoments makes byCluster in a second pass.
func (c *core) rowMoments(ctx context.Context, src data.Source) error {
	rho, place, k := c.denseRho(), c.places(), c.k
	m := &basisMoments{}
	powers := []int{1}
	if c.model.Weight != "" {
		powers = []int{0, 1, 2}
	}
	limit := c.opts.Moments.Memory
	if limit == 0 {
		limit = moment.DefaultMemory
	}
	if bytes := int64(8 * len(powers) * c.set.Clusters() * k * k); bytes > limit {
		return &moment.SizeError{Clusters: c.set.Clusters(), Columns: k, Bytes: bytes, Limit: limit}
	}
	type part struct {
		rows *moment.Rows
		q, e []float64
	}
	err := moment.Each(ctx, src, c.set, [][]string{c.model.Cluster}, c.opts.Moments, func(r *moment.Rows) part {
		p := part{rows: r, q: make([]float64, r.N*k), e: make([]float64, r.N)}
		pos, val := make([]int, r.Terms), make([]float64, r.Terms)
		for i := range r.N {
			r.Row(i, pos, val)
			p.e[i] = c.residual(rho, pos, val)
			c.onBasis(p.q[i*k:(i+1)*k], pos, val, place)
		}
		return p
	}, func(p part) {
		for i, e := range p.e {
			g := p.rows.Code(0, i)
			q := p.q[i*k : (i+1)*k]
			for _, power := range powers {
				if g == len(m.c[power]) {
					m.c[power] = append(m.c[power], make([]float64, k*k))
					if power < 2 {
						m.q[power] = append(m.q[power], make([]float64, k))
					}
				}
				f := math.Pow(p.rows.Weight(i), float64(power))
				addOuter(m.c[power][g], q, f)
				if power < 2 {
					axpy(m.q[power][g], f*e, q)
				}
			}
		}
	})
	if err != nil {
		return err
	}
	for _, matrices := range m.c {
		for _, a := range matrices {
			mirror(a, k)
		}
	}
	c.byCluster = m
	return nil
}

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

// groupScores is the meat of a clustering and its number of clusters.
type groupScores struct {
	meat   []float64
	groups int
}

// scoreMeat computes, in a second pass, the CR0 meat on the basis Q for each of
// several groupings of the rows at once.
func (c *core) scoreMeat(ctx context.Context, src data.Source, groupings [][]string) ([]groupScores, error) {
	rho := c.denseRho()
	k := c.k
	place := c.places()
	// Scores are kept on Q: k numbers a group.
	scores, groups := make([][]float64, len(groupings)), make([]int, len(groupings))
	type part struct {
		rows *moment.Rows
		we   []float64
	}
	limit := c.opts.Moments.Memory
	if limit == 0 {
		limit = moment.DefaultMemory
	}
	var tooLarge error
	pos, val := []int(nil), []float64(nil)
	q := make([]float64, k)
	err := moment.Each(ctx, src, c.set, groupings, c.opts.Moments, func(r *moment.Rows) part {
		p := part{rows: r, we: make([]float64, r.N)}
		pos, val := make([]int, r.Terms), make([]float64, r.Terms)
		for i := range r.N {
			r.Row(i, pos, val)
			p.we[i] = r.Weight(i) * c.residual(rho, pos, val)
		}
		return p
	}, func(p part) {
		if tooLarge != nil {
			return
		}
		pos, val = slices.Grow(pos[:0], p.rows.Terms)[:p.rows.Terms], slices.Grow(val[:0], p.rows.Terms)[:p.rows.Terms]
		for i, we := range p.we {
			p.rows.Row(i, pos, val)
			c.onBasis(q, pos, val, place)
			scale(q, we)
			for d := range groupings {
				g := p.rows.Code(d, i)
				groups[d] = max(groups[d], g+1)
				for len(scores[d]) < (g+1)*k {
					scores[d] = append(scores[d], make([]float64, k*max(64, g/4))...)
				}
				axpy(scores[d][g*k:(g+1)*k], 1, q)
			}
		}
		for d := range scores {
			if bytes := 8 * int64(len(scores[d])); bytes > limit {
				tooLarge = &moment.SizeError{Clusters: len(scores[d]) / k, Columns: k, Bytes: bytes, Limit: limit}
			}
		}
	})
	if err == nil {
		err = tooLarge
	}
	if err != nil {
		return nil, err
	}
	out := make([]groupScores, len(groupings))
	for d, s := range scores {
		out[d].meat = make([]float64, k*k)
		out[d].groups = groups[d]
		for g := range groups[d] {
			addOuter(out[d].meat, s[g*k:(g+1)*k], 1)
		}
		mirror(out[d].meat, k)
	}
	return out, nil
}

// positive sets the matrix's negative eigenvalues to zero and reports whether
// there were any (Cameron, Gelbach and Miller, "Robust inference with multiway
// clustering", 2011).
func positive(m []float64, k int) bool {
	e := dense.NewEigen(k)
	if !e.Decompose(m) {
		return false
	}
	values, vectors := e.Values, e.Vectors
	largest := math.Abs(values[k-1])
	if values[0] >= -1e-12*largest {
		return false
	}
	clear(m)
	for j, lambda := range values {
		if lambda <= 0 {
			continue
		}
		addOuter(m, vectors[j*k:(j+1)*k], lambda)
	}
	mirror(m, k)
	return true
}
