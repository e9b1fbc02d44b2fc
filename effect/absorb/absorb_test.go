package absorb_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"funn/effect/absorb"
	"funn/effect/data"
	"funn/effect/moment"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type fatal interface{ Fatalf(string, ...any) }

// workers is the data generating process of the published benchmarks of fixed
// effects software: ten years a person and 23 persons a firm, with firms given
// out in turn (difficult: firms are connected through their neighbours only) or
// at random (simple).
func workers(n int, difficult bool) (person, firm, year []int64, x, y []float64) {
	const years, perFirm = 10, 23
	r := rand.New(rand.NewPCG(uint64(n), 7))
	persons := max(n/years, 1)
	firms := max(persons/perFirm, 2)
	for i := range n {
		f := r.IntN(firms)
		if difficult {
			f = i % firms
		}
		person, firm, year = append(person, int64(i/years)), append(firm, int64(f)), append(year, int64(i%years))
		v := r.NormFloat64()
		x = append(x, v+math.Sin(float64(f))+float64(i/years%5))
		y = append(y, v+0.05*v*v+float64(i%years)/3+math.Cos(float64(f)/50)+r.NormFloat64())
	}
	return person, firm, year, x, y
}

func source(t fatal, columns ...data.Column) *data.Memory {
	m, err := data.NewMemory(columns...)
	if err != nil {
		t.Fatalf("NewMemory: %v", err)
	}
	return m
}

func within(t fatal, src data.Source, spec absorb.Spec, columns ...absorb.Column) (*absorb.Within, *data.Memory) {
	sums, err := absorb.Scan(context.Background(), src, spec, moment.Options{})
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	w, err := sums.Within(columns)
	if err != nil {
		t.Fatalf("Within: %v", err)
	}
	schema, _ := w.Schema(context.Background())
	m, err := data.Collect(context.Background(), w, schema.Names())
	if err != nil {
		t.Fatalf("Collect: %v", err)
	}
	return w, m
}

// exact returns the residual of v on the effects by factoring the normal
// equations, level after level in the order given: the first effect's levels
// with sparse rows, the others' densely. It shares nothing with the package.
func exact(v, w []float64, effects ...[]int64) []float64 {
	var index []map[int64]int
	var sizes []int
	n := 0
	for _, e := range effects {
		m := map[int64]int{}
		for _, l := range e {
			if _, ok := m[l]; !ok {
				m[l] = n
				n++
			}
		}
		index, sizes = append(index, m), append(sizes, n)
	}
	first := sizes[0]
	weight := func(i int) float64 {
		if w == nil {
			return 1
		}
		return w[i]
	}
	sparse := make([]map[int]float64, first) // right of the diagonal
	diag, b := make([]float64, first), make([]float64, n)
	for i := range sparse {
		sparse[i] = map[int]float64{}
	}
	m := n - first
	dense := make([]float64, m*m)
	for i := range v {
		at := make([]int, len(effects))
		for d, e := range effects {
			at[d] = index[d][e[i]]
			b[at[d]] += weight(i) * v[i]
		}
		diag[at[0]] += weight(i)
		for _, p := range at[1:] {
			sparse[at[0]][p] += weight(i)
			for _, q := range at[1:] {
				dense[(p-first)*m+q-first] += weight(i)
			}
		}
	}
	before := make([]float64, m)
	for i := range before {
		before[i] = dense[i*m+i]
	}
	for i, row := range sparse {
		for p, x := range row {
			b[p] -= x / diag[i] * b[i]
			for q, y := range row {
				dense[(p-first)*m+q-first] -= x * y / diag[i]
			}
		}
	}
	used := make([]bool, m)
	for i := range m {
		pivot := dense[i*m+i]
		if pivot < 1e-9*before[i] {
			continue // determined by the others
		}
		used[i] = true
		for j := i + 1; j < m; j++ {
			f := dense[j*m+i] / pivot
			if f == 0 {
				continue
			}
			b[first+j] -= f * b[first+i]
			for k := i + 1; k < m; k++ {
				dense[j*m+k] -= f * dense[i*m+k]
			}
		}
	}
	x := make([]float64, n)
	for i := m - 1; i >= 0; i-- {
		if !used[i] {
			continue
		}
		s := b[first+i]
		for j := i + 1; j < m; j++ {
			s -= dense[i*m+j] * x[first+j]
		}
		x[first+i] = s / dense[i*m+i]
	}
	for i, row := range sparse {
		s := b[i]
		for p, a := range row {
			s -= a * x[p]
		}
		x[i] = s / diag[i]
	}
	out := make([]float64, len(v))
	for i := range v {
		out[i] = v[i]
		for d, e := range effects {
			out[i] -= x[index[d][e[i]]]
		}
	}
	return out
}

