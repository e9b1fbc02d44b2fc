// Package web is the edge between HTTP and the modules.
//
// A handler is thin: it reads the form, gives one command or makes one query,
// and renders into a buffer. It returns an error, which becomes a status and a
// page in the user's language here and nowhere else. Every route has an access
// rule; one without stops the program at start.
package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
)

// Messages hold the texts of the edge and of the record pages.
//
//go:embed messages
var Messages embed.FS

// Rule is who a route is for. What a record's own rules say comes on top.
type Rule int

// The rules. The zero Rule is none, which the router refuses.
const (
	_          Rule = iota
	Public          // everybody
	LoggedIn        // everybody who has logged in; others are sent to /logginn
	Staff           // the agency's own; others get what is absent
	OwnRecords      // everybody: the kind's own rules decide record by record
)

// Route is one address with one method.
type Route struct {
	Pattern string // as for http.ServeMux: "GET /behov/{number}"
	Rule    Rule
	Roles   []access.Role // with Staff or LoggedIn: only these roles
	Kind    string        // the kind of record that {number} names, if any
	Command string        // the command that it gives or asks for, if any
	// Sealed is for addresses that take what nobody else may read: the handler reads
	// files as they stream in (http.Request.MultipartReader), and none is ever
	// readable on disk, not in a folder for temporary files and not over a lost login
	// either. Context.ReadForm then gives what was typed, without the files.
	Sealed bool
	// Shared is for pages that are the same for everybody who has not logged in, whatever
	// they are and whenever they ask: readers and the router keep them for a while.
	Shared bool
	Handle Handler
}

// Handler answers one request. A returned error becomes a page.
type Handler func(c *Context) error

// Sessions is what the edge needs of package authn.
type Sessions interface {
	PersonID(ctx context.Context) string
	PutFlash(ctx context.Context, text string)
	PopFlash(ctx context.Context) string
	Lang(ctx context.Context) string
	SetLang(ctx context.Context, tag string)
}

// seldom is the order from which on a menu entry lies behind «More».
const seldom = 90

// NavEntry is one entry of the staff menu.
type NavEntry struct {
	Key   string // message key of its name
	Path  string
	For   func(a access.Actor) bool     // who sees it; nil means all staff
	Order int                           // from seldom on it lies behind «More»
	Count func(ctx context.Context) int // what waits there; nil shows nothing
}

// Router holds the routes and what every page needs.
type Router struct {
	Catalog  *lang.Catalog
	Sessions Sessions
	Actor    func(ctx context.Context, personID string) (access.Actor, error)
	Nav      []NavEntry
	Logger   *slog.Logger
	Demo     func(ctx context.Context) (day time.Time, ok bool) // the demo's clock; nil outside the demo
	MaxBody  int64                                              // bytes of a request; 0 means 32 MiB
	Forms    Forms                                              // keeps forms over a lost login; nil keeps none
	KeepFile FileKeeper                                         // keeps their files; nil keeps none

	Changes func() uint64 // grows with each change to what pages are made of; nil keeps no page

	routes []Route
	mux    *http.ServeMux
	shelf  shelf
}

// Add registers routes. It panics on a route without a rule: that is a fault in
// the program, found at start.
func (r *Router) Add(routes ...Route) {
	if r.mux == nil {
		r.mux = http.NewServeMux()
	}
	for _, route := range routes {
		if route.Rule == 0 {
			panic("web: route " + route.Pattern + " has no access rule")
		}
		if route.Handle == nil {
			panic("web: route " + route.Pattern + " has no handler")
		}
		r.routes = append(r.routes, route)
		if route.Shared {
			route.Handle = r.share(route.Handle)
		}
		r.mux.Handle(route.Pattern, r.serve(route))
	}
}

// Routes gives all routes, for the access tests.
func (r *Router) Routes() []Route { return r.routes }

