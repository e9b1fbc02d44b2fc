package test

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"funn/internal/call"
	"funn/internal/platform/db"
	"funn/internal/platform/web"
)

// writer is an applicant at their browser, who writes by the pages.
type writer struct {
	*site
	person string
	client *http.Client
	at     string // address of what is written
	rushed bool   // the server may be too busy to answer, which is told by a status of 0
}

// answer gives the answer, closed; one without a status when there was none.
func (w *writer) answer(t testing.TB, res *http.Response, err error) *http.Response {
	t.Helper()
	if err == nil {
		res.Body.Close()
		return res
	}
	if !w.rushed {
		t.Error(err)
	}
	return &http.Response{Header: http.Header{}}
}

// sketch begins a sketch in answer to a call.
func (s *site) sketch(t testing.TB, person, call string) *writer {
	t.Helper()
	w := &writer{site: s, person: person, client: s.as(t, person)}
	res := w.send(t, "/skisse/ny", values("call", call, "_key", web.NewKey()))
	if w.at = res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s begins a sketch: %d", person, res.StatusCode)
	}
	return w
}

func (w *writer) send(t testing.TB, path string, form url.Values) *http.Response {
	t.Helper()
	res, err := w.client.PostForm(w.URL+path, form)
	return w.answer(t, res, err)
}

var saved = regexp.MustCompile(`name="_version" value="(\d+)"`)

// writes fills in a part.
func (w *writer) writes(t testing.TB, part string, pairs ...string) {
	t.Helper()
	_, page := w.get(t, w.person, w.at+"/del/"+part)
	version := saved.FindStringSubmatch(page)
	if version == nil {
		t.Fatalf("%s has no form: %s", part, page)
	}
	if res := w.send(t, w.at+"/del/"+part, values(append(slices.Clone(pairs), "_version", version[1])...)); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s is saved: %d", part, res.StatusCode)
	}
}

// whole writes all that a sketch needs; text is in every answer that can hold it.
func (w *writer) whole(t testing.TB, text string) {
	t.Helper()
	w.writes(t, "prosjekt", "title", text+" tittel", "lang", "nb", "starts", "01.08.2023", "months", "24", "asked", "3000000")
	w.writes(t, "institusjon", "institution", text+" institutt", "leader", text+" leder", "email", "leder@example.org")
	w.writes(t, "ide", "summary", text+" sammendrag", "relevance", text+" nytte")
	w.writes(t, "opplegg", "questions", text+" hvorfor", "methods", text+" metode", "use", text+" bruk")
}

// attaches uploads a file as a browser does, and says where that led.
func (w *writer) attaches(t testing.TB, question, name string, content []byte, hidden url.Values) *http.Response {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for field, list := range hidden {
		if err := m.WriteField(field, list[0]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := m.CreateFormFile("fil", name)
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	res, err := w.client.Post(w.URL+w.at+"/vedlegg/"+question, m.FormDataContentType(), &body)
	return w.answer(t, res, err)
}

var attachTo = regexp.MustCompile(`/vedlegg/([a-z0-9-]+)"`)

// question gives the id of the part's question that takes attachments.
func (w *writer) question(t testing.TB, part string) string {
	t.Helper()
	_, page := w.get(t, w.person, w.at+"/del/"+part)
	found := attachTo.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("%s takes no attachments: %s", part, page)
	}
	return found[1]
}

// withAttachment adds a question to a call that is answered with a file.
func withAttachment(send func(person, path string, pairs ...string)) {
	send("fou", "/sporsmal", "question", call.NewQuestion, "part", "ide", "question_kind", call.Attach, "label_nb", "Vedlegg", "label_nn", "Vedlegg")
}

// placesOf gives where the text can be read: in the rows of the database, in a copy of
// it as operators make them, in any file that the program or the database has, for
// temporary use too, and in the log.
func (s *site) placesOf(t testing.TB, text, temporary string) []string {
	t.Helper()
	out := s.onDisk(t, text)
	if strings.Contains(s.log.String(), text) {
		out = append(out, "the log")
	}
	if strings.Contains(s.backup(t), text) {
		out = append(out, "a backup")
	}
	folders := []string{temporary}
	d := s.Engine.DB
	if d.Dialect == db.Postgres {
		tables, err := db.All[string](t.Context(), d, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range tables {
			n, err := db.One[int](t.Context(), d, fmt.Sprintf(`SELECT count(*) FROM %q x WHERE x::text LIKE $1 OR x::text LIKE $2`, table), "%"+text+"%", "%"+fmt.Sprintf("%x", text)+"%")
			if err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				out = append(out, "the table "+table)
			}
		}
		if dir := os.Getenv("FUNN_TEST_POSTGRES_DIR"); dir != "" {
			folders = append(folders, dir)
		}
	}
	for _, folder := range folders {
		found, err := exec.CommandContext(t.Context(), "grep", "-rlaF", text, folder).Output()
		if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() > 1) {
			t.Fatal(err)
		}
		out = append(out, strings.Fields(string(found))...)
	}
	return out
}

