package projectweb_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"funn/internal/need"
	"funn/internal/org/orgtest"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/blob"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/project"
	"funn/internal/project/projectweb"
)

// house is the small agency with the pages of projects. Its clock stands at
// 2 January 2023.
type house struct {
	*orgtest.House
	needs    *need.Service
	projects *project.Service
	files    files
}

// plans are the themes that forms offer.
type plans struct{}

func (plans) Themes(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "sosiale-tjenester", Label: "Sosiale tjenester"}}, nil
}
func (plans) Goals(context.Context) ([]form.Option, error)     { return nil, nil }
func (plans) Published(context.Context) ([]form.Option, error) { return nil, nil }

// people are the options that the forms offer of the directory.
type people struct{ h *orgtest.House }

func (p people) Holders(ctx context.Context, roles ...access.Role) ([]form.Option, error) {
	list, err := p.h.Directory.Holders(ctx, roles...)
	var out []form.Option
	for _, x := range list {
		out = append(out, form.Option{Value: x.ID, Label: x.Title})
	}
	return out, err
}

func (p people) Organisations(context.Context) ([]form.Option, error) {
	list, err := p.h.Directory.Organisations.List(orgtest.System(), db.Where{}, "r.title_sort", 0, 0)
	var out []form.Option
	for _, x := range list {
		out = append(out, form.Option{Value: x.ID, Label: x.Title})
	}
	return out, err
}

// files are kept in memory.
type files map[string]string

type file struct{ *strings.Reader }

func (file) Close() error { return nil }

func (f files) Open(_ context.Context, sha string) (blob.File, error) {
	s, ok := f[sha]
	if !ok {
		return nil, fault.Missing()
	}
	return file{strings.NewReader(s)}, nil
}

var themes = map[string]string{"sosiale-tjenester": "Sosiale tjenester", "arbeid-og-helse": "Arbeid og helse"}

func (h *house) modules(o *orgtest.House) []module.Module {
	h.House, h.files = o, files{}
	h.needs = need.New(people{o}, plans{}, plans{})
	h.projects = project.New(people{o}, plans{}, h.needs)
	return []module.Module{
		{Name: "plan", Messages: plan.Messages},
		{Name: "need", Kinds: []record.AnyKind{h.needs.Kind}, Messages: need.Messages},
		projectweb.Module(projectweb.Deps{
			Service: h.projects, Site: o.Site, Organisations: o.Directory.OrganisationNames, Files: h.files,
			ThemeName: func(_ context.Context, slug string) string { return themes[slug] },
		}),
	}
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	t.Parallel()
	var h *house
	build := func(o *orgtest.House) []module.Module {
		h = &house{}
		return h.modules(o)
	}
	orgtest.Each(t, []fs.FS{need.Migrations, project.Migrations}, build, func(t *testing.T, _ *orgtest.House) { test(t, h) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func day(s string) time.Time { return orgtest.Day(s) }

// put imports a project.
func (h *house) put(t testing.TB, title, state string, change func(*project.Project)) *project.Project {
	t.Helper()
	p := &project.Project{Instrument: "commission", Theme: "sosiale-tjenester", Owner: "fageier", CaseWorker: "fou", Leader: "forsker", LeaderName: "Prosjektlederen", Named: true, Titled: true}
	p.Title, p.State, p.Unit, p.Summary = title, state, "avdir/kun/fou", "Om "+title+"."
	p.Roles.V, p.RoleNames = []project.Role{{Org: "fafo", Role: project.Host}}, "Fafo"
	if change != nil {
		change(p)
	}
	must(t, h.projects.Kind.Import(orgtest.System(), p, "test"))
	return p
}

func period(start, end string) func(*project.Project) {
	return func(p *project.Project) {
		p.Start.V, p.StartFrom, p.StartTo = project.On(day(start)), day(start), day(start)
		p.BaselineEnd, p.ForecastEnd = day(end), day(end)
		p.ContractOn, p.Frozen = day(start), true
		p.Deliverables.V = []project.Deliverable{{ID: 1, Kind: project.Final, Title: p.Title, Baseline: day(end)}}
	}
}

// both makes one change of several.
func both(changes ...func(*project.Project)) func(*project.Project) {
	return func(p *project.Project) {
		for _, c := range changes {
			c(p)
		}
	}
}

func moved(to string) func(*project.Project) {
	return func(p *project.Project) { p.ForecastEnd = day(to) }
}

func example(p *project.Project) { p.Example = true }

func budget(years ...project.Year) func(*project.Project) {
	return func(p *project.Project) {
		p.Budget.V = years
		for _, y := range years {
			p.Amount += y.Amount
			p.Spent += y.Spent
		}
	}
}

// nodes gives the elements of the page that the condition holds for.
func nodes(t testing.TB, body string, holds func(*html.Node) bool) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	must(t, err)
	var out []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && holds(n) {
			out = append(out, n)
		}
	}
	return out
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func element(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == name }
}

// text gives what an element says, with single plain spaces.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// rows gives the cells of the rows of the page's first table.
func rows(t testing.TB, body string) [][]string {
	t.Helper()
	tables := nodes(t, body, element("tbody"))
	if len(tables) == 0 {
		return nil
	}
	var out [][]string
	for n := range tables[0].Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "tr":
			out = append(out, nil)
		case "th", "td":
			out[len(out)-1] = append(out[len(out)-1], text(n))
		}
	}
	return out
}

// titles gives the titles in the page's list of projects, in order.
func titles(t testing.TB, body string) []string {
	t.Helper()
	var out []string
	for _, n := range nodes(t, body, func(n *html.Node) bool {
		return n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/prosjekt/P-") && strings.Count(attr(n, "href"), "/") == 2
	}) {
		out = append(out, text(n))
	}
	return out
}

func (h *house) get(t testing.TB, who, path string) orgtest.Page {
	t.Helper()
	p := h.Get(t, who, path)
	if p.Status != http.StatusOK {
		t.Fatalf("%s as %q: status %d", path, who, p.Status)
	}
	return p
}

func TestTexts(t *testing.T) {
	each(t, func(t *testing.T, h *house) { h.Texts(t) })
}

