// Package data defines how rows reach the estimators: as batches of typed
// columns with a validity bitmap, delivered in a stable order by a Source that
// can be scanned more than once.
//
// The types are deliberately narrow. A statistical model needs numbers (Float,
// Int), yes/no marks (Bool) and categories (String, always dictionary-coded);
// everything else a file format or database may hold is converted, or refused,
// by the reader. Nothing here knows about files: readers live in effect/source,
// and Memory serves tests and data that are already loaded.
//
// # Contract of a scan
//
//   - Batches come in row order, one call at a time. A reader may decode ahead
//     in parallel as long as it delivers in order; two scans of an unchanged
//     source deliver the same rows in the same order. Batch borders carry no
//     meaning and may differ between scans.
//   - A value is missing when its validity bit is 0 or when it is a Float NaN.
//     The slot of a missing value holds an unspecified value.
//   - Infinite values are passed on unchanged: refusing them is the
//     estimators' duty, because only they know which columns a model uses.
//   - String columns are coded by one dictionary for the whole scan: code c
//     means the same level in every batch, and the Levels of a later batch
//     extend those of an earlier one.
//   - The receiver owns a batch until it calls Release, also after fn returned.
//     A reader that recycles buffers does so only on Release.
package data

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// BatchRows is the preferred number of rows in a batch: 64 Ki. A batch of a
// dozen columns then stays within the second-level cache of a current
// processor. It is a multiple of 64 so that bitmaps can be cut without shifts.
const BatchRows = 1 << 16

// Kind is the type of the values in a column.
type Kind uint8

// The kinds of columns.
const (
	// Float is a 64-bit floating point number; NaN means missing.
	Float Kind = iota
	// Int is a 64-bit integer.
	Int
	// Bool is a yes/no mark; estimators read true as 1 and false as 0.
	Bool
	// String is a category coded by a dictionary.
	String
)

