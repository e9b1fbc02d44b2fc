package demo

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"funn/internal/call"
	"funn/internal/commission"
	"funn/internal/demo/facts"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

// calls are the open calls that the sources name: those that are over and those
// planned for 2023. They are linked to; they do not run here.
func (l *loader) calls(ctx context.Context) error {
	for _, f := range facts.Calls {
		c := &call.Call{
			Head:  record.Head{Title: f.Title, Lang: language(string(f.Note.Lang)), State: string(f.State), Unit: l.paths["fou"], Source: f.Source.String(), Created: l.known()},
			Theme: f.Theme, PlanYear: f.Deadline.To.Year(), Note: f.Note.Body, FrameOre: ore(f.Frame), AwardedOre: ore(f.Awarded),
			Sketches: f.Sketches, Invited: f.Invited, Applications: f.Applications, Awards: f.Awards,
		}
		if !f.Deadline.Known() {
			c.PlanYear = 0
		}
		c.Opened.V, c.Deadline.V = when(f.Opened), when(f.Deadline)
		if f.Awarded.Known {
			c.AwardedNote = "Summen for alle tildelingene. Kilden oppgir ikke beløpet for hvert prosjekt."
		}
		var err error
		if c.Number, err = l.Calls.Kind.NextNumber(ctx, callYear(f)); err != nil {
			return err
		}
		if c.Slug, err = l.Calls.Slug(ctx, c.Title); err != nil {
			return err
		}
		if err := l.Calls.Kind.Import(ctx, c, note); err != nil {
			return fmt.Errorf("call %s: %w", f.Key, err)
		}
		l.ids[f.Key] = c.ID
	}
	return nil
}

// exampleCall gives the acts by which an example of a call came to where it stands:
// written, given a key, approved and opened.
func (l *loader) exampleCall(f facts.ExampleCall) []act {
	k := l.Calls.Kind
	acts := []act{{on: f.Begun, what: "register", do: func(ctx context.Context) error {
		ctx, err := l.as(ctx, f.By)
		if err != nil {
			return err
		}
		in := values("title", f.Title.Body, "theme", f.Theme, "plan_year", fmt.Sprint(f.Deadline.Year()), "frame", kroner(f.Frame), "as_draft", "true")
		rec, err := k.Create(ctx, "register", record.Input{Values: in}, func(c *call.Call) {
			c.Example, c.Source, c.Lang = true, facts.Source{Doc: facts.DocExample}.String(), language(string(f.Title.Lang))
		})
		if err == nil {
			l.ids[f.Key] = rec.ID
		}
		return err
	}}}
	add := func(on time.Time, person, command string, pairs ...string) {
		acts = append(acts, act{on: on, what: command, do: give(l, k, f.Key, person, command, "", pairs...)})
	}
	acts = append(acts, act{on: f.Begun, what: "edit", do: func(ctx context.Context) error {
		need, err := l.id(f.Need)
		if err != nil {
			return err
		}
		return give(l, k, f.Key, f.By, "edit", "", "title", f.Title.Body, "theme", f.Theme, "plan_year", fmt.Sprint(f.Deadline.Year()), "note", f.About.Body, "owner", f.Owner,
			"needs", need, "frame", kroner(f.Frame), "max_months", fmt.Sprint(f.Months), "presentations", "1")(ctx)
	}})
	decision := f.Decision
	if !f.Meeting.IsZero() {
		decision = iso(f.Meeting)
	}
	add(f.Begun, f.By, "set_dates", "opens", iso(f.Opened), "deadline", iso(f.Deadline), "deadline_clock", noon, "answer", f.Answer,
		"applications_due", iso(f.Due), "applications_clock", noon, "decision", decision, "starts", f.Starts)
	for _, tag := range lang.Tags {
		if t, ok := f.Texts[string(tag)]; ok {
			add(f.Begun, f.By, "write_"+string(tag), "title_in", cmp.Or(t.Title, f.Title.Body), "purpose", t.Purpose, "eligible", t.Eligible, "requirements", t.Requirements,
				"assessed", t.Assessed, "apply", t.Apply, "contact", t.Contact)
		}
	}
	for _, x := range f.Criteria {
		add(f.Begun, f.By, "set_criterion", "criterion", call.NewCriterion, "name_nb", x.NB, "name_nn", x.NN, "meaning_nb", x.MeaningNB, "meaning_nn", x.MeaningNN,
			"weight", fmt.Sprint(x.Weight), "principles", x.Principle, "assessor", x.Assessor)
	}
	if f.State == facts.CallDraft {
		return acts
	}
	// A week later the key is made, and the call approved.
	ready := f.Begun.AddDate(0, 0, 7)
	var names []string
	for i, person := range f.Holders {
		names = append(names, fmt.Sprintf("holder_%d", i+1), person)
	}
	add(ready, f.By, "name_holders", names...)
	for _, person := range f.Holders {
		acts = append(acts, act{on: ready, what: "rehearse_part", do: l.rehearse(f.Key, person)})
	}
	add(ready, f.Owner, "approve_content")
	add(ready, "utvalg", "approve")
	return append(acts, act{on: f.Opened, what: "open", do: func(ctx context.Context) error {
		id, err := l.id(f.Key)
		if err != nil {
			return err
		}
		return l.Calls.OpenDue(ctx, id)
	}})
}

