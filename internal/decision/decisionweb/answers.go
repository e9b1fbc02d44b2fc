package decisionweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// answersProps is the page on which all sketches of a call are answered.
type answersProps struct {
	Title  string
	Call   ui.Crumb
	Table  ui.TableProps
	Form   ui.FormProps
	Cases  []answerCase
	Others string // where the next step is
}

type answerCase struct {
	Title, Lang string
	Outcome     ui.Field
	Options     []ui.Option
	Reasons     ui.Field
}

// sketches gives the call of the address and those of its sketches that the reader
// may see.
func (p *pages) sketches(c *web.Context) (*call.Call, []*application.Submission, error) {
	ctx := c.Ctx()
	of, err := p.Calls.Kind.ByNumber(ctx, c.Path("number"))
	if err != nil {
		return nil, nil, err
	}
	if !c.Actor.Has(org.FoU) && of.Owner != c.Actor.ID {
		return nil, nil, fault.Missing()
	}
	all, err := p.Cases.CasesOf(ctx, of.ID, application.Sketch)
	if err != nil {
		return nil, nil, err
	}
	return of, slices.DeleteFunc(all, func(x *application.Submission) bool {
		return !p.Cases.Sketches.May(ctx, x) || !x.HasFlag(application.Opened)
	}), nil
}

func (p *pages) answers(c *web.Context) error {
	of, sketches, err := p.sketches(c)
	if err != nil {
		return err
	}
	return p.showAnswers(c, http.StatusOK, of, sketches, nil, nil, web.NewKey())
}

// propose saves the proposals of the whole page, each as its own command. What is
// wrong with one stands at it; the others are saved.
func (p *pages) propose(c *web.Context) error {
	of, sketches, err := p.sketches(c)
	if err != nil {
		return err
	}
	sent, err := c.ReadForm()
	if err != nil {
		return err
	}
	ctx, key := c.Ctx(), sent.Get("_key")
	wrong := map[string]*fault.Error{}
	saved := 0
	for _, x := range sketches {
		outcome, reasons := sent.Get("outcome-"+x.Number), sent.Get("reasons-"+x.Number)
		version, _ := strconv.Atoi(sent.Get("version-" + x.Number)) // none is as good as one that cannot be read
		if a := x.Answer.V; outcome == "" || a != nil && a.Outcome == outcome && strings.TrimSpace(strings.ReplaceAll(reasons, "\r\n", "\n")) == a.Reasons {
			continue
		}
		cmd, _ := p.Cases.Sketches.Lifecycle().Command("propose_answer")
		values, err := form.Parse(ctx, cmd.Fields, url.Values{"outcome": {outcome}, "reasons": {reasons}}, nil, x)
		if err == nil {
			_, err = p.Cases.Sketches.Do(ctx, x.ID, "propose_answer", record.Input{Values: values, Version: version, Request: request(key, x.Number)})
		}
		if f, ok := fault.As(err); ok {
			wrong[x.Number] = f
			continue
		}
		if err != nil {
			return err
		}
		saved++
	}
	if len(wrong) > 0 {
		return p.showAnswers(c, http.StatusUnprocessableEntity, of, sketches, sent, wrong, web.NewKey())
	}
	return c.Redirect("/utlysning/"+url.PathEscape(of.Number)+"/svar", lang.TN(ctx, "meeting.answers_saved", saved))
}

// request is the key of one of the forms on the page.
func request(key, number string) string {
	if key == "" || len(key) > 40 {
		return ""
	}
	return key + "/" + number
}

func (p *pages) showAnswers(c *web.Context, status int, of *call.Call, sketches []*application.Submission, sent url.Values, wrong map[string]*fault.Error, key string) error {
	ctx := p.Cases.Reading(c.Ctx())
	title := lang.T(ctx, "meeting.answers")
	callPage := "/utlysning/" + url.PathEscape(of.Number)
	b := answersProps{Title: title, Call: ui.Crumb{Label: of.Number + " " + of.Title, Href: callPage}}
	b.Table = ui.TableProps{Caption: title, HideCaption: true, Cards: true, Empty: lang.T(ctx, "meeting.no_sketches")}
	for _, k := range []string{"sketch.name", "record.state", "meeting.asked", "meeting.answer", "meeting.agreed", "meeting.next"} {
		b.Table.Columns = append(b.Table.Columns, ui.Column{Label: lang.T(ctx, k)})
	}
	b.Form = ui.FormProps{Action: callPage + "/svar", Guard: true, Hidden: []ui.HiddenField{{Name: "_key", Value: key}}}
	for _, x := range sketches {
		row, err := p.answerRow(ctx, x)
		if err != nil {
			return err
		}
		b.Table.Rows = append(b.Table.Rows, row)
		can, err := p.can(ctx, x, "propose_answer")
		if err != nil {
			return err
		}
		if !can && wrong[x.Number] == nil {
			continue
		}
		k := p.answerCase(ctx, x, sent)
		if f := wrong[x.Number]; f != nil {
			k.Outcome.Error = web.FaultText(ctx, f)
			for _, field := range f.Fields {
				text := lang.T(ctx, field.Key, append(web.Args(ctx, field.Args), "field", k.Reasons.Label)...)
				if field.Name == "reasons" {
					k.Outcome.Error, k.Reasons.Error = "", text
				} else if field.Name != "" {
					k.Outcome.Error = text
				}
			}
			for _, e := range []ui.Field{k.Outcome, k.Reasons} {
				if e.Error != "" {
					b.Form.Errors = append(b.Form.Errors, ui.FieldError{ID: e.ID, Text: x.Title + ": " + e.Error})
				}
			}
		}
		b.Form.Hidden = append(b.Form.Hidden, ui.HiddenField{Name: "version-" + x.Number, Value: strconv.Itoa(x.Version)})
		b.Cases = append(b.Cases, k)
	}
	page := c.Page(title)
	page.Breadcrumb = []ui.Crumb{{Label: lang.T(ctx, "call.nav"), Href: "/utlysning"}, {Label: of.Number, Href: callPage}, {Label: title}}
	page.Section = of.Number
	page.Errors = len(b.Form.Errors)
	return c.Within(status, page, answersPage(b))
}

