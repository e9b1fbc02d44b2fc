package recordweb_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
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

// A paper is public and has one command that takes a long text and a file.
type paper struct {
	record.Head
	Text string `db:"body"`
	File string `db:"file"`
}

var schema = []fs.FS{event.Migrations, record.Migrations, fstest.MapFS{"9001_paper.sql": {Data: []byte(`
CREATE TABLE paper (
    id TEXT PRIMARY KEY REFERENCES record (id),
    body TEXT NOT NULL,
    file TEXT NOT NULL
);
`)}}}

type sessions struct{}

type whoKey struct{}

func (sessions) PersonID(ctx context.Context) string { s, _ := ctx.Value(whoKey{}).(string); return s }
func (sessions) PutFlash(context.Context, string)    {}
func (sessions) PopFlash(context.Context) string     { return "" }
func (sessions) Lang(context.Context) string         { return "en" }
func (sessions) SetLang(context.Context, string)     {}

type desk struct {
	handler http.Handler
	kind    *record.Kind[*paper]
	number  string
	id      string
	router  *web.Router
	kept    *int
	broken  *error // what the command's rules answer with
}

func papers(t *testing.T, d *db.DB) desk {
	t.Helper()
	out := desk{kept: new(int), broken: new(error)}
	editor := []access.Rule{{Roles: []access.Role{"editor"}}}
	k := &record.Kind[*paper]{
		Name: "paper", Prefix: "P", Path: "/paper", Table: "paper", Initial: []string{"OPEN"}, New: func() *paper { return &paper{} },
		States: []lifecycle.State{{Name: "OPEN", Label: "open"}, {Name: "DONE", Label: "done", Final: true}},
		Read:   []access.Rule{{Public: true}},
		Commands: []record.Command[*paper]{
			{Command: lifecycle.Command{Name: "register", Path: "ny", Create: true, To: []string{"OPEN"}, Who: editor}},
			{
				Command: lifecycle.Command{Name: "deliver", Path: "lever", From: []string{"OPEN"}, To: []string{"DONE"}, Who: editor, Fields: []form.Field{
					{Name: "text", Type: form.Area, Required: true}, {Name: "file", Type: form.File},
				}},
				Check: func(_ context.Context, _ *paper, in form.Values) (v record.Verdict, err error) {
					if in.String("text") == "too early" {
						v.Block("error.two_people")
					}
					return v, *out.broken
				},
				Apply: func(_ context.Context, c *record.Change[*paper]) error {
					c.Rec.Text = c.In.String("text")
					if f := c.In.File("file"); f != nil {
						c.Rec.File = f.SHA256
					}
					return nil
				},
			},
		},
	}
	e := record.NewEngine(d, clock.NewMovable(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC)))
	if err := e.Register(k); err != nil {
		t.Fatal(err)
	}
	catalog := lang.NewCatalog()
	for _, m := range []fs.FS{lang.Messages, web.Messages} {
		if err := catalog.Load(m); err != nil {
			t.Fatal(err)
		}
	}
	r := &web.Router{Catalog: catalog, Sessions: sessions{}, Logger: slog.New(slog.DiscardHandler), Actor: func(_ context.Context, id string) (access.Actor, error) {
		a := access.Actor{ID: id, Name: id, Staff: true, As: []string{id}}
		if id == "ed" {
			a.Grants = []access.Grant{{Role: "editor", Unit: "top"}}
		}
		return a, nil
	}}
	site := &recordweb.Site{Router: r, Engine: e, Names: func(context.Context, ...string) (map[string]string, error) { return nil, nil },
		Keep: func(_ context.Context, name string, content recordweb.Content, size int64) (*form.Upload, error) {
			*out.kept++
			return &form.Upload{Name: name, Size: size, SHA256: "sha"}, nil
		}}
	recordweb.Mount(site, recordweb.View[*paper]{Kind: k, Body: func(*web.Context, *paper) (templ.Component, error) { return templ.NopComponent, nil }})
	p, err := k.Create(access.With(context.Background(), access.System), "register", record.Input{}, func(p *paper) { p.Title = "Paper" })
	if err != nil {
		t.Fatal(err)
	}
	out.handler, out.router, out.kind, out.number, out.id = r.Handler(), r, k, p.Number, p.ID
	return out
}

