package app

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"funn/internal/platform/clock"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
)

var update = flag.Bool("update", false, "write the generated parts of the docs anew")

// modules gives a house with its modules registered, without a database.
func modules(t *testing.T) *house {
	t.Helper()
	h := &house{engine: record.NewEngine(nil, clock.Real{})}
	h.build()
	if err := h.register(); err != nil {
		t.Fatal(err)
	}
	return h
}

// The diagrams of the architecture page are those of the code.
func TestArchitecturePage(t *testing.T) {
	const page, mark = "../../docs/architecture.md", "<!-- lifecycles -->\n"
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(old), mark)
	if !ok {
		t.Fatalf("%s has no mark %q", page, mark)
	}
	var b strings.Builder
	b.WriteString(before + mark)
	h := modules(t)
	ctx := lang.WithPrinter(t.Context(), h.catalog.Printer(lang.EN))
	for _, k := range h.engine.Kinds() {
		l := k.Lifecycle()
		name, path := k.Paths()
		fmt.Fprintf(&b, "\n### %s (`%s`, %s)\n```mermaid\n%s```\n", lang.T(ctx, name+".name"), name, path, l.Mermaid())
		for _, c := range l.Commands {
			if c.Ground != "" {
				fmt.Fprintf(&b, "- `%s`: %s\n", c.Name, c.Ground)
			}
		}
	}
	if b.String() == string(old) {
		return
	}
	if !*update {
		t.Fatalf("%s is stale; run this test with -update", page)
	}
	if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Every text that the lifecycles need is there in all three languages, and the
// languages have the same keys.
func TestEveryTextIsThere(t *testing.T) {
	h := modules(t)
	for _, missing := range h.catalog.Missing() {
		t.Errorf("not in all languages: %s", missing)
	}
	for _, k := range h.engine.Kinds() {
		for _, keys := range recordweb.Keys(k.Lifecycle()) {
			if !slices.ContainsFunc(keys, h.catalog.Has) {
				t.Errorf("no text for any of %v", keys)
			}
		}
	}
	for _, e := range h.modules {
		for _, n := range e.Nav {
			if !h.catalog.Has(n.Key) {
				t.Errorf("no text for %s", n.Key)
			}
		}
	}
}

// Buttons, headings and pages that the handbook and the operators' page name are
// called that in the interface.
func TestDocsNameWhatIsThere(t *testing.T) {
	texts := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "messages/nb.json") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var all map[string]any
		if err := json.Unmarshal(data, &all); err != nil {
			return err
		}
		for _, v := range all {
			if text, ok := v.(string); ok {
				texts[text] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"../../docs/handbook/README.md", "../../docs/operations.md"} {
		doc, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\*\*([^*]+)\*\*`).FindAllStringSubmatch(string(doc), -1) {
			if !texts[m[1]] {
				t.Errorf("%s names %q, which the interface does not", page, m[1])
			}
		}
	}
}
