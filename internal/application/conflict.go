package application

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

// The grounds of a conflict. The first is told by the person, the others are found.
const (
	GroundDeclared    = "declared"
	GroundApplicant   = "applicant"   // writes the application
	GroundAuthor      = "author"      // leads the project or takes part in it, by address or name
	GroundInstitution = "institution" // belongs to the institution that applies
	GroundPartner     = "partner"     // belongs to one that takes part
	GroundProject     = "project"     // has run a project together with them before
)

// Together says which grounds lie in earlier projects: whether somebody from outside
// has run a project together with the persons or organisations, by their ids.
type Together func(ctx context.Context, person, organisation string, people, organisations []string) (bool, error)

// Open gives the found conflicts that nobody has looked at yet. They disqualify all
// the same.
func (c Conflicts) Open() (out Conflicts) {
	for _, x := range c {
		if !x.Declared && x.By == "" {
			out = append(out, x)
		}
	}
	return out
}

// Has says whether the person may not deal with the case.
func (c Conflicts) Has(person string) bool { return slices.Contains(c.Disqualified(), person) }

// opened are the states of a case that people of the agency can read.
func opened(kind string) []string {
	if kind == Sketch {
		return []string{Assessing, Returned, Invited, Rejected, Dismissed, Withdrawn, Appealed, Upheld, Reversed}
	}
	return []string{Assessing, Returned, Proposed, Reserve, Awarded, Conditions, Contracted, Rejected, Dismissed, Withdrawn, Appealed, Upheld, Reversed}
}

// conflictCommands are what is done about those who may not deal with a case. Why
// somebody may not is told to those who settle it alone, so no ground stands in the
// history, which all who deal with the case read.
func (s *Service) conflictCommands(kind string) []command {
	why := form.Field{Name: "why", Type: form.Area, Required: true, Max: 1000, Private: true}
	return []command{
		{Command: lifecycle.Command{Name: "declare", Path: "inhabil", From: opened(kind), Who: slices.Concat(section, owner, committee), Confirm: true,
			Fields: []form.Field{{Name: "ground", Type: form.Area, Required: true, Max: 1000, Private: true}}, Ground: "krav C7; forvaltningsloven § 8"}, Apply: declare},
		{Command: lifecycle.Command{Name: "find_conflict", Path: "funnet-inhabil", From: opened(kind), System: true,
			Fields: []form.Field{{Name: "person", Required: true, Private: true}, {Name: "found", Required: true, Private: true}, {Name: "ground", Type: form.Area, Private: true}}}, Apply: found},
		{Command: lifecycle.Command{Name: "settle_conflict", Path: "habilitet", From: opened(kind), Who: section,
			Fields: []form.Field{
				{Name: "conflict", Type: form.Choice, Required: true, From: s.conflictOptions, Private: true},
				{Name: "verdict", Type: form.Choice, Required: true, Options: form.Codes("conflict.verdict", "stands", "cleared"), Private: true}, why},
			Ground: "krav C7; forvaltningsloven § 8"}, Check: s.settlable, Apply: settle},
	}
}

func declare(_ context.Context, c *record.Change[*Submission]) error {
	c.Rec.Conflicts.V = append(slices.Clone(c.Rec.Conflicts.V), Conflict{Person: c.Actor.ID, Ground: GroundDeclared, Reason: c.In.String("ground"), At: c.Now, Declared: true})
	return nil
}

// found notes a conflict that Funn found, or that somebody declared elsewhere.
func found(_ context.Context, c *record.Change[*Submission]) error {
	x := Conflict{Person: c.In.String("person"), Ground: c.In.String("found"), Reason: c.In.String("ground"), At: c.Now}
	x.Declared = x.Ground == GroundDeclared
	c.Rec.Conflicts.V = append(slices.Clone(c.Rec.Conflicts.V), x)
	return nil
}

// conflictOptions gives the case's conflicts to choose among, with what each is
// about. They are numbered by their place, which never changes.
func (s *Service) conflictOptions(ctx context.Context, rec any) ([]form.Option, error) {
	x, ok := rec.(*Submission)
	if !ok || x == nil {
		return nil, nil
	}
	var ids []string
	for _, c := range x.Conflicts.V {
		ids = append(ids, c.Person)
	}
	names, err := s.People.Names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	var out []form.Option
	for i, c := range x.Conflicts.V {
		if slices.Contains(access.From(ctx).As, c.Person) {
			continue // nobody settles their own
		}
		out = append(out, form.Option{Value: strconv.Itoa(i + 1), Label: names[c.Person] + ": " + lang.T(ctx, "conflict.ground."+c.Ground), Hint: c.Reason})
	}
	return out, nil
}

