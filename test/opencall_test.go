package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"funn/internal/call"
	"funn/internal/platform/db"
	"funn/internal/platform/mail"
	"funn/internal/platform/record"
	"funn/internal/platform/ui/axetest"
)

// A whole call in two stages goes from an empty draft to contracts and a complaint
// through pages alone: thirteen sketches, eight applications, six awards of 22 of 30
// million. One applicant, one assessor, the R&D section and the committee sit at a
// browser; the others send the same forms. The amounts are the test's own.
func TestOpenCall(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		o := &openCall{site: s, t: t, user: newUser(t, s)}
		s.met = &tally{}
		o.begins("set-up")
		o.setUp()
		o.begins("sketch")
		o.sketches()
		o.begins("opening")
		o.open("sketch", time.Date(2023, 1, 31, 11, 0, 1, 0, time.UTC))
		o.begins("assessment")
		o.judge("skisser", o.cases("sketch"))
		o.begins("answer")
		o.answerSketches()
		o.begins("application")
		o.applications()
		o.begins("opening")
		o.open("application", time.Date(2023, 3, 31, 10, 0, 1, 0, time.UTC))
		o.begins("assessment")
		o.judge("soknader", o.cases("application"))
		o.begins("decision")
		o.propose()
		o.decide()
		o.announce()
		o.after()
		o.met.inHandbook(t, "set-up", "sketch", "opening", "assessment", "answer", "application", "decision", "complaint")
	})
}

type openCall struct {
	*site
	t    *testing.T
	user *user
	page string // of the call for staff
	head record.Head
	// parts are those of the call's key, by holder.
	parts      map[string]string
	applicants []string
	draws      func(u *user, picture string) // shows a page that the handbook has a picture of; nil for nobody
}

const openCallPublic = "/kunnskap/utlysning/tillit-til-tall"

// begins says which chapter of the handbook tells of what comes.
func (o *openCall) begins(chapter string) { o.met.chapter = chapter }

// sends sends a form as a person, and fails the test unless it was carried out.
func (o *openCall) sends(person, path string, pairs ...string) {
	o.t.Helper()
	o.shows(o.t, person, path, pairs...)
	if status, body := o.post(o.t, person, path, values(pairs...)); status != http.StatusSeeOther {
		o.t.Fatalf("%s at %s: %d\n%s", person, path, status, main(body))
	}
}

// main gives the content of a page without its marks, for what a test says.
func main(page string) string {
	_, page, _ = strings.Cut(page, "<main")
	page, _, _ = strings.Cut(page, "</main>")
	return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " ")), " ")
}

