package publicationweb_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"funn/internal/need"
	"funn/internal/org"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/blob"
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
	"funn/internal/platform/ui"
	"funn/internal/platform/ui/axetest"
	"funn/internal/platform/web"
	"funn/internal/project"
	"funn/internal/publication"
	"funn/internal/publication/publicationweb"
)

var schema = []fs.FS{event.Migrations, record.Migrations, need.Migrations, project.Migrations, publication.Migrations}

func person(id string, staff bool, roles ...access.Role) access.Actor {
	a := access.Actor{ID: id, Name: "Navn " + id, Staff: staff, As: []string{id}}
	for _, r := range roles {
		a.Grants = append(a.Grants, access.Grant{Role: r, Unit: "dir"})
	}
	return a
}

var people = map[string]access.Actor{
	"fou": person("fou", true, org.FoU), "fou2": person("fou2", true, org.FoU), "fageier": person("fageier", true, org.SubjectOwner),
	"bibliotek": person("bibliotek", true, org.Library), "kontor": person("kontor", true, org.Office),
	"forsker": person("forsker", false, org.Researcher), "annen": person("annen", false, org.Researcher),
}

// around answers what the modules ask of the rest of the house, and keeps files.
type around struct{ files map[string][]byte }

func (around) Holders(_ context.Context, roles ...access.Role) ([]form.Option, error) {
	var out []form.Option
	for id, a := range people {
		if len(roles) == 0 || a.Has(roles...) {
			out = append(out, form.Option{Value: id, Label: a.Name})
		}
	}
	slices.SortFunc(out, func(a, b form.Option) int { return strings.Compare(a.Value, b.Value) })
	return out, nil
}

func (around) Organisations(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "org-1", Label: "Fiktivt Institutt"}, {Value: "org-2", Label: "Fiktivt Selskap"}}, nil
}

func (around) Themes(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "sosiale-tjenester", Label: "Sosiale tjenester"}}, nil
}

func (around) Goals(context.Context) ([]form.Option, error) { return nil, nil }

func (around) Published(context.Context) ([]form.Option, error) { return nil, nil }

type openFile struct{ *bytes.Reader }

func (openFile) Close() error { return nil }

func (a around) Open(_ context.Context, sha string) (blob.File, error) {
	b, ok := a.files[sha]
	if !ok {
		return nil, fault.Missing()
	}
	return openFile{bytes.NewReader(b)}, nil
}

// sessions knows who asks from a cookie that the tests set.
type sessions struct{}

type whoKey struct{}

func (sessions) PersonID(ctx context.Context) string {
	s, _ := ctx.Value(whoKey{}).(string)
	return s
}
func (sessions) PutFlash(context.Context, string) {}
func (sessions) PopFlash(context.Context) string  { return "" }
func (sessions) Lang(context.Context) string      { return "" }
func (sessions) SetLang(context.Context, string)  {}
func names(_ context.Context, ids ...string) (map[string]string, error) {
	out := map[string]string{}
	for _, id := range ids {
		out[id] = people[id].Name
	}
	return out, nil
}

type house struct {
	*publication.Service
	t        testing.TB
	projects *project.Service
	engine   *record.Engine
	clock    *clock.Movable
	around   around
	catalog  *lang.Catalog
	routes   []web.Route
	handler  http.Handler
}

