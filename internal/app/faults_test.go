package app

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"funn/internal/platform/clock"
	"funn/internal/platform/db"
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
