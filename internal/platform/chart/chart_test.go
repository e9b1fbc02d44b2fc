package chart_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"funn/internal/platform/chart"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

// element is what the tests need to know of an SVG element.
type element struct {
	name  string
	attrs map[string]string
	text  string
}

func (e element) num(t fataler, name string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(e.attrs[name], 64)
	if err != nil {
		t.Fatalf("%s %s=%q: %v", e.name, name, e.attrs[name], err)
	}
	return v
}

func (e element) has(class string) bool {
	return slices.Contains(strings.Fields(e.attrs["class"]), class)
}

type fataler interface {
	Helper()
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

// parse reads an SVG as strict XML.
func parse(t fataler, svg string) []element {
	t.Helper()
	var out []element
	var open []int
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, attrs: map[string]string{}}
			for _, a := range token.Attr {
				if _, twice := e.attrs[a.Name.Local]; twice {
					t.Fatalf("%s has %s twice", e.name, a.Name.Local)
				}
				e.attrs[a.Name.Local] = a.Value
			}
			open = append(open, len(out))
			out = append(out, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				out[open[len(open)-1]].text += string(token)
			}
		}
	}
}

// drawn are the elements of a class.
func drawn(t fataler, r chart.Rendered, class string) []element {
	t.Helper()
	var out []element
	for _, e := range parse(t, r.SVG) {
		if e.has(class) {
			out = append(out, e)
		}
	}
	return out
}

var allowed = map[string][]string{
	"svg":     {"xmlns", "class", "role", "aria-labelledby", "aria-describedby", "viewBox", "focusable"},
	"title":   {"id"},
	"desc":    {"id"},
	"defs":    {},
	"pattern": {"id", "width", "height", "patternUnits", "patternTransform"},
	"rect":    {"class", "x", "y", "width", "height", "rx", "fill"},
	"path":    {"class", "d"},
	"circle":  {"class", "cx", "cy", "r"},
	"text":    {"class", "x", "y", "text-anchor"},
}

var cssClass = regexp.MustCompile(`\.(chart[a-z0-9-]*)`)

// classes are those that the style sheet knows.
func classes() map[string]bool {
	out := map[string]bool{}
	for _, m := range cssClass.FindAllStringSubmatch(chart.CSS, -1) {
		out[m[1]] = true
	}
	return out
}

// kinds are the classes of the svg element, one for each kind of chart; they
// need no rule of their own.
var kinds = []string{"chart-timeline", "chart-stacked", "chart-bars", "chart-days", "chart-forest", "chart-event", "chart-lines", "chart-heatmap", "chart-funnel", "chart-balance", "chart-flow"}

var numbers = regexp.MustCompile(`-?[0-9.]+`)

// checkContract holds a chart to what the package promises of all.
func checkContract(t fataler, c chart.Chart) {
	t.Helper()
	r := c.Render()
	if again := c.Render(); again.SVG != r.SVG || again.Narrow != r.Narrow {
		t.Errorf("%T: two renderings differ", c)
	}
	if r.Title == "" || r.Desc == "" {
		t.Errorf("%T: title %q, description %q", c, r.Title, r.Desc)
	}
	for i, row := range r.Table.Rows {
		if len(row) != len(r.Table.Head) {
			t.Errorf("%T: row %d of the table has %d cells, the head %d", c, i, len(row), len(r.Table.Head))
		}
	}
	if r.Table.Rows == nil {
		t.Errorf("%T: rows are nil", c)
	}
	for _, picture := range pictures(r) {
		checkPicture(t, c, r, picture)
	}
}

// pictures are the drawings of a chart.
func pictures(r chart.Rendered) []string {
	if r.Narrow == "" {
		return []string{r.SVG}
	}
	return []string{r.SVG, r.Narrow}
}

