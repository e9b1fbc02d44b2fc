package test

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"funn/internal/platform/ui/axetest"
)

// tally counts the forms that a walk meets, each once, by the chapter of the handbook
// that tells of them.
type tally struct {
	chapter string
	forms   map[string]map[string]size // by chapter and address, with … for what differs
}

// size is how many fields a form has, and how many of them must be filled in.
type size struct{ fields, must int }

// meets counts the form of a page that is sent to the address.
func (c *tally) meets(t testing.TB, page, action string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	path, _, _ := strings.Cut(action, "?")
	for form := range root.Descendants() {
		if path == "/logginn" || form.DataAtom != atom.Form || attribute(form, "method") != "post" || attribute(form, "action") != path {
			continue
		}
		if c.forms == nil {
			c.forms = map[string]map[string]size{}
		}
		if c.forms[c.chapter] == nil {
			c.forms[c.chapter] = map[string]size{}
		}
		met := c.forms[c.chapter]
		found := sizeOf(form)
		address := differs.ReplaceAllString(path, "/…")
		met[address] = size{max(met[address].fields, found.fields), max(met[address].must, found.must)}
		return
	}
}

// differs is what of an address is a record's own.
var differs = regexp.MustCompile(`/[A-Z]+-[0-9A-Z-]+|/\d{4}-\d{4}`)

// sizeOf counts a form's fields: boxes and choices of one name are one.
func sizeOf(form *html.Node) size {
	names, must, all := map[string]bool{}, 0, false
	for n := range form.Descendants() {
		switch n.DataAtom {
		case atom.Input, atom.Select, atom.Textarea:
			name, kind := attribute(n, "name"), attribute(n, "type")
			if name != "" && kind != "hidden" && kind != "submit" && !strings.HasPrefix(name, "_") {
				names[name] = true
			}
		}
		if n.Type == html.TextNode {
			switch strings.TrimSpace(n.Data) {
			case "Må fylles ut", "Må fyllast ut", "Must be filled in":
				must++
			case "Alle feltene må fylles ut.", "Alle felta må fyllast ut.", "All fields must be filled in.":
				all = true
			}
		}
	}
	if all {
		must = len(names)
	}
	return size{len(names), must}
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// presented counts the form that holds the button that the selector finds.
func (u *user) presented(selector string) {
	if u.site.met == nil {
		return
	}
	u.t.Helper()
	action := axetest.Eval[string](u.t, u.Browser, fmt.Sprintf(`document.querySelector(%s)?.closest('main form[method=post]')?.getAttribute('action') ?? ''`, quote(selector)))
	if action != "" {
		u.site.met.meets(u.t, axetest.Eval[string](u.t, u.Browser, "document.documentElement.outerHTML"), action)
	}
}

// shows counts the form that a person is shown before sending it by hand.
func (s *site) shows(t testing.TB, person, path string, pairs ...string) {
	t.Helper()
	if s.met == nil {
		return
	}
	query := url.Values{}
	for name, in := range map[string]string{"utlysning": "utlysning", "trinn": "trinn", "slag": "slag", "part": "del"} {
		if v := values(pairs...).Get(name); v != "" {
			query.Set(in, v)
		}
	}
	status, page := s.get(t, person, path+"?"+query.Encode())
	if status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
		// A button on the record's page, without a page of its own.
		_, page = s.get(t, person, path[:strings.LastIndex(path, "/")])
	}
	s.met.meets(t, page, path)
}

// table writes what was met, chapter by chapter, as the handbook has it.
func (c *tally) table(chapters ...string) string {
	var b strings.Builder
	var all size
	forms := 0
	row := func(name string, n int, s size) {
		fmt.Fprintf(&b, "| %s | %d | %d (%d) |\n", name, n, s.fields, s.must)
	}
	for _, name := range chapters {
		var sum size
		for _, s := range c.forms[name] {
			sum.fields, sum.must = sum.fields+s.fields, sum.must+s.must
		}
		row(name, len(c.forms[name]), sum)
		forms, all.fields, all.must = forms+len(c.forms[name]), all.fields+sum.fields, all.must+sum.must
	}
	if len(chapters) > 1 {
		row("all", forms, all)
	}
	return b.String()
}

// inHandbook fails the test unless the handbook has the rows.
func (c *tally) inHandbook(t *testing.T, chapters ...string) {
	t.Helper()
	book, err := os.ReadFile("../docs/handbook/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := c.table(chapters...); !strings.Contains(string(book), want) {
		t.Errorf("the handbook does not have these rows:\n%s", want)
		for _, name := range chapters {
			for _, address := range slices.SortedFunc(maps.Keys(c.forms[name]), func(a, b string) int { return cmp.Compare(a, b) }) {
				t.Logf("%s: %s %+v", name, address, c.forms[name][address])
			}
		}
	}
}
