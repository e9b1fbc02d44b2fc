package test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/form"
	"funn/internal/platform/mail"
	"funn/internal/platform/record"
)

const enter = "/logginn/epost/lenke"

// askLink asks for a login link, lets the letter be sent, and gives the code in it;
// empty when there is no letter with a code to the address.
func (s *site) askLink(t testing.TB, email, to string) (status int, page, code string) {
	t.Helper()
	before := s.letters(t, email)
	status, page = s.post(t, "", "/logginn/epost", url.Values{"email": {email}, "til": {to}})
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	letters := s.letters(t, email)
	if len(letters) == len(before) {
		return status, page, ""
	}
	for _, l := range letters {
		if m := regexp.MustCompile(enter + `\?kode=([A-Z2-7]+)`).FindStringSubmatch(l.Text); m != nil && !contains(codesIn(before), m[1]) {
			return status, page, m[1]
		}
	}
	return status, page, ""
}

func codesIn(letters []mail.Letter) []string {
	var out []string
	for _, l := range letters {
		for _, m := range regexp.MustCompile(`kode=([A-Z2-7]+)`).FindAllStringSubmatch(l.Text, -1) {
			out = append(out, m[1])
		}
	}
	return out
}

func (s *site) letters(t testing.TB, email string) []mail.Letter {
	t.Helper()
	all, err := mail.List(t.Context(), s.Engine.DB, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var out []mail.Letter
	for _, l := range all {
		if strings.EqualFold(l.To, email) {
			out = append(out, l)
		}
	}
	return out
}

// Somebody outside the agency logs in by a link in a letter, and comes to where
// they were going; the link works once, and opening it uses nothing up.
func TestLoginByLink(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		status, _, code := s.askLink(t, "Forsker@Funn.example", "/portefolje")
		if status != http.StatusSeeOther || code == "" {
			t.Fatalf("asked for a link: %d, code %q", status, code)
		}
		for range 2 {
			if status, page := s.get(t, "", enter+"?kode="+code); status != http.StatusOK || !strings.Contains(page, code) {
				t.Fatalf("the link opens %d", status)
			}
		}
		c := s.client(t)
		res, err := c.PostForm(s.URL+enter, url.Values{"kode": {code}})
		if err != nil {
			t.Fatal(err)
		}
		read(t, res)
		if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || to != "/portefolje" {
			t.Fatalf("logged in: %d to %s", res.StatusCode, to)
		}
		if res, err = c.Get(s.URL + "/oppgaver"); err != nil {
			t.Fatal(err)
		}
		if status, page := read(t, res); status != http.StatusOK || !strings.Contains(page, "Forsker") {
			t.Errorf("the tasks of who came in: %d", status)
		}
		for _, again := range []string{code, "", "AAAA"} {
			if status, page := s.get(t, "", enter+"?kode="+again); status != http.StatusGone || !strings.Contains(page, `action="/logginn/epost"`) {
				t.Errorf("a link that does not work opens %d", status)
			}
			if status, _ := s.post(t, "", enter, url.Values{"kode": {again}}); status != http.StatusGone {
				t.Errorf("a link that does not work is taken with %d", status)
			}
		}
	})
}

// Nobody learns who is registered; staff come in by their work account alone; and
// nobody is led away to another site.
func TestLoginLinkTellsNothing(t *testing.T) {
	s := onSQLite(t)
	known, page, code := s.askLink(t, "forsker@funn.example", "https://example.org/")
	unknown, other, none := s.askLink(t, "ingen@funn.example", "/oppgaver")
	if known != unknown || page != other || none == "" {
		t.Errorf("a known address gives %d, an unknown %d", known, unknown)
	}
	c := s.client(t)
	res, err := c.PostForm(s.URL+enter, url.Values{"kode": {code}})
	if err != nil {
		t.Fatal(err)
	}
	read(t, res)
	if to := res.Header.Get("Location"); to != "/oppgaver" {
		t.Errorf("led to %q", to)
	}
	// Other letters have come to staff; those of logging in have a text of their own.
	toLogIn := func() (n int) {
		for _, l := range s.letters(t, "fou@funn.example") {
			if strings.Contains(l.Text, "/logginn") {
				n++
			}
		}
		return n
	}
	for range 3 {
		if _, _, code := s.askLink(t, "fou@funn.example", "/oppgaver"); code != "" {
			t.Error("staff get a link")
		}
	}
	if n := toLogIn(); n < 1 || n > 2 { // two if the half-hour has just turned
		t.Errorf("%d letters about logging in to one of staff, who asked three times", n)
	}
	for _, wrong := range []string{"", "forsker", "a@b@c", "Forsker <forsker@funn.example>", strings.Repeat("x", 200) + "@funn.example"} {
		if status, page, _ := s.askLink(t, wrong, "/portefolje"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "aksel-error-summary") || !strings.Contains(page, `value="/portefolje"`) {
			t.Errorf("%q gives %d", wrong, status)
		}
	}
}

