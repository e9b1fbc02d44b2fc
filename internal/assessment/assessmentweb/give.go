package assessmentweb

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"funn/internal/assessment"
	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// giveProps is the page on which somebody is asked to assess one case or many.
type giveProps struct {
	Title, Sort, Back string
	Sorts             []ui.Tab
	Done              []string // what was asked for, when something else was not
	Form              ui.FormProps
	Case, Person      ui.Field
	Cases             []ui.Option
	Ticked            []string
	People            []ui.Option
	Name, Email, Org  ui.Field
	Orgs              []ui.Option
	Due               ui.Field
}

// giving is what the page is about.
type giving struct {
	of    *call.Call
	stage stage
	sort  string
}

func (p *Pages) giving(c *web.Context, v url.Values) (g giving, err error) {
	if !c.Actor.Has(org.FoU) {
		return g, fault.New(fault.Forbidden, "error.forbidden")
	}
	if g.of, err = p.Calls.Kind.ByNumber(c.Ctx(), v.Get("utlysning")); err != nil {
		return g, err
	}
	g.stage = stages[0]
	if v.Get("trinn") == stages[1].path {
		g.stage = stages[1]
	}
	if g.sort = v.Get("slag"); !slices.Contains(assessment.Sorts, g.sort) {
		g.sort = assessment.BySection
	}
	return g, nil
}

func (p *Pages) give(c *web.Context) error {
	q := c.R.URL.Query()
	g, err := p.giving(c, q)
	if err != nil {
		return err
	}
	values := url.Values{"case": q["sak"]}
	kept, err := c.Kept()
	if err != nil {
		return err
	}
	if kept != nil {
		values = kept
	}
	return p.showGive(c, http.StatusOK, g, values, nil, nil)
}

// giveOut asks for the assessments. What is in the way of one is told, and the others
// are asked for all the same.
func (p *Pages) giveOut(c *web.Context) error {
	ctx := c.Ctx()
	sent, err := c.ReadForm()
	if err != nil {
		return err
	}
	if other, err := c.SentByOther(sent); err != nil || other {
		if err == nil {
			err = errLogIn
		}
		return err
	}
	g, err := p.giving(c, sent)
	if err != nil {
		return err
	}
	var errs fault.Errors
	if len(sent["case"]) == 0 {
		errs.Add("case", "form.required.choices")
	}
	person, invited := sent.Get("assessor"), g.sort == assessment.External && strings.TrimSpace(sent.Get("email")) != ""
	if person == "" && !invited {
		errs.Add("assessor", "form.required.choice")
	}
	due, err := lang.ParseDate(sent.Get("due"))
	if err != nil {
		errs.Add("due", "form.day")
	} else if due.Before(p.Site.Engine.Today(ctx)) {
		errs.Add("due", "assessment.due_passed")
	}
	if err = errs.Err(); err == nil && person == "" {
		person, err = p.Service.Invite(ctx, strings.TrimSpace(sent.Get("name")), strings.TrimSpace(sent.Get("email")), sent.Get("organisation"))
	}
	if f, ok := fault.As(err); ok && len(f.Fields) > 0 {
		return p.showGive(c, http.StatusUnprocessableEntity, g, sent, f.Fields, nil)
	} else if err != nil {
		return err
	}
	outcomes, err := p.Service.Distribute(ctx, sent["case"], g.sort, person, due.Format("2006-01-02"))
	if err != nil {
		return err
	}
	var done []string
	var wrong []fault.Field
	left := []string{}
	for _, o := range outcomes {
		if o.Err == nil {
			done = append(done, o.Case)
			continue
		}
		left = append(left, o.Case)
		f, _ := fault.As(o.Err)
		text := c.FaultText(f)
		if len(f.Fields) > 0 {
			text = lang.T(ctx, f.Fields[0].Key, web.Args(ctx, f.Fields[0].Args)...)
		}
		wrong = append(wrong, fault.Field{Name: "", Key: "assessment.give.failed", Args: []any{"case", o.Case, "why", text}})
	}
	if len(wrong) > 0 {
		sent["case"] = left
		return p.showGive(c, http.StatusConflict, g, sent, wrong, done)
	}
	return c.Redirect("/utlysning/"+url.PathEscape(g.of.Number)+"/"+g.stage.path, lang.TN(ctx, "assessment.give.sent", len(done)))
}

