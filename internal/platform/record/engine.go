package record

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
)

var headColumns, _ = db.Fields(Head{})

// Indexed is what the search gets to know of a record when it changes.
type Indexed struct {
	Head     Head
	Doc      Doc
	Path     string // of the staff page
	Audience access.Finders
}

// Notice says that people are to be told of an event.
type Notice struct {
	Head  Head
	Path  string
	Event event.Event
	Rules []access.Rule       // who is to be told
	Of    map[string][]string // relation -> ids of persons, as the record now has them
	Tasks []Task              // that somebody has now and did not have before
}

// Subscriber hears of an event in the transaction that made it. It acts as the
// system: what it does follows from the event.
type Subscriber func(ctx context.Context, ev event.Event, rec Record) error

// Engine runs the commands of all kinds.
type Engine struct {
	DB    *db.DB
	Clock clock.Clock
	Index func(ctx context.Context, d Indexed) error // nil: nothing is searchable
	Tell  func(ctx context.Context, n Notice) error  // nil: nobody is told

	kinds map[string]AnyKind
	order []string
	subs  map[string][]Subscriber // "kind/command"
}

// NewEngine makes an engine without kinds.
func NewEngine(d *db.DB, c clock.Clock) *Engine {
	return &Engine{DB: d, Clock: c, kinds: map[string]AnyKind{}, subs: map[string][]Subscriber{}}
}

// Register adds kinds. It refuses a declaration with faults in it.
func (e *Engine) Register(kinds ...AnyKind) error {
	for _, k := range kinds {
		name, _ := k.Paths()
		if _, taken := e.kinds[name]; taken {
			return fmt.Errorf("kind %s is registered twice", name)
		}
		if err := k.register(e); err != nil {
			return err
		}
		e.kinds[name] = k
		e.order = append(e.order, name)
	}
	return nil
}

// Kind gives a registered kind.
func (e *Engine) Kind(name string) (AnyKind, bool) {
	k, ok := e.kinds[name]
	return k, ok
}

// Kinds gives all kinds in the order they were registered.
func (e *Engine) Kinds() []AnyKind {
	out := make([]AnyKind, len(e.order))
	for i, n := range e.order {
		out[i] = e.kinds[n]
	}
	return out
}

// Subscribe lets a later module hear of a command of an earlier one.
func (e *Engine) Subscribe(kind, command string, s Subscriber) {
	key := kind + "/" + command
	e.subs[key] = append(e.subs[key], s)
}

type nowKey struct{}

// Now gives the moment of the context's transaction, or the clock's.
func (e *Engine) Now(ctx context.Context) time.Time {
	if t, ok := ctx.Value(nowKey{}).(time.Time); ok {
		return t
	}
	return e.Clock.Now()
}

// At gives a context in which [Engine.Now] gives what it gives now: one reading of
// the clock for all that follows, also while something is waited for.
func (e *Engine) At(ctx context.Context) context.Context {
	return context.WithValue(ctx, nowKey{}, e.Now(ctx))
}

// Today gives the calendar day in Oslo as midnight UTC.
func (e *Engine) Today(ctx context.Context) time.Time { return clock.Day(e.Now(ctx)) }

func (e *Engine) tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return e.DB.Tx(e.At(ctx), fn)
}

// once is tx for a form that carries a key. When the same form was sent twice at
// once, the second finds the key taken; tried again, it finds what the first did.
func (e *Engine) once(ctx context.Context, request string, fn func(ctx context.Context) error) error {
	err := e.tx(ctx, fn)
	if request != "" && !e.DB.InTx(ctx) && db.IsUnique(err) {
		return e.tx(ctx, fn)
	}
	return err
}

// Do gives a command to a record on behalf of the context's actor and gives the
// record as it became.
//
// Faults: NotFound when the record is absent or not the actor's to see, or the
// kind has no such command; Forbidden when the actor sees it but may not do
// this; Conflict when the state is another, something blocks, or somebody else
// changed what is being edited; Invalid when what was told is wrong or a
// warning lacks its reason.
func (k *Kind[T]) Do(ctx context.Context, id, command string, in Input) (T, error) {
	var rec T
	c, ok := k.command(command)
	if !ok || c.Create {
		return rec, fault.Missing()
	}
	err := k.engine.once(ctx, in.Request, func(ctx context.Context) error {
		var err error
		if rec, err = k.locked(ctx, id); err != nil {
			return err
		}
		actor := access.From(ctx)
		if !access.Allows(k.Read, actor, k.Subject(rec)) {
			return fault.Missing()
		}
		if done, err := k.repeated(ctx, in.Request, c.Name, id); done || err != nil {
			return err
		}
		if err := k.allowed(ctx, c, rec); err != nil {
			return err
		}
		if c.Edit && in.Version != 0 && in.Version != rec.Base().Version {
			return fault.New(fault.Conflict, "error.changed_meanwhile")
		}
		return k.apply(ctx, c, rec, in)
	})
	var r *refusal
	if errors.As(err, &r) && !k.engine.DB.InTx(ctx) {
		if err := r.then(ctx); err != nil {
			return rec, fmt.Errorf("after %s was refused: %w", command, err)
		}
	}
	return rec, err
}

