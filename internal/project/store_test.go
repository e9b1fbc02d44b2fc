package project_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"funn/internal/demo/facts"
	"funn/internal/org/orgtest"
	"funn/internal/platform/lang"
	"funn/internal/project"
)

// fromFact makes a project of what the year's report tells, as it stands when
// 2022 has ended.
func fromFact(f facts.Project) *project.Project {
	p := &project.Project{Instrument: string(f.Instrument), Theme: f.Theme, KnownBy: f.KnownBy, Counted: f.CountedFinished, Named: f.Named, LeaderName: f.Leader}
	p.Title, p.Source = f.Title, f.Source.String()
	p.Start.V = project.Span{From: f.Start.From, To: f.Start.To, Text: f.Start.Text}
	p.End.V = project.Span{From: f.End.From, To: f.End.To, Text: f.End.Text}
	p.StartFrom, p.StartTo, p.ContractOn = f.Start.From, f.Start.To, f.Contracted.To
	p.State = project.Running
	if f.CountedFinished != 0 || f.End.Known() {
		p.State, p.Finished = project.Accepted, f.End.To
		if f.CountedFinished != 0 && !f.End.Within(f.CountedFinished) {
			p.Finished = time.Date(f.CountedFinished, time.December, 31, 0, 0, 0, 0, time.UTC)
		}
	}
	p.SetFlag(project.PublicFlag, true)
	return p
}

var (
	someYears = []int{2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024}
	someDays  = []string{"2018-12-31", "2019-01-01", "2020-12-30", "2020-12-31", "2021-12-31", "2022-01-31", "2022-06-15", "2022-12-30", "2022-12-31", "2023-01-01", "2025-01-01"}
)

// The projects of the report are counted by Funn as the report counts them: in
// Go, in SQL, for each instrument, year and day.
func TestCountsOfTheReport(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		all := facts.Projects()
		must(t, h.DB.Tx(orgtest.System(), func(ctx context.Context) error {
			for _, f := range all {
				if err := h.projects.Kind.Import(ctx, fromFact(f), "test"); err != nil {
					return err
				}
			}
			return nil
		}))
		// An example that every question below holds for, but that no count may hold.
		x := fromFact(all[0])
		x.Example, x.Counted, x.Theme = true, 2022, ""
		must(t, h.projects.Kind.Import(orgtest.System(), x, "test"))
		count := func(f project.Filter) int {
			t.Helper()
			_, n, err := h.projects.Portfolio(h.As(t, "fou"), f, project.Sort{}, 1, 0)
			must(t, err)
			return n
		}
		for _, instrument := range []facts.InstrumentKey{facts.InstrumentGrant, facts.InstrumentCommission, facts.InstrumentPhD} {
			of := []string{string(instrument)}
			for _, year := range someYears {
				if got, want := count(project.Filter{Instruments: of, FinishedIn: year}), len(facts.FinishedIn(instrument, year)); got != want {
					t.Errorf("%s finished in %d: %d, the report says %d", instrument, year, got, want)
				}
				if got, want := count(project.Filter{Instruments: of, StartedIn: year}), len(facts.StartedIn(instrument, year)); got != want {
					t.Errorf("%s started in %d: %d, the report says %d", instrument, year, got, want)
				}
			}
			for _, d := range someDays {
				if got, want := count(project.Filter{Instruments: of, ActiveOn: day(d)}), len(facts.ActiveOn(instrument, day(d))); got != want {
					t.Errorf("%s active on %s: %d, the report says %d", instrument, d, got, want)
				}
			}
		}
		for _, f := range all {
			p := fromFact(f)
			for _, year := range someYears {
				if p.FinishedIn(year) != f.FinishedIn(year) || p.StartedIn(year) != f.StartedIn(year) {
					t.Errorf("%s in %d: finished %v, started %v; want %v, %v", f.Key, year, p.FinishedIn(year), p.StartedIn(year), f.FinishedIn(year), f.StartedIn(year))
				}
			}
			for _, d := range someDays {
				if p.ActiveOn(day(d)) != f.ActiveOn(day(d)) {
					t.Errorf("%s active on %s: %v, want %v", f.Key, d, p.ActiveOn(day(d)), f.ActiveOn(day(d)))
				}
			}
		}
		groups, err := h.projects.Summary(h.As(t, "fou"), project.Filter{Example: true}, 2023)
		must(t, err)
		finished := groups.Count(func(g project.Group) bool { return g.Finished == 2022 && !g.Example })
		if want := count(project.Filter{FinishedIn: 2022}); finished != want || groups.Count(func(project.Group) bool { return true }) != len(all)+1 {
			t.Errorf("summary: %d finished in 2022, want %d; %d in all", finished, want, groups.Count(func(project.Group) bool { return true }))
		}
		public, total, err := h.projects.Public(context.Background(), project.Filter{}, 5, 0)
		must(t, err)
		if total != len(all) || len(public) != 5 {
			t.Errorf("public: %d of %d, want 5 of %d", len(public), total, len(all))
		}
	})
}

