package project_test

import (
	"context"
	"io/fs"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"funn/internal/need"
	"funn/internal/org"
	"funn/internal/org/orgtest"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/project"
)

var migrations = []fs.FS{need.Migrations, project.Migrations}

// house is the small agency with needs and projects in it. Its clock stands at
// 2 January 2023.
type house struct {
	*orgtest.House
	needs    *need.Service
	projects *project.Service
}

// plans are the themes and goals that forms offer.
type plans struct{}

func (plans) Themes(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "sosiale-tjenester", Label: "Sosiale tjenester"}, {Value: "palitelig-forvaltning", Label: "Pålitelig forvaltning"}}, nil
}
func (plans) Goals(context.Context) ([]form.Option, error)     { return nil, nil }
func (plans) Published(context.Context) ([]form.Option, error) { return nil, nil }

// people are the options that the forms offer of the directory.
type people struct{ *org.Directory }

func (p people) Holders(ctx context.Context, roles ...access.Role) ([]form.Option, error) {
	list, err := p.Directory.Holders(ctx, roles...)
	var out []form.Option
	for _, x := range list {
		out = append(out, form.Option{Value: x.ID, Label: x.Title})
	}
	return out, err
}

func (p people) Organisations(ctx context.Context) ([]form.Option, error) {
	list, err := p.Directory.Organisations.List(orgtest.System(), db.Where{}, "r.title_sort", 0, 0)
	var out []form.Option
	for _, x := range list {
		out = append(out, form.Option{Value: x.ID, Label: x.Title})
	}
	return out, err
}

