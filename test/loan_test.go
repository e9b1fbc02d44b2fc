package test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/test/fixture/loan"
)

// A kind that is added by one line gets what every kind has. Nothing here is
// made for loans: what is tried are the pages and rules that follow from the
// lifecycle in test/fixture/loan.
func TestNewKind(t *testing.T) {
	dbtest.Addresses(t, func(t *testing.T, address string) {
		s := start(t, address, loan.Module) // the one line
		t.Run("texts", s.loanTexts)
		t.Run("life", s.loanLife)
		t.Run("errors", s.loanErrors)
		t.Run("twice", s.loanTwice)
		t.Run("access", s.loanAccess)
		records, events, problems, err := s.Engine.Check(t.Context(), nil)
		if err != nil || len(problems) > 0 || records == 0 || events == 0 {
			t.Errorf("check of %d records and %d events: %v, %v", records, events, problems, err)
		}
	})
}

// Every text that the pages need is there, in all languages.
func (s *site) loanTexts(t *testing.T) {
	k, ok := s.Engine.Kind("loan")
	if !ok {
		t.Fatal("the kind is not in the house")
	}
	if keys := recordweb.Keys(k.Lifecycle()); len(keys) < 30 {
		t.Errorf("only %d texts asked for", len(keys))
	}
	if missing := recordweb.MissingTexts(s.Catalog, k.Lifecycle()); len(missing) > 0 {
		t.Errorf("no text for %v", missing)
	}
	for _, missing := range s.Catalog.Missing() {
		if strings.HasPrefix(missing, "loan.") {
			t.Errorf("not in all languages: %s", missing)
		}
	}
}

