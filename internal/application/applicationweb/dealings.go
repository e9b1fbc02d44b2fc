package applicationweb

import (
	"context"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"funn/internal/application"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// dealingsProps is what has passed between the agency and the applicant of a case.
type dealingsProps struct {
	Notices  []notice
	Proposal []ui.Fact // for those who work on the case, until it is told
	Reasons  string
	Lang     string // of what is written in the case's language, when it is not the page's
	Letters  []letterProps
	Feedback []application.Shared
	Notes    []noteProps
	Appeals  []appealProps
}

type letterProps struct {
	Subject, When, Text, Lang string
	Open                      bool // the latest
}

type noteProps struct{ Who, When, Text string }

type appealProps struct{ When, Grounds, Verdict, Reasons string }

// dealings shows letters, dialogue, appeals and, to those who work on the case, what
// is proposed. Assessors see none of it: what they judge is the content.
func (p *pages) dealings(ctx context.Context, x *application.Submission) (templ.Component, error) {
	outside := application.Writes(ctx, x)
	actor := access.From(ctx)
	if !outside && !actor.Has(org.FoU, org.Committee) && x.Owner != actor.ID {
		return nil, nil
	}
	d, b := x.Dealings.V, dealingsProps{}
	if x.Lang != string(lang.From(ctx).Tag()) {
		b.Lang = x.Lang
	}
	if x.HasFlag(application.Unreadable) {
		key := "submission.unreadable"
		if outside {
			key = "submission.unreadable_mine"
		}
		b.Notices = append(b.Notices, notice{ui.Error, lang.T(ctx, key, "hash", x.Receipt)})
	}
	if m := d.Mend; m != nil {
		b.Notices = append(b.Notices, notice{ui.Warning, lang.T(ctx, "submission.mend_by", "date", lang.Day(ctx, m.By), "text", m.Text)})
	}
	if until := x.AppealUntil(); !until.IsZero() && !p.Site.Engine.Today(ctx).After(until) {
		b.Notices = append(b.Notices, notice{ui.Info, lang.T(ctx, "submission.appeal_until", "date", lang.Day(ctx, until))})
	}
	people := make([]string, 0, len(d.Notes))
	for _, n := range d.Notes {
		people = append(people, n.By)
	}
	if a := x.Answer.V; a != nil {
		people = append(people, a.ProposedBy, a.DecidedBy)
		for _, s := range a.Stands {
			people = append(people, s.Person)
		}
	}
	if d.Fault != nil {
		people = append(people, d.Fault.ProposedBy)
	}
	names, err := p.Site.Names(ctx, people...)
	if err != nil {
		return nil, err
	}
	if !outside {
		b.Proposal, b.Reasons = proposalFacts(ctx, x, names)
	}
	for i, l := range slices.Backward(d.Letters) {
		text := strings.ReplaceAll(l.Text, "\n", "\n\n") // each line of a letter is a line here too
		b.Letters = append(b.Letters, letterProps{Subject: l.Subject, When: lang.DateTime(ctx, l.At), Text: text, Lang: l.Lang, Open: i == len(d.Letters)-1})
	}
	b.Feedback = d.Shared
	if d.Shared == nil && x.Told() != nil && x.State != application.Reserve && p.Service.Assessments != nil { // told before it was kept
		if b.Feedback, err = p.Service.Assessments.Shareable(access.With(ctx, access.System), x.ID); err != nil {
			return nil, err
		}
	}
	for _, n := range d.Notes {
		who := names[n.By]
		if outside && !n.Applicant {
			who = lang.T(ctx, "submission.nav")
		}
		b.Notes = append(b.Notes, noteProps{who, lang.DateTime(ctx, n.At), n.Text})
	}
	for _, a := range d.Appeals {
		k := appealProps{When: lang.DateTime(ctx, a.At), Grounds: a.Grounds, Reasons: a.Reasons}
		if !a.SettledAt.IsZero() {
			k.Verdict = lang.T(ctx, "submission.verdict.upheld")
			if a.Reversed {
				k.Verdict = lang.T(ctx, "submission.verdict.reversed")
			}
		}
		b.Appeals = append(b.Appeals, k)
	}
	return dealingsView(b), nil
}

// proposalFacts say what is proposed of a case, who stands behind it, and what is
// decided and not told.
func proposalFacts(ctx context.Context, x *application.Submission, names map[string]string) (facts []ui.Fact, reasons string) {
	fact := func(key, text string) {
		if text != "" {
			facts = append(facts, ui.Fact{Label: lang.T(ctx, key), Text: text})
		}
	}
	if f := x.Dealings.V.Fault; f != nil {
		fact("submission.fault", lang.T(ctx, "submission.fault."+f.Code)+": "+f.Reason)
		fact("submission.proposed_by", names[f.ProposedBy])
	}
	a := x.Answer.V
	if a == nil {
		return facts, ""
	}
	fact("submission.outcome", lang.T(ctx, "submission.outcome."+a.Outcome))
	if a.Grants() {
		fact("submission.amount", lang.NOK(ctx, a.Ore))
	}
	fact("submission.conditions", a.Conditions)
	fact("submission.proposed_by", names[a.ProposedBy])
	var with, against []string
	for _, s := range a.Stands {
		text := strings.TrimSuffix(names[s.Person]+": "+s.Note, ": ")
		if s.For {
			with = append(with, text)
		} else {
			against = append(against, text)
		}
	}
	fact("submission.for", strings.Join(with, "; "))
	fact("submission.against", strings.Join(against, "; "))
	if a.Decided() {
		fact("submission.decided", names[a.DecidedBy]+", "+lang.DateTime(ctx, a.DecidedAt))
	}
	if x.Told() != nil {
		fact("submission.told", lang.DateTime(ctx, a.ToldAt))
	}
	return facts, a.Reasons
}

// withDealings puts what has passed between the two sides above the content.
func (p *pages) withDealings(c *web.Context, x *application.Submission, content templ.Component) (templ.Component, error) {
	d, err := p.dealings(c.Ctx(), x)
	if err != nil || d == nil {
		return content, err
	}
	return ui.Group(d, content), nil
}