func largest(v []float64) float64 {
	m := 0.0
	for _, x := range v {
		m = max(m, math.Abs(x))
	}
	return m
}

func slope(x, y, w []float64) float64 {
	var xx, xy float64
	for i := range x {
		f := 1.0
		if w != nil {
			f = w[i]
		}
		xx += f * x[i] * x[i]
		xy += f * x[i] * y[i]
	}
	return xy / xx
}

func TestHardEffectsAgainstSparseFactorisation(t *testing.T) {
	for _, c := range []struct {
		n         int
		difficult bool
		effects   []string
	}{
		{20_000, true, []string{"person", "firm", "year"}},
		{20_000, false, []string{"person", "firm", "year"}},
		{150_000, true, []string{"person", "firm", "year"}}, // 662 levels besides persons: conjugate gradients
		{20_000, true, []string{"person", "firm"}},
		{20_000, true, []string{"firm", "year"}},
	} {
		t.Run(fmt.Sprint(c.n, " ", c.difficult, " ", c.effects), func(t *testing.T) {
			person, firm, year, x, y := workers(c.n, c.difficult)
			src := source(t, data.Ints("person", person), data.Ints("firm", firm), data.Ints("year", year), data.Floats("x", x), data.Floats("y", y))
			w, m := within(t, src, absorb.Spec{Targets: []moment.Term{moment.Number("x"), moment.Number("y")}, Effects: c.effects},
				absorb.Column{Name: "x", Term: moment.Number("x")}, absorb.Column{Name: "y", Term: moment.Number("y")})
			all := map[string][]int64{"person": person, "firm": firm, "year": year}
			var effects [][]int64
			for _, e := range c.effects {
				effects = append(effects, all[e])
			}
			gx, gy := m.Column("x").Floats, m.Column("y").Floats
			wx, wy := exact(x, nil, effects...), exact(y, nil, effects...)
			sizeX, sizeY := largest(wx), largest(wy)
			for i := range wx {
				if math.Abs(gx[i]-wx[i]) > 1e-9*sizeX || math.Abs(gy[i]-wy[i]) > 1e-9*sizeY {
					t.Fatalf("row %d: x %.15g, y %.15g; sparse factorisation gives %.15g, %.15g", i, gx[i], gy[i], wx[i], wy[i])
				}
			}
			got, want := slope(gx, gy, nil), slope(wx, wy, nil)
			if math.Abs(got/want-1) > 1e-9 {
				t.Errorf("slope %.15g, want %.15g", got, want)
			}
			t.Logf("rank %d, residual %.2g after %d iterations, slope off by %.1g", w.Rank, w.Residual, w.Iterations, got/want-1)
			if w.Residual > 1e-12 {
				t.Errorf("residual %g, want at most 1e-12", w.Residual)
			}
		})
	}
}

// random is a small table with up to three effects, weights, a category and
// missing values.
func random(t *rapid.T) (*data.Memory, map[string][]int64, []float64, []float64, []float64, []int64) {
	n := rapid.IntRange(30, 400).Draw(t, "rows")
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	levels := map[string]int{"a": rapid.IntRange(1, 60).Draw(t, "a"), "b": rapid.IntRange(1, 20).Draw(t, "b"), "c": rapid.IntRange(1, 5).Draw(t, "c")}
	codes := map[string][]int64{}
	var x, y, w []float64
	var k []int64
	for i := range n {
		for name, l := range levels {
			codes[name] = append(codes[name], int64(r.IntN(l)*r.IntN(l)))
		}
		x, y, w, k = append(x, r.NormFloat64()+1e3), append(y, r.NormFloat64()+float64(codes["a"][i])), append(w, 0.5+r.Float64()), append(k, int64(r.IntN(3)))
	}
	src := source(t, data.Ints("a", codes["a"]), data.Ints("b", codes["b"]), data.Ints("c", codes["c"]),
		data.Floats("x", x), data.Floats("y", y), data.Floats("w", w), data.Ints("k", k))
	return src, codes, x, y, w, k
}