// moves moves the clock and lets what fell due be done.
func (o *openCall) moves(at time.Time) {
	o.t.Helper()
	if err := o.Move(o.t.Context(), at); err != nil {
		o.t.Fatal(err)
	}
	if err := o.Settle(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

func (o *openCall) stands(want string) {
	o.t.Helper()
	if got := o.site.head(o.t, o.head.Number).State; got != want {
		o.t.Fatalf("the call stands in %s, want %s", got, want)
	}
}

// setUp writes the call, makes its key and lets it be approved.
func (o *openCall) setUp() {
	t, u := o.t, o.user
	u.become("fou")
	o.page = u.does("/utlysning/ny", "title", "Tillit til tall", "theme", "palitelig-forvaltning", "plan_year", "2023", "note", "Om tall i vedtak.", "frame", "30 000 000", "as_draft", "true")
	number := strings.TrimPrefix(o.page, "/utlysning/")
	u.does(o.page+"/endre", "title", "Tillit til tall", "theme", "palitelig-forvaltning", "owner", "fageier", "needs", "Forstår folk hvorfor", "frame", "30 000 000", "max_months", "36", "presentations", "1")
	u.does(o.page+"/datoer", "opens", "10.01.2023", "deadline", "31.01.2023", "deadline_clock", "12.00", "answer", "februar 2023",
		"applications_due", "31.03.2023", "applications_clock", "12.00", "decision", "mai 2023", "starts", "høsten 2023")
	texts := []string{"purpose", "Vi vil vite mer.", "eligible", "Alle forskere", "requirements", "Høyst tre år.", "assessed", "Tre kriterier.", "apply", "Skriv en skisse her.", "contact", "Skriv til oss."}
	u.does(o.page+"/tekst-bokmal", texts...)
	u.does(o.page+"/tekst-nynorsk", append([]string{"title_in", "Tillit til tal"}, texts...)...)
	for _, k := range [][]string{{"Nytte", "40", "relevance", "subject_owner"}, {"Kvalitet", "30", "quality", "section"}, {"Bruk", "30", "impact", "subject_owner"}} {
		u.does(o.page+"/kriterium", "name_nb", k[0], "name_nn", k[0], "meaning_nb", "Det betyr noe", "meaning_nn", "Det tyder noko", "weight", k[1], "principles", k[2], "assessor", k[3])
	}
	// One question of the call's own in the sketch; no attachment is asked for in the application.
	u.does(o.page+"/sporsmal", "question", "new", "part", "ide", "question_kind", "line", "label_nb", "Ett ord om ideen", "label_nn", "Eitt ord om ideen", "limit", "40", "required", "true")
	u.does(o.page+"/fjern-sporsmal", "question", "application.signature")
	o.parts = o.ceremony(t, o.page)
	u.visit(o.page)
	o.sends("fageier", o.page+"/godkjenn-innholdet")
	u.become("utvalg")
	u.does(o.page + "/godkjenn")
	o.head = o.site.head(t, number)
	o.moves(time.Date(2023, 1, 10, 8, 0, 0, 0, time.UTC))
	o.stands(call.Open1)
}

// account makes an account by a link in a letter.
func (o *openCall) account(email, name string) {
	o.t.Helper()
	_, _, code := o.askLink(o.t, email, "/min-side")
	c := o.client(o.t)
	res, err := c.PostForm(o.URL+enter, url.Values{"kode": {code}, "name": {name}})
	if err != nil {
		o.t.Fatal(err)
	}
	if read(o.t, res); res.StatusCode != http.StatusSeeOther {
		o.t.Fatalf("the account of %s: %d", email, res.StatusCode)
	}
	o.clients[email] = c
}

func sketchTitle(n int) string { return fmt.Sprintf("Tillitsprosjekt %02d", n) }

// language gives the language form that the applicant of a sketch writes in.
func language(n int) string { return []string{"nb", "nn"}[n%2] }

// sketches lets thirteen sketches be sent, one of them at a browser. Nobody else sees
// that there are any.
func (o *openCall) sketches() {
	t, u := o.t, o.user
	before := map[string]string{}
	watched := []string{o.page, "/utlysning", "/oppgaver", o.page + "/skisser", o.page + "/svar", o.page + "/nokkel", "/sok?q=tillitsprosjekt"}
	o.get(t, "fou", o.page) // takes the message about what was done last
	for _, path := range watched {
		_, page := o.get(t, "fou", path)
		before[path] = same(page)
	}
	u.become("forsker")
	u.visit(openCallPublic)
	u.sees("Tillit til tall", "31. januar 2023 kl. 12.00")
	at := u.does("/skisse/ny", "call", o.head.ID)
	parts := map[string][]string{
		"prosjekt":    {"title", sketchTitle(0), "lang", "nb", "starts", "01.09.2023", "months", "24", "asked", "4 000 000"},
		"institusjon": {"institution", "Forskningsinstitutt (eksempel)", "leader", "Leder Null", "email", "leder@example.org"},
		"ide":         {"summary", "Hva tall gjør med tilliten", "relevance", "Nav kan skrive bedre", "q1", "Tillit"},
		"opplegg":     {"questions", "Hvorfor?", "methods", "Forsøk", "use", "Kurs"},
	}
	for _, part := range []string{"prosjekt", "institusjon", "ide", "opplegg"} {
		u.visit(at + "/del/" + part)
		u.fill(parts[part]...)
		u.click(`main form[method=post]:not(.f-postbutton) button[type=submit]`)
	}
	if _, page := o.get(t, "forsker", at+"/del/ide?malform=en"); !strings.Contains(page, `<span lang="nb">Ett ord om ideen</span>`) {
		t.Error("a question without English words does not say on an English page that it is in Norwegian")
	}
	o.get(t, "forsker", at+"/del/ide?malform=nb")
	u.visit(at)
	u.sees("5 av 5 deler er ferdige")
	o.showsParts(at)
	u.visit(at + "/send")
	u.sees(sketchTitle(0))
	u.click(`main form[action="` + at + `/send"] button[type=submit]`)
	u.sees("Versjon 1")
	o.applicants = []string{"forsker"}
	for n := 1; n < 13; n++ {
		email := fmt.Sprintf("soker%d@funn.example", (n-1)%4)
		if n <= 4 {
			o.account(email, "Søker "+strconv.Itoa(n))
		}
		w := o.sketch(t, email, o.head.ID)
		w.writes(t, "prosjekt", "title", sketchTitle(n), "lang", language(n), "starts", "01.09.2023", "months", "36", "asked", "3500000")
		w.writes(t, "institusjon", "institution", "Universitet "+strconv.Itoa(n), "leader", "Leder "+strconv.Itoa(n), "email", "leder"+strconv.Itoa(n)+"@example.org")
		w.writes(t, "ide", "summary", "Samandrag", "relevance", "Nytte", "q1", "Tal")
		w.writes(t, "opplegg", "questions", "Kvifor?", "methods", "Samtalar", "use", "Kurs")
		w.send(t, w.at+"/send", values())
		o.applicants = append(o.applicants, email)
	}
	if err := o.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range watched {
		if _, page := o.get(t, "fou", path); same(page) != before[path] {
			t.Errorf("the section sees at %s that something was sent:\n%s", path, difference(same(page), before[path]))
		}
	}
}

// of gives all records of a kind.
func (o *openCall) of(kind string) []record.Head {
	o.t.Helper()
	all, err := db.All[record.Head](o.t.Context(), o.Engine.DB, "SELECT "+db.Columns[record.Head]("r")+" FROM record r WHERE r.kind = $1 ORDER BY r.created, r.id", kind)
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

// cases gives the call's sketches or applications that were sent, by title.
func (o *openCall) cases(kind string) (out []record.Head) {
	o.t.Helper()
	for _, h := range o.of(kind) {
		if strings.HasPrefix(h.Title, "Tillitsprosjekt") {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b record.Head) int { return strings.Compare(a.Title, b.Title) })
	return out
}

// open lets the deadline pass and two holders open what was sent.
func (o *openCall) open(kind string, deadline time.Time) {
	t := o.t
	t.Helper()
	o.moves(deadline)
	o.moves(deadline.Add(call.Grace))
	want := map[string]string{"sketch": call.Assessment1, "application": call.Assessment2}[kind]
	o.stands(want)
	if n := len(o.cases(kind)); n != 0 {
		t.Fatalf("%d are open before anybody opened them", n)
	}
	o.sends(keepers[0], o.page+"/gi-nokkeldel", "part", o.parts[keepers[0]])
	o.user.become(keepers[2])
	o.user.does(o.page+"/gi-nokkeldel", "part", o.parts[keepers[2]])
	n := map[string]int{"sketch": 13, "application": 8}[kind]
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if _, page := o.get(t, "fou", o.page+"/nokkel"); len(o.cases(kind)) == n && strings.Contains(page, "Alt som var sendt, ble åpnet") {
			return
		}
		if time.Since(start) > 20*time.Second {
			_, page := o.get(t, "fou", o.page+"/nokkel")
			t.Fatalf("%d of %d are open\n%s", len(o.cases(kind)), n, main(page))
		}
	}
}

// judge lets the section and the subject owner assess all cases, and of applications
// somebody from outside the first at a browser.
func (o *openCall) judge(list string, cases []record.Head) {
	t, u := o.t, o.user
	t.Helper()
	ask := func(sort, who string, cases ...record.Head) {
		form := []string{"utlysning", o.head.Number, "trinn", list, "slag", sort, "assessor", who, "due", "01.05.2023"}
		for _, c := range cases {
			form = append(form, "case", c.Number)
		}
		o.sends("fou", "/vurdering/ny", form...)
	}
	known := map[string]bool{}
	for _, h := range o.of("assessment") {
		known[h.Number] = true
	}
	fresh := func() (out []string) {
		for _, h := range o.of("assessment") {
			if !known[h.Number] {
				known[h.Number] = true
				out = append(out, "/vurdering/"+h.Number)
			}
		}
		return out
	}
	deliver := func(who string, parts ...string) {
		for _, at := range fresh() {
			o.sends(who, at+"/svar", "conflict", "none", "_version", "1")
			for i, part := range parts {
				o.sends(who, at+"/lagre", "part", part, "score", strconv.Itoa(4+i), "reason_for", "Fordi "+part, "share", "Kriterium "+part+" er vurdert.", "_version", strconv.Itoa(o.site.head(t, strings.TrimPrefix(at, "/vurdering/")).Version))
			}
			o.sends(who, at+"/lever", "_version", strconv.Itoa(o.site.head(t, strings.TrimPrefix(at, "/vurdering/")).Version))
		}
	}
	u.become("fou")
	u.visit(o.page + "/" + list)
	u.sees(cases[0].Title, cases[len(cases)-1].Title)
	ask("section", "fou2", cases...)
	deliver("fou2", "2")
	ask("subject_owner", "fageier", cases...)
	deliver("fageier", "1", "3")
	if list == "skisser" {
		return
	}
	ask("external", "fagvurderer", cases[0])
	at := fresh()[0]
	u.become("fagvurderer")
	u.visit("/vurdering")
	u.sees("1 vurdering venter på deg.", strings.TrimPrefix(at, "/vurdering/"))
	u.does(at+"/svar", "conflict", "none")
	u.visit(at + "/lagre?del=2")
	u.sees("Karakter", sketchTitle(0))
	if o.draws != nil {
		o.draws(u, "assessment-form")
	}
	u.fill("score", "6", "reason_for", "Godt opplegg", "share", "Opplegget er godt.")
	u.click(`main form[method=post]:not(.f-postbutton) button[type=submit]`)
	u.does(at + "/lever")
	if h := o.site.head(t, strings.TrimPrefix(at, "/vurdering/")); h.State != "LEVERT" {
		t.Fatalf("the assessor's stands in %s", h.State)
	}
}

// answerSketches invites eight and rejects five, on one page, and tells all at once.
func (o *openCall) answerSketches() {
	t, u := o.t, o.user
	u.become("fou")
	u.visit(o.page + "/svar")
	var form []string
	for i, h := range o.cases("sketch") {
		outcome, reasons := "invite", "Skriv mer om bruken."
		if i >= 8 {
			outcome, reasons = "reject", "Nytten er for liten."
		}
		form = append(form, "outcome-"+h.Number, outcome, "reasons-"+h.Number, reasons)
	}
	u.fill(form...)
	u.click(`main form[action="` + o.page + `/svar"] button[type=submit]`)
	for i, h := range o.cases("sketch") {
		at := "/skisse/" + h.Number
		if i == 0 {
			o.refusedTo(t, at+"/enig-kvalitet", h.Number, values(), "fou", "fou2")
			if status, _ := o.post(t, "fou", at+"/enig-kvalitet", values()); status == http.StatusSeeOther {
				t.Error("whoever proposed the answer agrees to it")
			}
		}
		o.sends("fou2", at+"/enig-kvalitet")
		o.sends("fageier", at+"/enig-relevans")
	}
	if _, page := o.get(t, "forsker", "/skisse/"+o.cases("sketch")[0].Number); strings.Contains(page, "Skriv mer om bruken") {
		t.Error("the applicant reads the answer before it is told")
	}
	u.does(o.page + "/send-svarene")
	o.stands(call.Open2)
	if err := o.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, h := range o.cases("sketch") {
		states[h.State]++
	}
	if states["INVITERT"] != 8 || states["AVSLÅTT"] != 5 {
		t.Errorf("answers: %v", states)
	}
	o.written("forsker@funn.example", "invitert", "full søknad")
	o.written("soker0@funn.example", "invitert", "søknad")
}

// written holds that one letter to the address has all the texts.
func (o *openCall) written(email string, texts ...string) {
	o.t.Helper()
	var all []string
	for _, l := range o.letters(o.t, email) {
		whole := l.Subject + "\n" + l.Text
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(whole, text) }) {
			return
		}
		all = append(all, whole)
	}
	o.t.Errorf("no letter to %s has %q:\n%s", email, texts, strings.Join(all, "\n----\n"))
}

