package demo

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"time"

	"funn/internal/application"
	"funn/internal/assessment"
	"funn/internal/call"
	"funn/internal/decision"
	"funn/internal/demo/facts"
	"funn/internal/platform/clock"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// assessedCall imports the example of a call that waits for the committee, with what
// was sent in to it: what was sealed and opened is in its history, and cannot be
// played anew. What happened after the applications were opened is played.
func (l *loader) assessedCall(ctx context.Context) error {
	for _, f := range facts.ExampleCalls {
		if f.State != facts.CallAssess2 {
			continue
		}
		c, err := l.importCall(ctx, f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Key, err)
		}
		acts := []act{}
		for _, a := range facts.ExampleApplications {
			if a.Call != f.Key {
				continue
			}
			if err := l.submissions(ctx, c, f, a); err != nil {
				return fmt.Errorf("%s: %w", a.Key, err)
			}
			acts = append(acts, l.judged(f, a)...)
		}
		if err := l.play(ctx, append(acts, l.meeting(f))); err != nil {
			return fmt.Errorf("%s: %w", f.Key, err)
		}
	}
	return nil
}

// at is a time of day in Oslo.
func at(day time.Time, hour, minute int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, clock.Oslo).UTC()
}

func (l *loader) importCall(ctx context.Context, f facts.ExampleCall) (*call.Call, error) {
	need, err := l.id(f.Need)
	if err != nil {
		return nil, err
	}
	day := func(t time.Time) call.When { return call.When{From: t, To: t} }
	c := l.Calls.Kind.New()
	c.Head = record.Head{Title: f.Title.Body, Lang: language(string(f.Title.Lang)), State: string(f.State), Unit: l.paths["fou"], Example: true,
		Source: facts.Source{Doc: facts.DocExample}.String(), Created: at(f.Begun, 10, 0), StateSince: at(f.Due, 12, 2)}
	c.Theme, c.PlanYear, c.Note, c.FrameOre, c.Owner = f.Theme, f.Deadline.Year(), f.About.Body, f.Frame*100, f.Owner
	c.MaxMonths, c.Presentations, c.Form.V = f.Months, 1, call.StandardForm()
	c.Opened.V, c.Deadline.V, c.ApplicationsDue.V, c.Decision.V = day(f.Opened), day(f.Deadline), day(f.Due), day(f.Meeting)
	c.DeadlineClock, c.ApplicationsClock = "12:00:00", "12:00:00"
	if c.Answer.V, err = call.ParseWhen(f.Answer); err == nil {
		c.Starts.V, err = call.ParseWhen(f.Starts)
	}
	if err != nil {
		return nil, err
	}
	c.Needs.V, c.ContentBy, c.ContentAt = []string{need}, f.Owner, at(f.Begun.AddDate(0, 0, 7), 10, 0)
	c.Texts.V = map[string]call.Text{}
	for tag, t := range f.Texts {
		c.Texts.V[tag] = call.Text{Title: t.Title, Purpose: t.Purpose, Eligible: t.Eligible, Requirements: t.Requirements, Assessed: t.Assessed, Apply: t.Apply, Contact: t.Contact}
	}
	for i, x := range f.Criteria {
		c.Criteria.V = append(c.Criteria.V, call.Criterion{ID: i + 1, Names: map[string]string{"nb": x.NB, "nn": x.NN}, Meanings: map[string]string{"nb": x.MeaningNB, "nn": x.MeaningNN},
			Weight: x.Weight, Principles: []string{x.Principle}, Assessor: x.Assessor})
	}
	public, parts, err := seal.NewCallKey()
	if err != nil {
		return nil, err
	}
	made := at(f.Begun.AddDate(0, 0, 7), 9, 0)
	c.Key.V = &call.Key{Public: public, Made: made}
	for i, person := range f.Holders {
		c.Key.V.Holders = append(c.Key.V.Holders, call.Holder{Person: person, Commitment: seal.Commitment(parts[i]), Fetched: made, Rehearsed: made})
	}
	c.Shut.V, c.Openings.V = map[string]time.Time{}, map[string]call.Opening{}
	for stage, due := range map[string]time.Time{call.Stage1: f.Deadline, call.Stage2: f.Due} {
		c.Shut.V[stage] = at(due, 12, 0)
		c.Openings.V[stage] = call.Opening{By: f.Holders[:2], At: at(due, 13, 0), Done: at(due, 13, 0)}
	}
	if c.Number, err = l.Calls.Kind.NextNumber(ctx, f.Deadline.Year()); err != nil {
		return nil, err
	}
	if c.Slug, err = l.Calls.Slug(ctx, c.Title); err != nil {
		return nil, err
	}
	err = l.Calls.Kind.Import(ctx, c, exampleNote)
	l.ids[f.Key] = c.ID
	return c, err
}

