package facts_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"funn/internal/demo/facts"
)

// sharedDir finds the folder of source documents beside the project, or skips.
// Where CI is "true" the folder must be there.
func sharedDir(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "..", "shared", name)
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the folder of source documents is missing: %v", err)
		}
		t.Skipf("skipped, because the folder of source documents is not here: %v", err)
	}
	return dir
}

// documents reads the source documents as words, by file name.
func documents(t *testing.T) map[string][]string {
	t.Helper()
	dir := sharedDir(t, "domain")
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(files) < 2 {
		t.Fatalf("found %d source documents in %s (%v), want two", len(files), dir, err)
	}
	broken := regexp.MustCompile(`-\s*\n\s*`) // words divided at line ends
	docs := map[string][]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list := words(broken.ReplaceAllString(string(content), ""))
		if len(list) < 5000 {
			t.Fatalf("%s has only %d words", file, len(list))
		}
		docs[filepath.Base(file)] = list
	}
	return docs
}

// TestNoSentenceIsCopied holds that none of our texts has eight words in a row
// from a source document.
func TestNoSentenceIsCopied(t *testing.T) {
	const run = 8
	seen := map[string]string{}
	for name, list := range documents(t) {
		for i := range len(list) - run + 1 {
			seen[strings.Join(list[i:i+run], " ")] = name
		}
	}
	for _, l := range texts(t) {
		list := words(l.text.Body)
		for i := 0; i+run <= len(list); i++ {
			if phrase := strings.Join(list[i:i+run], " "); seen[phrase] != "" {
				t.Errorf("%s: %q stands in %s", l.path, phrase, seen[phrase])
			}
		}
	}
}

// TestNamesAreTheSources finds every title and name that is said to be the
// source's in a source document.
func TestNamesAreTheSources(t *testing.T) {
	all := " "
	for _, list := range documents(t) {
		all += strings.Join(list, " ") + " "
	}
	find := func(what, name string) {
		t.Helper()
		if !strings.Contains(all, " "+strings.Join(words(name), " ")+" ") {
			t.Errorf("%s: no source document has %q", what, name)
		}
	}
	for _, p := range facts.Projects() {
		if p.Titled {
			find(p.Key, p.Title)
		}
		if p.Leader != "" {
			find(p.Key, p.Leader)
		}
	}
	for _, r := range facts.Reports {
		if r.InAnnex() {
			find(r.Key, r.Title)
		}
	}
	for _, o := range facts.Organisations {
		if slices.ContainsFunc(facts.Rounds, func(r facts.Round) bool { return slices.Contains(r.Suppliers, o.Key) }) {
			find(o.Key, o.Name)
		}
		for _, a := range o.Aliases {
			if a.Source.Doc == facts.DocReport || a.Source.Doc == facts.DocPlan {
				find(o.Key, a.Name)
			}
		}
	}
	for _, e := range facts.Events {
		for _, s := range e.Speakers {
			find(e.Key, s.Name)
			find(e.Key, s.Role)
		}
	}
	find("signatory", facts.Signatory.Name)
	for _, f := range facts.Frameworks {
		find(f.Key, f.Type)
	}
	for _, p := range facts.Partnerships {
		for _, area := range p.Areas {
			find(p.Key, area)
		}
		for _, c := range p.Courses {
			find(p.Key, c.Title)
		}
	}
	for _, p := range facts.Publications {
		find(p.Key, p.Title)
		if p.Authors != "" {
			find(p.Key, p.Authors)
		}
	}
}

func TestSummaries(t *testing.T) {
	nynorsk := 0
	for _, r := range facts.Reports {
		summary := r.Summary()
		if !r.InAnnex() {
			if summary != nil {
				t.Errorf("%s: a report the annex leaves out has no summary in the source", r.Key)
			}
			continue
		}
		if r.Lang == facts.NN {
			nynorsk++
		}
		count := 0
		for _, passage := range summary {
			if passage.IsZero() {
				t.Errorf("%s: a passage of the summary is empty", r.Key)
			}
			if passage.Lang != r.Lang {
				t.Errorf("%s: %q is in %s, the summary in %s", r.Key, passage.Body, passage.Lang, r.Lang)
			}
			count += len(words(passage.Body))
		}
		if count < 80 || count > 150 {
			t.Errorf("%s: the summary has %d words, want 80 to 150", r.Key, count)
		}
		if len(r.KeyPoints) != 3 {
			t.Errorf("%s: %d key points, want 3", r.Key, len(r.KeyPoints))
		}
		if len(r.Findings) == 0 {
			t.Errorf("%s: no finding", r.Key)
		}
		for i, f := range r.Findings {
			if f.Statement.IsZero() || f.Limits.IsZero() {
				t.Errorf("%s: finding %d lacks its statement or its limits", r.Key, i)
			}
		}
	}
	if nynorsk < 4 {
		t.Errorf("%d summaries in nynorsk, want at least 4", nynorsk)
	}
}

