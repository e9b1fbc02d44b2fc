package recordweb

import (
	"context"
	"slices"
	"strings"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
	"funn/internal/platform/record"
	"funn/internal/platform/ui"
)

// telling is how much of an event somebody is told. People outside the agency who
// take part in a case follow it, but do not read the agency's own talk about it:
// see docs/decisions/0011-what-outsiders-are-told.md.
type telling int

const (
	untold   telling = iota
	moved            // that the record came into another state, and when
	lettered         // who did what, and why: what the letter to them says
	whole            // all that was told with it
)

// tells says how much of an event of the subject the actor is told. The event has the
// states that they are told: [record.Engine.AsTold].
func tells(e *record.Engine, a access.Actor, s access.Subject, ev event.Event) telling {
	if a.Staff || a.System || slices.Contains(a.As, ev.ActorID) {
		return whole
	}
	k, ok := e.Kind(ev.Kind)
	if !ok {
		return untold
	}
	s.State = ev.To
	if !access.Allows(k.ReadRules(), a, s) {
		return untold // in that state the record was not theirs to see
	}
	if cmd, ok := k.Lifecycle().Command(ev.Command); ok && access.Allows(cmd.Notify, a, s) {
		return lettered
	}
	if ev.From != ev.To {
		return moved
	}
	return untold
}

// toldOf leaves out of an entry what the actor is not told; its details are then
// only the change of state.
func toldOf(entry ui.LogEntry, t telling, state []ui.Change) ui.LogEntry {
	if t < whole {
		entry.Details = state
	}
	if t < lettered {
		entry.Who, entry.Reason = "", ""
	}
	return entry
}

// subjects gives what the access rules need to know of the records, with the
// relations that the actor has to them.
func (s *Site) subjects(ctx context.Context, a access.Actor, heads map[string]record.Head) (map[string]access.Subject, error) {
	out := make(map[string]access.Subject, len(heads))
	for id, h := range heads {
		out[id] = access.Subject{State: h.State, Unit: h.Unit, Flags: strings.Fields(h.Flags), Relations: map[string][]string{}}
	}
	if a.Staff || len(a.As) == 0 {
		return out, nil
	}
	type part struct {
		Record   string `db:"record_id"`
		Relation string `db:"relation"`
		Person   string `db:"person_id"`
	}
	where, args := new(db.Where).In("person_id", a.As...).SQL()
	parts, err := db.All[part](ctx, s.Engine.DB, "SELECT record_id, relation, person_id FROM record_participant "+where+" ORDER BY record_id, relation, person_id", args...)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if subject, ok := out[p.Record]; ok {
			subject.Relations[p.Relation] = append(subject.Relations[p.Relation], p.Person)
		}
	}
	return out, nil
}
