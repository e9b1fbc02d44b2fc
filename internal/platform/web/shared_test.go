package web_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/web"
)

// reader is a session of the person whom the cookie names.
type reader struct{}

type readerKey struct{}

func (reader) PersonID(ctx context.Context) string {
	id, _ := ctx.Value(readerKey{}).(string)
	return id
}
func (reader) PutFlash(context.Context, string) {}
func (reader) PopFlash(context.Context) string  { return "" }
func (reader) Lang(context.Context) string      { return "" }
func (reader) SetLang(context.Context, string)  {}

// A page that everybody shares is made once until something changes; whoever might
// see another page never gets the one that is kept.
func TestShared(t *testing.T) {
	catalog := lang.NewCatalog()
	for _, m := range []func() error{func() error { return catalog.Load(lang.Messages) }, func() error { return catalog.Load(web.Messages) }} {
		if err := m(); err != nil {
			t.Fatal(err)
		}
	}
	changes, made := uint64(0), 0
	r := &web.Router{
		Catalog: catalog, Sessions: reader{}, Logger: slog.New(slog.DiscardHandler), Changes: func() uint64 { return changes },
		Actor: func(_ context.Context, id string) (access.Actor, error) {
			return access.Actor{ID: id, Staff: true}, nil
		},
	}
	during := func() {}
	r.Add(web.Route{Pattern: "GET /p/{what}", Rule: web.Public, Shared: true, Handle: func(c *web.Context) error {
		made++
		during()
		switch c.Path("what") {
		case "missing":
			return fault.Missing()
		case "refused":
			c.W.WriteHeader(http.StatusTeapot)
			return nil
		case "large":
			_, _ = c.W.Write(make([]byte, 9<<20))
			return nil
		}
		c.W.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := fmt.Fprintf(c.W, "%s %s %d", c.Actor.ID, lang.From(c.Ctx()).Tag(), made)
		return err
	}})
	h := r.Handler()
	get := func(path, who string, header ...string) *http.Response {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), readerKey{}, who)))
		return w.Result()
	}
	text := func(res *http.Response) string {
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for i, step := range []struct {
		does, path, who string
		header          []string
		made            bool
		text            string
	}{
		{"the first reader", "/p/x", "", nil, true, " nb 1"},
		{"the next one", "/p/x", "", nil, false, " nb 1"},
		{"another page", "/p/x?side=2", "", nil, true, " nb 2"},
		{"another language", "/p/x", "", []string{"Accept-Language", "en"}, true, " en 3"},
		{"that language again", "/p/x", "", []string{"Accept-Language", "en"}, false, " en 3"},
		{"somebody logged in", "/p/x", "ola", nil, true, "ola nb 4"},
		{"a cookie of whatever kind", "/p/x", "", []string{"Cookie", "malform=nn"}, true, " nn 5"},
		{"somebody who chooses a language", "/p/x?malform=nn", "", nil, true, " nn 6"},
		{"and the next who does", "/p/x?malform=nn", "", nil, true, " nn 7"},
		{"a cookie that may hold a message", "/p/x", "", []string{"Cookie", "a=b"}, true, " nb 8"},
		{"another name of the server", "http://other.example/p/x", "", nil, true, " nb 9"},
		{"the first page still", "/p/x", "", nil, false, " nb 1"},
	} {
		before := made
		res := get(step.path, step.who, step.header...)
		if got := text(res); got != step.text || (made > before) != step.made {
			t.Errorf("%d, %s: %q, made anew %v", i, step.does, got, made > before)
		}
		if res.Header.Get("Content-Type") != "text/plain; charset=utf-8" || (step.who == "") != (res.Header.Get("ETag") != "") {
			t.Errorf("%s: headers %v", step.does, res.Header)
		}
	}
	first := get("/p/x", "")
	if again := get("/p/x", "", "If-None-Match", first.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || text(again) != "" {
		t.Errorf("whoever has the page already: %d", again.StatusCode)
	}

	changes++
	if got := text(get("/p/x", "")); got == " nb 1" {
		t.Error("after a change the page is as before")
	}
	// What changes while the page is made may or may not be on it.
	during = func() { changes++ }
	changes++
	text(get("/p/x", ""))
	during = func() {}
	before := made
	text(get("/p/x", ""))
	if made == before {
		t.Error("a page from before a change is kept after it")
	}

	for _, path := range []string{"/p/missing", "/p/refused", "/p/large"} {
		before := made
		one, two := get(path, ""), get(path, "")
		if made != before+2 || one.StatusCode != two.StatusCode || len(text(one)) != len(text(two)) {
			t.Errorf("%s: made %d times, %d and %d", path, made-before, one.StatusCode, two.StatusCode)
		}
		if path != "/p/large" && strings.Contains(one.Header.Get("Cache-Control"), "max-age") {
			t.Errorf("%s may be kept: %v", path, one.Header)
		}
	}
	for i := range 500 {
		text(get(fmt.Sprintf("/p/x?side=%d", i), ""))
	}
	before = made
	text(get("/p/x?side=499", ""))
	text(get("/p/x?side=0", ""))
	if made != before+1 {
		t.Errorf("of 500 pages the first and the last were made anew %d times, want only the first", made-before)
	}
}
