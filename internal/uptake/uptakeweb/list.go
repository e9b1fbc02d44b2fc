package uptakeweb

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"funn/internal/platform/chart"
	"funn/internal/platform/clock"
	"funn/internal/platform/export"
	"funn/internal/platform/lang"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/uptake"
)

const rowsPerPage = 25

// choice is a field of the filter with a list of answers.
type choice struct {
	Name, Label, All, Value string
	Options                 []ui.Option
}

type listProps struct {
	Filter    uptake.Filter
	Choices   []choice
	Chosen    []ui.ChosenFilter
	ClearHref string
	Count     string
	Late      string
	LateHref  string
	Figure    ui.FigureProps
	Table     ui.TableProps
	Pages     ui.PaginationProps
	Files     []ui.Download
}

// filterOf reads the filter in the address; what is not among the answers is
// left out.
func (p *pages) filterOf(c *web.Context) (uptake.Filter, []choice, error) {
	ctx, q := c.Ctx(), c.R.URL.Query()
	f := uptake.Filter{Query: strings.TrimSpace(q.Get("q")), Overdue: q.Get("forfalt") == "ja"}
	var choices []choice
	add := func(name, label string, options []ui.Option) string {
		value := q.Get(name)
		if !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == value }) {
			value = ""
		}
		choices = append(choices, choice{Name: name, Label: lang.T(ctx, label), All: lang.T(ctx, "uptake.filter.all"), Value: value, Options: options})
		return value
	}
	var states []ui.Option
	for _, s := range p.Service.Kind.States {
		states = append(states, ui.Option{Value: s.Name, Label: lang.T(ctx, "uptake.state."+s.Name)})
	}
	f.State = add("tilstand", "record.state", states)
	ids, err := p.Service.Owners(ctx)
	if err != nil {
		return f, nil, err
	}
	names, err := p.names(ctx, slices.Clone(ids)...)
	if err != nil {
		return f, nil, err
	}
	owners := make([]ui.Option, len(ids))
	for i, id := range ids {
		owners[i] = ui.Option{Value: id, Label: names[id]}
	}
	f.Owner = add("fageier", "relation.subject_owner", sorted(owners))
	slugs, err := p.Service.Themes(ctx)
	if err != nil {
		return f, nil, err
	}
	themes := make([]ui.Option, len(slugs))
	for i, s := range slugs {
		themes[i] = ui.Option{Value: s, Label: p.themeName(ctx, s)}
	}
	f.Theme = add("tema", "uptake.field.theme", sorted(themes))
	return f, choices, nil
}

func sorted(options []ui.Option) []ui.Option {
	slices.SortStableFunc(options, func(a, b ui.Option) int { return lang.Compare(a.Label, b.Label) })
	return options
}

// address gives the list's address with the query changed. It begins on the
// first page unless the change says which.
func address(q url.Values, change func(url.Values)) string {
	out := url.Values{}
	for k, v := range q {
		if k != "side" && k != "format" && k != "malform" && len(v) > 0 && v[0] != "" {
			out[k] = v
		}
	}
	change(out)
	if len(out) == 0 {
		return listPath
	}
	return listPath + "?" + out.Encode()
}

// list shows what is to be decided and done with the knowledge, the nearest
// deadline first.
func (p *pages) list(c *web.Context) error {
	ctx, q := c.Ctx(), c.R.URL.Query()
	f, choices, err := p.filterOf(c)
	if err != nil {
		return err
	}
	if format := q.Get("format"); format != "" {
		return p.download(c, f, format)
	}
	page, _ := strconv.Atoi(q.Get("side"))
	page = max(page, 1)
	list, total, err := p.Service.List(ctx, f, rowsPerPage, (page-1)*rowsPerPage)
	if err != nil {
		return err
	}
	b := listProps{
		Filter: f, Choices: choices, Count: lang.TN(ctx, "uptake.count", total),
		Pages: ui.PaginationProps{Page: page, Pages: (total + rowsPerPage - 1) / rowsPerPage, Href: func(n int) string {
			return address(q, func(v url.Values) { v.Set("side", strconv.Itoa(n)) })
		}},
	}
	chip := func(label, name string) {
		b.Chosen = append(b.Chosen, ui.ChosenFilter{Label: label, RemoveHref: address(q, func(v url.Values) { v.Del(name) })})
	}
	if f.Query != "" {
		chip(lang.T(ctx, "uptake.filter.words")+": "+f.Query, "q")
	}
	for _, k := range choices {
		for _, o := range k.Options {
			if k.Value != "" && o.Value == k.Value {
				chip(k.Label+": "+o.Label, k.Name)
			}
		}
	}
	if f.Overdue {
		chip(lang.T(ctx, "uptake.filter.overdue"), "forfalt")
	}
	if len(b.Chosen) > 0 {
		b.ClearHref = listPath
	}
	if !f.Overdue {
		_, late, err := p.Service.List(ctx, uptake.Filter{Overdue: true}, 1, 0)
		if err != nil {
			return err
		}
		if late > 0 {
			b.Late, b.LateHref = lang.TN(ctx, "uptake.late", late), listPath+"?forfalt=ja"
		}
	}
	waits, err := p.waiting(ctx, list)
	if err != nil {
		return err
	}
	b.Table = p.table(ctx, list, waits)
	if b.Figure, err = p.figure(ctx, f); err != nil {
		return err
	}
	if total > 0 {
		for _, format := range []struct{ name, value string }{{"CSV", "csv"}, {"Excel (XLSX)", "xlsx"}} {
			b.Files = append(b.Files, ui.Download{
				Label: lang.T(ctx, "ui.download_as", "format", format.name), Note: b.Count,
				Href: address(q, func(v url.Values) { v.Set("format", format.value) }),
			})
		}
	}
	return c.Within(http.StatusOK, c.Page(lang.T(ctx, "uptake.nav")), listPage(b))
}

