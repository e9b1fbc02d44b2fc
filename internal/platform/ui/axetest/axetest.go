// Package axetest opens pages in a real browser and reports what is wrong with
// them: rules of WCAG that axe-core can judge, content wider than the window,
// and errors in the browser's console, breaches of the content policy included.
//
// Only tests import it.
package axetest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

//go:embed axe.min.js
var axe string

// rules are the sets of rules that a page must keep: WCAG 2.0, 2.1 and 2.2 on
// levels A and AA, and what axe calls best practice.
const rules = `["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]`

// pageTimeout is how long one page may take, on a busy machine.
const pageTimeout = 60 * time.Second

// Violation is one thing that is wrong with a page.
type Violation struct {
	// Rule is the id of axe's rule, or "reflow" for content wider than the
	// window, or "console" for an error in the browser's console.
	Rule   string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Where  []string `json:"where"` // the elements, as selectors
}

// String tells the violation on one line.
func (v Violation) String() string {
	s := v.Rule
	if v.Impact != "" {
		s += " (" + v.Impact + ")"
	}
	return s + ": " + v.Help + " " + strings.Join(v.Where, " | ")
}

// Browser is a running browser with one window.
type Browser struct {
	ctx     context.Context
	mu      sync.Mutex
	console []string
}

// programs are the names under which a browser may be installed.
var programs = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"}

// New starts a browser for the test and stops it when the test ends. Where no
// browser is installed the test is skipped, except in CI, where it fails.
func New(t testing.TB) *Browser {
	t.Helper()
	path := os.Getenv("CHROME_PATH")
	for _, name := range programs {
		if path != "" {
			break
		}
		// The name is not found: the next is tried.
		path, _ = exec.LookPath(name)
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no browser found: install chromium (looked for %s)", strings.Join(programs, ", "))
		}
		t.Skipf("no browser found: install chromium to run this test (looked for %s)", strings.Join(programs, ", "))
	}
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("force-color-profile", "srgb"))...)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		// A browser that is gone already is what this asks for.
		_ = chromedp.Cancel(ctx)
		stop()
		stopAlloc()
	})
	b := &Browser{ctx: ctx}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	// A window that nobody looks at has no focus, and its pages show none.
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatalf("give the window focus: %v", err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException {
				b.mu.Lock()
				b.console = append(b.console, m.Text)
				b.mu.Unlock()
			}
		}
	}()
	return b
}

// Context is the browser window, for steps of chromedp that a test takes itself.
func (b *Browser) Context() context.Context { return b.ctx }

// SetCookie gives the browser a cookie for the site, such as a session.
func (b *Browser) SetCookie(t testing.TB, site string, c *http.Cookie) {
	t.Helper()
	_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: site})
	if err != nil {
		t.Fatalf("set cookie %s: %v", c.Name, err)
	}
}

// ClearCookies makes the browser forget who is logged in.
func (b *Browser) ClearCookies(t testing.TB) {
	t.Helper()
	if _, err := chromedp.Call(b.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		t.Fatalf("clear cookies: %v", err)
	}
}

// Emulate makes the pages that are opened next meet a media feature, such as
// "forced-colors" with "active". The empty value ends it.
func (b *Browser) Emulate(t testing.TB, feature, value string) {
	t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: feature, Value: value}}})
	if err != nil {
		t.Fatalf("emulate %s: %v", feature, err)
	}
}

// Open shows the page in a window of the width, in CSS pixels.
func (b *Browser) Open(t testing.TB, url string, width int) {
	t.Helper()
	b.mu.Lock()
	b.console = nil
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(int64(width), 900), chromedp.Navigate(url)); err != nil {
		t.Fatalf("open %s at %d pixels: %v", url, width, err)
	}
	// What is drawn before the font has come is not what is judged.
	Eval[bool](t, b, `document.fonts.ready.then(() => true)`)
}

// Await waits until the page, or the one it is leaving for, has an element that the
// selector finds; the test fails when none has come in the time of a page.
func (b *Browser) Await(t testing.TB, selector string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.WaitReady(selector)); err != nil {
		t.Fatalf("no %s: %v", selector, err)
	}
}

// Eval runs an expression in the page and waits for it if it is a promise.
func Eval[T any](t testing.TB, b *Browser, expression string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("evaluate %.80q: %v", expression, err)
	}
	return v
}

// Check judges the page that is open.
func (b *Browser) Check(t testing.TB) []Violation {
	t.Helper()
	Eval[bool](t, b, axe+"\n;true")
	report := Eval[string](t, b, `axe.run(document, {runOnly: {type: "tag", values: `+rules+`}, resultTypes: ["violations"]})
		.then((r) => JSON.stringify(r.violations.map((v) => ({id: v.id, impact: v.impact, help: v.help,
			where: v.nodes.map((n) => n.target.join(" ") + " — " + (n.failureSummary || "").replace(/\s+/g, " "))}))))`)
	var out []Violation
	if err := json.Unmarshal([]byte(report), &out); err != nil {
		t.Fatalf("read the report of axe: %v", err)
	}
	type widths struct{ Page, Window int }
	w := Eval[widths](t, b, `({Page: document.documentElement.scrollWidth, Window: document.documentElement.clientWidth})`)
	if w.Page > w.Window {
		wide := Eval[[]string](t, b, `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest("[tabindex='0']")).slice(0, 5).map((e) => e.tagName + "." + e.className)`)
		out = append(out, Violation{Rule: "reflow", Help: fmt.Sprintf("the page is %d pixels wide in a window of %d", w.Page, w.Window), Where: wide})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.console {
		out = append(out, Violation{Rule: "console", Help: m})
	}
	return out
}

// Page opens the page at the width and judges it.
func (b *Browser) Page(t testing.TB, url string, width int) []Violation {
	t.Helper()
	b.Open(t, url, width)
	return b.Check(t)
}

// Require opens the page at the width and fails the test for each thing that is
// wrong with it.
func (b *Browser) Require(t testing.TB, url string, width int) {
	t.Helper()
	for _, v := range b.Page(t, url, width) {
		t.Errorf("%s at %d pixels: %s", url, width, v)
	}
}

// Screenshot gives the whole of the page that is open, as PNG.
func (b *Browser) Screenshot(t testing.TB) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("take a picture of the page: %v", err)
	}
	return png
}
