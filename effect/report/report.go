// Package report tells the result of an evaluation in words and tables that a
// decision maker can read, in Norwegian bokmål and English.
//
// The words follow the interval, not the p-value. "6 flere av 100 kom i jobb;
// usikkerheten går fra 3 til 9" is said of an interval on one side of zero.
// "Ingen effekt av betydning" is said only of an interval that lies within
// the smallest effect of interest that the plan stated beforehand. Every other
// interval around zero is "vi vet ikke nok", with what cannot be ruled out.
package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"funn/effect"
	"funn/effect/plan"
)

// Sentence tells one estimate of an outcome. It is the heart of the summary.
func Sentence(l Language, o *effect.Outcome, e *effect.Estimate) string {
	if !e.Estimate.Known() || !e.CILow.Known() || !e.CIHigh.Known() {
		return l.Pick("Tallet er holdt tilbake av hensyn til personvernet.", "The figure is withheld to protect privacy.")
	}
	s := scaleOf(l, o)
	value, low, high := s.factor*float64(e.Estimate), s.factor*float64(e.CILow), s.factor*float64(e.CIHigh)
	d := s.decimals(value, low, high)
	one := func(v float64) string { return s.amount(v, d) }
	switch effect.Conclude(float64(e.CILow), float64(e.CIHigh), o.SmallestOfInterest) {
	case effect.Increase, effect.Decrease:
		from, to := low, high
		if value < 0 {
			from, to = -high, -low
		}
		return one(value) + l.Pick("; usikkerheten går fra ", "; the uncertainty runs from ") +
			l.Number(from, d) + l.Pick(" til ", " to ") + l.Number(to, d) + "."
	case effect.Negligible:
		limit := s.factor * o.SmallestOfInterest
		return l.Pick("Ingen effekt av betydning: forskjellen ligger mellom ", "No effect of importance: the difference lies between ") +
			s.span(low, high, d, l.Pick(" og ", " and ")) +
			l.Pick(", innenfor grensen på ", ", within the limit of ") + l.Number(limit, max(0, Decimals(limit, 1))) + s.unit() +
			l.Pick(" som ble satt på forhånd.", " that was set beforehand.")
	}
	return l.Pick("Vi vet ikke nok: alt fra ", "We do not know enough: anything from ") + s.span(low, high, d, l.Pick(" til ", " to ")) +
		l.Pick(" passer med dataene.", " fits the data.")
}

// scale is how amounts of an outcome are told.
type scale struct {
	l       Language
	outcome *effect.Outcome
	factor  float64
	binary  bool
}

func scaleOf(l Language, o *effect.Outcome) scale {
	if o.Type == plan.Binary {
		return scale{l, o, 100, true}
	}
	return scale{l, o, 1, false}
}

// decimals are few enough to read, and enough that neither the value nor a
// limit that is not zero is shown as zero.
func (s scale) decimals(value, low, high float64) int {
	digits := 2
	if s.binary {
		digits = 1
	}
	d := Decimals((high-low)/2, digits)
	if s.binary {
		d = max(d, 0)
	}
	for _, v := range []float64{value, low, high} {
		for n := 0; n < 3 && v != 0 && math.Abs(v)*math.Pow10(d) < 0.5; n++ {
			d++
		}
	}
	return d
}

// amount tells a difference: 6 flere av 100 kom i jobb; 1794 kroner mer i
// snitt.
func (s scale) amount(v float64, d int) string {
	return s.l.Number(math.Abs(v), d) + s.unitWord() + s.direction(v) + s.of()
}

// span tells an interval with what its ends share said once: 3 færre til 4
// flere av 100 kom i jobb.
func (s scale) span(low, high float64, d int, between string) string {
	if low < 0 != (high < 0) {
		return s.l.Number(math.Abs(low), d) + s.unitWord() + s.direction(low) + between + s.amount(high, d)
	}
	if low < 0 {
		low, high = high, low // from the smaller amount to the larger
	}
	return s.l.Number(math.Abs(low), d) + between + s.amount(high, d)
}

// direction says which way a difference goes.
func (s scale) direction(v float64) string {
	counted := s.binary || s.outcome.Type == plan.Count
	switch {
	case counted && v < 0:
		return s.l.Pick(" færre", " fewer")
	case counted:
		return s.l.Pick(" flere", " more")
	case v < 0:
		return s.l.Pick(" mindre", " less")
	}
	return s.l.Pick(" mer", " more")
}

