//go:build gate

package test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// edit is one change of the code.
type edit struct{ file, old, new string }

// leak is a fault planted in the access control, as a hurried change could make it.
type leak struct {
	name  string
	edits []edit
	// found names the test that is to find it. When it does not, all are tried, and
	// the leak counts as found only if one of them fails.
	found string
}

const (
	accessGo    = "internal/platform/access/access.go"
	kindGo      = "internal/platform/record/kind.go"
	projectGo   = "internal/platform/record/project.go"
	engineGo    = "internal/platform/record/engine.go"
	recordwebGo = "internal/platform/recordweb/recordweb.go"
	deskGo      = "internal/platform/recordweb/desk.go"
	webGo       = "internal/platform/web/web.go"
	caseGo      = "internal/application/service.go"
)

// leaks are planted one by one.
var leaks = []leak{
	{"lists forget the states that a rule leaves out", []edit{{accessGo, `w.And("r.state <> ?", s)`, `_ = s`}}, "TestTwoWorlds"},
	{"records forget the states that a rule leaves out", []edit{{accessGo, "return !slices.Contains(r.NotStates, s.State)", "return true"}}, "TestCanaries"},
	{"a relation of anybody's is everybody's", []edit{{accessGo, "func(relation string) bool { return related(a, s, relation) }", "func(relation string) bool { return len(s.Relations[relation]) > 0 }"}}, "TestCanaries"},
	{"lists forget whose relation it is", []edit{{accessGo, `p.In("p.relation", r.Relations...).In("p.person_id", a.As...)`, `p.In("p.relation", r.Relations...)`}}, "TestCanaries|TestTwoWorlds"},
	{"a record is read by whom its rule excepts", []edit{{accessGo, `|| r.Except != "" && related(a, s, r.Except) {`, "{"}}, "TestDisqualifiedWorlds"},
	{"lists forget whom a rule excepts", []edit{{accessGo, `w.And("r.id NOT IN (SELECT p.record_id FROM record_participant p WHERE "+cond+")", args...)`, "_, _ = cond, args"}}, "TestDisqualifiedWorlds"},
	{"search finds and counts for whom a rule excepts", []edit{
		{accessGo, "f.Excluded = append(f.Excluded, personTerms(s.Relations[r.Except])...)", ""},
		{accessGo, `w.And("r.id NOT IN (SELECT p.record_id FROM record_participant p WHERE "+cond+")", args...)`, "_, _ = cond, args"},
	}, "TestDisqualifiedWorlds"},
	{"others' assessments are read before one's own is delivered", []edit{{"internal/assessment/service.go", "case b.Open() && !over(x):", "case false && b.Open():"}}, "TestDisqualifiedWorlds"},
	{"the section counts what is sent before the deadline", []edit{{caseGo, "{Roles: []access.Role{org.FoU}, NotStates: sealed, Flag: Opened, Except: relDisqualified},", "{Roles: []access.Role{org.FoU}, Except: relDisqualified},"}}, "TestWorldsBefore"},
	{"a member of the committee reads a case that they may not deal with", []edit{{caseGo, "{Roles: []access.Role{org.Committee}, NotStates: before, Flag: Opened, Except: relDisqualified},", "{Roles: []access.Role{org.Committee}, NotStates: before, Flag: Opened},"}}, "TestCanaries"},
	{"minutes show cases to those who left the room", []edit{{"internal/decision/meeting.go", "s.cases.Applications.Get(ctx, i.Case)", "s.cases.Applications.Load(ctx, i.Case)"}}, "TestCanaries"},
	{"everybody is staff", []edit{{accessGo, "return a.Staff\n", "return true\n"}}, "TestCanaries"},
	{"lists take everybody for staff", []edit{{accessGo, "return w, a.Staff", "return w, true"}}, "TestCanaries"},
	{"a person's documents are found by everybody, in numbers beside the hits", []edit{{accessGo, `terms = append(terms, "person:"+id)
	}
	return terms`, `terms = append(terms, "anyone")
		_ = id
	}
	return terms`}}, "TestTwoWorlds"},
	{"search asks on behalf of staff, and does not look again at what it found", []edit{
		{deskGo, "Audience: access.Terms(c.Actor)", `Audience: append(access.Terms(c.Actor), "staff")`},
		{deskGo, "heads, err := s.Engine.Heads(ctx, ids...)\n\tif err != nil {\n\t\treturn err\n\t}\n\tfor _, hit", "heads, err := s.Engine.Heads(access.With(ctx, access.System), ids...)\n\tif err != nil {\n\t\treturn err\n\t}\n\tfor _, hit"},
	}, "TestCanaries"},
	{"a record is loaded without asking who wants it", []edit{{kindGo, "if !access.Allows(k.Read, access.From(ctx), k.Subject(rec)) {\n\t\treturn none, fault.Missing()\n\t}", ""}}, "TestCanaries"},
	{"a list without its scope", []edit{{kindGo, "where, args := k.scoped(ctx, filter).SQL()\n\ttail :=", "where, args := k.scoped(access.With(ctx, access.System), filter).SQL()\n\ttail :="}}, "TestCanaries"},
	{"a count without its scope", []edit{{kindGo, "where, args := k.scoped(ctx, filter).SQL()\n\treturn db.One[int]", "where, args := k.scoped(access.With(ctx, access.System), filter).SQL()\n\treturn db.One[int]"}}, "TestTwoWorlds"},
	{"a refused record is forbidden and not absent", []edit{{kindGo, "if !access.Allows(k.Read, access.From(ctx), k.Subject(rec)) {\n\t\treturn none, fault.Missing()", "if !access.Allows(k.Read, access.From(ctx), k.Subject(rec)) {\n\t\treturn none, fault.New(fault.Forbidden, \"error.forbidden\")"}}, "TestCanaries"},
	{"heads without the rules of their kinds", []edit{{projectGo, "w.AndWhere(byKind)", "_ = byKind"}}, "TestThreadHides"},
	{"the thread goes on through what may not be read", []edit{{projectGo, "more, err := e.Heads(ctx, next...)", "more, err := e.Heads(access.With(ctx, access.System), next...)"}}, "TestThreadHides"},
	{"tasks of all persons", []edit{{projectGo, `*new(db.Where).In("t.person_id", a.As...)`, `*new(db.Where).And("t.person_id <> ''")`}}, "TestTasksAre"},
	{"two steps by one person", []edit{{engineGo, "if len(givers) > 0 && givers[0] == actorID(actor) {", "if false && len(givers) > 0 {"}}, "TestTwoPeople"},
	{"a command's page of a record that may not be seen", []edit{{recordwebGo, `rec, err := p.kind.ByNumber(c.Ctx(), c.Path("number"))`, `rec, err := p.kind.ByNumber(access.With(c.Ctx(), access.System), c.Path("number"))`}}, "TestCanaries"},
	{"the history of what is public is public", []edit{{recordwebGo, `if tab == "logg" && !inside {`, `if false {`}}, "TestHandling"},
	{"everybody sees whom a record waits for", []edit{{recordwebGo, "waiting := map[string]Ball{}\n\tif inside {", "waiting := map[string]Ball{}\n\tif true {"}}, "TestHandling"},
	{"the portal's search finds what is staff's", []edit{{"internal/app/portal.go", "q.Audience = []string{PortalAudience}", `q.Audience = []string{PortalAudience, "staff"}`}}, "TestCanaries"},
	{"everybody in the agency sees drafts", []edit{{"internal/need/lifecycle.go", "{Staff: true, NotStates: []string{Draft}},", "{Staff: true},"}}, "TestCanaries"},
	{"the list of persons is public", []edit{{"internal/org/orgweb/orgweb.go", `"GET " + personPath, Rule: web.Staff`, `"GET " + personPath, Rule: web.Public`}}, "TestWhoIsLetIn"},
	{"outsiders are let in where staff are", []edit{{webGo, "if c.Route.Rule == Staff && !c.Actor.Staff {", "if false {"}}, "TestWhoIsLetIn"},
	{"roles of a route count for nothing", []edit{{webGo, "if len(c.Route.Roles) > 0 && !c.Actor.Has(c.Route.Roles...) {", "if false {"}}, "TestWhoIsLetIn"},
	{"the file with the portfolio takes in everything", []edit{{"internal/project/projectweb/files.go", "p.Service.Portfolio(ctx, a.Filter, a.Sort, 0, 0)", "p.Service.Portfolio(access.With(ctx, access.System), a.Filter, a.Sort, 0, 0)"},
		{"internal/project/projectweb/files.go", "import (", "import (\n\t\"funn/internal/platform/access\""}}, "TestCanaries"},
	{"a file is sent without asking whose record it is in", []edit{{"internal/publication/publicationweb/file.go", `p.Service.Kind.ByNumber(c.Ctx(), c.Path("number"))`, `p.Service.Kind.ByNumber(access.With(c.Ctx(), access.System), c.Path("number"))`},
		{"internal/publication/publicationweb/file.go", "import (", "import (\n\t\"funn/internal/platform/access\""}}, "TestFiles"},
	{"the portal shows reports before they are published", []edit{{"internal/publication/publication.go", "if !Public(p) {\n\t\treturn Page{}, false\n\t}\n\tv := Page{", "v := Page{"}}, "TestCanaries|TestFiles"},
	{"the API lists projects without a contract", []edit{{"internal/project/store.go", `flagged := *new(db.Where).Flag("r.flags", PublicFlag)`, `flagged := *new(db.Where).And("r.flags LIKE '% public %' OR NOT r.example")`}}, "TestAPITells"},
	{"the API lists examples unasked", []edit{{"internal/project/store.go", "if !examples {\n\t\treturn flagged\n\t}", ""}, {"internal/project/store.go", "if !f.Example {\n\t\tw.And(\"NOT r.example\")\n\t}", ""}}, "TestAPITells"},
	{"what was seen logged in is kept", []edit{{webGo, "if !c.Actor.Nobody() {\n\t\th.Set(\"Cache-Control\", \"no-store\")\n\t}", ""}}, "TestNothingIsKept"},
	{"who has left keeps the session", []edit{{"internal/org/directory.go", "if p.State != Active {\n\t\treturn access.Actor{}, fault.Missing()", "if false {\n\t\treturn access.Actor{}, fault.Missing()"}}, "TestRightsChange"},
	{"other sites may send forms", []edit{{"internal/platform/web/secure.go", "guarded := cross.Handler(next)", "guarded := next\n\t_ = cross"}}, "TestOtherSites"},
}

