package record

import (
	"context"
	"fmt"
	"strings"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
)

// Command is a lifecycle command with the functions that look into the record.
type Command[T Record] struct {
	lifecycle.Command
	// Check says what blocks the command and what it warns of. in is empty while
	// the page only asks whether the command could be given.
	Check func(ctx context.Context, rec T, in form.Values) (Verdict, error)
	// Apply changes the record. It may give commands to other records: they join
	// the transaction.
	Apply func(ctx context.Context, c *Change[T]) error
	// Due gives the day by which the command is expected; it goes before Days.
	Due func(rec T) time.Time
}

// Kind declares one kind of record.
type Kind[T Record] struct {
	Name     string // in events, tables and message keys, English: "need"
	Prefix   string // of public numbers: "B"
	Path     string // of its pages: "/behov"
	Table    string // of its own columns
	Initial  []string
	States   []lifecycle.State
	Commands []Command[T]
	Read     []access.Rule // who may see a record
	New      func() T

	Relations func(rec T) map[string][]string // who has which relation to it
	Links     func(rec T) []Link              // what it leads to
	Tasks     func(rec T) []Task              // what is expected beyond the lifecycle's own tasks
	Quiet     func(rec T) bool                // nobody follows it in Funn, so nothing is expected of anybody
	Describe  func(ctx context.Context, rec T) (Doc, error)
	Alert     func(ctx context.Context, rec T) (string, error)
	// Reading gives the context in which all commands of a record are asked whether they
	// could be given: what their guards have in common may be kept in it. Nil is fine.
	Reading func(ctx context.Context) context.Context

	engine *Engine
}

// AnyKind is a Kind of whatever type, as the parts see it that treat all alike.
type AnyKind interface {
	Lifecycle() lifecycle.Lifecycle
	Paths() (name, path string)
	ReadRules() []access.Rule
	// Open loads a record that the context's actor may read.
	Open(ctx context.Context, number string) (Record, error)
	// Actions says what the context's actor may do with the record now.
	Actions(ctx context.Context, rec Record) ([]Action, error)
	Run(ctx context.Context, id, command string, in Input) (*Head, error)
	Begin(ctx context.Context, command string, in Input) (*Head, error)
	// Reindex makes anew what follows from each record: participants, links, tasks and
	// search document.
	Reindex(ctx context.Context) error
	verify(ctx context.Context, id string) (content string, problems []string, err error)
	register(e *Engine) error
}

// Lifecycle gives the kind's lifecycle as data.
func (k *Kind[T]) Lifecycle() lifecycle.Lifecycle {
	l := lifecycle.Lifecycle{Kind: k.Name, Initial: k.Initial, States: k.States}
	for _, c := range k.Commands {
		l.Commands = append(l.Commands, c.Command)
	}
	return l
}

// Paths gives the kind's name and the address of its pages.
func (k *Kind[T]) Paths() (name, path string) { return k.Name, k.Path }

// ReadRules gives the rules of who may see a record.
func (k *Kind[T]) ReadRules() []access.Rule { return k.Read }

// Engine gives the engine that the kind is registered with.
func (k *Kind[T]) Engine() *Engine { return k.engine }

func (k *Kind[T]) register(e *Engine) error {
	if err := k.Lifecycle().Validate(); err != nil {
		return err
	}
	if len(k.Read) == 0 {
		return fmt.Errorf("kind %s: nobody may read it", k.Name)
	}
	k.engine = e
	return nil
}

func (k *Kind[T]) command(name string) (Command[T], bool) {
	for _, c := range k.Commands {
		if c.Name == name {
			return c, true
		}
	}
	return Command[T]{}, false
}

// Subject gives what the access rules need to know of a record.
func (k *Kind[T]) Subject(rec T) access.Subject {
	h := rec.Base()
	s := access.Subject{State: h.State, Unit: h.Unit, Flags: strings.Fields(h.Flags)}
	if k.Relations != nil {
		s.Relations = k.Relations(rec)
	}
	return s
}

