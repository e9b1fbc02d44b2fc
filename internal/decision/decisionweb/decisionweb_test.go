package decisionweb_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/decision"
	dt "funn/internal/decision/decisiontest"
	"funn/internal/decision/decisionweb"
	"funn/internal/org"
	"funn/internal/org/orgtest"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

func each(t *testing.T, test func(t *testing.T, h *dt.House)) {
	t.Helper()
	dt.Each(t, func(h *dt.House) []module.Module {
		return []module.Module{
			decisionweb.Module(decisionweb.Deps{Service: h.Decisions, Calls: h.Calls, Cases: h.Cases, Site: h.Site}),
		}
	}, test)
}

func TestTexts(t *testing.T) { each(t, func(t *testing.T, h *dt.House) { h.Texts(t) }) }

// The meeting's page has the ranked list with the running sum and the frame's line. To
// a member who may not deal with a case it is a line that says so, and nothing of it
// stands on any page, in any sum or in the minutes.
func TestMeetingPages(t *testing.T) {
	each(t, func(t *testing.T, h *dt.House) {
		recordweb.Mount(h.Site, recordweb.View[*application.Submission]{Kind: h.Cases.Applications, Body: nil})
		c := h.Call(t, call.Assessment2, 9_000_000)
		secret := h.Put(t, application.Application, c, "Hemmeligheten", 4_000_000, func(x *application.Submission) {
			x.Conflicts.V = application.Conflicts{{Person: "utvalg2", Ground: "declared", Declared: true}}
		})
		h.Did(t, secret, "fou", "propose", "outcome", "award", "amount", "444400000", "reasons", "Skjult grunn")
		open := h.Proposed(t, c, "Åpen sak", application.Award, "4000000")
		h.Proposed(t, c, "Utenfor", application.OnReserve, "")
		dt.Must(t, h.Step(t, c, "fou", "propose_awards"))
		m := h.Meet(t, c, "utvalg", "utvalg2")
		page := "/mote/" + m.Number

		p := h.Get(t, "utvalg", page)
		if p.Status != http.StatusOK || !p.Has("Hemmeligheten", "Åpen sak", "8\u00a0444\u00a0000", "9\u00a0000\u00a0000", "Svarer på behovet.", open.Number+"/ta-stilling") {
			t.Errorf("the meeting's page: %d", p.Status)
		}
		// One amount more than the frame draws the line and warns.
		_, err := h.Do(t, open, "utvalg", "propose", "outcome", "award", "amount", "500000000", "reasons", "Mer")
		dt.Must(t, err)
		if p = h.Get(t, "utvalg", page); !p.Has("Herfra går summen over rammen på 9\u00a0000\u00a0000") {
			t.Error("the frame's line is not drawn")
		}
		for _, path := range []string{page, page + "/hva-om", page + "/motebok", page + "/logg", "/mote"} {
			p := h.Get(t, "utvalg2", path)
			if p.Status != http.StatusOK {
				t.Errorf("%s as the disqualified member: %d", path, p.Status)
			}
			for _, leak := range []string{"Hemmeligheten", secret.Number, "4\u00a0444\u00a0000", "9\u00a0444\u00a0000", "Skjult grunn"} {
				if strings.Contains(p.Body, leak) {
					t.Errorf("%s tells the disqualified member %q", path, leak)
				}
			}
		}
		if p = h.Get(t, "utvalg2", page); !p.Has("Du er inhabil i denne saken", "Summene er uten") || strings.Contains(p.Body, "over rammen") {
			t.Error("the line of the case that one may not deal with")
		}
		if p = h.Get(t, "utvalg2", "/soknad/"+secret.Number+"/ta-stilling"); p.Status != http.StatusNotFound {
			t.Errorf("the disqualified member's form: %d", p.Status)
		}
		if p = h.Post(t, "utvalg2", "/soknad/"+secret.Number+"/ta-stilling", "agree", "yes"); p.Status != http.StatusNotFound {
			t.Errorf("the disqualified member registers: %d", p.Status)
		}

		// Alternatives stand in the address and change nothing.
		p = h.Get(t, "utvalg", page+"/hva-om?a-"+open.Number+"=4+000+000&b-kutt=1&b-"+secret.Number+"=feil")
		if !p.Has("8\u00a0444\u00a0000", "4\u00a0444\u00a0000", "Skriv beløpet") && !p.Has("8\u00a0444\u00a0000", "4\u00a0444\u00a0000", "beløp") {
			t.Error("the alternatives")
		}
		if got, _ := h.Cases.Applications.Load(t.Context(), open.ID); got.Answer.V.Ore != 500000000 {
			t.Error("an alternative was saved")
		}

		h.Did(t, secret, "utvalg", "postpone")
		_, err = h.Decisions.Meetings.Do(h.As(t, "utvalg"), m.ID, "adjourn", record.Input{})
		dt.Must(t, err)
		_, err = h.Decisions.Meetings.Do(h.As(t, "fou"), m.ID, "write", record.Input{Values: form.Of("remarks", "Møtet var kort.")})
		dt.Must(t, err)
		if p = h.Get(t, "fou", page+"/motebok"); !p.Has("Hemmeligheten", "Forlot møtet under saken", "Person utvalg2", "Møtet var kort.", "fordi") {
			t.Error("the minutes lack who left, or why it was postponed")
		}
		if p = h.Get(t, "utvalg2", page+"/motebok"); p.Has("Hemmeligheten") || p.Has(secret.Number) || !p.Has("1 sak vises ikke") {
			t.Error("the minutes as the disqualified member reads them")
		}
		for _, who := range []string{"fageier", "forsker", "admin", "fagvurderer"} {
			if p = h.Get(t, who, page); p.Status != http.StatusNotFound {
				t.Errorf("the meeting's page as %s: %d", who, p.Status)
			}
		}
	})
}

