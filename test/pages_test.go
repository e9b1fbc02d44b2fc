package test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
	"funn/internal/platform/ui/axetest"
	"funn/internal/platform/web"
)

// The gates of the pages are made from the routes and the lifecycles: every page
// that a route gives, each command's form as it is first shown and as it comes
// back with errors, what is refused, and what is not there. A new route is tried
// without being listed, or the test fails and says what it lacks.

// page is one page in one state.
type page struct {
	name   string // unique; what stands in the report
	person string // who opens it; empty for somebody who has not logged in
	path   string
	status int
	// record and state: the page is shown with the record in the state. Empty
	// leaves it as it is.
	record, state string
	// wrong: the form on the page is sent without answers first, to action when that
	// is not the page's own address.
	wrong  bool
	action string
	// pattern is of the route, for pages that are found by hand because the route needs
	// more than a record and somebody who may open it.
	pattern string
	// sample: the page stands for others that are put together alike, and is opened
	// in the browser on every run of the tests.
	sample bool
}

// addresses fill in the patterns that name no record of the demo.
var addresses = map[string]func(t testing.TB, s *site) string{
	"/plan/{number}/tema/{slug}": func(testing.TB, *site) string { return "/plan/2021-2025/tema/palitelig-forvaltning" },
	"/plan/{number}/mal/{key}":   func(testing.TB, *site) string { return "/plan/2021-2025/mal/flere-i-arbeid" },
	"/trad/{number}":             func(testing.TB, *site) string { return "/trad/B-2022-003" },
	"/kunnskap/rapport/{slug}": func(t testing.TB, s *site) string {
		slugs, err := db.All[string](t.Context(), s.Engine.DB, "SELECT p.slug FROM publication p JOIN record r ON r.id = p.id WHERE r.state = 'PUBLISERT' AND p.slug <> '' ORDER BY r.number LIMIT 1")
		if err != nil || len(slugs) == 0 {
			t.Fatalf("a published report: %v, %v", slugs, err)
		}
		return "/kunnskap/rapport/" + url.PathEscape(slugs[0])
	},
	"/kunnskap/prosjekt/{number}": func(t testing.TB, s *site) string {
		numbers, err := db.All[string](t.Context(), s.Engine.DB, "SELECT number FROM record WHERE kind = 'project' ORDER BY number")
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range numbers {
			if status, _ := s.get(t, "", "/kunnskap/prosjekt/"+n); status == http.StatusOK {
				return "/kunnskap/prosjekt/" + n
			}
		}
		t.Fatal("no project is public")
		return ""
	},
	"/logginn/epost/lenke": func(t testing.TB, s *site) string {
		_, _, code := s.askLink(t, "forsker@funn.example", "")
		return enter + "?kode=" + code
	},
	"/kunnskap/tilbakemelding/kvittering": func(testing.TB, *site) string { return "/kunnskap/tilbakemelding/kvittering?ref=T-2023-001" },
	"/kunnskap/utlysning/{slug}": func(testing.TB, *site) string {
		return "/kunnskap/utlysning/utlysning-av-fou-midler-2022-palitelig-forvaltning"
	},
	"/vurdering/{number}/innhold": func(testing.TB, *site) string { return "/vurdering/VU-SECTION/innhold" },
	"/vurdering/ny":               func(testing.TB, *site) string { return "/vurdering/ny?utlysning=U-2023-900&slag=external" },
	"/kunnskap/tema/{slug}":       func(testing.TB, *site) string { return "/kunnskap/tema/palitelig-forvaltning" },
}

// files are the routes that give a file and no page.
var files = regexp.MustCompile(`\.(csv|xlsx|ics|json)$|/fil/\{sha\}$|/vedlegg/\{stored\}$|/kvittering/\{n\}(/innhold)?$`)

// leads are the addresses that only lead on to a page of the list.
var leads = []string{"/plan", "/kunnskap"}

