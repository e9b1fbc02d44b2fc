package needweb_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"funn/internal/need"
	"funn/internal/need/needweb"
	"funn/internal/org"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/search"
	"funn/internal/platform/ui"
	"funn/internal/platform/ui/axetest"
	"funn/internal/platform/web"
)

// studies are a kind that answers needs, as projects do.
type study struct {
	record.Head
	Need string `db:"need"`
}

var schema = []fs.FS{event.Migrations, record.Migrations, need.Migrations, fstest.MapFS{"9001_study.sql": {Data: []byte(
	`CREATE TABLE study (id TEXT PRIMARY KEY REFERENCES record (id), need TEXT NOT NULL);`)}}}

var studyTexts = fstest.MapFS{}

func init() {
	for _, tag := range lang.Tags {
		studyTexts["messages/"+string(tag)+".json"] = &fstest.MapFile{Data: []byte(`{"study.name": "Studie", "study.state.GÅR": "Går"}`)}
	}
}

func studyKind() *record.Kind[*study] {
	return &record.Kind[*study]{
		Name: "study", Prefix: "S", Path: "/studie", Table: "study", Initial: []string{"GÅR"}, New: func() *study { return &study{} },
		States: []lifecycle.State{{Name: "GÅR", Label: "on", Final: true}}, Read: []access.Rule{{Staff: true}},
		Links: func(s *study) []record.Link { return []record.Link{{To: s.Need, Rel: "answers"}} },
	}
}

func staff(id string, role access.Role, unit string) access.Actor {
	return access.Actor{ID: id, Name: "Navn " + id, Staff: true, As: []string{id}, Grants: []access.Grant{{Role: role, Unit: unit}}}
}

var people = map[string]access.Actor{
	"kontor":    staff("kontor", org.Office, "kontor/0101"),
	"fylke":     staff("fylke", org.County, "fylke/03"),
	"fageier":   staff("fageier", org.SubjectOwner, "avdir/fag"),
	"fou":       staff("fou", org.FoU, "avdir/kun/fou"),
	"bibliotek": staff("bibliotek", org.Library, "avdir/kun/bibliotek"),
	"jurist":    staff("jurist", org.Legal, "avdir/kun/jus"),
	"forsker":   {ID: "forsker", Name: "Navn forsker", As: []string{"forsker"}, Grants: []access.Grant{{Role: org.Researcher}}},
}

// around answers what needs ask of the rest of the house.
type around struct{ published []form.Option }

func (around) Holders(_ context.Context, roles ...access.Role) ([]form.Option, error) {
	var out []form.Option
	for id, a := range people {
		if len(roles) == 0 || a.Has(roles...) {
			out = append(out, form.Option{Value: id, Label: a.Name})
		}
	}
	slices.SortFunc(out, func(a, b form.Option) int { return strings.Compare(a.Value, b.Value) })
	return out, nil
}

func (around) Themes(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "sosiale-tjenester", Label: "Sosiale tjenester"}, {Value: "brukere", Label: "Møte med brukere"}}, nil
}

func (around) Goals(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "flere-i-arbeid", Label: "Flere i arbeid"}}, nil
}

func (a *around) Published(context.Context) ([]form.Option, error) { return a.published, nil }

// sessions knows who asks from a cookie that the tests set.
type sessions struct {
	mu    sync.Mutex
	flash map[string]string
}

type whoKey struct{}

func who(ctx context.Context) string {
	s, _ := ctx.Value(whoKey{}).(string)
	return s
}

func (*sessions) PersonID(ctx context.Context) string { return who(ctx) }

func (s *sessions) PutFlash(ctx context.Context, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flash[who(ctx)] = text
}

func (s *sessions) PopFlash(ctx context.Context) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer delete(s.flash, who(ctx))
	return s.flash[who(ctx)]
}

func (*sessions) Lang(context.Context) string { return "" }

func (*sessions) SetLang(context.Context, string) {}

type house struct {
	t      testing.TB
	e      *record.Engine
	s      *need.Service
	study  *record.Kind[*study]
	around *around
	asked  string // what was searched for last
	down   bool   // the search does not answer
	h      http.Handler
}

// today is the day on which the clock starts.
var today = time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC)

func open(t testing.TB, d *db.DB, change ...func(*needweb.Deps)) *house {
	t.Helper()
	h := &house{t: t, around: &around{}, e: record.NewEngine(d, clock.NewMovable(today.Add(8*time.Hour)))}
	h.s, h.study = need.New(h.around, h.around, h.around), studyKind()
	site := &recordweb.Site{Engine: h.e, Unit: func(_ context.Context, path string) string { return "Enhet " + path },
		Names: func(_ context.Context, ids ...string) (map[string]string, error) {
			out := map[string]string{}
			for _, id := range ids {
				out[id] = people[id].Name
			}
			return out, nil
		}}
	deps := needweb.Deps{Service: h.s, Site: site, Search: h.search, ThemeName: func(_ context.Context, slug string) string { return "Gammelt: " + slug }}
	for _, c := range change {
		c(&deps)
	}
	m := needweb.Module(deps)
	if err := h.e.Register(append(m.Kinds, h.study)...); err != nil {
		t.Fatal(err)
	}
	catalog := lang.NewCatalog()
	for _, texts := range []fs.FS{lang.Messages, web.Messages, search.Messages, org.Messages, plan.Messages, m.Messages, studyTexts} {
		if err := catalog.Load(texts); err != nil {
			t.Fatal(err)
		}
	}
	site.Router = &web.Router{
		Catalog: catalog, Sessions: &sessions{flash: map[string]string{}}, Nav: m.Nav, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Actor: func(_ context.Context, id string) (access.Actor, error) { return people[id], nil },
	}
	m.Routes(site.Router)
	inner := site.Router.Handler()
	mux := http.NewServeMux()
	mux.Handle("GET /static/", ui.Assets())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("who"); err == nil {
			r = r.WithContext(context.WithValue(r.Context(), whoKey{}, c.Value))
		}
		inner.ServeHTTP(w, r)
	})
	h.h = web.Secure(mux, false)
	return h
}

