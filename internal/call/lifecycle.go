package call

import (
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

var section = []access.Rule{{Roles: []access.Role{org.FoU}}}

var states = []lifecycle.State{
	{Name: Planned, Label: "planned", Tone: lifecycle.Neutral},
	{Name: Draft, Label: "preparing", Tone: lifecycle.Info},
	{Name: Approved, Label: "preparing", Tone: lifecycle.Info},
	{Name: Open1, Label: "open", Tone: lifecycle.Success},
	{Name: Assessment1, Label: "assessing", Tone: lifecycle.Warning},
	{Name: Open2, Label: "open", Tone: lifecycle.Success},
	{Name: Assessment2, Label: "assessing", Tone: lifecycle.Warning},
	{Name: Proposed, Label: "assessing", Tone: lifecycle.Warning},
	{Name: Decided, Label: "decided", Tone: lifecycle.Success},
	{Name: Announced, Label: "decided", Tone: lifecycle.Success},
	{Name: Closed, Label: "decided", Tone: lifecycle.Neutral, Final: true},
	{Name: Cancelled, Label: "cancelled", Tone: lifecycle.Neutral, Final: true},
}

var (
	every   = []string{Planned, Draft, Approved, Open1, Assessment1, Open2, Assessment2, Proposed, Decided, Announced, Closed, Cancelled}
	hidden  = []string{Draft, Approved}
	running = []string{Planned, Draft, Approved, Open1, Assessment1, Open2, Assessment2, Proposed, Decided, Announced}
)

// kind declares the call. Its states are those of the whole course, from planned
// to closed; as long as calls are run elsewhere, the section tells where one
// stands (tell_state) and, once the awards are public, what it led to
// (tell_result): decided and told are different things.
func (s *Service) kind() *record.Kind[*Call] {
	type command = record.Command[*Call]
	year := form.Field{Name: "plan_year", Type: form.Number, Min: 2000, Value: form.On(func(c *Call) string { return number(int64(c.PlanYear), 0) })}
	fields := []form.Field{
		{Name: "title", Required: true, Max: 150, Value: form.On(func(c *Call) string { return c.Title })},
		{Name: "theme", Type: form.Choice, From: s.themes, Value: form.On(func(c *Call) string { return c.Theme })},
		year,
		{Name: "note", Type: form.Area, Max: 2000, Value: form.On(func(c *Call) string { return c.Note })},
		{Name: "frame", Type: form.Money, Value: form.On(func(c *Call) string { return number(c.FrameOre, Unknown) })},
		{Name: "opens", Type: form.Day, Value: form.On(func(c *Call) string { return dayText(c.Opened.V) })},
		{Name: "deadline", Type: form.Day, Value: form.On(func(c *Call) string { return dayText(c.Deadline.V) })},
	}
	count := func(name string, value func(*Call) int) form.Field {
		return form.Field{Name: name, Type: form.Number, Value: form.On(func(c *Call) string { return number(int64(value(c)), Unknown) })}
	}
	return &record.Kind[*Call]{
		Name: "call", Prefix: "U", Path: "/utlysning", Table: "call",
		Initial: every, States: states, New: newCall, Describe: describe,
		Read: []access.Rule{{Public: true, NotStates: hidden}, {Staff: true}}, // see Public
		Commands: []command{
			{Command: lifecycle.Command{Name: "register", Path: "ny", Create: true, To: []string{Planned}, Who: section, Fields: fields, Ground: "FP §5.2"}, Apply: register},
			{Command: lifecycle.Command{Name: "edit", Path: "endre", From: running, Who: section, Edit: true, Fields: fields}, Apply: edit},
			{Command: lifecycle.Command{
				Name: "tell_state", Path: "tilstand", From: running, To: every, Who: section,
				Fields: []form.Field{{Name: "state", Type: form.Choice, Required: true, From: s.otherStates}},
			}, Apply: tellState},
			{Command: lifecycle.Command{
				Name: "tell_result", Path: "resultat", From: []string{Announced, Closed}, Who: section, Edit: true,
				Fields: []form.Field{
					count("sketches", func(c *Call) int { return c.Sketches }),
					count("invited", func(c *Call) int { return c.Invited }),
					count("applications", func(c *Call) int { return c.Applications }),
					count("awards", func(c *Call) int { return c.Awards }),
					{Name: "awarded", Type: form.Money, Value: form.On(func(c *Call) string { return number(c.AwardedOre, Unknown) })},
				},
				Ground: "FP §5.2; krav C9",
			}, Apply: tellResult},
		},
	}
}
