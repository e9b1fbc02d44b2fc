package assessment_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"funn/internal/application"
	"funn/internal/assessment"
	"funn/internal/call"
	"funn/internal/need"
	"funn/internal/org"
	"funn/internal/org/orgtest"
	"funn/internal/platform/access"
	"funn/internal/platform/authn"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/jobs"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

type house struct {
	*orgtest.House
	*assessment.Service
	cases *application.Service
	calls *call.Service
	call  *call.Call
}

// each builds a house with a call that is in assessment, by two criteria: relevance
// and use, of the subject owner, 60 percent, and quality, of the section.
func each(t *testing.T, test func(t *testing.T, h house)) {
	t.Helper()
	var h house
	build := func(o *orgtest.House) []module.Module {
		h = house{House: o, calls: call.New(nil, nil, nil)}
		h.cases = application.New(h.calls, seal.Secret{})
		h.cases.People, h.calls.Cases = o.Directory, h.cases
		h.Service = assessment.New(h.cases, h.calls, o.Directory)
		return []module.Module{
			{Name: "need", Messages: need.Messages}, // names relations that both have
			{Name: "call", Kinds: []record.AnyKind{h.calls.Kind}, Messages: call.Messages},
			{Name: "application", Kinds: []record.AnyKind{h.cases.Sketches, h.cases.Applications}, Messages: application.Messages, Subscribe: h.cases.Subscribe},
			{Name: "assessment", Kinds: []record.AnyKind{h.Kind, h.Consensuses}, Messages: assessment.Messages, Subscribe: h.Subscribe},
		}
	}
	orgtest.Each(t, []fs.FS{jobs.Migrations, call.Migrations, application.Migrations, assessment.Migrations}, build, func(t *testing.T, _ *orgtest.House) {
		c := h.calls.Kind.New()
		c.State, c.Title, c.Owner = call.Assessment1, "Utlysning", "fageier"
		c.Criteria.V = []call.Criterion{criterion(1, call.ByOwner, 60, "relevance", "impact"), criterion(2, call.BySection, 40, "quality")}
		must(t, h.calls.Kind.Import(orgtest.System(), c, "test"))
		h.call = c
		test(t, h)
	})
}

func criterion(id int, by string, weight int, principles ...string) call.Criterion {
	name := map[string]string{"nb": "Kriterium " + string(rune('0'+id)), "nn": "Kriterium", "en": "Criterion"}
	return call.Criterion{ID: id, Names: name, Meanings: name, Weight: weight, Principles: principles, Assessor: by}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, what string, kind fault.Kind, err error) {
	t.Helper()
	if err == nil || fault.Of(err) != kind {
		t.Errorf("%s: %v", what, err)
	}
}

func in(pairs ...string) record.Input {
	return record.Input{Values: form.Of(pairs...), Reason: "fordi"}
}

// put makes an opened sketch.
func (h house) put(t testing.TB) *application.Submission {
	t.Helper()
	x := &application.Submission{Call: h.call.ID, Applicant: "forsker", Owner: "fageier"}
	x.Number = h.cases.RandomNumber(application.Sketch)
	x.Title, x.State, x.Lang = "Tillit", application.Assessing, "nn"
	x.Content.V = &application.Content{Title: "Tillit", Lang: "nn", Institution: application.Party{Name: "NORCE"}, Leader: application.Author{Name: "Kari Nordmann"}}
	x.SetFlag(application.Opened, true)
	must(t, h.cases.Sketches.Import(orgtest.System(), x, "test"))
	return x
}

func (h house) due() string { return h.Clock.Now().AddDate(0, 0, 14).Format(time.DateOnly) }

// ask asks somebody for an assessment.
func (h house) ask(t testing.TB, x *application.Submission, sort, who string) *assessment.Assessment {
	t.Helper()
	a, err := h.Kind.Create(h.As(t, "fou"), "request", in("case", x.Number, "sort", sort, "assessor", who, "due", h.due()), nil)
	must(t, err)
	return a
}

func (h house) do(t testing.TB, who string, a *assessment.Assessment, command string, told ...string) error {
	t.Helper()
	_, err := h.Kind.Do(h.As(t, who), a.ID, command, in(told...))
	return err
}

