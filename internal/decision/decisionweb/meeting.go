package decisionweb

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/decision"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// meetingProps is the page that the committee decides on.
type meetingProps struct {
	Facts   []ui.Fact
	Frame   frameProps
	Ranking ui.TableProps
	Cases   []caseProps
	Hidden  string // how many cases the reader may not deal with; empty when none
}

// frameProps says how the frame is used.
type frameProps struct {
	Figures []ui.KeyFigureProps
	Over    string // the warning that it is exceeded; empty when it is not
	Partial string // that the sums leave out cases; empty when they do not
}

// caseProps is one case on the agenda.
type caseProps struct {
	ID, Title, Lang string
	Tags            []ui.TagProps
	Facts           []ui.Fact
	Reasons         string
	For, Against    []string
	Links           []ui.Crumb
	Blocked         []templ.Component // what stands in the way of deciding it
	Href            string
}

// commands are what is done with a case in a meeting, in the order of the work.
var commands = []string{"stand", "decide", "propose", "move", "postpone", "reopen", "reassess"}

func (p *pages) meeting(c *web.Context, m *decision.Meeting) (templ.Component, error) {
	ctx := c.Ctx()
	of, err := p.Service.Call(ctx, m)
	if err != nil {
		return nil, err
	}
	ctx = p.Cases.Reading(ctx)
	t, err := p.Service.Table(ctx, of, nil)
	if err != nil {
		return nil, err
	}
	b := meetingProps{Frame: frame(ctx, t)}
	if b.Facts, err = p.meetingFacts(ctx, m, of); err != nil {
		return nil, err
	}
	scores, err := p.scores(ctx, t)
	if err != nil {
		return nil, err
	}
	b.Ranking = ranking(ctx, t, scores)
	for _, l := range t.Lines {
		k, err := p.caseOf(ctx, m, l, scores[l.Case.ID])
		if err != nil {
			return nil, err
		}
		b.Cases = append(b.Cases, k)
	}
	return meetingPage(b), nil
}

func (p *pages) meetingFacts(ctx context.Context, m *decision.Meeting, of *call.Call) ([]ui.Fact, error) {
	facts := []ui.Fact{{Label: lang.T(ctx, "call.name"), Text: of.Number + " " + of.Title, Href: "/utlysning/" + url.PathEscape(of.Number)}, {Label: lang.T(ctx, "meeting.field.held_on"), Text: lang.Day(ctx, m.On)}}
	if m.Place != "" {
		facts = append(facts, ui.Fact{Label: lang.T(ctx, "meeting.field.place"), Text: m.Place})
	}
	if len(m.Present.V) > 0 {
		names, err := p.names(ctx, m.Present.V...)
		if err != nil {
			return nil, err
		}
		facts = append(facts, ui.Fact{Label: lang.T(ctx, "meeting.present"), Text: strings.Join(names, ", ")})
	}
	return facts, nil
}

// OfCase tells, on the page of an application, in which meeting it is dealt with and
// which case comes next there: nothing outside meetings, and to those who have no part
// in them.
func OfCase(s *decision.Service) func(ctx context.Context, x *application.Submission) ([]ui.Fact, error) {
	return func(ctx context.Context, x *application.Submission) ([]ui.Fact, error) {
		m, next, err := s.Agenda(ctx, x)
		if err != nil || m == nil {
			return nil, err
		}
		page := "/mote/" + url.PathEscape(m.Number)
		facts := []ui.Fact{{Label: lang.T(ctx, "meeting.name"), Text: m.Number + ", " + lang.Day(ctx, m.On), Href: page + "#" + recordweb.Anchor(x.Number)}}
		if next != nil {
			facts = append(facts, ui.Fact{Label: lang.T(ctx, "meeting.next_case"), Text: next.Number + " " + next.Title, Href: caseAddress(next)})
		}
		return facts, nil
	}
}

// names gives the names of persons in the order of the ids.
func (p *pages) names(ctx context.Context, ids ...string) ([]string, error) {
	byID, err := p.Site.Names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, byID[id])
	}
	return out, nil
}

