package assessmentweb_test

import (
	"context"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"funn/internal/application"
	"funn/internal/application/applicationweb"
	"funn/internal/assessment"
	"funn/internal/assessment/assessmentweb"
	"funn/internal/call"
	"funn/internal/need"
	"funn/internal/org/orgtest"
	"funn/internal/platform/db"
	"funn/internal/platform/form"
	"funn/internal/platform/jobs"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/seal"
	"funn/internal/platform/search"
	"funn/internal/platform/ui/axetest"
)

type house struct {
	*orgtest.House
	service *assessment.Service
	cases   *application.Service
	calls   *call.Service
	call    *call.Call
}

// each builds a house with the pages of cases and their assessments, and a call that
// is in assessment.
func each(t *testing.T, test func(t *testing.T, h house)) {
	t.Helper()
	var h house
	build := func(o *orgtest.House) []module.Module {
		h = house{House: o, calls: call.New(nil, nil, nil)}
		h.cases = application.New(h.calls, seal.Secret{})
		h.cases.People, h.calls.Cases = o.Directory, h.cases
		h.service = assessment.New(h.cases, h.calls, o.Directory)
		pages := assessmentweb.New(assessmentweb.Deps{Service: h.service, Cases: h.cases, Calls: h.calls, Site: o.Site, Organisations: o.Directory.OrganisationOptions, Content: applicationweb.Content})
		return []module.Module{
			{Name: "need", Messages: need.Messages}, // names relations that both have
			{Name: "search", Messages: search.Messages},
			{Name: "call", Kinds: []record.AnyKind{h.calls.Kind}, Messages: call.Messages},
			applicationweb.Module(applicationweb.Deps{Service: h.cases, Calls: h.calls, Site: o.Site, Case: pages.Case}),
			pages.Module(),
		}
	}
	orgtest.Each(t, []fs.FS{jobs.Migrations, call.Migrations, application.Migrations, assessment.Migrations}, build, func(t *testing.T, o *orgtest.House) {
		recordweb.Desk(o.Site)
		c := h.calls.Kind.New()
		c.State, c.Title, c.Owner, c.Number = call.Assessment1, "Tillit til Nav", "fageier", "U-2023-001"
		word := func(nb string) map[string]string { return map[string]string{"nb": nb, "nn": nb, "en": nb} }
		c.Criteria.V = []call.Criterion{
			{ID: 1, Names: word("Nytte"), Meanings: word("Hva Nav kan bruke det til"), Weight: 60, Principles: []string{"relevance", "impact"}, Assessor: call.ByOwner},
			{ID: 2, Names: word("Kvalitet"), Meanings: word("Hvor godt opplegget er"), Weight: 30, Principles: []string{"quality"}, Assessor: call.BySection},
			{ID: 3, Names: word("Metode"), Meanings: word("Hvor god metoden er"), Weight: 10, Principles: []string{"quality"}, Assessor: call.BySection},
		}
		must(t, h.calls.Kind.Import(orgtest.System(), c, "test"))
		h.call = c
		test(t, h)
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put makes an opened sketch of NORCE.
func (h house) put(t testing.TB, number, title string, leader string) *application.Submission {
	t.Helper()
	x := &application.Submission{Call: h.call.ID, Applicant: "forsker", Owner: "fageier"}
	x.Number, x.Title, x.State, x.Lang = number, title, application.Assessing, "nb"
	x.Content.V = &application.Content{
		Title: title, Lang: "nb", Institution: application.Party{Name: "NORCE"}, Leader: application.Author{Name: leader}, AskedOre: 4_000_000_00,
		Answers: map[string]string{"summary": "canary-sammendrag", "methods": "Vi spør mange."},
	}
	x.SetFlag(application.Opened, true)
	must(t, h.cases.Sketches.Import(orgtest.System(), x, "test"))
	return x
}

func (h house) due() string { return h.Clock.Now().AddDate(0, 0, 14).Format("02.01.2006") }

// asked asks somebody by the page and gives the address of the assessment.
func (h house) asked(t testing.TB, sort, who string, cases ...string) string {
	t.Helper()
	told := []string{"utlysning", h.call.Number, "trinn", "skisser", "slag", sort, "assessor", who, "due", h.due()}
	for _, c := range cases {
		told = append(told, "case", c)
	}
	if p := h.Post(t, "fou", "/vurdering/ny", told...); p.Status != 303 {
		t.Fatalf("asking: %d %s", p.Status, p.Body)
	}
	list, err := h.service.Kind.List(orgtest.System(), db.Where{}, "r.created DESC, r.id DESC", 1, 0)
	must(t, err)
	return "/vurdering/" + list[0].Number
}

// wrote writes and delivers an assessment by its pages.
func (h house) wrote(t testing.TB, who, at, score string, parts ...string) {
	t.Helper()
	if p := h.Post(t, who, at+"/svar", "conflict", "none", "_version", "1"); p.Status != 303 {
		t.Fatalf("accepting: %d %s", p.Status, p.Body)
	}
	for _, part := range parts {
		if p := h.Post(t, who, at+"/lagre", "part", part, "score", score, "reason_for", "fordi-"+who, "_version", h.version(t, at)); p.Status != 303 {
			t.Fatalf("saving: %d %s", p.Status, p.Body)
		}
	}
	if p := h.Get(t, who, at+"/lever"); !p.Has("fordi-"+who, "Lever vurderingen") {
		t.Errorf("the check page: %d", p.Status)
	}
	if p := h.Post(t, who, at+"/lever", "_version", h.version(t, at)); p.Status != 303 {
		t.Fatalf("delivering: %d %s", p.Status, p.Body)
	}
}

func (h house) version(t testing.TB, at string) string {
	t.Helper()
	a, err := h.service.Kind.ByNumber(orgtest.System(), strings.TrimPrefix(at, "/vurdering/"))
	must(t, err)
	return strconv.Itoa(a.Version)
}

func TestList(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		const list = "/utlysning/U-2023-001/skisser"
		empty := h.Get(t, "fou", list)
		if empty.Status != 200 || !empty.Has("Ingen saker å vise") {
			t.Errorf("without cases: %d", empty.Status)
		}
		x := h.put(t, "SK-AAA", "Tillit i møtet", "Kari Nordmann")
		h.put(t, "SK-BBB", "Digitale brev", "Person fou2") // who is found to be of the section
		h.wrote(t, "fou2", h.asked(t, "section", "fou2", x.Number), "3", "2", "3")
		h.wrote(t, "fageier", h.asked(t, "subject_owner", "fageier", x.Number), "7", "1")
		h.wrote(t, "fagvurderer2", h.asked(t, "external", "fagvurderer2", x.Number), "6", "2", "3")
		page := h.Get(t, "fou", list)
		// 0.6 · 7 + 0.4 · 4.5
		if !page.Has("SK-AAA · NORCE", "Digitale brev", "6,0", "3, uenige", "4\u00a0mill.\u00a0kr", "2 saker", "Til vurdering", "Be om vurderinger") {
			t.Errorf("the list: %s", page.Body)
		}
		// Whoever may not deal with a case sees neither row nor count, nor has it in a file.
		for _, path := range []string{list, list + ".csv", list + "?vis=inhabile", list + "?steg=TIL_VURDERING", "/vurdering/ny?utlysning=U-2023-001"} {
			if page := h.Get(t, "fou2", path); page.Status != 200 || page.Has("BBB") || page.Has("Digitale") || page.Has("2 saker") {
				t.Errorf("%s by one who is disqualified: %d", path, page.Status)
			}
		}
		for path, want := range map[string][2]string{
			"?q=tillit":                   {"SK-AAA", "SK-BBB"},
			"?vis=uenige":                 {"SK-AAA", "SK-BBB"},
			"?vis=mangler":                {"SK-BBB", "SK-AAA"},
			"?vis=inhabile":               {"SK-BBB", "SK-AAA"},
			"?steg=INVITERT":              {"Ingen saker å vise", "SK-"},
			"?q=norce&vis=finnesikke&x=y": {"SK-BBB", "0 saker"},
		} {
			if page := h.Get(t, "fou", list+path); !page.Has(want[0]) || page.Has(want[1]) {
				t.Errorf("%s: %s", path, page.Body)
			}
		}
		if p := h.Get(t, "fou", list+"?sorter=-sak"); strings.Index(p.Body, "SK-AAA") > strings.Index(p.Body, "SK-BBB") || !p.Has(`aria-sort="descending"`) {
			t.Error("turned round by title")
		}
		if p := h.Get(t, "fou", list+".csv"); !strings.Contains(p.Body, "Tillit i møtet;NORCE;4000000") {
			t.Errorf("as a file: %s", p.Body)
		}
		if p := h.Get(t, "fou", list+".xlsx"); p.Status != 200 || !strings.HasPrefix(p.Body, "PK") {
			t.Errorf("as a workbook: %d", p.Status)
		}
		for _, who := range []string{"forsker", "fagvurderer"} {
			if p := h.Get(t, who, list); p.Status != 404 {
				t.Errorf("%s reads the list: %d", who, p.Status)
			}
		}
		if p := h.Get(t, "fageier", list); !p.Has("SK-AAA") || p.Has("Be om vurderinger") {
			t.Error("the owner's list")
		}
		if p := h.Get(t, "utvalg", list); p.Has("SK-AAA") {
			t.Error("the committee's list before anything is proposed")
		}

		page = h.Get(t, "fou", "/skisse/SK-AAA")
		if !page.Has("canary-sammendrag", "Person fagvurderer2", "Person fou2", "6,0", "3, 6", "Begynn på samlet vurdering") {
			t.Errorf("the case: %s", page.Body)
		}
		if page := h.Get(t, "fou", "/skisse/SK-BBB"); !page.Has("Person fou2", "leder prosjektet eller deltar i det", "Ikke avgjort") {
			t.Errorf("its conflicts: %s", page.Body)
		}
		if page := h.Get(t, "fageier", "/skisse/SK-BBB"); page.Status != 200 || page.Has("leder prosjektet") {
			t.Errorf("the grounds told to the owner: %d", page.Status)
		}
	})
}

func TestGive(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.put(t, "SK-AAA", "A", "Kari Nordmann")
		x := h.put(t, "SK-BBB", "B", "Person fagvurderer")
		at := "/vurdering/ny?utlysning=U-2023-001&trinn=skisser&slag=external&sak=SK-AAA"
		if p := h.Get(t, "fou", at); !p.Has("SK-AAA A", "Person fagvurderer2", "Eller inviter en ny") {
			t.Errorf("the page: %s", p.Body)
		}
		if p := h.Get(t, "fageier", at); p.Status != 403 {
			t.Errorf("by the owner: %d", p.Status)
		}
		base := []string{"utlysning", "U-2023-001", "trinn", "skisser", "slag", "external"}
		if p := h.Post(t, "fou", "/vurdering/ny", base...); p.Status != 422 || !p.Has("Feil", "felt-case", "felt-assessor", "felt-due") {
			t.Errorf("empty: %d", p.Status)
		}
		both := append(base, "case", "SK-AAA", "case", "SK-BBB", "assessor", "fagvurderer", "due", h.due())
		p := h.Post(t, "fou", "/vurdering/ny", both...)
		if p.Status != 409 || !p.Has("1 forespørsel er sendt", "SK-AAA", "SK-BBB: Personen er inhabil i denne saken.") {
			t.Errorf("one of two: %d %s", p.Status, p.Body)
		}
		if y, err := h.cases.Sketches.Load(context.Background(), x.ID); err != nil || len(y.Conflicts.V) != 1 {
			t.Errorf("what was found is noted: %+v, %v", y.Conflicts.V, err)
		}
		if p := h.Post(t, "fou", "/vurdering/ny", append(base, "case", "SK-AAA", "email", "ny@fafo.no", "name", "Ny Vurderer", "organisation", "fafo", "due", h.due())...); p.Status != 303 {
			t.Errorf("inviting: %d %s", p.Status, p.Body)
		}
		if p := h.Post(t, "fou", "/vurdering/ny", append(base, "case", "SK-AAA", "email", "ny2", "name", "Ny", "organisation", "fafo", "due", h.due())...); p.Status != 422 || !p.Has("felt-email") {
			t.Errorf("inviting a wrong address: %d", p.Status)
		}
		h.asked(t, "section", "fou2", "SK-AAA", "SK-BBB")
		if p := h.Get(t, "fou", "/vurdering/ny?utlysning=U-2023-001"); !p.Has("Alt hos Person fou2") {
			t.Error("who has them already")
		}
	})
}

