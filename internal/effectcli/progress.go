package effectcli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"funn/effect"
	"funn/effect/report"
)

const (
	// patience is how long work may take before it tells how far it has come.
	patience = 2 * time.Second
	// pause is the time between two tellings.
	pause = 2 * time.Second
)

// progress tells on standard error how far a run has come.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	l     report.Language
	clock func() time.Time
	next  time.Time
	last  int64
	scan  int
}

func newProgress(w io.Writer, l report.Language, clock func() time.Time) *progress {
	return &progress{w: w, l: l, clock: clock, next: clock().Add(patience), scan: 1}
}

// report is called with every step; it writes seldom.
func (p *progress) report(at effect.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.Rows < p.last {
		p.scan++ // the rows begin anew
	}
	p.last = at.Rows
	now := p.clock()
	if now.Before(p.next) {
		return
	}
	p.next = now.Add(pause)
	rows := p.l.Number(float64(at.Rows), 0)
	if at.Total > 0 && at.Rows <= at.Total {
		fmt.Fprintf(p.w, p.l.Pick("… gjennomlesing %d: %s av %s rader (%d %%)\n", "… scan %d: %s of %s rows (%d%%)\n"),
			p.scan, rows, p.l.Number(float64(at.Total), 0), 100*at.Rows/at.Total)
		return
	}
	fmt.Fprintf(p.w, p.l.Pick("… gjennomlesing %d: %s rader\n", "… scan %d: %s rows\n"), p.scan, rows)
}
