package plan_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"funn/effect/plan"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the published schema anew")

const minimal = `design: individual
outcomes: y
treatment: t
`

func parse(t *testing.T, source string) *plan.Plan {
	t.Helper()
	p, err := plan.Parse("plan.yaml", []byte(source))
	if err != nil {
		t.Fatalf("Parse:\n%v", err)
	}
	return p
}

func TestDefaults(t *testing.T) {
	tests := map[string]struct {
		source    string
		estimator plan.Estimator
		vcov      string
	}{
		"two arms":               {minimal, plan.DifferenceInMeans, "HC2"},
		"with covariate":         {minimal + "covariates: x", plan.OLS, "HC2"},
		"with weights":           {minimal + "weights: w", plan.WLS, "HC2"},
		"with cluster":           {minimal + "cluster: office", plan.DifferenceInMeans, "CR2"},
		"two clusters":           {minimal + "cluster: [a, b]", plan.DifferenceInMeans, "CR1"},
		"fixed effects":          {minimal + "absorb: [a, b]", plan.FixedEffects, "HC1"},
		"instrument":             {"design: iv\noutcomes: y\ntreatment: d\ninstrument: z", plan.IV, "HC1"},
		"strata":                 {"design: blocked\noutcomes: y\ntreatment: d\nstrata: s", plan.BlockedDifference, "HC2"},
		"did as a panel":         {"design: did\noutcomes: y\ntreatment: d\npanel: {post: after}", plan.TwoWayDiD, "HC1"},
		"did as a regression":    {"design: did\noutcomes: y\ntreatment: dxpost\ncovariates: [d, post]", plan.OLS, "HC2"},
		"event study":            {"design: event study\noutcomes: y\npanel: {unit: i, time: t, first_treated: g}", plan.EventStudyEstimator, "CR1"},
		"regression, no treated": {"design: observational\noutcomes: y\ncovariates: x", plan.OLS, "HC2"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := parse(t, tt.source)
			if p.Estimator != tt.estimator || p.VCov != tt.vcov {
				t.Errorf("estimator, vcov = %s, %s; want %s, %s", p.Estimator, p.VCov, tt.estimator, tt.vcov)
			}
			if p.Confidence != 0.95 || p.Disclosure.Threshold != 5 || p.Missing.Rule != plan.Listwise || p.MultipleTesting.Rule != plan.Holm {
				t.Errorf("unexpected default: %+v", p)
			}
		})
	}
}

// TestShortFormsMeanTheSame holds that layout and the accepted short forms do
// not change what is locked.
func TestShortFormsMeanTheSame(t *testing.T) {
	long := `
# A comment.
treatment: "t"
outcomes:
  - {role: primary, name: y}
  - {name: z, role: secondary}
design: Cluster-randomised
cluster: [office]
arms: [{value: 0, control: true}, {value: 1}]
missing: {rule: listwise}
multiple_testing: {rule: benjamini_hochberg}
vcov: cr2
estimator: Difference in means
`
	short := `design: cluster
outcomes: {primary: y, secondary: [z]}
treatment: t
arms: ["0", "1"]
cluster: office
multiple_testing: bh
`
	if diff := cmp.Diff(parse(t, long), parse(t, short)); diff != "" {
		t.Errorf("plans differ (-long +short):\n%s", diff)
	}
	if a, b := parse(t, long).Hash(), parse(t, short).Hash(); a != b {
		t.Errorf("hashes differ: %s, %s", a, b)
	}
}

// TestHashIsStable guards the hash across versions of this program: a lock
// made today must hold as long as the plan's meaning does.
func TestHashIsStable(t *testing.T) {
	const want = "sha256:39f25db56239e8fe6b04483b44ac731573884c4dc6cfab8e89ba91cd3f69ed99"
	got := parse(t, minimal)
	wantCanonical := `{"version":1,"design":"individual","treatment":"t","outcomes":[{"name":"y","role":"primary"}],"vcov":"HC2","estimator":"difference_in_means","multiple_testing":{"rule":"holm"},"missing":{"rule":"listwise"},"confidence":0.95,"disclosure":{"threshold":5}}`
	if diff := cmp.Diff(wantCanonical, string(got.Canonical())); diff != "" {
		t.Errorf("canonical form (-want +got):\n%s", diff)
	}
	if got.Hash() != want {
		t.Errorf("hash = %s, want %s", got.Hash(), want)
	}
}

