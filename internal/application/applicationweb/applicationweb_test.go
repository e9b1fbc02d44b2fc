package applicationweb_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"funn/internal/application"
	"funn/internal/application/applicationweb"
	"funn/internal/call"
	"funn/internal/need"
	"funn/internal/org/orgtest"
	"funn/internal/platform/access"
	"funn/internal/platform/blob"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/jobs"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// asked answers what calls ask of other modules.
type asked struct{}

func (asked) Holders(context.Context, ...access.Role) ([]form.Option, error) { return nil, nil }
func (asked) Waiting(context.Context) ([]form.Option, error)                 { return nil, nil }
func (asked) Themes(context.Context) ([]form.Option, error)                  { return nil, nil }

type house struct {
	*orgtest.House
	calls   *call.Service
	cases   *application.Service
	folder  string // of the files
	mails   []application.Mail
	invited []string // paths of invitations
	key     *seal.PrivateKey
	call    *call.Call
}

var deadline = time.Date(2023, 3, 15, 11, 0, 0, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// each gives the test a house with a call that is open for sketches.
func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	build := func(t *testing.T) (func(o *orgtest.House) []module.Module, **house) {
		var h *house
		return func(o *orgtest.House) []module.Module {
			h = &house{House: o}
			h.calls = call.New(asked{}, asked{}, asked{})
			h.cases = application.New(h.calls, seal.NewSecret())
			h.calls.Cases, h.calls.Submissions, h.cases.People = h.cases, h.cases, o.Directory
			h.cases.Deliver = func(_ context.Context, m application.Mail) error { h.mails = append(h.mails, m); return nil }
			return []module.Module{
				{Name: "call", Kinds: []record.AnyKind{h.calls.Kind}, Messages: call.Messages},
				applicationweb.Module(applicationweb.Deps{Service: h.cases, Calls: h.calls, Site: o.Site, Invite: func(_ context.Context, _, path, _ string) error {
					h.invited = append(h.invited, path)
					return nil
				}}),
				{Name: "need", Messages: need.Messages}, {Name: "file", Messages: blob.Messages},
			}
		}, &h
	}
	make, at := build(t)
	orgtest.Each(t, []fs.FS{jobs.Migrations, call.Migrations, application.Migrations}, make, func(t *testing.T, _ *orgtest.House) {
		h := *at
		h.folder = t.TempDir()
		store, err := blob.Open(context.Background(), "file://"+h.folder)
		must(t, err)
		h.cases.Files = store
		h.open(t)
		test(t, h)
	})
}

// open makes the call.
func (h *house) open(t testing.TB) {
	t.Helper()
	public, parts, err := seal.NewCallKey()
	must(t, err)
	h.key, err = seal.Combine(parts[0], parts[2])
	must(t, err)
	c := h.calls.Kind.New()
	c.Title, c.State, c.FrameOre, c.Owner, c.MaxMonths = "Utlysning", call.Open1, 30_000_000_00, "fageier", 36
	day := orgtest.Day("2023-03-15")
	c.Deadline.V, c.DeadlineClock = call.When{From: day, To: day}, "12:00:00"
	day = orgtest.Day("2023-06-15")
	c.ApplicationsDue.V, c.ApplicationsClock = call.When{From: day, To: day}, "12:00:00"
	c.Key.V = &call.Key{Public: public}
	must(t, h.calls.Kind.Import(orgtest.System(), c, "test"))
	h.call = c
}

// canary is what the tests write; before it is opened it is found nowhere.
const canary = "Kanarifuglen"

var sketch = map[string][]string{
	"prosjekt":    {"title", canary + " synger", "lang", "nn", "starts", "01.08.2023", "months", "24", "asked", "3 000 000"},
	"institusjon": {"institution", "NORCE", "leader", "Leder Ledersen", "email", "leder@example.org", "orcid", "0000-0002-1825-0097"},
	"deltakere":   {"partner.1.name", "Fafo"},
	"ide":         {"summary", "Kva " + canary + " gjer", "relevance", "Nytte"},
	"opplegg":     {"questions", "Kvifor?", "methods", "Lytting", "use", "Konsert"},
}

// begin starts a sketch as the person through the pages and gives its address.
func (h *house) begin(t testing.TB, person string) string {
	t.Helper()
	p := h.Post(t, person, "/skisse/ny", "call", h.call.ID, "_key", "k"+person)
	if p.Status != http.StatusSeeOther {
		t.Fatalf("a sketch is started with %d: %s", p.Status, p.Body)
	}
	return p.Location
}

var versionIn = regexp.MustCompile(`name="_version" value="(\d+)"`)

// write fills in parts of the form as one who clicks through it.
func (h *house) write(t testing.TB, person, at string, parts map[string][]string) {
	t.Helper()
	for part, fields := range parts {
		page := h.Get(t, person, at+"/del/"+part)
		v := versionIn.FindStringSubmatch(page.Body)
		if page.Status != http.StatusOK || v == nil {
			t.Fatalf("%s/del/%s: %d %s", at, part, page.Status, page.Body)
		}
		p := h.Post(t, person, at+"/del/"+part, append(slices.Clone(fields), "_version", v[1], "_videre", "oversikt")...)
		if p.Status != http.StatusSeeOther || p.Location != at {
			t.Fatalf("%s is saved with %d to %s: %s", part, p.Status, p.Location, p.Body)
		}
	}
}

