package telemetry_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/telemetry"
)

// lines is a log that several may write to while a test reads it.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type line struct {
	Level, Msg, Method, Route, Error, Stack string
	RequestID                               string `json:"request_id"`
	TraceID                                 string `json:"trace_id"`
	Status, Bytes                           int
	MS                                      float64
}

func (l *lines) all(t *testing.T) []line {
	t.Helper()
	var all []line
	for text := range strings.Lines(l.String()) {
		var one line
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		all = append(all, one)
	}
	return all
}

// observed serves routes as the program does: handlers that put something into the
// context stand between the log and the mux.
func observed(t *testing.T) (*telemetry.Telemetry, *lines, http.Handler) {
	t.Helper()
	out := &lines{}
	log := telemetry.NewLogger(out, slog.LevelInfo)
	tel := telemetry.New(log, "v0.0.0-test")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /person/{id}", func(w http.ResponseWriter, r *http.Request) {
		log.With("n", 1).InfoContext(r.Context(), "inside")
		io.WriteString(w, telemetry.RequestID(r.Context()))
	})
	mux.HandleFunc("POST /person/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict) })
	mux.HandleFunc("GET /unchanged", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	mux.HandleFunc("GET /nothing", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /hints", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
	})
	mux.HandleFunc("GET /flush", func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("kari@example.no fell") })
	mux.HandleFunc("GET /panic-late", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half")
		panic(errors.New("too late"))
	})
	mux.HandleFunc("GET /abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	type key struct{}
	between := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, 1)))
		})
	}
	return tel, out, tel.AccessLog(between(telemetry.Routed(mux)))
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	tests := []struct {
		method, target string
		status         int
		want           line
	}{
		{"GET", "/person/kari?fnr=01017000027", 200, line{Level: "INFO", Method: "GET", Route: "/person/{id}", Bytes: 16}},
		{"POST", "/person/kari", 409, line{Level: "INFO", Method: "POST", Route: "/person/{id}"}},
		{"GET", "/unchanged", 304, line{Level: "INFO", Method: "GET", Route: "/unchanged"}},
		{"GET", "/nothing", 200, line{Level: "INFO", Method: "GET", Route: "/nothing"}},
		{"GET", "/flush", 200, line{Level: "INFO", Method: "GET", Route: "/flush"}},
		{"GET", "/nowhere/kari", 404, line{Level: "INFO", Method: "GET", Route: "none", Bytes: 19}},
		{"KARI", "/person/kari", 405, line{Level: "INFO", Method: "other", Route: "none", Bytes: 19}},
		{"GET", "/panic", 500, line{Level: "WARN", Method: "GET", Route: "/panic", Bytes: 22}},
	}
	for _, test := range tests {
		_, out, h := observed(t)
		r := httptest.NewRequest(test.method, test.target, nil)
		r.Header.Set("Traceparent", "00-"+trace+"-00f067aa0ba902b7-01")
		r.Header.Set("X-Request-Id", "kari\nlevel=ERROR")
		r.Header.Set("Cookie", "funn=kari")
		r.RemoteAddr = "203.0.113.7:1234"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != test.status {
			t.Errorf("%s %s: %d, want %d", test.method, test.target, w.Code, test.status)
		}
		id := w.Header().Get("X-Request-Id")
		if !regexp.MustCompile(`^[A-Z2-7]{16}$`).MatchString(id) {
			t.Errorf("request id %q", id)
		}
		all := out.all(t)
		got := all[len(all)-1]
		if got.MS < 0 || got.MS > 10_000 {
			t.Errorf("took %v ms", got.MS)
		}
		got.MS = 0
		test.want.Msg, test.want.Status, test.want.RequestID, test.want.TraceID = "request", test.status, id, trace
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s %s: %s", test.method, test.target, diff)
		}
		for _, l := range all {
			if l.RequestID != id {
				t.Errorf("a line of the request without its id: %+v", l)
			}
		}
		for _, secret := range []string{"kari", "01017000027", "203.0.113.7"} {
			if strings.Contains(strings.ToLower(out.String()), secret) {
				t.Errorf("%s %s: %s is in the log:\n%s", test.method, test.target, secret, out)
			}
		}
	}
}

