package decision_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"funn/internal/application"
	"funn/internal/assessment"
	"funn/internal/call"
	"funn/internal/decision"
	dt "funn/internal/decision/decisiontest"
	"funn/internal/org"
	"funn/internal/org/orgtest"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

// walk gives commands in a random order by random actors to three applications, their
// assessments and conflicts of interest, their call and its meetings, and to the
// persons who deal with them. It says how many awards were reached, and what was wrong
// with them, as kinds of wrong.
type walk struct {
	*dt.House
	r      *rand.Rand
	call   *call.Call
	cases  []*application.Submission
	given  map[string]map[string]string // who delivered which sort of assessment in time, by case
	counts map[string]int               // commands carried out
	awards int
	wrong  map[string]int
}

const frameKroner = 7_000_000

var (
	sections   = []string{"fou", "fou2", "fou3"}
	committees = []string{"utvalg", "utvalg2", "utvalg3", "ny", "vara"}
	actors     = slices.Concat(sections, committees, []string{"fageier", "fageier2", "forsker", "admin"})
	// newcomers hold no role from the start. Each leads the project of one case.
	newcomers = []string{"ny", "vara"}
)

// leads says whose project each case is, by its place, as the names in the content do.
var leads = map[string]int{"ny": 0, "vara": 1}

// Of each the walk tries all orders: what is done to the call, to its meetings, to
// assessments, to persons, and to a case.
var (
	ofCall    = []string{"propose_awards", "decide_awards", "announce", "return_awards", "end"}
	ofMeeting = []string{"start", "attend", "adjourn", "approve"}
	ofPerson  = []string{"grant", "revoke", "set_stand_in", "end_stand_in"}
	ofAssess  = []string{"request", "accept", "save", "deliver", "drop"}
	every     = slices.Concat(ofCall, ofMeeting, ofPerson, ofPerson, ofAssess, []string{"plan", "declare", "settle_conflict", "propose", "stand", "decide", "decide", "tell", "accept", "decline", "move", "postpone", "reopen",
		"reassess", "propose_dismissal", "dismiss", "contract", "withdraw", "return", "appeal"})
)

func newWalk(t *testing.T, h *dt.House, seed uint64) *walk {
	w := &walk{House: h, r: rand.New(rand.NewPCG(seed, 1)), call: h.Call(t, call.Assessment2, frameKroner), given: map[string]map[string]string{}, counts: map[string]int{}, wrong: map[string]int{}}
	w.leave(t)
	for i := range 3 {
		x := h.Put(t, application.Application, w.call, fmt.Sprint("Sak ", i), 3_000_000, func(x *application.Submission) {
			x.Content.V.Leader.Name = "Noen Andre"
			for who, n := range leads {
				if n == i {
					x.Content.V.Leader.Name = "Person " + who
				}
			}
			if i == 0 {
				x.Conflicts.V = application.Conflicts{{Person: "utvalg3", Ground: "institution"}}
			}
		})
		w.cases, w.given[x.ID] = append(w.cases, x), map[string]string{}
	}
	return w
}

// leave takes from everybody what the walk before gave them.
func (w *walk) leave(t *testing.T) {
	for _, id := range slices.Concat(sections, committees) {
		for _, command := range []string{"revoke", "end_stand_in"} {
			for {
				p, err := w.Directory.Persons.Load(t.Context(), id)
				dt.Must(t, err)
				if command == "revoke" && (!slices.Contains(newcomers, id) || len(p.Grants.V) == 0) || command == "end_stand_in" && len(p.StandIns.V) == 0 {
					break
				}
				_, err = w.Directory.Persons.As(orgtest.System(), id, command, w.told(t, nil, command, id))
				dt.Must(t, err)
			}
		}
	}
}

func (w *walk) pick(of ...string) string { return of[w.r.IntN(len(of))] }

// unfit says whether a person may not deal with a case, by what the walk itself knows
// and what was declared or found: not by who is let in.
func (w *walk) unfit(x *application.Submission, person string) bool {
	if x.Conflicts.V.Has(person) {
		return true
	}
	n, leads := leads[person]
	return leads && w.cases[n].ID == x.ID && !slices.ContainsFunc(x.Conflicts.V, func(c application.Conflict) bool { return c.Person == person })
}

