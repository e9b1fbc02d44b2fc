package application

import (
	"context"

	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

// openCalls gives the calls that take sketches now.
func (s *Service) openCalls(ctx context.Context, _ any) ([]form.Option, error) {
	list, err := s.calls.Known(ctx)
	if err != nil {
		return nil, err
	}
	var out []form.Option
	for _, c := range list {
		if c.State == call.Open1 && !c.Over(s.calls.Kind.Engine().Now(ctx)) {
			out = append(out, form.Option{Value: c.ID, Label: c.Title})
		}
	}
	return out, nil
}

// start makes a sketch that nobody but the applicant knows of.
func (s *Service) start(ctx context.Context, c *record.Change[*Submission]) error {
	x := c.Rec
	x.Number = s.RandomNumber(Sketch)
	x.Title, x.Call, x.Applicant = x.Number, c.In.String("call"), c.Actor.ID
	return nil
}

// CallOf gives the call of a submission, whoever asks: those who may see the
// submission may know what it answers.
func (s *Service) CallOf(ctx context.Context, x *Submission) (*call.Call, error) {
	return s.calls.Kind.Get(access.With(ctx, access.System), x.Call)
}

// Find gives the sketch or the application with the id, if the context's actor may
// see it.
func (s *Service) Find(ctx context.Context, id string) (*Submission, error) {
	x, err := s.Sketches.Get(ctx, id)
	if fault.Of(err) == fault.NotFound {
		return s.Applications.Get(ctx, id)
	}
	return x, err
}
