package call

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

// Who is who in requirements 3.2: the R&D section writes, the subject owner answers
// for the content, the committee backs.
var (
	section   = []access.Rule{{Roles: []access.Role{org.FoU}}}
	owner     = []access.Rule{{Relations: []string{"subject_owner"}}}
	committee = []access.Rule{{Roles: []access.Role{org.Committee}}}
	// Those who may say that an approved call is not ready after all.
	returners = []access.Rule{{Relations: []string{"subject_owner"}}, {Roles: []access.Role{org.FoU, org.Committee}}}
	informed  = []access.Rule{{Relations: []string{"subject_owner"}}, {Roles: []access.Role{org.FoU, org.Committee}}}
)

var states = []lifecycle.State{
	{Name: Planned, Label: "planned", Tone: lifecycle.Neutral},
	{Name: Draft, Label: "preparing", Tone: lifecycle.Info, Untold: Planned},
	{Name: Approved, Label: "preparing", Tone: lifecycle.Info, Untold: Planned},
	{Name: Open1, Label: "open", Tone: lifecycle.Success},
	{Name: Assessment1, Label: "assessing", Tone: lifecycle.Warning},
	{Name: Open2, Label: "assessing", Tone: lifecycle.Warning}, // open for those invited only
	{Name: Assessment2, Label: "assessing", Tone: lifecycle.Warning},
	{Name: Proposed, Label: "assessing", Tone: lifecycle.Warning, Untold: Assessment2},
	{Name: Decided, Label: "decided", Tone: lifecycle.Success, Untold: Assessment2},
	{Name: Announced, Label: "decided", Tone: lifecycle.Success},
	{Name: Closed, Label: "decided", Tone: lifecycle.Neutral, Final: true},
	{Name: Cancelled, Label: "cancelled", Tone: lifecycle.Neutral, Final: true},
}

var (
	every = []string{Planned, Draft, Approved, Open1, Assessment1, Open2, Assessment2, Proposed, Decided, Announced, Closed, Cancelled}
	// told are the states that whoever runs the call tells, in their order.
	told = []string{Open2, Assessment2, Proposed, Decided, Announced, Closed}
	// undecided are the states in which a call can still be cancelled (requirements 3.2).
	undecided = []string{Planned, Draft, Approved, Open1, Assessment1, Open2, Assessment2, Proposed}
	// writing are the commands that change what is approved.
	writing = []string{"edit", "set_dates", "write_nb", "write_nn", "write_en", "set_handling", "set_criterion", "remove_criterion", "set_part", "remove_part", "set_question", "move_question", "remove_question"}
)

// PlanMonths is how long a project lasts at most by the plan (FP §5.2; C10).
const PlanMonths = 36

