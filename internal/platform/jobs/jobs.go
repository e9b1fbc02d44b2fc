// Package jobs does the work that follows from a change: mail, digests,
// reminders, what a deadline sets going.
//
// A job is a row that the change's own transaction writes, so there is a job
// exactly if the change was made. Workers, in one process or in many, claim due
// jobs with a lease. A worker that dies lets its lease run out and another takes
// the job over; a job that fails is tried again after attempt⁴ seconds.
//
// A job may therefore run more than once. Its effect is exactly once when the
// effect is in the database and written in the transaction that ends the job:
// see [InTx] and [Run.Done]. What leaves the house (mail) must bear a repeat.
//
// Two times meet here. When a job is due is domain time, told by the clock that
// the demo can move. Leases and the pauses between attempts are real time.
package jobs

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"funn/internal/platform/db"
	"funn/internal/platform/fault"
)

// Migrations hold the table job.
//
//go:embed migrations
var Migrations embed.FS

// DefaultMaxAttempts is how often a job is tried when it does not say. With the
// pauses between, the last attempt comes about four days after the first, so a
// mail server that is down over a weekend loses nothing.
const DefaultMaxAttempts = 25

// longestPause bounds the time between two attempts.
const longestPause = 6 * time.Hour

// Job is work to be done.
type Job struct {
	Kind string
	Args any // kept as JSON; nil for none

	// RunAt is the domain time from which the job is due. The zero time is at once.
	RunAt time.Time

	// UniqueKey, when set, makes the job the only one of its kind with that key,
	// finished ones included for as long as they are kept (see Forget).
	UniqueKey string

	// MaxAttempts is the number of attempts after which the job is given up and
	// waits for an operator; 0 means DefaultMaxAttempts.
	MaxAttempts int
}

// Enqueue writes the job. It joins the context's transaction when there is one
// and wakes this process's workers once that has committed. A job whose unique
// key is taken is not written, which is no error.
func Enqueue(ctx context.Context, d *db.DB, j Job) error {
	if j.Kind == "" {
		return errors.New("enqueue job: it has no kind")
	}
	args := []byte("null")
	if j.Args != nil {
		var err error
		if args, err = json.Marshal(j.Args); err != nil {
			return fmt.Errorf("enqueue job %s: %w", j.Kind, err)
		}
	}
	if j.MaxAttempts <= 0 {
		j.MaxAttempts = DefaultMaxAttempts
	}
	if j.RunAt.IsZero() {
		j.RunAt = always
	}
	var key any
	if j.UniqueKey != "" {
		key = j.UniqueKey
	}
	_, err := d.Exec(ctx, `
		INSERT INTO job (kind, unique_key, args, run_at, attempt, max_attempts, lease_until, last_error)
		VALUES ($1, $2, $3, $4, 0, $5, $6, '')
		ON CONFLICT (kind, unique_key) DO NOTHING`,
		j.Kind, key, string(args), j.RunAt, j.MaxAttempts, always)
	if err != nil {
		return fmt.Errorf("enqueue job %s: %w", j.Kind, err)
	}
	d.AfterCommit(ctx, func() { wake(d) })
	return nil
}

// always is a time that has passed on every clock: due at once, free to claim.
var always = time.Unix(0, 0).UTC()

// Run is one attempt at a job.
type Run struct {
	ID      int64
	Kind    string
	Attempt int       // 1 for the first
	RunAt   time.Time // the domain time from which it was due; zero when it was due at once

	args   string
	worker string
	db     *db.DB
	done   atomic.Bool // the job's end has committed
}

// Args reads the job's arguments into v, a pointer.
func (r *Run) Args(v any) error {
	if err := json.Unmarshal([]byte(r.args), v); err != nil {
		return Permanent(fmt.Errorf("read the arguments of job %d %s: %w", r.ID, r.Kind, err))
	}
	return nil
}

// ErrLost is given when the lease ran out and another worker has the job, so
// this attempt must leave no effect.
var ErrLost = errors.New("another worker has taken the job over")

// Done ends the job in the context's transaction, together with its effect. A
// handler that does not call it ends the job by returning nil. When another
// worker has taken the job over it gives ErrLost, and the transaction must be
// rolled back by returning that.
func (r *Run) Done(ctx context.Context) error {
	n, err := r.db.Exec(ctx, `
		UPDATE job SET done_at = $1, worker = NULL, last_error = '', args = 'null'
		WHERE id = $2 AND worker = $3 AND done_at IS NULL`, time.Now(), r.ID, r.worker)
	if err != nil {
		return fmt.Errorf("end job %d %s: %w", r.ID, r.Kind, err)
	}
	if n == 0 {
		return fmt.Errorf("end job %d %s: %w", r.ID, r.Kind, ErrLost)
	}
	r.db.AfterCommit(ctx, func() { r.done.Store(true) })
	return nil
}

// Handler does the work of one kind of job. Its context ends when the runner is
// made to stop or the lease is lost. An error means another attempt later.
type Handler func(ctx context.Context, run *Run) error

// InTx runs the handler in the transaction that ends the job, so that its effect
// on the database happens exactly once however often it is tried. The handler
// must do nothing outside the database.
func InTx(h Handler) Handler {
	return func(ctx context.Context, run *Run) error {
		return run.db.Tx(ctx, func(ctx context.Context) error {
			if err := h(ctx, run); err != nil {
				return err
			}
			return run.Done(ctx)
		})
	}
}

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent marks an error that another attempt cannot mend: the job is given
// up at once.
func Permanent(err error) error { return permanent{err} }

