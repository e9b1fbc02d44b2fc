package application

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
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
	GroundCompetitor  = "competitor"  // writes in another case of the call, which two holders have opened
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
		{Command: lifecycle.Command{Name: "hand_over", Path: "ny-fageier", From: opened(kind), Who: section, Reason: true, Notify: owner,
			Fields: []form.Field{{Name: "owner", Type: form.Choice, Required: true, From: s.owners, Value: form.On(func(x *Submission) string { return x.Owner })}}}, Apply: handOver},
		{Command: lifecycle.Command{Name: "settle_conflict", Path: "habilitet", From: opened(kind), Who: section,
			Fields: []form.Field{
				{Name: "conflict", Type: form.Choice, Required: true, From: s.conflictOptions, Private: true},
				{Name: "verdict", Type: form.Choice, Required: true, Options: form.Codes("conflict.verdict", "stands", "cleared"), Private: true}, why},
			Ground: "krav C7; forvaltningsloven § 8"}, Check: s.settlable, Apply: settle},
	}
}

// owners gives those who can own a case.
func (s *Service) owners(ctx context.Context, _ any) ([]form.Option, error) {
	people, err := s.People.Holders(ctx, org.Owners...)
	return org.PersonOptions(ctx, people), err
}

// handOver gives the case to another subject owner: the one it had has left, or may not
// deal with it.
func handOver(_ context.Context, c *record.Change[*Submission]) error {
	c.Rec.Owner = c.In.String("owner")
	return nil
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

// conflictTasks asks the R&D section to look at what Funn found, while something can
// still be done with the case.
func conflictTasks(x *Submission) []record.Task {
	if len(x.Conflicts.V.Open()) == 0 || slices.Contains([]string{Invited, Contracted, Withdrawn, Upheld}, x.State) {
		return nil
	}
	return []record.Task{{Name: "settle_conflict", Command: "settle_conflict"}}
}

// seekConflicts looks for conflicts whenever a case comes to be read by others than
// those who wrote it, when they have changed it, when another comes to own it, and when
// somebody comes to deal with cases or takes another name or address.
func (s *Service) seekConflicts(e *record.Engine) {
	for _, k := range s.Kinds() {
		for _, command := range []string{"open", "hand_in_copy", "carry_over", "complete", "import", "hand_over"} {
			e.Subscribe(k.Name, command, func(ctx context.Context, _ event.Event, rec record.Record) error {
				x, ok := rec.(*Submission)
				if !ok || x.Content.V == nil || !slices.Contains(opened(x.Kind), x.State) {
					return nil
				}
				people, err := s.People.Acting(ctx, []string{x.Owner}, handlers...)
				if err != nil {
					return err
				}
				if err := s.carry(ctx, x); err != nil {
					return err
				}
				if x, err = s.Find(ctx, x.ID); err != nil { // what was carried along is not found again
					return err
				}
				writers, err := s.writers(ctx, x)
				if err != nil {
					return err
				}
				if err := s.note(ctx, x, writers(x), people...); err != nil {
					return err
				}
				return s.noteCompetitors(ctx, x, writers(x), people)
			})
		}
	}
	for _, command := range org.Appearing {
		e.Subscribe(s.People.Persons.Name, command, func(ctx context.Context, _ event.Event, rec record.Record) error {
			return s.seekAgain(ctx, rec.(*org.Person))
		})
	}
}

// handlers are the roles by which cases are dealt with, beside the subject owner's.
var handlers = []access.Role{org.FoU, org.Committee}

// seekAgain looks for conflicts of the person, and of those who stand in for them, in
// every opened case that they deal with or come to deal with; and, in the cases that the
// person writes in, of all who deal with those.
func (s *Service) seekAgain(ctx context.Context, p *org.Person) error {
	ctx = s.People.Reading(access.With(ctx, access.System))
	everywhere, err := s.People.Acting(ctx, nil, handlers...)
	if err != nil {
		return err
	}
	of := []string{p.ID}
	for _, in := range p.StandIns.V {
		of = append(of, in.PersonID)
	}
	meant := func(q *org.Person) bool { return slices.Contains(of, q.ID) }
	absent, err := s.People.StoodInFor(ctx, p.ID)
	if err != nil {
		return err
	}
	owners := []string{p.ID}
	for _, q := range absent {
		owners = append(owners, q.ID)
	}
	for _, k := range s.Kinds() {
		which := new(db.Where).Flag("r.flags", Opened).In("r.state", opened(k.Name)...)
		if !slices.ContainsFunc(everywhere, meant) {
			which.AndWhere(db.Or(*new(db.Where).In("b.owner", owners...), WrittenBy("r.id", p.ID)))
		}
		cases, err := k.List(ctx, *which, "r.number", 0, 0)
		if err != nil {
			return err
		}
		writers, err := s.writers(ctx, cases...)
		if err != nil {
			return err
		}
		owning := map[string][]*org.Person{} // who deals with a case by its owner's right
		for _, x := range cases {
			if _, known := owning[x.Owner]; !known {
				if owning[x.Owner], err = s.People.Acting(ctx, []string{x.Owner}); err != nil {
					return err
				}
			}
			people := slices.Concat(everywhere, owning[x.Owner])
			if !slices.Contains(relations(x)[relAuthor], p.ID) {
				people = slices.DeleteFunc(people, func(q *org.Person) bool { return !meant(q) })
			}
			if err := s.note(ctx, x, writers(x), people...); err != nil {
				return err
			}
		}
	}
	return nil
}

// Fit blocks what the context's actor is about to do with a case when they, or somebody
// whom they act for, have a conflict in it that nobody knew of: something that is
// known hides the case from them. Those who write in it have rules of their own. What
// is found is noted, so that it is settled, also where the command's transaction is
// undone.
func (s *Service) Fit(ctx context.Context, x *Submission, v *record.Verdict) error {
	actor := access.From(ctx)
	if actor.System || slices.ContainsFunc(relations(x)[relAuthor], func(id string) bool { return slices.Contains(actor.As, id) }) {
		return nil
	}
	known, _ := ctx.Value(fitKey{}).(map[fitCase]bool)
	of := fitCase{strings.Join(actor.As, " "), x.ID, x.Version}
	found, asked := known[of]
	if !asked {
		var err error
		if found, err = s.suspected(ctx, x, actor.As); err != nil {
			return err
		}
		if known != nil {
			known[of] = found
		}
	}
	if !found {
		return nil
	}
	v.Block("submission.blocked.you_unfit")
	if !slices.Contains(opened(x.Kind), x.State) {
		return nil
	}
	v.Refused = func(ctx context.Context) error {
		_, err := s.Disqualified(ctx, x.ID, actor.As...)
		return err
	}
	if s.Sketches.Engine().DB.InTx(ctx) {
		return nil
	}
	return v.Refused(ctx)
}

type fitKey struct{}

// fitCase is a case as somebody meets it.
type fitCase struct {
	actor, id string // the persons whom they act for, and the case
	version   int
}

// Reading gives a context in which [Service.Fit] is worked out once of a case, however
// many commands ask: for a page that shows what can be done with cases and changes
// nothing. It is not for several goroutines.
func (s *Service) Reading(ctx context.Context) context.Context {
	if ctx.Value(fitKey{}) != nil {
		return ctx
	}
	return context.WithValue(s.People.Reading(ctx), fitKey{}, map[fitCase]bool{})
}

// suspected says whether one of the persons has a conflict in the case that is not
// known already.
func (s *Service) suspected(ctx context.Context, x *Submission, persons []string) (bool, error) {
	writers, err := s.writers(ctx, x)
	if err != nil {
		return false, err
	}
	for _, id := range persons {
		p, err := s.People.Persons.Load(ctx, id)
		if err != nil {
			return false, err
		}
		if unknown, err := s.unknown(ctx, x, writers(x), p); err != nil || len(unknown) > 0 {
			return len(unknown) > 0, err
		}
	}
	return false, nil
}

// fitOnly makes a command one that only those can give who may deal with the case.
func (s *Service) fitOnly(c command) command {
	check := c.Check
	c.Check = func(ctx context.Context, x *Submission, in form.Values) (v record.Verdict, err error) {
		if check != nil {
			if v, err = check(ctx, x, in); err != nil {
				return v, err
			}
		}
		err = s.Fit(ctx, x, &v)
		return v, err
	}
	return c
}

// carry takes the conflicts of a sketch along to the application that grew from it.
func (s *Service) carry(ctx context.Context, x *Submission) error {
	before, err := s.sketchConflicts(ctx, x)
	if err != nil {
		return err
	}
	for _, c := range before {
		// Those who compete still are found anew: not whose own sketch was rejected.
		if c.Cleared || c.Ground == GroundCompetitor || slices.ContainsFunc(x.Conflicts.V, func(y Conflict) bool { return y.Person == c.Person && y.Ground == c.Ground }) {
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
		writers, err := s.writers(ctx, x)
		if err != nil {
			return err
		}
		for _, person := range persons {
			p, err := s.People.Persons.Load(ctx, person)
			if err != nil {
				return err
			}
			if err := s.note(ctx, x, writers(x), p); err != nil {
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

// note writes down the conflicts of the persons that are not known already.
func (s *Service) note(ctx context.Context, x *Submission, writers []*org.Person, people ...*org.Person) error {
	noted := map[string]bool{}
	for _, p := range people {
		if noted[p.ID] {
			continue
		}
		noted[p.ID] = true
		grounds, err := s.unknown(ctx, x, writers, p)
		if err != nil {
			return err
		}
		for _, g := range grounds {
			if _, err := s.Of(x.Kind).As(ctx, x.ID, "find_conflict", record.Input{Values: form.Of("person", p.ID, "found", g)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// noteCompetitors looks, in the cases of the call that were opened before this one, at
// those of the people who write in this one.
func (s *Service) noteCompetitors(ctx context.Context, x *Submission, writers []*org.Person, people []*org.Person) error {
	people = slices.DeleteFunc(slices.Clone(people), func(p *org.Person) bool { return !among(writers, p) })
	if len(people) == 0 {
		return nil
	}
	for _, k := range s.Kinds() {
		which := new(db.Where).And("b.call = ? AND r.id <> ?", x.Call, x.ID).In("r.state", opened(k.Name)...)
		cases, err := k.List(access.With(ctx, access.System), *which, "r.number", 0, 0)
		if err != nil {
			return err
		}
		of, err := s.writers(ctx, cases...)
		if err != nil {
			return err
		}
		for _, y := range cases {
			if y.Content.V == nil {
				continue // looked at when it is opened
			}
			if err := s.note(ctx, y, of(y), people...); err != nil {
				return err
			}
		}
	}
	return nil
}

// unknown gives the grounds of a person's conflicts in the case that are not known
// already. One that was cleared is not found again, nor one that was cleared in the
// sketch.
func (s *Service) unknown(ctx context.Context, x *Submission, writers []*org.Person, p *org.Person) ([]string, error) {
	grounds, err := s.grounds(ctx, x, writers, p)
	if err != nil || len(grounds) == 0 {
		return nil, err
	}
	before, err := s.sketchConflicts(ctx, x)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(grounds, func(g string) bool {
		same := func(c Conflict) bool { return c.Person == p.ID && c.Ground == g }
		return slices.ContainsFunc(x.Conflicts.V, same) || slices.ContainsFunc(before, func(c Conflict) bool { return same(c) && c.Cleared })
	}), nil
}

// grounds gives why the person may not deal with the case, as far as Funn can tell.
func (s *Service) grounds(ctx context.Context, x *Submission, writers []*org.Person, p *org.Person) (out []string, err error) {
	if among(writers, p) {
		out = append(out, GroundApplicant)
	} else {
		rival, err := s.competes(ctx, x, p)
		if err != nil {
			return nil, err
		}
		if rival {
			out = append(out, GroundCompetitor)
		}
	}
	c := x.Content.V
	if c == nil {
		return out, nil
	}
	authors := append([]Author{c.Leader}, c.Authors...)
	if slices.ContainsFunc(authors, func(a Author) bool { return a.is(p) }) {
		out = append(out, GroundAuthor)
	}
	if p.Organisation == "" {
		return out, nil
	}
	organisations, err := s.People.AllOrganisations(ctx)
	if err != nil {
		return nil, err
	}
	known := func(q Party) []string { return organisations.Known(q.ID, q.Number, q.Name) }
	same := func(id string) bool { return organisations.Same(p.Organisation, id) }
	taking := known(c.Institution)
	if slices.ContainsFunc(taking, same) {
		out = append(out, GroundInstitution)
	}
	var partners []string
	for _, partner := range c.Partners {
		partners = append(partners, known(partner)...)
	}
	for _, a := range authors {
		partners = append(partners, known(Party{Name: a.Institution})...)
	}
	var people []string
	for _, w := range writers {
		people = append(people, w.ID)
	}
	if !slices.Contains(out, GroundInstitution) && slices.ContainsFunc(partners, same) {
		out = append(out, GroundPartner)
	}
	if s.Together == nil || p.Staff {
		return out, nil
	}
	for _, a := range authors {
		if other, err := s.People.PersonByEmail(ctx, a.Email); err == nil {
			people = append(people, other.ID)
		} else if fault.Of(err) != fault.NotFound {
			return nil, err
		}
	}
	shared, err := s.Together(ctx, p.ID, p.Organisation, people, append(taking, partners...))
	if shared {
		out = append(out, GroundProject)
	}
	return out, err
}

// among says whether one of the writers is the person. Somebody can have two accounts:
// one by which they apply, one from the agency.
func among(writers []*org.Person, p *org.Person) bool {
	return slices.ContainsFunc(writers, func(w *org.Person) bool { return w.ID == p.ID || (Author{Name: w.Title, Email: w.Email}).is(p) })
}

// competes says whether the person writes in another case for which there can be money
// of the same call. What is not opened yet tells nobody who writes in it.
func (s *Service) competes(ctx context.Context, x *Submission, p *org.Person) (bool, error) {
	alike := db.Or(*new(db.Where).And("r.id = ?", p.ID), *new(db.Where).And("b.email <> '' AND b.email = ?", p.Email), *new(db.Where).And("r.title_sort = ?", lang.Fold(p.Title)))
	accounts, err := s.People.Persons.List(access.With(ctx, access.System), alike, "r.id", 0, 0)
	if err != nil {
		return false, err
	}
	var ids []string
	for _, q := range accounts {
		if among([]*org.Person{q}, p) {
			ids = append(ids, q.ID)
		}
	}
	return s.writesRival(ctx, x, ids)
}

// writers gives who writes in each of the cases, those that are known.
func (s *Service) writers(ctx context.Context, cases ...*Submission) (func(*Submission) []*org.Person, error) {
	var ids []string
	for _, x := range cases {
		ids = append(ids, relations(x)[relAuthor]...)
	}
	slices.Sort(ids)
	people := map[string]*org.Person{}
	for some := range slices.Chunk(slices.Compact(ids), 500) {
		list, err := s.People.Persons.List(access.With(ctx, access.System), *new(db.Where).In("r.id", some...), "r.id", 0, 0)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			people[p.ID] = p
		}
	}
	return func(x *Submission) (out []*org.Person) {
		for _, id := range relations(x)[relAuthor] {
			if p := people[id]; p != nil {
				out = append(out, p)
			}
		}
		return out
	}, nil
}

// is says whether the author is the person: by the address, or by a name of at least
// two words, which may be another's; whoever settles the conflict sees that.
func (a Author) is(p *org.Person) bool {
	if a.Email != "" && strings.EqualFold(strings.TrimSpace(a.Email), p.Email) {
		return true
	}
	return len(strings.Fields(a.Name)) > 1 && lang.Fold(a.Name) == lang.Fold(p.Title)
}
