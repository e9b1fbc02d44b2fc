package effect

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"funn/effect/data"
	"funn/effect/did"
	"funn/effect/linreg"
	"funn/effect/moment"
	"funn/effect/plan"
)

// job is one model and what its coefficients are for.
type job struct {
	kind    jobKind
	model   linreg.Model
	outcome int // in the plan's outcomes
	// effects tells a coefficient that is an effect from one that is not.
	effects func(c *linreg.Coefficient) (effectMeaning, bool)
	column  string // the subgroup column, or the column whose loss is tested
	// run estimates the job in place of the model, where package did does.
	run func(context.Context, data.Source, linreg.Options) (*linreg.Result, *did.Study, error)
}

type jobKind int

const (
	mainModel jobKind = iota
	subgroupModel
	attritionModel
	balanceModel
)

// effectMeaning is what an effect's coefficient stands for.
type effectMeaning struct {
	arm      string
	subgroup *Level
}

// builder turns a plan into models.
type builder struct {
	plan   *plan.Plan
	schema data.Schema
	vcov   linreg.VCov

	treatment   moment.Term // of the treatment received
	categorical bool
	where       []moment.Condition
	computed    []computed
	indicators  []moment.Term // missing marks beside the covariates
}

func newBuilder(p *plan.Plan, schema data.Schema) (*builder, error) {
	if _, err := schema.Select(p.Columns()); err != nil {
		return nil, err
	}
	v, err := linreg.ParseVCov(p.VCov)
	if err != nil {
		return nil, err
	}
	b := &builder{plan: p, schema: schema, vcov: v}
	if p.Treatment != "" {
		b.categorical = b.isCategory(p.Treatment, p.Arms)
		b.treatment = moment.Number(p.Treatment)
		if b.categorical {
			b.treatment = moment.Category(p.Treatment)
		}
	}
	if len(p.Arms) > 0 {
		values := make([]string, len(p.Arms))
		for i, a := range p.Arms {
			values[i] = a.Value
		}
		b.where = []moment.Condition{{Column: drawnColumn(p), Levels: values}}
	}
	if p.Missing.Rule == plan.Indicator {
		b.indicate()
	}
	return b, nil
}

// isCategory tells whether a column's arms are categories. Two arms called 0
// and 1, or false and true, with the first the control, are a number: the
// coefficient is then named by the column alone.
func (b *builder) isCategory(column string, arms []plan.Arm) bool {
	if b.kind(column) == data.String {
		return true
	}
	if len(arms) == 0 || column != drawnColumn(b.plan) {
		return false
	}
	if len(arms) > 2 {
		return true
	}
	control, other := arms[0], arms[1]
	if other.Control {
		control, other = other, control
	}
	number := control.Value == "0" && other.Value == "1" || control.Value == "false" && other.Value == "true"
	return !number
}

func (b *builder) kind(column string) data.Kind { return b.schema[b.schema.Index(column)].Kind }

// indicate replaces covariates and factors by filled ones. Where chance drew
// the arms, covariates and what is missing of them are independent of the
// arm, so filling them in any fixed way and marking it keeps the comparison
// fair (A. Zhao and P. Ding, "To adjust or not to adjust? Estimating the
// average treatment effect in randomized experiments with missing
// covariates", JASA 119, 2024).
func (b *builder) indicate() {
	for _, c := range b.plan.Covariates {
		if b.kind(c) == data.String {
			continue // refused as text by the estimator
		}
		mark := c + " (missing)"
		b.computed = append(b.computed, zeroFilled(b.schema[b.schema.Index(c)]), missingMark(mark, c))
		b.indicators = append(b.indicators, moment.Number(mark))
	}
	for _, f := range b.plan.Factors {
		b.computed = append(b.computed, leveled(b.schema[b.schema.Index(f)]))
	}
}

// covariates lists the adjustment terms.
func (b *builder) covariates() []moment.Term {
	var out []moment.Term
	for _, c := range b.plan.Covariates {
		out = append(out, moment.Number(c))
	}
	for _, f := range b.plan.Factors {
		out = append(out, moment.Category(f))
	}
	return append(out, b.indicators...)
}

