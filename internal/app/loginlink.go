package app

import (
	"context"
	"fmt"
	"net/http"
	netmail "net/mail"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"funn/internal/org"
	"funn/internal/platform/authn"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/jobs"
	"funn/internal/platform/lang"
	"funn/internal/platform/mail"
	"funn/internal/platform/record"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// linkJob finds who has an address and sends the link. The page that asks for it
// does the same work and gives the same answer whoever has the address, so that
// nobody learns from it who is registered.
const linkJob = "login.link"

// linkAsked is what the job must know.
type linkAsked struct {
	Email    string `json:"email"`
	ReturnTo string `json:"return_to"`
	Lang     string `json:"lang"`
}

// linkRoutes are the pages of the login by e-mail, for those who have no account at
// the agency's login service.
func (h *house) linkRoutes() {
	h.router.Add(
		web.Route{Pattern: "POST " + authn.LinkPath, Rule: web.Public, Handle: h.askLink},
		web.Route{Pattern: "GET " + authn.SentPath, Rule: web.Public, Handle: h.linkSent},
		web.Route{Pattern: "GET " + authn.EnterPath, Rule: web.Public, Handle: h.showLink},
		web.Route{Pattern: "POST " + authn.EnterPath, Rule: web.Public, Handle: h.useLink},
	)
}

// askLink takes an address and has a link sent to whoever has it.
func (h *house) askLink(c *web.Context) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, err, "error.form_broken")
	}
	ctx := c.Ctx()
	email := strings.TrimSpace(c.R.PostForm.Get("email"))
	key := ""
	if email == "" {
		key = "form.required.text"
	} else if a, err := netmail.ParseAddress(email); err != nil || a.Address != email || len(email) > 150 {
		key = "login.email_form"
	}
	if key != "" {
		return h.showWays(c, http.StatusUnprocessableEntity, c.R.PostForm.Get("til"), email, lang.T(ctx, key, "field", lang.T(ctx, "login.email")))
	}
	asked := linkAsked{email, authn.ReturnTo(c.R.PostForm.Get("til"), "/oppgaver"), string(lang.From(ctx).Tag())}
	if err := jobs.Enqueue(ctx, h.db, jobs.Job{Kind: linkJob, Args: asked, MaxAttempts: 5}); err != nil {
		return err
	}
	return c.Redirect(authn.SentPath, "")
}

// sendLink sends the link to the person who has the address, if anybody has. Staff
// log in with their work account, so that whoever leaves loses access there.
func (h *house) sendLink(ctx context.Context, run *jobs.Run) error {
	var asked linkAsked
	if err := run.Args(&asked); err != nil {
		return err
	}
	person, err := h.people.PersonByEmail(ctx, asked.Email)
	tag, _ := lang.Parse(asked.Lang)
	ctx = h.in(ctx, tag)
	if fault.Of(err) == fault.NotFound {
		return h.welcome(ctx, asked)
	}
	if err != nil {
		return err
	}
	m := mail.Message{To: person.Email, Lang: asked.Lang, Subject: lang.T(ctx, "mail.login"), At: h.engine.Now(ctx)}
	if person.Staff {
		// One such letter for as long as a link would work: a stranger who knows the
		// address cannot fill the letter box.
		m.Key = fmt.Sprintf("login/%s/%d", person.ID, time.Now().Unix()/int64(authn.LinkLifetime.Seconds()))
		m.Text = lang.T(ctx, "mail.login_staff", "address", h.settings.BaseURL+authn.LoginPath)
		return mail.Queue(ctx, h.db, m)
	}
	code, err := h.links.Issue(ctx, person.ID, asked.ReturnTo)
	if err != nil || code == "" {
		return err
	}
	m.Text = lang.T(ctx, "mail.login_link", "address", h.settings.BaseURL+authn.EnterPath+"?"+url.Values{authn.CodeField: {code}}.Encode(), "minutes", lang.Number(ctx, int(authn.LinkLifetime.Minutes())))
	return mail.Queue(ctx, h.db, m)
}

// welcome sends a link by which an account is made to an address that nobody has.
func (h *house) welcome(ctx context.Context, asked linkAsked) error {
	email := strings.ToLower(asked.Email)
	known, err := h.people.Known(ctx, email)
	if err != nil || known {
		return err // of somebody who has left, or of several
	}
	to := asked.ReturnTo
	if to == "/oppgaver" {
		to = "/min-side"
	}
	code, err := h.links.Issue(ctx, authn.Newcomer(email), to)
	if err != nil || code == "" {
		return err
	}
	return mail.Queue(ctx, h.db, mail.Message{
		To: email, Lang: asked.Lang, Subject: lang.T(ctx, "mail.welcome"), At: h.engine.Now(ctx),
		Text: lang.T(ctx, "mail.welcome_link", "address", h.settings.BaseURL+authn.EnterPath+"?"+url.Values{authn.CodeField: {code}}.Encode(), "minutes", lang.Number(ctx, int(authn.LinkLifetime.Minutes()))),
	})
}

