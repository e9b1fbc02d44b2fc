package callweb_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/go-cmp/cmp"

	"funn/internal/call"
	"funn/internal/call/callweb"
	"funn/internal/need"
	"funn/internal/org/orgtest"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/form"
	"funn/internal/platform/jobs"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/ui"
)

// asked answers what calls ask of other modules.
type asked struct{}

func (asked) Holders(context.Context, ...access.Role) ([]form.Option, error) {
	return []form.Option{{Value: "fageier", Label: "Fageier"}}, nil
}

func (asked) Waiting(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "behov", Label: "B-2022-001"}}, nil
}

func (asked) Themes(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "palitelig-forvaltning", Label: "Pålitelig forvaltning"}}, nil
}

type house struct {
	*orgtest.House
	calls *call.Service
	api   http.Handler
}

func each(t *testing.T, test func(t *testing.T, h house)) {
	t.Helper()
	t.Parallel()
	var calls *call.Service
	mux := http.NewServeMux()
	build := func(h *orgtest.House) []module.Module {
		calls = call.New(asked{}, asked{}, asked{})
		m := callweb.Module(callweb.Deps{Service: calls, Site: h.Site, ThemeName: func(context.Context, string) string { return "Pålitelig forvaltning" }, Awarded: func(context.Context, string) ([]ui.Item, error) {
			return []ui.Item{{Title: "Et prosjekt som fikk penger", Href: "/kunnskap/prosjekt/P-2022-001"}}, nil
		}, BaseURL: "https://funn.example"})
		mux = http.NewServeMux()
		m.API(humago.New(mux, huma.DefaultConfig("test", "1")))
		return []module.Module{m, {Name: "need", Messages: need.Messages}}
	}
	orgtest.Each(t, []fs.FS{jobs.Migrations, call.Migrations}, build, func(t *testing.T, h *orgtest.House) { test(t, house{h, calls, mux}) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func when(from, to, text string) db.JSON[call.When] {
	return db.JSON[call.When]{V: call.When{From: orgtest.Day(from), To: orgtest.Day(to), Text: text}}
}

// put imports a call about which nothing more is known than what change sets.
func (h house) put(t testing.TB, number, state string, change func(*call.Call)) *call.Call {
	t.Helper()
	c := h.calls.Kind.New()
	c.Number, c.Title, c.State, c.Source = number, "Utlysning "+number, state, "Kilde"
	if change != nil {
		change(c)
	}
	must(t, h.calls.Kind.Import(orgtest.System(), c, "test"))
	return c
}

// the2022 is the call as the report has it (ÅR §2.1).
func (h house) the2022(t testing.TB) *call.Call {
	return h.put(t, "U-2022-001", call.Closed, func(c *call.Call) {
		c.Title, c.Theme, c.PlanYear, c.Note = "Utlysning 2022: Pålitelig forvaltning", "palitelig-forvaltning", 2022, "Om tillit."
		c.Opened, c.Deadline = when("2021-12-01", "2021-12-31", "helt på tampen av 2021"), when("2022-01-01", "2022-01-31", "")
		c.FrameOre, c.AwardedOre, c.Sketches, c.Applications, c.Awards = 30_000_000_00, 22_000_000_00, 13, 8, 6
	})
}

func (h house) get(t testing.TB, path string, into any) int {
	t.Helper()
	w := httptest.NewRecorder()
	h.api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if into != nil {
		must(t, json.Unmarshal(w.Body.Bytes(), into))
	}
	return w.Code
}

func TestTexts(t *testing.T) {
	each(t, func(t *testing.T, h house) { h.Texts(t) })
}

// The page of the call of 2022 shows 13, 8 and 6, and 22 of 30 million (C9).
func TestCallPage(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.the2022(t)
		for _, who := range []string{"", "forsker", "kontor"} {
			p := h.Get(t, who, "/utlysning/U-2022-001")
			if p.Status != http.StatusOK {
				t.Fatalf("as %q: %d", who, p.Status)
			}
			for _, want := range []string{
				"6 av 13 skisser fikk penger", "62\u00a0% av skissene", "75\u00a0% av søknadene", "22 tildelt", "8 ikke tildelt", "helt på tampen av 2021",
				"januar 2022", "inntil", "Pålitelig forvaltning", "Om tillit.", "Kilde",
			} {
				if !p.Has(want) {
					t.Errorf("as %q the page lacks %q", who, want)
				}
			}
			if strings.Contains(p.Body, "Inviterte") {
				t.Error("a step that the source does not tell is drawn")
			}
		}
		if p := h.Get(t, "", "/utlysning"); !p.Has("Utlysning 2022: Pålitelig forvaltning", "/utlysning/U-2022-001") || p.Has("/utlysning/ny") {
			t.Error("the list")
		}
		if p := h.Get(t, "fou", "/utlysning"); !p.Has("/utlysning/ny") {
			t.Error("the list as the R&D section")
		}
	})
}

// The list and the call's page say to the public where a call stands in the public's
// few words, to those who work here in theirs, and mark examples to both. The public is
// not told that awards are proposed or decided before they are announced, nor when.
func TestList(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.put(t, "U-1", call.Proposed, func(c *call.Call) { c.Example = true })
		h.put(t, "U-2", call.Decided, func(c *call.Call) { c.Example = true })
		own := map[string]string{"/utlysning/U-1": "Innstilt", "/utlysning/U-2": "Besluttet"}
		for _, who := range []string{"", "forsker", "fou"} {
			list := h.Get(t, who, "/utlysning")
			for path, word := range own {
				for at, p := range map[string]orgtest.Page{"/utlysning": list, path: h.Get(t, who, path)} {
					inside := who == "fou"
					if !p.Has(">Eksempel<") || p.Has(">"+word+"<") != inside || p.Has(">Til vurdering<") == inside || p.Has(">Avgjort<") {
						t.Errorf("%s to %q lacks the mark of an example, or says where %s stands in others' words", at, who, path)
					}
					if at == path && p.Has("Med denne statusen") != inside {
						t.Errorf("%s to %q tells since when: %v", at, who, !inside)
					}
				}
			}
		}
	})
}

