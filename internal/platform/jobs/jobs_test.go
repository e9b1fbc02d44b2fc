package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/fault"
)

// effect is what the jobs of these tests do: one row each time a job has had
// its effect, with nothing that would hide a second one.
var schema = []fs.FS{Migrations, fstest.MapFS{"migrations/9001_effect.sql": {Data: []byte(`CREATE TABLE effect (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what TEXT NOT NULL
);
`)}}}

var newYear = time.Date(2023, 1, 2, 8, 0, 0, 0, time.UTC)

func runner(d *db.DB, handlers map[string]Handler) *Runner {
	return &Runner{DB: d, Clock: clock.NewMovable(newYear), Handlers: handlers, Poll: 20 * time.Millisecond, Log: slog.New(slog.DiscardHandler)}
}

func affect(ctx context.Context, run *Run) error {
	var what string
	if err := run.Args(&what); err != nil {
		return err
	}
	_, err := run.db.Exec(ctx, "INSERT INTO effect (what) VALUES ($1)", what)
	return err
}

// effects counts the effects by what they did.
func effects(t *testing.T, d *db.DB) map[string]int {
	t.Helper()
	list, err := db.All[string](context.Background(), d, "SELECT what FROM effect ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, what := range list {
		n[what]++
	}
	return n
}

func enqueue(t *testing.T, d *db.DB, jobs ...Job) {
	t.Helper()
	for _, j := range jobs {
		if err := Enqueue(context.Background(), d, j); err != nil {
			t.Fatal(err)
		}
	}
}

