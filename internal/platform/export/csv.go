package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// WriteCSV writes the head and the rows as CSV (RFC 4180) in the form that
// Excel opens with a double click in Norway: UTF-8 with a byte order mark,
// semicolons between fields, decimal comma, days as 2006-01-02. Numbers are
// never guarded, so a negative number stays a number.
func WriteCSV(w io.Writer, s Sheet) error {
	if err := s.check(); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return fmt.Errorf("write csv %q: %w", s.Name, err)
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = ';', true
	record := make([]string, len(s.Head))
	for i, h := range s.Head {
		record[i] = Guard(h)
	}
	for i := -1; i < len(s.Rows); i++ {
		if i >= 0 {
			for j := range record {
				record[j] = ""
				if j < len(s.Rows[i]) {
					record[j] = s.Rows[i][j].csv()
				}
			}
		}
		if err := out.Write(record); err != nil {
			return fmt.Errorf("write csv %q, row %d: %w", s.Name, i+1, err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write csv %q: %w", s.Name, err)
	}
	return nil
}

func (c Cell) csv() string {
	switch c.kind {
	case text:
		return Guard(c.text)
	case number:
		format := byte('f')
		if a := math.Abs(c.number); a >= 1e15 || a != 0 && a < 1e-9 {
			format = 'E'
		}
		return strings.Replace(strconv.FormatFloat(c.number, format, -1, 64), ".", ",", 1)
	case money:
		return kroner(c.ore)
	case date:
		return c.day.Format(time.DateOnly)
	}
	return ""
}

// kroner writes an amount in øre as kroner with a decimal comma, without
// decimals when there are no øre. It does not go through floating point.
func kroner(ore int64) string {
	sign, whole, rest := "", ore/100, ore%100
	if ore < 0 {
		sign, whole, rest = "-", -whole, -rest
	}
	if rest == 0 {
		return sign + strconv.FormatInt(whole, 10)
	}
	return fmt.Sprintf("%s%d,%02d", sign, whole, rest)
}
