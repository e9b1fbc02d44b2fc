package chart

import (
	"math"
	"slices"
	"strings"
)

// FunnelPlot shows results of many units against their size, with the limits
// inside which they would lie by chance. Only units outside the outer limits
// are named, and units are never ranked; small units are left out altogether.
type FunnelPlot struct {
	Meta
	Points []FunnelPoint
	// Target is what the units are held against, such as the overall share.
	Target float64
	// Limits gives the limits at a size; [ProportionLimits] is one. None are
	// drawn when nil, and no unit is then outside.
	Limits func(size float64) Limits
	// Least is the smallest size that may be shown. Smaller units are counted,
	// not shown, in the picture and in the table.
	Least  float64
	Format func(float64) string // writes a result
	Size   func(float64) string // writes a size
	Words  FunnelWords
}

// FunnelPoint is one unit.
type FunnelPoint struct {
	Label       string
	Size, Value float64
}

// Limits are where a result would lie by chance: 95 per cent of the units
// between the inner, 99.8 per cent between the outer limits.
type Limits struct {
	InnerLow, InnerHigh, OuterLow, OuterHigh float64
}

// ProportionLimits gives the limits of a share around the overall share p, by
// the normal approximation to the binomial distribution, held within 0 and 1
// (Spiegelhalter, Statistics in Medicine 24:1185–1202, 2005).
func ProportionLimits(p float64) func(size float64) Limits {
	return func(size float64) Limits {
		se := math.Sqrt(max(p*(1-p), 0) / size)
		hold := func(v float64) float64 { return min(max(v, 0), 1) }
		const inner, outer = 1.959963985, 3.090232306
		return Limits{hold(p - inner*se), hold(p + inner*se), hold(p - outer*se), hold(p + outer*se)}
	}
}

// FunnelWords are the words of a FunnelPlot.
type FunnelWords struct {
	Label, Size, Value string // heads of the table
	Axis, Unit         string // under and over the axes
	Inner, Outer       string // at the limits: "95 %", "99,8 %"
	// Inside and Hidden count the units inside the limits and those too small
	// to be shown, as rows of the table: "57 kontor innenfor grensene".
	Inside, Hidden func(n int) string
}

// Render draws the units.
func (c FunnelPlot) Render() Rendered {
	var shown, outside []FunnelPoint
	hidden := 0
	for _, q := range c.Points {
		switch {
		case !known(q.Size) || q.Size <= 0 || !known(q.Value):
		case q.Size < c.Least:
			hidden++
		default:
			shown = append(shown, q)
			if c.outside(q) {
				outside = append(outside, q)
			}
		}
	}
	// By name, so that neither the table nor the order of drawing is a ranking.
	slices.SortStableFunc(outside, func(a, b FunnelPoint) int { return strings.Compare(a.Label, b.Label) })
	table := c.table(outside, len(shown)-len(outside), hidden)
	if len(shown) == 0 || !known(c.Target) {
		return c.empty("funnel", width, table)
	}
	var sizes []float64
	values := []float64{c.Target}
	for _, q := range shown {
		sizes = append(sizes, q.Size)
		values = append(values, q.Value)
	}
	slices.Sort(sizes)
	largest := sizes[len(sizes)-1]
	if c.Limits != nil { // the limits at a small unit are seen, not those at the smallest
		l := c.Limits(sizes[len(sizes)/10])
		values = append(values, l.OuterLow, l.OuterHigh)
	}
	lo, hi, _ := extent(values...)

	const top, plotHeight = 34.0, 320.0
	format := c.formatter(c.Format)
	y := newAxis(lo, hi, 5, 0, top+plotHeight, top)
	p := pen{w: width}
	left := c.ground(&p, y, format, c.Words.Unit, width)
	right := width - 8.0
	if c.Limits != nil {
		right -= min(widest(smallSize, false, c.Words.Inner, c.Words.Outer), 110) + 6
	}
	x := tightAxis(0, largest*1.02, 6, left+10, right)
	p.line("chart-target", left, y.at(c.Target), right, y.at(c.Target))
	if c.Limits != nil {
		c.curves(&p, x, y, sizes[0])
	}
	named := map[FunnelPoint]bool{}
	for _, q := range outside {
		named[q] = true
	}
	for _, q := range shown {
		if !named[q] {
			p.circle("chart-ring", x.at(q.Size), y.at(q.Value), 4.5)
		}
	}
	var taken []box
	for _, q := range outside {
		px, py := x.at(q.Size), y.at(q.Value)
		p.diamond("chart-outlier", px, py, 7, 8)
		taken = append(taken, box{px - 7, py - 8, px + 7, py + 8})
	}
	for _, q := range outside {
		px, py := x.at(q.Size), y.at(q.Value)
		label := fit(q.Label, bodySize, true, 220)
		w := textWidth(label, bodySize, true)
		at := box{px + 11, py - 9, px + 11 + w, py + 9}
		for _, try := range []box{
			at,
			{px - 11 - w, py - 9, px - 11, py + 9},
			{px - w/2, py - 28, px + w/2, py - 10},
			{px - w/2, py + 10, px + w/2, py + 28},
			{px + 11, py - 26, px + 11 + w, py - 8},
			{px + 11, py + 8, px + 11 + w, py + 26},
		} {
			if try.x0 >= left && try.x1 <= width && try.y0 >= 16 && !slices.ContainsFunc(taken, try.meets) {
				at = try
				break
			}
		}
		if at.x1 > width {
			at = box{px - 11 - w, py - 9, px - 11, py + 9}
		}
		taken = append(taken, at)
		p.text("chart-strong chart-halo", start, at.x0, (at.y0+at.y1)/2+baseline, label)
	}
	size := c.formatter(c.Size)
	for _, v := range x.ticks {
		p.text("chart-axis", middle, x.at(v), top+plotHeight+22, size(v))
	}
	h := top + plotHeight + 30
	if c.Words.Axis != "" {
		p.text("chart-axis", middle, (left+right)/2, h+14, c.Words.Axis)
		h += 22
	}
	return c.finish("funnel", width, h, &p, table)
}

