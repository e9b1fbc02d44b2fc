package test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"funn/internal/call"
	"funn/internal/platform/record"
)

// A call goes from the plan to the assessment of its sketches through pages alone:
// written by the section, approved by two, opened and closed by the clock. The public
// knows of the plan all the time and of nothing else until it opens.
func TestCallFromPlanToDeadline(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		u := newUser(t, s)
		u.become("fou")
		page := u.does("/utlysning/ny", "title", "Møtet med veilederen", "theme", "samhandling-med-brukere", "plan_year", "2023", "note", "Om møter på kontoret.",
			"frame", "6 000 000", "opens", "februar 2023", "deadline", "våren 2023")
		number := strings.TrimPrefix(page, "/utlysning/")
		const public = "/kunnskap/utlysning/motet-med-veilederen"
		seen := func(path string, texts ...string) {
			t.Helper()
			status, html := s.get(t, "", path)
			for _, text := range texts {
				if hidden := strings.TrimPrefix(text, "!"); strings.Contains(html, hidden) == (hidden != text) {
					t.Errorf("everybody at %s (%d): %q", path, status, text)
				}
			}
		}
		seen(public, "Møtet med veilederen", "inntil 6\u00a0mill.\u00a0kr (alle prosjektår)", "våren 2023", "er planlagt")
		seen("/", "Møtet med veilederen", "Åpne og planlagte utlysninger")
		seen("/kunnskap/utlysninger", "Møtet med veilederen", "Planlagte")

		u.presses(page, "lag-utkast")
		secret := "Hemmelig formål"
		edit := []string{
			"title", "Møtet med veilederen i ny drakt", "theme", "samhandling-med-brukere", "owner", "fageier2", "needs", "Forstår folk hvorfor", "frame", "6 500 000", "max_months", "24", "presentations", "1",
		}
		s.refusedTo(t, page+"/endre", number, values(edit...), "fou", "fou2")
		u.does(page+"/endre", edit...)
		// The page tells what is missing, with the way to the form that mends it.
		u.visit(page)
		u.sees("Dette mangler før utlysningen kan godkjennes", "Skriv alle tekstene på bokmål", "Ingen kriterier dekker kvalitet", "Oppgi fristen som dag og klokkeslett")
		u.click(`#mangler a[href="` + page + `/datoer"]`)
		u.fill("opens", "01.02.2023", "deadline", "15.03.2023", "deadline_clock", "12.00", "answer", "april 2023", "decision", "høsten 2023", "starts", "2024")
		u.click(`main form[method=post]:not(.f-postbutton) button[type=submit]`)
		texts := []string{"purpose", secret, "eligible", "Alle forskere", "requirements", "Krav", "assessed", "Slik", "apply", "Send en skisse til seksjonen.", "contact", "Ring oss"}
		u.does(page+"/tekst-bokmal", texts...)
		u.does(page+"/tekst-nynorsk", append([]string{"title_in", "Møtet med rettleiaren"}, texts...)...)
		criterion := func(name, weight, principle, assessor string) {
			t.Helper()
			u.does(page+"/kriterium", "name_nb", name, "name_nn", name, "meaning_nb", "Det betyr noe", "meaning_nn", "Det tyder noko", "weight", weight, "principles", principle, "assessor", assessor)
		}
		criterion("Nytte", "50", "relevance", "subject_owner")
		criterion("Kvalitet", "30", "quality", "section")
		criterion("Bruk", "30", "impact", "subject_owner")
		u.visit(page)
		u.sees("Vektene til kriteriene må bli 100 til sammen, nå er de 110")
		u.click(`#kriterier a[href="` + page + `/kriterium?criterion=1"]`)
		u.holds("name_nb", "Nytte", "weight", "50", "principles", "relevance", "assessor", "subject_owner", "criterion", "1")
		u.fill("weight", "40")
		u.click(`main form[method=post]:not(.f-postbutton) button[type=submit]`)
		u.visit(page + "/forhandsvisning")
		u.sees("Slik vil søkerne se utlysningen", secret, "15. mars 2023 kl. 12.00", "Alle forskere", "40\u00a0%")

		s.refusedTo(t, page+"/godkjenn-innholdet", number, values(), "fageier2")
		if status, _ := s.post(t, "utvalg", page+"/godkjenn", values()); status != http.StatusConflict {
			t.Errorf("approved before the content: %d", status)
		}
		u.become("fageier2")
		u.visit("/oppgaver")
		u.sees("Godkjenn innholdet i utlysningen")
		u.does(page + "/godkjenn-innholdet")
		if status, _ := s.post(t, "utvalg", page+"/godkjenn", values()); status != http.StatusConflict {
			t.Errorf("approved before there is a key: %d", status)
		}
		s.ceremony(t, page)
		s.refusedTo(t, page+"/godkjenn", number, values(), "utvalg", "utvalg2")
		u.become("utvalg")
		u.visit("/oppgaver")
		u.sees("Godkjenn utlysningen")
		u.does(page + "/godkjenn")
		u.sees("Utlysningen åpner av seg selv 1. februar 2023")

		// Approved, and still nobody outside knows more than was planned.
		if err := s.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{public, "/", "/kunnskap/utlysninger", "/kunnskap/sok?q=veilederen", "/api/v1/calls", public + "/datoer.ics"} {
			seen(path, "!"+secret, "!ny drakt", "!6,5\u00a0mill", "!15. mars 2023", "!20230315")
		}
		seen(public, "inntil 6\u00a0mill.\u00a0kr (alle prosjektår)", "våren 2023")
		seen("/api/v1/calls", `"state":"PLANLAGT","theme":"samhandling-med-brukere"`)

		move := func(at time.Time) {
			t.Helper()
			if err := s.Move(t.Context(), at); err != nil {
				t.Fatal(err)
			}
			if err := s.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		move(time.Date(2023, 2, 1, 8, 0, 0, 0, time.UTC))
		if h := s.head(t, number); h.State != call.Open1 {
			t.Fatalf("on its opening day the call stands in %s", h.State)
		}
		seen(public, secret, "15. mars 2023 kl. 12.00", "Åpen", "Nytte", "Send en skisse", "inntil 6,5\u00a0mill.\u00a0kr")
		seen(public+"?malform=nn", "Møtet med rettleiaren")
		seen("/kunnskap/sok?q=hemmelig+form%C3%A5l", public)
		seen(public+"/datoer.ics", "BEGIN:VCALENDAR", "DTSTART:20230315T110000Z", "!20240101")

		// Before the deadline it can be moved, with a reason that everybody reads.
		u.become("fou")
		u.does(page+"/utsett-fristen", "deadline", "20.03.2023", "reason", "Mange har spurt.")
		seen(public, "20. mars 2023 kl. 12.00", "Mange har spurt.")
		move(time.Date(2023, 3, 20, 11, 0, 1, 0, time.UTC))
		seen(public, "Fristen for skisser er ute")
		move(time.Date(2023, 3, 20, 11, 0, 0, 0, time.UTC).Add(call.Grace))
		if h := s.head(t, number); h.State != call.Assessment1 {
			t.Fatalf("after its deadline the call stands in %s", h.State)
		}
		seen(public, "Fristen for skisser er ute")
		if status, _ := s.post(t, "fou", page+"/utsett-fristen", values("deadline", "30.03.2023", "deadline_clock", "12.00", "reason", "x")); status != http.StatusConflict {
			t.Errorf("extended after the deadline: %d", status)
		}
		var list struct {
			Items []struct{ Number, URL, State string } `json:"items"`
		}
		_, body := s.get(t, "", "/api/v1/calls?theme=samhandling-med-brukere&limit=200")
		if err := json.Unmarshal([]byte(body), &list); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, x := range list.Items {
			found = found || x.Number == number && x.URL == public && x.State == call.Assessment1
		}
		if !found {
			t.Errorf("the API has %s", body)
		}
		// The thread leads from the need to the call.
		_, thread := s.get(t, "kontor", "/trad/"+number)
		if !strings.Contains(thread, "Forstår folk hvorfor de fikk avslag?") {
			t.Error("the need is not on the thread of the call")
		}
		_, need := s.get(t, "kontor", "/behov/"+s.titled(t, "need", "Forstår folk hvorfor de fikk avslag?"))
		if !strings.Contains(need, page) {
			t.Error("the call is not on the page of the need")
		}
	})
}

