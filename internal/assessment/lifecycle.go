package assessment

import (
	"time"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

// Kind is the kind of assessments.
type Kind = record.Kind[*Assessment]

type (
	command = record.Command[*Assessment]
	change  = record.Change[*Assessment]
)

// The relations that persons have to an assessment. keptOut are those who may not
// deal with the case, and those who have an assessment of it to deliver: what others
// think would colour theirs.
const (
	relAssessor = "assessor"
	relOwner    = "subject_owner"
	relPeer     = "peer"
	keptOut     = "kept_out"
)

var (
	assessor = []access.Rule{{Relations: []string{relAssessor}, Except: keptOut}}
	section  = []access.Rule{{Roles: []access.Role{org.FoU}, Except: keptOut}}
	owner    = []access.Rule{{Relations: []string{relOwner}, Except: keptOut}}

	// readers: the assessor always; the R&D section that there is one and, once it is
	// delivered, what it says; the subject owner and those who have delivered theirs
	// once it is delivered. The committee reads it with the case: see Summary.
	readers = []access.Rule{
		{Relations: []string{relAssessor}, Except: keptOut},
		{Roles: []access.Role{org.FoU}, Except: keptOut},
		{Relations: []string{relOwner, relPeer}, States: []string{Delivered}, Except: keptOut},
	}
)

var states = []lifecycle.State{
	{Name: Asked, Label: "asked", Tone: lifecycle.Warning},
	{Name: Accepted, Label: "under_way", Tone: lifecycle.Info},
	{Name: Begun, Label: "under_way", Tone: lifecycle.Info},
	{Name: Delivered, Label: "delivered", Tone: lifecycle.Success, Final: true},
	{Name: Declined, Label: "ended", Tone: lifecycle.Neutral, Final: true},
	{Name: Disqualified, Label: "ended", Tone: lifecycle.Neutral, Final: true},
	{Name: Dropped, Label: "ended", Tone: lifecycle.Neutral, Final: true},
}

// answerDays is how long somebody has to say whether they will assess a case.
const answerDays = 5

// Which part of an assessment is saved beside the criteria, which are known by
// their numbers.
const Whole = "whole"

// commands is the life of an assessment (requirements 3.3). What it says is kept in
// it alone: the history is read by more people.
func (s *Service) commands() []command {
	area := func(name string, limit int) form.Field {
		return form.Field{Name: name, Type: form.Area, Max: limit, Private: true}
	}
	due := form.Field{Name: "due", Type: form.Day, Required: true, Value: form.On(func(a *Assessment) string { return a.Due.Format("2006-01-02") })}
	return []command{
		{Command: lifecycle.Command{Name: "request", Path: "ny", Create: true, Own: true, To: []string{Asked}, Who: []access.Rule{{Roles: []access.Role{org.FoU}}},
			Fields: []form.Field{
				{Name: "case", Required: true, Max: 40},
				{Name: "sort", Type: form.Choice, Required: true, Options: form.Codes("assessment.sort", Sorts...)},
				{Name: "assessor", Type: form.Choice, Required: true, From: s.candidates}, due},
			Notify: []access.Rule{{Relations: []string{relAssessor}}}, Ground: "FP §8.2; krav C4"}, Apply: s.request},
		{Command: lifecycle.Command{Name: "accept", Path: "svar", From: []string{Asked}, To: []string{Accepted, Disqualified}, Who: assessor, Task: true, Days: answerDays,
			Fields: []form.Field{
				{Name: "conflict", Type: form.Choice, Required: true, Options: form.Codes("assessment.conflict", "none", "some"), Private: true},
				area("ground", 1000)},
			Ground: "krav C7: habilitet først"}, Apply: s.accept},
		{Command: lifecycle.Command{Name: "decline", Path: "avsla", From: []string{Asked, Accepted}, To: []string{Declined}, Who: assessor, Reason: true, Danger: true}},
		{Command: lifecycle.Command{Name: "save", Path: "lagre", From: []string{Accepted, Begun}, To: []string{Begun}, Who: assessor, Edit: true, Own: true,
			Fields: []form.Field{
				{Name: "part", Type: form.Choice, Required: true, From: s.parts, Private: true},
				{Name: "score", Type: form.Choice, Options: form.Codes("assessment.score", "7", "6", "5", "4", "3", "2", "1"), Private: true},
				area("reason_for", 4000), area("share", 2000), area("summary", 4000),
				{Name: "advice", Type: form.Choice, Options: form.Codes("assessment.advice", Advices...), Private: true},
				area("notes", 4000)},
			Ground: "krav A5, 5 nr. 12: det går alltid an å lagre"}, Apply: save},
		{Command: lifecycle.Command{Name: "deliver", Path: "lever", From: []string{Accepted, Begun}, To: []string{Delivered}, Who: assessor, Task: true, Confirm: true,
			Ground: "krav A5: hvert kriterium med grunn"}, Check: s.deliverable, Apply: s.deliver, Due: func(a *Assessment) time.Time { return a.Due }},
		{Command: lifecycle.Command{Name: "drop", Path: "frafall", From: under, To: []string{Dropped}, Who: append(assessor[:1:1], section...), Reason: true, Danger: true,
			Notify: []access.Rule{{Relations: []string{relAssessor}}}, Ground: "krav 3.3"}},
		{Command: lifecycle.Command{Name: "move_due", Path: "ny-frist", From: under, Who: section, Edit: true, Fields: []form.Field{due},
			Notify: []access.Rule{{Relations: []string{relAssessor}}}}, Apply: s.moveDue},
		{Command: lifecycle.Command{Name: "disqualify", Path: "inhabil", From: append([]string{Delivered}, under...), To: []string{Disqualified}, System: true, Ground: "krav C7: INHABIL tar vekk all tilgang"}},
	}
}

// consensusCommands is the life of what is come to together: written by the R&D
// section, seen and agreed to by the subject owner.
func (s *Service) consensusCommands() []record.Command[*Consensus] {
	type cmd = record.Command[*Consensus]
	return []cmd{
		{Command: lifecycle.Command{Name: "begin", Path: "ny", Create: true, To: []string{Draft}, Who: []access.Rule{{Roles: []access.Role{org.FoU}}},
			Fields: []form.Field{{Name: "case", Required: true, Max: 40}}, Ground: "ecosystem §4"}, Apply: s.beginConsensus},
		{Command: lifecycle.Command{Name: "propose", Path: "legg-fram", From: []string{Draft}, To: []string{Put}, Who: section, Task: true,
			Notify: []access.Rule{{Relations: []string{relOwner}}}}, Check: s.wholeConsensus},
		{Command: lifecycle.Command{Name: "set_score", Path: "karakter", From: []string{Draft}, Who: section, Edit: true,
			Fields: []form.Field{
				{Name: "criterion", Type: form.Choice, Required: true, From: s.consensusCriteria, Private: true},
				{Name: "score", Type: form.Choice, Required: true, Options: form.Codes("assessment.score", "7", "6", "5", "4", "3", "2", "1"), Private: true},
				{Name: "text", Type: form.Area, Required: true, Max: 4000, Private: true}}}, Apply: setConsensus},
		{Command: lifecycle.Command{Name: "agree", Path: "slutt-deg-til", From: []string{Put}, To: []string{Agreed}, Who: owner, NotBy: []string{"propose"}, Task: true, Confirm: true, Ground: "FP §8.2"}},
		{Command: lifecycle.Command{Name: "return", Path: "tilbake", From: []string{Put, Agreed}, To: []string{Draft}, Who: append(owner[:1:1], section...), Reason: true, Notify: append(owner[:1:1], section...)}, Check: s.returnable},
	}
}
