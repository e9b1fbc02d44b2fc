package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"funn/internal/demo/facts"
	"funn/internal/platform/db"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/project"
)

// projects are the grants, commissions and doctorates of the report, named or
// only counted, each in the state that the year's end gives it.
func (l *loader) projects(ctx context.Context) error {
	for _, f := range facts.Projects() {
		p := &project.Project{
			Head:       record.Head{Title: f.Title, Lang: string(f.TitleLang), Source: f.Source.String(), Unit: top, Created: l.known()},
			Instrument: string(f.Instrument), Theme: f.Theme, Phase: string(f.Phase), Summary: f.About.Body, SummaryLang: string(f.About.Lang), LeaderName: f.Leader,
			KnownBy: f.KnownBy, Counted: f.CountedFinished, Doubt: f.Doubt.Body, Named: f.Named, Titled: f.Titled,
			Amount: f.Amount.NOK * 100,
		}
		if p.Lang == "" {
			p.Lang = string(lang.NB)
		}
		p.Start.V, p.End.V = span(f.Start), span(f.End)
		p.StartFrom, p.StartTo = f.Start.From, f.Start.To
		if f.Contracted.Known() {
			p.ContractOn = f.Contracted.To
		}
		year := l.start.Year()
		if f.CountedFinished != 0 || f.End.Known() {
			p.State, p.Finished = project.Accepted, finished(f)
			year = p.Finished.Year()
		} else {
			p.State = project.Running
			if first := firstOf(f.Start.To, f.Contracted.To, f.KnownBy); !first.IsZero() {
				year = first.Year()
			}
		}
		for i, key := range f.Institutions {
			id, err := l.id(key)
			if err != nil {
				return fmt.Errorf("project %s: %w", f.Key, err)
			}
			role := project.Partner
			if i == 0 {
				role = project.Host
			}
			p.Roles.V = append(p.Roles.V, project.Role{Org: id, Role: role})
		}
		if err := l.names(ctx, p); err != nil {
			return err
		}
		for _, ground := range []string{f.Call, f.Framework} {
			if id, ok := l.ids[ground]; ok && ground != "" {
				p.Grounds.V = append(p.Grounds.V, id)
			}
		}
		p.SetFlag(project.PublicFlag, true)
		var err error
		if p.Number, err = l.Projects.Kind.NextNumber(ctx, year); err != nil {
			return err
		}
		if err := l.Projects.Kind.Import(ctx, p, note); err != nil {
			return fmt.Errorf("project %s: %w", f.Key, err)
		}
		l.ids[f.Key] = p.ID
	}
	return nil
}

// finished is the last day on which the project can have been finished.
func finished(f facts.Project) time.Time {
	if f.CountedFinished == 0 || f.End.Within(f.CountedFinished) {
		return f.End.To
	}
	return time.Date(f.CountedFinished, time.December, 31, 0, 0, 0, 0, time.UTC)
}

func span(w facts.When) project.Span {
	return project.Span{From: w.From, To: w.To, Text: w.Text}
}

func firstOf(days ...time.Time) time.Time {
	var first time.Time
	for _, d := range days {
		if !d.IsZero() && (first.IsZero() || d.Before(first)) {
			first = d
		}
	}
	return first
}

// names keeps the institutions' names beside their ids, as the service does.
func (l *loader) names(ctx context.Context, p *project.Project) error {
	var names []string
	for _, r := range p.Roles.V {
		title, err := db.One[string](ctx, l.Engine.DB, "SELECT title FROM record WHERE id = $1", r.Org)
		if err != nil {
			return err
		}
		names = append(names, title)
	}
	p.RoleNames = strings.Join(names, ", ")
	return nil
}
