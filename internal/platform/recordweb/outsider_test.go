package recordweb_test

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/a-h/templ"

	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/web"
)

// A matter is led by somebody outside the agency, who does not see it while it is
// being judged.
type matter struct {
	record.Head
	Leader string `db:"leader"`
}

var matterSchema = []fs.FS{event.Migrations, record.Migrations, fstest.MapFS{"9001_matter.sql": {Data: []byte(`
CREATE TABLE matter (
    id TEXT PRIMARY KEY REFERENCES record (id),
    leader TEXT NOT NULL
);
`)}}}

func matterKind() *record.Kind[*matter] {
	editor := []access.Rule{{Roles: []access.Role{"editor"}}}
	leader := []access.Rule{{Relations: []string{"leader"}}}
	text := []form.Field{{Name: "text", Type: form.Area, Required: true}}
	type cmd = record.Command[*matter]
	c := func(l lifecycle.Command) cmd {
		return cmd{Command: l, Apply: func(_ context.Context, c *record.Change[*matter]) error {
			c.Note("before", "2022-11-30")
			return nil
		}}
	}
	return &record.Kind[*matter]{
		Name: "matter", Prefix: "M", Path: "/matter", Table: "matter", Initial: []string{"OPEN"}, New: func() *matter { return &matter{} },
		States:    []lifecycle.State{{Name: "OPEN", Label: "open"}, {Name: "JUDGED", Label: "judged"}, {Name: "DONE", Label: "done", Final: true}},
		Read:      []access.Rule{{Staff: true}, {Relations: []string{"leader"}, NotStates: []string{"JUDGED"}}},
		Relations: func(m *matter) map[string][]string { return map[string][]string{"leader": {m.Leader}} },
		Commands: []cmd{
			{Command: lifecycle.Command{Name: "register", Path: "ny", Create: true, To: []string{"OPEN"}, Who: editor}},
			c(lifecycle.Command{Name: "comment", Path: "kommenter", From: []string{"OPEN"}, Who: editor, Fields: text, Reason: true}),
			c(lifecycle.Command{Name: "report", Path: "rapporter", From: []string{"OPEN"}, Who: leader, Fields: text, Reason: true}),
			c(lifecycle.Command{Name: "ask", Path: "sporr", From: []string{"OPEN"}, Who: editor, Fields: text, Reason: true, Notify: leader}),
			c(lifecycle.Command{Name: "judge", Path: "vurder", From: []string{"OPEN"}, To: []string{"JUDGED"}, Who: editor, Reason: true}),
			c(lifecycle.Command{Name: "release", Path: "slipp", From: []string{"JUDGED"}, To: []string{"OPEN"}, Who: editor, Reason: true}),
			c(lifecycle.Command{Name: "end", Path: "avslutt", From: []string{"OPEN"}, To: []string{"DONE"}, Who: editor}),
		},
	}
}

