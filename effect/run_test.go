package effect_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"funn/effect"
	"funn/effect/data"
	"funn/effect/example"
	"funn/effect/linreg"
	"funn/effect/moment"
	"funn/effect/plan"
	"funn/effect/source"
	"funn/effect/source/sourcetest"

	"github.com/google/go-cmp/cmp"
)

var ctx = context.Background()

func parsePlan(t testing.TB, text string) *plan.Plan {
	t.Helper()
	p, err := plan.Parse("", []byte(text))
	if err != nil {
		t.Fatalf("plan:\n%v", err)
	}
	return p
}

func run(t testing.TB, p *plan.Plan, src data.Source) *effect.Result {
	t.Helper()
	r, err := effect.Run(ctx, p, src, effect.Options{})
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	return r
}

func memory(t testing.TB, columns ...data.Column) *data.Memory {
	t.Helper()
	m, err := data.NewMemory(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// csvTable reads CSV text through the reader, so that tests can be written as
// tables.
func csvTable(t testing.TB, text string) source.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return openFile(t, path)
}

func openFile(t testing.TB, spec string) source.Source {
	t.Helper()
	src, err := source.Open(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	})
	return src
}

// exampleData is the data of an example in memory.
func exampleData(t testing.TB, e example.Example) *data.Memory {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.WriteData(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	src := openFile(t, path)
	schema, err := src.Schema(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m, err := data.Collect(ctx, src, schema.Names())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// same compares two numbers to a relative tolerance.
func same(a, b effect.Number, tolerance float64) bool {
	if !a.Known() || !b.Known() {
		return a.Known() == b.Known()
	}
	return math.Abs(float64(a-b)) <= tolerance*max(math.Abs(float64(a)), math.Abs(float64(b)))
}

// TestSourcesAgree holds that every example gives the same numbers to 1e-12
// from CSV, Parquet, SQLite and PostgreSQL, whose rows may come in another
// order.
func TestSourcesAgree(t *testing.T) {
	forms := append(sourcetest.Forms(), sourcetest.Form{Name: "postgres", Write: sourcetest.PostgresTable})
	for _, e := range example.All() {
		m := exampleData(t, e)
		p := parsePlan(t, string(e.Plan()))
		want := run(t, p, m)
		for _, form := range forms {
			t.Run(e.Name+" "+form.Name, func(t *testing.T) {
				got := run(t, p, openFile(t, form.Write(t, m)))
				for _, pair := range [][2][]effect.Estimate{{want.Estimates, got.Estimates}, {want.Coefficients, got.Coefficients}} {
					if len(pair[0]) != len(pair[1]) {
						t.Fatalf("%d estimates, want %d", len(pair[1]), len(pair[0]))
					}
					for i, w := range pair[0] {
						g := pair[1][i]
						if w.Term != g.Term || w.N != g.N || w.Clusters != g.Clusters {
							t.Fatalf("estimate %d is %+v, want %+v", i, g, w)
						}
						for name, v := range map[string][2]effect.Number{
							"estimate": {w.Estimate, g.Estimate}, "se": {w.SE, g.SE}, "ci_low": {w.CILow, g.CILow}, "ci_high": {w.CIHigh, g.CIHigh}, "df": {w.DF, g.DF},
						} {
							if !same(v[0], v[1], 1e-12) {
								t.Errorf("%s %s: %s = %v, want %v", w.Outcome, w.Term, name, v[1], v[0])
							}
						}
					}
				}
			})
		}
	}
}

// TestThreadsGiveTheSameBits holds for the whole result.
func TestThreadsGiveTheSameBits(t *testing.T) {
	for _, e := range example.All() {
		m := exampleData(t, e)
		p := parsePlan(t, string(e.Plan()))
		var first []byte
		for _, threads := range []int{1, 2, 7} {
			r, err := effect.Run(ctx, p, m, effect.Options{Threads: threads})
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := r.Write(&b); err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = b.Bytes()
			} else if diff := cmp.Diff(string(first), b.String()); diff != "" {
				t.Errorf("%s: result differs with %d threads:\n%s", e.Name, threads, diff)
			}
		}
	}
}

// TestExamplesFindWhatIsThere compares with the effects the data were made
// with. A 99.9 % interval that missed would not be bad luck.
func TestExamplesFindWhatIsThere(t *testing.T) {
	truth := map[string]map[string]float64{
		"cluster":       {"sms": 0.06},
		"individual":    {"kurs": 3000},
		"blocked":       {"tiltak=brev": 0.02, "tiltak=samtale": 0.07},
		"pairs":         {"ny_metode": -4},
		"encouragement": {"mentor": 0.10},
		"did":           {"ny_regel:etter": -5},
		"event_study":   {"average_after": 4.5}, // 1, 2, …, 7 and 8, the last two drawn together at 7.5, average 4.07; see below
		"panel":         {"ansatte": -2},
		"observational": {"kurs": 0},
	}
	// Periods 0 to 5 have effects 1 to 6, and the last holds 7 and 8.
	truth["event_study"]["average_after"] = (1 + 2 + 3 + 4 + 5 + 6 + 7.5) / 7
	for _, e := range example.All() {
		r := run(t, parsePlan(t, string(e.Plan())), exampleData(t, e))
		for term, want := range truth[e.Name] {
			outcome := r.Outcomes[0].Name
			found := r.Estimate(outcome, term, "")
			if found == nil {
				t.Errorf("%s: no estimate of %s on %s", e.Name, term, outcome)
				continue
			}
			if z := math.Abs(float64(found.Estimate)-want) / float64(found.SE); !(z < 3.3) {
				t.Errorf("%s: %s = %v (%v), %.1f standard errors from the truth %g", e.Name, term, found.Estimate, found.SE, z, want)
			}
		}
		if len(truth[e.Name]) == 0 {
			t.Errorf("%s: no truth is stated", e.Name)
		}
	}
}

// TestExamplesAgreeWithR compares with values computed by R 4.2.2 from the
// examples' files; the code stands on each design's page in docs/effect
// (clubSandwich 0.5.8, estimatr 1.0.0, AER 1.2-10, sandwich 3.0-2).
func TestExamplesAgreeWithR(t *testing.T) {
	want := map[string]struct{ estimate, se, df float64 }{
		"cluster":       {0.0532223182248, 0.0176070618926, 51.8335477971},
		"individual":    {3108.8432793, 291.260064085, 1099},
		"blocked":       {0.02625, 0.0170093697255, 4785},
		"pairs":         {-5.65312064796, 1.02190797752, 22.5926711399},
		"encouragement": {0.0862347779097, 0.026233562384, 0},
		"did":           {-4.7274, 0.795976859083, 78},
		"event_study":   {0.642444444444, 0.60742284284, 58},
		"panel":         {-1.90779374781, 0.0785593764256, 119},
		"observational": {0.0200478726355, 0.0183978624089, 3994},
	}
	for _, e := range example.All() {
		got := run(t, parsePlan(t, string(e.Plan())), exampleData(t, e)).Estimates[0]
		w := want[e.Name]
		if !same(got.Estimate, effect.Number(w.estimate), 1e-9) || !same(got.SE, effect.Number(w.se), 1e-9) {
			t.Errorf("%s: %v (%v), R gives %v (%v)", e.Name, got.Estimate, got.SE, w.estimate, w.se)
		}
		if w.df != 0 && !same(got.DF, effect.Number(w.df), 1e-6) {
			t.Errorf("%s: %v degrees of freedom, R gives %v", e.Name, got.DF, w.df)
		}
	}
}

// shared opens a file of published data, or says where it is expected.
func shared(t *testing.T, name string) source.Source {
	t.Helper()
	dir := os.Getenv("FUNN_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	path := filepath.Join(dir, "data", "effect", name)
	if _, err := os.Stat(path); err != nil {
		why := fmt.Sprintf("the folder of published data is absent: %v (FUNN_SHARED may name it)", err)
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	return openFile(t, path)
}

// TestPublished runs plans on published data. Values were recomputed with R
// 4.2.2: lm with sandwich 3.0-2 (HC, CR1, two-way), AER's ivreg and fixest.
func TestPublished(t *testing.T) {
	tests := map[string]struct {
		file, plan, term string
		estimate, se     float64
	}{
		"nsw, unadjusted": {"nsw_dw445.csv", "design: rct\noutcomes: re78\ntreatment: treat\nvcov: iid", "treat", 1794.342382, 632.8533924},
		"nsw, HC2":        {"nsw_dw445.csv", "design: rct\noutcomes: [re78]\ntreatment: treat", "treat", 1794.342382, 670.9965445},
		"petersen, firm": {
			"petersen.csv", "design: observational\noutcomes: y\ntreatment: x\ncluster: firm\nvcov: CR1", "x", 1.034833439, 0.05059572588,
		},
		"petersen, both": {
			"petersen.csv", "design: observational\noutcomes: y\ncovariates: [x]\ncluster: [firm, year]\nvcov: CR1", "x", 1.034833439, 0.05355802294,
		},
		"petersen, iid": {"petersen.csv", "design: observational\noutcomes: y\ntreatment: x\nvcov: iid", "x", 1.034833439, 0.02858328779},
		"card, ols": {
			"card.csv", "design: observational\noutcomes: lwage\ntreatment: educ\nestimator: ols\nvcov: iid\ncovariates: [exper, expersq, black, south, smsa, smsa66, reg661, reg662, reg663, reg664, reg665, reg666, reg667, reg668]",
			"educ", .07469325559, .003498345658,
		},
		"card, iv": {
			"card.csv", "design: iv\noutcomes: lwage\ntreatment: educ\ninstrument: nearc4\nvcov: iid\ncovariates: [exper, expersq, black, south, smsa, smsa66, reg661, reg662, reg663, reg664, reg665, reg666, reg667, reg668]",
			"educ", .1315038362, .0549636726,
		},
		"resume": {"resume.csv", "design: rct\noutcomes: call\ntreatment: race\narms: [white, black]\nvcov: HC1\nestimator: ols", "race=black", -.03203285421, .007784969307},
		"kielmc": {"kielmc.csv", "design: did\noutcomes: rprice\ntreatment: nearinc\npanel: {post: y81}\nvcov: iid", "nearinc:y81", -11863.90325, 7456.646173},
		"fatalities": {
			"fatalities.csv", "design: panel\noutcomes: frate\ntreatment: beertax\nabsorb: [state, year]\ncluster: state\nvcov: CR1", "beertax", -.6399799857, .3570783455,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var src data.Source = shared(t, tt.file)
			if name == "fatalities" {
				src = withRate(t, src)
			}
			r := run(t, parsePlan(t, tt.plan), src)
			e := r.Estimate(r.Outcomes[0].Name, tt.term, "")
			if e == nil {
				t.Fatalf("no estimate of %s among %+v", tt.term, r.Estimates)
			}
			if !same(e.Estimate, effect.Number(tt.estimate), 1e-8) || !same(e.SE, effect.Number(tt.se), 1e-8) {
				t.Errorf("estimate %v (%v), want %v (%v)", e.Estimate, e.SE, tt.estimate, tt.se)
			}
		})
	}
}

// withRate adds deaths per 10,000 inhabitants, the outcome of Stock and
// Watson's table.
func withRate(t *testing.T, src data.Source) data.Source {
	m, err := data.Collect(ctx, src, []string{"state", "year", "fatal", "pop", "beertax"})
	if err != nil {
		t.Fatal(err)
	}
	rate := make([]float64, m.Rows())
	for i := range rate {
		deaths, _ := m.Column("fatal").Number(i)
		people, _ := m.Column("pop").Number(i)
		rate[i] = 10000 * deaths / people
	}
	return memory(t, data.Floats("frate", rate), *m.Column("state"), *m.Column("year"), *m.Column("beertax"))
}

// TestBadInput: each gives a clear refusal, never a number.
func TestBadInput(t *testing.T) {
	const head = "t,y,x,w,g,c\n"
	rows := func(n int, row func(i int) string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			b.WriteString(row(i) + "\n")
		}
		return b.String()
	}
	good := func(i int) string {
		return fmt.Sprintf("%d,%d.5,%d,1,%c,%d", i%2, i*i%17, i%5, 'a'+rune(i%3), i/4)
	}
	const basic = "design: rct\noutcomes: y\ntreatment: t\n"
	tests := map[string]struct{ plan, data, want string }{
		"no such column":     {"design: rct\noutcomes: z\ntreatment: t", rows(40, good), `column "z" is not in the data, which has t, y, x, w, g, c`},
		"no rows":            {basic, head, "no row"},
		"text outcome":       {"design: rct\noutcomes: g\ntreatment: t", rows(40, good), `column "g" holds text where a number is needed`},
		"text covariate":     {basic + "covariates: g", rows(40, good), `covariate: column "g" holds text`},
		"text weights":       {basic + "weights: g\nestimator: wls", rows(40, good), `weights: column "g" holds text`},
		"constant outcome":   {basic, rows(40, func(i int) string { return fmt.Sprintf("%d,3,1,1,a,1", i%2) }), "outcome y"},
		"infinite outcome":   {basic, rows(40, func(i int) string { return fmt.Sprintf("%d,%s,1,1,a,1", i%2, []string{"1.5", "2.5", "Inf"}[i%3]) }), "infinite"},
		"infinite covariate": {basic + "covariates: x", rows(40, func(i int) string { return fmt.Sprintf("%d,%d,-Inf,1,a,1", i%2, i) }), "infinite"},
		"one arm only":       {basic, rows(40, func(i int) string { return fmt.Sprintf("1,%d,1,1,a,1", i) }), "outcome y"},
		"empty arm":          {basic + "arms: [0, 1, 2]", rows(40, good), `the arm "2" has nobody`},
		"unknown arm values": {basic + "arms: [a, b]", rows(40, good), "has nobody"},
		"treatment missing":  {basic, rows(40, func(i int) string { return fmt.Sprintf(",%d,1,1,a,1", i) }), "outcome y"},
		"outcome missing":    {basic, rows(40, func(i int) string { return fmt.Sprintf("%d,,1,1,a,1", i%2) }), "outcome y"},
		"covariate missing":  {basic + "covariates: x", rows(40, func(i int) string { return fmt.Sprintf("%d,%d,,1,a,1", i%2, i) }), "outcome y"},
		"one cluster":        {basic + "cluster: c", rows(40, func(i int) string { return fmt.Sprintf("%d,%d,1,1,a,1", i%2, i) }), "one cluster"},
		"negative weights":   {basic + "weights: w\nestimator: wls", rows(40, func(i int) string { return fmt.Sprintf("%d,%d,1,-1,a,1", i%2, i*i%7) }), "negative"},
		"refuse missing":     {basic + "missing: refuse", rows(40, func(i int) string { return good(i) }) + "1,,2,1,a,3\n", `column "y" lacks a value in a few rows`},
		"treatment is a sum": {basic + "covariates: [x, w]\nestimator: ols", rows(40, func(i int) string { return fmt.Sprintf("%d,%d,%d,%d,a,1", i%2, i*i%7, i, i+i%2) }), "cannot be told apart"},
		"tiny":               {basic, rows(2, good), "outcome y"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := effect.Run(ctx, parsePlan(t, tt.plan), csvTable(t, tt.data), effect.Options{})
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want it to contain %q", err, tt.want)
			}
		})
	}
}

