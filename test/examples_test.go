package test

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"funn/internal/platform/db"
)

// A record that is made up says so wherever it is listed: on lists, in searches, and on
// the pages of the records that it hangs on.
func TestExamplesAreMarked(t *testing.T) {
	s := onSQLite(t)
	list, err := db.All[struct {
		Kind   string `db:"kind"`
		Number string `db:"number"`
	}](t.Context(), s.Engine.DB, "SELECT kind, number FROM record WHERE example AND kind IN ('need', 'project', 'publication', 'uptake', 'call') ORDER BY number")
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string]bool{}
	pages := []string{
		"/portefolje?eksempler=med", "/portefolje?eksempler=med&visning=tidslinje", "/behov", "/publikasjon", "/bruk", "/utlysning", "/oppgaver", "/sok?q=eksempel", "/sok?q=m%C3%B8ter",
		"/kunnskap/prosjekter?eksempel=true", "/kunnskap/rapporter?eksempel=true", "/kunnskap/utlysninger", "/kunnskap/sok?q=m%C3%B8ter&eksempel=true", "/",
	}
	for _, x := range list {
		k, ok := s.Engine.Kind(x.Kind)
		if !ok {
			t.Fatalf("no kind %s", x.Kind)
		}
		_, base := k.Paths()
		examples[base+"/"+x.Number] = true
		pages = append(pages, base+"/"+x.Number)
		switch x.Kind {
		case "project":
			examples["/kunnskap/prosjekt/"+x.Number] = true
			pages = append(pages, base+"/"+x.Number+"/formidling", "/kunnskap/prosjekt/"+x.Number)
		case "need":
			pages = append(pages, base+"/"+x.Number+"/kunnskap", "/trad/"+x.Number)
		}
	}
	listed := 0
	for _, page := range pages {
		status, body := s.get(t, "fou", page)
		if status == http.StatusNotFound {
			continue // a draft of somebody else's, or not under contract
		}
		if status != http.StatusOK {
			t.Errorf("%s: %d", page, status)
			continue
		}
		doc, err := html.Parse(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode || n.Data != "a" {
				continue
			}
			to, err := url.Parse(attribute(n, "href"))
			if err != nil || !examples[to.Path] || strings.Contains(page, path.Base(to.Path)) {
				continue // a page leads to itself in its tabs and languages
			}
			row := n.Parent
			for row != nil && row.Data != "li" && row.Data != "tr" {
				row = row.Parent
			}
			if row == nil {
				continue // a fact, and no list
			}
			listed++
			if words := content(row); !strings.Contains(words, "Eksempel") && !strings.Contains(words, "(eksempel)") {
				t.Errorf("%s lists %s without the mark: %s", page, to.Path, words)
			}
		}
	}
	if listed < 40 {
		t.Errorf("only %d examples are listed on %d pages", listed, len(pages))
	}
}

func content(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