// refusal is a fault of a command with what is to be done once it is undone.
type refusal struct {
	error
	then func(ctx context.Context) error
}

func (r *refusal) Unwrap() error { return r.error }

// As gives a command on behalf of the system: a change that follows from another.
func (k *Kind[T]) As(ctx context.Context, id, command string, in Input) (T, error) {
	return k.Do(access.With(ctx, access.System), id, command, in)
}

// Run is Do for a caller that does not know the kind's type.
func (k *Kind[T]) Run(ctx context.Context, id, command string, in Input) (*Head, error) {
	rec, err := k.Do(ctx, id, command, in)
	if err != nil {
		return nil, err
	}
	return rec.Base(), nil
}

// Create makes a record by a command that creates, on behalf of the context's
// actor. prepare may set what the command's own fields do not; nil is fine.
func (k *Kind[T]) Create(ctx context.Context, command string, in Input, prepare func(T)) (T, error) {
	rec := k.New()
	c, ok := k.command(command)
	if !ok || !c.Create {
		return rec, fault.Missing()
	}
	err := k.engine.once(ctx, in.Request, func(ctx context.Context) error {
		rec = k.New()
		actor := access.From(ctx)
		if c.System && !actor.System || !access.Allows(c.Who, actor, access.Subject{}) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		if in.Request != "" {
			events, err := event.ByRequest(ctx, k.engine.DB, in.Request)
			if err != nil {
				return err
			}
			if len(events) > 0 {
				if events[0].ActorID != actorID(actor) || events[0].Command != c.Name || events[0].Kind != k.Name {
					return fault.New(fault.Conflict, "error.request_key")
				}
				rec, err = k.Load(ctx, events[0].RecordID)
				return err
			}
		}
		k.begin(ctx, rec)
		if prepare != nil {
			prepare(rec)
		}
		return k.apply(ctx, c, rec, in)
	})
	return rec, err
}

// actorID gives the name in the log of who acts: whoever has not logged in is
// nobody, and under that name the same form sent twice is known again.
func actorID(a access.Actor) string {
	if a.Nobody() {
		return "nobody"
	}
	return a.ID
}

// Begin is Create for a caller that does not know the kind's type.
func (k *Kind[T]) Begin(ctx context.Context, command string, in Input) (*Head, error) {
	rec, err := k.Create(ctx, command, in, nil)
	if err != nil {
		return nil, err
	}
	return rec.Base(), nil
}

func (k *Kind[T]) begin(ctx context.Context, rec T) {
	h, now := rec.Base(), k.engine.Now(ctx)
	h.ID = uuid.Must(uuid.NewV7()).String()
	h.Kind = k.Name
	h.State = k.Initial[0]
	h.Created, h.CreatedBy, h.StateSince, h.Updated = now, actorID(access.From(ctx)), now, now
	if h.Lang == "" {
		h.Lang = string(lang.NB)
	}
}

// Import writes a record that was known before Funn, in the state it has, with
// one event that says where it came from. The record's Created and StateSince
// are kept when they are set.
func (k *Kind[T]) Import(ctx context.Context, rec T, note string) error {
	return k.engine.tx(ctx, func(ctx context.Context) error {
		h := rec.Base()
		created, since, state, id := h.Created, h.StateSince, h.State, h.ID
		k.begin(ctx, rec)
		if id != "" {
			h.ID = id
		}
		if !created.IsZero() {
			h.Created = created
		}
		if !since.IsZero() {
			h.StateSince = since
		} else {
			h.StateSince = h.Created
		}
		if state != "" {
			if _, ok := k.Lifecycle().State(state); !ok {
				return fmt.Errorf("import %s %q: unknown state %s", k.Name, h.Title, state)
			}
			h.State = state
		}
		return k.write(ctx, rec, true, event.Event{Command: "import", To: h.State, Reason: note, At: h.Created}, nil)
	})
}