// titled gives the number of the demo's record with the title.
func (s *site) titled(t testing.TB, kind, title string) string {
	t.Helper()
	for _, h := range s.records(t, kind) {
		if h.Title == title {
			return h.Number
		}
	}
	t.Fatalf("no %s is called %s", kind, title)
	return ""
}

// finished finishes the demo's draft as a newcomer would, with what the steps given
// add to it, and gives its head and the parts of its key by person.
func (s *site) finished(t testing.TB, more ...func(send func(person, path string, pairs ...string))) (h record.Head, parts map[string]string) {
	t.Helper()
	for _, x := range s.records(t, "call") {
		if x.State == call.Draft && x.Example {
			h = x
		}
	}
	page := "/utlysning/" + h.Number
	send := func(person, path string, pairs ...string) {
		t.Helper()
		if status, body := s.post(t, person, page+path, values(pairs...)); status != http.StatusSeeOther {
			t.Fatalf("%s at %s: %d\n%s", person, path, status, body)
		}
	}
	send("fou", "/tekst-nynorsk", "title_in", "Brev og vedtak som folk forstår", "purpose", "x", "eligible", "x", "requirements", "x", "assessed", "x", "apply", "x", "contact", "x")
	send("fou", "/kriterium", "criterion", "new", "name_nb", "Påvirkningskraft", "name_nn", "Påverknadskraft", "meaning_nb", "x", "meaning_nn", "x", "weight", "30", "principles", "impact", "assessor", "subject_owner")
	for _, step := range more {
		step(send)
	}
	send("fageier2", "/godkjenn-innholdet")
	parts = s.ceremony(t, page)
	send("utvalg", "/godkjenn")
	return h, parts
}

// A newcomer finishes the demo's draft: what its page says is missing is all that is.
func TestExampleCallCanBeFinished(t *testing.T) {
	s := onSQLite(t)
	h, _ := s.finished(t)
	for _, x := range []struct {
		at   time.Time
		want string
	}{{time.Date(2023, 2, 1, 6, 0, 0, 0, time.UTC), call.Open1}, {time.Date(2023, 3, 15, 11, 0, 0, 0, time.UTC).Add(call.Grace), call.Assessment1}} {
		if err := s.Move(t.Context(), x.at); err != nil {
			t.Fatal(err)
		}
		if got := s.head(t, h.Number).State; got != x.want {
			t.Errorf("at %s: %s, want %s", x.at, got, x.want)
		}
	}
	if _, html := s.get(t, "", "/kunnskap/utlysning/brev-og-vedtak-som-folk-forstar"); !strings.Contains(html, "er et eksempel") {
		t.Error("the example is not marked for the public")
	}
}