func runDue(t *testing.T, r *Runner) Counts {
	t.Helper()
	c, err := r.RunDue(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func start(t *testing.T, r *Runner) {
	t.Helper()
	if err := r.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited in vain: %s", what)
}

// The job exists exactly if the transaction that enqueued it committed.
func TestEnqueueJoins(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		r := runner(d, map[string]Handler{"k": InTx(affect)})
		stop := errors.New("stop")
		err := d.Tx(ctx, func(ctx context.Context) error {
			if err := Enqueue(ctx, d, Job{Kind: "k", Args: "undone"}); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		err = d.Tx(ctx, func(ctx context.Context) error { return Enqueue(ctx, d, Job{Kind: "k", Args: "made"}) })
		if err != nil {
			t.Fatal(err)
		}
		if got := runDue(t, r); got != (Counts{Done: 1}) {
			t.Errorf("got %+v", got)
		}
		if diff := cmp.Diff(map[string]int{"made": 1}, effects(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestUniqueKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		r := runner(d, map[string]Handler{"k": InTx(affect), "other": InTx(affect)})
		job := Job{Kind: "k", Args: "a", UniqueKey: "x"}
		enqueue(t, d, job, job, Job{Kind: "other", Args: "b", UniqueKey: "x"}, Job{Kind: "k", Args: "c"}, Job{Kind: "k", Args: "c"})
		runDue(t, r)
		enqueue(t, d, job) // done is not forgotten
		runDue(t, r)
		if diff := cmp.Diff(map[string]int{"a": 1, "b": 1, "c": 2}, effects(t, d)); diff != "" {
			t.Error(diff)
		}
		if n, err := Forget(context.Background(), d, time.Now().Add(time.Hour)); n != 4 || err != nil {
			t.Fatalf("forgot %d, %v", n, err)
		}
		enqueue(t, d, job)
		if got := runDue(t, r); got.Done != 1 {
			t.Errorf("after the done jobs were forgotten: %+v", got)
		}
	})
}

// What is due is decided by the domain's clock, also when it is moved.
func TestDueInDomainTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		r := runner(d, map[string]Handler{"k": InTx(affect)})
		enqueue(t, d,
			Job{Kind: "k", Args: "spring", RunAt: newYear.AddDate(0, 3, 0)},
			Job{Kind: "k", Args: "week", RunAt: newYear.AddDate(0, 0, 7)},
			Job{Kind: "k", Args: "now"},
			Job{Kind: "absent", Args: "nobody handles this"})
		if got := runDue(t, r); got != (Counts{Done: 1}) {
			t.Errorf("before the clock is moved: %+v", got)
		}
		r.Clock.(*clock.Movable).Forward(newYear.AddDate(0, 0, 7))
		if got := runDue(t, r); got != (Counts{Done: 1}) {
			t.Errorf("a week on: %+v", got)
		}
		got, err := Loads(context.Background(), d, r.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Load{{Kind: "absent", Due: 1}, {Kind: "k", Later: 1}}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Four workers in two runners, some jobs failing on the way: every effect
// exactly once and no job lost.
func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		const jobs = 200
		want := map[string]int{}
		for i := range jobs {
			what := fmt.Sprint(i)
			want[what] = 1
			enqueue(t, d, Job{Kind: "k", Args: what})
		}
		var stumbled sync.Map
		handler := InTx(func(ctx context.Context, run *Run) error {
			if err := affect(ctx, run); err != nil {
				return err
			}
			if _, again := stumbled.LoadOrStore(run.ID, true); !again && run.ID%3 == 0 {
				if run.ID%2 == 0 {
					panic("stumble")
				}
				return errors.New("stumble")
			}
			return nil
		})
		for range 2 {
			r := runner(d, map[string]Handler{"k": handler})
			// The machine's clock runs fast, so that pauses after failures pass.
			from := time.Now()
			r.real = func() time.Time { return from.Add(20 * time.Since(from)) }
			r.Lease = time.Hour
			start(t, r)
		}
		eventually(t, "every job done", func() bool {
			n, err := db.One[int](context.Background(), d, "SELECT count(*) FROM job WHERE done_at IS NOT NULL")
			return err == nil && n == jobs
		})
		if n, err := db.One[int](context.Background(), d, "SELECT count(*) FROM job WHERE CAST(args AS TEXT) <> 'null'"); err != nil || n > 0 {
			t.Errorf("what %d jobs were asked is kept after they were done, %v", n, err)
		}
		if diff := cmp.Diff(want, effects(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

// A worker that is woken by Enqueue does not wait for its next poll.
func TestWake(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		r := runner(d, map[string]Handler{"k": InTx(affect)})
		r.Poll = time.Hour
		start(t, r)
		err := d.Tx(context.Background(), func(ctx context.Context) error { return Enqueue(ctx, d, Job{Kind: "k", Args: "a"}) })
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the job done", func() bool { return effects(t, d)["a"] == 1 })
	})
}

func TestRetry(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		var tries atomic.Int32
		works := false
		r := runner(d, map[string]Handler{"k": func(ctx context.Context, run *Run) error {
			if int(tries.Add(1)) != run.Attempt {
				t.Errorf("attempt %d is try %d", run.Attempt, tries.Load())
			}
			if works {
				return nil
			}
			return errors.New("no luck \x00 \xff")
		}})
		now := time.Now()
		r.real = func() time.Time { return now }
		enqueue(t, d, Job{Kind: "k", MaxAttempts: 3})
		for attempt, want := range []Counts{{Failed: 1}, {Failed: 1}, {GaveUp: 1}, {}} {
			if got := runDue(t, r); got != want {
				t.Fatalf("attempt %d: %+v, want %+v", attempt+1, got, want)
			}
			if got := runDue(t, r); got != (Counts{}) {
				t.Fatalf("attempt %d: tried again without a pause: %+v", attempt+1, got)
			}
			now = now.Add(longestPause * 2)
		}
		list, err := Failed(ctx, d, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 1 || list[0].LastError != "no luck � �" || list[0].Attempt != 3 || list[0].FailedAt.IsZero() || !list[0].RunAt.IsZero() {
			t.Fatalf("got %+v", list)
		}
		works = true
		tries.Store(0)
		if err := Retry(ctx, d, list[0].ID); err != nil {
			t.Fatal(err)
		}
		if got := runDue(t, r); got != (Counts{Done: 1}) {
			t.Errorf("after Retry: %+v", got)
		}
		if err := Retry(ctx, d, list[0].ID); fault.Of(err) != fault.NotFound {
			t.Errorf("Retry of a done job: %v, want NotFound", err)
		}
	})
}

func TestPermanent(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		r := runner(d, map[string]Handler{
			"k": func(context.Context, *Run) error {
				return fmt.Errorf("send: %w", Permanent(errors.New("no such address")))
			},
			"args": InTx(affect),
		})
		enqueue(t, d, Job{Kind: "k"}, Job{Kind: "args", Args: map[string]int{"not": 1}})
		if got := runDue(t, r); got != (Counts{GaveUp: 2}) {
			t.Errorf("got %+v", got)
		}
	})
}

func TestPause(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[int]time.Duration{1: time.Second, 2: 16 * time.Second, 5: 625 * time.Second, 13: longestPause, 1000: longestPause} {
		for range 100 {
			if got := pause(attempt); got < want-want/10 || got > want+want/10 {
				t.Errorf("after attempt %d: %v, want about %v", attempt, got, want)
			}
		}
	}
}

// A handler that takes longer than the lease keeps its job.
func TestRenew(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		var tries atomic.Int32
		handler := func(context.Context, *Run) error {
			tries.Add(1)
			time.Sleep(time.Second)
			return nil
		}
		enqueue(t, d, Job{Kind: "k"})
		for range 2 {
			r := runner(d, map[string]Handler{"k": handler})
			r.Lease = 300 * time.Millisecond
			start(t, r)
		}
		eventually(t, "the job done", func() bool {
			n, err := db.One[int](context.Background(), d, "SELECT count(*) FROM job WHERE done_at IS NOT NULL")
			return err == nil && n == 1
		})
		if tries.Load() != 1 {
			t.Errorf("tried %d times", tries.Load())
		}
	})
}

