package publicationweb

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"

	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/project"
	"funn/internal/publication"
)

// bodyProps is the content of a publication's page for those who work on it.
type bodyProps struct {
	Rec       *publication.Publication
	Edition   publication.Edition
	Lang      string // of the edition, when it is not the page's
	Late      string
	Proposal  string
	Tombstone string
	Draft     bool // what is shown is the next version
	Tasks     []ui.Task
	Approvals []ui.Fact
	Versions  []versionView
	Files     []ui.Download
}

type versionView struct {
	Title, Text, Lang string
	Files             []ui.Download
}

func (p *pages) tags(ctx context.Context, rec *publication.Publication) []ui.TagProps {
	var out []ui.TagProps
	if rec.Overdue(p.Site.Engine.Today(ctx)) {
		out = append(out, ui.TagProps{Tone: ui.Warning, Text: lang.T(ctx, "publication.is_late")})
	}
	if rec.Proposal.V.By != "" && rec.State != publication.Withdrawn {
		out = append(out, ui.TagProps{Tone: ui.Warning, Text: lang.T(ctx, "publication.is_proposed")})
	}
	return out
}

// body shows what a publication says, what its metadata lack, and who has
// approved it.
func (p *pages) body(c *web.Context, rec *publication.Publication) (templ.Component, error) {
	ctx := c.Ctx()
	names, err := p.people(ctx, rec)
	if err != nil {
		return nil, err
	}
	e := rec.Working()
	b := bodyProps{Rec: rec, Edition: e, Lang: foreign(ctx, e.Lang), Draft: rec.Draft.V != nil, Files: files(ctx, href(rec), e.Files), Tombstone: rec.Tombstone}
	if rec.Overdue(p.Site.Engine.Today(ctx)) {
		b.Late = lang.T(ctx, "publication.overdue", "date", lang.Day(ctx, rec.PublishBy()))
		if rec.DelayReason != "" {
			b.Late += " " + lang.T(ctx, "publication.delayed", "reason", rec.DelayReason)
		}
	}
	if x := rec.Proposal.V; x.By != "" && rec.State != publication.Withdrawn {
		b.Proposal = lang.T(ctx, "publication.proposal", "who", names[x.By], "date", lang.Date(ctx, x.At), "reason", x.Reason)
	}
	if rec.State == publication.Received || rec.State == publication.MetadataReady || rec.State == publication.NewVersion {
		b.Tasks = p.checklist(ctx, rec)
	}
	b.Approvals = approvals(ctx, rec, names)
	for i, v := range slices.Backward(rec.Versions.V) {
		b.Versions = append(b.Versions, versionView{
			Title: lang.T(ctx, "publication.version", "n", i+1, "title", v.Title), Lang: foreign(ctx, v.Lang), Files: files(ctx, href(rec), v.Files),
			Text: lang.T(ctx, "publication.replaced", "date", lang.Date(ctx, v.Replaced), "reason", v.Reason),
		})
	}
	return bodyPage(b), nil
}

// files links to files below the address of a page.
func files(ctx context.Context, base string, list []publication.File) []ui.Download {
	out := make([]ui.Download, len(list))
	for i, f := range list {
		out[i] = ui.Download{Label: f.Title, Href: base + "/fil/" + f.SHA, Note: f.Name + ", " + strings.ToLower(lang.T(ctx, "language."+f.Lang))}
	}
	return out
}

