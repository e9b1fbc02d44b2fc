package portal

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"funn/internal/platform/lang"
	"funn/internal/platform/search"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// facet is a property that hits can be narrowed by. Its parameter and its label
// are the reader's, its name is the index's; kind is a property of every document.
type facet struct {
	param, name, label string
	prefix             string // of the messages of its values; empty when the values are words themselves
}

var facets = []facet{
	{"innhold", "kind", "portal.facet.kind", "portal.kind."},
	{"type", "type", "portal.facet.type", "publication.type."},
	{"tema", "theme", "portal.facet.theme", ""},
	{"aar", "year", "portal.facet.year", ""},
	{"institusjon", "institution", "portal.facet.institution", ""},
	{"sprak", "language", "portal.facet.language", "language."},
}

// inSight is how many values of a facet stand open; the rest is a click away.
const inSight = 3

type facetView struct {
	Field, Rest ui.Field
	First, More []ui.Option
	Chosen      []string
	MoreText    string
}

type searchProps struct {
	Title, Query             string
	Facets                   []facetView
	Chosen                   []ui.ChosenFilter
	Count                    string
	Items                    []ui.Item
	Pages                    ui.PaginationProps
	Examples                 bool
	ExampleHref, ExampleText string
	Related                  string // which other words were searched for
	SuggestHref, Suggest     string
	LastHref, Last           string // takes off the filter that was chosen last
	Themes                   []ui.Crumb
	AskHref                  string
}

// search finds public documents and lets the reader narrow them.
func (p *pages) search(c *web.Context) error {
	ctx := c.Ctx()
	f := filterOf(c, searchPath)
	themes, err := p.Reader.Themes(ctx)
	if err != nil {
		return err
	}
	q := search.Query{Text: f.words, Facets: map[string][]string{}, Loosen: true, Limit: perPage, Offset: (f.page() - 1) * perPage}
	if !f.examples {
		q.Facets["example"] = []string{"false"}
	}
	for _, x := range facets {
		values := slices.DeleteFunc(slices.Clone(f.query[x.param]), func(v string) bool { return v == "" || len(v) > 200 })
		switch {
		case len(values) == 0:
		case x.name == "kind":
			q.Kinds = values
		default:
			q.Facets[x.name] = values
		}
	}
	found, err := p.Reader.Search(ctx, q)
	if err != nil {
		return err
	}
	b := searchProps{
		Query: f.words, Examples: f.examples, Title: lang.T(ctx, "portal.search"), AskHref: feedbackPath + "?" + url.Values{"side": {c.R.URL.RequestURI()}}.Encode(),
		Pages: ui.PaginationProps{Page: f.page(), Pages: (found.Total + perPage - 1) / perPage, Href: func(n int) string {
			return f.address(func(v url.Values) { v.Set("side", strconv.Itoa(n)) })
		}},
	}
	b.Related = search.AlsoFound(ctx, found)
	b.Count = lang.TN(ctx, "portal.hits_all", found.Total)
	if f.words != "" {
		b.Title = lang.T(ctx, "portal.search_for", "q", f.words)
		b.Count = lang.TN(ctx, "portal.hits", found.Total, "q", f.words)
		if found.Loose {
			b.Count = lang.TN(ctx, "search.loose", found.Total, "q", f.words)
		}
		b.Chosen = append(b.Chosen, ui.ChosenFilter{Label: "«" + f.words + "»", RemoveHref: f.address(func(v url.Values) { v.Del("q") })})
	}
	for _, x := range facets {
		b.Chosen = append(b.Chosen, f.taken(x, themes)...)
		if v, ok := f.view(x, found.Facets[x.name], themes); ok {
			b.Facets = append(b.Facets, v)
		}
	}
	for _, h := range found.Hits {
		b.Items = append(b.Items, hitItem(ctx, h))
	}
	examples := 0
	for _, n := range found.Facets["example"] {
		if n.Value == "true" {
			examples = n.N
		}
	}
	b.ExampleHref, b.ExampleText = f.exampleLink(examples)
	if found.Total == 0 {
		f.help(&b, found, themes)
	}
	props := page(c, b.Title, lang.T(ctx, "portal.search.description"))
	props.Shell.Query = f.words
	return show(c, props, searchPage(b))
}