// upload sends a file as a browser does; cut breaks it off in the middle.
func (h *house) upload(t testing.TB, person, path, name string, content []byte, cut bool) orgtest.Page {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	w, err := m.CreateFormFile("fil", name)
	must(t, err)
	_, err = w.Write(content)
	must(t, err)
	must(t, m.Close())
	var r io.Reader = &body
	if cut {
		r = io.MultiReader(io.LimitReader(&body, int64(body.Len()/2)), broken{})
	}
	req := httptest.NewRequest(http.MethodPost, path, r)
	req.Header.Set("Content-Type", m.FormDataContentType())
	return h.Ask(t, person, req)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (h *house) stored(t testing.TB) int {
	t.Helper()
	n := 0
	must(t, filepath.WalkDir(h.folder, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	}))
	return n
}

// nowhere holds that what was written can be read nowhere.
func (h *house) nowhere(t testing.TB) {
	t.Helper()
	if h.DB.Dialect == db.SQLite {
		whole := filepath.Join(t.TempDir(), "copy.db")
		_, err := h.DB.Exec(context.Background(), "VACUUM INTO $1", whole)
		must(t, err)
		text, err := os.ReadFile(whole)
		must(t, err)
		if bytes.Contains(text, []byte(canary)) {
			t.Error("what was written stands in the database")
		}
	} else {
		for _, table := range []string{"record", "submission", "event", "draft_part", "submission_version", "task", "number_series"} {
			rows, err := db.All[string](context.Background(), h.DB, "SELECT x::TEXT FROM "+table+" x")
			must(t, err)
			if strings.Contains(strings.Join(rows, "\n"), canary) {
				t.Errorf("what was written stands in %s", table)
			}
		}
	}
	must(t, filepath.WalkDir(h.folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(canary)) {
			t.Errorf("what was written stands in %s", path)
		}
		return err
	}))
	for _, m := range h.mails {
		for _, a := range m.Args {
			if s, ok := a.(string); ok && strings.Contains(s, canary) {
				t.Errorf("what was written stands in a letter")
			}
		}
	}
}

