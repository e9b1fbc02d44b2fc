package call_test

import (
	"context"
	"io/fs"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/jobs"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

var schema = []fs.FS{event.Migrations, record.Migrations, jobs.Migrations, call.Migrations}

// house answers what calls ask of other modules.
type house struct{}

func (house) Holders(_ context.Context, roles ...access.Role) ([]form.Option, error) {
	if slices.Contains(roles, org.Legal) {
		return []form.Option{{Value: "fou", Label: "FoU"}, {Value: "jurist", Label: "Jurist"}, {Value: "utvalg", Label: "Utvalg"}}, nil
	}
	return []form.Option{{Value: "fageier", Label: "Fageier"}, {Value: "fageier2", Label: "Fageier 2"}}, nil
}

func (house) Waiting(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "behov", Label: "B-2022-001"}}, nil
}

func (house) Themes(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "sosiale-tjenester", Label: "Sosiale tjenester"}}, nil
}

func build(t testing.TB, d *db.DB) *call.Service {
	t.Helper()
	s := call.New(house{}, house{}, house{})
	s.Secret = seal.NewSecret()
	e := record.NewEngine(d, clock.NewMovable(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC)))
	must(t, e.Register(s.Kind))
	now := time.Date(2022, 12, 1, 0, 0, 0, 0, time.UTC)
	must(t, d.Insert(context.Background(), "record", record.Head{
		ID: "behov", Kind: "need", Number: "B-2022-001", Title: "Et behov", Lang: "nb", State: "VIRKEMIDDEL_VALGT", StateSince: now, Created: now, Updated: now, Version: 1,
	}))
	return s
}

func as(role access.Role) context.Context {
	return access.With(context.Background(), access.Actor{ID: string(role), As: []string{string(role)}, Staff: org.Staff(role), Grants: []access.Grant{{Role: role}}})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func input(pairs ...string) record.Input { return record.Input{Values: form.Of(pairs...)} }

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

func each(t *testing.T, test func(t *testing.T, s *call.Service)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) { test(t, build(t, d)) })
}

func TestMessages(t *testing.T) {
	t.Parallel()
	c := lang.NewCatalog()
	must(t, c.Load(call.Messages))
	if m := c.Missing(); len(m) > 0 {
		t.Errorf("texts missing: %v", m)
	}
}

func TestRegister(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		fou := as(org.FoU)
		_, err := s.Kind.Create(as(org.SubjectOwner), "register", input("title", "x"), nil)
		refused(t, "registering without the right", fault.Forbidden, "", err)
		_, err = s.Kind.Create(fou, "register", input("title", "x", "theme", "ukjent"), nil)
		refused(t, "an unknown theme", fault.Invalid, "", err)
		_, err = s.Kind.Create(fou, "register", input("title", "x", "opens", "2023-03-01", "deadline", "2023-02-01"), nil)
		refused(t, "a deadline before it opens", fault.Invalid, "call.deadline_order", err)
		c, err := s.Kind.Create(fou, "register", input("title", "Utlysning", "theme", "sosiale-tjenester", "frame", "3000000000", "deadline", "2023-03-15"), nil)
		must(t, err)
		day := time.Date(2023, 3, 15, 0, 0, 0, 0, time.UTC)
		if c.Number != "U-2023-001" || c.State != call.Planned || c.FrameOre != 30_000_000_00 || c.AwardedOre != call.Unknown || c.Sketches != call.Unknown {
			t.Errorf("registered %+v", c)
		}
		if diff := cmp.Diff(call.When{From: day, To: day}, c.Deadline.V); diff != "" || c.Opened.V.Known() {
			t.Error(diff)
		}
	})
}

