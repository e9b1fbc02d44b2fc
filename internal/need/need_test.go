package need_test

import (
	"context"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"funn/internal/need"
	"funn/internal/org"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
)

var schema = []fs.FS{event.Migrations, record.Migrations, need.Migrations}

// today is the day on which the tests' clock starts.
var today = time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC)

// people are the actors, one of each sort that the rules tell apart.
var people = map[string]access.Actor{
	"kontor":    staff("kontor", org.Office, "kontor/0101"),
	"fylke":     staff("fylke", org.County, "fylke/03"),
	"fageier":   staff("fageier", org.SubjectOwner, "avdir/fag"),
	"fou":       staff("fou", org.FoU, "avdir/kun/fou"),
	"fou2":      staff("fou2", org.FoU, "avdir/kun/fou"),
	"analyse":   staff("analyse", org.Analysis, "avdir/kun/analyse"),
	"bibliotek": staff("bibliotek", org.Library, "avdir/kun/bibliotek"),
	"jurist":    staff("jurist", org.Legal, "avdir/kun/jus"),
	"leder":     staff("leder", org.Director, "avdir"),
	"ny":        {ID: "ny", Name: "ny", Staff: true, As: []string{"ny"}}, // employed, without a role
	"forsker":   {ID: "forsker", Name: "forsker", As: []string{"forsker"}, Grants: []access.Grant{{Role: org.Researcher}}},
	"":          {},
}

func staff(id string, role access.Role, unit string) access.Actor {
	return access.Actor{ID: id, Name: id, Staff: true, As: []string{id}, Grants: []access.Grant{{Role: role, Unit: unit}}}
}

func as(who string) context.Context { return access.With(context.Background(), people[who]) }

// around answers what needs ask of the organisation, the plan and the library.
type around struct{ published []form.Option }

func (around) Holders(_ context.Context, roles ...access.Role) ([]form.Option, error) {
	var out []form.Option
	for id, a := range people {
		if id != "" && (len(roles) == 0 || a.Has(roles...)) {
			out = append(out, form.Option{Value: id, Label: id})
		}
	}
	return out, nil
}

func (around) Themes(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "sosiale-tjenester", Label: "Sosiale tjenester"}}, nil
}

func (around) Goals(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "flere-i-arbeid", Label: "Flere i arbeid"}}, nil
}

func (a around) Published(context.Context) ([]form.Option, error) { return a.published, nil }

type house struct {
	e *record.Engine
	s *need.Service
	k *need.Kind
}

func open(t testing.TB, d *db.DB, published ...string) house {
	t.Helper()
	var a around
	for _, id := range published {
		a.published = append(a.published, form.Option{Value: id, Label: id})
	}
	h := house{e: record.NewEngine(d, clock.NewMovable(today.Add(8*time.Hour))), s: need.New(a, a, a)}
	h.k = h.s.Kind
	if err := h.e.Register(h.k); err != nil {
		t.Fatal(err)
	}
	return h
}

func in(pairs ...string) record.Input { return record.Input{Values: form.Of(pairs...)} }

func because(i record.Input) record.Input {
	i.Reason = "because"
	return i
}

// describing is a whole description.
func describing(change ...string) record.Input {
	v := form.Of("title", "Why?", "problem", "Nobody knows.", "questions", "One?\n\nTwo?", "decision", "What to do", "decision_date", "2023-06-15",
		"phase", "understand", "rnd_kind", "applied_research", "themes", "sosiale-tjenester", "goals", "flere-i-arbeid")
	for i := 0; i+1 < len(change); i += 2 {
		v = v.With(change[i], change[i+1])
	}
	return record.Input{Values: v}
}

func searching(relevant ...string) record.Input {
	return record.Input{Values: form.Of("query", "why", "where", "portal", "hits", "3", "conclusion", "Little is known.").With("relevant", relevant...)}
}

func choosing(instrument, performed string, more ...string) record.Input {
	return in(append([]string{"instruments", instrument, "performed", performed, "rationale", "It fits."}, more...)...)
}

// tester is a test or one run of a property.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// do gives commands that must be allowed.
func (h house) do(t tester, n *need.Need, who, command string, i record.Input) *need.Need {
	t.Helper()
	out, err := h.k.Do(as(who), n.ID, command, i)
	if err != nil {
		t.Fatalf("%s by %s in %s: %v", command, who, n.State, err)
	}
	return out
}

