package needweb

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"funn/internal/need"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// searchView is one recorded search.
type searchView struct {
	Title      string
	About      string // where, how many hits, when and by whom
	Conclusion string
	Relevant   []ui.Item
	Lang       string
}

// knowledgeProps is the page of what is known already (requirement B3).
type knowledgeProps struct {
	Need      *need.Need
	Lang      string
	CanSearch bool // the portal can be searched from here
	MaySave   bool // the reader may record what was found
	Query     string
	Asked     bool
	Down      string // why the search did not answer
	Hits      []ui.Item
	Total     int
	Count     string
	Related   string       // which other words were searched for
	Searches  []searchView // the latest first
}

// knowledge shows the searches that were made for the need, and searches the
// portal. What is found is recorded together with what it says, in one go.
func (p *pages) knowledge(c *web.Context, n *need.Need) (templ.Component, error) {
	ctx := c.Ctx()
	v := knowledgeProps{Need: n, Lang: foreign(ctx, n), CanSearch: p.Search != nil, Query: strings.TrimSpace(c.Query("q"))}
	people, err := p.people(ctx, n)
	if err != nil {
		return nil, err
	}
	if v.MaySave, err = p.may(ctx, n, "search"); err != nil {
		return nil, err
	}
	var ids []string
	for _, s := range n.Searches.V {
		ids = append(ids, s.Relevant...)
	}
	heads, err := p.Site.Engine.Heads(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for i := len(n.Searches.V) - 1; i >= 0; i-- {
		v.Searches = append(v.Searches, p.searchView(ctx, n, n.Searches.V[i], people, heads))
	}
	if v.Query == "" || p.Search == nil {
		return knowledgePage(v), nil
	}
	v.Asked = true
	found, err := p.Search(ctx, v.Query)
	if fault.Of(err) == fault.Unavailable {
		v.Asked, v.Down = false, lang.T(ctx, "error.unavailable")
		return knowledgePage(v), nil
	}
	if err != nil {
		return nil, err
	}
	v.Related = found.Related
	v.Total, v.Count = found.Total, lang.TN(ctx, "need.hits", found.Total, "query", v.Query)
	if found.Loose {
		v.Count = lang.TN(ctx, "search.loose", found.Total, "q", v.Query)
	}
	for _, h := range found.Hits {
		item := ui.Item{Kicker: h.Number, Title: h.Title, Href: h.Href, Text: h.Snippet}
		if h.Lang != string(lang.From(ctx).Tag()) {
			item.Lang, item.TextLang = h.Lang, h.Lang
		}
		if h.Example {
			item.Tags = []ui.TagProps{{Tone: ui.Example, Text: lang.T(ctx, "ui.example")}}
		}
		if v.MaySave {
			item.Action = ui.Checkbox(ui.Field{Name: "relevant", ID: "treff-" + h.ID, Label: lang.T(ctx, "need.relevant", "number", h.Number), Value: h.ID, Small: true}, false)
		}
		v.Hits = append(v.Hits, item)
	}
	return knowledgePage(v), nil
}

func (p *pages) searchView(ctx context.Context, n *need.Need, s need.Search, people map[string]string, heads map[string]record.Head) searchView {
	var where []string
	for _, w := range s.Where {
		where = append(where, lang.T(ctx, "need.where."+w))
	}
	return searchView{
		Title: lang.T(ctx, "need.searched_for", "query", s.Query), Conclusion: s.Conclusion, Lang: foreign(ctx, n), Relevant: p.items(ctx, pick(heads, s.Relevant)),
		About: strings.Join([]string{
			strings.Join(where, ", "), lang.TN(ctx, "need.hit_count", s.Hits), lang.T(ctx, "need.by", "date", lang.Date(ctx, s.At), "who", people[s.By]),
		}, " · "),
	}
}
