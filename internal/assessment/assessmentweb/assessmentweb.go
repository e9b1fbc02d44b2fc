// Package assessmentweb is what people see of the assessment of a call's cases: the
// page on which each assessor writes, what is come to together, and for the R&D
// section the call's sketches and applications, who is asked to assess them, and what
// came of it.
package assessmentweb

import (
	"github.com/a-h/templ"

	"funn/internal/assessment"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// Deps is what the pages need of the rest of the house.
type Deps struct {
	Service *assessment.Service
	Site    *recordweb.Site
}

type pages struct{ Deps }

// Module gives assessments as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "assessment", Kinds: []record.AnyKind{d.Service.Kind, d.Service.Consensuses},
		Migrations: assessment.Migrations, Messages: assessment.Messages, Subscribe: d.Service.Subscribe, Routes: p.routes,
	}
}

func (p *pages) routes(r *web.Router) {
	recordweb.Mount(p.Site, recordweb.View[*assessment.Assessment]{Kind: p.Service.Kind, Icon: ui.IconDocument, Body: p.body, NoThread: true})
	recordweb.Mount(p.Site, recordweb.View[*assessment.Consensus]{Kind: p.Service.Consensuses, Icon: ui.IconDocument, Body: p.consensus, NoThread: true})
}

func (p *pages) body(*web.Context, *assessment.Assessment) (templ.Component, error) { return ui.Str(""), nil }

func (p *pages) consensus(*web.Context, *assessment.Consensus) (templ.Component, error) {
	return ui.Str(""), nil
}