func (h *house) modules(o *orgtest.House) []module.Module {
	people := people{o.Directory}
	h.House = o
	h.needs = need.New(people, plans{}, plans{})
	h.projects = project.New(people, plans{}, h.needs)
	return []module.Module{
		{Name: "plan", Messages: plan.Messages},
		{Name: "need", Kinds: []record.AnyKind{h.needs.Kind}, Messages: need.Messages},
		{Name: "project", Kinds: []record.AnyKind{h.projects.Kind}, Messages: project.Messages, Subscribe: h.projects.Subscribe},
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
	orgtest.Each(t, migrations, build, func(t *testing.T, _ *orgtest.House) { test(t, h) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func day(s string) time.Time { return orgtest.Day(s) }

func input(pairs ...string) record.Input { return record.Input{Values: form.Of(pairs...)} }

func reasoned(in record.Input) record.Input {
	in.Reason = "Fordi."
	return in
}

// refused holds that a command was refused with the kind of fault, and the key
// when one is given.
func refused(t testing.TB, what string, kind fault.Kind, key string, err error) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind {
		t.Errorf("%s: %v, want a fault of kind %d", what, err, kind)
		return
	}
	if key != "" && f.Key != key && !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Key == key }) {
		t.Errorf("%s: %v, want %s", what, f, key)
	}
}

// need gives a need whose instrument is chosen and whose decision falls on the day.
func (h *house) need(t testing.TB, decision string) *need.Need {
	t.Helper()
	n := &need.Need{Owner: "fageier", CaseWorker: "fou", Submitter: "fageier", DecisionDate: day(decision), Phase: "understand"}
	n.Title, n.Problem, n.State, n.Unit = "Hva virker?", "Kontorene vet det ikke.", need.InstrumentChosen, "avdir/kun"
	must(t, h.needs.Kind.Import(orgtest.System(), n, "test"))
	return n
}

var planned = []string{
	"title", "Hva virker for unge?", "instrument", "commission", "rnd_kind", plan.AppliedResearch, "theme", "sosiale-tjenester", "summary", "Om unge.",
	"institution", "fafo", "start", "2023-02-01", "end", "2023-12-01", "amount", "100000000", "leader_name", "Prosjektlederen", "leader", "forsker", "owner", "fageier", "case_worker", "fou",
}

// created makes a project; more pairs go before the planned ones.
func (h *house) created(t testing.TB, more ...string) *project.Project {
	t.Helper()
	v := form.Of(planned...)
	for i := 0; i+1 < len(more); i += 2 {
		v = v.With(more[i], more[i+1])
	}
	p, err := h.projects.Kind.Create(h.As(t, "fou"), "create", record.Input{Values: v}, nil)
	must(t, err)
	return p
}

// do gives a command that must succeed.
func (h *house) do(t testing.TB, who, id, command string, in record.Input) *project.Project {
	t.Helper()
	p, err := h.projects.Kind.Do(h.As(t, who), id, command, in)
	if err != nil {
		t.Fatalf("%s as %s: %v", command, who, err)
	}
	return p
}

func (h *house) try(t testing.TB, who, id, command string, in record.Input) error {
	t.Helper()
	_, err := h.projects.Kind.Do(h.As(t, who), id, command, in)
	return err
}

func (h *house) load(t testing.TB, id string) *project.Project {
	t.Helper()
	p, err := h.projects.Kind.Load(orgtest.System(), id)
	must(t, err)
	return p
}

func (h *house) wanted(t testing.TB, id string) *need.Need {
	t.Helper()
	n, err := h.needs.Kind.Load(orgtest.System(), id)
	must(t, err)
	return n
}

// contracted leads a project to its contract.
func (h *house) contracted(t testing.TB, more ...string) *project.Project {
	t.Helper()
	p := h.created(t, more...)
	h.do(t, "fou", p.ID, "budget", input("year", "2023", "year_amount", strconv.FormatInt(p.Amount, 10)))
	h.do(t, "utvalg", p.ID, "fund", reasoned(input()))
	return h.do(t, "fou", p.ID, "contract", input("contract_on", "2023-01-02", "presentation_due", "2024-01-15"))
}

// running leads a project until it is under way.
func (h *house) running(t testing.TB, more ...string) *project.Project {
	t.Helper()
	p := h.contracted(t, more...)
	h.do(t, "fageier", p.ID, "start_up", input("met_on", "2023-01-02", "met_with", "Alle", "minutes", "Planen."))
	return h.do(t, "fou", p.ID, "begin", input("next_follow_up", "2023-04-03"))
}

var report = input("report_title", "Rapporten", "report_lang", "nb", "report_summary", "Kort.", "findings", "Ett funn.\n\nEt annet funn.", "limitations", "Fem kontorer.")

func TestTexts(t *testing.T) {
	each(t, func(t *testing.T, h *house) { h.Texts(t) })
}

func TestDelayAndProgress(t *testing.T) {
	t.Parallel()
	running := func(p project.Project) project.Project {
		p.State = project.Running
		return p
	}
	for name, x := range map[string]struct {
		p        project.Project
		today    string
		delay    int
		progress int
	}{
		"nothing known":        {running(project.Project{}), "2023-01-02", 0, -1},
		"no start":             {running(project.Project{BaselineEnd: day("2023-12-01"), ForecastEnd: day("2023-12-01")}), "2023-01-02", 0, -1},
		"half way":             {running(project.Project{StartFrom: day("2023-01-01"), BaselineEnd: day("2023-01-11"), ForecastEnd: day("2023-01-11")}), "2023-01-06", 0, 50},
		"before its start":     {running(project.Project{StartFrom: day("2023-01-01"), ForecastEnd: day("2023-02-01")}), "2022-06-01", 0, 0},
		"over time, not ended": {running(project.Project{StartFrom: day("2022-01-01"), BaselineEnd: day("2022-06-01"), ForecastEnd: day("2022-06-01")}), "2023-01-02", 0, 99},
		"a day late":           {running(project.Project{StartFrom: day("2022-01-01"), BaselineEnd: day("2023-03-01"), ForecastEnd: day("2023-03-02")}), "2022-01-01", 1, 0},
		"a month late":         {running(project.Project{BaselineEnd: day("2023-03-01"), ForecastEnd: day("2023-04-01")}), "2023-01-02", 1, -1},
		"over a month late":    {running(project.Project{BaselineEnd: day("2023-03-01"), ForecastEnd: day("2023-04-02")}), "2023-01-02", 2, -1},
		"over New Year":        {running(project.Project{BaselineEnd: day("2022-11-30"), ForecastEnd: day("2023-02-15")}), "2023-01-02", 3, -1},
		"early":                {running(project.Project{BaselineEnd: day("2023-03-01"), ForecastEnd: day("2023-02-01")}), "2023-01-02", 0, -1},
		"no baseline":          {running(project.Project{ForecastEnd: day("2023-02-01")}), "2023-01-02", 0, -1},
		"the actual end rules": {project.Project{Head: record.Head{State: project.Accepted}, BaselineEnd: day("2023-03-01"), ForecastEnd: day("2023-09-01"), ActualEnd: day("2023-04-01")}, "2023-05-01", 1, 100},
		"only planned":         {project.Project{Head: record.Head{State: project.Created}, StartFrom: day("2022-01-01"), ForecastEnd: day("2023-09-01")}, "2023-01-02", 0, 0},
		"cancelled":            {project.Project{Head: record.Head{State: project.Cancelled}, StartFrom: day("2022-01-01"), BaselineEnd: day("2022-03-01"), ForecastEnd: day("2023-09-01")}, "2023-01-02", 0, -1},
	} {
		if got := x.p.Delay(); got != x.delay {
			t.Errorf("%s: delay %d, want %d", name, got, x.delay)
		}
		if got := x.p.Progress(day(x.today)); got != x.progress {
			t.Errorf("%s: progress %d, want %d", name, got, x.progress)
		}
	}
}

// A whole life, with what each step leaves behind and whom it then waits for.
func TestLife(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := h.need(t, "2024-03-01")
		waits := func(p *project.Project, want ...string) {
			t.Helper()
			tasks, err := h.Engine.Waiting(orgtest.System(), p.ID)
			must(t, err)
			var got []string
			for _, x := range tasks[p.ID] {
				who := x.PersonID
				if who == "" {
					who = string(x.Role)
				}
				got = append(got, x.Command+" "+who)
			}
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s waits for (-want +got):\n%s", p.State, diff)
			}
		}
		p := h.created(t, "need", n.ID)
		if p.Unit != n.Unit || p.Phase != n.Phase || p.RoleNames != "Fafo" || len(p.Deliverables.V) != 1 || p.Final().Baseline != day("2023-12-01") {
			t.Errorf("created: %+v", p)
		}
		if f := h.wanted(t, n.ID).Forecast; !f.Equal(day("2023-12-01")) {
			t.Errorf("the need expects its answer %v", f)
		}
		waits(p, "fund utvalg")
		refused(t, "an answer to no question", fault.Conflict, "project.blocked.not_asked", h.try(t, "fou", p.ID, "answer_committee", input("reply", "Ja.")))
		h.do(t, "utvalg", p.ID, "ask_back", reasoned(input()))
		refused(t, "a second question at once", fault.Conflict, "project.blocked.asked", h.try(t, "utvalg2", p.ID, "ask_back", reasoned(input())))
		waits(p, "answer_committee fou")
		p = h.do(t, "fou", p.ID, "answer_committee", input("reply", "Femti intervjuer."))
		if q := p.Funded.V.Questions; len(q) != 1 || q[0].Answer != "Femti intervjuer." || q[0].By != "utvalg" || q[0].Text == "" || q[0].AnsweredAt.IsZero() {
			t.Errorf("the committee's question: %+v", q)
		}
		waits(p, "fund utvalg")
		refused(t, "contract without money", fault.Conflict, "project.blocked.not_funded", h.try(t, "fou", p.ID, "contract", input("contract_on", "2023-01-02", "presentation_due", "2024-01-15")))
		h.do(t, "utvalg", p.ID, "fund", reasoned(input()))
		refused(t, "funding twice", fault.Conflict, "project.blocked.funded", h.try(t, "utvalg2", p.ID, "fund", reasoned(input())))
		waits(p, "budget fou")
		refused(t, "contract without a budget", fault.Conflict, "project.blocked.budget", h.try(t, "fou", p.ID, "contract", input("contract_on", "2023-01-02", "presentation_due", "2024-01-15")))
		h.do(t, "fou", p.ID, "budget", input("year", "2023", "year_amount", "60000000"))
		h.do(t, "fou", p.ID, "budget", input("year", "2024", "year_amount", "40000000"))
		waits(p, "contract fou")
		refused(t, "a contract of tomorrow", fault.Invalid, "project.date_ahead", h.try(t, "fou", p.ID, "contract", input("contract_on", "2023-01-03", "presentation_due", "2024-01-15")))
		refused(t, "a presentation in the past", fault.Invalid, "project.date_passed", h.try(t, "fou", p.ID, "contract", input("contract_on", "2023-01-02", "presentation_due", "2023-01-01")))
		p = h.do(t, "fou", p.ID, "contract", input("contract_on", "2023-01-02", "presentation_due", "2024-01-15"))
		if p.State != project.Contracted || !project.Public(p) || p.Deliverables.V[1].Kind != project.Presentation {
			t.Errorf("contracted: %s, public %v, %v", p.State, project.Public(p), p.Deliverables.V)
		}
		waits(p, "start_up fageier")
		p = h.do(t, "fageier", p.ID, "start_up", input("met_on", "2023-01-02", "met_with", "Alle", "minutes", "Planen."))
		if !p.Frozen || !p.StartFrom.Equal(day("2023-01-02")) || p.Meetings.V[0].Kind != "startup" {
			t.Errorf("started up: %+v", p)
		}
		refused(t, "a new plan after the meeting", fault.Conflict, "", h.try(t, "fou", p.ID, "replan", input("start", "2023-02-01", "end", "2024-01-01", "amount", "100000000")))
		waits(p, "begin fou")
		refused(t, "beginning without a follow-up", fault.Invalid, "form.required.day", h.try(t, "fou", p.ID, "begin", input()))
		refused(t, "a follow-up in the past", fault.Invalid, "project.date_passed", h.try(t, "fou", p.ID, "begin", input("next_follow_up", "2023-01-01")))
		p = h.do(t, "fou", p.ID, "begin", input("next_follow_up", "2023-04-03"))
		if s := h.wanted(t, n.ID).State; s != need.Acquiring {
			t.Errorf("the need is %s", s)
		}
		waits(p, "deliver forsker", "follow_up fou")
		h.do(t, "fou", p.ID, "agree_deliverable", input("kind", project.Interim, "deliverable_title", "Delrapport", "due", "2023-05-01"))
		waits(p, "deliver forsker", "deliver_interim forsker", "follow_up fou")
		p = h.do(t, "forsker", p.ID, "deliver_interim", input("deliverable", "3", "summary", "Så langt."))
		if p.State != project.Running || p.FinishedIn(2023) {
			t.Errorf("an interim report made the project %s", p.State)
		}
		refused(t, "delivering it twice", fault.Conflict, "project.blocked.no_interim", h.try(t, "forsker", p.ID, "deliver_interim", input("deliverable", "3", "summary", "Igjen.")))
		p = h.do(t, "forsker", p.ID, "deliver", report)
		if got := []project.Finding{{Text: "Ett funn.", Limits: "Fem kontorer."}, {Text: "Et annet funn.", Limits: "Fem kontorer."}}; cmp.Diff(got, p.Findings.V) != "" {
			t.Errorf("findings %v", p.Findings.V)
		}
		waits(p, "present fou", "review fou")
		refused(t, "accepting before the review", fault.Conflict, "project.blocked.not_reviewed", h.try(t, "fageier", p.ID, "accept", input()))
		h.do(t, "fou", p.ID, "review", input("review_note", "God."))
		waits(p, "accept fageier", "present fou")
		p = h.do(t, "fageier", p.ID, "accept", input())
		if f := h.wanted(t, n.ID).Forecast; !f.Equal(day("2023-01-02")) {
			t.Errorf("accepted today, and the need still expects its answer %v", f)
		}
		if p.State != project.Accepted || !p.FinishedIn(2023) || p.FinishedIn(2024) || h.wanted(t, n.ID).State != need.Answered {
			t.Errorf("accepted: %s, finished %v, the need is %s", p.State, p.Finished, h.wanted(t, n.ID).State)
		}
		waits(p, "data_plan forsker", "present fou")
		for _, key := range []string{"project.blocked.not_published", "project.blocked.use_not_decided", "project.blocked.not_presented", "project.blocked.data"} {
			refused(t, "closing without all", fault.Conflict, key, h.try(t, "fou", p.ID, "close", input()))
		}
		_, err := h.projects.Kind.As(orgtest.System(), p.ID, "published", input())
		must(t, err)
		_, err = h.projects.Kind.As(orgtest.System(), p.ID, "use_decided", input())
		must(t, err)
		p = h.do(t, "fou", p.ID, "present", input("met_on", "2023-01-02", "where", "Webinar"))
		if d := p.Deliverables.V[1]; !d.Delivered.Equal(day("2023-01-02")) {
			t.Errorf("the presentation that was owed: %+v", d)
		}
		refused(t, "deleted tomorrow", fault.Invalid, "project.date_ahead", h.try(t, "forsker", p.ID, "data_plan", input("data_state", "confirmed", "data_date", "2023-01-03")))
		refused(t, "to be deleted yesterday", fault.Invalid, "project.date_passed", h.try(t, "forsker", p.ID, "data_plan", input("data_state", "planned", "data_date", "2023-01-01")))
		refused(t, "deleted some day", fault.Invalid, "project.data_date", h.try(t, "forsker", p.ID, "data_plan", input("data_state", "confirmed")))
		h.do(t, "forsker", p.ID, "data_plan", input("data_state", "planned", "data_date", "2023-06-30"))
		waits(p, "close fou")
		p = h.do(t, "fou", p.ID, "close", input())
		waits(p)
		if _, _, problems, err := h.Engine.Check(context.Background(), nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
}

// Money, contract, forecast and acceptance each take two people.
func TestTwoPeople(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		// Somebody who holds every role still cannot decide alone.
		everything := h.As(t, "fou")
		all := access.From(everything)
		for _, id := range []string{"utvalg", "fageier", "forsker"} {
			all.Grants = append(all.Grants, access.From(h.As(t, id)).Grants...)
			all.As = append(all.As, id)
		}
		one := access.With(context.Background(), all)
		as := func(id, command string, in record.Input) error {
			_, err := h.projects.Kind.Do(one, id, command, in)
			return err
		}
		p, err := h.projects.Kind.Create(one, "create", input(planned...), nil)
		must(t, err)
		refused(t, "funding one's own project", fault.Forbidden, "error.two_people", as(p.ID, "fund", reasoned(input())))
		p = h.running(t)
		must(t, as(p.ID, "propose_forecast", input("new_end", "2024-02-01", "cause", "other", "note", "Syk.")))
		refused(t, "accepting one's own forecast", fault.Forbidden, "error.two_people", as(p.ID, "accept_forecast", input()))
		refused(t, "rejecting one's own forecast", fault.Forbidden, "error.two_people", as(p.ID, "reject_forecast", reasoned(input())))
		must(t, as(p.ID, "deliver", report))
		must(t, as(p.ID, "review", input("review_note", "God.")))
		refused(t, "accepting what one has reviewed", fault.Forbidden, "error.two_people", as(p.ID, "accept", input()))
		// The roles are not each other's either.
		for _, x := range []struct{ who, command string }{{"fou", "accept"}, {"forsker", "accept"}, {"fageier", "review"}, {"forsker", "review"}, {"utvalg", "accept"}, {"fageier2", "accept"}} {
			refused(t, x.command+" as "+x.who, fault.Forbidden, "", h.try(t, x.who, p.ID, x.command, input("review_note", "God.")))
		}
		refused(t, "a researcher of another project", fault.NotFound, "", h.try(t, "forsker2", p.ID, "review", input()))
	})
}

