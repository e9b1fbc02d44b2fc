// Package decision is where the R&D committee decides on the applications of a call
// (FP §8.1; ÅR §2.1): its meetings and their minutes, the letters that tell what was
// decided, and what follows from an award: a project, and open data about it.
package decision

import (
	"context"
	"embed"
	"slices"
	"time"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/db"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
	"funn/internal/project"
)

// Migrations hold the tables meeting and letter_text.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the texts of both kinds and of the pages.
//
//go:embed messages/*.json
var Messages embed.FS

// The states of a meeting.
const (
	Planned  = "PLANLAGT"
	Under    = "PÅGÅR"
	Minuting = "MØTEBOK"
	Approved = "GODKJENT"
	Dropped  = "AVLYST"
)

// Meeting is a meeting of the committee on the cases of one call.
type Meeting struct {
	record.Head
	Call    string            `db:"call"`    // id
	On      time.Time         `db:"held_on"` // calendar day
	Place   string            `db:"place"`
	Present db.JSON[[]string] `db:"present"` // members, by id
	Remarks string            `db:"remarks"` // in the minutes, beside what happened
	Minutes db.JSON[*Minutes] `db:"minutes"` // nil until the meeting is over
}

// Minutes are what happened in a meeting. They are made from the cases when it ends;
// a reader sees an item only if they may see its case.
type Minutes struct {
	At    time.Time `json:"at"`
	Items []Item    `json:"items"`
}

// Item is what became of one case in a meeting.
type Item struct {
	Case       string              `json:"case"` // id
	Number     string              `json:"number"`
	Outcome    string              `json:"outcome"` // of package application; empty when it was postponed
	Ore        int64               `json:"ore,omitempty"`
	Conditions string              `json:"conditions,omitempty"`
	Reasons    string              `json:"reasons,omitempty"`
	Postponed  string              `json:"postponed,omitempty"` // why
	ProposedBy string              `json:"proposed_by,omitempty"`
	DecidedBy  string              `json:"decided_by,omitempty"`
	DecidedAt  time.Time           `json:"decided_at,omitzero"`
	Stands     []application.Stand `json:"stands,omitempty"`
	Left       []string            `json:"left,omitempty"` // members who were present and left for this case
}

// Service is the meetings and the letters.
type Service struct {
	Meetings *record.Kind[*Meeting]
	Texts    *record.Kind[*LetterText]

	calls    *call.Service
	cases    *application.Service
	projects *project.Service
	people   *org.Directory
	baseURL  string
}

// New makes the service, and lets the applications ask it for what they need of
// meetings and letters. baseURL is where users reach the pages, without a path.
func New(calls *call.Service, cases *application.Service, projects *project.Service, people *org.Directory, baseURL string) *Service {
	s := &Service{calls: calls, cases: cases, projects: projects, people: people, baseURL: baseURL}
	s.Meetings, s.Texts = s.meetings(), s.letterTexts()
	cases.Meetings, cases.Post = s, s
	return s
}

// Calls gives the calls that a meeting can be about: those whose applications are
// being judged or decided, and those with cases that were taken up again.
func (s *Service) callOptions(ctx context.Context, _ any) ([]form.Option, error) {
	list, err := s.calls.Kind.List(ctx, *new(db.Where).In("r.state", meets...), "r.number", 0, 0)
	if err != nil {
		return nil, err
	}
	out := make([]form.Option, len(list))
	for i, c := range list {
		out[i] = form.Option{Value: c.ID, Label: c.Number + " " + c.Title}
	}
	return out, nil
}

// members gives the members of the committee.
func (s *Service) members(ctx context.Context, _ any) ([]form.Option, error) {
	people, err := s.people.Holders(ctx, org.Committee)
	if err != nil {
		return nil, err
	}
	return org.PersonOptions(ctx, people), nil
}

// Call gives the call that the meeting is about.
func (s *Service) Call(ctx context.Context, m *Meeting) (*call.Call, error) {
	return s.calls.Kind.Load(ctx, m.Call)
}

// Sitting is what [application.Meetings] says.
func (s *Service) Sitting(ctx context.Context, callID, person string) (string, error) {
	list, err := s.of(ctx, callID, Under)
	for _, m := range list {
		if slices.Contains(m.Present.V, person) {
			return m.ID, err
		}
	}
	return "", err
}

// Minuted is what [application.Meetings] says.
func (s *Service) Minuted(ctx context.Context, callID string) (bool, error) {
	open, err := s.of(ctx, callID, Under, Minuting)
	if err != nil || len(open) > 0 {
		return false, err
	}
	done, err := s.of(ctx, callID, Approved)
	return len(done) > 0, err
}
