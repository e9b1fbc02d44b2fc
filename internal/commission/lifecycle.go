package commission

import (
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

// The R&D section drives the process; the procurement office must have a hand in
// it (FP §8.2 table 1).
var buyers = []access.Rule{{Roles: []access.Role{org.FoU, org.Procurement}}}

var (
	inForce = []string{Active, Extended}
	open    = []string{Draft, Active, Extended}
)

// kind declares the life of a framework agreement. Bringing it into force takes
// two people.
func (s *Service) kind() *record.Kind[*Agreement] {
	type command = record.Command[*Agreement]
	fields := []form.Field{
		{Name: "title", Required: true, Max: 150, Value: form.On(func(a *Agreement) string { return a.Title })},
		{Name: "subject", Required: true, Max: 120, Value: form.On(func(a *Agreement) string { return a.Subject })},
		{Name: "round", Required: true, Max: 60, Value: form.On(func(a *Agreement) string { return a.Round })},
		{Name: "valid_from", Type: form.Day, Required: true, Value: form.On(func(a *Agreement) string { return dayText(a.ValidFrom) })},
		{Name: "valid_to", Type: form.Day, Required: true, Value: form.On(func(a *Agreement) string { return dayText(a.ValidTo) })},
		{Name: "option_to", Type: form.Day, Value: form.On(func(a *Agreement) string { return dayText(a.OptionTo) })},
		{Name: "note", Type: form.Area, Max: 2000, Value: form.On(func(a *Agreement) string { return a.Note })},
	}
	return &record.Kind[*Agreement]{
		Name: "agreement", Prefix: "RA", Path: "/rammeavtale", Table: "agreement",
		Initial: []string{Draft, Active, Extended, Ended, Broken},
		New:     func() *Agreement { return &Agreement{} },
		States: []lifecycle.State{
			{Name: Draft, Label: "draft", Tone: lifecycle.Info},
			{Name: Active, Label: "active", Tone: lifecycle.Success},
			{Name: Extended, Label: "active", Tone: lifecycle.Success},
			{Name: Ended, Label: "ended", Tone: lifecycle.Neutral, Final: true},
			{Name: Broken, Label: "ended", Tone: lifecycle.Neutral, Final: true},
		},
		Read:  []access.Rule{{Public: true, NotStates: []string{Draft}}, {Staff: true}},
		Tasks: s.tasks, Describe: describe,
		Commands: []command{
			{Command: lifecycle.Command{Name: "register", Path: "ny", Create: true, To: []string{Draft}, Who: buyers, Fields: fields, Ground: "FP §5.1"}, Apply: edit},
			{Command: lifecycle.Command{Name: "edit", Path: "endre", From: []string{Draft}, Who: buyers, Edit: true, Fields: fields}, Apply: edit},
			{Command: lifecycle.Command{
				Name: "add_supplier", Path: "leverandor", From: open, Who: buyers,
				Fields: []form.Field{{Name: "supplier", Type: form.Choice, Required: true, From: s.candidates}},
			}, Apply: addSupplier},
			{Command: lifecycle.Command{
				Name: "remove_supplier", Path: "fjern-leverandor", From: open, Who: buyers, Reason: true, Danger: true,
				Fields: []form.Field{{Name: "supplier", Type: form.Choice, Required: true, From: s.members}},
			}, Check: hasSupplier, Apply: removeSupplier},
			{Command: lifecycle.Command{
				Name: "activate", Path: "sett-i-kraft", From: []string{Draft}, To: []string{Active}, Who: buyers, NotBy: []string{"register"}, Task: true, Confirm: true,
				Ground: "FP §5.1; krav D1",
			}, Check: hasSupplier},
			{Command: lifecycle.Command{
				Name: "use_option", Path: "bruk-opsjon", From: inForce, To: []string{Extended}, Who: buyers, Reason: true, Confirm: true,
				Ground: "FP §5.1",
			}, Check: hasOption, Apply: useOption},
			{Command: lifecycle.Command{
				Name: "leave_option", Path: "ikke-bruk-opsjon", From: inForce, Who: buyers, Reason: true, Confirm: true,
				Ground: "FP §5.1",
			}, Check: hasOption, Apply: leaveOption},
			{Command: lifecycle.Command{Name: "end", Path: "avslutt", From: inForce, To: []string{Ended}, Who: buyers}, Check: s.runOut},
			{Command: lifecycle.Command{Name: "break_off", Path: "avbryt", From: open, To: []string{Broken}, Who: buyers, Reason: true, Confirm: true, Danger: true}},
		},
	}
}
