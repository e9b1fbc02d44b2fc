package app

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/blob"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
)

// What came with a form that was never sent is removed in time, and so is what the
// program kept and did not come to note; what a record names, what is still waited
// for, and what an application has stay.
func TestUploadsThatCameToNothing(t *testing.T) {
	dbtest.Addresses(t, func(t *testing.T, address string) {
		dir := t.TempDir()
		running, err := OpenDemo(t.Context(), address, dir, time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC), slog.New(slog.DiscardHandler))
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
		put := func(content string) blob.Ref {
			t.Helper()
			ref, err := h.files.Put(ctx, strings.NewReader(content), 100)
			if err != nil {
				t.Fatal(err)
			}
			return ref
		}
		orphan, attached := put("kept when the program died\n"), put("an application's\n")
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
		if _, err := h.db.Exec(ctx, "INSERT INTO submission_file (stored, submission, kept) VALUES ($1, $2, FALSE)", attached.SHA256, p[0].ID); err != nil {
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
		there("just kept", orphan.SHA256, true)
		waiting := keep("to be sent\n")
		if _, err := h.db.Exec(ctx, "UPDATE upload SET last = $2 WHERE sha = $1", waiting.SHA256, time.Now().Add(2*recordweb.KeptFileTime)); err != nil {
			t.Fatal(err)
		}
		err = filepath.WalkDir(filepath.Join(dir, "files"), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			long := time.Now().Add(-2*recordweb.KeptFileTime - time.Minute)
			return os.Chtimes(path, long, long)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.db.Exec(ctx, "UPDATE upload SET last = $2 WHERE sha <> $1", waiting.SHA256, time.Now().Add(-2*recordweb.KeptFileTime-time.Minute)); err != nil {
			t.Fatal(err)
		}
		if err := h.sweep(ctx); err != nil {
			t.Fatal(err)
		}
		there("never sent", lost.SHA256, false)
		there("sent", named.SHA256, true)
		there("waited for", waiting.SHA256, true)
		there("an application's", attached.SHA256, true)
		there("kept when the program died", orphan.SHA256, false)
		if n := running.CountRows(ctx, "upload"); n != "1" {
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
