package app

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"funn/internal/admin"
	"funn/internal/api"
	"funn/internal/call/callweb"
	"funn/internal/feedback"
	"funn/internal/feedback/feedbackweb"
	"funn/internal/platform/access"
	"funn/internal/platform/authn"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/mail"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/search"
	"funn/internal/platform/telemetry"
	"funn/internal/platform/ui"
	"funn/internal/portal"
	"funn/internal/project"
	"funn/internal/publication"
)

// publicModules are the parts that the public meets.
func (h *house) publicModules() []module.Module {
	limit := authn.NewLimiter(10, h.refuse, authn.ByIP(h.settings.Proxies...))
	return []module.Module{
		admin.Module(admin.Deps{Engine: h.engine, Settings: h.adminSettings, People: h.adminPeople, Unit: h.people.UnitName}),
		feedbackweb.Module(feedbackweb.Deps{Service: feedback.New(h.sendAnswer), Site: h.site, TooMany: limit.Refused}),
		portal.Module(portal.Deps{Reader: reader{h}, ReportTypes: publication.Types, Instruments: project.Instruments, Labels: project.Labels(), Calls: callweb.Front(h.callPages())}),
	}
}

// callPages is what the pages of calls are made with.
func (h *house) callPages() callweb.Deps {
	deps := callweb.Deps{Service: h.calls, Site: h.site, ThemeName: h.themeName, Awarded: h.awarded, BaseURL: h.settings.BaseURL}
	if h.settings.Demo {
		deps.PartsHref = partsPath
	}
	return deps
}

// awarded gives the projects that came of a call, as far as everybody may know of
// them.
func (h *house) awarded(ctx context.Context, id string) ([]ui.Item, error) {
	heads, err := h.calls.LedTo(asSystem(ctx), id)
	if err != nil {
		return nil, err
	}
	var list []portal.Project
	for _, head := range heads {
		if head.Kind != "project" {
			continue
		}
		p, err := h.projects.Kind.Load(ctx, head.ID)
		if err != nil {
			return nil, err
		}
		if !project.Public(p) {
			continue
		}
		shown, err := reader{h}.projectOf(ctx, p)
		if err != nil {
			return nil, err
		}
		list = append(list, shown)
	}
	return portal.ProjectItems(ctx, list), nil
}

// adminSettings tells how the house is set up, without its secrets.
func (h *house) adminSettings(ctx context.Context) ([]admin.Setting, error) {
	schema, err := db.One[int](ctx, h.db, "SELECT max(version_id) FROM goose_db_version")
	if err != nil {
		return nil, fmt.Errorf("version of the schema: %w", err)
	}
	engine, login, post := "SQLite", h.settings.OIDC.Issuer, "admin.mail.sent"
	if h.db.Dialect == db.Postgres {
		engine = "PostgreSQL"
	}
	switch {
	case h.settings.Demo:
		login, post = lang.T(ctx, "admin.login.demo"), "admin.mail.kept"
	case h.settings.SMTP == "":
		post = "admin.mail.waits"
	}
	return []admin.Setting{
		{Key: "database", Value: engine}, {Key: "schema", Value: strconv.Itoa(schema)}, {Key: "base_url", Value: h.settings.BaseURL},
		{Key: "login", Value: login}, {Key: "mail", Value: lang.T(ctx, post)},
	}, nil
}

// adminPeople gives everybody who may log in, with the roles that they hold today.
func (h *house) adminPeople(ctx context.Context) ([]admin.Person, error) {
	people, err := h.people.ActivePersons(ctx)
	if err != nil {
		return nil, err
	}
	tag, today := lang.From(ctx).Tag(), h.engine.Today(ctx)
	out := make([]admin.Person, len(people))
	for i, p := range people {
		out[i] = admin.Person{ID: p.ID, Name: p.Name(tag)}
		for _, g := range p.Grants.V {
			if g.On(today) {
				out[i].Grants = append(out[i].Grants, access.Grant{Role: g.Role, Unit: g.Unit})
			}
		}
	}
	return out, nil
}