// The whole path of an applicant without scripts: begin, write, send, read the
// receipt and check it, send again, the deadline, the opening, the application.
func TestFromSketchToApplication(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		if p := h.Get(t, "forsker", "/skisse/ny?call="+h.call.ID); !strings.Contains(p.Body, `href="/min-side"><span class="aksel-label">Avbryt`) {
			t.Error("whoever leaves the form that begins a sketch is led to a page that is not there")
		}
		at := h.begin(t, "forsker")
		if p := h.Get(t, "forsker", at); !p.Has("1 av 5 deler er ferdige", "15. mars 2023", "Ikke begynt") {
			t.Errorf("the new sketch says %s", p.Body)
		}
		if p := h.Get(t, "forsker", at+"/send"); !p.Has("ting mangler", "/del/prosjekt?mangler=1#felt-title") || p.Has("Vi låser innholdet") {
			t.Errorf("what is missing: %s", p.Body)
		}
		if p := h.Post(t, "forsker", at+"/send", "_key", "tom"); p.Status != http.StatusConflict || !p.Has("ting mangler") {
			t.Errorf("an empty sketch is sent: %d", p.Status)
		}
		h.write(t, "forsker", at, sketch)
		if p := h.Get(t, "forsker", at); !p.Has("5 av 5 deler er ferdige", "Sist lagret 2. januar 2023") {
			t.Errorf("the written sketch says %s", p.Body)
		}
		if p := h.Get(t, "forsker", at+"/utskrift"); !p.Has(canary+" synger", "Lytting", "Fafo") {
			t.Errorf("on one page: %s", p.Body)
		}
		if p := h.Get(t, "forsker", at+"/send"); !p.Has("Vi låser innholdet", canary+" synger") {
			t.Errorf("the check: %s", p.Body)
		}
		if p := h.Post(t, "forsker", at+"/send", "_key", "en"); p.Location != at {
			t.Fatalf("sent with %d: %s", p.Status, p.Body)
		}
		page := h.Get(t, "forsker", at)
		hash := regexp.MustCompile(`[0-9a-f]{64}`).FindString(page.Body)
		plain := h.Get(t, "forsker", at+"/kvittering/1/innhold")
		sum := sha256.Sum256([]byte(plain.Body))
		if hash == "" || hex.EncodeToString(sum[:]) != hash || !strings.Contains(plain.Body, canary) {
			t.Errorf("the receipt says %s, the content has %x", hash, sum)
		}
		if p := h.Get(t, "forsker", at+"/kvittering/1"); !p.Has(canary, hash, "sha256sum") {
			t.Errorf("the copy: %s", p.Body)
		}
		if len(h.mails) != 1 || h.mails[0].Lang != "nn" || !slices.Contains(h.mails[0].Args, any(hash)) {
			t.Errorf("the letter: %+v", h.mails)
		}
		// Sent twice by the same press it is sent once; changed and sent again it counts anew.
		h.Post(t, "forsker", at+"/send", "_key", "en")
		h.write(t, "forsker", at, map[string][]string{"ide": {"summary", "Ny " + canary, "relevance", "Nytte"}})
		if p := h.Get(t, "forsker", at); !p.Has("Du har endret noe") || p.Has("Versjon 2") {
			t.Errorf("changed after it was sent: %s", p.Body)
		}
		h.Post(t, "forsker", at+"/send", "_key", "to")
		if p := h.Get(t, "forsker", at); !p.Has("Versjon 2", "Versjon 1") || p.Has("Versjon 3") {
			t.Errorf("the versions: %s", p.Body)
		}
		h.nowhere(t)
		for _, other := range []string{"fou", "fageier", "utvalg", "forsker2", "admin"} {
			for _, path := range []string{"", "/del/ide", "/utskrift", "/send", "/kvittering/1", "/medforfattere"} {
				if p := h.Get(t, other, at+path); p.Status != http.StatusNotFound {
					t.Errorf("%s gets %d at %s", other, p.Status, path)
				}
			}
		}

		h.Clock.Forward(deadline.Add(time.Millisecond))
		if p := h.Post(t, "forsker", at+"/send", "_key", "tre"); p.Status != http.StatusGone {
			t.Errorf("sent after the deadline: %d", p.Status)
		}
		if p := h.Post(t, "forsker", at+"/del/ide", "summary", "for sent", "_version", "2"); p.Status != http.StatusGone || !p.Has("for sent") {
			t.Errorf("saved after the deadline: %d %s", p.Status, p.Body)
		}
		must(t, h.calls.ShutDue(orgtest.System(), h.call.ID))
		h.Clock.Forward(deadline.Add(call.Grace + time.Second))
		must(t, h.calls.CloseDue(orgtest.System(), h.call.ID))
		if p := h.Get(t, "forsker", at+"/kvittering/2"); p.Status != http.StatusGone {
			t.Errorf("the copy after the deadline: %d", p.Status)
		}
		if n, err := db.One[int](context.Background(), h.DB, "SELECT count(*) FROM draft_part"); err != nil || n != 0 {
			t.Errorf("%d parts can still be read, %v", n, err)
		}
		must(t, h.cases.OpenAll(context.Background(), h.call.ID, application.Sketch, h.key, nil))
		if p := h.Get(t, "forsker", at); !p.Has("Ny "+canary, "Lytting") {
			t.Errorf("the opened sketch: %s", p.Body)
		}
		if p := h.Get(t, "fou", at); p.Status != http.StatusOK || !p.Has(canary+" synger") {
			t.Errorf("the section reads %d", p.Status)
		}

		x, err := h.cases.Sketches.ByNumber(h.As(t, "forsker"), filepath.Base(at))
		must(t, err)
		x.State = application.Invited
		grown, err := h.cases.Grow(context.Background(), x)
		must(t, err)
		again, err := h.cases.Grow(context.Background(), x)
		must(t, err)
		if grown.ID != again.ID {
			t.Error("one sketch grew into two applications")
		}
		h.stage(t, call.Open2)
		to := "/soknad/" + grown.Number
		if p := h.Get(t, "forsker2", to); p.Status != http.StatusNotFound {
			t.Errorf("the uninvited get %d", p.Status)
		}
		if p := h.Get(t, "forsker", to); !p.Has("Skissen og svaret på den", "Ny "+canary) {
			t.Errorf("the sketch beside: %s", p.Body)
		}
		for part, want := range map[string]string{"prosjekt": canary + " synger", "institusjon": "NORCE", "deltakere": "Fafo", "nytte": "Ny " + canary, "forskning": "Lytting"} {
			if p := h.Get(t, "forsker", to+"/del/"+part); !p.Has(want) {
				t.Errorf("%s lost %s", part, want)
			}
		}
		h.write(t, "forsker", to, map[string][]string{"budsjett": {"y2023.personnel", "1 000 000", "y2024.travel", "20000,50", "y2024.travel.own", "7"}})
		if p := h.Get(t, "forsker", to+"/del/budsjett"); !p.Has("Budsjett 2025") || p.Has("Budsjett 2026") || !strings.Contains(strings.ReplaceAll(p.Body, "\u00a0", " "), "1 020 000,50 kr fra Nav") {
			t.Errorf("the budget: %s", p.Body)
		}
		if p := h.Get(t, "forsker", "/min-side"); !p.Has(canary+" synger", "Skriv ferdig og send inn", "15. juni 2023") {
			t.Errorf("the applicant's page: %s", p.Body)
		}
		if p := h.Get(t, "fou", "/min-side"); p.Status != http.StatusNotFound {
			t.Errorf("staff get %d", p.Status)
		}
		_, err = h.DB.Exec(context.Background(), "UPDATE record SET state = $1 WHERE id = $2", application.Invited, x.ID)
		must(t, err)
		for state, asked := range map[string]bool{call.Open2: true, call.Assessment2: false} {
			h.stage(t, state)
			if p := h.Get(t, "forsker", "/min-side"); p.Has("Skriv søknaden") != asked {
				t.Errorf("asked to apply while the call is %s: %t", state, !asked)
			}
		}
	})
}