func (p *Pages) showGive(c *web.Context, status int, g giving, values url.Values, errs []fault.Field, done []string) error {
	ctx := c.Ctx()
	b := giveProps{Title: lang.T(ctx, "assessment.give.title"), Sort: g.sort, Done: done, Ticked: values["case"]}
	b.Back = "/utlysning/" + url.PathEscape(g.of.Number) + "/" + g.stage.path
	for _, s := range assessment.Sorts {
		q := url.Values{"utlysning": {g.of.Number}, "trinn": {g.stage.path}, "slag": {s}}
		if len(values["case"]) > 0 {
			q["sak"] = values["case"]
		}
		b.Sorts = append(b.Sorts, ui.Tab{Label: lang.T(ctx, "assessment.sort."+s), Href: "/vurdering/ny?" + q.Encode(), Current: s == g.sort})
	}
	cases, err := p.Service.CasesOf(ctx, g.of.ID, g.stage.kind)
	if err != nil {
		return err
	}
	given := map[string][]string{}
	var ids []string
	for _, x := range cases {
		ids = append(ids, x.ID)
	}
	list, err := p.Service.Of(ctx, ids...)
	if err != nil {
		return err
	}
	var people []string
	for _, a := range list {
		people = append(people, a.Assessor)
	}
	names, err := p.Site.Names(ctx, people...)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Sort == g.sort && (a.Open() || a.State == assessment.Delivered) {
			given[a.Case] = append(given[a.Case], names[a.Assessor])
		}
	}
	for _, x := range cases {
		if assessment.Over(x) {
			continue
		}
		o := ui.Option{Value: x.Number, Label: x.Number + " " + x.Title}
		if who := given[x.ID]; len(who) > 0 {
			o.Hint = lang.T(ctx, "assessment.give.has", "who", strings.Join(who, ", "))
		}
		b.Cases = append(b.Cases, o)
	}
	candidates, err := p.Service.Candidates(ctx, g.sort)
	if err != nil {
		return err
	}
	options := func(of []form.Option) (out []ui.Option) {
		for _, o := range of {
			out = append(out, ui.Option{Value: o.Value, Label: o.Label})
		}
		return out
	}
	b.People = options(candidates)
	field := func(name, label string) ui.Field {
		f := ui.Field{Name: name, ID: "felt-" + name, Label: label, Value: values.Get(name)}
		for _, e := range errs {
			if e.Name == name && f.Error == "" {
				f.Error = lang.T(ctx, e.Key, append(web.Args(ctx, e.Args), "field", label)...)
				b.Form.Errors = append(b.Form.Errors, ui.FieldError{ID: f.ID, Text: f.Error})
			}
		}
		return f
	}
	b.Case, b.Person = field("case", lang.T(ctx, "assessment.give.cases")), field("assessor", lang.T(ctx, "assessment.request.assessor"))
	if g.sort == assessment.External {
		b.Name, b.Email, b.Org = field("name", lang.T(ctx, "assessment.give.name")), field("email", lang.T(ctx, "assessment.give.email")), field("organisation", lang.T(ctx, "assessment.give.organisation"))
		b.Email.Type = "email"
		all, err := p.Organisations(ctx, nil)
		if err != nil {
			return err
		}
		b.Orgs = options(all)
	}
	b.Due = field("due", lang.T(ctx, "assessment.field.due"))
	for _, e := range errs {
		if e.Name == "" {
			b.Form.Errors = append(b.Form.Errors, ui.FieldError{Text: lang.T(ctx, e.Key, e.Args...)})
		}
	}
	b.Form.Action, b.Form.Guard = "/vurdering/ny", true
	b.Form.Hidden = []ui.HiddenField{{Name: "utlysning", Value: g.of.Number}, {Name: "trinn", Value: g.stage.path}, {Name: "slag", Value: g.sort}}
	page := c.Page(b.Title)
	page.Section = g.of.Title
	page.Errors = len(b.Form.Errors)
	page.Breadcrumb = []ui.Crumb{{Label: lang.T(ctx, "call.nav"), Href: "/utlysning"}, {Label: g.of.Number, Href: "/utlysning/" + url.PathEscape(g.of.Number)}, {Label: lang.T(ctx, g.stage.kind+".name_plural"), Href: b.Back}, {Label: b.Title}}
	return c.Within(status, page, givePage(b))
}