// sendAnswer writes the letter with the answer to a feedback, in the language that
// it was sent in.
func (h *house) sendAnswer(ctx context.Context, l feedback.Letter) error {
	tag, ok := lang.Parse(l.Lang)
	if !ok {
		tag = lang.NB
	}
	ctx = h.in(ctx, tag)
	return mail.Queue(ctx, h.db, mail.Message{
		To: l.To, Subject: lang.T(ctx, "feedback.letter_subject", "number", l.Number), Lang: string(tag), Key: "feedback/" + l.Number, At: l.At,
		Text: lang.T(ctx, "feedback.letter", "answer", l.Answer, "question", l.Question),
	})
}

// api makes the JSON API of all modules. Who has logged in may see more of what a
// module gives than the public.
func (h *house) api() http.Handler {
	d := api.Deps{Projects: h.projects, Publications: publicReports{h}, Organisations: h.people.OrganisationNames, Log: h.settings.Log}
	for _, m := range h.modules {
		if m.API != nil {
			d.More = append(d.More, func(a huma.API) { m.API(a) })
		}
	}
	operations := api.Handler(d)
	return h.sessions.Middleware(telemetry.Routed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if id := h.sessions.PersonID(ctx); id != "" {
			actor, err := h.people.Actor(ctx, id)
			switch {
			case err == nil:
				ctx = access.With(ctx, actor)
			case fault.Of(err) != fault.NotFound:
				h.settings.Log.ErrorContext(ctx, "who is logged in", "error", err)
				api.Problem(w, http.StatusServiceUnavailable, "It cannot be told who you are just now. Try again in a while.")
				return
			}
		}
		operations.ServeHTTP(w, r.WithContext(ctx))
	})))
}

// publicDoc makes what the portal's search finds of a document that the public
// may read. Of a project everybody may know the facts and the summary only, so its words
// are those, with its institutions and the leader that its source names.
func (h *house) publicDoc(ctx context.Context, doc search.Doc, x record.Indexed) (search.Doc, error) {
	doc.ID, doc.URL, doc.Audience, doc.Guarded = portalID(doc.ID), x.Doc.PublicURL, []string{PortalAudience}, nil
	facets := map[string][]string{}
	for _, name := range []string{"type", "theme", "year", "institution", "language"} {
		if values := x.Doc.Facets[name]; len(values) > 0 {
			facets[name] = values
		}
	}
	if len(facets["language"]) == 0 {
		facets["language"] = []string{x.Head.Lang}
	}
	if x.Head.Kind == "project" {
		p, err := h.projects.Kind.Load(ctx, x.Head.ID)
		if err != nil {
			return doc, err
		}
		shown, err := reader{h}.projectOf(ctx, p)
		if err != nil {
			return doc, err
		}
		doc.Text = shown.Summary + "\n" + shown.Leader
		for _, i := range shown.Institutions {
			doc.Text += "\n" + i.Name
			facets["institution"] = append(facets["institution"], i.Name)
		}
	}
	if x.Head.Kind == "call" {
		c, err := h.calls.Kind.Load(ctx, x.Head.ID)
		if err != nil {
			return doc, err
		}
		// While its draft is written, everybody knows of a planned call what was told of it.
		if shown, ok := c.Shown(); ok {
			doc.Title, doc.Text, doc.Lang, doc.Date = shown.Title, shown.Words(), shown.Lang, shown.Deadline.V.From
			facets["language"] = []string{shown.Lang}
			delete(facets, "theme")
			if shown.Theme != "" {
				facets["theme"] = []string{shown.Theme}
			}
		}
	}
	if len(facets["theme"]) == 0 {
		facets["theme"] = []string{portal.NoTheme}
	}
	doc.Facets = facets
	return doc, nil
}

