package org_test

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/authn"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

var schema = []fs.FS{event.Migrations, record.Migrations, org.Migrations}

// house is a small agency: a directorate with a department and a section, three
// people inside and one outside.
type house struct {
	*org.Directory
	engine *record.Engine
	clock  *clock.Movable
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func build(t testing.TB, d *db.DB) house {
	t.Helper()
	c := clock.NewMovable(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC))
	h := house{org.New(), record.NewEngine(d, c), c}
	if err := h.engine.Register(h.Kinds()...); err != nil {
		t.Fatal(err)
	}
	for _, u := range []struct{ path, name, kind string }{
		{"avdir", "Direktoratet", org.TypeDirectorate}, {"avdir/kun", "Kunnskapsavdelingen", org.TypeDepartment}, {"avdir/kun/fou", "FoU-seksjonen", org.TypeSection},
	} {
		unit := &org.Unit{Path: u.path, Type: u.kind}
		unit.Title, unit.Unit, unit.Number = u.name, u.path, org.UnitNumber(u.kind, u.path)
		must(t, h.Units.Import(system(), unit, "test"))
	}
	inst := &org.Organisation{Type: "research_institute", Aliases: db.JSON[[]org.Alias]{V: []org.Alias{{Name: "Afi"}}}}
	inst.ID, inst.Title, inst.Number = "institute", "Arbeidsforskningsinstituttet", "O-1"
	must(t, h.Organisations.Import(system(), inst, "test"))
	person := func(id, name, unit, organisation string, grants ...org.Grant) {
		p := &org.Person{Staff: unit != "", Organisation: organisation, Grants: db.JSON[[]org.Grant]{V: grants}, Email: id + "@example.org"}
		p.ID, p.Number, p.Title, p.Unit = id, id, name, unit
		must(t, h.Persons.Import(system(), p, "test"))
	}
	person("fou", "Saksbehandler", "avdir/kun/fou", "", org.Grant{Role: org.FoU, Unit: "avdir/kun/fou"})
	person("jurist", "Jurist", "avdir/kun", "", org.Grant{Role: org.Legal, Unit: "avdir/kun"})
	person("admin", "Forvalter", "avdir/kun/fou", "", org.Grant{Role: org.Admin, Unit: "avdir"})
	person("forsker", "Forsker", "", "institute", org.Grant{Role: org.Researcher})
	return h
}

func system() context.Context { return access.With(context.Background(), access.System) }

func (h house) as(t testing.TB, id string) context.Context {
	t.Helper()
	a, err := h.Actor(context.Background(), id)
	if err != nil {
		t.Fatalf("actor %s: %v", id, err)
	}
	return access.With(context.Background(), a)
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

func TestRoles(t *testing.T) {
	t.Parallel()
	catalog := lang.NewCatalog()
	must(t, catalog.Load(org.Messages))
	seen := map[access.Role]bool{}
	for _, r := range org.Roles {
		if seen[r] {
			t.Errorf("role %s stands twice", r)
		}
		seen[r] = true
		if !catalog.Has("role." + string(r)) {
			t.Errorf("role %s has no name", r)
		}
	}
	for role, want := range map[access.Role]bool{org.FoU: true, org.Admin: true, org.Researcher: false, org.Assessor: false, org.Supplier: false, "unknown": false} {
		if org.Staff(role) != want {
			t.Errorf("Staff(%s) = %v", role, !want)
		}
	}
	if missing := catalog.Missing(); len(missing) > 0 {
		t.Errorf("texts missing: %v", missing)
	}
}

func TestNormalIdentifier(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scheme, value, want string
		ok                  bool
	}{
		{org.SchemeOrgnr, "889 640 782", "889640782", true}, // Arbeids- og velferdsetaten, data.brreg.no
		{org.SchemeOrgnr, "NO 889 640 782 MVA", "889640782", true},
		{org.SchemeOrgnr, "889640783", "", false},
		{org.SchemeOrgnr, "88964078", "", false},
		{org.SchemeOrgnr, "88964078x", "", false},
		{org.SchemeOrgnr, "000000010", "", false}, // remainder 1 has no check digit
		{org.SchemeCristin, "7425.0.0.0", "7425.0.0.0", true},
		{org.SchemeCristin, "7425.0.0", "", false},
		{org.SchemeROR, "https://ror.org/05xg72x27", "05xg72x27", true}, // NTNU, ror.org
		{org.SchemeROR, "01xtthb56", "01xtthb56", true},                 // Universitetet i Oslo, ror.org
		{org.SchemeROR, "05xg72x28", "", false},
		{org.SchemeROR, "05xg72x2l", "", false},
		{org.SchemeFunder, "dlw", "DLW", true},
		{"isni", "x", "", false},
	} {
		got, ok := org.NormalIdentifier(c.scheme, c.value)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%s %q: %q, %v; want %q, %v", c.scheme, c.value, got, ok, c.want, c.ok)
		}
	}
}

