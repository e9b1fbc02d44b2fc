package test

import (
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"funn/internal/call"
	"funn/internal/platform/db"
	"funn/internal/platform/record"
	"funn/internal/project"
	"funn/internal/publication"
)

// publicPages are the addresses that everybody reads.
var publicPages = []string{
	"/", "/kunnskap/sok", "/kunnskap/sok?q=hemmelig", "/kunnskap/sok?q=hemmelig&eksempel=true", "/kunnskap/sok?eksempel=true", "/kunnskap/rapporter",
	"/kunnskap/rapporter?q=hemmelig", "/kunnskap/rapporter?eksempel=true", "/kunnskap/prosjekter?q=hemmelig", "/kunnskap/prosjekter", "/kunnskap/prosjekter?eksempel=true",
	"/kunnskap/prosjekter?side=2", "/kunnskap/prosjekter?side=3", "/kunnskap/tema", "/kunnskap/tema/palitelig-forvaltning", "/kunnskap/utlysninger", "/api/v1/calls",
}

// What is not public leaves no trace on the portal: the pages are the same to the
// byte with and without it.
func TestPortalHidesWhatIsNotPublic(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		if err := s.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := map[string]string{}
		for _, p := range publicPages {
			status, body := s.get(t, "", p)
			if status != http.StatusOK {
				t.Fatalf("%s: %d", p, status)
			}
			before[p] = body
		}
		projects, _ := s.Engine.Kind("project")
		publications, _ := s.Engine.Kind("publication")
		var hidden []string
		for _, state := range []string{project.Created, project.Cancelled} {
			p := &project.Project{Head: record.Head{Title: "Hemmelig prosjekt", State: state, Unit: "avdir"}, Instrument: "grant", Theme: "palitelig-forvaltning", Summary: "Hemmelig sammendrag"}
			if err := projects.(*project.Kind).Import(system(t.Context()), p, ""); err != nil {
				t.Fatal(err)
			}
			hidden = append(hidden, "/kunnskap/prosjekt/"+p.Number)
		}
		for _, state := range []string{publication.Received, publication.MetadataReady, publication.Withdrawn} {
			p := &publication.Publication{Head: record.Head{Title: "Hemmelig rapport", State: state, Unit: "avdir"}, PubType: publication.Analysis, Year: 2029, Theme: "palitelig-forvaltning", Slug: "hemmelig-" + strings.ToLower(state)}
			p.Content.V.Summary = "Hemmelig sammendrag"
			if err := publications.(*publication.Kind).Import(system(t.Context()), p, ""); err != nil {
				t.Fatal(err)
			}
			if state != publication.Withdrawn {
				hidden = append(hidden, "/kunnskap/rapport/"+p.Slug)
			}
		}
		calls, _ := s.Engine.Kind("call")
		for _, state := range []string{call.Draft, call.Approved, call.Cancelled} {
			c := &call.Call{Head: record.Head{Title: "Hemmelig prosjekt som utlyses", State: state}, Theme: "palitelig-forvaltning", Slug: "hemmelig-utlysning-" + strings.ToLower(state), FrameOre: 1}
			c.Texts.V = map[string]call.Text{"nb": {Purpose: "Hemmelig formål"}}
			if err := calls.(*call.Kind).Import(system(t.Context()), c, ""); err != nil {
				t.Fatal(err)
			}
			hidden = append(hidden, "/kunnskap/utlysning/"+c.Slug, "/kunnskap/utlysning/"+c.Number, "/kunnskap/utlysning/"+c.Slug+"/datoer.ics")
		}
		if err := s.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, p := range publicPages {
			if _, after := s.get(t, "", p); after != before[p] {
				t.Errorf("%s tells of what is not public: %s", p, difference(after, before[p]))
			}
		}
		for _, p := range hidden {
			if status, body := s.get(t, "", p); status != http.StatusNotFound || strings.Contains(body, "emmelig prosjekt") {
				t.Errorf("%s: %d", p, status)
			}
		}
	})
}

