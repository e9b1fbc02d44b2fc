package app

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/jobs"
	"funn/internal/platform/lang"
	"funn/internal/platform/mail"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
)

// The kinds of the house's own jobs.
const (
	digestJob = "digest"
	remindJob = "remind"
	sweepJob  = "sweep"
	expireJob = "expire"
)

// prepareJobs registers what is done in the background.
func (h *house) prepareJobs(sender mail.Sender) {
	h.runner = &jobs.Runner{
		DB: h.db, Clock: h.engine.Clock, Log: h.settings.Log,
		Handlers: map[string]jobs.Handler{
			digestJob: func(ctx context.Context, _ *jobs.Run) error { return h.seal(asSystem(ctx)) },
			remindJob: jobs.InTx(func(ctx context.Context, _ *jobs.Run) error { return h.remind(asSystem(ctx)) }),
			linkJob:   jobs.InTx(func(ctx context.Context, run *jobs.Run) error { return h.sendLink(asSystem(ctx), run) }),
			sweepJob:  func(ctx context.Context, _ *jobs.Run) error { return h.sweep(ctx) },
			expireJob: func(ctx context.Context, _ *jobs.Run) error { _, err := h.sessions.Sweep(ctx); return err },
		},
		Recurring: []jobs.Recurring{
			{Kind: digestJob, Next: jobs.Daily(2, 0), OnlyLatest: true},
			{Kind: remindJob, Next: jobs.Daily(7, 0), OnlyLatest: true},
			{Kind: sweepJob, Next: jobs.Daily(3, 0), OnlyLatest: true},
			{Kind: expireJob, Next: jobs.Every(time.Hour), OnlyLatest: true}, // forms are kept for an hour, and no longer
		},
	}
	if sender != nil {
		h.runner.Handlers[mail.JobKind] = mail.Handler(h.db, sender)
	}
	for _, m := range h.modules {
		for kind, handle := range m.Jobs {
			h.runner.Handlers[kind] = handle
		}
	}
}

// sweep removes what is no longer needed: dead links, files that nothing names,
// finished jobs and sent letters; what stays is counted for the planner of the
// database.
func (h *house) sweep(ctx context.Context) error {
	if _, err := h.links.Sweep(ctx); err != nil {
		return err
	}
	if err := h.applications.Sweep(ctx); err != nil {
		return err
	}
	inUse, err := h.applications.FilesInUse(ctx)
	if err != nil {
		return err
	}
	if err := h.files.sweep(ctx, time.Now(), inUse); err != nil {
		return err
	}
	old := time.Now().AddDate(0, 0, -30)
	if _, err := jobs.Forget(ctx, h.db, old); err != nil {
		return err
	}
	if !h.settings.Demo { // the demo shows the mail that was sent
		if _, err := mail.Forget(ctx, h.db, old); err != nil {
			return err
		}
	}
	return h.db.Optimize(ctx)
}

// in gives the context in the language that letters are written in.
func (h *house) in(ctx context.Context, tag lang.Tag) context.Context {
	return lang.WithPrinter(ctx, h.catalog.Printer(tag))
}

// tell writes a letter to everybody who is to be told of an event, and to those to
// whom it gave something to do: one letter each. It is sent after the change has been
// committed: decided and told are two things.
func (h *house) tell(ctx context.Context, n record.Notice) error {
	people, err := h.people.Recipients(ctx, n)
	if err != nil {
		return err
	}
	tasks := map[string][]record.Task{}
	for _, t := range n.Tasks {
		assigned, err := h.assigned(ctx, t)
		if err != nil {
			return err
		}
		for _, p := range assigned {
			instead, err := h.people.StandInsFor(ctx, p)
			if err != nil {
				return err
			}
			for _, p := range append(instead, p) {
				tasks[p.ID] = append(tasks[p.ID], t)
				if !slices.ContainsFunc(people, func(o *org.Person) bool { return o.ID == p.ID }) {
					people = append(people, p)
				}
			}
		}
	}
	ctx = h.in(ctx, lang.NB)
	for _, p := range people {
		if p.ID == n.Event.ActorID || p.Email == "" {
			continue
		}
		may, err := h.mayRead(ctx, p, n.Head.ID)
		if err != nil {
			return err
		}
		if !may {
			continue
		}
		if err := h.write(ctx, n, p, tasks[p.ID]); err != nil {
			return err
		}
	}
	return nil
}