// One wrong digit, or two neighbours exchanged, is always found.
func TestOrgnrFindsSlips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(10_000_000, 99_999_999).Draw(t, "n")
		var right string
		for check := range 10 {
			if s := fmt.Sprintf("%d%d", n, check); valid(s) {
				right = s
			}
		}
		if right == "" {
			return // about one in eleven has no check digit
		}
		b := []byte(right)
		i := rapid.IntRange(0, 8).Draw(t, "place")
		if rapid.Bool().Draw(t, "exchange") && i < 7 {
			b[i], b[i+1] = b[i+1], b[i]
		} else {
			b[i] = '0' + (b[i]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		}
		if string(b) != right && valid(string(b)) {
			// Neighbours whose weights are equal modulo 11 do not exist in 3 2 7 6 5 4 3 2.
			t.Fatalf("%s passes for %s", b, right)
		}
	})
}

func valid(s string) bool { _, ok := org.NormalIdentifier(org.SchemeOrgnr, s); return ok }

func TestActorFollowsGrants(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := context.Background()
		a, err := h.Actor(ctx, "fou")
		must(t, err)
		want := access.Actor{ID: "fou", Name: "Saksbehandler", Staff: true, As: []string{"fou"}, Grants: []access.Grant{{Role: org.FoU, Unit: "avdir/kun/fou"}}}
		if diff := cmp.Diff(want, a); diff != "" {
			t.Error(diff)
		}
		if a, err = h.Actor(ctx, "forsker"); err != nil || a.Staff {
			t.Errorf("researcher: %v, staff %v", err, a.Staff)
		}
		_, err = h.Actor(ctx, "nobody")
		refused(t, "an unknown person", fault.NotFound, "", err)

		_, err = h.Persons.Do(h.as(t, "admin"), "fou", "grant", input("Tar over", "role", "statistikk", "from", "2023-02-01", "to", "2023-02-28"))
		must(t, err)
		holds := func() bool { a, err := h.Actor(ctx, "fou"); must(t, err); return a.Has(org.Statistics) }
		if holds() {
			t.Error("a role of February holds in January")
		}
		h.clock.Forward(time.Date(2023, 2, 28, 22, 30, 0, 0, time.UTC)) // 23.30 in Oslo
		if !holds() {
			t.Error("the role is gone before its last day is over")
		}
		h.clock.Forward(time.Date(2023, 2, 28, 23, 30, 0, 0, time.UTC)) // 1 March in Oslo
		if holds() {
			t.Error("the role outlives its last day")
		}
		_, err = h.Persons.Do(h.as(t, "admin"), "fou", "revoke", input("Sluttet", "grant", "fou@avdir/kun/fou@"))
		must(t, err)
		if a, _ := h.Actor(ctx, "fou"); a.Has(org.FoU) {
			t.Error("a role taken away holds on the next request")
		}
		_, err = h.Persons.Do(h.as(t, "admin"), "fou", "close", input("Sluttet"))
		must(t, err)
		_, err = h.Actor(ctx, "fou")
		refused(t, "somebody shut out", fault.NotFound, "", err)
	})
}