// The table tells of each project what one looks for: what, when, how far, how
// late, what is left; and what the source does not give.
func TestTable(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.put(t, "Unge", project.Running, both(period("2022-01-01", "2023-12-31"), moved("2024-04-30"), budget(project.Year{Year: 2022, Amount: 300_000_000, Spent: 130_000_000})))
		h.put(t, "Fra kilden", project.Running, func(p *project.Project) {
			p.CaseWorker, p.Leader, p.LeaderName, p.Theme, p.RoleNames, p.Source = "", "", "", "", "", "ÅR §2.1"
			p.Start.V = project.Span{From: day("2022-08-01"), To: day("2022-12-31"), Text: "høsten 2022"}
		})
		h.put(t, "Avbrutt arbeid", project.Cancelled, both(period("2022-01-01", "2022-12-31"), func(p *project.Project) { p.ActualEnd = day("2022-10-01") }))
		h.put(t, "Uten noe", project.Running, func(p *project.Project) { p.Source, p.RoleNames, p.LeaderName = "ÅR", "", "" })
		p := h.get(t, "fou", "/portefolje")
		want := [][]string{
			{"Unge P-2023-001 · Prosjektlederen · Fafo", "Sosiale tjenester", "01.2022 – 04.2024 · 43 %", "Pågår", "+4 md.", "1,7 mill. kr"},
			{"Fra kilden P-2023-002 · institusjon ikke oppgitt i kilden", "", "fra høsten 2022", "Pågår", "ikke oppgitt i kilden –", "ikke oppgitt i kilden –"},
			{"Uten noe P-2023-004 · institusjon ikke oppgitt i kilden", "Sosiale tjenester", "ikke oppgitt i kilden", "Pågår", "ikke oppgitt i kilden –", "ikke oppgitt i kilden –"},
			{"Avbrutt arbeid P-2023-003 · Prosjektlederen · Fafo", "Sosiale tjenester", "01.2022 – 10.2022", "Avbrutt", "Ingen", "ikke oppgitt i kilden –"},
		}
		got := rows(t, p.Body)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		bars := nodes(t, p.Body, element("progress"))
		if len(bars) != 1 || attr(bars[0], "value") != "43" || attr(bars[0], "max") != "100" || !strings.Contains(attr(bars[0], "aria-label"), "P-2023-001") {
			t.Errorf("%d progress bars", len(bars))
		}
		if !p.Has("4 prosjekter", "de som pågår først") {
			t.Error("the number of hits or their order is not told")
		}
		for _, n := range nodes(t, p.Body, element("th")) {
			if attr(n, "aria-sort") != "" {
				t.Errorf("sorted by %s before anybody asked", text(n))
			}
		}
	})
}

// A heading sorts by its column, and turns the order when it is chosen already.
func TestSortLinks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.put(t, "Ål", project.Running, nil)
		h.put(t, "Bok", project.Running, nil)
		follow := func(path string) (orgtest.Page, string, string) {
			p := h.get(t, "fou", path)
			for _, n := range nodes(t, p.Body, element("th")) {
				for a := range n.Descendants() {
					if a.Data == "a" && strings.Contains(text(n), "Prosjekt") && attr(n, "scope") == "col" {
						return p, attr(n, "aria-sort"), attr(a, "href")
					}
				}
			}
			t.Fatal("no heading to sort by")
			return p, "", ""
		}
		_, sorted, href := follow("/portefolje?q=&tema=sosiale-tjenester")
		if sorted != "" {
			t.Errorf("sorted %q", sorted)
		}
		p, sorted, turned := follow(href)
		if diff := cmp.Diff([]string{"Bok", "Ål"}, titles(t, p.Body)); diff != "" || sorted != "ascending" || !strings.Contains(href, "tema=sosiale-tjenester") {
			t.Errorf("%s gives %s, sorted %q", href, diff, sorted)
		}
		p, sorted, _ = follow(turned)
		if diff := cmp.Diff([]string{"Ål", "Bok"}, titles(t, p.Body)); diff != "" || sorted != "descending" {
			t.Errorf("%s gives %s, sorted %q", turned, diff, sorted)
		}
	})
}

func TestFilters(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := &need.Need{Owner: "fageier", CaseWorker: "fou", Submitter: "fageier", DecisionDate: day("2023-06-01")}
		n.Title, n.State, n.Unit = "Hva virker?", need.Acquiring, "avdir/kun"
		must(t, h.needs.Kind.Import(orgtest.System(), n, "test"))
		h.put(t, "Unge", project.Running, both(period("2022-03-01", "2023-12-31"), func(p *project.Project) { p.Needs.V = []string{n.ID} }))
		h.put(t, "Helse", project.Accepted, both(period("2020-01-01", "2021-12-31"), func(p *project.Project) {
			p.Theme, p.Instrument, p.Finished, p.ActualEnd = "arbeid-og-helse", "grant", day("2022-02-01"), day("2022-02-01")
			p.Roles.V, p.RoleNames = []project.Role{{Org: "norce", Role: project.Host}}, "NORCE"
		}))
		h.put(t, "Plan", project.Created, func(p *project.Project) { p.Theme = "" })
		h.put(t, "Oppdiktet", project.Running, both(period("2022-03-01", "2023-12-31"), example))
		for query, want := range map[string][]string{
			"":                                       {"Unge", "Plan", "Helse"},
			"eksempler=med":                          {"Unge", "Oppdiktet", "Plan", "Helse"},
			"q=UNGE":                                 {"Unge"},
			"q=norce":                                {"Helse"},
			"q=p-2023-003":                           {"Plan"},
			"q=%25":                                  nil,
			"tema=arbeid-og-helse":                   {"Helse"},
			"tema=none":                              {"Plan"},
			"tema=slott":                             nil,
			"virkemiddel=grant":                      {"Helse"},
			"virkemiddel=grant&virkemiddel=phd":      {"Helse"},
			"virkemiddel=":                           {"Unge", "Plan", "Helse"},
			"status=pagar&status=planlagt":           {"Unge", "Plan"},
			"status=ferdig":                          {"Helse"},
			"status=kaos":                            nil,
			"institusjon=norce":                      {"Helse"},
			"institusjon=fafo&status=pagar":          {"Unge"},
			"fra=2023":                               {"Unge", "Plan"},
			"til=2021":                               {"Helse"},
			"fra=2022&til=2022":                      {"Unge", "Helse"},
			"ferdig=2022":                            {"Helse"},
			"startet=2022":                           {"Unge"},
			"aktiv=2021-12-31":                       {"Helse"},
			"aktiv=2022-12-31":                       {"Unge"},
			"avvik=etter":                            {"Unge"},
			"avvik=forsinket":                        {"Helse"},
			"avvik=ikke-forsinket":                   {"Unge"},
			"avvik=ukjent":                           {"Plan"},
			"avvik=finnes-ikke":                      {"Unge", "Plan", "Helse"},
			"sorter=-forsinkelse":                    {"Helse", "Unge", "Plan"},
			"behov=" + n.Number:                      {"Unge"},
			"behov=B-1999-001":                       nil,
			"side=99":                                {"Unge", "Plan", "Helse"},
			"side=-1&ferdig=x&aktiv=x&sorter=finnes": {"Unge", "Plan", "Helse"},
		} {
			p := h.get(t, "fou", "/portefolje?"+query)
			if diff := cmp.Diff(want, titles(t, p.Body)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", query, diff)
			}
			if want == nil && !p.Has("Ingen treff", `href="/portefolje"`) {
				t.Errorf("%s: no help where nothing is found", query)
			}
		}
	})
}