// post sends a form as somebody: multipart when there is a file.
func (d desk) post(who, path string, sent url.Values, file string) *httptest.ResponseRecorder {
	var body io.Reader = strings.NewReader(sent.Encode())
	kind := "application/x-www-form-urlencoded"
	if file != "" {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for name, values := range sent {
			_ = m.WriteField(name, values[0]) // a bytes.Buffer takes everything
		}
		part, _ := m.CreateFormFile("file", "a.txt")
		_, _ = io.WriteString(part, file)
		_ = m.Close()
		body, kind = &b, m.FormDataContentType()
	}
	return d.send(who, path, kind, body)
}

func (d desk) get(who, path string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), whoKey{}, who)))
	return w
}

func (d desk) send(who, path, kind string, body io.Reader) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, path, body)
	req.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), whoKey{}, who)))
	return w
}

// No file is kept of somebody who may not send it, and nobody's is refused before
// it is known who they are.
func TestFilesOfThoseWhoMay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, base *db.DB) {
		d := papers(t, base)
		at := "/paper/" + d.number + "/lever"
		for _, c := range []struct {
			who    string
			status int
			kept   int
		}{{"", http.StatusSeeOther, 0}, {"other", http.StatusForbidden, 0}, {"ed", http.StatusSeeOther, 1}, {"ed", http.StatusConflict, 1}} {
			w := d.post(c.who, at, url.Values{"text": {"A report."}}, "content")
			if w.Code != c.status || *d.kept != c.kept {
				t.Errorf("%q: status %d with %d files kept, want %d with %d", c.who, w.Code, *d.kept, c.status, c.kept)
			}
			if to := w.Header().Get("Location"); c.who == "" && !strings.HasPrefix(to, "/logginn") {
				t.Errorf("nobody is sent to %q", to)
			}
		}
	})
}

// The same form sent twice is done once and answered alike, its file included.
func TestSameUploadTwice(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, base *db.DB) {
		d := papers(t, base)
		for range 2 {
			w := d.post("ed", "/paper/"+d.number+"/lever", url.Values{"text": {"A report."}, "_key": {"K1"}}, "content")
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/paper/"+d.number {
				t.Errorf("status %d to %q", w.Code, w.Header().Get("Location"))
			}
		}
		if *d.kept != 1 {
			t.Errorf("%d files kept, want 1", *d.kept)
		}
	})
}

// What was typed stands in the form again whatever refused it.
func TestNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, base *db.DB) {
		d := papers(t, base)
		at := "/paper/" + d.number + "/lever"
		typed := "What took all day to write."
		for _, c := range []struct {
			name   string
			sent   url.Values
			status int
			want   string
		}{
			{"a ground that blocks", url.Values{"text": {"too early"}, "reason": {typed}}, http.StatusConflict, "Two people must agree"},
			{"what it says above that", url.Values{"text": {"too early"}, "reason": {typed}}, http.StatusConflict, "This cannot be done now"},
			{"a reason that is too long", url.Values{"text": {typed}, "reason": {strings.Repeat("x", record.ReasonLimit+1)}}, http.StatusUnprocessableEntity, ""},
			{"a reason that cannot be stored", url.Values{"text": {typed}, "reason": {"a\x00b"}}, http.StatusUnprocessableEntity, "cannot store"},
		} {
			w := d.post("ed", at, c.sent, "")
			if page := w.Body.String(); w.Code != c.status || !strings.Contains(page, typed) || !strings.Contains(page, c.want) {
				t.Errorf("%s: status %d, typed kept %v, told %v", c.name, w.Code, strings.Contains(page, typed), strings.Contains(page, c.want))
			}
		}
		*d.broken = fault.New(fault.Unavailable, "error.database_busy")
		if w := d.post("ed", at, url.Values{"text": {typed}}, ""); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), typed) {
			t.Errorf("while the database is busy: %d, typed kept %v", w.Code, strings.Contains(w.Body.String(), typed))
		}
		*d.broken = nil
		if w := d.post("ed", at, url.Values{"text": {"First."}}, ""); w.Code != http.StatusSeeOther {
			t.Fatalf("deliver: %d", w.Code)
		}
		if w := d.post("ed", at, url.Values{"text": {typed}}, ""); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), typed) || !strings.Contains(w.Body.String(), "Somebody else has moved the case on") {
			t.Errorf("after another was first: %d, typed kept %v", w.Code, strings.Contains(w.Body.String(), typed))
		}
	})
}

