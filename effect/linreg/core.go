package linreg

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"funn/effect/internal/dd"
	"funn/effect/internal/dense"
	"funn/effect/moment"
)

// core is a fitted model in the terms in which variances are computed: the
// columns of the moment matrix that take part, the orthonormal basis
// Q = Z w of the (projected) regressors, the residual e = Z rho, and the map
// beta = t theta from coefficients on Q to coefficients on the model's columns.
type core struct {
	model *Model
	opts  Options
	set   *moment.Set

	columns []column // kept
	dropped []Dropped
	beta    []dd.D
	t       []float64 // k x k by rows, upper triangular
	base    []int     // columns of the moment matrix in use
	w       []float64 // len(base) x k by rows
	rho     []float64 // len(base)
	// cancels says that products of w with the moments would lose digits that
	// products of w with the rows keep; byCluster has these where they were made.
	cancels   bool
	byCluster *basisMoments

	n         float64 // rows
	k         int
	absorbed  absorbed
	rss, tss  float64
	condition float64
	stages    []FirstStage
	warnings  []Warning
}

// absorbed counts the fixed effects taken out before the regression.
type absorbed struct {
	rank       int // of all absorbed effects
	counted    int // what CR1's factor counts
	effects    []AbsorbedEffect
	residual   float64
	iterations int
	total      map[string]float64 // sums of squares of the columns before
	origin     map[string]column  // what the columns are
	counts     moment.Counts
	warnings   []Warning
}

// Dropped is a column left out because others determine it.
type Dropped struct {
	Name string
	// Because lists the kept columns that determine it; empty for a column
	// without variation.
	Because []string
}

// designMatrix is the regressors in terms of the moments.
type designMatrix struct {
	columns []column
	sums    []sum
}

func (m *Model) design(set *moment.Set, terms []Term) (*designMatrix, error) {
	cols, err := m.columns(terms, set.Levels)
	if err != nil {
		return nil, err
	}
	d := &designMatrix{columns: cols, sums: make([]sum, len(cols))}
	for i := range cols {
		d.sums[i] = cols[i].expand(set)
	}
	return d, nil
}

// gram returns the cross-products of the columns and the scale against which
// collinearity is judged: the columns' spread about their means, which does not
// depend on where zero is, before effects were absorbed.
func (c *core) gram(d *designMatrix) ([]dd.D, []float64) {
	set, intercept := c.set, !c.model.NoIntercept
	n := len(d.sums)
	a := make([]dd.D, n*n)
	for i := range n {
		for j := range i + 1 {
			a[i*n+j] = d.sums[i].product(d.sums[j], set)
			a[j*n+i] = a[i*n+j]
		}
	}
	scale := make([]float64, n)
	for i := range n {
		scale[i] = a[i*n+i].Float()
		if total, ok := c.absorbed.total[d.columns[i].name]; ok {
			scale[i] = total
		}
		if !intercept || d.columns[i].term.IsConstant() {
			continue
		}
		own := d.sums[i][0].at
		scale[i] = min(scale[i], centred(set, own, own).Float(), a[i*n+i].Sub(a[i*n].Mul(a[i*n]).Div(a[0])).Float())
	}
	return a, scale
}

// centred returns the sum of products of deviations from the means of two
// columns of the moments.
func centred(set *moment.Set, i, j int) dd.D {
	return set.Total(i, j).Sub(set.Total(0, i).Mul(set.Total(0, j)).Div(set.Total(0, 0)))
}

// maxColumns bounds the columns of a model: factoring them takes a time that
// grows with the cube of their number, a few seconds for as many as this.
const maxColumns = 1500

// newCore fits the model to the moments. It fails with *needPrecision when the
// moments are too coarse, and with a *Refusal when the model cannot be
// estimated.
func newCore(m *Model, set *moment.Set, opts Options, ab absorbed) (*core, error) {
	c := &core{model: m, opts: opts, set: set, absorbed: ab, n: float64(set.Counts().Used)}
	c.warnings = slices.Clone(ab.warnings)
	if err := c.rows(); err != nil {
		return nil, err
	}
	y, _ := set.Expand(moment.Number(m.Outcome))
	var outcome sum
	for _, p := range y {
		outcome = outcome.add(p.Column, dd.F(p.Times))
	}
	if err := c.outcome(outcome); err != nil {
		return nil, err
	}
	d, err := m.design(set, m.Terms)
	if err != nil {
		return nil, err
	}
	if err := c.expected(d); err != nil {
		return nil, err
	}
	if len(d.columns) > maxColumns {
		return nil, refuse(CodeUnsupported, nil, "the model has %d columns, more than the %d that are feasible: absorb the category with most levels", len(d.columns), maxColumns)
	}
	if len(m.Endogenous) > 0 {
		return c, c.fitIV(d, outcome)
	}
	return c, c.fitOLS(d, outcome)
}

