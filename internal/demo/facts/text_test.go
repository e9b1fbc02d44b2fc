package facts_test

import (
	"crypto/sha256"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"funn/internal/demo/facts"
)

var update = flag.Bool("update", false, "make the digests in testdata anew from ../shared beside the project")

// sharedDir is where the source documents lie beside the project. They are not
// part of it, so a clone elsewhere has only their digests.
func sharedDir(name string) string {
	return filepath.Join("..", "..", "..", "..", "shared", name)
}

// wordSize is the bytes kept of the hash of each word: enough that a phrase is
// told from another, and too few to make a document of.
const wordSize = 3

// digest gives the hashes of words, in order.
func digest(list []string) string {
	var out strings.Builder
	for _, w := range list {
		sum := sha256.Sum256([]byte(w))
		out.Write(sum[:wordSize])
	}
	return out.String()
}

// has tells whether the digest has the phrase, at the start of a word.
func has(document, phrase string) bool {
	for from := 0; ; {
		i := strings.Index(document[from:], phrase)
		if i < 0 {
			return false
		}
		if from += i; from%wordSize == 0 {
			return true
		}
		from++
	}
}

// documents gives the digests of the source documents. Where the documents are at
// hand, a digest that is not theirs is an error.
func documents(t *testing.T) map[string]string {
	t.Helper()
	broken := regexp.MustCompile(`-\s*\n\s*`) // words divided at line ends
	docs := map[string]string{}
	for _, name := range []string{"nav-fou-arsrapport-2022", "nav-fou-plan-2021-2025"} {
		kept := filepath.Join("testdata", name+".words")
		content, err := os.ReadFile(filepath.Join(sharedDir("domain"), name+".txt"))
		if err == nil && *update {
			if err := os.WriteFile(kept, []byte(digest(words(broken.ReplaceAllString(string(content), "")))), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		ours, errOurs := os.ReadFile(kept)
		if errOurs != nil {
			t.Fatal(errOurs)
		}
		if err == nil && string(ours) != digest(words(broken.ReplaceAllString(string(content), ""))) {
			t.Errorf("%s is not of the document; run this test with -update", kept)
		}
		if len(ours) < 5000*wordSize {
			t.Fatalf("%s has only %d words", kept, len(ours)/wordSize)
		}
		docs[name] = string(ours)
	}
	return docs
}

// TestNoSentenceIsCopied holds that none of our texts has eight words in a row
// from a source document.
func TestNoSentenceIsCopied(t *testing.T) {
	const run = 8
	seen := map[string]string{}
	for name, doc := range documents(t) {
		for i := 0; i+run*wordSize <= len(doc); i += wordSize {
			seen[doc[i:i+run*wordSize]] = name
		}
	}
	for _, l := range texts(t) {
		list := words(l.text.Body)
		for i := 0; i+run <= len(list); i++ {
			if name := seen[digest(list[i:i+run])]; name != "" {
				t.Errorf("%s: %q stands in %s", l.path, strings.Join(list[i:i+run], " "), name)
			}
		}
	}
}

// TestNamesAreTheSources finds every title and name that is said to be the
// source's in a source document.
func TestNamesAreTheSources(t *testing.T) {
	docs := documents(t)
	find := func(what, name string) {
		t.Helper()
		phrase := digest(words(name))
		for _, doc := range docs {
			if has(doc, phrase) {
				return
			}
		}
		t.Errorf("%s: no source document has %q", what, name)
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
	// Nor is an address made up.
	find("all reports", facts.AllReports)
	for _, p := range facts.Publications {
		if p.URL != "" {
			find(p.Key, p.URL)
		}
	}
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
