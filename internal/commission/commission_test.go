package commission_test

import (
	"context"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"funn/internal/commission"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

var schema = []fs.FS{event.Migrations, record.Migrations, commission.Migrations}

type register []string

func (r register) Organisations(context.Context) ([]form.Option, error) {
	var out []form.Option
	for _, id := range r {
		out = append(out, form.Option{Value: id, Label: "Navnet på " + id})
	}
	return out, nil
}

type house struct {
	*commission.Service
	engine *record.Engine
	clock  *clock.Movable
}

func build(t testing.TB, d *db.DB) house {
	t.Helper()
	c := clock.NewMovable(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC))
	h := house{commission.New(register{"fafo", "norce", "proba"}), record.NewEngine(d, c), c}
	must(t, h.engine.Register(h.Kind))
	return h
}

func as(id string, role access.Role) context.Context {
	return access.With(context.Background(), access.Actor{ID: id, As: []string{id}, Staff: true, Grants: []access.Grant{{Role: role}}})
}

var (
	fou   = as("fou", org.FoU)
	buyer = as("anskaffelse", org.Procurement)
)

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func input(reason string, pairs ...string) record.Input {
	return record.Input{Values: form.Of(pairs...), Reason: reason}
}

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

func each(t *testing.T, test func(t *testing.T, h house)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) { test(t, build(t, d)) })
}

// agreement gives one of 2022–2024 with an option to 2026 and two suppliers, in
// force when asked for.
func (h house) agreement(t testing.TB, active bool) *commission.Agreement {
	t.Helper()
	a, err := h.Kind.Create(fou, "register", input("", "title", "Effektanalyser", "subject", "Effektanalyser", "round", "2022–2024",
		"valid_from", "2022-01-01", "valid_to", "2024-12-31", "option_to", "2026-12-31"), nil)
	must(t, err)
	for _, s := range []string{"fafo", "norce"} {
		a, err = h.Kind.Do(fou, a.ID, "add_supplier", input("", "supplier", s))
		must(t, err)
	}
	if active {
		a, err = h.Kind.Do(buyer, a.ID, "activate", input(""))
		must(t, err)
	}
	return a
}

func TestMessages(t *testing.T) {
	t.Parallel()
	c := lang.NewCatalog()
	must(t, c.Load(commission.Messages))
	if m := c.Missing(); len(m) > 0 {
		t.Errorf("texts missing: %v", m)
	}
}

func TestRegister(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		for _, x := range []struct{ key, from, to, option string }{
			{"agreement.date_order", "2022-01-01", "2021-12-31", ""},
			{"agreement.option_order", "2022-01-01", "2024-12-31", "2024-12-31"},
		} {
			_, err := h.Kind.Create(fou, "register", input("", "title", "x", "subject", "x", "round", "x", "valid_from", x.from, "valid_to", x.to, "option_to", x.option), nil)
			refused(t, x.key, fault.Invalid, x.key, err)
		}
		_, err := h.Kind.Create(as("fageier", org.SubjectOwner), "register", input("", "title", "x", "subject", "x", "round", "x", "valid_from", "2022-01-01", "valid_to", "2022-12-31"), nil)
		refused(t, "registering without the right", fault.Forbidden, "", err)
		a := h.agreement(t, false)
		if a.Number != "RA-2023-001" || !a.OptionTo.Equal(date("2026-12-31")) {
			t.Errorf("registered %+v", a)
		}
		_, err = h.Kind.ByNumber(context.Background(), a.Number)
		refused(t, "the public reads a draft", fault.NotFound, "", err)
		_, err = h.Kind.Do(fou, a.ID, "activate", input(""))
		refused(t, "bringing one's own into force", fault.Forbidden, "error.two_people", err)
		a, err = h.Kind.Do(buyer, a.ID, "activate", input(""))
		must(t, err)
		if _, err := h.Kind.ByNumber(context.Background(), a.Number); err != nil {
			t.Errorf("the public reads an agreement in force: %v", err)
		}
		_, err = h.Kind.Do(fou, a.ID, "edit", input("", "title", "y", "subject", "x", "round", "x", "valid_from", "2022-01-01", "valid_to", "2022-12-31"))
		refused(t, "changing the terms in force", fault.Conflict, "", err)
	})
}

// A supplier is in an agreement once.
func TestSuppliers(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		a := h.agreement(t, false)
		_, err := h.Kind.Do(fou, a.ID, "add_supplier", input("", "supplier", "fafo"))
		refused(t, "a supplier twice", fault.Invalid, "", err)
		_, err = h.Kind.Do(fou, a.ID, "add_supplier", input("", "supplier", "ukjent"))
		refused(t, "an unknown supplier", fault.Invalid, "", err)
		_, err = h.Kind.Do(fou, a.ID, "remove_supplier", input("x", "supplier", "proba"))
		refused(t, "removing who is not in", fault.Invalid, "", err)
		_, err = h.Kind.Do(fou, a.ID, "remove_supplier", input("", "supplier", "fafo"))
		refused(t, "removing without a reason", fault.Invalid, "form.required.reason", err)
		for _, s := range []string{"fafo", "norce"} {
			a, err = h.Kind.Do(fou, a.ID, "remove_supplier", input("Konkurs", "supplier", s))
			must(t, err)
		}
		_, err = h.Kind.Do(buyer, a.ID, "activate", input(""))
		refused(t, "an agreement with nobody", fault.Conflict, "agreement.no_supplier", err)
	})
}

