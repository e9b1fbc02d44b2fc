package ui

import (
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	ownClass   = regexp.MustCompile(`\bf-[a-z]+(?:(?:__|--|-)[a-z0-9]+)*`)
	akselClass = regexp.MustCompile(`\baksel-[a-z]+(?:(?:__|--|-)[a-z0-9]+)*`)
	cssClass   = regexp.MustCompile(`\.((?:f|aksel)-[a-z]+(?:(?:__|--|-)[a-z0-9]+)*)`)
)

func templates(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("*.templ")
	if err != nil || len(names) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	out := make(map[string]string)
	for _, n := range names {
		data, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		out[n] = string(data)
	}
	return out
}

func classesOf(css string) map[string]bool {
	out := make(map[string]bool)
	for _, m := range cssClass.FindAllStringSubmatch(css, -1) {
		out[m[1]] = true
	}
	return out
}

// A class that is in no style sheet is a slip of the pen, or a class that a new
// version of Aksel has renamed.
func TestEveryClassIsInTheStyleSheet(t *testing.T) {
	known := classesOf(string(assets()["app.css"].data))
	for file, text := range templates(t) {
		for _, re := range []*regexp.Regexp{ownClass, akselClass} {
			for _, c := range re.FindAllString(text, -1) {
				if !known[c] {
					t.Errorf("%s: class %s is in no style sheet (after a new aksel- class, run scripts/vendor-ui.sh)", file, c)
				}
			}
		}
	}
}

// A rule for a class that nobody uses is weight without use.
func TestEveryOwnRuleIsUsed(t *testing.T) {
	used := map[string]bool{"f-icon": true} // in the drawings of the icons
	for _, text := range templates(t) {
		for _, c := range ownClass.FindAllString(text, -1) {
			used[c] = true
		}
	}
	for _, c := range ownClass.FindAllString(string(read("static/app.js")), -1) {
		used[c] = true
	}
	for _, c := range slices.Sorted(maps.Keys(classesOf(string(read("static/app.css"))))) {
		if strings.HasPrefix(c, "f-") && !used[c] {
			t.Errorf("app.css has a rule for %s, which no template uses", c)
		}
	}
}

var (
	classAttr  = regexp.MustCompile(`\bclass(?:\?)?=`)
	styleAttr  = regexp.MustCompile(`\bstyle=`)
	eventAttr  = regexp.MustCompile(`\son[a-z]+=`)
	scriptElem = regexp.MustCompile(`<(?:script|style)\b`)
)

// No template of the program styles an element by hand or runs a script on the
// page, which the content policy would stop; and none outside this package
// knows the name of a class.
func TestTemplatesKeepToTheComponents(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	found := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".templ" {
			return nil
		}
		found++
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		here := filepath.Dir(rel) == filepath.Join("internal", "platform", "ui")
		for i, line := range strings.Split(string(data), "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "//") {
				continue
			}
			if styleAttr.MatchString(line) || eventAttr.MatchString(line) {
				t.Errorf("%s:%d: style or script in an attribute: %s", rel, i+1, strings.TrimSpace(line))
			}
			if scriptElem.MatchString(line) && !strings.Contains(line, `<script defer src=`) {
				t.Errorf("%s:%d: style or script on the page: %s", rel, i+1, strings.TrimSpace(line))
			}
			if !here && classAttr.MatchString(line) {
				t.Errorf("%s:%d: a class name outside package ui: %s", rel, i+1, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 5 {
		t.Fatalf("only %d templates found", found)
	}
}

// luminance is the relative luminance of WCAG 2.1.
func luminance(hex string) float64 {
	hex = strings.TrimPrefix(hex, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	var channel [3]float64
	for i := range channel {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			return math.NaN()
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			channel[i] = c / 12.92
		} else {
			channel[i] = math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*channel[0] + 0.7152*channel[1] + 0.0722*channel[2]
}

func contrast(a, b string) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// palette reads the colours of the light theme.
func palette(t *testing.T) func(string) string {
	t.Helper()
	vars := make(map[string]string)
	for _, m := range regexp.MustCompile(`(--ax-[a-zA-Z0-9-]+):\s*([^;}]+)`).FindAllStringSubmatch(string(read("vendored/aksel.css")), -1) {
		if _, ok := vars[m[1]]; !ok {
			vars[m[1]] = strings.TrimSpace(m[2])
		}
	}
	ref := regexp.MustCompile(`^var\((--ax-[a-zA-Z0-9-]+)\)$`)
	return func(name string) string {
		t.Helper()
		v := vars["--ax-"+name]
		for m := ref.FindStringSubmatch(v); m != nil; m = ref.FindStringSubmatch(v) {
			v = vars[m[1]]
		}
		if v == "white" {
			v = "#fff"
		}
		if !regexp.MustCompile(`^#([0-9a-f]{3}|[0-9a-f]{6})$`).MatchString(v) {
			t.Fatalf("--ax-%s is %q, no plain colour", name, v)
		}
		return v
	}
}

// axe does not judge every state; the colours that our own rules put together
// are computed here. Text needs 4.5:1, marks and borders that tell something 3:1.
func TestPaletteHasContrast(t *testing.T) {
	colour := palette(t)
	if got := contrast("#000", "#ffffff"); math.Abs(got-21) > 0.001 {
		t.Fatalf("black on white is %.2f", got)
	}
	type pair struct {
		fg, bg string
		least  float64
	}
	pairs := []pair{
		{"text-neutral", "bg-default", 4.5}, {"text-neutral-subtle", "bg-default", 4.5}, {"text-neutral-subtle", "bg-neutral-soft", 4.5},
		{"text-accent-subtle", "bg-default", 4.5}, {"text-accent-subtle", "bg-neutral-soft", 4.5}, {"text-accent-subtle", "bg-accent-soft", 4.5}, {"text-accent-subtle", "bg-accent-moderate", 4.5},
		{"neutral-000", "neutral-1000", 4.5}, {"neutral-400", "neutral-1000", 4.5}, {"neutral-000", "neutral-900", 4.5}, {"neutral-000", "neutral-700", 4.5},
		{"neutral-000", "accent-700", 4.5}, {"neutral-000", "accent-800", 4.5}, {"neutral-000", "danger-700", 4.5},
		{"text-danger-subtle", "bg-default", 4.5}, {"text-danger-subtle", "bg-accent-soft", 4.5}, {"text-meta-purple", "meta-purple-100", 4.5}, {"text-neutral", "bg-neutral-moderate-hover", 4.5},
		{"accent-700", "bg-default", 3}, {"accent-500", "neutral-1000", 3}, {"border-neutral", "bg-default", 3}, {"border-accent-strong", "bg-default", 3},
		{"danger-700", "bg-default", 3}, {"border-danger", "bg-default", 3}, {"border-warning", "bg-warning-soft", 3}, {"neutral-500", "bg-default", 3}, {"neutral-500", "neutral-1000", 3},
	}
	for _, tone := range []Tone{Neutral, Accent, Info, Success, Warning, Error, Example} {
		pairs = append(pairs, pair{"text-" + string(tone), "bg-" + string(tone) + "-moderate", 4.5}, pair{"text-" + string(tone), "bg-" + string(tone) + "-soft", 4.5}, pair{"text-accent-subtle", "bg-" + string(tone) + "-soft", 4.5})
	}
	for _, p := range pairs {
		if got := contrast(colour(p.fg), colour(p.bg)); got < p.least {
			t.Errorf("%s on %s is %.2f:1, less than %.1f:1", p.fg, p.bg, got, p.least)
		}
	}
}
