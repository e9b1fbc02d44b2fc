package linreg

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"funn/effect/internal/dd"
	"funn/effect/moment"
)

// FirstStage says how strongly the instruments move one endogenous column.
type FirstStage struct {
	// Column is the endogenous column.
	Column string
	// F tests, under iid errors, that the excluded instruments do nothing; DF1
	// and DF2 are its degrees of freedom and P its p-value.
	F, DF1, DF2, P float64
	// PartialR2 is the share of the column's spread, given the other regressors,
	// that the instruments explain.
	PartialR2 float64
	// EffectiveF is the statistic of Montiel Olea and Pflueger with the variance
	// of the model's kind; NaN when that kind is not available from the moments.
	EffectiveF float64
}

// weakF is the conventional limit below which instruments are called weak
// (D. Staiger and J. H. Stock, "Instrumental variables regression with weak
// instruments", Econometrica 65, 1997).
const weakF = 10

func (c *core) endogenous(x *column) bool {
	return slices.ContainsFunc(c.model.Endogenous, func(t moment.Term) bool { return t.Key() == x.term.Key() })
}

// fitIV estimates by two-stage least squares: with Z the exogenous regressors
// and the instruments, P = (Z'Z)^-1 Z'X and Xhat = Z P, the coefficients solve
// Xhat'Xhat b = Xhat'y; residuals are y - X b.
func (c *core) fitIV(d *designMatrix, y sum) error {
	m := c.model
	for _, t := range m.Terms {
		if !t.Centred.IsConstant() {
			return refuse(CodeUnsupported, []string{t.full().String()}, "instruments and centred products cannot be combined")
		}
	}
	// Z: the exogenous columns of X, then the instruments. The instruments are
	// coded as they would be beside the exogenous terms.
	terms := slices.DeleteFunc(slices.Clone(m.Terms), func(t Term) bool {
		return slices.ContainsFunc(m.Endogenous, func(e moment.Term) bool { return e.Key() == t.full().Key() })
	})
	exogenous := len(terms)
	terms = append(terms, Terms(m.Instruments...)...)
	z, err := m.design(c.set, terms)
	if err != nil {
		return err
	}
	excluded := map[string]bool{}
	for _, t := range terms[exogenous:] {
		excluded[t.full().Key()] = true
	}
	zz, zscale := c.gram(z)
	zchol, err := c.factor(z, zz, zscale)
	if err != nil {
		return err
	}
	zk := z.keep(zchol.Kept)
	l := len(zk.columns)
	instruments := 0
	for i := range zk.columns {
		if excluded[zk.columns[i].term.Key()] {
			instruments++
		}
	}

	// Exogenous columns that were dropped from Z are dropped from X too.
	keep := []int{}
	for i := range d.columns {
		x := &d.columns[i]
		if c.endogenous(x) || slices.ContainsFunc(zk.columns, func(k column) bool { return k.name == x.name }) {
			keep = append(keep, i)
		}
	}
	d = d.keep(keep)
	nx := len(d.columns)

	// Projections: column j of p is (Z'Z)^-1 Z'x_j.
	p := make([][]dd.D, nx)
	zx := make([][]dd.D, nx)
	for j := range nx {
		zx[j] = make([]dd.D, l)
		for i := range l {
			zx[j][i] = zk.sums[i].product(d.sums[j], c.set)
		}
		p[j] = slices.Clone(zx[j])
		zchol.Solve(p[j])
	}
	a := make([]dd.D, nx*nx)
	for i := range nx {
		for j := range nx {
			for k := range l {
				a[i*nx+j] = a[i*nx+j].Add(zx[i][k].Mul(p[j][k]))
			}
		}
	}
	_, scale := c.gram(d)
	before := len(c.dropped)
	chol, err := c.factor(d, a, scale)
	if err != nil {
		return err
	}
	if c.dropped = c.dropped[:before]; len(chol.Dropped) > 0 {
		var names []string
		for _, x := range chol.Dropped {
			names = append(names, d.columns[x.Column].name)
		}
		return refuse(CodeNotIdentified, names, "the instruments do not identify the effect of %s", strings.Join(names, ", "))
	}
	if err := c.size(nx); err != nil {
		return err
	}
	if err := c.size(l); err != nil {
		return err
	}
	c.k = nx
	zy := make([]dd.D, l)
	for i := range l {
		zy[i] = zk.sums[i].product(y, c.set)
	}
	b := make([]dd.D, nx)
	for j := range nx {
		for i := range l {
			b[j] = b[j].Add(p[j][i].Mul(zy[i]))
		}
	}
	chol.Solve(b)
	c.columns, c.beta = d.columns, b
	// Xhat in terms of the moments' columns.
	hat := make([]sum, nx)
	for j := range nx {
		for i := range l {
			for _, s := range zk.sums[i] {
				hat[j] = hat[j].add(s.at, s.times.Mul(p[j][i]))
			}
		}
	}
	c.finish(d, hat, chol.InverseFactor(), y)
	if err := c.firstStages(d, zk, instruments, excluded); err != nil {
		return err
	}
	c.condition = c.conditionOf(zk)
	if c.set.Precision() == moment.Double && !c.set.Exact() && 1e-15*c.condition > 1e-9 {
		return &needPrecision{reason: fmt.Sprintf("the condition number of the correlations is %.1g", c.condition)}
	}
	return nil
}