func (p *pages) scores(ctx context.Context, t decision.Table) (map[string]Score, error) {
	if p.Scores == nil {
		return nil, nil
	}
	ids := make([]string, len(t.Lines))
	for i, l := range t.Lines {
		ids[i] = l.Case.ID
	}
	return p.Scores(ctx, ids...)
}

// frame says how much of the frame is used by the cases that the reader may see.
func frame(ctx context.Context, t decision.Table) frameProps {
	f := frameProps{Figures: []ui.KeyFigureProps{{Value: lang.NOK(ctx, t.SumOre), Label: lang.T(ctx, "meeting.sum")}}}
	if t.FrameOre != call.Unknown {
		f.Figures = append(f.Figures, ui.KeyFigureProps{Value: lang.NOK(ctx, t.FrameOre), Label: lang.T(ctx, "call.frame_short")})
		if left := t.FrameOre - t.SumOre; left >= 0 {
			f.Figures = append(f.Figures, ui.KeyFigureProps{Value: lang.NOK(ctx, left), Label: lang.T(ctx, "meeting.left")})
		} else {
			f.Over = lang.T(ctx, "meeting.over", "amount", lang.NOK(ctx, -left))
		}
	}
	if t.Hidden > 0 {
		f.Partial = lang.T(ctx, "meeting.partial")
	}
	return f
}

