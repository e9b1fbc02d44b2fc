package call

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// Opening is how two holders opened what was sent in a stage.
type Opening struct {
	By   []string  `json:"by,omitempty"`  // the holders whose parts were given, in that order
	At   time.Time `json:"at,omitzero"`   // when the latest part was
	Done time.Time `json:"done,omitzero"` // when everything was open
	// Unread are the numbers of those that could not be opened.
	Unread []string `json:"unread,omitempty"`
}

// Unread says that some could not be opened; all others are.
type Unread struct{ Numbers []string }

func (u *Unread) Error() string {
	return "could not be opened: " + strings.Join(u.Numbers, ", ")
}

// Submissions is what calls ask of what is sent in to them.
type Submissions interface {
	// Expire ends the drafts that were not sent in time, in the transaction that
	// closes the stage.
	Expire(ctx context.Context, callID, stage string) error
	// OpenAll opens what was sent and is not open yet, and tells after each how many of
	// how many are. When it fails, what it has opened stays open. A [*Unread] is no
	// failure: all that can be opened is.
	OpenAll(ctx context.Context, callID, stage string, key *seal.PrivateKey, progress func(done, total int) error) error
}

// Progress is how far an opening has come.
type Progress struct {
	Opening
	Total, Opened int
	Running       bool // somewhere a program is at it
	Stopped       bool // a program began and gave up or died: the holders give their parts again
}

// dead is for how long a program at work may give no sign of life.
const dead = 30 * time.Second

// Progress tells how far the opening of the call's stage has come.
func (s *Service) Progress(ctx context.Context, c *Call) (p Progress, err error) {
	p.Opening = c.Openings.V[c.Stage()]
	row, begun, err := openingOf(ctx, s.Kind.Engine().DB, c.ID, c.Stage())
	if err != nil || !begun {
		return p, err
	}
	p.Opened, p.Total = row.Done, row.Total
	p.Running = p.Done.IsZero() && time.Since(row.Alive) < dead
	p.Stopped = p.Done.IsZero() && !p.Running
	return p, nil
}

// canGivePart says whether something is to be opened, and whose part is waited for.
func (s *Service) canGivePart(ctx context.Context, rec *Call, _ form.Values) (v record.Verdict, err error) {
	p, err := s.Progress(ctx, rec)
	switch {
	case err != nil:
		return v, err
	case !p.Done.IsZero():
		v.Block("call.blocked.opened")
	case p.Running:
		v.Block("call.blocked.opening")
	case s.Secret == (seal.Secret{}):
		v.Block("call.blocked.secret")
	case len(p.By) == 1 && p.By[0] == access.From(ctx).ID:
		v.Block("call.blocked.part_given")
	}
	return v, nil
}

// givePart takes the first part and lets it wait, sealed; with the second it puts
// the key together and opens. The key is in the memory of this program and nowhere
// else: when the program dies, the two give their parts again.
func (s *Service) givePart(ctx context.Context, c *record.Change[*Call]) error {
	h, part, err := checkPart(c)
	if err != nil {
		return err
	}
	rec, stage := c.Rec, c.Rec.Stage()
	o := rec.Openings.V[stage]
	first := ""
	if len(o.By) == 1 && o.By[0] != h.Person {
		if first, err = s.takePart(ctx, callPart{Call: rec.ID, Person: o.By[0], Purpose: partGiven}); err != nil {
			return err
		}
	}
	all := map[string]Opening{}
	for name, other := range rec.Openings.V {
		all[name] = other
	}
	rec.Openings.V = all
	if first == "" {
		all[stage] = Opening{By: []string{h.Person}, At: c.Now}
		return s.keepPart(ctx, callPart{Call: rec.ID, Person: h.Person, Purpose: partGiven}, part)
	}
	key, err := seal.Combine(first, part)
	if err == nil && !slices.Equal(key.Public(), rec.Key.V.Public) {
		err = seal.ErrOther
	}
	if err != nil {
		return err // both were known by their commitments, so this is a fault of the program's
	}
	all[stage] = Opening{By: append(o.By, h.Person), At: c.Now}
	d := s.Kind.Engine().DB
	if err := keepOpening(ctx, d, openingRow{Call: rec.ID, Stage: stage, Alive: time.Now()}); err != nil {
		return err
	}
	id := rec.ID
	d.AfterCommit(ctx, func() { s.opener.start(func(ctx context.Context) { s.open(ctx, id, stage, key) }) })
	return nil
}

