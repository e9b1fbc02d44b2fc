package authn_test

import (
	"context"
	"io/fs"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"funn/internal/platform/authn"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/fault"
)

func withLinks(t *testing.T, test func(t *testing.T, d *db.DB, l authn.Links)) {
	t.Helper()
	dbtest.Each(t, []fs.FS{authn.Migrations}, func(t *testing.T, d *db.DB) { test(t, d, authn.Links{DB: d}) })
}

func issue(t *testing.T, l authn.Links, person string) string {
	t.Helper()
	code, err := l.Issue(t.Context(), person, "/oppgaver")
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// A link lets in one, once, however many press it at the same time, and asking
// whether it holds uses nothing up.
func TestLinkWorksOnce(t *testing.T) {
	t.Parallel()
	withLinks(t, func(t *testing.T, d *db.DB, l authn.Links) {
		code, other := issue(t, l, "forsker"), issue(t, l, "forsker")
		stranger := issue(t, l, "leverandor")
		for range 2 {
			if got, err := l.Look(t.Context(), code); err != nil || got.ReturnTo != "/oppgaver" {
				t.Fatalf("a fresh link opens %+v, %v", got, err)
			}
		}
		var in, gone atomic.Int64
		var tried sync.WaitGroup
		for range 8 {
			tried.Go(func() {
				link, err := l.Use(context.WithoutCancel(t.Context()), code)
				switch {
				case err == nil && link.PersonID == "forsker" && link.ReturnTo == "/oppgaver":
					in.Add(1)
				case fault.Of(err) == fault.Gone:
					gone.Add(1)
				default:
					t.Errorf("use: %+v, %v", link, err)
				}
			})
		}
		tried.Wait()
		if in.Load() != 1 || gone.Load() != 7 {
			t.Errorf("%d got in and %d did not, want 1 and 7", in.Load(), gone.Load())
		}
		for _, c := range []string{code, other, "", "no such code"} {
			if _, err := l.Look(t.Context(), c); fault.Of(err) != fault.Gone {
				t.Errorf("%q is valid after one of the person's links was used: %v", c, err)
			}
		}
		if _, err := l.Look(t.Context(), stranger); err != nil {
			t.Errorf("somebody else's link has ended too: %v", err)
		}
	})
}

// A link ends by itself, and what is kept opens nothing.
func TestLinkEnds(t *testing.T) {
	t.Parallel()
	withLinks(t, func(t *testing.T, d *db.DB, l authn.Links) {
		code := issue(t, l, "forsker")
		kept, err := db.One[string](t.Context(), d, "SELECT id FROM login_link")
		if err != nil || kept == code {
			t.Fatalf("the database holds the code itself: %v", err)
		}
		if _, err := l.Use(t.Context(), kept); fault.Of(err) != fault.Gone {
			t.Errorf("what the database holds lets somebody in: %v", err)
		}
		if _, err := d.Exec(t.Context(), "UPDATE login_link SET expires = $1", time.Now().Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Look(t.Context(), code); fault.Of(err) != fault.Gone {
			t.Errorf("a link that is too old is valid: %v", err)
		}
		if _, err := l.Use(t.Context(), code); fault.Of(err) != fault.Gone {
			t.Errorf("a link that is too old lets somebody in: %v", err)
		}
		if n, err := l.Sweep(t.Context()); err != nil || n != 1 {
			t.Errorf("swept %d, want 1: %v", n, err)
		}
	})
}

// Nobody's letter box is filled: after three unused links there are no more.
func TestLinksAreFew(t *testing.T) {
	t.Parallel()
	withLinks(t, func(t *testing.T, _ *db.DB, l authn.Links) {
		n := 0
		for range 10 {
			if issue(t, l, "forsker") != "" {
				n++
			}
		}
		if n != 3 {
			t.Errorf("%d links at once, want 3", n)
		}
		if issue(t, l, "leverandor") == "" {
			t.Error("somebody else gets none either")
		}
	})
}
