package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func collect(text string) (out []word) {
	words(text, func(w word) bool { out = append(out, w); return true })
	return out
}

func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                              "",
		" – ; !":                        "",
		"Nav skal hjelpe":               "nav skal hjelpe",
		"NAV-kontoret, FoU-":            "navkontoret(nav kontoret) fou",
		"«Navs» Nav's d’accord":         "navs navs daccord",
		"2021–2025, 2,5 B-2022-001":     "2021 2025 2 5 b2022001(b 2022 001)",
		"sam\u00adarbeid":               "samarbeid",
		"Rosén ÆRLIG A\u030Ar":          "rosen ærlig år",
		"e\u2011post":                   "epost(e post)",
		"a--b -c":                       "a b c",
		strings.Repeat("x", 65) + " ok": "ok",
		strings.Repeat("a-", 20):        "",
		"\xff\xfetext":                  "text",
	} {
		var got []string
		for _, w := range collect(text) {
			s := w.folded
			if w.pieces != nil {
				s += "(" + strings.Join(w.pieces, " ") + ")"
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// Words in a row have one stem, so that each finds the others.
func TestStem(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"bruker brukeren brukere brukerne brukar brukaren brukarar brukarane",
		"kontor kontoret kontora kontorene",
		"senter senteret senterets",
		"forskning forskningen forskninga",
		"mogleg moglegheit moglegheita moglegheiter",
		"tiltak tiltaket tiltakene tiltaka",
		"rapport rapporten rapporter rapportene rapportane",
		"veileder veiledere veilederne",
		"kommune kommunen kommuner kommunar kommunane",
	} {
		all := strings.Fields(line)
		for _, w := range all[1:] {
			if a, b := stem(all[0], "nb"), stem(w, "nb"); a != b {
				t.Errorf("%s has %s, %s has %s", all[0], a, w, b)
			}
		}
	}
	if got := stem("evaluations", "en"); got != stem("evaluation", "en") {
		t.Errorf("English: %s", got)
	}
}

// A line of words that already have the same stem is a line too many.
func TestAlike(t *testing.T) {
	t.Parallel()
	for _, line := range strings.Split(strings.TrimSpace(alike), "\n") {
		group := strings.Fields(line)
		var stems []string
		for _, w := range group {
			if w != strings.ToLower(w) {
				t.Errorf("%s is not lower case", w)
			}
			if s := stem(w, "nb"); !slices.Contains(stems, s) {
				stems = append(stems, s)
			}
		}
		if len(stems) != len(group) {
			t.Errorf("%v have stems %v", group, stems)
		}
		for _, a := range stems {
			for _, b := range stems {
				if a != b && !slices.Contains(synonyms()[a], b) {
					t.Errorf("%s does not lead to %s", a, b)
				}
			}
		}
	}
}

// Related words lead to each other; none is already the same by its stem or by alike.
func TestRelatives(t *testing.T) {
	t.Parallel()
	for _, line := range strings.Split(strings.TrimSpace(related), "\n") {
		group := strings.Fields(line)
		for _, a := range group {
			form := strings.TrimPrefix(a, "=")
			w := asked{word: word{folded: form}, stems: bothStems(form)}
			for _, b := range group {
				if to := strings.TrimPrefix(b, "="); a != b && !slices.ContainsFunc(relativesOf(w), func(r relative) bool { return r.word == to }) {
					t.Errorf("%s does not lead to %s", form, to)
				}
				if from, to := stem(form, ""), stem(b, ""); a != b && (from == to || slices.Contains(synonyms()[from], to)) {
					t.Errorf("%s and %s are the same already", a, b)
				}
			}
		}
	}
	if r := relativesOf(asked{word: word{folded: "leder"}, stems: bothStems("leder")}); len(r) > 0 {
		t.Errorf("leder leads to %v", r)
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	for w, want := range map[string]string{
		"arbeidsmarkedstiltak":    "tiltak marked arbeid",
		"vannmiljøtiltak":         "tiltak miljø vann",
		"forskningsprosjektet":    "prosjekt forskning",
		"forskingsprosjekta":      "prosjekt forsking",
		"ungdomsarbeidsledighet":  "led arbeid ungdom",
		"sykefraværsoppfølging":   "oppfølging fravær syk",
		"sosialhjelpsmottakarane": "mottak hjelp sosial",
		"velferdsteknologien":     "teknologi velferd",
		"arbeidsinkluderingen":    "inkludering arbeid",
		"evalueringsopplegg":      "evaluering opplegg",
		"samarbeid":               "",
		"rapport":                 "",
		"spesialpedagogikk":       "",
		"kunnskap":                "",
		"politiker":               "",
		"barn":                    "",
		"xxxxxtiltak":             "",
	} {
		if got := strings.Join(parts(w), " "); got != want {
			t.Errorf("%s: got %q, want %q", w, got, want)
		}
	}
}

func TestNumberKey(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"B-2022-001", "b 2022 001", "B2022001", "b–2022–001"} {
		if got := numberKey(s); got != "b2022001" {
			t.Errorf("%s: %s", s, got)
		}
	}
}

// Whatever a file holds, its words are found where they are said to be and can
// be cut out of it.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"Nav-kontor og «år» 2021–2025", "\xff\xfe", "a\u00ad\u00ad-'’", "A\u030A\u030A", "İı ẞ ﬁ", "\U0001F600-x", "sykefraværsoppfølging"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, w := range collect(text) {
			if w.start < end || w.end <= w.start || w.end > len(text) {
				t.Fatalf("%q: word at %d to %d after %d", text, w.start, w.end, end)
			}
			end = w.end
			if w.folded == "" || !utf8.ValidString(w.folded) || strings.ContainsAny(w.folded, " \x00") {
				t.Fatalf("%q: word %q", text, w.folded)
			}
			for _, language := range []string{"nb", "en"} {
				if s := stem(w.folded, language); s == "" || !utf8.ValidString(s) {
					t.Fatalf("%q: stem %q", w.folded, s)
				}
			}
			for _, p := range parts(w.folded) {
				if p == "" || !utf8.ValidString(p) {
					t.Fatalf("%q: part %q", w.folded, p)
				}
			}
		}
	})
}