// uninvited are the cases of calls in which no sketch is invited.
type uninvited struct{}

func (uninvited) Hinder(context.Context, *call.Call, string) ([]record.Reason, error) {
	return nil, nil
}
func (uninvited) NoneInvited(context.Context, string) (bool, error)   { return true, nil }
func (uninvited) Count(context.Context, string) (call.Numbers, error) { return call.Numbers{}, nil }
func (uninvited) Begun(context.Context, string) (bool, error)         { return true, nil }

// A call that nobody is invited to go on in says so to those who answer the sketches,
// on its page and where the answers are sent, and leads to cancelling it; to nobody else.
func TestNobodyInvited(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.calls.Cases = uninvited{}
		for i, state := range []string{call.Assessment1, call.Open2} {
			number, says := "U-"+strconv.Itoa(i), []string{"Send svarene, så alle får vite det.", "så ingen kan sende søknad. Skal utlysningen"}[i]
			h.put(t, number, state, func(c *call.Call) {
				c.Owner, c.ApplicationsClock, c.ApplicationsDue = "fageier", "12:00:00", when("2024-01-01", "2024-01-01", "")
			})
			page := "/utlysning/" + number
			for _, who := range []string{"fou", "fageier"} {
				if p := h.Get(t, who, page); !p.Has(says) {
					t.Errorf("%s does not read in %s that nobody is invited", who, state)
				}
			}
			// Beside the button that is always there, once all have been told.
			if n := strings.Count(h.Get(t, "fou", page).Body, `href="`+page+`/foresla-avlysning"`); n != i+1 {
				t.Errorf("%d ways to cancel the call in %s", n, state)
			}
			for _, who := range []string{"", "forsker", "kontor", "utvalg"} {
				if p := h.Get(t, who, page); p.Status != http.StatusOK || p.Has("skissene er invitert") {
					t.Errorf("%q reads in %s that nobody is invited: %d", who, state, p.Status)
				}
			}
		}
		form := "/utlysning/U-0/send-svarene"
		if p := h.Get(t, "fou", form); p.Status != http.StatusOK || !p.Has("ingen kan sende søknad når svarene er sendt", `name="reason"`) {
			t.Errorf("the form that sends the answers: %d", p.Status)
		}
		if p := h.Post(t, "fou", form); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("sending the answers without a word: %d", p.Status)
		}
	})
}

