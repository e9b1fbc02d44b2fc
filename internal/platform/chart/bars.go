package chart

import "strings"

// Bars are horizontal bars with a number and a share at each, such as the steps
// of a call from sketches to awards, and the money given out of its frame.
type Bars struct {
	Meta
	Bars []Bar
	// Funnel draws pale slopes between neighbouring bars of the same scale, for
	// steps of which each is a part of the one before.
	Funnel bool
	Format func(float64) string
	Words  BarsWords
}

// Bar is one bar.
type Bar struct {
	Label string
	// Value is the length of the bar. Unknown is drawn as a word; a negative
	// number has no length.
	Value float64
	// Share stands after the number: "62 % av skissene".
	Share string
	// Part is the filled part of the bar, Value when zero. The rest is drawn as
	// an outline.
	Part float64
	// PartText and RestText stand inside the filled part and the outline:
	// "22 tildelt", "8 ikke tildelt".
	PartText, RestText string
	// Own gives the bar a scale of its own, below a rule: money under counts.
	Own bool
}

// BarsWords are the heads of the table. Part is used only when some bar has a
// part.
type BarsWords struct {
	Label, Value, Share, Part string
}

// Render draws the bars.
func (c Bars) Render() Rendered {
	format := c.formatter(c.Format)
	table := c.table(format)
	var values []float64
	labels := make([]string, len(c.Bars))
	notes := 0.0
	note := func(b Bar) string {
		if b.Share == "" || !known(b.Value) {
			return format(b.Value)
		}
		return format(b.Value) + " (" + b.Share + ")"
	}
	for i, b := range c.Bars {
		labels[i] = b.Label
		values = append(values, b.Value)
		notes = max(notes, textWidth(note(b), bodySize, true))
	}
	if _, _, ok := extent(values...); !ok {
		return c.empty("bars", width, table)
	}
	// The shared scale ends at the longest bar: the numbers are at the bars, so
	// no axis is needed.
	longest := 0.0
	for _, b := range c.Bars {
		if !b.Own && known(b.Value) {
			longest = max(longest, b.Value)
		}
	}
	const thick, ruleGap = 28.0, 26.0
	pitch := 42.0
	if c.Funnel {
		pitch = 50
	}
	labelWidth := min(max(widest(bodySize, false, labels...), 60), 260)
	left := labelWidth + 16
	full := max(width-left-min(notes, 220)-14, 200)

	p := pen{w: width}
	type end struct {
		x, y float64
		ok   bool
	}
	var prev end
	y := 2.0
	for i, b := range c.Bars {
		if b.Own && i > 0 && !c.Bars[i-1].Own {
			y += ruleGap / 2
			p.line("chart-grid", 0, y-pitch/2+thick/2, width, y-pitch/2+thick/2)
			y += ruleGap / 2
		}
		p.textLines("", start, 0, y+thick/2, wrap(b.Label, bodySize, false, labelWidth, 2))
		scale := longest
		if b.Own {
			scale = b.Value
		}
		length := 0.0
		if known(b.Value) && scale > 0 {
			length = full * max(b.Value, 0) / scale
		}
		cur := end{left + length, y, known(b.Value) && !b.Own}
		if c.Funnel && prev.ok && cur.ok && length > 0 {
			p.poly("chart-soft chart-a", true, point{left, prev.y + thick}, point{prev.x, prev.y + thick}, point{cur.x, y}, point{left, y})
		}
		prev = cur
		c.bar(&p, b, left, y, length, thick)
		p.line("chart-zero", left, y-3, left, y+thick+3)
		tail := left + length + 10
		number := fit(format(b.Value), bodySize, true, 150)
		class := "chart-strong"
		if !known(b.Value) {
			class = "chart-muted"
		}
		p.text(class, start, tail, y+thick/2+baseline, number)
		if b.Share != "" && known(b.Value) {
			p.text("chart-muted", start, tail+textWidth(number, bodySize, true)+6, y+thick/2+baseline, "("+b.Share+")")
		}
		y += pitch
	}
	r := c.finish("bars", width, y-pitch+thick+6, &p, table)
	r.Narrow = c.narrow(format, longest, table)
	return r
}