const exampleNote = "Eksempel"

// submissions imports the sketch, and the application unless the sketch was rejected.
func (l *loader) submissions(ctx context.Context, c *call.Call, f facts.ExampleCall, a facts.ExampleApplication) error {
	institution, err := l.id(a.Institution)
	if err != nil {
		return err
	}
	person, err := l.People.Persons.Load(ctx, a.Applicant)
	if err != nil {
		return err
	}
	name, err := l.People.OrganisationNames(ctx, institution)
	if err != nil {
		return err
	}
	lang := language(string(a.Title.Lang))
	opened := func(kind string, sent, opens time.Time) *application.Submission {
		x := &application.Submission{Call: c.ID, Applicant: a.Applicant, Owner: f.Owner, SentAt: sent, SentBy: a.Applicant, Sent: 1, OpenedAt: opens}
		x.Head = record.Head{Title: a.Title.Body, Lang: lang, State: application.Assessing, Unit: c.Unit, Example: true, Source: c.Source, Created: sent.AddDate(0, 0, -3), StateSince: opens}
		x.Number = l.Applications.Of(kind).Prefix + "-" + unguessable(a.Key+kind)
		x.SetFlag(application.Opened, true)
		x.Content.V = &application.Content{
			Title: a.Title.Body, Lang: lang, Institution: application.Party{ID: institution, Name: name[institution]}, Leader: application.Author{Name: person.Title, Institution: name[institution]},
			Starts: time.Date(f.Meeting.Year(), time.August, 1, 0, 0, 0, 0, time.UTC), Months: 24, AskedOre: a.Asked * 100, Answers: map[string]string{"summary": a.Summary.Body, "methods": a.Methods.Body},
		}
		return x
	}
	answered, told := at(f.Deadline.AddDate(0, 0, 14), 10, 0), at(f.Deadline.AddDate(0, 0, 17), 10, 0)
	sketch := opened(application.Sketch, at(f.Deadline.AddDate(0, 0, -1), 14, 0), at(f.Deadline, 13, 0))
	sketch.State, sketch.StateSince = application.Invited, told
	sketch.Answer.V = &application.Answer{
		Outcome: application.Invite, Reasons: invitation[lang], ProposedBy: f.By, ProposedAt: answered, DecidedBy: f.Owner, DecidedAt: answered, ToldAt: told,
		Stands: []application.Stand{{Person: "fou", As: application.ByQuality, For: true, At: answered}, {Person: f.Owner, As: application.ByRelevance, For: true, At: answered}},
	}
	if !a.Rejected.IsZero() {
		sketch.State, sketch.Answer.V.Outcome, sketch.Answer.V.Reasons = application.Rejected, application.Reject, a.Rejected.Body
		sketch.Answer.V.AppealUntil = f.Deadline.AddDate(0, 0, 17+application.AppealDays)
	}
	if err := l.Applications.Sketches.Import(ctx, sketch, exampleNote); err != nil || !a.Rejected.IsZero() {
		return err
	}
	x := opened(application.Application, at(f.Due.AddDate(0, 0, -2), 14, 0), at(f.Due, 13, 0))
	x.Sketch = sketch.ID
	err = l.Applications.Applications.Import(ctx, x, exampleNote)
	l.ids[a.Key] = x.ID
	return err
}

