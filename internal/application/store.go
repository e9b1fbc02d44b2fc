package application

import (
	"context"
	"fmt"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
)

// CasesOf gives a call's sketches or applications by number, whoever asks: for what
// follows from them. Pages show them only as far as the reader may see each.
func (s *Service) CasesOf(ctx context.Context, callID, kind string) ([]*Submission, error) {
	list, err := s.Of(kind).List(access.With(ctx, access.System), *new(db.Where).And("b.call = ?", callID), "r.number", 0, 0)
	if err != nil {
		return nil, fmt.Errorf("cases of call %s: %w", callID, err)
	}
	return list, nil
}

// LockCall makes whoever decides on another case of the call wait until this
// transaction is over. SQLite has one writer anyway.
func (s *Service) LockCall(ctx context.Context, callID string) error {
	d := s.Applications.Engine().DB
	if d.Dialect != db.Postgres {
		return nil
	}
	_, err := db.One[string](ctx, d, "SELECT id FROM record WHERE id = $1 FOR UPDATE", callID)
	if err != nil {
		return fmt.Errorf("lock call %s: %w", callID, err)
	}
	return nil
}

// Lock lets nobody else change who deals with the case until the context's
// transaction is over. On SQLite the transaction itself does so.
func (s *Service) Lock(ctx context.Context, id string) error {
	d := s.Sketches.Engine().DB
	if d.Dialect != db.Postgres {
		return nil
	}
	_, err := db.One[string](ctx, d, "SELECT id FROM submission WHERE id = $1 FOR UPDATE", id)
	return err
}
