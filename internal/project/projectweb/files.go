package projectweb

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"funn/internal/platform/export"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/project"
)

// format is a kind of file that lists can be had as.
type format struct {
	ending, media string
	write         func(io.Writer, export.Sheet) error
}

var (
	asCSV  = format{".csv", "text/csv; charset=utf-8", export.WriteCSV}
	asXLSX = format{".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", func(w io.Writer, s export.Sheet) error { return export.WriteXLSX(w, s) }}
)

// downloads lead to all that the filter holds for, not just the page.
func downloads(ctx context.Context, a asked) []ui.Download {
	return []ui.Download{
		{Label: lang.T(ctx, "project.download.xlsx"), Href: a.at(list+asXLSX.ending, nil)},
		{Label: lang.T(ctx, "project.download.csv"), Href: a.at(list+asCSV.ending, nil)},
	}
}

// download answers with the portfolio as a file: what the address asks for, in
// its order.
func (p *pages) download(f format) web.Handler {
	return func(c *web.Context) error {
		ctx := c.Ctx()
		a, err := p.read(c)
		if err != nil {
			return err
		}
		if len(a.wrong) > 0 {
			return fault.New(fault.Invalid, "error.invalid")
		}
		rows, _, err := p.Service.Portfolio(ctx, a.Filter, a.Sort, 0, 0)
		if err != nil {
			return err
		}
		today := p.Site.Engine.Today(ctx)
		s := export.Sheet{Name: lang.T(ctx, "project.nav"), Title: lang.T(ctx, "project.nav"), Note: lang.T(ctx, "project.download.note", "day", lang.Day(ctx, today))}
		for _, key := range []string{
			"number", "title", "instrument", "theme", "status", "leader", "institutions", "start", "baseline", "forecast", "actual", "delay", "amount", "spent", "rest", "alert", "example", "source", "punctuality",
		} {
			s.Head = append(s.Head, lang.T(ctx, "project.sheet."+key))
		}
		for _, r := range rows {
			s.Rows = append(s.Rows, p.row(ctx, r))
		}
		return send(c, f, s, "portefolje-"+today.Format(time.DateOnly))
	}
}

// row is a project in a file. What is not known is an empty cell; a span stands
// in the source's words.
func (p *pages) row(ctx context.Context, r *project.Project) []export.Cell {
	start := export.Text(r.Start.V.Text)
	if r.Start.V.Exact() {
		start = export.Date(r.StartFrom)
	} else if !r.Start.V.Known() {
		start = export.Empty()
	}
	actual := export.Date(r.Ended())
	if r.Ended().IsZero() && r.End.V.Known() {
		actual = export.Text(r.End.V.Text)
	}
	delay, amount, spent, rest := export.Empty(), export.Empty(), export.Empty(), export.Empty()
	punctuality := ""
	switch word := r.Punctuality(); word {
	case "":
	case project.DelayUnknown:
		punctuality = lang.T(ctx, "project."+word)
	default:
		punctuality, delay = lang.T(ctx, "project."+word), export.Int(r.Delay())
	}
	if r.Amount > 0 {
		amount = export.Money(r.Amount)
	}
	if r.Amount > 0 && r.SpendingKnown() {
		spent, rest = export.Money(r.Spent), export.Money(r.Amount-r.Spent)
	}
	alert, example := "", ""
	if r.Alert != "" {
		alert = lang.T(ctx, "project.alert."+r.Alert)
	}
	if r.Example {
		example = lang.T(ctx, "ui.example")
	}
	return []export.Cell{
		export.Text(r.Number), export.Text(r.Title), export.Text(lang.T(ctx, "instrument."+r.Instrument)), export.Text(p.theme(ctx, r.Theme)),
		export.Text(lang.T(ctx, "project.state."+r.State)), export.Text(r.LeaderName), export.Text(r.RoleNames),
		start, export.Date(r.BaselineEnd), export.Date(r.ForecastEnd), actual, delay, amount, spent, rest, export.Text(alert), export.Text(example), export.Text(r.Source),
		export.Text(punctuality),
	}
}

// send answers with a sheet as a file to keep. It is made as a whole first, so
// that one that fails halfway is not sent at all.
func send(c *web.Context, f format, s export.Sheet, name string) error {
	var b bytes.Buffer
	if err := f.write(&b, s); err != nil {
		return fmt.Errorf("write %s%s: %w", name, f.ending, err)
	}
	attach(c, f.media, name+f.ending)
	c.W.WriteHeader(http.StatusOK)
	_, _ = c.W.Write(b.Bytes()) // the reader may have gone; there is nobody to tell
	return nil
}

// attach sets the headers of a file that is to be kept and not shown.
func attach(c *web.Context, media, name string) {
	h := c.W.Header()
	h.Set("Content-Type", media)
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	if disposition == "" {
		disposition = "attachment" // a name that no header can hold
	}
	h.Set("Content-Disposition", disposition)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}

// file answers with something that the project has delivered, to whoever may read
// the project.
func (p *pages) file(c *web.Context) error {
	rec, err := p.open(c)
	if err != nil {
		return err
	}
	doc, ok := find(rec, c.Path("sha"))
	if !ok || p.Files == nil {
		return fault.Missing()
	}
	f, err := p.Files.Open(c.Ctx(), doc.SHA)
	if err != nil {
		return fmt.Errorf("file of project %s: %w", rec.Number, err)
	}
	defer func() { _ = f.Close() }() // it was read; nothing can be lost
	media := doc.Type
	if media == "" {
		media = "application/octet-stream"
	}
	attach(c, media, doc.Name)
	c.W.Header().Set("Content-Length", strconv.FormatInt(f.Size(), 10))
	c.W.WriteHeader(http.StatusOK)
	if _, err := io.Copy(c.W, f); err != nil {
		// Too late for an error page: the reader sees that the length is not reached.
		c.Router.Logger.WarnContext(c.Ctx(), "file was not sent whole", "project", rec.Number, "error", err)
	}
	return nil
}
