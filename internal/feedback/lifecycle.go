package feedback

import (
	"time"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

// Handlers are the roles that read and answer.
var Handlers = []access.Role{org.FoU, org.Communication}

var (
	everybody = []access.Rule{{Public: true}}
	handlers  = []access.Rule{{Roles: Handlers}}
	// Who has taken it answers; the others can when that person is away.
	takerFirst = []access.Rule{{Relations: []string{"case_worker"}}, {Roles: Handlers}}
)

var states = []lifecycle.State{
	{Name: Received, Label: "received", Tone: lifecycle.Warning},
	{Name: Working, Label: "working", Tone: lifecycle.Info},
	{Name: Answered, Label: "answered", Tone: lifecycle.Success, Final: true},
	{Name: Rejected, Label: "rejected", Tone: lifecycle.Neutral, Final: true},
}

// kind declares the life of a feedback: everybody may send one, somebody takes
// it, and it is answered or set aside with a reason.
func (s *Service) kind() *record.Kind[*Feedback] {
	type command = record.Command[*Feedback]
	due := func(f *Feedback) time.Time { return f.AnswerBy() }
	return &record.Kind[*Feedback]{
		Name: "feedback", Prefix: "T", Path: "/tilbakemelding", Table: "feedback",
		Initial: []string{Received}, States: states, New: func() *Feedback { return &Feedback{} },
		Read:      handlers,
		Relations: func(f *Feedback) map[string][]string { return map[string][]string{"case_worker": {f.CaseWorker}} },
		Commands: []command{
			{Command: lifecycle.Command{Name: "send", Path: "ny", Create: true, To: []string{Received}, Who: everybody, Fields: Fields(),
				Ground: "krav I9; ui.md P8"}, Apply: send},
			{Command: lifecycle.Command{Name: "take", Path: "ta", From: []string{Received}, To: []string{Working}, Who: handlers, Task: true}, Apply: take, Due: due},
			{Command: lifecycle.Command{Name: "answer", Path: "svar", From: []string{Working}, To: []string{Answered}, Who: takerFirst, Task: true,
				Fields: []form.Field{{Name: "answer", Type: form.Area, Required: true, Max: 4000}}}, Apply: s.answer, Due: due},
			{Command: lifecycle.Command{Name: "reject", Path: "avvis", From: []string{Received, Working}, To: []string{Rejected}, Who: handlers, Reason: true, Danger: true}},
		},
	}
}

// Fields are what is asked of whoever sends a feedback.
func Fields() []form.Field {
	return []form.Field{
		{Name: "about", Type: form.Choice, Required: true, Options: form.Codes("feedback.about", Abouts...)},
		{Name: "page", Max: 500},
		{Name: "body", Type: form.Area, Required: true, Max: 4000},
		{Name: "email", Max: 254},
	}
}
