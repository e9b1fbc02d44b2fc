package uptakeweb_test

import (
	"context"
	"encoding/csv"
	"io/fs"
	"log/slog"
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

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"funn/internal/need"
	"funn/internal/org"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/ui/axetest"
	"funn/internal/platform/web"
	"funn/internal/project"
	"funn/internal/publication"
	"funn/internal/uptake"
	"funn/internal/uptake/uptakeweb"
)

var schema = []fs.FS{event.Migrations, record.Migrations, need.Migrations, project.Migrations, publication.Migrations, uptake.Migrations}

func person(id string, staff bool, roles ...access.Role) access.Actor {
	a := access.Actor{ID: id, Name: "Navn " + id, Staff: staff, As: []string{id}}
	for _, r := range roles {
		a.Grants = append(a.Grants, access.Grant{Role: r, Unit: "dir"})
	}
	return a
}

var people = map[string]access.Actor{
	"fou": person("fou", true, org.FoU), "fageier": person("fageier", true, org.SubjectOwner), "utvalg": person("utvalg", true, org.Committee),
	"atl": person("atl", true, org.Line), "kontor": person("kontor", true, org.Office), "forsker": person("forsker", false, org.Researcher),
}

// around answers what the modules ask of the rest of the house.
type around struct{}

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

func (around) Organisations(context.Context) ([]form.Option, error) { return nil, nil }

func (around) Themes(context.Context) ([]form.Option, error) { return nil, nil }

func (around) Goals(context.Context) ([]form.Option, error) { return nil, nil }

func (around) Published(context.Context) ([]form.Option, error) { return nil, nil }

// sessions knows who asks from a cookie that the tests set.
type sessions struct{}

type whoKey struct{}

func (sessions) PersonID(ctx context.Context) string {
	s, _ := ctx.Value(whoKey{}).(string)
	return s
}

func (sessions) PutFlash(context.Context, string) {}

func (sessions) PopFlash(context.Context) string { return "" }

func (sessions) Lang(context.Context) string { return "" }

func (sessions) SetLang(context.Context, string) {}

type house struct {
	*uptake.Service
	t        testing.TB
	projects *project.Service
	engine   *record.Engine
	clock    *clock.Movable
	site     *recordweb.Site
	catalog  *lang.Catalog
	handler  http.Handler
}

func open(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, clock: clock.NewMovable(time.Date(2023, 1, 2, 8, 0, 0, 0, time.UTC))}
	h.engine = record.NewEngine(d, h.clock)
	needs := need.New(around{}, around{}, around{})
	h.projects = project.New(around{}, around{}, needs)
	publications := publication.New(around{}, around{}, h.projects)
	h.Service = uptake.New(around{}, needs, h.projects, publications)
	h.site = &recordweb.Site{
		Engine: h.engine, Unit: func(_ context.Context, path string) string { return "Enhet " + path },
		Names: func(_ context.Context, ids ...string) (map[string]string, error) {
			out := map[string]string{}
			for _, id := range ids {
				out[id] = people[id].Name
			}
			return out, nil
		},
	}
	m := uptakeweb.Module(uptakeweb.Deps{Service: h.Service, Site: h.site, ThemeName: func(_ context.Context, slug string) string { return "Tema " + slug }})
	if err := h.engine.Register(append([]record.AnyKind{needs.Kind, h.projects.Kind, publications.Kind}, m.Kinds...)...); err != nil {
		t.Fatal(err)
	}
	publications.Subscribe(h.engine)
	m.Subscribe(h.engine)
	h.catalog = lang.NewCatalog()
	for _, texts := range []fs.FS{lang.Messages, web.Messages, org.Messages, plan.Messages, need.Messages, project.Messages, publication.Messages, m.Messages} {
		if err := h.catalog.Load(texts); err != nil {
			t.Fatal(err)
		}
	}
	h.site.Router = &web.Router{
		Catalog: h.catalog, Sessions: sessions{}, Nav: m.Nav, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Actor: func(_ context.Context, id string) (access.Actor, error) { return people[id], nil },
	}
	m.Routes(h.site.Router)
	inner := h.site.Router.Handler()
	mux := http.NewServeMux()
	mux.Handle("GET /static/", ui.Assets())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("who"); err == nil {
			r = r.WithContext(context.WithValue(r.Context(), whoKey{}, c.Value))
		}
		inner.ServeHTTP(w, r)
	})
	h.handler = web.Secure(mux, false)
	return h
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
	h.handler.ServeHTTP(w, r)
	p := page{t: h.t, status: w.Code, header: w.Header(), body: w.Body.String()}
	root, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		h.t.Fatal(err)
	}
	p.root = root
	return p
}

