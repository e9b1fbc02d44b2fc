package chart

import (
	"math"
	"strconv"
	"time"
)

// Timeline shows how pieces of work lie in time: what was planned, how far each
// has come, how late the forecast is, and whether it will be ready before the
// decision it is for.
type Timeline struct {
	Meta
	Rows []TimelineRow
	// Today is marked with a line; no line when zero or far from the rows.
	Today time.Time
	Words TimelineWords
	// Date writes a day in the table; 2006-01-02 when nil.
	Date func(time.Time) string
}

// TimelineRow is one piece of work. A zero time is an unknown day; days outside
// the years 1900 to 2200 are taken as unknown.
type TimelineRow struct {
	// Group is a heading over this and the following rows of the same group.
	Group string
	Label string
	// Start and End are the plan. When only one is known the bar is open, with
	// a dashed edge, to the other side.
	Start, End time.Time
	// Forecast is the end that is expected now; the part after End is hatched.
	Forecast time.Time
	// Progress is how much of the way to the end that is expected now is done, 0
	// to 1; Unknown when not known.
	Progress float64
	// ProgressText is Progress in words, "72 %"; made from Progress when empty.
	ProgressText string
	// Delay is the distance from End to Forecast in words: "+6 md.".
	Delay string
	// Deadline is when the decision is made that the work is for.
	Deadline time.Time
	// DeadlineNote is said at the row when it matters, for example how long
	// after the decision the work will be ready.
	DeadlineNote string
}

// Late reports whether the work is expected after the decision it is for.
func (r TimelineRow) Late() bool {
	end := r.End
	if !r.Forecast.IsZero() {
		end = r.Forecast
	}
	return !end.IsZero() && !r.Deadline.IsZero() && end.After(r.Deadline)
}

// TimelineWords are the words of a Timeline. Planned, Done, Delay, Deadline and
// Late explain the marks in a legend and head the table; a mark whose word is
// empty is left out of the legend.
type TimelineWords struct {
	Name, Group          string // heads of the table
	Start, End, Forecast string // heads of the table
	Planned, Done, Delay string
	Deadline, Late       string
	Yes, No              string // whether the work is late, in the table
	Today                string
}

// Render draws the timeline.
func (c Timeline) Render() Rendered {
	rows := make([]TimelineRow, len(c.Rows))
	for i, r := range c.Rows {
		rows[i] = r.tidy()
	}
	table := c.table(rows)
	if len(rows) == 0 {
		return c.empty("timeline", width, table)
	}
	const (
		barHeight = 16.0
		gutter    = 18.0
		lane      = 22.0
	)
	id := c.id("timeline")
	p := pen{w: width}
	p.hatch(id, "chart-hatch")

	labels := make([]string, len(rows))
	for i, r := range rows {
		labels[i] = r.Label
	}
	labelWidth := min(max(widest(bodySize, false, labels...), 60), 255)
	left := labelWidth + gutter

	from, to := c.window(rows)
	t := timeScale{from: day(from), to: day(to), left: left, right: width - 10}
	// The notes at the bars' ends need room: shrink the plot until they have it.
	for range 4 {
		over := 0.0
		for _, r := range rows {
			over = max(over, t.endOf(r)+10+textWidth(r.note(), bodySize, true)-width)
		}
		if over <= 0 {
			break
		}
		t.right = max(t.right-over-2, left+200)
	}

	y := c.legend(&p, rows, id)
	years := y + lane/2
	y += lane
	todayLane := y + lane/2
	today := !c.Today.IsZero() && !c.Today.Before(from) && !c.Today.After(to)
	if today {
		y += lane
	}
	top := y
	y += 4

	// Places of the rows, then the ground they stand on, then the rows.
	type place struct {
		y     float64
		lines []string
	}
	places := make([]place, len(rows))
	group := ""
	type heading struct {
		y    float64
		text string
	}
	var headings []heading
	for i, r := range rows {
		if r.Group != "" && (i == 0 || r.Group != group) {
			headings = append(headings, heading{y, r.Group})
			y += 30
		}
		group = r.Group
		lines := wrap(r.Label, bodySize, false, labelWidth, 2)
		h := 32.0
		if len(lines) == 2 {
			h = 42
		}
		places[i] = place{y + h/2, lines}
		y += h
	}
	bottom := y + 4

	c.years(&p, from, to, t, years+baseline, top, bottom)
	for _, h := range headings {
		p.line("chart-grid", 0, h.y+27, width, h.y+27)
		p.text("chart-strong", start, 0, h.y+20, fit(h.text, bodySize, true, width))
	}
	if today {
		x := t.at(c.Today)
		p.line("chart-now", x, todayLane, x, bottom)
	}
	for i, r := range rows {
		p.textLines("", start, 0, places[i].y, places[i].lines)
		c.row(&p, id, r, t, places[i].y, barHeight)
	}
	if today {
		text := fit(or(c.Words.Today, c.date(c.Today)), smallSize, true, 300)
		w := textWidth(text, smallSize, true) + 14
		x := min(max(t.at(c.Today), left+w/2), width-w/2)
		p.rect("chart-flag", x-w/2, todayLane-10, w, 20, 4)
		p.text("chart-small chart-on", middle, x, todayLane+4.5, text)
	}
	return c.finish("timeline", width, bottom+2, &p, table)
}

