// Package uptake is where knowledge becomes use: what a study found, what it
// means for the agency, what is recommended to whom, what the subject owner
// decided and why, and who does what by when (FP §2.3, §6, §8.2 table 1 "Ta
// stilling til resultater" and "Sette opp plan for bruk"; requirements 3.8).
//
// An uptake is opened when the final report of a project is accepted, never by
// hand, so that no finished study goes without an answer. A "no" is an answer,
// and has a reason too.
package uptake

import (
	"context"
	"embed"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/platform/db"
	"funn/internal/platform/record"
)

// Migrations hold the table uptake.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the texts of the module and of its pages.
//
//go:embed messages
var Messages embed.FS

// The states of an uptake (requirements 3.8).
const (
	Opened     = "OPPRETTET"
	Registered = "FUNN_REGISTRERT"
	Assessed   = "IMPLIKASJON_VURDERT"
	Decided    = "BESLUTTET"
	Planned    = "PLAN_GODKJENT"
	Running    = "GJENNOMFØRES"
	FollowedUp = "FULGT_OPP"
	Closed     = "LUKKET"
)

// What a finding can touch (FP §6). KnowledgeBase means that it adds to what is
// known and touches nothing now; it stands alone.
const (
	Practice      = "practice"
	Services      = "service_development"
	Management    = "management"
	Policy        = "policy"
	KnowledgeBase = "knowledge_base"
)

// Implications lists what a finding can touch, in the order of the plan.
var Implications = []string{Practice, Services, Management, Policy, KnowledgeBase}

// What a recommendation can ask for (FP §2.3): to do something, to stop doing
// something, or to advise the ministry.
const (
	Do             = "do"
	Stop           = "stop"
	AdviseMinistry = "advise_ministry"
)

// RecommendationKinds lists what a recommendation can ask for.
var RecommendationKinds = []string{Do, Stop, AdviseMinistry}

// Answers of the subject owner to a recommendation.
const (
	Yes    = "yes"
	Partly = "partly"
	No     = "no"
)

// Answers lists the answers.
var Answers = []string{Yes, Partly, No}

// Outcomes of the decision on use. OnlyKnown means that the knowledge is kept
// and nothing is changed.
const (
	Use       = "use"
	UsePartly = "partly"
	NotUse    = "not"
	OnlyKnown = "knowledge_base"
)

// Outcomes lists the outcomes.
var Outcomes = []string{Use, UsePartly, NotUse, OnlyKnown}

// The states of an action (requirements 3.8).
const (
	NotStarted = "IKKE_STARTET"
	UnderWay   = "PÅGÅR"
	Done       = "FULLFØRT"
	Dropped    = "BORTFALT"
)

// Statuses lists the states of an action.
var Statuses = []string{NotStarted, UnderWay, Done, Dropped}

// DecideDays is how long after the acceptance of the report its use should have
// been decided. Four weeks is proposed in requirements 3.8, after the practice of
// UNDP; the plan gives no number.
const DecideDays = 28

// CheckMonths is how long after the plan was approved one looks again at what
// came of it. Twelve months is proposed in requirements 3.8.
const CheckMonths = 12

// Finding is one thing that the study found, what it does not show, and what it
// touches.
type Finding struct {
	ID           int      `json:"id"` // 1, 2, … within the uptake
	Text         string   `json:"text"`
	Limits       string   `json:"limits"`
	Implications []string `json:"implications"`
	Note         string   `json:"note,omitempty"` // what the implications are, in words
}