// of says what a difference is of.
func (s scale) of() string {
	if !s.binary {
		return s.l.Pick(" i snitt", " on average")
	}
	text := s.l.Pick(" av 100", " of 100")
	if s.outcome.Label != nil {
		text += " " + s.label()
	}
	return text
}

// unitWord is the unit of an amount; those of 100 are people and need none.
func (s scale) unitWord() string {
	if s.binary {
		return ""
	}
	return s.unit()
}

func (s scale) label() string { return labelText(s.l, s.outcome.Label, s.outcome.Name) }

func (s scale) unit() string {
	if s.binary {
		return s.l.Pick(" av 100", " of 100")
	}
	if s.outcome.Unit == nil {
		return ""
	}
	return " " + labelText(s.l, s.outcome.Unit, "")
}

func labelText(l Language, label *plan.Label, otherwise string) string {
	switch {
	case label == nil:
		return otherwise
	case l == English:
		return label.EN
	}
	return label.NB
}

// OutcomeName is the outcome's label, or its column.
func OutcomeName(l Language, o *effect.Outcome) string { return labelText(l, o.Label, o.Name) }

// ArmName is the arm's label, or its value.
func ArmName(l Language, r *effect.Result, value string) string {
	for i := range r.Arms {
		if r.Arms[i].Value == value {
			return labelText(l, r.Arms[i].Label, value)
		}
	}
	return value
}

// Finding is the sentence of an estimate with the name of its outcome, where
// the sentence does not hold it.
func Finding(l Language, o *effect.Outcome, e *effect.Estimate) string {
	text := Sentence(l, o, e)
	if o.Type != plan.Binary || o.Label == nil {
		return OutcomeName(l, o) + ": " + lowerFirst(text)
	}
	return text
}

// Main lists the estimates the summary tells: those of the whole population,
// not of subgroups or single periods.
func Main(r *effect.Result, outcome string) []*effect.Estimate {
	var out []*effect.Estimate
	for i := range r.Estimates {
		e := &r.Estimates[i]
		if e.Outcome == outcome && e.Subgroup == nil && e.EventTime == nil {
			out = append(out, e)
		}
	}
	return out
}

// LockStatement says how the plan stands to its lock.
func LockStatement(l Language, r *effect.Result) string {
	switch {
	case r.ChangedSinceLock == nil:
		return l.Pick("Planen var ikke låst på forhånd. Les resultatet som utforskende.", "The plan was not locked beforehand. Read the result as exploratory.")
	case *r.ChangedSinceLock:
		return l.Pick("Planen er endret etter at den ble låst", "The plan was changed after it was locked") + lockDay(l, r) + ": " +
			strings.Join(r.ChangedFields, ", ") + "."
	}
	text := l.Pick("Planen ble låst", "The plan was locked") + lockDay(l, r) + l.Pick(" og er ikke endret siden.", " and has not been changed since.")
	if r.Relocked > 0 {
		text += l.Pick(
			fmt.Sprintf(" Låsen er byttet ut %d ganger før det.", r.Relocked),
			fmt.Sprintf(" The lock had been replaced %d times before.", r.Relocked))
	}
	return text
}

func lockDay(l Language, r *effect.Result) string {
	if r.LockedAt == nil {
		return ""
	}
	return " " + l.date(*r.LockedAt)
}

// Summary is the result as a few paragraphs, most important first.
func Summary(l Language, r *effect.Result) string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, "") + "\n") }
	if r.Title != "" {
		line(r.Title)
		line(strings.Repeat("=", len([]rune(r.Title))))
		line()
	}
	if r.Question != "" {
		line(r.Question)
		line()
	}
	for _, role := range []plan.Role{plan.Primary, plan.Secondary, plan.Guardrail} {
		first := true
		for i := range r.Outcomes {
			o := &r.Outcomes[i]
			if o.Role != role {
				continue
			}
			if first {
				line(roleTitle(l, role))
				first = false
			}
			for _, sentence := range outcomeSentences(l, r, o) {
				line("  ", sentence)
			}
		}
		if !first {
			line()
		}
	}
	line(fmt.Sprintf(l.Pick("Usikkerheten er et %s-intervall (%s).", "The uncertainty is a %s interval (%s)."), l.percent(r.Confidence), varianceWords(l, r)))
	if text := solved(l, r); text != "" {
		line(text)
	}
	if text := assumption(l, r.Design); text != "" {
		line(text)
	}
	line(LockStatement(l, r))
	if warnings := Warnings(l, r); len(warnings) > 0 {
		line()
		line(l.Pick("Merk:", "Note:"))
		for _, w := range warnings {
			line("  - ", w)
		}
	}
	if len(r.Withheld) > 0 {
		line()
		line(l.Pick("Holdt tilbake av hensyn til personvernet:", "Withheld to protect privacy:"))
		for _, w := range r.Withheld {
			line("  - ", w.Figure, " (", w.Rule, ")")
		}
	}
	return b.String()
}

