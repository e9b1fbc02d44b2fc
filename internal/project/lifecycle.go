package project

import (
	"strconv"
	"time"

	"funn/internal/org"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
)

// Who is who in FP §8.2 table 1, "Gjennomføringsfase".
var (
	section   = []access.Rule{{Relations: []string{"case_worker"}}, {Roles: []access.Role{org.FoU}}}
	anyInFoU  = []access.Rule{{Roles: []access.Role{org.FoU}}}
	committee = []access.Rule{{Roles: []access.Role{org.Committee}}}
	owner     = []access.Rule{{Relations: []string{"subject_owner"}}}
	// The start-up meeting is the subject owner's dialogue, the R&D section assists.
	ownerThenSection = []access.Rule{{Relations: []string{"subject_owner"}}, {Relations: []string{"case_worker"}}, {Roles: []access.Role{org.FoU}}}
	sectionThenOwner = []access.Rule{{Relations: []string{"case_worker"}}, {Relations: []string{"subject_owner"}}, {Roles: []access.Role{org.FoU}}}
	// Researchers supply; the R&D section registers for those without an account.
	researcher = []access.Rule{{Relations: []string{"leader"}}, {Relations: []string{"case_worker"}}, {Roles: []access.Role{org.FoU}}}
	readers    = []access.Rule{
		{Staff: true},
		{Relations: []string{"leader"}},
	}
	// What everybody may know is on the public page; see PublicFlag.
	tellTeam  = []access.Rule{{Relations: []string{"leader", "subject_owner", "case_worker"}}}
	tellOwner = []access.Rule{{Relations: []string{"subject_owner"}}}
)

// summaryLimit is the longest summary of a project, in characters.
const summaryLimit = 3000

var (
	underWay   = []string{StartedUp, Running, OnHold}
	unfinished = []string{Created, Contracted, StartedUp, Running, OnHold, Delivered}
)

var states = []lifecycle.State{
	{Name: Created, Label: "planned", Tone: lifecycle.Neutral},
	{Name: Contracted, Label: "planned", Tone: lifecycle.Info},
	{Name: StartedUp, Label: "running", Tone: lifecycle.Info},
	{Name: Running, Label: "running", Tone: lifecycle.Info},
	{Name: OnHold, Label: "on_hold", Tone: lifecycle.Warning},
	{Name: Delivered, Label: "delivered", Tone: lifecycle.Warning},
	{Name: Accepted, Label: "finished", Tone: lifecycle.Success},
	{Name: Closed, Label: "finished", Tone: lifecycle.Success, Final: true},
	{Name: Cancelled, Label: "cancelled", Tone: lifecycle.Neutral, Final: true},
}