// showsParts counts all parts of a draft, also those that nothing more is written in.
func (o *openCall) showsParts(at string) {
	o.t.Helper()
	_, overview := o.get(o.t, "forsker", at)
	for _, m := range regexp.MustCompile(regexp.QuoteMeta(at)+`/del/[a-z0-9-]+`).FindAllString(overview, -1) {
		o.shows(o.t, "forsker", m)
	}
}

var caseLink = regexp.MustCompile(`/soknad/(SO-[A-Z2-7]{7})"`)

// applications lets the invited write on from their sketches and send.
func (o *openCall) applications() {
	t, u := o.t, o.user
	long := strings.Repeat("Tekst. ", 3)
	more := map[string][]string{
		"nytte":         {"summary", "Hva tall gjør", "relevance", long, "use", "Kurs"},
		"forskning":     {"knowledge", long, "questions", "Hvorfor?", "methods", "Forsøk", "involvement", long},
		"data":          {"data", long, "ethics", long, "data_plan", long},
		"gjennomforing": {"work", long, "track", long},
		"budsjett":      {"y2023.personnel", "1 000 000", "y2024.personnel", "2 000 000", "y2025.travel", "500 000"},
	}
	sent := 0
	for _, person := range []string{"forsker", "soker0@funn.example", "soker1@funn.example", "soker2@funn.example", "soker3@funn.example"} {
		_, mine := o.get(t, person, "/min-side")
		var numbers []string
		for _, m := range caseLink.FindAllStringSubmatch(mine, -1) {
			if !slices.Contains(numbers, m[1]) && o.site.head(t, m[1]).State == "KLADD" {
				numbers = append(numbers, m[1])
			}
		}
		for _, number := range numbers {
			at := "/soknad/" + number
			if person == "forsker" {
				if sent > 0 {
					t.Fatal("the applicant has two applications")
				}
				u.become("forsker")
				u.visit(at)
				u.sees("Skissen og svaret på den", "Skriv mer om bruken.")
				u.visit(at + "/del/nytte")
				u.holds("summary", "Hva tall gjør med tilliten", "use", "Kurs")
				for _, part := range []string{"nytte", "forskning", "data", "gjennomforing", "budsjett"} {
					u.visit(at + "/del/" + part)
					u.fill(more[part]...)
					u.click(`main form[method=post]:not(.f-postbutton) button[type=submit]`)
				}
				o.showsParts(at)
				u.visit(at + "/send")
				u.click(`main form[action="` + at + `/send"] button[type=submit]`)
				u.sees("Versjon 1")
			} else {
				w := &writer{site: o.site, person: person, client: o.as(t, person), at: at}
				for part, fields := range more {
					w.writes(t, part, fields...)
				}
				if res := w.send(t, at+"/send", values()); res.StatusCode != http.StatusSeeOther {
					_, page := o.get(t, person, at+"/send")
					t.Fatalf("%s sends %s: %d\n%s", person, number, res.StatusCode, main(page))
				}
			}
			sent++
		}
	}
	if sent != 8 {
		t.Fatalf("%d applications were sent", sent)
	}
}

