// Package sourcetest writes one table in every form that effect/source reads,
// for tests which hold that the form does not matter.
package sourcetest

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"funn/effect/data"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // registers the driver
)

// PostgresEnv names the environment variable with the postgres:// URL of a
// server that tests may create tables in.
const PostgresEnv = "FUNN_TEST_POSTGRES"

// Postgres returns the URL of the test server. Where there is none the test
// is skipped, except on CI, where it fails.
func Postgres(t testing.TB) string {
	t.Helper()
	url := os.Getenv(PostgresEnv)
	if url != "" {
		return url
	}
	const why = PostgresEnv + " names no PostgreSQL server"
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
	return ""
}

// Form is one way of keeping a table.
type Form struct {
	Name string
	// Write stores the table and returns the text that names it for
	// source.Open.
	Write func(t testing.TB, m *data.Memory) string
}

// Forms lists the forms that need no server.
func Forms() []Form {
	return []Form{{"csv", CSV}, {"parquet", Parquet}, {"sqlite", SQLite}}
}

// each calls fn for every row with the row's values: nil, float64, int64,
// bool or string.
func each(t testing.TB, m *data.Memory, fn func(row []any)) data.Schema {
	t.Helper()
	schema, err := m.Schema(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	row := make([]any, len(schema))
	err = m.Scan(context.Background(), schema.Names(), func(b data.Batch) error {
		defer b.Release()
		for i := range b.Rows {
			for j := range b.Columns {
				row[j] = Value(&b.Columns[j], i)
			}
			fn(row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// Value is row i of a column: nil, float64, int64, bool or string.
func Value(c *data.Column, i int) any {
	switch {
	case c.Missing(i):
		return nil
	case c.Kind == data.Float:
		return c.Floats[i]
	case c.Kind == data.Int:
		return c.Ints[i]
	case c.Kind == data.Bool:
		return c.Bools[i]
	}
	return c.Levels[c.Codes[i]]
}

// CSV writes the table as a CSV file.
func CSV(t testing.TB, m *data.Memory) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	buffered := bufio.NewWriter(f)
	w := csv.NewWriter(buffered)
	schema, err := m.Schema(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(schema.Names()); err != nil {
		t.Fatal(err)
	}
	each(t, m, func(row []any) {
		record := make([]string, len(row))
		for i, v := range row {
			switch v := v.(type) {
			case nil:
			case float64:
				record[i] = strconv.FormatFloat(v, 'g', -1, 64)
			case int64:
				record[i] = strconv.FormatInt(v, 10)
			case bool:
				record[i] = strconv.FormatBool(v)
			case string:
				record[i] = v
			}
		}
		if err := w.Write(record); err != nil {
			t.Fatal(err)
		}
	})
	w.Flush()
	if err := w.Error(); err != nil {
		t.Fatal(err)
	}
	if err := buffered.Flush(); err != nil {
		t.Fatal(err)
	}
	return path
}

// Parquet writes the table as a Parquet file with several row groups.
func Parquet(t testing.TB, m *data.Memory) string {
	t.Helper()
	schema, err := m.Schema(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	fields := make([]arrow.Field, len(schema))
	for i, f := range schema {
		types := map[data.Kind]arrow.DataType{
			data.Float: arrow.PrimitiveTypes.Float64, data.Int: arrow.PrimitiveTypes.Int64,
			data.Bool: arrow.FixedWidthTypes.Boolean, data.String: arrow.BinaryTypes.String,
		}
		fields[i] = arrow.Field{Name: f.Name, Type: types[f.Kind], Nullable: true}
	}
	path := filepath.Join(t.TempDir(), "table.parquet")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	props := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd), parquet.WithDataPageSize(1<<16))
	w, err := pqarrow.NewFileWriter(arrow.NewSchema(fields, nil), f, props, pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	build := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer build.Release()
	group := max(1, m.Rows()/3)
	rows := 0
	flush := func() {
		record := build.NewRecordBatch()
		defer record.Release()
		if err := w.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	each(t, m, func(row []any) {
		for i, v := range row {
			switch b := build.Field(i).(type) {
			case *array.Float64Builder:
				appendTo(b, v)
			case *array.Int64Builder:
				appendTo(b, v)
			case *array.BooleanBuilder:
				appendTo(b, v)
			case *array.StringBuilder:
				appendTo(b, v)
			}
		}
		if rows++; rows%group == 0 {
			flush()
		}
	})
	flush()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func appendTo[T any](b interface {
	Append(T)
	AppendNull()
}, v any,
) {
	if v == nil {
		b.AppendNull()
		return
	}
	b.Append(v.(T))
}

// SQLite writes the table into an SQLite file.
func SQLite(t testing.TB, m *data.Memory) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a table's file.db")
	db, err := sql.Open("sqlite", "file:"+strings.ReplaceAll(path, " ", "%20"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	schema, err := m.Schema(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	types := map[data.Kind]string{data.Float: "REAL", data.Int: "INTEGER", data.Bool: "INTEGER", data.String: "TEXT"}
	create, insert := definition(schema, types, "?")
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(create); err != nil {
		t.Fatal(err)
	}
	stmt, err := tx.Prepare(insert)
	if err != nil {
		t.Fatal(err)
	}
	each(t, m, func(row []any) {
		if _, err := stmt.Exec(row...); err != nil {
			t.Fatal(err)
		}
	})
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path + "#The table"
}

func definition(schema data.Schema, types map[data.Kind]string, mark string) (create, insert string) {
	columns := make([]string, len(schema))
	marks := make([]string, len(schema))
	for i, f := range schema {
		columns[i] = `"` + strings.ReplaceAll(f.Name, `"`, `""`) + `" ` + types[f.Kind]
		marks[i] = mark
	}
	return `CREATE TABLE "The table" (` + strings.Join(columns, ", ") + ")",
		`INSERT INTO "The table" VALUES (` + strings.Join(marks, ", ") + ")"
}

// PostgresTable writes the table into a schema of its own on the test server
// and drops it when the test ends.
func PostgresTable(t testing.TB, m *data.Memory) string {
	t.Helper()
	url := Postgres(t)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	schema, err := m.Schema(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var own string
	if err := conn.QueryRow(ctx, "SELECT 'effect_' || replace(gen_random_uuid()::text, '-', '')").Scan(&own); err != nil {
		t.Fatal(err)
	}
	types := map[data.Kind]string{data.Float: "float8", data.Int: "bigint", data.Bool: "boolean", data.String: "text"}
	create, _ := definition(schema, types, "")
	create = strings.Replace(create, `"The table"`, own+`."The table"`, 1)
	if _, err := conn.Exec(ctx, "CREATE SCHEMA "+own+"; "+create); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Errorf("drop test schema: %v", err)
			return
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, "DROP SCHEMA "+own+" CASCADE"); err != nil {
			t.Errorf("drop test schema: %v", err)
		}
	})
	var rows [][]any
	each(t, m, func(row []any) { rows = append(rows, append([]any{}, row...)) })
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{own, "The table"}, schema.Names(), pgx.CopyFromRows(rows)); err != nil {
		t.Fatal(err)
	}
	return url + "#" + own + ".The table"
}
