package linreg

import (
	"context"
	"fmt"
	"math"
	"slices"

	"funn/effect/data"
	"funn/effect/moment"
)

// Means is a comparison of the mean outcomes of two arms as they were drawn: at
// once, within blocks, in pairs, by cluster, or by cluster within blocks or
// pairs.
type Means struct {
	Outcome string
	// Arm is the column with the arm; rows of other arms than the two are left
	// out.
	Arm, Control, Treated string
	// Block names the columns that identify the block within which the units
	// were drawn, Cluster those that identify a unit drawn as a whole.
	Block, Cluster []string
	Where          []moment.Condition
}

// Difference is an estimated difference in means.
type Difference struct {
	// Coefficient has the difference, treated less control, as its estimate.
	Coefficient
	// Design is how the arms were taken to be drawn: simple, blocked, pairs,
	// clustered, blocked clusters or paired clusters.
	Design string
	// N is the number of rows, and Units of units drawn, by arm: control, treated.
	N, Units [2]int64
	// Mean is the mean outcome by arm, over rows.
	Mean [2]float64
	// Blocks is the number of blocks compared; Skipped that of blocks left out
	// because they have one arm only.
	Blocks, Skipped int
	Counts          moment.Counts
	Warnings        []Warning
}

// cell is one arm of one block: its rows, and the units drawn in it.
type cell struct {
	n, sum, square float64
	units          []unit
}

type unit struct{ n, sum float64 }

// Estimate compares the means. With tau_b the difference within block b and N_b
// its rows, the estimate is sum N_b tau_b / N, and its variance, with J blocks,
//
//	simple, blocked:  sum (N_b/N)^2 (s1b^2/n1b + s0b^2/n0b), Neyman's
//	clustered:        the same with CR2's variance of each arm's mean
//	pairs:            J / ((J-1) N^2) sum (N_b tau_b - N tau / J)^2
//
// Degrees of freedom are Welch's for simple draws, Satterthwaite's for clusters,
// rows or clusters less two a block for blocks, and pairs less one for pairs.
// Blocks in which an arm has one unit are only taken where all are pairs, because
// they do not tell how much the outcome varies within an arm. See J. Neyman
// (1923, Statistical Science 5, 1990), K. Imai, G. King and C. Nall, "The
// essential role of pair matching in cluster-randomized experiments",
// Statistical Science 24, 2009; the rules are those of R's
// estimatr::difference_in_means.
//
// It must not be used where the chance of treatment differs between blocks and
// Block is left out, nor where blocks were made after the draw.
func (m *Means) Estimate(ctx context.Context, src data.Source, opts Options) (*Difference, error) {
	key := slices.Concat(m.Block, []string{m.Arm}, m.Cluster)
	where := append(slices.Clone(m.Where), moment.Condition{Column: m.Arm, Levels: []string{m.Control, m.Treated}})
	sets, err := moment.Scan(ctx, src, []moment.Spec{{Terms: []moment.Term{moment.Number(m.Outcome)}, Cluster: key, Where: where}}, opts.Moments)
	if err != nil {
		return nil, err
	}
	set := sets[0]
	d := &Difference{Coefficient: Coefficient{Name: m.Arm + "=" + m.Treated, Term: moment.Category(m.Arm), Level: []string{m.Treated}}, Counts: set.Counts()}
	d.Warnings = leftOut(d.Counts, "")
	if d.Counts.Used == 0 {
		return nil, (&core{model: &Model{}}).noRows(d.Counts)
	}
	blocks := m.cells(set)
	var total [2]cell
	for _, b := range blocks {
		for arm := range b {
			total[arm].n += b[arm].n
			total[arm].sum += b[arm].sum
		}
	}
	for arm, name := range []string{m.Control, m.Treated} {
		if total[arm].n == 0 {
			return nil, refuse(CodeMissingLevel, []string{m.Arm + "=" + name}, "no row used has %s = %s", m.Arm, name)
		}
	}
	complete := slices.DeleteFunc(slices.Clone(blocks), func(b [2]cell) bool { return b[0].n == 0 || b[1].n == 0 })
	d.Skipped = len(blocks) - len(complete)
	if d.Skipped > 0 {
		d.Warnings = append(d.Warnings, warn(CodeMissingLevel, m.Block, "%d of %d blocks have one arm only and were left out: they compare nothing", d.Skipped, len(blocks)))
	}
	if len(complete) == 0 {
		return nil, refuse(CodeNotIdentified, m.Block, "no block of %s has rows in both arms", shorten(m.Block))
	}
	d.Blocks = len(complete)
	for _, b := range complete {
		for arm := range b {
			d.N[arm] += int64(b[arm].n)
			d.Units[arm] += int64(b[arm].count())
			d.Mean[arm] += b[arm].sum
		}
	}
	pilot := set.Shift(m.Outcome)
	for arm := range d.Mean {
		d.Mean[arm] = d.Mean[arm]/float64(d.N[arm]) + pilot
	}
	if err := m.difference(d, complete); err != nil {
		return nil, err
	}
	if d.DF < 4 {
		d.Warnings = append(d.Warnings, warn(CodeLowDF, nil, "the difference rests on %.1f degrees of freedom: treat its interval as rough", d.DF))
	}
	d.test(opts.coverage())
	return d, nil
}