// accepted asks somebody, who says yes.
func (h house) accepted(t testing.TB, x *application.Submission, sort, who string) *assessment.Assessment {
	t.Helper()
	a := h.ask(t, x, sort, who)
	must(t, h.do(t, who, a, "accept", "conflict", "none"))
	return a
}

// deliver scores every criterion alike and delivers.
func (h house) deliver(t testing.TB, a *assessment.Assessment, score string) {
	t.Helper()
	for _, id := range a.Criteria.V {
		must(t, h.do(t, a.Assessor, a, "save", "part", string(rune('0'+id)), "score", score, "reason_for", "canary-"+a.Assessor, "share", "til søkeren"))
	}
	must(t, h.do(t, a.Assessor, a, "deliver"))
}

func (h house) load(t testing.TB, id string) *assessment.Assessment {
	t.Helper()
	a, err := h.Kind.Load(context.Background(), id)
	must(t, err)
	return a
}

func TestTexts(t *testing.T) {
	each(t, func(t *testing.T, h house) { h.Texts(t) })
}

func TestAsking(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		x := h.put(t)
		ask := func(who, number, sort, person, due string) error {
			_, err := h.Kind.Create(h.As(t, who), "request", in("case", number, "sort", sort, "assessor", person, "due", due), nil)
			return err
		}
		wants(t, "asked by the owner", fault.Forbidden, ask("fageier", x.Number, "section", "fou", h.due()))
		wants(t, "a case that is not there", fault.Invalid, ask("fou", "SK-0", "section", "fou", h.due()))
		wants(t, "a person without the role", fault.Invalid, ask("fou", x.Number, "external", "fou2", h.due()))
		wants(t, "a day that has passed", fault.Invalid, ask("fou", x.Number, "section", "fou", "2022-01-01"))
		a := h.ask(t, x, "section", "fou2")
		if !slices.Equal(a.Criteria.V, []int{2}) || a.Title != x.Number || !strings.HasPrefix(a.Number, "VU-") {
			t.Errorf("asked: %+v", a)
		}
		if o := h.ask(t, x, "subject_owner", "fageier"); !slices.Equal(o.Criteria.V, []int{1}) {
			t.Errorf("the owner's criteria: %v", o.Criteria.V)
		}
		wants(t, "the section's twice", fault.Conflict, ask("fou", x.Number, "section", "fou", h.due()))
		h.ask(t, x, "external", "fagvurderer2")
		wants(t, "the same person twice", fault.Conflict, ask("fou", x.Number, "external", "fagvurderer2", h.due()))

		// Somebody of the applicant's own institution is noted, and not asked.
		z := &application.Submission{Call: h.call.ID, Applicant: "forsker", Owner: "fageier"}
		z.Number, z.Title, z.State = "SK-Z", "Z", application.Assessing
		z.Content.V = &application.Content{Institution: application.Party{Name: "Fafo"}}
		z.SetFlag(application.Opened, true)
		must(t, h.cases.Sketches.Import(orgtest.System(), z, "test"))
		out, err := h.Distribute(h.As(t, "fou"), []string{z.Number, "SK-0"}, "external", "fagvurderer", h.due())
		must(t, err)
		if len(out) != 2 || fault.Of(out[0].Err) != fault.Conflict || fault.Of(out[1].Err) != fault.Invalid {
			t.Errorf("distributed: %+v", out)
		}
		z, err = h.cases.Sketches.Load(context.Background(), z.ID)
		must(t, err)
		if len(z.Conflicts.V) != 1 || z.Conflicts.V[0].Person != "fagvurderer" {
			t.Errorf("noted: %+v", z.Conflicts.V)
		}
	})
}

// Two who ask for the same at once: one wins, the other is told.
func TestAskingAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		for range 20 {
			x := h.put(t)
			errs := make([]error, 2)
			var wait sync.WaitGroup
			for i, who := range []string{"fou", "fou2"} {
				ctx := h.As(t, who)
				wait.Go(func() {
					_, errs[i] = h.Kind.Create(ctx, "request", in("case", x.Number, "sort", "section", "assessor", who, "due", h.due()), nil)
				})
			}
			wait.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else {
					wants(t, "the one that came later", fault.Conflict, err)
				}
			}
			if won != 1 {
				t.Fatalf("%d won: %v", won, errs)
			}
		}
	})
}

