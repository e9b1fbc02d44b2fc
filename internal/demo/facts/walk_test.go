package facts_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"funn/internal/demo/facts"
)

// roots holds everything the package publishes, by name. TestRootsAreComplete
// keeps it so.
func roots(t *testing.T) map[string]any {
	t.Helper()
	counties, err := facts.Counties()
	if err != nil {
		t.Fatal(err)
	}
	offices, err := facts.Offices()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{
		"Counties": counties, "Offices": offices, "Projects": facts.Projects(),
		"AnnexSplit": facts.AnnexSplit, "Calls": facts.Calls, "Counts": facts.Counts, "CristinSource": facts.CristinSource,
		"DemoDay": facts.DemoDay, "Events": facts.Events, "ExampleApplications": facts.ExampleApplications,
		"ExampleCalls": facts.ExampleCalls, "ExampleDataRequests": facts.ExampleDataRequests, "ExampleNeeds": facts.ExampleNeeds,
		"ExampleProjects": facts.ExampleProjects, "ExampleReports": facts.ExampleReports, "ExampleTasks": facts.ExampleTasks,
		"ExampleTrials": facts.ExampleTrials, "ExampleUptakes": facts.ExampleUptakes, "Figures": facts.Figures,
		"Frameworks": facts.Frameworks, "GoalLinks": facts.GoalLinks, "Goals": facts.Goals, "Insights": facts.Insights,
		"Instruments": facts.Instruments, "LibraryWorks": facts.LibraryWorks, "Organisations": facts.Organisations,
		"OwnJournal": facts.OwnJournal, "Partnerships": facts.Partnerships, "Persons": facts.Persons, "PhDScheme": facts.PhDScheme,
		"PlanVersions": facts.PlanVersions, "Planned": facts.Planned, "Principles": facts.Principles,
		"ProgrammeNotes": facts.ProgrammeNotes, "Publications": facts.Publications, "Reports": facts.Reports,
		"ResearchKinds": facts.ResearchKinds, "Revisions": facts.Revisions, "Rounds": facts.Rounds, "Showings": facts.Showings,
		"Signatory": facts.Signatory, "Tags": facts.Tags, "Themes": facts.Themes, "Units": facts.Units,
	}
}

// TestRootsAreComplete finds every exported variable of the package among the
// roots, so that no record escapes the tests that walk them.
func TestRootsAreComplete(t *testing.T) {
	have := roots(t)
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.VAR {
				continue
			}
			for _, spec := range group.Specs {
				for _, ident := range spec.(*ast.ValueSpec).Names {
					if !ident.IsExported() {
						continue
					}
					found++
					if _, ok := have[ident.Name]; !ok {
						t.Errorf("%s: %s is not walked by the tests", name, ident.Name)
					}
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("found %d exported variables, the parse must have missed some", found)
	}
}

// walk visits every value below v with its path.
func walk(v reflect.Value, path string, visit func(path string, v reflect.Value)) {
	visit(path, v)
	switch v.Kind() {
	case reflect.Struct:
		if v.Type().PkgPath() == "time" {
			return
		}
		for i := range v.NumField() {
			walk(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(v.Index(i), path+label(v.Index(i)), visit)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			walk(it.Value(), path+"["+it.Key().String()+"]", visit)
		}
	}
}

// label names an element by its key where it has one.
func label(v reflect.Value) string {
	if v.Kind() == reflect.Struct {
		for _, name := range []string{"Key", "Slug", "ID", "Number"} {
			if f := v.FieldByName(name); f.IsValid() && f.Kind() == reflect.String {
				return "[" + f.String() + "]"
			}
		}
	}
	return "[]"
}

type located struct {
	path string
	text facts.Text
}

// texts gives every text of our own writing, empty ones left out.
func texts(t *testing.T) []located {
	t.Helper()
	var list []located
	for name, root := range roots(t) {
		walk(reflect.ValueOf(root), name, func(path string, v reflect.Value) {
			if text, ok := v.Interface().(facts.Text); ok && !text.IsZero() {
				list = append(list, located{path, text})
			}
		})
	}
	if len(list) < 200 {
		t.Fatalf("walked to only %d texts", len(list))
	}
	return list
}

// isExample reports whether a path leads into a record made for the demonstration.
func isExample(path string) bool { return strings.HasPrefix(path, "Example") }

// words splits a text into words, numbers included, in small letters.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("æøåéòôáčđŋšŧž", r))
	})
}
