package source

import (
	"context"
	"errors"
	"sync"
	"unicode/utf8"

	"funn/effect/data"
)

// builder gathers values row by row into batches, for readers that get rows
// rather than columns.
type builder struct {
	fields data.Schema
	dicts  []data.Dict
	batch  *buffers
	pool   sync.Pool
	rows   int
}

// buffers are the slices of one batch; they come back when it is released.
type buffers struct{ columns []data.Column }

func newBuilder(fields data.Schema) *builder {
	b := &builder{fields: fields, dicts: make([]data.Dict, len(fields))}
	b.pool.New = func() any {
		out := &buffers{columns: make([]data.Column, len(fields))}
		for i, f := range fields {
			c := &out.columns[i]
			c.Name, c.Kind = f.Name, f.Kind
			switch f.Kind {
			case data.Float:
				c.Floats = make([]float64, data.BatchRows)
			case data.Int:
				c.Ints = make([]int64, data.BatchRows)
			case data.Bool:
				c.Bools = make([]bool, data.BatchRows)
			default:
				c.Codes = make([]uint32, data.BatchRows)
			}
		}
		return out
	}
	b.batch = b.pool.Get().(*buffers)
	return b
}

func (b *builder) missing(i int) {
	c := &b.batch.columns[i]
	if c.Valid == nil {
		c.Valid = data.NewBitmap(data.BatchRows)
	}
	c.Valid.Clear(b.rows)
}

func (b *builder) float(i int, v float64) { b.batch.columns[i].Floats[b.rows] = v }
func (b *builder) int(i int, v int64)     { b.batch.columns[i].Ints[b.rows] = v }
func (b *builder) bool(i int, v bool)     { b.batch.columns[i].Bools[b.rows] = v }

// errText refuses text that cannot be shown; Latin-1 files are the usual case.
var errText = errors.New("a text value is not UTF-8; save the data as UTF-8")

// text copies the value when it is a level not seen before.
func (b *builder) text(i int, v []byte) (known bool, err error) {
	before := b.dicts[i].Len()
	b.batch.columns[i].Codes[b.rows] = b.dicts[i].CodeBytes(v)
	if b.dicts[i].Len() == before {
		return true, nil
	}
	if !utf8.Valid(v) {
		return false, errText
	}
	return false, nil
}

// checkedText is text for readers that see a value only here. Levels that are
// already known have been checked.
func (b *builder) checkedText(i int, v []byte) error {
	known, err := b.text(i, v)
	if err == nil && !known && textLooksLikeIdentity(string(v)) {
		return errIdentity
	}
	return err
}

// endRow ends a row and tells whether the batch is full.
func (b *builder) endRow() bool {
	b.rows++
	return b.rows == data.BatchRows
}

// flush hands the rows gathered so far to fn and begins a new batch.
func (b *builder) flush(ctx context.Context, fn func(data.Batch) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.rows == 0 {
		return nil
	}
	full := b.batch
	out := data.Batch{Rows: b.rows, Columns: make([]data.Column, len(full.columns))}
	for i := range full.columns {
		c := &full.columns[i]
		c.Levels = b.dicts[i].Levels()
		out.Columns[i] = c.Slice(0, b.rows)
	}
	out.Free = func() {
		for i := range full.columns {
			full.columns[i].Valid = nil
		}
		b.pool.Put(full)
	}
	b.batch, b.rows = b.pool.Get().(*buffers), 0
	return fn(out)
}