// told gives what a command is told.
func (w *walk) told(t *testing.T, x *application.Submission, command, who string) record.Input {
	in := record.Input{Reason: "fordi", Values: form.Of("outcome", w.pick("award", "award", "award", "conditions", "reserve", "reject"), "amount", w.pick("200000000", "200000000", "200000000", "200000000", "300000000", "900000000"), "conditions", "REK", "reasons", "x",
		"agree", w.pick("yes", "yes", "yes", "no"), "place", "1", "fault", "other", "fault_reason", "x", "mend", "x", "mend_by", "2023-02-01", "grounds", "x", "contract_on", "2023-01-02", "presentation_due", "2026-01-01", "conditions_met", "true")}
	with := func(pairs ...string) { in.Values = form.Of(pairs...) }
	switch command {
	case "plan":
		with("call", w.call.ID, "held_on", "2023-01-02")
	case "start", "attend":
		var present []string
		people, err := w.Directory.Holders(t.Context(), org.Committee)
		dt.Must(t, err)
		for _, p := range people {
			if slices.Contains(committees, p.ID) && w.r.IntN(4) > 0 {
				present = append(present, p.ID)
			}
		}
		in.Values = form.Of().With("present", present...)
	case "declare":
		with("ground", "x")
	case "settle_conflict":
		open := 1
		for i, c := range x.Conflicts.V {
			if !c.Declared && c.By == "" {
				open = i + 1
			}
		}
		with("conflict", fmt.Sprint(open), "verdict", w.pick("stands", "stands", "stands", "cleared"), "why", "x")
	case "grant":
		with("role", w.pick(string(org.Committee), string(org.Committee), string(org.FoU)), "unit", "avdir")
	case "set_stand_in":
		with("person", w.pick(newcomers...), "from", "2023-01-02")
	case "revoke", "end_stand_in":
		p, err := w.Directory.Persons.Load(t.Context(), who)
		dt.Must(t, err)
		if n := len(p.Grants.V); n > 0 && command == "revoke" {
			g := p.Grants.V[w.r.IntN(n)]
			with("grant", fmt.Sprintf("%s@%s@%s", g.Role, g.Unit, g.From.Format(time.DateOnly)))
		}
		if n := len(p.StandIns.V); n > 0 && command == "end_stand_in" {
			s := p.StandIns.V[w.r.IntN(n)]
			with("stand_in", s.PersonID+"@"+s.From.Format(time.DateOnly))
		}
	}
	return in
}

// step gives one command: any, or one that the call waits for, so that awards are
// reached too.
func (w *walk) step(t *testing.T) {
	x, who, command := w.cases[w.r.IntN(len(w.cases))], w.pick(actors...), w.pick(every...)
	switch n := w.r.IntN(100); {
	case n < 72:
		x, who, command = w.lead(t, x)
	case n < 76:
		who, command = "admin", w.pick(ofPerson...)
	}
	x, err := w.Cases.Applications.Load(t.Context(), x.ID)
	dt.Must(t, err)
	ctx := w.As(t, who)
	switch {
	case slices.Contains(ofCall, command):
		_, err = w.Calls.Kind.Do(ctx, w.call.ID, command, record.Input{Reason: "fordi"})
	case command == "plan":
		_, err = w.Decisions.Meetings.Create(ctx, "plan", w.told(t, x, command, who), nil)
	case slices.Contains(ofMeeting, command):
		for _, m := range w.meetings(t) {
			if _, err = w.Decisions.Meetings.Do(ctx, m.ID, command, w.told(t, x, command, who)); err == nil {
				break
			}
		}
	case slices.Contains(ofPerson, command):
		of := w.pick(newcomers...)
		if command == "set_stand_in" || command == "end_stand_in" {
			of = w.pick(slices.Concat(sections, committees)...)
		}
		_, err = w.Directory.Persons.Do(ctx, of, command, w.told(t, x, command, of))
	case slices.Contains(ofAssess, command):
		err = w.assess(t, ctx, x, who, command)
	default:
		_, err = w.Cases.Applications.Do(ctx, x.ID, command, w.told(t, x, command, who))
	}
	if _, ok := fault.As(err); err != nil && !ok {
		t.Fatalf("%s by %s: %v", command, who, err)
	}
	if err == nil {
		w.counts[command]++
		takesPart := []string{"propose", "stand", "decide", "postpone", "reopen", "deliver", "settle_conflict", "propose_dismissal", "dismiss", "tell"}
		if slices.Contains(takesPart, command) && slices.ContainsFunc(access.From(ctx).As, func(id string) bool { return w.unfit(x, id) }) {
			w.wrong["disqualified"]++
		}
	}
	w.check(t, x, command, err == nil)
}

