package applicationweb

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

const minePath = "/min-side"

// caseProps is what those who write see of a submission.
type caseProps struct {
	Facts    []ui.Fact
	Notices  []notice
	Status   string // how many parts are done, the deadline, and when it was last saved
	Parts    []ui.Task
	Send     string // where it is checked and sent; empty when it cannot be
	Resend   bool
	Print    string
	Authors  string // where others are invited to write along
	People   []string
	Receipts []receiptProps
	Content  templ.Component
	Beside   templ.Component // the sketch that an application grew from
}

type receiptProps struct {
	Title, When, Who, Hash string
	Copy, JSON             string // empty when there is no copy any more
	Counts                 bool
}

// overview is the submission's page for those who write in it.
func (p *pages) overview(ctx context.Context, x *application.Submission, of *call.Call) (templ.Component, error) {
	title, _ := of.TitleIn(lang.From(ctx).Tag())
	b := caseProps{Facts: []ui.Fact{{Label: lang.T(ctx, "call.name"), Text: title, Href: of.PublicURL()}, {Label: lang.T(ctx, "application.due"), Text: due(ctx, of, x.Kind)}}}
	names, err := p.Site.Names(ctx, append(slices.Clone(x.CoAuthors.V), x.Applicant, x.SentBy)...)
	if err != nil {
		return nil, err
	}
	b.People = append(b.People, names[x.Applicant])
	for _, id := range x.CoAuthors.V {
		b.People = append(b.People, names[id])
	}
	receipts, err := p.Service.Receipts(ctx, x)
	if err != nil {
		return nil, err
	}
	for i, r := range receipts {
		rp := receiptProps{
			Title: lang.T(ctx, "application.version", "n", r.N), When: lang.T(ctx, "application.to_the_second", "when", lang.DateTime(ctx, r.SentAt), "second", strconv.Itoa(r.SentAt.Second())),
			Who: names[r.SentBy], Hash: r.Hash, Counts: i == 0 && x.State != application.Withdrawn,
		}
		if r.HasOwn {
			rp.Copy = address(x) + "/kvittering/" + strconv.Itoa(r.N)
			rp.JSON = rp.Copy + "/innhold"
		}
		b.Receipts = append(b.Receipts, rp)
	}
	if x.Content.V != nil {
		b.Content = contentView(p.content(ctx, of, x.Kind, *x.Content.V, address(x)))
	}
	if b.Beside, err = p.beside(ctx, x, of); err != nil {
		return nil, err
	}
	writable := p.Service.Writable(ctx, x, of)
	if writable == nil || x.State == application.Draft {
		if err := p.writing(ctx, &b, x, of, writable); err != nil {
			return nil, err
		}
	}
	if x.State == application.Submitted {
		key := "application.now.sent"
		if writable != nil {
			key = "application.now.sealed"
		}
		b.Notices = append(b.Notices, notice{ui.Success, lang.T(ctx, key)})
	}
	return caseView(b), nil
}