// write writes the letter of an event to one person, whom it may have given
// something to do.
func (h *house) write(ctx context.Context, n record.Notice, p *org.Person, tasks []record.Task) error {
	subject, state := n.Head.Number+": "+n.Head.Title, n.Head.State
	if !p.Staff {
		state = h.engine.Outside(&n.Head)
	}
	text := lang.T(ctx, "mail.event", "who", recordweb.ActorName(ctx, n.Event), "what", recordweb.EventText(ctx, n.Event),
		"kind", lang.T(ctx, n.Head.Kind+".name"), "number", n.Head.Number, "title", n.Head.Title,
		"state", lang.T(ctx, n.Head.Kind+".state."+state), "address", h.settings.BaseURL+n.Path+"/"+url.PathEscape(n.Head.Number))
	if n.Event.Reason != "" {
		text += "\n\n" + lang.T(ctx, "mail.reason", "reason", n.Event.Reason)
	}
	if len(tasks) > 0 {
		text += "\n\n" + lang.T(ctx, "mail.tasks")
	}
	for i, t := range tasks {
		task := lang.T(ctx, n.Head.Kind+"."+t.Command+".task")
		if i == 0 {
			subject = n.Head.Number + ": " + task
		}
		if t.Detail != "" {
			task += ": " + t.Detail
		}
		if !t.Due.IsZero() {
			task = lang.T(ctx, "mail.task_due", "task", task, "due", lang.Day(ctx, t.Due))
		}
		text += "\n– " + task
	}
	return mail.Queue(ctx, h.db, mail.Message{
		To: p.Email, Subject: subject, Text: text, Lang: string(lang.NB),
		Key: fmt.Sprintf("event/%s/%d/%s", n.Head.ID, n.Event.N, p.ID), At: n.Event.At,
	})
}

// mayRead says whether the person may read the record: a letter with its title is
// no second road to it.
func (h *house) mayRead(ctx context.Context, p *org.Person, record string) (bool, error) {
	actor, err := h.people.Actor(ctx, p.ID)
	if err != nil {
		if fault.Of(err) == fault.NotFound {
			return false, nil
		}
		return false, err
	}
	heads, err := h.engine.Heads(access.With(ctx, actor), record)
	return len(heads) > 0, err
}

// remindDays is how long before its deadline a task is reminded of.
const remindDays = 7

// forgetDays is how long after its deadline a task is still reminded of: where Funn
// has stood still, or is new, nobody gets a letter of everything that ever fell due.
const forgetDays = 30

// reminder is a letter that was written of a task: one before its deadline and one
// after. It outlives the letter, so that nobody gets it twice.
type reminder struct {
	RecordID string    `db:"record_id"`
	Task     string    `db:"task"`
	PersonID string    `db:"person_id"`
	Due      time.Time `db:"due"`
	Overdue  bool      `db:"overdue"`
}

