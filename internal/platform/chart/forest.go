package chart

import (
	"math"
	"slices"
)

// Forest shows estimates with their uncertainty under each other, and what they
// come to together.
type Forest struct {
	Meta
	Rows []Estimate
	// Pooled are drawn as diamonds under a rule.
	Pooled []Estimate
	// Null is the value of no effect: 0 for differences, 1 for ratios. With Log a
	// Null that is not above zero counts as 1.
	Null float64
	// Log draws ratios on a logarithmic axis. Numbers not above zero are then
	// unknown.
	Log    bool
	Format func(float64) string
	Tick   func(float64) string // writes the numbers of the axis; Format when nil
	// Interval joins the ends of an interval: "2,6 til 14,8"; "2.6; 14.8" when
	// nil.
	Interval func(low, high string) string
	// Percent writes a weight; 0.24 becomes "24 %" when nil.
	Percent func(float64) string
	Words   ForestWords
}

// Estimate is a number with a confidence interval.
type Estimate struct {
	// Group is a heading over this and the following rows of the same group.
	Group            string
	Label            string
	Value, Low, High float64
	// Weight is the share of the weight in the pooled estimate, 0 to 1; the area
	// of the square follows it. Zero when there is none.
	Weight float64
	// PredictLow and PredictHigh are a prediction interval, drawn as a thin bar
	// under a pooled estimate; none when both are zero.
	PredictLow, PredictHigh float64
}

// ForestWords are the words of a Forest.
type ForestWords struct {
	Label  string // head of the names: "Studie"
	Effect string // head of the numbers: "Effekt (95 % KI)"
	Weight string
	Axis   string // what is measured, under the axis
	// Less and More say what the two sides of the null line mean.
	Less, More string
	// Predict names the prediction interval in the table.
	Predict string
}

// Render draws the forest.
func (c Forest) Render() Rendered {
	c.Rows, c.Pooled = c.tidy(c.Rows), c.tidy(c.Pooled)
	switch {
	case c.Log && (!known(c.Null) || c.Null < 1e-6):
		c.Null = 1
	case !known(c.Null):
		c.Null = 0
	}
	table := c.table()
	all := slices.Concat(c.Rows, c.Pooled)
	any := false
	var labels, numbers []string
	weights, heaviest := false, 0.0
	for _, e := range all {
		any = any || known(e.Value)
		labels = append(labels, e.Label)
		numbers = append(numbers, c.numbers(e))
		weights = weights || e.Weight > 0
	}
	for _, e := range c.Rows {
		heaviest = max(heaviest, e.Weight)
	}
	if !any {
		return c.empty("forest", width, table)
	}
	const rowHeight, headHeight = 32.0, 34.0
	labelWidth := min(max(widest(bodySize, true, labels...), widest(smallSize, false, c.Words.Label)), 250)
	weightWidth := 0.0
	if weights {
		weightWidth = min(max(widest(smallSize, false, c.Words.Weight), 44), 90) + 18
	}
	numberWidth := min(max(widest(bodySize, true, numbers...), widest(smallSize, false, c.Words.Effect)), 270)
	left := labelWidth + 24
	right := width - weightWidth - numberWidth - 28
	numberX, weightX := width-weightWidth-numberWidth, width-1.0
	at, ticks := c.axis(all, left, right)
	held := func(v float64) float64 { return min(max(at(v), left), right) }

	p := pen{w: width}
	p.text("chart-axis", start, 0, 16, fit(c.Words.Label, smallSize, false, labelWidth+2))
	p.text("chart-axis", start, numberX, 16, fit(c.Words.Effect, smallSize, false, numberWidth+8))
	if weights {
		p.text("chart-axis", end, weightX, 16, fit(c.Words.Weight, smallSize, false, 92))
	}
	// The ground is drawn when its height is known, under the marks.
	y := headHeight
	marks := pen{w: width}
	group := ""
	for i, e := range c.Rows {
		if e.Group != "" && (i == 0 || e.Group != group) {
			marks.text("chart-strong", start, 0, y+rowHeight/2+baseline, fit(e.Group, bodySize, true, left-10))
			y += rowHeight
		}
		group = e.Group
		mid := y + rowHeight/2
		c.labels(&marks, e, false, labelWidth, numberX, weightX, mid)
		if known(e.Value) {
			c.interval(&marks, e.Low, e.High, at, left, right, mid, "chart-ci")
			side := 9.0
			if heaviest > 0 {
				side = max(5, 15*math.Sqrt(e.Weight/heaviest))
			}
			x := held(e.Value)
			marks.rect("chart-fill chart-a", x-side/2, mid-side/2, side, side, 0)
		}
		y += rowHeight
	}
	if len(c.Pooled) > 0 && len(c.Rows) > 0 {
		y += 4
		marks.line("chart-grid", 0, y, width, y)
		y += 4
	}
	for _, e := range c.Pooled {
		mid := y + rowHeight/2
		c.labels(&marks, e, true, labelWidth, numberX, weightX, mid)
		if known(e.Value) {
			low, high := e.Low, e.High
			if !known(low) || !known(high) {
				low, high = e.Value, e.Value
			}
			a, m, b := held(low), held(e.Value), held(high)
			marks.poly("chart-pooled", true, point{min(a, m-3), mid}, point{m, mid - 9}, point{max(b, m+3), mid}, point{m, mid + 9})
			if e.PredictLow != 0 || e.PredictHigh != 0 {
				c.interval(&marks, e.PredictLow, e.PredictHigh, at, left, right, mid+13, "chart-predict")
				y += 8
			}
		}
		y += rowHeight
	}
	top, bottom := headHeight-4, y+4
	tick := c.ticks(c.Tick, c.Format)
	for _, v := range ticks {
		p.line("chart-grid", at(v), top, at(v), bottom)
		p.text("chart-axis", middle, at(v), bottom+18, tick(v))
	}
	p.line("chart-zero", at(c.Null), top, at(c.Null), bottom+4)
	p.b = append(p.b, marks.b...)
	y = bottom + 22
	if c.Words.Less != "" || c.Words.More != "" {
		y += 20
		x := at(c.Null)
		if c.Words.Less != "" {
			p.text("chart-small", end, x-12, y, "← "+c.Words.Less)
		}
		if c.Words.More != "" {
			p.text("chart-small", start, x+12, y, c.Words.More+" →")
		}
	}
	if c.Words.Axis != "" {
		y += 20
		p.text("chart-axis", middle, (left+right)/2, y, c.Words.Axis)
	}
	return c.finish("forest", width, y+8, &p, table)
}

