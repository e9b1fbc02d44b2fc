package assessment

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

// Service is the assessments and what is come to together.
type Service struct {
	Kind        *Kind
	Consensuses *record.Kind[*Consensus]
	cases       *application.Service
	calls       *call.Service
	people      *org.Directory
}

// New makes the service. Its kinds must be registered with an engine before use.
func New(cases *application.Service, calls *call.Service, people *org.Directory) *Service {
	s := &Service{cases: cases, calls: calls, people: people}
	s.Kind = &Kind{
		Name: "assessment", Prefix: "VU", Path: "/vurdering", Table: "assessment", Initial: []string{Asked}, States: states, Read: readers,
		New:   func() *Assessment { return &Assessment{} },
		Quiet: func(a *Assessment) bool { return a.Over },
		Relations: func(a *Assessment) map[string][]string {
			return map[string][]string{relAssessor: {a.Assessor}, relOwner: {a.Owner}, relPeer: a.Peers.V, keptOut: a.KeptOut.V}
		},
	}
	s.Kind.Commands = s.commands()
	s.Consensuses = s.consensusKind()
	return s
}

func system(ctx context.Context) context.Context { return access.With(ctx, access.System) }

func wrong(field, key string, args ...any) error {
	var errs fault.Errors
	errs.Add(field, key, args...)
	return errs.Err()
}

// number gives a public number that does not tell how many there are.
func (s *Service) number(prefix string) string { return prefix + "-" + rand.Text()[:7] }

func (s *Service) callOf(ctx context.Context, id string) (*call.Call, error) {
	return s.calls.Kind.Get(system(ctx), id)
}

// CallOf gives the call of an assessment, whoever asks.
func (s *Service) CallOf(ctx context.Context, a *Assessment) (*call.Call, error) {
	return s.callOf(ctx, a.Call)
}

// CaseOf gives the case of an assessment that the actor may read and has not
// declined: those who assess a case read it with their assessment.
func (s *Service) CaseOf(ctx context.Context, a *Assessment) (*application.Submission, error) {
	return s.cases.Find(system(ctx), a.Case)
}

// caseByNumber gives the case with the number, if the actor may read it.
func (s *Service) caseByNumber(ctx context.Context, number string) (*application.Submission, error) {
	for _, k := range s.cases.Kinds() {
		x, err := k.ByNumber(ctx, number)
		if err == nil && slices.ContainsFunc(access.From(ctx).As, x.Conflicts.V.Has) {
			break // they read it as those who wrote it do
		}
		if err == nil || fault.Of(err) != fault.NotFound {
			return x, err
		}
	}
	return nil, wrong("case", "assessment.no_case")
}

// rolesOf gives who can assess by each sort.
func rolesOf(sort string) []access.Role {
	switch sort {
	case ByOwner:
		return org.Owners
	case BySection:
		return []access.Role{org.FoU}
	}
	return []access.Role{org.Assessor}
}

// Candidates gives the persons who can be asked for a sort of assessment.
func (s *Service) Candidates(ctx context.Context, sort string) ([]form.Option, error) {
	people, err := s.people.Holders(ctx, rolesOf(sort)...)
	return org.PersonOptions(ctx, people), err
}

func (s *Service) candidates(ctx context.Context, _ any) (out []form.Option, err error) {
	for _, sort := range Sorts {
		more, err := s.Candidates(ctx, sort)
		if err != nil {
			return nil, err
		}
		for _, o := range more {
			if !slices.ContainsFunc(out, func(p form.Option) bool { return p.Value == o.Value }) {
				out = append(out, o)
			}
		}
	}
	return out, nil
}

