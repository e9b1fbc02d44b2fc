package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"funn/internal/platform/web"
)

// What goes out compressed is what its headers say, for every way of asking.
func TestCompress(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("Funn følger kunnskapen. ", 100)
	modified := time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC)
	file := func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "x.css", modified, strings.NewReader(text))
	}
	server := httptest.NewServer(web.Compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/file":
			file(w, r)
		case "/early":
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, text)
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		}
	})))
	t.Cleanup(server.Close)
	transport := &http.Transport{DisableCompression: true}
	for _, c := range []struct {
		name, method, path, accept, header, value string
		status                                    int
		zipped                                    bool
		body                                      string
	}{
		{name: "a whole file", path: "/file", accept: "gzip, br", status: 200, zipped: true, body: text},
		{name: "not taken", path: "/file", accept: "br, gzip;q=0", status: 200, body: text},
		{name: "not asked for", path: "/file", status: 200, body: text},
		{name: "weighted", path: "/file", accept: "br;q=1, gzip; q=0.5", status: 200, zipped: true, body: text},
		{name: "a part of a file", path: "/file", accept: "gzip", header: "Range", value: "bytes=5-14", status: 206, body: text[5:15]},
		{name: "not modified", path: "/file", accept: "gzip", header: "If-Modified-Since", value: modified.Format(http.TimeFormat), status: 304},
		{name: "the head alone", method: http.MethodHead, path: "/file", accept: "gzip", status: 200, zipped: true},
		{name: "after early hints", path: "/early", accept: "gzip", status: 422, zipped: true, body: text},
		{name: "without content", path: "/none", accept: "gzip", status: 204},
	} {
		t.Run(c.name, func(t *testing.T) {
			method := c.method
			if method == "" {
				method = http.MethodGet
			}
			req, err := http.NewRequestWithContext(t.Context(), method, server.URL+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept-Encoding", c.accept)
			if c.header != "" {
				req.Header.Set(c.header, c.value)
			}
			res, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			if zipped := res.Header.Get("Content-Encoding") == "gzip"; res.StatusCode != c.status || zipped != c.zipped {
				t.Fatalf("status %d, compressed %v; want %d, %v", res.StatusCode, zipped, c.status, c.zipped)
			}
			if c.path == "/file" && c.status == 200 && !strings.Contains(strings.Join(res.Header.Values("Vary"), ","), "Accept-Encoding") {
				t.Error("a cache is not told that the answer varies")
			}
			var body io.Reader = res.Body
			if c.zipped && method != http.MethodHead {
				if body, err = gzip.NewReader(res.Body); err != nil {
					t.Fatal(err)
				}
			}
			got, err := io.ReadAll(body)
			if err != nil || string(got) != c.body {
				t.Errorf("%d bytes, want %d: %v", len(got), len(c.body), err)
			}
		})
	}
}