// Recommendation is what somebody should do about a finding, and what the
// subject owner answered.
type Recommendation struct {
	ID        int       `json:"id"`
	Kind      string    `json:"kind"`
	Text      string    `json:"text"`
	Addressee string    `json:"addressee"` // who is to do it, in words
	Finding   int       `json:"finding"`   // 0 when it rests on all of them
	By        string    `json:"by"`
	At        time.Time `json:"at"`
	Answer    string    `json:"answer,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	Answerer  string    `json:"answerer,omitempty"`
	DecidedAt time.Time `json:"decided_at,omitzero"`
}

// Audience is somebody who must know of the findings, and how they are told.
type Audience struct {
	ID  int    `json:"id"`
	Who string `json:"who"`
	How string `json:"how"`
}

// Change is one step in the life of an action.
type Change struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Status string    `json:"status"`
	Note   string    `json:"note,omitempty"`
}

// Action is something that somebody does so that the knowledge is used.
type Action struct {
	ID             int       `json:"id"`
	Text           string    `json:"text"`
	Owner          string    `json:"owner"`          // person
	Due            time.Time `json:"due"`            // calendar day
	Recommendation int       `json:"recommendation"` // 0 when it follows from none in particular
	Status         string    `json:"status"`
	Reason         string    `json:"reason,omitempty"`   // why it was dropped
	Evidence       string    `json:"evidence,omitempty"` // address of what shows that it was done
	History        []Change  `json:"history"`
}

// Open says whether something remains to be done.
func (a Action) Open() bool { return a.Status == NotStarted || a.Status == UnderWay }

// Overdue says whether it should have been done before the day.
func (a Action) Overdue(today time.Time) bool { return a.Open() && today.After(a.Due) }

// Finished gives when it was done or dropped; zero while it is open.
func (a Action) Finished() time.Time {
	if n := len(a.History); n > 0 && !a.Open() {
		return a.History[n-1].At
	}
	return time.Time{}
}

// Uptake is the assessment of a finished study and what becomes of it.
type Uptake struct {
	record.Head
	Project     string `db:"project"`
	Publication string `db:"publication,null"` // the report, once there is one
	Theme       string `db:"theme"`
	Owner       string `db:"owner"` // subject owner
	CaseWorker  string `db:"case_worker"`

	Findings        db.JSON[[]Finding]        `db:"findings"`
	Recommendations db.JSON[[]Recommendation] `db:"recommendations"`
	Audiences       db.JSON[[]Audience]       `db:"audiences"`
	Actions         db.JSON[[]Action]         `db:"actions"`

	Due           time.Time `db:"due"` // the use should be decided by this day
	Outcome       string    `db:"outcome"`
	OutcomeReason string    `db:"outcome_reason"`
	DecidedAt     time.Time `db:"decided_at"`
	DecidedBy     string    `db:"decided_by"`
	PlannedAt     time.Time `db:"planned_at"` // when the plan for use was approved
	PlannedBy     string    `db:"planned_by"`
	CheckDate     time.Time `db:"check_date"` // when one looks again at what came of it
	Result        string    `db:"result"`     // what came of it
	NextDue       time.Time `db:"next_due"`   // the earliest deadline of an open action of an approved plan
}

// Kind is the kind of record that an uptake is.
type Kind = record.Kind[*Uptake]

// find gives the index of the item with the id, -1 when there is none.
func find[T any](items []T, id int, of func(T) int) int {
	return slices.IndexFunc(items, func(x T) bool { return of(x) == id })
}

// Finding gives one of the findings, nil when there is none with the id.
func (u *Uptake) Finding(id int) *Finding {
	if i := find(u.Findings.V, id, Finding.id); i >= 0 {
		return &u.Findings.V[i]
	}
	return nil
}

// Recommendation gives one of the recommendations, nil when there is none with the id.
func (u *Uptake) Recommendation(id int) *Recommendation {
	if i := find(u.Recommendations.V, id, Recommendation.id); i >= 0 {
		return &u.Recommendations.V[i]
	}
	return nil
}

// Action gives one of the actions, nil when there is none with the id.
func (u *Uptake) Action(id int) *Action {
	if i := find(u.Actions.V, id, Action.id); i >= 0 {
		return &u.Actions.V[i]
	}
	return nil
}

// ActionsFor gives the actions that follow from a recommendation; with 0 those
// that follow from none in particular.
func (u *Uptake) ActionsFor(recommendation int) []Action {
	var out []Action
	for _, a := range u.Actions.V {
		if a.Recommendation == recommendation {
			out = append(out, a)
		}
	}
	return out
}

// Progress counts the actions that are done or dropped, and all of them.
func (u *Uptake) Progress() (finished, total int) {
	for _, a := range u.Actions.V {
		if !a.Open() {
			finished++
		}
	}
	return finished, len(u.Actions.V)
}

// Overdue gives the actions that should have been done before the day. A plan
// that is not approved has no deadlines yet.
func (u *Uptake) Overdue(today time.Time) []Action {
	var out []Action
	if slices.Contains(active, u.State) {
		for _, a := range u.Actions.V {
			if a.Overdue(today) {
				out = append(out, a)
			}
		}
	}
	return out
}

// Late says whether the use should have been decided before the day, and is not.
func (u *Uptake) Late(today time.Time) bool {
	return slices.Contains(undecided, u.State) && !u.Due.IsZero() && today.After(u.Due)
}

// Uses says whether the decision is to use what was found, wholly or in part.
func (u *Uptake) Uses() bool { return u.Outcome == Use || u.Outcome == UsePartly }

// unanswered counts the recommendations that wait for the subject owner.
func (u *Uptake) unanswered() int {
	n := 0
	for _, r := range u.Recommendations.V {
		if r.Answer == "" {
			n++
		}
	}
	return n
}

// schedule brings the next deadline up to date.
func (u *Uptake) schedule(state string) {
	u.NextDue = time.Time{}
	if !slices.Contains(active, state) {
		return
	}
	for _, a := range u.Actions.V {
		if a.Open() && (u.NextDue.IsZero() || a.Due.Before(u.NextDue)) {
			u.NextDue = a.Due
		}
	}
}

// next gives the id of one more item: 1, 2, … within the uptake.
func next[T any](items []T, id func(T) int) int {
	last := 0
	for _, x := range items {
		last = max(last, id(x))
	}
	return last + 1
}

func (f Finding) id() int        { return f.ID }
func (r Recommendation) id() int { return r.ID }
func (a Audience) id() int       { return a.ID }
func (a Action) id() int         { return a.ID }

// Step is one step that the thread shows within an uptake.
type Step struct {
	Kind  string    // finding, decision, action
	Title string    // in the uptake's own language
	When  time.Time // when it was registered, decided, done or dropped; zero for an open action
	Due   time.Time // deadline of an open action of an approved plan
	Who   string    // person; empty for findings
	State string    // of a decision its outcome, of an action its status
}

// Outline gives the steps of an uptake for the thread: the findings, the
// decision, and the actions in the order of their deadlines.
func Outline(u *Uptake) []Step {
	var out []Step
	for _, f := range u.Findings.V {
		out = append(out, Step{Kind: "finding", Title: f.Text, When: u.Created})
	}
	if u.Outcome != "" {
		out = append(out, Step{Kind: "decision", Title: u.OutcomeReason, When: u.DecidedAt, Who: u.DecidedBy, State: u.Outcome})
	}
	actions := slices.Clone(u.Actions.V)
	slices.SortStableFunc(actions, func(a, b Action) int { return a.Due.Compare(b.Due) })
	for _, a := range actions {
		step := Step{Kind: "action", Title: a.Text, When: a.Finished(), Who: a.Owner, State: a.Status}
		if a.Open() && slices.Contains(active, u.State) {
			step.Due = a.Due
		}
		out = append(out, step)
	}
	return out
}

func relations(u *Uptake) map[string][]string {
	r := map[string][]string{"subject_owner": {u.Owner}, "case_worker": {u.CaseWorker}}
	for _, a := range u.Actions.V {
		if !slices.Contains(r["action_owner"], a.Owner) {
			r["action_owner"] = append(r["action_owner"], a.Owner)
		}
	}
	return r
}

func links(u *Uptake) []record.Link {
	return []record.Link{{To: u.Project, Rel: "assesses"}, {To: u.Publication, Rel: "based_on"}}
}

// tasks adds each open action to its owner, and what the subject owner can do
// next when the state alone does not tell.
func tasks(u *Uptake) []record.Task {
	var out []record.Task
	switch u.State {
	case Assessed:
		task := "decide"
		if u.unanswered() > 0 {
			task = "answer"
		}
		out = append(out, record.Task{Name: task, Command: task, Due: u.Due})
	case Decided:
		if u.Uses() {
			out = append(out, record.Task{Name: "approve_plan", Command: "approve_plan"})
		} else {
			out = append(out, record.Task{Name: "close", Command: "close"})
		}
	case FollowedUp:
		out = append(out, record.Task{Name: "close", Command: "close", Due: u.CheckDate})
	case Running:
		for _, a := range u.Actions.V {
			if a.Open() {
				out = append(out, record.Task{Name: "action:" + strconv.Itoa(a.ID), Command: "update_action", PersonID: a.Owner, Detail: a.Text, Due: a.Due})
			}
		}
		if finished, total := u.Progress(); finished == total {
			out = append(out, record.Task{Name: "follow_up", Command: "follow_up"})
		}
	}
	return out
}

func describe(_ context.Context, u *Uptake) (record.Doc, error) {
	var text []string
	for _, f := range u.Findings.V {
		text = append(text, f.Text)
	}
	for _, r := range u.Recommendations.V {
		text = append(text, r.Text)
	}
	text = append(text, u.OutcomeReason, u.Result)
	for _, a := range u.Actions.V {
		text = append(text, a.Text)
	}
	doc := record.Doc{Text: strings.Join(text, "\n"), Date: u.Created}
	if u.Theme != "" {
		doc.Facets = map[string][]string{"theme": {u.Theme}}
	}
	return doc, nil
}
