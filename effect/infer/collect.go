package infer

import (
	"context"
	"fmt"
	"slices"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/moment"
)

// Design says how the units of a trial are found in a table.
type Design struct {
	Outcome string
	// Arm is the column with the arm; Control and Treated are the two arms
	// compared. Rows of other arms are left out.
	Arm, Control, Treated string
	// Unit names the columns that identify the unit of randomisation; each row
	// is one without any. Block names those that identify the block.
	Unit, Block []string
	Weight      string
	Where       []moment.Condition
	// Covariates are taken out of the outcome, without regard to the arm, before
	// the test.
	Covariates []moment.Term
}

// Collect reads the units of a trial. It refuses a unit with rows in both arms
// or in two blocks, and an arm without rows.
func (d *Design) Collect(ctx context.Context, src data.Source, opts moment.Options) (*Trial, error) {
	where := append(slices.Clone(d.Where), moment.Condition{Column: d.Arm, Levels: []string{d.Control, d.Treated}})
	sel := moment.Selection{Numbers: [][]string{{d.Outcome}}, Categories: [][]string{{d.Arm}}, Weight: d.Weight, Where: where}
	var adjust []adjustment
	if len(d.Covariates) > 0 {
		m := linreg.Model{Outcome: d.Outcome, Terms: linreg.Terms(d.Covariates...), Weight: d.Weight, Where: where, Require: slices.Concat(d.Unit, d.Block, []string{d.Arm})}
		r, err := linreg.Run(ctx, src, m, linreg.Options{Moments: opts})
		if err != nil {
			return nil, fmt.Errorf("take the covariates out of %s: %w", d.Outcome, err)
		}
		for _, t := range d.Covariates {
			a := adjustment{number: -1, category: -1, effects: map[string]float64{}}
			for _, c := range r.Coefficients {
				if c.Term.Key() == t.Key() {
					a.effects[fmt.Sprintf("%q", c.Level)] = c.Estimate
				}
			}
			if n := t.Numbers(); len(n) > 0 {
				a.number = len(sel.Numbers)
				sel.Numbers = append(sel.Numbers, n)
			}
			if c := t.Categories(); len(c) > 0 {
				a.category = len(sel.Categories)
				sel.Categories = append(sel.Categories, c)
			}
			adjust = append(adjust, a)
		}
	}
	unit, block := -1, -1
	if len(d.Unit) > 0 {
		unit = len(sel.Categories)
		sel.Categories = append(sel.Categories, d.Unit)
	}
	if len(d.Block) > 0 {
		block = len(sel.Categories)
		sel.Categories = append(sel.Categories, d.Block)
	}
	t := &Trial{}
	var labels []bool // arm code -> treated
	_, err := sel.Run(ctx, src, false, opts, func(b *moment.Block) error {
		for code := len(labels); code < b.Levels(0); code++ {
			labels = append(labels, b.Label(0, uint32(code))[0] == d.Treated)
		}
		for i := range adjust {
			adjust[i].extend(b)
		}
		y, w, arms := b.Number(0), b.Weights(), b.Codes(0)
		for i := range b.Rows() {
			u := Unit{Treated: labels[arms[i]], Size: 1}
			if w != nil {
				u.Size = w[i]
			}
			v := y[i]
			for j := range adjust {
				v -= adjust[j].value(b, i)
			}
			u.Sum = u.Size * v
			if block >= 0 {
				u.Block = int(b.Codes(block)[i])
			}
			if unit < 0 {
				t.Units = append(t.Units, u)
				continue
			}
			g := int(b.Codes(unit)[i])
			if g == len(t.Units) {
				t.Units = append(t.Units, u)
				continue
			}
			old := &t.Units[g]
			if old.Treated != u.Treated || old.Block != u.Block {
				what := "in both arms"
				if old.Treated == u.Treated {
					what = "in more than one block"
				}
				return fmt.Errorf("unit %v has rows %s, so it cannot have been drawn as a whole", b.Label(unit, uint32(g)), what)
			}
			old.Sum += u.Sum
			old.Size += u.Size
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for arm, treated := range map[string]bool{d.Control: false, d.Treated: true} {
		if !slices.ContainsFunc(t.Units, func(u Unit) bool { return u.Treated == treated }) {
			return nil, &linreg.Refusal{Code: linreg.CodeMissingLevel, Columns: []string{d.Arm + "=" + arm}, Message: fmt.Sprintf("no row used has %s = %s", d.Arm, arm)}
		}
	}
	return t, nil
}

// adjustment is a covariate term with its coefficients.
type adjustment struct {
	number, category int
	effects          map[string]float64 // by level
	byCode           []float64
}

func (a *adjustment) extend(b *moment.Block) {
	if a.category < 0 {
		if a.byCode == nil {
			a.byCode = []float64{a.effects[fmt.Sprintf("%q", []string(nil))]}
		}
		return
	}
	for code := len(a.byCode); code < b.Levels(a.category); code++ {
		a.byCode = append(a.byCode, a.effects[fmt.Sprintf("%q", b.Label(a.category, uint32(code)))])
	}
}

func (a *adjustment) value(b *moment.Block, i int) float64 {
	v := a.byCode[0]
	if a.category >= 0 {
		v = a.byCode[b.Codes(a.category)[i]]
	}
	if a.number >= 0 {
		v *= b.Number(a.number)[i]
	}
	return v
}