// tidy marks what cannot be drawn as unknown.
func (c Forest) tidy(in []Estimate) []Estimate {
	out := slices.Clone(in)
	for i := range out {
		e := &out[i]
		for _, v := range []*float64{&e.Value, &e.Low, &e.High, &e.PredictLow, &e.PredictHigh} {
			if !known(*v) || c.Log && v != &e.PredictLow && v != &e.PredictHigh && *v < 1e-6 {
				*v = Unknown
			}
		}
		if c.Log && (e.PredictLow != 0 || e.PredictHigh != 0) && (e.PredictLow < 1e-6 || e.PredictHigh < 1e-6) {
			e.PredictLow, e.PredictHigh = 0, 0
		}
		if e.Low > e.High {
			e.Low, e.High = e.High, e.Low
		}
		if !known(e.PredictLow) || !known(e.PredictHigh) {
			e.PredictLow, e.PredictHigh = 0, 0
		}
		if !known(e.Weight) || e.Weight < 0 {
			e.Weight = 0
		}
	}
	return out
}

// axis covers the estimates and most of their intervals. An interval much wider
// than the rest is cut, with an arrow, so that it does not press the others
// together.
func (c Forest) axis(all []Estimate, left, right float64) (at func(float64) float64, ticks []float64) {
	to := func(v float64) float64 { return v }
	if c.Log {
		to = math.Log
	}
	points := []float64{to(c.Null)}
	var widths []float64
	for _, e := range all {
		if known(e.Value) {
			points = append(points, to(e.Value))
		}
		if known(e.Value) && known(e.Low) && known(e.High) {
			widths = append(widths, to(e.High)-to(e.Low))
		}
	}
	lo, hi, _ := extent(points...)
	reach := hi - lo
	if len(widths) > 0 {
		slices.Sort(widths)
		reach = max(reach, widths[len(widths)/2])
	}
	least, most := lo-reach, hi+reach
	for _, e := range all {
		if !known(e.Value) {
			continue
		}
		for _, v := range []float64{e.Low, e.High} {
			if known(v) {
				lo, hi = min(lo, max(to(v), least)), max(hi, min(to(v), most))
			}
		}
	}
	if !c.Log {
		a := tightAxis(lo-(hi-lo)*0.02, hi+(hi-lo)*0.02, 7, left, right)
		return a.at, a.ticks
	}
	if hi-lo < 0.02 {
		lo, hi = lo-0.1, hi+0.1
	}
	a := axis{lo: lo, hi: hi, from: left, to: right}
	for power := math.Floor(lo / math.Ln10); power <= hi/math.Ln10; power++ {
		for _, m := range []float64{1, 2, 5} {
			if v := m * math.Pow(10, power); math.Log(v) >= lo && math.Log(v) <= hi {
				ticks = append(ticks, v)
			}
		}
	}
	if len(ticks) < 3 {
		ticks = ticks[:0]
		for _, v := range newAxis(math.Exp(lo), math.Exp(hi), 5, 0, 0, 1).ticks {
			if v > 0 && math.Log(v) >= lo && math.Log(v) <= hi {
				ticks = append(ticks, v)
			}
		}
	}
	if len(ticks) > 9 { // many decades: whole powers are enough
		ticks = slices.DeleteFunc(ticks, func(v float64) bool {
			l := math.Log10(v)
			return math.Abs(l-math.Round(l)) > 1e-9
		})
	}
	return func(v float64) float64 { return a.at(math.Log(v)) }, ticks
}