// in makes a need that has come to the state: reported by the office, owned by
// the subject owner, helped along by the R&D section.
func (h house) in(t tester, state string) *need.Need {
	t.Helper()
	n, err := h.k.Create(as("kontor"), "report", in("title", "Why?", "problem", "Nobody knows."), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		to string
		do func()
	}{
		{need.Clarifying, func() { n = h.do(t, n, "fou", "take", in("case_worker", "fou", "owner", "fageier")) }},
		{need.Clarified, func() {
			n = h.do(t, n, "fageier", "describe", describing())
			n = h.do(t, n, "bibliotek", "search", searching())
			n = h.do(t, n, "fageier", "sign", in())
		}},
		{need.InstrumentChosen, func() { n = h.do(t, n, "fou", "choose", choosing("commission", "external")) }},
		{need.Acquiring, func() { n = h.follow(t, n, h.s.Started) }},
		{need.Answered, func() { n = h.follow(t, n, h.s.AnsweredBy) }},
	} {
		if n.State == state {
			return n
		}
		step.do()
	}
	if n.State != state {
		t.Fatalf("no way to %s; stands in %s", state, n.State)
	}
	return n
}

// follow tells the need what happened to the work, and loads it again.
func (h house) follow(t tester, n *need.Need, tell func(context.Context, string) error) *need.Need {
	t.Helper()
	if err := tell(context.Background(), n.ID); err != nil {
		t.Fatal(err)
	}
	return h.load(t, n)
}

func (h house) load(t tester, n *need.Need) *need.Need {
	t.Helper()
	out, err := h.k.Load(context.Background(), n.ID)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// refused checks that a command was refused in the right way, on just these
// grounds: the keys of the fields or of what blocks.
func refused(t testing.TB, what string, err error, kind fault.Kind, keys ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s was allowed", what)
		return
	}
	f, ok := fault.As(err)
	if !ok || f.Kind != kind {
		t.Errorf("%s: %v, want a fault of kind %d", what, err, kind)
		return
	}
	var got []string
	for _, g := range f.Fields {
		got = append(got, g.Key)
	}
	if len(keys) > 0 && !slices.Equal(got, keys) {
		t.Errorf("%s: grounds %v, want %v", what, got, keys)
	}
}

// B1: everybody with a mandate reports; the R&D section has it in its queue at
// once, and whoever reported it can follow it.
func TestReport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		input := in("title", "Why?", "problem", "Nobody knows.", "on_behalf_of", "The ministry")
		for _, who := range []string{"jurist", "bibliotek", "forsker", "ny", ""} {
			_, err := h.k.Create(as(who), "report", input, nil)
			refused(t, "reporting as "+who, err, fault.Forbidden)
		}
		for _, who := range []string{"kontor", "fylke", "fageier", "fou", "analyse", "leder"} {
			n, err := h.k.Create(as(who), "report", input, nil)
			if err != nil {
				t.Errorf("reporting as %s: %v", who, err)
				continue
			}
			owner := ""
			if who == "fageier" {
				owner = who
			}
			if n.State != need.Reported || n.Submitter != who || n.Unit != people[who].Grants[0].Unit || n.OnBehalfOf != "The ministry" || n.Owner != owner {
				t.Errorf("reported by %s: %+v", who, n)
			}
			tasks, err := h.e.TasksOf(as("fou"), people["fou"])
			if err != nil || !slices.ContainsFunc(tasks, func(m record.MyTask) bool { return m.RecordID == n.ID && m.Command == "take" }) {
				t.Errorf("not in the queue of the R&D section: %v, %v", tasks, err)
			}
			if _, err := h.k.ByNumber(as(who), n.Number); err != nil {
				t.Errorf("%s cannot follow the need: %v", who, err)
			}
		}
		_, err := h.k.Create(as("kontor"), "report", in("title", "Why?", "problem", "x", "decision_date", "2023-01-02"), nil)
		refused(t, "a decision taken today", err, fault.Invalid, "need.date_passed")
		_, err = h.k.Create(as("kontor"), "report", in(), nil)
		refused(t, "an empty form", err, fault.Invalid, "form.required.text", "form.required.text")
	})
}

func TestDraft(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		n, err := h.k.Create(as("kontor"), "report", in("title", "Why?", "problem", "x", "as_draft", "true"), nil)
		if err != nil || n.State != need.Draft {
			t.Fatalf("draft: %+v, %v", n, err)
		}
		for _, who := range []string{"fou", "fageier", "leder", "forsker", ""} {
			_, err := h.k.ByNumber(as(who), n.Number)
			refused(t, "another's draft as "+who, err, fault.NotFound)
		}
		n = h.do(t, n, "kontor", "edit", in("title", "How?", "problem", "y", "decision_date", "2023-05-01", "lang", "nn"))
		if n.Title != "How?" || n.Lang != "nn" || n.DecisionDate.Month() != time.May {
			t.Errorf("edited: %+v", n)
		}
		n = h.do(t, n, "kontor", "submit", in())
		if n.State != need.Reported {
			t.Errorf("sent: %s", n.State)
		}
		_, err = h.k.Do(as("kontor"), n.ID, "edit", in("title", "z", "problem", "z"))
		refused(t, "editing after sending", err, fault.Conflict)
	})
}

