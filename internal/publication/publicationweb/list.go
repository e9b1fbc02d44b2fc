package publicationweb

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

	"funn/internal/platform/clock"
	"funn/internal/platform/export"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/publication"
)

const rowsPerPage = 25

// choice is a field of the filter with a list of answers.
type choice struct {
	Name, Label, All, Value string
	Options                 []ui.Option
}

type listProps struct {
	Query     string
	Choices   []choice
	Chosen    []ui.ChosenFilter
	ClearHref string
	Count     string
	Table     ui.TableProps
	Pages     ui.PaginationProps
	Files     []ui.Download
	Late      string
	Register  bool
}

// filterOf reads the filter in the address; what is not among the answers is
// left out.
func (p *pages) filterOf(c *web.Context) (publication.Filter, []choice, error) {
	ctx, q := c.Ctx(), c.R.URL.Query()
	f := publication.Filter{Query: strings.TrimSpace(q.Get("q"))}
	var choices []choice
	add := func(name, label string, options []ui.Option) string {
		value := q.Get(name)
		if !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == value }) {
			value = ""
		}
		choices = append(choices, choice{Name: name, Label: lang.T(ctx, label), All: lang.T(ctx, "publication.filter.all"), Value: value, Options: options})
		return value
	}
	themes, err := p.Service.ThemesInUse(ctx)
	if err != nil {
		return f, nil, err
	}
	years, err := p.Service.Years(ctx)
	if err != nil {
		return f, nil, err
	}
	f.Theme = add("tema", "publication.field.theme", p.themeOptions(ctx, themes))
	f.Type = add("type", "publication.field.pub_type", optionsOf(ctx, form.Codes("publication.type", publication.Types...)))
	year := add("aar", "publication.field.year", yearOptions(years))
	f.Year, _ = strconv.Atoi(year)
	var states []form.Option
	for _, s := range p.Service.Kind.States {
		states = append(states, form.Option{Value: s.Name, Key: "publication.state." + s.Name})
	}
	f.State = add("tilstand", "record.state", optionsOf(ctx, states))
	f.Lang = add("sprak", "publication.field.report_lang", optionsOf(ctx, form.Codes("language", "nb", "nn", "en")))
	return f, choices, nil
}

func (p *pages) themeOptions(ctx context.Context, slugs []string) []ui.Option {
	out := make([]ui.Option, len(slugs))
	for i, s := range slugs {
		out[i] = ui.Option{Value: s, Label: p.themeName(ctx, s)}
	}
	slices.SortStableFunc(out, func(a, b ui.Option) int { return lang.Compare(a.Label, b.Label) })
	return out
}

func optionsOf(ctx context.Context, options []form.Option) []ui.Option {
	out := make([]ui.Option, len(options))
	for i, o := range options {
		out[i] = ui.Option{Value: o.Value, Label: o.Label}
		if o.Label == "" {
			out[i].Label = lang.T(ctx, o.Key)
		}
	}
	return out
}

func yearOptions(years []int) []ui.Option {
	var out []ui.Option
	for _, y := range years {
		out = append(out, ui.Option{Value: strconv.Itoa(y), Label: strconv.Itoa(y)})
	}
	return out
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

// list shows the publications that the reader may read, narrowed as the address
// says.
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
		Query: f.Query, Choices: choices, Count: lang.TN(ctx, "publication.count", total), Register: p.may(ctx, "register"),
		Pages: ui.PaginationProps{Page: page, Pages: (total + rowsPerPage - 1) / rowsPerPage, Href: func(n int) string {
			return address(q, func(v url.Values) { v.Set("side", strconv.Itoa(n)) })
		}},
	}
	if f.Query != "" {
		b.Chosen = append(b.Chosen, ui.ChosenFilter{Label: lang.T(ctx, "publication.filter.words") + ": " + f.Query, RemoveHref: address(q, func(v url.Values) { v.Del("q") })})
	}
	for _, k := range choices {
		for _, o := range k.Options {
			if k.Value != "" && o.Value == k.Value {
				b.Chosen = append(b.Chosen, ui.ChosenFilter{Label: k.Label + ": " + o.Label, RemoveHref: address(q, func(v url.Values) { v.Del(k.Name) })})
			}
		}
	}
	if len(b.Chosen) > 0 {
		b.ClearHref = listPath
	}
	waits, err := p.waiting(ctx, list)
	if err != nil {
		return err
	}
	b.Table = p.table(ctx, list, waits)
	if total > 0 {
		for _, format := range []struct{ name, value string }{{"CSV", "csv"}, {"Excel (XLSX)", "xlsx"}} {
			b.Files = append(b.Files, ui.Download{
				Label: lang.T(ctx, "ui.download_as", "format", format.name), Note: b.Count,
				Href: address(q, func(v url.Values) { v.Set("format", format.value) }),
			})
		}
	}
	late, err := p.Service.Overdue(ctx)
	if err != nil {
		return err
	}
	if late > 0 {
		b.Late = lang.TN(ctx, "publication.late", late, "weeks", publication.PublishWeeks)
	}
	return c.Within(http.StatusOK, c.Page(lang.T(ctx, "publication.name_plural")), listPage(b))
}

