package plan_test

import (
	"context"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"funn/internal/org"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

var schema = []fs.FS{event.Migrations, record.Migrations, plan.Migrations}

type house struct {
	*plan.Service
	engine *record.Engine
	clock  *clock.Movable
}

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// build makes an agency with the plan of 2021–2025 in force, one theme of it and
// an earlier period with two themes, one of which goes on.
func build(t testing.TB, d *db.DB) house {
	t.Helper()
	c := clock.NewMovable(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC))
	h := house{plan.New(), record.NewEngine(d, c), c}
	must(t, h.engine.Register(h.Kinds()...))
	earlier := &plan.Plan{ValidTo: date("2020-12-31"), Themes: db.JSON[[]plan.Theme]{V: []plan.Theme{{Slug: "arbeid-og-helse", Title: "Arbeid og helse"}, {Slug: "sosiale-tjenester", Title: "Sosialt"}}}}
	earlier.Number, earlier.Title, earlier.State = "tidligere", "Tidligere planperiode", plan.Replaced
	must(t, h.Plans.Import(system(), earlier, "test"))
	p := &plan.Plan{ValidFrom: date("2021-01-01"), ValidTo: date("2025-12-31")}
	p.Number, p.Title, p.State, p.Lang = "2021-2025", "FoU-plan 2021–2025", plan.Published, "nb"
	for _, k := range plan.PrincipleKeys {
		p.Principles.V = append(p.Principles.V, plan.Principle{Key: k, Text: k})
	}
	p.Goals.V = []plan.Goal{{Key: "flere-i-arbeid", Origin: "virksomhetsstrategi", Title: "Flere i arbeid"}}
	p.Themes.V = []plan.Theme{{Slug: "sosiale-tjenester", Title: "Sosiale tjenester", Goals: []string{"flere-i-arbeid"}}}
	p.Tags.V = []plan.Tag{{Key: "digitalisering", Names: map[string]string{"nb": "Digitalisering", "en": "Digitalisation"}}}
	must(t, h.Plans.Import(system(), p, "test"))
	n := &plan.Note{Plan: "2021-2025", Theme: "sosiale-tjenester"}
	n.Title, n.State = "Sosiale tjenester", plan.Missing
	must(t, h.Notes.Import(system(), n, "test"))
	return h
}

func system() context.Context { return access.With(context.Background(), access.System) }

func as(id string, roles ...access.Role) context.Context {
	a := access.Actor{ID: id, Name: id, As: []string{id}, Staff: true}
	for _, r := range roles {
		a.Grants = append(a.Grants, access.Grant{Role: r, Unit: "avdir"})
	}
	return access.With(context.Background(), a)
}

var (
	fou   = as("fou", org.FoU)
	fou2  = as("fou2", org.FoU)
	head  = as("leder", org.Director)
	owner = as("fageier", org.SubjectOwner)
	staff = as("jurist", org.Legal)
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func input(pairs ...string) record.Input { return record.Input{Values: form.Of(pairs...)} }

func refused(t testing.TB, what string, kind fault.Kind, key string, err error) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind {
		t.Errorf("%s: %v, want a fault of kind %d", what, err, kind)
		return
	}
	if key != "" && f.Key != key && !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Key == key }) {
		t.Errorf("%s: %v, want %s", what, f, key)
	}
}

func each(t *testing.T, test func(t *testing.T, h house)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) { test(t, build(t, d)) })
}

func (h house) version(t testing.TB, number string) *plan.Plan {
	t.Helper()
	p, err := h.Plans.ByNumber(system(), number)
	must(t, err)
	return p
}

// next rolls the plan in force forward and gives the draft.
func (h house) next(t testing.TB, from, to string) *plan.Plan {
	t.Helper()
	_, err := h.Plans.Do(fou, h.version(t, from).ID, "roll", input("version", to, "title", "FoU-plan "+to))
	must(t, err)
	return h.version(t, to)
}

func TestMessages(t *testing.T) {
	t.Parallel()
	c := lang.NewCatalog()
	must(t, c.Load(plan.Messages))
	if m := c.Missing(); len(m) > 0 {
		t.Errorf("texts missing: %v", m)
	}
	for _, k := range plan.RnDKinds {
		if !c.Has("plan.rnd_kind." + k) {
			t.Errorf("no text for %s", k)
		}
	}
}

