// Package plan is the analysis plan of an evaluation: what is asked, of whom,
// how units come to be treated, which outcomes count and how the effect will
// be estimated, written down before any outcome is seen.
//
// A plan is a YAML file. [Parse] reads it strictly: an unknown key, a wrong
// type or two parts that contradict each other are refused with line, column
// and field. [Plan.Hash] is a fingerprint of its meaning, not of its layout:
// comments, key order, quoting and the accepted short forms do not change it,
// any decision does. [NewLock] writes the fingerprint down with the plan
// itself, so that every later result can say whether, and where, the plan
// was changed. [Schema] is the JSON Schema of the file.
package plan

import "encoding/json"

// Plan is a plan with every short form written out and every default filled
// in. Column names refer to the data; a plan never holds data.
type Plan struct {
	Version    int    `json:"version"`
	Title      string `json:"title,omitempty"`
	Question   string `json:"question,omitempty"`
	Population string `json:"population,omitempty"`
	Design     Design `json:"design"`
	// UnitOfRandomisation and UnitOfAnalysis are words for the reader
	// ("office", "person"); Cluster is what the estimator uses.
	UnitOfRandomisation string `json:"unit_of_randomisation,omitempty"`
	UnitOfAnalysis      string `json:"unit_of_analysis,omitempty"`
	// Treatment is empty only for a descriptive (observational or panel)
	// regression, whose every coefficient is then reported.
	Treatment              string                  `json:"treatment,omitempty"`
	Arms                   []Arm                   `json:"arms,omitempty"`
	Outcomes               []Outcome               `json:"outcomes"`
	Covariates             []string                `json:"covariates,omitempty"`
	Factors                []string                `json:"factors,omitempty"`
	Absorb                 []string                `json:"absorb,omitempty"`
	Strata                 []string                `json:"strata,omitempty"`
	Cluster                []string                `json:"cluster,omitempty"`
	Weights                string                  `json:"weights,omitempty"`
	Instrument             []string                `json:"instrument,omitempty"`
	VCov                   string                  `json:"vcov"`
	Estimator              Estimator               `json:"estimator"`
	Subgroups              []string                `json:"subgroups,omitempty"`
	MultipleTesting        MultipleTesting         `json:"multiple_testing"`
	Missing                Missing                 `json:"missing"`
	Confidence             float64                 `json:"confidence"`
	Panel                  *Panel                  `json:"panel,omitempty"`
	RandomisationInference *RandomisationInference `json:"randomisation_inference,omitempty"`
	Disclosure             Disclosure              `json:"disclosure"`
	Randomisation          *Randomisation          `json:"randomisation,omitempty"`
	Power                  *Power                  `json:"power,omitempty"`
}

// Design is how units came to be treated; it decides which assumptions the
// result rests on and which checks are run.
type Design string

const (
	// Individual randomisation: every unit was drawn on its own.
	Individual Design = "individual"
	// Blocked randomisation: drawn within strata or pairs.
	Blocked Design = "blocked"
	// Clustered randomisation: whole offices were drawn.
	Clustered Design = "cluster"
	// Encouragement: an offer was drawn, those concerned chose themselves.
	Encouragement Design = "encouragement"
	// DiD compares changes over time between those treated and others.
	DiD Design = "did"
	// EventStudy follows units before and after their own start.
	EventStudy Design = "event_study"
	// PanelDesign is a regression with fixed effects.
	PanelDesign Design = "panel"
	// Observational is a regression without a designed comparison.
	Observational Design = "observational"
)

// Randomised tells whether chance decided who was treated or offered.
func (d Design) Randomised() bool {
	return d == Individual || d == Blocked || d == Clustered || d == Encouragement
}

// Estimator is how the effect is computed from the data.
type Estimator string

