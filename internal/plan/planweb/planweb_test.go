package planweb_test

import (
	"context"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"funn/internal/org"
	"funn/internal/org/orgtest"
	"funn/internal/plan"
	"funn/internal/plan/planweb"
	"funn/internal/platform/db"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
)

// uses ties one unit and one plan to everything, as needs and projects would be.
type uses struct{}

func (uses) OnTheme(_ context.Context, slug string) ([]record.Head, error) {
	if slug != "sosiale-tjenester" {
		return nil, nil
	}
	return []record.Head{{Kind: "unit", Number: "0104", Title: "Hva trenger familiene?", State: org.Active, Lang: "nn", Example: true}}, nil
}

func (uses) ForGoal(_ context.Context, key string) ([]record.Head, error) {
	if key != "flere-i-arbeid" {
		return nil, nil
	}
	return []record.Head{{Kind: "unit", Number: "0104", Title: "Kommer flere i jobb?", State: org.Active, Lang: "nb"}}, nil
}

func each(t *testing.T, test func(t *testing.T, h *orgtest.House, s *plan.Service)) {
	t.Helper()
	t.Parallel()
	var s *plan.Service
	build := func(h *orgtest.House) []module.Module {
		s = plan.New()
		return []module.Module{planweb.Module(planweb.Deps{Service: s, Site: h.Site, Uses: uses{}})}
	}
	orgtest.Each(t, []fs.FS{plan.Migrations}, build, func(t *testing.T, h *orgtest.House) { test(t, h, s) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill puts in the plan of an earlier period and the one in force, with a note.
func fill(t testing.TB, s *plan.Service) {
	t.Helper()
	old := &plan.Plan{ValidTo: orgtest.Day("2020-12-31"), Themes: db.JSON[[]plan.Theme]{V: []plan.Theme{{Slug: "arbeid-og-helse", Title: "Arbeid og helse", Lang: "nb", Text: "Om arbeid og helse."}}}}
	old.Number, old.Title, old.State = "tidligere", "Tidligere periode", plan.Replaced
	must(t, s.Plans.Import(orgtest.System(), old, "test"))
	p := &plan.Plan{ValidFrom: orgtest.Day("2021-01-01"), ValidTo: orgtest.Day("2025-12-31"), Note: "Om planen."}
	p.Number, p.Title, p.State = "2021-2025", "FoU-plan 2021–2025", plan.Published
	for _, k := range plan.PrincipleKeys {
		p.Principles.V = append(p.Principles.V, plan.Principle{Key: k, Lang: "nn", Text: "Kva det tyder."})
	}
	p.Goals.V = []plan.Goal{{Key: "flere-i-arbeid", Origin: "tildelingsbrev", Title: "Flere i arbeid", Lang: "nb", Text: "Et mål.", Valid: "2021", Source: "FP §4"}, {Key: "ledig", Origin: "virksomhetsstrategi", Title: "Uten tema"}}
	p.Themes.V = []plan.Theme{{Slug: "sosiale-tjenester", Title: "Sosiale tjenester", Aliases: []string{"Sosialt"}, Lang: "nb", Text: "Om tjenestene.", Goals: []string{"flere-i-arbeid"}, Partners: []string{"Husbanken"}, Source: "FP §4.4"}}
	p.Tags.V = []plan.Tag{{Key: "digitalisering", Names: map[string]string{"nb": "Digitalisering"}}}
	must(t, s.Plans.Import(orgtest.System(), p, "test"))
	n := &plan.Note{Plan: "2021-2025", Theme: "sosiale-tjenester", Planned: "Skal gjerast ferdig."}
	n.Title, n.State, n.Lang, n.Number = "Sosiale tjenester", plan.NoteDraft, "nn", "N-1"
	must(t, s.Notes.Import(orgtest.System(), n, "test"))
}

func TestTexts(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House, _ *plan.Service) { h.Texts(t) })
}

func TestNoPlan(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House, _ *plan.Service) {
		if p := h.Get(t, "", "/plan"); p.Status != http.StatusOK || !p.Has("Ingen FoU-plan gjelder i dag") {
			t.Errorf("%d", p.Status)
		}
		for who, may := range map[string]bool{"": false, "kontor": false, "fou": true} {
			if p := h.Get(t, who, "/plan"); p.Has(`href="/plan/ny"`) != may {
				t.Errorf("%q is offered to begin a plan: %v, want %v", who, !may, may)
			}
		}
		if p := h.Get(t, "", "/programnotat"); p.Status != http.StatusOK || !p.Has("Ingen programnotater er ferdige") {
			t.Errorf("%d", p.Status)
		}
	})
}