func TestRefusalsAreTyped(t *testing.T) {
	p := parsePlan(t, "design: rct\noutcomes: y\ntreatment: t\ncovariates: x\n")
	_, err := effect.Run(ctx, p, csvTable(t, "t,y,x\n1,2,a\n0,1,b\n"), effect.Options{})
	var kind *moment.KindError
	if !errors.As(err, &kind) || kind.Column != "x" {
		t.Errorf("error = %v, want a KindError for x", err)
	}
	_, err = effect.Run(ctx, parsePlan(t, "design: rct\noutcomes: y\ntreatment: t\n"), csvTable(t, "t,y\n0,3\n1,3\n0,3\n1,3\n0,3\n"), effect.Options{})
	var refusal *effect.Refusal
	var reason *linreg.Refusal
	if !errors.As(err, &refusal) || refusal.Outcome != "y" || !errors.As(err, &reason) || reason.Code != linreg.CodeConstantOutcome {
		t.Errorf("error = %v, want a Refusal of y for its constant outcome", err)
	}
}

func TestCancelled(t *testing.T) {
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	e := example.All()[0]
	_, err := effect.Run(cancelled, parsePlan(t, string(e.Plan())), exampleData(t, e), effect.Options{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want context.Canceled", err)
	}
}

func TestProgress(t *testing.T) {
	e := example.All()[0]
	m := exampleData(t, e)
	var last effect.Progress
	_, err := effect.Run(ctx, parsePlan(t, string(e.Plan())), m, effect.Options{Progress: func(p effect.Progress) { last = p }})
	if err != nil {
		t.Fatal(err)
	}
	if last.Rows != int64(m.Rows()) || last.Total != int64(m.Rows()) {
		t.Errorf("last progress = %+v, want all of %d rows", last, m.Rows())
	}
}

// TestSecondaryOutcomesDoNotStopThePlan: a secondary outcome that cannot be
// estimated is a warning.
func TestSecondaryOutcomesDoNotStopThePlan(t *testing.T) {
	text := "t,y,z\n"
	for i := range 40 {
		text += fmt.Sprintf("%d,%d,7\n", i%2, i*i%17)
	}
	r := run(t, parsePlan(t, "design: rct\ntreatment: t\noutcomes: {primary: y, secondary: z}"), csvTable(t, text))
	if len(r.Estimates) != 1 || !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.HasPrefix(w, "z was not estimated") }) {
		t.Errorf("estimates %+v, warnings %q", r.Estimates, r.Warnings)
	}
}