// commands is the life of a call (requirements 3.2).
func (s *Service) commands() []command {
	title := form.Field{Name: "title", Required: true, Max: 150, Value: form.On(func(c *Call) string { return c.Title })}
	theme := form.Field{Name: "theme", Type: form.Choice, From: s.themes, Value: form.On(func(c *Call) string { return c.Theme })}
	year := form.Field{Name: "plan_year", Type: form.Number, Min: 2000, Value: form.On(func(c *Call) string { return number(int64(c.PlanYear), 0) })}
	note := form.Field{Name: "note", Type: form.Area, Max: 2000, Value: form.On(func(c *Call) string { return c.Note })}
	frame := form.Field{Name: "frame", Type: form.Money, Value: form.On(func(c *Call) string { return number(c.FrameOre, Unknown) })}
	count := func(name string, least int64, none int64, value func(*Call) int) form.Field {
		return form.Field{Name: name, Type: form.Number, Min: least, Value: form.On(func(c *Call) string { return number(int64(value(c)), none) })}
	}
	reason := form.Field{Name: "cancel_reason", Type: form.Area, Required: true, Max: 2000}

	return append([]command{
		{Command: lifecycle.Command{Name: "register", Path: "ny", Create: true, To: []string{Planned, Draft}, Who: section,
			Fields: []form.Field{title, theme, year, note, frame, dateField("opens"), dateField("deadline"), {Name: "as_draft", Type: form.Tick}},
			Ground: "FP §5.2; krav C1"}, Apply: s.register},
		{Command: lifecycle.Command{Name: "copy", Path: "kopier", Create: true, To: []string{Draft}, Who: section,
			Fields: []form.Field{{Name: "original", Type: form.Choice, Required: true, From: s.originals}, {Name: "title", Required: true, Max: 150}, year}}, Apply: s.copied},
		{Command: lifecycle.Command{Name: "begin", Path: "lag-utkast", From: []string{Planned}, To: []string{Draft}, Who: section}, Apply: begin},

		// Approving stands first, so that its button does once nothing blocks it.
		{Command: lifecycle.Command{Name: "approve", Path: "godkjenn", From: []string{Draft}, To: []string{Approved}, Who: committee, Confirm: true,
			NotBy: append([]string{"approve_content"}, writing...), Notify: informed,
			Ground: "krav 3.2: FoU-seksjonen skriver, fageier godkjenner innholdet, FoU-utvalget slutter seg til"}, Check: s.approvable, Apply: s.approve},
		{Command: lifecycle.Command{Name: "approve_content", Path: "godkjenn-innholdet", From: []string{Draft}, Who: owner, Confirm: true,
			NotBy: writing, Notify: section, Ground: "FP §5.2; krav 3.2"}, Check: s.contentApprovable, Apply: approveContent},
		{Command: lifecycle.Command{Name: "edit", Path: "endre", From: []string{Planned, Draft}, Who: section, Edit: true,
			Fields: []form.Field{
				title, theme, year, note,
				{Name: "owner", Type: form.Choice, From: s.owners, Value: form.On(func(c *Call) string { return c.Owner })},
				{Name: "needs", Type: form.Choices, From: s.needOptions, Value: held},
				frame,
				count("max_months", 1, 0, func(c *Call) int { return c.MaxMonths }),
				count("presentations", 1, 0, func(c *Call) int { return c.Presentations }),
			},
			Ground: "FP §3, §5.2, §6; krav C10"}, Check: s.editable, Apply: edit},
		{Command: lifecycle.Command{Name: "set_dates", Path: "datoer", From: []string{Planned, Draft}, Who: section, Edit: true,
			Fields: append([]form.Field{dateField("opens")}, later()...)}, Apply: setDates},
		s.write(lang.NB, "tekst-bokmal"), s.write(lang.NN, "tekst-nynorsk"), s.write(lang.EN, "tekst-engelsk"),
		{Command: lifecycle.Command{Name: "set_handling", Path: "klage-og-tilbakemelding", From: []string{Planned, Draft}, Who: section, Edit: true,
			Fields: []form.Field{
				{Name: "appeal_body", Type: form.Choice, Required: true, Options: form.Codes("call.appeal_body", AppealBodies...), Value: form.On(func(c *Call) string { return cmp.Or(c.AppealBody, OthersSettle) })},
				{Name: "feedback", Type: form.Choice, Required: true, Options: form.Codes("call.feedback", Feedbacks...), Value: form.On(func(c *Call) string { return cmp.Or(c.Feedback, TextsReleased) })},
			},
			Ground: "krav 3.3: klageinstans i innstillinger; fvl. § 28"}, Apply: setHandling},
		{Command: lifecycle.Command{Name: "set_criterion", Path: "kriterium", From: []string{Draft}, Who: section, Edit: true,
			Fields: []form.Field{
				{Name: "criterion", Type: form.Choice, Required: true, Options: form.Codes("call.criterion", NewCriterion), From: criteria},
				{Name: "name_nb", Required: true, Max: 80}, {Name: "name_nn", Required: true, Max: 80}, {Name: "name_en", Max: 80},
				{Name: "meaning_nb", Type: form.Area, Required: true, Max: 600}, {Name: "meaning_nn", Type: form.Area, Required: true, Max: 600}, {Name: "meaning_en", Type: form.Area, Max: 600},
				{Name: "weight", Type: form.Number, Required: true, Min: 1},
				{Name: "principles", Type: form.Choices, Required: true, Options: form.Codes("call.principle", Principles...)},
				{Name: "assessor", Type: form.Choice, Required: true, Options: form.Codes("call.assessor", ByOwner, BySection)},
			},
			Ground: "FP §3; krav A5, C4"}, Apply: setCriterion},
		{Command: lifecycle.Command{Name: "remove_criterion", Path: "fjern-kriterium", From: []string{Draft}, Who: section,
			Fields: []form.Field{{Name: "criterion", Type: form.Choice, Required: true, From: criteria}}}, Check: removable, Apply: removeCriterion},
		s.formCommand("set_part", "del", true, slices.Concat(
			[]form.Field{{Name: "part", Type: form.Choice, Required: true, Options: form.Codes("call.part", newPart+Stage1, newPart+Stage2), From: parts}},
			words("name", form.Text, true, 80)), setPart),
		s.formCommand("remove_part", "fjern-del", false, []form.Field{{Name: "part", Type: form.Choice, Required: true, From: parts}}, removePart),
		s.formCommand("set_question", "sporsmal", true, slices.Concat(
			[]form.Field{{Name: "question", Type: form.Choice, Required: true, Options: form.Codes("call.question", NewQuestion), From: questions}, {Name: "part", Type: form.Choice, Required: true, From: parts},
				{Name: "question_kind", Type: form.Choice, Required: true, Options: form.Codes("call.question_kind", QuestionKinds...)}},
			words("label", form.Text, true, 200), words("help", form.Area, false, 600),
			[]form.Field{{Name: "limit", Type: form.Number, Min: 1}, {Name: "required", Type: form.Tick}},
			words("options", form.Area, false, 2000)), setQuestion),
		s.formCommand("move_question", "flytt-sporsmal", false, []form.Field{{Name: "question", Type: form.Choice, Required: true, From: questions}, {Name: "place", Type: form.Choice, Required: true, From: places}}, moveQuestion),
		s.formCommand("remove_question", "fjern-sporsmal", false, []form.Field{{Name: "question", Type: form.Choice, Required: true, From: questions}}, removeQuestion),
		{Command: lifecycle.Command{Name: "return", Path: "tilbake-til-utkast", From: []string{Approved}, To: []string{Draft}, Who: returners, Reason: true, Notify: informed}, Apply: returned},

		{Command: lifecycle.Command{Name: "open", Path: "apne", From: []string{Approved}, To: []string{Open1}, System: true, Notify: informed, Ground: "krav 3.2: på åpningsdagen"}, Apply: s.opened},
		{Command: lifecycle.Command{Name: "shut", Path: "frist-ute", From: []string{Open1, Open2}, System: true, Ground: "krav C3: fra fristen tas ingenting imot"}, Apply: s.shut},
		{Command: lifecycle.Command{Name: "close", Path: "lukk", From: []string{Open1, Open2}, To: []string{Assessment1, Assessment2}, System: true, Notify: informed, Ground: "krav 3.2: når fristen er ute"}, Apply: s.closed},
		{Command: lifecycle.Command{Name: "extend", Path: "utsett-fristen", From: []string{Open1, Open2}, Who: section, Edit: true, Reason: true, Confirm: true, Notify: informed,
			Fields: later(), Ground: "krav 3.2: bare før fristen"}, Check: s.extendable, Apply: s.extend},

		{Command: lifecycle.Command{Name: "set_applications_due", Path: "soknadsfrist", From: []string{Assessment1}, Who: section, Edit: true,
			Fields: []form.Field{required(dateField("applications_due")), required(clockField("applications_clock", func(c *Call) string { return c.ApplicationsClock }))},
			Ground: "krav C3"}, Apply: s.setApplicationsDue},

		{Command: lifecycle.Command{Name: "tell_state", Path: "tilstand", From: []string{Planned, Assessment1, Open2, Assessment2, Proposed, Decided, Announced}, To: append([]string{Assessment1}, told...), Who: section,
			Fields: []form.Field{{Name: "state", Type: form.Choice, Required: true, From: otherStates}},
		}, Check: s.notRunHere, Apply: s.tellState},
		{Command: lifecycle.Command{Name: "tell_result", Path: "resultat", From: []string{Announced, Closed}, Who: section, Edit: true,
			Fields: []form.Field{
				count("sketches", 0, Unknown, func(c *Call) int { return c.Sketches }),
				count("invited", 0, Unknown, func(c *Call) int { return c.Invited }),
				count("applications", 0, Unknown, func(c *Call) int { return c.Applications }),
				count("awards", 0, Unknown, func(c *Call) int { return c.Awards }),
				{Name: "awarded", Type: form.Money, Value: form.On(func(c *Call) string { return number(c.AwardedOre, Unknown) })},
			},
			Ground: "FP §5.2; krav C9",
		}, Check: s.notRunHere, Apply: tellResult},

		{Command: lifecycle.Command{Name: "propose_cancel", Path: "foresla-avlysning", From: undecided, Who: section, Danger: true, Fields: []form.Field{reason}, Notify: committee,
			Ground: "krav 3.2: FoU-seksjonen med FoU-utvalget, offentlig grunn"}, Check: notProposed, Apply: proposeCancel},
		{Command: lifecycle.Command{Name: "keep", Path: "behold", From: undecided, Who: []access.Rule{{Roles: []access.Role{org.FoU, org.Committee}}}, Reason: true, Notify: section}, Check: proposed, Apply: keep},
		{Command: lifecycle.Command{Name: "cancel", Path: "avlys", From: undecided, To: []string{Cancelled}, Who: committee, NotBy: []string{"propose_cancel"}, Confirm: true, Danger: true,
			Notify: informed, Ground: "krav 3.2"}, Check: proposed, Apply: s.cancel},
	}, append(s.steps(), s.keyCommands()...)...)
}