// backup gives a copy of the database as docs/operations.md says that it is made, with
// PostgreSQL's rows of bytes as they are.
func (s *site) backup(t testing.TB) string {
	t.Helper()
	if s.Engine.DB.Dialect == db.SQLite {
		path := filepath.Join(t.TempDir(), "copy.db")
		if _, err := s.Engine.DB.Exec(t.Context(), "VACUUM INTO $1", path); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	text, err := exec.CommandContext(t.Context(), "pg_dump", "--dbname", s.address).Output()
	if err != nil {
		t.Fatalf("pg_dump, which is wanted beside the server: %v", err)
	}
	return hexOfBytes.ReplaceAllStringFunc(string(text), func(digits string) string {
		raw, err := hex.DecodeString(digits[len(`\\x`):])
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	})
}

// hexOfBytes is how pg_dump writes bytes.
var hexOfBytes = regexp.MustCompile(`\\\\x(?:[0-9a-f]{2})+`)

// S5: what an applicant writes can be read by nobody before two have opened it. A
// canary in the draft, in an attachment and its name, in what is sent, and in what is
// kept over a lost login is in no row, file, log or letter until then; when it has been
// opened, the same search finds it.
func TestSealedMeansSealed(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	each(t, func(t *testing.T, s *site) {
		canary := fmt.Sprintf("KANARI%dFUGL", time.Now().UnixNano())
		h, parts := s.finished(t, withAttachment)
		page := "/utlysning/" + h.Number
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
		w := s.sketch(t, "forsker", h.ID)
		sealed := func(when string) {
			t.Helper()
			for _, place := range s.placesOf(t, canary, temporary) {
				t.Errorf("%s: it can be read in %s", when, place)
			}
		}
		w.whole(t, canary)
		question := w.question(t, "ide")
		// Larger than what is read into memory, so that a library would put it on disk.
		content := []byte(strings.Repeat("Om "+canary+" som synger.\n", 100_000))
		if res := w.attaches(t, question, canary+".txt", content, nil); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("attach: %d", res.StatusCode)
		}
		sealed("draft")
		if _, body := s.get(t, "forsker", w.at+"/del/ide"); !strings.Contains(body, canary+".txt") || !strings.Contains(body, canary+" nytte") {
			t.Error("the applicant does not see what they wrote")
		}

		// The login is lost over a form, and over a file.
		form := s.opens(t, "forsker", w.at+"/del/opplegg")
		form.Set("methods", canary+" som nesten gikk tapt")
		s.expire(t)
		if res := w.send(t, w.at+"/del/opplegg", form); !strings.HasPrefix(res.Header.Get("Location"), "/logginn") {
			t.Fatalf("sent after the session died: %d", res.StatusCode)
		}
		if n := s.CountRows(t.Context(), "kept_form"); n != "1" {
			t.Errorf("%s forms are kept", n)
		}
		w.attaches(t, question, canary+"2.txt", content, url.Values{web.SenderField: form[web.SenderField]})
		sealed("kept over a lost login")
		s.logsIn(t, "forsker", "forsker")
		s.clients = map[string]*http.Client{"forsker": s.clients["forsker"]} // the others log in anew
		if _, body := s.get(t, "forsker", w.at+"/del/opplegg"); !strings.Contains(body, "som nesten gikk tapt") {
			t.Error("what was written when the login was lost does not come back")
		}

		if res := w.send(t, w.at+"/send", values("_key", web.NewKey())); res.Header.Get("Location") != w.at {
			_, body := s.get(t, "forsker", w.at+"/send")
			t.Fatalf("send: %d %s\n%s", res.StatusCode, res.Header.Get("Location"), body)
		}
		sealed("sent")
		for _, person := range []string{"fou", "fageier2", "utvalg", "jurist"} {
			if status, _ := s.get(t, person, w.at); status != http.StatusNotFound {
				t.Errorf("%s sees a sketch before the deadline: %d", person, status)
			}
		}
		move(time.Date(2023, 3, 16, 8, 0, 0, 0, time.UTC))
		if state := s.head(t, h.Number).State; state != call.Assessment1 {
			t.Fatalf("the call is %s", state)
		}
		sealed("after the deadline")
		give := func(person string) {
			t.Helper()
			if status, body := s.post(t, person, page+"/gi-nokkeldel", values("part", parts[person])); status != http.StatusSeeOther {
				t.Fatalf("%s gives their part: %d\n%s", person, status, body)
			}
		}
		give("jurist")
		if status, _ := s.get(t, "fou", w.at); status != http.StatusNotFound {
			t.Errorf("one part opens: %d", status)
		}
		sealed("with one part given")
		give("utvalg")
		deadline := time.Now().Add(30 * time.Second)
		for {
			if _, body := s.get(t, "fou", page+"/nokkel"); strings.Contains(body, "ble åpnet") {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("it is never open")
			}
			time.Sleep(20 * time.Millisecond)
		}
		if status, body := s.get(t, "fou", w.at); status != http.StatusOK || !strings.Contains(body, canary) {
			t.Errorf("the R&D section reads it: %d", status)
		}
		// The control: the same search finds it now.
		if places := s.placesOf(t, canary, temporary); len(places) == 0 {
			t.Error("the search finds nothing in what is open either")
		} else if !slices.Contains(places, "a backup") {
			t.Error("the search does not find what is open in a backup")
		} else {
			t.Logf("open, it is found in %d places, such as %s", len(places), cmp.Or(places[0], "?"))
		}
		if err := s.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, mail := s.get(t, "", "/demo/post"); !strings.Contains(mail, "åpnet det som var sendt") {
			t.Error("the R&D section is not told that it is open")
		}
	})
}

