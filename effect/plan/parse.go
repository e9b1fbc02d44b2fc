package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxBytes is the largest plan file that is read: a thousand times a normal
// one, small enough that no file can exhaust memory.
const MaxBytes = 1 << 20

// Problem is one thing wrong with a plan file. Line and Column count from 1;
// they are 0 when the problem is the file as a whole. Field is a path such
// as outcomes[0].role.
type Problem struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:%d: ", p.Line, p.Column)
	}
	if p.Field != "" {
		b.WriteString(p.Field + " ")
	}
	return b.String() + p.Message
}

// Error is everything found wrong with a plan file, in the order of the
// file. Its text has one line per problem: name:line:column: field message.
type Error struct {
	Name     string
	Problems []Problem
}

func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
		if e.Name != "" {
			lines[i] = e.Name + ":" + lines[i]
			if p.Line == 0 {
				lines[i] = e.Name + ": " + p.String()
			}
		}
	}
	return strings.Join(lines, "\n")
}

// Load reads and checks the plan in a file.
func Load(path string) (*Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open plan: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read plan %s: %w", path, err)
	}
	return Parse(path, text)
}

// Parse reads and checks a plan. name is used in messages. The error is an
// *[Error] that lists every problem found, or nil.
func Parse(name string, source []byte) (*Plan, error) {
	fail := func(p ...Problem) (*Plan, error) { return nil, &Error{Name: name, Problems: p} }
	if len(source) > MaxBytes {
		return fail(Problem{Message: fmt.Sprintf("is larger than %d bytes", MaxBytes)})
	}
	dec := yaml.NewDecoder(bytes.NewReader(source))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return fail(Problem{Message: "is empty"})
	} else if err != nil {
		return fail(syntaxProblem(err))
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		if err != nil {
			return fail(syntaxProblem(err))
		}
		return fail(Problem{Message: "holds more than one YAML document"})
	}
	r := reader{at: map[string]position{}}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return fail(Problem{Line: 1, Column: 1, Message: "must be a mapping of keys such as design, outcomes and treatment"})
	}
	tree := r.read(doc.Content[0], planShape(), "", 0)
	if len(r.problems) > 0 {
		sortProblems(r.problems)
		return fail(r.problems...)
	}
	encoded, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("parse plan %s: %w", name, err)
	}
	p := new(Plan)
	if err := json.Unmarshal(encoded, p); err != nil {
		return nil, fmt.Errorf("parse plan %s: %w", name, err)
	}
	p.fillDefaults()
	c := checker{plan: p, at: r.at}
	c.check()
	if len(c.problems) > 0 {
		sortProblems(c.problems)
		return fail(c.problems...)
	}
	return p, nil
}

