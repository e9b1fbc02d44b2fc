package effect

import (
	"funn/effect/infer"
	"funn/effect/plan"
)

// adjust corrects the p-values by the plan's rule. A family is what one would
// otherwise pick the best of: the effects on all outcomes with the same role
// in all arms; and, apart from them, the effects in all subgroups.
func (r *run) adjust(out *Result) {
	rule := r.plan.MultipleTesting.Rule
	if rule == plan.NoCorrection || r.plan.Treatment == "" && r.plan.Panel == nil {
		return
	}
	type family struct {
		role     plan.Role
		subgroup bool
	}
	families := map[family][]*Estimate{}
	for i := range out.Estimates {
		e := &out.Estimates[i]
		if e.EventTime == nil {
			f := family{e.Role, e.Subgroup != nil}
			families[f] = append(families[f], e)
		}
	}
	for _, list := range families {
		if len(list) < 2 {
			continue
		}
		p := make([]float64, len(list))
		for i, e := range list {
			p[i] = float64(e.P)
		}
		for i, v := range corrected(rule, p) {
			list[i].PAdjusted = Number(v)
		}
	}
}

// corrected applies a rule to a family of p-values.
func corrected(rule plan.TestingRule, p []float64) []float64 {
	switch rule {
	case plan.Bonferroni:
		return infer.Bonferroni(p)
	case plan.BenjaminiHochberg:
		return infer.BenjaminiHochberg(p)
	}
	return infer.Holm(p)
}
