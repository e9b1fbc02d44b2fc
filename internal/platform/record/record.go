// Package record runs the lifecycles: it is the one way in which a record is
// made, changed and read.
//
// A module declares a Kind: the lifecycle with its rules, the table, who may
// read, and what follows from a record's content (relations, links, tasks,
// search text). The Engine does the rest for every kind alike: checks the actor
// and the state, asks the module's guards, writes the record and its event in
// one transaction, and brings tasks, links and search up to date in it.
package record

import (
	"context"
	"embed"
	"slices"
	"strings"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/form"
)

// Migrations hold the tables that all kinds share.
//
//go:embed migrations
var Migrations embed.FS

// Head is what every record has, whatever its kind.
type Head struct {
	ID         string    `db:"id"` // UUIDv7
	Kind       string    `db:"kind"`
	Number     string    `db:"number"` // public: B-2022-017
	Title      string    `db:"title"`
	TitleSort  string    `db:"title_sort"` // folded; sorts alike on both engines
	Lang       string    `db:"lang"`       // language form of the content
	State      string    `db:"state"`
	StateSince time.Time `db:"state_since"`
	Unit       string    `db:"unit"`    // path of the unit that owns it
	Alert      string    `db:"alert"`   // what is wrong with it now, as a code; empty when nothing is
	Example    bool      `db:"example"` // fills what the sources lack; never counted
	Source     string    `db:"source"`  // where the demo has it from
	Flags      string    `db:"flags"`   // words with a space on either side
	Created    time.Time `db:"created"`
	CreatedBy  string    `db:"created_by"`
	Updated    time.Time `db:"updated"`
	Version    int       `db:"version"`
}

// Base gives the head itself; with it a struct that embeds Head is a Record.
func (h *Head) Base() *Head { return h }

// HasFlag says whether the record carries the flag.
func (h *Head) HasFlag(flag string) bool { return strings.Contains(h.Flags, " "+flag+" ") }

// SetFlag adds or removes a flag.
func (h *Head) SetFlag(flag string, on bool) {
	words := strings.Fields(h.Flags)
	words = slices.DeleteFunc(words, func(w string) bool { return w == flag })
	if on {
		words = append(words, flag)
		slices.Sort(words)
	}
	h.Flags = ""
	if len(words) > 0 {
		h.Flags = " " + strings.Join(words, " ") + " "
	}
}

// Record is a pointer to a struct that embeds Head and has the kind's own
// columns as fields with db tags.
type Record interface{ Base() *Head }

// Reason is one ground for refusing or warning, as a message key with arguments.
type Reason struct {
	Key  string
	Args []any
}

// Verdict is what the guards say of a command: what blocks it, and what it warns
// of. A warning can be overruled with a written reason.
type Verdict struct {
	Blocking []Reason
	Warnings []Reason
	Idle     bool // there is nothing for the command to act on, so nobody looks for it
	// Refused, if any, is done where Blocking refuses the command, once its transaction is
	// undone: for what came to light and must not be lost with it.
	Refused func(ctx context.Context) error
}

// Block adds a ground that blocks.
func (v *Verdict) Block(key string, args ...any) {
	v.Blocking = append(v.Blocking, Reason{key, args})
}

// Nothing blocks with the ground that there is nothing to act on, such as a proposal
// to be answered that nobody has made. Whoever gives the command is told, but a
// record's page does not list it among what cannot be done yet.
func (v *Verdict) Nothing(key string, args ...any) {
	v.Block(key, args...)
	v.Idle = true
}

// Warn adds a warning that demands a reason.
func (v *Verdict) Warn(key string, args ...any) {
	v.Warnings = append(v.Warnings, Reason{key, args})
}

// Link leads from a record to a later one on the thread.
type Link struct {
	To  string `db:"to_id"`
	Rel string `db:"rel"`
}

// Task is something somebody is expected to do to a record. Tasks follow from
// the lifecycle; a kind can add its own, such as a deliverable that is due.
type Task struct {
	RecordID string      `db:"record_id"`
	Name     string      `db:"name"`    // unique within the record: the command's name, or "deliverable:3"
	Command  string      `db:"command"` // the command that does it
	Role     access.Role `db:"role"`    // who: holders of the role (in the unit, when one is given) …
	Unit     string      `db:"unit"`
	PersonID string      `db:"person_id"` // … or one person
	Detail   string      `db:"detail"`    // what it is about, in the record's own words
	Since    time.Time   `db:"since"`
	Due      time.Time   `db:"due"`
}

// same says whether the other is the same thing for the same person to do, perhaps
// by another day.
func (t Task) same(o Task) bool {
	return t.Name == o.Name && t.Role == o.Role && t.Unit == o.Unit && t.PersonID == o.PersonID
}

// Doc is what the search and the public see of a record. An empty Doc is not searchable.
type Doc struct {
	Text      string
	Facets    map[string][]string
	PublicURL string // where the public reads it; empty when it is for staff only
	Date      time.Time
}

// Change is what a command's Apply works on.
type Change[T Record] struct {
	Rec    T
	In     form.Values
	Reason string
	Actor  access.Actor
	Now    time.Time // one moment for the whole transaction
	Today  time.Time // the calendar day in Oslo, as midnight UTC
	To     string    // the state it leads to; Apply may choose among the command's
	extra  map[string][]string
}

// Note adds something to the event that was not told but followed, such as the
// value before the change.
func (c *Change[T]) Note(name string, values ...string) {
	if c.extra == nil {
		c.extra = map[string][]string{}
	}
	c.extra[name] = values
}

// Input is what an actor tells with a command.
type Input struct {
	Values  form.Values
	Reason  string
	Version int    // the version that the form showed; 0 when none was shown
	Request string // the form's own key: the same form sent twice is done once
}
