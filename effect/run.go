package effect

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"funn/effect/data"
	"funn/effect/did"
	"funn/effect/linreg"
	"funn/effect/moment"
	"funn/effect/plan"
	"funn/effect/stat"

	"gonum.org/v1/gonum/mat"
)

// Options are how a plan is run; none of them changes a figure.
type Options struct {
	// Lock is how the plan stands to its lock file.
	Lock plan.State
	// Threads is the number of goroutines that compute; 0 means one a processor.
	Threads int
	// Memory limits the bytes that the sums of one model may take; 0 means
	// moment.DefaultMemory.
	Memory int64
	// Progress, when not nil, is called now and then.
	Progress func(Progress)
}

// Progress is how far a run has come.
type Progress struct {
	// Rows is how many rows of the current scan have been read, of Total; Total
	// is -1 when unknown.
	Rows, Total int64
}

// Run estimates what the plan asks of the data and returns what may be
// published of it. The error says why a plan is refused: a *[Refusal] when
// the data do not support it, or the typed errors of packages data, moment
// and source when they cannot be read or used.
func Run(ctx context.Context, p *plan.Plan, src data.Source, opts Options) (*Result, error) {
	schema, err := src.Schema(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the columns: %w", err)
	}
	b, err := newBuilder(p, schema)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(checkKinds(p, schema), checkPanel(p, schema)); err != nil {
		return nil, err
	}
	r := &run{ctx: ctx, plan: p, build: b, opts: opts, describe: newDescriber(p, schema)}
	if p.Panel != nil {
		r.jobs = b.panelJobs()
	} else {
		r.jobs = b.mainJobs()
	}
	r.jobs = append(r.jobs, b.subgroupJobs()...)
	r.jobs = append(r.jobs, b.attritionJobs()...)
	r.jobs = append(r.jobs, b.balanceJob()...)
	r.src = &derived{Source: src, columns: b.computed, witness: r.describe}
	if err := r.estimate(); err != nil {
		return nil, err
	}
	if err := r.checkData(); err != nil {
		return nil, err
	}
	if err := r.randomisationInference(); err != nil {
		return nil, err
	}
	return r.result()
}

// Refusal says why the data do not support a plan.
type Refusal struct {
	// Outcome is the outcome whose model was refused, if it was one.
	Outcome string
	Err     error
}

func (r *Refusal) Error() string {
	if r.Outcome == "" {
		return r.Err.Error()
	}
	return fmt.Sprintf("outcome %s: %v", r.Outcome, r.Err)
}

func (r *Refusal) Unwrap() error { return r.Err }

func refusef(outcome, format string, args ...any) error {
	return &Refusal{Outcome: outcome, Err: fmt.Errorf(format, args...)}
}

// run is one evaluation under way.
type run struct {
	ctx      context.Context
	plan     *plan.Plan
	build    *builder
	opts     Options
	describe *describer
	src      *derived
	jobs     []job
	fits     []linreg.Estimated
	studies  []*did.Study
	tests    []RandomisationTest
	warnings []warning
}

// warning is a warning in both languages.
type warning struct{ NB, EN string }

// warn notes a warning, once. The formats take the same arguments; one that
// leaves some out names those it takes by number.
func (r *run) warn(nb, en string, args ...any) {
	w := warning{fmt.Sprintf(nb, args...), fmt.Sprintf(en, args...)}
	if !slices.Contains(r.warnings, w) {
		r.warnings = append(r.warnings, w)
	}
}

func (r *run) tellWarnings(out *Result) {
	out.Warnings, out.WarningsNB = []string{}, []string{}
	for _, w := range r.warnings {
		out.Warnings = append(out.Warnings, w.EN)
		out.WarningsNB = append(out.WarningsNB, w.NB)
	}
}

func (r *run) linregOptions() linreg.Options {
	o := linreg.Options{Coverage: r.plan.Confidence, Moments: moment.Options{Threads: r.opts.Threads, Memory: r.opts.Memory}}
	if r.opts.Progress != nil {
		total := r.src.RowHint()
		o.Moments.Progress = func(rows int64) { r.opts.Progress(Progress{Rows: rows, Total: total}) }
	}
	return o
}

