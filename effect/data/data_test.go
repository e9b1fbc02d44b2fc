package data_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"funn/effect/data"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func table(t require, n int, missing func(i int) bool) *data.Memory {
	f := make([]float64, n)
	k := make([]int64, n)
	b := make([]bool, n)
	s := make([]string, n)
	for i := range n {
		f[i], k[i], b[i], s[i] = float64(i)/2, int64(i*i), i%3 == 0, string(rune('a'+i%7))
	}
	m, err := data.NewMemory(
		data.Floats("f", f).WithMissing(missing),
		data.Ints("k", k).WithMissing(func(i int) bool { return missing(i + 1) }),
		data.Bools("b", b),
		data.Strings("s", s).WithMissing(func(i int) bool { return missing(i + 2) }),
	)
	if err != nil {
		t.Fatalf("NewMemory: %v", err)
	}
	return m
}

type require interface{ Fatalf(string, ...any) }

// flat renders a table value by value, which is what must survive batching,
// cutting and reordering.
func flat(t require, src data.Source) [][]any {
	ctx := context.Background()
	schema, err := src.Schema(ctx)
	if err != nil {
		t.Fatalf("Schema: %v", err)
	}
	rows := [][]any{}
	err = src.Scan(ctx, schema.Names(), func(b data.Batch) error {
		defer b.Release()
		for i := range b.Rows {
			row := make([]any, len(b.Columns))
			for j := range b.Columns {
				c := &b.Columns[j]
				switch v, ok := c.Number(i); {
				case c.Missing(i):
					row[j] = nil
				case ok:
					row[j] = v
				default:
					row[j] = c.Levels[c.Codes[i]]
				}
			}
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	return rows
}

func TestBatchBordersCarryNoMeaning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "n")
		step := rapid.IntRange(2, 9).Draw(t, "missing every")
		m := table(t, n, func(i int) bool { return i%step == 0 })
		want := flat(t, m)
		cut := m.WithBatchRows(rapid.IntRange(1, 130).Draw(t, "batch"))
		if diff := cmp.Diff(want, flat(t, cut)); diff != "" {
			t.Fatalf("rebatched table differs (-want +got):\n%s", diff)
		}
		schema, _ := m.Schema(context.Background())
		again, err := data.Collect(context.Background(), cut, schema.Names())
		if err != nil {
			t.Fatalf("Collect: %v", err)
		}
		if diff := cmp.Diff(want, flat(t, again)); diff != "" {
			t.Fatalf("collected table differs (-want +got):\n%s", diff)
		}
		lo := rapid.IntRange(0, n).Draw(t, "lo")
		hi := rapid.IntRange(lo, n).Draw(t, "hi")
		rows := make([]int, 0, hi-lo)
		for i := lo; i < hi; i++ {
			rows = append(rows, i)
		}
		if diff := cmp.Diff(append([][]any{}, want[lo:hi]...), flat(t, m.Part(lo, hi))); diff != "" {
			t.Fatalf("Part differs (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(flat(t, m.Part(lo, hi)), flat(t, m.Take(rows))); diff != "" {
			t.Fatalf("Take differs from Part (-want +got):\n%s", diff)
		}
	})
}

func TestNaNIsMissing(t *testing.T) {
	c := data.Floats("x", []float64{1, math.NaN(), math.Inf(1)})
	got := []bool{c.Missing(0), c.Missing(1), c.Missing(2)}
	if diff := cmp.Diff([]bool{false, true, false}, got); diff != "" {
		t.Errorf("Missing (-want +got):\n%s", diff)
	}
}

func TestScanRefusesUnknownColumn(t *testing.T) {
	m := table(t, 3, func(int) bool { return false })
	err := m.Scan(context.Background(), []string{"f", "nope"}, func(data.Batch) error { return nil })
	var unknown *data.UnknownColumnError
	if !errors.As(err, &unknown) || unknown.Column != "nope" {
		t.Fatalf("Scan error = %v, want UnknownColumnError for nope", err)
	}
}

func TestScanStops(t *testing.T) {
	m := table(t, 100, func(int) bool { return false }).WithBatchRows(10)
	stop := errors.New("enough")
	calls := 0
	err := m.Scan(context.Background(), []string{"f"}, func(data.Batch) error {
		calls++
		return stop
	})
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("Scan = %v after %d calls, want %v after 1", err, calls, stop)
	}
	ctx, cancel := context.WithCancel(context.Background())
	calls = 0
	err = m.Scan(ctx, []string{"f"}, func(data.Batch) error {
		calls++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("cancelled Scan = %v after %d calls, want %v after 1", err, calls, context.Canceled)
	}
}

func TestNewMemoryRefuses(t *testing.T) {
	for name, cols := range map[string][]data.Column{
		"same name":      {data.Floats("x", nil), data.Ints("x", nil)},
		"unequal length": {data.Floats("x", []float64{1}), data.Ints("k", nil)},
		"short bitmap":   {{Name: "x", Kind: data.Int, Ints: make([]int64, 65), Valid: data.NewBitmap(64)}},
	} {
		if _, err := data.NewMemory(cols...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDictLevelsStayWhileItGrows(t *testing.T) {
	var d data.Dict
	d.Code("b")
	early := d.Levels()
	if got := d.CodeBytes([]byte("a")); got != 1 {
		t.Errorf("code of second level = %d, want 1", got)
	}
	if got := d.Code("b"); got != 0 {
		t.Errorf("code of first level again = %d, want 0", got)
	}
	if diff := cmp.Diff([]string{"b"}, early); diff != "" {
		t.Errorf("early levels changed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b", "a"}, d.Levels()); diff != "" {
		t.Errorf("levels (-want +got):\n%s", diff)
	}
}