func (p *pages) answerCase(ctx context.Context, x *application.Submission, sent url.Values) answerCase {
	values := map[string][]string{}
	if a := x.Answer.V; a != nil {
		values["outcome"], values["reasons"] = []string{a.Outcome}, []string{a.Reasons}
	}
	p.Cases.Prefill(ctx, "propose_answer", x, values)
	if sent != nil {
		values["outcome"], values["reasons"] = sent["outcome-"+x.Number], sent["reasons-"+x.Number]
	}
	one := func(name string) string { return strings.Join(values[name], "") }
	k := answerCase{
		Title:   x.Number + " " + x.Title,
		Outcome: ui.Field{Name: "outcome-" + x.Number, ID: "svar-" + x.Number, Label: lang.T(ctx, "sketch.propose_answer.outcome"), Value: one("outcome"), Optional: true},
		Reasons: ui.Field{Name: "reasons-" + x.Number, ID: "grunn-" + x.Number, Label: lang.T(ctx, "sketch.propose_answer.reasons"), Hint: lang.T(ctx, "sketch.propose_answer.reasons.hint"), Value: one("reasons"), Max: 8000, Lang: x.Lang},
	}
	if x.Lang != string(lang.From(ctx).Tag()) {
		k.Lang = x.Lang
	}
	for _, o := range []string{application.Invite, application.Reject} {
		k.Options = append(k.Options, ui.Option{Value: o, Label: lang.T(ctx, "submission.outcome."+o)})
	}
	return k
}

// can says whether the reader could give the command to the case now.
func (p *pages) can(ctx context.Context, x *application.Submission, command string) (bool, error) {
	actions, err := p.Cases.Of(x.Kind).Actions(ctx, x)
	return slices.ContainsFunc(actions, func(a record.Action) bool { return a.Name == command && len(a.Verdict.Blocking) == 0 }), err
}

// answerRow says where the answer to a sketch stands, and what the reader does next.
func (p *pages) answerRow(ctx context.Context, x *application.Submission) ([]templ.Component, error) {
	a := x.Answer.V
	tag := recordweb.StateTag(ctx, p.Site.Engine, x.Base())
	proposal, agreed := ui.Str(lang.T(ctx, "meeting.not_proposed")), ""
	if a != nil {
		proposal = ui.TagList(outcomeTags(ctx, x))
		var names []string
		for _, s := range a.Stands {
			name, err := p.names(ctx, s.Person)
			if err != nil {
				return nil, err
			}
			names = append(names, lang.T(ctx, "meeting.agreed_for."+s.As, "who", strings.Join(name, "")))
		}
		agreed = strings.Join(names, ", ")
	}
	var next []templ.Component
	actions, err := p.Cases.Sketches.Actions(ctx, x)
	if err != nil {
		return nil, err
	}
	for _, act := range actions {
		if slices.Contains([]string{"agree_quality", "agree_relevance", "dismiss", "tell"}, act.Name) && len(act.Verdict.Blocking) == 0 {
			next = append(next, ui.LinkAbout(caseAddress(x)+"/"+act.Path, lang.T(ctx, "sketch."+act.Name+".button"), x.Title), ui.Str(" "))
		}
		if act.Name == "propose_answer" && len(act.Verdict.Blocking) > 0 && a == nil {
			for _, r := range act.Verdict.Blocking {
				next = append(next, recordweb.Reason(ctx, r, p.Cases.Mends(ctx, x, r)), ui.Str(" "))
			}
		}
	}
	return []templ.Component{ui.NameCell(caseAddress(x), x.Title, joined(x.Number, institution(x))), ui.Tag(tag.Tone, tag.Text), ui.Str(asked(ctx, x)), proposal, ui.Str(agreed), ui.Group(next...)}, nil
}