// help tells what to do when nothing was found.
func (f *filter) help(b *searchProps, found search.Result, themes []Theme) {
	if found.Suggest != "" {
		b.Suggest = found.Suggest
		b.SuggestHref = f.address(func(q url.Values) { q.Set("q", found.Suggest) })
	}
	if n := len(b.Chosen); n > 1 || n == 1 && f.words == "" {
		b.Last, b.LastHref = b.Chosen[n-1].Label, b.Chosen[n-1].RemoveHref
	}
	for _, t := range themes {
		if !t.Earlier {
			b.Themes = append(b.Themes, ui.Crumb{Label: t.Title, Href: themeURL(t.Slug)})
		}
	}
}

// word gives the value of a facet in the reader's words.
func (x facet) word(ctx context.Context, value string, themes []Theme) string {
	if x.name == "theme" && value == NoTheme {
		return lang.T(ctx, "portal.no_theme")
	}
	if x.name == "theme" {
		if i := slices.IndexFunc(themes, func(t Theme) bool { return t.Slug == value }); i >= 0 {
			return themes[i].Title
		}
	}
	if x.prefix != "" {
		if s, ok := lang.Maybe(ctx, x.prefix+value); ok {
			return s
		}
	}
	return value
}

// taken gives the values of a facet that the hits are narrowed by.
func (f *filter) taken(x facet, themes []Theme) []ui.ChosenFilter {
	var out []ui.ChosenFilter
	for _, v := range f.query[x.param] {
		if v != "" {
			out = append(out, ui.ChosenFilter{Label: lang.T(f.ctx, x.label) + ": " + x.word(f.ctx, v, themes), RemoveHref: f.address(func(q url.Values) {
				if q[x.param] = slices.DeleteFunc(q[x.param], func(o string) bool { return o == v }); len(q[x.param]) == 0 {
					q.Del(x.param)
				}
			})})
		}
	}
	return out
}

// view gives a facet's values with how many hits each has, those chosen and those
// with the most hits first; years with the newest first. A facet of a single value
// narrows nothing and is left out.
func (f *filter) view(x facet, counts []search.Count, themes []Theme) (facetView, bool) {
	chosen := f.query[x.param]
	if len(counts) < 2 && len(chosen) == 0 {
		return facetView{}, false
	}
	counts = slices.Clone(counts)
	slices.SortStableFunc(counts, func(a, b search.Count) int {
		if first := rank(chosen, a.Value) - rank(chosen, b.Value); first != 0 {
			return first
		}
		if x.name == "year" {
			return strings.Compare(b.Value, a.Value)
		}
		return 0
	})
	v := facetView{Field: ui.Field{Name: x.param, ID: "fasett-" + x.param, Label: lang.T(f.ctx, x.label), Small: true}, Chosen: chosen}
	for i, n := range counts {
		o := ui.Option{Value: n.Value, Label: x.word(f.ctx, n.Value, themes) + " (" + lang.Number(f.ctx, n.N) + ")"}
		if i < max(inSight, len(chosen)) {
			v.First = append(v.First, o)
		} else {
			v.More = append(v.More, o)
		}
	}
	v.Rest = ui.Field{Name: x.param, ID: v.Field.ID + "-flere", Label: lang.T(f.ctx, "portal.facet.rest", "facet", v.Field.Label), HideLabel: true, Small: true}
	v.MoreText = lang.TN(f.ctx, "portal.facet.more", len(v.More), "facet", strings.ToLower(v.Field.Label))
	return v, len(v.First) > 0
}

func rank(chosen []string, value string) int {
	if slices.Contains(chosen, value) {
		return 0
	}
	return 1
}

// hitItem shows a hit.
func hitItem(ctx context.Context, h search.Hit) ui.Item {
	kind := (facet{prefix: "portal.kind_one."}).word(ctx, h.Kind, nil)
	if types := h.Facets["type"]; len(types) > 0 {
		kind = lang.T(ctx, "publication.type."+types[0])
	}
	item := ui.Item{Kicker: kind, Title: h.Title, Href: h.URL, Lang: foreign(ctx, h.Lang), Tags: exampleTag(ctx, h.Example)}
	first := h.Number
	if years := h.Facets["year"]; len(years) > 0 {
		first = years[0]
	}
	if h.Kind != "project" { // a project's words are its facts, which stand below
		var text strings.Builder
		for _, piece := range h.Snippet {
			text.WriteString(piece.Text)
		}
		item.Text, item.TextLang = strings.TrimSpace(text.String()), item.Lang
	}
	item.Meta = meta(first, h.Facets["institution"]...)
	return item
}
