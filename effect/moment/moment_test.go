package moment_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"funn/effect/data"
	"funn/effect/internal/dd"
	"funn/effect/moment"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// table is generated data with every kind of column, missing values, uneven
// clusters and levels that appear late.
type table struct {
	n             int
	x, y, w       []float64
	age           []int64
	treated       []bool
	county, level []string
	office        []int64
}

func generate(n, offices int, seed uint64) *table {
	r := rand.New(rand.NewPCG(seed, 1))
	t := &table{n: n}
	for i := range n {
		t.x = append(t.x, 3+r.NormFloat64())
		t.y = append(t.y, 1000+r.NormFloat64())
		t.w = append(t.w, float64(r.IntN(4))/2)
		t.age = append(t.age, int64(20+r.IntN(50)))
		t.treated = append(t.treated, r.IntN(3) == 0)
		county := "c" + fmt.Sprint(r.IntN(3))
		if i > n/2 && r.IntN(10) == 0 {
			county = "late"
		}
		t.county = append(t.county, county)
		t.level = append(t.level, fmt.Sprint(r.IntN(4)))
		t.office = append(t.office, int64(r.IntN(offices)*r.IntN(offices)))
		if r.IntN(20) == 0 {
			t.x[i] = math.NaN()
		}
	}
	return t
}

func (t *table) source(tb interface{ Fatalf(string, ...any) }) *data.Memory {
	m, err := data.NewMemory(
		data.Floats("x", t.x), data.Floats("y", t.y), data.Floats("w", t.w),
		data.Ints("age", t.age).WithMissing(func(i int) bool { return i%17 == 3 }), data.Bools("treated", t.treated),
		data.Strings("county", t.county), data.Strings("level", t.level), data.Ints("office", t.office),
	)
	if err != nil {
		tb.Fatalf("NewMemory: %v", err)
	}
	return m
}

var terms = []moment.Term{
	moment.Number("x"), moment.Number("y"), moment.Number("age"), moment.Number("treated"),
	moment.Category("county"), moment.Category("level"), moment.Category("county", "level"),
	moment.Number("x").Times(moment.Category("county")), moment.Number("x", "age"),
}

func scan(tb interface{ Fatalf(string, ...any) }, src data.Source, spec moment.Spec, opts moment.Options) *moment.Set {
	sets, err := moment.Scan(context.Background(), src, []moment.Spec{spec}, opts)
	if err != nil {
		tb.Fatalf("Scan: %v", err)
	}
	return sets[0]
}

// dense computes the raw moment matrix of a set the slow way: row by row, in
// double-double, with the shifts the set reports.
func dense(tb interface{ Fatalf(string, ...any) }, src *data.Memory, s *moment.Set, keep func(i int) bool) [][]dd.D {
	k := s.Columns()
	g := make([][]dd.D, k)
	for i := range g {
		g[i] = make([]dd.D, k)
	}
	spec := s.Spec()
	text := func(name string, i int) string {
		c := src.Column(name)
		switch c.Kind {
		case data.String:
			return c.Levels[c.Codes[i]]
		case data.Int:
			return fmt.Sprint(c.Ints[i])
		case data.Bool:
			return fmt.Sprint(c.Bools[i])
		}
		return fmt.Sprint(c.Floats[i])
	}
	for i := range src.Rows() {
		ok := keep(i)
		for _, c := range []string{"x", "y", "age", "treated", "county", "level", "office"} {
			ok = ok && !src.Column(c).Missing(i)
		}
		w := 1.0
		if spec.Weight != "" {
			w, _ = src.Column(spec.Weight).Number(i)
			ok = ok && w > 0
		}
		if !ok {
			continue
		}
		z := map[int]float64{0: 1}
		for _, t := range spec.Terms {
			v := 1.0
			for _, c := range t.Numbers() {
				f, _ := src.Column(c).Number(i)
				v *= f - s.Shift(c)
			}
			var level []string
			for _, c := range t.Categories() {
				level = append(level, text(c, i))
			}
			at, found := s.Position(t, level...)
			if !found {
				tb.Fatalf("no column for %v at %v", t, level)
			}
			z[at] = v
		}
		for a, va := range z {
			for b, vb := range z {
				g[a][b] = g[a][b].Add(dd.D{}.AddProduct(va, vb).MulFloat(w))
			}
		}
	}
	return g
}