// commands is the life of a project (requirements 3.5).
func (s *Service) commands() []command {
	area := func(name string, required bool, limit int) form.Field {
		return form.Field{Name: name, Type: form.Area, Required: required, Max: limit}
	}
	valued := func(f form.Field, v func(*Project) string) form.Field { f.Value = form.On(v); return f }
	who := []form.Field{
		{Name: "leader_name", Max: 150, Value: form.On(func(p *Project) string { return p.LeaderName })},
		{Name: "leader", Type: form.Choice, From: s.holders(org.Researcher, org.Supplier, org.Analysis), Value: form.On(func(p *Project) string { return p.Leader })},
		{Name: "owner", Type: form.Choice, Required: true, From: s.holders(org.Owners...), Value: form.On(func(p *Project) string { return p.Owner })},
		{Name: "case_worker", Type: form.Choice, Required: true, From: s.holders(org.FoU), Value: form.On(func(p *Project) string { return p.CaseWorker })},
	}
	// A report that was sent back is gone on with, not begun anew.
	again := func(f form.Field, v func(*Project, *Deliverable) string) form.Field {
		return valued(f, func(p *Project) string {
			if d := p.Final(); d != nil && len(d.Returned) > 0 {
				return v(p, d)
			}
			return ""
		})
	}
	institution := form.Field{Name: "institution", Type: form.Choice, Required: true, From: s.organisations}

	// The line that every project follows stands first, so that the next step is
	// the first button; what can be done along the way follows.
	return []command{
		{Command: lifecycle.Command{Name: "create", Path: "opprett", Create: true, To: []string{Created}, Who: anyInFoU,
			Fields: append([]form.Field{
				{Name: "title", Required: true, Max: 200},
				{Name: "instrument", Type: form.Choice, Required: true, Options: form.Codes("instrument", Instruments...)},
				{Name: "need", Type: form.Choice, From: s.openNeeds},
				plan.RnDField("rnd_kind", nil),
				{Name: "theme", Type: form.Choice, From: s.themes},
				area("summary", true, summaryLimit),
				institution,
				{Name: "start", Type: form.Day, Required: true}, {Name: "end", Type: form.Day, Required: true},
				{Name: "amount", Type: form.Money, Required: true},
			}, who...),
			Ground: "FP §8.2 tabell 1 «Fremskaffe kunnskap»"}, Check: s.creatable, Apply: s.create},
		// Who has the ball is worked out in tasks where the state alone does not tell.
		{Command: lifecycle.Command{Name: "fund", Path: "vedta-finansiering", From: []string{Created}, Who: committee, NotBy: []string{"create"}, Reason: true, Confirm: true,
			Notify: tellTeam, Ground: "FP §8.1: FoU-utvalget beslutter finansiering"}, Check: s.fundable, Apply: s.fund},
		// Yes is not the only answer: the committee can ask before it decides, and say no.
		{Command: lifecycle.Command{Name: "ask_back", Path: "be-om-mer", From: []string{Created}, Who: committee, Reason: true, Notify: section,
			Ground: "FP §8.1; retur med begrunnelse"}, Check: s.askable, Apply: s.askBack},
		{Command: lifecycle.Command{Name: "answer_committee", Path: "svar-utvalget", From: []string{Created}, Who: section,
			Fields: []form.Field{area("reply", true, 4000)}, Notify: committee}, Check: s.asked, Apply: s.answerCommittee},
		{Command: lifecycle.Command{Name: "decline", Path: "avsla-finansiering", From: []string{Created}, To: []string{Cancelled}, Who: committee, NotBy: []string{"create"}, Reason: true, Confirm: true, Danger: true,
			Notify: tellTeam, Ground: "FP §8.1: FoU-utvalget beslutter finansiering"}, Check: s.fundable, Apply: s.cancel},
		{Command: lifecycle.Command{Name: "contract", Path: "kontrakt", From: []string{Created}, To: []string{Contracted}, Who: section, Confirm: true,
			Fields: []form.Field{
				{Name: "contract_on", Type: form.Day, Required: true}, {Name: "contract_ref", Max: 60},
				{Name: "presentation_due", Type: form.Day, Required: true},
			},
			Notify: tellTeam, Ground: "FP §8.2 tabell 1 «Tildele oppdrag»; §6 minst én presentasjon"}, Check: s.contractable, Apply: s.contract},
		{Command: lifecycle.Command{Name: "start_up", Path: "oppstartsmote", From: []string{Contracted}, To: []string{StartedUp}, Who: ownerThenSection, Task: true,
			Fields: []form.Field{{Name: "met_on", Type: form.Day, Required: true}, {Name: "met_with", Required: true, Max: 300}, area("minutes", true, 4000)},
			Ground: "FP §8.2 tabell 1 «Oppstartsmøte»; krav F5"}, Check: s.notAhead, Apply: s.startUp},
		{Command: lifecycle.Command{Name: "begin", Path: "i-gang", From: []string{StartedUp}, To: []string{Running}, Who: section, Task: true,
			Fields: []form.Field{{Name: "next_follow_up", Type: form.Day, Required: true}},
			Ground: "krav F5: neste oppfølging har alltid en dato"}, Check: s.ahead, Apply: s.begin},
		{Command: lifecycle.Command{Name: "accept_forecast", Path: "godta-endring", From: underWay, Who: owner, NotBy: []string{"propose_forecast"},
			Notify: tellTeam, Ground: "krav F3: fageier godtar"}, Check: s.answerable, Apply: s.acceptForecast},
		{Command: lifecycle.Command{Name: "follow_up", Path: "oppfolging", From: []string{Running, StartedUp}, Who: sectionThenOwner,
			Fields: []form.Field{{Name: "met_on", Type: form.Day, Required: true}, {Name: "met_with", Required: true, Max: 300}, area("minutes", true, 4000), {Name: "next_follow_up", Type: form.Day, Required: true}},
			Ground: "FP §8.2 tabell 1 «Prosjektoppfølging»"}, Check: s.followUpDates, Apply: s.followUp},
		{Command: lifecycle.Command{Name: "resume", Path: "gjenoppta", From: []string{OnHold}, To: []string{Running}, Who: section, Reason: true, Task: true,
			Fields: []form.Field{{Name: "next_follow_up", Type: form.Day, Required: true}}, Notify: tellTeam},
			Due: func(p *Project) time.Time { return p.ReviewDate }, Check: s.ahead, Apply: s.resume},
		{Command: lifecycle.Command{Name: "deliver_interim", Path: "lever-delrapport", From: []string{Running}, Who: researcher,
			Fields: []form.Field{{Name: "deliverable", Type: form.Choice, Required: true, From: s.parts}, area("summary", true, 3000), {Name: "file", Type: form.File}},
			Notify: tellTeam, Ground: "krav F4: en delrapport avslutter ikke prosjektet"}, Check: s.interimOpen, Apply: s.deliverInterim},
		{Command: lifecycle.Command{Name: "deliver", Path: "lever-sluttrapport", From: []string{Running}, To: []string{Delivered}, Who: researcher, Confirm: true,
			Fields: []form.Field{
				again(form.Field{Name: "report_title", Required: true, Max: 200}, func(_ *Project, d *Deliverable) string { return d.Title }),
				again(form.Field{Name: "report_lang", Type: form.Choice, Required: true, Options: form.Codes("language", "nb", "nn", "en")}, func(_ *Project, d *Deliverable) string { return d.Lang }),
				again(area("report_summary", true, 4000), func(_ *Project, d *Deliverable) string { return d.Summary }),
				again(area("findings", true, 6000), func(p *Project, _ *Deliverable) string { return p.findingLines() }),
				again(area("limitations", true, 3000), func(p *Project, _ *Deliverable) string { return p.Limitations }),
				{Name: "file", Type: form.File},
			},
			Notify: tellTeam, Ground: "krav F4, FP §3 Kvalitet"}, Check: s.deliverableNow, Apply: s.deliver},
		{Command: lifecycle.Command{Name: "review", Path: "kvalitetssikre", From: []string{Delivered}, Who: section,
			Fields: []form.Field{area("review_note", true, 4000)}, Notify: tellOwner, Ground: "FP §8.2: FoU-seksjonen vurderer design og kvalitet"}, Check: s.reviewable, Apply: s.review},
		{Command: lifecycle.Command{Name: "accept", Path: "godkjenn", From: []string{Delivered}, To: []string{Accepted}, Who: owner, NotBy: []string{"review"}, Confirm: true,
			Notify: tellTeam, Ground: "FP §8.2; fageier og FoU-seksjonen sammen"}, Check: s.acceptable, Apply: s.accept},
		{Command: lifecycle.Command{Name: "return", Path: "returner", From: []string{Delivered}, To: []string{Running}, Who: sectionThenOwner, Reason: true,
			Fields: []form.Field{{Name: "next_follow_up", Type: form.Day, Required: true}}, Notify: tellTeam}, Check: s.ahead, Apply: s.sendBack},
		{Command: lifecycle.Command{Name: "close", Path: "lukk", From: []string{Accepted}, To: []string{Closed}, Who: section, Confirm: true, Notify: tellTeam,
			Ground: "krav 3.5: publisert, bruk besluttet, presentert, data slettet eller planlagt slettet"}, Check: s.closable},
		{Command: lifecycle.Command{Name: "present", Path: "presentert", From: []string{Running, Delivered, Accepted}, Who: sectionThenOwner,
			Fields: []form.Field{{Name: "met_on", Type: form.Day, Required: true}, {Name: "where", Required: true, Max: 200}}, Ground: "FP §6: minst én presentasjon"}, Check: s.notAhead, Apply: s.present},
		{Command: lifecycle.Command{Name: "data_plan", Path: "sletting", From: []string{Running, Delivered, Accepted}, Who: researcher,
			Fields: []form.Field{{Name: "data_state", Type: form.Choice, Required: true, Options: form.Codes("data_state", "none", "confirmed", "planned")}, {Name: "data_date", Type: form.Day}}},
			Check: s.dataDate, Apply: s.dataPlan},
		{Command: lifecycle.Command{Name: "propose_forecast", Path: "meld-endring", From: underWay, Who: researcher,
			Fields: []form.Field{
				{Name: "deliverable", Type: form.Choice, From: s.openParts}, {Name: "new_end", Type: form.Day, Required: true},
				{Name: "cause", Type: form.Choice, Required: true, Options: form.Codes("cause", Causes...)}, area("note", true, 1000),
			},
			Notify: tellOwner, Ground: "krav F3; ÅR §2.3"}, Check: s.movable, Apply: s.proposeForecast},
		{Command: lifecycle.Command{Name: "reject_forecast", Path: "avsla-endring", From: underWay, Who: owner, NotBy: []string{"propose_forecast"}, Reason: true, Danger: true,
			Notify: tellTeam}, Check: s.answerable, Apply: s.rejectForecast},

		{Command: lifecycle.Command{Name: "edit", Path: "endre", From: unfinished, Who: section, Edit: true,
			Fields: append([]form.Field{
				{Name: "title", Required: true, Max: 200, Value: form.On(func(p *Project) string { return p.Title })},
				{Name: "theme", Type: form.Choice, From: s.themes, Value: form.On(func(p *Project) string { return p.Theme })},
				valued(area("summary", true, summaryLimit), func(p *Project) string { return p.Summary }),
			}, who...)}, Apply: s.edit},
		// Until the start-up meeting the plan can change; from then on only the forecast.
		{Command: lifecycle.Command{Name: "replan", Path: "endre-plan", From: []string{Created, Contracted}, Who: section, Edit: true,
			Fields: []form.Field{
				{Name: "start", Type: form.Day, Required: true, Value: form.On(func(p *Project) string { return isoDay(p.StartFrom) })},
				{Name: "end", Type: form.Day, Required: true, Value: form.On(func(p *Project) string { return isoDay(p.BaselineEnd) })},
				{Name: "amount", Type: form.Money, Required: true, Value: form.On(func(p *Project) string { return strconv.FormatInt(p.Amount, 10) })},
			}, Ground: "krav 3.5: planen låses ved oppstartsmøtet"}, Check: s.replannable, Apply: s.replan},
		{Command: lifecycle.Command{Name: "add_institution", Path: "ny-institusjon", From: unfinished, Who: section,
			Fields: []form.Field{institution, {Name: "role", Type: form.Choice, Required: true, Options: form.Codes("project.role", Partner, Subcontractor)}},
			Ground: "ÅR §2.2; krav D8"}, Apply: s.addInstitution},
		{Command: lifecycle.Command{Name: "budget", Path: "budsjett", From: unfinished, Who: section,
			Fields: []form.Field{
				{Name: "year", Type: form.Number, Required: true, Min: 2000}, {Name: "year_amount", Type: form.Money, Required: true}, {Name: "year_spent", Type: form.Money},
			}, Ground: "ÅR §5b «totalt over samtlige prosjektår»; krav F6"}, Check: s.budgetable, Apply: s.budget},
		{Command: lifecycle.Command{Name: "agree_deliverable", Path: "ny-leveranse", From: []string{Created, Contracted, StartedUp, Running}, Who: section,
			Fields: []form.Field{
				{Name: "kind", Type: form.Choice, Required: true, Options: form.Codes("deliverable", Interim, Final, Presentation, Dataset)},
				{Name: "deliverable_title", Required: true, Max: 200}, {Name: "due", Type: form.Day, Required: true},
			}, Ground: "krav F4"}, Check: s.deliverable, Apply: s.agreeDeliverable},
		{Command: lifecycle.Command{Name: "hold", Path: "sett-pa-vent", From: []string{Running}, To: []string{OnHold}, Who: section, Reason: true,
			Fields: []form.Field{{Name: "review_date", Type: form.Day, Required: true}}, Notify: tellTeam}, Check: s.ahead, Apply: s.hold},
		{Command: lifecycle.Command{Name: "cancel", Path: "avbryt", From: unfinished, To: []string{Cancelled}, Who: section, Reason: true, Confirm: true, Danger: true, Notify: tellTeam}, Apply: s.cancel},

		{Command: lifecycle.Command{Name: "recheck", Path: "ny-beslutningsdato", From: unfinished, System: true}, Apply: s.recheck},
		{Command: lifecycle.Command{Name: "take_award", Path: "tildelingen-tatt-imot", From: []string{Created}, System: true}, Apply: s.takeAward},
		{Command: lifecycle.Command{Name: "published", Path: "publisert", From: []string{Accepted, Closed}, System: true}, Apply: s.published},
		{Command: lifecycle.Command{Name: "use_decided", Path: "bruk-besluttet", From: []string{Accepted, Closed}, System: true}, Apply: s.useDecided},
	}
}
