package export

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Limits of the XLSX format, from Microsoft's "Excel specifications and limits".
const (
	mostRows      = 1_048_576
	mostColumns   = 16_384
	mostCellText  = 32_767 // UTF-16 units
	mostSheetName = 31     // UTF-16 units
)

// Column widths in characters of the default font.
const (
	narrowest = 8
	broadest  = 60
)

// WriteXLSX writes a workbook with one sheet for each list: bold head that stays
// in view, filter buttons, columns as wide as what they hold, days as days and
// amounts as numbers with spaces or commas between thousands as the reader's
// Excel has it. Texts are guarded as in CSV, since people save workbooks as CSV.
func WriteXLSX(w io.Writer, sheets ...Sheet) (err error) {
	if len(sheets) == 0 {
		return errors.New("write xlsx: no sheets")
	}
	f := excelize.NewFile()
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("close xlsx: %w", cerr)
		}
	}()
	st, err := newStyles(f)
	if err != nil {
		return fmt.Errorf("write xlsx: %w", err)
	}
	props, err := properties(sheets[0].Title)
	if err != nil {
		return fmt.Errorf("write xlsx: title: %w", err)
	}
	f.Pkg.Store("docProps/core.xml", props)
	names := sheetNames(sheets)
	for i, s := range sheets {
		if err := s.check(); err != nil {
			return err
		}
		if len(s.Rows)+4 > mostRows || len(s.Head) > mostColumns {
			return fmt.Errorf("write xlsx %q: %d rows and %d columns are more than the format holds", s.Name, len(s.Rows), len(s.Head))
		}
		if i == 0 {
			err = f.SetSheetName(f.GetSheetName(0), names[0])
		} else {
			_, err = f.NewSheet(names[i])
		}
		if err != nil {
			return fmt.Errorf("write xlsx %q: name the sheet: %w", s.Name, err)
		}
		if err := st.writeSheet(f, names[i], s); err != nil {
			return fmt.Errorf("write xlsx %q: %w", s.Name, err)
		}
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write xlsx: %w", err)
	}
	return nil
}

