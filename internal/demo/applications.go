package demo

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"time"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/demo/facts"
	"funn/internal/platform/clock"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// assessedCall imports the example of a call that waits for the committee, with what
// was sent in to it: what was sealed and opened is in its history, and cannot be
// played anew.
func (l *loader) assessedCall(ctx context.Context) error {
	for _, f := range facts.ExampleCalls {
		if f.State != facts.CallAssess2 {
			continue
		}
		c, err := l.importCall(ctx, f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Key, err)
		}
		rank := 0.0
		for _, a := range facts.ExampleApplications {
			if a.Call != f.Key {
				continue
			}
			if a.Proposed > 0 {
				rank++
			}
			if err := l.submissions(ctx, c, f, a, rank); err != nil {
				return fmt.Errorf("%s: %w", a.Key, err)
			}
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
func (l *loader) submissions(ctx context.Context, c *call.Call, f facts.ExampleCall, a facts.ExampleApplication, rank float64) error {
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
	if a.Proposed > 0 {
		x.State, x.StateSince = application.Proposed, at(facts.DemoDay.AddDate(0, 0, -12), 10, 0)
		x.Answer.V = &application.Answer{Outcome: application.Award, Ore: a.Proposed * 100, Order: rank, Reasons: a.Assessments[0].Reason.Body, ProposedBy: f.By, ProposedAt: x.StateSince}
	}
	err = l.Applications.Applications.Import(ctx, x, exampleNote)
	l.ids[a.Key] = x.ID
	return err
}

// unguessable makes the last part of a submission's number, the same in every demo.
func unguessable(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base32.StdEncoding.EncodeToString(sum[:])[:7]
}

// invitation is what those who were invited to apply were told, by language form.
var invitation = map[string]string{
	"nb": "Vi vil gjerne lese mer. Skriv i søknaden hvordan funnene kan brukes.",
	"nn": "Vi vil gjerne lese meir. Skriv i søknaden korleis funna kan brukast.",
}
