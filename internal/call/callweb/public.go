package callweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	ics "github.com/arran4/golang-ical"

	"funn/internal/call"
	"funn/internal/platform/lang"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

const publicPath = "/kunnskap/utlysninger"

// stages are the parts of the public list, by the public label of a call's state.
var stages = []string{"open", "planned", "assessing", "decided", "cancelled"}

type stage struct {
	ID, Title string
	Items     []ui.Item
}

// publicList lists the calls that everybody knows of: those that are open first,
// then those to come, and those that are over.
func (p *pages) publicList(c *web.Context) error {
	ctx := c.Ctx()
	calls, err := p.everybody(ctx)
	if err != nil {
		return err
	}
	var list []stage
	for _, label := range stages {
		s := stage{ID: label, Title: lang.T(ctx, "call.stage."+label)}
		for _, x := range calls {
			if p.Site.Engine.LabelOf("call", p.Site.Engine.Outside(x.Base())).Label == label {
				s.Items = append(s.Items, p.publicItem(ctx, x))
			}
		}
		if len(s.Items) > 0 {
			list = append(list, s)
		}
	}
	title := lang.T(ctx, "call.public_title")
	page := publicFrame(c, title)
	page.Description = lang.T(ctx, "call.lead")
	return c.WithinPublic(http.StatusOK, page, publicListPage(title, list))
}

// everybody gives the calls that everybody knows of, those with the nearest deadline
// first among those to come, the latest first among the others.
func (p *pages) everybody(ctx context.Context) ([]*call.Call, error) {
	calls, err := p.Service.Known(ctx)
	if err != nil {
		return nil, err
	}
	when := func(x *call.Call) time.Time {
		if x.Deadline.V.Known() {
			return x.Deadline.V.To
		}
		return x.Opened.V.To
	}
	slices.SortStableFunc(calls, func(a, b *call.Call) int {
		if a.State == call.Open1 || a.State == call.Planned {
			return when(a).Compare(when(b))
		}
		return strings.Compare(b.Number, a.Number)
	})
	return calls, nil
}

// Front gives the calls that are open or planned, for the portal's front page.
func Front(d Deps) func(context.Context) ([]ui.Item, error) {
	p := &pages{Deps: d}
	return func(ctx context.Context) ([]ui.Item, error) {
		calls, err := p.everybody(ctx)
		if err != nil {
			return nil, err
		}
		var out []ui.Item
		for _, state := range []string{call.Open1, call.Planned} {
			for _, x := range calls {
				if x.State == state {
					out = append(out, p.publicItem(ctx, x))
				}
			}
		}
		return out, nil
	}
}

func (p *pages) publicItem(ctx context.Context, x *call.Call) ui.Item {
	title, in := x.TitleIn(lang.From(ctx).Tag())
	item := ui.Item{Kicker: p.theme(ctx, x), Title: title, Href: x.PublicURL(), Lang: foreign(ctx, string(in)), Tags: p.tags(ctx, x, true)}
	if x.Deadline.V.Known() {
		item.Meta = append(item.Meta, lang.T(ctx, "call.meta.deadline", "date", deadline(ctx, x)))
	} else if x.Opened.V.Known() {
		item.Meta = append(item.Meta, lang.T(ctx, "call.meta.opens", "date", dateText(ctx, x.Opened.V)))
	}
	if x.FrameOre != call.Unknown {
		item.Meta = append(item.Meta, lang.T(ctx, "call.meta.frame", "frame", frame(ctx, x)))
	}
	return item
}

// tags say where a call stands, to the public in the few words that it has for it.
func (p *pages) tags(ctx context.Context, x *call.Call, public bool) []ui.TagProps {
	tags := recordweb.ListTags(ctx, p.Site.Engine, x.Base())
	if public {
		tags[0] = recordweb.PublicTag(ctx, p.Site.Engine, x.Base())
	}
	return tags
}

func publicFrame(c *web.Context, title string, way ...ui.Crumb) ui.PageProps {
	page := c.Page(title)
	page.Breadcrumb = append([]ui.Crumb{{Label: lang.T(c.Ctx(), "call.home"), Href: "/"}}, append(way, ui.Crumb{Label: title})...)
	return page
}

// publicProps is what everybody reads of a call.
type publicProps struct {
	Head     ui.HeadProps
	Notices  []notice
	Figures  []ui.KeyFigureProps
	Lang     string // of the texts, when it is not the page's
	Sections []section
	Note     string
	NoteLang string
	Criteria *ui.TableProps
	Steps    []ui.Step
	Calendar string
	Terms    []ui.Fact
	Contact  string
	Decided  bool
	Funnel   templ.Component
	Awarded  []ui.Item
}

type section struct {
	ID, Title, Text string
	Criteria        bool // the criteria follow
}

