package application_test

import (
	"context"
	"io/fs"
	"slices"
	"sync"
	"testing"
	"time"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/need"
	"funn/internal/org"
	"funn/internal/org/orgtest"
	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/jobs"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// asked answers what calls ask of other modules.
type asked struct{}

func (asked) Holders(context.Context, ...access.Role) ([]form.Option, error) { return nil, nil }
func (asked) Waiting(context.Context) ([]form.Option, error)                 { return nil, nil }
func (asked) Themes(context.Context) ([]form.Option, error)                  { return nil, nil }

// around stands for the assessments, the committee's meetings and the post.
type around struct {
	mu      sync.Mutex
	unclear map[string]bool     // cases that are not judged, or whose conflicts are not settled
	sitting map[string][]string // who sits in a meeting, by call
	letters map[string][]string // codes of the letters, by number of the case
	shared  []application.Shared
}

func (a *around) Missing(_ context.Context, id string) ([]record.Reason, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.unclear[id] {
		return []record.Reason{{Key: "submission.blocked.not_judged"}}, nil
	}
	return nil, nil
}

func (a *around) Shareable(context.Context, string) ([]application.Shared, error) {
	return a.shared, nil
}

func (a *around) Sitting(_ context.Context, callID, person string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if slices.Contains(a.sitting[callID], person) {
		return "meeting of " + callID, nil
	}
	return "", nil
}

func (a *around) Minuted(_ context.Context, callID string) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sitting[callID]) == 0, nil
}

func (a *around) Send(_ context.Context, what string, x *application.Submission) (application.Letter, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.letters[x.Number] = append(a.letters[x.Number], what)
	return application.Letter{What: what, Lang: "nb", Subject: what, Text: what}, nil
}

type house struct {
	*orgtest.House
	*around
	calls *call.Service
	cases *application.Service
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	var h *house
	build := func(o *orgtest.House) []module.Module {
		h = &house{House: o, around: &around{unclear: map[string]bool{}, sitting: map[string][]string{}, letters: map[string][]string{}}}
		h.calls = call.New(asked{}, asked{}, asked{})
		h.cases = application.New(h.calls, seal.NewSecret())
		h.calls.Cases, h.calls.Submissions, h.cases.People = h.cases, h.cases, o.Directory
		h.cases.Answering = application.Answering{Assessments: h.around, Meetings: h.around, Post: h.around}
		return []module.Module{
			{Name: "call", Kinds: []record.AnyKind{h.calls.Kind}, Messages: call.Messages},
			{Name: "application", Kinds: []record.AnyKind{h.cases.Sketches, h.cases.Applications}, Messages: application.Messages, Subscribe: h.cases.Subscribe},
			{Name: "need", Messages: need.Messages}, // names relations that both have
		}
	}
	orgtest.Each(t, []fs.FS{jobs.Migrations, call.Migrations, application.Migrations}, build, func(t *testing.T, o *orgtest.House) { test(t, h) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// person adds somebody with a role.
func (h *house) person(t testing.TB, id string, role access.Role) {
	t.Helper()
	p := &org.Person{Staff: org.Staff(role)}
	p.ID, p.Number, p.Title, p.Email, p.Unit = id, id, "Person "+id, id+"@example.org", "avdir/kun/fou"
	p.Grants.V = []org.Grant{{Role: role, Unit: "avdir"}}
	must(t, h.Directory.Persons.Import(orgtest.System(), p, "test"))
}

// call puts a call in a state, with a frame in kroner.
func (h *house) call(t testing.TB, state string, frame int64) *call.Call {
	t.Helper()
	c := h.calls.Kind.New()
	c.Title, c.State, c.FrameOre, c.Owner = "Utlysning", state, frame*100, "fageier"
	must(t, h.calls.Kind.Import(orgtest.System(), c, "test"))
	return c
}

// put puts an opened sketch or application in a call.
func (h *house) put(t testing.TB, kind string, c *call.Call, asked int64, change func(*application.Submission)) *application.Submission {
	t.Helper()
	x := &application.Submission{Call: c.ID, Applicant: "forsker", Owner: "fageier", Sent: 1, OpenedAt: time.Now()}
	x.Number, x.Title, x.State, x.Lang = h.cases.RandomNumber(kind), "Tillit", application.Assessing, "nn"
	x.SetFlag(application.Opened, true)
	x.Content.V = &application.Content{Title: "Tillit", Lang: "nn", Institution: application.Party{ID: "fafo", Name: "Fafo"}, Leader: application.Author{Name: "Leder"}, Starts: orgtest.Day("2024-01-01"), Months: 36, AskedOre: asked * 100}
	if change != nil {
		change(x)
	}
	must(t, h.cases.Of(kind).Import(orgtest.System(), x, "test"))
	return x
}

// do gives a command as the person.
func (h *house) do(t testing.TB, x *application.Submission, who, command string, pairs ...string) (*application.Submission, error) {
	t.Helper()
	return h.cases.Of(x.Kind).Do(h.As(t, who), x.ID, command, record.Input{Values: form.Of(pairs...), Reason: "fordi"})
}

func (h *house) did(t testing.TB, x *application.Submission, who, command string, pairs ...string) *application.Submission {
	t.Helper()
	out, err := h.do(t, x, who, command, pairs...)
	if err != nil {
		t.Fatalf("%s by %s: %v", command, who, err)
	}
	return out
}

// refused holds that an error is of the kind, and names the key if one is given.
func refused(t testing.TB, what string, kind fault.Kind, key string, err error) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind || key != "" && f.Key != key && !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Key == key }) {
		t.Errorf("%s: %v, want %v %s", what, err, kind, key)
	}
}