func TestPlanAndBudget(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		fou := h.As(t, "fou")
		make := func(more ...string) error {
			v := form.Of(planned...)
			for i := 0; i+1 < len(more); i += 2 {
				v = v.With(more[i], more[i+1])
			}
			_, err := h.projects.Kind.Create(fou, "create", record.Input{Values: v}, nil)
			return err
		}
		refused(t, "basic research", fault.Invalid, "plan.basic_research_refused", make("rnd_kind", plan.BasicResearch))
		refused(t, "an end before the start", fault.Invalid, "project.end_before_start", make("end", "2023-02-01"))
		refused(t, "over three years", fault.Invalid, "project.warn.over_three_years", make("end", "2026-02-02"))
		must(t, make("end", "2026-02-01"))

		p := h.created(t)
		for _, x := range []struct{ what, key, year, amount string }{
			{"more than granted", "project.budget_over", "2023", "100000100"},
			{"long before the start", "project.year_outside", "2021", "100"},
			{"long after the end", "project.year_outside", "2026", "100"},
		} {
			refused(t, x.what, fault.Invalid, x.key, h.try(t, "fou", p.ID, "budget", input("year", x.year, "year_amount", x.amount)))
		}
		h.do(t, "fou", p.ID, "budget", input("year", "2024", "year_amount", "30000000"))
		h.do(t, "fou", p.ID, "budget", input("year", "2023", "year_amount", "50000000", "year_spent", "10000000"))
		refused(t, "over in sum", fault.Invalid, "project.budget_over", h.try(t, "fou", p.ID, "budget", input("year", "2025", "year_amount", "20000100")))
		p = h.do(t, "fou", p.ID, "budget", input("year", "2023", "year_amount", "60000000"))
		want := []project.Year{{Year: 2023, Amount: 60000000, Spent: 10000000}, {Year: 2024, Amount: 30000000}}
		if diff := cmp.Diff(want, p.Budget.V); diff != "" || p.Spent != 10000000 || p.Committed() != 90000000 {
			t.Errorf("budget (-want +got):\n%s spent %d", diff, p.Spent)
		}
		refused(t, "an amount below what is set aside", fault.Invalid, "project.budget_over", h.try(t, "fou", p.ID, "replan", input("start", "2023-02-01", "end", "2024-01-01", "amount", "80000000")))
		refused(t, "a plan of over three years", fault.Invalid, "project.warn.over_three_years", h.try(t, "fou", p.ID, "replan", input("start", "2023-02-01", "end", "2026-03-01", "amount", "90000000")))
		p = h.do(t, "fou", p.ID, "replan", input("start", "2023-03-01", "end", "2024-02-01", "amount", "90000000"))
		if !p.BaselineEnd.Equal(day("2024-02-01")) || !p.Final().Baseline.Equal(day("2024-02-01")) || p.Amount != 90000000 || p.Delay() != 0 {
			t.Errorf("replanned: %+v", p)
		}
		h.do(t, "utvalg", p.ID, "fund", reasoned(input()))
		refused(t, "another amount than granted", fault.Invalid, "project.amount_granted", h.try(t, "fou", p.ID, "replan", input("start", "2023-03-01", "end", "2024-02-01", "amount", "95000000")))
		h.do(t, "fou", p.ID, "contract", input("contract_on", "2023-01-02", "presentation_due", "2024-03-01"))

		refused(t, "a second final report", fault.Invalid, "project.one_final", h.try(t, "fou", p.ID, "agree_deliverable", input("kind", project.Final, "deliverable_title", "Enda en", "due", "2024-01-01")))
		refused(t, "due before the start", fault.Invalid, "project.end_before_start", h.try(t, "fou", p.ID, "agree_deliverable", input("kind", project.Interim, "deliverable_title", "Tidlig", "due", "2023-02-01")))
		refused(t, "the same institution", fault.Invalid, "project.institution_twice", h.try(t, "fou", p.ID, "add_institution", input("institution", "fafo", "role", project.Partner)))
		if p = h.do(t, "fou", p.ID, "add_institution", input("institution", "norce", "role", project.Partner)); p.RoleNames != "Fafo, NORCE" {
			t.Errorf("institutions %q", p.RoleNames)
		}
	})
}

