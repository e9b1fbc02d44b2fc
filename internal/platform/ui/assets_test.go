package ui

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The weight of the pages is a promise to people on slow lines.
const (
	maxStyleGzip  = 34_000 // bytes
	maxScriptSize = 3_000
)

func get(t *testing.T, method, url, encoding string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, url, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	Assets().ServeHTTP(w, r)
	return w
}

func TestAssetsAreServedForEver(t *testing.T) {
	for name, kind := range map[string]string{
		"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "favicon.svg": "image/svg+xml",
		"source-sans-3-latin.woff2": "font/woff2", "source-sans-3-latin-ext.woff2": "font/woff2",
	} {
		t.Run(name, func(t *testing.T) {
			w := get(t, http.MethodGet, AssetURL(name), "")
			h := w.Result().Header
			if w.Code != http.StatusOK || h.Get("Content-Type") != kind || h.Get("Cache-Control") != "public, max-age=31536000, immutable" || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%d %v", w.Code, h)
			}
			if h.Get("Content-Encoding") != "" {
				t.Error("compressed although it was not asked for")
			}
			if !regexp.MustCompile(`^/static/[a-z0-9-]+\.[0-9a-f]{12}\.[a-z0-9]+$`).MatchString(AssetURL(name)) {
				t.Errorf("address %s carries no hash", AssetURL(name))
			}
			head := get(t, http.MethodHead, AssetURL(name), "gzip")
			if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Result().Header.Get("Content-Length") == "" {
				t.Errorf("HEAD: %d, %d bytes", head.Code, head.Body.Len())
			}
		})
	}
}

func TestAssetsAreCompressed(t *testing.T) {
	plain := get(t, http.MethodGet, AssetURL("app.css"), "gzip;q=0, br").Body.Bytes()
	w := get(t, http.MethodGet, AssetURL("app.css"), "br, gzip")
	if w.Result().Header.Get("Content-Encoding") != "gzip" || w.Result().Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("headers %v", w.Result().Header)
	}
	size := w.Body.Len()
	r, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(plain, unpacked) {
		t.Error("unpacked is not what is served plain")
	}
	t.Logf("app.css: %d bytes, %d with gzip; app.js: %d bytes", len(plain), size, len(read("static/app.js")))
	if size > maxStyleGzip {
		t.Errorf("app.css is %d bytes with gzip, more than %d", size, maxStyleGzip)
	}
	if n := len(read("static/app.js")); n > maxScriptSize {
		t.Errorf("app.js is %d bytes, more than %d", n, maxScriptSize)
	}
}

func TestAssetsRefuse(t *testing.T) {
	for _, url := range []string{"/static/app.css", "/static/", "/static/../ui.go", "/static/app.000000000000.css", "/static/vendored/vendor.json"} {
		if w := get(t, http.MethodGet, url, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s gives %d", url, w.Code)
		}
	}
	if w := get(t, http.MethodPost, AssetURL("app.css"), ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST gives %d", w.Code)
	}
}

func TestStyleSheetFetchesNothingFromElsewhere(t *testing.T) {
	css := string(assets()["app.css"].data)
	urls := regexp.MustCompile(`url\(([^)]*)\)`).FindAllStringSubmatch(css, -1)
	if len(urls) < 2 {
		t.Fatalf("the fonts are missing: %v", urls)
	}
	for _, u := range urls {
		if !strings.HasPrefix(u[1], "/static/") {
			t.Errorf("fetches %s", u[1])
		}
	}
	if strings.Contains(css, "@import") || strings.Contains(css, "http://") || strings.Contains(css, "https://") {
		t.Error("names an address outside")
	}
}

// What is vendored is shipped with its licences and can be traced.
func TestVendoredFilesCarryTheirLicences(t *testing.T) {
	for file, word := range map[string]string{
		"vendored/LICENCE-aksel.txt": "MIT", "vendored/LICENCE-source-sans-3.txt": "SIL OPEN FONT LICENSE",
		"axetest/LICENCE-axe-core.txt": "Mozilla Public License", "vendored/vendor.json": "sha256",
	} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		} else if !strings.Contains(strings.ToUpper(string(data)), strings.ToUpper(word)) {
			t.Errorf("%s does not name %s", file, word)
		}
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "br;q=1.0, gzip;q=0.8": true, "gzip;q=0": false, "gzip; q=0.0": false, "deflate": false, "x-gzip": false, "gzip;q=x": true,
	} {
		if got := acceptsGzip(header); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}