func TestCollinearIsNamed(t *testing.T) {
	text := "t,y,x,z\n"
	for i := range 60 {
		text += fmt.Sprintf("%d,%d,%d,%d\n", i%2, i*i%17, i%7, 2*(i%7)+1)
	}
	r := run(t, parsePlan(t, "design: rct\ntreatment: t\noutcomes: y\ncovariates: [x, z]"), csvTable(t, text))
	if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.HasPrefix(w, "z was dropped") }) {
		t.Errorf("warnings %q do not name z", r.Warnings)
	}
	if !slices.ContainsFunc(r.WarningsNB, func(w string) bool { return strings.HasPrefix(w, "z ble utelatt") }) {
		t.Errorf("warnings %q do not name z", r.WarningsNB)
	}
	if diff := cmp.Diff([]string{"z"}, r.Models[0].Dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
}

// TestMissingRules compares the three rules on data where they must agree or
// differ in a known way.
func TestMissingRules(t *testing.T) {
	var b strings.Builder
	b.WriteString("t,y,x,f\n")
	for i := range 200 {
		x, f := fmt.Sprint(i%11), string(rune('a'+i%3))
		if i%10 == 3 {
			x = ""
		}
		if i%10 == 4 {
			f = ""
		}
		fmt.Fprintf(&b, "%d,%d,%s,%s\n", i%2, (i*i*7)%31+3*(i%2), x, f)
	}
	const basic = "design: rct\noutcomes: y\ntreatment: t\ncovariates: x\nfactors: f\nestimator: ols\nmissing: "
	listwise := run(t, parsePlan(t, basic+"listwise"), csvTable(t, b.String()))
	if n := listwise.Estimates[0].N; n != 160 {
		t.Errorf("listwise uses %d rows, want 160", n)
	}
	marked := run(t, parsePlan(t, basic+"indicator"), csvTable(t, b.String()))
	if n := marked.Estimates[0].N; n != 200 {
		t.Errorf("indicator uses %d rows, want 200", n)
	}
	// The same by hand: x filled with 0 and marked, f with a level of its own.
	hand := strings.Builder{}
	hand.WriteString("t,y,x,m,f\n")
	for i := range 200 {
		x, f, mark := fmt.Sprint(i%11), string(rune('a'+i%3)), 0
		if i%10 == 3 {
			x, mark = "0", 1
		}
		if i%10 == 4 {
			f = "none"
		}
		fmt.Fprintf(&hand, "%d,%d,%s,%d,%s\n", i%2, (i*i*7)%31+3*(i%2), x, mark, f)
	}
	want := run(t, parsePlan(t, "design: rct\noutcomes: y\ntreatment: t\ncovariates: [x, m]\nfactors: f\nestimator: ols"), csvTable(t, hand.String()))
	if a, b := marked.Estimates[0], want.Estimates[0]; !same(a.Estimate, b.Estimate, 1e-12) || !same(a.SE, b.SE, 1e-12) {
		t.Errorf("indicator gives %v (%v), by hand %v (%v)", a.Estimate, a.SE, b.Estimate, b.SE)
	}
	want20 := effect.Number(20)
	if got := listwise.Flow.Missing; len(got) != 2 || got[0].Rows != want20 || got[1].Rows != want20 {
		t.Errorf("missing = %+v, want 20 rows in x and in f", got)
	}
}

