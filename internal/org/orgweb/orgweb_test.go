package orgweb_test

import (
	"context"
	"encoding/csv"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"funn/internal/org"
	"funn/internal/org/orgtest"
	"funn/internal/org/orgweb"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
)

func each(t *testing.T, test func(t *testing.T, h *orgtest.House)) {
	t.Helper()
	t.Parallel()
	build := func(h *orgtest.House) []module.Module {
		return []module.Module{orgweb.Module(orgweb.Deps{
			Directory: h.Directory, Site: h.Site,
			Uses: func(ctx context.Context, id string) ([]record.Head, error) {
				if id != "fafo" {
					return nil, nil
				}
				return []record.Head{{Kind: "unit", Number: "0104", Title: "Et prosjekt", State: org.Active, Example: true}}, nil
			},
		})}
	}
	orgtest.Each(t, []fs.FS{}, build, test)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTexts(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House) { h.Texts(t) })
}

// Every page is for staff: others find nothing there, and nobody is sent to log in.
func TestWhoSees(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House) {
		o, err := h.Directory.OrganisationByName(context.Background(), "Fafo")
		must(t, err)
		for _, path := range []string{
			"/organisasjon", "/organisasjon/enhet", "/organisasjon/institusjon", "/organisasjon/person", "/organisasjon/enhet/E-avdir-kun", "/organisasjon/enhet/0104",
			"/organisasjon/institusjon/" + o.Number, "/organisasjon/person/jurist", "/organisasjon/person/jurist/logg",
		} {
			if p := h.Get(t, "kontor", path); p.Status != http.StatusOK {
				t.Errorf("%s as staff: %d", path, p.Status)
			}
			if p := h.Get(t, "forsker", path); p.Status != http.StatusNotFound {
				t.Errorf("%s as a researcher: %d", path, p.Status)
			}
			if p := h.Get(t, "", path); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location, "/logginn") {
				t.Errorf("%s as nobody: %d %s", path, p.Status, p.Location)
			}
		}
		if p := h.Get(t, "forsker", "/organisasjon/person/forsker"); p.Status != http.StatusOK || !p.Has("Person forsker", "Fafo", "forsker@example.org") || p.Has("/organisasjon/institusjon/") {
			t.Errorf("one's own page: %d", p.Status)
		}
	})
}

// What cannot be found says so alike, whether the filter or the address is made up.
func TestMadeUpAddresses(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House) {
		for _, path := range []string{"/organisasjon/enhet?type=slott", "/organisasjon/enhet?q=%25", "/organisasjon/enhet?q=_", "/organisasjon/institusjon?q=finnes+ikke", "/organisasjon/person?rolle=konge"} {
			if p := h.Get(t, "fou", path); p.Status != http.StatusOK || !p.Has("Ingen treff") {
				t.Errorf("%s: %d", path, p.Status)
			}
		}
		if p := h.Get(t, "fou", "/organisasjon/enhet?side=99"); p.Status != http.StatusOK || !p.Has("Nav Moss") {
			t.Errorf("a page beyond the last: %d", p.Status)
		}
		if p := h.Get(t, "fou", "/organisasjon?dag=snart"); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("a day that is none: %d", p.Status)
		}
	})
}

// The counties are those of the day asked for.
func TestCountiesOfADay(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House) {
		for _, x := range []struct{ number, name, from, to string }{{"30", "Viken", "2020-01-01", "2023-12-31"}, {"31", "Østfold", "2024-01-01", ""}} {
			u := &org.Unit{Path: "fylke/" + x.number, Type: org.TypeCounty, ValidFrom: orgtest.Day(x.from)}
			if x.to != "" {
				u.ValidTo = orgtest.Day(x.to)
			}
			u.Number, u.Title, u.Unit = "F-"+x.number, x.name, u.Path
			must(t, h.Directory.Units.Import(orgtest.System(), u, "test"))
		}
		for path, want := range map[string]string{
			"/organisasjon": "Viken", "/organisasjon?dag=31.12.2023": "Viken", "/organisasjon?dag=01.01.2024": "Østfold", "/organisasjon?dag=31.12.2019": "Vi har ingen fylker",
		} {
			p := h.Get(t, "fou", path)
			for _, word := range []string{"Viken", "Østfold", "Vi har ingen fylker"} {
				if p.Has(word) != (word == want) {
					t.Errorf("%s shows %s: %v", path, word, p.Has(word))
				}
			}
		}
	})
}