func TestTexts(t *testing.T) { each(t, func(t *testing.T, h *house) { h.Texts(t) }) }

// A sketch is answered by three: one proposes, another of the section and the subject
// owner agree. Nobody is told before all are; then all are, and the invited grow.
func TestSketchesAreAnswered(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.call(t, call.Assessment1, 10)
		yes, no, out := h.put(t, application.Sketch, c, 5, nil), h.put(t, application.Sketch, c, 5, nil), h.put(t, application.Sketch, c, 5, nil)
		h.unclear[yes.ID] = true
		_, err := h.do(t, yes, "fou", "propose_answer", "outcome", "invite", "reasons", "God idé")
		refused(t, "an answer to what is not judged", fault.Conflict, "submission.blocked.not_judged", err)
		delete(h.unclear, yes.ID)
		_, err = h.do(t, yes, "fou2", "agree_quality")
		refused(t, "agreement to nothing", fault.Conflict, "submission.blocked.no_proposal", err)

		answer := func(x *application.Submission, outcome string) {
			h.did(t, x, "fou", "propose_answer", "outcome", outcome, "reasons", "Fordi det er slik")
			_, err = h.do(t, x, "fou", "agree_quality")
			refused(t, "agreement with oneself", fault.Forbidden, "error.two_people", err)
			_, err = h.do(t, x, "fageier2", "agree_relevance")
			refused(t, "another subject owner", fault.NotFound, "", err)
			waits := func(who string, want int) {
				t.Helper()
				tasks, err := h.Engine.TasksOf(h.As(t, who), access.From(h.As(t, who)))
				must(t, err)
				n := 0
				for _, task := range tasks {
					if task.RecordID == x.ID {
						n++
					}
				}
				if n != want {
					t.Errorf("%s has %d tasks with the sketch, want %d", who, n, want)
				}
			}
			waits("fou2", 1)
			waits("fageier", 1)
			waits("utvalg", 0)
			got := h.did(t, x, "fou2", "agree_quality")
			waits("fou2", 0)
			if got.Answer.V.Decided() {
				t.Error("decided by one of the two who must agree")
			}
			got = h.did(t, x, "fageier", "agree_relevance")
			waits("fageier", 0)
			if !got.Answer.V.Decided() || got.State != application.Assessing || got.Told() != nil {
				t.Errorf("decided %v, state %s, told %v", got.Answer.V.Decided(), got.State, got.Told())
			}
		}
		answer(yes, "invite")
		_, err = h.do(t, yes, "fou", "propose_answer", "outcome", "reject", "reasons", "Nei")
		refused(t, "another answer than the decided", fault.Conflict, "submission.blocked.decided", err)
		h.did(t, yes, "fageier", "reconsider")
		answer(yes, "invite")
		answer(no, "reject")

		_, err = h.do(t, yes, "fou", "tell")
		refused(t, "telling one before the others", fault.Conflict, "submission.blocked.told_together", err)
		tell := func() error {
			_, err := h.calls.Kind.Do(h.As(t, "fou"), c.ID, "tell_sketches", record.Input{})
			return err
		}
		refused(t, "telling while one has no answer", fault.Conflict, "call.blocked.unanswered", tell())
		if len(h.letters) > 0 {
			t.Errorf("letters before anybody is told: %v", h.letters)
		}
		h.did(t, out, "fou", "propose_dismissal", "fault", "outside_call", "fault_reason", "Det handler om noe annet")
		_, err = h.do(t, out, "fou", "dismiss")
		refused(t, "dismissal by the one who proposed it", fault.Forbidden, "error.two_people", err)
		h.did(t, out, "fou2", "dismiss")
		must(t, tell())

		for x, want := range map[*application.Submission]struct{ state, letter string }{
			yes: {application.Invited, "invite"}, no: {application.Rejected, "reject_sketch"}, out: {application.Dismissed, "dismiss"},
		} {
			got, err := h.cases.Sketches.Load(t.Context(), x.ID)
			must(t, err)
			if got.State != want.state || !slices.Equal(h.letters[x.Number], []string{want.letter}) || len(got.Dealings.V.Letters) != 1 {
				t.Errorf("%s, letters %v, want %v", got.State, h.letters[x.Number], want)
			}
		}
		grown, err := h.cases.CasesOf(t.Context(), c.ID, application.Application)
		must(t, err)
		if len(grown) != 1 || grown[0].Sketch != yes.ID || grown[0].State != application.Draft || grown[0].Applicant != "forsker" {
			t.Errorf("applications: %+v", grown)
		}
		if got, _ := h.calls.Kind.Load(t.Context(), c.ID); got.State != call.Open2 {
			t.Errorf("the call is %s", got.State)
		}
		_, err = h.calls.Kind.Do(h.As(t, "fou"), c.ID, "tell_state", record.Input{Values: form.Of("state", call.Closed)})
		refused(t, "telling the state of a call that is run here", fault.Conflict, "call.blocked.run_here", err)
	})
}

