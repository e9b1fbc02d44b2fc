// Package chart draws the figures of Funn as SVG on the server: how a portfolio
// lies in time, where money goes, what a study found and how sure it is.
//
// A chart is a plain struct with finished texts and numbers; [Chart.Render]
// turns it into a picture, the words that stand in for the picture, and a table
// of the same numbers. The package knows no language, no request and no
// database: numbers and dates become words through functions the caller gives.
//
// Every chart keeps the same contract, which the tests hold it to:
//
//   - the SVG has role="img" with a title and a description that it refers to by
//     ids unique to the chart;
//   - colours come from classes in [CSS] only, so that a strict content security
//     policy holds and the theme decides; there is no style attribute;
//   - nothing is told by colour alone: labels stand at the marks, lines have
//     their own dashes, surfaces are hatched or parted by gaps;
//   - what is unknown is drawn as a gap with a word, never as zero;
//   - the same input gives the same bytes.
package chart

import (
	_ "embed"
	"hash/fnv"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// CSS is the style sheet of all charts. It uses the --ax-* variables of Aksel,
// with the values of Aksel's light theme where the variables are not defined.
//
//go:embed chart.css
var CSS string

// Chart is anything that can be drawn.
type Chart interface {
	Render() Rendered
}

// Meta holds what every chart is given in words.
type Meta struct {
	// ID makes the ids inside the SVG unique on the page. Characters other than
	// ASCII letters, digits, - and _ become -. When empty, an id is made from
	// the kind of chart, the title and the description, so two charts without
	// an ID on one page must differ in one of these.
	ID string
	// Title is the finding that the picture shows, in one sentence.
	Title string
	// Desc is what a reader who cannot see the picture should know. When empty,
	// the first rows of the table are read out instead.
	Desc string
	// Caption is the caption of the table; Title when empty.
	Caption string
	// Empty is shown in place of a picture without data, and says why there is
	// none. An en dash when empty.
	Empty string
	// Unknown is the word for a number or date that is not known. An en dash
	// when empty.
	Unknown string
}

// Rendered is a finished chart.
type Rendered struct {
	// SVG is safe markup: every text from the caller is escaped.
	SVG string
	// Narrow is the same picture for where there is less room than the large
	// charts need, 44 rem. Empty when the chart has none: SVG then scrolls.
	Narrow string
	// Title and Desc are the texts inside the SVG, unescaped.
	Title, Desc string
	Table       Table
}

// Table holds the numbers of a chart as text. Each row has as many cells as
// Head, and the first cell of a row names it.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]string
}

// Unknown is the number that stands for "not known". Every chart also takes
// infinities and numbers beyond ±1e15 as unknown, since they cannot be drawn.
var Unknown = math.NaN()

// known reports whether v can be drawn.
func known(v float64) bool { return !math.IsNaN(v) && math.Abs(v) <= 1e15 }

// width is the drawing width of the large charts, in SVG units. The style sheet
// scales them between 44 and 68 rem, which keeps the text between 12 and 18 px.
const width = 880.0

// colours are the classes of series in the order they are given out.
var colours = [...]string{"chart-a", "chart-b", "chart-c", "chart-d", "chart-e"}

// id gives the prefix of the ids inside the chart.
func (m Meta) id(kind string) string {
	name := m.ID
	if name == "" {
		h := fnv.New64a()
		for _, s := range []string{kind, m.Title, m.Desc} {
			h.Write([]byte(s))
			h.Write([]byte{0})
		}
		name = strconv.FormatUint(h.Sum64(), 36)
	}
	return "chart-" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, name)
}

// unknown gives the word for a missing value.
func (m Meta) unknown() string { return or(m.Unknown, "–") }