// writing adds the list of parts and how far they have come.
func (p *pages) writing(ctx context.Context, b *caseProps, x *application.Submission, of *call.Call, writable error) error {
	d, err := p.Service.Draft(ctx, x)
	if err != nil {
		return err
	}
	_, problems, err := application.Read(ctx, of, x.Kind, d.Written())
	if err != nil {
		return err
	}
	done := 0
	parts := application.PartsOf(of, x.Kind, d.Written().Values)
	for _, part := range parts {
		wrong := 0
		for _, q := range problems {
			if q.Part == part.ID {
				wrong++
			}
		}
		t := ui.Task{Title: partTitle(ctx, part), Href: address(x) + "/del/" + url.PathEscape(part.ID)}
		begun := d.Parts[part.ID].Version > 0 || slices.ContainsFunc(d.Files, func(f application.File) bool {
			return slices.ContainsFunc(part.Files, func(q call.Question) bool { return q.ID == f.Question })
		})
		switch {
		case wrong == 0 && begun:
			t.State, t.Done = ui.TagProps{Tone: ui.Neutral, Text: lang.T(ctx, "application.part_done")}, true
		case wrong == 0:
			t.State, t.Done = ui.TagProps{Tone: ui.Neutral, Text: lang.T(ctx, "application.part_optional")}, true
		case begun:
			t.State = ui.TagProps{Tone: ui.Warning, Text: lang.TN(ctx, "application.part_left", wrong)}
		default:
			t.State = ui.TagProps{Tone: ui.Info, Text: lang.T(ctx, "application.part_todo")}
		}
		if t.Done {
			done++
		}
		if writable != nil {
			t.Href = ""
		}
		b.Parts = append(b.Parts, t)
	}
	saved := lang.T(ctx, "application.never_saved")
	if at := d.SavedAt(); !at.IsZero() {
		saved = lang.T(ctx, "application.saved_at", "when", lang.DateTime(ctx, at))
	}
	b.Status = lang.T(ctx, "application.progress", "done", done, "of", len(parts), "due", due(ctx, of, x.Kind), "saved", saved)
	b.Print = address(x) + "/utskrift"
	if writable != nil {
		if f, ok := fault.As(writable); ok {
			b.Notices = append(b.Notices, notice{ui.Warning, web.FaultText(ctx, f)})
		}
		return nil
	}
	b.Send, b.Resend = address(x)+"/send", x.State == application.Submitted
	if x.State == application.Submitted && d.SavedAt().After(x.SentAt) {
		b.Notices = append(b.Notices, notice{ui.Warning, lang.T(ctx, "application.changed_since")})
	}
	if slices.Contains(access.From(ctx).As, x.Applicant) {
		b.Authors = address(x) + "/medforfattere"
	}
	return nil
}

// beside shows the sketch that an application grew from, and the answer to it.
func (p *pages) beside(ctx context.Context, x *application.Submission, of *call.Call) (templ.Component, error) {
	if x.Sketch == "" {
		return nil, nil
	}
	sketch, err := p.Service.Sketches.Get(ctx, x.Sketch)
	if fault.Of(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil || sketch.Content.V == nil {
		return nil, err
	}
	answer := ""
	if a := sketch.Answer.V; a != nil && !a.ToldAt.IsZero() {
		answer = a.Reasons
	}
	return besideView(address(sketch), sketch.Number, answer, p.content(ctx, of, application.Sketch, *sketch.Content.V, address(sketch))), nil
}

// sectionProps is a part of a content, to be read.
type sectionProps struct {
	Title string
	Lang  string
	Lines []line
	Table *ui.TableProps
}

type line struct {
	Label, Text, Href string
	Long              bool
}

// content gives what an applicant wrote as it is read, part by part.
func (p *pages) content(ctx context.Context, of *call.Call, kind string, x application.Content, files string) []sectionProps {
	var out []sectionProps
	in := foreign(ctx, x.Lang)
	for _, part := range application.PartsOf(of, kind, application.Write(of, kind, x).Values) {
		s := sectionProps{Title: partTitle(ctx, part), Lang: in}
		add := func(name, text string) {
			if text != "" {
				s.Lines = append(s.Lines, line{Label: lang.T(ctx, "application.field."+name), Text: text})
			}
		}
		switch part.ID {
		case application.PartProject:
			add("title", x.Title)
			add("acronym", x.Acronym)
			if x.Lang != "" {
				add("lang", lang.T(ctx, "application.lang."+x.Lang))
			}
			if !x.Starts.IsZero() {
				add("starts", lang.Day(ctx, x.Starts))
			}
			if x.Months > 0 {
				add("months", lang.Months(ctx, x.Months))
			}
			if x.AskedOre > 0 {
				add("asked", lang.NOK(ctx, x.AskedOre))
			}
		case application.PartInstitution:
			add("institution", x.Institution.Name)
			add("number", x.Institution.Number)
			add("leader", x.Leader.Name)
			add("email", x.Leader.Email)
			add("orcid", x.Leader.ORCID)
		case application.PartPeople:
			for _, q := range x.Partners {
				s.Lines = append(s.Lines, line{Label: lang.T(ctx, "application.list.partner_one"), Text: joined(q.Name, q.Number)})
			}
			for _, a := range x.Authors {
				s.Lines = append(s.Lines, line{Label: lang.T(ctx, "application.list.author_one"), Text: joined(a.Name, a.Institution, a.Role)})
			}
		case application.PartBudget:
			s.Table = budgetTable(ctx, x)
		default:
			for _, q := range part.Own.Questions {
				label, _ := q.Labels.In(lang.From(ctx).Tag())
				if q.Kind == call.Attach {
					for _, f := range x.Files {
						if f.Question == q.ID {
							href := ""
							if files != "" {
								href = files + "/vedlegg/" + f.Stored
							}
							s.Lines = append(s.Lines, line{Label: label, Text: f.Name + " (" + size(ctx, f.Size) + ")", Href: href})
						}
					}
					continue
				}
				text := x.Answers[q.ID]
				if n, err := strconv.Atoi(text); err == nil && q.Kind == call.Pick && n > 0 && n <= len(q.Options) {
					text, _ = q.Options[n-1].In(lang.From(ctx).Tag())
				}
				if text != "" {
					s.Lines = append(s.Lines, line{Label: label, Text: text, Long: q.Kind == call.Long})
				}
			}
		}
		if len(s.Lines) > 0 || s.Table != nil {
			out = append(out, s)
		}
	}
	return out
}

func joined(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), ", ")
}