// People write in the language of the page; the loader's choice stands.
func TestLanguage(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	c := lang.NewCatalog()
	input := in("title", "Why?", "problem", "x")
	for _, tag := range lang.Tags {
		n, err := h.k.Create(lang.WithPrinter(as("kontor"), c.Printer(tag)), "report", input, nil)
		if err != nil || n.Lang != string(tag) {
			t.Errorf("reported on a page in %s: lang %q, %v", tag, n.Lang, err)
		}
	}
	n, err := h.k.Create(as("kontor"), "report", input, func(n *need.Need) { n.Lang = "nn" })
	if err != nil || n.Lang != "nn" {
		t.Errorf("loaded: lang %q, %v", n.Lang, err)
	}
}

// B2 and B3: a description is signed with a question, a decision date ahead, a
// search, and by the subject owner alone.
func TestSign(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		n := h.in(t, need.Clarifying)
		sign := func() error { _, err := h.k.Do(as("fageier"), n.ID, "sign", in()); return err }
		refused(t, "signing nothing", sign(), fault.Conflict, "need.blocked.questions", "need.blocked.decision_date", "need.blocked.search")
		_, err := h.k.Do(as("fageier"), n.ID, "describe", describing("questions", ""))
		refused(t, "no question", err, fault.Invalid, "form.required.text")
		_, err = h.k.Do(as("fageier"), n.ID, "describe", describing("decision_date", ""))
		refused(t, "no decision date", err, fault.Invalid, "form.required.day")
		n = h.do(t, n, "analyse", "describe", describing())
		if want := []string{"One?", "Two?"}; !cmp.Equal(n.Questions.V, want) {
			t.Errorf("questions %q", n.Questions.V)
		}
		refused(t, "signing without a search", sign(), fault.Conflict, "need.blocked.search")
		n = h.do(t, n, "bibliotek", "search", searching())
		for _, who := range []string{"fou", "fou2", "analyse", "kontor", "leder"} {
			_, err := h.k.Do(as(who), n.ID, "sign", in())
			refused(t, "signing as "+who, err, fault.Forbidden)
		}
		h.e.Clock.(*clock.Movable).Forward(time.Date(2023, 6, 15, 8, 0, 0, 0, time.UTC))
		refused(t, "signing on the day of the decision", sign(), fault.Conflict, "need.blocked.decision_passed")
		h.do(t, n, "fageier", "describe", describing("decision_date", "2023-06-16"))
		n = h.do(t, n, "fageier", "sign", in())
		if n.State != need.Clarified || n.SignedBy != "fageier" || n.SignedAt.IsZero() {
			t.Errorf("signed: %+v", n)
		}
		n = h.do(t, n, "fou", "rework", because(in()))
		if n.State != need.Clarifying || n.SignedBy != "" || !n.SignedAt.IsZero() {
			t.Errorf("after rework: %+v", n)
		}
	})
}

