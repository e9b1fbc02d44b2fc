package effect

import (
	"context"
	"fmt"
	"slices"

	"funn/effect/data"
	"funn/effect/did"
	"funn/effect/linreg"
	"funn/effect/moment"
	"funn/effect/plan"
)

// averageAfter is the term of the mean of an event study's effects from the
// start on.
const averageAfter = "average_after"

// panelJobs are the models of difference in differences and event studies.
func (b *builder) panelJobs() []job {
	p := b.plan
	switch {
	case p.Panel.Post != "":
		return b.twoPeriodJobs()
	case p.Panel.FirstTreated == "":
		// The treatment column itself says who is treated when.
		jobs := b.mainJobs()
		for i := range jobs {
			jobs[i].model.Absorb = []string{p.Panel.Unit, p.Panel.Time}
		}
		return jobs
	}
	var out []job
	for i, o := range p.Outcomes {
		panel := &did.Panel{
			Outcome: o.Name, Unit: p.Panel.Unit, Time: p.Panel.Time, Start: p.Panel.FirstTreated,
			Covariates: b.covariates(), Cluster: p.Cluster, Weight: p.Weights, Where: b.where, VCov: b.vcov,
		}
		j := job{kind: mainModel, outcome: i, model: b.base(string(p.Estimator), o.Name)}
		key := moment.Number(did.TreatedColumn).Key()
		if p.Estimator == plan.EventStudyEstimator {
			key = moment.Category(did.EventColumn).Key()
			window := did.Window{Before: p.Panel.Leads, After: p.Panel.Lags}
			j.run = func(ctx context.Context, src data.Source, opts linreg.Options) (*linreg.Result, *did.Study, error) {
				study, err := panel.EventStudy(ctx, src, window, opts)
				if err != nil {
					return nil, nil, err
				}
				return study.Result, study, nil
			}
		} else {
			j.run = func(ctx context.Context, src data.Source, opts linreg.Options) (*linreg.Result, *did.Study, error) {
				fit, err := panel.TwoWay(ctx, src, opts)
				return fit, nil, err
			}
		}
		j.effects = func(c *linreg.Coefficient) (effectMeaning, bool) { return effectMeaning{}, c.Term.Key() == key }
		out = append(out, j)
	}
	return out
}

// twoPeriodJobs compare the change over time of the treated group with that
// of the other: y on group, period and their product, whose coefficient is
// the effect.
func (b *builder) twoPeriodJobs() []job {
	post := moment.Number(b.plan.Panel.Post)
	product := b.treatment.Times(post)
	var out []job
	for i, o := range b.plan.Outcomes {
		m := b.base(string(b.plan.Estimator), o.Name)
		m.Terms = linreg.Terms(append([]moment.Term{b.treatment, post, product}, b.covariates()...)...)
		m.Focus = []moment.Term{product}
		m.Absorb = b.plan.Absorb
		out = append(out, job{kind: mainModel, outcome: i, model: m, effects: b.treatmentEffect(product, "")})
	}
	return out
}

// checkPanel refuses text where periods are counted.
func checkPanel(p *plan.Plan, schema data.Schema) error {
	if p.Panel == nil {
		return nil
	}
	columns := []string{p.Panel.Post}
	if p.Panel.FirstTreated != "" {
		columns = append(columns, p.Panel.FirstTreated, p.Panel.Time)
	}
	for _, c := range columns {
		if c != "" && schema[schema.Index(c)].Kind == data.String {
			return fmt.Errorf("panel: %w", &moment.KindError{Column: c})
		}
	}
	return nil
}

// eventStudy takes over the periods of an event study, the mean effect after
// the start, and the test of the periods before it.
func eventStudy(out *Result, study *did.Study, base Estimate) {
	for _, event := range study.Events {
		for k := range out.Estimates {
			if e := &out.Estimates[k]; e.Outcome == base.Outcome && e.Term == event.Name {
				period := event.Period
				e.EventTime = &period
				e.Term = fmt.Sprintf("event_time=%d", period)
			}
		}
	}
	slices.SortStableFunc(out.Estimates, func(a, b Estimate) int {
		if a.Outcome != b.Outcome || a.EventTime == nil || b.EventTime == nil {
			return 0
		}
		return *a.EventTime - *b.EventTime
	})
	if study.Pretrend != nil {
		t := study.Pretrend
		out.Pretrends = append(out.Pretrends, Test{
			Outcome: base.Outcome, Statistic: Number(t.F), DF: Number(t.DF1), DF2: Number(t.DF2), P: Number(t.P),
		})
	}
	if study.Average.Name != "" {
		e := base.of(&study.Average)
		e.Term = averageAfter
		out.Estimates = append(out.Estimates, e)
	}
}