// Numbers of a call that is not announced are for nobody; a call without any says so.
func TestNumbersNotTold(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.put(t, "U-1", call.Assessment2, func(c *call.Call) { c.Sketches, c.Invited = 51, 9 })
		h.put(t, "U-2", call.Closed, nil)
		h.put(t, "U-3", call.Draft, nil)
		h.put(t, "U-4", call.Closed, func(c *call.Call) { c.Sketches, c.Invited = 51, 9 })
		for _, who := range []string{"", "forsker", "fou"} {
			if p := h.Get(t, who, "/utlysning/U-1"); !p.Has("Tallene kommer") || p.Has(">51<") {
				t.Errorf("the numbers are told too early to %q", who)
			}
			if p := h.Get(t, who, "/utlysning/U-2"); !p.Has("Kilden oppgir ikke", "Ikke oppgitt i kilden") {
				t.Errorf("a call without numbers, to %q", who)
			}
			if p := h.Get(t, who, "/utlysning/U-4"); !p.Has("9 av 51 skisser ble invitert videre", ">51<") {
				t.Errorf("some numbers, to %q", who)
			}
		}
		if p := h.Get(t, "forsker", "/utlysning/U-3"); p.Status != http.StatusNotFound {
			t.Errorf("a draft: %d", p.Status)
		}
		if p := h.Get(t, "", "/utlysning"); p.Has("U-3") {
			t.Error("a draft in the list")
		}
	})
}

func TestCommands(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		p := h.Post(t, "fou", "/utlysning/ny", "title", "Ny utlysning", "theme", "palitelig-forvaltning", "plan_year", "2023", "frame", "30 000 000", "deadline", "15.03.2023")
		if p.Status != http.StatusSeeOther || p.Location != "/utlysning/U-2023-001" {
			t.Fatalf("registering: %d %s", p.Status, p.Location)
		}
		if p := h.Get(t, "fou", "/utlysning/U-2023-001/resultat"); p.Status != http.StatusConflict {
			t.Errorf("telling the result of a planned call: %d", p.Status)
		}
		for _, path := range []string{"endre", "tilstand", "logg"} {
			if p := h.Get(t, "fou", "/utlysning/U-2023-001/"+path); p.Status != http.StatusOK {
				t.Errorf("%s: %d", path, p.Status)
			}
			if p := h.Get(t, "kontor", "/utlysning/U-2023-001/"+path); path != "logg" && p.Status != http.StatusForbidden {
				t.Errorf("%s as an office: %d", path, p.Status)
			}
		}
		if p := h.Post(t, "fou", "/utlysning/U-2023-001/tilstand", "state", call.Announced); p.Status != http.StatusSeeOther {
			t.Errorf("telling the state: %d", p.Status)
		}
		if p := h.Post(t, "fou", "/utlysning/U-2023-001/resultat", "sketches", "5", "awards", "6"); p.Status != http.StatusUnprocessableEntity || !p.Has("ikke er større enn antallet skisser: 5") {
			t.Errorf("more awards than sketches: %d", p.Status)
		}
		if p := h.Post(t, "fou", "/utlysning/U-2023-001/resultat", "sketches", "7", "awards", "2", "awarded", "9 500 000"); p.Status != http.StatusSeeOther {
			t.Errorf("telling the result: %d", p.Status)
		}
		if p := h.Get(t, "", "/utlysning/U-2023-001"); !p.Has("2 av 7 skisser fikk penger", "9,5 tildelt", "20,5 ikke tildelt") {
			t.Error("the result on the page")
		}
	})
}