func TestStandIn(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := context.Background()
		_, err := h.Persons.Do(h.as(t, "fou"), "jurist", "set_stand_in", input("", "person", "fou", "from", "2023-01-02"))
		refused(t, "choosing another's stand-in", fault.Forbidden, "", err)
		_, err = h.Persons.Do(h.as(t, "jurist"), "jurist", "set_stand_in", input("", "person", "forsker", "from", "2023-01-02"))
		refused(t, "a stand-in from outside", fault.Invalid, "", err)
		_, err = h.Persons.Do(h.as(t, "jurist"), "jurist", "set_stand_in", input("", "person", "fou", "from", "2023-01-03", "to", "2023-01-05"))
		must(t, err)
		acts := func() bool {
			a, err := h.Actor(ctx, "fou")
			must(t, err)
			if a.Has(org.Legal) != slices.Contains(a.As, "jurist") {
				t.Errorf("roles and relations differ: %+v", a)
			}
			return a.Has(org.Legal)
		}
		for _, step := range []struct {
			at   string
			want bool
		}{{"2023-01-02", false}, {"2023-01-03", true}, {"2023-01-05", true}, {"2023-01-06", false}} {
			h.clock.Forward(day(step.at).Add(10 * time.Hour))
			if acts() != step.want {
				t.Errorf("on %s: %v", step.at, !step.want)
			}
		}
		_, err = h.Persons.Do(h.as(t, "jurist"), "jurist", "set_stand_in", input("", "person", "fou", "from", "2023-01-06"))
		must(t, err)
		if !acts() {
			t.Error("an open stand-in does not act")
		}
		// Rights do not pass on: who stands in for a stand-in gets the stand-in's own only.
		_, err = h.Persons.Do(h.as(t, "fou"), "fou", "set_stand_in", input("", "person", "admin", "from", "2023-01-06"))
		must(t, err)
		if a, _ := h.Actor(ctx, "admin"); !a.Has(org.FoU) || a.Has(org.Legal) {
			t.Errorf("stand-in of a stand-in: %+v", a.Grants)
		}
		_, err = h.Persons.Do(h.as(t, "jurist"), "jurist", "end_stand_in", input("", "stand_in", "fou@2023-01-06"))
		must(t, err)
		if acts() {
			t.Error("an ended stand-in acts")
		}
	})
}

func TestGrantRules(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		admin := h.as(t, "admin")
		for _, c := range []struct {
			what  string
			kind  fault.Kind
			key   string
			who   string
			input record.Input
			of    string
			cmd   string
		}{
			{"a role to oneself", fault.Conflict, "person.not_self", "admin", input("x", "role", "fou"), "admin", "grant"},
			{"an outside role to staff", fault.Invalid, "person.role_is_outside", "admin", input("x", "role", "forsker"), "fou", "grant"},
			{"a staff role to an outsider", fault.Invalid, "person.role_is_staff", "admin", input("x", "role", "fou"), "forsker", "grant"},
			{"a unit to an outsider", fault.Invalid, "person.unit_outside", "admin", input("x", "role", "fagvurderer", "unit", "avdir"), "forsker", "grant"},
			{"the same role twice", fault.Invalid, "person.role_held", "admin", input("x", "role", "fou"), "fou", "grant"},
			{"a role without a reason", fault.Invalid, "form.required.reason", "admin", input("", "role", "jurist"), "fou", "grant"},
			{"an end before the start", fault.Invalid, "org.date_order", "admin", input("x", "role", "jurist", "from", "2023-03-01", "to", "2023-02-01"), "fou", "grant"},
			{"an unknown role", fault.Invalid, "", "admin", input("x", "role", "konge"), "fou", "grant"},
			{"a role by somebody else", fault.Forbidden, "", "fou", input("x", "role", "jurist"), "jurist", "grant"},
			{"a role by an outsider", fault.NotFound, "", "forsker", input("x", "role", "jurist"), "fou", "grant"},
			{"the last system manager's role", fault.Conflict, "person.last_admin", "admin", input("x", "grant", "admin@avdir@"), "admin", "revoke"},
			{"the last system manager", fault.Conflict, "person.last_admin", "admin", input("x"), "admin", "close"},
			{"both unit and organisation", fault.Invalid, "person.two_places", "admin", input("", "name", "X", "unit", "avdir", "organisation", "institute"), "fou", "edit"},
			{"neither unit nor organisation", fault.Invalid, "person.no_place", "admin", input("", "name", "X"), "fou", "edit"},
			{"staff moved outside with roles", fault.Invalid, "person.has_roles", "admin", input("", "name", "X", "organisation", "institute"), "fou", "edit"},
			{"an address that is none", fault.Invalid, "org.email_form", "admin", input("", "name", "X", "unit", "avdir", "email", "x y@z"), "fou", "edit"},
		} {
			_, err := h.Persons.Do(h.as(t, c.who), c.of, c.cmd, c.input)
			refused(t, c.what, c.kind, c.key, err)
		}
		_, err := h.Persons.Do(admin, "fou", "grant", input("Vikarierer", "role", "admin", "unit", "avdir"))
		must(t, err)
		_, err = h.Persons.Do(h.as(t, "fou"), "admin", "revoke", input("Bytter oppgaver", "grant", "admin@avdir@"))
		must(t, err)
		p, err := h.Persons.Create(h.as(t, "fou"), "register", input("", "name", "Ny", "unit", "avdir/kun", "email", "NY@Example.org"), nil)
		must(t, err)
		if p.Number != p.ID || !p.Staff || p.Email != "ny@example.org" {
			t.Errorf("registered: %+v", p)
		}
		got, err := h.PersonByEmail(context.Background(), "Ny@example.org")
		must(t, err)
		if got.ID != p.ID {
			t.Errorf("found %s by address", got.ID)
		}
		must(t, func() error {
			_, err := h.Persons.Do(h.as(t, "fou"), p.ID, "edit", input("", "name", "Ny", "unit", "avdir", "email", "fou@example.org"))
			return err
		}())
		_, err = h.PersonByEmail(context.Background(), "fou@example.org")
		refused(t, "an address that two share", fault.NotFound, "", err)
	})
}