// TestBlockedIsTheMeanOfBlocks compares with the differences worked out block
// by block, and Neyman's variance.
func TestBlockedIsTheMeanOfBlocks(t *testing.T) {
	var b strings.Builder
	b.WriteString("s,t,y\n")
	type group struct{ n, sum, squares float64 }
	groups := map[[2]int]*group{}
	for i := range 300 {
		s := i % 3
		treated := 0
		if (i/3)%(s+2) == 0 {
			treated = 1
		}
		y := float64((i*i*13)%41 + 10*s + 5*treated*s)
		fmt.Fprintf(&b, "%d,%d,%g\n", s, treated, y)
		g := groups[[2]int{s, treated}]
		if g == nil {
			g = &group{}
			groups[[2]int{s, treated}] = g
		}
		g.n++
		g.sum += y
		g.squares += y * y
	}
	estimate, variance := 0.0, 0.0
	for s := range 3 {
		c, d := groups[[2]int{s, 0}], groups[[2]int{s, 1}]
		share := (c.n + d.n) / 300
		estimate += share * (d.sum/d.n - c.sum/c.n)
		for _, g := range []*group{c, d} {
			variance += share * share * (g.squares - g.sum*g.sum/g.n) / (g.n - 1) / g.n
		}
	}
	r := run(t, parsePlan(t, "design: blocked\noutcomes: y\ntreatment: t\nstrata: s"), csvTable(t, b.String()))
	e := r.Estimates[0]
	if e.Model != "blocked" || !same(e.Estimate, effect.Number(estimate), 1e-12) || !same(e.SE, effect.Number(math.Sqrt(variance)), 1e-12) {
		t.Errorf("%s: %v (%v), by hand %v (%v)", e.Model, e.Estimate, e.SE, estimate, math.Sqrt(variance))
	}
}