// queried are pages that differ by what they are asked.
var queried = []page{
	{name: "search with hits", person: "fou", path: "/sok?q=sykefrav%C3%A6r", status: 200, sample: true},
	{name: "search without hits", person: "fou", path: "/sok?q=finnesikkenoensted", status: 200, sample: true},
	{name: "public search with hits", path: "/kunnskap/sok?q=nav", status: 200, sample: true},
	{name: "public search without hits", path: "/kunnskap/sok?q=finnesikkenoensted", status: 200, sample: true},
	{name: "portfolio as timeline", person: "fou", path: "/portefolje?visning=tidslinje", status: 200, sample: true},
	{name: "portfolio as budget", person: "fou", path: "/portefolje?visning=budsjett", status: 200, sample: true},
	{name: "portfolio without rows", person: "fou", path: "/portefolje?q=finnesikkenoensted", status: 200, sample: true},
	{name: "board as list", person: "fou", path: "/behov?visning=liste", status: 200},
	{name: "use without rows", person: "fou", path: "/bruk?q=finnesikkenoensted", status: 200},
	{name: "reports without rows", person: "fou", path: "/publikasjon?q=finnesikkenoensted", status: 200},
	{name: "tasks of an assessor", person: "fagvurderer2", path: "/oppgaver", status: 200},
	{name: "tasks of somebody without any", person: "leverandor", path: "/oppgaver", status: 200},
	{name: "tasks of the committee", person: "utvalg", path: "/oppgaver", status: 200, sample: true},
	{name: "feedback sent empty", path: "/kunnskap/tilbakemelding", status: 422, wrong: true, sample: true},
	{name: "the demo's clock moved nowhere", path: "/demo", action: "/demo/klokke", status: 422, wrong: true, sample: true},
	{name: "login link asked for without an address", path: "/logginn", action: "/logginn/epost", status: 422, wrong: true, sample: true},
	{name: "login link that no longer works", path: enter + "?kode=BRUKT", status: 410, sample: true},
	{name: "absent, not logged in", path: "/finnes-ikke", status: 404, sample: true},
	{name: "absent", person: "fou", path: "/behov/B-1999-999", status: 404, sample: true},
	{name: "a planned call", path: "/kunnskap/utlysning/utlysning-av-fou-midler-2023-arbeidsrettede-tiltak-og-virkemidler", status: 200, sample: true},
	{name: "a draft as applicants will see it", person: "fou", path: "/utlysning/U-2022-002/forhandsvisning", status: 200, sample: true},
	{name: "the criterion of a call", person: "fou", path: "/utlysning/U-2022-002/kriterium?criterion=2", status: 200},
	{name: "absent report", path: "/kunnskap/rapport/finnes-ikke", status: 404},
	{name: "forbidden", person: "kontor", path: "/prosjekt/opprett", status: 403, sample: true},
}

// samples are the commands whose forms are opened on every run: between them they
// have every type of field, a warning, a consequence and a danger.
var samples = []string{"need describe", "need sign", "project create", "publication publish", "uptake decide", "plan set_theme", "organisation add_identifier", "person grant", "call set_criterion", "call extend"}