// isCovariate tells a covariate's own coefficient from those of blocks,
// products and the constant, which nobody would read.
func (b *builder) isCovariate(t moment.Term) bool {
	return slices.ContainsFunc(b.covariates(), func(c moment.Term) bool { return c.Key() == t.Key() }) ||
		b.plan.Panel != nil && len(t.Numbers()) == 1 && !t.IsConstant()
}

// base is what all models of the plan share.
func (b *builder) base(name, outcome string) linreg.Model {
	p := b.plan
	m := linreg.Model{
		Name: name, Outcome: outcome, Weight: p.Weights, Cluster: p.Cluster,
		Where: b.where, VCov: b.vcov, Reference: map[string]string{}, Expect: map[string][]string{},
	}
	if b.categorical {
		if control, ok := p.ControlArm(); ok {
			m.Reference[p.Treatment] = control
			for _, a := range p.Arms {
				m.Expect[p.Treatment] = append(m.Expect[p.Treatment], a.Value)
			}
		}
	}
	return m
}

// treatmentEffect recognises the coefficients of a treatment term, alone or
// crossed with a subgroup column.
func (b *builder) treatmentEffect(term moment.Term, subgroup string) func(*linreg.Coefficient) (effectMeaning, bool) {
	key := term.Key()
	return func(c *linreg.Coefficient) (effectMeaning, bool) {
		if c.Term.Key() != key {
			return effectMeaning{}, false
		}
		var m effectMeaning
		for i, column := range c.Term.Categories() {
			if column == b.plan.Treatment {
				m.arm = c.Level[i]
			} else if column == subgroup {
				m.subgroup = &Level{Column: subgroup, Value: c.Level[i]}
			}
		}
		if m.arm == "" {
			m.arm = b.treatedArm()
		}
		return m, true
	}
}

// treatedArm is the arm that is not the control, where there are two arms
// and the treatment is what was drawn.
func (b *builder) treatedArm() string {
	if len(b.plan.Arms) != 2 || drawnColumn(b.plan) != b.plan.Treatment {
		return ""
	}
	if b.plan.Arms[0].Control {
		return b.plan.Arms[1].Value
	}
	return b.plan.Arms[0].Value
}

func everyCoefficient(*linreg.Coefficient) (effectMeaning, bool) { return effectMeaning{}, true }

// mainJobs are the models of the effect itself, one for each outcome, for
// every estimator but those of package did.
func (b *builder) mainJobs() []job {
	var out []job
	for i, o := range b.plan.Outcomes {
		m := b.base(string(b.plan.Estimator), o.Name)
		j := job{kind: mainModel, outcome: i, effects: b.treatmentEffect(b.treatment, "")}
		if b.plan.Treatment == "" {
			m.Terms = linreg.Terms(b.covariates()...)
			j.effects = everyCoefficient
		} else {
			m.Focus = []moment.Term{b.treatment}
			m.Terms = b.terms(b.treatment)
		}
		m.Absorb = b.plan.Absorb
		if b.plan.Estimator == plan.IV {
			m.Endogenous = []moment.Term{b.treatment}
			for _, z := range b.plan.Instrument {
				m.Instruments = append(m.Instruments, b.instrument(z))
			}
		}
		j.model = m
		out = append(out, j)
	}
	return out
}

func (b *builder) instrument(column string) moment.Term {
	if column == drawnColumn(b.plan) && b.isCategory(column, b.plan.Arms) || b.kind(column) == data.String {
		return moment.Category(column)
	}
	return moment.Number(column)
}

// terms lists the regressors around a treatment term.
func (b *builder) terms(treatment moment.Term) []linreg.Term {
	covariates := b.covariates()
	switch b.plan.Estimator {
	case plan.Lin:
		return linreg.Lin(treatment, covariates...)
	case plan.BlockedDifference:
		// Lin's regression on block dummies is the mean of the blocks' own
		// differences, each weighted by its share of the rows, and its HC2
		// variance is Neyman's, block by block (L. Miratrix, J. Sekhon and B.
		// Yu, JRSS B 75, 2013).
		return linreg.Lin(treatment, moment.Category(b.plan.Strata...))
	case plan.DifferenceInMeans:
		return linreg.Terms(treatment)
	}
	terms := append([]moment.Term{treatment}, covariates...)
	if len(b.plan.Strata) > 0 && b.plan.Design == plan.Blocked {
		// Chances of treatment may differ between strata, so a comparison that
		// ignored them would be confounded.
		strata := moment.Category(b.plan.Strata...)
		if !slices.ContainsFunc(covariates, func(t moment.Term) bool { return t.Key() == strata.Key() }) {
			terms = append(terms, strata)
		}
	}
	return linreg.Terms(terms...)
}

