// Package callweb is what people see of open calls: for those who work on them the
// list and the page of each, with what it lacks and a preview; for everybody the
// pages of the portal, a calendar file and the JSON list.
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
	// Awarded gives what everybody may know of the projects that came of a call.
	Awarded func(ctx context.Context, id string) ([]ui.Item, error)
	// PartsHref leads to the parts that the demo's holders keep; empty elsewhere.
	PartsHref string
	BaseURL   string // where readers reach the pages, without a path
}

type pages struct{ Deps }

// Module gives calls as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "call", Kinds: []record.AnyKind{d.Service.Kind}, Migrations: call.Migrations, Messages: call.Messages,
		Routes: p.routes, API: p.api, Jobs: d.Service.Jobs(),
		Nav: []web.NavEntry{{Key: "call.nav", Path: "/utlysning", Order: 40}},
	}
}

func (p *pages) routes(r *web.Router) {
	recordweb.Mount(p.Site, recordweb.View[*call.Call]{
		Kind: p.Service.Kind, Icon: ui.IconCall, Body: p.body, UpKey: "call.nav", UpPath: "/utlysning", Start: start, After: after, Mends: p.mends,
		Work: map[string]string{"tell_sketches": "/skisser", "propose_awards": "/soknader", "decide_awards": ""},
		Tabs: []recordweb.Tab[*call.Call]{{Path: "forhandsvisning", Key: "call.preview", Body: p.preview}, {Path: keyPath, Key: "call.key", Staff: true, Body: p.key}, {Path: "skjema", Key: "call.forms", Body: p.forms}},
	})
	r.Add(
		web.Route{Pattern: "GET /utlysning", Rule: web.OwnRecords, Handle: p.list},
		web.Route{Pattern: "GET /utlysning/{number}/hent-nokkeldel", Rule: web.Staff, Kind: "call", Command: "fetch_part", Handle: p.fetchForm},
		web.Route{Pattern: "POST /utlysning/{number}/hent-nokkeldel", Rule: web.Staff, Kind: "call", Command: "fetch_part", Handle: p.fetch},
		web.Route{Pattern: "GET " + publicPath, Rule: web.Public, Handle: p.publicList},
		web.Route{Pattern: "GET /kunnskap/utlysning/{slug}", Rule: web.Public, Handle: p.public},
		web.Route{Pattern: "GET /kunnskap/utlysning/{slug}/datoer.ics", Rule: web.Public, Handle: p.calendar},
	)
}

// start fills the form of a criterion, a part or a question with the one that the
// address chose.
func start(_ context.Context, command string, x *call.Call, values map[string][]string) {
	switch command {
	case "set_part":
		startPart(x, values)
	case "set_question":
		startQuestion(x, values)
	}
	chosen := values["criterion"]
	if command != "set_criterion" {
		return
	}
	if len(chosen) == 0 {
		values["criterion"] = []string{call.NewCriterion}
		return
	}
	for _, k := range x.Criteria.V {
		if strconv.Itoa(k.ID) != chosen[0] {
			continue
		}
		for tag, name := range k.Names {
			values["name_"+tag] = []string{name}
		}
		for tag, meaning := range k.Meanings {
			values["meaning_"+tag] = []string{meaning}
		}
		values["weight"], values["principles"], values["assessor"] = []string{strconv.Itoa(k.Weight)}, k.Principles, []string{k.Assessor}
	}
}

// after leads from a change of the form back to it.
func after(command string, h *record.Head) string {
	switch command {
	case "set_part", "remove_part", "set_question", "move_question", "remove_question":
		return address(h.Number) + "/skjema"
	case "name_holders", "rehearse_part", "give_part":
		return address(h.Number) + "/" + keyPath
	}
	return ""
}

func address(number string) string { return "/utlysning/" + url.PathEscape(number) }

// unset says that something is not told: by the source, or not yet.
func unset(ctx context.Context, c *call.Call) string {
	if c.Source != "" && !c.Example {
		return lang.T(ctx, "date.unknown")
	}
	return lang.T(ctx, "call.not_set")
}

func frame(ctx context.Context, c *call.Call) string {
	if c.FrameOre == call.Unknown {
		return unset(ctx, c)
	}
	amount := lang.NOK(ctx, c.FrameOre)
	if c.FrameOre%10_000_000 == 0 { // in whole tenths of a million nothing is lost
		amount = lang.MillionNOK(ctx, c.FrameOre)
	}
	return lang.T(ctx, "call.up_to", "amount", amount)
}

// list shows the calls that the reader may see, the latest first.
func (p *pages) list(c *web.Context) error {
	ctx := c.Ctx()
	calls, err := p.Service.List(ctx)
	if err != nil {
		return err
	}
	title := lang.T(ctx, "call.nav")
	table := ui.TableProps{Caption: title, HideCaption: true, Cards: true, Empty: lang.T(ctx, "call.none")}
	for _, key := range []string{"call.name", "call.field.theme", "record.state", "call.field.deadline", "call.field.frame"} {
		table.Columns = append(table.Columns, ui.Column{Label: lang.T(ctx, key)})
	}
	for _, x := range calls {
		table.Rows = append(table.Rows, []templ.Component{
			ui.NameCell(address(x.Number), x.Title, x.Number), ui.Str(p.theme(ctx, x)), ui.TagList(p.tags(ctx, x, !c.Actor.Staff)), ui.Str(deadline(ctx, x)), ui.Str(frame(ctx, x)),
		})
	}
	var ways []ui.Crumb
	for _, name := range []string{"register", "copy"} {
		if k, ok := p.Service.Kind.Lifecycle().Command(name); ok && access.Allows(k.Who, c.Actor, access.Subject{}) {
			ways = append(ways, ui.Crumb{Label: lang.T(ctx, "call."+name+".title"), Href: "/utlysning/" + k.Path})
		}
	}
	return c.Within(http.StatusOK, c.Page(title), listPage(title, ways, table))
}

func (p *pages) theme(ctx context.Context, c *call.Call) string {
	if c.Theme == "" {
		return ""
	}
	return p.ThemeName(ctx, c.Theme)
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