// pages lists every page of the demo.
func pages(t testing.TB, s *site) []page {
	t.Helper()
	// The demo comes without feedback; somebody tells of a fault.
	if status, text := s.post(t, "", "/kunnskap/tilbakemelding", values("about", "error", "page", "/kunnskap", "body", "Lenken til rapporten virker ikke.", "email", "leser@example.org")); status != http.StatusSeeOther {
		t.Fatalf("send feedback: %d\n%s", status, text)
	}
	s.cases(t)
	s.letterText(t)
	out := slices.Concat(queried, s.keyed(t), s.written(t))
	for _, route := range s.Router.Routes() {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		pattern = strings.TrimSuffix(pattern, "{$}")
		if method != http.MethodGet || files.MatchString(pattern) || slices.Contains(leads, pattern) ||
			slices.ContainsFunc(out, func(p page) bool { return p.pattern == pattern }) {
			continue
		}
		person := "fou"
		if route.Rule == web.Public || strings.HasPrefix(pattern, "/kunnskap") {
			person = ""
		}
		switch fill, known := addresses[pattern]; {
		case known:
			out = append(out, page{name: pattern, person: person, path: fill(t, s), status: http.StatusOK, sample: true})
		case !strings.Contains(pattern, "{"):
			if route.Command == "" {
				out = append(out, page{name: pattern, person: person, path: pattern, status: http.StatusOK, sample: true})
				continue
			}
			out = append(out, s.creating(t, route, pattern)...)
		case strings.Count(pattern, "{") > 1 || !strings.Contains(pattern, "{number}") || route.Kind == "":
			t.Errorf("route %s: the test of the pages has no address for it", pattern)
		case route.Command == "":
			out = append(out, s.showing(t, route, pattern)...)
		default:
			out = append(out, s.commanding(t, route, pattern)...)
		}
	}
	return out
}

// letterText sets what a letter says: the demo has the program's own texts alone.
func (s *site) letterText(t testing.TB) {
	t.Helper()
	in := values("code", "signature", "valid_from", "01.02.2023")
	for _, tag := range lang.Tags {
		in.Set("subject_"+string(tag), "Hilsen")
		in.Set("body_"+string(tag), "FoU-seksjonen")
	}
	if status, text := s.post(t, "fou", "/brevtekst/ny", in); status != http.StatusSeeOther {
		t.Fatalf("set a letter's text: %d\n%s", status, text)
	}
}

// written lets the researcher write to the open call, and gives the pages that are
// theirs alone: of a sketch that is sent, of one that is begun, and of an application.
func (s *site) written(t testing.TB) []page {
	t.Helper()
	of := s.head(t, s.titled(t, "call", "Ideer til bedre møter på kontoret"))
	sent, begun := s.sketch(t, "forsker", of.ID), s.sketch(t, "forsker", of.ID)
	sent.whole(t, "Møter")
	if res := sent.send(t, sent.at+"/send", values()); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("send a sketch: %d", res.StatusCode)
	}
	if res := begun.send(t, begun.at+"/medforfattere", values("email", "medforfatter@example.org")); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("invite somebody to write along: %d", res.StatusCode)
	}
	join := ""
	for _, l := range s.letters(t, "medforfatter@example.org") {
		join = regexp.MustCompile(`/medforfatter\?kode=[A-Z2-7]+`).FindString(l.Text)
	}
	x := &application.Submission{Call: of.ID, Applicant: "forsker"}
	x.Number, x.Title, x.State, x.Lang = "SO-DRAFT", "SO-DRAFT", application.Draft, "nb"
	k, _ := s.Engine.Kind(application.Application)
	if err := k.(*record.Kind[*application.Submission]).Import(system(t.Context()), x, "test"); err != nil {
		t.Fatal(err)
	}
	out := []page{
		{pattern: "/min-side", path: "/min-side"},
		{pattern: "/medforfatter", path: join, person: "leverandor"},
		{name: "an invitation that no longer works", path: "/medforfatter?kode=BRUKT", status: http.StatusGone},
		{name: "what is written of a sketch that is sent", path: sent.at + "/utskrift"},
		{name: "a sketch that is sent, to be sent anew", path: sent.at + "/send"},
		{name: "a co-author without an address", path: begun.at + "/medforfattere", status: http.StatusUnprocessableEntity, wrong: true},
		{name: "a part with what it lacks", path: begun.at + "/del/ide?mangler=1"},
		{pattern: "/utlysning/{number}/prov/{stage}", person: "fou", path: "/utlysning/" + of.Number + "/prov/application"},
		{pattern: "/utlysning/{number}/prov/{stage}/{part}", person: "fou", path: "/utlysning/" + of.Number + "/prov/application/prosjekt"},
		{name: "the form of a sketch, to be tried", person: "fou", path: "/utlysning/" + of.Number + "/prov/sketch/ide"},
	}
	for pattern, w := range map[string]page{"/skisse/{number}": {path: begun.at}, "/soknad/{number}": {path: "/soknad/" + x.Number, record: of.ID, state: call.Open2}} {
		for rest, path := range map[string]string{"/del/{part}": "/del/prosjekt", "/utskrift": "/utskrift", "/send": "/send", "/medforfattere": "/medforfattere"} {
			p := w
			p.pattern, p.path = pattern+rest, w.path+path
			out = append(out, p)
		}
	}
	for i := range out {
		p := &out[i]
		p.name, p.person, p.status, p.sample = cmp.Or(p.name, p.pattern), cmp.Or(p.person, "forsker"), cmp.Or(p.status, http.StatusOK), true
	}
	slices.SortFunc(out, func(a, b page) int { return strings.Compare(a.name, b.name) })
	return out
}

