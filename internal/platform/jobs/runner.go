package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"funn/internal/platform/clock"
	"funn/internal/platform/db"
)

// Runner claims due jobs and hands them to their handlers. Fill the fields, then
// call Start and Stop, or only RunDue; do not change the fields afterwards.
type Runner struct {
	DB       *db.DB
	Clock    clock.Clock        // domain time: what is due
	Handlers map[string]Handler // by kind; jobs of other kinds are left to other programs

	// Recurring lists what is done at fixed times. Each kind needs a handler.
	Recurring []Recurring

	Workers int           // jobs at a time; 0 means 2
	Lease   time.Duration // a dead worker's job is free again after this; 0 means 30 s
	Poll    time.Duration // how often to look without being woken; 0 means 1 s
	Log     *slog.Logger  // nil means slog.Default

	prepare sync.Once
	real    func() time.Time // the machine's clock, for leases and pauses
	kinds   []any
	query   string // the condition under which a job of ours may be claimed
	bell    chan struct{}
	down    atomic.Bool // the last look at the table failed

	lock     sync.Mutex
	changed  *sync.Cond // busy fell
	busy     int        // workers that hold a job or are claiming one
	stopping chan struct{}
	cancel   context.CancelFunc
	workers  sync.WaitGroup
}

func (r *Runner) init() {
	r.prepare.Do(func() {
		if r.Workers <= 0 {
			r.Workers = 2
		}
		if r.Lease <= 0 {
			r.Lease = 30 * time.Second
		}
		if r.Poll <= 0 {
			r.Poll = time.Second
		}
		if r.Log == nil {
			r.Log = slog.Default()
		}
		if r.real == nil {
			r.real = time.Now
		}
		r.bell = make(chan struct{}, r.Workers)
		r.changed = sync.NewCond(&r.lock)
		var w db.Where
		w.In("kind", slices.Sorted(maps.Keys(r.Handlers))...)
		r.query, r.kinds = w.Cond()
	})
}

// Start plans what recurs and starts the workers. They work until Stop, also
// when ctx ends.
func (r *Runner) Start(ctx context.Context) error {
	r.init()
	if err := r.Plan(ctx); err != nil {
		return err
	}
	r.lock.Lock()
	defer r.lock.Unlock()
	if r.stopping != nil {
		return errors.New("start jobs: already started")
	}
	r.stopping = make(chan struct{})
	var base context.Context
	base, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for range r.Workers {
		r.workers.Go(func() { r.work(base) })
	}
	listen(r, true)
	return nil
}

// Stop claims no more jobs and waits for those that run. When ctx ends first,
// the handlers' contexts are ended and their jobs given back, and Stop gives
// ctx's error if a handler has still not returned a second later; the lease then
// sees to its job.
func (r *Runner) Stop(ctx context.Context) error {
	r.init()
	r.lock.Lock()
	started := r.stopping != nil
	if started {
		select {
		case <-r.stopping:
		default:
			close(r.stopping)
		}
	}
	r.lock.Unlock()
	if !started {
		return nil
	}
	listen(r, false)
	defer r.cancel()
	finished := make(chan struct{})
	go func() { r.workers.Wait(); close(finished) }()
	select {
	case <-finished:
		return nil
	case <-ctx.Done():
	}
	r.cancel()
	select {
	case <-finished:
		return nil
	case <-time.After(time.Second):
		return fmt.Errorf("stop jobs: a job still runs: %w", ctx.Err())
	}
}

// Wake makes the workers look for work at once, as when the domain's clock has
// been moved.
func (r *Runner) Wake() {
	r.init()
	for range r.Workers {
		select {
		case r.bell <- struct{}{}:
		default:
			return
		}
	}
}

func (r *Runner) work(ctx context.Context) {
	poll := time.NewTicker(r.Poll)
	defer poll.Stop()
	for {
		select {
		case <-r.stopping:
			return
		default:
		}
		ran, _, err := r.next(ctx)
		switch {
		case err != nil && ctx.Err() == nil && !r.down.Swap(true):
			r.Log.Error("cannot look for jobs", "err", err)
		case err == nil && r.down.Swap(false):
			r.Log.Info("looking for jobs again")
		}
		if ran {
			continue
		}
		select {
		case <-r.stopping:
			return
		case <-r.bell:
		case <-poll.C:
		}
	}
}

// Counts says what RunDue did.
type Counts struct {
	Done   int // ended
	Failed int // failed, and will be tried again after a pause
	GaveUp int // failed for good
}

