package project

import (
	"context"
	"fmt"
	"sync"
	"time"

	"funn/internal/platform/db"
	"funn/internal/platform/event"
)

// memo keeps what has been counted of the portfolio until something happens to
// any record. Counting goes through every project; the portfolio is opened far
// more often than projects change.
type memo struct {
	mu   sync.Mutex
	last int64     // the latest event when it was counted
	at   time.Time // machine time, for the limit
	kept map[string]any
}

// Nothing is kept for longer: on PostgreSQL an event that was numbered early and
// committed late goes unnoticed until the next one.
const memoLimit = time.Minute

// memoSize is how many answers are kept; there is one for each filter and scope.
const memoSize = 500

// remember gives the answer to a question about the projects that the condition
// holds for: the kept one when nothing has happened since, or else a new one. The
// condition includes what the asker may read. Answers are shared and must not be
// changed.
func remember[T any](ctx context.Context, s *Service, question string, about db.Where, work func() (T, error)) (T, error) {
	d := s.Kind.Engine().DB
	if d.InTx(ctx) {
		return work() // what is not committed yet is nobody else's
	}
	last, err := event.Latest(ctx, d)
	if err != nil {
		var none T
		return none, fmt.Errorf("latest event: %w", err)
	}
	cond, args := about.Cond()
	key := fmt.Sprintf("%s\n%s\n%q", question, cond, args)
	if kept, ok := s.memo.get(key, last).(T); ok {
		return kept, nil
	}
	v, err := work()
	if err == nil {
		s.memo.put(key, last, v)
	}
	return v, err
}

func (m *memo) get(key string, last int64) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last != last || time.Since(m.at) > memoLimit {
		return nil
	}
	return m.kept[key]
}

// put keeps an answer that was worked out when last was the latest event. What
// has happened while it was worked out makes it too old to be found.
func (m *memo) put(key string, last int64, v any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last != last || len(m.kept) >= memoSize || time.Since(m.at) > memoLimit {
		if last < m.last {
			return
		}
		m.kept, m.last, m.at = map[string]any{}, last, time.Now()
	}
	m.kept[key] = v
}