// dateField is a date told as exactly as it is known.
func dateField(name string) form.Field {
	return form.Field{Name: name, Max: 60, Value: form.On(func(c *Call) string { return c.date(name).written() })}
}

func clockField(name string, value func(*Call) string) form.Field {
	return form.Field{Name: name, Max: 12, Value: form.On(value)}
}

func required(f form.Field) form.Field {
	f.Required = true
	return f
}

// later are the dates that can be moved also when the call is open: the deadline
// and what comes after it.
func later() []form.Field {
	return []form.Field{
		dateField("deadline"),
		clockField("deadline_clock", func(c *Call) string { return c.DeadlineClock }),
		dateField("answer"), dateField("applications_due"),
		clockField("applications_clock", func(c *Call) string { return c.ApplicationsClock }),
		dateField("decision"), dateField("starts"),
	}
}

// write is the command that writes the call's texts in a language.
func (s *Service) write(tag lang.Tag, path string) command {
	text := func(name string, limit int, get func(Text) string) form.Field {
		return form.Field{Name: name, Type: form.Area, Required: true, Max: limit, Value: form.On(func(c *Call) string { return get(c.Texts.V[string(tag)]) })}
	}
	fields := []form.Field{
		text("purpose", 4000, func(t Text) string { return t.Purpose }),
		text("eligible", 2000, func(t Text) string { return t.Eligible }),
		text("requirements", 4000, func(t Text) string { return t.Requirements }),
		text("assessed", 4000, func(t Text) string { return t.Assessed }),
		text("apply", 2000, func(t Text) string { return t.Apply }),
		text("contact", 600, func(t Text) string { return t.Contact }),
	}
	if tag != lang.NB {
		title := form.Field{Name: "title_in", Required: true, Max: 150, Value: form.On(func(c *Call) string { return c.Texts.V[string(tag)].Title })}
		fields = append([]form.Field{title}, fields...)
	}
	return command{Command: lifecycle.Command{Name: "write_" + string(tag), Path: path, From: []string{Draft}, Who: section, Edit: true, Fields: fields, Ground: "FP §5.2"},
		Apply: writeText(tag)}
}

