package uptakeweb

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/uptake"
)

// bodyProps is the content of an uptake's page.
type bodyProps struct {
	U         *uptake.Uptake
	Lang      string // of the uptake's own text, when it is not the page's
	Late      []string
	Table     ui.TableProps // recommendation → who does what → status → evidence
	Findings  []findingView
	Decision  []ui.Fact
	Undecided string
	Audiences []ui.Fact
	Actions   ui.TableProps
	Check     string
	Links     links
}

// findingView is a finding with what can be done to it.
type findingView struct {
	uptake.Finding
	Tags         []ui.TagProps
	Assess, Edit string
}

// links are the commands that the page leads to from where they belong; empty
// for those that cannot be given now.
type links struct {
	AddFinding, Recommend, AddAudience, AddAction string
}

func (p *pages) tags(ctx context.Context, u *uptake.Uptake) []ui.TagProps {
	today := p.Site.Engine.Today(ctx)
	if u.Late(today) || len(u.Overdue(today)) > 0 {
		return []ui.TagProps{{Tone: ui.Error, Text: lang.T(ctx, "uptake.is_late")}}
	}
	return nil
}

// may says whether the context's actor may give the command to the uptake now.
func (p *pages) may(ctx context.Context, u *uptake.Uptake, command string) (bool, error) {
	for _, c := range p.Service.Kind.Commands {
		if c.Name != command || !slices.Contains(c.From, u.State) || !access.Allows(c.Who, access.From(ctx), p.Service.Kind.Subject(u)) {
			continue
		}
		if c.Check == nil {
			return true, nil
		}
		v, err := c.Check(ctx, u, form.Values{})
		return len(v.Blocking) == 0, err
	}
	return false, nil
}

// link gives the address of a command's page with fields filled in, empty when
// the command cannot be given now.
func (p *pages) link(ctx context.Context, u *uptake.Uptake, command string, pairs ...string) (string, error) {
	ok, err := p.may(ctx, u, command)
	if !ok || err != nil {
		return "", err
	}
	c, _ := p.Service.Kind.Lifecycle().Command(command)
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	to := href(u) + "/" + c.Path
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to, nil
}

func (p *pages) links(ctx context.Context, u *uptake.Uptake) (l links, err error) {
	for _, x := range []struct {
		to      *string
		command string
	}{{&l.AddFinding, "add_finding"}, {&l.Recommend, "recommend"}, {&l.AddAudience, "add_audience"}, {&l.AddAction, "add_action"}} {
		if *x.to, err = p.link(ctx, u, x.command); err != nil {
			return l, err
		}
	}
	return l, nil
}

// body shows what becomes of a study: recommendation, who does what, status and
// evidence; then what it rests on.
func (p *pages) body(c *web.Context, u *uptake.Uptake) (templ.Component, error) {
	ctx := c.Ctx()
	today := p.Site.Engine.Today(ctx)
	ids := []string{u.DecidedBy, u.PlannedBy}
	for _, a := range u.Actions.V {
		ids = append(ids, a.Owner)
	}
	names, err := p.names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	b := bodyProps{U: u, Lang: foreign(ctx, u.Lang)}
	if b.Links, err = p.links(ctx, u); err != nil {
		return nil, err
	}
	if u.Late(today) {
		b.Late = append(b.Late, lang.T(ctx, "uptake.decision_late", "date", lang.Day(ctx, u.Due)))
	}
	for _, a := range u.Overdue(today) {
		b.Late = append(b.Late, lang.T(ctx, "uptake.action_late", "action", a.Text, "who", names[a.Owner], "date", lang.Day(ctx, a.Due)))
	}
	if b.Table, err = p.recommendations(ctx, u, names); err != nil {
		return nil, err
	}
	if b.Findings, err = p.findings(ctx, u); err != nil {
		return nil, err
	}
	if u.Outcome != "" {
		b.Decision = []ui.Fact{
			{Label: lang.T(ctx, "uptake.outcome"), Value: ui.Tag(outcomeTone(u.Outcome), decision(ctx, u))},
			{Label: lang.T(ctx, "uptake.field.outcome_reason"), Value: passage(b.Lang, u.OutcomeReason)},
			{Label: lang.T(ctx, "uptake.decided"), Text: lang.T(ctx, "uptake.by", "date", lang.Date(ctx, u.DecidedAt), "who", names[u.DecidedBy])},
		}
		if !u.PlannedAt.IsZero() {
			b.Decision = append(b.Decision, ui.Fact{Label: lang.T(ctx, "uptake.planned"), Text: lang.T(ctx, "uptake.by", "date", lang.Date(ctx, u.PlannedAt), "who", names[u.PlannedBy])})
		}
	} else {
		b.Undecided = lang.T(ctx, "uptake.undecided", "date", lang.Day(ctx, u.Due))
	}
	for _, a := range u.Audiences.V {
		b.Audiences = append(b.Audiences, ui.Fact{Label: a.Who, Value: passage(b.Lang, a.How)})
	}
	if b.Actions, err = p.actions(ctx, u, names); err != nil {
		return nil, err
	}
	if !u.CheckDate.IsZero() && u.State != uptake.Closed {
		b.Check = lang.T(ctx, "uptake.check_on", "date", lang.Day(ctx, u.CheckDate))
	}
	return bodyPage(b), nil
}

