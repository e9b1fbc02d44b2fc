package linreg

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"funn/effect/internal/dense"
)

// clusterShare is the number of clusters whose contributions are summed in one
// go; it is fixed so that the sums do not depend on the number of threads.
const clusterShare = 64

// leverageOne is how near to 1 an eigenvalue of a cluster's leverage may come
// before the cluster counts as determining that direction alone.
const leverageOne = 1e-11

// clusterVariance is the variance of the coefficients on the orthonormal basis Q
// with what Satterthwaite's degrees of freedom need.
type clusterVariance struct {
	meat     []float64 // k x k
	df       []float64 // by direction; nil when not asked for
	clusters int
	alone    int   // clusters that determine a direction alone
	seized   []int // columns in focus that rest on one cluster
}

// sandwich computes the CR variance from the clusters' moments. With Q the
// orthonormal basis of the regressors, C = Q_g'Q_g and q = Q_g'e_g, cluster g
// adds a a' to the meat, where a = f(C) q and
//
//	CR0, CR1: f = 1     CR2: f(c) = (1-c)^-1/2     CR3: f(c) = (1-c)^-1
//
// because (I - Q_g Q_g')^-p acts on the span of Q_g through C. Directions with
// c = 1 are left out (the Moore-Penrose inverse). Degrees of freedom are computed
// for the combinations of coefficients given as vectors on Q; nil ones are
// passed over.
func (c *core) sandwich(ctx context.Context, v VCov, directions [][]float64) (*clusterVariance, error) {
	if c.model.Weight != "" && v == CR2 {
		return c.weightedCR2(ctx, directions)
	}
	k := c.k
	groups := c.set.Clusters()
	wantDF := directions != nil
	focus := c.focusColumns()
	needC := wantDF || v == CR2 || v == CR3 || len(focus) > 0
	parts, err := forClusters(ctx, groups, c.opts.Moments.Threads, func(lo, hi int) *crPart {
		p := newCRPart(k, k, directions)
		p.triangular = triangular(directions, k)
		s := newCRSpace(len(c.base), k)
		for g := lo; g < hi; g++ {
			c.clusterScore(s, g)
			if !needC {
				addOuter(p.meat, s.q, 1)
				continue
			}
			c.clusterLeverage(s, g)
			p.seized = append(p.seized, c.seizedBy(s, focus)...)
			p.alone += s.function(v)
			multiply(s.a, s.f, s.q, k)
			addOuter(p.meat, s.a, 1)
			if wantDF {
				p.addDF(s, k)
			}
		}
		return p
	})
	if err != nil {
		return nil, err
	}
	sum := newCRPart(k, k, directions)
	for _, p := range parts {
		sum.add(p)
	}
	out := &clusterVariance{meat: sum.meat, clusters: groups, alone: sum.alone, seized: sum.seized}
	if wantDF {
		out.df = c.satterthwaite(sum)
	}
	return out, nil
}

// directions returns the coefficients whose degrees of freedom are wanted, as
// vectors on Q: row j of t.
func (c *core) directions() [][]float64 {
	k := c.k
	out := make([][]float64, k)
	focused := len(c.model.Focus) > 0 && float64(c.set.Clusters())*float64(k)*float64(k)*float64(k) > 2e9
	for j := range k {
		if focused && !c.inFocus(&c.columns[j]) {
			continue // costs too much for coefficients nobody asked for
		}
		out[j] = c.t[j*k : (j+1)*k]
	}
	return out
}

// crPart is the sum of a share of the clusters.
type crPart struct {
	meat       []float64
	directions [][]float64
	// For each direction: sum of Omega_gg, sum of Omega_gg^2 - |u_g|^4, and the
	// sum of u u'.
	trace, square []float64
	outer         [][]float64
	alone         int
	seized        []int
	triangular    bool
}

