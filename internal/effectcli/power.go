package effectcli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"funn/effect/design"
	"funn/effect/plan"
)

// PowerCommand computes size, effect or power from a plan's power section.
type PowerCommand struct {
	Plan string `arg:"" help:"The plan file; its section power holds the assumptions."`
	Out  string `help:"Write the answer (JSON) to this file instead of standard output." placeholder:"FILE"`
	Words
}

// powerAnswer is the answer file.
type powerAnswer struct {
	PlanHash string `json:"plan_hash"`
	// Solved is what was asked for: size, effect or power.
	Solved string `json:"solved"`
	design.Answer
	DF        *float64          `json:"df"` // null on the normal distribution
	Clusters  int               `json:"clusters,omitempty"`
	Simulated *design.Simulated `json:"simulated,omitempty"`
}

// Run computes what the plan leaves out.
func (c *PowerCommand) Run(env *Env) error { return inLanguage(c.language(), c.run(env)) }

func (c *PowerCommand) run(env *Env) error {
	p, err := plan.Load(c.Plan)
	if err != nil {
		return err
	}
	if p.Power == nil {
		return fmt.Errorf("%s has no section power", c.Plan)
	}
	w := p.Power
	t := trialOf(w)
	answer := powerAnswer{PlanHash: p.Hash()}
	size := 0
	switch {
	case w.N != nil:
		size = *w.N
	case w.Clusters != nil:
		size = *w.Clusters
	}
	switch {
	case w.Power == nil:
		answer.Solved = "power"
		answer.Answer, err = t.PowerOf(size, *w.Effect)
	case w.Effect == nil:
		answer.Solved = "effect"
		answer.Answer, err = t.EffectFor(size, *w.Power)
	default:
		answer.Solved = "size"
		answer.Answer, err = t.SizeFor(*w.Effect, *w.Power)
	}
	if err != nil {
		return err
	}
	if !math.IsInf(answer.Answer.DF, 1) {
		answer.DF = &answer.Answer.DF
	}
	if t.ClusterSize > 0 {
		answer.Clusters = answer.Size
	}
	if w.Simulate > 0 {
		s, err := t.Simulate(env.Context, answer.Size, answer.Effect, w.Simulate, w.Seed)
		if err != nil {
			if env.Context.Err() != nil {
				return errors.New("cancelled; nothing was written")
			}
			return err
		}
		answer.Simulated = &s
	}
	out := output{env, c.Out}
	if err := out.write(func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(answer)
	}); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	c.tell(out.words(), w, &answer)
	return nil
}

func trialOf(w *plan.Power) design.Trial {
	t := design.Trial{
		Binary: w.Type == plan.Binary, SD: w.SD, Alpha: w.Alpha, Allocation: w.Allocation,
		ClusterSize: w.ClusterSize, SizeCV: w.ClusterSizeCV, R2: w.R2, R2Cluster: w.R2Cluster, StrataR2: w.StrataR2, Strata: w.Strata,
		TakeUp: w.TakeUp, TakeUpControl: w.TakeUpControl, Attrition: w.Attrition,
	}
	if w.Baseline != nil {
		t.Baseline = *w.Baseline
	}
	if w.ICC != nil {
		t.ICC = *w.ICC
	}
	return t
}

// tell says the answer in words.
func (c *PowerCommand) tell(out io.Writer, w *plan.Power, a *powerAnswer) {
	l := c.language()
	size := fmt.Sprintf(l.Pick("%s enheter", "%s units"), l.Number(float64(a.Size), 0))
	if a.Clusters > 0 {
		size = fmt.Sprintf(l.Pick("%s klynger (om lag %s enheter)", "%s clusters (about %s units)"), l.Number(float64(a.Clusters), 0), l.Number(float64(a.Units), 0))
	}
	effect := l.Number(a.Effect, max(0, twoDigits(a.Effect)))
	if w.Type == plan.Binary {
		effect = l.Number(100*a.Effect, max(0, twoDigits(100*a.Effect))) + l.Pick(" av 100", " of 100")
	}
	power := l.Number(100*a.Power, 0) + l.Pick("\u00a0%", "%")
	switch a.Solved {
	case "size":
		fmt.Fprintf(out, l.Pick("Det trengs %s for å finne en effekt på %s med %s sannsynlighet.\n", "It takes %s to find an effect of %s with a chance of %s.\n"), size, effect, power)
	case "effect":
		fmt.Fprintf(out, l.Pick("Med %s er den minste effekten som kan finnes med %[3]s sannsynlighet %[2]s.\n", "With %s the smallest effect that can be found with a chance of %[3]s is %[2]s.\n"), size, effect, power)
	default:
		fmt.Fprintf(out, l.Pick("Med %s er sannsynligheten %[3]s for å finne en effekt på %[2]s.\n", "With %s the chance of finding an effect of %[2]s is %[3]s.\n"), size, effect, power)
	}
	if a.Diluted != a.Effect {
		fmt.Fprintf(out, l.Pick("Siden ikke alle i gruppen får tiltaket, og noen får det likevel, blir forskjellen mellom gruppene %s.\n",
			"Since not all in the arm get the treatment, and some others do, the difference between the arms becomes %s.\n"), l.Number(a.Diluted, max(0, twoDigits(a.Diluted))))
	}
	if a.DesignEffect > 0 {
		fmt.Fprintf(out, l.Pick("At de i samme klynge likner hverandre, ganger variansen med %s.\n", "Likeness within clusters multiplies the variance by %s.\n"), l.Number(a.DesignEffect, 2))
	}
	if s := a.Simulated; s != nil {
		fmt.Fprintf(out, l.Pick("%s simulerte forsøk fant effekten i %s av 100, og noe som ikke var der i %s av 100.\n",
			"%s simulated trials found the effect in %s of 100, and something that was not there in %s of 100.\n"),
			l.Number(float64(s.Trials), 0), l.Number(100*s.Power, 1), l.Number(100*s.Size, 1))
	}
}

// twoDigits is the number of decimals that show two digits of v.
func twoDigits(v float64) int {
	if v == 0 {
		return 0
	}
	return 1 - int(math.Floor(math.Log10(math.Abs(v))))
}
