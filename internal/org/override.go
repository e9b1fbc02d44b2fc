package org

import (
	"context"

	"funn/internal/platform/access"
)

// Overrides is the seam for rules that differ between units: counties and result
// areas may adapt the plan's table of roles (FP §8.2; requirement M1).
//
// Today every command's rules are those of its lifecycle, everywhere. When the
// settings can hold others, an implementation is given to record.Engine, which
// asks it in the one place where a command's rules are used (the kind's check of
// Who, and the tasks that follow from it), with the record's own unit. What
// overrides say replaces the declared rules in that unit and below it, and
// nowhere else.
type Overrides interface {
	// Who gives the rules for a command in a unit. It gives declared back unchanged
	// where the unit has nothing of its own.
	Who(ctx context.Context, kind, command, unit string, declared []access.Rule) ([]access.Rule, error)
}
