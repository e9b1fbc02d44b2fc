package assessmentweb

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"funn/internal/application"
	"funn/internal/assessment"
	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/export"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

const rowsPerPage = 25

// asked is what the address of a list asks for.
type asked struct {
	query, state, show string
	sort               string // one of the sorts, with a dash in front when it is turned round
	page               int
}

// The orders of the list, as the address has them, by their columns.
var sorts = []string{"sak", "belop", "snitt", "sprik", "inhabile", "steg", ""}

// The choices of what to show beside the state.
var shows = []string{"mangler", "uenige", "inhabile"}

func read(c *web.Context) asked {
	a := asked{query: strings.TrimSpace(c.Query("q")), state: c.Query("steg"), show: c.Query("vis"), sort: c.Query("sorter"), page: 1}
	if by := strings.TrimPrefix(a.sort, "-"); by == "" || !slices.Contains(sorts, by) {
		a.sort = ""
	}
	if !slices.Contains(shows, a.show) {
		a.show = ""
	}
	if n, err := strconv.Atoi(c.Query("side")); err == nil && n > 0 && n < 10_000 {
		a.page = n
	}
	return a
}

func (a asked) at(path string, change func(*asked)) string {
	a.page = 1
	if change != nil {
		change(&a)
	}
	q := url.Values{}
	for name, value := range map[string]string{"q": a.query, "steg": a.state, "vis": a.show, "sorter": a.sort} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if a.page > 1 {
		q.Set("side", itoa(a.page))
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// row is a case of the list, as far as the reader may know of it.
type row struct {
	*application.Submission
	sum   assessment.Summary
	waits string
	days  int
}

func (r row) institution() string {
	if r.Content.V == nil {
		return ""
	}
	return r.Content.V.Institution.Name
}

func (r row) askedOre() int64 {
	if r.Content.V == nil {
		return 0
	}
	return r.Content.V.AskedOre
}

func (r row) conflicts() int {
	out := slices.Clone(r.Conflicts.V.Disqualified())
	slices.Sort(out)
	return len(slices.Compact(out))
}

// rows gives the call's cases that the reader may see, with what is thought of them
// and whom they wait for, by number.
func (p *Pages) rows(ctx context.Context, of *call.Call, kind string) ([]row, error) {
	cases, err := p.Service.CasesOf(ctx, of.ID, kind)
	if err != nil {
		return nil, err
	}
	sums, err := p.Service.SummaryOf(ctx, cases)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(cases))
	for i, x := range cases {
		ids[i] = x.ID
	}
	waits, err := recordweb.Waiting(ctx, p.Site, ids...)
	if err != nil {
		return nil, err
	}
	given, err := p.Service.Of(ctx, ids...)
	if err != nil {
		return nil, err
	}
	open, people := map[string][]string{}, []string{}
	for _, a := range given {
		if a.Open() {
			open[a.Case] = append(open[a.Case], a.Assessor)
			people = append(people, a.Assessor)
		}
	}
	names, err := p.Site.Names(ctx, people...)
	if err != nil {
		return nil, err
	}
	now := p.Site.Engine.Now(ctx)
	out := make([]row, len(cases))
	for i, x := range cases {
		r := row{Submission: x, sum: sums[x.ID], days: clock.Days(x.StateSince, now)}
		who := strings.Split(waits[x.ID].Who, ", ")
		for _, id := range open[x.ID] {
			if !slices.Contains(who, names[id]) {
				who = append(who, names[id])
			}
		}
		r.waits = strings.Join(slices.DeleteFunc(who, func(s string) bool { return s == "" }), ", ")
		out[i] = r
	}
	return out, nil
}

func (a asked) holds(r row) bool {
	text := lang.Fold(r.Number + " " + r.Title + " " + r.institution())
	switch {
	case a.query != "" && !strings.Contains(text, lang.Fold(a.query)), a.state != "" && r.State != a.state:
		return false
	case a.show == "mangler":
		return r.sum.Waiting > 0 || r.sum.Hidden || r.sum.Mean == 0
	case a.show == "uenige":
		return r.sum.Disagree()
	case a.show == "inhabile":
		return r.conflicts() > 0
	}
	return true
}

// order puts the rows in the order that is asked for; equals by their numbers.
func (a asked) order(rows []row) {
	by, desc := strings.CutPrefix(a.sort, "-")
	slices.SortStableFunc(rows, func(x, y row) int {
		d := 0
		switch by {
		case "sak":
			d = lang.Compare(x.Title, y.Title)
		case "belop":
			d = cmp.Compare(x.askedOre(), y.askedOre())
		case "snitt":
			d = cmp.Compare(x.sum.Score(), y.sum.Score())
		case "sprik":
			d = cmp.Compare(x.sum.Spread, y.sum.Spread)
		case "inhabile":
			d = cmp.Compare(x.conflicts(), y.conflicts())
		case "steg":
			d = cmp.Compare(x.days, y.days)
		}
		if desc {
			return -d
		}
		return d
	})
}

// listProps is the list of a call's sketches or applications (S4).
type listProps struct {
	Title, Lead, Action, Clear string
	Ways                       []ui.Crumb
	Stages                     []ui.Tab
	Asked                      asked
	States, Shows              []ui.Option
	Hidden                     []ui.HiddenField
	Chosen                     []ui.ChosenFilter
	Count, Order               string
	Table                      ui.TableProps
	Pages                      ui.PaginationProps
	Files                      []ui.Download
}

// callOf gives the call of the address.
func (p *Pages) callOf(c *web.Context) (*call.Call, error) {
	return p.Calls.Kind.ByNumber(c.Ctx(), c.Path("number"))
}

func (p *Pages) shown(c *web.Context, s stage) (*call.Call, asked, []row, []row, error) {
	a := read(c)
	of, err := p.callOf(c)
	if err != nil {
		return nil, a, nil, nil, err
	}
	all, err := p.rows(c.Ctx(), of, s.kind)
	if err != nil {
		return nil, a, nil, nil, err
	}
	rows := slices.DeleteFunc(slices.Clone(all), func(r row) bool { return !a.holds(r) })
	a.order(rows)
	return of, a, all, rows, nil
}

func (p *Pages) list(s stage) web.Handler {
	return func(c *web.Context) error {
		of, a, all, rows, err := p.shown(c, s)
		if err != nil {
			return err
		}
		ctx := c.Ctx()
		home := "/utlysning/" + url.PathEscape(of.Number)
		path := home + "/" + s.path
		title, _ := of.TitleIn(lang.From(ctx).Tag())
		b := listProps{Title: lang.T(ctx, s.kind+".name_plural"), Lead: title, Action: path, Clear: path, Asked: a}
		for _, t := range stages {
			b.Stages = append(b.Stages, ui.Tab{Label: lang.T(ctx, t.kind+".name_plural"), Href: home + "/" + t.path, Current: t == s})
		}
		if c.Actor.Has(org.FoU) {
			b.Ways = []ui.Crumb{{Label: lang.T(ctx, "assessment.give.title"), Href: "/vurdering/ny?" + url.Values{"utlysning": {of.Number}, "trinn": {s.path}}.Encode()}}
		}
		var states []string
		for _, r := range all {
			if !slices.Contains(states, r.State) {
				states = append(states, r.State)
				b.States = append(b.States, ui.Option{Value: r.State, Label: lang.T(ctx, s.kind+".state."+r.State)})
			}
		}
		for _, o := range shows {
			b.Shows = append(b.Shows, ui.Option{Value: o, Label: lang.T(ctx, "assessment.show."+o)})
		}
		if a.sort != "" {
			b.Hidden = []ui.HiddenField{{Name: "sorter", Value: a.sort}}
		}
		chosen := func(label string, without func(*asked)) {
			b.Chosen = append(b.Chosen, ui.ChosenFilter{Label: label, RemoveHref: a.at(path, without)})
		}
		if a.query != "" {
			chosen("«"+a.query+"»", func(a *asked) { a.query = "" })
		}
		if a.state != "" {
			chosen(lang.T(ctx, s.kind+".state."+a.state), func(a *asked) { a.state = "" })
		}
		if a.show != "" {
			chosen(lang.T(ctx, "assessment.show."+a.show), func(a *asked) { a.show = "" })
		}
		b.Count = lang.TN(ctx, "assessment.cases", len(rows))
		b.Order = lang.T(ctx, "assessment.order."+cmp.Or(strings.TrimPrefix(a.sort, "-"), "nummer"))
		pages := (len(rows) + rowsPerPage - 1) / rowsPerPage
		a.page = min(a.page, max(pages, 1))
		b.Pages = ui.PaginationProps{Page: a.page, Pages: pages, Href: func(n int) string { return a.at(path, func(a *asked) { a.page = n }) }}
		b.Table = p.table(ctx, a, path, s, rows[min((a.page-1)*rowsPerPage, len(rows)):min(a.page*rowsPerPage, len(rows))])
		if len(rows) > 0 {
			for _, f := range []format{asXLSX, asCSV} {
				b.Files = append(b.Files, ui.Download{Label: lang.T(ctx, "assessment.download"+f.ending), Href: a.at(path+f.ending, nil)})
			}
		}
		page := c.Page(b.Title)
		page.Section = title
		page.Breadcrumb = []ui.Crumb{{Label: lang.T(ctx, "call.nav"), Href: "/utlysning"}, {Label: of.Number, Href: home}, {Label: b.Title}}
		return c.Within(http.StatusOK, page, listPage(b))
	}
}

var columns = []string{"case", "asked", "mean", "spread", "conflicts", "step", "waits"}

func (p *Pages) table(ctx context.Context, a asked, path string, s stage, rows []row) ui.TableProps {
	title := lang.T(ctx, s.kind+".name_plural")
	t := ui.TableProps{Caption: title, HideCaption: true, Cards: true, Empty: lang.T(ctx, "assessment.no_cases")}
	for i, key := range columns {
		col := ui.Column{Label: lang.T(ctx, "assessment.column."+key), Numeric: i > 0 && i < 5, NoWrap: i == 1}
		if by := sorts[i]; by != "" {
			turned := a.sort == by
			col.SortHref = a.at(path, func(a *asked) {
				a.sort = by
				if turned {
					a.sort = "-" + by
				}
			})
			switch a.sort {
			case by:
				col.Sort = ui.Ascending
			case "-" + by:
				col.Sort = ui.Descending
			}
		}
		t.Columns = append(t.Columns, col)
	}
	for _, r := range rows {
		name := ui.NameCell(caseAddress(r.Submission), r.Title, joined(" · ", r.Number, r.institution()))
		if l := foreign(ctx, r.Lang); l != "" {
			name = inLanguage(l, name)
		}
		mean, spread := score(ctx, r.sum.Score()), "–"
		if r.sum.Hidden {
			mean = lang.T(ctx, "assessment.hidden_short")
		} else if r.sum.Compared() {
			spread = itoa(r.sum.Spread)
			if r.sum.Disagree() {
				spread = lang.T(ctx, "assessment.apart", "n", r.sum.Spread)
			}
		}
		amount := "–"
		if r.askedOre() > 0 {
			amount = lang.MillionNOK(ctx, r.askedOre())
		}
		t.Rows = append(t.Rows, []templ.Component{
			name, ui.Str(amount), ui.Str(mean), ui.Str(spread), ui.Str(itoa(r.conflicts())),
			ui.Str(joined(" · ", lang.T(ctx, s.kind+".state."+r.State), lang.Days(ctx, r.days))), ui.Str(cmp.Or(r.waits, "–")),
		})
	}
	return t
}

func joined(sep string, words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), sep)
}