func sortProblems(p []Problem) {
	slices.SortStableFunc(p, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntaxProblem moves the line out of the YAML library's message text.
func syntaxProblem(err error) Problem {
	m := yamlLine.FindStringSubmatch(strings.ReplaceAll(err.Error(), "\n", " "))
	if m == nil {
		return Problem{Message: "is not valid YAML: " + err.Error()}
	}
	line, _ := strconv.Atoi(m[1]) // no line given leaves 0, which means the file as a whole
	column := 0
	if line > 0 {
		column = 1
	}
	return Problem{Line: line, Column: column, Message: "is not valid YAML: " + m[2]}
}

func (p *Plan) fillDefaults() {
	p.Version = 1
	if p.Estimator == "" {
		p.Estimator = p.defaultEstimator()
	}
	if p.Panel != nil && p.Panel.Unit != "" && len(p.Cluster) == 0 && (p.VCov == "" || strings.HasPrefix(p.VCov, "CR")) {
		// A unit's outcomes over time depend on each other.
		p.Cluster = []string{p.Panel.Unit}
	}
	if p.VCov == "" {
		switch {
		case len(p.Cluster) == 2 || len(p.Cluster) > 0 && (len(p.Absorb) > 0 || p.Panel != nil && p.Panel.Unit != ""):
			// CR2 is not defined for two dimensions, and for fixed effects only
			// where they lie within clusters, which a plan cannot know.
			p.VCov = "CR1"
		case len(p.Cluster) > 0:
			p.VCov = "CR2"
		case len(p.Absorb) > 0 || len(p.Instrument) > 0 || p.Estimator == TwoWayDiD || p.Estimator == EventStudyEstimator:
			p.VCov = "HC1"
		default:
			p.VCov = "HC2"
		}
	}
	for i := range p.Outcomes {
		if p.Outcomes[i].Role == "" {
			p.Outcomes[i].Role = Primary
		}
	}
	if len(p.Arms) > 0 && !slices.ContainsFunc(p.Arms, func(a Arm) bool { return a.Control }) {
		p.Arms[0].Control = true
	}
	if p.MultipleTesting.Rule == "" {
		p.MultipleTesting.Rule = Holm
	}
	if p.Missing.Rule == "" {
		p.Missing.Rule = Listwise
	}
	if p.Confidence == 0 {
		p.Confidence = 0.95
	}
	if p.Disclosure.Threshold == 0 {
		p.Disclosure.Threshold = 5
	}
}

func (p *Plan) defaultEstimator() Estimator {
	switch {
	case len(p.Instrument) > 0:
		return IV
	case p.Design == EventStudy:
		return EventStudyEstimator
	case p.Design == DiD && p.Panel != nil:
		return TwoWayDiD
	case p.Design == Blocked && len(p.Strata) > 0 && len(p.Covariates)+len(p.Factors) == 0:
		return BlockedDifference
	case len(p.Absorb) > 0:
		return FixedEffects
	case p.Design.Randomised() && len(p.Covariates)+len(p.Factors) == 0 && p.Weights == "":
		return DifferenceInMeans
	case p.Weights != "":
		return WLS
	}
	return OLS
}

// checker holds the rules that need more than one field.
type checker struct {
	plan     *Plan
	at       map[string]position
	problems []Problem
}

// refuse points to the field, or to the nearest part of its path that stood
// in the file.
func (c *checker) refuse(path, format string, args ...any) {
	p := Problem{Field: path, Message: fmt.Sprintf(format, args...)}
	for key := path; ; {
		if at, ok := c.at[key]; ok {
			p.Line, p.Column = at.line, at.column
			break
		}
		cut := strings.LastIndexAny(key, ".[")
		if cut < 0 {
			break
		}
		key = key[:cut]
	}
	c.problems = append(c.problems, p)
}

func (c *checker) check() {
	c.checkOutcomes()
	c.checkArms()
	c.checkColumns()
	c.checkEstimator()
	c.checkVariance()
	c.checkPanel()
	c.checkRandomisation()
	c.checkPower()
	if p := c.plan; p.Missing.Rule == Indicator && !p.Design.Randomised() {
		c.refuse("missing", "rule indicator is sound only where chance decided the treatment; use listwise for design %s", p.Design)
	}
}

func (c *checker) checkOutcomes() {
	seen := map[string]bool{}
	for i, o := range c.plan.Outcomes {
		path := fmt.Sprintf("outcomes[%d]", i)
		if seen[o.Name] {
			c.refuse(path, "names the outcome %q a second time", o.Name)
		}
		seen[o.Name] = true
		if o.Role == Guardrail && o.Better == "" {
			c.refuse(path, "is a guardrail, so better (higher or lower) must say which way is harm")
		}
	}
	if !slices.ContainsFunc(c.plan.Outcomes, func(o Outcome) bool { return o.Role == Primary }) {
		c.refuse("outcomes", "has no primary outcome")
	}
}

func (c *checker) checkArms() {
	arms := c.plan.Arms
	if len(arms) == 1 {
		c.refuse("arms", "must be at least two")
	}
	controls, shares, given := 0, 0.0, 0
	seen := map[string]bool{}
	for i, a := range arms {
		if seen[a.Value] {
			c.refuse(fmt.Sprintf("arms[%d]", i), "gives the value %q a second time", a.Value)
		}
		seen[a.Value] = true
		if a.Control {
			controls++
		}
		if a.Share > 0 {
			given++
			shares += a.Share
		}
	}
	if controls > 1 {
		c.refuse("arms", "marks %d arms as control; mark one", controls)
	}
	if given > 0 && (given != len(arms) || math.Abs(shares-1) > 1e-9) {
		c.refuse("arms", "must give every arm a share, and the shares must add up to 1 (they are %s)", strconv.FormatFloat(shares, 'g', 6, 64))
	}
	if len(arms) > 0 && c.plan.Treatment == "" {
		c.refuse("arms", "are given without treatment, the column that holds them")
	}
}

// checkColumns refuses a column in two roles that cannot both hold.
func (c *checker) checkColumns() {
	p := c.plan
	role := map[string]string{}
	claim := func(path string, names ...string) {
		for _, n := range names {
			if n == "" {
				continue
			}
			if other, taken := role[n]; taken {
				c.refuse(path, "uses the column %q, which is already in %s", n, other)
				continue
			}
			role[n] = path
		}
	}
	for i, o := range p.Outcomes {
		if role[o.Name] == "" {
			claim(fmt.Sprintf("outcomes[%d]", i), o.Name)
		}
	}
	claim("treatment", p.Treatment)
	claim("instrument", p.Instrument...)
	claim("covariates", p.Covariates...)
	claim("factors", p.Factors...)
	claim("absorb", p.Absorb...)
	claim("weights", p.Weights)
	for _, list := range []struct {
		path  string
		names []string
	}{{"cluster", p.Cluster}, {"strata", p.Strata}, {"subgroups", p.Subgroups}} {
		seen := map[string]bool{}
		for _, n := range list.names {
			if seen[n] {
				c.refuse(list.path, "names the column %q twice", n)
			}
			seen[n] = true
			if r := role[n]; strings.HasPrefix(r, "outcomes") || r == "weights" {
				c.refuse(list.path, "uses the column %q, which is already in %s", n, r)
			}
		}
	}
	if slices.Contains(p.Subgroups, p.Treatment) && p.Treatment != "" {
		c.refuse("subgroups", "names the treatment")
	}
}

func (c *checker) checkEstimator() {
	p := c.plan
	adjusted := len(p.Covariates)+len(p.Factors) > 0
	if p.Treatment == "" && p.Design != Observational && p.Design != PanelDesign && p.Estimator != EventStudyEstimator &&
		(p.Panel == nil || p.Panel.FirstTreated == "") {
		c.refuse("treatment", "is missing; only a descriptive regression (design observational or panel) can do without")
	}
	if p.Treatment == "" && len(p.Subgroups) > 0 {
		c.refuse("subgroups", "need a treatment whose effect is compared between them")
	}
	if len(p.Instrument) > 0 && p.Estimator != IV {
		c.refuse("estimator", "is %s, but an instrument is given; use iv or remove the instrument", p.Estimator)
	}
	switch p.Estimator {
	case IV:
		if len(p.Instrument) == 0 {
			c.refuse("estimator", "is iv, but no instrument is given")
		}
	case DifferenceInMeans:
		if adjusted || len(p.Absorb) > 0 || len(p.Strata) > 0 && p.Design == Blocked {
			c.refuse("estimator", "difference_in_means uses no covariates, factors, fixed effects or strata; use ols, lin or blocked")
		}
	case BlockedDifference:
		if len(p.Strata) == 0 {
			c.refuse("estimator", "is blocked, but no strata are given")
		}
		if adjusted {
			c.refuse("estimator", "blocked uses no covariates; use ols or lin with the strata as factors")
		}
	case Lin:
		if !adjusted {
			c.refuse("estimator", "is lin, but there are no covariates or factors to adjust for")
		}
		if len(p.Absorb) > 0 {
			c.refuse("absorb", "cannot be combined with estimator lin; put the columns in factors")
		}
	case WLS:
		if p.Weights == "" {
			c.refuse("estimator", "is wls, but no weights are given")
		}
	case TwoWayDiD:
		if p.Panel == nil && len(p.Absorb) == 0 && !adjusted {
			c.refuse("estimator", "is did, but neither panel, absorb nor covariates hold the group and the period")
		}
	case FixedEffects:
		if len(p.Absorb) == 0 {
			c.refuse("estimator", "is fixed_effects, but absorb names no columns")
		}
	}
	if p.Design == Encouragement && len(p.Instrument) == 0 {
		c.refuse("design", "is encouragement, so instrument must name the offer that was drawn")
	}
}

func (c *checker) checkVariance() {
	p := c.plan
	robustToClusters := strings.HasPrefix(p.VCov, "CR")
	if robustToClusters && len(p.Cluster) == 0 {
		c.refuse("vcov", "is %s, but no cluster is given", p.VCov)
	}
	if len(p.Cluster) > 2 {
		c.refuse("cluster", "names %d columns; one or two are possible", len(p.Cluster))
	}
	if len(p.Cluster) == 2 && robustToClusters && p.VCov != "CR0" && p.VCov != "CR1" {
		c.refuse("vcov", "is %s, but two cluster dimensions are defined for CR0 and CR1 only", p.VCov)
	}
	if p.Design == Clustered && len(p.Cluster) == 0 {
		c.refuse("design", "is cluster, so cluster must name the column of what was drawn as a whole")
	}
	if p.Design == Clustered && !robustToClusters {
		c.refuse("vcov", "is %s, which takes the members of a cluster as independent; a cluster design needs CR0–CR3", p.VCov)
	}
}

func (c *checker) checkPanel() {
	p := c.plan
	needs := p.Estimator == TwoWayDiD || p.Estimator == EventStudyEstimator
	if p.Panel == nil {
		if needs && p.Estimator == EventStudyEstimator {
			c.refuse("panel", "is missing: event_study needs unit, time and first_treated")
		}
		return
	}
	if !needs {
		c.refuse("panel", "is used by the estimators did and event_study only, not by %s", p.Estimator)
		return
	}
	full := p.Panel.Unit != "" && p.Panel.Time != "" && p.Panel.FirstTreated != ""
	switch {
	case p.Panel.Post != "" && (p.Panel.FirstTreated != "" || p.Estimator == EventStudyEstimator):
		c.refuse("panel.post", "goes with estimator did and treatment as the group; first_treated is the other form")
	case p.Panel.Post != "" && p.Treatment == "":
		c.refuse("panel.post", "needs treatment, the column that tells the two groups apart")
	case p.Panel.Post == "" && p.Panel.FirstTreated != "" && !full:
		c.refuse("panel", "with first_treated also needs unit and time")
	case p.Estimator == EventStudyEstimator && !full:
		c.refuse("panel", "of an event_study needs unit, time and first_treated")
	case p.Panel.Post == "" && p.Panel.FirstTreated == "" && (p.Panel.Unit == "" || p.Panel.Time == ""):
		c.refuse("panel", "of a did needs post, or unit and time, or unit, time and first_treated")
	}
	if p.Panel.FirstTreated != "" && p.Treatment != "" {
		c.refuse("treatment", "follows from panel.first_treated; give one of them")
	}
	if (p.Panel.Leads > 0 || p.Panel.Lags > 0) && p.Estimator != EventStudyEstimator {
		c.refuse("panel", "has leads or lags, which only event_study tells apart")
	}
	if len(p.Absorb) > 0 && p.Panel.Unit != "" {
		c.refuse("absorb", "is given by panel.unit and panel.time here; remove it")
	}
	if len(p.Subgroups) > 0 {
		c.refuse("subgroups", "are not estimated with %s; run the plan per group", p.Estimator)
	}
}

func (c *checker) checkRandomisation() {
	r := c.plan.Randomisation
	if ri := c.plan.RandomisationInference; ri != nil {
		switch {
		case !c.plan.Design.Randomised():
			c.refuse("randomisation_inference", "needs a randomised design, not %s", c.plan.Design)
		case r != nil && r.Method == Rerandomised:
			c.refuse("randomisation_inference", "cannot yet repeat a rerandomised draw; leave it out")
		case len(c.plan.Arms) != 2:
			c.refuse("randomisation_inference", "compares two arms, which the plan must name; it has %d", len(c.plan.Arms))
		}
		c.checkRepeats(ri, r)
	}
	if r == nil {
		return
	}
	const at = "randomisation"
	if len(c.plan.Arms) == 0 {
		c.refuse(at, "needs arms")
	}
	if r.Units > 0 && (r.ID != "" || r.Cluster != "" || len(r.Strata) > 0 || len(r.MatchOn) > 0) {
		c.refuse(at+".units", "counts units without a file, so id, cluster, strata and match_on have nothing to read")
	}
	if r.Units == 0 && r.ID == "" && r.Cluster == "" {
		c.refuse(at, "needs units (a number), id or cluster (a column of the file of units)")
	}
	switch r.Method {
	case MatchedPairs:
		if len(c.plan.Arms) != 2 {
			c.refuse(at+".method", "matched_pairs needs exactly two arms")
		}
		if len(r.MatchOn) == 0 {
			c.refuse(at+".method", "matched_pairs needs match_on")
		}
		for _, a := range c.plan.Arms {
			if a.Share != 0 && a.Share != 0.5 {
				c.refuse(at+".method", "matched_pairs gives one of each pair to each arm, so shares must be a half")
				break
			}
		}
	case Rerandomised:
		if len(r.MatchOn) == 0 || r.Accept == 0 {
			c.refuse(at+".method", "rerandomised needs match_on and accept")
		}
	}
	if r.BlockSize > 0 && r.Method != BlockedDraw {
		c.refuse(at+".block_size", "is used by method blocked only")
	}
	if len(r.Strata) > 0 && r.Method == SimpleDraw {
		c.refuse(at+".strata", "have no meaning where every unit is drawn on its own; use method blocked")
	}
	if len(r.MatchOn) > 0 && r.Method != MatchedPairs && r.Method != Rerandomised {
		c.refuse(at+".match_on", "is used by methods matched_pairs and rerandomised only")
	}
	if (r.Accept > 0 || r.MaxDraws > 0) && r.Method != Rerandomised {
		c.refuse(at, "accept and max_draws are used by method rerandomised only")
	}
}

// checkRepeats refuses a test by drawing again that would draw otherwise than the
// units were drawn: it would not be exact.
func (c *checker) checkRepeats(ri *RandomisationInference, r *Randomisation) {
	const at = "randomisation_inference"
	if r == nil {
		return
	}
	switch {
	case len(ri.Block) > 0:
	case r.Method == MatchedPairs:
		c.refuse(at, "must repeat the draw within pairs: give block, the column of the pair")
	case r.BlockSize > 0:
		c.refuse(at, "must repeat the draw within its small blocks: give block, the column of the block")
	case len(r.Strata) > 0 && len(c.plan.Strata) == 0:
		c.refuse(at, "must repeat the draw within %s: give block, or strata to the plan", strings.Join(r.Strata, ", "))
	}
	if r.Cluster != "" && ri.Unit == "" && c.plan.Design != Clustered {
		c.refuse(at, "must draw %s as a whole, as the units were drawn: give unit", r.Cluster)
	}
}

func (c *checker) checkPower() {
	w := c.plan.Power
	if w == nil {
		return
	}
	if w.Type == Binary {
		if w.Baseline == nil || *w.Baseline <= 0 || *w.Baseline >= 1 {
			c.refuse("power.baseline", "must be a share between 0 and 1 for a binary outcome")
		} else if w.Effect != nil && (*w.Baseline+*w.Effect <= 0 || *w.Baseline+*w.Effect >= 1) {
			c.refuse("power.effect", "brings the share outside 0 to 1")
		}
		if w.SD != 0 {
			c.refuse("power.sd", "follows from baseline for a binary outcome; remove it")
		}
	}
	if w.Effect != nil && *w.Effect == 0 {
		c.refuse("power.effect", "is 0; no trial can find that")
	}
	clustered := w.Clusters != nil || w.ClusterSize > 0 || w.ICC != nil
	if clustered && (w.ClusterSize == 0 || w.ICC == nil) {
		c.refuse("power", "of a cluster design needs cluster_size and icc")
	}
	if clustered && w.N != nil {
		c.refuse("power.n", "follows from clusters and cluster_size; remove it")
	}
	if !clustered && (w.ClusterSizeCV > 0 || w.R2Cluster > 0) {
		c.refuse("power", "has cluster_size_cv or r2_cluster without a cluster design")
	}
	size := w.N != nil || w.Clusters != nil
	missing := 0
	for _, given := range []bool{size, w.Effect != nil, w.Power != nil} {
		if !given {
			missing++
		}
	}
	if missing == 0 {
		c.refuse("power", "gives size, effect and power; leave out the one to be computed")
	}
	if missing > 1 {
		c.refuse("power", "must give two of size (n or clusters), effect and power")
	}
	take := 1.0
	if w.TakeUp != nil {
		take = *w.TakeUp
	}
	if take-w.TakeUpControl <= 0 {
		c.refuse("power.take_up", "must be higher than take_up_control")
	}
	if w.StrataR2 > 0 && clustered {
		c.refuse("power.strata_r2", "is for individual designs; use r2_cluster for strata of clusters")
	}
}
