// Package call holds the open calls in which researchers apply for grants: their
// theme, frame and dates, how far they have come, and what they led to.
//
// The calls are linked records. Funn does not run them yet: whoever runs one
// tells here what state it is in and, afterwards, the statistics, so that the
// thread from a project leads back to the call that paid for it.
package call

import (
	"embed"
	"net/url"
	"slices"
	"time"

	"funn/internal/platform/db"
	"funn/internal/platform/record"
)

// Migrations hold the table call.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the kind's texts.
//
//go:embed messages/*.json
var Messages embed.FS

// The states of a call (requirements 3.2).
const (
	Planned     = "PLANLAGT"
	Draft       = "UTKAST"
	Approved    = "GODKJENT"
	Open1       = "ÅPEN_TRINN1"
	Assessment1 = "VURDERING_TRINN1"
	Open2       = "ÅPEN_TRINN2"
	Assessment2 = "VURDERING_TRINN2"
	Proposed    = "INNSTILT"
	Decided     = "BESLUTTET"
	Announced   = "OFFENTLIGGJORT"
	Closed      = "AVSLUTTET"
	Cancelled   = "AVLYST"
)

// Unknown is a count or an amount that nobody has told.
const Unknown = -1

// Call is an open call for grants in two stages: sketches, and applications from
// those who are invited (FP §5.2).
type Call struct {
	record.Head
	Theme        string        `db:"theme"`     // slug; empty when it has none
	PlanYear     int           `db:"plan_year"` // the year that it is planned for; 0 when not known
	Note         string        `db:"note"`      // what it is about, in the language of the head
	Opened       db.JSON[When] `db:"opened"`
	Deadline     db.JSON[When] `db:"deadline"`    // of the sketches
	FrameOre     int64         `db:"frame_ore"`   // at most this, over all years of the projects; Unknown when not told
	AwardedOre   int64         `db:"awarded_ore"` // sum of the awards; Unknown when not told
	AwardedNote  string        `db:"awarded_note"`
	Sketches     int           `db:"sketches"` // Unknown when not told, as the three below
	Invited      int           `db:"invited"`
	Applications int           `db:"applications"`
	Awards       int           `db:"awards"`
}

// When is a date as exactly as it is known: somewhere from From to To, both
// included, in the words of Text. The zero When is not known.
type When struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	Text string    `json:"text,omitempty"`
}

// Known says whether the date is known at all.
func (w When) Known() bool { return !w.From.IsZero() }

// Precision says how exactly the date is known: day, month, tertial (four
// months), season (a half-year as administrations use the word), year, range, or
// unknown.
func (w When) Precision() string {
	if !w.Known() {
		return "unknown"
	}
	from, to := w.From, w.To
	first, last := from.Day() == 1, to.AddDate(0, 0, 1).Day() == 1
	months := 12*(to.Year()-from.Year()) + int(to.Month()-from.Month()) + 1
	switch {
	case from.Equal(to):
		return "day"
	case !first || !last:
		return "range"
	case months == 1:
		return "month"
	case months == 4 && int(from.Month())%4 == 1:
		return "tertial"
	case months == 6 && from.Month() == time.January, months == 5 && from.Month() == time.August:
		return "season"
	case months == 12 && from.Month() == time.January:
		return "year"
	}
	return "range"
}

// Told says whether the call's statistics may be shown: the awards are public, so
// that no number gives away what is not decided.
func (c *Call) Told() bool { return c.State == Announced || c.State == Closed }

// Public says whether everybody may know of the call: a planned one too, but not
// one that is being prepared.
func Public(c *Call) bool { return !slices.Contains(hidden, c.State) }

// PublicURL gives the address at which everybody reads of it.
func (c *Call) PublicURL() string { return "/kunnskap/utlysning/" + url.PathEscape(c.Number) }

// newCall makes a call about which nothing has been told.
func newCall() *Call {
	return &Call{FrameOre: Unknown, AwardedOre: Unknown, Sketches: Unknown, Invited: Unknown, Applications: Unknown, Awards: Unknown}
}