// stage puts the call in a state.
func (h *house) stage(t testing.TB, state string) {
	t.Helper()
	_, err := h.DB.Exec(context.Background(), "UPDATE record SET state = $1 WHERE id = $2", state, h.call.ID)
	must(t, err)
}

// Two windows: the second to save sees both texts, and nothing is overwritten before
// it says so.
func TestTwoWindows(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		at := h.begin(t, "forsker")
		part := at + "/del/ide"
		h.write(t, "forsker", at, map[string][]string{"ide": {"summary", "Første", "relevance", "Lik"}})
		h.Post(t, "forsker", part, "summary", "Vindu en", "relevance", "Lik", "_version", "1")
		p := h.Post(t, "forsker", part, "summary", "Vindu to", "relevance", "Lik", "_version", "1")
		if p.Status != http.StatusConflict || !p.Has("Vindu to", "Vindu en", "Ingenting er borte") {
			t.Fatalf("the second window: %d %s", p.Status, p.Body)
		}
		if v := versionIn.FindStringSubmatch(p.Body); v == nil || v[1] != "2" {
			t.Errorf("the form builds on %v", v)
		}
		if p := h.Get(t, "forsker", part); !p.Has("Vindu en") || p.Has("Vindu to") {
			t.Error("what was saved was overwritten")
		}
		if p := h.Post(t, "forsker", part, "summary", "Vindu en", "relevance", "Lik", "_version", "1"); p.Status != http.StatusSeeOther {
			t.Errorf("the same text is no conflict: %d", p.Status)
		}
		if p := h.Post(t, "forsker", part, "summary", "Begge", "relevance", "Lik", "_version", "2"); p.Status != http.StatusSeeOther {
			t.Errorf("after it was shown: %d", p.Status)
		}
		if p := h.Post(t, "forsker", part, "summary", "Auto", "relevance", "Lik", "_version", "3", "_auto", "1"); p.Status != http.StatusOK || !p.Has(`"version":4`) {
			t.Errorf("saved by the script: %d %s", p.Status, p.Body)
		}
		if p := h.Post(t, "forsker", part, "summary", "Sent", "_version", "3", "_auto", "1"); p.Status != http.StatusConflict || !p.Has("Noen andre har lagret") {
			t.Errorf("the script in the other window: %d %s", p.Status, p.Body)
		}
	})
}

// Whatever is written is saved: what is wrong with it is a hint, and a page has it
// still.
func TestSavingAlwaysWorks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		at := h.begin(t, "forsker")
		long := strings.Repeat("ø", 5000)
		for part, fields := range map[string][]string{
			"prosjekt":    {"title", "T", "starts", "neste år", "months", "mange", "asked", "litt"},
			"institusjon": {"number", "123", "email", "ikke en adresse", "orcid", "0000-0002-1825-0098"},
			"ide":         {"summary", long, "unknown", "blir ikke tatt med"},
		} {
			p := h.Post(t, "forsker", at+"/del/"+part, append(fields, "_version", "0")...)
			if p.Status != http.StatusSeeOther {
				t.Fatalf("%s is saved with %d", part, p.Status)
			}
			page := h.Get(t, "forsker", at+"/del/"+part)
			for i := 1; i < len(fields); i += 2 {
				if has := page.Has(fields[i]); has != (fields[i-1] != "unknown") {
					t.Errorf("%s: %s is there: %v", part, fields[i-1], has)
				}
			}
			if n := strings.Count(page.Body, `aria-invalid="true"`); n != map[string]int{"prosjekt": 3, "institusjon": 3, "ide": 1}[part] {
				t.Errorf("%s has %d hints", part, n)
			}
		}
		if p := h.Post(t, "forsker", at+"/del/ide", "summary", strings.Repeat("x", 500<<10), "_version", "1"); p.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("half a megabyte of text: %d", p.Status)
		}
		if p := h.Post(t, "forsker", at+"/del/nei", "summary", "x"); p.Status != http.StatusNotFound {
			t.Errorf("a part that is not: %d", p.Status)
		}
	})
}