// or gives the first text unless it is empty.
func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// finish wraps what was drawn in an svg element with title and description.
func (m Meta) finish(kind string, w, h float64, body *pen, t Table) Rendered {
	t.Caption = or(m.Caption, m.Title)
	r := Rendered{Title: or(m.Title, t.Caption), Desc: m.Desc, Table: t}
	if r.Desc == "" {
		r.Desc = t.read()
	}
	if r.Desc == "" {
		r.Desc = or(m.Empty, r.Title)
	}
	id := m.id(kind)
	p := &pen{b: make([]byte, 0, len(body.b)+len(r.Title)+len(r.Desc)+512)}
	p.raw(`<svg xmlns="http://www.w3.org/2000/svg" class="chart chart-`, kind, `" role="img" aria-labelledby="`, id, `-title" aria-describedby="`, id, `-desc" viewBox="0 0 `)
	p.num(w)
	p.raw(" ")
	p.num(math.Ceil(h))
	p.raw(`" focusable="false"><title id="`, id, `-title">`)
	p.escape(r.Title)
	p.raw(`</title><desc id="`, id, `-desc">`)
	p.escape(r.Desc)
	p.raw(`</desc>`)
	p.b = append(p.b, body.b...)
	p.raw(`</svg>`)
	r.SVG = string(p.b)
	return r
}

// empty is the picture of a chart without data: a frame with the reason.
func (m Meta) empty(kind string, w float64, t Table) Rendered {
	p := pen{w: w}
	lines := wrap(or(m.Empty, "–"), bodySize, false, w-80, 3)
	h := 60 + lineHeight*float64(len(lines))
	p.rect("chart-void", 1, 1, w-2, h-2, 6)
	for i, l := range lines {
		p.text("chart-muted", middle, w/2, 30+lineHeight*float64(i)+15, l)
	}
	if t.Rows == nil {
		t.Rows = [][]string{}
	}
	return m.finish(kind, w, h, &p, t)
}

// read gives the first rows of the table as running text.
func (t Table) read() string {
	const most = 12
	var b strings.Builder
	for i, row := range t.Rows {
		if i == most {
			b.WriteString(" …")
			break
		}
		if i > 0 {
			b.WriteString(" ")
		}
		for j, cell := range row {
			switch {
			case j == 0:
				b.WriteString(cell)
				b.WriteString(":")
			case cell != "":
				b.WriteString(" ")
				if j < len(t.Head) && t.Head[j] != "" {
					b.WriteString(t.Head[j])
					b.WriteString(" ")
				}
				b.WriteString(cell)
				if j < len(row)-1 {
					b.WriteString(",")
				}
			}
		}
		b.WriteString(".")
	}
	return b.String()
}

var cssVariable = regexp.MustCompile(`var\(--[a-z0-9A-Z-]+,\s*([^()]+)\)`)

// plainCSS is the style sheet with every variable replaced by its fallback, for
// programs that do not know CSS variables.
var plainCSS = sync.OnceValue(func() string { return cssVariable.ReplaceAllString(CSS, "$1") })

// Standalone gives the SVG with its colours inside, as a file of its own: for
// download, and for programs that make PDF or DOCX and do not apply the page's
// style sheet to a picture. Do not put it in a page: its style element would be
// stopped by the content security policy.
func (r Rendered) Standalone() string {
	head, rest, found := strings.Cut(r.SVG, ">")
	if !found {
		return r.SVG
	}
	return head + "><style>" + plainCSS() + "</style>" + rest
}

// plain writes a number with at most two decimals, for callers that give no
// Format.
func plain(v float64) string {
	v = math.Round(v*100) / 100
	if v == 0 {
		return "0" // not "-0"
	}
	return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), "-", "−", 1)
}

// ticks gives the function that writes the numbers of an axis.
func (m Meta) ticks(tick, format func(float64) string) func(float64) string {
	if tick != nil {
		return tick
	}
	return m.formatter(format)
}

// formatter makes a function that writes numbers, and the word for unknown
// where there is none.
func (m Meta) formatter(f func(float64) string) func(float64) string {
	if f == nil {
		f = plain
	}
	return func(v float64) string {
		if !known(v) {
			return m.unknown()
		}
		return f(v)
	}
}