// accessTests are all that try who sees and does what.
const accessTests = "TestCanaries|TestTwoWorlds|TestDisqualifiedWorlds|TestWorldsBefore|TestRights|TestReading|TestOtherSites|TestSecurity|TestRouteWithout|TestWhoIs|TestHandling|TestTwoPeople|TestNothingIs|TestAPITells|TestThreadHides|TestFilesAre|TestTasksAre"

// The access tests find what they are for: each leak, planted in a build of its
// own, makes them fail, and without one they pass. A leak is tried alone with
// -run TestPlantedLeaksAreFound/ITS_NAME, in which spaces are underscores.
func TestPlantedLeaksAreFound(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if len(leaks) < 20 {
		t.Errorf("only %d leaks planted", len(leaks))
	}
	t.Run("none planted", func(t *testing.T) {
		t.Parallel()
		if out, failed := tryLeak(t, root, nil, accessTests); failed {
			t.Errorf("the access tests fail without a leak:\n%s", out)
		}
	})
	for _, l := range leaks {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			if _, failed := tryLeak(t, root, l.edits, l.found); failed {
				t.Logf("found by %s", l.found)
				return
			}
			out, failed := tryLeak(t, root, l.edits, accessTests)
			if !failed {
				t.Fatal("not found")
			}
			t.Logf("found, but not by %s:\n%s", l.found, first(out, 3))
		})
	}
}

