package linreg

import (
	"context"
	"errors"
	"fmt"
	"math"

	"funn/effect/data"
	"funn/effect/internal/dd"
	"funn/effect/internal/dense"
	"funn/effect/moment"
	"funn/effect/stat"
)

func nan() float64 { return math.NaN() }

func fTail(f, d1, d2 float64) float64 { return stat.FTail(f, d1, d2) }

// densely factors a matrix whose columns are known to be independent.
func densely(a []dd.D, n int, scale []float64) *dense.Cholesky {
	return dense.Factor(a, n, scale, 0)
}

// Estimated is the outcome of one of several models: a Result or the reason why
// there is none.
type Estimated struct {
	*Result
	Err error
}

// Run estimates the model. The error is a *Refusal when the data do not support
// the model, a typed error of package moment or data when they cannot be used at
// all, or the source's own.
func Run(ctx context.Context, src data.Source, m Model, opts Options) (*Result, error) {
	all, err := RunAll(ctx, src, []Model{m}, opts)
	if err != nil {
		return nil, err
	}
	return all[0].Result, all[0].Err
}

// RunAll estimates several models with one scan of the source, and a second for
// each model whose variance needs the residuals or whose moments need more
// digits. A model that is refused does not stop the others; an error of the
// source does, as does data no model can use.
func RunAll(ctx context.Context, src data.Source, models []Model, opts Options) ([]Estimated, error) {
	out := make([]Estimated, len(models))
	var specs []moment.Spec
	var at []int
	for i := range models {
		m := &models[i]
		if out[i].Err = m.check(); out[i].Err != nil {
			continue
		}
		if len(m.Absorb) > 0 {
			out[i].Result, out[i].Err = runAbsorbed(ctx, src, m, opts)
			if fatal(out[i].Err) {
				return nil, out[i].Err
			}
			continue
		}
		specs, at = append(specs, m.spec()), append(at, i)
	}
	if len(specs) == 0 {
		return out, nil
	}
	sets, errs, err := scan(ctx, src, specs, opts)
	if err != nil {
		return nil, err
	}
	for j, i := range at {
		if out[i].Err = errs[j]; out[i].Err != nil {
			continue
		}
		out[i].Result, out[i].Err = run(ctx, src, &models[i], sets[j], opts, absorbed{})
		if fatal(out[i].Err) {
			return nil, out[i].Err
		}
	}
	return out, nil
}

// fatal reports whether an error concerns more than one model.
func fatal(err error) bool {
	var refusal *Refusal
	var size *moment.SizeError
	return err != nil && !errors.As(err, &refusal) && !errors.As(err, &size)
}

// scan takes the moments of several specs at once. When some do not fit in
// memory each is taken by itself, without clusters where that is what does not
// fit: CR0 and CR1 can then be had from a second pass. The errors by spec are
// those of moments that do not fit even so.
func scan(ctx context.Context, src data.Source, specs []moment.Spec, opts Options) ([]*moment.Set, []error, error) {
	errs := make([]error, len(specs))
	sets, err := moment.Scan(ctx, src, specs, opts.Moments)
	var size *moment.SizeError
	if !errors.As(err, &size) {
		return sets, errs, err
	}
	sets = make([]*moment.Set, len(specs))
	for i, s := range specs {
		one, err := moment.Scan(ctx, src, []moment.Spec{s}, opts.Moments)
		if errors.As(err, &size) && len(s.Cluster) > 0 {
			s.Cluster, s.WeightPowers = nil, false
			one, err = moment.Scan(ctx, src, []moment.Spec{s}, opts.Moments)
		}
		switch {
		case err == nil:
			sets[i] = one[0]
		case errors.As(err, &size):
			errs[i] = err
		default:
			return nil, nil, err
		}
	}
	return sets, errs, nil
}

// run estimates a model from its moments, taking them again or passing over the
// rows again where needed.
func run(ctx context.Context, src data.Source, m *Model, set *moment.Set, opts Options, ab absorbed) (*Result, error) {
	c, err := newCore(m, set, opts, ab)
	var finer *needPrecision
	if errors.As(err, &finer) {
		spec := set.Spec()
		spec.Precision = moment.DoubleDouble
		sets, errs, scanErr := scan(ctx, src, []moment.Spec{spec}, opts)
		if scanErr != nil {
			return nil, scanErr
		}
		if errs[0] != nil {
			return nil, errs[0]
		}
		set = sets[0]
		if c, err = newCore(m, set, opts, ab); err == nil {
			c.warnings = append(c.warnings, warn(CodePrecision, nil, "the sums were computed again with 32 digits because %s", finer.reason))
		}
	}
	if err != nil {
		return nil, err
	}
	va, err := c.momentVariance(ctx, m.VCov)
	if NeedsRows(err) && c.cancels && m.VCov.Clustered() && len(m.Cluster) == 1 && len(set.Spec().Cluster) > 0 {
		if err := c.rowMoments(ctx, src); err != nil {
			return nil, fmt.Errorf("second pass for %s: %w", m.VCov, err)
		}
		va, err = c.momentVariance(ctx, m.VCov)
	}
	if NeedsRows(err) {
		if m.VCov == CR2 || m.VCov == CR3 {
			return nil, refuse(CodeUnsupported, m.Cluster, "%s keeps a matrix for each cluster of %s, which here exceeds the memory limit: use CR1, or absorb the category with most levels", m.VCov, m.Cluster[0])
		}
		va, err = c.rowVariance(ctx, src, m.VCov)
	}
	if err != nil {
		return nil, err
	}
	return c.result(m.VCov, va), nil
}

// FromMoments estimates a model from moments that hold all its columns, of the
// rows the model wants; the model's own Where and Require are not looked at. It
// serves moments that were merged from parts. Kinds of variance that need the
// rows give an error for which NeedsRows is true.
func FromMoments(set *moment.Set, m Model, opts Options) (*Result, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if len(m.Absorb) > 0 {
		return nil, refuse(CodeUnsupported, m.Absorb, "absorbing needs the rows: use Run")
	}
	for _, t := range m.spec().Terms {
		if !set.Has(t) {
			return nil, refuse(CodeModel, []string{t.String()}, "the moments do not hold the term %s", t)
		}
	}
	c, err := newCore(&m, set, opts, absorbed{})
	var finer *needPrecision
	if errors.As(err, &finer) {
		return nil, refuse(CodeIllConditioned, nil, "the moments have too few digits because %s: take them in double-double precision", finer.reason)
	}
	if err != nil {
		return nil, err
	}
	va, err := c.momentVariance(context.Background(), m.VCov)
	if err != nil {
		return nil, err
	}
	return c.result(m.VCov, va), nil
}