// properties is the part of the workbook with its title. The library's own
// setter writes names without their prefix, which some readers refuse.
func properties(title string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>`)
	if err := xml.EscapeText(&b, []byte(tidy(title))); err != nil {
		return nil, err
	}
	b.WriteString(`</dc:title><dc:creator>Funn</dc:creator></cp:coreProperties>`)
	return b.Bytes(), nil
}

// styles are the numbers of the cell styles in the workbook.
type styles struct{ head, wrap, kroner, ore, day, note int }

func newStyles(f *excelize.File) (styles, error) {
	var s styles
	// "#,##0" is how the file says "thousands apart"; Norwegian Excel shows it,
	// and calls it, "# ##0". A literal space in the code would stand only once.
	kroner, ore, day := "#,##0", "#,##0.00", 14 // 14 is the reader's own short date
	top := &excelize.Alignment{Vertical: "top", WrapText: true}
	for _, d := range []struct {
		to    *int
		style excelize.Style
	}{
		{&s.head, excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: top, Border: []excelize.Border{{Type: "bottom", Color: "000000", Style: 1}}}},
		{&s.wrap, excelize.Style{Alignment: top}},
		{&s.kroner, excelize.Style{CustomNumFmt: &kroner, Alignment: &excelize.Alignment{Vertical: "top"}}},
		{&s.ore, excelize.Style{CustomNumFmt: &ore, Alignment: &excelize.Alignment{Vertical: "top"}}},
		{&s.day, excelize.Style{NumFmt: day, Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "left"}}},
		{&s.note, excelize.Style{Font: &excelize.Font{Italic: true}}},
	} {
		id, err := f.NewStyle(&d.style)
		if err != nil {
			return s, fmt.Errorf("make a cell style: %w", err)
		}
		*d.to = id
	}
	return s, nil
}

func (st styles) writeSheet(f *excelize.File, name string, s Sheet) error {
	out, err := f.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("open the sheet: %w", err)
	}
	// The stream writer puts each column before those it has; the format wants
	// them in order, so the last is set first.
	for i, width := range slices.Backward(widths(s)) {
		if err := out.SetColWidth(i+1, i+1, width); err != nil {
			return fmt.Errorf("set the width of column %d: %w", i+1, err)
		}
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return fmt.Errorf("freeze the head: %w", err)
	}
	corner, err := excelize.CoordinatesToCellName(len(s.Head), len(s.Rows)+1)
	if err != nil {
		return fmt.Errorf("find the last cell: %w", err)
	}
	if err := f.AutoFilter(name, "A1:"+corner, nil); err != nil {
		return fmt.Errorf("set the filter: %w", err)
	}
	values := make([]any, len(s.Head))
	for i, h := range s.Head {
		values[i] = excelize.Cell{StyleID: st.head, Value: cellText(h)}
	}
	for i := -1; i < len(s.Rows); i++ {
		if i >= 0 {
			for j := range values {
				values[j] = nil
				if j < len(s.Rows[i]) {
					values[j] = st.value(s.Rows[i][j])
				}
			}
		}
		at, err := excelize.CoordinatesToCellName(1, i+2)
		if err != nil {
			return fmt.Errorf("row %d: %w", i+1, err)
		}
		if err := out.SetRow(at, values); err != nil {
			return fmt.Errorf("row %d: %w", i+1, err)
		}
	}
	// Title and source stand under the rows, outside the filter, where they
	// follow the list when it is printed and do not get in the way of sorting.
	row := len(s.Rows) + 3
	for _, line := range []string{s.Title, s.Note} {
		if line == "" {
			continue
		}
		at, err := excelize.CoordinatesToCellName(1, row)
		if err != nil {
			return fmt.Errorf("note: %w", err)
		}
		if err := out.SetRow(at, []any{excelize.Cell{StyleID: st.note, Value: cellText(line)}}); err != nil {
			return fmt.Errorf("note: %w", err)
		}
		row++
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	return nil
}

// value turns a cell into what the stream writer takes.
func (st styles) value(c Cell) any {
	switch c.kind {
	case text:
		return excelize.Cell{StyleID: st.wrap, Value: cellText(c.text)}
	case number:
		return c.number
	case money:
		style := st.kroner
		if c.ore%100 != 0 {
			style = st.ore
		}
		return excelize.Cell{StyleID: style, Value: float64(c.ore) / 100}
	case date:
		if serial, ok := serial(c.day); ok {
			return excelize.Cell{StyleID: st.day, Value: serial}
		}
		return c.day.Format(time.DateOnly)
	}
	return nil
}

// serial is the day as Excel counts it. Excel believes that 1900 was a leap
// year, so days before March 1900 cannot be written as days, nor those after
// the year 9999.
func serial(day time.Time) (int, bool) {
	if day.Before(time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)) || day.Year() > 9999 {
		return 0, false
	}
	// Unix seconds, since a time.Duration holds only 292 years.
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	return int((day.Unix() - epoch.Unix()) / 86400), true
}

// cellText is a guarded text, cut where the format ends.
func cellText(s string) string { return cut(Guard(s), mostCellText) }

// cut keeps at most most UTF-16 units, with an ellipsis for what is left out.
func cut(s string, most int) string {
	if len(s) <= most { // UTF-8 is never shorter than UTF-16 in units
		return s
	}
	units, last := 0, 0
	for i, r := range s {
		if units <= most-1 {
			last = i
		}
		units += utf16.RuneLen(r)
	}
	if units <= most {
		return s
	}
	return s[:last] + "…"
}

// widths measures the columns in characters, the longest line of each cell.
func widths(s Sheet) []float64 {
	out := make([]float64, len(s.Head))
	grow := func(i int, text string) {
		for line := range strings.SplitSeq(text, "\n") {
			out[i] = max(out[i], float64(utf8.RuneCountInString(line)))
		}
	}
	for i, h := range s.Head {
		grow(i, h+"    ") // room for the filter button
	}
	for _, row := range s.Rows {
		for i, c := range row {
			if c.kind == text {
				grow(i, c.text)
			} else {
				out[i] = max(out[i], float64(len(c.csv()))*1.3)
			}
		}
	}
	for i := range out {
		out[i] = min(max(out[i]+2, narrowest), broadest)
	}
	return out
}

// sheetNames gives each sheet a name that Excel takes: without its reserved
// characters, not longer than it allows, and unlike the others in more than
// case.
func sheetNames(sheets []Sheet) []string {
	taken := map[string]bool{"history": true} // Excel keeps this name for itself
	names := make([]string, len(sheets))
	for i, s := range sheets {
		base := strings.Map(func(r rune) rune {
			switch {
			case strings.ContainsRune(`:\/?*[]`, r):
				return '-'
			case r == '\'':
				return '’'
			case r < ' ':
				return ' '
			}
			return r
		}, tidy(s.Name))
		base = strings.TrimSpace(base)
		if base == "" {
			base = "Data"
		}
		name := cut(base, mostSheetName)
		for n := 2; taken[strings.ToLower(name)]; n++ {
			mark := fmt.Sprintf(" (%d)", n)
			name = cut(base, mostSheetName-len(mark)) + mark
		}
		taken[strings.ToLower(name)] = true
		names[i] = name
	}
	return names
}
