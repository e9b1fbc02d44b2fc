package record_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

// A case is the smallest kind with all there is to a lifecycle: a draft only its
// maker sees, a decision that needs two people, and a way back.
type aCase struct {
	record.Head
	Owner string            `db:"owner"`
	Notes db.JSON[[]string] `db:"notes"`
}

var schema = []fs.FS{event.Migrations, record.Migrations, fstest.MapFS{"9001_case.sql": {Data: []byte(`
CREATE TABLE a_case (
    id TEXT PRIMARY KEY REFERENCES record (id),
    owner TEXT NOT NULL,
    notes JSONB NOT NULL
);
`)}}}

func caseKind() *record.Kind[*aCase] {
	type cmd = record.Command[*aCase]
	owner := []access.Rule{{Relations: []string{"owner"}}}
	officer := []access.Rule{{Roles: []access.Role{"officer"}, OwnUnit: true}}
	return &record.Kind[*aCase]{
		Name: "case", Prefix: "C", Path: "/case", Table: "a_case",
		Initial: []string{"DRAFT"},
		New:     func() *aCase { return &aCase{} },
		States: []lifecycle.State{
			{Name: "DRAFT", Label: "draft"}, {Name: "SENT", Label: "sent"}, {Name: "PROPOSED", Label: "sent"},
			{Name: "DECIDED", Label: "done", Final: true}, {Name: "REFUSED", Label: "done", Final: true},
		},
		Read: []access.Rule{
			{Relations: []string{"owner"}},
			{Roles: []access.Role{"officer"}, OwnUnit: true, NotStates: []string{"DRAFT"}},
			{Public: true, States: []string{"DECIDED"}},
		},
		Relations: func(c *aCase) map[string][]string { return map[string][]string{"owner": {c.Owner}} },
		Describe:  func(context.Context, *aCase) (record.Doc, error) { return record.Doc{Text: "case"}, nil },
		Commands: []cmd{
			{Command: lifecycle.Command{Name: "open", Path: "ny", Create: true, To: []string{"DRAFT"}, Who: []access.Rule{{Anyone: true}},
				Fields: []form.Field{{Name: "title", Required: true}}},
				Apply: func(_ context.Context, c *record.Change[*aCase]) error {
					c.Rec.Title, c.Rec.Owner, c.Rec.Unit = c.In.String("title"), c.Actor.ID, "top/a"
					return nil
				}},
			{Command: lifecycle.Command{Name: "send", Path: "send", From: []string{"DRAFT"}, To: []string{"SENT"}, Who: owner, Task: true}},
			{Command: lifecycle.Command{Name: "note", Path: "notat", From: []string{"SENT", "PROPOSED"}, Who: append(slices.Clone(owner), officer...),
				Fields: []form.Field{{Name: "text", Required: true, Max: 20}}},
				Apply: func(_ context.Context, c *record.Change[*aCase]) error {
					c.Rec.Notes.V = append(c.Rec.Notes.V, c.In.String("text"))
					return nil
				}},
			{Command: lifecycle.Command{Name: "propose", Path: "foresla", From: []string{"SENT"}, To: []string{"PROPOSED"}, Who: officer, Task: true, Days: 14},
				Check: func(_ context.Context, c *aCase, _ form.Values) (v record.Verdict, err error) {
					if len(c.Notes.V) == 0 {
						v.Block("case.needs_note")
					}
					return v, nil
				}},
			{Command: lifecycle.Command{Name: "decide", Path: "vedta", From: []string{"PROPOSED"}, To: []string{"DECIDED", "REFUSED"}, Who: officer, NotBy: []string{"propose"}, Reason: true,
				Fields: []form.Field{{Name: "outcome", Type: form.Choice, Required: true, Options: form.Codes("case.outcome", "DECIDED", "REFUSED")}}},
				Apply: func(_ context.Context, c *record.Change[*aCase]) error {
					c.To = c.In.String("outcome")
					return nil
				}},
			{Command: lifecycle.Command{Name: "return", Path: "tilbake", From: []string{"PROPOSED"}, To: []string{"SENT"}, Who: officer}},
		},
	}
}

