// Package callweb is what people see of open calls: the list of them, the page of
// each with what it led to, and the JSON list of those that are public.
package callweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/chart"
	"funn/internal/platform/db"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// Deps is what the pages need of the rest of the house.
type Deps struct {
	Service *call.Service
	Site    *recordweb.Site
	// ThemeName gives the name of a theme by its slug, in the plan that has it.
	ThemeName func(ctx context.Context, slug string) string
	// PublicURL gives the address at which everybody reads of a record; "" when
	// nobody but staff may.
	PublicURL func(h record.Head) string
}

type pages struct{ Deps }

// Module gives calls as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "call", Kinds: []record.AnyKind{d.Service.Kind}, Migrations: call.Migrations, Messages: call.Messages,
		Routes: p.routes, API: p.api,
		Nav: []web.NavEntry{{Key: "call.nav", Path: "/utlysning", Order: 40}},
	}
}

func (p *pages) routes(r *web.Router) {
	recordweb.Mount(p.Site, recordweb.View[*call.Call]{Kind: p.Service.Kind, Icon: ui.IconCall, Body: p.body, UpKey: "call.nav", UpPath: "/utlysning"})
	r.Add(web.Route{Pattern: "GET /utlysning", Rule: web.OwnRecords, Handle: p.list})
	r.Add(web.Route{Pattern: "GET /kunnskap/utlysning/{number}", Rule: web.Public, Handle: p.public})
}

func address(number string) string { return "/utlysning/" + url.PathEscape(number) }

// date writes a date in its own words, which are Norwegian; in English as exactly
// as it is known, if a word for that exists.
func date(ctx context.Context, w call.When) templ.Component {
	if !w.Known() {
		return ui.Str(lang.T(ctx, "date.unknown"))
	}
	english := lang.From(ctx).Tag() == lang.EN
	if w.Text != "" && !english {
		return ui.Str(w.Text)
	}
	switch w.Precision() {
	case "day":
		return ui.Str(lang.Day(ctx, w.From))
	case "month":
		return ui.Str(lang.Month(ctx, w.From))
	case "year":
		return ui.Str(strconv.Itoa(w.From.Year()))
	}
	if w.Text != "" {
		return inLanguage(string(lang.NB), w.Text)
	}
	return ui.Str(lang.Day(ctx, w.From) + " – " + lang.Day(ctx, w.To))
}

func frame(ctx context.Context, c *call.Call) string {
	if c.FrameOre == call.Unknown {
		return lang.T(ctx, "date.unknown")
	}
	return lang.T(ctx, "call.up_to", "amount", lang.NOK(ctx, c.FrameOre))
}

// list shows the calls that the reader may see, the latest first.
func (p *pages) list(c *web.Context) error {
	ctx := c.Ctx()
	calls, err := p.Service.Kind.List(ctx, db.Where{}, "b.plan_year DESC, r.title_sort DESC, r.number DESC", 0, 0)
	if err != nil {
		return err
	}
	title := lang.T(ctx, "call.nav")
	table := ui.TableProps{Caption: title, HideCaption: true, Cards: true, Empty: lang.T(ctx, "call.none")}
	for _, key := range []string{"call.name", "call.field.theme", "record.state", "call.field.deadline", "call.field.frame"} {
		table.Columns = append(table.Columns, ui.Column{Label: lang.T(ctx, key)})
	}
	for _, x := range calls {
		tag := recordweb.StateTag(ctx, p.Site.Engine, x.Base())
		table.Rows = append(table.Rows, []templ.Component{
			ui.NameCell(address(x.Number), x.Title, x.Number), ui.Str(p.theme(ctx, x)), ui.Tag(tag.Tone, tag.Text), date(ctx, x.Deadline.V), ui.Str(frame(ctx, x)),
		})
	}
	register := ""
	if k, ok := p.Service.Kind.Lifecycle().Command("register"); ok && access.Allows(k.Who, c.Actor, access.Subject{}) {
		register = "/utlysning/" + k.Path
	}
	return c.Within(http.StatusOK, c.Page(title), listPage(title, register, table))
}

