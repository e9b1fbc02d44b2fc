// Package assessmentweb is what people see of the assessment of a call's cases: the
// page on which each assessor writes, what is come to together, and for the R&D
// section the call's sketches and applications, who is asked to assess them, and what
// came of it.
package assessmentweb

import (
	"context"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"funn/internal/application"
	"funn/internal/assessment"
	"funn/internal/call"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// Deps is what the pages need of the rest of the house.
type Deps struct {
	Service *assessment.Service
	Cases   *application.Service
	Calls   *call.Service
	Site    *recordweb.Site
	// Content shows what an applicant wrote; files is the address that the attachments
	// lie below.
	Content func(ctx context.Context, of *call.Call, x *application.Submission, files string) templ.Component
	// Organisations gives those that an assessor can belong to.
	Organisations func(ctx context.Context, _ any) ([]form.Option, error)
}

// Pages are the pages of assessments.
type Pages struct{ Deps }

// New makes the pages.
func New(d Deps) *Pages { return &Pages{Deps: d} }

// Module gives assessments as a part of the house.
func (p *Pages) Module() module.Module {
	return module.Module{
		Name: "assessment", Kinds: []record.AnyKind{p.Service.Kind, p.Service.Consensuses},
		Migrations: assessment.Migrations, Messages: assessment.Messages, Subscribe: p.Service.Subscribe, Routes: p.routes,
		Nav: []web.NavEntry{nav},
	}
}

func (p *Pages) routes(r *web.Router) {
	recordweb.Mount(p.Site, recordweb.View[*assessment.Assessment]{
		Kind: p.Service.Kind, Icon: ui.IconDocument, Body: p.body, About: p.about, After: after, Work: map[string]string{"deliver": ""}, UpKey: "assessment.name_plural", UpPath: listPath, NoThread: true,
	})
	recordweb.Mount(p.Site, recordweb.View[*assessment.Consensus]{
		Kind: p.Service.Consensuses, Icon: ui.IconDocument, Body: p.consensus, Start: startConsensus, NoThread: true,
	})
	of := func(method, path, command string, h web.Handler) web.Route {
		return web.Route{Pattern: method + " /vurdering/" + path, Rule: web.OwnRecords, Kind: "assessment", Command: command, Handle: h}
	}
	r.Add(
		web.Route{Pattern: "GET " + listPath, Rule: web.LoggedIn, Handle: p.mine},
		of("GET", "{number}/lagre", "save", p.write), of("POST", "{number}/lagre", "save", p.save),
		of("GET", "{number}/innhold", "", p.content), of("GET", "{number}/vedlegg/{stored}", "", p.attachment),
		web.Route{Pattern: "GET /vurdering/ny", Rule: web.Staff, Kind: "assessment", Command: "request", Handle: p.give},
		web.Route{Pattern: "POST /vurdering/ny", Rule: web.Staff, Kind: "assessment", Command: "request", Handle: p.giveOut},
	)
	for _, stage := range stages {
		at := "GET /utlysning/{number}/" + stage.path
		r.Add(
			web.Route{Pattern: at, Rule: web.Staff, Kind: "call", Handle: p.list(stage)},
			web.Route{Pattern: at + ".csv", Rule: web.Staff, Kind: "call", Handle: p.file(stage, asCSV)},
			web.Route{Pattern: at + ".xlsx", Rule: web.Staff, Kind: "call", Handle: p.file(stage, asXLSX)},
		)
	}
}

// stage is a stage of a call with the address of its list.
type stage struct{ kind, path string }

var stages = []stage{{application.Sketch, "skisser"}, {application.Application, "soknader"}}

// after leads whoever has given their assessment away to their tasks: what they said
// no to, or may not deal with, they no longer read.
func after(command string, h *record.Head) string {
	switch {
	case command == "accept" && h.State == assessment.Disqualified, command == "decline":
		return "/oppgaver"
	}
	return ""
}

func address(number string) string { return "/vurdering/" + url.PathEscape(number) }

func caseAddress(x *application.Submission) string {
	path := "/skisse/"
	if x.Kind == application.Application {
		path = "/soknad/"
	}
	return path + url.PathEscape(x.Number)
}

func itoa(n int) string { return strconv.Itoa(n) }

// foreign gives the language of a text when it is not the page's.
func foreign(ctx context.Context, language string) string {
	if language == "" || language == string(lang.From(ctx).Tag()) {
		return ""
	}
	return language
}

// score writes a mean with one decimal; a dash when there is none.
func score(ctx context.Context, mean float64) string {
	if mean == 0 {
		return "–"
	}
	return lang.Decimal(ctx, mean, 1)
}

// startConsensus fills the form of a common score with the one that the address chose.
func startConsensus(_ context.Context, command string, r *assessment.Consensus, values map[string][]string) {
	if command != "set_score" || len(values["criterion"]) == 0 {
		return
	}
	id, _ := strconv.Atoi(values["criterion"][0])
	if a, ok := r.Scores.V[id]; ok {
		values["score"], values["text"] = []string{itoa(a.Value)}, []string{a.Text}
	}
}