// A moved forecast turns the need and the project red in the transaction that
// moves it, and green again (requirement B5). The baseline never moves (F3).
func TestForecastAgainstDecision(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := h.need(t, "2024-03-01")
		p := h.running(t, "need", n.ID)
		move := func(to string) {
			t.Helper()
			h.do(t, "forsker", p.ID, "propose_forecast", input("new_end", to, "cause", "data_release", "note", "Data mangler."))
			if got := h.load(t, p.ID); got.Alert != "" && got.Pending() != nil && got.ForecastEnd.Equal(day(to)) {
				t.Errorf("a proposal moved the forecast")
			}
			h.do(t, "fageier", p.ID, "accept_forecast", input())
		}
		red := func(when string, want bool) {
			t.Helper()
			got, wanted := h.load(t, p.ID), h.wanted(t, n.ID)
			if (got.Alert == project.AfterDecision) != want || (wanted.Alert == need.Late) != want {
				t.Errorf("%s: project %q, need %q, want red %v", when, got.Alert, wanted.Alert, want)
			}
			if !got.BaselineEnd.Equal(day("2023-12-01")) || !got.Final().Baseline.Equal(day("2023-12-01")) {
				t.Errorf("%s: the baseline moved to %v", when, got.BaselineEnd)
			}
			total := 0
			if want {
				total = 1
			}
			if _, n, err := h.projects.Portfolio(h.As(t, "fou"), project.Filter{Alert: project.AfterDecision}, project.Sort{}, 0, 0); err != nil || n != total {
				t.Errorf("%s: the portfolio has %d that come too late (%v), want %d", when, n, err, total)
			}
		}
		red("as planned", false)
		refused(t, "moving without a cause", fault.Invalid, "form.required.choice", h.try(t, "forsker", p.ID, "propose_forecast", input("new_end", "2024-06-01", "note", "x")))
		refused(t, "moving into the past", fault.Invalid, "project.date_passed", h.try(t, "fou", p.ID, "propose_forecast", input("new_end", "2023-01-01", "cause", "other", "note", "x")))
		move("2024-03-01")
		red("on the day of the decision", false)
		move("2024-06-01")
		red("after the decision", true)
		if d := h.load(t, p.ID); d.Delay() != 6 || !d.Final().Forecast.Equal(day("2024-06-01")) || len(d.Forecasts.V) != 2 {
			t.Errorf("delay %d, final %v", d.Delay(), d.Final())
		}
		move("2024-02-01")
		red("moved back", false)
		move("2024-06-01")
		owner := h.As(t, "fageier")
		_, err := h.needs.Kind.Do(owner, n.ID, "move_decision", reasoned(input("decision_date", "2024-09-01")))
		must(t, err)
		red("the decision moved", false)
		_, err = h.needs.Kind.Do(owner, n.ID, "move_decision", reasoned(input("decision_date", "2024-03-01")))
		must(t, err)
		red("the decision moved back", true)
		h.do(t, "fou", p.ID, "cancel", reasoned(input()))
		red("cancelled", false)
	})
}