var people = map[string]access.Actor{
	"ann":  {ID: "ann", Name: "Ann", As: []string{"ann"}},
	"bob":  {ID: "bob", Name: "Bob", Staff: true, As: []string{"bob"}, Grants: []access.Grant{{Role: "officer", Unit: "top"}}},
	"cy":   {ID: "cy", Name: "Cy", Staff: true, As: []string{"cy"}, Grants: []access.Grant{{Role: "officer", Unit: "top/a"}}},
	"dora": {ID: "dora", Name: "Dora", Staff: true, As: []string{"dora"}, Grants: []access.Grant{{Role: "officer", Unit: "top/b"}}},
	"":     {},
}

func as(name string) context.Context { return access.With(context.Background(), people[name]) }

func engine(t testing.TB, d *db.DB) (*record.Engine, *record.Kind[*aCase]) {
	t.Helper()
	e := record.NewEngine(d, clock.NewMovable(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC)))
	k := caseKind()
	if err := e.Register(k); err != nil {
		t.Fatal(err)
	}
	return e, k
}

func in(pairs ...string) record.Input { return record.Input{Values: form.Of(pairs...)} }

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func refused(t testing.TB, what string, want fault.Kind, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s was allowed", what)
	} else if got := fault.Of(err); got != want {
		t.Errorf("%s: kind %d (%v), want %d", what, got, err, want)
	}
}

func TestLife(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		e, k := engine(t, d)
		_, err := k.Create(as(""), "open", in("title", "x"), nil)
		refused(t, "creating as nobody", fault.Forbidden, err)
		_, err = k.Create(as("ann"), "open", in(), nil)
		refused(t, "creating without a title", fault.Invalid, err)
		c := must(k.Create(as("ann"), "open", in("title", "Ærlig sak"), nil))(t)
		if c.Number != "C-2023-001" || c.TitleSort == "" {
			t.Errorf("number %q, sort key %q", c.Number, c.TitleSort)
		}
		_, err = k.ByNumber(as("bob"), c.Number)
		refused(t, "another's draft", fault.NotFound, err)
		_, err = k.Do(as("bob"), c.ID, "send", in())
		refused(t, "a command to another's draft", fault.NotFound, err)
		c = must(k.Do(as("ann"), c.ID, "send", in()))(t)
		_, err = k.Do(as("ann"), c.ID, "propose", in())
		refused(t, "proposing as the owner", fault.Forbidden, err)
		_, err = k.Do(as("dora"), c.ID, "propose", in())
		refused(t, "an officer of another unit", fault.NotFound, err)
		_, err = k.Do(as("bob"), c.ID, "propose", in())
		refused(t, "proposing without a note", fault.Conflict, err)
		_, err = k.Do(as("bob"), c.ID, "note", in("text", "this is far longer than twenty"))
		refused(t, "a note too long", fault.Invalid, err)
		must(k.Do(as("bob"), c.ID, "note", in("text", "read")))(t)
		must(k.Do(as("bob"), c.ID, "propose", in()))(t)
		_, err = k.Do(as("bob"), c.ID, "propose", in())
		refused(t, "proposing twice", fault.Conflict, err)
		decide := in("outcome", "DECIDED")
		decide.Reason = "well founded"
		_, err = k.Do(as("bob"), c.ID, "decide", decide)
		refused(t, "deciding one's own proposal", fault.Forbidden, err)
		_, err = k.Do(as("cy"), c.ID, "decide", in("outcome", "DECIDED"))
		refused(t, "deciding without a reason", fault.Invalid, err)
		c = must(k.Do(as("cy"), c.ID, "decide", decide))(t)
		if c.State != "DECIDED" {
			t.Errorf("state %s", c.State)
		}
		must(k.ByNumber(as(""), c.Number))(t)
		events := must(event.Of(as(""), d, c.ID))(t)
		var got []string
		for _, ev := range events {
			got = append(got, fmt.Sprintf("%d %s %s %s>%s", ev.N, ev.ActorID, ev.Command, ev.From, ev.To))
		}
		want := []string{"1 ann open >DRAFT", "2 ann send DRAFT>SENT", "3 bob note SENT>SENT", "4 bob propose SENT>PROPOSED", "5 cy decide PROPOSED>DECIDED"}
		if !slices.Equal(got, want) {
			t.Errorf("history:\n got %v\nwant %v", got, want)
		}
		if _, _, problems, err := e.Check(context.Background(), nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
}

func TestTasks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		e, k := engine(t, d)
		c := must(k.Create(as("ann"), "open", in("title", "x"), nil))(t)
		count := func(who string) int { return len(must(e.TasksOf(as(who), people[who]))(t)) }
		if count("ann") != 1 || count("bob") != 0 {
			t.Errorf("draft: ann has %d, bob %d", count("ann"), count("bob"))
		}
		must(k.Do(as("ann"), c.ID, "send", in()))(t)
		if count("ann") != 0 || count("bob") != 1 || count("cy") != 1 || count("dora") != 0 {
			t.Errorf("sent: ann %d, bob %d, cy %d, dora %d", count("ann"), count("bob"), count("cy"), count("dora"))
		}
		task := must(e.TasksOf(as("bob"), people["bob"]))(t)[0]
		if want := time.Date(2023, 1, 16, 0, 0, 0, 0, time.UTC); !task.Due.Equal(want) || task.Command != "propose" {
			t.Errorf("task %s due %v, want propose by %v", task.Command, task.Due, want)
		}
	})
}

