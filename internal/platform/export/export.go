// Package export writes lists that people take out of Funn and open in a
// spreadsheet: as CSV in the form that Excel reads in Norway, and as XLSX.
//
// What people typed into Funn ends up on other people's machines here, so no
// text may be taken for a formula there (OWASP ASVS 5.0.0, 1.2.10). See [Guard].
package export

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Sheet is one list.
type Sheet struct {
	// Name is the name of the sheet in the workbook. Characters that Excel does
	// not allow are replaced, and it is cut at 31 characters.
	Name string
	// Title is what the list is, kept in the workbook's properties and under
	// the rows.
	Title string
	// Note says where the numbers come from and when they were taken; it stands
	// under the rows in XLSX. A CSV file has rows only, so that programs can
	// read it.
	Note string
	// Head names the columns; it must not be empty.
	Head []string
	// Rows may be shorter than Head, not longer.
	Rows [][]Cell
}

type kind uint8

const (
	empty kind = iota
	text
	number
	money
	date
)

// Cell is one value of a list. The zero Cell is empty.
type Cell struct {
	kind   kind
	text   string
	number float64
	ore    int64
	day    time.Time
}

// Text is a cell of text. It is guarded when written.
func Text(s string) Cell {
	if s == "" {
		return Cell{}
	}
	return Cell{kind: text, text: s}
}

// Number is a cell with a number; empty when v is not a finite number.
func Number(v float64) Cell {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Cell{}
	}
	return Cell{kind: number, number: v}
}

// Int is a cell with a whole number.
func Int(n int) Cell { return Cell{kind: number, number: float64(n)} }

// Money is an amount in øre. It is written in kroner, with decimals only when
// there are øre.
func Money(ore int64) Cell { return Cell{kind: money, ore: ore} }

// Date is a calendar day, read from t in its own zone; empty when t is zero.
func Date(t time.Time) Cell {
	if t.IsZero() {
		return Cell{}
	}
	y, m, d := t.Date()
	return Cell{kind: date, day: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

// Empty is a cell without a value.
func Empty() Cell { return Cell{} }

// Guard makes a text safe to open in a spreadsheet. A text whose first visible
// character is one that spreadsheets take for the start of a formula (=, +, -
// or @, also in the full-width forms of East Asian keyboards), or that starts
// with a tab, a line break or NUL, gets a leading apostrophe. Characters that
// neither format can hold are taken out.
func Guard(s string) string {
	clean := tidy(s)
	if risky(s) || risky(clean) {
		return "'" + clean
	}
	return clean
}

func risky(s string) bool {
	if s == "" {
		return false
	}
	switch s[0] {
	case '\t', '\r', '\n', 0:
		return true
	}
	// Some programs skip blanks and marks without width before they look.
	s = strings.TrimLeftFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
	r, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune("=+-@＝＋－＠", r) && s != ""
}

// tidy makes line breaks one kind and takes out what XML cannot hold.
func tidy(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r >= 0xFFFD }) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r < ' ' && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			return -1
		}
		return r
	}, s)
}

// check finds what makes a sheet impossible to write.
func (s Sheet) check() error {
	if len(s.Head) == 0 {
		return fmt.Errorf("export sheet %q: no columns", s.Name)
	}
	for i, row := range s.Rows {
		if len(row) > len(s.Head) {
			return fmt.Errorf("export sheet %q: row %d has %d cells, the head has %d", s.Name, i+1, len(row), len(s.Head))
		}
	}
	return nil
}
