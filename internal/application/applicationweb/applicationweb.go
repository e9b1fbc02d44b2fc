// Package applicationweb is what people see of sketches and applications: the pages
// on which applicants write and send them, and each case's own page.
package applicationweb

import (
	"context"
	"net/url"

	"github.com/a-h/templ"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/platform/access"
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
	// Invite sends the invitation to write along to an address, whoever has it; path
	// is of the page that it opens. Nil sends none.
	Invite func(ctx context.Context, email, path, call string) error
	// Case shows a case to those who deal with it. Nil shows them which call it is of.
	Case func(c *web.Context, x *application.Submission) (templ.Component, error)
	// Meeting tells those who deal with a case in which meeting it is dealt with; nil
	// tells nothing.
	Meeting func(ctx context.Context, x *application.Submission) ([]ui.Fact, error)
}

type pages struct{ Deps }

// Module gives sketches and applications as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "application", Kinds: []record.AnyKind{d.Service.Sketches, d.Service.Applications},
		Migrations: application.Migrations, Messages: application.Messages, Routes: p.routes, Subscribe: d.Service.Subscribe,
		Nav: []web.NavEntry{{Key: "application.mine", Path: minePath, Order: 5, For: func(a access.Actor) bool { return !a.Nobody() && !a.Staff }}},
	}
}

func (p *pages) routes(r *web.Router) {
	for _, k := range p.Service.Kinds() {
		recordweb.Mount(p.Site, recordweb.View[*application.Submission]{Kind: k, Icon: ui.IconDocument, Body: p.body, Cancel: minePath, Start: p.Service.Prefill, After: after, Mends: p.Service.Mends})
		// What is written here is nobody's but the applicants' own: Sealed keeps it from being left readable anywhere.
		add := func(method, path, command string, h web.Handler) {
			r.Add(web.Route{Pattern: method + " " + k.Path + "/{number}/" + path, Rule: web.OwnRecords, Kind: k.Name, Command: command, Sealed: true, Handle: h})
		}
		add("GET", "del/{part}", "", p.partForm(k.Name))
		add("POST", "del/{part}", "", p.save(k.Name))
		add("POST", "vedlegg/{question}", "", p.attach(k.Name))
		add("GET", "vedlegg/{stored}", "", p.download(k.Name))
		add("POST", "vedlegg/{stored}/fjern", "", p.detach(k.Name))
		add("GET", "utskrift", "", p.whole(k.Name))
		add("GET", "send", "submit", p.check(k.Name))
		add("POST", "send", "submit", p.send(k.Name))
		add("GET", "kvittering/{n}", "", p.receipt(k.Name, false))
		add("GET", "kvittering/{n}/innhold", "", p.receipt(k.Name, true))
		add("GET", "medforfattere", "", p.authors(k.Name))
		add("POST", "medforfattere", "", p.invite(k.Name))
	}
	r.Add(
		web.Route{Pattern: "GET " + minePath, Rule: web.LoggedIn, Handle: p.mine},
		web.Route{Pattern: "GET " + joinPath, Rule: web.LoggedIn, Handle: p.joining},
		web.Route{Pattern: "POST " + joinPath, Rule: web.LoggedIn, Handle: p.join},
		web.Route{Pattern: "GET /utlysning/{number}/prov/{stage}", Rule: web.Staff, Kind: "call", Handle: p.previewParts},
		web.Route{Pattern: "GET /utlysning/{number}/prov/{stage}/{part}", Rule: web.Staff, Kind: "call", Handle: p.previewPart},
	)
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
	if application.Writes(ctx, x) {
		overview, err := p.overview(ctx, x, of)
		if err != nil {
			return nil, err
		}
		return p.withDealings(c, x, overview)
	}
	title, _ := of.TitleIn(lang.From(ctx).Tag())
	facts := []ui.Fact{{Label: lang.T(ctx, "call.name"), Text: title, Href: of.PublicURL()}}
	if p.Meeting != nil {
		more, err := p.Meeting(ctx, x)
		if err != nil {
			return nil, err
		}
		facts = append(facts, more...)
	}
	if p.Case == nil {
		return p.withDealings(c, x, ui.Facts(facts))
	}
	content, err := p.Case(c, x)
	if err != nil {
		return nil, err
	}
	return p.withDealings(c, x, ui.Group(ui.Facts(facts), content))
}
