package app

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"funn/internal/call"
	"funn/internal/decision"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/authn"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
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
func (h *house) demoPage(c *web.Context) error { return h.showDemo(c, http.StatusOK, nil, "") }

func (h *house) showDemo(c *web.Context, status int, wrong []string, typed string) error {
	ctx := c.Ctx()
	moments, err := h.moments(asSystem(ctx), c.Actor.Staff)
	if err != nil {
		return err
	}
	return c.Within(status, c.Page(lang.T(ctx, "demo.title")), demoClockPage(lang.DateTime(ctx, h.engine.Now(ctx)), moments, wrong, typed))
}

// moment is something to come that a newcomer waits for, with the time at which it
// has happened.
type moment struct {
	Text, Href, Button string
	At                 time.Time
}

// moments gives the deadlines of the calls that are open, and to staff the committee's
// meetings, in the order in which they come.
func (h *house) moments(ctx context.Context, staff bool) ([]moment, error) {
	var out []moment
	calls, err := h.calls.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range calls {
		if x.State != call.Open1 && x.State != call.Open2 {
			continue
		}
		if due := x.Due(x.Stage()); !due.IsZero() {
			out = append(out, moment{
				Text: lang.T(ctx, "demo.deadline_"+x.Stage(), "title", x.Title, "when", lang.DateTime(ctx, due)), Href: x.PublicURL(),
				Button: lang.T(ctx, "demo.pass"), At: due.Add(call.Grace + time.Second),
			})
		}
	}
	if staff {
		meetings, err := h.decisions.Meetings.List(ctx, *new(db.Where).And("r.state = ?", decision.Planned), "b.held_on", 0, 0)
		if err != nil {
			return nil, err
		}
		for _, m := range meetings {
			if at := morning(m.On); at.After(h.engine.Now(ctx)) {
				out = append(out, moment{Text: lang.T(ctx, "demo.meeting", "title", m.Title, "when", lang.Day(ctx, m.On)), Href: "/mote/" + m.Number, Button: lang.T(ctx, "demo.meet"), At: at})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b moment) int { return a.At.Compare(b.At) })
	return out, nil
}

// morning is when the working day begins.
func morning(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, clock.Oslo)
}

// demoClock moves the demo's clock forward, to the morning of a day or to a moment that
// the page names, and runs what fell due.
func (h *house) demoClock(c *web.Context) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, err, "error.form_broken")
	}
	ctx := c.Ctx()
	movable, ok := h.engine.Clock.(*clock.Movable)
	if !ok {
		return fault.Missing()
	}
	typed := c.R.PostForm.Get("til")
	to, err := time.Parse(time.RFC3339, c.R.PostForm.Get("moment"))
	if err != nil {
		if to, err = lang.ParseDate(typed); err == nil {
			to = morning(to)
		}
	}
	key := ""
	switch {
	case err != nil:
		key = "form.day"
	case !to.After(movable.Now()):
		key = "demo.backwards"
	case to.After(movable.Now().AddDate(5, 0, 0)):
		key = "demo.too_far"
	}
	if key != "" {
		return h.showDemo(c, http.StatusUnprocessableEntity, []string{lang.T(ctx, key, "field", lang.T(ctx, "demo.to"))}, typed)
	}
	if err := h.moveClock(asSystem(ctx), movable, to); err != nil {
		return err
	}
	return c.Redirect("/demo", lang.T(ctx, "demo.moved", "date", lang.DateTime(ctx, to)))
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
