package commission

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"funn/internal/platform/db"
	"funn/internal/platform/record"
)

// CalledOff gives the records that were commissioned under an agreement, as far
// as the context's actor may read them, by number.
func (s *Service) CalledOff(ctx context.Context, id string) ([]record.Head, error) {
	e := s.Kind.Engine()
	ids, err := db.All[string](ctx, e.DB, "SELECT DISTINCT from_id FROM record_link WHERE to_id = $1 ORDER BY from_id", id)
	if err != nil {
		return nil, fmt.Errorf("what was commissioned under agreement %s: %w", id, err)
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
