package source

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"funn/effect/data"
)

// csvFile is a CSV file. Its types are inferred from the whole file when it
// is opened, so that a value late in the file cannot change what an earlier
// one meant.
type csvFile struct {
	path    string
	size    int64
	changed time.Time
	comma   rune
	columns []csvColumn
	rows    int64
}

type csvColumn struct {
	data.Field
	decimalComma bool
	textLine     int // the line that made the column text, when numbers came before it
}

func openCSV(ctx context.Context, path string) (Source, error) {
	c := &csvFile{path: path}
	if err := c.infer(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *csvFile) Name() string                                { return c.path }
func (c *csvFile) Close() error                                { return nil }
func (c *csvFile) RowHint() int64                              { return c.rows }
func (c *csvFile) Schema(context.Context) (data.Schema, error) { return c.schema(), nil }

func (c *csvFile) schema() data.Schema {
	s := make(data.Schema, len(c.columns))
	for i := range c.columns {
		s[i] = c.columns[i].Field
	}
	return s
}

func (c *csvFile) textReason(column string) string {
	for i := range c.columns {
		if c.columns[i].Name == column && c.columns[i].textLine > 0 {
			return fmt.Sprintf("line %d of %s is not a number", c.columns[i].textLine, c.path)
		}
	}
	return ""
}

// reader opens the file and reads its header.
func (c *csvFile) reader() (*os.File, *csv.Reader, []string, error) {
	f, err := os.Open(c.path)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("open data: %w", err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("is a folder")
	}
	if err != nil {
		return nil, nil, nil, errors.Join(fmt.Errorf("open %s: %w", c.path, err), f.Close())
	}
	switch {
	case c.changed.IsZero():
		c.size, c.changed = info.Size(), info.ModTime()
	case c.size != info.Size() || !c.changed.Equal(info.ModTime()):
		return nil, nil, nil, errors.Join(&ReadError{Source: c.path, Err: errors.New("the file was changed while it was in use")}, f.Close())
	}
	r, header, err := c.header(f)
	if err != nil {
		return nil, nil, nil, errors.Join(&ReadError{Source: c.path, Err: err}, f.Close())
	}
	return f, r, header, nil
}

func (c *csvFile) header(f io.Reader) (*csv.Reader, []string, error) {
	buffered := bufio.NewReaderSize(f, 1<<18)
	if bom, _ := buffered.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		_, _ = buffered.Discard(3) // cannot fail: the bytes are in the buffer
	}
	start, _ := buffered.Peek(1 << 16) // a shorter file gives what it has
	c.comma = separator(start)
	r := csv.NewReader(buffered)
	r.Comma = c.comma
	r.ReuseRecord = true
	record, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, nil, err
	}
	header := make([]string, len(record))
	seen := make(map[string]bool, len(record))
	for i, name := range record {
		name = strings.TrimSpace(name)
		switch {
		case !utf8.ValidString(name):
			return nil, nil, errors.New("the header is not UTF-8; save the file as UTF-8")
		case strings.ContainsRune(name, 0):
			return nil, nil, errors.New("the header holds a zero byte; is this a CSV file?")
		case name == "":
			name = fmt.Sprintf("(column %d)", i+1) // R writes row names without a header
		}
		if seen[name] {
			return nil, nil, fmt.Errorf("the header has the column %q twice", name)
		}
		seen[name] = true
		header[i] = name
	}
	return r, header, nil
}

// separator is the most frequent of comma, semicolon and tab in the first
// line, outside quotes; comma when none occurs.
func separator(start []byte) rune {
	counts := map[byte]int{}
	quoted := false
scan:
	for _, b := range start {
		switch {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '\n':
			break scan
		default:
			counts[b]++
		}
	}
	best := byte(',')
	for _, b := range []byte{';', '\t'} {
		if counts[b] > counts[best] {
			best = b
		}
	}
	return rune(best)
}

// traits collects what the values of one column are.
type traits struct {
	values                       bool
	notInt, notFloat, notBool    bool
	point, comma, overflow, text bool
	textLine                     int
	numbers                      bool
}

func (c *csvFile) infer(ctx context.Context) error {
	f, r, header, err := c.reader()
	if err != nil {
		return err
	}
	defer f.Close()
	found := make([]traits, len(header))
	for {
		if c.rows%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return &ReadError{Source: c.path, Rows: c.rows, Err: err}
		}
		c.rows++
		for i, value := range record {
			value = strings.TrimSpace(value)
			if isMissing(value) {
				continue
			}
			if (len(value) >= 10 && len(value) <= 12) && textLooksLikeIdentity(value) {
				return &IdentityError{Source: c.path, Column: header[i], Row: c.rows}
			}
			if found[i].see(value, c.comma == ';') {
				found[i].textLine, _ = r.FieldPos(i)
			}
		}
	}
	c.columns = make([]csvColumn, len(header))
	for i, t := range found {
		c.columns[i] = csvColumn{Field: data.Field{Name: header[i], Kind: t.kind()}, decimalComma: t.comma}
		if t.numbers {
			c.columns[i].textLine = t.textLine
		}
	}
	return nil
}