// A4: basic research is refused at its field; the other four kinds are saved.
func TestKindsOfWork(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	n := h.in(t, need.Clarifying)
	for _, kind := range plan.RnDKinds {
		got, err := h.k.Do(as("fageier"), n.ID, "describe", describing("rnd_kind", kind))
		switch {
		case kind == plan.BasicResearch:
			refused(t, kind, err, fault.Invalid, "plan.basic_research_refused")
			if f, _ := fault.As(err); f != nil && f.Fields[0].Name != "rnd_kind" {
				t.Errorf("refused at field %q", f.Fields[0].Name)
			}
		case err != nil || got.RnDKind != kind:
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// What a need has from an earlier plan stays a choice when it is edited (A2).
func TestThemeOfEarlierPlan(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	n := h.in(t, need.Clarifying)
	_, err := h.k.Do(as("fageier"), n.ID, "describe", describing("themes", "arbeid-og-helse"))
	refused(t, "a theme that is not in the plan", err, fault.Invalid, "form.not_an_option")
	old := &need.Need{Head: record.Head{Title: "Old", State: need.Clarifying}, Owner: "fageier"}
	old.Themes.V, old.Goals.V = []string{"arbeid-og-helse"}, []string{"gammelt-mal"}
	if err := h.k.Import(access.With(context.Background(), access.System), old, "source"); err != nil {
		t.Fatal(err)
	}
	got := h.do(t, old, "fageier", "describe", describing("themes", "arbeid-og-helse", "goals", "gammelt-mal"))
	if !cmp.Equal(got.Themes.V, []string{"arbeid-og-helse"}) || !cmp.Equal(got.Goals.V, []string{"gammelt-mal"}) {
		t.Errorf("themes %q, goals %q", got.Themes.V, got.Goals.V)
	}
}

// B3: a search and its hits are kept and linked; a need is covered by at least
// one publication, and reopened it is where it was.
func TestKnownAlready(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		empty := open(t, d)
		n := empty.in(t, need.Clarified)
		_, err := empty.k.Do(as("fageier"), n.ID, "cover", in("publications", "x"))
		refused(t, "covered by what is not there", err, fault.Invalid, "form.not_an_option")

		first, second := empty.in(t, need.Reported), empty.in(t, need.Reported) // any records can be linked to
		h := open(t, d, first.ID, second.ID)
		n = h.in(t, need.Clarifying)
		_, err = h.k.Do(as("jurist"), n.ID, "search", searching())
		refused(t, "searching as a lawyer", err, fault.Forbidden)
		n = h.do(t, n, "bibliotek", "search", searching(first.ID, second.ID))
		want := need.Search{By: "bibliotek", Query: "why", Where: []string{"portal"}, Hits: 3, Relevant: []string{first.ID, second.ID}, Conclusion: "Little is known."}
		got := n.Searches.V[0]
		if got.At.IsZero() {
			t.Error("the search has no time")
		}
		got.At = time.Time{}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("search (-want +got):\n%s", diff)
		}
		n = h.do(t, n, "fageier", "describe", describing())
		n = h.do(t, n, "fageier", "sign", in())
		_, err = h.k.Do(as("fageier"), n.ID, "cover", in())
		refused(t, "covered by nothing", err, fault.Invalid, "form.required.choices")
		_, err = h.k.Do(as("fou"), n.ID, "cover", in("publications", first.ID))
		refused(t, "covered by the R&D section", err, fault.Forbidden)
		links := func() map[string]string {
			_, edges, err := h.e.Thread(as("fou"), n.ID)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]string{}
			for _, x := range edges {
				out[x.To] = x.Rel
			}
			return out
		}
		n = h.do(t, n, "fageier", "cover", in("publications", first.ID))
		if diff := cmp.Diff(map[string]string{first.ID: "covered_by", second.ID: "builds_on"}, links()); diff != "" || n.State != need.Covered {
			t.Errorf("covered in %s (-want +got):\n%s", n.State, diff)
		}
		n = h.do(t, n, "fou", "reopen", because(in()))
		if diff := cmp.Diff(map[string]string{first.ID: "builds_on", second.ID: "builds_on"}, links()); diff != "" || n.State != need.Clarified || len(n.CoveredBy.V) > 0 {
			t.Errorf("reopened in %s (-want +got):\n%s", n.State, diff)
		}
	})
}

// What cannot be covered says so before anybody fills in a form.
func TestNothingPublished(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	actions, err := h.k.Actions(as("fageier"), h.in(t, need.Clarified))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(actions, func(a record.Action) bool { return a.Name == "cover" })
	if i < 0 || len(actions[i].Verdict.Blocking) != 1 || actions[i].Verdict.Blocking[0].Key != "need.blocked.publications" {
		t.Errorf("actions %+v", actions)
	}
}

// B4: the plan's advice is given, and going against it takes a written reason
// that is kept with what it overruled.
func TestChoose(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	for name, c := range map[string]struct {
		input record.Input
		warns []string
	}{
		"others do it":                                         {choosing("commission", "external", "evaluates_nav", "true"), nil},
		"Nav does it, of others' services":                     {choosing("internal_analysis", "internal"), nil},
		"Nav judges itself":                                    {choosing("commission", "internal", "evaluates_nav", "true"), []string{"internal_evaluation"}},
		"an analysis of Nav's own services, whoever does it":   {choosing("internal_analysis", "both", "evaluates_nav", "true"), []string{"internal_evaluation"}},
		"a grant takes longer than there is":                   {choosing("grant", "external"), []string{"too_slow"}},
		"a doctorate by Nav itself":                            {choosing("phd", "internal", "evaluates_nav", "true"), []string{"internal_evaluation", "too_slow"}},
		"several at once, one of them in time":                 {choosing("grant", "external", "instruments", "synthesis"), nil},
		"several at once, none in time":                        {choosing("grant", "external", "instruments", "council"), []string{"too_slow"}},
		"a trial has no least time in the plan":                {choosing("trial", "both"), nil},
		"a partnership takes a year, and the decision is near": {choosing("partnership", "external"), []string{"too_slow"}},
	} {
		t.Run(name, func(t *testing.T) {
			n := h.in(t, need.Clarified)
			if len(c.warns) > 0 {
				var keys []string
				for _, w := range c.warns {
					keys = append(keys, "need.warn."+w)
				}
				_, err := h.k.Do(as("fou"), n.ID, "choose", c.input)
				refused(t, "no reason", err, fault.Invalid, keys...)
			}
			n = h.do(t, n, "fou", "choose", because(c.input))
			got := n.Choices.V[0]
			overruled := ""
			if len(c.warns) > 0 {
				overruled = "because"
			}
			v := c.input.Values
			want := need.Choice{
				At: got.At, By: "fou", Instruments: v.List("instruments"), Performed: v.String("performed"), EvaluatesNav: v.Bool("evaluates_nav"),
				Rationale: "It fits.", Warnings: c.warns, Overruled: overruled,
			}
			if diff := cmp.Diff(want, got); diff != "" || n.State != need.InstrumentChosen {
				t.Errorf("chosen in %s (-want +got):\n%s", n.State, diff)
			}
		})
	}
	t.Run("who", func(t *testing.T) {
		n := h.in(t, need.Clarified)
		for _, who := range []string{"fageier", "kontor", "bibliotek", "leder"} {
			_, err := h.k.Do(as(who), n.ID, "choose", choosing("commission", "external"))
			refused(t, "choosing as "+who, err, fault.Forbidden)
		}
		h.do(t, n, "analyse", "choose", choosing("commission", "external"))
	})
	t.Run("after rework the earlier choice stays", func(t *testing.T) {
		n := h.in(t, need.InstrumentChosen)
		n = h.do(t, n, "analyse", "rework", because(in()))
		n = h.do(t, n, "fageier", "sign", in())
		n = h.do(t, n, "fou", "choose", choosing("synthesis", "external"))
		if len(n.Choices.V) != 2 || n.Choices.V[0].Instruments[0] != "commission" {
			t.Errorf("choices %+v", n.Choices.V)
		}
	})
}

