package test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"funn/internal/call"
	"funn/internal/platform/ui/axetest"
)

// A newcomer plays everybody in the demo's open call, with what its pages offer and
// nothing else: applies, lets the deadlines pass, opens what was sent with the parts
// that lie in the demo, assesses, decides, reads the letter and complains. Who may do
// what, and the same on PostgreSQL, is tried by TestOpenCall.
func TestNewcomerSeesACallThrough(t *testing.T) {
	seeThrough(t, onSQLite(t), func(*user, string) {})
}

// seeThrough is the newcomer's walk. It shows the pages that the handbook has pictures of.
func seeThrough(t *testing.T, s *site, shows func(u *user, picture string)) {
	t.Helper()
	const title = "Tillitsprosjekt 00"
	o := &openCall{site: s, t: t, user: newUser(t, s), draws: shows, head: s.head(t, s.titled(t, "call", "Ideer til bedre møter på kontoret"))}
	o.page = "/utlysning/" + o.head.Number
	u := o.user
	submit := `main form[method=post]:not(.f-postbutton) button[type=submit]`

	u.become("forsker")
	u.visit("/kunnskap/utlysninger")
	u.click(`main a[href="/kunnskap/utlysning/ideer-til-bedre-moter-pa-kontoret"]`)
	u.sees("31. januar 2023 kl. 12.00")
	u.click(`main a[href^="/skisse/ny"]`)
	u.click(submit)
	sketch := u.at()
	for _, x := range []struct {
		part    string
		answers []string
	}{
		{"prosjekt", []string{"title", title, "lang", "nn", "starts", "01.09.2023", "months", "24", "asked", "2 000 000"}},
		{"institusjon", []string{"institution", "Forskningsinstitutt (eksempel)", "leader", "Leder Null", "email", "leder@example.org"}},
		{"ide", []string{"summary", "Hva møter gjør", "relevance", "Kontorene kan møte bedre"}},
		{"opplegg", []string{"questions", "Hvorfor?", "methods", "Forsøk", "use", "Kurs"}},
	} {
		u.visit(sketch)
		u.click(`main a[href="` + sketch + `/del/` + x.part + `"]`)
		u.fill(x.answers...)
		if x.part == "prosjekt" {
			shows(u, "sketch-form")
		}
		u.click(submit)
	}
	u.visit(sketch)
	shows(u, "sketch")
	u.click(`main a[href="` + sketch + `/send"]`)
	u.click(`main form[action="` + sketch + `/send"] button[type=submit]`)
	u.sees("Versjon 1")
	shows(u, "receipt")

	// passes presses a button of the page about the demo, and gives its message.
	passes := func(about string) {
		t.Helper()
		u.visit("/demo")
		n := axetest.Eval[int](t, u.Browser, `[...document.querySelectorAll("main form[action='/demo/klokke'] button")].findIndex((b) => b.innerText.includes(`+quote(about)+`))`)
		if n < 0 {
			t.Fatalf("no button about %q:\n%s", about, u.words())
		}
		axetest.Eval[bool](t, u.Browser, `[...document.querySelectorAll("main form[action='/demo/klokke'] button")][`+strconv.Itoa(n)+`].setAttribute("id", "passes") ?? true`)
		u.click("#passes")
	}
	// opens gives the parts that lie in the demo, until all is open.
	opens := func(want string) {
		t.Helper()
		o.stands(want)
		for _, who := range []struct{ id, name string }{{"fou", "Saksbehandler i FoU-seksjonen"}, {"utvalg", "Medlem av FoU-utvalget"}} {
			u.visit("/demo/nokler")
			part := axetest.Eval[string](t, u.Browser, `[...document.querySelectorAll("main tbody tr")].find((r) => r.innerText.includes("Ideer til") && r.innerText.includes(`+quote(who.name)+`))?.lastElementChild.innerText.split("\n").pop().trim() ?? ""`)
			u.become(who.id)
			u.does(o.page+"/gi-nokkeldel", "part", part)
		}
		for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
			if _, page := o.get(t, "fou", o.page+"/nokkel"); strings.Contains(page, "Alt som var sendt, ble åpnet") {
				return
			}
			if time.Since(start) > 20*time.Second {
				t.Fatal("it does not open")
			}
		}
	}
	passes("Ideer til bedre møter")
	opens(call.Assessment1)
	o.judge("skisser", o.cases("sketch"))
	number := o.cases("sketch")[0].Number
	u.become("fou")
	u.visit(o.page + "/nokkel")
	shows(u, "opened")
	u.visit(o.page + "/svar")
	shows(u, "answers")
	u.fill("outcome-"+number, "invite", "reasons-"+number, "Skriv meir om bruken.")
	u.click(`main form[action="` + o.page + `/svar"] button[type=submit]`)
	o.sends("fou2", "/skisse/"+number+"/enig-kvalitet")
	o.sends("fageier", "/skisse/"+number+"/enig-relevans")
	u.does(o.page + "/send-svarene")
	if err := o.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}

	u.become("forsker")
	u.visit("/min-side")
	found := caseLink.FindStringSubmatch(axetest.Eval[string](t, u.Browser, "document.querySelector('main').innerHTML"))
	if found == nil {
		t.Fatalf("the sketch has not grown into an application:\n%s", u.words())
	}
	shows(u, "my-page")
	application := "/soknad/" + found[1]
	long := strings.Repeat("Tekst. ", 3)
	for _, x := range []struct {
		part    string
		answers []string
	}{
		{"nytte", []string{"summary", "Hva møter gjør", "relevance", long, "use", "Kurs"}},
		{"forskning", []string{"knowledge", long, "questions", "Hvorfor?", "methods", "Forsøk", "involvement", long}},
		{"data", []string{"data", long, "ethics", long, "data_plan", long}},
		{"gjennomforing", []string{"work", long, "track", long}},
		{"budsjett", []string{"y2023.personnel", "500 000", "y2024.personnel", "1 000 000", "y2025.travel", "500 000"}},
	} {
		u.visit(application + "/del/" + x.part)
		u.fill(x.answers...)
		u.click(submit)
	}
	w := &writer{site: s, person: "forsker", client: s.as(t, "forsker"), at: application}
	if res := w.attaches(t, "signature", "underskrift.txt", []byte("Vi står bak søknaden."), nil); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the signature is attached: %d", res.StatusCode)
	}
	u.visit(application)
	shows(u, "application")
	u.visit(application + "/send")
	u.click(`main form[action="` + application + `/send"] button[type=submit]`)
	u.sees("Versjon 1")
	passes("Ideer til bedre møter")
	opens(call.Assessment2)
	o.judge("soknader", o.cases("application"))

	u.become("fou")
	u.does(application+"/innstill", "outcome", "reject", "reasons", "Kvalitet:\nFor svak metode.")
	u.does(o.page + "/send-innstillingen")
	meeting := u.does("/mote/nytt", "call", o.head.ID, "held_on", "05.05.2023", "place", "Møterom 1")
	passes("5. mai 2023")
	u.become("utvalg")
	u.does(meeting+"/start", "present", "Medlem av FoU", "present", "utvalg2")
	o.sends("utvalg2", application+"/ta-stilling", "agree", "yes", "stand_note", "Einig")
	u.does(application + "/vedta")
	u.does(meeting + "/hev")
	u.become("utvalg2")
	u.does(meeting + "/godkjenn-moteboken")
	u.does(o.page + "/beslutt")
	u.become("fou")
	u.does(o.page + "/offentliggjor")
	if err := o.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}

	u.visit("/demo/post")
	u.sees("For svak metode", "klage")
	u.become("forsker")
	u.visit(application)
	u.sees("Grunngiving\n\nKvalitet:\n\nFor svak metode.")
	shows(u, "letter")
	u.does(application+"/klag", "grounds", "Metoden er ikkje svak.")
	o.sends("fou2", application+"/avgjor-klagen", "verdict", "upheld", "appeal_reasons", "Klagen gir ingen ny grunn.")
	u.visit(application)
	u.sees("Klagen gir ingen ny grunn.")
	if status, _ := o.get(t, "", "/kunnskap/utlysning/ideer-til-bedre-moter-pa-kontoret"); status != http.StatusOK {
		t.Errorf("the public page of the call: %d", status)
	}
}
