package assessmentweb

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"funn/internal/application"
	"funn/internal/assessment"
	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

var errLogIn = fault.New(fault.Unauthorised, "error.unauthorised")

// bodyProps is the content of an assessment's page.
type bodyProps struct {
	Facts    []ui.Fact
	Notices  []notice
	Progress string
	Parts    []ui.Task
	Content  string // where what the applicant wrote is read; empty when not yet
	Given    []givenProps
	Summary  []ui.Answer
}

type notice struct {
	Tone ui.Tone
	Text string
}

// givenProps is what was answered by one criterion.
type givenProps struct {
	ID, Title, Lang string
	Answers         []ui.Answer
}

// mine says whether the actor is the assessor.
func mine(ctx context.Context, a *assessment.Assessment) bool {
	return slices.Contains(access.From(ctx).As, a.Assessor)
}

// reading says whether the actor reads the case with the assessment: from the moment
// on that they have said that nothing makes them unfit to.
func reading(ctx context.Context, a *assessment.Assessment) bool {
	return mine(ctx, a) && slices.Contains([]string{assessment.Accepted, assessment.Begun, assessment.Delivered}, a.State)
}

// body is the content of an assessment's page. What it says is shown to the assessor,
// and to others once it is delivered.
func (p *Pages) body(c *web.Context, a *assessment.Assessment) (templ.Component, error) {
	ctx := c.Ctx()
	of, err := p.Service.CallOf(ctx, a)
	if err != nil {
		return nil, err
	}
	x, err := p.Service.CaseOf(ctx, a)
	if err != nil {
		return nil, err
	}
	b := bodyProps{}
	if b.Facts, err = p.facts(ctx, a, x, of); err != nil {
		return nil, err
	}
	if a.State == assessment.Delivered && a.After {
		b.Notices = append(b.Notices, notice{ui.Warning, lang.T(ctx, "assessment.came_after")})
	} else if a.Late {
		b.Notices = append(b.Notices, notice{ui.Info, lang.T(ctx, "assessment.came_late")})
	}
	if reading(ctx, a) {
		b.Content = address(a.Number) + "/innhold"
	}
	switch {
	case a.State == assessment.Delivered, mine(ctx, a) && len(a.Scores.V) > 0 && !a.Open():
		b.Given, b.Summary = p.given(ctx, a, of)
	case reading(ctx, a):
		b.Parts = p.parts(ctx, a, of)
		b.Progress = lang.T(ctx, "assessment.progress", "done", len(a.Criteria.V)-len(a.Lacks()), "of", len(a.Criteria.V))
	}
	return assessmentBody(b), nil
}

// facts tell what is assessed, by whom and by when. Before somebody has answered the
// question of conflict they are told just what they need to answer it: who applies.
func (p *Pages) facts(ctx context.Context, a *assessment.Assessment, x *application.Submission, of *call.Call) ([]ui.Fact, error) {
	names, err := p.Site.Names(ctx, a.Assessor)
	if err != nil {
		return nil, err
	}
	title, _ := of.TitleIn(lang.From(ctx).Tag())
	out := []ui.Fact{{Label: lang.T(ctx, "call.name"), Text: title, Href: of.PublicURL()}, {Label: lang.T(ctx, x.Kind+".name"), Text: x.Number}}
	if access.From(ctx).Staff && p.Cases.Of(x.Kind).May(ctx, x) {
		out[1].Href = caseAddress(x)
	}
	add := func(key, text string) {
		if text != "" {
			out = append(out, ui.Fact{Label: lang.T(ctx, key), Text: text})
		}
	}
	if k := x.Content.V; k != nil && (mine(ctx, a) && a.State != assessment.Declined && a.State != assessment.Dropped || out[1].Href != "") {
		add("assessment.about", k.Title)
		add("assessment.institution", k.Institution.Name)
		add("assessment.leader", k.Leader.Name)
		for _, o := range k.Partners {
			add("assessment.partner", o.Name)
		}
		for _, o := range k.Authors {
			text := o.Name
			if o.Institution != "" {
				text += ", " + o.Institution
			}
			add("assessment.author", text)
		}
	}
	add("assessment.request.sort", lang.T(ctx, "assessment.sort."+a.Sort))
	add("assessment.assessor", names[a.Assessor])
	add("assessment.field.due", lang.Day(ctx, a.Due))
	if !a.DeliveredAt.IsZero() {
		add("assessment.delivered_at", lang.DateTime(ctx, a.DeliveredAt))
	}
	return out, nil
}

func partAddress(a *assessment.Assessment, part string) string {
	return address(a.Number) + "/lagre?del=" + url.QueryEscape(part)
}