// Others' assessments are hidden until one's own is delivered: nothing that the
// reader can ask for differs between a world in which another has delivered, and one
// in which nobody was asked.
func TestHiddenUntilDelivered(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		x := h.put(t)
		own := h.accepted(t, x, "section", "fou2")
		look := func(who string) string {
			ctx := h.As(t, who)
			var seen []any
			list, err := h.Of(ctx, x.ID)
			must(t, err)
			sums, err := h.Summary(ctx, x.ID)
			must(t, err)
			n, err := h.Kind.Count(ctx, *new(db.Where))
			must(t, err)
			tasks, err := h.Engine.TasksOf(ctx, access.From(ctx))
			must(t, err)
			share, err := h.Shareable(ctx, x.ID)
			must(t, err)
			var logs []event.Event
			for _, a := range list {
				l, err := event.Of(ctx, h.DB, a.ID)
				must(t, err)
				logs = append(logs, l...)
			}
			l, err := event.Of(ctx, h.DB, x.ID) // the case's own history is read by those who deal with it
			must(t, err)
			c, err := h.ConsensusOf(ctx, x.ID)
			must(t, err)
			missing, err := h.Missing(ctx, x.ID)
			must(t, err)
			seen = append(seen, list, sums, n, tasks, share, logs, l, c, missing)
			b, err := json.Marshal(seen)
			must(t, err)
			return string(b)
		}
		before := look("fou2")
		other := h.accepted(t, x, "subject_owner", "fageier")
		third := h.ask(t, x, "external", "fagvurderer")
		h.deliver(t, other, "7")
		must(t, h.do(t, "fagvurderer", third, "decline"))
		if after := look("fou2"); after != before {
			t.Errorf("shows before one's own is delivered:\n%s\n%s", before, after)
		}
		_, err := h.Kind.ByNumber(h.As(t, "fou2"), other.Number)
		wants(t, "another's before one's own", fault.NotFound, err)
		if _, err := h.Kind.ByNumber(h.As(t, "fou"), other.Number); err != nil {
			t.Errorf("the section's who has none: %v", err)
		}
		h.deliver(t, own, "4")
		if after := look("fou2"); after == before || !strings.Contains(after, "canary-fageier") {
			t.Error("nothing shows once one's own is delivered")
		}
		// Whoever has only been asked is kept from it too; those from outside who have
		// nothing to do with the case see nothing ever.
		fourth := h.ask(t, x, "external", "fagvurderer2")
		for _, a := range []*assessment.Assessment{own, other} {
			_, err = h.Kind.ByNumber(h.As(t, "fagvurderer2"), a.Number)
			wants(t, "another's when asked", fault.NotFound, err)
		}
		must(t, h.do(t, "fagvurderer2", fourth, "accept", "conflict", "none"))
		h.deliver(t, fourth, "5")
		if _, err = h.Kind.ByNumber(h.As(t, "fagvurderer2"), own.Number); err != nil {
			t.Errorf("another's when one's own is delivered: %v", err)
		}
		_, err = h.Kind.ByNumber(h.As(t, "fagvurderer"), own.Number)
		wants(t, "another's when one said no", fault.NotFound, err)
		_, err = h.Kind.ByNumber(h.As(t, "forsker"), own.Number)
		wants(t, "the applicant", fault.NotFound, err)
		for _, a := range []*assessment.Assessment{own, other, fourth} {
			events, err := event.Of(context.Background(), h.DB, a.ID)
			must(t, err)
			for _, ev := range events {
				if strings.Contains(ev.Data, "canary") {
					t.Errorf("the history tells %s", ev.Data)
				}
			}
		}
		if _, _, problems, err := h.Engine.Check(context.Background(), nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
}

// Whoever says that they may not deal with the case, or is found to, loses it from
// the next request on.
func TestDisqualified(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		x := h.put(t)
		a := h.ask(t, x, "external", "fagvurderer")
		wants(t, "saying yes without a ground", fault.Invalid, h.do(t, "fagvurderer", a, "accept", "conflict", "some"))
		must(t, h.do(t, "fagvurderer", a, "accept", "conflict", "some", "ground", "canary-ground"))
		if a = h.load(t, a.ID); a.State != assessment.Disqualified {
			t.Errorf("state %s", a.State)
		}
		_, err := h.Kind.ByNumber(h.As(t, "fagvurderer"), a.Number)
		wants(t, "one's own after saying so", fault.NotFound, err)
		x, err = h.cases.Sketches.Load(context.Background(), x.ID)
		must(t, err)
		if c := x.Conflicts.V; len(c) != 1 || !c[0].Declared || c[0].Reason != "canary-ground" {
			t.Errorf("noted on the case: %+v", c)
		}
		// One who has begun, and one who has delivered, are found later.
		s, o := h.accepted(t, x, "section", "fou2"), h.accepted(t, x, "subject_owner", "fageier")
		h.deliver(t, o, "6")
		for who, b := range map[string]*assessment.Assessment{"fou2": s, "fageier": o} {
			must(t, h.cases.Declare(orgtest.System(), x, who, "x"))
			if b = h.load(t, b.ID); b.State != assessment.Disqualified {
				t.Errorf("%s: state %s", who, b.State)
			}
			for _, id := range []string{s.ID, o.ID, a.ID} {
				_, err = h.Kind.Get(h.As(t, who), id)
				wants(t, who+" reads", fault.NotFound, err)
			}
			if n, err := h.Engine.CountTasks(h.As(t, who), access.From(h.As(t, who))); err != nil || n != 0 {
				t.Errorf("%s has %d tasks, %v", who, n, err)
			}
		}
		sums, err := h.Summary(h.As(t, "fou"), x.ID)
		must(t, err)
		if sum := sums[x.ID]; sum.Mean != 0 || len(sum.Given) != 0 {
			t.Errorf("what they gave counts: %+v", sum)
		}
	})
}