// awards are what the test awards, in kroner: 22 million together.
var awards = []int{4_000_000, 3_900_000, 3_800_000, 3_600_000, 3_500_000, 3_200_000}

// propose proposes six awards, one on the reserve and one rejection. More than the
// frame cannot be sent to the committee.
func (o *openCall) propose() {
	t, u := o.t, o.user
	list := o.cases("application")
	u.become("fou")
	u.does("/soknad/"+list[0].Number+"/innstill", "outcome", "award", "amount", "13 000 000", "reasons", "Kvalitet:\nGod.")
	for i, h := range list[1:] {
		form := []string{"outcome", "award", "reasons", "Kvalitet:\nGod."}
		switch {
		case i+1 < 6:
			form = append(form, "amount", strconv.Itoa(awards[i+1]))
		case i+1 == 6:
			form[1] = "reserve"
		default:
			form[1], form[3] = "reject", "Kvalitet:\nFor svak metode."
		}
		o.sends("fou", "/soknad/"+h.Number+"/innstill", form...)
	}
	if status, page := o.post(t, "fou", o.page+"/send-innstillingen", values()); status != http.StatusConflict || !strings.Contains(page, "ramme") {
		t.Errorf("31 of 30 million is sent to the committee: %d\n%s", status, main(page))
	}
	u.does("/soknad/"+list[0].Number+"/innstill", "outcome", "award", "amount", strconv.Itoa(awards[0]), "reasons", "Kvalitet:\nGod.")
	u.does(o.page + "/send-innstillingen")
	o.stands(call.Proposed)
}