func open(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, clock: clock.NewMovable(time.Date(2023, 1, 2, 8, 0, 0, 0, time.UTC)), around: around{files: map[string][]byte{}}}
	h.engine = record.NewEngine(d, h.clock)
	needs := need.New(h.around, h.around, h.around)
	h.projects = project.New(h.around, h.around, needs)
	h.Service = publication.New(h.around, h.around, h.projects)
	site := &recordweb.Site{
		Engine: h.engine, Names: names, Unit: func(_ context.Context, path string) string { return "Enhet " + path },
		Keep: func(_ context.Context, name string, content recordweb.Content, size int64) (*form.Upload, error) {
			b, err := io.ReadAll(content)
			if err != nil {
				return nil, err
			}
			sha := strings.Repeat("c", 64)
			h.around.files[sha] = b
			return &form.Upload{Name: name, Size: size, SHA256: sha, Type: "application/pdf"}, nil
		},
	}
	m := publicationweb.Module(publicationweb.Deps{
		Service: h.Service, Projects: h.projects, Site: site, Files: h.around,
		ThemeName:  func(_ context.Context, slug string) string { return "Tema " + slug },
		ProjectURL: func(p *project.Project) string { return "/kunnskap/prosjekt/" + p.Number },
	})
	if err := h.engine.Register(append([]record.AnyKind{needs.Kind, h.projects.Kind}, m.Kinds...)...); err != nil {
		t.Fatal(err)
	}
	m.Subscribe(h.engine)
	h.catalog = lang.NewCatalog()
	for _, texts := range []fs.FS{lang.Messages, web.Messages, org.Messages, plan.Messages, need.Messages, project.Messages, m.Messages} {
		if err := h.catalog.Load(texts); err != nil {
			t.Fatal(err)
		}
	}
	site.Router = &web.Router{
		Catalog: h.catalog, Sessions: sessions{}, Nav: m.Nav, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Actor: func(_ context.Context, id string) (access.Actor, error) { return people[id], nil },
	}
	m.Routes(site.Router)
	h.routes = site.Router.Routes()
	inner := site.Router.Handler()
	mux := http.NewServeMux()
	mux.Handle("GET /static/", ui.Assets())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("who"); err == nil {
			r = r.WithContext(context.WithValue(r.Context(), whoKey{}, c.Value))
		}
		inner.ServeHTTP(w, r)
	})
	h.handler = web.Secure(mux, false)
	return h
}

// page is an answer of the server.
type page struct {
	t      testing.TB
	status int
	header http.Header
	body   string
	root   *html.Node
}

func (h *house) send(who string, r *http.Request) page {
	h.t.Helper()
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "who", Value: who})
	}
	r.Header.Set("Accept-Language", "nb")
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	p := page{t: h.t, status: w.Code, header: w.Header(), body: w.Body.String()}
	root, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		h.t.Fatal(err)
	}
	p.root = root
	return p
}

func (h *house) request(who, method, address string, sent url.Values) page {
	h.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, address, strings.NewReader(sent.Encode()))
	if sent != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return h.send(who, r)
}

// get gives a page that must be there.
func (h *house) get(who, address string) page {
	h.t.Helper()
	p := h.request(who, "GET", address, nil)
	if p.status != http.StatusOK {
		h.t.Fatalf("GET %s as %q: %d\n%s", address, who, p.status, p.text())
	}
	return p
}

// post sends a form that must be carried out.
func (h *house) post(who, address string, pairs ...string) {
	h.t.Helper()
	sent := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		sent.Add(pairs[i], pairs[i+1])
	}
	if p := h.request(who, "POST", address, sent); p.status != http.StatusSeeOther {
		h.t.Fatalf("POST %s as %q: %d\n%s", address, who, p.status, p.text())
	}
}

