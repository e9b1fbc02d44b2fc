package needweb

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"funn/internal/need"
	"funn/internal/platform/access"
	"funn/internal/platform/event"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// needProps is the content of a need's page.
type needProps struct {
	Need       *need.Need
	Lang       string // of the need's own text, when it is not the page's
	Late       string // that the answer comes too late, in words
	Decision   []ui.Fact
	LastSearch *searchView
	Searches   int
	MaySearch  bool
	Covered    []ui.Item
	Choices    []choiceView // the latest first
	Work       []ui.Item    // the calls for it and the projects that answer it
	Merged     []ui.Item    // needs that were merged, either way
	Support    []string
	Comments   []ui.LogEntry
	MayComment bool
}

type choiceView struct {
	Title    string
	About    string // who does the work, and who chose it when
	Reason   string
	Warnings []string
	Overrule string
}

// needBody is what a need's page tells: the problem, the questions, what is known,
// the decision it is for, how it is answered, and what others say.
func (p *pages) needBody(c *web.Context, n *need.Need) (templ.Component, error) {
	ctx := c.Ctx()
	today := p.Site.Engine.Today(ctx)
	v := needProps{Need: n, Lang: foreign(ctx, n), Searches: len(n.Searches.V)}
	people, err := p.people(ctx, n)
	if err != nil {
		return nil, err
	}
	if text, late := due(ctx, n, today); late {
		v.Late = text
	}
	if !n.DecisionDate.IsZero() {
		v.Decision = append(v.Decision, ui.Fact{Label: lang.T(ctx, "need.decision_on"), Text: lang.Day(ctx, n.DecisionDate)})
	}
	if !n.Forecast.IsZero() {
		label := "need.field.forecast"
		if n.State == need.Answered || n.State == need.Closed {
			label = "need.came"
		}
		v.Decision = append(v.Decision, ui.Fact{Label: lang.T(ctx, label), Text: lang.Day(ctx, n.Forecast)})
	}
	heads, edges, err := p.Site.Engine.Thread(ctx, n.ID)
	if err != nil {
		return nil, err
	}
	v.Covered = p.items(ctx, pick(heads, n.CoveredBy.V))
	v.Work = p.items(ctx, slices.Concat(linked(heads, edges, n.ID, "calls_for"), linked(heads, edges, n.ID, "answers")))
	merged := linked(heads, edges, n.ID, "merged_into")
	if into, ok := heads[n.MergedInto]; ok {
		merged = append(merged, into)
	}
	v.Merged = p.items(ctx, merged)
	if i := len(n.Searches.V) - 1; i >= 0 {
		last := p.searchView(ctx, n, n.Searches.V[i], people, heads)
		v.LastSearch = &last
	}
	for _, choice := range slices.Backward(n.Choices.V) {
		v.Choices = append(v.Choices, choiceOf(ctx, choice, people))
	}
	for _, s := range n.Support.V {
		v.Support = append(v.Support, lang.T(ctx, "need.supported_by", "unit", p.unitName(ctx, s.Unit), "date", lang.Date(ctx, s.At)))
	}
	for _, k := range n.Comments.V {
		v.Comments = append(v.Comments, ui.LogEntry{When: lang.DateTime(ctx, k.At), Machine: k.At.Format(time.RFC3339), What: people[k.By], Reason: k.Text})
	}
	if v.MayComment, err = p.may(ctx, n, "comment"); err != nil {
		return nil, err
	}
	if v.MaySearch, err = p.may(ctx, n, "search"); err != nil {
		return nil, err
	}
	return needPage(v), nil
}

// may says whether the context's actor may give the command to the need now.
func (p *pages) may(ctx context.Context, n *need.Need, command string) (bool, error) {
	for _, c := range p.Service.Kind.Commands {
		if c.Name != command || !slices.Contains(c.From, n.State) || !access.Allows(c.Who, access.From(ctx), p.Service.Kind.Subject(n)) {
			continue
		}
		if c.Check == nil {
			return true, nil
		}
		v, err := c.Check(ctx, n, form.Values{})
		return len(v.Blocking) == 0, err
	}
	return false, nil
}

