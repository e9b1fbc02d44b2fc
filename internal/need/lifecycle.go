package need

import (
	"time"

	"funn/internal/org"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
)

// Who is who in FP §8.2 table 1.
var (
	// Anybody with a subject owner's mandate may register a need; the R&D section
	// registers on behalf of the ministry (FP §8.1).
	mandated = []access.Rule{{Roles: []access.Role{
		org.SubjectOwner, org.ProductTeam, org.Office, org.County, org.Line, org.Director, org.Analysis, org.FoU, org.Committee,
	}}}
	submitter  = []access.Rule{{Relations: []string{"submitter"}}}
	owner      = []access.Rule{{Relations: []string{"subject_owner"}}}
	caseWorker = []access.Rule{{Relations: []string{"case_worker"}}, {Roles: []access.Role{org.FoU}}}
	// Acquirers drive the acquisition of the answer: FP §8.2 table 1 «Fremskaffe kunnskap».
	Acquirers = []access.Rule{{Roles: []access.Role{org.FoU}}}
	section   = []access.Rule{{Roles: []access.Role{org.FoU}}}
	experts   = []access.Rule{{Relations: []string{"case_worker"}}, {Roles: []access.Role{org.FoU, org.Analysis}}}
	// Those who write the description together: subject owner, assisted by the R&D and analysis sections.
	writers = []access.Rule{{Relations: []string{"subject_owner", "case_worker"}}, {Roles: []access.Role{org.FoU, org.Analysis}}}
	// Those who look for what is known: the library too.
	searchers = []access.Rule{{Relations: []string{"subject_owner", "case_worker"}}, {Roles: []access.Role{org.FoU, org.Analysis, org.Library}}}
	// Those who may bring a need back to where it was.
	returners = []access.Rule{{Relations: []string{"subject_owner", "case_worker"}}, {Roles: []access.Role{org.FoU}}}
	readers   = []access.Rule{
		{Staff: true, NotStates: []string{Draft}},
		{Relations: []string{"submitter"}},
		{Relations: []string{"partner"}, NotStates: []string{Draft}},
	}
	tellSubmitter = []access.Rule{{Relations: []string{"submitter"}}}
	tellOwner     = []access.Rule{{Relations: []string{"submitter", "subject_owner"}}}
)

var (
	undecided = []string{Reported, Clarifying, Clarified, InstrumentChosen, Acquiring, Answered}
	// Acquirable are the states in which projects can be set up to answer a need.
	Acquirable = []string{InstrumentChosen, Acquiring}

	known = []string{Reported, Clarifying, Clarified, InstrumentChosen, Acquiring, Answered, Closed, Covered, Paused}
)

var states = []lifecycle.State{
	{Name: Draft, Label: "draft", Tone: lifecycle.Neutral},
	{Name: Reported, Label: "reported", Tone: lifecycle.Info},
	{Name: Clarifying, Label: "clarifying", Tone: lifecycle.Info},
	{Name: Clarified, Label: "clarifying", Tone: lifecycle.Info},
	{Name: InstrumentChosen, Label: "working", Tone: lifecycle.Warning},
	{Name: Acquiring, Label: "working", Tone: lifecycle.Warning},
	{Name: Answered, Label: "done", Tone: lifecycle.Success},
	{Name: Closed, Label: "done", Tone: lifecycle.Success, Final: true},
	{Name: Covered, Label: "done", Tone: lifecycle.Success, Final: true},
	{Name: Rejected, Label: "stopped", Tone: lifecycle.Neutral, Final: true},
	{Name: Merged, Label: "stopped", Tone: lifecycle.Neutral, Final: true},
	{Name: Paused, Label: "stopped", Tone: lifecycle.Neutral},
}

