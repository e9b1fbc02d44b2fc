// Package did estimates effects from changes over time: differences in
// differences between two groups and two periods, two-way fixed effects in
// panels, and event studies.
//
// # What is estimated
//
// Let y_it be the outcome of unit i in period t, and let treatment begin for some
// units in some period. With two groups and two periods the estimate is
//
//	(mean after - mean before) of the treated - (mean after - mean before) of the others,
//
// the coefficient of the product in y ~ treated + after + treated:after. In a
// panel it is the coefficient d of
//
//	y_it = a_i + b_t + d D_it + x_it'g + e_it,
//
// D_it = 1 from the unit's start on; an event study replaces D by one mark for
// each period counted from the start, with the period before the start as
// reference.
//
// # Assumptions
//
// Parallel trends: without treatment the treated would on average have changed
// as the others did. No anticipation: nothing changes before the start. Neither
// can be tested where it matters, after the start. A test that the effects
// before the start are zero (Study.Pretrend) can refute them, but has little
// power in small samples, and estimates that are published only when it passes
// are distorted by that (J. Roth, "Pretest with caution", AER: Insights 4, 2022).
//
// # Uncertainty
//
// Errors of a unit are correlated over time. The variance is therefore clustered
// by unit, or by what treatment was decided for, such as the office or the
// county (M. Bertrand, E. Duflo and S. Mullainathan, "How much should we trust
// differences-in-differences estimates?", QJE 119, 2004). With few treated
// clusters use CR2, whose degrees of freedom then fall to about the number of
// treated clusters less one; with one or two, use randomisation inference.
//
// # Not for
//
// Units that start at different times and are affected differently: the
// two-way estimate then compares late with early starters, may weight some
// effects negatively, and can have the wrong sign (A. Goodman-Bacon,
// "Difference-in-differences with variation in treatment timing", Journal of
// Econometrics 225, 2021; L. Sun and S. Abraham, "Estimating dynamic treatment
// effects in event studies with heterogeneous treatment effects", same volume).
// A Panel with more than one starting period gets a warning with the code
// CodeStaggered. Treatments that end again, and outcomes whose level decides who
// is treated (Ashenfelter's dip), are not for this package either.
package did

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/moment"
)

// Codes of warnings and refusals, besides those of package linreg.
const (
	// CodeStaggered: units start in different periods.
	CodeStaggered linreg.Code = "staggered"
	// CodeNoComparison: no unit is never treated.
	CodeNoComparison linreg.Code = "no_comparison"
)

// Names of the columns that the panel models add to the source.
const (
	// TreatedColumn is 1 from the unit's start on.
	TreatedColumn = "treated now"
	// EventColumn is the period counted from the unit's start.
	EventColumn = "periods since start"
)

// Groups is a comparison of two groups in two periods, or in periods before and
// after, on repeated cross-sections or a panel.
type Groups struct {
	Outcome string
	// Treated and After are numeric columns of 0 and 1.
	Treated, After string
	Covariates     []moment.Term
	Cluster        []string
	Weight         string
	Where          []moment.Condition
	VCov           linreg.VCov
}

// Effect is the name of the coefficient that is the effect.
func (g *Groups) Effect() string { return g.Treated + ":" + g.After }

// Estimate fits y ~ treated + after + treated:after + covariates.
func (g *Groups) Estimate(ctx context.Context, src data.Source, opts linreg.Options) (*linreg.Result, error) {
	product := moment.Number(g.Treated, g.After)
	terms := append([]moment.Term{moment.Number(g.Treated), moment.Number(g.After), product}, g.Covariates...)
	return linreg.Run(ctx, src, linreg.Model{
		Name: "difference in differences", Outcome: g.Outcome, Terms: linreg.Terms(terms...), Focus: []moment.Term{product},
		Cluster: g.Cluster, Weight: g.Weight, Where: g.Where, VCov: g.VCov,
	}, opts)
}

// Panel is units observed over periods, balanced or not, of which some are
// treated from some period on.
type Panel struct {
	Outcome string
	// Unit and Time are the fixed effects; Time is numeric, in whole periods.
	Unit, Time string
	// Start is the numeric column with the unit's first treated period: missing,
	// 0 or infinite for units that are never treated.
	Start      string
	Covariates []moment.Term
	// Cluster is the unit when empty.
	Cluster []string
	Weight  string
	Where   []moment.Condition
	// VCov is CR1 when left IID, which is never right here.
	VCov linreg.VCov
}

// Window is the range of periods around the start that an event study tells
// apart; periods outside are drawn together at its ends. Before and After are
// counted from the start, which is period 0; zero values mean no limit.
type Window struct {
	Before, After int
}

// Event is the estimated effect in one period counted from the start.
type Event struct {
	Period int
	linreg.Coefficient
}