// open opens everything that was sent in the stage and notes it.
func (s *Service) open(ctx context.Context, id, stage string, key *seal.PrivateKey) {
	ctx = access.With(ctx, access.System)
	d := s.Kind.Engine().DB
	row := openingRow{Call: id, Stage: stage}
	err := s.Submissions.OpenAll(ctx, id, stage, key, func(done, total int) error {
		row.Done, row.Total, row.Alive = done, total, time.Now()
		return keepOpening(ctx, d, row)
	})
	if unread := (*Unread)(nil); errors.As(err, &unread) {
		s.log().ErrorContext(ctx, "some of what was sent to a call cannot be opened", "call", id, "stage", stage, "numbers", unread.Numbers)
		ctx, err = context.WithValue(ctx, unreadKey{}, unread.Numbers), nil
	}
	if err == nil {
		_, err = s.Kind.As(ctx, id, "unseal", record.Input{})
	}
	if err == nil {
		return
	}
	log := s.log()
	log.ErrorContext(ctx, "the opening of a call stopped", "call", id, "stage", stage, "error", err)
	// The page tells that it stopped, and the holders can give their parts again.
	row.Alive = time.Time{}
	if err := keepOpening(context.WithoutCancel(ctx), d, row); err != nil {
		log.ErrorContext(ctx, "it cannot be noted that the opening stopped; it shows in half a minute", "call", id, "error", err)
	}
}

func (s *Service) log() *slog.Logger { return cmp.Or(s.Log, slog.Default()) }

type unreadKey struct{}

// unsealed notes that everything that was sent is open, but what could not be.
func unsealed(ctx context.Context, c *record.Change[*Call]) error {
	stage := c.Rec.Stage()
	all := map[string]Opening{}
	for name, other := range c.Rec.Openings.V {
		all[name] = other
	}
	o := all[stage]
	o.Done = c.Now
	o.Unread, _ = ctx.Value(unreadKey{}).([]string)
	all[stage] = o
	c.Rec.Openings.V = all
	return nil
}

// opener runs openings beside the requests that began them.
type opener struct {
	mu      sync.Mutex
	ctx     context.Context //nolint:containedctx // of the work, which outlives the request that began it
	cancel  context.CancelFunc
	running sync.WaitGroup
}

func (o *opener) start(work func(ctx context.Context)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ctx == nil {
		o.ctx, o.cancel = context.WithCancel(context.Background())
	}
	if o.ctx.Err() == nil {
		ctx := o.ctx
		o.running.Go(func() { work(ctx) })
	}
}

// Wait waits until no opening runs.
func (s *Service) Wait() { s.opener.running.Wait() }

// Stop ends the openings that run; the holders must give their parts again.
func (s *Service) Stop() {
	s.opener.mu.Lock()
	if s.opener.ctx == nil {
		s.opener.ctx, s.opener.cancel = context.WithCancel(context.Background())
	}
	s.opener.cancel()
	s.opener.mu.Unlock()
	s.opener.running.Wait()
}

var errNoSubmissions = errors.New("call: the service has not been given its submissions")

// none stands for the submissions of a service that has none.
type none struct{}

func (none) Expire(context.Context, string, string) error { return nil }

func (none) OpenAll(_ context.Context, id, _ string, _ *seal.PrivateKey, _ func(int, int) error) error {
	return fmt.Errorf("%w: %s", errNoSubmissions, id)
}
