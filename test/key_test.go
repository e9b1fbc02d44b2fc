package test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"funn/internal/call"
)

// keepers are the demo's persons who hold the parts of keys in the scenarios.
var keepers = []string{"fou", "jurist", "utvalg"}

var shownPart = regexp.MustCompile(`(?s)<textarea[^>]*name="nokkeldel"[^>]*>([^<]+)</textarea>`)

// ceremony makes a call's key by its pages: the section names three, each fetches
// their part and shows that it was kept. It gives the parts by person.
func (s *site) ceremony(t testing.TB, page string) map[string]string {
	t.Helper()
	send := func(person, path string, pairs ...string) {
		t.Helper()
		s.shows(t, person, page+path)
		if status, body := s.post(t, person, page+path, values(pairs...)); status != http.StatusSeeOther {
			t.Fatalf("%s at %s: %d\n%s", person, path, status, body)
		}
	}
	send("fou", "/nokkelholdere", "holder_1", keepers[0], "holder_2", keepers[1], "holder_3", keepers[2])
	parts := map[string]string{}
	for _, person := range keepers {
		if status, body := s.get(t, person, page+"/hent-nokkeldel"); status != http.StatusOK || shownPart.MatchString(body) {
			t.Fatalf("%s is told what it is to hold a part: %d", person, status)
		}
		s.shows(t, person, page+"/hent-nokkeldel")
		status, body := s.post(t, person, page+"/hent-nokkeldel", values())
		found := shownPart.FindStringSubmatch(body)
		if status != http.StatusOK || found == nil {
			t.Fatalf("%s fetches their part: %d\n%s", person, status, body)
		}
		parts[person] = strings.TrimSpace(found[1])
		send(person, "/ov-nokkeldel", "part", parts[person])
	}
	return parts
}

// keyed gives the demo's draft a key of which one part is fetched and not rehearsed,
// and the pages that a key has when the call has closed.
func (s *site) keyed(t testing.TB) []page {
	t.Helper()
	number := s.titled(t, "call", "Brev og vedtak som folk forstår")
	address := "/utlysning/" + number
	if status, body := s.post(t, "fou", address+"/nokkelholdere", values("holder_1", "fou", "holder_2", "jurist", "holder_3", "utvalg")); status != http.StatusSeeOther {
		t.Fatalf("make a key: %d\n%s", status, body)
	}
	if status, _ := s.post(t, "jurist", address+"/hent-nokkeldel", values()); status != http.StatusOK {
		t.Fatalf("fetch a part: %d", status)
	}
	id := s.head(t, number).ID
	return []page{
		{name: "the key of a draft", person: "fou", path: address + "/nokkel", status: http.StatusOK, sample: true},
		{name: "the key of a call that has closed", person: "utvalg", path: address + "/nokkel", status: http.StatusOK, record: id, state: call.Assessment1, sample: true},
		{name: "a part that is none", person: "utvalg", path: address + "/gi-nokkeldel", status: http.StatusUnprocessableEntity, wrong: true, record: id, state: call.Assessment1, sample: true},
		{name: "a part to be fetched", person: "utvalg", path: address + "/hent-nokkeldel", status: http.StatusOK, sample: true},
	}
}

// The pages of a call's key: who may see what, a part is shown once and to its holder
// alone, and the demo's drawer has what its holders keep.
func TestKeyPages(t *testing.T) {
	s := onSQLite(t)
	page := "/utlysning/" + s.titled(t, "call", "Brev og vedtak som folk forstår")
	is := func(want int, person, path string) string {
		t.Helper()
		status, body := s.get(t, person, page+path)
		if status != want {
			t.Errorf("%s at %s: %d, want %d", person, path, status, want)
		}
		return body
	}
	if body := is(http.StatusOK, "fou", "/nokkel"); !strings.Contains(body, "Nøkkelen er ikke laget") {
		t.Error("it is not said that there is no key")
	}
	is(http.StatusNotFound, "forsker", "/nokkel")
	if status, body := s.post(t, "fou", page+"/nokkelholdere", values("holder_1", "fou", "holder_2", "jurist", "holder_3", "jurist")); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Velg tre forskjellige personer") {
		t.Errorf("one person twice: %d", status)
	}
	parts := s.ceremony(t, page)
	is(http.StatusForbidden, "fageier2", "/hent-nokkeldel")
	is(http.StatusNotFound, "forsker", "/hent-nokkeldel")
	is(http.StatusForbidden, "jurist", "/hent-nokkeldel") // fetched already
	if status, body := s.post(t, "jurist", page+"/hent-nokkeldel", values()); status != http.StatusForbidden || strings.Contains(body, parts["jurist"][:13]) {
		t.Errorf("fetched twice: %d", status)
	}
	body := is(http.StatusOK, "utvalg", "/nokkel")
	for _, text := range []string{"Har øvd 2. januar 2023", "Nøkkelens kjennetegn"} {
		if !strings.Contains(body, text) {
			t.Errorf("the page of the key does not say %q", text)
		}
	}
	for path, want := range map[string]bool{"/demo/nokler": true, page + "/nokkel": false, page + "/logg": false, "/demo/post": false} {
		_, body := s.get(t, "fou", path)
		for person, part := range parts {
			if strings.Contains(body, part) != want {
				t.Errorf("%s shows %s's part: %v", path, person, !want)
			}
		}
	}
	// Somebody loses their part: all three get new ones.
	again := s.ceremony(t, page)
	if again["fou"] == parts["fou"] {
		t.Error("a new key has an old part")
	}
	_, body = s.get(t, "", "/demo/nokler")
	if !strings.Contains(body, again["fou"]) || strings.Contains(body, parts["fou"]) {
		t.Error("the drawer has another part than the holder has now")
	}
	if found := s.onDisk(t, again["fou"], "nokkeldeler.json"); len(found) > 0 {
		t.Errorf("a part lies in %v", found)
	}
}

// onDisk gives the files of the demo's folder, but those named, that hold the text.
func (s *site) onDisk(t testing.TB, text string, but ...string) []string {
	t.Helper()
	var found []string
	for _, path := range s.files(t) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		skip := false
		for _, name := range but {
			skip = skip || strings.HasSuffix(path, name)
		}
		if !skip && strings.Contains(string(content), text) {
			found = append(found, path)
		}
	}
	return found
}