// What stops a case from being decided says by how much the frame is exceeded, with a
// link to where it is mended; and what stops the call says what each case takes. To
// somebody who may not deal with one of the cases, no sum is told that it is part of.
func TestWhatStopsADecision(t *testing.T) {
	each(t, func(t *testing.T, h *dt.House) {
		recordweb.Mount(h.Site, recordweb.View[*application.Submission]{Kind: h.Cases.Applications, Mends: h.Cases.Mends, Body: func(*web.Context, *application.Submission) (templ.Component, error) { return templ.NopComponent, nil }})
		h.Person(t, "utvalg3", org.Committee)
		c := h.Call(t, call.Assessment2, 9_000_000)
		first, second := h.Proposed(t, c, "Den første", application.Award, "4900000"), h.Proposed(t, c, "Den andre", application.Award, "7000000")
		h.Judge(second.ID, false)
		stopped := func(who string) string {
			ctx := lang.WithPrinter(h.As(t, who), h.Catalog.Printer(lang.NB))
			_, err := h.Calls.Kind.Do(ctx, c.ID, "propose_awards", record.Input{})
			f, ok := fault.As(err)
			if !ok {
				t.Fatalf("the call goes on: %v", err)
			}
			return web.FaultText(ctx, f)
		}
		const nok = "\u00a0"
		sums := "Summen er 11" + nok + "900" + nok + "000" + nok + "kr, som er 2" + nok + "900" + nok + "000" + nok + "kr over rammen på 9" + nok + "000" + nok + "000" + nok + "kr."
		if got := stopped("fou"); !strings.Contains(got, sums) || !strings.Contains(got, first.Number+": 4"+nok+"900") || !strings.Contains(got, second.Number+": Saken er ikke vurdert") || strings.Contains(got, first.Number+": Saken") {
			t.Errorf("what stops the call: %s", got)
		}
		h.Did(t, first, "fou2", "declare", "ground", "Søsken")
		if got := stopped("fou2"); strings.Contains(got, first.Number) || strings.Contains(got, "11"+nok) || strings.Contains(got, "2"+nok+"900") || !strings.Contains(got, "saker som du ikke behandler") {
			t.Errorf("what stops the call, to one who may not deal with a case: %s", got)
		}
		h.Judge(second.ID, true)
		h.Did(t, second, "fou", "propose", "outcome", "award", "amount", "400000000", "reasons", "Mindre")
		dt.Must(t, h.Step(t, c, "fou", "propose_awards"))
		m := h.Meet(t, c, "utvalg", "utvalg2", "utvalg3")
		for _, x := range []*application.Submission{first, second} {
			h.Did(t, x, "utvalg2", "stand", "agree", "yes")
		}
		h.Did(t, first, "utvalg", "decide")
		h.Did(t, second, "utvalg2", "propose", "outcome", "award", "amount", "700000000", "reasons", "Mer")
		page := h.Get(t, "utvalg", "/mote/"+m.Number)
		mends := `href="/soknad/` + second.Number + "/innstill?fra=" + m.Number + `"`
		if !page.Has("Summen går 2"+nok+"900"+nok+"000"+nok+"kr over rammen på 9", "4"+nok+"900"+nok+"000"+nok+"kr er vedtatt i andre saker, og 7"+nok+"000"+nok+"000"+nok+"kr er foreslått her", mends) {
			t.Errorf("what stops the decision, or where it is mended:\n%s", page.Body)
		}
		if p := h.Get(t, "utvalg", "/soknad/"+second.Number); !p.Has("Summen går 2"+nok+"900", `href="/soknad/`+second.Number+`/innstill"`) {
			t.Error("what stops the decision, on the case's page")
		}
		h.Did(t, first, "utvalg3", "declare", "ground", "Søsken")
		page = h.Get(t, "utvalg3", "/mote/"+m.Number)
		if !page.Has("Noe av den er i saker som du ikke behandler", mends) || page.Has("4"+nok+"900"+nok+"000") || page.Has("Summen går 2") {
			t.Error("what stops the decision, to one who may not deal with another case")
		}
		h.Judge(second.ID, false)
		for _, who := range []string{"utvalg", "fou"} {
			if page = h.Get(t, who, "/mote/"+m.Number); !page.Has("Saken er ikke vurdert") {
				t.Errorf("what is missing of the case, to %s", who)
			}
		}
	})
}