// What is chosen stands above the list, each with a link that takes it away, and
// the form carries on what it has no field for.
func TestChosen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.put(t, "Unge", project.Running, period("2022-03-01", "2023-12-31"))
		const all = "/portefolje?aktiv=2022-12-31&eksempler=uten&fra=2022&institusjon=fafo&q=unge&sorter=-periode&startet=2022&status=pagar&status=levert&tema=sosiale-tjenester&til=2023&virkemiddel=commission"
		p := h.get(t, "fou", all)
		chips := nodes(t, p.Body, func(n *html.Node) bool { return n.Data == "a" && strings.HasPrefix(text(n), "Fjern filter:") })
		var labels []string
		for _, c := range chips {
			label := strings.TrimPrefix(text(c), "Fjern filter: ")
			labels = append(labels, label)
			u, err := url.Parse(attr(c, "href"))
			must(t, err)
			full, err := url.Parse(all)
			must(t, err)
			left, had := 0, 0
			for _, v := range u.Query() {
				left += len(v)
			}
			for _, v := range full.Query() {
				had += len(v)
			}
			if left != had-1 {
				t.Errorf("taking away %s leaves %d of %d: %s", label, left, had, u)
			}
			h.get(t, "fou", u.String())
		}
		want := []string{"«unge»", "Sosiale tjenester", "Oppdrag", "Pågår", "Levert, ikke godkjent", "Fafo", "Fra 2022", "Til 2023", "Startet i 2022", "I porteføljen 31. desember 2022"}
		if diff := cmp.Diff(want, labels); diff != "" {
			t.Errorf("chosen (-want +got):\n%s", diff)
		}
		hidden := map[string]string{}
		for _, n := range nodes(t, p.Body, func(n *html.Node) bool { return n.Data == "input" && attr(n, "type") == "hidden" }) {
			hidden[attr(n, "name")] = attr(n, "value")
		}
		if diff := cmp.Diff(map[string]string{"aktiv": "2022-12-31", "startet": "2022", "sorter": "-periode"}, hidden); diff != "" {
			t.Errorf("carried along (-want +got):\n%s", diff)
		}
		var ticked []string
		for _, n := range nodes(t, p.Body, func(n *html.Node) bool {
			return n.Data == "input" && slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "checked" })
		}) {
			ticked = append(ticked, attr(n, "value"))
		}
		if diff := cmp.Diff([]string{"pagar", "levert", "commission"}, ticked); diff != "" {
			t.Errorf("ticked (-want +got):\n%s", diff)
		}
	})
}

// A year that is none is told at its field; what was typed stays, and so do the rows.
func TestWrongYears(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.put(t, "Unge", project.Running, period("2022-03-01", "2023-12-31"))
		for query, want := range map[string]string{
			"fra=x": "Skriv årstallet med fire siffer", "til=20222": "Skriv årstallet med fire siffer", "fra=2023&til=2022": "Skriv et år som ikke er før",
		} {
			p := h.Get(t, "fou", "/portefolje?"+query)
			if p.Status != http.StatusUnprocessableEntity || !p.Has(want, "Feil (1):", `aria-invalid="true"`, "Unge") {
				t.Errorf("%s: status %d", query, p.Status)
			}
			for _, file := range []string{".csv", ".xlsx"} {
				if p := h.Get(t, "fou", "/portefolje"+file+"?"+query); p.Status != http.StatusUnprocessableEntity {
					t.Errorf("%s%s: status %d", file, query, p.Status)
				}
			}
		}
		if p := h.Get(t, "fou", "/portefolje?fra=x"); !p.Has(`value="x"`) {
			t.Error("what was typed is gone")
		}
	})
}

// Examples are told of, shown when asked for, and never counted.
func TestExamplesAreNotCounted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		late := func(p *project.Project) {
			n := &need.Need{Owner: "fageier", Submitter: "fageier", DecisionDate: day("2023-06-01")}
			n.Title, n.State, n.Unit = "Hva virker?", need.Acquiring, "avdir/kun"
			must(t, h.needs.Kind.Import(orgtest.System(), n, "test"))
			p.Needs.V = []string{n.ID}
		}
		finished := func(p *project.Project) { p.Finished, p.ActualEnd = day("2022-06-01"), day("2022-06-01") }
		h.put(t, "A", project.Running, period("2022-03-01", "2023-12-31"))
		h.put(t, "B", project.Accepted, both(period("2021-03-01", "2022-05-31"), finished))
		h.put(t, "C", project.Contracted, period("2023-03-01", "2023-12-31"))
		h.put(t, "X", project.Running, both(period("2022-03-01", "2023-05-31"), moved("2023-12-01"), late, example))
		h.put(t, "Y", project.Accepted, both(period("2021-03-01", "2022-05-31"), finished, example))
		figures := func(query string) []string {
			p := h.get(t, "fou", "/portefolje?"+query)
			var out []string
			for _, n := range nodes(t, p.Body, func(n *html.Node) bool { return n.Data == "li" && strings.Contains(attr(n, "class"), "keyfigure") }) {
				out = append(out, text(n))
			}
			return out
		}
		want := []string{"3 prosjekter i alt", "1 pågår 1 til er planlagt", "0 er forsinket 2 er ikke forsinket", "1 ble ferdig i 2022 0 hittil i år"}
		for _, query := range []string{"", "eksempler=med", "q=finnes+ikke"} {
			if diff := cmp.Diff(want, figures(query)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", query, diff)
			}
		}
		if p := h.get(t, "fou", "/portefolje"); !p.Has("2 eksempler er laget") || p.Has("leverer etter beslutningen") || len(titles(t, p.Body)) != 3 {
			t.Errorf("without examples: %v", titles(t, p.Body))
		}
		if p := h.get(t, "fou", "/portefolje?eksempler=med"); !p.Has("1 eksempel leverer etter beslutningen") || len(titles(t, p.Body)) != 5 {
			t.Errorf("with examples: %v", titles(t, p.Body))
		}
		// In the demo they are shown until somebody asks to be without.
		h.Router.Demo = func(context.Context) (time.Time, bool) { return day("2023-01-02"), true }
		if p := h.get(t, "fou", "/portefolje"); len(titles(t, p.Body)) != 5 {
			t.Errorf("in the demo: %v", titles(t, p.Body))
		}
		if p := h.get(t, "fou", "/portefolje?eksempler=uten"); len(titles(t, p.Body)) != 3 {
			t.Errorf("in the demo, without: %v", titles(t, p.Body))
		}
		h.put(t, "D", project.Running, both(period("2022-03-01", "2023-12-31"), late))
		p := h.get(t, "fou", "/portefolje")
		if !p.Has("1 prosjekt leverer etter beslutningen") {
			t.Error("a real one that comes too late is not told of")
		}
		show := nodes(t, p.Body, func(n *html.Node) bool { return n.Data == "a" && text(n) == "Vis hvilke" })
		if len(show) != 1 || !slices.Contains(titles(t, h.get(t, "fou", attr(show[0], "href")).Body), "D") {
			t.Error("the link does not lead to it")
		}
	})
}

