package effect

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"funn/effect/data"
	"funn/effect/disclose"
	"funn/effect/plan"
)

// maxArms is the most values a treatment may have and still be described as
// arms; one with more is an amount.
const maxArms = 20

// maxLevels bounds the levels of a factor or subgroup that are described.
const maxLevels = 1000

func formatNumber(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// describer sees every row once and keeps what the result says of the data
// besides the estimates: how many are in each arm and have an outcome, what
// the arms were like beforehand, and what the disclosure check needs to know.
// Its sums are small: arms times columns, never rows.
type describer struct {
	columns []string
	rule    disclose.Rule

	drawn, weight, cluster int // positions in columns; -1 when there are none
	outcomes               []int
	numbers, factors       []int
	subgroups              []int

	rows    int64
	arms    levels // of the drawn column
	tooMany bool   // the drawn column is an amount, not arms
	missing []int64

	armRows     []int64
	armWeights  []disclose.Largest
	outcomeSum  [][]summary // outcome, arm
	numberSum   [][]summary
	factorLevel []levels
	factorCount []armCounts
	groupLevel  []levels
	groupSum    [][][][]summary // subgroup, outcome, arm, level
	clusterCode levels
	clusterArm  []int32 // arm of each cluster; mixed when in several
	started     int     // position of the first treated period; -1 without

	armOf   []int32 // scratch: the arm of each row of the batch
	levelOf []int32
}

const (
	noArm = -1
	mixed = -2
)

// summary describes the values of one column in one group of rows.
type summary struct {
	n, without int64
	shift      float64
	sum, sq    float64 // of values less shift
	ones       int64
	notBinary  bool
	largest    disclose.Largest
}

func (s *summary) add(v float64, keep int) {
	if s.n == 0 {
		s.shift = v
		s.largest.N = keep
	}
	s.n++
	d := v - s.shift
	s.sum += d
	s.sq += d * d
	if v == 1 {
		s.ones++
	} else if v != 0 {
		s.notBinary = true
	}
	if keep > 0 {
		s.largest.Add(v)
	}
}

func (s summary) mean() float64 { return s.shift + s.sum/float64(s.n) }

func (s summary) variance() float64 {
	n := float64(s.n)
	return max(0, (s.sq-s.sum*s.sum/n)/(n-1))
}

func (s summary) binary() bool { return s.n > 0 && !s.notBinary }

// levels codes the values of a column as they come.
type levels struct {
	texts  []string
	byCode []int32 // of a String column's own codes, plus one
	near   []int32 // of integers from nearLow on, plus one
	ints   map[int64]int32
	bits   map[uint64]int32
}

// Integers in this range are coded by a table, others by a map.
const (
	nearLow  = -1 << 10
	nearHigh = 1 << 16
)

func (l *levels) next(text string) int32 {
	l.texts = append(l.texts, text)
	return int32(len(l.texts) - 1)
}

// encode fills codes with the level of each row, noArm where there is no
// value, until there are more than most levels. It returns false then.
func (l *levels) encode(c *data.Column, codes []int32, most int) bool {
	for i := range codes {
		if c.Valid != nil && !c.Valid.Valid(i) || c.Kind == data.Float && c.Floats[i] != c.Floats[i] {
			codes[i] = noArm
			continue
		}
		switch c.Kind {
		case data.String:
			k := int(c.Codes[i])
			if k >= len(l.byCode) {
				l.byCode = append(l.byCode, make([]int32, k+1-len(l.byCode))...)
			}
			if l.byCode[k] == 0 {
				l.byCode[k] = l.next(c.Levels[k]) + 1
			}
			codes[i] = l.byCode[k] - 1
		case data.Float:
			codes[i] = coded(l, &l.bits, math.Float64bits(c.Floats[i]+0), c, i)
		default:
			v := int64(0)
			if c.Kind == data.Int {
				v = c.Ints[i]
			} else if c.Bools[i] {
				v = 1
			}
			if v < nearLow || v >= nearHigh {
				codes[i] = coded(l, &l.ints, v, c, i)
				break
			}
			if l.near == nil {
				l.near = make([]int32, nearHigh-nearLow)
			}
			k := l.near[v-nearLow]
			if k == 0 {
				k = l.next(levelText(c, i)) + 1
				l.near[v-nearLow] = k
			}
			codes[i] = k - 1
		}
		if len(l.texts) > most {
			return false
		}
	}
	return true
}

func coded[K comparable](l *levels, known *map[K]int32, v K, c *data.Column, i int) int32 {
	k, ok := (*known)[v]
	if !ok {
		if *known == nil {
			*known = map[K]int32{}
		}
		k = l.next(levelText(c, i))
		(*known)[v] = k
	}
	return k
}

// order lists the codes by value: numbers by size, other texts by bytes.
func (l *levels) order() []int {
	numbers := make([]float64, len(l.texts))
	numeric := true
	order := make([]int, len(l.texts))
	for i, t := range l.texts {
		order[i] = i
		v, err := strconv.ParseFloat(t, 64)
		numbers[i] = v
		numeric = numeric && err == nil
	}
	slices.SortFunc(order, func(a, b int) int {
		if numeric {
			return cmp.Compare(numbers[a], numbers[b])
		}
		return cmp.Compare(l.texts[a], l.texts[b])
	})
	return order
}

func (l *levels) index(text string) int { return slices.Index(l.texts, text) }

// drawnColumn is the column that chance, or whoever it was, set: the
// instrument where there is one, else the treatment.
func drawnColumn(p *plan.Plan) string {
	if len(p.Instrument) > 0 {
		return p.Instrument[0]
	}
	return p.Treatment
}

func newDescriber(p *plan.Plan, schema data.Schema) *describer {
	d := &describer{
		columns: p.Columns(), drawn: -1, weight: -1, cluster: -1, started: -1,
		rule: ruleOf(p),
	}
	at := func(name string) int { return slices.Index(d.columns, name) }
	d.drawn, d.weight = at(drawnColumn(p)), at(p.Weights)
	if len(p.Cluster) > 0 {
		d.cluster = at(p.Cluster[0])
	}
	if p.Panel != nil {
		d.started = at(p.Panel.FirstTreated)
	}
	for _, o := range p.Outcomes {
		d.outcomes = append(d.outcomes, at(o.Name))
	}
	for _, c := range p.Covariates {
		d.numbers = append(d.numbers, at(c))
	}
	for _, c := range p.Factors {
		d.factors = append(d.factors, at(c))
	}
	for _, c := range p.Subgroups {
		d.subgroups = append(d.subgroups, at(c))
	}
	d.missing = make([]int64, len(d.columns))
	d.outcomeSum = make([][]summary, len(d.outcomes))
	d.numberSum = make([][]summary, len(d.numbers))
	d.factorLevel = make([]levels, len(d.factors))
	d.factorCount = make([]armCounts, len(d.factors))
	d.groupLevel = make([]levels, len(d.subgroups))
	d.groupSum = make([][][][]summary, len(d.subgroups))
	for g := range d.groupSum {
		d.groupSum[g] = make([][][]summary, len(d.outcomes))
	}
	return d
}

func ruleOf(p *plan.Plan) disclose.Rule {
	r := disclose.Rule{Threshold: p.Disclosure.Threshold}
	if p.Disclosure.Dominance != nil {
		r.DominanceN, r.DominanceShare = p.Disclosure.Dominance.N, p.Disclosure.Dominance.Share
	}
	return r
}

// grow makes a slice long enough to have an element i.
func grow[T any](s []T, i int) []T {
	for len(s) <= i {
		var zero T
		s = append(s, zero)
	}
	return s
}

// add describes a batch.
func (d *describer) add(rows int, c []data.Column) error {
	d.rows += int64(rows)
	for j := range c {
		d.missing[j] += missingRows(&c[j], rows)
	}
	d.assignArms(rows, c)
	for _, a := range d.armOf[:rows] {
		if a >= 0 {
			d.armRows = grow(d.armRows, int(a))
			d.armRows[a]++
		}
	}
	keep := d.rule.DominanceN
	if d.weight >= 0 && keep > 0 {
		for i, a := range d.armOf[:rows] {
			if v, ok := c[d.weight].Number(i); ok && a >= 0 {
				d.armWeights = grow(d.armWeights, int(a))
				d.armWeights[a].N = keep
				d.armWeights[a].Add(v)
			}
		}
	}
	for k, j := range d.outcomes {
		d.outcomeSum[k] = d.summarise(d.outcomeSum[k], &c[j], rows, keep)
	}
	for k, j := range d.numbers {
		d.numberSum[k] = d.summarise(d.numberSum[k], &c[j], rows, keep)
	}
	for k, j := range d.factors {
		d.countLevels(k, &c[j], rows)
	}
	for g, j := range d.subgroups {
		d.summariseGroups(g, &c[j], c, rows)
	}
	if d.cluster >= 0 {
		d.placeClusters(&c[d.cluster], rows)
	}
	return nil
}

func missingRows(c *data.Column, rows int) int64 {
	n := int64(0)
	if c.Valid == nil && c.Kind != data.Float {
		return 0
	}
	for i := range rows {
		if c.Missing(i) {
			n++
		}
	}
	return n
}

// assignArms finds the arm of each row. Without a drawn column, or with one
// that is an amount, all rows are in one nameless arm.
func (d *describer) assignArms(rows int, c []data.Column) {
	if cap(d.armOf) < rows {
		d.armOf = make([]int32, rows)
		d.levelOf = make([]int32, rows)
	}
	d.armOf = d.armOf[:rows]
	if d.drawn < 0 || d.tooMany {
		clear(d.armOf)
		return
	}
	if !d.arms.encode(&c[d.drawn], d.armOf, maxArms) {
		d.becomeAmount()
		clear(d.armOf)
	}
}

// becomeAmount merges what was kept by arm, once the drawn column turns out
// to have too many values to be arms.
func (d *describer) becomeAmount() {
	d.tooMany = true
	d.arms = levels{}
	d.armRows = []int64{total(d.armRows)}
	d.armWeights = nil
	for _, list := range [][][]summary{d.outcomeSum, d.numberSum} {
		for k := range list {
			list[k] = []summary{merge(list[k])}
		}
	}
	for k := range d.factorCount {
		d.factorCount[k].mergeArms()
	}
	for g := range d.groupSum {
		for o, byArm := range d.groupSum[g] {
			var all []summary
			for _, list := range byArm {
				for l := range list {
					all = grow(all, l)
					all[l] = merge([]summary{all[l], list[l]})
				}
			}
			d.groupSum[g][o] = [][]summary{all}
		}
	}
	for i := range d.clusterArm {
		d.clusterArm[i] = 0
	}
}

func total(n []int64) int64 {
	sum := int64(0)
	for _, v := range n {
		sum += v
	}
	return sum
}

func merge(list []summary) summary {
	var out summary
	for _, s := range list {
		out.without += s.without
		if s.n == 0 {
			continue
		}
		if out.n == 0 {
			out.shift = s.shift
			out.largest.N = s.largest.N
		}
		by := s.shift - out.shift
		n := float64(s.n)
		out.sq += s.sq + 2*by*s.sum + n*by*by
		out.sum += s.sum + n*by
		out.n += s.n
		out.ones += s.ones
		out.notBinary = out.notBinary || s.notBinary
		rest := s.largest.Total
		for _, v := range s.largest.Values {
			out.largest.Add(v)
			rest -= v
		}
		out.largest.Total += rest
	}
	return out
}

func (d *describer) summarise(sums []summary, c *data.Column, rows, keep int) []summary {
	sums = grow(sums, max(0, len(d.arms.texts)-1))
	for i, a := range d.armOf[:rows] {
		if a < 0 {
			continue
		}
		if v, ok := c.Number(i); ok {
			sums[a].add(v, keep)
		} else {
			sums[a].without++
		}
	}
	return sums
}

// armCounts counts rows by arm and level.
type armCounts struct {
	width int // levels there is room for
	n     []int64
}

func (a *armCounts) at(arm, level int) int64 {
	if level >= a.width || arm*a.width+level >= len(a.n) {
		return 0
	}
	return a.n[arm*a.width+level]
}

// room makes the table wide and long enough.
func (a *armCounts) room(arms, width int) {
	if width > a.width {
		wider := armCounts{width: max(2*a.width, width, 16)}
		for arm := range maxArms + 1 {
			for level := range a.width {
				if n := a.at(arm, level); n > 0 {
					wider.n = grow(wider.n, arm*wider.width+level)
					wider.n[arm*wider.width+level] = n
				}
			}
		}
		*a = wider
	}
	a.n = grow(a.n, arms*a.width-1)
}

func (a *armCounts) mergeArms() {
	for i := a.width; i < len(a.n); i++ {
		a.n[i%a.width] += a.n[i]
		a.n[i] = 0
	}
}

func (d *describer) countLevels(k int, c *data.Column, rows int) {
	l := &d.factorLevel[k]
	if len(l.texts) > maxLevels || !l.encode(c, d.levelOf[:rows], maxLevels) {
		return
	}
	counts := &d.factorCount[k]
	counts.room(max(1, len(d.arms.texts)), len(l.texts))
	for i, a := range d.armOf[:rows] {
		if level := d.levelOf[i]; a >= 0 && level >= 0 {
			counts.n[int(a)*counts.width+int(level)]++
		}
	}
}

func (d *describer) summariseGroups(g int, column *data.Column, c []data.Column, rows int) {
	l := &d.groupLevel[g]
	if len(l.texts) > maxLevels || !l.encode(column, d.levelOf[:rows], maxLevels) {
		return
	}
	for o, j := range d.outcomes {
		for i := range rows {
			a, at := d.armOf[i], int(d.levelOf[i])
			if a < 0 || at < 0 {
				continue
			}
			if v, ok := c[j].Number(i); ok {
				d.groupSum[g][o] = grow(d.groupSum[g][o], int(a))
				d.groupSum[g][o][a] = grow(d.groupSum[g][o][a], at)
				d.groupSum[g][o][a][at].add(v, 0)
			}
		}
	}
}

func (d *describer) placeClusters(c *data.Column, rows int) {
	d.clusterCode.encode(c, d.levelOf[:rows], math.MaxInt)
	for len(d.clusterArm) < len(d.clusterCode.texts) {
		d.clusterArm = append(d.clusterArm, noArm)
	}
	for i, g := range d.levelOf[:rows] {
		if g < 0 {
			continue
		}
		switch a := d.armOf[i]; {
		case a < 0 || d.clusterArm[g] == a:
		case d.clusterArm[g] == noArm:
			d.clusterArm[g] = a
		default:
			d.clusterArm[g] = mixed
		}
	}
}

// armClusters counts the clusters wholly in each arm, and those in several.
func (d *describer) armClusters() (in []int64, split int64) {
	in = make([]int64, len(d.armRows))
	for _, a := range d.clusterArm {
		switch {
		case a == mixed:
			split++
		case a >= 0:
			in[a]++
		}
	}
	return in, split
}

// outcomeIn returns the summary of an outcome in an arm.
func (d *describer) outcomeIn(o, arm int) summary {
	if o < len(d.outcomeSum) && arm < len(d.outcomeSum[o]) {
		return d.outcomeSum[o][arm]
	}
	return summary{}
}

func (d *describer) groupIn(g, o, arm, level int) summary {
	if arm < len(d.groupSum[g][o]) && level < len(d.groupSum[g][o][arm]) {
		return d.groupSum[g][o][arm][level]
	}
	return summary{}
}

func (d *describer) factorIn(k, arm, level int) int64 { return d.factorCount[k].at(arm, level) }

// checkArms refuses a trial in which an arm of the plan has nobody, or the
// treatment is an amount though arms are named.
func (d *describer) checkArms(p *plan.Plan) error {
	if len(p.Arms) == 0 || d.drawn < 0 {
		return nil
	}
	if d.tooMany {
		return fmt.Errorf("column %q has more than %d different values, so it does not hold the arms of the plan", d.columns[d.drawn], maxArms)
	}
	for _, a := range p.Arms {
		i := d.arms.index(a.Value)
		if i < 0 || d.armRows[i] == 0 {
			have := slices.Clone(d.arms.texts)
			slices.Sort(have)
			return fmt.Errorf("the arm %q has nobody: no row has %s = %s (the data have %v)", a.Value, d.columns[d.drawn], a.Value, have)
		}
	}
	return nil
}