// Whoever follows a link to an address that nobody has makes an account with it, and
// may apply, and nothing else.
func TestAccountByLink(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		_, _, code := s.askLink(t, "Ny.Forsker@funn.example", "/skisse/ny?call=x")
		if _, page := s.get(t, "", enter+"?kode="+code); !strings.Contains(page, "ny.forsker@funn.example") || !strings.Contains(page, `name="name"`) {
			t.Fatalf("the link opens %s", page)
		}
		for _, name := range []string{"", " ", strings.Repeat("x", 101)} {
			if status, page := s.post(t, "", enter, url.Values{"kode": {code}, "name": {name}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, code) {
				t.Errorf("the name %q gives %d", name, status)
			}
		}
		c := s.client(t)
		res, err := c.PostForm(s.URL+enter, url.Values{"kode": {code}, "name": {"Ny Forsker"}})
		if err != nil {
			t.Fatal(err)
		}
		if to := res.Header.Get("Location"); to != "/skisse/ny?call=x" {
			t.Errorf("led to %q", to)
		}
		read(t, res)
		for path, want := range map[string]int{"/min-side": http.StatusOK, "/skisse/ny": http.StatusOK, "/organisasjon/person": http.StatusNotFound} {
			res, err := c.Get(s.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			if status, _ := read(t, res); status != want {
				t.Errorf("%s gives the new account %d", path, status)
			}
		}
		if status, _ := s.post(t, "", enter, url.Values{"kode": {code}, "name": {"En til"}}); status != http.StatusGone {
			t.Errorf("the link makes a second account: %d", status)
		}
		_, _, again := s.askLink(t, "ny.forsker@funn.example", "")
		if _, page := s.get(t, "", enter+"?kode="+again); again == "" || strings.Contains(page, `name="name"`) {
			t.Error("whoever has an account is asked to make another")
		}
	})
}

// Ten tries in a minute, and then a page that says when to come back.
func TestLoginLinkIsLimited(t *testing.T) {
	s := onSQLite(t)
	got := map[int]int{}
	for range 14 {
		status, _, _ := s.askLink(t, "ingen@funn.example", "")
		got[status]++
	}
	if got[http.StatusSeeOther] != 10 || got[http.StatusTooManyRequests] != 4 {
		t.Errorf("answers by status: %v", got)
	}
}

// Whoever has the address has the account: both the old and the new one are told when a
// system manager changes it.
func TestChangeOfAddressIsTold(t *testing.T) {
	s := onSQLite(t)
	p := s.head(t, "forsker")
	before, err := db.One[string](t.Context(), s.Engine.DB, "SELECT email FROM person WHERE id = $1", p.ID)
	if err != nil {
		t.Fatal(err)
	}
	organisation, err := db.One[string](t.Context(), s.Engine.DB, "SELECT organisation FROM person WHERE id = $1", p.ID)
	if err != nil {
		t.Fatal(err)
	}
	people, _ := s.Engine.Kind("person")
	for _, address := range []string{before, "ny@example.org"} { // the first changes nothing
		in := record.Input{Values: form.Of("name", p.Title, "email", address, "organisation", organisation)}
		if _, err := people.Run(access.With(t.Context(), s.actor(t, "admin")), p.ID, "edit", in); err != nil {
			t.Fatal(err)
		}
	}
	to, err := db.All[string](t.Context(), s.Engine.DB, "SELECT to_address FROM mail_message WHERE body LIKE $1 ORDER BY to_address", "%til ny@example.org%")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{before, "ny@example.org"}
	slices.Sort(want)
	if before == "" || !slices.Equal(to, want) {
		t.Errorf("told: %q, want %q", to, want)
	}
	if status, page := s.get(t, "admin", "/organisasjon/person/"+p.Number+"/logg"); status != http.StatusOK || !strings.Contains(page, before) || strings.Contains(page, "⟦") {
		t.Errorf("the log of the person (%d) does not say what the address was (%v, %v)", status, strings.Contains(page, before), strings.Contains(page, "⟦"))
	}
}
