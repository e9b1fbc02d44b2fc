package application_test

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"funn/internal/application"
	"funn/internal/application/applicationweb"
	"funn/internal/call"
	"funn/internal/need"
	"funn/internal/org"
	"funn/internal/org/orgtest"
	"funn/internal/platform/access"
	"funn/internal/platform/authn"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// cases are the applications of a call in which somebody may not deal with a case.
type cases struct {
	*orgtest.House
	*application.Service
	call string
}

func eachCases(t *testing.T, test func(t *testing.T, h cases)) {
	t.Helper()
	var s *application.Service
	var calls *call.Service
	build := func(h *orgtest.House) []module.Module {
		calls = call.New(nil, nil, nil)
		s = application.New(calls, seal.Secret{})
		s.People = h.Directory
		return []module.Module{
			{Name: "call", Kinds: []record.AnyKind{calls.Kind}, Messages: call.Messages},
			{Name: "need", Messages: need.Messages}, // which has the words for the subject owner
			applicationweb.Module(applicationweb.Deps{Service: s, Calls: calls, Site: h.Site}),
		}
	}
	orgtest.Each(t, []fs.FS{call.Migrations, application.Migrations}, build, func(t *testing.T, h *orgtest.House) {
		c := calls.Kind.New()
		c.State, c.Title, c.Owner = call.Assessment1, "Utlysning", "fageier"
		if err := calls.Kind.Import(orgtest.System(), c, "test"); err != nil {
			t.Fatal(err)
		}
		test(t, cases{h, s, c.ID})
	})
}

// opened makes an opened sketch with the content.
func (h cases) opened(t testing.TB, c *application.Content, coAuthors ...string) *application.Submission {
	t.Helper()
	x := &application.Submission{Call: h.call, Applicant: "forsker", Owner: "fageier"}
	x.CoAuthors.V = coAuthors
	x.Number = h.RandomNumber(application.Sketch)
	x.Title, x.State, x.Content.V = c.Title, application.Assessing, c
	x.SetFlag(application.Opened, true)
	if err := h.Sketches.Import(orgtest.System(), x, "test"); err != nil {
		t.Fatal(err)
	}
	return x
}