// checklist tells what the metadata have and lack, each with the way to mend it.
func (p *pages) checklist(ctx context.Context, rec *publication.Publication) []ui.Task {
	required, wanted := rec.Missing()
	commands := map[string]string{
		"theme": "classify", "authors": "classify", "institutions": "add_institution", "full_text": "add_file",
		"short": "describe", "summary": "describe", "meaning": "describe", "method": "describe", "findings": "describe", "limitations": "describe",
	}
	order := []string{"summary", "theme", "project", "short", "meaning", "findings", "method", "limitations", "institutions", "authors", "full_text"}
	out := make([]ui.Task, len(order))
	for i, code := range order {
		k := ui.Task{Title: lang.T(ctx, "publication.missing."+code)}
		if cmd, ok := p.Service.Kind.Lifecycle().Command(commands[code]); ok && slices.Contains(cmd.From, rec.State) &&
			access.Allows(cmd.Who, access.From(ctx), p.Service.Kind.Subject(rec)) {
			k.Href = href(rec) + "/" + cmd.Path
		}
		switch {
		case slices.Contains(required, code):
			k.State = ui.TagProps{Tone: ui.Warning, Text: lang.T(ctx, "publication.required")}
		case slices.Contains(wanted, code):
			k.State = ui.TagProps{Tone: ui.Info, Text: lang.T(ctx, "publication.wanted")}
		default:
			k.State, k.Done = ui.TagProps{Tone: ui.Neutral, Text: lang.T(ctx, "ui.state_done")}, true
		}
		out[i] = k
	}
	return out
}

// approvals tells who of the two has approved.
func approvals(ctx context.Context, rec *publication.Publication, names map[string]string) []ui.Fact {
	if rec.State == publication.Received || rec.State == publication.Withdrawn {
		return nil
	}
	section := "publication.approval.section"
	if rec.Internal() {
		section = "publication.approval.analysis"
	}
	fact := func(key string, a publication.Approval) ui.Fact {
		f := ui.Fact{Label: lang.T(ctx, key), Text: lang.T(ctx, "publication.approval.none")}
		if a.Given() {
			f.Text = lang.T(ctx, "publication.approval.given", "who", names[a.By], "date", lang.Date(ctx, a.At))
		}
		return f
	}
	if !rec.ApprovedFE.V.Given() && !rec.ApprovedFS.V.Given() && rec.State != publication.MetadataReady && rec.State != publication.NewVersion {
		return nil // published before Funn knew of it
	}
	return []ui.Fact{fact("publication.approval.owner", rec.ApprovedFE.V), fact(section, rec.ApprovedFS.V)}
}

// people gives the names of everybody who stands on the page.
func (p *pages) people(ctx context.Context, rec *publication.Publication) (map[string]string, error) {
	ids := []string{rec.Owner, rec.CaseWorker, rec.Leader, rec.ApprovedFE.V.By, rec.ApprovedFS.V.By, rec.Proposal.V.By}
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return nil, nil
	}
	return p.Site.Names(ctx, ids...)
}

// side tells the facts of a publication.
func (p *pages) side(c *web.Context, rec *publication.Publication) (templ.Component, error) {
	ctx := c.Ctx()
	names, err := p.people(ctx, rec)
	if err != nil {
		return nil, err
	}
	var facts []ui.Fact
	add := func(key, text, to string) {
		if text != "" {
			facts = append(facts, ui.Fact{Label: lang.T(ctx, key), Text: text, Href: to})
		}
	}
	if publication.Public(rec) {
		add("publication.public_page", lang.T(ctx, "publication.public_link"), rec.PublicURL())
	}
	add("publication.field.pub_type", lang.T(ctx, "publication.type."+rec.PubType), "")
	add("publication.field.theme", p.themeName(ctx, rec.Theme), "")
	if rec.Year != 0 {
		add("publication.field.year", strconv.Itoa(rec.Year), "")
	}
	add("publication.field.institutions", strings.Join(institutions(rec.Institutions.V), ", "), "")
	add("publication.field.authors", rec.Authors, "")
	add("publication.field.report_lang", lang.T(ctx, "language."+rec.Lang), "")
	add("publication.field.external_url", rec.ExternalURL, rec.ExternalURL)
	if rec.DOI != "" {
		add("publication.field.doi", rec.DOI, "https://doi.org/"+rec.DOI)
	}
	add("publication.field.isbn", rec.ISBN, "")
	day := func(key string, text string, known bool) {
		if known {
			add(key, text, "")
		}
	}
	day("publication.field.received_at", cmp.Or(rec.ReceivedWhen, dateOr(ctx, rec.ReceivedAt)), true)
	if !publication.Public(rec) {
		day("publication.publish_by", lang.Day(ctx, rec.PublishBy()), !rec.PublishBy().IsZero())
	}
	day("publication.field.embargo", lang.Day(ctx, rec.Embargo), !rec.Embargo.IsZero())
	day("publication.field.published_at", dateOr(ctx, rec.ShownAt), publication.Public(rec))
	day("publication.field.withdrawn_at", lang.Date(ctx, rec.WithdrawnAt), !rec.WithdrawnAt.IsZero())
	add("relation.subject_owner", names[rec.Owner], "")
	add("relation.case_worker", names[rec.CaseWorker], "")
	if rec.Annex {
		add("publication.annex", lang.T(ctx, "form.yes"), "")
	}
	thread, err := p.thread(ctx, rec)
	if err != nil {
		return nil, err
	}
	return sideColumn(facts, thread), nil
}

