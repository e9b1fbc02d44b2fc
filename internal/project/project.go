// Package project follows the work that answers a need, whatever the instrument:
// grants, commissions, internal analyses, syntheses, doctorates (FP §5, §8.2;
// ÅR §2). A project has a baseline that never moves, a forecast that moves only
// with a cause, and an actual end; interim reports never finish it.
package project

import (
	"cmp"
	"context"
	"embed"
	"slices"
	"strings"
	"time"

	"funn/internal/need"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/record"
)

// Migrations hold the table project.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the module's texts.
//
//go:embed messages
var Messages embed.FS

// The states of a project (requirements 3.5).
const (
	Created    = "OPPRETTET"
	Contracted = "KONTRAHERT"
	StartedUp  = "OPPSTARTET"
	Running    = "PÅGÅR"
	OnHold     = "PÅ_VENT"
	Delivered  = "SLUTTLEVERT"
	Accepted   = "GODKJENT"
	Closed     = "LUKKET"
	Cancelled  = "AVBRUTT"
)

// AfterDecision is the alert of a project that is forecast to deliver after the
// decision that its need is for.
const AfterDecision = "after_decision"

// Instruments that a project can be of (FP §5). Those of needs are the same but
// for trials, which are records of their own.
var Instruments = []string{"grant", "commission", "internal_analysis", "synthesis", "council", "phd", "partnership"}

// Causes of a moved forecast (ÅR §2.3).
var Causes = []string{"data_collection", "ethics_law_privacy", "office_contact", "data_release", "other"}

// Kinds of deliverable.
const (
	Interim      = "interim"
	Final        = "final"
	Presentation = "presentation"
	Dataset      = "dataset"
)

// Span is a point in time that is known more or less well. From and To are the
// first and last calendar day that it can be, midnight UTC; both zero when it is
// not known. Text is how the source writes it, such as "høsten 2022".
type Span struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	Text string    `json:"text,omitempty"`
}

// On makes a span of one known day; of none from the zero time.
func On(day time.Time) Span { return Span{From: day, To: day} }

// Known says whether anything is known of it.
func (s Span) Known() bool { return !s.From.IsZero() && !s.To.IsZero() }

// Exact says whether it is one day.
func (s Span) Exact() bool { return s.Known() && s.From.Equal(s.To) }

// Role is an institution's part in a project.
type Role struct {
	Org  string `json:"org"` // id of the organisation
	Role string `json:"role"`
}

// The parts an institution can have.
const (
	Host          = "host"
	Partner       = "partner"
	Subcontractor = "subcontractor"
)

// Year is a year of the budget, in øre.
type Year struct {
	Year   int   `json:"year"`
	Amount int64 `json:"amount"`
	Spent  int64 `json:"spent"`
}

// Deliverable is something that the project owes.
type Deliverable struct {
	ID        int       `json:"id"` // 1, 2, … within the project
	Kind      string    `json:"kind"`
	Title     string    `json:"title"`
	Lang      string    `json:"lang,omitempty"`
	Baseline  time.Time `json:"baseline,omitzero"`
	Forecast  time.Time `json:"forecast,omitzero"`
	Delivered time.Time `json:"delivered,omitzero"`
	Accepted  time.Time `json:"accepted,omitzero"`
	File      string    `json:"file,omitempty"` // hash of the kept file
	FileName  string    `json:"file_name,omitempty"`
	FileType  string    `json:"file_type,omitempty"`
	Summary   string    `json:"summary,omitempty"`
	Returned  []Version `json:"returned,omitempty"` // earlier versions that were sent back, the oldest first
}

// Version is a delivery that was sent back with a reason. What was delivered is
// kept, so that both versions can be read.
type Version struct {
	Delivered time.Time `json:"delivered"`
	Returned  time.Time `json:"returned"`
	Reason    string    `json:"reason"`
	Title     string    `json:"title"`
	Summary   string    `json:"summary"`
	File      string    `json:"file,omitempty"`
	FileName  string    `json:"file_name,omitempty"`
	FileType  string    `json:"file_type,omitempty"`
}

// Part says whether it is delivered on the way: an interim report or a data set.
func (d Deliverable) Part() bool { return d.Kind == Interim || d.Kind == Dataset }

// Due gives the day it is expected.
func (d Deliverable) Due() time.Time {
	if !d.Forecast.IsZero() {
		return d.Forecast
	}
	return d.Baseline
}