func TestLogin(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := context.Background()
		login := func(name string, roles ...string) string {
			t.Helper()
			id, err := h.PersonByExternal(ctx, "https://login.example.org", "s-1", authn.Profile{Name: name, Email: "a@example.org", Roles: roles})
			must(t, err)
			return id
		}
		id := login("Ann", "fou", "statistikk")
		a, err := h.Actor(ctx, id)
		must(t, err)
		if !a.Staff || !a.Has(org.FoU) || !a.Has(org.Statistics) || !a.HasIn("avdir/kun", org.FoU) || a.Name != "Ann" {
			t.Errorf("first login: %+v", a)
		}
		events := func() int { e, err := event.Of(ctx, h.engine.DB, id); must(t, err); return len(e) }
		before := events()
		if again := login("Ann", "fou", "statistikk"); again != id {
			t.Errorf("the same subject is %s and %s", id, again)
		}
		if events() != before {
			t.Error("a login that changes nothing writes an event")
		}
		_, err = h.Persons.Do(h.as(t, "admin"), id, "grant", input("Vikar", "role", "jurist"))
		must(t, err)
		login("Ann B", "fou")
		a, err = h.Actor(ctx, id)
		must(t, err)
		if a.Has(org.Statistics) || !a.Has(org.FoU) || !a.Has(org.Legal) || a.Name != "Ann B" {
			t.Errorf("after a group was left: %+v", a)
		}
		login("Ann B", "fou", "forsker")
		if a, err = h.Actor(ctx, id); err != nil || a.Has(org.Researcher) {
			t.Errorf("a group gives an outside role: %v %+v", err, a.Grants)
		}
		// The day after, the role that came back is there once.
		h.clock.Forward(h.clock.Now().Add(24 * time.Hour))
		login("Ann B", "fou", "statistikk")
		p, err := h.Persons.Load(ctx, id)
		must(t, err)
		if n := len(p.Grants.V); n != 3 {
			t.Errorf("%d grants: %+v", n, p.Grants.V)
		}
		_, err = h.Persons.Do(h.as(t, "admin"), id, "close", input("Sluttet"))
		must(t, err)
		_, err = h.PersonByExternal(ctx, "https://login.example.org", "s-1", authn.Profile{Name: "Ann", Roles: []string{"fou"}})
		refused(t, "somebody shut out logs in", fault.Forbidden, "person.closed", err)
		other, err := h.PersonByExternal(ctx, "https://other.example.org", "s-1", authn.Profile{Roles: []string{"fou"}})
		must(t, err)
		if other == id {
			t.Error("the same subject at another issuer is another person")
		}
		if _, _, problems, err := h.engine.Check(ctx, nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
}

// Two first logins at once make one person.
// Who was registered with the address before they logged in is joined with it; an address
// that is another's lets nobody in twice.
func TestFirstLoginOfTheRegistered(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := context.Background()
		login := func(subject, email string) (string, error) {
			return h.PersonByExternal(ctx, "https://login.example.org", subject, authn.Profile{Name: "Ann Berg", Email: email, Verified: true, Roles: []string{"fou"}})
		}
		count := func() int {
			n, err := h.Persons.Count(access.With(ctx, access.System), db.Where{})
			must(t, err)
			return n
		}
		p, err := h.Persons.Create(h.as(t, "admin"), "register", input("", "name", "Ann B.", "email", "ann@example.org", "unit", "avdir"), nil)
		must(t, err)
		before := count()
		_, err = h.PersonByExternal(ctx, "https://login.example.org", "s-8", authn.Profile{Name: "Ann", Email: "ann@example.org", Roles: []string{"fou"}})
		refused(t, "an address that nobody says is verified", fault.Forbidden, "person.address_taken", err)
		id, err := login("s-9", "Ann@example.org")
		must(t, err)
		got, err := h.Persons.Load(ctx, p.ID)
		must(t, err)
		if id != p.ID || count() != before || got.Issuer == "" || !got.Holds(got.Created, org.FoU) && len(got.Grants.V) != 1 {
			t.Errorf("the registered is %s, who logs in %s: %+v", p.ID, id, got)
		}
		if again, err := login("s-9", "ann@example.org"); err != nil || again != id {
			t.Errorf("the second login: %s, %v", again, err)
		}
		_, err = login("s-10", "ann@example.org")
		refused(t, "another with the same address", fault.Forbidden, "person.address_taken", err)
		_, err = h.SignUp(ctx, "Ann Berg", "soker@example.org")
		must(t, err)
		_, err = login("s-11", "soker@example.org")
		refused(t, "an applicant's address", fault.Forbidden, "person.address_taken", err)
		// A system manager comes in all the same, also the next time, without the address.
		for range 2 {
			id, err := h.PersonByExternal(ctx, "https://login.example.org", "s-12", authn.Profile{Name: "Bo", Email: "soker@example.org", Verified: true, Roles: []string{"admin"}})
			must(t, err)
			if p, err := h.Persons.Load(ctx, id); err != nil || p.Email != "" {
				t.Errorf("the manager has %q, %v", p.Email, err)
			}
		}
		in := input("", "issuer", "https://login.example.org", "subject", "s-13", "name", "Ann", "email", "ann@example.org").Values.With("roles", "fou")
		_, err = h.Persons.As(ctx, p.ID, "join_login", record.Input{Values: in})
		refused(t, "joining one who is joined", fault.Forbidden, "person.address_taken", err)
	})
}

func TestFirstLoginsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ids := make(chan string, 8)
		for range cap(ids) {
			go func() {
				id, err := h.PersonByExternal(context.Background(), "https://login.example.org", "s-2", authn.Profile{Name: "Bo", Roles: []string{"fou"}})
				if err != nil {
					t.Error(err)
				}
				ids <- id
			}()
		}
		first := <-ids
		for range cap(ids) - 1 {
			if id := <-ids; id != first {
				t.Errorf("two persons: %s and %s", first, id)
			}
		}
	})
}

func TestRecipients(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		_, err := h.Persons.Do(h.as(t, "jurist"), "jurist", "set_stand_in", input("", "person", "admin", "from", "2023-01-02"))
		must(t, err)
		ids := func(unit string, of map[string][]string, rules ...access.Rule) (out []string) {
			people, err := h.Recipients(context.Background(), record.Notice{Head: record.Head{Unit: unit, State: "X"}, Of: of, Rules: rules})
			must(t, err)
			for _, p := range people {
				out = append(out, p.ID)
			}
			return out
		}
		legal := access.Rule{Roles: []access.Role{org.Legal}, OwnUnit: true}
		for _, c := range []struct {
			what string
			got  []string
			want []string
		}{
			{"a role, with who stands in", ids("avdir/kun/fou", nil, legal), []string{"admin", "jurist"}},
			{"a role of another unit", ids("avdir/x", nil, legal), nil},
			{"a relation", ids("", map[string][]string{"leader": {"forsker", "gone"}}, access.Rule{Relations: []string{"leader"}}), []string{"forsker"}},
			{"twice the same", ids("", map[string][]string{"leader": {"fou"}}, access.Rule{Relations: []string{"leader"}}, access.Rule{Roles: []access.Role{org.FoU}}), []string{"fou"}},
			{"in another state", ids("", nil, access.Rule{Roles: []access.Role{org.FoU}, States: []string{"Y"}}), nil},
			{"everybody is nobody", ids("", nil, access.Rule{Staff: true}, access.Rule{Public: true}), nil},
		} {
			if !slices.Equal(c.got, c.want) {
				t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
			}
		}
	})
}

