// Package admin is the page of those who keep Funn running: how it is set up, what
// happened, whether the log is sealed, which jobs wait or have failed, and who
// holds which role.
//
// Nobody sees more here than elsewhere: the log holds the events of records that
// the reader may open. The R&D section reads the page too; only administrators
// set a job going again.
package admin

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/jobs"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// Messages hold the texts of the pages.
//
//go:embed messages
var Messages embed.FS

// Setting is one thing that was decided when the program was started. Key is the
// message admin.setting.KEY; Value holds no secret.
type Setting struct{ Key, Value string }

// Person is somebody who holds roles today.
type Person struct {
	ID, Name string
	Grants   []access.Grant
}

// Deps is what the pages need of the rest of the house.
type Deps struct {
	Engine   *record.Engine
	Settings func(ctx context.Context) ([]Setting, error)
	// People gives everybody who may log in, with the roles that hold today.
	People func(ctx context.Context) ([]Person, error)
	// Unit gives the name of a unit by its path.
	Unit func(ctx context.Context, path string) string
}

type pages struct{ Deps }

// readers may read the page; only administrators act.
var readers = []access.Role{org.Admin, org.FoU}

const (
	path      = "/admin"
	logPath   = path + "/logg"
	rolesPath = path + "/roller"
	perPage   = 50
	mostJobs  = 100 // failed ones that are shown
)

// Module gives administration as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{d}
	return module.Module{
		Name: "admin", Messages: Messages, Routes: p.routes,
		Nav: []web.NavEntry{{Key: "admin.title", Path: path, Order: 100, For: func(a access.Actor) bool { return a.Has(readers...) }}},
	}
}

func (p *pages) routes(r *web.Router) {
	r.Add(
		web.Route{Pattern: "GET " + path, Rule: web.Staff, Roles: readers, Handle: p.overview},
		web.Route{Pattern: "GET " + logPath, Rule: web.Staff, Roles: readers, Handle: p.log},
		web.Route{Pattern: "GET " + rolesPath, Rule: web.Staff, Roles: readers, Handle: p.roles},
		web.Route{Pattern: "POST " + path + "/jobb/{id}", Rule: web.Staff, Roles: []access.Role{org.Admin}, Handle: p.retry},
	)
}

// show renders one of the pages with the menu of all three.
func (p *pages) show(c *web.Context, at, key string, content templ.Component) error {
	ctx := c.Ctx()
	props := c.Page(lang.T(ctx, key))
	props.Section = lang.T(ctx, "admin.title")
	var tabs []ui.Tab
	for _, t := range []struct{ path, key string }{{path, "admin.overview"}, {logPath, "admin.log"}, {rolesPath, "admin.roles"}} {
		tabs = append(tabs, ui.Tab{Label: lang.T(ctx, t.key), Href: t.path, Current: t.path == at})
	}
	return c.Within(http.StatusOK, props, framed(lang.T(ctx, key), tabs, content))
}

type overviewProps struct {
	Settings []ui.Fact
	Digest   []ui.Fact // empty when there is none yet
	Loads    ui.TableProps
	Failed   []failedJob
	MayRetry bool
}

type failedJob struct {
	ID    int64
	Title string
	Facts []ui.Fact
}

// overview shows the settings, the last digest and the jobs.
func (p *pages) overview(c *web.Context) error {
	ctx := c.Ctx()
	b := overviewProps{MayRetry: c.Actor.Has(org.Admin)}
	settings, err := p.Settings(ctx)
	if err != nil {
		return err
	}
	for _, s := range settings {
		b.Settings = append(b.Settings, ui.Fact{Label: lang.T(ctx, "admin.setting."+s.Key), Text: s.Value})
	}
	now := p.Engine.Now(ctx)
	b.Settings = append(b.Settings, ui.Fact{Label: lang.T(ctx, "admin.setting.clock"), Text: lang.DateTime(ctx, now)})
	digest, ok, err := lastDigest(ctx, p.Engine.DB)
	if err != nil {
		return err
	}
	if ok {
		b.Digest = []ui.Fact{
			{Label: lang.T(ctx, "admin.digest.at"), Text: lang.DateTime(ctx, digest.At)},
			{Label: lang.T(ctx, "admin.digest.heads"), Text: lang.Number(ctx, digest.Heads)},
			{Label: lang.T(ctx, "admin.digest.line"), Text: digest.Line()},
		}
	}
	if err := p.jobs(ctx, &b, now); err != nil {
		return err
	}
	return p.show(c, path, "admin.title", overviewPage(b))
}

