// Package need is where the thread begins: a knowledge need, registered by
// whoever has the mandate of a subject owner, clarified with help, checked
// against what is already known, and answered by one or more instruments in time
// for the decision it is for (FP §2, §5, §6 and §8.2 table 1).
package need

import (
	"context"
	"embed"
	"slices"
	"strings"
	"time"

	"funn/internal/org"
	"funn/internal/platform/db"
	"funn/internal/platform/record"
)

// Migrations hold the table need.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the module's texts.
//
//go:embed messages
var Messages embed.FS

// The states of a need (requirements 3.1).
const (
	Draft            = "UTKAST"
	Reported         = "MELDT"
	Clarifying       = "UNDER_KLARGJØRING"
	Clarified        = "KLARGJORT"
	InstrumentChosen = "VIRKEMIDDEL_VALGT"
	Acquiring        = "UNDER_FREMSKAFFING"
	Answered         = "BESVART"
	Closed           = "LUKKET"
	Covered          = "DEKKET"
	Rejected         = "AVVIST"
	Merged           = "SLÅTT_SAMMEN"
	Paused           = "PÅ_VENT"
)

// Late is the alert of a need whose answer is forecast after the decision it is for.
const Late = "late"

// Phases of the development model that a need stands in (FP §2.2 figure 2). A
// need has one.
var Phases = []string{"understand", "inspire", "process_evaluation", "effect_evaluation"}

// Instruments by which knowledge is acquired (FP §5).
var Instruments = []string{"grant", "commission", "internal_analysis", "synthesis", "council", "phd", "partnership", "trial"}

// Need is a knowledge need.
type Need struct {
	record.Head
	Problem      string             `db:"problem"`       // what is not known, and why it matters
	Decision     string             `db:"decision"`      // what the knowledge will be used to decide
	DecisionDate time.Time          `db:"decision_date"` // calendar day; the answer must come before it
	Requirements string             `db:"requirements"`  // specification for whoever is to answer
	Phase        string             `db:"phase"`
	RnDKind      string             `db:"rnd_kind"`
	Questions    db.JSON[[]string]  `db:"questions"`
	Themes       db.JSON[[]string]  `db:"themes"` // slugs; none is fine (FP §4)
	Goals        db.JSON[[]string]  `db:"goals"`
	Searches     db.JSON[[]Search]  `db:"searches"`
	Choices      db.JSON[[]Choice]  `db:"choices"`
	Support      db.JSON[[]Support] `db:"support"`
	Comments     db.JSON[[]Comment] `db:"comments"`
	Partners     db.JSON[[]string]  `db:"partners"`   // persons of co-owning agencies (FP §4)
	CoveredBy    db.JSON[[]string]  `db:"covered_by"` // publications that answer it already
	MergedInto   string             `db:"merged_into,null"`
	Submitter    string             `db:"submitter"`
	OnBehalfOf   string             `db:"on_behalf_of"` // for whom it was reported, such as a ministry (FP §8.1)
	Owner        string             `db:"owner"`        // the subject owner
	CaseWorker   string             `db:"case_worker"`
	SignedBy     string             `db:"signed_by"` // the subject owner who signed the description
	SignedAt     time.Time          `db:"signed_at"`
	PausedState  string             `db:"paused_state"` // where it goes back to
	ReviewDate   time.Time          `db:"review_date"`  // when a paused need is looked at again
	Forecast     time.Time          `db:"forecast"`     // when the last of its projects is expected to deliver
	DecidedAt    time.Time          `db:"decided_at"`   // when the use of the answer was decided
	SupportCount int                `db:"support_count"`
}

// Search is one look at what is already known (FP §2.2, §5.4).
type Search struct {
	At         time.Time `json:"at"`
	By         string    `json:"by"`
	Query      string    `json:"query"`
	Where      []string  `json:"where"` // portal, library, synthesis, database
	Hits       int       `json:"hits"`  // how many the search gave
	Relevant   []string  `json:"relevant"`
	Conclusion string    `json:"conclusion"`
}

// Choice is the instruments that were chosen, by whom, and why.
type Choice struct {
	At           time.Time `json:"at"`
	By           string    `json:"by"`
	Instruments  []string  `json:"instruments"`   // of Instruments
	Performed    string    `json:"performed"`     // internal, external, both (FP §8.2 table 1)
	EvaluatesNav bool      `json:"evaluates_nav"` // the answer judges Nav's own services (FP §5.3)
	Rationale    string    `json:"rationale"`
	Warnings     []string  `json:"warnings,omitempty"`  // what the plan warns of, as codes: internal_evaluation, too_slow
	Overruled    string    `json:"overruled,omitempty"` // the reason for going against the warnings
}