// A forecast is refused while another waits, can be turned down, and moves a part
// delivery without moving the project.
func TestForecastProposals(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.running(t)
		h.do(t, "fou", p.ID, "agree_deliverable", input("kind", project.Interim, "deliverable_title", "Delrapport", "due", "2023-05-01"))
		propose := func(to string, more ...string) error {
			return h.try(t, "forsker", p.ID, "propose_forecast", input(append([]string{"new_end", to, "cause", "office_contact", "note", "Kontorene."}, more...)...))
		}
		must(t, propose("2024-02-01"))
		refused(t, "a second proposal", fault.Conflict, "project.blocked.pending", propose("2024-03-01"))
		refused(t, "turning down without a reason", fault.Invalid, "form.required.reason", h.try(t, "fageier", p.ID, "reject_forecast", input()))
		p = h.do(t, "fageier", p.ID, "reject_forecast", reasoned(input()))
		if f := p.Forecasts.V[0]; f.Accepted || f.Reason == "" || f.Answerer != "fageier" || !p.ForecastEnd.Equal(day("2023-12-01")) {
			t.Errorf("turned down: %+v, forecast %v", f, p.ForecastEnd)
		}
		refused(t, "answering nothing", fault.Conflict, "project.blocked.nothing_pending", h.try(t, "fageier", p.ID, "accept_forecast", input()))
		must(t, propose("2023-06-15", "deliverable", "3"))
		p = h.do(t, "fageier", p.ID, "accept_forecast", input())
		if d := p.Deliverable(3); !d.Forecast.Equal(day("2023-06-15")) || !d.Baseline.Equal(day("2023-05-01")) || !p.ForecastEnd.Equal(day("2023-12-01")) || p.Delay() != 0 {
			t.Errorf("moved part: %+v, the project ends %v", d, p.ForecastEnd)
		}
		h.do(t, "forsker", p.ID, "deliver_interim", input("deliverable", "3", "summary", "Så langt."))
		refused(t, "moving what is delivered", fault.Invalid, "project.already_delivered", propose("2023-09-01", "deliverable", "3"))
		h.do(t, "fou", p.ID, "hold", reasoned(input("review_date", "2023-03-01")))
		must(t, propose("2024-05-01"))
		tasks, err := h.Engine.TasksOf(h.As(t, "fageier"), access.From(h.As(t, "fageier")))
		must(t, err)
		if !slices.ContainsFunc(tasks, func(x record.MyTask) bool { return x.Command == "accept_forecast" }) {
			t.Errorf("the subject owner is not asked to answer while the project is on hold: %v", tasks)
		}
	})
}