// Forecast is one proposal to move the end of the project or a part delivery,
// with its cause and what became of it.
type Forecast struct {
	At          time.Time `json:"at"`
	By          string    `json:"by"`
	Deliverable int       `json:"deliverable,omitempty"` // of a part delivery; 0 moves the end of the project
	From        time.Time `json:"from,omitzero"`
	To          time.Time `json:"to"`
	Cause       string    `json:"cause"`
	Note        string    `json:"note"`
	Answered    time.Time `json:"answered,omitzero"`
	Answerer    string    `json:"answerer,omitempty"`
	Accepted    bool      `json:"accepted"`
	Reason      string    `json:"reason,omitempty"`
}

// Meeting is the start-up meeting or a follow-up.
type Meeting struct {
	Kind  string    `json:"kind"` // startup, follow_up
	On    time.Time `json:"on"`
	With  string    `json:"with"`
	Notes string    `json:"notes"`
	By    string    `json:"by"`
}

// Finding is what the final report found, with its limits (FP §3).
type Finding struct {
	Text   string `json:"text"`
	Limits string `json:"limits"`
}

// What has become of the award that a project came of. Who is offered one may still
// decline it.
const (
	Offered = "offered"
	Taken   = "taken"
)

// Funding is the committee's decision to pay (FP §8.1).
type Funding struct {
	At     time.Time `json:"at,omitzero"`
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Award  string    `json:"award,omitempty"` // Offered or Taken when it came of an award in a call, whose conditions are the reason

	Questions []Question `json:"questions,omitempty"` // of the committee before it decides, in the order they were asked
}

