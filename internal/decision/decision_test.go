package decision_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/decision"
	dt "funn/internal/decision/decisiontest"
	"funn/internal/org"
	"funn/internal/org/orgtest"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/mail"
	"funn/internal/platform/record"
	"funn/internal/project"
)

var update = flag.Bool("update", false, "write the golden letters anew")

// refused holds that an error is of the kind, and names the key if one is given.
func refused(t testing.TB, what string, kind fault.Kind, key string, err error) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind || key != "" && f.Key != key && !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Key == key }) {
		t.Errorf("%s: %v, want %v %s", what, err, kind, key)
	}
}

func TestTexts(t *testing.T) { dt.Each(t, nil, func(t *testing.T, h *dt.House) { h.Texts(t) }) }

// From the assessed applications to projects: proposed, decided in a meeting by
// others than the proposer and within the frame, minuted, told, contracted.
func TestFromApplicationsToProjects(t *testing.T) {
	dt.Each(t, nil, func(t *testing.T, h *dt.House) {
		h.Person(t, "utvalg3", org.Committee)
		c := h.Call(t, call.Assessment2, 9_000_000)
		unjudged := h.Put(t, application.Application, c, "Uvurdert", 1_000_000, nil)
		h.Judge(unjudged.ID, false)
		_, err := h.Do(t, unjudged, "fou", "propose", "outcome", "reject", "reasons", "Nei")
		refused(t, "a proposal of what is not judged", fault.Conflict, "submission.blocked.not_judged", err)
		_, err = h.Do(t, unjudged, "utvalg", "propose", "outcome", "reject", "reasons", "Nei")
		refused(t, "the committee before anything is proposed to it", fault.NotFound, "", err)
		refused(t, "sending while one has no proposal", fault.Conflict, "call.blocked.unproposed", h.Step(t, c, "fou", "propose_awards"))
		h.Judge(unjudged.ID, true)

		best := h.Proposed(t, c, "Best", application.Award, "5000000")
		good := h.Proposed(t, c, "God", application.AwardOnConditions, "4500000")
		spare := h.Proposed(t, c, "Reserve", application.OnReserve, "")
		no := h.Did(t, unjudged, "fou", "propose", "outcome", "reject", "reasons", "Kvalitet:\nFor svak metode.")
		_, err = h.Do(t, good, "fou", "propose", "outcome", "award", "reasons", "x")
		refused(t, "an award without money", fault.Invalid, "error.invalid", err)
		refused(t, "sending more than the frame", fault.Conflict, "call.blocked.beyond_frame", h.Step(t, c, "fou", "propose_awards"))
		good = h.Did(t, good, "fou", "propose", "outcome", "conditions", "amount", "400000000", "conditions", "Godkjenning fra REK", "reasons", "Kvalitet:\nGod.")
		dt.Must(t, h.Step(t, c, "fou", "propose_awards"))

		_, err = h.Do(t, best, "utvalg", "decide")
		refused(t, "deciding outside a meeting", fault.Conflict, "submission.blocked.no_meeting", err)
		m := h.Meet(t, c, "utvalg", "utvalg2")
		_, err = h.Do(t, best, "utvalg", "decide")
		refused(t, "deciding alone", fault.Conflict, "submission.blocked.alone", err)
		h.Did(t, best, "utvalg", "stand", "agree", "yes")
		_, err = h.Do(t, best, "utvalg", "decide")
		refused(t, "deciding with one's own voice", fault.Conflict, "submission.blocked.alone", err)
		h.Did(t, best, "utvalg2", "stand", "agree", "yes", "stand_note", "Viktig")
		_, err = h.Do(t, best, "utvalg3", "decide")
		refused(t, "deciding without sitting", fault.Conflict, "submission.blocked.no_meeting", err)
		best = h.Did(t, best, "utvalg", "decide")
		if best.State != application.Proposed || best.Told() != nil || !best.Answer.V.Decided() {
			t.Errorf("decided: %s %+v", best.State, best.Answer.V)
		}
		// A member who proposes otherwise does not decide on it.
		good = h.Did(t, good, "utvalg", "propose", "outcome", "award", "amount", "450000000", "reasons", "Mer")
		h.Did(t, good, "utvalg2", "stand", "agree", "yes")
		_, err = h.Do(t, good, "utvalg", "decide")
		refused(t, "deciding on one's own proposal", fault.Forbidden, "error.two_people", err)
		_, err = h.Do(t, good, "utvalg2", "decide")
		refused(t, "nobody else agrees", fault.Conflict, "submission.blocked.alone", err)
		_, err = h.Decisions.Meetings.Do(h.As(t, "fou"), m.ID, "attend", record.Input{Values: form.Of().With("present", "utvalg", "utvalg2", "utvalg3")})
		dt.Must(t, err)
		h.Did(t, good, "utvalg3", "stand", "agree", "yes")
		_, err = h.Do(t, good, "utvalg2", "decide")
		refused(t, "deciding more than the frame", fault.Conflict, "submission.blocked.frame", err)
		good = h.Did(t, good, "utvalg", "propose", "outcome", "conditions", "amount", "400000000", "conditions", "Godkjenning fra REK", "reasons", "Kvalitet:\nGod.")
		h.Did(t, good, "utvalg2", "stand", "agree", "no")
		h.Did(t, good, "utvalg3", "stand", "agree", "yes")
		h.Did(t, good, "utvalg2", "decide")
		for _, x := range []*application.Submission{spare, no} {
			h.Did(t, x, "utvalg3", "stand", "agree", "yes")
		}
		h.Did(t, spare, "utvalg", "postpone")
		refused(t, "confirming while one is postponed", fault.Conflict, "call.blocked.undecided", h.Step(t, c, "utvalg", "decide_awards"))
		h.Did(t, spare, "utvalg", "decide")
		h.Did(t, no, "utvalg", "decide")

		refused(t, "confirming without minutes", fault.Conflict, "call.blocked.minutes", h.Step(t, c, "utvalg", "decide_awards"))
		meet := func(who, command string, pairs ...string) (*decision.Meeting, error) {
			return h.Decisions.Meetings.Do(h.As(t, who), m.ID, command, record.Input{Values: form.Of(pairs...)})
		}
		m, err = meet("utvalg", "adjourn")
		dt.Must(t, err)
		if n := len(m.Minutes.V.Items); n != 4 || m.Minutes.V.Items[0].Case != best.ID || m.Minutes.V.Items[1].Ore != 400000000 {
			t.Errorf("minutes: %+v", m.Minutes.V)
		}
		_, err = h.Do(t, best, "utvalg", "reopen")
		refused(t, "taking a case up outside a meeting", fault.Conflict, "submission.blocked.no_meeting", err)
		_, err = meet("utvalg", "approve")
		refused(t, "approving what one ended", fault.Forbidden, "error.two_people", err)
		_, err = meet("fou", "write", "remarks", "Møtet var digitalt.")
		dt.Must(t, err)
		_, err = meet("utvalg2", "approve")
		dt.Must(t, err)
		dt.Must(t, h.Step(t, c, "utvalg", "decide_awards"))

		letters, err := mail.List(t.Context(), h.DB, 50)
		dt.Must(t, err)
		if len(letters) != 0 {
			t.Errorf("%d letters before anybody is told", len(letters))
		}
		dt.Must(t, h.Step(t, c, "fou", "announce"))
		for x, want := range map[*application.Submission]string{best: application.Awarded, good: application.Conditions, spare: application.Reserve, no: application.Rejected} {
			got, err := h.Cases.Applications.Load(t.Context(), x.ID)
			dt.Must(t, err)
			if got.State != want || len(got.Dealings.V.Letters) != 1 {
				t.Errorf("%s is %s with %d letters", x.Title, got.State, len(got.Dealings.V.Letters))
			}
		}
		if letters, _ = mail.List(t.Context(), h.DB, 50); len(letters) != 4 || letters[0].To != "forsker@example.org" {
			t.Errorf("%d letters", len(letters))
		}
		got, err := h.Calls.Kind.Load(t.Context(), c.ID)
		dt.Must(t, err)
		if got.Applications != 4 || got.Awards != 2 || got.AwardedOre != 9_000_000_00 || got.Sketches != 0 {
			t.Errorf("numbers: %+v", got)
		}

		projects, err := h.Projects.Kind.List(orgtest.System(), db.Where{}, "r.title", 0, 0)
		dt.Must(t, err)
		if len(projects) != 2 {
			t.Fatalf("%d projects", len(projects))
		}
		p := projects[0]
		if p.Title != "Best" || p.Instrument != "grant" || p.Amount != 5_000_000_00 || p.Committed() != p.Amount || p.Roles.V[0].Org != "fafo" || p.LeaderName != "Leder Ledersen" ||
			p.Leader != "forsker" || p.Owner != "fageier" || p.CaseWorker != "fou" || p.Theme != "palitelig-forvaltning" || !slices.Equal(p.Grounds.V, []string{best.ID, c.ID}) || p.Standing() != "granted" {
			t.Errorf("project: %+v", p)
		}
		if diff := cmp.Diff([]project.Year{{Year: 2024, Amount: 250000000}, {Year: 2025, Amount: 125000000}, {Year: 2026, Amount: 125000000}}, p.Budget.V); diff != "" {
			t.Errorf("budget: %s", diff)
		}
		if got := projects[1].Funded.V.Reason; got != "Godkjenning fra REK" {
			t.Errorf("conditions: %q", got)
		}

		contract := []string{"contract_on", "2023-01-02", "presentation_due", "2026-12-01"}
		_, err = h.Do(t, best, "fou", "contract", contract...)
		refused(t, "a contract that the applicant has not taken", fault.Conflict, "submission.blocked.not_accepted", err)
		ofProject := func(p *project.Project, reason string) error {
			_, err := h.Projects.Kind.Do(h.As(t, "fou"), p.ID, "contract", record.Input{Values: form.Of(contract...), Reason: reason})
			return err
		}
		waitsForContract := func(id string) bool {
			p, err := h.Projects.Kind.Load(t.Context(), id)
			dt.Must(t, err)
			return slices.ContainsFunc(h.Projects.Kind.Tasks(p), func(task record.Task) bool { return task.Command == "contract" })
		}
		refused(t, "a contract for the project of an award that is not taken", fault.Conflict, "project.blocked.award_offered", ofProject(p, ""))
		if waitsForContract(p.ID) {
			t.Error("the section is asked for a contract before the award is taken")
		}
		h.Did(t, best, "forsker", "accept")
		if !waitsForContract(p.ID) {
			t.Error("the award is taken, and nobody is asked for a contract")
		}
		h.Did(t, best, "fou", "contract", contract...)
		if p, _ = h.Projects.Kind.Load(t.Context(), p.ID); p.State != project.Contracted || len(p.Deliverables.V) != 2 {
			t.Errorf("contracted: %s, %+v", p.State, p.Deliverables.V)
		}
		// Money that is given up goes to the reserve, also after the award was taken.
		h.Did(t, good, "forsker", "accept")
		refused(t, "a contract that says nothing of the conditions", fault.Invalid, "error.invalid", ofProject(projects[1], ""))
		h.Did(t, good, "forsker", "decline")
		if q, _ := h.Projects.Kind.Load(t.Context(), projects[1].ID); q.State != project.Cancelled || !q.Ended().IsZero() {
			t.Errorf("the project of an award that was declined is %s and ended on %s", q.State, q.Ended())
		}
		spare = h.Did(t, spare, "fou", "propose", "outcome", "award", "amount", "400000000", "reasons", "Penger er frigjort")
		if told := h.Engine.Outside(spare.Base()); told != application.Reserve || !spare.Answered() || spare.Told() != nil {
			t.Errorf("what is proposed from the waiting list is told as %s, answered %v", told, spare.Answered())
		}
		h.Meet(t, c, "utvalg", "utvalg2")
		h.Did(t, spare, "utvalg2", "stand", "agree", "yes")
		h.Did(t, spare, "utvalg", "decide")
		h.Did(t, spare, "fou", "tell")
		if got, _ = h.Calls.Kind.Load(t.Context(), c.ID); got.Awards != 2 || got.AwardedOre != 9_000_000_00 {
			t.Errorf("numbers after the reserve: %d, %d", got.Awards, got.AwardedOre)
		}
		giving(t, h)

		// A contract registered on the project is that of the application too, which can
		// then no longer be declined.
		h.Did(t, spare, "forsker", "accept")
		projects, err = h.Projects.Kind.List(orgtest.System(), *new(db.Where).And("r.state = ?", project.Created), "r.number", 0, 0)
		dt.Must(t, err)
		if len(projects) != 1 {
			t.Fatalf("%d projects wait for a contract", len(projects))
		}
		dt.Must(t, ofProject(projects[0], ""))
		if x, _ := h.Cases.Applications.Load(t.Context(), spare.ID); x.State != application.Contracted {
			t.Errorf("the application whose project is under contract is %s", x.State)
		}
		_, err = h.Do(t, spare, "forsker", "decline")
		refused(t, "declining an award that is under contract", fault.Conflict, "", err)
	})
}