// cells gathers the moments by block and arm, in order of first appearance.
func (m *Means) cells(set *moment.Set) [][2]cell {
	place := map[string]int{}
	var blocks [][2]cell
	y, _ := set.Position(moment.Number(m.Outcome))
	for g := range set.Clusters() {
		label := set.ClusterLabel(g)
		k := fmt.Sprintf("%q", label[:len(m.Block)])
		at, ok := place[k]
		if !ok {
			at = len(blocks)
			place[k] = at
			blocks = append(blocks, [2]cell{})
		}
		arm := 0
		if label[len(m.Block)] == m.Treated {
			arm = 1
		}
		x := set.Cluster(g)
		c := &blocks[at][arm]
		u := unit{n: x.At(0, 0), sum: x.At(0, y)}
		c.n += u.n
		c.sum += u.sum
		c.square += x.At(y, y)
		if len(m.Cluster) > 0 {
			c.units = append(c.units, u)
		}
	}
	return blocks
}

// count is the number of units drawn into the cell.
func (c *cell) count() int {
	if c.units != nil {
		return len(c.units)
	}
	return int(c.n)
}

// variance is that of the cell's mean.
func (c *cell) variance() float64 {
	mean := c.sum / c.n
	if c.units == nil {
		return max(c.square-c.sum*mean, 0) / (c.n - 1) / c.n
	}
	v := 0.0
	for _, u := range c.units {
		e := u.sum - u.n*mean
		v += e * e / (1 - u.n/c.n) // CR2 of a mean
	}
	return v / (c.n * c.n)
}

// difference computes the estimate, its standard error and degrees of freedom.
func (m *Means) difference(d *Difference, blocks [][2]cell) error {
	n, units, singles := 0.0, 0, 0
	for i := range blocks {
		b := &blocks[i]
		n += b[0].n + b[1].n
		units += b[0].count() + b[1].count()
		if b[0].count() == 1 || b[1].count() == 1 {
			singles++
		}
	}
	pairs := len(blocks) > 1 && units == 2*len(blocks)
	if singles > 0 && !pairs {
		what := "rows"
		if len(m.Cluster) > 0 {
			what = "clusters"
		}
		return refuse(CodeFewRows, m.Block, "%d of %d blocks have an arm with a single unit: the spread within an arm cannot be judged with so few %s", singles, len(blocks), what)
	}
	tau := make([]float64, len(blocks))
	variance := 0.0
	for i := range blocks {
		b := &blocks[i]
		size := b[0].n + b[1].n
		tau[i] = b[1].sum/b[1].n - b[0].sum/b[0].n
		d.Estimate += size / n * tau[i]
		if !pairs {
			variance += size / n * size / n * (b[0].variance() + b[1].variance())
		}
	}
	clustered := len(m.Cluster) > 0
	switch j := float64(len(blocks)); {
	case pairs:
		d.Design = "pairs"
		if clustered {
			d.Design = "paired clusters"
		}
		for i := range blocks {
			e := (blocks[i][0].n+blocks[i][1].n)*tau[i] - n*d.Estimate/j
			variance += e * e
		}
		variance *= j / ((j - 1) * n * n)
		d.DF = j - 1
	case len(blocks) == 1 && clustered:
		d.Design = "clustered"
		d.DF = welchClusters(&blocks[0])
	case len(blocks) == 1:
		d.Design = "simple"
		v0, v1 := blocks[0][0].variance(), blocks[0][1].variance()
		d.DF = (v0 + v1) * (v0 + v1) / (v0*v0/(blocks[0][0].n-1) + v1*v1/(blocks[0][1].n-1))
	case clustered:
		d.Design = "blocked clusters"
		d.DF = float64(units - 2*len(blocks))
	default:
		d.Design = "blocked"
		d.DF = float64(units - 2*len(blocks))
	}
	d.SE = math.Sqrt(variance)
	if variance == 0 {
		return refuse(CodeConstantOutcome, []string{m.Outcome}, "the outcome %s does not vary within the arms", m.Outcome)
	}
	return nil
}

// welchClusters is Satterthwaite's approximation for the difference of two means
// with CR2: arms are independent, and within one, with cluster shares p_g = n_g/n,
// the estimate is a form in the residuals with
//
//	Omega_gg = p_g / n, Omega_gh = -p_g p_h / n / root((1-p_g)(1-p_h)) for g != h.
func welchClusters(b *[2]cell) float64 {
	trace, square := 0.0, 0.0
	for arm := range b {
		c := &b[arm]
		var s2, s4 float64 // sums of p^2/(1-p) and its square
		for _, u := range c.units {
			p := u.n / c.n
			trace += p / c.n
			square += p * p / (c.n * c.n)
			x := p * p / (1 - p)
			s2 += x
			s4 += x * x
		}
		square += (s2*s2 - s4) / (c.n * c.n)
	}
	return trace * trace / square
}
