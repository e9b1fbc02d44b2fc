package chart

import (
	"math"
	"slices"
)

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
	const gap, arrow, top, thick = 2.0, 10.0, 46.0, 18.0
	n := float64(len(c.Segments))
	least := min(8, (w-arrow)/n-gap)
	free := w - arrow - (least+gap)*n
	id := c.id("days")
	p := pen{w: w}
	p.hatch(id, "chart-hatch")
	lefts := make([]float64, len(c.Segments))
	x := 1.0
	for i, s := range c.Segments {
		length := max(least, 0.5)
		if total > 0 {
			length += free * float64(max(s.Days, 0)) / total
		}
		lefts[i] = x
		class := "chart-stay"
		if i%2 == 1 {
			class = "chart-stay-odd"
		}
		if s.Current {
			p.poly("chart-fill chart-a", true, point{x, top}, point{x + length, top}, point{x + length + arrow - 2, top + thick/2}, point{x + length, top + thick}, point{x, top + thick})
		} else {
			p.rect(class, x, top, length, thick, 2)
		}
		if s.Limit > 0 && s.Days > s.Limit {
			over := length * float64(s.Days-s.Limit) / float64(s.Days)
			p.hatched(id, "chart-delay", x+length-over, top, over, thick)
		}
		x += length + gap
	}
	c.labels(&p, lefts, w, top, days)
	return c.finish("days", w, math.Ceil(top+thick+2), &p, table)
}

// labels writes name and days over the segments, moved sideways where they
// would meet, with a thin line down to the segment. When there is no room for
// all, the shortest stays go without; the table has them.
func (c DaysBar) labels(p *pen, lefts []float64, w, top float64, days func(int) string) {
	widths := make([]float64, len(c.Segments))
	shown := make([]int, len(c.Segments))
	sum := 0.0
	for i, s := range c.Segments {
		widths[i] = min(max(textWidth(s.Label, smallSize, true), textWidth(days(max(s.Days, 0)), smallSize, false)), 200) + 14
		shown[i] = i
		sum += widths[i]
	}
	for sum > w && len(shown) > 1 {
		shortest := 0
		for k, i := range shown {
			if !c.Segments[i].Current && (c.Segments[shown[shortest]].Current || c.Segments[i].Days < c.Segments[shown[shortest]].Days) {
				shortest = k
			}
		}
		sum -= widths[shown[shortest]]
		shown = slices.Delete(shown, shortest, shortest+1)
	}
	places := make([]float64, len(shown))
	next := 0.0
	for k, i := range shown {
		places[k] = max(lefts[i], next)
		next = places[k] + widths[i]
	}
	next = w + 10
	for k := len(shown) - 1; k >= 0; k-- {
		places[k] = max(min(places[k], next-widths[shown[k]]), 0)
		next = places[k]
	}
	for k, i := range shown {
		s, at := c.Segments[i], places[k]
		class := "chart-small"
		if s.Current {
			class = "chart-small chart-strong"
		}
		p.poly("chart-lead", false, point{at, 8}, point{at, top - 8}, point{lefts[i] + 2, top - 1})
		p.text(class, start, at+5, 16, fit(s.Label, smallSize, s.Current, 206))
		p.text("chart-small chart-muted", start, at+5, 32, fit(days(max(s.Days, 0)), smallSize, false, 206))
	}
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
