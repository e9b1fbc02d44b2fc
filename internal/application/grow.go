package application

import (
	"context"

	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/record"
)

// Grow makes an application of an invited sketch, in the form of the second stage
// with what the sketch said. One sketch grows into one application. When applications
// are no longer taken, as after a complaint that was right, it is assessed at once, by
// what the sketch says; what is missing is asked for as mending.
func (s *Service) Grow(ctx context.Context, sketch *Submission) (*Submission, error) {
	ctx = access.With(ctx, access.System)
	if sketch.State != Invited {
		return nil, fault.New(fault.Conflict, "error.wrong_state")
	}
	var x *Submission
	err := s.db().Tx(ctx, func(ctx context.Context) error {
		grown, err := s.GrownFrom(ctx, sketch)
		if err != nil || grown != nil {
			x = grown
			return err
		}
		x, err = s.Applications.Create(ctx, "grow", record.Input{}, func(a *Submission) {
			a.Number = s.RandomNumber(Application)
			a.Title, a.Lang, a.Call, a.Sketch = a.Number, sketch.Lang, sketch.Call, sketch.ID
			a.Applicant, a.CoAuthors.V = sketch.Applicant, sketch.CoAuthors.V
		})
		if err != nil || sketch.Content.V == nil {
			return err
		}
		of, err := s.CallOf(ctx, x)
		if err != nil {
			return err
		}
		if s.tooLate(ctx, of) {
			x, err = s.Applications.Do(context.WithValue(ctx, openedKey{}, sketch.Content.V), x.ID, "carry_over", record.Input{})
			return err
		}
		return s.fill(ctx, x, Write(of, Application, *sketch.Content.V))
	})
	return x, err
}

// tooLate says whether nobody can write an application in the call any more.
func (s *Service) tooLate(ctx context.Context, of *call.Call) bool {
	return of.Ended(Application, s.Applications.Engine().Now(ctx)) || of.Stage() == Application && of.State != call.Open2
}

// GrownFrom gives the application that grew from a sketch, as far as the context's
// actor may see it; nil when there is none.
func (s *Service) GrownFrom(ctx context.Context, sketch *Submission) (*Submission, error) {
	list, err := s.Applications.List(ctx, grownFrom(sketch.ID), "r.id", 1, 0)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// fill writes a draft for its applicants.
func (s *Service) fill(ctx context.Context, x *Submission, w Written) error {
	for part, v := range w.Values {
		if _, err := s.put(ctx, x, part, 1, sealedPart{Values: v}); err != nil {
			return err
		}
	}
	if len(w.Files) == 0 {
		return nil
	}
	for _, f := range w.Files {
		if err := s.noteFile(ctx, x.ID, f.Stored); err != nil {
			return err
		}
	}
	_, err := s.put(ctx, x, filesPart, 1, sealedPart{Files: w.Files})
	return err
}
