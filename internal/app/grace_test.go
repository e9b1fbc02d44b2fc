package app

import (
	"log/slog"
	"net/http"
	"testing"

	"funn/internal/call"
	"funn/internal/platform/telemetry"
)

// A call closes only when nothing that reached the server before its deadline can
// still be on its way: the longest that a request is read, and that it is stored.
func TestGraceOutlivesRequests(t *testing.T) {
	s := telemetry.NewServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if s.ReadTimeout == 0 || call.Grace <= s.ReadTimeout+call.Sending {
		t.Errorf("a call closes %v after its deadline, but a request is read for %v and stored for %v", call.Grace, s.ReadTimeout, call.Sending)
	}
}