// search finds the needs that stand for publications.
func (h *house) search(_ context.Context, query string) (found needweb.Found, err error) {
	h.asked = query
	if h.down {
		return found, fault.New(fault.Unavailable, "search.building")
	}
	for i, o := range h.around.published {
		found.Hits = append(found.Hits, needweb.Hit{ID: o.Value, Number: fmt.Sprintf("R-%d", i+1), Title: "Rapport " + o.Label, Lang: "nn", Href: "/publikasjon/" + o.Value, Snippet: "… det vi fann …"})
	}
	found.Total = len(found.Hits) + 40
	return found, nil
}

// page is an answer of the server.
type page struct {
	t      testing.TB
	status int
	header http.Header
	body   string
	root   *html.Node
}

func (h *house) request(who, method, address string, sent url.Values) page {
	h.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, address, strings.NewReader(sent.Encode()))
	if sent != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "who", Value: who})
	}
	r.Header.Set("Accept-Language", "nb")
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, r)
	p := page{t: h.t, status: w.Code, header: w.Header(), body: w.Body.String()}
	root, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, address, err)
	}
	p.root = root
	return p
}

// get gives a page that must be there.
func (h *house) get(who, address string) page {
	h.t.Helper()
	p := h.request(who, "GET", address, nil)
	if p.status != http.StatusOK {
		h.t.Fatalf("GET %s as %q: %d\n%s", address, who, p.status, text(p.root))
	}
	return p
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (p page) all(a atom.Atom) []*html.Node {
	var out []*html.Node
	for d := range p.root.Descendants() {
		if d.DataAtom == a && d.Type == html.ElementNode {
			out = append(out, d)
		}
	}
	return out
}

// links gives the addresses that links inside main lead to.
func (p page) links() []string {
	var out []string
	for _, m := range p.all(atom.Main) {
		for d := range m.Descendants() {
			if d.DataAtom == atom.A {
				out = append(out, attr(d, "href"))
			}
		}
	}
	return out
}

// numbers gives the needs that are listed, in order.
func (p page) numbers() []string {
	var out []string
	for _, l := range p.links() {
		if n, ok := strings.CutPrefix(l, "/behov/"); ok && strings.HasPrefix(n, "B-") && !strings.Contains(n, "/") {
			out = append(out, n)
		}
	}
	return out
}

// forms gives the addresses that forms post to, with the values that they carry.
func (p page) forms() map[string]url.Values {
	out := map[string]url.Values{}
	for _, f := range p.all(atom.Form) {
		if attr(f, "method") != "post" {
			continue
		}
		values := url.Values{}
		for d := range f.Descendants() {
			if d.DataAtom == atom.Input && attr(d, "type") == "hidden" {
				values.Add(attr(d, "name"), attr(d, "value"))
			}
		}
		out[attr(f, "action")] = values
	}
	return out
}

func (p page) says(words ...string) {
	p.t.Helper()
	for _, w := range words {
		if !strings.Contains(text(p.root), w) {
			p.t.Errorf("the page does not say %q:\n%s", w, text(p.root))
		}
	}
}

func (p page) doesNotSay(words ...string) {
	p.t.Helper()
	for _, w := range words {
		if strings.Contains(text(p.root), w) {
			p.t.Errorf("the page says %q", w)
		}
	}
}

func as(who string) context.Context { return access.With(context.Background(), people[who]) }

var system = access.With(context.Background(), access.System)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err) // a test that is written wrong
	}
	return t
}

// add keeps a need as it stands. Needs are numbered in the order they are added.
func (h *house) add(n *need.Need) *need.Need {
	h.t.Helper()
	if n.State == "" {
		n.State = need.Reported
	}
	if n.Unit == "" {
		n.Unit = "avdir/annen"
	}
	n.Created = today.AddDate(0, 0, -30)
	n.SupportCount = len(n.Support.V)
	if err := h.s.Kind.Import(system, n, "source"); err != nil {
		h.t.Fatal(err)
	}
	return n
}

func titled(title, state string, themes ...string) *need.Need {
	n := &need.Need{Head: record.Head{Title: title, State: state}}
	n.Themes.V = themes
	return n
}