// compare checks elements to within tol of the size of their columns, and of the
// number of rows: where a level happens to have one row near the shift, rounding
// in another shift is not small beside it.
func compare(tb interface{ Fatalf(string, ...any) }, what string, s *moment.Set, want [][]dd.D, tol float64) {
	rows := want[0][0].Float()
	for i := range want {
		for j := range want {
			got := s.Total(i, j).Float()
			scale := math.Sqrt((want[i][i].Float() + rows) * (want[j][j].Float() + rows))
			if math.Abs(got-want[i][j].Float()) > tol*scale {
				tb.Fatalf("%s: element (%d,%d) = %.17g, want %.17g (scale %g)", what, i, j, got, want[i][j].Float(), scale)
			}
		}
	}
}

func all(int) bool { return true }

func TestAgainstDenseSums(t *testing.T) {
	tab := generate(3000, 12, 1)
	src := tab.source(t)
	for _, c := range []struct {
		name string
		spec moment.Spec
		tol  float64
		keep func(int) bool
	}{
		{"one matrix", moment.Spec{Terms: terms, Require: []string{"office"}}, 1e-14, all},
		{"by office", moment.Spec{Terms: terms, Cluster: []string{"office"}}, 1e-14, all},
		{"weighted", moment.Spec{Terms: terms, Cluster: []string{"office"}, Weight: "w"}, 1e-14, all},
		{"double-double", moment.Spec{Terms: terms, Cluster: []string{"office"}, Weight: "w", Precision: moment.DoubleDouble}, 1e-15, all},
		{"unshifted", moment.Spec{Terms: terms, Cluster: []string{"office"}, Unshifted: true}, 1e-14, all},
		{"conditions", moment.Spec{Terms: terms, Cluster: []string{"office"}, Where: []moment.Condition{
			{Column: "level", Levels: []string{"1", "3"}}, {Column: "treated", Levels: []string{"true"}},
		}}, 1e-14, func(i int) bool { return (tab.level[i] == "1" || tab.level[i] == "3") && tab.treated[i] }},
		{"crossed clusters", moment.Spec{Terms: terms, Cluster: []string{"office", "level"}}, 1e-14, all},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scan(t, src, c.spec, moment.Options{})
			compare(t, "total", s, dense(t, src, s, c.keep), c.tol)
			k := s.Columns()
			for i := range k {
				for j := range k {
					sum := 0.0
					for g := range s.Clusters() {
						sum += s.Cluster(g).At(i, j)
					}
					scale := math.Sqrt(s.Total(i, i).Float() * s.Total(j, j).Float())
					if math.Abs(sum-s.Total(i, j).Float()) > 1e-13*scale {
						t.Fatalf("clusters sum to %g at (%d,%d), total is %g", sum, i, j, s.Total(i, j).Float())
					}
				}
			}
		})
	}
}

func TestClustersAreThoseOfTheRows(t *testing.T) {
	tab := generate(5000, 9, 2)
	src := tab.source(t)
	s := scan(t, src, moment.Spec{Terms: terms, Cluster: []string{"office"}}, moment.Options{})
	want := map[string]float64{}
	for i := range tab.n {
		if !math.IsNaN(tab.x[i]) && i%17 != 3 {
			want[fmt.Sprint(tab.office[i])]++
		}
	}
	got := map[string]float64{}
	for g := range s.Clusters() {
		got[s.ClusterLabel(g)[0]] = s.Cluster(g).At(0, 0)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows by cluster (-want +got):\n%s", diff)
	}
}