// thread lists the records that the publication hangs on: its project, the needs
// that it answers, what it takes the place of, and what became of it.
func (p *pages) thread(ctx context.Context, rec *publication.Publication) ([]ui.Item, error) {
	heads, edges, err := p.Site.Engine.Thread(ctx, rec.ID)
	if err != nil {
		return nil, err
	}
	near := map[string]bool{}
	for _, x := range edges {
		switch {
		case x.From == rec.ID:
			near[x.To] = true
		case x.To == rec.ID:
			near[x.From] = true
		case x.From == rec.Project && x.Rel == "answers":
			near[x.To] = true
		}
	}
	var list []record.Head
	for id := range near {
		if h, ok := heads[id]; ok {
			list = append(list, h)
		}
	}
	order := []string{"need", "project", "publication", "uptake"}
	slices.SortFunc(list, func(a, b record.Head) int {
		if d := slices.Index(order, a.Kind) - slices.Index(order, b.Kind); d != 0 {
			return d
		}
		return strings.Compare(a.Number, b.Number)
	})
	var out []ui.Item
	for _, h := range list {
		k, ok := p.Site.Engine.Kind(h.Kind)
		if !ok {
			continue
		}
		_, path := k.Paths()
		out = append(out, ui.Item{
			Kicker: lang.T(ctx, h.Kind+".name") + " " + h.Number, Title: h.Title, Href: path + "/" + h.Number, Lang: foreign(ctx, h.Lang),
			Tags: recordweb.ListTags(ctx, p.Site.Engine, &h),
		})
	}
	return out, nil
}

// The page that everybody reads.

type publicProps struct {
	Page     publication.Page
	Lang     string
	Type     string
	Facts    []ui.Fact
	Files    []ui.Download
	Notes    []string
	Related  []ui.Item
	Cite     string
	Contents []ui.Crumb
}

// public shows what everybody may read of a publication, or the tombstone of one
// that has been withdrawn.
func (p *pages) public(c *web.Context) error {
	ctx := c.Ctx()
	v, err := p.Service.BySlug(ctx, c.Path("slug"))
	if err != nil {
		return err
	}
	b := publicProps{Page: v, Lang: foreign(ctx, v.Lang), Type: lang.T(ctx, "publication.type."+v.PubType), Files: files(ctx, "/kunnskap/rapport/"+v.Slug, v.Files)}
	if b.Facts, err = p.publicFacts(ctx, v); err != nil {
		return err
	}
	if v.Withdrawn.IsZero() {
		b.Notes = p.notes(ctx, v)
		if b.Related, err = p.related(ctx, v); err != nil {
			return err
		}
		b.Cite = cite(v)
		b.Contents = contents(ctx, b)
	}
	page := c.Page(v.Title)
	page.Section = lang.T(ctx, "web.nav.reports")
	page.Breadcrumb = []ui.Crumb{{Label: lang.T(ctx, "publication.home"), Href: "/"}, {Label: lang.T(ctx, "web.nav.reports"), Href: "/kunnskap/rapporter"}, {Label: v.Title}}
	page.Description = shortened(v.Summary, 160)
	return c.WithinPublic(http.StatusOK, page, publicPage(b))
}

// dateOr writes a moment as a date, or that the source does not give it.
func dateOr(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return lang.T(ctx, "date.unknown")
	}
	return lang.Date(ctx, t)
}