// portfolio fills the house with one need of each sort that the board tells apart.
func (h *house) portfolio() {
	add := h.add
	n := titled("Meldt om skjema", need.Reported, "brukere")
	n.Problem, n.Unit, n.StateSince, n.Submitter = "Folk står fast i søknaden.", "kontor/0101", day("2022-12-23"), "kontor"
	add(n) // 1
	n = titled("Klargjøres", need.Clarifying, "sosiale-tjenester")
	n.Phase, n.DecisionDate, n.StateSince, n.Owner, n.CaseWorker = "understand", day("2023-06-15"), day("2022-12-01"), "fageier", "fou"
	n.Support.V = []need.Support{{Unit: "fylke/03"}, {Unit: "avdir/fag"}}
	add(n) // 2
	n = titled("Klargjort", need.Clarified)
	n.DecisionDate, n.Lang, n.Phase, n.StateSince = day("2022-12-30"), "nn", "effect_evaluation", day("2022-12-30")
	add(n) // 3: the day of the decision has passed
	n = titled("Virkemiddel valgt", need.InstrumentChosen, "arbeid-og-helse")
	n.DecisionDate, n.CaseWorker, n.StateSince = day("2023-09-01"), "fou", day("2022-11-01")
	n.Support.V = []need.Support{{Unit: "avdir/kun/fou"}}
	add(n) // 4: of an earlier plan
	n = titled("Under fremskaffing", need.Acquiring, "brukere", "sosiale-tjenester")
	n.DecisionDate, n.Forecast, n.StateSince, n.Example = day("2023-04-03"), day("2023-06-30"), day("2022-10-01"), true
	add(n) // 5: late
	n = titled("Besvart", need.Answered, "brukere")
	n.DecisionDate, n.Forecast, n.StateSince, n.Owner = day("2022-12-15"), day("2023-01-01"), day("2023-01-01"), "fageier"
	add(n)                                   // 6: came late
	add(titled("Satt på vent", need.Paused)) // 7
	add(titled("Lukket", need.Closed))       // 8
	add(titled("Dekket", need.Covered))      // 9
	add(titled("Avvist", need.Rejected))     // 10
	add(titled("Slått sammen", need.Merged)) // 11
	n = titled("Utkast", need.Draft)
	n.Submitter = "kontor"
	add(n) // 12
}

func b(numbers ...int) []string {
	var out []string
	for _, n := range numbers {
		out = append(out, fmt.Sprintf("B-2022-%03d", n))
	}
	return out
}

// Each filter and order gives just its needs, alike as a board, as rows and as a
// file, on both databases.
func TestFilters(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.portfolio()
		for _, c := range []struct {
			query string
			want  []string // as rows
		}{
			{"", b(6, 3, 5, 2, 4, 1)},
			{"sorter=stotte", b(2, 4, 6, 3, 5, 1)},
			{"sorter=dager", b(5, 4, 2, 1, 3, 6)},
			{"sorter=tema", b(4, 6, 5, 1, 2, 3)},
			{"sorter=hva+som+helst", b(6, 3, 5, 2, 4, 1)},
			{"tema=brukere", b(6, 5, 1)},
			{"tema=arbeid-og-helse", b(4)},
			{"tema=finnes-ikke", nil},
			{"enhet=kontor/0101", b(1)},
			{"enhet=kontor", b(1)},
			{"enhet=kont", nil},
			{"enhet=avdir", b(6, 3, 5, 2, 4)},
			{"fase=understand", b(2)},
			{"fase=effect_evaluation", b(3)},
			{"q=SKJEMA", b(1)},
			{"q=søknaden+fast", b(1)},
			{"q=søknaden+slow", nil},
			{"q=b-2022-005", b(5)},
			{"q=%25", nil},
			{"for=15.06.2023", b(6, 3, 5)},
			{"for=16.6.2023", b(6, 3, 5, 2)},
			{"sent=ja", b(6, 3, 5)},
			{"hvilke=vent", b(7)},
			{"hvilke=avsluttet", b(8, 9, 10, 11)},
			{"hvilke=alle&sorter=stotte", b(2, 4, 6, 3, 5, 1, 7, 8, 9, 10, 11)},
			{"tema=brukere&sent=ja&for=01.01.2023", b(6)},
		} {
			rows := h.get("jurist", "/behov?visning=liste&"+c.query)
			if diff := cmp.Diff(c.want, rows.numbers()); diff != "" {
				t.Errorf("%q as rows (-want +got):\n%s", c.query, diff)
			}
			board := h.get("jurist", "/behov?"+c.query).numbers()
			slices.Sort(board)
			want := slices.Sorted(slices.Values(c.want))
			if diff := cmp.Diff(want, board); diff != "" {
				t.Errorf("%q as a board (-want +got):\n%s", c.query, diff)
			}
			count := fmt.Sprintf("%d behov , sortert etter", len(c.want))
			rows.says(count)
			if len(c.want) == 0 {
				rows.says("Ingen behov å vise")
				continue
			}
			file := h.get("jurist", "/behov?format=csv&"+c.query)
			records, err := csvOf(file.body)
			if err != nil {
				t.Fatalf("%q as a file: %v", c.query, err)
			}
			var got []string
			for _, r := range records[1:] {
				got = append(got, r[0])
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%q as a file (-want +got):\n%s", c.query, diff)
			}
		}
	})
}