// rows refuses a model without rows and notes what was left out.
func (c *core) rows() error {
	counts := c.set.Counts()
	if counts.Used == 0 {
		return c.noRows(counts)
	}
	c.warnings = append(c.warnings, leftOut(counts, c.model.Weight)...)
	return nil
}

// leftOut tells which selected rows were not used.
func leftOut(counts moment.Counts, weight string) []Warning {
	var out []Warning
	if names, list := missing(counts); len(names) > 0 {
		out = append(out, warn(CodeMissing, names, "%d of %d rows were left out for missing values: %s",
			counts.Selected-counts.Used-counts.ZeroWeight, counts.Selected, list))
	}
	if counts.ZeroWeight > 0 {
		out = append(out, warn(CodeZeroWeight, []string{weight}, "%d rows were left out for a weight of zero", counts.ZeroWeight))
	}
	return out
}

// missing names the columns with missing values, and lists them with counts.
func missing(counts moment.Counts) (names []string, list string) {
	var parts []string
	for _, m := range counts.Missing {
		names = append(names, m.Column)
		parts = append(parts, fmt.Sprintf("%s (%d)", m.Column, m.Rows))
	}
	return names, strings.Join(parts, ", ")
}

// noRows says why no row is used.
func (c *core) noRows(counts moment.Counts) error {
	names, list := missing(counts)
	switch {
	case counts.Read == 0:
		return refuse(CodeNoRows, nil, "the data have no rows")
	case counts.Selected == 0:
		return refuse(CodeNoRows, nil, "none of %d rows satisfies the conditions", counts.Read)
	case counts.ZeroWeight > 0:
		return refuse(CodeNoRows, append(names, c.model.Weight), "no row has a value in every column and a positive weight")
	default:
		return refuse(CodeNoRows, names, "no row has a value in every column; missing: %s", list)
	}
}

// outcome computes the total sum of squares and refuses a constant outcome.
func (c *core) outcome(y sum) error {
	yy := y.product(y, c.set)
	w := c.set.Total(0, 0)
	var one sum
	one = one.add(0, dd.F(1))
	mean := y.product(one, c.set).Div(w)
	tss := yy.Sub(mean.Mul(mean).Mul(w))
	if limit := 4e-15 * math.Abs(mean.Float()); tss.Float() <= limit*limit*w.Float() && c.absorbed.rank == 0 {
		return refuse(CodeConstantOutcome, []string{c.model.Outcome}, "the outcome %s is %g in all %d rows", c.model.Outcome, mean.Float(), c.set.Counts().Used)
	}
	if c.model.NoIntercept {
		tss = yy
	}
	c.tss = tss.Float()
	if c.absorbed.rank > 0 && c.tss <= 1e-24*c.absorbed.total[c.model.Outcome] {
		return refuse(CodeConstantOutcome, []string{c.model.Outcome}, "the outcome %s does not vary within the absorbed effects", c.model.Outcome)
	}
	return nil
}

// expected refuses rows that lack a level the model expects, or that have only
// one level of an effect in focus.
func (c *core) expected(d *designMatrix) error {
	if err := expectLevels(c.model, c.set.Levels); err != nil {
		return err
	}
	for _, f := range c.model.Focus {
		if !slices.ContainsFunc(d.columns, func(x column) bool { return x.term.Key() == f.Key() }) {
			return onlyOneLevel(f)
		}
	}
	return nil
}

// inFocus reports whether the column is an effect that was asked for.
func (c *core) inFocus(x *column) bool {
	return slices.ContainsFunc(c.model.Focus, func(f moment.Term) bool { return f.Key() == x.term.Key() })
}

