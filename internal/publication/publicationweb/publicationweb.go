// Package publicationweb is what people see of publications: the list and the
// record for those who work on them, and the page that everybody reads.
package publicationweb

import (
	"context"

	"funn/internal/platform/access"
	"funn/internal/platform/blob"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/project"
	"funn/internal/publication"
)

// Files is where the files of publications are kept.
type Files interface {
	// Open opens the file with the hash; NotFound when there is none.
	Open(ctx context.Context, sha string) (blob.File, error)
}

// Deps is what the pages need of the rest of the house.
type Deps struct {
	Service  *publication.Service
	Projects *project.Service
	Site     *recordweb.Site
	Files    Files
	// ThemeName gives the name of a theme by its slug, in the plan that has it.
	ThemeName func(ctx context.Context, slug string) string
	// ProjectURL gives the address at which everybody reads of a project, empty for
	// one they may not know of. Without it the public page names projects and links
	// to none.
	ProjectURL func(p *project.Project) string
}

type pages struct{ Deps }

// Module gives publications as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "publication", Kinds: []record.AnyKind{d.Service.Kind}, Migrations: publication.Migrations, Messages: publication.Messages,
		Subscribe: d.Service.Subscribe, Routes: p.routes,
		Nav: []web.NavEntry{{Key: "publication.name_plural", Path: listPath, Order: 60}},
	}
}

const listPath = "/publikasjon"

func (p *pages) routes(r *web.Router) {
	recordweb.Mount(p.Site, recordweb.View[*publication.Publication]{
		Kind: p.Service.Kind, Icon: ui.IconPublication, UpKey: "publication.name_plural", UpPath: listPath,
		Body: p.body, Side: p.side, Tags: p.tags,
	})
	r.Add(
		// Whoever is logged in may open it: it shows what each may read.
		web.Route{Pattern: "GET " + listPath, Rule: web.LoggedIn, Handle: p.list},
		web.Route{Pattern: "GET " + listPath + "/{number}/fil/{sha}", Rule: web.OwnRecords, Kind: p.Service.Kind.Name, Handle: p.staffFile},
		web.Route{Pattern: "GET /kunnskap/rapport/{slug}", Rule: web.Public, Shared: true, Handle: p.public},
		web.Route{Pattern: "GET /kunnskap/rapport/{slug}/fil/{sha}", Rule: web.Public, Handle: p.publicFile},
	)
}

func (p *pages) themeName(ctx context.Context, slug string) string {
	switch {
	case slug == publication.NoTheme:
		return lang.T(ctx, "publication.no_theme")
	case slug == "" || p.ThemeName == nil:
		return slug
	}
	return p.ThemeName(ctx, slug)
}

// foreign gives the language of a text when it is not the page's.
func foreign(ctx context.Context, language string) string {
	if language == string(lang.From(ctx).Tag()) {
		return ""
	}
	return language
}

func href(p *publication.Publication) string { return listPath + "/" + p.Number }

// may says whether the context's actor may begin a publication by the command.
func (p *pages) may(ctx context.Context, command string) bool {
	c, ok := p.Service.Kind.Lifecycle().Command(command)
	return ok && access.Allows(c.Who, access.From(ctx), access.Subject{})
}

// institutions writes the names of the institutions, the responsible first.
func institutions(list []publication.Institution) []string {
	var hosts, others []string
	for _, i := range list {
		switch {
		case i.Name == "":
		case i.Role == project.Host:
			hosts = append(hosts, i.Name)
		default:
			others = append(others, i.Name)
		}
	}
	return append(hosts, others...)
}
