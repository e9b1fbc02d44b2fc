package source_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"math"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"funn/effect/data"
	"funn/effect/source"
	"funn/effect/source/sourcetest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var ctx = context.Background()

func open(t testing.TB, spec string) source.Source {
	t.Helper()
	src, err := source.Open(ctx, spec)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := src.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return src
}

// read returns every value of the columns, row by row.
func read(src data.Source, columns []string) ([][]any, error) {
	var rows [][]any
	err := src.Scan(ctx, columns, func(b data.Batch) error {
		defer b.Release()
		for i := range b.Rows {
			row := make([]any, len(b.Columns))
			for j := range b.Columns {
				row[j] = sourcetest.Value(&b.Columns[j], i)
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, err
}

func table(t testing.TB, rows int) *data.Memory {
	f, k, b, s, empty := make([]float64, rows), make([]int64, rows), make([]bool, rows), make([]string, rows), make([]float64, rows)
	for i := range rows {
		f[i] = math.Sin(float64(i)) * math.Pow(10, float64(i%40-20))
		k[i] = int64(i*i%1000) - 500
		b[i] = i%3 == 0
		s[i] = []string{"Ålesund", "0301", "a,b", `"q"`, "x y"}[i%5]
		empty[i] = math.NaN()
	}
	number := make([]int64, rows)
	for i := range number {
		number[i] = int64(i)
	}
	m, err := data.NewMemory(
		data.Ints("row", number),
		data.Floats("f", f).WithMissing(func(i int) bool { return i%7 == 2 }),
		data.Ints("k", k).WithMissing(func(i int) bool { return i%11 == 3 }),
		data.Bools("b", b).WithMissing(func(i int) bool { return i%13 == 4 }),
		data.Strings("tekst å", s).WithMissing(func(i int) bool { return i%17 == 5 }),
		data.Floats("empty", empty),
	)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestFormsAgree holds that a table reads the same, bit for bit, from every
// form, twice in a row, across batch and row group borders.
func TestFormsAgree(t *testing.T) {
	forms := append(sourcetest.Forms(), sourcetest.Form{Name: "postgres", Write: sourcetest.PostgresTable})
	for _, form := range forms {
		t.Run(form.Name, func(t *testing.T) {
			m := table(t, data.BatchRows+1000)
			src := open(t, form.Write(t, m))
			columns := []string{"tekst å", "f", "k", "b", "empty", "row"}
			want, err := read(m, columns)
			if err != nil {
				t.Fatal(err)
			}
			if form.Name == "sqlite" { // has no booleans
				for _, row := range want {
					if v, ok := row[3].(bool); ok {
						row[3] = map[bool]int64{false: 0, true: 1}[v]
					}
				}
			}
			var before [][]any
			for range 2 {
				got, err := read(src, columns)
				if err != nil {
					t.Fatal(err)
				}
				if before != nil && !cmp.Equal(before, got) {
					t.Fatal("two scans gave different rows or another order")
				}
				before = slices.Clone(got)
				if form.Name == "postgres" { // stores rows in an order of its own
					slices.SortFunc(got, func(a, b []any) int { return int(a[5].(int64) - b[5].(int64)) })
				}
				if len(got) != len(want) {
					t.Fatalf("%d rows, want %d", len(got), len(want))
				}
				for i := range want {
					if diff := cmp.Diff(want[i], got[i]); diff != "" {
						t.Fatalf("row %d (-want +got):\n%s", i, diff)
					}
				}
			}
			if hint := src.RowHint(); hint != int64(len(want)) && form.Name != "postgres" {
				t.Errorf("RowHint = %d, want %d", hint, len(want))
			}
			var unknown *data.UnknownColumnError
			if _, err := read(src, []string{"nope"}); !errors.As(err, &unknown) {
				t.Errorf("unknown column: %v", err)
			}
		})
	}
}

func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCSVTypes(t *testing.T) {
	tests := map[string]struct {
		values []string
		kind   data.Kind
		want   []any
	}{
		"integers":          {[]string{"1", "-2", "+3", ""}, data.Int, []any{int64(1), int64(-2), int64(3), nil}},
		"decimals":          {[]string{"1", "2.5", "1e-3", ".5", "2."}, data.Float, []any{1.0, 2.5, 1e-3, 0.5, 2.0}},
		"missing marks":     {[]string{"NA", "NaN", "NULL", "null", ".", " ", "7"}, data.Int, []any{nil, nil, nil, nil, nil, nil, int64(7)}},
		"infinite":          {[]string{"1.5", "Inf", "-inf"}, data.Float, []any{1.5, math.Inf(1), math.Inf(-1)}},
		"booleans":          {[]string{"true", "FALSE"}, data.Bool, []any{true, false}},
		"codes":             {[]string{"0301", "5001"}, data.String, []any{"0301", "5001"}},
		"too many digits":   {[]string{"1", "12345678901234567890"}, data.String, []any{"1", "12345678901234567890"}},
		"numbers and text":  {[]string{"1", "many"}, data.String, []any{"1", "many"}},
		"bools and numbers": {[]string{"true", "1"}, data.String, []any{"true", "1"}},
		"dates":             {[]string{"2022-01-01"}, data.String, []any{"2022-01-01"}},
		"hexadecimal":       {[]string{"0x10"}, data.String, []any{"0x10"}},
		"underscore":        {[]string{"1_000"}, data.String, []any{"1_000"}},
		"sign alone":        {[]string{"-"}, data.String, []any{"-"}},
		"exponent alone":    {[]string{"e5"}, data.String, []any{"e5"}},
		"half an exponent":  {[]string{"1e"}, data.String, []any{"1e"}},
		"nothing":           {[]string{"", "NA"}, data.Float, []any{nil, nil}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			src := open(t, writeFile(t, "a.csv", "x,z\n"+strings.Join(tt.values, ",0\n")+",0\n"))
			schema, err := src.Schema(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if schema[0].Kind != tt.kind {
				t.Errorf("kind = %s, want %s", schema[0].Kind, tt.kind)
			}
			rows, err := read(src, []string{"x"})
			if err != nil {
				t.Fatal(err)
			}
			var got []any
			for _, row := range rows {
				got = append(got, row[0])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCSVFromExcelInNorway(t *testing.T) {
	src := open(t, writeFile(t, "a.csv", "\xef\xbb\xbf\"navn; så\";beløp;n\r\nÅ;1,5;1\r\n\"b;c\";-2;2\r\n"))
	got, err := read(src, []string{"navn; så", "beløp", "n"})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]any{{"Å", 1.5, int64(1)}, {"b;c", -2.0, int64(2)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestCSVPointAndCommaAreText(t *testing.T) {
	src := open(t, writeFile(t, "a.csv", "x;y\n1,5;1\n1.5;1\n"))
	if schema, _ := src.Schema(ctx); schema[0].Kind != data.String {
		t.Errorf("kind = %s, want string: 1,5 and 1.5 in one column cannot both be decimals", schema[0].Kind)
	}
}

func TestTextReason(t *testing.T) {
	src := open(t, writeFile(t, "a.csv", "x,name\n1,a\n2,b\nmany,c\nnone,d\n"))
	if got := source.TextReason(src, "x"); !strings.HasPrefix(got, "line 4 of ") {
		t.Errorf("reason for x = %q, want line 4", got)
	}
	if got := source.TextReason(src, "name"); got != "" {
		t.Errorf("reason for a plain text column = %q, want none", got)
	}
}

func TestRefusals(t *testing.T) {
	sqlite := strings.TrimPrefix(sourcetest.SQLite(t, table(t, 3)), "sqlite:")
	tests := map[string]struct{ spec, want string }{
		"unknown ending":  {"data.xlsx", "PATH.csv, PATH.parquet"},
		"no table":        {"sqlite:a.db", "names no table"},
		"no pg table":     {"postgres://u:secret@h/d", "postgres://h/d names no table"},
		"missing csv":     {"/nowhere/a.csv", "no such file"},
		"missing parquet": {"/nowhere/a.parquet", "no such file"},
		"missing sqlite":  {"sqlite:/nowhere/a.db#t", "no such file"},
		"folder":          {"sqlite:" + t.TempDir() + "#t", "is a folder"},
		"empty":           {writeFile(t, "a.csv", ""), "the file is empty"},
		"ragged":          {writeFile(t, "a.csv", "a,b\n1,2\n3\n"), "record on line 3: wrong number of fields"},
		"open quote":      {writeFile(t, "a.csv", "a,b\n\"1,2\n"), "quote"},
		"same header":     {writeFile(t, "a.csv", "a,a\n1,2\n"), `has the column "a" twice`},
		"latin 1 header":  {writeFile(t, "a.csv", "\xe5,b\n1,2\n"), "not UTF-8"},
		"binary":          {writeFile(t, "a.csv", "a\x00b,c\n1,2\n"), "zero byte"},
		"not parquet":     {writeFile(t, "a.parquet", "hello"), "not Parquet"},
		"not sqlite":      {"sqlite:" + writeFile(t, "a.db", strings.Repeat("hello", 1000)) + "#t", "not a database"},
		"no such table":   {"sqlite:" + strings.TrimSuffix(sqlite, "The table") + "nope", `there is no table "nope"`},
		"bad address":     {"postgres://u:secret@h:port/d#t", "address is not understood"},
		"no server":       {"postgres://u:secret@127.0.0.1:1/d#t", "read postgres://127.0.0.1:1/d#t"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			src, err := source.Open(ctx, tt.spec)
			if err == nil {
				_ = src.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want it to contain %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

func TestLatin1TextIsRefused(t *testing.T) {
	src := open(t, writeFile(t, "a.csv", "a,b\n\xe5,1\n"))
	if _, err := read(src, []string{"a"}); err == nil || !strings.Contains(err.Error(), "UTF-8") {
		t.Errorf("error = %v, want one about UTF-8", err)
	}
}

func TestFileChangedBetweenScans(t *testing.T) {
	path := writeFile(t, "a.csv", "a\n1\n2\n")
	src := open(t, path)
	if err := os.WriteFile(path, []byte("a\nx\n2\n3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read(src, []string{"a"}); err == nil || !strings.Contains(err.Error(), "changed while it was in use") {
		t.Errorf("error = %v, want one about the change", err)
	}
}

// identity completes nine digits by the published weights. The numbers used
// have 80 added to the month, as the tax administration's made-up population
// has, so they are nobody's.
func identity(t testing.TB, nine string) string {
	t.Helper()
	sum := func(weights []int, digits string) int {
		s := 0
		for i, w := range weights {
			s += w * int(digits[i]-'0')
		}
		return (11 - s%11) % 11
	}
	first := sum([]int{3, 7, 6, 1, 8, 9, 4, 5, 2}, nine)
	if first == 10 {
		t.Fatalf("%s has no control digit", nine)
	}
	ten := nine + string(rune('0'+first))
	second := sum([]int{5, 4, 3, 2, 7, 6, 5, 4, 3, 2}, ten)
	if second == 10 {
		t.Fatalf("%s has no control digit", ten)
	}
	return ten + string(rune('0'+second))
}

func TestLooksLikeIdentity(t *testing.T) {
	number := identity(t, "158587123")
	if !source.LooksLikeIdentity(number) || !source.LooksLikeIdentity(number[:6]+" "+number[6:]) {
		t.Errorf("%s is not recognised", number)
	}
	for i := range number {
		altered := []byte(number)
		altered[i] = '0' + (altered[i]-'0'+1)%10
		if source.LooksLikeIdentity(string(altered)) {
			t.Errorf("one digit changed, %s, is still recognised", altered)
		}
	}
	for _, other := range []string{"", "00000000000", number[:10], number + "0", "abcdefghijk"} {
		if source.LooksLikeIdentity(other) {
			t.Errorf("%q is recognised", other)
		}
	}
}

// TestIdentitiesAreRefused holds for every form, for text, for numbers, and
// for a leading zero that was lost, and that the number itself is never told.
func TestIdentitiesAreRefused(t *testing.T) {
	number := identity(t, "158587123")
	zero := identity(t, "018587124")
	forms := append(sourcetest.Forms(), sourcetest.Form{Name: "postgres", Write: sourcetest.PostgresTable})
	for _, form := range forms {
		for name, value := range map[string]any{"text": number, "number": number, "lost zero": zero[1:]} {
			t.Run(form.Name+" "+name, func(t *testing.T) {
				ids := data.Strings("id", []string{"1", "a2", value.(string)})
				if name != "text" {
					var v int64
					for _, c := range value.(string) {
						v = 10*v + int64(c-'0')
					}
					ids = data.Ints("id", []int64{1, 2, v})
				}
				m, err := data.NewMemory(data.Floats("y", []float64{1, 2, 3}), ids)
				if err != nil {
					t.Fatal(err)
				}
				src, err := source.Open(ctx, form.Write(t, m))
				if err == nil {
					defer src.Close()
					columns := []string{"y", "id"}
					if form.Name == "parquet" {
						columns = columns[:1] // files are checked in columns that are not used, too
					}
					_, err = read(src, columns)
				}
				var e *source.IdentityError
				if !errors.As(err, &e) || e.Column != "id" || e.Row != 3 {
					t.Fatalf("error = %v, want an IdentityError for id in row 3", err)
				}
				if strings.Contains(err.Error(), value.(string)) {
					t.Errorf("the error tells the number: %v", err)
				}
			})
		}
	}
}

// TestTruncatedParquet holds that a file cut off anywhere is refused, never
// read as if it were shorter.
func TestTruncatedParquet(t *testing.T) {
	path := sourcetest.Parquet(t, table(t, 5000))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut < len(whole); cut += 1 + len(whole)/50 {
		short := writeFile(t, "cut.parquet", string(whole[:cut]))
		src, err := source.Open(ctx, short)
		if err == nil {
			_, err = read(src, []string{"f", "k", "tekst å"})
			_ = src.Close()
		}
		var e *source.ReadError
		if !errors.As(err, &e) {
			t.Fatalf("cut at %d of %d: error = %v, want a ReadError", cut, len(whole), err)
		}
	}
}

// TestDamagedParquet holds that bytes overwritten in the middle are refused or
// leave other values, but never end the program.
func TestDamagedParquet(t *testing.T) {
	path := sourcetest.Parquet(t, table(t, 3000))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for at := 4; at < len(whole)-8; at += 1 + len(whole)/200 {
		damaged := append([]byte{}, whole...)
		for i := range 4 {
			damaged[at+i] ^= 0xff
		}
		src, err := source.Open(ctx, writeFile(t, "damaged.parquet", string(damaged)))
		if err == nil {
			_, err = read(src, []string{"f", "k", "b", "tekst å"})
			_ = src.Close()
		}
		if err != nil {
			refused++
		}
	}
	if refused < 100 {
		t.Errorf("only %d of 200 damaged files were refused", refused)
	}
}

func TestSQLiteMixedValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.Exec(`CREATE TABLE t (whole INTEGER, mixed REAL, texts NUMERIC, raw BLOB, k TEXT PRIMARY KEY) WITHOUT ROWID;
		INSERT INTO t VALUES (2, 1, 'many', x'00', 'b'), (1, 1.5, 7, x'01', 'a');
		CREATE VIEW v AS SELECT whole * 2 AS twice FROM t`)
	if err != nil {
		t.Fatal(err)
	}
	src := open(t, "sqlite:"+path+"#t")
	schema, err := src.Schema(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wantSchema := data.Schema{{Name: "whole", Kind: data.Int}, {Name: "mixed", Kind: data.Float}, {Name: "texts", Kind: data.String}, {Name: "k", Kind: data.String}}
	if diff := cmp.Diff(wantSchema, schema); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
	got, err := read(src, schema.Names())
	if err != nil {
		t.Fatal(err)
	}
	want := [][]any{{int64(1), 1.5, "7", "a"}, {int64(2), 1.0, "many", "b"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows in key order (-want +got):\n%s", diff)
	}
	if got, err := read(open(t, "sqlite:"+path+"#v"), []string{"twice"}); err != nil || len(got) != 2 {
		t.Errorf("view = %v, %v", got, err)
	}
}

// TestPostgresConnectionLost cuts the connection in the middle of the rows.
func TestPostgresConnectionLost(t *testing.T) {
	spec := sourcetest.PostgresTable(t, table(t, 200_000))
	u, err := url.Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	server := u.Host
	var left atomic.Int64
	left.Store(1 << 20)
	go func() {
		for {
			client, err := proxy.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				return
			}
			go func() { _, _ = io.Copy(upstream, client) }()
			go func() {
				buf := make([]byte, 4096)
				for {
					n, err := upstream.Read(buf)
					if err != nil || left.Add(-int64(n)) < 0 {
						_ = client.Close()
						_ = upstream.Close()
						return
					}
					if _, err := client.Write(buf[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	u.Host = proxy.Addr().String()
	q := u.Query()
	q.Set("sslmode", "disable")
	u.RawQuery = q.Encode()
	fragment := u.Fragment
	u.Fragment = ""
	src, err := source.Open(ctx, u.String()+"#"+fragment)
	if err != nil {
		t.Fatal(err)
	}
	_, err = read(src, []string{"f", "k", "tekst å"})
	var e *source.ReadError
	if !errors.As(err, &e) || e.Rows == 0 || !strings.Contains(err.Error(), "connection was lost") {
		t.Errorf("error = %v, want a ReadError that says the connection was lost after some rows", err)
	}
}

func TestCancelledScan(t *testing.T) {
	forms := append(sourcetest.Forms(), sourcetest.Form{Name: "postgres", Write: sourcetest.PostgresTable})
	for _, form := range forms {
		t.Run(form.Name, func(t *testing.T) {
			src := open(t, form.Write(t, table(t, 3*data.BatchRows)))
			ctx, cancel := context.WithCancel(ctx)
			batches := 0
			err := src.Scan(ctx, []string{"f"}, func(b data.Batch) error {
				b.Release()
				batches++
				cancel()
				return nil
			})
			if !errors.Is(err, context.Canceled) || batches > 2 {
				t.Errorf("Scan = %v after %d batches, want context.Canceled at once", err, batches)
			}
		})
	}
}

func TestRedact(t *testing.T) {
	tests := map[string]string{
		"postgres://u:p@h:5432/d?password=x#t": "postgres://h:5432/d#t",
		"postgres://h/d#t":                     "postgres://h/d#t",
		"postgres://u:p%zz@h/d":                "postgres://h/d",
		"a.csv":                                "a.csv",
	}
	for in, want := range tests {
		if got := source.Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestCSVNumbersSurvive holds that any finite number written by Go, R or
// Python in its shortest exact form is read back with the same bits.
func TestCSVNumbersSurvive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64(), 1, 50).Draw(rt, "values")
		for i, v := range values {
			if math.IsInf(v, 0) || math.IsNaN(v) {
				values[i] = 0
			}
		}
		m, err := data.NewMemory(data.Floats("x", values), data.Ints("z", make([]int64, len(values))))
		if err != nil {
			rt.Fatal(err)
		}
		src, err := source.Open(ctx, sourcetest.CSV(t, m))
		if err != nil {
			rt.Fatal(err)
		}
		defer src.Close()
		rows, err := read(src, []string{"x"})
		if err != nil {
			rt.Fatal(err)
		}
		for i, row := range rows {
			got, ok := row[0].(float64)
			if !ok {
				got = float64(row[0].(int64))
			}
			if got != values[i] {
				rt.Fatalf("row %d: %v, want %v", i, got, values[i])
			}
		}
	})
}

// FuzzCSV holds that any bytes are either refused or give the same rows on
// two scans, and never panic.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "a;b\n1,5;x\n", "\xef\xbb\xbfa\tb\n\"x\"\ty\n", "a\n\"\n", "a,a\n", "x\n1e999\nInf\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) { roundTrip(t, "fuzz.csv", content) })
}

// FuzzParquet does the same for Parquet files grown from a valid one.
func FuzzParquet(f *testing.F) {
	valid, err := os.ReadFile(sourcetest.Parquet(f, table(f, 20)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(valid)
	f.Add(valid[:len(valid)/2])
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, content []byte) { roundTrip(t, "fuzz.parquet", content) })
}

// FuzzSQLite does the same for database files grown from a valid one.
func FuzzSQLite(f *testing.F) {
	path, _, _ := strings.Cut(strings.TrimPrefix(sourcetest.SQLite(f, table(f, 20)), "sqlite:"), "#")
	valid, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(valid)
	f.Add(valid[:len(valid)/2])
	f.Add([]byte("SQLite format 3\x00"))
	f.Fuzz(func(t *testing.T, content []byte) { roundTrip(t, "fuzz.db", content) })
}

func roundTrip(t *testing.T, name string, content []byte) {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".db") {
		path = "sqlite:" + path + "#The table"
	}
	src, err := source.Open(ctx, path)
	if err != nil {
		return
	}
	defer src.Close()
	schema, err := src.Schema(ctx)
	if err != nil {
		t.Fatalf("Schema of an open source: %v", err)
	}
	first, err1 := read(src, schema.Names())
	second, err2 := read(src, schema.Names())
	if (err1 == nil) != (err2 == nil) {
		t.Fatalf("two scans: %v and %v", err1, err2)
	}
	if err1 == nil && !cmp.Equal(first, second) {
		t.Fatal("two scans gave different rows")
	}
}
