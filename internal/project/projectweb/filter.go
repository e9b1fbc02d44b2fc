package projectweb

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/project"
)

var errLogIn = fault.New(fault.Unauthorised, "error.unauthorised")

// The views of the portfolio, as the address has them.
const (
	viewTable    = ""
	viewTimeline = "tidslinje"
	viewBudget   = "budsjett"
)

const rowsPerPage = 25

// labels are the public labels of states, as the address has them.
var labels = []struct{ slug, label string }{
	{"planlagt", "planned"}, {"pagar", "running"}, {"pa-vent", "on_hold"}, {"levert", "delivered"}, {"ferdig", "finished"}, {"avbrutt", "cancelled"},
}

// sorts are the orders, as the address has them; a dash in front turns one round.
var sorts = []struct{ slug, by string }{
	{"tittel", "title"}, {"tema", "theme"}, {"periode", "period"}, {"status", "status"}, {"forsinkelse", "delay"}, {"rest", "rest"},
}

// deviations are what projects can be picked out by, as the address has them.
var deviations = []struct{ slug, key string }{
	{"etter", "project.alert." + project.AfterDecision}, {"forsinket", "project." + project.Delayed}, {"ikke-forsinket", "project." + project.OnTime}, {"ukjent", "project." + project.DelayUnknown},
}

// deviation gives the deviation that is asked for, as the address has it.
func (a asked) deviation() string {
	if a.Alert != "" {
		return "etter"
	}
	return map[string]string{project.Delayed: "forsinket", project.OnTime: "ikke-forsinket", project.DelayUnknown: "ukjent"}[a.Delay]
}

// deviate asks for the deviation and no other.
func (a *asked) deviate(slug string) {
	a.Alert = map[string]string{"etter": project.AfterDecision}[slug]
	a.Delay = map[string]string{"forsinket": project.Delayed, "ikke-forsinket": project.OnTime, "ukjent": project.DelayUnknown}[slug]
}

// asked is what the address asks the portfolio for.
type asked struct {
	project.Filter
	Sort project.Sort
	View string
	Page int // from 1

	from, to string // years as typed
	need     string // number
	statuses []string
	// examples is what the address says of examples: "med", "uten" or nothing, which
	// takes them in where there are some to show (the demo).
	examples string
	wrong    map[string]string // field -> message key
}

// read reads the address.
func (p *pages) read(c *web.Context) (asked, error) {
	q := c.R.URL.Query()
	a := asked{View: q.Get("visning"), Page: 1, wrong: map[string]string{}}
	if a.View != viewTimeline && a.View != viewBudget {
		a.View = viewTable
	}
	if n, err := strconv.Atoi(q.Get("side")); err == nil && n > 0 && n < 1_000_000 {
		a.Page = n
	}
	sort, desc := strings.CutPrefix(q.Get("sorter"), "-")
	for _, s := range sorts {
		if s.slug == sort {
			a.Sort = project.Sort{By: s.by, Desc: desc}
		}
	}
	a.Query, a.Theme, a.Org = strings.TrimSpace(q.Get("q")), q.Get("tema"), q.Get("institusjon")
	a.Instruments = given(q["virkemiddel"])
	a.statuses = given(q["status"])
	for _, s := range a.statuses {
		label := s // unknown ones find nothing
		for _, l := range labels {
			if l.slug == s {
				label = l.label
			}
		}
		a.Labels = append(a.Labels, label)
	}
	a.from, a.to = strings.TrimSpace(q.Get("fra")), strings.TrimSpace(q.Get("til"))
	a.From, a.To = a.year("fra", a.from), a.year("til", a.to)
	if a.From != 0 && a.To != 0 && a.To < a.From {
		a.wrong["til"] = "project.filter.years_turned"
		a.From, a.To = 0, 0
	}
	a.FinishedIn, a.StartedIn = year(q.Get("ferdig")), year(q.Get("startet"))
	if day, err := time.Parse(time.DateOnly, q.Get("aktiv")); err == nil {
		a.ActiveOn = day
	}
	a.deviate(q.Get("avvik"))
	if a.need = q.Get("behov"); a.need != "" {
		h, err := p.Site.Engine.Find(c.Ctx(), a.need)
		if err != nil && fault.Of(err) != fault.NotFound {
			return a, err
		}
		if a.NeedID = h.ID; h.Kind != "need" {
			a.NeedID = "-" // finds nothing
		}
	}
	a.examples = q.Get("eksempler")
	if a.examples != "med" && a.examples != "uten" {
		a.examples = ""
	}
	a.Example = a.examples == "med" || a.examples == "" && c.Router.Demo != nil
	return a, nil
}

func given(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(s string) bool { return s == "" })
}

// year reads a year that a field asks for, and notes when it is none.
func (a *asked) year(field, typed string) int {
	if typed == "" {
		return 0
	}
	n := year(typed)
	if n == 0 {
		a.wrong[field] = "project.filter.year"
	}
	return n
}

func year(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1900 || n > 2200 {
		return 0
	}
	return n
}