// TestPairsAreAPairedTest: one person in each office of a pair, clustered by
// pair, is the paired t test, in estimate, error and degrees of freedom.
func TestPairsAreAPairedTest(t *testing.T) {
	var b strings.Builder
	b.WriteString("pair,t,y\n")
	var d []float64
	for i := range 15 {
		y0, y1 := float64((i*i*7)%23), float64((i*i*7)%23+(i*5)%9)
		fmt.Fprintf(&b, "%d,0,%g\n%d,1,%g\n", i, y0, i, y1)
		d = append(d, y1-y0)
	}
	mean, ss := 0.0, 0.0
	for _, v := range d {
		mean += v / float64(len(d))
	}
	for _, v := range d {
		ss += (v - mean) * (v - mean)
	}
	se := math.Sqrt(ss / float64(len(d)-1) / float64(len(d)))
	r := run(t, parsePlan(t, "design: blocked\noutcomes: y\ntreatment: t\ncluster: pair\nestimator: dim"), csvTable(t, b.String()))
	e := r.Estimates[0]
	if !same(e.Estimate, effect.Number(mean), 1e-12) || !same(e.SE, effect.Number(se), 1e-12) || !same(e.DF, 14, 1e-9) {
		t.Errorf("%v (%v) on %v, the paired test is %v (%v) on 14", e.Estimate, e.SE, e.DF, mean, se)
	}
}

