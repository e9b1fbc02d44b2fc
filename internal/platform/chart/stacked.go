package chart

// mostSeries is how many series a stacked chart tells apart; more are summed.
const mostSeries = 5

// Series is a named row of numbers, one for each column of the chart. Numbers
// that are missing at the end are unknown.
type Series struct {
	Name   string
	Values []float64
}

// at gives value i, Unknown outside the row or when it cannot be drawn.
func (s Series) at(i int) float64 {
	if i < len(s.Values) && known(s.Values[i]) {
		return s.Values[i]
	}
	return Unknown
}

// StackedBars shows amounts by category and year, with the total on top of each
// bar and the names at the last bar.
type StackedBars struct {
	Meta
	// Columns are the labels along the axis, usually years.
	Columns []string
	// Series are drawn from the bottom up. At most five are told apart; of more,
	// the first four are drawn and the rest is summed under Words.Other. The
	// table has them all.
	Series []Series
	Format func(float64) string
	Tick   func(float64) string // writes the numbers of the axis; Format when nil
	Words  StackedWords
}

// StackedWords are the words of StackedBars.
type StackedWords struct {
	Column string // head of the table's first column: "År"
	Total  string // head of the table's last column
	Unit   string // stands over the axis: "mill. kr"
	Other  string // name of the summed rest
	// AtLeast makes a total of which a part is unknown: "minst 12".
	AtLeast func(total string) string
}

// Render draws the bars.
func (c StackedBars) Render() Rendered {
	format := c.formatter(c.Format)
	totals := make([]float64, len(c.Columns))
	partly := make([]bool, len(c.Columns))
	any := false
	for i := range c.Columns {
		totals[i] = Unknown
		for _, s := range c.Series {
			v := s.at(i)
			switch {
			case !known(v):
				partly[i] = true
			case known(totals[i]):
				totals[i] += v
			default:
				totals[i], any = v, true
			}
		}
		if !known(totals[i]) {
			totals[i] = Unknown
		}
	}
	total := func(i int) string {
		s := format(totals[i])
		if partly[i] && known(totals[i]) {
			if c.Words.AtLeast != nil {
				return c.Words.AtLeast(s)
			}
			return "≥\u00a0" + s
		}
		return s
	}
	table := c.table(format, total)
	if !any {
		return c.empty("stacked", width, table)
	}
	series := c.fold()

	// The axis spans the tallest pile of positive and of negative numbers.
	lo, hi := 0.0, 0.0
	for i := range c.Columns {
		up, down := 0.0, 0.0
		for _, s := range series {
			if v := s.at(i); v > 0 {
				up += v
			} else if v < 0 {
				down += v
			}
		}
		lo, hi = min(lo, down), max(hi, up)
	}

	const plotHeight, top, gapHeight = 270.0, 44.0, 24.0
	y := newAxis(lo, hi, 4, 0, top+plotHeight, top)
	tick := c.ticks(c.Tick, c.Format)
	tickLabels := make([]string, len(y.ticks))
	for i, v := range y.ticks {
		tickLabels[i] = tick(v)
	}
	names := make([]string, len(series))
	for i, s := range series {
		names[i] = s.Name
	}
	left := min(widest(smallSize, false, tickLabels...), 130) + 12
	nameWidth := min(widest(bodySize, true, names...), 190)
	right := width - nameWidth - 30

	p := pen{w: width}
	id := c.id("stacked")
	p.hatch(id, "chart-hatch-muted")
	p.text("chart-axis", start, 0, 14, c.Words.Unit)
	for i, v := range y.ticks {
		if v != 0 { // zero is drawn over the bands
			p.line("chart-grid", left, y.at(v), right, y.at(v))
		}
		p.text("chart-axis", end, left-8, y.at(v)+4.5, tickLabels[i])
	}

	band := (right - left) / float64(len(c.Columns))
	bar := min(64, band*0.6)
	type span struct{ a, b float64 } // from the lower to the higher end, in the drawing
	spans := make([][]span, len(c.Columns))
	tops := make([]float64, len(c.Columns))
	for i := range c.Columns {
		spans[i] = make([]span, len(series))
		up, down := 0.0, 0.0
		for k, s := range series {
			switch v := s.at(i); {
			case v > 0:
				spans[i][k] = span{y.at(up), y.at(up + v)}
				up += v
			case v < 0:
				spans[i][k] = span{y.at(down + v), y.at(down)}
				down += v
			default:
				spans[i][k] = span{y.at(up), y.at(up)}
			}
		}
		tops[i] = y.at(up)
	}
	x := func(i int) float64 { return left + band*(float64(i)+0.5) - bar/2 }

	// Pale bands tie a series from year to year, so that it can be followed to
	// its name also where colours cannot be told apart.
	for i := range len(c.Columns) - 1 {
		for k, s := range series {
			if s.at(i) > 0 && s.at(i+1) > 0 {
				a, b := spans[i][k], spans[i+1][k]
				p.poly("chart-soft "+colours[k], true, point{x(i) + bar, a.a}, point{x(i) + bar, a.b}, point{x(i + 1), b.b}, point{x(i + 1), b.a})
			}
		}
	}
	for i := range c.Columns {
		for k, s := range series {
			sp := spans[i][k]
			h := sp.a - sp.b
			gap := 0.0
			if h > 4 {
				gap = 2
			}
			p.rect("chart-fill "+colours[k], x(i), sp.b+gap/2, bar, h-gap, 0)
			if text := format(s.at(i)); h >= 17 && textWidth(text, smallSize, true)+6 <= bar {
				p.text("chart-small chart-on", middle, x(i)+bar/2, (sp.a+sp.b)/2+4.5, text)
			}
		}
		above := tops[i]
		if partly[i] {
			p.hatched(id, "chart-gap", x(i)+0.5, above-gapHeight-1, bar-1, gapHeight)
			p.text("chart-small chart-halo", middle, x(i)+bar/2, above-gapHeight/2+3.5, "?")
			above -= gapHeight + 2
		}
		p.text("chart-strong chart-halo", middle, x(i)+bar/2, above-7, total(i))
	}
	p.line("chart-zero", left, y.at(0), right, y.at(0))
	for _, i := range thin(c.Columns, band, smallSize) {
		p.text("chart-axis", middle, x(i)+bar/2, top+plotHeight+20, c.Columns[i])
	}

	// Names stand at the last bar, moved apart where the parts are small.
	last := len(c.Columns) - 1
	centre := make([]float64, len(series))
	for k := range series {
		centre[k] = (spans[last][k].a + spans[last][k].b) / 2
	}
	gap, lines := nameLines(names, nameWidth)
	edge := x(last) + bar
	for k, at := range spread(centre, gap, top, top+plotHeight) {
		p.poly("chart-lead", false, point{edge + 2, centre[k]}, point{edge + 8, centre[k]}, point{right + 10, at}, point{right + 16, at})
		p.textLines("chart-strong chart-ink "+colours[k], start, right+20, at, lines[k])
	}
	return c.finish("stacked", width, top+plotHeight+30, &p, table)
}

