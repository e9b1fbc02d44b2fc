package applicationweb

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// The fields of the forms beside those of the part.
const (
	versionField = "_version"
	autoField    = "_auto" // the script saves
	goField      = "_videre"
)

// partPage is a part of the form as the page shows it.
type partPage struct {
	Kicker, Title, Lead string
	Form                ui.FormProps
	Notices             []notice
	Fields              []templ.Component
	Saved               string // when it was last saved, in words
	Files               []filesProps
	Next                bool   // there is a part after it
	Back                string // the overview
	Preview             bool   // nothing can be saved
}

type notice struct {
	Tone ui.Tone
	Text string
}

type filesProps struct {
	ID, Action, Label, Help string
	Field                   ui.Field
	Files                   []fileProps
	Full, Preview           bool
}

type fileProps struct {
	Name, Href, Size, Remove string
}

// opened gives the submission of the address for those who write in it, and its call.
func (p *pages) writer(c *web.Context, kind string) (*application.Submission, *call.Call, error) {
	ctx := c.Ctx()
	x, err := p.Service.Of(kind).ByNumber(ctx, c.Path("number"))
	if err == nil && !application.Writes(ctx, x) {
		err = fault.Missing()
	}
	if err != nil {
		if fault.Of(err) == fault.NotFound && c.Actor.Nobody() {
			err = fault.New(fault.Unauthorised, "error.unauthorised")
		}
		return nil, nil, err
	}
	of, err := p.Service.CallOf(ctx, x)
	return x, of, err
}

// partForm shows a part to be written in.
func (p *pages) partForm(kind string) web.Handler {
	return func(c *web.Context) error {
		x, of, err := p.writer(c, kind)
		if err != nil {
			return err
		}
		ctx := c.Ctx()
		if err := p.Service.Writable(ctx, x, of); err != nil {
			return err
		}
		d, err := p.Service.Draft(ctx, x)
		if err != nil {
			return err
		}
		saved := d.Parts[c.Path("part")]
		v := view{values: saved.Values, version: saved.Version, missing: c.Query("mangler") != ""}
		kept, err := c.Kept()
		if err != nil {
			return err
		}
		if kept != nil {
			// Sent when the login was lost. It builds on the version that was shown then.
			v.values, v.kept = application.Values(kept), true
			v.version, _ = strconv.Atoi(kept.Get(versionField))
		}
		return p.showPart(c, http.StatusOK, x, of, d, v)
	}
}

// view is what a part's page shows.
type view struct {
	values  application.Values
	version int
	missing bool // also what is not written yet is told
	kept    bool
	clash   *application.Clash
	fault   string // what was wrong with a file
	faultAt string
}

// save keeps what was written in a part.
func (p *pages) save(kind string) web.Handler {
	return func(c *web.Context) error {
		x, of, err := p.writer(c, kind)
		if err != nil {
			return err
		}
		ctx := c.Ctx()
		sent, err := c.ReadForm()
		if err != nil {
			return err
		}
		if other, err := c.SentByOther(sent); err != nil || other {
			return errors.Join(err, fault.New(fault.Unauthorised, "error.unauthorised"))
		}
		version, _ := strconv.Atoi(sent.Get(versionField)) // one that cannot be read is as good as none
		part := c.Path("part")
		before, err := p.Service.Draft(ctx, x)
		if err != nil {
			return err
		}
		saved, err := p.Service.Save(ctx, x.ID, part, version, application.Values(sent))
		var clash *application.Clash
		switch {
		case sent.Get(autoField) != "":
			return p.autosaved(c, saved, err)
		case errors.As(err, &clash):
			d, err := p.Service.Draft(ctx, x)
			if err != nil {
				return err
			}
			return p.showPart(c, http.StatusConflict, x, of, d, view{values: application.Values(sent), version: clash.Theirs.Version, clash: clash})
		case fault.Of(err) == fault.Gone || fault.Of(err) == fault.Conflict:
			// Too late to be saved, but not to be copied.
			f, _ := fault.As(err)
			d := before
			return p.tooLate(c, web.Status(err), x, of, d, application.Values(sent), c.FaultText(f))
		case err != nil:
			return err
		}
		here := address(x) + "/del/" + url.PathEscape(part)
		if p.malformed(ctx, x, of, part, before, saved) && before.Parts[part].Version != saved.Version {
			return c.Redirect(here, lang.T(ctx, "application.saved_mend"))
		}
		switch sent.Get(goField) {
		case "neste":
			if next := p.after(of, x, part); next != "" {
				return c.Redirect(address(x)+"/del/"+url.PathEscape(next), lang.T(ctx, "application.saved"))
			}
		case "her":
			return c.Redirect(here, lang.T(ctx, "application.saved"))
		}
		return c.Redirect(address(x), lang.T(ctx, "application.saved"))
	}
}

