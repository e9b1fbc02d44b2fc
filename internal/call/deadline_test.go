package call_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"funn/internal/call"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/fault"
	"funn/internal/platform/seal"
)

// From the deadline on nothing is taken, and that is not undone by a clock that steps
// back, in the grace as little as later (F8). What was refused has not been stored.
func TestNothingIsTakenAfterTheDeadline(t *testing.T) {
	eachRunning(t, func(t *testing.T, r running) {
		c := approvedFor(t, r, "01.02.2023", "15.03.2023", "12.00")
		send := func() (taken bool, err error) {
			err = r.Taking(context.Background(), c.ID, call.Stage1, func(context.Context, *call.Call) error { taken = true; return nil })
			return taken, err
		}
		if taken, err := send(); taken || fault.Of(err) != fault.Conflict {
			t.Errorf("before it opened: %v, %v", taken, err)
		}
		r.clock.put(deadlineInTheEnd)
		r.due(t)
		if taken, err := send(); !taken || err != nil {
			t.Errorf("at the last moment: %v, %v", taken, err)
		}
		must(t, r.Taking(context.Background(), c.ID, call.Stage1, func(ctx context.Context, c *call.Call) error {
			// Meanwhile another sees that the deadline has passed.
			c.Shut.V = map[string]time.Time{call.Stage1: deadlineInTheEnd.Add(time.Millisecond)}
			r.clock.add(time.Second)
			if fault.Of(r.Takes(context.Background(), c, call.Stage1)) != fault.Gone {
				t.Error("who comes then is let in")
			}
			return r.Takes(ctx, c, call.Stage1)
		}))
		r.clock.add(-time.Second)
		r.clock.add(time.Millisecond) // the job that shuts has not run
		if taken, err := send(); taken || fault.Of(err) != fault.Gone {
			t.Errorf("a millisecond late: %v, %v", taken, err)
		}
		r.clock.add(-time.Hour)
		if taken, err := send(); taken || fault.Of(err) != fault.Gone {
			t.Errorf("after the clock stepped back an hour: %v, %v", taken, err)
		}
		r.due(t)
		if got := r.state(t, c); got != call.Open1 {
			t.Errorf("closed before the grace is over: %s", got)
		}
		r.clock.put(deadlineInTheEnd.Add(call.Grace))
		r.due(t)
		if got := r.state(t, c); got != call.Assessment1 {
			t.Errorf("after the grace: %s", got)
		}
		r.clock.add(-2 * time.Hour)
		r.due(t)
		if taken, err := send(); taken || err == nil {
			t.Errorf("when it has closed, and the clock stepped back: %v, %v", taken, err)
		}
	})
}

// The applications have a deadline of their own, as exact as the sketches'.
func TestStage2ClosesByItself(t *testing.T) {
	eachRunning(t, func(t *testing.T, r running) {
		expired := []string{}
		r.Submissions = submissions{expire: func(stage string) { expired = append(expired, stage) }}
		c := approvedFor(t, r, "01.02.2023", "15.03.2023", "12.00")
		r.clock.put(deadlineInTheEnd.Add(call.Grace))
		r.due(t)
		_, err := r.Kind.Do(fou, c.ID, "tell_state", input("state", call.Open2))
		refused(t, "without an exact deadline", fault.Conflict, "call.blocked.applications_due", err)
		for _, told := range [][2]string{{"juni 2023", "12.00"}, {"14.03.2023", "12.00"}, {"15.06.2023", "25.00"}} {
			_, err = r.Kind.Do(fou, c.ID, "set_applications_due", input("applications_due", told[0], "applications_clock", told[1]))
			refused(t, told[0]+" "+told[1], fault.Invalid, "", err)
		}
		_, err = r.Kind.Do(fou, c.ID, "set_applications_due", input("applications_due", "15.06.2023", "applications_clock", "12.00"))
		must(t, err)
		_, err = r.Kind.Do(fou, c.ID, "tell_state", input("state", call.Open2))
		must(t, err)
		closes := time.Date(2023, 6, 15, 10, 0, 0, 0, time.UTC)
		take := func(stage string) error {
			return r.Taking(context.Background(), c.ID, stage, func(context.Context, *call.Call) error { return nil })
		}
		r.clock.put(closes)
		r.due(t)
		must(t, take(call.Stage2))
		refused(t, "a sketch", fault.Gone, "call.late", take(call.Stage1))
		in := input("deadline", "15.03.2023", "deadline_clock", "12.00", "applications_due", "15.06.2023", "applications_clock", "12.00.10")
		in.Reason = "Mange spurte."
		_, err = r.Kind.Do(fou, c.ID, "extend", in)
		must(t, err)
		r.clock.put(closes.Add(10 * time.Second))
		r.due(t)
		must(t, take(call.Stage2))
		r.clock.add(time.Millisecond)
		r.due(t)
		refused(t, "a millisecond late", fault.Gone, "call.late", take(call.Stage2))
		r.clock.add(call.Grace)
		r.due(t)
		if got := r.state(t, c); got != call.Assessment2 || !slices.Equal(expired, []string{call.Stage1, call.Stage2}) {
			t.Errorf("after the deadline of the applications: %s, expired %v", got, expired)
		}
	})
}

