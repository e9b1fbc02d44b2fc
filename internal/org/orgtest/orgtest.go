// Package orgtest gives tests of the modules a small agency on a fresh database:
// units, an organisation, a person of each role named by it, and a server whose
// pages can be read and posted to as any of them.
//
// Only tests import it.
package orgtest

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// House is a small agency. Its clock stands at 2 January 2023, ten o'clock in Oslo.
type House struct {
	DB        *db.DB
	Engine    *record.Engine
	Directory *org.Directory
	Clock     *clock.Movable
	Site      *recordweb.Site
	Router    *web.Router
	Catalog   *lang.Catalog
}

// Day gives the calendar day written 2006-01-02.
func Day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// System is a context in which the program acts.
func System() context.Context { return access.With(context.Background(), access.System) }

// Each builds the house on SQLite and on PostgreSQL and runs the test in each.
// build gives the modules under test; the migrations must be all of theirs.
func Each(t *testing.T, migrations []fs.FS, build func(h *House) []module.Module, test func(t *testing.T, h *House)) {
	t.Helper()
	all := append([]fs.FS{event.Migrations, record.Migrations, org.Migrations}, migrations...)
	dbtest.Each(t, all, func(t *testing.T, d *db.DB) { test(t, open(t, d, build)) })
}

func open(t testing.TB, d *db.DB, build func(h *House) []module.Module) *House {
	t.Helper()
	c := clock.NewMovable(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC))
	h := &House{DB: d, Engine: record.NewEngine(d, c), Directory: org.New(), Clock: c, Catalog: lang.NewCatalog()}
	h.Router = &web.Router{Catalog: h.Catalog, Sessions: sessions{}, Actor: h.Directory.Actor, Logger: slog.New(slog.NewTextHandler(logTo{t}, nil))}
	h.Site = &recordweb.Site{Router: h.Router, Engine: h.Engine, Names: h.Directory.Names, Unit: h.Directory.UnitName}
	modules := build(h)
	texts := []fs.FS{lang.Messages, web.Messages, org.Messages}
	registered := false
	for _, m := range modules {
		registered = registered || m.Name == "org"
		if m.Messages != nil && m.Name != "org" {
			texts = append(texts, m.Messages)
		}
	}
	if !registered {
		modules = append([]module.Module{{Name: "org", Kinds: h.Directory.Kinds()}}, modules...)
	}
	for _, f := range texts {
		must(t, h.Catalog.Load(f))
	}
	for _, m := range modules {
		must(t, h.Engine.Register(m.Kinds...))
		if m.Subscribe != nil {
			m.Subscribe(h.Engine)
		}
		if m.Routes != nil {
			m.Routes(h.Router)
		}
	}
	h.people(t)
	return h
}

// people fills the agency.
func (h *House) people(t testing.TB) {
	t.Helper()
	for _, u := range []struct{ path, name, kind string }{
		{"avdir", "Direktoratet", org.TypeDirectorate},
		{"avdir/kun", "Kunnskapsavdelingen", org.TypeDepartment},
		{"avdir/kun/fou", "FoU-seksjonen", org.TypeSection},
		{"kontor/0104", "Nav Moss", org.TypeLocalOffice},
	} {
		unit := &org.Unit{Path: u.path, Type: u.kind, About: "Det enheten gjør."}
		unit.Title, unit.Unit, unit.Number = u.name, u.path, org.UnitNumber(u.kind, u.path)
		must(t, h.Directory.Units.Import(System(), unit, "test"))
	}
	for _, name := range []string{"Fafo", "NORCE"} {
		o := &org.Organisation{Type: "research_institute"}
		o.ID, o.Title = strings.ToLower(name), name
		must(t, h.Directory.Organisations.Import(System(), o, "test"))
	}
	for _, role := range org.Roles {
		for _, id := range []string{string(role), string(role) + "2"} {
			p := &org.Person{Staff: org.Staff(role)}
			p.ID, p.Number, p.Title, p.Email = id, id, "Person "+id, id+"@example.org"
			grant := org.Grant{Role: role}
			if p.Staff {
				p.Unit, grant.Unit = "avdir/kun/fou", "avdir"
			} else {
				p.Organisation = "fafo"
			}
			p.Grants.V = []org.Grant{grant}
			must(t, h.Directory.Persons.Import(System(), p, "test"))
		}
	}
}

