package call

import (
	"context"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

// The stages of a call, which are also the kinds of what is sent in.
const (
	Stage1 = "sketch"
	Stage2 = "application"
)

// Sending is how long a request may take from the clock is read until what was sent
// is stored; what takes longer is refused as not received.
const Sending = 30 * time.Second

// Grace is how long after a deadline a call closes. What reached the server in time
// may still be on its way into the database then, so it is longer than any request
// lives: the server reads a request for at most a minute (telemetry.NewServer), and
// storing takes at most Sending. In the grace nothing new is taken.
const Grace = 2 * time.Minute

// Stage gives the stage that the call is in or was last in: [Stage1] until the
// applications are asked for.
func (c *Call) Stage() string {
	switch c.State {
	case Open2, Assessment2, Proposed, Decided, Announced, Closed:
		return Stage2
	}
	return Stage1
}

// taking says in which state the call takes what is sent in the stage.
func taking(stage string) string {
	if stage == Stage2 {
		return Open2
	}
	return Open1
}

// Due gives the last moment at which something sent in the stage is in time. Zero
// when the day or the time of day is not known.
func (c *Call) Due(stage string) time.Time {
	if stage == Stage1 {
		return c.ClosesAt()
	}
	if !c.ApplicationsDue.V.Exact() {
		return time.Time{}
	}
	t, _ := Moment(c.ApplicationsDue.V.From, c.ApplicationsClock)
	return t
}

// Ended says whether the deadline of the stage has passed at the moment, or has once
// been seen to: a clock that steps back opens nothing.
func (c *Call) Ended(stage string, now time.Time) bool {
	due := c.Due(stage)
	return !c.Shut.V[stage].IsZero() || !due.IsZero() && now.After(due)
}

// Takes says why the call does not take what is sent in the stage at the moment;
// nil when it does. Faults: Gone after the deadline, Conflict in another state.
func (c *Call) Takes(stage string, now time.Time) error {
	if c.Ended(stage, now) {
		return fault.New(fault.Gone, "call.late", "deadline", c.Due(stage))
	}
	if c.State != taking(stage) {
		return fault.New(fault.Conflict, "call.not_open")
	}
	return nil
}

// Takes says why the call does not take what reached the server at the context's
// moment ([record.Engine.At]); nil when it does. Unlike [Call.Takes] it lets in what
// was on its way when the deadline was seen to have passed: that is in time, unless the
// clock has been set back since. Faults: those of [Call.Takes].
func (s *Service) Takes(ctx context.Context, c *Call, stage string) error {
	e := s.Kind.Engine()
	due, shut := c.Due(stage), c.Shut.V[stage]
	setBack := !shut.IsZero() && e.Clock.Now().Before(shut)
	if setBack || !due.IsZero() && e.Now(ctx).After(due) {
		return fault.New(fault.Gone, "call.late", "deadline", due)
	}
	if c.State != taking(stage) {
		return fault.New(fault.Conflict, "call.not_open")
	}
	return nil
}

// Taking runs fn in a transaction in which the call cannot close, if the call takes
// what is sent in the stage. The clock is read once, before anything is waited for:
// what reached the server in time is in time, also when the database is busy. fn
// gets the call, and [record.Engine.Now] gives it that reading. Faults: those of
// [Call.Takes]; Unavailable after [Sending].
func (s *Service) Taking(ctx context.Context, id, stage string, fn func(ctx context.Context, c *Call) error) error {
	e := s.Kind.Engine()
	ctx = e.At(ctx)
	c, err := s.Kind.Load(ctx, id)
	if err != nil {
		return err
	}
	if err := s.Takes(ctx, c, stage); err != nil {
		if c.State == taking(stage) && c.Shut.V[stage].IsZero() && c.Ended(stage, e.Now(ctx)) && !e.DB.InTx(ctx) {
			// The first to see that the deadline has passed says so for good.
			if serr := s.ShutDue(access.With(ctx, access.System), id); serr != nil {
				return serr
			}
		}
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, Sending)
	defer cancel()
	return e.DB.Tx(ctx, func(ctx context.Context) error {
		state, err := s.held(ctx, id)
		if err != nil {
			return err
		}
		if state != taking(stage) {
			return fault.New(fault.Conflict, "call.not_open")
		}
		return fn(ctx, c)
	})
}

// scheduleShut sets the clock that ends the stage that the call is in, when its
// deadline is known to the second.
func (s *Service) scheduleShut(ctx context.Context, c *Call) error {
	due := c.Due(c.Stage())
	if due.IsZero() {
		return nil
	}
	return s.schedule(ctx, ShutJob, c.ID, past(due))
}

// undated says that a call with a key would ask for applications without anybody
// knowing to the second until when: nobody closes it by hand.
func (s *Service) undated(ctx context.Context, c *Call) bool {
	return c.Key.V != nil && !s.Kind.Engine().Now(ctx).Before(c.Due(Stage2))
}

// dated adds to a check that the deadline of the applications is exact and to come.
func (s *Service) dated(check func(context.Context, *Call, form.Values) (record.Verdict, error)) func(context.Context, *Call, form.Values) (record.Verdict, error) {
	return func(ctx context.Context, c *Call, in form.Values) (record.Verdict, error) {
		v, err := check(ctx, c, in)
		if s.undated(ctx, c) {
			v.Block("call.blocked.applications_due")
		}
		return v, err
	}
}

// setApplicationsDue makes the deadline of the applications exact before they are
// asked for.
func (s *Service) setApplicationsDue(_ context.Context, c *record.Change[*Call]) error {
	if err := readDates(c.Rec, c.In, "applications_due"); err != nil {
		return err
	}
	var errs fault.Errors
	readClock(&errs, c.In, "applications_clock", &c.Rec.ApplicationsClock, c.Rec.ApplicationsDue.V)
	if due := c.Rec.Due(Stage2); !errs.Has("applications_clock") && !c.Now.Before(due) {
		errs.Add("applications_due", "call.blocked.applications_due")
	}
	return errs.Err()
}

// openStage2 sets the clock that ends the applications.
func (s *Service) openStage2(ctx context.Context, c *record.Change[*Call]) error {
	if s.undated(ctx, c.Rec) {
		return fault.New(fault.Conflict, "call.blocked.applications_due")
	}
	if due := c.Rec.Due(Stage2); !due.IsZero() {
		return s.schedule(ctx, ShutJob, c.Rec.ID, past(due))
	}
	return nil
}

// ShutDue notes that the deadline has passed, if it has: from then on nothing new is
// taken, whatever the clock shows.
func (s *Service) ShutDue(ctx context.Context, id string) error {
	c, err := s.Kind.Load(ctx, id)
	if err != nil || c.State != taking(c.Stage()) || c.Due(c.Stage()).IsZero() || !c.Shut.V[c.Stage()].IsZero() {
		return absent(err)
	}
	if !c.Ended(c.Stage(), s.Kind.Engine().Now(ctx)) {
		return s.scheduleShut(ctx, c)
	}
	return settled(s.Kind.As(ctx, id, "shut", record.Input{}))
}

func (s *Service) shut(ctx context.Context, c *record.Change[*Call]) error {
	stage := c.Rec.Stage()
	if !c.Rec.Ended(stage, c.Now) || !c.Rec.Shut.V[stage].IsZero() {
		return fault.New(fault.Conflict, "call.not_ended") // it was extended, or another was first
	}
	shut := map[string]time.Time{stage: c.Now}
	for other, at := range c.Rec.Shut.V {
		shut[other] = at
	}
	c.Rec.Shut.V = shut
	return s.schedule(ctx, CloseJob, c.Rec.ID, c.Rec.Due(stage).Add(s.Grace))
}

// CloseDue closes the stage if its deadline passed a [Grace] ago. Once closed it
// stays closed: no command opens it again.
func (s *Service) CloseDue(ctx context.Context, id string) error {
	c, err := s.Kind.Load(ctx, id)
	if err != nil || c.State != taking(c.Stage()) || c.Due(c.Stage()).IsZero() {
		return absent(err)
	}
	if c.Shut.V[c.Stage()].IsZero() {
		return s.ShutDue(ctx, id)
	}
	if closes := c.Due(c.Stage()).Add(s.Grace); s.Kind.Engine().Now(ctx).Before(closes) {
		return s.schedule(ctx, CloseJob, id, closes)
	}
	return settled(s.Kind.As(ctx, id, "close", record.Input{}))
}

func (s *Service) closed(ctx context.Context, c *record.Change[*Call]) error {
	stage := c.Rec.Stage()
	if stage == Stage2 {
		c.To = Assessment2
	}
	return s.Submissions.Expire(ctx, c.Rec.ID, stage)
}