// creating gives the form of a command that makes a record.
func (s *site) creating(t testing.TB, route web.Route, pattern string) []page {
	t.Helper()
	_, cmd := s.command(t, route)
	for _, person := range persons {
		if a := s.actor(t, person); !a.Nobody() && access.Allows(cmd.Who, a, access.Subject{}) {
			out := []page{{name: pattern, person: person, path: pattern, status: http.StatusOK}}
			return s.withErrors(route, cmd, out)
		}
	}
	t.Errorf("route %s: nobody in the demo may open it", pattern)
	return nil
}

// withErrors adds the form as it comes back when nothing is answered.
func (s *site) withErrors(route web.Route, cmd lifecycle.Command, out []page) []page {
	out[0].sample = slices.Contains(samples, route.Kind+" "+route.Command)
	if cmd.Reason || slices.ContainsFunc(cmd.Fields, func(f form.Field) bool { return f.Required }) {
		empty := out[0]
		empty.name, empty.wrong, empty.status = empty.name+" sent empty", true, http.StatusUnprocessableEntity
		out = append(out, empty)
	}
	return out
}

// showing gives a page of a record in each state that the demo has it in.
func (s *site) showing(t testing.TB, route web.Route, pattern string) []page {
	t.Helper()
	var out []page
	k, _ := s.Engine.Kind(route.Kind)
	seen := map[string]bool{}
	for _, h := range s.records(t, route.Kind) {
		if seen[h.State] {
			continue
		}
		for _, person := range append([]string{"fou"}, persons...) {
			if _, err := k.Open(s.acting(t, person), h.Number); err == nil && person != "" {
				seen[h.State] = true
				out = append(out, page{
					name: pattern + " in " + h.State, person: person, path: strings.Replace(pattern, "{number}", url.PathEscape(h.Number), 1),
					status: http.StatusOK, sample: len(out) == 0,
				})
				break
			}
		}
	}
	if len(out) == 0 {
		t.Errorf("route %s: the demo has no record for it", pattern)
	}
	return out
}

// commanding gives the form of a command: for a record and a person that can give
// it. Where the demo has no record in a fitting state, one is put in it while the
// page is open.
func (s *site) commanding(t testing.TB, route web.Route, pattern string) []page {
	t.Helper()
	k, cmd := s.command(t, route)
	var best *page
	for _, moved := range []bool{false, true} {
		for _, h := range s.records(t, route.Kind) {
			for _, state := range cmd.From {
				if (h.State == state) == moved {
					continue
				}
				p := page{name: pattern, path: strings.Replace(pattern, "{number}", url.PathEscape(h.Number), 1)}
				if moved {
					p.record, p.state = h.ID, state
				}
				ready, found := s.giver(t, k, h, cmd, &p)
				if ready {
					out := s.withErrors(route, cmd, []page{p})
					if other := s.stranger(t, k, h, cmd, p); other != nil {
						out = append(out, *other)
					}
					return out
				}
				if found && best == nil {
					best = &p
				}
			}
		}
	}
	if best == nil {
		t.Errorf("route %s: nobody in the demo may give it, in any state", pattern)
		return nil
	}
	return []page{*best}
}