func (p *pages) theme(ctx context.Context, c *call.Call) string {
	if c.Theme == "" {
		return ""
	}
	return p.ThemeName(ctx, c.Theme)
}

type bodyProps struct {
	Lang, Note string
	Facts      []ui.Fact
	Funnel     templ.Component // nothing while the numbers are not told
	NoNumbers  string
	LedTo      []ui.Item
}

// public shows what everybody may know of a call, whoever asks.
func (p *pages) public(c *web.Context) error {
	everybody := access.With(c.Ctx(), access.Actor{})
	x, err := p.Service.Kind.ByNumber(everybody, c.Path("number"))
	if err != nil {
		return err
	}
	// What came of it may have a public page without being everybody's to read whole.
	heads, err := p.Service.LedTo(access.With(c.Ctx(), access.System), x.ID)
	if err != nil {
		return err
	}
	props := p.bodyOf(c.Ctx(), x)
	for _, h := range heads {
		if href := p.PublicURL(h); href != "" {
			props.LedTo = append(props.LedTo, p.item(c.Ctx(), h, href))
		}
	}
	head := ui.HeadProps{Kicker: lang.T(c.Ctx(), "call.name") + " " + x.Number, Title: x.Title, Lang: foreign(c.Ctx(), x.Lang), Tags: []ui.TagProps{recordweb.StateTag(c.Ctx(), p.Site.Engine, x.Base())}}
	if x.Example {
		head.Tags = append(head.Tags, ui.TagProps{Tone: ui.Example, Text: lang.T(c.Ctx(), "ui.example")})
	}
	page := c.Page(x.Title)
	page.Section = lang.T(c.Ctx(), "call.name_plural")
	return c.WithinPublic(http.StatusOK, page, publicPage(head, props))
}

// foreign gives a language when the page is in another.
func foreign(ctx context.Context, language string) string {
	if language == string(lang.From(ctx).Tag()) {
		return ""
	}
	return language
}

// body is the content of a call's page for those who may read the record.
func (p *pages) body(c *web.Context, x *call.Call) (templ.Component, error) {
	heads, err := p.Service.LedTo(c.Ctx(), x.ID)
	if err != nil {
		return nil, err
	}
	props := p.bodyOf(c.Ctx(), x)
	for _, h := range heads {
		href := ""
		if k, ok := p.Site.Engine.Kind(h.Kind); ok {
			_, path := k.Paths()
			href = path + "/" + url.PathEscape(h.Number)
		}
		props.LedTo = append(props.LedTo, p.item(c.Ctx(), h, href))
	}
	return callBody(props), nil
}

func (p *pages) item(ctx context.Context, h record.Head, href string) ui.Item {
	item := ui.Item{Kicker: lang.T(ctx, h.Kind+".name") + " " + h.Number, Title: h.Title, Href: href, Lang: foreign(ctx, h.Lang), Tags: []ui.TagProps{recordweb.StateTag(ctx, p.Site.Engine, &h)}}
	if h.Example {
		item.Tags = append(item.Tags, ui.TagProps{Tone: ui.Example, Text: lang.T(ctx, "ui.example")})
	}
	return item
}

// bodyOf gives what both pages tell of the call itself. The numbers are there once
// the awards are announced.
func (p *pages) bodyOf(ctx context.Context, x *call.Call) bodyProps {
	props := bodyProps{Lang: x.Lang, Note: x.Note}
	fact := func(key, text string) {
		if text != "" {
			props.Facts = append(props.Facts, ui.Fact{Label: lang.T(ctx, key), Text: text})
		}
	}
	fact("call.field.theme", p.theme(ctx, x))
	props.Facts = append(props.Facts,
		ui.Fact{Label: lang.T(ctx, "call.field.opens"), Value: date(ctx, x.Opened.V)},
		ui.Fact{Label: lang.T(ctx, "call.field.deadline"), Value: date(ctx, x.Deadline.V)})
	fact("call.field.frame", frame(ctx, x))
	switch {
	case !x.Told():
		props.NoNumbers = lang.T(ctx, "call.not_told")
	case !numbers(x):
		props.NoNumbers = lang.T(ctx, "call.no_numbers")
	default:
		props.Funnel = funnel(ctx, x)
	}
	return props
}

