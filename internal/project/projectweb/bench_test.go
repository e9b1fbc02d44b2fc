package projectweb_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"funn/internal/need"
	"funn/internal/org"
	"funn/internal/org/orgtest"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/web"
	"funn/internal/project"
)

// BenchmarkPortfolio10000 measures the first page of a portfolio of 10 000
// projects: what the database is asked, and the whole page as it is sent. The
// median is reported as p50-ms, since a mean hides what most readers wait.
func BenchmarkPortfolio10000(b *testing.B) {
	migrations := []fs.FS{event.Migrations, record.Migrations, org.Migrations, need.Migrations, project.Migrations}
	for _, engine := range []struct {
		name string
		open func(testing.TB, ...fs.FS) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		b.Run(engine.name, func(b *testing.B) {
			h := fill(b, engine.open(b, migrations...), 10_000)
			ctx := access.With(lang.WithPrinter(context.Background(), h.Catalog.Printer(lang.NB)), access.Actor{ID: "fou", Staff: true, As: []string{"fou"}})
			for _, f := range []struct {
				name string
				project.Filter
			}{{"query", project.Filter{}}, {"query-text", project.Filter{Query: "oslo"}}, {"query-late", project.Filter{Delay: project.Delayed, Instruments: []string{"grant"}}}} {
				b.Run(f.name, func(b *testing.B) {
					median(b, func() {}, func() {
						if _, _, err := h.projects.Portfolio(ctx, f.Filter, project.Sort{}, 25, 0); err != nil {
							b.Fatal(err)
						}
					})
				})
			}
			handler := h.Router.Handler()
			get := func(b *testing.B, who, path string) {
				w := httptest.NewRecorder()
				r := httptest.NewRequest(http.MethodGet, path, nil)
				handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), whoKey{}, who)))
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
			for _, x := range []struct{ name, who, path string }{
				{"page", "fou", "/portefolje"}, {"page-timeline", "fou", "/portefolje?visning=tidslinje"}, {"page-budget", "fou", "/portefolje?visning=budsjett"}, {"page-own", "forsker", "/portefolje"},
			} {
				b.Run(x.name, func(b *testing.B) { median(b, func() {}, func() { get(b, x.who, x.path) }) })
			}
			// The first to open it after something has happened waits for the counting.
			list, _, err := h.projects.Portfolio(ctx, project.Filter{Labels: []string{"running"}}, project.Sort{}, 1, 0)
			must(b, err)
			b.Run("page-after-change", func(b *testing.B) {
				median(b, func() {
					if _, err := h.projects.Kind.As(orgtest.System(), list[0].ID, "recheck", record.Input{}); err != nil {
						b.Fatal(err)
					}
				}, func() { get(b, "fou", "/portefolje") })
			})
		})
	}
}

