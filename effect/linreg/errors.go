package linreg

import "fmt"

// Code names the reason of a Refusal or a Warning, for programs.
type Code string

// Reasons to refuse.
const (
	// CodeModel: the model contradicts itself.
	CodeModel Code = "model"
	// CodeUnsupported: no such estimator, or none that is right here.
	CodeUnsupported Code = "unsupported"
	// CodeNoRows: no row satisfies the conditions and has all values.
	CodeNoRows Code = "no_rows"
	// CodeFewRows: not more rows than coefficients.
	CodeFewRows Code = "few_rows"
	// CodeConstantOutcome: the outcome is the same in all rows.
	CodeConstantOutcome Code = "constant_outcome"
	// CodeOneCluster: fewer than two clusters.
	CodeOneCluster Code = "one_cluster"
	// CodeMissingLevel: an expected level, such as an arm, has no rows.
	CodeMissingLevel Code = "missing_level"
	// CodeNotIdentified: an effect in focus cannot be told apart from others.
	CodeNotIdentified Code = "not_identified"
	// CodeIllConditioned: too few digits would be right.
	CodeIllConditioned Code = "ill_conditioned"
)

// Reasons to warn.
const (
	// CodeCollinear: a column was dropped because others determine it.
	CodeCollinear Code = "collinear"
	// CodeMissing: rows were left out for missing values.
	CodeMissing Code = "missing"
	// CodeZeroWeight: rows were left out for a weight of zero.
	CodeZeroWeight Code = "zero_weight"
	// CodeFewClusters: too few clusters for the variance to be trusted.
	CodeFewClusters Code = "few_clusters"
	// CodeLowDF: few effective degrees of freedom.
	CodeLowDF Code = "low_df"
	// CodeWeakInstrument: the first stage is weak.
	CodeWeakInstrument Code = "weak_instrument"
	// CodePerfectFit: the residuals are zero up to rounding.
	CodePerfectFit Code = "perfect_fit"
	// CodeDigits: the data's own rounding limits the digits of the estimates.
	CodeDigits Code = "digits"
	// CodeLeverage: a cluster or a row alone determines a coefficient.
	CodeLeverage Code = "leverage"
	// CodeNotPositive: a two-way variance had to be made positive.
	CodeNotPositive Code = "not_positive"
	// CodePrecision: the moments were recomputed in double-double arithmetic.
	CodePrecision Code = "precision"
	// CodeAbsorbedCount: the number of absorbed effects is an upper bound.
	CodeAbsorbedCount Code = "absorbed_count"
	// CodeSingletons: absorbed levels with one row do not inform the estimates.
	CodeSingletons Code = "singletons"
)

// Refusal says why a model was not estimated.
type Refusal struct {
	Code    Code
	Message string
	// Columns names the columns, terms or levels concerned.
	Columns []string
}

// Error returns the message.
func (r *Refusal) Error() string { return r.Message }

func refuse(code Code, columns []string, format string, args ...any) error {
	return &Refusal{Code: code, Columns: columns, Message: fmt.Sprintf(format, args...)}
}

// Warning tells what a reader of the result must know.
type Warning struct {
	Code    Code
	Message string
	Columns []string
}

func warn(code Code, columns []string, format string, args ...any) Warning {
	return Warning{Code: code, Columns: columns, Message: fmt.Sprintf(format, args...)}
}

// needPrecision says that the moments carry too few digits for the model and
// should be taken again in double-double arithmetic.
type needPrecision struct{ reason string }

func (e *needPrecision) Error() string { return "needs double-double moments: " + e.reason }

// needRows says that the variance cannot be had from the moments.
type needRows struct{ vcov VCov }

func (e *needRows) Error() string {
	return fmt.Sprintf("%s needs a second pass over the rows: use Run", e.vcov)
}
