package test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"funn/internal/platform/ui/axetest"
)

// user is somebody at a browser.
type user struct {
	*axetest.Browser
	t    *testing.T
	site *site
	who  string
}

// newUser opens a browser that reads bokmål.
func newUser(t *testing.T, s *site) *user {
	t.Helper()
	u := &user{Browser: axetest.New(t), t: t, site: s}
	u.SetCookie(t, s.URL, &http.Cookie{Name: "malform", Value: "nb"})
	return u
}

// become logs in as a person, by the page that lists them.
func (u *user) become(person string) {
	u.t.Helper()
	u.Open(u.t, u.site.URL+"/logginn", 1280)
	u.click(fmt.Sprintf(`button[name="user"][value=%q]`, person))
	u.who = person
}

// visit opens a page of the site.
func (u *user) visit(path string) {
	u.t.Helper()
	u.Open(u.t, u.site.URL+path, 1280)
}

// click presses what the selector finds and waits for the page it leads to.
func (u *user) click(selector string) {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(u.Context(), 30*time.Second)
	defer cancel()
	if n := axetest.Eval[int](u.t, u.Browser, fmt.Sprintf("document.querySelectorAll(%s).length", quote(selector))); n == 0 {
		u.t.Fatalf("%s: nothing to press at %s on %s:\n%s", u.who, selector, u.at(), u.words())
	}
	u.presented(selector)
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		u.t.Fatalf("%s: press %s on %s: %v", u.who, selector, u.at(), err)
	}
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string can always be written
	}
	return string(b)
}

// at gives the address of the page that is open.
func (u *user) at() string {
	u.t.Helper()
	address := axetest.Eval[string](u.t, u.Browser, "location.pathname + location.search")
	return address
}

// words gives the text of the page that is open.
func (u *user) words() string {
	u.t.Helper()
	return axetest.Eval[string](u.t, u.Browser, "document.querySelector('main').innerText")
}

// sees fails the test when a text is not on the page.
func (u *user) sees(texts ...string) {
	u.t.Helper()
	words := u.words()
	for _, s := range texts {
		if !strings.Contains(words, s) {
			u.t.Errorf("%s does not see %q on %s:\n%s", u.who, s, u.at(), words)
		}
	}
}

// fill answers a form's fields as a user would: types, chooses and ticks. A name
// may stand several times, for boxes to tick.
func (u *user) fill(pairs ...string) {
	u.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		wrong := axetest.Eval[string](u.t, u.Browser, fmt.Sprintf(`(() => {
			const form = document.querySelector('main form[method=post]:not(.f-postbutton)'), name = %s, value = %s;
			const all = [...form.querySelectorAll('[name="' + name + '"]')];
			if (all.length === 0) return 'no field ' + name;
			const e = all[0];
			if (e.type === 'radio' || e.type === 'checkbox') {
				const one = all.find((x) => x.value === value || x.labels[0].innerText.includes(value));
				if (!one) return 'no answer ' + value + ' among ' + all.map((x) => x.value).join(', ');
				one.checked = true;
			} else if (e.tagName === 'SELECT') {
				const one = [...e.options].find((x) => x.value === value || (value && x.text.includes(value)));
				if (!one) return 'no answer ' + value + ' among ' + [...e.options].map((x) => x.text).join(', ');
				e.value = one.value;
			} else {
				e.value = value;
			}
			return '';
		})()`, quote(pairs[i]), quote(pairs[i+1])))
		if wrong != "" {
			u.t.Fatalf("%s fills in %s: %s", u.who, u.at(), wrong)
		}
	}
}

// holds fails the test when a field of the form has another answer.
func (u *user) holds(pairs ...string) {
	u.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		got := axetest.Eval[string](u.t, u.Browser, fmt.Sprintf(`(() => {
			const all = [...document.querySelectorAll('main form[method=post]:not(.f-postbutton) [name="' + %s + '"]')];
			const e = all.find((x) => x.checked) || all[0];
			return e ? e.value : 'no field';
		})()`, quote(pairs[i])))
		if got != pairs[i+1] {
			u.t.Errorf("%s finds %q in %s on %s, want %q", u.who, got, pairs[i], u.at(), pairs[i+1])
		}
	}
}

// does opens a command's page, answers it and sends it. It gives the path of the
// page that it led to.
func (u *user) does(path string, pairs ...string) string {
	u.t.Helper()
	u.visit(path)
	u.fill(pairs...)
	u.click(`main form[method=post]:not(.f-postbutton) button[type=submit]`)
	if n := axetest.Eval[int](u.t, u.Browser, "document.querySelectorAll('.aksel-error-summary').length"); n > 0 {
		u.t.Fatalf("%s at %s is told:\n%s", u.who, path, u.words())
	}
	at := u.at()
	if at == path {
		u.t.Fatalf("%s at %s did not get on:\n%s", u.who, path, u.words())
	}
	return at
}

// presses gives a command that needs no page of its own, by its button.
func (u *user) presses(record, command string) {
	u.t.Helper()
	u.visit(record)
	button := fmt.Sprintf(`form[action=%q] button`, record+"/"+command)
	// It may lie among the further actions, as any button that few need.
	axetest.Eval[bool](u.t, u.Browser, "(document.querySelector("+quote(button)+")?.closest('details') ?? {}).open = true")
	u.click(button)
}

// values makes the form of a hand-made POST.
func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}
