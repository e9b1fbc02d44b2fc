package demo

import (
	"context"

	"funn/internal/demo/facts"
	"funn/internal/plan"
	"funn/internal/platform/record"
)

// plan is the plan in force and the one before it, with themes, goals, principles
// and programme notes.
func (l *loader) plan(ctx context.Context) error {
	for _, f := range facts.PlanVersions {
		p := &plan.Plan{
			Head:      record.Head{Number: f.Key, Title: f.Title, Lang: language(string(f.Note.Lang)), State: plan.Published, Unit: l.paths["fou"], Source: f.Source.String(), Created: l.known()},
			ValidFrom: f.ValidFrom, ValidTo: f.ValidTo, Note: f.Note.Body,
		}
		if f.Key == facts.PlanEarlier {
			p.State = plan.Replaced
		}
		for _, t := range facts.ThemesOf(f.Key) {
			theme := plan.Theme{Slug: t.Slug, Title: t.Name, Aliases: t.Aliases, Lang: language(string(t.Description.Lang)), Text: t.Description.Body, Source: t.Source.String()}
			for _, g := range facts.GoalLinks {
				if g.Theme == t.Slug {
					theme.Goals = append(theme.Goals, g.Goal)
				}
			}
			p.Themes.V = append(p.Themes.V, theme)
		}
		if f.Key == facts.PlanCurrent {
			l.content(p)
		}
		if err := l.Plans.Plans.Import(ctx, p, note); err != nil {
			return err
		}
		l.ids["plan:"+f.Key] = p.ID
	}
	for _, f := range facts.ProgrammeNotes {
		theme, _ := facts.ThemeBySlug(f.Theme)
		n := &plan.Note{
			Head: record.Head{Title: theme.Name, Lang: language(string(f.Plan.Lang)), Unit: l.paths["fou"], Source: f.Source.String(), Created: l.known()},
			Plan: facts.PlanCurrent, Theme: f.Theme, Planned: f.Plan.Body,
		}
		n.State = map[facts.NoteState]string{
			facts.NoteMissing: plan.Missing, facts.NoteDraft: plan.NoteDraft, facts.NoteFinished: plan.Finished, facts.NoteRevision: plan.UnderRevision,
		}[f.State]
		if err := l.Plans.Notes.Import(ctx, n, note); err != nil {
			return err
		}
	}
	return nil
}

// content is what the plan in force says.
func (l *loader) content(p *plan.Plan) {
	for _, x := range facts.Principles {
		p.Principles.V = append(p.Principles.V, plan.Principle{Key: x.Key, Lang: language(string(x.Description.Lang)), Text: x.Description.Body})
	}
	for _, g := range facts.Goals {
		p.Goals.V = append(p.Goals.V, plan.Goal{Key: g.Key, Origin: string(g.Kind), Title: g.Title, Lang: language(string(g.Description.Lang)), Text: g.Description.Body, Valid: g.Valid.Text, Source: g.Source.String()})
	}
	for _, t := range facts.Tags {
		p.Tags.V = append(p.Tags.V, plan.Tag{Key: t.Key, Names: map[string]string{"nb": t.Name.NB, "nn": t.Name.NN, "en": t.Name.EN}})
	}
	for _, r := range facts.Revisions {
		if r.Of == p.Number {
			p.SetFlag(plan.RevisionFlag, true)
			p.Revision.V = plan.Revision{Cause: "strategy", Text: r.Cause.Body, Due: r.Due.To, Words: r.Due.Text}
		}
	}
}
