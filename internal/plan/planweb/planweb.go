// Package planweb is what people see of the R&D plan: each version with its
// themes, goals and principles, the page of a theme and of a goal with what is
// done on it, and the programme notes.
package planweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"funn/internal/org"
	"funn/internal/plan"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// Uses gives what is done on a theme or for a goal, as far as the context's actor
// may read it: needs, calls, projects.
type Uses interface {
	OnTheme(ctx context.Context, slug string) ([]record.Head, error)
	ForGoal(ctx context.Context, key string) ([]record.Head, error)
}

// Deps is what the pages need of the rest of the house.
type Deps struct {
	Service *plan.Service
	Site    *recordweb.Site
	Uses    Uses
}

type pages struct{ Deps }

// Module gives the plan as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "plan", Kinds: d.Service.Kinds(), Migrations: plan.Migrations, Messages: plan.Messages,
		Routes: p.routes,
		Nav:    []web.NavEntry{{Key: "plan.nav", Path: "/plan", Order: 80}},
	}
}

func (p *pages) routes(r *web.Router) {
	recordweb.Mount(p.Site, recordweb.View[*plan.Plan]{
		Kind: p.Service.Plans, Icon: ui.IconPlan, Body: p.plan, Side: p.versions, Tags: planTags,
		UpKey: "plan.nav", UpPath: "/plan", NoThread: true,
	})
	recordweb.Mount(p.Site, recordweb.View[*plan.Note]{
		Kind: p.Service.Notes, Body: p.note, UpKey: "programme_note.name_plural", UpPath: "/programnotat", NoThread: true,
	})
	r.Add(
		web.Route{Pattern: "GET /plan", Rule: web.OwnRecords, Handle: p.current},
		web.Route{Pattern: "GET /plan/{number}/tema/{slug}", Rule: web.OwnRecords, Kind: "plan", Handle: p.theme},
		web.Route{Pattern: "GET /plan/{number}/mal/{key}", Rule: web.OwnRecords, Kind: "plan", Handle: p.goal},
		web.Route{Pattern: "GET /programnotat", Rule: web.OwnRecords, Handle: p.notes},
	)
}

func planPath(version string) string { return "/plan/" + url.PathEscape(version) }

func themePath(version, slug string) string {
	return planPath(version) + "/tema/" + url.PathEscape(slug)
}

func goalPath(version, key string) string { return planPath(version) + "/mal/" + url.PathEscape(key) }

func notePath(number string) string { return "/programnotat/" + url.PathEscape(number) }

// current leads to the version in force, or says that there is none.
func (p *pages) current(c *web.Context) error {
	v, err := p.Service.Current(c.Ctx())
	if err == nil {
		return c.Redirect(planPath(v.Number), "")
	}
	if fault.Of(err) != fault.NotFound {
		return err
	}
	all, err := p.Service.Plans.List(c.Ctx(), db.Where{}, "r.number DESC", 0, 0)
	if err != nil {
		return err
	}
	return c.Within(http.StatusOK, c.Page(lang.T(c.Ctx(), "plan.nav")), nonePage(p.links(c.Ctx(), all, ""), c.Actor.Has(org.FoU)))
}

// links makes lines of versions, but for the one that is shown.
func (p *pages) links(ctx context.Context, all []*plan.Plan, shown string) []ui.Item {
	var out []ui.Item
	for _, v := range all {
		if v.ID != shown {
			out = append(out, ui.Item{Title: v.Title, Href: planPath(v.Number), Tags: []ui.TagProps{recordweb.StateTag(ctx, p.Site.Engine, v.Base())}})
		}
	}
	return out
}

func planTags(ctx context.Context, v *plan.Plan) []ui.TagProps {
	if !v.HasFlag(plan.RevisionFlag) {
		return nil
	}
	return []ui.TagProps{{Tone: ui.Warning, Text: lang.T(ctx, "plan.revision_tag")}}
}

// open gives the version of the address. Somebody who has not logged in is asked
// to, whether it exists or not.
func (p *pages) open(c *web.Context) (*plan.Plan, error) {
	v, err := p.Service.Plans.ByNumber(c.Ctx(), c.Path("number"))
	if err != nil && fault.Of(err) == fault.NotFound && c.Actor.Nobody() {
		return nil, fault.New(fault.Unauthorised, "error.unauthorised")
	}
	return v, err
}

// within answers with a page about a part of a version.
func (p *pages) within(c *web.Context, v *plan.Plan, title string, content templ.Component) error {
	page := c.Page(title)
	page.Section = v.Title
	page.Breadcrumb = []ui.Crumb{{Label: lang.T(c.Ctx(), "plan.nav"), Href: "/plan"}, {Label: v.Number, Href: planPath(v.Number)}, {Label: title}}
	return c.Within(http.StatusOK, page, content)
}

// group is records of one kind.
type group struct {
	ID, Title string
	Items     []ui.Item
}

// groups sorts records by kind, in the order of the thread.
func (p *pages) groups(ctx context.Context, heads []record.Head) []group {
	var out []group
	for _, h := range heads {
		k, ok := p.Site.Engine.Kind(h.Kind)
		if !ok {
			continue
		}
		i := slices.IndexFunc(out, func(g group) bool { return g.ID == h.Kind })
		if i < 0 {
			i = len(out)
			out = append(out, group{ID: h.Kind, Title: lang.T(ctx, h.Kind+".name_plural")})
		}
		_, path := k.Paths()
		item := ui.Item{Kicker: h.Number, Title: h.Title, Href: path + "/" + url.PathEscape(h.Number), Tags: []ui.TagProps{recordweb.StateTag(ctx, p.Site.Engine, &h)}}
		if a, ok := recordweb.AlertTag(ctx, &h); ok {
			item.Tags = append(item.Tags, a)
		}
		if h.Example {
			item.Tags = append(item.Tags, ui.TagProps{Tone: ui.Example, Text: lang.T(ctx, "ui.example")})
		}
		if h.Lang != string(lang.From(ctx).Tag()) {
			item.Lang = h.Lang
		}
		out[i].Items = append(out[i].Items, item)
	}
	rank := func(g group) int {
		if i := slices.Index(p.Site.Order, g.ID); i >= 0 {
			return i
		}
		return len(p.Site.Order)
	}
	slices.SortStableFunc(out, func(a, b group) int { return rank(a) - rank(b) })
	return out
}