// What is missing is told by name to the section, who asks and settles; to others no
// more than that it is missing, and how much.
func TestMissingNamesThoseWhoMayBeNamed(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		x := h.put(t)
		told := func(who string) string {
			ctx := lang.WithPrinter(h.As(t, who), h.Catalog.Printer(lang.NB))
			reasons, err := h.Missing(ctx, x.ID)
			must(t, err)
			var out []string
			for _, r := range reasons {
				if !strings.Contains(r.Key, "principle") {
					out = append(out, lang.T(ctx, r.Key, r.Args...))
				}
			}
			return strings.Join(out, "\n")
		}
		const (
			owner   = "Fageierens vurdering av relevans og nytte er ikke levert."
			section = "FoU-seksjonens vurdering av kvalitet og opplegg er ikke levert."

			ownerUnasked   = "Fageierens vurdering av relevans og nytte mangler. Ingen er bedt om den nå."
			sectionUnasked = "FoU-seksjonens vurdering av kvalitet og opplegg mangler. Ingen er bedt om den nå."
		)
		holds := func(who string, want ...string) {
			t.Helper()
			if got := told(who); got != strings.Join(want, "\n") {
				t.Errorf("%s is told %q, want %q", who, got, want)
			}
		}
		holds("fou", ownerUnasked, sectionUnasked)
		holds("utvalg", owner, section)
		s := h.accepted(t, x, "section", "fou2")
		h.ask(t, x, "external", "fagvurderer")
		due := lang.Day(lang.WithPrinter(context.Background(), h.Catalog.Printer(lang.NB)), h.Clock.Now().AddDate(0, 0, 14))
		outside := "Person fagvurderer (Ekstern fagvurderer: kvalitet og opplegg; frist " + due + ")"
		holds("fou", ownerUnasked, "Ikke levert: Person fou2 (FoU-seksjonen: kvalitet og opplegg; frist "+due+"); "+outside+".")
		holds("utvalg", owner, section, "Vurderinger som noen er bedt om, men som ikke er levert: 2.")
		holds("fageier", owner, section, "Vurderinger som noen er bedt om, men som ikke er levert: 2.")
		holds("fou2", "Lever din egen vurdering først.")
		h.deliver(t, s, "5")
		_, err := h.cases.Sketches.As(orgtest.System(), x.ID, "find_conflict", in("person", "utvalg2", "found", application.GroundPartner))
		must(t, err)
		holds("fou", ownerUnasked, "Ikke levert: "+outside+".", "Mulig inhabilitet som ikke er avgjort: Person utvalg2.")
		holds("utvalg", owner, "Vurderinger som noen er bedt om, men som ikke er levert: 1.", "Mulige inhabiliteter som ikke er avgjort: 1.")
	})
}

