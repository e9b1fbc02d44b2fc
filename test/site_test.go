// Package test walks through the whole server as its users do: scenarios in a
// browser, the access tests over all routes, and the promised addresses.
package test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"funn/internal/app"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
)

var demoDay = time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC)

// persons are all who can log in to the demo; the empty name is somebody who has not.
var persons = []string{
	"fou", "fou2", "fageier", "fageier2", "utvalg", "utvalg2", "analyse", "analyse2", "bibliotek", "kommunikasjon", "jurist",
	"statistikk", "anskaffelse", "atl", "leder", "fylke", "kontor", "produktteam", "admin",
	"forsker", "leverandor", "fagvurderer", "fagvurderer2", "",
}

// site is a demo that answers on a port of its own.
type site struct {
	*app.Running
	URL       string
	clients   map[string]*http.Client
	transport http.RoundTripper // nil: over TCP
	log       *safeBuffer
	folders   []string // that it writes to: files, and the database on SQLite
	address   string   // of the database
	met       *tally   // counts the forms that are sent; nil for nothing
}

// direct asks the handler without a network between, for tests that ask tens of
// thousands of times.
type direct struct{ http.Handler }

func (d direct) RoundTrip(req *http.Request) (*http.Response, error) {
	in := req.Clone(req.Context())
	in.Host, in.RequestURI, in.RemoteAddr = req.URL.Host, req.URL.RequestURI(), "127.0.0.1:1"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, in)
	res := w.Result()
	res.Request = req
	return res, nil
}

// each runs a test on a fresh demo on either database.
func each(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	dbtest.Addresses(t, func(t *testing.T, address string) { test(t, start(t, address)) })
}

func onSQLite(t *testing.T) *site {
	t.Helper()
	return start(t, "sqlite:"+filepath.Join(t.TempDir(), "funn.db"))
}

func onPostgres(t *testing.T) *site {
	t.Helper()
	return start(t, dbtest.Address(t))
}

func start(t testing.TB, address string, extra ...func(*recordweb.Site) module.Module) *site {
	t.Helper()
	s, stop := startIn(t, address, t.TempDir(), extra...)
	t.Cleanup(stop)
	return s
}

// startIn is start in a folder; stop ends it.
func startIn(t testing.TB, address, dir string, extra ...func(*recordweb.Site) module.Module) (s *site, stop func()) {
	t.Helper()
	written := &safeBuffer{}
	running, err := app.OpenDemo(t.Context(), address, dir, demoDay, slog.New(slog.NewJSONHandler(written, nil)), extra...)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(running.Handler)
	stop = func() {
		server.Close()
		if err := running.Close(); err != nil {
			t.Error(err)
		}
	}
	folders := []string{dir}
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		folders = append(folders, filepath.Dir(path))
	}
	return &site{Running: running, URL: server.URL, clients: map[string]*http.Client{}, folders: folders, address: address, log: written}, stop
}

// safeBuffer is a log that is written to while it is read.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// files gives all files in the folders that the site writes to.
func (s *site) files(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, folder := range s.folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				out = append(out, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// as gives a client that has logged in as the person; nobody for the empty name.
func (s *site) as(t testing.TB, person string) *http.Client {
	t.Helper()
	if c, ok := s.clients[person]; ok {
		return c
	}
	c := s.client(t)
	if person != "" {
		res, err := c.PostForm(s.URL+"/logginn", url.Values{"user": {person}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("log in as %s: %d", person, res.StatusCode)
		}
	}
	s.clients[person] = c
	return c
}

// client gives a browser of its own, that nobody has logged in with.
func (s *site) client(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Transport: s.transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// get fetches a page and gives its status and text.
func (s *site) get(t testing.TB, person, path string) (int, string) {
	t.Helper()
	res, err := s.as(t, person).Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res)
}

// post sends a hand-made form.
func (s *site) post(t testing.TB, person, path string, form url.Values) (int, string) {
	t.Helper()
	res, err := s.as(t, person).PostForm(s.URL+path, form)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res)
}

func read(t testing.TB, res *http.Response) (int, string) {
	t.Helper()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// head gives a record as it stands, whoever may see it.
func (s *site) head(t testing.TB, number string) record.Head {
	t.Helper()
	h, err := s.Engine.Find(system(t.Context()), number)
	if err != nil {
		t.Fatalf("record %s: %v", number, err)
	}
	return h
}

// newest gives the record of the kind that was made last.
func (s *site) newest(t testing.TB, kind string) record.Head {
	t.Helper()
	heads, err := s.Newest(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	return heads
}

func (s *site) events(t testing.TB, id string) []event.Event {
	t.Helper()
	list, err := event.Of(t.Context(), s.Engine.DB, id)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// refusedTo checks that everybody but those named is refused a command, by its
// page and by a hand-made POST, and that nothing changed.
func (s *site) refusedTo(t *testing.T, path, number string, form url.Values, but ...string) {
	t.Helper()
	var before record.Head
	if number != "" {
		before = s.head(t, number)
	}
	for _, p := range persons {
		if contains(but, p) {
			continue
		}
		for _, try := range []func() (int, string){
			func() (int, string) { return s.get(t, p, path) },
			func() (int, string) { return s.post(t, p, path, form) },
		} {
			status, _ := try()
			want := []int{http.StatusForbidden, http.StatusNotFound}
			if p == "" {
				want = []int{http.StatusSeeOther}
			}
			if !containsInt(want, status) {
				t.Errorf("%q at %s got %d, want one of %v", p, path, status, want)
			}
		}
	}
	if number != "" {
		if after := s.head(t, number); after.Version != before.Version || after.State != before.State {
			t.Errorf("%s changed from version %d (%s) to %d (%s) by somebody who was refused", number, before.Version, before.State, after.Version, after.State)
		}
	}
}

func contains(list []string, x string) bool {
	for _, v := range list {
		if v == x {
			return true
		}
	}
	return false
}

func containsInt(list []int, x int) bool {
	for _, v := range list {
		if v == x {
			return true
		}
	}
	return false
}

func inDays(n int) string { return demoDay.AddDate(0, 0, n).Format("02.01.2006") }

// day writes a day as the pages do.
func day(n int) string { return lang.Day(context.Background(), demoDay.AddDate(0, 0, n)) }

func system(ctx context.Context) context.Context { return app.AsSystem(ctx) }