// solved tells how exactly the fixed effects were solved for, in the worst of the
// models; empty without fixed effects.
func solved(l Language, r *effect.Result) string {
	worst := math.Inf(-1)
	for _, m := range r.Models {
		if m.SolverResidual.Known() {
			worst = max(worst, float64(m.SolverResidual))
		}
	}
	switch {
	case math.IsInf(worst, -1):
		return ""
	case worst == 0:
		return l.Pick("De faste effektene er løst eksakt.", "The fixed effects were solved for exactly.")
	}
	digits := int(math.Ceil(math.Log10(worst)))
	return fmt.Sprintf(l.Pick("De faste effektene er løst til en relativ rest under 1e%d.", "The fixed effects were solved for to a relative residual below 1e%d."), digits)
}

// Warnings lists the warnings in the language, but for the one that the plan
// is not locked, which [LockStatement] tells.
func Warnings(l Language, r *effect.Result) []string {
	list := r.WarningsNB
	if l == English {
		list = r.Warnings
	}
	if r.ChangedSinceLock == nil || *r.ChangedSinceLock {
		list = slices.DeleteFunc(slices.Clone(list), func(w string) bool {
			return slices.ContainsFunc(effect.LockWarnings, func(prefix string) bool { return strings.HasPrefix(w, prefix) })
		})
	}
	return list
}

func roleTitle(l Language, role plan.Role) string {
	switch role {
	case plan.Secondary:
		return l.Pick("Andre utfall", "Secondary outcomes")
	case plan.Guardrail:
		return l.Pick("Det som ikke skal bli verre", "What must not get worse")
	}
	return l.Pick("Hovedutfall", "Primary outcome")
}

// outcomeSentences tells each arm's effect on an outcome, and the outcome in
// the control arm for scale.
func outcomeSentences(l Language, r *effect.Result, o *effect.Outcome) []string {
	var out []string
	estimates := Main(r, o.Name)
	for _, e := range estimates {
		text := Finding(l, o, e)
		switch {
		case e.Arm != "" && len(r.Arms) > 2:
			text = ArmName(l, r, e.Arm) + ": " + text
		case r.Descriptive():
			text = e.Term + ": " + text
		}
		if o.Role == plan.Guardrail {
			text += " " + guardrail(l, o, e)
		}
		out = append(out, text)
	}
	if o.ControlMean.Known() && len(estimates) > 0 {
		mean := float64(o.ControlMean)
		if o.Type == plan.Binary {
			out = append(out, fmt.Sprintf(l.Pick("(Til sammenlikning: %s av 100 i kontrollgruppen.)", "(For comparison: %s of 100 in the control group.)"), l.Number(100*mean, max(0, Decimals(100*min(mean, 1-mean)/10, 1)))))
		} else {
			s := scaleOf(l, o)
			out = append(out, fmt.Sprintf(l.Pick("(Til sammenlikning: %s%s i kontrollgruppen.)", "(For comparison: %s%s in the control group.)"), l.significant(mean, 3), s.unit()))
		}
	}
	return out
}

func lowerFirst(text string) string {
	r := []rune(text)
	if len(r) > 1 {
		r[0] = []rune(strings.ToLower(string(r[0])))[0]
	}
	return string(r)
}

// guardrail says whether harm is shown, ruled out or neither.
func guardrail(l Language, o *effect.Outcome, e *effect.Estimate) string {
	if !e.CILow.Known() || !e.CIHigh.Known() {
		return ""
	}
	worst, best := float64(e.CIHigh), float64(e.CILow) // harm counted upwards
	if o.Better == "higher" {
		worst, best = -float64(e.CILow), -float64(e.CIHigh)
	}
	switch {
	case worst <= o.SmallestOfInterest:
		return l.Pick("En forverring av betydning er utelukket.", "Harm of importance is ruled out.")
	case best > 0:
		return l.Pick("Det er blitt verre.", "It got worse.")
	}
	return l.Pick("En forverring er ikke utelukket.", "Harm is not ruled out.")
}