// String returns the name of the kind as used in messages: float, int, bool or
// string.
func (k Kind) String() string {
	switch k {
	case Float:
		return "float"
	case Int:
		return "int"
	case Bool:
		return "bool"
	case String:
		return "string"
	default:
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
}

// Numeric reports whether values of the kind can enter a model as numbers.
func (k Kind) Numeric() bool { return k == Float || k == Int || k == Bool }

// Field names a column and its kind.
type Field struct {
	Name string
	Kind Kind
}

// Schema lists the columns of a source in the source's own order. Names are
// unique.
type Schema []Field

// Index returns the position of the named column, or -1.
func (s Schema) Index(name string) int {
	return slices.IndexFunc(s, func(f Field) bool { return f.Name == name })
}

// Names returns the column names in order.
func (s Schema) Names() []string {
	names := make([]string, len(s))
	for i, f := range s {
		names[i] = f.Name
	}
	return names
}

// Select returns the fields of the named columns in the order asked for. The
// error is an *UnknownColumnError when a name is not in the schema.
func (s Schema) Select(columns []string) (Schema, error) {
	out := make(Schema, len(columns))
	for i, name := range columns {
		j := s.Index(name)
		if j < 0 {
			return nil, &UnknownColumnError{Column: name, Have: s.Names()}
		}
		out[i] = s[j]
	}
	return out, nil
}

// UnknownColumnError says that a column that was asked for is not in the data.
type UnknownColumnError struct {
	Column string
	Have   []string
}

// Error names the column and those that exist.
func (e *UnknownColumnError) Error() string {
	const most = 20
	have := e.Have
	more := ""
	if len(have) > most {
		more = fmt.Sprintf(" and %d more", len(have)-most)
		have = have[:most]
	}
	return fmt.Sprintf("column %q is not in the data, which has %s%s", e.Column, strings.Join(have, ", "), more)
}

// Bitmap marks which rows of a column hold a value: bit i%64 of word i/64 is 1
// when row i is valid. A nil Bitmap means that every row is valid.
type Bitmap []uint64

// NewBitmap returns a bitmap for n rows with every bit set to valid.
func NewBitmap(n int) Bitmap {
	b := make(Bitmap, (n+63)/64)
	for i := range b {
		b[i] = ^uint64(0)
	}
	return b
}

// Valid reports whether row i holds a value.
func (b Bitmap) Valid(i int) bool { return b == nil || b[i>>6]>>(i&63)&1 != 0 }

// Clear marks row i as missing. The bitmap must not be nil.
func (b Bitmap) Clear(i int) { b[i>>6] &^= 1 << (i & 63) }

// Set marks row i as valid. The bitmap must not be nil.
func (b Bitmap) Set(i int) { b[i>>6] |= 1 << (i & 63) }

// Column holds the values of one column for the rows of a batch. Exactly the
// slice that belongs to Kind is used: Floats, Ints, Bools, or Codes with Levels.
type Column struct {
	Name string
	Kind Kind

	Floats []float64
	Ints   []int64
	Bools  []bool
	// Codes indexes Levels; the code of a missing value is unspecified.
	Codes []uint32
	// Levels is the dictionary so far in this scan, in order of first appearance.
	Levels []string

	// Valid marks the rows that hold a value; nil when all do.
	Valid Bitmap
}

// Len returns the number of values in the column.
func (c *Column) Len() int {
	switch c.Kind {
	case Float:
		return len(c.Floats)
	case Int:
		return len(c.Ints)
	case Bool:
		return len(c.Bools)
	default:
		return len(c.Codes)
	}
}

// Missing reports whether row i holds no value: its validity bit is 0 or it is
// a Float NaN.
func (c *Column) Missing(i int) bool {
	if !c.Valid.Valid(i) {
		return true
	}
	return c.Kind == Float && c.Floats[i] != c.Floats[i]
}

// Number returns row i as a number, and false when it is missing or when the
// column is of kind String. It is the slow, general access; kernels read the
// slices.
func (c *Column) Number(i int) (float64, bool) {
	if c.Missing(i) {
		return 0, false
	}
	switch c.Kind {
	case Float:
		return c.Floats[i], true
	case Int:
		return float64(c.Ints[i]), true
	case Bool:
		if c.Bools[i] {
			return 1, true
		}
		return 0, true
	default:
		return 0, false
	}
}

// Slice returns rows lo to hi of the column without copying values. The bitmap
// is shared when lo is a multiple of 64 and copied otherwise.
func (c *Column) Slice(lo, hi int) Column {
	out := Column{Name: c.Name, Kind: c.Kind, Levels: c.Levels}
	switch c.Kind {
	case Float:
		out.Floats = c.Floats[lo:hi:hi]
	case Int:
		out.Ints = c.Ints[lo:hi:hi]
	case Bool:
		out.Bools = c.Bools[lo:hi:hi]
	default:
		out.Codes = c.Codes[lo:hi:hi]
	}
	if c.Valid == nil || lo == hi {
		return out
	}
	if lo%64 == 0 {
		out.Valid = c.Valid[lo/64 : (hi+63)/64]
		return out
	}
	out.Valid = NewBitmap(hi - lo)
	for i := lo; i < hi; i++ {
		if !c.Valid.Valid(i) {
			out.Valid.Clear(i - lo)
		}
	}
	return out
}

// Batch is a run of rows: the columns asked for, in the order asked for, each
// with Rows values.
type Batch struct {
	Rows    int
	Columns []Column
	// Free, when not nil, gives the batch's buffers back to the reader.
	Free func()
}

// Release tells the reader that the receiver is done with the batch's slices.
// It must be called at most once.
func (b *Batch) Release() {
	if b.Free != nil {
		b.Free()
		b.Free = nil
	}
}

// Source is a table that can be read more than once.
type Source interface {
	// Schema returns the columns and their kinds.
	Schema(ctx context.Context) (Schema, error)
	// Scan reads the named columns of all rows and hands them to fn batch by
	// batch, under the contract in the package documentation. It stops at the
	// first error of fn and returns it, and stops with the context's error when
	// the context ends. A name that is not in the schema gives an
	// *UnknownColumnError before fn is called.
	Scan(ctx context.Context, columns []string, fn func(Batch) error) error
	// RowHint returns the number of rows when it is known without reading the
	// data, else -1. It serves progress marks and the choice of algorithm only.
	RowHint() int64
}
