package application

import (
	"context"

	"funn/internal/platform/access"
	"funn/internal/platform/record"
)

// Grow begins the application of a sketch that was invited: a draft of the same
// people's.
func (s *Service) Grow(ctx context.Context, sketch *Submission) (*Submission, error) {
	return s.Applications.Create(access.With(ctx, access.System), "grow", record.Input{}, func(x *Submission) {
		x.Number = s.RandomNumber(Application)
		x.Title, x.Call, x.Sketch, x.Applicant, x.CoAuthors, x.Lang = x.Number, sketch.Call, sketch.ID, sketch.Applicant, sketch.CoAuthors, sketch.Lang
	})
}