const (
	DifferenceInMeans   Estimator = "difference_in_means"
	OLS                 Estimator = "ols"
	WLS                 Estimator = "wls"
	Lin                 Estimator = "lin"
	BlockedDifference   Estimator = "blocked"
	IV                  Estimator = "iv"
	FixedEffects        Estimator = "fixed_effects"
	TwoWayDiD           Estimator = "did"
	EventStudyEstimator Estimator = "event_study"
)

// Arm is one arm of a trial. Value is the text of the treatment column's
// value; at most one arm is Control.
type Arm struct {
	Value   string  `json:"value"`
	Label   *Label  `json:"label,omitempty"`
	Control bool    `json:"control,omitempty"`
	Share   float64 `json:"share,omitempty"`
}

// Label is words for people, per language.
type Label struct {
	NB string `json:"nb"`
	EN string `json:"en"`
}

// Role is the part an outcome plays in the answer.
type Role string

const (
	Primary   Role = "primary"
	Secondary Role = "secondary"
	Guardrail Role = "guardrail"
)

// OutcomeType is the scale of an outcome; it decides the words of the
// summary, never the estimate.
type OutcomeType string

const (
	Binary     OutcomeType = "binary"
	Continuous OutcomeType = "continuous"
	Count      OutcomeType = "count"
)

// Outcome is one thing the treatment may change.
type Outcome struct {
	Name   string      `json:"name"`
	Role   Role        `json:"role"`
	Type   OutcomeType `json:"type,omitempty"`
	Label  *Label      `json:"label,omitempty"`
	Unit   *Label      `json:"unit,omitempty"`
	Better string      `json:"better,omitempty"`
	// SmallestOfInterest is in the outcome's unit; 0 when not stated.
	SmallestOfInterest float64 `json:"smallest_of_interest,omitempty"`
}

// MultipleTesting is the correction applied within each role of outcomes.
type MultipleTesting struct {
	Rule TestingRule `json:"rule"`
}

// TestingRule names a correction for several tests.
type TestingRule string

const (
	NoCorrection      TestingRule = "none"
	Holm              TestingRule = "holm"
	BenjaminiHochberg TestingRule = "benjamini_hochberg"
	Bonferroni        TestingRule = "bonferroni"
)

// Missing is the rule for rows that lack a value.
type Missing struct {
	Rule MissingRule `json:"rule"`
}

// MissingRule names what is done with rows that lack a value.
type MissingRule string

const (
	Listwise      MissingRule = "listwise"
	RefuseMissing MissingRule = "refuse"
	Indicator     MissingRule = "indicator"
)

// Panel is the time structure of a did or event_study plan. Two forms exist:
// Post with the plan's treatment as the group (two periods), and Unit, Time
// and FirstTreated (any number of periods).
type Panel struct {
	Unit         string `json:"unit,omitempty"`
	Time         string `json:"time,omitempty"`
	Post         string `json:"post,omitempty"`
	FirstTreated string `json:"first_treated,omitempty"`
	// Leads and Lags are how many periods before and after the start are told
	// apart; 0 tells all apart.
	Leads int `json:"leads,omitempty"`
	Lags  int `json:"lags,omitempty"`
}

// RandomisationInference asks for a test of the sharp null hypothesis.
type RandomisationInference struct {
	Draws int      `json:"draws"`
	Seed  uint64   `json:"seed,omitempty"`
	Unit  string   `json:"unit,omitempty"`
	Block []string `json:"block,omitempty"`
}

// Disclosure is what may leave the place the data are kept.
type Disclosure struct {
	Threshold int        `json:"threshold"`
	Dominance *Dominance `json:"dominance,omitempty"`
}

// Dominance withholds a figure when the N largest contributors hold more
// than Share of the total weight.
type Dominance struct {
	N     int     `json:"n"`
	Share float64 `json:"share"`
}

// DrawMethod names how units are drawn to arms.
type DrawMethod string

const (
	SimpleDraw   DrawMethod = "simple"
	CompleteDraw DrawMethod = "complete"
	BlockedDraw  DrawMethod = "blocked"
	MatchedPairs DrawMethod = "matched_pairs"
	Rerandomised DrawMethod = "rerandomised"
)

