// Package decisiontest gives tests a small agency with calls, cases, projects and the
// committee's decisions on a fresh database. How cases are judged is told by the test,
// or by the assessments themselves once Cases.Assessments is set to them.
//
// Only tests import it.
package decisiontest

import (
	"context"
	"io/fs"
	"sync"
	"testing"
	"time"

	"funn/internal/application"
	"funn/internal/assessment"
	"funn/internal/call"
	"funn/internal/decision"
	"funn/internal/need"
	"funn/internal/org"
	"funn/internal/org/orgtest"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/form"
	"funn/internal/platform/jobs"
	"funn/internal/platform/mail"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
	"funn/internal/project"
)

// House is the agency. Its clock stands at 2 January 2023.
type House struct {
	*orgtest.House
	Calls     *call.Service
	Cases     *application.Service
	Assess    *assessment.Service // asked by nobody until Cases.Assessments is set to it
	Projects  *project.Service
	Decisions *decision.Service

	mu       sync.Mutex
	unjudged map[string]bool
	delay    time.Duration
}

// Delay makes every look at the assessments take so long, so that what is done at the
// same time meets.
func (h *House) Delay(d time.Duration) { h.delay = d }

// Judge says whether a case is judged, and its conflicts of interest settled.
func (h *House) Judge(id string, judged bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unjudged[id] = !judged
}

// Missing is what [application.Assessments] asks for.
func (h *House) Missing(_ context.Context, id string) ([]record.Reason, error) {
	time.Sleep(h.delay)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.unjudged[id] {
		return []record.Reason{{Key: "submission.blocked.not_judged"}}, nil
	}
	return nil, nil
}

// Shareable is what [application.Assessments] asks for.
func (h *House) Shareable(context.Context, string) ([]application.Shared, error) {
	return []application.Shared{{Criterion: "Relevans", Text: "Svarer på behovet."}, {Criterion: "Kvalitet", Text: "Metoden er god."}}, nil
}

// choices are the options of the forms.
type choices struct{ *orgtest.House }

func (c choices) Holders(ctx context.Context, roles ...access.Role) ([]form.Option, error) {
	list, err := c.Directory.Holders(ctx, roles...)
	return org.PersonOptions(ctx, list), err
}

func (c choices) Organisations(context.Context) ([]form.Option, error) {
	list, err := c.Directory.Organisations.List(orgtest.System(), db.Where{}, "r.title_sort", 0, 0)
	var out []form.Option
	for _, x := range list {
		out = append(out, form.Option{Value: x.ID, Label: x.Title})
	}
	return out, err
}

func (choices) Themes(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "palitelig-forvaltning", Label: "Pålitelig forvaltning"}}, nil
}
func (choices) Goals(context.Context) ([]form.Option, error)     { return nil, nil }
func (choices) Published(context.Context) ([]form.Option, error) { return nil, nil }
func (choices) Waiting(context.Context) ([]form.Option, error)   { return nil, nil }

// Each builds the house on both databases and runs the test in each. more gives the
// modules with pages that the test is about; nil for none.
func Each(t *testing.T, more func(h *House) []module.Module, test func(t *testing.T, h *House)) {
	t.Helper()
	var h *House
	migrations := []fs.FS{jobs.Migrations, mail.Migrations, need.Migrations, call.Migrations, application.Migrations, assessment.Migrations, project.Migrations, decision.Migrations}
	orgtest.Each(t, migrations, func(o *orgtest.House) []module.Module {
		h = &House{House: o, unjudged: map[string]bool{}}
		c := choices{o}
		needs := need.New(c, c, c)
		h.Calls = call.New(c, c, needs)
		h.Cases = application.New(h.Calls, seal.Secret{})
		h.Calls.Cases = h.Cases
		h.Assess = assessment.New(h.Cases, h.Calls, o.Directory)
		h.Projects = project.New(c, c, needs)
		h.Decisions = decision.New(h.Calls, h.Cases, h.Projects, o.Directory, "https://funn.example")
		h.Cases.Assessments, h.Cases.People, h.Cases.Together = h, o.Directory, h.Projects.RunTogether
		out := []module.Module{
			{Name: "need", Kinds: []record.AnyKind{needs.Kind}, Messages: need.Messages},
			{Name: "plan", Messages: plan.Messages},
			{Name: "call", Kinds: []record.AnyKind{h.Calls.Kind}, Messages: call.Messages},
			{Name: "application", Kinds: []record.AnyKind{h.Cases.Sketches, h.Cases.Applications}, Messages: application.Messages, Subscribe: h.Cases.Subscribe},
			{Name: "assessment", Kinds: []record.AnyKind{h.Assess.Kind, h.Assess.Consensuses}, Messages: assessment.Messages, Subscribe: h.Assess.Subscribe},
			{Name: "project", Kinds: []record.AnyKind{h.Projects.Kind}, Messages: project.Messages},
		}
		if more == nil {
			return append(out, module.Module{Name: "decision", Kinds: []record.AnyKind{h.Decisions.Meetings, h.Decisions.Texts}, Messages: decision.Messages, Subscribe: h.Decisions.Subscribe})
		}
		return append(out, more(h)...)
	}, func(t *testing.T, _ *orgtest.House) { test(t, h) })
}

