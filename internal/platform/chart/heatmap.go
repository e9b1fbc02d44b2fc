package chart

import "math"

// Heatmap shows whole numbers in a grid, such as running trials by office and
// month, with the number in every cell and darker colour for more.
type Heatmap struct {
	Meta
	// Columns are the labels over the grid.
	Columns []string
	// Rows are the lines of the grid; an unknown number is a hatched cell.
	Rows []Series
	// Limit frames the cells that reach it; none when zero. What it means should
	// be said in the description.
	Limit  float64
	Format func(float64) string
	Words  HeatmapWords
}

// HeatmapWords are the words of a Heatmap.
type HeatmapWords struct {
	Row string // head of the table's first column
}

// Render draws the grid.
func (c Heatmap) Render() Rendered {
	format := c.formatter(c.Format)
	t := Table{Head: []string{c.Words.Row}, Rows: [][]string{}}
	t.Head = append(t.Head, c.Columns...)
	var values []float64
	names := make([]string, len(c.Rows))
	for i, r := range c.Rows {
		row := []string{r.Name}
		for j := range c.Columns {
			values = append(values, r.at(j))
			row = append(row, format(r.at(j)))
		}
		t.Rows = append(t.Rows, row)
		names[i] = r.Name
	}
	_, most, ok := extent(values...)
	if !ok {
		return c.empty("heatmap", width, t)
	}
	const cellHeight, top, gap = 32.0, 28.0, 2.0
	labelWidth := min(widest(bodySize, false, names...), 230)
	left := labelWidth + 14
	cell := (width - left) / float64(len(c.Columns))
	id := c.id("heatmap")
	p := pen{w: width}
	p.hatch(id, "chart-hatch-muted")
	for _, j := range thin(c.Columns, cell, smallSize) {
		p.text("chart-axis", middle, left+cell*(float64(j)+0.5), top-10, c.Columns[j])
	}
	for i, r := range c.Rows {
		y := top + cellHeight*float64(i)
		p.text("", start, 0, y+cellHeight/2+baseline, fit(r.Name, bodySize, false, labelWidth+2))
		for j := range c.Columns {
			x := left + cell*float64(j)
			v := r.at(j)
			w, h := max(cell-gap, 1), cellHeight-gap
			if !known(v) {
				p.hatched(id, "chart-gap", x+0.5, y+0.5, w-1, h-1)
				continue
			}
			step := shade(v, most)
			p.rect("chart-heat-"+string('0'+rune(step)), x, y, w, h, 2)
			over := c.Limit > 0 && v >= c.Limit
			if over {
				p.rect("chart-over", x+1.5, y+1.5, w-3, h-3, 1)
			}
			class := "chart-small"
			if step >= 5 {
				class += " chart-on"
			} else if over {
				class += " chart-strong"
			}
			if s := format(v); textWidth(s, smallSize, over) <= w {
				p.text(class, middle, x+w/2, y+h/2+4.5, s)
			}
		}
	}
	return c.finish("heatmap", width, top+cellHeight*float64(len(c.Rows))+2, &p, t)
}

// shade gives the step of the colour scale, 0 for nothing and 6 for the most.
// One hue only, so that it is read as more or less, also in grey.
func shade(v, most float64) int {
	if v <= 0 || most <= 0 {
		return 0
	}
	return int(min(max(math.Ceil(v/most*6-1e-9), 1), 6))
}
