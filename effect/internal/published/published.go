// Package published reads, for tests, the public data sets with published
// results that the estimators are checked against. They are not part of the
// project: they lie in the folder data/effect of a directory named by the
// environment variable FUNN_SHARED, or beside the repository in ../shared.
package published

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"funn/effect/data"
)

// Dir returns the folder of the data sets. Without it the test is skipped with a
// message that says so, except where the environment variable CI is "true",
// where it fails.
func Dir(t testing.TB) string {
	t.Helper()
	root := os.Getenv("FUNN_SHARED")
	if root == "" {
		_, file, _, _ := runtime.Caller(0)
		root = filepath.Join(filepath.Dir(file), "..", "..", "..", "..", "shared")
	}
	dir := filepath.Join(root, "data", "effect")
	if _, err := os.Stat(dir); err != nil {
		const text = "the published data sets are not here (%v): put them in ../shared/data/effect beside the repository, or set FUNN_SHARED"
		if os.Getenv("CI") == "true" {
			t.Fatalf(text, err)
		}
		t.Skipf(text, err)
	}
	return dir
}

// Load reads a data set by the name of its file without ending. A column whose
// values are all whole numbers is Int, one of numbers Float, any other String;
// empty fields are missing.
func Load(t testing.TB, name string) *data.Memory {
	t.Helper()
	f, err := os.Open(filepath.Join(Dir(t), name+".csv"))
	if err != nil {
		t.Fatalf("open data set: %v", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	var columns []data.Column
	for j, header := range rows[0] {
		columns = append(columns, column(header, rows[1:], j))
	}
	m, err := data.NewMemory(columns...)
	if err != nil {
		t.Fatalf("data set %s: %v", name, err)
	}
	return m
}

func column(name string, rows [][]string, j int) data.Column {
	whole, number := true, true
	floats, ints, texts := make([]float64, len(rows)), make([]int64, len(rows)), make([]string, len(rows))
	empty := func(i int) bool { return rows[i][j] == "" || rows[i][j] == "NA" }
	for i, r := range rows {
		texts[i] = r[j]
		if empty(i) {
			continue
		}
		var err error
		if floats[i], err = strconv.ParseFloat(r[j], 64); err != nil {
			number = false
		}
		if ints[i], err = strconv.ParseInt(r[j], 10, 64); err != nil {
			whole = false
		}
	}
	c := data.Strings(name, texts)
	switch {
	case number && whole:
		c = data.Ints(name, ints)
	case number:
		c = data.Floats(name, floats)
	}
	for i := range rows {
		if empty(i) {
			return c.WithMissing(empty)
		}
	}
	return c
}

// Derive returns the table with a further Float column computed from others.
// The value is missing when one of them is.
func Derive(t testing.TB, m *data.Memory, name string, f func(x []float64) float64, from ...string) *data.Memory {
	t.Helper()
	values := make([]float64, m.Rows())
	missing := make([]bool, m.Rows())
	x := make([]float64, len(from))
	for i := range values {
		for k, c := range from {
			v, ok := m.Column(c).Number(i)
			x[k] = v
			missing[i] = missing[i] || !ok
		}
		values[i] = f(x)
	}
	schema, err := m.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	columns := []data.Column{data.Floats(name, values).WithMissing(func(i int) bool { return missing[i] })}
	for _, f := range schema {
		columns = append(columns, *m.Column(f.Name))
	}
	out, err := data.NewMemory(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