// Publishing version n+1 keeps n readable by date and moves the window (A1).
func TestRollForward(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := context.Background()
		next := h.next(t, "2021-2025", "2023-2026")
		if diff := cmp.Diff(h.version(t, "2021-2025").Themes, next.Themes); diff != "" {
			t.Errorf("the draft begins with other themes: %s", diff)
		}
		_, err := h.Plans.ByNumber(ctx, "2023-2026")
		refused(t, "the public reads a draft", fault.NotFound, "", err)
		_, err = h.Plans.Do(fou, h.version(t, "2021-2025").ID, "roll", input("version", "2023-2027", "title", "x"))
		refused(t, "rolling twice", fault.Conflict, "plan.next_begun", err)
		_, err = h.Plans.Do(fou, next.ID, "publish", input("valid_from", "2023-05-01"))
		refused(t, "publishing one's own draft", fault.Forbidden, "error.two_people", err)
		_, err = h.Plans.Do(head, next.ID, "publish", input("valid_from", "2021-01-01"))
		refused(t, "beginning when the other did", fault.Conflict, "plan.starts_too_early", err)
		_, err = h.Plans.Do(head, next.ID, "publish", input("valid_from", "2027-01-01"))
		refused(t, "beginning after its end", fault.Conflict, "plan.starts_after_end", err)
		_, err = h.Plans.Do(staff, next.ID, "publish", input("valid_from", "2023-05-01"))
		refused(t, "publishing without the right", fault.Forbidden, "error.forbidden", err)
		_, err = h.Plans.Do(head, next.ID, "publish", input("valid_from", "2023-05-01"))
		must(t, err)
		old := h.version(t, "2021-2025")
		if old.State != plan.Replaced || !old.ValidTo.Equal(date("2023-04-30")) {
			t.Errorf("the old version: %s until %v", old.State, old.ValidTo)
		}
		for day, want := range map[string]string{"2020-06-01": "tidligere", "2021-01-01": "2021-2025", "2023-04-30": "2021-2025", "2023-05-01": "2023-2026", "2026-12-31": "2023-2026"} {
			p, err := h.At(ctx, date(day))
			must(t, err)
			if p.Number != want {
				t.Errorf("on %s: %s, want %s", day, p.Number, want)
			}
		}
		_, err = h.At(ctx, date("2027-01-01"))
		refused(t, "a day no plan covers", fault.NotFound, "", err)
		if _, err := h.Plans.ByNumber(ctx, "2021-2025"); err != nil {
			t.Errorf("the public reads the old version: %v", err)
		}
		if p, err := h.Current(ctx); err != nil || p.Number != "2021-2025" {
			t.Errorf("in force on 2 January: %v, %v", p, err)
		}
		if _, _, problems, err := h.engine.Check(ctx, nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
}

// A change of strategy opens a task to revise, which is done by rolling (A1).
func TestStrategyOpensRevision(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		id := h.version(t, "2021-2025").ID
		tasks := func() (names []string) {
			list, err := h.engine.TasksOf(context.Background(), access.From(fou))
			must(t, err)
			for _, x := range list {
				if x.Kind == "plan" {
					names = append(names, x.Name+" "+x.Due.Format(time.DateOnly))
				}
			}
			return names
		}
		if len(tasks()) != 0 {
			t.Fatalf("tasks before: %v", tasks())
		}
		_, err := h.Plans.Do(owner, id, "call_revision", input("cause", "strategy", "text", "Ny strategi", "due", "2023-04-30"))
		refused(t, "calling without the right", fault.Forbidden, "", err)
		_, err = h.Plans.Do(head, id, "call_revision", input("cause", "strategy", "text", "Ny strategi", "due", "2023-04-30"))
		must(t, err)
		if got := tasks(); !slices.Equal(got, []string{"revision 2023-04-30"}) {
			t.Errorf("tasks %v", got)
		}
		if !h.version(t, "2021-2025").HasFlag(plan.RevisionFlag) {
			t.Error("the plan is not marked")
		}
		_, err = h.Plans.Do(fou, id, "call_revision", input("cause", "strategy", "text", "Igjen", "due", "2023-04-30"))
		refused(t, "calling twice", fault.Conflict, "plan.revision_called", err)
		next := h.next(t, "2021-2025", "2023-2026")
		// Who made the draft cannot publish it, but the task is the role's; a colleague takes it.
		if got := tasks(); !slices.Equal(got, []string{"publish 0001-01-01"}) {
			t.Errorf("tasks %v", got)
		}
		_, err = h.Plans.Do(fou2, next.ID, "publish", input("valid_from", "2023-01-02"))
		must(t, err)
		if len(tasks()) != 0 || h.version(t, "2021-2025").HasFlag(plan.RevisionFlag) {
			t.Errorf("after publishing: %v", tasks())
		}
	})
}

