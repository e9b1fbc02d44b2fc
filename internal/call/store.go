package call

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// LedTo gives the records that came of a call, such as its projects, as far as
// the context's actor may read them, by number.
func (s *Service) LedTo(ctx context.Context, id string) ([]record.Head, error) {
	return s.linked(ctx, id, "comes_from")
}

// Meetings gives the meetings that decide on the applications of a call, as far as the
// context's actor may read them, by number.
func (s *Service) Meetings(ctx context.Context, id string) ([]record.Head, error) {
	return s.linked(ctx, id, "decides_on")
}

func (s *Service) linked(ctx context.Context, id, rel string) ([]record.Head, error) {
	e := s.Kind.Engine()
	ids, err := db.All[string](ctx, e.DB, "SELECT DISTINCT from_id FROM record_link WHERE to_id = $1 AND rel = $2 ORDER BY from_id", id, rel)
	if err != nil {
		return nil, fmt.Errorf("what is linked to call %s: %w", id, err)
	}
	heads, err := e.Heads(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]record.Head, 0, len(heads))
	for _, h := range heads {
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b record.Head) int { return strings.Compare(a.Number, b.Number) })
	return out, nil
}

// List gives the calls that the context's actor may read, the latest first.
func (s *Service) List(ctx context.Context) ([]*Call, error) {
	return s.Kind.List(ctx, db.Where{}, "b.plan_year DESC, r.title_sort DESC, r.number DESC", 0, 0)
}

// Seen gives the calls on a theme (any, when empty) that the context's actor may
// know of, by number: whole where they may read the call, otherwise as everybody
// knows it.
func (s *Service) Seen(ctx context.Context, theme string) ([]*Call, error) {
	list, err := s.Known(ctx)
	if access.From(ctx).Staff {
		list, err = s.Kind.List(ctx, db.Where{}, "r.number", 0, 0)
	}
	return slices.DeleteFunc(list, func(c *Call) bool { return theme != "" && c.Theme != theme }), err
}

// Known gives the calls that everybody knows of, as they know them, by number.
func (s *Service) Known(ctx context.Context) ([]*Call, error) {
	all, err := s.Kind.List(access.With(ctx, access.System), db.Where{}, "r.number", 0, 0)
	if err != nil {
		return nil, err
	}
	var out []*Call
	for _, c := range all {
		if shown, ok := c.Shown(); ok {
			out = append(out, shown)
		}
	}
	return out, nil
}

// BySlug gives a call as everybody knows it, by what stands last in its public
// address, or by its number. NotFound when nobody has been told of it.
func (s *Service) BySlug(ctx context.Context, slug string) (*Call, error) {
	list, err := s.Kind.List(access.With(ctx, access.System), *new(db.Where).And("b.slug = ? OR r.number = ?", slug, slug), "r.number", 1, 0)
	if err != nil {
		return nil, err
	}
	if len(list) == 1 {
		if shown, ok := list[0].Shown(); ok {
			return shown, nil
		}
	}
	return nil, fault.Missing()
}

// taken says whether a call has the slug.
func (s *Service) taken(ctx context.Context, slug string) (bool, error) {
	n, err := db.One[int](ctx, s.Kind.Engine().DB, "SELECT count(*) FROM call WHERE slug = $1", slug)
	if err != nil {
		return false, fmt.Errorf("address %s of a call: %w", slug, err)
	}
	return n > 0, nil
}

// held gives the call's state and holds it so until the transaction ends: closing
// takes the same row for itself. SQLite has one writer at a time, who is this one.
func (s *Service) held(ctx context.Context, id string) (string, error) {
	d := s.Kind.Engine().DB
	query := "SELECT state FROM record WHERE id = $1"
	if d.Dialect == db.Postgres {
		query += " FOR SHARE"
	}
	return db.One[string](ctx, d, query, id)
}

// callPart is a part of a key on its way to its holder, or from them.
type callPart struct {
	Call    string `db:"call"`
	Person  string `db:"person"`
	Purpose string `db:"purpose"`
	Box     []byte `db:"box"`
}

func (p callPart) context() string { return p.Call + " " + p.Person + " " + p.Purpose }

// removeParts removes the part, or all of the call's when no person is named, and
// gives what was removed.
func removeParts(ctx context.Context, d *db.DB, p callPart) ([][]byte, error) {
	boxes, err := db.All[[]byte](ctx, d, "DELETE FROM call_part WHERE call = $1 AND ($2 = '' OR person = $2 AND purpose = $3) RETURNING box", p.Call, p.Person, p.Purpose)
	if err != nil {
		return nil, fmt.Errorf("parts of the key of call %s: %w", p.Call, err)
	}
	return boxes, nil
}

// Reseal seals anew, with the secret, the parts of keys that the former one sealed. It
// gives how many, and how many neither opens.
func (s *Service) Reseal(ctx context.Context, former seal.Secret) (renewed, lost int, err error) {
	d := s.Kind.Engine().DB
	parts, err := db.All[callPart](ctx, d, "SELECT "+db.Columns[callPart]("")+" FROM call_part ORDER BY call, person, purpose")
	if err != nil {
		return 0, 0, fmt.Errorf("parts of keys to be sealed anew: %w", err)
	}
	for _, p := range parts {
		box, changed, err := s.Secret.Renew(former, partPurpose, p.context(), p.Box)
		switch {
		case err != nil:
			lost++
		case changed:
			renewed++
			if _, err := d.Exec(ctx, "UPDATE call_part SET box = $4 WHERE call = $1 AND person = $2 AND purpose = $3", p.Call, p.Person, p.Purpose, box); err != nil {
				return renewed, lost, fmt.Errorf("seal a part of a key anew: %w", err)
			}
		}
	}
	return renewed, lost, nil
}

// Keyed says whether there are calls with a key that still take something, or whose
// key is yet to be used.
func (s *Service) Keyed(ctx context.Context) (bool, error) {
	n, err := s.Kind.Count(access.With(ctx, access.System), *new(db.Where).And("CAST(b.call_key AS TEXT) <> 'null'").In("r.state", Draft, Approved, Open1, Assessment1, Open2))
	return n > 0, err
}

// openingRow is how far an opening has come, and when the program that is at it was
// last seen.
type openingRow struct {
	Call  string    `db:"call"`
	Stage string    `db:"stage"`
	Done  int       `db:"done"`
	Total int       `db:"total"`
	Alive time.Time `db:"alive"`
}

func openingOf(ctx context.Context, d *db.DB, call, stage string) (row openingRow, begun bool, err error) {
	rows, err := db.All[openingRow](ctx, d, "SELECT "+db.Columns[openingRow]("")+" FROM call_opening WHERE call = $1 AND stage = $2", call, stage)
	if err != nil || len(rows) == 0 {
		return row, false, err
	}
	return rows[0], true, nil
}

func keepOpening(ctx context.Context, d *db.DB, row openingRow) error {
	_, err := d.Exec(ctx, `INSERT INTO call_opening (call, stage, done, total, alive) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (call, stage) DO UPDATE SET done = excluded.done, total = excluded.total, alive = excluded.alive`, row.Call, row.Stage, row.Done, row.Total, row.Alive)
	return err
}