// Everybody reads a plan that is or was in force, and what is on a theme and for a
// goal (A2, A6).
func TestPlanPages(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House, s *plan.Service) {
		fill(t, s)
		if p := h.Get(t, "", "/plan"); p.Status != http.StatusSeeOther || p.Location != "/plan/2021-2025" {
			t.Errorf("to the version in force: %d %s", p.Status, p.Location)
		}
		for path, want := range map[string][]string{
			"/plan/2021-2025": {
				"Om planen.", "Sosiale tjenester", `lang="nn"`, "Flere i arbeid", "Tildelingsbrevet", "Påvirkningskraft", "Digitalisering", "grunnforskning", "Tidligere periode",
				"/plan/2021-2025/tema/sosiale-tjenester", "/plan/2021-2025/mal/flere-i-arbeid",
			},
			"/plan/2021-2025/tema/sosiale-tjenester": {"Om tjenestene.", "Sosialt", "FP §4.4", "Flere i arbeid", "Husbanken", "Hva trenger familiene?", "Eksempel"},
			"/plan/tidligere":                        {"gjelder ikke lenger", "31. desember 2020", "Se FoU-plan 2021–2025", "ikke oppgitt i kilden"},
			"/plan/tidligere/tema/arbeid-og-helse":   {"Fra en tidligere plan", "Om arbeid og helse.", "Ingen behov eller prosjekter"},
			"/plan/2021-2025/mal/flere-i-arbeid":     {"Et mål.", "Tildelingsbrevet", "2021", "Sosiale tjenester", "Kommer flere i jobb?"},
			"/plan/2021-2025/mal/ledig":              {"Ingen temaer er knyttet til målet", "Ingen behov eller prosjekter"},
		} {
			for _, who := range []string{"", "kontor", "forsker"} {
				if p := h.Get(t, who, path); p.Status != http.StatusOK {
					t.Errorf("%s as %q: %d", path, who, p.Status)
				} else {
					for _, w := range want {
						if !p.Has(w) {
							t.Errorf("%s as %q lacks %q", path, who, w)
						}
					}
				}
			}
		}
		if p := h.Get(t, "kontor", "/plan/2021-2025/logg"); p.Status != http.StatusOK || !p.Has("la inn saken fra kilden") {
			t.Errorf("the log as staff: %d", p.Status)
		}
		if p := h.Get(t, "forsker", "/plan/2021-2025/logg"); p.Status != http.StatusNotFound {
			t.Errorf("the log as an outsider: %d", p.Status)
		}
		for _, path := range []string{"/plan/2021-2025/tema/arbeid-og-helse", "/plan/2021-2025/mal/x", "/plan/2030-2034", "/plan/2030-2034/tema/x"} {
			if p := h.Get(t, "kontor", path); p.Status != http.StatusNotFound {
				t.Errorf("%s: %d", path, p.Status)
			}
		}
	})
}