// A final report that is sent back stays to be read, and the project runs again.
func TestReturned(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.running(t)
		first := report
		first.Values = first.Values.WithFile("file", &form.Upload{Name: "rapport.pdf", SHA256: "aa", Type: "application/pdf"})
		h.do(t, "forsker", p.ID, "deliver", first)
		h.do(t, "fou", p.ID, "review", input("review_note", "Uklar metode."))
		refused(t, "returning without a reason", fault.Invalid, "form.required.reason", h.try(t, "fageier", p.ID, "return", input("next_follow_up", "2023-02-01")))
		p = h.do(t, "fageier", p.ID, "return", reasoned(input("next_follow_up", "2023-02-01")))
		want := []project.Version{{Delivered: day("2023-01-02"), Returned: day("2023-01-02"), Reason: "Fordi.", Title: "Rapporten", Summary: "Kort.", File: "aa", FileName: "rapport.pdf", FileType: "application/pdf"}}
		if diff := cmp.Diff(want, p.Final().Returned); diff != "" || p.State != project.Running || !p.Final().Delivered.IsZero() || !p.Finished.IsZero() {
			t.Errorf("returned (-want +got):\n%s %s", diff, p.State)
		}
		p = h.do(t, "forsker", p.ID, "deliver", report)
		if d := p.Final(); d.File != "" || len(d.Returned) != 1 {
			t.Errorf("the second version has the first one's file: %+v", d)
		}
		refused(t, "accepting on the first version's review", fault.Conflict, "project.blocked.not_reviewed", h.try(t, "fageier", p.ID, "accept", input()))
	})
}