func TestWeightPowers(t *testing.T) {
	tab := generate(800, 5, 3)
	src := tab.source(t)
	spec := moment.Spec{Terms: []moment.Term{moment.Number("y")}, Weight: "w", WeightPowers: true, Cluster: []string{"office"}}
	s := scan(t, src, spec, moment.Options{})
	var want [3]float64
	for i := range tab.n {
		if tab.w[i] > 0 {
			for p := range want {
				want[p] += math.Pow(tab.w[i], float64(p))
			}
		}
	}
	for p := range want {
		if got := s.TotalPower(p, 0, 0).Float(); math.Abs(got-want[p]) > 1e-12*want[p] {
			t.Errorf("sum of weights to the power %d = %g, want %g", p, got, want[p])
		}
	}
	if got := s.Counts().ZeroWeight; got == 0 || float64(got) != float64(tab.n)-want[0] {
		t.Errorf("ZeroWeight = %d, want %g", got, float64(tab.n)-want[0])
	}
}

// bits renders a set so that a difference in the last bit shows.
func bits(s *moment.Set) []uint64 {
	var out []uint64
	k := s.Columns()
	for i := range k {
		for j := i; j < k; j++ {
			d := s.Total(i, j)
			out = append(out, math.Float64bits(d.Hi), math.Float64bits(d.Lo))
			for g := range s.Clusters() {
				out = append(out, math.Float64bits(s.Cluster(g).At(i, j)))
			}
		}
	}
	return out
}

func TestSameBitsForAnyThreadsAndBatches(t *testing.T) {
	// More rows than two super-blocks, with many and with few clusters and
	// none, so that every path of the accumulation runs.
	for _, offices := range []int{3, 400} {
		tab := generate(300_000, offices, uint64(offices))
		src := tab.source(t)
		for _, cluster := range [][]string{nil, {"office"}} {
			spec := moment.Spec{Terms: terms[:6], Cluster: cluster, Weight: "w"}
			want := bits(scan(t, src, spec, moment.Options{Threads: 1}))
			for _, threads := range []int{2, 5} {
				got := bits(scan(t, src.WithBatchRows(1000*threads+7), spec, moment.Options{Threads: threads}))
				if !cmp.Equal(want, got) {
					t.Errorf("%d offices, clusters %v, %d threads: bits differ", offices, cluster, threads)
				}
			}
		}
	}
}

func TestRowOrderAndPartsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tab := generate(rapid.IntRange(20, 250).Draw(t, "rows"), rapid.IntRange(1, 8).Draw(t, "offices"), rapid.Uint64().Draw(t, "seed"))
		src := tab.source(t)
		precision := rapid.SampledFrom([]moment.Precision{moment.Double, moment.DoubleDouble}).Draw(t, "precision")
		spec := moment.Spec{Terms: terms, Cluster: []string{"office"}, Precision: precision}
		if rapid.Bool().Draw(t, "weighted") {
			spec.Weight = "w"
		}
		whole := scan(t, src, spec, moment.Options{})
		rows := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 2)).Perm(tab.n)
		shuffled := src.Take(rows)
		other := scan(t, shuffled, spec, moment.Options{})
		compare(t, "other order", other, dense(t, shuffled, other, all), 1e-13)
		cut1 := rapid.IntRange(0, tab.n).Draw(t, "first cut")
		cut2 := rapid.IntRange(cut1, tab.n).Draw(t, "second cut")
		a := scan(t, src.Part(0, cut1), spec, moment.Options{})
		b := scan(t, src.Part(cut1, cut2), spec, moment.Options{})
		c := scan(t, src.Part(cut2, tab.n), spec, moment.Options{})
		ab, err := a.Merge(b)
		if err != nil {
			t.Fatalf("Merge: %v", err)
		}
		abc, err := ab.Merge(c)
		if err != nil {
			t.Fatalf("Merge: %v", err)
		}
		bc, err := b.Merge(c)
		if err != nil {
			t.Fatalf("Merge: %v", err)
		}
		abc2, err := a.Merge(bc)
		if err != nil {
			t.Fatalf("Merge: %v", err)
		}
		for _, m := range []*moment.Set{abc, abc2} {
			if m.Columns() != whole.Columns() || m.Clusters() != whole.Clusters() {
				t.Fatalf("merged: %d columns, %d clusters; whole: %d, %d", m.Columns(), m.Clusters(), whole.Columns(), whole.Clusters())
			}
			if diff := cmp.Diff(whole.Counts().Used, m.Counts().Used); diff != "" {
				t.Fatalf("merged counts differ: %s", diff)
			}
			compare(t, "merged", m, dense(t, src, m, all), 1e-12)
		}
	})
}