// The unit list narrows, pages and comes as a file with all of it.
func TestUnitList(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House) {
		for i := range 30 {
			u := &org.Unit{Path: "kontor/2" + string(rune('0'+i/10)) + string(rune('0'+i%10)) + "0", Type: org.TypeLocalOffice}
			u.Number, u.Title, u.Unit = u.Path[7:], "Nav Ås "+u.Path[7:], u.Path
			if i == 0 {
				u.State, u.Title = org.Ended, "=Nedlagt"
			}
			must(t, h.Directory.Units.Import(orgtest.System(), u, "test"))
		}
		if p := h.Get(t, "fou", "/organisasjon/enhet?type=local_office"); !p.Has("30 enheter", "side=2") || p.Has("Nedlagt</a>", "FoU-seksjonen") {
			t.Error("the first page of offices")
		}
		if p := h.Get(t, "fou", "/organisasjon/enhet?type=local_office&side=2"); strings.Count(p.Body, "data-label=") != 5*4 {
			t.Errorf("%d cells on the second page", strings.Count(p.Body, "data-label="))
		}
		if p := h.Get(t, "fou", "/organisasjon/enhet?q=%C3%85S+2150"); !p.Has("1 enhet", "Nav Ås 2150") {
			t.Error("search by name, whatever the case")
		}
		if p := h.Get(t, "fou", "/organisasjon/enhet?q=e-avdir-kun-fou"); !p.Has("1 enhet", "FoU-seksjonen") {
			t.Error("search by number")
		}
		if p := h.Get(t, "fou", "/organisasjon/enhet?tilstand=AVSLUTTET"); !p.Has("1 enhet", "=Nedlagt") {
			t.Error("what is closed")
		}
		p := h.Get(t, "fou", "/organisasjon/enhet?type=local_office&format=csv")
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(p.Body, "\uFEFF")))
		r.Comma = ';'
		rows, err := r.ReadAll()
		must(t, err)
		if len(rows) != 31 || p.Header.Get("Content-Type") != "text/csv; charset=utf-8" || p.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%d rows, %v", len(rows), p.Header)
		}
		p = h.Get(t, "fou", "/organisasjon/enhet?tilstand=AVSLUTTET&format=csv")
		if !p.Has("'=Nedlagt") {
			t.Errorf("a name that a spreadsheet would run: %q", p.Body)
		}
	})
}

func TestRecordPages(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House) {
		o, err := h.Directory.OrganisationByName(context.Background(), "Fafo")
		must(t, err)
		if p := h.Post(t, "fou", "/organisasjon/institusjon/"+o.Number+"/annet-navn", "name", "Øvre Fafo"); p.Status != http.StatusSeeOther {
			t.Fatalf("another name: %d", p.Status)
		}
		if p := h.Post(t, "fou", "/organisasjon/institusjon/"+o.Number+"/identifikator", "scheme", "orgnr", "value", "123"); p.Status != http.StatusUnprocessableEntity || !p.Has("ni siffer") {
			t.Errorf("a wrong number: %d", p.Status)
		}
		if p := h.Post(t, "fou", "/organisasjon/institusjon/"+o.Number+"/identifikator", "scheme", "ror", "value", "05xg72x27"); p.Status != http.StatusSeeOther {
			t.Errorf("a right number: %d", p.Status)
		}
		if p := h.Get(t, "kontor", "/organisasjon/institusjon/"+o.Number); !p.Has("Øvre Fafo", "https://ror.org/05xg72x27", "Et prosjekt", "Eksempel") || p.Has("annet-navn") {
			t.Error("the organisation's page")
		}
		if p := h.Get(t, "kontor", "/organisasjon/institusjon?q=%C3%B8vre"); !p.Has("1 institusjon", "Fafo") {
			t.Error("search by another name")
		}
		if p := h.Post(t, "jurist", "/organisasjon/enhet/E-avdir-kun/kapasitet", "area", "legal", "percent", "40", "note", "Ferie"); p.Status != http.StatusSeeOther {
			t.Fatalf("capacity: %d", p.Status)
		}
		if p := h.Get(t, "kontor", "/organisasjon/enhet/E-avdir-kun"); !p.Has("Juridiske vurderinger", "40\u00a0%", "Ferie", "FoU-seksjonen", "Direktoratet", "Det enheten gjør.") {
			t.Error("the unit's page")
		}
		if p := h.Get(t, "kontor", "/organisasjon/enhet/E-avdir-kun-fou"); !p.Has("Person jurist", "Jurist i Juridisk seksjon") {
			t.Error("people of the unit")
		}
		if p := h.Post(t, "jurist", "/organisasjon/person/jurist/vikar", "person", "jurist2", "from", "02.01.2023"); p.Status != http.StatusSeeOther {
			t.Fatalf("a stand-in: %d", p.Status)
		}
		if p := h.Get(t, "kontor", "/organisasjon/person/jurist"); !p.Has("Person jurist2", "inntil videre", "Systemforvalter") {
			t.Error("the person's page")
		}
		if p := h.Get(t, "kontor", "/organisasjon/person/jurist2"); !p.Has("Er vikar for", "Person jurist") {
			t.Error("the stand-in's page")
		}
		if p := h.Get(t, "kontor", "/organisasjon/person?rolle=jurist"); !p.Has("2 personer", "Person jurist2") {
			t.Error("people by role")
		}
		if p := h.Post(t, "kontor", "/organisasjon/person/jurist/gi-rolle", "role", "admin", "reason", "x"); p.Status != http.StatusForbidden {
			t.Errorf("giving a role without the right: %d", p.Status)
		}
	})
}