// malformed says whether something that was written in the part cannot be sent so.
func (p *pages) malformed(ctx context.Context, x *application.Submission, of *call.Call, part string, d application.Drafted, saved application.Saved) bool {
	w := d.Written()
	w.Values[part] = saved.Values
	_, problems, err := application.Read(ctx, of, x.Kind, w)
	return err == nil && slices.ContainsFunc(problems, func(q application.Problem) bool {
		return q.Part == part && len(saved.Values[q.Field]) > 0
	})
}

func (p *pages) after(of *call.Call, x *application.Submission, part string) string {
	parts := application.PartsOf(of, x.Kind, nil)
	i := slices.IndexFunc(parts, func(q application.Part) bool { return q.ID == part })
	if i < 0 || i+1 == len(parts) {
		return ""
	}
	return parts[i+1].ID
}

// autosaved answers the script that saves while one writes.
func (p *pages) autosaved(c *web.Context, saved application.Saved, err error) error {
	ctx := c.Ctx()
	var clash *application.Clash
	answer, status := map[string]any{}, http.StatusOK
	switch f, ok := fault.As(err); {
	case errors.As(err, &clash):
		status, answer["text"] = http.StatusConflict, lang.T(ctx, "application.clash_auto")
	case ok:
		status, answer["text"] = web.Status(err), c.FaultText(f)
	case err != nil:
		return err
	default:
		answer["version"], answer["text"] = saved.Version, lang.T(ctx, "application.saved_at", "when", lang.DateTime(ctx, saved.At))
	}
	c.W.Header().Set("Content-Type", "application/json")
	c.W.Header().Set("Cache-Control", "no-store")
	c.W.WriteHeader(status)
	return json.NewEncoder(c.W).Encode(answer)
}

// tooLate shows what somebody wrote in a form that nothing can be saved in any more.
func (p *pages) tooLate(c *web.Context, status int, x *application.Submission, of *call.Call, d application.Drafted, v application.Values, text string) error {
	ctx := c.Ctx()
	w := d.Written()
	w.Values[c.Path("part")] = v
	page := ui.ErrorProps{Shell: c.Shell(), Status: status, Title: lang.T(ctx, "application.not_saved"), Text: text + "\n\n" + lang.T(ctx, "form.not_kept.copy")}
	for _, q := range application.PartsOf(of, x.Kind, w.Values) {
		if q.ID != c.Path("part") {
			continue
		}
		for _, f := range q.Fields {
			if text := strings.Join(v[f.Name], ""); strings.TrimSpace(text) != "" {
				label, _ := fieldLabel(ctx, q, f.Name)
				page.Written = append(page.Written, ui.Field{ID: "skrevet-" + f.Name, Label: label, Value: text, ReadOnly: true})
			}
		}
	}
	c.W.Header().Set("Cache-Control", "no-store")
	return c.HTML(status, ui.ErrorPage(page))
}

