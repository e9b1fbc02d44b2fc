package linreg

import (
	"fmt"
	"slices"
	"strings"

	"funn/effect/moment"
)

// Model is a linear model of one outcome.
type Model struct {
	// Name is carried into the Result.
	Name string
	// Outcome is a numeric column.
	Outcome string
	// Terms are the regressors after the constant, in order. When columns depend
	// on each other linearly the later one is dropped.
	Terms []Term
	// NoIntercept leaves the constant out.
	NoIntercept bool

	// Endogenous lists those of Terms that are instrumented, and Instruments the
	// terms, not among Terms, that instrument them. With both empty the model is
	// estimated by least squares, else by two-stage least squares.
	Endogenous  []moment.Term
	Instruments []moment.Term

	// Absorb names categories whose levels each get an effect that is not
	// reported.
	Absorb []string
	// Cluster names the columns whose values are clusters: none, one, or two for
	// two-way clustering.
	Cluster []string
	// Weight names a column of weights.
	Weight string

	// Where, Require select the rows, see moment.Spec.
	Where   []moment.Condition
	Require []string

	// Reference gives for a category the level that the others are compared
	// with; the first in order when absent.
	Reference map[string]string
	// Expect lists levels that must occur in the rows used, such as the arms of a
	// trial: an arm with nobody is refused.
	Expect map[string][]string
	// Focus lists the terms whose effects are asked for. A model in which they
	// cannot be told apart from other terms is refused, where another collinear
	// term is dropped with a warning.
	Focus []moment.Term

	// VCov is the kind of variance.
	VCov VCov
}

// Term is a regressor: a moment.Term, or its product with the deviations of
// Centred from their means over the rows used. The product makes the
// coefficient of the plain term an effect at the mean of the covariates, which
// is what Lin's estimator needs.
type Term struct {
	moment.Term
	Centred moment.Term
}

// Terms returns plain regressors.
func Terms(terms ...moment.Term) []Term {
	out := make([]Term, len(terms))
	for i, t := range terms {
		out[i] = Term{Term: t}
	}
	return out
}

// full returns the term as a product of columns.
func (t Term) full() moment.Term {
	if t.Centred.IsConstant() {
		return t.Term
	}
	return t.Times(t.Centred)
}

// Lin returns the regressors of Lin's adjusted comparison: the treatment, the
// covariates, and the products of the treatment with the covariates' deviations
// from their means. The coefficients of the treatment then estimate average
// effects whether or not the covariates' effects are linear or the same in all
// arms, and are never less precise in large samples than the difference in
// means (W. Lin, "Agnostic notes on regression adjustments to experimental
// data", Annals of Applied Statistics 7, 2013).
func Lin(treatment moment.Term, covariates ...moment.Term) []Term {
	out := Terms(append([]moment.Term{treatment}, covariates...)...)
	for _, c := range covariates {
		out = append(out, Term{Term: treatment, Centred: c})
	}
	return out
}

// VCov is a kind of variance estimator for the coefficients.
type VCov uint8

// The kinds. HC are robust to heteroskedasticity (independent rows), CR to any
// dependence within clusters.
const (
	// IID is the classical variance of independent, equally spread errors.
	IID VCov = iota
	// HC0 is White's, HC1 scales it by n/(n-k), HC2 divides squared residuals by
	// 1-h, HC3 by (1-h)^2, where h is the leverage of the row.
	HC0
	HC1
	HC2
	HC3
	// CR0 is the cluster sandwich of Liang and Zeger, CR1 scales it for small
	// samples, CR2 is the bias-reduced linearisation of Bell and McCaffrey, CR3 is
	// close to the jackknife that leaves a cluster out.
	CR0
	CR1
	CR2
	CR3
)