func varianceWords(l Language, r *effect.Result) string {
	switch {
	case r.VCov == "iid":
		return l.Pick("forutsetter lik og uavhengig spredning", "assumes equal and independent spread")
	case strings.HasPrefix(r.VCov, "HC"):
		return r.VCov + l.Pick(", tåler ulik spredning", ", robust to unequal spread")
	}
	return r.VCov + l.Pick(", tar hensyn til at de i samme gruppe likner hverandre", ", allows for likeness within clusters")
}

// assumption is the condition under which the estimate is an effect.
func assumption(l Language, d plan.Design) string {
	switch d {
	case plan.Individual, plan.Blocked, plan.Clustered:
		return l.Pick("Trekning avgjorde hvem som fikk tiltaket, så gruppene er sammenliknbare utenom tilfeldigheter.",
			"Chance decided who got the treatment, so the groups are comparable but for chance.")
	case plan.Encouragement:
		return l.Pick("Tilbudet ble trukket. Effekten gjelder dem som tok imot fordi de fikk tilbudet, og forutsetter at tilbudet bare virker gjennom tiltaket.",
			"The offer was drawn. The effect is that on those who took it up because of the offer, and supposes that the offer works through the treatment only.")
	case plan.DiD, plan.EventStudy:
		return l.Pick("Effekten forutsetter at gruppene ellers ville ha utviklet seg likt.", "The effect supposes that the groups would otherwise have developed alike.")
	case plan.PanelDesign, plan.Observational:
		return l.Pick("Dette er en sammenheng. Den er en effekt bare hvis det ikke finnes andre forskjeller mellom gruppene enn dem modellen tar hensyn til.",
			"This is an association. It is an effect only if there are no other differences between the groups than those the model allows for.")
	}
	return ""
}

// Table is a table of finished texts.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]string
}

// Tables lists the tables of a result that have rows.
func Tables(l Language, r *effect.Result) []Table {
	all := []Table{
		estimatesTable(l, r), subgroupTable(l, r), eventTable(l, r), armsTable(l, r), balanceTable(l, r), testsTable(l, r), coefficientsTable(l, r),
	}
	return slices.DeleteFunc(all, func(t Table) bool { return len(t.Rows) == 0 })
}

func estimateHead(l Language) []string {
	return []string{
		l.Pick("Utfall", "Outcome"), l.Pick("Ledd", "Term"), l.Pick("Estimat", "Estimate"), l.Pick("Standardfeil", "Std. error"),
		l.Pick("Fra", "From"), l.Pick("Til", "To"), "p", l.Pick("p, korrigert", "p, adjusted"), "n", l.Pick("Klynger", "Clusters"),
	}
}

func estimateCells(l Language, e *effect.Estimate) []string {
	d := 0
	if e.SE.Known() && e.SE > 0 {
		d = max(0, Decimals(float64(e.SE), 3))
	}
	clusters := "–"
	if e.Clusters > 0 {
		clusters = l.Number(float64(e.Clusters), 0)
	}
	return []string{
		l.Number(float64(e.Estimate), d), l.Number(float64(e.SE), d), l.Number(float64(e.CILow), d), l.Number(float64(e.CIHigh), d),
		l.probability(float64(e.P)), l.probability(float64(e.PAdjusted)), l.Number(float64(e.N), 0), clusters,
	}
}

func estimatesTable(l Language, r *effect.Result) Table {
	t := Table{Caption: l.Pick("Estimater", "Estimates"), Head: estimateHead(l)}
	for i := range r.Estimates {
		if e := &r.Estimates[i]; e.Subgroup == nil && e.EventTime == nil {
			t.Rows = append(t.Rows, append([]string{e.Outcome, e.Term}, estimateCells(l, e)...))
		}
	}
	return t
}

func coefficientsTable(l Language, r *effect.Result) Table {
	t := Table{Caption: l.Pick("Koeffisienter for bakgrunnsvariabler (ikke effekter)", "Coefficients of covariates (not effects)"), Head: estimateHead(l)}
	for i := range r.Coefficients {
		e := &r.Coefficients[i]
		t.Rows = append(t.Rows, append([]string{e.Outcome, e.Term}, estimateCells(l, e)...))
	}
	return t
}