// A form that did not arrive whole is refused, and not carried out by halves.
func TestFormsComeWhole(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, base *db.DB) {
		d := papers(t, base)
		at := "/paper/" + d.number + "/lever"
		for _, c := range []struct {
			name   string
			body   io.Reader
			status int
		}{
			{"a broken escape", strings.NewReader("text=A+report.&file=%zz"), http.StatusUnprocessableEntity},
			{"cut off", io.MultiReader(strings.NewReader("text=A+report."), cut{}), http.StatusUnprocessableEntity},
			{"too large", io.MultiReader(strings.NewReader("text="), io.LimitReader(endless{}, 33<<20)), http.StatusRequestEntityTooLarge},
			{"a version that is none", strings.NewReader("text=A+report.&_version=1x"), http.StatusUnprocessableEntity},
			{"a key that is none", strings.NewReader("text=A+report.&_key=" + strings.Repeat("k", 3000)), http.StatusUnprocessableEntity},
		} {
			if w := d.send("ed", at, "application/x-www-form-urlencoded", c.body); w.Code != c.status {
				t.Errorf("%s: %d, want %d", c.name, w.Code, c.status)
			}
		}
		p, err := d.kind.Load(context.Background(), d.id)
		if err != nil || p.State != "OPEN" {
			t.Errorf("state %s, %v", p.State, err)
		}
	})
}

type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// A command for which one of an empty list must be chosen has nothing to act on,
// and stands neither among what can be done nor among what cannot.
func TestNothingToActOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, base *db.DB) {
		d := papers(t, base)
		var list []form.Option
		d.kind.Commands[1].Fields = append(d.kind.Commands[1].Fields, form.Field{Name: "part", Type: form.Choice, Required: true, From: func(context.Context, any) ([]form.Option, error) { return list, nil }})
		shows := func() bool {
			w := d.get("ed", "/paper/"+d.number)
			if w.Code != http.StatusOK {
				t.Fatalf("the page: %d", w.Code)
			}
			return strings.Contains(w.Body.String(), "/paper/"+d.number+"/lever")
		}
		if shows() {
			t.Error("the command is shown though there is nothing to choose")
		}
		if list = []form.Option{{Value: "a", Label: "A"}}; !shows() {
			t.Error("the command is not shown though there is something to choose")
		}
		page := func() string { return d.get("ed", "/paper/"+d.number).Body.String() }
		for _, c := range []struct {
			name  string
			guard func(*record.Verdict)
			told  bool
		}{
			{"what blocks", func(v *record.Verdict) { v.Block("error.two_people") }, true},
			{"that there is nothing to act on", func(v *record.Verdict) { v.Nothing("error.two_people") }, false},
		} {
			d.kind.Commands[1].Check = func(context.Context, *paper, form.Values) (v record.Verdict, err error) {
				c.guard(&v)
				return v, nil
			}
			if told := strings.Contains(page(), "Two people must agree"); told != c.told {
				t.Errorf("%s is told on the record's page: %v, want %v", c.name, told, c.told)
			}
			if w := d.get("ed", "/paper/"+d.number+"/lever"); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "Two people must agree") {
				t.Errorf("%s is not told on the command's page: %d", c.name, w.Code)
			}
		}
	})
}

// keptForms has kept one form, of everybody and every page.
type keptForms struct{ form url.Values }

func (keptForms) Sign(context.Context, string, string, time.Duration) (string, error) { return "", nil }
func (keptForms) Signed(context.Context, string, string) (string, bool, error) {
	return "", false, nil
}
func (keptForms) KeepForm(context.Context, string, string, url.Values) error { return nil }
func (k keptForms) KeptForm(context.Context, string, string) (url.Values, error) {
	return k.form, nil
}
func (keptForms) ForgetForm(context.Context, string, string) error { return nil }

// A form that was kept over a lost login does not overwrite what others stored
// meanwhile, also when it is shown again because something stands in its way.
func TestKeptFormKnowsItsVersion(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, base *db.DB) {
		d := papers(t, base)
		at := "/paper/" + d.number + "/lever"
		if w := d.post("ed", at, url.Values{"text": {"First."}}, ""); w.Code != http.StatusSeeOther {
			t.Fatalf("deliver: %d", w.Code)
		}
		d.router.Forms = keptForms{url.Values{"text": {"Written before."}, "_version": {"1"}}}
		w := d.get("ed", at)
		if page := w.Body.String(); w.Code != http.StatusConflict || !strings.Contains(page, "Written before.") || !strings.Contains(page, `name="_version" value="1"`) {
			t.Errorf("status %d; the kept form carries its version: %v", w.Code, strings.Contains(page, `name="_version" value="1"`))
		}
	})
}
