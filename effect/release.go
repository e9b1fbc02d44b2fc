package effect

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"funn/effect/disclose"
	"funn/effect/infer"
	"funn/effect/plan"
)

// release fills in what the result says of the data themselves, and withholds
// what the plan's disclosure rule does not let out. It is the only way from
// the description of the data to the result.
type release struct {
	run    *run
	result *Result
	rule   disclose.Rule

	arms    []int // arm codes in the order of the result
	control int   // position in arms; -1 without a control
}

func (l *release) all() {
	l.orderArms()
	l.describeArms()
	l.flow()
	l.missing()
	l.outcomes()
	l.balance()
	l.estimates()
	l.coefficients()
	l.randomisation()
	l.read()
}

// read withholds the number of rows where the number a model used would then
// tell that a few lack a value.
func (l *release) read() {
	for _, m := range l.result.Models {
		if why := l.rule.Count(l.run.describe.rows - m.N); why != disclose.Shown {
			l.withhold(why, "the number of rows in the data")
			l.result.Flow.Read = Withheld
		}
	}
}

// randomisation withholds the tests of outcomes whose effect is withheld.
func (l *release) randomisation() {
	for i := range l.result.RandomisationInference {
		t := &l.result.RandomisationInference[i]
		for k := range l.result.Estimates {
			if e := &l.result.Estimates[k]; e.Outcome == t.Outcome && e.Subgroup == nil && !e.Estimate.Known() {
				t.Estimate, t.CILow, t.CIHigh, t.P = Withheld, Withheld, Withheld, Withheld
			}
		}
	}
}

// withhold notes that a figure is withheld, once.
func (l *release) withhold(why disclose.Reason, format string, args ...any) {
	rule := map[disclose.Reason]string{
		disclose.Small:         fmt.Sprintf("fewer than %d", l.rule.Threshold),
		disclose.Dominated:     "dominance",
		disclose.Complementary: "could be computed from other figures",
	}[why]
	w := Withhold{Figure: fmt.Sprintf(format, args...), Rule: rule}
	if !slices.Contains(l.result.Withheld, w) {
		l.result.Withheld = append(l.result.Withheld, w)
	}
}

// orderArms puts the arms in the plan's order, else in order of value with
// the first as control, and leaves out values the plan does not name.
func (l *release) orderArms() {
	d, p := l.run.describe, l.run.plan
	l.control = -1
	if d.tooMany || d.drawn < 0 {
		l.arms = []int{0}
		return
	}
	if len(p.Arms) == 0 {
		l.arms = d.arms.order()
		l.control = 0
		return
	}
	for i, a := range p.Arms {
		l.arms = append(l.arms, d.arms.index(a.Value))
		if a.Control {
			l.control = i
		}
	}
}

// named tells whether there are arms to tell apart.
func (l *release) named() bool { return l.control >= 0 }

func (l *release) armName(i int) string { return l.run.describe.arms.texts[l.arms[i]] }

func (l *release) describeArms() {
	if !l.named() {
		return
	}
	d, p := l.run.describe, l.run.plan
	clusters, split := d.armClusters()
	var observed []int64
	var shares []float64
	for i, code := range l.arms {
		a := Arm{Value: l.armName(i), Control: i == l.control, N: Withheld, Clusters: Withheld}
		if len(p.Arms) > 0 {
			a.Label = p.Arms[i].Label
			shares = append(shares, p.Arms[i].Share)
		}
		if why := l.rule.Count(d.armRows[code]); why == disclose.Shown {
			a.N = Number(d.armRows[code])
			if d.cluster >= 0 && split == 0 {
				a.Clusters = Number(clusters[code])
			}
		} else {
			l.withhold(why, "the number of rows in the arm %s", a.Value)
		}
		units := d.armRows[code]
		if p.Design == plan.Clustered {
			units = clusters[code] // what was drawn is the cluster
		}
		observed = append(observed, units)
		l.result.Arms = append(l.result.Arms, a)
	}
	if len(shares) == 0 || shares[0] == 0 || !p.Design.Randomised() {
		return
	}
	ratio := infer.SampleRatio(observed, shares)
	t := Test{Statistic: Number(ratio.ChiSquare), DF: Number(ratio.DF), DF2: Withheld, P: Number(ratio.P)}
	l.result.SampleRatio = &t
	if t.P < 0.001 {
		l.run.warn("antallet i gruppene passer ikke med andelene som ble trukket (p = %.2g): se etter enheter som er falt ut eller flyttet før resultatet brukes",
			"the numbers in the arms do not fit the shares that were drawn (p = %.2g): look for units that were lost or moved before trusting the result", float64(t.P))
	}
}