func TestSummaryAndMissing(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		x := h.put(t)
		missing := func() string {
			reasons, err := h.Missing(context.Background(), x.ID)
			must(t, err)
			var keys []string
			for _, r := range reasons {
				keys = append(keys, strings.TrimPrefix(r.Key, "assessment.missing."))
			}
			return strings.Join(keys, " ")
		}
		if got := missing(); got != "subject_owner section principle_relevance principle_quality principle_impact" {
			t.Errorf("of nothing: %s", got)
		}
		s, o, e := h.accepted(t, x, "section", "fou2"), h.accepted(t, x, "subject_owner", "fageier"), h.accepted(t, x, "external", "fagvurderer")
		wants(t, "delivering without scores", fault.Conflict, h.do(t, "fou2", s, "deliver"))
		must(t, h.do(t, "fou2", s, "save", "part", "2", "score", "3"))
		wants(t, "delivering without a reason", fault.Conflict, h.do(t, "fou2", s, "deliver"))
		wants(t, "a criterion of another's", fault.Invalid, h.do(t, "fou2", s, "save", "part", "1", "score", "3"))
		wants(t, "a score off the scale", fault.Invalid, h.do(t, "fou2", s, "save", "part", "2", "score", "8"))
		h.deliver(t, s, "3")
		h.deliver(t, o, "6")
		if got := missing(); got != "waiting" {
			t.Errorf("with one to come: %s", got)
		}
		h.deliver(t, e, "6")
		if got := missing(); got != "" {
			t.Errorf("of all: %s", got)
		}
		sums, err := h.Summary(h.As(t, "fou"), x.ID)
		must(t, err)
		sum := sums[x.ID]
		// 0.6 · 6 + 0.4 · (3 + 6) / 2
		if sum.Mean != 5.4 || sum.Spread != 3 || !sum.Disagree() || !sum.Criteria[1].Disagree() || sum.Criteria[0].Disagree() || sum.Score() != 5.4 {
			t.Errorf("summary %+v", sum)
		}
		for _, who := range []string{"forsker", "fagvurderer", "utvalg", "admin"} {
			if sums, err := h.Summary(h.As(t, who), x.ID); err != nil || len(sums) != 0 {
				t.Errorf("%s is told %+v, %v", who, sums, err)
			}
		}

		c, err := h.Consensuses.Create(h.As(t, "fou"), "begin", in("case", x.Number), nil)
		must(t, err)
		_, err = h.Consensuses.Create(h.As(t, "fou2"), "begin", in("case", x.Number), nil)
		wants(t, "a second one", fault.Conflict, err)
		_, err = h.Consensuses.Do(h.As(t, "fou"), c.ID, "propose", in())
		wants(t, "putting forward an empty one", fault.Conflict, err)
		for _, id := range []string{"1", "2"} {
			_, err = h.Consensuses.Do(h.As(t, "fou"), c.ID, "set_score", in("criterion", id, "score", "5", "text", "Felles "+id))
			must(t, err)
		}
		_, err = h.Consensuses.Get(h.As(t, "fageier"), c.ID)
		wants(t, "the owner's reading a draft", fault.NotFound, err)
		_, err = h.Consensuses.Do(h.As(t, "fou"), c.ID, "propose", in())
		must(t, err)
		_, err = h.Consensuses.Do(h.As(t, "fou2"), c.ID, "agree", in())
		wants(t, "agreed to by the section", fault.Forbidden, err)
		if got := missing(); got != "consensus" {
			t.Errorf("before it is agreed to: %s", got)
		}
		_, err = h.Consensuses.Do(h.As(t, "fageier"), c.ID, "agree", in())
		must(t, err)
		sums, err = h.Summary(h.As(t, "fou"), x.ID)
		must(t, err)
		if sum := sums[x.ID]; sum.Agreed != 5 || sum.Score() != 5 || sum.Mean != 5.4 {
			t.Errorf("agreed: %+v", sum)
		}
		share, err := h.Shareable(h.As(t, "fou"), x.ID)
		must(t, err)
		if len(share) != 2 || share[0].Text != "Felles 1" || share[0].Criterion != "Kriterium" {
			t.Errorf("shared: %+v", share)
		}
		if share[0].Score != 0 {
			t.Error("scores are shared in a call that does not release them")
		}
		_, err = h.DB.Exec(t.Context(), "UPDATE call SET feedback = $2 WHERE id = $1", h.call.ID, call.ScoresReleased)
		must(t, err)
		if share, err = h.Shareable(h.As(t, "fou"), x.ID); err != nil || share[0].Score != float64(sums[x.ID].Criteria[0].Agreed) || share[0].Score == 0 {
			t.Errorf("released: %+v, %v", share, err)
		}
	})
}