// estimate fits all models in one scan, and those that need more in further
// ones. A refused model of a primary outcome refuses the plan.
func (r *run) estimate() error {
	var models []linreg.Model
	var at []int
	for i := range r.jobs {
		if r.jobs[i].run == nil {
			models, at = append(models, r.jobs[i].model), append(at, i)
		}
	}
	opts := r.linregOptions()
	together, err := linreg.RunAll(r.ctx, r.src, models, opts)
	if err != nil {
		return err
	}
	fits := make([]linreg.Estimated, len(r.jobs))
	r.studies = make([]*did.Study, len(r.jobs))
	for k, i := range at {
		fits[i] = together[k]
	}
	for i := range r.jobs {
		if r.jobs[i].run == nil {
			continue
		}
		fits[i].Result, r.studies[i], fits[i].Err = r.jobs[i].run(r.ctx, r.src, opts)
		if err := fits[i].Err; err != nil && !errors.As(err, new(*linreg.Refusal)) && !errors.As(err, new(*moment.SizeError)) {
			return err
		}
	}
	r.fits = fits
	if r.plan.Estimator == plan.BlockedDifference {
		r.refuseLoneUnits()
	}
	for i, f := range fits {
		if f.Err == nil {
			continue
		}
		j := &r.jobs[i]
		outcome := r.plan.Outcomes[j.outcome]
		switch {
		case j.kind == mainModel && outcome.Role == plan.Primary:
			// An arm with nobody is the plainer reason for what then also
			// fails as a regression.
			if err := r.describe.checkArms(r.plan); err != nil {
				return &Refusal{Err: err}
			}
			return &Refusal{Outcome: outcome.Name, Err: f.Err}
		case j.kind == mainModel:
			r.warn("%s ble ikke estimert: %v", "%s was not estimated: %v", outcome.Name, f.Err)
		case j.kind == subgroupModel:
			r.warn("effekten på %s etter %s ble ikke estimert: %v", "the effect on %s by %s was not estimated: %v", outcome.Name, j.column, f.Err)
		case j.kind == balanceModel:
			r.warn("likheten mellom gruppene på forhånd ble ikke testet: %v", "the arms' likeness beforehand was not tested: %v", f.Err)
		case refusedAs(f.Err, linreg.CodeConstantOutcome):
			// Nobody's outcome is missing, or everybody's: there is no test of
			// whether the arms lose as many.
		default:
			r.warn("frafallet i %s ble ikke testet: %v", "the loss of %s was not tested: %v", j.column, f.Err)
		}
	}
	return nil
}

// refuseLoneUnits refuses a blocked comparison in which a block has one unit
// in an arm: its spread, and so the uncertainty, cannot be known.
func (r *run) refuseLoneUnits() {
	for i := range r.jobs {
		if r.jobs[i].kind != mainModel {
			continue
		}
		alone := refusedAs(r.fits[i].Err, linreg.CodeFewRows)
		if r.fits[i].Err == nil {
			alone = slices.ContainsFunc(r.fits[i].Warnings, func(w linreg.Warning) bool { return w.Code == linreg.CodeLeverage })
		}
		if alone {
			r.fits[i] = linreg.Estimated{Err: &linreg.Refusal{
				Code: linreg.CodeLeverage, Columns: r.plan.Strata,
				Message: "a block has only one unit in an arm, so its uncertainty cannot be known; for pairs use estimator difference_in_means with the pair as cluster",
			}}
		}
	}
}

func refusedAs(err error, code linreg.Code) bool {
	var refusal *linreg.Refusal
	return errors.As(err, &refusal) && refusal.Code == code
}

// checkData refuses or warns for what only a look at all rows shows.
func (r *run) checkData() error {
	d, p := r.describe, r.plan
	if !d.armsLike(p, r.build.categorical) {
		d.becomeAmount()
	}
	if err := d.checkArms(p); err != nil {
		return &Refusal{Err: err}
	}
	if p.Missing.Rule == plan.RefuseMissing {
		for j, n := range d.missing {
			if n > 0 {
				return refusef("", "the plan's rule for missing values is refuse, and column %q lacks %s", d.columns[j], rowsWords(d.rule.Count(n) == "", n))
			}
		}
	}
	if p.Design == plan.Clustered && p.Treatment != "" && !d.tooMany {
		if _, split := d.armClusters(); split > 0 {
			r.warn("%d klynger har rader i mer enn én gruppe, enda planen sier at de ble trukket samlet",
				"%d clusters have rows in more than one arm, though the design says they were drawn as a whole", split)
		}
	}
	if len(p.Arms) > 0 && !d.tooMany {
		for i, value := range d.arms.texts {
			if !slices.ContainsFunc(p.Arms, func(a plan.Arm) bool { return a.Value == value }) && d.rule.Count(d.armRows[i]) == "" {
				r.warn("%d rader med %s = %s hører ikke til noen gruppe i planen og er utelatt", "%d rows with %s = %s are in no arm of the plan and were left out", d.armRows[i], d.columns[d.drawn], value)
			}
		}
	}
	if p.Treatment != "" && d.tooMany && p.Design.Randomised() {
		r.warn("%s har mer enn to verdier, og planen navngir ikke grupper, så estimatet er effekten av én enhet mer", "%s has more than two values and the plan names no arms, so the estimate is the effect of one unit more of it", p.Treatment)
	}
	return nil
}