// A version that does not say what a plan must is held back.
func TestPublishable(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		p, err := h.Plans.Create(fou, "draft", input("version", "2030-2034", "title", "Ny"), nil)
		must(t, err)
		_, err = h.Plans.Do(head, p.ID, "publish", input("valid_from", "2030-01-01"))
		for _, key := range []string{"plan.lacks_principle.relevans", "plan.lacks_principle.kvalitet", "plan.lacks_principle.pavirkningskraft", "plan.lacks_theme", "plan.lacks_goal"} {
			refused(t, "an empty plan", fault.Conflict, key, err)
		}
		do := func(command string, pairs ...string) {
			t.Helper()
			p, err = h.Plans.Do(fou, p.ID, command, input(pairs...))
			must(t, err)
		}
		for _, k := range []string{"kvalitet", "pavirkningskraft", "relevans", "kvalitet"} {
			do("set_principle", "principle", k, "text", "Hva "+k+" er")
		}
		do("set_goal", "title", "Færre fattige", "origin", "tildelingsbrev", "valid", "2030")
		do("set_goal", "title", "Ett til", "origin", "virksomhetsstrategi")
		do("set_theme", "title", "Åpen tillit & æra", "text", "Om tillit", "goals", "faerre-fattige", "goals", "ett-til", "partners", "Helsedirektoratet\n\nIMDi")
		do("set_theme", "title", "Åpen tillit & æra", "text", "Om mer tillit", "goals", "faerre-fattige", "goals", "ett-til")
		do("remove_goal", "goal", "ett-til")
		do("edit", "title", "FoU-plan", "tags", "Digitalisering\nLæring")
		want := []plan.Theme{{Slug: "apen-tillit-aera", Title: "Åpen tillit & æra", Lang: "nb", Text: "Om mer tillit", Goals: []string{"faerre-fattige"}}}
		if diff := cmp.Diff(want, p.Themes.V); diff != "" {
			t.Error(diff)
		}
		var keys []string
		for _, x := range p.Principles.V {
			keys = append(keys, x.Key)
		}
		if !slices.Equal(keys, plan.PrincipleKeys) {
			t.Errorf("principles %v", keys)
		}
		_, err = h.Plans.Do(fou, p.ID, "set_theme", input("title", "!!", "text", "x"))
		refused(t, "a title without letters", fault.Invalid, "plan.title_letters", err)
		_, err = h.Plans.Do(fou, p.ID, "set_theme", input("title", "T", "text", "x", "goals", "ukjent"))
		refused(t, "a goal that is not there", fault.Invalid, "", err)
		_, err = h.Plans.Do(head, p.ID, "publish", input("valid_from", "2030-01-01"))
		must(t, err)
		_, err = h.Plans.Do(fou, p.ID, "edit", input("title", "Endret"))
		refused(t, "changing what is published", fault.Conflict, "", err)
		if n, err := h.NoteOf(context.Background(), "apen-tillit-aera"); err != nil || n.State != plan.Missing || n.Plan != "2030-2034" {
			t.Errorf("the theme's note: %+v, %v", n, err)
		}
	})
}

func TestVersionNumbers(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		for version, key := range map[string]string{
			"2021-2025": "plan.version_taken", "2026": "plan.version_form", "2026-2022": "plan.version_form", "2022-2026x": "plan.version_form", "2022-2099": "plan.version_form",
		} {
			_, err := h.Plans.Create(fou, "draft", input("version", version, "title", "x"), nil)
			f, ok := fault.As(err)
			if !ok || !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Key == key }) {
				t.Errorf("%s: %v, want %s", version, err, key)
			}
		}
		p, err := h.Plans.Create(fou, "draft", input("version", "2021-2025-v2", "title", "x"), nil)
		must(t, err)
		if !p.ValidFrom.Equal(date("2021-01-01")) || !p.ValidTo.Equal(date("2025-12-31")) {
			t.Errorf("covers %v to %v", p.ValidFrom, p.ValidTo)
		}
	})
}

