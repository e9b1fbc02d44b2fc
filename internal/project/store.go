package project

import (
	"context"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
)

// Answering gives the projects that answer a need, whoever asks.
func (s *Service) Answering(ctx context.Context, needID string) ([]*Project, error) {
	var w db.Where
	w.And("EXISTS (SELECT 1 FROM record_link l WHERE l.from_id = r.id AND l.to_id = ? AND l.rel = 'answers')", needID)
	return s.Kind.List(access.With(ctx, access.System), w, "r.number", 0, 0)
}