// firstStages regresses each endogenous column on the instruments and the
// exogenous regressors.
func (c *core) firstStages(x, z *designMatrix, instruments int, excluded map[string]bool) error {
	for j := range x.columns {
		if !c.endogenous(&x.columns[j]) {
			continue
		}
		// The regression of x_j on Z, and on the exogenous part alone.
		full := c.auxiliary(z, x.sums[j])
		var own []int
		for i := range z.columns {
			if !excluded[z.columns[i].term.Key()] {
				own = append(own, i)
			}
		}
		restricted := c.auxiliary(z.keep(own), x.sums[j]).rss
		df2 := c.n - float64(len(z.columns)+c.absorbed.rank)
		f := FirstStage{Column: x.columns[j].name, DF1: float64(instruments), DF2: df2}
		gain := max(restricted-full.rss, 0)
		f.F = gain / float64(instruments) / (full.rss / df2)
		f.P = fTail(f.F, f.DF1, f.DF2)
		f.PartialR2 = gain / restricted
		f.EffectiveF = c.effectiveF(full, z, excluded, gain)
		c.stages = append(c.stages, f)
		strength := f.F
		kind := "F"
		if f.EffectiveF == f.EffectiveF && c.model.VCov != IID {
			strength, kind = f.EffectiveF, "effective F"
		}
		if !(strength >= weakF) {
			c.warnings = append(c.warnings, warn(CodeWeakInstrument, []string{f.Column},
				"the instruments for %s are weak (%s = %.1f, below %d): the estimate is biased towards least squares and its interval is too narrow", f.Column, kind, strength, weakF))
		}
	}
	return nil
}

// auxiliary fits a column of the moments by least squares on a design. The
// design's columns are known to be independent.
func (c *core) auxiliary(d *designMatrix, y sum) *core {
	a, scale := c.gram(d)
	m := *c.model
	m.Endogenous, m.Focus = nil, nil
	out := &core{model: &m, opts: c.opts, set: c.set, n: c.n, absorbed: c.absorbed}
	if len(d.columns) == 0 {
		out.rss = y.product(y, c.set).Float()
		return out
	}
	chol := densely(a, len(d.columns), scale)
	out.k = len(d.columns)
	out.columns = d.columns
	out.beta = make([]dd.D, out.k)
	for i := range out.beta {
		out.beta[i] = d.sums[i].product(y, c.set)
	}
	chol.Solve(out.beta)
	out.finish(d, d.sums, chol.InverseFactor(), y)
	return out
}

// effectiveF is pi'Q pi / trace(V Q), with pi the coefficients of the excluded
// instruments, Q their cross-products given the other regressors, and V the
// variance of pi of the model's kind: pi'Q pi is the gain in the sum of squares
// (J. L. Montiel Olea and C. Pflueger, "A robust test for weak instruments",
// Journal of Business and Economic Statistics 31, 2013).
func (c *core) effectiveF(full *core, z *designMatrix, excluded map[string]bool, gain float64) float64 {
	v := c.model.VCov
	if v == CR2 || v == CR3 {
		v = CR1
	}
	va, err := full.momentVariance(context.Background(), v)
	if err != nil {
		return nan()
	}
	r := full.result(v, va)
	var at []int
	for i := range z.columns {
		if excluded[z.columns[i].term.Key()] {
			at = append(at, i)
		}
	}
	// Q is the inverse of the block of (Z'Z)^-1 = t t' for the instruments.
	q := len(at)
	block := make([]dd.D, q*q)
	scale := make([]float64, q)
	k := full.k
	for i, a := range at {
		for j, b := range at {
			block[i*q+j] = dd.F(dot(full.t[a*k:(a+1)*k], full.t[b*k:(b+1)*k]))
		}
		scale[i] = block[i*q+i].Float()
	}
	inverse := densely(block, q, scale).Inverse()
	trace := 0.0
	for i, a := range at {
		for j, b := range at {
			trace += r.Covariance[a][b] * inverse[j*q+i].Float()
		}
	}
	return gain / trace
}