func TestTiming(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2023, 1, d, 0, 0, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		state              string
		decision, forecast time.Time
		want               need.Timing
		late               bool
	}{
		"no date":                          {need.Reported, time.Time{}, day(9), need.NoDecision, false},
		"a date, no forecast":              {need.Clarified, day(9), time.Time{}, need.NotForecast, false},
		"the decision is today":            {need.Clarified, day(2), time.Time{}, need.NotForecast, false},
		"the day of the decision has gone": {need.Clarified, day(1), time.Time{}, need.Passed, true},
		"forecast on the day":              {need.Acquiring, day(9), day(9), need.InTime, false},
		"forecast a day late":              {need.Acquiring, day(9), day(10), need.AfterDecision, true},
		"on hold and late":                 {need.Paused, day(9), day(10), need.AfterDecision, true},
		"forecast kept, but not delivered": {need.Acquiring, day(1), day(1), need.Passed, true},
		"answered in time":                 {need.Answered, day(1), day(1), need.InTime, false},
		"answered, nothing was forecast":   {need.Answered, day(1), time.Time{}, need.InTime, false},
		"answered late":                    {need.Answered, day(1), day(2), need.AfterDecision, true},
		"closed late":                      {need.Closed, day(1), day(2), need.NoDecision, false},
		"turned down":                      {need.Rejected, day(1), time.Time{}, need.NoDecision, false},
		"covered":                          {need.Covered, day(1), time.Time{}, need.NoDecision, false},
		"merged":                           {need.Merged, day(1), time.Time{}, need.NoDecision, false},
		"a draft":                          {need.Draft, day(1), time.Time{}, need.NoDecision, false},
	} {
		n := &need.Need{Head: record.Head{State: c.state}, DecisionDate: c.decision, Forecast: c.forecast}
		if got := n.Timing(today); got != c.want || got.Late() != c.late {
			t.Errorf("%s: %d (late %v), want %d (late %v)", name, got, got.Late(), c.want, c.late)
		}
	}
}

// B5 at the need: a forecast after the decision turns it red in the same
// transaction, and a moved decision or forecast takes the red away.
func TestForecast(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		ctx := context.Background()
		n := h.in(t, need.Acquiring) // decision on 15 June 2023
		expect := func(day time.Time, alert string) {
			t.Helper()
			if err := h.s.Expect(ctx, n.ID, day); err != nil {
				t.Fatal(err)
			}
			if n = h.load(t, n); n.Alert != alert || !n.Forecast.Equal(day) {
				t.Errorf("expected %v: alert %q, forecast %v, want alert %q", day, n.Alert, n.Forecast, alert)
			}
		}
		june := func(d int) time.Time { return time.Date(2023, 6, d, 0, 0, 0, 0, time.UTC) }
		expect(june(15), "")
		expect(june(16), need.Late)
		version := n.Version
		expect(june(16), need.Late)
		if n.Version != version {
			t.Error("the same forecast again made an event")
		}
		_, err := h.k.Do(as("fou"), n.ID, "move_decision", because(in("decision_date", "2023-07-01")))
		refused(t, "moving the decision as case worker", err, fault.Forbidden)
		_, err = h.k.Do(as("fageier"), n.ID, "move_decision", in("decision_date", "2023-07-01"))
		refused(t, "moving the decision without a reason", err, fault.Invalid, "form.required.reason")
		n = h.do(t, n, "fageier", "move_decision", because(in("decision_date", "2023-07-01")))
		if n.Alert != "" {
			t.Errorf("after the decision moved: %q", n.Alert)
		}
		expect(time.Date(2023, 7, 2, 0, 0, 0, 0, time.UTC), need.Late)
		n = h.do(t, n, "fou", "pause", because(in("review_date", "2023-05-01")))
		expect(time.Date(2023, 6, 30, 0, 0, 0, 0, time.UTC), "")
		expect(time.Date(2023, 8, 30, 0, 0, 0, 0, time.UTC), need.Late)
		expect(time.Time{}, "")

		rejected := h.do(t, h.in(t, need.Reported), "fou", "reject", because(in()))
		if err := h.s.Expect(ctx, rejected.ID, june(1)); err != nil || !h.load(t, rejected).Forecast.IsZero() {
			t.Errorf("a need that was turned down got a forecast: %v", err)
		}
	})
}

