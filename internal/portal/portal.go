// Package portal is what the public meets: the front page, the search, and the
// pages of reports, projects and themes. All of it is read without logging in,
// and nothing on it leads to the pages of those who work here.
//
// The portal knows no other module. It reads what everybody may know through
// Reader, which internal/app answers; what is not public never comes this far.
package portal

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/search"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// Messages hold the portal's texts.
//
//go:embed messages
var Messages embed.FS

// Theme is a subject of the R&D plan.
type Theme struct {
	Slug, Title string
	Lang        string // of Text
	Text        string
	Partners    []string
	Plan        string // the years of the plan that it is read from: "2021-2025"
	Earlier     bool   // the plan of today does not have it
}

// Institution is an organisation's part in something.
type Institution struct{ Name, Role string }

// Report is a publication as lists show it.
type Report struct {
	URL, Title   string
	Lang         string // of title and text
	Text         string // the most important that it says, in a sentence or two
	Type         string // code: the message publication.type.TYPE
	Year         int
	Institutions []string
	Example      bool
}

// Project is what everybody may know of a project. What the sources do not give
// is empty.
type Project struct {
	Number, Title string
	Lang          string // of the title
	Instrument    string // code: the message instrument.CODE
	Theme         string // slug
	Start, End    string // in the source's words, or as a date
	Institutions  []Institution
	Leader        string // only when the source names the person
	Label         string // code of the public label of its state: the message project.label.CODE
	Tone          ui.Tone
	Summary       string
	SummaryLang   string
	Call          *Call // that it was awarded in; nil when it is not known or not public
	Source        string
	Unnamed       bool // its source counts it without telling what it is called
	Example       bool
}

// Call is an announcement of research funds.
type Call struct{ URL, Title string }

// NoTheme is the theme in filters of what belongs to none.
const NoTheme = "none"

// ReportFilter narrows a list of reports. What is empty does not narrow.
type ReportFilter struct {
	Query, Theme, Type string
	Year               int
	Project            string // number
	Examples           bool   // take in the examples
}

// ProjectFilter narrows a list of projects. What is empty does not narrow.
type ProjectFilter struct {
	Query, Theme, Instrument, Label string
	Examples                        bool
}

// Reader is what the portal reads of the house. Everything that it gives is
// public, whoever asks.
type Reader interface {
	// Themes gives all themes, those of the plan of today first.
	Themes(ctx context.Context) ([]Theme, error)
	// Reports gives the reports that the filter holds for, newest first, and how many
	// they are; for words, the best hits first.
	Reports(ctx context.Context, f ReportFilter, limit, offset int) ([]Report, int, error)
	// ReportYears gives the years that have a public report, newest first; examples
	// count only when asked for.
	ReportYears(ctx context.Context, examples bool) ([]int, error)
	// Projects gives the projects that the filter holds for, by number, and how many
	// they are. As everywhere here, limit 0 is all of them.
	Projects(ctx context.Context, f ProjectFilter, limit, offset int) ([]Project, int, error)
	// Project gives a project by its number, examples included; NotFound when it is not public.
	Project(ctx context.Context, number string) (Project, error)
	// Search finds public documents; the query's audience is not used. Documents
	// have the facets type, theme, year, institution, language and example
	// ("true" or "false"); the theme is NoTheme where they have none.
	Search(ctx context.Context, q search.Query) (search.Result, error)
}

// Deps is what the portal needs of the rest of the house.
type Deps struct {
	Reader      Reader
	ReportTypes []string                                     // codes, in the order in which they are shown
	Instruments []string                                     // codes, in the order in which they are shown
	Calls       func(ctx context.Context) ([]ui.Item, error) // those that are open or planned, as lines of a list; nil shows none
	Labels      []string                                     // codes of the projects' public labels, in the order of a project's life
}

type pages struct{ Deps }

// Module gives the portal as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{d}
	return module.Module{Name: "portal", Messages: Messages, Routes: p.routes}
}