// format is a kind of file that lists can be had as.
type format struct {
	ending, media string
	write         func(io.Writer, export.Sheet) error
}

var (
	asCSV  = format{".csv", "text/csv; charset=utf-8", export.WriteCSV}
	asXLSX = format{".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", func(w io.Writer, s export.Sheet) error { return export.WriteXLSX(w, s) }}
)

// file answers with all that the address asks for, in its order.
func (p *Pages) file(s stage, f format) web.Handler {
	return func(c *web.Context) error {
		of, _, _, rows, err := p.shown(c, s)
		if err != nil {
			return err
		}
		ctx := c.Ctx()
		title := lang.T(ctx, s.kind+".name_plural")
		sheet := export.Sheet{Name: title, Title: title, Note: of.Number + " " + of.Title}
		for _, key := range []string{"number", "title", "institution", "asked", "mean", "spread", "conflicts", "state", "days", "waits"} {
			sheet.Head = append(sheet.Head, lang.T(ctx, "assessment.column."+key))
		}
		for _, r := range rows {
			mean, spread, amount := export.Empty(), export.Empty(), export.Empty()
			if r.sum.Score() > 0 {
				mean = export.Number(r.sum.Score())
			}
			if r.sum.Compared() {
				spread = export.Int(r.sum.Spread)
			}
			if r.askedOre() > 0 {
				amount = export.Money(r.askedOre())
			}
			sheet.Rows = append(sheet.Rows, []export.Cell{
				export.Text(r.Number), export.Text(r.Title), export.Text(r.institution()), amount, mean, spread, export.Int(r.conflicts()),
				export.Text(lang.T(ctx, s.kind+".state."+r.State)), export.Int(r.days), export.Text(r.waits),
			})
		}
		var b bytes.Buffer
		if err := f.write(&b, sheet); err != nil {
			return fmt.Errorf("write the list of %s: %w", of.Number, err)
		}
		h := c.W.Header()
		h.Set("Content-Type", f.media)
		h.Set("Content-Disposition", `attachment; filename="`+s.path+"-"+strings.ToLower(of.Number)+f.ending+`"`)
		h.Set("Cache-Control", "no-store")
		c.W.WriteHeader(http.StatusOK)
		_, _ = c.W.Write(b.Bytes()) // the reader may have gone; there is nobody to tell
		return nil
	}
}