func (s *Service) settlable(_ context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	if len(x.Conflicts.V) == 0 {
		v.Block("conflict.none")
	}
	return v, nil
}

func settle(_ context.Context, c *record.Change[*Submission]) error {
	i, err := strconv.Atoi(c.In.String("conflict"))
	list := slices.Clone(c.Rec.Conflicts.V)
	if err != nil || i < 1 || i > len(list) || slices.Contains(c.Actor.As, list[i-1].Person) {
		return fault.New(fault.Conflict, "error.changed_meanwhile")
	}
	x := &list[i-1]
	x.Cleared, x.By, x.Why = c.In.String("verdict") == "cleared", c.Actor.ID, c.In.String("why")
	c.Rec.Conflicts.V = list
	return nil
}

// conflictTasks asks the R&D section to look at what Funn found.
func conflictTasks(x *Submission) []record.Task {
	if len(x.Conflicts.V.Open()) == 0 {
		return nil
	}
	return []record.Task{{Name: "settle_conflict", Command: "settle_conflict"}}
}

// seekConflicts looks for conflicts whenever a case comes to be read by others than
// those who wrote it, and when they have changed it.
func (s *Service) seekConflicts(e *record.Engine) {
	for _, k := range s.Kinds() {
		for _, command := range []string{"open", "complete", "import"} {
			e.Subscribe(k.Name, command, func(ctx context.Context, _ event.Event, rec record.Record) error {
				x, ok := rec.(*Submission)
				if !ok || x.Content.V == nil || !slices.Contains(opened(x.Kind), x.State) {
					return nil
				}
				people, err := s.People.Holders(ctx, org.FoU, org.Committee)
				if err != nil {
					return err
				}
				if x.Owner != "" && !slices.ContainsFunc(people, func(p *org.Person) bool { return p.ID == x.Owner }) {
					p, err := s.People.Persons.Load(ctx, x.Owner)
					if err != nil {
						return fmt.Errorf("subject owner of %s: %w", x.Number, err)
					}
					people = append(people, p)
				}
				if err := s.carry(ctx, x); err != nil {
					return err
				}
				return s.note(ctx, x, people...)
			})
		}
	}
}

// carry takes the conflicts of a sketch along to the application that grew from it.
func (s *Service) carry(ctx context.Context, x *Submission) error {
	before, err := s.sketchConflicts(ctx, x)
	if err != nil {
		return err
	}
	for _, c := range before {
		if c.Cleared || slices.ContainsFunc(x.Conflicts.V, func(y Conflict) bool { return y.Person == c.Person && y.Ground == c.Ground }) {
			continue
		}
		in := record.Input{Values: form.Of("person", c.Person, "found", c.Ground, "ground", c.Reason)}
		if _, err := s.Of(x.Kind).As(ctx, x.ID, "find_conflict", in); err != nil {
			return err
		}
	}
	return nil
}

// sketchConflicts gives the conflicts of the sketch that a case grew from, if any.
func (s *Service) sketchConflicts(ctx context.Context, x *Submission) (Conflicts, error) {
	if x.Sketch == "" {
		return nil, nil
	}
	sketch, err := s.Sketches.Load(ctx, x.Sketch)
	if err != nil {
		return nil, err
	}
	return sketch.Conflicts.V, nil
}

// Disqualified looks for conflicts of the persons in the case with the id, notes
// those that are new, and gives the persons who may not deal with it. It is asked
// whenever somebody is named to deal with the case.
func (s *Service) Disqualified(ctx context.Context, id string, persons ...string) ([]string, error) {
	var out []string
	ctx = access.With(ctx, access.System)
	err := s.Sketches.Engine().DB.Tx(ctx, func(ctx context.Context) error {
		x, err := s.Find(ctx, id)
		if err != nil {
			return err
		}
		for _, person := range persons {
			p, err := s.People.Persons.Load(ctx, person)
			if err != nil {
				return err
			}
			if err := s.note(ctx, x, p); err != nil {
				return err
			}
		}
		if x, err = s.Find(ctx, id); err != nil {
			return err
		}
		out = slices.DeleteFunc(slices.Clone(persons), func(p string) bool { return !x.Conflicts.V.Has(p) })
		return nil
	})
	return out, err
}

