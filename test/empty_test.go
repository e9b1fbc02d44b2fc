package test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"funn/internal/app"
	"funn/internal/platform/authn/authntest"
	"funn/internal/platform/clock"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/ui/axetest"
)

// agency is the program itself on an empty database, run by its own command, with a
// login service beside it: everything in it is made through its pages.
type agency struct {
	*user
	issuer *authntest.Issuer
}

// opened migrates an empty database and serves it, until the test ends.
func opened(t *testing.T, address string) *agency {
	t.Helper()
	issuer := authntest.New(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := listener.Addr().String()
	listener.Close()
	settings := map[string]string{
		"FUNN_ADDR": listen, "FUNN_BASE_URL": "http://" + listen, "FUNN_DATABASE_URL": address, "FUNN_FILES_URL": "file://" + t.TempDir(),
		"FUNN_OIDC_ISSUER": issuer.URL, "FUNN_OIDC_CLIENT_ID": authntest.ClientID, "FUNN_OIDC_CLIENT_SECRET": authntest.ClientSecret,
		"FUNN_ROLES": "G-fou=fou, G-fageier=fageier, G-utvalg=utvalg, G-jurist=jurist, G-admin=admin", "FUNN_TRUSTED_PROXIES": "127.0.0.1", "FUNN_SECRET": base64.StdEncoding.EncodeToString([]byte(rand.Text() + rand.Text())[:32]),
	}
	getenv := func(name string) string { return settings[name] }
	log := &safeBuffer{}
	if status := app.Run(t.Context(), []string{"migrate"}, getenv, io.Discard, log); status != 0 {
		t.Fatalf("migrate: %d\n%s", status, log)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- app.Run(ctx, []string{"serve"}, getenv, io.Discard, log) }()
	t.Cleanup(func() {
		stop()
		if status := <-ended; status != 0 {
			t.Errorf("serve ended with %d\n%s", status, log)
		}
	})
	base := "http://" + listen
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if res, err := http.Get(base + "/isready"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Since(start) > 30*time.Second {
			t.Fatalf("it does not get ready:\n%s", log)
		}
	}
	return &agency{user: newUser(t, &site{URL: base, clients: map[string]*http.Client{}, log: log, met: &tally{chapter: "before the first call"}}), issuer: issuer}
}

// comes logs in by the login service, as somebody in one of its groups, each at a
// machine of their own, and gives what the page says that they end at.
func (a *agency) comes(role, name string) string {
	a.t.Helper()
	c := a.site.client(a.t)
	c.CheckRedirect, c.Transport = nil, machine(name)
	a.issuer.Person = map[string]any{"sub": "subject of " + name, "name": name, "email": role + "@example.no", "groups": []string{"G-" + role}}
	res, err := c.Get(a.site.URL + "/logginn/oidc")
	if err != nil {
		a.t.Fatal(err)
	}
	_, page := read(a.t, res)
	a.site.clients[name] = c
	a.becomes(name)
	return page
}

// machine is where somebody sits, as the proxy in front tells it: the server counts
// logins by it.
type machine string

func (m machine) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", crc32.ChecksumIEEE([]byte(m))%250+1))
	return http.DefaultTransport.RoundTrip(r)
}

// becomes sits down at the browser as somebody who has logged in.
func (a *agency) becomes(name string) {
	a.t.Helper()
	a.site.carries(a.t, a.Browser, name)
	a.SetCookie(a.t, a.site.URL, &http.Cookie{Name: "malform", Value: "nb"})
	a.who = name
}

// follows goes from a page to another by a link on it.
func (a *agency) follows(from, to string) {
	a.t.Helper()
	a.visit(from)
	a.click(fmt.Sprintf(`main a[href=%q]`, to))
}

// attends goes from the list of tasks to the record that waits, and on to the command.
func (a *agency) attends(record, command string) {
	a.t.Helper()
	a.follows("/oppgaver", record)
	a.click(fmt.Sprintf(`main a[href=%q]`, record+command))
}

// answers fills in the form of the page that is open, and sends it.
func (a *agency) answers(pairs ...string) string {
	a.t.Helper()
	before := a.at()
	a.fill(pairs...)
	a.click(`main form[method=post]:not(.f-postbutton) button[type=submit]`)
	if n := axetest.Eval[int](a.t, a.Browser, "document.querySelectorAll('.aksel-error-summary').length"); n > 0 || a.at() == before {
		a.t.Fatalf("%s at %s is told:\n%s", a.who, before, a.words())
	}
	return a.at()
}