func TestOrganisations(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		fou := h.as(t, "fou")
		find := func(name string) string {
			o, err := h.OrganisationByName(context.Background(), name)
			if err != nil {
				return fault.Missing().Key
			}
			return o.ID
		}
		if find("  arbeidsForskningsinstituttet ") != "institute" || find("AFI") != "institute" || find("AF") != "error.not_found" {
			t.Error("lookup by name or alias")
		}
		_, err := h.Organisations.Create(fou, "register", input("", "name", "afi", "org_type", "consultancy"), nil)
		refused(t, "a name that another has", fault.Conflict, "organisation.name_taken", err)
		_, err = h.Organisations.Create(fou, "register", input("", "name", "Etaten", "org_type", "agency", "orgnr", "889640783"), nil)
		refused(t, "a wrong organisation number", fault.Invalid, "organisation.identifier_form.orgnr", err)
		_, err = h.Organisations.Create(h.as(t, "jurist"), "register", input("", "name", "Etaten", "org_type", "agency"), nil)
		refused(t, "registering without the right", fault.Forbidden, "", err)
		o, err := h.Organisations.Create(fou, "register", input("", "name", "Etaten", "org_type", "agency", "orgnr", "889 640 782", "parent", "institute"), nil)
		must(t, err)
		if o.Identified(org.SchemeOrgnr) != "889640782" || o.Number != "O-2023-001" {
			t.Errorf("registered %+v", o)
		}
		o, err = h.Organisations.Do(fou, o.ID, "rename", input("", "name", "Nav", "from", "2023-01-01"))
		must(t, err)
		want := []org.Alias{{Name: "Etaten", To: day("2022-12-31")}}
		if diff := cmp.Diff(want, o.Aliases.V); diff != "" || find("etaten") != o.ID || find("nav") != o.ID {
			t.Errorf("renamed: %s", diff)
		}
		if o, err = h.Organisations.Do(fou, o.ID, "rename", input("", "name", "Etaten")); err != nil || len(o.Aliases.V) != 1 || o.Aliases.V[0].Name != "Nav" {
			t.Errorf("renamed back: %v, %+v", err, o.Aliases.V)
		}
		_, err = h.Organisations.Do(fou, o.ID, "add_alias", input("", "name", "NAV"))
		refused(t, "an alias it has", fault.Invalid, "organisation.alias_known", err)
		_, err = h.Organisations.Do(fou, o.ID, "edit", input("", "org_type", "agency", "parent", o.ID))
		refused(t, "being part of itself", fault.Invalid, "organisation.own_parent", err)
		o, err = h.Organisations.Do(fou, o.ID, "add_identifier", input("", "scheme", "cristin", "value", "5952.0.0.0"))
		must(t, err)
		if len(o.Identifiers.V) != 2 {
			t.Errorf("identifiers %+v", o.Identifiers.V)
		}
		_, err = h.Organisations.Open(h.as(t, "forsker"), o.Number)
		refused(t, "an outsider reads the register", fault.NotFound, "", err)
	})
}

