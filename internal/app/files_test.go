package app

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
)

// What came with a form that was never sent is removed in time; what a record
// names, what is still waited for, and what was put there by others stay.
func TestUploadsThatCameToNothing(t *testing.T) {
	dbtest.Addresses(t, func(t *testing.T, address string) {
		running, err := OpenDemo(t.Context(), address, t.TempDir(), time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := running.Close(); err != nil {
				t.Error(err)
			}
		}()
		h := running.house
		ctx := asSystem(t.Context())
		keep := func(content string) *form.Upload {
			t.Helper()
			u, err := h.files.keep(ctx, "a.txt", strings.NewReader(content), int64(len(content)))
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		lost, named := keep("never sent\n"), keep("sent\n")
		ref, err := h.files.Put(ctx, strings.NewReader("another's\n"), 100)
		if err != nil {
			t.Fatal(err)
		}
		fou, err := h.people.Actor(ctx, "fou")
		if err != nil {
			t.Fatal(err)
		}
		p, err := h.publications.Kind.List(ctx, *new(db.Where).And("r.state = ?", "MOTTATT"), "r.number", 1, 0)
		if err != nil || len(p) == 0 {
			t.Fatalf("a publication that takes files: %v", err)
		}
		in := record.Input{Values: form.Of("file_title", "A", "file_lang", "nb").WithFile("file", named)}
		if _, err := h.publications.Kind.Do(access.With(ctx, fou), p[0].ID, "add_file", in); err != nil {
			t.Fatal(err)
		}
		there := func(name, sha string, want bool) {
			t.Helper()
			f, err := h.files.Open(ctx, sha)
			if err == nil {
				_ = f.Close() // it was only read
			}
			if (err == nil) != want || err != nil && fault.Of(err) != fault.NotFound {
				t.Errorf("the file that was %s is there: %v, want %v (%v)", name, err == nil, want, err)
			}
		}
		if err := h.sweep(ctx); err != nil {
			t.Fatal(err)
		}
		there("not sent yet", lost.SHA256, true)
		if err := h.files.sweep(ctx, time.Now().Add(2*recordweb.KeptFileTime+time.Minute)); err != nil {
			t.Fatal(err)
		}
		there("never sent", lost.SHA256, false)
		there("sent", named.SHA256, true)
		there("put by others", ref.SHA256, true)
		if n := running.CountRows(ctx, "upload"); n != "0" {
			t.Errorf("%s uploads are still to be looked at", n)
		}
	})
}

// Forms that were kept over a lost login go within two hours also when nothing more
// is kept.
func TestKeptFormsExpireHourly(t *testing.T) {
	dbtest.Addresses(t, func(t *testing.T, address string) {
		day := time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC)
		running, err := OpenDemo(t.Context(), address, t.TempDir(), day, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := running.Close(); err != nil {
				t.Error(err)
			}
		}()
		h := running.house
		if _, err := h.db.Exec(t.Context(), "INSERT INTO kept_form (id, person_id, path, data, made) VALUES ('old', 'fageier', '/x', '{}', $1), ('new', 'fageier', '/x', '{}', $2)", time.Now().Add(-61*time.Minute), time.Now()); err != nil {
			t.Fatal(err)
		}
		hourly := false
		for _, again := range h.runner.Recurring {
			hourly = hourly || again.Kind == expireJob && again.Next(day).Sub(day) <= time.Hour
		}
		if err := h.runner.Handlers[expireJob](t.Context(), nil); err != nil || !hourly {
			t.Errorf("%v; every hour: %v", err, hourly)
		}
		if n := running.CountRows(t.Context(), "kept_form"); n != "1" {
			t.Errorf("%s forms are left, want 1", n)
		}
	})
}