func TestEachGivesTheRowsOfTheMoments(t *testing.T) {
	tab := generate(2000, 6, 5)
	src := tab.source(t)
	spec := moment.Spec{Terms: terms, Cluster: []string{"office"}, Weight: "w", Require: []string{"level"}}
	s := scan(t, src, spec, moment.Options{})
	k := s.Columns()
	sum := make([]float64, k*k)
	codes := map[[2]int]float64{}
	type part struct {
		sum   []float64
		codes map[[2]int]float64
	}
	err := moment.Each(context.Background(), src.WithBatchRows(77), s, [][]string{{"office"}, {"office", "level"}}, moment.Options{},
		func(r *moment.Rows) part {
			p := part{make([]float64, k*k), map[[2]int]float64{}}
			pos, val := make([]int, r.Terms), make([]float64, r.Terms)
			for i := range r.N {
				r.Row(i, pos, val)
				for a := range pos {
					for b := range pos {
						p.sum[pos[a]*k+pos[b]] += r.Weight(i) * val[a] * val[b]
					}
				}
				p.codes[[2]int{r.Code(0, i), r.Code(1, i)}] += r.Weight(i)
			}
			return p
		},
		func(p part) {
			for i, v := range p.sum {
				sum[i] += v
			}
			for c, v := range p.codes {
				codes[c] += v
			}
		})
	if err != nil {
		t.Fatalf("Each: %v", err)
	}
	for i := range k {
		for j := range k {
			scale := math.Sqrt(s.Total(i, i).Float() * s.Total(j, j).Float())
			if math.Abs(sum[i*k+j]-s.Total(i, j).Float()) > 1e-13*scale {
				t.Fatalf("element (%d,%d): rows give %g, moments %g", i, j, sum[i*k+j], s.Total(i, j).Float())
			}
		}
	}
	byOffice := map[int]float64{}
	for c, v := range codes {
		byOffice[c[0]] += v
	}
	for g := range s.Clusters() { // codes by first appearance, as the clusters
		if math.Abs(byOffice[g]-s.Cluster(g).At(0, 0)) > 1e-9 {
			t.Errorf("office %d: weight %g by rows, %g by moments", g, byOffice[g], s.Cluster(g).At(0, 0))
		}
	}
	changed := generate(2000, 6, 6).source(t)
	err = moment.Each(context.Background(), changed, s, nil, moment.Options{}, func(*moment.Rows) int { return 0 }, func(int) {})
	var e *moment.ChangedError
	if !errors.As(err, &e) {
		t.Errorf("Each on other data = %v, want ChangedError", err)
	}
}

func TestRefusals(t *testing.T) {
	base := generate(100, 3, 7)
	cases := map[string]struct {
		change func(*table)
		spec   moment.Spec
		want   any
	}{
		"infinite": {func(t *table) { t.x[41] = math.Inf(-1) }, moment.Spec{Terms: terms}, &moment.InfiniteError{Column: "x", Row: 42}},
		"negative weight": {
			func(t *table) { t.w[10] = -1 },
			moment.Spec{Terms: []moment.Term{moment.Number("y")}, Weight: "w"},
			&moment.WeightError{Column: "w", Row: 11, Weight: -1},
		},
		"text as number": {func(*table) {}, moment.Spec{Terms: []moment.Term{moment.Number("county")}}, &moment.KindError{Column: "county"}},
		"overflow":       {func(t *table) { t.y[3] = 1e200 }, moment.Spec{Terms: []moment.Term{moment.Number("y")}}, &moment.RangeError{Term: "y"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			tab := generate(100, 3, 7)
			c.change(tab)
			_, err := moment.Scan(context.Background(), tab.source(t).WithBatchRows(9), []moment.Spec{c.spec}, moment.Options{})
			if diff := cmp.Diff(fmt.Sprint(c.want), fmt.Sprint(err)); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if fmt.Sprintf("%T", err) != fmt.Sprintf("%T", c.want) {
				t.Errorf("error is a %T, want a %T", err, c.want)
			}
		})
	}
	_, err := moment.Scan(context.Background(), base.source(t), []moment.Spec{{Terms: []moment.Term{moment.Number("nope")}}}, moment.Options{})
	var unknown *data.UnknownColumnError
	if !errors.As(err, &unknown) {
		t.Errorf("unknown column: %v", err)
	}
	_, err = moment.Scan(context.Background(), base.source(t), []moment.Spec{{Terms: terms, Cluster: []string{"office"}}}, moment.Options{Memory: 1000})
	var size *moment.SizeError
	if !errors.As(err, &size) {
		t.Errorf("memory limit: %v", err)
	}
}