// giving holds the open data to the published schema of 360Giving 1.4.3.
func giving(t *testing.T, h *dt.House) {
	t.Helper()
	data, err := h.Decisions.Giving(t.Context())
	dt.Must(t, err)
	if len(data.Grants) != 2 {
		t.Errorf("%d grants", len(data.Grants))
	}
	validate := schema360(t)
	check := func() error {
		text, err := json.Marshal(data)
		dt.Must(t, err)
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		dt.Must(t, err)
		return validate.Validate(v)
	}
	if err := check(); err != nil {
		t.Errorf("not 360Giving data: %v", err)
	}
	data.Grants[0].AwardDate = "02/01/2023"
	if check() == nil {
		t.Error("a date of another form is let through")
	}
	data.Grants[0].Title = `=HYPERLINK("x")`
	var b bytes.Buffer
	dt.Must(t, decision.WriteCSV(&b, data))
	rows, err := csv.NewReader(&b).ReadAll()
	dt.Must(t, err)
	if len(rows) != 3 || rows[1][1] != `'=HYPERLINK("x")` {
		t.Errorf("%v", rows)
	}
}

func schema360(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for name, at := range map[string]string{
		"360-giving-schema.json":         "https://raw.githubusercontent.com/ThreeSixtyGiving/standard/1.4.2/schema/360-giving-schema.json", // as the package names it
		"360-giving-package-schema.json": "https://raw.githubusercontent.com/ThreeSixtyGiving/standard/1.4.3/schema/360-giving-package-schema.json",
	} {
		text, err := os.ReadFile(filepath.Join("testdata", "360giving", name))
		dt.Must(t, err)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		dt.Must(t, err)
		m := doc.(map[string]any)
		m["$schema"] = "https://json-schema.org/draft/2020-12/schema" // theirs says http
		m["$id"] = at
		dt.Must(t, c.AddResource(at, m))
	}
	out, err := c.Compile("https://raw.githubusercontent.com/ThreeSixtyGiving/standard/1.4.3/schema/360-giving-package-schema.json")
	dt.Must(t, err)
	return out
}