func (p page) text() string {
	var b strings.Builder
	for d := range p.root.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// links gives the addresses that links inside main lead to.
func (p page) links() []string {
	var out []string
	for m := range p.root.Descendants() {
		if m.DataAtom != atom.Main {
			continue
		}
		for d := range m.Descendants() {
			for _, a := range d.Attr {
				if d.DataAtom == atom.A && a.Key == "href" {
					out = append(out, a.Val)
				}
			}
		}
	}
	return out
}

func (p page) says(words ...string) {
	p.t.Helper()
	for _, w := range words {
		if !strings.Contains(p.text(), w) {
			p.t.Errorf("the page does not say %q:\n%s", w, p.text())
		}
	}
}

func (p page) doesNotSay(words ...string) {
	p.t.Helper()
	for _, w := range words {
		if strings.Contains(p.body, w) {
			p.t.Errorf("the page says %q:\n%s", w, p.text())
		}
	}
}

const sha = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// received gives the publication of an accepted final report.
func (h *house) received(change func(*project.Project)) *publication.Publication {
	h.t.Helper()
	h.around.files[sha] = []byte("%PDF-1.7 innhold")
	p := &project.Project{
		Head: record.Head{Title: "Prosjektet om gjeld", State: project.Delivered, Unit: "dir"}, Instrument: "commission", Theme: "sosiale-tjenester",
		Owner: "fageier", CaseWorker: "fou", Leader: "forsker", LeaderName: "En forsker", ReviewedBy: "fou", ReviewedAt: h.engine.Now(context.Background()),
		Limitations: "Fem kontor.",
	}
	p.SetFlag(project.PublicFlag, true)
	p.Roles.V = []project.Role{{Org: "org-2", Role: project.Partner}, {Org: "org-1", Role: project.Host}}
	p.Findings.V = []project.Finding{{Text: "Ventetida er kortare.", Limits: "Fem kontor."}}
	p.Deliverables.V = []project.Deliverable{{
		ID: 1, Kind: project.Final, Title: "Gjeldsråd på kontoret", Lang: "nn", Summary: "Samandrag av rapporten.", File: sha, FileName: "gjeld æøå.pdf", FileType: "application/pdf",
	}}
	if change != nil {
		change(p)
	}
	if err := h.projects.Kind.Import(access.With(context.Background(), access.System), p, "test"); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.projects.Kind.Do(access.With(context.Background(), people["fageier"]), p.ID, "accept", record.Input{}); err != nil {
		h.t.Fatal(err)
	}
	list, err := h.OfProject(access.With(context.Background(), access.System), p.ID)
	if err != nil || len(list) != 1 {
		h.t.Fatalf("publications: %v, %v", list, err)
	}
	return list[0]
}

// published gives the publication after it has been published through its pages.
func (h *house) published(change func(*project.Project)) *publication.Publication {
	h.t.Helper()
	p := h.received(change)
	at := "/publikasjon/" + p.Number
	h.post("bibliotek", at+"/metadata-klare")
	h.post("fageier", at+"/godkjenn")
	h.post("fou", at+"/publiser")
	return p
}

// Every text that the lifecycle and the pages ask for is there, in all three
// languages, and no text of the module lies unused.
func TestTexts(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	l := h.Kind.Lifecycle()
	if missing := recordweb.MissingTexts(h.catalog, l); len(missing) > 0 {
		t.Errorf("missing: %v", missing)
	}
	for _, command := range []string{"ready", "approve", "publish", "assign", "withdraw"} {
		if !h.catalog.Has("publication." + command + ".task") {
			t.Errorf("the task %s has no words", command)
		}
	}
	own := lang.NewCatalog()
	if err := own.Load(publication.Messages); err != nil {
		t.Fatal(err)
	}
	if missing := own.Missing(); len(missing) > 0 {
		t.Errorf("not in all languages: %v", missing)
	}
	quoted := regexp.MustCompile(`"(publication\.[a-z_.]*)"`)
	used := map[string]bool{}
	var prefixes []string
	for _, pattern := range []string{"*.go", "*.templ", "../*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range quoted.FindAllStringSubmatch(string(b), -1) {
				key := m[1]
				used[key] = true
				switch {
				case strings.HasSuffix(key, "."), key == "publication.type":
					prefixes = append(prefixes, strings.TrimSuffix(key, ".")+".")
				case !own.Has(key) && !own.Has(key+".one"):
					t.Errorf("%s asks for %s, which is not there", f, key)
				}
			}
		}
	}
	for _, alternatives := range recordweb.Keys(l) {
		for _, key := range alternatives {
			used[key] = true
		}
	}
	for _, key := range own.Keys() {
		stem := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(key, ".hint"), ".intro"), ".one"), ".other")
		task := strings.HasSuffix(key, ".task")
		byPrefix := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
		command := slices.ContainsFunc(l.Commands, func(c lifecycle.Command) bool { return stem == "publication."+c.Name })
		if !used[key] && !used[stem] && !byPrefix && !task && !command && strings.HasPrefix(key, "publication.") {
			t.Errorf("nothing uses %s", key)
		}
	}
}

