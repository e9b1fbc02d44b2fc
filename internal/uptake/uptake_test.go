package uptake_test

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"funn/internal/need"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
	"funn/internal/project"
	"funn/internal/publication"
	"funn/internal/uptake"
)

var schema = []fs.FS{event.Migrations, record.Migrations, need.Migrations, project.Migrations, publication.Migrations, uptake.Migrations}

func person(id string, staff bool, roles ...access.Role) access.Actor {
	a := access.Actor{ID: id, Name: id, Staff: staff, As: []string{id}}
	for _, r := range roles {
		a.Grants = append(a.Grants, access.Grant{Role: r, Unit: "dir"})
	}
	return a
}

var people = map[string]access.Actor{
	"fou": person("fou", true, org.FoU), "fou2": person("fou2", true, org.FoU),
	"fageier": person("fageier", true, org.SubjectOwner), "fageier2": person("fageier2", true, org.SubjectOwner),
	"analyse": person("analyse", true, org.Analysis), "kommunikasjon": person("kommunikasjon", true, org.Communication),
	"atl": person("atl", true, org.Line), "kontor": person("kontor", true, org.Office), "forsker": person("forsker", false, org.Researcher),
	"": {},
}

func as(id string) context.Context {
	a, ok := people[id]
	if !ok {
		panic("no person " + id)
	}
	return access.With(context.Background(), a)
}

// directory answers what the modules ask of the organisation and the plan.
type directory struct{}

func (directory) Holders(_ context.Context, roles ...access.Role) ([]form.Option, error) {
	var out []form.Option
	for id, a := range people {
		if id != "" && (len(roles) == 0 || a.Has(roles...)) {
			out = append(out, form.Option{Value: id, Label: id})
		}
	}
	return out, nil
}

func (directory) Organisations(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "org-1", Label: "Fiktivt Institutt"}}, nil
}

func (directory) Themes(context.Context) ([]form.Option, error) { return nil, nil }

func (directory) Goals(context.Context) ([]form.Option, error) { return nil, nil }

func (directory) Published(context.Context) ([]form.Option, error) { return nil, nil }

type house struct {
	*uptake.Service
	needs        *need.Service
	projects     *project.Service
	publications *publication.Service
	engine       *record.Engine
	clock        *clock.Movable
}

// build puts the thread together; late has the report received after the uptake
// is opened.
func build(t testing.TB, d *db.DB, late bool) *house {
	t.Helper()
	h := &house{clock: clock.NewMovable(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC))}
	h.engine = record.NewEngine(d, h.clock)
	h.needs = need.New(directory{}, directory{}, directory{})
	h.projects = project.New(directory{}, directory{}, h.needs)
	h.publications = publication.New(directory{}, directory{}, h.projects)
	h.Service = uptake.New(directory{}, h.needs, h.projects, h.publications)
	if err := h.engine.Register(h.needs.Kind, h.projects.Kind, h.publications.Kind, h.Kind); err != nil {
		t.Fatal(err)
	}
	h.projects.Subscribe(h.engine)
	if late {
		h.Subscribe(h.engine)
	}
	h.publications.Subscribe(h.engine)
	if !late {
		h.Subscribe(h.engine)
	}
	return h
}

func in(pairs ...string) record.Input { return record.Input{Values: form.Of(pairs...)} }

func because(i record.Input) record.Input {
	i.Reason = "fordi"
	return i
}

// delivered gives a project whose final report waits to be accepted.
func (h *house) delivered(t testing.TB, change func(*project.Project)) *project.Project {
	t.Helper()
	p := &project.Project{
		Head: record.Head{Title: "Prosjektets tittel", State: project.Delivered, Unit: "dir"}, Instrument: "commission", Theme: "sosiale-tjenester",
		Owner: "fageier", CaseWorker: "fou", Leader: "forsker", ReviewedBy: "fou", ReviewedAt: h.engine.Now(context.Background()),
	}
	p.Findings.V = []project.Finding{{Text: "Ventetida er kortare.", Limits: "Fem kontor."}, {Text: "Små kontor samarbeider sjeldan.", Limits: "Svar frå leiarar."}}
	p.Deliverables.V = []project.Deliverable{{ID: 1, Kind: project.Final, Title: "Gjeldsråd på kontoret", Lang: "nn", Summary: "Samandrag."}}
	if change != nil {
		change(p)
	}
	if err := h.projects.Kind.Import(access.With(context.Background(), access.System), p, "test"); err != nil {
		t.Fatal(err)
	}
	return p
}

// opened gives the uptake of an accepted final report.
func (h *house) opened(t testing.TB, change func(*project.Project)) *uptake.Uptake {
	t.Helper()
	p := h.delivered(t, change)
	if _, err := h.projects.Kind.Do(as("fageier"), p.ID, "accept", in()); err != nil {
		t.Fatal(err)
	}
	u, err := h.OfProject(as("fou"), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (h *house) do(t testing.TB, who, id, command string, i record.Input) *uptake.Uptake {
	t.Helper()
	u, err := h.Kind.Do(as(who), id, command, i)
	if err != nil {
		t.Fatalf("%s by %s: %v", command, who, err)
	}
	return u
}

func (h *house) refused(t testing.TB, who, id, command string, i record.Input, want fault.Kind, key string) {
	t.Helper()
	_, err := h.Kind.Do(as(who), id, command, i)
	if err == nil {
		t.Errorf("%s by %q was allowed", command, who)
		return
	}
	f, ok := fault.As(err)
	if !ok || f.Kind != want {
		t.Errorf("%s by %q: %v, want kind %d", command, who, err, want)
		return
	}
	if key == "" || f.Key == key || slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Key == key }) {
		return
	}
	t.Errorf("%s by %q: %v, want %s", command, who, err, key)
}