// decide lets the committee decide in a meeting, and approve its minutes.
func (o *openCall) decide() {
	t, u := o.t, o.user
	list := o.cases("application")
	u.become("fou")
	u.visit(o.page)
	u.sees("Planlegg et møte i FoU-utvalget")
	meeting := u.does("/mote/nytt", "call", o.head.ID, "held_on", "05.05.2023", "place", "Møterom 1")
	if _, page := o.get(t, "fou", o.page); !strings.Contains(page, `href="`+meeting+`"`) || strings.Contains(page, "Planlegg et møte i FoU-utvalget") {
		t.Error("the call does not lead to its meeting, or to planning another")
	}
	o.moves(time.Date(2023, 5, 5, 8, 0, 0, 0, time.UTC))
	u.become("utvalg")
	u.does(meeting+"/start", "present", "Medlem av FoU", "present", "utvalg2")
	u.visit(meeting)
	u.sees(sketchTitle(0), "22\u00a0000\u00a0000\u00a0kr", "30\u00a0000\u00a0000\u00a0kr")
	if wide := axetest.Eval[string](t, u.Browser, `[...document.querySelectorAll("main section")].filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.scrollWidth + " of " + e.clientWidth).join()`); wide != "" {
		t.Errorf("the page of the meeting scrolls sideways: %s", wide)
	}
	if status, _ := o.post(t, "utvalg", "/soknad/"+list[0].Number+"/vedta", values()); status != http.StatusConflict {
		t.Errorf("decided without anybody else for it: %d", status)
	}
	o.refusedTo(t, "/soknad/"+list[0].Number+"/vedta", list[0].Number, values(), "utvalg", "utvalg2")
	for i, h := range list {
		at := "/soknad/" + h.Number
		o.sends("utvalg2", at+"/ta-stilling", "agree", "yes", "stand_note", "Enig")
		if i == 0 {
			u.does(at + "/vedta")
		} else {
			o.sends("utvalg", at+"/vedta")
		}
	}
	u.does(meeting + "/hev")
	o.sends("fou", meeting+"/merknad", "remarks", "Alle var til stede.")
	u.become("utvalg2")
	u.visit(meeting + "/motebok")
	u.sees(sketchTitle(0), "Alle var til stede")
	u.does(meeting + "/godkjenn-moteboken")
	u.does(o.page + "/beslutt")
	o.stands(call.Decided)
	if letters := o.letters(t, "forsker@funn.example"); slices.ContainsFunc(letters, func(l mail.Letter) bool { return strings.Contains(l.Text, "4\u00a0000\u00a0000") }) {
		t.Error("the award is told before it is announced")
	}
	if _, page := o.get(t, "", openCallPublic); strings.Contains(page, "22\u00a0mill") {
		t.Error("the sum is told before it is announced")
	}
}