// Somebody outside the agency reads in the history what they did, what they were
// told of, and that the case moved; nothing of the agency's own talk, and nothing
// of a time when the case was not theirs to see. The thread and the desk tell no
// more.
func TestWhatOutsidersAreTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, matterSchema, func(t *testing.T, base *db.DB) {
		k := matterKind()
		e := record.NewEngine(base, clock.NewMovable(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC)))
		if err := e.Register(k); err != nil {
			t.Fatal(err)
		}
		catalog := lang.NewCatalog()
		for _, m := range []fs.FS{lang.Messages, web.Messages} {
			if err := catalog.Load(m); err != nil {
				t.Fatal(err)
			}
		}
		actors := map[string]access.Actor{
			"ed":   {ID: "ed", Name: "The editor", Staff: true, As: []string{"ed"}, Grants: []access.Grant{{Role: "editor", Unit: "top"}}},
			"lead": {ID: "lead", Name: "The leader", As: []string{"lead"}},
			"else": {ID: "else", Name: "Somebody else", As: []string{"else"}},
		}
		r := &web.Router{Catalog: catalog, Sessions: sessions{}, Logger: slog.New(slog.DiscardHandler), Actor: func(_ context.Context, id string) (access.Actor, error) { return actors[id], nil }}
		site := &recordweb.Site{Router: r, Engine: e, Order: []string{"matter"}, Names: func(context.Context, ...string) (map[string]string, error) { return nil, nil }}
		recordweb.Mount(site, recordweb.View[*matter]{Kind: k, Body: func(*web.Context, *matter) (templ.Component, error) { return templ.NopComponent, nil }})
		recordweb.Desk(site)
		m, err := k.Create(access.With(t.Context(), access.System), "register", record.Input{}, func(m *matter) { m.Title, m.Leader = "Matter", "lead" })
		if err != nil {
			t.Fatal(err)
		}
		do := func(who, command string, in record.Input) {
			t.Helper()
			if _, err := k.Do(access.With(t.Context(), actors[who]), m.ID, command, in); err != nil {
				t.Fatalf("%s: %v", command, err)
			}
		}
		in := func(word string) record.Input {
			return record.Input{Values: form.Of("text", "text-"+word), Reason: "why-" + word}
		}
		do("ed", "comment", in("comment"))
		do("lead", "report", in("report"))
		do("ed", "ask", in("ask"))
		do("ed", "judge", record.Input{Reason: "why-judge"})
		do("ed", "release", record.Input{Reason: "why-release"})

		page := func(who, path string) (int, string) {
			req := httptest.NewRequest(http.MethodGet, path, nil)
			w := httptest.NewRecorder()
			r.Handler().ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), whoKey{}, who)))
			return w.Code, w.Body.String()
		}
		history, thread := "/matter/"+m.Number+"/logg", "/trad/"+m.Number
		all := []string{"comment.event", "report.event", "ask.event", "judge.event", "release.event", "text-comment", "text-report", "text-ask", "why-comment", "why-report", "why-ask", "why-judge", "why-release"}
		for _, c := range []struct {
			who, path string
			sees      []string
		}{
			{"ed", history, all},
			{"lead", history, []string{"report.event", "text-report", "why-report", "ask.event", "why-ask", "release.event"}},
			{"lead", thread, []string{"report.event", "why-report", "ask.event", "why-ask", "release.event"}},
			{"lead", "/oppgaver", []string{"report.event", "ask.event", "release.event"}},
		} {
			status, text := page(c.who, c.path)
			if status != http.StatusOK {
				t.Errorf("%s at %s: %d", c.who, c.path, status)
			}
			for _, word := range all {
				want := false
				for _, s := range c.sees {
					want = want || s == word
				}
				if strings.Contains(text, word) != want {
					t.Errorf("%s at %s sees %s: %v, want %v", c.who, c.path, word, !want, want)
				}
			}
		}
		if _, text := page("lead", history); strings.Count(text, "The editor") != 1 {
			t.Errorf("the leader is told %d times that it was the editor, want once, where a letter says so", strings.Count(text, "The editor"))
		}
		for who, want := range map[string]bool{"ed": true, "lead": false} {
			_, text := page(who, thread)
			_, days, _ := strings.Cut(text, `figur-dager`)
			days, _, _ = strings.Cut(days, "</figure>")
			if !strings.Contains(days, "state.OPEN") || strings.Contains(days, "state.JUDGED") != want {
				t.Errorf("%s is told the days of a state that is hidden from the leader: %v, want %v, in\n%s", who, !want, want, days)
			}
		}
		if status, _ := page("else", history); status != http.StatusNotFound {
			t.Errorf("somebody with no part in it gets the history: %d", status)
		}
		do("ed", "end", record.Input{})
		for who, want := range map[string]string{"ed": "error.wrong_state_by", "lead": "error.wrong_state"} {
			command := map[string]string{"ed": "comment", "lead": "report"}[who]
			_, err := k.Do(access.With(t.Context(), actors[who]), m.ID, command, in("late"))
			if f, ok := fault.As(err); !ok || f.Key != want {
				t.Errorf("%s comes too late and is told %v, want %s", who, err, want)
			}
		}
		// What followed from a command is told with days as the page writes them.
		if _, text := page("ed", history); strings.Contains(text, "2022-11-30") || !strings.Contains(text, "30 November 2022") {
			t.Error("a day stands in the history as it is kept")
		}
	})
}