// jobs fills in how much work there is, and what was given up.
func (p *pages) jobs(ctx context.Context, b *overviewProps, now time.Time) error {
	loads, err := jobs.Loads(ctx, p.Engine.DB, now)
	if err != nil {
		return err
	}
	b.Loads = ui.TableProps{Caption: lang.T(ctx, "admin.jobs"), HideCaption: true, Cards: true, Small: true, Empty: lang.T(ctx, "admin.jobs.none")}
	for _, key := range []string{"kind", "due", "later", "running", "failed"} {
		b.Loads.Columns = append(b.Loads.Columns, ui.Column{Label: lang.T(ctx, "admin.jobs."+key), Numeric: key != "kind"})
	}
	for _, l := range loads {
		b.Loads.Rows = append(b.Loads.Rows, ui.TextRows([][]string{{jobName(ctx, l.Kind), lang.Number(ctx, l.Due), lang.Number(ctx, l.Later), lang.Number(ctx, l.Running), lang.Number(ctx, l.Failed)}})...)
	}
	failed, err := jobs.Failed(ctx, p.Engine.DB, mostJobs)
	if err != nil {
		return err
	}
	for _, j := range failed {
		f := failedJob{ID: j.ID, Title: jobName(ctx, j.Kind) + " " + strconv.FormatInt(j.ID, 10)}
		f.Facts = []ui.Fact{
			{Label: lang.T(ctx, "admin.jobs.failed_at"), Text: lang.DateTime(ctx, j.FailedAt)},
			{Label: lang.T(ctx, "admin.jobs.attempts"), Text: lang.Number(ctx, j.Attempt)},
			{Label: lang.T(ctx, "admin.jobs.error"), Value: inEnglish(j.LastError)},
		}
		b.Failed = append(b.Failed, f)
	}
	return nil
}

// jobName gives what a kind of job is called; its own code when it has no name.
func jobName(ctx context.Context, kind string) string {
	if s, ok := lang.Maybe(ctx, "admin.job."+kind); ok {
		return s
	}
	return kind
}

// retry sets a job going that was given up.
func (p *pages) retry(c *web.Context) error {
	id, err := strconv.ParseInt(c.Path("id"), 10, 64)
	if err != nil {
		return fault.Missing()
	}
	if err := jobs.Retry(c.Ctx(), p.Engine.DB, id); err != nil {
		return err
	}
	return c.Redirect(path, lang.T(c.Ctx(), "admin.jobs.retried"))
}

type logProps struct {
	Count   string
	Fields  []templ.Component
	Chosen  []ui.ChosenFilter
	Clear   string
	Entries ui.TableProps
	Pages   ui.PaginationProps
}

