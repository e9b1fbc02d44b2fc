package plan

import (
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
)

// The kinds of work that research and development in Nav consists of (FP §1.1),
// and the one that it does not (FP §1.2).
const (
	AppliedResearch = "applied_research"
	Development     = "development"
	Innovation      = "innovation"
	Experiment      = "experiment"
	BasicResearch   = "basic_research"
)

// RnDKinds lists the kinds. Basic research is among them so that whoever has it
// in mind is told why the plan does not pay for it.
var RnDKinds = []string{AppliedResearch, Development, Innovation, Experiment, BasicResearch}

// RnDField is the question of which kind of work something is. value gives what
// is stored on the record; it may be nil.
func RnDField(name string, value func(rec any) []string) form.Field {
	return form.Field{Name: name, Type: form.Choice, Required: true, Options: form.Codes("plan.rnd_kind", RnDKinds...), Value: value}
}

// RefuseBasicResearch gives the plan's refusal at the field when the answer is
// basic research, or nil (FP §1.2).
func RefuseBasicResearch(in form.Values, field string) error {
	if in.String(field) != BasicResearch {
		return nil
	}
	var errs fault.Errors
	errs.Add(field, "plan.basic_research_refused")
	return errs.Err()
}
