package linreg

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"funn/effect/data"
	"funn/effect/internal/dd"
	"funn/effect/internal/dense"
	"funn/effect/moment"
	"funn/effect/stat"
)

// Coefficient is an estimated effect with its uncertainty.
type Coefficient struct {
	// Name is as in county=Oslo:age; Term and Level are its parts, Level with one
	// text for each category of the term.
	Name  string
	Term  moment.Term
	Level []string
	// Estimate and SE are in units of the outcome a unit of the column.
	Estimate, SE float64
	// T is Estimate/SE, DF the degrees of freedom it is compared with, and P the
	// two-sided p-value of no effect.
	T, DF, P float64
	// Low and High are the limits of the confidence interval.
	Low, High float64
}

// Result is an estimated model.
type Result struct {
	Name         string
	Outcome      string
	VCov         VCov
	Coefficients []Coefficient
	// Covariance is the variance matrix of the coefficients, by rows.
	Covariance [][]float64
	Counts     moment.Counts
	// N is the number of rows used, WeightSum the sum of their weights.
	N         int64
	WeightSum float64
	// Clusters gives the number of clusters in each dimension.
	Clusters []int
	// ResidualDF is N less the number of coefficients, absorbed ones included.
	ResidualDF float64
	// Sigma is the residual standard deviation, R2 the share of the outcome's
	// spread that the model explains (within the absorbed effects, if any).
	Sigma, R2 float64
	// Condition is the condition number of the columns' correlation matrix in the
	// 1-norm; its square root bounds how much the data's rounding is magnified.
	Condition float64
	// Dropped lists the collinear columns that were left out.
	Dropped []Dropped
	// Absorbed describes the absorbed effects.
	Absorbed []AbsorbedEffect
	// AbsorbResidual is the largest normal-equation residual that absorbing left,
	// relative to the columns' sizes; AbsorbIterations what it took.
	AbsorbResidual   float64
	AbsorbIterations int
	// FirstStage has one element for each endogenous column.
	FirstStage []FirstStage
	Warnings   []Warning

	core *core
}

// AbsorbedEffect is a category whose effects were absorbed.
type AbsorbedEffect struct {
	Column string
	Levels int
	// Nested says that every level lies within one cluster.
	Nested bool
	// Singletons is the number of levels with one row.
	Singletons int
}

// Coefficient returns the coefficient of that name, and whether it is there.
func (r *Result) Coefficient(name string) (Coefficient, bool) {
	i := slices.IndexFunc(r.Coefficients, func(c Coefficient) bool { return c.Name == name })
	if i < 0 {
		return Coefficient{}, false
	}
	return r.Coefficients[i], true
}

// variance is a variance matrix with the degrees of freedom that go with it.
type variance struct {
	meat     []float64 // on Q, with small-sample factor
	df       []float64 // by coefficient
	clusters []int
	warnings []Warning
}

// residualDF is the number of rows less all coefficients.
func (c *core) residualDF() float64 { return c.n - float64(c.k+c.absorbed.rank) }