// assess gives a command to an assessment of the case: one of the actor's, if any.
func (w *walk) assess(t *testing.T, ctx context.Context, x *application.Submission, who, command string) error {
	if command == "request" {
		sort, assessor := call.BySection, w.pick(slices.Concat(sections, newcomers)...)
		if w.r.IntN(2) == 0 {
			sort, assessor = call.ByOwner, w.pick("fageier", "fageier2")
		}
		_, err := w.Assess.Kind.Create(ctx, "request", record.Input{Values: form.Of("case", x.Number, "sort", sort, "assessor", assessor, "due", "2023-01-20")}, nil)
		return err
	}
	list := w.assessments(t, x)
	if mine := slices.DeleteFunc(slices.Clone(list), func(a *assessment.Assessment) bool { return a.Assessor != who || !a.Open() }); len(mine) > 0 {
		list = mine
	}
	if len(list) == 0 {
		return fault.Missing()
	}
	a := list[w.r.IntN(len(list))]
	in := record.Input{Reason: "fordi"}
	switch command {
	case "accept":
		in.Values = form.Of("conflict", "none")
		if w.r.IntN(8) == 0 {
			in.Values = form.Of("conflict", "some", "ground", "x")
		}
	case "save":
		in.Values = form.Of("part", fmt.Sprint(a.Criteria.V[0]), "score", "5", "reason_for", "x")
	}
	_, err := w.Assess.Kind.Do(ctx, a.ID, command, in)
	if err == nil && command == "deliver" && (x.State == application.Assessing || x.State == application.Returned) {
		w.given[x.ID][a.Assessor] = a.Sort
	}
	return err
}

func (w *walk) assessments(t *testing.T, x *application.Submission) []*assessment.Assessment {
	list, err := w.Assess.Kind.List(orgtest.System(), *new(db.Where).And("b.submission = ?", x.ID), "r.created, r.id", 0, 0)
	dt.Must(t, err)
	return list
}

func (w *walk) meetings(t *testing.T) []*decision.Meeting {
	list, err := w.Decisions.Meetings.List(orgtest.System(), *new(db.Where).And("b.call = ?", w.call.ID), "r.number", 0, 0)
	dt.Must(t, err)
	return list
}

// lead gives a command that the call waits for, by somebody who could give it.
func (w *walk) lead(t *testing.T, x *application.Submission) (*application.Submission, string, string) {
	c, err := w.Calls.Kind.Load(t.Context(), w.call.ID)
	dt.Must(t, err)
	var open []*application.Submission
	for _, k := range w.load(t) {
		waits := k.State == application.Assessing || k.State == application.Proposed && !k.Answer.V.Decided() && c.State == call.Proposed
		if waits {
			open = append(open, k)
		}
	}
	if len(open) > 0 {
		x = open[w.r.IntN(len(open))]
		if who, command := w.judging(t, x); command != "" && w.r.IntN(10) > 0 {
			return x, who, command
		}
	}
	meetings := w.meetings(t)
	has := func(state string) bool {
		return slices.ContainsFunc(meetings, func(m *decision.Meeting) bool { return m.State == state })
	}
	member := w.pick("utvalg", "utvalg2", "utvalg3", "utvalg", "utvalg2", w.pick(newcomers...))
	switch {
	case c.State == call.Assessment2 && len(open) > 0:
		return x, w.pick(sections...), "propose"
	case c.State == call.Assessment2 && w.r.IntN(2) == 0:
		return x, w.pick(sections...), "propose" // until the sum fits
	case c.State == call.Assessment2:
		return x, w.pick(sections...), "propose_awards"
	case c.State == call.Proposed && len(open) > 0 && !has(decision.Under):
		return x, "fou", map[bool]string{true: "start", false: "plan"}[has(decision.Planned)]
	case c.State == call.Proposed && len(open) > 0:
		return x, w.pick(member, member, member, member, "fou"), w.pick("stand", "stand", "decide", "decide", "decide", "propose", "attend")
	case c.State == call.Proposed && has(decision.Under):
		return x, member, "adjourn"
	case c.State == call.Proposed && has(decision.Minuting):
		return x, member, "approve"
	case c.State == call.Proposed:
		return x, member, "decide_awards"
	}
	return x, w.pick(sections...), "announce"
}

