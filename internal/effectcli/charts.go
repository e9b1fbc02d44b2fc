package effectcli

import (
	"fmt"
	"math"
	"strings"

	"funn/effect"
	"funn/effect/plan"
	"funn/effect/report"
	"funn/internal/platform/chart"
)

// figure is a chart with the name of its file.
type figure struct {
	name  string
	chart chart.Chart
}

// figures lists the charts a result has the figures for.
func figures(l report.Language, r *effect.Result) []figure {
	var out []figure
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		suffix := ""
		if len(r.Outcomes) > 1 {
			suffix = "-" + fileName(o.Name)
		}
		if c, ok := eventStudy(l, r, o); ok {
			out = append(out, figure{"event-study" + suffix, c})
		} else if c, ok := forest(l, r, o); ok {
			out = append(out, figure{"forest" + suffix, c})
		}
	}
	if c, ok := balance(l, r); ok {
		out = append(out, figure{"balance", c})
	}
	if c, ok := flow(l, r); ok {
		out = append(out, figure{"flow", c})
	}
	return out
}

// fileName keeps the letters and digits of a column's name.
func fileName(column string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-':
			return r
		}
		return '-'
	}, column)
}

// scale is how an outcome's effects are drawn: binary ones as so many of 100.
func scale(o *effect.Outcome) float64 {
	if o.Type == plan.Binary {
		return 100
	}
	return 1
}

func axisWords(l report.Language, o *effect.Outcome) string {
	if o.Type == plan.Binary {
		return l.Pick("Forskjell, av 100", "Difference, of 100")
	}
	text := l.Pick("Forskjell", "Difference")
	if o.Unit != nil {
		text += ", " + l.Pick(o.Unit.NB, o.Unit.EN)
	}
	return text
}

// formats gives the writing of effects with decimals that suit their
// uncertainty, and of the axis.
func formats(l report.Language, factor float64, estimates []*effect.Estimate) (value, tick func(float64) string) {
	narrow := math.Inf(1)
	for _, e := range estimates {
		if half := factor * float64(e.CIHigh-e.CILow) / 2; half > 0 {
			narrow = min(narrow, half)
		}
	}
	d := min(6, max(0, report.Decimals(narrow, 2)))
	value = func(v float64) string { return l.Number(v, d) }
	tick = func(v float64) string {
		for places := range 6 {
			if scaled := v * math.Pow10(places); math.Abs(scaled-math.Round(scaled)) < 1e-6*max(1, math.Abs(scaled)) {
				return l.Number(v, places)
			}
		}
		return l.Number(v, 6)
	}
	return value, tick
}

func interval(l report.Language) func(low, high string) string {
	return func(low, high string) string { return low + l.Pick(" til ", " to ") + high }
}

// title is the finding in one sentence, as the chart contract asks.
func title(l report.Language, r *effect.Result, o *effect.Outcome) string {
	name := report.OutcomeName(l, o)
	main := report.Main(r, o.Name)
	if len(main) == 1 {
		return strings.TrimSuffix(report.Finding(l, o, main[0]), ".")
	}
	return fmt.Sprintf(l.Pick("Effekt på %s", "Effect on %s"), name)
}

func forest(l report.Language, r *effect.Result, o *effect.Outcome) (chart.Forest, bool) {
	factor := scale(o)
	var shown []*effect.Estimate
	var rows, pooled []chart.Estimate
	for i := range r.Estimates {
		e := &r.Estimates[i]
		if e.Outcome != o.Name || e.EventTime != nil || !e.Estimate.Known() {
			continue
		}
		shown = append(shown, e)
		row := chart.Estimate{Label: label(l, r, e), Value: factor * float64(e.Estimate), Low: factor * float64(e.CILow), High: factor * float64(e.CIHigh)}
		if e.Subgroup != nil {
			row.Group = e.Subgroup.Column
			rows = append(rows, row)
		} else {
			pooled = append(pooled, row)
		}
	}
	if len(shown) == 0 {
		return chart.Forest{}, false
	}
	value, tick := formats(l, factor, shown)
	words := chart.ForestWords{
		Label: l.Pick("Gruppe", "Group"), Effect: fmt.Sprintf(l.Pick("Effekt (%s intervall)", "Effect (%s interval)"), percent(l, r.Confidence)), Axis: axisWords(l, o),
		Less: l.Pick("Mindre", "Less"), More: l.Pick("Mer", "More"),
	}
	if o.Type == plan.Binary {
		words.Less, words.More = l.Pick("Færre", "Fewer"), l.Pick("Flere", "More")
	}
	c := chart.Forest{
		Meta:   chart.Meta{ID: "forest-" + o.Name, Title: title(l, r, o), Unknown: "–"},
		Rows:   rows,
		Pooled: pooled,
		Format: value, Tick: tick, Interval: interval(l), Words: words,
	}
	if len(rows) == 0 {
		// Nothing is pooled: arms side by side are plain estimates.
		c.Rows, c.Pooled = pooled, nil
	}
	return c, true
}

func percent(l report.Language, share float64) string {
	return l.Number(100*share, 0) + l.Pick("\u00a0%", "%")
}

func label(l report.Language, r *effect.Result, e *effect.Estimate) string {
	name := ""
	if len(r.Arms) > 2 && e.Arm != "" {
		name = report.ArmName(l, r, e.Arm)
	}
	switch {
	case e.Subgroup != nil && name != "":
		return e.Subgroup.Value + ", " + name
	case e.Subgroup != nil:
		return e.Subgroup.Value
	case name != "":
		return name
	case r.Treatment == "":
		return e.Term
	}
	return l.Pick("Alle", "All")
}