func (h *house) linkSent(c *web.Context) error {
	ctx := c.Ctx()
	page := c.Page(lang.T(ctx, "login.sent"))
	return c.Within(http.StatusOK, page, linkSentPage(int(authn.LinkLifetime.Minutes()), h.settings.Demo))
}

// showLink is what the link in the letter opens. It logs nobody in by itself:
// programs that look through mail open links too.
func (h *house) showLink(c *web.Context) error {
	ctx, code := c.Ctx(), c.Query(authn.CodeField)
	link, err := h.links.Look(ctx, code)
	if fault.Of(err) == fault.Gone {
		return h.linkGone(c)
	}
	if err != nil {
		return err
	}
	if email, ok := link.Newcomer(); ok {
		return h.showSignUp(c, http.StatusOK, code, email, "", "")
	}
	c.W.Header().Set("Cache-Control", "no-store")
	c.W.Header().Set("Referrer-Policy", "no-referrer")
	return c.Within(http.StatusOK, c.Page(lang.T(ctx, "login.enter_title")), enterPage(code))
}

func (h *house) useLink(c *web.Context) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, err, "error.form_broken")
	}
	ctx, code := c.Ctx(), c.R.PostForm.Get(authn.CodeField)
	link, err := h.links.Look(ctx, code)
	email, isNew := link.Newcomer()
	name := strings.TrimSpace(c.R.PostForm.Get("name"))
	if key := wrongName(name); err == nil && isNew && key != "" {
		return h.showSignUp(c, http.StatusUnprocessableEntity, code, email, name, lang.T(ctx, key, "field", lang.T(ctx, "login.name"), "max", longestName, "n", utf8.RuneCountInString(name)))
	}
	if err == nil {
		link, err = h.links.Use(ctx, code)
	}
	if err == nil && isNew {
		link.PersonID, err = h.people.SignUp(ctx, name, email)
	}
	if err == nil {
		// Whoever has left since the link was sent is nobody.
		_, err = h.people.Actor(ctx, link.PersonID)
	}
	switch fault.Of(err) {
	case fault.Gone, fault.NotFound:
		return h.linkGone(c)
	}
	if err != nil {
		return err
	}
	if err := h.sessions.Login(c.Ctx(), link.PersonID); err != nil {
		return err
	}
	return c.Redirect(link.ReturnTo, "")
}

const longestName = 100

func wrongName(name string) string {
	switch {
	case name == "":
		return "form.required.text"
	case utf8.RuneCountInString(name) > longestName:
		return "form.too_long"
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return "error.text_encoding"
	}
	return ""
}

// showSignUp asks whoever follows a link to a new address for their name.
func (h *house) showSignUp(c *web.Context, status int, code, email, typed, wrong string) error {
	ctx := c.Ctx()
	c.W.Header().Set("Cache-Control", "no-store")
	c.W.Header().Set("Referrer-Policy", "no-referrer")
	name := ui.Field{Name: "name", ID: "felt-name", Label: lang.T(ctx, "login.name"), Value: typed, Error: wrong, Autocomplete: "name", Width: ui.Medium, Required: true}
	page := c.Page(lang.T(ctx, "login.sign_up"))
	var errs []ui.FieldError
	if wrong != "" {
		page.Errors, errs = 1, []ui.FieldError{{ID: name.ID, Text: wrong}}
	}
	return c.Within(status, page, signUpPage(code, email, name, errs))
}

// linkGone says that a link no longer works, and offers another.
func (h *house) linkGone(c *web.Context) error {
	ctx := c.Ctx()
	return c.Within(http.StatusGone, c.Page(lang.T(ctx, "authn.link_gone.title")), goneLinkPage(newLinkForm(ctx, "/oppgaver", "", "")))
}

// linkForm is the form that asks for a link.
type linkForm struct {
	Email ui.Field
	To    string
}

func newLinkForm(ctx context.Context, to, typed, wrong string) linkForm {
	return linkForm{To: to, Email: ui.Field{
		Name: "email", ID: "felt-email", Label: lang.T(ctx, "login.email"), Value: typed, Error: wrong,
		Type: "email", Autocomplete: "email", Width: ui.Medium, Required: true,
	}}
}

// errors lists what is wrong with the form.
func (f linkForm) errors() []ui.FieldError {
	if f.Email.Error == "" {
		return nil
	}
	return []ui.FieldError{{ID: f.Email.ID, Text: f.Email.Error}}
}

// readdressed tells both addresses that an account has changed from the one to the
// other: whoever has the address has the account.
func (h *house) readdressed(ctx context.Context, ev event.Event, rec record.Record) error {
	p := rec.(*org.Person)
	before, changed := ev.Told()[org.AddressBefore]
	if !changed {
		return nil
	}
	ctx = h.in(ctx, lang.NB)
	for _, to := range append(before, p.Email) {
		if to == "" {
			continue
		}
		err := mail.Queue(ctx, h.db, mail.Message{
			To: to, Lang: string(lang.NB), Subject: lang.T(ctx, "mail.address_changed"), At: ev.At,
			Text: lang.T(ctx, "mail.address_changed_text", "before", before[0], "after", p.Email),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