func TestWriting(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.put(t, "SK-AAA", "Tillit i møtet", "Kari Nordmann")
		at := h.asked(t, "external", "fagvurderer", "SK-AAA")
		if p := h.Get(t, "", at); p.Status != 303 || !strings.Contains(p.Location, "logginn") {
			t.Errorf("not logged in: %d %s", p.Status, p.Location)
		}
		// Before the question of conflict is answered they are told who applies, and no more.
		for path, status := range map[string]int{"": 200, "/svar": 200, "/innhold": 404, "/lagre": 409, "/lever": 409} {
			if p := h.Get(t, "fagvurderer", at+path); p.Status != status || p.Has("canary") || path == "/svar" && !p.Has("Kari Nordmann", "NORCE", "Er du inhabil?") {
				t.Errorf("%s before answering: %d", path, p.Status)
			}
			if p := h.Get(t, "fagvurderer2", at+path); p.Status != 404 {
				t.Errorf("%s by another: %d", path, p.Status)
			}
		}
		if p := h.Post(t, "fagvurderer", at+"/svar", "_version", "1"); p.Status != 422 {
			t.Errorf("no answer: %d", p.Status)
		}
		if p := h.Post(t, "fagvurderer", at+"/svar", "conflict", "none", "_version", "1"); p.Status != 303 {
			t.Fatalf("accepting: %d", p.Status)
		}
		if p := h.Get(t, "fagvurderer", at); !p.Has("0 av 2 kriterier er vurdert", "Hvor godt opplegget er") || p.Has("Nytte") {
			t.Errorf("what is to be written: %s", p.Body)
		}
		page := h.Get(t, "fagvurderer", at+"/lagre")
		if !page.Has("7 – Fremragende", "1 – Dårlig", "canary-sammendrag", "Lagre og neste", "Søker om 4\u00a0000\u00a0000", "Bare du leser dem") {
			t.Errorf("the page: %s", page.Body)
		}
		if p := h.Get(t, "fagvurderer", at+"/innhold"); !p.Has("canary-sammendrag") {
			t.Errorf("the content: %d", p.Status)
		}
		v := h.version(t, at)
		if p := h.Post(t, "fagvurderer", at+"/lagre", "part", "2", "score", "9", "reason_for", "uferdig", "_version", v); p.Status != 422 || !p.Has("uferdig") {
			t.Errorf("a score off the scale: %d", p.Status)
		}
		// Half of it is kept, and so is a version that somebody else saved meanwhile.
		if p := h.Post(t, "fagvurderer", at+"/lagre", "part", "2", "reason_for", "første vindu", "notes", "canary-notat", "_version", v, "neste", "3"); p.Status != 303 || !strings.HasSuffix(p.Location, "del=3") {
			t.Errorf("half of it: %d %s", p.Status, p.Location)
		}
		if p := h.Post(t, "fagvurderer", at+"/lagre", "part", "2", "reason_for", "andre vindu", "_version", v); p.Status != 409 || !p.Has("første vindu", "andre vindu") {
			t.Errorf("two windows: %d %s", p.Status, p.Body)
		}
		if p := h.Post(t, "fagvurderer", at+"/lagre", "part", "1", "score", "5", "_version", h.version(t, at)); p.Status != 422 && p.Status != 404 {
			t.Errorf("a criterion of another's: %d", p.Status)
		}
		if p := h.Get(t, "fagvurderer", at+"/lever"); p.Status != 409 {
			t.Errorf("delivering half: %d", p.Status)
		}
		for _, who := range []string{"fou", "fou2"} {
			if p := h.Get(t, who, at); p.Status != 200 || p.Has("første vindu") || p.Has("canary") {
				t.Errorf("%s reads what is not delivered: %d", who, p.Status)
			}
			if p := h.Get(t, who, at+"/lagre"); p.Status != 403 {
				t.Errorf("%s writes in it: %d", who, p.Status)
			}
			if p := h.Get(t, who, at+"/logg"); p.Has("første") || p.Has("canary") {
				t.Errorf("%s reads of it in the history", who)
			}
		}
		for _, part := range []string{"2", "3"} {
			must(t, h.saved(t, at, part))
		}
		if p := h.Post(t, "fagvurderer", at+"/lagre", "part", "whole", "summary", "Alt i alt", "advice", "yes", "notes", "canary-notat", "_version", h.version(t, at)); p.Status != 303 {
			t.Errorf("the whole: %d", p.Status)
		}
		if p := h.Post(t, "fagvurderer", at+"/lever", "_version", h.version(t, at)); p.Status != 303 {
			t.Errorf("delivering: %d %s", p.Status, p.Body)
		}
		if p := h.Get(t, "fou", at); !p.Has("begrunnelse 2", "5 – Meget godt", "Alt i alt") || p.Has("canary-notat") {
			t.Errorf("what is delivered: %s", p.Body)
		}
		if p := h.Get(t, "fagvurderer", at); !p.Has("canary-notat") {
			t.Error("one's own notes")
		}
	})
}

