// Package arch holds the import rules of the house.
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// thread are the modules of the domain, earliest first: a later may import an
// earlier one, never the reverse.
var thread = []string{"org", "plan", "need", "call", "commission", "application", "project", "assessment", "decision", "publication", "uptake", "feedback", "portal", "admin"}

// allowed says whether a package of the module may import another, both told as
// paths below the module: "internal/need/needweb".
func allowed(from, to string) (bool, string) {
	part := func(p string) (area, module, web string) {
		s := strings.Split(p, "/")
		switch {
		case s[0] != "internal":
			return s[0], "", ""
		case len(s) > 2 && s[2] == s[1]+"web":
			return "web", s[1], s[2]
		case slices.Contains(thread, s[1]):
			return "module", s[1], ""
		}
		return s[1], s[1], ""
	}
	fa, fm, _ := part(from)
	ta, tm, _ := part(to)
	switch {
	case fa == "effect":
		return ta == "effect", "effect imports nothing of ours"
	case fa == "app" || fa == "cmd" || fa == "test" || fa == "arch":
		return true, ""
	case ta == "app" || ta == "cmd":
		return false, "only cmd imports app"
	case fa == "platform":
		return ta == "platform", "the ground knows no domain"
	case ta == "web":
		return fm == tm, "no module imports another's web"
	case fa == "module" && ta == "module":
		return slices.Index(thread, tm) <= slices.Index(thread, fm), "imports run down the thread, never up"
	case fm == "facts" || strings.HasPrefix(from, "internal/demo/facts"):
		return strings.HasPrefix(to, "internal/demo/facts"), "the facts are plain data"
	}
	return true, ""
}

func TestImportsRunDownhill(t *testing.T) {
	root := "../.."
	checked := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); path != root && (strings.HasPrefix(name, ".") || name == "tools" || name == "testdata" || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if to, ok := strings.CutPrefix(to, "funn/"); ok {
				checked++
				if good, why := allowed(filepath.ToSlash(rel), to); !good {
					t.Errorf("%s imports %s: %s", filepath.ToSlash(rel), to, why)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 100 {
		t.Errorf("only %d imports seen: the test looks in the wrong place", checked)
	}
}

// The rules refuse what they are for.
func TestRulesRefuse(t *testing.T) {
	for _, c := range [][2]string{
		{"internal/need", "internal/project"}, {"internal/platform/web", "internal/org"}, {"effect/plan", "internal/platform/fault"},
		{"internal/need/needweb", "internal/project/projectweb"}, {"internal/project", "internal/app"}, {"internal/org", "internal/plan"},
	} {
		if ok, _ := allowed(c[0], c[1]); ok {
			t.Errorf("%s may import %s", c[0], c[1])
		}
	}
}

// SQL stands in a store.go of a module, in the ground, or nowhere.
func TestSQLStandsInStores(t *testing.T) {
	for _, module := range thread {
		err := filepath.WalkDir("../"+module, func(path string, entry fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return filepath.SkipDir
			}
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "store.go" {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, word := range []string{"SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM"} {
				if strings.Contains(string(text), `"`+word) || strings.Contains(string(text), "`"+word) {
					t.Errorf("%s: %q belongs in the module's store.go", strings.TrimPrefix(path, "../"), strings.TrimSpace(word))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

var (
	addedColumn = regexp.MustCompile(`(?i)ADD COLUMN ([a-z_]+)`)
	columnTag   = regexp.MustCompile("`[^`]*db:\"([a-z_]+)[^`]*`")
)

// A column that a later migration adds to records is left out of their JSON while it
// is empty: the log holds a hash of that JSON, and a record that nobody has touched
// since is not to look altered.
func TestAddedColumnsKeepTheHash(t *testing.T) {
	for _, module := range thread {
		tags := map[string]string{} // by column
		sources, err := filepath.Glob("../" + module + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range sources {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range columnTag.FindAllStringSubmatch(string(text), -1) {
				tags[m[1]] = m[0]
			}
		}
		migrations, err := filepath.Glob("../" + module + "/migrations/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range migrations {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range addedColumn.FindAllStringSubmatch(string(text), -1) {
				if tag := tags[m[1]]; !strings.Contains(tag, `json:",omitzero"`) {
					t.Errorf("%s adds %s, whose field has the tag %s without json:\",omitzero\"", path, m[1], tag)
				}
			}
		}
	}
}