// Attachments are believed by content, lie encrypted, and leave nothing behind when
// they break off or are refused (F10, S13).
func TestAttachments(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x := &application.Submission{Call: h.call.ID, Applicant: "forsker"}
		x.Number, x.Title = "SO-TEST", "SO-TEST"
		must(t, h.cases.Applications.Import(orgtest.System(), x, "test"))
		h.stage(t, call.Open2)
		at := "/soknad/SO-TEST"
		pdf := []byte("%PDF-1.4\n" + strings.Repeat(canary+" ", 20_000) + "\n%%EOF\n")
		up := at + "/vedlegg/signature"
		for name, content := range map[string][]byte{
			"brev.pdf":          []byte("<svg><script>alert(1)</script></svg>"),
			"bilde.svg":         []byte("<svg/>"),
			"regneark.xlsm":     pdf,
			"tom.pdf":           nil,
			"../brev.pdf\u202e": pdf,
		} {
			if p := h.upload(t, "forsker", up, name, content, false); p.Status != http.StatusUnprocessableEntity || !p.Has(`id="felt-signature-feil"`) {
				t.Errorf("%s: %d", name, p.Status)
			}
		}
		if p := h.upload(t, "forsker", up, "stor.pdf", bytes.Repeat(pdf, 130)[:31<<20], false); p.Status != http.StatusUnprocessableEntity || !p.Has("30 MB") {
			t.Errorf("31 MB: %d", p.Status)
		}
		temp := t.TempDir()
		t.Setenv("TMPDIR", temp)
		for i := range 50 {
			if p := h.upload(t, "forsker", up, "brev.pdf", bytes.Repeat(pdf, 1+i%5), true); p.Status != http.StatusUnprocessableEntity {
				t.Errorf("a cut upload: %d", p.Status)
			}
		}
		left, err := os.ReadDir(temp)
		must(t, err)
		noted, err := db.One[int](context.Background(), h.DB, "SELECT count(*) FROM submission_file")
		if err != nil || len(left) > 0 || h.stored(t) > 0 || noted > 0 {
			t.Errorf("cut uploads leave %d temporary files, %d in the store and %d rows, %v", len(left), h.stored(t), noted, err)
		}
		if p := h.upload(t, "forsker2", up, "brev.pdf", pdf, false); p.Status != http.StatusNotFound {
			t.Errorf("a stranger attaches: %d", p.Status)
		}
		if p := h.upload(t, "forsker", up, "brev.pdf", pdf, false); p.Status != http.StatusSeeOther {
			t.Fatalf("attached with %d: %s", p.Status, p.Body)
		}
		h.nowhere(t)
		page := h.Get(t, "forsker", at+"/del/vedlegg")
		file := regexp.MustCompile(at + `/vedlegg/[0-9a-f]{64}`).FindString(page.Body)
		if !page.Has("brev.pdf", "kB") || file == "" {
			t.Fatalf("the list: %s", page.Body)
		}
		if p := h.Get(t, "forsker", file); p.Body != string(pdf) {
			t.Errorf("read again it has %d of %d bytes, status %d", len(p.Body), len(pdf), p.Status)
		}
		if p := h.Get(t, "forsker2", file); p.Status != http.StatusNotFound {
			t.Errorf("a stranger reads it: %d", p.Status)
		}
		if p := h.Post(t, "forsker", file+"/fjern"); p.Status != http.StatusSeeOther || h.stored(t) != 0 {
			t.Errorf("removed: %d, %d files are left", p.Status, h.stored(t))
		}
	})
}

// Co-authors are let in by a link that works once; only the applicant invites.
func TestCoAuthors(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		at := h.begin(t, "forsker")
		if p := h.Post(t, "forsker", at+"/medforfattere", "email", "feil"); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong address: %d", p.Status)
		}
		h.Post(t, "forsker", at+"/medforfattere", "email", "ny@example.org")
		if len(h.invited) != 1 {
			t.Fatalf("invited: %v", h.invited)
		}
		link := h.invited[0]
		code := strings.TrimPrefix(link, "/medforfatter?kode=")
		if p := h.Get(t, "forsker2", link); p.Status != http.StatusOK || !p.Has("Utlysning") {
			t.Errorf("the link opens %d", p.Status)
		}
		if p := h.Post(t, "fou", "/medforfatter", "kode", code); p.Status != http.StatusForbidden {
			t.Errorf("staff join: %d", p.Status)
		}
		if p := h.Post(t, "forsker2", "/medforfatter", "kode", code); p.Location != at {
			t.Fatalf("joined: %d %s", p.Status, p.Body)
		}
		if p := h.Post(t, "leverandor", "/medforfatter", "kode", code); p.Status != http.StatusGone {
			t.Errorf("the link works twice: %d", p.Status)
		}
		h.write(t, "forsker2", at, sketch)
		if p := h.Get(t, "forsker2", at+"/medforfattere"); p.Status != http.StatusNotFound {
			t.Errorf("a co-author invites: %d", p.Status)
		}
		if p := h.Post(t, "forsker2", at+"/send", "_key", "k"); p.Location != at {
			t.Errorf("a co-author sends: %d", p.Status)
		}
		if p := h.Post(t, "forsker2", at+"/trekk", "_key", "k2"); p.Status != http.StatusForbidden {
			t.Errorf("a co-author withdraws: %d", p.Status)
		}
		if p := h.Post(t, "forsker", at+"/fjern-medforfatter", "author", "forsker2", "_key", "k3"); p.Status != http.StatusSeeOther {
			t.Errorf("removed: %d", p.Status)
		}
		if p := h.Get(t, "forsker2", at); p.Status != http.StatusNotFound {
			t.Errorf("who was removed reads: %d", p.Status)
		}
		if p := h.Post(t, "forsker", at+"/trekk", "_key", "k4"); p.Status != http.StatusSeeOther {
			t.Errorf("withdrawn: %d", p.Status)
		}
		_, err := h.cases.Save(h.As(t, "forsker"), "nei", "ide", 0, nil)
		if fault.Of(err) != fault.NotFound {
			t.Errorf("saved in nothing: %v", err)
		}
	})
}