func (k *Kind[T]) from() string { return "FROM record r JOIN " + k.Table + " b ON b.id = r.id " }

func (k *Kind[T]) columns() string {
	return strings.TrimSuffix(db.Columns[Head]("r")+", "+k.ownColumns("b"), ", ")
}

// ownColumns lists the columns of the kind's own table but id.
func (k *Kind[T]) ownColumns(alias string) string {
	names, _ := db.Fields(k.New())
	var own []string
	for _, n := range names[len(headColumns):] {
		own = append(own, alias+"."+n)
	}
	return strings.Join(own, ", ")
}

// query runs a SELECT of whole records and gives them.
func (k *Kind[T]) query(ctx context.Context, tail string, args ...any) ([]T, error) {
	return db.Pointers(ctx, k.engine.DB, k.New, "SELECT "+k.columns()+" "+k.from()+tail, args...)
}

// Load gives a record without asking who wants it; for services that act after
// a check of their own.
func (k *Kind[T]) Load(ctx context.Context, id string) (T, error) {
	return k.one(ctx, "WHERE r.id = $1 AND r.kind = $2", id, k.Name)
}

func (k *Kind[T]) one(ctx context.Context, tail string, args ...any) (T, error) {
	var none T
	recs, err := k.query(ctx, tail, args...)
	if err != nil {
		return none, fmt.Errorf("load %s: %w", k.Name, err)
	}
	if len(recs) == 0 {
		return none, fault.Missing()
	}
	return recs[0], nil
}

// Get gives a record by id if the context's actor may read it; otherwise it is
// as absent.
func (k *Kind[T]) Get(ctx context.Context, id string) (T, error) {
	return k.readable(ctx, "WHERE r.id = $1 AND r.kind = $2", id, k.Name)
}

// ByNumber gives a record by its public number if the context's actor may read it.
func (k *Kind[T]) ByNumber(ctx context.Context, number string) (T, error) {
	return k.readable(ctx, "WHERE r.number = $1 AND r.kind = $2", number, k.Name)
}

// Open gives a record by its public number if the context's actor may read it.
func (k *Kind[T]) Open(ctx context.Context, number string) (Record, error) {
	rec, err := k.ByNumber(ctx, number)
	if err != nil {
		return nil, err
	}
	return rec, nil
}

func (k *Kind[T]) readable(ctx context.Context, tail string, args ...any) (T, error) {
	var none T
	rec, err := k.one(ctx, tail, args...)
	if err != nil {
		return none, err
	}
	if !access.Allows(k.Read, access.From(ctx), k.Subject(rec)) {
		return none, fault.Missing()
	}
	return rec, nil
}

// List gives the records that the context's actor may read and that the filter
// holds for. order is a list of columns of r (head) and b (own); limit 0 is all.
func (k *Kind[T]) List(ctx context.Context, filter db.Where, order string, limit, offset int) ([]T, error) {
	where, args := k.scoped(ctx, filter).SQL()
	tail := where + " ORDER BY " + order
	if limit > 0 {
		tail += db.Page(limit, offset)
	}
	recs, err := k.query(ctx, tail, args...)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", k.Name, err)
	}
	return recs, nil
}

// Count counts what List would give.
func (k *Kind[T]) Count(ctx context.Context, filter db.Where) (int, error) {
	where, args := k.scoped(ctx, filter).SQL()
	return db.One[int](ctx, k.engine.DB, "SELECT count(*) "+k.from()+where, args...)
}

func (k *Kind[T]) scoped(ctx context.Context, filter db.Where) db.Where {
	w := access.Scope(k.Read, access.From(ctx))
	w.And("r.kind = ?", k.Name)
	w.AndWhere(filter)
	return w
}

// May says whether the context's actor may read the record.
func (k *Kind[T]) May(ctx context.Context, rec T) bool {
	return access.Allows(k.Read, access.From(ctx), k.Subject(rec))
}