// tidy takes out days that cannot be drawn and puts a turned period right.
func (r TimelineRow) tidy() TimelineRow {
	for _, t := range []*time.Time{&r.Start, &r.End, &r.Forecast, &r.Deadline} {
		if y := t.Year(); y < 1900 || y > 2200 {
			*t = time.Time{}
		}
	}
	if !r.Start.IsZero() && !r.End.IsZero() && r.End.Before(r.Start) {
		r.Start, r.End = r.End, r.Start
	}
	if !known(r.Progress) {
		r.Progress = Unknown
	} else {
		r.Progress = min(max(r.Progress, 0), 1)
	}
	return r
}

func (r TimelineRow) withoutDeadline() TimelineRow {
	r.Deadline = time.Time{}
	return r
}

// note is what stands to the right of the row's marks.
func (r TimelineRow) note() string {
	s := r.Delay + r.DeadlineNote
	if r.Delay != "" && r.DeadlineNote != "" {
		s = r.Delay + " · " + r.DeadlineNote
	}
	return fit(s, bodySize, true, 300)
}

func (r TimelineRow) progressText() string {
	if r.ProgressText != "" || math.IsNaN(r.Progress) {
		return r.ProgressText
	}
	return strconv.Itoa(int(math.Round(r.Progress*100))) + "\u00a0%"
}

// window is the span of whole years, or of half years when short, that holds
// every day of the rows, and today unless it lies more than a year outside.
func (c Timeline) window(rows []TimelineRow) (from, to time.Time) {
	for _, r := range rows {
		for _, t := range []time.Time{r.Start, r.End, r.Forecast, r.Deadline} {
			if t.IsZero() {
				continue
			}
			if from.IsZero() || t.Before(from) {
				from = t
			}
			if to.IsZero() || t.After(to) {
				to = t
			}
		}
	}
	if from.IsZero() { // no day is known at all
		from, to = c.Today, c.Today
		if y := c.Today.Year(); y < 1900 || y > 2200 {
			from = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
			to = from
		}
	}
	if !c.Today.IsZero() {
		if c.Today.Before(from) && from.Sub(c.Today) < 366*24*time.Hour {
			from = c.Today
		}
		if c.Today.After(to) && c.Today.Sub(to) < 366*24*time.Hour {
			to = c.Today
		}
	}
	step := 12
	if to.Sub(from) < 2*365*24*time.Hour {
		step = 6
	}
	from = time.Date(from.Year(), time.Month((int(from.Month())-1)/step*step+1), 1, 0, 0, 0, 0, time.UTC)
	to = time.Date(to.Year(), time.Month((int(to.Month())-1)/step*step+1+step), 1, 0, 0, 0, 0, time.UTC)
	return from, to
}

// timeScale maps days to places.
type timeScale struct{ from, to, left, right float64 }

// day counts days from 1970, in UTC, with fractions.
func day(t time.Time) float64 { return float64(t.Unix()) / 86400 }

func (s timeScale) at(t time.Time) float64 {
	return s.left + (day(t)-s.from)/(s.to-s.from)*(s.right-s.left)
}

