package source

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"funn/effect/data"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// parquetFile is a Parquet file. Columns are decoded side by side, each by
// one goroutine from the first row to the last, and joined in order.
type parquetFile struct {
	path     string
	reader   *file.Reader
	fields   data.Schema
	columns  []parquetColumn
	unusable map[string]string // column name to why it cannot be read

	checkOnce sync.Once
	checkErr  error
}

type parquetColumn struct {
	index     int // of the leaf in the file
	physical  parquet.Type
	unsigned  bool
	scale     float64 // of a decimal; 0 otherwise
	render    func(int64) string
	maxDefine int16
}

func openParquet(path string) (s Source, err error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open data: %w", err)
	}
	defer recoverDamaged(path, &err)
	r, err := file.OpenParquetFile(path, false, file.WithReadProps(readProperties()))
	if err != nil {
		return nil, &ReadError{Source: path, Err: fmt.Errorf("the file is not Parquet, is cut off or damaged: %w", err)}
	}
	p := &parquetFile{path: path, reader: r, unusable: map[string]string{}}
	leaves := r.MetaData().Schema
	for i := range leaves.NumColumns() {
		leaf := leaves.Column(i)
		name := leaf.ColumnPath().String()
		c := parquetColumn{index: i, physical: leaf.PhysicalType(), maxDefine: leaf.MaxDefinitionLevel()}
		kind, why := c.adopt(leaf)
		switch {
		case leaf.MaxRepetitionLevel() > 0 || len(leaf.ColumnPath()) > 1:
			p.unusable[name] = "is a nested value"
		case why != "":
			p.unusable[name] = why
		case p.fields.Index(name) >= 0:
			return nil, errors.Join(&ReadError{Source: path, Err: fmt.Errorf("the file has the column %q twice", name)}, r.Close())
		default:
			p.fields = append(p.fields, data.Field{Name: name, Kind: kind})
			p.columns = append(p.columns, c)
		}
	}
	return p, nil
}

// readProperties stream each column through a small buffer instead of loading
// whole column chunks, which keeps memory flat for any file size.
func readProperties() *parquet.ReaderProperties {
	props := parquet.NewReaderProperties(nil)
	props.BufferedStreamEnabled = true
	props.BufferSize = 1 << 18
	return props
}

// recoverDamaged turns a panic inside the Parquet library, which trusts what
// a file says about itself, into a refusal of the file.
func recoverDamaged(path string, err *error) {
	if r := recover(); r != nil {
		*err = &ReadError{Source: path, Err: fmt.Errorf("the file is damaged: %v", r)}
	}
}

// adopt decides how a leaf is read, or why it cannot be.
func (c *parquetColumn) adopt(leaf *schema.Column) (kind data.Kind, why string) {
	logical := leaf.LogicalType()
	if d, ok := logical.(schema.DecimalLogicalType); ok {
		c.scale = math.Pow10(int(d.Scale()))
		return data.Float, ""
	}
	switch c.physical {
	case parquet.Types.Boolean:
		return data.Bool, ""
	case parquet.Types.Int32, parquet.Types.Int64:
		switch l := logical.(type) {
		case schema.IntLogicalType:
			c.unsigned = !l.IsSigned()
		case schema.DateLogicalType:
			c.render = func(v int64) string { return time.Unix(v*86400, 0).UTC().Format(time.DateOnly) }
			return data.String, ""
		case schema.TimestampLogicalType:
			perSecond := map[schema.TimeUnitType]int64{schema.TimeUnitMillis: 1e3, schema.TimeUnitMicros: 1e6, schema.TimeUnitNanos: 1e9}[l.TimeUnit()]
			if perSecond == 0 {
				return 0, "is a time in an unknown unit"
			}
			c.render = func(v int64) string {
				seconds, rest := v/perSecond, v%perSecond
				return time.Unix(seconds, rest*(1e9/perSecond)).UTC().Format("2006-01-02 15:04:05.999999999")
			}
			return data.String, ""
		}
		return data.Int, ""
	case parquet.Types.Float, parquet.Types.Double:
		return data.Float, ""
	case parquet.Types.ByteArray:
		return data.String, ""
	case parquet.Types.Int96:
		return 0, "is a time in the INT96 form; write it as a timestamp"
	}
	return 0, "is raw bytes of fixed length"
}

