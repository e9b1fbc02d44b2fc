package record

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
	"funn/internal/platform/lifecycle"
)

type participant struct {
	RecordID string `db:"record_id"`
	Relation string `db:"relation"`
	PersonID string `db:"person_id"`
}

type link struct {
	FromID string `db:"from_id"`
	ToID   string `db:"to_id"`
	Rel    string `db:"rel"`
}

// project writes what follows from the record: its participants, links, tasks
// and search document. They are made anew each time and hold nothing of their own.
func (k *Kind[T]) project(ctx context.Context, rec T) error {
	d, h := k.engine.DB, rec.Base()
	s := k.Subject(rec)
	var participants []participant
	for relation, people := range s.Relations {
		for _, id := range people {
			if id != "" {
				participants = append(participants, participant{h.ID, relation, id})
			}
		}
	}
	if err := replace(ctx, d, "record_participant", "record_id", h.ID, participants); err != nil {
		return err
	}
	var links []link
	if k.Links != nil {
		for _, l := range k.Links(rec) {
			if l.To != "" {
				links = append(links, link{h.ID, l.To, l.Rel})
			}
		}
	}
	if err := replace(ctx, d, "record_link", "from_id", h.ID, links); err != nil {
		return err
	}
	if err := replace(ctx, d, "task", "record_id", h.ID, k.tasks(rec, s)); err != nil {
		return err
	}
	if k.engine.Index == nil || k.Describe == nil {
		return nil
	}
	doc, err := k.Describe(ctx, rec)
	if err != nil {
		return fmt.Errorf("describe: %w", err)
	}
	return k.engine.Index(ctx, Indexed{Head: *h, Doc: doc, Path: k.Path, Audience: access.Audience(k.Read, s)})
}

// Reindex makes anew what follows from every record of the kind: participants,
// links, tasks and search document.
func (k *Kind[T]) Reindex(ctx context.Context) error {
	recs, err := k.query(ctx, "WHERE r.kind = $1 ORDER BY r.id", k.Name)
	if err != nil {
		return err
	}
	for _, rec := range recs {
		if err := k.project(ctx, rec); err != nil {
			return fmt.Errorf("reindex %s: %w", rec.Base().Number, err)
		}
	}
	return nil
}

// Renew makes anew what follows from one record, when what it follows from has
// changed without a command to it.
func (k *Kind[T]) Renew(ctx context.Context, id string) error {
	rec, err := k.Load(ctx, id)
	if err != nil {
		return err
	}
	return k.project(ctx, rec)
}

func replace[R comparable](ctx context.Context, d *db.DB, table, owner, id string, rows []R) error {
	if _, err := d.Exec(ctx, "DELETE FROM "+table+" WHERE "+owner+" = $1", id); err != nil {
		return err
	}
	seen := map[R]bool{}
	for _, r := range rows {
		if seen[r] {
			continue
		}
		seen[r] = true
		if err := d.Insert(ctx, table, r); err != nil {
			return err
		}
	}
	return nil
}

// tasks gives what is expected of whom in the state that the record is in.
func (k *Kind[T]) tasks(rec T, s access.Subject) []Task {
	if k.Quiet != nil && k.Quiet(rec) {
		return nil
	}
	h := rec.Base()
	var out []Task
	for _, c := range k.Commands {
		if !c.Task || !slices.Contains(c.From, h.State) {
			continue
		}
		t := Task{RecordID: h.ID, Name: c.Name, Command: c.Name, Since: h.StateSince}
		switch {
		case c.Due != nil:
			t.Due = c.Due(rec)
		case c.Days > 0:
			t.Due = clock.Day(h.StateSince).AddDate(0, 0, c.Days)
		}
		out = append(out, assign(t, c.Who, s)...)
	}
	if k.Tasks != nil {
		for _, t := range k.Tasks(rec) {
			t.RecordID = h.ID
			if t.Since.IsZero() {
				t.Since = h.StateSince
			}
			if t.PersonID != "" || t.Role != "" {
				out = append(out, t)
				continue
			}
			if c, ok := k.command(t.Command); ok {
				out = append(out, assign(t, c.Who, s)...)
			}
		}
	}
	return out
}