// commands is the life of a need (requirements 3.1).
func (s *Service) commands() []command {
	text := func(name string, required bool, limit int) form.Field {
		return form.Field{Name: name, Type: form.Area, Required: required, Max: limit}
	}
	title := form.Field{Name: "title", Required: true, Max: 150, Value: form.On(func(n *Need) string { return n.Title })}
	problem := text("problem", true, 4000)
	problem.Value = form.On(func(n *Need) string { return n.Problem })
	decision := text("decision", false, 1000)
	decision.Value = form.On(func(n *Need) string { return n.Decision })
	decisionDate := form.Field{Name: "decision_date", Type: form.Day, Value: form.On(func(n *Need) string { return day(n.DecisionDate) })}
	themes := form.Field{Name: "themes", Type: form.Choices, From: s.themeOptions, Value: list(func(n *Need) []string { return n.Themes.V })}
	written := form.Field{Name: "lang", Type: form.Choice, Options: languages(), Value: form.On(func(n *Need) string { return n.Lang })}
	worker := form.Field{Name: "case_worker", Type: form.Choice, Required: true, From: s.holders(org.FoU), Value: form.On(func(n *Need) string { return n.CaseWorker })}
	subjectOwner := form.Field{Name: "owner", Type: form.Choice, Required: true, From: s.holders(org.Owners...), Value: form.On(func(n *Need) string { return n.Owner })}
	require := func(f form.Field) form.Field { f.Required = true; return f }

	return []command{
		{Command: lifecycle.Command{Name: "report", Path: "meld", Create: true, To: []string{Reported, Draft}, Who: mandated,
			Fields: []form.Field{
				{Name: "title", Required: true, Max: 150}, text("problem", true, 4000), text("decision", false, 1000),
				{Name: "decision_date", Type: form.Day}, {Name: "themes", Type: form.Choices, From: s.themeOptions},
				{Name: "on_behalf_of", Max: 150}, {Name: "as_draft", Type: form.Tick},
			},
			Ground: "FP §8.1; §8.2 tabell 1 «Ha kunnskapsbehov»"}, Check: s.dateAhead, Apply: s.report},
		{Command: lifecycle.Command{Name: "edit", Path: "endre", From: []string{Draft}, Who: submitter, Edit: true,
			Fields: []form.Field{title, problem, decision, decisionDate, themes, written}}, Check: s.dateAhead, Apply: s.edit},
		{Command: lifecycle.Command{Name: "submit", Path: "send", From: []string{Draft}, To: []string{Reported}, Who: submitter, Task: true}},

		{Command: lifecycle.Command{Name: "take", Path: "ta-til-klargjoring", From: []string{Reported}, To: []string{Clarifying}, Who: section, Task: true,
			Fields: []form.Field{worker, subjectOwner},
			Notify: tellOwner, Ground: "FP §8.2: navngitt saksbehandler"}, Apply: s.take},
		// Signing stands first, so that its button does once nothing blocks it; who has
		// the ball on the way there is worked out from what is still missing (tasks).
		{Command: lifecycle.Command{Name: "sign", Path: "klargjor", From: []string{Clarifying}, To: []string{Clarified}, Who: owner, Confirm: true,
			Ground: "FP §8.2 tabell 1; krav B2: minst ett spørsmål, beslutningsdato og søk"}, Check: s.signable, Apply: s.sign},
		{Command: lifecycle.Command{Name: "describe", Path: "beskriv", From: []string{Clarifying}, Who: writers, Edit: true,
			Fields: []form.Field{
				title, problem,
				{Name: "questions", Type: form.Area, Required: true, Max: 3000, Value: form.On(func(n *Need) string { return lines(n.Questions.V) })},
				withValue(text("requirements", false, 6000), func(n *Need) string { return n.Requirements }),
				require(decision), require(decisionDate),
				{Name: "phase", Type: form.Choice, Required: true, Options: form.Codes("phase", Phases...), Value: form.On(func(n *Need) string { return n.Phase })},
				plan.RnDField("rnd_kind", form.On(func(n *Need) string { return n.RnDKind })),
				themes,
				{Name: "goals", Type: form.Choices, From: s.goalOptions, Value: list(func(n *Need) []string { return n.Goals.V })},
				written,
			},
			Ground: "FP §8.2 tabell 1 «Beskrive kunnskapsbehov»"}, Check: s.describable, Apply: s.describe},
		{Command: lifecycle.Command{Name: "search", Path: "sok", From: []string{Clarifying, Clarified}, Who: searchers,
			Fields: []form.Field{
				{Name: "query", Required: true, Max: 300},
				{Name: "where", Type: form.Choices, Required: true, Options: form.Codes("need.where", "portal", "library", "synthesis", "database")},
				{Name: "hits", Type: form.Number, Required: true},
				{Name: "relevant", Type: form.Choices, From: s.publications},
				text("conclusion", true, 2000),
			},
			Ground: "FP §2.2, §5.4; krav B3"}, Apply: s.search},
		{Command: lifecycle.Command{Name: "rework", Path: "tilbake-til-klargjoring", From: []string{Clarified, InstrumentChosen}, To: []string{Clarifying}, Who: writers, Reason: true}, Apply: s.unsign},

		{Command: lifecycle.Command{Name: "cover", Path: "dekket", From: []string{Clarified}, To: []string{Covered}, Who: owner, Confirm: true,
			Fields: []form.Field{{Name: "publications", Type: form.Choices, Required: true, From: s.publications}},
			Notify: tellSubmitter, Ground: "krav B3: minst én publikasjon"}, Check: s.coverable, Apply: s.cover},
		{Command: lifecycle.Command{Name: "choose", Path: "velg-virkemiddel", From: []string{Clarified}, To: []string{InstrumentChosen}, Who: experts, Task: true,
			Fields: []form.Field{
				{Name: "instruments", Type: form.Choices, Required: true, Options: form.Codes("instrument", Instruments...)},
				{Name: "performed", Type: form.Choice, Required: true, Options: form.Codes("need.performed", "internal", "external", "both")},
				{Name: "evaluates_nav", Type: form.Tick},
				text("rationale", true, 2000),
			},
			Notify: tellOwner, Ground: "FP §5, §5.3; §8.2 tabell 1 «Fremskaffe kunnskap»"}, Check: s.choosable, Apply: s.choose},
		{Command: lifecycle.Command{Name: "start", Path: "startet", From: []string{InstrumentChosen, Paused}, To: []string{Acquiring}, System: true}, Apply: s.awake},
		{Command: lifecycle.Command{Name: "forecast", Path: "prognose", From: append([]string{Paused}, undecided...), System: true,
			Fields: []form.Field{{Name: "forecast", Type: form.Day}}}, Apply: s.forecast},
		{Command: lifecycle.Command{Name: "answer", Path: "besvart", From: []string{InstrumentChosen, Acquiring, Paused}, To: []string{Answered}, System: true,
			Notify: tellOwner}, Apply: s.awake},
		{Command: lifecycle.Command{Name: "decided", Path: "bruk-besluttet", From: []string{InstrumentChosen, Acquiring, Answered, Paused}, System: true}, Apply: s.decided},
		{Command: lifecycle.Command{Name: "close", Path: "lukk", From: []string{Answered}, To: []string{Closed}, Who: owner, Confirm: true,
			Notify: tellSubmitter, Ground: "FP §8.2 tabell 1 «Ta kunnskapen i bruk»; bruken må være besluttet"}, Check: s.closable},

		{Command: lifecycle.Command{Name: "second", Path: "stott", From: undecided, Who: []access.Rule{{Staff: true}}, Ground: "FP §6; krav B6"}, Check: s.secondable, Apply: s.second},
		{Command: lifecycle.Command{Name: "comment", Path: "kommenter", From: known, Who: []access.Rule{{Staff: true}, {Relations: []string{"partner", "submitter"}}},
			Fields: []form.Field{text("text", true, 2000)}}, Apply: s.comment},
		{Command: lifecycle.Command{Name: "invite", Path: "inviter", From: undecided, Who: caseWorker,
			Fields: []form.Field{{Name: "partner", Type: form.Choice, Required: true, From: s.everybody}}, Ground: "FP §4: gjenstridige problemer"}, Apply: s.invite},
		{Command: lifecycle.Command{Name: "assign", Path: "fordel", From: []string{Clarifying, Clarified, InstrumentChosen, Acquiring, Answered, Paused}, Who: section, Edit: true,
			Fields: []form.Field{
				{Name: "case_worker", Type: form.Choice, Required: true, From: s.holders(org.FoU), Value: form.On(func(n *Need) string { return n.CaseWorker })},
				{Name: "owner", Type: form.Choice, Required: true, From: s.holders(org.Owners...), Value: form.On(func(n *Need) string { return n.Owner })},
			}}, Apply: s.take},
		{Command: lifecycle.Command{Name: "move_decision", Path: "flytt-beslutning", From: []string{Clarified, InstrumentChosen, Acquiring, Answered}, Who: owner, Edit: true, Reason: true,
			Fields: []form.Field{require(decisionDate)}}, Check: s.dateAhead, Apply: s.moveDecision},

		{Command: lifecycle.Command{Name: "pause", Path: "sett-pa-vent", From: []string{Reported, Clarifying, Clarified, InstrumentChosen, Acquiring}, To: []string{Paused}, Who: section, Reason: true,
			Fields: []form.Field{{Name: "review_date", Type: form.Day, Required: true}}, Notify: tellSubmitter}, Check: s.dateAhead, Apply: s.pause},
		{Command: lifecycle.Command{Name: "resume", Path: "gjenoppta", From: []string{Paused}, To: []string{Reported, Clarifying, Clarified, InstrumentChosen, Acquiring},
			Who: returners, Reason: true, Task: true, Notify: tellSubmitter}, Apply: s.resume, Due: func(n *Need) time.Time { return n.ReviewDate }},
		{Command: lifecycle.Command{Name: "merge", Path: "sla-sammen", From: []string{Reported, Clarifying, Clarified, InstrumentChosen}, To: []string{Merged}, Who: section, Reason: true, Danger: true,
			Fields: []form.Field{{Name: "into", Type: form.Choice, Required: true, From: s.otherNeeds}}, Notify: tellSubmitter}, Apply: s.merge},
		{Command: lifecycle.Command{Name: "reject", Path: "avvis", From: []string{Reported, Clarifying, Clarified, InstrumentChosen}, To: []string{Rejected}, Who: section, Reason: true, Confirm: true, Danger: true,
			Notify: tellSubmitter}, Apply: s.leave},
		{Command: lifecycle.Command{Name: "reopen", Path: "gjenapne", From: []string{Rejected, Merged, Covered}, To: []string{Reported, Clarifying, Clarified, InstrumentChosen},
			Who: returners, Reason: true, Notify: tellSubmitter}, Apply: s.reopen},
	}
}