// publicReports gives what everybody may read of the publications. Words are the
// search's business, so that the portal's search, its list of reports and the API
// find the same.
type publicReports struct{ *house }

func (r publicReports) Pages(ctx context.Context, f publication.Filter, limit, offset int) ([]publication.Page, int, error) {
	if strings.TrimSpace(f.Query) == "" {
		return r.publications.Pages(ctx, f, limit, offset)
	}
	const most = 100 // hits that one search gives
	q := search.Query{Text: f.Query, Audience: []string{PortalAudience}, Kinds: []string{"publication"}, Facets: map[string][]string{}, Offset: offset}
	narrow := func(facet, value string) {
		if value != "" {
			q.Facets[facet] = []string{value}
		}
	}
	narrow("theme", f.Theme)
	narrow("type", f.Type)
	if f.Year != 0 {
		narrow("year", strconv.Itoa(f.Year))
	}
	if !f.Examples {
		narrow("example", "false")
	}
	ids, total := []string{}, 0
	for limit == 0 || len(ids) < limit {
		q.Limit = most
		if limit > 0 {
			q.Limit = min(most, limit-len(ids))
		}
		found, err := r.index.Search(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		for _, h := range found.Hits {
			ids = append(ids, strings.TrimPrefix(h.ID, portalID("")))
		}
		total, q.Offset = found.Total, q.Offset+q.Limit
		if len(found.Hits) == 0 || q.Offset >= total {
			break
		}
	}
	f.Query, f.IDs = "", ids
	pages, _, err := r.publications.Pages(ctx, f, 0, 0)
	if err != nil {
		return nil, 0, err
	}
	place := make(map[string]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(pages, func(a, b publication.Page) int { return place[a.ID] - place[b.ID] })
	return pages, total - (len(ids) - len(pages)), nil
}

// reader answers the portal. What it gives is public, whoever asks.
type reader struct{ *house }

func (r reader) Themes(ctx context.Context) ([]portal.Theme, error) {
	themes, err := r.plans.AllThemes(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]portal.Theme, len(themes))
	for i, t := range themes {
		out[i] = portal.Theme{Slug: t.Slug, Title: t.Title, Lang: t.Lang, Text: t.Text, Partners: t.Partners, Plan: t.Plan, Earlier: t.Earlier}
	}
	return out, nil
}

func (r reader) Reports(ctx context.Context, f portal.ReportFilter, limit, offset int) ([]portal.Report, int, error) {
	want := publication.Filter{Query: f.Query, Theme: f.Theme, Type: f.Type, Year: f.Year, Examples: f.Examples}
	if f.Project != "" {
		p, err := r.publicProject(ctx, f.Project)
		if err != nil {
			return nil, 0, err
		}
		want.Project = p.ID
	}
	list, total, err := publicReports{r.house}.Pages(ctx, want, limit, offset)
	if err != nil {
		return nil, 0, err
	}
	out := make([]portal.Report, len(list))
	for i, p := range list {
		out[i] = portal.Report{URL: "/kunnskap/rapport/" + p.Slug, Title: p.Title, Lang: p.Lang, Type: p.PubType, Year: p.Year, Example: p.Example, Text: p.Summary}
		if len(p.Short) > 0 {
			out[i].Text = p.Short[0]
		}
		for _, in := range p.Institutions {
			out[i].Institutions = append(out[i].Institutions, in.Name)
		}
	}
	return out, total, nil
}

func (r reader) ReportYears(ctx context.Context, examples bool) ([]int, error) {
	return r.publications.PublicYears(ctx, examples)
}

func (r reader) Projects(ctx context.Context, f portal.ProjectFilter, limit, offset int) ([]portal.Project, int, error) {
	want := project.Filter{Query: f.Query, Theme: f.Theme, Example: f.Examples}
	if f.Instrument != "" {
		want.Instruments = []string{f.Instrument}
	}
	if f.Label != "" {
		want.Labels = []string{f.Label}
	}
	list, total, err := r.projects.Public(ctx, want, limit, offset)
	if err != nil {
		return nil, 0, err
	}
	out := make([]portal.Project, len(list))
	for i, p := range list {
		if out[i], err = r.projectOf(ctx, p); err != nil {
			return nil, 0, err
		}
	}
	return out, total, nil
}

func (r reader) Project(ctx context.Context, number string) (portal.Project, error) {
	p, err := r.publicProject(ctx, number)
	if err != nil {
		return portal.Project{}, err
	}
	return r.projectOf(ctx, p)
}

// publicProject gives the project with the number, examples included, if
// everybody may know of it.
func (r reader) publicProject(ctx context.Context, number string) (*project.Project, error) {
	p, err := r.projects.Kind.ByNumber(asSystem(ctx), number)
	if err != nil {
		return nil, err
	}
	if !project.Public(p) && (!p.Example || p.ContractOn.IsZero()) {
		return nil, fault.Missing()
	}
	return p, nil
}

func (r reader) projectOf(ctx context.Context, p *project.Project) (portal.Project, error) {
	state := r.engine.LabelOf("project", p.State)
	out := portal.Project{
		Number: p.Number, Title: p.Title, Lang: p.Lang, Instrument: p.Instrument, Theme: p.Theme,
		Start: spanText(ctx, p.Start.V), End: spanText(ctx, p.End.V), Label: state.Label, Tone: portalTones[state.Tone], Source: p.Source,
		Unnamed: p.Source != "" && !p.Named, Example: p.Example, SummaryLang: p.SummaryIn(),
	}
	if p.Summary != p.Title { // an application without a summary gives its title
		out.Summary = p.Summary
	}
	if out.End == "" {
		out.End = spanText(ctx, project.On(p.Ended()))
	}
	if p.Source != "" {
		out.Leader = p.LeaderName // the source names the person
	}
	ids := make([]string, len(p.Roles.V))
	for i, role := range p.Roles.V {
		ids[i] = role.Org
	}
	names, err := r.people.OrganisationNames(ctx, ids...)
	if err != nil {
		return out, err
	}
	for _, role := range p.Roles.V {
		if name := names[role.Org]; name != "" {
			out.Institutions = append(out.Institutions, portal.Institution{Name: name, Role: role.Role})
		}
	}
	out.Call, err = r.callOf(ctx, p)
	return out, err
}

// callOf gives the call that a project was awarded in, if everybody may know of it;
// else nil.
func (r reader) callOf(ctx context.Context, p *project.Project) (*portal.Call, error) {
	heads, err := r.engine.Heads(asSystem(ctx), p.Grounds.V...)
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		if h.Kind != "call" {
			continue
		}
		c, err := r.calls.Kind.Load(ctx, h.ID)
		if err != nil {
			return nil, err
		}
		if shown, ok := c.Shown(); ok {
			return &portal.Call{URL: shown.PublicURL(), Title: shown.Title}, nil
		}
	}
	return nil, nil
}

// spanText writes a date as exactly as it is known; nothing when it is not.
func spanText(ctx context.Context, s project.Span) string {
	switch {
	case !s.Known():
		return ""
	case s.Text != "":
		return s.Text
	case s.Exact():
		return lang.Day(ctx, s.From)
	}
	return lang.Day(ctx, s.From) + " – " + lang.Day(ctx, s.To)
}

var portalTones = map[lifecycle.Tone]ui.Tone{
	lifecycle.Neutral: ui.Neutral, lifecycle.Info: ui.Info, lifecycle.Success: ui.Success, lifecycle.Warning: ui.Warning, lifecycle.Danger: ui.Error,
}

func (r reader) Search(ctx context.Context, q search.Query) (search.Result, error) {
	q.Audience = []string{PortalAudience}
	return r.index.Search(ctx, q)
}
