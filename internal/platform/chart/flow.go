package chart

// Flow shows how many take part in each step of a trial or a review and how
// many leave, as boxes with counts: the diagram of the CONSORT statement, or of
// PRISMA. The counts are drawn as given; whether they add up is for the caller.
type Flow struct {
	Meta
	// Trunk are the steps that all share.
	Trunk []FlowBox
	// Arms are the branches after the trunk, each its own steps. At most four
	// are drawn side by side; the table has all.
	Arms   []FlowArm
	Format func(float64) string
	Words  FlowWords
}

// FlowArm is one branch.
type FlowArm struct {
	Name  string
	Boxes []FlowBox
}

// FlowBox is one step.
type FlowBox struct {
	Label string
	// Count is how many; Text replaces the number when set, such as "< 5" for a
	// count too small to be shown.
	Count float64
	Text  string
	// Out are those who leave after this step, with reasons.
	Out []FlowOut
}

// FlowOut is a number of people or records that leave, and why.
type FlowOut struct {
	Label string
	Count float64
	Text  string // as in FlowBox
}

// FlowWords are the heads of the table. Out stands before the reasons for
// leaving in the table: "Ut".
type FlowWords struct {
	Step, Arm, Count string
	Out              string
}

const mostArms = 4

// Render draws the boxes from the top down.
func (c Flow) Render() Rendered {
	table := c.table()
	if len(table.Rows) == 0 {
		return c.empty("flow", width, table)
	}
	p := pen{w: width}
	y := 2.0
	const gap = 30.0
	// Those who leave the trunk stand in boxes to the right of the arrow.
	hasOut := false
	for _, b := range c.Trunk {
		hasOut = hasOut || len(b.Out) > 0
	}
	trunkWidth, centre := 380.0, width/2
	if hasOut {
		centre = 250
	}
	const outWidth = 360.0
	for i, b := range c.Trunk {
		h := c.box(&p, "chart-box", b.Label, c.count(b.Count, b.Text), centre-trunkWidth/2, y, trunkWidth)
		y += h
		last := i == len(c.Trunk)-1 && len(c.Arms) == 0
		if len(b.Out) > 0 {
			side := outWidth
			left := width - side - 2
			lines := c.outLines(b.Out, side-28)
			sideHeight := outHeight(lines)
			room := max(sideHeight+16, gap)
			mid := y + room/2
			c.out(&p, lines, left, mid-sideHeight/2, side)
			if last {
				p.line("chart-arrow", centre, y, centre, mid)
			} else {
				p.line("chart-arrow", centre, y, centre, y+room)
			}
			p.line("chart-arrow", centre, mid, left-2, mid)
			p.head(left-2, mid, 1, 0)
			y += room
		} else if !last {
			p.line("chart-arrow", centre, y, centre, y+gap)
			y += gap
		}
		if i < len(c.Trunk)-1 {
			p.head(centre, y, 0, 1)
		}
	}
	arms := c.Arms[:min(len(c.Arms), mostArms)]
	if n := float64(len(arms)); n > 0 {
		const between = 28.0
		w := (width - 4 - between*(n-1)) / n
		w = min(w, 420)
		first := width/2 - (w*n+between*(n-1))/2
		fork := y
		if len(c.Trunk) > 0 {
			x0, x1 := first+w/2, first+(w+between)*(n-1)+w/2
			p.line("chart-arrow", min(x0, centre), fork, max(x1, centre), fork)
			y += gap - 6
		}
		lowest := y
		for k, arm := range arms {
			x := first + (w+between)*float64(k)
			mid := x + w/2
			ay := y
			if len(c.Trunk) > 0 {
				p.line("chart-arrow", mid, fork, mid, ay)
				p.head(mid, ay, 0, 1)
			}
			if arm.Name != "" {
				lines := wrap(arm.Name, bodySize, true, w-24, 2)
				h := 16 + lineHeight*float64(len(lines))
				p.rect("chart-fill "+colours[k], x, ay, w, h, 4)
				p.textLines("chart-strong chart-on", middle, mid, ay+h/2, lines)
				ay += h + 6
			}
			for i, b := range arm.Boxes {
				if i > 0 {
					p.line("chart-arrow", mid, ay, mid, ay+gap)
					p.head(mid, ay+gap, 0, 1)
					ay += gap
				}
				ay += c.box(&p, "chart-box", b.Label, c.count(b.Count, b.Text), x, ay, w)
				if len(b.Out) > 0 {
					lines := c.outLines(b.Out, w-44)
					p.line("chart-arrow", mid, ay, mid, ay+10)
					c.out(&p, lines, x+12, ay+10, w-24)
					ay += 10 + outHeight(lines)
				}
			}
			lowest = max(lowest, ay)
		}
		y = lowest
	}
	return c.finish("flow", width, y+4, &p, table)
}