// A date known as "autumn 2023" stands in the form in its words, and is lost only
// when they are taken out.
func TestRoughDateStays(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		c := &call.Call{Opened: db.JSON[call.When]{V: call.When{From: time.Date(2023, 8, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2023, 12, 31, 0, 0, 0, 0, time.UTC), Text: "en gang på høsten"}}}
		c.Title, c.State = "Utlysning", call.Planned
		must(t, s.Kind.Import(access.With(context.Background(), access.System), c, "test"))
		got, err := s.Kind.Do(as(org.FoU), c.ID, "set_dates", input("opens", "en gang på høsten", "deadline", "november 2023"))
		must(t, err)
		if diff := cmp.Diff(c.Opened.V, got.Opened.V); diff != "" || got.Deadline.V.Text != "november 2023" {
			t.Errorf("after the edit: %+v\n%s", got, diff)
		}
		_, err = s.Kind.Do(as(org.FoU), c.ID, "set_dates", input("opens", "en annen gang"))
		refused(t, "words that tell no date", fault.Invalid, "call.when_unknown", err)
		got, err = s.Kind.Do(as(org.FoU), c.ID, "set_dates", input())
		must(t, err)
		if got.Opened.V.Known() || got.Deadline.V.Known() {
			t.Errorf("dates that were taken out stay: %+v", got)
		}
	})
}

func TestPrecision(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ from, to, want string }{
		{"2023-03-15", "2023-03-15", "day"},
		{"2023-02-01", "2023-02-28", "month"},
		{"2021-12-01", "2021-12-31", "month"},
		{"2023-02-01", "2023-02-27", "range"},
		{"2023-01-01", "2023-04-30", "tertial"},
		{"2023-09-01", "2023-12-31", "tertial"},
		{"2023-02-01", "2023-05-31", "range"},
		{"2023-08-01", "2023-12-31", "season"},
		{"2023-01-01", "2023-06-30", "season"},
		{"2023-01-01", "2023-12-31", "year"},
		{"2022-01-01", "2023-12-31", "range"},
	} {
		from, _ := time.Parse(time.DateOnly, x.from)
		to, _ := time.Parse(time.DateOnly, x.to)
		if got := (call.When{From: from, To: to}).Precision(); got != x.want {
			t.Errorf("%s to %s: %s, want %s", x.from, x.to, got, x.want)
		}
	}
	if got := (call.When{}).Precision(); got != "unknown" {
		t.Errorf("no date: %s", got)
	}
}

// What is being prepared is not public; planned calls are.
func TestWhoSees(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		for _, state := range s.Kind.States {
			for _, flag := range []bool{false, true} {
				c := &call.Call{}
				c.Title, c.State = state.Name, state.Name
				c.SetFlag(call.Public, flag)
				must(t, s.Kind.Import(access.With(context.Background(), access.System), c, "test"))
				// One that is cancelled is public if it ever was.
				hidden := state.Name == call.Draft || state.Name == call.Approved || state.Name == call.Cancelled && !flag
				for who, ctx := range map[string]context.Context{"public": context.Background(), "researcher": as(org.Researcher)} {
					_, err := s.Kind.ByNumber(ctx, c.Number)
					if (fault.Of(err) == fault.NotFound && err != nil) != hidden {
						t.Errorf("%s sees %s: %v", who, state.Name, err)
					}
				}
				if _, err := s.Kind.ByNumber(as(org.Office), c.Number); err != nil {
					t.Errorf("staff sees %s: %v", state.Name, err)
				}
				if _, known := c.Shown(); known == hidden {
					t.Errorf("everybody knows of %s: %v", state.Name, known)
				}
				if told := state.Name == call.Announced || state.Name == call.Closed; c.Told() != told {
					t.Errorf("statistics told in %s: %v", state.Name, c.Told())
				}
			}
		}
	})
}