// giver finds somebody who may give the command to the record now. Ready says that
// nothing blocks it.
func (s *site) giver(t testing.TB, k record.AnyKind, h record.Head, cmd lifecycle.Command, p *page) (ready, found bool) {
	t.Helper()
	defer s.in(t, *p)()
	for _, person := range persons {
		if person == "" {
			continue
		}
		ctx := s.acting(t, person)
		rec, err := k.Open(ctx, h.Number)
		if err != nil {
			continue
		}
		actions, err := k.Actions(ctx, rec)
		if err != nil {
			t.Fatalf("%s of %s as %s: %v", cmd.Name, h.Number, person, err)
		}
		for _, a := range actions {
			if a.Name != cmd.Name {
				continue
			}
			if len(a.Verdict.Blocking) == 0 {
				p.person, p.status = person, http.StatusOK
				return true, true
			}
			if !found {
				found, p.person, p.status = true, person, http.StatusConflict
			}
		}
	}
	return false, found
}

// stranger gives the page that refuses the command to somebody who sees the
// record, for the samples.
func (s *site) stranger(t testing.TB, k record.AnyKind, h record.Head, cmd lifecycle.Command, p page) *page {
	t.Helper()
	if !slices.Contains(samples, h.Kind+" "+cmd.Name) {
		return nil
	}
	defer s.in(t, p)()
	for _, person := range persons {
		ctx := s.acting(t, person)
		rec, err := k.Open(ctx, h.Number)
		if person == "" || err != nil {
			continue
		}
		actions, err := k.Actions(ctx, rec)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(actions, func(a record.Action) bool { return a.Name == cmd.Name }) {
			p.name, p.person, p.status, p.sample = p.name+" refused", person, http.StatusForbidden, false
			return &p
		}
	}
	return nil
}

// in puts the page's record in its state and gives what puts it back.
func (s *site) in(t testing.TB, p page) (back func()) {
	t.Helper()
	if p.state == "" {
		return func() {}
	}
	h, err := db.One[record.Head](t.Context(), s.Engine.DB, "SELECT "+db.Columns[record.Head]("r")+" FROM record r WHERE r.id = $1", p.record)
	if err != nil {
		t.Fatal(err)
	}
	set := func(state string) {
		if _, err := s.Engine.DB.Exec(t.Context(), "UPDATE record SET state = $1 WHERE id = $2", state, p.record); err != nil {
			t.Fatal(err)
		}
	}
	set(p.state)
	return func() { set(h.State) }
}

// records gives a few records of the kind in each state.
func (s *site) records(t testing.TB, kind string) []record.Head {
	t.Helper()
	all, err := db.All[record.Head](t.Context(), s.Engine.DB, "SELECT "+db.Columns[record.Head]("r")+" FROM record r WHERE r.kind = $1 ORDER BY r.example DESC, r.number", kind)
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	return slices.DeleteFunc(all, func(h record.Head) bool { n[h.State]++; return n[h.State] > 6 })
}

func (s *site) command(t testing.TB, route web.Route) (record.AnyKind, lifecycle.Command) {
	t.Helper()
	k, ok := s.Engine.Kind(route.Kind)
	if !ok {
		t.Fatalf("route %s is of the unknown kind %s", route.Pattern, route.Kind)
	}
	cmd, ok := k.Lifecycle().Command(route.Command)
	if !ok {
		t.Fatalf("route %s is of the unknown command %s", route.Pattern, route.Command)
	}
	return k, cmd
}

func (s *site) actor(t testing.TB, person string) access.Actor {
	t.Helper()
	if person == "" {
		return access.Actor{}
	}
	a, err := s.Router.Actor(t.Context(), person)
	if err != nil && fault.Of(err) != fault.NotFound {
		t.Fatal(err)
	}
	return a // nobody while the person's own record is put in the state of somebody who has left
}