// parts lists what is to be written, and how far each has come.
func (p *Pages) parts(ctx context.Context, a *assessment.Assessment, of *call.Call) []ui.Task {
	lacks := a.Lacks()
	var out []ui.Task
	for _, k := range assessment.CriteriaOf(of, a.Criteria.V) {
		name, meaning, _ := k.In(lang.From(ctx).Tag())
		s := a.Scores.V[k.ID]
		t := ui.Task{Title: name, Hint: meaning, Href: partAddress(a, itoa(k.ID)), Done: !slices.Contains(lacks, k.ID)}
		switch {
		case t.Done:
			t.State = ui.TagProps{Tone: ui.Neutral, Text: lang.T(ctx, "assessment.score."+itoa(s.Value))}
		case s != assessment.Score{}:
			t.State = ui.TagProps{Tone: ui.Warning, Text: lang.T(ctx, "assessment.part.begun")}
		default:
			t.State = ui.TagProps{Tone: ui.Info, Text: lang.T(ctx, "assessment.part.left")}
		}
		out = append(out, t)
	}
	whole := ui.Task{Title: lang.T(ctx, "assessment.whole"), Href: partAddress(a, assessment.Whole), Done: true, State: ui.TagProps{Tone: ui.Neutral, Text: lang.T(ctx, "form.optional")}}
	if a.Advice != "" {
		whole.State.Text = lang.T(ctx, "assessment.advice."+a.Advice)
	}
	return append(out, whole)
}

// given tells what was answered. Private notes are the assessor's alone.
func (p *Pages) given(ctx context.Context, a *assessment.Assessment, of *call.Call) (out []givenProps, whole []ui.Answer) {
	answer := func(to *[]ui.Answer, key, text string) {
		if text != "" {
			*to = append(*to, ui.Answer{Label: lang.T(ctx, key), Value: text})
		}
	}
	for _, k := range assessment.CriteriaOf(of, a.Criteria.V) {
		name, _, in := k.In(lang.From(ctx).Tag())
		g := givenProps{ID: "kriterium-" + itoa(k.ID), Title: name, Lang: foreign(ctx, string(in))}
		s := a.Scores.V[k.ID]
		value := lang.T(ctx, "assessment.no_score")
		if s.Value > 0 {
			value = lang.T(ctx, "assessment.score."+itoa(s.Value))
		}
		answer(&g.Answers, "assessment.save.score", value)
		answer(&g.Answers, "assessment.save.reason_for", s.Reason)
		answer(&g.Answers, "assessment.save.share", s.Share)
		out = append(out, g)
	}
	answer(&whole, "assessment.save.summary", a.Summary)
	if a.Advice != "" {
		answer(&whole, "assessment.save.advice", lang.T(ctx, "assessment.advice."+a.Advice))
	}
	if mine(ctx, a) {
		answer(&whole, "assessment.save.notes", a.Notes)
	}
	return out, whole
}

// about shows what is delivered above the button that delivers it.
func (p *Pages) about(ctx context.Context, command string, a *assessment.Assessment) (templ.Component, error) {
	of, err := p.Service.CallOf(ctx, a)
	if err != nil {
		return nil, err
	}
	switch command {
	case "accept":
		x, err := p.Service.CaseOf(ctx, a)
		if err != nil {
			return nil, err
		}
		facts, err := p.facts(ctx, a, x, of)
		return ui.Facts(facts), err
	case "deliver":
		given, whole := p.given(ctx, a, of)
		return givenView(given, whole), nil
	}
	return nil, nil
}

// open loads the assessment of the address, and asks those who have not logged in to.
func (p *Pages) open(c *web.Context) (*assessment.Assessment, error) {
	a, err := p.Service.Kind.ByNumber(c.Ctx(), c.Path("number"))
	if err != nil && fault.Of(err) == fault.NotFound && c.Actor.Nobody() {
		return nil, errLogIn
	}
	return a, err
}

// writeProps is the page on which one part is written (S6).
type writeProps struct {
	Head    ui.HeadProps
	Parts   []ui.Tab
	Title   string
	Meaning string
	Lang    string
	Form    ui.FormProps
	Whole   bool
	Fields  []templ.Component
	Next    string // the part that comes after; empty at the last
	Kept    bool
	Content templ.Component
	Deliver string
}

// written is what the page shows of a part when it is not what is stored.
type written struct {
	values   url.Values
	errs     []fault.Field
	conflict bool // somebody saved something else meanwhile, which is shown beside
	kept     bool
}

// write shows the page of a part: the first that lacks something, when the address
// does not say which.
func (p *Pages) write(c *web.Context) error {
	a, err := p.open(c)
	if err != nil {
		return err
	}
	if _, err := p.Service.Kind.Refused(c.Ctx(), a, "save", ""); err != nil {
		return err
	}
	kept, err := c.Kept()
	if err != nil {
		return err
	}
	part := c.Query("del")
	if kept != nil {
		part = kept.Get("part")
	}
	if part == "" {
		part = assessment.Whole
		if lacks := a.Lacks(); len(lacks) > 0 {
			part = itoa(lacks[0])
		}
	}
	return p.showPart(c, http.StatusOK, a, part, written{values: kept, kept: kept != nil})
}