// TestNynorskShare holds the language law's share, a quarter of the words in
// each form, for the facts, the summaries and the examples apart.
func TestNynorskShare(t *testing.T) {
	count := map[string]map[facts.Lang]int{"facts": {}, "summaries": {}, "examples": {}}
	for _, l := range texts(t) {
		part := "facts"
		switch {
		case isExample(l.path):
			part = "examples"
		case strings.HasPrefix(l.path, "Reports"):
			part = "summaries"
		}
		count[part][l.text.Lang] += len(words(l.text.Body))
	}
	for part, by := range count {
		share := float64(by[facts.NN]) / float64(by[facts.NN]+by[facts.NB])
		t.Logf("%s: %d words in bokmål, %d in nynorsk, share %.2f", part, by[facts.NB], by[facts.NN], share)
		if share < 0.25 || share > 0.75 {
			t.Errorf("%s: the share of nynorsk is %.2f, want a quarter or more of each form", part, share)
		}
		if by[facts.EN] != 0 {
			t.Errorf("%s: %d words in English, want none", part, by[facts.EN])
		}
	}
}

// TestLanguageTags catches a text with the wrong tag by words that only one of
// the two forms has.
func TestLanguageTags(t *testing.T) {
	only := map[facts.Lang][]string{
		facts.NB: {"ikke", "hva", "hvor", "hvordan", "hvem", "noen", "noe", "mye", "fra", "jeg", "være", "tjenester", "brukes"},
		facts.NN: {"ikkje", "kva", "kor", "korleis", "kven", "nokon", "noko", "mykje", "òg", "frå", "eg", "vere", "ein", "eit", "ei", "dei", "tenester"},
	}
	other := map[facts.Lang]facts.Lang{facts.NB: facts.NN, facts.NN: facts.NB}
	for _, l := range texts(t) {
		signs, ok := only[other[l.text.Lang]]
		if !ok {
			t.Errorf("%s: language %q", l.path, l.text.Lang)
			continue
		}
		for _, w := range words(l.text.Body) {
			if slices.Contains(signs, w) {
				t.Errorf("%s: tagged %s but has %q: %s", l.path, l.text.Lang, w, l.text.Body)
			}
		}
	}
}

// TestPlainLanguage holds the texts to short sentences and today's spelling of
// the agency's name.
func TestPlainLanguage(t *testing.T) {
	end := regexp.MustCompile(`[.!?:]\s+`)
	names := regexp.MustCompile(`«[^»]*»|NAV Kunnskap|NAV-konferansen`)
	for _, l := range texts(t) {
		for _, sentence := range end.Split(l.text.Body, -1) {
			if n := len(words(sentence)); n > 25 {
				t.Errorf("%s: a sentence of %d words: %s", l.path, n, sentence)
			}
		}
		if strings.Contains(names.ReplaceAllString(l.text.Body, ""), "NAV") {
			t.Errorf("%s: write Nav: %s", l.path, l.text.Body)
		}
		if strings.TrimSpace(l.text.Body) != l.text.Body || strings.Contains(l.text.Body, "  ") {
			t.Errorf("%s: stray space: %q", l.path, l.text.Body)
		}
	}
}

// TestExamplesNameNobody holds that no example names an organisation of the
// sources or a person in them.
func TestExamplesNameNobody(t *testing.T) {
	var names []string
	for _, o := range facts.Organisations {
		if o.Example || o.Key == "nav" {
			continue
		}
		names = append(names, o.Name)
		for _, a := range o.Aliases {
			names = append(names, a.Name)
		}
	}
	for _, p := range facts.Projects() {
		if p.Leader != "" {
			names = append(names, p.Leader)
		}
	}
	for _, e := range facts.Events {
		for _, s := range e.Speakers {
			names = append(names, s.Name)
		}
	}
	for _, l := range texts(t) {
		if !isExample(l.path) {
			continue
		}
		padded := " " + strings.Join(words(l.text.Body), " ") + " "
		for _, name := range names {
			if strings.Contains(padded, " "+strings.Join(words(name), " ")+" ") {
				t.Errorf("%s names %s: %s", l.path, name, l.text.Body)
			}
		}
	}
}