// TestSubgroups compares with the model fitted in each group alone, which for
// a model without other terms is the same estimate.
func TestSubgroups(t *testing.T) {
	e := example.All()[0]
	m := exampleData(t, e)
	p := parsePlan(t, "design: cluster\noutcomes: i_jobb\ntreatment: sms\ncluster: kontor\nsubgroups: kjonn\nvcov: CR1")
	r := run(t, p, m)
	for _, value := range []string{"kvinne", "mann"} {
		var rows []int
		sex := m.Column("kjonn")
		for i := range m.Rows() {
			if sex.Levels[sex.Codes[i]] == value {
				rows = append(rows, i)
			}
		}
		alone := run(t, parsePlan(t, "design: cluster\noutcomes: i_jobb\ntreatment: sms\ncluster: kontor\nvcov: CR1"), m.Take(rows))
		found := false
		for _, g := range r.Estimates {
			if g.Subgroup != nil && g.Subgroup.Value == value {
				found = true
				if !same(g.Estimate, alone.Estimates[0].Estimate, 1e-10) || g.Term != "sms" {
					t.Errorf("%s: %s = %v, alone %v", value, g.Term, g.Estimate, alone.Estimates[0].Estimate)
				}
			}
		}
		if !found {
			t.Errorf("no estimate for %s", value)
		}
	}
	if len(r.Heterogeneity) != 1 || !r.Heterogeneity[0].P.Known() {
		t.Fatalf("heterogeneity = %+v", r.Heterogeneity)
	}
	// With two groups the test of equality is that of the product term.
	product := run(t, parsePlan(t, "design: observational\noutcomes: i_jobb\ncovariates: [sms, mann, smsmann]\ncluster: kontor\nvcov: CR1"), withProduct(t, m))
	e3 := product.Estimate("i_jobb", "smsmann", "")
	f := float64(e3.Estimate) / float64(e3.SE)
	if got := r.Heterogeneity[0]; !same(got.Statistic, effect.Number(f*f), 1e-8) || !same(got.P, e3.P, 1e-8) {
		t.Errorf("heterogeneity F %v, p %v; the product term gives %v, %v", got.Statistic, got.P, f*f, e3.P)
	}
}

func withProduct(t *testing.T, m *data.Memory) *data.Memory {
	n := m.Rows()
	mann, product := make([]int64, n), make([]int64, n)
	sex, sms := m.Column("kjonn"), m.Column("sms")
	for i := range n {
		if sex.Levels[sex.Codes[i]] == "mann" {
			mann[i], product[i] = 1, sms.Ints[i]
		}
	}
	return memory(t, *m.Column("i_jobb"), *sms, data.Ints("mann", mann), data.Ints("smsmann", product), *m.Column("kontor"))
}

// TestArmsWithNames: categories compare each arm with the control, whichever
// comes first in the alphabet, and rows in no arm of the plan are left out.
func TestArmsWithNames(t *testing.T) {
	var b strings.Builder
	b.WriteString("arm,y\n")
	for i := range 400 {
		arm := i % 4
		fmt.Fprintf(&b, "%s,%d\n", []string{"b-usual", "a-letter", "c-call", "other"}[arm], (i*i*7)%31+[]int{0, 3, 9, 100}[arm])
	}
	r := run(t, parsePlan(t, "design: rct\noutcomes: y\ntreatment: arm\narms: [a-letter, {value: b-usual, control: true}, c-call]\nvcov: iid"), csvTable(t, b.String()))
	if len(r.Estimates) != 2 || r.Estimates[0].Term != "arm=a-letter" || r.Estimates[1].Arm != "c-call" || r.Estimates[0].N != 300 {
		t.Fatalf("estimates %+v", r.Estimates)
	}
	if e := r.Estimates[1].Estimate; e < 7 || e > 11 {
		t.Errorf("effect of the call = %v, want about 9", e)
	}
	if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.HasPrefix(w, "100 rows with arm = other") }) {
		t.Errorf("warnings %q do not tell of the rows left out", r.Warnings)
	}
	if !r.Estimates[0].PAdjusted.Known() || r.Estimates[0].PAdjusted < r.Estimates[0].P {
		t.Errorf("two arms are not corrected for: %v, %v", r.Estimates[0].P, r.Estimates[0].PAdjusted)
	}
}