// That nobody knows of a delay is not that there is none: the portfolio tells how many
// are delayed, how many are not and of how many it is not known, each with its list.
func TestDelayIsNotAlwaysKnown(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		figure := func(want string, list ...string) {
			t.Helper()
			p := h.get(t, "fou", "/portefolje")
			found := nodes(t, p.Body, func(n *html.Node) bool { return n.Data == "li" && strings.Contains(attr(n, "class"), "keyfigure") })
			if len(found) < 3 || text(found[2]) != want {
				t.Fatalf("figures %v, want %q", len(found), want)
			}
			links := nodes(t, p.Body, func(n *html.Node) bool { return n.Data == "a" && strings.Contains(attr(n, "href"), "avvik=") })
			if len(links) != 1 {
				t.Fatalf("%d links", len(links))
			}
			if diff := cmp.Diff(list, titles(t, h.get(t, "fou", attr(links[0], "href")).Body)); diff != "" {
				t.Errorf("%s leads to (-want +got):\n%s", want, diff)
			}
		}
		h.put(t, "Fra kilden", project.Running, func(p *project.Project) {
			p.Source, p.StartFrom, p.StartTo = "ÅR", day("2022-01-01"), day("2022-01-01")
		})
		h.put(t, "Ferdig", project.Accepted, func(p *project.Project) { p.Source = "ÅR" })
		figure("Ikke kjent hvor mange som er forsinket Prosjektet mangler plan eller prognose", "Fra kilden")
		if p := h.get(t, "fou", "/portefolje?visning=tidslinje"); !p.Has("Det er ikke kjent om prosjektet er forsinket") {
			t.Error("the timeline says that there is no delay")
		}
		h.put(t, "I tide", project.Running, period("2022-01-01", "2023-05-01"))
		figure("0 er forsinket 1 er ikke forsinket · for 1 er det ikke kjent")
		h.put(t, "Sent", project.Running, both(period("2022-01-01", "2023-05-01"), moved("2023-09-01")))
		if p := h.get(t, "fou", "/portefolje?visning=tidslinje&avvik=forsinket"); !p.Has("Prosjektet som har en plan, er forsinket med 4 måneder") {
			t.Error("the timeline of a single project that is delayed")
		}
		figure("1 er forsinket 1 er ikke forsinket · for 1 er det ikke kjent", "Sent")
	})
}

// The timeline says what it shows, and lists it too; what the source does not
// date is counted and not drawn.
func TestTimeline(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := &need.Need{Owner: "fageier", Submitter: "fageier", DecisionDate: day("2023-06-01")}
		n.Title, n.State, n.Unit = "Hva virker?", need.Acquiring, "avdir/kun"
		must(t, h.needs.Kind.Import(orgtest.System(), n, "test"))
		if p := h.get(t, "fou", "/portefolje?visning=tidslinje"); !p.Has("Ingen prosjekter ennå") || p.Has("<svg class=\"chart") {
			t.Error("an empty portfolio is drawn")
		}
		h.put(t, "Udatert", project.Running, func(p *project.Project) { p.Source = "ÅR" })
		if p := h.get(t, "fou", "/portefolje?visning=tidslinje"); !p.Has("Kilden gir ingen datoer for prosjektene på denne siden", "1 prosjekt på denne siden er ikke tegnet") {
			t.Error("a page without dates does not say so")
		}
		h.put(t, "I tide", project.Running, period("2022-01-01", "2023-05-01"))
		if p := h.get(t, "fou", "/portefolje?visning=tidslinje"); !p.Has("Prosjektet som har en plan, er ikke forsinket") {
			t.Error("one in time")
		}
		h.put(t, "For sent", project.Running, both(period("2022-01-01", "2023-05-01"), moved("2023-09-01"), func(p *project.Project) { p.Needs.V = []string{n.ID} }))
		h.put(t, "Litt sent", project.Running, both(period("2022-01-01", "2023-05-01"), moved("2023-06-01")))
		h.put(t, "Uten plan", project.Running, func(p *project.Project) {
			p.StartFrom, p.StartTo, p.Finished = day("2021-01-01"), day("2021-01-01"), day("2022-01-01")
		})
		p := h.get(t, "fou", "/portefolje?visning=tidslinje")
		if !p.Has("2 av 3 prosjekter som har en plan, er forsinket, det meste med 4 måneder. Ett leverer etter beslutningen", "3 md. etter beslutningen", "Beslutning 1. juni 2023", "4 måneder forsinket") {
			t.Error("the finding is not that of the data")
		}
		if diff := cmp.Diff([]string{"I tide", "Litt sent", "For sent", "Udatert", "Uten plan"}, titles(t, p.Body)); diff != "" {
			t.Errorf("listed (-want +got):\n%s", diff)
		}
		if charts := nodes(t, p.Body, func(n *html.Node) bool { return n.Data == "svg" && attr(n, "role") == "img" }); len(charts) != 1 || attr(charts[0], "aria-labelledby") == "" {
			t.Errorf("%d charts", len(charts))
		}
	})
}