// nameLines breaks the names of series into lines and gives how far apart they
// must stand.
func nameLines(names []string, room float64) (gap float64, lines [][]string) {
	gap = lineHeight + 2
	for _, name := range names {
		l := wrap(name, bodySize, true, room+2, 2)
		if len(l) > 1 {
			gap = 2*lineHeight + 2
		}
		lines = append(lines, l)
	}
	return gap, lines
}

// fold sums the series that are too many to tell apart.
func (c StackedBars) fold() []Series {
	if len(c.Series) <= mostSeries {
		return c.Series
	}
	rest := Series{Name: or(c.Words.Other, "…"), Values: make([]float64, len(c.Columns))}
	for i := range c.Columns {
		rest.Values[i] = Unknown
		for _, s := range c.Series[mostSeries-1:] {
			switch v := s.at(i); {
			case !known(v):
			case known(rest.Values[i]):
				rest.Values[i] += v
			default:
				rest.Values[i] = v
			}
		}
	}
	return append(c.Series[:mostSeries-1:mostSeries-1], rest)
}

func (c StackedBars) table(format func(float64) string, total func(int) string) Table {
	t := Table{Head: []string{c.Words.Column}, Rows: [][]string{}}
	for _, s := range c.Series {
		t.Head = append(t.Head, s.Name)
	}
	t.Head = append(t.Head, c.Words.Total)
	for i, name := range c.Columns {
		row := []string{name}
		for _, s := range c.Series {
			row = append(row, format(s.at(i)))
		}
		t.Rows = append(t.Rows, append(row, total(i)))
	}
	return t
}

// thin picks the labels that can stand beside each other with the room given,
// the last one always among them.
func thin(labels []string, room, size float64) []int {
	every := 1
	for w := widest(size, false, labels...) + 8; room*float64(every) < w && every < len(labels); {
		every++
	}
	var out []int
	for i := range labels {
		if (len(labels)-1-i)%every == 0 {
			out = append(out, i)
		}
	}
	return out
}