func (p *parquetFile) Name() string                                { return p.path }
func (p *parquetFile) RowHint() int64                              { return p.reader.NumRows() }
func (p *parquetFile) Schema(context.Context) (data.Schema, error) { return p.fields, nil }

func (p *parquetFile) Close() error {
	if err := p.reader.Close(); err != nil {
		return fmt.Errorf("close %s: %w", p.path, err)
	}
	return nil
}

func (p *parquetFile) Scan(ctx context.Context, columns []string, fn func(data.Batch) error) error {
	for _, name := range columns {
		if why, ok := p.unusable[name]; ok {
			return &ReadError{Source: p.path, Err: fmt.Errorf("column %q %s", name, why)}
		}
	}
	if _, err := p.fields.Select(columns); err != nil {
		return err
	}
	p.checkOnce.Do(func() { p.checkErr = p.checkUnread(ctx, columns) })
	if p.checkErr != nil {
		return p.checkErr
	}
	return p.scan(ctx, columns, math.MaxInt64, fn)
}

// checkUnread looks for identities in the columns that the first scan leaves
// out: a file that carries them should not lie about, used or not.
func (p *parquetFile) checkUnread(ctx context.Context, read []string) error {
	used := make(map[string]bool, len(read))
	for _, name := range read {
		used[name] = true
	}
	var rest []string
	for _, f := range p.fields {
		if !used[f.Name] && f.Kind != data.Bool {
			rest = append(rest, f.Name)
		}
	}
	if rest == nil {
		return nil
	}
	return p.scan(ctx, rest, data.BatchRows, func(b data.Batch) error {
		b.Release()
		return nil
	})
}

// scan reads the first limit rows of some columns.
func (p *parquetFile) scan(ctx context.Context, columns []string, limit int64, fn func(data.Batch) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	decoders := make([]*columnDecoder, len(columns))
	var running sync.WaitGroup
	for i, name := range columns {
		at := p.fields.Index(name)
		d := &columnDecoder{
			file: p, field: p.fields[at], column: p.columns[at],
			out: make(chan decoded, 1), free: make(chan *data.Column, 16),
		}
		decoders[i] = d
		running.Go(func() {
			defer close(d.out)
			if err := d.run(ctx, limit); err != nil {
				cancel(err)
			}
		})
	}
	defer running.Wait()
	defer cancel(nil)
	var rows int64
	want := min(limit, p.reader.NumRows())
	for rows < want {
		n := int(min(want-rows, data.BatchRows))
		held := make([]*data.Column, len(columns))
		batch := data.Batch{Rows: n, Columns: make([]data.Column, len(columns))}
		for i, d := range decoders {
			c, ok := <-d.out
			if !ok || c.rows != n {
				if err := context.Cause(ctx); err != nil {
					return err
				}
				return &ReadError{Source: p.path, Rows: rows, Err: fmt.Errorf("column %q ends before the others; the file is cut off or damaged", columns[i])}
			}
			held[i] = c.column
			batch.Columns[i] = c.column.Slice(0, n)
		}
		batch.Free = func() {
			for i, d := range decoders {
				held[i].Valid = nil
				select {
				case d.free <- held[i]:
				default:
				}
			}
		}
		rows += int64(n)
		if err := fn(batch); err != nil {
			return err
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
	return nil
}

// decoded is one column's part of a batch.
type decoded struct {
	column *data.Column
	rows   int
}

// columnDecoder reads one column in order and sends it off in batches.
type columnDecoder struct {
	file   *parquetFile
	field  data.Field
	column parquetColumn
	out    chan decoded
	free   chan *data.Column
	dict   data.Dict
	texts  map[int64]uint32 // rendered dates and times

	define  []int16
	ints32  []int32
	ints64  []int64
	floats  []float32
	doubles []float64
	bools   []bool
	bytes   []parquet.ByteArray
	fixed   []parquet.FixedLenByteArray
}

func (d *columnDecoder) run(ctx context.Context, limit int64) (err error) {
	defer recoverDamaged(d.file.path, &err)
	const chunk = 1 << 13 // rows decoded at a time; its scratch stays in cache
	d.define = make([]int16, chunk)
	var rows int64
	current := d.buffer()
	filled := 0
	send := func() error {
		current.Levels = d.dict.Levels()
		select {
		case d.out <- decoded{current, filled}:
			current, filled = d.buffer(), 0
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for g := range d.file.reader.NumRowGroups() {
		reader, err := d.file.reader.RowGroup(g).Column(d.column.index)
		if err != nil {
			return d.failed(rows, err)
		}
		for rows < limit && reader.HasNext() {
			n := int(min(int64(chunk), int64(data.BatchRows-filled), limit-rows))
			got, err := d.read(reader, current, filled, n, rows)
			if err != nil {
				return err
			}
			if got == 0 {
				break
			}
			rows += int64(got)
			filled += got
			if filled == data.BatchRows {
				if err := send(); err != nil {
					return err
				}
			}
		}
		if err := reader.Err(); err != nil {
			return d.failed(rows, err)
		}
	}
	if filled > 0 {
		return send()
	}
	return nil
}

func (d *columnDecoder) failed(rows int64, err error) error {
	return &ReadError{Source: d.file.path, Rows: rows, Err: fmt.Errorf("column %q: %w; the file is cut off or damaged", d.field.Name, err)}
}

func (d *columnDecoder) buffer() *data.Column {
	select {
	case c := <-d.free:
		return c
	default:
	}
	c := &data.Column{Name: d.field.Name, Kind: d.field.Kind}
	switch d.field.Kind {
	case data.Float:
		c.Floats = make([]float64, data.BatchRows)
	case data.Int:
		c.Ints = make([]int64, data.BatchRows)
	case data.Bool:
		c.Bools = make([]bool, data.BatchRows)
	default:
		c.Codes = make([]uint32, data.BatchRows)
	}
	return c
}

// read decodes up to n values into out from row lo on and returns how many
// rows that was.
func (d *columnDecoder) read(reader file.ColumnChunkReader, out *data.Column, lo, n int, before int64) (int, error) {
	var total int64
	var present int
	var err error
	switch r := reader.(type) {
	case *file.BooleanColumnChunkReader:
		d.bools = scratch(d.bools, n)
		total, present, err = r.ReadBatch(int64(n), d.bools, d.define, nil)
	case *file.Int32ColumnChunkReader:
		d.ints32 = scratch(d.ints32, n)
		total, present, err = r.ReadBatch(int64(n), d.ints32, d.define, nil)
	case *file.Int64ColumnChunkReader:
		d.ints64 = scratch(d.ints64, n)
		total, present, err = r.ReadBatch(int64(n), d.ints64, d.define, nil)
	case *file.Float32ColumnChunkReader:
		d.floats = scratch(d.floats, n)
		total, present, err = r.ReadBatch(int64(n), d.floats, d.define, nil)
	case *file.Float64ColumnChunkReader:
		d.doubles = scratch(d.doubles, n)
		total, present, err = r.ReadBatch(int64(n), d.doubles, d.define, nil)
	case *file.ByteArrayColumnChunkReader:
		// Texts point into the page, so a batch must not cross its end.
		d.bytes = scratch(d.bytes, n)
		total, present, err = r.ReadBatchInPage(int64(n), d.bytes, d.define, nil)
	case *file.FixedLenByteArrayColumnChunkReader:
		d.fixed = scratch(d.fixed, n)
		total, present, err = r.ReadBatchInPage(int64(n), d.fixed, d.define, nil)
	default:
		err = fmt.Errorf("has the unexpected physical type %s", reader.Type())
	}
	if err != nil {
		return 0, d.failed(before, err)
	}
	rows := int(total)
	if rows > n || present > rows {
		return 0, d.failed(before, errors.New("more values than rows"))
	}
	if present == rows && d.placeAll(out, lo, rows) {
		return rows, nil
	}
	v := 0
	for i := range rows {
		if d.column.maxDefine > 0 && d.define[i] < d.column.maxDefine {
			if out.Valid == nil {
				out.Valid = data.NewBitmap(data.BatchRows)
			}
			out.Valid.Clear(lo + i)
			continue
		}
		if v >= present {
			return 0, d.failed(before, errors.New("fewer values than rows"))
		}
		if err := d.place(out, lo+i, v); err != nil {
			var identity *IdentityError
			if errors.As(err, &identity) {
				identity.Row = before + int64(i) + 1
				return 0, identity
			}
			return 0, d.failed(before+int64(i), err)
		}
		v++
	}
	return rows, nil
}

// placeAll converts a run of plain numbers without a missing value; it
// returns false for other columns, and for numbers that must be looked at one
// by one because one of them looks like an identity.
func (d *columnDecoder) placeAll(out *data.Column, lo, rows int) bool {
	if d.column.scale != 0 || d.column.render != nil || d.column.unsigned {
		return false
	}
	suspicious := false
	switch {
	case d.field.Kind == data.Int && d.column.physical == parquet.Types.Int32:
		for i, v := range d.ints32[:rows] {
			out.Ints[lo+i] = int64(v)
			suspicious = suspicious || v >= 1_000_000_000
		}
	case d.field.Kind == data.Int:
		for i, v := range d.ints64[:rows] {
			out.Ints[lo+i] = v
			suspicious = suspicious || v >= 1_000_000_000 && v <= 99_999_999_999
		}
	case d.field.Kind == data.Float && d.column.physical == parquet.Types.Double:
		for i, v := range d.doubles[:rows] {
			out.Floats[lo+i] = v
			suspicious = suspicious || v >= 1e9 && v < 1e11
		}
	default:
		return false
	}
	return !suspicious
}

func scratch[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// place converts value v of the scratch into row at of out.
func (d *columnDecoder) place(out *data.Column, at, v int) error {
	switch {
	case d.column.scale != 0:
		f := d.unscaled(v) / d.column.scale
		if floatLooksLikeIdentity(f) {
			return d.identity()
		}
		out.Floats[at] = f
	case d.column.render != nil:
		code, err := d.rendered(d.integer(v))
		if err != nil {
			return err
		}
		out.Codes[at] = code
	case d.field.Kind == data.Bool:
		out.Bools[at] = d.bools[v]
	case d.field.Kind == data.Int:
		x := d.integer(v)
		if d.column.unsigned && d.column.physical == parquet.Types.Int32 {
			x = int64(uint32(d.ints32[v]))
		}
		if d.column.unsigned && x < 0 {
			return errors.New("a whole number is too large")
		}
		if integerLooksLikeIdentity(x) {
			return d.identity()
		}
		out.Ints[at] = x
	case d.field.Kind == data.Float:
		f := 0.0
		if d.column.physical == parquet.Types.Float {
			f = float64(d.floats[v])
		} else {
			f = d.doubles[v]
		}
		if floatLooksLikeIdentity(f) {
			return d.identity()
		}
		out.Floats[at] = f
	default:
		known := d.dict.Len()
		code := d.dict.CodeBytes(d.bytes[v])
		if d.dict.Len() > known {
			if !utf8.Valid(d.bytes[v]) {
				return errText
			}
			if textLooksLikeIdentity(string(d.bytes[v])) {
				return d.identity()
			}
		}
		out.Codes[at] = code
	}
	return nil
}

func (d *columnDecoder) identity() error {
	return &IdentityError{Source: d.file.path, Column: d.field.Name}
}

func (d *columnDecoder) integer(v int) int64 {
	if d.column.physical == parquet.Types.Int32 {
		return int64(d.ints32[v])
	}
	return d.ints64[v]
}

func (d *columnDecoder) rendered(v int64) (uint32, error) {
	if code, ok := d.texts[v]; ok {
		return code, nil
	}
	if d.texts == nil {
		d.texts = map[int64]uint32{}
	}
	code := d.dict.Code(d.column.render(v))
	d.texts[v] = code
	return code, nil
}

// unscaled is a decimal's digits as a number.
func (d *columnDecoder) unscaled(v int) float64 {
	var raw []byte
	switch d.column.physical {
	case parquet.Types.Int32, parquet.Types.Int64:
		return float64(d.integer(v))
	case parquet.Types.ByteArray:
		raw = d.bytes[v]
	default:
		raw = d.fixed[v]
	}
	if len(raw) == 8 {
		return float64(int64(binary.BigEndian.Uint64(raw)))
	}
	n := new(big.Int).SetBytes(raw)
	if len(raw) > 0 && raw[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(raw))))
	}
	f, _ := new(big.Float).SetInt(n).Float64()
	return f
}