// people gives the names of everybody who stands on the need's page.
func (p *pages) people(ctx context.Context, n *need.Need) (map[string]string, error) {
	ids := append([]string{n.Submitter, n.Owner, n.CaseWorker, n.SignedBy}, n.Partners.V...)
	for _, s := range n.Searches.V {
		ids = append(ids, s.By)
	}
	for _, c := range n.Choices.V {
		ids = append(ids, c.By)
	}
	for _, c := range n.Comments.V {
		ids = append(ids, c.By)
	}
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return nil, nil
	}
	return p.Site.Names(ctx, ids...)
}

// linked gives the records that hang on the need by the link, by number.
func linked(heads map[string]record.Head, edges []record.Edge, id, rel string) []record.Head {
	var out []record.Head
	for _, x := range edges {
		if h, ok := heads[x.From]; ok && x.To == id && x.Rel == rel {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b record.Head) int { return strings.Compare(a.Number, b.Number) })
	return out
}

// pick gives the records with the ids that may be read, in the order of the ids.
func pick(heads map[string]record.Head, ids []string) []record.Head {
	var out []record.Head
	for _, id := range ids {
		if h, ok := heads[id]; ok {
			out = append(out, h)
		}
	}
	return out
}

func (p *pages) items(ctx context.Context, heads []record.Head) []ui.Item {
	var out []ui.Item
	for _, h := range heads {
		item := ui.Item{Kicker: lang.T(ctx, h.Kind+".name") + " " + h.Number, Title: h.Title, Href: p.address(h), Tags: []ui.TagProps{recordweb.StateTag(ctx, p.Site.Engine, &h)}}
		if h.Lang != string(lang.From(ctx).Tag()) {
			item.Lang = h.Lang
		}
		if tag, ok := recordweb.AlertTag(ctx, &h); ok {
			item.Tags = append(item.Tags, tag)
		}
		if h.Example {
			item.Tags = append(item.Tags, ui.TagProps{Tone: ui.Example, Text: lang.T(ctx, "ui.example")})
		}
		out = append(out, item)
	}
	return out
}

func (p *pages) address(h record.Head) string {
	k, ok := p.Site.Engine.Kind(h.Kind)
	if !ok {
		return ""
	}
	_, path := k.Paths()
	return path + "/" + url.PathEscape(h.Number)
}

func choiceOf(ctx context.Context, c need.Choice, people map[string]string) choiceView {
	v := choiceView{Reason: c.Rationale, Overrule: c.Overruled}
	var words []string
	for _, i := range c.Instruments {
		words = append(words, lang.T(ctx, "instrument."+i))
	}
	v.Title = strings.Join(words, ", ")
	v.About = lang.T(ctx, "need.performed."+c.Performed) + " · " + lang.T(ctx, "need.by", "date", lang.Date(ctx, c.At), "who", people[c.By])
	for _, w := range c.Warnings {
		v.Warnings = append(v.Warnings, lang.T(ctx, "need.warned."+w))
	}
	return v
}

