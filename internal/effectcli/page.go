package effectcli

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"
	"sync"

	"funn/effect"
	"funn/effect/report"
	"funn/internal/platform/chart"
	"funn/internal/platform/ui"
)

// css is the style of charts outside the application, font included: charts
// place their words by the widths of that font, and a file that people send
// each other must look the same everywhere.
var css = sync.OnceValue(func() string {
	var font memory
	request, err := http.NewRequest(http.MethodGet, ui.AssetURL("source-sans-3-latin.woff2"), nil)
	if err == nil {
		ui.Assets().ServeHTTP(&font, request)
	}
	return `@font-face{font-family:"Source Sans 3";font-weight:200 900;src:url(data:font/woff2;base64,` +
		base64.StdEncoding.EncodeToString(font.Bytes()) + `) format("woff2")}
.chart text{font-family:"Source Sans 3",Arial,sans-serif}
` + chart.CSS
})

// memory receives a file that the application serves.
type memory struct {
	bytes.Buffer
	header http.Header
}

func (m *memory) Header() http.Header {
	if m.header == nil {
		m.header = http.Header{}
	}
	return m.header
}

func (m *memory) WriteHeader(int) {}

// standalone puts the style sheet into an SVG, so that the file can be opened
// by itself.
func standalone(svg string) string {
	var style bytes.Buffer
	_ = xml.EscapeText(&style, []byte(css())) // a buffer takes everything
	head, rest, _ := strings.Cut(svg, ">")
	return head + "><style>" + style.String() + "</style>" + rest + "\n"
}

// page is a report that needs no other file and no script.
var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="{{.Lang}}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}}</title>
<style>
body{font-family:"Source Sans 3",Arial,sans-serif;line-height:1.5;max-width:68rem;margin:2rem auto;padding:0 1rem;color:#202733;background:#fff}
pre{white-space:pre-wrap;font:inherit}
figcaption{font-weight:600;margin-bottom:.5rem}
figure{margin:2rem 0;overflow-x:auto}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:.5rem 0}
th,td{text-align:left;padding:.25rem .75rem;border-bottom:1px solid #cfd3d8}
{{.CSS}}
</style>
<main>
<h1>{{.Title}}</h1>
<pre>{{.Summary}}</pre>
{{range .Figures}}<figure tabindex="0"><figcaption>{{.Title}}</figcaption>{{.Picture}}</figure>
{{end}}{{range .Tables}}<div class="scroll" tabindex="0"><table><caption>{{.Caption}}</caption>
<tr>{{range .Head}}<th scope="col">{{.}}</th>{{end}}</tr>
{{range .Rows}}<tr>{{range $i, $cell := .}}{{if eq $i 0}}<th scope="row">{{$cell}}</th>{{else}}<td>{{$cell}}</td>{{end}}{{end}}</tr>
{{end}}</table></div>
{{end}}<p>{{.Hash}}</p>
</main>
</html>
`))

// writePage writes the result as one HTML page.
func writePage(w io.Writer, l report.Language, r *effect.Result) error {
	title := r.Title
	if title == "" {
		title = l.Pick("Resultat av en evaluering", "Result of an evaluation")
	}
	summary := report.Summary(l, r)
	if r.Title != "" {
		// The title is the page's heading already.
		_, summary, _ = strings.Cut(summary, "\n\n")
	}
	type picture struct {
		Title   string
		Picture template.HTML
	}
	var drawn []picture
	for _, f := range figures(l, r) {
		c := f.chart.Render()
		drawn = append(drawn, picture{c.Title, template.HTML(c.SVG)}) // the chart escapes every text
	}
	err := page.Execute(w, map[string]any{
		"Lang": string(l), "Title": title, "Summary": summary, "CSS": template.CSS(css()),
		"Figures": drawn, "Tables": report.Tables(l, r), "Hash": fmt.Sprintf("%s %s", l.Pick("Plan", "Plan"), r.PlanHash),
	})
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