// Randomisation is how "funn effect randomise" draws the assignment.
type Randomisation struct {
	Method    DrawMethod `json:"method"`
	Seed      uint64     `json:"seed"`
	Units     int        `json:"units,omitempty"`
	ID        string     `json:"id,omitempty"`
	Cluster   string     `json:"cluster,omitempty"`
	Strata    []string   `json:"strata,omitempty"`
	BlockSize int        `json:"block_size,omitempty"`
	MatchOn   []string   `json:"match_on,omitempty"`
	Accept    float64    `json:"accept,omitempty"`
	MaxDraws  int        `json:"max_draws,omitempty"`
	Waves     int        `json:"waves,omitempty"`
}

// Power holds the assumptions of a sample size computation. A nil N, Clusters,
// Effect or Power is what may be solved for.
type Power struct {
	Type          OutcomeType `json:"type,omitempty"`
	Baseline      *float64    `json:"baseline,omitempty"`
	SD            float64     `json:"sd,omitempty"`
	Effect        *float64    `json:"effect,omitempty"`
	Power         *float64    `json:"power,omitempty"`
	Alpha         float64     `json:"alpha,omitempty"`
	N             *int        `json:"n,omitempty"`
	Allocation    float64     `json:"allocation,omitempty"`
	Clusters      *int        `json:"clusters,omitempty"`
	ClusterSize   float64     `json:"cluster_size,omitempty"`
	ClusterSizeCV float64     `json:"cluster_size_cv,omitempty"`
	ICC           *float64    `json:"icc,omitempty"`
	R2            float64     `json:"r2,omitempty"`
	R2Cluster     float64     `json:"r2_cluster,omitempty"`
	StrataR2      float64     `json:"strata_r2,omitempty"`
	Strata        int         `json:"strata,omitempty"`
	TakeUp        *float64    `json:"take_up,omitempty"`
	TakeUpControl float64     `json:"take_up_control,omitempty"`
	Attrition     float64     `json:"attrition,omitempty"`
	Simulate      int         `json:"simulate,omitempty"`
	Seed          uint64      `json:"seed,omitempty"`
}

// Columns lists every column an estimation of the plan reads, each once, in
// the order the plan names them.
func (p *Plan) Columns() []string {
	var out []string
	seen := map[string]bool{"": true}
	add := func(names ...string) {
		for _, n := range names {
			if !seen[n] {
				seen[n] = true
				out = append(out, n)
			}
		}
	}
	for _, o := range p.Outcomes {
		add(o.Name)
	}
	add(p.Treatment)
	add(p.Covariates...)
	add(p.Factors...)
	add(p.Absorb...)
	add(p.Strata...)
	add(p.Cluster...)
	add(p.Weights)
	add(p.Instrument...)
	add(p.Subgroups...)
	if p.Panel != nil {
		add(p.Panel.Unit, p.Panel.Time, p.Panel.Post, p.Panel.FirstTreated)
	}
	if p.RandomisationInference != nil {
		add(p.RandomisationInference.Unit)
		add(p.RandomisationInference.Block...)
	}
	return out
}

// ControlArm returns the value of the arm the others are compared with, and
// false when the plan lists no arms (then the smallest value is the control).
func (p *Plan) ControlArm() (string, bool) {
	for _, a := range p.Arms {
		if a.Control {
			return a.Value, true
		}
	}
	return "", false
}

// OutcomeNamed returns the outcome with a column name, or nil.
func (p *Plan) OutcomeNamed(name string) *Outcome {
	for i := range p.Outcomes {
		if p.Outcomes[i].Name == name {
			return &p.Outcomes[i]
		}
	}
	return nil
}

// jsonNumber keeps an integer's digits through the generic tree, so that a
// 64-bit seed survives.
func jsonNumber(digits string) json.Number { return json.Number(digits) }