func TestAPI(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		id := h.the2022(t).ID
		h.put(t, "U-2023-001", call.Planned, func(c *call.Call) { c.Example, c.Sketches = true, 5 })
		h.put(t, "U-2023-002", call.Draft, nil)
		var got map[string]any
		if status := h.get(t, "/api/v1/calls?theme=palitelig-forvaltning", &got); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		want := map[string]any{"total": 1.0, "items": []any{map[string]any{
			"id": id, "number": "U-2022-001", "title": "Utlysning 2022: Pålitelig forvaltning", "lang": "nb", "url": "/kunnskap/utlysning/U-2022-001", "state": "AVSLUTTET",
			"theme": "palitelig-forvaltning", "frame_nok": 30e6, "source": "Kilde", "example": false,
			"opened":     map[string]any{"from": "2021-12-01", "to": "2021-12-31", "precision": "month", "text": "helt på tampen av 2021"},
			"deadline":   map[string]any{"from": "2022-01-01", "to": "2022-01-31", "precision": "month"},
			"statistics": map[string]any{"sketches": 13.0, "applications": 8.0, "awards": 6.0, "awarded_nok": 22e6, "frame_nok": 30e6},
		}}}
		delete(got, "$schema")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		type page struct {
			Items []struct {
				Number     string         `json:"number"`
				Example    bool           `json:"example"`
				Frame      *int64         `json:"frame_nok"`
				Statistics map[string]any `json:"statistics"`
			} `json:"items"`
			Total int    `json:"total"`
			Next  string `json:"next"`
		}
		var first, second page
		h.get(t, "/api/v1/calls?limit=1", &first)
		h.get(t, "/api/v1/calls?limit=1&after="+first.Next, &second)
		if first.Total != 2 || first.Next == "" || len(second.Items) != 1 || second.Next != "" {
			t.Fatalf("pages: %+v, %+v", first, second)
		}
		// A planned call is there, marked when it is an example, without statistics.
		if c := second.Items[0]; c.Number != "U-2023-001" || !c.Example || c.Statistics != nil || c.Frame != nil {
			t.Errorf("a planned call: %+v", c)
		}
		if status := h.get(t, "/api/v1/calls?limit=0", nil); status != http.StatusUnprocessableEntity {
			t.Errorf("a limit of none: %d", status)
		}
	})
}

// What goes wrong below is told by its kind, not as the house's own fault.
func TestAPIWithSlowDatabase(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/v1/calls", nil))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("with a database that does not answer in time: %d %s", w.Code, w.Body)
		}
	})
}

// Everybody meets a call below /kunnskap, with the numbers and what came of it once
// that is told; one that is being prepared is not there.
func TestPublicPage(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.the2022(t)
		h.put(t, "U-9", call.Planned, func(c *call.Call) {
			c.Example, c.FrameOre, c.Deadline = true, 30_000_000_00, when("2023-03-01", "2023-03-31", "mars 2023")
		})
		h.put(t, "U-8", call.Draft, nil)
		for _, who := range []string{"", "fou"} {
			if p := h.Get(t, who, "/kunnskap/utlysning/U-2022-001"); p.Status != http.StatusOK || !p.Has("6 av 13 skisser fikk penger", "/kunnskap/prosjekt/P-2022-001") {
				t.Errorf("the call of 2022, as %q: %d", who, p.Status)
			}
			if p := h.Get(t, who, "/kunnskap/utlysning/U-9"); p.Status != http.StatusOK || !p.Has("inntil 30\u00a0mill.\u00a0kr (alle prosjektår)", "mars 2023", "Eksempel", "er planlagt") || p.Has("fikk penger") {
				t.Errorf("a planned call, as %q: %d", who, p.Status)
			}
			if p := h.Get(t, who, "/kunnskap/utlysninger"); !p.Has("Planlagte", "U-9", "Avgjorte", "U-2022-001") || p.Has("U-8") {
				t.Errorf("the list, as %q", who)
			}
			for _, path := range []string{"U-8", "U-8/datoer.ics", "finnes-ikke"} {
				if p := h.Get(t, who, "/kunnskap/utlysning/"+path); p.Status != http.StatusNotFound {
					t.Errorf("%s, as %q: %d", path, who, p.Status)
				}
			}
		}
	})
}

