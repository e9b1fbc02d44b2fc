package call

import (
	"context"
	"slices"
	"strconv"
	"time"

	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

// Plans is what calls ask of the R&D plan.
type Plans interface {
	Themes(ctx context.Context) ([]form.Option, error)
}

// Service is the calls.
type Service struct {
	Kind *record.Kind[*Call]

	plans Plans
}

// New makes the service. Its kind must be registered with an engine before use.
func New(plans Plans) *Service {
	s := &Service{plans: plans}
	s.Kind = s.kind()
	return s
}

func (s *Service) themes(ctx context.Context, _ any) ([]form.Option, error) {
	return s.plans.Themes(ctx)
}

// otherStates gives the states that the call is not in.
func (s *Service) otherStates(_ context.Context, rec any) ([]form.Option, error) {
	options := form.Codes("call.state", every...)
	if c, ok := rec.(*Call); ok && c != nil {
		options = slices.DeleteFunc(options, func(o form.Option) bool { return o.Value == c.State })
	}
	return options, nil
}

func register(ctx context.Context, c *record.Change[*Call]) error { return edit(ctx, c) }

func edit(_ context.Context, c *record.Change[*Call]) error {
	rec, in := c.Rec, c.In
	opens, deadline := in.Day("opens"), in.Day("deadline")
	if !opens.IsZero() && !deadline.IsZero() && deadline.Before(opens) {
		var errs fault.Errors
		errs.Add("deadline", "call.deadline_order", "date", opens)
		return errs.Err()
	}
	rec.Title, rec.Theme, rec.Note, rec.PlanYear = in.String("title"), in.String("theme"), in.String("note"), in.Int("plan_year")
	rec.Opened.V, rec.Deadline.V = on(rec.Opened.V, opens), on(rec.Deadline.V, deadline)
	rec.FrameOre = told(in, "frame")
	return nil
}

// on gives the day as a date. A date that is known less exactly than a day stays
// when no day is told.
func on(now When, day time.Time) When {
	if day.IsZero() {
		if now.From.Equal(now.To) {
			return When{}
		}
		return now
	}
	return When{From: day, To: day}
}

func tellState(_ context.Context, c *record.Change[*Call]) error {
	c.To = c.In.String("state")
	return nil
}

// tellResult keeps the statistics. Each step is a part of the one before it, and
// no more is awarded than the frame holds.
func tellResult(_ context.Context, c *record.Change[*Call]) error {
	var errs fault.Errors
	before, beforeName := int64(Unknown), ""
	for _, name := range []string{"sketches", "invited", "applications", "awards"} {
		n := told(c.In, name)
		if n == Unknown {
			continue
		}
		if before != Unknown && n > before {
			errs.Add(name, "call.more_than."+beforeName, "n", int(before))
		}
		before, beforeName = n, name
	}
	awarded := told(c.In, "awarded")
	if awarded != Unknown && c.Rec.FrameOre != Unknown && awarded > c.Rec.FrameOre {
		errs.Add("awarded", "call.beyond_frame")
	}
	if err := errs.Err(); err != nil {
		return err
	}
	rec := c.Rec
	rec.Sketches, rec.Invited = int(told(c.In, "sketches")), int(told(c.In, "invited"))
	rec.Applications, rec.Awards = int(told(c.In, "applications")), int(told(c.In, "awards"))
	rec.AwardedOre = awarded
	return nil
}

// told gives a number or an amount in øre that the form tells; Unknown when it
// tells none.
func told(in form.Values, name string) int64 {
	n, err := strconv.ParseInt(in.String(name), 10, 64)
	if err != nil {
		return Unknown
	}
	return n
}

// number writes a number for a form; nothing for the one that stands for none.
func number(n, none int64) string {
	if n == none {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// dayText writes a date for a form, when it is known to the day.
func dayText(w When) string {
	if !w.Known() || !w.From.Equal(w.To) {
		return ""
	}
	return w.From.Format(time.DateOnly)
}

func describe(_ context.Context, c *Call) (record.Doc, error) {
	doc := record.Doc{Text: c.Note, Date: c.Deadline.V.From}
	if doc.Text == "" {
		doc.Text = c.Title
	}
	if c.Theme != "" {
		doc.Facets = map[string][]string{"theme": {c.Theme}}
	}
	if Public(c) {
		doc.PublicURL = c.PublicURL()
	}
	return doc, nil
}
