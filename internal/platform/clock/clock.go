// Package clock tells the domain what time it is.
//
// The clock governs the domain only: states, deadlines, what is overdue.
// Sessions, cookies, leases and HTTP use real time. The demo's clock starts on
// a given day and is moved forward by hand, never back.
package clock

import (
	"sync"
	"time"
	_ "time/tzdata" // deadlines are in Oslo time also where the machine has no zone files
)

// Clock gives the present moment in UTC, whole microseconds, which is what both
// databases keep.
type Clock interface {
	Now() time.Time
}

// Oslo is the zone in which deadlines and calendar days are read.
var Oslo = mustLoad("Europe/Oslo")

func mustLoad(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zone is embedded by lang; without it every deadline would be wrong
	}
	return loc
}

// Real is the machine's clock.
type Real struct{}

// Now gives the machine's time.
func (Real) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Movable is a clock that runs from a chosen moment and can be moved forward.
// It is safe for use by several goroutines.
type Movable struct {
	mu     sync.Mutex
	base   time.Time // domain time at anchor
	anchor time.Time // real time
	last   time.Time // what Now gave last: the clock never goes back
}

// NewMovable starts a clock at the moment given.
func NewMovable(at time.Time) *Movable {
	return &Movable{base: at.UTC(), anchor: time.Now()}
}

// Now gives the domain's time, never earlier than it gave before.
func (m *Movable) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.base.Add(time.Since(m.anchor)).Truncate(time.Microsecond)
	if t.Before(m.last) {
		t = m.last
	}
	m.last = t
	return t
}

// Forward moves the clock to the moment given. An earlier moment changes nothing.
func (m *Movable) Forward(to time.Time) {
	now := m.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if to.After(now) {
		m.base, m.anchor = to.UTC(), time.Now()
	}
}

// Day gives the calendar day in Oslo at the moment t, as midnight UTC, the form
// in which Funn keeps days that have no time of day.
func Day(t time.Time) time.Time {
	y, m, d := t.In(Oslo).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Days counts whole calendar days from a to b in Oslo.
func Days(a, b time.Time) int {
	return int(Day(b).Sub(Day(a)).Hours() / 24)
}