// submissions stand in for what is sent.
type submissions struct {
	expire func(stage string)
	open   func(ctx context.Context, key *seal.PrivateKey, progress func(done, total int) error) error
}

func (x submissions) Expire(_ context.Context, _, stage string) error {
	if x.expire != nil {
		x.expire(stage)
	}
	return nil
}

func (x submissions) OpenAll(ctx context.Context, _, _ string, key *seal.PrivateKey, progress func(done, total int) error) error {
	return x.open(ctx, key, progress)
}

// F5: 32 clients send from before until after the deadline, while the jobs run. What
// was acknowledged is stored and nothing else; nothing that began after the deadline
// is taken, and nothing that was over before it is refused; and who opens the call as
// soon as it has closed finds everything that is ever there.
func TestDeadlineRace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		total := 0
		for total < racing() {
			n, wrong := raceAtDeadline(t, d, false)
			total += n
			if wrong != "" {
				t.Error(wrong)
			}
		}
		// The control: the clock is read and the state looked at, and then it is stored,
		// and the opening comes right after the deadline.
		for range 10 {
			if _, wrong := raceAtDeadline(t, d, true); wrong != "" {
				t.Logf("%d raced; the control failed as it must: %s", total, wrong)
				return
			}
		}
		t.Error("the control without a latch never failed: the test sees nothing")
	})
}

// racing is how many are to have sent in all: ten thousand in the long gate.
func racing() int {
	if os.Getenv("FUNN_GATE") == "full" {
		return 10_000
	}
	return 500
}

