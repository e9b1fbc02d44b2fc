package callweb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// keyPath is where a call's key and the opening of what was sent are followed.
const keyPath = "nokkel"

// keyProps is the page of a call's key.
type keyProps struct {
	None     string // why there is no key
	Holders  ui.TableProps
	Facts    []ui.Fact
	Lost     string
	Opening  notice
	Unread   string            // those that could not be opened, in words
	Progress *ui.ProgressProps // while it runs
	Here     string            // the page itself
	Demo     string            // where the demo's parts lie
}

// key tells who holds the parts, how far the ceremony has come, and then how the
// opening goes. The numbers of an opening are told to nobody before it has begun.
func (p *pages) key(c *web.Context, x *call.Call) (templ.Component, error) {
	ctx := c.Ctx()
	b := keyProps{Here: address(x.Number) + "/" + keyPath, Demo: p.PartsHref}
	k := x.Key.V
	if k == nil {
		b.None = lang.T(ctx, "call.key_before")
		if x.State == call.Planned || x.State == call.Draft {
			b.None = lang.T(ctx, "call.key_none")
		}
		return keyPage(b), nil
	}
	ids := make([]string, len(k.Holders))
	for i, h := range k.Holders {
		ids[i] = h.Person
	}
	names, err := p.Site.Names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	b.Holders = ui.TableProps{Caption: lang.T(ctx, "call.key_holders"), HideCaption: true, Cards: true, Columns: []ui.Column{{Label: lang.T(ctx, "call.key_person")}, {Label: lang.T(ctx, "call.key_progress")}}}
	for _, h := range k.Holders {
		tag := ui.TagProps{Tone: ui.Success, Text: lang.T(ctx, "call.key_ready", "date", lang.Date(ctx, h.Rehearsed))}
		switch {
		case h.Fetched.IsZero():
			tag = ui.TagProps{Tone: ui.Warning, Text: lang.T(ctx, "call.key_to_fetch")}
		case h.Rehearsed.IsZero():
			tag = ui.TagProps{Tone: ui.Warning, Text: lang.T(ctx, "call.key_to_show", "date", lang.Date(ctx, h.Fetched))}
		}
		b.Holders.Rows = append(b.Holders.Rows, []templ.Component{ui.Str(names[h.Person]), ui.Tag(tag.Tone, tag.Text)})
	}
	sum := sha256.Sum256(k.Public)
	b.Facts = []ui.Fact{{Label: lang.T(ctx, "call.key_made"), Text: lang.DateTime(ctx, k.Made)}, {Label: lang.T(ctx, "call.key_fingerprint"), Text: hex.EncodeToString(sum[:8])}}
	b.Lost = lang.T(ctx, "call.key_lost")
	if x.State != call.Draft && x.State != call.Approved {
		b.Lost = lang.T(ctx, "call.key_lost_open")
	}
	if err := p.opening(ctx, x, names, &b); err != nil {
		return nil, err
	}
	return keyPage(b), nil
}

// opening tells how far the opening has come.
func (p *pages) opening(ctx context.Context, x *call.Call, names map[string]string, b *keyProps) error {
	if x.State != call.Assessment1 && x.State != call.Assessment2 && len(x.Openings.V[x.Stage()].By) == 0 {
		return nil
	}
	o, err := p.Service.Progress(ctx, x)
	if err != nil {
		return err
	}
	var by []string
	for _, id := range o.By {
		by = append(by, names[id])
	}
	switch {
	case !o.Done.IsZero():
		b.Opening, b.Lost = notice{ui.Success, lang.T(ctx, "call.opening_done", "when", lang.DateTime(ctx, o.Done), "names", strings.Join(by, ", "))}, ""
		if len(o.Unread) > 0 {
			b.Unread = lang.T(ctx, "call.opening_unread", "numbers", strings.Join(o.Unread, ", "))
		}
	case o.Running:
		text := lang.T(ctx, "call.opening_runs", "done", o.Opened, "total", o.Total)
		b.Opening = notice{ui.Info, text}
		b.Progress = &ui.ProgressProps{Value: o.Opened, Max: o.Total, Label: lang.T(ctx, "call.opening_bar"), Text: lang.Percent(ctx, share(o.Opened, o.Total), 0)}
	case o.Stopped && len(by) != 1:
		b.Opening = notice{ui.Error, lang.T(ctx, "call.opening_stopped", "done", o.Opened)}
	case len(by) == 1:
		b.Opening = notice{ui.Info, lang.T(ctx, "call.opening_one", "name", by[0])}
	default:
		b.Opening = notice{ui.Warning, lang.T(ctx, "call.opening_waits")}
	}
	return nil
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// toFetch gives the call of the address if the reader has a part of its key to fetch.
func (p *pages) toFetch(c *web.Context) (*call.Call, error) {
	x, err := p.Service.Kind.ByNumber(c.Ctx(), c.Path("number"))
	if err != nil {
		return nil, err
	}
	k, _ := p.Service.Kind.Lifecycle().Command("fetch_part")
	switch {
	case !access.Allows(k.Who, c.Actor, p.Service.Kind.Subject(x)):
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	case x.State != call.Draft:
		return nil, fault.New(fault.Conflict, "error.wrong_state")
	}
	return x, nil
}

// fetchForm says what it is to hold a part, before it is shown.
func (p *pages) fetchForm(c *web.Context) error {
	x, err := p.toFetch(c)
	if err != nil {
		return err
	}
	return c.Within(http.StatusOK, p.fetchFrame(c, x, "call.fetch_part.title"), fetchPage(lang.T(c.Ctx(), "call.name")+" "+x.Number, address(x.Number)))
}

func (p *pages) fetchFrame(c *web.Context, x *call.Call, title string) ui.PageProps {
	ctx := c.Ctx()
	page := c.Page(lang.T(ctx, title))
	page.Section = x.Number
	page.Breadcrumb = []ui.Crumb{{Label: lang.T(ctx, "call.nav"), Href: "/utlysning"}, {Label: x.Number, Href: address(x.Number)}, {Label: lang.T(ctx, title)}}
	return page
}

// fetch shows the part, in the answer itself: it is nowhere that it could be shown
// from again.
func (p *pages) fetch(c *web.Context) error {
	sent, err := c.ReadForm()
	if err != nil {
		return err
	}
	if other, err := c.SentByOther(sent); err != nil || other {
		return fault.New(fault.Unauthorised, "error.unauthorised")
	}
	x, err := p.toFetch(c)
	if err != nil {
		return err
	}
	part, err := p.Service.FetchPart(c.Ctx(), x.ID)
	if err != nil {
		return err
	}
	return c.Within(http.StatusOK, p.fetchFrame(c, x, "call.fetched_title"), fetchedPage(lang.T(c.Ctx(), "call.name")+" "+x.Number, part, address(x.Number)+"/ov-nokkeldel"))
}