// endOf gives the right edge of everything that row draws.
func (s timeScale) endOf(r TimelineRow) float64 {
	x := s.left
	for _, t := range []time.Time{r.Start, r.End, r.Forecast} {
		if !t.IsZero() {
			x = max(x, s.at(t))
		}
	}
	if !r.Start.IsZero() && r.End.IsZero() && r.Forecast.IsZero() {
		x = s.right
	}
	if !r.Deadline.IsZero() {
		x = max(x, s.at(r.Deadline)+8)
	}
	return x
}

// years draws the calendar: a line at each year, its number in the middle of
// it, and thin lines at the quarters where there is room.
func (c Timeline) years(p *pen, from, to time.Time, t timeScale, label, top, bottom float64) {
	perYear := 365.25 / (t.to - t.from) * (t.right - t.left)
	every := 1
	for _, n := range []int{1, 2, 5, 10, 20, 50, 100} {
		every = n
		if perYear*float64(n) >= 46 {
			break
		}
	}
	if perYear >= 120 {
		for q := from; !q.After(to); q = q.AddDate(0, 3, 0) {
			if q.Month() != time.January {
				p.line("chart-grid-fine", t.at(q), top, t.at(q), bottom)
			}
		}
	}
	for year := from.Year(); year <= to.Year(); year++ {
		if year%every != 0 {
			continue
		}
		begin := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		a := max(t.at(begin), t.left)
		b := min(t.at(begin.AddDate(every, 0, 0)), t.right)
		if !begin.Before(from) {
			p.line("chart-grid", a, top-4, a, bottom)
		}
		if b-a >= 36 {
			p.text("chart-axis", middle, (a+b)/2, label, strconv.Itoa(year))
		}
	}
	p.line("chart-grid", t.left, top, t.right, top)
}

// row draws the marks of one row centred on y.
func (c Timeline) row(p *pen, id string, r TimelineRow, t timeScale, y, h float64) {
	top := y - h/2
	started, ended, forecast := !r.Start.IsZero(), !r.End.IsZero(), !r.Forecast.IsZero()
	switch {
	case started && ended:
		a, b := t.at(r.Start), max(t.at(r.End), t.at(r.Start)+2)
		p.rect("chart-plan", a, top, b-a, h, 2)
		expected := b
		if forecast {
			expected = max(t.at(r.Forecast), a)
		}
		// Of the way to the expected end, so that half done is half the whole bar.
		done := (expected - a) * r.Progress
		if inPlan := min(done, b-a); inPlan > 0 {
			p.rect("chart-fill chart-a", a, top, inPlan, h, 2)
			if s := r.progressText(); inPlan > textWidth(s, smallSize, true)+10 {
				p.text("chart-small chart-on", start, a+6, y+4.5, s)
			}
		}
		if forecast && r.Forecast.After(r.End) {
			p.hatched(id, "chart-delay", b+1, top, max(t.at(r.Forecast)-b-1, 2), h)
			if over := done - (b - a) - 1; over > 0 {
				// Narrower, so that the delay is seen around it, in grey print too.
				p.rect("chart-fill chart-a", b+1, y-h/6, over, h/3, 0)
			}
		}
		if forecast && r.Forecast.Before(r.End) {
			x := max(t.at(r.Forecast), t.left)
			p.line("chart-ahead", x, top-3, x, top+h+3)
		}
	case started || ended:
		a, b := t.left, t.right
		if started {
			a = t.at(r.Start)
		}
		if ended {
			b = t.at(r.End)
		} else if forecast {
			b = max(t.at(r.Forecast), a+2)
		}
		p.rect("chart-plan-open", a, top, max(b-a, 2), h, 2)
		if s := c.unknown(); b-a > textWidth(s, smallSize, false)+12 {
			anchor, x := end, b-6
			if !started {
				anchor, x = start, a+6
			}
			p.text("chart-small chart-muted", anchor, x, y+4.5, s)
		}
	default:
		p.text("chart-small chart-muted", start, t.left+6, y+4.5, c.unknown())
	}
	if !r.Deadline.IsZero() {
		class := "chart-deadline"
		if r.Late() {
			class = "chart-late"
		}
		// What lies between is slack, when there is a plan to have slack from.
		if x := t.endOf(r.withoutDeadline()); ended && t.at(r.Deadline)-7.5 > x+4 {
			p.line("chart-slack", x+3, y, t.at(r.Deadline)-8, y)
		}
		p.diamond(class, t.at(r.Deadline), y, 7.5, 9)
	}
	p.text("chart-strong chart-halo", start, t.endOf(r)+8, y+baseline, r.note())
}

