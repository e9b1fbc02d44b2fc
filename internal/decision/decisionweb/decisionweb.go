// Package decisionweb is what people see of the committee's decisions: its meetings
// with the ranked list and the cases, ways to share out the frame that can be tried,
// the minutes, the answers to sketches on one page, the texts of the letters, and the
// open data about awards.
package decisionweb

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/decision"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// Deps is what the pages need of the rest of the house.
type Deps struct {
	Service *decision.Service
	Calls   *call.Service
	Cases   *application.Service
	Site    *recordweb.Site
	// Scores gives what the assessments of cases come to, by id; nil where nobody
	// gives scores.
	Scores func(ctx context.Context, ids ...string) (map[string]Score, error)
}

// Score is what the assessments of a case come to.
type Score struct {
	Mean   float64 // by the weights of the criteria, 1 to 7
	Spread float64 // between the highest and the lowest
	Given  int     // assessments; 0 for none
}

type pages struct{ Deps }

// Module gives decisions as a part of the house.
func Module(d Deps) module.Module {
	p := &pages{Deps: d}
	return module.Module{
		Name: "decision", Kinds: []record.AnyKind{d.Service.Meetings, d.Service.Texts}, Migrations: decision.Migrations, Messages: decision.Messages,
		Subscribe: d.Service.Subscribe, Routes: p.routes,
		Nav: []web.NavEntry{
			{Key: "meeting.name_plural", Path: "/mote", Order: 42, For: func(a access.Actor) bool { return a.Has(org.FoU, org.Committee) }},
			{Key: "letter_text.name_plural", Path: "/brevtekst", Order: 92, For: func(a access.Actor) bool { return a.Has(org.FoU, org.Admin) }},
		},
	}
}

func (p *pages) routes(r *web.Router) {
	recordweb.Mount(p.Site, recordweb.View[*decision.Meeting]{
		Kind: p.Service.Meetings, Icon: ui.IconDecision, Body: p.meeting, UpKey: "meeting.name_plural", UpPath: "/mote",
		Tabs: []recordweb.Tab[*decision.Meeting]{{Path: "hva-om", Key: "meeting.what_if", Body: p.whatIf}, {Path: "motebok", Key: "meeting.minutes", Body: p.minutes}},
	})
	recordweb.Mount(p.Site, recordweb.View[*decision.LetterText]{
		Kind: p.Service.Texts, Icon: ui.IconDocument, Body: p.letterText, UpKey: "letter_text.name_plural", UpPath: "/brevtekst", NoThread: true,
	})
	r.Add(
		web.Route{Pattern: "GET /mote", Rule: web.Staff, Roles: []access.Role{org.FoU, org.Committee}, Handle: p.list},
		web.Route{Pattern: "GET /brevtekst", Rule: web.Staff, Roles: []access.Role{org.FoU, org.Admin}, Handle: p.letterTexts},
		web.Route{Pattern: "GET /utlysning/{number}/svar", Rule: web.Staff, Kind: "call", Handle: p.answers},
		web.Route{Pattern: "POST /utlysning/{number}/svar", Rule: web.Staff, Roles: []access.Role{org.FoU}, Kind: "call", Handle: p.propose},
		web.Route{Pattern: "GET " + decision.JSONPath, Rule: web.Public, Handle: p.giving},
		web.Route{Pattern: "GET " + decision.CSVPath, Rule: web.Public, Handle: p.givingCSV},
	)
}

func caseAddress(x *application.Submission) string {
	if x.Kind == application.Sketch {
		return "/skisse/" + url.PathEscape(x.Number)
	}
	return "/soknad/" + url.PathEscape(x.Number)
}

// list shows the meetings, the latest first.
func (p *pages) list(c *web.Context) error {
	ctx := c.Ctx()
	list, err := p.Service.Meetings.List(ctx, db.Where{}, "b.held_on DESC, r.number DESC", 0, 0)
	if err != nil {
		return err
	}
	title := lang.T(ctx, "meeting.name_plural")
	table := ui.TableProps{Caption: title, HideCaption: true, Cards: true, Empty: lang.T(ctx, "meeting.none")}
	for _, key := range []string{"meeting.name", "meeting.field.held_on", "record.state"} {
		table.Columns = append(table.Columns, ui.Column{Label: lang.T(ctx, key)})
	}
	for _, m := range list {
		table.Rows = append(table.Rows, []templ.Component{ui.NameCell("/mote/"+url.PathEscape(m.Number), m.Title, m.Number), ui.Str(lang.Day(ctx, m.On)), ui.TagList(recordweb.ListTags(ctx, p.Site.Engine, m.Base()))})
	}
	add := ""
	if k, ok := p.Service.Meetings.Lifecycle().Command("plan"); ok && access.Allows(k.Who, c.Actor, access.Subject{}) {
		add = "/mote/" + k.Path
	}
	return c.Within(http.StatusOK, c.Page(title), listPage(title, lang.T(ctx, "meeting.lead"), add, lang.T(ctx, "meeting.plan.button"), table))
}

// giving gives the awards that everybody may know of as 360Giving data.
func (p *pages) giving(c *web.Context) error {
	data, err := p.Service.Giving(c.Ctx())
	if err != nil {
		return err
	}
	c.W.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.W.Header().Set("Cache-Control", "no-store") // an award may be taken back
	e := json.NewEncoder(c.W)
	e.SetIndent("", "  ")
	_ = e.Encode(data) // the reader may have gone; there is nobody to tell
	return nil
}

func (p *pages) givingCSV(c *web.Context) error {
	data, err := p.Service.Giving(c.Ctx())
	if err != nil {
		return err
	}
	c.W.Header().Set("Content-Type", "text/csv; charset=utf-8")
	c.W.Header().Set("Cache-Control", "no-store") // an award may be taken back
	c.W.Header().Set("Content-Disposition", `attachment; filename="tildelinger.csv"`)
	_ = decision.WriteCSV(c.W, data) // as above
	return nil
}
