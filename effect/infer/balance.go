package infer

import (
	"context"
	"fmt"
	"math"
	"slices"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/moment"
)

// Balance compares what is known of the units of two arms before treatment, and
// how often their outcomes are missing.
type Balance struct {
	Arm, Control, Treated string
	// Covariates are numeric columns and Categories others, compared level by
	// level. Outcomes are columns whose missing values are compared.
	Covariates, Categories, Outcomes []string
	// Block names columns held constant in the comparison, Cluster the units
	// drawn as a whole.
	Block, Cluster []string
	Where          []moment.Condition
}

// BalanceRow compares the arms on one covariate, or the share of one level, or
// the share of missing values.
type BalanceRow struct {
	// Column, and Level for a category.
	Column, Level string
	// Control and Treated are the means by arm; SD is the root of the mean of the
	// two arms' variances.
	Control, Treated, SD float64
	// Standardised is the difference in means over SD: a size that does not
	// depend on how many there are. Above 0.1 is usually called noticeable.
	Standardised float64
	// Difference is the difference given the blocks, with its uncertainty.
	Difference linreg.Coefficient
}

// BalanceTable is the result of Balance.Table.
type BalanceTable struct {
	Rows []BalanceRow
	// Missing compares, for each outcome, the share without a value: attrition.
	Missing []BalanceRow
	// Joint tests all covariates at once, by regressing the arm on them; nil when
	// there are none or too few clusters to test so many.
	Joint *linreg.Test
	// Skipped names covariates that do not vary or have no values.
	Skipped []string
}

// Table computes the comparison in a few scans of the source. Differences have HC2 standard errors, or CR2 with clusters.
//
// In a trial drawn properly one covariate in twenty differs at 5 %, by
// definition of the draw; the table is there to find a draw that was not made
// as planned, and the joint test and the missing outcomes are what to look at
// first. It is no ground for choosing covariates to adjust for: those belong in
// the plan (S. Senn, "Testing for baseline balance in clinical trials",
// Statistics in Medicine 13, 1994).
func (b *Balance) Table(ctx context.Context, src data.Source, opts linreg.Options) (*BalanceTable, error) {
	where := append(slices.Clone(b.Where), moment.Condition{Column: b.Arm, Levels: []string{b.Control, b.Treated}})
	marks, err := b.marks(ctx, src, where, opts.Moments)
	if err != nil {
		return nil, err
	}
	vcov := linreg.HC2
	if len(b.Cluster) > 0 {
		vcov = linreg.CR2
	}
	arm := moment.Category(b.Arm)
	var blocks []moment.Term
	if len(b.Block) > 0 {
		blocks = []moment.Term{moment.Category(b.Block...)}
	}
	var models []linreg.Model
	add := func(name, outcome string, terms ...moment.Term) {
		models = append(models, linreg.Model{
			Name: name, Outcome: outcome, Terms: linreg.Terms(terms...), Reference: map[string]string{b.Arm: b.Control}, Cluster: b.Cluster, Where: where, VCov: vcov,
			Expect: map[string][]string{b.Arm: {b.Control, b.Treated}},
		})
	}
	var rows []BalanceRow
	for _, c := range b.Covariates {
		rows = append(rows, BalanceRow{Column: c})
		add("balance", c, append([]moment.Term{arm}, blocks...)...)
	}
	for _, m := range marks.levels {
		rows = append(rows, BalanceRow{Column: m.column, Level: m.level})
		add("balance", m.name(), append([]moment.Term{arm}, blocks...)...)
	}
	compared := len(rows)
	for _, o := range b.Outcomes {
		rows = append(rows, BalanceRow{Column: o})
		add("attrition", (&mark{column: o}).name(), append([]moment.Term{arm}, blocks...)...)
	}
	if compared > 0 {
		var terms []moment.Term
		for _, c := range b.Covariates {
			terms = append(terms, moment.Number(c))
		}
		for _, c := range b.Categories {
			terms = append(terms, moment.Category(c))
		}
		add("joint", marks.arm.name(), append(terms, blocks...)...)
		models[len(models)-1].Expect = nil
	}
	// Means and spreads by arm are moments with the arm as cluster.
	specs := make([]moment.Spec, len(rows))
	for i := range rows {
		specs[i] = moment.Spec{Terms: []moment.Term{moment.Number(models[i].Outcome)}, Cluster: []string{b.Arm}, Where: where}
	}
	sets, err := moment.Scan(ctx, marks, specs, opts.Moments)
	if err != nil {
		return nil, err
	}
	fits, err := linreg.RunAll(ctx, marks, models, opts)
	if err != nil {
		return nil, err
	}
	t := &BalanceTable{}
	for i := range rows {
		f := fits[i]
		b.describe(&rows[i], sets[i], models[i].Outcome)
		if f.Err != nil {
			if err := unlessFlat(f.Err); err != nil {
				return nil, fmt.Errorf("compare the arms on %s: %w", rows[i].Column, err)
			}
			if i < compared {
				t.Skipped = append(t.Skipped, rows[i].Column)
				continue
			}
			// Everybody has the outcome, or nobody: no difference.
		} else {
			rows[i].Difference, _ = f.Coefficient(b.Arm + "=" + b.Treated)
		}
		if i < compared {
			t.Rows = append(t.Rows, rows[i])
		} else {
			t.Missing = append(t.Missing, rows[i])
		}
	}
	if compared > 0 {
		t.Joint = joint(fits[len(fits)-1], b)
	}
	return t, nil
}

// unlessFlat returns nil for the refusals of columns that do not vary or have no
// values, which are no reason to refuse the table.
func unlessFlat(err error) error {
	if r, ok := err.(*linreg.Refusal); ok && (r.Code == linreg.CodeConstantOutcome || r.Code == linreg.CodeNoRows) {
		return nil
	}
	return err
}

// describe takes the means and spreads from the arms' moments.
func (b *Balance) describe(row *BalanceRow, set *moment.Set, column string) {
	row.Control, row.Treated, row.SD = math.NaN(), math.NaN(), math.NaN()
	at, ok := set.Position(moment.Number(column))
	if !ok {
		return
	}
	variance := 0.0
	for g := range set.Clusters() {
		m := set.Cluster(g)
		n := m.At(0, 0)
		mean := m.At(0, at) / n
		variance += max(m.At(at, at)-n*mean*mean, 0) / (n - 1) / 2
		if set.ClusterLabel(g)[0] == b.Treated {
			row.Treated = mean + set.Shift(column)
		} else {
			row.Control = mean + set.Shift(column)
		}
	}
	row.SD = math.Sqrt(variance)
	if row.SD > 0 {
		row.Standardised = (row.Treated - row.Control) / row.SD
	}
}

// joint tests the covariates' coefficients in the regression of the arm.
func joint(f linreg.Estimated, b *Balance) *linreg.Test {
	if f.Err != nil {
		return nil
	}
	block := moment.Category(b.Block...).Key()
	var names []string
	for _, c := range f.Coefficients {
		if c.Name != linreg.Intercept && c.Term.Key() != block {
			names = append(names, c.Name)
		}
	}
	t, err := f.Joint(names...)
	if err != nil || math.IsNaN(t.P) {
		return nil
	}
	return &t
}