// An agency begins with an empty database and comes to an open call that somebody
// outside can answer, by pages alone: nothing is put into the database in another way.
func TestFromEmptyToOpenCall(t *testing.T) {
	dbtest.Addresses(t, func(t *testing.T, address string) {
		a := opened(t, address)
		today := time.Now().In(clock.Oslo)
		in := func(days int) string { return today.AddDate(0, 0, days).Format("02.01.2006") }

		// Nobody but a system manager comes in before there is a directorate.
		if page := a.comes("jurist", "Jurist"); !strings.Contains(page, "bare systemforvalteren kan logge inn") {
			t.Errorf("before there is a directorate: %s", main(page))
		}
		a.comes("admin", "Systemforvalter")
		a.follows("/organisasjon", "/organisasjon/enhet")
		a.follows("/organisasjon/enhet", "/organisasjon/enhet/ny")
		a.answers("name", "Etaten", "unit_type", "Direktorat", "code", "etaten")

		// Whoever is to own, back or hold a part of a key has been there once.
		a.comes("jurist", "Jurist")
		a.comes("utvalg", "Utvalgsmedlem")
		a.comes("fageier", "Fageier")

		// The plan, with the theme that the call is in: the section writes it, the committee publishes it.
		a.comes("fou", "Saksbehandler")
		a.follows("/plan", "/plan/ny")
		plan := a.answers("version", fmt.Sprintf("%d-%d", today.Year(), today.Year()+4), "title", "FoU-plan")
		for _, key := range []string{"relevans", "kvalitet", "pavirkningskraft"} {
			a.does(plan+"/sett-prinsipp", "principle", key, "text", "Slik gjør vi det.")
		}
		a.does(plan+"/sett-mal", "title", "Flere i arbeid", "origin", "tildelingsbrev")
		a.does(plan+"/sett-tema", "title", "Tillit", "text", "Om tillit.")
		a.becomes("Utvalgsmedlem")
		a.does(plan+"/publiser", "valid_from", in(0))

		// The need that it is to answer.
		a.becomes("Fageier")
		a.follows("/behov", "/behov/meld")
		need := a.answers("title", "Hva skaper tillit?", "problem", "Vi vet for lite.")
		a.becomes("Saksbehandler")
		a.does(need+"/ta-til-klargjoring", "case_worker", "Saksbehandler", "owner", "Fageier")
		a.does(need+"/beskriv", "questions", "Hva skaper tillit?", "decision", "Hvordan vi skriver.", "decision_date", in(700), "phase", "effect_evaluation", "rnd_kind", "applied_research", "themes", "Tillit")
		a.does(need+"/sok", "query", "tillit", "where", "library", "hits", "0", "conclusion", "Ingenting.")
		a.becomes("Fageier")
		a.does(need + "/klargjor")
		a.becomes("Saksbehandler")
		a.does(need+"/velg-virkemiddel", "instruments", "grant", "performed", "external", "rationale", "Forskerne har ideene.")

		a.site.met.inHandbook(t, "before the first call")
		a.site.met = nil // the call's own forms are counted where a whole call is walked

		a.follows("/utlysning", "/utlysning/ny")
		call := a.answers("title", "Tillit til tall", "theme", "Tillit", "frame", "30 000 000", "opens", in(0), "deadline", in(60))
		a.presses(call, "lag-utkast")
		a.does(call+"/endre", "owner", "Fageier", "needs", "Hva skaper tillit", "max_months", "36", "presentations", "1")
		a.does(call+"/datoer", "opens", in(0), "deadline", in(60), "deadline_clock", "12.00", "answer", in(90), "applications_due", in(120), "applications_clock", "12.00", "decision", in(200), "starts", in(300))
		texts := []string{"purpose", "Vi vil vite mer.", "eligible", "Alle forskere", "requirements", "Høyst tre år.", "assessed", "Tre kriterier.", "apply", "Skriv en skisse her.", "contact", "Skriv til oss."}
		a.does(call+"/tekst-bokmal", texts...)
		a.does(call+"/tekst-nynorsk", append([]string{"title_in", "Tillit til tal"}, texts...)...)
		for _, k := range [][]string{{"Nytte", "40", "relevance", "subject_owner"}, {"Kvalitet", "30", "quality", "section"}, {"Bruk", "30", "impact", "subject_owner"}} {
			a.does(call+"/kriterium", "name_nb", k[0], "name_nn", k[0], "meaning_nb", "Det betyr noe", "meaning_nn", "Det tyder noko", "weight", k[1], "principles", k[2], "assessor", k[3])
		}
		a.does(call+"/nokkelholdere", "holder_1", "Saksbehandler", "holder_2", "Jurist", "holder_3", "Utvalgsmedlem")
		for _, name := range []string{"Saksbehandler", "Jurist", "Utvalgsmedlem"} {
			a.becomes(name)
			a.attends(call, "/hent-nokkeldel")
			a.click(`main form[method=post] button[type=submit]`)
			part := axetest.Eval[string](t, a.Browser, `document.querySelector("main textarea").value`)
			a.attends(call, "/ov-nokkeldel")
			a.answers("part", part)
		}
		a.becomes("Fageier")
		a.attends(call, "/godkjenn-innholdet")
		a.answers()
		a.becomes("Utvalgsmedlem")
		a.attends(call, "/godkjenn")
		a.answers()

		// It opens by itself, and somebody whom nobody knows reads it and is asked to log in.
		a.ClearCookies(t)
		a.SetCookie(t, a.site.URL, &http.Cookie{Name: "malform", Value: "nb"})
		a.visit("/kunnskap/utlysninger")
		for start := time.Now(); !strings.Contains(a.words(), "Tillit til tall") || !strings.Contains(a.words(), "Åpen"); a.visit("/kunnskap/utlysninger") {
			if time.Since(start) > 30*time.Second {
				t.Fatalf("the call does not open:\n%s", a.words())
			}
			time.Sleep(200 * time.Millisecond)
		}
		a.click(`main a[href="/kunnskap/utlysning/tillit-til-tall"]`)
		a.sees("Tillit til tall", "Start søknad")
	})
}