// A need on hold goes back to where it was, is looked at again on its day, and
// wakes when the work that answers it moves on without it.
func TestPause(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	for _, state := range []string{need.Reported, need.Clarifying, need.Clarified, need.InstrumentChosen, need.Acquiring} {
		n := h.in(t, state)
		_, err := h.k.Do(as("fou"), n.ID, "pause", because(in("review_date", "2023-01-02")))
		refused(t, "a review today", err, fault.Invalid, "need.date_passed")
		_, err = h.k.Do(as("fou"), n.ID, "pause", in("review_date", "2023-03-01"))
		refused(t, "no reason", err, fault.Invalid, "form.required.reason")
		_, err = h.k.Do(as("fageier"), n.ID, "pause", because(in("review_date", "2023-03-01")))
		refused(t, "pausing as subject owner", err, fault.Forbidden)
		n = h.do(t, n, "fou2", "pause", because(in("review_date", "2023-03-01")))
		waiting, err := h.e.Waiting(context.Background(), n.ID)
		if err != nil || len(waiting[n.ID]) == 0 || waiting[n.ID][0].Command != "resume" || !waiting[n.ID][0].Due.Equal(time.Date(2023, 3, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("paused in %s: waits for %+v, %v", state, waiting[n.ID], err)
		}
		if n = h.do(t, n, "fou", "resume", because(in())); n.State != state || n.PausedState != "" || !n.ReviewDate.IsZero() {
			t.Errorf("resumed in %s, want %s: %+v", n.State, state, n)
		}
	}
	paused := func(state string) *need.Need {
		return h.do(t, h.in(t, state), "fou", "pause", because(in("review_date", "2023-03-01")))
	}
	if n := h.follow(t, paused(need.InstrumentChosen), h.s.Started); n.State != need.Acquiring || n.PausedState != "" {
		t.Errorf("the work began: %+v", n)
	}
	if n := h.follow(t, paused(need.Acquiring), h.s.AnsweredBy); n.State != need.Answered {
		t.Errorf("the work ended: %s", n.State)
	}
	if n := h.follow(t, paused(need.Clarifying), h.s.Started); n.State != need.Paused {
		t.Errorf("work began on what is not clarified: %s", n.State)
	}
	lost := &need.Need{Head: record.Head{Title: "Old", State: need.Paused}}
	if err := h.k.Import(access.With(context.Background(), access.System), lost, "source"); err != nil {
		t.Fatal(err)
	}
	if n := h.do(t, lost, "fou", "resume", because(in())); n.State != need.Reported {
		t.Errorf("resumed from nowhere: %s", n.State)
	}
}

func TestMergeRejectReopen(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	into := h.in(t, need.Clarifying)
	for _, state := range []string{need.Reported, need.Clarifying, need.Clarified, need.InstrumentChosen} {
		n := h.in(t, state)
		_, err := h.k.Do(as("fou"), n.ID, "merge", because(in("into", n.ID)))
		refused(t, "merging into itself", err, fault.Invalid, "form.not_an_option")
		n = h.do(t, n, "fou", "merge", because(in("into", into.ID)))
		if n.State != need.Merged || n.MergedInto != into.ID {
			t.Errorf("merged: %+v", n)
		}
		_, edges, err := h.e.Thread(as("fou"), into.ID)
		if err != nil || !slices.Contains(edges, record.Edge{From: n.ID, To: into.ID, Rel: "merged_into"}) {
			t.Errorf("edges %v, %v", edges, err)
		}
		_, err = h.k.Do(as("fou"), into.ID, "merge", because(in("into", n.ID)))
		refused(t, "merging into what is merged", err, fault.Invalid, "form.not_an_option")
		n = h.do(t, n, "fou2", "reopen", because(in()))
		if n.State != state || n.MergedInto != "" {
			t.Errorf("reopened in %s, want %s", n.State, state)
		}
		_, err = h.k.Do(as("fageier"), n.ID, "reject", because(in()))
		refused(t, "turning down as subject owner", err, fault.Forbidden)
		_, err = h.k.Do(as("fou"), n.ID, "reject", in())
		refused(t, "turning down without a reason", err, fault.Invalid, "form.required.reason")
		n = h.do(t, n, "fou", "reject", because(in()))
		_, err = h.k.Do(as("kontor"), n.ID, "reopen", because(in()))
		refused(t, "reopening as submitter", err, fault.Forbidden)
		if n = h.do(t, n, "fou", "reopen", because(in())); n.State != state {
			t.Errorf("reopened in %s, want %s", n.State, state)
		}
	}
	n := h.in(t, need.Acquiring)
	_, err := h.k.Do(as("fou"), n.ID, "reject", because(in()))
	refused(t, "turning down what is being answered", err, fault.Conflict)
}

// A need is closed when the use of its answer has been decided, by its owner.
func TestClose(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	n := h.in(t, need.Answered)
	_, err := h.k.Do(as("fageier"), n.ID, "close", in())
	refused(t, "closing before the use is decided", err, fault.Conflict, "need.blocked.use_not_decided")
	n = h.follow(t, n, h.s.UseDecided)
	_, err = h.k.Do(as("fou"), n.ID, "close", in())
	refused(t, "closing as case worker", err, fault.Forbidden)
	if n = h.do(t, n, "fageier", "close", in()); n.State != need.Closed {
		t.Errorf("closed: %s", n.State)
	}
}

// What follows from a study leaves a need alone that has come further, or that
// is done with.
func TestFollowsOnce(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	answered := h.in(t, need.Answered)
	for name, tell := range map[string]func(context.Context, string) error{"started": h.s.Started, "answered": h.s.AnsweredBy} {
		for _, n := range []*need.Need{answered, h.in(t, need.Clarified), h.do(t, h.in(t, need.Reported), "fou", "reject", because(in()))} {
			if got := h.follow(t, n, tell); got.State != n.State || got.Version != n.Version {
				t.Errorf("%s in %s: now %s", name, n.State, got.State)
			}
		}
	}
	options, err := h.s.Waiting(as("fou"))
	if err != nil || slices.ContainsFunc(options, func(o form.Option) bool { return o.Value == answered.ID }) {
		t.Errorf("an answered need waits for an answer: %v, %v", options, err)
	}
	chosen := h.in(t, need.InstrumentChosen)
	if options, err = h.s.Waiting(as("fou")); err != nil || !slices.Contains(options, form.Option{Value: chosen.ID, Label: chosen.Number + " " + chosen.Title}) {
		t.Errorf("waiting: %v, %v", options, err)
	}
}

// B6: other units second a need, each once, with one click.
func TestSecond(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		n := h.in(t, need.Reported)
		try := func(who string) error {
			t.Helper()
			may, err := h.s.MaySecond(as(who), n)
			if err != nil {
				t.Fatal(err)
			}
			_, err = h.k.Do(as(who), n.ID, "second", in())
			if may != (err == nil) {
				t.Errorf("%s: the page says %v, the command %v", who, may, err)
			}
			n = h.load(t, n)
			return err
		}
		refused(t, "one's own unit", try("kontor"), fault.Conflict, "need.blocked.own_unit")
		refused(t, "without a unit", try("ny"), fault.Conflict, "need.blocked.no_unit")
		refused(t, "somebody outside", try("forsker"), fault.NotFound)
		if err := try("fou"); err != nil {
			t.Error(err)
		}
		refused(t, "the same unit again", try("fou2"), fault.Conflict, "need.blocked.already_seconded")
		if err := try("fylke"); err != nil {
			t.Error(err)
		}
		if n.SupportCount != 2 || len(n.Support.V) != 2 || n.Support.V[1].Unit != "fylke/03" || n.Support.V[1].By != "fylke" {
			t.Errorf("support %d, %+v", n.SupportCount, n.Support.V)
		}
		n = h.do(t, n, "fou", "reject", because(in()))
		refused(t, "seconding what is turned down", try("fageier"), fault.Conflict)
	})
}

