package effect

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/moment"
	"funn/effect/plan"
	"funn/effect/stat"
)

// Names of the columns that panel models compute.
const (
	treatedColumn = "treated"
	eventColumn   = "event_time"
	// averageAfter is the term of the mean of an event study's coefficients
	// from the start on.
	averageAfter = "average_after"
)

// panelJobs are the models of difference in differences and event studies.
func (b *builder) panelJobs() ([]job, error) {
	p := b.plan
	if p.Panel.Post != "" {
		return b.twoPeriodJobs(), nil
	}
	if p.Panel.FirstTreated == "" {
		// The treatment column itself says who is treated when.
		var out []job
		for i, o := range p.Outcomes {
			m := b.base(string(p.Estimator), o.Name)
			m.Terms, m.Focus = linreg.Terms(append([]moment.Term{b.treatment}, b.covariates()...)...), []moment.Term{b.treatment}
			m.Absorb = []string{p.Panel.Unit, p.Panel.Time}
			out = append(out, job{kind: mainModel, outcome: i, model: m, effects: b.treatmentEffect(b.treatment, "")})
		}
		return out, nil
	}
	for _, column := range []string{p.Panel.Time, p.Panel.FirstTreated} {
		if b.kind(column) == data.String {
			return nil, fmt.Errorf("panel: %w", &moment.KindError{Column: column})
		}
	}
	term := moment.Number(treatedColumn)
	if p.Estimator == plan.EventStudyEstimator {
		term = moment.Category(eventColumn)
		b.computed = append(b.computed, eventTime(p.Panel))
	} else {
		b.computed = append(b.computed, treatedFrom(p.Panel))
	}
	var out []job
	for i, o := range p.Outcomes {
		m := b.base(string(p.Estimator), o.Name)
		m.Terms = linreg.Terms(append([]moment.Term{term}, b.covariates()...)...)
		m.Absorb = []string{p.Panel.Unit, p.Panel.Time}
		if p.Estimator == plan.EventStudyEstimator {
			m.Reference[eventColumn] = strconv.Itoa(p.Panel.Reference)
		} else {
			m.Focus = []moment.Term{term}
		}
		key := term.Key()
		out = append(out, job{kind: mainModel, outcome: i, model: m, effects: func(c *linreg.Coefficient) (effectMeaning, bool) {
			return effectMeaning{}, c.Term.Key() == key
		}})
	}
	return out, nil
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

// startOf reads the first treated period of a row; false for units that
// never were: a missing value or 0.
func startOf(first *data.Column, i int) (float64, bool) {
	v, ok := first.Number(i)
	return v, ok && v != 0
}

// treatedFrom is 1 from the unit's first treated period on.
func treatedFrom(p *plan.Panel) computed {
	return computed{
		field: data.Field{Name: treatedColumn, Kind: data.Bool}, inputs: []string{p.Time, p.FirstTreated},
		make: func(rows int, in []data.Column, out *data.Column) {
			out.Bools = make([]bool, rows)
			for i := range rows {
				start, treated := startOf(&in[1], i)
				now, known := in[0].Number(i)
				if !known {
					clearRow(out, rows, i)
				}
				out.Bools[i] = treated && now >= start
			}
		},
	}
}

func clearRow(c *data.Column, rows, i int) {
	if c.Valid == nil {
		c.Valid = data.NewBitmap(rows)
	}
	c.Valid.Clear(i)
}

// eventTime is the period counted from the unit's start, with the ends drawn
// together. Units that never start are given the reference period: their
// rows are then in no event's column.
func eventTime(p *plan.Panel) computed {
	low, high := math.Inf(-1), math.Inf(1)
	if p.Leads > 0 {
		low = -float64(p.Leads)
	}
	if p.Lags != nil {
		high = float64(*p.Lags)
	}
	return computed{
		field: data.Field{Name: eventColumn, Kind: data.Int}, inputs: []string{p.Time, p.FirstTreated},
		make: func(rows int, in []data.Column, out *data.Column) {
			out.Ints = make([]int64, rows)
			for i := range rows {
				start, treated := startOf(&in[1], i)
				now, known := in[0].Number(i)
				switch {
				case !known:
					clearRow(out, rows, i)
				case treated:
					out.Ints[i] = int64(min(max(now-start, low), high))
				default:
					out.Ints[i] = int64(p.Reference)
				}
			}
		},
	}
}

// eventStudy reads the periods of an event study off its coefficients, adds
// the mean effect after the start, and tests the periods before it.
func (r *run) eventStudy(out *Result, fit *linreg.Result, base Estimate) {
	var before []string
	var after []int
	for i := range fit.Coefficients {
		c := &fit.Coefficients[i]
		if !slices.Equal(c.Term.Categories(), []string{eventColumn}) {
			continue
		}
		period, err := strconv.Atoi(c.Level[0])
		if err != nil {
			continue // computed above as a whole number
		}
		for k := range out.Estimates {
			if e := &out.Estimates[k]; e.Outcome == base.Outcome && e.Term == c.Name {
				e.EventTime = &period
			}
		}
		if period < 0 {
			before = append(before, c.Name)
		} else {
			after = append(after, i)
		}
	}
	if len(before) > 0 {
		t := Test{Outcome: base.Outcome, Statistic: Withheld, DF: Withheld, DF2: Withheld, P: Withheld}
		if w, err := fit.Joint(before...); err != nil {
			r.warn("%s: periodene før start kunne ikke testes samlet: %v",
				"%s: the periods before the start could not be tested together: %v", base.Outcome, err)
		} else {
			t.Statistic, t.DF, t.DF2, t.P = Number(w.F), Number(w.DF1), Number(w.DF2), Number(w.P)
		}
		out.Pretrends = append(out.Pretrends, t)
	}
	if len(after) > 0 {
		out.Estimates = append(out.Estimates, meanOfCoefficients(fit, after, r.plan.Confidence, base))
	}
}

// meanOfCoefficients is the plain mean of some coefficients with the standard
// error their covariance gives, on the fewest degrees of freedom among them.
func meanOfCoefficients(fit *linreg.Result, which []int, coverage float64, e Estimate) Estimate {
	mean, variance, df := 0.0, 0.0, math.Inf(1)
	for _, i := range which {
		c := &fit.Coefficients[i]
		mean += c.Estimate
		df = min(df, c.DF)
		for _, j := range which {
			variance += fit.Covariance[i][j]
		}
	}
	n := float64(len(which))
	mean, se := mean/n, math.Sqrt(max(variance, 0))/n
	half := stat.TCritical(coverage, df) * se
	e.Term = averageAfter
	e.Estimate, e.SE, e.CILow, e.CIHigh = Number(mean), Number(se), Number(mean-half), Number(mean+half)
	e.DF, e.P, e.PAdjusted = Number(df), Number(stat.TwoSidedT(mean/se, df)), Withheld
	return e
}