// Before there is anything to decide on, each case says what has not been done yet, and
// leads there.
func TestWhatStopsADecisionBeforeTheMeeting(t *testing.T) {
	each(t, func(t *testing.T, h *dt.House) {
		c := h.Call(t, call.Assessment2, 9_000_000)
		h.Proposed(t, c, "Saken", application.Award, "4900000")
		m, err := h.Decisions.Meetings.Create(h.As(t, "fou"), "plan", record.Input{Values: form.Of("call", c.ID, "held_on", "2023-02-01")}, nil)
		dt.Must(t, err)
		page := h.Get(t, "utvalg", "/mote/"+m.Number)
		if !page.Has(`<a class="aksel-link" href="/utlysning/`+c.Number+`">FoU-seksjonen har ikke sendt innstillingen i `+c.Number, `<a class="aksel-link" href="/mote/`+m.Number+`/start">Du er ikke ført som til stede`) {
			t.Error("what stops the decision of a case before the meeting")
		}
		_, err = h.Decisions.Meetings.Do(h.As(t, "fou"), m.ID, "drop", record.Input{Reason: "fordi"})
		dt.Must(t, err)
		if page = h.Get(t, "utvalg", "/mote/"+m.Number); page.Has("Du er ikke ført") {
			t.Error("what stops decisions in a meeting that is dropped")
		}
	})
}

