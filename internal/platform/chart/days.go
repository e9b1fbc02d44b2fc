package chart

import "math"

// DaysBar is a small bar of the days a record has spent in each state, for the
// view of a thread.
type DaysBar struct {
	Meta
	// Segments follow each other in time.
	Segments []DaysSegment
	// Days writes a number of days: "12 dager"; the bare number when nil.
	Days  func(int) string
	Words DaysWords
}

// DaysSegment is one stay in a state.
type DaysSegment struct {
	Label string
	Days  int // negative counts as none
	// Limit is how many days the state should take at most; what is over is
	// hatched. No limit when zero.
	Limit int
	// Current marks the state the record is in now: its end is open.
	Current bool
}

// DaysWords are the heads of the table. Limit is used only when a segment has
// one.
type DaysWords struct {
	Label, Days, Limit string
}

// Render draws the bar.
func (c DaysBar) Render() Rendered {
	const w = 560.0
	days := func(n int) string {
		if c.Days == nil {
			return plain(float64(n))
		}
		return c.Days(n)
	}
	table := c.table(days)
	total := 0.0
	for _, s := range c.Segments {
		total += float64(max(s.Days, 0))
	}
	if len(c.Segments) == 0 {
		return c.empty("days", w, table)
	}
	// Every stay gets a little room however short, so that none disappears; the
	// rest of the width is shared by days.
	const gap, arrow, top, thick = 2.0, 10.0, 24.0, 18.0
	least := min(14, (w-arrow)/float64(len(c.Segments))-gap)
	free := w - arrow - (least+gap)*float64(len(c.Segments))
	if least < 1 {
		least, free = 0, w-arrow-gap*float64(len(c.Segments))
	}
	id := c.id("days")
	var p pen
	p.hatch(id, "chart-hatch")
	x := 0.0
	// Labels stand over their part when they fit, and else are left to the
	// table and the legend line below, which names the longest stays.
	for i, s := range c.Segments {
		length := least
		if total > 0 {
			length += free * float64(max(s.Days, 0)) / total
		}
		length = max(length, 0.5)
		class := "chart-stay"
		if i%2 == 1 {
			class = "chart-stay-odd"
		}
		if s.Current {
			class = "chart-fill chart-a"
		}
		if s.Current {
			p.poly(class, true, point{x, top}, point{x + length, top}, point{x + length + arrow - 2, top + thick/2}, point{x + length, top + thick}, point{x, top + thick})
		} else {
			p.rect(class, x, top, length, thick, 2)
		}
		if s.Limit > 0 && s.Days > s.Limit {
			over := length * float64(s.Days-s.Limit) / float64(s.Days)
			p.hatched(id, "chart-delay", x+length-over, top, over, thick)
		}
		if textWidth(s.Label, smallSize, s.Current) <= length {
			label := "chart-small"
			if s.Current {
				label = "chart-small chart-strong"
			}
			p.text(label, start, x+1, top-8, s.Label)
		}
		if text := days(s.Days); textWidth(text, smallSize, false) <= length {
			p.text("chart-small chart-muted", start, x+1, top+thick+15, text)
		}
		x += length + gap
	}
	return c.finish("days", w, math.Ceil(top+thick+22), &p, table)
}

func (c DaysBar) table(days func(int) string) Table {
	limit := false
	for _, s := range c.Segments {
		limit = limit || s.Limit > 0
	}
	t := Table{Head: []string{c.Words.Label, c.Words.Days}, Rows: [][]string{}}
	if limit {
		t.Head = append(t.Head, c.Words.Limit)
	}
	for _, s := range c.Segments {
		row := []string{s.Label, days(max(s.Days, 0))}
		if limit {
			text := ""
			if s.Limit > 0 {
				text = days(s.Limit)
			}
			row = append(row, text)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
