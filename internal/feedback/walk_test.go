package feedback_test

import (
	"context"
	"io/fs"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"funn/internal/feedback"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

var people = map[string]access.Actor{
	"fou":           staff("fou", org.FoU),
	"fou2":          staff("fou2", org.FoU),
	"kommunikasjon": staff("kommunikasjon", org.Communication),
	"fageier":       staff("fageier", org.SubjectOwner),
	"forsker":       {ID: "forsker", Name: "forsker", As: []string{"forsker"}, Grants: []access.Grant{{Role: org.Researcher}}},
	"":              {},
}

func staff(id string, role access.Role) access.Actor {
	return access.Actor{ID: id, Name: id, Staff: true, As: []string{id}, Grants: []access.Grant{{Role: role, Unit: "avdir"}}}
}

func as(id string) context.Context { return access.With(context.Background(), people[id]) }

// house is the feedback alone, with the letters that it sent.
type house struct {
	*feedback.Service
	engine *record.Engine
	sent   []feedback.Letter
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, []fs.FS{event.Migrations, record.Migrations, feedback.Migrations}, func(t *testing.T, d *db.DB) {
		h := &house{engine: record.NewEngine(d, clock.NewMovable(time.Date(2023, 1, 2, 8, 0, 0, 0, time.UTC)))}
		h.Service = feedback.New(func(_ context.Context, l feedback.Letter) error {
			h.sent = append(h.sent, l)
			return nil
		})
		if err := h.engine.Register(h.Kind); err != nil {
			t.Fatal(err)
		}
		test(t, h)
	})
}

func (h *house) received(t *testing.T, email string) *feedback.Feedback {
	t.Helper()
	f, err := h.Kind.Create(as(""), "send", record.Input{Values: form.Of("about", "error", "body", "Siden er tom.", "email", email)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Random commands of random people against a model: nothing is done by others than
// those who answer, nothing twice, every change leaves one event, and who gave an
// address gets one letter when it is answered.
func TestRandomWalk(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		leads := map[string]struct {
			from []string
			to   string
		}{
			"take":   {[]string{feedback.Received}, feedback.Working},
			"answer": {[]string{feedback.Working}, feedback.Answered},
			"reject": {[]string{feedback.Received, feedback.Working}, feedback.Rejected},
		}
		rapid.Check(t, func(rt *rapid.T) {
			email := rapid.SampledFrom([]string{"", "leser@example.org"}).Draw(rt, "email")
			f := h.received(t, email)
			state, worker, events, letters := feedback.Received, "", 1, len(h.sent)
			for range rapid.IntRange(1, 8).Draw(rt, "steps") {
				who := rapid.SampledFrom([]string{"fou", "fou2", "kommunikasjon", "fageier", "forsker", ""}).Draw(rt, "who")
				command := rapid.SampledFrom([]string{"take", "answer", "reject"}).Draw(rt, "command")
				told := rapid.Bool().Draw(rt, "told") // whether answer or reason is given
				in := record.Input{}
				if told {
					in = record.Input{Reason: "Gjelder en annen side.", Values: form.Of("answer", "Den er rettet.")}
				}
				handler := slices.Contains([]string{"fou", "fou2", "kommunikasjon"}, who)
				const none = fault.Kind(-1)
				want := none
				switch {
				case !handler:
					want = fault.NotFound // what others wrote is not theirs to see
				case !slices.Contains(leads[command].from, state):
					want = fault.Conflict
				case command != "take" && !told:
					want = fault.Invalid
				}
				after, err := h.Kind.Do(as(who), f.ID, command, in)
				if got := fault.Of(err); (err == nil) != (want == none) || err != nil && got != want {
					rt.Fatalf("%s by %q in %s: %v, want fault %d", command, who, state, err, want)
				}
				if err == nil {
					state, events = leads[command].to, events+1
					if command == "take" {
						worker = who
					}
					if command == "answer" && email != "" {
						letters++
					}
					if after.State != state {
						rt.Fatalf("%s led to %s, want %s", command, after.State, state)
					}
				}
				now, err := h.Kind.Load(as(""), f.ID)
				if err != nil {
					rt.Fatal(err)
				}
				log, err := event.Of(context.Background(), h.engine.DB, f.ID)
				if err != nil {
					rt.Fatal(err)
				}
				if now.State != state || now.CaseWorker != worker || len(log) != events || log[len(log)-1].To != state || len(h.sent) != letters {
					rt.Fatalf("after %s by %q: state %s (%s), taken by %q (%q), %d events (%d), %d letters (%d)",
						command, who, now.State, state, now.CaseWorker, worker, len(log), events, len(h.sent), letters)
				}
				if now.AnsweredAt.IsZero() == (state == feedback.Answered) {
					rt.Fatalf("in %s it was answered at %s", state, now.AnsweredAt)
				}
			}
		})
		if _, _, problems, err := h.engine.Check(context.Background(), nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
}

// Of two who take the same feedback at once, one has it and the other is told so.
func TestOneTaker(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		for range 5 {
			f := h.received(t, "")
			var wg sync.WaitGroup
			errs := make([]error, 2)
			for i, who := range []string{"fou", "kommunikasjon"} {
				wg.Go(func() { _, errs[i] = h.Kind.Do(as(who), f.ID, "take", record.Input{}) })
			}
			wg.Wait()
			if errs[0] != nil {
				errs[0], errs[1] = errs[1], errs[0]
			}
			if errs[0] != nil || fault.Of(errs[1]) != fault.Conflict {
				t.Fatalf("two took it at once: %v and %v", errs[0], errs[1])
			}
		}
	})
}