// What is sent ahead of the answer is not the answer.
func TestEarlyHints(t *testing.T) {
	t.Parallel()
	_, out, h := observed(t)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/hints", nil))
	if got := out.all(t)[0].Status; got != http.StatusTeapot {
		t.Errorf("logged %d", got)
	}
}

// A panic is logged once, with its stack; the user gets an error, or notices that
// the answer broke off.
func TestPanic(t *testing.T) {
	t.Parallel()
	_, out, h := observed(t)
	server := httptest.NewUnstartedServer(h)
	var complaints lines
	server.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(&complaints, nil), slog.LevelInfo)
	server.Start()
	defer server.Close()
	resp, err := http.Get(server.URL + "/panic")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	first := out.all(t)[0]
	if resp.StatusCode != 500 || first.Level != "ERROR" || first.Error != "[e-mail] fell" || !strings.Contains(first.Stack, "telemetry_test.go") {
		t.Errorf("%s, logged %+v", resp.Status, first)
	}
	for _, path := range []string{"/panic-late", "/abort"} {
		resp, err := http.Get(server.URL + path)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		if err == nil {
			t.Errorf("%s: the answer looks whole", path)
		}
	}
	var errs, requests int
	for _, l := range out.all(t) {
		switch {
		case l.Level == "ERROR":
			errs++
		case l.Msg == "request":
			requests++
		}
	}
	if errs != 2 || requests != 3 || complaints.String() != "" {
		t.Errorf("%d errors and %d requests logged, want 2 and 3; the server added %q", errs, requests, complaints.String())
	}
}

func TestTraceParent(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01": "4bf92f3577b34da6a3ce929d0e0e4736",
		"": "",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01":   "",
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01":   "",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n": "",
		"00-kari-00f067aa0ba902b7-01":                               "",
	} {
		_, out, h := observed(t)
		r := httptest.NewRequest(http.MethodGet, "/nothing", nil)
		r.Header["Traceparent"] = []string{header}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got := out.all(t)[0].TraceID; got != want {
			t.Errorf("%q gives the trace %q, want %q", header, got, want)
		}
	}
}

func scrape(t *testing.T, tel *telemetry.Telemetry) map[string]string {
	t.Helper()
	w := httptest.NewRecorder()
	tel.Metrics().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	values := map[string]string{}
	lines := bufio.NewScanner(w.Body)
	for lines.Scan() {
		if name, value, ok := cutLast(lines.Text(), " "); ok && !strings.HasPrefix(name, "#") {
			values[name] = value
		}
	}
	return values
}

func cutLast(s, sep string) (string, string, bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	tel, out, h := observed(t)
	d := dbtest.SQLite(t)
	tel.Database("funn", d.SQL())
	fail := false
	tel.Gauge("funn_jobs", "Jobs by kind and state.", []string{"kind", "state"}, func(context.Context) ([]telemetry.Reading, error) {
		if fail {
			return nil, errors.New("the database is away")
		}
		return []telemetry.Reading{{Labels: []string{"mail", "due"}, Value: 3}, {Labels: []string{"mail", "failed"}, Value: 1}}, nil
	})
	for _, target := range []string{"/person/kari", "/person/ola?a=b", "/nowhere/1", "/nowhere/2", "/panic"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, nil))
	}
	for _, method := range []string{"A", "B", "C"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, "/person/kari", nil))
	}
	got := scrape(t, tel)
	for name, want := range map[string]string{
		`funn_http_requests_total{code="200",method="GET",route="/person/{id}"}`:         "2",
		`funn_http_requests_total{code="404",method="GET",route="none"}`:                 "2",
		`funn_http_requests_total{code="500",method="GET",route="/panic"}`:               "1",
		`funn_http_requests_total{code="405",method="other",route="none"}`:               "3",
		`funn_http_request_duration_seconds_count{method="GET",route="/person/{id}"}`:    "2",
		`funn_http_request_duration_seconds_bucket{method="GET",route="none",le="+Inf"}`: "2",
		`funn_http_requests_in_flight`:                                                   "0",
		`funn_jobs{kind="mail",state="due"}`:                                             "3",
		`funn_jobs{kind="mail",state="failed"}`:                                          "1",
		`go_sql_max_open_connections{db_name="funn"}`:                                    "1",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	var built, runtime bool
	for name := range got {
		built = built || strings.HasPrefix(name, "funn_build_info{") && strings.Contains(name, `version="v0.0.0-test"`) && strings.Contains(name, `go="go1.`)
		runtime = runtime || name == "go_goroutines"
		if strings.Contains(name, "kari") || strings.Contains(name, "ola") {
			t.Errorf("an address is in the metrics: %s", name)
		}
	}
	if !built || !runtime {
		t.Errorf("build info: %v, runtime: %v", built, runtime)
	}
	// What cannot be read is left out; the rest is told.
	fail = true
	got = scrape(t, tel)
	if _, there := got[`funn_jobs{kind="mail",state="due"}`]; there || got["funn_http_requests_in_flight"] != "0" {
		t.Error("a gauge that fails takes the others with it, or stays")
	}
	if !strings.Contains(out.String(), "the database is away") {
		t.Errorf("not in the log: %s", out)
	}
}

