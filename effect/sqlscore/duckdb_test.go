//go:build duckdb

package sqlscore_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/source/sourcetest"
	"funn/effect/sqlscore"
)

// TestDuckDB runs both queries in DuckDB and compares with the rows.
func TestDuckDB(t *testing.T) {
	m := trial(t)
	path := filepath.Join(t.TempDir(), "a.duckdb")
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE trial AS SELECT * FROM read_parquet('" + sourcetest.Parquet(t, m) + "')"); err != nil {
		t.Fatal(err)
	}
	ask := func(query string) data.Source {
		t.Helper()
		answer := filepath.Join(t.TempDir(), "answer.parquet")
		if _, err := db.Exec("COPY (" + query + ") TO '" + answer + "' (FORMAT parquet)"); err != nil {
			t.Fatalf("%v in\n%s", err, query)
		}
		return open(t, answer)
	}
	for _, v := range []linreg.VCov{linreg.HC2, linreg.CR1} {
		sm := model(v)
		sm.Table = "trial"
		query, err := sm.CellsQuery(sqlscore.DuckDB)
		if err != nil {
			t.Fatal(err)
		}
		fit, err := sm.FitCells(ctx, ask(query))
		if err != nil {
			t.Fatal(err)
		}
		var scores data.Source
		if v.Clustered() {
			if query, err = fit.ScoresQuery(sqlscore.DuckDB); err != nil {
				t.Fatal(err)
			}
			scores = ask(query)
		}
		got, _, err := fit.Result(ctx, scores, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, byRows(t, m, v), got, 1e-8)
	}
}
