package effect

import (
	"fmt"
	"slices"

	"funn/effect/infer"
	"funn/effect/plan"
)

// randomisationInference tests each outcome by the draws that could have been
// made, where the plan asks for it.
func (r *run) randomisationInference() error {
	ri := r.plan.RandomisationInference
	if ri == nil {
		return nil
	}
	control, _ := r.plan.ControlArm()
	treated := r.plan.Arms[slices.IndexFunc(r.plan.Arms, func(a plan.Arm) bool { return !a.Control })].Value
	opts := r.linregOptions()
	for _, o := range r.plan.Outcomes {
		d := infer.Design{
			Outcome: o.Name, Arm: drawnColumn(r.plan), Control: control, Treated: treated,
			Block: ri.Block, Weight: r.plan.Weights, Covariates: r.build.covariates(),
		}
		if d.Block == nil {
			d.Block = r.plan.Strata
		}
		switch {
		case ri.Unit != "":
			d.Unit = []string{ri.Unit}
		case r.plan.Design == plan.Clustered:
			d.Unit = r.plan.Cluster[:1]
		}
		if r.plan.Estimator == plan.DifferenceInMeans || r.plan.Estimator == plan.BlockedDifference {
			d.Covariates = nil
		}
		trial, err := d.Collect(r.ctx, r.src, opts.Moments)
		if err != nil {
			return &Refusal{Outcome: o.Name, Err: fmt.Errorf("randomisation inference: %w", err)}
		}
		t, err := trial.Test(r.ctx, infer.Options{Draws: ri.Draws, Seed: ri.Seed, Coverage: r.plan.Confidence, Threads: r.opts.Threads})
		if err != nil {
			return &Refusal{Outcome: o.Name, Err: fmt.Errorf("randomisation inference: %w", err)}
		}
		r.tests = append(r.tests, RandomisationTest{
			Outcome: o.Name, Estimate: Number(t.Estimate), CILow: Number(t.Low), CIHigh: Number(t.High), P: Number(t.P), Draws: t.Draws, Exact: t.Exact,
		})
	}
	return nil
}