// figure draws how many stand in each state.
func (p *pages) figure(ctx context.Context, f uptake.Filter) (ui.FigureProps, error) {
	counts, err := p.Service.States(ctx, f)
	if err != nil {
		return ui.FigureProps{}, err
	}
	var bars []chart.Bar
	total, closed := 0, counts[uptake.Closed]
	for _, s := range p.Service.Kind.States {
		n := counts[s.Name]
		total += n
		if n > 0 {
			bars = append(bars, chart.Bar{Label: lang.T(ctx, "uptake.state."+s.Name), Value: float64(n)})
		}
	}
	if total == 0 {
		return ui.FigureProps{}, nil
	}
	finding := lang.TN(ctx, "uptake.figure", total-closed, "all", lang.Number(ctx, total))
	drawn := chart.Bars{
		Meta: chart.Meta{ID: "bruk-status", Title: finding}, Bars: bars,
		Format: func(v float64) string { return lang.Number(ctx, int(v)) },
		Words:  chart.BarsWords{Label: lang.T(ctx, "record.state"), Value: lang.T(ctx, "uptake.figure.count")},
	}.Render()
	return ui.FigureProps{ID: "figur-status", Finding: finding, Level: 2, HowToRead: lang.T(ctx, "uptake.figure.how"), Chart: drawn}, nil
}

func (p *pages) waiting(ctx context.Context, list []*uptake.Uptake) (map[string]recordweb.Ball, error) {
	ids := make([]string, len(list))
	for i, u := range list {
		ids[i] = u.ID
	}
	return recordweb.Waiting(ctx, p.Site, ids...)
}

// recommended counts the recommendations, and tells how many wait for an answer.
func recommended(ctx context.Context, u *uptake.Uptake) string {
	n, open := len(u.Recommendations.V), 0
	for _, r := range u.Recommendations.V {
		if r.Answer == "" {
			open++
		}
	}
	switch {
	case n == 0:
		return "–"
	case open == 0:
		return lang.Number(ctx, n)
	}
	return lang.T(ctx, "uptake.recommended", "n", n, "open", open)
}

// decision tells the outcome; "–" when it is not decided.
func decision(ctx context.Context, u *uptake.Uptake) string {
	if u.Outcome == "" {
		return "–"
	}
	return lang.T(ctx, "uptake.outcome."+u.Outcome)
}

// progress tells how many of the actions are finished.
func progress(ctx context.Context, u *uptake.Uptake) string {
	finished, total := u.Progress()
	if total == 0 {
		return "–"
	}
	return lang.T(ctx, "uptake.progress", "finished", finished, "total", total)
}

// deadline gives the next day that something is expected on, and whether it has
// passed: of the decision, of an action, or of the look back.
func deadline(u *uptake.Uptake, today time.Time) (time.Time, bool) {
	switch u.State {
	case uptake.Opened, uptake.Registered, uptake.Assessed:
		return u.Due, u.Late(today)
	case uptake.Planned, uptake.Running:
		return u.NextDue, !u.NextDue.IsZero() && today.After(u.NextDue)
	case uptake.FollowedUp:
		return u.CheckDate, !u.CheckDate.IsZero() && today.After(u.CheckDate)
	}
	return time.Time{}, false
}

// daysOver writes how many days have passed since a deadline that is late.
func daysOver(ctx context.Context, due, today time.Time, late bool) string {
	if !late {
		return ""
	}
	return lang.T(ctx, "uptake.days_over", "days", lang.Days(ctx, clock.Days(due, today)))
}

