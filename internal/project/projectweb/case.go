package projectweb

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"funn/internal/need"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/project"
)

// caseProps is what the committee decides on, told where it decides.
type caseProps struct {
	Summary string
	Lang    string // of the summary, when it is another than the page's
	Facts   []ui.Fact
}

// onFunding are the commands with which the committee and the R&D section settle
// whether a project is paid for.
var onFunding = []string{"fund", "ask_back", "answer_committee", "decline"}

// about tells what is decided on: the sum by year, who does the work, when, and
// whether the answer comes before the decision it is for.
func (p *pages) about(ctx context.Context, command string, r *project.Project) (templ.Component, error) {
	if !slices.Contains(onFunding, command) {
		return nil, nil
	}
	facts, err := p.facts(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, y := range r.Budget.V {
		facts = append(facts, ui.Fact{Label: strconv.Itoa(y.Year), Text: lang.NOK(ctx, y.Amount)})
	}
	who, err := p.who(ctx, r)
	if err != nil {
		return nil, err
	}
	needs, err := p.Service.NeedsOf(ctx, r)
	if err != nil {
		return nil, err
	}
	facts = append(facts, who...)
	for _, n := range needs {
		facts = append(facts, ui.Fact{Label: lang.T(ctx, "need.name"), Text: n.Number + " " + n.Title, Href: "/behov/" + n.Number})
		if !n.DecisionDate.IsZero() {
			facts = append(facts, ui.Fact{Label: lang.T(ctx, "project.case.decision"), Text: inTime(ctx, r, n)})
		}
	}
	day := func(key string, at time.Time) string { return lang.T(ctx, key, "day", lang.Date(ctx, at)) }
	for _, q := range r.Funded.V.Questions {
		facts = append(facts, ui.Fact{Label: day("project.case.question", q.At), Text: q.Text})
		if !q.AnsweredAt.IsZero() {
			facts = append(facts, ui.Fact{Label: day("project.case.answer", q.AnsweredAt), Text: q.Answer})
		}
	}
	return casePanel(caseProps{Summary: r.Summary, Lang: other(ctx, r.SummaryIn()), Facts: facts}), nil
}

// inTime tells when the decision is made that the project is for, and by how much
// the answer comes before or after.
func inTime(ctx context.Context, r *project.Project, n *need.Need) string {
	end := planned(r)
	if end.IsZero() {
		return lang.Day(ctx, n.DecisionDate)
	}
	if waitsNot(r, n) {
		return lang.Day(ctx, n.DecisionDate) + ". " + lang.T(ctx, "project.slack.not_waiting")
	}
	key, days := "project.case.in_time", slack(end, n.DecisionDate)
	if days < 0 {
		key, days = "project.case.too_late", -days
	}
	return lang.T(ctx, key, "date", lang.Day(ctx, n.DecisionDate), "days", lang.Days(ctx, days))
}