func (p *pages) publicProps(ctx context.Context, x *call.Call) (publicProps, error) {
	tag := lang.From(ctx).Tag()
	title, in := x.TitleIn(tag)
	b := publicProps{
		Head:    ui.HeadProps{Kicker: lang.T(ctx, "call.name") + " " + x.Number, Title: title, Lang: foreign(ctx, string(in)), Tags: p.tags(ctx, x, true)},
		Notices: p.publicNotices(ctx, x), Steps: p.steps(ctx, x), Terms: p.terms(ctx, x), Calendar: x.PublicURL() + "/datoer.ics",
	}
	b.Figures = []ui.KeyFigureProps{{Value: deadline(ctx, x), Label: lang.T(ctx, "call.field.deadline")}, {Value: frame(ctx, x), Label: lang.T(ctx, "call.frame_short")}}
	if x.Takes(call.Stage1, p.Site.Engine.Now(ctx)) == nil {
		b.Head.Action = ui.ButtonLink("/skisse/ny?call="+url.QueryEscape(x.ID), lang.T(ctx, "call.start"))
	}
	text, in, _ := x.TextIn(tag)
	b.Lang, b.Contact = foreign(ctx, string(in)), text.Contact
	add := func(id, key, text string) {
		if text != "" || id == "vurdering" && len(x.Criteria.V) > 0 {
			b.Sections = append(b.Sections, section{ID: id, Title: lang.T(ctx, "call.section."+key), Text: text, Criteria: id == "vurdering"})
		}
	}
	add("hvem", "eligible", text.Eligible)
	add("hva", "purpose", text.Purpose)
	add("krav", "requirements", text.Requirements)
	add("vurdering", "assessed", text.Assessed)
	add("slik", "apply", text.Apply)
	if text.Purpose == "" {
		b.Note, b.NoteLang = x.Note, foreign(ctx, x.Lang)
	}
	if len(x.Criteria.V) > 0 {
		b.Criteria = criteriaTable(ctx, x, "")
	}
	if x.Told() {
		b.Decided = true
		if numbers(x) {
			b.Funnel = funnel(ctx, x)
		}
		if p.Awarded != nil {
			var err error
			if b.Awarded, err = p.Awarded(ctx, x.ID); err != nil {
				return b, err
			}
		}
	}
	if x.Source != "" {
		b.Terms = append(b.Terms, ui.Fact{Label: lang.T(ctx, "record.source"), Text: x.Source})
	}
	return b, nil
}

// publicNotices say where the call stands.
func (p *pages) publicNotices(ctx context.Context, x *call.Call) []notice {
	var out []notice
	if x.Example {
		out = append(out, notice{ui.Info, lang.T(ctx, "call.example_text")})
	}
	switch {
	case x.State == call.Planned:
		out = append(out, notice{ui.Info, lang.T(ctx, "call.now.planned")})
	case x.State == call.Open1 && x.Over(p.Site.Engine.Now(ctx)), x.State == call.Assessment1:
		out = append(out, notice{ui.Info, lang.T(ctx, "call.now.over")})
	}
	return append(out, changes(ctx, x)...)
}

// public shows what everybody may know of a call.
func (p *pages) public(c *web.Context) error {
	ctx := c.Ctx()
	x, err := p.Service.BySlug(ctx, c.Path("slug"))
	if err != nil {
		return err
	}
	b, err := p.publicProps(ctx, x)
	if err != nil {
		return err
	}
	page := publicFrame(c, b.Head.Title, ui.Crumb{Label: lang.T(ctx, "call.public_title"), Href: publicPath})
	page.Section = lang.T(ctx, "call.public_title")
	page.Description = lang.T(ctx, "call.description", "title", b.Head.Title, "deadline", deadline(ctx, x))
	return c.WithinPublic(http.StatusOK, page, publicPage(b))
}

// calendar gives the call's dates as an iCalendar file. A date that is not known to
// the day is no event.
func (p *pages) calendar(c *web.Context) error {
	ctx := c.Ctx()
	x, err := p.Service.BySlug(ctx, c.Path("slug"))
	if err != nil {
		return err
	}
	title, _ := x.TitleIn(lang.From(ctx).Tag())
	cal := ics.NewCalendar()
	cal.SetMethod(ics.MethodPublish)
	cal.SetProductId("-//Nav//Funn//" + strings.ToUpper(string(lang.From(ctx).Tag())))
	for _, field := range call.Dates {
		w := x.Date(field)
		if !w.Exact() {
			continue
		}
		e := cal.AddEvent(x.ID + "-" + field + "@funn")
		e.SetDtStampTime(x.Updated)
		e.SetSummary(lang.T(ctx, "call.field."+field) + ": " + title)
		e.SetURL(p.BaseURL + x.PublicURL())
		if at := x.ClosesAt(); field == "deadline" && !at.IsZero() {
			e.SetStartAt(at) // a moment has no end
			continue
		}
		e.SetAllDayStartAt(w.From)
		e.SetAllDayEndAt(w.From.AddDate(0, 0, 1))
	}
	c.W.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	c.W.Header().Set("Content-Disposition", `attachment; filename="`+strings.ToLower(x.Number)+`.ics"`)
	c.W.Header().Add("Vary", "Cookie, Accept-Language")
	_, _ = c.W.Write([]byte(cal.Serialize(ics.WithNewLineWindows))) // the reader may have gone; there is nobody to tell
	return nil
}