// An infinite value outside the selected rows, or in a column used only as a
// category, is no concern.
func TestInfiniteOutsideIsIgnored(t *testing.T) {
	tab := generate(100, 3, 8)
	tab.x[41] = math.Inf(1)
	tab.level[41] = "out"
	_, err := moment.Scan(context.Background(), tab.source(t), []moment.Spec{{
		Terms: []moment.Term{moment.Number("x")}, Where: []moment.Condition{{Column: "level", Levels: []string{"0", "1"}}},
	}}, moment.Options{})
	if err != nil {
		t.Errorf("Scan: %v", err)
	}
}

func TestMissingIsCountedByColumn(t *testing.T) {
	nan := math.NaN()
	src, err := data.NewMemory(
		data.Floats("a", []float64{1, nan, nan, 4, 5}),
		data.Ints("b", []int64{1, 2, 3, 4, 5}).WithMissing(func(i int) bool { return i >= 2 && i < 4 }),
		data.Strings("c", []string{"u", "u", "u", "u", "v"}),
	)
	if err != nil {
		t.Fatal(err)
	}
	s := scan(t, src, moment.Spec{
		Terms: []moment.Term{moment.Number("a"), moment.Number("b")}, Where: []moment.Condition{{Column: "c", Levels: []string{"u"}}},
	}, moment.Options{})
	want := moment.Counts{Read: 5, Selected: 4, Used: 1, Missing: []moment.Missing{{Column: "a", Rows: 2}, {Column: "b", Rows: 2}}}
	if diff := cmp.Diff(want, s.Counts()); diff != "" {
		t.Errorf("Counts (-want +got):\n%s", diff)
	}
}

func TestLevelsAreInTheirOwnOrder(t *testing.T) {
	src, err := data.NewMemory(
		data.Ints("year", []int64{2010, 9, 100, 9}), data.Strings("s", []string{"b", "a", "10", "9"}), data.Strings("number", []string{"10", "9", "-1", "2.5"}),
		data.Floats("f", []float64{0.5, -1, math.Copysign(0, -1), 0}),
	)
	if err != nil {
		t.Fatal(err)
	}
	terms := []moment.Term{moment.Category("year"), moment.Category("s"), moment.Category("number"), moment.Category("f"), moment.Category("year", "s")}
	s := scan(t, src, moment.Spec{Terms: terms}, moment.Options{})
	want := [][][]string{
		{{"9"}, {"100"}, {"2010"}},
		{{"10"}, {"9"}, {"a"}, {"b"}},
		{{"-1"}, {"2.5"}, {"9"}, {"10"}},
		{{"-1"}, {"0"}, {"0.5"}},
		{{"9", "9"}, {"9", "a"}, {"100", "10"}, {"2010", "b"}},
	}
	var got [][][]string
	for _, term := range terms {
		got = append(got, s.Levels(term))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("levels (-want +got):\n%s", diff)
	}
	if got := s.Levels(moment.Category("s", "year"))[0]; !cmp.Equal(got, []string{"10", "100"}) {
		t.Errorf("first level of s:year = %v, want [10 100]", got)
	}
}