// newCRPart returns room for k coefficients, with vectors u of length n.
func newCRPart(k, n int, directions [][]float64) *crPart {
	p := &crPart{meat: make([]float64, k*k), directions: directions}
	if directions != nil {
		m := len(directions)
		p.trace, p.square, p.outer = make([]float64, m), make([]float64, m), make([][]float64, m)
		for j, d := range directions {
			if d != nil {
				p.outer[j] = make([]float64, n*n)
			}
		}
	}
	return p
}

// triangular reports whether direction j begins with j zeros, as the rows of t do.
func triangular(directions [][]float64, k int) bool {
	for j, d := range directions {
		if d != nil && (j >= k || slices.ContainsFunc(d[:j], func(v float64) bool { return v != 0 })) {
			return false
		}
	}
	return true
}

func (p *crPart) add(q *crPart) {
	addTo(p.meat, q.meat)
	addTo(p.trace, q.trace)
	addTo(p.square, q.square)
	for j := range q.outer {
		addTo(p.outer[j], q.outer[j])
	}
	p.alone += q.alone
	p.seized = append(p.seized, q.seized...)
}

func addTo(dst, src []float64) {
	for i, v := range src {
		dst[i] += v
	}
}

// addDF adds a cluster to the sums for the degrees of freedom. Under independent
// and equally spread errors the estimate of a coefficient's variance is a sum of
// squares of p_g'(I-H)_g e; its first two moments follow from
//
//	Omega_gh = [g=h] p_g'p_g - u_g'u_h,  u_g = C f(C) d,  p_g'p_g = d' f C f d
//
// for the direction d of the coefficient on Q.
func (p *crPart) addDF(s *crSpace, k int) {
	m := len(p.directions)
	if len(s.side) == 0 { // the directions side by side
		s.side, s.fd, s.cfd = make([]float64, k*m), make([]float64, k*m), make([]float64, k*m)
		for j, d := range p.directions {
			for i, v := range d {
				s.side[i*m+j] = v
			}
		}
	}
	// Direction j, a row of t, begins with j zeros: row l of side ends after l.
	if p.triangular {
		clear(s.fd)
		for i := range k {
			for l, v := range s.f[i*k : (i+1)*k] {
				n := min(l+1, m)
				axpy(s.fd[i*m:i*m+n], v, s.side[l*m:l*m+n])
			}
		}
	} else {
		times(s.fd, s.f, s.side, k, m)
	}
	times(s.cfd, s.c, s.fd, k, m)
	for j, d := range p.directions {
		if d == nil {
			continue
		}
		own, uu := 0.0, 0.0
		for i := range k {
			u := s.cfd[i*m+j]
			s.u[i] = u
			own += s.fd[i*m+j] * u
			uu += u * u
		}
		omega := own - uu
		p.trace[j] += omega
		p.square[j] += omega*omega - uu*uu
		addOuter(p.outer[j], s.u, 1)
	}
}

// satterthwaite returns (sum Omega_gg)^2 / sum Omega_gh^2 for each direction.
func (c *core) satterthwaite(p *crPart) []float64 {
	df := make([]float64, len(p.directions))
	for j := range df {
		if p.directions[j] == nil {
			df[j] = math.NaN()
			continue
		}
		s := p.square[j]
		for i := range c.k {
			for l := range c.k {
				x := p.outer[j][max(i, l)*c.k+min(i, l)]
				s += x * x
			}
		}
		df[j] = p.trace[j] * p.trace[j] / s
	}
	return df
}

// crSpace is scratch space for one cluster.
type crSpace struct {
	g     []float64 // moments in use, nb x nb
	gw    []float64 // g w
	q     []float64
	c, f  []float64 // k x k
	a, u  []float64
	tmp   []float64
	eigen *dense.Eigen

	side, fd, cfd []float64 // k x directions
	c2, c3, swap  []float64 // k x k, for series
	first         []int     // of each row of w, the first element that is not 0
}