// A task list is no second road to a record: what somebody may not read, or could
// not do in the state it is in, is not in theirs.
func TestTasksOfWhatMayBeRead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		e := record.NewEngine(d, clock.NewMovable(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC)))
		k := caseKind()
		k.Tasks = func(*aCase) []record.Task {
			return []record.Task{{Name: "look", Command: "note", PersonID: "bob"}, {Name: "later", Command: "late"}}
		}
		k.Commands = append(k.Commands, record.Command[*aCase]{Command: lifecycle.Command{
			Name: "late", Path: "sent", From: []string{"DRAFT", "SENT"}, Who: []access.Rule{{Relations: []string{"owner"}, States: []string{"SENT"}}},
		}})
		if err := e.Register(k); err != nil {
			t.Fatal(err)
		}
		c := must(k.Create(as("ann"), "open", in("title", "x"), nil))(t)
		names := func(who string) (out []string) {
			for _, task := range must(e.TasksOf(as(who), people[who]))(t) {
				out = append(out, task.Name)
			}
			slices.Sort(out)
			if n := must(e.CountTasks(as(who), people[who]))(t); n != len(out) {
				t.Errorf("%s: %d counted, %d listed", who, n, len(out))
			}
			return out
		}
		if got := names("bob"); len(got) > 0 {
			t.Errorf("bob is told of another's draft: %v", got)
		}
		if got := names("ann"); !slices.Equal(got, []string{"send"}) {
			t.Errorf("ann has %v, want only what can be done with a draft", got)
		}
		must(k.Do(as("ann"), c.ID, "send", in()))(t)
		if got := names("bob"); !slices.Equal(got, []string{"look", "propose"}) {
			t.Errorf("bob has %v", got)
		}
		if got := names("ann"); !slices.Equal(got, []string{"later"}) {
			t.Errorf("ann has %v", got)
		}
	})
}

// The same form sent many times at once makes one record, and everybody gets it.
func TestSameFormOnce(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"ann", ""} {
		t.Run("by "+who, func(t *testing.T) {
			dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
				_, k := engine(t, d)
				k.Commands[0].Who = []access.Rule{{Public: true}}
				send := in("title", "x")
				send.Request = "form-1"
				ids := make([]string, 16)
				var wg sync.WaitGroup
				for i := range ids {
					wg.Go(func() {
						c, err := k.Create(as(who), "open", send, nil)
						if err != nil {
							t.Errorf("send %d: %v", i, err)
							return
						}
						ids[i] = c.ID
					})
				}
				wg.Wait()
				slices.Sort(ids)
				if len(slices.Compact(ids)) != 1 {
					t.Errorf("made %d records", len(slices.Compact(ids)))
				}
				_, err := k.Create(as("bob"), "open", send, nil)
				refused(t, "another's form key", fault.Conflict, err)
			})
		})
	}
}

