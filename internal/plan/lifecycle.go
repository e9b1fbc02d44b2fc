package plan

import (
	"context"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

var (
	// The R&D section develops the plan (FP §8.1).
	section = []access.Rule{{Roles: []access.Role{org.FoU}}}
	// A change of strategy is the directors' to tell, too.
	callers = []access.Rule{{Roles: []access.Role{org.FoU, org.Director, org.Committee}}}
	// The section coordinates the programme notes, in close work with the subject
	// owners and the analysts (FP §4).
	writers = []access.Rule{{Roles: []access.Role{org.FoU, org.SubjectOwner, org.Analysis}}}
)

// plans is the life of a version of the plan.
func (s *Service) plans() *record.Kind[*Plan] {
	type command = record.Command[*Plan]
	draft := []string{Draft}
	return &record.Kind[*Plan]{
		Name: "plan", Prefix: "PLAN", Path: "/plan", Table: "plan",
		Initial: []string{Draft, Published, Replaced},
		New:     func() *Plan { return &Plan{} },
		Read:    []access.Rule{{Public: true, NotStates: draft}, {Staff: true}},
		States: []lifecycle.State{
			{Name: Draft, Label: "draft", Tone: lifecycle.Info},
			{Name: Published, Label: "in_force", Tone: lifecycle.Success},
			{Name: Replaced, Label: "replaced", Tone: lifecycle.Neutral, Final: true},
		},
		Tasks: revisionTask, Describe: describePlan,
		Commands: []command{
			{Command: lifecycle.Command{
				Name: "draft", Path: "ny", Create: true, To: draft, Who: section,
				Fields: []form.Field{{Name: "version", Required: true, Max: 12}, {Name: "title", Required: true, Max: 120}},
				Ground: "FP §1, §8.1",
			}, Check: s.versionFree, Apply: s.draft},
			{Command: lifecycle.Command{
				Name: "call_revision", Path: "varsle-revisjon", From: []string{Published}, Who: callers,
				Fields: []form.Field{
					{Name: "cause", Type: form.Choice, Required: true, Options: form.Codes("plan.cause", Causes...)},
					{Name: "text", Type: form.Area, Required: true, Max: 1000},
					{Name: "due", Type: form.Day, Required: true},
				},
				Notify: section, Ground: "FP §1; krav A1: en ny strategi utløser revisjon",
			}, Check: notCalled, Apply: callRevision},
			{Command: lifecycle.Command{
				Name: "roll", Path: "rull", From: []string{Published}, Who: section,
				Fields: []form.Field{{Name: "version", Required: true, Max: 12}, {Name: "title", Required: true, Max: 120}},
				Ground: "FP §1: planen rulleres hvert år",
			}, Check: s.rollable, Apply: s.roll},

			{Command: lifecycle.Command{
				Name: "edit", Path: "endre", From: draft, Who: section, Edit: true,
				Fields: []form.Field{
					{Name: "title", Required: true, Max: 120, Value: form.On(func(p *Plan) string { return p.Title })},
					{Name: "note", Type: form.Area, Max: 2000, Value: form.On(func(p *Plan) string { return p.Note })},
					{Name: "tags", Type: form.Area, Max: 1000, Value: form.On(tagLines)},
				},
			}, Apply: editPlan},
			{Command: lifecycle.Command{
				Name: "set_principle", Path: "sett-prinsipp", From: draft, Who: section,
				Fields: []form.Field{
					{Name: "principle", Type: form.Choice, Required: true, Options: form.Codes("plan.principle", PrincipleKeys...)},
					{Name: "text", Type: form.Area, Required: true, Max: 1000},
				},
				Ground: "FP §3",
			}, Apply: setPrinciple},
			{Command: lifecycle.Command{
				Name: "set_theme", Path: "sett-tema", From: draft, Who: section,
				Fields: []form.Field{
					{Name: "title", Required: true, Max: 100},
					{Name: "text", Type: form.Area, Required: true, Max: 2000},
					{Name: "goals", Type: form.Choices, From: goalsOf},
					{Name: "partners", Type: form.Area, Max: 1000},
				},
				Ground: "FP §4",
			}, Apply: setTheme},
			{Command: lifecycle.Command{
				Name: "remove_theme", Path: "fjern-tema", From: draft, Who: section, Danger: true,
				Fields: []form.Field{{Name: "theme", Type: form.Choice, Required: true, From: themesOf}},
			}, Apply: removeTheme},
			{Command: lifecycle.Command{
				Name: "set_goal", Path: "sett-mal", From: draft, Who: section,
				Fields: []form.Field{
					{Name: "title", Required: true, Max: 150},
					{Name: "origin", Type: form.Choice, Required: true, Options: form.Codes("plan.origin", Origins...)},
					{Name: "text", Type: form.Area, Max: 1000},
					{Name: "valid", Max: 60},
				},
				Ground: "FP §1, §4",
			}, Apply: setGoal},
			{Command: lifecycle.Command{
				Name: "remove_goal", Path: "fjern-mal", From: draft, Who: section, Danger: true,
				Fields: []form.Field{{Name: "goal", Type: form.Choice, Required: true, From: goalsOf}},
			}, Apply: removeGoal},

			{Command: lifecycle.Command{
				Name: "publish", Path: "publiser", From: draft, To: []string{Published}, Who: callers, NotBy: []string{"draft"}, Task: true, Confirm: true,
				Fields: []form.Field{{Name: "valid_from", Type: form.Day, Required: true, Value: form.On(func(p *Plan) string { return dayText(p.ValidFrom) })}},
				Ground: "FP §1",
			}, Check: s.publishable, Apply: s.publish},
			{Command: lifecycle.Command{
				Name: "supersede", Path: "erstatt", From: []string{Published}, To: []string{Replaced}, System: true,
				Fields: []form.Field{{Name: "valid_to", Type: form.Day, Required: true}},
			}, Apply: supersede},
			{Command: lifecycle.Command{
				Name: "annex", Path: "vedlegg", From: []string{Published}, System: true,
				Fields: []form.Field{{Name: "note", Required: true}, {Name: "number", Required: true}, {Name: "theme", Required: true}, {Name: "title", Required: true}},
				Ground: "FP §4: ferdige programnotater blir vedlegg",
			}, Apply: annex},
		},
	}
}

// notes is the life of a programme note. It is MANGLER from the day its theme is
// in the plan, so that what is missing shows.
func (s *Service) notes() *record.Kind[*Note] {
	type command = record.Command[*Note]
	content := func(name string, required bool, value func(Content) string) form.Field {
		return form.Field{Name: name, Type: form.Area, Required: required, Max: 8000, Value: form.On(func(n *Note) string { return value(n.Content.V) })}
	}
	return &record.Kind[*Note]{
		Name: "programme_note", Prefix: "N", Path: "/programnotat", Table: "programme_note",
		Initial: []string{Missing, NoteDraft, Finished, UnderRevision},
		New:     func() *Note { return &Note{} },
		Read:    []access.Rule{{Public: true, States: []string{Finished}}, {Staff: true}},
		States: []lifecycle.State{
			{Name: Missing, Label: "missing", Tone: lifecycle.Warning},
			{Name: NoteDraft, Label: "draft", Tone: lifecycle.Info},
			{Name: Finished, Label: "finished", Tone: lifecycle.Success},
			{Name: UnderRevision, Label: "revision", Tone: lifecycle.Info},
		},
		Describe: describeNote,
		Commands: []command{
			{Command: lifecycle.Command{
				Name: "missing", Path: "mangler", Create: true, To: []string{Missing}, System: true,
				Fields: []form.Field{{Name: "plan", Required: true}, {Name: "theme", Required: true}, {Name: "title", Required: true}},
			}, Apply: missing},
			{Command: lifecycle.Command{
				Name: "carry", Path: "ny-plan", From: []string{Missing, NoteDraft, Finished, UnderRevision}, System: true,
				Fields: []form.Field{{Name: "plan", Required: true}, {Name: "title", Required: true}},
			}, Apply: carry},
			{Command: lifecycle.Command{
				Name: "write", Path: "skriv", From: []string{Missing, NoteDraft, UnderRevision}, To: []string{NoteDraft, UnderRevision}, Who: writers, Edit: true, Task: true,
				Fields: []form.Field{
					content("status", true, func(c Content) string { return c.Status }),
					content("needs", false, func(c Content) string { return c.Needs }),
					content("questions", false, func(c Content) string { return lines(c.Questions) }),
					content("partners", false, func(c Content) string { return lines(c.Partners) }),
				},
				Ground: "FP §4",
			}, Apply: write},
			{Command: lifecycle.Command{
				Name: "finish", Path: "ferdigstill", From: []string{NoteDraft, UnderRevision}, To: []string{Finished}, Who: section, Confirm: true,
				Ground: "FP §4",
			}, Check: finishable, Apply: s.finish},
			{Command: lifecycle.Command{Name: "revise", Path: "revider", From: []string{Finished}, To: []string{UnderRevision}, Who: writers, Reason: true}},
		},
	}
}

// revisionTask asks the section for a new version once it has been called for,
// until one has been begun.
func revisionTask(p *Plan) []record.Task {
	if p.State != Published || p.Revision.V.Cause == "" || p.NextID != "" {
		return nil
	}
	return []record.Task{{Name: "revision", Command: "roll", Role: org.FoU, Due: p.Revision.V.Due, Detail: p.Revision.V.Text}}
}

func describePlan(_ context.Context, p *Plan) (record.Doc, error) {
	doc := record.Doc{Text: p.Note, Date: p.ValidFrom}
	for _, t := range p.Themes.V {
		doc.Text += "\n" + t.Title + "\n" + t.Text
	}
	for _, g := range p.Goals.V {
		doc.Text += "\n" + g.Title
	}
	return doc, nil
}

func describeNote(_ context.Context, n *Note) (record.Doc, error) {
	c := n.Content.V
	return record.Doc{
		Text:   c.Status + "\n" + c.Needs + "\n" + lines(c.Questions),
		Facets: map[string][]string{"theme": {n.Theme}}, Date: n.FinishedAt,
	}, nil
}