// see notes what a value is and tells whether it is the first of the column
// that is no number.
func (t *traits) see(value string, commaAllowed bool) (firstText bool) {
	t.values = true
	switch class := classify(value, commaAllowed); class {
	case integerValue:
		t.notBool = true
		t.numbers = true
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			t.notInt = true
			t.overflow = true
		}
	case pointValue, commaValue:
		t.notBool, t.notInt = true, true
		t.numbers = true
		t.point = t.point || class == pointValue
		t.comma = t.comma || class == commaValue
	case booleanValue:
		t.notInt, t.notFloat = true, true
	default:
		t.notInt, t.notFloat, t.notBool = true, true, true
		if !t.text {
			t.text = true
			return true
		}
	}
	return false
}

// kind follows the rules in the package documentation. A column without a
// single value is a number column whose every value is missing.
func (t *traits) kind() data.Kind {
	switch {
	case !t.values:
		return data.Float
	case !t.notBool:
		return data.Bool
	case !t.notInt:
		return data.Int
	case !t.notFloat && !t.overflow && !(t.point && t.comma):
		return data.Float
	}
	return data.String
}

func isMissing(value string) bool {
	switch value {
	case "", "NA", "NaN", "NULL", "null", ".":
		return true
	}
	return false
}

type valueClass int

const (
	textValue valueClass = iota
	integerValue
	pointValue // a decimal number with a point or an exponent, or an infinity
	commaValue // a decimal number with a comma
	booleanValue
)

func classify(value string, commaAllowed bool) valueClass {
	digits := value
	if digits[0] == '-' || digits[0] == '+' {
		digits = digits[1:]
	}
	switch strings.ToLower(digits) {
	case "inf", "infinity":
		return pointValue
	case "true", "false":
		if digits == value {
			return booleanValue
		}
	}
	whole := countDigits(digits)
	rest := digits[whole:]
	if whole > 1 && digits[0] == '0' {
		return textValue // a code such as 0301
	}
	if rest == "" {
		if whole == 0 {
			return textValue
		}
		return integerValue
	}
	class, fraction := pointValue, 0
	if rest[0] == '.' || rest[0] == ',' && commaAllowed {
		if rest[0] == ',' {
			class = commaValue
		}
		fraction = countDigits(rest[1:])
		rest = rest[1+fraction:]
	}
	if whole+fraction == 0 {
		return textValue
	}
	if rest != "" {
		if rest[0] != 'e' && rest[0] != 'E' {
			return textValue
		}
		rest = rest[1:]
		if rest != "" && (rest[0] == '-' || rest[0] == '+') {
			rest = rest[1:]
		}
		if n := countDigits(rest); n == 0 || n != len(rest) {
			return textValue
		}
	}
	return class
}

func countDigits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// parseFloat reads a number that classify has accepted. A value too large for
// a float becomes infinite, which the estimators refuse.
func parseFloat(value string, decimalComma bool) float64 {
	if decimalComma {
		value = strings.Replace(value, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(value, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return math.NaN() // unreachable after inference on an unchanged file
	}
	return v
}

func (c *csvFile) Scan(ctx context.Context, columns []string, fn func(data.Batch) error) error {
	fields, err := c.schema().Select(columns)
	if err != nil {
		return err
	}
	f, r, _, err := c.reader()
	if err != nil {
		return err
	}
	defer f.Close()
	at := make([]int, len(columns))
	build := newBuilder(fields)
	for i, field := range fields {
		at[i] = c.schema().Index(field.Name)
	}
	var rows int64
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return &ReadError{Source: c.path, Rows: rows, Err: err}
		}
		rows++
		for i, j := range at {
			value := strings.TrimSpace(record[j])
			if isMissing(value) {
				build.missing(i)
				continue
			}
			switch fields[i].Kind {
			case data.Int:
				v, _ := strconv.ParseInt(value, 10, 64) // inference has seen it parse
				build.int(i, v)
			case data.Float:
				build.float(i, parseFloat(value, c.columns[j].decimalComma))
			case data.Bool:
				build.bool(i, value[0] == 't' || value[0] == 'T')
			default:
				if _, err := build.text(i, []byte(value)); err != nil {
					return &ReadError{Source: c.path, Rows: rows, Err: err}
				}
			}
		}
		if build.endRow() {
			if err := build.flush(ctx, fn); err != nil {
				return err
			}
		}
	}
	if err := build.flush(ctx, fn); err != nil {
		return err
	}
	if rows != c.rows {
		return &ReadError{Source: c.path, Rows: rows, Err: errors.New("the file was changed while it was in use")}
	}
	return nil
}
