package application

import (
	"slices"
	"time"
)

// What can become of a case. Sketches are invited or rejected, applications the
// other four.
const (
	Invite            = "invite"
	Award             = "award"
	AwardOnConditions = "conditions"
	OnReserve         = "reserve"
	Reject            = "reject"
)

// Answer is what was proposed, decided and told. Each is somebody's act at a moment
// of its own: what is decided shows in the record's state only once it is told.
type Answer struct {
	Outcome     string    `json:"outcome"`         // one of the constants above
	Ore         int64     `json:"ore,omitempty"`   // of an award, over all years
	Order       float64   `json:"order,omitempty"` // the best case of a call has the smallest
	Conditions  string    `json:"conditions,omitempty"`
	Reasons     string    `json:"reasons"` // to the applicant, in the language form of the content
	ProposedBy  string    `json:"proposed_by"`
	ProposedAt  time.Time `json:"proposed_at"`
	Stands      []Stand   `json:"stands,omitempty"` // on what is proposed now
	Postponed   string    `json:"postponed,omitempty"`
	DecidedBy   string    `json:"decided_by,omitempty"`
	DecidedAt   time.Time `json:"decided_at,omitzero"`
	Meeting     string    `json:"meeting,omitempty"` // id of the one that decided it
	ToldAt      time.Time `json:"told_at,omitzero"`  // when the letter was sent
	AppealUntil time.Time `json:"appeal_until,omitzero"`
	AcceptedAt  time.Time `json:"accepted_at,omitzero"` // when the applicant took the award
}

// Grants says whether the answer gives money.
func (a *Answer) Grants() bool {
	return a != nil && (a.Outcome == Award || a.Outcome == AwardOnConditions)
}

// Decided says whether it is more than a proposal.
func (a *Answer) Decided() bool { return a != nil && !a.DecidedAt.IsZero() }

// Stand is what somebody other than the proposer says of a proposal.
type Stand struct {
	Person string    `json:"person"`
	As     string    `json:"as"` // by which right: ByQuality, ByRelevance or ByCommittee
	For    bool      `json:"for"`
	Note   string    `json:"note,omitempty"`
	At     time.Time `json:"at"`
}

// The rights by which somebody takes a stand: the R&D section answers for quality,
// the subject owner for relevance (FP §8.2), and the committee for the money.
const (
	ByQuality   = "quality"
	ByRelevance = "relevance"
	ByCommittee = "committee"
)

// stand gives what a person says by a right, nil when they have said nothing.
func (a *Answer) stand(as, person string) *Stand {
	for i := range a.Stands {
		if x := &a.Stands[i]; x.As == as && (person == "" || x.Person == person) {
			return x
		}
	}
	return nil
}

// take notes a person's stand in place of the one they took before.
func (a *Answer) take(s Stand) {
	a.Stands = slices.DeleteFunc(a.Stands, func(x Stand) bool { return x.Person == s.Person && x.As == s.As })
	a.Stands = append(a.Stands, s)
}

// Dealings are what has passed between the agency and the applicant of one case.
// Both read all of it but the fault, which is theirs to know once it is decided.
type Dealings struct {
	Letters []Letter `json:"letters,omitempty"`
	Notes   []Note   `json:"notes,omitempty"` // of the dialogue about the project (C5)
	Mend    *Mend    `json:"mend,omitempty"`
	Fault   *Fault   `json:"fault,omitempty"`
	Appeals []Appeal `json:"appeals,omitempty"`
	// Shared is what the assessments said to the applicant when the answer was told. What
	// is thought of the case since, on the waiting list, is not theirs.
	Shared []Shared `json:"shared,omitempty"`
}

// Letter is what the applicant was told.
type Letter struct {
	What    string    `json:"what"` // code of the template that it was written by
	Lang    string    `json:"lang"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	At      time.Time `json:"at"`
}

// Note is one turn of the dialogue.
type Note struct {
	By        string    `json:"by"`
	Applicant bool      `json:"applicant,omitempty"` // one of those who applied wrote it
	At        time.Time `json:"at"`
	Text      string    `json:"text"`
}

// Mend is what an applicant is asked to put right, and by which day.
type Mend struct {
	Text string    `json:"text"`
	By   time.Time `json:"by"`
}

// Faults are the formal faults for which a case is dismissed without being judged.
var Faults = []string{"not_eligible", "outside_call", "incomplete", "terms", "other"}

// Fault is a formal fault that somebody found and, once decided, another agreed to.
type Fault struct {
	Code        string    `json:"code"`
	Reason      string    `json:"reason"`
	ProposedBy  string    `json:"proposed_by"`
	DecidedBy   string    `json:"decided_by,omitempty"`
	DecidedAt   time.Time `json:"decided_at,omitzero"`
	AppealUntil time.Time `json:"appeal_until,omitzero"`
}

// Appeal is a complaint about a decision and what became of it.
type Appeal struct {
	At        time.Time `json:"at"`
	By        string    `json:"by"`
	Grounds   string    `json:"grounds"`
	SettledBy string    `json:"settled_by,omitempty"`
	SettledAt time.Time `json:"settled_at,omitzero"`
	Reversed  bool      `json:"reversed,omitempty"`
	Reasons   string    `json:"reasons,omitempty"`
	// Deciders are those who had a part in what is complained of: none of them settles it.
	Deciders []string `json:"deciders,omitempty"`
	Body     string   `json:"body,omitempty"` // [call.SectionSettles] or [call.CommitteeSettles]; empty means the section
}

// AppealUntil gives the last day on which the decision that stands can be complained
// of; zero when there is none to complain of.
func (x *Submission) AppealUntil() time.Time {
	switch {
	case x.State == Dismissed && x.Dealings.V.Fault != nil:
		return x.Dealings.V.Fault.AppealUntil
	case x.State == Rejected && x.Answer.V != nil:
		return x.Answer.V.AppealUntil
	}
	return time.Time{}
}

// Deciders gives those who had a part in what was decided of the case.
func (x *Submission) Deciders() []string {
	var out []string
	add := func(id string) {
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	if f := x.Dealings.V.Fault; f != nil {
		add(f.ProposedBy)
		add(f.DecidedBy)
	}
	if a := x.Answer.V; a != nil {
		add(a.ProposedBy)
		add(a.DecidedBy)
		for _, s := range a.Stands {
			add(s.Person)
		}
	}
	return out
}

// Told gives the answer as the applicants may know it: nothing before it is told.
func (x *Submission) Told() *Answer {
	if a := x.Answer.V; a != nil && !a.ToldAt.IsZero() {
		return a
	}
	return nil
}

// Answered says whether the applicants have been told an answer: also on the waiting
// list while something new is proposed, which they do not know of.
func (x *Submission) Answered() bool {
	return x.Told() != nil || x.State == Reserve || x.State == Proposed && x.HasFlag(Waiting)
}