func checkPicture(t fataler, c chart.Chart, r chart.Rendered, picture string) {
	t.Helper()
	all := parse(t, picture)
	svg := all[0]
	if svg.name != "svg" || svg.attrs["role"] != "img" || all[1].name != "title" || all[2].name != "desc" {
		t.Fatalf("%T: begins with %v", c, all[:3])
	}
	if all[1].attrs["id"] != svg.attrs["aria-labelledby"] || all[2].attrs["id"] != svg.attrs["aria-describedby"] {
		t.Errorf("%T: the title or the description is not referred to", c)
	}
	if strings.TrimSpace(all[1].text) == "" && strings.TrimSpace(r.Title) != "" {
		t.Errorf("%T: empty title element", c)
	}
	box := numbers.FindAllString(svg.attrs["viewBox"], -1)
	if len(box) != 4 {
		t.Fatalf("%T: viewBox %q", c, svg.attrs["viewBox"])
	}
	w, _ := strconv.ParseFloat(box[2], 64)
	h, _ := strconv.ParseFloat(box[3], 64)
	if w < 100 || h < 20 {
		t.Errorf("%T: viewBox %q", c, svg.attrs["viewBox"])
	}
	known := classes()
	ids := map[string]bool{}
	for _, e := range all {
		names, ok := allowed[e.name]
		if !ok {
			t.Errorf("%T: element %s", c, e.name)
		}
		for name, value := range e.attrs {
			if !slices.Contains(names, name) {
				t.Errorf("%T: %s has attribute %s=%q", c, e.name, name, value)
			}
			switch name {
			case "id":
				if ids[value] {
					t.Errorf("%T: id %q twice", c, value)
				}
				ids[value] = true
			case "class":
				for _, class := range strings.Fields(value) {
					if !known[class] && !(e.name == "svg" && slices.Contains(kinds, class)) {
						t.Errorf("%T: class %q is not in the style sheet", c, class)
					}
				}
			case "x", "cx", "y", "cy", "width", "height", "r", "rx":
				v := e.num(t, name)
				limit := w
				if name == "y" || name == "cy" || name == "height" {
					limit = h
				}
				// A pattern and a text at the edge may begin a little outside.
				if math.IsNaN(v) || v < -30 || v > limit+30 {
					t.Errorf("%T: %s %s=%v lies outside %vx%v", c, e.name, name, v, w, h)
				}
			case "d":
				for _, n := range numbers.FindAllString(value, -1) {
					v, err := strconv.ParseFloat(n, 64)
					if err != nil || v < -40 || v > max(w, h)+40 {
						t.Errorf("%T: path %q", c, value)
					}
				}
				if strings.ContainsAny(value, "Ia") { // Inf, NaN
					t.Errorf("%T: path %q", c, value)
				}
			}
		}
		if fill := e.attrs["fill"]; fill != "" {
			if id, ok := strings.CutPrefix(fill, "url(#"); !ok || !ids[strings.TrimSuffix(id, ")")] {
				t.Errorf("%T: fill %q", c, fill)
			}
		}
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	for name, c := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkContract(t, c)
			r := c.Render()
			if len(r.Table.Rows) == 0 || r.Table.Caption == "" {
				t.Errorf("table %q has %d rows", r.Table.Caption, len(r.Table.Rows))
			}
			for i, h := range r.Table.Head {
				if h == "" {
					t.Errorf("column %d of the table has no head", i)
				}
			}
			for i, row := range r.Table.Rows {
				if row[0] == "" {
					t.Errorf("row %d of the table has no name", i)
				}
			}
		})
	}
}

// size is the text size that the style sheet gives an element.
func size(e element) float64 {
	if e.has("chart-small") || e.has("chart-axis") {
		return 13
	}
	return 15
}

// TestTextsDoNotCollide measures every text of the samples: none may leave the
// drawing or lie over another.
func TestTextsDoNotCollide(t *testing.T) {
	t.Parallel()
	type box struct {
		x0, y0, x1, y1 float64
		text           string
	}
	for name, c := range samples() {
		for i, picture := range pictures(c.Render()) {
			t.Run(name+strings.Repeat("-narrow", i), func(t *testing.T) {
				t.Parallel()
				all := parse(t, picture)
				view := numbers.FindAllString(all[0].attrs["viewBox"], -1)
				w, _ := strconv.ParseFloat(view[2], 64)
				h, _ := strconv.ParseFloat(view[3], 64)
				var boxes []box
				for _, e := range all {
					if e.name != "text" {
						continue
					}
					size := size(e)
					width := chart.TextWidth(e.text, size, e.has("chart-strong") || e.has("chart-on")) / 1.03
					x := e.num(t, "x")
					switch e.attrs["text-anchor"] {
					case "middle":
						x -= width / 2
					case "end":
						x -= width
					}
					y := e.num(t, "y")
					// From the height of small letters to the base line.
					b := box{x, y - size*0.66, x + width, y + size*0.1, e.text}
					if b.x0 < -0.5 || b.x1 > w+1 || b.y0 < 0 || b.y1 > h {
						t.Errorf("%q lies at %.0f,%.0f–%.0f,%.0f, outside %.0fx%.0f", b.text, b.x0, b.y0, b.x1, b.y1, w, h)
					}
					for _, o := range boxes {
						if b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1 {
							t.Errorf("%q lies over %q", b.text, o.text)
						}
					}
					boxes = append(boxes, b)
				}
				if len(boxes) < 4 {
					t.Errorf("only %d texts", len(boxes))
				}
			})
		}
	}
}

