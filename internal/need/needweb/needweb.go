// Package needweb is what people see of knowledge needs: the board of all of
// them, the page of each, and what is already known about it.
package needweb

import (
	"net/http"

	"github.com/a-h/templ"

	"funn/internal/need"
	"funn/internal/platform/db"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// Deps is what the pages need of the rest of the house.
type Deps struct {
	Service *need.Service
	Site    *recordweb.Site
}

type pages struct{ Deps }

// Module gives needs as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "need", Kinds: []record.AnyKind{d.Service.Kind}, Migrations: need.Migrations, Messages: need.Messages,
		Routes: p.routes,
		Nav:    []web.NavEntry{{Key: "need.nav", Path: "/behov", Order: 20}},
	}
}

func (p *pages) routes(r *web.Router) {
	recordweb.Mount(p.Site, recordweb.View[*need.Need]{Kind: p.Service.Kind, Body: p.body, UpKey: "need.nav", UpPath: "/behov"})
	r.Add(web.Route{Pattern: "GET /behov", Rule: web.Staff, Handle: p.list})
}

func (p *pages) body(_ *web.Context, n *need.Need) (templ.Component, error) {
	return ui.Prose(n.Problem), nil
}

func (p *pages) list(c *web.Context) error {
	ctx := c.Ctx()
	needs, err := p.Service.Kind.List(ctx, db.Where{}, "r.number", 0, 0)
	if err != nil {
		return err
	}
	items := make([]ui.Item, len(needs))
	for i, n := range needs {
		items[i] = ui.Item{Kicker: n.Number, Title: n.Title, Href: "/behov/" + n.Number, Tags: []ui.TagProps{recordweb.StateTag(ctx, p.Site.Engine, n.Base())}}
	}
	return c.Within(http.StatusOK, c.Page(lang.T(ctx, "need.nav")), listPage(items))
}
