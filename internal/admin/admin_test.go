package admin_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"funn/internal/admin"
	"funn/internal/org"
	"funn/internal/org/orgtest"
	"funn/internal/platform/access"
	"funn/internal/platform/event"
	"funn/internal/platform/jobs"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
)

// secret is a kind of record that only researchers may open.
type secret struct{ record.Head }

func secrets() *record.Kind[*secret] {
	return &record.Kind[*secret]{
		Name: "secret", Prefix: "X", Path: "/hemmelig", Table: "secret", Initial: []string{"A"}, States: []lifecycle.State{{Name: "A", Label: "a", Final: true}},
		New: func() *secret { return &secret{} }, Read: []access.Rule{{Roles: []access.Role{org.Researcher}}},
	}
}

func each(t *testing.T, test func(t *testing.T, h *orgtest.House, s *record.Kind[*secret])) {
	t.Helper()
	var kind *record.Kind[*secret]
	build := func(h *orgtest.House) []module.Module {
		kind = secrets()
		m := admin.Module(admin.Deps{
			Engine: h.Engine, Unit: h.Directory.UnitName,
			Settings: func(context.Context) ([]admin.Setting, error) {
				return []admin.Setting{{Key: "database", Value: "SQLite"}}, nil
			},
			People: func(ctx context.Context) ([]admin.Person, error) {
				people, err := h.Directory.ActivePersons(ctx)
				var out []admin.Person
				for _, p := range people {
					out = append(out, admin.Person{ID: p.ID, Name: p.Name(lang.NB), Grants: []access.Grant{{Role: p.Grants.V[0].Role, Unit: p.Grants.V[0].Unit}}})
				}
				return out, err
			},
		})
		return []module.Module{m, {Name: "secret", Kinds: []record.AnyKind{kind}, Messages: secretTexts}}
	}
	orgtest.Each(t, []fs.FS{jobs.Migrations, secretTable}, build, func(t *testing.T, h *orgtest.House) { test(t, h, kind) })
}

func TestWhoMayRead(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House, _ *record.Kind[*secret]) {
		for _, path := range []string{"/admin", "/admin/logg", "/admin/roller"} {
			for who, want := range map[string]int{"admin": 200, "fou": 200, "fageier": 404, "utvalg": 404, "forsker": 404, "": 303} {
				if p := h.Get(t, who, path); p.Status != want {
					t.Errorf("%q at %s: %d, want %d", who, path, p.Status, want)
				}
			}
		}
	})
}

// The log holds the events of what the reader may open, and its count counts no
// others, whatever it is narrowed by.
func TestLogHidesWhatTheReaderMayNotOpen(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House, kind *record.Kind[*secret]) {
		paths := []string{"/admin/logg", "/admin/logg?person=system", "/admin/logg?fra=01.01.2023", "/admin/logg?side=2"}
		before := map[string]string{}
		for _, p := range paths {
			before[p] = h.Get(t, "admin", p).Body
		}
		x := &secret{}
		x.Title = "Hemmelig sak"
		if err := kind.Import(orgtest.System(), x, "hemmelig grunn"); err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			if after := h.Get(t, "admin", p); after.Body != before[p] || after.Has("emmelig") {
				t.Errorf("%s tells of a record that the reader may not open", p)
			}
		}
	})
}

var count = regexp.MustCompile(`<strong>(\d+) hendelser?</strong>`)

func TestLogIsNarrowed(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House, _ *record.Kind[*secret]) {
		n := func(path string) string {
			t.Helper()
			m := count.FindStringSubmatch(h.Get(t, "admin", path).Body)
			if m == nil {
				t.Fatalf("%s has no count", path)
			}
			return m[1]
		}
		all, units := n("/admin/logg"), n("/admin/logg?type=unit")
		if all == units || units != "4" {
			t.Errorf("all %s, units %s; want 4 units and more in all", all, units)
		}
		for path, want := range map[string]string{
			"/admin/logg?type=unit&kommando=import": "4", "/admin/logg?type=unit&kommando=close": "0", "/admin/logg?person=fou": "0", "/admin/logg?person=system&type=unit": "4",
			"/admin/logg?fra=02.01.2023&til=02.01.2023&type=unit": "4", "/admin/logg?til=01.01.2023": "0", "/admin/logg?fra=03.01.2023": "0",
			"/admin/logg?type=finnesikke": all, "/admin/logg?kommando=close": all, // a command without its kind narrows nothing
		} {
			if got := n(path); got != want {
				t.Errorf("%s: %s events, want %s", path, got, want)
			}
		}
		if p := h.Get(t, "admin", "/admin/logg?fra=i+fjor"); !p.Has("filter-fra-feil") {
			t.Error("a day that cannot be read is not told at its field")
		}
		for i := range 12 {
			u := &org.Unit{Path: "avdir/ny" + strconv.Itoa(i), Type: org.TypeSection}
			u.Title, u.Unit, u.Number = "Ny seksjon", u.Path, org.UnitNumber(u.Type, u.Path)
			if err := h.Directory.Units.Import(orgtest.System(), u, "test"); err != nil {
				t.Fatal(err)
			}
		}
		if p := h.Get(t, "admin", "/admin/logg"); !p.Has("/admin/logg?side=2") || strings.Count(p.Body, "<tr") != 51 {
			t.Errorf("%d rows on the first page, want 50 and the head", strings.Count(p.Body, "<tr")-1)
		}
	})
}

