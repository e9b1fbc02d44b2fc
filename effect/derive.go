package effect

import (
	"context"
	"fmt"
	"slices"

	"funn/effect/data"
)

// derived is a source with computed columns beside its own, and a witness
// that sees the first scan.
type derived struct {
	data.Source
	columns []computed
	// witness, if any, is shown the columns it asks for in the first scan, so
	// that describing the data costs no scan of its own.
	witness *describer
	seen    bool
}

// computed is a column made from others, row by row.
type computed struct {
	field  data.Field
	inputs []string
	// make fills out, which has no values yet, from the inputs of one batch.
	make func(rows int, inputs []data.Column, out *data.Column)
}

func (d *derived) Schema(ctx context.Context) (data.Schema, error) {
	own, err := d.Source.Schema(ctx)
	if err != nil {
		return nil, err
	}
	schema := slices.Clone(own)
	for _, c := range d.columns {
		if i := schema.Index(c.field.Name); i >= 0 {
			schema[i] = c.field // a computed column stands for the one it was made from
			continue
		}
		schema = append(schema, c.field)
	}
	return schema, nil
}

func (d *derived) computed(name string) *computed {
	for i := range d.columns {
		if d.columns[i].field.Name == name {
			return &d.columns[i]
		}
	}
	return nil
}

func (d *derived) Scan(ctx context.Context, columns []string, fn func(data.Batch) error) error {
	// place notes where each wanted column of the underlying scan lies.
	var needed []string
	place := map[string]int{}
	need := func(name string) {
		if _, ok := place[name]; !ok {
			place[name] = len(needed)
			needed = append(needed, name)
		}
	}
	for _, name := range columns {
		if c := d.computed(name); c != nil {
			for _, in := range c.inputs {
				need(in)
			}
		} else {
			need(name)
		}
	}
	witness := d.witness
	if d.seen {
		witness = nil
	}
	d.seen = true
	if witness != nil {
		for _, name := range witness.columns {
			need(name)
		}
	}
	pick := func(b *data.Batch, names []string) []data.Column {
		out := make([]data.Column, len(names))
		for i, name := range names {
			out[i] = b.Columns[place[name]]
		}
		return out
	}
	return d.Source.Scan(ctx, needed, func(b data.Batch) error {
		if witness != nil {
			if err := witness.add(b.Rows, pick(&b, witness.columns)); err != nil {
				b.Release()
				return err
			}
		}
		out := data.Batch{Rows: b.Rows, Columns: make([]data.Column, len(columns)), Free: b.Free}
		for i, name := range columns {
			c := d.computed(name)
			if c == nil {
				out.Columns[i] = b.Columns[place[name]]
				continue
			}
			out.Columns[i] = data.Column{Name: c.field.Name, Kind: c.field.Kind}
			c.make(b.Rows, pick(&b, c.inputs), &out.Columns[i])
		}
		return fn(out)
	})
}

// missingMark is 1 in rows that lack a value of a column.
func missingMark(name, of string) computed {
	return computed{
		field: data.Field{Name: name, Kind: data.Bool}, inputs: []string{of},
		make: func(rows int, in []data.Column, out *data.Column) {
			out.Bools = make([]bool, rows)
			for i := range rows {
				out.Bools[i] = in[0].Missing(i)
			}
		},
	}
}

// zeroFilled is a numeric column with 0 where a value is missing.
func zeroFilled(f data.Field) computed {
	return computed{
		field: data.Field{Name: f.Name, Kind: data.Float}, inputs: []string{f.Name},
		make: func(rows int, in []data.Column, out *data.Column) {
			out.Floats = make([]float64, rows)
			for i := range rows {
				out.Floats[i], _ = in[0].Number(i) // 0 where there is none
			}
		},
	}
}

// missingLevel is the text of the level that stands for a missing value.
const missingLevel = "(missing)"

// leveled is a category in which a missing value is a level of its own.
func leveled(f data.Field) computed {
	var dict data.Dict // codes must mean the same through the whole scan
	return computed{
		field: data.Field{Name: f.Name, Kind: data.String}, inputs: []string{f.Name},
		make: func(rows int, in []data.Column, out *data.Column) {
			out.Codes = make([]uint32, rows)
			for i := range rows {
				out.Codes[i] = dict.Code(levelText(&in[0], i))
			}
			out.Levels = dict.Levels()
		},
	}
}

// levelText is the text of a value taken as a category.
func levelText(c *data.Column, i int) string {
	if c.Missing(i) {
		return missingLevel
	}
	switch c.Kind {
	case data.String:
		return c.Levels[c.Codes[i]]
	case data.Bool:
		return fmt.Sprint(c.Bools[i])
	case data.Int:
		return fmt.Sprint(c.Ints[i])
	}
	return formatNumber(c.Floats[i])
}
