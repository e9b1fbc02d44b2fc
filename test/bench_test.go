package test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"funn/internal/need"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
	"funn/internal/project"
)

// docs/performance.md tells how these are run and what they gave.

// benchEach runs a benchmark on a fresh demo on either database.
func benchEach(b *testing.B, bench func(b *testing.B, s *site)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { bench(b, start(b, "sqlite:"+filepath.Join(b.TempDir(), "funn.db"))) })
	b.Run("postgres", func(b *testing.B) { bench(b, start(b, dbtest.Address(b))) })
}

// times collects how long each of many things took.
type times []time.Duration

func (ts *times) take(f func()) {
	began := time.Now()
	f()
	*ts = append(*ts, time.Since(began))
}

// at gives a percentile, from 0 to 1.
func (ts times) at(p float64) time.Duration {
	if len(ts) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(ts))
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

func (ts times) report(b *testing.B, name string) {
	b.ReportMetric(float64(ts.at(.5).Microseconds())/1000, name+"-p50-ms")
	b.ReportMetric(float64(ts.at(.99).Microseconds())/1000, name+"-p99-ms")
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// benchPage asks for a page as a caseworker, again and again.
func (s *site) benchPage(b *testing.B, name, path string) {
	b.Run(name, func(b *testing.B) {
		var took times
		for b.Loop() {
			took.take(func() {
				if status, _ := s.get(b, "fou", path); status != http.StatusOK {
					b.Fatalf("%s: %d", path, status)
				}
			})
		}
		took.report(b, name)
	})
}

// BenchmarkPortfolio asks for the portfolio with 10 000 projects: the rows of one
// page and their number in SQL, and whole pages over HTTP.
func BenchmarkPortfolio(b *testing.B) {
	const n = 10_000
	benchEach(b, func(b *testing.B, s *site) {
		any, _ := s.Engine.Kind("project")
		k := any.(*project.Kind)
		err := s.Engine.DB.Tx(system(b.Context()), func(ctx context.Context) error {
			for i := range n {
				begun := time.Date(2013+i%10, time.Month(1+i%12), 1, 0, 0, 0, 0, time.UTC)
				p := &project.Project{
					Head:       record.Head{Title: fmt.Sprintf("Prosjekt %d om oppfølging av arbeidssøkere", i), State: []string{project.Running, project.Accepted, project.Created, project.Closed}[i%4], Unit: "avdir/fagavdeling"},
					Instrument: project.Instruments[i%len(project.Instruments)], Theme: []string{"palitelig-forvaltning", "", "palitelig-forvaltning", ""}[i%4],
					Owner: []string{"fageier", "fageier2"}[i%2], CaseWorker: []string{"fou", "fou2"}[i%2], LeaderName: fmt.Sprintf("Leder %d", i%500),
					StartFrom: begun, StartTo: begun, BaselineEnd: begun.AddDate(3, 0, 0), ForecastEnd: begun.AddDate(3, i%9, 0), KnownBy: begun,
				}
				if err := k.Import(ctx, p, ""); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Settle(b.Context()); err != nil {
			b.Fatal(err)
		}
		ctx := s.acting(b, "fou")
		b.Run("query", func(b *testing.B) {
			var took times
			for b.Loop() {
				took.take(func() {
					filter := project.Filter{}.Where()
					rows := must(k.List(ctx, filter, "r.number DESC", 50, 5000))(b)
					if count := must(k.Count(ctx, filter))(b); len(rows) != 50 || count < n {
						b.Fatalf("%d rows of %d", len(rows), count)
					}
				})
			}
			took.report(b, "query")
		})
		for name, path := range map[string]string{"page": "/portefolje", "words": "/portefolje?q=oppf%C3%B8lging+123", "timeline": "/portefolje?visning=tidslinje", "csv": "/portefolje.csv"} {
			s.benchPage(b, name, path)
		}
	})
}

// BenchmarkThread shows the thread and the history of a need with 200 events.
func BenchmarkThread(b *testing.B) {
	benchEach(b, func(b *testing.B, s *site) {
		h := s.aNeed(b)
		for i := range 199 {
			s.run(b, "fou2", h, "comment", record.Input{Values: form.Of("text", fmt.Sprintf("Kommentar nummer %d.", i))})
		}
		if events := s.events(b, h.ID); len(events) != 200 {
			b.Fatalf("%d events", len(events))
		}
		for name, path := range map[string]string{"thread": "/trad/" + h.Number, "history": "/behov/" + h.Number + "/logg"} {
			s.benchPage(b, name, path)
		}
	})
}

// aNeed gives a need that has been reported and has one event.
func (s *site) aNeed(b testing.TB) record.Head {
	b.Helper()
	any, _ := s.Engine.Kind("need")
	n := &need.Need{Head: record.Head{Title: "Hva virker for dem som har vært lenge uten arbeid?", State: need.Reported, Unit: "avdir/fagavdeling"}, Submitter: "fageier", Owner: "fageier", CaseWorker: "fou"}
	if err := any.(*need.Kind).Import(system(b.Context()), n, ""); err != nil {
		b.Fatal(err)
	}
	return n.Head
}

func (s *site) run(b testing.TB, person string, h record.Head, command string, in record.Input) {
	b.Helper()
	k, _ := s.Engine.Kind(h.Kind)
	if _, err := k.Run(s.acting(b, person), h.ID, command, in); err != nil {
		b.Fatalf("%s: %v", command, err)
	}
}

// BenchmarkDurable moves a need from one state to another and back, each move in a
// transaction that is on the disk when it is acknowledged: the rules, the record,
// the event with its hashes, tasks, search document and letter. Before and after
// each stands a raw transaction of two inserts on the same connection; the ratio
// is what goal G8 is about. PostgreSQL must be one that keeps what it acknowledges:
// FUNN_TEST_POSTGRES_DURABLE=1 scripts/postgres.sh start.
func BenchmarkDurable(b *testing.B) {
	benchEach(b, func(b *testing.B, s *site) {
		d := s.Engine.DB
		if d.Dialect == db.Postgres {
			for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
				if on := must(db.One[string](b.Context(), d, "SELECT current_setting('"+setting+"')"))(b); on != "on" {
					b.Skipf("%s is %s: start the server with FUNN_TEST_POSTGRES_DURABLE=1", setting, on)
				}
			}
		}
		must(d.Exec(b.Context(), "CREATE TABLE raw_one (id TEXT PRIMARY KEY, body TEXT NOT NULL)"))(b)
		must(d.Exec(b.Context(), "CREATE TABLE raw_two (id TEXT PRIMARY KEY, body TEXT NOT NULL)"))(b)
		h := s.aNeed(b)
		body, row := strings.Repeat("x", 400), 0
		var raw, moved times
		insert := func() {
			row++
			id := strconv.Itoa(row)
			err := d.Tx(b.Context(), func(ctx context.Context) error {
				if _, err := d.Exec(ctx, "INSERT INTO raw_one (id, body) VALUES ($1, $2)", id, body); err != nil {
					return err
				}
				_, err := d.Exec(ctx, "INSERT INTO raw_two (id, body) VALUES ($1, $2)", id, body)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		pause := record.Input{Values: form.Of("review_date", "2023-06-01"), Reason: "Venter på datagrunnlaget."}
		resume := record.Input{Reason: "Datagrunnlaget er her."}
		for b.Loop() {
			raw.take(insert)
			moved.take(func() { s.run(b, "fou", h, "pause", pause) })
			raw.take(insert)
			moved.take(func() { s.run(b, "fou", h, "resume", resume) })
		}
		raw.report(b, "raw")
		moved.report(b, "move")
		b.ReportMetric(float64(raw.at(.5))/float64(moved.at(.5)), "ratio")
		b.ReportMetric(0, "ns/op")
	})
}

// BenchmarkPages holds pages against a bare server in the same run (goals G5 and
// G6): bare, page, bare, and so on, with 16 and with 64 connections that never
// pause. Each server is a process of its own; the client is this one, and all
// share the machine. Rounds whose two bare halves differ by more than a fifth are
// left out.
func BenchmarkPages(b *testing.B) {
	const seconds, rounds = 2, 7
	bare := launch(b, "./test/testdata/bare")
	funn := launch(b, "./cmd/funn", "demo", "--addr", "127.0.0.1:0", "--data", b.TempDir())
	session := funn.login(b, "fou")
	for _, p := range []struct{ name, path, cookie string }{
		{"public", "/kunnskap/rapporter", ""}, {"report", funn.report(b), ""}, {"staff list", "/publikasjon", session}, {"portfolio", "/portefolje", session},
	} {
		for _, connections := range []int{16, 64} {
			b.Run(fmt.Sprintf("%s/c=%d", strings.ReplaceAll(p.name, " ", "-"), connections), func(b *testing.B) {
				for b.Loop() {
					var ratios, cpus, tails, rates []float64
					bare.load(b, "/", "", connections, time.Second)
					funn.load(b, p.path, p.cookie, connections, time.Second)
					for range rounds {
						before := bare.load(b, "/", "", connections, seconds*time.Second)
						page := funn.load(b, p.path, p.cookie, connections, seconds*time.Second)
						after := bare.load(b, "/", "", connections, seconds*time.Second)
						if max(before.rate, after.rate) > 1.2*min(before.rate, after.rate) {
							continue
						}
						ratios = append(ratios, page.rate/((before.rate+after.rate)/2))
						cpus = append(cpus, page.cpu/((before.cpu+after.cpu)/2))
						tails = append(tails, float64(page.took.at(.99))/(float64(before.took.at(.99)+after.took.at(.99))/2))
						rates = append(rates, page.rate)
					}
					b.ReportMetric(median(rates), "req/s")
					b.ReportMetric(median(ratios), "ratio")
					b.ReportMetric(median(cpus), "cpu-x-bare")
					b.ReportMetric(median(tails), "p99-x-bare")
					b.ReportMetric(float64(len(ratios)), "rounds")
					b.ReportMetric(0, "ns/op")
				}
			})
		}
	}
}

func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}

// process is a server in a process of its own.
type process struct {
	address string // host:port
	pid     int
}

// launch builds a program and starts it. Its first line ends with or holds the
// address that it listens on.
func launch(b *testing.B, program string, args ...string) *process {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "server")
	build := exec.Command("go", "build", "-o", binary, program)
	build.Dir, build.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build %s: %v\n%s", program, err, out)
	}
	cmd := exec.Command(binary, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			b.Error(err)
		}
		_ = cmd.Wait() // the bare server knows no other end than being interrupted
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatalf("%s says nothing: %v", program, err)
	}
	_, after, _ := strings.Cut(line, "http://")
	return &process{address: strings.Fields(after)[0], pid: cmd.Process.Pid}
}

// login gives the cookies of somebody who has logged in.
func (p *process) login(b *testing.B, person string) string {
	b.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm("http://"+p.address+"/logginn", url.Values{"user": {person}})
	if err != nil {
		b.Fatal(err)
	}
	res.Body.Close()
	var cookies []string
	for _, c := range res.Cookies() {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	return strings.Join(cookies, "; ")
}

// report gives the address of a published report.
func (p *process) report(b *testing.B) string {
	b.Helper()
	res, err := http.Get("http://" + p.address + "/kunnskap/rapporter")
	if err != nil {
		b.Fatal(err)
	}
	_, page := read(b, res)
	_, after, found := strings.Cut(page, `href="/kunnskap/rapport/`)
	slug, _, _ := strings.Cut(after, `"`)
	if !found {
		b.Fatal("no report in the list of reports")
	}
	return "/kunnskap/rapport/" + slug
}

// load is what a server did in a while.
type load struct {
	rate float64 // answers a second
	cpu  float64 // seconds of processor for each answer
	took times
}

// load asks for the page over connections that are kept open, each as soon as it
// has its answer.
func (p *process) load(b *testing.B, path, cookie string, connections int, d time.Duration) load {
	b.Helper()
	request := "GET " + path + " HTTP/1.1\r\nHost: " + p.address + "\r\nAccept-Language: nb\r\n"
	if cookie != "" {
		request += "Cookie: " + cookie + "\r\n"
	}
	request += "\r\n"
	var l load
	var lock sync.Mutex
	var all sync.WaitGroup
	spent, began := p.processor(b), time.Now()
	until := began.Add(d)
	for range connections {
		all.Go(func() {
			took, err := ask(p.address, request, until)
			if err != nil {
				b.Errorf("%s: %v", path, err)
			}
			lock.Lock()
			defer lock.Unlock()
			l.took = append(l.took, took...)
		})
	}
	all.Wait()
	n := float64(len(l.took))
	l.rate, l.cpu = n/time.Since(began).Seconds(), (p.processor(b)-spent)/n
	return l
}

// processor gives the seconds of processor that the process has used.
func (p *process) processor(b *testing.B) float64 {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	if err != nil {
		b.Skipf("what a process uses is read from /proc: %v (%s)", err, runtime.GOOS)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100 // clock ticks, of which Linux tells a hundred a second
}

// ask sends the request again and again over one connection until the time is up.
// It reads answers itself, because the client of net/http would cost more than the
// server that is measured.
func ask(address, request string, until time.Time) (times, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	r := bufio.NewReaderSize(c, 64<<10)
	var took times
	for time.Now().Before(until) {
		began := time.Now()
		if _, err := io.WriteString(c, request); err != nil {
			return took, err
		}
		if err := readAnswer(r); err != nil {
			return took, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

// readAnswer reads one answer to its end.
func readAnswer(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(string(line), "HTTP/1.1 200") {
		return fmt.Errorf("answer %q", line)
	}
	length := -1
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if name, value, _ := strings.Cut(string(line), ":"); name == "Content-Length" {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
	if length >= 0 {
		_, err := r.Discard(length)
		return err
	}
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(strings.TrimSpace(string(line)), 16, 64)
		if err != nil {
			return err
		}
		if _, err := r.Discard(int(size) + 2); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}