// factor factors cross-products of the design's columns, notes and names the
// dropped, and refuses when a focus term is involved.
func (c *core) factor(d *designMatrix, a []dd.D, scale []float64) (*dense.Cholesky, error) {
	chol := dense.Factor(a, len(d.columns), scale, c.opts.collinear())
	const doubtful = 1e-9 // pivots below this are not told from rounding of double moments
	// Absorbing leaves rounding that finer sums would not cure.
	coarse := c.set.Precision() == moment.Double && !c.set.Exact() && c.absorbed.rank == 0
	for i, p := range chol.Pivot {
		if coarse && p < doubtful {
			return nil, &needPrecision{reason: fmt.Sprintf("%s is nearly determined by the columns before it", d.columns[chol.Kept[i]].name)}
		}
	}
	for _, x := range chol.Dropped {
		if coarse && scale[x.Column] > 0 {
			return nil, &needPrecision{reason: fmt.Sprintf("%s seems determined by the columns before it", d.columns[x.Column].name)}
		}
		out := Dropped{Name: d.columns[x.Column].name}
		focus := ""
		if c.inFocus(&d.columns[x.Column]) {
			focus = out.Name
		}
		for i, b := range x.Coef {
			k := chol.Kept[i]
			// Compare the two columns' contributions, so that units do not matter.
			if b == 0 || b*b*scale[k] <= 1e-16*scale[x.Column] {
				continue
			}
			out.Because = append(out.Because, d.columns[k].name)
			if c.inFocus(&d.columns[k]) {
				focus = d.columns[k].name
			}
		}
		if focus != "" {
			if len(out.Because) == 0 {
				return nil, refuse(CodeNotIdentified, []string{focus}, "%s does not vary%s", focus, c.withinEffects())
			}
			others := slices.DeleteFunc(append([]string{out.Name}, out.Because...), func(n string) bool { return n == focus })
			return nil, refuse(CodeNotIdentified, append([]string{focus}, others...), "the effect of %s cannot be told apart from %s", focus, shorten(others))
		}
		c.dropped = append(c.dropped, out)
		if len(out.Because) == 0 {
			c.warnings = append(c.warnings, warn(CodeCollinear, []string{out.Name}, "%s was dropped: it does not vary%s", out.Name, c.withinEffects()))
		} else {
			c.warnings = append(c.warnings, warn(CodeCollinear, append([]string{out.Name}, out.Because...), "%s was dropped: it is determined by %s", out.Name, shorten(out.Because)))
		}
	}
	return chol, nil
}

// withinEffects completes a sentence about variation.
func (c *core) withinEffects() string {
	if len(c.absorbed.effects) == 0 {
		return " in the rows used"
	}
	var names []string
	for _, e := range c.absorbed.effects {
		names = append(names, e.Column)
	}
	return " within the effects of " + strings.Join(names, " and ")
}

func shorten(names []string) string {
	const most = 6
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

func (c *core) fitOLS(d *designMatrix, y sum) error {
	a, scale := c.gram(d)
	chol, err := c.factor(d, a, scale)
	if err != nil {
		return err
	}
	kept := d.keep(chol.Kept)
	if err := c.size(len(kept.columns)); err != nil {
		return err
	}
	b := make([]dd.D, len(kept.columns))
	for i := range b {
		b[i] = kept.sums[i].product(y, c.set)
	}
	chol.Solve(b)
	c.columns, c.beta = kept.columns, b
	c.finish(kept, kept.sums, chol.InverseFactor(), y)
	return c.digits(kept)
}

func (d *designMatrix) keep(kept []int) *designMatrix {
	k := &designMatrix{}
	for _, i := range kept {
		k.columns = append(k.columns, d.columns[i])
		k.sums = append(k.sums, d.sums[i])
	}
	return k
}

// size refuses a model without residual degrees of freedom.
func (c *core) size(k int) error {
	c.k = k
	switch {
	case k == 0:
		return refuse(CodeModel, nil, "no column of the model varies")
	case c.n <= float64(k+c.absorbed.rank):
		return refuse(CodeFewRows, nil, "%d rows cannot support %d coefficients", int64(c.n), k+c.absorbed.rank)
	}
	return nil
}

// finish derives base, w, t, rho and the residual sum of squares. The basis is
// Q = (columns given by sums) * t; residuals are of the regressors of x.
func (c *core) finish(x *designMatrix, sums []sum, t []dd.D, y sum) {
	k := c.k
	use := map[int]bool{}
	for _, s := range slices.Concat(x.sums, sums, []sum{y}) {
		for i := range s {
			use[s[i].at] = true
		}
	}
	for at := range use {
		c.base = append(c.base, at)
	}
	slices.Sort(c.base)
	place := make(map[int]int, len(c.base))
	for i, at := range c.base {
		place[at] = i
	}
	nb := len(c.base)
	w := make([]dd.D, nb*k)
	for i, s := range sums {
		for p := range s {
			row := w[place[s[p].at]*k:]
			for j := i; j < k; j++ { // t is upper triangular
				row[j] = row[j].Add(s[p].times.Mul(t[i*k+j]))
			}
		}
	}
	rho := make([]dd.D, nb)
	for p := range y {
		rho[place[y[p].at]] = rho[place[y[p].at]].Add(y[p].times)
	}
	for i, s := range x.sums {
		for p := range s {
			b := place[s[p].at]
			rho[b] = rho[b].Sub(s[p].times.Mul(c.beta[i]))
		}
	}
	c.w, c.rho, c.t = floats(w), floats(rho), floats(t)
	c.cancels = c.amplification() > mostAmplified
	var rss dd.D
	for i, a := range c.base {
		for j, b := range c.base {
			rss = rss.Add(c.set.Total(a, b).Mul(rho[i]).Mul(rho[j]))
		}
	}
	c.rss = max(rss.Float(), 0)
}

// mostAmplified is the amplification up to which leverages and scores are computed
// from the moments, with ten right digits left.
const mostAmplified = 1e5

// amplification bounds how much larger than the results the terms are that
// Q'Q = w'Z'Z w is added up from. It is about the condition number of the columns,
// and that of Q = Z w, row by row, its square root.
func (c *core) amplification() float64 {
	largest := 0.0
	for j := range c.k {
		sum := 0.0
		for i, at := range c.base {
			sum += math.Abs(c.w[i*c.k+j]) * math.Sqrt(max(c.set.Total(at, at).Float(), 0))
		}
		largest = max(largest, sum*sum)
	}
	return largest
}

func floats(x []dd.D) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i].Float()
	}
	return out
}