// assessed gives an uptake whose two findings have been assessed, with one
// recommendation that waits for its answer.
func (h *house) assessed(t testing.TB, change func(*project.Project)) *uptake.Uptake {
	t.Helper()
	u := h.opened(t, change)
	h.do(t, "fou", u.ID, "register_findings", in())
	h.do(t, "fageier", u.ID, "assess", in("finding", "1", "implications", "practice", "implications", "management"))
	h.do(t, "fou", u.ID, "assess", in("finding", "2", "implications", "knowledge_base"))
	h.do(t, "fageier", u.ID, "conclude", in())
	return h.do(t, "fou", u.ID, "recommend", in("kind", "do", "text", "Ha minst to som kan gi råd.", "addressee", "Kontorene", "finding", "1"))
}

// decided gives an uptake that is to be used.
func (h *house) decided(t testing.TB) *uptake.Uptake {
	t.Helper()
	u := h.assessed(t, nil)
	h.do(t, "fageier", u.ID, "answer", in("recommendation", "1", "answer", "yes", "answer_reason", "Det koster lite."))
	return h.do(t, "fageier", u.ID, "decide", in("outcome", "use", "outcome_reason", "Funnene er samstemte."))
}

// running gives an uptake with two actions under way: 1 of atl, 2 of kontor.
func (h *house) running(t testing.TB) *uptake.Uptake {
	t.Helper()
	u := h.decided(t)
	h.do(t, "fageier", u.ID, "add_audience", in("who", "Veilederne", "how", "På fagdagen"))
	h.do(t, "fageier", u.ID, "add_action", in("text", "Skriv rådet inn i rutinen.", "action_owner", "atl", "action_due", "2023-02-01", "recommendation", "1"))
	h.do(t, "fageier", u.ID, "add_action", in("text", "Prøv det på ett kontor.", "action_owner", "kontor", "action_due", "2023-03-01"))
	h.do(t, "fageier", u.ID, "approve_plan", in())
	return h.do(t, "fageier", u.ID, "start", in())
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]bool{"the report first": false, "the uptake first": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
				h := build(t, d, late)
				u := h.opened(t, func(p *project.Project) { p.Example, p.Source = true, "Eksempel" })
				got := []any{u.Number, u.Title, u.Lang, u.State, u.Owner, u.CaseWorker, u.Theme, u.Unit, u.Example, u.Source, u.Due.Format(time.DateOnly)}
				want := []any{"K-2023-001", "Gjeldsråd på kontoret", "nn", uptake.Opened, "fageier", "fou", "sosiale-tjenester", "dir", true, "Eksempel", "2023-01-30"}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("opened (-want +got):\n%s", diff)
				}
				findings := []uptake.Finding{{ID: 1, Text: "Ventetida er kortare.", Limits: "Fem kontor."}, {ID: 2, Text: "Små kontor samarbeider sjeldan.", Limits: "Svar frå leiarar."}}
				if diff := cmp.Diff(findings, u.Findings.V); diff != "" {
					t.Errorf("findings (-want +got):\n%s", diff)
				}
				reports, err := h.publications.OfProject(as("fou"), u.Project)
				if err != nil || len(reports) != 1 || u.Publication != reports[0].ID {
					t.Errorf("based on %q of %v, %v", u.Publication, reports, err)
				}
				_, edges, err := h.engine.Thread(as("fou"), u.ID)
				if err != nil {
					t.Fatal(err)
				}
				var rels []string
				for _, e := range edges {
					rels = append(rels, e.Rel)
				}
				slices.Sort(rels)
				if !slices.Equal(rels, []string{"assesses", "based_on", "reports"}) {
					t.Errorf("thread: %v", rels)
				}
				for who, may := range map[string]bool{"kontor": true, "forsker": false, "": false} {
					if _, err := h.Kind.ByNumber(as(who), u.Number); (err == nil) != may {
						t.Errorf("%q reads it: %v", who, err)
					}
				}
			})
		})
	}
}