func TestWithinIsTheResidual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src, codes, x, _, w, k := random(t)
		effects := rapid.SampledFrom([][]string{{"a"}, {"a", "b"}, {"b", "a"}, {"a", "b", "c"}, {"c", "b", "a"}, {"c", "a"}}).Draw(t, "effects")
		spec := absorb.Spec{
			Targets: []moment.Term{moment.Number("x"), moment.Category("k"), moment.Category("k").Times(moment.Number("x"))}, Effects: effects,
		}
		var weights []float64
		if rapid.Bool().Draw(t, "weighted") {
			spec.Weight, weights = "w", w
		}
		level := fmt.Sprint(k[0])
		_, m := within(t, src, spec, absorb.Column{Name: "x", Term: moment.Number("x")},
			absorb.Column{Name: "k", Term: moment.Category("k"), Level: []string{level}},
			absorb.Column{Name: "kx", Term: moment.Category("k").Times(moment.Number("x")), Level: []string{level}})
		mark, product := make([]float64, len(k)), make([]float64, len(k))
		for i := range k {
			if k[i] == k[0] {
				mark[i], product[i] = 1, x[i]
			}
		}
		var by [][]int64
		for _, e := range effects {
			by = append(by, codes[e])
		}
		for name, v := range map[string][]float64{"x": x, "k": mark, "kx": product} {
			want := exact(v, weights, by...)
			got := m.Column(name).Floats
			size := largest(v)
			for i := range want {
				if math.Abs(got[i]-want[i]) > 1e-10*size {
					t.Fatalf("%s, row %d: %.15g, want %.15g", name, i, got[i], want[i])
				}
			}
		}
	})
}

func TestCounting(t *testing.T) {
	src := source(t,
		data.Ints("a", []int64{1, 1, 2, 2, 3, 4, 4, 4}), data.Strings("b", []string{"u", "v", "u", "v", "w", "z", "q", "z"}),
		data.Ints("g", []int64{1, 1, 1, 1, 2, 2, 2, 2}), data.Floats("x", []float64{1, 2, 3, 5, 4, 9, 7, 1}))
	spec := absorb.Spec{Targets: []moment.Term{moment.Number("x")}, Effects: []string{"a", "b"}, Cluster: []string{"g", "b"}}
	w, _ := within(t, src, spec, absorb.Column{Name: "x", Term: moment.Number("x")})
	// Connected groups: {1,2 with u,v}, {3 with w}, {4 with z,q}.
	if w.Rank != 4+5-3 || !w.RankExact {
		t.Errorf("Rank = %d (exact %v), want 6", w.Rank, w.RankExact)
	}
	want := []absorb.Effect{
		{Column: "a", Levels: 4, Singletons: 1, Nested: []bool{true, false}}, {Column: "b", Levels: 5, Singletons: 2, Nested: []bool{true, true}},
	}
	if diff := cmp.Diff(want, w.Effects); diff != "" {
		t.Errorf("Effects (-want +got):\n%s", diff)
	}
}

// Two effects with few levels on one side go through a table, unless levels keep
// coming; the result must not tell.
func TestTableAndListAgree(t *testing.T) {
	const n = 700_000 // more than two blocks
	r := rand.New(rand.NewPCG(1, 1))
	a, b, x := make([]int64, n), make([]int64, n), make([]float64, n)
	for i := range n {
		a[i], b[i], x[i] = int64(r.IntN(3000)), int64(r.IntN(10)), r.NormFloat64()
		if i > n-50 {
			b[i] = int64(i) // new levels late, to more than a table has room for
		}
	}
	more := make([]int64, n)
	copy(more, b)
	for i := n / 2; i < n/2+600; i++ {
		more[i] = int64(i)
	}
	for name, b := range map[string][]int64{"table": b, "list": more} {
		src := source(t, data.Ints("a", a), data.Ints("b", b), data.Floats("x", x))
		spec := absorb.Spec{Targets: []moment.Term{moment.Number("x")}, Effects: []string{"b", "a"}}
		_, m := within(t, src, spec, absorb.Column{Name: "x", Term: moment.Number("x")})
		got := m.Column("x").Floats
		sums := [2]map[int64]float64{{}, {}}
		for i := range got {
			sums[0][a[i]] += got[i]
			sums[1][b[i]] += got[i]
		}
		for _, s := range sums {
			for l, v := range s {
				if math.Abs(v) > 1e-8 {
					t.Fatalf("%s: residuals of level %d sum to %g", name, l, v)
				}
			}
		}
	}
}

