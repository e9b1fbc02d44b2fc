package decision

import (
	"context"
	"fmt"
	"time"

	"funn/internal/application"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
)

// of gives the meetings on a call in one of the states, whoever asks.
func (s *Service) of(ctx context.Context, callID string, states ...string) ([]*Meeting, error) {
	list, err := s.Meetings.List(access.With(ctx, access.System), *new(db.Where).And("b.call = ?", callID).In("r.state", states...), "r.number", 0, 0)
	if err != nil {
		return nil, fmt.Errorf("meetings on call %s: %w", callID, err)
	}
	return list, nil
}

// inForce gives what was set of a letter's text in the interface and holds on the
// day; nil when the program's own does.
func (s *Service) inForce(ctx context.Context, code string, day time.Time) (*LetterText, error) {
	list, err := s.Texts.List(access.With(ctx, access.System),
		*new(db.Where).And("b.code = ? AND b.valid_from <= ? AND r.state = ?", code, day, InForce), "b.valid_from DESC, r.number DESC", 1, 0)
	if err != nil {
		return nil, fmt.Errorf("text of letter %s: %w", code, err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list[0], nil
}

// projectOf gives the id of the project that an application led to; NotFound when it
// led to none.
func (s *Service) projectOf(ctx context.Context, applicationID string) (string, error) {
	ids, err := db.All[string](ctx, s.Meetings.Engine().DB,
		"SELECT l.from_id FROM record_link l JOIN record r ON r.id = l.from_id WHERE l.to_id = $1 AND r.kind = 'project' ORDER BY l.from_id DESC", applicationID)
	if err != nil {
		return "", fmt.Errorf("project of application %s: %w", applicationID, err)
	}
	if len(ids) == 0 {
		return "", fault.Missing()
	}
	return ids[0], nil
}

// dealt gives those who have done something with the case or its call, the case first,
// the latest first: among them always whoever tells of the award.
func (s *Service) dealt(ctx context.Context, x *application.Submission) ([]string, error) {
	var out []string
	for _, id := range []string{x.ID, x.Call} {
		ids, err := db.All[string](ctx, s.Meetings.Engine().DB, "SELECT actor_id FROM event WHERE record_id = $1 ORDER BY n DESC", id)
		if err != nil {
			return nil, fmt.Errorf("who has dealt with %s: %w", x.Number, err)
		}
		out = append(out, ids...)
	}
	return out, nil
}