func TestOption(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		tasks := func() (out []string) {
			list, err := h.engine.TasksOf(context.Background(), access.From(fou))
			must(t, err)
			for _, x := range list {
				out = append(out, x.Name+" "+x.Due.Format(time.DateOnly))
			}
			return out
		}
		a := h.agreement(t, true)
		if got := tasks(); !slices.Equal(got, []string{"option 2024-12-31"}) {
			t.Errorf("tasks %v", got)
		}
		_, err := h.Kind.Do(fou, a.ID, "end", input(""))
		refused(t, "ending what runs", fault.Conflict, "agreement.still_runs", err)
		_, err = h.Kind.Do(fou, a.ID, "use_option", input(""))
		refused(t, "using the option without a reason", fault.Invalid, "form.required.reason", err)
		a, err = h.Kind.Do(fou, a.ID, "use_option", input("God erfaring"))
		must(t, err)
		want := []commission.Option{{Used: true, Before: date("2024-12-31"), At: date("2023-01-02"), Reason: "God erfaring"}}
		if diff := cmp.Diff(want, a.Options.V); diff != "" || a.State != commission.Extended || !a.ValidTo.Equal(date("2026-12-31")) {
			t.Errorf("extended: %s to %v\n%s", a.State, a.ValidTo, diff)
		}
		_, err = h.Kind.Do(fou, a.ID, "leave_option", input("x"))
		refused(t, "an option that is used", fault.Conflict, "agreement.no_option", err)
		if got := tasks(); !slices.Equal(got, []string{"end 2027-01-01"}) {
			t.Errorf("tasks %v", got)
		}
		h.clock.Forward(date("2026-12-31").Add(12 * time.Hour))
		_, err = h.Kind.Do(fou, a.ID, "end", input(""))
		refused(t, "ending on the last day", fault.Conflict, "agreement.still_runs", err)
		h.clock.Forward(date("2027-01-01").Add(12 * time.Hour))
		a, err = h.Kind.Do(fou, a.ID, "end", input(""))
		must(t, err)
		if a.State != commission.Ended || len(tasks()) != 0 {
			t.Errorf("ended: %s, %v", a.State, tasks())
		}

		b := h.agreement(t, true)
		b, err = h.Kind.Do(fou, b.ID, "leave_option", input("Ny konkurranse"))
		must(t, err)
		if b.State != commission.Active || !b.ValidTo.Equal(date("2024-12-31")) || !b.OptionTo.IsZero() {
			t.Errorf("the option left: %+v", b)
		}
	})
}

func TestInForce(t *testing.T) {
	t.Parallel()
	a := &commission.Agreement{ValidFrom: date("2022-01-01"), ValidTo: date("2024-12-31"), OptionTo: date("2026-12-31")}
	for _, x := range []struct {
		state, day string
		want       bool
	}{
		{commission.Active, "2021-12-31", false},
		{commission.Active, "2022-01-01", true},
		{commission.Extended, "2024-12-31", true},
		{commission.Active, "2025-01-01", false}, // the option is not used
		{commission.Draft, "2022-01-01", false},
		{commission.Broken, "2022-01-01", false},
		{commission.Ended, "2022-01-01", false},
	} {
		a.State = x.state
		if got := a.InForce(date(x.day)); got != x.want {
			t.Errorf("%s on %s: %v", x.state, x.day, got)
		}
	}
}

// A supplier of a round stands once, in however many of its agreements it is (D1).
func TestRounds(t *testing.T) {
	t.Parallel()
	agreement := func(round string, ofRound bool, suppliers ...string) *commission.Agreement {
		return &commission.Agreement{Round: round, SuppliersOfRound: ofRound, Suppliers: db.JSON[[]string]{V: suppliers}}
	}
	list := []*commission.Agreement{agreement("2022", true, "a", "b"), agreement("2018", false), agreement("2022", true, "b", "c", "a")}
	want := []commission.Round{
		{Name: "2022", Agreements: []*commission.Agreement{list[0], list[2]}, Suppliers: []string{"a", "b", "c"}, OfRound: true},
		{Name: "2018", Agreements: []*commission.Agreement{list[1]}},
	}
	if diff := cmp.Diff(want, commission.Rounds(list)); diff != "" {
		t.Error(diff)
	}
}