func TestSameBitsForAnyThreads(t *testing.T) {
	person, firm, year, x, y := workers(300_000, true)
	src := source(t, data.Ints("person", person), data.Ints("firm", firm), data.Ints("year", year), data.Floats("x", x), data.Floats("y", y))
	spec := absorb.Spec{Targets: []moment.Term{moment.Number("x"), moment.Number("y")}, Effects: []string{"person", "firm", "year"}}
	var first [][]float64
	for _, threads := range []int{1, 2, 5} {
		sums, err := absorb.Scan(t.Context(), src.WithBatchRows(1000*threads), spec, moment.Options{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		w, err := sums.Within([]absorb.Column{{Name: "x", Term: moment.Number("x")}, {Name: "y", Term: moment.Number("y")}})
		if err != nil {
			t.Fatal(err)
		}
		m, err := data.Collect(t.Context(), w, []string{"x", "y"})
		if err != nil {
			t.Fatal(err)
		}
		got := [][]float64{m.Column("x").Floats, m.Column("y").Floats}
		if first == nil {
			first = got
		} else if !cmp.Equal(first, got) {
			t.Errorf("%d threads: bits differ", threads)
		}
	}
}

func TestChangedSourceIsRefused(t *testing.T) {
	spec := absorb.Spec{Targets: []moment.Term{moment.Number("x")}, Effects: []string{"a"}}
	src := &changing{
		source(t, data.Ints("a", []int64{1, 1, 2}), data.Floats("x", []float64{1, 2, 3})),
		source(t, data.Ints("a", []int64{1, 1, 3, 4}), data.Floats("x", []float64{1, 2, 3, 4})),
	}
	sums, err := absorb.Scan(t.Context(), src, spec, moment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := sums.Within([]absorb.Column{{Name: "x", Term: moment.Number("x")}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = data.Collect(t.Context(), w, []string{"x"})
	var changed *moment.ChangedError
	if !errors.As(err, &changed) {
		t.Errorf("Scan of a changed source = %v, want ChangedError", err)
	}
}

// changing is a source that has other rows the second time.
type changing struct {
	*data.Memory
	then *data.Memory
}

func (c *changing) Scan(ctx context.Context, columns []string, fn func(data.Batch) error) error {
	now := c.Memory
	c.Memory = c.then
	return now.Scan(ctx, columns, fn)
}

func benchmarkWorkers(b *testing.B, difficult bool) {
	person, firm, year, x, y := workers(1_000_000, difficult)
	src := source(b, data.Ints("person", person), data.Ints("firm", firm), data.Ints("year", year), data.Floats("x", x), data.Floats("y", y))
	spec := absorb.Spec{Targets: []moment.Term{moment.Number("x"), moment.Number("y")}, Effects: []string{"person", "firm", "year"}}
	start, n := processorTime(), 0
	for b.Loop() {
		n++
		sums, err := absorb.Scan(b.Context(), src, spec, moment.Options{})
		if err != nil {
			b.Fatal(err)
		}
		w, err := sums.Within([]absorb.Column{{Name: "x", Term: moment.Number("x")}, {Name: "y", Term: moment.Number("y")}})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(w.Iterations), "iterations")
		b.ReportMetric(w.Residual*1e15, "residual-e-15")
	}
	b.ReportMetric((processorTime()-start).Seconds()/float64(n), "cpu-s/op")
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkDifficultEffects(b *testing.B) { benchmarkWorkers(b, true) }
func BenchmarkSimpleEffects(b *testing.B)    { benchmarkWorkers(b, false) }
