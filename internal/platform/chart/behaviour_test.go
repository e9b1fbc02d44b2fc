package chart_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"funn/internal/platform/chart"

	"github.com/google/go-cmp/cmp"
)

// texts are what the drawing says, in the order of drawing.
func texts(t *testing.T, r chart.Rendered) []string {
	t.Helper()
	var out []string
	for _, e := range parse(t, r.SVG) {
		if e.name == "text" {
			out = append(out, e.text)
		}
	}
	return out
}

// coordinates are the numbers of a path.
func coordinates(t *testing.T, e element) []float64 {
	t.Helper()
	var out []float64
	for _, s := range numbers.FindAllString(e.attrs["d"], -1) {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func near(a, b float64) bool { return math.Abs(a-b) < 0.35 }

func TestTimelineLate(t *testing.T) {
	t.Parallel()
	end, before, after := date(2023, 6, 1), date(2023, 5, 1), date(2023, 7, 1)
	for _, tt := range []struct {
		name                    string
		end, forecast, deadline time.Time
		want                    bool
	}{
		{"no decision", end, after, time.Time{}, false},
		{"no end", time.Time{}, time.Time{}, end, false},
		{"plan before the decision", end, time.Time{}, after, false},
		{"plan after the decision", end, time.Time{}, before, true},
		{"forecast passes the decision", before, after, end, true},
		{"forecast comes back before the decision", after, before, end, false},
		{"same day", end, time.Time{}, end, false},
	} {
		row := chart.TimelineRow{Start: date(2022, 1, 1), End: tt.end, Forecast: tt.forecast, Deadline: tt.deadline}
		if got := row.Late(); got != tt.want {
			t.Errorf("%s: Late() = %v", tt.name, got)
		}
		r := chart.Timeline{Meta: chart.Meta{Title: "T"}, Rows: []chart.TimelineRow{row}}.Render()
		red, open := len(drawn(t, r, "chart-late")), len(drawn(t, r, "chart-deadline"))
		if want := map[bool][2]int{true: {1, 0}, false: {0, 1}}[tt.want]; !tt.deadline.IsZero() && (red != want[0] || open != want[1]) {
			t.Errorf("%s: %d red and %d open diamonds", tt.name, red, open)
		}
	}
}

func TestTimelineMarks(t *testing.T) {
	t.Parallel()
	r := chart.Timeline{
		Meta:  chart.Meta{Title: "T", Unknown: "ukjent"},
		Today: date(2022, 7, 2),
		Words: chart.TimelineWords{Name: "Prosjekt", Start: "Start", End: "Slutt", Forecast: "Prognose", Delay: "Forsinkelse", Done: "Framdrift", Today: "i dag"},
		Rows:  []chart.TimelineRow{{Label: "A", Start: date(2022, 1, 1), End: date(2023, 1, 1), Forecast: date(2023, 7, 2), Delay: "+6 md.", Progress: .5}},
	}.Render()
	plan := drawn(t, r, "chart-plan")[0]
	done := drawn(t, r, "chart-fill")
	delay := drawn(t, r, "chart-delay")
	now := coordinates(t, drawn(t, r, "chart-now")[0])
	x, w := plan.num(t, "x"), plan.num(t, "width")
	bar := done[len(done)-1]
	// Half of the way to the end that is expected now, not of the plan.
	if want := w * (1 + 182.0/365) / 2; !near(bar.num(t, "x"), x) || !near(bar.num(t, "width"), want) {
		t.Errorf("half done is drawn %v wide, want %v; the plan is %v wide", bar.num(t, "width"), want, w)
	}
	late := delay[len(delay)-1]
	if !near(late.num(t, "x"), x+w+1) || !near(late.num(t, "width"), w*182/365-1) {
		t.Errorf("half a year late is drawn from %v, %v wide; a year is %v wide and ends at %v", late.num(t, "x"), late.num(t, "width"), w, x+w)
	}
	if !near(now[0], x+w*182/365) {
		t.Errorf("today is at %v, day 182 of the year at %v", now[0], x+w*182/365)
	}
	want := [][]string{{"A", "2022-01-01", "2023-01-01", "2023-07-02", "+6 md.", "50\u00a0%"}}
	if diff := cmp.Diff(want, r.Table.Rows); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Prosjekt", "Start", "Slutt", "Prognose", "Forsinkelse", "Framdrift"}, r.Table.Head); diff != "" {
		t.Errorf("head (-want +got):\n%s", diff)
	}
	if all := texts(t, r); !slices.Contains(all, "+6 md.") || !slices.Contains(all, "i dag") || !slices.Contains(all, "2022") {
		t.Errorf("texts %q", all)
	}
}

// What is done past the planned end is drawn inside the delay, narrower than it,
// and ends where that share of the way to the expected end is.
func TestTimelineDonePastThePlan(t *testing.T) {
	t.Parallel()
	r := chart.Timeline{
		Meta:  chart.Meta{Title: "T"},
		Words: chart.TimelineWords{Name: "Prosjekt", Start: "Start", End: "Slutt", Forecast: "Prognose"},
		Rows:  []chart.TimelineRow{{Label: "A", Start: date(2021, 1, 1), End: date(2022, 1, 1), Forecast: date(2023, 1, 1), Progress: .75}},
	}.Render()
	plan, fills, delay := drawn(t, r, "chart-plan")[0], drawn(t, r, "chart-fill"), drawn(t, r, "chart-delay")
	if len(fills) != 2 {
		t.Fatalf("%d marks for what is done, want one in the plan and one in the delay", len(fills))
	}
	in, over, late := fills[0], fills[1], delay[len(delay)-1]
	if !near(in.num(t, "width"), plan.num(t, "width")) {
		t.Errorf("in the plan %v wide, want all of its %v", in.num(t, "width"), plan.num(t, "width"))
	}
	if end, want := over.num(t, "x")+over.num(t, "width"), plan.num(t, "x")+2*plan.num(t, "width")*.75; !near(end, want) {
		t.Errorf("done is drawn to %v, want %v", end, want)
	}
	if over.num(t, "height") >= late.num(t, "height") {
		t.Error("what is done hides the delay")
	}
}

func TestTimelineFarToday(t *testing.T) {
	t.Parallel()
	c := chart.Timeline{
		Meta: chart.Meta{Title: "T"}, Words: chart.TimelineWords{Today: "i dag"}, Today: date(2026, 1, 1),
		Rows: []chart.TimelineRow{{Label: "A", Start: date(2019, 1, 1), End: date(2020, 1, 1)}},
	}
	if r := c.Render(); len(drawn(t, r, "chart-now")) != 0 || slices.Contains(texts(t, r), "2026") {
		t.Error("a day six years after the rows stretches the axis")
	}
}

func TestStackedAddsUp(t *testing.T) {
	t.Parallel()
	r := chart.StackedBars{
		Meta:    chart.Meta{Title: "T", Unknown: "ukjent"},
		Columns: []string{"2021", "2022", "2023"},
		Series: []chart.Series{
			{Name: "A", Values: []float64{10, 20, math.NaN()}},
			{Name: "B", Values: []float64{30, math.Inf(1)}},
		},
		Words: chart.StackedWords{Column: "År", Total: "I alt", AtLeast: func(s string) string { return "minst " + s }},
	}.Render()
	want := [][]string{{"2021", "10", "30", "40"}, {"2022", "20", "ukjent", "minst 20"}, {"2023", "ukjent", "ukjent", "ukjent"}}
	if diff := cmp.Diff(want, r.Table.Rows); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	var heights []float64
	for _, e := range drawn(t, r, "chart-fill") {
		heights = append(heights, e.num(t, "height")+2) // the gap between the parts
	}
	if len(heights) != 3 || !near(heights[1], 3*heights[0]) || !near(heights[2], 2*heights[0]) {
		t.Errorf("10, 30 and 20 are drawn %v high", heights)
	}
	if gaps := drawn(t, r, "chart-gap"); len(gaps) != 2 {
		t.Errorf("%d gaps for two years with unknown parts", len(gaps))
	}
}

func TestStackedSumsTheRest(t *testing.T) {
	t.Parallel()
	c := chart.StackedBars{Meta: chart.Meta{Title: "T"}, Columns: []string{"2022"}, Words: chart.StackedWords{Other: "Andre"}}
	for i := range 7 {
		c.Series = append(c.Series, chart.Series{Name: "S" + strconv.Itoa(i), Values: []float64{float64(i + 1)}})
	}
	r := c.Render()
	if n := len(drawn(t, r, "chart-fill")); n != 5 {
		t.Errorf("%d parts drawn", n)
	}
	all := texts(t, r)
	if !slices.Contains(all, "Andre") || slices.Contains(all, "S4") || !slices.Contains(all, "18") || !slices.Contains(all, "28") {
		t.Errorf("texts %q want Andre with 5+6+7 and 28 in all", all)
	}
	if len(r.Table.Head) != 9 {
		t.Errorf("the table has columns %q", r.Table.Head)
	}
	if len(c.Series) != 7 || c.Series[4].Name != "S4" {
		t.Error("the caller's series were changed")
	}
}

func TestBarsShares(t *testing.T) {
	t.Parallel()
	r := chart.Bars{Meta: chart.Meta{Title: "T"}, Bars: []chart.Bar{
		{Label: "Skisser", Value: 12},
		{Label: "Tildelt", Value: 6},
		{Label: "Ramme", Value: 30, Part: 20, Own: true},
	}}.Render()
	var w []float64
	for _, e := range drawn(t, r, "chart-fill") {
		w = append(w, e.num(t, "width"))
	}
	frame := drawn(t, r, "chart-plan")[0].num(t, "width")
	if len(w) != 3 || !near(w[1], w[0]/2) || !near(frame, w[0]) || !near(w[2], frame*2/3) {
		t.Errorf("widths %v, frame %v", w, frame)
	}
	if n := len(drawn(t, r, "chart-soft")); n != 0 {
		t.Errorf("%d slopes without Funnel", n)
	}
}

// Where there is no room for the whole drawing there is a narrow one, with every word
// of it: what finds no room inside a bar stands below.
func TestBarsNarrow(t *testing.T) {
	t.Parallel()
	r := samples()["bars"].Render()
	if r.Narrow == "" {
		t.Fatal("no narrow picture")
	}
	wide, narrow := parse(t, r.SVG), parse(t, r.Narrow)
	if box := narrow[0].attrs["viewBox"]; !strings.HasPrefix(box, "0 0 320 ") {
		t.Errorf("viewBox %q", box)
	}
	if wide[1].attrs["id"] == narrow[1].attrs["id"] {
		t.Error("both pictures have one id")
	}
	var said []string
	for _, e := range narrow {
		if e.name == "text" {
			said = append(said, e.text)
		}
	}
	for _, e := range wide {
		if all := strings.Join(said, " "); e.name == "text" && !strings.Contains(all, e.text) {
			t.Errorf("%q does not say %q", all, e.text)
		}
	}
}

func TestDaysOverTheLimit(t *testing.T) {
	t.Parallel()
	r := chart.DaysBar{Meta: chart.Meta{Title: "T"}, Segments: []chart.DaysSegment{
		{Label: "Meldt", Days: 40, Limit: 30}, {Label: "Klar", Days: 10, Limit: 30}, {Label: "Under arbeid", Days: 5, Current: true},
	}, Words: chart.DaysWords{Label: "Steg", Days: "Dager", Limit: "Grense"}}.Render()
	over, stay := drawn(t, r, "chart-delay"), drawn(t, r, "chart-stay")
	if len(over) != 1 || !near(over[0].num(t, "width"), stay[0].num(t, "width")/4) {
		t.Errorf("10 of 40 days over the limit: %v of %v", over, stay)
	}
	if n := len(drawn(t, r, "chart-fill")); n != 1 {
		t.Errorf("%d current states", n)
	}
	want := [][]string{{"Meldt", "40", "30"}, {"Klar", "10", "30"}, {"Under arbeid", "5", ""}}
	if diff := cmp.Diff(want, r.Table.Rows); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestForestMarks(t *testing.T) {
	t.Parallel()
	r := chart.Forest{
		Meta: chart.Meta{Title: "T", Unknown: "ikke oppgitt"},
		Rows: []chart.Estimate{
			{Label: "A", Value: 1, Low: 0, High: 2, Weight: .8},
			{Label: "B", Value: 2, Low: 1, High: 3, Weight: .2},
			{Label: "C", Value: 1, Low: -90, High: 95, Weight: .1},
			{Label: "D", Value: math.NaN()},
		},
		Pooled: []chart.Estimate{{Label: "Samlet", Value: 1.2, Low: .6, High: 1.8}},
		Words:  chart.ForestWords{Label: "Studie", Effect: "Effekt", Weight: "Vekt"},
	}.Render()
	squares := drawn(t, r, "chart-fill")
	if len(squares) != 3 {
		t.Fatalf("%d squares for three known estimates", len(squares))
	}
	area := func(i int) float64 { return math.Pow(squares[i].num(t, "width"), 2) }
	if math.Abs(area(0)/area(1)-4) > 0.2 {
		t.Errorf("four times the weight has %.2f times the area", area(0)/area(1))
	}
	// Two intervals of a plain line, one line with an arrow at both ends.
	if n := len(drawn(t, r, "chart-ci")); n != 5 {
		t.Errorf("%d strokes of intervals, want 3 lines and 2 arrows", n)
	}
	diamond := coordinates(t, drawn(t, r, "chart-pooled")[0])
	zero := coordinates(t, drawn(t, r, "chart-zero")[0])
	if diamond[0] <= zero[0] {
		t.Errorf("the diamond begins at %v, left of zero at %v", diamond[0], zero[0])
	}
	if row := r.Table.Rows[3]; row[1] != "ikke oppgitt" || row[2] != "" {
		t.Errorf("unknown study: %q", row)
	}
}

func TestForestLogIsSymmetric(t *testing.T) {
	t.Parallel()
	r := chart.Forest{Meta: chart.Meta{Title: "T"}, Log: true, Null: 1, Rows: []chart.Estimate{{Label: "A", Value: 1, Low: .5, High: 2}}}.Render()
	line := coordinates(t, drawn(t, r, "chart-ci")[0])
	zero := coordinates(t, drawn(t, r, "chart-zero")[0])[0]
	if !near(zero-line[0], line[2]-zero) {
		t.Errorf("half and double lie %v and %v from one", zero-line[0], line[2]-zero)
	}
}

func TestEventStudyReference(t *testing.T) {
	t.Parallel()
	r := chart.EventStudy{
		Meta: chart.Meta{Title: "T"}, Reference: -1,
		Points: []chart.EventPoint{{Period: 1, Value: 3, Low: 2, High: 4}, {Period: -2, Value: .1, Low: -1, High: 1}, {Period: -1}},
		Words:  chart.EventWords{Period: "Kvartal", Effect: "Effekt", Interval: "KI", Reference: "referanse"},
	}.Render()
	if n := len(drawn(t, r, "chart-open")); n != 1 {
		t.Errorf("%d open rings", n)
	}
	if n := len(drawn(t, r, "chart-dot")); n != 2 {
		t.Errorf("%d filled dots for two periods; period 0 is a gap", n)
	}
	want := [][]string{{"−2", "0.1", "−1; 1"}, {"−1", "0", "referanse"}, {"1", "3", "2; 4"}}
	if diff := cmp.Diff(want, r.Table.Rows); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	start := coordinates(t, drawn(t, r, "chart-now")[0])[0]
	ring := drawn(t, r, "chart-open")[0].num(t, "cx")
	if start <= ring {
		t.Errorf("the start at %v is not after the reference at %v", start, ring)
	}
}

func TestLinesGaps(t *testing.T) {
	t.Parallel()
	r := chart.Lines{
		Meta: chart.Meta{Title: "T", Unknown: "ikke målt"}, Columns: []string{"1", "2", "3", "4", "5", "6"},
		Series: []chart.Series{{Name: "A", Values: []float64{1, 2, math.NaN(), 4, math.NaN(), 6}}},
		Words:  chart.LinesWords{Column: "Måned"},
	}.Render()
	if n := len(drawn(t, r, "chart-line")); n != 1 {
		t.Errorf("%d lines, want one for the first two numbers", n)
	}
	if n := len(drawn(t, r, "chart-dot")); n < 2 {
		t.Errorf("%d marks, want one for each number alone", n)
	}
	if got := r.Table.Rows[2]; got[1] != "ikke målt" {
		t.Errorf("row %q", got)
	}
}

func TestHeatmapLimitAndGaps(t *testing.T) {
	t.Parallel()
	r := chart.Heatmap{
		Meta: chart.Meta{Title: "T", Unknown: "ikke meldt"}, Columns: []string{"jan.", "feb.", "mars"}, Limit: 4,
		Rows: []chart.Series{{Name: "A", Values: []float64{0, 3, 4}}, {Name: "B", Values: []float64{6}}},
	}.Render()
	if n := len(drawn(t, r, "chart-over")); n != 2 {
		t.Errorf("%d cells framed, want 4 and 6", n)
	}
	if n := len(drawn(t, r, "chart-gap")); n != 2 {
		t.Errorf("%d gaps, want two", n)
	}
	for class, want := range map[string]int{"chart-heat-0": 1, "chart-heat-3": 1, "chart-heat-4": 1, "chart-heat-6": 1} {
		if n := len(drawn(t, r, class)); n != want {
			t.Errorf("%d cells of %s, want %d", n, class, want)
		}
	}
}

// TestFunnelPlotNamesOnlyOutside keeps small units out altogether and names no
// unit inside the limits, neither in the picture nor in the table.
func TestFunnelPlotNamesOnlyOutside(t *testing.T) {
	t.Parallel()
	r := chart.FunnelPlot{
		Meta: chart.Meta{Title: "T"}, Target: .5, Limits: chart.ProportionLimits(.5), Least: 20,
		Points: []chart.FunnelPoint{
			{Label: "Utenfor Å", Size: 400, Value: .9}, {Label: "Utenfor A", Size: 400, Value: .1},
			{Label: "Innenfor", Size: 400, Value: .52}, {Label: "For liten", Size: 19, Value: 1},
		},
		Words: chart.FunnelWords{Label: "Kontor", Size: "Antall", Value: "Andel", Inside: func(n int) string { return strconv.Itoa(n) + " innenfor" }, Hidden: func(n int) string { return strconv.Itoa(n) + " skjult" }},
	}.Render()
	want := [][]string{{"Utenfor A", "400", "0.1"}, {"Utenfor Å", "400", "0.9"}, {"1 innenfor", "", ""}, {"1 skjult", "", ""}}
	if diff := cmp.Diff(want, r.Table.Rows); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	for _, name := range []string{"Innenfor", "For liten"} {
		if strings.Contains(r.SVG, name) || strings.Contains(r.Desc, name) {
			t.Errorf("%s is named", name)
		}
	}
	if n := len(drawn(t, r, "chart-ring")); n != 1 {
		t.Errorf("%d rings for one unit inside", n)
	}
}

func TestProportionLimits(t *testing.T) {
	t.Parallel()
	// 0.4 ± z·√(0.4·0.6/600), √0.0004 = 0.02.
	got := chart.ProportionLimits(.4)(600)
	want := chart.Limits{InnerLow: .4 - .02*1.959964, InnerHigh: .4 + .02*1.959964, OuterLow: .4 - .02*3.090232, OuterHigh: .4 + .02*3.090232}
	for _, d := range []float64{got.InnerLow - want.InnerLow, got.InnerHigh - want.InnerHigh, got.OuterLow - want.OuterLow, got.OuterHigh - want.OuterHigh} {
		if math.Abs(d) > 1e-6 {
			t.Errorf("limits %+v, want %+v", got, want)
		}
	}
	if l := chart.ProportionLimits(.9)(5); l.OuterHigh != 1 {
		t.Errorf("a share above one: %+v", l)
	}
}

func TestBalanceBand(t *testing.T) {
	t.Parallel()
	r := chart.Balance{Meta: chart.Meta{Title: "T"}, Rows: []chart.BalanceRow{{Label: "Alder", Before: .3, After: .1}, {Label: "Kjønn", Before: -.2, After: -.1}}}.Render()
	limits := drawn(t, r, "chart-limit")
	var edge []float64
	for _, l := range limits {
		edge = append(edge, coordinates(t, l)[0])
	}
	var dots []float64
	for _, e := range drawn(t, r, "chart-dot") {
		dots = append(dots, e.num(t, "cx"))
	}
	if len(edge) != 2 || len(dots) != 2 || !near(edge[0], dots[1]) || !near(edge[1], dots[0]) {
		t.Errorf("lines at %v, differences of ±0.1 at %v", edge, dots)
	}
}

func TestFlowTable(t *testing.T) {
	t.Parallel()
	r := samples()["flow"].Render()
	want := [][]string{
		{"Vurdert for deltakelse", "", "1204"},
		{"Ut: Oppfylte ikke kravene", "", "241"},
		{"Ut: Takket nei", "", "148"},
		{"Ut: Flyttet fra kommunen før loddtrekningen kunne gjennomføres", "", "< 5"},
		{"Trukket ut ved loddtrekning", "", "812"},
		{"Tildelt tiltak", "Tiltak", "406"},
		{"Ut: Møtte ikke", "Tiltak", "31"},
		{"I analysen", "Tiltak", "406"},
		{"Tildelt vanlig oppfølging", "Vanlig oppfølging", "406"},
		{"Ut: Fikk tiltaket likevel", "Vanlig oppfølging", "12"},
		{"I analysen", "Vanlig oppfølging", "406"},
	}
	if diff := cmp.Diff(want, r.Table.Rows); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	if n := len(drawn(t, r, "chart-box")); n != 6 {
		t.Errorf("%d boxes", n)
	}
}
