package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/authn"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

func demoIn(t *testing.T, dir string) *house {
	t.Helper()
	h, err := openDemo(t.Context(), dir, "http://localhost", time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC), slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The demo's clock does not go back behind what has happened, also when the
// program was killed before it could keep where the clock stood. A letter of a
// record goes only to those who may read it, and one person who is gone does not
// keep the letters of all others.
func TestDemoAfterAKill(t *testing.T) {
	dir := t.TempDir()
	h := demoIn(t, dir)
	m, ok := h.engine.Clock.(*clock.Movable)
	if !ok {
		t.Fatal("the demo's clock cannot be moved")
	}
	m.Forward(m.Now().Add(3 * time.Hour))
	ctx := asSystem(t.Context())
	if _, err := h.people.Persons.Do(ctx, "fou2", "close", record.Input{Reason: "Har sluttet."}); err != nil {
		t.Fatal(err)
	}
	happened := m.Now()
	ids, err := db.All[string](ctx, h.db, "SELECT id FROM record WHERE kind = 'need' LIMIT 1")
	if err != nil || len(ids) == 0 {
		t.Fatalf("no need to write of: %v", err)
	}
	for id, want := range map[string]bool{"fou": true, "fou2": false, "forsker": false} {
		p, err := h.people.Persons.Load(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if may, err := h.mayRead(ctx, p, ids[0]); err != nil || may != want {
			t.Errorf("%s may read a need: %v, %v", id, may, err)
		}
	}
	for id, want := range map[string]int{"fou": 1, "fou2": 0, "nobody-by-this-id": 0} {
		if people, err := h.assigned(ctx, record.Task{PersonID: id}); err != nil || len(people) != want {
			t.Errorf("%d persons for a task of %s, want %d: %v", len(people), id, want, err)
		}
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	h = demoIn(t, dir)
	defer func() { _ = h.close() }()
	if now := h.engine.Now(context.Background()); now.Before(happened.Add(-time.Second)) {
		t.Errorf("the clock stands at %v, but something happened at %v", now, happened)
	}
}

// An address that links cannot be made of is refused.
func TestBaseURL(t *testing.T) {
	for base, want := range map[string]bool{
		"https://funn.example.no": true, "https://funn.example.no/": true, "http://localhost:8080": true,
		"http://funn.example.no": false, "https://funn.example.no/x": false, "https://funn.example.no?x=1": false, "https://u@funn.example.no": false, "ftp://localhost": false, "": false,
	} {
		_, _, err := fromEnvironment(func(name string) string {
			return map[string]string{
				"FUNN_DATABASE_URL": "sqlite:x", "FUNN_BASE_URL": base, "FUNN_FILES_URL": "file:///x", "FUNN_ROLES": "g=admin",
				"FUNN_OIDC_ISSUER": "https://login.example.no", "FUNN_OIDC_CLIENT_ID": "a", "FUNN_OIDC_CLIENT_SECRET": "b",
			}[name]
		})
		if (err == nil) != want {
			t.Errorf("%q: %v", base, err)
		}
	}
}

// Everybody who has a task with a deadline is written to once before it and once
// after, also when the job did not run on a day, and when old letters are forgotten.
func TestReminders(t *testing.T) {
	dbtest.Addresses(t, func(t *testing.T, address string) {
		h, err := openDemoOn(t.Context(), address, t.TempDir(), "http://localhost", time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC), slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := h.close(); err != nil {
				t.Error(err)
			}
		}()
		m := h.engine.Clock.(*clock.Movable)
		start := m.Now()
		ctx := asSystem(t.Context())
		need, err := h.needs.Kind.Create(ctx, "report", record.Input{Values: form.Of("title", "Hvor lenge varer det?", "problem", "Vi vet ikke.")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		// A need on hold is to be looked at again on a day: the task of two case workers.
		if _, err := h.needs.Kind.Do(ctx, need.ID, "pause", record.Input{Reason: "Venter.", Values: form.Of("review_date", "2023-01-20")}); err != nil {
			t.Fatal(err)
		}
		letters := func(days int) (before, after int) {
			t.Helper()
			m.Forward(start.AddDate(0, 0, days))
			if err := h.db.Tx(ctx, h.remind); err != nil {
				t.Fatal(err)
			}
			texts, err := db.All[string](ctx, h.db, "SELECT body FROM mail_message WHERE subject LIKE $1", need.Number+": %")
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range texts {
				switch {
				case strings.HasPrefix(s, "Fristen for denne oppgaven gikk ut"):
					after++
				case strings.HasPrefix(s, "Du har en oppgave med frist"):
					before++
				}
			}
			return before, after
		}
		for _, c := range []struct{ days, before, after int }{
			{3, 0, 0},
			{13, 2, 0}, // five days before: the day a week before was missed
			{14, 2, 0},
			{18, 2, 0}, // the day itself
			{30, 2, 2}, // the day after it was missed
			{31, 2, 2},
		} {
			if before, after := letters(c.days); before != c.before || after != c.after {
				t.Errorf("after %d days: %d letters before the deadline and %d after, want %d and %d", c.days, before, after, c.before, c.after)
			}
		}
		if _, err := h.db.Exec(ctx, "DELETE FROM mail_message"); err != nil {
			t.Fatal(err)
		}
		if before, after := letters(70); before != 0 || after != 0 {
			t.Errorf("letters that were sent and forgotten are sent again: %d and %d", before, after)
		}
		// A deadline that is moved is another.
		if _, err := h.needs.Kind.Do(ctx, need.ID, "resume", record.Input{Reason: "Videre."}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.needs.Kind.Do(ctx, need.ID, "pause", record.Input{Reason: "Venter.", Values: form.Of("review_date", "2023-03-20")}); err != nil {
			t.Fatal(err)
		}
		if before, after := letters(72); before != 2 || after != 0 {
			t.Errorf("a moved deadline gives %d letters before it and %d after, want 2 and 0", before, after)
		}
	})
}

// Clients behind a proxy that is trusted are counted one by one, and whoever does
// too much is told so in their own language, when to come back, and keeps what was
// written.
func TestLimitsForEachClient(t *testing.T) {
	for name, c := range map[string]struct {
		proxies string
		others  int // what another client behind the same proxy gets
	}{"trusted": {"127.0.0.0/8", http.StatusSeeOther}, "not trusted": {"", http.StatusTooManyRequests}} {
		t.Run(name, func(t *testing.T) {
			proxies, err := authn.ParseProxies(c.proxies)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			h, err := open(t.Context(), settings{
				Database: "sqlite:" + filepath.Join(dir, "funn.db"), Files: "file://" + filepath.Join(dir, "files"), BaseURL: "http://localhost",
				Demo: true, Log: slog.New(slog.DiscardHandler), Proxies: proxies,
			}, true)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = h.close() }()
			if err := h.furnish(t.Context()); err != nil {
				t.Fatal(err)
			}
			send := func(client, language string) *httptest.ResponseRecorder {
				form := url.Values{"about": {"error"}, "body": {"Skrive med omhu."}}
				r := httptest.NewRequest(http.MethodPost, "/kunnskap/tilbakemelding", strings.NewReader(form.Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("X-Forwarded-For", client)
				r.Header.Set("Accept-Language", language)
				r.RemoteAddr = "127.0.0.1:1"
				w := httptest.NewRecorder()
				h.handler.ServeHTTP(w, r)
				return w
			}
			for n := range 10 {
				if w := send("192.0.2.1", "nb"); w.Code != http.StatusSeeOther {
					t.Fatalf("number %d: %d", n+1, w.Code)
				}
			}
			for language, text := range map[string]string{"nb": "Vent et minutt", "nn": "Vent eit minutt", "en": "Wait a minute"} {
				// What the client itself puts before its address makes it no other.
				w := send("198.51.100.9, 192.0.2.1", language)
				wait, err := strconv.Atoi(w.Header().Get("Retry-After"))
				if w.Code != http.StatusTooManyRequests || err != nil || wait < 1 || wait > 60 {
					t.Errorf("too much: %d, to come back after %q", w.Code, w.Header().Get("Retry-After"))
				}
				if page := w.Body.String(); !strings.Contains(page, text) || !strings.Contains(page, "Skrive med omhu.") {
					t.Errorf("in %s the page does not say %q, or what was written is lost", language, text)
				}
			}
			if w := send("192.0.2.2", "nb"); w.Code != c.others {
				t.Errorf("another client: %d, want %d", w.Code, c.others)
			}
		})
	}
}

// Too many logins are answered with a page in the reader's language.
func TestTooManyLogins(t *testing.T) {
	h := demoIn(t, t.TempDir())
	defer func() { _ = h.close() }()
	limit := authn.NewLimiter(1, h.refuse, authn.ByIP())
	served := limit.Middleware(http.NotFoundHandler())
	var w *httptest.ResponseRecorder
	for range 2 {
		r := httptest.NewRequest(http.MethodGet, authn.StartPath, nil)
		r.Header.Set("Accept-Language", "nn")
		w = httptest.NewRecorder()
		served.ServeHTTP(w, r)
	}
	if page := w.Body.String(); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(page, `<html lang="nn"`) || !strings.Contains(page, "innloggingsforsøk") {
		t.Errorf("%d, to come back after %q:\n%s", w.Code, w.Header().Get("Retry-After"), page)
	}
}

// Whoever gets something to do is told of it at once, in one letter with what
// happened, and not again for as long as it waits.
func TestLetterOfATask(t *testing.T) {
	dbtest.Addresses(t, func(t *testing.T, address string) {
		h, err := openDemoOn(t.Context(), address, t.TempDir(), "http://localhost", time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC), slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := h.close(); err != nil {
				t.Error(err)
			}
		}()
		as := func(who string) context.Context {
			a, err := h.people.Actor(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			return access.With(t.Context(), a)
		}
		orgs, err := h.people.Organisations.List(asSystem(t.Context()), db.Where{}, "r.title_sort", 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		p, err := h.projects.Kind.Create(as("fou"), "create", record.Input{Values: form.Of("title", "Unge uten arbeid", "instrument", "commission", "rnd_kind", "applied_research",
			"summary", "Om unge.", "institution", orgs[0].ID, "start", "2023-02-01", "end", "2023-12-01", "amount", "100000000", "owner", "fageier", "case_worker", "fou")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		letters := func(to string) []string {
			t.Helper()
			person, err := h.people.Persons.Load(asSystem(t.Context()), to)
			if err != nil {
				t.Fatal(err)
			}
			texts, err := db.All[string](t.Context(), h.db, "SELECT body FROM mail_message WHERE to_address = $1 AND subject LIKE $2 ORDER BY at, key", person.Email, p.Number+": %")
			if err != nil {
				t.Fatal(err)
			}
			return texts
		}
		for _, member := range []string{"utvalg", "utvalg2"} {
			if got := letters(member); len(got) != 1 || !strings.Contains(got[0], "Dette venter nå på deg:\n– Ta stilling til finansiering") {
				t.Errorf("%s has the letters %q", member, got)
			}
		}
		if got := letters("fou"); len(got) != 0 {
			t.Errorf("who did it has the letters %q", got)
		}
		do := func(who, command string, in record.Input) {
			t.Helper()
			if _, err := h.projects.Kind.Do(as(who), p.ID, command, in); err != nil {
				t.Fatal(err)
			}
		}
		do("fou2", "budget", record.Input{Values: form.Of("year", "2023", "year_amount", "100000000")})
		if got := letters("utvalg"); len(got) != 1 {
			t.Errorf("a task that waits on is told of again: %q", got)
		}
		do("utvalg", "ask_back", record.Input{Reason: "Hvor mange kontorer?"})
		if got := letters("fou"); len(got) != 1 || !strings.Contains(got[0], "Hvor mange kontorer?") || !strings.Contains(got[0], "– Svar på FoU-utvalgets spørsmål") {
			t.Errorf("the case worker has the letters %q", got)
		}
	})
}