// A request is counted as being answered while it is, and two processes' figures
// do not mix.
func TestInFlight(t *testing.T) {
	t.Parallel()
	tel := telemetry.New(slog.New(slog.DiscardHandler), "")
	other := telemetry.New(slog.New(slog.DiscardHandler), "")
	h := tel.AccessLog(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if got := [2]string{scrape(t, tel)["funn_http_requests_in_flight"], scrape(t, other)["funn_http_requests_in_flight"]}; got != [2]string{"1", "0"} {
			t.Errorf("in flight here and there: %q", got)
		}
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
}

func TestReady(t *testing.T) {
	t.Parallel()
	pass := func(context.Context) error { return nil }
	broken := func(context.Context) error { return errors.New("password of kari@example.no was wrong") }
	slow := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	forever := make(chan struct{})
	t.Cleanup(func() { close(forever) })
	deaf := func(context.Context) error { <-forever; return nil }
	tests := map[string]struct {
		checks map[string]telemetry.Check
		status int
		body   string
	}{
		"nothing needed":   {nil, 200, "ready\n"},
		"all well":         {map[string]telemetry.Check{"database": pass, "search": pass}, 200, "ready\n"},
		"one broken":       {map[string]telemetry.Check{"database": broken, "search": pass}, 503, "not ready: database\n"},
		"two broken":       {map[string]telemetry.Check{"search": slow, "database": broken, "files": pass}, 503, "not ready: database, search\n"},
		"does not answer":  {map[string]telemetry.Check{"database": deaf, "search": pass}, 503, "not ready: database\n"},
		"answers too late": {map[string]telemetry.Check{"database": slow}, 503, "not ready: database\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := &lines{}
			stopping, stop := context.WithCancel(context.Background())
			h := telemetry.Ready(stopping, telemetry.NewLogger(out, slog.LevelInfo), 50*time.Millisecond, test.checks)
			start := time.Now()
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/isready", nil))
			if w.Code != test.status || w.Body.String() != test.body || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%d %q %v, want %d %q", w.Code, w.Body, w.Header(), test.status, test.body)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			if strings.Contains(out.String(), "kari@") {
				t.Errorf("logged %s", out)
			}
			stop()
			w = httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/isready", nil))
			if w.Code != 503 || w.Body.String() != "stopping\n" {
				t.Errorf("while stopping: %d %q", w.Code, w.Body)
			}
		})
	}
	w := httptest.NewRecorder()
	telemetry.Alive().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/isalive", nil))
	if w.Code != 200 || w.Body.String() != "alive\n" {
		t.Errorf("alive: %d %q", w.Code, w.Body)
	}
}

// What a request costs to log and count.
func BenchmarkAccessLog(b *testing.B) {
	tel := telemetry.New(telemetry.NewLogger(io.Discard, slog.LevelInfo), "")
	h := tel.AccessLog(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