func TestCancellation(t *testing.T) {
	src := generate(600_000, 5, 9).source(t)
	ctx, cancel := context.WithCancel(context.Background())
	_, err := moment.Scan(ctx, src, []moment.Spec{{Terms: terms[:4]}}, moment.Options{Progress: func(int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled Scan = %v, want %v", err, context.Canceled)
	}
}

func TestExact(t *testing.T) {
	src := generate(500, 4, 10).source(t)
	if s := scan(t, src, moment.Spec{Terms: []moment.Term{moment.Number("age"), moment.Category("county")}}, moment.Options{}); !s.Exact() {
		t.Error("moments of whole numbers and categories are not marked exact")
	}
	if s := scan(t, src, moment.Spec{Terms: []moment.Term{moment.Number("x")}}, moment.Options{}); s.Exact() {
		t.Error("moments of a fractional column are marked exact")
	}
}

func TestExpandGivesTheColumnsOfTheData(t *testing.T) {
	tab := generate(400, 4, 11)
	src := tab.source(t)
	terms := []moment.Term{moment.Number("y"), moment.Number("x", "age"), moment.Number("age", "age"), moment.Number("y", "treated").Times(moment.Category("county"))}
	s := scan(t, src, moment.Spec{Terms: terms}, moment.Options{})
	sum := func(parts []moment.Part) float64 {
		v := 0.0
		for _, p := range parts {
			v += p.Times * s.Total(0, p.Column).Float()
		}
		return v
	}
	var want, got [4]float64
	for i := range tab.n {
		if math.IsNaN(tab.x[i]) || i%17 == 3 {
			continue
		}
		want[0] += tab.y[i]
		want[1] += tab.x[i] * float64(tab.age[i])
		want[2] += float64(tab.age[i] * tab.age[i])
		if tab.treated[i] && tab.county[i] == "c1" {
			want[3] += tab.y[i]
		}
	}
	for j, term := range terms {
		var level []string
		if j == 3 {
			level = []string{"c1"}
		}
		parts, ok := s.Expand(term, level...)
		if !ok {
			t.Fatalf("Expand(%v): not there", term)
		}
		got[j] = sum(parts)
		if math.Abs(got[j]-want[j]) > 1e-12*math.Abs(want[j]) {
			t.Errorf("sum of %v = %.17g, want %.17g", term, got[j], want[j])
		}
	}
}

// Levels that appear after the first super-block make tables and matrices grow;
// nothing may be lost on the way.
func TestLevelsThatComeLate(t *testing.T) {
	tab := generate(560_000, 30, 12)
	for i := range tab.n {
		if i > 400_000 && i%1000 == 0 {
			tab.level[i] = fmt.Sprint(i / 20_000)
			tab.office[i] = int64(100_000 + i/1000)
		}
	}
	src := tab.source(t)
	for name, spec := range map[string]moment.Spec{
		"counts":             {Terms: terms[:6], Cluster: []string{"office"}, Unshifted: true},
		"counts, no cluster": {Terms: terms[:6], Unshifted: true},
		"numbers by level":   {Terms: terms, Cluster: []string{"office"}, Unshifted: true},
		"weighted":           {Terms: terms[:6], Cluster: []string{"office"}, Weight: "w", Unshifted: true},
	} {
		whole := scan(t, src, spec, moment.Options{})
		var merged *moment.Set
		for lo := 0; lo < tab.n; lo += 140_000 {
			part := scan(t, src.Part(lo, lo+140_000), spec, moment.Options{})
			if merged == nil {
				merged = part
				continue
			}
			var err error
			if merged, err = merged.Merge(part); err != nil {
				t.Fatalf("Merge: %v", err)
			}
		}
		if whole.Columns() != merged.Columns() || whole.Clusters() != merged.Clusters() {
			t.Fatalf("%s: %d columns and %d clusters, in parts %d and %d", name, whole.Columns(), whole.Clusters(), merged.Columns(), merged.Clusters())
		}
		k := whole.Columns()
		for i := range k {
			for j := range k {
				scale := math.Sqrt(whole.Total(i, i).Float() * whole.Total(j, j).Float())
				if d := whole.Total(i, j).Sub(merged.Total(i, j)).Float(); math.Abs(d) > 1e-11*scale {
					t.Fatalf("%s: element (%d,%d) is %.17g, in parts %.17g", name, i, j, whole.Total(i, j).Float(), merged.Total(i, j).Float())
				}
			}
		}
	}
}
