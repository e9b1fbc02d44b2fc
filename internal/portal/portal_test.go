package portal_test

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/search"
	"funn/internal/platform/web"
	"funn/internal/portal"
)

// house is a small one: two themes, two reports and two projects, of which one
// each is an example.
type house struct{}

func (house) Themes(context.Context) ([]portal.Theme, error) {
	return []portal.Theme{{Slug: "na", Title: "Tema nå", Lang: "nb", Text: "Om temaet.", Plan: "2021-2025"}, {Slug: "for", Title: "Tema før", Plan: "2018-2020", Earlier: true}}, nil
}

var allReports = []portal.Report{
	{URL: "/kunnskap/rapport/a", Title: "Ein rapport", Lang: "nn", Text: "Kort sagt.", Type: "final_report", Year: 2022, Institutions: []string{"Fafo"}},
	{URL: "/kunnskap/rapport/b", Title: "Eksempelrapport", Lang: "nb", Type: "analysis", Year: 2021, Example: true},
}

func (house) Reports(_ context.Context, f portal.ReportFilter, _, _ int) ([]portal.Report, int, error) {
	var out []portal.Report
	for _, r := range allReports {
		if (!r.Example || f.Examples) && (f.Type == "" || f.Type == r.Type) && (f.Year == 0 || f.Year == r.Year) && strings.Contains(r.Title, f.Query) {
			out = append(out, r)
		}
	}
	return out, len(out), nil
}

func (house) ReportYears(context.Context, bool) ([]int, error) { return []int{2022}, nil }

var allProjects = []portal.Project{
	{Number: "P-2022-001", Title: "Prosjekt uten navn", Lang: "nb", Instrument: "grant", Label: "running", Source: "ÅR", Unnamed: true},
	{Number: "P-2022-002", Title: "A project", Lang: "en", Instrument: "grant", Theme: "na", Start: "høsten 2022", Institutions: []portal.Institution{{Name: "NORCE", Role: "host"}}, Leader: "Navn fra kilden", Label: "running", Source: "ÅR"},
	{Number: "P-2022-900", Title: "Eksempelprosjekt", Lang: "nb", Instrument: "phd", Label: "running", Example: true},
}

func (house) Projects(_ context.Context, f portal.ProjectFilter, _, _ int) ([]portal.Project, int, error) {
	var out []portal.Project
	for _, p := range allProjects {
		if (!p.Example || f.Examples) && (f.Instrument == "" || f.Instrument == p.Instrument) {
			out = append(out, p)
		}
	}
	return out, len(out), nil
}

func (house) Project(_ context.Context, number string) (portal.Project, error) {
	for _, p := range allProjects {
		if p.Number == number {
			return p, nil
		}
	}
	return portal.Project{}, fault.Missing()
}

func (house) Search(_ context.Context, q search.Query) (search.Result, error) {
	if q.Text == "arbied" {
		return search.Result{Suggest: "arbeid"}, nil
	}
	res := search.Result{Total: 1, Facets: map[string][]search.Count{
		"theme": {{Value: "na", N: 5}, {Value: "for", N: 4}, {Value: "x", N: 3}, {Value: "y", N: 2}, {Value: "z", N: 1}}, "example": {{Value: "false", N: 1}, {Value: "true", N: 2}},
	}}
	res.Hits = []search.Hit{{Kind: "publication", Title: "Ein rapport", URL: "/kunnskap/rapport/a", Lang: "nn", Facets: map[string][]string{"type": {"final_report"}}, Snippet: []search.Piece{{Text: "… om "}, {Text: "arbeid", Match: true}}}}
	if len(q.Facets["example"]) == 0 {
		res.Total++
		res.Hits = append(res.Hits, search.Hit{Kind: "project", Number: "P-2022-900", Title: "Eksempelprosjekt", URL: "/kunnskap/prosjekt/P-2022-900", Lang: "nb", Example: true})
	}
	return res, nil
}

type sessions struct{ person string }

func (s sessions) PersonID(context.Context) string { return s.person }
func (sessions) PutFlash(context.Context, string)  {}
func (sessions) PopFlash(context.Context) string   { return "" }
func (sessions) Lang(context.Context) string       { return "" }
func (sessions) SetLang(context.Context, string)   {}

func server(t *testing.T, person string) http.Handler {
	t.Helper()
	m := portal.Module(portal.Deps{Reader: house{}, ReportTypes: []string{"final_report", "analysis"}, Instruments: []string{"grant", "phd"}, Labels: []string{"running"}})
	catalog := lang.NewCatalog()
	if err := cmp.Or(catalog.Load(lang.Messages), catalog.Load(web.Messages), catalog.Load(portal.Messages)); err != nil {
		t.Fatal(err)
	}
	r := &web.Router{Catalog: catalog, Sessions: sessions{person}, Logger: slog.New(slog.DiscardHandler), Actor: func(_ context.Context, id string) (access.Actor, error) {
		return access.Actor{ID: id, Name: "Ola", Staff: true}, nil
	}}
	m.Routes(r)
	return r.Handler()
}