// Answers that invite nobody are sent with a reason only, and the call can then be
// cancelled by two. That nobody is invited is not told to somebody who may not know of
// one of the answers.
func TestNobodyInvited(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.call(t, call.Assessment1, 1000)
		none := func(who string) bool {
			c, err := h.calls.Kind.Load(t.Context(), c.ID)
			must(t, err)
			none, err := h.calls.NoneInvited(h.As(t, who), c)
			must(t, err)
			return none
		}
		var all []*application.Submission
		for range 2 {
			all = append(all, h.put(t, application.Sketch, c, 5, nil))
		}
		answer := func(x *application.Submission, outcome string) {
			h.did(t, x, "fou", "propose_answer", "outcome", outcome, "reasons", "Slik")
			h.did(t, x, "fou2", "agree_quality")
			h.did(t, x, "fageier", "agree_relevance")
		}
		answer(all[0], application.Reject)
		if none("fou") {
			t.Error("told while one is not answered")
		}
		answer(all[1], application.Invite)
		if none("fou") {
			t.Error("told though one is invited")
		}
		h.did(t, all[1], "fou", "reconsider")
		answer(all[1], application.Reject)
		tell := func(who, reason string) error {
			_, err := h.calls.Kind.Do(h.As(t, who), c.ID, "tell_sketches", record.Input{Reason: reason})
			return err
		}
		h.person(t, "fou3", org.FoU)
		h.did(t, all[1], "fou3", "declare", "ground", "Søsken")
		if !none("fou") || none("fou3") {
			t.Errorf("told to the section: %v, and to one who may not know: %v", none("fou"), none("fou3"))
		}
		if f, ok := fault.As(tell("fou", "")); !ok || f.Kind != fault.Invalid || f.Fields[0].Key != "call.warning.none_invited" {
			t.Errorf("sent without a reason: %v", f)
		}
		must(t, tell("fou", "Alle skal ha svar"))
		if len(h.letters) != 2 || !none("fou") {
			t.Errorf("letters %v, nobody invited %v", h.letters, none("fou"))
		}
		_, err := h.calls.Kind.Do(h.As(t, "fou"), c.ID, "propose_cancel", record.Input{Values: form.Of("cancel_reason", "Ingen skisser svarte på behovet")})
		must(t, err)
		got, err := h.calls.Kind.Do(h.As(t, "utvalg"), c.ID, "cancel", record.Input{})
		must(t, err)
		if got.State != call.Cancelled || none("fou") {
			t.Errorf("after cancelling: %s, told %v", got.State, none("fou"))
		}
	})
}

