// Package call holds the open calls in which researchers apply for grants (FP
// §5.2): what a call asks for, on which terms, by when and how it is judged, who
// agreed to that, and how far it has come.
//
// A call is set up here, approved by two, and opens and closes by itself at its
// exact times. What follows is steps that its cases let it take, and its numbers are
// counted from them. Calls from before Funn are told of instead.
package call

import (
	"cmp"
	"embed"
	"net/url"
	"slices"
	"time"

	"funn/internal/platform/db"
	"funn/internal/platform/lang"
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

// Public is the flag of a cancelled call that everybody was able to read before. A
// draft that is cancelled was never told of, and is not told of then.
const Public = "public"

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

	Slug            string                   `db:"slug" json:",omitzero"`           // of its public address; empty for one from before, which has its number there
	Owner           string                   `db:"owner" json:",omitzero"`          // subject owner, who answers for the content
	Needs           db.JSON[[]string]        `db:"needs" json:",omitzero"`          // ids of the needs that it is to answer
	MaxMonths       int                      `db:"max_months" json:",omitzero"`     // how long a project may last; 0 when not told
	MonthsReason    string                   `db:"months_reason" json:",omitzero"`  // why longer than the plan's three years
	Presentations   int                      `db:"presentations" json:",omitzero"`  // how often a project presents its results to Nav
	Texts           db.JSON[map[string]Text] `db:"texts" json:",omitzero"`          // by language tag
	Criteria        db.JSON[[]Criterion]     `db:"criteria" json:",omitzero"`       // in the order that they were made
	DeadlineClock   string                   `db:"deadline_clock" json:",omitzero"` // time of day of the deadline in Oslo, 15:04:05; empty when not told
	Answer          db.JSON[When]            `db:"answer" json:",omitzero"`         // to the sketches
	ApplicationsDue db.JSON[When]            `db:"applications_due" json:",omitzero"`
	Decision        db.JSON[When]            `db:"decision" json:",omitzero"`
	Starts          db.JSON[When]            `db:"starts" json:",omitzero"`    // when the projects are expected to
	Announced       db.JSON[*Announcement]   `db:"announced" json:",omitzero"` // what everybody was told before it became a draft
	ContentBy       string                   `db:"content_by" json:",omitzero"`
	ContentAt       time.Time                `db:"content_at" json:",omitzero"` // when the subject owner approved the content as it is; zero when not
	Extensions      db.JSON[[]Extension]     `db:"extensions" json:",omitzero"`
	CancelBy        string                   `db:"cancel_by" json:",omitzero"` // who proposed to cancel it; empty when nobody has
	CancelReason    string                   `db:"cancel_reason" json:",omitzero"`
	Form            db.JSON[[]Part]          `db:"form" json:",omitzero"` // what applicants are asked; nil for a call from before, see Parts

	ApplicationsClock string                        `db:"applications_clock" json:",omitzero"` // time of day of ApplicationsDue, as DeadlineClock
	Key               db.JSON[*Key]                 `db:"call_key" json:",omitzero"`           // nil until its holders are named
	Shut              db.JSON[map[string]time.Time] `db:"shut" json:",omitzero"`               // by stage: when its deadline was first seen to have passed
	Openings          db.JSON[map[string]Opening]   `db:"openings" json:",omitzero"`           // by stage
	AppealBody        string                        `db:"appeal_body" json:",omitzero"`        // one of AppealBodies; empty means the first
	Feedback          string                        `db:"feedback" json:",omitzero"`           // one of Feedbacks; empty means the first
}

// Text is what a call says in one language form.
type Text struct {
	Title        string `json:"title,omitempty"` // empty where the head's title is meant
	Purpose      string `json:"purpose,omitempty"`
	Eligible     string `json:"eligible,omitempty"` // who may apply
	Requirements string `json:"requirements,omitempty"`
	Assessed     string `json:"assessed,omitempty"` // how we assess
	Apply        string `json:"apply,omitempty"`    // how to apply
	Contact      string `json:"contact,omitempty"`
}

// Who settles complaints about a call's decisions (requirements 3.3), none of them
// about what they had a part in themselves.
const (
	OthersSettle     = "others" // the committee what the section decided, and the section what the committee did
	SectionSettles   = "section"
	CommitteeSettles = "committee"
)

// AppealBodies are all of them.
var AppealBodies = []string{OthersSettle, SectionSettles, CommitteeSettles}

// What applicants read of the assessments once they are told: what was written to be
// shared, or the scores with it.
const (
	TextsReleased  = "texts"
	ScoresReleased = "scores"
)

// Feedbacks are all of them.
var Feedbacks = []string{TextsReleased, ScoresReleased}

// whole says whether nothing is missing but perhaps the title.
func (t Text) whole() bool {
	return !slices.Contains([]string{t.Purpose, t.Eligible, t.Requirements, t.Assessed, t.Apply, t.Contact}, "")
}

// Who assesses by a criterion: the subject owner judges relevance and use, the R&D
// section quality and design (FP §5.2, §8.2).
const (
	ByOwner   = "subject_owner"
	BySection = "section"
)

// Principles are those of the plan, which every assessment covers (FP §3; A5).
var Principles = []string{"relevance", "quality", "impact"}