func newCRSpace(nb, k int) *crSpace {
	return &crSpace{
		g: make([]float64, nb*nb), gw: make([]float64, nb*k), q: make([]float64, k), c: make([]float64, k*k), f: make([]float64, k*k),
		a: make([]float64, k), u: make([]float64, k), tmp: make([]float64, max(k, nb)), eigen: dense.NewEigen(k),
	}
}

// clusterScore computes q = Q_g'W e_g = w' G_g rho.
func (c *core) clusterScore(s *crSpace, g int) {
	nb, k := len(c.base), c.k
	if c.byCluster != nil {
		copy(s.q, c.byCluster.q[1][g])
		return
	}
	m := c.set.Cluster(g)
	m.Submatrix(c.base, s.g)
	for i := range nb {
		sum := 0.0
		row := s.g[i*nb : (i+1)*nb]
		for j, r := range c.rho {
			sum += row[j] * r
		}
		s.tmp[i] = sum
	}
	clear(s.q)
	for i := range nb {
		axpy(s.q, s.tmp[i], c.w[i*k:(i+1)*k])
	}
}

// clusterLeverage computes C = w' G_g w from the moments that clusterScore left.
func (c *core) clusterLeverage(s *crSpace, g int) {
	if c.byCluster != nil {
		copy(s.c, c.byCluster.c[1][g])
		return
	}
	c.project(s.c, s.g, s)
}

// clusterPowers computes Q'Q, Q'W^2 Q and Q'e of a cluster, of which Q is
// orthonormal under W.
func (c *core) clusterPowers(c0, c2, score []float64, s *crSpace, g int) {
	if m := c.byCluster; m != nil {
		copy(c0, m.c[0][g])
		copy(c2, m.c[2][g])
		copy(score, m.q[0][g])
		return
	}
	c.set.ClusterPower(0, g).Submatrix(c.base, s.g)
	c.project(c0, s.g, s)
	c.momentScore(score, s)
	c.set.ClusterPower(2, g).Submatrix(c.base, s.g)
	c.project(c2, s.g, s)
}

// project computes dst = w' m w for a symmetric nb x nb matrix m. Rows of w begin
// with zeros, as t is triangular, which are passed over.
func (c *core) project(dst, m []float64, s *crSpace) {
	nb, k := len(c.base), c.k
	if s.first == nil {
		s.first = make([]int, nb)
		for i := range nb {
			for s.first[i] < k && c.w[i*k+s.first[i]] == 0 {
				s.first[i]++
			}
		}
	}
	clear(s.gw)
	for i := range nb {
		row := s.gw[i*k : (i+1)*k]
		for j := range nb {
			if v := m[i*nb+j]; v != 0 {
				axpy(row[s.first[j]:], v, c.w[j*k+s.first[j]:(j+1)*k])
			}
		}
	}
	clear(dst)
	for i := range nb {
		gw := s.gw[i*k : (i+1)*k]
		for a := s.first[i]; a < k; a++ {
			if v := c.w[i*k+a]; v != 0 {
				axpy(dst[a*k:a*k+a+1], v, gw[:a+1])
			}
		}
	}
	mirror(dst, k)
}

// focusColumns lists the columns of effects that were asked for.
func (c *core) focusColumns() []int {
	var out []int
	for j := range c.columns {
		if c.inFocus(&c.columns[j]) {
			out = append(out, j)
		}
	}
	return out
}

// seizedBy returns those of the columns whose coefficient rests on the cluster
// alone, at least in part: an eigenvalue of C is 1 and its direction is not
// across the coefficient's. The residuals then add up to nothing there whatever
// the truth, so that no sandwich sees the coefficient's uncertainty.
func (c *core) seizedBy(s *crSpace, columns []int) []int {
	if len(columns) == 0 || eigenBound(s.c, c.k) < 1-1e-9 || !s.eigen.Decompose(s.c) {
		return nil
	}
	var out []int
	k := c.k
	for i, lambda := range s.eigen.Values {
		if 1-lambda > leverageOne {
			continue
		}
		for _, j := range columns {
			if along(s.eigen.Vectors[i*k:(i+1)*k], c.t[j*k:(j+1)*k]) {
				out = append(out, j)
			}
		}
	}
	return out
}

