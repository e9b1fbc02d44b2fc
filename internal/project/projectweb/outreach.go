package projectweb

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/project"
)

type outreachProps struct {
	Duties  []ui.Task
	Results []ui.Item // publications and what becomes of them
}

// outreach shows what remains before the knowledge is told and in use, and what
// has come of the project: publications, assessments of use.
func (p *pages) outreach(c *web.Context, r *project.Project) (templ.Component, error) {
	ctx := c.Ctx()
	var v outreachProps
	duty := func(key string, done bool, hint string) {
		t := ui.Task{Title: lang.T(ctx, "project.duty."+key), Hint: hint, Done: done, State: ui.TagProps{Tone: ui.Info, Text: lang.T(ctx, "project.duty.left")}}
		if done {
			t.State = ui.TagProps{Tone: ui.Neutral, Text: lang.T(ctx, "project.duty.done")}
		}
		v.Duties = append(v.Duties, t)
	}
	shown := ""
	switch i := slices.IndexFunc(r.Deliverables.V, func(d project.Deliverable) bool { return d.Kind == project.Presentation }); {
	case !r.Presented.IsZero():
		shown = lang.T(ctx, "project.duty.presented_at", "day", lang.Day(ctx, r.Presented), "where", r.PresentedAt)
	case i >= 0:
		shown = lang.T(ctx, "project.step.due", "day", lang.Day(ctx, r.Deliverables.V[i].Due()))
	}
	published, used, data := "", "", ""
	if !r.PublishedAt.IsZero() {
		published = lang.Date(ctx, r.PublishedAt)
	}
	if !r.UseDecided.IsZero() {
		used = lang.Date(ctx, r.UseDecided)
	}
	if r.DataPlan != "" {
		data = lang.T(ctx, "data_state."+r.DataPlan)
		if !r.DataDeleted.IsZero() {
			data += ": " + lang.Day(ctx, r.DataDeleted)
		}
	}
	// Those from before Funn owe nothing here.
	if !told(r) {
		duty("published", published != "", published)
		duty("presented", !r.Presented.IsZero(), shown)
		duty("used", used != "", used)
		duty("data", r.DataPlan != "", data)
	}
	heads, edges, err := p.Site.Engine.Thread(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	for _, h := range after(heads, edges, r.ID) {
		k, ok := p.Site.Engine.Kind(h.Kind)
		if !ok {
			continue
		}
		_, base := k.Paths()
		i := ui.Item{Kicker: lang.T(ctx, h.Kind+".name") + " " + h.Number, Title: h.Title, Href: base + "/" + h.Number, Tags: recordweb.ListTags(ctx, p.Site.Engine, &h)}
		if h.Lang != string(lang.From(ctx).Tag()) {
			i.Lang = h.Lang
		}
		v.Results = append(v.Results, i)
	}
	return outreachPage(v), nil
}

// after gives the records that came of the project: those that point at it, and
// those that point at them. A later record always points at the earlier one.
func after(heads map[string]record.Head, edges []record.Edge, id string) []record.Head {
	seen := map[string]bool{id: true}
	front := []string{id}
	var out []record.Head
	for len(front) > 0 {
		var next []string
		for _, e := range edges {
			if slices.Contains(front, e.To) && !seen[e.From] {
				seen[e.From] = true
				next = append(next, e.From)
				out = append(out, heads[e.From])
			}
		}
		front = next
	}
	slices.SortStableFunc(out, func(a, b record.Head) int { return strings.Compare(a.Kind+a.Number, b.Kind+b.Number) })
	return out
}