// A7: a person of another agency who is invited sees the need and comments on
// it, and nothing more.
func TestInvite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		n := h.in(t, need.Clarifying)
		_, err := h.k.Do(as("forsker"), n.ID, "comment", in("text", "hello"))
		refused(t, "commenting uninvited", err, fault.NotFound)
		_, err = h.k.Do(as("fageier"), n.ID, "invite", in("partner", "forsker"))
		refused(t, "inviting as subject owner", err, fault.Forbidden)
		for range 2 {
			n = h.do(t, n, "fou", "invite", in("partner", "forsker"))
		}
		if !cmp.Equal(n.Partners.V, []string{"forsker"}) {
			t.Errorf("partners %v", n.Partners.V)
		}
		n = h.do(t, n, "forsker", "comment", in("text", "hello"))
		if len(n.Comments.V) != 1 || n.Comments.V[0].Text != "hello" || n.Comments.V[0].By != "forsker" {
			t.Errorf("comments %+v", n.Comments.V)
		}
		_, err = h.k.Do(as("forsker"), n.ID, "second", in())
		refused(t, "seconding as a partner", err, fault.Forbidden)
		other := h.in(t, need.Reported)
		_, err = h.k.ByNumber(as("forsker"), other.Number)
		refused(t, "another need", err, fault.NotFound)
		units, err := h.s.Units(as("forsker"))
		if err != nil || !cmp.Equal(units, []string{"kontor/0101"}) {
			t.Errorf("units %v, %v", units, err)
		}
		if units, err = h.s.Units(as("")); err != nil || len(units) > 0 {
			t.Errorf("units for nobody: %v, %v", units, err)
		}
	})
}