// needSide is the need's way through table 1 of the plan, and who and what it is
// about.
func (p *pages) needSide(c *web.Context, n *need.Need) (templ.Component, error) {
	ctx := c.Ctx()
	events, err := event.Of(ctx, p.Site.Engine.DB, n.ID)
	if err != nil {
		return nil, err
	}
	people, err := p.people(ctx, n)
	if err != nil {
		return nil, err
	}
	themes, err := p.themeNames(ctx, n)
	if err != nil {
		return nil, err
	}
	goals, err := p.Service.Goals(ctx)
	if err != nil {
		return nil, err
	}
	var facts []ui.Fact
	add := func(key, text string) {
		if text != "" {
			facts = append(facts, ui.Fact{Label: lang.T(ctx, key), Text: text})
		}
	}
	add("relation.submitter", people[n.Submitter])
	add("need.on_behalf_of", n.OnBehalfOf)
	add("relation.subject_owner", people[n.Owner])
	add("relation.case_worker", people[n.CaseWorker])
	var partners []string
	for _, id := range n.Partners.V {
		partners = append(partners, people[id])
	}
	add("need.partners", strings.Join(partners, ", "))
	add("need.field.themes", strings.Join(names(n, themes), ", "))
	if n.Phase != "" {
		add("need.filter.phase", lang.T(ctx, "phase."+n.Phase))
	}
	if n.RnDKind != "" {
		add("need.kind_of_work", lang.T(ctx, "plan.rnd_kind."+n.RnDKind))
	}
	var aims []string
	for _, slug := range n.Goals.V {
		name := slug
		for _, g := range goals {
			if g.Value == slug {
				name = g.Label
			}
		}
		aims = append(aims, name)
	}
	add("need.goals", strings.Join(aims, ", "))
	return needAside(steps(ctx, n, events, p.Site.Engine.Today(ctx)), facts), nil
}

// steps places the need in the steps of FP §8.2 table 1, each with the day on
// which it was done.
func steps(ctx context.Context, n *need.Need, events []event.Event, today time.Time) []ui.Step {
	// The states that a step lasts in, and the one that ends it.
	table := []struct {
		key    string
		in     []string
		endsIn string
	}{
		{"need.step.have", []string{need.Draft, need.Reported}, need.Clarifying},
		{"need.step.describe", []string{need.Clarifying}, need.Clarified},
		{"need.step.acquire", []string{need.Clarified, need.InstrumentChosen}, need.Acquiring},
		{"need.step.carry_out", []string{need.Acquiring}, need.Answered},
		{"need.step.use", []string{need.Answered}, need.Closed},
	}
	reached := map[string]time.Time{}
	before := "" // the state that the need left when it was stopped
	for _, e := range events {
		if e.From != e.To {
			reached[e.To] = e.At
			before = e.From
		}
	}
	state := n.State
	stopped := slices.Contains([]string{need.Rejected, need.Merged, need.Covered, need.Paused}, state)
	if stopped {
		state = cmp.Or(n.PausedState, before)
	}
	current := len(table)
	for i, t := range table {
		if slices.Contains(t.in, state) {
			current = i
		}
	}
	out := make([]ui.Step, len(table))
	for i, t := range table {
		s := ui.Step{Title: lang.T(ctx, t.key)}
		switch {
		case i < current:
			s.State = ui.StepDone
			if at := reached[t.endsIn]; !at.IsZero() {
				s.Date = lang.Date(ctx, at)
			}
		case i == current && stopped:
			s.State = ui.StepStopped
			s.Date = lang.T(ctx, "need.step.stopped", "state", lang.T(ctx, "need.state."+n.State), "date", lang.Date(ctx, n.StateSince))
			if !n.ReviewDate.IsZero() {
				s.Text = lang.T(ctx, "need.step.review", "date", lang.Day(ctx, n.ReviewDate))
			}
		case i == current:
			s.State = ui.StepCurrent
			s.Date = lang.T(ctx, "need.step.since", "state", lang.T(ctx, "need.state."+n.State), "date", lang.Date(ctx, n.StateSince))
		default:
			s.State = ui.StepTodo
			if stopped && n.State != need.Paused {
				s.State = ui.StepStopped
			}
		}
		if t.endsIn == need.Answered && i >= current && !stopped && !n.Forecast.IsZero() {
			s.Text = lang.T(ctx, "need.step.expected", "date", lang.Day(ctx, n.Forecast))
			if n.Timing(today).Late() {
				s.State = ui.StepLate
			}
		}
		out[i] = s
	}
	return out
}
