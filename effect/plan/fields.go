package plan

import "math"

var (
	unbounded = math.Inf(1)
	// maxInteger keeps every integer but a seed inside what JSON readers in R
	// and JavaScript represent exactly.
	maxInteger = float64(1 << 53)
)

func text(doc string) *shape   { return &shape{kind: shapeText, doc: doc} }
func scalar(doc string) *shape { return &shape{kind: shapeScalar, doc: doc} }
func flag(doc string) *shape   { return &shape{kind: shapeBoolean, doc: doc} }

func columns(doc string) *shape {
	return &shape{kind: shapeList, doc: doc, item: text("A column of the data."), lone: true}
}

func word(doc string, words []string, aliases map[string]string) *shape {
	return &shape{kind: shapeWord, doc: doc, words: words, aliases: aliases}
}

func integer(doc string, low, high float64) *shape {
	return &shape{kind: shapeInteger, doc: doc, min: low, max: high}
}

func number(doc string, low, high float64) *shape {
	return &shape{kind: shapeNumber, doc: doc, min: low, max: high}
}

// within is a number strictly between two bounds.
func within(doc string, low, high float64) *shape {
	return &shape{kind: shapeNumber, doc: doc, min: low, max: high, open: true}
}

func anyNumber(doc string) *shape { return number(doc, math.Inf(-1), unbounded) }

func object(doc string, fields ...field) *shape {
	return &shape{kind: shapeObject, doc: doc, fields: fields}
}

func label(doc string) *shape {
	return &shape{kind: shapeEither, doc: doc, options: []*shape{
		{kind: shapeText, doc: "The same words in both languages.", rewrite: func(v any) any {
			return map[string]any{"nb": v, "en": v}
		}},
		object("Words per language.",
			field{name: "nb", shape: text("Norwegian bokmål."), required: true},
			field{name: "en", shape: text("English."), required: true}),
	}}
}