func constant(v float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// momentVariance computes the kinds that need no rows.
func (c *core) momentVariance(ctx context.Context, v VCov) (*variance, error) {
	k := c.k
	switch {
	case v == IID:
		out := &variance{meat: make([]float64, k*k), df: constant(c.residualDF(), k)}
		sigma2 := c.rss / c.residualDF()
		for i := range k {
			out.meat[i*k+i] = sigma2
		}
		return out, nil
	case v.robust() || len(c.model.Cluster) != 1 || len(c.set.Spec().Cluster) == 0:
		return nil, &needRows{v}
	}
	g := c.set.Clusters()
	if g < 2 {
		return nil, refuse(CodeOneCluster, c.model.Cluster, "all rows are in one cluster of %s: there is nothing to judge the uncertainty by", c.model.Cluster[0])
	}
	if err := c.leverageAllowed(v); err != nil {
		return nil, err
	}
	if c.cancels && c.byCluster == nil {
		return nil, &needRows{v}
	}
	var directions [][]float64
	if c.satterthwaiteDF(v) {
		directions = c.directions()
	}
	cv, err := c.sandwich(ctx, v, directions)
	if err != nil {
		return nil, err
	}
	if err := c.refuseSeized(cv.seized, "cluster of "+c.model.Cluster[0]); err != nil {
		return nil, err
	}
	mirror(cv.meat, k)
	out := &variance{meat: cv.meat, df: cv.df, clusters: []int{g}}
	if v == CR1 {
		scale(out.meat, c.smallSample(g))
	}
	if out.df == nil {
		out.df = constant(float64(g-1), k)
	}
	if cv.alone > 0 {
		out.warnings = append(out.warnings, warn(CodeLeverage, c.model.Cluster, "%d clusters alone determine some combination of coefficients, whose uncertainty they cannot inform", cv.alone))
	}
	out.warnings = append(out.warnings, fewClusters(v, c.model.Cluster[0], g)...)
	return out, nil
}

// satterthwaiteDF reports whether the kind's degrees of freedom are
// Satterthwaite's. CR3 with weights has those of the number of clusters.
func (c *core) satterthwaiteDF(v VCov) bool { return v == CR2 || v == CR3 && c.model.Weight == "" }

// leverageAllowed refuses CR2 and CR3 after absorbing effects that cross the
// clusters: the leverage of the absorbed effects is then not known here, while
// for effects nested in the clusters the absorbed regression gives the same
// answer (J. E. Pustejovsky and E. Tipton, "Small-sample methods for
// cluster-robust variance estimation", JBES 36, 2018, theorem 2).
func (c *core) leverageAllowed(v VCov) error {
	if v != CR2 && v != CR3 || len(c.absorbed.effects) == 0 {
		return nil
	}
	if c.model.Weight != "" {
		return refuse(CodeUnsupported, c.model.Absorb, "%s with weights and absorbed effects is not supported: use CR1, or give the effects as terms", v)
	}
	for _, e := range c.absorbed.effects {
		if !e.Nested {
			return refuse(CodeUnsupported, []string{e.Column}, "%s needs absorbed effects that are nested in the clusters; %s is not: give it as a term, or use CR1", v, e.Column)
		}
	}
	return nil
}

// refuseSeized refuses effects in focus that rest on one row or cluster.
func (c *core) refuseSeized(columns []int, what string) error {
	if len(columns) == 0 {
		return nil
	}
	slices.Sort(columns)
	var names []string
	for _, j := range slices.Compact(columns) {
		names = append(names, c.columns[j].name)
	}
	return refuse(CodeLeverage, names, "the effect of %s rests on a single %s, so its uncertainty cannot be judged from the data: with one unit in an arm only randomisation inference is left", shorten(names), what)
}

// fewClusters warns when the asymptotics of the variance are out of reach.
func fewClusters(v VCov, column string, g int) []Warning {
	switch {
	case (v == CR0 || v == CR1) && g < 40:
		return []Warning{warn(CodeFewClusters, []string{column}, "only %d clusters of %s: %s understates the uncertainty below about 40; use CR2", g, column, v)}
	case g < 6:
		return []Warning{warn(CodeFewClusters, []string{column}, "only %d clusters of %s: the confidence intervals are rough at best; prefer randomisation inference", g, column)}
	}
	return nil
}

// smallSample is CR1's factor for g clusters.
func (c *core) smallSample(g int) float64 {
	f := float64(g) / float64(g-1)
	if c.opts.SmallSample == Stata {
		k := float64(c.k + c.absorbed.counted)
		f *= (c.n - 1) / (c.n - k)
	}
	return f
}

func scale(x []float64, f float64) {
	for i := range x {
		x[i] *= f
	}
}

// rowVariance computes the kinds that need a second pass over the rows.
func (c *core) rowVariance(ctx context.Context, src data.Source, v VCov) (*variance, error) {
	k := c.k
	if v.robust() {
		if (v == HC2 || v == HC3) && len(c.absorbed.effects) > 0 {
			return nil, refuse(CodeUnsupported, c.model.Absorb, "%s needs the leverage of each row, which absorbing hides: use HC1, or give the effects as terms", v)
		}
		meat, alone, seized, err := c.robustMeat(ctx, src, v)
		if err != nil {
			return nil, fmt.Errorf("second pass for %s: %w", v, err)
		}
		if err := c.refuseSeized(seized, "row"); err != nil {
			return nil, err
		}
		out := &variance{meat: meat, df: constant(c.residualDF(), k)}
		if v == HC1 {
			scale(out.meat, c.n/c.residualDF())
		}
		if alone > 0 {
			out.warnings = append(out.warnings, warn(CodeLeverage, nil, "%d rows alone determine a coefficient, whose uncertainty they cannot inform", alone))
		}
		return out, nil
	}
	groupings := [][]string{{c.model.Cluster[0]}}
	if len(c.model.Cluster) == 2 {
		groupings = append(groupings, c.model.Cluster[1:2], c.model.Cluster)
	}
	parts, err := c.scoreMeat(ctx, src, groupings)
	if err != nil {
		return nil, fmt.Errorf("second pass for %s: %w", v, err)
	}
	out := &variance{meat: make([]float64, k*k)}
	least := math.MaxInt
	for d, cluster := range c.model.Cluster {
		g := parts[d].groups
		if g < 2 {
			return nil, refuse(CodeOneCluster, []string{cluster}, "all rows are in one cluster of %s: there is nothing to judge the uncertainty by", cluster)
		}
		least = min(least, g)
		out.clusters = append(out.clusters, g)
		out.warnings = append(out.warnings, fewClusters(v, cluster, g)...)
	}
	for d, p := range parts {
		f := 1.0
		if v == CR1 && !(d == 2 && c.opts.TwoWay == PlainIntersection) {
			g := p.groups
			if c.opts.TwoWay == MinGroups {
				g = least
			}
			f = c.smallSample(g)
		}
		if d == 2 { // the combinations of both were counted twice
			f = -f
		}
		axpy(out.meat, f, p.meat)
	}
	// The difference of matrices need not be positive. It is left alone, as other
	// packages do, while every coefficient has a positive variance.
	if len(parts) > 1 && slices.Min(c.variances(out.meat)) <= 0 && positive(out.meat, k) {
		out.warnings = append(out.warnings, warn(CodeNotPositive, c.model.Cluster, "the two-way clustered variance was negative for a coefficient; its negative eigenvalues were set to zero"))
	}
	out.df = constant(float64(least-1), k)
	return out, nil
}

// variances returns the diagonal of t meat t'.
func (c *core) variances(meat []float64) []float64 {
	k := c.k
	out := make([]float64, k)
	row := make([]float64, k)
	for i := range out {
		multiply(row, meat, c.t[i*k:(i+1)*k], k)
		out[i] = dot(row, c.t[i*k:(i+1)*k])
	}
	return out
}

// result assembles the Result.
func (c *core) result(v VCov, va *variance) *Result {
	k := c.k
	r := &Result{
		Name: c.model.Name, Outcome: c.model.Outcome, VCov: v, Counts: c.set.Counts(), N: int64(c.n), WeightSum: c.set.Total(0, 0).Float(),
		Clusters: va.clusters, ResidualDF: c.residualDF(), Condition: c.condition, Dropped: c.dropped, FirstStage: c.stages,
		Absorbed: c.absorbed.effects, AbsorbResidual: c.absorbed.residual, AbsorbIterations: c.absorbed.iterations,
		Warnings: slices.Concat(c.warnings, va.warnings), core: c,
	}
	if len(c.absorbed.effects) > 0 {
		r.Counts = c.absorbed.counts
	}
	r.Sigma = math.Sqrt(c.rss / c.residualDF())
	if c.tss > 0 {
		r.R2 = 1 - c.rss/c.tss
	}
	// V = t meat t'.
	tm := make([]float64, k*k)
	times(tm, c.t, va.meat, k, k)
	r.Covariance = make([][]float64, k)
	for i := range k {
		r.Covariance[i] = make([]float64, k)
	}
	for i := range k {
		for j := range i + 1 {
			x := dot(tm[i*k:(i+1)*k], c.t[j*k:(j+1)*k])
			r.Covariance[i][j], r.Covariance[j][i] = x, x
		}
	}
	low := 0
	for i := range k {
		from := c.columns[i]
		if o, ok := c.absorbed.origin[from.name]; ok {
			from = o
		}
		x := Coefficient{Name: from.name, Term: from.term, Level: from.level, Estimate: c.beta[i].Float(), DF: va.df[i]}
		x.SE = math.Sqrt(max(r.Covariance[i][i], 0))
		x.test(c.opts.coverage())
		if x.DF < 4 && (len(c.model.Focus) == 0 || c.inFocus(&c.columns[i])) {
			low++
		}
		r.Coefficients = append(r.Coefficients, x)
	}
	if low > 0 && v.Clustered() {
		r.Warnings = append(r.Warnings, warn(CodeLowDF, nil, "%d coefficients rest on fewer than 4 effective degrees of freedom: treat their intervals as rough", low))
	}
	return r
}

// With returns the result with another kind of variance, which must be one that
// the moments suffice for: iid, or CR0 to CR3 when the model was estimated with
// one of these. Weighted CR2 is only available when it was asked for first.
func (r *Result) With(v VCov) (*Result, error) {
	c := *r.core
	if v == CR2 && c.model.Weight != "" && !c.set.Spec().WeightPowers {
		return nil, &needRows{v}
	}
	va, err := c.momentVariance(context.Background(), v)
	if err != nil {
		return nil, err
	}
	return c.result(v, va), nil
}

// NeedsRows reports whether an error of With or FromMoments says that the
// variance needs a second pass over the rows, which Run makes.
func NeedsRows(err error) bool {
	var e *needRows
	return errors.As(err, &e)
}

// Combine returns the sum of coefficients times weights, by name, as a
// coefficient of that name: the difference of two arms, say, or the mean of
// several periods' effects. For CR2 and CR3 it has its own Satterthwaite degrees
// of freedom.
func (r *Result) Combine(name string, weights map[string]float64) (Coefficient, error) {
	at := make([]float64, len(r.Coefficients))
	df := math.Inf(1)
	found := 0
	for i, c := range r.Coefficients {
		w, ok := weights[c.Name]
		if !ok {
			continue
		}
		found++
		at[i] = w
		if w != 0 {
			df = min(df, c.DF)
		}
	}
	if found != len(weights) || found == 0 {
		return Coefficient{}, fmt.Errorf("combine coefficients: the model does not have all of the %d named", len(weights))
	}
	out := Coefficient{Name: name, DF: df}
	variance := 0.0
	for i, a := range at {
		out.Estimate += a * r.Coefficients[i].Estimate
		for j, b := range at {
			variance += a * b * r.Covariance[i][j]
		}
	}
	c := r.core
	if r.VCov.Clustered() && c.satterthwaiteDF(r.VCov) {
		direction := make([]float64, c.k) // t' a
		for i, a := range at {
			axpy(direction, a, c.t[i*c.k:(i+1)*c.k])
		}
		cv, err := c.sandwich(context.Background(), r.VCov, [][]float64{direction})
		if err != nil {
			return Coefficient{}, err
		}
		out.DF = cv.df[0]
	}
	out.SE = math.Sqrt(max(variance, 0))
	out.test(c.opts.coverage())
	return out, nil
}

// test fills in what follows from the estimate, its standard error and its
// degrees of freedom.
func (x *Coefficient) test(coverage float64) {
	x.T = x.Estimate / x.SE
	x.P = stat.TwoSidedT(x.T, x.DF)
	half := stat.TCritical(coverage, x.DF) * x.SE
	x.Low, x.High = x.Estimate-half, x.Estimate+half
}

// Test is a joint test that several coefficients are zero.
type Test struct {
	F, DF1, DF2, P float64
}

// Joint tests that all the named coefficients are zero, by the Wald statistic
// over the number of coefficients compared with F. The denominator has the
// residual degrees of freedom for iid and HC, and the number of clusters less
// one for CR, which is a rough rule when there are few clusters.
func (r *Result) Joint(names ...string) (Test, error) {
	var at []int
	for _, n := range names {
		i := slices.IndexFunc(r.Coefficients, func(c Coefficient) bool { return c.Name == n })
		if i < 0 {
			return Test{}, fmt.Errorf("no coefficient is named %q", n)
		}
		at = append(at, i)
	}
	q := len(at)
	if q == 0 {
		return Test{}, errors.New("a joint test needs at least one coefficient")
	}
	v := make([]dd.D, q*q)
	scale := make([]float64, q)
	b := make([]dd.D, q)
	for i, x := range at {
		b[i] = dd.F(r.Coefficients[x].Estimate)
		for j, y := range at {
			v[i*q+j] = dd.F(r.Covariance[x][y])
		}
		scale[i] = r.Covariance[x][x]
	}
	chol := dense.Factor(v, q, scale, 1e-12)
	if chol.Size() < q {
		return Test{}, refuse(CodeFewClusters, names, "the variance of the %d coefficients has rank %d only, so they cannot be tested jointly", q, chol.Size())
	}
	chol.SolveLower(b)
	sum := dd.D{}
	for _, x := range b {
		sum = sum.Add(x.Mul(x))
	}
	t := Test{F: sum.Float() / float64(q), DF1: float64(q), DF2: r.ResidualDF}
	if r.VCov.Clustered() {
		t.DF2 = float64(slices.Min(r.Clusters) - 1)
	}
	t.P = stat.FTail(t.F, t.DF1, t.DF2)
	return t, nil
}