// A book is ordered, lent and returned by the right persons, and every part that
// Funn gives a kind knows of it.
func (s *site) loanLife(t *testing.T) {
	project := s.aProject(t)
	status, page := s.get(t, "analyse", "/lan/bestill")
	see(t, status, page, http.StatusOK, "Bestill en bok", `name="title"`, `name="project"`, "Lån")
	l := s.orders(t, "analyse", "title", "Velferdsstatens grunnlag", "project", project.Number)
	at := "/lan/" + l.Number
	if l.Number != "L-2023-001" || l.State != loan.Ordered {
		t.Errorf("%s in %s, want L-2023-001 in %s", l.Number, l.State, loan.Ordered)
	}

	// The library is expected to lend it; nobody else sees it.
	status, page = s.get(t, "bibliotek", "/oppgaver")
	see(t, status, page, http.StatusOK, "Lån ut boken eller avslå", at+"/lan-ut")
	s.refusedTo(t, at+"/lan-ut", l.Number, values("due", inDays(20)), "bibliotek")
	for person, want := range map[string]int{"analyse": http.StatusForbidden, "fou": http.StatusNotFound, "forsker": http.StatusNotFound, "": http.StatusSeeOther} {
		if got, _ := s.post(t, person, at+"/lan-ut", values("due", inDays(20))); got != want {
			t.Errorf("%q lends: %d, want %d", person, got, want)
		}
	}
	if got, _ := s.post(t, "analyse", at+"/lever", nil); got != http.StatusConflict {
		t.Errorf("returning what is not lent: %d, want 409", got)
	}
	for _, person := range []string{"fou", "kontor"} {
		if _, page := s.get(t, person, "/lan"); strings.Contains(page, l.Title) {
			t.Errorf("%s sees another's loan in the list", person)
		}
	}
	status, page = s.get(t, "analyse", "/lan?q=VELFERDSSTAT")
	see(t, status, page, http.StatusOK, l.Title, "Bestilt")

	s.gives(t, "bibliotek", at+"/lan-ut", at, "due", inDays(20))
	if h := s.head(t, l.Number); h.State != loan.Lent {
		t.Errorf("lent: %s", h.State)
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Now the borrower is, by the day agreed; a letter tells so.
	status, page = s.get(t, "analyse", "/oppgaver")
	see(t, status, page, http.StatusOK, "Lever boken", "22. januar 2023")
	status, page = s.get(t, "fou", "/demo/post")
	see(t, status, page, http.StatusOK, l.Number+": "+l.Title, "lånte ut boken")
	status, page = s.get(t, "analyse", at)
	see(t, status, page, http.StatusOK, l.Title, "Utlånt", "Lever boken", "Forleng lånet", "22. januar 2023")

	// Search finds it for those who may see it, in any form of the word.
	status, page = s.get(t, "bibliotek", "/sok?q=velferdsstaten")
	see(t, status, page, http.StatusOK, at)
	if _, page := s.get(t, "fou", "/sok?q=velferdsstaten"); strings.Contains(page, at) {
		t.Error("fou finds another's loan")
	}
	// The thread shows it with the project, both ways, to those who may see it.
	for _, number := range []string{l.Number, project.Number} {
		status, page = s.get(t, "analyse", "/trad/"+number)
		see(t, status, page, http.StatusOK, l.Title, project.Title)
	}
	if _, page := s.get(t, "fou", "/trad/"+project.Number); strings.Contains(page, l.Title) {
		t.Error("fou sees another's loan on the thread")
	}

	s.gives(t, "analyse", at+"/lever", at)
	status, page = s.get(t, "bibliotek", at+"/logg")
	see(t, status, page, http.StatusOK, "bestilte boken", "lånte ut boken", "leverte boken", "22. januar 2023")
	var steps []string
	for _, ev := range s.events(t, l.ID) {
		steps = append(steps, ev.ActorID+" "+ev.Command+" "+ev.To)
	}
	want := []string{"analyse order " + loan.Ordered, "bibliotek lend " + loan.Lent, "analyse return " + loan.Returned}
	if !slices.Equal(steps, want) {
		t.Errorf("events %v, want %v", steps, want)
	}
	for _, tag := range []lang.Tag{lang.NB, lang.NN, lang.EN} {
		for _, path := range []string{"/lan", "/lan/bestill", at, at + "/logg"} {
			if _, page := s.get(t, "bibliotek", path+"?malform="+string(tag)); strings.Contains(page, "⟦") {
				t.Errorf("%s in %s lacks a text", path, tag)
			}
		}
	}
	s.get(t, "bibliotek", "/lan?malform=nb")
}

// What is wrong is told at its field, a warning demands a reason, and two who
// edit at once see each other.
func (s *site) loanErrors(t *testing.T) {
	status, page := s.post(t, "analyse", "/lan/bestill", values("title", "", "project", ""))
	see(t, status, page, http.StatusUnprocessableEntity, "aksel-error-summary", "felt-title", "Fyll ut «Bok»")
	status, page = s.post(t, "analyse", "/lan/bestill", values("title", "Uten sak", "project", "P-1999-001"))
	see(t, status, page, http.StatusUnprocessableEntity, "Vi finner ingen sak med dette nummeret", "Uten sak")
	l := s.orders(t, "analyse", "title", "Metodebok")
	at := "/lan/" + l.Number
	status, page = s.post(t, "bibliotek", at+"/lan-ut", values("due", inDays(-1)))
	see(t, status, page, http.StatusUnprocessableEntity, "Velg en dag etter i dag")
	status, page = s.post(t, "bibliotek", at+"/lan-ut", values("due", inDays(90)))
	see(t, status, page, http.StatusUnprocessableEntity, "mer enn 60 dager", `name="reason"`)
	s.gives(t, "bibliotek", at+"/lan-ut", at, "due", inDays(90), "reason", "Pensum i et kurs som går hele våren.")

	_, form := s.get(t, "analyse", at+"/forleng")
	version := regexp.MustCompile(`name="_version" value="(\d+)"`).FindStringSubmatch(form)
	if version == nil {
		t.Fatal("the form does not say what version it shows")
	}
	s.gives(t, "bibliotek", at+"/forleng", at, "due", inDays(40), "_version", version[1])
	status, page = s.post(t, "analyse", at+"/forleng", values("due", inDays(50), "_version", version[1]))
	see(t, status, page, http.StatusConflict, "Noen andre har lagret i mellomtiden", inDays(50))
	status, page = s.post(t, "bibliotek", at+"/avsla", values("reason", "For sent."))
	see(t, status, page, http.StatusConflict)
}

// The same form sent many times at once is done once, and of many who decide at
// once one wins.
func (s *site) loanTwice(t *testing.T) {
	_, form := s.get(t, "analyse", "/lan/bestill")
	key := regexp.MustCompile(`name="_key" value="([^"]+)"`).FindStringSubmatch(form)
	if key == nil {
		t.Fatal("the form has no key of its own")
	}
	client := s.as(t, "analyse")
	var lock sync.Mutex
	led := map[string]int{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			res, err := client.PostForm(s.URL+"/lan/bestill", values("title", "Samme skjema", "_key", key[1]))
			if err != nil {
				t.Error(err)
				return
			}
			res.Body.Close()
			lock.Lock()
			defer lock.Unlock()
			led[res.Header.Get("Location")]++
		})
	}
	all.Wait()
	if len(led) != 1 {
		t.Fatalf("the same form led to %v", led)
	}
	l := s.newest(t, "loan")
	statuses := map[int]int{}
	library := s.as(t, "bibliotek")
	for i := range 8 {
		all.Go(func() {
			path, form := "/lan-ut", values("due", inDays(10))
			if i%2 == 1 {
				path, form = "/avsla", values("reason", "Utlånt til andre.")
			}
			res, err := library.PostForm(s.URL+"/lan/"+l.Number+path, form)
			if err != nil {
				t.Error(err)
				return
			}
			res.Body.Close()
			lock.Lock()
			defer lock.Unlock()
			statuses[res.StatusCode]++
		})
	}
	all.Wait()
	if statuses[http.StatusSeeOther] != 1 || statuses[http.StatusConflict] != 7 {
		t.Errorf("of eight who decided at once: %v, want one 303 and seven 409", statuses)
	}
	if events := s.events(t, l.ID); len(events) != 2 {
		t.Errorf("%d events, want 2: %v", len(events), events)
	}
}