// overdue writes how late something is.
func overdue(ctx context.Context, due, today time.Time) string {
	return lang.T(ctx, "record.overdue", "date", lang.Day(ctx, due), "days", lang.Days(ctx, clock.Days(due, today)))
}

func (p *pages) table(ctx context.Context, list []*uptake.Uptake, waits map[string]recordweb.Ball) ui.TableProps {
	t := ui.TableProps{Caption: lang.T(ctx, "uptake.nav"), HideCaption: true, Cards: true, Columns: []ui.Column{
		{Label: lang.T(ctx, "uptake.column.case")}, {Label: lang.T(ctx, "record.state")}, {Label: lang.T(ctx, "uptake.column.recommendations")}, {Label: lang.T(ctx, "uptake.column.decision")},
		{Label: lang.T(ctx, "uptake.column.actions")}, {Label: lang.T(ctx, "uptake.column.deadline")}, {Label: lang.T(ctx, "ui.ball")},
	}}
	today := p.Site.Engine.Today(ctx)
	for _, u := range list {
		due, late := deadline(u, today)
		text := "–"
		if !due.IsZero() {
			text = lang.Day(ctx, due)
		}
		sub := []string{u.Number}
		if theme := p.themeName(ctx, u.Theme); theme != "" {
			sub = append(sub, theme)
		}
		t.Rows = append(t.Rows, []templ.Component{
			nameCell(u, strings.Join(sub, " · ")), stateCell(recordweb.StateTag(ctx, p.Site.Engine, u.Base()), u.Example),
			ui.Str(recommended(ctx, u)), ui.Str(decision(ctx, u)), progressCell(u, progress(ctx, u)), dueCell(text, daysOver(ctx, due, today, late)), ui.Str(waits[u.ID].Who),
		})
	}
	return t
}

// download sends the uptakes that the filter holds for, all pages of them.
func (p *pages) download(c *web.Context, f uptake.Filter, format string) error {
	ctx := c.Ctx()
	list, _, err := p.Service.List(ctx, f, 0, 0)
	if err != nil {
		return err
	}
	var ids []string
	for _, u := range list {
		ids = append(ids, u.Owner)
	}
	names, err := p.names(ctx, ids...)
	if err != nil {
		return err
	}
	t, today := func(key string) string { return lang.T(ctx, key) }, p.Site.Engine.Today(ctx)
	sheet := export.Sheet{
		Name: t("uptake.nav"), Title: t("uptake.nav"), Note: lang.T(ctx, "uptake.export.note", "date", lang.DateTime(ctx, p.Site.Engine.Now(ctx))),
		Head: []string{
			t("uptake.export.number"), t("uptake.column.case"), t("uptake.field.theme"), t("relation.subject_owner"), t("record.state"), t("uptake.export.findings"),
			t("uptake.column.recommendations"), t("uptake.column.decision"), t("uptake.export.decided"), t("uptake.export.actions"), t("uptake.export.finished"),
			t("uptake.column.deadline"), t("uptake.export.late"), t("ui.example"),
		},
	}
	yes := func(b bool) export.Cell {
		if b {
			return export.Text(t("form.yes"))
		}
		return export.Empty()
	}
	for _, u := range list {
		due, late := deadline(u, today)
		finished, total := u.Progress()
		outcome, decided := export.Empty(), export.Empty()
		if u.Outcome != "" {
			outcome, decided = export.Text(decision(ctx, u)), export.Date(clock.Day(u.DecidedAt))
		}
		sheet.Rows = append(sheet.Rows, []export.Cell{
			export.Text(u.Number), export.Text(u.Title), export.Text(p.themeName(ctx, u.Theme)), export.Text(names[u.Owner]), export.Text(t("uptake.state." + u.State)),
			export.Int(len(u.Findings.V)), export.Int(len(u.Recommendations.V)), outcome, decided, export.Int(total), export.Int(finished), export.Date(due), yes(late), yes(u.Example),
		})
	}
	return sendSheet(c, sheet, format, "kunnskap-i-bruk-"+today.Format(time.DateOnly))
}

func sendSheet(c *web.Context, sheet export.Sheet, format, name string) error {
	var b bytes.Buffer
	media, err := "text/csv; charset=utf-8", error(nil)
	switch format {
	case "xlsx":
		media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		err = export.WriteXLSX(&b, sheet)
	default:
		format = "csv"
		err = export.WriteCSV(&b, sheet)
	}
	if err != nil {
		return fmt.Errorf("write %s as %s: %w", name, format, err)
	}
	h := c.W.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", `attachment; filename="`+name+`.`+format+`"`)
	h.Set("Cache-Control", "no-store")
	// A reader who has gone away is nobody's fault, and nobody can be told.
	_, _ = c.W.Write(b.Bytes())
	return nil
}