// From received to read by everybody, through the pages alone.
func TestWayToThePublic(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		p := h.received(nil)
		at, public := "/publikasjon/"+p.Number, "/kunnskap/rapport/"+p.Slug
		list := h.get("bibliotek", "/publikasjon")
		list.says("Gjeldsråd på kontoret", "1 publikasjon", "Mottatt", "Fiktivt Institutt · Fiktivt Selskap", "Navn fou")
		page := h.get("bibliotek", at)
		page.says("Omtale og metadata", "Kort fortalt i tre punkter", "Mangler, bør fylles ut", "Samandrag av rapporten.", "27. mars 2023")
		if !slices.Contains(page.links(), at+"/omtale") || !slices.Contains(page.links(), at+"/metadata") {
			t.Errorf("the checklist leads to %v", page.links())
		}
		if links := h.get("kontor", at).links(); slices.Contains(links, at+"/omtale") {
			t.Errorf("somebody who may not write is led to it: %v", links)
		}
		wrong := h.request("bibliotek", "POST", at+"/omtale", url.Values{"title": {"T"}, "report_lang": {"nn"}, "summary": {"S"}, "short": {"a\nb\nc\nd"}})
		if wrong.status != http.StatusUnprocessableEntity {
			t.Fatalf("four points: %d", wrong.status)
		}
		wrong.says("Skriv høyst tre punkter. Du har skrevet 4.")
		h.post("bibliotek", at+"/omtale", "title", p.Title, "report_lang", "nn", "summary", "Eit lengre samandrag.", "short", "Ein\nTo\nTre", "findings", "Ventetida er kortare.", "limitations", "Fem kontor.")
		h.post("bibliotek", at+"/metadata-klare")
		if absent, unpublished := h.request("", "GET", "/kunnskap/rapport/finst-ikkje", nil), h.request("", "GET", public, nil); unpublished.status != http.StatusNotFound ||
			strings.ReplaceAll(absent.body, "finst-ikkje", p.Slug) != unpublished.body {
			t.Errorf("unpublished does not look like absent: %d", unpublished.status)
		}
		early := h.request("fou", "POST", at+"/publiser", url.Values{})
		if early.status != http.StatusConflict {
			t.Errorf("published by one: %d", early.status)
		}
		h.post("fageier", at+"/godkjenn")
		h.get("fou", at).says("Godkjent 2. januar 2023 av Navn fageier", "Ikke godkjent ennå")
		if again := h.request("fageier", "POST", at+"/publiser", url.Values{}); again.status != http.StatusForbidden {
			t.Errorf("published by who approved: %d", again.status)
		}
		h.post("fou", at+"/publiser")
		h.get("kontor", at).says("Vis siden publikum ser", "Godkjent 2. januar 2023 av Navn fou")
		read := h.get("", public)
		read.says("Gjeldsråd på kontoret", "Kort fortalt", "Ein", "Eit lengre samandrag.", "Ventetida er kortare.", "Fem kontor.", "Tema sosiale-tjenester", "Prosjektet om gjeld", "En forsker (2023). Gjeldsråd på kontoret. Fiktivt Institutt, Fiktivt Selskap.")
		for _, l := range read.links() {
			if u, err := url.Parse(l); err != nil || u.Path != "" && u.Path != "/" && !strings.HasPrefix(u.Path, "/kunnskap/") {
				t.Errorf("the public page leads to %s", l)
			}
		}
		read.doesNotSay("Navn fou", "Navn fageier", "/publikasjon")
		if !strings.Contains(read.body, `lang="nn"`) || !strings.Contains(read.body, `name="description"`) {
			t.Error("the page tells neither its language nor what it is about")
		}
		for _, tab := range []string{"", "/logg", "/omtale", "/fil/" + sha} {
			if p := h.request("", "GET", at+tab, nil); p.status != http.StatusSeeOther || p.header.Get("Location") == "" {
				t.Errorf("%s without login: %d", tab, p.status)
			}
			if p := h.request("annen", "GET", at+tab, nil); p.status != http.StatusNotFound {
				t.Errorf("%s of another's: %d", tab, p.status)
			}
		}
		h.get("forsker", at).says("Gjeldsråd på kontoret")
		h.get("bibliotek", at+"/logg").says("publiserte rapporten", "godkjente rapporten for publisering", "mottok rapporten")
	})
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		p := h.received(nil)
		at, public := "/publikasjon/"+p.Number, "/kunnskap/rapport/"+p.Slug
		if f := h.request("", "GET", public+"/fil/"+sha, nil); f.status != http.StatusNotFound {
			t.Errorf("the file of an unpublished report: %d", f.status)
		}
		f := h.get("kontor", at+"/fil/"+sha)
		if f.body != "%PDF-1.7 innhold" {
			t.Errorf("got %q", f.body)
		}
		h.post("bibliotek", at+"/metadata-klare")
		h.post("fageier", at+"/godkjenn")
		h.post("fou", at+"/publiser")
		f = h.get("", public+"/fil/"+sha)
		for name, want := range map[string]string{
			"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
			"Content-Disposition": "attachment; filename*=utf-8''gjeld%20%C3%A6%C3%B8%C3%A5.pdf", "Cache-Control": "no-cache", "Etag": `"` + sha + `"`,
		} {
			if got := f.header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		// A file of the next version is the staff's until it is published.
		h.post("fou", at+"/ny-versjon", "reason", "Rettet en tabell.")
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		for k, v := range map[string]string{"file_title": "Rettet rapport", "file_lang": "nn"} {
			if err := w.WriteField(k, v); err != nil {
				t.Fatal(err)
			}
		}
		part, err := w.CreateFormFile("file", "ny.pdf")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte("%PDF-1.7 nytt")); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(context.Background(), "POST", at+"/ny-fil", &form)
		r.Header.Set("Content-Type", w.FormDataContentType())
		if sent := h.send("fou", r); sent.status != http.StatusSeeOther {
			t.Fatalf("add a file: %d %s", sent.status, sent.text())
		}
		newer := strings.Repeat("c", 64)
		if f := h.request("", "GET", public+"/fil/"+newer, nil); f.status != http.StatusNotFound {
			t.Errorf("the file of the next version: %d", f.status)
		}
		h.get("kontor", at+"/fil/"+newer)
		h.get("kontor", at).says("Dette er den nye versjonen.", "Rettet rapport")
		h.post("fageier", at+"/godkjenn")
		h.post("fou", at+"/publiser")
		h.get("", public+"/fil/"+newer)
		h.get("", public).says("Dette er versjon 2")
		h.get("kontor", at).says("Tidligere versjoner", "Rettet en tabell.")
		// Withdrawn: the tombstone stays, the files go.
		h.post("fou", at+"/foresla-avpublisering", "tombstone", "Tallene var feil.", "reason", "En feil i dataene.")
		h.get("kontor", at).says("Foreslått trukket tilbake", "En feil i dataene.")
		h.post("fou2", at+"/avpubliser")
		gone := h.get("", public)
		gone.says("Gjeldsråd på kontoret", "Tallene var feil.", "trukket tilbake")
		gone.doesNotSay("Samandrag", "En feil i dataene.", "Ventetida", "/fil/")
		for _, s := range []string{sha, newer} {
			if f := h.request("", "GET", public+"/fil/"+s, nil); f.status != http.StatusNotFound {
				t.Errorf("a file of a withdrawn report: %d", f.status)
			}
		}
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		system := access.With(context.Background(), access.System)
		for i := range 30 {
			p := &publication.Publication{
				Head:    record.Head{Title: "Rapport " + string(rune('A'+i%26)), Lang: []string{"nb", "nn"}[i%2], State: publication.Published, Example: i == 29, Source: "=kilden"},
				PubType: publication.Types[i%3], Theme: []string{"sosiale-tjenester", publication.NoTheme}[i%2], Year: 2020 + i%3,
			}
			if err := h.Import(system, p, "test"); err != nil {
				t.Fatal(err)
			}
		}
		first := h.get("kontor", "/publikasjon")
		first.says("30 publikasjoner", "nyeste først", "Uten tema", "Tema sosiale-tjenester", "Eksempel")
		count := func(p page) int {
			n := 0
			for _, l := range p.links() {
				if strings.HasPrefix(l, "/publikasjon/R-") {
					n++
				}
			}
			return n
		}
		if n, m := count(first), count(h.get("kontor", "/publikasjon?side=2")); n != 25 || m != 5 {
			t.Errorf("pages of %d and %d", n, m)
		}
		for address, want := range map[string]string{
			"?tema=none": "15 publikasjoner", "?type=article": "0 publikasjoner", "?type=analysis": "10 publikasjoner", "?aar=2021": "10 publikasjoner", "?sprak=nn&aar=2021": "5 publikasjoner",
			"?tilstand=MOTTATT": "0 publikasjoner", "?q=rapport+X": "1 publikasjon", "?q=%25": "0 publikasjoner", "?tema=%27;DROP": "30 publikasjoner", "?side=-1": "30 publikasjoner", "?aar=x": "30 publikasjoner",
		} {
			h.get("kontor", "/publikasjon"+address).says(want)
		}
		chosen := h.get("kontor", "/publikasjon?aar=2021&sprak=nn&side=2&malform=nn")
		if !slices.Contains(chosen.links(), "/publikasjon?sprak=nn") || !slices.Contains(chosen.links(), "/publikasjon?aar=2021") {
			t.Errorf("the filters cannot be taken off: %v", chosen.links())
		}
		file := h.get("kontor", "/publikasjon?format=csv&aar=2021")
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.body, "\ufeff")))
		r.Comma = ';'
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 11 || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") || !strings.Contains(file.body, "'=kilden") {
			t.Errorf("the file has %d rows, %s", len(rows), file.header.Get("Content-Disposition"))
		}
		if x := h.get("kontor", "/publikasjon?format=xlsx"); !strings.HasPrefix(x.body, "PK") {
			t.Error("the workbook is none")
		}
		h.get("forsker", "/publikasjon").says("0 publikasjoner", "Ingen publikasjoner")
		if p := h.request("", "GET", "/publikasjon", nil); p.status != http.StatusSeeOther {
			t.Errorf("the list without login: %d", p.status)
		}
		h.received(nil)
		h.clock.Forward(time.Date(2023, 3, 28, 8, 0, 0, 0, time.UTC))
		h.get("kontor", "/publikasjon").says("1 publikasjon har ventet mer enn 12 uker", "Over fristen")
	})
}