// Of two who decide at once one wins, and the other is told who and when.
func TestOneDecides(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		_, k := engine(t, d)
		for range 20 {
			c := must(k.Create(as("ann"), "open", in("title", "x"), nil))(t)
			must(k.Do(as("ann"), c.ID, "send", in()))(t)
			must(k.Do(as("cy"), c.ID, "note", in("text", "n")))(t)
			var won atomic.Int32
			var wg sync.WaitGroup
			for _, who := range []string{"bob", "cy", "bob", "cy"} {
				wg.Go(func() {
					_, err := k.Do(as(who), c.ID, "propose", in())
					if err == nil {
						won.Add(1)
						return
					}
					f, ok := fault.As(err)
					if !ok || f.Kind != fault.Conflict || f.Key != "error.wrong_state_by" {
						t.Errorf("the loser got %v", err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				t.Fatalf("%d won", won.Load())
			}
		}
	})
}

// Random commands of random people against a model: what the lifecycle forbids
// never happens, every change has its event and every event its change.
func TestRandomWalk(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		e, k := engine(t, d)
		rapid.Check(t, func(rt *rapid.T) {
			c, err := k.Create(as("ann"), "open", in("title", "x"), nil)
			if err != nil {
				rt.Fatal(err)
			}
			state, events, notes, proposer := "DRAFT", 1, 0, ""
			for range rapid.IntRange(1, 12).Draw(rt, "steps") {
				who := rapid.SampledFrom([]string{"ann", "bob", "cy", "dora", ""}).Draw(rt, "who")
				cmd := rapid.SampledFrom([]string{"send", "note", "propose", "decide", "return", "open", "nothing"}).Draw(rt, "command")
				input := in("text", "n", "outcome", rapid.SampledFrom([]string{"DECIDED", "REFUSED"}).Draw(rt, "outcome"))
				input.Reason = "because"
				officer := who == "bob" || who == "cy"
				next, ok := "", false
				switch cmd {
				case "send":
					next, ok = "SENT", state == "DRAFT" && who == "ann"
				case "note":
					next, ok = state, (state == "SENT" || state == "PROPOSED") && (officer || who == "ann")
				case "propose":
					next, ok = "PROPOSED", state == "SENT" && officer && notes > 0
				case "decide":
					next, ok = input.Values.String("outcome"), state == "PROPOSED" && officer && who != proposer
				case "return":
					next, ok = "SENT", state == "PROPOSED" && officer
				}
				_, err := k.Do(as(who), c.ID, cmd, input)
				if (err == nil) != ok {
					rt.Fatalf("%s by %q in %s: got %v, the model says %v", cmd, who, state, err, ok)
				}
				if ok {
					state = next
					events++
					switch cmd {
					case "note":
						notes++
					case "propose":
						proposer = who
					}
				}
			}
			now, err := k.Load(as(""), c.ID)
			if err != nil {
				rt.Fatal(err)
			}
			log, err := event.Of(as(""), d, c.ID)
			if err != nil {
				rt.Fatal(err)
			}
			if now.State != state || len(log) != events || now.Version != events || len(now.Notes.V) != notes {
				rt.Fatalf("stands in %s with %d events, version %d and %d notes; the model has %s, %d and %d", now.State, len(log), now.Version, len(now.Notes.V), state, events, notes)
			}
			for _, p := range []string{"ann", "bob", "cy", "dora", ""} {
				listed, err := k.Count(as(p), *new(db.Where).And("r.id = ?", c.ID))
				if err != nil {
					rt.Fatal(err)
				}
				if may := k.May(as(p), now); (listed == 1) != may {
					rt.Fatalf("%q in %s: in the list %d times, may read %v", p, state, listed, may)
				}
			}
		})
		if _, _, problems, err := e.Check(context.Background(), nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
}

// One byte altered anywhere is found and named.
func TestCheckFindsTampering(t *testing.T) {
	t.Parallel()
	for name, alter := range map[string]string{
		"an event's reason":        `UPDATE event SET reason = 'because.' WHERE n = 2`,
		"an event's time":          `UPDATE event SET at = (SELECT e.at FROM event e WHERE e.n = 1) WHERE n = 3`,
		"who did it":               `UPDATE event SET actor_id = 'eve' WHERE n = 2`,
		"the last event is gone":   `DELETE FROM event WHERE n = 3`,
		"a middle event is gone":   `DELETE FROM event WHERE n = 2`,
		"the record's state":       `UPDATE record SET state = 'DECIDED'`,
		"the record's own content": `UPDATE a_case SET owner = 'eve'`,
		"the record's title":       `UPDATE record SET title = 'Y'`,
		"a digest":                 `UPDATE digest SET heads = heads + 1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
				e, k := engine(t, d)
				ctx := context.Background()
				c := must(k.Create(as("ann"), "open", in("title", "x"), nil))(t)
				must(k.Do(as("ann"), c.ID, "send", in()))(t)
				e.Clock.(*clock.Movable).Forward(e.Clock.Now().Add(time.Hour))
				must(k.Do(as("bob"), c.ID, "note", in("text", "n")))(t)
				g, ok, err := event.Seal(ctx, d, e.Clock.Now())
				if err != nil || !ok {
					t.Fatalf("seal: %v, %v", ok, err)
				}
				if _, ok, err := event.Seal(ctx, d, e.Clock.Now()); ok || err != nil {
					t.Errorf("a digest with nothing new: %v, %v", ok, err)
				}
				outside := []string{g.Line()}
				if _, n, problems, err := e.Check(ctx, outside); err != nil || len(problems) > 0 || n != 3 {
					t.Fatalf("untouched: %d events, %v, %v", n, problems, err)
				}
				if _, err := d.Exec(ctx, alter); err != nil {
					t.Fatal(err)
				}
				_, _, problems, err := e.Check(ctx, outside)
				if err != nil || len(problems) == 0 {
					t.Errorf("not found: %v, %v", problems, err)
				}
			})
		})
	}
}

// A subscriber that fails takes the change with it: no change without its event,
// no event without its change.
func TestSubscriberFails(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		e, k := engine(t, d)
		c := must(k.Create(as("ann"), "open", in("title", "x"), nil))(t)
		stop := errors.New("stop")
		e.Subscribe("case", "send", func(ctx context.Context, ev event.Event, rec record.Record) error {
			if !access.From(ctx).System {
				t.Error("a subscriber acts as the system")
			}
			return stop
		})
		if _, err := k.Do(as("ann"), c.ID, "send", in()); !errors.Is(err, stop) {
			t.Fatalf("got %v", err)
		}
		c = must(k.Load(as(""), c.ID))(t)
		events := must(event.Of(as(""), d, c.ID))(t)
		if c.State != "DRAFT" || len(events) != 1 || c.Version != 1 {
			t.Errorf("state %s, %d events, version %d", c.State, len(events), c.Version)
		}
	})
}

// Two who add to a record at once must both be heard: what the second writes
// builds on what the first has stored, in the kind's own table too.
func TestBothAreHeard(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		_, k := engine(t, d)
		c := must(k.Create(as("ann"), "open", in("title", "x"), nil))(t)
		must(k.Do(as("ann"), c.ID, "send", in()))(t)
		const writers, rounds = 4, 15
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range rounds {
					if _, err := k.Do(as("bob"), c.ID, "note", in("text", fmt.Sprintf("%d/%d", w, i))); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		stored := must(k.Load(as("bob"), c.ID))(t)
		if got := len(stored.Notes.V); got != writers*rounds {
			t.Errorf("%d notes of %d are left", got, writers*rounds)
		}
	})
}

// One record (Allows), a list (Scope) and a search document (Audience) agree for
// whatever rules, records and actors, those excepted from a rule included.
func TestRulesAgree(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		_, k := engine(t, d)
		ids := []string{"a", "b", "c"}
		pick := func(rt *rapid.T, label string, of []string) []string {
			return slices.DeleteFunc(slices.Clone(of), func(string) bool { return rapid.Bool().Draw(rt, label) })
		}
		var related map[string]map[string][]string // record -> relation -> persons
		k.Relations = func(c *aCase) map[string][]string { return related[c.Title] }
		shown, excepted := 0, 0
		rapid.Check(t, func(rt *rapid.T) {
			related = map[string]map[string][]string{}
			var recs []*aCase
			for i := range rapid.IntRange(1, 4).Draw(rt, "records") {
				c := &aCase{}
				c.Title = fmt.Sprint(i)
				c.State = rapid.SampledFrom([]string{"DRAFT", "SENT"}).Draw(rt, "state")
				c.Unit = rapid.SampledFrom([]string{"top", "top/a"}).Draw(rt, "unit")
				c.SetFlag("open", rapid.Bool().Draw(rt, "flag"))
				related[c.Title] = map[string][]string{"owner": pick(rt, "owner", ids), "out": pick(rt, "out", ids)}
				if err := k.Import(access.With(context.Background(), access.System), c, "test"); err != nil {
					rt.Fatal(err)
				}
				recs = append(recs, c)
			}
			k.Read = nil
			for range rapid.IntRange(1, 3).Draw(rt, "rules") {
				r := access.Rule{Except: rapid.SampledFrom([]string{"", "out"}).Draw(rt, "except"), Flag: rapid.SampledFrom([]string{"", "open"}).Draw(rt, "rule's flag")}
				r.NotStates = pick(rt, "not states", []string{"DRAFT"})
				switch rapid.IntRange(0, 4).Draw(rt, "rule") {
				case 0:
					r.Public = true
				case 1:
					r.Anyone = true
				case 2:
					r.Staff = true
				case 3:
					r.Roles, r.OwnUnit = []access.Role{"officer"}, rapid.Bool().Draw(rt, "own unit")
				case 4:
					r.Relations = []string{"owner"}
				}
				k.Read = append(k.Read, r)
			}
			a := access.Actor{ID: "a", As: pick(rt, "as", ids), Staff: rapid.Bool().Draw(rt, "staff")}
			if rapid.Bool().Draw(rt, "officer") {
				a.Grants = []access.Grant{{Role: "officer", Unit: rapid.SampledFrom([]string{"top", "top/a"}).Draw(rt, "grant")}}
			}
			if !rapid.Bool().Draw(rt, "logged in") {
				a = access.Actor{}
			}
			var numbers []string
			for _, c := range recs {
				numbers = append(numbers, c.ID)
			}
			list, err := k.List(access.With(context.Background(), a), *new(db.Where).In("r.id", numbers...), "r.id", 0, 0)
			if err != nil {
				rt.Fatal(err)
			}
			terms := access.Terms(a)
			holds := func(of []string) bool {
				return slices.ContainsFunc(of, func(t string) bool { return slices.Contains(terms, t) })
			}
			for _, c := range recs {
				listed := slices.ContainsFunc(list, func(x *aCase) bool { return x.ID == c.ID })
				f := access.Audience(k.Read, k.Subject(c))
				found := holds(f.Terms) || holds(f.Guarded) && !holds(f.Excluded)
				if allowed := k.May(access.With(context.Background(), a), c); allowed != listed || allowed != found {
					rt.Fatalf("rules %+v, actor %+v, record %+v: allowed %v, listed %v, found %v", k.Read, a, k.Subject(c), allowed, listed, found)
				} else if allowed {
					shown++
				} else if holds(f.Guarded) {
					excepted++
				}
			}
		})
		if shown == 0 || excepted == 0 {
			t.Errorf("%d shown and %d excepted: nothing was tried", shown, excepted)
		}
	})
}

// What is told in a private field stands in the record alone; whoever is excepted
// from a rule is not given its task.
func TestPrivateAndExcepted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		_, k := engine(t, d)
		c := must(k.Create(as("ann"), "open", in("title", "x"), nil))(t)
		for i := range k.Commands {
			if k.Commands[i].Name == "note" {
				k.Commands[i].Fields[0].Private = true
			}
		}
		must(k.Do(as("ann"), c.ID, "send", in()))(t)
		c = must(k.Do(as("ann"), c.ID, "note", in("text", "canary")))(t)
		if !slices.Equal(c.Notes.V, []string{"canary"}) {
			t.Errorf("notes %v", c.Notes.V)
		}
		for _, ev := range must(event.Of(as(""), d, c.ID))(t) {
			if len(ev.Told()["text"]) > 0 {
				t.Errorf("%s tells %v", ev.Command, ev.Told())
			}
		}
		k.Relations = func(c *aCase) map[string][]string {
			return map[string][]string{"owner": {"ann", "bob"}, "out": {"ann"}}
		}
		for i := range k.Commands {
			if k.Commands[i].Name == "propose" {
				k.Commands[i].Who = []access.Rule{{Relations: []string{"owner"}, Except: "out"}}
			}
		}
		must(k.Do(as("ann"), c.ID, "note", in("text", "more")))(t)
		waiting := must(k.Engine().Waiting(as("bob"), c.ID))(t)[c.ID]
		if len(waiting) != 1 || waiting[0].PersonID != "bob" {
			t.Errorf("waits for %+v", waiting)
		}
	})
}