// announce tells all, and holds what everybody can see then.
func (o *openCall) announce() {
	t, u := o.t, o.user
	before := len(o.of("project"))
	u.become("fou")
	u.does(o.page + "/offentliggjor")
	o.stands(call.Announced)
	if err := o.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, h := range o.cases("application") {
		states[h.State]++
	}
	if states["TILDELT"] != 6 || states["RESERVE"] != 1 || states["AVSLÅTT"] != 1 {
		t.Errorf("told: %v", states)
	}
	o.written("forsker@funn.example", "4\u00a0000\u00a0000\u00a0kr", "Beløpet gjelder alle prosjektårene", "God.")
	o.written("soker0@funn.example", "3\u00a0900\u00a0000\u00a0kr", "Beløpet gjeld alle prosjektåra", "God.")
	if n := len(o.of("project")) - before; n != 6 {
		t.Errorf("%d projects, want 6", n)
	}
	var list struct {
		Items []struct {
			Number     string
			Statistics *struct {
				Sketches, Applications, Awards int
				Awarded                        int `json:"awarded_nok"`
				Frame                          int `json:"frame_nok"`
			}
		} `json:"items"`
	}
	_, body := o.get(t, "", "/api/v1/calls?limit=200")
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, x := range list.Items {
		if x.Number == o.head.Number && x.Statistics != nil {
			found = true
			if n := *x.Statistics; n.Sketches != 13 || n.Applications != 8 || n.Awards != 6 || n.Awarded != 22_000_000 || n.Frame != 30_000_000 {
				t.Errorf("the statistics are %+v", n)
			}
		}
	}
	if !found {
		t.Errorf("no statistics of %s in %s", o.head.Number, body)
	}
	u.visit(openCallPublic)
	u.sees("6 av 13 skisser fikk penger", "22 tildelt", "8 ikke tildelt")
	if _, page := o.get(t, "", openCallPublic); !strings.Contains(page, "<svg") {
		t.Error("the public page has no chart")
	}
}

