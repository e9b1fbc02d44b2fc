package feedbackweb_test

import (
	"context"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"funn/internal/feedback"
	"funn/internal/feedback/feedbackweb"
	"funn/internal/org/orgtest"
	"funn/internal/platform/authn"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
	"funn/internal/platform/module"
	"funn/internal/platform/recordweb"
)

type house struct {
	*orgtest.House
	service *feedback.Service
	letters *[]feedback.Letter
}

func each(t *testing.T, perMinute int, test func(t *testing.T, h house)) {
	t.Helper()
	var service *feedback.Service
	var letters []feedback.Letter
	build := func(h *orgtest.House) []module.Module {
		letters = nil
		service = feedback.New(func(_ context.Context, l feedback.Letter) error {
			letters = append(letters, l)
			return nil
		})
		limit := authn.NewLimiter(perMinute, nil, authn.ByIP())
		return []module.Module{feedbackweb.Module(feedbackweb.Deps{Service: service, Site: h.Site, TooMany: limit.Refused})}
	}
	orgtest.Each(t, []fs.FS{feedback.Migrations}, build, func(t *testing.T, h *orgtest.House) { test(t, house{h, service, &letters}) })
}

func (h house) all(t *testing.T) []*feedback.Feedback {
	t.Helper()
	list, err := h.service.Kind.List(orgtest.System(), db.Where{}, "r.number", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

const path = "/kunnskap/tilbakemelding"

var key = regexp.MustCompile(`name="_key" value="([^"]+)"`)

// From the page with the fault to the answer: everybody can send, those who
// answer see it with its deadline, and the answer goes to who wrote.
func TestFromFaultToAnswer(t *testing.T) {
	each(t, 100, func(t *testing.T, h house) {
		form := h.Get(t, "", path+"?side=/kunnskap/rapport/x&om=inaccessible")
		if form.Status != http.StatusOK || !form.Has(`value="/kunnskap/rapport/x"`, "uutilsynet.no", "uustatus.no") || !regexp.MustCompile(`value="inaccessible"[^>]*checked`).MatchString(form.Body) {
			t.Fatalf("form: %d\n%s", form.Status, form.Body)
		}
		k := key.FindStringSubmatch(form.Body)[1]
		send := func() orgtest.Page {
			return h.Post(t, "", path, "_key", k, "about", "inaccessible", "page", "/kunnskap/rapport/x", "body", "Tabellen kan ikke leses.", "email", "leser@example.org")
		}
		sent := send()
		if sent.Status != http.StatusSeeOther || sent.Location != path+"/kvittering?ref=T-2023-001" {
			t.Fatalf("sent: %d to %q\n%s", sent.Status, sent.Location, sent.Body)
		}
		if again := send(); again.Location != sent.Location || len(h.all(t)) != 1 {
			t.Errorf("the same form again: %d to %q, %d kept", again.Status, again.Location, len(h.all(t)))
		}
		if r := h.Get(t, "", sent.Location); r.Status != http.StatusOK || !r.Has("T-2023-001", "3 uker") {
			t.Errorf("receipt: %d\n%s", r.Status, r.Body)
		}
		for _, who := range []string{"fou", "kommunikasjon"} {
			if l := h.Get(t, who, "/tilbakemelding"); l.Status != http.StatusOK || !l.Has("Tabellen kan ikke leses.", "23. januar 2023", "Mottatt") {
				t.Errorf("%s sees the list as %d\n%s", who, l.Status, l.Body)
			}
		}
		for _, who := range []string{"fageier", "admin", "forsker"} {
			if l := h.Get(t, who, "/tilbakemelding"); l.Status != http.StatusNotFound {
				t.Errorf("%s gets %d for the list", who, l.Status)
			}
			if l := h.Get(t, who, "/tilbakemelding/T-2023-001"); l.Status != http.StatusNotFound || l.Has("Tabellen") {
				t.Errorf("%s gets %d for what another wrote", who, l.Status)
			}
		}
		id := h.all(t)[0].ID
		due := func(want string) {
			t.Helper()
			waiting, err := h.Engine.Waiting(orgtest.System(), id)
			if err != nil || len(waiting[id]) == 0 {
				t.Fatalf("nobody is waited for: %v", err)
			}
			for _, task := range waiting[id] {
				if task.Command != want || task.Due.Format("2006-01-02") != "2023-01-23" {
					t.Errorf("waits for %s by %s, want %s by 2023-01-23", task.Command, task.Due, want)
				}
			}
		}
		due("take")
		if p := h.Post(t, "kommunikasjon", "/tilbakemelding/T-2023-001/svar", "answer", "Nå er den rettet."); p.Status != http.StatusConflict {
			t.Errorf("answered before anybody took it: %d", p.Status)
		}
		if p := h.Post(t, "kommunikasjon", "/tilbakemelding/T-2023-001/ta"); p.Status != http.StatusSeeOther {
			t.Fatalf("take: %d\n%s", p.Status, p.Body)
		}
		due("answer")
		if p := h.Post(t, "kommunikasjon", "/tilbakemelding/T-2023-001/svar", "answer", "Nå er den rettet."); p.Status != http.StatusSeeOther {
			t.Fatalf("answer: %d\n%s", p.Status, p.Body)
		}
		if l := *h.letters; len(l) != 1 || l[0].To != "leser@example.org" || l[0].Answer != "Nå er den rettet." || l[0].Question != "Tabellen kan ikke leses." {
			t.Errorf("letters %+v", l)
		}
		if page := h.Get(t, "fou", "/tilbakemelding/T-2023-001"); !page.Has("Nå er den rettet.", `href="/kunnskap/rapport/x"`, "Besvart") {
			t.Errorf("page:\n%s", page.Body)
		}
		events, err := event.Of(orgtest.System(), h.DB, id)
		if err != nil || len(events) != 3 || events[0].ActorID != "nobody" {
			t.Errorf("events %+v, %v", events, err)
		}
	})
}

// What is wrong is told at the field, and what was typed is kept.
func TestWhatIsWrongIsTold(t *testing.T) {
	for _, c := range []struct {
		name  string
		pairs []string
		wrong []string
	}{
		{"nothing", nil, []string{"felt-about", "felt-body"}},
		{"unknown subject", []string{"about", "spam", "body", "x"}, []string{"felt-about"}},
		{"no address", []string{"about", "error", "body", "Det jeg skrev", "email", "ikke en adresse"}, []string{"felt-email"}},
		{"an address with a name", []string{"about", "error", "body", "Det jeg skrev", "email", "Ola <o@example.org>"}, []string{"felt-email"}},
		{"too long", []string{"about", "error", "body", strings.Repeat("a", 4001)}, []string{"felt-body"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, 100, func(t *testing.T, h house) {
				p := h.Post(t, "", path, c.pairs...)
				if p.Status != http.StatusUnprocessableEntity || strings.Count(p.Body, `aria-invalid="true"`)+strings.Count(p.Body, "aksel-radio--error")/len(feedback.Abouts) != len(c.wrong) {
					t.Fatalf("%d\n%s", p.Status, p.Body)
				}
				for _, id := range c.wrong {
					if !p.Has(`href="#`+id+`"`, id+"-feil") {
						t.Errorf("no error at %s", id)
					}
				}
				for i := 1; i < len(c.pairs); i += 2 {
					if c.pairs[i-1] == "body" && !p.Has(c.pairs[i]) {
						t.Error("what was typed is lost")
					}
				}
				if n := len(h.all(t)); n != 0 {
					t.Errorf("%d kept", n)
				}
			})
		})
	}
}

// Only declared fields are read, whatever is sent.
func TestNothingElseCanBeSet(t *testing.T) {
	each(t, 100, func(t *testing.T, h house) {
		h.Post(t, "", path, "about", "error", "body", "x", "state", "BESVART", "answer", "x", "case_worker", "fou", "number", "T-1", "example", "true")
		f := h.all(t)[0]
		if f.State != feedback.Received || f.Answer != "" || f.CaseWorker != "" || f.Number != "T-2023-001" || f.Example {
			t.Errorf("%+v", f)
		}
	})
}

func TestOneSenderCannotFillTheList(t *testing.T) {
	each(t, 3, func(t *testing.T, h house) {
		for n := range 5 {
			want := http.StatusSeeOther
			if n >= 3 {
				want = http.StatusTooManyRequests
			}
			p := h.Post(t, "", path, "about", "error", "body", "Det jeg skrev, skal ikke gå tapt.")
			if p.Status != want {
				t.Errorf("number %d: %d, want %d", n+1, p.Status, want)
			}
			if n >= 3 && (p.Header.Get("Retry-After") == "" || !p.Has("Det jeg skrev, skal ikke gå tapt.", "For mange forsøk", "Vent et minutt")) {
				t.Errorf("number %d is told to come back after %q on the page:\n%s", n+1, p.Header.Get("Retry-After"), p.Body)
			}
		}
		if n := len(h.all(t)); n != 3 {
			t.Errorf("%d kept", n)
		}
	})
}

// The receipt shows a reference and nothing else that an address says.
func TestReceiptOfStrangeReferences(t *testing.T) {
	each(t, 100, func(t *testing.T, h house) {
		for _, ref := range []string{"", "Ring+90000000", "T-2023-001x", "B-2023-001", "%3Cb%3E"} {
			if p := h.Get(t, "", path+"/kvittering?ref="+ref); p.Status != http.StatusNotFound {
				t.Errorf("ref %q: %d", ref, p.Status)
			}
		}
	})
}

// A page that somebody tells of is linked to only when it is ours.
func TestStrangePagesAreNotLinked(t *testing.T) {
	each(t, 100, func(t *testing.T, h house) {
		for _, page := range []string{"//evil.example/x", "https://evil.example", "javascript:alert(1)", `/\evil.example`} {
			h.Post(t, "", path, "about", "error", "body", "x", "page", page)
		}
		for _, f := range h.all(t) {
			if p := h.Get(t, "fou", "/tilbakemelding/"+f.Number); strings.Contains(p.Body, "href=\""+f.Page) || !strings.Contains(p.Body, "evil.example") && !strings.Contains(p.Body, "alert(1)") {
				t.Errorf("%s is linked to or not shown", f.Page)
			}
		}
	})
}

func TestTexts(t *testing.T) {
	each(t, 100, func(t *testing.T, h house) {
		for _, missing := range recordweb.MissingTexts(h.Catalog, h.service.Kind.Lifecycle()) {
			if missing != "relation.case_worker" { // the first kind that had one tells it
				t.Errorf("no text for %s", missing)
			}
		}
		for _, key := range h.Catalog.Missing() {
			if strings.HasPrefix(key, "feedback.") {
				t.Errorf("not in all languages: %s", key)
			}
		}
	})
}