func TestBudgetView(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		other := func(p *project.Project) { p.Theme = "arbeid-og-helse" }
		h.put(t, "Ukjent", project.Running, nil)
		if p := h.get(t, "fou", "/portefolje?visning=budsjett"); !p.Has("Ingen av prosjektene har et kjent budsjett") {
			t.Error("no budget is known, and the page does not say so")
		}
		h.put(t, "Sagt nei til", project.Cancelled, budget(project.Year{Year: 2022, Amount: 800_000_000}))
		if p := h.get(t, "fou", "/portefolje?visning=budsjett"); !p.Has("0\u00a0kr er satt av til Sosiale tjenester", "1 avbrutt teller bare med det som er brukt") {
			t.Error("what a cancelled project did not use is in the sums")
		}
		h.put(t, "A", project.Running, budget(project.Year{Year: 2022, Amount: 100_000_000, Spent: 90_000_000}, project.Year{Year: 2024, Amount: 50_000_000}))
		if p := h.get(t, "fou", "/portefolje?visning=budsjett"); !p.Has("1,5\u00a0mill.\u00a0kr er satt av til Sosiale tjenester") {
			t.Error("the finding of one theme")
		}
		h.put(t, "B", project.Running, both(budget(project.Year{Year: 2022, Amount: 200_000_000}), other))
		h.put(t, "X", project.Running, both(budget(project.Year{Year: 2022, Amount: 900_000_000}), other, example))
		p := h.get(t, "fou", "/portefolje?visning=budsjett")
		if !p.Has("Mest er satt av til Arbeid og helse: 2\u00a0mill.\u00a0kr av 3,5\u00a0mill.\u00a0kr", "Sum for 3 av 4 prosjekter; 1 uten budsjett.") || p.Has("eksempl", "Uten tema</a>") {
			t.Error("the finding is not that of the data")
		}
		with := h.get(t, "fou", "/portefolje?visning=budsjett&eksempler=med")
		if !strings.Contains(strings.ReplaceAll(with.Body, "\u00a0", " "), "11 mill. kr av 12,5 mill. kr, og 9 mill. kr av summen er fra eksempler") {
			t.Error("examples in the sums are not told of")
		}
		h.put(t, "Y", project.Running, both(budget(project.Year{Year: 2022, Amount: 1}), func(p *project.Project) { p.Theme = "palitelig-forvaltning" }, example))
		if p := h.get(t, "fou", "/portefolje?visning=budsjett&eksempler=med&tema=palitelig-forvaltning"); !p.Has("(bare eksempler)") {
			t.Error("a sum of examples only does not say so")
		}
		// The last table is ours; the one before it belongs to the figure.
		bodies := nodes(t, p.Body, element("table"))
		got := text(bodies[len(bodies)-1])
		for _, want := range []string{
			"Arbeid og helse 1 prosjekt 2 000 000 kr ikke ført ikke ført", "Sosiale tjenester sum for 2 av 3 prosjekter; 1 uten budsjett; 1 avbrutt teller bare med det som er brukt; brukt er ført for 1 av 2, og resten regner de andre som ubrukt 1 500 000 kr 900 000 kr 600 000 kr",
			// What one has not noted does not hide what the others have.
			"Sum sum for 3 av 4 prosjekter; 1 uten budsjett; 1 avbrutt teller bare med det som er brukt; brukt er ført for 1 av 3, og resten regner de andre som ubrukt 3 500 000 kr 900 000 kr 2 600 000 kr",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("the table lacks %q: %s", want, got)
			}
		}
	})
}

// The files hold all that the filter holds for, in the order shown, and nothing
// that a spreadsheet would run.
func TestPortfolioFiles(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i := range 30 {
			h.put(t, "Nr "+strconv.Itoa(i), project.Created, nil)
		}
		h.put(t, "=HYPERLINK(1)", project.Running, both(period("2022-01-01", "2023-12-31"), moved("2024-04-30"), budget(project.Year{Year: 2022, Amount: 300_000_050, Spent: 100_000_000})))
		h.put(t, "Kilden", project.Running, func(p *project.Project) {
			p.Source, p.RoleNames, p.Theme = "ÅR §2.1", "", "arbeid-og-helse"
			p.Start.V = project.Span{From: day("2022-08-01"), To: day("2022-12-31"), Text: "høsten 2022"}
		})
		p := h.get(t, "fou", "/portefolje.csv?sorter=tittel&status=pagar")
		if got := p.Header.Get("Content-Disposition"); got != "attachment; filename=portefolje-2023-01-02.csv" || p.Header.Get("Content-Type") != "text/csv; charset=utf-8" || p.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", p.Header)
		}
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(p.Body, "\uFEFF")))
		r.Comma = ';'
		all, err := r.ReadAll()
		must(t, err)
		want := [][]string{
			{"Nummer", "Tittel", "Virkemiddel", "Tema", "Status", "Prosjektleder", "Institusjoner", "Start", "Planlagt slutt", "Prognose", "Faktisk slutt", "Forsinkelse (måneder)", "Budsjett (kr)", "Brukt (kr)", "Rest (kr)", "Varsel", "Eksempel", "Kilde", "Forsinket eller ikke"},
			{"P-2023-031", "'=HYPERLINK(1)", "Oppdrag", "Sosiale tjenester", "Pågår", "Prosjektlederen", "Fafo", "2022-01-01", "2023-12-31", "2024-04-30", "", "4", "3000000,50", "1000000", "2000000,50", "", "", "", "Forsinket"},
			{"P-2023-032", "Kilden", "Oppdrag", "Arbeid og helse", "Pågår", "Prosjektlederen", "", "høsten 2022", "", "", "", "", "", "", "", "", "", "ÅR §2.1", "Ikke kjent om det er forsinket"},
		}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("csv (-want +got):\n%s", diff)
		}
		p = h.get(t, "fou", "/portefolje.xlsx")
		x, err := excelize.OpenReader(bytes.NewReader([]byte(p.Body)))
		must(t, err)
		sheet, err := x.GetRows(x.GetSheetName(0))
		must(t, err)
		numbers := 0
		for _, row := range sheet {
			if len(row) > 0 && strings.HasPrefix(row[0], "P-2023-") {
				numbers++
			}
		}
		if numbers != 32 {
			t.Errorf("%d projects in the workbook, want all 32", numbers)
		}
		// The page itself shows 25, and its links keep the filter.
		page := h.get(t, "fou", "/portefolje?status=planlagt")
		links := nodes(t, page.Body, func(n *html.Node) bool {
			return n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/portefolje.")
		})
		if len(titles(t, page.Body)) != 25 || len(links) != 2 || attr(links[0], "href") != "/portefolje.xlsx?status=planlagt" {
			t.Errorf("%d rows, %d files", len(titles(t, page.Body)), len(links))
		}
		if second := h.get(t, "fou", "/portefolje?status=planlagt&side=2"); len(titles(t, second.Body)) != 5 {
			t.Errorf("%d rows on the second page", len(titles(t, second.Body)))
		}
	})
}

