package chart

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// Where a text stands relative to its point.
const (
	start  = `start`
	middle = `middle`
	end    = `end`
)

// pen writes SVG elements into a drawing w wide. Classes and ids are constants
// of this package; texts from outside pass through escape.
type pen struct {
	b []byte
	w float64
}

func (p *pen) raw(parts ...string) {
	for _, s := range parts {
		p.b = append(p.b, s...)
	}
}

// num writes a coordinate with one decimal, which is finer than a pixel.
func (p *pen) num(v float64) {
	v = math.Round(v*10) / 10
	if v == 0 {
		v = 0 // not "-0"
	}
	p.b = strconv.AppendFloat(p.b, v, 'f', -1, 64)
}

func (p *pen) attr(name string, v float64) {
	p.raw(" ", name, `="`)
	p.num(v)
	p.raw(`"`)
}

// escape writes text so that it is only text in HTML and in XML, whatever it
// holds. Characters that XML does not allow become U+FFFD.
func (p *pen) escape(s string) {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '&':
				p.raw("&amp;")
			case c == '<':
				p.raw("&lt;")
			case c == '>':
				p.raw("&gt;")
			case c == '"':
				p.raw("&#34;")
			case c == '\'':
				p.raw("&#39;")
			case c == '\t' || c == '\n' || c == '\r':
				p.raw(" ")
			case c < 0x20 || c == 0x7f:
				p.raw("\uFFFD")
			default:
				p.b = append(p.b, c)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF || r >= 0x80 && r < 0xA0 {
			p.raw("\uFFFD")
		} else {
			p.b = append(p.b, s[i:i+n]...)
		}
		i += n
	}
}

// rect draws a rectangle with corners of radius r. Nothing is drawn when it has
// no area.
func (p *pen) rect(class string, x, y, w, h, r float64) {
	if w <= 0 || h <= 0 {
		return
	}
	p.raw(`<rect class="`, class, `"`)
	p.attr("x", x)
	p.attr("y", y)
	p.attr("width", w)
	p.attr("height", h)
	if r > 0 {
		p.attr("rx", r)
	}
	p.raw("/>")
}

// hatched draws a rectangle filled with the pattern that hatch defined.
func (p *pen) hatched(id, class string, x, y, w, h float64) {
	if w <= 0 || h <= 0 {
		return
	}
	p.raw(`<rect class="`, class, `" fill="url(#`, id, `-hatch)"`)
	p.attr("x", x)
	p.attr("y", y)
	p.attr("width", w)
	p.attr("height", h)
	p.raw("/>")
}

// hatch defines the pattern of slanted strokes used for delay and excess.
func (p *pen) hatch(id, class string) {
	p.raw(`<defs><pattern id="`, id, `-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="chart-paper" width="6" height="6"/><path class="`, class, `" d="M1.5 0V6"/></pattern></defs>`)
}

func (p *pen) line(class string, x1, y1, x2, y2 float64) {
	p.raw(`<path class="`, class, `" d="M`)
	p.num(x1)
	p.raw(" ")
	p.num(y1)
	switch {
	case y1 == y2:
		p.raw("H")
		p.num(x2)
	case x1 == x2:
		p.raw("V")
		p.num(y2)
	default:
		p.raw("L")
		p.num(x2)
		p.raw(" ")
		p.num(y2)
	}
	p.raw(`"/>`)
}

func (p *pen) circle(class string, x, y, r float64) {
	p.raw(`<circle class="`, class, `"`)
	p.attr("cx", x)
	p.attr("cy", y)
	p.attr("r", r)
	p.raw("/>")
}

// point is a place in the drawing.
type point struct{ x, y float64 }

// poly draws a path through the points, closed when shut is set.
func (p *pen) poly(class string, shut bool, pts ...point) {
	p.raw(`<path class="`, class, `" d="`)
	for i, q := range pts {
		if i == 0 {
			p.raw("M")
		} else {
			p.raw("L")
		}
		p.num(q.x)
		p.raw(" ")
		p.num(q.y)
	}
	if shut {
		p.raw("Z")
	}
	p.raw(`"/>`)
}

// diamond draws a rhombus rx wide and ry high to each side of its centre.
func (p *pen) diamond(class string, x, y, rx, ry float64) {
	p.poly(class, true, point{x - rx, y}, point{x, y - ry}, point{x + rx, y}, point{x, y + ry})
}

// text writes one line with its baseline at y, cut where it would leave the
// drawing. An empty text writes nothing.
func (p *pen) text(class, anchor string, x, y float64, s string) {
	if s == "" {
		return
	}
	room := p.w - x
	switch anchor {
	case end:
		room = x
	case middle:
		room = 2 * min(x, p.w-x)
	}
	size, bold := font(class)
	s = fit(s, size, bold, room+2)
	p.raw(`<text`)
	if class != "" {
		p.raw(` class="`, class, `"`)
	}
	p.attr("x", x)
	p.attr("y", y)
	if anchor != start {
		p.raw(` text-anchor="`, anchor, `"`)
	}
	p.raw(">")
	p.escape(s)
	p.raw("</text>")
}

// textLines writes lines of body text, the block centred on y.
func (p *pen) textLines(class, anchor string, x, y float64, lines []string) {
	top := y - lineHeight*float64(len(lines)-1)/2 + baseline
	for i, l := range lines {
		p.text(class, anchor, x, top+lineHeight*float64(i), l)
	}
}