// rowsWords tells a number of rows unless it is so small that it is withheld.
func rowsWords(shown bool, n int64) string {
	if !shown {
		return "a value in a few rows"
	}
	return fmt.Sprintf("a value in %d rows", n)
}

// armsLike tells whether the drawn column's values are arms to be described,
// rather than amounts.
func (d *describer) armsLike(p *plan.Plan, categorical bool) bool {
	return d.drawn >= 0 && !d.tooMany && (len(p.Arms) > 0 || categorical || len(d.arms.texts) <= 2)
}

// result assembles what was found and passes it through the disclosure check.
func (r *run) result() (*Result, error) {
	p := r.plan
	out := &Result{
		Format: ResultFormat, PlanHash: p.Hash(), Title: p.Title, Question: p.Question, Population: p.Population,
		Design: p.Design, Treatment: p.Treatment, Estimator: p.Estimator, VCov: p.VCov, Confidence: p.Confidence,
		Estimates: []Estimate{}, Outcomes: []Outcome{}, Models: []Model{}, Withheld: []Withhold{}, Flow: Flow{Read: Number(r.describe.rows)},
	}
	if named, ok := r.src.Source.(interface{ Name() string }); ok {
		out.Source = named.Name()
	}
	r.lock(out)
	for i := range r.jobs {
		if r.fits[i].Err == nil {
			r.collect(out, &r.jobs[i], r.fits[i].Result, r.studies[i])
		}
	}
	r.adjust(out)
	out.RandomisationInference = r.tests
	release := &release{run: r, result: out, rule: r.describe.rule}
	release.all()
	r.tellWarnings(out)
	return out, nil
}

// LockWarnings are how the warnings begin that tell of the plan's lock.
var LockWarnings = []string{
	"planen er ikke låst", "the plan is not locked",
	"planen er endret etter at den ble låst", "the plan was changed after it was locked",
}

func (r *run) lock(out *Result) {
	s := r.opts.Lock
	if !s.Locked {
		r.warn("%[1]s", "%[2]s", LockWarnings[0], LockWarnings[1])
		return
	}
	out.ChangedSinceLock, out.LockedAt, out.Relocked = &s.Changed, &s.LockedAt, s.Relocked
	if s.Changed {
		out.ChangedFields = s.Fields
		r.warn("%[1]s: %[3]s", "%[2]s: %[3]s", LockWarnings[2], LockWarnings[3], strings.Join(s.Fields, ", "))
	}
}

// collect takes over one fitted model.
func (r *run) collect(out *Result, j *job, fit *linreg.Result, study *did.Study) {
	outcome := r.plan.Outcomes[j.outcome]
	switch j.kind {
	case attritionModel:
		out.Attrition = append(out.Attrition, r.jointTest(j, fit, Test{Outcome: outcome.Name}))
		return
	case balanceModel:
		t := r.jointTest(j, fit, Test{})
		out.Balance = &Balance{Rows: []BalanceRow{}, P: t.P}
		return
	}
	r.passWarnings(j, fit)
	m := Model{
		Name: j.model.Name, Outcome: outcome.Name, N: fit.N, Clusters: fit.Clusters, R2: Number(fit.R2),
		Condition: Number(fit.Condition), FirstStageF: Withheld, SolverResidual: Withheld,
	}
	for _, d := range fit.Dropped {
		m.Dropped = append(m.Dropped, d.Name)
	}
	for _, f := range fit.FirstStage {
		if strength := firstStageStrength(f); !m.FirstStageF.Known() || strength < float64(m.FirstStageF) {
			m.FirstStageF = Number(strength)
		}
	}
	if len(fit.Absorbed) > 0 {
		m.SolverResidual = Number(fit.AbsorbResidual)
	}
	out.Models = append(out.Models, m)
	base := Estimate{Outcome: outcome.Name, Model: j.model.Name, Role: outcome.Role, PAdjusted: Withheld, N: fit.N}
	if len(fit.Clusters) > 0 {
		base.Clusters = slices.Min(fit.Clusters)
	}
	for i := range fit.Coefficients {
		c := &fit.Coefficients[i]
		e := base.of(c)
		meaning, isEffect := j.effects(c)
		e.Term = termName(c, meaning.subgroup)
		if isEffect {
			e.Arm, e.Subgroup = meaning.arm, meaning.subgroup
			out.Estimates = append(out.Estimates, e)
		} else if j.kind == mainModel && r.build.isCovariate(c.Term) {
			out.Coefficients = append(out.Coefficients, e)
		}
	}
	if study != nil {
		eventStudy(out, study, base)
	}
	if j.kind == subgroupModel {
		if t, ok := equality(fit, j); ok {
			t.Outcome, t.Column = outcome.Name, j.column
			out.Heterogeneity = append(out.Heterogeneity, t)
		}
	}
}

