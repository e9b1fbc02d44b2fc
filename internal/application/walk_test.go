package application_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/org/orgtest"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// walked is a submission as requirements 3.3 have it until it is judged, written a
// second time and as plainly as can be.
type walked struct {
	state     string
	coauthor  bool
	written   map[string]string // title, by what was saved last
	versions  []string          // titles of what was sent, as they were
	over      bool              // the deadline has passed
	closed    bool
	opened    bool
	forgotten bool // nothing written can be read any more
}

func (m *walked) author(who string) bool { return who == "forsker" || who == "forsker2" && m.coauthor }

func (m *walked) writable(who string) bool {
	return m.author(who) && !m.over && (m.state == application.Draft || m.state == application.Submitted)
}

// taking makes a call that takes what is sent in the stage until noon of the day.
func (h *house) taking(t testing.TB, kind string, day time.Time) (*call.Call, *seal.PrivateKey) {
	t.Helper()
	public, parts, err := seal.NewCallKey()
	must(t, err)
	key, err := seal.Combine(parts[0], parts[1])
	must(t, err)
	c := h.calls.Kind.New()
	c.Title, c.State, c.Owner = "Utlysning", call.Open1, "fageier"
	// One question, so that a step of the walk is a line.
	c.Form.V = []call.Part{{ID: "ide", Stage: kind, Names: call.Words{"nb": "Idé"}, Questions: []call.Question{{ID: "idea", Kind: call.Line, Limit: 50, Labels: call.Words{"nb": "Idé"}}}}}
	day = day.Truncate(24 * time.Hour)
	when := call.When{From: day, To: day}
	if kind == application.Sketch {
		c.Deadline.V, c.DeadlineClock = when, "12:00:00"
	} else {
		c.State, c.ApplicationsDue.V, c.ApplicationsClock = call.Open2, when, "12:00:00"
	}
	c.Key.V = &call.Key{Public: public}
	must(t, h.calls.Kind.Import(orgtest.System(), c, "test"))
	return c, key
}

// Whatever those who write, their co-authors, strangers and the clock do, in whatever
// order: nobody else reads it before two have opened it, what counts is the latest
// that was sent in time, and after the deadline nothing but that is left.
func TestAnyWalkOfASubmission(t *testing.T) {
	for _, kind := range []string{application.Sketch, application.Application} {
		t.Run(kind, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				rapid.Check(t, func(r *rapid.T) { h.walk(t, r, kind) })
			})
		})
	}
}

func (h *house) walk(t *testing.T, r *rapid.T, kind string) {
	c, key := h.taking(t, kind, h.Clock.Now().AddDate(0, 0, 3))
	due := c.Due(kind)
	k := h.cases.Of(kind)
	var x *application.Submission
	var err error
	if kind == application.Sketch {
		x, err = h.cases.Start(h.As(t, "forsker"), c.ID)
		must(t, err)
	} else {
		x = &application.Submission{Call: c.ID, Applicant: "forsker"}
		x.Number = h.cases.RandomNumber(kind)
		x.Title = x.Number
		must(t, k.Import(orgtest.System(), x, "test"))
	}
	m := &walked{state: application.Draft, written: map[string]string{}}
	people := []string{"forsker", "forsker2", "fou", "utvalg", "fagvurderer"}
	steps := rapid.SliceOfN(rapid.SampledFrom([]string{"save", "save", "submit", "submit", "withdraw", "join", "remove", "hour", "deadline", "close", "open"}), 3, 13).Draw(r, "steps")
	steps = append(steps, "close", "open")
	for i, step := range steps {
		who := rapid.SampledFrom(people).Draw(r, "who")
		if rapid.IntRange(0, 3).Draw(r, "other") > 0 {
			who = "forsker"
		}
		ctx := h.As(t, who)
		agree := func(did error, may bool) {
			t.Helper()
			if (did == nil) != may {
				r.Fatalf("step %d, %s by %s in %s: %v, the model says %v", i, step, who, m.state, did, may)
			}
		}
		switch step {
		case "save":
			title := fmt.Sprintf("Tittel %d", i)
			d, _ := h.cases.Draft(ctx, mustGet(k, x)) // those who do not write build on nothing
			may := m.writable(who)
			values := application.Values{"title": {title}, "lang": {"nb"}, "starts": {"01.08.2024"}, "months": {"12"}, "asked": {"100"}}
			_, err := h.cases.Save(ctx, x.ID, application.PartProject, d.Parts[application.PartProject].Version, values)
			agree(err, may)
			if may {
				m.written[application.PartProject] = title
				must(t, save(h, ctx, x.ID, application.PartInstitution, application.Values{"institution": {"NORCE"}, "leader": {"Leder"}, "email": {"leder@example.org"}}))
				if kind == application.Application {
					must(t, save(h, ctx, x.ID, application.PartBudget, application.Values{"y2024.personnel": {"100"}}))
				}
			}
		case "submit":
			may := m.writable(who) && len(m.written) > 0
			receipt, err := h.cases.Submit(ctx, x.ID, "")
			agree(err, may)
			if may {
				m.state, m.versions = application.Submitted, append(m.versions, m.written[application.PartProject])
				if receipt.N != len(m.versions) || receipt.SentAt.After(due) {
					r.Fatalf("the receipt is of version %d at %s", receipt.N, receipt.SentAt)
				}
			}
		case "withdraw":
			may := who == "forsker" && slices.Contains([]string{application.Draft, application.Submitted, application.Assessing}, m.state)
			_, err := k.Do(ctx, x.ID, "withdraw", record.Input{})
			agree(err, may)
			if may {
				m.state, m.forgotten = application.Withdrawn, true
			}
		case "join":
			code, err := h.cases.Invite(ctx, mustGet(k, x))
			agree(err, m.writable(who) && who == "forsker")
			if err == nil {
				_, err := h.cases.Join(h.As(t, "forsker2"), code)
				must(t, err)
				m.coauthor = true
			}
		case "remove":
			may := who == "forsker" && m.coauthor && !m.over && (m.state == application.Draft || m.state == application.Submitted)
			_, err := k.Do(ctx, x.ID, "remove_author", record.Input{Values: form.Of("author", "forsker2")})
			agree(err, may)
			if may {
				m.coauthor = false
			}
		case "hour":
			h.Clock.Forward(h.Clock.Now().Add(time.Hour))
			m.over = m.over || h.Clock.Now().After(due)
		case "deadline":
			h.Clock.Forward(latest(h.Clock.Now(), due.Add(time.Millisecond)))
			m.over = true
		case "close":
			h.Clock.Forward(latest(h.Clock.Now(), due.Add(call.Grace+time.Second)))
			m.over = true
			must(t, h.calls.ShutDue(orgtest.System(), c.ID))
			must(t, h.calls.CloseDue(orgtest.System(), c.ID))
			if !m.closed && m.state == application.Draft {
				m.state = application.Expired
			}
			m.forgotten = m.forgotten || m.state == application.Submitted
			m.closed = true
		case "open":
			if !m.closed {
				continue // the ceremony's own guards keep it from coming before
			}
			must(t, h.cases.OpenAll(context.Background(), c.ID, kind, key, nil))
			if m.state == application.Submitted {
				m.state, m.opened = application.Assessing, true
			}
		}
		h.agrees(t, r, k, x, m)
	}
}

