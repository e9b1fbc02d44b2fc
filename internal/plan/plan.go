// Package plan holds Nav's R&D plan: its versions, the themes on which knowledge
// is wanted, the goals that the knowledge serves, the principles that every
// assessment weighs, and the programme notes that go deeper into one theme each.
//
// The plan is rolled forward every year (FP §1). A theme belongs to the versions
// that name it, so that a project of an earlier period still shows the theme it
// was paid for under.
package plan

import (
	"embed"
	"slices"
	"time"

	"funn/internal/platform/db"
	"funn/internal/platform/record"
)

// Migrations hold the tables plan and programme_note.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the texts of both kinds.
//
//go:embed messages/*.json
var Messages embed.FS

// The states of a plan version.
const (
	Draft     = "UTKAST"
	Published = "PUBLISERT"
	Replaced  = "ERSTATTET"
)

// RevisionFlag marks a plan whose revision has been called for.
const RevisionFlag = "revisjon"

// Plan is one version of the R&D plan. Its Number is the years that it covers:
// "2021-2025".
type Plan struct {
	record.Head
	ValidFrom   time.Time            `db:"valid_from"`   // first day; zero when not known
	ValidTo     time.Time            `db:"valid_to"`     // last day; the next version moves it
	PublishedAt time.Time            `db:"published_at"` // zero when the sources do not say
	Note        string               `db:"note"`         // what the version is, in the language of the head
	Principles  db.JSON[[]Principle] `db:"principles"`
	Goals       db.JSON[[]Goal]      `db:"goals"`
	Themes      db.JSON[[]Theme]     `db:"themes"`
	Tags        db.JSON[[]Tag]       `db:"tags"`
	Annexes     db.JSON[[]Annex]     `db:"annexes"`
	Revision    db.JSON[Revision]    `db:"revision"`
	NextID      string               `db:"next_id,null"` // the version that has been begun after it
}

// ValidOn says whether the version is in force on the day: of the plan that is
// published, or was until another replaced it.
func (p *Plan) ValidOn(day time.Time) bool {
	return p.State != Draft && (p.ValidFrom.IsZero() || !day.Before(p.ValidFrom)) && (p.ValidTo.IsZero() || !day.After(p.ValidTo))
}

// Theme gives the version's theme with the slug.
func (p *Plan) Theme(slug string) (Theme, bool) {
	i := slices.IndexFunc(p.Themes.V, func(t Theme) bool { return t.Slug == slug })
	if i < 0 {
		return Theme{}, false
	}
	return p.Themes.V[i], true
}

// Goal gives the version's goal with the key.
func (p *Plan) Goal(key string) (Goal, bool) {
	i := slices.IndexFunc(p.Goals.V, func(g Goal) bool { return g.Key == key })
	if i < 0 {
		return Goal{}, false
	}
	return p.Goals.V[i], true
}

// Principle is one of what every assessment weighs: relevance, quality and
// impact (FP §3).
type Principle struct {
	Key  string `json:"key"`  // one of PrincipleKeys; its name is the message plan.principle.KEY
	Lang string `json:"lang"` // of Text
	Text string `json:"text"`
}

// PrincipleKeys are the three that a plan must have.
var PrincipleKeys = []string{"relevans", "kvalitet", "pavirkningskraft"}

// Origins are the documents that set the goals (FP §1, §4): the agency's own
// strategy, the ministry's yearly letter of allotment, the ministry's R&D strategy.
var Origins = []string{"virksomhetsstrategi", "tildelingsbrev", "departementsstrategi"}

// Goal is something that a theme or a need serves.
type Goal struct {
	Key    string `json:"key"`
	Origin string `json:"origin"` // one of Origins
	Title  string `json:"title"`
	Lang   string `json:"lang"` // of Text
	Text   string `json:"text,omitempty"`
	Valid  string `json:"valid,omitempty"` // the time that it holds for, in the source's words
	Source string `json:"source,omitempty"`
}

// Theme is a subject on which a version of the plan wants knowledge.
type Theme struct {
	Slug     string   `json:"slug"` // as in addresses and the API
	Title    string   `json:"title"`
	Aliases  []string `json:"aliases,omitempty"`
	Lang     string   `json:"lang"` // of Text
	Text     string   `json:"text"`
	Goals    []string `json:"goals,omitempty"`    // keys
	Partners []string `json:"partners,omitempty"` // bodies that Nav must work with on it (FP §4, §5.1)
	Source   string   `json:"source,omitempty"`
}

// Tag is a subject that cuts across the themes.
type Tag struct {
	Key   string            `json:"key"`
	Names map[string]string `json:"names"` // by language tag
}

// Name gives the tag's name in the language, in bokmål when it lacks one.
func (t Tag) Name(tag string) string {
	for _, l := range []string{tag, "nb"} {
		if s := t.Names[l]; s != "" {
			return s
		}
	}
	return t.Key
}

// Annex is a finished programme note that has become part of a version (FP §4).
type Annex struct {
	NoteID string    `json:"note_id"`
	Number string    `json:"number"`
	Theme  string    `json:"theme"`
	Title  string    `json:"title"`
	Added  time.Time `json:"added"` // day
}

// Revision is a call for a new version: what caused it, and by when.
type Revision struct {
	Cause string    `json:"cause,omitempty"` // one of Causes
	Text  string    `json:"text,omitempty"`
	Due   time.Time `json:"due,omitzero"`    // day
	Words string    `json:"words,omitempty"` // the day in the source's words: «første tertial 2023»
}

// Causes are what can call for a new version of the plan (FP §1).
var Causes = []string{"strategy", "allotment_letter", "ministry_strategy", "yearly", "other"}

// The states of a programme note (requirement A3).
const (
	Missing       = "MANGLER"
	NoteDraft     = "UTKAST"
	Finished      = "FERDIG"
	UnderRevision = "UNDER_REVISJON"
)

// Note is a programme note: what is known on a theme, what is needed, which
// questions follow and whom Nav must work with (FP §4).
type Note struct {
	record.Head
	Plan       string           `db:"plan"`  // number of the version that it now belongs to
	Theme      string           `db:"theme"` // slug; a theme has one note
	Content    db.JSON[Content] `db:"content"`
	Finished   db.JSON[Content] `db:"finished"`    // as last finished; stays readable during a revision
	FinishedAt time.Time        `db:"finished_at"` // zero when never, or when the sources do not say
	Planned    string           `db:"planned"`     // what is to happen to it, in the source's words
}

// Content is what a programme note says.
type Content struct {
	Status    string   `json:"status,omitempty"`    // what is known
	Needs     string   `json:"needs,omitempty"`     // what is not
	Questions []string `json:"questions,omitempty"` // questions that research could answer
	Partners  []string `json:"partners,omitempty"`  // directorates and others
}

// Empty says whether nothing is written.
func (c Content) Empty() bool {
	return c.Status == "" && c.Needs == "" && len(c.Questions) == 0 && len(c.Partners) == 0
}
