// Package needweb is what people see of knowledge needs: the board of all of
// them, the page of each, and what is already known about it.
package needweb

import (
	"context"

	"funn/internal/need"
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
	// ThemeName gives the name of a theme by its slug, in the plan that has it; nil
	// leaves the slugs of earlier plans as they are.
	ThemeName func(ctx context.Context, slug string) string
	// SetUp gives the address of the form for the project that answers a need; nil
	// where there are no projects.
	SetUp func(number string) string
	// Search finds published knowledge. The ids must be those of the publications that
	// needs can be linked to. Without it, the page tells where else to search.
	Search func(ctx context.Context, query string) (Found, error)
}

// Found is what the search for what is known gives.
type Found struct {
	Hits  []Hit // the first
	Total int   // in all
	Loose bool  // none has every word that was asked for

	Related string // which other words were searched for, as it is told
}

// Hit is a publication that the search for what is known found.
type Hit struct {
	ID      string // of the publication's record
	Number  string
	Title   string
	Lang    string // of the title and the snippet
	Href    string
	Snippet string // some words around what was found
	Example bool   // made up to fill what the sources lack
}

type pages struct{ Deps }

// Module gives needs as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "need", Kinds: []record.AnyKind{d.Service.Kind}, Migrations: need.Migrations, Messages: need.Messages,
		Routes: p.routes,
		Nav:    []web.NavEntry{{Key: "need.name_plural", Path: "/behov", Order: 20}},
	}
}

func (p *pages) routes(r *web.Router) {
	var onward []recordweb.Onward
	if p.SetUp != nil {
		onward = append(onward, recordweb.Onward{Name: need.SetUp, From: need.Acquirable, Who: need.Acquirers, Href: p.SetUp})
	}
	recordweb.Mount(p.Site, recordweb.View[*need.Need]{
		Kind: p.Service.Kind, Icon: ui.IconNeed, UpKey: "need.name_plural", UpPath: "/behov",
		Body: p.needBody, Side: p.needSide, Onward: onward,
		Tabs: []recordweb.Tab[*need.Need]{{Path: "kunnskap", Key: "need.tab.knowledge", Body: p.knowledge}},
		After: func(command string, rec *record.Head) string {
			switch command {
			case "comment":
				return "/behov/" + rec.Number + "#dialog"
			case "search":
				return "/behov/" + rec.Number + "/kunnskap"
			}
			return ""
		},
	})
	// Whoever is logged in may open it: it shows what each may read.
	r.Add(web.Route{Pattern: "GET /behov", Rule: web.LoggedIn, Handle: p.board})
}
