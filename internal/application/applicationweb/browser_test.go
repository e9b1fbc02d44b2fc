package applicationweb_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"funn/internal/call"
	"funn/internal/platform/ui/axetest"
)

// The applicants' pages in a browser, wide and narrow, as they are and with what is
// wrong shown.
func TestPagesInBrowser(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		at := h.begin(t, "forsker")
		h.write(t, "forsker", at, map[string][]string{"prosjekt": sketch["prosjekt"], "ide": sketch["ide"]})
		h.Post(t, "forsker", at+"/del/institusjon", "number", "123", "_version", "0")
		b := axetest.New(t)
		server := httptest.NewServer(h.Handler("forsker"))
		defer server.Close()
		look := func(url, name string, width int) {
			t.Helper()
			b.Require(t, url, width)
			if dir := os.Getenv("FUNN_PICTURES"); dir != "" {
				must(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, width)), b.Screenshot(t), 0o600))
			}
		}
		for _, width := range []int{1280, 320} {
			for name, path := range map[string]string{
				"oversikt": at, "prosjekt": at + "/del/prosjekt", "institusjon": at + "/del/institusjon", "mangler": at + "/del/opplegg?mangler=1",
				"deltakere": at + "/del/deltakere", "kontroll": at + "/send", "utskrift": at + "/utskrift", "medforfattere": at + "/medforfattere", "min-side": "/min-side", "ny": "/skisse/ny",
			} {
				look(server.URL+path, name, width)
			}
		}
		h.write(t, "forsker", at, sketch)
		h.Post(t, "forsker", at+"/send", "_key", "en")
		look(server.URL+at, "sendt", 1280)
		look(server.URL+at, "sendt", 320)
		staff := httptest.NewServer(h.Handler("fou"))
		defer staff.Close()
		h.stage(t, call.Draft)
		for _, width := range []int{1280, 320} {
			for _, part := range []string{"budsjett", "vedlegg", "forskning"} {
				look(staff.URL+"/utlysning/"+h.call.Number+"/prov/application/"+part, part, width)
			}
			look(staff.URL+"/utlysning/"+h.call.Number+"/prov/application", "prov", width)
		}
	})
}

// Somebody who has only a keyboard writes a part and goes on to the next; and what is
// written is saved by itself where the browser runs scripts.
func TestWrittenWithTheKeyboardAlone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		at := h.begin(t, "forsker")
		b := axetest.New(t)
		site := h.Handler("forsker")
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			site.ServeHTTP(w, r)
			if r.Header.Get("Accept") == "application/json" {
				time.Sleep(2 * time.Second) // the answer is slow, and the writer is not
			}
		}))
		defer server.Close()
		b.Open(t, server.URL+at+"/del/ide", 1280)
		ctx, cancel := context.WithTimeout(b.Context(), 60*time.Second)
		defer cancel()
		press := func(keys string) {
			t.Helper()
			if _, err := chromedp.Run(ctx, chromedp.KeyEvent(keys)); err != nil {
				t.Fatal(err)
			}
		}
		// to goes on with Tab until what the expression says of has the focus.
		to := func(expression string) {
			t.Helper()
			for range 60 {
				if axetest.Eval[bool](t, b, "document.activeElement.matches("+expression+")") {
					return
				}
				press(kb.Tab)
			}
			t.Fatalf("Tab does not come to %s", expression)
		}
		to(`"#felt-summary"`)
		press("Skrevet med tastene")
		to(`"#felt-relevance"`)
		press("Til nytte")
		to(`"button[value=neste]"`)
		press(kb.Enter)
		for range 50 {
			if axetest.Eval[string](t, b, "location.pathname") == at+"/del/opplegg" {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if p := h.Get(t, "forsker", at+"/del/ide"); !p.Has("Skrevet med tastene", "Til nytte") {
			t.Error("what was written is not saved")
		}

		b.Open(t, server.URL+at+"/del/opplegg", 1280)
		// The page's own half a minute is made shorter by loading it anew with another number.
		axetest.Eval[bool](t, b, `(() => { const form = document.querySelector("form[data-autosave]"); form.dataset.autosave = "200"; const s = document.createElement("script"); s.src = document.querySelector("script[src]").src + "?igjen"; document.head.append(s); return true })()`)
		time.Sleep(500 * time.Millisecond)
		to(`"#felt-methods"`)
		press("Lagres av seg selv")
		saved := false
		for range 50 {
			if saved = h.Get(t, "forsker", at+"/del/opplegg").Has("Lagres av seg selv"); saved {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if line := axetest.Eval[string](t, b, `document.querySelector("[data-saved]").textContent`); !saved || line == "" {
			t.Errorf("saved by itself: %v, and says %q", saved, line)
		}
		press(" og av skriveren")
		time.Sleep(500 * time.Millisecond) // so that a save has begun
		press(" til slutt")
		to(`"button[value=her]"`)
		press(kb.Enter)
		for range 50 {
			if saved = h.Get(t, "forsker", at+"/del/opplegg").Has("Lagres av seg selv og av skriveren til slutt"); saved {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if !saved {
			t.Errorf("what the writer saves while it saves by itself is not saved; the page says\n%s", axetest.Eval[string](t, b, `document.querySelector("main")?.innerText ?? ""`))
		}
	})
}