// showPart shows a part with what was written in it.
func (p *pages) showPart(c *web.Context, status int, x *application.Submission, of *call.Call, d application.Drafted, v view) error {
	ctx := c.Ctx()
	w := d.Written()
	w.Values[c.Path("part")] = v.values
	parts := application.PartsOf(of, x.Kind, w.Values)
	i := slices.IndexFunc(parts, func(q application.Part) bool { return q.ID == c.Path("part") })
	if i < 0 {
		return fault.Missing()
	}
	part := parts[i]
	_, problems, err := application.Read(ctx, of, x.Kind, w)
	if err != nil {
		return err
	}
	b := p.partOf(ctx, of, x.Kind, part, v, problems)
	b.Kicker = lang.T(ctx, "application.part_of", "n", i+1, "of", len(parts))
	b.Form.Action, b.Back, b.Next = address(x)+"/del/"+url.PathEscape(part.ID), address(x), i+1 < len(parts)
	b.Form.Hidden = []ui.HiddenField{{Name: versionField, Value: strconv.Itoa(v.version)}}
	b.Form.Guard, b.Form.Autosave = true, true
	if at := d.SavedAt(); !at.IsZero() {
		b.Saved = lang.T(ctx, "application.saved_at", "when", lang.DateTime(ctx, at))
	}
	if v.kept {
		b.Notices = append(b.Notices, notice{ui.Info, lang.T(ctx, "application.kept")})
	}
	if v.clash != nil {
		names, err := p.Site.Names(ctx, v.clash.Theirs.By)
		if err != nil {
			return err
		}
		b.Notices = append(b.Notices, notice{ui.Warning, lang.T(ctx, "application.clash", "who", names[v.clash.Theirs.By], "when", lang.DateTime(ctx, v.clash.Theirs.At))})
	}
	for _, q := range part.Files {
		b.Files = append(b.Files, p.filesOf(ctx, x, q, d.Files, v, problems))
	}
	page := c.Page(b.Title)
	page.Section = lang.T(ctx, x.Kind+".name") + " " + x.Number
	page.Breadcrumb = p.way(ctx, x, b.Title)
	page.Errors = len(b.Form.Errors)
	return c.Within(status, page, partView(b))
}

// way leads from the applicant's page to one of the submission's.
func (p *pages) way(ctx context.Context, x *application.Submission, title string) []ui.Crumb {
	return []ui.Crumb{{Label: lang.T(ctx, "application.mine"), Href: minePath}, {Label: x.Number, Href: address(x)}, {Label: title}}
}

// partOf makes the fields of a part.
func (p *pages) partOf(ctx context.Context, of *call.Call, kind string, part application.Part, v view, problems []application.Problem) partPage {
	b := partPage{Title: partTitle(ctx, part)}
	b.Lead, _ = lang.Maybe(ctx, "application.lead."+part.ID)
	if part.ID == application.PartProject {
		b.Lead, _ = lang.Maybe(ctx, "application.lead."+part.ID+"."+kind)
	}
	wrong := map[string]string{}
	for _, q := range problems {
		if q.Part == part.ID && wrong[q.Field] == "" && (v.missing || len(v.values[q.Field]) > 0) {
			label, _ := fieldLabel(ctx, part, q.Field)
			wrong[q.Field] = lang.T(ctx, q.Key, append(web.Args(ctx, amounts(ctx, q.Args)), "field", lowerFirst(label))...)
		}
	}
	make := func(name string) ui.Field {
		f, _ := part.Field(name)
		out := labelled(ctx, part, ui.Field{Name: name, ID: fieldID(name), Value: strings.Join(v.values[name], ""), Error: wrong[name], Required: f.Required, Optional: !f.Required && part.ID != application.PartPeople && part.ID != application.PartBudget})
		if f.Type == form.Area {
			out.Max, out.Rows = f.Max, min(max(f.Max/150, 5), 15)
		}
		if v.clash != nil {
			if theirs := strings.Join(v.clash.Theirs.Values[name], ""); theirs != out.Value {
				out.Conflict, out.Current = true, theirs
			}
		}
		return out
	}
	switch part.ID {
	case application.PartPeople:
		b.Fields = peopleFields(ctx, part, make)
	case application.PartBudget:
		b.Fields = budgetFields(ctx, part, make)
	default:
		for _, f := range part.Fields {
			b.Fields = append(b.Fields, control(ctx, part, f, make(f.Name)))
		}
	}
	if v.missing {
		b.Form.ErrorTitle = lang.T(ctx, "application.missing_here")
		for _, q := range problems {
			if q.Part == part.ID {
				b.Form.Errors = append(b.Form.Errors, ui.FieldError{ID: fieldID(q.Field), Text: p.problem(ctx, part, q)})
			}
		}
	}
	return b
}

// problem says in words what must be mended.
func (p *pages) problem(ctx context.Context, part application.Part, q application.Problem) string {
	label, _ := fieldLabel(ctx, part, q.Field)
	return lang.T(ctx, q.Key, append(web.Args(ctx, amounts(ctx, q.Args)), "field", lowerFirst(label))...)
}

