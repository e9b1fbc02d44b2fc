package need

import (
	"context"
	"fmt"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
)

// Units gives the paths of the units that have reported needs, as far as the
// context's actor may read them.
func (s *Service) Units(ctx context.Context) ([]string, error) {
	w := access.Scope(s.Kind.Read, access.From(ctx))
	w.And("r.kind = ? AND r.unit <> ''", s.Kind.Name)
	where, args := w.SQL()
	units, err := db.All[string](ctx, s.Kind.Engine().DB, "SELECT DISTINCT r.unit FROM record r "+where+" ORDER BY r.unit", args...)
	if err != nil {
		return nil, fmt.Errorf("units with needs: %w", err)
	}
	return units, nil
}