// letters gives all letters that are queued or sent to others than the person, without
// what differs by chance.
func letters(t *testing.T, s *site, but string) string {
	t.Helper()
	texts, err := db.All[string](t.Context(), s.Engine.DB, "SELECT to_address || subject || body FROM mail_message WHERE to_address NOT IN (SELECT email FROM person WHERE id = $1) ORDER BY to_address, subject, body", but)
	if err != nil {
		t.Fatal(err)
	}
	return same(strings.Join(texts, "\n"))
}

// Before the deadline nobody can tell from any list, count, search, export, task or
// page of a call whether somebody has sent a sketch, has begun on one, or has not.
func TestWorldsBeforeTheDeadline(t *testing.T) {
	with, without := onSQLite(t), onSQLite(t)
	number := with.titled(t, "call", "Ideer til bedre møter på kontoret")
	w := with.sketch(t, "forsker", with.head(t, number).ID)
	w.whole(t, "skjult")
	if res := w.send(t, w.at+"/send", values()); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the sketch is not sent: %d", res.StatusCode)
	}
	with.sketch(t, "forsker", with.head(t, number).ID) // and one begun on
	for _, s := range []*site{with, without} {
		s.transport = direct{s.Handler}
		s.clients = map[string]*http.Client{}
		if err := s.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if states := len(with.records(t, "sketch")) - len(without.records(t, "sketch")); states < 1 {
		t.Fatal("nothing was sent: the test sees nothing")
	}
	if a, b := letters(t, with, "forsker"), letters(t, without, "forsker"); a != b {
		t.Errorf("the letters to others tell that something was sent: %s", difference(a, b))
	}
	page := "/utlysning/" + number
	beside := []string{page, page + "/skisser", page + "/skisser.csv", page + "/soknader", page + "/svar", page + "/logg", "/trad/" + number, "/api/v1/calls?example=true", "/sok?q=skjult+tittel", "/kunnskap/utlysning/ideer-til-bedre-moter-pa-kontoret", w.at, w.at + "/send"}
	cells := compareWorlds(t, with, without, beside, "", "fou", "fageier", "utvalg", "admin", "leverandor", "fagvurderer")
	t.Logf("%d cells", cells)
}
