package demo

import (
	"context"
	"fmt"

	"funn/internal/call"
	"funn/internal/commission"
	"funn/internal/demo/facts"
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

// draftCall plays how the example of a call that is being written came to be. What
// is left for a newcomer is told on its page: a criterion, the nynorsk texts, and
// the two approvals.
func (l *loader) draftCall(ctx context.Context) error {
	f := facts.ExampleDraft
	k := l.Calls.Kind
	need, err := l.id(f.Need)
	if err != nil {
		return err
	}
	acts := []act{{on: f.Begun, what: "register", do: func(ctx context.Context) error {
		ctx, err := l.as(ctx, f.By)
		if err != nil {
			return err
		}
		in := values("title", f.Title.Body, "theme", f.Theme, "plan_year", fmt.Sprint(f.Deadline.Year()), "frame", kroner(f.Frame), "as_draft", "true")
		rec, err := k.Create(ctx, "register", record.Input{Values: in}, func(c *call.Call) {
			c.Example, c.Source = true, facts.Source{Doc: facts.DocExample}.String()
		})
		if err == nil {
			l.ids[f.Key] = rec.ID
		}
		return err
	}}}
	add := func(command string, pairs ...string) {
		acts = append(acts, act{on: f.Begun, what: command, do: give(l, k, f.Key, f.By, command, "", pairs...)})
	}
	add("edit", "title", f.Title.Body, "theme", f.Theme, "plan_year", fmt.Sprint(f.Deadline.Year()), "note", f.Note.Body, "owner", f.Owner, "needs", need,
		"frame", kroner(f.Frame), "max_months", "24", "presentations", "1")
	add("set_dates", "opens", iso(f.Opens), "deadline", iso(f.Deadline), "deadline_clock", "12.00", "answer", "april 2023", "applications_due", "juni 2023", "decision", "høsten 2023", "starts", "første tertial 2024")
	t := f.Texts
	add("write_nb", "purpose", t.Purpose, "eligible", t.Eligible, "requirements", t.Requirements, "assessed", t.Assessed, "apply", t.Apply, "contact", t.Contact)
	for _, x := range f.Criteria {
		add("set_criterion", "criterion", call.NewCriterion, "name_nb", x.NB, "name_nn", x.NN, "meaning_nb", x.MeaningNB, "meaning_nn", x.MeaningNN,
			"weight", fmt.Sprint(x.Weight), "principles", x.Principle, "assessor", x.Assessor)
	}
	return l.play(ctx, acts)
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