// get gives a page that must be there.
func (h *house) get(who, address string) page {
	h.t.Helper()
	p := h.request(who, "GET", address, nil)
	if p.status != http.StatusOK {
		h.t.Fatalf("GET %s as %q: %d\n%s", address, who, p.status, p.text())
	}
	return p
}

// post sends a form that must be carried out, and gives where it leads.
func (h *house) post(who, address string, pairs ...string) string {
	h.t.Helper()
	sent := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		sent.Add(pairs[i], pairs[i+1])
	}
	p := h.request(who, "POST", address, sent)
	if p.status != http.StatusSeeOther {
		h.t.Fatalf("POST %s as %q: %d\n%s", address, who, p.status, p.text())
	}
	return p.header.Get("Location")
}

func (p page) text() string {
	var b strings.Builder
	for d := range p.root.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// links gives the addresses that links inside main lead to.
func (p page) links() []string {
	var out []string
	for m := range p.root.Descendants() {
		if m.DataAtom != atom.Main {
			continue
		}
		for d := range m.Descendants() {
			for _, a := range d.Attr {
				if d.DataAtom == atom.A && a.Key == "href" {
					out = append(out, a.Val)
				}
			}
		}
	}
	return out
}

func (p page) leadsTo(want bool, address string) {
	p.t.Helper()
	if slices.Contains(p.links(), address) != want {
		p.t.Errorf("the page leads to %s: %v, want %v; it leads to %v", address, !want, want, p.links())
	}
}

func (p page) says(words ...string) {
	p.t.Helper()
	for _, w := range words {
		if !strings.Contains(p.text(), w) {
			p.t.Errorf("the page does not say %q:\n%s", w, p.text())
		}
	}
}

func (p page) doesNotSay(words ...string) {
	p.t.Helper()
	for _, w := range words {
		if strings.Contains(p.text(), w) {
			p.t.Errorf("the page says %q:\n%s", w, p.text())
		}
	}
}

// opened gives the uptake of an accepted final report.
func (h *house) opened(title string) *uptake.Uptake {
	h.t.Helper()
	p := &project.Project{
		Head: record.Head{Title: title, State: project.Delivered, Unit: "dir"}, Instrument: "commission", Theme: "sosiale-tjenester", Owner: "fageier", CaseWorker: "fou",
		ReviewedBy: "fou", ReviewedAt: h.engine.Now(context.Background()),
	}
	p.Findings.V = []project.Finding{{Text: "Ventetida er kortare.", Limits: "Fem kontor."}, {Text: "Små kontor er åleine.", Limits: "Svar frå leiarar."}}
	p.Deliverables.V = []project.Deliverable{{ID: 1, Kind: project.Final, Title: title, Lang: "nn", Summary: "Samandrag."}}
	if err := h.projects.Kind.Import(access.With(context.Background(), access.System), p, "test"); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.projects.Kind.Do(access.With(context.Background(), people["fageier"]), p.ID, "accept", record.Input{}); err != nil {
		h.t.Fatal(err)
	}
	u, err := h.OfProject(access.With(context.Background(), access.System), p.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return u
}

// assessed takes an uptake to where it waits for the decision.
func (h *house) assessed(title string) string {
	h.t.Helper()
	at := "/bruk/" + h.opened(title).Number
	h.post("fou", at+"/registrer-funn")
	h.post("fageier", at+"/vurder-funn", "finding", "1", "implications", "practice", "note", "Rutinen bør endrast.")
	h.post("fageier", at+"/vurder-funn", "finding", "2", "implications", "knowledge_base")
	h.post("fageier", at+"/implikasjoner-vurdert")
	h.post("fou", at+"/ny-anbefaling", "kind", "do", "text", "Ha minst to som gir råd.", "addressee", "Kontora", "finding", "1")
	return at
}

// running takes an uptake to where its plan is carried out.
func (h *house) running(title string) string {
	h.t.Helper()
	at := h.assessed(title)
	h.post("fageier", at+"/svar-pa-anbefaling", "recommendation", "1", "answer", "partly", "answer_reason", "Dei store kontora kan det.")
	h.post("fageier", at+"/beslutt", "outcome", "partly", "outcome_reason", "Funna er samstemte.")
	h.post("fageier", at+"/ny-malgruppe", "who", "Rettleiarane", "how", "På fagdagen")
	h.post("fageier", at+"/nytt-tiltak", "text", "Skriv rådet inn i rutinen.", "action_owner", "atl", "action_due", "01.02.2023", "recommendation", "1")
	h.post("fageier", at+"/nytt-tiltak", "text", "Prøv det på eitt kontor.", "action_owner", "kontor", "action_due", "01.03.2023")
	h.post("fageier", at+"/godkjenn-plan")
	h.post("fageier", at+"/sett-i-gang")
	return at
}

// Every text that the lifecycle and the pages ask for is there, in all three
// languages, and no text of the module lies unused.
func TestTexts(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	l := h.Kind.Lifecycle()
	if missing := recordweb.MissingTexts(h.catalog, l); len(missing) > 0 {
		t.Errorf("missing: %v", missing)
	}
	tasks := []string{"register_findings", "conclude", "answer", "decide", "approve_plan", "start", "update_action", "follow_up", "close"}
	for _, command := range tasks {
		if !h.catalog.Has("uptake." + command + ".task") {
			t.Errorf("the task %s has no words", command)
		}
	}
	own := lang.NewCatalog()
	if err := own.Load(uptake.Messages); err != nil {
		t.Fatal(err)
	}
	if missing := own.Missing(); len(missing) > 0 {
		t.Errorf("not in all languages: %v", missing)
	}
	quoted := regexp.MustCompile(`"(uptake\.[a-z_.]*)"`)
	used := map[string]bool{}
	var prefixes []string
	for _, pattern := range []string{"*.go", "*.templ", "../*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range quoted.FindAllStringSubmatch(string(b), -1) {
				key := m[1]
				used[key] = true
				switch {
				case strings.HasSuffix(key, "."):
					prefixes = append(prefixes, key)
				case slices.Contains([]string{"uptake.implication", "uptake.recommendation", "uptake.answer", "uptake.status"}, key):
					prefixes = append(prefixes, key+".")
				case !own.Has(key) && !own.Has(key+".one") && key != "uptake.outcome":
					t.Errorf("%s asks for %s, which is not there", f, key)
				}
			}
		}
	}
	for _, alternatives := range recordweb.Keys(l) {
		for _, key := range alternatives {
			used[key] = true
		}
	}
	for _, noted := range []string{"before", "publication"} {
		used["uptake.field."+noted] = true // what a command notes beside what was told
	}
	for _, key := range own.Keys() {
		stem := key
		for _, end := range []string{".hint", ".intro", ".one", ".other"} {
			stem = strings.TrimSuffix(stem, end)
		}
		command, isTask := strings.CutSuffix(strings.TrimPrefix(key, "uptake."), ".task")
		known := used[key] || used[stem] || isTask && slices.Contains(tasks, command) ||
			slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) ||
			slices.ContainsFunc(l.Commands, func(c lifecycle.Command) bool { return stem == "uptake."+c.Name })
		if !known && strings.HasPrefix(key, "uptake.") {
			t.Errorf("nothing uses %s", key)
		}
	}
}