// tryLeak builds the tests of this package with the edits and runs those named.
func tryLeak(t *testing.T, root string, edits []edit, tests string) (out string, failed bool) {
	t.Helper()
	dir := t.TempDir()
	changed := map[string]string{}
	for _, e := range edits {
		text, known := changed[e.file]
		if !known {
			b, err := os.ReadFile(filepath.Join(root, e.file))
			if err != nil {
				t.Fatal(err)
			}
			text = string(b)
		}
		if n := strings.Count(text, e.old); n != 1 {
			t.Fatalf("%s holds %d times what is to be changed: %q", e.file, n, e.old)
		}
		changed[e.file] = strings.Replace(text, e.old, e.new, 1)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for file, text := range changed {
		at := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(root, file)] = at
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), list, 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, "./test")
	build.Dir = root
	if b, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build with %v: %v\n%s", edits, err, b)
	}
	run := exec.CommandContext(t.Context(), binary, "-test.run", "^("+tests+")", "-test.failfast", "-test.timeout", "20m")
	run.Dir = filepath.Join(root, "test")
	if len(edits) > 0 {
		run.Env = append(os.Environ(), "FUNN_FIRST_LEAK=1")
	}
	b, err := run.CombinedOutput()
	if rerr := os.Remove(binary); rerr != nil {
		t.Error(rerr)
	}
	if strings.Contains(string(b), "no tests to run") || strings.Contains(string(b), "panic:") {
		t.Fatalf("%s did not run:\n%s", tests, b)
	}
	return string(b), err != nil
}

// first gives the first lines of a text.
func first(text string, n int) string {
	lines := strings.SplitN(text, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}
