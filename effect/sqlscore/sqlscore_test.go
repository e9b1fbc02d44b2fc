package sqlscore_test

import (
	"context"
	"flag"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/moment"
	"funn/effect/source"
	"funn/effect/source/sourcetest"
	"funn/effect/sqlscore"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

var update = flag.Bool("update", false, "write the golden queries anew")

var ctx = context.Background()

// trial is a cluster trial with a few missing values and awkward names.
func trial(t testing.TB) *data.Memory {
	t.Helper()
	const n = 3000
	arm, age := make([]int64, n), make([]float64, n)
	sex, office := make([]string, n), make([]string, n)
	y := make([]float64, n)
	for i := range n {
		g := (i * 7919) % 40
		office[i] = []string{"A", "B", "C's", `D\`}[g%4] + string(rune('a'+g/4))
		arm[i] = int64(g % 2)
		age[i] = float64(20 + (i*i)%9)
		sex[i] = []string{"kvinne", "mann", "ukjent"}[(i*31)%3]
		y[i] = 1e4 + 3*float64(arm[i]) + 0.1*age[i] + math.Sin(float64(i)) + math.Cos(float64(g))
	}
	m, err := data.NewMemory(
		data.Floats("y", y).WithMissing(func(i int) bool { return i%50 == 7 }),
		data.Ints("arm", arm), data.Floats(`the "age"`, age).WithMissing(func(i int) bool { return i%60 == 9 }),
		data.Strings("sex", sex), data.Strings("office", office),
	)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func model(v linreg.VCov) *sqlscore.Model {
	m := &sqlscore.Model{
		Table: "zone.trial", Outcome: "y", Numbers: []string{"arm", `the "age"`}, Factors: []string{"sex"},
		Reference: map[string]string{"sex": "mann"}, VCov: v,
	}
	if v.Clustered() {
		m.Cluster = "office"
	}
	return m
}

// byRows is the same model from the rows.
func byRows(t testing.TB, src data.Source, v linreg.VCov) *linreg.Result {
	t.Helper()
	m := linreg.Model{
		Outcome: "y", Terms: linreg.Terms(moment.Number("arm"), moment.Number(`the "age"`), moment.Category("sex")),
		Reference: map[string]string{"sex": "mann"}, VCov: v,
	}
	if v.Clustered() {
		m.Cluster = []string{"office"}
	}
	r, err := linreg.Run(ctx, src, m, linreg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func compare(t *testing.T, want *linreg.Result, got []linreg.Coefficient, tolerance float64) {
	t.Helper()
	if len(got) != len(want.Coefficients) {
		t.Fatalf("%d coefficients, want %d", len(got), len(want.Coefficients))
	}
	for i, w := range want.Coefficients {
		g := got[i]
		if g.Name != w.Name {
			t.Fatalf("coefficient %d is %s, want %s", i, g.Name, w.Name)
		}
		for name, v := range map[string][2]float64{"estimate": {w.Estimate, g.Estimate}, "se": {w.SE, g.SE}, "df": {w.DF, g.DF}, "low": {w.Low, g.Low}} {
			// A coefficient may be far smaller than its own uncertainty.
			if !(math.Abs(v[0]-v[1]) <= tolerance*max(math.Abs(v[0]), w.SE)) {
				t.Errorf("%s: %s = %.15g, from the rows %.15g", w.Name, name, v[1], v[0])
			}
		}
	}
}

// answers does in Go what the first query does: cells with count, mean and
// variance.
func answers(t *testing.T, m *data.Memory) *data.Memory {
	t.Helper()
	type key struct {
		arm int64
		age float64
		sex string
	}
	type cell struct{ n, mean, squares float64 }
	cells := map[key]*cell{}
	var order []key
	for i := range m.Rows() {
		y, ok := m.Column("y").Number(i)
		age, ok2 := m.Column(`the "age"`).Number(i)
		if !ok || !ok2 {
			continue
		}
		sex := m.Column("sex")
		k := key{m.Column("arm").Ints[i], age, sex.Levels[sex.Codes[i]]}
		c := cells[k]
		if c == nil {
			c = &cell{}
			cells[k] = c
			order = append(order, k)
		}
		c.n++ // Welford's sums, as databases use
		d := y - c.mean
		c.mean += d / c.n
		c.squares += d * (y - c.mean)
	}
	var arm []int64
	var age, n, mean, variance []float64
	var sex []string
	for _, k := range order {
		c := cells[k]
		arm, age, sex = append(arm, k.arm), append(age, k.age), append(sex, k.sex)
		n, mean, variance = append(n, c.n), append(mean, c.mean), append(variance, c.squares/c.n)
	}
	out, err := data.NewMemory(data.Ints("arm", arm), data.Floats(`the "age"`, age), data.Strings("sex", sex),
		data.Floats("funn_n", n), data.Floats("funn_mean", mean), data.Floats("funn_variance", variance))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCellsGiveTheRowsAnswer holds for the variances the first query suffices
// for, with an outcome whose mean is ten thousand times its spread.
func TestCellsGiveTheRowsAnswer(t *testing.T) {
	m := trial(t)
	cells := answers(t, m)
	for _, v := range []linreg.VCov{linreg.IID, linreg.HC0, linreg.HC1, linreg.HC2, linreg.HC3} {
		t.Run(v.String(), func(t *testing.T) {
			fit, err := model(v).FitCells(ctx, cells)
			if err != nil {
				t.Fatal(err)
			}
			got, clusters, err := fit.Result(ctx, nil, 0.95)
			if err != nil || clusters != 0 {
				t.Fatal(err, clusters)
			}
			want := byRows(t, m, v)
			compare(t, want, got, 1e-8)
			if fit.N() != want.N || fit.Count("sex", "kvinne") == 0 {
				t.Errorf("N = %d, want %d; %d women", fit.N(), want.N, fit.Count("sex", "kvinne"))
			}
		})
	}
}

// TestPostgres runs both queries on a server and compares with the rows read
// from the same table.
func TestPostgres(t *testing.T) {
	m := trial(t)
	spec := sourcetest.PostgresTable(t, m)
	url, table, _ := strings.Cut(spec, "#")
	schema, _, _ := strings.Cut(table, ".")
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows := open(t, spec)
	for _, v := range []linreg.VCov{linreg.HC2, linreg.CR0, linreg.CR1} {
		t.Run(v.String(), func(t *testing.T) {
			ask := func(name, query string) source.Source {
				t.Helper()
				name = schema + "." + name + strings.ToLower(v.String())
				if _, err := conn.Exec(ctx, "CREATE TABLE "+name+" AS "+query); err != nil {
					t.Fatalf("%v in\n%s", err, query)
				}
				return open(t, url+"#"+name)
			}
			want := byRows(t, rows, v)
			sm := model(v)
			sm.Table = table
			query, err := sm.CellsQuery(sqlscore.PostgreSQL)
			if err != nil {
				t.Fatal(err)
			}
			fit, err := sm.FitCells(ctx, ask("cells", query))
			if err != nil {
				t.Fatal(err)
			}
			var scores data.Source
			if v.Clustered() {
				if query, err = fit.ScoresQuery(sqlscore.PostgreSQL); err != nil {
					t.Fatal(err)
				}
				scores = ask("scores", query)
			}
			got, clusters, err := fit.Result(ctx, scores, 0.95)
			if err != nil {
				t.Fatal(err)
			}
			if v.Clustered() && clusters != 40 {
				t.Errorf("%d clusters, want 40", clusters)
			}
			compare(t, want, got, 1e-8)
		})
	}
}

func open(t *testing.T, spec string) source.Source {
	t.Helper()
	src, err := source.Open(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src
}

// TestQueries compares with the golden queries of each dialect. BigQuery's
// cannot be run here; its differences (quotes, types, escapes) are in the
// file to be read.
func TestQueries(t *testing.T) {
	m := trial(t)
	for _, d := range []sqlscore.Dialect{sqlscore.PostgreSQL, sqlscore.DuckDB, sqlscore.BigQuery} {
		sm := model(linreg.CR1)
		sm.Table = "zone.trial"
		sm.Levels = map[string][]string{"sex": {"kvinne", "it's", `back\slash`}}
		first, err := sm.CellsQuery(d)
		if err != nil {
			t.Fatal(err)
		}
		fit, err := sm.FitCells(ctx, rounded(t, answers(t, m)))
		if err != nil {
			t.Fatal(err)
		}
		second, err := fit.ScoresQuery(d)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", string(d)+".sql")
		text := first + "\n" + shorten(second)
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
			t.Errorf("%s (-golden +written):\n%s", d, diff)
		}
	}
}

var literal = regexp.MustCompile(`-?\d(\.\d+)?e[+-]\d+`)

// shorten rounds coefficients, whose last digits may differ between machines.
func shorten(query string) string {
	return literal.ReplaceAllStringFunc(query, func(text string) string {
		v, _ := strconv.ParseFloat(text, 64)
		return strconv.FormatFloat(math.Round(v*1e6)/1e6+0, 'e', -1, 64)
	})
}

// rounded is a table with a simple exact fit.
func rounded(t *testing.T, cells *data.Memory) *data.Memory {
	mean := make([]float64, cells.Rows())
	variance := make([]float64, cells.Rows())
	n := make([]float64, cells.Rows())
	for i := range mean {
		arm, _ := cells.Column("arm").Number(i)
		n[i] = 4
		age, _ := cells.Column(`the "age"`).Number(i)
		mean[i] = 10 + 2*arm - 0.25*age
		variance[i] = 1
	}
	out, err := data.NewMemory(*cells.Column("arm"), *cells.Column(`the "age"`), *cells.Column("sex"),
		data.Floats("funn_n", n), data.Floats("funn_mean", mean), data.Floats("funn_variance", variance))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRefusals(t *testing.T) {
	cells := answers(t, trial(t))
	good := func() *sqlscore.Model { return model(linreg.CR1) }
	for name, tt := range map[string]struct {
		change func(*sqlscore.Model)
		want   string
	}{
		"CR2":           {func(m *sqlscore.Model) { m.VCov = linreg.CR2 }, "CR2 needs more than sums of scores"},
		"no cluster":    {func(m *sqlscore.Model) { m.Cluster = "" }, "CR1 needs a cluster"},
		"no table":      {func(m *sqlscore.Model) { m.Table = "" }, "is not named"},
		"no regressors": {func(m *sqlscore.Model) { m.Numbers, m.Factors = nil, nil }, "no regressors"},
	} {
		m := good()
		tt.change(m)
		if _, err := m.CellsQuery(sqlscore.PostgreSQL); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error = %v, want %q", name, err, tt.want)
		}
		if _, err := m.FitCells(ctx, cells); err == nil {
			t.Errorf("%s: cells were fitted", name)
		}
	}
	fit, err := good().FitCells(ctx, cells)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := fit.Result(ctx, nil, 0.95); err == nil || !strings.Contains(err.Error(), "needs the scores") {
		t.Errorf("without scores: %v", err)
	}
	columns := []data.Column{data.Floats("funn_n", []float64{1, 2})}
	for i := range 5 {
		columns = append(columns, data.Floats("funn_score_"+string(rune('0'+i)), []float64{1, -1}))
	}
	other, err := data.NewMemory(columns...)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := fit.Result(ctx, other, 0.95); err == nil || !strings.Contains(err.Error(), "changed between the two queries") {
		t.Errorf("scores of other rows: %v", err)
	}
	if _, err := sqlscore.ParseDialect("oracle"); err == nil {
		t.Error("oracle is no dialect here")
	}
	if _, err := model(linreg.HC1).FitCells(ctx, &data.Memory{}); err == nil {
		t.Error("an empty answer was fitted")
	}
}

// FuzzAnswers holds that no answer to the two queries, read from files as they
// are, makes the estimator panic or give a figure that is not a number.
func FuzzAnswers(f *testing.F) {
	const cells = "arm,the \"\"age\"\",sex,funn_n,funn_mean,funn_variance\n"
	f.Add([]byte("arm,\"the \"\"age\"\"\",sex,funn_n,funn_mean,funn_variance\n0,20,mann,9,1.5,0.2\n1,30,kvinne,8,2.5,0.3\n0,40,ukjent,7,1,0.1\n1,25,mann,6,2,0.1\n0,22,kvinne,9,1.25,0.4\n"),
		[]byte("funn_n,funn_score_0,funn_score_1,funn_score_2,funn_score_3,funn_score_4\n20,0.5,0.25,1,0,-0.5\n19,-0.5,-0.25,-1,0,0.5\n"))
	f.Add([]byte(cells), []byte("funn_n\n"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		read := func(name string, text []byte) source.Source {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			src, err := source.Open(ctx, path)
			if err != nil {
				return nil
			}
			return src
		}
		cells := read("cells.csv", first)
		if cells == nil {
			return
		}
		defer cells.Close()
		for _, v := range []linreg.VCov{linreg.IID, linreg.HC3, linreg.CR1} {
			fit, err := model(v).FitCells(ctx, cells)
			if err != nil {
				continue
			}
			var scores data.Source
			if v.Clustered() {
				if _, err := fit.ScoresQuery(sqlscore.BigQuery); err != nil {
					t.Fatal(err)
				}
				src := read("scores.csv", second)
				if src == nil {
					return
				}
				defer src.Close()
				scores = src
			}
			coefficients, _, err := fit.Result(ctx, scores, 0.95)
			if err != nil {
				continue
			}
			for _, c := range coefficients {
				if bad := c.Estimate + c.SE; math.IsNaN(bad) || math.IsInf(bad, 0) {
					t.Fatalf("%s: %s is %g (%g)", v, c.Name, c.Estimate, c.SE)
				}
			}
		}
	})
}