func (k *Kind[T]) locked(ctx context.Context, id string) (T, error) {
	tail := "WHERE r.id = $1 AND r.kind = $2"
	if k.engine.DB.Dialect == db.Postgres {
		// SQLite has one writer; PostgreSQL must be told that this record is being
		// decided. Both rows are locked: after waiting for another it reads anew only
		// those that it locks, and the kind's own columns would be as they were before.
		tail += " FOR UPDATE OF r, b"
	}
	return k.one(ctx, tail, id, k.Name)
}

// repeated says whether the form with the key was already carried out.
func (k *Kind[T]) repeated(ctx context.Context, request, command, id string) (bool, error) {
	if request == "" {
		return false, nil
	}
	events, err := event.ByRequest(ctx, k.engine.DB, request)
	if err != nil || len(events) == 0 {
		return false, err
	}
	if events[0].ActorID != actorID(access.From(ctx)) || events[0].RecordID != id || events[0].Command != command {
		return false, fault.New(fault.Conflict, "error.request_key")
	}
	return true, nil
}

// Refused says, before anything is kept of what was sent with a command, that it
// would be refused: with the fault that Do gives. done says that the form with
// the key was already carried out, which is no refusal.
func (k *Kind[T]) Refused(ctx context.Context, rec T, command, request string) (done bool, err error) {
	c, ok := k.command(command)
	if !ok || c.Create {
		return false, fault.Missing()
	}
	if done, err := k.repeated(ctx, request, c.Name, rec.Base().ID); done || err != nil {
		return done, err
	}
	return false, k.allowed(ctx, c, rec)
}

// allowed says whether the context's actor may give the command to the record in
// the state it is in.
func (k *Kind[T]) allowed(ctx context.Context, c Command[T], rec T) error {
	actor, h := access.From(ctx), rec.Base()
	if c.System && !actor.System || !access.Allows(c.Who, actor, k.Subject(rec)) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	if !slices.Contains(c.From, h.State) {
		return k.wrongState(ctx, h)
	}
	if actor.System {
		return nil
	}
	other, err := k.sameHand(ctx, c, h.ID, actor)
	if err != nil {
		return err
	}
	if other {
		return fault.New(fault.Forbidden, "error.two_people")
	}
	return nil
}

// sameHand says whether the actor was the last to give one of the commands that
// must be another's.
func (k *Kind[T]) sameHand(ctx context.Context, c Command[T], id string, actor access.Actor) (bool, error) {
	for _, other := range c.NotBy {
		givers, err := db.All[string](ctx, k.engine.DB,
			"SELECT actor_id FROM event WHERE record_id = $1 AND command = $2 ORDER BY n DESC LIMIT 1", id, other)
		if err != nil {
			return false, err
		}
		if len(givers) > 0 && givers[0] == actorID(actor) {
			return true, nil
		}
	}
	return false, nil
}

// wrongState tells who moved the record, when; people outside the agency are not
// told who: see docs/decisions/0011-what-outsiders-are-told.md.
func (k *Kind[T]) wrongState(ctx context.Context, h *Head) error {
	if a := access.From(ctx); !a.Staff && !a.System {
		return fault.New(fault.Conflict, "error.wrong_state")
	}
	last, err := db.All[event.Event](ctx, k.engine.DB,
		"SELECT "+db.Columns[event.Event]("")+" FROM event WHERE record_id = $1 AND to_state <> from_state ORDER BY n DESC LIMIT 1", h.ID)
	if err != nil {
		return err
	}
	if len(last) == 0 {
		return fault.New(fault.Conflict, "error.wrong_state")
	}
	return fault.New(fault.Conflict, "error.wrong_state_by", "who", last[0].ActorName, "when", last[0].At)
}

// ReasonField is the name of the field that holds the written reason.
const ReasonField = "reason"

// ReasonLimit is the largest number of characters of a reason.
const ReasonLimit = 2000