// head draws the tip of an arrow that ends at a point.
func (p *pen) head(x, y, dx, dy float64) {
	const l, w = 8.0, 5.0
	p.poly("chart-tip", true, point{x, y}, point{x - dx*l - dy*w, y - dy*l - dx*w}, point{x - dx*l + dy*w, y - dy*l + dx*w})
}

// box draws a step and gives its height.
func (c Flow) box(p *pen, class, label, count string, x, y, w float64) float64 {
	lines := wrap(label, bodySize, false, w-24, 3)
	h := 20 + lineHeight*float64(len(lines))
	if count != "" {
		h += lineHeight + 2
	}
	p.rect(class, x, y, w, h, 4)
	top := y + 10 + lineHeight/2
	for i, l := range lines {
		p.text("", middle, x+w/2, top+lineHeight*float64(i)+baseline, l)
	}
	if count != "" {
		p.text("chart-strong", middle, x+w/2, y+h-10-lineHeight/2+baseline, fit(count, bodySize, true, w-20))
	}
	return h
}

// outLine is a line of a box of those who leave: a reason and, on its first
// line, a count.
type outLine struct{ text, count string }

func (c Flow) outLines(out []FlowOut, w float64) []outLine {
	var lines []outLine
	for _, o := range out {
		count := fit(c.count(o.Count, o.Text), smallSize, true, w/3)
		for i, l := range wrap(o.Label, smallSize, false, w-textWidth(count, smallSize, true)-10, 3) {
			if i > 0 {
				count = ""
			}
			lines = append(lines, outLine{l, count})
		}
	}
	return lines
}

func outHeight(lines []outLine) float64 { return 14 + 17*float64(len(lines)) }

func (c Flow) out(p *pen, lines []outLine, x, y, w float64) {
	p.rect("chart-box-out", x, y, w, outHeight(lines), 4)
	for i, l := range lines {
		base := y + 7 + 17*float64(i) + 13
		p.text("chart-small", start, x+14, base, l.text)
		p.text("chart-small chart-strong", end, x+w-14, base, l.count)
	}
}

// count is a number as text.
func (c Flow) count(n float64, text string) string {
	if text != "" {
		return text
	}
	return c.formatter(c.Format)(n)
}

func (c Flow) table() Table {
	t := Table{Head: []string{c.Words.Step}, Rows: [][]string{}}
	arms := len(c.Arms) > 0
	if arms {
		t.Head = append(t.Head, c.Words.Arm)
	}
	t.Head = append(t.Head, c.Words.Count)
	row := func(arm, label, count string) {
		cells := []string{label}
		if arms {
			cells = append(cells, arm)
		}
		t.Rows = append(t.Rows, append(cells, count))
	}
	add := func(arm string, boxes []FlowBox) {
		for _, b := range boxes {
			row(arm, b.Label, c.count(b.Count, b.Text))
			for _, o := range b.Out {
				label := o.Label
				if c.Words.Out != "" {
					label = c.Words.Out + ": " + label
				}
				row(arm, label, c.count(o.Count, o.Text))
			}
		}
	}
	add("", c.Trunk)
	for _, a := range c.Arms {
		add(a.Name, a.Boxes)
	}
	return t
}