func TestUnits(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		admin := h.as(t, "admin")
		for _, c := range []struct {
			what, key string
			kind      fault.Kind
			in        record.Input
		}{
			{"a path that is taken", "unit.path_taken", fault.Conflict, input("", "name", "X", "unit_type", "section", "code", "fou", "parent", "avdir/kun")},
			{"a path with capitals", "unit.code_form", fault.Invalid, input("", "name", "X", "unit_type", "section", "code", "FoU")},
			{"a path with a wildcard", "unit.code_form", fault.Invalid, input("", "name", "X", "unit_type", "section", "code", "a%")},
			{"an unknown parent", "", fault.Invalid, input("", "name", "X", "unit_type", "section", "code", "x", "parent", "nowhere")},
		} {
			_, err := h.Units.Create(admin, "register", c.in, nil)
			refused(t, c.what, c.kind, c.key, err)
		}
		_, err := h.Units.Create(h.as(t, "fou"), "register", input("", "name", "X", "unit_type", "section", "code", "x"), nil)
		refused(t, "a unit by the R&D section", fault.Forbidden, "", err)
		office, err := h.Units.Create(admin, "register", input("", "name", "Nav Moss", "unit_type", "local_office", "code", "0104", "valid_from", "2020-01-01"), nil)
		must(t, err)
		section, err := h.Units.Create(admin, "register", input("", "name", "Analyse", "unit_type", "section", "code", "analyse", "parent", "avdir/kun"), nil)
		must(t, err)
		if office.Number != "0104" || section.Number != "E-avdir-kun-analyse" || section.Path != "avdir/kun/analyse" || section.Parent() != "avdir/kun" || office.Parent() != "" {
			t.Errorf("numbers %q, %q", office.Number, section.Number)
		}
		kun, err := h.UnitByPath(context.Background(), "avdir/kun")
		must(t, err)
		_, err = h.Units.Do(admin, kun.ID, "close", input("Omorganisert", "valid_to", "2022-12-31"))
		refused(t, "closing what has units below", fault.Conflict, "unit.has_units", err)
		refused(t, "closing what has people", fault.Conflict, "unit.has_people", err)
		_, err = h.Units.Do(admin, office.ID, "close", input("Slått sammen", "valid_to", "2019-12-31"))
		refused(t, "an end before the beginning", fault.Invalid, "org.date_order", err)
		_, err = h.Units.Do(admin, office.ID, "close", input("Slått sammen", "valid_to", "2022-12-31"))
		must(t, err)
		offices, err := h.ActiveUnits(context.Background(), org.TypeLocalOffice)
		must(t, err)
		if len(offices) != 0 {
			t.Errorf("a closed office is active")
		}
		office, err = h.Units.Do(admin, office.ID, "reopen", input("Gjenåpnet"))
		must(t, err)
		if !office.ValidTo.IsZero() || !office.ValidOn(day("2023-06-01")) || office.ValidOn(day("2019-12-31")) {
			t.Errorf("reopened: %+v", office)
		}
		kun, err = h.Units.Do(admin, kun.ID, "edit", input("", "name", "Kunnskap", "aliases", "KUN\n\n"))
		must(t, err)
		if diff := cmp.Diff([]string{"KUN", "Kunnskapsavdelingen"}, kun.Aliases.V); diff != "" {
			t.Error(diff)
		}
		if got := h.UnitName(context.Background(), "avdir/kun"); got != "Kunnskap" {
			t.Errorf("name %q", got)
		}
		if got := h.UnitName(context.Background(), "avdir/x"); got != "avdir/x" {
			t.Errorf("unknown name %q", got)
		}
	})
}

func TestCapacity(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		kun, err := h.UnitByPath(context.Background(), "avdir/kun")
		must(t, err)
		tell := func(who, percent, from, to string) error {
			var err error
			kun, err = h.Units.Do(h.as(t, who), kun.ID, "set_capacity", input("", "area", "legal", "percent", percent, "from", from, "to", to))
			return err
		}
		refused(t, "more than all", fault.Invalid, "unit.percent_form", tell("jurist", "101", "", ""))
		refused(t, "an end before the start", fault.Invalid, "org.date_order", tell("jurist", "1", "2023-02-02", "2023-02-01"))
		kun, err = h.UnitByPath(context.Background(), "avdir/kun")
		must(t, err)
		must(t, tell("jurist", "100", "", ""))
		must(t, tell("fou", "20", "2023-02-01", "2023-02-28"))
		for on, want := range map[string]int{"2023-01-02": 100, "2023-02-01": 20, "2023-02-28": 20, "2023-03-01": 100} {
			if c, ok := kun.CapacityOn("legal", day(on)); !ok || c.Percent != want {
				t.Errorf("on %s: %v, %d; want %d", on, ok, c.Percent, want)
			}
		}
		if _, ok := kun.CapacityOn("legal", day("2023-01-01")); ok {
			t.Error("capacity before any was told")
		}
		if _, ok := kun.CapacityOn("describe", day("2023-02-01")); ok {
			t.Error("capacity of another area")
		}
		// The lawyer's role is in the department: not in a unit beside it.
		top, err := h.UnitByPath(context.Background(), "avdir")
		must(t, err)
		_, err = h.Units.Do(h.as(t, "jurist"), top.ID, "set_capacity", input("", "area", "legal", "percent", "1"))
		refused(t, "another unit's capacity", fault.Forbidden, "", err)
	})
}