// Those outside the agency have their own projects here and nobody else's, in
// every form; whoever has not logged in is asked to.
func TestWhoSees(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		mine := h.put(t, "Mitt", project.Running, both(period("2022-01-01", "2023-12-31"), func(p *project.Project) {
			p.Deliverables.V = append(p.Deliverables.V, project.Deliverable{ID: 2, Kind: project.Interim, Title: "Del", Delivered: day("2022-06-01"), File: "aa", FileName: "rapport én.pdf", FileType: "application/pdf"})
		}))
		other := h.put(t, "Andres", project.Running, both(period("2022-01-01", "2023-12-31"), func(p *project.Project) {
			p.Leader = "forsker2"
			p.Deliverables.V = append(p.Deliverables.V, project.Deliverable{ID: 2, Kind: project.Interim, Title: "Del", Delivered: day("2022-06-01"), File: "bb", FileName: "hemmelig.pdf", FileType: "application/pdf"})
		}))
		h.files["aa"], h.files["bb"] = "min rapport", "andres rapport"
		for _, view := range []string{"", "?visning=tidslinje"} {
			p := h.get(t, "forsker", "/portefolje"+view)
			if diff := cmp.Diff([]string{"Mitt"}, titles(t, p.Body)); diff != "" || !p.Has("Prosjektene du er med i") || p.Has("Opprett et prosjekt") {
				t.Errorf("%s as a researcher: %s", view, diff)
			}
		}
		if p := h.get(t, "forsker", "/portefolje.csv"); !p.Has("Mitt") || p.Has("Andres") {
			t.Error("the file of a researcher")
		}
		if p := h.get(t, "fagvurderer", "/portefolje"); !p.Has("FoU-seksjonen har lagt deg til") {
			t.Error("somebody without projects is not told what to do")
		}
		for _, path := range []string{"", "/milepaler", "/okonomi", "/dokumenter", "/formidling", "/logg", "/okonomi.csv", "/fil/bb"} {
			if p := h.Get(t, "forsker", "/prosjekt/"+other.Number+path); p.Status != http.StatusNotFound {
				t.Errorf("another's %s as a researcher: %d", path, p.Status)
			}
			if p := h.Get(t, "", "/prosjekt/"+other.Number+path); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location, "/logginn") {
				t.Errorf("%s as nobody: %d %s", path, p.Status, p.Location)
			}
			h.get(t, "kontor", "/prosjekt/"+other.Number+path)
		}
		for _, path := range []string{"/portefolje", "/portefolje.csv", "/portefolje.xlsx"} {
			if p := h.Get(t, "", path); p.Status != http.StatusSeeOther {
				t.Errorf("%s as nobody: %d", path, p.Status)
			}
		}
		p := h.get(t, "forsker", "/prosjekt/"+mine.Number+"/fil/aa")
		if p.Body != "min rapport" || p.Header.Get("Content-Disposition") != "attachment; filename*=utf-8''rapport%20%C3%A9n.pdf" || p.Header.Get("Content-Type") != "application/pdf" || p.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("the file: %q %v", p.Body, p.Header)
		}
		// Not even somebody who sees both gets one project's file through the other.
		for _, sha := range []string{"bb", "cc", strings.Repeat("0", 64)} {
			if p := h.Get(t, "fou", "/prosjekt/"+mine.Number+"/fil/"+sha); p.Status != http.StatusNotFound {
				t.Errorf("file %s through another project: %d", sha, p.Status)
			}
		}
		if !h.get(t, "forsker", "/portefolje").Has(`href="/portefolje"`) {
			t.Error("the menu of a researcher lacks the portfolio")
		}
	})
}

