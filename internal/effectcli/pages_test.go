package effectcli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"funn/internal/effectcli"
)

// page is a page of the handbook as its reader follows it.
type page struct {
	text  string
	name  string
	steps []step
}

// step is a fenced block of a page: commands (sh, r, python), or a file that the
// reader writes, when <!-- file: NAME --> stands before it. Blocks after
// <!-- not run: REASON --> are for reading, and those after <!-- after R --> use
// what a block in another language made.
type step struct {
	lang, text string
	file       string
	skip       bool
	after      bool
}

var fenced = regexp.MustCompile("(?ms)^(?:<!-- ([^\n]*) -->\n)?```(\\w+)\n(.*?)^```$")

func handbookPages(t *testing.T) []page {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(handbook, "*.md"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var out []page
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		p := page{name: filepath.Base(f), text: string(text)}
		for _, m := range fenced.FindAllStringSubmatch(string(text), -1) {
			s := step{lang: m[2], text: m[3]}
			if name, ok := strings.CutPrefix(m[1], "file: "); ok {
				s.file = name
			}
			s.skip = strings.HasPrefix(m[1], "not run: ")
			s.after = strings.HasPrefix(m[1], "after ")
			p.steps = append(p.steps, s)
		}
		out = append(out, p)
	}
	return out
}

// follow does what a step says in the current folder.
func (s step) follow(t *testing.T) {
	t.Helper()
	switch {
	case s.skip:
	case s.file != "":
		if err := os.WriteFile(s.file, []byte(s.text), 0o600); err != nil {
			t.Fatal(err)
		}
	case s.lang == "sh":
		for line := range strings.Lines(s.text) {
			line, _, _ = strings.Cut(line, "#")
			if line = strings.TrimSpace(line); line != "" {
				command(t, line)
			}
		}
	}
}

// command runs a line that a reader would type.
func command(t *testing.T, line string) {
	t.Helper()
	words := strings.Fields(line)
	if len(words) < 3 || words[0] != "funn" || words[1] != "effect" {
		t.Fatalf("%q cannot be followed: it is no command of funn effect", line)
	}
	var stdout, stderr bytes.Buffer
	args, into := words[2:], ""
	if n := len(args); n > 2 && args[n-2] == ">" {
		args, into = args[:n-2], args[n-1]
	}
	if code := effectcli.Main(env(context.Background(), &stdout, &stderr), args); code != 0 {
		t.Fatalf("%s\nends with status %d: %s", line, code, stderr.String())
	}
	if into != "" {
		if err := os.WriteFile(into, stdout.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPagesCanBeFollowed follows every page word for word, each in a folder of its
// own: its files are written, its commands run, and none may fail. What needs R or
// Python is followed by TestPagesInR.
func TestPagesCanBeFollowed(t *testing.T) {
	for _, p := range handbookPages(t) {
		if p.name == "published.md" {
			continue // its data come from R
		}
		t.Run(p.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for _, s := range p.steps {
				if !s.after {
					s.follow(t)
				}
			}
		})
	}
}