func TestNames(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		p := &org.Person{Staff: true, Titles: db.JSON[map[string]string]{V: map[string]string{"nb": "Bibliotekar", "nn": "Bibliotekar", "en": "Librarian"}}}
		p.ID, p.Number, p.Title, p.Unit = "bibliotek", "bibliotek", "Bibliotekar", "avdir"
		must(t, h.Persons.Import(system(), p, "test"))
		catalog := lang.NewCatalog()
		ctx := lang.WithPrinter(context.Background(), catalog.Printer(lang.EN))
		names, err := h.Names(ctx, "bibliotek", "fou", "gone")
		must(t, err)
		if diff := cmp.Diff(map[string]string{"bibliotek": "Librarian", "fou": "Saksbehandler"}, names); diff != "" {
			t.Error(diff)
		}
		if a, err := h.Actor(ctx, "bibliotek"); err != nil || a.Name != "Bibliotekar" || a.Title != "Librarian" {
			t.Errorf("actor %+v, %v", a, err)
		}
		people, err := h.ActivePersons(ctx)
		must(t, err)
		var ids []string
		for _, p := range people {
			ids = append(ids, p.ID)
		}
		if want := []string{"fou", "jurist", "admin", "forsker", "bibliotek"}; !slices.Equal(ids, want) {
			t.Errorf("order %v, want %v", ids, want)
		}
	})
}

// Whatever is granted, revoked and stood in for on whatever days, an actor holds
// just what a plain model of the same acts says.
func TestRightsAgainstModel(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		roles := []access.Role{org.FoU, org.Legal, org.Statistics, org.Library}
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			people := []string{fmt.Sprintf("a%d", round), fmt.Sprintf("b%d", round)}
			for _, id := range people {
				p := &org.Person{Staff: true}
				p.ID, p.Number, p.Title, p.Unit = id, id, id, "avdir"
				must(t, h.Persons.Import(system(), p, "test"))
			}
			own := map[string]map[access.Role]bool{people[0]: {}, people[1]: {}}
			standsIn := map[string]bool{} // for the other of the two
			closed := map[string]bool{}
			admin := h.as(t, "admin")
			today := clock.Day(h.clock.Now()).Format(time.DateOnly)
			other := func(id string) string {
				if id == people[0] {
					return people[1]
				}
				return people[0]
			}
			for range rapid.IntRange(1, 12).Draw(rt, "steps") {
				who := rapid.SampledFrom(people).Draw(rt, "who")
				role := rapid.SampledFrom(roles).Draw(rt, "role")
				var err error
				var possible bool
				switch act := rapid.SampledFrom([]string{"grant", "revoke", "stand in", "end", "close", "reopen"}).Draw(rt, "act"); act {
				case "grant":
					possible = !closed[who] && !own[who][role]
					_, err = h.Persons.Do(admin, who, "grant", input("x", "role", string(role)))
					own[who][role] = own[who][role] || possible
				case "revoke":
					possible = !closed[who] && own[who][role]
					_, err = h.Persons.Do(admin, who, "revoke", input("x", "grant", string(role)+"@avdir@"+today))
					own[who][role] = own[who][role] && !possible
				case "stand in":
					possible = !closed[who] && !closed[other(who)] && !standsIn[other(who)]
					if !possible && !closed[who] && !closed[other(who)] {
						continue // a second stand-in by the same person changes nothing
					}
					_, err = h.Persons.Do(admin, who, "set_stand_in", input("", "person", other(who), "from", today))
					standsIn[other(who)] = standsIn[other(who)] || possible
				case "end":
					possible = !closed[who] && standsIn[other(who)]
					_, err = h.Persons.Do(admin, who, "end_stand_in", input("", "stand_in", other(who)+"@"+today))
					standsIn[other(who)] = standsIn[other(who)] && !possible
				case "close":
					possible = !closed[who]
					_, err = h.Persons.Do(admin, who, "close", input("x"))
					closed[who] = true
				case "reopen":
					possible = closed[who]
					_, err = h.Persons.Do(admin, who, "reopen", input("x"))
					closed[who] = false
				}
				if (err == nil) != possible {
					rt.Fatalf("%v, possible %v", err, possible)
				}
				for _, id := range people {
					a, err := h.Actor(context.Background(), id)
					if closed[id] {
						if fault.Of(err) != fault.NotFound {
							rt.Fatalf("%s is shut out and gets %v", id, err)
						}
						continue
					}
					must(t, err)
					instead := standsIn[id] && !closed[other(id)]
					for _, r := range roles {
						if want := own[id][r] || instead && own[other(id)][r]; a.Has(r) != want {
							rt.Fatalf("%s has %s: %v, want %v", id, r, a.Has(r), want)
						}
					}
				}
			}
		})
	})
}