// waiting tells whom each publication waits for.
func (p *pages) waiting(ctx context.Context, list []*publication.Publication) (map[string]recordweb.Ball, error) {
	ids := make([]string, len(list))
	for i, x := range list {
		ids[i] = x.ID
	}
	return recordweb.Waiting(ctx, p.Site, ids...)
}

func (p *pages) table(ctx context.Context, list []*publication.Publication, waits map[string]recordweb.Ball) ui.TableProps {
	t := ui.TableProps{Caption: lang.T(ctx, "publication.name_plural"), HideCaption: true, Cards: true, Columns: []ui.Column{
		{Label: lang.T(ctx, "publication.name")}, {Label: lang.T(ctx, "publication.field.pub_type")}, {Label: lang.T(ctx, "publication.field.theme")},
		{Label: lang.T(ctx, "publication.field.year"), Numeric: true}, {Label: lang.T(ctx, "record.state")}, {Label: lang.T(ctx, "ui.ball")},
	}}
	today := p.Site.Engine.Today(ctx)
	for _, x := range list {
		late := ""
		if x.Overdue(today) {
			late = lang.T(ctx, "publication.is_late")
		}
		t.Rows = append(t.Rows, []templ.Component{
			nameCell(x, strings.Join(append([]string{x.Number}, institutions(x.Institutions.V)...), " · ")),
			ui.Str(lang.T(ctx, "publication.type."+x.PubType)), ui.Str(p.themeName(ctx, x.Theme)), ui.Str(strconv.Itoa(x.Year)),
			stateCell(recordweb.StateTag(ctx, p.Site.Engine, x.Base()), x.Example, late), ui.Str(waits[x.ID].Who),
		})
	}
	return t
}

// stateTags puts beside the state what else a reader of the list should know.
func stateTags(ctx context.Context, tag ui.TagProps, example bool, late string) []ui.TagProps {
	out := []ui.TagProps{tag}
	if example {
		out = append(out, ui.TagProps{Tone: ui.Example, Text: lang.T(ctx, "ui.example")})
	}
	if late != "" {
		out = append(out, ui.TagProps{Tone: ui.Warning, Text: late})
	}
	return out
}

// download sends the publications that the filter holds for, all pages of them.
func (p *pages) download(c *web.Context, f publication.Filter, format string) error {
	ctx := c.Ctx()
	list, _, err := p.Service.List(ctx, f, 0, 0)
	if err != nil {
		return err
	}
	t := func(key string) string { return lang.T(ctx, key) }
	sheet := export.Sheet{
		Name: t("publication.name_plural"), Title: t("publication.name_plural"), Note: lang.T(ctx, "publication.export.note", "date", lang.DateTime(ctx, p.Site.Engine.Now(ctx))),
		Head: []string{
			t("publication.export.number"), t("publication.field.title"), t("publication.field.pub_type"), t("publication.field.theme"), t("publication.field.year"),
			t("publication.field.institutions"), t("publication.field.authors"), t("publication.field.report_lang"), t("record.state"),
			t("publication.field.received_at"), t("publication.field.published_at"), t("publication.field.doi"), t("record.source"), t("ui.example"),
		},
	}
	for _, x := range list {
		example := ""
		if x.Example {
			example = t("form.yes")
		}
		sheet.Rows = append(sheet.Rows, []export.Cell{
			export.Text(x.Number), export.Text(x.Title), export.Text(t("publication.type." + x.PubType)), export.Text(p.themeName(ctx, x.Theme)), export.Int(x.Year),
			export.Text(strings.Join(institutions(x.Institutions.V), ", ")), export.Text(x.Authors), export.Text(t("language." + x.Lang)), export.Text(t("publication.state." + x.State)),
			received(x), dayCell(x.ShownAt), export.Text(x.DOI), export.Text(x.Source), export.Text(example),
		})
	}
	return sendSheet(c, sheet, format, "publikasjoner-"+p.Site.Engine.Today(ctx).Format(time.DateOnly))
}

// received tells when the agency got the report, as exactly as it is known.
func received(p *publication.Publication) export.Cell {
	if p.ReceivedWhen != "" {
		return export.Text(p.ReceivedWhen)
	}
	return dayCell(p.ReceivedAt)
}

func dayCell(t time.Time) export.Cell {
	if t.IsZero() {
		return export.Empty()
	}
	return export.Date(clock.Day(t))
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