// What follows the sketches is told, either way until it is decided and never back to
// where sketches were taken; a planned call can have been run before Funn.
func TestTellState(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		fou := as(org.FoU)
		c, err := s.Kind.Create(fou, "register", input("title", "x"), nil)
		must(t, err)
		for _, state := range []string{call.Planned, call.Draft, call.Approved, call.Open1, call.Assessment1, call.Cancelled} {
			_, err = s.Kind.Do(fou, c.ID, "tell_state", input("state", state))
			refused(t, "a planned call told as "+state, fault.Invalid, "", err)
		}
		_, err = s.Kind.Do(as(org.Committee), c.ID, "tell_state", input("state", call.Closed))
		refused(t, "without the right", fault.Forbidden, "", err)
		run := &call.Call{}
		run.Title, run.State = "y", call.Assessment1
		must(t, s.Kind.Import(access.With(context.Background(), access.System), run, "test"))
		for _, state := range []string{call.Open2, call.Assessment1, call.Proposed, call.Assessment2, call.Decided, call.Announced, call.Closed} {
			got, err := s.Kind.Do(fou, run.ID, "tell_state", input("state", state))
			must(t, err)
			if got.State != state {
				t.Errorf("state %s, want %s", got.State, state)
			}
			_, err = s.Kind.Do(fou, run.ID, "tell_state", input("state", call.Open1))
			if err == nil {
				t.Errorf("told open again in %s", state)
			}
			if state == call.Decided {
				_, err = s.Kind.Do(fou, run.ID, "tell_state", input("state", call.Proposed))
				refused(t, "a decided call told undecided", fault.Invalid, "", err)
			}
		}
		_, err = s.Kind.Do(fou, run.ID, "tell_state", input("state", call.Open2))
		refused(t, "moving a closed call", fault.Conflict, "", err)
	})
}

// The statistics of 2022, and numbers that cannot be.
func TestTellResult(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		fou := as(org.FoU)
		c, err := s.Kind.Create(fou, "register", input("title", "x", "frame", "3000000000"), nil)
		must(t, err)
		_, err = s.Kind.Do(fou, c.ID, "tell_result", input("sketches", "13"))
		refused(t, "numbers before the awards are public", fault.Conflict, "", err)
		_, err = s.Kind.Do(fou, c.ID, "tell_state", input("state", call.Announced))
		must(t, err)
		for _, x := range []struct {
			key string
			in  record.Input
		}{
			{"call.more_than.sketches", input("sketches", "13", "applications", "14")},
			{"call.more_than.invited", input("sketches", "13", "invited", "9", "applications", "10")},
			{"call.more_than.applications", input("applications", "8", "awards", "9")},
			{"call.beyond_frame", input("awarded", "3000000001")},
		} {
			_, err := s.Kind.Do(fou, c.ID, "tell_result", x.in)
			refused(t, x.key, fault.Invalid, x.key, err)
		}
		c, err = s.Kind.Do(fou, c.ID, "tell_result", input("sketches", "13", "applications", "8", "awards", "6", "awarded", "2200000000"))
		must(t, err)
		if c.Sketches != 13 || c.Invited != call.Unknown || c.Applications != 8 || c.Awards != 6 || c.AwardedOre != 22_000_000_00 {
			t.Errorf("told %+v", c)
		}
		_, err = s.Kind.Do(fou, c.ID, "tell_result", input("awards", "0", "awarded", "0"))
		must(t, err)
	})
}

// Whatever is told, what is kept never grows from one step to the next.
func TestFunnelNeverWidens(t *testing.T) {
	t.Parallel()
	s := build(t, dbtest.SQLite(t, schema...))
	fou := as(org.FoU)
	c, err := s.Kind.Create(fou, "register", input("title", "x"), nil)
	must(t, err)
	_, err = s.Kind.Do(fou, c.ID, "tell_state", input("state", call.Announced))
	must(t, err)
	names := []string{"sketches", "invited", "applications", "awards"}
	rapid.Check(t, func(rt *rapid.T) {
		var pairs []string
		narrowing, last := true, 1000
		for _, name := range names {
			if rapid.Bool().Draw(rt, "told") {
				n := rapid.IntRange(0, 20).Draw(rt, name)
				pairs = append(pairs, name, strconv.Itoa(n))
				narrowing, last = narrowing && n <= last, n
			}
		}
		got, err := s.Kind.Do(fou, c.ID, "tell_result", input(pairs...))
		if (err == nil) != narrowing {
			rt.Fatalf("%v: %v", pairs, err)
		}
		if err != nil {
			return
		}
		last = 1000
		for _, n := range []int{got.Sketches, got.Invited, got.Applications, got.Awards} {
			if n != call.Unknown {
				if n > last {
					rt.Fatalf("kept %+v", got)
				}
				last = n
			}
		}
	})
}
