// Package projectweb is what people see of projects: the portfolio as a table, in
// time and in money, and the page of each project.
package projectweb

import (
	"context"
	"net/url"

	"funn/internal/platform/access"
	"funn/internal/platform/blob"
	"funn/internal/platform/fault"
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
	// Files holds what has been delivered; nil where no files are kept.
	Files Files
}

// Files opens a kept file by its hash; a file that is not there is a NotFound
// fault. A blob.Store is one.
type Files interface {
	Open(ctx context.Context, sha string) (blob.File, error)
}

type pages struct{ Deps }

// Module gives projects as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "project", Kinds: []record.AnyKind{d.Service.Kind}, Migrations: project.Migrations, Messages: project.Messages,
		Subscribe: d.Service.Subscribe, Routes: p.routes,
		// Those outside the agency have their own projects here.
		Nav: []web.NavEntry{{Key: "project.nav", Path: list, Order: 30, For: func(a access.Actor) bool { return !a.Nobody() }}},
	}
}

// list is the address of the portfolio.
const list = "/portefolje"

func (p *pages) routes(r *web.Router) {
	recordweb.Mount(p.Site, recordweb.View[*project.Project]{
		Kind: p.Service.Kind, Icon: ui.IconProject, UpKey: "project.nav", UpPath: list,
		Body: p.overview, Side: p.people, Tags: tags, Fill: p.fill, About: p.about,
		Tabs: []recordweb.Tab[*project.Project]{
			{Path: "milepaler", Key: "project.tab.milestones", Body: p.milestones},
			{Path: "okonomi", Key: "project.tab.money", Body: p.money},
			{Path: "dokumenter", Key: "project.tab.documents", Body: p.documents},
			{Path: "formidling", Key: "project.tab.outreach", Body: p.outreach},
		},
		After: func(command string, h *record.Head) string {
			if command == "budget" {
				return path(h.Number) + "/okonomi"
			}
			return ""
		},
	})
	r.Add(
		// Whoever is logged in may open it: it shows what each may read.
		web.Route{Pattern: "GET " + list, Rule: web.LoggedIn, Handle: p.portfolio},
		web.Route{Pattern: "GET " + list + ".csv", Rule: web.LoggedIn, Handle: p.download(asCSV)},
		web.Route{Pattern: "GET " + list + ".xlsx", Rule: web.LoggedIn, Handle: p.download(asXLSX)},
		web.Route{Pattern: "GET /prosjekt/{number}/okonomi.csv", Rule: web.OwnRecords, Kind: "project", Handle: p.moneyFile},
		web.Route{Pattern: "GET /prosjekt/{number}/fil/{sha}", Rule: web.OwnRecords, Kind: "project", Handle: p.file},
	)
}

func path(number string) string { return "/prosjekt/" + number }

// ToAnswer gives the address of the form for a new project, filled in from the need
// with the number.
func ToAnswer(number string) string { return "/prosjekt/opprett?need=" + url.QueryEscape(number) }

// fill answers the form for a new project from the need that it is to answer, and
// tells of the decision that the answer must come before.
func (p *pages) fill(ctx context.Context, command string, values map[string][]string) (string, error) {
	given := values["need"]
	if command != "create" || len(given) == 0 || given[0] == "" {
		return "", nil
	}
	n, proposed, err := p.Service.Proposal(ctx, given[0])
	if fault.Of(err) == fault.NotFound {
		return lang.T(ctx, "project.create.need_unknown", "need", given[0]), nil
	}
	if err != nil {
		return "", err
	}
	if proposed == nil {
		return lang.T(ctx, "project.create.need_elsewhere", "need", n.Number, "state", lang.T(ctx, "need.state."+n.State)), nil
	}
	values["need"] = []string{n.ID}
	_, typed := values["end"]
	for name, v := range proposed {
		if _, told := values[name]; !told {
			values[name] = v
		}
	}
	if n.DecisionDate.IsZero() || typed {
		return "", nil // the end is the user's own
	}
	return lang.T(ctx, "project.create.before", "need", n.Number, "date", lang.Day(ctx, n.DecisionDate)), nil
}

// open gives the project of the address, for the routes beside the record pages.
func (p *pages) open(c *web.Context) (*project.Project, error) {
	rec, err := p.Service.Kind.ByNumber(c.Ctx(), c.Path("number"))
	if err != nil && c.Actor.Nobody() {
		return nil, errLogIn
	}
	return rec, err
}