// Handler gives the handler of all routes; what matches none is a page that
// says so.
func (r *Router) Handler() http.Handler {
	if r.mux == nil {
		r.mux = http.NewServeMux()
	}
	missing := r.serve(Route{Rule: Public, Handle: func(*Context) error { return fault.Missing() }})
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if _, pattern := r.mux.Handler(req); pattern == "" {
			// Also the wrong method on a known address: which addresses exist is nobody's business.
			missing.ServeHTTP(w, req)
			return
		}
		r.mux.ServeHTTP(w, req)
	})
}

func (r *Router) serve(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		c := &Context{W: w, R: req, Router: r, Route: route}
		defer c.forgetFiles()
		if err := c.prepare(); err != nil {
			c.fail(err)
			return
		}
		if err := c.admit(); err != nil {
			c.fail(err)
			return
		}
		err := route.Handle(c)
		if err == nil {
			if err := c.forgetKept(); err != nil {
				r.Logger.WarnContext(c.Ctx(), "kept form not removed", "error", err)
			}
			return
		}
		c.fail(err)
	})
}

// Refuse answers a request with the page of an error, for the parts that answer
// outside the routes.
func (r *Router) Refuse(w http.ResponseWriter, req *http.Request, err error) {
	c := &Context{W: w, R: req, Router: r}
	defer c.forgetFiles()
	if perr := c.prepare(); perr != nil {
		r.Logger.ErrorContext(req.Context(), "refusal without a user", "error", perr)
	}
	c.fail(err)
}

// Context is one request on its way through a handler.
type Context struct {
	W      http.ResponseWriter
	R      *http.Request
	Router *Router
	Route  Route
	Actor  access.Actor
}

// Ctx gives the request's context, with the actor and the language in it.
func (c *Context) Ctx() context.Context { return c.R.Context() }

// Path gives a part of the address: {number}.
func (c *Context) Path(name string) string { return c.R.PathValue(name) }

// Query gives a parameter of the address.
func (c *Context) Query(name string) string { return c.R.URL.Query().Get(name) }

func (c *Context) prepare() error {
	ctx := withOnce(c.R.Context())
	s := c.Router.Sessions
	tag, chosen := lang.Parse(c.R.URL.Query().Get("malform"))
	if !chosen {
		if tag, chosen = lang.Parse(s.Lang(ctx)); !chosen {
			if cookie, err := c.R.Cookie("malform"); err == nil {
				tag, chosen = lang.Parse(cookie.Value)
			}
		}
		if !chosen {
			tag = lang.Match(c.R.Header.Get("Accept-Language"))
		}
	} else if c.R.Method == http.MethodGet {
		// A choice of language is kept in a cookie of its own, so that readers without a session keep it too.
		http.SetCookie(c.W, &http.Cookie{Name: "malform", Value: string(tag), Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true})
	}
	ctx = lang.WithPrinter(ctx, c.Router.Catalog.Printer(tag))
	c.R = c.R.WithContext(ctx)
	if id := s.PersonID(ctx); id != "" {
		actor, err := c.Router.Actor(ctx, id)
		switch {
		case err == nil:
			c.Actor = actor
		case fault.Of(err) != fault.NotFound:
			return fmt.Errorf("who is logged in: %w", err)
		}
		// Somebody who has been taken out since is nobody from this request on.
	}
	c.R = c.R.WithContext(access.With(ctx, c.Actor))
	limit := c.Router.MaxBody
	if limit == 0 {
		limit = 32 << 20
	}
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, limit)
	return nil
}

func (c *Context) admit() error {
	switch c.Route.Rule {
	case LoggedIn, Staff:
		if c.Actor.Nobody() {
			return fault.New(fault.Unauthorised, "error.unauthorised")
		}
		if c.Route.Rule == Staff && !c.Actor.Staff {
			return fault.Missing()
		}
	}
	if len(c.Route.Roles) > 0 && !c.Actor.Has(c.Route.Roles...) {
		return fault.Missing()
	}
	return nil
}