// of is the estimate with the figures of a coefficient.
func (e Estimate) of(c *linreg.Coefficient) Estimate {
	e.Estimate, e.SE, e.CILow, e.CIHigh = Number(c.Estimate), Number(c.SE), Number(c.Low), Number(c.High)
	e.DF, e.P = Number(c.DF), Number(c.P)
	return e
}

// firstStageStrength is the F that holds under the model's variance, where it
// could be had, else the classical one.
func firstStageStrength(f linreg.FirstStage) float64 {
	if !math.IsNaN(f.EffectiveF) {
		return f.EffectiveF
	}
	return f.F
}

// passWarnings takes over what the estimator warns of, but for counts of
// people, which are told after the disclosure check.
func (r *run) passWarnings(j *job, fit *linreg.Result) {
	of := ""
	if len(r.plan.Outcomes) > 1 || j.kind != mainModel {
		of = r.plan.Outcomes[j.outcome].Name + ": "
		if j.kind == subgroupModel {
			of = r.plan.Outcomes[j.outcome].Name + " by " + j.column + ": "
		}
	}
	for _, w := range fit.Warnings {
		switch w.Code {
		case linreg.CodeMissing, linreg.CodeZeroWeight:
			continue
		case linreg.CodeCollinear:
			if len(w.Columns) > 0 && r.build.isIndicator(w.Columns[0]) {
				continue // nothing was missing, so the mark does not vary
			}
		}
		nb, en := warningWords(w)
		r.warn("%[1]s%[2]s", "%[1]s%[3]s", of, nb, en)
	}
}

func (b *builder) isIndicator(name string) bool {
	return slices.ContainsFunc(b.indicators, func(t moment.Term) bool { return t.Numbers()[0] == name })
}

// jointTest tests that all coefficients the job calls effects are zero.
func (r *run) jointTest(j *job, fit *linreg.Result, t Test) Test {
	t.Statistic, t.DF, t.DF2, t.P = Withheld, Withheld, Withheld, Withheld
	var names []string
	for i := range fit.Coefficients {
		c := &fit.Coefficients[i]
		if _, ok := j.effects(c); ok && c.Name != linreg.Intercept {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return t
	}
	w, err := fit.Joint(names...)
	if err != nil {
		r.warn("%s kunne ikke testes: %v", "%s could not be tested: %v", j.model.Name, err)
		return t
	}
	t.Statistic, t.DF, t.DF2, t.P = Number(w.F), Number(w.DF1), Number(w.DF2), Number(w.P)
	return t
}

// equality tests that the effects of a subgroup model are the same in all
// groups, arm by arm jointly: the Wald statistic of their differences from
// the first group's, compared with F.
func equality(fit *linreg.Result, j *job) (Test, bool) {
	first := map[string]int{}
	var rows [][2]int
	for i := range fit.Coefficients {
		meaning, ok := j.effects(&fit.Coefficients[i])
		if !ok {
			continue
		}
		if at, seen := first[meaning.arm]; seen {
			rows = append(rows, [2]int{i, at})
		} else {
			first[meaning.arm] = i
		}
	}
	q := len(rows)
	if q == 0 {
		return Test{}, false
	}
	difference := mat.NewVecDense(q, nil)
	v := mat.NewSymDense(q, nil)
	cov := func(a, b int) float64 { return fit.Covariance[a][b] }
	for i, x := range rows {
		difference.SetVec(i, fit.Coefficients[x[0]].Estimate-fit.Coefficients[x[1]].Estimate)
		for k := i; k < q; k++ {
			y := rows[k]
			v.SetSym(i, k, cov(x[0], y[0])-cov(x[0], y[1])-cov(x[1], y[0])+cov(x[1], y[1]))
		}
	}
	var factor mat.Cholesky
	if !factor.Factorize(v) || factor.Cond() > 1e12 {
		return Test{}, false
	}
	var solved mat.VecDense
	if err := factor.SolveVecTo(&solved, difference); err != nil {
		return Test{}, false
	}
	f := mat.Dot(difference, &solved) / float64(q)
	df2 := fit.ResidualDF
	if fit.VCov.Clustered() {
		df2 = float64(slices.Min(fit.Clusters) - 1)
	}
	return Test{Statistic: Number(f), DF: Number(q), DF2: Number(df2), P: Number(stat.FTail(f, float64(q), df2))}, true
}
