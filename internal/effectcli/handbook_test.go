package effectcli_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"funn/effect/example"
	"funn/effect/plan"
	"funn/internal/effectcli"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the outputs and pictures of the handbook anew")

var handbook = func() string { // absolute: tests that follow a page leave the folder
	dir, err := filepath.Abs(filepath.Join("..", "..", "docs", "effect"))
	if err != nil {
		panic(err)
	}
	return dir
}()

// marked is a place in a page whose fenced block is made by the program:
// <!-- summary: cluster en -->, <!-- plan: blocked -->, <!-- power: cluster en -->.
var marked = regexp.MustCompile("(?s)<!-- (summary|plan|power): (\\w+) ?(nb|en)? -->\n```(\\w+)\n.*?```")

// examples writes the examples once.
func examples(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := example.Write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func folder(dir, name string) string {
	if name == example.Main {
		return dir
	}
	return filepath.Join(dir, name)
}

// tell runs an example and returns the words before the tables.
func tell(t *testing.T, dir, name, lang string, more ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	at := folder(dir, name)
	args := append([]string{"run", filepath.Join(at, "plan.yaml"), "--data", filepath.Join(at, "data.csv"), "--out", filepath.Join(at, "result.json"), "--lang", lang}, more...)
	if code := effectcli.Main(env(context.Background(), &stdout, &stderr), args); code != 0 {
		t.Fatalf("%s: %s", name, stderr.String())
	}
	text, _, _ := strings.Cut(stdout.String(), "\nEstimat") // the first table: Estimates, Estimater
	return strings.TrimRight(text, "\n") + "\n"
}

// words runs a command and returns its standard output.
func words(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := effectcli.Main(env(context.Background(), &stdout, &stderr), args); code != 0 {
		t.Fatalf("%v: %s", args, stderr.String())
	}
	return stdout.String()
}

// TestHandbookIsCurrent holds that what the pages quote is what the program
// prints, and that every design has its page.
func TestHandbookIsCurrent(t *testing.T) {
	dir := examples(t)
	pages, err := filepath.Glob(filepath.Join(handbook, "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	told := map[string]bool{}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		current := marked.ReplaceAllStringFunc(string(text), func(block string) string {
			m := marked.FindStringSubmatch(block)
			kind, name, lang, fence := m[1], m[2], m[3], m[4]
			content := ""
			switch kind {
			case "plan":
				yaml, err := os.ReadFile(filepath.Join(folder(dir, name), "plan.yaml"))
				if err != nil {
					t.Fatal(err)
				}
				content = string(yaml)
			case "power":
				content = words(t, "power", filepath.Join(folder(dir, name), "plan.yaml"), "--lang", lang, "--out", filepath.Join(dir, "power.json"))
			default:
				if name == example.Main { // the page that goes through all steps has locked it by then
					words(t, "lock", filepath.Join(folder(dir, name), "plan.yaml"))
				}
				content = tell(t, dir, name, lang)
				told[name] = true
			}
			head, _, _ := strings.Cut(block, "\n")
			return head + "\n```" + fence + "\n" + content + "```"
		})
		if *update {
			if err := os.WriteFile(page, []byte(current), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if diff := cmp.Diff(string(text), current); diff != "" {
			t.Errorf("%s is stale; run go test ./internal/effectcli -update (-page +program):\n%s", page, diff)
		}
	}
	for _, e := range example.All() {
		if !told[e.Name] {
			t.Errorf("no page tells the example %s", e.Name)
		}
	}
}

// TestPicturesAreCurrent holds the pictures of the handbook to what is drawn.
func TestPicturesAreCurrent(t *testing.T) {
	dir := examples(t)
	shown := map[string][]string{
		"cluster":     {"forest-i_jobb", "balance", "flow"},
		"blocked":     {"forest-i_jobb"},
		"event_study": {"event-study"},
	}
	for name, pictures := range shown {
		charts := filepath.Join(t.TempDir(), "charts")
		tell(t, dir, name, "en", "--charts", charts)
		for _, picture := range pictures {
			drawn, err := os.ReadFile(filepath.Join(charts, picture+".svg"))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(handbook, "pictures", name+"-"+picture+".svg")
			if *update {
				if err := os.WriteFile(path, drawn, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			published, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(drawn, published) {
				t.Errorf("%s is stale; run go test ./internal/effectcli -update", path)
			}
		}
	}
}

// TestHandbookNamesEveryKey holds the table of keys to the schema.
func TestHandbookNamesEveryKey(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(handbook, "plan.md"))
	if err != nil {
		t.Fatal(err)
	}
	keys := regexp.MustCompile(`(?m)^ {4}"(\w+)": \{|^ {8}"(\w+)": \{`).FindAllStringSubmatch(string(plan.Schema()), -1)
	if len(keys) < 40 {
		t.Fatalf("only %d keys found in the schema", len(keys))
	}
	for _, m := range keys {
		if key := m[1] + m[2]; key != "items" && !strings.Contains(string(text), "`"+key+"`") {
			t.Errorf("plan.md does not name the key %s", key)
		}
	}
}

// TestHandbookLinks holds that pages link to files that are there.
func TestHandbookLinks(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(handbook, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#]+)\)`)
	var missing []string
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(handbook, m[1])); err != nil {
				missing = append(missing, fmt.Sprintf("%s: %s", filepath.Base(page), m[1]))
			}
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Errorf("links to nothing:\n%s", strings.Join(missing, "\n"))
	}
}

// TestHandbookNamesTests holds that the tests that exactness.md names are there.
func TestHandbookNamesTests(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(handbook, "exactness.md"))
	if err != nil {
		t.Fatal(err)
	}
	defined := map[string]bool{}
	err = filepath.WalkDir(filepath.Join("..", "..", "effect"), func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllStringSubmatch(string(source), -1) {
			defined[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`).FindAllString(string(text), -1)
	if len(named) < 40 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, name := range named {
		if !defined[name] {
			t.Errorf("exactness.md names %s, which is not there", name)
		}
	}
}
