package api

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"funn/internal/platform/fault"
	"funn/internal/project"
)

type failing struct{ err error }

func (f failing) Public(context.Context, project.Filter, int, int) ([]*project.Project, int, error) {
	return nil, 0, f.err
}

// What goes wrong inside is told with a reference and logged with its cause.
func TestFailuresTellNothing(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		logged bool
	}{
		{errors.New("dial tcp 10.0.0.7: secret"), http.StatusInternalServerError, true},
		{fault.Wrap(fault.Unavailable, errors.New("secret"), "error.database_busy"), http.StatusServiceUnavailable, true},
		{fault.Missing(), http.StatusNotFound, false},
	} {
		var log bytes.Buffer
		h := Handler(Deps{Projects: failing{c.err}, Log: slog.New(slog.NewTextHandler(&log, nil))})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/projects", nil))
		body := w.Body.String()
		if w.Code != c.status || w.Header().Get("Content-Type") != "application/problem+json" || strings.Contains(body, "secret") {
			t.Errorf("%v: %d %s %s", c.err, w.Code, w.Header().Get("Content-Type"), body)
		}
		if c.logged != strings.Contains(log.String(), "secret") {
			t.Errorf("%v: log %q", c.err, log.String())
		}
	}
}

// What was cancelled before it began has no end; what was cancelled on the way has.
func TestEndOfACancelledProject(t *testing.T) {
	for _, begun := range []bool{false, true} {
		p := &project.Project{ActualEnd: time.Date(2023, time.January, 31, 0, 0, 0, 0, time.UTC), Frozen: begun}
		p.State = project.Cancelled
		if end := projectOf(p, nil).Period.End; (end != nil) != begun {
			t.Errorf("begun %v: ended %+v", begun, end)
		}
	}
}
