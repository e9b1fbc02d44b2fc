package commission

import (
	"context"
	"slices"
	"time"

	"funn/internal/org"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

// Suppliers is what agreements ask of the organisation.
type Suppliers interface {
	// Organisations gives the organisations that can be chosen; the value is the id.
	Organisations(ctx context.Context) ([]form.Option, error)
}

// Service is the framework agreements.
type Service struct {
	Kind *record.Kind[*Agreement]

	suppliers Suppliers
}

// New makes the service. Its kind must be registered with an engine before use.
func New(suppliers Suppliers) *Service {
	s := &Service{suppliers: suppliers}
	s.Kind = s.kind()
	return s
}

func edit(_ context.Context, c *record.Change[*Agreement]) error {
	a, in := c.Rec, c.In
	from, to, option := in.Day("valid_from"), in.Day("valid_to"), in.Day("option_to")
	var errs fault.Errors
	if to.Before(from) {
		errs.Add("valid_to", "agreement.date_order", "date", from)
	}
	if !option.IsZero() && !option.After(to) {
		errs.Add("option_to", "agreement.option_order", "date", to)
	}
	if err := errs.Err(); err != nil {
		return err
	}
	a.Title, a.Subject, a.Round, a.Note = in.String("title"), in.String("subject"), in.String("round"), in.String("note")
	a.ValidFrom, a.ValidTo, a.OptionTo = from, to, option
	return nil
}

func addSupplier(_ context.Context, c *record.Change[*Agreement]) error {
	c.Rec.Suppliers.V = append(c.Rec.Suppliers.V, c.In.String("supplier"))
	return nil
}

func removeSupplier(_ context.Context, c *record.Change[*Agreement]) error {
	c.Rec.Suppliers.V = slices.DeleteFunc(c.Rec.Suppliers.V, func(id string) bool { return id == c.In.String("supplier") })
	return nil
}

func hasSupplier(_ context.Context, a *Agreement, _ form.Values) (v record.Verdict, err error) {
	if len(a.Suppliers.V) == 0 {
		v.Block("agreement.no_supplier")
	}
	return v, nil
}

func hasOption(_ context.Context, a *Agreement, _ form.Values) (v record.Verdict, err error) {
	if a.OptionTo.IsZero() {
		v.Nothing("agreement.no_option")
	}
	return v, nil
}

// useOption moves the agreement's last day to the option's.
func useOption(_ context.Context, c *record.Change[*Agreement]) error {
	a := c.Rec
	a.Options.V = append(a.Options.V, Option{Used: true, Before: a.ValidTo, At: c.Today, Reason: c.Reason})
	a.ValidTo, a.OptionTo = a.OptionTo, time.Time{}
	return nil
}

func leaveOption(_ context.Context, c *record.Change[*Agreement]) error {
	a := c.Rec
	a.Options.V = append(a.Options.V, Option{Before: a.ValidTo, At: c.Today, Reason: c.Reason})
	a.OptionTo = time.Time{}
	return nil
}

// runOut lets an agreement end when its last day is over: before that it is
// broken off, which takes a reason.
func (s *Service) runOut(ctx context.Context, a *Agreement, _ form.Values) (v record.Verdict, err error) {
	if today := s.Kind.Engine().Today(ctx); !today.After(a.ValidTo) {
		v.Block("agreement.still_runs", "date", a.ValidTo)
	}
	return v, nil
}

// tasks asks for a decision on the option before the agreement runs out, and for
// an end when it has.
func (s *Service) tasks(a *Agreement) []record.Task {
	if a.State != Active && a.State != Extended {
		return nil
	}
	if !a.OptionTo.IsZero() {
		return []record.Task{{Name: "option", Command: "use_option", Role: org.FoU, Due: a.ValidTo}}
	}
	return []record.Task{{Name: "end", Command: "end", Role: org.FoU, Due: a.ValidTo.AddDate(0, 0, 1)}}
}

// candidates gives the organisations that are not yet suppliers.
func (s *Service) candidates(ctx context.Context, rec any) ([]form.Option, error) {
	all, err := s.suppliers.Organisations(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(o form.Option) bool { return isSupplier(rec, o.Value) }), nil
}

// members gives the suppliers by name; one that can no longer be chosen goes by
// its id.
func (s *Service) members(ctx context.Context, rec any) ([]form.Option, error) {
	all, err := s.suppliers.Organisations(ctx)
	if err != nil {
		return nil, err
	}
	a, ok := rec.(*Agreement)
	if !ok || a == nil {
		return nil, nil
	}
	out := slices.DeleteFunc(all, func(o form.Option) bool { return !isSupplier(rec, o.Value) })
	for _, id := range a.Suppliers.V {
		if !slices.ContainsFunc(out, func(o form.Option) bool { return o.Value == id }) {
			out = append(out, form.Option{Value: id, Label: id})
		}
	}
	return out, nil
}

func isSupplier(rec any, id string) bool {
	a, ok := rec.(*Agreement)
	return ok && a != nil && slices.Contains(a.Suppliers.V, id)
}

func describe(_ context.Context, a *Agreement) (record.Doc, error) {
	return record.Doc{Text: a.Subject + "\n" + a.Round + "\n" + a.Note, Date: a.ValidFrom}, nil
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