func save(h *house, ctx context.Context, id, part string, v application.Values) error {
	x, err := h.cases.Find(ctx, id)
	if err != nil {
		return err
	}
	d, err := h.cases.Draft(ctx, x)
	if err != nil {
		return err
	}
	_, err = h.cases.Save(ctx, id, part, d.Parts[part].Version, v)
	return err
}

func mustGet(k *application.Kind, x *application.Submission) *application.Submission {
	got, err := k.Load(context.Background(), x.ID)
	if err != nil {
		panic(err)
	}
	return got
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// agrees holds the record to the model.
func (h *house) agrees(t *testing.T, r *rapid.T, k *application.Kind, x *application.Submission, m *walked) {
	t.Helper()
	got := mustGet(k, x)
	if got.State != m.state || got.Sent != len(m.versions) || got.HasFlag(application.Opened) != m.opened || (got.Content.V != nil) != m.opened {
		r.Fatalf("the record is %s, version %d, opened %v; the model %s, %d, %v", got.State, got.Sent, got.Content.V != nil, m.state, len(m.versions), m.opened)
	}
	if m.opened {
		if want := m.versions[len(m.versions)-1]; got.Content.V.Title != want || got.Title != want {
			r.Fatalf("opened it is %q, sent last was %q", got.Content.V.Title, want)
		}
	} else if got.Title != got.Number {
		r.Fatalf("sealed it is called %q", got.Title)
	}
	for _, who := range []string{"forsker", "forsker2", "fou", "fageier", "utvalg", "fagvurderer"} {
		sees := m.author(who) || m.opened && who == "fou" || m.opened && who == "fageier"
		if _, err := k.Get(h.As(t, who), x.ID); (err == nil) != sees || err != nil && fault.Of(err) != fault.NotFound {
			r.Fatalf("in %s %s gets %v", m.state, who, err)
		}
		if n, err := k.Count(h.As(t, who), *new(db.Where).And("r.id = ?", x.ID)); err != nil || (n == 1) != sees {
			r.Fatalf("in %s %s counts %d, %v", m.state, who, n, err)
		}
	}
	d, err := h.cases.Draft(h.As(t, "forsker"), got)
	if err != nil || m.forgotten && len(d.Parts) > 0 || !m.forgotten && len(m.written) > 0 && d.Parts[application.PartProject].Values["title"][0] != m.written[application.PartProject] {
		r.Fatalf("in %s what was written is %v, %v", m.state, d.Parts, err)
	}
	receipts, err := h.cases.Receipts(h.As(t, "forsker"), got)
	if err != nil || len(receipts) != len(m.versions) || len(receipts) > 0 && (receipts[0].Hash != got.Receipt || receipts[0].HasOwn == m.forgotten) {
		r.Fatalf("the receipts: %+v, %v", receipts, err)
	}
}
