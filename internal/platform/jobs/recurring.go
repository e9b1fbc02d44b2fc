package jobs

import (
	"context"
	"fmt"
	"time"

	"funn/internal/platform/clock"
	"funn/internal/platform/db"
)

// Recurring is work done at fixed domain times. Each occurrence is a job of its
// own whose unique key is its time, so many runners plan it once; Run.RunAt
// tells the handler which occurrence it is.
type Recurring struct {
	Kind string

	// Next gives the first occurrence after the time given.
	Next func(after time.Time) time.Time

	// OnlyLatest leaves out the occurrences that were missed while no program ran
	// or while the clock was moved past them: one run makes up for all. Without
	// it each is run.
	OnlyLatest bool
}

// occurrence begins the unique keys of what recurs, so that a job of such a kind
// that somebody enqueues by hand sets off no series of its own.
const occurrence = "@"

// Plan writes the next occurrence of all that recurs, where it is not yet
// written. Start does this too; call it before RunDue when Start is not used.
func (r *Runner) Plan(ctx context.Context) error {
	now := r.Clock.Now()
	for _, again := range r.Recurring {
		if r.Handlers[again.Kind] == nil {
			return fmt.Errorf("plan %s: no handler", again.Kind)
		}
		if err := again.plan(ctx, r.DB, now, now); err != nil {
			return err
		}
	}
	return nil
}

// plan writes the occurrence that follows the one at the time given.
func (again Recurring) plan(ctx context.Context, d *db.DB, at, now time.Time) error {
	if again.OnlyLatest && now.After(at) {
		at = now
	}
	next := again.Next(at)
	if !next.After(at) {
		return fmt.Errorf("plan %s: the occurrence after %s is %s", again.Kind, at, next)
	}
	return Enqueue(ctx, d, Job{Kind: again.Kind, RunAt: next, UniqueKey: occurrence + next.In(clock.Oslo).Format(time.RFC3339)})
}

// Daily gives the times at which it is so many hours and minutes in Oslo.
func Daily(hour, minute int) func(after time.Time) time.Time {
	return func(after time.Time) time.Time {
		y, m, day := after.In(clock.Oslo).Date()
		for {
			// On the night when summer time begins an hour is missing; time.Date
			// then gives the hour beside it.
			if t := time.Date(y, m, day, hour, minute, 0, 0, clock.Oslo); t.After(after) {
				return t.UTC()
			}
			day++
		}
	}
}

// Every gives the whole multiples of a duration since the zero time.
func Every(d time.Duration) func(after time.Time) time.Time {
	return func(after time.Time) time.Time { return after.UTC().Truncate(d).Add(d) }
}