// RunDue runs, one after another, every job that is due now, those that become
// due by running others included, and waits for the ones that this runner's
// workers hold. Jobs that pause after a failure are left. It is for the demo,
// whose clock is moved by hand, and for tests; a handler must not call it.
func (r *Runner) RunDue(ctx context.Context) (Counts, error) {
	r.init()
	var c Counts
	if r.DB.InTx(ctx) {
		return c, errors.New("run due jobs: inside a transaction")
	}
	for {
		ran, end, err := r.next(ctx)
		if err != nil {
			return c, fmt.Errorf("run due jobs: %w", err)
		}
		switch {
		case !ran:
			if !r.wait(ctx) {
				return c, ctx.Err()
			}
			continue
		case end == done:
			c.Done++
		case end == failed:
			c.Failed++
		case end == gaveUp:
			c.GaveUp++
		}
		if err := ctx.Err(); err != nil {
			return c, fmt.Errorf("run due jobs: %w", err)
		}
	}
}

// wait gives false when no worker is busy, or ctx has ended; true when one was
// busy and has ended its job, so that there may be more to do.
func (r *Runner) wait(ctx context.Context) bool {
	stop := context.AfterFunc(ctx, func() {
		r.lock.Lock()
		defer r.lock.Unlock()
		r.changed.Broadcast()
	})
	defer stop()
	r.lock.Lock()
	defer r.lock.Unlock()
	if r.busy == 0 {
		return false
	}
	for before := r.busy; r.busy >= before && r.busy > 0; {
		if ctx.Err() != nil {
			return false
		}
		r.changed.Wait()
	}
	return true
}

type ending int

const (
	lost   ending = iota // given back, or another worker has it
	done                 // ended
	failed               // to be tried again
	gaveUp               // not to be tried again
)

// next claims one job and runs it. ran is false when none was to be had.
func (r *Runner) next(ctx context.Context) (ran bool, end ending, err error) {
	r.lock.Lock()
	r.busy++
	r.lock.Unlock()
	defer func() {
		r.lock.Lock()
		r.busy--
		r.lock.Unlock()
		r.changed.Broadcast()
	}()
	run, last, err := r.claim(ctx)
	if err != nil || run == nil {
		return false, lost, err
	}
	if run.Attempt > last {
		err := fmt.Errorf("the worker died at each of %d attempts", last)
		return true, r.fail(ctx, run, err, true), nil
	}
	return true, r.run(ctx, run, run.Attempt >= last), nil
}

type claimed struct {
	ID      int64     `db:"id"`
	Kind    string    `db:"kind"`
	Key     string    `db:"unique_key"`
	Args    string    `db:"args"`
	RunAt   time.Time `db:"run_at"`
	Attempt int       `db:"attempt"`
	Max     int       `db:"max_attempts"`
}

// claim takes the job that has been due for longest, and gives it with the
// number of its last attempt; nil when there is none.
func (r *Runner) claim(ctx context.Context) (*Run, int, error) {
	now, real := r.Clock.Now(), r.real()
	free := new(db.Where).And("done_at IS NULL AND failed_at IS NULL AND run_at <= ? AND lease_until <= ?", now, real).And(r.query, r.kinds...)
	// A look with a reader first, so that an idle runner takes no write lock.
	where, args := free.SQL()
	some, err := db.All[int64](ctx, r.DB, "SELECT id FROM job "+where+" ORDER BY run_at, id LIMIT 1", args...)
	if err != nil || len(some) == 0 {
		return nil, 0, err
	}
	worker := rand.Text()
	where, args = free.SQL(worker, real.Add(r.Lease))
	skip := ""
	if r.DB.Dialect == db.Postgres {
		skip = "FOR UPDATE SKIP LOCKED"
	}
	var got []claimed
	err = r.DB.Tx(ctx, func(ctx context.Context) (err error) {
		got, err = db.All[claimed](ctx, r.DB, `
			UPDATE job SET worker = $1, lease_until = $2, attempt = attempt + 1
			WHERE id = (SELECT id FROM job `+where+` ORDER BY run_at, id LIMIT 1 `+skip+`)
			RETURNING `+db.Columns[claimed](""), args...)
		if err != nil || len(got) == 0 {
			return err
		}
		// The next occurrence is planned here, not at the end: it must come even
		// when this one fails for good.
		for _, again := range r.Recurring {
			if again.Kind == got[0].Kind && strings.HasPrefix(got[0].Key, occurrence) {
				return again.plan(ctx, r.DB, got[0].RunAt, now)
			}
		}
		return nil
	})
	if err != nil || len(got) == 0 {
		return nil, 0, err
	}
	j := got[0]
	run := &Run{ID: j.ID, Kind: j.Kind, Attempt: j.Attempt, RunAt: shown(j.RunAt), args: j.Args, worker: worker, db: r.DB}
	return run, j.Max, nil
}