// remind writes to those who have a task that is due within a week, and once more
// when the deadline has passed, whenever it last ran. A deadline that is moved is
// reminded of anew.
func (h *house) remind(ctx context.Context) error {
	sent, err := h.reminded(ctx)
	if err != nil {
		return err
	}
	today := h.engine.Today(ctx)
	tasks, err := db.All[record.MyTask](ctx, h.db, `
		SELECT t.record_id, t.name, t.command, t.role, t.unit, t.person_id, t.detail, t.since, t.due,
		       r.number, r.kind, r.title, r.lang, r.state, r.state_since, r.alert, r.example
		FROM task t JOIN record r ON r.id = t.record_id WHERE t.due <= $1 AND t.due >= $2 ORDER BY t.due, r.number, t.name`, today.AddDate(0, 0, remindDays), today.AddDate(0, 0, -forgetDays))
	if err != nil {
		return fmt.Errorf("tasks to remind of: %w", err)
	}
	ctx = h.in(ctx, lang.NB)
	for _, t := range tasks {
		people, err := h.assigned(ctx, t.Task)
		if err != nil {
			return err
		}
		for _, p := range people {
			r := reminder{RecordID: t.RecordID, Task: t.Name, PersonID: p.ID, Due: t.Due.UTC(), Overdue: t.Due.Before(today)}
			if p.Email == "" || sent[r] {
				continue
			}
			may, err := h.mayRead(ctx, p, t.RecordID)
			if err != nil {
				return err
			}
			if !may {
				continue
			}
			sent[r] = true
			if err := h.db.Insert(ctx, "reminder", r); err != nil {
				return fmt.Errorf("note a reminder: %w", err)
			}
			if err := h.remindOf(ctx, t, p, r.Overdue); err != nil {
				return err
			}
		}
	}
	return nil
}

// reminded gives the letters that have been written of tasks that are still to be
// done, and forgets those of the others.
func (h *house) reminded(ctx context.Context) (map[reminder]bool, error) {
	_, err := h.db.Exec(ctx, "DELETE FROM reminder WHERE NOT EXISTS (SELECT 1 FROM task t WHERE t.record_id = reminder.record_id AND t.name = reminder.task AND t.due = reminder.due)")
	if err != nil {
		return nil, fmt.Errorf("forget reminders: %w", err)
	}
	rows, err := db.All[reminder](ctx, h.db, "SELECT "+db.Columns[reminder]("")+" FROM reminder")
	if err != nil {
		return nil, fmt.Errorf("reminders: %w", err)
	}
	sent := make(map[reminder]bool, len(rows))
	for _, r := range rows {
		r.Due = r.Due.UTC()
		sent[r] = true
	}
	return sent, nil
}

// remindOf writes the letter about a task to one person.
func (h *house) remindOf(ctx context.Context, t record.MyTask, p *org.Person, overdue bool) error {
	k, ok := h.engine.Kind(t.Kind)
	if !ok {
		return nil
	}
	_, path := k.Paths()
	key := "mail.due_soon"
	if overdue {
		key = "mail.overdue"
	}
	task := lang.T(ctx, t.Kind+"."+t.Command+".task")
	return mail.Queue(ctx, h.db, mail.Message{
		To: p.Email, Subject: t.Number + ": " + task, Lang: string(lang.NB), At: h.engine.Now(ctx),
		Text: lang.T(ctx, key, "task", task, "title", t.Title, "due", lang.Day(ctx, t.Due), "address", h.settings.BaseURL+path+"/"+url.PathEscape(t.Number)),
	})
}

// assigned gives the persons whom a task is for.
func (h *house) assigned(ctx context.Context, t record.Task) ([]*org.Person, error) {
	if t.PersonID != "" {
		p, err := h.people.Persons.Load(ctx, t.PersonID)
		if fault.Of(err) == fault.NotFound {
			return nil, nil // one person who is gone must not keep the letters of all others
		}
		if err != nil || p.State != org.Active {
			return nil, err
		}
		return []*org.Person{p}, nil
	}
	holders, err := h.people.Holders(ctx, t.Role)
	if err != nil || t.Unit == "" {
		return holders, err
	}
	var out []*org.Person
	for _, p := range holders {
		a, err := h.people.Actor(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		if a.HasIn(t.Unit, access.Role(t.Role)) {
			out = append(out, p)
		}
	}
	return out, nil
}
