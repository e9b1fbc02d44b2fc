package chart

import (
	"math"
	"slices"
)

// EventStudy shows the difference between two groups in the periods before and
// after something began, against a reference period that is set to zero.
type EventStudy struct {
	Meta
	// Points need not be in order. A period without a point is a gap.
	Points []EventPoint
	// Reference is the period that the others are measured against, usually −1;
	// it is drawn as an open ring at zero.
	Reference int
	// First is the first period of the treatment, usually 0; the line for its
	// start stands before it.
	First  int
	Format func(float64) string
	Tick   func(float64) string // writes the numbers of the axis; Format when nil
	// Interval joins the ends of an interval, as in [Forest].
	Interval func(low, high string) string
	Words    EventWords
}

// EventPoint is the estimate of one period. Periods beyond ±1000 are left out
// of the picture.
type EventPoint struct {
	Period           int
	Value, Low, High float64
	// WideLow and WideHigh are a wider interval drawn as a thin line, such as
	// one that holds for all periods at once; none when both are zero.
	WideLow, WideHigh float64
}

// EventWords are the words of an EventStudy.
type EventWords struct {
	Period, Effect, Interval, Wide string // heads of the table
	Start                          string // at the line: "Tiltaket starter"
	Reference                      string // at the open ring, and in the table
	Axis                           string // under the axis: "Kvartal fra tiltaksstart"
	Unit                           string // over the axis: "prosentpoeng"
}

// Render draws the periods.
func (c EventStudy) Render() Rendered {
	points := slices.Clone(c.Points)
	for i := range points {
		e := &points[i]
		for _, v := range []*float64{&e.Value, &e.Low, &e.High, &e.WideLow, &e.WideHigh} {
			if !known(*v) {
				*v = Unknown
			}
		}
		if e.Low > e.High {
			e.Low, e.High = e.High, e.Low
		}
		if math.IsNaN(e.WideLow) || math.IsNaN(e.WideHigh) {
			e.WideLow, e.WideHigh = 0, 0
		}
	}
	slices.SortStableFunc(points, func(a, b EventPoint) int { return a.Period - b.Period })
	c.Points = points
	table := c.table()

	const far = 1000
	values := []float64{0}
	first, last := float64(c.Reference), float64(c.Reference)
	drawn := 0
	for _, e := range points {
		if e.Period == c.Reference || !known(e.Value) || e.Period < -far || e.Period > far {
			continue
		}
		drawn++
		values = append(values, e.Value, e.Low, e.High)
		if e.wide() {
			values = append(values, e.WideLow, e.WideHigh)
		}
		first, last = min(first, float64(e.Period)), max(last, float64(e.Period))
	}
	if drawn == 0 || c.Reference < -far || c.Reference > far {
		return c.empty("event", width, table)
	}
	const top, plotHeight = 44.0, 270.0
	lo, hi, _ := extent(values...)
	y := newAxis(lo, hi, 6, 0, top+plotHeight, top)
	p := pen{w: width}
	left := c.ground(&p, y, c.ticks(c.Tick, c.Format), c.Words.Unit, width)
	x := axis{lo: first - 0.6, hi: last + 0.6, from: left, to: width - 4}

	if s := float64(c.First) - 0.5; s >= x.lo && s <= x.hi {
		at := x.at(s)
		p.line("chart-now", at, top-18, at, top+plotHeight)
		w := textWidth(c.Words.Start, smallSize, true)
		if at+8+w <= width {
			p.text("chart-small chart-strong chart-alert chart-halo", start, at+7, top-8, c.Words.Start)
		} else {
			p.text("chart-small chart-strong chart-alert chart-halo", end, at-7, top-8, c.Words.Start)
		}
	}
	for _, e := range points {
		if e.Period == c.Reference || !known(e.Value) || e.Period < -far || e.Period > far {
			continue
		}
		at := x.at(float64(e.Period))
		if e.wide() {
			p.line("chart-predict", at, y.at(e.WideLow), at, y.at(e.WideHigh))
		}
		if known(e.Low) && known(e.High) {
			p.line("chart-ci", at, y.at(e.Low), at, y.at(e.High))
		}
		p.circle("chart-fill chart-a chart-dot", at, y.at(e.Value), 5.5)
	}
	ref := x.at(float64(c.Reference))
	p.line("chart-lead", ref, y.at(0), ref, top+plotHeight-20)
	p.circle("chart-open", ref, y.at(0), 6)
	half := min(textWidth(c.Words.Reference, smallSize, false)/2, 200)
	at := ref
	if c.Reference < c.First { // clear of the line of the start
		at = min(at, x.at(float64(c.First)-0.5)-half-5)
	}
	p.text("chart-small chart-muted chart-halo", middle, min(max(at, left+half), width-half), top+plotHeight-8, c.Words.Reference)
	for _, v := range newAxis(first, last, 14, 1, 0, 1).ticks {
		if v >= first && v <= last {
			p.text("chart-axis", middle, x.at(v), top+plotHeight+22, plain(v))
		}
	}
	h := top + plotHeight + 30
	if c.Words.Axis != "" {
		p.text("chart-axis", middle, (left+width)/2, h+14, c.Words.Axis)
		h += 22
	}
	return c.finish("event", width, h, &p, table)
}

func (e EventPoint) wide() bool { return e.WideLow != 0 || e.WideHigh != 0 }

func (c EventStudy) table() Table {
	format := c.formatter(c.Format)
	join := func(low, high float64) string {
		if !known(low) || !known(high) {
			return c.unknown()
		}
		if c.Interval == nil {
			return format(low) + "; " + format(high)
		}
		return c.Interval(format(low), format(high))
	}
	wide := slices.ContainsFunc(c.Points, EventPoint.wide)
	t := Table{Head: []string{c.Words.Period, c.Words.Effect, c.Words.Interval}, Rows: [][]string{}}
	if wide {
		t.Head = append(t.Head, c.Words.Wide)
	}
	for _, e := range c.Points {
		row := []string{plain(float64(e.Period)), format(e.Value), join(e.Low, e.High)}
		if e.Period == c.Reference {
			row = []string{plain(float64(e.Period)), format(0), c.Words.Reference}
		}
		if wide {
			text := ""
			if e.wide() && e.Period != c.Reference {
				text = join(e.WideLow, e.WideHigh)
			}
			row = append(row, text)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// ground draws the horizontal grid with its numbers and the unit over it, and
// gives where the plot begins. The grid ends at right.
func (m Meta) ground(p *pen, y axis, format func(float64) string, unit string, right float64) (left float64) {
	labels := make([]string, len(y.ticks))
	for i, v := range y.ticks {
		labels[i] = format(v)
	}
	left = min(widest(smallSize, false, labels...), 130) + 14
	for i, v := range y.ticks {
		class := "chart-grid"
		if v == 0 {
			class = "chart-zero"
		}
		p.line(class, left, y.at(v), right, y.at(v))
		p.text("chart-axis", end, left-8, y.at(v)+4.5, labels[i])
	}
	p.text("chart-axis", start, 0, 14, unit)
	return left
}