// Who writes is settled at the deadline; an invitation that is too old takes nobody's
// place.
func TestAuthorsUntilTheDeadline(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		at := h.begin(t, "forsker")
		for range application.MostAuthors {
			h.Post(t, "forsker", at+"/medforfattere", "email", "ny@example.org")
		}
		if p := h.Post(t, "forsker", at+"/medforfattere", "email", "ny@example.org"); p.Status != http.StatusUnprocessableEntity || len(h.invited) != application.MostAuthors {
			t.Errorf("one too many is invited: %d, %d", p.Status, len(h.invited))
		}
		join := func(n int) int {
			t.Helper()
			return h.Post(t, "forsker2", "/medforfatter", "kode", strings.TrimPrefix(h.invited[n], "/medforfatter?kode=")).Status
		}
		h.Clock.Forward(h.Clock.Now().AddDate(0, 0, 15))
		if status := join(0); status != http.StatusGone {
			t.Errorf("an old invitation: %d", status)
		}
		if p := h.Post(t, "forsker", at+"/medforfattere", "email", "ny@example.org"); p.Status != http.StatusSeeOther {
			t.Fatalf("old invitations are counted: %d", p.Status)
		}
		if status := join(application.MostAuthors); status != http.StatusSeeOther {
			t.Fatalf("joined: %d", status)
		}
		h.Clock.Forward(deadline.Add(time.Millisecond))
		p := h.Post(t, "forsker", at+"/fjern-medforfatter", "author", "forsker2", "_key", "k")
		if p.Status != http.StatusConflict || !p.Has("Fristen var") {
			t.Errorf("removed after the deadline: %d", p.Status)
		}
		if p := h.Get(t, "forsker2", at); p.Status != http.StatusOK {
			t.Errorf("the co-author has lost it: %d", p.Status)
		}
	})
}

// Nobody fills a call with drafts, and nothing is begun in a call that could never
// take it, or when it is closed.
func TestBegun(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		start := func(person string) error {
			_, err := h.cases.Start(h.As(t, person), h.call.ID)
			return err
		}
		for range application.MostBegun {
			must(t, start("forsker"))
		}
		if err := start("forsker"); fault.Of(err) != fault.Invalid {
			t.Errorf("one more than the most: %v", err)
		}
		must(t, start("forsker2"))
		x, err := h.cases.Sketches.List(h.As(t, "forsker2"), db.Where{}, "r.id", 1, 0)
		must(t, err)
		_, err = h.DB.Exec(context.Background(), "UPDATE call SET call_key = 'null' WHERE id = $1", h.call.ID)
		must(t, err)
		if err := start("forsker2"); fault.Of(err) != fault.Conflict {
			t.Errorf("begun in a call without a key: %v", err)
		}
		at := "/skisse/" + x[0].Number
		if p := h.Post(t, "forsker2", at+"/del/ide", "summary", "x", "_version", "0"); p.Status != http.StatusConflict || !p.Has("ingen nøkkel") {
			t.Errorf("written in a call without a key: %d", p.Status)
		}
	})
}

// A sketch cannot be begun while the call closes: what begins first is ended with the
// rest, and what comes second is refused.
func TestBegunAtTheDeadline(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		if h.DB.Dialect != db.Postgres {
			return // one writer at a time
		}
		closing, closed := make(chan struct{}), make(chan error)
		go func() {
			closed <- h.DB.Tx(orgtest.System(), func(ctx context.Context) error {
				_, err := h.DB.Exec(ctx, "UPDATE record SET state = $2 WHERE id = $1", h.call.ID, call.Assessment1)
				if err == nil {
					err = h.cases.Expire(ctx, h.call.ID, application.Sketch)
				}
				close(closing)
				time.Sleep(300 * time.Millisecond)
				return err
			})
		}()
		<-closing
		_, err := h.cases.Start(h.As(t, "forsker"), h.call.ID)
		must(t, <-closed)
		n, cerr := db.One[int](context.Background(), h.DB, "SELECT count(*) FROM submission")
		must(t, cerr)
		if fault.Of(err) != fault.Conflict || n != 0 {
			t.Errorf("begun while it closed: %v, %d are left for ever", err, n)
		}
	})
}