// summaryProps is what is thought of a case, for those who deal with it.
type summaryProps struct {
	Hidden      string // why nothing of the others' is shown
	Facts       []ui.Fact
	Criteria    ui.TableProps
	Assessments ui.TableProps
	Ways        []ui.Crumb
}

// Case is a case's page for those who deal with it: what the applicant wrote, what is
// thought of it, and who may not deal with it. It prints as one page.
func (p *Pages) Case(c *web.Context, x *application.Submission) (templ.Component, error) {
	ctx := c.Ctx()
	of, err := p.Cases.CallOf(ctx, x)
	if err != nil {
		return nil, err
	}
	sum, err := p.summary(c, x)
	if err != nil {
		return nil, err
	}
	var conflicts *ui.TableProps
	settle := ""
	if c.Actor.Has(org.FoU) && len(x.Conflicts.V) > 0 {
		if conflicts, err = p.conflicts(ctx, x); err != nil {
			return nil, err
		}
		settle = caseAddress(x) + "/habilitet"
	}
	sketch, err := p.sketch(ctx, of, x, caseAddress)
	if err != nil {
		return nil, err
	}
	return caseView(p.Content(ctx, of, x, caseAddress(x)), sketch, sum, conflicts, settle), nil
}

// sketchProps is the sketch that an application grew from, and what was answered to it.
type sketchProps struct {
	Title, Number, Reasons, Lang string
	Content                      templ.Component
}