func (s *site) acting(t testing.TB, person string) context.Context {
	t.Helper()
	return access.With(t.Context(), s.actor(t, person))
}

// fetch gets the page as text, in a language.
func (s *site) fetch(t testing.TB, p page, tag lang.Tag) (int, string) {
	t.Helper()
	defer s.in(t, p)()
	if p.wrong {
		action := p.path
		if p.action != "" {
			action = p.action
		}
		return s.post(t, p.person, action+"?malform="+string(tag), url.Values{})
	}
	return s.get(t, p.person, withQuery(p.path, "malform="+string(tag)))
}

func withQuery(path, query string) string {
	if strings.Contains(path, "?") {
		return path + "&" + query
	}
	return path + "?" + query
}

// htmlBudget is how large a page may be, compressed (requirement: 60 kB).
const htmlBudget = 60_000

var (
	h1      = regexp.MustCompile(`<h1[ >]`)
	title   = regexp.MustCompile(`(?s)<title>(.*?)</title>`)
	inTag   = regexp.MustCompile(`<[^>]+ style=`)
	noText  = regexp.MustCompile(`⟦[^⟧]*⟧`)
	skipTo  = regexp.MustCompile(`<a [^>]*href="#([a-z-]+)"`)
	newline = regexp.MustCompile(`\s+`)
)

