package test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"funn/internal/need"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
	"funn/internal/project"
	"funn/internal/publication"
)

// outsiders are sorts of people who are not employed by the agency.
var outsiders = []string{"forsker", "leverandor", "fagvurderer"}

// Which places are open to whom is told here anew, from the requirements, so that
// a rule set wrong on a route is seen.
var (
	// What everybody may open: the portal, what the law demands, the way in, and the
	// lists of what the agency tells the public.
	openPlaces = regexp.MustCompile(`^/($|kunnskap|tilgjengelighet$|personvern$|logginn($|/epost/)|demo|plan$|programnotat$|utlysning$|rammeavtale$)`)
	// What only the agency's own may open.
	staffPlaces = regexp.MustCompile(`^/(organisasjon|admin|tilbakemelding)(/[a-z]+)?$`)
	// What only some of them may open.
	adminPlaces = regexp.MustCompile(`^/admin`)
)

// Whoever has not logged in is asked to, except where everybody may read; whoever
// is from outside does not learn that a place of the agency's own exists.
func TestWhoIsLetIn(t *testing.T) {
	s := onSQLite(t)
	tried := 0
	for _, route := range s.Router.Routes() {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		path := strings.TrimSuffix(pattern, "{$}")
		if method != http.MethodGet || strings.Contains(path, "{") {
			continue
		}
		tried++
		open := openPlaces.MatchString(path) && !strings.HasSuffix(path, "/ny")
		if status, _ := s.get(t, "", path); open == (status == http.StatusSeeOther) && path != "/plan" {
			t.Errorf("nobody at %s: %d, but open to all is %v", path, status, open)
		}
		if route.Command != "" || !staffPlaces.MatchString(path) {
			continue
		}
		for _, person := range outsiders {
			if status, _ := s.get(t, person, path); status != http.StatusNotFound {
				t.Errorf("%s at %s: %d, want 404", person, path, status)
			}
		}
		if adminPlaces.MatchString(path) {
			if status, _ := s.get(t, "kontor", path); status != http.StatusNotFound {
				t.Errorf("kontor at %s: %d, want 404", path, status)
			}
		}
	}
	if tried < 30 {
		t.Errorf("only %d places tried", tried)
	}
}

// Of what the agency tells everybody, outsiders read the content; who did what,
// and whom it waits for, is the agency's own.
func TestHandlingIsForInsiders(t *testing.T) {
	s := onSQLite(t)
	tried := 0
	for _, k := range s.Engine.Kinds() {
		name, path := k.Paths()
		for _, h := range s.records(t, name) {
			if status, _ := s.get(t, "", path+"/"+h.Number); status != http.StatusOK {
				continue
			}
			if state, _ := k.Lifecycle().State(h.State); state.Final {
				continue
			}
			tried++
			if _, err := s.Engine.DB.Exec(t.Context(), "INSERT INTO task (record_id, name, command, role, unit, person_id, detail, since, due) VALUES ($1, 'x', 'x', '', '', 'statistikk', '', $2, NULL)", h.ID, h.Created); err != nil {
				t.Fatal(err)
			}
			waits := s.Catalog.Printer(lang.NB).T("record.waits_for")
			if _, page := s.get(t, "fou", path+"/"+h.Number); !strings.Contains(page, waits) {
				t.Errorf("staff do not see whom %s waits for: the test sees nothing", h.Number)
			}
			for _, person := range []string{"", "leverandor"} {
				if _, page := s.get(t, person, path+"/"+h.Number); strings.Contains(page, waits) {
					t.Errorf("%q sees whom %s waits for", person, h.Number)
				}
				want := http.StatusNotFound
				if person == "" {
					want = http.StatusSeeOther
				}
				if status, _ := s.get(t, person, path+"/"+h.Number+"/logg"); status != want {
					t.Errorf("%q at the history of %s: %d, want %d", person, h.Number, status, want)
				}
			}
		}
	}
	if tried < 3 {
		t.Errorf("only %d records are public and open", tried)
	}
}

