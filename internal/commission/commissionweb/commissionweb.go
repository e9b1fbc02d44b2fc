// Package commissionweb is what people see of framework agreements: the rounds of
// them with every supplier once, and the page of each agreement.
package commissionweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"funn/internal/commission"
	"funn/internal/platform/access"
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
	Service *commission.Service
	Site    *recordweb.Site
	// Organisations gives the names of organisations by id.
	Organisations func(ctx context.Context, ids ...string) (map[string]string, error)
}

type pages struct{ Deps }

// Module gives framework agreements as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "commission", Kinds: []record.AnyKind{d.Service.Kind}, Migrations: commission.Migrations, Messages: commission.Messages,
		Routes: p.routes,
		Nav:    []web.NavEntry{{Key: "agreement.name_plural", Path: "/rammeavtale", Order: 45}},
	}
}

func (p *pages) routes(r *web.Router) {
	recordweb.Mount(p.Site, recordweb.View[*commission.Agreement]{Kind: p.Service.Kind, Icon: ui.IconCommission, Body: p.body, UpKey: "agreement.name_plural", UpPath: "/rammeavtale"})
	r.Add(web.Route{Pattern: "GET /rammeavtale", Rule: web.OwnRecords, Handle: p.list})
}

func address(number string) string { return "/rammeavtale/" + url.PathEscape(number) }

// round is a set of agreements made together.
type round struct {
	ID, Title  string
	Agreements ui.TableProps
	Suppliers  []string // names, by the alphabet
	Note       string   // what is not known of who is in which
}

// list shows the agreements that the reader may see, round by round, the latest
// first.
func (p *pages) list(c *web.Context) error {
	ctx := c.Ctx()
	all, err := p.Service.Kind.List(ctx, db.Where{}, "b.valid_from DESC NULLS LAST, b.round, r.title_sort, r.number", 0, 0)
	if err != nil {
		return err
	}
	var rounds []round
	for i, x := range commission.Rounds(all) {
		r := round{ID: "runde-" + lang.Number(ctx, i+1), Title: x.Name}
		r.Agreements = ui.TableProps{Caption: x.Name, HideCaption: true, Cards: true}
		for _, key := range []string{"agreement.field.subject", "record.state", "agreement.valid", "agreement.option"} {
			r.Agreements.Columns = append(r.Agreements.Columns, ui.Column{Label: lang.T(ctx, key)})
		}
		for _, a := range x.Agreements {
			tag := recordweb.StateTag(ctx, p.Site.Engine, a.Base())
			r.Agreements.Rows = append(r.Agreements.Rows, []templ.Component{
				ui.NameCell(address(a.Number), a.Subject, a.Number), ui.Tag(tag.Tone, tag.Text), ui.Str(period(ctx, a)), ui.Str(option(ctx, a)),
			})
		}
		if r.Suppliers, err = p.names(ctx, x.Suppliers); err != nil {
			return err
		}
		if x.OfRound {
			r.Note = lang.T(ctx, "agreement.of_round")
		}
		rounds = append(rounds, r)
	}
	register := ""
	if k, ok := p.Service.Kind.Lifecycle().Command("register"); ok && access.Allows(k.Who, c.Actor, access.Subject{}) {
		register = "/rammeavtale/" + k.Path
	}
	title := lang.T(ctx, "agreement.name_plural")
	return c.Within(http.StatusOK, c.Page(title), listPage(title, register, rounds))
}

// names gives the names of organisations by the alphabet, each once.
func (p *pages) names(ctx context.Context, ids []string) ([]string, error) {
	byID, err := p.Organisations(ctx, ids...)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, id := range ids {
		if n := byID[id]; n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, lang.Compare)
	return out, nil
}

// supplierCount is the heading of a list of suppliers; it counts none that nobody
// has told.
func supplierCount(ctx context.Context, n int) string {
	if n == 0 {
		return lang.T(ctx, "agreement.suppliers")
	}
	return lang.TN(ctx, "agreement.suppliers", n)
}

func period(ctx context.Context, a *commission.Agreement) string {
	return lang.Day(ctx, a.ValidFrom) + " – " + lang.Day(ctx, a.ValidTo)
}

func option(ctx context.Context, a *commission.Agreement) string {
	if a.OptionTo.IsZero() {
		return lang.T(ctx, "agreement.no_option_left")
	}
	return lang.T(ctx, "agreement.option_until", "date", lang.Day(ctx, a.OptionTo))
}

type bodyProps struct {
	Lang, Note string
	Facts      []ui.Fact
	Suppliers  []string
	OfRound    bool
	Options    ui.TableProps
	CalledOff  []ui.Item
}

// body is the content of an agreement's page.
func (p *pages) body(c *web.Context, a *commission.Agreement) (templ.Component, error) {
	ctx := c.Ctx()
	props := bodyProps{
		Lang: a.Lang, Note: a.Note, OfRound: a.SuppliersOfRound,
		Facts: []ui.Fact{
			{Label: lang.T(ctx, "agreement.field.subject"), Text: a.Subject},
			{Label: lang.T(ctx, "agreement.field.round"), Text: a.Round},
			{Label: lang.T(ctx, "agreement.valid"), Text: period(ctx, a)},
			{Label: lang.T(ctx, "agreement.option"), Text: option(ctx, a)},
		},
		Options: ui.TableProps{Caption: lang.T(ctx, "agreement.options"), HideCaption: true, Small: true, Cards: true},
	}
	for _, key := range []string{"agreement.decided", "agreement.outcome", "agreement.before", "form.field.reason"} {
		props.Options.Columns = append(props.Options.Columns, ui.Column{Label: lang.T(ctx, key)})
	}
	for _, o := range a.Options.V {
		if !c.Actor.Staff {
			break // why an option was used or left is for the agency's own
		}
		outcome := "agreement.option_left"
		if o.Used {
			outcome = "agreement.option_used"
		}
		props.Options.Rows = append(props.Options.Rows, []templ.Component{ui.Str(lang.Day(ctx, o.At)), ui.Str(lang.T(ctx, outcome)), ui.Str(lang.Day(ctx, o.Before)), ui.Str(o.Reason)})
	}
	var err error
	if props.Suppliers, err = p.names(ctx, a.Suppliers.V); err != nil {
		return nil, err
	}
	heads, err := p.Service.CalledOff(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		item := ui.Item{Kicker: lang.T(ctx, h.Kind+".name") + " " + h.Number, Title: h.Title, Tags: recordweb.ListTags(ctx, p.Site.Engine, &h)}
		if k, ok := p.Site.Engine.Kind(h.Kind); ok {
			_, path := k.Paths()
			item.Href = path + "/" + url.PathEscape(h.Number)
		}
		if h.Lang != string(lang.From(ctx).Tag()) {
			item.Lang = h.Lang
		}
		props.CalledOff = append(props.CalledOff, item)
	}
	return agreementBody(props), nil
}