// Who has the ball follows from what is still missing.
func TestWaiting(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	waits := func(n *need.Need) []string {
		t.Helper()
		tasks, err := h.e.Waiting(context.Background(), n.ID)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, x := range tasks[n.ID] {
			who := x.PersonID
			if who == "" {
				who = "role " + string(x.Role)
			}
			out = append(out, x.Command+" "+who)
		}
		slices.Sort(out)
		return out
	}
	want := func(n *need.Need, tasks ...string) {
		t.Helper()
		if diff := cmp.Diff(tasks, waits(n)); diff != "" {
			t.Errorf("in %s (-want +got):\n%s", n.State, diff)
		}
	}
	n := h.in(t, need.Reported)
	want(n, "take role fou")
	n = h.do(t, n, "fou2", "take", in("case_worker", "fou2", "owner", "kontor"))
	want(n, "describe fou2", "describe kontor", "search fou2", "search kontor")
	n = h.do(t, n, "kontor", "describe", describing())
	want(n, "search fou2", "search kontor")
	n = h.do(t, n, "analyse", "search", searching())
	want(n, "sign kontor")
	n = h.do(t, n, "fou", "assign", in("case_worker", "fou", "owner", "fageier"))
	want(n, "sign fageier")
	n = h.do(t, n, "fageier", "sign", in())
	want(n, "choose fou")
	n = h.do(t, n, "fou", "choose", choosing("commission", "external"))
	// Somebody must set up the project, also when the only one is given up later.
	want(n, "set_up fou")
	expect := func(day time.Time) func(context.Context, string) error {
		return func(ctx context.Context, id string) error { return h.s.Expect(ctx, id, day) }
	}
	n = h.follow(t, n, expect(today.AddDate(0, 3, 0)))
	want(n)
	n = h.follow(t, n, h.s.Started)
	n = h.follow(t, n, expect(time.Time{}))
	want(n, "set_up fou")
	n = h.follow(t, n, h.s.AnsweredBy)
	want(n) // the use is decided elsewhere first
	n = h.follow(t, n, h.s.UseDecided)
	want(n, "close fageier")
}

// Nobody who has no rule in a state can do anything in it; MayReport agrees with
// the command.
func TestMayReport(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t, schema...))
	for who := range people {
		_, err := h.k.Create(as(who), "report", in("title", "Why?", "problem", "x"), nil)
		if may := h.s.MayReport(as(who)); may != (err == nil) {
			t.Errorf("%q: the page says %v, the command %v", who, may, err)
		}
	}
}

// Everything that the pages of a need say exists in all three languages.
func TestTexts(t *testing.T) {
	t.Parallel()
	c := lang.NewCatalog()
	for _, m := range []fs.FS{lang.Messages, org.Messages, plan.Messages, need.Messages} {
		if err := c.Load(m); err != nil {
			t.Fatal(err)
		}
	}
	h := open(t, dbtest.SQLite(t, schema...))
	for _, key := range recordweb.MissingTexts(c, h.k.Lifecycle()) {
		if key != "form.field.reason" {
			t.Errorf("no text for %s", key)
		}
	}
	for _, m := range c.Missing() {
		t.Error(m)
	}
	for _, key := range []string{
		"need.alert." + need.Late, "need.date_passed", "need.describe.task", "need.search.task", "need.sign.task",
		"need.blocked.questions", "need.blocked.decision_date", "need.blocked.search", "need.blocked.decision_passed", "need.blocked.publications",
		"need.blocked.use_not_decided", "need.blocked.own_unit", "need.blocked.already_seconded", "need.blocked.no_unit",
		"need.warn.internal_evaluation", "need.warn.too_slow", "need.warned.internal_evaluation", "need.warned.too_slow",
		"link.answers", "link.merged_into", "link.covered_by", "link.builds_on",
	} {
		if !c.Has(key) {
			t.Errorf("no text for %s", key)
		}
	}
}
