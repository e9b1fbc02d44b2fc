package portal

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// onFront is how many of the newest reports and of the ongoing projects stand on
// the front page.
const onFront = 5

// ongoing is the public label of projects that are under way.
const ongoing = "running"

type frontProps struct {
	Themes            []ui.CardProps
	Rest              string // what there is beside those themes
	Reports, Projects []ui.Item
	Calls             []ui.Item // open or planned
	ReportCount       string
	ProjectCount      string
}

// front is the front page.
func (p *pages) front(c *web.Context) error {
	ctx := c.Ctx()
	var b frontProps
	var err error
	var shown tally
	if b.Themes, _, shown, err = p.themeCards(ctx); err != nil {
		return err
	}
	reports, n, err := p.Reader.Reports(ctx, ReportFilter{}, onFront, 0)
	if err != nil {
		return err
	}
	b.Reports, b.ReportCount = reportItems(ctx, reports), lang.TN(ctx, "portal.all_reports", n)
	projects, n, err := p.Reader.Projects(ctx, ProjectFilter{Label: ongoing}, 0, 0)
	if err != nil {
		return err
	}
	// A project that its source does not name tells a reader little.
	slices.SortStableFunc(projects, func(a, b Project) int { return cmp.Compare(unnamed(a), unnamed(b)) })
	b.Projects, b.ProjectCount = ProjectItems(ctx, projects[:min(len(projects), onFront)]), lang.TN(ctx, "portal.all_projects", n)
	all, err := p.counts(ctx, "")
	if err != nil {
		return err
	}
	if rest := all.less(shown); rest != (tally{}) {
		b.Rest = lang.T(ctx, "portal.themes.rest", "reports", lang.TN(ctx, "portal.reports.count", rest.reports), "projects", lang.TN(ctx, "portal.projects.count", rest.projects))
	}
	if p.Calls != nil {
		if b.Calls, err = p.Calls(ctx); err != nil {
			return err
		}
	}
	props := c.Page(lang.T(ctx, "portal.title"))
	props.Description = lang.T(ctx, "portal.lead")
	props.Shell.FeedbackHref = feedbackPath + "?side=%2F"
	return show(c, props, frontPage(b))
}

func unnamed(x Project) int {
	if x.Unnamed {
		return 1
	}
	return 0
}

// tally is how many reports and projects there are of something.
type tally struct{ reports, projects int }

func (t tally) less(o tally) tally {
	return tally{t.reports - o.reports, t.projects - o.projects}
}

// themeCards gives a card for each theme with how much there is on it: those of
// the plan of today, with the sum of what they tell, and the earlier ones.
func (p *pages) themeCards(ctx context.Context) (current, earlier []ui.CardProps, shown tally, err error) {
	themes, err := p.Reader.Themes(ctx)
	if err != nil {
		return nil, nil, shown, err
	}
	for _, t := range themes {
		n, err := p.counts(ctx, t.Slug)
		if err != nil {
			return nil, nil, shown, err
		}
		card := ui.CardProps{Title: t.Title, Href: themeURL(t.Slug), Meta: []string{lang.TN(ctx, "portal.reports.count", n.reports), lang.TN(ctx, "portal.projects.count", n.projects)}}
		if t.Earlier {
			card.Tags = []ui.TagProps{{Tone: ui.Neutral, Text: lang.T(ctx, "portal.earlier")}}
			earlier = append(earlier, card)
			continue
		}
		current = append(current, card)
		shown.reports, shown.projects = shown.reports+n.reports, shown.projects+n.projects
	}
	return current, earlier, shown, nil
}

// counts tells how many reports and projects there are on a theme, on none (NoTheme),
// or in all for the empty one.
func (p *pages) counts(ctx context.Context, theme string) (n tally, err error) {
	if _, n.reports, err = p.Reader.Reports(ctx, ReportFilter{Theme: theme}, 1, 0); err != nil {
		return n, err
	}
	_, n.projects, err = p.Reader.Projects(ctx, ProjectFilter{Theme: theme}, 1, 0)
	return n, err
}

// themes lists the themes, earlier ones apart, and what has none.
func (p *pages) themes(c *web.Context) error {
	ctx := c.Ctx()
	current, earlier, _, err := p.themeCards(ctx)
	if err != nil {
		return err
	}
	none, err := p.counts(ctx, NoTheme)
	if err != nil {
		return err
	}
	q := "?" + url.Values{"tema": {NoTheme}}.Encode()
	var without []ui.Crumb
	if none.reports > 0 {
		without = append(without, ui.Crumb{Label: lang.TN(ctx, "portal.reports.count", none.reports), Href: reportsPath + q})
	}
	if none.projects > 0 {
		without = append(without, ui.Crumb{Label: lang.TN(ctx, "portal.projects.count", none.projects), Href: projectsPath + q})
	}
	return show(c, page(c, lang.T(ctx, "portal.themes"), lang.T(ctx, "portal.themes.lead")), themesPage(current, earlier, without))
}

type themeProps struct {
	Theme
	Foreign                       string // language of the text when it is not the page's
	Tags                          []ui.TagProps
	Facts                         []ui.Fact
	Reports, Projects             []ui.Item
	MoreReports, MoreProjects     string
	ReportsTitle, ProjectsTitle   string
	AllReportsHref, AllProjectsTo string
}