// Whoever takes a stand or decides from the meeting's page comes back to it, at the
// case; a case's own page leads to the meeting and to its next case, for those who have
// a part in meetings.
func TestBackToTheMeeting(t *testing.T) {
	each(t, func(t *testing.T, h *dt.House) {
		facts := decisionweb.OfCase(h.Decisions)
		recordweb.Mount(h.Site, recordweb.View[*application.Submission]{Kind: h.Cases.Applications, Body: func(c *web.Context, x *application.Submission) (templ.Component, error) {
			list, err := facts(c.Ctx(), x)
			return ui.Facts(list), err
		}})
		c := h.Call(t, call.Assessment2, 9_000_000)
		first, second := h.Proposed(t, c, "Den første", application.Award, "4000000"), h.Proposed(t, c, "Den andre", application.Reject, "")
		kept := h.Proposed(t, c, "Den tredje", application.Reject, "")
		h.Did(t, kept, "utvalg2", "declare", "ground", "Søsken")
		dt.Must(t, h.Step(t, c, "fou", "propose_awards"))
		if p := h.Get(t, "utvalg", "/soknad/"+first.Number); p.Status != http.StatusOK || p.Has("/mote/") {
			t.Errorf("the case's page without a meeting: %d", p.Status)
		}
		m := h.Meet(t, c, "utvalg", "utvalg2")
		page, form := "/mote/"+m.Number, "/soknad/"+first.Number+"/ta-stilling"
		if p := h.Get(t, "utvalg2", page); !p.Has(`href="`+form+"?fra="+m.Number+`"`, `id="sak-`+strings.ToLower(first.Number)+`"`) {
			t.Error("the meeting's page does not lead to the form and back")
		}
		here := page + "#sak-" + strings.ToLower(first.Number)
		if p := h.Get(t, "utvalg2", form+"?fra="+m.Number); !p.Has(`name="fra" value="`+m.Number+`"`, `href="`+here+`"`) {
			t.Error("the form does not know the way back, also without being sent")
		}
		if p := h.Post(t, "utvalg2", form, "agree", "yes", "fra", m.Number); p.Location != here {
			t.Errorf("after taking a stand: %d %q, want %q", p.Status, p.Location, here)
		}
		if p := h.Post(t, "utvalg2", "/soknad/"+second.Number+"/ta-stilling", "agree", "yes", "fra", "https://example.com"); p.Location != "/soknad/"+second.Number {
			t.Errorf("a way back that is none: %d %q", p.Status, p.Location)
		}
		if p := h.Get(t, "utvalg", "/soknad/"+first.Number); !p.Has(`href="`+here+`"`, `href="/soknad/`+second.Number+`"`) {
			t.Error("the case's page does not lead to the meeting and the next case")
		}
		if p := h.Get(t, "utvalg2", "/soknad/"+second.Number); p.Has(kept.Number) || !p.Has(`href="/soknad/`+first.Number+`"`) {
			t.Error("the next case is one that the member may not deal with")
		}
		if p := h.Get(t, "fageier", "/soknad/"+first.Number); p.Status != http.StatusOK || p.Has("/mote/", second.Number) {
			t.Errorf("the case's page to the subject owner, who has no part in meetings: %d", p.Status)
		}
		if p := h.Post(t, "utvalg", "/soknad/"+first.Number+"/vedta", "fra", m.Number); p.Location != here {
			t.Errorf("after deciding: %d %q\n%s", p.Status, p.Location, p.Body)
		}
	})
}

// A meeting on a call that is an example is one too, and the list says so.
func TestListMarksExamples(t *testing.T) {
	each(t, func(t *testing.T, h *dt.House) {
		h.Meet(t, h.Call(t, call.Assessment2, 9_000_000), "utvalg", "utvalg2")
		if p := h.Get(t, "utvalg", "/mote"); p.Status != http.StatusOK || p.Has("Eksempel") {
			t.Errorf("the list calls a meeting an example that is none: %d", p.Status)
		}
		c := h.Calls.Kind.New()
		c.Title, c.State, c.Example = "Et eksempel", call.Assessment2, true
		dt.Must(t, h.Calls.Kind.Import(orgtest.System(), c, "test"))
		h.Meet(t, c, "utvalg", "utvalg2")
		if p := h.Get(t, "utvalg", "/mote"); !p.Has(">Eksempel<") {
			t.Error("the list does not mark the meeting on an example")
		}
	})
}