func get(t *testing.T, h http.Handler, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Language", "nb")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// page is a page taken apart.
type page struct {
	links, headings []string
	text            string
	byLang          map[string]string // texts marked as in another language
	description     string
	status          string // what stands in role=status
}

func parse(t *testing.T, res *http.Response) page {
	t.Helper()
	doc, err := html.Parse(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := page{byLang: map[string]string{}}
	attr := func(n *html.Node, name string) string {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
		return ""
	}
	var words func(n *html.Node) string
	words = func(n *html.Node) string {
		if n.Type == html.TextNode {
			return n.Data
		}
		var b strings.Builder
		for c := range n.ChildNodes() {
			b.WriteString(words(c))
		}
		return b.String()
	}
	for n := range doc.Descendants() {
		switch {
		case n.Data == "a":
			p.links = append(p.links, attr(n, "href"))
		case n.Data == "h1":
			p.headings = append(p.headings, words(n))
		case n.Data == "meta" && attr(n, "name") == "description":
			p.description = attr(n, "content")
		}
		if n.Type == html.ElementNode && n.Data != "html" && attr(n, "lang") != "" {
			p.byLang[attr(n, "lang")] += words(n) + "\n"
		}
		if attr(n, "role") == "status" {
			p.status += words(n)
		}
	}
	p.text = words(doc)
	return p
}

var addresses = []string{
	"/", "/kunnskap/sok", "/kunnskap/sok?q=arbeid", "/kunnskap/sok?q=arbied", "/kunnskap/rapporter", "/kunnskap/prosjekter", "/kunnskap/prosjekt/P-2022-002",
	"/kunnskap/tema", "/kunnskap/tema/na", "/kunnskap/tema/for", "/tilgjengelighet", "/personvern",
}

// Every page has one heading and a description, no cookie, and leads only to
// what is public and to the login.
func TestPagesArePublicThroughAndThrough(t *testing.T) {
	h := server(t, "")
	for _, path := range addresses {
		res := get(t, h, path)
		if res.StatusCode != http.StatusOK || len(res.Cookies()) > 0 {
			t.Errorf("%s: %d, cookies %v", path, res.StatusCode, res.Cookies())
		}
		p := parse(t, res)
		if len(p.headings) != 1 || p.headings[0] == "" || p.description == "" {
			t.Errorf("%s: headings %q, description %q", path, p.headings, p.description)
		}
		for _, to := range p.links {
			switch {
			case to == "/", to == "/logginn", strings.HasPrefix(to, "/kunnskap/"), strings.HasPrefix(to, "#"), strings.HasPrefix(to, path+"?"), strings.HasPrefix(to, "/?"),
				to == "/tilgjengelighet", to == "/personvern", to == "/api/v1/openapi.json", to == "https://uustatus.no", to == "https://www.uutilsynet.no":
			case to == "/kunnskap/tema":
			default:
				t.Errorf("%s leads to %s", path, to)
			}
		}
		if strings.Contains(p.text, "portal.") {
			t.Errorf("%s lacks a text: %s", path, p.text[max(0, strings.Index(p.text, "portal.")-20):])
		}
	}
}

// Examples stand in no list or count unless they are asked for, and then with
// their tag.
func TestExamplesAreAskedFor(t *testing.T) {
	h := server(t, "")
	for _, path := range []string{"/", "/kunnskap/tema/na"} {
		if p := parse(t, get(t, h, path)); strings.Contains(p.text, "Eksempel") {
			t.Errorf("%s shows an example", path)
		}
	}
	for _, path := range []string{"/kunnskap/rapporter", "/kunnskap/prosjekter", "/kunnskap/sok?q=arbeid"} {
		plain := parse(t, get(t, h, path))
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		with := parse(t, get(t, h, path+sep+"eksempel=true"))
		if strings.Contains(plain.text, "Eksempel") {
			t.Errorf("%s shows an example unasked", path)
		}
		if strings.Count(with.text, "Eksempel") < 2 {
			t.Errorf("%s with examples shows none with its tag:\n%s", path, with.text)
		}
		if plain.status == with.status {
			t.Errorf("%s counts %q with and without examples", path, plain.status)
		}
	}
}

func TestWhatStandsOnAProjectsPage(t *testing.T) {
	p := parse(t, get(t, server(t, ""), "/kunnskap/prosjekt/P-2022-002"))
	for _, want := range []string{"høsten 2022", "NORCE", "Navn fra kilden", "Tema nå", "Ikke oppgitt i kilden", "ÅR", "P-2022-002"} {
		if !strings.Contains(p.text, want) {
			t.Errorf("no %q on the page:\n%s", want, p.text)
		}
	}
	if !strings.Contains(p.byLang["en"], "A project") {
		t.Errorf("the English title is not marked as English: %q", p.byLang)
	}
}

func TestAbsent(t *testing.T) {
	h := server(t, "")
	for _, path := range []string{"/kunnskap/prosjekt/P-2022-999", "/kunnskap/tema/finnes-ikke", "/kunnskap/finnes-ikke"} {
		if res := get(t, h, path); res.StatusCode != http.StatusNotFound || res.Header.Get("Cache-Control") != "" {
			t.Errorf("%s: %d, kept %q", path, res.StatusCode, res.Header.Get("Cache-Control"))
		}
	}
	if res := get(t, h, "/kunnskap"); res.StatusCode != http.StatusPermanentRedirect || res.Header.Get("Location") != "/" {
		t.Errorf("/kunnskap: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
}

// A search that finds nothing helps the reader on.
func TestNothingFound(t *testing.T) {
	p := parse(t, get(t, server(t, ""), "/kunnskap/sok?q=arbied&tema=na"))
	for _, want := range []string{"/kunnskap/sok?q=arbeid&tema=na", "/kunnskap/sok?q=arbied", "/kunnskap/tema/na", "/kunnskap/tilbakemelding?side=%2Fkunnskap%2Fsok%3Fq%3Darbied%26tema%3Dna"} {
		found := false
		for _, l := range p.links {
			found = found || l == want
		}
		if !found {
			t.Errorf("no link to %s among %v", want, p.links)
		}
	}
	if !strings.Contains(p.status, "0 treff på «arbied»") {
		t.Errorf("status %q", p.status)
	}
}

// Three values of a facet stand open; chosen ones are always among them and can
// be taken off.
func TestFacets(t *testing.T) {
	res := get(t, server(t, ""), "/kunnskap/sok?q=arbeid&tema=z&tema=y")
	p := parse(t, res)
	if !strings.Contains(p.text, "Vis 2 til under tema") {
		t.Errorf("the rest is not behind a line that counts it:\n%s", p.text)
	}
	for _, want := range []string{"/kunnskap/sok?q=arbeid&tema=y", "/kunnskap/sok?q=arbeid&tema=z", "/kunnskap/sok?tema=z&tema=y"} {
		if !strings.Contains(strings.Join(p.links, "\n")+"\n", want+"\n") {
			t.Errorf("no way to take off a choice: %s not among %v", want, p.links)
		}
	}
	if !strings.Contains(p.byLang["nn"], "Ein rapport") {
		t.Errorf("a hit in nynorsk is not marked: %q", p.byLang)
	}
}

// Pages that are the same for everybody may be kept for a while; those of
// somebody who is logged in, or who has chosen a language, not by others.
func TestKeeping(t *testing.T) {
	h := server(t, "")
	first := get(t, h, "/")
	tag := first.Header.Get("ETag")
	if tag == "" || first.Header.Get("Cache-Control") != "public, max-age=60" {
		t.Fatalf("ETag %q, Cache-Control %q", tag, first.Header.Get("Cache-Control"))
	}
	again := get(t, h, "/", "If-None-Match", tag)
	if again.StatusCode != http.StatusNotModified || again.ContentLength > 0 {
		t.Errorf("asked again: %d", again.StatusCode)
	}
	if other := get(t, h, "/", "If-None-Match", tag, "Accept-Language", "en"); other.StatusCode != http.StatusOK {
		t.Errorf("in English with the tag of bokmål: %d", other.StatusCode)
	}
	for _, res := range []*http.Response{get(t, h, "/?malform=nn"), get(t, h, "/", "Cookie", "malform=nn")} {
		if got := res.Header.Get("Cache-Control"); got != "private, no-cache" {
			t.Errorf("with a cookie: %q", got)
		}
	}
	staff := get(t, server(t, "ola"), "/")
	if got := staff.Header.Get("Cache-Control"); got != "no-store" || staff.Header.Get("ETag") != "" {
		t.Errorf("logged in: %q, ETag %q", got, staff.Header.Get("ETag"))
	}
}

// Every text is there in all three languages.
func TestTexts(t *testing.T) {
	c := lang.NewCatalog()
	if err := c.Load(portal.Messages); err != nil {
		t.Fatal(err)
	}
	if missing := c.Missing(); len(missing) > 0 {
		t.Errorf("missing: %v", missing)
	}
}