// someDay draws a day around 2022, or none.
func someDay(t *rapid.T, name string) time.Time {
	n := rapid.IntRange(-1, 12).Draw(t, name)
	if n < 0 {
		return time.Time{}
	}
	return time.Date(2020, time.Month(1+4*n), 1+13*n%28, 0, 0, 0, 0, time.UTC)
}

func someProject(t *rapid.T, theme string, i int) *project.Project {
	name := func(s string) string { return fmt.Sprintf("%s%d", s, i) }
	p := &project.Project{
		Theme: theme, Instrument: rapid.SampledFrom(project.Instruments).Draw(t, name("instrument")), ContractOn: someDay(t, name("contract")),
		KnownBy: someDay(t, name("known")), BaselineEnd: someDay(t, name("baseline")), ForecastEnd: someDay(t, name("forecast")),
		Frozen: rapid.Bool().Draw(t, name("frozen")), Named: true,
	}
	p.Title = rapid.SampledFrom([]string{"Ærlig talt", "Øvelse", "Åpne data", "100 % prosent", "under_strek", "Rosén", "Nå!"}).Draw(t, name("title"))
	p.LeaderName, p.RoleNames = rapid.SampledFrom([]string{"", "Åse Ås", "Per"}).Draw(t, name("leader")), rapid.SampledFrom([]string{"", "Østfoldforskning", "Fafo, NORCE"}).Draw(t, name("orgs"))
	p.Example = rapid.IntRange(0, 4).Draw(t, name("example")) == 0
	p.State = rapid.SampledFrom([]string{
		project.Created, project.Contracted, project.StartedUp, project.Running, project.OnHold, project.Delivered, project.Accepted, project.Closed, project.Cancelled,
	}).Draw(t, name("state"))
	if from := someDay(t, name("start")); !from.IsZero() {
		to := from.AddDate(0, rapid.SampledFrom([]int{0, 2, 14}).Draw(t, name("months")), 0)
		p.Start.V, p.StartFrom, p.StartTo = project.Span{From: from, To: to}, from, to
	}
	if p.State == project.Accepted || p.State == project.Closed {
		if p.Finished = someDay(t, name("finished")); !p.Finished.IsZero() {
			p.ActualEnd = p.Finished
			if rapid.Bool().Draw(t, name("told")) {
				p.ActualEnd = time.Time{}
				p.End.V = project.Span{From: p.Finished.AddDate(0, -rapid.SampledFrom([]int{0, 3, 15}).Draw(t, name("span")), 0), To: p.Finished}
				p.Counted = rapid.SampledFrom([]int{0, 2021, 2022}).Draw(t, name("counted"))
			}
		}
	}
	if p.State == project.Cancelled {
		p.ActualEnd = someDay(t, name("cancelled"))
	}
	return p
}

