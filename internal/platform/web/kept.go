package web

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
)

// Forms keeps what somebody wrote when the login was lost between opening a form
// and sending it. Package authn's Sessions are one.
type Forms interface {
	Sign(ctx context.Context, purpose, value string, lasts time.Duration) (string, error)
	Signed(ctx context.Context, purpose, text string) (value string, ok bool, err error)
	KeepForm(ctx context.Context, personID, path string, form url.Values) error
	KeptForm(ctx context.Context, personID, path string) (url.Values, error)
	ForgetForm(ctx context.Context, personID, path string) error
}

// SenderField is the hidden field that says, signed, to whom a form was shown.
// Without it nothing is kept: otherwise anybody could fill the database.
const SenderField = "_who"

// keptFile is before the name of a file field in the name of the hidden field that
// stands for a file which is kept already.
const keptFile = "_kept."

// KeptFile gives the name of the hidden field for a file field's kept file.
func KeptFile(field string) string { return keptFile + field }

// loginPath is where one logs in.
const loginPath = "/logginn"

const (
	senderPurpose = "form"
	senderTime    = 7 * 24 * time.Hour // a form that was left open over a weekend
)

// ReadForm reads the form that was sent: all of it, or it is refused.
func (c *Context) ReadForm() (url.Values, error) {
	if c.Route.Sealed {
		if c.R.PostForm != nil {
			return c.R.PostForm, nil
		}
		// MultipartReader leaves a request of another type unreadable as a form.
		if kind, _, _ := mime.ParseMediaType(c.R.Header.Get("Content-Type")); kind == "multipart/form-data" {
			parts, err := c.R.MultipartReader()
			if err != nil {
				return nil, unread(err)
			}
			return c.readTyped(parts)
		}
	}
	// ParseMultipartForm keeps quiet of a form that is not multipart and could not be read to its end.
	err := c.R.ParseForm()
	if err == nil {
		err = c.R.ParseMultipartForm(1 << 20)
	}
	if err == nil || errors.Is(err, http.ErrNotMultipart) {
		return c.R.PostForm, nil
	}
	return nil, unread(err)
}

// unread is the fault of a form that could not be read to its end.
func unread(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || errors.Is(err, multipart.ErrMessageTooLarge) {
		return fault.Wrap(fault.TooLarge, err, "error.too_large")
	}
	return fault.Wrap(fault.Invalid, err, "error.form_broken")
}

const typedBytes = 1 << 20 // of what is typed in a form with files

// readTyped reads what was typed in a form, and lets its files pass by: the library's
// own reading would put large ones on disk as they are.
func (c *Context) readTyped(parts *multipart.Reader) (url.Values, error) {
	typed, left := url.Values{}, int64(typedBytes)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			c.R.PostForm = typed
			return typed, nil
		}
		if err != nil {
			return nil, unread(err)
		}
		if part.FileName() != "" {
			continue // the next one reads past it
		}
		text, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return nil, unread(err)
		}
		if left -= int64(len(text)); left < 0 {
			return nil, unread(multipart.ErrMessageTooLarge)
		}
		typed.Add(part.FormName(), string(text))
	}
}

// sign says to whom the page's forms are shown; empty when nobody is logged in.
func (c *Context) sign(ctx context.Context) string {
	if c.Router.Forms == nil || c.Actor.Nobody() {
		return ""
	}
	text, err := c.Router.Forms.Sign(ctx, senderPurpose, c.Actor.ID, senderTime)
	if err != nil {
		// The form is of use without it.
		c.Router.Logger.WarnContext(ctx, "form not signed", "error", err)
	}
	return text
}

// senderWithin is how far into a form its SenderField is looked for: our own forms
// have it before what is typed.
const senderWithin = 64 << 10 // bytes

// shownTo gives to whom the form that was sent had been shown, like sender, but
// reads only the beginning of a form that is not read yet: what comes from just
// anybody must not be taken in, least of all its files.
func (c *Context) shownTo() (string, error) {
	if c.R.PostForm != nil {
		return c.sender(c.R.PostForm.Get(SenderField))
	}
	body := bufio.NewReaderSize(c.R.Body, senderWithin)
	start, _ := body.Peek(senderWithin) // a shorter form ends before that; one that breaks off is refused when it is read
	c.R.Body = struct {
		io.Reader
		io.Closer
	}{body, c.R.Body}
	return c.sender(senderIn(c.R.Header.Get("Content-Type"), start))
}

// senderIn finds the SenderField in the beginning of a form.
func senderIn(contentType string, start []byte) string {
	kind, params, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
	case kind == "application/x-www-form-urlencoded":
		for pair := range strings.SplitSeq(string(start), "&") {
			if text, ok := strings.CutPrefix(pair, SenderField+"="); ok {
				return text // a signed text is written in characters that need no escape
			}
		}
	case kind == "multipart/form-data":
		parts := multipart.NewReader(bytes.NewReader(start), params["boundary"])
		for {
			part, err := parts.NextPart()
			if err != nil || part.FileName() != "" {
				return ""
			}
			if part.FormName() == SenderField {
				text, err := io.ReadAll(part)
				if err != nil {
					return ""
				}
				return string(text)
			}
		}
	}
	return ""
}

// sender gives to whom a form with the signed text was shown; empty when that
// cannot be known.
func (c *Context) sender(text string) (string, error) {
	if c.Router.Forms == nil || text == "" {
		return "", nil
	}
	who, _, err := c.Router.Forms.Signed(c.Ctx(), senderPurpose, text)
	return who, err
}

