package decision_test

import (
	"testing"

	"funn/internal/application"
	"funn/internal/call"
	dt "funn/internal/decision/decisiontest"
	"funn/internal/org"
	"funn/internal/org/orgtest"
)

// A complaint of a sketch that turns out to be right after the deadline of the
// applications has a way on: its application is assessed by what the sketch says, and
// is proposed, decided and told like the others.
func TestRightAfterTheDeadline(t *testing.T) {
	for _, state := range []string{call.Open2, call.Assessment2} {
		t.Run(state, func(t *testing.T) {
			dt.Each(t, nil, func(t *testing.T, h *dt.House) {
				h.Person(t, "fou3", org.FoU)
				c := h.Call(t, state, 9_000_000)
				if state == call.Open2 { // the deadline has passed, and the call is about to close
					c.ApplicationsDue.V, c.ApplicationsClock = call.When{From: orgtest.Day("2023-01-01"), To: orgtest.Day("2023-01-01")}, "12:00:00"
					text := `{"from":"2023-01-01T00:00:00Z","to":"2023-01-01T00:00:00Z"}`
					_, err := h.DB.Exec(t.Context(), "UPDATE call SET applications_due = $2, applications_clock = $3 WHERE id = $1", c.ID, text, "12:00:00")
					dt.Must(t, err)
				}
				sketch := h.Put(t, application.Sketch, c, "Tillit", 4_000_000, func(x *application.Submission) {
					x.State = application.Rejected
					x.Answer.V = &application.Answer{Outcome: application.Reject, Reasons: "Nei", ProposedBy: "fou", DecidedBy: "fageier", DecidedAt: h.Clock.Now(), ToldAt: h.Clock.Now(), AppealUntil: orgtest.Day("2023-01-23")}
				})
				h.Did(t, sketch, "forsker", "appeal", "grounds", "Dere har lest feil")
				h.Did(t, sketch, "utvalg", "settle_appeal", "verdict", "reversed", "appeal_reasons", "Du har rett")
				h.Did(t, sketch, "fou3", "resume")
				h.Did(t, sketch, "fou", "propose_answer", "outcome", "invite", "reasons", "Ja")
				h.Did(t, sketch, "fou2", "agree_quality")
				h.Did(t, sketch, "fageier", "agree_relevance")
				sketch = h.Did(t, sketch, "fou", "tell")
				if l := sketch.Dealings.V.Letters; l[len(l)-1].What != application.LetterInviteLate {
					t.Errorf("the letter is %s", l[len(l)-1].What)
				}
				grown, err := h.Cases.CasesOf(t.Context(), c.ID, application.Application)
				dt.Must(t, err)
				if len(grown) != 1 || grown[0].State != application.Assessing || grown[0].Title != "Tillit" || grown[0].Content.V.AskedOre != 4_000_000_00 || grown[0].Owner != "fageier" {
					t.Fatalf("it grew into %+v", grown)
				}
				x := h.Did(t, grown[0], "fou", "return", "mend", "Vi mangler budsjettet", "mend_by", "2023-01-10")
				x = h.Did(t, x, "forsker", "complete", "mended", "Budsjettet er ...")
				if state == call.Open2 {
					_, err := h.DB.Exec(t.Context(), "UPDATE record SET state = $2 WHERE id = $1", c.ID, call.Assessment2)
					dt.Must(t, err)
				}
				x = h.Did(t, x, "fou", "propose", "outcome", "award", "amount", "400000000", "reasons", "Relevans")
				dt.Must(t, h.Step(t, c, "fou", "propose_awards"))
				h.Meet(t, c, "utvalg", "utvalg2")
				h.Did(t, x, "utvalg2", "stand", "agree", "yes")
				if x = h.Did(t, x, "utvalg", "decide"); !x.Answer.V.Decided() || !x.Answer.V.Grants() {
					t.Errorf("in the end: %+v", x.Answer.V)
				}
			})
		})
	}
}