// Support is another unit that has the same need.
type Support struct {
	Unit string    `json:"unit"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

// Comment is a remark in the dialogue on a need.
type Comment struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Kind is the kind of record that a need is.
type Kind = record.Kind[*Need]

func newNeed() *Need { return &Need{} }

func relations(n *Need) map[string][]string {
	return map[string][]string{
		"submitter": {n.Submitter}, "subject_owner": {n.Owner}, "case_worker": {n.CaseWorker}, "partner": n.Partners.V,
	}
}

func links(n *Need) []record.Link {
	var out []record.Link
	if n.MergedInto != "" {
		out = append(out, record.Link{To: n.MergedInto, Rel: "merged_into"})
	}
	for _, id := range n.CoveredBy.V {
		out = append(out, record.Link{To: id, Rel: "covered_by"})
	}
	for _, s := range n.Searches.V {
		for _, id := range s.Relevant {
			if !slices.Contains(n.CoveredBy.V, id) {
				out = append(out, record.Link{To: id, Rel: "builds_on"})
			}
		}
	}
	return out
}

// SetUp is the task of setting up the project that answers a need. It is done on
// the project's pages, so no command of the need has the name.
const SetUp = "set_up"

// tasks is what a need waits for where the state alone does not tell: what is
// still missing before the signature, once an instrument is chosen the project that
// answers it, which the R&D section drives, and the closing when the use of the
// answer is decided (FP §8.2 table 1). Whoever answers a need is expected to by some
// day, so without a forecast nobody does.
func tasks(n *Need) []record.Task {
	if slices.Contains(Acquirable, n.State) && n.Forecast.IsZero() {
		t := record.Task{Name: SetUp, Command: SetUp, PersonID: n.CaseWorker}
		if n.CaseWorker == "" {
			t.Role = org.FoU
		}
		return []record.Task{t}
	}
	if n.State == Answered && !n.DecidedAt.IsZero() {
		return []record.Task{{Name: "close", Command: "close"}}
	}
	if n.State != Clarifying {
		return nil
	}
	missing := n.missing()
	if len(missing) == 0 {
		return []record.Task{{Name: "sign", Command: "sign"}}
	}
	var out []record.Task
	for _, m := range missing {
		command := "describe"
		if m == missingSearch {
			command = "search"
		}
		if !slices.ContainsFunc(out, func(t record.Task) bool { return t.Command == command }) {
			out = append(out, record.Task{Name: command, Command: command})
		}
	}
	return out
}

// What a description can lack; the message keys need.blocked.*.
const (
	missingQuestions = "need.blocked.questions"
	missingDecision  = "need.blocked.decision_date"
	missingSearch    = "need.blocked.search"
)

// missing gives what must be there before the description can be signed
// (requirements B2 and B3).
func (n *Need) missing() []string {
	var out []string
	if len(n.Questions.V) == 0 {
		out = append(out, missingQuestions)
	}
	if n.DecisionDate.IsZero() {
		out = append(out, missingDecision)
	}
	if len(n.Searches.V) == 0 {
		out = append(out, missingSearch)
	}
	return out
}

func describe(_ context.Context, n *Need) (record.Doc, error) {
	if n.State == Draft {
		return record.Doc{}, nil
	}
	text := []string{n.Problem, n.Decision, n.Requirements}
	text = append(text, n.Questions.V...)
	return record.Doc{Text: strings.Join(text, "\n"), Facets: map[string][]string{"theme": n.Themes.V}, Date: n.Created}, nil
}

// unanswered are the states in which nothing has answered the need yet.
var unanswered = []string{Reported, Clarifying, Clarified, InstrumentChosen, Acquiring, Paused}

// Timing says whether the answer comes before the decision that it is for (FP §3).
type Timing int

// The timings.
const (
	NoDecision    Timing = iota // no decision date is known
	NotForecast                 // a decision is coming, and nobody has said when the answer will
	InTime                      // the answer came, or is forecast, by the day of the decision
	AfterDecision               // the answer is forecast after the decision
	Passed                      // the day of the decision has passed without an answer or a forecast
)

// Late says whether the knowledge comes too late for the decision.
func (t Timing) Late() bool { return t == AfterDecision || t == Passed }

// Timing judges the need on the day. A need that is done with is not judged.
func (n *Need) Timing(today time.Time) Timing {
	open := slices.Contains(unanswered, n.State)
	switch {
	case n.DecisionDate.IsZero() || !open && n.State != Answered:
		return NoDecision
	case n.Forecast.After(n.DecisionDate):
		return AfterDecision
	case open && n.DecisionDate.Before(today):
		return Passed
	case n.Forecast.IsZero() && open:
		return NotForecast
	}
	return InTime
}

// alert is red when the answer is forecast after the decision (FP §3, §5.1).
func alert(_ context.Context, n *Need) (string, error) {
	if !n.DecisionDate.IsZero() && n.Forecast.After(n.DecisionDate) {
		switch n.State {
		case Closed, Rejected, Merged, Covered:
		default:
			return Late, nil
		}
	}
	return "", nil
}
