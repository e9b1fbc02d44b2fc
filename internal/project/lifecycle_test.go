package project_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"funn/internal/org/orgtest"
	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
	"funn/internal/project"
)

// model is what a project may become, said once more and as simply as possible:
// a state, and what has been done to it.
type model struct {
	state                              string
	funded, reviewed, presented, data  bool
	asked                              bool
	pending, published, used, returned bool
	committed                          int // of 10
	parts, delivered                   int // interim reports agreed, and how many of them delivered
	endMoved                           bool
}

// The cast: of each role somebody who is in the project, and somebody who is not.
var cast = []string{"fou", "fou2", "fageier", "fageier2", "utvalg", "forsker", "forsker2", "kontor"}

// step is one thing that somebody can try.
type step struct {
	command string
	from    []string
	who     []string
	guard   func(m *model) bool // nil: nothing hinders it
	apply   func(m *model)
	in      func(m *model) record.Input
}

func to(state string) func(*model) { return func(m *model) { m.state = state } }

func plain(pairs ...string) func(*model) record.Input {
	return func(*model) record.Input { return reasoned(input(pairs...)) }
}

var (
	section    = []string{"fou", "fou2"}
	researcher = []string{"forsker", "fou", "fou2"}
	together   = []string{"fageier", "fou", "fou2"}
	underWay   = []string{project.StartedUp, project.Running, project.OnHold}
	open       = []string{project.Created, project.Contracted, project.StartedUp, project.Running, project.OnHold, project.Delivered}
)

var script = []step{
	{"budget", open, section, func(m *model) bool { return m.committed < 10 }, func(m *model) { m.committed += 5 },
		func(m *model) record.Input {
			return input("year", strconv.Itoa(2023+m.committed/5), "year_amount", "50000000")
		}},
	{"fund", []string{project.Created}, []string{"utvalg"}, func(m *model) bool { return !m.funded }, func(m *model) { m.funded = true }, plain()},
	{"ask_back", []string{project.Created}, []string{"utvalg"}, func(m *model) bool { return !m.funded && !m.asked }, func(m *model) { m.asked = true }, plain()},
	{"answer_committee", []string{project.Created}, section, func(m *model) bool { return m.asked }, func(m *model) { m.asked = false }, plain("reply", "Slik er det.")},
	{"decline", []string{project.Created}, []string{"utvalg"}, func(m *model) bool { return !m.funded }, to(project.Cancelled), plain()},
	{"contract", []string{project.Created}, section, func(m *model) bool { return m.funded && m.committed == 10 }, to(project.Contracted), plain("contract_on", "2023-01-02", "presentation_due", "2024-01-15")},
	{"start_up", []string{project.Contracted}, together, nil, to(project.StartedUp), plain("met_on", "2023-01-02", "met_with", "Alle", "minutes", "Planen.")},
	{"begin", []string{project.StartedUp}, section, nil, to(project.Running), plain("next_follow_up", "2023-04-03")},
	{"follow_up", []string{project.Running, project.StartedUp}, together, nil, func(*model) {}, plain("met_on", "2023-01-02", "met_with", "Alle", "minutes", "Vel.", "next_follow_up", "2023-05-02")},
	{"agree_deliverable", []string{project.Created, project.Contracted, project.StartedUp, project.Running}, section, nil, func(m *model) { m.parts++ },
		plain("kind", project.Interim, "deliverable_title", "Delrapport", "due", "2023-06-01")},
	{"deliver_interim", []string{project.Running}, researcher, func(m *model) bool { return m.delivered < m.parts }, func(m *model) { m.delivered++ }, nil},
	{"propose_forecast", underWay, researcher, func(m *model) bool { return !m.pending }, func(m *model) { m.pending = true }, plain("new_end", "2024-03-01", "cause", "data_release", "note", "Data.")},
	{"accept_forecast", underWay, []string{"fageier"}, func(m *model) bool { return m.pending }, func(m *model) { m.pending, m.endMoved = false, true }, plain()},
	{"reject_forecast", underWay, []string{"fageier"}, func(m *model) bool { return m.pending }, func(m *model) { m.pending = false }, plain()},
	{"hold", []string{project.Running}, section, nil, to(project.OnHold), plain("review_date", "2023-03-01")},
	{"resume", []string{project.OnHold}, section, nil, to(project.Running), plain("next_follow_up", "2023-04-03")},
	{"deliver", []string{project.Running}, researcher, nil, func(m *model) { m.state, m.reviewed = project.Delivered, false }, func(*model) record.Input { return report }},
	{"return", []string{project.Delivered}, together, nil, func(m *model) { m.state, m.returned = project.Running, true }, plain("next_follow_up", "2023-04-03")},
	{"review", []string{project.Delivered}, section, func(m *model) bool { return !m.reviewed }, func(m *model) { m.reviewed = true }, plain("review_note", "God.")},
	{"accept", []string{project.Delivered}, []string{"fageier"}, func(m *model) bool { return m.reviewed }, to(project.Accepted), plain()},
	{"present", []string{project.Running, project.Delivered, project.Accepted}, together, nil, func(m *model) { m.presented = true }, plain("met_on", "2023-01-02", "where", "Webinar")},
	{"data_plan", []string{project.Running, project.Delivered, project.Accepted}, researcher, nil, func(m *model) { m.data = true }, plain("data_state", "none")},
	{"published", []string{project.Accepted, project.Closed}, []string{"system"}, nil, func(m *model) { m.published = true }, plain()},
	{"use_decided", []string{project.Accepted, project.Closed}, []string{"system"}, nil, func(m *model) { m.used = true }, plain()},
	{"close", []string{project.Accepted}, section, func(m *model) bool { return m.presented && m.data && m.published && m.used }, to(project.Closed), plain()},
	{"replan", []string{project.Created, project.Contracted}, section, nil, func(*model) {}, plain("start", "2023-02-01", "end", "2023-12-01", "amount", "100000000")},
	{"cancel", open, section, nil, to(project.Cancelled), plain()},
}

