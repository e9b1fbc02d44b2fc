package record

import (
	"context"
	"fmt"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
)

// Check verifies the whole of what is kept: the event chains and digests, that
// every record is as its last event left it, and that every reference leads
// somewhere. outside holds the digest lines kept outside the database.
func (e *Engine) Check(ctx context.Context, outside []string) (records, events int, problems []event.Problem, err error) {
	ctx = access.With(ctx, access.System)
	err = e.DB.Snapshot(ctx, func(ctx context.Context) error {
		if events, problems, err = event.Verify(ctx, e.DB, outside); err != nil {
			return err
		}
		type last struct {
			ID      string `db:"id"`
			Kind    string `db:"kind"`
			Number  string `db:"number"`
			State   string `db:"state"`
			N       int    `db:"n"`
			Command string `db:"command"`
			To      string `db:"to_state"`
			Content string `db:"content"`
		}
		rows, err := db.All[last](ctx, e.DB, `
			SELECT r.id, r.kind, r.number, r.state, v.n, v.command, v.to_state, v.content
			FROM record r LEFT JOIN event v ON v.record_id = r.id
			 AND v.n = (SELECT max(m.n) FROM event m WHERE m.record_id = r.id)
			ORDER BY r.kind, r.id`)
		if err != nil {
			return err
		}
		records = len(rows)
		for _, r := range rows {
			bad := func(format string, args ...any) {
				problems = append(problems, event.Problem{RecordID: r.Number, N: r.N, What: fmt.Sprintf(format, args...)})
			}
			if r.N == 0 {
				bad("the record has no event")
				continue
			}
			if r.To != r.State {
				bad("%s left it in %s, but it stands in %s", r.Command, r.To, r.State)
			}
			k, ok := e.kinds[r.Kind]
			if !ok {
				bad("unknown kind %s", r.Kind)
				continue
			}
			content, more, err := k.verify(ctx, r.ID)
			if err != nil {
				return err
			}
			if content != r.Content {
				bad("the record was altered after %s without an event", r.Command)
			}
			for _, m := range more {
				bad("%s", m)
			}
		}
		orphans, err := db.All[string](ctx, e.DB, `SELECT v.record_id FROM event v WHERE v.n = 1 AND NOT EXISTS (SELECT 1 FROM record r WHERE r.id = v.record_id) ORDER BY v.record_id`)
		if err != nil {
			return err
		}
		for _, id := range orphans {
			problems = append(problems, event.Problem{RecordID: id, N: 1, What: "the record of this event is gone"})
		}
		return nil
	})
	if err != nil {
		return records, events, problems, fmt.Errorf("check: %w", err)
	}
	return records, events, problems, nil
}

// verify gives the hash of a record as it is stored, and what is wrong with what
// follows from it.
func (k *Kind[T]) verify(ctx context.Context, id string) (string, []string, error) {
	rec, err := k.Load(ctx, id)
	if err != nil {
		return "", []string{"the part of the record in table " + k.Table + " is gone"}, nil
	}
	content, err := contentHash(rec)
	if err != nil {
		return "", nil, err
	}
	var problems []string
	if k.Links != nil {
		heads := map[string]bool{}
		for _, l := range k.Links(rec) {
			heads[l.To] = true
		}
		stored, err := db.All[string](ctx, k.engine.DB, "SELECT DISTINCT to_id FROM record_link WHERE from_id = $1 ORDER BY to_id", id)
		if err != nil {
			return "", nil, err
		}
		delete(heads, "")
		if len(stored) != len(heads) {
			problems = append(problems, fmt.Sprintf("has %d links, but its content names %d", len(stored), len(heads)))
		}
	}
	if k.Alert != nil {
		alert, err := k.Alert(ctx, rec)
		if err != nil {
			return "", nil, err
		}
		if alert != rec.Base().Alert {
			problems = append(problems, fmt.Sprintf("shows the alert %q, but its content gives %q", rec.Base().Alert, alert))
		}
	}
	return content, problems, nil
}