// request asks somebody to assess a case. Whoever asks at the same time for the same
// waits for this one, and is told.
func (s *Service) request(ctx context.Context, c *change) error {
	x, err := s.caseByNumber(ctx, c.In.String("case"))
	if err != nil {
		return err
	}
	if Over(x) {
		return fault.New(fault.Conflict, "assessment.over")
	}
	if err := s.cases.Lock(ctx, x.ID); err != nil {
		return err
	}
	who, sort := c.In.String("assessor"), c.In.String("sort")
	p, err := s.people.Persons.Load(ctx, who)
	if err != nil {
		return err
	}
	if !p.Holds(c.Today, rolesOf(sort)...) || p.State != org.Active {
		return wrong("assessor", "assessment.not_of_sort")
	}
	if c.In.Day("due").Before(c.Today) {
		return wrong("due", "assessment.due_passed")
	}
	// Funn can tell nothing of somebody from outside who belongs nowhere.
	if sort == External && p.Organisation == "" {
		return wrong("assessor", "assessment.no_organisation")
	}
	if out, err := s.disqualified(ctx, x.ID, who); err != nil {
		return err
	} else if slices.Contains(out, who) {
		return fault.New(fault.Conflict, "assessment.disqualified")
	}
	list, err := s.of(ctx, x.ID)
	if err != nil {
		return err
	}
	for _, a := range list {
		switch {
		case !a.Open() && a.State != Delivered:
		case a.Assessor == who:
			return fault.New(fault.Conflict, "assessment.taken")
		case sort != External && a.Sort == sort:
			// Who it is that has it is not told to those who have one to deliver themselves.
			return fault.New(fault.Conflict, "assessment.sort_taken")
		}
	}
	of, err := s.callOf(ctx, x.Call)
	if err != nil {
		return err
	}
	a := c.Rec
	a.Case, a.CaseKind, a.Call, a.Assessor, a.Sort, a.Due, a.Owner = x.ID, x.Kind, x.Call, who, sort, c.In.Day("due"), x.Owner
	a.Criteria.V = criteriaFor(of, sort)
	// Its title is the case's number until it is accepted: a letter is no way to read of
	// a case that one may not deal with.
	a.Number, a.Title, a.Lang, a.Unit = cmp.Or(a.Number, s.number(s.Kind.Prefix)), x.Number, x.Lang, x.Unit
	return nil
}

// Outcome is what became of asking for one assessment.
type Outcome struct {
	Case   string // number
	Number string // of the assessment; empty when nobody was asked
	Err    error  // a fault that says why not
}

// Distribute asks somebody to assess each of many cases, by their numbers. What is in
// the way of one does not stop the others. A conflict that is found is noted on the
// case whatever becomes of the rest.
func (s *Service) Distribute(ctx context.Context, cases []string, sort, person, due string) ([]Outcome, error) {
	var out []Outcome
	for _, number := range cases {
		x, err := s.caseByNumber(ctx, number)
		if err == nil && access.From(ctx).Has(org.FoU) {
			_, err = s.cases.Disqualified(ctx, x.ID, person)
		}
		o := Outcome{Case: number}
		if err == nil {
			var a *Assessment
			if a, err = s.Kind.Create(ctx, "request", record.Input{Values: form.Of("case", number, "sort", sort, "assessor", person, "due", due)}, nil); err == nil {
				o.Number = a.Number
			}
		}
		if err != nil {
			if _, ok := fault.As(err); !ok {
				return out, fmt.Errorf("ask for an assessment of %s: %w", number, err)
			}
			o.Err = err
		}
		out = append(out, o)
	}
	return out, nil
}

// disqualified looks for conflicts of the assessor and of all who stand in for them,
// now or later, and gives those who may not deal with the case.
func (s *Service) disqualified(ctx context.Context, caseID, assessor string) ([]string, error) {
	people, err := s.people.Acting(system(ctx), []string{assessor})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	return s.cases.Disqualified(ctx, caseID, ids...)
}

// Invite makes an assessor of somebody outside the agency who is not known yet, or is
// known by the address, as an applicant is. They log in by a one-time link to it. What
// they belong to is what conflicts are sought by: it must be told, and is noted of
// somebody who belonged nowhere. Where Funn knows of another organisation, nothing is
// changed and the fault says which: one of the two is wrong, or they have moved. It
// gives their id.
func (s *Service) Invite(ctx context.Context, name, email, organisation string) (string, error) {
	if !access.From(ctx).Has(org.FoU) {
		return "", fault.New(fault.Forbidden, "error.forbidden")
	}
	if organisation == "" {
		return "", wrong("organisation", "form.required.choice")
	}
	var id string
	err := s.Kind.Engine().DB.Tx(ctx, func(ctx context.Context) error {
		p, err := s.people.PersonByEmail(ctx, email)
		switch {
		case err == nil && p.Staff:
			return wrong("email", "assessment.is_staff")
		case err == nil && p.Organisation == "":
			in := form.Of("name", p.Title, "email", p.Email, "organisation", organisation)
			if p, err = s.people.Persons.As(ctx, p.ID, "edit", record.Input{Values: in, Reason: "assessment"}); err != nil {
				return err
			}
		case err == nil && p.Organisation != organisation:
			all, err := s.people.AllOrganisations(ctx)
			if err != nil {
				return err
			}
			if !all.Same(p.Organisation, organisation) {
				names, err := s.people.OrganisationNames(ctx, p.Organisation)
				if err != nil {
					return err
				}
				return wrong("organisation", "assessment.other_organisation", "organisation", names[p.Organisation])
			}
		case fault.Of(err) == fault.NotFound && err != nil:
			if p, err = s.people.Persons.Create(system(ctx), "register", record.Input{Values: form.Of("name", name, "email", email, "organisation", organisation)}, nil); err != nil {
				return err
			}
		case err != nil:
			return err
		}
		id = p.ID
		if p.Holds(s.Kind.Engine().Today(ctx), org.Assessor) {
			return nil
		}
		_, err = s.people.Persons.As(ctx, p.ID, "grant", record.Input{Values: form.Of("role", string(org.Assessor)), Reason: "assessment"})
		return err
	})
	return id, err
}