// A report that takes the place of another is linked with it, both ways, as far
// as everybody may know of them.
func TestSupersedes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		old := h.published(nil)
		h.post("bibliotek", "/publikasjon/registrer", "project", old.Project, "title", "Den endelege rapporten", "pub_type", "final_report", "report_lang", "nn", "year", "2023", "summary", "S")
		list, err := h.OfProject(access.With(context.Background(), access.System), old.Project)
		if err != nil || len(list) != 2 {
			t.Fatalf("publications: %v, %v", list, err)
		}
		i := slices.IndexFunc(list, func(p *publication.Publication) bool { return p.ID != old.ID })
		at, public := "/publikasjon/"+list[i].Number, "/kunnskap/rapport/"+list[i].Slug
		h.post("bibliotek", at+"/metadata", "pub_type", "final_report", "theme", "sosiale-tjenester", "year", "2023", "supersedes", old.ID)
		h.get("", "/kunnskap/rapport/"+old.Slug).doesNotSay("Erstattet av", public)
		h.post("bibliotek", at+"/metadata-klare")
		h.post("fageier", at+"/godkjenn")
		h.post("fou", at+"/publiser-omtale")
		h.get("", "/kunnskap/rapport/"+old.Slug).says("Erstattet av Den endelege rapporten")
		h.get("", public).says("Erstatter Gjeldsråd på kontoret", "Rapporten selv er ikke lagt ut her.")
	})
}