// TestSampleRatio: 600 against 400 where half was drawn is an alarm.
func TestSampleRatio(t *testing.T) {
	text := "t,y\n"
	for i := range 1000 {
		treated := 0
		if i%5 < 2 {
			treated = 1
		}
		text += fmt.Sprintf("%d,%d\n", treated, (i*i*7)%31)
	}
	r := run(t, parsePlan(t, "design: rct\noutcomes: y\ntreatment: t\narms: [{value: 0, share: 0.5}, {value: 1, share: 0.5}]"), csvTable(t, text))
	// (600−500)²/500 + (400−500)²/500 = 40 on one degree of freedom.
	if r.SampleRatio == nil || !same(r.SampleRatio.Statistic, 40, 1e-12) || r.SampleRatio.P > 1e-9 {
		t.Errorf("sample ratio = %+v, want 40", r.SampleRatio)
	}
	if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.HasPrefix(w, "the numbers in the arms do not fit") }) {
		t.Errorf("no warning among %q", r.Warnings)
	}
}

func TestLockIsTold(t *testing.T) {
	e := example.All()[0]
	m := exampleData(t, e)
	p := parsePlan(t, string(e.Plan()))
	day := time.Date(2022, 3, 1, 9, 0, 0, 0, time.UTC)
	open := run(t, p, m)
	if open.ChangedSinceLock != nil || open.Warnings[0] != "the plan is not locked" {
		t.Errorf("without a lock: changed %v, warnings %q", open.ChangedSinceLock, open.Warnings)
	}
	for _, changed := range []bool{false, true} {
		state := plan.State{Locked: true, LockedAt: day, Changed: changed}
		if changed {
			state.Fields = []string{"covariates"}
		}
		r, err := effect.Run(ctx, p, m, effect.Options{Lock: state})
		if err != nil {
			t.Fatal(err)
		}
		if r.ChangedSinceLock == nil || *r.ChangedSinceLock != changed || !r.LockedAt.Equal(day) || r.PlanHash != p.Hash() {
			t.Errorf("locked: %+v", r)
		}
		if told := strings.HasPrefix(strings.Join(r.Warnings, "\n"), "the plan was changed after it was locked: covariates"); told != changed {
			t.Errorf("changed %v, but warnings are %q", changed, r.Warnings)
		}
	}
}

func TestConclude(t *testing.T) {
	for _, v := range []struct {
		low, high, smallest float64
		want                effect.FindingWord
	}{
		{0.03, 0.09, 0.02, effect.Increase},
		{-0.09, -0.03, 0.02, effect.Decrease},
		{-0.01, 0.01, 0.02, effect.Negligible},
		{0.001, 0.01, 0.02, effect.Negligible}, // there, but too small to matter
		{-0.01, 0.01, 0, effect.Unclear},       // nobody said what would matter
		{-0.01, 0.03, 0.02, effect.Unclear},
		{-0.05, 0.05, 0.02, effect.Unclear},
		{0.01, 0.05, 0, effect.Increase},
	} {
		if got := effect.Conclude(v.low, v.high, v.smallest); got != v.want {
			t.Errorf("Conclude(%g, %g, %g) = %s, want %s", v.low, v.high, v.smallest, got, v.want)
		}
	}
}

// TestResultSurvivesItsFile: a result that is written and read is the same,
// and follows the published schema.
func TestResultSurvivesItsFile(t *testing.T) {
	for _, e := range example.All() {
		r := run(t, parsePlan(t, string(e.Plan())), exampleData(t, e))
		var b bytes.Buffer
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := effect.ReadResult(&b)
		if err != nil {
			t.Fatal(err)
		}
		sameNumber := cmp.Comparer(func(a, b effect.Number) bool { return a == b || !a.Known() && !b.Known() })
		if diff := cmp.Diff(r, again, sameNumber); diff != "" {
			t.Errorf("%s (-written +read):\n%s", e.Name, diff)
		}
	}
}

