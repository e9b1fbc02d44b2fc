package test

import (
	"encoding/json"
	"flag"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/project"
	"funn/internal/publication"
)

var update = flag.Bool("update", false, "write the golden files anew")

// answer is a list of the API as a foreign program reads it.
type answer struct {
	Items []map[string]any `json:"items"`
	Total int              `json:"total"`
	Next  *string          `json:"next"`
}

// ask reads one page of a list and holds it to what every list promises.
func (s *site) ask(t testing.TB, person, path string) answer {
	t.Helper()
	res, err := s.as(t, person).Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	status, body := read(t, res)
	if status != http.StatusOK || res.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%s: %d %s\n%s", path, status, res.Header.Get("Content-Type"), body)
	}
	if c := res.Cookies(); person == "" && len(c) > 0 {
		t.Errorf("%s sets the cookie %s", path, c[0].Name)
	}
	var a answer
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatalf("%s: %v\n%s", path, err, body)
	}
	if a.Items == nil {
		t.Fatalf("%s: no items\n%s", path, body)
	}
	for _, i := range a.Items {
		for _, name := range []string{"id", "number", "title", "url", "source"} {
			if text, _ := i[name].(string); text == "" && (name != "source" || i["example"] != true) {
				t.Errorf("%s: %v has no %s", path, i["number"], name)
			}
		}
		if _, told := i["example"].(bool); !told {
			t.Errorf("%s: %v does not say whether it is an example", path, i["number"])
		}
	}
	return a
}

// The counts of the annual report come out of the API, each item with its source.
func TestCountsOfTheReport(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for _, c := range []struct {
			instrument, filter string
			want               int
		}{
			{"grant", "finished_in=2022", 7},
			{"grant", "active_on=2023-01-01", 15},
			{"grant", "started_in=2022", 6},
			{"commission", "active_on=2022-12-31", 14},
			{"commission", "finished_in=2022", 6},
			{"phd", "finished_in=2022", 3},
			{"phd", "active_on=2022-12-31", 7},
		} {
			a := s.ask(t, "", "/api/v1/projects?limit=200&instrument="+c.instrument+"&"+c.filter)
			if a.Total != c.want || len(a.Items) != c.want || a.Next != nil {
				t.Errorf("%s %s: total %d, %d items, next %v; want %d on one page", c.instrument, c.filter, a.Total, len(a.Items), a.Next, c.want)
			}
			for _, i := range a.Items {
				if i["instrument"] != c.instrument || i["example"] != false {
					t.Errorf("%s %s holds %v of instrument %v, example %v", c.instrument, c.filter, i["number"], i["instrument"], i["example"])
				}
				if year, _ := i["finished_in"].(float64); c.filter == "finished_in=2022" && year != 2022 {
					t.Errorf("%v is found by %s and says finished_in %v", i["number"], c.filter, i["finished_in"])
				}
			}
		}
	})
}

// All pages together are the list, whatever the size of a page; next is absent on
// the last.
func TestPagesOfTheAPI(t *testing.T) {
	s := onSQLite(t)
	for _, path := range []string{"/api/v1/projects", "/api/v1/publications"} {
		whole := s.ask(t, "", path+"?limit=200&example=true")
		var numbers, paged []any
		for _, i := range whole.Items {
			numbers = append(numbers, i["number"])
		}
		if len(numbers) < 15 || whole.Next != nil {
			t.Fatalf("%s: %d items, next %v; the test needs several pages of them", path, len(numbers), whole.Next)
		}
		for after := ""; ; {
			a := s.ask(t, "", path+"?limit=7&example=true&after="+url.QueryEscape(after))
			if a.Total != whole.Total {
				t.Errorf("%s: total %d on a page, %d in all", path, a.Total, whole.Total)
			}
			for _, i := range a.Items {
				paged = append(paged, i["number"])
			}
			if a.Next == nil {
				break
			}
			if after = *a.Next; after == "" {
				t.Fatalf("%s: next is empty, not absent", path)
			}
		}
		if d := cmp.Diff(numbers, paged); d != "" {
			t.Errorf("%s in pages of 7 (-whole +pages):\n%s", path, d)
		}
	}
}

func TestExamplesOnlyWhenAskedFor(t *testing.T) {
	s := onSQLite(t)
	for _, path := range []string{"/api/v1/projects", "/api/v1/publications"} {
		plain, with := s.ask(t, "", path+"?limit=200"), s.ask(t, "", path+"?limit=200&example=true")
		example := func(i map[string]any) bool { return i["example"] == true }
		if slices.ContainsFunc(plain.Items, example) {
			t.Errorf("%s gives examples unasked", path)
		}
		if !slices.ContainsFunc(with.Items, example) || with.Total <= plain.Total {
			t.Errorf("%s?example=true gives no examples: %d, %d without", path, with.Total, plain.Total)
		}
	}
}

