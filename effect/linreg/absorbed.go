package linreg

import (
	"context"
	"fmt"
	"slices"

	"funn/effect/absorb"
	"funn/effect/data"
	"funn/effect/moment"
)

// runAbsorbed estimates a model with absorbed effects: the outcome, regressors
// and instruments are replaced by what the effects leave of them, and the model
// is fitted to that without a constant.
func runAbsorbed(ctx context.Context, src data.Source, m *Model, opts Options) (*Result, error) {
	spec := absorb.Spec{Effects: m.Absorb, Cluster: m.Cluster, Weight: m.Weight, Where: m.Where, Require: m.Require}
	outcome := moment.Number(m.Outcome)
	spec.Targets = []moment.Term{outcome}
	for _, t := range m.Terms {
		if !t.Centred.IsConstant() {
			return nil, refuse(CodeUnsupported, []string{t.full().String()}, "products with centred covariates cannot be combined with absorbed effects: give the effects as terms")
		}
		spec.Targets = append(spec.Targets, t.Term)
	}
	spec.Targets = append(spec.Targets, m.Instruments...)
	sums, err := absorb.Scan(ctx, src, spec, opts.Moments)
	if err != nil {
		return nil, err
	}
	counts := sums.Counts()
	if counts.Used == 0 {
		c := &core{model: m}
		return nil, c.noRows(counts)
	}

	// The effects span the constant, so categories are coded as beside one.
	coded := *m
	coded.NoIntercept = false
	columns, err := coded.columns(append(slices.Clone(m.Terms), Terms(m.Instruments...)...), sums.Levels)
	if err != nil {
		return nil, err
	}
	columns = columns[1:]
	reserved := append(slices.Clone(m.Cluster), m.Weight, m.Outcome)
	within := *m
	within.Terms, within.Endogenous, within.Instruments, within.Focus = nil, nil, nil, nil
	within.Absorb, within.Where, within.Require, within.Expect = nil, nil, nil, nil
	within.NoIntercept = true
	targets := []absorb.Column{{Name: m.Outcome, Term: outcome}}
	if slices.Contains(append(slices.Clone(m.Cluster), m.Weight), m.Outcome) {
		return nil, refuse(CodeModel, []string{m.Outcome}, "the outcome %s is also a cluster or a weight", m.Outcome)
	}
	ab := absorbed{total: map[string]float64{}, origin: map[string]column{}}
	is := func(list []moment.Term, x *column) bool {
		return slices.ContainsFunc(list, func(t moment.Term) bool { return t.Key() == x.term.Key() })
	}
	for i := range columns {
		x := columns[i]
		if slices.Contains(reserved, x.name) {
			x.name += " (value)"
		}
		t := moment.Number(x.name)
		targets = append(targets, absorb.Column{Name: x.name, Term: x.term, Level: x.level})
		ab.origin[x.name] = columns[i]
		if is(m.Instruments, &x) {
			within.Instruments = append(within.Instruments, t)
			continue
		}
		within.Terms = append(within.Terms, Term{Term: t})
		if is(m.Endogenous, &x) {
			within.Endogenous = append(within.Endogenous, t)
		}
		if is(m.Focus, &x) {
			within.Focus = append(within.Focus, t)
		}
	}
	if err := expectLevels(m, sums.Levels); err != nil {
		return nil, err
	}
	for _, f := range m.Focus {
		if !slices.ContainsFunc(columns, func(x column) bool { return x.term.Key() == f.Key() }) {
			return nil, onlyOneLevel(f)
		}
	}
	w, err := sums.Within(targets)
	if err != nil {
		return nil, err
	}
	for i, c := range targets {
		ab.total[c.Name] = w.Total[i]
	}
	ab.counts = counts
	ab.describe(w, m, opts)
	sets, errs, err := scan(ctx, w, []moment.Spec{within.unshifted()}, opts)
	if err != nil {
		return nil, err
	}
	if errs[0] != nil {
		return nil, errs[0]
	}
	return run(ctx, w, &within, sets[0], opts, ab)
}

// unshifted is the spec of a model on columns that are centred already.
func (m *Model) unshifted() moment.Spec {
	s := m.spec()
	s.Unshifted = true
	return s
}

// describe notes what was absorbed and counts it. Effects nested in the clusters
// are as good as one, the constant, in the small-sample factor, because their
// estimation does not use up the variation between clusters.
func (ab *absorbed) describe(w *absorb.Within, m *Model, opts Options) {
	ab.rank, ab.residual, ab.iterations = w.Rank, w.Residual, w.Iterations
	ab.warnings = leftOut(ab.counts, m.Weight)
	nested := 0
	for _, e := range w.Effects {
		isNested := slices.Contains(e.Nested, true)
		if isNested {
			nested += e.Levels
		}
		ab.effects = append(ab.effects, AbsorbedEffect{Column: e.Column, Levels: e.Levels, Nested: isNested, Singletons: e.Singletons})
		if e.Singletons > 0 {
			ab.warnings = append(ab.warnings, warn(CodeSingletons, []string{e.Column}, "%d of %d levels of %s have one row, which tells nothing about the other coefficients", e.Singletons, e.Levels, e.Column))
		}
	}
	ab.counted = ab.rank
	if nested > 0 && !opts.CountNested {
		ab.counted = max(ab.rank-min(nested, ab.rank)+1, 1)
	}
	if !w.RankExact {
		ab.warnings = append(ab.warnings, warn(CodeAbsorbedCount, m.Absorb, "the number of effects of %s that can be told apart is counted as %d, which may be too many: standard errors may be slightly too large", shorten(m.Absorb), w.Rank))
	}
	if w.Residual > 1e-10 {
		ab.warnings = append(ab.warnings, warn(CodeDigits, m.Absorb, "absorbing %s stopped at a relative residual of %.1g after %d iterations", shorten(m.Absorb), w.Residual, w.Iterations))
	}
}

func onlyOneLevel(f moment.Term) error {
	return refuse(CodeMissingLevel, f.Categories(), "the rows used have only one level of %s, so there is nothing to compare", f)
}

// expectLevels refuses rows that lack a level the model expects.
func expectLevels(m *Model, levels levelsOf) error {
	for category, wanted := range m.Expect {
		seen := map[string]bool{}
		terms := make([]moment.Term, 0, len(m.Terms))
		for _, t := range m.Terms {
			terms = append(terms, t.full())
		}
		for _, t := range append(terms, m.Instruments...) {
			i := slices.Index(t.Categories(), category)
			if i < 0 {
				continue
			}
			for _, l := range levels(t) {
				seen[l[i]] = true
			}
		}
		for _, l := range wanted {
			if !seen[l] {
				return refuse(CodeMissingLevel, []string{fmt.Sprintf("%s=%s", category, l)}, "no row used has %s = %s", category, l)
			}
		}
	}
	return nil
}