// From the accepted report to the closed case, through the pages alone.
func TestWayToUse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		u := h.opened("Gjeldsråd på kontoret")
		at := "/bruk/" + u.Number
		page := h.get("fou", at)
		page.says("Ventetida er kortare.", "Forbehold: Fem kontor.", "Ikke vurdert ennå", "Bruken er ikke besluttet ennå. Den bør besluttes innen 30. januar 2023.", "Rapporten er godkjent")
		page.leadsTo(true, at+"/nytt-funn")
		edit := at + "/endre-funn?" + url.Values{"finding": {"1"}, "text": {"Ventetida er kortare."}, "limits": {"Fem kontor."}}.Encode()
		page.leadsTo(true, edit)
		h.get("kontor", at).leadsTo(false, edit)
		if asked := h.get("fou", edit); !strings.Contains(asked.body, "Ventetida er kortare.</textarea>") {
			t.Error("the form does not show what the finding says now")
		}
		if to := h.post("fou", at+"/nytt-funn", "text", "Eit tredje funn.", "limits", "Usikkert."); to != at+"#funn" {
			t.Errorf("a new finding leads to %s", to)
		}
		h.post("fou", at+"/fjern-funn", "finding", "3", "reason", "Det same som det andre.")
		h.post("fou", at+"/registrer-funn")
		if bad := h.request("fageier", "POST", at+"/vurder-funn", url.Values{"finding": {"1"}, "implications": {"practice", "knowledge_base"}}); bad.status != http.StatusUnprocessableEntity {
			t.Errorf("knowledge base and practice: %d", bad.status)
		}
		h.post("fageier", at+"/vurder-funn", "finding", "1", "implications", "practice", "implications", "policy", "note", "Rutinen bør endrast.")
		h.post("fou", at+"/vurder-funn", "finding", "2", "implications", "knowledge_base")
		h.post("fageier", at+"/implikasjoner-vurdert")
		h.post("fou", at+"/ny-anbefaling", "kind", "stop", "text", "Slutt å ha éin åleine.", "addressee", "Kontora", "finding", "1")
		page = h.get("fageier", at)
		page.says("Praksis", "Politikkutvikling", "Bare kunnskapsgrunnlaget", "Rutinen bør endrast.", "Slutt med Slutt å ha éin åleine.", "Til Kontora", "Ikke besvart", "Foreslått")
		page.leadsTo(true, at+"/svar-pa-anbefaling?recommendation=1")
		h.get("fou", at).leadsTo(false, at+"/svar-pa-anbefaling?recommendation=1")
		if early := h.request("fageier", "GET", at+"/beslutt", nil); early.status != http.StatusConflict {
			t.Errorf("decided before the answer: %d", early.status)
		}
		h.post("fageier", at+"/svar-pa-anbefaling", "recommendation", "1", "answer", "yes", "answer_reason", "Det kostar lite.")
		h.get("fageier", at+"/beslutt").says("Beslutningen kan ikke endres etterpå.")
		if no := h.request("fageier", "POST", at+"/beslutt", url.Values{"outcome": {"not"}, "outcome_reason": {"Nei."}}); no.status != http.StatusUnprocessableEntity {
			t.Errorf("yes and not used: %d", no.status)
		} else {
			no.says("Minst én anbefaling har svaret ja eller delvis.")
		}
		h.post("fageier", at+"/beslutt", "outcome", "use", "outcome_reason", "Funna er samstemte.")
		page = h.get("fageier", at)
		page.says("Tas i bruk", "Funna er samstemte.", "2. januar 2023 av Navn fageier", "Ingen tiltak ennå.", "Skriv minst én målgruppe")
		page.leadsTo(true, at+"/nytt-tiltak")
		h.post("fageier", at+"/ny-malgruppe", "who", "Rettleiarane", "how", "På fagdagen")
		h.post("fageier", at+"/nytt-tiltak", "text", "Skriv rådet inn i rutinen.", "action_owner", "atl", "action_due", "01.02.2023", "recommendation", "1")
		h.post("fageier", at+"/godkjenn-plan")
		h.post("fageier", at+"/sett-i-gang")
		update := at + "/oppdater-tiltak?" + url.Values{"action": {"1"}, "status": {uptake.NotStarted}}.Encode()
		h.get("atl", at).leadsTo(true, update)
		h.get("kontor", at).leadsTo(false, update)
		h.get("atl", at).says("Navn atl: Skriv rådet inn i rutinen.", "Besluttet", "1. februar 2023", "Rettleiarane", "På fagdagen")
		h.clock.Forward(time.Date(2023, 2, 11, 8, 0, 0, 0, time.UTC))
		h.get("utvalg", at).says("Over fristen", "10 dager over", "Skriv rådet inn i rutinen. (Navn atl, frist 1. februar 2023)")
		if drop := h.request("atl", "POST", at+"/oppdater-tiltak", url.Values{"action": {"1"}, "status": {uptake.Dropped}}); drop.status != http.StatusUnprocessableEntity {
			t.Errorf("dropped without a reason: %d", drop.status)
		} else {
			drop.says("Skriv hvorfor tiltaket bortfaller")
		}
		h.post("atl", at+"/oppdater-tiltak", "action", "1", "status", uptake.Done, "evidence", "https://www.example.org/rutine")
		page = h.get("fageier", at)
		page.says("Fullført", "Innført", "example.org")
		page.leadsTo(true, "https://www.example.org/rutine")
		h.post("fageier", at+"/folg-opp", "result", "Køen er kortare.", "check_date", "01.02.2024")
		h.get("fageier", at).says("Køen er kortare.", "Dere ser på det igjen 1. februar 2024.")
		h.post("fageier", at+"/lukk")
		page = h.get("kontor", at)
		page.says("Lukket", "Fulgt opp")
		page.leadsTo(false, at+"/nytt-funn")
		h.get("kontor", at+"/logg").says("oppdaterte et tiltak", "besluttet bruken", "Skriv rådet inn i rutinen.")
		if p := h.request("", "GET", at, nil); p.status != http.StatusSeeOther {
			t.Errorf("without login: %d", p.status)
		}
		if p := h.request("forsker", "GET", at, nil); p.status != http.StatusNotFound {
			t.Errorf("somebody outside: %d", p.status)
		}
	})
}