// save keeps a part, and goes on to the next when asked to.
func (p *Pages) save(c *web.Context) error {
	ctx := c.Ctx()
	a, err := p.open(c)
	if err != nil {
		return err
	}
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
	done, err := p.Service.Kind.Refused(ctx, a, "save", sent.Get("_key"))
	if err != nil {
		return err
	}
	part := sent.Get("part")
	if !done {
		cmd, _ := p.Service.Kind.Lifecycle().Command("save")
		in := record.Input{Request: sent.Get("_key")}
		if in.Version, err = strconv.Atoi(sent.Get("_version")); err != nil {
			return fault.Wrap(fault.Invalid, err, "error.form_broken")
		}
		in.Values, err = form.Parse(ctx, cmd.Fields, sent, nil, a)
		if err == nil {
			_, err = p.Service.Kind.Do(ctx, a.ID, "save", in)
		}
	}
	if f, ok := fault.As(err); ok {
		switch {
		case f.Kind == fault.Invalid && len(f.Fields) > 0:
			return p.showPart(c, http.StatusUnprocessableEntity, a, part, written{values: sent, errs: f.Fields})
		case f.Key == "error.changed_meanwhile":
			if a, err = p.open(c); err != nil {
				return err
			}
			return p.showPart(c, http.StatusConflict, a, part, written{values: sent, conflict: true})
		}
	}
	if err != nil {
		return err
	}
	to := partAddress(a, part)
	if next := sent.Get("neste"); next != "" {
		to = partAddress(a, next)
	} else if part == assessment.Whole {
		to = address(a.Number)
	}
	return c.Redirect(to, lang.T(ctx, "assessment.save.done"))
}

// stored gives a part as it is kept.
func stored(a *assessment.Assessment, part string) url.Values {
	v := url.Values{"notes": {a.Notes}}
	if part == assessment.Whole {
		v.Set("summary", a.Summary)
		v.Set("advice", a.Advice)
		return v
	}
	id, _ := strconv.Atoi(part)
	s := a.Scores.V[id]
	if s.Value > 0 {
		v.Set("score", itoa(s.Value))
	}
	v.Set("reason_for", s.Reason)
	v.Set("share", s.Share)
	return v
}

