// Package orgweb is what people see of the organisation: its units and offices,
// the organisations that it works with, and the people with their roles and
// stand-ins.
package orgweb

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"funn/internal/org"
	"funn/internal/platform/export"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// Deps is what the pages need of the rest of the house.
type Deps struct {
	Directory *org.Directory
	Site      *recordweb.Site
	// Uses gives the records that an organisation takes part in and that the
	// context's actor may read, such as projects and framework agreements.
	Uses func(ctx context.Context, organisation string) ([]record.Head, error)
}

type pages struct{ Deps }

// Module gives the organisation as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "org", Kinds: d.Directory.Kinds(), Migrations: org.Migrations, Messages: org.Messages,
		Routes: p.routes,
		Nav:    []web.NavEntry{{Key: "org.nav", Path: overviewPath, Order: 90}},
	}
}

const (
	overviewPath = "/organisasjon"
	unitPath     = "/organisasjon/enhet"
	bodyPath     = "/organisasjon/institusjon"
	personPath   = "/organisasjon/person"
)

func (p *pages) routes(r *web.Router) {
	d := p.Directory
	recordweb.Mount(p.Site, recordweb.View[*org.Unit]{Kind: d.Units, Body: p.unit, UpKey: "unit.name_plural", UpPath: unitPath, NoThread: true})
	recordweb.Mount(p.Site, recordweb.View[*org.Organisation]{Kind: d.Organisations, Body: p.organisation, UpKey: "organisation.name_plural", UpPath: bodyPath, NoThread: true})
	recordweb.Mount(p.Site, recordweb.View[*org.Person]{Kind: d.Persons, Body: p.person, UpKey: "person.name_plural", UpPath: personPath, NoThread: true})
	r.Add(
		web.Route{Pattern: "GET " + overviewPath, Rule: web.Staff, Handle: p.overview},
		web.Route{Pattern: "GET " + unitPath, Rule: web.Staff, Handle: p.units},
		web.Route{Pattern: "GET " + bodyPath, Rule: web.Staff, Handle: p.organisations},
		web.Route{Pattern: "GET " + personPath, Rule: web.Staff, Handle: p.persons},
	)
}

// tabs leads between the pages of the organisation.
func tabs(ctx context.Context, current string) []ui.Tab {
	tab := func(key, path string) ui.Tab {
		return ui.Tab{Label: lang.T(ctx, key), Href: path, Current: path == current}
	}
	return []ui.Tab{
		tab("org.overview", overviewPath), tab("unit.name_plural", unitPath),
		tab("organisation.name_plural", bodyPath), tab("person.name_plural", personPath),
	}
}

// pageSize is how many rows a page of a list has.
const pageSize = 25

// listing is what the lists have in common: the filters in the address, the page,
// and the rows as a file.
type listing struct {
	path   string
	filter url.Values // without the page
	page   int
	total  int
}

// list reads the filters named from the request.
func list(c *web.Context, path string, names ...string) *listing {
	l := &listing{path: path, filter: url.Values{}, page: 1}
	for _, n := range names {
		if v := c.Query(n); v != "" {
			l.filter.Set(n, v)
		}
	}
	if n, err := strconv.Atoi(c.Query("side")); err == nil && n > 1 {
		l.page = n
	}
	return l
}

func (l *listing) get(name string) string { return l.filter.Get(name) }

// offset gives the first row of the page. A page beyond the last is the last.
func (l *listing) offset(total int) int {
	l.total = total
	if last := (total + pageSize - 1) / pageSize; l.page > last && last > 0 {
		l.page = last
	}
	return (l.page - 1) * pageSize
}

func (l *listing) href(change func(url.Values)) string {
	q := url.Values{}
	for k, v := range l.filter {
		q[k] = v
	}
	change(q)
	if len(q) == 0 {
		return l.path
	}
	return l.path + "?" + q.Encode()
}

func (l *listing) pages() ui.PaginationProps {
	return ui.PaginationProps{Page: l.page, Pages: (l.total + pageSize - 1) / pageSize, Href: func(n int) string {
		return l.href(func(q url.Values) { q.Set("side", strconv.Itoa(n)) })
	}}
}

// chosen gives the filters that are on, in words.
func (l *listing) chosen(words func(name, value string) string, names ...string) []ui.ChosenFilter {
	var out []ui.ChosenFilter
	for _, n := range names {
		if v := l.get(n); v != "" {
			out = append(out, ui.ChosenFilter{Label: words(n, v), RemoveHref: l.href(func(q url.Values) { q.Del(n) })})
		}
	}
	return out
}

func (l *listing) downloads(ctx context.Context) []ui.Download {
	return []ui.Download{{Label: lang.T(ctx, "ui.download_as", "format", "CSV"), Href: l.href(func(q url.Values) { q.Set("format", "csv") })}}
}

// csv answers with the list as a file.
func csv(c *web.Context, name string, s export.Sheet) error {
	h := c.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name+".csv"))
	h.Set("Cache-Control", "no-store")
	return export.WriteCSV(c.W, s)
}

// period writes a time from one day to another, either of which may be open.
func period(ctx context.Context, from, to time.Time) string {
	switch {
	case from.IsZero() && to.IsZero():
		return ""
	case to.IsZero():
		return lang.T(ctx, "org.from", "date", lang.Day(ctx, from))
	case from.IsZero():
		return lang.T(ctx, "org.to", "date", lang.Day(ctx, to))
	}
	return lang.Day(ctx, from) + " – " + lang.Day(ctx, to)
}

func texts(s ...string) []templ.Component {
	out := make([]templ.Component, len(s))
	for i := range s {
		out[i] = ui.Str(s[i])
	}
	return out
}

// row makes a row whose first cell leads somewhere.
func row(href, title, sub string, cells ...string) []templ.Component {
	return append([]templ.Component{ui.NameCell(href, title, sub)}, texts(cells...)...)
}

func address(path, number string) string { return path + "/" + url.PathEscape(number) }
