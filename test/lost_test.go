package test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"funn/internal/platform/db"
	"funn/internal/platform/ui/axetest"
)

// expire lets every session die, as an hour without use does.
func (s *site) expire(t testing.TB) {
	t.Helper()
	if _, err := s.Engine.DB.Exec(t.Context(), "UPDATE session SET expires = $1", time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// opens gives the form of a page with its hidden fields, as a browser would send it.
func (s *site) opens(t testing.TB, person, path string) url.Values {
	t.Helper()
	status, page := s.get(t, person, path)
	_, page, found := strings.Cut(page, `<form class="f-form"`)
	if status != http.StatusOK || !found {
		t.Fatalf("%s opens %s: %d", person, path, status)
	}
	page, _, _ = strings.Cut(page, "</form>")
	form := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], m[2])
	}
	return form
}

// sends posts a form from the person's browser and gives where that led.
func (s *site) sends(t testing.TB, person, path string, form url.Values) (status int, to string) {
	t.Helper()
	res, err := s.as(t, person).PostForm(s.URL+path, form)
	if err != nil {
		t.Fatal(err)
	}
	read(t, res)
	return res.StatusCode, res.Header.Get("Location")
}

// logsIn logs in as a person at the browser that another has used.
func (s *site) logsIn(t testing.TB, browser, person string) {
	t.Helper()
	if status, _ := s.sends(t, browser, "/logginn", url.Values{"user": {person}}); status != http.StatusSeeOther {
		t.Fatalf("log in as %s: %d", person, status)
	}
}

const written = "Det som tok hele dagen å skrive."

// needForm fills in the form that reports a need, wholly.
func needForm(form url.Values) url.Values {
	for name, value := range map[string]string{"title": "Et behov som nesten gikk tapt", "problem": written, "decision": "Om tilbudet skal videreføres.", "decision_date": inDays(240), "themes": "arbeidsrettede-tiltak-og-virkemidler"} {
		form.Set(name, value)
	}
	return form
}

// What was written when the login was lost stands in the form after it, for the
// same person at the same browser, and nothing is sent by itself.
func TestFormSurvivesALostLogin(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		const path = "/behov/meld"
		form := needForm(s.opens(t, "fageier", path))
		before := s.newest(t, "need").Number
		s.expire(t)
		if status, to := s.sends(t, "fageier", path, form); status != http.StatusSeeOther || to != "/logginn?til="+url.QueryEscape(path) {
			t.Fatalf("sent after the session died: %d to %q", status, to)
		}
		rows, err := db.All[string](t.Context(), s.Engine.DB, "SELECT data FROM kept_form")
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d forms are kept, %v", len(rows), err)
		}
		if raw, err := base64.StdEncoding.DecodeString(rows[0]); err != nil || bytes.Contains(raw, []byte("dagen")) || len(raw) < len(written) {
			t.Errorf("whoever has the database can read the form: %q, %v", raw, err)
		}
		_, page := s.get(t, "fageier", "/logginn?til="+url.QueryEscape(path))
		if !strings.Contains(page, "tatt vare på det du skrev") || strings.Contains(page, written) {
			t.Error("the login page does not say that the form is kept, or shows it")
		}
		shows := func(person string, want bool) {
			t.Helper()
			if _, page := s.get(t, person, path); strings.Contains(page, written) != want {
				t.Errorf("%s's browser shows what was written: %v, want %v", person, !want, want)
			}
		}
		s.logsIn(t, "fageier", "fageier2") // another person at the same browser
		shows("fageier", false)
		s.clients["elsewhere"] = s.as(t, "atl")
		s.logsIn(t, "elsewhere", "fageier") // the same person at another browser
		shows("elsewhere", false)
		s.sends(t, "fageier", "/loggut", nil)
		s.logsIn(t, "fageier", "fageier")
		shows("fageier", true)
		shows("fageier", true) // also when the page is loaded again
		if n := s.newest(t, "need").Number; n != before {
			t.Fatalf("%s was sent by itself", n)
		}
		_, page = s.get(t, "fageier", path)
		if !strings.Contains(page, "Du var ikke lenger logget inn da skjemaet ble sendt") || !strings.Contains(page, form.Get("_key")) {
			t.Error("the form does not say what happened, or is another than the one that was sent")
		}
		again := needForm(s.opens(t, "fageier", path))
		if status, to := s.sends(t, "fageier", path, again); status != http.StatusSeeOther || !strings.HasPrefix(to, "/behov/") {
			t.Fatalf("sent again: %d to %q", status, to)
		}
		if s.newest(t, "need").Number == before {
			t.Error("nothing came of it")
		}
		shows("fageier", false) // once sent it is forgotten
	})
}