// judging gives what the case waits for before anything can be proposed of it.
func (w *walk) judging(t *testing.T, x *application.Submission) (who, command string) {
	if len(x.Conflicts.V.Open()) > 0 {
		return w.pick(sections...), "settle_conflict"
	}
	delivered := map[string]bool{}
	for _, a := range w.assessments(t, x) {
		switch {
		case a.Open() && w.r.IntN(20) == 0:
			return a.Assessor, "drop"
		case a.State == assessment.Asked:
			return a.Assessor, "accept"
		case a.Open() && len(a.Lacks()) > 0:
			return a.Assessor, "save"
		case a.Open():
			return a.Assessor, "deliver"
		}
		delivered[a.Sort] = delivered[a.Sort] || a.Counts()
	}
	if delivered[call.ByOwner] && delivered[call.BySection] {
		return "", ""
	}
	if x.State == application.Proposed {
		return w.pick(sections...), "reassess"
	}
	return w.pick(sections...), "request"
}

func (w *walk) load(t *testing.T) []*application.Submission {
	list, err := w.Cases.CasesOf(t.Context(), w.call.ID, application.Application)
	dt.Must(t, err)
	return list
}

// check holds what must be true of every award after each command.
func (w *walk) check(t *testing.T, of *application.Submission, command string, done bool) {
	sum := int64(0)
	for _, x := range w.load(t) {
		a := x.Answer.V
		if !a.Grants() || !a.Decided() || x.State == application.Withdrawn || x.State == application.Dismissed {
			continue
		}
		sum += a.Ore
		told := x.State == application.Awarded || x.State == application.Conditions
		now := done && (command == "decide" && x.ID == of.ID || told && (command == "announce" || command == "tell" && x.ID == of.ID))
		if !now {
			continue
		}
		agrees := slices.ContainsFunc(a.Stands, func(s application.Stand) bool {
			return s.For && s.Person != a.ProposedBy && s.Person != a.DecidedBy && !w.unfit(x, s.Person)
		})
		if a.DecidedBy == a.ProposedBy || !agrees {
			w.wrong["two people"]++
		}
		if w.unfit(x, a.ProposedBy) || w.unfit(x, a.DecidedBy) {
			w.wrong["disqualified"]++
		}
		sorts := map[string]bool{}
		for who, sort := range w.given[x.ID] {
			sorts[sort] = sorts[sort] || !w.unfit(x, who)
		}
		waits := slices.ContainsFunc(w.assessments(t, x), (*assessment.Assessment).Open)
		if !sorts[call.ByOwner] || !sorts[call.BySection] || waits {
			w.wrong["not judged"]++
		}
		if len(x.Conflicts.V.Open()) > 0 {
			w.wrong["not settled"]++
		}
		if told {
			w.awards++
			c, err := w.Calls.Kind.Load(t.Context(), w.call.ID)
			dt.Must(t, err)
			if !c.Told() {
				w.wrong["told early"]++
			}
		}
	}
	if sum > frameKroner*100 {
		w.wrong["frame"]++
	}
}

// No order of commands by any actors reaches an award without two different people,
// all that must be judged, settled conflicts and a sum within the frame. The
// assessments are the real ones, conflicts come to light in the middle, and roles and
// stand-ins come and go.
func TestNoWayAroundTheRules(t *testing.T) {
	const seeds, steps = 12, 400
	for _, sabotaged := range []bool{false, true} {
		t.Run(map[bool]string{false: "as it is", true: "control"}[sabotaged], func(t *testing.T) {
			dt.Each(t, nil, func(t *testing.T, h *dt.House) {
				h.Person(t, "utvalg3", org.Committee)
				h.Person(t, "fou3", org.FoU)
				for _, id := range newcomers {
					h.Person(t, id)
				}
				h.Cases.Assessments = h.Assess
				if sabotaged {
					sabotage(h)
				}
				awards, wrong, counts := 0, map[string]int{}, map[string]int{}
				for seed := range uint64(seeds) {
					w := newWalk(t, h, seed)
					for range steps {
						w.step(t)
					}
					awards += w.awards
					for k, n := range w.wrong {
						wrong[k] += n
					}
					for k, n := range w.counts {
						counts[k] += n
					}
				}
				t.Logf("%d awards told in %d walks of %d commands; wrong: %v; carried out: %v", awards, seeds, steps, wrong, counts)
				if !sabotaged && len(wrong) > 0 {
					t.Errorf("awards against the rules: %v", wrong)
				}
				if !sabotaged && awards == 0 {
					t.Error("no award was reached, so nothing was tried")
				}
				for _, c := range slices.Concat(ofPerson, ofAssess, []string{"declare", "settle_conflict", "decide", "announce"}) {
					if !sabotaged && counts[c] == 0 {
						t.Errorf("%s was never carried out", c)
					}
				}
				for _, k := range []string{"two people", "not judged", "not settled", "frame", "disqualified"} {
					if sabotaged && wrong[k] == 0 {
						t.Errorf("without the guards nothing is wrong with %s: the check sees nothing", k)
					}
				}
			})
		})
	}
}

