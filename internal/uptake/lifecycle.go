package uptake

import (
	"time"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
)

// Who is who in FP §8.2 table 1, "Bruk av kunnskap".
var (
	owner      = []access.Rule{{Relations: []string{"subject_owner"}}}
	caseWorker = []access.Rule{{Relations: []string{"case_worker"}}, {Roles: []access.Role{org.FoU}}}
	section    = []access.Rule{{Roles: []access.Role{org.FoU}}}
	// The subject owner takes a stand, the R&D section may assist.
	ownerThenSection = []access.Rule{{Relations: []string{"subject_owner"}}, {Relations: []string{"case_worker"}}, {Roles: []access.Role{org.FoU}}}
	// Subject owner, knowledge department and others find out together what the findings mean.
	assessors = []access.Rule{{Relations: []string{"subject_owner", "case_worker"}}, {Roles: []access.Role{org.FoU, org.Analysis}}}
	// The plan is made by the subject owner, assisted by the R&D section and
	// communication; once it is approved, only its owner changes it.
	planners = []access.Rule{
		{Relations: []string{"subject_owner"}},
		{Relations: []string{"case_worker"}, States: []string{Decided}},
		{Roles: []access.Role{org.FoU, org.Communication}, States: []string{Decided}},
	}
	// "Hele organisasjonen": whoever has an action tells how it goes.
	doers   = []access.Rule{{Relations: []string{"action_owner", "subject_owner", "case_worker"}}}
	readers = []access.Rule{{Staff: true}}

	tellTeam = []access.Rule{{Relations: []string{"subject_owner", "case_worker"}}}
	tellAll  = []access.Rule{{Relations: []string{"subject_owner", "case_worker", "action_owner"}}}
)

var (
	undecided = []string{Opened, Registered, Assessed}
	// active are the states in which the deadlines of a plan run.
	active = []string{Planned, Running}
)

var states = []lifecycle.State{
	{Name: Opened, Label: "new", Tone: lifecycle.Info},
	{Name: Registered, Label: "assessing", Tone: lifecycle.Info},
	{Name: Assessed, Label: "assessing", Tone: lifecycle.Warning},
	{Name: Decided, Label: "decided", Tone: lifecycle.Warning},
	{Name: Planned, Label: "running", Tone: lifecycle.Info},
	{Name: Running, Label: "running", Tone: lifecycle.Info},
	{Name: FollowedUp, Label: "followed_up", Tone: lifecycle.Success},
	{Name: Closed, Label: "closed", Tone: lifecycle.Success, Final: true},
}

