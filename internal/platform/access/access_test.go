package access_test

import (
	"testing"

	"funn/internal/platform/access"
)

// A rule that names nobody lets nobody in: not at one record, and not in a list,
// where a missing condition would give everything.
func TestRuleOfNobody(t *testing.T) {
	t.Parallel()
	actor := access.Actor{ID: "a", Staff: true, As: []string{"a"}, Grants: []access.Grant{{Role: "r", Unit: "top"}}}
	subject := access.Subject{State: "S", Unit: "top", Flags: []string{"f"}}
	for name, rule := range map[string]access.Rule{
		"empty": {}, "a state only": {States: []string{"S"}}, "not in a state": {NotStates: []string{"T"}}, "a flag only": {Flag: "f"}, "a unit without a role": {OwnUnit: true},
	} {
		rules := []access.Rule{rule}
		if access.Allows(rules, actor, subject) {
			t.Errorf("%s: lets the actor at the record", name)
		}
		scope := access.Scope(rules, actor)
		if cond, _ := scope.Cond(); cond != "((1 = 0))" && cond != "(1 = 0)" {
			t.Errorf("%s: the list is %s", name, cond)
		}
		if f := access.Audience(rules, subject); len(f.Terms)+len(f.Guarded) != 0 {
			t.Errorf("%s: found by %v", name, f)
		}
	}
}