// Declare notes on behalf of somebody that they have said they may not deal with
// the case.
func (s *Service) Declare(ctx context.Context, x *Submission, person, ground string) error {
	_, err := s.Of(x.Kind).As(ctx, x.ID, "find_conflict", record.Input{Values: form.Of("person", person, "found", GroundDeclared, "ground", ground)})
	return err
}

// note writes down the conflicts of the persons that are not known already. One that
// was cleared is not found again, nor one that was cleared in the sketch.
func (s *Service) note(ctx context.Context, x *Submission, people ...*org.Person) error {
	before, err := s.sketchConflicts(ctx, x)
	if err != nil {
		return err
	}
	f := &finder{s: s, x: x}
	for _, p := range people {
		grounds, err := f.grounds(ctx, p)
		if err != nil {
			return err
		}
		for _, g := range grounds {
			same := func(c Conflict) bool { return c.Person == p.ID && c.Ground == g }
			if slices.ContainsFunc(x.Conflicts.V, same) || slices.ContainsFunc(before, func(c Conflict) bool { return same(c) && c.Cleared }) {
				continue
			}
			if _, err := s.Of(x.Kind).As(ctx, x.ID, "find_conflict", record.Input{Values: form.Of("person", p.ID, "found", g)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// finder looks for conflicts in one case. The organisations are read when the first
// person who belongs to one is looked at.
type finder struct {
	s             *Service
	x             *Submission
	organisations *org.Organisations
}

// grounds gives why the person may not deal with the case, as far as Funn can tell.
func (f *finder) grounds(ctx context.Context, p *org.Person) (out []string, err error) {
	c := f.x.Content.V
	if p.ID == f.x.Applicant || slices.Contains(f.x.CoAuthors.V, p.ID) {
		out = append(out, GroundApplicant)
	}
	if c == nil {
		return out, nil
	}
	if slices.ContainsFunc(append([]Author{c.Leader}, c.Authors...), func(a Author) bool { return a.is(p) }) {
		out = append(out, GroundAuthor)
	}
	if p.Organisation == "" {
		return out, nil
	}
	if f.organisations == nil {
		if f.organisations, err = f.s.People.AllOrganisations(ctx); err != nil {
			return nil, err
		}
	}
	known := func(p Party) []string { return f.organisations.Known(p.ID, p.Number, p.Name) }
	same := func(id string) bool { return f.organisations.Same(p.Organisation, id) }
	taking := known(c.Institution)
	if slices.ContainsFunc(taking, same) {
		out = append(out, GroundInstitution)
	}
	var partners []string
	for _, partner := range c.Partners {
		partners = append(partners, known(partner)...)
	}
	for _, a := range append([]Author{c.Leader}, c.Authors...) {
		partners = append(partners, known(Party{Name: a.Institution})...)
	}
	if !slices.Contains(out, GroundInstitution) && slices.ContainsFunc(partners, same) {
		out = append(out, GroundPartner)
	}
	if f.s.Together == nil || p.Staff {
		return out, nil
	}
	people := []string{f.x.Applicant}
	for _, a := range append([]Author{c.Leader}, c.Authors...) {
		if other, err := f.s.People.PersonByEmail(ctx, a.Email); err == nil {
			people = append(people, other.ID)
		} else if fault.Of(err) != fault.NotFound {
			return nil, err
		}
	}
	shared, err := f.s.Together(ctx, p.ID, p.Organisation, people, append(taking, partners...))
	if shared {
		out = append(out, GroundProject)
	}
	return out, err
}

// is says whether the author is the person: by the address, or by a name of at least
// two words, which may be another's; whoever settles the conflict sees that.
func (a Author) is(p *org.Person) bool {
	if a.Email != "" && strings.EqualFold(strings.TrimSpace(a.Email), p.Email) {
		return true
	}
	return len(strings.Fields(a.Name)) > 1 && lang.Fold(a.Name) == lang.Fold(p.Title)
}