// The counts of the themes on the front page, with what it says of the rest, are those
// of the lists; and each count is that of the list behind it, which can be searched in.
func TestThemesAddUp(t *testing.T) {
	s := onSQLite(t)
	counts := regexp.MustCompile(`(\d+) rapport(?:er)?|(\d+) prosjekt(?:er)?`)
	sum := func(text string) (reports, projects int) {
		for _, m := range counts.FindAllStringSubmatch(text, -1) {
			n, _ := strconv.Atoi(m[1])
			reports += n
			n, _ = strconv.Atoi(m[2])
			projects += n
		}
		return reports, projects
	}
	part := func(path, from, to string) string {
		status, page := s.get(t, "", path)
		_, after, ok := strings.Cut(page, from)
		found, _, closed := strings.Cut(after, to)
		if status != http.StatusOK || !ok || !closed {
			t.Fatalf("%s: %d, no %s … %s", path, status, from, to)
		}
		return found
	}
	listed := func(path string) (reports, projects int) { return sum(part(path, `<p role="status"`, "</p>")) }
	reports, _ := listed("/kunnskap/rapporter")
	_, projects := listed("/kunnskap/prosjekter")
	front := part("/", `id="tema"`, "</section>")
	if r, p := sum(front); r != reports || p != projects || reports == 0 || projects == 0 {
		t.Errorf("the front page tells of %d reports and %d projects on themes and beside them; the lists have %d and %d", r, p, reports, projects)
	}
	all := part("/kunnskap/tema", "<main", "</main>")
	if r, p := sum(all); r != reports || p != projects {
		t.Errorf("the themes' page tells of %d reports and %d projects; the lists have %d and %d", r, p, reports, projects)
	}
	cards := 0
	for _, card := range strings.Split(all, "<a ")[1:] {
		href := html.UnescapeString(regexp.MustCompile(`href="([^"]*)"`).FindStringSubmatch(card)[1])
		wantReports, wantProjects := sum(card)
		switch {
		case strings.HasPrefix(href, "/kunnskap/tema/"):
			slug := strings.TrimPrefix(href, "/kunnskap/tema/")
			r, _ := listed("/kunnskap/rapporter?tema=" + slug)
			if _, p := listed("/kunnskap/prosjekter?tema=" + slug); r != wantReports || p != wantProjects {
				t.Errorf("%s: the card has %d and %d, the lists %d and %d", slug, wantReports, wantProjects, r, p)
			}
			cards++
		case strings.Contains(href, "tema=none"):
			if r, p := listed(href); r != wantReports || p != wantProjects {
				t.Errorf("%s: %d and %d, told as %d and %d", href, r, p, wantReports, wantProjects)
			}
			cards++
		}
	}
	if cards < 6 {
		t.Errorf("%d themes", cards)
	}
	if r, _ := listed("/kunnskap/rapporter?tema=none&q=inntektssikring"); r != 1 {
		t.Errorf("%d reports without a theme are found by a word, want 1", r)
	}
}

// Whoever looks for a word of the field finds what is written of the same in other
// words, and is told so: in the portal, in the staff search, and where a need is
// checked against what is known.
func TestRelatedWordsAreTold(t *testing.T) {
	s := onSQLite(t)
	for person, path := range map[string]string{"": "/kunnskap/sok?q=sykefrav%C3%A6r", "fou": "/sok?q=sykefrav%C3%A6r"} {
		status, page := s.get(t, person, path)
		if status != http.StatusOK || !strings.Contains(page, "Kompetansetiltak for sykmeldte") || !strings.Contains(page, "Viser også treff på «sykmeldt»") {
			t.Errorf("%s: %d, related words are not found or not told of", path, status)
		}
	}
	if _, page := s.get(t, "", "/kunnskap/sok?q=digital"); strings.Contains(page, "Viser også treff") {
		t.Error("a word without others is said to have them")
	}
	if status, page := s.get(t, "fou", "/behov/B-2022-003/kunnskap?q=sykefrav%C3%A6r"); status != http.StatusOK || !strings.Contains(page, "Viser også treff på «sykmeldt»") {
		t.Errorf("what is known: %d", status)
	}
}