// Whoever may not see a loan gets on each of its routes, by each method, what
// they get for a loan that does not exist.
func (s *site) loanAccess(t *testing.T) {
	l := s.orders(t, "analyse", "title", "Det andre ikke ser")
	tried := 0
	for _, route := range s.Router.Routes() {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		if route.Kind != "loan" || !strings.Contains(pattern, "{number}") {
			continue
		}
		ask := s.get
		if method == http.MethodPost {
			ask = func(t testing.TB, person, path string) (int, string) {
				return s.post(t, person, path, values("due", inDays(9), "reason", "Fordi."))
			}
		}
		for _, person := range persons {
			if person == "analyse" || person == "bibliotek" {
				continue
			}
			tried++
			want := http.StatusNotFound
			if person == "" {
				want = http.StatusSeeOther
			}
			status, page := ask(t, person, strings.Replace(pattern, "{number}", l.Number, 1))
			none, absent := ask(t, person, strings.Replace(pattern, "{number}", "L-2023-999", 1))
			if status != want || none != want || neutral(strings.ReplaceAll(page, l.Number, "L-2023-999")) != neutral(absent) {
				t.Errorf("%q at %s: %d, and %d for what is absent; want %d alike", person, route.Pattern, status, none, want)
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d cells tried", tried)
	}
	if h := s.head(t, l.Number); h.State != loan.Ordered || h.Version != l.Version {
		t.Errorf("somebody moved it to %s", h.State)
	}
}

// orders makes a loan as the person.
func (s *site) orders(t *testing.T, person string, pairs ...string) record.Head {
	t.Helper()
	res, err := s.as(t, person).PostForm(s.URL+"/lan/bestill", values(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	status, page := read(t, res)
	if status != http.StatusSeeOther {
		t.Fatalf("%s orders: %d\n%s", person, status, page)
	}
	number, err := url.PathUnescape(strings.TrimPrefix(res.Header.Get("Location"), "/lan/"))
	if err != nil {
		t.Fatal(err)
	}
	return s.head(t, number)
}

// gives sends a command's form as the person and expects to be led on.
func (s *site) gives(t *testing.T, person, path, to string, pairs ...string) {
	t.Helper()
	res, err := s.as(t, person).PostForm(s.URL+path, values(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	status, page := read(t, res)
	if status != http.StatusSeeOther || res.Header.Get("Location") != to {
		t.Fatalf("%s at %s: %d to %q, want to be led to %s\n%s", person, path, status, res.Header.Get("Location"), to, page)
	}
}

// aProject gives one of the demo's projects.
func (s *site) aProject(t testing.TB) record.Head {
	t.Helper()
	return s.head(t, "P-2022-001")
}

// see checks the status of a page and that texts stand on it.
func see(t *testing.T, status int, page string, want int, texts ...string) {
	t.Helper()
	if status != want {
		t.Errorf("status %d, want %d\n%s", status, want, page)
		return
	}
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("no %q on the page:\n%s", text, page)
		}
	}
}