// assign gives the task to whom the first rule names that names somebody: what a
// case worker has taken on is not everybody's.
func assign(t Task, rules []access.Rule, s access.Subject) []Task {
	for _, r := range rules {
		if !r.InState(s) {
			continue // the rule is for another state: its holders could not do it now
		}
		var out []Task
		for _, relation := range r.Relations {
			for _, id := range s.Relations[relation] {
				if id != "" && !slices.Contains(s.Relations[r.Except], id) {
					mine := t
					mine.PersonID = id
					out = append(out, mine)
				}
			}
		}
		if len(out) > 0 {
			return out
		}
		if len(r.Relations) > 0 {
			continue
		}
		for _, role := range r.Roles {
			mine := t
			mine.Role = role
			if r.OwnUnit {
				mine.Unit = s.Unit
			}
			out = append(out, mine)
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// MyTask is a task with the record it is about.
type MyTask struct {
	Task
	Number     string    `db:"number"`
	Kind       string    `db:"kind"`
	Title      string    `db:"title"`
	Lang       string    `db:"lang"` // of the title
	State      string    `db:"state"`
	StateSince time.Time `db:"state_since"`
	Alert      string    `db:"alert"`
	Example    bool      `db:"example"`
}

// TasksOf gives the actor's tasks: overdue first, those without a deadline last.
// A task of a record that the actor may not read is not told of.
func (e *Engine) TasksOf(ctx context.Context, a access.Actor) ([]MyTask, error) {
	if a.Nobody() || a.System {
		return nil, nil
	}
	where, args := e.tasksOf(ctx, a).SQL()
	rows, err := db.All[MyTask](ctx, e.DB, `
		SELECT DISTINCT t.record_id, t.name, t.command, t.detail, t.since, t.due,
		       r.number, r.kind, r.title, r.lang, r.state, r.state_since, r.alert, r.example
		FROM task t JOIN record r ON r.id = t.record_id `+where+`
		ORDER BY t.due NULLS LAST, t.since, r.number, t.name`, args...)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	return rows, nil
}

// CountTasks counts what TasksOf would give.
func (e *Engine) CountTasks(ctx context.Context, a access.Actor) (int, error) {
	if a.Nobody() || a.System {
		return 0, nil
	}
	where, args := e.tasksOf(ctx, a).SQL()
	n, err := db.One[int](ctx, e.DB, `
		SELECT count(*) FROM (SELECT DISTINCT t.record_id, t.name, t.command, t.detail, t.since, t.due
			FROM task t JOIN record r ON r.id = t.record_id `+where+`) x`, args...)
	if err != nil {
		return 0, fmt.Errorf("count tasks: %w", err)
	}
	return n, nil
}

func (e *Engine) tasksOf(ctx context.Context, a access.Actor) db.Where {
	var mine []db.Where
	if len(a.As) > 0 {
		mine = append(mine, *new(db.Where).In("t.person_id", a.As...))
	}
	for _, g := range a.Grants {
		units := db.Or(*new(db.Where).And("t.unit = ''"), *new(db.Where).Under("t.unit", g.Unit))
		mine = append(mine, *new(db.Where).And("t.role = ?", g.Role).AndWhere(units))
	}
	w := db.Or(mine...)
	w.AndWhere(e.scope(access.With(ctx, a)))
	return w
}

// Waiting gives the tasks that records wait for, by record.
func (e *Engine) Waiting(ctx context.Context, ids ...string) (map[string][]Task, error) {
	out := map[string][]Task{}
	for chunk := range slices.Chunk(ids, 500) {
		where, args := new(db.Where).In("record_id", chunk...).SQL()
		rows, err := db.All[Task](ctx, e.DB, "SELECT "+db.Columns[Task]("")+" FROM task "+where+" ORDER BY record_id, due NULLS LAST, name", args...)
		if err != nil {
			return nil, fmt.Errorf("what is waited for: %w", err)
		}
		for _, t := range rows {
			out[t.RecordID] = append(out[t.RecordID], t)
		}
	}
	return out, nil
}

// Heads gives the heads of the records with the ids that the context's actor may
// read, whatever their kind, by id.
func (e *Engine) Heads(ctx context.Context, ids ...string) (map[string]Head, error) {
	out := map[string]Head{}
	byKind := e.scope(ctx)
	for chunk := range slices.Chunk(ids, 500) {
		w := *new(db.Where).In("r.id", chunk...)
		w.AndWhere(byKind)
		where, args := w.SQL()
		rows, err := db.All[Head](ctx, e.DB, "SELECT "+db.Columns[Head]("r")+" FROM record r "+where+" ORDER BY r.id", args...)
		if err != nil {
			return nil, fmt.Errorf("heads: %w", err)
		}
		for _, h := range rows {
			out[h.ID] = h
		}
	}
	return out, nil
}

// Find gives the head of the record with the public number if the context's
// actor may read it.
func (e *Engine) Find(ctx context.Context, number string) (Head, error) {
	w := *new(db.Where).And("r.number = ?", number)
	w.AndWhere(e.scope(ctx))
	where, args := w.SQL()
	return db.One[Head](ctx, e.DB, "SELECT "+db.Columns[Head]("r")+" FROM record r "+where, args...)
}

// scope joins the kinds' rules: what the context's actor may read of any kind. It is
// part of each page's queries, so kinds of which all may be read are named together
// and a kind is asked for before the rules that look among participants.
func (e *Engine) scope(ctx context.Context) db.Where {
	actor := access.From(ctx)
	var whole []string
	var kinds []db.Where
	for _, k := range e.Kinds() {
		name, _ := k.Paths()
		w := access.Scope(k.ReadRules(), actor)
		if w.Always() {
			whole = append(whole, name)
			continue
		}
		kinds = append(kinds, *new(db.Where).And("r.kind = ?", name).AndWhere(w))
	}
	if len(whole) > 0 {
		kinds = append([]db.Where{*new(db.Where).In("r.kind", whole...)}, kinds...)
	}
	return db.Or(kinds...)
}

// Edge is one step of the thread between two records.
type Edge struct {
	From string `db:"from_id"`
	To   string `db:"to_id"`
	Rel  string `db:"rel"`
}

// Thread gives all records that hang together with the one given, both ways, as
// the heads that the context's actor may read and the steps between them. A
// record that may not be read hides what can only be reached through it.
func (e *Engine) Thread(ctx context.Context, id string) (map[string]Head, []Edge, error) {
	heads, err := e.Heads(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	seen := map[Edge]bool{}
	var edges []Edge
	front := []string{id}
	for len(front) > 0 {
		var found []Edge
		for chunk := range slices.Chunk(front, 400) {
			where, args := db.Or(*new(db.Where).In("from_id", chunk...), *new(db.Where).In("to_id", chunk...)).SQL()
			rows, err := db.All[Edge](ctx, e.DB, "SELECT from_id, to_id, rel FROM record_link "+where+" ORDER BY from_id, to_id, rel", args...)
			if err != nil {
				return nil, nil, fmt.Errorf("thread: %w", err)
			}
			found = append(found, rows...)
		}
		var next []string
		for _, x := range found {
			for _, end := range []string{x.From, x.To} {
				if _, known := heads[end]; !known && !slices.Contains(next, end) {
					next = append(next, end)
				}
			}
		}
		more, err := e.Heads(ctx, next...)
		if err != nil {
			return nil, nil, err
		}
		front = front[:0]
		for _, id := range next {
			if h, ok := more[id]; ok {
				heads[id] = h
				front = append(front, id)
			}
		}
		for _, x := range found {
			_, a := heads[x.From]
			_, b := heads[x.To]
			if a && b && !seen[x] {
				seen[x] = true
				edges = append(edges, x)
			}
		}
	}
	return heads, edges, nil
}

// Referring gives the steps of the thread that lead to the records with the ids.
func (e *Engine) Referring(ctx context.Context, ids ...string) ([]Edge, error) {
	var out []Edge
	for chunk := range slices.Chunk(ids, 500) {
		where, args := new(db.Where).In("to_id", chunk...).SQL()
		rows, err := db.All[Edge](ctx, e.DB, "SELECT from_id, to_id, rel FROM record_link "+where+" ORDER BY from_id, to_id, rel", args...)
		if err != nil {
			return nil, fmt.Errorf("what refers to records: %w", err)
		}
		out = append(out, rows...)
	}
	return out, nil
}

// Told gives the state that the context's actor is told that a record is in: its own to
// the agency's people.
func (e *Engine) Told(ctx context.Context, h *Head) string {
	if inside(ctx) {
		return h.State
	}
	return e.Outside(h)
}

func inside(ctx context.Context) bool {
	a := access.From(ctx)
	return a.Staff || a.System
}

// Outside gives the state that people outside the agency are told that a record is in.
func (e *Engine) Outside(h *Head) string {
	state := e.LabelOf(h.Kind, h.State)
	for flag, told := range state.UntoldBy {
		if h.HasFlag(flag) {
			return told
		}
	}
	return cmp.Or(state.Untold, h.State)
}

// SinceTold says whether the context's actor is told since when a record is in its
// state: not where they are not told which of two it is.
func (e *Engine) SinceTold(ctx context.Context, h *Head) bool {
	k, ok := e.kinds[h.Kind]
	if inside(ctx) || !ok {
		return true
	}
	return e.Outside(h) == h.State && !slices.ContainsFunc(k.Lifecycle().States, func(s lifecycle.State) bool {
		return s.Untold == h.State || slices.Contains(slices.Collect(maps.Values(s.UntoldBy)), h.State)
	})
}

// AsTold gives the events with the states that the context's actor is told that they
// took their records from and to: a step into a state that is not told leaves what was
// told before.
func (e *Engine) AsTold(ctx context.Context, events []event.Event) ([]event.Event, error) {
	if inside(ctx) {
		return events, nil
	}
	untold := func(kind, state string) string { return e.LabelOf(kind, state).Untold }
	var ids []string
	for _, ev := range events {
		if untold(ev.Kind, ev.From) != "" || untold(ev.Kind, ev.To) != "" {
			ids = append(ids, ev.RecordID)
		}
	}
	if len(ids) == 0 {
		return events, nil
	}
	slices.Sort(ids)
	where, args := new(db.Where).In("record_id", slices.Compact(ids)...).And("to_state <> from_state").SQL()
	moves, err := db.All[event.Event](ctx, e.DB, "SELECT "+db.Columns[event.Event]("")+" FROM event "+where+" ORDER BY record_id, n", args...)
	if err != nil {
		return nil, fmt.Errorf("states as they were told: %w", err)
	}
	// at gives what was told of a record after its event with the number.
	at := func(kind, id string, n int) (told string) {
		for _, m := range moves {
			if m.RecordID != id || m.N > n {
				continue
			}
			if hides := untold(kind, m.To); hides == "" {
				told = m.To
			} else {
				told = cmp.Or(told, hides)
			}
		}
		return told
	}
	out := slices.Clone(events)
	for i, ev := range events {
		if slices.Contains(ids, ev.RecordID) {
			out[i].From, out[i].To = at(ev.Kind, ev.RecordID, ev.N-1), at(ev.Kind, ev.RecordID, ev.N)
		}
	}
	return out, nil
}

// LabelOf gives the public label and tone of a record's state.
func (e *Engine) LabelOf(kind, state string) lifecycle.State {
	if k, ok := e.kinds[kind]; ok {
		if s, ok := k.Lifecycle().State(state); ok {
			return s
		}
	}
	return lifecycle.State{Name: state, Label: state, Tone: lifecycle.Neutral}
}