func (k *Kind[T]) apply(ctx context.Context, c Command[T], rec T, in Input) error {
	h, actor := rec.Base(), access.From(ctx)
	if err := form.Check(ctx, c.Fields, in.Values, rec); err != nil {
		return err
	}
	var errs fault.Errors
	reason := strings.TrimSpace(in.Reason)
	switch n := utf8.RuneCountInString(reason); {
	case actor.System:
	case !utf8.ValidString(reason) || strings.ContainsRune(reason, 0):
		errs.Add(ReasonField, "error.text_encoding")
	case n > ReasonLimit:
		errs.Add(ReasonField, "form.too_long", "max", ReasonLimit, "n", n)
	case c.Reason && n == 0:
		errs.Add(ReasonField, "form.required.reason")
	}
	if c.Check != nil {
		verdict, err := c.Check(ctx, rec, in.Values)
		if err != nil {
			return fmt.Errorf("%s %s: %w", c.Name, k.Name, err)
		}
		if len(verdict.Blocking) > 0 {
			f := fault.New(fault.Conflict, "error.blocked")
			for _, b := range verdict.Blocking {
				f.Fields = append(f.Fields, fault.Field{Key: b.Key, Args: b.Args})
			}
			if verdict.Refused != nil {
				return &refusal{f, verdict.Refused}
			}
			return f
		}
		if reason == "" && !errs.Has(ReasonField) {
			for _, w := range verdict.Warnings {
				errs.Add(ReasonField, w.Key, w.Args...)
			}
		}
	}
	if err := errs.Err(); err != nil {
		return err
	}
	from := h.State
	if c.Create {
		from = ""
	}
	change := &Change[T]{Rec: rec, In: in.Values, Reason: reason, Actor: actor, Now: k.engine.Now(ctx), Today: k.engine.Today(ctx)}
	if len(c.To) > 0 {
		change.To = c.To[0]
	}
	if c.Apply != nil {
		if err := c.Apply(ctx, change); err != nil {
			if _, ok := fault.As(err); ok {
				return err
			}
			return fmt.Errorf("%s %s %s: %w", c.Name, k.Name, h.Number, err)
		}
	}
	if change.To != "" {
		if !slices.Contains(c.To, change.To) {
			return fmt.Errorf("%s %s: leads to %s, which is not declared", c.Name, k.Name, change.To)
		}
		if change.To != from {
			h.State, h.StateSince = change.To, change.Now
		}
	}
	ev := event.Event{Command: c.Name, From: from, To: h.State, Reason: reason, At: change.Now, Request: in.Request}
	told := in.Values.Map()
	for _, f := range c.Fields {
		if f.Private {
			delete(told, f.Name)
		}
	}
	for name, values := range change.extra {
		told[name] = values
	}
	return k.write(ctx, rec, c.Create, ev, told)
}

// write saves the record, what follows from it, and the event, and lets the
// subscribers act.
func (k *Kind[T]) write(ctx context.Context, rec T, create bool, ev event.Event, told map[string][]string) error {
	e, h := k.engine, rec.Base()
	h.Updated = e.Now(ctx)
	h.TitleSort = lang.Fold(h.Title)
	h.Version++
	if h.Number == "" {
		number, err := k.NextNumber(ctx, h.Created.In(clock.Oslo).Year())
		if err != nil {
			return err
		}
		h.Number = number
	}
	if err := k.save(ctx, rec, create); err != nil {
		return fmt.Errorf("save %s %s: %w", k.Name, h.Number, err)
	}
	// Read again, so that the hash covers what the database holds and not what was in memory.
	stored, err := k.Load(ctx, h.ID)
	if err != nil {
		return err
	}
	if ev.Content, err = contentHash(stored); err != nil {
		return err
	}
	data, err := json.Marshal(told)
	if err != nil {
		return fmt.Errorf("event data: %w", err)
	}
	if told == nil {
		data = []byte("{}")
	}
	actor := access.From(ctx)
	ev.RecordID, ev.Kind, ev.Data, ev.ActorID, ev.ActorName = h.ID, k.Name, string(data), actorID(actor), actor.Name
	if ev, err = event.Append(ctx, e.DB, ev); err != nil {
		return err
	}
	before, err := e.Waiting(ctx, h.ID)
	if err != nil {
		return err
	}
	if err := k.project(ctx, rec); err != nil {
		return fmt.Errorf("after %s of %s %s: %w", ev.Command, k.Name, h.Number, err)
	}
	if err := k.tell(ctx, rec, ev, before[h.ID]); err != nil {
		return fmt.Errorf("tell of %s of %s: %w", ev.Command, h.Number, err)
	}
	for _, s := range e.subs[k.Name+"/"+ev.Command] {
		if err := s(access.With(ctx, access.System), ev, rec); err != nil {
			return err
		}
	}
	return nil
}