func TestFindings(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d, false)
		empty := h.opened(t, func(p *project.Project) { p.Findings.V = nil })
		h.refused(t, "fou", empty.ID, "register_findings", in(), fault.Conflict, "uptake.blocked.no_finding")
		h.refused(t, "fou", empty.ID, "add_finding", in("text", "Et funn uten forbehold"), fault.Invalid, "form.required.text")
		h.refused(t, "fageier", empty.ID, "add_finding", in("text", "x", "limits", "y"), fault.Forbidden, "")
		h.do(t, "fou2", empty.ID, "add_finding", in("text", "Et funn", "limits", "To kontorer"))
		h.do(t, "fou", empty.ID, "register_findings", in())

		u := h.opened(t, func(p *project.Project) { p.Findings.V[1].Limits = "" })
		h.refused(t, "fou", u.ID, "register_findings", in(), fault.Conflict, "uptake.blocked.no_limits")
		h.do(t, "fou", u.ID, "edit_finding", in("finding", "2", "text", "Små kontor er alene.", "limits", "Svar frå leiarar."))
		u = h.do(t, "fou", u.ID, "register_findings", in())
		h.refused(t, "fageier", u.ID, "conclude", in(), fault.Conflict, "uptake.blocked.no_implication")
		h.refused(t, "fageier", u.ID, "assess", in("finding", "1", "implications", "practice", "implications", "knowledge_base"), fault.Invalid, "uptake.knowledge_base_alone")
		h.refused(t, "fageier", u.ID, "assess", in("finding", "9", "implications", "practice"), fault.Invalid, "form.not_an_option")
		h.refused(t, "fageier", u.ID, "assess", in("finding", "1"), fault.Invalid, "form.required.choices")
		h.refused(t, "kontor", u.ID, "assess", in("finding", "1", "implications", "practice"), fault.Forbidden, "")
		h.do(t, "analyse", u.ID, "assess", in("finding", "1", "implications", "practice"))
		h.do(t, "fageier", u.ID, "assess", in("finding", "2", "implications", "knowledge_base"))
		u = h.do(t, "fou", u.ID, "edit_finding", in("finding", "1", "text", "Ventetida er halvert.", "limits", "Fem kontor."))
		if len(u.Finding(1).Implications) != 0 {
			t.Error("a finding that says something else is still assessed")
		}
		h.do(t, "fageier", u.ID, "assess", in("finding", "1", "implications", "practice"))
		h.do(t, "fou", u.ID, "recommend", in("kind", "stop", "text", "Slutt", "addressee", "Kontorene", "finding", "2"))
		h.refused(t, "fou", u.ID, "remove_finding", because(in("finding", "2")), fault.Invalid, "uptake.finding_in_use")
		h.refused(t, "fou", u.ID, "conclude", in(), fault.Forbidden, "")
		h.do(t, "fou", u.ID, "remove_finding", because(in("finding", "1")))
		h.do(t, "fageier", u.ID, "conclude", in())
		u = h.do(t, "fou", u.ID, "rework", because(in()))
		if u.State != uptake.Registered {
			t.Errorf("stands in %s", u.State)
		}
		events, err := event.Of(as("fou"), d, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		if told := events[len(events)-3].Told()["finding"]; !slices.Equal(told, []string{"Ventetida er halvert."}) {
			t.Errorf("the history tells of finding %v", told)
		}
	})
}

// A decision answers every recommendation, and agrees with the answers.
func TestDecide(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d, false)
		decide := func(outcome string, more ...string) record.Input {
			return in(append([]string{"outcome", outcome, "outcome_reason", "Derfor."}, more...)...)
		}
		for name, c := range map[string]struct {
			answer string // empty: not answered; "none": no recommendation at all
			in     record.Input
			kind   fault.Kind // Internal: allowed
			key    string
			state  string
		}{
			"not answered":                   {"", decide("use"), fault.Conflict, "uptake.blocked.unanswered", ""},
			"yes and used":                   {"yes", decide("use"), fault.Internal, "", uptake.Decided},
			"partly and partly used":         {"partly", decide("partly"), fault.Internal, "", uptake.Decided},
			"no and used":                    {"no", decide("use"), fault.Invalid, "uptake.use_without_yes", ""},
			"yes and not used":               {"yes", decide("not"), fault.Invalid, "uptake.no_use_with_yes", ""},
			"yes and only known":             {"yes", decide("knowledge_base"), fault.Invalid, "uptake.no_use_with_yes", ""},
			"no and not used":                {"no", decide("not"), fault.Internal, "", uptake.Decided},
			"no, not used and closed":        {"no", decide("not", "close", "true"), fault.Internal, "", uptake.Closed},
			"used and closed at once":        {"yes", decide("use", "close", "true"), fault.Invalid, "uptake.close_with_use", ""},
			"no recommendation and used":     {"none", decide("use"), fault.Invalid, "uptake.needs_recommendation", ""},
			"no recommendation and not used": {"none", decide("not"), fault.Invalid, "uptake.needs_recommendation", ""},
			"no recommendation, only known":  {"none", decide("knowledge_base", "close", "true"), fault.Internal, "", uptake.Closed},
			"without a reason":               {"no", in("outcome", "not"), fault.Invalid, "form.required.text", ""},
		} {
			t.Run(name, func(t *testing.T) {
				var n *need.Need
				u := h.assessed(t, func(p *project.Project) {
					n = &need.Need{Head: record.Head{Title: "Et behov", State: need.Acquiring}, Owner: "fageier"}
					if err := h.needs.Kind.Import(access.With(context.Background(), access.System), n, "test"); err != nil {
						t.Fatal(err)
					}
					p.Needs.V = []string{n.ID}
				})
				switch c.answer {
				case "":
				case "none":
					h.do(t, "fou", u.ID, "remove_recommendation", because(in("recommendation", "1")))
				default:
					h.refused(t, "fageier", u.ID, "answer", in("recommendation", "1", "answer", c.answer), fault.Invalid, "form.required.text")
					h.refused(t, "fou", u.ID, "answer", in("recommendation", "1", "answer", c.answer, "answer_reason", "x"), fault.Forbidden, "")
					h.do(t, "fageier", u.ID, "answer", in("recommendation", "1", "answer", c.answer, "answer_reason", "Fordi det er slik."))
					h.refused(t, "fou", u.ID, "remove_recommendation", because(in("recommendation", "1")), fault.Invalid, "uptake.recommendation_answered")
				}
				h.refused(t, "fou", u.ID, "decide", c.in, fault.Forbidden, "")
				h.refused(t, "fageier2", u.ID, "decide", c.in, fault.Forbidden, "")
				decided := c.kind == fault.Internal
				if decided {
					if u = h.do(t, "fageier", u.ID, "decide", c.in); u.State != c.state {
						t.Errorf("stands in %s, want %s", u.State, c.state)
					}
				} else {
					h.refused(t, "fageier", u.ID, "decide", c.in, c.kind, c.key)
				}
				p, err := h.projects.Kind.Load(as("fou"), u.Project)
				if err != nil || p.UseDecided.IsZero() == decided {
					t.Errorf("the project heard of it at %v, %v", p.UseDecided, err)
				}
				if n, err = h.needs.Kind.Load(as("fou"), n.ID); err != nil || n.DecidedAt.IsZero() == decided {
					t.Errorf("the need heard of it at %v, %v", n.DecidedAt, err)
				}
			})
		}
	})
}