// Criterion is one of the things that sketches are judged by.
type Criterion struct {
	ID         int               `json:"id"`
	Names      map[string]string `json:"names"` // by language tag; both language forms, and perhaps English
	Meanings   map[string]string `json:"meanings"`
	Weight     int               `json:"weight"`     // percent of the whole
	Principles []string          `json:"principles"` // of the plan that it covers
	Assessor   string            `json:"assessor"`   // ByOwner or BySection
}

// In gives the criterion's name and meaning in the language, or else in bokmål,
// and the language that they are in.
func (c Criterion) In(tag lang.Tag) (name, meaning string, in lang.Tag) {
	if c.Names[string(tag)] == "" || c.Meanings[string(tag)] == "" {
		tag = lang.NB
	}
	return c.Names[string(tag)], c.Meanings[string(tag)], tag
}

// Announcement is what everybody knew of a planned call when work on its draft
// began. The draft changes nothing of it: what is told stays told until it opens.
type Announcement struct {
	Title    string `json:"title"`
	Lang     string `json:"lang"`
	Theme    string `json:"theme,omitempty"`
	PlanYear int    `json:"plan_year,omitempty"`
	Note     string `json:"note,omitempty"`
	FrameOre int64  `json:"frame_ore"`
	Opened   When   `json:"opened"`
	Deadline When   `json:"deadline"`
}

// Extension is a deadline that was moved, for everybody to read.
type Extension struct {
	At     time.Time `json:"at"`
	From   time.Time `json:"from"` // the moments of the deadline before and after
	To     time.Time `json:"to"`
	Reason string    `json:"reason"`
}

// TitleIn gives the call's title in the language if it has one, and the language
// that it is in.
func (c *Call) TitleIn(tag lang.Tag) (string, lang.Tag) {
	if t := c.Texts.V[string(tag)]; t.Title != "" {
		return t.Title, tag
	}
	return c.Title, lang.Tag(c.Lang)
}

// TextIn gives what the call says in the language, or in the first other that it is
// whole in, and which that is; ok is false when it says nothing yet.
func (c *Call) TextIn(tag lang.Tag) (text Text, in lang.Tag, ok bool) {
	for _, t := range append([]lang.Tag{tag}, lang.Tags...) {
		if text, ok = c.Texts.V[string(t)]; ok && text.whole() {
			return text, t, true
		}
	}
	text, ok = c.Texts.V[string(tag)]
	return text, tag, ok
}

// OpensAt gives the moment at which the call opens: when the day begins in Oslo.
// Zero when the day is not known.
func (c *Call) OpensAt() time.Time {
	if !c.Opened.V.Exact() {
		return time.Time{}
	}
	t, _ := Moment(c.Opened.V.From, "00:00:00")
	return t
}

// ClosesAt gives the last moment at which a sketch is in time. Zero when the day or
// the time of day is not known.
func (c *Call) ClosesAt() time.Time {
	if !c.Deadline.V.Exact() {
		return time.Time{}
	}
	t, _ := Moment(c.Deadline.V.From, c.DeadlineClock)
	return t
}

// Over says whether the deadline of the sketches has passed at the moment.
func (c *Call) Over(now time.Time) bool { return c.Ended(Stage1, now) }

// PublicURL gives the address at which everybody reads of the call, if they may.
func (c *Call) PublicURL() string {
	return "/kunnskap/utlysning/" + url.PathEscape(cmp.Or(c.Slug, c.Number))
}

// Shown gives the call as everybody may know of it: whole once it is open, before
// that as it was announced. ok is false for one that nobody has been told of.
func (c *Call) Shown() (shown *Call, ok bool) {
	hidden := c.State == Draft || c.State == Approved || c.State == Cancelled && !c.HasFlag(Public)
	if !hidden {
		copied := *c
		copied.ContentBy, copied.CancelBy, copied.Owner = "", "", ""
		copied.Key.V, copied.Openings.V = nil, nil
		if c.State != Cancelled {
			copied.CancelReason = "" // proposed, and not decided
		}
		return &copied, true
	}
	a := c.Announced.V
	if a == nil {
		return nil, false
	}
	shown = newCall()
	shown.Head = record.Head{
		ID: c.ID, Kind: c.Kind, Number: c.Number, Title: a.Title, Lang: a.Lang, State: Planned, StateSince: c.StateSince,
		Example: c.Example, Source: c.Source, Created: c.Created, Updated: c.Created,
	}
	shown.Slug, shown.Theme, shown.PlanYear, shown.Note, shown.FrameOre = c.Slug, a.Theme, a.PlanYear, a.Note, a.FrameOre
	shown.Opened.V, shown.Deadline.V = a.Opened, a.Deadline
	if c.State == Cancelled {
		shown.State, shown.CancelReason = Cancelled, c.CancelReason
	}
	return shown, true
}

// Told says whether the call's statistics may be shown: the awards are public, so
// that no number gives away what is not decided.
func (c *Call) Told() bool { return c.State == Announced || c.State == Closed }

// newCall makes a call about which nothing has been told.
func newCall() *Call {
	return &Call{FrameOre: Unknown, AwardedOre: Unknown, Sketches: Unknown, Invited: Unknown, Applications: Unknown, Awards: Unknown}
}
