package effect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"time"

	"funn/effect/plan"
)

// ResultFormat names the version of the result file.
const ResultFormat = "funn-effect-result/1"

// Number is a figure of a result. What is withheld, or does not exist, is NaN
// and written as null; so is an infinity, as the degrees of freedom of a test
// on the normal distribution.
type Number float64

// Withheld is the Number that is written as null.
var Withheld = Number(math.NaN())

// Known reports whether there is a figure.
func (n Number) Known() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON writes the shortest text that reads back as the same bits.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known() {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(n), 'g', -1, 64), nil
}

// UnmarshalJSON reads null as Withheld.
func (n *Number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = Withheld
		return nil
	}
	var f float64
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	*n = Number(f)
	return nil
}

// Result is what an evaluation found, and all that may leave the place of the
// data: it has passed the disclosure check of its plan.
type Result struct {
	Format string `json:"format"`
	// PlanHash is the hash of the plan as it was run. ChangedSinceLock tells
	// whether it differs from the locked plan, in the keys ChangedFields; it is
	// nil when the plan was never locked.
	PlanHash         string     `json:"plan_hash"`
	ChangedSinceLock *bool      `json:"changed_since_lock"`
	ChangedFields    []string   `json:"changed_fields,omitempty"`
	LockedAt         *time.Time `json:"locked_at,omitempty"`
	// Relocked counts the times the lock was replaced by another.
	Relocked int `json:"relocked,omitempty"`

	Title      string      `json:"title,omitempty"`
	Question   string      `json:"question,omitempty"`
	Population string      `json:"population,omitempty"`
	Design     plan.Design `json:"design"`
	// Treatment is the column; empty for a descriptive regression, whose
	// estimates are all coefficients.
	Treatment  string         `json:"treatment,omitempty"`
	Estimator  plan.Estimator `json:"estimator"`
	VCov       string         `json:"vcov"`
	Confidence float64        `json:"confidence"`
	// Source names where the data lay, without passwords.
	Source string `json:"source"`

	Estimates []Estimate `json:"estimates"`
	// Coefficients are those of covariates in the models of Estimates. They
	// are no effects: nothing was done to make them so.
	Coefficients []Estimate `json:"coefficients,omitempty"`
	Outcomes     []Outcome  `json:"outcomes"`
	Arms         []Arm      `json:"arms,omitempty"`
	Models       []Model    `json:"models"`
	Balance      *Balance   `json:"balance,omitempty"`
	SampleRatio  *Test      `json:"sample_ratio,omitempty"`
	Attrition    []Test     `json:"attrition,omitempty"`
	// Heterogeneity tests, for each outcome and subgroup column, whether the
	// effect is the same in all groups.
	Heterogeneity []Test `json:"heterogeneity,omitempty"`
	// Pretrends tests, for each outcome of an event study, whether all
	// coefficients before the start are zero.
	Pretrends              []Test              `json:"pretrends,omitempty"`
	RandomisationInference []RandomisationTest `json:"randomisation_inference,omitempty"`
	Flow                   Flow                `json:"flow"`
	// Warnings are in English, WarningsNB the same in Norwegian bokmål.
	Warnings   []string   `json:"warnings"`
	WarningsNB []string   `json:"warnings_nb"`
	Withheld   []Withhold `json:"withheld"`
}

// Estimate is one coefficient with its uncertainty.
type Estimate struct {
	Outcome  string `json:"outcome"`
	Term     string `json:"term"`
	Model    string `json:"model"`
	Estimate Number `json:"estimate"`
	SE       Number `json:"se"`
	CILow    Number `json:"ci_low"`
	CIHigh   Number `json:"ci_high"`
	// DF is null for a test on the normal distribution.
	DF Number `json:"df"`
	P  Number `json:"p"`
	// PAdjusted is P corrected for the other tests of outcomes with the same
	// role, by the plan's rule; null where there was nothing to correct.
	PAdjusted Number `json:"p_adjusted"`
	N         int64  `json:"n"`
	// Clusters is 0 when rows are taken as independent. With two dimensions it
	// is the smaller number.
	Clusters int       `json:"clusters"`
	Role     plan.Role `json:"role,omitempty"`
	// Arm and Subgroup tell whose effect it is, where the term has them.
	Arm      string `json:"arm,omitempty"`
	Subgroup *Level `json:"subgroup,omitempty"`
	// EventTime is the period relative to the start, in event studies.
	EventTime *int `json:"event_time,omitempty"`
}

// Level is one value of a column.
type Level struct {
	Column string `json:"column"`
	Value  string `json:"value"`
}

// Outcome is what is known of an outcome itself, for reading the estimates.
type Outcome struct {
	Name  string           `json:"name"`
	Role  plan.Role        `json:"role"`
	Type  plan.OutcomeType `json:"type"`
	Label *plan.Label      `json:"label,omitempty"`
	Unit  *plan.Label      `json:"unit,omitempty"`
	// Better is higher, lower or empty, and SmallestOfInterest 0 when not
	// stated, as in the plan.
	Better             string  `json:"better,omitempty"`
	SmallestOfInterest float64 `json:"smallest_of_interest,omitempty"`
	// ControlMean is the mean in the control arm, null when withheld or when
	// there is none.
	ControlMean Number `json:"control_mean"`
	// Verdict is what the primary comparison says about each arm.
	Verdicts []Verdict `json:"verdicts,omitempty"`
}

// Verdict says in one word what an interval supports.
type Verdict struct {
	Term    string      `json:"term"`
	Finding FindingWord `json:"finding"`
}

// FindingWord is the conclusion an interval supports. The order of tests
// matters: see [Conclude].
type FindingWord string