// formCommand is a command that changes what applicants are asked.
func (s *Service) formCommand(name, path string, edit bool, fields []form.Field, apply func(context.Context, *record.Change[*Call]) error) command {
	return command{Command: lifecycle.Command{Name: name, Path: path, From: []string{Draft}, Who: section, Edit: edit, Fields: fields, Ground: "krav C2, C6"}, Apply: apply}
}

// held gives the needs that the call has already.
func held(rec any) []string {
	if c, ok := rec.(*Call); ok && c != nil {
		return c.Needs.V
	}
	return nil
}

// relations gives who has a part in the call.
func relations(c *Call) map[string][]string {
	out := keyRelations(c)
	out["subject_owner"] = []string{c.Owner}
	return out
}

// links lead to the needs that the call is to answer.
func links(c *Call) []record.Link {
	var out []record.Link
	for _, id := range c.Needs.V {
		out = append(out, record.Link{To: id, Rel: "calls_for"})
	}
	return out
}

// tasks is what a call waits for: first that the draft is made ready, then that the
// two agree to it; and an answer to the proposal of cancelling it.
func (s *Service) tasks(c *Call) []record.Task {
	var out []record.Task
	expect := func(command string) { out = append(out, record.Task{Name: command, Command: command}) }
	if c.State == Draft {
		switch {
		case len(c.missing()) > 0:
			expect("edit")
		case c.ContentAt.IsZero():
			expect("approve_content")
		case c.Key.V.Rehearsed():
			expect("approve")
		}
		switch {
		case c.Key.V == nil && len(c.missing()) == 0:
			expect("name_holders")
		case c.Key.V != nil:
			expect("fetch_part")
			expect("rehearse_part")
		}
	}
	if c.Key.V != nil && (c.State == Assessment1 || c.State == Assessment2) && c.Openings.V[c.Stage()].Done.IsZero() {
		expect("give_part")
	}
	// What was opened is somebody's to bring further, until all have their answer.
	if c.Key.V != nil && !c.Openings.V[c.Stage()].Done.IsZero() {
		if next, ok := map[string]string{Assessment1: "tell_sketches", Assessment2: "propose_awards", Proposed: "decide_awards", Decided: "announce"}[c.State]; ok {
			expect(next)
		}
	}
	if c.CancelBy != "" && c.State != Cancelled {
		expect("cancel")
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }
