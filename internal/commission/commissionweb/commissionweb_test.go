package commissionweb_test

import (
	"context"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"funn/internal/commission"
	"funn/internal/commission/commissionweb"
	"funn/internal/org/orgtest"
	"funn/internal/platform/form"
	"funn/internal/platform/module"
)

type house struct {
	*orgtest.House
	service *commission.Service
}

// register gives the agency's organisations to choose from.
type register struct{ house *orgtest.House }

func (r register) Organisations(ctx context.Context) ([]form.Option, error) {
	names, err := r.house.Directory.OrganisationNames(ctx, "fafo", "norce")
	return []form.Option{{Value: "fafo", Label: names["fafo"]}, {Value: "norce", Label: names["norce"]}}, err
}

func each(t *testing.T, test func(t *testing.T, h house)) {
	t.Helper()
	t.Parallel()
	var s *commission.Service
	build := func(h *orgtest.House) []module.Module {
		s = commission.New(register{h})
		return []module.Module{commissionweb.Module(commissionweb.Deps{Service: s, Site: h.Site, Organisations: h.Directory.OrganisationNames})}
	}
	orgtest.Each(t, []fs.FS{commission.Migrations}, build, func(t *testing.T, h *orgtest.House) { test(t, house{h, s}) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h house) put(t testing.TB, number, state, round, subject string, ofRound bool, suppliers ...string) *commission.Agreement {
	t.Helper()
	a := &commission.Agreement{Round: round, Subject: subject, Note: "Merknad.", SuppliersOfRound: ofRound, ValidFrom: orgtest.Day("2022-01-01"), ValidTo: orgtest.Day("2024-12-31"), OptionTo: orgtest.Day("2026-12-31")}
	if round == "2018–2021" {
		a.ValidFrom, a.ValidTo = orgtest.Day("2018-01-01"), orgtest.Day("2021-12-31")
	}
	a.Number, a.Title, a.State, a.Source = number, "Rammeavtale om "+subject, state, "ÅR §2.2"
	a.Suppliers.V = suppliers
	must(t, h.service.Kind.Import(orgtest.System(), a, "test"))
	return a
}

func TestTexts(t *testing.T) {
	each(t, func(t *testing.T, h house) { h.Texts(t) })
}

// Each round lists every supplier once; what is not known is said (D1).
func TestList(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		if p := h.Get(t, "", "/rammeavtale"); p.Status != http.StatusOK || !p.Has("Ingen rammeavtaler") {
			t.Errorf("an empty list: %d", p.Status)
		}
		h.put(t, "RA-1", commission.Active, "2022–2024", "Effektanalyser", true, "norce", "fafo")
		h.put(t, "RA-2", commission.Active, "2022–2024", "Evalueringer", true, "fafo")
		h.put(t, "RA-3", commission.Ended, "2018–2021", "Forsøk", false)
		h.put(t, "RA-4", commission.Draft, "2027", "Hemmelig", false, "fafo")
		p := h.Get(t, "", "/rammeavtale")
		if strings.Count(p.Body, "<li>Fafo</li>") != 1 || strings.Count(p.Body, "<li>NORCE</li>") != 1 || !p.Has("2 leverandører", "Kilden sier ikke hvilken", "Kilden oppgir ikke leverandørene", "Kan forlenges til 31. desember 2026") {
			t.Error("the list")
		}
		if strings.Index(p.Body, "2022–2024") > strings.Index(p.Body, "2018–2021") {
			t.Error("the latest round is not first")
		}
		if p.Has("Hemmelig") || p.Has("/rammeavtale/ny") {
			t.Error("the public sees a draft, or a button it may not press")
		}
		if p := h.Get(t, "anskaffelse", "/rammeavtale"); !p.Has("Hemmelig", "/rammeavtale/ny") {
			t.Error("the list as the procurement office")
		}
	})
}

func TestAgreementPage(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		a := h.put(t, "RA-1", commission.Active, "2022–2024", "Effektanalyser", true, "norce", "fafo")
		other := h.put(t, "RA-2", commission.Active, "2022–2024", "Evalueringer", false)
		_, err := h.DB.Exec(context.Background(), "INSERT INTO record_link (from_id, to_id, rel) VALUES ($1, $2, 'called_off')", other.ID, a.ID)
		must(t, err)
		if p := h.Get(t, "", "/rammeavtale/RA-1"); p.Status != http.StatusOK || !p.Has("Merknad.", "Fafo", "NORCE", "1. januar 2022 – 31. desember 2024", "Kilden sier ikke hvilken", "/rammeavtale/RA-2", "ÅR §2.2") {
			t.Errorf("the page: %d", p.Status)
		}
		if p := h.Post(t, "fou", "/rammeavtale/RA-1/bruk-opsjon", "reason", "God erfaring"); p.Status != http.StatusSeeOther {
			t.Fatalf("using the option: %d", p.Status)
		}
		if p := h.Get(t, "", "/rammeavtale/RA-1"); !p.Has("31. desember 2026", "Forlenget", "Ingen ubrukt opsjon") || p.Has("God erfaring") {
			t.Error("the page after the option was used")
		}
		if p := h.Get(t, "kontor", "/rammeavtale/RA-1"); !p.Has("God erfaring") {
			t.Error("why the option was used, to staff")
		}
		for _, path := range []string{"leverandor", "fjern-leverandor", "avbryt"} {
			if p := h.Get(t, "fou", "/rammeavtale/RA-2/"+path); path != "fjern-leverandor" && p.Status != http.StatusOK || path == "fjern-leverandor" && p.Status != http.StatusConflict {
				t.Errorf("%s: %d", path, p.Status)
			}
			if p := h.Post(t, "leverandor", "/rammeavtale/RA-2/"+path); p.Status != http.StatusForbidden {
				t.Errorf("%s as a supplier: %d", path, p.Status)
			}
		}
	})
}

func TestRegister(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		p := h.Post(t, "fou", "/rammeavtale/ny", "title", "Ny avtale", "subject", "Effektanalyser", "round", "2027", "valid_from", "01.01.2027", "valid_to", "31.12.2028")
		if p.Status != http.StatusSeeOther {
			t.Fatalf("registering: %d", p.Status)
		}
		if q := h.Post(t, "fou", p.Location+"/leverandor", "supplier", "fafo"); q.Status != http.StatusSeeOther {
			t.Errorf("a supplier: %d", q.Status)
		}
		if q := h.Post(t, "fou", p.Location+"/sett-i-kraft"); q.Status != http.StatusForbidden {
			t.Errorf("one's own into force: %d", q.Status)
		}
		if q := h.Post(t, "anskaffelse", p.Location+"/sett-i-kraft"); q.Status != http.StatusSeeOther {
			t.Errorf("into force: %d", q.Status)
		}
		if q := h.Get(t, "", p.Location); q.Status != http.StatusOK || !q.Has("1 leverandør") {
			t.Errorf("the agreement in force: %d", q.Status)
		}
	})
}
