package planweb

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"funn/internal/plan"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// passage is a text with the language that it is in.
type passage struct {
	Title, Href, Lang, Text string
	Tags                    []ui.TagProps
}

type planProps struct {
	Alert      ui.AlertProps // nothing when it has no title
	AlertText  string
	AlertHref  string
	AlertLink  string
	Lang, Note string
	Themes     []passage
	Goals      []goals
	Principles []passage
	Kinds      []string
	Tags       []ui.TagProps
	Annexes    []ui.Item
}

// goals are those of one document.
type goals struct {
	Title string
	Links []templ.Component
}

// plan is the content of a version's page.
func (p *pages) plan(c *web.Context, v *plan.Plan) (templ.Component, error) {
	ctx := c.Ctx()
	props := planProps{Lang: v.Lang, Note: v.Note}
	if err := p.alert(ctx, v, &props); err != nil {
		return nil, err
	}
	notes, err := p.Service.NotesOf(ctx, v.Number)
	if err != nil {
		return nil, err
	}
	for _, t := range v.Themes.V {
		x := passage{Title: t.Title, Href: themePath(v.Number, t.Slug), Lang: t.Lang, Text: t.Text}
		if n, ok := notes[t.Slug]; ok {
			x.Tags = []ui.TagProps{p.noteTag(ctx, n)}
		}
		props.Themes = append(props.Themes, x)
	}
	for _, origin := range plan.Origins {
		g := goals{Title: lang.T(ctx, "plan.origin."+origin)}
		for _, x := range v.Goals.V {
			if x.Origin == origin {
				g.Links = append(g.Links, ui.Link(goalPath(v.Number, x.Key), x.Title))
			}
		}
		if len(g.Links) > 0 {
			props.Goals = append(props.Goals, g)
		}
	}
	for _, x := range v.Principles.V {
		props.Principles = append(props.Principles, passage{Title: lang.T(ctx, "plan.principle."+x.Key), Lang: x.Lang, Text: x.Text})
	}
	for _, k := range plan.RnDKinds {
		if k != plan.BasicResearch {
			props.Kinds = append(props.Kinds, lang.T(ctx, "plan.rnd_kind."+k))
		}
	}
	tag := string(lang.From(ctx).Tag())
	for _, t := range v.Tags.V {
		props.Tags = append(props.Tags, ui.TagProps{Tone: ui.Neutral, Text: t.Name(tag)})
	}
	for _, a := range v.Annexes.V {
		props.Annexes = append(props.Annexes, ui.Item{Kicker: a.Number, Title: a.Title, Href: notePath(a.Number), Text: lang.T(ctx, "plan.annexed", "date", lang.Day(ctx, a.Added))})
	}
	return planBody(props), nil
}

// alert says on top of a version that it is not in force, or about to be revised.
func (p *pages) alert(ctx context.Context, v *plan.Plan, props *planProps) error {
	today := p.Service.Plans.Engine().Today(ctx)
	switch r := v.Revision.V; {
	case v.State == plan.Draft:
		props.Alert = ui.AlertProps{Tone: ui.Info, Title: lang.T(ctx, "plan.is_draft")}
		props.AlertText = lang.T(ctx, "plan.is_draft_text")
	case v.State == plan.Published && today.Before(v.ValidFrom):
		props.Alert = ui.AlertProps{Tone: ui.Info, Title: lang.T(ctx, "plan.begins", "date", lang.Day(ctx, v.ValidFrom))}
	case !v.ValidOn(today):
		props.Alert = ui.AlertProps{Tone: ui.Warning, Title: lang.T(ctx, "plan.not_in_force")}
		if !v.ValidTo.IsZero() {
			props.AlertText = lang.T(ctx, "plan.was_in_force", "date", lang.Day(ctx, v.ValidTo))
		}
		now, err := p.Service.Current(ctx)
		if err == nil {
			props.AlertHref, props.AlertLink = planPath(now.Number), lang.T(ctx, "plan.see_current", "title", now.Title)
		} else if fault.Of(err) != fault.NotFound {
			return err
		}
	case r.Cause != "":
		due := r.Words
		if due == "" {
			due = lang.Day(ctx, r.Due)
		}
		props.Alert = ui.AlertProps{Tone: ui.Warning, Title: lang.T(ctx, "plan.revision_due", "due", due)}
		props.AlertText = lang.T(ctx, "plan.cause."+r.Cause) + ". " + r.Text
	}
	return nil
}