// along reports whether direction d has a part along the unit vector v.
func along(v, d []float64) bool {
	x := dot(v, d)
	return x*x > 1e-6*dot(d, d)
}

// eigenBound is an upper bound of the largest eigenvalue of a symmetric matrix:
// the lesser of two norms.
func eigenBound(m []float64, k int) float64 {
	frobenius, rows := 0.0, 0.0
	for i := range k {
		sum := 0.0
		for _, x := range m[i*k : (i+1)*k] {
			frobenius += x * x
			sum += math.Abs(x)
		}
		rows = max(rows, sum)
	}
	return min(math.Sqrt(frobenius), rows)
}

// function sets f = f(C) and reports 1 when a direction was left out.
func (s *crSpace) function(v VCov) int {
	k := len(s.q)
	clear(s.f)
	if v == CR0 || v == CR1 {
		for i := range k {
			s.f[i*k+i] = 1
		}
		return 0
	}
	if s.series(v) {
		return 0
	}
	alone := 0
	if !s.eigen.Decompose(s.c) {
		alone = 1
	}
	for j, lambda := range s.eigen.Values {
		var f float64
		switch rest := 1 - lambda; {
		case rest <= leverageOne:
			alone = 1
			continue
		case v == CR2:
			f = 1 / math.Sqrt(rest)
		default:
			f = 1 / rest
		}
		addOuter(s.f, s.eigen.Vectors[j*k:(j+1)*k], f)
	}
	mirror(s.f, k)
	return alone
}

// series sets f = f(C) by its power series, which for clusters that carry a small
// share of the leverage takes a few products of matrices where eigenvalues take
// many; it reports false, leaving f clear, when too many terms would be needed.
// The polynomial is evaluated in powers of C^3 (M. S. Paterson and L. J.
// Stockmeyer, SIAM Journal on Computing 2, 1973).
func (s *crSpace) series(v VCov) bool {
	const most = 14
	k := len(s.q)
	bound := eigenBound(s.c, k)
	var terms [most + 1]float64
	n, term := 0, 1.0
	for power := 1.0; ; n++ {
		terms[n] = term
		if v == CR2 {
			term *= (2*float64(n) + 1) / (2*float64(n) + 2)
		}
		power *= bound
		if term*power <= 2e-17*(1-bound) {
			break
		}
		if n == most || !(bound < 0.5) {
			return false
		}
	}
	if s.c2 == nil {
		s.c2, s.c3, s.swap = make([]float64, k*k), make([]float64, k*k), make([]float64, k*k)
	}
	symmetric(s.c2, s.c, s.c, k)
	symmetric(s.c3, s.c2, s.c, k)
	block := func(dst []float64, j int) { // adds the three terms from 3j on
		for t, m := range [][]float64{nil, s.c, s.c2} {
			if 3*j+t > n {
				break
			}
			f := terms[3*j+t]
			if m == nil {
				for i := range k {
					dst[i*k+i] += f
				}
				continue
			}
			axpy(dst, f, m)
		}
	}
	block(s.f, n/3)
	for j := n/3 - 1; j >= 0; j-- {
		symmetric(s.swap, s.f, s.c3, k)
		s.f, s.swap = s.swap, s.f
		block(s.f, j)
	}
	return true
}

// symmetric sets dst = a b for symmetric matrices that commute.
func symmetric(dst, a, b []float64, k int) {
	for i := range k {
		row := dst[i*k : i*k+i+1]
		clear(row)
		for l, v := range a[i*k : (i+1)*k] {
			axpy(row, v, b[l*k:l*k+i+1])
		}
	}
	mirror(dst, k)
}

