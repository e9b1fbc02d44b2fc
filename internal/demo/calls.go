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
		if err := l.Calls.Kind.Import(ctx, c, note); err != nil {
			return fmt.Errorf("call %s: %w", f.Key, err)
		}
		l.ids[f.Key] = c.ID
	}
	return nil
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