// What a filter finds is what its words say of each project, on both databases.
func TestFilterSemantics(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		fou, n := h.As(t, "fou"), 0
		rapid.Check(t, func(t *rapid.T) {
			n++
			theme := fmt.Sprintf("t%d", n)
			var all []*project.Project
			for i := range rapid.IntRange(1, 4).Draw(t, "n") {
				p := someProject(t, theme, i)
				if err := h.projects.Kind.Import(orgtest.System(), p, "test"); err != nil {
					t.Fatal(err)
				}
				all = append(all, p)
			}
			asks := func(f project.Filter, holds func(*project.Project) bool) {
				f.Theme, f.Example = theme, rapid.Bool().Draw(t, "examples")
				var want, got []string
				for _, p := range all {
					if (f.Example || !p.Example) && holds(p) {
						want = append(want, p.ID)
					}
				}
				list, total, err := h.projects.Portfolio(fou, f, project.Sort{}, 0, 0)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range list {
					got = append(got, p.ID)
				}
				slices.Sort(got)
				slices.Sort(want)
				if diff := gocmp.Diff(want, got); diff != "" || total != len(want) {
					t.Fatalf("%+v (-want +got):\n%s", f, diff)
				}
			}
			year, on := rapid.IntRange(2020, 2023).Draw(t, "year"), someDay(t, "day")
			asks(project.Filter{FinishedIn: year}, func(p *project.Project) bool { return p.FinishedIn(year) })
			asks(project.Filter{StartedIn: year}, func(p *project.Project) bool { return p.StartedIn(year) })
			asks(project.Filter{ActiveOn: on}, func(p *project.Project) bool { return on.IsZero() || p.ActiveOn(on) })
			asks(project.Filter{Delay: project.Delayed}, func(p *project.Project) bool { return p.Delay() > 0 })
			for _, word := range []string{project.OnTime, project.DelayUnknown} {
				asks(project.Filter{Delay: word}, func(p *project.Project) bool { return p.Punctuality() == word })
			}
			asks(project.Filter{Labels: []string{"running", "finished"}}, func(p *project.Project) bool {
				return slices.Contains([]string{project.StartedUp, project.Running, project.Accepted, project.Closed}, p.State)
			})
			asks(project.Filter{Instruments: []string{"grant", "phd"}}, func(p *project.Project) bool { return p.Instrument == "grant" || p.Instrument == "phd" })
			asks(project.Filter{From: year}, func(p *project.Project) bool { return p.Ends().IsZero() || p.Ends().Year() >= year })
			asks(project.Filter{To: year}, func(p *project.Project) bool {
				begins := p.StartFrom
				for _, d := range []time.Time{p.ContractOn, p.KnownBy} {
					if p.StartFrom.IsZero() && !d.IsZero() && (begins.IsZero() || d.Before(begins)) {
						begins = d
					}
				}
				return !begins.IsZero() && begins.Year() <= year
			})
			words := rapid.SampledFrom([]string{"ærlig", "ØSTFOLD", "åse", "rosen", "%", "_", "!", "per", "fafo norce", "P-20", "data åpne", "finnes ikke"}).Draw(t, "words")
			asks(project.Filter{Query: words}, func(p *project.Project) bool {
				text := lang.Fold(strings.Join([]string{p.Number, p.Title, p.LeaderName, p.RoleNames}, " "))
				return !slices.ContainsFunc(strings.Fields(lang.Fold(words)), func(w string) bool { return !strings.Contains(text, w) })
			})
		})
	})
}

// Every order puts what is not known last, is turned by Desc, and goes through
// all pages without losing or repeating a project.
func TestOrders(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i, p := range []*project.Project{
			{Theme: "b", Amount: 500, Spent: 100, BaselineEnd: day("2023-05-01"), ForecastEnd: day("2023-06-01")},
			{Theme: "a", Amount: 300, BaselineEnd: day("2022-05-01"), ForecastEnd: day("2022-05-01")},
			{},
			{Theme: "c", Amount: 900, Spent: 899, BaselineEnd: day("2021-05-01"), ForecastEnd: day("2023-05-01"), ActualEnd: day("2022-05-01"), Finished: day("2022-05-01")},
			{Theme: "c", ActualEnd: day("2026-01-01")},
		} {
			p.Title = []string{"Øl", "Ål", "Ære", "Zoo", "alt"}[i]
			p.State = []string{project.Running, project.Created, project.Running, project.Accepted, project.Cancelled}[i]
			p.Named = true
			must(t, h.projects.Kind.Import(orgtest.System(), p, "test"))
		}
		for sort, want := range map[project.Sort]string{
			{}:                          "Ål Øl Ære Zoo alt",
			{By: "made up", Desc: true}: "Ål Øl Ære Zoo alt",
			{By: "title"}:               "alt Zoo Ære Øl Ål",
			{By: "title", Desc: true}:   "Ål Øl Ære Zoo alt",
			{By: "theme"}:               "Ål Øl Zoo alt Ære",
			{By: "theme", Desc: true}:   "Zoo alt Øl Ål Ære",
			{By: "period"}:              "Ål Zoo Øl alt Ære",
			{By: "period", Desc: true}:  "alt Øl Ål Zoo Ære",
			{By: "status"}:              "Ål Øl Ære Zoo alt",
			{By: "status", Desc: true}:  "alt Zoo Øl Ære Ål",
			{By: "delay"}:               "Ål Øl Zoo Ære alt",
			{By: "delay", Desc: true}:   "Zoo Øl Ål Ære alt",
			{By: "rest"}:                "Zoo Øl Ål Ære alt", // of Ål nobody has noted what is spent
			{By: "rest", Desc: true}:    "Øl Zoo Ål Ære alt",
		} {
			var titles []string
			for offset := 0; ; offset += 2 {
				list, total, err := h.projects.Portfolio(h.As(t, "fou"), project.Filter{}, sort, 2, offset)
				must(t, err)
				if total != 5 {
					t.Fatalf("%v: %d in all", sort, total)
				}
				for _, p := range list {
					titles = append(titles, p.Title)
				}
				if len(list) < 2 {
					break
				}
			}
			if got := strings.Join(titles, " "); got != want {
				t.Errorf("%+v: %s, want %s", sort, got, want)
			}
		}
	})
}