// The overview tells what is due, whether the answer comes in time, and what the
// source says in its own words.
func TestOverview(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := &need.Need{Owner: "fageier", Submitter: "fageier", DecisionDate: day("2023-06-01")}
		n.Title, n.State, n.Unit = "Hva virker?", need.Acquiring, "avdir/kun"
		must(t, h.needs.Kind.Import(orgtest.System(), n, "test"))
		late := h.put(t, "Sent", project.Running, both(period("2022-01-01", "2023-05-01"), moved("2023-06-30"), budget(project.Year{Year: 2022, Amount: 150_000_000, Spent: 50_000_000}), func(p *project.Project) {
			p.Needs.V, p.NextFollowUp = []string{n.ID}, day("2023-01-01")
			p.Deliverables.V[0].Forecast = day("2023-06-30")
			p.Deliverables.V = append(p.Deliverables.V, project.Deliverable{ID: 2, Kind: project.Interim, Title: "Halvveis", Baseline: day("2022-06-01"), Delivered: day("2022-07-15")})
			p.Forecasts.V = []project.Forecast{
				{At: day("2022-12-01"), By: "forsker", From: day("2023-05-01"), To: day("2023-06-30"), Cause: "data_release", Note: "Data mangler.", Answered: day("2022-12-02"), Answerer: "fageier", Accepted: true},
				{At: day("2022-12-20"), By: "forsker", From: day("2023-06-30"), To: day("2023-08-01"), Cause: "office_contact", Note: "Få kontorer."},
			}
		}))
		p := h.get(t, "fou", "/prosjekt/"+late.Number)
		for _, want := range []string{
			"Beslutningen for «Hva virker?» tas 1. juni 2023. Prosjektet er ventet ferdig 30. juni 2023, 29 dager etter.", "Leverer 29 dager etter beslutningen", "2 måneder forsinket",
			"Frist 30. juni 2023, opprinnelig 1. mai 2023", "Flyttet: Utlevering av data. Data mangler.", "Levert 15. juli 2022, 2 måneder etter planen", "Delrapport: Halvveis",
			"Et forslag om ny sluttdato venter på svar fra fageier", "Fra 30. juni 2023 til 1. august 2023. Årsak: Kontakt med kontorene. Få kontorer.",
			"Neste oppfølging. Fristen er gått ut.", "2 måneder etter planen, som var 01.05.2023", "Prosjektlederen", "Person fageier", "Fafo", "/behov/" + n.Number,
		} {
			if !p.Has(want) {
				t.Errorf("the overview lacks %q", want)
			}
		}
		source := h.put(t, "Fra kilden", project.Accepted, func(p *project.Project) {
			p.CaseWorker, p.Leader, p.Owner, p.LeaderName, p.Source, p.Lang = "", "", "", "", "ÅR §2.1", "nn"
			p.Start.V = project.Span{Text: "ikke oppgitt i kilden"}
			p.End.V = project.Span{From: day("2021-08-01"), To: day("2021-12-31"), Text: "høsten 2021"}
			p.ContractOn, p.Counted, p.Finished, p.Doubt, p.Named = day("2019-12-31"), 2022, day("2022-12-31"), "Kan telles i 2021.", false
		})
		p = h.get(t, "kontor", "/prosjekt/"+source.Number)
		for _, want := range []string{"høsten 2021", "ikke oppgitt i kilden", "senest 31. desember 2019", "Kan telles i 2021.", "Kilden teller prosjektet, men navngir det ikke.", `lang="nn"`} {
			if !p.Has(want) {
				t.Errorf("the overview of what a source tells lacks %q", want)
			}
		}
		if p.Has("31. desember 2022</", "Ventet slutt") {
			t.Error("a day that the source does not give is shown as if it did")
		}
		same := h.put(t, "Samme dag", project.Running, both(period("2022-01-01", "2023-06-01"), func(p *project.Project) { p.Needs.V = []string{n.ID} }))
		if !h.get(t, "fou", "/prosjekt/"+same.Number).Has("Leverer samme dag som beslutningen") {
			t.Error("on the day of the decision")
		}
		early := h.put(t, "I tide", project.Running, both(period("2022-01-01", "2023-05-31"), func(p *project.Project) { p.Needs.V = []string{n.ID} }))
		if !h.get(t, "fou", "/prosjekt/"+early.Number).Has("1 dag mellom levering og beslutning") {
			t.Error("a day before the decision")
		}
	})
}

// What was planned, what is expected and what happened stand beside each other.
func TestMilestonesMoneyAndDocuments(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.put(t, "Alt", project.Running, both(period("2022-01-01", "2023-05-01"), moved("2023-06-30"), budget(project.Year{Year: 2022, Amount: 100_000_000, Spent: 120_000_000}, project.Year{Year: 2023, Amount: 50_000_000}), func(p *project.Project) {
			p.Amount += 10_000_000
			p.Deliverables.V[0].Forecast = day("2023-06-30")
			p.Deliverables.V[0].Returned = []project.Version{{Delivered: day("2022-11-01"), Returned: day("2022-11-15"), Reason: "Uklar metode.", Title: "Første utgave", Summary: "Kort.", File: "aa", FileName: "v1.pdf", FileType: "application/pdf"}}
			p.Deliverables.V = append(p.Deliverables.V, project.Deliverable{ID: 2, Kind: project.Dataset, Title: "Data", Baseline: day("2022-06-01"), Delivered: day("2022-06-01"), Lang: "nn"})
			p.Forecasts.V = []project.Forecast{{At: day("2022-12-01"), By: "forsker", From: day("2023-05-01"), To: day("2023-06-30"), Cause: "data_release", Note: "Data mangler.", Answered: day("2022-12-02"), Answerer: "fageier", Reason: "For vagt."}}
			p.Meetings.V = []project.Meeting{{Kind: "startup", On: day("2022-01-03"), With: "Alle", Notes: "Planen."}}
		}))
		h.files["aa"] = "v1"
		page := h.get(t, "fou", "/prosjekt/"+p.Number+"/milepaler")
		want := [][]string{{"Datasett Data", "01.06.2022", "–", "01.06.2022", "–", "Ingen"}, {"Sluttrapport", "01.05.2023", "30.06.2023", "–", "–", "+2 md."}}
		if diff := cmp.Diff(want, rows(t, page.Body)); diff != "" {
			t.Errorf("deliverables (-want +got):\n%s", diff)
		}
		if !page.Has("Utlevering av data", "Avslått av Person fageier 2. desember 2022: For vagt.", "Oppstartsmøte", "Planen.", "Planen ble låst i oppstartsmøtet") {
			t.Error("the moves or the meetings are not told")
		}
		page = h.get(t, "fou", "/prosjekt/"+p.Number+"/okonomi")
		if !page.Has("1,2\u00a0mill.\u00a0kr av 1,5\u00a0mill.\u00a0kr er brukt, 80\u00a0%", "er fordelt på år. Beløpet i alt er", "120\u00a0% brukt", "−200\u00a0000\u00a0kr", `<svg`) {
			t.Error("the money is not told")
		}
		file := h.get(t, "fou", "/prosjekt/"+p.Number+"/okonomi.csv")
		if !strings.Contains(file.Body, "2022;1000000;1200000;-200000") {
			t.Errorf("the money as a file: %s", file.Body)
		}
		page = h.get(t, "fou", "/prosjekt/"+p.Number+"/dokumenter")
		if !page.Has("Første utgave", "Returnert fordi: Uklar metode.", "Last ned v1.pdf", "Levert uten fil.", "Nynorsk") {
			t.Error("the documents are not listed")
		}
		if got := h.get(t, "fou", "/prosjekt/"+p.Number+"/fil/aa"); got.Body != "v1" {
			t.Error("the returned version cannot be read")
		}
		page = h.get(t, "fou", "/prosjekt/"+p.Number+"/formidling")
		if !page.Has("Resultatene er presentert", "Gjenstår", "Ingen publikasjoner ennå") {
			t.Error("what remains is not told")
		}
		empty := h.put(t, "Tomt", project.Running, func(p *project.Project) { p.Source, p.CaseWorker = "ÅR", "" })
		for tab, want := range map[string]string{"milepaler": "Ingen leveranser er avtalt", "okonomi": "Kilden oppgir ikke beløp", "dokumenter": "Ingen dokumenter ennå", "formidling": "Ingen publikasjoner ennå"} {
			if p := h.get(t, "fou", "/prosjekt/"+empty.Number+"/"+tab); !p.Has(want) || p.Has("Gjenstår") {
				t.Errorf("%s of a project without anything", tab)
			}
		}
	})
}