// What holds for every page in every state and language, without a browser: the
// status, one h1, a title of its own, the language, a way past the menu, no text
// that is missing, no style in the tags, and a size that a slow line can take.
func TestEveryPage(t *testing.T) {
	s := onSQLite(t)
	all := pages(t, s)
	save := os.Getenv("FUNN_SAVE_PAGES") // a folder: the pages are kept there for other judges
	largest, largestName := 0, ""
	for _, tag := range []lang.Tag{lang.NB, lang.NN, lang.EN} {
		titles := map[string]string{}
		for i, p := range all {
			status, html := s.fetch(t, p, tag)
			wrong := func(format string, args ...any) {
				t.Helper()
				t.Errorf("%s (%s as %q, %s): %s", p.name, p.path, p.person, tag, fmt.Sprintf(format, args...))
			}
			if status != p.status {
				wrong("status %d, want %d", status, p.status)
				continue
			}
			if n := len(h1.FindAllString(html, -1)); n != 1 {
				wrong("%d h1, want 1", n)
			}
			if !strings.Contains(html, `<html lang="`+string(tag)+`"`) {
				wrong("the page does not say that it is in %s", tag)
			}
			if to := skipTo.FindStringSubmatch(html); to == nil || !strings.Contains(html, `id="`+to[1]+`"`) {
				wrong("no link past the menu to what the page is about")
			}
			if m := inTag.FindString(html); m != "" {
				wrong("style in a tag: %s", m)
			}
			if m := noText.FindString(html); m != "" {
				wrong("missing text %s", m)
			}
			size := compressed(t, html)
			if size > largest {
				largest, largestName = size, p.name
			}
			if size > htmlBudget {
				wrong("%d bytes compressed, budget %d", size, htmlBudget)
			}
			name := title.FindStringSubmatch(html)
			if name == nil || strings.TrimSpace(name[1]) == "" {
				wrong("no title")
				continue
			}
			words := newline.ReplaceAllString(strings.TrimSpace(name[1]), " ")
			path, _, _ := strings.Cut(p.path, "?")
			// The same address may have the same title in different states; a refusal says
			// what was refused, not where.
			if other, taken := titles[words]; taken && other != path && p.status < 400 {
				wrong("has the title %q of %s", words, other)
			}
			titles[words] = path
			if save != "" {
				if err := os.WriteFile(filepath.Join(save, fmt.Sprintf("%s-%03d.html", tag, i)), []byte(html), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	blocked := 0
	for _, p := range all {
		if p.status == http.StatusConflict {
			blocked++
			t.Logf("only blocked: %s", p.name)
		}
	}
	t.Logf("%d pages in 3 languages; the largest is %s with %d bytes compressed; %d forms are only shown as blocked", len(all), largestName, largest, blocked)
	if len(all) < 150 {
		t.Errorf("only %d pages", len(all))
	}
	if blocked > len(all)/10 {
		t.Errorf("%d forms are not shown", blocked)
	}
}

func compressed(t testing.TB, text string) int {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

// Pages in a browser, wide and narrow: no breach of WCAG 2.2 AA that axe can see,
// nothing wider than the window, no error in the console and no breach of the
// content policy. One page of each sort runs always; FUNN_GATE=full runs every
// page in every state in both language forms.
func TestPagesInBrowser(t *testing.T) {
	full := os.Getenv("FUNN_GATE") == "full"
	workers := runtime.GOMAXPROCS(0)
	var views atomic.Int64
	t.Run("browsers", func(t *testing.T) {
		for w := range workers {
			t.Run(fmt.Sprint(w), func(t *testing.T) {
				t.Parallel()
				// A demo of its own, because pages put records in states.
				s := onSQLite(t)
				b := axetest.New(t)
				todo := pages(t, s)
				slices.SortStableFunc(todo, func(x, y page) int { return strings.Compare(x.person, y.person) })
				who := "?"
				for i, p := range todo {
					if i%workers != w || !full && !p.sample {
						continue
					}
					if p.person != who {
						s.carries(t, b, p.person)
						who = p.person
					}
					for _, width := range []int{1280, 320} {
						for _, tag := range []lang.Tag{lang.NB, lang.NN} {
							if full || (width == 1280) == (tag == lang.NB) {
								s.judge(t, b, p, width, tag)
								views.Add(1)
							}
						}
					}
				}
			})
		}
	})
	t.Logf("%d views", views.Load())
	if views.Load() < 100 && !t.Failed() {
		t.Errorf("only %d views", views.Load())
	}
}

// carries gives the browser the session of the person.
func (s *site) carries(t testing.TB, b *axetest.Browser, person string) {
	t.Helper()
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	b.ClearCookies(t)
	for _, c := range s.as(t, person).Jar.Cookies(at) {
		b.SetCookie(t, s.URL, c)
	}
}

// judge opens the page at the width and reports what is wrong with it.
func (s *site) judge(t testing.TB, b *axetest.Browser, p page, width int, tag lang.Tag) {
	t.Helper()
	defer s.in(t, p)()
	b.Open(t, s.URL+withQuery(p.path, "malform="+string(tag)), width)
	if p.wrong {
		s.sendEmpty(t, b)
		if n := axetest.Eval[int](t, b, `document.querySelectorAll(".aksel-error-summary").length`); n != 1 {
			t.Errorf("%s at %d in %s: %d summaries of errors, want 1", p.name, width, tag, n)
		}
	}
	for _, v := range b.Check(t) {
		// That a refusal has its status is not an error of the page.
		if v.Rule == "console" && p.status >= 400 && strings.Contains(v.Help, fmt.Sprintf("status of %d", p.status)) {
			continue
		}
		t.Errorf("%s (%s as %q) at %d in %s: %s", p.name, p.path, p.person, width, tag, v)
	}
}

// sendEmpty sends the form on the page without answers.
func (s *site) sendEmpty(t testing.TB, b *axetest.Browser) {
	t.Helper()
	const form = `main form[method=post][novalidate]`
	axetest.Eval[bool](t, b, `[...document.querySelector("`+form+`").elements].forEach((e) => {
		if (e.type === "hidden" || e.tagName === "BUTTON") return;
		if (e.type === "radio" || e.type === "checkbox") e.checked = false;
		else if (e.tagName === "SELECT") e.selectedIndex = [...e.options].findIndex((o) => o.value === "");
		else e.value = "";
	}) ?? true`)
	ctx, cancel := context.WithTimeout(b.Context(), 30*time.Second)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(form+` button[type=submit]`))); err != nil {
		t.Fatalf("send the form empty: %v", err)
	}
}
