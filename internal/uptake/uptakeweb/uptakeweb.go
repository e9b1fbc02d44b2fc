// Package uptakeweb is what people see of knowledge in use: the list of what is
// to be decided and done, and the page of each finished study from findings to
// actions.
package uptakeweb

import (
	"context"
	"slices"

	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/uptake"
)

// Deps is what the pages need of the rest of the house.
type Deps struct {
	Service *uptake.Service
	Site    *recordweb.Site
	// ThemeName gives the name of a theme by its slug, in the plan that has it.
	ThemeName func(ctx context.Context, slug string) string
}

type pages struct{ Deps }

// Module gives knowledge in use as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "uptake", Kinds: []record.AnyKind{d.Service.Kind}, Migrations: uptake.Migrations, Messages: uptake.Messages,
		Subscribe: d.Service.Subscribe, Routes: p.routes,
		Nav: []web.NavEntry{{Key: "uptake.nav", Path: listPath, Order: 50}},
	}
}

const listPath = "/bruk"

func (p *pages) routes(r *web.Router) {
	recordweb.Mount(p.Site, recordweb.View[*uptake.Uptake]{
		Kind: p.Service.Kind, Icon: ui.IconDecision, UpKey: "uptake.nav", UpPath: listPath,
		Body: p.body, Side: p.side, Tags: p.tags, After: after,
	})
	// Whoever is logged in may open it: it shows what each may read.
	r.Add(web.Route{Pattern: "GET " + listPath, Rule: web.LoggedIn, Handle: p.list})
	if p.Site.Outlines == nil {
		p.Site.Outlines = map[string]func(context.Context, record.Head) ([]ui.ChainNode, error){}
	}
	p.Site.Outlines[p.Service.Kind.Name] = p.outline
}

// after leads from a command to the part of the page that it changed.
func after(command string, h *record.Head) string {
	part := map[string]string{
		"add_finding": "funn", "edit_finding": "funn", "remove_finding": "funn", "assess": "funn",
		"recommend": "anbefalinger", "remove_recommendation": "anbefalinger", "answer": "anbefalinger",
		"add_audience": "malgrupper", "remove_audience": "malgrupper",
		"add_action": "tiltak", "move_action": "tiltak", "remove_action": "tiltak", "update_action": "tiltak",
	}[command]
	if part == "" {
		return ""
	}
	return listPath + "/" + h.Number + "#" + part
}

func (p *pages) themeName(ctx context.Context, slug string) string {
	if slug == "" || p.ThemeName == nil {
		return slug
	}
	return p.ThemeName(ctx, slug)
}

// foreign gives the language of a text when it is not the page's.
func foreign(ctx context.Context, language string) string {
	if language == string(lang.From(ctx).Tag()) {
		return ""
	}
	return language
}

func href(u *uptake.Uptake) string { return listPath + "/" + u.Number }

// names gives the names of persons by id.
func (p *pages) names(ctx context.Context, ids ...string) (map[string]string, error) {
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return nil, nil
	}
	return p.Site.Names(ctx, ids...)
}

// outline gives what the thread shows within an uptake: findings, decision, actions.
func (p *pages) outline(ctx context.Context, h record.Head) ([]ui.ChainNode, error) {
	u, err := p.Service.Kind.Get(ctx, h.ID)
	if err != nil {
		return nil, err
	}
	steps := uptake.Outline(u)
	var ids []string
	for _, s := range steps {
		ids = append(ids, s.Who)
	}
	names, err := p.names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	today := p.Site.Engine.Today(ctx)
	icons := map[string]ui.Icon{"finding": ui.IconFinding, "decision": ui.IconDecision, "action": ui.IconAction}
	parts := map[string]string{"finding": "#funn", "decision": "#beslutning", "action": "#tiltak"}
	out := make([]ui.ChainNode, len(steps))
	for i, s := range steps {
		n := ui.ChainNode{
			Kind: lang.T(ctx, "uptake.step."+s.Kind), Icon: icons[s.Kind], Title: s.Title, Href: href(u) + parts[s.Kind], Lang: foreign(ctx, u.Lang), Example: u.Example,
		}
		switch s.Kind {
		case "decision":
			n.Tag = &ui.TagProps{Tone: outcomeTone(s.State), Text: lang.T(ctx, "uptake.outcome."+s.State)}
		case "action":
			n.Tag = &ui.TagProps{Tone: statusTone(s.State), Text: lang.T(ctx, "uptake.status."+s.State)}
		}
		if !s.When.IsZero() {
			n.When = lang.Date(ctx, s.When)
		}
		if !s.Due.IsZero() {
			n.When, n.Waiting = lang.T(ctx, "uptake.due_on", "date", lang.Day(ctx, s.Due)), names[s.Who]
			if today.After(s.Due) {
				n.Note, n.Late = overdue(ctx, s.Due, today), true
			}
		}
		out[i] = n
	}
	return out, nil
}

func outcomeTone(outcome string) ui.Tone {
	switch outcome {
	case uptake.Use:
		return ui.Success
	case uptake.UsePartly:
		return ui.Info
	}
	return ui.Neutral
}

func statusTone(status string) ui.Tone {
	switch status {
	case uptake.Done:
		return ui.Success
	case uptake.UnderWay:
		return ui.Info
	}
	return ui.Neutral
}

func answerTone(answer string) ui.Tone {
	switch answer {
	case uptake.Yes:
		return ui.Success
	case uptake.Partly:
		return ui.Info
	case uptake.No:
		return ui.Neutral
	}
	return ui.Warning
}
