package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"funn/internal/platform/fault"
)

// JSON keeps a Go value as JSON text in one column. The same value always gives
// the same text.
type JSON[T any] struct{ V T }

// Value gives the JSON text.
func (j JSON[T]) Value() (driver.Value, error) {
	b, err := json.Marshal(j.V)
	if err != nil {
		return nil, fmt.Errorf("marshal %T: %w", j.V, err)
	}
	return string(b), nil
}

// Scan reads the JSON text. NULL gives the zero value.
func (j *JSON[T]) Scan(src any) error {
	var zero T
	j.V = zero
	switch s := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(s), &j.V)
	case []byte:
		return json.Unmarshal(s, &j.V)
	}
	return fmt.Errorf("scan %T as JSON", src)
}

// MarshalJSON gives the value itself, without the wrapper.
func (j JSON[T]) MarshalJSON() ([]byte, error) { return json.Marshal(j.V) }

// UnmarshalJSON reads the value itself, without the wrapper.
func (j *JSON[T]) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &j.V) }

// column is one struct field that stands for a column.
type column struct {
	name  string
	index []int
	null  bool // an empty string is written as NULL
}

var columnsOf sync.Map // reflect.Type -> []column

// columns gives the columns of a struct type: the fields with a tag db:"name",
// those of embedded structs included. The tag db:"name,null" writes an empty
// string as NULL, for optional references.
func columns(t reflect.Type) []column {
	if c, ok := columnsOf.Load(t); ok {
		return c.([]column)
	}
	var cols []column
	var walk func(t reflect.Type, prefix []int)
	walk = func(t reflect.Type, prefix []int) {
		for i := range t.NumField() {
			f := t.Field(i)
			index := append(append([]int{}, prefix...), i)
			tag, ok := f.Tag.Lookup("db")
			if !ok {
				if f.Anonymous && f.Type.Kind() == reflect.Struct {
					walk(f.Type, index)
				}
				continue
			}
			if tag == "-" {
				continue
			}
			name, opt, _ := strings.Cut(tag, ",")
			cols = append(cols, column{name: name, index: index, null: opt == "null"})
		}
	}
	walk(t, nil)
	columnsOf.Store(t, cols)
	return cols
}

// Columns gives the column list of T for a SELECT, each prefixed by the alias
// when one is given: "r.id, r.title".
func Columns[T any](alias string) string {
	var zero T
	cols := columns(reflect.TypeOf(zero))
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.name
		if alias != "" {
			names[i] = alias + "." + c.name
		}
	}
	return strings.Join(names, ", ")
}