func csvOf(body string) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\uFEFF")))
	r.Comma = ';'
	return r.ReadAll()
}

// The board has a column for each part of the way, and each need stands in one
// with what matters about it.
func TestBoard(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	h.portfolio()
	columns := func(p page) map[string][]string {
		out := map[string][]string{}
		for _, s := range p.all(atom.Section) {
			title := ""
			for d := range s.Descendants() {
				if d.DataAtom == atom.H2 {
					title = text(d)
				}
				if d.DataAtom == atom.A && strings.HasPrefix(attr(d, "href"), "/behov/B-") {
					out[title] = append(out[title], text(d))
				}
			}
		}
		return out
	}
	want := map[string][]string{
		"Meldt (1)": {"Meldt om skjema"}, "Under klargjøring (1)": {"Klargjøres"}, "Klar (1)": {"Klargjort"},
		"Under arbeid (2)": {"Under fremskaffing", "Virkemiddel valgt"}, "Besvart (1)": {"Besvart"},
	}
	p := h.get("jurist", "/behov")
	if diff := cmp.Diff(want, columns(p)); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	p.says(
		"B-2022-001 · Møte med brukere", "10 dager i steget", "Venter på Saksbehandler i FoU-seksjonen",
		"støttes av 2 enheter", "Beslutning 15. juni 2023", "Venter på Navn fageier, Navn fou",
		"Beslutningsdatoen 30. desember 2022 er passert uten svar",
		"B-2022-004 · Gammelt: arbeid-og-helse", "Venter på Navn fou", "støttes av 1 enhet",
		"Svaret ventes 30. juni 2023, 3 måneder etter beslutningen", "Eksempel",
		"Svaret kom 17 dager etter beslutningen", "3 behov får svar for sent",
	)
	ended := columns(h.get("jurist", "/behov?hvilke=avsluttet"))
	want = map[string][]string{"Lukket (1)": {"Lukket"}, "Dekket av kjent kunnskap (1)": {"Dekket"}, "Avvist (1)": {"Avvist"}, "Slått sammen (1)": {"Slått sammen"}}
	if diff := cmp.Diff(want, ended); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
	// An answered need is nobody's but its owner's; nothing counts days once it is done with.
	h.get("jurist", "/behov?hvilke=avsluttet").doesNotSay("30 dager i steget")
	for _, n := range p.all(atom.A) {
		if attr(n, "href") == "/behov/B-2022-003" && attr(n, "lang") != "nn" {
			t.Error("a nynorsk title on a bokmål page has no lang")
		}
	}
}

// Whoever has a mandate is offered to report, whoever works in another unit to
// support, and drafts are their maker's own.
func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	h.portfolio()
	for who, report := range map[string]bool{"kontor": true, "fylke": true, "fou": true, "jurist": false, "bibliotek": false, "forsker": false} {
		p := h.get(who, "/behov")
		if got := slices.Contains(p.links(), "/behov/meld"); got != report {
			t.Errorf("%s is offered to report: %v", who, got)
		}
		if got := strings.Contains(text(p.root), "Utkastene dine"); got != (who == "kontor") {
			t.Errorf("%s sees drafts: %v", who, got)
		}
	}
	supports := func(who string) []string {
		var out []string
		for action := range h.get(who, "/behov").forms() {
			if n, ok := strings.CutSuffix(strings.TrimPrefix(action, "/behov/"), "/stott"); ok {
				out = append(out, n)
			}
		}
		slices.Sort(out)
		return out
	}
	if diff := cmp.Diff(b(2, 3, 4, 5, 6), supports("kontor")); diff != "" {
		t.Errorf("the office may support (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(b(1, 3, 4, 5, 6), supports("fylke")); diff != "" {
		t.Errorf("the county may support (-want +got):\n%s", diff)
	}
	if n := h.get("forsker", "/behov").numbers(); len(n) > 0 {
		t.Errorf("somebody outside sees %v", n)
	}
	h.get("forsker", "/behov").doesNotSay("behov får svar for sent", "Enhet avdir", "Støtt B-")
	if p := h.request("", "GET", "/behov", nil); p.status != http.StatusSeeOther || !strings.HasPrefix(p.header.Get("Location"), "/logginn") {
		t.Errorf("nobody: %d to %s", p.status, p.header.Get("Location"))
	}
}

// One click supports a need, and the reader is told.
func TestSupport(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	h.portfolio()
	for _, view := range []string{"/behov?sorter=stotte", "/behov?visning=liste"} {
		sent, ok := h.get("kontor", view).forms()["/behov/B-2022-005/stott"]
		if !ok || sent.Get("_key") == "" {
			t.Fatalf("%s: no button", view)
		}
	}
	sent := h.get("kontor", "/behov").forms()["/behov/B-2022-005/stott"]
	for range 2 { // a double click does it once
		if p := h.request("kontor", "POST", "/behov/B-2022-005/stott", sent); p.status != http.StatusSeeOther {
			t.Fatalf("support: %d\n%s", p.status, text(p.root))
		}
	}
	p := h.get("kontor", "/behov/B-2022-005")
	p.says("Enheten din støtter nå B-2022-005.", "Enhet kontor/0101, 2. januar 2023")
	h.get("kontor", "/behov").says("støttes av 1 enhet")
	if _, again := h.get("kontor", "/behov").forms()["/behov/B-2022-005/stott"]; again {
		t.Error("the button is still there")
	}
}