func (s *Service) accept(ctx context.Context, c *change) error {
	a := c.Rec
	if c.In.String("conflict") == "some" {
		if !c.In.Has("ground") {
			return wrong("ground", "form.required.text")
		}
		a.Ground, c.To = c.In.String("ground"), Disqualified
		return nil
	}
	x, err := s.CaseOf(ctx, a)
	if err != nil {
		return err
	}
	if Over(x) {
		return fault.New(fault.Conflict, "assessment.over")
	}
	a.Title = x.Title
	return nil
}

// parts gives the parts that an assessment is saved in: its criteria, and the whole.
func (s *Service) parts(ctx context.Context, rec any) ([]form.Option, error) {
	a, ok := rec.(*Assessment)
	if !ok || a == nil {
		return nil, nil
	}
	c, err := s.CallOf(ctx, a)
	if err != nil {
		return nil, err
	}
	var out []form.Option
	for _, x := range CriteriaOf(c, a.Criteria.V) {
		name, _, _ := x.In(lang.From(ctx).Tag())
		out = append(out, form.Option{Value: strconv.Itoa(x.ID), Label: name})
	}
	return append(out, form.Option{Value: Whole, Key: "assessment.whole"}), nil
}

// save keeps what was written, whole or not.
func save(_ context.Context, c *change) error {
	a := c.Rec
	a.Notes = c.In.String("notes")
	if c.In.String("part") == Whole {
		a.Summary, a.Advice = c.In.String("summary"), c.In.String("advice")
		return nil
	}
	scores := map[int]Score{}
	for id, x := range a.Scores.V {
		scores[id] = x
	}
	scores[c.In.Int("part")] = Score{Value: c.In.Int("score"), Reason: c.In.String("reason_for"), Share: c.In.String("share")}
	a.Scores.V = scores
	return nil
}

func (s *Service) deliverable(ctx context.Context, a *Assessment, in form.Values) (v record.Verdict, err error) {
	if n := len(a.Lacks()); n > 0 {
		v.Block("assessment.blocked.lacks", "n", n)
	}
	x, err := s.CaseOf(ctx, a)
	if err != nil {
		return v, err
	}
	err = s.cases.Fit(ctx, x, &v)
	return v, err
}

// deliver hands the assessment in. One that comes when the case is answered is kept
// and marked, and moves nothing (requirements 5 nr. 10).
func (s *Service) deliver(ctx context.Context, c *change) error {
	x, err := s.CaseOf(ctx, c.Rec)
	if err != nil {
		return err
	}
	c.Rec.DeliveredAt = c.Now
	c.Rec.Late, c.Rec.After = c.Today.After(c.Rec.Due), Over(x)
	return nil
}

func (s *Service) moveDue(_ context.Context, c *change) error {
	if c.In.Day("due").Before(c.Today) {
		return wrong("due", "assessment.due_passed")
	}
	c.Rec.Due = c.In.Day("due")
	return nil
}