// amounts writes large numbers as they are read.
func amounts(ctx context.Context, args []any) []any {
	out := slices.Clone(args)
	for i, a := range out {
		if n, ok := a.(int64); ok && n >= 10_000 {
			out[i] = lang.Number(ctx, int(n))
		}
	}
	return out
}

func fieldID(name string) string { return "felt-" + name }

func control(ctx context.Context, part application.Part, f form.Field, u ui.Field) templ.Component {
	switch f.Type {
	case form.Area:
		return ui.TextArea(u)
	case form.Day:
		u.Width = ui.Short
		return ui.DateField(u)
	case form.Number:
		u.Width = ui.Short
		return ui.NumberField(u)
	case form.Money:
		u.Width = ui.Short
		return ui.MoneyField(u)
	case form.Choice:
		options := make([]ui.Option, len(f.Options))
		for i, o := range f.Options {
			label := ""
			if o.Key != "" {
				label = lang.T(ctx, o.Key)
			} else {
				label, _ = part.Questions[f.Name].Options[i].In(lang.From(ctx).Tag())
			}
			options[i] = ui.Option{Value: o.Value, Label: label}
		}
		return ui.Radios(u, options)
	}
	if part.ID == application.PartInstitution && f.Name == "email" {
		u.Type = "email"
	}
	return ui.TextField(u)
}

func partTitle(ctx context.Context, part application.Part) string {
	if part.Own == nil {
		return lang.T(ctx, "application.part."+part.ID)
	}
	name, _ := part.Own.Names.In(lang.From(ctx).Tag())
	return name
}

// inOwn gives the call's own words as the page can say them, and their language when
// it is not the page's.
func inOwn(ctx context.Context, w call.Words) (text, foreign string) {
	page := lang.From(ctx).Tag()
	text, in := w.In(page)
	if in != page {
		foreign = string(in)
	}
	return text, foreign
}

// labelled puts the question of a field, and the help to it, on the field.
func labelled(ctx context.Context, part application.Part, f ui.Field) ui.Field {
	f.Label, f.Hint = fieldLabel(ctx, part, f.Name)
	if part.Own != nil {
		for _, q := range part.Own.Questions {
			if q.ID == f.Name {
				_, f.LabelLang = inOwn(ctx, q.Labels)
				_, f.HintLang = inOwn(ctx, q.Helps)
			}
		}
	}
	return f
}

// fieldLabel gives the question of a field, and the help to it.
func fieldLabel(ctx context.Context, part application.Part, name string) (label, help string) {
	if part.Own != nil {
		for _, q := range part.Own.Questions {
			if q.ID == name {
				label, _ = inOwn(ctx, q.Labels)
				help, _ = inOwn(ctx, q.Helps)
			}
		}
		return label, help
	}
	if list := strings.Split(name, "."); len(list) == 3 && part.ID == application.PartPeople {
		return lang.T(ctx, "application.field."+list[0]+"."+list[2]), ""
	}
	if year, cost, ok := strings.Cut(strings.TrimPrefix(name, "y"), "."); ok && part.ID == application.PartBudget {
		key := "application.budget_nav"
		if own := strings.TrimSuffix(cost, ".own"); own != cost {
			key, cost = "application.budget_own", own
		}
		return lang.T(ctx, key, "cost", lang.T(ctx, "application.cost."+cost), "year", year), ""
	}
	help, _ = lang.Maybe(ctx, "application.field."+name+".hint")
	return lang.T(ctx, "application.field."+name), help
}

func lowerFirst(s string) string {
	for i, r := range s {
		if rest := s[i+len(string(r)):]; rest == "" || strings.ToUpper(rest) != rest {
			return strings.ToLower(string(r)) + rest
		}
		break
	}
	return s
}