// ranking is the ranked list with the running sum and the line of the frame. A case
// that the reader may not deal with is a line that says so and nothing else.
func ranking(ctx context.Context, t decision.Table, scores map[string]Score) ui.TableProps {
	title := lang.T(ctx, "meeting.ranking")
	out := ui.TableProps{Caption: title, HideCaption: true, Cards: true, Small: true, Empty: lang.T(ctx, "meeting.no_cases")}
	for _, k := range []struct {
		key     string
		numeric bool
	}{{"meeting.place", true}, {"application.name", false}, {"meeting.score", false}, {"meeting.asked", true}, {"meeting.proposed", true}, {"meeting.running", true}, {"meeting.outcome", false}} {
		out.Columns = append(out.Columns, ui.Column{Label: lang.T(ctx, k.key), Numeric: k.numeric, NoWrap: k.numeric})
	}
	line := func() {
		out.Rows = append(out.Rows, []templ.Component{ui.Str("–"), ui.Strong(lang.T(ctx, "meeting.frame_line", "amount", lang.NOK(ctx, t.FrameOre))), ui.Str(""), ui.Str(""), ui.Str(""), ui.Str(""), ui.Str("")})
	}
	drawn := false
	for _, l := range t.Lines {
		if !drawn && !l.Within && l.Ore > 0 {
			line()
			drawn = true
		}
		x := l.Case
		amount := ""
		if l.Ore > 0 {
			amount = lang.NOK(ctx, l.Ore)
		}
		out.Rows = append(out.Rows, []templ.Component{
			ui.Str(strconv.Itoa(l.Place)), ui.NameCell(caseAddress(x), x.Title, joined(x.Number, institution(x))), ui.Str(scoreText(ctx, scores[x.ID])),
			ui.Str(asked(ctx, x)), ui.Str(amount), ui.Str(lang.NOK(ctx, l.SumOre)), ui.TagList(outcomeTags(ctx, x)),
		})
	}
	for range t.Hidden {
		out.Rows = append(out.Rows, []templ.Component{ui.Str("–"), ui.Str(lang.T(ctx, "meeting.disqualified")), ui.Str(""), ui.Str(""), ui.Str(""), ui.Str(""), ui.Str("")})
	}
	return out
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

func institution(x *application.Submission) string {
	if x.Content.V == nil {
		return ""
	}
	return x.Content.V.Institution.Name
}

func asked(ctx context.Context, x *application.Submission) string {
	if x.Content.V == nil || x.Content.V.AskedOre == 0 {
		return ""
	}
	return lang.NOK(ctx, x.Content.V.AskedOre)
}

func scoreText(ctx context.Context, s Score) string {
	if s.Given == 0 {
		return lang.T(ctx, "meeting.no_score")
	}
	return lang.T(ctx, "meeting.mean_spread", "mean", lang.Decimal(ctx, s.Mean, 1), "spread", lang.Decimal(ctx, s.Spread, 1))
}

// outcomeTags say what is proposed or decided of a case.
func outcomeTags(ctx context.Context, x *application.Submission) []ui.TagProps {
	a := x.Answer.V
	if a == nil {
		return nil
	}
	tag := ui.TagProps{Tone: ui.Neutral, Text: lang.T(ctx, "submission.outcome."+a.Outcome)}
	if a.Grants() {
		tag.Tone = ui.Success
	}
	status := ui.TagProps{Tone: ui.Info, Text: lang.T(ctx, "meeting.is_proposed")}
	switch {
	case x.Told() != nil:
		status.Text = lang.T(ctx, "meeting.is_told")
	case a.Decided():
		status = ui.TagProps{Tone: ui.Success, Text: lang.T(ctx, "meeting.is_decided")}
	case a.Postponed != "":
		status = ui.TagProps{Tone: ui.Warning, Text: lang.T(ctx, "meeting.is_postponed")}
	}
	return []ui.TagProps{tag, status}
}

// caseOf gives a case of the agenda with what the reader can do with it.
func (p *pages) caseOf(ctx context.Context, m *decision.Meeting, l decision.Line, s Score) (caseProps, error) {
	x, a := l.Case, l.Case.Answer.V
	k := caseProps{ID: recordweb.Anchor(x.Number), Title: strconv.Itoa(l.Place) + ". " + x.Title, Tags: outcomeTags(ctx, x), Reasons: a.Reasons, Href: caseAddress(x)}
	if x.Lang != string(lang.From(ctx).Tag()) {
		k.Lang = x.Lang
	}
	fact := func(key, text string) {
		if text != "" {
			k.Facts = append(k.Facts, ui.Fact{Label: lang.T(ctx, key), Text: text})
		}
	}
	fact("meeting.institution", institution(x))
	fact("meeting.score", scoreText(ctx, s))
	fact("meeting.asked", asked(ctx, x))
	if a.Grants() {
		fact("meeting.proposed", lang.NOK(ctx, a.Ore))
	}
	fact("application.propose.conditions", a.Conditions)
	fact("meeting.why_postponed", a.Postponed)
	people := []string{a.ProposedBy, a.DecidedBy}
	for _, st := range a.Stands {
		people = append(people, st.Person)
	}
	names, err := p.Site.Names(ctx, people...)
	if err != nil {
		return k, err
	}
	fact("meeting.proposed_by", names[a.ProposedBy])
	if a.Decided() {
		fact("meeting.decided_by", lang.T(ctx, "meeting.by_on", "who", names[a.DecidedBy], "date", lang.Date(ctx, a.DecidedAt)))
	}
	for _, st := range a.Stands {
		text := joined(names[st.Person], st.Note)
		if st.For {
			k.For = append(k.For, text)
		} else {
			k.Against = append(k.Against, text)
		}
	}
	actions, err := p.Cases.Applications.Actions(ctx, x)
	if err != nil {
		return k, err
	}
	// To the section, which does not decide, the same stands in the way of its proposals.
	stopped := "propose"
	if slices.ContainsFunc(actions, func(a record.Action) bool { return a.Name == "decide" }) {
		stopped = "decide"
	}
	for _, name := range commands {
		for _, act := range actions {
			switch {
			case act.Name != name || m.State != decision.Under && m.State != decision.Planned:
			case len(act.Verdict.Blocking) == 0:
				k.Links = append(k.Links, ui.Crumb{Label: lang.T(ctx, "application."+name+".button"), Href: recordweb.From(caseAddress(x)+"/"+act.Path, m.Number)})
			case name == stopped && !a.Decided():
				for _, r := range act.Verdict.Blocking {
					k.Blocked = append(k.Blocked, recordweb.Reason(ctx, r, p.mends(ctx, m, x, r)))
				}
			}
		}
	}
	return k, nil
}

// mends gives the address at which what stops the decision of a case is mended: a form
// of the meeting's, one of the case's, which leads back to the meeting, or a page.
func (p *pages) mends(ctx context.Context, m *decision.Meeting, x *application.Submission, r record.Reason) string {
	if r.Key == "submission.blocked.no_meeting" {
		who := map[string]string{decision.Planned: "start", decision.Under: "attend"}[m.State]
		k, _ := p.Service.Meetings.Lifecycle().Command(who)
		return "/mote/" + url.PathEscape(m.Number) + "/" + k.Path
	}
	href := p.Cases.Mends(ctx, x, r)
	if strings.HasPrefix(href, caseAddress(x)+"/") {
		return recordweb.From(href, m.Number)
	}
	return href
}

// whatIfProps compares what is proposed with two ways to share out the frame.
type whatIfProps struct {
	Action string
	Fields []ui.Field // amounts and lines, for A and B in turn
	Cases  []whatIfCase
	Cuts   [2]ui.Field
	Table  ui.TableProps
	Frames [3]frameProps
	Names  [3]string
}

type whatIfCase struct {
	Title, Lang string
	Amounts     [2]ui.Field
}

// whatIf shows alternatives that stand in the address and are saved nowhere.
func (p *pages) whatIf(c *web.Context, m *decision.Meeting) (templ.Component, error) {
	ctx := c.Ctx()
	of, err := p.Service.Call(ctx, m)
	if err != nil {
		return nil, err
	}
	q := c.R.URL.Query()
	b := whatIfProps{Action: "/mote/" + url.PathEscape(m.Number) + "/hva-om", Names: [3]string{lang.T(ctx, "meeting.as_proposed"), lang.T(ctx, "meeting.alternative", "name", "A"), lang.T(ctx, "meeting.alternative", "name", "B")}}
	var tables [3]decision.Table
	if tables[0], err = p.Service.Table(ctx, of, nil); err != nil {
		return nil, err
	}
	for i, prefix := range []string{"a", "b"} {
		alt := &decision.Alternative{Ore: map[string]int64{}}
		cut := q.Get(prefix + "-kutt")
		if n, err := strconv.Atoi(strings.TrimSpace(cut)); err == nil && n > 0 {
			alt.Cut = n
		}
		b.Cuts[i] = ui.Field{Name: prefix + "-kutt", Label: lang.T(ctx, "meeting.cut", "name", b.Names[i+1]), Value: cut, Hint: lang.T(ctx, "meeting.cut_hint"), Small: true}
		if cut != "" && alt.Cut == 0 {
			b.Cuts[i].Error = lang.T(ctx, "form.number_min", "min", 1)
		}
		for j, l := range tables[0].Lines {
			name := prefix + "-" + l.Case.Number
			text := q.Get(name)
			f := ui.Field{Name: name, ID: prefix + "-" + strconv.Itoa(j+1), Label: b.Names[i+1] + ": " + l.Case.Title, Value: text, Small: true}
			if text != "" {
				ore, err := lang.ParseAmount(text)
				if err != nil || ore < 0 {
					f.Error = lang.T(ctx, "form.money")
				} else {
					alt.Ore[l.Case.Number] = ore
				}
			}
			if i == 0 {
				b.Cases = append(b.Cases, whatIfCase{Title: l.Case.Title, Lang: l.Case.Lang})
			}
			b.Cases[j].Amounts[i] = f
		}
		if tables[i+1], err = p.Service.Table(ctx, of, alt); err != nil {
			return nil, err
		}
	}
	title := lang.T(ctx, "meeting.compare")
	b.Table = ui.TableProps{Caption: title, HideCaption: true, Cards: true, Columns: []ui.Column{{Label: lang.T(ctx, "meeting.place"), Numeric: true}, {Label: lang.T(ctx, "application.name")}}}
	foot := []templ.Component{ui.Str("Σ"), ui.Strong(lang.T(ctx, "meeting.sum"))}
	for i, t := range tables {
		b.Table.Columns = append(b.Table.Columns, ui.Column{Label: b.Names[i], Numeric: true, NoWrap: true})
		b.Frames[i] = frame(ctx, t)
		foot = append(foot, ui.Strong(lang.NOK(ctx, t.SumOre)))
	}
	for j, l := range tables[0].Lines {
		row := []templ.Component{ui.Str(strconv.Itoa(l.Place)), ui.NameCell(caseAddress(l.Case), l.Case.Title, l.Case.Number)}
		for _, t := range tables {
			text := lang.NOK(ctx, t.Lines[j].Ore)
			if !t.Lines[j].Within && t.Lines[j].Ore > 0 {
				text += " (" + lang.T(ctx, "meeting.beyond") + ")"
			}
			row = append(row, ui.Str(text))
		}
		b.Table.Rows = append(b.Table.Rows, row)
	}
	b.Table.Foot = foot
	return whatIfPage(b), nil
}

// minutesProps are the minutes as the reader may see them.
type minutesProps struct {
	Facts   []ui.Fact
	Items   []minutesItem
	Hidden  string
	Remarks string
	None    bool
}

type minutesItem struct {
	Title, Lang string
	Facts       []ui.Fact
	Reasons     string
}

func (p *pages) minutes(c *web.Context, m *decision.Meeting) (templ.Component, error) {
	ctx := c.Ctx()
	of, err := p.Service.Call(ctx, m)
	if err != nil {
		return nil, err
	}
	b := minutesProps{Remarks: m.Remarks, None: m.Minutes.V == nil}
	if b.Facts, err = p.meetingFacts(ctx, m, of); err != nil {
		return nil, err
	}
	items, cases, hidden, err := p.Service.Seen(ctx, m)
	if err != nil {
		return nil, err
	}
	if hidden > 0 {
		b.Hidden = lang.TN(ctx, "meeting.minutes_hidden", hidden)
	}
	for _, i := range items {
		x := cases[i.Case]
		k := minutesItem{Title: x.Number + " " + x.Title, Reasons: i.Reasons}
		if x.Lang != string(lang.From(ctx).Tag()) {
			k.Lang = x.Lang
		}
		people := slices.Concat([]string{i.ProposedBy, i.DecidedBy}, i.Left)
		for _, st := range i.Stands {
			people = append(people, st.Person)
		}
		names, err := p.Site.Names(ctx, people...)
		if err != nil {
			return nil, err
		}
		fact := func(key, text string) {
			if text != "" {
				k.Facts = append(k.Facts, ui.Fact{Label: lang.T(ctx, key), Text: text})
			}
		}
		if i.Outcome == "" {
			fact("meeting.outcome", lang.T(ctx, "meeting.is_postponed"))
			fact("meeting.why_postponed", i.Postponed)
		} else {
			fact("meeting.outcome", lang.T(ctx, "submission.outcome."+i.Outcome))
		}
		if i.Ore > 0 {
			fact("meeting.amount", lang.NOK(ctx, i.Ore))
		}
		fact("application.propose.conditions", i.Conditions)
		fact("meeting.proposed_by", names[i.ProposedBy])
		if i.DecidedBy != "" {
			fact("meeting.decided_by", lang.T(ctx, "meeting.by_on", "who", names[i.DecidedBy], "date", lang.DateTime(ctx, i.DecidedAt)))
		}
		var with, against, left []string
		for _, st := range i.Stands {
			if st.For {
				with = append(with, joined(names[st.Person], st.Note))
			} else {
				against = append(against, joined(names[st.Person], st.Note))
			}
		}
		for _, id := range i.Left {
			left = append(left, names[id])
		}
		fact("meeting.for", strings.Join(with, "; "))
		fact("meeting.against", strings.Join(against, "; "))
		fact("meeting.left_for_case", strings.Join(left, ", "))
		b.Items = append(b.Items, k)
	}
	return minutesPage(b), nil
}
