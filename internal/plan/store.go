package plan

import (
	"context"

	"funn/internal/platform/db"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

func (s *Service) versionFree(ctx context.Context, _ *Plan, in form.Values) (v record.Verdict, err error) {
	if !in.Has("version") {
		return v, nil
	}
	n, err := db.One[int](ctx, s.Plans.Engine().DB, "SELECT count(*) FROM record WHERE number = $1", in.String("version"))
	if n > 0 {
		v.Block("plan.version_taken", "version", in.String("version"))
	}
	return v, err
}
