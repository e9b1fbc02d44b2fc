package telemetry_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"funn/internal/platform/telemetry"
)

func TestMain(m *testing.M) {
	if os.Getenv("FUNN_TEST_SERVE") != "" {
		os.Exit(serveUntilSignal())
	}
	os.Exit(m.Run())
}

// serveUntilSignal is the program that TestSignal stops: GET /slow takes a second.
func serveUntilSignal() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	mux := http.NewServeMux()
	mux.Handle("GET /isready", telemetry.Ready(ctx, slog.Default(), time.Second, nil))
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("slow")
		time.Sleep(time.Second)
		if r.Context().Err() != nil {
			return
		}
		io.WriteString(w, "whole")
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return 3
	}
	fmt.Println(listener.Addr())
	if err := telemetry.Serve(ctx, telemetry.NewServer(mux, slog.Default()), listener, 0); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("stopped")
	return 0
}

// A process that is told to stop answers what it has begun, takes nothing new, and
// ends by itself.
func TestSignal(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "FUNN_TEST_SERVE=1")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	out := bufio.NewScanner(stdout)
	out.Scan()
	base := "http://" + out.Text()
	// An idle connection must not hold up the stop.
	idle, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	resp, err := http.Get(base + "/isready")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get(base + "/slow")
		if err != nil {
			answer <- err.Error()
			return
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		answer <- fmt.Sprint(string(body), err)
	}()
	if out.Scan(); out.Text() != "slow" {
		t.Fatalf("printed %q", out.Text())
	}
	start := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for { // the signal takes a moment to arrive
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(base + "/isready")
		if err != nil {
			break
		}
		resp.Body.Close()
		if time.Since(start) > 800*time.Millisecond {
			t.Fatal("still takes requests")
		}
	}
	if got := <-answer; got != "whole<nil>" {
		t.Errorf("the request under way got %q", got)
	}
	if out.Scan(); out.Text() != "stopped" {
		t.Errorf("printed %q", out.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("took %v to stop", took)
	}
}

// What runs on beyond the time to drain is cut off, and told.
func TestCutOff(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	entered, left := make(chan struct{}), make(chan struct{})
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done() // ends when the connection is cut
		close(left)
	})
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- telemetry.Serve(ctx, telemetry.NewServer(h, slog.New(slog.DiscardHandler)), listener, 100*time.Millisecond)
	}()
	go func() { _, _ = http.Get("http://" + listener.Addr().String()) }()
	<-entered
	stop()
	if err := <-served; !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("got %v", err)
	}
	select {
	case <-left:
	case <-time.After(10 * time.Second):
		t.Error("the request still runs")
	}
}

func TestServeFails(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	err = telemetry.Serve(context.Background(), telemetry.NewServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler)), listener, 0)
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// A client that does not send its request to the end is given up after the time
// that NewServer sets, measured on a clock that does not wait.
func TestTimeouts(t *testing.T) {
	tests := map[string]struct {
		send string
		want time.Duration
	}{
		"says nothing":          {"", 5 * time.Second},
		"half a head":           {"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", 5 * time.Second},
		"half a body":           {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf", 60 * time.Second},
		"nothing more to ask":   {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 120 * time.Second},
		"a head without an end": {"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 80<<10), 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener := &pipes{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
				ctx, stop := context.WithCancel(context.Background())
				served := make(chan error, 1)
				h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if _, err := io.ReadAll(r.Body); err != nil {
						return
					}
					w.WriteHeader(http.StatusNoContent)
				})
				go func() {
					served <- telemetry.Serve(ctx, telemetry.NewServer(h, slog.New(slog.DiscardHandler)), listener, 0)
				}()
				client, server := net.Pipe()
				listener.conns <- server
				start := time.Now()
				go func() { _, _ = io.WriteString(client, test.send) }()
				_, err := io.Copy(io.Discard, client) // until the server hangs up
				took := time.Since(start)
				if err != nil || took < test.want || took > test.want+time.Second {
					t.Errorf("given up after %v, %v; want %v", took, err, test.want)
				}
				client.Close()
				stop()
				if err := <-served; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A client that does not read its answer is given up, too.
func TestWriteTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := &pipes{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
		ctx, stop := context.WithCancel(context.Background())
		served, wrote := make(chan error, 1), make(chan error, 1)
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, err := w.Write(make([]byte, 1<<20))
			wrote <- err
		})
		go func() {
			served <- telemetry.Serve(ctx, telemetry.NewServer(h, slog.New(slog.DiscardHandler)), listener, 0)
		}()
		client, server := net.Pipe()
		listener.conns <- server
		start := time.Now()
		if _, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Hour, func() { client.Close() }) // so that the test ends in any case
		if err, took := <-wrote, time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took != 60*time.Second {
			t.Errorf("given up after %v, %v; want 60s", took, err)
		}
		client.Close()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// However long somebody wants to drain, the server has stopped before a platform
// kills it.
func TestDrainIsBounded(t *testing.T) {
	for _, drain := range []time.Duration{0, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			listener := &pipes{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
			ctx, stop := context.WithCancel(context.Background())
			entered := make(chan struct{})
			h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				close(entered)
				select {
				case <-r.Context().Done():
				case <-time.After(2 * time.Hour):
				}
			})
			served := make(chan error, 1)
			go func() {
				served <- telemetry.Serve(ctx, telemetry.NewServer(h, slog.New(slog.DiscardHandler)), listener, drain)
			}()
			client, server := net.Pipe()
			listener.conns <- server
			if _, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			<-entered
			start := time.Now()
			stop()
			if err, took := <-served, time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 25*time.Second {
				t.Errorf("stopped after %v, %v; want 25s", took, err)
			}
			client.Close()
		})
	}
}

// pipes is a listener whose connections are made by the test.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.closed) }); return nil }

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "pipe"} }

// Five hundred connections that never finish their heads do not keep others from
// being served, and none is left afterwards.
func TestSlowloris(t *testing.T) {
	before := runtime.NumGoroutine()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := telemetry.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }), slog.New(slog.DiscardHandler))
	srv.ReadHeaderTimeout = 500 * time.Millisecond // TestTimeouts holds the real one
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- telemetry.Serve(ctx, srv, listener, time.Second) }()
	var slow []net.Conn
	for range 500 {
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n"); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, c)
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for range 20 {
		resp, err := client.Get("http://" + listener.Addr().String())
		if err != nil || resp.StatusCode != http.StatusNoContent {
			t.Fatalf("beside the slow ones: %v %v", resp, err)
		}
		resp.Body.Close()
	}
	for _, c := range slow {
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("a slow connection is still held")
		}
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	for range 100 {
		if runtime.NumGoroutine() <= before+5 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