// A need is answered when the last of its projects is over and one has answered it.
func TestSeveralProjects(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := h.need(t, "2024-06-01")
		a, b := h.running(t, "need", n.ID), h.running(t, "need", n.ID, "end", "2024-05-01")
		if f := h.wanted(t, n.ID).Forecast; !f.Equal(day("2024-05-01")) {
			t.Errorf("expected %v, want the last of two", f)
		}
		h.do(t, "forsker", a.ID, "deliver", report)
		h.do(t, "fou", a.ID, "review", input("review_note", "God."))
		h.do(t, "fageier", a.ID, "accept", input())
		if s := h.wanted(t, n.ID).State; s != need.Acquiring {
			t.Errorf("one of two accepted: the need is %s", s)
		}
		p := h.do(t, "fou", b.ID, "cancel", reasoned(input()))
		got := h.wanted(t, n.ID)
		if got.State != need.Answered || !got.Forecast.Equal(day("2023-01-02")) || p.FinishedIn(2023) || p.ActiveOn(day("2023-01-02")) || !h.load(t, a.ID).FinishedIn(2023) {
			t.Errorf("the other cancelled: the need is %s, expected %v", got.State, got.Forecast)
		}
		never := h.created(t, "start", "2023-02-01")
		h.do(t, "fou", never.ID, "cancel", reasoned(input()))
		if list, n, err := h.projects.Portfolio(h.As(t, "fou"), project.Filter{StartedIn: 2023}, project.Sort{}, 0, 0); err != nil || n != 2 || !p.StartedIn(2023) || h.load(t, never.ID).StartedIn(2023) {
			t.Errorf("started in 2023: %v (%v); cancelled before it began %v, after %v", list, err, h.load(t, never.ID).StartedIn(2023), p.StartedIn(2023))
		}
		other := h.need(t, "2024-06-01")
		c := h.running(t, "need", other.ID)
		h.do(t, "fou", c.ID, "cancel", reasoned(input()))
		if got := h.wanted(t, other.ID); got.State != need.Acquiring || !got.Forecast.IsZero() {
			t.Errorf("its only project cancelled: the need is %s, expected %v", got.State, got.Forecast)
		}
	})
}