// A project of an earlier period still shows its theme; the current one goes
// before an earlier one of the same name (A2).
func TestThemes(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := context.Background()
		themes, err := h.AllThemes(ctx)
		must(t, err)
		type short struct {
			Slug, Title, Plan string
			Earlier           bool
		}
		var got []short
		for _, x := range themes {
			got = append(got, short{x.Slug, x.Title, x.Plan, x.Earlier})
		}
		want := []short{{"sosiale-tjenester", "Sosiale tjenester", "2021-2025", false}, {"arbeid-og-helse", "Arbeid og helse", "tidligere", true}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if x, err := h.ThemeBySlug(ctx, "arbeid-og-helse"); err != nil || x.Plan != "tidligere" {
			t.Errorf("%+v, %v", x, err)
		}
		_, err = h.ThemeBySlug(ctx, "nei")
		refused(t, "an unknown theme", fault.NotFound, "", err)
		options, err := h.Themes(ctx)
		must(t, err)
		if len(options) != 1 || options[0].Value != "sosiale-tjenester" {
			t.Errorf("to choose from: %+v", options)
		}
		if o, err := h.Goals(ctx); err != nil || len(o) != 1 || o[0].Label != "Flere i arbeid" {
			t.Errorf("goals %+v, %v", o, err)
		}
		en := lang.WithPrinter(ctx, lang.NewCatalog().Printer(lang.EN))
		if o, err := h.Tags(en); err != nil || len(o) != 1 || o[0].Label != "Digitalisation" {
			t.Errorf("tags %+v, %v", o, err)
		}
		// A version that is published, but begins later, does not yet decide.
		next := h.next(t, "2021-2025", "2023-2026")
		_, err = h.Plans.Do(fou, next.ID, "remove_theme", input("theme", "sosiale-tjenester"))
		must(t, err)
		_, err = h.Plans.Do(fou, next.ID, "set_theme", input("title", "Nytt tema", "text", "x"))
		must(t, err)
		_, err = h.Plans.Do(head, next.ID, "publish", input("valid_from", "2023-05-01"))
		must(t, err)
		if x, err := h.ThemeBySlug(ctx, "sosiale-tjenester"); err != nil || x.Earlier || x.Plan != "2021-2025" {
			t.Errorf("before the new plan begins: %+v, %v", x, err)
		}
		h.clock.Forward(date("2023-05-02"))
		if x, err := h.ThemeBySlug(ctx, "sosiale-tjenester"); err != nil || !x.Earlier {
			t.Errorf("after it has begun: %+v, %v", x, err)
		}
		if titles, err := h.ThemeTitles(ctx); err != nil || len(titles) != 3 {
			t.Errorf("titles %v, %v", titles, err)
		}
	})
}

// A finished note becomes an annex of the version, stays readable during a
// revision, and goes on into the next version (A3).
func TestProgrammeNote(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := context.Background()
		n, err := h.NoteOf(ctx, "sosiale-tjenester")
		must(t, err)
		_, err = h.Notes.ByNumber(ctx, n.Number)
		refused(t, "the public reads a missing note", fault.NotFound, "", err)
		_, err = h.Notes.Do(staff, n.ID, "write", input("status", "x"))
		refused(t, "writing without the right", fault.Forbidden, "", err)
		n, err = h.Notes.Do(owner, n.ID, "write", input("status", "Vi vet noe"))
		must(t, err)
		if n.State != plan.NoteDraft {
			t.Errorf("state %s", n.State)
		}
		_, err = h.Notes.Do(fou, n.ID, "finish", input())
		refused(t, "finishing half a note", fault.Conflict, "programme_note.lacks_questions", err)
		refused(t, "finishing half a note", fault.Conflict, "programme_note.lacks_needs", err)
		n, err = h.Notes.Do(owner, n.ID, "write", input("status", "Vi vet noe", "needs", "Vi mangler noe", "questions", "Hva?\nHvorfor?", "partners", "Husbanken"))
		must(t, err)
		_, err = h.Notes.Do(owner, n.ID, "finish", input())
		refused(t, "finishing by the subject owner", fault.Forbidden, "", err)
		n, err = h.Notes.Do(fou, n.ID, "finish", input())
		must(t, err)
		annexes := h.version(t, "2021-2025").Annexes.V
		if diff := cmp.Diff([]plan.Annex{{NoteID: n.ID, Number: n.Number, Theme: "sosiale-tjenester", Title: "Sosiale tjenester", Added: date("2023-01-02")}}, annexes); diff != "" {
			t.Error(diff)
		}
		if _, err := h.Notes.ByNumber(ctx, n.Number); err != nil {
			t.Errorf("the public reads a finished note: %v", err)
		}
		_, err = h.Notes.Do(fou, n.ID, "revise", input())
		refused(t, "a revision without a reason", fault.Invalid, "form.required.reason", err)
		n, err = h.Notes.Do(fou, n.ID, "revise", record.Input{Reason: "Nye funn"})
		must(t, err)
		n, err = h.Notes.Do(fou, n.ID, "write", input("status", "Vi vet mer", "needs", "x", "questions", "Hvem?"))
		must(t, err)
		if n.State != plan.UnderRevision || n.Finished.V.Status != "Vi vet noe" || n.Content.V.Status != "Vi vet mer" {
			t.Errorf("under revision: %s, %+v", n.State, n.Finished.V)
		}
		_, err = h.Notes.Do(fou, n.ID, "finish", input())
		must(t, err)
		if got := h.version(t, "2021-2025").Annexes.V; len(got) != 1 {
			t.Errorf("annexed twice: %+v", got)
		}
		next := h.next(t, "2021-2025", "2023-2026")
		_, err = h.Plans.Do(head, next.ID, "publish", input("valid_from", "2023-01-02"))
		must(t, err)
		notes, err := h.NotesOf(staff, "2023-2026")
		must(t, err)
		if len(notes) != 1 || notes["sosiale-tjenester"].ID != n.ID {
			t.Errorf("notes of the next version: %+v", notes)
		}
		if got := h.version(t, "2023-2026").Annexes.V; len(got) != 1 || got[0].NoteID != n.ID {
			t.Errorf("annexes of the next version: %+v", got)
		}
		if got := h.version(t, "2021-2025").Annexes.V; len(got) != 1 {
			t.Errorf("the old version lost its annex: %+v", got)
		}
	})
}