// axpy adds a*x to y.
func axpy(y []float64, a float64, x []float64) {
	x = x[:len(y)]
	for len(y) >= 4 && len(x) >= 4 {
		y[0] += a * x[0]
		y[1] += a * x[1]
		y[2] += a * x[2]
		y[3] += a * x[3]
		x, y = x[4:], y[4:]
	}
	for i := range y {
		y[i] += a * x[i]
	}
}

// addOuter adds f x x' to the lower triangle of m.
func addOuter(m, x []float64, f float64) {
	k := len(x)
	for i, v := range x {
		if v != 0 {
			axpy(m[i*k:i*k+i+1], f*v, x[:i+1])
		}
	}
}

// mirror copies the lower triangle to the upper.
func mirror(m []float64, k int) {
	for i := range k {
		for j := range i {
			m[j*k+i] = m[i*k+j]
		}
	}
}

// multiply sets y = m x for a k x k matrix by rows.
func multiply(y, m, x []float64, k int) {
	for i := range k {
		y[i] = dot(m[i*k:(i+1)*k], x)
	}
}

// forClusters runs work for shares of the clusters in parallel and returns the
// results in order.
func forClusters[T any](ctx context.Context, clusters, threads int, work func(lo, hi int) T) ([]T, error) {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	// A bounded number of shares, as each holds sums of the size of the result.
	share := max(clusterShare, (clusters+255)/256)
	n := (clusters + share - 1) / share
	out := make([]T, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(threads, n) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				out[i] = work(i*share, min((i+1)*share, clusters))
			}
		})
	}
	wg.Wait()
	return out, ctx.Err()
}

// weightedCR2 is CR2 for weighted least squares with errors taken to be equally
// spread, the working model of clubSandwich and estimatr. Then
//
//	B_g = I - Q Q'W - W Q Q' + Q S Q',  S = Q'W^2 Q over all rows,
//
// for the rows of g (Q orthonormal under W), and a = Q'W B^-1/2 e. B - I acts on
// the span of U = [Q, WQ], whose Gram matrix is made of the moments with weights
// to the powers 0, 1 and 2.
func (c *core) weightedCR2(ctx context.Context, directions [][]float64) (*clusterVariance, error) {
	k := c.k
	groups := c.set.Clusters()
	focus := c.focusColumns()

	// S and, for the degrees of freedom, the form J = [[S, -I], [-I, 0]].
	big := make([]float64, k*k)
	if c.byCluster != nil {
		for _, a := range c.byCluster.c[2] {
			addTo(big, a)
		}
	} else {
		all := make([]float64, len(c.base)*len(c.base))
		for i, a := range c.base {
			for j, b := range c.base {
				all[i*len(c.base)+j] = c.set.TotalPower(2, a, b).Float()
			}
		}
		c.project(big, all, newCRSpace(len(c.base), k))
	}
	form := make([]float64, 4*k*k)
	for i := range k {
		for j := range k {
			form[i*2*k+j] = big[i*k+j]
		}
		form[i*2*k+k+i], form[(k+i)*2*k+i] = -1, -1
	}

	parts, err := forClusters(ctx, groups, c.opts.Moments.Threads, func(lo, hi int) *crPart {
		p := newCRPart(k, 2*k, directions)
		s := newCRSpace(len(c.base), k)
		x := newWeightedSpace(k)
		for g := lo; g < hi; g++ {
			c.clusterScore(s, g)
			c.clusterLeverage(s, g) // Q'WQ
			p.seized = append(p.seized, c.seizedBy(s, focus)...)
			copy(x.c1, s.c)
			copy(x.score[k:], s.q) // Q'We
			c.clusterPowers(x.c0, x.c2, x.score[:k], s, g)
			p.alone += x.function(form)
			x.apply(s.a)
			addOuter(p.meat, s.a, 1)
			for j, d := range p.directions {
				if d != nil {
					x.addDF(p, j, d, form)
				}
			}
		}
		return p
	})
	if err != nil {
		return nil, err
	}
	sum := newCRPart(k, 2*k, directions)
	for _, p := range parts {
		sum.add(p)
	}
	out := &clusterVariance{meat: sum.meat, clusters: groups, alone: sum.alone, seized: sum.seized}
	if directions == nil {
		return out, nil
	}
	out.df = make([]float64, len(directions))
	for j := range out.df {
		if directions[j] == nil {
			out.df[j] = math.NaN()
			continue
		}
		// sum over g, h of (z_g'J z_h)^2 is the trace of (J Z)^2, Z = sum z z'.
		mirror(sum.outer[j], 2*k)
		jz := make([]float64, 4*k*k)
		times(jz, form, sum.outer[j], 2*k, 2*k)
		total := sum.square[j]
		for a := range 2 * k {
			for b := range 2 * k {
				total += jz[a*2*k+b] * jz[b*2*k+a]
			}
		}
		out.df[j] = sum.trace[j] * sum.trace[j] / total
	}
	return out, nil
}