// A worker that was away too long, as on a machine that slept, is told so and
// leaves no effect.
func TestLost(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		r := runner(d, map[string]Handler{"k": func(ctx context.Context, run *Run) error {
			if _, err := run.db.Exec(context.Background(), "UPDATE job SET worker = 'other' WHERE id = $1", run.ID); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Second):
				t.Error("the handler was not told that its lease is lost")
			}
			if !errors.Is(context.Cause(ctx), ErrLost) {
				t.Errorf("ended by %v, want ErrLost", context.Cause(ctx))
			}
			return run.db.Tx(context.Background(), func(ctx context.Context) error {
				if err := affect(ctx, run); err != nil {
					return err
				}
				return run.Done(ctx)
			})
		}})
		r.Lease = 60 * time.Millisecond
		enqueue(t, d, Job{Kind: "k", Args: "a"})
		ran, end, err := r.initialised().next(context.Background())
		if !ran || end != lost || err != nil {
			t.Errorf("ran %v, ended %v, %v; want it lost", ran, end, err)
		}
		if got := effects(t, d); len(got) != 0 {
			t.Errorf("the worker that lost the job left %v", got)
		}
		worker, err := db.One[string](context.Background(), d, "SELECT worker FROM job WHERE done_at IS NULL AND failed_at IS NULL")
		if err != nil || worker != "other" {
			t.Errorf("the job is held by %q, %v", worker, err)
		}
	})
}

func (r *Runner) initialised() *Runner {
	r.init()
	return r
}

// Stop lets a running job finish; when it may not wait, the job is given back
// and its attempt does not count.
func TestStop(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		began := make(chan struct{}, 1)
		handlers := map[string]Handler{
			"short": func(context.Context, *Run) error {
				began <- struct{}{}
				time.Sleep(200 * time.Millisecond)
				return nil
			},
			"long": func(ctx context.Context, _ *Run) error {
				began <- struct{}{}
				<-ctx.Done()
				return ctx.Err()
			},
		}
		for kind := range handlers {
			r := runner(d, handlers)
			if err := r.Start(context.Background()); err != nil {
				t.Fatal(err)
			}
			enqueue(t, d, Job{Kind: kind})
			<-began
			ctx, cancel := context.WithTimeout(context.Background(), 600*time.Millisecond)
			defer cancel()
			if err := r.Stop(ctx); err != nil {
				t.Fatal(err)
			}
			enqueue(t, d, Job{Kind: kind, RunAt: newYear.AddDate(1, 0, 0)}) // wakes nobody
		}
		type row struct {
			Kind    string    `db:"kind"`
			Attempt int       `db:"attempt"`
			Done    bool      `db:"done"`
			Lease   time.Time `db:"lease_until"`
		}
		got, err := db.All[row](context.Background(), d, "SELECT kind, attempt, done_at IS NOT NULL AS done, lease_until FROM job WHERE run_at < $1 ORDER BY kind", newYear)
		if err != nil {
			t.Fatal(err)
		}
		got[1].Lease = time.Time{}
		if diff := cmp.Diff([]row{{Kind: "long", Lease: always}, {Kind: "short", Attempt: 1, Done: true}}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// RunDue waits for what the workers hold, so that after it nothing is left.
func TestRunDueWaits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		began := make(chan struct{})
		r := runner(d, map[string]Handler{
			"first": func(ctx context.Context, run *Run) error {
				close(began)
				time.Sleep(100 * time.Millisecond)
				return run.db.Tx(ctx, func(ctx context.Context) error {
					if err := Enqueue(ctx, run.db, Job{Kind: "second", Args: "a"}); err != nil {
						return err
					}
					return run.Done(ctx)
				})
			},
			"second": InTx(affect),
		})
		r.Workers = 1
		start(t, r)
		enqueue(t, d, Job{Kind: "first"})
		<-began
		runDue(t, r)
		if got := effects(t, d)["a"]; got != 1 {
			t.Errorf("%d effects when RunDue came back", got)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := r.RunDue(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("with an ended context: %v", err)
		}
	})
}

