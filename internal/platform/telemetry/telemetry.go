// Package telemetry tells operators how Funn is doing: what it logs, what it
// counts, whether it lives and can serve, and how it stops.
//
// Nothing here tells who somebody is or what somebody looked for. The access log
// holds the pattern of the route instead of the address asked for, and what
// looks like a personal datum or a secret is taken out of every line, wherever
// it came from. Decision 0005 says why there is no tracing.
package telemetry

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Telemetry logs and counts requests, and gives the figures to Prometheus. It
// has a registry of its own, so that nothing gets in by being imported.
type Telemetry struct {
	log      *slog.Logger
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// New makes the telemetry of one process, which writes to log. Version is the
// program's own.
func New(log *slog.Logger, version string) *Telemetry {
	t := &Telemetry{
		log:      log,
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "funn_http_requests_total", Help: "Requests answered, by pattern of the route.",
		}, []string{"method", "route", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "funn_http_request_duration_seconds", Help: "Time from the first byte of the request to the last of the answer.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "funn_http_requests_in_flight", Help: "Requests that are being answered now.",
		}),
	}
	info := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "funn_build_info", Help: "Always 1; the labels say what is running.", ConstLabels: build(version),
	}, func() float64 { return 1 })
	t.registry.MustRegister(t.requests, t.duration, t.inFlight, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return t
}

func build(version string) prometheus.Labels {
	labels := prometheus.Labels{"version": version, "revision": "", "go": ""}
	if info, ok := debug.ReadBuildInfo(); ok {
		labels["go"] = info.GoVersion
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				labels["revision"] = s.Value
			}
		}
	}
	return labels
}

// Database counts what a pool of connections does, under the name given.
func (t *Telemetry) Database(name string, pool *sql.DB) {
	t.registry.MustRegister(collectors.NewDBStatsCollector(pool, name))
}

// Reading is one value of a gauge, with the values of its labels in order.
type Reading struct {
	Labels []string
	Value  float64
}

// Gauge counts what read tells each time Prometheus asks: jobs that wait by kind,
// say. A gauge that cannot be read within two seconds is left out and logged; the
// others are told all the same.
func (t *Telemetry) Gauge(name, help string, labels []string, read func(ctx context.Context) ([]Reading, error)) {
	t.registry.MustRegister(&gauge{desc: prometheus.NewDesc(name, help, labels, nil), name: name, read: read, log: t.log})
}

type gauge struct {
	desc *prometheus.Desc
	name string
	read func(ctx context.Context) ([]Reading, error)
	log  *slog.Logger
}

// Describe is there for prometheus.Collector.
func (g *gauge) Describe(ch chan<- *prometheus.Desc) { ch <- g.desc }

// Collect is there for prometheus.Collector.
func (g *gauge) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	readings, err := g.read(ctx)
	if err != nil {
		g.log.WarnContext(ctx, "gauge not read", "gauge", g.name, "error", err)
		return
	}
	for _, r := range readings {
		m, err := prometheus.NewConstMetric(g.desc, prometheus.GaugeValue, r.Value, r.Labels...)
		if err != nil {
			g.log.WarnContext(ctx, "gauge not read", "gauge", g.name, "error", err)
			return
		}
		ch <- m
	}
}

// Metrics answers Prometheus.
func (t *Telemetry) Metrics() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})
}

type requestKey struct{}

// request is what the log knows of the request that a context belongs to.
type request struct {
	id      string
	trace   string // the trace that a proxy in front began, when it did
	pattern string // of the route that answered
}

func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

// RequestID gives the id under which the context's request is logged, for the
// user to quote; empty outside a request.
func RequestID(ctx context.Context) string {
	if r := requestOf(ctx); r != nil {
		return r.id
	}
	return ""
}

// traceParent is the header of W3C Trace Context, level 1.
var traceParent = regexp.MustCompile(`^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$`)

// AccessLog gives each request an id, logs and counts it when it is answered, and
// turns a panic into an error that is logged with the id. It belongs outermost;
// the probes /isalive, /isready and /metrics belong outside it.
//
// The id stands in the header X-Request-Id of the answer. One that comes with the
// request is not believed, so that nobody can write into the log by it.
func (t *Telemetry) AccessLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		t.inFlight.Inc()
		defer t.inFlight.Dec()
		req := &request{id: rand.Text()[:16]}
		if m := traceParent.FindStringSubmatch(r.Header.Get("Traceparent")); m != nil && strings.Trim(m[1], "0") != "" {
			req.trace = m[1]
		}
		w.Header().Set("X-Request-Id", req.id)
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, req))
		rw := &recorder{ResponseWriter: w}
		defer func() {
			problem := recover()
			abort := problem == http.ErrAbortHandler
			if problem != nil && !abort {
				t.log.ErrorContext(r.Context(), "panic", "error", fmt.Sprint(problem), "stack", string(debug.Stack()))
				if abort = rw.status != 0; !abort {
					http.Error(rw, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
				}
			}
			if req.pattern == "" {
				req.pattern = r.Pattern
			}
			t.answered(r, req.pattern, rw, time.Since(start))
			if abort {
				panic(http.ErrAbortHandler) // half an answer went out: the reader must notice
			}
		}()
		next.ServeHTTP(rw, r)
	})
}

func (t *Telemetry) answered(r *http.Request, pattern string, w *recorder, took time.Duration) {
	status := w.status
	if status == 0 {
		status = http.StatusOK
	}
	method, route := method(r.Method), route(pattern)
	t.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	t.duration.WithLabelValues(method, route).Observe(took.Seconds())
	level := slog.LevelInfo
	if status >= 500 {
		level = slog.LevelWarn
	}
	t.log.LogAttrs(r.Context(), level, "request", slog.String("method", method), slog.String("route", route),
		slog.Int("status", status), slog.Int64("bytes", w.bytes), slog.Float64("ms", float64(took.Microseconds())/1000))
}

// Routed notes the pattern of the route that the mux chose. It belongs directly
// around the mux: handlers between AccessLog and the mux that put something into
// the context hide the mux's choice from it.
func Routed(mux http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if req := requestOf(r.Context()); req != nil {
			defer func() { req.pattern = r.Pattern }()
		}
		mux.ServeHTTP(w, r)
	})
}

// method gives the method when it is a known one: anybody can make up others, and
// each would be a series of its own.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// route gives the pattern without its method; "none" when no route matched.
func route(pattern string) string {
	if _, path, ok := strings.Cut(pattern, " "); ok {
		return path
	}
	if pattern == "" {
		return "none"
	}
	return pattern
}

// recorder notes what an answer was.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader notes the status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// FlushError sends what is waiting.
func (w *recorder) FlushError() error {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap gives the writer below, for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
