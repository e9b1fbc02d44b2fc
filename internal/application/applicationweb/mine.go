package applicationweb

import (
	"context"
	"errors"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// mineProps is an applicant's own page.
type mineProps struct {
	Cases, Open, Letters []ui.Item
}

// mine shows an applicant's cases: where each stands, the next date, and what there
// is to do. The agency's own have none.
func (p *pages) mine(c *web.Context) error {
	if c.Actor.Staff {
		return fault.Missing()
	}
	ctx := c.Ctx()
	var b mineProps
	for _, k := range p.Service.Kinds() {
		list, err := k.List(ctx, db.Where{}, "r.created DESC, r.id", 0, 0)
		if err != nil {
			return err
		}
		for _, x := range list {
			if !application.Writes(ctx, x) {
				continue // an assessor's
			}
			of, err := p.Service.CallOf(ctx, x)
			if err != nil {
				return err
			}
			b.Cases = append(b.Cases, p.caseItem(ctx, x, of))
			for _, l := range x.Dealings.V.Letters {
				b.Letters = append(b.Letters, ui.Item{Kicker: x.Number, Title: l.Subject, Href: address(x), Lang: foreign(ctx, l.Lang), Meta: []string{lang.DateTime(ctx, l.At)}})
			}
		}
	}
	known, err := p.Calls.Known(ctx)
	if err != nil {
		return err
	}
	for _, of := range known {
		if of.Takes(application.Sketch, p.Site.Engine.Now(ctx)) == nil {
			title, in := of.TitleIn(lang.From(ctx).Tag())
			b.Open = append(b.Open, ui.Item{Title: title, Href: of.PublicURL(), Lang: foreign(ctx, string(in)), Meta: []string{lang.T(ctx, "call.meta.deadline", "date", due(ctx, of, application.Sketch))}})
		}
	}
	return c.Within(http.StatusOK, c.Page(lang.T(ctx, "application.mine")), minePage(b))
}

func (p *pages) caseItem(ctx context.Context, x *application.Submission, of *call.Call) ui.Item {
	title, in := of.TitleIn(lang.From(ctx).Tag())
	if x.Content.V != nil {
		title, in = x.Title, lang.Tag(x.Lang)
	}
	item := ui.Item{
		Kicker: lang.T(ctx, x.Kind+".name") + " " + x.Number, Title: title, Lang: foreign(ctx, string(in)), Href: address(x),
		Tags: []ui.TagProps{recordweb.StateTag(ctx, p.Site.Engine, x.Base())},
	}
	writable := p.Service.Writable(ctx, x, of) == nil
	do, date := "", ""
	switch {
	case x.State == application.Draft && writable:
		do, date = "application.do.send", due(ctx, of, x.Kind)
	case x.State == application.Submitted && writable:
		do, date = "application.do.may_change", due(ctx, of, x.Kind)
	case x.State == application.Submitted, p.Site.Engine.Outside(x.Base()) == application.Assessing:
		do = "application.do.wait"
		if w := answerDate(of, x.Kind); w.Exact() {
			date = lang.Day(ctx, w.From)
		} else if w.Known() {
			date = w.Text
		}
		if date != "" {
			item.Meta = append(item.Meta, lang.T(ctx, "application.answer_by", "date", date))
			date = ""
		}
	case x.State == application.Returned:
		do = "application.do.mend"
		if m := x.Dealings.V.Mend; m != nil {
			date = lang.Day(ctx, m.By)
		}
	case x.State == application.Invited && of.Takes(application.Application, p.Site.Engine.Now(ctx)) == nil:
		do = "application.do.apply"
	}
	if do != "" {
		item.Meta = append(item.Meta, lang.T(ctx, do))
	}
	if date != "" {
		item.Due = date
	}
	if x.Sent > 0 {
		item.Meta = append(item.Meta, lang.T(ctx, "application.sent_version", "n", x.Sent, "when", lang.DateTime(ctx, x.SentAt)))
	}
	return item
}

// answerDate gives when the call answers what was sent in the stage.
func answerDate(of *call.Call, kind string) call.When {
	if kind == application.Application {
		return of.Decision.V
	}
	return of.Answer.V
}

// authorsProps is the page on which others are invited to write along.
type authorsProps struct {
	Kicker, Action, Back string
	People               []string
	Field                ui.Field
	Errors               []ui.FieldError
}

func (p *pages) authors(kind string) web.Handler {
	return func(c *web.Context) error {
		x, of, err := p.writer(c, kind)
		if err == nil && !slices.Contains(c.Actor.As, x.Applicant) {
			err = fault.Missing()
		}
		if err == nil {
			err = p.Service.Writable(c.Ctx(), x, of)
		}
		if err != nil {
			return err
		}
		return p.showAuthors(c, http.StatusOK, x, "", "")
	}
}

func (p *pages) showAuthors(c *web.Context, status int, x *application.Submission, typed, wrong string) error {
	ctx := c.Ctx()
	names, err := p.Site.Names(ctx, append(slices.Clone(x.CoAuthors.V), x.Applicant)...)
	if err != nil {
		return err
	}
	b := authorsProps{
		Kicker: lang.T(ctx, x.Kind+".name") + " " + x.Number, Action: address(x) + "/medforfattere", Back: address(x), People: []string{names[x.Applicant]},
		Field: ui.Field{Name: "email", ID: "felt-email", Label: lang.T(ctx, "application.invite_email"), Value: typed, Error: wrong, Type: "email", Width: ui.Medium, Required: true},
	}
	for _, id := range x.CoAuthors.V {
		b.People = append(b.People, names[id])
	}
	if wrong != "" {
		b.Errors = []ui.FieldError{{ID: b.Field.ID, Text: wrong}}
	}
	title := lang.T(ctx, "application.authors")
	page := c.Page(title)
	page.Errors, page.Section, page.Breadcrumb = len(b.Errors), b.Kicker, p.way(ctx, x, title)
	return c.Within(status, page, authorsPage(b))
}

// invite sends an invitation to write along to an address. The answer is the same
// whoever has it.
func (p *pages) invite(kind string) web.Handler {
	return func(c *web.Context) error {
		x, of, err := p.writer(c, kind)
		if err != nil {
			return err
		}
		sent, err := c.ReadForm()
		if err != nil {
			return err
		}
		ctx := c.Ctx()
		email := strings.TrimSpace(sent.Get("email"))
		if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 150 {
			return p.showAuthors(c, http.StatusUnprocessableEntity, x, email, lang.T(ctx, "application.wrong.email"))
		}
		err = p.Site.Engine.DB.Tx(ctx, func(ctx context.Context) error {
			code, err := p.Service.Invite(ctx, x)
			if err != nil || p.Invite == nil {
				return err
			}
			title, _ := of.TitleIn(lang.From(ctx).Tag())
			return p.Invite(ctx, email, joinPath+"?"+url.Values{"kode": {code}}.Encode(), title)
		})
		if f, ok := fault.As(err); ok && f.Kind == fault.Invalid {
			return p.showAuthors(c, http.StatusUnprocessableEntity, x, email, c.FaultText(f))
		}
		if err != nil {
			return err
		}
		return c.Redirect(address(x), lang.T(ctx, "application.invite_sent"))
	}
}

const joinPath = "/medforfatter"

// joining shows what an invitation opens. It needs a press of a button: programs
// that look through mail open links too.
func (p *pages) joining(c *web.Context) error {
	ctx := c.Ctx()
	x, err := p.Service.Invitation(ctx, c.Query("kode"))
	if err != nil {
		return err
	}
	of, err := p.Service.CallOf(ctx, x)
	if err != nil {
		return err
	}
	refused := ""
	if c.Actor.Staff {
		refused = lang.T(ctx, "application.not_applicant")
	}
	title, _ := of.TitleIn(lang.From(ctx).Tag())
	c.W.Header().Set("Referrer-Policy", "no-referrer")
	return c.Within(http.StatusOK, c.Page(lang.T(ctx, "application.join_title")), joinPage(x.Number, title, c.Query("kode"), refused))
}

func (p *pages) join(c *web.Context) error {
	sent, err := c.ReadForm()
	if err != nil {
		return err
	}
	if other, err := c.SentByOther(sent); err != nil || other {
		return errors.Join(err, fault.New(fault.Unauthorised, "error.unauthorised"))
	}
	x, err := p.Service.Join(c.Ctx(), sent.Get("kode"))
	if err != nil {
		return err
	}
	return c.Redirect(address(x), lang.T(c.Ctx(), "application.joined"))
}

// previewProps is the form of a call as an applicant would meet it.
type previewProps struct {
	Kicker, Title string
	Parts         []ui.Task
}

// previewed gives the call whose form is tried, for those who may read it.
func (p *pages) previewed(c *web.Context) (*call.Call, string, error) {
	x, err := p.Calls.Kind.ByNumber(c.Ctx(), c.Path("number"))
	stage := c.Path("stage")
	if err == nil && (!slices.Contains(call.Stages, stage) || !access.Allows(p.Calls.Kind.Read, c.Actor, p.Calls.Kind.Subject(x))) {
		err = fault.Missing()
	}
	return x, stage, err
}

func (p *pages) previewParts(c *web.Context) error {
	of, stage, err := p.previewed(c)
	if err != nil {
		return err
	}
	ctx := c.Ctx()
	b := previewProps{Kicker: lang.T(ctx, "call.name") + " " + of.Number, Title: lang.T(ctx, "call.try_form."+stage)}
	here := "/utlysning/" + url.PathEscape(of.Number)
	for _, part := range application.PartsOf(of, stage, nil) {
		b.Parts = append(b.Parts, ui.Task{Title: partTitle(ctx, part), Href: here + "/prov/" + stage + "/" + url.PathEscape(part.ID), State: ui.TagProps{Tone: ui.Info, Text: lang.T(ctx, "application.part_todo")}})
	}
	page := c.Page(b.Title)
	page.Breadcrumb = []ui.Crumb{{Label: of.Number, Href: here}, {Label: lang.T(ctx, "call.forms"), Href: here + "/skjema"}, {Label: b.Title}}
	return c.Within(http.StatusOK, page, previewList(b))
}

func (p *pages) previewPart(c *web.Context) error {
	of, stage, err := p.previewed(c)
	if err != nil {
		return err
	}
	ctx := c.Ctx()
	parts := application.PartsOf(of, stage, nil)
	i := slices.IndexFunc(parts, func(q application.Part) bool { return q.ID == c.Path("part") })
	if i < 0 {
		return fault.Missing()
	}
	b := p.partOf(ctx, of, stage, parts[i], view{}, nil)
	b.Preview, b.Kicker = true, lang.T(ctx, "application.part_of", "n", i+1, "of", len(parts))
	b.Notices = []notice{{ui.Info, lang.T(ctx, "application.preview_lead")}}
	for _, q := range parts[i].Files {
		f := p.filesOf(ctx, &application.Submission{}, q, nil, view{}, nil)
		f.Preview = true
		b.Files = append(b.Files, f)
	}
	here := "/utlysning/" + url.PathEscape(of.Number)
	page := c.Page(b.Title)
	page.Breadcrumb = []ui.Crumb{{Label: of.Number, Href: here}, {Label: lang.T(ctx, "call.try_form."+stage), Href: here + "/prov/" + stage}, {Label: b.Title}}
	return c.Within(http.StatusOK, page, partView(b))
}
