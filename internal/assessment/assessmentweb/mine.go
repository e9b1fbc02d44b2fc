package assessmentweb

import (
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"funn/internal/assessment"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/lang"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// listPath is the page with the reader's own assessments.
const listPath = "/vurdering"

// nav leads assessors from outside to their own; the agency's own find them among
// their tasks.
var nav = web.NavEntry{Key: "assessment.name_plural", Path: listPath, Order: 20, For: func(a access.Actor) bool { return a.Has(org.Assessor) }}

// mine lists the reader's own assessments: first what waits for them, by its last day,
// then the others, the latest first.
func (p *Pages) mine(c *web.Context) error {
	ctx := c.Ctx()
	var own db.Where
	own.In("b.assessor", c.Actor.As...)
	list, err := p.Service.Kind.List(ctx, own, "b.due, r.id", 0, 0)
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b *assessment.Assessment) int {
		switch {
		case a.Open() != b.Open() && a.Open():
			return -1
		case a.Open() != b.Open():
			return 1
		case a.Open():
			return a.Due.Compare(b.Due)
		}
		return b.StateSince.Compare(a.StateSince)
	})
	title := lang.T(ctx, "assessment.name_plural")
	table := ui.TableProps{Caption: title, HideCaption: true, Cards: true, Empty: lang.T(ctx, "assessment.mine_none")}
	for _, key := range []string{"assessment.name", "assessment.request.sort", "record.state", "assessment.field.due"} {
		table.Columns = append(table.Columns, ui.Column{Label: lang.T(ctx, key)})
	}
	waiting := 0
	for _, a := range list {
		if a.Open() {
			waiting++
		}
		tag := recordweb.StateTag(ctx, p.Site.Engine, a.Base())
		table.Rows = append(table.Rows, []templ.Component{
			ui.NameCell(address(a.Number), a.Title, a.Number), ui.Str(lang.T(ctx, "assessment.sort."+a.Sort)), ui.Tag(tag.Tone, tag.Text), ui.Str(lang.Day(ctx, a.Due)),
		})
	}
	return c.Within(http.StatusOK, c.Page(title), minePage(title, lang.TN(ctx, "assessment.mine_lead", waiting), table))
}