// numbers says whether any of the statistics is known.
func numbers(x *call.Call) bool {
	return x.Sketches != call.Unknown || x.Invited != call.Unknown || x.Applications != call.Unknown || x.Awards != call.Unknown
}

// funnel draws how many came through each step, and how much of the frame was
// awarded.
func funnel(ctx context.Context, x *call.Call) templ.Component {
	value := func(n int) float64 {
		if n == call.Unknown {
			return chart.Unknown
		}
		return float64(n)
	}
	var bars []chart.Bar
	before, beforeKey := call.Unknown, ""
	step := func(key string, n int) {
		b := chart.Bar{Label: lang.T(ctx, "call.field."+key), Value: value(n)}
		if n != call.Unknown && before > 0 {
			b.Share = lang.T(ctx, "call.share."+beforeKey, "percent", lang.Percent(ctx, float64(n)/float64(before), 0))
		}
		if n != call.Unknown {
			before, beforeKey = n, key
		}
		bars = append(bars, b)
	}
	step("sketches", x.Sketches)
	if x.Invited != call.Unknown {
		step("invited", x.Invited)
	}
	step("applications", x.Applications)
	step("awards", x.Awards)
	if x.FrameOre > 0 {
		b := chart.Bar{Label: lang.T(ctx, "call.frame_millions"), Value: millions(x.FrameOre), Own: true}
		if x.AwardedOre > 0 {
			b.Part = millions(x.AwardedOre)
			b.PartText = lang.T(ctx, "call.part_awarded", "amount", lang.Decimal(ctx, b.Part, digits(b.Part)))
			if left := b.Value - b.Part; left > 0 {
				b.RestText = lang.T(ctx, "call.part_left", "amount", lang.Decimal(ctx, left, digits(left)))
			}
		}
		bars = append(bars, b)
	}
	r := chart.Bars{
		Meta: chart.Meta{ID: "trakt", Title: finding(ctx, x), Unknown: lang.T(ctx, "date.unknown")}, Bars: bars, Funnel: true,
		Format: func(f float64) string { return lang.Decimal(ctx, f, digits(f)) },
		Words:  chart.BarsWords{Label: lang.T(ctx, "call.step"), Value: lang.T(ctx, "call.number"), Share: lang.T(ctx, "call.share"), Part: lang.T(ctx, "call.of_which")},
	}.Render()
	return ui.Figure(ui.FigureProps{ID: "figur-trakt", Level: 2, HowToRead: lang.T(ctx, "call.how_to_read"), Chart: r, Source: source(x)})
}

func source(x *call.Call) string {
	if x.AwardedNote == "" {
		return x.Source
	}
	return x.Source + ". " + x.AwardedNote
}

// finding says in a sentence what the funnel shows.
func finding(ctx context.Context, x *call.Call) string {
	switch {
	case x.Sketches != call.Unknown && x.Awards != call.Unknown:
		return lang.T(ctx, "call.finding_awards", "awards", x.Awards, "sketches", x.Sketches)
	case x.Sketches != call.Unknown && x.Invited != call.Unknown:
		return lang.T(ctx, "call.finding_invited", "invited", x.Invited, "sketches", x.Sketches)
	case x.Sketches != call.Unknown:
		return lang.TN(ctx, "call.finding_sketches", x.Sketches)
	}
	return lang.T(ctx, "call.finding_some")
}

func millions(ore int64) float64 { return float64(ore) / 100 / 1_000_000 }

// digits keeps decimals off whole numbers.
func digits(f float64) int {
	if f == float64(int64(f)) {
		return 0
	}
	return 1
}