// What was written in a draft goes when the draft ends, its attachments too; what was
// sent keeps its own.
func TestEndedDrafts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		files := func() int {
			t.Helper()
			n, err := db.One[int](context.Background(), h.DB, "SELECT count(*) FROM submission_file")
			must(t, err)
			return n
		}
		question := call.Question{ID: "fil", Kind: call.Attach}
		text, err := json.Marshal(append(call.StandardForm(), call.Part{ID: "fil", Stage: call.Stage1, Questions: []call.Question{question}}))
		must(t, err)
		_, err = h.DB.Exec(context.Background(), "UPDATE call SET form = $2 WHERE id = $1", h.call.ID, string(text))
		must(t, err)
		attach := func(person, at, content string) {
			t.Helper()
			if p := h.upload(t, person, at+"/vedlegg/fil", "a.txt", []byte(content), false); p.Status != http.StatusSeeOther {
				t.Fatalf("attached with %d: %s", p.Status, p.Body)
			}
		}
		withdrawn := h.begin(t, "forsker")
		attach("forsker", withdrawn, "trukket\n")
		// The client is gone as soon as it is done: what is not needed goes all the same.
		ctx, cancel := context.WithCancel(h.As(t, "forsker"))
		x, err := h.cases.Sketches.ByNumber(ctx, filepath.Base(withdrawn))
		must(t, err)
		must(t, h.DB.Tx(ctx, func(tx context.Context) error {
			h.DB.AfterCommit(tx, cancel)
			_, err := h.cases.Sketches.Do(tx, x.ID, "withdraw", record.Input{})
			return err
		}))
		if files() != 0 || h.stored(t) != 0 {
			t.Errorf("withdrawn it leaves %d rows and %d files", files(), h.stored(t))
		}
		sent := h.begin(t, "forsker2")
		h.write(t, "forsker2", sent, sketch)
		attach("forsker2", sent, "sendt\n")
		if p := h.Post(t, "forsker2", sent+"/send", "_key", "s"); p.Location != sent {
			t.Fatalf("sent: %d %s", p.Status, p.Body)
		}
		attach("forsker2", sent, "etterpå\n")
		late, err := h.cases.Start(h.As(t, "forsker"), h.call.ID)
		must(t, err)
		expired := "/skisse/" + late.Number
		attach("forsker", expired, "for sent\n")
		if files() != 3 || h.stored(t) != 3 {
			t.Fatalf("%d rows and %d files", files(), h.stored(t))
		}
		must(t, h.DB.Tx(context.Background(), func(ctx context.Context) error { return h.cases.Expire(ctx, h.call.ID, application.Sketch) }))
		if files() != 2 {
			t.Errorf("after the deadline %d rows name files, want those of what was sent and of what was not", files())
		}
		if p := h.Get(t, "forsker", expired+"/utskrift"); p.Status != http.StatusOK {
			t.Errorf("what came too late cannot be read: %d", p.Status)
		}
		swept := func(days, want int) {
			t.Helper()
			h.Clock.Forward(h.Clock.Now().AddDate(0, 0, days))
			must(t, h.cases.Sweep(context.Background()))
			if files() != want {
				t.Errorf("%d rows name files, want %d", files(), want)
			}
		}
		swept(29, 2)
		swept(2, 1)
		if n, err := db.One[int](context.Background(), h.DB, "SELECT count(*) FROM draft_part"); err != nil || n != 0 {
			t.Errorf("%d parts of drafts are left, %v", n, err)
		}
	})
}

// What cannot be opened, or is not what its receipt says, stops none of the others.
// Those who deal with the call see which it is and why, and its applicants put their
// copy in its place, which can be nothing else than what they sent.
func TestBrokenStopsNoOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		at, copies := map[string]string{}, map[string]string{}
		for i, who := range []string{"forsker", "forsker2", "forsker"} {
			x, err := h.cases.Start(h.As(t, who), h.call.ID)
			must(t, err)
			name := []string{"broken", "whole", "altered"}[i]
			at[name] = "/skisse/" + x.Number
			h.write(t, who, at[name], sketch)
			if p := h.Post(t, who, at[name]+"/send", "_key", name); p.Location != at[name] {
				t.Fatalf("sent: %d", p.Status)
			}
			copies[name] = h.Get(t, who, at[name]+"/kvittering/1/innhold").Body
		}
		id := func(name string) string {
			x, err := h.cases.Sketches.ByNumber(orgtest.System(), filepath.Base(at[name]))
			must(t, err)
			return x.ID
		}
		put := func(name string, box []byte) {
			t.Helper()
			_, err := h.DB.Exec(ctx, "UPDATE submission_version SET box = $2 WHERE submission = $1", id(name), box)
			must(t, err)
		}
		put("broken", []byte("broken"))
		box, err := seal.Seal(h.call.Key.V.Public, "submission/"+id("altered")+"/1", []byte(strings.Replace(copies["altered"], "synger", "skriker", 1)))
		must(t, err)
		put("altered", box)
		h.Clock.Forward(deadline.Add(call.Grace + time.Second))
		must(t, h.calls.ShutDue(orgtest.System(), h.call.ID))
		must(t, h.calls.CloseDue(orgtest.System(), h.call.ID))
		h.mails = nil
		for range 2 { // the second time nothing is left to open
			var unread *call.Unread
			err = h.cases.OpenAll(ctx, h.call.ID, application.Sketch, h.key, nil)
			if !errors.As(err, &unread) || len(unread.Numbers) != 2 || slices.Contains(unread.Numbers, filepath.Base(at["whole"])) {
				t.Fatalf("opened: %v", err)
			}
		}
		if p := h.Get(t, "fou", at["whole"]); p.Status != http.StatusOK || !p.Has(canary) {
			t.Errorf("the whole one is not open: %d", p.Status)
		}
		if len(h.mails) != 2 || h.mails[0].Key != "application.letter.unreadable" || h.mails[0].Lang != "nn" {
			t.Errorf("the letters: %+v", h.mails)
		}
		for _, name := range []string{"broken", "altered"} {
			if p := h.Get(t, "fou", at[name]); p.Status != http.StatusOK || !p.Has("Innholdet kan ikke åpnes") || p.Has("skriker") {
				t.Errorf("the section reads of what is %s: %d %s", name, p.Status, p.Body)
			}
			for _, other := range []string{"fageier", "utvalg", "forsker2"} {
				if p := h.Get(t, other, at[name]); p.Status != http.StatusNotFound {
					t.Errorf("%s reads of what is %s: %d", other, name, p.Status)
				}
			}
			if p := h.Get(t, "forsker", at[name]); !p.Has("Feilen er vår", at[name]+"/lever-kopien") {
				t.Errorf("the applicant reads %s", p.Body)
			}
			if p := h.Post(t, "forsker", at[name]+"/rett", "mended", "x", "_key", name+"1"); p.Status != http.StatusConflict {
				t.Errorf("it is mended by words: %d", p.Status)
			}
			if p := h.Post(t, "forsker", at[name]+"/lever-kopien", "copy", copies["whole"], "_key", name+"2"); p.Status != http.StatusUnprocessableEntity || !p.Has("Dette er ikke det som ble sendt") {
				t.Errorf("another copy: %d", p.Status)
			}
			if p := h.Post(t, "forsker", at[name]+"/lever-kopien", "copy", copies[name]+"\r\n", "_key", name+"3"); p.Status != http.StatusSeeOther {
				t.Fatalf("the copy: %d %s", p.Status, p.Body)
			}
			if p := h.Get(t, "fou", at[name]); p.Status != http.StatusOK || !p.Has(canary+" synger") || p.Has("kan ikke åpnes") {
				t.Errorf("the section reads it with %d", p.Status)
			}
			if n, err := db.One[int](ctx, h.DB, "SELECT count(*) FROM event WHERE command = 'hand_in_copy' AND data LIKE $1", "%"+canary+"%"); err != nil || n > 0 {
				t.Errorf("the content stands in the history, %v", err)
			}
			if p := h.Post(t, "forsker", at[name]+"/lever-kopien", "copy", copies[name], "_key", name+"4"); p.Status != http.StatusConflict {
				t.Errorf("handed in twice: %d", p.Status)
			}
		}
		must(t, h.cases.OpenAll(ctx, h.call.ID, application.Sketch, h.key, nil))
	})
}

