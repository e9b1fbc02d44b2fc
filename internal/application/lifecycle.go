package application

import (
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
)

// applicantCommands are what those who write do (requirements 3.3).
func (s *Service) applicantCommands(kind string) []command {
	begin := command{Command: lifecycle.Command{Name: "start", Path: "ny", Create: true, To: []string{Draft}, Who: []access.Rule{{Roles: []access.Role{org.Researcher}}},
		Fields: []form.Field{{Name: "call", Type: form.Choice, Required: true, From: s.openCalls}}, Ground: "krav 3.3; C2"}, Apply: s.start}
	if kind == Application {
		begin = command{Command: lifecycle.Command{Name: "grow", Path: "ny", Create: true, To: []string{Draft}, System: true, Ground: "krav 3.3; C6"}}
	}
	return []command{
		begin,
		{Command: lifecycle.Command{Name: "submit", Path: "send", From: []string{Draft, Submitted}, To: []string{Submitted}, Who: authors, Confirm: true, Own: true, Ground: "krav 3.3"}, Check: s.submittable, Apply: s.submit},
		{Command: lifecycle.Command{Name: "withdraw", Path: "trekk", From: []string{Draft, Submitted, Assessing, Returned, Proposed, Reserve}[:sizes[kind]], To: []string{Withdrawn}, Who: applicant, Confirm: true, Danger: true, Ground: "krav 3.3"}, Apply: s.withdraw},
		{Command: lifecycle.Command{Name: "join", Path: "bli-med", From: []string{Draft, Submitted}, System: true, Fields: []form.Field{{Name: "person", Required: true}}}, Apply: join},
		{Command: lifecycle.Command{Name: "remove_author", Path: "fjern-medforfatter", From: []string{Draft, Submitted}, Who: applicant,
			Fields: []form.Field{{Name: "author", Type: form.Choice, Required: true, From: s.coAuthors}}}, Check: s.untilDeadline, Apply: removeAuthor},
	}
}

var sizes = map[string]int{Sketch: 4, Application: 6}

// openingCommands are what the program does at the deadline and when two holders
// have opened the call.
func (s *Service) openingCommands(kind string) []command {
	var out []command
	if kind == Application {
		out = append(out, command{Command: lifecycle.Command{Name: "carry_over", Path: "tas-opp", From: []string{Draft}, To: []string{Assessing}, System: true, Notify: section, Ground: "krav 3.3; fvl. § 34"}, Apply: s.open})
	}
	return append(out, []command{
		{Command: lifecycle.Command{Name: "expire", Path: "utlop", From: []string{Draft}, To: []string{Expired}, System: true}},
		{Command: lifecycle.Command{Name: "open", Path: "apne", From: []string{Submitted}, To: []string{Assessing}, System: true}, Apply: s.open},
		{Command: lifecycle.Command{Name: "cannot_open", Path: "kan-ikke-apnes", From: []string{Submitted}, To: []string{Returned}, System: true, Notify: section}, Apply: s.cannotOpen},
		{Command: lifecycle.Command{Name: "hand_in_copy", Path: "lever-kopien", From: []string{Returned}, To: []string{Assessing}, Who: authors, Notify: section,
			Fields: []form.Field{{Name: "copy", Type: form.Area, Required: true, Max: mostWritten, Private: true}}}, Check: unreadable, Apply: s.handInCopy},
	}...)
}