// Study is an estimated event study.
type Study struct {
	*linreg.Result
	// Events are in order of period; the reference period -1 is not among them.
	Events []Event
	// Average is the plain mean of the effects from the start on.
	Average linreg.Coefficient
	// Pretrend tests that all effects before the start are zero; nil when there
	// are none or their variance is singular.
	Pretrend *linreg.Test
}

func (p *Panel) model(term moment.Term) linreg.Model {
	m := linreg.Model{
		Name: "two-way fixed effects", Outcome: p.Outcome, Terms: linreg.Terms(append([]moment.Term{term}, p.Covariates...)...), Focus: []moment.Term{term},
		Absorb: []string{p.Unit, p.Time}, Cluster: p.Cluster, Weight: p.Weight, Where: p.Where, VCov: p.VCov,
	}
	if len(m.Cluster) == 0 {
		m.Cluster = []string{p.Unit}
	}
	if m.VCov == linreg.IID {
		m.VCov = linreg.CR1
	}
	if m.VCov == linreg.CR2 || m.VCov == linreg.CR3 {
		// Their leverages need effects that are not nested in the clusters as
		// terms of the model.
		m.Absorb = []string{p.Unit}
		m.Terms = append(m.Terms, linreg.Terms(moment.Category(p.Time))...)
	}
	return m
}

// TwoWay estimates the effect of being treated with unit and period effects.
func (p *Panel) TwoWay(ctx context.Context, src data.Source, opts linreg.Options) (*linreg.Result, error) {
	d, err := newDerived(ctx, src, p)
	if err != nil {
		return nil, err
	}
	d.add(data.Field{Name: TreatedColumn, Kind: data.Bool}, func(now, start float64, treated bool) float64 {
		if treated && now >= start {
			return 1
		}
		return 0
	})
	r, err := linreg.Run(ctx, d, p.model(moment.Number(TreatedColumn)), opts)
	if err != nil {
		return nil, err
	}
	r.Warnings = append(r.Warnings, d.warnings(p)...)
	return r, nil
}

// EventStudy estimates the effect in each period counted from the start, with
// unit and period effects, relative to the last period before the start. Units
// that are never treated are in no event's column; without any, the effects
// cannot be told from the periods' and the study is refused.
func (p *Panel) EventStudy(ctx context.Context, src data.Source, w Window, opts linreg.Options) (*Study, error) {
	d, err := newDerived(ctx, src, p)
	if err != nil {
		return nil, err
	}
	const reference = -1
	if w.Before < 0 || w.After < 0 || w.Before == 1 {
		return nil, &linreg.Refusal{Code: linreg.CodeModel, Message: "the window of an event study must reach at least 2 periods back, or have no limit"}
	}
	low, high := math.Inf(-1), math.Inf(1)
	if w.Before > 0 {
		low = -float64(w.Before)
	}
	if w.After > 0 {
		high = float64(w.After)
	}
	d.add(data.Field{Name: EventColumn, Kind: data.Int}, func(now, start float64, treated bool) float64 {
		if !treated {
			return reference
		}
		return min(max(now-start, low), high)
	})
	term := moment.Category(EventColumn)
	m := p.model(term)
	m.Name = "event study"
	m.Reference = map[string]string{EventColumn: strconv.Itoa(reference)}
	r, err := linreg.Run(ctx, d, m, opts)
	if d.treated > 0 && d.never == 0 && d.seen {
		return nil, &linreg.Refusal{Code: CodeNoComparison, Columns: []string{p.Start}, Message: "every unit is treated at some time, so the effects cannot be told from those of the periods"}
	}
	if err != nil {
		return nil, err
	}
	r.Warnings = append(r.Warnings, d.warnings(p)...)
	s := &Study{Result: r}
	var before []string
	after := map[string]float64{}
	for _, c := range r.Coefficients {
		if c.Term.Key() != term.Key() {
			continue
		}
		period, err := strconv.Atoi(c.Level[0])
		if err != nil {
			return nil, fmt.Errorf("period %q of the event study: %w", c.Level[0], err)
		}
		s.Events = append(s.Events, Event{Period: period, Coefficient: c})
		if period < 0 {
			before = append(before, c.Name)
		} else {
			after[c.Name] = 1
		}
	}
	slices.SortFunc(s.Events, func(a, b Event) int { return a.Period - b.Period })
	if len(after) > 0 {
		for name := range after {
			after[name] = 1 / float64(len(after))
		}
		if s.Average, err = r.Combine("average after the start", after); err != nil {
			return nil, err
		}
	}
	if len(before) > 0 {
		if t, err := r.Joint(before...); err == nil {
			s.Pretrend = &t
		}
	}
	return s, nil
}