// A researcher sees own projects in lists, counts and money, and no others.
func TestOwnOnly(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		mine := h.created(t)
		h.do(t, "fou", mine.ID, "budget", input("year", "2023", "year_amount", "100"))
		other := h.created(t, "leader", "forsker2", "theme", "palitelig-forvaltning", "institution", "norce")
		h.do(t, "fou", other.ID, "budget", input("year", "2023", "year_amount", "700"))
		for who, want := range map[string]struct{ n, sum int }{"forsker": {1, 100}, "forsker2": {1, 700}, "kontor": {2, 800}, "fagvurderer": {0, 0}} {
			ctx := h.As(t, who)
			list, total, err := h.projects.Portfolio(ctx, project.Filter{}, project.Sort{}, 0, 0)
			must(t, err)
			groups, err := h.projects.Summary(ctx, project.Filter{}, 2023)
			must(t, err)
			money, err := h.projects.Money(ctx, project.Filter{})
			must(t, err)
			themes, orgs, err := h.projects.InUse(ctx)
			must(t, err)
			sum := 0
			for _, y := range money.Years {
				sum += int(y.Amount)
			}
			counted := groups.Count(func(project.Group) bool { return true })
			if len(list) != want.n || total != want.n || counted != want.n || sum != want.sum || len(themes) != want.n || len(orgs) != want.n {
				t.Errorf("%s: %d listed, %d in all, %d counted, %d øre, themes %v, institutions %v", who, len(list), total, counted, sum, themes, orgs)
			}
			for _, p := range []*project.Project{mine, other} {
				_, err := h.projects.Kind.Get(ctx, p.ID)
				if listed := slices.ContainsFunc(list, func(x *project.Project) bool { return x.ID == p.ID }); listed != (err == nil) {
					t.Errorf("%s: %s listed %v, readable %v", who, p.Number, listed, err == nil)
				}
			}
		}
	})
}

func TestNeedAndInstitution(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := h.need(t, "2023-06-01")
		p := h.created(t, "need", n.ID)
		h.do(t, "fou", p.ID, "add_institution", input("institution", "norce", "role", project.Subcontractor))
		h.created(t, "theme", "")
		ctx := h.As(t, "kontor")
		for name, x := range map[string]struct {
			f    project.Filter
			want int
		}{
			"need": {project.Filter{NeedID: n.ID}, 1}, "another need": {project.Filter{NeedID: "x"}, 0}, "alert": {project.Filter{Alert: project.AfterDecision}, 1},
			"partner": {project.Filter{Org: "norce"}, 1}, "host": {project.Filter{Org: "fafo"}, 2}, "part of an id": {project.Filter{Org: "nor"}, 0}, "wildcard": {project.Filter{Org: "%"}, 0},
			"no theme": {project.Filter{Theme: project.NoTheme}, 1}, "a made-up label": {project.Filter{Labels: []string{"x"}}, 0}, "a made-up instrument": {project.Filter{Instruments: []string{"x"}}, 0},
		} {
			if _, n, err := h.projects.Portfolio(ctx, x.f, project.Sort{}, 0, 0); err != nil || n != x.want {
				t.Errorf("%s: %d (%v), want %d", name, n, err, x.want)
			}
		}
		dates, err := h.projects.DecisionDates(ctx, []*project.Project{p})
		must(t, err)
		if !dates[p.ID].Equal(day("2023-06-01")) {
			t.Errorf("decision %v", dates)
		}
		needs, err := h.projects.NeedsOf(ctx, p)
		must(t, err)
		hidden, err := h.projects.NeedsOf(h.As(t, "forsker"), p)
		must(t, err)
		if len(needs) != 1 || len(hidden) != 0 {
			t.Errorf("%d needs for staff, %d for the researcher", len(needs), len(hidden))
		}
	})
}