// Where two people must agree, whoever took the first step is refused the second,
// by the page and by a hand-made form, whatever the kind.
func TestTwoPeople(t *testing.T) {
	s := onSQLite(t)
	s.cases(t)
	tried := 0
	for _, k := range s.Engine.Kinds() {
		kind, path := k.Paths()
		for _, cmd := range k.Lifecycle().Commands {
			if len(cmd.NotBy) == 0 {
				continue
			}
			p, h, ok := s.whoCould(t, k, kind, cmd)
			if !ok {
				t.Errorf("%s of %s: nobody in the demo could give it", cmd.Name, kind)
				continue
			}
			tried++
			ctx := s.acting(t, p.person)
			head := s.head(t, h.Number)
			err := s.Engine.DB.Tx(ctx, func(ctx context.Context) error {
				_, err := event.Append(ctx, s.Engine.DB, event.Event{
					RecordID: h.ID, Kind: kind, Command: cmd.NotBy[0], From: head.State, To: head.State,
					ActorID: p.person, ActorName: p.person, Data: "{}", At: s.Engine.Now(ctx),
				})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			back := s.in(t, p)
			at := path + "/" + h.Number + "/" + cmd.Path
			for what, ask := range map[string]func() (int, string){
				"page": func() (int, string) { return s.get(t, p.person, at) },
				"form": func() (int, string) {
					return s.post(t, p.person, at, values("reason", "Fordi.", "outcome", "true", "answer", "yes"))
				},
			} {
				if status, text := ask(); status != http.StatusForbidden && status != http.StatusConflict || !strings.Contains(text, "To personer må være enige") {
					t.Errorf("%s, who gave %s of %s, gives %s by the %s too: %d", p.person, cmd.NotBy[0], h.Number, cmd.Name, what, status)
				}
			}
			back()
		}
	}
	if tried < 5 {
		t.Errorf("only %d commands tried", tried)
	}
}

// whoCould finds a record, a state and a person for a command.
func (s *site) whoCould(t *testing.T, k record.AnyKind, kind string, cmd lifecycle.Command) (page, record.Head, bool) {
	t.Helper()
	for _, h := range s.records(t, kind) {
		for _, state := range cmd.From {
			p := page{record: h.ID, state: state}
			if _, found := s.giver(t, k, h, cmd, &p); found {
				return p, h, true
			}
		}
	}
	return page{}, record.Head{}, false
}

// Nothing that somebody sees logged in is kept by the browser or on the way.
func TestNothingIsKept(t *testing.T) {
	s := onSQLite(t)
	for _, route := range s.Router.Routes() {
		path := strings.TrimSuffix(strings.TrimPrefix(route.Pattern, "GET "), "{$}")
		if !strings.HasPrefix(route.Pattern, "GET ") || strings.Contains(path, "{") {
			continue
		}
		res, err := s.as(t, "fou").Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if kept := res.Header.Get("Cache-Control"); res.StatusCode == http.StatusOK && !strings.Contains(kept, "no-store") {
			t.Errorf("%s as fou: Cache-Control %q, want no-store", path, kept)
		}
	}
}

// The open API gives what everybody may know, and nothing else: no project before
// its contract, no report before it is published, and no example unasked.
func TestAPITellsThePublicsOnly(t *testing.T) {
	s := onSQLite(t)
	words := plant(t, s)
	made := must(db.All[string](t.Context(), s.Engine.DB, "SELECT number FROM record WHERE example AND kind IN ('project', 'publication') ORDER BY number"))(t)
	for _, person := range []string{"", "forsker", "kontor"} {
		for _, path := range []string{"/api/v1/projects", "/api/v1/publications"} {
			for _, query := range []string{"?limit=200", "?limit=200&example=true", "?limit=200&q=kanari"} {
				status, text := s.get(t, person, path+query)
				if status != http.StatusOK && !strings.Contains(query, "q=") {
					t.Errorf("%s%s: %d", path, query, status)
				}
				for _, c := range words {
					if strings.Contains(text, c.word) && !(c.kind == "publication" && slices.Contains([]string{publication.MetadataPublished, publication.Published, publication.NewVersion}, c.state)) {
						t.Errorf("%q gets the %s in %s at %s%s", person, c.kind, c.state, path, query)
					}
				}
				if strings.Contains(query, "example") {
					continue
				}
				for _, number := range made {
					if strings.Contains(text, `"`+number+`"`) {
						t.Errorf("%q gets the example %s at %s%s", person, number, path, query)
					}
				}
			}
		}
	}
	var list struct{ Total int }
	_, text := s.get(t, "", "/api/v1/projects?example=true")
	if err := json.Unmarshal([]byte(text), &list); err != nil || list.Total < 20 || len(made) < 5 {
		t.Errorf("%d projects, %d examples, %v: the test sees too little", list.Total, len(made), err)
	}
}

// The thread of a record that is seen does not show what hangs on it and is not.
func TestThreadHidesWhatIsHidden(t *testing.T) {
	s := onSQLite(t)
	ctx := system(t.Context())
	needs, _ := s.Engine.Kind("need")
	draft, _ := needs.Lifecycle().State(need.Draft)
	hidden, err := plantOne(ctx, s, needs, draft, true, "skjulttraad")
	if err != nil {
		t.Fatal(err)
	}
	projects, _ := s.Engine.Kind("project")
	p := &project.Project{Head: record.Head{Title: "Svarer på det skjulte", State: project.Running, Unit: "avdir"}, Leader: "forsker"}
	p.Needs.V = []string{hidden.ID}
	if err := projects.(*project.Kind).Import(ctx, p, ""); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/trad/" + p.Number, "/prosjekt/" + p.Number, "/prosjekt/" + p.Number + "/dokumenter"} {
		for _, person := range []string{"fageier2", "kontor", "fou", "forsker"} {
			if _, page := s.get(t, person, path); strings.Contains(page, "skjulttraad") {
				t.Errorf("%s sees the hidden draft at %s", person, path)
			}
		}
	}
	if _, page := s.get(t, "fageier", "/trad/"+p.Number); !strings.Contains(page, "skjulttraad") {
		t.Error("whoever wrote the draft does not see it on the thread: the test sees nothing")
	}
	if _, page := s.get(t, "fageier", "/oppgaver"); !strings.Contains(page, "skjulttraad") {
		t.Error("whoever wrote the draft has no task with it: the test sees nothing")
	}
	if _, page := s.get(t, "fageier2", "/oppgaver"); strings.Contains(page, "skjulttraad") {
		t.Error("another has a task with the draft")
	}
}

// A task is shown to whom it is for, and not to others who may read its record.
func TestTasksAreOnesOwn(t *testing.T) {
	s := onSQLite(t)
	needs, _ := s.Engine.Kind("need")
	clarifying, _ := needs.Lifecycle().State(need.Clarifying)
	if _, err := plantOne(system(t.Context()), s, needs, clarifying, true, "minoppgave"); err != nil {
		t.Fatal(err)
	}
	for person, theirs := range map[string]bool{"fageier": true, "fageier2": false, "kontor": false, "utvalg": false} {
		if _, page := s.get(t, person, "/oppgaver"); strings.Contains(page, "minoppgave") != theirs {
			t.Errorf("%s has the task: %v, want %v", person, !theirs, theirs)
		}
	}
}

// A file is as closed as the record that holds it.
func TestFilesAreAsClosedAsTheirRecords(t *testing.T) {
	s := onSQLite(t)
	numbers := must(db.All[string](t.Context(), s.Engine.DB, "SELECT number FROM record WHERE kind = 'publication' AND state = 'MOTTATT' ORDER BY number"))(t)
	number := numbers[0]
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range map[string]string{"file_title": "Rapporten", "file_lang": "nb"} {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	file := must(form.CreateFormFile("file", "rapport.txt"))(t)
	must(file.Write([]byte("Det som ikke er publisert ennå.\n")))(t)
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	res, err := s.as(t, "fou").Post(s.URL+"/publikasjon/"+number+"/ny-fil", form.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	if status, text := read(t, res); status != http.StatusSeeOther {
		t.Fatalf("add a file: %d\n%s", status, text)
	}
	_, shown := s.get(t, "fou", "/publikasjon/"+number)
	link := regexp.MustCompile(`/publikasjon/[^"/]+/fil/([0-9a-f]{64})`).FindStringSubmatch(shown)
	if link == nil {
		t.Fatal("the file does not stand on the page")
	}
	if status, text := s.get(t, "fou", link[0]); status != http.StatusOK || !strings.Contains(text, "ikke er publisert") {
		t.Errorf("staff get the file: %d", status)
	}
	slug := must(db.One[string](t.Context(), s.Engine.DB, "SELECT p.slug FROM publication p JOIN record r ON r.id = p.id WHERE r.number = $1", number))(t)
	for _, person := range []string{"", "leverandor", "fagvurderer"} {
		want := http.StatusNotFound
		if person == "" {
			want = http.StatusSeeOther
		}
		if status, _ := s.get(t, person, link[0]); status != want {
			t.Errorf("%q gets the file of a report that is not published: %d, want %d", person, status, want)
		}
		if slug == "" {
			continue
		}
		if status, _ := s.get(t, person, "/kunnskap/rapport/"+slug+"/fil/"+link[1]); status != http.StatusNotFound {
			t.Errorf("%q gets the file of a report that is not published from the portal: %d, want 404", person, status)
		}
	}
}

// The page of a long thread shows what happened last, and all of it when asked.
func TestLongThread(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		h := s.aNeed(t)
		k, _ := s.Engine.Kind("need")
		for i := range 110 {
			if _, err := k.Run(s.acting(t, "fou2"), h.ID, "comment", record.Input{Values: form.Of("text", "Sett."), Reason: fmt.Sprintf("Grunn nummer %d.", i)}); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			path        string
			rows        int
			first, last bool
		}{{"/trad/" + h.Number, 100, false, true}, {"/trad/" + h.Number + "?alle=ja", 111, true, true}} {
			status, page := s.get(t, "fou", c.path)
			if rows := strings.Count(page, "("+h.Number+")"); status != http.StatusOK || !strings.Contains(page, "111 hendelser") || rows != c.rows {
				t.Errorf("%s: %d, %d events", c.path, status, rows)
			}
			if strings.Contains(page, "Grunn nummer 0.") != c.first || strings.Contains(page, "Grunn nummer 109.") != c.last {
				t.Errorf("%s shows others than the last", c.path)
			}
			if link := strings.Contains(page, h.Number+"?alle=ja#hendelser"); link == c.first {
				t.Errorf("%s: link to all of them: %v", c.path, link)
			}
		}
	})
}