const (
	// Increase and Decrease: the interval lies on one side of zero.
	Increase FindingWord = "increase"
	Decrease FindingWord = "decrease"
	// Negligible: the interval lies within the smallest effect of interest on
	// both sides; "no effect of importance".
	Negligible FindingWord = "negligible"
	// Unclear: the interval holds both nothing and something that matters; "we
	// do not know enough".
	Unclear FindingWord = "unclear"
)

// Conclude reads an interval. An interval that excludes zero is an increase
// or decrease, unless it also lies within ±smallest: then the effect exists
// but is negligible. An interval around zero is negligible only when a
// smallest effect of interest was stated and the interval lies within it;
// otherwise it is unclear, never "no effect".
func Conclude(low, high, smallest float64) FindingWord {
	switch {
	case smallest > 0 && low > -smallest && high < smallest:
		return Negligible
	case low > 0:
		return Increase
	case high < 0:
		return Decrease
	}
	return Unclear
}

// Arm is one arm of the trial, by what was drawn.
type Arm struct {
	Value   string      `json:"value"`
	Label   *plan.Label `json:"label,omitempty"`
	Control bool        `json:"control"`
	// N is the number of rows, null when withheld, and Clusters of clusters,
	// null when there are none or when withheld.
	N        Number `json:"n"`
	Clusters Number `json:"clusters"`
}

// Model is how one regression went.
type Model struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"`
	N       int64  `json:"n"`
	// Clusters lists the number of clusters by dimension.
	Clusters  []int    `json:"clusters,omitempty"`
	R2        Number   `json:"r2"`
	Condition Number   `json:"condition"`
	Dropped   []string `json:"dropped,omitempty"`
	// FirstStageF is the weakest instrument's F, for instrumented models.
	FirstStageF Number `json:"first_stage_f"`
	// SolverResidual is the relative residual the fixed effects were solved to.
	SolverResidual Number `json:"solver_residual"`
}

// Balance compares the arms on what was known beforehand.
type Balance struct {
	Rows []BalanceRow `json:"rows"`
	// P tests all at once; a small P where chance decided means that something
	// went wrong, or chance did.
	P Number `json:"p"`
}

// BalanceRow is one covariate, or one level of a factor, in one arm against
// the control arm.
type BalanceRow struct {
	Column  string `json:"column"`
	Level   string `json:"level,omitempty"`
	Arm     string `json:"arm"`
	Mean    Number `json:"mean"`
	Control Number `json:"control_mean"`
	// SMD is the difference in standard deviations.
	SMD Number `json:"smd"`
}

// Test is a test of a hypothesis about a whole.
type Test struct {
	Outcome   string `json:"outcome,omitempty"`
	Column    string `json:"column,omitempty"`
	Statistic Number `json:"statistic"`
	DF        Number `json:"df"`
	DF2       Number `json:"df2"`
	P         Number `json:"p"`
}

// RandomisationTest is a test of no effect on anybody, by the draws that
// could have been made.
type RandomisationTest struct {
	Outcome string `json:"outcome"`
	// Estimate is the difference in means, and the interval holds the constant
	// effects that the test does not reject.
	Estimate Number `json:"estimate"`
	CILow    Number `json:"ci_low"`
	CIHigh   Number `json:"ci_high"`
	P        Number `json:"p"`
	// Draws is the number of assignments looked at; Exact tells that they were
	// all there are.
	Draws int  `json:"draws"`
	Exact bool `json:"exact"`
}

// Flow counts rows from the source to the analysis, by arm.
type Flow struct {
	// Read is null when, with the number of rows a model used, it would tell
	// that a few lack a value.
	Read Number    `json:"read"`
	Rows []FlowRow `json:"rows,omitempty"`
	// Missing counts rows without a value, by column.
	Missing []Count `json:"missing,omitempty"`
}

// FlowRow is one outcome in one arm.
type FlowRow struct {
	Outcome string `json:"outcome"`
	Arm     string `json:"arm"`
	With    Number `json:"with_outcome"`
	Without Number `json:"without_outcome"`
}

// Count is a number of rows.
type Count struct {
	Column string `json:"column"`
	Rows   Number `json:"rows"`
}

// Withhold says that a figure was withheld, and by which rule.
type Withhold struct {
	Figure string `json:"figure"`
	Rule   string `json:"rule"`
}

// Write writes the result as indented JSON.
func (r *Result) Write(w io.Writer) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// MaxResultBytes is the largest result file that is read.
const MaxResultBytes = 64 << 20

// ReadResult reads a result file, made here or elsewhere. A file that does
// not follow the published schema is refused with the field that does not.
func ReadResult(r io.Reader) (*Result, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxResultBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	if len(text) > MaxResultBytes {
		return nil, fmt.Errorf("read result: the file is larger than %d bytes", MaxResultBytes)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	if err := conform(schemaOf(reflect.TypeFor[Result]()), tree, "result"); err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	out := new(Result)
	if err := json.Unmarshal(text, out); err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	if out.Format != ResultFormat {
		return nil, fmt.Errorf("read result: format is %q, not %s", out.Format, ResultFormat)
	}
	return out, nil
}

// Descriptive tells that the estimates are the coefficients of a regression
// without a treatment.
func (r *Result) Descriptive() bool {
	return r.Treatment == "" && (r.Design == plan.Observational || r.Design == plan.PanelDesign)
}

// Estimate returns the first estimate of an outcome and term in a model, or
// nil. An empty model means any.
func (r *Result) Estimate(outcome, term, model string) *Estimate {
	for i := range r.Estimates {
		e := &r.Estimates[i]
		if e.Outcome == outcome && e.Term == term && (model == "" || e.Model == model) {
			return e
		}
	}
	return nil
}