// A new unit can be made on its page and is then where it says.
func TestRegisterPages(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House) {
		if p := h.Get(t, "kontor", "/organisasjon/enhet"); p.Has("Registrer en enhet") {
			t.Error("a link that the reader may not follow")
		}
		if p := h.Get(t, "admin", "/organisasjon/enhet"); !p.Has("/organisasjon/enhet/ny") {
			t.Error("no link to register")
		}
		for _, kind := range []string{"enhet", "institusjon", "person"} {
			if p := h.Get(t, "admin", "/organisasjon/"+kind+"/ny"); p.Status != http.StatusOK {
				t.Errorf("the form for %s: %d", kind, p.Status)
			}
			if p := h.Post(t, "admin", "/organisasjon/"+kind+"/ny"); p.Status != http.StatusUnprocessableEntity {
				t.Errorf("an empty form for %s: %d", kind, p.Status)
			}
		}
		p := h.Post(t, "admin", "/organisasjon/enhet/ny", "name", "Analyseseksjonen", "unit_type", "section", "code", "analyse", "parent", "avdir/kun")
		if p.Status != http.StatusSeeOther || p.Location != "/organisasjon/enhet/E-avdir-kun-analyse" {
			t.Fatalf("registering: %d %s", p.Status, p.Location)
		}
		p = h.Post(t, "admin", "/organisasjon/person/ny", "name", "Ny", "unit", "avdir/kun/analyse")
		if p.Status != http.StatusSeeOther {
			t.Fatalf("registering a person: %d", p.Status)
		}
		id := strings.TrimPrefix(p.Location, "/organisasjon/person/")
		if _, err := h.Directory.Actor(context.Background(), id); err != nil {
			t.Errorf("the new person: %v", err)
		}
		if p := h.Post(t, "admin", p.Location+"/avslutt", "reason", "Feil"); p.Status != http.StatusSeeOther {
			t.Errorf("shutting out: %d", p.Status)
		}
		if _, err := h.Directory.Actor(context.Background(), id); fault.Of(err) != fault.NotFound {
			t.Errorf("somebody shut out: %v", err)
		}
	})
}

// The overview counts what is real.
func TestOverview(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House) {
		u := &org.Unit{Path: "avdir/eksempel", Type: org.TypeDepartment, Aliases: db.JSON[[]string]{V: []string{"X"}}}
		u.Number, u.Title, u.Unit, u.Example = "E-eksempel", "Fagavdeling", u.Path, true
		must(t, h.Directory.Units.Import(orgtest.System(), u, "test"))
		p := h.Get(t, "fou", "/organisasjon")
		if !p.Has(">3<", "Fagavdeling", "Eksempel", "Kunnskapsavdelingen") {
			t.Error("the overview")
		}
	})
}
