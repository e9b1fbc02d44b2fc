package report_test

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"funn/effect"
	"funn/effect/plan"
	"funn/effect/report"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden summaries anew")

// TestSentences is the heart of the matter: what is said of which interval.
func TestSentences(t *testing.T) {
	job := &effect.Outcome{Name: "i_jobb", Type: plan.Binary, Label: &plan.Label{NB: "kom i jobb", EN: "got a job"}, SmallestOfInterest: 0.02}
	unlabelled := &effect.Outcome{Name: "call", Type: plan.Binary}
	pay := &effect.Outcome{Name: "lonn", Type: plan.Continuous, Unit: &plan.Label{NB: "kroner", EN: "kroner"}}
	visits := &effect.Outcome{Name: "besok", Type: plan.Count, Unit: &plan.Label{NB: "besøk", EN: "visits"}, SmallestOfInterest: 1}
	bare := &effect.Outcome{Name: "poeng", Type: plan.Continuous}
	for name, tt := range map[string]struct {
		outcome   *effect.Outcome
		estimate  float64
		low, high float64
		nb, en    string
	}{
		"more of 100": {
			job, 0.06, 0.03, 0.09,
			"6 flere av 100 kom i jobb; usikkerheten går fra 3 til 9.",
			"6 more of 100 got a job; the uncertainty runs from 3 to 9.",
		},
		"fewer of 100": {
			job, -0.06, -0.09, -0.03,
			"6 færre av 100 kom i jobb; usikkerheten går fra 3 til 9.",
			"6 fewer of 100 got a job; the uncertainty runs from 3 to 9.",
		},
		"no effect": {
			job, 0.002, -0.006, 0.011,
			"Ingen effekt av betydning: forskjellen ligger mellom 0,6 færre og 1,1 flere av 100 kom i jobb, innenfor grensen på 2 av 100 som ble satt på forhånd.",
			"No effect of importance: the difference lies between 0.6 fewer and 1.1 more of 100 got a job, within the limit of 2 of 100 that was set beforehand.",
		},
		"there, but too small": {
			job, 0.010, 0.002, 0.018,
			"Ingen effekt av betydning: forskjellen ligger mellom 0,2 og 1,8 flere av 100 kom i jobb, innenfor grensen på 2 av 100 som ble satt på forhånd.",
			"No effect of importance: the difference lies between 0.2 and 1.8 more of 100 got a job, within the limit of 2 of 100 that was set beforehand.",
		},
		"not enough known": {
			job, 0.01, -0.03, 0.05,
			"Vi vet ikke nok: alt fra 3 færre til 5 flere av 100 kom i jobb passer med dataene.",
			"We do not know enough: anything from 3 fewer to 5 more of 100 got a job fits the data.",
		},
		"no limit was set": {
			unlabelled, 0.001, -0.004, 0.006,
			"Vi vet ikke nok: alt fra 0,4 færre til 0,6 flere av 100 passer med dataene.",
			"We do not know enough: anything from 0.4 fewer to 0.6 more of 100 fits the data.",
		},
		"small but not nothing": {
			unlabelled, 0.0304, 0.0003, 0.0605,
			"3,04 flere av 100; usikkerheten går fra 0,03 til 6,05.",
			"3.04 more of 100; the uncertainty runs from 0.03 to 6.05.",
		},
		"money": {
			pay, 1794.34, 550.57, 3038.11,
			"1800 kroner mer i snitt; usikkerheten går fra 600 til 3000.",
			"1,800 kroner more on average; the uncertainty runs from 600 to 3,000.",
		},
		"less money": {
			pay, -17940, -18040, -17840,
			"17\u00a0940 kroner mindre i snitt; usikkerheten går fra 17\u00a0840 til 18\u00a0040.",
			"17,940 kroner less on average; the uncertainty runs from 17,840 to 18,040.",
		},
		"visits": {
			visits, -0.31, -0.52, -0.10,
			"Ingen effekt av betydning: forskjellen ligger mellom 0,10 og 0,52 besøk færre i snitt, innenfor grensen på 1 besøk som ble satt på forhånd.",
			"No effect of importance: the difference lies between 0.10 and 0.52 visits fewer on average, within the limit of 1 visits that was set beforehand.",
		},
		"no unit":  {bare, 0.42, 0.20, 0.64, "0,42 mer i snitt; usikkerheten går fra 0,20 til 0,64.", "0.42 more on average; the uncertainty runs from 0.20 to 0.64."},
		"withheld": {job, math.NaN(), math.NaN(), math.NaN(), "Tallet er holdt tilbake av hensyn til personvernet.", "The figure is withheld to protect privacy."},
	} {
		e := &effect.Estimate{Estimate: effect.Number(tt.estimate), CILow: effect.Number(tt.low), CIHigh: effect.Number(tt.high)}
		if got := report.Sentence(report.Bokmal, tt.outcome, e); got != tt.nb {
			t.Errorf("%s:\n got %q\nwant %q", name, got, tt.nb)
		}
		if got := report.Sentence(report.English, tt.outcome, e); got != tt.en {
			t.Errorf("%s:\n got %q\nwant %q", name, got, tt.en)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, v := range []struct {
		value    float64
		decimals int
		nb, en   string
	}{
		{0, 0, "0", "0"},
		{1794.3, 0, "1794", "1,794"},
		{17940, 0, "17\u00a0940", "17,940"},
		{1234567.891, 2, "1\u00a0234\u00a0567,89", "1,234,567.89"},
		{-0.004, 2, "0,00", "0.00"},
		{-0.005, 3, "−0,005", "−0.005"},
		{1794, -2, "1800", "1,800"},
		{math.NaN(), 2, "–", "–"},
		{math.Inf(1), 2, "–", "–"},
	} {
		if got := report.Bokmal.Number(v.value, v.decimals); got != v.nb {
			t.Errorf("nb %v: %q, want %q", v.value, got, v.nb)
		}
		if got := report.English.Number(v.value, v.decimals); got != v.en {
			t.Errorf("en %v: %q, want %q", v.value, got, v.en)
		}
	}
}

// TestSentenceNeverClaimsTooMuch: whatever the figures, "no effect" is said
// only within a limit that was set, an effect only of an interval beyond zero.
func TestSentenceNeverClaimsTooMuch(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := &effect.Outcome{Name: "y", Type: rapid.SampledFrom([]plan.OutcomeType{plan.Binary, plan.Continuous, plan.Count}).Draw(rt, "type")}
		o.SmallestOfInterest = rapid.SampledFrom([]float64{0, 0.02, 5}).Draw(rt, "smallest")
		low := rapid.Float64Range(-1e6, 1e6).Draw(rt, "low")
		high := low + rapid.Float64Range(1e-9, 1e6).Draw(rt, "width")
		e := &effect.Estimate{Estimate: effect.Number((low + high) / 2), CILow: effect.Number(low), CIHigh: effect.Number(high)}
		text := report.Sentence(report.Bokmal, o, e)
		within := o.SmallestOfInterest > 0 && low > -o.SmallestOfInterest && high < o.SmallestOfInterest
		if strings.HasPrefix(text, "Ingen effekt") != within {
			rt.Fatalf("[%g, %g] with limit %g: %s", low, high, o.SmallestOfInterest, text)
		}
		if strings.HasPrefix(text, "Vi vet ikke nok") != (!within && low <= 0 && high >= 0) {
			rt.Fatalf("[%g, %g] with limit %g: %s", low, high, o.SmallestOfInterest, text)
		}
		if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			rt.Fatal(text)
		}
	})
}