// Every page of a project holds in every state, for each sort of reader, in each
// language, with no text missing (the house looks for that).
func TestEveryStateAndLanguage(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i, s := range h.projects.Kind.States {
			p := h.put(t, "Prosjekt "+s.Name, s.Name, both(period("2022-01-01", "2023-05-01"), func(p *project.Project) {
				p.Instrument = project.Instruments[i%len(project.Instruments)]
				p.HoldReason, p.ReviewDate, p.DataPlan, p.DataDeleted = "Venter.", day("2023-02-01"), "planned", day("2023-07-01")
				p.Phase, p.RnDKind = need.Phases[i%len(need.Phases)], plan.RnDKinds[i%4]
				p.Findings.V, p.Limitations = []project.Finding{{Text: "Et funn."}}, "Få kontorer."
			}))
			for _, who := range []string{"fou", "fageier", "forsker", "kontor"} {
				for _, tab := range []string{"", "/milepaler", "/okonomi", "/dokumenter", "/formidling", "/logg"} {
					for _, tag := range lang.Tags {
						if tag != lang.NB && who != "fou" {
							continue
						}
						h.get(t, who, "/prosjekt/"+p.Number+tab+"?malform="+string(tag))
					}
				}
			}
		}
		for _, tag := range lang.Tags {
			for _, view := range []string{"", "tidslinje", "budsjett"} {
				h.get(t, "fou", "/portefolje?visning="+view+"&malform="+string(tag))
			}
		}
	})
}

// The forms say what is wrong at its field and keep what was typed; a change that
// is asked for is done once.
// The committee decides on what stands before it: the money, who does the work, and
// whether the answer comes in time.
func TestDecidedOn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := &need.Need{Owner: "fageier", Submitter: "fageier", DecisionDate: day("2023-06-01")}
		n.Title, n.State, n.Unit = "Hva virker?", need.Acquiring, "avdir/kun"
		must(t, h.needs.Kind.Import(orgtest.System(), n, "test"))
		p := h.put(t, "Unge", project.Created, both(period("2023-01-02", "2023-06-30"), budget(project.Year{Year: 2023, Amount: 150_000_000}), func(p *project.Project) {
			p.Needs.V, p.Amount = []string{n.ID}, 150_000_000
			p.Funded.V.Questions = []project.Question{{At: day("2022-12-20"), By: "utvalg", Text: "Hvor mange kontorer?", AnsweredAt: day("2022-12-21"), Answer: "Seks kontorer."}}
		}))
		for _, command := range []string{"vedta-finansiering", "be-om-mer", "avsla-finansiering"} {
			got := h.get(t, "utvalg", "/prosjekt/"+p.Number+"/"+command)
			for _, want := range []string{
				"Dette tar du stilling til", "Om Unge.", "1\u00a0500\u00a0000\u00a0kr", "Fafo", "Prosjektlederen", "Hva virker?",
				"1. juni 2023, 29 dager før ventet sluttrapport: svaret kommer for sent", "Hvor mange kontorer?", "Seks kontorer.",
			} {
				if !got.Has(want) {
					t.Errorf("%s lacks %q", command, want)
				}
			}
		}
	})
}

func TestForms(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.put(t, "Unge", project.Running, both(period("2022-01-01", "2023-05-01"), func(p *project.Project) {
			p.Deliverables.V = append(p.Deliverables.V, project.Deliverable{ID: 2, Kind: project.Interim, Title: "Levert del", Delivered: day("2022-06-01")}, project.Deliverable{ID: 3, Kind: project.Interim, Title: "Ventet del"})
		}))
		to := "/prosjekt/" + p.Number + "/meld-endring"
		if got := h.get(t, "forsker", to); !got.Has("Hva som flyttes", "Planen endres ikke") {
			t.Error("the form does not explain itself")
		}
		got := h.Post(t, "forsker", to, "new_end", "31.12.2022", "note", "Det tar tid.")
		if got.Status != http.StatusUnprocessableEntity || !got.Has("Velg et alternativ under «Årsak»", "Det tar tid.", "31.12.2022") {
			t.Errorf("a form with errors: %d", got.Status)
		}
		if got := h.Post(t, "forsker", to, "new_end", "31.12.2022", "cause", "other", "note", "Det tar tid."); got.Status != http.StatusUnprocessableEntity || !got.Has("Skriv en dato fra og med i dag, 2. januar 2023.") {
			t.Errorf("a day that has passed: %d", got.Status)
		}
		if got := h.Post(t, "forsker", to, "new_end", "01.09.2023", "cause", "other", "note", "Det tar tid.", "_key", "k1"); got.Status != http.StatusSeeOther || got.Location != "/prosjekt/"+p.Number {
			t.Errorf("a proposal: %d %s", got.Status, got.Location)
		}
		if got := h.Post(t, "forsker", to, "new_end", "01.09.2023", "cause", "other", "note", "Det tar tid.", "_key", "k1"); got.Status != http.StatusSeeOther {
			t.Errorf("the same form again: %d", got.Status)
		}
		stored, err := h.projects.Kind.Load(orgtest.System(), p.ID)
		must(t, err)
		if len(stored.Forecasts.V) != 1 {
			t.Errorf("%d proposals", len(stored.Forecasts.V))
		}
		if got := h.get(t, "forsker", "/prosjekt/"+p.Number+"/lever-delrapport"); !got.Has("Levert 1. juni 2022", "Ventet del") {
			t.Error("what is delivered already does not say so")
		}
		if got := h.Post(t, "fou", "/prosjekt/"+p.Number+"/budsjett", "year", "2022", "year_amount", "1 000"); got.Location != "/prosjekt/"+p.Number+"/okonomi" {
			t.Errorf("after the budget: %s", got.Location)
		}
		if got := h.Get(t, "kontor", "/prosjekt/opprett"); got.Status != http.StatusForbidden {
			t.Errorf("creating as an office: %d", got.Status)
		}
		if got := h.get(t, "fou", "/prosjekt/opprett"); !got.Has("Opprett et prosjekt", "Fafo") {
			t.Error("the form for a new project")
		}
	})
}
