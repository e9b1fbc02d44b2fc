// Package feedbackweb is the form that everybody can send feedback by, its
// receipt, and the list and pages of those who answer.
package feedbackweb

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"funn/internal/feedback"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
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
	Service *feedback.Service
	Site    *recordweb.Site
	// TooMany says whether one sender sends too much, and tells in the answer's
	// header when to come back.
	TooMany func(w http.ResponseWriter, r *http.Request) bool
}

type pages struct{ Deps }

const (
	formPath    = "/kunnskap/tilbakemelding"
	receiptPath = formPath + "/kvittering"
	listPath    = "/tilbakemelding"
	perPage     = 25
)

// Module gives feedback as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{d}
	return module.Module{
		Name: "feedback", Kinds: []record.AnyKind{d.Service.Kind}, Migrations: feedback.Migrations, Messages: feedback.Messages, Routes: p.routes,
		Nav: []web.NavEntry{{Key: "feedback.name_plural", Path: listPath, Order: 90, For: func(a access.Actor) bool { return a.Has(feedback.Handlers...) }}},
	}
}

func (p *pages) routes(r *web.Router) {
	recordweb.Mount(p.Site, recordweb.View[*feedback.Feedback]{
		Kind: p.Service.Kind, UpKey: "feedback.name_plural", UpPath: listPath, NoThread: true, Body: p.body,
		After: func(command string, h *record.Head) string {
			if command == "send" {
				return receipt(h.Number) // also for those who may not read what they sent
			}
			return ""
		},
	})
	r.Add(
		web.Route{Pattern: "GET " + formPath, Rule: web.Public, Handle: p.form},
		web.Route{Pattern: "POST " + formPath, Rule: web.Public, Handle: p.send},
		web.Route{Pattern: "GET " + receiptPath, Rule: web.Public, Handle: p.receipt},
		web.Route{Pattern: "GET " + listPath, Rule: web.Staff, Roles: feedback.Handlers, Handle: p.list},
	)
}

func receipt(number string) string { return receiptPath + "?" + url.Values{"ref": {number}}.Encode() }

// frame gives the frame of the public pages.
func frame(c *web.Context, title string) ui.PageProps {
	ctx := c.Ctx()
	props := c.Page(title)
	props.Narrow = true
	props.Description = lang.T(ctx, "feedback.lead")
	props.Breadcrumb = []ui.Crumb{{Label: lang.T(ctx, "feedback.home"), Href: "/"}, {Label: title}}
	return props
}

// form asks what is wrong; the link that led here tells on which page.
func (p *pages) form(c *web.Context) error {
	return p.ask(c, http.StatusOK, url.Values{"page": {c.Query("side")}, "about": {c.Query("om")}}, web.NewKey(), nil)
}

type formProps struct {
	Form                     ui.FormProps
	About, Page, Body, Email ui.Field
	Abouts                   []ui.Option
	TooMany                  bool // it was not taken: the sender sends too much
	OtherLogin               bool // it was not taken: the login has changed since the form was shown
}

func (p *pages) ask(c *web.Context, status int, typed url.Values, key string, errs []fault.Field) error {
	ctx := c.Ctx()
	b := formProps{TooMany: status == http.StatusTooManyRequests, OtherLogin: status == http.StatusConflict, Form: ui.FormProps{Action: formPath, Hidden: []ui.HiddenField{{Name: "_key", Value: key}}}}
	for _, a := range feedback.Abouts {
		b.Abouts = append(b.Abouts, ui.Option{Value: a, Label: lang.T(ctx, "feedback.about."+a)})
	}
	for _, f := range feedback.Fields() {
		u := ui.Field{
			Name: f.Name, ID: "felt-" + f.Name, Label: lang.T(ctx, "feedback.field."+f.Name), Value: typed.Get(f.Name),
			Required: f.Required, Optional: !f.Required,
		}
		if hint, ok := lang.Maybe(ctx, "feedback.field."+f.Name+".hint"); ok {
			u.Hint = hint
		}
		for _, e := range errs {
			if e.Name == f.Name && u.Error == "" {
				u.Error = lang.T(ctx, e.Key, append(web.Args(ctx, e.Args), "field", u.Label)...)
				b.Form.Errors = append(b.Form.Errors, ui.FieldError{ID: u.ID, Text: u.Error})
			}
		}
		switch f.Name {
		case "about":
			b.About = u
		case "page":
			b.Page = u
		case "body":
			u.Max, u.Rows = f.Limit(), 8
			b.Body = u
		case "email":
			u.Type, u.Autocomplete, u.Width = "email", "email", ui.Medium
			b.Email = u
		}
	}
	props := frame(c, lang.T(ctx, "feedback.form"))
	props.Errors = len(b.Form.Errors)
	return c.WithinPublic(status, props, formPage(b))
}

