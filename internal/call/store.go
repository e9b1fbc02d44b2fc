package call

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/record"
)

// LedTo gives the records that came of a call, such as its projects, as far as
// the context's actor may read them, by number.
func (s *Service) LedTo(ctx context.Context, id string) ([]record.Head, error) {
	e := s.Kind.Engine()
	ids, err := db.All[string](ctx, e.DB, "SELECT DISTINCT from_id FROM record_link WHERE to_id = $1 ORDER BY from_id", id)
	if err != nil {
		return nil, fmt.Errorf("what came of call %s: %w", id, err)
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