// foreign gives the language of a text when it is not the page's.
func foreign(ctx context.Context, language string) string {
	if language == string(lang.From(ctx).Tag()) {
		return ""
	}
	return language
}

// budgetTable sums the budget by kind of cost and year.
func budgetTable(ctx context.Context, x application.Content) *ui.TableProps {
	years := map[int]bool{}
	sums := map[string]int64{}
	for _, l := range x.Budget {
		years[l.Year] = true
		key := l.Cost
		if l.Own {
			key = "own"
		}
		sums[key+strconv.Itoa(l.Year)] += l.Ore
		sums[key] += l.Ore
		if !l.Own {
			sums["all"+strconv.Itoa(l.Year)] += l.Ore
		}
	}
	if len(years) == 0 {
		return nil
	}
	var order []int
	for y := range years {
		order = append(order, y)
	}
	slices.Sort(order)
	t := &ui.TableProps{Caption: lang.T(ctx, "application.part.budsjett"), HideCaption: true, Columns: []ui.Column{{Label: lang.T(ctx, "application.cost")}}}
	for _, y := range order {
		t.Columns = append(t.Columns, ui.Column{Label: strconv.Itoa(y)})
	}
	t.Columns = append(t.Columns, ui.Column{Label: lang.T(ctx, "application.sum")})
	row := func(label, key string) []templ.Component {
		cells := []templ.Component{ui.Str(label)}
		for _, y := range order {
			cells = append(cells, ui.Str(lang.NOK(ctx, sums[key+strconv.Itoa(y)])))
		}
		whole := sums[key]
		if key == "all" {
			whole = x.AskedOre
		}
		return append(cells, ui.Str(lang.NOK(ctx, whole)))
	}
	for _, cost := range application.Costs {
		t.Rows = append(t.Rows, row(lang.T(ctx, "application.cost."+cost), cost))
	}
	t.Rows = append(t.Rows, row(lang.T(ctx, "application.own_share"), "own"))
	t.Foot = row(lang.T(ctx, "application.from_nav"), "all")
	return t
}

// whole shows all that is written on one page that can be printed.
func (p *pages) whole(kind string) web.Handler {
	return func(c *web.Context) error {
		x, of, err := p.writer(c, kind)
		if err != nil {
			return err
		}
		ctx := c.Ctx()
		content := application.Content{}
		if x.Content.V != nil {
			content = *x.Content.V
		} else if content, _, err = p.Service.Ready(ctx, x); err != nil {
			return err
		}
		title := lang.T(ctx, "application.print")
		page := c.Page(title)
		page.Section, page.Breadcrumb = lang.T(ctx, x.Kind+".name")+" "+x.Number, p.way(ctx, x, title)
		return c.Within(http.StatusOK, page, wholePage(title, lang.T(ctx, x.Kind+".name")+" "+x.Number, p.content(ctx, of, x.Kind, content, address(x))))
	}
}

// check lists what is missing, and shows what is sent when nothing is.
func (p *pages) check(kind string) web.Handler {
	return func(c *web.Context) error {
		x, of, err := p.writer(c, kind)
		if err != nil {
			return err
		}
		return p.showCheck(c, http.StatusOK, x, of, "")
	}
}

type checkProps struct {
	Title, Kicker string
	Refused       string
	Missing       []ui.Item
	Action, Key   string
	Content       []sectionProps
}