// Basic research is refused with the plan's reason; the other four pass (A4).
func TestScopeGuard(t *testing.T) {
	t.Parallel()
	field := plan.RnDField("rnd", nil)
	var allowed int
	for _, o := range field.Options {
		err := plan.RefuseBasicResearch(form.Of("rnd", o.Value), "rnd")
		if o.Value == plan.BasicResearch {
			refused(t, "basic research", fault.Invalid, "plan.basic_research_refused", err)
		} else if err != nil {
			t.Errorf("%s: %v", o.Value, err)
		} else {
			allowed++
		}
	}
	if allowed != 4 {
		t.Errorf("%d kinds pass", allowed)
	}
	if err := plan.RefuseBasicResearch(form.Of(), "rnd"); err != nil {
		t.Errorf("no answer: %v", err)
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Pålitelig forvaltning": "palitelig-forvaltning", "Arbeidsrettede tiltak og virkemidler": "arbeidsrettede-tiltak-og-virkemidler",
		"  Innovasjon & læring! ": "innovasjon-laering", "EØS-rett": "eos-rett", "…": "", "Ærlig": "aerlig",
	} {
		if got := plan.Slug(title); got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := plan.Slug(rapid.String().Draw(t, "title"))
		for i, r := range s {
			if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' && i > 0 && i < len(s)-1) {
				t.Fatalf("slug %q", s)
			}
		}
		if plan.Slug(s) != s {
			t.Fatalf("slug of slug %q is %q", s, plan.Slug(s))
		}
	})
}

// However versions follow each other, the days that some plan covers never
// shrink, and from its first day the newest is the one in force.
func TestNoDayIsLost(t *testing.T) {
	for name, months := range map[string][]int{
		"at once": {1, 1, 1}, "yearly": {24, 12, 12}, "before the one before": {24, -1}, "on the same day": {24, 0}, "late": {47, 11}, "as the old one ends": {60}, "beyond it": {61},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, h house) {
				last, from := "2021-2025", date("2021-01-01")
				before := h.covered(t)
				for i, n := range months {
					first := date("2022-01-01").AddDate(i, 0, 0)
					next := h.next(t, last, first.Format("2006-")+first.AddDate(4, 0, 0).Format("2006"))
					from = from.AddDate(0, n, 0)
					_, err := h.Plans.Do(head, next.ID, "publish", input("valid_from", from.Format(time.DateOnly)))
					if n <= 0 {
						refused(t, "a plan that does not begin later", fault.Conflict, "plan.starts_too_early", err)
						return
					}
					must(t, err)
					after := h.covered(t)
					for day := range before {
						if after[day] == "" {
							t.Errorf("no plan on %s any more", day)
						}
					}
					for day, version := range after {
						if want := !date(day).Before(from); (version == next.Number) != want {
							t.Errorf("on %s: %s, though %s begins %v", day, version, next.Number, from)
						}
					}
					before, last = after, next.Number
				}
			})
		})
	}
}

// covered gives the version in force on the first day of each month that has one.
func (h house) covered(t testing.TB) map[string]string {
	t.Helper()
	days := map[string]string{}
	for day := date("2021-01-01"); day.Year() < 2031; day = day.AddDate(0, 1, 0) {
		p, err := h.At(context.Background(), day)
		if fault.Of(err) == fault.NotFound && err != nil {
			continue
		}
		must(t, err)
		days[day.Format(time.DateOnly)] = p.Number
	}
	return days
}
