package source

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"strings"

	"funn/effect/data"

	_ "modernc.org/sqlite" // registers the driver
)

// sqliteTable is a table or view of an SQLite file. One read transaction
// stays open from opening to closing, so that every scan sees the same rows.
type sqliteTable struct {
	path, table string
	db          *sql.DB
	conn        *sql.Conn
	fields      data.Schema
	order       string
	rows        int64
}

func openSQLite(ctx context.Context, path, table string) (Source, error) {
	// SQLite would create a missing file.
	if info, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open data: %w", err)
	} else if info.IsDir() {
		return nil, fmt.Errorf("open data: %s is a folder", path)
	}
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(5000)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := &sqliteTable{path: path, table: table, db: db}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *sqliteTable) prepare(ctx context.Context) error {
	fail := func(err error) error { return &ReadError{Source: s.Name(), Err: err} }
	var err error
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return fail(err)
	}
	if _, err := s.conn.ExecContext(ctx, "BEGIN"); err != nil {
		return fail(err)
	}
	var kind string
	err = s.conn.QueryRowContext(ctx, "SELECT type FROM sqlite_schema WHERE name = $1 AND type IN ('table', 'view')", s.table).Scan(&kind)
	if errors.Is(err, sql.ErrNoRows) {
		return fail(fmt.Errorf("there is no table %q in the file", s.table))
	}
	if err != nil {
		return fail(err)
	}
	names, primary, err := s.columnNames(ctx)
	if err != nil {
		return fail(err)
	}
	if kind == "table" {
		s.order = " ORDER BY rowid"
		if _, err := s.conn.ExecContext(ctx, "SELECT rowid FROM "+quoteIdentifier(s.table)+" LIMIT 0"); err != nil {
			s.order = " ORDER BY " + strings.Join(primary, ", ") // WITHOUT ROWID tables always have a key
		}
	}
	return s.inferKinds(ctx, names)
}

func (s *sqliteTable) columnNames(ctx context.Context) (names, primary []string, err error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT name, pk FROM pragma_table_info($1) ORDER BY cid", s.table)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var pk int
		if err := rows.Scan(&name, &pk); err != nil {
			return nil, nil, err
		}
		names = append(names, name)
		if pk > 0 {
			primary = append(primary, quoteIdentifier(name))
		}
	}
	return names, primary, rows.Err()
}

// inferKinds asks for the storage classes that occur in each column, since
// SQLite's declared types do not bind the values. Several columns are asked
// for in one pass over the table.
func (s *sqliteTable) inferKinds(ctx context.Context, names []string) error {
	const perQuery = 300 // five results per column stay below SQLite's 2,000 per query
	for len(names) > 0 {
		part := names[:min(perQuery, len(names))]
		names = names[len(part):]
		var q strings.Builder
		q.WriteString("SELECT count(*)")
		for _, name := range part {
			c := quoteIdentifier(name)
			for _, class := range []string{"integer", "real", "text", "blob"} {
				fmt.Fprintf(&q, ", coalesce(max(typeof(%s) = '%s'), 0)", c, class)
			}
		}
		q.WriteString(" FROM " + quoteIdentifier(s.table))
		has := make([]bool, 4*len(part))
		into := []any{&s.rows}
		for i := range has {
			into = append(into, &has[i])
		}
		if err := s.conn.QueryRowContext(ctx, q.String()).Scan(into...); err != nil {
			return &ReadError{Source: s.Name(), Err: err}
		}
		for i, name := range part {
			integer, real, text, blob := has[4*i], has[4*i+1], has[4*i+2], has[4*i+3]
			kind := data.Float
			switch {
			case blob:
				continue // not a value an estimation can use
			case text:
				kind = data.String
			case integer && !real:
				kind = data.Int
			}
			s.fields = append(s.fields, data.Field{Name: name, Kind: kind})
		}
	}
	return nil
}

func (s *sqliteTable) Name() string                                { return "sqlite:" + s.path + "#" + s.table }
func (s *sqliteTable) RowHint() int64                              { return s.rows }
func (s *sqliteTable) Schema(context.Context) (data.Schema, error) { return s.fields, nil }

func (s *sqliteTable) Close() error {
	var err error
	if s.conn != nil {
		err = s.conn.Close() // ends the read transaction with the connection
	}
	if err = errors.Join(err, s.db.Close()); err != nil {
		return fmt.Errorf("close %s: %w", s.path, err)
	}
	return nil
}

func (s *sqliteTable) Scan(ctx context.Context, columns []string, fn func(data.Batch) error) error {
	fields, err := s.fields.Select(columns)
	if err != nil {
		return err
	}
	selected := make([]string, len(fields))
	for i, f := range fields {
		selected[i] = quoteIdentifier(f.Name)
		switch f.Kind {
		case data.Float:
			selected[i] = "CAST(" + selected[i] + " AS REAL)"
		case data.String:
			selected[i] = "CAST(" + selected[i] + " AS TEXT)"
		}
	}
	if len(selected) == 0 {
		selected = []string{"1"} // a scan of no columns still counts rows
	}
	query := "SELECT " + strings.Join(selected, ", ") + " FROM " + quoteIdentifier(s.table) + s.order
	rows, err := s.conn.QueryContext(ctx, query)
	if err != nil {
		return s.failed(ctx, 0, err)
	}
	defer rows.Close()
	build := newBuilder(fields)
	values := make([]any, max(1, len(fields)))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	var n int64
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return s.failed(ctx, n, err)
		}
		n++
		for i, f := range fields {
			if err := placeValue(build, i, f, values[i]); err != nil {
				return refuseValue(s.Name(), f.Name, n, err)
			}
		}
		if build.endRow() {
			if err := build.flush(ctx, fn); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return s.failed(ctx, n, err)
	}
	return build.flush(ctx, fn)
}

func (s *sqliteTable) failed(ctx context.Context, rows int64, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &ReadError{Source: s.Name(), Rows: rows, Err: err}
}

var errIdentity = errors.New("looks like a national identity number")

// refuseValue turns what a value was refused for into an error with its place.
func refuseValue(source, column string, row int64, err error) error {
	if errors.Is(err, errIdentity) {
		return &IdentityError{Source: source, Column: column, Row: row}
	}
	return &ReadError{Source: source, Rows: row, Err: fmt.Errorf("column %q: %w", column, err)}
}

// placeValue puts a value as database/sql delivers it into the row being built.
func placeValue(b *builder, i int, f data.Field, value any) error {
	switch v := value.(type) {
	case nil:
		b.missing(i)
		return nil
	case int64:
		if integerLooksLikeIdentity(v) {
			return errIdentity
		}
		switch f.Kind {
		case data.Int:
			b.int(i, v)
			return nil
		case data.Float:
			b.float(i, float64(v))
			return nil
		}
	case float64:
		if floatLooksLikeIdentity(v) {
			return errIdentity
		}
		if f.Kind == data.Float {
			if math.IsNaN(v) {
				b.missing(i)
				return nil
			}
			b.float(i, v)
			return nil
		}
	case bool:
		if f.Kind == data.Bool {
			b.bool(i, v)
			return nil
		}
	case string:
		if f.Kind == data.String {
			return b.checkedText(i, []byte(v))
		}
	}
	return fmt.Errorf("a value of type %T was not announced", value)
}
