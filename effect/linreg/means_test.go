package linreg_test

import (
	"errors"
	"math"
	"testing"

	"funn/effect/data"
	"funn/effect/internal/published"
	"funn/effect/linreg"
	"funn/effect/moment"
)

// R 4.2.2: estimatr 1.0.0 difference_in_means with blocks and clusters as named.
func TestMeans(t *testing.T) {
	src := generated(t)
	for _, c := range []struct {
		design         string
		arm            string
		block, cluster []string
		estimate, se   float64
		df             float64
	}{
		{"simple", "z", nil, nil, 0.1617370687444342, 0.1166919747142161, 352.8204826975716},
		{"blocked", "d", []string{"f"}, nil, -0.002785858741599707, 0.1038386425483196, 394},
		{"clustered", "z", nil, []string{"cl"}, 0.1617370687444336, 0.1427304591019548, 13.45404721313017},
		{"pairs", "dp", []string{"pair"}, nil, -0.07389185106005683, 0.1115488980907684, 199},
		{"blocked clusters", "zc", []string{"bl"}, []string{"cl"}, -0.2509613142585329, 0.1313607924008037, 17},
	} {
		m := linreg.Means{Outcome: "y", Arm: c.arm, Control: "0", Treated: "1", Block: c.block, Cluster: c.cluster}
		d, err := m.Estimate(t.Context(), src, linreg.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.design, err)
			continue
		}
		if d.Design != c.design {
			t.Errorf("design is %q, want %q", d.Design, c.design)
		}
		near(t, c.design, d.Coefficient.Estimate, c.estimate, 1e-11)
		near(t, c.design+" se", d.SE, c.se, 1e-11)
		near(t, c.design+" df", d.DF, c.df, 1e-9)
	}
}

func TestMeansPublished(t *testing.T) {
	for _, c := range []struct {
		file, outcome, arm string
		estimate, se, df   float64
	}{
		{"nsw_dw445", "re78", "treat", 1794.342381850102, 670.9965444673317, 307.132494496707},
		{"nsw_722", "re78", "trt", 886.303730703743, 488.2045295361459, 557.0617204070855},
	} {
		m := linreg.Means{Outcome: c.outcome, Arm: c.arm, Control: "0", Treated: "1"}
		d, err := m.Estimate(t.Context(), published.Load(t, c.file), linreg.Options{})
		if err != nil {
			t.Fatalf("%s: %v", c.file, err)
		}
		near(t, c.file, d.Coefficient.Estimate, c.estimate, 1e-11)
		near(t, c.file+" se", d.SE, c.se, 1e-11)
		near(t, c.file+" df", d.DF, c.df, 1e-9)
	}
}

// Card and Krueger's table 3, the restaurants seen twice: 2.75 (1.34). By
// estimatr on the change: 2.75 (1.342340976908276), df 96.88377548977084.
func TestMeansCardKruegerBalanced(t *testing.T) {
	src := published.Load(t, "card_krueger")
	type pair struct {
		nj   int64
		fte  [2]float64
		seen [2]bool
	}
	byID := map[[2]int64]*pair{}
	var order [][2]int64
	for i := range src.Rows() {
		id, nj, d := src.Column("id").Ints[i], src.Column("nj").Ints[i], src.Column("d").Ints[i]
		k := [2]int64{id, nj}
		if byID[k] == nil {
			byID[k] = &pair{nj: nj}
			order = append(order, k)
		}
		byID[k].fte[d], byID[k].seen[d] = src.Column("fte").Number(i)
	}
	var change []float64
	var nj []int64
	for _, k := range order {
		if p := byID[k]; p.seen[0] && p.seen[1] {
			change, nj = append(change, p.fte[1]-p.fte[0]), append(nj, p.nj)
		}
	}
	twice, err := data.NewMemory(data.Floats("change", change), data.Ints("nj", nj))
	if err != nil {
		t.Fatal(err)
	}
	d, err := (&linreg.Means{Outcome: "change", Arm: "nj", Control: "0", Treated: "1"}).Estimate(t.Context(), twice, linreg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "difference", d.Coefficient.Estimate, 2.75, 1e-12)
	near(t, "se", d.SE, 1.342340976908276, 1e-10)
	near(t, "df", d.DF, 96.88377548977084, 1e-9)
	// The paper's 1.34 is between this and HC1's, lm with sandwich::vcovHC.
	check(t, run(t, twice, linreg.Model{Outcome: "change", Terms: numbers("nj"), VCov: linreg.HC1}, linreg.Options{}),
		want{"nj", 2.75, 1.337725311029085, 382})
}

// The two-sided t test of growthbook's gbstats, whose own tests expect, of arms
// with means .41 and .70, standard deviations 3.9 and 6.2 and 3,407 and 3,461
// people, the difference .29, the interval from .04538 to .53462 and p .02016.
func TestMeansGrowthbook(t *testing.T) {
	var y []float64
	var arm []int64
	for z, a := range []struct {
		n        int
		mean, sd float64
	}{{3407, .41, 3.9}, {3461, .7, 6.2}} {
		// As many one standard deviation above the mean as below, one on it.
		for i := range a.n {
			arm = append(arm, int64(z))
			switch {
			case i == 0:
				y = append(y, a.mean)
			case i%2 == 0:
				y = append(y, a.mean+a.sd)
			default:
				y = append(y, a.mean-a.sd)
			}
		}
	}
	src, err := data.NewMemory(data.Floats("y", y), data.Ints("arm", arm))
	if err != nil {
		t.Fatal(err)
	}
	d, err := (&linreg.Means{Outcome: "y", Arm: "arm", Control: "0", Treated: "1"}).Estimate(t.Context(), src, linreg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for what, v := range map[string][2]float64{
		"difference": {d.Coefficient.Estimate, .29}, "low": {d.Low, .04538}, "high": {d.High, .53462}, "p": {d.P, .02016},
	} {
		if math.Abs(v[0]-v[1]) > 5e-6 {
			t.Errorf("%s = %.7g, want %g to five decimals", what, v[0], v[1])
		}
	}
}

func TestMeansRefusals(t *testing.T) {
	src := generated(t)
	for name, c := range map[string]struct {
		m    linreg.Means
		want linreg.Code
	}{
		"empty arm":          {linreg.Means{Outcome: "y", Arm: "z", Control: "0", Treated: "2"}, linreg.CodeMissingLevel},
		"constant outcome":   {linreg.Means{Outcome: "z", Arm: "z", Control: "0", Treated: "1"}, linreg.CodeConstantOutcome},
		"one cluster an arm": {linreg.Means{Outcome: "y", Arm: "z", Control: "0", Treated: "1", Cluster: []string{"z"}}, linreg.CodeFewRows},
		"blocks of one arm":  {linreg.Means{Outcome: "y", Arm: "z", Control: "0", Treated: "1", Block: []string{"cl"}}, linreg.CodeNotIdentified},
		"no rows": {
			linreg.Means{Outcome: "y", Arm: "z", Control: "0", Treated: "1", Where: []moment.Condition{{Column: "f", Levels: []string{"9"}}}},
			linreg.CodeNoRows,
		},
	} {
		_, err := c.m.Estimate(t.Context(), src, linreg.Options{})
		var refusal *linreg.Refusal
		if !errors.As(err, &refusal) || refusal.Code != c.want {
			t.Errorf("%s: %v, want a refusal with code %s", name, err, c.want)
		}
	}
}
