package linreg_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/moment"
	"funn/effect/source"
	"funn/effect/source/sourcetest"
)

var benchRows = flag.Int("effect.rows", 1_000_000, "rows in the trial and panel benchmarks")

// levels are the factors of the benchmark trial; with the arm, the office and
// the outcome they make the table of docs/effect/performance.md.
var levels = []int{2, 2, 3, 3, 4, 5, 5, 6, 8, 10}

// trialTable is a trial of 300 offices of unequal size, each drawn as a whole,
// with ten factors: 33 coefficients with the arm.
func trialTable(tb testing.TB, n int) *data.Memory {
	const offices = 300
	r := rand.New(rand.NewPCG(1, 1))
	codes := make([][]uint32, len(levels))
	for f := range codes {
		codes[f] = make([]uint32, n)
	}
	office, arm, y := make([]uint32, n), make([]bool, n), make([]float64, n)
	for i := range n {
		u := r.Float64()
		g := uint32(offices * u * (1 + u) / 2)
		v := r.NormFloat64() + float64(g%7)/10
		for f, l := range levels {
			c := r.Uint32N(uint32(l))
			codes[f][i] = c
			v += float64(c) * 0.01 * float64(f)
		}
		office[i], arm[i] = g, g%2 == 0
		if arm[i] {
			v += 0.1
		}
		y[i] = v
	}
	dictionary := func(n int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprint("l", i)
		}
		return out
	}
	columns := []data.Column{
		data.Floats("y", y), data.Bools("arm", arm), {Name: "office", Kind: data.String, Codes: office, Levels: dictionary(offices)},
	}
	for f, l := range levels {
		columns = append(columns, data.Column{Name: fmt.Sprint("f", f), Kind: data.String, Codes: codes[f], Levels: dictionary(l)})
	}
	m, err := data.NewMemory(columns...)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func trialModel(v linreg.VCov) linreg.Model {
	m := linreg.Model{Outcome: "y", Terms: numbers("arm"), Cluster: []string{"office"}, VCov: v}
	for f := range levels {
		m.Terms = append(m.Terms, linreg.Term{Term: moment.Category(fmt.Sprint("f", f))})
	}
	return m
}

// panelTable is persons over 20 periods, random and unbalanced, with three
// covariates of which one is a staggered treatment.
func panelTable(tb testing.TB, n int) *data.Memory {
	r := rand.New(rand.NewPCG(2, 2))
	units := n / 100
	unit, time := make([]int64, n), make([]int64, n)
	x1, x2, x3, y := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		u, p := r.IntN(units), r.IntN(20)
		unit[i], time[i] = int64(u), int64(p)
		x1[i], x2[i] = r.NormFloat64(), r.NormFloat64()+float64(u%10)/5
		if p > u%40 {
			x3[i] = 1
		}
		y[i] = x1[i]/2 - x2[i]/4 + x3[i]/10 + float64(u%13)/3 + float64(p)/10 + r.NormFloat64()
	}
	m, err := data.NewMemory(data.Ints("unit", unit), data.Ints("time", time), data.Floats("x1", x1), data.Floats("x2", x2), data.Floats("x3", x3), data.Floats("y", y))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// measure runs work and reports, beside the wall time that testing reports, the