// momentScore computes w' G rho from the moments in s.g.
func (c *core) momentScore(dst []float64, s *crSpace) {
	nb, k := len(c.base), c.k
	clear(dst)
	for i := range nb {
		sum := 0.0
		for j, r := range c.rho {
			sum += s.g[i*nb+j] * r
		}
		axpy(dst, sum, c.w[i*k:(i+1)*k])
	}
}

// weightedSpace is scratch space for one cluster of weightedCR2. A vector v in
// the span of U = [Q, WQ] is held by its products U'v; with the orthonormal
// basis O = U b of that span, O'v = b'U'v.
type weightedSpace struct {
	k, r       int
	c0, c1, c2 []float64      // Q'Q, Q'WQ, Q'W^2Q
	score      []float64      // U'e
	gamma      []float64      // U'U
	scaled     []float64      // U'U with unit diagonal
	eigen      *dense.Eigen   // of scaled
	inner      []*dense.Eigen // by size
	b          []float64      // 2k x r
	o          []float64      // U'O, 2k x r
	m          []float64      // f(B) - I on O, r x r
}

func newWeightedSpace(k int) *weightedSpace {
	n := 2 * k
	return &weightedSpace{
		k: k, c0: make([]float64, k*k), c1: make([]float64, k*k), c2: make([]float64, k*k),
		score: make([]float64, n), gamma: make([]float64, n*n), scaled: make([]float64, n*n),
		eigen: dense.NewEigen(n), inner: make([]*dense.Eigen, n+1), b: make([]float64, n*n), o: make([]float64, n*n), m: make([]float64, n*n),
	}
}