func subgroupTable(l Language, r *effect.Result) Table {
	head := slices.Insert(estimateHead(l), 1, l.Pick("Gruppe", "Group"))
	t := Table{Caption: l.Pick("Effekt i grupper", "Effect in groups"), Head: head}
	for i := range r.Estimates {
		if e := &r.Estimates[i]; e.Subgroup != nil {
			t.Rows = append(t.Rows, append([]string{e.Outcome, e.Subgroup.Column + " = " + e.Subgroup.Value, e.Term}, estimateCells(l, e)...))
		}
	}
	return t
}

func eventTable(l Language, r *effect.Result) Table {
	head := estimateHead(l)
	head[1] = l.Pick("Perioder fra start", "Periods from start")
	t := Table{Caption: l.Pick("Utvikling rundt start", "Development around the start"), Head: head}
	for i := range r.Estimates {
		if e := &r.Estimates[i]; e.EventTime != nil {
			t.Rows = append(t.Rows, append([]string{e.Outcome, l.Number(float64(*e.EventTime), 0)}, estimateCells(l, e)...))
		}
	}
	return t
}

func armsTable(l Language, r *effect.Result) Table {
	t := Table{Caption: l.Pick("Grupper", "Arms"), Head: []string{l.Pick("Gruppe", "Arm"), l.Pick("Rader", "Rows"), l.Pick("Klynger", "Clusters")}}
	for i := range r.Arms {
		a := &r.Arms[i]
		t.Rows = append(t.Rows, []string{ArmName(l, r, a.Value), l.Number(float64(a.N), 0), l.Number(float64(a.Clusters), 0)})
	}
	return t
}

func balanceTable(l Language, r *effect.Result) Table {
	t := Table{Caption: l.Pick("Balanse", "Balance"), Head: []string{
		l.Pick("Variabel", "Variable"), l.Pick("Gruppe", "Arm"),
		l.Pick("Snitt", "Mean"), l.Pick("Snitt, kontroll", "Mean, control"), l.Pick("Standardisert forskjell", "Standardised difference"),
	}}
	if r.Balance == nil {
		return t
	}
	for _, row := range r.Balance.Rows {
		name := row.Column
		if row.Level != "" {
			name += " = " + row.Level
		}
		t.Rows = append(t.Rows, []string{name, ArmName(l, r, row.Arm), l.significant(float64(row.Mean), 3), l.significant(float64(row.Control), 3), l.Number(float64(row.SMD), 3)})
	}
	return t
}

func testsTable(l Language, r *effect.Result) Table {
	t := Table{Caption: l.Pick("Kontroller", "Checks"), Head: []string{l.Pick("Kontroll", "Check"), l.Pick("Utfall", "Outcome"), "p"}}
	add := func(nb, en string, tests ...effect.Test) {
		for _, test := range tests {
			name := l.Pick(nb, en)
			if test.Column != "" {
				name += " (" + test.Column + ")"
			}
			t.Rows = append(t.Rows, []string{name, test.Outcome, l.probability(float64(test.P))})
		}
	}
	if r.SampleRatio != nil {
		add("Antall i hver gruppe som trukket", "Numbers per arm as drawn", *r.SampleRatio)
	}
	if r.Balance != nil && r.Balance.P.Known() {
		add("Gruppene like på forhånd", "Arms alike beforehand", effect.Test{P: r.Balance.P})
	}
	add("Frafall likt i gruppene", "Attrition alike in the arms", r.Attrition...)
	add("Samme effekt i alle grupper", "Same effect in all groups", r.Heterogeneity...)
	add("Ingen forskjell før start", "No difference before the start", r.Pretrends...)
	for _, test := range r.RandomisationInference {
		add("Randomiseringstest av ingen effekt", "Randomisation test of no effect", effect.Test{Outcome: test.Outcome, P: test.P})
	}
	return t
}

// Text writes a table in columns.
func (t Table) Text() string {
	width := make([]int, len(t.Head))
	measure := func(row []string) {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	measure(t.Head)
	for _, row := range t.Rows {
		measure(row)
	}
	var b strings.Builder
	b.WriteString(t.Caption + "\n")
	write := func(row []string) {
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-len([]rune(cell)))
			switch {
			case i == 0:
				b.WriteString("  " + cell + pad)
			case numeric(cell):
				b.WriteString("  " + pad + cell)
			default:
				b.WriteString("  " + cell + pad)
			}
		}
		b.WriteString("\n")
	}
	write(t.Head)
	for _, row := range t.Rows {
		write(row)
	}
	return b.String()
}

func numeric(cell string) bool {
	return cell != "" && strings.ContainsRune("0123456789−–<", []rune(cell)[0])
}
