package call

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// Plans is what calls ask of the R&D plan.
type Plans interface {
	Themes(ctx context.Context) ([]form.Option, error)
}

// People is what calls ask of the organisation.
type People interface {
	// Holders gives the persons who hold one of the roles now.
	Holders(ctx context.Context, roles ...access.Role) ([]form.Option, error)
}

// Needs is what calls ask of the knowledge needs.
type Needs interface {
	// Waiting gives the needs for which an instrument has been chosen and that are
	// not answered.
	Waiting(ctx context.Context) ([]form.Option, error)
}

// Kind is the kind of calls.
type Kind = record.Kind[*Call]

type command = record.Command[*Call]

// Service is the calls.
type Service struct {
	Kind  *Kind
	Cases Cases // nil where no cases can come in

	// Secret seals the parts of keys on their way to their holders. Without one no key
	// is made: it would have to outlive the program.
	Secret seal.Secret
	// Submissions are what is sent in to the calls.
	Submissions Submissions
	Log         *slog.Logger // of openings; nil means slog.Default
	// Grace is how long after a deadline the call closes; [New] sets it to [Grace].
	Grace time.Duration
	// Handed is told of each part that is handed to its holder, as the demo does whose
	// holders keep theirs on a page; nil elsewhere.
	Handed func(ctx context.Context, c *Call, person, part string) error

	plans  Plans
	people People
	needs  Needs
	opener opener
}

// New makes the service. Its kind must be registered with an engine before use.
func New(plans Plans, people People, needs Needs) *Service {
	s := &Service{plans: plans, people: people, needs: needs, Submissions: none{}, Grace: Grace}
	s.Kind = &Kind{
		Name: "call", Prefix: "U", Path: "/utlysning", Table: "call",
		Initial: every, States: states, New: newCall, Describe: describe, Relations: relations, Links: links, Tasks: s.tasks,
		// A planned call is public before it opens; what is being prepared is not, and
		// not when it comes to nothing either.
		Read: []access.Rule{
			{Public: true, NotStates: []string{Draft, Approved, Cancelled}}, {Public: true, States: []string{Cancelled}, Flag: Public}, {Staff: true},
		},
	}
	s.Kind.Commands = s.commands()
	return s
}

// otherStates gives the states that can be told of the call: how far it has come
// since the sketches were in, either way until it is decided; of a planned one that
// it was run before Funn.
func otherStates(_ context.Context, rec any) ([]form.Option, error) {
	open := slices.Concat([]string{Assessment1}, told)
	if c, ok := rec.(*Call); ok && c != nil {
		switch at := slices.Index(open, c.State); {
		case c.State == Planned:
			open = []string{Decided, Announced, Closed}
		case at >= slices.Index(open, Decided):
			open = open[at+1:]
		case at >= 0:
			open = slices.Delete(open, at, at+1)
		}
	}
	return form.Codes("call.state", open...), nil
}

func (s *Service) tellState(ctx context.Context, c *record.Change[*Call]) error {
	if c.To = c.In.String("state"); c.To == Open2 {
		return s.openStage2(ctx, c)
	}
	return nil
}

// tellResult keeps the statistics. Each step is a part of the one before it, and
// no more is awarded than the frame holds.
func tellResult(_ context.Context, c *record.Change[*Call]) error {
	var errs fault.Errors
	before, beforeName := int64(Unknown), ""
	for _, name := range []string{"sketches", "invited", "applications", "awards"} {
		n := toldOf(c.In, name)
		if n == Unknown {
			continue
		}
		if before != Unknown && n > before {
			errs.Add(name, "call.more_than."+beforeName, "n", int(before))
		}
		before, beforeName = n, name
	}
	awarded := toldOf(c.In, "awarded")
	if awarded != Unknown && c.Rec.FrameOre != Unknown && awarded > c.Rec.FrameOre {
		errs.Add("awarded", "call.beyond_frame")
	}
	if err := errs.Err(); err != nil {
		return err
	}
	rec := c.Rec
	rec.Sketches, rec.Invited = int(toldOf(c.In, "sketches")), int(toldOf(c.In, "invited"))
	rec.Applications, rec.Awards = int(toldOf(c.In, "applications")), int(toldOf(c.In, "awards"))
	rec.AwardedOre = awarded
	return nil
}

// toldOf gives a number or an amount in øre that the form tells; Unknown when it
// tells none.
func toldOf(in form.Values, name string) int64 {
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

// describe gives what the search finds: for those who may read the call what it
// says, and for everybody the address at which they read of it.
func describe(_ context.Context, c *Call) (record.Doc, error) {
	doc := record.Doc{Text: c.Words(), Date: c.Deadline.V.From}
	if c.Theme != "" {
		doc.Facets = map[string][]string{"theme": {c.Theme}}
	}
	if _, ok := c.Shown(); ok {
		doc.PublicURL = c.PublicURL()
	}
	return doc, nil
}

// Words are all that the call says.
func (c *Call) Words() string {
	words := []string{c.Note}
	for _, tag := range lang.Tags {
		t := c.Texts.V[string(tag)]
		words = append(words, t.Title, t.Purpose, t.Eligible, t.Requirements, t.Assessed, t.Apply, t.Contact)
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	if len(words) == 0 {
		return c.Title
	}
	return strings.Join(words, "\n")
}