// sketch gives the sketch that an application grew from, for those who read the
// application (C6); nil when it grew from none. files gives the address that its
// attachments lie below.
func (p *Pages) sketch(ctx context.Context, of *call.Call, x *application.Submission, files func(*application.Submission) string) (*sketchProps, error) {
	if x.Sketch == "" {
		return nil, nil
	}
	from, err := p.Cases.Find(access.With(ctx, access.System), x.Sketch)
	if err != nil {
		return nil, err
	}
	b := &sketchProps{Title: from.Title, Number: from.Number, Lang: foreign(ctx, from.Lang), Content: p.Content(ctx, of, from, files(from))}
	if a := from.Answer.V; a.Decided() {
		b.Reasons = a.Reasons
	}
	return b, nil
}

func (p *Pages) summary(c *web.Context, x *application.Submission) (b summaryProps, err error) {
	ctx := c.Ctx()
	sums, err := p.Service.SummaryOf(ctx, []*application.Submission{x})
	if err != nil {
		return b, err
	}
	sum := sums[x.ID]
	title := lang.T(ctx, "call.criteria")
	b.Criteria = ui.TableProps{Caption: title, HideCaption: true, Cards: true}
	if sum.Hidden {
		b.Hidden = lang.T(ctx, "assessment.hidden")
	} else if sum.Mean > 0 {
		b.Facts = append(b.Facts, ui.Fact{Label: lang.T(ctx, "assessment.column.mean"), Text: score(ctx, sum.Mean)})
		if sum.Agreed > 0 {
			b.Facts = append(b.Facts, ui.Fact{Label: lang.T(ctx, "assessment.agreed"), Text: score(ctx, sum.Agreed)})
		}
		for _, key := range []string{"call.criterion_name", "call.field.weight", "assessment.column.scores", "assessment.column.mean", "assessment.column.spread", "assessment.agreed"} {
			b.Criteria.Columns = append(b.Criteria.Columns, ui.Column{Label: lang.T(ctx, key)})
		}
		for _, k := range sum.Criteria {
			name, _, _ := k.In(lang.From(ctx).Tag())
			var scores []string
			for _, s := range k.Scores {
				scores = append(scores, itoa(s))
			}
			spread, agreed := "–", "–"
			if len(k.Scores) > 1 {
				spread = itoa(k.Spread)
				if k.Disagree() {
					spread = lang.T(ctx, "assessment.apart", "n", k.Spread)
				}
			}
			if k.Agreed > 0 {
				agreed = itoa(k.Agreed)
			}
			b.Criteria.Rows = append(b.Criteria.Rows, []templ.Component{
				ui.Str(name), ui.Str(lang.Percent(ctx, float64(k.Weight)/100, 0)), ui.Str(cmp.Or(strings.Join(scores, ", "), "–")), ui.Str(score(ctx, k.Mean)), ui.Str(spread), ui.Str(agreed),
			})
		}
	}
	list, err := p.Service.Of(ctx, x.ID)
	if err != nil {
		return b, err
	}
	var people []string
	for _, a := range list {
		people = append(people, a.Assessor)
	}
	names, err := p.Site.Names(ctx, people...)
	if err != nil {
		return b, err
	}
	b.Assessments = ui.TableProps{Caption: lang.T(ctx, "assessment.name_plural"), HideCaption: true, Cards: true, Empty: lang.T(ctx, "assessment.none")}
	for _, key := range []string{"assessment.assessor", "assessment.request.sort", "record.state", "assessment.field.due", "assessment.save.advice"} {
		b.Assessments.Columns = append(b.Assessments.Columns, ui.Column{Label: lang.T(ctx, key)})
	}
	for _, a := range list {
		advice := "–"
		if a.State == assessment.Delivered && a.Advice != "" {
			advice = lang.T(ctx, "assessment.advice."+a.Advice)
		}
		tag := recordweb.StateTag(ctx, p.Site.Engine, a.Base())
		b.Assessments.Rows = append(b.Assessments.Rows, []templ.Component{
			ui.NameCell(address(a.Number), names[a.Assessor], a.Number), ui.Str(lang.T(ctx, "assessment.sort."+a.Sort)), ui.Tag(tag.Tone, tag.Text), ui.Str(lang.Day(ctx, a.Due)), ui.Str(advice),
		})
	}
	if c.Actor.Has(org.FoU) && !assessment.Over(x) {
		stagePath := stages[0].path
		if x.Kind == application.Application {
			stagePath = stages[1].path
		}
		of, err := p.Cases.CallOf(ctx, x)
		if err != nil {
			return b, err
		}
		b.Ways = append(b.Ways, ui.Crumb{Label: lang.T(ctx, "assessment.request.title"), Href: "/vurdering/ny?" + url.Values{"utlysning": {of.Number}, "trinn": {stagePath}, "sak": {x.Number}}.Encode()})
	}
	r, err := p.Service.ConsensusOf(ctx, x.ID)
	switch {
	case err != nil:
		return b, err
	case r != nil:
		b.Ways = append(b.Ways, ui.Crumb{Label: lang.T(ctx, "consensus.name"), Href: "/samlet-vurdering/" + url.PathEscape(r.Number)})
	case c.Actor.Has(org.FoU) && len(sum.Given) > 0 && sum.Waiting == 0:
		b.Ways = append(b.Ways, ui.Crumb{Label: lang.T(ctx, "consensus.begin.button"), Href: "/samlet-vurdering/ny?case=" + url.QueryEscape(x.Number)})
	}
	return b, nil
}