// Whoever has an action is led to tell of their own, the subject owner of all.
func TestOwnActions(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	at := h.running("Rapport")
	for who, own := range map[string][]string{"atl": {"1"}, "kontor": {"2"}, "fageier": {"1", "2"}, "utvalg": nil} {
		page := h.get(who, at)
		for _, id := range []string{"1", "2"} {
			page.leadsTo(slices.Contains(own, id), at+"/oppdater-tiltak?"+url.Values{"action": {id}, "status": {uptake.NotStarted}}.Encode())
		}
	}
}

// A no ends with its reason, and no plan is asked for.
func TestNo(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	at := h.assessed("For usikkert")
	h.post("fageier", at+"/svar-pa-anbefaling", "recommendation", "1", "answer", "no", "answer_reason", "For få kontor.")
	h.post("fageier", at+"/beslutt", "outcome", "not", "outcome_reason", "Vi veit ikkje nok.", "close", "true")
	page := h.get("kontor", at)
	page.says("Tas ikke i bruk", "Vi veit ikkje nok.", "For få kontor.", "Avslått")
	page.doesNotSay("Lage plan for bruk", "Hvem må få vite, og hvordan", "Ingen tiltak ennå")
}

func TestList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.get("kontor", "/bruk").says("0 saker", "En sak åpnes når sluttrapporten i et prosjekt er godkjent.")
		h.opened("Rapport om ein")
		h.assessed("Rapport om to")
		third := h.running("Rapport om tre")
		list := h.get("kontor", "/bruk")
		list.says("3 saker", "nærmeste frist først", "1, 1 ikke besvart", "Tas delvis i bruk", "0 av 2", "1. februar 2023", "3 av 3 saker er fortsatt åpne", "Tema sosiale-tjenester", "Navn atl, Navn kontor")
		list.doesNotSay("over fristen.", "Over fristen")
		for address, want := range map[string]string{
			"?tilstand=GJENNOMF%C3%98RES": "1 sak", "?tilstand=LUKKET": "0 saker", "?fageier=fageier": "3 saker", "?tema=sosiale-tjenester&q=ein": "1 sak",
			"?q=%25": "0 saker", "?forfalt=ja": "0 saker", "?fageier=%27": "3 saker", "?side=0": "3 saker",
		} {
			h.get("kontor", "/bruk"+address).says(want)
		}
		h.get("kontor", "/bruk?tilstand=LUKKET").says("Ingen passer med det du har valgt.")
		h.clock.Forward(time.Date(2023, 2, 11, 8, 0, 0, 0, time.UTC))
		late := h.get("utvalg", "/bruk")
		late.says("3 saker er over fristen", "12 dager over", "10 dager over")
		late.leadsTo(true, "/bruk?forfalt=ja")
		h.post("atl", third+"/oppdater-tiltak", "action", "1", "status", uptake.Done)
		h.get("utvalg", "/bruk?forfalt=ja").says("2 saker", "Bare de som er over fristen")
		file := h.get("kontor", "/bruk?format=csv&tema=sosiale-tjenester")
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.body, "\ufeff")))
		r.Comma = ';'
		rows, err := r.ReadAll()
		if err != nil || len(rows) != 4 || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("the file has %d rows, %v, %s", len(rows), err, file.header.Get("Content-Disposition"))
		}
		if x := h.get("kontor", "/bruk?format=xlsx"); !strings.HasPrefix(x.body, "PK") {
			t.Error("the workbook is none")
		}
		h.get("forsker", "/bruk").says("0 saker")
		h.get("forsker", "/bruk").doesNotSay("Rapport om", "Navn fageier", "Tema sosiale-tjenester")
		if p := h.request("", "GET", "/bruk", nil); p.status != http.StatusSeeOther {
			t.Errorf("the list without login: %d", p.status)
		}
	})
}