func TestRecurring(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		note := InTx(func(ctx context.Context, run *Run) error {
			what := run.Kind + " by hand"
			if !run.RunAt.IsZero() {
				what = run.Kind + run.RunAt.In(clock.Oslo).Format(" 2 Jan 15:04")
			}
			_, err := d.Exec(ctx, "INSERT INTO effect (what) VALUES ($1)", what)
			return err
		})
		make := func() *Runner {
			r := runner(d, map[string]Handler{
				"digest": note,
				"sweep":  note,
				"broken": func(context.Context, *Run) error { return Permanent(errors.New("broken")) },
			})
			r.Recurring = []Recurring{
				{Kind: "digest", Next: Daily(10, 0)},
				{Kind: "sweep", Next: Every(time.Hour), OnlyLatest: true},
				{Kind: "broken", Next: Daily(10, 0)},
			}
			return r
		}
		r, other := make(), make()
		for _, r := range []*Runner{r, other, r} {
			if err := r.Plan(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		enqueue(t, d, Job{Kind: "digest"}) // by hand: once, and no series since 1970
		r.Clock.(*clock.Movable).Forward(newYear.Add(2*24*time.Hour + time.Hour))
		if got := runDue(t, r); got.GaveUp != 3 {
			t.Errorf("the broken kind ran %d times, want 3", got.GaveUp)
		}
		want := map[string]int{
			"digest by hand": 1, "digest 2 Jan 10:00": 1, "digest 3 Jan 10:00": 1, "digest 4 Jan 10:00": 1,
			"sweep 2 Jan 10:00": 1,
		}
		if diff := cmp.Diff(want, effects(t, d)); diff != "" {
			t.Error(diff)
		}
		r.Recurring = append(r.Recurring, Recurring{Kind: "none", Next: Daily(1, 0)})
		if err := r.Plan(context.Background()); err == nil {
			t.Error("planned a kind without a handler")
		}
		r.Recurring = []Recurring{{Kind: "digest", Next: func(t time.Time) time.Time { return t }}}
		if err := r.Plan(context.Background()); err == nil {
			t.Error("planned an occurrence that does not follow the one before")
		}
	})
}

// The next occurrence is always later, and Daily's has the hour asked for but on
// the night when that hour is missing.
func TestNext(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		after := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "after"), 0)
		hour, minute := rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")
		next := Daily(hour, minute)(after)
		local := next.In(clock.Oslo)
		if wait := next.Sub(after); wait <= 0 || wait > 25*time.Hour {
			t.Fatalf("%s after %s", next, after)
		}
		if (local.Hour() != hour || local.Minute() != minute) && !(hour == 2 && (local.Month() == time.March || local.Month() == time.April)) {
			t.Fatalf("%s, want %d:%d", local, hour, minute)
		}
		every := time.Duration(rapid.IntRange(1, 1e5).Draw(t, "seconds")) * time.Second
		if wait := Every(every)(after).Sub(after); wait <= 0 || wait > every {
			t.Fatalf("every %v: after %v", every, wait)
		}
	})
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schema...)
	ctx := context.Background()
	if err := Enqueue(ctx, d, Job{}); err == nil {
		t.Error("a job without a kind was accepted")
	}
	if err := Enqueue(ctx, d, Job{Kind: "k", Args: func() {}}); err == nil {
		t.Error("arguments that are not JSON were accepted")
	}
	r := runner(d, nil)
	err := d.Tx(ctx, func(ctx context.Context) error { _, err := r.RunDue(ctx); return err })
	if err == nil || !strings.Contains(err.Error(), "inside a transaction") {
		t.Errorf("RunDue inside a transaction: %v", err)
	}
	start(t, r)
	if err := r.Start(ctx); err == nil {
		t.Error("started twice")
	}
}