// A draft and what is not finished is for staff: to others it is as absent.
func TestWhoSees(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House, s *plan.Service) {
		fill(t, s)
		if p := h.Post(t, "fou", "/plan/2021-2025/rull", "version", "2023-2026", "title", "FoU-plan 2023–2026"); p.Status != http.StatusSeeOther {
			t.Fatalf("rolling: %d", p.Status)
		}
		for _, path := range []string{"/plan/2023-2026", "/plan/2023-2026/tema/sosiale-tjenester", "/plan/2023-2026/mal/flere-i-arbeid", "/programnotat/N-1"} {
			if p := h.Get(t, "kontor", path); p.Status != http.StatusOK {
				t.Errorf("%s as staff: %d", path, p.Status)
			}
			if p := h.Get(t, "forsker", path); p.Status != http.StatusNotFound {
				t.Errorf("%s as a researcher: %d", path, p.Status)
			}
			if p := h.Get(t, "", path); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location, "/logginn") {
				t.Errorf("%s as nobody: %d", path, p.Status)
			}
		}
		for _, path := range []string{"/plan/2021-2025", "/plan/2021-2025/tema/sosiale-tjenester", "/programnotat"} {
			if p := h.Get(t, "", path); p.Has("2023–2026") || p.Has("N-1") || p.Has("Skal gjerast") || p.Has("Programnotat: utkast") {
				t.Errorf("%s tells the public of a draft", path)
			}
			if p := h.Get(t, "kontor", path); !p.Has("utkast") && !p.Has("Utkast") {
				t.Errorf("%s does not tell staff of the draft note", path)
			}
		}
	})
}

// The way of a note on its pages, and the way of a new version.
func TestCommands(t *testing.T) {
	each(t, func(t *testing.T, h *orgtest.House, s *plan.Service) {
		fill(t, s)
		ok := func(who, path string, pairs ...string) {
			t.Helper()
			if p := h.Get(t, who, path); p.Status != http.StatusOK {
				t.Errorf("%s as %s: %d", path, who, p.Status)
			}
			if p := h.Post(t, who, path, pairs...); p.Status != http.StatusSeeOther {
				t.Fatalf("posting %s as %s: %d", path, who, p.Status)
			}
		}
		ok("fageier", "/programnotat/N-1/skriv", "status", "Vi veit litt.", "needs", "Vi treng meir.", "questions", "Kva verkar?", "partners", "Husbanken")
		ok("fou", "/programnotat/N-1/ferdigstill")
		if p := h.Get(t, "", "/programnotat/N-1"); p.Status != http.StatusOK || !p.Has("Vi veit litt.", "Kva verkar?", "Husbanken", "2. januar 2023") {
			t.Errorf("the finished note: %d", p.Status)
		}
		if p := h.Get(t, "", "/plan/2021-2025"); !p.Has("Lagt ved 2. januar 2023", "/programnotat/N-1") {
			t.Error("the annex is not on the plan's page")
		}
		ok("fou", "/programnotat/N-1/revider", "reason", "Nye funn")
		ok("fou", "/programnotat/N-1/skriv", "status", "Vi veit meir.")
		if p := h.Get(t, "kontor", "/programnotat/N-1"); !p.Has("Vi veit meir.", "Les den ferdige utgaven", "Vi veit litt.") {
			t.Error("the note under revision")
		}
		ok("leder", "/plan/2021-2025/varsle-revisjon", "cause", "strategy", "text", "Ny strategi til 2030.", "due", "30.04.2023")
		if p := h.Get(t, "kontor", "/plan/2021-2025"); !p.Has("Planen skal revideres. Frist: 30. april 2023", "Ny strategi til 2030.", "Revisjon varslet") {
			t.Error("the call for a revision")
		}
		ok("fou", "/plan/2021-2025/rull", "version", "2023-2026", "title", "FoU-plan 2023–2026")
		if p := h.Get(t, "fou", "/plan/2023-2026"); !p.Has("Dette er et utkast", "To personer må være enige") {
			t.Error("the draft")
		}
		ok("fou2", "/plan/2023-2026/publiser", "valid_from", "01.05.2023")
		if p := h.Get(t, "", "/plan/2023-2026"); !p.Has("Planen gjelder fra 1. mai 2023") {
			t.Error("a plan that has not begun")
		}
		h.Clock.Forward(orgtest.Day("2023-05-02"))
		if p := h.Get(t, "", "/plan"); p.Location != "/plan/2023-2026" {
			t.Errorf("in force: %s", p.Location)
		}
	})
}