// subgroupJobs estimate the effect in every level of each subgroup column, in
// one model per outcome and column, so that effects can be compared although
// groups share clusters.
func (b *builder) subgroupJobs() []job {
	var out []job
	for _, column := range b.plan.Subgroups {
		group := moment.Category(column)
		crossed := b.treatment.Times(group)
		for i, o := range b.plan.Outcomes {
			m := b.base("subgroup "+column, o.Name)
			terms := []moment.Term{group, crossed}
			for _, t := range b.covariates() {
				if t.Key() != group.Key() {
					terms = append(terms, t)
				}
			}
			m.Terms = linreg.Terms(terms...)
			m.Focus = []moment.Term{crossed}
			m.Absorb = slices.DeleteFunc(slices.Clone(b.plan.Absorb), func(a string) bool { return a == column })
			if b.plan.Estimator == plan.IV {
				m.Endogenous = []moment.Term{crossed}
				for _, z := range b.plan.Instrument {
					m.Instruments = append(m.Instruments, b.instrument(z).Times(group))
				}
			}
			out = append(out, job{kind: subgroupModel, model: m, outcome: i, column: column, effects: b.treatmentEffect(crossed, column)})
		}
	}
	return out
}

// attritionJobs test whether outcomes are missing as often in all arms.
func (b *builder) attritionJobs() []job {
	if !b.plan.Design.Randomised() {
		return nil
	}
	drawn := b.instrumentOrTreatment()
	var out []job
	for i, o := range b.plan.Outcomes {
		mark := o.Name + " (missing)"
		b.computed = append(b.computed, missingMark(mark, o.Name))
		m := b.base("attrition", mark)
		m.Weight = ""
		m.Expect = nil
		m.Terms = linreg.Terms(drawn)
		out = append(out, job{kind: attritionModel, model: m, outcome: i, column: o.Name, effects: b.treatmentEffect(drawn, "")})
	}
	return out
}

// balanceJob regresses what was drawn on everything known before, where two
// arms make that a yes or no.
func (b *builder) balanceJob() []job {
	covariates := b.covariates()
	drawn := drawnColumn(b.plan)
	if !b.plan.Design.Randomised() || len(covariates) == 0 || b.instrumentOrTreatment().Key() != moment.Number(drawn).Key() {
		return nil
	}
	m := b.base("balance", drawn)
	m.Weight = ""
	m.Expect, m.Reference = nil, map[string]string{}
	m.Terms = linreg.Terms(covariates...)
	return []job{{kind: balanceModel, model: m, effects: everyCoefficient}}
}

func (b *builder) instrumentOrTreatment() moment.Term {
	if len(b.plan.Instrument) > 0 {
		return b.instrument(b.plan.Instrument[0])
	}
	return b.treatment
}

// checkKinds refuses text where the plan needs numbers, by the role it has
// there.
func checkKinds(p *plan.Plan, schema data.Schema) error {
	for _, o := range p.Outcomes {
		if schema[schema.Index(o.Name)].Kind == data.String {
			return fmt.Errorf("outcome: %w", &moment.KindError{Column: o.Name})
		}
	}
	for _, c := range p.Covariates {
		if schema[schema.Index(c)].Kind == data.String {
			return fmt.Errorf("covariate: %w", &moment.KindError{Column: c})
		}
	}
	if p.Weights != "" && schema[schema.Index(p.Weights)].Kind == data.String {
		return fmt.Errorf("weights: %w", &moment.KindError{Column: p.Weights})
	}
	return nil
}

// termName is the name a term has in the result: column, column=level for a
// category, joined by colons for products. A subgroup stands in a field of
// its own and is left out.
func termName(c *linreg.Coefficient, subgroup *Level) string {
	if subgroup == nil {
		return c.Name
	}
	var parts []string
	for i, column := range c.Term.Categories() {
		if column != subgroup.Column {
			parts = append(parts, column+"="+c.Level[i])
		}
	}
	return strings.Join(append(parts, c.Term.Numbers()...), ":")
}