// TestSummary compares the whole report of a result file with golden texts.
func TestSummary(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := effect.ReadResult(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []report.Language{report.Bokmal, report.English} {
		text := report.Summary(l, r)
		for _, table := range report.Tables(l, r) {
			text += "\n" + table.Text()
		}
		path := filepath.Join("testdata", "summary."+string(l)+".txt")
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(golden), text); diff != "" {
			t.Errorf("%s (-golden +told):\n%s", l, diff)
		}
	}
}

func TestLockStatement(t *testing.T) {
	day := time.Date(2022, 3, 1, 23, 0, 0, 0, time.UTC)
	yes, no := true, false
	for name, tt := range map[string]struct {
		result effect.Result
		nb     string
	}{
		"never locked": {effect.Result{}, "Planen var ikke låst på forhånd. Les resultatet som utforskende."},
		"unchanged":    {effect.Result{ChangedSinceLock: &no, LockedAt: &day}, "Planen ble låst 1. mars 2022 og er ikke endret siden."},
		"replaced":     {effect.Result{ChangedSinceLock: &no, LockedAt: &day, Relocked: 2}, "Planen ble låst 1. mars 2022 og er ikke endret siden. Låsen er byttet ut 2 ganger før det."},
		"changed":      {effect.Result{ChangedSinceLock: &yes, LockedAt: &day, ChangedFields: []string{"outcomes", "vcov"}}, "Planen er endret etter at den ble låst 1. mars 2022: outcomes, vcov."},
	} {
		if got := report.LockStatement(report.Bokmal, &tt.result); got != tt.nb {
			t.Errorf("%s: %q, want %q", name, got, tt.nb)
		}
	}
}

func TestParseLanguage(t *testing.T) {
	if _, err := report.ParseLanguage("sv"); err == nil {
		t.Error("sv is no language of reports")
	}
	if l, err := report.ParseLanguage("en"); l != report.English || err != nil {
		t.Errorf("en = %s, %v", l, err)
	}
}

// TestSolverResidualIsTold: the residual of the fixed effects' solver is told,
// that of the worst model.
func TestSolverResidualIsTold(t *testing.T) {
	models := func(residuals ...effect.Number) *effect.Result {
		r := &effect.Result{Confidence: 0.95, Design: plan.PanelDesign}
		for _, x := range residuals {
			r.Models = append(r.Models, effect.Model{SolverResidual: x})
		}
		return r
	}
	const told = "The fixed effects were solved for"
	for name, tt := range map[string]struct {
		result *effect.Result
		want   string
	}{
		"none":    {models(effect.Withheld), ""},
		"direct":  {models(0), told + " exactly."},
		"several": {models(0, 4.2e-14, effect.Withheld, 3e-16), told + " to a relative residual below 1e-13."},
	} {
		text := report.Summary(report.English, tt.result)
		if tt.want == "" && strings.Contains(text, told) || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %q is not told in\n%s", name, tt.want, text)
		}
	}
}
