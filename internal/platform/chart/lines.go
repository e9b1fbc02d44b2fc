package chart

// mostLines is how many lines are told apart by colour, dashes and end mark.
const mostLines = 4

// Lines shows how some numbers develop together, such as readers by channel and
// month.
type Lines struct {
	Meta
	// Columns are the labels along the axis.
	Columns []string
	// Series are the lines; an unknown number is a gap. Four are told apart,
	// with their names at the end; further ones are thin grey lines for
	// comparison, named only in the table.
	Series []Series
	// Loose lets the axis begin above zero. Without it zero is always shown.
	Loose  bool
	Format func(float64) string
	Tick   func(float64) string // writes the numbers of the axis; Format when nil
	Words  LinesWords
}

// LinesWords are the words of Lines.
type LinesWords struct {
	Column string // head of the table's first column
	Unit   string // over the axis
}

// Render draws the lines.
func (c Lines) Render() Rendered {
	format := c.formatter(c.Format)
	t := Table{Head: []string{c.Words.Column}, Rows: [][]string{}}
	var values []float64
	for _, s := range c.Series {
		t.Head = append(t.Head, s.Name)
		for i := range c.Columns {
			values = append(values, s.at(i))
		}
	}
	for i, name := range c.Columns {
		row := []string{name}
		for _, s := range c.Series {
			row = append(row, format(s.at(i)))
		}
		t.Rows = append(t.Rows, row)
	}
	lo, hi, ok := extent(values...)
	if !ok {
		return c.empty("lines", width, t)
	}
	if !c.Loose {
		lo, hi = min(lo, 0), max(hi, 0)
	}
	const top, plotHeight = 34.0, 270.0
	y := newAxis(lo, hi, 4, 0, top+plotHeight, top)

	named := c.Series[:min(len(c.Series), mostLines)]
	names := make([]string, len(named))
	for i, s := range named {
		names[i] = s.Name
	}
	nameWidth := min(widest(bodySize, true, names...), 190)
	p := pen{w: width}
	right := width - nameWidth - 42
	left := c.ground(&p, y, c.ticks(c.Tick, c.Format), c.Words.Unit, right+8)
	x := axis{lo: 0, hi: float64(len(c.Columns) - 1), from: left + 14, to: right}
	if len(c.Columns) == 1 {
		x.lo, x.hi = -1, 1
	}
	for _, s := range c.Series[len(named):] {
		c.line(&p, s, x, y, "chart-lead", -1)
	}
	for k := len(named) - 1; k >= 0; k-- { // the first on top
		c.line(&p, named[k], x, y, "chart-line "+colours[k], k)
	}
	room := (x.to - x.from) / float64(max(len(c.Columns)-1, 1))
	for _, i := range thin(c.Columns, room, smallSize) {
		p.text("chart-axis", middle, x.at(float64(i)), top+plotHeight+22, c.Columns[i])
	}

	// Names stand beside the last known number of each line.
	var ends []float64
	var at []point
	var who []int
	for k, s := range named {
		for i := len(c.Columns) - 1; i >= 0; i-- {
			if v := s.at(i); known(v) {
				ends = append(ends, y.at(v))
				at = append(at, point{x.at(float64(i)), y.at(v)})
				who = append(who, k)
				break
			}
		}
	}
	gap, lines := nameLines(names, nameWidth)
	for i, place := range spread(ends, gap, top, top+plotHeight) {
		k := who[i]
		p.poly("chart-lead", false, point{at[i].x + 8, at[i].y}, point{at[i].x + 11, at[i].y}, point{x.to + 20, place}, point{x.to + 24, place})
		p.mark(k, at[i].x, at[i].y)
		p.textLines("chart-strong chart-ink chart-halo "+colours[k], start, x.to+28, place, lines[k])
	}
	return c.finish("lines", width, top+plotHeight+32, &p, t)
}

// line draws the runs of known numbers; a number alone between gaps is a mark.
func (c Lines) line(p *pen, s Series, x, y axis, class string, mark int) {
	var run []point
	flush := func() {
		switch {
		case len(run) > 1:
			p.poly(class, false, run...)
		case len(run) == 1 && mark >= 0:
			p.mark(mark, run[0].x, run[0].y)
		case len(run) == 1:
			p.circle("chart-dot-muted", run[0].x, run[0].y, 2.5)
		}
		run = run[:0]
	}
	for i := range c.Columns {
		if v := s.at(i); known(v) {
			run = append(run, point{x.at(float64(i)), y.at(v)})
		} else {
			flush()
		}
	}
	flush()
}

// mark draws the mark of series k: a shape of its own, not only a colour.
func (p *pen) mark(k int, x, y float64) {
	class := "chart-fill chart-dot " + colours[k]
	switch k {
	case 0:
		p.circle(class, x, y, 5)
	case 1:
		p.rect(class, x-4.5, y-4.5, 9, 9, 0)
	case 2:
		p.poly(class, true, point{x - 5.5, y + 4.5}, point{x, y - 5.5}, point{x + 5.5, y + 4.5})
	default:
		p.diamond(class, x, y, 6, 6)
	}
}