// stage tells how far a recommendation has come: proposed, decided, in place,
// measured – or declined.
func stage(u *uptake.Uptake, r uptake.Recommendation) string {
	switch {
	case r.Answer == "":
		return "proposed"
	case r.Answer == uptake.No:
		return "declined"
	}
	actions := u.ActionsFor(r.ID)
	done := slices.ContainsFunc(actions, func(a uptake.Action) bool { return a.Status == uptake.Done })
	if !done || slices.ContainsFunc(actions, uptake.Action.Open) {
		return "decided"
	}
	if u.State == uptake.FollowedUp || u.State == uptake.Closed {
		return "measured"
	}
	return "in_place"
}

var stageTones = map[string]ui.Tone{"proposed": ui.Warning, "declined": ui.Neutral, "decided": ui.Info, "in_place": ui.Success, "measured": ui.Success}

// recommendations shows each recommendation with the answer, who does what,
// how far it has come, and what shows it.
func (p *pages) recommendations(ctx context.Context, u *uptake.Uptake, names map[string]string) (ui.TableProps, error) {
	t := ui.TableProps{Caption: lang.T(ctx, "uptake.part.recommendations"), HideCaption: true, Cards: true, Columns: []ui.Column{
		{Label: lang.T(ctx, "uptake.column.recommendation")}, {Label: lang.T(ctx, "uptake.column.answer")}, {Label: lang.T(ctx, "uptake.column.who_does")},
		{Label: lang.T(ctx, "uptake.column.stage")}, {Label: lang.T(ctx, "uptake.column.evidence")},
	}}
	language := foreign(ctx, u.Lang)
	for _, r := range u.Recommendations.V {
		answer, err := p.link(ctx, u, "answer", "recommendation", strconv.Itoa(r.ID))
		if err != nil {
			return t, err
		}
		var does []string
		var evidence []string
		for _, a := range u.ActionsFor(r.ID) {
			does = append(does, lang.T(ctx, "uptake.does", "who", names[a.Owner], "what", a.Text))
			if a.Evidence != "" {
				evidence = append(evidence, a.Evidence)
			}
		}
		s := stage(u, r)
		t.Rows = append(t.Rows, []templ.Component{
			recommendationCell(language, r), answerCell(language, r, answer), linesCell(language, does),
			ui.Tag(stageTones[s], lang.T(ctx, "uptake.stage."+s)), evidenceCell(evidence),
		})
	}
	return t, nil
}