// values gives the address's parameters; what is not asked for is left out.
func (a asked) values() url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	number := func(name string, n int) {
		if n != 0 {
			q.Set(name, strconv.Itoa(n))
		}
	}
	set("q", a.Query)
	set("tema", a.Theme)
	set("institusjon", a.Org)
	if len(a.Instruments) > 0 {
		q["virkemiddel"] = a.Instruments
	}
	if len(a.statuses) > 0 {
		q["status"] = a.statuses
	}
	set("fra", a.from)
	set("til", a.to)
	number("ferdig", a.FinishedIn)
	number("startet", a.StartedIn)
	if !a.ActiveOn.IsZero() {
		q.Set("aktiv", a.ActiveOn.Format(time.DateOnly))
	}
	set("avvik", a.deviation())
	set("behov", a.need)
	set("eksempler", a.examples)
	for _, s := range sorts {
		if s.by == a.Sort.By {
			slug := s.slug
			if a.Sort.Desc {
				slug = "-" + slug
			}
			q.Set("sorter", slug)
		}
	}
	set("visning", a.View)
	if a.Page > 1 {
		number("side", a.Page)
	}
	return q
}

// href gives the portfolio's address with something changed; it begins on the
// first page unless the change says which.
func (a asked) href(change func(*asked)) string { return a.at(list, change) }

func (a asked) at(base string, change func(*asked)) string {
	a.Page = 1
	a.Instruments, a.statuses = slices.Clone(a.Instruments), slices.Clone(a.statuses)
	if change != nil {
		change(&a)
	}
	q := a.values()
	if len(q) == 0 {
		return base
	}
	return base + "?" + q.Encode()
}

// plain gives what is asked for with nothing chosen but the view, the order and
// whether examples are shown.
func (a asked) plain() asked {
	return asked{View: a.View, Sort: a.Sort, examples: a.examples, Filter: project.Filter{Example: a.Example}, Page: 1}
}

// narrows says whether anything is chosen.
func (a asked) narrows() bool { return a.href(nil) != a.plain().href(nil) }

// hidden carries along what the filter's form has no field for.
func (a asked) hidden() []ui.HiddenField {
	var out []ui.HiddenField
	q := a.values()
	for _, name := range []string{"visning", "sorter", "ferdig", "startet", "aktiv", "behov"} {
		if v := q.Get(name); v != "" {
			out = append(out, ui.HiddenField{Name: name, Value: v})
		}
	}
	return out
}

// chosen gives the filters that are on, each with the address without it.
func (p *pages) chosen(ctx context.Context, a asked, orgs map[string]string) []ui.ChosenFilter {
	var out []ui.ChosenFilter
	add := func(label string, without func(*asked)) {
		out = append(out, ui.ChosenFilter{Label: label, RemoveHref: a.href(without)})
	}
	if a.Query != "" {
		add("«"+a.Query+"»", func(a *asked) { a.Query = "" })
	}
	if a.Theme != "" {
		add(p.theme(ctx, a.Theme), func(a *asked) { a.Theme = "" })
	}
	for i, instrument := range a.Instruments {
		add(word(ctx, "instrument.", instrument), func(a *asked) { a.Instruments = slices.Delete(a.Instruments, i, i+1) })
	}
	for i, slug := range a.statuses {
		add(word(ctx, "project.label.", a.Labels[i]), func(a *asked) { a.statuses = slices.DeleteFunc(a.statuses, func(s string) bool { return s == slug }) })
	}
	if a.Org != "" {
		name := orgs[a.Org]
		if name == "" {
			name = lang.T(ctx, "project.filter.unknown")
		}
		add(name, func(a *asked) { a.Org = "" })
	}
	if a.From != 0 {
		add(lang.T(ctx, "project.filter.from_year", "year", a.from), func(a *asked) { a.from = "" })
	}
	if a.To != 0 {
		add(lang.T(ctx, "project.filter.to_year", "year", a.to), func(a *asked) { a.to = "" })
	}
	for _, d := range deviations {
		if d.slug == a.deviation() {
			add(lang.T(ctx, d.key), func(a *asked) { a.deviate("") })
		}
	}
	if a.FinishedIn != 0 {
		add(lang.T(ctx, "project.filter.finished", "year", strconv.Itoa(a.FinishedIn)), func(a *asked) { a.FinishedIn = 0 })
	}
	if a.StartedIn != 0 {
		add(lang.T(ctx, "project.filter.started", "year", strconv.Itoa(a.StartedIn)), func(a *asked) { a.StartedIn = 0 })
	}
	if !a.ActiveOn.IsZero() {
		add(lang.T(ctx, "project.filter.active", "day", lang.Day(ctx, a.ActiveOn)), func(a *asked) { a.ActiveOn = time.Time{} })
	}
	if a.need != "" {
		add(lang.T(ctx, "project.filter.need", "number", a.need), func(a *asked) { a.need = "" })
	}
	return out
}

// word gives the text of a code; a code that has none, from a made-up address, is
// said to be unknown.
func word(ctx context.Context, prefix, code string) string {
	if s, ok := lang.Maybe(ctx, prefix+code); ok {
		return s
	}
	return lang.T(ctx, "project.filter.unknown")
}

func (p *pages) theme(ctx context.Context, slug string) string {
	switch slug {
	case "":
		return ""
	case project.NoTheme:
		return lang.T(ctx, "project.no_theme")
	}
	if name := p.ThemeName(ctx, slug); name != "" {
		return name
	}
	return slug
}