// Person adds somebody of the agency with the roles.
func (h *House) Person(t testing.TB, id string, roles ...access.Role) {
	t.Helper()
	p := &org.Person{Staff: true}
	p.ID, p.Number, p.Title, p.Email, p.Unit = id, id, "Person "+id, id+"@example.org", "avdir/kun/fou"
	for _, role := range roles {
		p.Grants.V = append(p.Grants.V, org.Grant{Role: role, Unit: "avdir"})
	}
	Must(t, h.Directory.Persons.Import(orgtest.System(), p, "test"))
}

// Call puts a call in a state, with a frame in kroner and a criterion for the subject
// owner and one for the section.
func (h *House) Call(t testing.TB, state string, frame int64) *call.Call {
	t.Helper()
	c := h.Calls.Kind.New()
	c.Title, c.State, c.FrameOre, c.Owner, c.Theme, c.Presentations, c.MaxMonths = "Utlysning 2023", state, frame*100, "fageier", "palitelig-forvaltning", 1, 36
	for i, by := range []string{call.ByOwner, call.BySection} {
		name := call.Words{"nb": "Kriterium", "nn": "Kriterium", "en": "Criterion"}
		c.Criteria.V = append(c.Criteria.V, call.Criterion{ID: i + 1, Names: name, Meanings: name, Weight: 50, Principles: call.Principles, Assessor: by})
	}
	Must(t, h.Calls.Kind.Import(orgtest.System(), c, "test"))
	return c
}

// Put puts an opened sketch or application in a call, which asks for so many kroner.
func (h *House) Put(t testing.TB, kind string, c *call.Call, title string, asked int64, change func(*application.Submission)) *application.Submission {
	t.Helper()
	x := &application.Submission{Call: c.ID, Applicant: "forsker", Owner: "fageier", Sent: 1, OpenedAt: h.Clock.Now()}
	x.Number, x.Title, x.State, x.Lang = h.Cases.RandomNumber(kind), title, application.Assessing, "nb"
	x.SetFlag(application.Opened, true)
	x.Content.V = &application.Content{
		Title: title, Lang: "nb", Institution: application.Party{ID: "fafo", Name: "Fafo"}, Leader: application.Author{Name: "Leder Ledersen"},
		Starts: orgtest.Day("2024-01-01"), Months: 36, AskedOre: asked * 100, Answers: map[string]string{"summary": "Om " + title},
		Budget: []application.BudgetLine{{Year: 2024, Cost: "personnel", Ore: asked * 50}, {Year: 2025, Cost: "personnel", Ore: asked * 25}, {Year: 2026, Cost: "personnel", Ore: asked * 25}},
	}
	if change != nil {
		change(x)
	}
	x.Lang = x.Content.V.Lang
	Must(t, h.Cases.Of(kind).Import(orgtest.System(), x, "test"))
	return x
}

// Do gives a command to a case as the person.
func (h *House) Do(t testing.TB, x *application.Submission, who, command string, pairs ...string) (*application.Submission, error) {
	t.Helper()
	return h.Cases.Of(x.Kind).Do(h.As(t, who), x.ID, command, record.Input{Values: form.Of(pairs...), Reason: "fordi"})
}

// Did is Do that must succeed.
func (h *House) Did(t testing.TB, x *application.Submission, who, command string, pairs ...string) *application.Submission {
	t.Helper()
	out, err := h.Do(t, x, who, command, pairs...)
	if err != nil {
		t.Fatalf("%s of %s by %s: %v", command, x.Title, who, err)
	}
	return out
}

// Step takes a call a step as the person.
func (h *House) Step(t testing.TB, c *call.Call, who, step string) error {
	t.Helper()
	_, err := h.Calls.Kind.Do(h.As(t, who), c.ID, step, record.Input{Reason: "fordi"})
	return err
}

// Meet starts a meeting on the call with the members.
func (h *House) Meet(t testing.TB, c *call.Call, members ...string) *decision.Meeting {
	t.Helper()
	m, err := h.Decisions.Meetings.Create(h.As(t, "fou"), "plan", record.Input{Values: form.Of("call", c.ID, "held_on", h.Engine.Today(context.Background()).Format(time.DateOnly))}, nil)
	Must(t, err)
	m, err = h.Decisions.Meetings.Do(h.As(t, members[0]), m.ID, "start", record.Input{Values: form.Of().With("present", members...)})
	Must(t, err)
	return m
}

// Proposed puts an application that the section has proposed an outcome of.
func (h *House) Proposed(t testing.TB, c *call.Call, title, outcome string, kroner string) *application.Submission {
	t.Helper()
	x := h.Put(t, application.Application, c, title, 5_000_000, nil)
	pairs := []string{"outcome", outcome, "reasons", "Relevans:\nSvarer på behovet."}
	if kroner != "" {
		pairs = append(pairs, "amount", kroner+"00")
	}
	if outcome == application.AwardOnConditions {
		pairs = append(pairs, "conditions", "Godkjenning fra REK")
	}
	return h.Did(t, x, "fou", "propose", pairs...)
}

// Must ends the test on an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