// What was come to together holds no longer when an assessment comes in after it, or when
// somebody who wrote it, put it forward or agreed to it turns out to be disqualified: it
// is returned, and done again by others.
func TestConsensusThatNoLongerHolds(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		missing := func(x *application.Submission) string {
			t.Helper()
			list, err := h.Missing(h.As(t, "admin"), x.ID)
			must(t, err)
			var out []string
			for _, r := range list {
				out = append(out, strings.TrimPrefix(r.Key, "assessment.missing."))
			}
			return strings.Join(out, " ")
		}
		do := func(c *assessment.Consensus, who, command string, pairs ...string) {
			t.Helper()
			_, err := h.Consensuses.Do(h.As(t, who), c.ID, command, in(pairs...))
			must(t, err)
		}
		// The two in the middle of the case are fou and fageier; fou3 writes, fou2 puts it forward.
		for _, id := range []string{"fou3", "fou4"} {
			p := &org.Person{Staff: true}
			p.ID, p.Number, p.Title, p.Email, p.Unit = id, id, "Person "+id, id+"@example.org", "avdir/kun/fou"
			p.Grants.V = []org.Grant{{Role: org.FoU, Unit: "avdir"}}
			must(t, h.Directory.Persons.Import(orgtest.System(), p, "test"))
		}
		agree := func(x *application.Submission) *assessment.Consensus {
			t.Helper()
			h.deliver(t, h.accepted(t, x, "subject_owner", "fageier2"), "6")
			h.deliver(t, h.accepted(t, x, "section", "fou"), "4")
			c, err := h.Consensuses.Create(h.As(t, "fou2"), "begin", in("case", x.Number), nil)
			must(t, err)
			for n, who := range map[string]string{"1": "fou2", "2": "fou3"} {
				do(c, who, "set_score", "criterion", n, "score", "5", "text", "Felles")
			}
			do(c, "fou2", "propose")
			do(c, "fageier", "agree")
			if got := missing(x); got != "" {
				t.Fatalf("agreed: %s", got)
			}
			return c
		}
		for _, out := range []string{"fou3", "fou2", "fageier"} {
			x := h.put(t)
			c := agree(x)
			must(t, h.cases.Declare(orgtest.System(), x, out, "x"))
			if got := missing(x); got != "consensus_unfit" {
				t.Errorf("%s is disqualified: %q", out, got)
			}
			do(c, "fou", "return")
			if out == "fageier" {
				_, err := h.cases.Sketches.Do(h.As(t, "fou"), x.ID, "hand_over", record.Input{Values: form.Of("owner", "fageier2"), Reason: "x"})
				must(t, err)
			}
			for _, n := range []string{"1", "2"} {
				do(c, "fou4", "set_score", "criterion", n, "score", "5", "text", "Felles")
			}
			do(c, "fou4", "propose")
			do(c, map[bool]string{true: "fageier2", false: "fageier"}[out == "fageier"], "agree")
			if got := missing(x); got != "" {
				t.Errorf("done again without %s: %q", out, got)
			}
		}
		x := h.put(t)
		c := agree(x)
		h.deliver(t, h.accepted(t, x, "external", "fagvurderer"), "2")
		if got := missing(x); got != "consensus_before" {
			t.Errorf("an assessment later: %q", got)
		}
		do(c, "fou", "return")
		do(c, "fou", "propose")
		do(c, "fageier", "agree")
		if got := missing(x); got != "" {
			t.Errorf("agreed anew: %q", got)
		}
		// Those who agreed had the outside assessment before them.
		must(t, h.cases.Declare(orgtest.System(), x, "fagvurderer", "x"))
		if got := missing(x); got != "consensus_rests" {
			t.Errorf("an assessor is disqualified afterwards: %q", got)
		}
		do(c, "fou", "return")
		do(c, "fou", "propose")
		do(c, "fageier", "agree")
		if got := missing(x); got != "" {
			t.Errorf("agreed without the assessor: %q", got)
		}
	})
}