// processor time and the memory held at the peak beyond the data.
func measure(b *testing.B, work func()) {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := make(chan uint64)
	stop := make(chan struct{})
	go func() {
		highest := uint64(0)
		for {
			select {
			case <-stop:
				peak <- highest
				return
			case <-time.After(5 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				highest = max(highest, m.HeapInuse)
			}
		}
	}()
	start := processorTime()
	n := 0
	for b.Loop() {
		work()
		n++
	}
	b.ReportMetric((processorTime()-start).Seconds()/float64(n), "cpu-s/op")
	close(stop)
	b.ReportMetric(float64(int64(<-peak)-int64(before.HeapInuse))/(1<<20), "peak-MiB")
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchmarkTrial(b *testing.B, rows int, kinds ...linreg.VCov) {
	src := trialTable(b, rows)
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprint("threads=", threads), func(b *testing.B) {
			opts := linreg.Options{Moments: moment.Options{Threads: threads}}
			measure(b, func() {
				r, err := linreg.Run(b.Context(), src, trialModel(kinds[0]), opts)
				for _, v := range kinds[1:] {
					if err == nil {
						r, err = r.With(v)
					}
				}
				if err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

func BenchmarkTrialCR1(b *testing.B) { benchmarkTrial(b, *benchRows, linreg.CR1) }

// CR1, CR2 and CR3, the latter two with Satterthwaite's degrees of freedom for
// all 33 coefficients, from one scan.
func BenchmarkTrialCR123(b *testing.B) {
	benchmarkTrial(b, *benchRows, linreg.CR1, linreg.CR2, linreg.CR3)
}

func BenchmarkCR2At100000(b *testing.B) { benchmarkTrial(b, 100_000, linreg.CR2) }

func BenchmarkTrialHC2(b *testing.B) { benchmarkTrial(b, *benchRows, linreg.HC2) }

func BenchmarkPanel(b *testing.B) {
	src := panelTable(b, *benchRows)
	m := linreg.Model{Outcome: "y", Terms: numbers("x1", "x2", "x3"), Absorb: []string{"unit", "time"}, Cluster: []string{"unit"}, VCov: linreg.CR1}
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprint("threads=", threads), func(b *testing.B) {
			measure(b, func() {
				if _, err := linreg.Run(b.Context(), src, m, linreg.Options{Moments: moment.Options{Threads: threads}}); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// stream is a table that is generated as it is read, so that what a scan itself
// holds in memory can be seen, with more rows than memory has room for.
type stream struct {
	rows   int64
	schema data.Schema
	levels [][]string
	// fill makes the columns of a batch from the number of its first row.
	fill func(first int64, columns []data.Column)
	free chan []data.Column
}

func (s *stream) Schema(context.Context) (data.Schema, error) { return s.schema, nil }

func (s *stream) RowHint() int64 { return s.rows }

func (s *stream) Scan(ctx context.Context, names []string, fn func(data.Batch) error) error {
	if _, err := s.schema.Select(names); err != nil {
		return err
	}
	for first := int64(0); first < s.rows; first += data.BatchRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		var columns []data.Column
		select {
		case columns = <-s.free:
		default:
			for i, f := range s.schema {
				c := data.Column{Name: f.Name, Kind: f.Kind}
				switch f.Kind {
				case data.Float:
					c.Floats = make([]float64, data.BatchRows)
				case data.Int:
					c.Ints = make([]int64, data.BatchRows)
				case data.Bool:
					c.Bools = make([]bool, data.BatchRows)
				default:
					c.Codes, c.Levels = make([]uint32, data.BatchRows), s.levels[i]
				}
				columns = append(columns, c)
			}
		}
		s.fill(first, columns)
		n := int(min(data.BatchRows, s.rows-first))
		b := data.Batch{Rows: n, Free: func() {
			select {
			case s.free <- columns:
			default:
			}
		}}
		for _, name := range names {
			b.Columns = append(b.Columns, columns[s.schema.Index(name)].Slice(0, n))
		}
		if err := fn(b); err != nil {
			return err
		}
	}
	return nil
}

// mix is a hash of whole numbers (the finaliser of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// trialStream is like trialTable.
func trialStream(rows int64) *stream {
	const offices = 300
	s := &stream{rows: rows, free: make(chan []data.Column, 16)}
	add := func(f data.Field, levels int) {
		s.schema = append(s.schema, f)
		var names []string
		for i := range levels {
			names = append(names, fmt.Sprint("l", i))
		}
		s.levels = append(s.levels, names)
	}
	add(data.Field{Name: "y", Kind: data.Float}, 0)
	add(data.Field{Name: "arm", Kind: data.Bool}, 0)
	add(data.Field{Name: "office", Kind: data.String}, offices)
	for f, l := range levels {
		add(data.Field{Name: fmt.Sprint("f", f), Kind: data.String}, l)
	}
	s.fill = func(first int64, c []data.Column) {
		for i := range data.BatchRows {
			h := mix(uint64(first) + uint64(i))
			u := float64(h>>40) / (1 << 24)
			g := uint32(offices * u * (1 + u) / 2)
			c[2].Codes[i], c[1].Bools[i] = g, g%2 == 0
			k := mix(h)
			v := float64(k&0xffff)/0x8000 - 1 + float64(g%7)/10
			k >>= 16
			for f, l := range levels {
				d := uint32(k&0xff) * uint32(l) >> 8
				k = k>>5 | k<<59
				c[3+f].Codes[i] = d
				v += float64(d) * 0.01
			}
			c[0].Floats[i] = v
		}
	}
	return s
}

// panelStream is like panelTable.
func panelStream(rows int64) *stream {
	s := &stream{rows: rows, free: make(chan []data.Column, 16), levels: make([][]string, 6), schema: data.Schema{
		{Name: "unit", Kind: data.Int}, {Name: "time", Kind: data.Int}, {Name: "x1", Kind: data.Float}, {Name: "x2", Kind: data.Float}, {Name: "x3", Kind: data.Float}, {Name: "y", Kind: data.Float},
	}}
	units := uint64(rows / 100)
	s.fill = func(first int64, c []data.Column) {
		for i := range data.BatchRows {
			h := mix(uint64(first) + uint64(i))
			u, p := h%units, h>>40%20
			c[0].Ints[i], c[1].Ints[i] = int64(u), int64(p)
			k := mix(h)
			x1, x2, e := float64(k&0xffff)/0x8000-1, float64(k>>16&0xffff)/0x8000-1, float64(k>>32&0xffff)/0x8000-1
			x3 := 0.0
			if p > u%40 {
				x3 = 1
			}
			c[2].Floats[i], c[3].Floats[i], c[4].Floats[i] = x1, x2, x3
			c[5].Floats[i] = x1/2 - x2/4 + x3/10 + float64(u%13)/3 + float64(p)/10 + e
		}
	}
	return s
}

// benchmarkReading reports the peak of the process's memory, with the time and
// the processor time of reading alone beside those of the whole. Run one at a
// time: the peak is the process's.
func benchmarkReading(b *testing.B, src data.Source, columns []string, scans int, work func() error) {
	drain := func() {
		for range scans {
			if err := src.Scan(b.Context(), columns, func(batch data.Batch) error {
				batch.Release()
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
	}
	start, cpu := time.Now(), processorTime()
	drain()
	alone, cpuAlone := time.Since(start), processorTime()-cpu
	cpu = processorTime()
	n := 0
	for b.Loop() {
		if err := work(); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric((processorTime()-cpu).Seconds()/float64(n), "cpu-s/op")
	b.ReportMetric(alone.Seconds(), "scan-s")
	b.ReportMetric(cpuAlone.Seconds(), "scan-cpu-s")
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err == nil {
		b.ReportMetric(float64(u.Maxrss)/1024, "peak-rss-MiB")
	}
}

func BenchmarkStreamTrial(b *testing.B) {
	src := trialStream(int64(*benchRows))
	benchmarkReading(b, src, src.schema.Names(), 1, func() error {
		r, err := linreg.Run(b.Context(), src, trialModel(linreg.CR1), linreg.Options{})
		for _, v := range []linreg.VCov{linreg.CR2, linreg.CR3} {
			if err == nil {
				r, err = r.With(v)
			}
		}
		return err
	})
}

func BenchmarkStreamPanel(b *testing.B) {
	src := panelStream(int64(*benchRows))
	m := linreg.Model{Outcome: "y", Terms: numbers("x1", "x2", "x3"), Absorb: []string{"unit", "time"}, Cluster: []string{"unit"}, VCov: linreg.CR1}
	benchmarkReading(b, src, src.schema.Names(), 2, func() error {
		_, err := linreg.Run(b.Context(), src, m, linreg.Options{})
		return err
	})
}

var parquetDir = flag.String("effect.parquet", "", "directory in which the Parquet benchmarks keep their files, so that a second run starts without writing them")

// parquetSource opens the table as a Parquet file, which it writes first unless
// an earlier run left it in the directory of -effect.parquet.
func parquetSource(b *testing.B, name string, table func(testing.TB, int) *data.Memory) data.Source {
	path := filepath.Join(*parquetDir, fmt.Sprint(name, "-", *benchRows, ".parquet"))
	if _, err := os.Stat(path); *parquetDir == "" || err != nil {
		written := sourcetest.Parquet(b, table(b, *benchRows))
		if *parquetDir == "" {
			path = written
		} else if err := os.Rename(written, path); err != nil {
			b.Fatal(err)
		}
	}
	src, err := source.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = src.Close() })
	return src
}

func BenchmarkParquetTrial(b *testing.B) {
	src := parquetSource(b, "trial", trialTable)
	columns := []string{"y", "arm", "office"}
	for f := range levels {
		columns = append(columns, fmt.Sprint("f", f))
	}
	benchmarkReading(b, src, columns, 1, func() error {
		r, err := linreg.Run(b.Context(), src, trialModel(linreg.CR1), linreg.Options{})
		for _, v := range []linreg.VCov{linreg.CR2, linreg.CR3} {
			if err == nil {
				r, err = r.With(v)
			}
		}
		return err
	})
}

func BenchmarkParquetPanel(b *testing.B) {
	src := parquetSource(b, "panel", panelTable)
	m := linreg.Model{Outcome: "y", Terms: numbers("x1", "x2", "x3"), Absorb: []string{"unit", "time"}, Cluster: []string{"unit"}, VCov: linreg.CR1}
	benchmarkReading(b, src, []string{"y", "x1", "x2", "x3", "unit", "time"}, 2, func() error {
		_, err := linreg.Run(b.Context(), src, m, linreg.Options{})
		return err
	})
}
