package needweb

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"funn/internal/need"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/export"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

const (
	rowsPerPage    = 25
	cardsPerColumn = 30 // the rest is in the list
)

// board shows the needs that everybody in the agency sees, as a board or as
// rows, narrowed as the address says (requirement B6).
func (p *pages) board(c *web.Context) error {
	ctx := c.Ctx()
	f := parseFilter(c.R.URL.Query())
	all, err := p.Service.Kind.List(ctx, *new(db.Where).In("r.state", states[f.Which]...), "r.number", 0, 0)
	if err != nil {
		return err
	}
	s, err := p.prepare(ctx, all)
	if err != nil {
		return err
	}
	var needs []*need.Need
	late := 0
	for _, n := range all {
		if f.holds(n, s.today) {
			needs = append(needs, n)
		}
		if n.Timing(s.today).Late() {
			late++
		}
	}
	f.order(needs, s.themes)
	if format := c.Query("format"); format != "" {
		return p.download(c, s, needs, format)
	}
	b, err := p.boardProps(ctx, f, s)
	if err != nil {
		return err
	}
	if late > 0 && !f.OnlyLate {
		b.Late, b.LateHref = lang.TN(ctx, "need.late", late), f.without().href(func(f *filter) { f.OnlyLate, f.Which = true, whichOpen })
	}
	b.Count, b.Order = lang.TN(ctx, "need.count", len(needs)), lang.T(ctx, "need.order."+cmp.Or(f.Sort, "beslutning"))
	b.Files = files(ctx, f, len(needs))
	switch {
	case len(needs) == 0:
	case f.List:
		pages := (len(needs) + rowsPerPage - 1) / rowsPerPage
		page := min(f.Page, pages)
		b.Pages = ui.PaginationProps{Page: page, Pages: pages, Href: func(n int) string { return f.href(func(f *filter) { f.Page = n }) }}
		rows := needs[(page-1)*rowsPerPage : min(page*rowsPerPage, len(needs))]
		b.Table = p.table(ctx, f, s, rows)
	default:
		b.Columns = p.columns(ctx, f, s, needs)
	}
	if b.Drafts, err = p.drafts(ctx); err != nil {
		return err
	}
	page := c.Page(lang.T(ctx, "need.name_plural"))
	status := http.StatusOK
	if f.BadDate {
		status, page.Errors = http.StatusUnprocessableEntity, 1
	}
	return c.Within(status, page, boardPage(b))
}

// shown is what the cards and rows need besides the needs themselves.
type shown struct {
	themes  map[string]string // name by slug
	units   map[string]string // name by path
	waits   map[string]string // who has the ball, by the need's id
	seconds map[string]bool   // whether the reader's unit can support it, by id
	today   time.Time
	now     time.Time
}