func (h house) saved(t testing.TB, at, part string) error {
	p := h.Post(t, "fagvurderer", at+"/lagre", "part", part, "score", "5", "reason_for", "begrunnelse "+part, "share", "del "+part, "_version", h.version(t, at))
	if p.Status != 303 {
		t.Errorf("saving: %d %s", p.Status, p.Body)
	}
	return nil
}

// Two worlds: for one who is disqualified, every page is the same whether the case is
// there or not, whatever is done to it; for one who has an assessment to deliver,
// whatever the others do.
func TestTwoWorlds(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		other := h.put(t, "SK-AAA", "Tillit i møtet", "Kari Nordmann")
		own := h.asked(t, "section", "fou2", other.Number)
		paths := []string{
			"/utlysning/U-2023-001/skisser", "/utlysning/U-2023-001/skisser.csv", "/utlysning/U-2023-001/skisser.xlsx", "/utlysning/U-2023-001/skisser?sorter=snitt", "/utlysning/U-2023-001/skisser?vis=inhabile",
			"/utlysning/U-2023-001/soknader", "/vurdering/ny?utlysning=U-2023-001&slag=external", "/vurdering/ny?utlysning=U-2023-001&slag=section", "/oppgaver",
			"/skisse/SK-AAA", "/skisse/SK-AAA/logg", "/skisse/SK-BBB", "/skisse/SK-BBB/logg", "/skisse/SK-BBB/habilitet", "/trad/SK-BBB", "/trad/SK-AAA", own, own + "/logg",
		}
		look := func() map[string]string {
			out := map[string]string{}
			for _, path := range paths {
				p := h.Get(t, "fou2", path)
				out[path] = strconv.Itoa(p.Status) + " " + hidden.ReplaceAllString(p.Body, "#")
			}
			return out
		}
		same := func(when string, before, after map[string]string) {
			t.Helper()
			for _, path := range paths {
				if before[path] != after[path] {
					t.Errorf("%s: %s differs:\n%s\n%s", when, path, before[path], after[path])
				}
			}
		}
		before := look()
		x := h.put(t, "SK-BBB", "Digitale brev", "Person fou2")
		at := h.asked(t, "external", "fagvurderer", x.Number)
		same("a case that one may not deal with", before, look())
		h.wrote(t, "fagvurderer", at, "6", "2", "3")
		same("an assessment of it", before, look())
		_, err := h.cases.Sketches.Do(h.As(t, "fou"), x.ID, "settle_conflict", record.Input{Values: form.Of("conflict", "1", "verdict", "cleared", "why", "navnebror")})
		must(t, err)
		if after := look(); after[paths[0]] == before[paths[0]] || after["/skisse/SK-BBB"] == before["/skisse/SK-BBB"] {
			t.Error("nothing shows once the conflict is cleared: the test sees nothing")
		}
		_, err = h.cases.Sketches.Do(h.As(t, "fou"), x.ID, "settle_conflict", record.Input{Values: form.Of("conflict", "1", "verdict", "stands", "why", "likevel")})
		must(t, err)
		same("from the next request on", before, look())

		// Others' assessments of the case that one is to assess oneself.
		theirs := h.asked(t, "subject_owner", "fageier", other.Number)
		h.wrote(t, "fageier", theirs, "7", "1")
		third := h.asked(t, "external", "fagvurderer2", other.Number)
		paths = append(paths, theirs, third, theirs+"/logg")
		before[theirs], before[third], before[theirs+"/logg"] = notThere(h, t), notThere(h, t), notThere(h, t)
		same("others' assessments", before, look())
		h.wrote(t, "fou2", own, "4", "2", "3")
		if after := look(); after["/skisse/SK-AAA"] == before["/skisse/SK-AAA"] || after[theirs] == before[theirs] || after[paths[0]] == before[paths[0]] {
			t.Error("nothing shows once one's own is delivered")
		}
	})
}