// shortened cuts a text at a word for the summary that search engines show.
func shortened(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	cut := string(runes[:most])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return cut + " …"
}

// notes tells what the reader should know of the report before reading it.
func (p *pages) notes(ctx context.Context, v publication.Page) []string {
	var out []string
	switch today := p.Site.Engine.Today(ctx); {
	case len(v.Files) > 0 || v.ExternalURL != "":
	case v.Embargo.After(today):
		out = append(out, lang.T(ctx, "publication.note.embargo", "date", lang.Day(ctx, v.Embargo)))
	default:
		out = append(out, lang.T(ctx, "publication.note.no_full_text"))
	}
	if v.PubType == publication.InterimReport {
		out = append(out, lang.T(ctx, "publication.note.interim"))
	}
	if v.DelayReason != "" {
		out = append(out, lang.T(ctx, "publication.delayed", "reason", v.DelayReason))
	}
	if v.VersionNo > 1 {
		out = append(out, lang.T(ctx, "publication.note.version", "n", v.VersionNo, "date", lang.Date(ctx, v.Changed)))
	}
	return out
}

// publicFacts tells the facts of a report and of its project, as far as
// everybody may know of it.
func (p *pages) publicFacts(ctx context.Context, v publication.Page) ([]ui.Fact, error) {
	var facts []ui.Fact
	add := func(key, text, to string) {
		if text != "" {
			facts = append(facts, ui.Fact{Label: lang.T(ctx, key), Text: text, Href: to})
		}
	}
	add("publication.fact.type", lang.T(ctx, "publication.type."+v.PubType), "")
	if v.Year != 0 {
		add("publication.field.year", strconv.Itoa(v.Year), "")
	}
	add("publication.field.institutions", strings.Join(institutions(v.Institutions), ", "), "")
	add("publication.field.authors", v.Authors, "")
	add("publication.field.theme", p.themeName(ctx, v.Theme), "")
	add("publication.field.report_lang", lang.T(ctx, "language."+v.Lang), "")
	if v.DOI != "" {
		add("publication.field.doi", v.DOI, "https://doi.org/"+v.DOI)
	}
	add("publication.field.isbn", v.ISBN, "")
	if pr, ok, err := p.publicProject(ctx, v.Project); err != nil {
		return nil, err
	} else if ok {
		to := ""
		if p.ProjectURL != nil {
			to = p.ProjectURL(pr)
		}
		add("publication.fact.project", pr.Number+" "+pr.Title, to)
		add("publication.fact.instrument", lang.T(ctx, "instrument."+pr.Instrument), "")
		add("publication.fact.period", period(ctx, pr), "")
		add("publication.fact.state", lang.T(ctx, "project.state."+pr.State), "")
		if pr.LeaderName != v.Authors {
			add("publication.fact.leader", pr.LeaderName, "")
		}
	}
	if v.Supersedes != "" {
		old, err := p.Service.PageOf(ctx, v.Supersedes)
		switch {
		case err == nil:
			add("publication.field.supersedes", old.Title, "/kunnskap/rapport/"+old.Slug)
		case fault.Of(err) != fault.NotFound:
			return nil, err
		}
	}
	newer, ok, err := p.Service.Successor(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	if ok {
		add("publication.fact.replaced_by", newer.Title, "/kunnskap/rapport/"+newer.Slug)
	}
	add("publication.fact.number", v.Number, "")
	add("publication.field.published_at", dateOr(ctx, v.Shown), "")
	add("record.source", v.Source, "")
	return facts, nil
}

// period writes when a project lasted, as exactly as it is known.
func period(ctx context.Context, pr *project.Project) string {
	write := func(s project.Span, day time.Time) string {
		switch {
		case !day.IsZero():
			return lang.Day(ctx, day)
		case s.Text != "":
			return s.Text
		case s.Exact():
			return lang.Day(ctx, s.From)
		}
		return ""
	}
	from, to := write(pr.Start.V, time.Time{}), write(pr.End.V, pr.ActualEnd)
	if from == "" && to == "" {
		return ""
	}
	return strings.TrimSpace(from + " – " + to)
}

// publicProject gives the project of a report when everybody may know of it.
func (p *pages) publicProject(ctx context.Context, id string) (*project.Project, bool, error) {
	if id == "" || p.Projects == nil {
		return nil, false, nil
	}
	pr, err := p.Projects.Kind.Load(ctx, id)
	if err != nil {
		return nil, false, err
	}
	return pr, project.Public(pr), nil
}

// related lists the other public reports of the same project, and the newest of
// the same theme.
func (p *pages) related(ctx context.Context, v publication.Page) ([]ui.Item, error) {
	const most = 5
	seen := map[string]bool{v.ID: true}
	var out []ui.Item
	find := func(f publication.Filter) error {
		f.Examples = v.Example
		list, _, err := p.Service.Pages(ctx, f, most+1, 0)
		if err != nil {
			return err
		}
		for _, o := range list {
			if seen[o.ID] || len(out) == most {
				continue
			}
			seen[o.ID] = true
			item := ui.Item{
				Kicker: lang.T(ctx, "publication.type."+o.PubType), Title: o.Title, Href: "/kunnskap/rapport/" + o.Slug, Lang: foreign(ctx, o.Lang),
				Meta: append([]string{strconv.Itoa(o.Year)}, institutions(o.Institutions)...),
			}
			if o.Example {
				item.Tags = []ui.TagProps{{Tone: ui.Example, Text: lang.T(ctx, "ui.example")}}
			}
			out = append(out, item)
		}
		return nil
	}
	if v.Project != "" {
		if err := find(publication.Filter{Project: v.Project}); err != nil {
			return nil, err
		}
	}
	if v.Theme != "" {
		if err := find(publication.Filter{Theme: v.Theme}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// place gives where an address leads, short enough to be read: the site, and its page
// when that is a word or two.
func place(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	host, page := strings.TrimPrefix(u.Host, "www."), strings.TrimSuffix(u.Path, "/")
	if utf8.RuneCountInString(page) > 20 {
		page = ""
	}
	return host + page
}

// cite writes how the report is referred to: who, when, what, where.
func cite(v publication.Page) string {
	who := v.Authors
	names := institutions(v.Institutions)
	if who == "" {
		who, names = strings.Join(names, ", "), nil
	}
	parts := []string{v.Title}
	if who != "" {
		parts = []string{who + " (" + strconv.Itoa(v.Year) + ")", v.Title}
	}
	if len(names) > 0 {
		parts = append(parts, strings.Join(names, ", "))
	}
	if v.DOI != "" {
		parts = append(parts, "https://doi.org/"+v.DOI)
	}
	return strings.Join(parts, ". ") + "."
}

// contents leads to the parts of the page that there are.
func contents(ctx context.Context, b publicProps) []ui.Crumb {
	var out []ui.Crumb
	add := func(id, key string, there bool) {
		if there {
			out = append(out, ui.Crumb{Label: lang.T(ctx, key), Href: "#" + id})
		}
	}
	v := b.Page
	add("kort-fortalt", "publication.part.short", len(v.Short) > 0)
	add("sammendrag", "publication.part.summary", summary(v) != "")
	add("betydning", "publication.part.meaning", v.Meaning != "")
	add("funn", "publication.part.findings", len(v.Findings) > 0)
	add("metode", "publication.part.method", v.Method != "" || v.Limitations != "")
	add("last-ned", "publication.part.full", len(b.Files) > 0 || v.ExternalURL != "")
	add("siter", "publication.part.cite", b.Cite != "")
	add("relatert", "publication.part.related", len(b.Related) > 0)
	return out
}

// summary gives the summary, and nothing when it only says what the three points
// have said already.
func summary(v publication.Page) string {
	if strings.Join(strings.Fields(v.Summary), " ") == strings.Join(v.Short, " ") {
		return ""
	}
	return v.Summary
}

func exampleTags(ctx context.Context, example bool) []ui.TagProps {
	if !example {
		return nil
	}
	return []ui.TagProps{{Tone: ui.Example, Text: lang.T(ctx, "ui.example")}}
}
