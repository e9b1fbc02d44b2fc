package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// MaxDrain is how long a server that is told to stop lets requests finish, at
// most. Platforms kill after 30 seconds; what remains is for closing the rest.
const MaxDrain = 25 * time.Second

// NewServer gives a server that slow readers and writers cannot hold up: the
// standard library's own has no limits at all.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// Serve answers until ctx is done, which a signal usually brings about. Then it
// takes no more connections and lets the requests under way finish, for as long
// as drain says but no longer than MaxDrain; what still runs then is cut off, and
// that is an error.
func Serve(ctx context.Context, srv *http.Server, listener net.Listener, drain time.Duration) error {
	if drain <= 0 || drain > MaxDrain {
		drain = MaxDrain
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := srv.Shutdown(within); err != nil {
		return errors.Join(fmt.Errorf("requests were cut off after %v: %w", drain, err), srv.Close())
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	}
	return nil
}

// Alive answers that the process runs. It asks nothing else: a database that is
// down is no reason to restart Funn.
func Alive() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { tell(w, http.StatusOK, "alive") })
}

// Check says whether a part that Funn needs can be used.
type Check func(ctx context.Context) error

// Ready answers whether requests can be served: 200 when all checks pass, 503
// with the names of those that fail or do not answer in time, and 503 from the
// moment stopping is done, so that no new requests are sent here. Why a check
// failed is for the log.
func Ready(stopping context.Context, log *slog.Logger, timeout time.Duration, checks map[string]Check) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if stopping.Err() != nil {
			tell(w, http.StatusServiceUnavailable, "stopping")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		var mu sync.Mutex
		waiting := map[string]bool{}
		for name := range checks {
			waiting[name] = true
		}
		var all sync.WaitGroup
		for name, check := range checks {
			all.Go(func() {
				err := check(ctx)
				if err != nil {
					log.WarnContext(ctx, "not ready", "check", name, "error", err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				delete(waiting, name)
			})
		}
		done := make(chan struct{})
		go func() { all.Wait(); close(done) }()
		select {
		case <-done:
		case <-ctx.Done(): // a check that does not heed the context is not waited for
		}
		mu.Lock()
		defer mu.Unlock()
		if len(waiting) == 0 {
			tell(w, http.StatusOK, "ready")
			return
		}
		var names []string
		for name := range waiting {
			names = append(names, name)
		}
		slices.Sort(names)
		tell(w, http.StatusServiceUnavailable, "not ready: "+strings.Join(names, ", "))
	})
}

func tell(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the prober may have gone
}