func (p *Pages) showPart(c *web.Context, status int, a *assessment.Assessment, part string, w written) error {
	ctx := c.Ctx()
	of, err := p.Service.CallOf(ctx, a)
	if err != nil {
		return err
	}
	x, err := p.Service.CaseOf(ctx, a)
	if err != nil {
		return err
	}
	b := writeProps{Whole: part == assessment.Whole, Kept: w.kept, Deliver: address(a.Number) + "/lever"}
	b.Head = ui.HeadProps{Kicker: lang.T(ctx, x.Kind+".name") + " " + x.Number, Title: x.Title, Lang: foreign(ctx, x.Lang)}
	if k := x.Content.V; k != nil {
		b.Head.Lead = k.Institution.Name
		if k.AskedOre > 0 {
			b.Head.Tags = append(b.Head.Tags, ui.TagProps{Tone: ui.Neutral, Text: lang.T(ctx, "assessment.asks_for", "amount", lang.NOK(ctx, k.AskedOre))})
		}
	}
	b.Head.Tags = append(b.Head.Tags, ui.TagProps{Tone: ui.Info, Text: lang.T(ctx, "assessment.due_on", "date", lang.Day(ctx, a.Due))})
	known := false
	for _, t := range p.parts(ctx, a, of) {
		current := t.Href == partAddress(a, part)
		if known && b.Next == "" {
			at, _ := url.Parse(t.Href)
			b.Next = at.Query().Get("del")
		}
		known = known || current
		label := t.Title
		if t.Done && t.State.Text != lang.T(ctx, "form.optional") {
			label += " ✓"
		}
		b.Parts = append(b.Parts, ui.Tab{Label: label, Href: t.Href, Current: current})
		if current {
			b.Title, b.Meaning = t.Title, t.Hint
		}
	}
	if !known {
		return fault.Missing()
	}
	values := w.values
	if values == nil {
		values = stored(a, part)
	}
	now := url.Values{}
	if w.conflict {
		now = stored(a, part)
	}
	fields := []string{"score", "reason_for", "share", "notes"}
	if b.Whole {
		fields = []string{"summary", "advice", "notes"}
	}
	for _, name := range fields {
		u := ui.Field{
			Name: name, ID: "felt-" + name, Label: lang.T(ctx, "assessment.save."+name), Value: values.Get(name),
			Conflict: w.conflict && now.Get(name) != values.Get(name), Current: now.Get(name),
		}
		u.Hint, _ = lang.Maybe(ctx, "assessment.save."+name+".hint")
		for _, e := range w.errs {
			if e.Name == name && u.Error == "" {
				u.Error = lang.T(ctx, e.Key, append(web.Args(ctx, e.Args), "field", u.Label)...)
				b.Form.Errors = append(b.Form.Errors, ui.FieldError{ID: u.ID, Text: u.Error})
			}
		}
		switch name {
		case "score":
			var options []ui.Option
			for n := assessment.Most; n >= assessment.Least; n-- {
				options = append(options, ui.Option{Value: itoa(n), Label: lang.T(ctx, "assessment.score."+itoa(n))})
			}
			b.Fields = append(b.Fields, ui.Radios(u, options))
		case "advice":
			var options []ui.Option
			for _, o := range assessment.Advices {
				options = append(options, ui.Option{Value: o, Label: lang.T(ctx, "assessment.advice."+o)})
			}
			b.Fields = append(b.Fields, ui.Radios(u, options))
		default:
			u.Max = 4000
			if name == "share" {
				u.Max = 2000
			}
			b.Fields = append(b.Fields, ui.TextArea(u))
		}
	}
	key := values.Get("_key")
	if w.values == nil || w.conflict {
		key = web.NewKey()
	}
	version := a.Version
	if n, err := strconv.Atoi(values.Get("_version")); err == nil && !w.conflict {
		version = n
	}
	b.Form.Action, b.Form.Guard = address(a.Number)+"/lagre", true
	b.Form.Hidden = []ui.HiddenField{{Name: "_key", Value: key}, {Name: "_version", Value: itoa(version)}, {Name: "part", Value: part}}
	if w.conflict {
		b.Form.ErrorTitle = lang.T(ctx, "record.conflict.title")
		b.Form.Errors = append(b.Form.Errors, ui.FieldError{Text: lang.T(ctx, "record.conflict")})
	}
	if x.Content.V != nil {
		b.Content = p.Content(ctx, of, x, address(a.Number))
	}
	page := c.Page(b.Title)
	page.Section = lang.T(ctx, "assessment.name") + " " + a.Number
	page.Errors = len(b.Form.Errors)
	page.Breadcrumb = []ui.Crumb{{Label: a.Number, Href: address(a.Number)}, {Label: b.Title}}
	return c.Within(status, page, writePage(b))
}

// content shows what the applicant wrote on a page that can be printed.
func (p *Pages) content(c *web.Context) error {
	a, x, err := p.readCase(c)
	if err != nil {
		return err
	}
	ctx := c.Ctx()
	of, err := p.Service.CallOf(ctx, a)
	if err != nil {
		return err
	}
	page := c.Page(lang.T(ctx, "assessment.content"))
	page.Section = lang.T(ctx, "assessment.name") + " " + a.Number
	page.Breadcrumb = []ui.Crumb{{Label: a.Number, Href: address(a.Number)}, {Label: page.Title}}
	head := ui.HeadProps{Kicker: lang.T(ctx, x.Kind+".name") + " " + x.Number, Title: x.Title, Lang: foreign(ctx, x.Lang)}
	sketch, err := p.sketch(ctx, of, x, func(*application.Submission) string { return address(a.Number) })
	if err != nil {
		return err
	}
	return c.Within(http.StatusOK, page, contentPage(head, p.Content(ctx, of, x, address(a.Number)), sketch))
}

// readCase gives the case that is read with the assessment of the address.
func (p *Pages) readCase(c *web.Context) (*assessment.Assessment, *application.Submission, error) {
	a, err := p.open(c)
	if err != nil {
		return nil, nil, err
	}
	if !reading(c.Ctx(), a) {
		return nil, nil, fault.Missing()
	}
	x, err := p.Service.CaseOf(c.Ctx(), a)
	return a, x, err
}

// attachment gives a file of the case to those who assess it.
func (p *Pages) attachment(c *web.Context) error {
	_, x, err := p.readCase(c)
	if err != nil {
		return err
	}
	f, plain, closer, err := p.Cases.OpenFile(c.Ctx(), x, c.Path("stored"))
	if fault.Of(err) == fault.NotFound && x.Sketch != "" { // the sketch that it grew from is read with it
		if x, err = p.Cases.Find(access.With(c.Ctx(), access.System), x.Sketch); err == nil {
			f, plain, closer, err = p.Cases.OpenFile(c.Ctx(), x, c.Path("stored"))
		}
	}
	if err != nil {
		return err
	}
	defer closer.Close()
	h := c.W.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Cache-Control", "no-store")
	http.ServeContent(c.W, c.R, "", x.Updated, plain)
	return nil
}