func TestPlan(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d, false)
		u := h.decided(t)
		h.refused(t, "fageier", u.ID, "close", in(), fault.Conflict, "uptake.blocked.in_use")
		h.refused(t, "fageier", u.ID, "approve_plan", in(), fault.Conflict, "uptake.blocked.no_audience")
		h.do(t, "kommunikasjon", u.ID, "add_audience", in("who", "Veilederne", "how", "På fagdagen"))
		h.refused(t, "fageier", u.ID, "approve_plan", in(), fault.Conflict, "uptake.blocked.no_action")
		action := func(pairs ...string) record.Input {
			v := form.Of("text", "Skriv rådet inn", "action_owner", "atl", "action_due", "2023-02-01")
			for i := 0; i+1 < len(pairs); i += 2 {
				v = v.With(pairs[i], pairs[i+1])
			}
			return record.Input{Values: v}
		}
		h.refused(t, "fou", u.ID, "add_action", action("action_owner", ""), fault.Invalid, "form.required.choice")
		h.refused(t, "fou", u.ID, "add_action", action("action_owner", "forsker"), fault.Invalid, "form.not_an_option")
		h.refused(t, "fou", u.ID, "add_action", action("action_due", ""), fault.Invalid, "form.required.day")
		h.refused(t, "fou", u.ID, "add_action", action("action_due", "2023-01-01"), fault.Invalid, "uptake.date_passed")
		h.refused(t, "kontor", u.ID, "add_action", action(), fault.Forbidden, "")
		h.do(t, "fou", u.ID, "add_action", action())
		h.do(t, "fou", u.ID, "add_action", action("text", "Bort med dette"))
		u = h.do(t, "kommunikasjon", u.ID, "remove_action", in("action", "2"))
		if len(u.Actions.V) != 1 || !u.NextDue.IsZero() {
			t.Errorf("actions %v, next due %v", u.Actions.V, u.NextDue)
		}
		u = h.do(t, "fou", u.ID, "move_action", in("action", "1", "action_owner", "kontor", "action_due", "2023-02-15"))
		h.refused(t, "fou", u.ID, "approve_plan", in(), fault.Forbidden, "")
		u = h.do(t, "fageier", u.ID, "approve_plan", in())
		if u.CheckDate.Format(time.DateOnly) != "2024-01-02" || u.NextDue.Format(time.DateOnly) != "2023-02-15" || u.PlannedBy != "fageier" {
			t.Errorf("check on %v, next due %v", u.CheckDate, u.NextDue)
		}
		h.do(t, "fou", u.ID, "start", in())
		h.refused(t, "fou", u.ID, "add_action", action(), fault.Forbidden, "")
		h.do(t, "fageier", u.ID, "add_action", action("text", "Ett til"))
		move := in("action", "1", "action_owner", "atl", "action_due", "2023-02-20")
		h.refused(t, "fageier", u.ID, "move_action", move, fault.Invalid, "uptake.warn.plan_approved")
		u = h.do(t, "fageier", u.ID, "move_action", because(move))
		if u.NextDue.Format(time.DateOnly) != "2023-02-01" {
			t.Errorf("next due %v", u.NextDue)
		}

		not := h.assessed(t, nil)
		h.do(t, "fageier", not.ID, "answer", in("recommendation", "1", "answer", "no", "answer_reason", "For usikkert."))
		h.do(t, "fageier", not.ID, "decide", in("outcome", "not", "outcome_reason", "For usikkert."))
		h.refused(t, "fageier", not.ID, "add_audience", in("who", "x", "how", "y"), fault.Conflict, "uptake.blocked.no_use")
		h.refused(t, "fageier", not.ID, "add_action", action(), fault.Conflict, "uptake.blocked.no_use")
		h.refused(t, "fageier", not.ID, "approve_plan", in(), fault.Conflict, "uptake.blocked.no_use")
		if not = h.do(t, "fageier", not.ID, "close", in()); not.State != uptake.Closed {
			t.Errorf("stands in %s", not.State)
		}
	})
}

func TestFollowUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d, false)
		u := h.running(t)
		today := func() time.Time { return h.engine.Today(as("")) }
		update := func(action, status string, more ...string) record.Input {
			return in(append([]string{"action", action, "status", status}, more...)...)
		}
		h.refused(t, "kontor", u.ID, "update_action", update("1", uptake.Done), fault.Invalid, "uptake.not_your_action")
		h.refused(t, "fageier2", u.ID, "update_action", update("1", uptake.Done), fault.Forbidden, "")
		h.refused(t, "atl", u.ID, "update_action", update("1", uptake.Dropped), fault.Invalid, "uptake.warn.drop")
		h.refused(t, "atl", u.ID, "update_action", update("1", uptake.Done, "evidence", "javascript:alert(1)"), fault.Invalid, "uptake.bad_url")
		h.do(t, "atl", u.ID, "update_action", update("1", uptake.UnderWay))
		h.clock.Forward(time.Date(2023, 2, 1, 9, 0, 0, 0, time.UTC))
		u, _ = h.Kind.Load(as(""), u.ID)
		if len(u.Overdue(today())) != 0 {
			t.Error("an action is overdue on its last day")
		}
		h.clock.Forward(time.Date(2023, 2, 2, 9, 0, 0, 0, time.UTC))
		if late := u.Overdue(today()); len(late) != 1 || late[0].ID != 1 {
			t.Errorf("overdue: %v", late)
		}
		if list, n, err := h.List(as("kontor"), uptake.Filter{Overdue: true}, 0, 0); err != nil || n != 1 || list[0].ID != u.ID {
			t.Errorf("the list of what is overdue has %d, %v", n, err)
		}
		u = h.do(t, "atl", u.ID, "update_action", update("1", uptake.Done, "evidence", "https://example.org/rutine"))
		if a := u.Action(1); a.Evidence == "" || a.Finished().IsZero() || len(a.History) != 3 || a.History[1].Status != uptake.UnderWay {
			t.Errorf("the action: %+v", a)
		}
		if list, n, err := h.List(as("kontor"), uptake.Filter{Overdue: true}, 0, 0); err != nil || n != 0 {
			t.Errorf("the list of what is overdue has %v, %v", list, err)
		}
		follow := in("result", "Køen er kortere.", "check_date", "2024-02-02")
		h.refused(t, "fageier", u.ID, "follow_up", follow, fault.Conflict, "uptake.blocked.open_actions")
		h.do(t, "fou", u.ID, "update_action", update("2", uptake.Dropped, "note", "Kontoret er slått sammen."))
		h.refused(t, "fageier", u.ID, "follow_up", in("result", "x", "check_date", "2023-02-01"), fault.Invalid, "uptake.date_passed")
		h.do(t, "fageier", u.ID, "follow_up", follow)
		u = h.do(t, "fageier", u.ID, "resume", because(in()))
		u = h.do(t, "kontor", u.ID, "update_action", update("2", uptake.UnderWay))
		if u.NextDue.Format(time.DateOnly) != "2023-03-01" || u.Action(2).Reason != "" {
			t.Errorf("next due %v, %+v", u.NextDue, u.Action(2))
		}
		h.do(t, "kontor", u.ID, "update_action", update("2", uptake.Done))
		h.do(t, "fageier", u.ID, "follow_up", follow)
		h.refused(t, "fou", u.ID, "close", in(), fault.Forbidden, "")
		u = h.do(t, "fageier", u.ID, "close", in())
		if u.State != uptake.Closed || u.Result != "Køen er kortere." || !u.NextDue.IsZero() {
			t.Errorf("closed: %+v", u)
		}
		want := []uptake.Step{
			{Kind: "finding", Title: "Ventetida er kortare."},
			{Kind: "finding", Title: "Små kontor samarbeider sjeldan."},
			{Kind: "decision", Title: "Funnene er samstemte.", Who: "fageier", State: "use"},
			{Kind: "action", Title: "Skriv rådet inn i rutinen.", Who: "atl", State: uptake.Done},
			{Kind: "action", Title: "Prøv det på ett kontor.", Who: "kontor", State: uptake.Done},
		}
		got := uptake.Outline(u)
		for i := range got {
			if got[i].When.IsZero() {
				t.Errorf("step %d has no date", i)
			}
			got[i].When = time.Time{}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("outline (-want +got):\n%s", diff)
		}
	})
}

