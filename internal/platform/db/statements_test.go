package db

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
)

// Statements that are kept give what they would give compiled anew: one inside the
// other's rows, after others drove them out, after the schema changed, and after one
// that failed.
func TestKeptStatements(t *testing.T) {
	ctx := t.Context()
	pool, err := openLite("file:" + filepath.Join(t.TempDir(), "kept.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1) // a transaction runs all on one connection
	conn, err := pool.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	kept := func() map[string]*statement {
		var m map[string]*statement
		if err := conn.Raw(func(c any) error { m = c.(*keeping).kept; return nil }); err != nil {
			t.Fatal(err)
		}
		return m
	}
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := conn.ExecContext(ctx, query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
	for i := range 5 {
		exec("INSERT INTO t (a, b) VALUES (?, ?)", i, fmt.Sprint("b", i))
	}
	if len(kept()) != 1 {
		t.Errorf("five times the same statement: %d are kept", len(kept()))
	}
	const query = "SELECT a FROM t WHERE a >= ? ORDER BY a"
	numbers := func(from int, inside func(int)) (out []int) {
		t.Helper()
		rows, err := conn.QueryContext(ctx, query, from)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var n int
			if err := rows.Scan(&n); err != nil {
				t.Fatal(err)
			}
			out = append(out, n)
			if inside != nil {
				inside(n)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return out
	}
	outer := numbers(2, func(n int) {
		if got := numbers(n, nil); len(got) != 5-n {
			t.Errorf("inside its own rows the query gives %v from %d", got, n)
		}
	})
	if fmt.Sprint(outer) != "[2 3 4]" {
		t.Errorf("around itself the query gives %v", outer)
	}
	// Rows that are not read to their end do not hold the statement.
	row := conn.QueryRowContext(ctx, query, 0)
	var first int
	if err := row.Scan(&first); err != nil || first != 0 {
		t.Errorf("the first row: %d %v", first, err)
	}
	if s := kept()[query]; s == nil || s.busy {
		t.Errorf("the statement after its rows were closed: %+v", s)
	}
	for i := range 3 * mostStatements {
		var n int
		if err := conn.QueryRowContext(ctx, fmt.Sprintf("SELECT a + %d FROM t WHERE a = 1", i)).Scan(&n); err != nil || n != i+1 {
			t.Fatalf("statement %d: %d %v", i, n, err)
		}
	}
	if n := len(kept()); n > mostStatements {
		t.Errorf("%d statements are kept, at most %d should be", n, mostStatements)
	}
	if got := numbers(3, nil); fmt.Sprint(got) != "[3 4]" {
		t.Errorf("after being driven out: %v", got)
	}
	all := func() string {
		t.Helper()
		var columns []string
		rows, err := conn.QueryContext(ctx, "SELECT * FROM t WHERE a = ?", 1)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		columns, _ = rows.Columns()
		for rows.Next() {
		}
		return fmt.Sprint(columns)
	}
	if got := all(); got != "[a b]" {
		t.Errorf("columns %s", got)
	}
	exec("ALTER TABLE t ADD COLUMN c TEXT")
	if got := all(); got != "[a b c]" {
		t.Errorf("columns after the schema changed: %s", got)
	}
	for range 2 {
		if _, err := conn.ExecContext(ctx, "INSERT INTO t (a, b) VALUES (?, ?)", 1, "again"); err == nil {
			t.Error("a key that is taken was taken again")
		}
	}
	exec("INSERT INTO t (a, b) VALUES (?, ?)", 9, "b9")
	if _, err := conn.QueryContext(ctx, "SELECT nothing FROM t"); err == nil {
		t.Error("an unknown column was found")
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := conn.QueryContext(ended, query, 0); err == nil {
		t.Error("a query was run after its time")
	}
	if got := numbers(4, nil); fmt.Sprint(got) != "[4 9]" {
		t.Errorf("at the end: %v", got)
	}
	exec("DROP TABLE t") // nothing still reads it
}

// BenchmarkKept holds a query whose statement is kept against one that is compiled
// each time, in one run.
func BenchmarkKept(b *testing.B) {
	dsn := "file:" + filepath.Join(b.TempDir(), "kept.db")
	kept, err := openLite(dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer kept.Close()
	plain, err := sql.Open("sqlite", dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer plain.Close()
	if _, err := kept.Exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"); err != nil {
		b.Fatal(err)
	}
	if _, err := kept.Exec("INSERT INTO t (a, b) VALUES (1, 'b')"); err != nil {
		b.Fatal(err)
	}
	for name, pool := range map[string]*sql.DB{"kept": kept, "compiled": plain} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				var s string
				if err := pool.QueryRow("SELECT x.b FROM t x JOIN t y ON y.a = x.a WHERE x.a = ? AND y.b LIKE 'b%' ORDER BY y.b", 1).Scan(&s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
