package chart

// Balance shows how alike two groups are on each background variable, before
// and after matching or weighting, as standardised mean differences.
type Balance struct {
	Meta
	Rows []BalanceRow
	// Limit is the difference held to be small, drawn as a band on both sides of
	// zero; 0.1 when zero, the common rule of thumb (Austin, Statistics in
	// Medicine 28:3083–3107, 2009).
	Limit  float64
	Format func(float64) string
	Tick   func(float64) string // writes the numbers of the axis; Format when nil
	Words  BalanceWords
}

// BalanceRow is one variable. After is Unknown when only one state is shown.
type BalanceRow struct {
	Label         string
	Before, After float64
}

// BalanceWords are the words of a Balance. Before and After name the marks and
// head the table.
type BalanceWords struct {
	Label, Before, After string
	Axis                 string
}

// Render draws the variables.
func (c Balance) Render() Rendered {
	format := c.formatter(c.Format)
	limit := c.Limit
	if !known(limit) || limit <= 0 {
		limit = 0.1
	}
	t := Table{Head: []string{c.Words.Label, c.Words.Before, c.Words.After}, Rows: [][]string{}}
	values := []float64{-limit, limit}
	any, after := false, false
	var labels, before, numbers []string
	for _, r := range c.Rows {
		t.Rows = append(t.Rows, []string{r.Label, format(r.Before), format(r.After)})
		values = append(values, r.Before, r.After)
		any = any || known(r.Before) || known(r.After)
		after = after || known(r.After)
		labels, before, numbers = append(labels, r.Label), append(before, format(r.Before)), append(numbers, format(r.After))
	}
	if !any {
		return c.empty("balance", width, t)
	}
	const rowHeight, head = 32.0, 40.0
	labelWidth := min(max(widest(bodySize, false, labels...), widest(smallSize, false, c.Words.Label)), 260)
	col := func(texts []string, head string) float64 {
		return min(max(widest(bodySize, false, texts...), textWidth(head, smallSize, false)+20), 130) + 20
	}
	afterWidth := 0.0
	if after {
		afterWidth = col(numbers, c.Words.After)
	}
	beforeWidth := col(before, c.Words.Before)
	left, right := labelWidth+24, width-afterWidth-beforeWidth-14
	lo, hi, _ := extent(values...)
	x := tightAxis(lo-(hi-lo)*0.03, hi+(hi-lo)*0.03, 7, left, right)
	tick := c.ticks(c.Tick, c.Format)
	bottom := head + rowHeight*float64(len(c.Rows)) + 4

	p := pen{w: width}
	p.rect("chart-band", x.at(-limit), head-4, x.at(limit)-x.at(-limit), bottom-head+4, 0)
	for _, v := range x.ticks {
		class := "chart-grid"
		if v == 0 {
			class = "chart-zero"
		}
		p.line(class, x.at(v), head-4, x.at(v), bottom)
		p.text("chart-axis", middle, x.at(v), bottom+18, tick(v))
	}
	for _, v := range []float64{-limit, limit} {
		p.line("chart-limit", x.at(v), head-4, x.at(v), bottom)
	}
	p.text("chart-axis", start, 0, 16, fit(c.Words.Label, smallSize, false, labelWidth+2))
	p.text("chart-axis", end, width-afterWidth, 16, fit(c.Words.Before, smallSize, false, 110))
	p.circle("chart-open", width-afterWidth-min(textWidth(c.Words.Before, smallSize, false), 110)-12, 11.5, 5)
	if after {
		p.text("chart-axis", end, width, 16, fit(c.Words.After, smallSize, false, 110))
		p.circle("chart-fill chart-a", width-min(textWidth(c.Words.After, smallSize, false), 110)-12, 11.5, 5.5)
	}
	for i, r := range c.Rows {
		y := head + rowHeight*(float64(i)+0.5)
		p.text("", start, 0, y+baseline, fit(r.Label, bodySize, false, labelWidth+2))
		p.text("", end, width-afterWidth, y+baseline, fit(before[i], bodySize, false, 130))
		if after {
			p.text("", end, width, y+baseline, fit(numbers[i], bodySize, false, 130))
		}
		if known(r.Before) && known(r.After) {
			p.line("chart-lead", x.at(r.Before), y, x.at(r.After), y)
		}
		if known(r.Before) {
			p.circle("chart-open", x.at(r.Before), y, 5.5)
		}
		if known(r.After) {
			p.circle("chart-fill chart-a chart-dot", x.at(r.After), y, 6)
		}
	}
	h := bottom + 26
	if c.Words.Axis != "" {
		p.text("chart-axis", middle, (left+right)/2, h+14, c.Words.Axis)
		h += 22
	}
	return c.finish("balance", width, h, &p, t)
}