// A date is read in its own words, which are Norwegian, and in English as exactly as
// it is known.
func TestDates(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		for i, x := range []struct{ from, to, text, nb, en string }{
			{"2021-12-01", "2021-12-31", "på tampen av 2021", "på tampen av 2021", "December 2021"},
			{"2023-08-01", "2023-12-31", "høsten 2023", "høsten 2023", "1 August 2023 – 31 December 2023"},
			{"2022-01-01", "2022-12-31", "", "2022", "2022"},
			{"2022-02-03", "2022-03-04", "", "3. februar 2022 – 4. mars 2022", "3 February 2022 – 4 March 2022"},
			{"2022-02-03", "2022-02-03", "", "3. februar 2022", "3 February 2022"},
		} {
			c := h.put(t, "U-"+string(rune('1'+i)), call.Planned, func(c *call.Call) { c.Opened = when(x.from, x.to, x.text) })
			for tag, want := range map[string]string{"nb": x.nb, "en": x.en} {
				if p := h.Get(t, "", "/utlysning/"+c.Number+"?malform="+tag); !p.Has(want) {
					t.Errorf("%s to %s in %s lacks %q", x.from, x.to, tag, want)
				}
			}
		}
	})
}

// What came of a call stands on its page, as far as the reader may see it.
func TestLedTo(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		c := h.the2022(t)
		other := h.put(t, "U-9", call.Planned, nil)
		hidden := h.put(t, "U-8", call.Draft, nil)
		for _, from := range []string{other.ID, hidden.ID} {
			_, err := h.DB.Exec(context.Background(), "INSERT INTO record_link (from_id, to_id, rel) VALUES ($1, $2, 'comes_from')", from, c.ID)
			must(t, err)
		}
		if p := h.Get(t, "", "/utlysning/U-2022-001"); !p.Has("/utlysning/U-9") || p.Has("/utlysning/U-8") {
			t.Error("what came of the call")
		}
		if p := h.Get(t, "kontor", "/utlysning/U-2022-001"); !p.Has("/utlysning/U-9", "/utlysning/U-8") {
			t.Error("what came of the call, as staff")
		}
	})
}

// Machines are told the deadline to the second. The calendar file has the dates that are known to the day, and the deadline to the
// second; what stands in a title breaks nothing in it.
func TestCalendar(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.put(t, "U-7", call.Open1, func(c *call.Call) {
			c.Title, c.Slug = "Utlysning; med, tegn\\ og en lang tittel som går over flere linjer i filen\nEND:VEVENT", "en-slug"
			c.Opened, c.Deadline, c.DeadlineClock = when("2023-02-01", "2023-02-01", ""), when("2023-06-15", "2023-06-15", ""), "12:00:30"
			c.Answer, c.Starts = when("2023-08-01", "2023-12-31", "høsten 2023"), when("2024-01-02", "2024-01-02", "")
		})
		var list struct {
			Items []struct {
				ClosesAt string `json:"closes_at"`
			} `json:"items"`
		}
		h.get(t, "/api/v1/calls", &list)
		if len(list.Items) != 1 || list.Items[0].ClosesAt != "2023-06-15T10:00:30Z" {
			t.Errorf("the API: %+v", list)
		}
		p := h.Get(t, "", "/kunnskap/utlysning/en-slug/datoer.ics")
		if p.Status != http.StatusOK || p.Header.Get("Content-Type") != "text/calendar; charset=utf-8" {
			t.Fatalf("%d %s", p.Status, p.Header)
		}
		cal, err := ics.ParseCalendar(strings.NewReader(p.Body))
		must(t, err)
		got := map[string]string{}
		for _, e := range cal.Events() {
			got[e.GetProperty(ics.ComponentPropertySummary).Value[:6]] = e.GetProperty(ics.ComponentPropertyDtStart).Value
			if url := e.GetProperty(ics.ComponentPropertyUrl).Value; url != "https://funn.example/kunnskap/utlysning/en-slug" {
				t.Errorf("leads to %s", url)
			}
		}
		want := map[string]string{"Åpner": "20230201", "Frist ": "20230615T100030Z", "Prosje": "20240102"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", diff, p.Body)
		}
		if other := h.Get(t, "", "/kunnskap/utlysning/en-slug/datoer.ics"); other.Body != p.Body {
			t.Error("the same dates are another file the next time")
		}
		for _, line := range strings.Split(p.Body, "\r\n") {
			if len(line) > 75 {
				t.Errorf("a line of %d bytes: %s", len(line), line)
			}
		}
	})
}