// theme shows one theme with what there is on it.
func (p *pages) theme(c *web.Context) error {
	ctx := c.Ctx()
	themes, err := p.Reader.Themes(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(themes, func(t Theme) bool { return t.Slug == c.Path("slug") })
	if i < 0 {
		return fault.Missing()
	}
	b := themeProps{Theme: themes[i], Foreign: foreign(ctx, themes[i].Lang)}
	if b.Earlier {
		b.Tags = []ui.TagProps{{Tone: ui.Neutral, Text: lang.T(ctx, "portal.earlier")}}
	}
	b.Facts = []ui.Fact{{Label: lang.T(ctx, "portal.plan"), Text: b.Plan}}
	if len(b.Partners) > 0 {
		b.Facts = append(b.Facts, ui.Fact{Label: lang.T(ctx, "portal.partners"), Text: strings.Join(b.Partners, ", ")})
	}
	q := "?" + url.Values{"tema": {b.Slug}}.Encode()
	reports, n, err := p.Reader.Reports(ctx, ReportFilter{Theme: b.Slug}, onFront, 0)
	if err != nil {
		return err
	}
	b.Reports, b.ReportsTitle = reportItems(ctx, reports), lang.TN(ctx, "portal.reports.count", n)
	if n > onFront {
		b.MoreReports, b.AllReportsHref = lang.TN(ctx, "portal.all_reports", n), reportsPath+q
	}
	projects, n, err := p.Reader.Projects(ctx, ProjectFilter{Theme: b.Slug}, onFront, 0)
	if err != nil {
		return err
	}
	b.Projects, b.ProjectsTitle = ProjectItems(ctx, projects), lang.TN(ctx, "portal.projects.count", n)
	if n > onFront {
		b.MoreProjects, b.AllProjectsTo = lang.TN(ctx, "portal.show_projects", n), projectsPath+q
	}
	return show(c, page(c, b.Title, lang.T(ctx, "portal.theme.description", "theme", b.Title), ui.Crumb{Label: lang.T(ctx, "portal.themes"), Href: themesPath}), themePage(b))
}

type projectProps struct {
	Project
	Head    ui.HeadProps
	Foreign string // language of the summary when it is not the page's
	Facts   []ui.Fact
	Reports []ui.Item
}

// project shows what everybody may know of a project.
func (p *pages) project(c *web.Context) error {
	ctx := c.Ctx()
	x, err := p.Reader.Project(ctx, c.Path("number"))
	if err != nil {
		return err
	}
	b := projectProps{Project: x, Foreign: foreign(ctx, x.SummaryLang), Head: ui.HeadProps{
		Kicker: lang.T(ctx, "project.name") + " " + x.Number, Title: x.Title, Lang: foreign(ctx, x.Lang),
		Tags: append([]ui.TagProps{stateTag(ctx, x)}, exampleTag(ctx, x.Example)...),
	}}
	if b.Facts, err = p.facts(ctx, x); err != nil {
		return err
	}
	reports, _, err := p.Reader.Reports(ctx, ReportFilter{Project: x.Number, Examples: x.Example}, 0, 0)
	if err != nil {
		return err
	}
	b.Reports = reportItems(ctx, reports)
	description := lang.T(ctx, "portal.project.description", "instrument", lang.T(ctx, "instrument."+x.Instrument), "title", x.Title)
	return show(c, page(c, x.Title, description, ui.Crumb{Label: lang.T(ctx, "portal.projects"), Href: projectsPath}), projectPage(b))
}

func (p *pages) facts(ctx context.Context, x Project) ([]ui.Fact, error) {
	themes, err := p.Reader.Themes(ctx)
	if err != nil {
		return nil, err
	}
	unknown := lang.T(ctx, "date.unknown")
	var facts []ui.Fact
	add := func(key, text, href string) {
		if text == "" {
			text = unknown
		}
		facts = append(facts, ui.Fact{Label: lang.T(ctx, key), Text: text, Href: href})
	}
	add("portal.facet.instrument", lang.T(ctx, "instrument."+x.Instrument), "")
	if i := slices.IndexFunc(themes, func(t Theme) bool { return t.Slug == x.Theme }); i >= 0 {
		add("portal.facet.theme", themes[i].Title, themeURL(x.Theme))
	} else {
		add("portal.facet.theme", "", "")
	}
	add("portal.start", x.Start, "")
	add("portal.end", x.End, "")
	var hosts, others []string
	for _, i := range x.Institutions {
		if i.Role == "host" {
			hosts = append(hosts, i.Name)
		} else {
			others = append(others, i.Name)
		}
	}
	add("portal.host", strings.Join(hosts, ", "), "")
	if len(others) > 0 {
		add("portal.partners", strings.Join(others, ", "), "")
	}
	if x.Leader != "" {
		add("portal.leader", x.Leader, "")
	}
	if x.Call != nil {
		add("portal.call", x.Call.Title, x.Call.URL)
	}
	if x.Source != "" {
		add("record.source", x.Source, "")
	}
	return facts, nil
}

// accessibility is the statement of how well everybody can use the pages.
func (p *pages) accessibility(c *web.Context) error {
	ctx := c.Ctx()
	props := page(c, lang.T(ctx, "portal.access.title"), lang.T(ctx, "portal.access.lead"))
	props.Narrow = true
	return show(c, props, accessibilityPage())
}

// privacy tells what is kept of those who read and write here.
func (p *pages) privacy(c *web.Context) error {
	ctx := c.Ctx()
	props := page(c, lang.T(ctx, "ui.privacy"), lang.T(ctx, "portal.privacy.lead"))
	props.Narrow = true
	return show(c, props, privacyPage())
}

// lines splits a message that holds a list.
func lines(s string) []string { return strings.Split(s, "\n") }