// judged gives the acts by which an application came to where it stands: somebody
// declares a conflict, those who assess it are asked, answer and write, and the R&D
// section puts it before the committee.
func (l *loader) judged(f facts.ExampleCall, a facts.ExampleApplication) []act {
	var acts []act
	k, cases := l.Assessments.Kind, l.Applications.Applications
	asked := f.Due.AddDate(0, 0, 3)
	add := func(on time.Time, what string, do func(context.Context) error) {
		acts = append(acts, act{on: on, what: a.Key + ": " + what, do: do})
	}
	if a.Conflict != "" {
		add(asked, "declare", give(l, cases, a.Key, a.Conflict, "declare", "", "ground", conflict[language(string(a.Title.Lang))]))
	}
	for _, x := range a.Assessments {
		key := a.Key + ":" + x.Assessor
		add(asked, "request", func(ctx context.Context) error {
			id, err := l.id(a.Key)
			if err != nil {
				return err
			}
			rec, err := cases.Load(ctx, id)
			if err != nil {
				return err
			}
			if ctx, err = l.as(ctx, asker); err != nil {
				return err
			}
			in := record.Input{Values: values("case", rec.Number, "sort", x.Sort, "assessor", x.Assessor, "due", iso(x.Due))}
			y, err := k.Create(ctx, "request", in, func(y *assessment.Assessment) {
				y.Example, y.Source, y.Number = true, rec.Source, k.Prefix+"-"+unguessable(key)
			})
			if err == nil {
				l.ids[key] = y.ID
			}
			return err
		})
		add(asked.AddDate(0, 0, 1), "accept", give(l, k, key, x.Assessor, "accept", "", "conflict", "none"))
		wrote := x.Delivered
		if wrote.IsZero() {
			wrote = asked.AddDate(0, 0, 30)
		}
		criteria := criteriaOf(f, x.Sort)
		for i, score := range x.Scores {
			add(wrote, "save", give(l, k, key, x.Assessor, "save", "", "part", fmt.Sprint(criteria[i]), "score", fmt.Sprint(score.Value), "reason_for", score.Reason.Body, "share", score.Reason.Body))
		}
		if !x.Delivered.IsZero() {
			add(wrote, "save", give(l, k, key, x.Assessor, "save", "", "part", assessment.Whole, "advice", x.Advice))
			add(wrote, "deliver", give(l, k, key, x.Assessor, "deliver", ""))
		}
	}
	if p := a.Proposal; !p.On.IsZero() {
		amount := ""
		if p.Amount > 0 {
			amount = kroner(p.Amount)
		}
		add(p.On, "propose", give(l, cases, a.Key, p.By, "propose", "", "outcome", p.Outcome, "amount", amount, "reasons", p.Reasons.Body))
	}
	return acts
}

// asker asks for the assessments of the example call: not the one who may not deal
// with all its cases.
const asker = "fou"

// conflict is why somebody may not deal with a case, by language form.
var conflict = map[string]string{
	"nb": "Jeg har arbeidet ved institusjonen som søker.",
	"nn": "Eg har arbeidd ved institusjonen som søkjer.",
}

// criteriaOf gives the numbers of the call's criteria that a sort of assessor answers.
func criteriaOf(f facts.ExampleCall, sort string) (out []int) {
	for i, x := range f.Criteria {
		if (x.Assessor == call.ByOwner) == (sort == assessment.ByOwner) {
			out = append(out, i+1)
		}
	}
	return out
}

// meeting plans the committee's meeting on the call.
func (l *loader) meeting(f facts.ExampleCall) act {
	return act{on: f.Due.AddDate(0, 0, 34), what: "plan a meeting", do: func(ctx context.Context) error {
		id, err := l.id(f.Key)
		if err != nil {
			return err
		}
		if ctx, err = l.as(ctx, f.By); err != nil {
			return err
		}
		_, err = l.Decisions.Meetings.Create(ctx, "plan", record.Input{Values: values("call", id, "held_on", iso(f.Meeting))},
			func(m *decision.Meeting) { m.Example, m.Source = true, facts.Source{Doc: facts.DocExample}.String() })
		return err
	}}
}

// unguessable makes the last part of the number of a submission or an assessment, the same in every demo.
func unguessable(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base32.StdEncoding.EncodeToString(sum[:])[:7]
}

// invitation is what those who were invited to apply were told, by language form.
var invitation = map[string]string{
	"nb": "Vi vil gjerne lese mer. Skriv i søknaden hvordan funnene kan brukes.",
	"nn": "Vi vil gjerne lese meir. Skriv i søknaden korleis funna kan brukast.",
}