// A report that lies elsewhere is a link away, and the link says where it leads.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		p := h.published(nil)
		for address, want := range map[string]string{
			"https://nav.no/fou": "Finn rapporten på nav.no/fou", "https://www.regjeringen.no/no/dokumenter/nou-2021-2/id2832582/?ch=1": "Finn rapporten på regjeringen.no", "http://example.org/": "Finn rapporten på example.org",
		} {
			h.post("bibliotek", "/publikasjon/"+p.Number+"/metadata", "pub_type", "final_report", "theme", "sosiale-tjenester", "year", "2023", "external_url", address)
			page := h.get("", "/kunnskap/rapport/"+p.Slug)
			page.says("Hele rapporten", want)
			if !strings.Contains(page.body, `href="`+address+`"`) {
				t.Errorf("no link to %s", address)
			}
		}
	})
}

// Examples are marked where everybody reads them, and stand with their like.
func TestExample(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		real := h.published(nil)
		example := h.published(func(p *project.Project) { p.Example, p.Source = true, "Eksempel" })
		h.get("", "/kunnskap/rapport/"+example.Slug).says("Eksempel", "Les også")
		page := h.get("", "/kunnskap/rapport/"+real.Slug)
		page.doesNotSay("Eksempel", "/kunnskap/rapport/"+example.Slug)
	})
}

