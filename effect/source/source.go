// Package source reads the data of an evaluation where they lie: CSV and
// Parquet files, SQLite files and PostgreSQL databases. Every reader delivers
// the same typed columns, so that one plan gives the same numbers whatever
// the data are kept in.
//
// # How values are typed
//
// Parquet and PostgreSQL know their types. SQLite is asked what each column
// holds. A CSV file is read through once:
//
//   - Missing: an empty field, NA, NaN, NULL, null, or a single full stop.
//   - Integer: digits with an optional sign that fit 64 bits. A number with
//     leading zeros (0301) is a code, and makes the column text.
//   - Decimal: digits with a decimal point and an optional exponent. In a file
//     separated by semicolons the decimal mark may be a comma, if the column
//     never uses a point.
//   - Boolean: true or false in any case.
//   - Text: a column with any other value. [TextReason] tells which line made
//     a column text, since numbers written as text are a usual mistake.
//
// Inf and -Inf are numbers; estimators refuse them.
//
// # What is refused
//
// Values that look like national identity numbers (11 digits with valid
// control digits) stop the reading with an [*IdentityError], which names the
// column and the place but never the value: an evaluation needs a pseudonym
// to group by, never an identity. Files are checked in every column (Parquet:
// in those not used, the first 65,536 rows), databases in the columns that
// are read.
package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"funn/effect/data"
)

// Source is a table that can be read more than once. It must be closed. One
// scan at a time is possible; a scan reads rows in the same order every time.
type Source interface {
	data.Source
	io.Closer
	// Name describes the source for people, without passwords.
	Name() string
}

// ErrFormat is matched by the error of [Open] when the text that names the
// source is not understood. It is a mistake in use, not in the data.
var ErrFormat = errors.New("data source must be PATH.csv, PATH.parquet, sqlite:PATH#table or postgres://…#table")

// Open opens the source that a text names: a path that ends in .csv, .tsv or
// .parquet, sqlite:PATH#table, or postgres://…#table (a table may be given as
// schema.table). Programs built with -tags duckdb also open duckdb:PATH#table.
func Open(ctx context.Context, spec string) (Source, error) {
	switch {
	case strings.HasPrefix(spec, "postgres://"), strings.HasPrefix(spec, "postgresql://"):
		dsn, table, ok := cutTable(spec)
		if !ok {
			return nil, fmt.Errorf("%s names no table: %w", Redact(spec), ErrFormat)
		}
		return openPostgres(ctx, dsn, table)
	case strings.HasPrefix(spec, "sqlite:"):
		path, table, ok := cutTable(strings.TrimPrefix(spec, "sqlite:"))
		if !ok {
			return nil, fmt.Errorf("%s names no table: %w", spec, ErrFormat)
		}
		return openSQLite(ctx, path, table)
	}
	if rest, ok := strings.CutPrefix(spec, "duckdb:"); ok {
		path, table, ok := cutTable(rest)
		if !ok {
			return nil, fmt.Errorf("%s names no table: %w", spec, ErrFormat)
		}
		return openDuckDB(ctx, path, table)
	}
	switch strings.ToLower(filepath.Ext(spec)) {
	case ".csv", ".tsv":
		return openCSV(ctx, spec)
	case ".parquet":
		return openParquet(spec)
	}
	return nil, fmt.Errorf("%q: %w", Redact(spec), ErrFormat)
}

func cutTable(spec string) (rest, table string, ok bool) {
	i := strings.LastIndexByte(spec, '#')
	if i < 0 || i == len(spec)-1 || i == 0 {
		return spec, "", false
	}
	return spec[:i], spec[i+1:], true
}

// Redact hides the user and password of a database URL.
func Redact(spec string) string {
	scheme, rest, ok := strings.Cut(spec, "://")
	if !ok {
		return spec
	}
	// The user part is cut by hand: a URL that does not parse must not leak
	// its password through the error either.
	if at := strings.LastIndexByte(strings.SplitN(rest, "/", 2)[0], '@'); at >= 0 {
		rest = rest[at+1:]
	}
	rest, _, hadQuery := strings.Cut(rest, "?")
	if hadQuery {
		if _, table, ok := cutTable(spec); ok {
			rest += "#" + table
		}
	}
	if u, err := url.PathUnescape(rest); err == nil {
		rest = u
	}
	return scheme + "://" + rest
}

// ReadError says that a source could not be read to its end: a file is cut
// off or damaged, or a connection was lost. Rows is how many rows had been
// read by then; none of them has been used for a result.
type ReadError struct {
	Source string
	Rows   int64
	Err    error
}

func (e *ReadError) Error() string {
	if e.Rows == 0 {
		return fmt.Sprintf("read %s: %v", e.Source, e.Err)
	}
	return fmt.Sprintf("read %s: stopped after %d rows: %v", e.Source, e.Rows, e.Err)
}

func (e *ReadError) Unwrap() error { return e.Err }

// TextReason tells why a column of a source is text, when the source knows:
// for a CSV file the first line whose value is not a number. It returns ""
// otherwise. The value itself is not told; it may say something of a person.
func TextReason(src data.Source, column string) string {
	if s, ok := src.(interface{ textReason(string) string }); ok {
		return s.textReason(column)
	}
	return ""
}

// quoteIdentifier quotes a name for SQL; PostgreSQL and SQLite agree on it.
func quoteIdentifier(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