// The API, the portal's search and its list of reports find the same for the same
// words, in the same order, in the inflections of a word too.
func TestAPIFindsWhatThePortalFinds(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		if err := s.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		href := regexp.MustCompile(`href="(/kunnskap/rapport/[^"#?]+)"`)
		found := func(path string) []string {
			status, page := s.get(t, "", path)
			if status != http.StatusOK {
				t.Fatalf("%s: %d", path, status)
			}
			var out []string
			for _, m := range href.FindAllStringSubmatch(page, -1) {
				if !slices.Contains(out, m[1]) {
					out = append(out, m[1])
				}
			}
			return out
		}
		for _, q := range []string{"q=sykefrav%C3%A6ret", "q=arbeid", "q=arbeid+helse", "q=finnesikkenoensted", "q=arbeid&{example}", "q=arbeid&{year}"} {
			api := strings.NewReplacer("{example}", "example=true", "{year}", "year=2022").Replace(q)
			portal := strings.NewReplacer("{example}", "eksempel=true", "{year}", "aar=2022").Replace(q)
			a := s.ask(t, "", "/api/v1/publications?limit=20&"+api)
			var urls []string
			for _, i := range a.Items {
				urls = append(urls, i["url"].(string))
			}
			for _, path := range []string{"/kunnskap/sok?innhold=publication&", "/kunnskap/rapporter?"} {
				if d := cmp.Diff(found(path+portal), urls); d != "" {
					t.Errorf("%s%s and the API (-portal +api):\n%s", path, portal, d)
				}
			}
			if q == "q=arbeid" && a.Total < 2 {
				t.Errorf("%d publications on %s: the test needs more", a.Total, q)
			}
		}
		// A reader is shown what has half of the words when nothing has all; a program is
		// given what it asked for.
		const words = "arbeid+finnesikkenoensted"
		if a := s.ask(t, "", "/api/v1/publications?q="+words); a.Total != 0 {
			t.Errorf("the API gives %d that lack a word", a.Total)
		}
		if _, page := s.get(t, "", "/kunnskap/sok?q="+words); !strings.Contains(page, "Ingen har alle ordene i «arbeid finnesikkenoensted».") || len(found("/kunnskap/sok?q="+words)) == 0 {
			t.Error("the portal shows nothing that has half of the words, or does not say so")
		}
		first := s.ask(t, "", "/api/v1/publications?q=arbeid&limit=1")
		if first.Next == nil {
			t.Fatal("no second page of a search")
		}
		second := s.ask(t, "", "/api/v1/publications?q=arbeid&limit=1&after="+url.QueryEscape(*first.Next))
		whole := s.ask(t, "", "/api/v1/publications?q=arbeid")
		if second.Items[0]["id"] != whole.Items[1]["id"] || second.Total != whole.Total {
			t.Errorf("the second page of a search is %v of %d, want %v of %d", second.Items[0]["number"], second.Total, whole.Items[1]["number"], whole.Total)
		}
	})
}

// The address of an item is a page that everybody can open, and it is about it.
func TestAddressesOfTheAPI(t *testing.T) {
	s := onSQLite(t)
	for _, path := range []string{"/api/v1/projects?limit=200&example=true", "/api/v1/publications?limit=200&example=true", "/api/v1/calls"} {
		for _, i := range s.ask(t, "", path).Items {
			address := i["url"].(string)
			status, page := s.get(t, "", address+"?malform="+i["lang"].(string)) // the title is in the language of the item
			if status != http.StatusOK || !strings.HasPrefix(address, "/kunnskap/") || !strings.Contains(html.UnescapeString(page), i["title"].(string)) {
				t.Errorf("%v at %s: %d, or not about it", i["number"], address, status)
			}
			if i["example"] == true && !strings.Contains(page, ">"+s.Catalog.Printer(lang.Tag(i["lang"].(string))).T("ui.example")+"<") {
				t.Errorf("the page of the example %v does not say that it is one", i["number"])
			}
		}
	}
}