// Each open action is a task of its owner, and the state's own task of whoever
// has the ball.
func TestTasks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d, false)
		var id string
		expect := func(what string, want ...string) {
			t.Helper()
			var got []string
			for _, who := range []string{"fou", "fou2", "fageier", "atl", "kontor", "analyse"} {
				tasks, err := h.engine.TasksOf(as(who), people[who])
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range tasks {
					if x.RecordID == id {
						due := "-"
						if !x.Due.IsZero() {
							due = x.Due.Format(time.DateOnly)
						}
						got = append(got, who+" "+x.Command+" "+due)
					}
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: tasks %q, want %q", what, got, want)
			}
		}
		id = h.opened(t, nil).ID
		expect("opened", "fou register_findings 2023-01-30")
		h.do(t, "fou", id, "register_findings", in())
		expect("registered", "fageier conclude 2023-01-30")
		id = h.assessed(t, nil).ID
		expect("assessed", "fageier answer 2023-01-30")
		h.do(t, "fageier", id, "answer", in("recommendation", "1", "answer", "no", "answer_reason", "x"))
		expect("answered", "fageier decide 2023-01-30")
		h.do(t, "fageier", id, "decide", in("outcome", "not", "outcome_reason", "x"))
		expect("decided not to use", "fageier close -")
		id = h.decided(t).ID
		expect("decided to use", "fageier approve_plan -")
		id = h.running(t).ID
		expect("running", "atl update_action 2023-02-01", "kontor update_action 2023-03-01")
		h.do(t, "atl", id, "update_action", in("action", "1", "status", uptake.Done))
		h.do(t, "kontor", id, "update_action", in("action", "2", "status", uptake.Done))
		expect("all done", "fageier follow_up -")
		h.do(t, "fageier", id, "follow_up", in("result", "x", "check_date", "2024-01-02"))
		expect("followed up", "fageier close 2024-01-02")
	})
}

func TestListAndRate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d, false)
		year := func() uptake.Rate {
			t.Helper()
			r, err := h.Rate(as("kontor"), 2023)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if _, ok := year().Share(); ok {
			t.Error("a year without studies has a rate")
		}
		h.opened(t, nil)
		h.decided(t)
		h.running(t)
		example := h.opened(t, func(p *project.Project) { p.Example = true })
		// The source counts one that was finished at another time, and one of another year.
		system := access.With(context.Background(), access.System)
		for _, counted := range []int{2023, 2022} {
			p := &project.Project{Head: record.Head{Title: "Fra kilden", State: project.Closed}, Counted: counted, Finished: time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC)}
			if err := h.projects.Kind.Import(system, p, "test"); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(uptake.Rate{Year: 2023, Finished: 4, Decided: 2, Planned: 1}, year()); diff != "" {
			t.Errorf("rate (-want +got):\n%s", diff)
		}
		if share, ok := year().Share(); !ok || share != 0.25 {
			t.Errorf("share %v, %v", share, ok)
		}
		if r, err := h.Rate(as("kontor"), 2022); err != nil || r.Finished != 1 || r.Decided != 0 {
			t.Errorf("2022: %+v, %v", r, err)
		}
		counts, err := h.States(as("kontor"), uptake.Filter{State: uptake.Running})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]int{uptake.Opened: 2, uptake.Decided: 1, uptake.Running: 1}, counts); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
		for _, x := range []struct {
			filter uptake.Filter
			want   int
		}{
			{uptake.Filter{}, 4},
			{uptake.Filter{State: uptake.Running}, 1},
			{uptake.Filter{Owner: "fageier"}, 4},
			{uptake.Filter{Owner: "fageier2"}, 0},
			{uptake.Filter{Theme: "sosiale-tjenester"}, 4},
			{uptake.Filter{Theme: "x"}, 0},
			{uptake.Filter{Query: "GJELDSRÅD kontoret"}, 4},
			{uptake.Filter{Query: "gj_ldsråd"}, 0},
			{uptake.Filter{Query: example.Number}, 1},
			{uptake.Filter{Overdue: true}, 0},
		} {
			if list, n, err := h.List(as("kontor"), x.filter, 0, 0); err != nil || n != x.want || len(list) != n {
				t.Errorf("%+v gives %d of %d, want %d; %v", x.filter, len(list), n, x.want, err)
			}
		}
		for who, want := range map[string]int{"kontor": 1, "forsker": 0, "": 0} {
			owners, err := h.Owners(as(who))
			themes, err2 := h.Themes(as(who))
			if err != nil || err2 != nil || len(owners) != want || len(themes) != want {
				t.Errorf("%q: owners %v, themes %v, %v, %v", who, owners, themes, err, err2)
			}
		}
		h.clock.Forward(time.Date(2023, 1, 30, 9, 0, 0, 0, time.UTC))
		if _, n, err := h.List(as("kontor"), uptake.Filter{Overdue: true}, 0, 0); err != nil || n != 0 {
			t.Errorf("overdue on the last day: %d, %v", n, err)
		}
		h.clock.Forward(time.Date(2023, 2, 2, 9, 0, 0, 0, time.UTC))
		// Two are past the four weeks undecided, one has an action past its day.
		if _, n, err := h.List(as("kontor"), uptake.Filter{Overdue: true}, 0, 0); err != nil || n != 3 {
			t.Errorf("overdue: %d, %v", n, err)
		}
	})
}