// A complaint is in time to the end of its last day, and is settled by somebody who
// had no part in what it is about.
func TestComplaints(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.calls.Kind.New()
		c.Title, c.State, c.FrameOre, c.Owner, c.AppealBody = "Utlysning", call.Assessment1, 1000, "fageier", call.SectionSettles
		must(t, h.calls.Kind.Import(orgtest.System(), c, "test"))
		x, late := h.put(t, application.Sketch, c, 5, nil), h.put(t, application.Sketch, c, 5, nil)
		for _, s := range []*application.Submission{x, late} {
			h.did(t, s, "fou", "propose_answer", "outcome", "reject", "reasons", "Nei")
			h.did(t, s, "fou2", "agree_quality")
			h.did(t, s, "fageier", "agree_relevance")
		}
		_, err := h.calls.Kind.Do(h.As(t, "fou"), c.ID, "tell_sketches", record.Input{Reason: "fordi"})
		must(t, err)
		h.Clock.Forward(time.Date(2023, 1, 23, 22, 59, 0, 0, time.UTC)) // the last minute of the day in Oslo
		x = h.did(t, x, "forsker", "appeal", "grounds", "Dere har lest feil")
		h.Clock.Forward(time.Date(2023, 1, 23, 23, 0, 0, 0, time.UTC))
		_, err = h.do(t, late, "forsker", "appeal", "grounds", "Også jeg")
		refused(t, "a complaint too late", fault.Conflict, "submission.blocked.appeal_late", err)
		for _, who := range []string{"fou", "fou2"} {
			_, err = h.do(t, x, who, "settle_appeal", "verdict", "upheld", "appeal_reasons", "Vi står på vårt")
			refused(t, "settled by "+who, fault.Conflict, "submission.blocked.decider", err)
		}
		if got, _ := h.cases.Sketches.Load(t.Context(), x.ID); got.State != application.Appealed {
			t.Fatal("the complaint is gone")
		}
		h.person(t, "fou3", org.FoU)
		x = h.did(t, x, "fou3", "settle_appeal", "verdict", "reversed", "appeal_reasons", "Du har rett")
		x = h.did(t, x, "fou3", "resume")
		if x.State != application.Assessing || x.Answer.V != nil || len(x.Dealings.V.Appeals) != 1 || !slices.Equal(h.letters[x.Number], []string{"reject_sketch", "reversed"}) {
			t.Errorf("%s, %+v, %v", x.State, x.Answer.V, h.letters[x.Number])
		}
		h.did(t, x, "fou", "propose_answer", "outcome", "invite", "reasons", "Ja")
		h.did(t, x, "fou2", "agree_quality")
		h.did(t, x, "fageier", "agree_relevance")
		if x = h.did(t, x, "fou", "tell"); x.State != application.Invited {
			t.Errorf("after the complaint: %s", x.State)
		}
	})
}