// raceAtDeadline gives how many sent, and what went wrong.
func raceAtDeadline(t *testing.T, d *db.DB, naive bool) (sent int, wrong string) {
	if d.Dialect == db.Postgres {
		d = dbtest.Postgres(t, schema...)
	} else {
		d = dbtest.SQLite(t, schema...)
	}
	r := start(t, d)
	if _, err := d.Exec(context.Background(), "CREATE TABLE sent (n BIGINT PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	r.Grace = 500 * time.Millisecond
	real := clock.Real{}
	due := real.Now().Add(1600 * time.Millisecond).Truncate(time.Second).Add(time.Second)
	local := due.In(clock.Oslo)
	r.clock.put(real.Now())
	c := approvedFor(t, r, local.Format("02.01.2006"), local.Format("02.01.2006"), local.Format("15.04.05"))
	r.Kind.Engine().Clock, r.runner.Clock = real, real
	r.runner.Poll = 5 * time.Millisecond
	must(t, r.runner.Start(context.Background()))
	defer func() { must(t, r.runner.Stop(context.Background())) }()

	opened := make(chan []int, 1)
	go func() { // the opening: at once when the call has closed; the control's right after the deadline
		for {
			now, err := r.Kind.Load(system, c.ID)
			if err == nil && (now.State == call.Assessment1 || naive && real.Now().After(due)) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		found, err := db.All[int](context.Background(), d, "SELECT n FROM sent ORDER BY n")
		if err != nil {
			t.Error(err)
		}
		opened <- found
	}()

	var number atomic.Int64
	var mu sync.Mutex
	var acked []int
	var early, late int // refused though over before the deadline; taken though begun after it
	var clients sync.WaitGroup
	time.Sleep(time.Until(due.Add(-400 * time.Millisecond)))
	for range 32 {
		clients.Go(func() {
			for time.Now().Before(due.Add(400 * time.Millisecond)) {
				n := int(number.Add(1))
				store := func(ctx context.Context) error {
					time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
					_, err := d.Exec(ctx, "INSERT INTO sent (n) VALUES ($1)", n)
					return err
				}
				begin := real.Now()
				var err error
				if naive {
					var now *call.Call
					if now, err = r.Kind.Load(system, c.ID); err == nil {
						if err = now.Takes(call.Stage1, real.Now()); err == nil {
							time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
							err = store(context.Background())
						}
					}
				} else {
					err = r.Taking(context.Background(), c.ID, call.Stage1, func(ctx context.Context, _ *call.Call) error { return store(ctx) })
				}
				end := real.Now()
				mu.Lock()
				switch _, told := fault.As(err); {
				case err == nil:
					acked = append(acked, n)
					if begin.After(due) {
						late++
					}
				case !told:
					t.Error(err)
				case !end.After(due):
					early++
				}
				mu.Unlock()
				time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
			}
		})
	}
	clients.Wait()
	found := <-opened
	stored, err := db.All[int](context.Background(), d, "SELECT n FROM sent ORDER BY n")
	must(t, err)
	slices.Sort(acked)
	switch {
	case !slices.Equal(acked, stored):
		wrong = "acknowledged and stored are not the same"
	case len(found) != len(stored):
		wrong = "the opening missed " + strconv.Itoa(len(stored)-len(found))
	case early > 0 || late > 0:
		wrong = strconv.Itoa(early) + " wrongly refused, " + strconv.Itoa(late) + " wrongly taken"
	}
	return int(number.Load()), wrong
}

// A part waits for the second; with that everything is opened, also after a program
// that died with the key in its memory.
func TestOpening(t *testing.T) {
	eachRunning(t, func(t *testing.T, r running) {
		c := draft(t, r.Service, whole...)
		_, err := r.Kind.Do(fageier, c.ID, "approve_content", input())
		must(t, err)
		parts := rehearsed(t, r.Service, c.ID)
		_, err = r.Kind.Do(utvalg, c.ID, "approve", input())
		must(t, err)
		r.clock.put(deadlineInTheEnd.Add(-time.Hour))
		r.due(t)
		open, err := r.Kind.Load(system, c.ID)
		must(t, err)
		box, err := seal.Seal(open.Key.V.Public, "x", []byte("kanari"))
		must(t, err)
		r.clock.put(deadlineInTheEnd.Add(call.Grace))
		r.due(t)

		give := func(i int, part string) error {
			_, err := r.Kind.Do(holder(i), c.ID, "give_part", input("part", part))
			return err
		}
		progress := func() call.Progress {
			t.Helper()
			now, err := r.Kind.Load(system, c.ID)
			must(t, err)
			p, err := r.Progress(context.Background(), now)
			must(t, err)
			return p
		}
		refused(t, "another's part", fault.Invalid, "call.part_other", give(0, parts[1]))
		must(t, give(0, parts[0]))
		refused(t, "the same person twice", fault.Conflict, "call.blocked.part_given", give(0, parts[0]))
		if p := progress(); p.Running || p.Stopped || len(p.By) != 1 {
			t.Errorf("after the first part: %+v", p)
		}
		boxes, err := db.All[[]byte](context.Background(), r.Kind.Engine().DB, "SELECT box FROM call_part")
		must(t, err)
		if len(boxes) != 1 || len(boxes[0]) < len(parts[0]) || bytes.Contains(boxes[0], []byte(parts[0][7:13])) {
			t.Errorf("the part does not wait sealed: %q", boxes)
		}

		// The opening breaks off: nothing is kept, and two must give their parts again.
		r.Submissions = submissions{open: func(_ context.Context, _ *seal.PrivateKey, progress func(int, int) error) error {
			must(t, progress(3, 7))
			return errors.New("broke off")
		}}
		must(t, give(2, parts[2]))
		r.Wait()
		if p := progress(); !p.Stopped || p.Opened != 3 || p.Total != 7 || !p.Done.IsZero() {
			t.Errorf("after it broke off: %+v", p)
		}
		if n, err := db.One[int](context.Background(), r.Kind.Engine().DB, "SELECT count(*) FROM call_part"); err != nil || n != 0 {
			t.Errorf("%d parts are kept, %v", n, err)
		}

		var running call.Progress
		var plain []byte
		r.Submissions = submissions{open: func(ctx context.Context, key *seal.PrivateKey, told func(int, int) error) error {
			must(t, told(1, 2))
			running = progress()
			refused(t, "while it is being opened", fault.Conflict, "call.blocked.opening", give(0, parts[0]))
			var err error
			plain, err = key.Open("x", box)
			return cmp.Or(errors.Join(err, told(2, 2)), error(&call.Unread{Numbers: []string{"SK-ABC"}}))
		}}
		must(t, give(1, parts[1]))
		must(t, give(2, parts[2]))
		r.Wait()
		if string(plain) != "kanari" || !running.Running || running.Opened != 1 || running.Total != 2 {
			t.Errorf("opened %q; meanwhile %+v", plain, running)
		}
		if p := progress(); p.Done.IsZero() || p.Running || p.Stopped || !slices.Equal(p.By, []string{"jurist", "utvalg"}) || !slices.Equal(p.Unread, []string{"SK-ABC"}) {
			t.Errorf("in the end: %+v", p)
		}
		refused(t, "when all is open", fault.Conflict, "call.blocked.opened", give(0, parts[0]))
		_, _, problems, err := r.Kind.Engine().Check(context.Background(), nil)
		must(t, err)
		for _, x := range problems {
			if x.RecordID != "B-2022-001" {
				t.Errorf("check: %+v", x)
			}
		}
	})
}