func (p *pages) findings(ctx context.Context, u *uptake.Uptake) ([]findingView, error) {
	out := make([]findingView, len(u.Findings.V))
	for i, f := range u.Findings.V {
		id := strconv.Itoa(f.ID)
		v := findingView{Finding: f}
		for _, x := range f.Implications {
			v.Tags = append(v.Tags, ui.TagProps{Tone: ui.Info, Text: lang.T(ctx, "uptake.implication."+x)})
		}
		var err error
		if v.Assess, err = p.link(ctx, u, "assess", "finding", id); err != nil {
			return nil, err
		}
		if v.Edit, err = p.link(ctx, u, "edit_finding", "finding", id, "text", f.Text, "limits", f.Limits); err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// actions shows the plan's actions in the order of their deadlines.
func (p *pages) actions(ctx context.Context, u *uptake.Uptake, names map[string]string) (ui.TableProps, error) {
	t := ui.TableProps{Caption: lang.T(ctx, "uptake.part.actions"), HideCaption: true, Cards: true, Columns: []ui.Column{
		{Label: lang.T(ctx, "uptake.column.action")}, {Label: lang.T(ctx, "uptake.column.owner")}, {Label: lang.T(ctx, "uptake.column.due")},
		{Label: lang.T(ctx, "uptake.column.status")}, {Label: lang.T(ctx, "uptake.column.evidence")},
	}}
	may, err := p.may(ctx, u, "update_action")
	if err != nil {
		return t, err
	}
	today, language := p.Site.Engine.Today(ctx), foreign(ctx, u.Lang)
	list := slices.Clone(u.Actions.V)
	slices.SortStableFunc(list, func(a, b uptake.Action) int { return a.Due.Compare(b.Due) })
	late := u.Overdue(today)
	for _, a := range list {
		to := ""
		if may && p.Service.MayUpdate(ctx, u, a) {
			if to, err = p.link(ctx, u, "update_action", "action", strconv.Itoa(a.ID), "status", a.Status); err != nil {
				return t, err
			}
		}
		isLate := slices.ContainsFunc(late, func(x uptake.Action) bool { return x.ID == a.ID })
		var evidence []string
		if a.Evidence != "" {
			evidence = []string{a.Evidence}
		}
		t.Rows = append(t.Rows, []templ.Component{
			passage(language, a.Text), ui.Str(names[a.Owner]), dueCell(lang.Day(ctx, a.Due), daysOver(ctx, a.Due, today, isLate)), statusCell(language, a, to), evidenceCell(evidence),
		})
	}
	return t, nil
}

// side tells the facts of an uptake and where it stands.
func (p *pages) side(c *web.Context, u *uptake.Uptake) (templ.Component, error) {
	ctx := c.Ctx()
	names, err := p.names(ctx, u.Owner, u.CaseWorker)
	if err != nil {
		return nil, err
	}
	var facts []ui.Fact
	add := func(key, text string) {
		if text != "" {
			facts = append(facts, ui.Fact{Label: lang.T(ctx, key), Text: text})
		}
	}
	add("relation.subject_owner", names[u.Owner])
	add("relation.case_worker", names[u.CaseWorker])
	add("uptake.field.theme", p.themeName(ctx, u.Theme))
	if u.Outcome == "" && !u.Due.IsZero() {
		add("uptake.decide_by", lang.Day(ctx, u.Due))
	}
	if _, total := u.Progress(); total > 0 {
		add("uptake.column.actions", progress(ctx, u))
	}
	if !u.NextDue.IsZero() {
		add("uptake.next_due", lang.Day(ctx, u.NextDue))
	}
	items, err := p.thread(ctx, u)
	if err != nil {
		return nil, err
	}
	return sideColumn(p.steps(ctx, u), facts, items), nil
}

// steps shows the way from the report to use, and where the uptake stands on it.
func (p *pages) steps(ctx context.Context, u *uptake.Uptake) []ui.Step {
	way := []string{"findings", "implications", "decision", "plan", "carried_out", "followed_up"}
	at := map[string]int{
		uptake.Opened: 0, uptake.Registered: 1, uptake.Assessed: 2, uptake.Decided: 3, uptake.Planned: 4, uptake.Running: 4, uptake.FollowedUp: 5, uptake.Closed: 6,
	}[u.State]
	if u.Outcome != "" && !u.Uses() {
		way = way[:3] // a no ends here, with its reason
	}
	today := p.Site.Engine.Today(ctx)
	out := make([]ui.Step, len(way))
	for i, w := range way {
		s := ui.Step{Title: lang.T(ctx, "uptake.way."+w), State: ui.StepTodo}
		switch {
		case i < at:
			s.State = ui.StepDone
		case i == at:
			s.State = ui.StepCurrent
			if u.Late(today) || len(u.Overdue(today)) > 0 {
				s.State = ui.StepLate
			}
		}
		if d := dateOf(u, w); !d.IsZero() && i <= at {
			s.Date = lang.Date(ctx, d)
		}
		out[i] = s
	}
	return out
}

func dateOf(u *uptake.Uptake, step string) time.Time {
	switch step {
	case "decision":
		return u.DecidedAt
	case "plan":
		return u.PlannedAt
	}
	return time.Time{}
}

// thread lists what the uptake rests on: the needs, the project, the report.
func (p *pages) thread(ctx context.Context, u *uptake.Uptake) ([]ui.Item, error) {
	heads, edges, err := p.Site.Engine.Thread(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	ids := []string{u.Project, u.Publication}
	for _, x := range edges {
		if x.From == u.Project && x.Rel == "answers" {
			ids = append(ids, x.To)
		}
	}
	var list []record.Head
	for _, id := range ids {
		if h, ok := heads[id]; ok {
			list = append(list, h)
		}
	}
	order := []string{"need", "project", "publication"}
	slices.SortFunc(list, func(a, b record.Head) int {
		if d := slices.Index(order, a.Kind) - slices.Index(order, b.Kind); d != 0 {
			return d
		}
		return strings.Compare(a.Number, b.Number)
	})
	var out []ui.Item
	for _, h := range list {
		k, ok := p.Site.Engine.Kind(h.Kind)
		if !ok {
			continue
		}
		_, path := k.Paths()
		out = append(out, ui.Item{
			Kicker: lang.T(ctx, h.Kind+".name") + " " + h.Number, Title: h.Title, Href: path + "/" + h.Number, Lang: foreign(ctx, h.Lang),
			Tags: recordweb.ListTags(ctx, p.Site.Engine, &h),
		})
	}
	return out, nil
}

// host gives where an address leads, for the text of a link.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return strings.TrimPrefix(u.Host, "www.")
}