// legend explains the marks that occur, and gives the height it took.
func (c Timeline) legend(p *pen, rows []TimelineRow, id string) float64 {
	var planned, done, delay, deadline, late bool
	for _, r := range rows {
		planned = planned || !r.Start.IsZero() || !r.End.IsZero()
		done = done || r.Progress > 0 && !r.Start.IsZero() && !r.End.IsZero()
		delay = delay || !r.End.IsZero() && r.Forecast.After(r.End)
		late = late || r.Late()
		deadline = deadline || !r.Deadline.IsZero() && !r.Late()
	}
	x, y, drawn := 0.0, 12.0, false
	item := func(show bool, word string, draw func(x float64)) {
		if !show || word == "" {
			return
		}
		word = fit(word, smallSize, false, 360)
		w := 34 + textWidth(word, smallSize, false) + 22
		if x > 0 && x+w > width {
			x, y = 0, y+22
		}
		draw(x)
		p.text("chart-small", start, x+34, y+4.5, word)
		x += w
		drawn = true
	}
	item(planned, c.Words.Planned, func(x float64) { p.rect("chart-plan", x+1, y-6, 26, 12, 2) })
	item(done, c.Words.Done, func(x float64) { p.rect("chart-fill chart-a", x+1, y-6, 26, 12, 2) })
	item(delay, c.Words.Delay, func(x float64) { p.hatched(id, "chart-delay", x+1, y-6, 26, 12) })
	item(deadline, c.Words.Deadline, func(x float64) { p.diamond("chart-deadline", x+16, y, 7, 8) })
	item(late, c.Words.Late, func(x float64) { p.diamond("chart-late", x+16, y, 7, 8) })
	if !drawn {
		return 0
	}
	return y + 20
}

func (c Timeline) date(t time.Time) string {
	if t.IsZero() {
		return c.unknown()
	}
	if c.Date == nil {
		return t.Format(time.DateOnly)
	}
	return c.Date(t)
}

// table leaves out the columns that no row uses.
func (c Timeline) table(rows []TimelineRow) Table {
	var group, forecast, delay, progress, deadline bool
	for _, r := range rows {
		group = group || r.Group != ""
		forecast = forecast || !r.Forecast.IsZero()
		delay = delay || r.Delay != ""
		progress = progress || r.Progress > 0 || r.ProgressText != ""
		deadline = deadline || !r.Deadline.IsZero()
	}
	var t Table
	column := func(show bool, head string, cell func(TimelineRow) string) {
		if !show {
			return
		}
		t.Head = append(t.Head, head)
		for i, r := range rows {
			t.Rows[i] = append(t.Rows[i], cell(r))
		}
	}
	t.Rows = make([][]string, len(rows))
	w := c.Words
	column(true, w.Name, func(r TimelineRow) string { return r.Label })
	column(group, w.Group, func(r TimelineRow) string { return r.Group })
	column(true, w.Start, func(r TimelineRow) string { return c.date(r.Start) })
	column(true, w.End, func(r TimelineRow) string { return c.date(r.End) })
	column(forecast, w.Forecast, func(r TimelineRow) string {
		if r.Forecast.IsZero() {
			return ""
		}
		return c.date(r.Forecast)
	})
	column(delay, w.Delay, func(r TimelineRow) string { return r.Delay })
	column(progress, w.Done, func(r TimelineRow) string { return or(r.progressText(), c.unknown()) })
	column(deadline, w.Deadline, func(r TimelineRow) string {
		if r.Deadline.IsZero() {
			return ""
		}
		return c.date(r.Deadline)
	})
	column(deadline, w.Late, func(r TimelineRow) string {
		switch {
		case r.Deadline.IsZero():
			return ""
		case r.Late():
			return w.Yes
		}
		return w.No
	})
	return t
}