func TestSeedKeepsAllItsBits(t *testing.T) {
	p := parse(t, minimal+"arms: [a, b]\nrandomisation: {method: simple, units: 10, seed: 18446744073709551615}")
	if p.Randomisation.Seed != 1<<64-1 {
		t.Errorf("seed = %d", p.Randomisation.Seed)
	}
	if !bytes.Contains(p.Canonical(), []byte(`"seed":18446744073709551615`)) {
		t.Errorf("canonical form lost digits: %s", p.Canonical())
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct{ source, want string }{
		"empty":             {"", "plan.yaml: is empty"},
		"not a mapping":     {"- a\n- b", "plan.yaml:1:1: must be a mapping"},
		"bad yaml":          {"design: [\n", "is not valid YAML"},
		"two documents":     {minimal + "---\n" + minimal, "more than one YAML document"},
		"unknown key":       {minimal + "outcome: y", `plan.yaml:4:1: outcome is not a known key; did you mean "outcomes"?`},
		"unknown far key":   {minimal + "zzzzzzzz: y", "zzzzzzzz is not a known key; known keys are absorb"},
		"key twice":         {minimal + "treatment: u", "plan.yaml:4:1: treatment is given twice"},
		"missing key":       {"design: individual\ntreatment: t", "outcomes is missing"},
		"wrong word":        {"design: magic\noutcomes: y\ntreatment: t", `plan.yaml:1:9: design is "magic", but must be one of individual, blocked`},
		"number for text":   {"design: individual\noutcomes: y\ntreatment: 3", `plan.yaml:3:12: treatment must be text, not a whole number; put "3" in quotes`},
		"text for number":   {minimal + "confidence: high", "plan.yaml:4:13: confidence must be a number between 0.5 and 1, not text"},
		"not finite":        {minimal + "confidence: .nan", "plan.yaml:4:13: confidence is .nan"},
		"out of range":      {minimal + "disclosure: {threshold: 1}", "plan.yaml:4:25: disclosure.threshold is 1, but must be a whole number from 3"},
		"fraction":          {minimal + "disclosure: {threshold: 5.5}", "disclosure.threshold must be a whole number from 3 to 1000, not a number"},
		"list for text":     {minimal + "weights: [a]", "plan.yaml:4:10: weights must be text, not a list"},
		"mapping for list":  {minimal + "covariates: {a: b}", "covariates must be text or a list, not a mapping"},
		"empty list":        {minimal + "covariates: []", "covariates is an empty list"},
		"null":              {minimal + "cluster:", "plan.yaml:4:9: cluster has no value"},
		"nested":            {"design: individual\ntreatment: t\noutcomes:\n  - name: y\n    role: main", `plan.yaml:5:11: outcomes[0].role is "main"`},
		"alias":             {"design: individual\ntreatment: &a t\noutcomes: *a", "anchor or alias"},
		"merge":             {minimal + "panel: {<<: {unit: a}}", "panel has a key that is not a plain name"},
		"outcome twice":     {"design: individual\ntreatment: t\noutcomes: [y, y]", `plan.yaml:3:15: outcomes[1] names the outcome "y" a second time`},
		"outcome covariate": {minimal + "covariates: [x, y]", `plan.yaml:4:1: covariates uses the column "y", which is already in outcomes[0]`},
		"cluster outcome":   {minimal + "cluster: y", "cluster uses the column"},
		"no primary":        {"design: individual\ntreatment: t\noutcomes: {secondary: y}", "outcomes has no primary outcome"},
		"guardrail":         {"design: individual\ntreatment: t\noutcomes: {primary: y, guardrail: g}", "outcomes[1] is a guardrail, so better"},
		"no treatment":      {"design: individual\noutcomes: y", "treatment is missing; only"},
		"CR without":        {minimal + "vcov: CR2", "plan.yaml:4:1: vcov is CR2, but no cluster is given"},
		"CR2 two-way":       {minimal + "vcov: CR2\ncluster: [a, b]", "two cluster dimensions"},
		"three clusters":    {minimal + "vcov: CR1\ncluster: [a, b, c]", "cluster names 3 columns"},
		"cluster design":    {"design: cluster\noutcomes: y\ntreatment: t", "cluster must name"},
		"cluster HC":        {"design: cluster\noutcomes: y\ntreatment: t\ncluster: c\nvcov: HC1", "a cluster design needs CR0–CR3"},
		"iv without":        {minimal + "estimator: iv", "no instrument is given"},
		"instrument ols":    {minimal + "estimator: ols\ninstrument: z", "but an instrument is given"},
		"encouragement":     {"design: encouragement\noutcomes: y\ntreatment: t", "instrument must name the offer"},
		"lin without":       {minimal + "estimator: lin", "no covariates or factors"},
		"wls without":       {minimal + "estimator: wls", "no weights are given"},
		"fe without":        {minimal + "estimator: fe", "absorb names no columns"},
		"blocked without":   {minimal + "estimator: blocked", "no strata are given"},
		"dim adjusted":      {minimal + "estimator: dim\nfactors: f", "difference_in_means uses no covariates"},
		"did bare":          {"design: did\noutcomes: y\ntreatment: t\nestimator: did", "neither panel"},
		"event study bare":  {"design: event_study\noutcomes: y\ntreatment: t", "panel is missing"},
		"panel unused":      {minimal + "panel: {post: p}", "panel is used by the estimators did and event_study only"},
		"panel half":        {"design: did\noutcomes: y\npanel: {first_treated: g}", "also needs unit and time"},
		"one arm":           {minimal + "arms: [a]", "arms must be at least two"},
		"arm twice":         {minimal + "arms: [a, a]", `arms[1] gives the value "a" a second time`},
		"two controls":      {minimal + "arms: [{value: a, control: true}, {value: b, control: true}]", "marks 2 arms as control"},
		"shares":            {minimal + "arms: [{value: a, share: 0.5}, {value: b, share: 0.6}]", "shares must add up to 1 (they are 1.1)"},
		"indicator":         {"design: observational\noutcomes: y\ntreatment: t\nmissing: indicator", "sound only where chance decided"},
		"pairs three arms":  {minimal + "arms: [a, b, c]\nrandomisation: {method: pairs, id: i, match_on: x, seed: 1}", "exactly two arms"},
		"strata simple":     {minimal + "arms: [a, b]\nrandomisation: {method: simple, id: i, strata: x, seed: 1}", "use method blocked"},
		"units and strata":  {minimal + "arms: [a, b]\nrandomisation: {method: blocked, units: 5, strata: x, seed: 1}", "have nothing to read"},
		"redraw rerandomised": {
			minimal + "arms: [a, b]\nrandomisation: {method: rerandomised, id: i, match_on: x, accept: 0.1, seed: 1}\nrandomisation_inference: {draws: 99}",
			"cannot yet repeat a rerandomised draw",
		},
		"redraw without pairs": {
			minimal + "arms: [a, b]\nrandomisation: {method: pairs, id: i, match_on: x, seed: 1}\nrandomisation_inference: {draws: 99}", "give block, the column of the pair",
		},
		"redraw without blocks": {
			minimal + "arms: [a, b]\nrandomisation: {method: blocked, id: i, block_size: 4, seed: 1}\nrandomisation_inference: {draws: 99}", "give block, the column of the block",
		},
		"redraw without strata": {
			minimal + "arms: [a, b]\nrandomisation: {method: blocked, id: i, strata: s, seed: 1}\nrandomisation_inference: {draws: 99}", "must repeat the draw within s",
		},
		"redraw split": {
			minimal + "arms: [a, b]\nrandomisation: {method: complete, cluster: o, seed: 1}\nrandomisation_inference: {draws: 99}", "must draw o as a whole",
		},
		"power all":     {minimal + "power: {n: 100, effect: 0.5, power: 0.8}", "leave out the one"},
		"power none":    {minimal + "power: {n: 100}", "must give two of"},
		"power binary":  {minimal + "power: {type: binary, n: 100, power: 0.8}", "power.baseline must be a share"},
		"power no icc":  {minimal + "power: {clusters: 20, cluster_size: 10, power: 0.8}", "needs cluster_size and icc"},
		"power take-up": {minimal + "power: {n: 20, take_up: 0.2, take_up_control: 0.3, power: 0.8}", "higher than take_up_control"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := plan.Parse("plan.yaml", []byte(tt.source))
			var e *plan.Error
			if !errors.As(err, &e) {
				t.Fatalf("Parse = %v, want *plan.Error", err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error:\n%v\nwant it to contain:\n%s", err, tt.want)
			}
		})
	}
}

func TestEveryProblemIsReported(t *testing.T) {
	_, err := plan.Parse("", []byte("design: magic\ncovariates: []\nvcov: HC9\n"))
	var e *plan.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	var fields []string
	for _, p := range e.Problems {
		fields = append(fields, p.Field)
	}
	if diff := cmp.Diff([]string{"outcomes", "design", "covariates", "vcov"}, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestTooLarge(t *testing.T) {
	if _, err := plan.Parse("", bytes.Repeat([]byte("#"), plan.MaxBytes+1)); err == nil {
		t.Error("accepted a file above the limit")
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	path := plan.LockPath(filepath.Join(dir, "plan.yaml"))
	p := parse(t, minimal)
	state, err := plan.CheckLock(p, path)
	if err != nil || state.Locked {
		t.Fatalf("CheckLock without a lock = %+v, %v", state, err)
	}
	day := time.Date(2022, 3, 1, 12, 0, 0, 0, time.UTC)
	if err := plan.NewLock(p, day).Write(path); err != nil {
		t.Fatal(err)
	}
	state, err = plan.CheckLock(p, path)
	if diff := cmp.Diff(plan.State{Locked: true, LockedAt: day, Fields: []string{}}, state); err != nil || diff != "" {
		t.Fatalf("CheckLock = %v; (-want +got):\n%s", err, diff)
	}

	changed := parse(t, minimal+"covariates: x\nestimator: ols\nvcov: HC1")
	state, err = plan.CheckLock(changed, path)
	want := plan.State{Locked: true, LockedAt: day, Changed: true, Fields: []string{"covariates", "estimator", "vcov"}}
	if diff := cmp.Diff(want, state); err != nil || diff != "" {
		t.Fatalf("CheckLock = %v; (-want +got):\n%s", err, diff)
	}

	l, err := plan.ReadLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Replace(changed, day, ""); err == nil {
		t.Error("Replace without a reason was accepted")
	}
	next, err := l.Replace(changed, day.AddDate(0, 0, 1), "the register has the covariate after all")
	if err != nil {
		t.Fatal(err)
	}
	if err := next.Write(path); err != nil {
		t.Fatal(err)
	}
	state, err = plan.CheckLock(changed, path)
	if err != nil || state.Changed || state.Relocked != 1 {
		t.Errorf("CheckLock after replacing = %+v, %v", state, err)
	}
}

func TestLockRefusesTampering(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.yaml.lock")
	if err := plan.NewLock(parse(t, minimal), time.Unix(0, 0)).Write(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, altered := range map[string][]byte{
		"plan changed":  bytes.Replace(text, []byte(`"HC2"`), []byte(`"HC1"`), 1),
		"other format":  bytes.Replace(text, []byte("lock/1"), []byte("lock/9"), 1),
		"unknown field": bytes.Replace(text, []byte(`"format"`), []byte(`"x": 1, "format"`), 1),
		"cut off":       text[:len(text)/2],
		"not even JSON": []byte("hello"),
	} {
		if err := os.WriteFile(path, altered, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := plan.CheckLock(parse(t, minimal), path); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestHashSeesEveryDecision holds that a change in any value of a valid plan
// changes the hash, and that key order does not.
func TestHashSeesEveryDecision(t *testing.T) {
	lines := []string{
		"design: individual", "outcomes: y", "treatment: t", "covariates: [x1, x2]", "factors: f",
		"cluster: c", "vcov: CR1", "estimator: ols", "subgroups: g", "confidence: 0.9",
		"missing: refuse", "multiple_testing: none", "disclosure: {threshold: 10}", "question: Does it work?",
	}
	other := []string{
		"design: observational", "outcomes: y2", "treatment: t2", "covariates: [x2, x1]", "factors: f2",
		"cluster: c2", "vcov: CR2", "estimator: lin", "subgroups: g2", "confidence: 0.99",
		"missing: listwise", "multiple_testing: holm", "disclosure: {threshold: 11}", "question: Does it work!",
	}
	base := parse(t, strings.Join(lines, "\n")).Hash()
	rapid.Check(t, func(rt *rapid.T) {
		order := rapid.Permutation(lines).Draw(rt, "order")
		if parse(t, strings.Join(order, "\n")).Hash() != base {
			rt.Fatalf("key order changed the hash")
		}
	})
	for i := range lines {
		changed := append([]string{}, lines...)
		changed[i] = other[i]
		if parse(t, strings.Join(changed, "\n")).Hash() == base {
			t.Errorf("%q instead of %q left the hash as it was", other[i], lines[i])
		}
	}
}

func TestColumns(t *testing.T) {
	p := parse(t, "design: cluster\noutcomes: [y, z]\ntreatment: t\ncovariates: x\ncluster: c\nstrata: s\nsubgroups: s\nweights: w\n")
	if diff := cmp.Diff([]string{"y", "z", "t", "x", "s", "c", "w"}, p.Columns()); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}

// TestSchemaIsPublished holds that the schema in the documentation is the one
// the parser reads by. Run with -update after a change.
func TestSchemaIsPublished(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "effect", "plan.schema.json")
	if *update {
		if err := os.WriteFile(path, plan.Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	published, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(published), string(plan.Schema())); diff != "" {
		t.Errorf("published schema is stale; run go test ./effect/plan -update (-published +parser):\n%s", diff)
	}
}

// FuzzParse holds that no file makes the parser panic or hang, that a plan it
// accepts survives being written as YAML and read again, and that every
// refusal names a problem.
func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte("design: cluster\noutcomes: {primary: [{name: y, label: {nb: a, en: b}}]}\ntreatment: t\ncluster: [a]\n"))
	f.Add([]byte("design: did\noutcomes: y\npanel: {unit: i, time: t, first_treated: g, leads: 3}\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("design: !!binary aGk="))
	f.Add([]byte(minimal + "power: {n: 1e400, effect: .inf}"))
	f.Fuzz(func(t *testing.T, source []byte) {
		p, err := plan.Parse("plan.yaml", source)
		if err != nil {
			var e *plan.Error
			if !errors.As(err, &e) || len(e.Problems) == 0 {
				t.Fatalf("refused without a problem: %v", err)
			}
			return
		}
		// JSON is YAML, so the canonical form is itself a plan file.
		again, err := plan.Parse("canonical", p.Canonical())
		if err != nil {
			t.Fatalf("canonical form of an accepted plan is refused:\n%s\n%v", p.Canonical(), err)
		}
		if again.Hash() != p.Hash() {
			t.Fatalf("hash changed when the canonical form was read:\n%s\n%s", p.Canonical(), again.Canonical())
		}
		var tree any
		if err := yaml.Unmarshal(source, &tree); err != nil {
			t.Fatalf("accepted what YAML refuses: %v", err)
		}
	})
}

// FuzzReadLock holds that no lock file makes the reader panic, and that one which
// is believed can be written and read again.
func FuzzReadLock(f *testing.F) {
	p, err := plan.Parse("plan.yaml", []byte(minimal))
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(f.TempDir(), "plan.lock")
	if err := plan.NewLock(p, time.Date(2022, 3, 1, 9, 0, 0, 0, time.UTC)).Write(path); err != nil {
		f.Fatal(err)
	}
	valid, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(valid)
	f.Add(valid[:len(valid)/2])
	f.Add([]byte(`{"format":"funn-effect-lock/1","plan":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "plan.lock")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		lock, err := plan.ReadLock(path)
		if err != nil {
			return
		}
		lock.Changes(p)
		if err := lock.Write(path); err != nil {
			t.Fatal(err)
		}
		again, err := plan.ReadLock(path)
		if err != nil || again.PlanHash != lock.PlanHash {
			t.Fatalf("a lock that was read and written is %+v, %v", again, err)
		}
	})
}