// conflicts lists who may not deal with the case and why, for those who settle it.
func (p *Pages) conflicts(ctx context.Context, x *application.Submission) (*ui.TableProps, error) {
	var people []string
	for _, c := range x.Conflicts.V {
		people = append(people, c.Person, c.By)
	}
	names, err := p.Site.Names(ctx, slices.DeleteFunc(people, func(s string) bool { return s == "" })...)
	if err != nil {
		return nil, err
	}
	t := &ui.TableProps{Caption: lang.T(ctx, "assessment.conflicts"), HideCaption: true, Cards: true}
	for _, key := range []string{"assessment.conflict_person", "assessment.conflict_ground", "record.state", "assessment.conflict_why"} {
		t.Columns = append(t.Columns, ui.Column{Label: lang.T(ctx, key)})
	}
	for _, c := range x.Conflicts.V {
		state := ui.Tag(ui.Warning, lang.T(ctx, "assessment.conflict_open"))
		switch {
		case c.Cleared:
			state = ui.Tag(ui.Neutral, lang.T(ctx, "assessment.conflict_cleared"))
		case c.Declared || c.By != "":
			state = ui.Tag(ui.Info, lang.T(ctx, "assessment.conflict_stands"))
		}
		t.Rows = append(t.Rows, []templ.Component{
			ui.Str(names[c.Person]), ui.Str(joined(": ", lang.T(ctx, "conflict.ground."+c.Ground), c.Reason)), state, ui.Str(joined(": ", names[c.By], c.Why)),
		})
	}
	return t, nil
}