// median times do, not what before does first.
func median(b *testing.B, before, do func()) {
	var took []time.Duration
	for b.Loop() {
		before()
		start := time.Now()
		do()
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
}

type whoKey struct{}

// sessions takes the person from the request's context.
type sessions struct{}

func (sessions) PersonID(ctx context.Context) string {
	id, _ := ctx.Value(whoKey{}).(string)
	return id
}
func (sessions) PutFlash(context.Context, string) {}
func (sessions) PopFlash(context.Context) string  { return "" }
func (sessions) Lang(context.Context) string      { return "nb" }
func (sessions) SetLang(context.Context, string)  {}

// fill builds the house and imports n projects of all sorts, a third of them
// known from a source only.
func fill(b *testing.B, d *db.DB, n int) *house {
	b.Helper()
	e := record.NewEngine(d, clock.NewMovable(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC)))
	o := &orgtest.House{DB: d, Engine: e, Directory: org.New(), Catalog: lang.NewCatalog()}
	o.Router = &web.Router{
		Catalog: o.Catalog, Sessions: sessions{}, Logger: slog.New(slog.DiscardHandler),
		Actor: func(_ context.Context, id string) (access.Actor, error) {
			return access.Actor{ID: id, Name: id, Staff: id == "fou", As: []string{id}}, nil
		},
	}
	o.Site = &recordweb.Site{Router: o.Router, Engine: e, Names: o.Directory.Names, Unit: o.Directory.UnitName}
	h := &house{}
	for _, f := range []fs.FS{lang.Messages, web.Messages, org.Messages} {
		must(b, o.Catalog.Load(f))
	}
	must(b, e.Register(o.Directory.Kinds()...))
	for _, m := range h.modules(o) {
		if m.Messages != nil {
			must(b, o.Catalog.Load(m.Messages))
		}
		must(b, e.Register(m.Kinds...))
		if m.Routes != nil {
			m.Routes(o.Router)
		}
	}
	must(b, o.Catalog.Load(plan.Messages))
	orgs := []string{"Fafo", "NORCE", "Oslo Economics", "SINTEF", "Proba samfunnsanalyse", "Østfoldforskning"}
	must(b, d.Tx(orgtest.System(), func(ctx context.Context) error {
		for i, name := range orgs {
			x := &org.Organisation{Type: "research_institute"}
			x.ID, x.Title = fmt.Sprintf("org-%d", i), name
			if err := o.Directory.Organisations.Import(ctx, x, "test"); err != nil {
				return err
			}
		}
		return nil
	}))
	states := h.projects.Kind.States
	for from := 0; from < n; from += 1000 {
		must(b, d.Tx(orgtest.System(), func(ctx context.Context) error {
			for i := from; i < min(from+1000, n); i++ {
				if err := h.projects.Kind.Import(ctx, made(i, states[i%len(states)].Name, orgs), "test"); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	if d.Dialect == db.Postgres {
		// The server does so by itself within a minute of so many new rows.
		_, err := d.Exec(context.Background(), "ANALYZE")
		must(b, err)
	}
	must(b, d.Optimize(context.Background())) // as at each start and every night
	return h
}

// made gives the i-th project of the benchmark.
func made(i int, state string, orgs []string) *project.Project {
	p := &project.Project{
		Instrument: project.Instruments[i%len(project.Instruments)], Theme: []string{"sosiale-tjenester", "arbeid-og-helse", ""}[i%3], LeaderName: fmt.Sprintf("Leder %d", i%700),
		Named: true, Titled: true, Summary: "Hva som skal til for at flere kommer i arbeid, og hva som hindrer det, sett fra kontorene og fra dem som søker.",
	}
	p.Title, p.State, p.Unit = fmt.Sprintf("Hva virker for gruppe %d i fylke %d?", i, i%15), state, "avdir/kun/fou"
	p.Roles.V = []project.Role{{Org: fmt.Sprintf("org-%d", i%len(orgs)), Role: project.Host}, {Org: fmt.Sprintf("org-%d", (i+2)%len(orgs)), Role: project.Partner}}
	p.RoleNames = orgs[i%len(orgs)] + ", " + orgs[(i+2)%len(orgs)]
	if i%3 == 0 {
		p.Source, p.KnownBy = "En kilde", day("2021-12-31")
		if state == project.Accepted {
			p.Counted, p.Finished = 2015+i%8, time.Date(2015+i%8, 12, 31, 0, 0, 0, 0, time.UTC)
		}
		return p
	}
	start := day("2015-01-01").AddDate(0, i%96, i%28)
	end := start.AddDate(0, 6+i%30, 0)
	p.Owner, p.CaseWorker, p.Leader = "fageier", "fou", fmt.Sprintf("leder-%d", i%700)
	if i%1000 == 1 {
		p.Leader = "forsker"
	}
	p.Start.V, p.StartFrom, p.StartTo, p.ContractOn, p.BaselineEnd, p.ForecastEnd = project.On(start), start, start, start, end, end.AddDate(0, i%4*2, 0)
	p.Amount, p.Spent = 100_000_000, 40_000_000
	p.Budget.V = []project.Year{{Year: start.Year(), Amount: 60_000_000, Spent: 40_000_000}, {Year: start.Year() + 1, Amount: 40_000_000}}
	p.Deliverables.V = []project.Deliverable{{ID: 1, Kind: project.Final, Title: p.Title, Baseline: end, Forecast: p.ForecastEnd}, {ID: 2, Kind: project.Interim, Title: "Delrapport", Baseline: start.AddDate(0, 3, 0)}}
	p.Meetings.V = []project.Meeting{{Kind: "startup", On: start, With: "Fageier, FoU-seksjonen og forskerne", Notes: "Vi gikk gjennom spørsmålene, planen og hvem som gjør hva."}}
	if state == project.Accepted || state == project.Closed {
		p.ActualEnd, p.Finished = p.ForecastEnd, p.ForecastEnd
	}
	return p
}