// noon is when the examples' deadlines are.
const noon = "12.00"

// rehearse lets a holder fetch their part of a call's key and show that it is kept.
func (l *loader) rehearse(key, person string) func(context.Context) error {
	return func(ctx context.Context) error {
		id, err := l.id(key)
		if err != nil {
			return err
		}
		ctx, err = l.as(ctx, person)
		if err != nil {
			return err
		}
		part, err := l.Calls.FetchPart(ctx, id)
		if err != nil {
			return err
		}
		_, err = l.Calls.Kind.Do(ctx, id, "rehearse_part", record.Input{Values: values("part", part)})
		return err
	}
}

// callYear is the year that a call's number bears: that of its deadline, or the
// year in its title where the source gives no date.
func callYear(f facts.Call) int {
	if f.Deadline.Known() {
		return f.Deadline.To.Year()
	}
	if f.Opened.Known() {
		return f.Opened.To.Year()
	}
	var year int
	if _, err := fmt.Sscanf(f.Key, "utlysning-%d", &year); err != nil {
		return facts.Year
	}
	return year
}

func ore(a facts.Amount) int64 {
	if !a.Known {
		return call.Unknown
	}
	return a.NOK * 100
}

func when(w facts.When) call.When {
	if !w.Known() {
		return call.When{}
	}
	return call.When{From: w.From, To: w.To, Text: w.Text}
}

// agreements are the framework agreements of both rounds.
func (l *loader) agreements(ctx context.Context) error {
	for _, f := range facts.Frameworks {
		a := &commission.Agreement{
			Head:    record.Head{Title: f.Type, Lang: "nb", State: commission.Active, Unit: l.paths["fou"], Source: f.Source.String(), Created: l.known()},
			Subject: f.Type, ValidFrom: f.ValidFrom, ValidTo: f.ValidTo, OptionTo: f.OptionTo,
		}
		if f.Round == facts.Round2018 {
			a.State = commission.Ended
		}
		for _, r := range facts.Rounds {
			if r.Key != f.Round {
				continue
			}
			a.Round, a.Note, a.SuppliersOfRound = r.Title, r.Note.Body, true
			for _, key := range r.Suppliers {
				id, err := l.id(key)
				if err != nil {
					return err
				}
				a.Suppliers.V = append(a.Suppliers.V, id)
			}
		}
		var err error
		if a.Number, err = l.Commissions.Kind.NextNumber(ctx, f.ValidFrom.Year()); err != nil {
			return err
		}
		if err := l.Commissions.Kind.Import(ctx, a, note); err != nil {
			return fmt.Errorf("agreement %s: %w", f.Key, err)
		}
		l.ids[f.Key] = a.ID
	}
	return nil
}
