//go:build duckdb

package source_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"funn/effect/source/sourcetest"

	"github.com/google/go-cmp/cmp"
)

// TestDuckDB holds that a DuckDB table reads as the Parquet file it was made
// from.
func TestDuckDB(t *testing.T) {
	parquet := sourcetest.Parquet(t, table(t, 70_000))
	path := filepath.Join(t.TempDir(), "a.duckdb")
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE t AS SELECT * FROM read_parquet('" + parquet + "')"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	columns := []string{"row", "f", "k", "b", "tekst å"}
	want, err := read(open(t, parquet), columns)
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(open(t, "duckdb:"+path+"#t"), columns)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-parquet +duckdb):\n%s", diff)
	}
}