// What comes late is kept and marked, and never moves a case that is decided.
func TestLate(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		x := h.put(t)
		a, b := h.accepted(t, x, "section", "fou2"), h.accepted(t, x, "external", "fagvurderer")
		h.Clock.Forward(h.Clock.Now().AddDate(0, 0, 20))
		h.deliver(t, a, "5")
		if a = h.load(t, a.ID); !a.Late || a.After || !a.Counts() {
			t.Errorf("after its day: %+v", a)
		}
		before, err := h.Summary(h.As(t, "fou"), x.ID)
		must(t, err)
		decided, err := h.cases.Sketches.Do(h.As(t, "forsker"), x.ID, "withdraw", in())
		must(t, err)
		if n, err := h.Engine.CountTasks(h.As(t, "fagvurderer"), access.From(h.As(t, "fagvurderer"))); err != nil || n != 0 {
			t.Errorf("still expected of the assessor: %d, %v", n, err)
		}
		h.deliver(t, b, "1")
		if b = h.load(t, b.ID); !b.Late || !b.After || b.Counts() || len(b.Scores.V) != 1 {
			t.Errorf("after the case is over: %+v", b)
		}
		x, err = h.cases.Sketches.Load(context.Background(), x.ID)
		must(t, err)
		after, err := h.Summary(h.As(t, "fou"), x.ID)
		must(t, err)
		if x.Version != decided.Version || x.State != application.Withdrawn || after[x.ID].Mean != before[x.ID].Mean || after[x.ID].Late != 1 {
			t.Errorf("a late one moves the case: %+v, %+v", x.Head, after[x.ID])
		}
	})
}

// Conflicts are sought by what an assessor belongs to: somebody who is known by the
// address, as an applicant is, gets it too, and nobody is asked without.
func TestInviteKnown(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		x := h.put(t) // of NORCE
		id, err := h.Directory.SignUp(orgtest.System(), "Kari Hansen", "kari@example.org")
		must(t, err)
		_, err = h.Directory.Persons.As(orgtest.System(), id, "grant", record.Input{Values: form.Of("role", string(org.Assessor)), Reason: "x"})
		must(t, err)
		_, err = h.Kind.Create(h.As(t, "fou"), "request", in("case", x.Number, "sort", assessment.External, "assessor", id, "due", h.due()), nil)
		wants(t, "somebody who belongs nowhere", fault.Invalid, err)
		_, err = h.Invite(h.As(t, "fou"), "Kari", "kari@example.org", "")
		wants(t, "invited without an organisation", fault.Invalid, err)
		got, err := h.Invite(h.As(t, "fou"), "Kari", "kari@example.org", "norce")
		must(t, err)
		p, err := h.Directory.Persons.Load(context.Background(), id)
		must(t, err)
		if got != id || p.Organisation != "norce" || p.Title != "Kari Hansen" || !p.Holds(orgtest.Day("2023-01-02"), org.Researcher) {
			t.Errorf("invited %s: %+v", got, p)
		}
		_, err = h.Kind.Create(h.As(t, "fou"), "request", in("case", x.Number, "sort", assessment.External, "assessor", id, "due", h.due()), nil)
		wants(t, "somebody of the institution that applies", fault.Conflict, err)
		_, err = h.Invite(h.As(t, "fou"), "Kari", "kari@example.org", "fafo")
		wants(t, "another organisation than the one that is known", fault.Invalid, err)
	})
}