// Each letter in both language forms and English is as it was read through.
func TestLetters(t *testing.T) {
	dt.Each(t, nil, func(t *testing.T, h *dt.House) {
		c := h.Call(t, call.Assessment2, 9_000_000)
		var b strings.Builder
		for _, tag := range []string{"nb", "nn", "en"} {
			for _, what := range application.Letters {
				kind := application.Application
				if what == application.LetterInvite || what == application.LetterInviteLate || what == application.LetterRejectFirst {
					kind = application.Sketch
				}
				x := h.Put(t, kind, c, "Tillit {reasons}", 1, func(x *application.Submission) {
					x.Number, x.Content.V.Lang = fmt.Sprintf("%s-%s-%s", kind, what, tag), tag
					x.Answer.V = &application.Answer{Ore: 5_000_000_00, Reasons: "Relevans:\nSvarer på behovet.", Conditions: "Godkjenning fra REK", AppealUntil: orgtest.Day("2023-01-23")}
					x.Dealings.V = application.Dealings{Mend: &application.Mend{Text: "CV mangler.", By: orgtest.Day("2023-01-10")}, Appeals: []application.Appeal{{Reasons: "Vi har sett på saken på nytt."}}}
					if what == application.LetterDismiss {
						x.Dealings.V.Fault = &application.Fault{Reason: "Handler om noe annet.", AppealUntil: orgtest.Day("2023-01-23")}
					}
				})
				l, err := h.Decisions.Compose(t.Context(), what, x)
				dt.Must(t, err)
				fmt.Fprintf(&b, "##### %s %s\n%s\n\n%s\n\n", what, tag, l.Subject, l.Text)
				if l.Lang != tag {
					t.Errorf("%s is in %s, not %s", what, l.Lang, tag)
				}
			}
		}
		path := filepath.Join("testdata", "letters.golden")
		if *update {
			dt.Must(t, os.WriteFile(path, []byte(b.String()), 0o644))
		}
		want, err := os.ReadFile(path)
		dt.Must(t, err)
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("letters (-golden +now; -update writes them anew):\n%s", diff)
		}
	})
}