// known gives what is known of the person's conflicts in the case.
func (h cases) known(t testing.TB, id, person string) (grounds []string) {
	t.Helper()
	x, err := h.Find(orgtest.System(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range x.Conflicts.V {
		if c.Person == person {
			grounds = append(grounds, c.Ground)
		}
	}
	return grounds
}

func input(pairs ...string) record.Input { return record.Input{Values: form.Of(pairs...)} }

func kind(t testing.TB, what string, want fault.Kind, err error) {
	t.Helper()
	if err == nil || fault.Of(err) != want {
		t.Errorf("%s: %v", what, err)
	}
}

func TestFoundConflicts(t *testing.T) {
	eachCases(t, func(t *testing.T, h cases) {
		institute := &org.Organisation{Type: "research_institute", Parent: "norce"}
		institute.ID, institute.Title = "avdeling", "Avdelingen"
		institute.Aliases.V = []org.Alias{{Name: "AVD"}}
		institute.Identifiers.V = []org.Identifier{{Scheme: org.SchemeOrgnr, Value: "889640782"}}
		if err := h.Directory.Organisations.Import(orgtest.System(), institute, "test"); err != nil {
			t.Fatal(err)
		}
		led := map[string]bool{}
		h.Together = func(_ context.Context, person, organisation string, people, organisations []string) (bool, error) {
			return led[person] && organisation == "fafo" && slices.Contains(people, "forsker") && slices.Contains(organisations, "norce"), nil
		}
		for _, c := range []struct {
			name, person string
			content      application.Content
			want         string
		}{
			{"nothing in common", "fagvurderer", application.Content{Institution: application.Party{Name: "NORCE"}}, ""},
			{"the institution by id", "fagvurderer", application.Content{Institution: application.Party{ID: "fafo", Name: "x"}}, "institution"},
			{"the institution by name, however written", "fagvurderer", application.Content{Institution: application.Party{Name: " FAFO "}}, "institution"},
			{"a partner", "fagvurderer", application.Content{Institution: application.Party{Name: "NORCE"}, Partners: []application.Party{{Name: "fafo"}}}, "partner"},
			{"where an author works", "fagvurderer", application.Content{Authors: []application.Author{{Name: "En", Institution: "Fafo"}}}, "partner"},
			{"a part of one's own, by alias", "norces", application.Content{Institution: application.Party{Name: "avd"}}, "institution"},
			{"a part of one's own, by number", "norces", application.Content{Institution: application.Party{Name: "x", Number: "889 640 782"}}, "institution"},
			{"a wrong number", "norces", application.Content{Institution: application.Party{Name: "x", Number: "889640783"}}, ""},
			{"the leader's address", "fagvurderer", application.Content{Leader: application.Author{Name: "x", Email: "Fagvurderer@Example.org"}}, "author"},
			{"a participant's name", "fagvurderer", application.Content{Authors: []application.Author{{Name: "person  FAGVURDERER"}}}, "author"},
			{"one word of a name", "fagvurderer", application.Content{Leader: application.Author{Name: "Person"}}, ""},
			{"an applicant", "forsker", application.Content{Institution: application.Party{Name: "x"}}, "applicant"},
			{"an applicant's other account, by the address", "annenkonto", application.Content{Institution: application.Party{Name: "x"}}, "applicant"},
			{"a co-author's other account, by the name", "navnebror", application.Content{Institution: application.Party{Name: "x"}}, "applicant"},
			{"an earlier project", "ledet", application.Content{Institution: application.Party{Name: "norce"}}, "project"},
		} {
			if c.person == "norces" || c.person == "ledet" {
				if _, err := h.Directory.Persons.Load(context.Background(), c.person); err != nil {
					p := &org.Person{Organisation: map[string]string{"norces": "norce", "ledet": "fafo"}[c.person]}
					p.ID, p.Number, p.Title = c.person, c.person, "Noen "+c.person
					if err := h.Directory.Persons.Import(orgtest.System(), p, "test"); err != nil {
						t.Fatal(err)
					}
				}
				led["ledet"] = true
			}
			if id := c.person; id == "annenkonto" || id == "navnebror" {
				p := &org.Person{Organisation: "norce"}
				p.ID, p.Number, p.Title = id, id, "Noen Andre"
				if p.Email = "Forsker@example.org"; id == "navnebror" {
					p.Title, p.Email = "person  FORSKER2", ""
				}
				if err := h.Directory.Persons.Import(orgtest.System(), p, "test"); err != nil {
					t.Fatal(err)
				}
			}
			x := h.opened(t, &c.content, "forsker2")
			for range 2 { // the same is noted once
				out, err := h.Disqualified(h.As(t, "fou"), x.ID, c.person)
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(h.known(t, x.ID, c.person), " "); got != c.want || (len(out) > 0) != (c.want != "") {
					t.Errorf("%s: %q, disqualified %v; want %q", c.name, got, out, c.want)
				}
			}
		}
	})
}

// When a case is opened, those who deal with all cases are looked at, and whoever is
// disqualified never sees it.
func TestConflictAtOpening(t *testing.T) {
	eachCases(t, func(t *testing.T, h cases) {
		x := h.opened(t, &application.Content{Title: "T", Leader: application.Author{Email: "fou@example.org"}, Authors: []application.Author{{Email: "fageier@example.org"}, {Name: "Person utvalg2"}}})
		for _, person := range []string{"fou", "fageier"} {
			_, err := h.Sketches.ByNumber(h.As(t, person), x.Number)
			kind(t, person+" reads a case they take part in", fault.NotFound, err)
		}
		if len(h.known(t, x.ID, "utvalg2")) != 1 || len(h.known(t, x.ID, "fou2")) != 0 {
			t.Error("the committee's members are looked at, and nobody else")
		}
		if _, err := h.Sketches.ByNumber(h.As(t, "fou2"), x.Number); err != nil {
			t.Errorf("fou2: %v", err)
		}
	})
}

// Whoever comes to deal with cases after they were opened – by a role, by one that is
// to hold later, as a stand-in, as the new owner – is looked at before they see any.
func TestConflictOfWhoComesLater(t *testing.T) {
	eachCases(t, func(t *testing.T, h cases) {
		person := func(id string, roles ...org.Grant) {
			t.Helper()
			p := &org.Person{Staff: true}
			p.ID, p.Number, p.Title, p.Unit, p.Grants.V = id, id, "Ny "+id, "avdir/kun/fou", roles
			if err := h.Directory.Persons.Import(orgtest.System(), p, "test"); err != nil {
				t.Fatal(err)
			}
		}
		person("rolle")
		person("vikar")
		person("eier", org.Grant{Role: org.Line, Unit: "avdir"})
		person("snart", org.Grant{Role: org.FoU, Unit: "avdir", From: orgtest.Day("2023-02-01")})
		x := h.opened(t, &application.Content{Title: "T", Leader: application.Author{Name: "Ny rolle"}, Authors: []application.Author{{Name: "Ny vikar"}, {Name: "Ny eier"}, {Name: "Ny snart"}}})
		other := h.opened(t, &application.Content{Title: "T", Leader: application.Author{Name: "Noen Helt Andre"}})
		did := func(id, command string, pairs ...string) {
			t.Helper()
			if _, err := h.Directory.Persons.As(orgtest.System(), id, command, record.Input{Values: form.Of(pairs...), Reason: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range []string{"rolle", "vikar", "eier"} {
			if got := h.known(t, x.ID, id); len(got) != 0 {
				t.Errorf("%s does not deal with cases yet: %v", id, got)
			}
		}
		did("rolle", "grant", "role", string(org.FoU), "unit", "avdir")
		did("fou", "set_stand_in", "person", "vikar", "from", "2023-01-02")
		for _, id := range []string{"rolle", "vikar"} {
			if got := h.known(t, x.ID, id); len(got) != 1 {
				t.Errorf("%s: %v", id, got)
			}
		}
		if _, err := h.Sketches.Do(h.As(t, "fou2"), x.ID, "hand_over", record.Input{Values: form.Of("owner", "eier"), Reason: "x"}); err != nil {
			t.Fatal(err)
		}
		h.Clock.Forward(orgtest.Day("2023-02-02"))
		for _, id := range []string{"rolle", "vikar", "eier", "snart"} {
			if got := h.known(t, x.ID, id); len(got) != 1 || got[0] != application.GroundAuthor {
				t.Errorf("%s: %v", id, got)
			}
			_, err := h.Sketches.ByNumber(h.As(t, id), x.Number)
			kind(t, id+" reads a case they take part in", fault.NotFound, err)
			if list, err := h.Sketches.List(h.As(t, id), db.Where{}, "r.id", 0, 0); err != nil || slices.ContainsFunc(list, func(y *application.Submission) bool { return y.ID == x.ID }) {
				t.Errorf("%s has it in a list, %v", id, err)
			}
			if _, err := h.Sketches.ByNumber(h.As(t, id), other.Number); (err == nil) == (id == "eier") {
				t.Errorf("%s and the other case: %v", id, err)
			}
		}
	})
}

// Whoever writes in a case may not deal with another of the same call, whichever of them
// was opened first, for as long as both can be given its money. Nobody learns of what is
// still sealed.
func TestConflictOfCompetitors(t *testing.T) {
	eachCases(t, func(t *testing.T, h cases) {
		content := func() *application.Content { return &application.Content{Title: "T"} }
		another := func() string {
			t.Helper()
			k, _ := h.Engine.Kind("call")
			c := &call.Call{Owner: "fageier"}
			c.State, c.Title = call.Assessment2, "Utlysning"
			if err := k.(*call.Kind).Import(orgtest.System(), c, "test"); err != nil {
				t.Fatal(err)
			}
			return c.ID
		}
		planted := 0
		plant := func(kind, state, call string, writers ...string) *application.Submission {
			t.Helper()
			x := &application.Submission{Call: call, Applicant: writers[0], Owner: "fageier"}
			x.CoAuthors.V = writers[1:]
			planted++
			x.Number, x.Title, x.State = fmt.Sprint(h.Of(kind).Prefix, "-", planted), "T", state
			if !slices.Contains([]string{application.Draft, application.Submitted, application.Expired}, state) {
				x.Content.V = content()
				x.SetFlag(application.Opened, true)
			}
			if err := h.Of(kind).Import(orgtest.System(), x, "test"); err != nil {
				t.Fatal(err)
			}
			return x
		}
		stands := func(x *application.Submission, person string, want bool) {
			t.Helper()
			if got := h.known(t, x.ID, person); slices.Contains(got, application.GroundCompetitor) != want || len(got) > 1 {
				t.Errorf("%s in %s: %v, want %v", person, x.Number, got, want)
			}
		}
		first := plant(application.Sketch, application.Assessing, h.call, "forsker")
		plant(application.Sketch, application.Submitted, h.call, "forsker2", "utvalg", "fou")
		later := plant(application.Sketch, application.Assessing, h.call, "forsker")
		for _, x := range []*application.Submission{first, later} {
			stands(x, "utvalg", false)
			stands(x, "fou", false)
		}
		own := plant(application.Sketch, application.Assessing, h.call, "forsker2", "utvalg", "fou2")
		last := plant(application.Sketch, application.Assessing, h.call, "forsker")
		for _, x := range []*application.Submission{first, later, last} {
			stands(x, "utvalg", true)
			stands(x, "fou2", true)
			stands(x, "utvalg2", false)
			stands(x, "forsker", false) // deals with nothing
			_, err := h.Sketches.ByNumber(h.As(t, "fou2"), x.Number)
			kind(t, "fou2 reads a competitor's case", fault.NotFound, err)
		}
		if got := h.known(t, own.ID, "fou2"); !slices.Equal(got, []string{application.GroundApplicant}) {
			t.Errorf("in one's own: %v", got)
		}
		if out, err := h.Disqualified(orgtest.System(), first.ID, "forsker2", "fagvurderer"); err != nil || !slices.Equal(out, []string{"forsker2"}) {
			t.Errorf("asked to assess: %v, %v", out, err)
		}
		if _, err := h.Sketches.Do(h.As(t, "fou"), first.ID, "settle_conflict", input("conflict", "1", "verdict", "cleared", "why", "trukket")); err != nil {
			t.Fatal(err)
		}

		// What does not compete: what was withdrawn, what another call is of, and in the second
		// stage a sketch that went no further, unless it is complained of.
		elsewhere := plant(application.Sketch, application.Assessing, another(), "forsker")
		for _, c := range []struct {
			kind, state string
			want        bool
		}{
			{application.Sketch, application.Withdrawn, false}, {application.Sketch, application.Rejected, false}, {application.Sketch, application.Invited, false},
			{application.Sketch, application.Appealed, true}, {application.Application, application.Draft, false}, {application.Application, application.Submitted, false},
			{application.Application, application.Withdrawn, false}, {application.Application, application.Proposed, true}, {application.Application, application.Reserve, true},
		} {
			call := another()
			x := plant(application.Application, application.Assessing, call, "forsker")
			plant(c.kind, c.state, call, "utvalg2")
			after := plant(application.Application, application.Assessing, call, "forsker")
			t.Log(c.kind, c.state)
			stands(x, "utvalg2", c.want)
			stands(after, "utvalg2", c.want)
		}
		stands(elsewhere, "fou2", false)

		// Who competed by a sketch that was rejected deals with the applications.
		grown := &application.Submission{Call: h.call, Sketch: last.ID, Applicant: "forsker", Owner: "fageier"}
		grown.Number, grown.Title, grown.State, grown.Content.V = "SO-1000", "T", application.Assessing, content()
		grown.SetFlag(application.Opened, true)
		if err := h.Applications.Import(orgtest.System(), grown, "test"); err != nil {
			t.Fatal(err)
		}
		stands(grown, "fou2", false)
	})
}

// Somebody who was registered before they logged in, and comes by the name that the
// login service knows, is compared with every case at once.
func TestConflictOfJoinedLogin(t *testing.T) {
	eachCases(t, func(t *testing.T, h cases) {
		x := h.opened(t, &application.Content{Title: "T", Leader: application.Author{Name: "Navn Fra Innlogging"}})
		id, err := h.Directory.PersonByExternal(t.Context(), "entra", "1", authn.Profile{Name: "Navn Fra Innlogging", Email: "fou2@example.org", Verified: true, Roles: []string{string(org.FoU)}})
		if err != nil || id != "fou2" {
			t.Fatalf("joined with %q: %v", id, err)
		}
		if got := h.known(t, x.ID, "fou2"); len(got) != 1 || got[0] != application.GroundAuthor {
			t.Errorf("joined: %v", got)
		}
		_, err = h.Sketches.ByNumber(h.As(t, "fou2"), x.Number)
		kind(t, "reading it", fault.NotFound, err)
	})
}

// When somebody who writes in a case takes another name or address, all who deal with
// it are compared anew: the section, the committee, the owner and their stand-ins.
func TestConflictOfChangedWriter(t *testing.T) {
	eachCases(t, func(t *testing.T, h cases) {
		if _, err := h.Directory.Persons.As(orgtest.System(), "fageier", "set_stand_in", input("person", "fageier2", "from", "2023-01-02")); err != nil {
			t.Fatal(err)
		}
		x := h.opened(t, &application.Content{Title: "T"}, "forsker2")
		other := h.opened(t, &application.Content{Title: "T"})
		for i, who := range []string{"fou2", "utvalg", "fageier", "fageier2"} {
			pairs := []string{"name", "Person " + who, "email", fmt.Sprintf("ny%d@example.org", i), "organisation", "fafo"}
			if _, err := h.Directory.Persons.As(orgtest.System(), "forsker2", "edit", record.Input{Values: form.Of(pairs...), Reason: "x"}); err != nil {
				t.Fatal(err)
			}
			if got := h.known(t, x.ID, who); len(got) != 1 || got[0] != application.GroundApplicant {
				t.Errorf("%s: %v", who, got)
			}
			if got := h.known(t, other.ID, who); len(got) != 0 {
				t.Errorf("%s in a case that they do not write in: %v", who, got)
			}
		}
	})
}

// What nothing told Funn to look at again stops whoever acts on it, is noted, hides the
// case from them, and is settled by others.
func TestConflictFoundWhenActing(t *testing.T) {
	eachCases(t, func(t *testing.T, h cases) {
		third := &org.Person{Staff: true}
		third.ID, third.Number, third.Title, third.Unit, third.Grants.V = "fou3", "fou3", "Person fou3", "avdir", []org.Grant{{Role: org.FoU, Unit: "avdir"}}
		if err := h.Directory.Persons.Import(orgtest.System(), third, "test"); err != nil {
			t.Fatal(err)
		}
		hidden := func(x *application.Submission) bool {
			list, err := h.Sketches.List(h.As(t, "fou2"), db.Where{}, "r.id", 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			return !slices.ContainsFunc(list, func(y *application.Submission) bool { return y.ID == x.ID })
		}
		for _, c := range []struct {
			name  string
			pairs []string
		}{
			{"propose_answer", []string{"outcome", "reject", "reasons", "x"}}, {"settle_conflict", []string{"conflict", "1", "verdict", "cleared", "why", "x"}},
			{"propose_dismissal", []string{"fault", "other", "fault_reason", "x"}}, {"", nil}, // looks at the page
		} {
			x := h.opened(t, &application.Content{Title: "T", Leader: application.Author{Name: "Person fou"}})
			rename := func(name string) {
				t.Helper()
				if _, err := h.DB.Exec(t.Context(), "UPDATE record SET title = $1 WHERE id = $2", name, "forsker"); err != nil {
					t.Fatal(err)
				}
			}
			rename("Person fou2")
			if hidden(x) {
				t.Fatal("it is not hidden to begin with")
			}
			if c.name == "" {
				h.Get(t, "fou2", "/skisse/"+x.Number)
			} else {
				_, err := h.Sketches.Do(h.As(t, "fou2"), x.ID, c.name, input(c.pairs...))
				f, _ := fault.As(err)
				if f == nil || f.Kind != fault.Conflict || !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Key == "submission.blocked.you_unfit" }) {
					t.Errorf("%s by somebody whose name the applicant has: %v", c.name, err)
				}
			}
			if got := h.known(t, x.ID, "fou2"); len(got) != 1 || got[0] != application.GroundApplicant || !hidden(x) {
				t.Errorf("%q: %v, hidden %v", c.name, got, hidden(x))
			}
			if _, err := h.Sketches.Do(h.As(t, "fou3"), x.ID, "settle_conflict", input("conflict", "2", "verdict", "cleared", "why", "navnebror")); err != nil {
				t.Fatal(err)
			}
			if hidden(x) {
				t.Error("cleared, it is still hidden")
			}
			if _, err := h.Sketches.Do(h.As(t, "fou2"), x.ID, "propose_dismissal", input("fault", "other", "fault_reason", "x")); err != nil {
				t.Errorf("proposing once it is cleared: %v", err)
			}
			rename("Person forsker")
		}
	})
}

func TestSettleConflict(t *testing.T) {
	eachCases(t, func(t *testing.T, h cases) {
		x := h.opened(t, &application.Content{Title: "T", Leader: application.Author{Name: "Person fou"}})
		tasks := func(who string) int {
			n, err := h.Engine.CountTasks(h.As(t, who), access.From(h.As(t, who)))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if tasks("fou2") != 1 || tasks("fou") != 0 {
			t.Errorf("what was found is to be settled by another: %d, %d", tasks("fou2"), tasks("fou"))
		}
		verdict := func(who, conflict, verdict, why string) error {
			_, err := h.Sketches.Do(h.As(t, who), x.ID, "settle_conflict", input("conflict", conflict, "verdict", verdict, "why", why))
			return err
		}
		kind(t, "settling one's own", fault.NotFound, verdict("fou", "1", "cleared", "x"))
		kind(t, "settling without a reason", fault.Invalid, verdict("fou2", "1", "cleared", ""))
		kind(t, "settling by the owner", fault.Forbidden, verdict("fageier", "1", "cleared", "x"))
		kind(t, "settling what is not there", fault.Invalid, verdict("fou2", "2", "cleared", "x"))
		if err := verdict("fou2", "1", "cleared", "canary-why"); err != nil {
			t.Fatal(err)
		}
		if tasks("fou2") != 0 {
			t.Error("the task is still there")
		}
		if _, err := h.Sketches.ByNumber(h.As(t, "fou"), x.Number); err != nil {
			t.Errorf("cleared: %v", err)
		}
		if out, err := h.Disqualified(orgtest.System(), x.ID, "fou"); err != nil || len(out) != 0 {
			t.Errorf("what was cleared is found again: %v, %v", out, err)
		}
		kind(t, "settling one's own once it is cleared", fault.Invalid, verdict("fou", "1", "stands", "x"))
		if err := verdict("fou2", "1", "stands", "x"); err != nil {
			t.Fatal(err)
		}
		_, err := h.Sketches.ByNumber(h.As(t, "fou"), x.Number)
		kind(t, "it stands after all", fault.NotFound, err)

		page := h.Post(t, "fou2", "/skisse/"+x.Number+"/inhabil", "ground", "canary-ground")
		if page.Status != 303 || page.Location != "/oppgaver" {
			t.Errorf("declaring: %d to %s", page.Status, page.Location)
		}
		for _, path := range []string{"", "/logg", "/inhabil", "/habilitet"} {
			if page := h.Get(t, "fou2", "/skisse/"+x.Number+path); page.Status != 404 {
				t.Errorf("%s after declaring: %d", path, page.Status)
			}
		}
		// Those who deal with the case see that it happened; why, only those who settle it.
		if page := h.Get(t, "fageier", "/skisse/"+x.Number+"/logg"); !page.Has("meldte seg inhabil") || page.Has("canary") {
			t.Errorf("the owner's log: %v", page.Body)
		}
		if page := h.Get(t, "fageier", "/skisse/"+x.Number+"/habilitet"); page.Status != 403 || page.Has("canary") {
			t.Errorf("the owner's way to the grounds: %d", page.Status)
		}
		events, err := event.Of(context.Background(), h.DB, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range events {
			if strings.Contains(ev.Data, "canary") || strings.Contains(ev.Reason, "canary") || strings.Contains(ev.Data, "fou") {
				t.Errorf("the history of %s tells %s", ev.Command, ev.Data)
			}
		}
		if _, _, problems, err := h.Engine.Check(context.Background(), nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
}

// What stands of a sketch stands of the application that grows from it, and what was
// cleared is not found again.
func TestConflictsCarryOver(t *testing.T) {
	eachCases(t, func(t *testing.T, h cases) {
		content := &application.Content{Title: "T", Leader: application.Author{Name: "Person fou"}, Authors: []application.Author{{Name: "Person utvalg2"}}}
		sketch := h.opened(t, content)
		for _, told := range [][]string{{"utvalg"}, {"fageier"}} {
			x, err := h.Find(orgtest.System(), sketch.ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Declare(orgtest.System(), x, told[0], "slekt"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h.Sketches.Do(h.As(t, "fou2"), sketch.ID, "settle_conflict", input("conflict", "1", "verdict", "cleared", "why", "navnebror")); err != nil {
			t.Fatal(err)
		}
		x := &application.Submission{Call: h.call, Sketch: sketch.ID, Applicant: "forsker", Owner: "fageier"}
		x.Number, x.Title, x.State, x.Content.V = "SO-1", "T", application.Assessing, content
		x.SetFlag(application.Opened, true)
		if err := h.Applications.Import(orgtest.System(), x, "test"); err != nil {
			t.Fatal(err)
		}
		if got := h.known(t, x.ID, "fou"); len(got) != 0 {
			t.Errorf("what was cleared is found again: %v", got)
		}
		for _, who := range []string{"utvalg", "fageier"} {
			if got := h.known(t, x.ID, who); len(got) != 1 || got[0] != application.GroundDeclared {
				t.Errorf("%s: %v", who, got)
			}
		}
		if got := h.known(t, x.ID, "utvalg2"); len(got) != 1 || got[0] != application.GroundAuthor {
			t.Errorf("what was found of the sketch is noted of the application: %v", got)
		}
		_, err := h.Applications.ByNumber(h.As(t, "fageier"), x.Number)
		kind(t, "the owner reads the application", fault.NotFound, err)
	})
}

// Whether somebody may deal with a case is worked out once for all that they could do
// with it, and anew when they or the case have changed.
func TestFitIsWorkedOutOnce(t *testing.T) {
	eachCases(t, func(t *testing.T, h cases) {
		x := h.opened(t, &application.Content{Title: "Tillit", Institution: application.Party{Name: "NORCE"}, Leader: application.Author{Name: "Leder Ledersen"}})
		asked, shared := 0, false
		h.Together = func(context.Context, string, string, []string, []string) (bool, error) {
			asked++
			return shared, nil
		}
		as := func(id string) context.Context { // from outside, and nevertheless of the section
			return access.With(t.Context(), access.Actor{ID: id, As: []string{id}, Staff: true, Grants: []access.Grant{{Role: org.FoU}}})
		}
		p, err := h.Directory.Persons.Load(orgtest.System(), "fagvurderer")
		if err != nil || p.Organisation == "" || p.Staff {
			t.Fatalf("somebody from outside: %+v, %v", p, err)
		}
		blocked := func(ctx context.Context, want bool) {
			t.Helper()
			list, err := h.Sketches.Actions(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			stopped := slices.ContainsFunc(list, func(a record.Action) bool {
				return slices.ContainsFunc(a.Verdict.Blocking, func(r record.Reason) bool { return r.Key == "submission.blocked.you_unfit" })
			})
			if len(list) < 3 || stopped != want {
				t.Errorf("%d commands, blocked %v, want %v", len(list), stopped, want)
			}
		}
		page := h.Reading(as("fagvurderer"))
		blocked(page, false)
		blocked(page, false)
		if asked != 1 {
			t.Errorf("worked out %d times for one page", asked)
		}
		shared = true
		blocked(as("fagvurderer"), true)
		x.Version++
		blocked(page, true)
	})
}