// narrow draws the bars for a narrow page: each below its label and number, which
// leaves no room for slopes between them.
func (c Bars) narrow(format func(float64) string, longest float64, table Table) string {
	const w, thick, gap, dip = 320.0, 24.0, 16.0, lineHeight - baseline
	p := pen{w: w}
	y := 0.0
	for i, b := range c.Bars {
		if b.Own && i > 0 && !c.Bars[i-1].Own {
			p.line("chart-grid", 0, y, w, y)
			y += gap
		}
		number, class := fit(format(b.Value), bodySize, true, 150), "chart-strong"
		share := ""
		if !known(b.Value) {
			class = "chart-muted"
		} else if b.Share != "" {
			share = fit("("+b.Share+")", bodySize, false, w-160)
		}
		numbered, shared := textWidth(number, bodySize, true), 0.0
		if share != "" {
			shared = textWidth(share, bodySize, false) + 6
		}
		label := wrap(b.Label, bodySize, false, w, 2)
		for _, l := range label {
			p.text("", start, 0, y+dip, l)
			y += lineHeight
		}
		note := numbered + shared // where it ends: beside the label, if there is room
		if len(label) == 1 && textWidth(label[0], bodySize, false)+12+note <= w {
			y -= lineHeight
			note = w
		}
		p.text(class, end, note-shared, y+dip, number)
		if share != "" {
			p.text("chart-muted", end, note, y+dip, share)
		}
		y += lineHeight + 3
		scale := longest
		if b.Own {
			scale = b.Value
		}
		length := 0.0
		if known(b.Value) && scale > 0 {
			length = (w - 2) * max(b.Value, 0) / scale
		}
		left := c.bar(&p, b, 1, y, length, thick)
		p.line("chart-zero", 1, y-2, 1, y+thick+2)
		y += thick
		if len(left) > 0 {
			p.text("chart-muted", end, w, y+5+dip, fit(strings.Join(left, " · "), bodySize, false, w))
			y += 5 + lineHeight
		}
		y += gap
	}
	m := c.Meta
	m.ID = c.id("bars") + "-narrow"
	return m.finish("bars chart-narrow", w, y-gap+6, &p, table).SVG
}

// bar draws the filled part and the outline of one bar, with the texts that
// find room; it gives those that do not.
func (c Bars) bar(p *pen, b Bar, x, y, length, thick float64) (left []string) {
	done := length
	if known(b.Part) && b.Part != 0 && b.Value > 0 {
		done = length * min(max(b.Part/b.Value, 0), 1)
		p.rect("chart-plan", x, y, length, thick, 2)
	}
	p.rect("chart-fill chart-a", x, y, done, thick, 2)
	inside := func(class, s string, from, room float64) {
		switch {
		case s == "":
		case textWidth(s, bodySize, true)+20 <= room:
			p.text(class, start, from+10, y+thick/2+baseline, s)
		default:
			left = append(left, s)
		}
	}
	inside("chart-strong chart-on", b.PartText, x, done)
	inside("", b.RestText, x+done, length-done)
	return left
}

func (c Bars) table(format func(float64) string) Table {
	var share, part bool
	for _, b := range c.Bars {
		share = share || b.Share != ""
		part = part || b.Part != 0
	}
	t := Table{Head: []string{c.Words.Label, c.Words.Value}, Rows: [][]string{}}
	if share {
		t.Head = append(t.Head, c.Words.Share)
	}
	if part {
		t.Head = append(t.Head, c.Words.Part)
	}
	for _, b := range c.Bars {
		row := []string{b.Label, format(b.Value)}
		if share {
			row = append(row, b.Share)
		}
		if part {
			text := ""
			if b.Part != 0 {
				text = format(b.Part)
			}
			row = append(row, text)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
