// Package assessment holds what is thought of the sketches and applications of a
// call (FP §5.2, §8.2; krav A5, C4, C7): who is asked, by when, what each of them
// answers by the call's criteria, and what the R&D section and the subject owner
// come to together.
//
// Nobody reads another's assessment of a case before their own is delivered, and
// whoever may not deal with the case reads none. Neither follows from pages: both are
// relations that every rule of the kinds excepts (see keptOut).
package assessment

import (
	"embed"
	"slices"
	"time"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/platform/db"
	"funn/internal/platform/record"
)

// Migrations hold the tables of the package.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the kinds' texts.
//
//go:embed messages/*.json
var Messages embed.FS

// The states of an assessment (requirements 3.3).
const (
	Asked        = "FORESPURT"
	Accepted     = "AKSEPTERT"
	Begun        = "PÅBEGYNT"
	Delivered    = "LEVERT"
	Declined     = "AVSLÅTT"
	Disqualified = "INHABIL"
	Dropped      = "FRAFALT"
)

// under are the states in which something is still to come.
var under = []string{Asked, Accepted, Begun}

// The sorts of assessment: the subject owner judges relevance and use, the R&D
// section quality and design (FP §8.2), others from outside quality and design too.
const (
	ByOwner   = call.ByOwner
	BySection = call.BySection
	External  = "external"
)

// Sorts are all sorts in their order.
var Sorts = []string{ByOwner, BySection, External}

// The scale of the Research Council: 7 is the best. Their meanings are the messages
// assessment.score.N.
const (
	Least = 1
	Most  = 7
)

// Apart is how far two scores of one criterion lie from each other before the
// assessors are said to disagree.
const Apart = 2

// Score is what somebody answers by one criterion.
type Score struct {
	Value  int    `json:"value,omitempty"` // Least to Most; 0 while none is given
	Reason string `json:"reason,omitempty"`
	Share  string `json:"share,omitempty"` // what the applicant may be told of it
}

// whole says whether the score can be delivered.
func (s Score) whole() bool { return s.Value != 0 && s.Reason != "" }

// Assessment is what one person thinks of one case.
type Assessment struct {
	record.Head
	Case        string                 `db:"submission"`      // id of the sketch or the application
	CaseKind    string                 `db:"submission_kind"` // application.Sketch or application.Application
	Call        string                 `db:"call"`            // id
	Assessor    string                 `db:"assessor"`        // person
	Sort        string                 `db:"sort"`            // one of Sorts
	Criteria    db.JSON[[]int]         `db:"criteria"`        // of the call, those that this assessor answers
	Due         time.Time              `db:"due"`             // last day
	Scores      db.JSON[map[int]Score] `db:"scores"`          // by criterion
	Notes       string                 `db:"notes"`           // the assessor's own; nobody else reads them
	Summary     string                 `db:"summary"`         // on the whole, to those who deal with the case
	Advice      string                 `db:"advice"`          // one of Advices; empty while none is given
	Ground      string                 `db:"ground"`          // of the conflict that they declared when they were asked
	DeliveredAt time.Time              `db:"delivered_at"`
	Late        bool                   `db:"late"`         // delivered after its last day
	After       bool                   `db:"after_answer"` // delivered after the case was answered: kept, and not counted

	// What follows from the case and from the others' assessments of it. It changes
	// without anything being done to this one, so it is no part of its history.
	Owner   string            `db:"owner" json:"-"` // subject owner of the case
	KeptOut db.JSON[[]string] `db:"kept_out" json:"-"`
	Peers   db.JSON[[]string] `db:"peers" json:"-"` // those who have delivered theirs of the case
	Over    bool              `db:"over" json:"-"`  // the case is answered or withdrawn
}

// Advices are what an assessor can say on the whole.
var Advices = []string{"yes", "conditions", "no"}

// Open says whether something is still to come.
func (a *Assessment) Open() bool { return slices.Contains(under, a.State) }

// Counts says whether it counts where the case is answered.
func (a *Assessment) Counts() bool { return a.State == Delivered && !a.After }

// Lacks gives the criteria that have no score with a reason yet.
func (a *Assessment) Lacks() (out []int) {
	for _, id := range a.Criteria.V {
		if !a.Scores.V[id].whole() {
			out = append(out, id)
		}
	}
	return out
}

// CasePath gives the address of the pages of the case's kind.
func (a *Assessment) CasePath() string { return casePath(a.CaseKind) }

func casePath(kind string) string {
	if kind == application.Sketch {
		return "/skisse"
	}
	return "/soknad"
}

// CriteriaOf gives the call's criteria with the ids, in the call's order.
func CriteriaOf(c *call.Call, ids []int) (out []call.Criterion) {
	for _, x := range c.Criteria.V {
		if slices.Contains(ids, x.ID) {
			out = append(out, x)
		}
	}
	return out
}

// criteriaFor gives the ids of the criteria that a sort of assessor answers.
func criteriaFor(c *call.Call, sort string) (out []int) {
	for _, x := range c.Criteria.V {
		if (x.Assessor == ByOwner) == (sort == ByOwner) {
			out = append(out, x.ID)
		}
	}
	return out
}
