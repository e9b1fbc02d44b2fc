package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"funn/internal/platform/fault"
	"funn/internal/platform/web"
)

// multi gives a request with what is typed, and a file that is too large for memory.
func multi(t *testing.T, typed url.Values, file string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for name, values := range typed {
		for _, v := range values {
			if err := m.WriteField(name, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	part, err := m.CreateFormFile("file", "brev.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte(file)); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/x", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return r
}

// A form that comes to a sealed address is read without its files; elsewhere a large
// one lies readable in the folder for temporary files meanwhile.
func TestSealedFormLeavesNothingReadable(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	left := func() int {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	typed := url.Values{"title": {"Ærlig"}, "choice": {"a", "b"}}
	for _, sealed := range []bool{true, false} {
		c := &web.Context{R: multi(t, typed, strings.Repeat("kanari ", 1<<20)), Route: web.Route{Sealed: sealed}}
		for range 2 { // asked for again it is the same
			got, err := c.ReadForm()
			if err != nil || got.Encode() != typed.Encode() {
				t.Errorf("sealed %v: %v, %v", sealed, got, err)
			}
		}
		if readable := left() > 0; readable == sealed {
			t.Errorf("sealed %v, but on disk readable is %v", sealed, readable)
		}
	}
	long := &web.Context{R: multi(t, url.Values{"title": {strings.Repeat("x", 2<<20)}}, ""), Route: web.Route{Sealed: true}}
	if _, err := long.ReadForm(); fault.Of(err) != fault.TooLarge {
		t.Errorf("two million letters: %v", err)
	}
	cut := multi(t, typed, "x")
	cut.Body = http.MaxBytesReader(nil, cut.Body, 300)
	if _, err := (&web.Context{R: cut, Route: web.Route{Sealed: true}}).ReadForm(); fault.Of(err) != fault.TooLarge && fault.Of(err) != fault.Invalid {
		t.Errorf("a form cut short: %v", err)
	}
}

// A sealed address takes forms without files too.
func TestSealedFormWithoutFiles(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/x", strings.NewReader("title=%C3%86rlig"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	c := &web.Context{R: r, Route: web.Route{Sealed: true}}
	if got, err := c.ReadForm(); err != nil || got.Get("title") != "Ærlig" {
		t.Errorf("%v, %v", got, err)
	}
}