// versions is the side column: when the version holds, and the others.
func (p *pages) versions(c *web.Context, v *plan.Plan) (templ.Component, error) {
	ctx := c.Ctx()
	all, err := p.Service.Plans.List(ctx, db.Where{}, "r.number DESC", 0, 0)
	if err != nil {
		return nil, err
	}
	facts := []ui.Fact{{Label: lang.T(ctx, "plan.validity"), Text: span(ctx, v.ValidFrom, v.ValidTo)}}
	published := lang.T(ctx, "date.unknown")
	if !v.PublishedAt.IsZero() {
		published = lang.Day(ctx, v.PublishedAt)
	}
	if v.State != plan.Draft {
		facts = append(facts, ui.Fact{Label: lang.T(ctx, "plan.published_at"), Text: published})
	}
	return versionsSide(facts, p.links(ctx, all, v.ID)), nil
}

// span writes the time a version holds; an end that the sources do not give says so.
func span(ctx context.Context, from, to time.Time) string {
	day := func(t time.Time) string {
		if t.IsZero() {
			return strings.ToLower(lang.T(ctx, "date.unknown"))
		}
		return lang.Day(ctx, t)
	}
	return lang.T(ctx, "plan.span", "from", day(from), "to", day(to))
}

func (p *pages) noteTag(ctx context.Context, n *plan.Note) ui.TagProps {
	t := recordweb.StateTag(ctx, p.Site.Engine, n.Base())
	t.Text = lang.T(ctx, "programme_note.tag", "state", strings.ToLower(t.Text))
	return t
}

type themeProps struct {
	Head     ui.HeadProps
	Lang     string
	Text     string
	Facts    []ui.Fact
	Goals    []ui.Item
	Note     *ui.Item // nothing when the reader may see none
	Partners []string
	Groups   []group
}

// theme is the page of one theme of a version.
func (p *pages) theme(c *web.Context) error {
	ctx := c.Ctx()
	v, err := p.open(c)
	if err != nil {
		return err
	}
	t, ok := v.Theme(c.Path("slug"))
	if !ok {
		return fault.Missing()
	}
	props := themeProps{
		Head: ui.HeadProps{Kicker: lang.T(ctx, "plan.theme_in", "title", v.Title), Title: t.Title},
		Lang: t.Lang, Text: t.Text, Partners: t.Partners,
	}
	now, err := p.Service.ThemeBySlug(ctx, t.Slug)
	if err != nil && fault.Of(err) != fault.NotFound {
		return err
	}
	if err == nil && now.Earlier {
		props.Head.Tags = append(props.Head.Tags, ui.TagProps{Tone: ui.Neutral, Text: lang.T(ctx, "plan.earlier_theme")})
	}
	if len(t.Aliases) > 0 {
		props.Facts = append(props.Facts, ui.Fact{Label: lang.T(ctx, "plan.also_called"), Text: strings.Join(t.Aliases, ", ")})
	}
	if t.Source != "" {
		props.Facts = append(props.Facts, ui.Fact{Label: lang.T(ctx, "record.source"), Text: t.Source})
	}
	for _, key := range t.Goals {
		if g, ok := v.Goal(key); ok {
			props.Goals = append(props.Goals, ui.Item{Kicker: lang.T(ctx, "plan.origin."+g.Origin), Title: g.Title, Href: goalPath(v.Number, g.Key)})
		}
	}
	notes, err := p.Service.NotesOf(ctx, v.Number)
	if err != nil {
		return err
	}
	if n, ok := notes[t.Slug]; ok {
		props.Note = &ui.Item{Kicker: n.Number, Title: lang.T(ctx, "programme_note.of", "theme", n.Title), Href: notePath(n.Number), Text: n.Planned, Tags: []ui.TagProps{recordweb.StateTag(ctx, p.Site.Engine, n.Base())}}
	}
	heads, err := p.Uses.OnTheme(ctx, t.Slug)
	if err != nil {
		return err
	}
	props.Groups = p.groups(ctx, heads)
	return p.within(c, v, t.Title, themePage(props))
}

type goalProps struct {
	Head       ui.HeadProps
	Lang, Text string
	Facts      []ui.Fact
	Themes     []ui.Item
	Groups     []group
}