// after lets the awards be taken and contracted, and the rejected complain in time.
func (o *openCall) after() {
	t, u := o.t, o.user
	list := o.cases("application")
	u.become("forsker")
	u.does("/soknad/" + list[0].Number + "/ta-imot")
	u.become("fou")
	u.does("/soknad/"+list[0].Number+"/kontrakt", "contract_on", "05.05.2023", "contract_ref", "2023/1", "presentation_due", "01.09.2026")
	if h := o.site.head(t, list[0].Number); h.State != "KONTRAKT" {
		t.Errorf("the contracted application stands in %s", h.State)
	}
	o.begins("complaint")
	rejected := list[7]
	who := o.applicants[7]
	o.sends(who, "/soknad/"+rejected.Number+"/klag", "grounds", "Metoden er ikke svak.")
	o.refusedTo(t, "/soknad/"+rejected.Number+"/avgjor-klagen", rejected.Number, values("verdict", "upheld", "appeal_reasons", "x"), "fou", "fou2", "utvalg", "utvalg2")
	// The committee decided, so that the section settles: of it somebody who had no part.
	for _, who := range []string{"utvalg", "utvalg2"} {
		if status, _ := o.post(t, who, "/soknad/"+rejected.Number+"/avgjor-klagen", values("verdict", "upheld", "appeal_reasons", "x")); status != http.StatusConflict {
			t.Errorf("%s settles a complaint about what the committee decided: %d", who, status)
		}
	}
	if status, _ := o.post(t, "fou", "/soknad/"+rejected.Number+"/avgjor-klagen", values("verdict", "upheld", "appeal_reasons", "x")); status == http.StatusSeeOther {
		t.Error("whoever proposed the rejection settles the complaint about it")
	}
	o.sends("fou2", "/soknad/"+rejected.Number+"/avgjor-klagen", "verdict", "upheld", "appeal_reasons", "Klagen gir ingen ny grunn.")
	if h := o.site.head(t, rejected.Number); h.State != "OPPRETTHOLDT" {
		t.Errorf("after the complaint it stands in %s", h.State)
	}
}