// tell lets those know of an event who are to be told of it, or whom it gave
// something to do. before are the tasks that there were.
func (k *Kind[T]) tell(ctx context.Context, rec T, ev event.Event, before []Task) error {
	c, ok := k.command(ev.Command)
	if !ok || k.engine.Tell == nil {
		return nil // what was known before Funn is told to nobody
	}
	h := rec.Base()
	n := Notice{Head: *h, Path: k.Path, Event: ev, Rules: c.Notify, Of: k.Subject(rec).Relations}
	for _, t := range k.tasks(rec, k.Subject(rec)) {
		if !slices.ContainsFunc(before, t.same) {
			n.Tasks = append(n.Tasks, t)
		}
	}
	if len(n.Rules) == 0 && len(n.Tasks) == 0 {
		return nil
	}
	return k.engine.Tell(ctx, n)
}

// NextNumber takes the next public number of the kind in the year: B-2022-017. A
// number that a failed transaction took is given again.
func (k *Kind[T]) NextNumber(ctx context.Context, year int) (string, error) {
	series := fmt.Sprintf("%s-%d", k.Prefix, year)
	n, err := db.One[int](ctx, k.engine.DB,
		"INSERT INTO number_series (series, last) VALUES ($1, 1) ON CONFLICT (series) DO UPDATE SET last = number_series.last + 1 RETURNING last", series)
	if err != nil {
		return "", fmt.Errorf("next number of %s: %w", series, err)
	}
	return fmt.Sprintf("%s-%03d", series, n), nil
}

func (k *Kind[T]) save(ctx context.Context, rec T, create bool) error {
	d, h := k.engine.DB, rec.Base()
	if k.Alert != nil {
		alert, err := k.Alert(ctx, rec)
		if err != nil {
			return err
		}
		h.Alert = alert
	}
	names, values := db.Fields(rec)
	own := len(headColumns)
	if create {
		if err := d.Insert(ctx, "record", *h); err != nil {
			return err
		}
		marks := make([]string, len(names)-own+1)
		for i := range marks {
			marks[i] = fmt.Sprintf("$%d", i+1)
		}
		_, err := d.Exec(ctx, "INSERT INTO "+k.Table+" ("+strings.Join(append([]string{"id"}, names[own:]...), ", ")+") VALUES ("+strings.Join(marks, ", ")+")",
			append([]any{h.ID}, values[own:]...)...)
		return err
	}
	n, err := d.Update(ctx, "record", *h)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "error.changed_meanwhile")
	}
	if len(names) == own {
		return nil
	}
	sets := make([]string, len(names)-own)
	for i, n := range names[own:] {
		sets[i] = fmt.Sprintf("%s = $%d", n, i+1)
	}
	_, err = d.Exec(ctx, fmt.Sprintf("UPDATE %s SET %s WHERE id = $%d", k.Table, strings.Join(sets, ", "), len(sets)+1), append(values[own:], h.ID)...)
	return err
}

// contentHash covers the whole record as it is stored.
func contentHash(rec Record) (string, error) {
	b, err := json.Marshal(rec)
	if err != nil {
		return "", fmt.Errorf("hash %s: %w", rec.Base().Number, err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Action is a command that the actor may give to a record now.
type Action struct {
	lifecycle.Command
	Verdict Verdict
}

// Actions gives the commands that the context's actor may give to the record in
// its state, with what blocks them.
func (k *Kind[T]) Actions(ctx context.Context, r Record) ([]Action, error) {
	rec, ok := r.(T)
	if !ok {
		return nil, fmt.Errorf("actions of %s: got a %T", k.Name, r)
	}
	if k.Reading != nil {
		ctx = k.Reading(ctx)
	}
	actor := access.From(ctx)
	var out []Action
	for _, c := range k.Commands {
		if c.System || c.Create || !slices.Contains(c.From, rec.Base().State) || !access.Allows(c.Who, actor, k.Subject(rec)) {
			continue
		}
		same, err := k.sameHand(ctx, c, rec.Base().ID, actor)
		if err != nil {
			return nil, err
		}
		a := Action{Command: c.Command}
		if same {
			a.Verdict.Block("error.two_people")
		} else if c.Check != nil {
			if a.Verdict, err = c.Check(ctx, rec, form.Values{}); err != nil {
				return nil, fmt.Errorf("check %s of %s: %w", c.Name, rec.Base().Number, err)
			}
		}
		out = append(out, a)
	}
	return out, nil
}