// flow is the table of arms by outcome seen and lost, judged as a table so
// that no cell can be had from the others.
func (l *release) flow() {
	if !l.named() {
		return
	}
	d := l.run.describe
	for o, outcome := range l.run.plan.Outcomes {
		counts := make([][]int64, len(l.arms))
		for i, code := range l.arms {
			s := d.outcomeIn(o, code)
			counts[i] = []int64{s.n, s.without}
		}
		reasons, err := l.rule.Table(counts)
		if err != nil {
			continue // no arms at all
		}
		for i := range l.arms {
			row := FlowRow{Outcome: outcome.Name, Arm: l.armName(i), With: Withheld, Without: Withheld}
			if why := reasons[i][0]; why == disclose.Shown {
				row.With = Number(counts[i][0])
			} else {
				l.withhold(why, "the number with %s in the arm %s", outcome.Name, row.Arm)
			}
			if why := reasons[i][1]; why == disclose.Shown {
				row.Without = Number(counts[i][1])
			} else {
				l.withhold(why, "the number without %s in the arm %s", outcome.Name, row.Arm)
			}
			l.result.Flow.Rows = append(l.result.Flow.Rows, row)
			if why := reasons[i][2]; why != disclose.Shown {
				l.withhold(why, "the number of rows in the arm %s", row.Arm)
				l.result.Arms[i].N = Withheld
			}
		}
	}
}

func (l *release) missing() {
	d := l.run.describe
	for j, n := range d.missing {
		if n == 0 || j == d.started {
			continue // no start is a value: never
		}
		c := Count{Column: d.columns[j], Rows: Withheld}
		if why := l.rule.Count(n); why == disclose.Shown {
			c.Rows = Number(n)
			kept := l.keepsMissing(c.Column)
			l.run.warn("%[1]s mangler i %[2]d av %[3]d rader; %[4]s", "%[1]s lacks a value in %[2]d of %[3]d rows; %[5]s", c.Column, n, d.rows, kept.NB, kept.EN)
		} else {
			l.withhold(why, "the number of rows without %s", c.Column)
			kept := l.keepsMissing(c.Column)
			l.run.warn("%[1]s mangler i noen få rader; %[2]s", "%[1]s lacks a value in a few rows; %[3]s", c.Column, kept.NB, kept.EN)
		}
		l.result.Flow.Missing = append(l.result.Flow.Missing, c)
	}
}

// keepsMissing says what became of rows without a value of a column.
func (l *release) keepsMissing(column string) warning {
	p := l.run.plan
	if p.Missing.Rule == plan.Indicator && (slices.Contains(p.Covariates, column) || slices.Contains(p.Factors, column)) {
		return warning{"de er beholdt og merket", "they were kept and marked"}
	}
	return warning{"modeller som bruker den, utelater dem", "models that use it leave them out"}
}

func (l *release) outcomes() {
	d := l.run.describe
	for o, planned := range l.run.plan.Outcomes {
		out := Outcome{
			Name: planned.Name, Role: planned.Role, Type: planned.Type, Label: planned.Label, Unit: planned.Unit,
			Better: planned.Better, SmallestOfInterest: planned.SmallestOfInterest, ControlMean: Withheld,
		}
		all := merge(d.outcomeSum[o])
		if out.Type == "" {
			out.Type = plan.Continuous
			if all.binary() {
				out.Type = plan.Binary
			}
		} else if out.Type == plan.Binary && !all.binary() {
			l.run.warn("%s er kalt binary i planen, men har andre verdier enn 0 og 1; utfallet er omtalt som et tall",
				"%s is called binary in the plan but has other values than 0 and 1; it is told as a number", planned.Name)
			out.Type = plan.Continuous
		}
		// In a comparison over time the control group's mean mixes periods.
		if l.named() && l.run.plan.Panel == nil {
			if why := l.meansShown(o); why == disclose.Shown {
				out.ControlMean = Number(d.outcomeIn(o, l.arms[l.control]).mean())
			} else {
				l.withhold(why, "the mean of %s in the control arm", planned.Name)
			}
		}
		for i := range l.result.Estimates {
			e := &l.result.Estimates[i]
			if e.Outcome == planned.Name && e.Subgroup == nil && e.EventTime == nil {
				out.Verdicts = append(out.Verdicts, Verdict{
					Term: e.Term, Finding: Conclude(float64(e.CILow), float64(e.CIHigh), planned.SmallestOfInterest),
				})
			}
		}
		l.result.Outcomes = append(l.result.Outcomes, out)
	}
}

