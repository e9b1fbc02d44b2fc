package decisionweb

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"funn/internal/decision"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// letterTexts lists all texts of the letters with what holds today.
func (p *pages) letterTexts(c *web.Context) error {
	ctx := c.Ctx()
	today := p.Site.Engine.Today(ctx)
	set, err := p.Service.Texts.List(ctx, *new(db.Where).And("r.state = ? AND b.valid_from > ?", decision.InForce, today), "b.valid_from, r.number", 0, 0)
	if err != nil {
		return err
	}
	title := lang.T(ctx, "letter_text.name_plural")
	table := ui.TableProps{Caption: title, HideCaption: true, Cards: true}
	for _, key := range []string{"letter_text.name", "letter_text.in_force", "letter_text.preview"} {
		table.Columns = append(table.Columns, ui.Column{Label: lang.T(ctx, key)})
	}
	for _, code := range decision.Codes {
		text, from, err := p.Service.TextOn(ctx, code, today, string(lang.From(ctx).Tag()))
		if err != nil {
			return err
		}
		now := ui.Str(lang.T(ctx, "letter_text.built_in"))
		if from != nil {
			now = ui.Link("/brevtekst/"+url.PathEscape(from.Number), lang.T(ctx, "letter_text.since")+" "+lang.Day(ctx, from.From))
		}
		for _, x := range set {
			if x.Code == code {
				now = ui.Group(now, ui.Str(". "), ui.Link("/brevtekst/"+url.PathEscape(x.Number), lang.T(ctx, "letter_text.to_come", "date", lang.Day(ctx, x.From))))
			}
		}
		change := "/brevtekst/ny?" + url.Values{"code": {code}}.Encode()
		for _, tag := range lang.Tags {
			in, _, err := p.Service.TextOn(ctx, code, today, string(tag))
			if err != nil {
				return err
			}
			change += "&" + url.Values{"subject_" + string(tag): {in.Subject}, "body_" + string(tag): {in.Body}}.Encode()
		}
		name := lang.T(ctx, "letter_text.code."+code)
		table.Rows = append(table.Rows, []templ.Component{ui.Strong(name), now, letterCell(text.Subject, paragraphs(text.Body), change, name)})
	}
	k, _ := p.Service.Texts.Lifecycle().Command("set")
	add := ""
	if access.Allows(k.Who, c.Actor, access.Subject{}) {
		add = "/brevtekst/" + k.Path
	}
	return c.Within(http.StatusOK, c.Page(title), listPage(title, lang.T(ctx, "letter_text.lead"), add, lang.T(ctx, "letter_text.set.button"), table))
}

func paragraphs(text string) string { return strings.TrimSpace(text) }

// letterText is the page of a text that was set.
func (p *pages) letterText(c *web.Context, t *decision.LetterText) (templ.Component, error) {
	ctx := c.Ctx()
	facts := []ui.Fact{{Label: lang.T(ctx, "letter_text.field.code"), Text: lang.T(ctx, "letter_text.code."+t.Code)}, {Label: lang.T(ctx, "letter_text.field.valid_from"), Text: lang.Day(ctx, t.From)}}
	if t.Where != "" {
		facts = append(facts, ui.Fact{Label: lang.T(ctx, "letter_text.field.where"), Text: t.Where})
	}
	var texts []letterIn
	for _, tag := range lang.Tags {
		texts = append(texts, letterIn{Lang: string(tag), Name: lang.T(ctx, "letter_text.field.body_"+string(tag)), Subject: t.Texts.V[string(tag)].Subject, Body: t.Texts.V[string(tag)].Body})
	}
	return letterTextPage(facts, texts), nil
}

type letterIn struct{ Lang, Name, Subject, Body string }