// function finds the basis O and f(B) - I on it, where B - I = U J U' and
// f(b) = b^-1/2. It reports 1 when a direction was left out.
func (x *weightedSpace) function(form []float64) int {
	k, n := x.k, 2*x.k
	for i := range k {
		for j := range k {
			x.gamma[i*n+j] = x.c0[i*k+j]
			x.gamma[i*n+k+j], x.gamma[(k+i)*n+j] = x.c1[i*k+j], x.c1[j*k+i]
			x.gamma[(k+i)*n+k+j] = x.c2[i*k+j]
		}
	}
	// The columns of U are brought to one length before its rank is judged.
	scale := make([]float64, n)
	for i := range n {
		if d := x.gamma[i*n+i]; d > 0 {
			scale[i] = 1 / math.Sqrt(d)
		}
	}
	for i := range n {
		for j := range n {
			x.scaled[i*n+j] = x.gamma[i*n+j] * scale[i] * scale[j]
		}
	}
	alone := 0
	if !x.eigen.Decompose(x.scaled) {
		alone = 1
	}
	first := 0 // eigenvalues are ascending: the first that count
	for first < n && x.eigen.Values[first] <= 1e-12*x.eigen.Values[n-1] {
		first++
	}
	x.r = n - first
	r := x.r
	x.b, x.o, x.m = x.b[:n*r], x.o[:n*r], x.m[:r*r]
	for j := first; j < n; j++ {
		f := 1 / math.Sqrt(x.eigen.Values[j])
		for i := range n {
			x.b[i*r+j-first] = scale[i] * x.eigen.Vectors[j*n+i] * f
		}
	}
	times(x.o, x.gamma, x.b, n, r)
	// O'(B - I)O = (U'O)' J (U'O).
	jo := make([]float64, n*r)
	times(jo, form, x.o, n, r)
	inside := make([]float64, r*r)
	for i := range n {
		for a := range r {
			axpy(inside[a*r:(a+1)*r], x.o[i*r+a], jo[i*r:(i+1)*r])
		}
	}
	if x.inner[r] == nil {
		x.inner[r] = dense.NewEigen(r)
	}
	inner := x.inner[r]
	if !inner.Decompose(inside) {
		alone = 1
	}
	clear(x.m)
	for j, theta := range inner.Values {
		f := -1.0 // a direction that is left out
		if b := 1 + theta; b > leverageOne {
			f = 1/math.Sqrt(b) - 1
		} else {
			alone = 1
		}
		addOuter(x.m, inner.Vectors[j*r:(j+1)*r], f)
	}
	mirror(x.m, r)
	return alone
}

// times sets dst = a b for an n x n matrix a and an n x r matrix b.
func times(dst, a, b []float64, n, r int) {
	clear(dst)
	for i := range n {
		for j := range n {
			if v := a[i*n+j]; v != 0 {
				axpy(dst[i*r:(i+1)*r], v, b[j*r:(j+1)*r])
			}
		}
	}
}

// onBasis returns O'v and (f(B) - I) O'v on O, given U'v.
func (x *weightedSpace) onBasis(uv []float64) (ov, mv []float64) {
	ov, mv = make([]float64, x.r), make([]float64, x.r)
	for i, v := range uv {
		axpy(ov, v, x.b[i*x.r:(i+1)*x.r])
	}
	multiply(mv, x.m, ov, x.r)
	return ov, mv
}

// addBack adds U'O v to dst, rows from first of U on.
func (x *weightedSpace) addBack(dst []float64, first int, v []float64) {
	for i := range dst {
		row := x.o[(first+i)*x.r : (first+i+1)*x.r]
		for b, f := range v {
			dst[i] += row[b] * f
		}
	}
}

// apply computes a = Q'W f(B) e from U'e.
func (x *weightedSpace) apply(a []float64) {
	_, me := x.onBasis(x.score)
	copy(a, x.score[x.k:])
	x.addBack(a, x.k, me)
}

// addDF adds the cluster to the sums for direction d: with p = f(B) WQ d and
// z = U'p, Omega_gh = [g=h] p'p + z_g'J z_h.
func (x *weightedSpace) addDF(part *crPart, j int, d, form []float64) {
	k, n := x.k, 2*x.k
	z := make([]float64, n) // U'WQ d, then U'p
	for i := range n {
		for l := range k {
			z[i] += x.gamma[i*n+k+l] * d[l]
		}
	}
	ov, mv := x.onBasis(z)
	x.addBack(z, 0, mv)
	omega := 0.0
	for b := range ov { // WQ d lies in the span of O
		v := ov[b] + mv[b]
		omega += v * v
	}
	jz := make([]float64, n)
	multiply(jz, form, z, n)
	zjz := 0.0
	for i := range n {
		zjz += z[i] * jz[i]
	}
	omega += zjz
	part.trace[j] += omega
	part.square[j] += omega*omega - zjz*zjz
	addOuter(part.outer[j], z, 1)
}
