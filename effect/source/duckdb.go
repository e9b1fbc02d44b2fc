//go:build duckdb

package source

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"funn/effect/data"

	_ "github.com/duckdb/duckdb-go/v2" // registers the driver
)

// duckdbTable is a table or view of a DuckDB file, opened for reading only.
// It is part of programs built with -tags duckdb.
type duckdbTable struct {
	path, table, from string
	db                *sql.DB
	conn              *sql.Conn
	fields            data.Schema
	cast              []string
	rows              int64
}

func openDuckDB(ctx context.Context, path, table string) (Source, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open data: %w", err)
	}
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	parts := strings.Split(table, ".")
	for i := range parts {
		parts[i] = quoteIdentifier(parts[i])
	}
	d := &duckdbTable{path: path, table: table, from: strings.Join(parts, "."), db: db}
	if err := d.prepare(ctx); err != nil {
		return nil, errors.Join(&ReadError{Source: d.Name(), Err: err}, d.Close())
	}
	return d, nil
}

func (d *duckdbTable) prepare(ctx context.Context) error {
	var err error
	if d.conn, err = d.db.Conn(ctx); err != nil {
		return err
	}
	// Rows come in the order they were inserted, also from several threads.
	if _, err := d.conn.ExecContext(ctx, "SET preserve_insertion_order = true"); err != nil {
		return err
	}
	columns, err := d.conn.QueryContext(ctx, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM "+d.from+")")
	if err != nil {
		return err
	}
	defer columns.Close()
	for columns.Next() {
		var name, kind string
		if err := columns.Scan(&name, &kind); err != nil {
			return err
		}
		f, as := data.Field{Name: name, Kind: data.String}, "VARCHAR"
		switch base, _, _ := strings.Cut(kind, "("); base {
		case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER":
			f.Kind, as = data.Int, "BIGINT"
		case "FLOAT", "DOUBLE", "DECIMAL", "HUGEINT", "UBIGINT", "UHUGEINT":
			f.Kind, as = data.Float, "DOUBLE"
		case "BOOLEAN":
			f.Kind, as = data.Bool, "BOOLEAN"
		case "BLOB":
			continue // not a value an estimation can use
		}
		d.fields = append(d.fields, f)
		d.cast = append(d.cast, "CAST("+quoteIdentifier(name)+" AS "+as+")")
	}
	if err := columns.Err(); err != nil {
		return err
	}
	return d.conn.QueryRowContext(ctx, "SELECT count(*) FROM "+d.from).Scan(&d.rows)
}

func (d *duckdbTable) Name() string                                { return "duckdb:" + d.path + "#" + d.table }
func (d *duckdbTable) RowHint() int64                              { return d.rows }
func (d *duckdbTable) Schema(context.Context) (data.Schema, error) { return d.fields, nil }

func (d *duckdbTable) Close() error {
	var err error
	if d.conn != nil {
		err = d.conn.Close()
	}
	if err = errors.Join(err, d.db.Close()); err != nil {
		return fmt.Errorf("close %s: %w", d.path, err)
	}
	return nil
}

func (d *duckdbTable) Scan(ctx context.Context, columns []string, fn func(data.Batch) error) error {
	fields, err := d.fields.Select(columns)
	if err != nil {
		return err
	}
	selected := []string{"1"} // a scan of no columns still counts rows
	if len(fields) > 0 {
		selected = make([]string, len(fields))
		for i, f := range fields {
			selected[i] = d.cast[d.fields.Index(f.Name)]
		}
	}
	rows, err := d.conn.QueryContext(ctx, "SELECT "+strings.Join(selected, ", ")+" FROM "+d.from)
	if err != nil {
		return d.failed(ctx, 0, err)
	}
	defer rows.Close()
	build := newBuilder(fields)
	values := make([]any, len(selected))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	var n int64
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return d.failed(ctx, n, err)
		}
		n++
		for i, f := range fields {
			if err := placeValue(build, i, f, values[i]); err != nil {
				return refuseValue(d.Name(), f.Name, n, err)
			}
		}
		if build.endRow() {
			if err := build.flush(ctx, fn); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return d.failed(ctx, n, err)
	}
	return build.flush(ctx, fn)
}

func (d *duckdbTable) failed(ctx context.Context, rows int64, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &ReadError{Source: d.Name(), Rows: rows, Err: err}
}