// sabotage takes the guards out: what is left is who may read a case at all.
func sabotage(h *dt.House) {
	for i := range h.Cases.Applications.Commands {
		c := &h.Cases.Applications.Commands[i]
		c.NotBy = nil
		if slices.Contains([]string{"propose", "stand", "decide", "tell"}, c.Name) {
			c.Check = nil
		}
		for j := range c.Who {
			c.Who = slices.Clone(c.Who)
			c.Who[j].Except = ""
		}
		if c.Name == "decide" {
			c.Apply = func(_ context.Context, c *record.Change[*application.Submission]) error {
				c.Rec.Answer.V.DecidedBy, c.Rec.Answer.V.DecidedAt = c.Actor.ID, c.Now
				return nil
			}
		}
	}
	read := slices.Clone(h.Cases.Applications.Read)
	for i := range read {
		read[i].Except = ""
	}
	h.Cases.Applications.Read = read
}

// F6: two decide the same case at once, a hundred times: one wins each time, the other
// is told. And two that decide on different cases do not both get the last of the frame.
func TestTwoDecideAtOnce(t *testing.T) {
	dt.Each(t, nil, func(t *testing.T, h *dt.House) {
		h.Person(t, "utvalg3", org.Committee)
		ready := func(c *call.Call, title, kroner string) *application.Submission {
			x := h.Proposed(t, c, title, application.Award, kroner)
			return x
		}
		won := func(errs []error) (n int) {
			for _, err := range errs {
				switch {
				case err == nil:
					n++
				case fault.Of(err) != fault.Conflict:
					t.Errorf("the loser is told %v", err)
				}
			}
			return n
		}
		decide := func(x *application.Submission, who string) func() error {
			ctx := h.As(t, who)
			return func() error {
				ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
				defer cancel()
				_, err := h.Cases.Applications.Do(ctx, x.ID, "decide", record.Input{})
				return err
			}
		}
		const pairs = 100
		same := h.Call(t, call.Assessment2, 1_000_000_000)
		var cases []*application.Submission
		for i := range pairs {
			cases = append(cases, ready(same, fmt.Sprint("Sak ", i), "100000"))
		}
		dt.Must(t, h.Step(t, same, "fou", "propose_awards"))
		h.Meet(t, same, "utvalg", "utvalg2", "utvalg3")
		for _, x := range cases {
			h.Did(t, x, "utvalg3", "stand", "agree", "yes")
			if n := won(together(decide(x, "utvalg"), decide(x, "utvalg2"))); n != 1 {
				t.Errorf("%s: %d winners", x.Title, n)
			}
		}
		n, err := db.One[int](t.Context(), h.DB, "SELECT count(*) FROM event WHERE command = 'decide'")
		dt.Must(t, err)
		if n != pairs {
			t.Errorf("%d decisions of %d pairs", n, pairs)
		}
		// Both have read the sum before either has stored its decision.
		h.Delay(20 * time.Millisecond)
		both := 0
		for i := range 20 {
			c := h.Call(t, call.Assessment2, 3_000_000)
			a, b := ready(c, fmt.Sprint("A", i), "2000000"), ready(c, fmt.Sprint("B", i), "1000000")
			dt.Must(t, h.Step(t, c, "fou", "propose_awards"))
			h.Meet(t, c, "utvalg", "utvalg2", "utvalg3")
			b = h.Did(t, b, "utvalg3", "propose", "outcome", "award", "amount", "200000000", "reasons", "Mer")
			h.Did(t, a, "utvalg3", "stand", "agree", "yes")
			h.Did(t, b, "utvalg2", "stand", "agree", "yes")
			errs := together(decide(a, "utvalg2"), decide(b, "utvalg"))
			switch won(errs) {
			case 0:
				t.Errorf("neither got the money: %v", errs)
			case 2:
				both++
			}
		}
		if both > 0 {
			t.Errorf("%d times two cases took more than the frame", both)
		}
	})
}