// Errors are problem documents that tell nothing of the house.
func TestProblems(t *testing.T) {
	s := onSQLite(t)
	for path, want := range map[string]int{
		"/api/v1/projects?instrument=bidrag":                 422,
		"/api/v1/projects?finished_in=i%20fjor":              422,
		"/api/v1/projects?active_on=2022-02-30":              422,
		"/api/v1/projects?limit=0":                           422,
		"/api/v1/projects?limit=201":                         422,
		"/api/v1/projects?after=noe":                         422,
		"/api/v1/publications?year=x":                        422,
		"/api/v1/publications?after=P-2022-001":              422,
		"/api/v1/projects?tema=palitelig-forvaltning":        400,
		"/api/v1/publications?query=nav":                     400,
		"/api/v1/calls?year=2022":                            400,
		"/api/v1/calls?after=U-2022-001":                     422,
		"/api/v1/projects?started_in=2021&started_in=2022":   400,
		"/api/v1/finnes-ikke":                                404,
		"/api/v1/":                                           404,
		"/api/v1/projects/1":                                 404,
		"/api/v1/docs":                                       404,
		"/api/v1/projects?theme=" + strings.Repeat("a", 101): 422,
	} {
		res, err := s.as(t, "").Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		status, body := read(t, res)
		var problem struct {
			Title  string `json:"title"`
			Status int    `json:"status"`
		}
		if err := json.Unmarshal([]byte(body), &problem); err != nil {
			t.Errorf("%s: %v\n%s", path, err, body)
		}
		if status != want || problem.Status != want || problem.Title == "" || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s, want %d as a problem document\n%s", path, status, res.Header.Get("Content-Type"), want, body)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"} {
			if got := res.Header.Get(name); !strings.Contains(got, want) {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
	if _, body := s.get(t, "", "/api/v1/calls?year=2022&theme=x"); !strings.Contains(body, "query.year") || !strings.Contains(body, "after, limit, theme") || strings.Contains(body, "query.theme") {
		t.Errorf("the refusal names neither what is unknown nor what is allowed: %s", body)
	}
	res, err := s.as(t, "").Post(s.URL+"/api/v1/projects", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if status, body := read(t, res); status != http.StatusMethodNotAllowed || res.Header.Get("Allow") == "" {
		t.Errorf("POST: %d, Allow %q\n%s", status, res.Header.Get("Allow"), body)
	}
}

// What is not public is in no list of the API, whoever asks and whatever is asked
// for: not its words, not its count.
func TestAPIHidesWhatIsNotPublic(t *testing.T) {
	s := onSQLite(t)
	paths := []string{"/api/v1/projects?limit=200", "/api/v1/projects?limit=200&example=true", "/api/v1/publications?limit=200", "/api/v1/publications?limit=200&example=true", "/api/v1/publications?q=hemmelig"}
	before := map[string]string{}
	for _, p := range paths {
		_, before[p] = s.get(t, "", p)
	}
	projects, _ := s.Engine.Kind("project")
	publications, _ := s.Engine.Kind("publication")
	for i, state := range []string{project.Created, project.Cancelled} {
		p := &project.Project{Head: record.Head{Title: "Hemmelig prosjekt", State: state, Unit: "avdir", Example: i == 0}, Instrument: "grant", LeaderName: "Hemmelig leder"}
		if err := projects.(*project.Kind).Import(system(t.Context()), p, ""); err != nil {
			t.Fatal(err)
		}
	}
	for i, state := range []string{publication.Received, publication.MetadataReady, publication.Withdrawn} {
		p := &publication.Publication{Head: record.Head{Title: "Hemmelig rapport", State: state, Unit: "avdir", Example: i == 0}, PubType: publication.Analysis, Year: 2022, Slug: "hemmelig-" + state}
		p.Content.V.Summary = "Hemmelig sammendrag"
		if err := publications.(*publication.Kind).Import(system(t.Context()), p, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range paths {
		for _, person := range []string{"", "forsker", "fou", "admin"} {
			if _, after := s.get(t, person, p); after != before[p] {
				t.Errorf("%q at %s: %s", person, p, cmp.Diff(before[p], after))
			}
		}
	}
}

// The description of the API is what clients are made from: it changes only on
// purpose. Run with -update to write it anew.
func TestOpenAPI(t *testing.T) {
	s := onSQLite(t)
	status, body := s.get(t, "", "/api/v1/openapi.json")
	if status != http.StatusOK {
		t.Fatalf("%d\n%s", status, body)
	}
	var doc any
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	pretty, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "openapi.json")
	if *update {
		if err := os.WriteFile(golden, append(pretty, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.TrimSpace(string(want)), string(pretty)); d != "" {
		t.Errorf("the API is described otherwise (-golden +now); run with -update if that is meant:\n%s", d)
	}
}
