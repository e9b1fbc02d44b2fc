package test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"funn/internal/demo/facts"
	"funn/internal/platform/db"
	"funn/internal/platform/record"
	"funn/internal/platform/ui/axetest"
)

// A new need goes from reported to closed through pages alone, by the right
// persons; the wrong ones are refused at every step, also with a hand-made POST.
func TestFromNeedToUse(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		u := newUser(t, s)

		// The subject owner reports a need; outsiders cannot.
		report := []string{
			"title", "Hjelper digitale jobbsøkerkurs?", "problem", "Vi tilbyr kurs på nett og vet ikke om de hjelper noen.",
			"decision", "Om kursene skal tilbys i alle fylker.", "decision_date", inDays(240), "themes", "arbeidsrettede-tiltak-og-virkemidler",
		}
		s.refusedTo(t, "/behov/meld", "", values(report...), "fou", "fou2", "fageier", "fageier2", "utvalg", "utvalg2", "analyse", "analyse2", "atl", "leder", "fylke", "kontor", "produktteam")
		u.become("fageier")
		need := u.does("/behov/meld", report...)
		number := strings.TrimPrefix(need, "/behov/")
		u.sees("Hjelper digitale jobbsøkerkurs?", "Meldt")

		// The R&D section sees it the same second, takes it on and names who is who.
		take := []string{"case_worker", "fou", "owner", "fageier"}
		s.refusedTo(t, need+"/ta-til-klargjoring", number, values(take...), "fou", "fou2")
		u.become("fou")
		u.visit("/oppgaver")
		u.sees("Hjelper digitale jobbsøkerkurs?")
		u.does(need+"/ta-til-klargjoring", take...)

		// It is described together. Basic research is refused with the plan's reason.
		describe := []string{
			"questions", "Kommer flere i arbeid etter kurset?\nFor hvem virker det?", "decision", "Om kursene skal tilbys i alle fylker.",
			"decision_date", inDays(240), "phase", "effect_evaluation", "rnd_kind", "basic_research",
		}
		u.visit(need + "/beskriv")
		u.fill(describe...)
		u.click(`main form[method=post]:not(.f-postbutton) button[type=submit]`)
		u.sees("grunnforskning")
		u.fill("rnd_kind", "applied_research")
		u.click(`main form[method=post]:not(.f-postbutton) button[type=submit]`)

		// Nobody can sign before somebody has looked for what is known.
		u.become("fageier")
		if status, _ := s.post(t, "fageier", need+"/klargjor", values()); status != http.StatusConflict {
			t.Errorf("signing without a search: %d, want 409", status)
		}
		u.become("bibliotek")
		u.does(need+"/sok", "query", "digitale kurs arbeidssøkere", "where", "library", "hits", "12", "conclusion", "Lite om norske forhold.")
		s.refusedTo(t, need+"/klargjor", number, values(), "fageier")
		u.become("fageier")
		u.does(need + "/klargjor")
		if h := s.head(t, number); h.State != "KLARGJORT" {
			t.Fatalf("the need stands in %s", h.State)
		}

		// Another unit has the same need.
		u.become("kontor")
		u.presses(need, "stott")

		// An internal study of Nav's own services is warned against and needs a reason.
		u.become("analyse")
		u.visit(need + "/velg-virkemiddel")
		u.fill("instruments", "commission", "performed", "internal", "evaluates_nav", "true", "rationale", "Avgrenset spørsmål.")
		u.click(`main form[method=post]:not(.f-postbutton) button[type=submit]`)
		if h := s.head(t, number); h.State != "KLARGJORT" {
			t.Errorf("the warning did not hold: %s", h.State)
		}
		u.fill("performed", "external")
		s.refusedTo(t, need+"/velg-virkemiddel", number, values("instruments", "commission", "performed", "external", "rationale", "x"), "fou", "fou2", "analyse", "analyse2")
		u.does(need+"/velg-virkemiddel", "instruments", "commission", "performed", "external", "rationale", "Avgrenset spørsmål og krav til uavhengighet.")

		// The R&D section sets up the project that answers it.
		create := []string{
			"title", "Effekten av digitale jobbsøkerkurs", "instrument", "commission", "need", number, "rnd_kind", "applied_research",
			"theme", "arbeidsrettede-tiltak-og-virkemidler", "summary", "Et forsøk ved utvalgte kontorer.", "institution", "Oxford Research",
			"start", inDays(14), "end", inDays(200), "amount", "900 000", "leader", "forsker", "owner", "fageier", "case_worker", "fou",
		}
		s.refusedTo(t, "/prosjekt/opprett", "", values(create...), "fou", "fou2")
		// It is their task; the form that it leads to knows what the need tells.
		u.become("fou")
		u.visit("/oppgaver")
		u.click(`main a[href="/prosjekt/opprett?need=` + number + `"]`)
		u.sees("Svaret skal brukes i en beslutning " + day(240))
		u.holds("title", "Hjelper digitale jobbsøkerkurs?", "end", inDays(240), "rnd_kind", "applied_research", "instrument", "commission",
			"theme", "arbeidsrettede-tiltak-og-virkemidler", "owner", "fageier", "case_worker", "fou")
		u.fill("title", create[1], "summary", create[11], "institution", "Oxford Research", "start", inDays(14), "end", inDays(200), "amount", "900 000", "leader", "forsker")
		u.click(`main form[method=post]:not(.f-postbutton) button[type=submit]`)
		project := u.at()
		pnumber := strings.TrimPrefix(project, "/prosjekt/")
		u.sees(number, "Hjelper digitale jobbsøkerkurs?")
		// The need tells where it goes on, and whom it waits for there.
		u.visit(need)
		u.sees("Fortsetter her", "Prosjekt "+pnumber, "Venter på Medlem av FoU-utvalget")
		u.visit("/oppgaver")
		if axetest.Eval[bool](t, u.Browser, fmt.Sprintf(`document.querySelector('main a[href$="?need=%s"]') !== null`, number)) {
			t.Errorf("the task of setting up the project is left")
		}
		u.does(project+"/budsjett", "year", "2023", "year_amount", "900 000")

		// The committee funds it; nobody else can, and without it there is no contract.
		contract := []string{"contract_on", inDays(0), "contract_ref", "2023/17", "presentation_due", inDays(210)}
		if status, _ := s.post(t, "fou", project+"/kontrakt", values(contract...)); status != http.StatusConflict {
			t.Errorf("a contract without funding: %d, want 409", status)
		}
		s.refusedTo(t, project+"/vedta-finansiering", pnumber, values("reason", "x"), "utvalg", "utvalg2")
		u.become("utvalg")
		u.does(project+"/vedta-finansiering", "reason", "Viktig spørsmål, og svaret kan komme i tide.")
		s.refusedTo(t, project+"/kontrakt", pnumber, values(contract...), "fou", "fou2")
		u.become("fou")
		u.does(project+"/kontrakt", contract...)

		meeting := []string{"met_on", inDays(0), "met_with", "Fageier, FoU-seksjonen og forskeren", "minutes", "Vi gikk gjennom planen."}
		s.refusedTo(t, project+"/oppstartsmote", pnumber, values(meeting...), "fageier", "fou", "fou2")
		u.become("fageier")
		u.does(project+"/oppstartsmote", meeting...)
		s.refusedTo(t, project+"/i-gang", pnumber, values("next_follow_up", inDays(30)), "fou", "fou2")
		u.become("fou")
		u.does(project+"/i-gang", "next_follow_up", inDays(30))
		if h := s.head(t, number); h.State != "UNDER_FREMSKAFFING" {
			t.Errorf("the need stands in %s after its project began", h.State)
		}

		// The researcher reports a delay past the decision; accepted, it turns all red at once.
		move := []string{"new_end", inDays(300), "cause", "data_release", "note", "Registerdata er ikke utlevert."}
		s.refusedTo(t, project+"/meld-endring", pnumber, values(move...), "forsker", "fou", "fou2")
		u.become("forsker")
		u.does(project+"/meld-endring", move...)
		if a := s.head(t, pnumber).Alert; a != "" {
			t.Errorf("a proposal alone gives the alert %q", a)
		}
		s.refusedTo(t, project+"/godta-endring", pnumber, values(), "fageier")
		u.become("fageier")
		u.presses(project, "godta-endring")
		red(t, s, number, pnumber)
		u.visit("/behov")
		u.sees("Hjelper digitale jobbsøkerkurs?")
		u.visit("/portefolje")
		u.sees("Effekten av digitale jobbsøkerkurs")

		// The final report is delivered, reviewed and accepted by two.
		deliver := []string{
			"report_title", "Virker digitale jobbsøkerkurs?", "report_lang", "nb", "report_summary", "Kursene hjelper noen, men ikke alle.",
			"findings", "Deltakere under 30 år kom oftere i arbeid.\nFor eldre deltakere fant vi ingen sikker forskjell.", "limitations", "Målt over seks måneder ved fire kontorer.",
		}
		s.refusedTo(t, project+"/lever-sluttrapport", pnumber, values(deliver...), "forsker", "fou", "fou2")
		u.become("forsker")
		u.does(project+"/lever-sluttrapport", deliver...)
		s.refusedTo(t, project+"/kvalitetssikre", pnumber, values("review_note", "x"), "fou", "fou2")
		u.become("fou")
		u.does(project+"/kvalitetssikre", "review_note", "Designet svarer på spørsmålene.")
		s.refusedTo(t, project+"/godkjenn", pnumber, values(), "fageier")
		u.become("fageier")
		u.does(project + "/godkjenn")
		if h := s.head(t, number); h.State != "BESVART" {
			t.Errorf("the need stands in %s after the report was accepted", h.State)
		}

		// It is published by two, and found.
		pub := s.newest(t, "publication")
		publication := "/publikasjon/" + pub.Number
		u.become("bibliotek")
		u.visit("/oppgaver")
		u.sees("Virker digitale jobbsøkerkurs?")
		u.does(publication+"/metadata", "pub_type", "final_report", "theme", "arbeidsrettede-tiltak-og-virkemidler", "year", "2023")
		u.presses(publication, "metadata-klare")
		s.refusedTo(t, publication+"/godkjenn", pub.Number, values(), "fou", "fou2", "fageier")
		u.become("fou")
		u.does(publication + "/godkjenn")
		if status, _ := s.post(t, "fou", publication+"/publiser", values()); status != http.StatusForbidden {
			t.Errorf("publishing what one approved oneself: %d, want 403", status)
		}
		u.become("fageier")
		u.does(publication+"/publiser", "reason", "Rapporten kommer som nettside.")
		if err := s.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if status, page := s.get(t, "", "/kunnskap/sok?q=jobbsøkerkurs"); status != http.StatusOK || !strings.Contains(page, "Virker digitale jobbsøkerkurs?") {
			t.Errorf("the public search does not find the report (%d)", status)
		}
		if _, page := s.get(t, "kontor", "/sok?q=jobbsøkerkurs"); !strings.Contains(page, number) || !strings.Contains(page, pnumber) || !strings.Contains(page, pub.Number) {
			t.Error("the staff search does not find need, project and report")
		}

		// What it means is assessed, decided, planned and followed up.
		up := s.newest(t, "uptake")
		use := "/bruk/" + up.Number
		s.refusedTo(t, use+"/registrer-funn", up.Number, values(), "fou", "fou2")
		u.become("fou")
		u.presses(use, "registrer-funn")
		u.become("fageier")
		u.does(use+"/vurder-funn", "finding", "Deltakere under 30", "implications", "practice")
		u.does(use+"/vurder-funn", "finding", "For eldre deltakere", "implications", "knowledge_base")
		u.does(use+"/ny-anbefaling", "kind", "do", "text", "Tilby kurset til arbeidssøkere under 30 år.", "addressee", "Arbeids- og tjenestelinjen", "finding", "Deltakere under 30")
		s.refusedTo(t, use+"/implikasjoner-vurdert", up.Number, values(), "fageier")
		u.presses(use, "implikasjoner-vurdert")
		decide := []string{"outcome", "use", "outcome_reason", "Effekten er stor nok for de unge."}
		if status, _ := s.post(t, "fageier", use+"/beslutt", values(decide...)); status != http.StatusConflict {
			t.Errorf("deciding with an unanswered recommendation: %d, want 409", status)
		}
		u.does(use+"/svar-pa-anbefaling", "recommendation", "Tilby kurset", "answer", "yes", "answer_reason", "Koster lite.")
		s.refusedTo(t, use+"/beslutt", up.Number, values(decide...), "fageier")
		u.does(use+"/beslutt", decide...)
		if status, _ := s.post(t, "fageier", use+"/godkjenn-plan", values()); status != http.StatusConflict {
			t.Errorf("approving an empty plan: %d, want 409", status)
		}
		u.does(use+"/ny-malgruppe", "who", "Veiledere", "how", "Kort film og fagmøte.")
		u.does(use+"/nytt-tiltak", "text", "Ta kurset inn i tilbudet til unge.", "action_owner", "atl", "action_due", inDays(60))
		s.refusedTo(t, use+"/godkjenn-plan", up.Number, values(), "fageier")
		u.does(use + "/godkjenn-plan")
		u.presses(use, "sett-i-gang")
		s.refusedTo(t, use+"/oppdater-tiltak", up.Number, values("action", "1", "status", "FULLFØRT"), "atl", "fageier", "fou", "fou2")
		u.become("atl")
		u.visit("/oppgaver")
		u.sees("Ta kurset inn i tilbudet til unge.")
		u.does(use+"/oppdater-tiltak", "action", "Ta kurset inn", "status", "FULLFØRT", "note", "Innført i alle fylker.")
		u.become("fageier")
		u.does(use+"/folg-opp", "result", "Kurset er i bruk.", "check_date", inDays(365))
		u.does(use + "/lukk")

		// The need is closed by its owner, and the project by the R&D section.
		s.refusedTo(t, need+"/lukk", number, values(), "fageier")
		u.does(need + "/lukk")
		u.become("fou")
		u.does(project+"/presentert", "met_on", inDays(0), "where", "Webinar")
		u.does(project+"/sletting", "data_state", "planned", "data_date", inDays(400))
		u.does(project + "/lukk")
		for _, want := range []struct{ number, state string }{{number, "LUKKET"}, {pnumber, "LUKKET"}, {pub.Number, "PUBLISERT"}, {up.Number, "LUKKET"}} {
			if h := s.head(t, want.number); h.State != want.state {
				t.Errorf("%s stands in %s, want %s", want.number, h.State, want.state)
			}
		}

		// From any of them the thread shows all of it, with days and actors.
		for _, from := range []string{number, pnumber, pub.Number, up.Number} {
			u.visit("/trad/" + from)
			u.sees(number, pnumber, pub.Number, up.Number, "Fageier i en fagavdeling", "Medlem av FoU-utvalget", "Bibliotekar", "dag")
			for _, v := range u.Check(t) {
				t.Errorf("thread from %s: %s", from, v)
			}
		}
		if _, _, problems, err := s.Engine.Check(t.Context(), nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
}

// red checks that need and project carry the alert, from events of one moment.
func red(t *testing.T, s *site, need, project string) {
	t.Helper()
	n, p := s.head(t, need), s.head(t, project)
	if n.Alert != "late" || p.Alert != "after_decision" {
		t.Errorf("alerts: need %q, project %q", n.Alert, p.Alert)
	}
	last := func(h record.Head) (command string, at int64) {
		list := s.events(t, h.ID)
		ev := list[len(list)-1]
		return ev.Command, ev.At.UnixMicro()
	}
	nc, na := last(n)
	pc, pa := last(p)
	if nc != "forecast" || pc != "accept_forecast" || na != pa {
		t.Errorf("the need's last event is %s at %d, the project's %s at %d; want one transaction", nc, na, pc, pa)
	}
}

// The form for a new project says so when the need of its address cannot be
// answered, and tells nothing of one that the reader may not see.
func TestProjectFromNeed(t *testing.T) {
	s := onSQLite(t)
	needs := map[string]string{} // state -> number
	for _, number := range must(db.All[string](t.Context(), s.Engine.DB, "SELECT number FROM record WHERE kind = 'need' ORDER BY number"))(t) {
		needs[s.head(t, number).State] = number
	}
	for _, c := range []struct{ need, want string }{
		{needs["VIRKEMIDDEL_VALGT"], "Vi har fylt inn det vi vet fra behovet " + needs["VIRKEMIDDEL_VALGT"]},
		{needs["MELDT"], "Behovet " + needs["MELDT"] + " kan ikke få et nytt prosjekt nå. Statusen er «Meldt»."},
		{needs["UTKAST"], "Vi fant ikke behovet " + needs["UTKAST"]},
		{"B-9999-001", "Vi fant ikke behovet B-9999-001"},
		{"<b>", "Vi fant ikke behovet &lt;b&gt;"},
	} {
		status, page := s.get(t, "fou", "/prosjekt/opprett?need="+url.QueryEscape(c.need))
		if status != http.StatusOK || !strings.Contains(page, c.want) {
			t.Errorf("need %q: %d, want %q on the page", c.need, status, c.want)
		}
	}
}

// A thread is told from its beginning: what something hangs on comes before it, and
// a command before what follows from it.
func TestThreadOrder(t *testing.T) {
	s := onSQLite(t)
	number := func(kind, title string) string {
		return must(db.One[string](t.Context(), s.Engine.DB, "SELECT number FROM record WHERE kind = $1 AND title = $2", kind, title))(t)
	}
	need, project := number("need", "Hjelper det å minne folk på fristen?"), number("project", "Intern analyse av påminningar om frist")
	report, use := number("publication", "Påminning om frist"), number("uptake", "Påminning om frist")
	_, page := s.get(t, "fou", "/trad/"+use)
	for _, order := range [][]string{
		{`href="/behov/` + need, `href="/prosjekt/` + project, `href="/publikasjon/` + report, `href="/bruk/` + use},
		{"godkjente sluttrapporten (" + project, "mottok rapporten (" + report},
		{"publiserte rapporten (" + report, "merket at rapporten er publisert (" + project},
		{"besluttet bruken (" + use, "merket at bruken er besluttet (" + project},
	} {
		last := -1
		for i, text := range order {
			at := strings.Index(page, text)
			if strings.HasPrefix(text, "href=") { // the tab and the breadcrumb link to it too
				at = strings.Index(page, `<main`) + strings.Index(page[strings.Index(page, `<main`):], text)
			}
			if at <= last {
				t.Errorf("%q does not come after %q", text, order[max(i-1, 0)])
			}
			last = at
		}
	}
}

// What the sources do not date stands as not dated: no page tells of the last day
// that something can have happened as if it were the day on which it did.
func TestNoDateIsMadeUp(t *testing.T) {
	s := onSQLite(t)
	type row struct {
		Number string `db:"number"`
		Kind   string `db:"kind"`
		State  string `db:"state"`
	}
	rows := must(db.All[row](t.Context(), s.Engine.DB, "SELECT number, kind, state FROM record WHERE source <> '' AND NOT example AND kind IN ('project', 'publication', 'call') ORDER BY number"))(t)
	if len(rows) < 60 {
		t.Fatalf("%d records from the sources", len(rows))
	}
	for _, r := range rows {
		path := map[string]string{"project": "/prosjekt/", "publication": "/publikasjon/", "call": "/utlysning/"}[r.Kind] + r.Number
		for _, at := range []string{path, "/trad/" + r.Number} {
			_, page := s.get(t, "fou", at)
			page = strings.ReplaceAll(page[strings.Index(page, "<main"):], "senest 31. desember", "")
			if i := strings.Index(page, "31. desember"); i >= 0 {
				t.Errorf("%s tells of …%s…", at, page[max(i-150, 0):i+20])
			}
			if !strings.Contains(strings.ToLower(page), "ikke oppgitt i kilden") {
				t.Errorf("%s does not say what its source leaves out", at)
			}
		}
		if r.Kind == "publication" && r.State == "PUBLISERT" {
			_, page := s.get(t, "fou", path)
			if strings.Contains(page, "Brukerløp") || strings.Contains(page, "brukerløp") {
				if !strings.Contains(page, "januar 2022") {
					t.Errorf("%s does not say when the source says that it came", path)
				}
			}
		}
	}
}

// The examples have the spending that they are given, and their actions follow from
// the recommendations.
func TestExamplesAreWhole(t *testing.T) {
	s := onSQLite(t)
	var want int64
	for _, p := range facts.ExampleProjects {
		for _, y := range p.Years {
			want += y.Spent * 100
		}
	}
	if got := must(db.One[int64](t.Context(), s.Engine.DB, "SELECT CAST(sum(p.spent) AS BIGINT) FROM project p JOIN record r ON r.id = p.id WHERE r.example"))(t); got != want {
		t.Errorf("%d øre spent, want %d", got, want)
	}
	for _, actions := range must(db.All[string](t.Context(), s.Engine.DB, "SELECT CAST(actions AS TEXT) FROM uptake"))(t) {
		if strings.Contains(actions, `"recommendation":0`) {
			t.Errorf("an action follows from no recommendation: %s", actions)
		}
	}
}