// Whoever comes to stand in for an assessor, and an assessor who turns out to belong to
// the institution, lose the case, delivered or not.
func TestConflictOfStandIn(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		person := func(id, name, organisation string) {
			t.Helper()
			p := &org.Person{Organisation: organisation}
			p.ID, p.Number, p.Title, p.Grants.V = id, id, name, []org.Grant{{Role: org.Assessor}}
			must(t, h.Directory.Persons.Import(orgtest.System(), p, "test"))
		}
		person("vara", "Kari Nordmann", "fafo")
		x := h.put(t)
		a := h.accepted(t, x, assessment.External, "fagvurderer")
		_, err := h.Directory.Persons.As(orgtest.System(), "fagvurderer", "set_stand_in", record.Input{Values: form.Of("person", "vara", "from", "2023-01-02")})
		must(t, err)
		_, err = h.Kind.Get(h.As(t, "vara"), a.ID)
		wants(t, "the leader of the project, as a stand-in", fault.NotFound, err)
		_, err = h.Kind.Get(h.As(t, "fagvurderer"), a.ID)
		must(t, err)
		h.deliver(t, a, "5")
		_, err = h.Directory.Organisations.As(orgtest.System(), "fafo", "edit", record.Input{Values: form.Of("org_type", "research_institute", "parent", "norce")})
		must(t, err)
		if got := h.load(t, a.ID); got.State != assessment.Disqualified {
			t.Errorf("of a part of the institution that applies: %s", got.State)
		}
	})
}

// An assessor who comes by another name when they first log in, one whose stand-in does,
// and one whose name somebody who writes in the case takes, are compared with it anew.
func TestConflictOfNewName(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		conflicts := func(x *application.Submission, person string) int {
			t.Helper()
			x, err := h.cases.Find(orgtest.System(), x.ID)
			must(t, err)
			return len(slices.DeleteFunc(x.Conflicts.V, func(c application.Conflict) bool { return c.Person != person }))
		}
		rename := func(id, name string) {
			t.Helper()
			_, err := h.Directory.Persons.As(orgtest.System(), id, "edit", record.Input{Values: form.Of("name", name, "email", "ny@example.org", "organisation", "fafo"), Reason: "x"})
			must(t, err)
		}
		x := h.put(t) // led by Kari Nordmann
		a := h.accepted(t, x, call.ByOwner, "fageier2")
		_, err := h.Directory.PersonByExternal(t.Context(), "entra", "1", authn.Profile{Name: "Kari Nordmann", Email: "fageier2@example.org", Verified: true})
		must(t, err)
		if got := h.load(t, a.ID); got.State != assessment.Disqualified {
			t.Errorf("joined with their login: %s", got.State)
		}
		_, err = h.Directory.Persons.As(orgtest.System(), "fagvurderer", "set_stand_in", record.Input{Values: form.Of("person", "fagvurderer2", "from", "2023-01-02")})
		must(t, err)
		a = h.accepted(t, x, assessment.External, "fagvurderer")
		rename("fagvurderer2", "Kari Nordmann")
		if n := conflicts(x, "fagvurderer2"); n != 1 {
			t.Errorf("the stand-in has %d conflicts", n)
		}
		rename("forsker", "Person fagvurderer")
		if got := h.load(t, a.ID); got.State != assessment.Disqualified {
			t.Errorf("by the name of somebody who writes in it: %s", got.State)
		}
	})
}

func TestInvite(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		_, err := h.Invite(h.As(t, "fageier"), "Ola", "ola@norce.no", "norce")
		wants(t, "invited by the owner", fault.Forbidden, err)
		_, err = h.Invite(h.As(t, "fou"), "X", "fou2@example.org", "norce")
		wants(t, "an employee's address", fault.Invalid, err)
		_, err = h.Invite(h.As(t, "fou"), "Ola", "ola", "norce")
		wants(t, "no address", fault.Invalid, err)
		id, err := h.Invite(h.As(t, "fou"), "Ola", "ola@norce.no", "norce")
		must(t, err)
		again, err := h.Invite(h.As(t, "fou"), "Ola N", "Ola@norce.no", "norce")
		must(t, err)
		p, err := h.Directory.Persons.Load(context.Background(), id)
		must(t, err)
		if id != again || p.Staff || len(p.Grants.V) != 1 || p.Grants.V[0].Role != org.Assessor || p.Title != "Ola" {
			t.Errorf("invited %s, %s: %+v", id, again, p)
		}
		x := h.put(t)
		out, err := h.Distribute(h.As(t, "fou"), []string{x.Number}, "external", id, h.due())
		must(t, err)
		if len(out) != 1 || fault.Of(out[0].Err) != fault.Conflict {
			t.Errorf("somebody of the institution that applies: %+v", out)
		}
	})
}