// commands is the life of an uptake (requirements 3.8). A page offers them in
// this order: within each part, what moves the case on comes first.
func (s *Service) commands() []command {
	area := func(name string, required bool, limit int) form.Field {
		return form.Field{Name: name, Type: form.Area, Required: required, Max: limit}
	}
	pick := func(name string, options func(*Uptake) []form.Option) form.Field {
		return form.Field{Name: name, Type: form.Choice, Required: true, From: of(options)}
	}
	findingText := []form.Field{area("text", true, 1000), area("limits", true, 1000)}
	finding, recommendation, audience := pick("finding", findingOptions), pick("recommendation", recommendationOptions), pick("audience", audienceOptions)
	someFinding, someRecommendation := finding, recommendation
	someFinding.Required, someRecommendation.Required = false, false
	due := func(u *Uptake) time.Time { return u.Due }

	return []command{
		{Command: lifecycle.Command{Name: "open", Path: "opprett", Create: true, To: []string{Opened}, System: true,
			Ground: "FP §6, §8.2; krav H1: en godkjent sluttrapport åpner alltid en vurdering"}, Apply: s.open},

		// Findings.
		{Command: lifecycle.Command{Name: "register_findings", Path: "registrer-funn", From: []string{Opened}, To: []string{Registered}, Who: caseWorker, Task: true,
			Notify: tellTeam, Ground: "FP §3 Kvalitet: funn med forbehold"}, Check: s.registrable, Due: due},
		{Command: lifecycle.Command{Name: "add_finding", Path: "nytt-funn", From: []string{Opened, Registered}, Who: caseWorker, Fields: findingText,
			Ground: "krav 3.8: FoU-seksjonen, forskeren leverer"}, Apply: s.addFinding},
		{Command: lifecycle.Command{Name: "edit_finding", Path: "endre-funn", From: []string{Opened, Registered}, Who: caseWorker,
			Fields: append([]form.Field{finding}, findingText...)}, Check: hasFindings, Apply: s.editFinding},
		{Command: lifecycle.Command{Name: "remove_finding", Path: "fjern-funn", From: []string{Opened, Registered}, Who: caseWorker, Reason: true, Danger: true,
			Fields: []form.Field{finding}}, Check: s.removableFinding, Apply: s.removeFinding},

		// What they mean.
		{Command: lifecycle.Command{Name: "conclude", Path: "implikasjoner-vurdert", From: []string{Registered}, To: []string{Assessed}, Who: owner, Task: true,
			Notify: tellTeam, Ground: "FP §8.2 tabell 1 «Ta stilling til resultater»; krav H2"}, Check: s.concludable, Due: due},
		{Command: lifecycle.Command{Name: "assess", Path: "vurder-funn", From: []string{Registered}, Who: assessors,
			Fields: []form.Field{
				finding, {Name: "implications", Type: form.Choices, Required: true, Options: form.Codes("uptake.implication", Implications...)}, area("note", false, 1000),
			}, Ground: "FP §6; krav H2"}, Check: s.assessable, Apply: s.assess},

		// Recommendations and the decision.
		{Command: lifecycle.Command{Name: "answer", Path: "svar-pa-anbefaling", From: []string{Assessed}, Who: owner,
			Fields: []form.Field{
				recommendation, {Name: "answer", Type: form.Choice, Required: true, Options: form.Codes("uptake.answer", Answers...)}, area("answer_reason", true, 1000),
			}, Ground: "krav H3: svar og grunn, også for nei"}, Check: s.answerable, Apply: s.answer},
		{Command: lifecycle.Command{Name: "decide", Path: "beslutt", From: []string{Assessed}, To: []string{Decided, Closed}, Who: owner, Confirm: true,
			Fields: []form.Field{
				{Name: "outcome", Type: form.Choice, Required: true, Options: form.Codes("uptake.outcome", Outcomes...)},
				area("outcome_reason", true, 2000), {Name: "close", Type: form.Tick},
			},
			Notify: tellTeam, Ground: "FP §8.2 tabell 1 «Ta stilling til resultater»"}, Check: s.decidable, Apply: s.decide},
		{Command: lifecycle.Command{Name: "recommend", Path: "ny-anbefaling", From: []string{Registered, Assessed}, Who: ownerThenSection,
			Fields: []form.Field{
				{Name: "kind", Type: form.Choice, Required: true, Options: form.Codes("uptake.recommendation", RecommendationKinds...)},
				area("text", true, 1000), {Name: "addressee", Required: true, Max: 150}, someFinding,
			}, Ground: "FP §2.3, §6; krav H3"}, Apply: s.recommend},
		{Command: lifecycle.Command{Name: "remove_recommendation", Path: "fjern-anbefaling", From: []string{Registered, Assessed}, Who: ownerThenSection, Reason: true, Danger: true,
			Fields: []form.Field{recommendation}}, Check: s.removableRecommendation, Apply: s.removeRecommendation},
		{Command: lifecycle.Command{Name: "rework", Path: "tilbake-til-funn", From: []string{Assessed}, To: []string{Registered}, Who: ownerThenSection, Reason: true, Notify: tellTeam}},

		// The plan carried out.
		{Command: lifecycle.Command{Name: "start", Path: "sett-i-gang", From: []string{Planned}, To: []string{Running}, Who: ownerThenSection, Task: true,
			Notify: tellAll, Ground: "FP §6"}, Apply: s.start},
		{Command: lifecycle.Command{Name: "update_action", Path: "oppdater-tiltak", From: []string{Running}, Who: doers,
			Fields: []form.Field{
				pick("action", actionOptions),
				{Name: "status", Type: form.Choice, Required: true, Options: form.Codes("uptake.status", Statuses...)},
				area("note", false, 1000), {Name: "evidence", Max: 500},
			}, Ground: "FP §6, §8.1; krav H5"}, Check: s.updatable, Apply: s.updateAction},
		{Command: lifecycle.Command{Name: "follow_up", Path: "folg-opp", From: []string{Running}, To: []string{FollowedUp}, Who: ownerThenSection,
			Fields: []form.Field{area("result", true, 2000), {Name: "check_date", Type: form.Day, Required: true, Value: form.On(func(u *Uptake) string { return day(u.CheckDate) })}},
			Notify: tellTeam, Ground: "krav 3.8: alle tiltak fullført eller bortfalt med grunn; kontroll etter tolv måneder"}, Check: s.followable, Apply: s.followUp},
		{Command: lifecycle.Command{Name: "close", Path: "lukk", From: []string{Decided, FollowedUp}, To: []string{Closed}, Who: owner, Confirm: true,
			Fields: []form.Field{area("close_note", false, 2000)},
			Notify: tellTeam, Ground: "krav 3.8: fageier lukker"}, Check: s.closable, Apply: s.close},
		{Command: lifecycle.Command{Name: "resume", Path: "gjenoppta", From: []string{FollowedUp}, To: []string{Running}, Who: owner, Reason: true, Notify: tellTeam}, Apply: s.start},

		// The plan made.
		{Command: lifecycle.Command{Name: "approve_plan", Path: "godkjenn-plan", From: []string{Decided}, To: []string{Planned}, Who: owner, Confirm: true,
			Notify: tellAll, Ground: "krav H4: minst én målgruppe og ett tiltak med ansvarlig og dato"}, Check: s.approvable, Apply: s.approvePlan},
		{Command: lifecycle.Command{Name: "add_action", Path: "nytt-tiltak", From: []string{Decided, Running}, Who: planners,
			Fields: []form.Field{
				area("text", true, 500), {Name: "action_owner", Type: form.Choice, Required: true, From: s.staff}, {Name: "action_due", Type: form.Day, Required: true}, someRecommendation,
			}, Ground: "FP §8.2 tabell 1 «Sette opp plan for bruk»; krav H4"}, Check: s.plannable, Apply: s.addAction},
		{Command: lifecycle.Command{Name: "add_audience", Path: "ny-malgruppe", From: []string{Decided, Running}, Who: planners,
			Fields: []form.Field{{Name: "who", Required: true, Max: 150}, area("how", true, 500)}, Ground: "FP §6; krav H4"}, Check: s.inUse, Apply: s.addAudience},
		{Command: lifecycle.Command{Name: "move_action", Path: "endre-tiltak", From: []string{Decided, Running}, Who: planners,
			Fields: []form.Field{
				pick("action", openActionOptions), {Name: "action_owner", Type: form.Choice, Required: true, From: s.staff}, {Name: "action_due", Type: form.Day, Required: true},
			}}, Check: s.movable, Apply: s.moveAction},
		{Command: lifecycle.Command{Name: "remove_action", Path: "fjern-tiltak", From: []string{Decided}, Who: planners, Danger: true,
			Fields: []form.Field{pick("action", openActionOptions)}}, Check: hasOpenActions, Apply: s.removeAction},
		{Command: lifecycle.Command{Name: "remove_audience", Path: "fjern-malgruppe", From: []string{Decided}, Who: planners, Danger: true,
			Fields: []form.Field{audience}}, Check: s.removableAudience, Apply: s.removeAudience},

		{Command: lifecycle.Command{Name: "link", Path: "knytt", From: []string{Opened, Registered, Assessed, Decided, Planned, Running, FollowedUp, Closed}, System: true}, Apply: s.link},
		{Command: lifecycle.Command{Name: "assign", Path: "fordel", From: []string{Opened, Registered, Assessed, Decided, Planned, Running, FollowedUp}, Who: section, Edit: true,
			Fields: []form.Field{
				{Name: "owner", Type: form.Choice, Required: true, From: s.holders(org.Owners...), Value: form.On(func(u *Uptake) string { return u.Owner })},
				{Name: "case_worker", Type: form.Choice, Required: true, From: s.holders(org.FoU), Value: form.On(func(u *Uptake) string { return u.CaseWorker })},
			}}, Apply: s.assign},
	}
}
