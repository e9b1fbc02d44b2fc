package decision

import (
	"context"
	"slices"
	"time"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

var (
	section   = []access.Rule{{Roles: []access.Role{org.FoU}}}
	committee = []access.Rule{{Roles: []access.Role{org.Committee}}}
	both      = []access.Rule{{Roles: []access.Role{org.FoU, org.Committee}}}
)

// meetings is the life of a meeting. What is decided in it is decided case by case,
// on the applications themselves; the meeting says who sat, and keeps the minutes.
func (s *Service) meetings() *record.Kind[*Meeting] {
	day := form.Field{Name: "held_on", Type: form.Day, Required: true, Value: form.On(func(m *Meeting) string { return m.On.Format(time.DateOnly) })}
	place := form.Field{Name: "place", Max: 200, Value: form.On(func(m *Meeting) string { return m.Place })}
	present := form.Field{Name: "present", Type: form.Choices, Required: true, From: s.members, Value: func(rec any) []string {
		if m, ok := rec.(*Meeting); ok && m != nil {
			return m.Present.V
		}
		return nil
	}}
	k := &record.Kind[*Meeting]{
		Name: "meeting", Prefix: "M", Path: "/mote", Table: "meeting", Initial: []string{Planned},
		New: func() *Meeting { return &Meeting{} }, Read: both,
		Links: func(m *Meeting) []record.Link { return []record.Link{{To: m.Call, Rel: "decides_on"}} },
		States: []lifecycle.State{
			{Name: Planned, Label: "planned", Tone: lifecycle.Neutral}, {Name: Under, Label: "under", Tone: lifecycle.Info},
			{Name: Minuting, Label: "minuting", Tone: lifecycle.Warning}, {Name: Approved, Label: "done", Tone: lifecycle.Success, Final: true},
			{Name: Dropped, Label: "done", Tone: lifecycle.Neutral, Final: true},
		},
	}
	type command = record.Command[*Meeting]
	k.Commands = []command{
		{Command: lifecycle.Command{Name: "plan", Path: "nytt", Create: true, To: []string{Planned}, Who: section,
			Fields: []form.Field{{Name: "call", Type: form.Choice, Required: true, From: s.callOptions}, day, place}, Notify: committee, Ground: "FP §8.1"}, Apply: s.plan},
		{Command: lifecycle.Command{Name: "edit", Path: "endre", From: []string{Planned}, Who: section, Edit: true, Fields: []form.Field{day, place}, Notify: committee}, Apply: edit},
		{Command: lifecycle.Command{Name: "start", Path: "start", From: []string{Planned}, To: []string{Under}, Who: both, Task: true, Fields: []form.Field{present}},
			Due: func(m *Meeting) time.Time { return m.On }, Check: s.startable, Apply: s.start},
		{Command: lifecycle.Command{Name: "attend", Path: "til-stede", From: []string{Under}, Who: both, Edit: true, Fields: []form.Field{present}}, Apply: attend},
		{Command: lifecycle.Command{Name: "adjourn", Path: "hev", From: []string{Under}, To: []string{Minuting}, Who: both, Confirm: true, Ground: "ui.md S7: møteboken lages av det som skjedde"}, Apply: s.adjourn},
		{Command: lifecycle.Command{Name: "write", Path: "merknad", From: []string{Minuting}, Who: both, Edit: true,
			Fields: []form.Field{{Name: "remarks", Type: form.Area, Required: true, Max: 4000, Value: form.On(func(m *Meeting) string { return m.Remarks })}}}, Apply: write},
		{Command: lifecycle.Command{Name: "approve", Path: "godkjenn-moteboken", From: []string{Minuting}, To: []string{Approved}, Who: committee, NotBy: []string{"adjourn", "write"}, Task: true, Confirm: true,
			Ground: "krav 3.2: møteboken er godkjent"}, Check: sat},
		{Command: lifecycle.Command{Name: "drop", Path: "avlys", From: []string{Planned}, To: []string{Dropped}, Who: section, Reason: true, Danger: true, Notify: committee}},
	}
	return k
}

type meetingChange = record.Change[*Meeting]

func (s *Service) plan(ctx context.Context, c *meetingChange) error {
	of, err := s.calls.Kind.Get(ctx, c.In.String("call"))
	if err != nil {
		return err
	}
	c.Rec.Call, c.Rec.Title, c.Rec.Lang, c.Rec.Unit, c.Rec.Example = of.ID, of.Title, of.Lang, of.Unit, of.Example
	return edit(ctx, c)
}

func edit(_ context.Context, c *meetingChange) error {
	c.Rec.On, c.Rec.Place = c.In.Day("held_on"), c.In.String("place")
	return nil
}

// startable: one meeting on a call at a time, so that every decision is in the
// minutes of one, and only while there is something to decide on.
func (s *Service) startable(ctx context.Context, m *Meeting, _ form.Values) (v record.Verdict, err error) {
	of, err := s.calls.Kind.Load(ctx, m.Call)
	if err != nil {
		return v, err
	}
	if !slices.Contains(meets, of.State) {
		v.Block("meeting.blocked.not_now")
	}
	if m.On.After(s.Meetings.Engine().Today(ctx)) { // its minutes would tell another day than its decisions
		v.Block("meeting.blocked.before", "day", m.On)
	}
	under, err := s.of(ctx, m.Call, Under)
	if len(under) > 0 {
		v.Block("meeting.blocked.another", "number", under[0].Number)
	}
	return v, err
}

// meets are the states in which a call has something for the committee: also once it is
// announced, when an award that somebody said no to goes to a reserve.
var meets = []string{call.Assessment2, call.Proposed, call.Announced}

// start holds the call, and looks again: two meetings that are started at once must not
// both be under way, nor one start on a call that goes on at the same time.
func (s *Service) start(ctx context.Context, c *meetingChange) error {
	if err := s.cases.LockCall(ctx, c.Rec.Call); err != nil {
		return err
	}
	v, err := s.startable(ctx, c.Rec, c.In)
	if err != nil {
		return err
	}
	if len(v.Blocking) > 0 {
		return fault.New(fault.Conflict, v.Blocking[0].Key, v.Blocking[0].Args...)
	}
	return attend(ctx, c)
}

func attend(_ context.Context, c *meetingChange) error {
	c.Rec.Present.V = c.In.List("present")
	if len(c.Rec.Present.V) < 2 {
		var errs fault.Errors
		errs.Add("present", "meeting.two_present")
		return errs.Err()
	}
	return nil
}

// Agenda gives the meeting that a case is dealt with in, the one that is under way
// before one to come, and the next case there that is not decided; nil when there is
// none, or none that the context's actor may see.
func (s *Service) Agenda(ctx context.Context, x *application.Submission) (m *Meeting, next *application.Submission, err error) {
	if x.Kind != application.Application || x.Answer.V == nil {
		return nil, nil, nil
	}
	list, err := s.of(ctx, x.Call, Planned, Under)
	if err != nil {
		return nil, nil, err
	}
	for _, other := range list {
		if s.Meetings.May(ctx, other) && (m == nil || m.State == Planned && (other.State == Under || other.On.Before(m.On))) {
			m = other
		}
	}
	if m == nil {
		return nil, nil, nil
	}
	ranked, err := s.cases.Ranked(ctx, x.Call)
	if err != nil {
		return nil, nil, err
	}
	at := slices.IndexFunc(ranked, func(y *application.Submission) bool { return y.ID == x.ID })
	for i := range ranked { // from the one after it, round to those before it
		if y := ranked[(at+1+i)%len(ranked)]; y.ID != x.ID && y.State == application.Proposed && !y.Answer.V.Decided() && s.cases.Applications.May(ctx, y) {
			return m, y, nil
		}
	}
	return m, nil, nil
}

// sat lets only those who sat in the meeting approve its minutes.
func sat(ctx context.Context, m *Meeting, _ form.Values) (v record.Verdict, err error) {
	if !slices.Contains(m.Present.V, access.From(ctx).ID) {
		v.Block("meeting.blocked.absent")
	}
	return v, nil
}

func write(_ context.Context, c *meetingChange) error {
	c.Rec.Remarks = c.In.String("remarks")
	return nil
}

// adjourn ends the meeting and makes the minutes from what happened. The call is
// locked, so that no case is decided while they are made.
func (s *Service) adjourn(ctx context.Context, c *meetingChange) error {
	if err := s.cases.LockCall(ctx, c.Rec.Call); err != nil {
		return err
	}
	ranked, err := s.cases.Ranked(ctx, c.Rec.Call)
	if err != nil {
		return err
	}
	minutes := &Minutes{At: c.Now}
	for _, x := range ranked {
		a := x.Answer.V
		if a.Meeting != c.Rec.ID {
			continue
		}
		i := Item{Case: x.ID, Number: x.Number, ProposedBy: a.ProposedBy, Stands: a.Stands}
		if a.Decided() {
			i.Outcome, i.Ore, i.Conditions, i.Reasons, i.DecidedBy, i.DecidedAt = a.Outcome, a.Ore, a.Conditions, a.Reasons, a.DecidedBy, a.DecidedAt
		} else {
			i.Postponed = a.Postponed
		}
		for _, id := range c.Rec.Present.V {
			if slices.Contains(x.Conflicts.V.Disqualified(), id) {
				i.Left = append(i.Left, id)
			}
		}
		minutes.Items = append(minutes.Items, i)
	}
	c.Rec.Minutes.V = minutes
	return nil
}

// Seen gives the items of the minutes whose cases the context's actor may see, and
// how many there are that they may not.
func (s *Service) Seen(ctx context.Context, m *Meeting) (items []Item, cases map[string]*application.Submission, hidden int, err error) {
	cases = map[string]*application.Submission{}
	if m.Minutes.V == nil {
		return nil, cases, 0, nil
	}
	for _, i := range m.Minutes.V.Items {
		x, err := s.cases.Applications.Get(ctx, i.Case)
		switch {
		case fault.Of(err) == fault.NotFound && err != nil:
			hidden++
			continue
		case err != nil:
			return nil, nil, 0, err
		}
		cases[i.Case] = x
		items = append(items, i)
	}
	return items, cases, hidden, nil
}