// What the thread shows within an uptake, for who may read it.
func TestOutline(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	at := h.running("Rapport")
	h.clock.Forward(time.Date(2023, 2, 11, 8, 0, 0, 0, time.UTC))
	ctx := lang.WithPrinter(access.With(context.Background(), people["kontor"]), h.catalog.Printer(lang.NB))
	head, err := h.engine.Find(ctx, strings.TrimPrefix(at, "/bruk/"))
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := h.site.Outlines["uptake"](ctx, head)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range nodes {
		tag := ""
		if n.Tag != nil {
			tag = n.Tag.Text
		}
		got = append(got, strings.Join([]string{n.Kind, n.Title, tag, n.When, n.Waiting, n.Note, n.Href}, "|"))
	}
	want := []string{
		"Funn|Ventetida er kortare.||2. januar 2023|||" + at + "#funn",
		"Funn|Små kontor er åleine.||2. januar 2023|||" + at + "#funn",
		"Beslutning|Funna er samstemte.|Tas delvis i bruk|2. januar 2023|||" + at + "#beslutning",
		"Tiltak|Skriv rådet inn i rutinen.|Ikke startet|Frist 1. februar 2023|Navn atl|1. februar 2023, 10 dager over fristen|" + at + "#tiltak",
		"Tiltak|Prøv det på eitt kontor.|Ikke startet|Frist 1. mars 2023|Navn kontor||" + at + "#tiltak",
	}
	if !slices.Equal(got, want) {
		t.Errorf("outline:\n got %q\nwant %q", got, want)
	}
	if _, err := h.site.Outlines["uptake"](access.With(ctx, people["forsker"]), head); err == nil {
		t.Error("somebody outside sees what is within")
	}
}

// Pages of each kind, in states with much and little on them, without faults
// that a machine can find.
func TestAccessible(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	empty := "/bruk/" + h.opened("Rapport om ein").Number
	assessed := h.assessed("Rapport om to")
	running := h.running("Rapport om tre")
	h.post("atl", running+"/oppdater-tiltak", "action", "1", "status", uptake.Done, "evidence", "https://www.example.org/rutine")
	h.clock.Forward(time.Date(2023, 3, 11, 8, 0, 0, 0, time.UTC))
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)
	browser := axetest.New(t)
	browser.SetCookie(t, server.URL, &http.Cookie{Name: "who", Value: "fageier"})
	for _, path := range []string{"/bruk", "/bruk?q=finnes+ikke", empty, assessed, running, assessed + "/svar-pa-anbefaling?recommendation=1", running + "/oppdater-tiltak?action=2"} {
		for _, width := range []int{1280, 320} {
			for _, v := range browser.Page(t, server.URL+path, width) {
				t.Errorf("%s at %d pixels: %s", path, width, v)
			}
		}
	}
}