func (p *pages) send(c *web.Context) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, err, "error.form_broken")
	}
	ctx, sent := c.Ctx(), c.R.PostForm
	if c.Actor.Nobody() {
		ctx = access.With(ctx, access.Actor{Name: lang.T(ctx, "feedback.anonymous")})
	}
	if p.TooMany(c.W, c.R) {
		// One sender must not fill the list of those who answer, nor lose what is written.
		return p.ask(c, http.StatusTooManyRequests, sent, sent.Get("_key"), nil)
	}
	if other, err := c.SentByOther(sent); err != nil {
		return err
	} else if other {
		return p.ask(c, http.StatusConflict, sent, sent.Get("_key"), nil)
	}
	values, err := form.Parse(ctx, feedback.Fields(), sent, nil, nil)
	var f *feedback.Feedback
	if err == nil {
		f, err = p.Service.Kind.Create(ctx, "send", record.Input{Values: values, Request: sent.Get("_key")}, nil)
	}
	if wrong, ok := fault.As(err); ok && wrong.Kind == fault.Invalid && len(wrong.Fields) > 0 {
		return p.ask(c, http.StatusUnprocessableEntity, sent, sent.Get("_key"), wrong.Fields)
	}
	if err != nil {
		return err
	}
	return c.Redirect(receipt(f.Number), "")
}

// reference is how a feedback's number looks. The receipt shows nothing else that
// an address tells it.
var reference = regexp.MustCompile(`^T-\d{4}-\d{3,}$`)

func (p *pages) receipt(c *web.Context) error {
	ref := c.Query("ref")
	if !reference.MatchString(ref) {
		return fault.Missing()
	}
	title := lang.T(c.Ctx(), "feedback.receipt")
	return c.WithinPublic(http.StatusOK, frame(c, title), receiptPage(title, ref))
}

// list shows the feedback, what waits for an answer first.
func (p *pages) list(c *web.Context) error {
	ctx := c.Ctx()
	page, err := strconv.Atoi(c.Query("side"))
	if err != nil || page < 1 || page > 400 {
		page = 1
	}
	total, err := p.Service.Kind.Count(ctx, db.Where{})
	if err != nil {
		return err
	}
	const order = "CASE WHEN r.state IN ('" + feedback.Received + "', '" + feedback.Working + "') THEN 0 ELSE 1 END, r.created DESC, r.number DESC"
	list, err := p.Service.Kind.List(ctx, db.Where{}, order, perPage, (page-1)*perPage)
	if err != nil {
		return err
	}
	title := lang.T(ctx, "feedback.name_plural")
	t := ui.TableProps{Caption: title, HideCaption: true, Cards: true, Empty: lang.T(ctx, "feedback.none"), Columns: []ui.Column{
		{Label: lang.T(ctx, "feedback.name")}, {Label: lang.T(ctx, "feedback.field.about")}, {Label: lang.T(ctx, "feedback.sent")}, {Label: lang.T(ctx, "feedback.answer_by")}, {Label: lang.T(ctx, "record.state")},
	}}
	today := p.Site.Engine.Today(ctx)
	for _, f := range list {
		due := ""
		if f.State == feedback.Received || f.State == feedback.Working {
			due, _ = recordweb.DueText(ctx, record.Task{Due: f.AnswerBy()}, today)
		}
		state := recordweb.StateTag(ctx, p.Site.Engine, f.Base())
		t.Rows = append(t.Rows, []templ.Component{
			ui.NameCell(listPath+"/"+f.Number, f.Title, strings.Join(filled(f.Number, f.Page), " · ")), ui.Str(lang.T(ctx, "feedback.about."+f.About)),
			ui.Str(lang.Date(ctx, f.Created)), ui.Str(due), ui.Tag(state.Tone, state.Text),
		})
	}
	pagination := ui.PaginationProps{Page: page, Pages: (total + perPage - 1) / perPage, Href: func(n int) string { return listPath + "?side=" + strconv.Itoa(n) }}
	return c.Within(http.StatusOK, c.Page(title), listPage(title, lang.TN(ctx, "feedback.count", total), t, pagination))
}

func filled(texts ...string) []string {
	var out []string
	for _, s := range texts {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// body shows what was told and what was answered.
func (p *pages) body(c *web.Context, f *feedback.Feedback) (templ.Component, error) {
	ctx := c.Ctx()
	facts := []ui.Fact{{Label: lang.T(ctx, "feedback.field.about"), Text: lang.T(ctx, "feedback.about."+f.About)}}
	if f.Page != "" {
		page := ui.Fact{Label: lang.T(ctx, "feedback.field.page"), Text: f.Page}
		if local(f.Page) {
			page.Href = f.Page
		}
		facts = append(facts, page)
	}
	email := f.Email
	if email == "" {
		email = lang.T(ctx, "feedback.no_email")
	}
	facts = append(facts, ui.Fact{Label: lang.T(ctx, "feedback.field.email"), Text: email}, ui.Fact{Label: lang.T(ctx, "feedback.answer_by"), Text: lang.Day(ctx, f.AnswerBy())})
	return recordPage(f, facts, foreign(ctx, f.Lang)), nil
}

// local says whether a page is one of this site, so that it can be linked to.
func local(page string) bool {
	u, err := url.Parse(page)
	return err == nil && strings.HasPrefix(page, "/") && !strings.HasPrefix(page, "//") && !strings.Contains(page, `\`) && u.Host == ""
}

func foreign(ctx context.Context, language string) string {
	if language == string(lang.From(ctx).Tag()) {
		return ""
	}
	return language
}