func (p *pages) showCheck(c *web.Context, status int, x *application.Submission, of *call.Call, refused string) error {
	ctx := c.Ctx()
	if refused == "" {
		if err := p.Service.Writable(ctx, x, of); err != nil {
			return err
		}
	}
	content, problems, err := p.Service.Ready(ctx, x)
	if err != nil {
		return err
	}
	d, err := p.Service.Draft(ctx, x)
	if err != nil {
		return err
	}
	b := checkProps{Title: lang.T(ctx, x.Kind+".submit.title"), Kicker: lang.T(ctx, x.Kind+".name") + " " + x.Number, Refused: refused, Action: address(x) + "/send", Key: web.NewKey(), Content: p.content(ctx, of, x.Kind, content, address(x))}
	for _, part := range application.PartsOf(of, x.Kind, d.Written().Values) {
		for _, q := range problems {
			if q.Part == part.ID {
				b.Missing = append(b.Missing, ui.Item{Kicker: partTitle(ctx, part), Title: p.problem(ctx, part, q), Href: address(x) + "/del/" + url.PathEscape(part.ID) + "?mangler=1#" + fieldID(q.Field)})
			}
		}
	}
	page := c.Page(b.Title)
	page.Section, page.Breadcrumb = b.Kicker, p.way(ctx, x, b.Title)
	return c.Within(status, page, checkPage(b, x.Kind))
}

// send sends what is written.
func (p *pages) send(kind string) web.Handler {
	return func(c *web.Context) error {
		// The clock is read before anything else is done: what reached us in time is in time.
		c.R = c.R.WithContext(p.Site.Engine.At(c.Ctx()))
		x, of, err := p.writer(c, kind)
		if err != nil {
			return err
		}
		ctx := c.Ctx()
		sent, err := c.ReadForm()
		if err != nil {
			return err
		}
		if other, err := c.SentByOther(sent); err != nil || other {
			return fault.New(fault.Unauthorised, "error.unauthorised")
		}
		_, err = p.Service.Submit(ctx, x.ID, sent.Get("_key"))
		if f, ok := fault.As(err); ok && (f.Kind == fault.Conflict || f.Kind == fault.Gone) {
			return p.showCheck(c, web.Status(err), x, of, c.FaultText(f))
		}
		if err != nil {
			return err
		}
		return c.Redirect(address(x), lang.T(ctx, x.Kind+".submit.done"))
	}
}

// receipt gives the applicants' own readable copy of a version, as a file that
// stands alone, with the very text that its receipt is of.
func (p *pages) receipt(kind string, asJSON bool) web.Handler {
	return func(c *web.Context) error {
		x, of, err := p.writer(c, kind)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(c.Path("n"))
		if err != nil {
			return fault.Missing()
		}
		ctx := c.Ctx()
		plain, content, err := p.Service.Copy(ctx, x, n)
		if err != nil {
			return err
		}
		receipts, err := p.Service.Receipts(ctx, x)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(receipts, func(r application.Receipt) bool { return r.N == n })
		if i < 0 {
			return fault.Missing()
		}
		h := c.W.Header()
		h.Set("Cache-Control", "no-store")
		name := strings.ToLower(x.Number) + "-" + strconv.Itoa(n)
		if asJSON {
			h.Set("Content-Type", "application/json")
			h.Set("Content-Disposition", `attachment; filename="`+name+`.json"`)
			_, _ = c.W.Write(plain) // the reader may have gone; there is nobody to tell
			return nil
		}
		title, _ := of.TitleIn(lang.From(ctx).Tag())
		r := receipts[i]
		var out bytes.Buffer
		err = copyPage(copyProps{
			Title: lang.T(ctx, "application.copy_title", "kind", lang.T(ctx, x.Kind+".name"), "number", x.Number), Call: title,
			When: lang.T(ctx, "application.to_the_second", "when", lang.DateTime(ctx, r.SentAt), "second", strconv.Itoa(r.SentAt.Second())),
			N:    strconv.Itoa(n), Hash: r.Hash, File: name + ".json", Content: p.content(ctx, of, x.Kind, content, ""), JSON: string(plain),
		}).Render(ctx, &out)
		if err != nil {
			return err
		}
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="`+name+`.html"`)
		_, _ = c.W.Write(out.Bytes()) // as above
		return nil
	}
}

type copyProps struct {
	Title, Call, When, N, Hash, File string
	Content                          []sectionProps
	JSON                             string
}