// charts makes an empty value of every kind of chart.
func charts() map[string]chart.Chart {
	return map[string]chart.Chart{
		"timeline": chart.Timeline{}, "stacked": chart.StackedBars{}, "bars": chart.Bars{}, "days": chart.DaysBar{},
		"forest": chart.Forest{}, "event": chart.EventStudy{}, "lines": chart.Lines{}, "heatmap": chart.Heatmap{},
		"funnel": chart.FunnelPlot{}, "balance": chart.Balance{}, "flow": chart.Flow{},
	}
}

// fill sets every exported field below v with what the functions give.
func fill(v reflect.Value, f filler) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text())
	case reflect.Float64:
		v.SetFloat(f.number())
	case reflect.Int:
		v.SetInt(int64(f.whole()))
	case reflect.Bool:
		v.SetBool(f.flag())
	case reflect.Slice:
		n := f.length()
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(v.Index(i), f)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(f.time()))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), f)
		}
	case reflect.Func:
		if f.funcs == nil {
			return
		}
		v.Set(reflect.MakeFunc(v.Type(), func([]reflect.Value) []reflect.Value {
			out := reflect.New(v.Type().Out(0)).Elem()
			fill(out, filler{text: f.funcs, number: f.number})
			return []reflect.Value{out}
		}))
	default:
		panic(fmt.Sprintf("a chart has a field of kind %v, which the tests do not fill", v.Kind()))
	}
}

type filler struct {
	text   func() string
	number func() float64
	whole  func() int
	flag   func() bool
	length func() int
	time   func() time.Time
	funcs  func() string // what functions of the caller give; left nil when nil
}

func filled(c chart.Chart, f filler) chart.Chart {
	v := reflect.New(reflect.TypeOf(c)).Elem()
	fill(v, f)
	return v.Interface().(chart.Chart)
}

// TestEscapesText gives hostile text in every string a chart takes, the ones
// made by the caller's functions too.
func TestEscapesText(t *testing.T) {
	t.Parallel()
	const payload = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>]]>&lt;\x00\x1f\x85\uFFFE\xff</title></svg>"
	for name, c := range charts() {
		for _, b := range []bool{false, true} {
			c := filled(c, filler{
				text: func() string { return payload }, funcs: func() string { return payload },
				number: func() float64 { return 3 }, whole: func() int { return 3 },
				flag: func() bool { return b }, length: func() int { return 3 },
				time: func() time.Time { return date(2022, 5, 1) },
			})
			checkContract(t, c)
			r := c.Render()
			root, err := html.Parse(strings.NewReader("<body>" + r.SVG))
			if err != nil {
				t.Fatal(err)
			}
			escaped := false
			for n := range root.Descendants() {
				if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "img") {
					t.Errorf("%s: the page has an element %s", name, n.Data)
				}
				escaped = escaped || n.Type == html.TextNode && strings.Contains(n.Data, "<script>alert(1)</script>")
			}
			if !escaped {
				t.Errorf("%s: the text is not shown as text", name)
			}
		}
	}
}

// TestRandomInput draws every chart with numbers, days and texts of all sorts.
func TestRandomInput(t *testing.T) {
	t.Parallel()
	for name, c := range charts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				odd := rapid.SampledFrom([]float64{0, 1, -1, 0.1, 1e-300, -1e-9, 1e15, -1e15, 1e16, 1e308, math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1), math.SmallestNonzeroFloat64, math.Copysign(0, -1)})
				number := rapid.OneOf(rapid.Float64Range(-5, 5), rapid.Float64(), odd)
				days := rapid.SampledFrom([]time.Time{{}, date(1, 1, 1), date(9999, 12, 31), date(-5000, 1, 1), date(1900, 1, 1), date(2200, 12, 31), date(2022, 2, 28), date(2023, 7, 1), date(2023, 7, 2)})
				text := rapid.OneOf(rapid.SampledFrom([]string{"", "2022", "Et nokså langt navn – på noe som tar lang tid å si", strings.Repeat("vannmiljøtiltak", 40)}), rapid.String())
				draw := filler{
					text:   func() string { return text.Draw(t, "text") },
					number: func() float64 { return number.Draw(t, "number") },
					whole: func() int {
						return rapid.OneOf(rapid.IntRange(-9, 9), rapid.SampledFrom([]int{math.MinInt, math.MaxInt, 1 << 40, -1001, 1001})).Draw(t, "whole")
					},
					flag:   func() bool { return rapid.Bool().Draw(t, "flag") },
					length: func() int { return rapid.IntRange(0, 6).Draw(t, "length") },
					time:   func() time.Time { return days.Draw(t, "day") },
				}
				c := filled(c, draw)
				if f, ok := c.(chart.FunnelPlot); ok && rapid.Bool().Draw(t, "limits") {
					f.Limits = chart.ProportionLimits(number.Draw(t, "p"))
					c = f
				}
				// A chart of nothing but empty words has nothing to say.
				meta := reflect.ValueOf(c).FieldByName("Meta").Interface().(chart.Meta)
				if meta.Title == "" {
					v := reflect.New(reflect.TypeOf(c)).Elem()
					v.Set(reflect.ValueOf(c))
					v.FieldByName("Meta").FieldByName("Title").SetString("Tittel")
					c = v.Interface().(chart.Chart)
				}
				checkContract(t, c)
			})
		})
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	for name, c := range charts() {
		v := reflect.New(reflect.TypeOf(c)).Elem()
		v.FieldByName("Meta").Set(reflect.ValueOf(chart.Meta{Title: "Prosjekter", Empty: "Ingen prosjekter ennå. Det første kommer når en kontrakt er signert."}))
		c = v.Interface().(chart.Chart)
		checkContract(t, c)
		r := c.Render()
		if !strings.Contains(r.SVG, ">Ingen prosjekter ennå.") || !strings.Contains(r.Desc, "Ingen prosjekter") {
			t.Errorf("%s does not say why it is empty: %s", name, r.SVG)
		}
	}
}

