package axetest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// A gate that lets everything through is worse than none: each kind of fault is
// put on a page and must be found, and a page without faults must pass.
func TestFaultsAreFound(t *testing.T) {
	body := map[string]string{
		"good":     `<h1>Godt</h1><p>Tekst.</p>`,
		"contrast": `<h1>Tittel</h1><p class="pale">Tekst som knapt kan leses.</p>`,
		"label":    `<h1>Tittel</h1><input type="text">`,
		"wide":     `<h1>Tittel</h1><p class="wide">Bred</p>`,
		"script":   `<h1>Tittel</h1><script>alert(1)</script>`,
		"cookie":   `<h1>%s</h1>`,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, ".pale{color:#ccc}.wide{width:900px}")
	})
	mux.HandleFunc("GET /favicon.ico", func(http.ResponseWriter, *http.Request) {})
	for name, html := range body {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'")
			if c, err := r.Cookie("who"); err == nil && name == "cookie" {
				html = fmt.Sprintf(html, c.Value)
			}
			fmt.Fprint(w, `<!DOCTYPE html><html lang="nb"><head><title>Prøve</title><meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css"></head><body><main>`+html+`</main></body></html>`)
		})
	}
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	b := New(t)

	for name, rule := range map[string]string{"contrast": "color-contrast", "label": "label", "wide": "reflow", "script": "console"} {
		got := b.Page(t, srv.URL+"/"+name, 400)
		if !slices.ContainsFunc(got, func(v Violation) bool { return v.Rule == rule }) {
			t.Errorf("%s: no %s among %v", name, rule, got)
		}
		for _, v := range got {
			if v.Help == "" || v.String() == "" {
				t.Errorf("%s: %q says nothing", name, v.Rule)
			}
		}
	}
	if got := b.Page(t, srv.URL+"/good", 400); len(got) > 0 {
		t.Errorf("good: %v", got)
	}
	b.SetCookie(t, srv.URL, &http.Cookie{Name: "who", Value: "Kari"})
	b.Open(t, srv.URL+"/cookie", 400)
	if got := Eval[string](t, b, `document.querySelector("h1").textContent`); got != "Kari" {
		t.Errorf("the cookie gives %q", got)
	}
	b.Emulate(t, "forced-colors", "active")
	if !Eval[bool](t, b, `matchMedia("(forced-colors: active)").matches`) {
		t.Error("high contrast is not emulated")
	}
	if png := b.Screenshot(t); len(png) < 1000 || string(png[1:4]) != "PNG" {
		t.Errorf("the picture is %d bytes", len(png))
	}
}