// meansShown judges the mean of an outcome in every arm at once: one arm's
// mean and the difference give the other's away.
func (l *release) meansShown(o int) disclose.Reason {
	for _, code := range l.arms {
		if why := l.meanOf(l.run.describe.outcomeIn(o, code)); why != disclose.Shown {
			return why
		}
	}
	return disclose.Shown
}

func (l *release) meanOf(s summary) disclose.Reason {
	if s.binary() {
		return l.rule.Share(s.ones, s.n)
	}
	return l.rule.Sum(s.n, s.largest.Values, s.largest.Total)
}

func (l *release) balance() {
	if !l.named() || !l.run.plan.Design.Randomised() && l.run.plan.Design != plan.Observational {
		return
	}
	d, p := l.run.describe, l.run.plan
	rows := []BalanceRow{}
	for k, column := range p.Covariates {
		for i := range l.arms {
			if i == l.control {
				continue
			}
			row := BalanceRow{Column: column, Arm: l.armName(i), Mean: Withheld, Control: Withheld, SMD: Withheld}
			a, c := at(d.numberSum[k], l.arms[i]), at(d.numberSum[k], l.arms[l.control])
			why := l.meanOf(a)
			if why == disclose.Shown {
				why = l.meanOf(c)
			}
			if why == disclose.Shown {
				row.Mean, row.Control = Number(a.mean()), Number(c.mean())
				row.SMD = standardised(a.mean(), c.mean(), a.variance(), c.variance())
			} else {
				l.withhold(why, "the balance of %s", column)
			}
			rows = append(rows, row)
		}
	}
	for k, column := range p.Factors {
		rows = append(rows, l.factorBalance(k, column)...)
	}
	if len(rows) == 0 {
		return
	}
	if l.result.Balance == nil {
		l.result.Balance = &Balance{P: Withheld}
	}
	l.result.Balance.Rows = rows
}

func at(list []summary, i int) summary {
	if i < len(list) {
		return list[i]
	}
	return summary{}
}

// standardised is a difference of means over the root of the mean variance
// (P. C. Austin, Statistics in Medicine 28, 2009).
func standardised(a, b, va, vb float64) Number {
	if va+vb == 0 {
		if a == b {
			return 0
		}
		return Withheld
	}
	return Number((a - b) / math.Sqrt((va+vb)/2))
}