func notThere(h house, t testing.TB) string {
	p := h.Get(t, "fou2", "/vurdering/VU-0000000")
	return strconv.Itoa(p.Status) + " " + hidden.ReplaceAllString(p.Body, "#")
}

func TestTexts(t *testing.T) {
	each(t, func(t *testing.T, h house) { h.Texts(t) })
}

// The pages keep the rules of accessibility, with and without errors, wide and narrow.
func TestAccessible(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		if h.DB.Dialect == "postgres" {
			return // the pages are the same
		}
		h.put(t, "SK-AAA", "Tillit i møtet", "Kari Nordmann")
		h.put(t, "SK-BBB", "Digitale brev", "Person fou2")
		done := h.asked(t, "section", "fou2", "SK-AAA")
		h.wrote(t, "fou2", done, "3", "2", "3")
		open := h.asked(t, "external", "fagvurderer", "SK-AAA")
		b := axetest.New(t)
		check(t, h, b, "fagvurderer", open, open+"/svar")
		if p := h.Post(t, "fagvurderer", open+"/svar", "conflict", "none", "_version", "1"); p.Status != 303 {
			t.Fatal(p.Status)
		}
		check(t, h, b, "fagvurderer", open, open+"/lagre", open+"/lagre?del=whole", open+"/innhold")
		// With errors: the forms are sent empty by scripts.
		wrong(t, h, b, "fagvurderer", open+"/lagre", `document.querySelector("textarea[name=reason_for]").value = "a".repeat(4001)`)
		wrong(t, h, b, "fou", "/vurdering/ny?utlysning=U-2023-001&slag=external", `0`)
		check(t, h, b, "fou", "/utlysning/U-2023-001/skisser", "/skisse/SK-AAA", "/skisse/SK-BBB", "/skisse/SK-BBB/habilitet", done, "/vurdering/ny?utlysning=U-2023-001&slag=external")
	})
}