// goal is the page of one goal of a version, with what serves it.
func (p *pages) goal(c *web.Context) error {
	ctx := c.Ctx()
	v, err := p.open(c)
	if err != nil {
		return err
	}
	g, ok := v.Goal(c.Path("key"))
	if !ok {
		return fault.Missing()
	}
	props := goalProps{
		Head: ui.HeadProps{Kicker: lang.T(ctx, "plan.goal_in", "title", v.Title), Title: g.Title}, Lang: g.Lang, Text: g.Text,
		Facts: []ui.Fact{{Label: lang.T(ctx, "plan.field.origin"), Text: lang.T(ctx, "plan.origin."+g.Origin)}},
	}
	if g.Valid != "" {
		props.Facts = append(props.Facts, ui.Fact{Label: lang.T(ctx, "plan.field.valid"), Text: g.Valid})
	}
	if g.Source != "" {
		props.Facts = append(props.Facts, ui.Fact{Label: lang.T(ctx, "record.source"), Text: g.Source})
	}
	for _, t := range v.Themes.V {
		if slices.Contains(t.Goals, g.Key) {
			props.Themes = append(props.Themes, ui.Item{Title: t.Title, Href: themePath(v.Number, t.Slug)})
		}
	}
	heads, err := p.Uses.ForGoal(ctx, g.Key)
	if err != nil {
		return err
	}
	props.Groups = p.groups(ctx, heads)
	return p.within(c, v, g.Title, goalPage(props))
}

type noteProps struct {
	Lang      string
	Planned   string
	Facts     []ui.Fact
	Content   plan.Content
	Finished  plan.Content // the edition that is annexed, when another is being written
	FinishedT string       // its heading
}

// note is the content of a programme note's page.
func (p *pages) note(c *web.Context, n *plan.Note) (templ.Component, error) {
	ctx := c.Ctx()
	props := noteProps{Lang: n.Lang, Planned: n.Planned, Content: n.Content.V}
	props.Facts = append(props.Facts, ui.Fact{Label: lang.T(ctx, "programme_note.field.theme"), Text: n.Title, Href: themePath(n.Plan, n.Theme)},
		ui.Fact{Label: lang.T(ctx, "programme_note.field.plan"), Text: n.Plan, Href: planPath(n.Plan)})
	if !n.FinishedAt.IsZero() {
		props.Facts = append(props.Facts, ui.Fact{Label: lang.T(ctx, "programme_note.finished_at"), Text: lang.Day(ctx, n.FinishedAt)})
	}
	if n.State == plan.UnderRevision && !n.Finished.V.Empty() {
		props.Finished, props.FinishedT = n.Finished.V, lang.T(ctx, "programme_note.finished_edition")
	}
	return noteBody(props), nil
}

// eachIn marks each of the texts with the language that it is in.
func eachIn(language string, list []string) []templ.Component {
	out := make([]templ.Component, len(list))
	for i, s := range list {
		out[i] = inLanguage(language, s)
	}
	return out
}

// notes lists the programme notes that the reader may see.
func (p *pages) notes(c *web.Context) error {
	ctx := c.Ctx()
	list, err := p.Service.Notes.List(ctx, db.Where{}, "r.title_sort, r.number", 0, 0)
	if err != nil {
		return err
	}
	title := lang.T(ctx, "programme_note.name_plural")
	table := ui.TableProps{Caption: title, HideCaption: true, Cards: true, Empty: lang.T(ctx, "programme_note.none")}
	for _, key := range []string{"programme_note.field.theme", "programme_note.field.plan", "record.state", "programme_note.planned"} {
		table.Columns = append(table.Columns, ui.Column{Label: lang.T(ctx, key)})
	}
	for _, n := range list {
		tag := recordweb.StateTag(ctx, p.Site.Engine, n.Base())
		table.Rows = append(table.Rows, []templ.Component{ui.NameCell(notePath(n.Number), n.Title, n.Number), ui.Str(n.Plan), ui.Tag(tag.Tone, tag.Text), inLanguage(n.Lang, n.Planned)})
	}
	page := c.Page(title)
	page.Section = lang.T(ctx, "plan.nav")
	page.Breadcrumb = []ui.Crumb{{Label: lang.T(ctx, "plan.nav"), Href: "/plan"}, {Label: title}}
	return c.Within(http.StatusOK, page, notesPage(table))
}