// labels writes the name and the numbers of a row.
func (c Forest) labels(p *pen, e Estimate, bold bool, labelWidth, numberX, weightX, y float64) {
	class := ""
	if bold {
		class = "chart-strong"
	}
	p.text(class, start, 0, y+baseline, fit(e.Label, bodySize, bold, labelWidth+2))
	if !known(e.Value) {
		class = "chart-muted"
	}
	p.text(class, start, numberX, y+baseline, fit(c.numbers(e), bodySize, bold, 275))
	if e.Weight > 0 {
		p.text("", end, weightX, y+baseline, fit(c.percent(e.Weight), bodySize, false, 92))
	}
}

// interval draws the part of an interval that lies on the axis, with an arrow
// where it goes on.
func (c Forest) interval(p *pen, low, high float64, at func(float64) float64, left, right, y float64, class string) {
	if !known(low) || !known(high) {
		return
	}
	a, b := at(low), at(high)
	if b < left || a > right {
		return
	}
	p.line(class, max(a, left), y, min(b, right), y)
	if a < left-0.05 {
		p.poly(class, false, point{left + 6, y - 4}, point{left, y}, point{left + 6, y + 4})
	}
	if b > right+0.05 {
		p.poly(class, false, point{right - 6, y - 4}, point{right, y}, point{right - 6, y + 4})
	}
}

// numbers is the estimate with its interval, as text.
func (c Forest) numbers(e Estimate) string {
	format := c.formatter(c.Format)
	if !known(e.Value) || !known(e.Low) || !known(e.High) {
		return format(e.Value)
	}
	return format(e.Value) + " (" + c.join(e.Low, e.High) + ")"
}

func (c Forest) join(low, high float64) string {
	format := c.formatter(c.Format)
	if c.Interval == nil {
		return format(low) + "; " + format(high)
	}
	return c.Interval(format(low), format(high))
}

func (c Forest) percent(v float64) string {
	if c.Percent == nil {
		return plain(math.Round(v*100)) + "\u00a0%"
	}
	return c.Percent(v)
}

func (c Forest) table() Table {
	all := slices.Concat(c.Rows, c.Pooled)
	var weight, predict bool
	for _, e := range all {
		weight = weight || e.Weight > 0
		predict = predict || e.PredictLow != 0 || e.PredictHigh != 0
	}
	t := Table{Head: []string{c.Words.Label, c.Words.Effect}, Rows: [][]string{}}
	if weight {
		t.Head = append(t.Head, c.Words.Weight)
	}
	if predict {
		t.Head = append(t.Head, c.Words.Predict)
	}
	for _, e := range all {
		name := e.Label
		if e.Group != "" {
			name = e.Group + ": " + name
		}
		row := []string{name, c.numbers(e)}
		if weight {
			text := ""
			if e.Weight > 0 {
				text = c.percent(e.Weight)
			}
			row = append(row, text)
		}
		if predict {
			text := ""
			if e.PredictLow != 0 || e.PredictHigh != 0 {
				text = c.join(e.PredictLow, e.PredictHigh)
			}
			row = append(row, text)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