// The page of a draft leads from what is missing to the form that mends it, for those
// who may; a criterion is changed in a form that shows it.
func TestDraftPage(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.put(t, "U-6", call.Draft, func(c *call.Call) {
			c.Texts.V = map[string]call.Text{"nb": {Purpose: "Et formål", Eligible: "e", Requirements: "r", Assessed: "a", Apply: "s", Contact: "c"}}
			words := map[string]string{"nb": "Et kriterium", "nn": "Eit kriterium"}
			c.Criteria.V = []call.Criterion{{ID: 3, Names: words, Meanings: words, Weight: 60, Principles: []string{"quality"}, Assessor: call.BySection}}
		})
		for path, lack := range map[string]string{"endre": "Velg tema", "datoer": "Oppgi dagen", "tekst-nynorsk": "på nynorsk", "kriterium": "nå er de 60"} {
			for who, may := range map[string]bool{"fou": true, "kontor": false} {
				p := h.Get(t, who, "/utlysning/U-6")
				if link := strings.Contains(p.Body, `href="/utlysning/U-6/`+path+`"`); !p.Has(lack) || link != may {
					t.Errorf("%s to %s: a link %v", path, who, link)
				}
			}
		}
		if p := h.Get(t, "fou", "/utlysning/U-6"); p.Has("Skriv alle tekstene på bokmål") || p.Has("dekker kvalitet") {
			t.Error("what is there is told missing")
		}
		if p := h.Get(t, "fou", "/utlysning/U-6/kriterium?criterion=3"); !p.Has(`value="Et kriterium"`, `value="60"`) {
			t.Error("the form of the criterion does not show it")
		}
		if p := h.Get(t, "fou", "/utlysning/U-6/kriterium"); p.Has("Et kriterium\"") {
			t.Error("the form of a new criterion shows another")
		}
		if p := h.Get(t, "kontor", "/utlysning/U-6/forhandsvisning"); !p.Has("Et formål", "Slik vil søkerne se") {
			t.Error("the preview")
		}
	})
}

// What has been done is done, also when its day has not come: a decision that is told
// stands as done on the call's page.
func TestStepsThatCameEarly(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		for i, tc := range []struct {
			state string
			done  bool
		}{{call.Proposed, false}, {call.Announced, true}, {call.Closed, true}} {
			number := "U-2023-00" + strconv.Itoa(i+1)
			h.put(t, number, tc.state, func(c *call.Call) { c.Decision = when("2030-06-01", "2030-06-30", "") })
			for _, path := range []string{"/utlysning/", "/kunnskap/utlysning/"} {
				p := h.Get(t, "", path+number)
				at := strings.Index(p.Body, "Vedtak <span") // the step's title, with its state in words
				if at < 0 {
					at = strings.Index(p.Body, "Vedtak<span")
				}
				if at < 0 {
					t.Fatalf("%s: no step of the decision", path)
				}
				if got := strings.Contains(p.Body[at:at+60], "(Ferdig)"); got != tc.done {
					t.Errorf("%s in %s: done %v: %s", path, tc.state, got, p.Body[at:at+60])
				}
			}
		}
	})
}
