package decisionweb_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"funn/internal/application"
	"funn/internal/call"
	dt "funn/internal/decision/decisiontest"
	"funn/internal/platform/record"
	"funn/internal/platform/ui/axetest"
)

// The pages keep WCAG as far as axe can tell, and fit a window of 320 pixels. With
// FUNN_PICTURES set to a folder, pictures of them are left there.
func TestPagesInBrowser(t *testing.T) {
	var once sync.Once
	each(t, func(t *testing.T, h *dt.House) {
		once.Do(func() {
			first := h.Call(t, call.Assessment1, 9_000_000)
			for _, title := range []string{"Tillit til forvaltningen", "Algoritmer i saksbehandlingen"} {
				h.Put(t, application.Sketch, first, title, 3_000_000, nil)
			}
			c := h.Call(t, call.Assessment2, 9_000_000)
			best := h.Proposed(t, c, "Rettssikkerhet i digitale tjenester", application.Award, "4000000")
			h.Proposed(t, c, "Menneske og maskin i førstelinjen", application.AwardOnConditions, "4000000")
			h.Proposed(t, c, "Språk i vedtak", application.OnReserve, "")
			dt.Must(t, h.Step(t, c, "fou", "propose_awards"))
			m := h.Meet(t, c, "utvalg", "utvalg2")
			over := h.Proposed(t, c, "En sak over rammen", application.Award, "3000000")
			h.Did(t, best, "utvalg", "stand", "agree", "yes", "stand_note", "Viktig og godt")
			h.Did(t, best, "utvalg2", "stand", "agree", "no", "stand_note", "For dyrt")
			h.Did(t, over, "utvalg", "postpone")
			b, pictures := axetest.New(t), os.Getenv("FUNN_PICTURES")
			look := func(person, path string) {
				t.Helper()
				site := httptest.NewServer(h.Handler(person))
				defer site.Close()
				for _, width := range []int{1280, 320} {
					b.Require(t, site.URL+path, width)
					if pictures != "" {
						name := strings.NewReplacer("/", "-", "?", "-").Replace(path[1:]) + "-" + strconv.Itoa(width) + ".png"
						dt.Must(t, os.WriteFile(filepath.Join(pictures, name), b.Screenshot(t), 0o644))
					}
				}
			}
			look("utvalg", "/mote")
			look("utvalg", "/mote/"+m.Number)
			look("utvalg", "/mote/"+m.Number+"/hva-om?a-kutt=2&b-kutt=x")
			look("fou", "/mote/nytt")
			look("fou", "/utlysning/"+first.Number+"/svar")
			look("admin", "/brevtekst")
			look("admin", "/brevtekst/ny")
			_, err := h.Decisions.Meetings.Do(h.As(t, "utvalg"), m.ID, "adjourn", record.Input{})
			dt.Must(t, err)
			look("utvalg2", "/mote/"+m.Number+"/motebok")
		})
	})
}