// forgetFiles removes what the form's files took on the disk while it was read.
// The server removes only those of the request that it made, and c.R is a copy.
func (c *Context) forgetFiles() {
	if m := c.R.MultipartForm; m != nil {
		_ = m.RemoveAll() // what is left is in the folder for temporary files
	}
}

// Shell gives what surrounds the page: menu, user, message, demo line.
func (c *Context) Shell() ui.Shell {
	ctx := c.Ctx()
	s := ui.Shell{
		Path: c.R.URL.RequestURI(), LogoutAction: "/loggut", LoginHref: loginPath,
		SearchAction: "/sok", Query: "", AccessibilityHref: "/tilgjengelighet", FeedbackHref: "/kunnskap/tilbakemelding", PrivacyHref: "/personvern",
		Flash: ui.Flash{Text: c.Router.Sessions.PopFlash(ctx)},
	}
	if c.R.URL.Path == loginPath {
		s.Flash.Tone = ui.Warning // what one is told there is why one must log in
	}
	s.LanguageHref = func(tag lang.Tag) string {
		q := c.R.URL.Query()
		q.Set("malform", string(tag))
		return c.R.URL.Path + "?" + q.Encode()
	}
	if c.R.Method != http.MethodGet {
		s.LanguageHref = func(tag lang.Tag) string { return c.R.URL.Path + "?malform=" + string(tag) }
	}
	if !c.Actor.Nobody() {
		s.User = ui.User{Name: c.Actor.Name, Role: c.Actor.Title, Href: "/organisasjon/person/" + url.PathEscape(c.Actor.ID)}
		if s.User.Role == s.User.Name {
			s.User.Role = ""
		}
		for _, e := range c.Router.Nav {
			if e.For == nil && !c.Actor.Staff || e.For != nil && !e.For(c.Actor) {
				continue
			}
			item := ui.NavItem{Label: lang.T(ctx, e.Key), Href: e.Path, Active: c.R.URL.Path == e.Path || strings.HasPrefix(c.R.URL.Path, e.Path+"/"), More: e.Order >= seldom}
			if e.Count != nil {
				item.Count = e.Count(ctx)
			}
			s.Nav = append(s.Nav, item)
		}
	}
	if c.Router.Demo != nil {
		if day, ok := c.Router.Demo(ctx); ok {
			s.DemoDate, s.DemoHref = lang.Date(ctx, day), "/demo"
		}
	}
	return s
}

// Page gives the frame of a page with the title; the handler adds the rest.
func (c *Context) Page(title string) ui.PageProps {
	return ui.PageProps{Shell: c.Shell(), Title: title}
}

// HTML renders a whole page into a buffer and sends it, so that a page that
// fails halfway is not sent at all.
func (c *Context) HTML(status int, page templ.Component) error {
	var b bytes.Buffer
	ctx := ui.WithHidden(c.Ctx(), func(ctx context.Context) ui.HiddenField { return ui.HiddenField{Name: SenderField, Value: c.sign(ctx)} })
	if err := page.Render(ctx, &b); err != nil {
		return fmt.Errorf("render %s: %w", c.Route.Pattern, err)
	}
	h := c.W.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if !c.Actor.Nobody() {
		h.Set("Cache-Control", "no-store")
	}
	h.Add("Vary", "Cookie, Accept-Language")
	c.W.WriteHeader(status)
	_, err := c.W.Write(b.Bytes())
	if err != nil {
		// The reader has gone; there is nobody to tell.
		return nil
	}
	return nil
}

// Within renders content inside a page frame for people who are logged in.
func (c *Context) Within(status int, p ui.PageProps, content templ.Component) error {
	return c.HTML(status, within(ui.Page(p), content))
}

