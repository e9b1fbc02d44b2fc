package application

import (
	"context"

	"funn/internal/platform/seal"
)

// Sealed says whether something lies sealed with the secret.
func (s *Service) Sealed(ctx context.Context) (bool, error) {
	boxes, err := s.boxes(ctx)
	return len(boxes) > 0, err
}

// Reseal seals anew, with the secret, the drafts and copies that the former one
// sealed. It gives how many, and how many neither opens.
func (s *Service) Reseal(ctx context.Context, former seal.Secret) (renewed, lost int, err error) {
	boxes, err := s.boxes(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, b := range boxes {
		// One at a time: all of them may be more than the memory holds.
		sealed, err := s.box(ctx, b)
		if err != nil {
			return renewed, lost, err
		}
		purpose, in := draftPurpose, draftContext(b.Submission, b.Part)
		if b.N > 0 {
			purpose, in = copyPurpose, sealContext(b.Submission, b.N)
		}
		out, changed, err := s.secret.Renew(former, purpose, in, sealed)
		switch {
		case err != nil:
			lost++
		case changed:
			renewed++
			if err := s.putBox(ctx, b, out); err != nil {
				return renewed, lost, err
			}
		}
	}
	return renewed, lost, nil
}