// Random commands of random people against a model of the whole life.
func TestRandomWalk(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d, false)
		rapid.Check(t, func(rt *rapid.T) {
			// Some walks begin further on, so that the late states are walked through too.
			var u *uptake.Uptake
			var m model
			switch rapid.IntRange(0, 4).Draw(rt, "start") {
			case 0:
				u, m = h.opened(t, nil), model{state: uptake.Opened, findings: 2}
			case 1:
				u, m = h.assessed(t, nil), model{state: uptake.Assessed, findings: 2, assessed: 2, recommended: 1}
			case 2:
				u, m = h.decided(t), model{state: uptake.Decided, findings: 2, assessed: 2, recommended: 1, answered: 1, agree: 1, outcome: uptake.Use}
			case 3:
				u, m = h.running(t), model{state: uptake.Running, findings: 2, assessed: 2, recommended: 1, answered: 1, agree: 1, outcome: uptake.Use, audiences: 1, actions: 2}
				for _, a := range []string{"1", "2"} {
					h.do(t, "fou", u.ID, "update_action", in("action", a, "status", uptake.Done))
				}
			case 4:
				u, m = h.running(t), model{state: uptake.Running, findings: 2, assessed: 2, recommended: 1, answered: 1, agree: 1, outcome: uptake.Use, audiences: 1, actions: 2, open: 2}
			}
			before, done := len(mustEvents(t, d, u.ID)), 0
			for step := range rapid.IntRange(1, 30).Draw(rt, "steps") {
				// The likely next step and its giver are drawn often, so that walks get far.
				who := rapid.SampledFrom([]string{"fageier", "fageier", "fageier", "fou", "fou", "atl", "kontor", "kommunikasjon", "fageier2", "forsker", ""}).Draw(rt, "who")
				cmd := rapid.SampledFrom(append([]string{
					"add_finding", "edit_finding", "register_findings", "assess", "conclude", "rework", "recommend", "answer", "decide", "add_audience", "add_action",
					"move_action", "approve_plan", "start", "update_action", "follow_up", "resume", "close",
				}, m.likely()...)).Draw(rt, "command")
				outcome := rapid.SampledFrom(uptake.Outcomes).Draw(rt, "outcome")
				answer := rapid.SampledFrom(uptake.Answers).Draw(rt, "answer")
				status := rapid.SampledFrom(uptake.Statuses).Draw(rt, "status")
				now, err := h.Kind.Load(as(""), u.ID)
				if err != nil {
					rt.Fatal(err)
				}
				last := func(n int) string {
					if n == 0 {
						return "0"
					}
					return strconv.Itoa(n)
				}
				input := because(in())
				switch cmd {
				case "add_finding":
					input = in("text", "Funn", "limits", "Forbehold")
				case "edit_finding":
					input = in("finding", "1", "text", "Funn", "limits", "Forbehold")
				case "assess":
					input = in("implications", "practice")
					for _, f := range now.Findings.V {
						if len(f.Implications) == 0 || input.Values.String("finding") == "" {
							input.Values = input.Values.With("finding", last(f.ID))
						}
					}
				case "recommend":
					input = in("kind", "do", "text", "Gjør", "addressee", "Alle")
				case "answer":
					input = in("answer", answer, "answer_reason", "Derfor")
					for _, r := range now.Recommendations.V {
						if r.Answer == "" || input.Values.String("recommendation") == "" {
							input.Values = input.Values.With("recommendation", last(r.ID))
						}
					}
				case "decide":
					input = in("outcome", outcome, "outcome_reason", "Derfor")
				case "add_audience":
					input = in("who", "Alle", "how", "På møte")
				case "add_action":
					input = in("text", "Tiltak", "action_owner", "atl", "action_due", "2023-02-01")
				case "move_action", "update_action":
					input = because(in("status", status, "note", "n", "action_owner", "atl", "action_due", "2023-03-01"))
					for _, a := range now.Actions.V {
						if a.Open() || input.Values.String("action") == "" {
							input.Values = input.Values.With("action", last(a.ID))
						}
					}
				case "follow_up":
					input = in("result", "Bra", "check_date", "2024-01-01")
				}
				want := m
				ok := want.step(who, cmd, outcome, answer, status, now)
				_, err = h.Kind.Do(as(who), u.ID, cmd, input)
				if (err == nil) != ok {
					rt.Fatalf("step %d: %s by %q in %s: got %v, the model %+v says %v", step, cmd, who, m.state, err, m, ok)
				}
				if ok {
					m = want
					done++
				}
			}
			now, err := h.Kind.Load(as(""), u.ID)
			if err != nil {
				rt.Fatal(err)
			}
			if events := len(mustEvents(t, d, u.ID)) - before; now.State != m.state || events != done {
				rt.Fatalf("stands in %s with %d new events; the model has %s and %d", now.State, events, m.state, done)
			}
			p, err := h.projects.Kind.Load(as(""), u.Project)
			if err != nil {
				rt.Fatal(err)
			}
			if p.UseDecided.IsZero() != (m.outcome == "") {
				rt.Fatalf("the project heard of the decision at %v, the outcome is %q", p.UseDecided, m.outcome)
			}
			for who := range people {
				listed, err := h.Kind.Count(as(who), *new(db.Where).And("r.id = ?", u.ID))
				if err != nil {
					rt.Fatal(err)
				}
				if may := h.Kind.May(as(who), now); (listed == 1) != may {
					rt.Fatalf("%q: in the list %d times, may read %v", who, listed, may)
				}
			}
		})
		if _, _, problems, err := h.engine.Check(context.Background(), nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
}