// All runs a query and gives its rows. T is a struct with db tags, matched by
// column name, or a scalar for a query with one column.
func All[T any](ctx context.Context, d *DB, query string, args ...any) ([]T, error) {
	var out []T
	err := d.each(ctx, query, args, reflect.TypeFor[T](), func() reflect.Value {
		out = append(out, *new(T))
		return reflect.ValueOf(&out[len(out)-1]).Elem()
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Pointers runs a query and gives its rows as pointers to structs that make makes.
func Pointers[T any](ctx context.Context, d *DB, make func() T, query string, args ...any) ([]T, error) {
	var out []T
	err := d.each(ctx, query, args, reflect.TypeFor[T]().Elem(), func() reflect.Value {
		out = append(out, make())
		return reflect.ValueOf(out[len(out)-1]).Elem()
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// each runs a query and scans each row into the value that next gives, of type t.
func (d *DB) each(ctx context.Context, query string, args []any, t reflect.Type, next func() reflect.Value) (err error) {
	bound, err := d.args(args)
	if err != nil {
		return err
	}
	rows, err := d.querier(ctx, false).QueryContext(ctx, query, bound...)
	if err != nil {
		return mapped(fmt.Errorf("query %s: %w", brief(query), err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return fmt.Errorf("query %s: %w", brief(query), err)
	}
	var plan [][]int
	if isRecord(t) {
		byName := map[string][]int{}
		for _, c := range columns(t) {
			byName[c.name] = c.index
		}
		for _, n := range names {
			index, ok := byName[n]
			if !ok {
				return fmt.Errorf("query %s: %v has no field for column %s", brief(query), t, n)
			}
			plan = append(plan, index)
		}
	} else if len(names) != 1 {
		return fmt.Errorf("query %s: %d columns for one value", brief(query), len(names))
	}
	dst := make([]any, len(names))
	for rows.Next() {
		rv := next()
		for i := range names {
			f := rv
			if plan != nil {
				f = rv.FieldByIndex(plan[i])
			}
			dst[i] = target(f)
		}
		if err := rows.Scan(dst...); err != nil {
			return fmt.Errorf("scan %s: %w", brief(query), err)
		}
	}
	if err := rows.Err(); err != nil {
		return mapped(fmt.Errorf("query %s: %w", brief(query), err))
	}
	return nil
}

func isRecord(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return false
	}
	return !reflect.PointerTo(t).Implements(reflect.TypeFor[sql.Scanner]())
}

// One runs a query that should give a row and gives it; no row is a NotFound fault.
func One[T any](ctx context.Context, d *DB, query string, args ...any) (T, error) {
	var zero T
	rows, err := All[T](ctx, d, query, args...)
	if err != nil {
		return zero, err
	}
	if len(rows) == 0 {
		return zero, fault.Missing()
	}
	return rows[0], nil
}

// Insert writes v, a struct with db tags, as a new row of the table.
func (d *DB) Insert(ctx context.Context, table string, v any) error {
	rv := reflect.Indirect(reflect.ValueOf(v))
	var names, marks []string
	var args []any
	for _, c := range columns(rv.Type()) {
		names = append(names, c.name)
		args = append(args, value(rv, c))
		marks = append(marks, fmt.Sprintf("$%d", len(args)))
	}
	_, err := d.Exec(ctx, "INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args...)
	return err
}

// Update writes all of v's columns but id to the row with v's id. It gives the
// number of rows changed, which is 0 when the row is not there.
func (d *DB) Update(ctx context.Context, table string, v any) (int64, error) {
	rv := reflect.Indirect(reflect.ValueOf(v))
	var sets []string
	var args []any
	var id any
	for _, c := range columns(rv.Type()) {
		if c.name == "id" {
			id = value(rv, c)
			continue
		}
		args = append(args, value(rv, c))
		sets = append(sets, fmt.Sprintf("%s = $%d", c.name, len(args)))
	}
	args = append(args, id)
	return d.Exec(ctx, fmt.Sprintf("UPDATE %s SET %s WHERE id = $%d", table, strings.Join(sets, ", "), len(args)), args...)
}

func value(rv reflect.Value, c column) any {
	v := rv.FieldByIndex(c.index).Interface()
	if c.null {
		if s, ok := v.(string); ok && s == "" {
			return nil
		}
	}
	return v
}

// args turns Go values into what both drivers take: times into UTC microseconds
// (or NULL), and text only when PostgreSQL can hold it.
func (d *DB) args(in []any) ([]any, error) {
	out := make([]any, len(in))
	for i, a := range in {
		if v, ok := a.(driver.Valuer); ok {
			dv, err := v.Value()
			if err != nil {
				return nil, err
			}
			a = dv
		}
		switch v := a.(type) {
		case time.Time:
			switch {
			case v.IsZero():
				a = nil
			case d.Dialect == SQLite:
				a = v.UnixMicro()
			default:
				a = v.UTC().Truncate(time.Microsecond)
			}
		case string:
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return nil, fault.New(fault.Invalid, "error.text_encoding")
			}
		default:
			// Named string and integer types of the modules are bound as what they are made of.
			if rv := reflect.ValueOf(a); rv.IsValid() {
				switch rv.Kind() {
				case reflect.String:
					a = rv.String()
				case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
					a = rv.Int()
				}
			}
		}
		out[i] = a
	}
	return out, nil
}

// target gives what Scan should fill for a field: NULL becomes the zero value,
// and times come as what either driver gives.
func target(f reflect.Value) any {
	switch p := f.Addr().Interface().(type) {
	case *time.Time:
		return timeScanner{p}
	case sql.Scanner:
		return p
	case *[]byte:
		return p
	}
	return zeroScanner{f}
}

type timeScanner struct{ dst *time.Time }

func (s timeScanner) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*s.dst = time.Time{}
	case time.Time:
		*s.dst = v.UTC()
	case int64:
		*s.dst = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("scan %T as a time", src)
	}
	return nil
}

type zeroScanner struct{ f reflect.Value }

func (s zeroScanner) Scan(src any) error {
	if src == nil {
		s.f.SetZero()
		return nil
	}
	switch s.f.Kind() {
	case reflect.String:
		switch v := src.(type) {
		case string:
			s.f.SetString(v)
			return nil
		case []byte:
			s.f.SetString(string(v))
			return nil
		}
	case reflect.Bool:
		switch v := src.(type) {
		case bool:
			s.f.SetBool(v)
			return nil
		case int64:
			s.f.SetBool(v != 0)
			return nil
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if v, ok := src.(int64); ok {
			s.f.SetInt(v)
			return nil
		}
	case reflect.Float64, reflect.Float32:
		switch v := src.(type) {
		case float64:
			s.f.SetFloat(v)
			return nil
		case int64:
			s.f.SetFloat(float64(v))
			return nil
		}
	}
	return fmt.Errorf("scan %T into %v", src, s.f.Type())
}

// Fields gives the column names of v, a struct with db tags or a pointer to one,
// and their values, in the order of the fields.
func Fields(v any) (names []string, values []any) {
	rv := reflect.Indirect(reflect.ValueOf(v))
	for _, c := range columns(rv.Type()) {
		names = append(names, c.name)
		values = append(values, value(rv, c))
	}
	return names, values
}