// A text set in the interface holds from its day; a place that nothing fills is refused.
func TestLetterTexts(t *testing.T) {
	dt.Each(t, nil, func(t *testing.T, h *dt.House) {
		set := func(who, body string) error {
			in := form.Of("code", "signature", "valid_from", "2023-01-03", "where", "test")
			for _, tag := range []string{"nb", "nn", "en"} {
				in = in.With("subject_"+tag, "Hilsen").With("body_"+tag, body+" "+tag)
			}
			_, err := h.Decisions.Texts.Create(h.As(t, who), "set", record.Input{Values: in}, nil)
			return err
		}
		refused(t, "a subject owner", fault.Forbidden, "", set("fageier", "Hei"))
		refused(t, "a place that nothing fills", fault.Invalid, "error.invalid", set("fou", "Hei {navn}"))
		refused(t, "a part in a part", fault.Invalid, "error.invalid", set("admin", "Hei {legal_appeal}"))
		dt.Must(t, set("admin", "Ny hilsen for {title}"))
		c := h.Call(t, call.Assessment1, 1)
		x := h.Put(t, application.Sketch, c, "Tillit", 1, func(x *application.Submission) {
			x.Answer.V = &application.Answer{Reasons: "Fordi"}
			x.Content.V.Lang = "nn"
		})
		ends := func(with string) {
			t.Helper()
			l, err := h.Decisions.Compose(t.Context(), application.LetterInvite, x)
			dt.Must(t, err)
			if !strings.HasSuffix(l.Text, with) {
				t.Errorf("the letter ends %q", l.Text[max(0, len(l.Text)-60):])
			}
		}
		ends("Helsing\nFoU-seksjonen i Nav")
		h.Clock.Forward(orgtest.Day("2023-01-03"))
		ends("Ny hilsen for Tillit nn")
	})
}
