// Package projectweb is what people see of projects: the portfolio as a list, in
// time and in money, and the page of each project.
package projectweb

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"funn/internal/platform/db"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/project"
)

// Deps is what the pages need of the rest of the house.
type Deps struct {
	Service *project.Service
	Site    *recordweb.Site
	// Organisations gives the names of organisations by id.
	Organisations func(ctx context.Context, ids ...string) (map[string]string, error)
	// ThemeName gives the name of a theme by its slug, in the plan that has it.
	ThemeName func(ctx context.Context, slug string) string
}

type pages struct{ Deps }

// Module gives projects as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "project", Kinds: []record.AnyKind{d.Service.Kind}, Migrations: project.Migrations, Messages: project.Messages,
		Subscribe: d.Service.Subscribe, Routes: p.routes,
		Nav: []web.NavEntry{{Key: "project.nav", Path: "/portefolje", Order: 30}},
	}
}

func (p *pages) routes(r *web.Router) {
	recordweb.Mount(p.Site, recordweb.View[*project.Project]{Kind: p.Service.Kind, Body: p.body, UpKey: "project.nav", UpPath: "/portefolje"})
	r.Add(web.Route{Pattern: "GET /portefolje", Rule: web.LoggedIn, Handle: p.list})
}

func (p *pages) body(_ *web.Context, rec *project.Project) (templ.Component, error) {
	return ui.Prose(rec.Summary), nil
}

func (p *pages) list(c *web.Context) error {
	ctx := c.Ctx()
	projects, err := p.Service.Kind.List(ctx, db.Where{}, "r.number", 0, 0)
	if err != nil {
		return err
	}
	items := make([]ui.Item, len(projects))
	for i, rec := range projects {
		items[i] = ui.Item{Kicker: rec.Number, Title: rec.Title, Href: "/prosjekt/" + rec.Number, Tags: []ui.TagProps{recordweb.StateTag(ctx, p.Site.Engine, rec.Base())}}
	}
	return c.Within(http.StatusOK, c.Page(lang.T(ctx, "project.nav")), listPage(items))
}