// Question is what the committee asks of a project before it decides, and the answer.
type Question struct {
	At         time.Time `json:"at"`
	By         string    `json:"by"`
	Text       string    `json:"text"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	Answer     string    `json:"answer,omitempty"`
}

// Waiting gives the committee's question that has not been answered; nil when there
// is none.
func (f *Funding) Waiting() *Question {
	if n := len(f.Questions); n > 0 && f.Questions[n-1].AnsweredAt.IsZero() {
		return &f.Questions[n-1]
	}
	return nil
}

// Project is the work that answers a need.
type Project struct {
	record.Head
	Instrument  string            `db:"instrument"`
	Theme       string            `db:"theme"` // slug; empty when it has none
	Phase       string            `db:"phase"`
	RnDKind     string            `db:"rnd_kind"`
	Summary     string            `db:"summary"`                       // public from the contract on
	SummaryLang string            `db:"summary_lang" json:",omitzero"` // when it is not that of the title; see SummaryIn
	Needs       db.JSON[[]string] `db:"needs"`                         // ids of the needs that it answers
	Grounds     db.JSON[[]string] `db:"grounds"`                       // ids of the call or agreement that it comes from
	Roles       db.JSON[[]Role]   `db:"institutions"`
	RoleNames   string            `db:"institution_names"` // as the institutions are called, for the search field of lists
	LeaderName  string            `db:"leader_name"`
	Leader      string            `db:"leader"` // person, when the leader has an account
	Owner       string            `db:"owner"`  // subject owner
	CaseWorker  string            `db:"case_worker"`
	Start       db.JSON[Span]     `db:"period_start"`
	StartFrom   time.Time         `db:"start_from"`
	StartTo     time.Time         `db:"start_to"`
	End         db.JSON[Span]     `db:"period_end"` // as the source writes it, for projects from before Funn
	BaselineEnd time.Time         `db:"baseline_end"`
	ForecastEnd time.Time         `db:"forecast_end"`
	ActualEnd   time.Time         `db:"actual_end"` // the final report was accepted, or the project cancelled
	KnownBy     time.Time         `db:"known_by"`   // first day on which it certainly existed
	ContractOn  time.Time         `db:"contracted"` // zero when not known
	Finished    time.Time         `db:"finished"`   // final report accepted, or the last day it can have been
	Counted     int               `db:"counted_finished"`
	Doubt       string            `db:"doubt"`  // why the source's count could have been another
	Titled      bool              `db:"titled"` // the title is the source's own
	Named       bool              `db:"named"`  // the source names it
	Amount      int64             `db:"amount"` // øre over all years; 0 when not known
	Budget      db.JSON[[]Year]   `db:"budget"`
	Spent       int64             `db:"spent"`

	Deliverables db.JSON[[]Deliverable] `db:"deliverables"`
	Forecasts    db.JSON[[]Forecast]    `db:"forecasts"`
	Meetings     db.JSON[[]Meeting]     `db:"meetings"`
	NextFollowUp time.Time              `db:"next_follow_up"`
	Funded       db.JSON[Funding]       `db:"funded"`
	ContractRef  string                 `db:"contract_ref"`
	Frozen       bool                   `db:"baseline_frozen"`
	ReviewedBy   string                 `db:"reviewed_by"`
	ReviewedAt   time.Time              `db:"reviewed_at"`
	ReviewNote   string                 `db:"review_note"`
	Findings     db.JSON[[]Finding]     `db:"findings"`
	Limitations  string                 `db:"limitations"`
	Presented    time.Time              `db:"presented"`
	PresentedAt  string                 `db:"presented_where"`
	DataPlan     string                 `db:"data_plan"` // confirmed, planned, none
	DataDeleted  time.Time              `db:"data_deleted"`
	PublishedAt  time.Time              `db:"published_at"`
	UseDecided   time.Time              `db:"use_decided_at"`
	ReviewDate   time.Time              `db:"review_date"`
	HoldReason   string                 `db:"hold_reason"`
}

// SummaryIn gives the language that the summary is written in.
func (p *Project) SummaryIn() string { return cmp.Or(p.SummaryLang, p.Lang) }

// Kind is the kind of record that a project is.
type Kind = record.Kind[*Project]

// Delay gives how much later than the baseline the project ends or is expected
// to end, in whole months rounded up; 0 when it is not late or nothing is known.
// A cancelled project is not late: it delivers nothing.
func (p *Project) Delay() int {
	if p.State == Cancelled {
		return 0
	}
	return MonthsLate(p.BaselineEnd, p.ends())
}

// Whether a project is late, by what is known of it.
const (
	Delayed      = "delayed"
	OnTime       = "on_time"
	DelayUnknown = "delay_unknown" // there is no plan to hold it against, or nobody has said when it ends
)

// Punctuality says whether the project ended, or is expected to end, after its
// baseline; empty for one that is cancelled, which delivers nothing.
func (p *Project) Punctuality() string {
	switch {
	case p.State == Cancelled:
		return ""
	case p.BaselineEnd.IsZero() || p.ends().IsZero():
		return DelayUnknown
	case p.ends().After(p.BaselineEnd):
		return Delayed
	}
	return OnTime
}

// MonthsLate gives how much later than planned something happens, in whole
// months rounded up; 0 when it is not late or one of the days is not known.
func MonthsLate(planned, day time.Time) int {
	if planned.IsZero() || !day.After(planned) {
		return 0
	}
	months := (day.Year()-planned.Year())*12 + int(day.Month()) - int(planned.Month())
	if day.Day() > planned.Day() {
		months++
	}
	return max(months, 1)
}

// begun says whether the work has begun, before it was cancelled if it was.
func (p *Project) begun() bool {
	return p.State != Created && p.State != Contracted && (p.State != Cancelled || p.Frozen)
}

// Ended gives the day that the work ended; zero while it goes on, and when it was
// cancelled before it began: what never began has no end.
func (p *Project) Ended() time.Time {
	if !p.begun() {
		return time.Time{}
	}
	return p.ActualEnd
}

// ends gives the day that the project ended or is expected to; zero when not known.
func (p *Project) ends() time.Time {
	if !p.ActualEnd.IsZero() {
		return p.ActualEnd
	}
	return p.ForecastEnd
}

// Ends gives the last day that the project can be said to end on: the actual day,
// else the forecast, else the plan; zero when nothing is known.
func (p *Project) Ends() time.Time {
	for _, day := range []time.Time{p.ActualEnd, p.Finished, p.ForecastEnd} {
		if !day.IsZero() {
			return day
		}
	}
	return p.BaselineEnd
}

// Progress gives how much of the time to the expected end has passed, 0 to 100;
// −1 when it cannot be told. Only an accepted final report makes it 100.
func (p *Project) Progress(today time.Time) int {
	switch p.State {
	case Created, Contracted:
		return 0
	case Accepted, Closed:
		return 100
	case Cancelled:
		return -1
	}
	start, end := p.StartFrom, p.ForecastEnd
	if end.IsZero() {
		end = p.BaselineEnd
	}
	if start.IsZero() || !end.After(start) {
		return -1
	}
	done := int(100 * today.Sub(start) / end.Sub(start))
	return min(max(done, 0), 99)
}

// FinishedIn says whether the project counts as finished in the year: the source
// counts it so, or its final report was accepted then. A project that ended
// somewhere in a span of several years is in none of them.
func (p *Project) FinishedIn(year int) bool {
	if p.Counted != 0 {
		return p.Counted == year
	}
	if end := p.End.V; end.Known() && end.From.Year() != year {
		return false
	}
	return p.Finished.Year() == year
}

// StartedIn says whether the work certainly began in the year. An unknown start
// is in no year, and neither is one that is only planned.
func (p *Project) StartedIn(year int) bool {
	return p.begun() && p.StartFrom.Year() == year && p.StartTo.Year() == year
}

// ActiveOn says whether the project was under contract, or is known to have
// existed, by the day, and was not over before the day's end. Where a date is a
// span, a project exists from the span's last day and is active until the last
// day of the span that it ended in.
func (p *Project) ActiveOn(day time.Time) bool {
	if p.ContractOn.IsZero() && p.KnownBy.IsZero() && (p.State == Created || p.State == Cancelled) {
		return false
	}
	var from time.Time
	for _, d := range []time.Time{p.ContractOn, p.StartTo, p.KnownBy} {
		if !d.IsZero() && (from.IsZero() || d.Before(from)) {
			from = d
		}
	}
	over := p.Finished
	if over.IsZero() {
		over = p.ActualEnd
	}
	return !from.IsZero() && !day.Before(from) && (over.IsZero() || day.Before(over))
}

// Deliverable gives one of the project's deliverables.
func (p *Project) Deliverable(id int) *Deliverable {
	for i := range p.Deliverables.V {
		if p.Deliverables.V[i].ID == id {
			return &p.Deliverables.V[i]
		}
	}
	return nil
}

// Final gives the final report, nil when none is agreed.
func (p *Project) Final() *Deliverable {
	for i := range p.Deliverables.V {
		if p.Deliverables.V[i].Kind == Final {
			return &p.Deliverables.V[i]
		}
	}
	return nil
}

// Pending gives the proposal to move the end that has not been answered.
func (p *Project) Pending() *Forecast {
	for i := range p.Forecasts.V {
		if p.Forecasts.V[i].Answered.IsZero() {
			return &p.Forecasts.V[i]
		}
	}
	return nil
}

// Committed gives the sum of the budget's years, in øre.
func (p *Project) Committed() int64 {
	var sum int64
	for _, y := range p.Budget.V {
		sum += y.Amount
	}
	return sum
}

// Standing says what the project's amount is: proposed while nobody has decided to
// pay for it, and granted afterwards.
func (p *Project) Standing() string {
	if p.State == Created && p.Funded.V.At.IsZero() && len(p.Grounds.V) == 0 {
		return "proposed"
	}
	return "granted"
}

// SpendingKnown says whether anybody has noted what is spent; until then nobody
// knows what is left.
func (p *Project) SpendingKnown() bool { return p.Spent > 0 }

func relations(p *Project) map[string][]string {
	return map[string][]string{"leader": {p.Leader}, "subject_owner": {p.Owner}, "case_worker": {p.CaseWorker}}
}

func links(p *Project) []record.Link {
	var out []record.Link
	for _, id := range p.Needs.V {
		out = append(out, record.Link{To: id, Rel: "answers"})
	}
	for _, id := range p.Grounds.V {
		out = append(out, record.Link{To: id, Rel: "comes_from"})
	}
	return out
}

// tasks is whom the project waits for where the state alone does not tell: money
// and its years before the contract, the quality check before the acceptance, and what is due
// within the project while it runs.
func tasks(p *Project) []record.Task {
	var out []record.Task
	add := func(command string, due time.Time) {
		out = append(out, record.Task{Name: command, Command: command, Due: due})
	}
	if slices.Contains(underWay, p.State) && p.Pending() != nil {
		add("accept_forecast", time.Time{})
	}
	switch p.State {
	case Created:
		switch {
		case p.Funded.V.Waiting() != nil:
			add("answer_committee", time.Time{})
		case p.Funded.V.At.IsZero() && len(p.Grounds.V) == 0:
			add("fund", time.Time{})
		case p.Amount > 0 && p.Committed() != p.Amount:
			add("budget", time.Time{})
		case p.Funded.V.Award == Offered: // the applicant has the ball
		default:
			add("contract", time.Time{})
		}
	case Running:
		for _, d := range p.Deliverables.V {
			if d.Part() && d.Delivered.IsZero() {
				out = append(out, record.Task{Name: "deliverable:" + itoa(d.ID), Command: "deliver_interim", Detail: d.Title, Due: d.Due()})
			}
		}
		if p.Final() != nil {
			add("deliver", p.ForecastEnd)
		}
		if !p.NextFollowUp.IsZero() {
			add("follow_up", p.NextFollowUp)
		}
	case Delivered:
		if p.ReviewedAt.IsZero() {
			add("review", time.Time{})
		} else {
			add("accept", time.Time{})
		}
	case Accepted:
		if p.DataPlan == "" {
			add("data_plan", time.Time{})
		}
		if len(p.lacking()) == 0 {
			add("close", time.Time{})
		}
	}
	if p.State == Delivered || p.State == Accepted {
		if i := slices.IndexFunc(p.Deliverables.V, func(d Deliverable) bool { return d.Kind == Presentation && d.Delivered.IsZero() }); i >= 0 && p.Presented.IsZero() {
			add("present", p.Deliverables.V[i].Due())
		}
	}
	return out
}

// lacking gives what must be in place before the project can be closed, as
// message keys (requirements 3.5).
func (p *Project) lacking() []string {
	var out []string
	if p.PublishedAt.IsZero() {
		out = append(out, "project.blocked.not_published")
	}
	if p.UseDecided.IsZero() {
		out = append(out, "project.blocked.use_not_decided")
	}
	if p.Presented.IsZero() {
		out = append(out, "project.blocked.not_presented")
	}
	if p.DataPlan == "" {
		out = append(out, "project.blocked.data")
	}
	return out
}

func describe(_ context.Context, p *Project) (record.Doc, error) {
	doc := record.Doc{Text: strings.Join([]string{p.Summary, p.RoleNames, p.LeaderName}, "\n"), Date: p.StartFrom}
	doc.Facets = map[string][]string{"instrument": {p.Instrument}}
	if p.Theme != "" {
		doc.Facets["theme"] = []string{p.Theme}
	}
	for _, d := range p.Deliverables.V {
		doc.Text += "\n" + d.Title
	}
	if Public(p) {
		doc.PublicURL = "/kunnskap/prosjekt/" + p.Number
	}
	return doc, nil
}

// PublicFlag marks the projects that everybody may know of: those under contract
// (architecture, promised API). Examples are kept out of the public lists.
const PublicFlag = "public"

// Public says whether everybody may know of the project.
func Public(p *Project) bool { return p.HasFlag(PublicFlag) }

// WaitedFor says whether the need waits for this project: nothing has answered it
// yet, and its decision had not been taken when the project came to be. What is
// begun after a decision is for the next one. A project may have come to be before it
// was registered here.
func (p *Project) WaitedFor(n *need.Need) bool {
	began := clock.Day(p.Created)
	for _, day := range []time.Time{p.ContractOn, p.StartFrom, p.KnownBy} {
		if !day.IsZero() && day.Before(began) {
			began = day
		}
	}
	return !n.DecisionDate.IsZero() && !slices.Contains(settled, n.State) && !n.DecisionDate.Before(began)
}

// TooLateFor says whether the project is forecast to deliver after the decision of a
// need that waits for it.
func (p *Project) TooLateFor(n *need.Need) bool {
	return p.WaitedFor(n) && p.ForecastEnd.After(n.DecisionDate)
}

// alert is red when the project is forecast to deliver after the decision that
// one of its needs is for (FP §3, §5.1).
func (s *Service) alert(ctx context.Context, p *Project) (string, error) {
	switch p.State {
	case Accepted, Closed, Cancelled:
		return "", nil
	}
	for _, id := range p.Needs.V {
		n, err := s.needs.Kind.Load(ctx, id)
		if err != nil {
			return "", err
		}
		if p.TooLateFor(n) {
			return AfterDecision, nil
		}
	}
	return "", nil
}