// Money adds up each theme's years and tells how many budgets nobody knows.
func TestMoney(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, x := range []struct {
			theme   string
			example bool
			years   []project.Year
			state   string
		}{
			{"a", false, []project.Year{{Year: 2022, Amount: 100, Spent: 90}, {Year: 2023, Amount: 50}}, project.Running},
			{"a", false, []project.Year{{Year: 2022, Amount: 30, Spent: 20}, {Year: 2023, Amount: 500}}, project.Cancelled},
			{"c", false, []project.Year{{Year: 2024, Amount: 300}}, project.Cancelled},
			{"a", false, []project.Year{{Year: 2023, Amount: 7, Spent: 7}}, project.Running},
			{"", false, []project.Year{{Year: 2022, Amount: 1}}, project.Running},
			{"b", false, nil, project.Running},
			{"b", true, []project.Year{{Year: 2022, Amount: 1000}}, project.Running},
		} {
			p := &project.Project{Theme: x.theme}
			p.Title, p.State, p.Example, p.Budget.V = "P", x.state, x.example, x.years
			must(t, h.projects.Kind.Import(orgtest.System(), p, "test"))
		}
		got, err := h.projects.Money(h.As(t, "fou"), project.Filter{})
		must(t, err)
		want := project.Money{
			Years: []project.ThemeYear{{Year: 2022, Amount: 1}, {Theme: "a", Year: 2022, Amount: 120}, {Theme: "a", Year: 2023, Amount: 57}, {Theme: "c", Year: 2024}},
			Themes: []project.ThemeSum{
				{Projects: 1, Budgeted: 1, Amount: 1}, {Theme: "a", Projects: 3, Budgeted: 3, Cancelled: 1, Amount: 177, Noted: 3, Spent: 117}, {Theme: "b", Projects: 1},
				{Theme: "c", Projects: 1, Budgeted: 1, Cancelled: 1},
			},
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("money (-want +got):\n%s", diff)
		}
		with, err := h.projects.Money(h.As(t, "fou"), project.Filter{Example: true})
		must(t, err)
		if diff := gocmp.Diff(project.ThemeSum{Projects: 7, Budgeted: 6, Cancelled: 2, Amount: 1178, Noted: 3, Spent: 117, Examples: 1, ExampleAmount: 1000}, with.Sum()); diff != "" {
			t.Errorf("with examples (-want +got):\n%s", diff)
		}
		if rest := with.Sum().Rest(); rest != 1061 {
			t.Errorf("rest: %d", rest)
		}
	})
}

// What a transaction has not committed is counted in it and nowhere else.
func TestCountsWithinATransaction(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.created(t)
		count := func(ctx context.Context) int {
			t.Helper()
			_, n, err := h.projects.Portfolio(ctx, project.Filter{}, project.Sort{}, 5, 0)
			must(t, err)
			return n
		}
		if n := count(orgtest.System()); n != 1 {
			t.Errorf("%d before", n)
		}
		undo := errors.New("undone")
		err := h.DB.Tx(orgtest.System(), func(ctx context.Context) error {
			p := &project.Project{}
			p.Title, p.State = "Angret", project.Running
			must(t, h.projects.Kind.Import(ctx, p, "test"))
			if n := count(ctx); n != 2 {
				t.Errorf("%d within", n)
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
		if n := count(orgtest.System()); n != 1 {
			t.Errorf("%d after it was undone", n)
		}
	})
}
