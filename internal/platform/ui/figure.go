package ui

import "funn/internal/platform/chart"

// FigureProps frames a chart: the finding, how to read it, the drawing, the
// numbers behind it and a file with them.
type FigureProps struct {
	ID        string // unique on the page
	Finding   string // what the chart shows, as a sentence; the chart's title when empty
	Level     int    // of the heading, 3 when 0
	HowToRead string
	Chart     chart.Rendered
	CSVHref   string // the numbers as a file; no link when empty
	Source    string // where the numbers come from and when
}

func (p FigureProps) finding() string { return or(p.Finding, p.Chart.Title) }

// columnsOf makes columns of headings; the first names the row and the rest
// are taken to be numbers.
func columnsOf(head []string) []Column {
	out := make([]Column, len(head))
	for i, h := range head {
		out[i] = Column{Label: h, Numeric: i > 0}
	}
	return out
}