// Pages of each kind, in states with much and little on them, without faults
// that a machine can find.
func TestAccessible(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	waiting := h.received(nil)
	done := h.published(nil)
	h.post("fou", "/publikasjon/"+done.Number+"/ny-versjon", "reason", "Rettet.")
	h.post("fou", "/publikasjon/"+done.Number+"/omtale", "title", "Ny tittel", "report_lang", "nb", "summary", "Ny", "short", "En\nTo\nTre")
	h.post("fou", "/publikasjon/"+done.Number+"/foresla-avpublisering", "tombstone", "Feil.", "reason", "Feil.")
	gone := h.published(nil)
	h.post("fou", "/publikasjon/"+gone.Number+"/foresla-avpublisering", "tombstone", "Feil.", "reason", "Feil.")
	h.post("fou2", "/publikasjon/"+gone.Number+"/avpubliser")
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)
	browser := axetest.New(t)
	browser.SetCookie(t, server.URL, &http.Cookie{Name: "who", Value: "fou"})
	for _, path := range []string{
		"/publikasjon", "/publikasjon?q=finnes+ikke", "/publikasjon/" + waiting.Number, "/publikasjon/" + done.Number, "/publikasjon/" + waiting.Number + "/omtale",
		"/kunnskap/rapport/" + done.Slug, "/kunnskap/rapport/" + gone.Slug,
	} {
		for _, width := range []int{1280, 320} {
			for _, v := range browser.Page(t, server.URL+path, width) {
				t.Errorf("%s at %d pixels: %s", path, width, v)
			}
		}
	}
}