// The form is tried by those who set it up, as an applicant meets it.
func TestPreview(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		at := "/utlysning/" + h.call.Number + "/prov/"
		if p := h.Get(t, "fou", at+"sketch"); !p.Has("Idé og nytte", at+"sketch/ide") {
			t.Errorf("the sketch's form: %d", p.Status)
		}
		for _, part := range []string{"prosjekt", "deltakere", "forskning", "vedlegg", "budsjett"} {
			if p := h.Get(t, "fou", at+"application/"+part); p.Status != http.StatusOK || p.Has("Lagre og") || p.Has(`action=""`) {
				t.Errorf("%s: %d", part, p.Status)
			}
		}
		for _, path := range []string{"nei", "sketch/nei"} {
			if p := h.Get(t, "fou", at+path); p.Status != http.StatusNotFound {
				t.Errorf("%s: %d", path, p.Status)
			}
		}
		if p := h.Get(t, "forsker", at+"sketch"); p.Status != http.StatusNotFound {
			t.Errorf("an applicant: %d", p.Status)
		}
	})
}

// forms keep what was sent when the login was lost, as package authn does.
type forms struct{ kept map[string]url.Values }

func (forms) Sign(_ context.Context, _, value string, _ time.Duration) (string, error) {
	return "signed-" + value, nil
}

func (forms) Signed(_ context.Context, _, text string) (string, bool, error) {
	value, ok := strings.CutPrefix(text, "signed-")
	return value, ok, nil
}

func (f forms) KeepForm(_ context.Context, person, path string, form url.Values) error {
	f.kept[person+path] = form
	return nil
}

func (f forms) KeptForm(_ context.Context, person, path string) (url.Values, error) {
	return f.kept[person+path], nil
}

func (f forms) ForgetForm(_ context.Context, person, path string) error {
	delete(f.kept, person+path)
	return nil
}

// What was written when the login was lost comes back after the next, builds on the
// version it was written for, and is gone once it is saved. Sent by another who has
// logged in meanwhile it is not saved as theirs.
func TestLostLogin(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.Router.Forms = forms{map[string]url.Values{}}
		at := h.begin(t, "forsker")
		part := at + "/del/ide"
		sent := []string{"_who", "signed-forsker", "_version", "0", "summary", "Skrevet i god tro"}
		if p := h.Post(t, "", part, sent...); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location, "/logginn") {
			t.Fatalf("without a login: %d to %s", p.Status, p.Location)
		}
		if p := h.Get(t, "forsker", part); !p.Has("Skrevet i god tro", "Du var logget ut") {
			t.Errorf("after the login: %s", p.Body)
		}
		if p := h.Post(t, "forsker2", part, sent...); p.Status == http.StatusOK || p.Location == at {
			t.Errorf("as another: %d to %s", p.Status, p.Location)
		}
		if p := h.Post(t, "forsker", part, sent...); p.Location != at {
			t.Errorf("saved with %d", p.Status)
		}
		if p := h.Get(t, "forsker", part); !p.Has("Skrevet i god tro") || p.Has("Du var logget ut") {
			t.Errorf("once it is saved: %s", p.Body)
		}
	})
}