// A form that somebody opened is not sent as another who has logged in since.
func TestFormIsItsOwnersOnly(t *testing.T) {
	s := onSQLite(t)
	const path = "/behov/meld"
	form := needForm(s.opens(t, "fageier", path))
	before := s.newest(t, "need").Number
	s.logsIn(t, "fageier", "fageier2")
	if status, to := s.sends(t, "fageier", path, form); status != http.StatusSeeOther || !strings.HasPrefix(to, "/logginn") {
		t.Errorf("sent as another: %d to %q", status, to)
	}
	if n := s.newest(t, "need").Number; n != before {
		t.Errorf("%s was sent as another", n)
	}
	s.logsIn(t, "fageier", "fageier")
	if _, page := s.get(t, "fageier", path); !strings.Contains(page, written) {
		t.Error("what was written is lost")
	}
}

// Nothing is kept of a form that cannot be known to be anybody's, of one that
// another site sends, or beyond its size.
func TestWhatIsNotKept(t *testing.T) {
	s := onSQLite(t)
	const path = "/behov/meld"
	theirs := s.opens(t, "fageier", path).Get("_who")
	if theirs == "" {
		t.Fatal("the form does not say to whom it was shown: the test tries nothing")
	}
	send := func(name string, change func(form url.Values), header ...string) {
		t.Helper()
		form := needForm(url.Values{"_who": {theirs}})
		change(form)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := s.as(t, "").Do(req)
		if err != nil {
			t.Fatal(err)
		}
		read(t, res)
		want := "0"
		if name == "as it should be" {
			want = "1"
		}
		if n := s.CountRows(t.Context(), "kept_form"); n != want {
			t.Errorf("%s: %s kept, want %s (status %d)", name, n, want, res.StatusCode)
		}
	}
	send("nobody's", func(f url.Values) { f.Del("_who") })
	send("made up", func(f url.Values) { f.Set("_who", "ZmFnZWllcg.99999999999.AAAA") })
	send("altered", func(f url.Values) { f.Set("_who", "b"+theirs) })
	send("from another site", func(url.Values) {}, "Sec-Fetch-Site", "cross-site", "Origin", "https://elsewhere.example")
	send("too large", func(f url.Values) { f.Set("problem", strings.Repeat("x", 600<<10)) })
	send("as it should be", func(url.Values) {})
	for range 8 {
		form := needForm(url.Values{"_who": {theirs}})
		s.sends(t, "", path, form)
	}
	if n := s.CountRows(t.Context(), "kept_form"); n != "5" {
		t.Errorf("%s forms of one person are kept, want 5", n)
	}
}

// counted counts what is read of it.
type counted struct {
	io.Reader
	n int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += n
	return n, err
}

// Nobody can fill the disk or the sessions with forms that are nobody's: such a
// form is not read, and of no form do its files stay behind.
func TestNothingStaysOfFormsThatAreRefused(t *testing.T) {
	s := onSQLite(t)
	const path = "/behov/meld"
	theirs := s.opens(t, "fageier", path).Get("_who")
	s.as(t, "fageier2")
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	sessions := s.CountRows(t.Context(), "session")
	large := strings.Repeat("x", 3<<20)
	for _, c := range []struct {
		name, person string
		form         url.Values
	}{{"nobody's", "", url.Values{}}, {"made up", "", url.Values{"_who": {"ZmFnZWllcg.99999999999.AAAA"}}}, {"lost login", "", url.Values{"_who": {theirs}}}, {"another's", "fageier2", url.Values{"_who": {theirs}}}} {
		if c.name == "lost login" && s.CountRows(t.Context(), "session") != sessions {
			t.Error("nobody's forms made sessions")
		}
		if status, to, _ := s.upload(t, c.person, path, c.form, "a.txt", large); status != http.StatusSeeOther || !strings.HasPrefix(to, "/logginn") {
			t.Errorf("%s: %d to %q", c.name, status, to)
		}
		if left := must(os.ReadDir(temp))(t); len(left) > 0 {
			t.Errorf("%s: %d files stay behind", c.name, len(left))
		}
	}
	sessions = s.CountRows(t.Context(), "session")
	for _, start := range []string{"a=%zz&", "a=1&"} {
		body := &counted{Reader: strings.NewReader(start + large)}
		req := httptest.NewRequest(http.MethodPost, path, body)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.Handler.ServeHTTP(w, req)
		if w.Code != http.StatusSeeOther || body.n > 100<<10 {
			t.Errorf("%s: %d, %d bytes were read of nobody's form", start, w.Code, body.n)
		}
	}
	if n := s.CountRows(t.Context(), "session"); n != sessions {
		t.Errorf("%s sessions after broken forms, want %s", n, sessions)
	}
}

