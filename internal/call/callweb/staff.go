package callweb

import (
	"context"
	"funn/internal/org"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// bodyProps is the content of a call's page for those who work on it.
type bodyProps struct {
	Lang, Note   string
	Notices      []notice
	Cancel       string // where it is proposed to cancel what nobody can apply to; empty otherwise
	Steps        []ui.Step
	Missing      []ui.Task // what stands in the way of the approval
	Preparing    bool
	Facts        []ui.Fact
	Criteria     *ui.TableProps
	AddCriterion string          // where one is added; empty when the reader may not
	Funnel       templ.Component // nothing while the numbers are not told
	NoNumbers    string
	LedTo        []ui.Item
}

type notice struct {
	Tone ui.Tone
	Text string
}

// body is the content of a call's page. The numbers are there once the awards are
// announced.
func (p *pages) body(c *web.Context, x *call.Call) (templ.Component, error) {
	ctx := c.Ctx()
	b := bodyProps{Lang: x.Lang, Note: x.Note, Preparing: x.State == call.Draft || x.State == call.Approved}
	b.Notices = changes(ctx, x)
	if c.Actor.Staff {
		b.Notices = append(b.Notices, internalNotices(ctx, x)...)
	}
	if c.Actor.Has(org.FoU) || c.Actor.ID == x.Owner { // who answer the sketches
		none, err := p.Service.NoneInvited(ctx, x)
		if err != nil {
			return nil, err
		}
		if none {
			b.Notices = append(b.Notices, notice{ui.Warning, lang.T(ctx, "call.none_invited."+map[bool]string{true: "before", false: "after"}[x.State == call.Assessment1])})
			if href := p.form(ctx, x, "propose_cancel"); href != "" && x.CancelBy == "" && x.State != call.Assessment1 {
				b.Cancel = href
			}
		}
	}
	b.Steps = p.steps(ctx, x)
	var err error
	if b.Facts, err = p.facts(c, x); err != nil {
		return nil, err
	}
	if x.State == call.Draft {
		if b.Missing, err = p.missing(ctx, x); err != nil {
			return nil, err
		}
		b.AddCriterion = p.form(ctx, x, "set_criterion")
	}
	if len(x.Criteria.V) > 0 {
		b.Criteria = criteriaTable(ctx, x, b.AddCriterion)
	}
	switch {
	case !x.Told():
		b.NoNumbers = lang.T(ctx, "call.not_told")
	case !numbers(x):
		b.NoNumbers = lang.T(ctx, "call.no_numbers")
	default:
		b.Funnel = funnel(ctx, x)
	}
	if b.LedTo, err = p.ledTo(ctx, x); err != nil {
		return nil, err
	}
	return callBody(b), nil
}

// internalNotices tell those who work here what the public does not see.
func internalNotices(ctx context.Context, x *call.Call) []notice {
	var out []notice
	if x.CancelBy != "" && x.State != call.Cancelled {
		out = append(out, notice{ui.Warning, lang.T(ctx, "call.cancel_proposed", "reason", x.CancelReason)})
	}
	if x.State == call.Approved {
		out = append(out, notice{ui.Info, lang.T(ctx, "call.opens_by_itself", "date", lang.Date(ctx, x.OpensAt()), "deadline", deadline(ctx, x))})
	}
	if a := x.Announced.V; a != nil && (x.State == call.Draft || x.State == call.Approved) {
		out = append(out, notice{ui.Info, lang.T(ctx, "call.announced_stands")})
	}
	return out
}

// changes tell everybody why the call was cancelled or its deadline moved.
func changes(ctx context.Context, x *call.Call) []notice {
	var out []notice
	switch {
	case x.State == call.Cancelled && x.CancelReason != "":
		out = append(out, notice{ui.Warning, lang.T(ctx, "call.now.cancelled", "reason", x.CancelReason)})
	case x.State == call.Cancelled: // before Funn
		out = append(out, notice{ui.Warning, lang.T(ctx, "call.label.cancelled")})
	}
	for _, e := range x.Extensions.V {
		out = append(out, notice{ui.Warning, lang.T(ctx, "call.extended", "from", lang.DateTime(ctx, e.From), "to", lang.DateTime(ctx, e.To), "reason", e.Reason)})
	}
	return out
}

// missing lists what stands in the way of the approval, as the engine says it, each
// with the way to the form that mends it.
func (p *pages) missing(ctx context.Context, x *call.Call) ([]ui.Task, error) {
	v, err := p.Service.Lacks(ctx, x)
	if err != nil {
		return nil, err
	}
	out := make([]ui.Task, len(v))
	for i, r := range v {
		out[i] = ui.Task{
			Title: lang.T(ctx, r.Key, web.Args(ctx, r.Args)...), Href: p.mends(ctx, x, r),
			State: ui.TagProps{Tone: ui.Warning, Text: lang.T(ctx, "call.is_missing")},
		}
	}
	return out, nil
}

// form gives the address of a command's form; empty when the reader may not give it
// now.
func (p *pages) form(ctx context.Context, x *call.Call, command string) string {
	for _, k := range p.Service.Kind.Lifecycle().From(x.State) {
		if k.Name == command && !k.System && access.Allows(k.Who, access.From(ctx), p.Service.Kind.Subject(x)) {
			return address(x.Number) + "/" + k.Path
		}
	}
	return ""
}

// worked are the pages on which what stops a step of a call is mended, below its
// address, or elsewhere.
var worked = map[string]string{
	"call.blocked.unanswered": "/svar", "call.blocked.unproposed": "/soknader", "call.blocked.unjudged_others": "/soknader",
	"call.blocked.undecided": "/soknader", "call.blocked.beyond_frame": "/soknader", "call.blocked.beyond_frame_others": "/soknader",
}

// mends gives the address at which the reader mends what stops a command.
func (p *pages) mends(ctx context.Context, x *call.Call, r record.Reason) string {
	switch {
	case r.Key == "call.blocked.unjudged" && len(r.Args) > 1: // its number comes first
		if number, ok := r.Args[1].(string); ok {
			return "/soknad/" + url.PathEscape(number) + "#vurderinger"
		}
	case r.Key == "call.blocked.minutes":
		return "/mote"
	case worked[r.Key] != "":
		return address(x.Number) + worked[r.Key]
	}
	return p.form(ctx, x, call.Mends(r.Key))
}

// assessed are the states from which on there can be cases to read.
var assessed = []string{call.Assessment1, call.Open2, call.Assessment2, call.Proposed, call.Decided, call.Announced, call.Closed}

// facts tells the frame and the terms of the call, and to those who work here for
// whom and for what it is.
func (p *pages) facts(c *web.Context, x *call.Call) ([]ui.Fact, error) {
	ctx := c.Ctx()
	out := p.terms(ctx, x)
	if shown, ok := x.Shown(); ok {
		out = append(out, ui.Fact{Label: lang.T(ctx, "call.public_page"), Text: shown.Title, Href: x.PublicURL()})
	}
	if !c.Actor.Staff {
		return out, nil
	}
	if x.Owner != "" && slices.Contains(assessed, x.State) { // one that is run in Funn
		out = append(out, ui.Fact{Label: lang.T(ctx, "call.cases"), Value: ui.Group(
			ui.Link(address(x.Number)+"/skisser", lang.T(ctx, "call.cases_sketch")), ui.Str(" · "), ui.Link(address(x.Number)+"/soknader", lang.T(ctx, "call.cases_application")))})
	}
	if slices.Contains([]string{call.Assessment1, call.Open2}, x.State) && (c.Actor.Has(org.FoU) || x.Owner == c.Actor.ID) {
		out = append(out, ui.Fact{Label: lang.T(ctx, "call.next_step"), Text: lang.T(ctx, "call.answer_sketches"), Href: address(x.Number) + "/svar"})
	}
	if slices.Contains([]string{call.Assessment2, call.Proposed, call.Announced}, x.State) && c.Actor.Has(org.FoU) {
		coming, err := p.meets(ctx, x)
		if err != nil {
			return nil, err
		}
		if !coming {
			out = append(out, ui.Fact{Label: lang.T(ctx, "call.next_step"), Text: lang.T(ctx, "call.plan_meeting"), Href: "/mote/nytt?call=" + url.QueryEscape(x.ID)})
		}
	}
	if x.MonthsReason != "" {
		out = append(out, ui.Fact{Label: lang.T(ctx, "call.months_reason"), Text: x.MonthsReason})
	}
	people := strings.Fields(x.Owner + " " + x.ContentBy)
	if len(people) > 0 {
		names, err := p.Site.Names(ctx, people...)
		if err != nil {
			return nil, err
		}
		out = append(out, ui.Fact{Label: lang.T(ctx, "call.field.owner"), Text: names[x.Owner]})
		if !x.ContentAt.IsZero() {
			out = append(out, ui.Fact{Label: lang.T(ctx, "call.content_approved"), Text: names[x.ContentBy] + ", " + lang.Date(ctx, x.ContentAt)})
		}
	}
	heads, err := p.Site.Engine.Heads(ctx, x.Needs.V...)
	if err != nil {
		return nil, err
	}
	for _, id := range x.Needs.V {
		if h, ok := heads[id]; ok {
			out = append(out, ui.Fact{Label: lang.T(ctx, "need.name"), Text: h.Number + " " + h.Title, Href: "/behov/" + url.PathEscape(h.Number)})
		}
	}
	return out, nil
}

// meets says whether there is a meeting on the call that is not over.
func (p *pages) meets(ctx context.Context, x *call.Call) (bool, error) {
	heads, err := p.Service.Meetings(ctx, x.ID)
	return slices.ContainsFunc(heads, func(h record.Head) bool { return !p.Site.Engine.LabelOf(h.Kind, h.State).Final }), err
}

// terms are the facts that everybody may know.
func (p *pages) terms(ctx context.Context, x *call.Call) []ui.Fact {
	var out []ui.Fact
	fact := func(key, text string) {
		if text != "" {
			out = append(out, ui.Fact{Label: lang.T(ctx, key), Text: text})
		}
	}
	fact("call.field.theme", p.theme(ctx, x))
	fact("call.field.frame", frame(ctx, x))
	if x.MaxMonths > 0 {
		fact("call.field.max_months", lang.Months(ctx, x.MaxMonths))
	}
	if x.Presentations > 0 {
		fact("call.field.presentations", lang.TN(ctx, "call.presentations", x.Presentations))
	}
	if x.AppealBody != "" {
		fact("call.fact.appeal_body", lang.T(ctx, "call.appeal_body."+x.AppealBody))
	}
	if x.Feedback != "" {
		fact("call.fact.feedback", lang.T(ctx, "call.feedback."+x.Feedback))
	}
	return out
}

// behind are the states in which what a date is for has been done.
var behind = map[string][]string{
	"answer":           {call.Open2, call.Assessment2, call.Proposed, call.Decided, call.Announced, call.Closed},
	"applications_due": {call.Assessment2, call.Proposed, call.Decided, call.Announced, call.Closed},
	"decision":         {call.Announced, call.Closed},
}

// steps are the call's dates in their order: what has been, what is now, what is to
// come. A day that passed without the call opening is late.
func (p *pages) steps(ctx context.Context, x *call.Call) []ui.Step {
	now := p.Site.Engine.Now(ctx)
	today := p.Site.Engine.Today(ctx)
	waiting := x.State == call.Planned || x.State == call.Draft || x.State == call.Approved
	passed := func(field string, w call.When) bool {
		if field == "deadline" && !x.ClosesAt().IsZero() {
			return x.Over(now)
		}
		if field == "opens" && w.Exact() {
			return !today.Before(w.From)
		}
		if slices.Contains(behind[field], x.State) {
			return true // it may have come earlier than its day
		}
		return w.To.Before(today)
	}
	var out []ui.Step
	current := false
	for _, field := range call.Dates {
		w := x.Date(field)
		if !w.Known() {
			continue
		}
		s := ui.Step{Title: lang.T(ctx, "call.field."+field), Date: dateText(ctx, w), State: ui.StepTodo}
		if field == "deadline" {
			s.Date = deadline(ctx, x)
		}
		switch {
		case x.State == call.Cancelled:
		case passed(field, w) && waiting && field != "starts":
			s.State = ui.StepLate
		case passed(field, w):
			s.State = ui.StepDone
		case !current:
			s.State, current = ui.StepCurrent, true
		}
		out = append(out, s)
	}
	return out
}

// deadline writes the deadline as exactly as it is known, with its time of day.
func deadline(ctx context.Context, x *call.Call) string {
	at := x.ClosesAt()
	switch {
	case !x.Deadline.V.Known():
		return unset(ctx, x)
	case at.IsZero():
		return dateText(ctx, x.Deadline.V)
	case at.Second() != 0:
		return lang.T(ctx, "call.to_the_second", "date", lang.DateTime(ctx, at), "second", strconv.Itoa(at.Second()))
	}
	return lang.DateTime(ctx, at)
}

// dateText writes a date as words; in English without those of the source, which
// are Norwegian.
func dateText(ctx context.Context, w call.When) string {
	switch english := lang.From(ctx).Tag() == lang.EN; {
	case !w.Known():
		return lang.T(ctx, "date.unknown")
	case w.Text != "" && !english:
		return w.Text
	}
	switch w.Precision() {
	case "day":
		return lang.Day(ctx, w.From)
	case "month":
		return lang.Month(ctx, w.From)
	case "year":
		return strconv.Itoa(w.From.Year())
	}
	return lang.Day(ctx, w.From) + " – " + lang.Day(ctx, w.To)
}

// criteriaTable shows what sketches are judged by, who does it and how much it
// counts; with links to the form where a criterion is changed, when there is one.
func criteriaTable(ctx context.Context, x *call.Call, form string) *ui.TableProps {
	title := lang.T(ctx, "call.criteria")
	t := &ui.TableProps{Caption: title, HideCaption: true, Cards: true}
	for _, key := range []string{"call.criterion_name", "call.criterion_meaning", "call.field.weight", "call.field.principles", "call.field.assessor"} {
		t.Columns = append(t.Columns, ui.Column{Label: lang.T(ctx, key)})
	}
	for _, k := range x.Criteria.V {
		name, meaning, in := k.In(lang.From(ctx).Tag())
		var principles []string
		for _, code := range k.Principles {
			principles = append(principles, lang.T(ctx, "call.principle."+code))
		}
		cell := inLanguage(foreign(ctx, string(in)), name)
		if form != "" {
			cell = ui.Link(form+"?criterion="+strconv.Itoa(k.ID), name)
		}
		t.Rows = append(t.Rows, []templ.Component{
			cell, inLanguage(foreign(ctx, string(in)), meaning), ui.Str(lang.Percent(ctx, float64(k.Weight)/100, 0)),
			ui.Str(strings.Join(principles, ", ")), ui.Str(lang.T(ctx, "call.assessor."+k.Assessor)),
		})
	}
	return t
}

// foreign gives the language of a text when it is not the page's.
func foreign(ctx context.Context, language string) string {
	if language == string(lang.From(ctx).Tag()) {
		return ""
	}
	return language
}

// ledTo lists what came of the call, as far as the reader may see it.
func (p *pages) ledTo(ctx context.Context, x *call.Call) ([]ui.Item, error) {
	heads, err := p.Service.LedTo(ctx, x.ID)
	if err != nil {
		return nil, err
	}
	var out []ui.Item
	for _, h := range heads {
		out = append(out, p.item(ctx, h))
	}
	return out, nil
}

func (p *pages) item(ctx context.Context, h record.Head) ui.Item {
	item := ui.Item{Kicker: lang.T(ctx, h.Kind+".name") + " " + h.Number, Title: h.Title, Tags: recordweb.ListTags(ctx, p.Site.Engine, &h), Lang: foreign(ctx, h.Lang)}
	if k, ok := p.Site.Engine.Kind(h.Kind); ok {
		_, path := k.Paths()
		item.Href = path + "/" + url.PathEscape(h.Number)
	}
	return item
}

// preview shows the call as applicants will see it once it is open.
func (p *pages) preview(c *web.Context, x *call.Call) (templ.Component, error) {
	ctx := c.Ctx()
	b, err := p.publicProps(ctx, x)
	if err != nil {
		return nil, err
	}
	b.Calendar = ""
	return previewPage(b, x.State == call.Planned || x.State == call.Draft || x.State == call.Approved), nil
}