// SentByOther says whether the form was shown to another than who is logged in
// now: somebody has logged in at another window of the browser meanwhile, and what
// one wrote must not be sent as the other.
func (c *Context) SentByOther(sent url.Values) (bool, error) {
	who, err := c.sender(sent.Get(SenderField))
	return who != "" && who != c.Actor.ID, err
}

// Kept gives what the actor wrote in this page's form when the login was lost; nil
// when there is nothing.
func (c *Context) Kept() (url.Values, error) {
	if c.Router.Forms == nil || c.Actor.Nobody() {
		return nil, nil
	}
	return c.Router.Forms.KeptForm(c.Ctx(), c.Actor.ID, c.R.URL.Path)
}

// forgetKept removes what was kept of a form that has now been dealt with.
func (c *Context) forgetKept() error {
	if c.Router.Forms == nil || c.Actor.Nobody() || c.R.Method != http.MethodPost {
		return nil
	}
	return c.Router.Forms.ForgetForm(c.Ctx(), c.Actor.ID, c.R.URL.Path)
}

// toLogin sends somebody who must log in to where that is done, and from there
// back. What came with a form is kept until then.
func (c *Context) toLogin() {
	to, back := loginPath, ""
	if c.R.Method == http.MethodGet {
		back = c.R.URL.RequestURI()
	} else if _, pattern := c.Router.mux.Handler(&http.Request{Method: http.MethodGet, Host: c.R.Host, URL: &url.URL{Path: c.R.URL.Path}}); pattern != "" {
		back = c.R.URL.Path
		if key, err := c.keep(back); err != nil {
			c.Router.Logger.WarnContext(c.Ctx(), "form not kept", "route", c.Route.Pattern, "error", err)
			c.notKept(err)
			return
		} else if key != "" {
			c.Router.Sessions.PutFlash(c.Ctx(), lang.T(c.Ctx(), key))
		}
	}
	if back != "" && back != "/" {
		to += "?til=" + url.QueryEscape(back)
	}
	http.Redirect(c.W, c.R, to, http.StatusSeeOther)
}

// notKept shows what was written in a form that could neither be sent nor kept: the
// browser does not keep the page that it was written on. It needs no session, which
// is not to be had for a broken form.
func (c *Context) notKept(err error) {
	ctx := c.Ctx()
	p := ui.ErrorProps{Shell: c.Shell(), Status: Status(err), Title: lang.T(ctx, "form.not_kept.title"), Text: lang.T(ctx, "form.not_kept")}
	if sent, err := c.ReadForm(); err == nil {
		for _, name := range slices.Sorted(maps.Keys(sent)) {
			text := strings.Join(sent[name], "\n")
			if strings.HasPrefix(name, "_") || strings.TrimSpace(text) == "" {
				continue
			}
			p.Written = append(p.Written, ui.Field{ID: "skrevet-" + name, Label: c.fieldName(name), Value: text, ReadOnly: true})
		}
	}
	if len(p.Written) > 0 {
		p.Text += "\n\n" + lang.T(ctx, "form.not_kept.copy")
	}
	c.W.Header().Set("Cache-Control", "no-store")
	if err := c.HTML(p.Status, ui.ErrorPage(p)); err != nil {
		c.Router.Logger.ErrorContext(ctx, "error page failed", "error", err)
		http.Error(c.W, http.StatusText(p.Status), p.Status)
	}
}

// fieldName gives what a field of the route's form is called; its own name when
// the messages do not tell.
func (c *Context) fieldName(name string) string {
	for _, key := range []string{c.Route.Kind + "." + c.Route.Command + "." + name, c.Route.Kind + ".field." + name, "form.field." + name} {
		if text, ok := lang.Maybe(c.Ctx(), key); ok {
			return text
		}
	}
	return name
}

// keep keeps the form that was sent for the person it was shown to, and gives the
// message key of what to tell; empty when there was nothing to keep, or nobody to
// keep it for.
func (c *Context) keep(path string) (string, error) {
	if c.Router.Forms == nil {
		return "", nil
	}
	who, err := c.shownTo()
	if err != nil || who == "" {
		return "", err
	}
	sent, err := c.ReadForm()
	if err != nil {
		return "", err
	}
	ctx := c.Ctx()
	actor, err := c.Router.Actor(ctx, who)
	if err != nil {
		return "", fmt.Errorf("who wrote the form: %w", err)
	}
	// Nothing is kept that the person could not have sent.
	if as := (&Context{Route: c.Route, Actor: actor}); as.admit() != nil {
		return "", nil
	}
	form := maps.Clone(sent)
	delete(form, SenderField)
	if m := c.R.MultipartForm; m != nil && c.Router.KeepFile != nil {
		ctx := access.With(ctx, actor)
		for field, files := range m.File {
			for _, fh := range files {
				if fh.Filename == "" {
					continue // nothing was chosen
				}
				token, err := c.Router.KeepFile(ctx, fh)
				if _, refused := fault.As(err); err != nil && !refused {
					return "", err
				}
				// A file that is not taken is chosen anew, where it is told what is wrong with it.
				if token != "" {
					form[KeptFile(field)] = []string{token}
				}
			}
		}
	}
	if err := c.Router.Forms.KeepForm(ctx, who, path, form); err != nil {
		return "", err
	}
	if c.Actor.Nobody() {
		return "form.kept_login", nil
	}
	return "form.kept_other", nil
}

// FileKeeper checks and keeps a file for the context's actor until the form that
// it came with has been sent, and gives what stands for it meanwhile.
type FileKeeper func(ctx context.Context, fh *multipart.FileHeader) (token string, err error)