// log shows what happened to the records that the reader may open, the latest
// first.
func (p *pages) log(c *web.Context) error {
	ctx, q := c.Ctx(), c.R.URL.Query()
	var b logProps
	f := filter{}
	address := func(change func(url.Values)) string {
		v := url.Values{}
		for _, name := range []string{"type", "kommando", "person", "fra", "til"} {
			if s := q.Get(name); s != "" {
				v.Set(name, s)
			}
		}
		change(v)
		if len(v) == 0 {
			return logPath
		}
		return logPath + "?" + v.Encode()
	}
	choose := func(name, key string, options []ui.Option) string {
		u := ui.Field{Name: name, ID: "filter-" + name, Label: lang.T(ctx, key), Small: true}
		for _, o := range options {
			if o.Value == q.Get(name) && o.Value != "" {
				u.Value = o.Value
				b.Chosen = append(b.Chosen, ui.ChosenFilter{Label: u.Label + ": " + o.Label, RemoveHref: address(func(v url.Values) {
					v.Del(name)
					if name == "type" {
						v.Del("kommando")
					}
				})})
			}
		}
		b.Fields = append(b.Fields, ui.Select(u, lang.T(ctx, "admin.log.all"), options))
		return u.Value
	}
	day := func(name, key string) time.Time {
		u := ui.Field{Name: name, ID: "filter-" + name, Label: lang.T(ctx, key), Value: q.Get(name), Small: true}
		var t time.Time
		if u.Value != "" {
			var err error
			if t, err = lang.ParseDate(u.Value); err != nil {
				u.Error = lang.T(ctx, "form.day", "field", u.Label)
			} else {
				b.Chosen = append(b.Chosen, ui.ChosenFilter{Label: u.Label + ": " + lang.Day(ctx, t), RemoveHref: address(func(v url.Values) { v.Del(name) })})
			}
		}
		b.Fields = append(b.Fields, ui.DateField(u))
		return t
	}
	var kinds []ui.Option
	for _, k := range p.Engine.Kinds() {
		name, _ := k.Paths()
		kinds = append(kinds, ui.Option{Value: name, Label: lang.T(ctx, name+".name")})
	}
	f.Kind = choose("type", "admin.log.kind", kinds)
	if k, ok := p.Engine.Kind(f.Kind); ok {
		commands := []ui.Option{{Value: "import", Label: lang.T(ctx, "record.event.import")}}
		for _, cmd := range k.Lifecycle().Commands {
			commands = append(commands, ui.Option{Value: cmd.Name, Label: lang.T(ctx, f.Kind+"."+cmd.Name+".event")})
		}
		f.Command = choose("kommando", "admin.log.command", commands)
	}
	people, err := p.People(ctx)
	if err != nil {
		return err
	}
	who := []ui.Option{{Value: access.System.ID, Label: lang.T(ctx, "record.system")}}
	for _, x := range people {
		who = append(who, ui.Option{Value: x.ID, Label: x.Name})
	}
	f.Person = choose("person", "admin.log.person", who)
	f.From, f.To = day("fra", "admin.log.from"), day("til", "admin.log.to")
	if len(b.Chosen) > 0 {
		b.Clear = logPath
	}
	page, err := strconv.Atoi(q.Get("side"))
	if err != nil || page < 1 || page > 400 {
		page = 1
	}
	entries, total, err := entriesOf(ctx, p.Engine, f, perPage, (page-1)*perPage)
	if err != nil {
		return err
	}
	b.Count = lang.TN(ctx, "admin.log.count", total)
	b.Pages = ui.PaginationProps{Page: page, Pages: min((total+perPage-1)/perPage, 400), Href: func(n int) string {
		return address(func(v url.Values) { v.Set("side", strconv.Itoa(n)) })
	}}
	b.Entries = ui.TableProps{Caption: lang.T(ctx, "admin.log"), HideCaption: true, Cards: true, Small: true, Empty: lang.T(ctx, "admin.log.none")}
	for _, key := range []string{"record", "what", "who", "when"} {
		b.Entries.Columns = append(b.Entries.Columns, ui.Column{Label: lang.T(ctx, "admin.log."+key), NoWrap: key == "when"})
	}
	for _, e := range entries {
		href := ""
		if k, ok := p.Engine.Kind(e.Kind); ok {
			_, base := k.Paths()
			href = base + "/" + url.PathEscape(e.Number) + "/logg"
		}
		what := recordweb.EventText(ctx, e.Event)
		if e.Reason != "" {
			what += " («" + e.Reason + "»)"
		}
		b.Entries.Rows = append(b.Entries.Rows, []templ.Component{
			ui.NameCell(href, e.Title, lang.T(ctx, e.Kind+".name")+" "+e.Number), ui.Str(what), ui.Str(recordweb.ActorName(ctx, e.Event)), ui.Str(lang.DateTime(ctx, e.At)),
		})
	}
	return p.show(c, logPath, "admin.log", logPage(b))
}

// roles shows who holds what.
func (p *pages) roles(c *web.Context) error {
	ctx := c.Ctx()
	people, err := p.People(ctx)
	if err != nil {
		return err
	}
	var facts []ui.Fact
	for _, role := range org.Roles {
		f := ui.Fact{Label: lang.T(ctx, "role."+string(role)), Text: lang.T(ctx, "ui.none")}
		var holders []templ.Component
		for _, x := range people {
			for _, g := range x.Grants {
				if g.Role == role {
					unit := ""
					if g.Unit != "" {
						unit = p.Unit(ctx, g.Unit)
					}
					holders = append(holders, holder("/organisasjon/person/"+url.PathEscape(x.ID), x.Name, unit))
				}
			}
		}
		if len(holders) > 0 {
			f.Value = ui.BulletsOf(holders...)
		}
		facts = append(facts, f)
	}
	return p.show(c, rolesPath, "admin.roles", rolesPage(facts))
}