// WithinPublic renders content inside the portal's frame.
func (c *Context) WithinPublic(status int, p ui.PageProps, content templ.Component) error {
	p.Shell.SearchAction = "/kunnskap/sok"
	p.Shell.Nav = nil
	for _, e := range []struct{ key, path string }{{"web.nav.reports", "/kunnskap/rapporter"}, {"web.nav.projects", "/kunnskap/prosjekter"}, {"web.nav.themes", "/kunnskap/tema"}, {"web.nav.calls", "/kunnskap/utlysninger"}} {
		p.Shell.Nav = append(p.Shell.Nav, ui.NavItem{Label: lang.T(c.Ctx(), e.key), Href: e.path, Active: strings.HasPrefix(c.R.URL.Path, e.path)})
	}
	return c.HTML(status, within(ui.PublicPage(p), content))
}

func within(frame, content templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return frame.Render(templ.WithChildren(ctx, content), w)
	})
}

// Redirect sends the reader on after a change, with a message that is shown once.
func (c *Context) Redirect(to, flash string) error {
	if flash != "" {
		c.Router.Sessions.PutFlash(c.Ctx(), flash)
	}
	http.Redirect(c.W, c.R, to, http.StatusSeeOther)
	return nil
}

// NewKey gives a form its own key: sent twice, it is done once.
func NewKey() string { return rand.Text() }

// Status gives the HTTP status of an error.
func Status(err error) int {
	switch fault.Of(err) {
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Conflict:
		return http.StatusConflict
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Unauthorised:
		return http.StatusUnauthorized
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Full:
		return http.StatusInsufficientStorage
	case fault.Gone:
		return http.StatusGone
	case fault.TooMany:
		return http.StatusTooManyRequests
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusInternalServerError
}

var statusKeys = map[int]string{
	404: "not_found", 422: "invalid", 409: "conflict", 403: "forbidden", 401: "unauthorised",
	503: "unavailable", 413: "too_large", 507: "full", 410: "gone", 429: "too_many", 500: "internal",
}

// fail turns an error into a page. What is the program's own fault is logged
// once, with a reference that the user sees.
func (c *Context) fail(err error) {
	status := Status(err)
	if status == http.StatusUnauthorized {
		c.toLogin()
		return
	}
	reference := ""
	if status >= 500 {
		reference = rand.Text()[:8]
		c.Router.Logger.ErrorContext(c.Ctx(), "request failed", "reference", reference, "route", c.Route.Pattern, "error", err)
	}
	ctx := c.Ctx()
	key := "error." + statusKeys[status]
	title, text := lang.T(ctx, key+".title"), lang.T(ctx, key)
	if f, ok := fault.As(err); ok {
		text = c.FaultText(f)
		if own, ok := lang.Maybe(ctx, f.Key+".title"); ok {
			title = own
		}
	}
	page := ui.ErrorPage(ui.ErrorProps{Shell: c.Shell(), Status: status, Title: title, Text: text, Reference: reference})
	if err := c.HTML(status, page); err != nil {
		c.Router.Logger.ErrorContext(ctx, "error page failed", "error", err)
		http.Error(c.W, http.StatusText(status), status)
	}
}

// FaultText gives a fault in the reader's words.
func (c *Context) FaultText(f *fault.Error) string { return FaultText(c.Ctx(), f) }

// FaultText gives a fault in the words of the context's language: the whole, and
// a line for each ground that is not about a field.
func FaultText(ctx context.Context, f *fault.Error) string {
	var lines []string
	if f.Key != "" {
		lines = append(lines, lang.T(ctx, f.Key, Args(ctx, f.Args)...))
	}
	for _, g := range f.Fields {
		if g.Name == "" {
			lines = append(lines, lang.T(ctx, g.Key, Args(ctx, g.Args)...))
		}
	}
	return strings.Join(lines, "\n\n")
}

// Args writes the arguments of a message in the context's language: times as
// dates with clock time, midnight UTC as a day.
func Args(ctx context.Context, args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		if t, ok := a.(time.Time); ok {
			if t.Equal(t.Truncate(24 * time.Hour)) {
				a = lang.Day(ctx, t)
			} else {
				a = lang.DateTime(ctx, t)
			}
		}
		out[i] = a
	}
	return out
}
