package data

import (
	"context"
	"fmt"
)

// Memory is a Source over columns that are held in memory.
type Memory struct {
	rows    int
	columns []Column
	batch   int
}

// NewMemory returns a source over the columns, which must have equal lengths
// and different names. The source shares the slices; they must not change
// while it is in use.
func NewMemory(columns ...Column) (*Memory, error) {
	m := &Memory{columns: columns, batch: BatchRows}
	seen := make(map[string]bool, len(columns))
	for i := range columns {
		c := &columns[i]
		if seen[c.Name] {
			return nil, fmt.Errorf("two columns are named %q", c.Name)
		}
		seen[c.Name] = true
		if i == 0 {
			m.rows = c.Len()
		}
		if c.Len() != m.rows {
			return nil, fmt.Errorf("column %q has %d rows, column %q has %d", c.Name, c.Len(), columns[0].Name, m.rows)
		}
		if c.Valid != nil && len(c.Valid) < (m.rows+63)/64 {
			return nil, fmt.Errorf("column %q: validity bitmap covers %d of %d rows", c.Name, 64*len(c.Valid), m.rows)
		}
	}
	return m, nil
}

// Floats returns a Float column; NaN means missing.
func Floats(name string, values []float64) Column {
	return Column{Name: name, Kind: Float, Floats: values}
}

// Ints returns an Int column without missing values.
func Ints(name string, values []int64) Column {
	return Column{Name: name, Kind: Int, Ints: values}
}

// Bools returns a Bool column without missing values.
func Bools(name string, values []bool) Column {
	return Column{Name: name, Kind: Bool, Bools: values}
}

// Strings returns a dictionary-coded String column without missing values.
func Strings(name string, values []string) Column {
	var d Dict
	codes := make([]uint32, len(values))
	for i, v := range values {
		codes[i] = d.Code(v)
	}
	return Column{Name: name, Kind: String, Codes: codes, Levels: d.Levels()}
}

// WithMissing returns the column with row i missing wherever missing(i) is true.
func (c Column) WithMissing(missing func(i int) bool) Column {
	n := c.Len()
	valid := NewBitmap(n)
	for i := range n {
		if !c.Valid.Valid(i) || missing(i) {
			valid.Clear(i)
		}
	}
	c.Valid = valid
	return c
}

// Rows returns the number of rows.
func (m *Memory) Rows() int { return m.rows }

// RowHint returns the number of rows.
func (m *Memory) RowHint() int64 { return int64(m.rows) }

// Column returns the named column, or nil.
func (m *Memory) Column(name string) *Column {
	for i := range m.columns {
		if m.columns[i].Name == name {
			return &m.columns[i]
		}
	}
	return nil
}

// Schema returns the columns and their kinds.
func (m *Memory) Schema(context.Context) (Schema, error) {
	s := make(Schema, len(m.columns))
	for i := range m.columns {
		s[i] = Field{Name: m.columns[i].Name, Kind: m.columns[i].Kind}
	}
	return s, nil
}

// Scan hands out views of the columns, BatchRows rows at a time.
func (m *Memory) Scan(ctx context.Context, columns []string, fn func(Batch) error) error {
	cols := make([]*Column, len(columns))
	for i, name := range columns {
		if cols[i] = m.Column(name); cols[i] == nil {
			s, _ := m.Schema(ctx)
			return &UnknownColumnError{Column: name, Have: s.Names()}
		}
	}
	for lo := 0; lo < m.rows; lo += m.batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi := min(lo+m.batch, m.rows)
		b := Batch{Rows: hi - lo, Columns: make([]Column, len(cols))}
		for i, c := range cols {
			b.Columns[i] = c.Slice(lo, hi)
		}
		if err := fn(b); err != nil {
			return err
		}
	}
	return nil
}

// WithBatchRows returns the same table handed out in batches of n rows. Tests
// use it to show that batch borders carry no meaning.
func (m *Memory) WithBatchRows(n int) *Memory {
	return &Memory{rows: m.rows, columns: m.columns, batch: max(n, 1)}
}

// Part returns rows lo to hi as a table of its own.
func (m *Memory) Part(lo, hi int) *Memory {
	p := &Memory{rows: hi - lo, columns: make([]Column, len(m.columns)), batch: m.batch}
	for i := range m.columns {
		p.columns[i] = m.columns[i].Slice(lo, hi)
	}
	return p
}

// Take returns the given rows, in the given order, as a table of its own. Rows
// may be left out or repeated.
func (m *Memory) Take(rows []int) *Memory {
	p := &Memory{rows: len(rows), columns: make([]Column, len(m.columns)), batch: m.batch}
	for i := range m.columns {
		c := &m.columns[i]
		out := Column{Name: c.Name, Kind: c.Kind, Levels: c.Levels}
		switch c.Kind {
		case Float:
			out.Floats = take(c.Floats, rows)
		case Int:
			out.Ints = take(c.Ints, rows)
		case Bool:
			out.Bools = take(c.Bools, rows)
		default:
			out.Codes = take(c.Codes, rows)
		}
		if c.Valid != nil {
			out.Valid = NewBitmap(len(rows))
			for j, r := range rows {
				if !c.Valid.Valid(r) {
					out.Valid.Clear(j)
				}
			}
		}
		p.columns[i] = out
	}
	return p
}

func take[T any](values []T, rows []int) []T {
	out := make([]T, len(rows))
	for j, r := range rows {
		out[j] = values[r]
	}
	return out
}

// Collect reads the named columns of a source into memory.
func Collect(ctx context.Context, src Source, columns []string) (*Memory, error) {
	schema, err := src.Schema(ctx)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	fields, err := schema.Select(columns)
	if err != nil {
		return nil, err
	}
	m := &Memory{columns: make([]Column, len(fields)), batch: BatchRows}
	for i, f := range fields {
		m.columns[i] = Column{Name: f.Name, Kind: f.Kind}
	}
	err = src.Scan(ctx, columns, func(b Batch) error {
		defer b.Release()
		for i := range b.Columns {
			m.columns[i].extend(m.rows, &b.Columns[i], b.Rows)
		}
		m.rows += b.Rows
		return nil
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// extend appends the n rows of b to c, which holds rows rows.
func (c *Column) extend(rows int, b *Column, n int) {
	c.Floats = append(c.Floats, b.Floats...)
	c.Ints = append(c.Ints, b.Ints...)
	c.Bools = append(c.Bools, b.Bools...)
	c.Codes = append(c.Codes, b.Codes...)
	if b.Kind == String {
		c.Levels = b.Levels
	}
	if b.Valid == nil && c.Valid == nil {
		return
	}
	if c.Valid == nil {
		c.Valid = NewBitmap(rows)
	}
	for len(c.Valid)*64 < rows+n {
		c.Valid = append(c.Valid, ^uint64(0))
	}
	for i := range n {
		if b.Valid.Valid(i) {
			c.Valid.Set(rows + i)
		} else {
			c.Valid.Clear(rows + i)
		}
	}
}