// A job that was given up is set going by an administrator and by nobody else.
func TestRetry(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House, _ *record.Kind[*secret]) {
		ctx := orgtest.System()
		if err := jobs.Enqueue(ctx, h.DB, jobs.Job{Kind: "mail.send"}); err != nil {
			t.Fatal(err)
		}
		runner := &jobs.Runner{DB: h.DB, Clock: h.Clock, Log: h.Router.Logger, Handlers: map[string]jobs.Handler{
			"mail.send": func(context.Context, *jobs.Run) error { return jobs.Permanent(errors.New("no such host")) },
		}}
		if _, err := runner.RunDue(ctx); err != nil {
			t.Fatal(err)
		}
		failed, err := jobs.Failed(ctx, h.DB, 10)
		if err != nil || len(failed) != 1 {
			t.Fatalf("failed %v, %v", failed, err)
		}
		if p := h.Get(t, "admin", "/admin"); !p.Has("no such host", "Send e-post", "/admin/jobb/", "Prøv jobben igjen") {
			t.Errorf("the failed job is not shown:\n%s", p.Body)
		}
		if p := h.Get(t, "fou", "/admin"); !p.Has("no such host") || p.Has("/admin/jobb/") {
			t.Error("who only reads is offered the button, or does not see the job")
		}
		path := regexp.MustCompile(`/admin/jobb/\d+`).FindString(h.Get(t, "admin", "/admin").Body)
		for _, who := range []string{"fou", "fageier"} {
			if p := h.Post(t, who, path); p.Status != http.StatusNotFound {
				t.Errorf("%s: %d", who, p.Status)
			}
		}
		if p := h.Post(t, "admin", "/admin/jobb/999"); p.Status != http.StatusNotFound {
			t.Errorf("a job that is not there: %d", p.Status)
		}
		if p := h.Post(t, "admin", path); p.Status != http.StatusSeeOther {
			t.Fatalf("retry: %d\n%s", p.Status, p.Body)
		}
		if failed, err := jobs.Failed(ctx, h.DB, 10); err != nil || len(failed) != 0 {
			t.Errorf("still given up: %v, %v", failed, err)
		}
	})
}

func TestLastSealAndRoles(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House, _ *record.Kind[*secret]) {
		if p := h.Get(t, "admin", "/admin"); !p.Has("Loggen er ikke forseglet ennå") {
			t.Error("a log without a seal is not told")
		}
		digest, ok, err := event.Seal(orgtest.System(), h.DB, h.Clock.Now())
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if p := h.Get(t, "admin", "/admin"); !p.Has(digest.Line()) {
			t.Errorf("the last seal is not shown: %s", digest.Line())
		}
		if p := h.Get(t, "fou", "/admin/roller"); !p.Has("/organisasjon/person/utvalg2", "Medlem av FoU-utvalget", "Direktoratet") {
			t.Error("who holds what is not shown")
		}
	})
}

func TestTexts(t *testing.T) {
	c := lang.NewCatalog()
	if err := c.Load(admin.Messages); err != nil {
		t.Fatal(err)
	}
	if missing := c.Missing(); len(missing) > 0 {
		t.Errorf("missing: %v", missing)
	}
}

var secretTexts = fstest.MapFS{
	"messages/nb.json": {Data: []byte(`{"secret.name": "Sak"}`)}, "messages/nn.json": {Data: []byte(`{"secret.name": "Sak"}`)}, "messages/en.json": {Data: []byte(`{"secret.name": "Case"}`)},
}

// secretTable is the table of the kind above.
var secretTable = fstest.MapFS{"migrations/0900_secret.sql": {Data: []byte(`CREATE TABLE secret (id TEXT COLLATE "C" PRIMARY KEY REFERENCES record (id));`)}}