// As gives a context in which the person acts.
func (h *House) As(t testing.TB, id string) context.Context {
	t.Helper()
	a, err := h.Directory.Actor(context.Background(), id)
	if err != nil {
		t.Fatalf("actor %s: %v", id, err)
	}
	return access.With(context.Background(), a)
}

// Page is an answer.
type Page struct {
	Status   int
	Location string
	Header   http.Header
	Body     string
}

// Has says whether the page holds all of the texts.
func (p Page) Has(texts ...string) bool {
	for _, s := range texts {
		if !strings.Contains(p.Body, s) {
			return false
		}
	}
	return true
}

// Get reads a page as the person, or as nobody when id is empty, and holds it to
// what every page must keep: one h1, no text that is missing.
func (h *House) Get(t testing.TB, id, path string) Page {
	t.Helper()
	return h.Ask(t, id, httptest.NewRequest(http.MethodGet, path, nil))
}

// Post sends a form as the person. Pairs are names and values.
func (h *House) Post(t testing.TB, id, path string, pairs ...string) Page {
	t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return h.Ask(t, id, r)
}

// Handler serves the pages, and what they need to look right, with everybody
// logged in as the person; for tests in a browser.
func (h *House) Handler(id string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", ui.Assets())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		h.Router.Handler().ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), personKey{}, id)))
	})
	return web.Secure(mux, false)
}

var headings = regexp.MustCompile(`<h1[ >]`)

// Ask sends a request as the person, and holds the page to what every page must keep.
func (h *House) Ask(t testing.TB, id string, r *http.Request) Page {
	t.Helper()
	if r.Header.Get("Accept-Language") == "" {
		r.Header.Set("Accept-Language", "nb")
	}
	w := httptest.NewRecorder()
	h.Router.Handler().ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), personKey{}, id)))
	body, err := io.ReadAll(w.Result().Body)
	must(t, err)
	p := Page{Status: w.Code, Location: w.Header().Get("Location"), Header: w.Header(), Body: string(body)}
	if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
		if n := len(headings.FindAllString(p.Body, -1)); n != 1 && p.Location == "" {
			t.Errorf("%s %s as %q has %d h1", r.Method, r.URL, id, n)
		}
		if i := strings.Index(p.Body, "⟦"); i >= 0 {
			t.Errorf("%s %s as %q lacks the text %s", r.Method, r.URL, id, p.Body[i:min(i+60, len(p.Body))])
		}
	}
	return p
}

// Texts reports what texts the kinds' pages lack, and texts that are not in every
// language.
func (h *House) Texts(t testing.TB) {
	t.Helper()
	for _, k := range h.Engine.Kinds() {
		if m := recordweb.MissingTexts(h.Catalog, k.Lifecycle()); len(m) > 0 {
			t.Errorf("texts missing: %v", m)
		}
	}
	if m := h.Catalog.Missing(); len(m) > 0 {
		t.Errorf("not in every language: %v", m)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type personKey struct{}

// sessions takes the person from the request's context in place of a cookie.
type sessions struct{}

func (sessions) PersonID(ctx context.Context) string {
	id, _ := ctx.Value(personKey{}).(string)
	return id
}
func (sessions) PutFlash(context.Context, string) {}
func (sessions) PopFlash(context.Context) string  { return "" }
func (sessions) Lang(context.Context) string      { return "" }
func (sessions) SetLang(context.Context, string)  {}

type logTo struct{ t testing.TB }

func (l logTo) Write(b []byte) (int, error) {
	l.t.Helper()
	l.t.Log(string(b))
	return len(b), nil
}