// What could not be kept is shown, to be copied: it is nowhere else.
func TestWhatCouldNotBeKeptIsShown(t *testing.T) {
	s := onSQLite(t)
	const path = "/behov/meld"
	form := needForm(s.opens(t, "fageier", path))
	form.Set("problem", written+"<b>"+strings.Repeat("x", 600<<10))
	s.expire(t)
	res, err := s.as(t, "fageier").PostForm(s.URL+path, form)
	if err != nil {
		t.Fatal(err)
	}
	status, page := read(t, res)
	if status != http.StatusRequestEntityTooLarge || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("answered with %d, %q", status, res.Header.Get("Cache-Control"))
	}
	for _, want := range []string{"Skjemaet ble ikke sendt", written + "&lt;b&gt;", "Kopier det", " readonly", "Et behov som nesten gikk tapt"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, form.Get("_who")) || strings.Contains(page, "Gå tilbake i nettleseren") {
		t.Error("the page shows hidden fields, or promises what does not hold")
	}
}

// Nor is feedback sent as another than who wrote it.
func TestFeedbackIsItsSendersOnly(t *testing.T) {
	s := onSQLite(t)
	const path = "/kunnskap/tilbakemelding"
	fill := func(form url.Values) url.Values {
		form.Set("about", "error")
		form.Set("body", written)
		return form
	}
	form := fill(s.opens(t, "fageier", path))
	before := s.CountRows(t.Context(), "feedback")
	s.logsIn(t, "fageier", "fageier2")
	if status, page := s.post(t, "fageier", path, form); status != http.StatusConflict || !strings.Contains(page, written) || !strings.Contains(page, "Innloggingen er en annen nå") {
		t.Errorf("sent as another: %d, what was written is shown: %v", status, strings.Contains(page, written))
	}
	if n := s.CountRows(t.Context(), "feedback"); n != before {
		t.Errorf("%s was sent as another", n)
	}
	if status, to := s.sends(t, "fageier", path, fill(s.opens(t, "fageier", path))); status != http.StatusSeeOther || !strings.HasPrefix(to, path) {
		t.Errorf("sent as oneself: %d to %q", status, to)
	}
}