// TestUnknownOnly gives every chart data of which all numbers are unknown.
func TestUnknownOnly(t *testing.T) {
	t.Parallel()
	for name, c := range charts() {
		c := filled(c, filler{
			text: func() string { return "ukjent" }, number: func() float64 { return chart.Unknown }, whole: func() int { return 0 },
			flag: func() bool { return false }, length: func() int { return 2 }, time: func() time.Time { return time.Time{} },
		})
		checkContract(t, c)
		r := c.Render()
		for _, e := range parse(t, r.SVG) {
			if e.has("chart-fill") && name != "days" && name != "flow" {
				t.Errorf("%s draws a mark for an unknown number: %v", name, e)
			}
		}
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	id := func(m chart.Meta) string {
		return parse(t, chart.Bars{Meta: m}.Render().SVG)[0].attrs["aria-labelledby"]
	}
	if got := id(chart.Meta{ID: `a b"<ø`, Title: "x"}); got != "chart-a-b----title" {
		t.Errorf("id %q", got)
	}
	if id(chart.Meta{Title: "x"}) == id(chart.Meta{Title: "y"}) {
		t.Error("two titles give one id")
	}
	if id(chart.Meta{Title: "x", Desc: "y"}) == id(chart.Meta{Title: "xy"}) {
		t.Error("the parts of the id run together")
	}
}

// TestStyleSheet has no class that is not used, and no way around the theme.
func TestStyleSheet(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, c := range samples() {
		all.WriteString(strings.Join(pictures(c.Render()), ""))
	}
	used := map[string]bool{"chart": true, "chart-void": true} // void: pictures without data
	for _, m := range regexp.MustCompile(`class="([^"]*)"`).FindAllStringSubmatch(all.String(), -1) {
		for _, c := range strings.Fields(m[1]) {
			used[c] = true
		}
	}
	for _, c := range slices.Sorted(maps.Keys(classes())) {
		if !used[c] {
			t.Errorf("no sample uses class %s", c)
		}
	}
	for _, m := range regexp.MustCompile(`[:( ](#[0-9a-fA-F]{3,8})`).FindAllStringSubmatchIndex(chart.CSS, -1) {
		before := chart.CSS[:m[2]]
		if i := strings.LastIndex(before, "@media (forced-colors"); i >= 0 {
			continue
		}
		t.Errorf("a colour outside a variable: …%s", chart.CSS[max(0, m[2]-60):m[3]])
	}
}

func TestStandalone(t *testing.T) {
	t.Parallel()
	for name, c := range samples() {
		s := c.Render().Standalone()
		all := parse(t, s)
		if all[1].name != "style" || strings.Contains(s, "var(") || !strings.Contains(all[1].text, "#0063c1") {
			t.Errorf("%s: the colours are not inside", name)
		}
	}
}

// TestDescribesItself makes a description from the table when there is none.
func TestDescribesItself(t *testing.T) {
	t.Parallel()
	r := chart.Bars{
		Meta:  chart.Meta{Title: "Skisser"},
		Bars:  []chart.Bar{{Label: "Skisser", Value: 13}, {Label: "Tildelt", Value: 6, Share: "46 %"}},
		Words: chart.BarsWords{Label: "Trinn", Value: "Antall", Share: "Andel"},
	}.Render()
	if want := "Skisser: Antall 13. Tildelt: Antall 6, Andel 46 %."; !strings.Contains(strings.ReplaceAll(r.Desc, ",.", "."), want) {
		t.Errorf("description %q, want %q", r.Desc, want)
	}
}

func Benchmark(b *testing.B) {
	all := samples()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				all[name].Render()
			}
		})
	}
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, c := range all {
				c.Render()
			}
		}
	})
}
