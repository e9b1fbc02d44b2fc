package linreg_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/moment"
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