// What is kept of others is swept when its hour is over, each time a form is kept.
func TestKeptFormsAreSwept(t *testing.T) {
	s := onSQLite(t)
	const path = "/behov/meld"
	for _, person := range []string{"fageier", "fageier2"} {
		form := needForm(s.opens(t, person, path))
		s.sends(t, "", path, form)
		if n := s.CountRows(t.Context(), "kept_form"); n != "1" {
			t.Errorf("%s forms are kept after %s's, want 1", n, person)
		}
		if _, err := s.Engine.DB.Exec(t.Context(), "UPDATE kept_form SET made = $1", time.Now().Add(-2*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
}

// upload posts a form with a file.
func (s *site) upload(t testing.TB, person, path string, form url.Values, name, content string) (status int, to, page string) {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for field, values := range form {
		for _, v := range values {
			if err := m.WriteField(field, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	if name != "" {
		part := must(m.CreateFormFile("file", name))(t)
		must(io.WriteString(part, content))(t)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	res, err := s.as(t, person).Post(s.URL+path, m.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	status, page = read(t, res)
	return status, res.Header.Get("Location"), page
}

// received gives the address of a publication that takes files.
func (s *site) received(t testing.TB) string {
	t.Helper()
	for _, h := range s.records(t, "publication") {
		if h.State == "MOTTATT" {
			return "/publikasjon/" + h.Number
		}
	}
	t.Fatal("no publication waits for its files")
	return ""
}

var keptFileField = regexp.MustCompile(`name="_kept\.file" value="([^"]+)"`)

// A file need not be chosen again: not after an error elsewhere in the form, nor
// after a lost login. It can be exchanged and taken away, and it is nobody else's.
func TestFilesAreKeptWithTheForm(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		at := s.received(t)
		path := at + "/ny-fil"
		whole := func(form url.Values) url.Values {
			form.Set("file_title", "Rapporten")
			form.Set("file_lang", "nb")
			return form
		}
		fail := func(name, content string) (token string) {
			t.Helper()
			form := s.opens(t, "fou", path)
			form.Set("file_lang", "nb")
			status, _, page := s.upload(t, "fou", path, form, name, content)
			m := keptFileField.FindStringSubmatch(page)
			if status != http.StatusUnprocessableEntity || m == nil || !strings.Contains(page, name) {
				t.Fatalf("without a title: %d, the file stands in the form: %v", status, m != nil)
			}
			return m[1]
		}
		token := fail("foerste.txt", "Første utgave.\n")

		// Taken away, the form lacks it.
		form := whole(s.opens(t, "fou", path))
		form.Set("_kept.file", token)
		form.Set("_drop.file", "true")
		if status, _, page := s.upload(t, "fou", path, form, "", ""); status != http.StatusUnprocessableEntity || keptFileField.MatchString(page) {
			t.Errorf("after the file was taken away: %d", status)
		}
		// Another's token, or a made-up one, is none.
		form = whole(s.opens(t, "fou2", path))
		form.Set("_kept.file", token)
		if status, _, page := s.upload(t, "fou2", path, form, "", ""); status != http.StatusUnprocessableEntity || strings.Contains(page, "foerste.txt") {
			t.Errorf("with another's file: %d", status)
		}
		// Sent again, it comes with the form.
		form = whole(s.opens(t, "fou", path))
		form.Set("_kept.file", token)
		if status, to, _ := s.upload(t, "fou", path, form, "", ""); status != http.StatusSeeOther || to != at {
			t.Errorf("sent again: %d to %q", status, to)
		}
		if _, page := s.get(t, "fou", at); !strings.Contains(page, "foerste.txt") {
			t.Error("the file that was kept did not come with the form")
		}
		// Exchanged, the new one counts.
		form = whole(s.opens(t, "fou", path))
		form.Set("_kept.file", fail("andre.txt", "Andre utgave.\n"))
		if status, _, _ := s.upload(t, "fou", path, form, "tredje.txt", "Tredje utgave.\n"); status != http.StatusSeeOther {
			t.Errorf("exchanged: %d", status)
		}
		if _, page := s.get(t, "fou", at); !strings.Contains(page, "tredje.txt") || strings.Contains(page, "andre.txt") {
			t.Error("the file that was exchanged came with the form")
		}
		// It is kept over a lost login too.
		form = whole(s.opens(t, "fou", path))
		s.expire(t)
		if status, to, _ := s.upload(t, "fou", path, form, "fjerde.txt", "Fjerde utgave.\n"); status != http.StatusSeeOther || !strings.HasPrefix(to, "/logginn") {
			t.Fatalf("after the session died: %d to %q", status, to)
		}
		s.logsIn(t, "fou", "fou")
		form = whole(s.opens(t, "fou", path))
		if form.Get("_kept.file") == "" {
			t.Fatal("the file is lost with the login")
		}
		if status, _, _ := s.upload(t, "fou", path, form, "", ""); status != http.StatusSeeOther {
			t.Errorf("sent after the new login: %d", status)
		}
		if _, page := s.get(t, "fou", at); !strings.Contains(page, "fjerde.txt") {
			t.Error("the file that was sent when the login was lost did not come with the form")
		}
	})
}

// The same in a browser, where the user sees what happened and presses the button
// once more.
func TestLostLoginInBrowser(t *testing.T) {
	s := onSQLite(t)
	u := newUser(t, s)
	u.become("fageier")
	u.visit("/behov/meld")
	u.fill("title", "Et behov som nesten gikk tapt", "problem", written, "decision", "Om tilbudet skal videreføres.", "decision_date", inDays(240), "themes", "arbeidsrettede-tiltak-og-virkemidler")
	s.expire(t)
	const send = `main form[method=post]:not(.f-postbutton) button[type=submit]`
	u.click(send)
	if at := u.at(); at != "/logginn?til=%2Fbehov%2Fmeld" {
		t.Fatalf("after sending the user stands at %s", at)
	}
	if page := axetest.Eval[string](t, u.Browser, "document.body.innerText"); !strings.Contains(page, "tatt vare på det du skrev") {
		t.Errorf("the login page says:\n%s", page)
	}
	u.click(fmt.Sprintf(`button[name="user"][value=%q]`, "fageier"))
	if at := u.at(); at != "/behov/meld" {
		t.Fatalf("after login the user stands at %s", at)
	}
	u.sees("Du var ikke lenger logget inn da skjemaet ble sendt", "Ingenting er sendt ennå")
	if got := axetest.Eval[string](t, u.Browser, `document.querySelector('[name=problem]').value`); got != written {
		t.Errorf("the field holds %q", got)
	}
	for _, v := range u.Check(t) {
		t.Error(v)
	}
	u.click(send)
	u.sees("Et behov som nesten gikk tapt", "Meldt")

	path := s.received(t) + "/ny-fil"
	u.become("fou")
	u.visit(path)
	file := t.TempDir() + "/et-ganske-langt-filnavn-paa-en-rapport-om-digitale-kurs.txt"
	if err := os.WriteFile(file, []byte("Rapporten.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(u.Context(), chromedp.SetUploadFiles(chromedp.CSS(`input[type=file]`), []string{file})); err != nil {
		t.Fatal(err)
	}
	u.click(send)
	u.sees("et-ganske-langt-filnavn", "Fjern filen")
	for _, v := range u.Check(t) {
		if v.Rule != "console" { // the browser notes there that it was answered with 422
			t.Error(v)
		}
	}
	u.fill("file_title", "Rapporten", "file_lang", "nb")
	u.click(send)
	u.sees("et-ganske-langt-filnavn")
}