// peopleFields are the partners, and then the others who take part.
func peopleFields(ctx context.Context, part application.Part, field func(string) ui.Field) []templ.Component {
	var out []templ.Component
	group := func(list string, names []string) {
		var rows []templ.Component
		for i := 1; i <= part.Rows; i++ {
			var row []ui.Field
			for _, n := range names {
				f := field(application.RowField(list, i, n))
				f.Label += " " + strconv.Itoa(i)
				row = append(row, f)
			}
			rows = append(rows, fieldRow(row))
		}
		out = append(out, fieldGroup(lang.T(ctx, "application.list."+list), lang.T(ctx, "application.list."+list+".hint"), rows))
	}
	group("partner", application.PartnerFields)
	group("author", application.AuthorFields)
	return out
}

// budgetFields are a table for each year, with the sums of what was saved.
func budgetFields(ctx context.Context, part application.Part, field func(string) ui.Field) []templ.Component {
	var out []templ.Component
	var whole [2]int64
	for _, year := range part.Years {
		title := lang.T(ctx, "application.budget_year", "year", strconv.Itoa(year))
		t := ui.TableProps{Caption: title, Columns: []ui.Column{{Label: lang.T(ctx, "application.cost")}, {Label: lang.T(ctx, "application.from_nav")}, {Label: lang.T(ctx, "application.own_share")}}}
		var sum [2]int64
		for _, cost := range application.Costs {
			row := []templ.Component{ui.Str(lang.T(ctx, "application.cost."+cost))}
			for i, own := range []bool{false, true} {
				f := field(application.BudgetField(year, cost, own))
				f.HideLabel, f.Small, f.Width = true, true, ui.Short
				if ore, err := lang.ParseAmount(f.Value); err == nil && f.Value != "" {
					sum[i] += ore
					whole[i] += ore
				}
				f.Inputmode = "decimal"
				row = append(row, ui.TextField(f))
			}
			t.Rows = append(t.Rows, row)
		}
		t.Foot = []templ.Component{ui.Str(lang.T(ctx, "application.sum")), ui.Str(lang.NOK(ctx, sum[0])), ui.Str(lang.NOK(ctx, sum[1]))}
		out = append(out, ui.Table(t))
	}
	return append(out, ui.Message(ui.Info, lang.T(ctx, "application.budget_sum", "nav", lang.NOK(ctx, whole[0]), "own", lang.NOK(ctx, whole[1]))))
}

// filesOf are the attachments that answer a question.
func (p *pages) filesOf(ctx context.Context, x *application.Submission, q call.Question, files []application.File, v view, problems []application.Problem) filesProps {
	label, _ := q.Labels.In(lang.From(ctx).Tag())
	help, _ := q.Helps.In(lang.From(ctx).Tag())
	out := filesProps{ID: fieldID(q.ID), Label: label, Help: help, Action: address(x) + "/vedlegg/" + url.PathEscape(q.ID)}
	for _, f := range files {
		if f.Question == q.ID {
			href := address(x) + "/vedlegg/" + f.Stored
			out.Files = append(out.Files, fileProps{Name: f.Name, Href: href, Size: size(ctx, f.Size), Remove: href + "/fjern"})
		}
	}
	out.Full = len(out.Files) >= application.MostFiles
	out.Field = ui.Field{Name: "fil", ID: fieldID(q.ID), Label: lang.T(ctx, "application.choose_file"), Hint: lang.T(ctx, "application.file_hint"), Required: q.Required && len(out.Files) == 0, Optional: !q.Required}
	if v.faultAt == q.ID {
		out.Field.Error = v.fault
	}
	for _, problem := range problems {
		if problem.Field == q.ID && v.missing {
			out.Field.Error = lang.T(ctx, problem.Key, "field", lowerFirst(label))
		}
	}
	return out
}

func size(ctx context.Context, n int64) string {
	if n < 1_000_000 {
		return lang.T(ctx, "application.kb", "n", lang.Number(ctx, int((n+999)/1000)))
	}
	return lang.T(ctx, "application.mb", "n", lang.Decimal(ctx, float64(n)/1e6, 1))
}

// nextDate tells when the stage's deadline is.
func due(ctx context.Context, of *call.Call, kind string) string {
	at := of.Due(kind)
	if at.IsZero() {
		return lang.T(ctx, "date.unknown")
	}
	if at.Second() != 0 {
		return lang.T(ctx, "call.to_the_second", "date", lang.DateTime(ctx, at), "second", strconv.Itoa(at.Second()))
	}
	return lang.DateTime(ctx, at)
}
