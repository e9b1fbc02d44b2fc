package assessment

import (
	"context"
	"fmt"
	"slices"

	"funn/internal/application"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
)

// of gives all assessments of a case, whoever asks, the first asked first.
func (s *Service) of(ctx context.Context, caseIDs ...string) ([]*Assessment, error) {
	var out []*Assessment
	for chunk := range slices.Chunk(caseIDs, 500) {
		list, err := s.Kind.List(system(ctx), *new(db.Where).In("b.submission", chunk...), "r.created, r.id", 0, 0)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// Of gives the assessments of cases that the context's actor may read, the first
// asked first.
func (s *Service) Of(ctx context.Context, caseIDs ...string) ([]*Assessment, error) {
	var out []*Assessment
	for chunk := range slices.Chunk(caseIDs, 500) {
		list, err := s.Kind.List(ctx, *new(db.Where).In("b.submission", chunk...), "r.created, r.id", 0, 0)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// consensusOf gives what is come to together of a case, whoever asks; nil when
// nothing is yet.
func (s *Service) consensusOf(ctx context.Context, caseID string) (*Consensus, error) {
	list, err := s.Consensuses.List(system(ctx), *new(db.Where).And("b.submission = ?", caseID), "r.id", 1, 0)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// hands gives those who wrote what is come to together of a case, who put it forward
// last and who agreed to it last.
func (s *Service) hands(ctx context.Context, r *Consensus) ([]string, error) {
	out, err := db.All[string](ctx, s.Kind.Engine().DB, `
		SELECT e.actor_id FROM event e WHERE e.record_id = $1 AND e.command IN ('propose', 'agree')
		  AND e.n = (SELECT max(m.n) FROM event m WHERE m.record_id = e.record_id AND m.command = e.command)`, r.ID)
	if err != nil {
		return nil, fmt.Errorf("who had a hand in consensus %s: %w", r.Number, err)
	}
	for _, a := range r.Scores.V {
		out = append(out, a.By)
	}
	return out, nil
}

// consensuses gives what is come to together of cases, by case, whoever asks.
func (s *Service) consensuses(ctx context.Context, caseIDs []string) (map[string]*Consensus, error) {
	out := map[string]*Consensus{}
	for chunk := range slices.Chunk(caseIDs, 500) {
		list, err := s.Consensuses.List(system(ctx), *new(db.Where).In("b.submission", chunk...), "r.id", 0, 0)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			out[r.Case] = r
		}
	}
	return out, nil
}

// casesOf gives the cases with the ids that the context's actor may read.
func (s *Service) casesOf(ctx context.Context, ids []string) ([]*application.Submission, error) {
	var out []*application.Submission
	for _, k := range s.cases.Kinds() {
		for chunk := range slices.Chunk(ids, 500) {
			list, err := k.List(ctx, *new(db.Where).In("r.id", chunk...), "r.id", 0, 0)
			if err != nil {
				return nil, err
			}
			out = append(out, list...)
		}
	}
	return out, nil
}

// CasesOf gives the sketches or the applications of a call that the context's actor
// may read and deal with, by number. Before they are opened nobody has any.
func (s *Service) CasesOf(ctx context.Context, callID, kind string) ([]*application.Submission, error) {
	list, err := s.cases.Of(kind).List(ctx, *new(db.Where).And("b.call = ?", callID).Flag("r.flags", application.Opened), "r.number", 0, 0)
	if err != nil {
		return nil, err
	}
	actor := access.From(ctx)
	return slices.DeleteFunc(list, func(x *application.Submission) bool { return !insider(actor, x) }), nil
}

// ConsensusOf is what is come to together of a case, if the context's actor may read
// it; nil when they may not, or when there is none.
func (s *Service) ConsensusOf(ctx context.Context, caseID string) (*Consensus, error) {
	list, err := s.Consensuses.List(ctx, *new(db.Where).And("b.submission = ?", caseID), "r.id", 1, 0)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// set writes what an assessment follows from. Nothing is done to the assessment
// itself, so there is no event of it: a history that grew with the others' work
// would tell of it.
func (s *Service) set(ctx context.Context, a *Assessment, owner string, over bool, kept, peers []string) error {
	if a.Owner == owner && a.Over == over && slices.Equal(a.KeptOut.V, kept) && slices.Equal(a.Peers.V, peers) {
		return nil
	}
	_, err := s.Kind.Engine().DB.Exec(ctx, "UPDATE assessment SET owner = $1, over = $2, kept_out = $3, peers = $4 WHERE id = $5",
		owner, over, db.JSON[[]string]{V: kept}, db.JSON[[]string]{V: peers}, a.ID)
	if err != nil {
		return fmt.Errorf("who may read assessment %s: %w", a.Number, err)
	}
	return s.Kind.Renew(ctx, a.ID)
}

func (s *Service) setConsensus(ctx context.Context, r *Consensus, owner string, kept []string) error {
	if r.Owner == owner && slices.Equal(r.KeptOut.V, kept) {
		return nil
	}
	_, err := s.Kind.Engine().DB.Exec(ctx, "UPDATE consensus SET owner = $1, kept_out = $2 WHERE id = $3", owner, db.JSON[[]string]{V: kept}, r.ID)
	if err != nil {
		return fmt.Errorf("who may read consensus %s: %w", r.Number, err)
	}
	return s.Consensuses.Renew(ctx, r.ID)
}
