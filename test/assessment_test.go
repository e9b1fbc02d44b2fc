package test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"funn/internal/application"
	"funn/internal/assessment"
	"funn/internal/call"
	"funn/internal/decision"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

// assessed puts a call in assessment with one sketch, which the subject owner is to
// assess, in the house. Its numbers are the same in every house.
func (s *site) assessed(t testing.TB) (c *call.Call, x *application.Submission) {
	t.Helper()
	ctx := system(t.Context())
	calls, _ := s.Engine.Kind("call")
	c = calls.(*call.Kind).New()
	c.Number, c.Title, c.State, c.Owner, c.FrameOre = "U-2023-900", "Tillit til Nav", call.Assessment1, "fageier", 10_000_000_00
	for i, by := range []string{call.ByOwner, call.BySection} {
		name := map[string]string{"nb": "Kriterium", "nn": "Kriterium", "en": "Criterion"}
		c.Criteria.V = append(c.Criteria.V, call.Criterion{ID: i + 1, Names: name, Meanings: name, Weight: 50, Principles: call.Principles, Assessor: by})
	}
	if err := calls.(*call.Kind).Import(ctx, c, "test"); err != nil {
		t.Fatal(err)
	}
	x = s.opened(t, c, application.Sketch, "SK-OPEN", "Kari Nordmann")
	s.assesses(t, x, call.ByOwner, "fageier", "VU-OWNER", assessment.Accepted)
	return c, x
}

// opened puts an opened case in the call.
func (s *site) opened(t testing.TB, c *call.Call, kind, number, leader string) *application.Submission {
	t.Helper()
	x := &application.Submission{Call: c.ID, Applicant: "forsker", Owner: "fageier"}
	x.Number, x.Title, x.State, x.Lang = number, "skjult "+number, application.Assessing, "nb"
	x.Content.V = &application.Content{Title: x.Title, Lang: "nb", Institution: application.Party{Name: "NORCE"}, Leader: application.Author{Name: leader}, AskedOre: 3_000_000_00}
	x.SetFlag(application.Opened, true)
	k, _ := s.Engine.Kind(kind)
	if err := k.(*application.Kind).Import(system(t.Context()), x, "test"); err != nil {
		t.Fatal(err)
	}
	return x
}

// assesses puts an assessment of the case in a state.
func (s *site) assesses(t testing.TB, x *application.Submission, sort, who, number, state string) {
	t.Helper()
	a := &assessment.Assessment{Case: x.ID, CaseKind: x.Kind, Call: x.Call, Assessor: who, Sort: sort, Owner: x.Owner, Due: demoDay.AddDate(0, 0, 14)}
	a.Number, a.Title, a.State = number, x.Number, state
	a.Criteria.V = []int{1}
	if sort != call.ByOwner {
		a.Criteria.V = []int{2}
	}
	a.Scores.V = map[int]assessment.Score{a.Criteria.V[0]: {Value: 6, Reason: "skjult grunn"}}
	if state == assessment.Delivered {
		a.DeliveredAt = time.Now().UTC().Truncate(time.Second)
	}
	k, _ := s.Engine.Kind("assessment")
	if err := k.(*assessment.Kind).Import(system(t.Context()), a, "test"); err != nil {
		t.Fatal(err)
	}
}

// cases puts what the demo lacks in the house: opened cases of a call, assessments of
// them, and what was come to together.
func (s *site) cases(t testing.TB) {
	t.Helper()
	c, x := s.assessed(t)
	s.assesses(t, x, call.BySection, "fou", "VU-SECTION", assessment.Delivered)
	s.assesses(t, x, assessment.External, "fagvurderer", "VU-EXTERN", assessment.Asked)
	y := s.opened(t, c, application.Application, "SO-OPEN", "Kari Nordmann")
	s.assesses(t, y, call.BySection, "fou2", "VU-DONE", assessment.Delivered)
	r := &assessment.Consensus{Case: y.ID, CaseKind: y.Kind, Call: c.ID, Owner: c.Owner}
	r.Number, r.Title = "SV-OPEN", y.Title
	k, _ := s.Engine.Kind("consensus")
	if err := k.(*record.Kind[*assessment.Consensus]).Import(system(t.Context()), r, "test"); err != nil {
		t.Fatal(err)
	}
}