func TestReadResultRefuses(t *testing.T) {
	var b bytes.Buffer
	e := example.All()[0]
	if err := run(t, parsePlan(t, string(e.Plan())), exampleData(t, e)).Write(&b); err != nil {
		t.Fatal(err)
	}
	good := b.String()
	for name, tt := range map[string]struct{ text, want string }{
		"no JSON":       {"hello", "invalid character"},
		"other format":  {strings.Replace(good, "funn-effect-result/1", "other", 1), `format is "other"`},
		"missing field": {strings.Replace(good, `      "se": `, `      "n2": `, 1), "result.estimates[0].n2 is not a known field"},
		"wrong type":    {strings.Replace(good, `"outcome": "i_jobb"`, `"outcome": 7`, 1), "result.estimates[0].outcome is number, but must be string"},
		"null number":   {strings.Replace(good, `"confidence": 0.95`, `"confidence": null`, 1), "result.confidence is null"},
		"left out":      {`{"format": "funn-effect-result/1"}`, "is missing"},
	} {
		if _, err := effect.ReadResult(strings.NewReader(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error = %v, want %q", name, err, tt.want)
		}
	}
}

func TestSchemaIsPublished(t *testing.T) {
	path := filepath.Join("..", "docs", "effect", "result.schema.json")
	if *update {
		if err := os.WriteFile(path, effect.ResultSchema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	published, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(published), string(effect.ResultSchema())); diff != "" {
		t.Errorf("published schema is stale; run go test ./effect -update:\n%s", diff)
	}
}

// TestExampleDataAreStable holds that the generated data do not change: they
// are quoted in the handbook.
func TestExampleDataAreStable(t *testing.T) {
	var b bytes.Buffer
	if err := example.All()[0].WriteData(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != exampleRows+1 {
		t.Errorf("%d rows, want %d", len(rows)-1, exampleRows)
	}
	if diff := cmp.Diff(exampleFirst, rows[1]); diff != "" {
		t.Errorf("first row (-want +got):\n%s", diff)
	}
}

// FuzzReadResult holds that no file makes the reader panic, and that what it
// accepts can be written and read again.
func FuzzReadResult(f *testing.F) {
	f.Add([]byte(`{"format":"funn-effect-result/1"}`))
	f.Add([]byte(`{"estimates":[{"n":1e400}]}`))
	if golden, err := os.ReadFile(filepath.Join("report", "testdata", "result.json")); err == nil {
		f.Add(golden)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := effect.ReadResult(bytes.NewReader(text))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := effect.ReadResult(&b); err != nil {
			t.Fatalf("what was read and written is refused: %v", err)
		}
	})
}

// TestLostDigitsAreTold: powers so nearly dependent that digits are lost are
// estimated with a warning of how many are certain, not refused for another
// reason, and the effect is that beside the same space written well.
func TestLostDigitsAreTold(t *testing.T) {
	const n, degree = 200, 8
	y, arm := make([]float64, n), make([]int64, n)
	powers, centred := make([][]float64, degree), make([][]float64, degree)
	for i := range n {
		arm[i] = int64(i % 2)
		u := float64((i*37)%n)/n - 0.5
		x := 9 + 2*u
		y[i] = float64(arm[i]) + math.Sin(float64(i*i)) + x
		for p := range degree {
			powers[p] = append(powers[p], math.Pow(x, float64(p+1)))
			centred[p] = append(centred[p], math.Cos(float64(p+1)*math.Acos(2*u)))
		}
	}
	columns := []data.Column{data.Floats("y", y), data.Ints("t", arm)}
	var names, better []string
	for p := range degree {
		names, better = append(names, fmt.Sprint("p", p)), append(better, fmt.Sprint("c", p))
		columns = append(columns, data.Floats(names[p], powers[p]), data.Floats(better[p], centred[p]))
	}
	m := memory(t, columns...)
	const head = "design: rct\noutcomes: y\ntreatment: t\nestimator: ols\ncovariates: ["
	r := run(t, parsePlan(t, head+strings.Join(names, ", ")+"]"), m)
	if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "digits of the coefficients are certain") }) ||
		!slices.ContainsFunc(r.WarningsNB, func(w string) bool { return strings.HasPrefix(w, "avrunding i dataene begrenser") }) {
		t.Errorf("no warning of lost digits among %q, %q", r.Warnings, r.WarningsNB)
	}
	kept := degree - len(r.Models[0].Dropped)
	if kept == degree {
		t.Error("nothing was dropped: the example is too mild")
	}
	want := run(t, parsePlan(t, head+strings.Join(better[:kept], ", ")+"]"), m)
	if a, b := r.Estimates[0], want.Estimates[0]; !same(a.Estimate, b.Estimate, 1e-4) || !same(a.SE, b.SE, 1e-3) {
		t.Errorf("%v (%v), written well %v (%v)", a.Estimate, a.SE, b.Estimate, b.SE)
	}
}
