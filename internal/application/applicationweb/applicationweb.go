// Package applicationweb is what people see of sketches and applications: the pages
// on which applicants write and send them, and each case's own page.
package applicationweb

import (
	"net/url"

	"github.com/a-h/templ"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// Deps is what the pages need of the rest of the house.
type Deps struct {
	Service *application.Service
	Calls   *call.Service
	Site    *recordweb.Site
}

type pages struct{ Deps }

// Module gives sketches and applications as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "application", Kinds: []record.AnyKind{d.Service.Sketches, d.Service.Applications},
		Migrations: application.Migrations, Messages: application.Messages, Routes: p.routes, Subscribe: d.Service.Subscribe,
	}
}

func (p *pages) routes(*web.Router) {
	for _, k := range p.Service.Kinds() {
		recordweb.Mount(p.Site, recordweb.View[*application.Submission]{Kind: k, Icon: ui.IconDocument, Body: p.body, Start: p.Service.Prefill, After: after})
	}
}

// after leads whoever declared a conflict away from the case, which is lost to them.
func after(command string, _ *record.Head) string {
	if command == "declare" {
		return "/oppgaver"
	}
	return ""
}

func address(x *application.Submission) string {
	path := "/skisse/"
	if x.Kind == application.Application {
		path = "/soknad/"
	}
	return path + url.PathEscape(x.Number)
}

// body is the content of a case's page.
func (p *pages) body(c *web.Context, x *application.Submission) (templ.Component, error) {
	ctx := c.Ctx()
	of, err := p.Service.CallOf(ctx, x)
	if err != nil {
		return nil, err
	}
	title, _ := of.TitleIn(lang.From(ctx).Tag())
	facts := []ui.Fact{{Label: lang.T(ctx, "call.name"), Text: title, Href: of.PublicURL()}}
	return ui.Facts(facts), nil
}
