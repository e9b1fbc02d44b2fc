package admin

import (
	"context"
	"fmt"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
	"funn/internal/platform/record"
)

// filter narrows the log. What is empty does not narrow.
type filter struct {
	Kind, Command, Person string
	From, To              time.Time // calendar days, both included
}

// entry is an event with the record that it happened to.
type entry struct {
	event.Event
	Number string
	Title  string
}

// entriesOf gives the events of records that the context's actor may open, the
// latest first, and how many there are.
func entriesOf(ctx context.Context, e *record.Engine, f filter, limit, offset int) ([]entry, int, error) {
	var kinds []db.Where
	for _, k := range e.Kinds() {
		name, _ := k.Paths()
		w := access.Scope(k.ReadRules(), access.From(ctx))
		w.And("r.kind = ?", name)
		kinds = append(kinds, w)
	}
	w := db.Or(kinds...)
	eq := func(column, value string) {
		if value != "" {
			w.And(column+" = ?", value)
		}
	}
	eq("e.kind", f.Kind)
	eq("e.command", f.Command)
	eq("e.actor_id", f.Person)
	if !f.From.IsZero() {
		w.And("e.at >= ?", midnight(f.From))
	}
	if !f.To.IsZero() {
		w.And("e.at < ?", midnight(f.To.AddDate(0, 0, 1)))
	}
	where, args := w.SQL()
	const from = "FROM event e JOIN record r ON r.id = e.record_id "
	total, err := db.One[int](ctx, e.DB, "SELECT count(*) "+from+where, args...)
	if err != nil {
		return nil, 0, fmt.Errorf("count events: %w", err)
	}
	events, err := db.All[event.Event](ctx, e.DB,
		"SELECT "+db.Columns[event.Event]("e")+" "+from+where+" ORDER BY e.at DESC, e.seq DESC"+db.Page(limit, offset), args...)
	if err != nil {
		return nil, 0, fmt.Errorf("list events: %w", err)
	}
	ids := make([]string, len(events))
	for i, ev := range events {
		ids[i] = ev.RecordID
	}
	heads, err := e.Heads(ctx, ids...)
	if err != nil {
		return nil, 0, err
	}
	out := make([]entry, len(events))
	for i, ev := range events {
		out[i] = entry{ev, heads[ev.RecordID].Number, heads[ev.RecordID].Title}
	}
	return out, total, nil
}

// midnight gives the moment at which a calendar day begins in Oslo.
func midnight(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, clock.Oslo)
}

// lastDigest gives the latest seal over the log; ok is false when there is none.
func lastDigest(ctx context.Context, d *db.DB) (digest event.Digest, ok bool, err error) {
	list, err := db.All[event.Digest](ctx, d, "SELECT "+db.Columns[event.Digest]("")+" FROM digest ORDER BY n DESC LIMIT 1")
	if err != nil {
		return digest, false, fmt.Errorf("last digest: %w", err)
	}
	if len(list) == 0 {
		return digest, false, nil
	}
	return list[0], true, nil
}