// All sketches are answered on one page, beginning with what the assessments say. What
// is wrong with one stands at it, and the others are saved.
func TestAnswersPage(t *testing.T) {
	each(t, func(t *testing.T, h *dt.House) {
		c := h.Call(t, call.Assessment1, 9_000_000)
		a, b := h.Put(t, application.Sketch, c, "Første", 1, nil), h.Put(t, application.Sketch, c, "Andre", 1, nil)
		hidden := h.Put(t, application.Sketch, c, "Inhabil sak", 1, func(x *application.Submission) {
			x.Conflicts.V = application.Conflicts{{Person: "fou", Ground: "declared", Declared: true}}
		})
		page := "/utlysning/" + c.Number + "/svar"
		p := h.Get(t, "fou", page)
		if p.Status != http.StatusOK || !p.Has("Første", "Andre", "Svarer på behovet.", "Metoden er god.") || p.Has("Inhabil sak") || p.Has(hidden.Number) {
			t.Errorf("the page: %d", p.Status)
		}
		p = h.Post(t, "fou", page, "_key", "nokkel", "outcome-"+a.Number, "invite", "reasons-"+a.Number, "Ja", "outcome-"+b.Number, "reject", "reasons-"+b.Number, "", "outcome-"+hidden.Number, "reject", "reasons-"+hidden.Number, "Nei")
		if p.Status != http.StatusUnprocessableEntity || !p.Has("Feil") {
			t.Errorf("with a reason missing: %d", p.Status)
		}
		proposed := func(x *application.Submission) string {
			got, err := h.Cases.Sketches.Load(t.Context(), x.ID)
			dt.Must(t, err)
			if got.Answer.V == nil {
				return ""
			}
			return got.Answer.V.Outcome
		}
		if proposed(a) != "invite" || proposed(b) != "" || proposed(hidden) != "" {
			t.Errorf("proposed: %q, %q, %q", proposed(a), proposed(b), proposed(hidden))
		}
		if p = h.Post(t, "fou", page, "_key", "nokkel2", "outcome-"+b.Number, "reject", "reasons-"+b.Number, "Nei"); p.Status != http.StatusSeeOther || proposed(b) != "reject" {
			t.Errorf("the other: %d, %q", p.Status, proposed(b))
		}
		if p = h.Get(t, "fageier", page); p.Status != http.StatusOK || !p.Has("/skisse/"+a.Number+"/enig-relevans") || p.Has("Lagre forslagene") {
			t.Errorf("as the subject owner: %d", p.Status)
		}
		for _, who := range []string{"fageier2", "utvalg", "forsker", "admin"} {
			if p = h.Get(t, who, page); p.Status != http.StatusNotFound {
				t.Errorf("as %s: %d", who, p.Status)
			}
		}
	})
}

// The texts of the letters can be read and set; the open data are everybody's.
func TestTextsAndOpenData(t *testing.T) {
	each(t, func(t *testing.T, h *dt.House) {
		if p := h.Get(t, "admin", "/brevtekst"); !p.Has("Regler om klage", "Programmets egen tekst", "/brevtekst/ny?code=legal_appeal") {
			t.Error("the list of texts")
		}
		if p := h.Get(t, "admin", "/brevtekst/ny?code=signature&body_nb=Hilsen"); p.Status != http.StatusOK || !p.Has("Hilsen") {
			t.Error("the form")
		}
		sent := []string{"code", "signature", "valid_from", "01.01.2023"}
		for _, tag := range []string{"nb", "nn", "en"} {
			sent = append(sent, "subject_"+tag, "Hilsen", "body_"+tag, "Beste hilsen "+tag)
		}
		p := h.Post(t, "admin", "/brevtekst/ny", sent...)
		if p.Status != http.StatusSeeOther {
			t.Fatalf("setting a text: %d %s", p.Status, p.Body)
		}
		if p = h.Get(t, "fou", p.Location); !p.Has("Beste hilsen nn") {
			t.Error("the text's page")
		}
		if p = h.Get(t, "fou", "/brevtekst"); !p.Has("Fra 1. januar 2023") {
			t.Error("the list does not say what holds")
		}
		if p = h.Get(t, "", decision.JSONPath); p.Status != http.StatusOK || !p.Has(`"grants": []`) {
			t.Errorf("open data: %d %s", p.Status, p.Body)
		}
		if p = h.Get(t, "", decision.CSVPath); !p.Has("Identifier,Title") {
			t.Error("open data as CSV")
		}
	})
}