func mustEvents(t testing.TB, d *db.DB, id string) []event.Event {
	t.Helper()
	events, err := event.Of(context.Background(), d, id)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// model is what the random walk expects of an uptake: counts in place of content.
type model struct {
	state                        string
	findings, assessed           int
	recommended, answered, agree int
	audiences, actions, open     int
	outcome                      string
}

// likely gives the commands that lead on from where the model stands.
func (m model) likely() []string {
	next := map[string][]string{
		uptake.Opened: {"register_findings"}, uptake.Registered: {"assess", "conclude", "recommend"}, uptake.Assessed: {"answer", "decide", "recommend"},
		uptake.Decided: {"add_audience", "add_action", "approve_plan"}, uptake.Planned: {"start"}, uptake.Running: {"update_action", "follow_up"}, uptake.FollowedUp: {"close"},
	}[m.state]
	return slices.Concat(next, next, next, next)
}

// step takes the step if the rules allow it.
func (m *model) step(who, cmd, outcome, answer, status string, now *uptake.Uptake) bool {
	owner, section := who == "fageier", who == "fou"
	at := func(states ...string) bool { return slices.Contains(states, m.state) }
	uses := m.outcome == uptake.Use || m.outcome == uptake.UsePartly
	switch cmd {
	case "add_finding":
		if !section || !at(uptake.Opened, uptake.Registered) {
			return false
		}
		m.findings++
	case "edit_finding":
		if !section || !at(uptake.Opened, uptake.Registered) {
			return false
		}
		if len(now.Finding(1).Implications) > 0 {
			m.assessed--
		}
	case "register_findings":
		if !section || !at(uptake.Opened) {
			return false
		}
		m.state = uptake.Registered
	case "assess":
		if !(owner || section) || !at(uptake.Registered) {
			return false
		}
		m.assessed = min(m.assessed+1, m.findings)
	case "conclude":
		if !owner || !at(uptake.Registered) || m.assessed < m.findings {
			return false
		}
		m.state = uptake.Assessed
	case "rework":
		if !(owner || section) || !at(uptake.Assessed) {
			return false
		}
		m.state = uptake.Registered
	case "recommend":
		if !(owner || section) || !at(uptake.Registered, uptake.Assessed) {
			return false
		}
		m.recommended++
	case "answer":
		if !owner || !at(uptake.Assessed) || m.recommended == 0 {
			return false
		}
		m.agree = 0
		// The last that is not answered is answered; when all are, the first is answered again.
		target := 0
		for i, r := range now.Recommendations.V {
			if r.Answer == "" {
				target = i
			}
		}
		for i, r := range now.Recommendations.V {
			given := r.Answer
			if i == target {
				given = answer
			}
			if given == uptake.Yes || given == uptake.Partly {
				m.agree++
			}
		}
		m.answered = min(m.answered+1, m.recommended)
	case "decide":
		use := outcome == uptake.Use || outcome == uptake.UsePartly
		if !owner || !at(uptake.Assessed) || m.answered < m.recommended || use && m.agree == 0 || !use && m.agree > 0 || m.recommended == 0 && outcome != uptake.OnlyKnown {
			return false
		}
		m.state, m.outcome = uptake.Decided, outcome
	case "add_audience", "add_action":
		helper := (section || who == "kommunikasjon") && at(uptake.Decided)
		if !(owner || helper) || !at(uptake.Decided, uptake.Running) || !uses {
			return false
		}
		if cmd == "add_audience" {
			m.audiences++
		} else {
			m.actions++
			m.open++
		}
	case "move_action":
		helper := (section || who == "kommunikasjon") && at(uptake.Decided)
		if !(owner || helper) || !at(uptake.Decided, uptake.Running) || m.open == 0 {
			return false
		}
	case "approve_plan":
		if !owner || !at(uptake.Decided) || !uses || m.audiences == 0 || m.actions == 0 {
			return false
		}
		m.state = uptake.Planned
	case "start":
		if !(owner || section) || !at(uptake.Planned) {
			return false
		}
		m.state = uptake.Running
	case "update_action":
		// The last that is open is told of; when none is, the first.
		target := now.Actions.V[:min(1, len(now.Actions.V))]
		for i, a := range now.Actions.V {
			if a.Open() {
				target = now.Actions.V[i : i+1]
			}
		}
		own := len(target) == 1 && target[0].Owner == who
		if !(owner || section || own) || !at(uptake.Running) {
			return false
		}
		shut := status == uptake.Done || status == uptake.Dropped
		if m.open > 0 && shut {
			m.open--
		} else if m.open == 0 && !shut {
			m.open++
		}
	case "follow_up":
		if !(owner || section) || !at(uptake.Running) || m.open > 0 {
			return false
		}
		m.state = uptake.FollowedUp
	case "resume":
		if !owner || !at(uptake.FollowedUp) {
			return false
		}
		m.state = uptake.Running
	case "close":
		if !owner || !at(uptake.Decided, uptake.FollowedUp) || m.state == uptake.Decided && uses {
			return false
		}
		m.state = uptake.Closed
	default:
		panic(fmt.Sprintf("the model does not know %s", cmd))
	}
	return true
}