// Two worlds: whoever may not deal with a case gets the same bytes whether there is
// such a case or not, and whoever has an assessment to deliver whether others have
// delivered theirs or not: on every page, list, count, search, task list, export and
// the API. From the next request on, and until the next request after it is cleared.
func TestDisqualifiedWorlds(t *testing.T) {
	with, without := onSQLite(t), onSQLite(t)
	with.transport, without.transport = direct{with.Handler}, direct{without.Handler}
	c, x := with.assessed(t)
	other, _ := without.assessed(t)
	owner := with.head(t, "fou2")
	var hidden []*application.Submission
	for kind, number := range map[string]string{application.Sketch: "SK-HIDE", application.Application: "SO-HIDE"} {
		y := with.opened(t, c, kind, number, owner.Title)
		with.assesses(t, y, assessment.External, "fagvurderer", "VU-"+number, assessment.Delivered)
		hidden = append(hidden, y)
	}
	settle := func() {
		for _, s := range []*site{with, without} {
			if err := s.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	settle()
	pages := []string{"/sok?q=skjult", "/sok?q=SK-HIDE", "/sok?q=skjult&type=sketch", "/sok?q=skjlut", "/trad/SK-HIDE", "/trad/SK-OPEN", "/api/v1/calls", "/api/v1/projects", "/utlysning/" + c.Number, "/kunnskap/utlysning/" + c.Number}
	for _, list := range []string{"skisser", "soknader"} {
		for _, q := range []string{"", ".csv", ".xlsx", "?vis=inhabile", "?vis=mangler", "?vis=uenige", "?sorter=-snitt", "?q=skjult", "?steg=TIL_VURDERING"} {
			pages = append(pages, "/utlysning/"+c.Number+"/"+list+q)
		}
		for _, sort := range assessment.Sorts {
			pages = append(pages, "/vurdering/ny?utlysning="+c.Number+"&trinn="+list+"&slag="+sort)
		}
	}
	for _, number := range []string{"skisse/SK-HIDE", "soknad/SO-HIDE", "skisse/SK-OPEN", "vurdering/VU-SK-HIDE", "vurdering/VU-SO-HIDE", "vurdering/VU-SECTION", "vurdering/VU-OWNER"} {
		for _, page := range []string{"", "/logg", "/innhold", "/habilitet", "/inhabil", "/lagre", "/lever"} {
			pages = append(pages, "/"+number+page)
		}
	}
	cells := compareWorlds(t, with, without, pages, "fou2")

	// The subject owner, who has one to deliver.
	with.assesses(t, x, call.BySection, "fou", "VU-SECTION", assessment.Delivered)
	settle()
	var own []string
	for _, page := range pages {
		if page != "/utlysning/"+c.Number { // the rest of the call is theirs to see, with its hidden cases
			own = append(own, page)
		}
	}
	for _, y := range hidden {
		z := without.opened(t, other, y.Kind, y.Number, owner.Title)
		without.assesses(t, z, assessment.External, "fagvurderer", "VU-"+y.Number, assessment.Delivered)
	}
	settle()
	cells += compareWorlds(t, with, without, own, "fageier")
	t.Logf("%d cells", cells)

	// Cleared, it is there from the next request on; declared, it is gone.
	look := func(person, path string, status int) {
		t.Helper()
		if got, _ := with.get(t, person, path); got != status {
			t.Errorf("%s as %s: %d, want %d", path, person, got, status)
		}
	}
	look("fou2", "/skisse/SK-HIDE", http.StatusNotFound)
	k, _ := with.Engine.Kind(application.Sketch)
	_, err := k.Run(access.With(t.Context(), with.actor(t, "fou")), with.head(t, "SK-HIDE").ID, "settle_conflict", record.Input{Values: form.Of("conflict", "1", "verdict", "cleared", "why", "navnebror")})
	if err != nil {
		t.Fatal(err)
	}
	look("fou2", "/skisse/SK-HIDE", http.StatusOK)
	if status, _ := with.post(t, "fou2", "/skisse/SK-HIDE/inhabil", values("ground", "slekt")); status != http.StatusSeeOther {
		t.Errorf("declaring: %d", status)
	}
	look("fou2", "/skisse/SK-HIDE", http.StatusNotFound)
	_, page := with.get(t, "fou2", "/sok?q=skjult")
	_, all := with.get(t, "fou", "/sok?q=skjult")
	if neutral(page) == neutral(all) {
		t.Error("the search finds the same for both: it was not tried")
	}
}

// What is proposed and decided of an application is nobody's who applied until it is
// told: to them, one that is proposed for an award, one for a refusal and one that
// nothing is proposed of are the same to the byte, on every page, list and search, in
// the letters, and in what is refused.
func TestProposedWorlds(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { proposedWorlds(t, onSQLite) })
	t.Run("postgres", func(t *testing.T) { proposedWorlds(t, onPostgres) })
}

func proposedWorlds(t *testing.T, world func(*testing.T) *site) {
	award, refusal, none := world(t), world(t), world(t)
	worlds := []*site{award, refusal, none}
	as := func(s *site, who, kind, id, command string, in record.Input) {
		t.Helper()
		k, _ := s.Engine.Kind(kind)
		if _, err := k.Run(access.With(t.Context(), s.actor(t, who)), id, command, in); err != nil {
			t.Fatalf("%s of %s by %s: %v", command, id, who, err)
		}
	}
	var calls []*call.Call
	for _, s := range worlds {
		s.transport = direct{s.Handler}
		c, _ := s.assessed(t)
		calls = append(calls, c)
		x := s.opened(t, c, application.Application, "SO-WAIT", "Kari Nordmann")
		s.assesses(t, x, call.ByOwner, "fageier", "VU-W1", assessment.Delivered)
		s.assesses(t, x, call.BySection, "fou2", "VU-W2", assessment.Delivered)
		if _, err := s.Engine.DB.Exec(t.Context(), "UPDATE record SET state = $1 WHERE id = $2", call.Assessment2, c.ID); err != nil {
			t.Fatal(err)
		}
	}
	pages := []string{"/min-side", "/sok?q=skjult", "/sok?q=SO-WAIT", "/trad/SO-WAIT"}
	for _, page := range []string{"", "/logg", "/innhold", "/trekk", "/dialog", "/klag", "/rett", "/ta-imot", "/innstill", "/vedta", "/tilbake-til-vurdering", "/send"} {
		pages = append(pages, "/soknad/SO-WAIT"+page)
	}
	cells := 0
	look := func(step string) {
		t.Helper()
		var letters []string
		for _, s := range worlds {
			if err := s.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			texts, err := db.All[string](t.Context(), s.Engine.DB, "SELECT subject || body FROM mail_message WHERE to_address LIKE 'forsker@%' AND subject LIKE '%SO-WAIT%' ORDER BY at, key")
			if err != nil {
				t.Fatal(err)
			}
			letters = append(letters, same(strings.Join(texts, "\n")))
		}
		if letters[0] != letters[2] || letters[1] != letters[2] {
			t.Errorf("%s: the letters tell the worlds apart: %q", step, letters)
		}
		before := t.Failed()
		compare := comparePages
		if step == "decided" {
			compare = compareWorlds
		}
		cells += compare(t, award, none, pages, "forsker") + compare(t, refusal, none, pages, "forsker")
		if !before && t.Failed() {
			t.Fatalf("the worlds differ when it is %s", step)
		}
	}
	meet := func(s *site, c *call.Call) {
		t.Helper()
		meetings, _ := s.Engine.Kind("meeting")
		m := &decision.Meeting{Call: c.ID, On: demoDay}
		m.Title, m.State, m.Unit, m.Present.V = "Møte", decision.Under, "avdir", []string{"utvalg", "utvalg2"}
		if err := meetings.(*record.Kind[*decision.Meeting]).Import(system(t.Context()), m, ""); err != nil {
			t.Fatal(err)
		}
	}
	read := func(s *site) string {
		_, page := s.get(t, "forsker", "/soknad/SO-WAIT/logg")
		return page
	}
	look("assessed")
	id := func(s *site) string { return s.head(t, "SO-WAIT").ID }
	as(award, "fou", "application", id(award), "propose", record.Input{Values: form.Of("outcome", "award", "amount", "100000000", "reasons", "Ja")})
	as(refusal, "fou", "application", id(refusal), "propose", record.Input{Values: form.Of("outcome", "reject", "reasons", "Nei")})
	for _, s := range worlds {
		as(s, "fou", "application", id(s), "note", record.Input{Values: form.Of("note", "Kan dere fortelle mer?")})
	}
	look("proposed")
	for i, s := range worlds[:2] {
		if _, err := s.Engine.DB.Exec(t.Context(), "UPDATE record SET state = $1 WHERE id = $2", call.Proposed, calls[i].ID); err != nil {
			t.Fatal(err)
		}
		meet(s, calls[i])
		as(s, "utvalg2", "application", id(s), "stand", record.Input{Values: form.Of("agree", "yes")})
		as(s, "utvalg", "application", id(s), "decide", record.Input{})
	}
	if _, err := none.Engine.DB.Exec(t.Context(), "UPDATE record SET state = $1 WHERE id = $2", call.Proposed, calls[2].ID); err != nil {
		t.Fatal(err)
	}
	look("decided")
	for _, s := range worlds[:2] {
		as(s, "utvalg", "application", id(s), "reopen", record.Input{Reason: "Ny opplysning"})
		as(s, "fou", "application", id(s), "reassess", record.Input{Reason: "Ny vurdering"})
	}
	look("assessed again")

	// All are put on the waiting list, and told so; then money is freed.
	say := func(s *site, outcome string) {
		t.Helper()
		as(s, "fou", "application", id(s), "propose", record.Input{Values: form.Of("outcome", outcome, "amount", "100000000", "reasons", "Ja")})
	}
	decide := func(s *site) {
		t.Helper()
		as(s, "utvalg2", "application", id(s), "stand", record.Input{Values: form.Of("agree", "yes")})
		as(s, "utvalg", "application", id(s), "decide", record.Input{})
	}
	meet(none, calls[2])
	for i, s := range worlds {
		if _, err := s.Engine.DB.Exec(t.Context(), "UPDATE record SET state = $1 WHERE id = $2", call.Announced, calls[i].ID); err != nil {
			t.Fatal(err)
		}
		say(s, application.OnReserve)
		decide(s)
		as(s, "fou", "application", id(s), "tell", record.Input{})
	}
	look("on the waiting list")
	told := read(none)
	say(award, application.Award)
	say(refusal, application.Reject)
	look("proposed from the waiting list")
	decide(award)
	decide(refusal)
	look("decided from the waiting list")
	as(award, "fou", "application", id(award), "tell", record.Input{})
	if after := read(award); same(after) == same(told) {
		t.Error("the page is the same once it is told: nothing was tried")
	}
	t.Logf("%d cells", cells)
}