// run gives the job to its handler, keeps its lease meanwhile, and writes how it
// ended.
func (r *Runner) run(ctx context.Context, run *Run, last bool) ending {
	jobCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	renewed := make(chan struct{})
	renewing, stopRenewing := context.WithCancel(jobCtx)
	go func() {
		defer close(renewed)
		r.renew(renewing, cancel, run)
	}()
	err := call(jobCtx, r.Handlers[run.Kind], run)
	stopRenewing()
	<-renewed

	log := r.Log.With("job", run.ID, "kind", run.Kind, "attempt", run.Attempt)
	if run.done.Load() {
		if err != nil {
			log.Warn("a job failed after its end was written", "err", err)
		}
		return done
	}
	if err == nil {
		settle, stop := settling(ctx)
		defer stop()
		if err = run.Done(settle); err == nil {
			return done
		}
		if !errors.Is(err, ErrLost) {
			// Whether it is written is not known; the lease decides.
			log.Error("cannot write that a job is done", "err", err)
			return lost
		}
	}
	switch {
	case errors.Is(err, ErrLost) || errors.Is(context.Cause(jobCtx), ErrLost):
		log.Warn("lost a job to another worker", "err", err)
		return lost
	case ctx.Err() != nil:
		r.giveBack(ctx, run)
		return lost
	}
	return r.fail(ctx, run, err, last || errors.As(err, new(permanent)))
}

// settling gives a context for the last words about a job, which are written
// also when the work itself is being stopped.
func settling(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
}

func call(ctx context.Context, h Handler, run *Run) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h(ctx, run)
}

// renew holds the lease until ctx ends. When the lease is lost it ends the job's
// context.
func (r *Runner) renew(ctx context.Context, cancel context.CancelCauseFunc, run *Run) {
	tick := time.NewTicker(r.Lease / 3)
	defer tick.Stop()
	until := r.real().Add(r.Lease)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		to := r.real().Add(r.Lease)
		n, err := r.DB.Exec(ctx, "UPDATE job SET lease_until = $1 WHERE id = $2 AND worker = $3 AND done_at IS NULL", to, run.ID, run.worker)
		switch {
		case ctx.Err() != nil || run.done.Load():
			return
		case err == nil && n == 1:
			until = to
		case err == nil, r.real().After(until):
			cancel(ErrLost)
			return
		}
	}
}

func (r *Runner) fail(ctx context.Context, run *Run, cause error, final bool) ending {
	settle, stop := settling(ctx)
	defer stop()
	wait := pause(run.Attempt)
	end := failed
	query := "UPDATE job SET worker = NULL, last_error = $1, lease_until = $2 WHERE id = $3 AND worker = $4 AND done_at IS NULL"
	when := r.real().Add(wait)
	if final {
		end, when = gaveUp, r.real()
		query = "UPDATE job SET worker = NULL, last_error = $1, failed_at = $2 WHERE id = $3 AND worker = $4 AND done_at IS NULL"
	}
	log := r.Log.With("job", run.ID, "kind", run.Kind, "attempt", run.Attempt, "err", cause)
	n, err := r.DB.Exec(settle, query, text(cause), when, run.ID, run.worker)
	switch {
	case err != nil:
		log.Error("cannot write that a job failed", "because", err)
		return lost
	case n == 0:
		log.Warn("lost a job to another worker")
		return lost
	case final:
		log.Error("gave up a job")
	default:
		log.Warn("a job failed", "again_in", wait.Round(time.Second))
	}
	return end
}

// giveBack frees a job that was interrupted because the runner stops. The
// attempt does not count.
func (r *Runner) giveBack(ctx context.Context, run *Run) {
	settle, stop := settling(ctx)
	defer stop()
	_, err := r.DB.Exec(settle, "UPDATE job SET worker = NULL, attempt = attempt - 1, lease_until = $1 WHERE id = $2 AND worker = $3 AND done_at IS NULL", always, run.ID, run.worker)
	if err != nil {
		r.Log.Error("cannot give a job back", "job", run.ID, "kind", run.Kind, "err", err)
	}
}
