package did

import (
	"context"
	"fmt"
	"math"
	"slices"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/moment"
)

// derived is a source with one more column, computed from the period and the
// unit's start. It notes the starting periods it meets.
type derived struct {
	data.Source
	time, start string
	field       data.Field
	value       func(now, start float64, treated bool) float64

	seen           bool
	cohorts        map[float64]bool
	treated, never int64
}

func newDerived(ctx context.Context, src data.Source, p *Panel) (*derived, error) {
	schema, err := src.Schema(ctx)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	fields, err := schema.Select([]string{p.Time, p.Start})
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		if !f.Kind.Numeric() {
			return nil, &moment.KindError{Column: f.Name}
		}
	}
	return &derived{Source: src, time: p.Time, start: p.Start, cohorts: map[float64]bool{}}, nil
}

func (d *derived) add(f data.Field, value func(now, start float64, treated bool) float64) {
	d.field, d.value = f, value
}

// warnings tells of units that start in different periods.
func (d *derived) warnings(p *Panel) []linreg.Warning {
	if len(d.cohorts) < 2 {
		return nil
	}
	return []linreg.Warning{{
		Code: CodeStaggered, Columns: []string{p.Start},
		Message: fmt.Sprintf("units start in %d different periods: if the effect differs between them or over time, the estimate weights their effects arbitrarily, some even negatively", len(d.cohorts)),
	}}
}

// Schema returns the source's columns and the computed one.
func (d *derived) Schema(ctx context.Context) (data.Schema, error) {
	s, err := d.Source.Schema(ctx)
	if err != nil {
		return nil, err
	}
	if s.Index(d.field.Name) >= 0 {
		return nil, fmt.Errorf("the data already have a column %q, a name that is needed for the periods since the start", d.field.Name)
	}
	return append(slices.Clone(s), d.field), nil
}

// Scan reads the source with the period and the start beside the columns asked
// for, and puts the computed column in its place.
func (d *derived) Scan(ctx context.Context, columns []string, fn func(data.Batch) error) error {
	at := slices.Index(columns, d.field.Name)
	if at < 0 {
		return d.Source.Scan(ctx, columns, fn)
	}
	read := slices.Delete(slices.Clone(columns), at, at+1)
	place := func(name string) int {
		i := slices.Index(read, name)
		if i < 0 {
			read = append(read, name)
			i = len(read) - 1
		}
		return i
	}
	wanted := len(read)
	time, start := place(d.time), place(d.start)
	first := !d.seen
	d.seen = true
	return d.Source.Scan(ctx, read, func(b data.Batch) error {
		out := data.Batch{Rows: b.Rows, Free: b.Free, Columns: slices.Insert(slices.Clone(b.Columns[:wanted]), at, d.compute(&b.Columns[time], &b.Columns[start], b.Rows, first))}
		return fn(out)
	})
}

// compute fills the column; it is missing where the period is.
func (d *derived) compute(time, start *data.Column, rows int, note bool) data.Column {
	c := data.Column{Name: d.field.Name, Kind: d.field.Kind}
	if c.Kind == data.Bool {
		c.Bools = make([]bool, rows)
	} else {
		c.Ints = make([]int64, rows)
	}
	for i := range rows {
		now, known := time.Number(i)
		s, treated := start.Number(i)
		treated = treated && s != 0 && !math.IsInf(s, 0)
		if !known || math.IsInf(now, 0) {
			if c.Valid == nil {
				c.Valid = data.NewBitmap(rows)
			}
			c.Valid.Clear(i)
			continue
		}
		if note {
			if treated {
				d.treated++
				d.cohorts[s] = true
			} else {
				d.never++
			}
		}
		switch v := d.value(now, s, treated); {
		case c.Kind == data.Bool:
			c.Bools[i] = v != 0
		default:
			c.Ints[i] = int64(math.Round(v))
		}
	}
	return c
}