func (p *pages) prepare(ctx context.Context, needs []*need.Need) (shown, error) {
	e := p.Site.Engine
	s := shown{units: map[string]string{}, seconds: map[string]bool{}, today: e.Today(ctx), now: e.Now(ctx)}
	var err error
	if s.themes, err = p.themeNames(ctx, needs...); err != nil {
		return s, err
	}
	if s.waits, err = p.waiting(ctx, needs); err != nil {
		return s, err
	}
	for _, n := range needs {
		if _, known := s.units[n.Unit]; !known {
			s.units[n.Unit] = p.unitName(ctx, n.Unit)
		}
		if s.seconds[n.ID], err = p.Service.MaySecond(ctx, n); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (p *pages) unitName(ctx context.Context, path string) string {
	if path == "" || p.Site.Unit == nil {
		return path
	}
	return p.Site.Unit(ctx, path)
}

// themeNames gives the names of the themes in force and of those that the needs
// have, by slug.
func (p *pages) themeNames(ctx context.Context, needs ...*need.Need) (map[string]string, error) {
	options, err := p.Service.Themes(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, o := range options {
		out[o.Value] = o.Label
	}
	for _, n := range needs {
		for _, slug := range n.Themes.V {
			if out[slug] == "" && p.ThemeName != nil {
				out[slug] = p.ThemeName(ctx, slug)
			}
		}
	}
	return out, nil
}

// waiting tells whom each need waits for: whoever has a task, or else whoever has
// one where the work on it goes on.
func (p *pages) waiting(ctx context.Context, needs []*need.Need) (map[string]string, error) {
	ids := make([]string, len(needs))
	for i, n := range needs {
		ids[i] = n.ID
	}
	balls, err := recordweb.Waiting(ctx, p.Site, ids...)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	var elsewhere []record.Head
	for _, n := range needs {
		if out[n.ID] = balls[n.ID].Who; out[n.ID] == "" {
			elsewhere = append(elsewhere, n.Head)
		}
	}
	ahead, err := recordweb.Ahead(ctx, p.Site, elsewhere...)
	if err != nil {
		return nil, err
	}
	for _, h := range elsewhere {
		var who []string
		for _, next := range ahead[h.ID] {
			if next.Head.Kind == goesOn[h.State] {
				who = append(who, next.Ball.Who+" ("+next.Head.Number+")")
			}
		}
		out[h.ID] = strings.Join(who, ", ")
	}
	return out, nil
}

// goesOn is the kind of record that takes a need on from a state: the need's page
// tells of all of them, the board of those that it waits for.
var goesOn = map[string]string{need.InstrumentChosen: "project", need.Acquiring: "project", need.Answered: "uptake"}

// due tells of the decision that the need is for, and whether the answer comes
// too late for it.
func due(ctx context.Context, n *need.Need, today time.Time) (string, bool) {
	date := lang.Day(ctx, n.DecisionDate)
	switch timing := n.Timing(today); {
	case timing == need.AfterDecision && n.State == need.Answered:
		return lang.T(ctx, "need.due.came", "gap", gap(ctx, n.DecisionDate, n.Forecast)), true
	case timing == need.AfterDecision:
		return lang.T(ctx, "need.due.after", "forecast", lang.Day(ctx, n.Forecast), "gap", gap(ctx, n.DecisionDate, n.Forecast)), true
	case timing == need.Passed:
		return lang.T(ctx, "need.due.passed", "date", date), true
	case n.DecisionDate.IsZero():
		return "", false
	}
	return lang.T(ctx, "need.due.on", "date", date), false
}

// gap writes the time between two days: days below a month, else months begun.
func gap(ctx context.Context, from, to time.Time) string {
	if next := from.AddDate(0, 1, 0); to.Before(next) {
		return lang.Days(ctx, clock.Days(from, to))
	}
	months := 1
	for from.AddDate(0, months, 0).Before(to) {
		months++
	}
	return lang.Months(ctx, months)
}

// boardProps is what the page shows.
type boardProps struct {
	Filter               filter
	DateError            string
	Themes, Units        []ui.Option
	Phases, Which, Sorts []ui.Option
	Chosen               []ui.ChosenFilter
	Hidden               []ui.HiddenField
	ClearHref            string
	Tabs                 []ui.Tab
	MayReport            bool
	Late, LateHref       string
	Drafts               []ui.Fact
	Count, Order         string
	Columns              []column
	Table                ui.TableProps
	Pages                ui.PaginationProps
	Files                []ui.Download
}

type column struct {
	Title          string
	Items          []ui.Item
	More, MoreHref string // leads to the list when the column shows only the first
}

func (p *pages) boardProps(ctx context.Context, f filter, s shown) (boardProps, error) {
	b := boardProps{Filter: f, MayReport: p.Service.MayReport(ctx)}
	themes, err := p.Service.Themes(ctx)
	if err != nil {
		return b, err
	}
	units, err := p.Service.Units(ctx)
	if err != nil {
		return b, err
	}
	b.Themes = options(themes)
	for _, path := range units {
		b.Units = append(b.Units, ui.Option{Value: path, Label: p.unitName(ctx, path)})
	}
	slices.SortStableFunc(b.Units, func(x, y ui.Option) int { return lang.Compare(x.Label, y.Label) })
	for _, phase := range need.Phases {
		b.Phases = append(b.Phases, ui.Option{Value: phase, Label: lang.T(ctx, "phase."+phase)})
	}
	for _, w := range whiches {
		b.Which = append(b.Which, ui.Option{Value: w, Label: lang.T(ctx, "need.which."+cmp.Or(w, "apne"))})
	}
	for _, o := range sorts {
		b.Sorts = append(b.Sorts, ui.Option{Value: o, Label: lang.T(ctx, "need.sort."+cmp.Or(o, "beslutning"))})
	}
	if f.List {
		b.Hidden = []ui.HiddenField{{Name: "visning", Value: "liste"}}
	}
	if f.BadDate {
		b.DateError = lang.T(ctx, "form.day")
	}
	chip := func(key, value string, remove func(*filter)) {
		label := lang.T(ctx, key)
		if value != "" {
			label += ": " + value
		}
		b.Chosen = append(b.Chosen, ui.ChosenFilter{Label: label, RemoveHref: f.href(remove)})
	}
	if f.Words != "" {
		chip("need.filter.words", f.Words, func(f *filter) { f.Words = "" })
	}
	if f.Theme != "" {
		chip("need.field.themes", cmp.Or(s.themes[f.Theme], f.Theme), func(f *filter) { f.Theme = "" })
	}
	if f.Unit != "" {
		chip("need.filter.unit", p.unitName(ctx, f.Unit), func(f *filter) { f.Unit = "" })
	}
	if slices.Contains(need.Phases, f.Phase) {
		chip("need.filter.phase", lang.T(ctx, "phase."+f.Phase), func(f *filter) { f.Phase = "" })
	}
	if !f.Before.IsZero() {
		chip("need.filter.before", lang.Day(ctx, f.Before), func(f *filter) { f.Typed, f.Before = "", time.Time{} })
	}
	if f.Which != whichOpen {
		chip("need.filter.which", lang.T(ctx, "need.which."+f.Which), func(f *filter) { f.Which = whichOpen })
	}
	if f.OnlyLate {
		chip("need.filter.late", "", func(f *filter) { f.OnlyLate = false })
	}
	if f.chosen() {
		b.ClearHref = f.without().href(func(*filter) {})
	}
	b.Tabs = []ui.Tab{
		{Label: lang.T(ctx, "need.view.board"), Href: f.href(func(f *filter) { f.List = false }), Current: !f.List},
		{Label: lang.T(ctx, "need.view.list"), Href: f.href(func(f *filter) { f.List = true }), Current: f.List},
	}
	return b, nil
}

func options(list []form.Option) []ui.Option {
	out := make([]ui.Option, len(list))
	for i, o := range list {
		out[i] = ui.Option{Value: o.Value, Label: o.Label}
	}
	return out
}

// noneText says why nothing is shown, and what to do.
func noneText(ctx context.Context, b boardProps) string {
	if b.Filter.chosen() {
		return lang.T(ctx, "need.none.filtered")
	}
	return lang.T(ctx, "need.none.open")
}

func noneAction(b boardProps) templ.Component {
	switch {
	case b.ClearHref != "":
		return clearFilters(b.ClearHref)
	case b.MayReport:
		return report(true)
	}
	return nil
}

// drafts links to the reader's own drafts, which nobody else sees.
func (p *pages) drafts(ctx context.Context) ([]ui.Fact, error) {
	needs, err := p.Service.Kind.List(ctx, *new(db.Where).And("r.state = ?", need.Draft), "r.number", 0, 0)
	if err != nil {
		return nil, err
	}
	out := make([]ui.Fact, len(needs))
	for i, n := range needs {
		out[i] = ui.Fact{Label: n.Number, Text: n.Title, Href: href(n)}
	}
	return out, nil
}

func href(n *need.Need) string { return "/behov/" + n.Number }

// columnsOf are the columns of the board: what each is called and which states
// stand in it. Two states share the column of work under way.
var columnsOf = []struct {
	key    string
	states []string
}{
	{"need.state." + need.Reported, []string{need.Reported}},
	{"need.state." + need.Clarifying, []string{need.Clarifying}},
	{"need.column.ready", []string{need.Clarified}},
	{"need.label.working", []string{need.InstrumentChosen, need.Acquiring}},
	{"need.state." + need.Answered, []string{need.Answered}},
	{"need.state." + need.Paused, []string{need.Paused}},
	{"need.state." + need.Closed, []string{need.Closed}},
	{"need.state." + need.Covered, []string{need.Covered}},
	{"need.state." + need.Rejected, []string{need.Rejected}},
	{"need.state." + need.Merged, []string{need.Merged}},
}

func (p *pages) columns(ctx context.Context, f filter, s shown, needs []*need.Need) []column {
	var out []column
	for _, def := range columnsOf {
		if !slices.Contains(states[f.Which], def.states[0]) {
			continue
		}
		col, count := column{}, 0
		for _, n := range needs {
			if !slices.Contains(def.states, n.State) {
				continue
			}
			if count++; count <= cardsPerColumn {
				col.Items = append(col.Items, p.card(ctx, s, n, len(def.states) > 1))
			}
		}
		if f.Which == whichAll && count == 0 {
			continue
		}
		col.Title = lang.T(ctx, def.key) + " (" + lang.Number(ctx, count) + ")"
		if count > cardsPerColumn {
			col.More, col.MoreHref = lang.TN(ctx, "need.more", count-cardsPerColumn), f.href(func(f *filter) { f.List = true })
		}
		out = append(out, col)
	}
	return out
}

// card is a need on the board.
func (p *pages) card(ctx context.Context, s shown, n *need.Need, withState bool) ui.Item {
	item := ui.Item{
		Kicker: strings.Join(append([]string{n.Number}, names(n, s.themes)...), " · "),
		Title:  n.Title, Href: href(n), Lang: foreign(ctx, n),
	}
	item.Tags = p.tags(ctx, n, withState)
	if who := s.waits[n.ID]; who != "" {
		item.Text = lang.T(ctx, "ui.ball") + " " + who
	}
	var meta []string
	if days := p.days(ctx, s, n); days != "" {
		meta = append(meta, lang.T(ctx, "need.days_here", "days", days))
	}
	if n.SupportCount > 0 {
		meta = append(meta, lang.TN(ctx, "need.support", n.SupportCount))
	}
	if len(meta) > 0 {
		item.Meta = []string{strings.Join(meta, ", ")}
	}
	item.Due, item.Late = due(ctx, n, s.today)
	if s.seconds[n.ID] {
		item.Action = support(n)
	}
	return item
}

func (p *pages) tags(ctx context.Context, n *need.Need, withState bool) []ui.TagProps {
	var tags []ui.TagProps
	if withState {
		tags = append(tags, recordweb.StateTag(ctx, p.Site.Engine, n.Base()))
	}
	if n.Example {
		tags = append(tags, ui.TagProps{Tone: ui.Example, Text: lang.T(ctx, "ui.example")})
	}
	return tags
}

// foreign gives the language of the need's text when it is not the page's.
func foreign(ctx context.Context, n *need.Need) string {
	if n.Lang == string(lang.From(ctx).Tag()) {
		return ""
	}
	return n.Lang
}

// days tells how long the need has been in its state; nothing once it is done with.
func (p *pages) days(ctx context.Context, s shown, n *need.Need) string {
	if p.Site.Engine.LabelOf(n.Kind, n.State).Final {
		return ""
	}
	return lang.Days(ctx, clock.Days(n.StateSince, s.now))
}

func (p *pages) table(ctx context.Context, f filter, s shown, needs []*need.Need) ui.TableProps {
	sorted := func(label, order string, direction ui.SortOrder, c ui.Column) ui.Column {
		c.Label, c.SortHref = lang.T(ctx, label), f.href(func(f *filter) { f.Sort = order })
		if f.Sort == order {
			c.Sort = direction
		}
		return c
	}
	t := ui.TableProps{Caption: lang.T(ctx, "need.name_plural"), HideCaption: true, Cards: true, Columns: []ui.Column{
		{Label: lang.T(ctx, "need.name")},
		sorted("need.field.themes", byTheme, ui.Ascending, ui.Column{}),
		sorted("need.column.state", byDays, ui.Descending, ui.Column{}),
		{Label: lang.T(ctx, "ui.ball")},
		sorted("need.column.decision", byDecision, ui.Ascending, ui.Column{}),
		sorted("ui.support", bySupport, ui.Descending, ui.Column{}),
	}}
	for _, n := range needs {
		text, late := due(ctx, n, s.today)
		if text != "" && !late {
			text = lang.Day(ctx, n.DecisionDate)
		}
		t.Rows = append(t.Rows, []templ.Component{
			ui.NameCell(href(n), n.Title, strings.Join(slices.DeleteFunc([]string{n.Number, s.units[n.Unit]}, func(s string) bool { return s == "" }), " · ")),
			ui.Str(strings.Join(names(n, s.themes), ", ")),
			stateCell(p.tags(ctx, n, true), p.days(ctx, s, n)),
			ui.Str(s.waits[n.ID]),
			decisionCell(text, late),
			supportCell(n, s.seconds[n.ID]),
		})
	}
	return t
}

// files links to the needs that are shown, as files.
func files(ctx context.Context, f filter, rows int) []ui.Download {
	if rows == 0 {
		return nil
	}
	var out []ui.Download
	for _, format := range []struct{ name, value string }{{"CSV", "csv"}, {"Excel (XLSX)", "xlsx"}} {
		q := f.values()
		q.Del("side")
		q.Del("visning")
		q.Set("format", format.value)
		out = append(out, ui.Download{Label: lang.T(ctx, "ui.download_as", "format", format.name), Href: address(q), Note: lang.TN(ctx, "need.count", rows)})
	}
	return out
}

// download sends the needs that the filter holds for, all pages of them.
func (p *pages) download(c *web.Context, s shown, needs []*need.Need, format string) error {
	ctx := c.Ctx()
	t := func(key string) string { return lang.T(ctx, key) }
	sheet := export.Sheet{
		Name: t("need.name_plural"), Title: t("need.name_plural"), Note: lang.T(ctx, "need.export.note", "date", lang.DateTime(ctx, s.now)),
		Head: []string{
			t("need.export.number"), t("need.name"), t("need.field.themes"), t("need.filter.phase"), t("need.filter.unit"), t("record.state"), t("need.export.since"),
			t("record.waits_for"), t("need.column.decision"), t("need.field.forecast"), t("need.too_late"), t("need.export.support"),
		},
	}
	for _, n := range needs {
		phase, late := "", ""
		if n.Phase != "" {
			phase = t("phase." + n.Phase)
		}
		if text, ok := due(ctx, n, s.today); ok {
			late = text
		}
		sheet.Rows = append(sheet.Rows, []export.Cell{
			export.Text(n.Number), export.Text(n.Title), export.Text(strings.Join(names(n, s.themes), ", ")), export.Text(phase), export.Text(s.units[n.Unit]),
			export.Text(t("need.state." + n.State)), export.Date(clock.Day(n.StateSince)), export.Text(s.waits[n.ID]),
			export.Date(n.DecisionDate), export.Date(n.Forecast), export.Text(late), export.Int(n.SupportCount),
		})
	}
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
		return fmt.Errorf("write the needs as %s: %w", format, err)
	}
	h := c.W.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", `attachment; filename="kunnskapsbehov-`+s.today.Format(time.DateOnly)+`.`+format+`"`)
	h.Set("Cache-Control", "no-store")
	// A reader who has gone away is nobody's fault, and nobody can be told.
	_, _ = c.W.Write(b.Bytes())
	return nil
}