// check opens pages as the person; with FUNN_PICTURES set to a folder, pictures of
// them are left there.
func check(t *testing.T, h house, b *axetest.Browser, who string, paths ...string) {
	t.Helper()
	s := httptest.NewServer(h.Handler(who))
	defer s.Close()
	for _, path := range paths {
		for _, width := range []int{1280, 320} {
			b.Require(t, s.URL+path, width)
			if to := os.Getenv("FUNN_PICTURES"); to != "" {
				must(t, os.WriteFile(filepath.Join(to, strings.Map(plain, who+path)+"-"+strconv.Itoa(width)+".png"), b.Screenshot(t), 0o644))
			}
		}
	}
}

// wrong sends the form of a page after the script and looks at the errors it gives.
func wrong(t *testing.T, h house, b *axetest.Browser, who, path, script string) {
	t.Helper()
	s := httptest.NewServer(h.Handler(who))
	defer s.Close()
	for _, width := range []int{1280, 320} {
		b.Open(t, s.URL+path, width)
		axetest.Eval[bool](t, b, script+`; window.onbeforeunload = null; const f = document.querySelector("main form"); f.removeAttribute("data-guard"); setTimeout(() => f.querySelector("button").click()); true`)
		b.Await(t, ".aksel-error-summary:focus")
		for _, v := range b.Check(t) {
			if v.Rule != "console" { // which tells of the status
				t.Errorf("%s with errors at %d: %+v", path, width, v)
			}
		}
	}
}

func plain(r rune) rune {
	if strings.ContainsRune("/?&=", r) {
		return '_'
	}
	return r
}

// hidden are the parts of a page that differ each time it is made, or by its address.
var hidden = regexp.MustCompile(`name="_(key|sender|shown)" value="[^"]*"|VU-[A-Z0-9]{7}(/logg|%2Flogg)?`)