// Red means that somebody waits. A project that is begun for a need that is answered
// already, or after the decision was taken, comes too late for nothing, and it does
// not turn the answered need red either.
func TestNobodyWaits(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		answered := h.need(t, "2023-03-01")
		first := h.running(t, "need", answered.ID, "end", "2023-02-20")
		second := h.created(t, "need", answered.ID, "end", "2023-02-21")
		h.do(t, "forsker", first.ID, "deliver", report)
		h.do(t, "fou", first.ID, "review", input("review_note", "Godt."))
		h.do(t, "fageier", first.ID, "accept", input())
		h.do(t, "fou", second.ID, "cancel", reasoned(input()))
		if got := h.wanted(t, answered.ID); got.State != need.Answered {
			t.Fatalf("the need is %s", got.State)
		}
		taken := h.need(t, "2023-01-01") // yesterday; today somebody could still wait
		today := h.need(t, "2023-01-02")
		for _, x := range []struct {
			what  string
			needs []string
			alert string
		}{
			{"an answered need", []string{answered.ID}, ""},
			{"a decision that was taken before", []string{taken.ID}, ""},
			{"both", []string{answered.ID, taken.ID}, ""},
			{"a decision today", []string{answered.ID, taken.ID, today.ID}, project.AfterDecision},
		} {
			p, err := h.projects.Kind.Create(h.As(t, "fou"), "create", record.Input{Values: form.Of(planned...)}, func(p *project.Project) { p.Needs.V = x.needs })
			must(t, err)
			dates, err := h.projects.DecisionDates(h.As(t, "fou"), []*project.Project{p})
			must(t, err)
			if p.Alert != x.alert || !dates[p.ID].IsZero() != (x.alert != "") {
				t.Errorf("%s: alert %q, want %q; the decision it is for: %v", x.what, p.Alert, x.alert, dates[p.ID])
			}
		}
		if got := h.wanted(t, answered.ID); got.Alert != "" || !got.Forecast.Equal(day("2023-01-02")) {
			t.Errorf("the answered need: alert %q, forecast %v", got.Alert, got.Forecast)
		}
		// A decision that is put off waits again.
		p := h.created(t, "need", taken.ID)
		_, err := h.needs.Kind.Do(h.As(t, "fageier"), taken.ID, "move_decision", reasoned(input("decision_date", "2023-06-01")))
		must(t, err)
		if got := h.load(t, p.ID); p.Alert != "" || got.Alert != project.AfterDecision {
			t.Errorf("the decision is put off: alert %q, was %q", got.Alert, p.Alert)
		}
	})
}

// A project may have come to be before it was registered here.
func TestWaitedFor(t *testing.T) {
	t.Parallel()
	n := &need.Need{DecisionDate: day("2023-06-01")}
	n.State = need.Acquiring
	for _, x := range []struct {
		began, known, contract string
		want                   bool
	}{{"", "", "", false}, {"2022-03-01", "", "", true}, {"", "2022-12-31", "", true}, {"", "", "2023-06-01", true}, {"2023-06-02", "", "2023-07-01", false}, {"2024-01-01", "", "", false}} {
		p := &project.Project{}
		p.Created = day("2023-08-01")
		for to, text := range map[*time.Time]string{&p.StartFrom: x.began, &p.KnownBy: x.known, &p.ContractOn: x.contract} {
			if text != "" {
				*to = day(text)
			}
		}
		if got := p.WaitedFor(n); got != x.want {
			t.Errorf("%+v: %v", x, got)
		}
	}
}

// What a need says of the problem is the agency's own, and a project's summary is for
// everybody: it is not filled in from there.
func TestProposalHasNoSummary(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n, fields, err := h.projects.Proposal(h.As(t, "fou"), h.need(t, "2023-06-01").Number)
		must(t, err)
		if n.Problem == "" || fields["title"][0] != n.Title || len(fields["summary"]) > 0 {
			t.Errorf("of %q: %v", n.Problem, fields)
		}
	})
}

// A need that is merged into another takes its projects along.
func TestMergedNeed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		from, into := h.need(t, "2024-06-01"), h.need(t, "2023-06-01")
		p := h.created(t, "need", from.ID)
		_, err := h.needs.Kind.Do(h.As(t, "fou"), from.ID, "merge", reasoned(input("into", into.ID)))
		must(t, err)
		got := h.load(t, p.ID)
		if !slices.Equal(got.Needs.V, []string{into.ID}) || got.Alert != project.AfterDecision || h.wanted(t, into.ID).Alert != need.Late {
			t.Errorf("answers %v, alert %q; the other need's alert %q", got.Needs.V, got.Alert, h.wanted(t, into.ID).Alert)
		}
	})
}

// What a source tells of, and nobody follows, asks nothing of anybody.
func TestFromSource(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := &project.Project{Instrument: "grant", Named: true, Roles: db.JSON[[]project.Role]{V: []project.Role{{Org: "norce", Role: project.Host}}}}
		p.Title, p.State, p.Source = "Fra kilden", project.Running, "ÅR §2.1"
		must(t, h.projects.Kind.Import(orgtest.System(), p, "test"))
		tasks, err := h.Engine.Waiting(orgtest.System(), p.ID)
		must(t, err)
		if len(tasks[p.ID]) > 0 {
			t.Errorf("it waits for %v", tasks)
		}
		p = h.do(t, "fou", p.ID, "agree_deliverable", input("kind", project.Final, "deliverable_title", "Sluttrapport", "due", "2023-12-01"))
		if !p.BaselineEnd.Equal(day("2023-12-01")) || !p.ForecastEnd.Equal(day("2023-12-01")) {
			t.Errorf("the agreed final report gives the end %v", p.BaselineEnd)
		}
	})
}