var (
	designWords = []string{
		string(Individual), string(Blocked), string(Clustered), string(Encouragement),
		string(DiD), string(EventStudy), string(PanelDesign), string(Observational),
	}
	designAliases = map[string]string{
		"rct": "individual", "trial": "individual", "experiment": "individual", "randomised": "individual",
		"randomized": "individual", "individual_randomised": "individual", "individually_randomised": "individual",
		"simple": "individual", "ab_test": "individual",
		"block": "blocked", "stratified": "blocked", "matched_pairs": "blocked", "blocked_randomised": "blocked",
		"cluster_randomised": "cluster", "cluster_randomized": "cluster", "clustered": "cluster",
		"crt": "cluster", "cluster_rct": "cluster", "cluster_trial": "cluster",
		"iv": "encouragement", "instrument": "encouragement", "instrumental_variable": "encouragement",
		"instrumental_variables": "encouragement", "noncompliance": "encouragement", "complier": "encouragement",
		"difference_in_differences": "did", "differences_in_differences": "did", "diff_in_diff": "did", "twfe": "did",
		"fixed_effects": "panel", "panel_data": "panel",
		"regression": "observational", "ols": "observational", "cohort": "observational",
	}

	estimatorWords = []string{
		string(DifferenceInMeans), string(OLS), string(WLS), string(Lin), string(BlockedDifference),
		string(IV), string(FixedEffects), string(TwoWayDiD), string(EventStudyEstimator),
	}
	estimatorAliases = map[string]string{
		"dim": "difference_in_means", "diff_in_means": "difference_in_means", "means": "difference_in_means",
		"lm": "ols", "linear": "ols", "regression": "ols",
		"lin_adjusted": "lin", "interacted": "lin",
		"block": "blocked", "blocked_difference_in_means": "blocked", "blocked_difference": "blocked",
		"2sls": "iv", "tsls": "iv", "cace": "iv", "late": "iv", "complier": "iv", "instrumental_variables": "iv",
		"fe": "fixed_effects", "within": "fixed_effects", "absorb": "fixed_effects", "panel": "fixed_effects",
		"twfe": "did", "difference_in_differences": "did", "diff_in_diff": "did", "two_way": "did",
		"eventstudy": "event_study",
	}

	vcovWords   = []string{"iid", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR2", "CR3"}
	vcovAliases = map[string]string{"classical": "iid", "homoskedastic": "iid"}

	testingWords   = []string{string(NoCorrection), string(Holm), string(BenjaminiHochberg), string(Bonferroni)}
	testingAliases = map[string]string{"bh": "benjamini_hochberg", "fdr": "benjamini_hochberg"}
)

func outcomeFields() []field {
	return []field{
		{name: "name", shape: text("The outcome's column in the data."), required: true},
		{name: "role", shape: word("primary decides the question, secondary explains, guardrail must not get worse.",
			[]string{string(Primary), string(Secondary), string(Guardrail)}, nil)},
		{name: "type", shape: word("binary (0/1, told as so many of 100), continuous or count. Left out, it is read from the data.",
			[]string{string(Binary), string(Continuous), string(Count)}, nil)},
		{name: "label", shape: label("What the outcome is, as the end of the sentence “6 more of 100 …”: kom i jobb, got a job.")},
		{name: "unit", shape: label("The unit of a continuous outcome: kroner, days.")},
		{name: "better", shape: word("Which way is good. Guardrails need it.", []string{"higher", "lower"}, nil)},
		{name: "smallest_of_interest", shape: within("The smallest effect that would matter, in the outcome's unit (0.02 = two of 100). Without it no result may be called “no effect”.", 0, unbounded)},
	}
}

// outcomeShape accepts a bare column name for an outcome with defaults.
func outcomeShape() *shape {
	s := object("One outcome.", outcomeFields()...)
	s.short = "name"
	return s
}

// outcomesByRole accepts {primary: […], secondary: […], guardrail: […]} and
// rewrites it to the flat list.
func outcomesByRole() *shape {
	roles := []Role{Primary, Secondary, Guardrail}
	fields := make([]field, len(roles))
	for i, role := range roles {
		fields[i] = field{name: string(role), shape: &shape{
			kind: shapeList, doc: "The " + string(role) + " outcomes.", item: outcomeShape(), lone: true,
		}}
	}
	s := object("Outcomes by role.", fields...)
	s.rewrite = func(v any) any {
		var out []any
		for _, role := range roles {
			list, _ := v.(map[string]any)[string(role)].([]any)
			for _, item := range list {
				o := item.(map[string]any)
				if _, given := o["role"]; !given {
					o["role"] = string(role)
				}
				out = append(out, o)
			}
		}
		return out
	}
	return s
}

func planShape() *shape {
	arm := object("One arm of the trial.",
		field{name: "value", shape: scalar("The value this arm has in the data."), required: true},
		field{name: "label", shape: label("What those in this arm got.")},
		field{name: "control", shape: flag("Whether the other arms are compared with this one.")},
		field{name: "share", shape: within("The share of units that were to come in this arm. The sample ratio is checked against it.", 0, 1)})
	arm.short = "value"

	multiple := object("How several tests are corrected, within each role of outcomes.",
		field{name: "rule", shape: word("The rule.", testingWords, testingAliases), required: true})
	multiple.short = "rule"

	missing := object("What is done with rows that lack a value.",
		field{name: "rule", shape: word("listwise: a model leaves out rows that lack one of its columns. refuse: any missing value stops the run. indicator: a missing covariate is set to 0 and flagged by a column of its own; rows without outcome or treatment are left out (randomised designs only).",
			[]string{string(Listwise), string(RefuseMissing), string(Indicator)}, map[string]string{"drop": "listwise", "complete_cases": "listwise"}), required: true})
	missing.short = "rule"

	return object("A Funn effect plan: what is to be learned, from whom, how, decided before the outcome is seen.",
		field{name: "version", shape: integer("The version of this file format.", 1, 1)},
		field{name: "title", shape: text("A short name.")},
		field{name: "question", shape: text("The question, in one sentence.")},
		field{name: "population", shape: text("Whom the answer is meant to hold for.")},
		field{name: "design", shape: word("How units came to be treated: individual, blocked or cluster randomisation, encouragement (randomised offer, own choice), did, event_study, panel, observational.", designWords, designAliases), required: true},
		field{name: "unit_of_randomisation", shape: text("What was drawn: person, office, week.")},
		field{name: "unit_of_analysis", shape: text("What one row of the data is.")},
		field{name: "treatment", shape: text("The column that holds the treatment. With an instrument: the treatment actually received.")},
		field{name: "arms", shape: &shape{kind: shapeList, doc: "The arms: the values of what was drawn, which is the treatment or, where there is one, the instrument. The control arm is the one marked, else the first.", item: arm}},
		field{name: "outcomes", shape: &shape{kind: shapeEither, doc: "The outcomes: a column, a list, or lists by role.", options: []*shape{
			{kind: shapeList, doc: "Outcomes.", item: outcomeShape()},
			outcomesByRole(),
			{kind: shapeText, doc: "One primary outcome.", rewrite: func(v any) any {
				return []any{map[string]any{"name": v}}
			}},
		}}, required: true},
		field{name: "covariates", shape: columns("Numeric columns known before treatment.")},
		field{name: "factors", shape: columns("Columns whose values are categories, whatever their type.")},
		field{name: "absorb", shape: columns("Columns whose levels each get a fixed effect.")},
		field{name: "strata", shape: columns("The columns that make up the blocks within which units were drawn.")},
		field{name: "cluster", shape: columns("The cluster of each row: one column, or two for two-way clustering.")},
		field{name: "weights", shape: text("A column of positive weights.")},
		field{name: "instrument", shape: columns("Instruments for the treatment: the offer that was drawn.")},
		field{name: "vcov", shape: word("The variance estimator. Left out: CR2 with clusters (CR1 with two of them or with absorbed effects), else HC2 (HC1 with absorbed effects or an instrument).", vcovWords, vcovAliases)},
		field{name: "estimator", shape: word("How the effect is estimated. Left out, it follows from the design.", estimatorWords, estimatorAliases)},
		field{name: "subgroups", shape: columns("Columns for whose every value the effect is also given.")},
		field{name: "multiple_testing", shape: multiple},
		field{name: "missing", shape: missing},
		field{name: "confidence", shape: within("The coverage of the intervals.", 0.5, 1)},
		field{name: "panel", shape: object("The time structure of did and event_study.",
			field{name: "unit", shape: text("The column of the unit that is followed.")},
			field{name: "time", shape: text("The column of the period, a whole number.")},
			field{name: "post", shape: text("A 0/1 column that is 1 in periods after the start (two-period did, with treatment as the group).")},
			field{name: "first_treated", shape: text("The column of the unit's first treated period; empty or 0 for units that never were.")},
			field{name: "leads", shape: integer("How many periods before the start are told apart; earlier ones are drawn together with the first of them. Left out, all are. Period -1 is what the others are compared with.", 2, 1000)},
			field{name: "lags", shape: integer("How many periods after the start are told apart; later ones are drawn together with the last of them. Left out, all are.", 1, 1000)})},
		field{name: "randomisation_inference", shape: object("Test the sharp null of no effect by drawing the assignment again.",
			field{name: "draws", shape: integer("How many assignments are drawn when listing all is too many.", 99, 1e6), required: true},
			field{name: "seed", shape: integer("The seed.", 0, math.MaxUint64)},
			field{name: "unit", shape: text("The column of the unit that was drawn; the cluster of a cluster design, else the row, when left out.")},
			field{name: "block", shape: columns("The columns that make up the blocks it was drawn within; the strata when left out.")})},
		field{name: "disclosure", shape: object("What may leave the place the data are kept.",
			field{name: "threshold", shape: integer("The smallest number of units a published figure may rest on.", 3, 1000)},
			field{name: "dominance", shape: object("A figure is withheld when the n largest contributors hold more than share of the total weight.",
				field{name: "n", shape: integer("How many contributors.", 1, 10), required: true},
				field{name: "share", shape: within("The share.", 0, 1), required: true})})},
		field{name: "randomisation", shape: randomisationShape()},
		field{name: "power", shape: powerShape()},
	)
}

func randomisationShape() *shape {
	return object("How units are drawn to arms by “funn effect randomise”.",
		field{name: "method", shape: word("simple: every unit on its own. complete: fixed numbers. blocked: fixed numbers in random blocks within strata. matched_pairs: pairs that are alike. rerandomised: complete, drawn again until balanced.",
			[]string{string(SimpleDraw), string(CompleteDraw), string(BlockedDraw), string(MatchedPairs), string(Rerandomised)},
			map[string]string{"stratified": "blocked", "pairs": "matched_pairs", "pair": "matched_pairs", "rerandomisation": "rerandomised", "rerandomised_complete": "rerandomised", "rerandomized": "rerandomised"}), required: true},
		field{name: "seed", shape: integer("The seed. The same seed and units give the same assignment on any machine.", 0, math.MaxUint64), required: true},
		field{name: "units", shape: integer("How many units there are, when no file lists them; they are then called 1, 2, ….", 2, 1e8)},
		field{name: "id", shape: text("The column that names the unit.")},
		field{name: "cluster", shape: text("The column of the office (or class, or week) that is drawn as a whole.")},
		field{name: "strata", shape: columns("Draw within each combination of these columns.")},
		field{name: "block_size", shape: integer("Units per random block within a stratum; 0 draws each stratum as one block.", 0, 10000)},
		field{name: "match_on", shape: columns("Numeric columns that decide which units are alike (matched_pairs) or balanced (rerandomised).")},
		field{name: "accept", shape: within("The share of assignments that is balanced enough (rerandomised).", 0, 1)},
		field{name: "max_draws", shape: integer("How many draws may be tried before giving up (rerandomised).", 1, 1e7)},
		field{name: "waves", shape: integer("Draw also in which of this many waves a unit starts (stepped start).", 1, 1000)},
	)
}

func powerShape() *shape {
	return object("What “funn effect power” computes: leave out exactly one of n (or clusters), effect and power.",
		field{name: "type", shape: word("The outcome's type.", []string{string(Binary), string(Continuous)}, nil)},
		field{name: "baseline", shape: anyNumber("The mean without treatment; for a binary outcome a share.")},
		field{name: "sd", shape: within("The standard deviation of a continuous outcome.", 0, unbounded)},
		field{name: "effect", shape: anyNumber("The effect among those treated, in the outcome's unit.")},
		field{name: "power", shape: within("The chance of finding the effect.", 0, 1)},
		field{name: "alpha", shape: within("The two-sided level of the test.", 0, 1)},
		field{name: "n", shape: integer("Units in all arms together.", 4, maxInteger)},
		field{name: "allocation", shape: within("The share in the treatment arm.", 0, 1)},
		field{name: "clusters", shape: integer("Clusters in all arms together.", 4, maxInteger)},
		field{name: "cluster_size", shape: number("Units per cluster, on average.", 1, maxInteger)},
		field{name: "cluster_size_cv", shape: number("The coefficient of variation of cluster sizes.", 0, 10)},
		field{name: "icc", shape: number("The intra-cluster correlation.", 0, 1)},
		field{name: "r2", shape: number("The share of variance (within clusters, if any) that covariates explain.", 0, 0.9999)},
		field{name: "r2_cluster", shape: number("The share of variance between clusters that covariates or strata explain.", 0, 0.9999)},
		field{name: "strata_r2", shape: number("The share of variance that lies between the strata drawn within.", 0, 0.9999)},
		field{name: "strata", shape: integer("How many strata there are; they cost degrees of freedom.", 1, 1e6)},
		field{name: "take_up", shape: number("The share that takes the treatment when offered.", 0, 1)},
		field{name: "take_up_control", shape: number("The share that gets it without the offer.", 0, 1)},
		field{name: "attrition", shape: number("The share of units that will have no outcome.", 0, 0.9999)},
		field{name: "simulate", shape: integer("Check the formula by this many simulated trials.", 100, 1e6)},
		field{name: "seed", shape: integer("The seed of the simulation.", 0, math.MaxUint64)},
	)
}
