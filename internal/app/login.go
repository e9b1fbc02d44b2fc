package app

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/authn"
	"funn/internal/platform/clock"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/mail"
	"funn/internal/platform/web"
)

// ownRoutes are the pages of the house itself: logging in and out, and the
// demo's clock.
func (h *house) ownRoutes() {
	h.linkRoutes()
	h.router.Add(
		web.Route{Pattern: "GET " + authn.LoginPath, Rule: web.Public, Handle: h.waysIn},
		web.Route{Pattern: "POST " + authn.LogoutPath, Rule: web.Public, Handle: func(c *web.Context) error {
			h.sessions.ServeLogout(c.W, c.R)
			return nil
		}},
	)
	if h.settings.Demo {
		h.router.Add(
			web.Route{Pattern: "POST /logginn", Rule: web.Public, Handle: h.demoLogin},
			web.Route{Pattern: "GET /demo", Rule: web.Public, Handle: h.demoPage},
			web.Route{Pattern: "GET /demo/post", Rule: web.Public, Handle: h.demoMail},
			web.Route{Pattern: "GET " + partsPath, Rule: web.Public, Handle: h.demoParts},
			web.Route{Pattern: "POST /demo/klokke", Rule: web.Public, Handle: h.demoClock},
		)
	}
}

// way is somebody to log in as in the demo.
type way struct {
	ID, Name, Does string
}

// group is a part of the list of ways in.
type group struct {
	Key  string
	Ways []way
}

// waysIn lists the ways to log in.
func (h *house) waysIn(c *web.Context) error {
	return h.showWays(c, http.StatusOK, c.Query("til"), "", "")
}

// showWays lists the ways to log in, with the address that was typed and what is
// wrong with it.
func (h *house) showWays(c *web.Context, status int, to, typed, wrong string) error {
	ctx := c.Ctx()
	page := c.Page(lang.T(ctx, "login.title"))
	to = authn.ReturnTo(to, "/oppgaver")
	byMail := newLinkForm(ctx, to, typed, wrong)
	page.Errors = len(byMail.errors())
	if !h.settings.Demo {
		return c.Within(status, page, loginPage(authn.StartPath+"?til="+url.QueryEscape(to), byMail))
	}
	people, err := h.people.ActivePersons(asSystem(ctx))
	if err != nil {
		return err
	}
	staff, outside := group{Key: "login.staff"}, group{Key: "login.outside"}
	byID := map[string]*org.Person{}
	for _, p := range people {
		byID[p.ID] = p
	}
	for _, id := range demoPersons {
		p, ok := byID[id]
		if !ok {
			continue
		}
		names, err := h.people.Names(ctx, id)
		if err != nil {
			return err
		}
		w := way{ID: id, Name: names[id], Does: lang.T(ctx, "login.does."+demoRole(id))}
		if p.Staff {
			staff.Ways = append(staff.Ways, w)
		} else {
			outside.Ways = append(outside.Ways, w)
		}
	}
	return c.Within(status, page, demoLoginPage([]group{staff, outside}, to, byMail))
}

// demoPersons are the persons that the demo promises, in the order of the list.
var demoPersons = []string{
	"fou", "fou2", "fageier", "fageier2", "utvalg", "utvalg2", "analyse", "analyse2", "bibliotek", "kommunikasjon", "jurist",
	"statistikk", "anskaffelse", "atl", "leder", "fylke", "kontor", "produktteam", "admin",
	"forsker", "leverandor", "fagvurderer", "fagvurderer2",
}

// demoRole gives the role of a demo person: fou2 is a second fou.
func demoRole(id string) string {
	if n := len(id); id[n-1] == '2' {
		return id[:n-1]
	}
	return id
}

// demoLogin logs in as the chosen person. It exists in the demo only, which
// listens on loopback only.
func (h *house) demoLogin(c *web.Context) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, err, "error.form_broken")
	}
	id := c.R.PostForm.Get("user")
	actor, err := h.people.Actor(c.Ctx(), id)
	if err != nil {
		if fault.Of(err) == fault.NotFound {
			return fault.New(fault.Invalid, "login.unknown")
		}
		return err
	}
	if err := h.sessions.Login(c.Ctx(), actor.ID); err != nil {
		return err
	}
	return c.Redirect(authn.ReturnTo(c.R.PostForm.Get("til"), "/oppgaver"), "")
}

// demoPage tells what the demo is and moves its clock.
func (h *house) demoPage(c *web.Context) error {
	ctx := c.Ctx()
	return c.Within(http.StatusOK, c.Page(lang.T(ctx, "demo.title")), demoClockPage(lang.DateTime(ctx, h.engine.Now(ctx)), nil, ""))
}

// demoClock moves the demo's clock forward and runs what fell due.
func (h *house) demoClock(c *web.Context) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, err, "error.form_broken")
	}
	ctx := c.Ctx()
	typed := c.R.PostForm.Get("til")
	to, err := lang.ParseDate(typed)
	movable, ok := h.engine.Clock.(*clock.Movable)
	if !ok {
		return fault.Missing()
	}
	noon := time.Date(to.Year(), to.Month(), to.Day(), 9, 0, 0, 0, clock.Oslo)
	key := ""
	switch {
	case err != nil:
		key = "form.day"
	case !noon.After(movable.Now()):
		key = "demo.backwards"
	case noon.After(movable.Now().AddDate(5, 0, 0)):
		key = "demo.too_far"
	}
	if key != "" {
		return c.Within(http.StatusUnprocessableEntity, c.Page(lang.T(ctx, "demo.title")), demoClockPage(lang.DateTime(ctx, movable.Now()), []string{lang.T(ctx, key, "field", lang.T(ctx, "demo.to"))}, typed))
	}
	if err := h.moveClock(asSystem(ctx), movable, noon); err != nil {
		return err
	}
	return c.Redirect("/demo", lang.T(ctx, "demo.moved", "date", lang.Date(ctx, noon)))
}

// moveClock moves the clock, remembers where it stands, and runs what fell due.
func (h *house) moveClock(ctx context.Context, m *clock.Movable, to time.Time) error {
	m.Forward(to)
	if err := h.keepClock(ctx, m.Now()); err != nil {
		return err
	}
	if err := h.runner.Plan(ctx); err != nil {
		return err
	}
	_, err := h.runner.RunDue(access.With(ctx, access.System))
	return err
}

// demoMail shows the mail that was sent.
func (h *house) demoMail(c *web.Context) error {
	ctx := c.Ctx()
	letters, err := mail.List(ctx, h.db, 100)
	if err != nil {
		return err
	}
	return c.Within(http.StatusOK, c.Page(lang.T(ctx, "demo.mail")), demoMailPage(letters))
}