// digits estimates how many digits of the coefficients are right and refuses, or
// asks for finer moments, when they are too few.
//
// The moments carry a relative error u; the coefficients then carry about u
// times the condition of the columns' correlation matrix, and the residual sum
// of squares u times total over residual. With double moments that bound must
// be below 1e-9. What the data's own rounding to float64 does is another
// matter: it moves the coefficients by about 2^-53 times the square root of the
// condition whatever the arithmetic, which is warned about from 1e-8 on and
// refused from 1e-3.
func (c *core) digits(d *designMatrix) error {
	c.condition = c.conditionOf(d)
	const u = 1e-15
	coarse := c.set.Precision() == moment.Double
	if coarse && !c.set.Exact() && u*c.condition > 1e-9 {
		return &needPrecision{reason: fmt.Sprintf("the condition number of the correlations is %.1g", c.condition)}
	}
	switch {
	case c.tss > 0 && c.rss <= 1e-24*c.tss:
		if coarse && !c.set.Exact() {
			return &needPrecision{reason: "the residuals are small"}
		}
		c.warnings = append(c.warnings, warn(CodePerfectFit, []string{c.model.Outcome}, "the model fits %s exactly; its standard errors say nothing", c.model.Outcome))
	case coarse && !c.set.Exact() && c.rss < 1e-6*c.tss:
		return &needPrecision{reason: "the residuals are small"}
	}
	own := math.Ldexp(1, -53) * math.Sqrt(c.condition)
	if c.set.Exact() {
		own = 0
	}
	fine := 1e-31 * c.condition // what double-double moments leave
	switch {
	case own > 1e-3 || fine > 1e-6:
		return refuse(CodeIllConditioned, nil, "the columns are so nearly dependent (condition number of the correlations %.1g) that no digit of the coefficients could be trusted", c.condition)
	case own > 1e-8:
		c.warnings = append(c.warnings, warn(CodeDigits, nil, "the columns are so nearly dependent (condition number of the correlations %.1g) that only about %d digits of the coefficients are certain",
			c.condition, int(-math.Log10(own))))
	}
	return nil
}

// conditionOf returns the 1-norm condition number of the correlation matrix of
// the design's own columns.
func (c *core) conditionOf(d *designMatrix) float64 {
	intercept := !c.model.NoIntercept
	var at []int
	for i := range d.sums {
		if intercept && d.columns[i].term.IsConstant() {
			continue
		}
		at = append(at, d.sums[i][0].at)
	}
	n := len(at)
	if n == 0 {
		return 1
	}
	cross := func(i, j int) dd.D {
		if intercept {
			return centred(c.set, at[i], at[j])
		}
		// Raw columns, as the model has no constant to absorb a shift.
		return d.sums[i].product(d.sums[j], c.set)
	}
	r := make([]dd.D, n*n)
	root := make([]dd.D, n)
	for i := range n {
		root[i] = cross(i, i).Sqrt()
		if root[i].Hi == 0 {
			return 1
		}
	}
	ones := make([]float64, n)
	for i := range n {
		ones[i] = 1
		for j := range i + 1 {
			r[i*n+j] = cross(i, j).Div(root[i].Mul(root[j]))
			r[j*n+i] = r[i*n+j]
		}
	}
	// Ordinary arithmetic will do unless the condition is beyond it.
	if inverse, ok := dense.InverseFloat(floats(r), n); ok {
		return norm1(floats(r), n) * norm1(inverse, n)
	}
	chol := dense.Factor(r, n, ones, 0)
	if chol.Size() < n {
		return math.Inf(1)
	}
	return norm1(floats(r), n) * norm1(floats(chol.Inverse()), n)
}

func norm1(a []float64, n int) float64 {
	largest := 0.0
	for j := range n {
		s := 0.0
		for i := range n {
			s += math.Abs(a[i*n+j])
		}
		largest = max(largest, s)
	}
	return largest
}
