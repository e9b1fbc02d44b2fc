package effect_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"funn/effect"
	"funn/effect/source"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	arrowmemory "github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

var (
	benchRows  = flag.Int("effect.rows", 1_000_000, "rows of the whole-run benchmarks")
	parquetDir = flag.String("effect.parquet", "", "folder in which the benchmarks keep their files, so that a second run starts without writing them")
)

// trialLevels are the levels of the ten factors: 33 coefficients with arm and
// constant, as in the design's measurements.
var trialLevels = []int32{2, 2, 3, 3, 4, 4, 4, 5, 5, 9}

// trialParquet is the file of a trial of 300 unequal offices and ten factors,
// written a million rows at a time unless an earlier run has kept it.
func trialParquet(b *testing.B, rows int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "trial.parquet")
	if *parquetDir != "" {
		path = filepath.Join(*parquetDir, fmt.Sprint("plan-", rows, ".parquet"))
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	fields := []arrow.Field{{Name: "y", Type: arrow.PrimitiveTypes.Float64}, {Name: "arm", Type: arrow.PrimitiveTypes.Int32}, {Name: "office", Type: arrow.PrimitiveTypes.Int32}}
	for k := range trialLevels {
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("f%d", k), Type: arrow.PrimitiveTypes.Int32})
	}
	schema := arrow.NewSchema(fields, nil)
	f, err := os.Create(path + ".part")
	if err != nil {
		b.Fatal(err)
	}
	w, err := pqarrow.NewFileWriter(schema, f, parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd)), pqarrow.DefaultWriterProps())
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	build := array.NewRecordBuilder(arrowmemory.DefaultAllocator, schema)
	defer build.Release()
	const group = 1 << 20
	for done := 0; done < rows; {
		n := min(group, rows-done)
		for range n {
			office := int32(300 * rng.Float64() * rng.Float64())
			arm := office % 2
			y := 0.1*float64(arm) + 0.01*float64(office%17) + rng.NormFloat64()
			build.Field(1).(*array.Int32Builder).Append(arm)
			build.Field(2).(*array.Int32Builder).Append(office)
			for k, levels := range trialLevels {
				level := rng.Int32N(levels)
				y += 0.05 * float64(level)
				build.Field(3 + k).(*array.Int32Builder).Append(level)
			}
			build.Field(0).(*array.Float64Builder).Append(y)
		}
		record := build.NewRecordBatch()
		if err := w.Write(record); err != nil {
			b.Fatal(err)
		}
		record.Release()
		done += n
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkPlanOnParquet runs a whole plan, from opening the file to the
// checked result: description of the data, regression with CR2 and its
// degrees of freedom, attrition, balance. It reports CPU seconds and the
// process's peak memory. With -effect.rows=10000000 it is the goal's trial.
func BenchmarkPlanOnParquet(b *testing.B) {
	path := trialParquet(b, *benchRows)
	for _, vcov := range []string{"CR1", "CR2", "CR3"} {
		p := parsePlan(b, `design: cluster
outcomes: y
treatment: arm
arms: [0, 1]
factors: [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9]
cluster: office
estimator: ols
vcov: `+vcov)
		b.Run(vcov, func(b *testing.B) {
			cpu := cpuSeconds(b)
			for b.Loop() {
				src, err := source.Open(ctx, path)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := effect.Run(ctx, p, src, effect.Options{}); err != nil {
					b.Fatal(err)
				}
				if err := src.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((cpuSeconds(b)-cpu)/float64(b.N), "cpu-s/op")
			b.ReportMetric(peakMB(b), "peak-MB")
		})
	}
}

// BenchmarkParquetScan is the floor: the same columns read and thrown away.
func BenchmarkParquetScan(b *testing.B) {
	src, err := source.Open(ctx, trialParquet(b, *benchRows))
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	schema, err := src.Schema(ctx)
	if err != nil {
		b.Fatal(err)
	}
	cpu := cpuSeconds(b)
	for b.Loop() {
		if err := src.Scan(ctx, schema.Names(), release); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpuSeconds(b)-cpu)/float64(b.N), "cpu-s/op")
}

func cpuSeconds(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return (time.Duration(u.Utime.Nano()) + time.Duration(u.Stime.Nano())).Seconds()
}

func peakMB(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Maxrss) / 1024 // kilobytes on Linux
}
