package gallery_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/ui/axetest"
	"funn/internal/platform/ui/gallery"
)

// policy is the content security policy that Funn is served under.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func serve(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/static/", ui.Assets())
	for name, page := range gallery.Pages() {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if err := page.Render(r.Context(), w); err != nil {
				t.Errorf("render %s: %v", name, err)
			}
		})
	}
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

// Every component in every state keeps WCAG as far as axe can tell, fits a
// window of 320 pixels and breaks no rule of the content policy. With
// FUNN_PICTURES set to a folder, pictures of the pages are left there.
func TestGalleryIsAccessible(t *testing.T) {
	base := serve(t)
	b := axetest.New(t)
	pictures := os.Getenv("FUNN_PICTURES")
	for name := range gallery.Pages() {
		for _, width := range []int{1280, 320} {
			t.Run(name+"/"+strconv.Itoa(width), func(t *testing.T) {
				b.Require(t, base+"/"+name, width)
				if pictures != "" {
					file := filepath.Join(pictures, name+"-"+strconv.Itoa(width)+".png")
					if err := os.WriteFile(file, b.Screenshot(t), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	}
}

// The error summary takes focus, the counter counts, and the menu is open where
// there is room for it and folded where there is not.
func TestPagesBehave(t *testing.T) {
	base := serve(t)
	b := axetest.New(t)
	b.Open(t, base+"/skjema", 1280)
	if got := axetest.Eval[string](t, b, `document.activeElement.className`); got != "aksel-error-summary" {
		t.Errorf("focus is on %q, not on the error summary", got)
	}
	if got := axetest.Eval[string](t, b, `getComputedStyle(document.activeElement).outlineStyle + " " + getComputedStyle(document.activeElement).outlineWidth`); got != "solid 3px" {
		t.Errorf("the focus on the error summary is drawn %q", got)
	}
	if got := axetest.Eval[string](t, b, `(() => { const a = document.getElementById("hvorfor"); a.value = "To å"; a.dispatchEvent(new Event("input", {bubbles: true})); return document.querySelector(".f-counter").textContent; })()`); got != "496 tegn igjen" {
		t.Errorf("the counter says %q", got)
	}
	if got := axetest.Eval[string](t, b, `(() => { const a = document.getElementById("hvorfor"); a.value = "a".repeat(502); a.dispatchEvent(new Event("input", {bubbles: true})); return document.querySelector(".f-counter").textContent; })()`); got != "2 tegn for mye" {
		t.Errorf("the counter says %q", got)
	}
	// Asking for the size first makes the browser lay the page out again.
	const visible = `(() => { const a = document.querySelector(".f-nav__list a"); return a.getBoundingClientRect().height > 0 && a.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true}); })()`
	if !axetest.Eval[bool](t, b, visible) {
		t.Error("the menu is folded in a wide window")
	}
	b.Open(t, base+"/skjema", 320)
	if axetest.Eval[bool](t, b, visible) {
		t.Error("the menu is open in a narrow window before anyone opened it")
	}
	axetest.Eval[bool](t, b, `document.querySelector(".f-nav__summary").click(), true`)
	if !axetest.Eval[bool](t, b, visible) {
		t.Error("the menu does not open")
	}
}

// Norwegian makes long words of short ones. Names, roles and headings that are one
// such word fit a narrow window, and so does a progress bar in a narrow place.
func TestLongWordsFit(t *testing.T) {
	base := serve(t)
	b := axetest.New(t)
	const word = "Kommunikasjonsavdelingsrådgiverstillingsbeskrivelse"
	for name := range gallery.Pages() {
		b.Open(t, base+"/"+name, 320)
		out := axetest.Eval[[]string](t, b, `(() => {
			for (const e of document.querySelectorAll(".f-user__name, .f-user__role, h1, h2, h3, h4, .f-item__title a")) e.textContent = `+strconv.Quote(word)+`;
			return [...document.querySelectorAll(".f-user *, h1, h2, h3, h4, .f-item__title a")].filter((e) => e.getBoundingClientRect().right > 320 && !e.closest("[tabindex='0']")).map((e) => e.tagName + "." + e.className + " " + Math.round(e.getBoundingClientRect().right));
		})()`)
		if len(out) > 0 {
			t.Errorf("%s at 320 pixels: beyond the edge: %v", name, out)
		}
		wide := axetest.Eval[[]string](t, b, `[...document.querySelectorAll(".f-progress")].flatMap((e) => {
			const place = document.body.appendChild(document.createElement("div"));
			place.style.width = "4rem";
			place.append(e);
			const over = e.querySelector("progress").getBoundingClientRect().right - place.getBoundingClientRect().right;
			return over > 1 ? [e.textContent + " by " + over] : [];
		})`)
		if len(wide) > 0 {
			t.Errorf("%s: progress bars wider than their place: %v", name, wide)
		}
	}
}

// A chart that has a narrow drawing is never cut: whatever the window, one of the two is
// seen whole, its text neither tiny nor huge.
func TestNarrowChartsFit(t *testing.T) {
	base := serve(t)
	b := axetest.New(t)
	for _, width := range []int{320, 400, 500, 600, 700, 720, 760, 1280} {
		b.Open(t, base+"/figurer", width)
		got := axetest.Eval[[]string](t, b, `[...document.querySelectorAll(".f-figure__drawing:has(.chart-narrow)")].map((d) => {
			const seen = [...d.querySelectorAll("svg")].filter((e) => e.getBoundingClientRect().width > 0);
			const size = seen.length && 15 * seen[0].getBoundingClientRect().width / seen[0].viewBox.baseVal.width;
			return seen.length == 1 && d.scrollWidth <= d.clientWidth && size >= 12 && size <= 19 ? "" : seen.length + " drawings, " + d.scrollWidth + " of " + d.clientWidth + " pixels, text of " + size;
		})`)
		if len(got) != 1 || got[0] != "" {
			t.Errorf("in a window of %d pixels: %q", width, got)
		}
	}
}

// The demo's line closes the public head: no coloured ground follows it.
func TestDemoLineClosesTheHead(t *testing.T) {
	base := serve(t)
	b := axetest.New(t)
	for name := range gallery.Pages() {
		b.Open(t, base+"/"+name, 1280)
		gap := axetest.Eval[float64](t, b, `(() => {
			const line = document.querySelector("header .f-demo");
			return line ? line.parentElement.getBoundingClientRect().bottom - line.getBoundingClientRect().bottom : 0;
		})()`)
		if gap > 2 {
			t.Errorf("%s: %v pixels of the head follow the demo's line", name, gap)
		}
	}
}

// In high contrast Aksel's own tick is drawn in the colour of its box.
func TestTickIsSeenInHighContrast(t *testing.T) {
	base := serve(t)
	b := axetest.New(t)
	b.Emulate(t, "forced-colors", "active")
	b.Open(t, base+"/skjema", 1280)
	const colours = `(() => { const i = document.querySelector(".aksel-checkbox__input:checked"); return [getComputedStyle(i.nextElementSibling).color, getComputedStyle(i).backgroundColor]; })()`
	got := axetest.Eval[[]string](t, b, colours)
	if len(got) != 2 || got[0] == got[1] {
		t.Errorf("tick and box are %v", got)
	}
}

func parse(t *testing.T, page string, l lang.Tag) *html.Node {
	t.Helper()
	c := lang.NewCatalog()
	if err := c.Load(lang.Messages); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := gallery.Pages()[page].Render(lang.WithPrinter(t.Context(), c.Printer(l)), &out); err != nil {
		t.Fatal(err)
	}
	if i := strings.Index(out.String(), "⟦"); i >= 0 {
		t.Errorf("%s in %s: a text is missing: %.60s", page, l, out.String()[i:])
	}
	doc, err := html.Parse(&out)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// What a page of HTML must be, in every language.
func TestPagesAreWellFormed(t *testing.T) {
	for name := range gallery.Pages() {
		for _, l := range lang.Tags {
			t.Run(name+"/"+string(l), func(t *testing.T) {
				doc := parse(t, name, l)
				ids := map[string]bool{}
				var h1, title, main int
				level := 0
				for n := range doc.Descendants() {
					if n.Type != html.ElementNode {
						continue
					}
					if id, ok := attr(n, "id"); ok {
						if id == "" || ids[id] {
							t.Errorf("id %q is empty or there twice", id)
						}
						ids[id] = true
					}
					if _, ok := attr(n, "style"); ok {
						t.Errorf("<%s> has a style of its own", n.Data)
					}
					switch n.Data {
					case "html":
						if v, _ := attr(n, "lang"); v != string(l) {
							t.Errorf("lang is %q", v)
						}
					case "title":
						if n.Parent.Data == "head" {
							title++
						}
					case "main":
						main++
					case "h1", "h2", "h3", "h4":
						now := int(n.Data[1] - '0')
						if now == 1 {
							h1++
						}
						if now > level+1 {
							t.Errorf("<%s> after a heading of level %d", n.Data, level)
						}
						level = now
					case "svg":
						hidden, _ := attr(n, "aria-hidden")
						role, _ := attr(n, "role")
						if hidden != "true" && role != "img" {
							t.Error("a drawing is neither decoration nor a picture")
						}
					case "a":
						if _, ok := attr(n, "href"); !ok {
							t.Error("a link leads nowhere")
						}
					}
				}
				if h1 != 1 || title != 1 || main != 1 {
					t.Errorf("%d h1, %d title, %d main", h1, title, main)
				}
				for n := range doc.Descendants() {
					for _, ref := range []string{"for", "aria-labelledby", "aria-describedby"} {
						v, ok := attr(n, ref)
						if !ok {
							continue
						}
						if v == "" {
							t.Errorf("<%s> has an empty %s", n.Data, ref)
						}
						for _, id := range strings.Fields(v) {
							if !ids[id] {
								t.Errorf("<%s %s=%q> points at nothing", n.Data, ref, v)
							}
						}
					}
				}
			})
		}
	}
}

// A component that the gallery does not show has been judged by nobody.
func TestGalleryShowsEveryComponent(t *testing.T) {
	entries, err := filepath.Glob("../*.templ")
	if err != nil || len(entries) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	shown, err := os.ReadFile("gallery.templ")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("gallery.go")
	if err != nil {
		t.Fatal(err)
	}
	all := string(shown) + string(code)
	for _, file := range entries {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(data), "\n") {
			rest, ok := strings.CutPrefix(line, "templ ")
			if !ok || rest[0] < 'A' || rest[0] > 'Z' {
				continue
			}
			name, _, _ := strings.Cut(rest, "(")
			if !strings.Contains(all, "ui."+name+"(") && !strings.Contains(string(data), "\t@"+name+"(") {
				t.Errorf("%s in %s is not shown", name, file)
			}
		}
	}
}
