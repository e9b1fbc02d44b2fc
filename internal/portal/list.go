package portal

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

const perPage = 20

// choice is a field of a filter with its answers.
type choice struct {
	Name, Label, All, Value string
	Options                 []ui.Option
}

// filter is what the address of a list asks for.
type filter struct {
	ctx      context.Context
	path     string
	query    url.Values
	words    string
	choices  []choice
	examples bool
}

func filterOf(c *web.Context, path string) *filter {
	q := c.R.URL.Query()
	return &filter{ctx: c.Ctx(), path: path, query: q, words: strings.TrimSpace(q.Get("q")), examples: q.Get("eksempel") == "true"}
}

// add reads the value of a field; what is not among the answers is left out.
func (f *filter) add(name, label string, options []ui.Option) string {
	value := f.query.Get(name)
	if !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == value }) {
		value = ""
	}
	f.choices = append(f.choices, choice{Name: name, Label: lang.T(f.ctx, label), All: lang.T(f.ctx, "portal.all"), Value: value, Options: options})
	return value
}

// page gives the number of the page that is asked for, from 1.
func (f *filter) page() int {
	n, err := strconv.Atoi(f.query.Get("side"))
	if err != nil || n < 1 || n > 400 {
		return 1
	}
	return n
}

// address gives the list's address with the query changed. It begins on the
// first page unless the change says which.
func (f *filter) address(change func(url.Values)) string {
	q := maps.Clone(f.query)
	q.Del("side")
	q.Del("malform")
	maps.DeleteFunc(q, func(_ string, v []string) bool { return len(v) == 0 || v[0] == "" })
	for k, v := range q {
		q[k] = slices.Clone(v)
	}
	change(q)
	if len(q) == 0 {
		return f.path
	}
	return f.path + "?" + q.Encode()
}

// chosen gives what the list is narrowed by, each with the way to take it off.
func (f *filter) chosen() []ui.ChosenFilter {
	var out []ui.ChosenFilter
	if f.words != "" {
		out = append(out, ui.ChosenFilter{Label: "«" + f.words + "»", RemoveHref: f.address(func(q url.Values) { q.Del("q") })})
	}
	for _, k := range f.choices {
		for _, o := range k.Options {
			if k.Value != "" && o.Value == k.Value {
				out = append(out, ui.ChosenFilter{Label: k.Label + ": " + o.Label, RemoveHref: f.address(func(q url.Values) { q.Del(k.Name) })})
			}
		}
	}
	return out
}

// exampleLink leads to the list with the examples, or without when they are in it.
func (f *filter) exampleLink(there int) (href, text string) {
	if f.examples {
		return f.address(func(q url.Values) { q.Del("eksempel") }), lang.T(f.ctx, "portal.without_examples")
	}
	if there == 0 {
		return "", ""
	}
	return f.address(func(q url.Values) { q.Set("eksempel", "true") }), lang.TN(f.ctx, "portal.with_examples", there)
}

// listProps is a list of reports or projects.
type listProps struct {
	Title, Lead, Path        string
	Query                    string
	Examples                 bool
	Choices                  []choice
	Chosen                   []ui.ChosenFilter
	Count                    string
	Items                    []ui.Item
	ExampleHref, ExampleText string
	Pages                    ui.PaginationProps
	EmptyTitle, EmptyText    string
}

func (f *filter) props(total, examples int) listProps {
	page := f.page()
	b := listProps{
		Path: f.path, Query: f.words, Examples: f.examples, Choices: f.choices, Chosen: f.chosen(),
		Pages: ui.PaginationProps{Page: page, Pages: (total + perPage - 1) / perPage, Href: func(n int) string {
			return f.address(func(q url.Values) { q.Set("side", strconv.Itoa(n)) })
		}},
		EmptyTitle: lang.T(f.ctx, "portal.empty"), EmptyText: lang.T(f.ctx, "portal.empty_text"),
	}
	b.ExampleHref, b.ExampleText = f.exampleLink(examples)
	return b
}

func codes(ctx context.Context, prefix string, values []string) []ui.Option {
	out := make([]ui.Option, len(values))
	for i, v := range values {
		out[i] = ui.Option{Value: v, Label: lang.T(ctx, prefix+v)}
	}
	return out
}

func themeOptions(ctx context.Context, themes []Theme) []ui.Option {
	out := make([]ui.Option, len(themes))
	for i, t := range themes {
		out[i] = ui.Option{Value: t.Slug, Label: t.Title}
		if t.Earlier {
			out[i].Label = lang.T(ctx, "portal.earlier_theme", "theme", t.Title)
		}
	}
	return append(out, ui.Option{Value: NoTheme, Label: lang.T(ctx, "portal.no_theme")})
}

// reports lists the public reports, the newest first.
func (p *pages) reports(c *web.Context) error {
	ctx := c.Ctx()
	f := filterOf(c, reportsPath)
	themes, err := p.Reader.Themes(ctx)
	if err != nil {
		return err
	}
	years, err := p.Reader.ReportYears(ctx, f.examples)
	if err != nil {
		return err
	}
	var yearOptions []ui.Option
	for _, y := range years {
		yearOptions = append(yearOptions, ui.Option{Value: year(y), Label: year(y)})
	}
	want := ReportFilter{Query: f.words, Examples: f.examples}
	want.Theme = f.add("tema", "portal.facet.theme", themeOptions(ctx, themes))
	want.Year, _ = strconv.Atoi(f.add("aar", "portal.facet.year", yearOptions))
	want.Type = f.add("type", "portal.facet.type", codes(ctx, "publication.type.", p.ReportTypes))
	list, total, err := p.Reader.Reports(ctx, want, perPage, (f.page()-1)*perPage)
	if err != nil {
		return err
	}
	with := want
	with.Examples = true
	_, all, err := p.Reader.Reports(ctx, with, 1, 0)
	if err != nil {
		return err
	}
	b := f.props(total, all-total)
	b.Title, b.Lead = lang.T(ctx, "portal.reports"), lang.T(ctx, "portal.reports.lead")
	b.Count, b.Items = lang.TN(ctx, "portal.reports.count", total), reportItems(ctx, list)
	return show(c, page(c, b.Title, b.Lead), listPage(b))
}

// projects lists the public projects by number.
func (p *pages) projects(c *web.Context) error {
	ctx := c.Ctx()
	f := filterOf(c, projectsPath)
	themes, err := p.Reader.Themes(ctx)
	if err != nil {
		return err
	}
	want := ProjectFilter{Query: f.words, Examples: f.examples}
	want.Theme = f.add("tema", "portal.facet.theme", themeOptions(ctx, themes))
	want.Instrument = f.add("virkemiddel", "portal.facet.instrument", codes(ctx, "instrument.", p.Instruments))
	want.Label = f.add("status", "portal.facet.state", codes(ctx, "project.label.", p.Labels))
	list, total, err := p.Reader.Projects(ctx, want, perPage, (f.page()-1)*perPage)
	if err != nil {
		return err
	}
	with := want
	with.Examples = true
	_, all, err := p.Reader.Projects(ctx, with, 1, 0)
	if err != nil {
		return err
	}
	b := f.props(total, all-total)
	b.Title, b.Lead = lang.T(ctx, "portal.projects"), lang.T(ctx, "portal.projects.lead")
	b.Count, b.Items = lang.TN(ctx, "portal.projects.count", total), ProjectItems(ctx, list)
	return show(c, page(c, b.Title, b.Lead), listPage(b))
}
