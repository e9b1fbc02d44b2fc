package call

import (
	"context"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/jobs"
	"funn/internal/platform/record"
)

// The jobs that open and close calls at their times.
const (
	OpenJob  = "call.open"
	ShutJob  = "call.shut"  // at the deadline
	CloseJob = "call.close" // a [Grace] after it
)

type jobArgs struct {
	ID string `json:"id"`
}

// Jobs gives the handlers of the calls' own jobs.
func (s *Service) Jobs() map[string]jobs.Handler {
	handle := func(step func(context.Context, string) error) jobs.Handler {
		return jobs.InTx(func(ctx context.Context, run *jobs.Run) error {
			var args jobArgs
			if err := run.Args(&args); err != nil {
				return err
			}
			return step(access.With(ctx, access.System), args.ID)
		})
	}
	return map[string]jobs.Handler{OpenJob: handle(s.OpenDue), ShutJob: handle(s.ShutDue), CloseJob: handle(s.CloseDue)}
}

// schedule enqueues a job for a moment in the transaction that decided it.
func (s *Service) schedule(ctx context.Context, kind, id string, at time.Time) error {
	return jobs.Enqueue(ctx, s.Kind.Engine().DB, jobs.Job{Kind: kind, Args: jobArgs{id}, RunAt: at})
}

// past is the first moment after the one given that the databases can tell from it.
func past(t time.Time) time.Time { return t.Add(time.Microsecond) }

// approve also sets the clock that opens the call.
func (s *Service) approve(ctx context.Context, c *record.Change[*Call]) error {
	return s.schedule(ctx, OpenJob, c.Rec.ID, c.Rec.OpensAt())
}

// OpenDue opens the call if it is approved and its time has come. A job that comes
// before the time is set again; one that comes too often, or for a call that was
// taken back, does nothing.
func (s *Service) OpenDue(ctx context.Context, id string) error {
	c, err := s.Kind.Load(ctx, id)
	if err != nil || c.State != Approved {
		return absent(err)
	}
	if opens := c.OpensAt(); s.Kind.Engine().Now(ctx).Before(opens) {
		return s.schedule(ctx, OpenJob, id, opens)
	}
	if c.Key.V == nil {
		// Approved before calls had keys: nothing could be sent to it.
		return settled(s.Kind.As(ctx, id, "return", record.Input{}))
	}
	return settled(s.Kind.As(ctx, id, "open", record.Input{}))
}

// absent lets a job end whose call is gone.
func absent(err error) error {
	if fault.Of(err) == fault.NotFound {
		return nil
	}
	return err
}

// settled lets a job end that finds the call moved by another in the meantime.
func settled(_ *Call, err error) error {
	if fault.Of(err) == fault.Conflict {
		return nil
	}
	return err
}

// opened sets the clock that closes the call. What was announced before is over.
func (s *Service) opened(ctx context.Context, c *record.Change[*Call]) error {
	c.Rec.Announced.V = nil
	return s.schedule(ctx, ShutJob, c.Rec.ID, past(c.Rec.ClosesAt()))
}

func returned(_ context.Context, c *record.Change[*Call]) error {
	changed(c.Rec)
	return nil
}

// extendable holds that a deadline is moved only before it has passed, also in the
// moment before the call is closed.
func (s *Service) extendable(ctx context.Context, rec *Call, _ form.Values) (v record.Verdict, err error) {
	if rec.Ended(rec.Stage(), s.Kind.Engine().Now(ctx)) {
		v.Block("call.blocked.over")
	}
	return v, nil
}

func (s *Service) extend(ctx context.Context, c *record.Change[*Call]) error {
	rec, stage := c.Rec, c.Rec.Stage()
	before := rec.Due(stage)
	if err := readDates(rec, c.In, Dates[1:]...); err != nil {
		return err
	}
	after, field := rec.Due(stage), "deadline"
	if stage == Stage2 {
		field = "applications_due"
	}
	switch {
	case after.IsZero():
		return wrong(field, "call.deadline_exact")
	case !after.After(before):
		return wrong(field, "call.not_later", "date", clock.Day(before))
	}
	rec.Extensions.V = append(rec.Extensions.V, Extension{At: c.Now, From: before, To: after, Reason: c.Reason})
	return s.scheduleShut(ctx, rec)
}

func notProposed(_ context.Context, rec *Call, _ form.Values) (v record.Verdict, err error) {
	if rec.CancelBy != "" {
		v.Block("call.blocked.cancel_proposed")
	}
	return v, nil
}

func proposeCancel(_ context.Context, c *record.Change[*Call]) error {
	c.Rec.CancelBy, c.Rec.CancelReason = c.Actor.ID, c.In.String("cancel_reason")
	return nil
}

func proposed(_ context.Context, rec *Call, _ form.Values) (v record.Verdict, err error) {
	if rec.CancelBy == "" {
		v.Nothing("call.blocked.no_proposal")
	}
	return v, nil
}

func keep(_ context.Context, c *record.Change[*Call]) error {
	c.Rec.CancelBy, c.Rec.CancelReason = "", ""
	return nil
}

// cancel also lets go of the parts of a key that wait: what was sent stays sealed.
func (s *Service) cancel(ctx context.Context, c *record.Change[*Call]) error {
	c.Rec.SetFlag(Public, c.Rec.State != Draft && c.Rec.State != Approved)
	_, err := removeParts(ctx, s.Kind.Engine().DB, callPart{Call: c.Rec.ID})
	return err
}