func TestChosenFilters(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	h.portfolio()
	p := h.get("jurist", "/behov?tema=brukere&sent=ja&q=svar&sorter=stotte&visning=liste&side=3&fase=tull&ukjent=1")
	var chips []string
	for _, l := range p.links() {
		u, err := url.Parse(l)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if u.Path == "/behov" && q.Get("sorter") == "stotte" && q.Get("visning") == "liste" && !q.Has("format") && len(q) < 6 {
			chips = append(chips, u.RawQuery)
		}
	}
	for _, want := range []string{
		"fase=tull&q=svar&sent=ja&sorter=stotte&visning=liste", // without the theme
		"fase=tull&q=svar&sorter=stotte&tema=brukere&visning=liste",
		"fase=tull&sent=ja&sorter=stotte&tema=brukere&visning=liste",
		"sorter=stotte&visning=liste", // all off
	} {
		if !slices.Contains(chips, want) {
			t.Errorf("no link to %q among %q", want, chips)
		}
	}
	p.says("Tema: Møte med brukere", "Ord eller nummer: svar", "Bare de som får svar for sent")
	h.get("jurist", "/behov?enhet=kontor/0101&for=1.2.2023&hvilke=alle").says("Meldt av: Enhet kontor/0101", "Beslutning før: 1. februar 2023", "Hvilke behov: Alle")

	p = h.request("jurist", "GET", "/behov?for=31.02.2023", nil)
	if p.status != http.StatusUnprocessableEntity || len(p.numbers()) != 6 {
		t.Errorf("a day that is not one: %d with %d needs", p.status, len(p.numbers()))
	}
	p.says("Du må rette 1 feil", "Skriv datoen som dag, måned og år")
	if title := text(p.all(atom.Title)[0]); !strings.HasPrefix(title, "Feil (1): Kunnskapsbehov") {
		t.Errorf("title %q", title)
	}
	found := false
	for _, in := range p.all(atom.Input) {
		found = found || attr(in, "name") == "for" && attr(in, "value") == "31.02.2023" && attr(in, "aria-invalid") == "true"
	}
	if !found {
		t.Error("what was typed is not kept at its field")
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	for i := range 53 {
		n := titled(fmt.Sprintf("=1+1 behov %d", i+1), need.Reported)
		n.DecisionDate = today.AddDate(0, 0, 100+i)
		h.add(n)
	}
	for query, want := range map[string]int{"": 25, "&side=2": 25, "&side=3": 3, "&side=9": 3, "&side=-1": 25, "&side=x": 25} {
		if got := len(h.get("fou", "/behov?visning=liste"+query).numbers()); got != want {
			t.Errorf("%q: %d rows, want %d", query, got, want)
		}
	}
	board := h.get("fou", "/behov")
	if n := len(board.numbers()); n != 30 || !slices.Contains(board.links(), "/behov?visning=liste") {
		t.Errorf("the column shows %d cards, and leads to %v", n, board.links())
	}
	board.says("Meldt (53)", "23 behov til i listen")
	p := h.get("fou", "/behov?visning=liste&side=2")
	if p.numbers()[0] != "B-2022-026" {
		t.Errorf("page 2 begins with %s", p.numbers()[0])
	}
	p.says("53 behov , sortert etter beslutningsdato")
	for _, link := range []string{"/behov?side=3&visning=liste", "/behov?visning=liste", "/behov?format=csv", "/behov?format=xlsx"} {
		if !slices.Contains(p.links(), link) {
			t.Errorf("no link to %s among %v", link, p.links())
		}
	}
	file := h.get("fou", "/behov?format=csv")
	records, err := csvOf(file.body)
	if err != nil || len(records) != 54 || records[1][1] != "'=1+1 behov 1" {
		t.Errorf("%d rows, first %v, %v", len(records), records[1], err)
	}
	if d := file.header.Get("Content-Disposition"); d != `attachment; filename="kunnskapsbehov-2023-01-02.csv"` {
		t.Errorf("file name %s", d)
	}
	book := h.get("fou", "/behov?format=xlsx")
	if !strings.HasPrefix(book.body, "PK") || !strings.Contains(book.header.Get("Content-Type"), "spreadsheetml") {
		t.Errorf("xlsx: %s, begins %q", book.header.Get("Content-Type"), book.body[:2])
	}
}

// full is a need with everything on its page.
func (h *house) full() *need.Need {
	n := titled("Kva hjelper?", need.Acquiring, "sosiale-tjenester", "arbeid-og-helse")
	n.Lang, n.Problem, n.Decision, n.Requirements = "nn", "Vi veit ikkje nok.", "Om tilbodet skal halde fram.", "Registerdata."
	n.DecisionDate, n.Forecast, n.Phase, n.RnDKind = day("2023-03-01"), day("2023-06-30"), "effect_evaluation", "experiment"
	n.Submitter, n.Owner, n.CaseWorker, n.OnBehalfOf, n.SignedBy = "kontor", "fageier", "fou", "Departementet", "fageier"
	n.Questions.V, n.Goals.V, n.Partners.V = []string{"Kor mange?", "For kven?"}, []string{"flere-i-arbeid", "gammelt"}, []string{"forsker"}
	n.Searches.V = []need.Search{
		{At: day("2022-10-01"), By: "bibliotek", Query: "oppfølging", Where: []string{"library", "database"}, Hits: 1200, Conclusion: "Mykje frå utlandet."},
		{At: day("2022-10-05"), By: "fou", Query: "tett oppfølging", Where: []string{"portal"}, Hits: 2, Conclusion: "Lite frå Noreg."},
	}
	n.Choices.V = []need.Choice{
		{At: day("2022-10-20"), By: "fou", Instruments: []string{"grant"}, Performed: "external", Rationale: "Fyrste tanke."},
		{At: day("2022-10-25"), By: "fou", Instruments: []string{"internal_analysis", "synthesis"}, Performed: "both", EvaluatesNav: true, Rationale: "Rask og billeg.", Warnings: []string{"internal_evaluation", "too_slow"}, Overruled: "Ingen andre har data."},
	}
	n.Support.V = []need.Support{{Unit: "fylke/03", By: "fylke", At: day("2022-09-09")}}
	n.Comments.V = []need.Comment{{By: "fylke", At: day("2022-11-11"), Text: "Gjeld òg <b>oss</b>."}}
	h.add(n)
	s := &study{Head: record.Head{Title: "Studien", State: "GÅR"}, Need: n.ID}
	if err := h.study.Import(system, s, "source"); err != nil {
		h.t.Fatal(err)
	}
	other := titled("Same spørsmål", need.Merged)
	other.MergedInto = n.ID
	h.add(other)
	return n
}

func TestNeedPage(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	n := h.full()
	p := h.get("fageier", "/behov/"+n.Number)
	p.says(
		"Svaret ventes 30. juni 2023, 4 måneder etter beslutningen",
		"Vi veit ikkje nok.", "Kor mange?", "For kven?", "Registerdata.",
		"Søk etter «tett oppfølging»", "Lite frå Noreg.", "Se alle 2 søk med treff",
		"Om tilbodet skal halde fram.", "Beslutningen tas 1. mars 2023", "Svaret ventes 30. juni 2023",
		"Intern analyse, Kunnskapsoppsummering", "Rask og billeg.", "Nav og andre sammen · 25. oktober 2022 av Navn fou",
		"Planen fraråder at Nav evaluerer egne tjenester selv", "Valgt likevel fordi: Ingen andre har data.", "Tidligere valg: Bidrag til forskning",
		"Studie S-", "Studien", "Same spørsmål", "Enhet fylke/03, 9. september 2022",
		"Gjeld òg <b>oss</b>.", "Navn fylke",
		"Den som meldte behovet Navn kontor", "På vegne av Departementet", "Fageier Navn fageier", "Saksbehandler Navn fou", "Medeiere Navn forsker",
		"Tema Sosiale tjenester, Gammelt: arbeid-og-helse", "Evaluere om det virker", "Flere i arbeid, gammelt", "Eksperiment",
	)
	if !slices.Contains(p.links(), "/studie/"+numberOf(t, h, "study")) {
		t.Errorf("no link to the study: %v", p.links())
	}
	parts := map[string][]string{}
	for _, s := range p.all(atom.Section) {
		for d := range s.Descendants() {
			if id := attr(s, "id"); d.DataAtom == atom.A && strings.HasPrefix(attr(d, "href"), "/") {
				parts[id] = append(parts[id], text(d))
			}
		}
	}
	if diff := cmp.Diff([][]string{{"Studien"}, {"Same spørsmål"}}, [][]string{parts["arbeid"], parts["sammen"]}); diff != "" {
		t.Errorf("what hangs on the need (-want +got):\n%s", diff)
	}
	passages := 0
	for _, a := range []atom.Atom{atom.Div, atom.Span, atom.H1} {
		for _, n := range p.all(a) {
			if attr(n, "lang") == "nn" {
				passages++
			}
		}
	}
	if passages < 6 {
		t.Errorf("%d passages are marked as nynorsk", passages)
	}
	for _, s := range p.all(atom.Script) {
		if attr(s, "src") == "" {
			t.Error("a script in the page")
		}
	}

	sent, ok := p.forms()["/behov/"+n.Number+"/kommenter"]
	if !ok {
		t.Fatal("no form for a comment")
	}
	sent.Set("text", "Takk!")
	if r := h.request("fageier", "POST", "/behov/"+n.Number+"/kommenter", sent); r.header.Get("Location") != "/behov/"+n.Number+"#dialog" {
		t.Errorf("after a comment: %d to %q", r.status, r.header.Get("Location"))
	}
	h.get("fageier", "/behov/"+n.Number).says("Kommentaren er lagt til.", "Takk!")
	sent.Set("text", "")
	sent.Set("_key", "other")
	if r := h.request("fageier", "POST", "/behov/"+n.Number+"/kommenter", sent); r.status != http.StatusUnprocessableEntity {
		t.Errorf("an empty comment: %d", r.status)
	}

	h.get("forsker", "/behov/"+n.Number).says("Din kommentar") // invited from another agency
	bare := h.add(titled("Bare meldt", need.Reported))
	h.get("jurist", "/behov/"+bare.Number).says(
		"Spørsmålene er ikke skrevet ennå.", "Ingen har lagret et søk ennå.", "Beslutningen er ikke beskrevet ennå.", "Virkemiddel er ikke valgt ennå.", "Ingen andre enheter har støttet behovet ennå.", "Ingen har kommentert ennå.")
	for who, want := range map[string]int{"forsker": http.StatusNotFound, "": http.StatusSeeOther} {
		for _, path := range []string{"", "/kunnskap", "/logg", "/kommenter"} {
			if r := h.request(who, "GET", "/behov/"+bare.Number+path, nil); r.status != want {
				t.Errorf("GET %s as %q: %d, want %d", path, who, r.status, want)
			}
		}
	}
	absent, hidden := h.request("forsker", "GET", "/behov/B-2022-999", nil), h.request("forsker", "GET", "/behov/"+bare.Number, nil)
	if strings.ReplaceAll(absent.body, "B-2022-999", "") != strings.ReplaceAll(hidden.body, bare.Number, "") {
		t.Error("what may not be seen differs from what is not there")
	}
}

func numberOf(t testing.TB, h *house, kind string) string {
	t.Helper()
	numbers, err := db.All[string](system, h.e.DB, "SELECT number FROM record WHERE kind = $1", kind)
	if err != nil || len(numbers) != 1 {
		t.Fatalf("%v, %v", numbers, err)
	}
	return numbers[0]
}

// The steps of table 1 stand as far as the need has come.
func TestSteps(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	stateOf := func(who string, n *need.Need) []string {
		t.Helper()
		var out []string
		for _, li := range h.get(who, "/behov/"+n.Number).all(atom.Li) {
			if s := attr(li, "data-state"); s != "" {
				out = append(out, s)
			}
		}
		return out
	}
	want := func(n *need.Need, steps string) {
		t.Helper()
		if got := strings.Join(stateOf("kontor", n), " "); got != steps {
			t.Errorf("in %s: %s, want %s", n.State, got, steps)
		}
	}
	for state, steps := range map[string]string{
		need.Draft: "current todo todo todo todo", need.Reported: "current todo todo todo todo", need.Clarifying: "done current todo todo todo",
		need.Clarified: "done done current todo todo", need.InstrumentChosen: "done done current todo todo", need.Acquiring: "done done done current todo",
		need.Answered: "done done done done current", need.Closed: "done done done done done",
	} {
		n := titled("x", state)
		n.Submitter = "kontor"
		want(h.add(n), steps)
	}
	late := titled("x", need.Acquiring)
	late.DecisionDate, late.Forecast = day("2023-02-01"), day("2023-03-01")
	want(h.add(late), "done done done late todo")
	h.get("kontor", "/behov/"+late.Number).says("Svaret ventes 1. mars 2023")
	inTime := titled("x", need.Acquiring)
	inTime.DecisionDate, inTime.Forecast = day("2023-04-01"), day("2023-03-01")
	want(h.add(inTime), "done done done current todo")
	for state, steps := range map[string]string{
		need.Paused: "done stopped todo todo todo", need.Rejected: "done stopped stopped stopped stopped", need.Merged: "done stopped stopped stopped stopped",
	} {
		n := titled("x", state)
		n.PausedState, n.ReviewDate = need.Clarifying, day("2023-05-05")
		want(h.add(n), steps)
		h.get("kontor", "/behov/"+n.Number).says("Vurderes igjen 5. mai 2023")
	}
	// What a step was done on is read from the history.
	n, err := h.s.Kind.Create(as("kontor"), "report", record.Input{Values: form.Of("title", "y", "problem", "z")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	h.e.Clock.(*clock.Movable).Forward(day("2023-01-20").Add(8 * time.Hour))
	if _, err := h.s.Kind.Do(as("fou"), n.ID, "take", record.Input{Values: form.Of("case_worker", "fou", "owner", "fageier")}); err != nil {
		t.Fatal(err)
	}
	h.get("kontor", "/behov/"+n.Number).says("Ha et kunnskapsbehov (Ferdig) 20. januar 2023", "Beskrive behovet (Pågår) Under klargjøring siden 20. januar 2023")
}

// B3: what is found in the portal is recorded with what it says, in one go.
func TestKnowledge(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	n := titled("Hva hjelper?", need.Clarifying)
	n.Owner = "fageier"
	h.add(n)
	for _, title := range []string{"en", "to"} {
		known := h.add(titled(title, need.Closed)) // any record can stand for a publication here
		h.around.published = append(h.around.published, form.Option{Value: known.ID, Label: title})
	}
	path := "/behov/" + n.Number + "/kunnskap"
	h.get("jurist", path).says("Søk i det Nav har publisert", "Ingen har lagret et søk ennå.")
	p := h.get("jurist", path+"?q=hva+virker")
	p.says("42 treff på «hva virker»", "Rapport en", "… det vi fann …")
	if _, saves := p.forms()["/behov/"+n.Number+"/sok"]; saves || h.asked != "hva virker" {
		t.Errorf("a lawyer may save the search: %v; asked for %q", saves, h.asked)
	}
	p = h.get("bibliotek", path+"?q=+hva+virker+")
	sent, ok := p.forms()["/behov/"+n.Number+"/sok"]
	if !ok || sent.Get("query") != "hva virker" || sent.Get("hits") != "42" || sent.Get("where") != "portal" {
		t.Fatalf("the form carries %v", sent)
	}
	p.says("40 treff til vises ikke.")
	var ticks []string
	for _, in := range p.all(atom.Input) {
		if attr(in, "name") == "relevant" {
			ticks = append(ticks, attr(in, "value"))
		}
	}
	if len(ticks) != 2 || ticks[1] != h.around.published[1].Value {
		t.Fatalf("boxes to tick: %v", ticks)
	}
	sent.Set("relevant", ticks[1])
	if r := h.request("bibliotek", "POST", "/behov/"+n.Number+"/sok", sent); r.status != http.StatusUnprocessableEntity {
		t.Errorf("saved without a conclusion: %d", r.status)
	} else {
		r.says("Fyll ut «Hva fant du ut?»")
	}
	sent.Set("conclusion", "Noe er kjent.")
	if r := h.request("bibliotek", "POST", "/behov/"+n.Number+"/sok", sent); r.header.Get("Location") != path {
		t.Fatalf("after saving: %d to %q\n%s", r.status, r.header.Get("Location"), text(r.root))
	}
	p = h.get("bibliotek", path)
	p.says("Søket er lagret.", "Søk etter «hva virker»", "Noe er kjent.", "Kunnskapsportalen", "Kunnskapsportalen · 42 treff · 2. januar 2023 av Navn bibliotek", "to")
	h.down = true
	h.get("bibliotek", path+"?q=x").says("svarer ikke akkurat nå", "Noe er kjent.")
	alone := open(t, h.e.DB, func(d *needweb.Deps) { d.Search = nil })
	alone.get("bibliotek", path+"?q=x").doesNotSay("Søk i det Nav har publisert")
}

// Everything is shown in all three languages, without a text that is missing, and
// with one heading of the first level.
func TestLanguages(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	h.portfolio()
	n := h.full()
	for _, address := range []string{
		"/behov", "/behov?visning=liste", "/behov?hvilke=alle", "/behov?q=finnes-ikke", "/behov?for=x&tema=brukere", "/behov/" + n.Number, "/behov/" + n.Number + "/kunnskap?q=a",
		"/behov/" + n.Number + "/logg", "/behov/meld", "/behov/B-2022-001/ta-til-klargjoring", "/behov/B-2022-002/beskriv", "/behov/B-2022-003/velg-virkemiddel",
		"/behov/B-2022-007/gjenoppta", "/behov/B-2022-001/avvis", "/behov/B-2022-001/sla-sammen", "/behov/B-2022-001/sett-pa-vent", "/behov/B-2022-002/sok",
	} {
		for _, tag := range lang.Tags {
			sep := "?"
			if strings.Contains(address, "?") {
				sep = "&"
			}
			p := h.request("fou", "GET", address+sep+"malform="+string(tag), nil)
			if p.status != http.StatusOK && !strings.Contains(address, "for=x") {
				t.Errorf("%s in %s: %d", address, tag, p.status)
			}
			if i := strings.Index(p.body, "⟦"); i >= 0 {
				t.Errorf("%s in %s: no text for %s", address, tag, p.body[i:min(len(p.body), i+80)])
			}
			if n := len(p.all(atom.H1)); n != 1 {
				t.Errorf("%s in %s: %d h1", address, tag, n)
			}
			ids := map[string]bool{}
			for d := range p.root.Descendants() {
				if id := attr(d, "id"); id != "" && ids[id] {
					t.Errorf("%s: the id %s stands twice", address, id)
				} else {
					ids[id] = true
				}
			}
		}
	}
}

// The pages keep WCAG 2.2 AA and fit a narrow screen.
func TestAccessible(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	h.portfolio()
	n := h.full()
	h.around.published = []form.Option{{Value: n.ID, Label: "en"}}
	server := httptest.NewServer(h.h)
	t.Cleanup(server.Close)
	browser := axetest.New(t)
	browser.SetCookie(t, server.URL, &http.Cookie{Name: "who", Value: "fou"})
	for _, path := range []string{"/behov", "/behov?visning=liste&tema=brukere", "/behov?for=x&hvilke=avsluttet", "/behov/" + n.Number, "/behov/B-2022-002/kunnskap?q=a"} {
		for _, width := range []int{1280, 320} {
			for _, v := range browser.Page(t, server.URL+path, width) {
				if v.Rule != "console" || !strings.Contains(v.Help, "422") { // the browser tells of the status that is meant
					t.Errorf("%s at %d pixels: %s", path, width, v)
				}
			}
		}
	}
}