// Whatever people try, in whatever order: what the model allows is done, all else
// is refused and changes nothing, and what must always hold holds.
func TestLifecycleAgainstModel(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		actors := map[string]context.Context{"system": orgtest.System()}
		for _, id := range cast {
			actors[id] = h.As(t, id)
		}
		rapid.Check(t, func(t *rapid.T) {
			p, err := h.projects.Kind.Create(actors["fou"], "create", input(planned...), nil)
			if err != nil {
				t.Fatal(err)
			}
			reload := func() *project.Project {
				p, err := h.projects.Kind.Load(orgtest.System(), p.ID)
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			m := &model{state: project.Created}
			for range rapid.IntRange(1, 50).Draw(t, "steps") {
				// Now and then anything by anybody; else what the state allows, by somebody who
				// may; at times only what changes something, so that some projects get to the end.
				s, who := rapid.SampledFrom(script).Draw(t, "step"), rapid.SampledFrom(append(slices.Clone(cast), "system")).Draw(t, "who")
				if kind := rapid.IntRange(0, 5).Draw(t, "kind"); kind > 0 {
					fitting := slices.DeleteFunc(slices.Clone(script), func(s step) bool {
						next := *m
						s.apply(&next)
						back := s.command == "cancel" || s.command == "decline" || kind > 2 && slices.Contains([]string{"hold", "return", "propose_forecast", "agree_deliverable"}, s.command)
						return back || !slices.Contains(s.from, m.state) || kind > 2 && (next == *m || s.guard != nil && !s.guard(m))
					})
					if len(fitting) == 0 {
						break
					}
					s = rapid.SampledFrom(fitting).Draw(t, "fitting step")
					who = rapid.SampledFrom(s.who).Draw(t, "fitting who")
				}
				in := record.Input{}
				if s.in != nil {
					in = s.in(m)
				} else {
					in = input("deliverable", partID(reload()), "summary", "Så langt.")
				}
				// The system acts for rules already checked, and everybody else needs one.
				may := who == "system" || slices.Contains(s.who, who)
				allowed := may && slices.Contains(s.from, m.state) && (s.guard == nil || s.guard(m))
				before := reload()
				_, err := h.projects.Kind.Do(actors[who], p.ID, s.command, in)
				after := reload()
				if (err == nil) != allowed {
					t.Fatalf("%s as %s in %s: %v, the model allows it: %v (%+v)", s.command, who, m.state, err, allowed, *m)
				}
				if err == nil {
					s.apply(m)
				} else if after.Version != before.Version {
					t.Fatalf("%s as %s was refused (%v) and changed the project", s.command, who, err)
				}
				check(t, h, actors, m, after)
			}
		})
		if _, _, problems, err := h.Engine.Check(context.Background(), nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
}

// partID gives an interim report that is not delivered; an id that does not exist
// when there is none.
func partID(p *project.Project) string {
	for _, d := range p.Deliverables.V {
		if d.Kind == project.Interim && d.Delivered.IsZero() {
			return strconv.Itoa(d.ID)
		}
	}
	return "99"
}

// check holds what must always hold.
func check(t *rapid.T, h *house, actors map[string]context.Context, m *model, p *project.Project) {
	fail := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("%s: %s", p.State, fmt.Sprintf(format, args...))
	}
	delivered := 0
	for _, d := range p.Deliverables.V {
		if d.Part() && !d.Delivered.IsZero() {
			delivered++
		}
	}
	switch ended := p.State == project.Accepted || p.State == project.Closed; {
	case p.State != m.state:
		fail("the model says %s", m.state)
	case ended != p.FinishedIn(2023):
		fail("finished %v", p.Finished)
	case ended && p.ReviewedAt.IsZero():
		fail("accepted without a review")
	case p.Committed() > p.Amount:
		fail("%d set aside of %d", p.Committed(), p.Amount)
	case p.State != project.Created && p.State != project.Cancelled && p.Committed() != p.Amount:
		fail("under contract with %d of %d set aside", p.Committed(), p.Amount)
	case !p.BaselineEnd.Equal(day("2023-12-01")):
		fail("the baseline moved to %v", p.BaselineEnd)
	case p.State == project.Running && (p.NextFollowUp.IsZero() || len(p.Meetings.V) == 0):
		fail("running without a start-up meeting or a next follow-up")
	case p.State == project.OnHold && (p.ReviewDate.IsZero() || p.HoldReason == ""):
		fail("on hold without a review date and a reason")
	case (p.Pending() != nil) != m.pending:
		fail("pending %v", p.Pending())
	case delivered != m.delivered:
		fail("%d parts delivered, want %d", delivered, m.delivered)
	case (p.Delay() > 0) != (m.endMoved && p.State != project.Cancelled && !ended):
		// An accepted report ends the project on the day of the test, before the plan.
		fail("delay %d, forecast %v", p.Delay(), p.ForecastEnd)
	case m.returned != (len(p.Final().Returned) > 0):
		fail("returned versions %v", p.Final().Returned)
	case project.Public(p) != (p.ContractOn.Equal(day("2023-01-02"))):
		fail("public %v, contract %v", project.Public(p), p.ContractOn)
	}
	// Whoever is asked to do something can do it.
	tasks, err := h.Engine.Waiting(actors["system"], p.ID)
	if err != nil {
		t.Fatal(err)
	}
	final := p.State == project.Closed || p.State == project.Cancelled
	waitsForOthers := p.State == project.Accepted && m.data && m.presented // for publication and use
	if len(tasks[p.ID]) == 0 && !final && !waitsForOthers {
		fail("it waits for nobody")
	}
	for _, task := range tasks[p.ID] {
		who := task.PersonID
		if who == "" {
			who = string(task.Role) // the small agency's people are named by their roles
		}
		actions, err := h.projects.Kind.Actions(actors[who], p)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(actions, func(a record.Action) bool { return a.Name == task.Command })
		if i < 0 || len(actions[i].Verdict.Blocking) > 0 {
			fail("%s is asked to %s and cannot", who, task.Command)
		}
	}
}

// Only an interim report that exists and is not delivered can be delivered, and
// nobody can pass a final report off as one.
func TestInterimIsInterim(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.running(t)
		for _, id := range []string{"1", "2", "99"} {
			if err := h.try(t, "forsker", p.ID, "deliver_interim", input("deliverable", id, "summary", "x")); err == nil {
				t.Errorf("deliverable %s was delivered as an interim report", id)
			}
		}
		a := access.From(h.As(t, "forsker"))
		if a.Staff {
			t.Fatal("the researcher is staff: the test tells nothing")
		}
		h.do(t, "fou", p.ID, "agree_deliverable", input("kind", project.Dataset, "deliverable_title", "Data", "due", "2023-06-01"))
		p = h.do(t, "forsker", p.ID, "deliver_interim", record.Input{Values: form.Of("deliverable", "3", "summary", "x").WithFile("file", &form.Upload{Name: "d.csv", SHA256: "bb", Type: "text/csv"})})
		if d := p.Deliverable(3); d.File != "bb" || d.FileType != "text/csv" || p.State != project.Running {
			t.Errorf("delivered %+v, the project is %s", d, p.State)
		}
	})
}