// pause gives the time from the failure of an attempt to the next: attempt⁴
// seconds, at most longestPause, a tenth more or less so that jobs that failed
// together do not come back together.
func pause(attempt int) time.Duration {
	p := longestPause
	if attempt < 13 { // 13⁴ s is beyond longestPause
		p = min(p, time.Duration(attempt*attempt*attempt*attempt)*time.Second)
	}
	return p - p/10 + rand.N(p/5+1)
}

// Info is a job as an operator sees it.
type Info struct {
	ID          int64     `db:"id"`
	Kind        string    `db:"kind"`
	UniqueKey   string    `db:"unique_key"`
	Args        string    `db:"args"`   // JSON
	RunAt       time.Time `db:"run_at"` // domain time; zero when it was due at once
	Attempt     int       `db:"attempt"`
	MaxAttempts int       `db:"max_attempts"`
	LastError   string    `db:"last_error"` // for the operator, in English
	FailedAt    time.Time `db:"failed_at"`  // real time; zero while it is still tried
}

// Failed lists the jobs that were given up, newest first.
func Failed(ctx context.Context, d *db.DB, limit int) ([]Info, error) {
	list, err := db.All[Info](ctx, d, "SELECT "+db.Columns[Info]("")+" FROM job WHERE failed_at IS NOT NULL ORDER BY failed_at DESC, id DESC LIMIT $1", limit)
	if err != nil {
		return nil, fmt.Errorf("list failed jobs: %w", err)
	}
	for i := range list {
		list[i].RunAt = shown(list[i].RunAt)
	}
	return list, nil
}

func shown(runAt time.Time) time.Time {
	if runAt.Equal(always) {
		return time.Time{}
	}
	return runAt
}

// Retry gives a job that was given up all its attempts again. It is a NotFound
// fault when no such job is given up.
func Retry(ctx context.Context, d *db.DB, id int64) error {
	n, err := d.Exec(ctx, "UPDATE job SET failed_at = NULL, attempt = 0, lease_until = $1 WHERE id = $2 AND failed_at IS NOT NULL", always, id)
	if err != nil {
		return fmt.Errorf("retry job %d: %w", id, err)
	}
	if n == 0 {
		return fmt.Errorf("retry job %d: %w", id, fault.Missing())
	}
	d.AfterCommit(ctx, func() { wake(d) })
	return nil
}

// Load is how much work there is, for metrics and the operator's page.
type Load struct {
	Kind    string    `db:"kind"`
	Due     int       `db:"due"`     // due, and not running: waiting for a worker or pausing after a failure
	Later   int       `db:"later"`   // not due yet
	Running int       `db:"running"` // held by a worker, dead ones included until their lease runs out
	Failed  int       `db:"failed"`  // given up
	Oldest  time.Time `db:"oldest"`  // when the oldest that is due became due; zero when none has a time
}

// Loads gives the load by kind at the domain time now.
func Loads(ctx context.Context, d *db.DB, now time.Time) ([]Load, error) {
	list, err := db.All[Load](ctx, d, `
		SELECT kind,
			count(*) FILTER (WHERE failed_at IS NULL AND worker IS NULL AND run_at <= $1) AS due,
			count(*) FILTER (WHERE failed_at IS NULL AND worker IS NULL AND run_at > $1) AS later,
			count(*) FILTER (WHERE failed_at IS NULL AND worker IS NOT NULL) AS running,
			count(*) FILTER (WHERE failed_at IS NOT NULL) AS failed,
			min(run_at) FILTER (WHERE failed_at IS NULL AND worker IS NULL AND run_at <= $1 AND run_at > $2) AS oldest
		FROM job WHERE done_at IS NULL GROUP BY kind ORDER BY kind`, now, always)
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	return list, nil
}

// Forget deletes the jobs that were done before the real time given, and says
// how many. Their unique keys are free again afterwards.
func Forget(ctx context.Context, d *db.DB, before time.Time) (int64, error) {
	n, err := d.Exec(ctx, "DELETE FROM job WHERE done_at < $1", before)
	if err != nil {
		return 0, fmt.Errorf("forget done jobs: %w", err)
	}
	return n, nil
}

// text makes an error fit for a column: PostgreSQL holds neither NUL nor broken
// UTF-8, and a page of trace is enough.
func text(err error) string {
	s := strings.ReplaceAll(strings.ToValidUTF8(err.Error(), "�"), "\x00", "�")
	const most = 4000
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// The runners of this process that work on a database, so that an Enqueue wakes
// them without knowing them.
var (
	sleepersLock sync.Mutex
	sleepers     = map[*db.DB]map[*Runner]bool{}
)

func wake(d *db.DB) {
	sleepersLock.Lock()
	defer sleepersLock.Unlock()
	for r := range sleepers[d] {
		r.Wake()
	}
}

func listen(r *Runner, on bool) {
	sleepersLock.Lock()
	defer sleepersLock.Unlock()
	if !on {
		delete(sleepers[r.DB], r)
		if len(sleepers[r.DB]) == 0 {
			delete(sleepers, r.DB)
		}
		return
	}
	if sleepers[r.DB] == nil {
		sleepers[r.DB] = map[*Runner]bool{}
	}
	sleepers[r.DB][r] = true
}