// Subscribe keeps each assessment in step with its case and with the others of it.
func (s *Service) Subscribe(e *record.Engine) {
	ofAssessment := func(ctx context.Context, _ event.Event, rec record.Record) error {
		return s.follow(ctx, rec.(*Assessment).Case)
	}
	for _, name := range []string{"request", "decline", "deliver", "drop", "disqualify", "import"} {
		e.Subscribe(s.Kind.Name, name, ofAssessment)
	}
	e.Subscribe(s.Kind.Name, "accept", func(ctx context.Context, _ event.Event, rec record.Record) error {
		a := rec.(*Assessment)
		x, err := s.CaseOf(ctx, a)
		if err != nil {
			return err
		}
		if a.State == Disqualified {
			if err := s.cases.Declare(ctx, x, a.Assessor, a.Ground); err != nil {
				return err
			}
		} else if _, err := s.disqualified(ctx, x.ID, a.Assessor); err != nil {
			return err // something may have been found since they were asked
		}
		return s.follow(ctx, a.Case)
	})
	for _, command := range org.Appearing {
		e.Subscribe(s.people.Persons.Name, command, func(ctx context.Context, _ event.Event, rec record.Record) error {
			absent, err := s.people.StoodInFor(ctx, rec.Base().ID)
			if err != nil {
				return err
			}
			assessors := []string{rec.Base().ID}
			for _, p := range absent {
				assessors = append(assessors, p.ID)
			}
			return s.seekAgain(ctx, db.Or(*new(db.Where).In("b.assessor", assessors...), application.WrittenBy("b.submission", rec.Base().ID)))
		})
	}
	for _, command := range []string{"rename", "edit", "add_alias", "add_identifier"} {
		e.Subscribe(s.people.Organisations.Name, command, func(ctx context.Context, _ event.Event, _ record.Record) error {
			return s.seekAgain(ctx, db.Where{}) // who belongs to the organisation, or to a part of it
		})
	}
	for _, k := range s.cases.Kinds() {
		for _, command := range []string{"hand_in_copy", "carry_over"} { // opened after others of the call
			e.Subscribe(k.Name, command, func(ctx context.Context, _ event.Event, rec record.Record) error {
				x := rec.(*application.Submission)
				return s.seekAgain(ctx, *new(db.Where).And("b.call = ?", x.Call).In("b.assessor", append([]string{x.Applicant}, x.CoAuthors.V...)...))
			})
		}
		for _, c := range k.Commands {
			if len(c.To) == 0 && !slices.Contains([]string{"declare", "find_conflict", "settle_conflict", "hand_over"}, c.Name) {
				continue
			}
			e.Subscribe(k.Name, c.Name, func(ctx context.Context, _ event.Event, rec record.Record) error {
				return s.follow(ctx, rec.Base().ID)
			})
		}
	}
}

// seekAgain looks for conflicts of those who have one of the assessments to deliver or
// have delivered it, and of those who stand in for them.
func (s *Service) seekAgain(ctx context.Context, which db.Where) error {
	ctx = s.people.Reading(ctx)
	which.In("r.state", append([]string{Delivered}, under...)...)
	list, err := s.Kind.List(system(ctx), which, "r.id", 0, 0)
	if err != nil {
		return err
	}
	for _, a := range list {
		if _, err := s.disqualified(ctx, a.Case, a.Assessor); err != nil {
			return err
		}
	}
	return nil
}

// follow brings what the assessments of a case follow from up to date: who is kept
// out of each, who may read it, whether the case is over. Those of persons who may
// not deal with the case end at once.
func (s *Service) follow(ctx context.Context, caseID string) error {
	ctx = system(ctx)
	list, err := s.of(ctx, caseID)
	if err != nil || len(list) == 0 {
		return err
	}
	x, err := s.cases.Find(ctx, caseID)
	if err != nil {
		return err
	}
	out := x.Conflicts.V.Disqualified()
	for _, a := range list {
		if (a.Open() || a.State == Delivered) && slices.Contains(out, a.Assessor) {
			// It comes back here when that is done.
			_, err := s.Kind.As(ctx, a.ID, "disqualify", record.Input{})
			return err
		}
	}
	for _, a := range list {
		kept, peers := slices.Clone(out), []string{}
		for _, b := range list {
			switch {
			case b.Assessor == a.Assessor: // this one, or one that they said no to before
			case b.Open() && !Over(x):
				kept = append(kept, b.Assessor)
			case b.State == Delivered:
				peers = append(peers, b.Assessor)
			}
		}
		if err := s.set(ctx, a, x.Owner, Over(x), kept, peers); err != nil {
			return err
		}
	}
	r, err := s.consensusOf(ctx, caseID)
	if err != nil || r == nil {
		return err
	}
	kept := slices.Clone(out)
	for _, a := range list {
		if a.Open() && !Over(x) {
			kept = append(kept, a.Assessor)
		}
	}
	return s.setConsensus(ctx, r, x.Owner, kept)
}