// A complaint waits for the body that the call names, and for nobody else.
func TestComplaintsGoToTheBodyOfTheCall(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(t, "fou3", org.FoU)
		for body, want := range map[string]struct{ settles, not, key string }{
			call.OthersSettle:     {"utvalg", "fou3", "submission.blocked.appeal_body.utvalg"},
			call.CommitteeSettles: {"utvalg", "fou3", "submission.blocked.appeal_body.utvalg"},
			call.SectionSettles:   {"fou3", "utvalg", "submission.blocked.appeal_body.fou"},
		} {
			c := h.calls.Kind.New()
			c.Title, c.State, c.FrameOre, c.Owner, c.AppealBody = "Utlysning", call.Assessment1, 10, "fageier", body
			must(t, h.calls.Kind.Import(orgtest.System(), c, "test"))
			x := h.put(t, application.Sketch, c, 5, nil)
			h.did(t, x, "fou", "propose_answer", "outcome", "reject", "reasons", "Nei")
			h.did(t, x, "fou2", "agree_quality")
			h.did(t, x, "fageier", "agree_relevance")
			_, err := h.calls.Kind.Do(h.As(t, "fou"), c.ID, "tell_sketches", record.Input{Reason: "fordi"})
			must(t, err)
			h.did(t, x, "forsker", "appeal", "grounds", "Dere har lest feil")
			waits := func(who string) bool {
				tasks, err := h.Engine.TasksOf(h.As(t, who), access.From(h.As(t, who)))
				must(t, err)
				return slices.ContainsFunc(tasks, func(task record.MyTask) bool { return task.RecordID == x.ID && task.Command == "settle_appeal" })
			}
			if !waits(want.settles) || waits(want.not) {
				t.Errorf("%s settles: waits for %s %v, for %s %v", body, want.settles, waits(want.settles), want.not, waits(want.not))
			}
			_, err = h.do(t, x, want.not, "settle_appeal", "verdict", "upheld", "appeal_reasons", "Nei")
			refused(t, "settled by another body", fault.Conflict, want.key, err)
			if x = h.did(t, x, want.settles, "settle_appeal", "verdict", "upheld", "appeal_reasons", "Vi står på vårt"); x.State != application.Upheld || waits(want.settles) {
				t.Errorf("%s, still waits %v", x.State, waits(want.settles))
			}
		}
	})
}

// What passes between the two sides stays between them.
func TestDialogueAndMending(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.call(t, call.Assessment1, 10)
		x := h.put(t, application.Sketch, c, 5, nil)
		h.did(t, x, "fou", "note", "note", "Kan dere skrive mer om metoden?")
		h.did(t, x, "forsker", "note", "note", "Ja")
		_, err := h.do(t, x, "forsker2", "note", "note", "Hei")
		refused(t, "another researcher", fault.NotFound, "", err)
		_, err = h.do(t, x, "fou", "return", "mend", "CV mangler", "mend_by", "2022-12-31")
		refused(t, "mending by a day that was", fault.Invalid, "submission.past", err)
		h.did(t, x, "fou", "return", "mend", "CV mangler", "mend_by", "2023-01-10")
		_, err = h.do(t, x, "fou", "complete", "mended", "x")
		refused(t, "mending by us", fault.Forbidden, "", err)
		x = h.did(t, x, "forsker", "complete", "mended", "CV er med nå")
		if n := x.Dealings.V.Notes; len(n) != 3 || n[0].Applicant || !n[1].Applicant || n[2].Text != "CV er med nå" || x.Dealings.V.Mend != nil {
			t.Errorf("%+v", x.Dealings.V)
		}
	})
}

// Whoever turns out to be disqualified after having agreed counts no more: others must
// do it again, and nobody is told before they have.
func TestDisqualifiedAfterwards(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(t, "fou3", org.FoU)
		c := h.call(t, call.Assessment1, 10)
		x := h.put(t, application.Sketch, c, 5, nil)
		h.did(t, x, "fou", "propose_answer", "outcome", "invite", "reasons", "God idé")
		h.did(t, x, "fou2", "agree_quality")
		h.did(t, x, "fou2", "declare", "ground", "Vi har skrevet sammen")
		_, err := h.do(t, x, "fageier", "agree_relevance")
		refused(t, "agreeing with somebody disqualified", fault.Conflict, "submission.blocked.unfit", err)
		h.did(t, x, "fageier", "reconsider")
		h.did(t, x, "fou3", "agree_quality")
		if got := h.did(t, x, "fageier", "agree_relevance"); !got.Answer.V.Decided() {
			t.Error("not decided by two who may")
		}
		h.did(t, x, "fou3", "declare", "ground", "Jeg kjenner søkeren")
		_, err = h.calls.Kind.Do(h.As(t, "fou"), c.ID, "tell_sketches", record.Input{})
		refused(t, "telling what somebody disqualified decided", fault.Conflict, "call.blocked.untellable", err)
		if f, _ := fault.As(err); f == nil || len(f.Fields) != 1 || !slices.Contains(f.Fields[0].Args, any(x.Number)) || len(h.letters) > 0 {
			t.Errorf("the case is not named, or letters are sent: %v %v", err, h.letters)
		}
	})
}