// consensusRow is the common score by one criterion.
type consensusRow struct {
	ID, Title, Href string
	Answers         []ui.Answer
}

// consensus is the page of what is come to together: each criterion's common score
// beside those that were given.
func (p *Pages) consensus(c *web.Context, r *assessment.Consensus) (templ.Component, error) {
	ctx := c.Ctx()
	sums, err := p.Service.Summary(ctx, r.Case)
	if err != nil {
		return nil, err
	}
	sum, ok := sums[r.Case]
	if !ok {
		return nil, fault.Missing()
	}
	x, err := p.Cases.Find(ctx, r.Case)
	if err != nil {
		return nil, err
	}
	facts := []ui.Fact{{Label: lang.T(ctx, x.Kind+".name"), Text: x.Number, Href: caseAddress(x)}, {Label: lang.T(ctx, "assessment.column.mean"), Text: score(ctx, sum.Mean)}}
	var people []string
	for _, a := range sum.Given {
		people = append(people, a.Assessor)
	}
	names, err := p.Site.Names(ctx, people...)
	if err != nil {
		return nil, err
	}
	var rows []consensusRow
	for _, k := range sum.Criteria {
		name, _, _ := k.In(lang.From(ctx).Tag())
		row := consensusRow{ID: "kriterium-" + itoa(k.ID), Title: name}
		add := func(label, text string) {
			row.Answers = append(row.Answers, ui.Answer{Label: label, Value: text})
		}
		for _, a := range sum.Given {
			if s := a.Scores.V[k.ID]; s.Value > 0 && a.Counts() {
				add(names[a.Assessor], joined(". ", lang.T(ctx, "assessment.score."+itoa(s.Value)), s.Reason))
			}
		}
		if k.Disagree() {
			add(lang.T(ctx, "assessment.column.spread"), lang.T(ctx, "assessment.apart", "n", k.Spread))
		}
		if a, ok := r.Scores.V[k.ID]; ok {
			add(lang.T(ctx, "consensus.set_score.score"), lang.T(ctx, "assessment.score."+itoa(a.Value)))
			add(lang.T(ctx, "consensus.set_score.text"), a.Text)
		}
		if r.State == assessment.Draft && c.Actor.Has(org.FoU) {
			row.Href = "/samlet-vurdering/" + url.PathEscape(r.Number) + "/karakter?criterion=" + itoa(k.ID)
		}
		rows = append(rows, row)
	}
	return consensusBody(facts, rows), nil
}
