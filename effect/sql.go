package effect

import (
	"slices"

	"funn/effect/disclose"
	"funn/effect/linreg"
	"funn/effect/plan"
	"funn/effect/sqlscore"
)

// SQLModel is the model of one outcome of a plan for a database that is asked
// by queries. Plans that need more than that are refused with the reason.
func SQLModel(p *plan.Plan, table, outcome string) (*sqlscore.Model, error) {
	o := p.OutcomeNamed(outcome)
	switch {
	case o == nil:
		return nil, refusef("", "the plan has no outcome %q", outcome)
	case p.Estimator != plan.OLS && p.Estimator != plan.DifferenceInMeans:
		return nil, refusef("", "queries can estimate ols and difference_in_means, not %s", p.Estimator)
	case len(p.Absorb) > 0 || p.Weights != "" || p.Panel != nil || len(p.Subgroups) > 0 || len(p.Cluster) > 1 || p.Treatment == "" ||
		len(p.Strata) > 0 && p.Design == plan.Blocked:
		return nil, refusef("", "queries cannot estimate a plan with absorb, weights, panel, subgroups, blocks, two clusters or without treatment")
	case p.Missing.Rule != plan.Listwise:
		return nil, refusef("", "queries leave out rows that lack a value (missing: listwise); the plan says %s", p.Missing.Rule)
	}
	v, err := linreg.ParseVCov(p.VCov)
	if err != nil {
		return nil, err
	}
	m := &sqlscore.Model{
		Table: table, Outcome: outcome, VCov: v,
		Numbers: slices.Clone(p.Covariates), Factors: slices.Clone(p.Factors),
		Reference: map[string]string{}, Levels: map[string][]string{},
	}
	if len(p.Cluster) == 1 {
		m.Cluster = p.Cluster[0]
	}
	for _, a := range p.Arms {
		m.Levels[p.Treatment] = append(m.Levels[p.Treatment], a.Value)
	}
	if sqlNumber(p) {
		m.Numbers = append([]string{p.Treatment}, m.Numbers...)
	} else {
		m.Factors = append([]string{p.Treatment}, m.Factors...)
		m.Reference[p.Treatment], _ = p.ControlArm()
	}
	return m, nil
}

// sqlNumber tells whether the treatment is a number: it has no arms, or the
// two arms 0 and 1 with 0 as control.
func sqlNumber(p *plan.Plan) bool {
	control, named := p.ControlArm()
	return !named || len(p.Arms) == 2 && control == "0" && (p.Arms[0].Value == "1" || p.Arms[1].Value == "1")
}

// SQLResult is the result of a model estimated by queries, after the
// disclosure check.
func SQLResult(p *plan.Plan, lock plan.State, fit *sqlscore.Fit, outcome, source string, coefficients []linreg.Coefficient, clusters int) *Result {
	r := &run{plan: p, opts: Options{Lock: lock}}
	out := &Result{
		Format: ResultFormat, PlanHash: p.Hash(), Title: p.Title, Question: p.Question, Population: p.Population,
		Design: p.Design, Treatment: p.Treatment, Estimator: p.Estimator, VCov: p.VCov, Confidence: p.Confidence, Source: source,
		Estimates: []Estimate{}, Withheld: []Withhold{}, Flow: Flow{Read: Number(fit.N())},
	}
	r.lock(out)
	rule := ruleOf(p)
	planned := *p.OutcomeNamed(outcome)
	kind := planned.Type
	if kind == "" {
		kind = plan.Continuous
	}
	o := Outcome{
		Name: outcome, Role: planned.Role, Type: kind, Label: planned.Label, Unit: planned.Unit, Better: planned.Better,
		SmallestOfInterest: planned.SmallestOfInterest, ControlMean: Withheld,
	}
	why := rule.Basis(fit.N())
	for _, a := range p.Arms {
		if why == disclose.Shown {
			why = rule.Basis(fit.Count(p.Treatment, a.Value))
		}
	}
	l := &release{result: out, rule: rule}
	for i := range coefficients {
		c := &coefficients[i]
		if c.Name == linreg.Intercept {
			continue
		}
		e := Estimate{
			Outcome: outcome, Term: c.Name, Model: string(p.Estimator) + " by queries", Role: planned.Role, N: fit.N(), Clusters: clusters,
			Estimate: Number(c.Estimate), SE: Number(c.SE), CILow: Number(c.Low), CIHigh: Number(c.High),
			DF: Number(c.DF), P: Number(c.P), PAdjusted: Withheld,
		}
		isTreatment := slices.Contains(c.Term.Numbers(), p.Treatment) || slices.Contains(c.Term.Categories(), p.Treatment)
		switch {
		case why != disclose.Shown:
			l.withhold(why, "the coefficient of %s", c.Name)
		case isTreatment:
			if len(c.Level) > 0 {
				e.Arm = c.Level[0]
			}
			out.Estimates = append(out.Estimates, e)
			o.Verdicts = append(o.Verdicts, Verdict{e.Term, Conclude(float64(e.CILow), float64(e.CIHigh), planned.SmallestOfInterest)})
		case len(c.Level) > 0 && rule.Basis(fit.Count(c.Term.Categories()[0], c.Level[0])) != disclose.Shown:
			l.withhold(disclose.Small, "the coefficient of %s", c.Name)
		default:
			out.Coefficients = append(out.Coefficients, e)
		}
	}
	out.Outcomes = []Outcome{o}
	out.Models = []Model{{
		Name: string(p.Estimator) + " by queries", Outcome: outcome, N: fit.N(), R2: Withheld, Condition: Withheld,
		Dropped: fit.Dropped(), FirstStageF: Withheld, SolverResidual: Withheld,
	}}
	if clusters > 0 {
		out.Models[0].Clusters = []int{clusters}
	}
	for _, name := range fit.Dropped() {
		r.warn("%s ble utelatt: andre kolonner bestemmer den", "%s was dropped: other columns determine it", name)
	}
	if clusters > 0 && clusters < 40 {
		r.warn("bare %d klynger: %s gir for liten usikkerhet under omtrent 40; bruk CR2 på radene", "only %d clusters: %s understates the uncertainty below about 40; use CR2 on the rows", clusters, p.VCov)
	}
	r.adjust(out)
	r.tellWarnings(out)
	return out
}
