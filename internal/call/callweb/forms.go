package callweb

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"funn/internal/call"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// formProps is what applicants are asked at a stage.
type formProps struct {
	ID, Title, Lead string
	Preview         string // where one fills it in as an applicant would
	Parts           []formPart
	AddPart         string // empty when the reader may not change the form
}

type formPart struct {
	ID, Title, Lang string
	Questions       ui.TableProps
	Add, Rename     string
	Remove          string
}

// forms shows what applicants are asked at each stage, with the ways to change it.
func (p *pages) forms(c *web.Context, x *call.Call) (templ.Component, error) {
	ctx := c.Ctx()
	tag := lang.From(ctx).Tag()
	question, part := p.form(ctx, x, "set_question"), p.form(ctx, x, "set_part")
	move, remove, drop := p.form(ctx, x, "move_question"), p.form(ctx, x, "remove_question"), p.form(ctx, x, "remove_part")
	var out []formProps
	for _, stage := range call.Stages {
		f := formProps{ID: stage, Title: lang.T(ctx, "call.stage_of."+stage), Lead: lang.T(ctx, "call.form_lead."+stage)}
		if c.Actor.Staff {
			f.Preview = address(x.Number) + "/prov/" + stage
		}
		if part != "" {
			f.AddPart = part + "?part=new-" + stage
		}
		for _, own := range x.Parts(stage) {
			name, in := own.Names.In(tag)
			fp := formPart{ID: "del-" + own.ID, Title: name, Lang: foreign(ctx, string(in)), Questions: ui.TableProps{Caption: f.Title + ": " + name, HideCaption: true, Cards: true, Empty: lang.T(ctx, "call.no_questions")}}
			for _, key := range []string{"call.question", "call.field.question_kind", "call.answer"} {
				fp.Questions.Columns = append(fp.Questions.Columns, ui.Column{Label: lang.T(ctx, key)})
			}
			if question != "" {
				fp.Questions.Columns = append(fp.Questions.Columns, ui.Column{Label: lang.T(ctx, "call.change")})
				fp.Add, fp.Rename, fp.Remove = question+"?question="+call.NewQuestion+"&part="+own.ID, part+"?part="+own.ID, drop+"?part="+own.ID
			}
			for _, q := range own.Questions {
				label, in := q.Labels.In(tag)
				row := []templ.Component{inLanguage(foreign(ctx, string(in)), label), ui.Str(lang.T(ctx, "call.question_kind."+q.Kind)), ui.Str(asks(ctx, q))}
				if question != "" {
					key := "?question=" + url.QueryEscape(stage+"."+q.ID)
					row = append(row, changesOf(label, question+key, move+key, remove+key))
				}
				fp.Questions.Rows = append(fp.Questions.Rows, row)
			}
			f.Parts = append(f.Parts, fp)
		}
		out = append(out, f)
	}
	return formsPage(out), nil
}

// asks says how much of an answer a question takes, and whether it must have one.
func asks(ctx context.Context, q call.Question) string {
	words := []string{lang.T(ctx, "call.optional")}
	if q.Required {
		words[0] = lang.T(ctx, "call.field.required")
	}
	if q.Limit > 0 {
		words = append(words, lang.T(ctx, "call.up_to_characters", "n", lang.Number(ctx, q.Limit)))
	}
	if len(q.Options) > 0 {
		words = append(words, lang.TN(ctx, "call.option_count", len(q.Options)))
	}
	return strings.Join(words, ", ")
}

func startPart(x *call.Call, values map[string][]string) {
	for _, stage := range call.Stages {
		for _, p := range x.Parts(stage) {
			if len(values["part"]) > 0 && values["part"][0] == p.ID {
				fill(values, "name", p.Names)
			}
		}
	}
}

func startQuestion(x *call.Call, values map[string][]string) {
	if len(values["question"]) == 0 {
		values["question"] = []string{call.NewQuestion}
	}
	p, q, ok := x.QuestionOf(values["question"][0])
	if !ok {
		return
	}
	values["part"], values["question_kind"] = []string{p.ID}, []string{q.Kind}
	fill(values, "label", q.Labels)
	fill(values, "help", q.Helps)
	if q.Limit > 0 {
		values["limit"] = []string{strconv.Itoa(q.Limit)}
	}
	if q.Required {
		values["required"] = []string{"true"}
	}
	lines := map[string][]string{}
	for _, o := range q.Options {
		for tag, text := range o {
			lines[tag] = append(lines[tag], text)
		}
	}
	for tag, list := range lines {
		values["options_"+tag] = []string{strings.Join(list, "\n")}
	}
}

func fill(values map[string][]string, name string, w call.Words) {
	for tag, text := range w {
		values[name+"_"+tag] = []string{text}
	}
}