var vcovNames = []string{"iid", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR2", "CR3"}

// String returns the name: iid, HC0 to HC3, CR0 to CR3.
func (v VCov) String() string {
	if int(v) < len(vcovNames) {
		return vcovNames[v]
	}
	return fmt.Sprintf("vcov(%d)", uint8(v))
}

// ParseVCov returns the kind of that name, in any case.
func ParseVCov(name string) (VCov, error) {
	i := slices.IndexFunc(vcovNames, func(n string) bool { return strings.EqualFold(n, name) })
	if i < 0 {
		return 0, fmt.Errorf("%q is not a kind of variance: use one of %s", name, strings.Join(vcovNames, ", "))
	}
	return VCov(i), nil
}

// Clustered reports whether the kind needs clusters.
func (v VCov) Clustered() bool { return v >= CR0 }

// robust reports whether the kind is one of HC0 to HC3.
func (v VCov) robust() bool { return v >= HC0 && v <= HC3 }

// SmallSample is the factor by which CR1 scales CR0.
type SmallSample uint8

// The factors, for G clusters, N rows and K coefficients.
const (
	// Stata is G/(G-1) (N-1)/(N-K), the rule of Stata, fixest and sandwich.
	Stata SmallSample = iota
	// Groups is G/(G-1), the rule of clubSandwich's CR1.
	Groups
)

// TwoWay is the number of clusters that enters the factor of each of the three
// parts of a two-way clustered variance.
type TwoWay uint8

// The rules.
const (
	// OwnGroups uses each part's own number of clusters (Cameron, Gelbach and
	// Miller 2011; sandwich::vcovCL).
	OwnGroups TwoWay = iota
	// MinGroups uses the smaller number throughout (Stata, fixest).
	MinGroups
	// PlainIntersection is OwnGroups with no factor on the part for the
	// combinations of both (sandwich::vcovCL with multi0).
	PlainIntersection
)

// Options governs estimation.
type Options struct {
	// Coverage of the confidence intervals; 0 means 0.95.
	Coverage float64
	// SmallSample and TwoWay are conventions of the clustered variance.
	SmallSample SmallSample
	TwoWay      TwoWay
	// CountNested counts absorbed effects that are nested in the clusters as
	// coefficients in the small-sample factor, as a regression with dummies does.
	// By default they are not counted, the rule of Stata's areg-with-clusters,
	// reghdfe and fixest.
	CountNested bool
	// Collinear is the share of a column's variance that the columns before it
	// must leave unexplained for the column to be kept; 0 means 1e-14, the rule
	// of R's lm.
	Collinear float64
	// Moments governs the scan.
	Moments moment.Options
}

func (o Options) coverage() float64 {
	if o.Coverage > 0 {
		return o.Coverage
	}
	return 0.95
}

func (o Options) collinear() float64 {
	if o.Collinear > 0 {
		return o.Collinear
	}
	return 1e-14
}

// spec returns the moments that the model needs.
func (m *Model) spec() moment.Spec {
	s := moment.Spec{Weight: m.Weight, Where: m.Where, Require: slices.Concat(m.Require, m.Cluster)}
	for _, t := range m.Terms {
		s.Terms = append(s.Terms, t.Term, t.full())
		if !t.Centred.IsConstant() {
			s.Terms = append(s.Terms, t.Centred)
		}
	}
	s.Terms = append(s.Terms, m.Instruments...)
	s.Terms = append(s.Terms, moment.Number(m.Outcome))
	s.Terms = slices.DeleteFunc(s.Terms, moment.Term.IsConstant)
	if m.VCov.Clustered() && len(m.Cluster) == 1 {
		s.Cluster = m.Cluster
		s.WeightPowers = m.Weight != "" && m.VCov == CR2
	}
	return s
}

// check refuses models that contradict themselves.
func (m *Model) check() error {
	switch {
	case m.Outcome == "":
		return refuse(CodeModel, nil, "the model has no outcome")
	case len(m.Cluster) > 2:
		return refuse(CodeUnsupported, m.Cluster, "clustering in more than two dimensions is not supported")
	case m.VCov.Clustered() && len(m.Cluster) == 0:
		return refuse(CodeModel, nil, "the variance %s needs clusters", m.VCov)
	case len(m.Cluster) == 2 && (m.VCov == CR2 || m.VCov == CR3):
		return refuse(CodeUnsupported, m.Cluster, "%s is not defined for two-way clustering; use CR1", m.VCov)
	case len(m.Cluster) == 2 && m.Cluster[0] == m.Cluster[1]:
		return refuse(CodeModel, m.Cluster, "the two cluster columns are the same")
	case len(m.Endogenous) > 0 && len(m.Instruments) < len(m.Endogenous):
		return refuse(CodeNotIdentified, nil, "%d instruments cannot identify the effects of %d endogenous terms", len(m.Instruments), len(m.Endogenous))
	case len(m.Endogenous) == 0 && len(m.Instruments) > 0:
		return refuse(CodeModel, nil, "instruments are given but no endogenous term")
	}
	for i, a := range m.Absorb {
		if slices.Contains(m.Absorb[:i], a) {
			return refuse(CodeModel, []string{a}, "the effects of %s are absorbed twice", a)
		}
	}
	keys := map[string]bool{}
	for _, t := range m.Terms {
		k := t.full().Key()
		if keys[k] {
			return refuse(CodeModel, []string{t.full().String()}, "the term %s is given twice", t.full())
		}
		keys[k] = true
		if slices.Contains(t.full().Numbers(), m.Outcome) {
			return refuse(CodeModel, []string{m.Outcome}, "the outcome %s is also a regressor", m.Outcome)
		}
	}
	for _, e := range m.Endogenous {
		if !keys[e.Key()] {
			return refuse(CodeModel, []string{e.String()}, "the endogenous term %s is not a regressor", e)
		}
	}
	for _, z := range m.Instruments {
		if keys[z.Key()] {
			return refuse(CodeModel, []string{z.String()}, "the instrument %s is also a regressor", z)
		}
	}
	for _, f := range m.Focus {
		if !keys[f.Key()] {
			return refuse(CodeModel, []string{f.String()}, "the term in focus, %s, is not a regressor", f)
		}
	}
	return nil
}