// What came of a call is told to everybody in the words that the public has for it:
// a project that is wound up in Funn is finished, no more.
func TestPortalTellsWhatCameOfACall(t *testing.T) {
	s := onSQLite(t)
	calls, _ := s.Engine.Kind("call")
	c := &call.Call{Head: record.Head{Title: "Utlyst", State: call.Closed}, Slug: "utlyst", FrameOre: 1}
	if err := calls.(*call.Kind).Import(system(t.Context()), c, ""); err != nil {
		t.Fatal(err)
	}
	projects, _ := s.Engine.Kind("project")
	var finished string
	for title, state := range map[string]string{"Det ferdige": project.Closed, "Det hemmelige": project.Created} {
		p := &project.Project{Head: record.Head{Title: title, State: state, Unit: "avdir"}, Instrument: "grant", Grounds: db.JSON[[]string]{V: []string{c.ID}}}
		p.SetFlag(project.PublicFlag, state == project.Closed)
		if err := projects.(*project.Kind).Import(system(t.Context()), p, ""); err != nil {
			t.Fatal(err)
		}
		if state == project.Closed {
			finished = p.Number
		}
	}
	if _, page := s.get(t, "", "/kunnskap/prosjekt/"+finished); !strings.Contains(page, `href="/kunnskap/utlysning/utlyst"`) {
		t.Error("a project does not lead to the call that it was awarded in")
	}
	status, page := s.get(t, "", "/kunnskap/utlysning/utlyst")
	_, list, _ := strings.Cut(page, "Det ferdige")
	if status != http.StatusOK || !strings.Contains(list, ">Ferdig<") || strings.Contains(page, "Ferdig og lukket") || strings.Contains(page, "Det hemmelige") {
		t.Errorf("%d: what came of the call is told as: %s", status, list)
	}
}

// Of a project everybody may know the facts and what it is about; what else is written
// of it is not found and not shown.
func TestPortalKnowsOnlyTheFactsOfAProject(t *testing.T) {
	s := onSQLite(t)
	k, _ := s.Engine.Kind("project")
	p := &project.Project{
		Head: record.Head{Title: "Et åpent prosjekt", State: project.Running, Unit: "avdir"}, Instrument: "grant", ContractOn: demoDay.AddDate(0, -1, 0),
		Summary: "Om turnips.", LeaderName: "Lederkanari", ReviewNote: "kanarifugl", HoldReason: "kanarifugl",
		Deliverables: db.JSON[[]project.Deliverable]{V: []project.Deliverable{{ID: 1, Kind: project.Interim, Title: "kanarifugl"}}},
	}
	p.SetFlag(project.PublicFlag, true)
	if err := k.(*project.Kind).Import(system(t.Context()), p, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, page := s.get(t, "", "/kunnskap/sok?q=%C3%A5pent+prosjekt"); !strings.Contains(page, "Et åpent prosjekt") {
		t.Error("the project is not found by its title")
	}
	if _, page := s.get(t, "", "/kunnskap/sok?q=turnips"); !strings.Contains(page, "Et åpent prosjekt") {
		t.Error("the project is not found by its summary")
	}
	if _, page := s.get(t, "", "/kunnskap/prosjekt/"+p.Number); !strings.Contains(page, "Om turnips.") {
		t.Error("the project's page does not tell what it is about")
	}
	for _, path := range []string{"/kunnskap/prosjekt/" + p.Number, "/kunnskap/sok?q=kanarifugl", "/kunnskap/sok?q=lederkanari", "/kunnskap/prosjekter", "/api/v1/projects?limit=200"} {
		status, page := s.get(t, "", path)
		if status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
		if strings.Contains(path, "sok") && strings.Contains(page, "Et åpent prosjekt") || !strings.Contains(path, "sok") && strings.Contains(strings.ToLower(page), "kanari") {
			t.Errorf("%s tells more than the facts", path)
		}
	}
}