func eventStudy(l report.Language, r *effect.Result, o *effect.Outcome) (chart.EventStudy, bool) {
	factor := scale(o)
	var shown []*effect.Estimate
	var points []chart.EventPoint
	seen := map[int]bool{}
	for i := range r.Estimates {
		e := &r.Estimates[i]
		if e.Outcome != o.Name || e.EventTime == nil || !e.Estimate.Known() {
			continue
		}
		shown = append(shown, e)
		seen[*e.EventTime] = true
		points = append(points, chart.EventPoint{Period: *e.EventTime, Value: factor * float64(e.Estimate), Low: factor * float64(e.CILow), High: factor * float64(e.CIHigh)})
	}
	if len(points) == 0 {
		return chart.EventStudy{}, false
	}
	reference := -1
	for seen[reference] {
		reference--
	}
	value, tick := formats(l, factor, shown)
	return chart.EventStudy{
		Meta:      chart.Meta{ID: "event-" + o.Name, Title: title(l, r, o), Unknown: "–"},
		Points:    points,
		Reference: reference,
		Format:    value, Tick: tick, Interval: interval(l),
		Words: chart.EventWords{
			Period: l.Pick("Periode", "Period"), Effect: l.Pick("Effekt", "Effect"), Interval: percent(l, r.Confidence) + l.Pick(" intervall", " interval"),
			Start: l.Pick("Start", "Start"), Reference: l.Pick("sammenlikningsperiode", "reference period"),
			Axis: l.Pick("Perioder fra start", "Periods from start"), Unit: axisWords(l, o),
		},
	}, true
}

func balance(l report.Language, r *effect.Result) (chart.Balance, bool) {
	if r.Balance == nil || len(r.Balance.Rows) == 0 {
		return chart.Balance{}, false
	}
	var rows []chart.BalanceRow
	largest := 0.0
	for _, b := range r.Balance.Rows {
		name := b.Column
		if b.Level != "" {
			name += " = " + b.Level
		}
		if len(r.Arms) > 2 {
			name += ", " + report.ArmName(l, r, b.Arm)
		}
		smd := chart.Unknown
		if b.SMD.Known() {
			smd = float64(b.SMD)
			largest = max(largest, math.Abs(smd))
		}
		rows = append(rows, chart.BalanceRow{Label: name, Before: smd, After: chart.Unknown})
	}
	return chart.Balance{
		Meta: chart.Meta{
			ID: "balance", Unknown: l.Pick("holdt tilbake", "withheld"),
			Title: fmt.Sprintf(l.Pick("Største forskjell mellom gruppene på forhånd er %s standardavvik", "The largest difference between the arms beforehand is %s standard deviations"), l.Number(largest, 2)),
		},
		Rows:   rows,
		Format: func(v float64) string { return l.Number(v, 2) },
		Words: chart.BalanceWords{
			Label: l.Pick("Variabel", "Variable"), Before: l.Pick("Forskjell", "Difference"),
			Axis: l.Pick("Forskjell i standardavvik; båndet er ±0,1", "Difference in standard deviations; the band is ±0.1"),
		},
	}, true
}

func flow(l report.Language, r *effect.Result) (chart.Flow, bool) {
	if len(r.Arms) == 0 || len(r.Outcomes) == 0 {
		return chart.Flow{}, false
	}
	outcome := r.Outcomes[0]
	c := chart.Flow{
		Meta: chart.Meta{ID: "flow", Title: fmt.Sprintf(l.Pick("Fra rader i dataene til rader med utfallet %s", "From rows in the data to rows with the outcome %s"),
			report.OutcomeName(l, &outcome)), Unknown: "–"},
		Trunk:  []chart.FlowBox{{Label: l.Pick("Rader i dataene", "Rows in the data"), Count: float64(r.Flow.Read)}},
		Format: func(v float64) string { return l.Number(v, 0) },
		Words:  chart.FlowWords{Step: l.Pick("Trinn", "Step"), Arm: l.Pick("Gruppe", "Arm"), Count: l.Pick("Antall", "Number"), Out: l.Pick("Ut", "Out")},
	}
	withheld := l.Pick("holdt tilbake", "withheld")
	box := func(name string, n effect.Number) chart.FlowBox {
		b := chart.FlowBox{Label: name, Count: float64(n)}
		if !n.Known() {
			b.Count, b.Text = 0, withheld
		}
		return b
	}
	for _, a := range r.Arms {
		arm := chart.FlowArm{Name: report.ArmName(l, r, a.Value)}
		drawn := box(l.Pick("I gruppen", "In the arm"), a.N)
		for _, row := range r.Flow.Rows {
			if row.Outcome != outcome.Name || row.Arm != a.Value {
				continue
			}
			out := chart.FlowOut{Label: l.Pick("uten utfall", "without outcome"), Count: float64(row.Without)}
			if !row.Without.Known() {
				out.Count, out.Text = 0, withheld
			}
			if !row.Without.Known() || row.Without > 0 {
				drawn.Out = append(drawn.Out, out)
			}
			arm.Boxes = []chart.FlowBox{drawn, box(l.Pick("Med utfall", "With outcome"), row.With)}
		}
		c.Arms = append(c.Arms, arm)
	}
	return c, true
}
