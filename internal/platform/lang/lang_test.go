package lang

import (
	"context"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func printer(t Tag) *Printer { return fallback().In(t) }

func TestPlatformTextsExistInAllLanguages(t *testing.T) {
	c := NewCatalog()
	if err := c.Load(Messages); err != nil {
		t.Fatal(err)
	}
	if len(c.Keys()) < 50 {
		t.Fatalf("only %d keys loaded", len(c.Keys()))
	}
	if missing := c.Missing(); len(missing) > 0 {
		t.Errorf("texts missing:\n%s", strings.Join(missing, "\n"))
	}
	for _, k := range c.Keys() {
		prefix, _, _ := strings.Cut(k, ".")
		if !slices.Contains([]string{"ui", "error", "form", "date"}, prefix) {
			t.Errorf("key %q has a prefix that is not the platform's", k)
		}
	}
}

func TestCatalogFindsWhatIsMissing(t *testing.T) {
	c := NewCatalog()
	fsys := fstest.MapFS{
		"messages/nb.json": {Data: []byte(`{"a":"A","b":"B","c":"Hei {name}","d.one":"én"}`)},
		"messages/nn.json": {Data: []byte(`{"a":"A","c":"Hei {namn}","d.one":"ein"}`)},
		"messages/en.json": {Data: []byte(`{"a":"A","b":"B","c":"Hi {name}","d.one":"one"}`)},
	}
	if err := c.Load(fsys); err != nil {
		t.Fatal(err)
	}
	want := []string{"nn: b", "nn: c has other {names} than nb", "all: d.other"}
	if diff := cmp.Diff(want, c.Missing()); diff != "" {
		t.Error(diff)
	}
	if !c.Has("a") || c.Has("x") {
		t.Error("Has is wrong")
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d.one"}, c.Keys()); diff != "" {
		t.Error(diff)
	}
	if got := c.Printer(NN).T("b"); got != "B" {
		t.Errorf("a text that nynorsk lacks should fall back to bokmål, got %q", got)
	}
}

func TestCatalogRefuses(t *testing.T) {
	for name, files := range map[string][]string{
		"other text for a key":          {`{"a":"A"}`, `{"a":"B"}`},
		"twice in one file, other text": {`{"a":"A","a":"B"}`},
		"not an object":                 {`["a"]`},
		"nested":                        {`{"a":{"b":"c"}}`},
		"a number":                      {`{"a":1}`},
		"cut short":                     {`{"a":"A"`},
		"empty":                         {``},
	} {
		t.Run(name, func(t *testing.T) {
			c := NewCatalog()
			var err error
			for _, f := range files {
				err = errors.Join(err, c.Load(fstest.MapFS{"messages/nb.json": {Data: []byte(f)}}))
			}
			if err == nil {
				t.Error("no error")
			}
		})
	}
	c := NewCatalog()
	for range 2 {
		if err := c.Load(fstest.MapFS{"messages/nb.json": {Data: []byte(`{"a":"A"}`)}}); err != nil {
			t.Errorf("the same text twice is no conflict: %v", err)
		}
	}
}

func TestTexts(t *testing.T) {
	c := NewCatalog()
	if err := c.Load(fstest.MapFS{"messages/nb.json": {Data: []byte(`{
		"hello":"Hei {who}, {n} ganger", "x.one":"{n} sak hos {who}", "x.other":"{n} saker hos {who}", "open":"a { b"}`)}}); err != nil {
		t.Fatal(err)
	}
	ctx := WithPrinter(context.Background(), c.Printer(NB))
	for _, tc := range []struct{ got, want string }{
		{T(ctx, "hello", "who", "Kari", "n", 1200), "Hei Kari, 1\u00a0200 ganger"},
		{T(ctx, "hello", "who", "{n}", "n", 2), "Hei {n}, 2 ganger"},
		{T(ctx, "hello", "n", int64(3)), "Hei {who}, 3 ganger"},
		{T(ctx, "hello", "who", time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC), "n", 2.5), "Hei 1. februar 2027, 2.5 ganger"},
		{T(ctx, "open", "b", "c"), "a { b"},
		{T(ctx, "nothing"), "⟦nothing⟧"},
		{TN(ctx, "x", 1, "who", "deg"), "1 sak hos deg"},
		{TN(ctx, "x", 0, "who", "deg"), "0 saker hos deg"},
		{TN(ctx, "x", 2, "who", "deg"), "2 saker hos deg"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
	if _, ok := Maybe(ctx, "nothing"); ok {
		t.Error("Maybe found a key that is not there")
	}
	if s, ok := Maybe(ctx, "open"); !ok || s != "a { b" {
		t.Errorf("Maybe = %q, %v", s, ok)
	}
}

func TestFromIsNeverNil(t *testing.T) {
	p := From(context.Background())
	if p.Tag() != NB || p.T("no.such.key") != "⟦no.such.key⟧" {
		t.Errorf("fallback speaks %q and says %q", p.Tag(), p.T("no.such.key"))
	}
	if From(WithPrinter(context.Background(), nil)) == nil {
		t.Error("a nil printer came back")
	}
}

func TestParseAndMatch(t *testing.T) {
	for s, want := range map[string]Tag{"nb": NB, "nn": NN, "en": EN} {
		if got, ok := Parse(s); got != want || !ok {
			t.Errorf("Parse(%q) = %q, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "no", "NB", "de"} {
		if got, ok := Parse(s); got != NB || ok {
			t.Errorf("Parse(%q) = %q, %v", s, got, ok)
		}
	}
	for header, want := range map[string]Tag{
		"": NB, "nn-NO,nn;q=0.9,nb;q=0.8": NN, "en-US,en;q=0.5": EN, "no": NB, "nb-NO": NB,
		"sv": NB, "da": NB, "fr-FR": NB, "fr, en;q=0.3": EN, ";;;q": NB, "se, nn;q=0.5": NN,
	} {
		if got := Match(header); got != want {
			t.Errorf("Match(%q) = %q, want %q", header, got, want)
		}
	}
}

func TestFormat(t *testing.T) {
	day := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	noon := time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC)
	late := time.Date(2027, 5, 17, 22, 30, 0, 0, time.UTC) // 18 May, 00.30 in Oslo
	nb, nn, en := printer(NB), printer(NN), printer(EN)
	for _, tc := range []struct{ got, want string }{
		{nb.Date(noon), "1. februar 2027"},
		{nn.Date(noon), "1. februar 2027"},
		{en.Date(noon), "1 February 2027"},
		{nb.Date(late), "18. mai 2027"},
		{nb.Day(late), "17. mai 2027"},
		{nb.Date(day), nb.Day(day)},
		{nb.Month(day), "februar 2027"},
		{en.Month(day), "February 2027"},
		{nb.ShortDate(day), "01.02.2027"},
		{nb.DateTime(noon), "1. februar 2027 kl. 13.00"},
		{en.DateTime(noon), "1 February 2027 at 13:00"},
		{nb.DateTime(late), "18. mai 2027 kl. 00.30"},
		{nb.Date(time.Time{}) + nb.Day(time.Time{}) + nb.DateTime(time.Time{}) + nb.ShortDate(time.Time{}) + nb.Month(time.Time{}), ""},
		{nb.Number(0), "0"},
		{nb.Number(999), "999"},
		{nb.Number(1000), "1\u00a0000"},
		{nb.Number(-22000000), "−22\u00a0000\u00a0000"},
		{en.Number(22000000), "22,000,000"},
		{nb.Number(math.MinInt64), "−9\u00a0223\u00a0372\u00a0036\u00a0854\u00a0775\u00a0808"},
		{nb.Decimal(1234.56, 1), "1\u00a0234,6"},
		{nb.Decimal(-0.04, 1), "0,0"},
		{nb.Decimal(5.55, 1), "5,6"}, {nb.Decimal(5.15, 1), "5,2"}, {nb.Decimal(4.549999999999999, 1), "4,6"}, {nb.Decimal(0.3*5.5+0.7*4.5-0.25, 1), "4,6"},
		{nb.Decimal(5.5499, 1), "5,5"}, {nb.Decimal(-2.25, 1), "−2,3"}, {nb.Decimal(1e15+0.5, 1), "1\u00a0000\u00a0000\u00a0000\u00a0000\u00a0000,5"},
		{nb.Decimal(-0.06, 1), "−0,1"},
		{en.Decimal(1234.5, 2), "1,234.50"},
		{nb.Decimal(3, -1), "3"},
		{nb.Decimal(math.NaN(), 1), "–"},
		{nb.Percent(0.725, 0), "73\u00a0%"},
		{en.Percent(0.725, 1), "72.5%"},
		{nb.NOK(2_200_000_000), "22\u00a0000\u00a0000\u00a0kr"},
		{nb.NOK(120_050), "1\u00a0200,50\u00a0kr"},
		{nb.NOK(-120_050), "−1\u00a0200,50\u00a0kr"},
		{nb.NOK(math.MinInt64), "−92\u00a0233\u00a0720\u00a0368\u00a0547\u00a0758,08\u00a0kr"},
		{en.NOK(2_200_000_000), "NOK\u00a022,000,000"},
		{nb.MillionNOK(2_200_000_000), "22\u00a0mill.\u00a0kr"},
		{nn.MillionNOK(120_000_000), "1,2\u00a0mill.\u00a0kr"},
		{en.MillionNOK(120_000_000), "NOK\u00a01.2\u00a0million"},
		{nb.MillionNOK(30_000_00), "30\u00a0000\u00a0kr"},
		{nb.MillionNOK(-5_000_000), "−0,1\u00a0mill.\u00a0kr"},
		{nb.Days(1), "1 dag"},
		{nn.Days(12), "12 dagar"},
		{nb.Months(6), "6 måneder"},
		{en.Months(1), "1 month"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

func TestContextFunctionsSpeakTheContextsLanguage(t *testing.T) {
	ctx := WithPrinter(context.Background(), printer(EN))
	at := time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC)
	got := []string{
		Date(ctx, at), Day(ctx, at), Month(ctx, at), ShortDate(ctx, at), Clock(ctx, at), DateTime(ctx, at),
		Number(ctx, 1000), Decimal(ctx, 1.5, 1), Percent(ctx, 0.5, 0), NOK(ctx, 100), MillionNOK(ctx, 1e8), Days(ctx, 2), Months(ctx, 2),
	}
	want := []string{
		"1 February 2027", "1 February 2027", "February 2027", "01.02.2027", "13:00", "1 February 2027 at 13:00",
		"1,000", "1.5", "50%", "NOK\u00a01", "NOK\u00a01\u00a0million", "2 days", "2 months",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseDate(t *testing.T) {
	first := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	for _, s := range []string{
		"01.02.2027", "1.2.2027", "1.2.27", " 1. 2. 2027 ", "1/2-2027", "1/2/27", "01-02-2027", "01 02 2027",
		"01022027", "2027-02-01", "2027.2.1", "1. februar 2027", "1 februar 2027", "1.februar 2027", "1. FEBRUAR 2027",
		"1. feb. 2027", "1 Feb 2027", "1 February 2027", "1.\u00a0februar\u00a02027", "01.02.2027.",
	} {
		got, err := ParseDate(s)
		if err != nil || !got.Equal(first) {
			t.Errorf("ParseDate(%q) = %v, %v", s, got, err)
		}
	}
	for s, want := range map[string]string{
		"29.2.2024": "2024-02-29", "31.12.99": "1999-12-31", "17. mai 2025": "2025-05-17",
		"5. okt 2025": "2025-10-05", "5 Oct 2025": "2025-10-05", "24. desember 2026": "2026-12-24", "3 Dec 26": "2026-12-03",
	} {
		got, err := ParseDate(s)
		if err != nil || got.Format(time.DateOnly) != want {
			t.Errorf("ParseDate(%q) = %v, %v, want %s", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", " ", "i morgen", "31.02.2027", "29.2.2025", "32.1.2027", "1.13.2027", "0.1.2027", "1.0.2027", "1.2", "1.2.202",
		"1.2.20277", "2027", "12.2027", "1. febuar 2027", "1. fe 2027", "1. marsvin 2027", "1.2.1799", "1.2.2200", "2027-02-01T00:00:00Z", "１.２.2027",
	} {
		if got, err := ParseDate(s); !errors.Is(err, ErrDate) || !got.IsZero() {
			t.Errorf("ParseDate(%q) = %v, %v", s, got, err)
		}
	}
}

// What Funn writes into a date field, or shows as a date, it can read back.
func TestDatesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(1800, 1, rapid.IntRange(1, 146_000).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		p := printer(rapid.SampledFrom(Tags).Draw(t, "language"))
		for _, s := range []string{p.ShortDate(day), p.Day(day), p.Date(day), day.Format(time.DateOnly)} {
			if got, err := ParseDate(s); err != nil || !got.Equal(day) {
				t.Fatalf("ParseDate(%q) = %v, %v, want %v", s, got, err, day)
			}
		}
	})
}

func TestParseAmount(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "300": 300_00, "1 200 000": 1_200_000_00, "1\u00a0200\u00a0000": 1_200_000_00, "1\u202f200": 1_200_00,
		"1.200.000": 1_200_000_00, "1.200": 1_200_00, "1'200": 1_200_00, "1,200,000": 1_200_000_00, "1200000": 1_200_000_00,
		"1200,50": 1_200_50, "1 200,5": 1_200_50, "1.200,50": 1_200_50, "12.50": 12_50, "1,2": 1_20,
		"1,2 mill": 1_200_000_00, "1.2 mill": 1_200_000_00, "1,234 mill.": 1_234_000_00, "22 mill. kr": 22_000_000_00,
		"22 millioner kroner": 22_000_000_00, "22 Mill. KR": 22_000_000_00, "2 mrd": 2_000_000_000_00, "1,5 milliard kr": 1_500_000_000_00,
		"300 tusen": 300_000_00, "kr 300": 300_00, "kr. 300": 300_00, "NOK 300": 300_00, "300 kr": 300_00, "300 kroner": 300_00, "300,-": 300_00,
		"kr 1 200,-": 1_200_00, "-300": -300_00, "−300 kr": -300_00, "kr -300": -300_00, " 300 ": 300_00, "0,005 mill": 5_000_00, "007": 7_00,
		"10 000 000 000 000": maxOre, "0,00000001 mill": 1,
	} {
		if got, err := ParseAmount(s); err != nil || got != want {
			t.Errorf("ParseAmount(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", " ", "kr", "mill", "mye", "1,200", "1,234", "1.2.3", "12 00", "1 20 000", "1.200 000", "1,2,3", "12,345,67",
		"1e6", "0x10", "--3", "3-", "1,005 kr", "0,000000001 mill", "10 000 000 000 001", "99999999999999999999", "99999999 mrd", "5 %", "USD 5", "1..000", ",50", "5,", "٣",
	} {
		if got, err := ParseAmount(s); !errors.Is(err, ErrAmount) || got != 0 {
			t.Errorf("ParseAmount(%q) = %d, %v", s, got, err)
		}
	}
}

// Every amount that Funn shows in bokmål or nynorsk can be pasted into a money field.
func TestAmountsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ore := rapid.Int64Range(-maxOre, maxOre).Draw(t, "ore")
		s := printer(rapid.SampledFrom([]Tag{NB, NN}).Draw(t, "language")).NOK(ore)
		if got, err := ParseAmount(s); err != nil || got != ore {
			t.Fatalf("ParseAmount(%q) = %d, %v, want %d", s, got, err, ore)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"01.02.2027", "1. februar 2027", "2027-02-01", "01022027", "1/2-27", "31.02.2027"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseDate(s)
		if err != nil {
			if !got.IsZero() || !errors.Is(err, ErrDate) {
				t.Fatalf("%q gave %v with %v", s, got, err)
			}
			return
		}
		if y := got.Year(); y < 1800 || y > 2199 || !got.Equal(got.Truncate(24*time.Hour)) || got.Location() != time.UTC {
			t.Fatalf("%q gave %v", s, got)
		}
		if back, err := ParseDate(got.Format(time.DateOnly)); err != nil || !back.Equal(got) {
			t.Fatalf("%q gave %v, which reads as %v, %v", s, got, back, err)
		}
	})
}

func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{"1 200 000", "1.200.000", "1,2 mill", "22 mill. kr", "kr 300", "300,-", "1,200", "-5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseAmount(s)
		if err != nil {
			if got != 0 || !errors.Is(err, ErrAmount) {
				t.Fatalf("%q gave %d with %v", s, got, err)
			}
			return
		}
		if got < -maxOre || got > maxOre {
			t.Fatalf("%q gave %d", s, got)
		}
		if back, err := ParseAmount(printer(NB).NOK(got)); err != nil || back != got {
			t.Fatalf("%q gave %d, which reads as %d, %v", s, got, back, err)
		}
	})
}

func TestFold(t *testing.T) {
	for s, want := range map[string]string{
		"Rosén": "rosen", "ÆØÅ": "æøå", "A\u030angst": "ångst", "  To   ord ": "to ord", "Müller-Čajánek": "muller-cajanek",
		"Kárášjohka": "karasjohka", "": "", "Nav-kontor 12": "nav-kontor 12", "I\u0307": "i",
	} {
		if got := Fold(s); got != want {
			t.Errorf("Fold(%q) = %q, want %q", s, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		once := Fold(rapid.String().Draw(t, "s"))
		if twice := Fold(once); twice != once {
			t.Fatalf("folding twice changes %q to %q", once, twice)
		}
	})
}

func TestCompareIsNorwegian(t *testing.T) {
	want := []string{"Alta", "Bergen", "Oslo", "Vågå", "Zürich", "Ærø", "Ørsta", "Ål", "Aasen", "Åsnes"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Compare)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		ab, ba := Compare(a, b), Compare(b, a)
		if (ab < 0) != (ba > 0) || (ab == 0) != (a == b) {
			t.Fatalf("Compare(%q, %q) = %d, turned round %d", a, b, ab, ba)
		}
	})
}

// The message files are kept sorted, so that two people who add keys rarely
// touch the same lines.
func TestMessageFilesAreSorted(t *testing.T) {
	for _, tag := range Tags {
		data, err := os.ReadFile("messages/" + string(tag) + ".json")
		if err != nil {
			t.Fatal(err)
		}
		pairs, err := readPairs(data)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(pairs, func(a, b pair) int { return strings.Compare(a.key, b.key) }) {
			t.Errorf("%s.json is not sorted by key", tag)
		}
	}
}
