package publication

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSlug(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Gjeldsråd på kontoret":     "gjeldsrad-pa-kontoret",
		"Frida@work: tillit & bruk": "frida-work-tillit-bruk",
		"Ærlig, øvd … Åse":          "aerlig-ovd-ase",
		"Café Rosén":                "cafe-rosen",
		"  –  ":                     "rapport",
		"日本":                        "rapport",
		"100 % av alle":             "100-av-alle",
	} {
		if got := slugOf(title); got != want {
			t.Errorf("%q gives %q, want %q", title, got, want)
		}
	}
	form := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	rapid.Check(t, func(rt *rapid.T) {
		title := rapid.String().Draw(rt, "title")
		if got := slugOf(title); !form.MatchString(got) || len(got) > slugLength {
			rt.Fatalf("%q gives %q", title, got)
		}
	})
	if got := slugOf(strings.Repeat("lange ord ", 20)); len(got) > slugLength || !strings.HasSuffix(got, "lange") && !strings.HasSuffix(got, "ord") {
		t.Errorf("a long title gives %q", got)
	}
}

func TestISBN(t *testing.T) {
	t.Parallel()
	for s, ok := range map[string]bool{
		"978-3-16-148410-0": true, "9783161484100": true, "0-306-40615-2": true, "0 8044 2957 X": true, "080442957x": true,
		"978-3-16-148410-1": false, "0-306-40615-3": false, "X804429570": false, "": false, "123": false, "978316148410": false, "97831614841O0": false,
	} {
		if _, got := normalISBN(s); got != ok {
			t.Errorf("%q: %v, want %v", s, got, ok)
		}
	}
	// Any single digit that is altered is found.
	rapid.Check(t, func(rt *rapid.T) {
		good := rapid.SampledFrom([]string{"9783161484100", "0306406152"}).Draw(rt, "isbn")
		i := rapid.IntRange(0, len(good)-1).Draw(rt, "place")
		d := rapid.IntRange(1, 9).Draw(rt, "by")
		bad := good[:i] + string('0'+(good[i]-'0'+byte(d))%10) + good[i+1:]
		if _, ok := normalISBN(bad); ok {
			rt.Fatalf("%s passes", bad)
		}
	})
}

func TestDOI(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"10.1000/182": "10.1000/182", "https://doi.org/10.1000/182": "10.1000/182", "doi:10.1000.10/a(b)c": "10.1000.10/a(b)c", " DOI: 10.1000/182 ": "10.1000/182",
		"10.1000": "", "10./x": "", "11.1000/1": "", "10.1000/": "", "10.10x0/1": "", "10.1000/a b": "", `10.1000/"onclick`: "", "": "",
	} {
		got, ok := normalDOI(s)
		if got != want || ok != (want != "") {
			t.Errorf("%q gives %q, %v; want %q", s, got, ok, want)
		}
	}
}