func (c FunnelPlot) outside(q FunnelPoint) bool {
	if c.Limits == nil {
		return false
	}
	l := c.Limits(q.Size)
	return q.Value < l.OuterLow || q.Value > l.OuterHigh
}

// curves draws the limits where they lie inside the plot, with their names at
// the right end.
func (c FunnelPlot) curves(p *pen, x, y axis, smallest float64) {
	const steps = 80
	sides := []struct {
		of    func(Limits) float64
		class string
	}{
		{func(l Limits) float64 { return l.OuterLow }, "chart-outer"},
		{func(l Limits) float64 { return l.OuterHigh }, "chart-outer"},
		{func(l Limits) float64 { return l.InnerLow }, "chart-inner"},
		{func(l Limits) float64 { return l.InnerHigh }, "chart-inner"},
	}
	// Sizes grow by a factor, since the curves bend most where units are small.
	from := max(smallest*0.8, x.hi*1e-4)
	factor := math.Pow(x.hi/from, 1.0/steps)
	for _, s := range sides {
		var run []point
		n := from
		for i := 0; i <= steps; i++ {
			v := s.of(c.Limits(min(n, x.hi)))
			if known(v) && v >= y.lo && v <= y.hi {
				run = append(run, point{x.at(min(n, x.hi)), y.at(v)})
			}
			n *= factor
		}
		if len(run) > 1 {
			p.poly(s.class, false, run...)
		}
	}
	l := c.Limits(x.hi)
	if known(l.InnerHigh) && known(l.OuterHigh) {
		places := spread([]float64{y.within(l.OuterHigh), y.within(l.InnerHigh)}, 15, y.to, y.from)
		p.text("chart-axis", start, x.to+6, places[0]+4.5, c.Words.Outer)
		p.text("chart-axis", start, x.to+6, places[1]+4.5, c.Words.Inner)
	}
}

func (c FunnelPlot) table(outside []FunnelPoint, inside, hidden int) Table {
	format, size := c.formatter(c.Format), c.formatter(c.Size)
	t := Table{Head: []string{c.Words.Label, c.Words.Size, c.Words.Value}, Rows: [][]string{}}
	for _, q := range outside {
		t.Rows = append(t.Rows, []string{q.Label, size(q.Size), format(q.Value)})
	}
	for _, sum := range []struct {
		n    int
		text func(int) string
	}{{inside, c.Words.Inside}, {hidden, c.Words.Hidden}} {
		if sum.n == 0 {
			continue
		}
		text := plain(float64(sum.n))
		if sum.text != nil {
			text = sum.text(sum.n)
		}
		t.Rows = append(t.Rows, []string{text, "", ""})
	}
	return t
}

// box is a rectangle in the drawing.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) meets(o box) bool {
	return b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1
}