func (l *release) factorBalance(k int, column string) []BalanceRow {
	d := l.run.describe
	lv := &d.factorLevel[k]
	if len(lv.texts) > maxLevels {
		l.run.warn("%s har mer enn %d nivåer; balansen er ikke vist", "%s has more than %d levels; its balance is not shown", column, maxLevels)
		return nil
	}
	order := lv.order()
	shown := order
	if len(order) == 2 {
		shown = order[1:] // the other level says the same
	}
	counts := make([][]int64, len(order))
	totals := make([]int64, len(l.arms))
	for r, level := range order {
		counts[r] = make([]int64, len(l.arms))
		for i, code := range l.arms {
			counts[r][i] = d.factorIn(k, code, level)
			totals[i] += counts[r][i]
		}
	}
	reasons, err := l.rule.Table(counts)
	if err != nil {
		return nil // no value at all
	}
	var rows []BalanceRow
	for r, level := range order {
		if !slices.Contains(shown, level) {
			continue
		}
		for i := range l.arms {
			if i == l.control {
				continue
			}
			row := BalanceRow{Column: column, Level: lv.texts[level], Arm: l.armName(i), Mean: Withheld, Control: Withheld, SMD: Withheld}
			why := reasons[r][i]
			if why == disclose.Shown {
				why = reasons[r][l.control]
			}
			if why == disclose.Shown && totals[i] > 0 && totals[l.control] > 0 {
				a, c := float64(counts[r][i])/float64(totals[i]), float64(counts[r][l.control])/float64(totals[l.control])
				row.Mean, row.Control = Number(a), Number(c)
				row.SMD = standardised(a, c, a*(1-a), c*(1-c))
			} else if why != disclose.Shown {
				l.withhold(why, "the balance of %s = %s", column, row.Level)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// estimates withholds effects that rest on too few. Where a model has no
// covariates an effect is a difference of two means, from which, for a
// binary outcome, the counts behind could be worked out; such an effect must
// pass as the means would.
func (l *release) estimates() {
	d, p := l.run.describe, l.run.plan
	saturated := len(p.Covariates)+len(p.Factors)+len(p.Absorb) == 0
	for i := range l.result.Estimates {
		e := &l.result.Estimates[i]
		o := slices.IndexFunc(p.Outcomes, func(x plan.Outcome) bool { return x.Name == e.Outcome })
		why := disclose.Shown
		groups := l.groupsBehind(e, o)
		for _, s := range groups {
			if why == disclose.Shown {
				why = l.rule.Basis(s.n)
			}
			if why == disclose.Shown && saturated && s.binary() {
				why = l.rule.Share(s.ones, s.n)
			}
		}
		if why == disclose.Shown {
			why = l.rule.Basis(e.N)
		}
		if why == disclose.Shown && e.Subgroup == nil {
			for _, w := range d.armWeights {
				if why == disclose.Shown && l.rule.DominanceN > 0 {
					why = l.rule.Sum(int64(l.rule.Threshold), w.Values, w.Total)
				}
			}
		}
		if why != disclose.Shown {
			l.withhold(why, "the effect on %s", strings.Join(compact(e.Outcome, e.Term, subgroupText(e)), ", "))
			e.Estimate, e.SE, e.CILow, e.CIHigh, e.DF, e.P, e.PAdjusted = Withheld, Withheld, Withheld, Withheld, Withheld, Withheld, Withheld
			l.withholdVerdict(e)
		}
	}
}

func compact(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}

func subgroupText(e *Estimate) string {
	if e.Subgroup == nil {
		return ""
	}
	return e.Subgroup.Column + " = " + e.Subgroup.Value
}

// groupsBehind lists the groups of rows an effect compares.
func (l *release) groupsBehind(e *Estimate, o int) []summary {
	if !l.named() {
		return nil
	}
	d := l.run.describe
	g := -1
	level := -1
	if e.Subgroup != nil {
		g = slices.Index(l.run.plan.Subgroups, e.Subgroup.Column)
		level = d.groupLevel[g].index(e.Subgroup.Value)
		if level < 0 {
			return nil
		}
	}
	var out []summary
	for i, code := range l.arms {
		if i != l.control && e.Arm != "" && e.Arm != l.armName(i) {
			continue
		}
		if g >= 0 {
			out = append(out, d.groupIn(g, o, code, level))
		} else {
			out = append(out, d.outcomeIn(o, code))
		}
	}
	return out
}

func (l *release) withholdVerdict(e *Estimate) {
	for i := range l.result.Outcomes {
		o := &l.result.Outcomes[i]
		if o.Name == e.Outcome && e.Subgroup == nil {
			o.Verdicts = slices.DeleteFunc(o.Verdicts, func(v Verdict) bool { return v.Term == e.Term })
		}
	}
}

// coefficients withholds those of rare levels: with one person in a level
// the coefficient is that person's residual.
func (l *release) coefficients() {
	d, p := l.run.describe, l.run.plan
	rare := map[string]bool{}
	for k, column := range p.Factors {
		for level, text := range d.factorLevel[k].texts {
			n := int64(0)
			for arm := range maxArms {
				n += d.factorIn(k, arm, level)
			}
			if l.rule.Basis(n) != disclose.Shown {
				rare[column+"="+text] = true
			}
		}
	}
	keep := l.result.Coefficients[:0]
	for _, c := range l.result.Coefficients {
		if slices.ContainsFunc(strings.Split(c.Term, ":"), func(part string) bool { return rare[part] }) {
			l.withhold(disclose.Small, "the coefficient of %s", c.Term)
			continue
		}
		keep = append(keep, c)
	}
	l.result.Coefficients = keep
}
