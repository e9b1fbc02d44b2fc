package authn

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestReturnTo(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]string{
		"/":                             "/",
		"/behov/B-2022-001":             "/behov/B-2022-001",
		"/behov/":                       "/behov/",
		"/sok?q=%C3%A6rlig&side=2":      "/sok?q=%C3%A6rlig&side=2",
		"/sok?q=//evil.example":         "/sok?q=//evil.example",
		"/behov#del":                    "/behov",
		"/logginnert":                   "/logginnert",
		"":                              "/home",
		"behov":                         "/home",
		"//evil.example":                "/home",
		"///evil.example":               "/home",
		"/\\evil.example":               "/home",
		"\\\\evil.example":              "/home",
		"/\t/evil.example":              "/home",
		"/\n/evil.example":              "/home",
		"/%2f/evil.example":             "/home",
		"/%2F%2Fevil.example":           "/home",
		"/.//evil.example":              "/home",
		"/..//evil.example":             "/home",
		"/a/../../evil":                 "/home",
		"https://evil.example/":         "/home",
		"https:/evil.example":           "/home",
		"javascript:alert(1)":           "/home",
		"/%":                            "/home",
		"/logginn":                      "/home",
		"/logginn/oidc?til=/x":          "/home",
		"/loggut":                       "/home",
		"/" + strings.Repeat("x", 2000): "/home",
	} {
		if got := ReturnTo(asked, "/home"); got != want {
			t.Errorf("%q leads to %q, want %q", asked, got, want)
		}
	}
}

// Whatever is asked for, and whatever http.Redirect makes of it, the browser
// stays where it is.
func TestReturnToStaysHere(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://funn.example.no/logginn/retur")
	if err != nil {
		t.Fatal(err)
	}
	piece := rapid.SampledFrom([]string{"/", "//", "\\", "\t", "\r\n", " ", ".", "..", "%2f", "%5c", "%09", "@", ":", "?", "#", "evil.example", "https:", "a", "æ", "\u2028", ";", "&"})
	rapid.Check(t, func(t *rapid.T) {
		asked := strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), "")
		w := httptest.NewRecorder()
		http.Redirect(w, httptest.NewRequest(http.MethodGet, base.String(), nil), ReturnTo(asked, "/home"), http.StatusSeeOther)
		location := w.Header().Get("Location")
		// As browsers do: tabs and line breaks fall out, a backslash is a slash.
		location = strings.NewReplacer("\t", "", "\n", "", "\r", "", "\\", "/").Replace(strings.TrimSpace(location))
		to, err := base.Parse(location)
		if err != nil || to.Scheme != base.Scheme || to.Host != base.Host || strings.HasPrefix(location, "//") || !strings.HasPrefix(location, "/") {
			t.Fatalf("%q leads to %q (%v, %v)", asked, location, to, err)
		}
	})
}