func (p *pages) routes(r *web.Router) {
	for pattern, h := range map[string]web.Handler{
		"/{$}": p.front, "/kunnskap/sok": p.search, "/kunnskap/rapporter": p.reports, "/kunnskap/prosjekter": p.projects,
		"/kunnskap/prosjekt/{number}": p.project, "/kunnskap/tema": p.themes, "/kunnskap/tema/{slug}": p.theme,
		"/tilgjengelighet": p.accessibility, "/personvern": p.privacy,
	} {
		r.Add(web.Route{Pattern: "GET " + pattern, Rule: web.Public, Shared: true, Handle: h})
	}
	r.Add(web.Route{Pattern: "GET /kunnskap", Rule: web.Public, Handle: func(c *web.Context) error {
		http.Redirect(c.W, c.R, "/", http.StatusPermanentRedirect)
		return nil
	}})
}

// The portal's own addresses.
const (
	searchPath   = "/kunnskap/sok"
	reportsPath  = "/kunnskap/rapporter"
	projectsPath = "/kunnskap/prosjekter"
	themesPath   = "/kunnskap/tema"
	callsPath    = "/kunnskap/utlysninger"
	feedbackPath = "/kunnskap/tilbakemelding"
)

func projectURL(number string) string { return "/kunnskap/prosjekt/" + url.PathEscape(number) }

func themeURL(slug string) string { return themesPath + "/" + url.PathEscape(slug) }

// page gives the frame of a page below the front page, with the way to it.
func page(c *web.Context, title, description string, way ...ui.Crumb) ui.PageProps {
	props := c.Page(title)
	props.Description = description
	props.Breadcrumb = append([]ui.Crumb{{Label: lang.T(c.Ctx(), "portal.home"), Href: "/"}}, append(way, ui.Crumb{Label: title})...)
	props.Shell.FeedbackHref = feedbackPath + "?" + url.Values{"side": {c.R.URL.Path}}.Encode()
	return props
}

// foreign gives the language of a text when it is not the page's.
func foreign(ctx context.Context, language string) string {
	if language == string(lang.From(ctx).Tag()) {
		return ""
	}
	return language
}

func exampleTag(ctx context.Context, example bool) []ui.TagProps {
	if !example {
		return nil
	}
	return []ui.TagProps{{Tone: ui.Example, Text: lang.T(ctx, "ui.example")}}
}

func reportItems(ctx context.Context, reports []Report) []ui.Item {
	out := make([]ui.Item, len(reports))
	for i, r := range reports {
		out[i] = ui.Item{
			Kicker: lang.T(ctx, "publication.type."+r.Type), Title: r.Title, Href: r.URL, Lang: foreign(ctx, r.Lang), Text: r.Text, TextLang: foreign(ctx, r.Lang),
			Tags: exampleTag(ctx, r.Example), Meta: meta(year(r.Year), r.Institutions...),
		}
	}
	return out
}

// ProjectItems lists projects as everybody reads of them, each with the public label
// of its state.
func ProjectItems(ctx context.Context, projects []Project) []ui.Item {
	out := make([]ui.Item, len(projects))
	for i, x := range projects {
		out[i] = ui.Item{
			Kicker: lang.T(ctx, "instrument."+x.Instrument), Title: x.Title, Href: projectURL(x.Number), Lang: foreign(ctx, x.Lang),
			Tags: append([]ui.TagProps{stateTag(ctx, x)}, exampleTag(ctx, x.Example)...),
			Meta: meta(x.Number, names(x.Institutions)...),
		}
	}
	return out
}

func stateTag(ctx context.Context, x Project) ui.TagProps {
	return ui.TagProps{Tone: x.Tone, Text: lang.T(ctx, "project.label."+x.Label)}
}

// meta puts together those of the facts that are known.
func meta(first string, more ...string) []string {
	return slices.DeleteFunc(append([]string{first}, more...), func(s string) bool { return s == "" })
}

func names(list []Institution) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = x.Name
	}
	return out
}

func year(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// show renders a page inside the portal's frame.
func show(c *web.Context, props ui.PageProps, content templ.Component) error {
	return c.WithinPublic(http.StatusOK, props, content)
}
