package decision_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
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
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

// walk gives commands in a random order by random actors to the applications of a call,
// to their assessments, conflicts of interest and what is come to together of them, to
// the call and its meetings, and to the persons who deal with them. Most commands are
// such that the call waits for, so that awards are reached; the model knows which.
type walk struct {
	*dt.House
	r       *rand.Rand
	m       *model
	call    *call.Call
	dares   string         // a rule that the walk seldom heeds
	daring  bool           // it never does
	blind   bool           // this step does not
	counts  map[string]int // commands carried out
	refused map[string]int // commands on the way to an award that a rule alone was against
}

var (
	sections   = []string{"fou", "fou2", "fou3", "both"}
	committees = []string{"utvalg", "utvalg2", "utvalg3", "both"}
	owners     = []string{"fageier", "fageier2", "both"}
	externals  = []string{"fagvurderer", "fagvurderer2"}
	// newcomers hold no role from the start. Each leads the project of one case.
	newcomers = []string{"ny", "vara"}
	actors    = slices.Concat(sections, committees, owners, externals, newcomers, []string{"forsker", "admin"})
)

// every is all commands that the walk tries in any order.
var every = slices.Concat(
	of("call", "propose_awards", "decide_awards", "announce", "return_awards", "end"),
	of("meeting", "plan", "start", "attend", "adjourn", "approve"),
	of("person", "grant", "revoke", "set_stand_in", "end_stand_in"),
	of("assessment", "request", "accept", "save", "deliver", "decline", "drop"),
	of("consensus", "begin", "set_score", "propose", "agree", "return"),
	of("application", "declare", "settle_conflict", "hand_over", "propose", "stand", "decide", "decide", "tell", "accept", "decline", "move", "postpone", "reopen", "reassess",
		"propose_dismissal", "drop_dismissal", "dismiss", "undo_dismissal", "contract", "withdraw", "return", "complete", "appeal", "settle_appeal", "resume"))

func of(kind string, commands ...string) (out []string) {
	for _, c := range commands {
		out = append(out, kind+"/"+c)
	}
	return out
}

// newWalk starts on a call of its own, with a frame that does not hold what its cases
// ask for. Most of them are judged already; in every third walk all are, and lie before
// the committee.
func newWalk(t *testing.T, h *dt.House, seed uint64, beyond int64) *walk {
	w := &walk{House: h, r: rand.New(rand.NewPCG(seed, 1)), dares: rules[seed%uint64(len(rules))], counts: map[string]int{}, refused: map[string]int{}}
	w.leave(t)
	frame := int64(4+w.r.IntN(6)) * 1_000_000
	var err error
	w.m, err = newModel(t.Context(), h.DB, frame*100)
	dt.Must(t, err)
	w.call = h.Call(t, call.Assessment2, frame*beyond)
	far := seed/uint64(len(rules))%3 == 1
	for i := range 5 {
		x := h.Put(t, application.Application, w.call, fmt.Sprint("Sak ", i), 3_000_000, func(x *application.Submission) {
			x.Content.V.Leader.Name, x.Content.V.Institution = "Noen Andre", application.Party{ID: "norce", Name: "NORCE"}
			if i < len(newcomers) {
				x.Content.V.Leader.Name = "Person " + newcomers[i]
			}
			if who := []string{"utvalg3", "", "fou3", "", "fageier2"}[i]; who != "" {
				x.Conflicts.V = application.Conflicts{{Person: who, Ground: application.GroundInstitution}}
			}
			if i >= 3 {
				x.Owner = "both"
			}
		})
		k := &caseModel{id: x.ID, number: x.Number, owner: x.Owner, stands: map[string]bool{}}
		if i < len(newcomers) {
			k.lead = newcomers[i]
		}
		w.m.cases = append(w.m.cases, k)
		if far || !w.one(3) {
			w.judge(t, x, call.ByOwner, "fageier")
			w.judge(t, x, call.BySection, w.pick(sections[:2]...))
		}
	}
	w.m.listen(t)
	for n := 0; far && n < 60 && w.m.call == call.Assessment2; n++ {
		w.give(t, w.lead(true))
	}
	return w
}

// judge puts a delivered assessment of a case.
func (w *walk) judge(t *testing.T, x *application.Submission, sort, who string) {
	n := criterion[sort]
	a := &assessment.Assessment{Case: x.ID, CaseKind: x.Kind, Call: x.Call, Assessor: who, Sort: sort, Owner: x.Owner, Due: orgtest.Day("2023-01-20"), DeliveredAt: w.Clock.Now()}
	a.Title, a.State, a.Criteria.V, a.Scores.V = x.Number, assessment.Delivered, []int{n}, map[int]assessment.Score{n: {Value: 5, Reason: "x"}}
	dt.Must(t, w.Assess.Kind.Import(orgtest.System(), a, "test"))
}

// leave takes from everybody what the walk before gave them.
func (w *walk) leave(t *testing.T) {
	for _, id := range slices.Concat(sections, committees, owners, newcomers) {
		for _, command := range []string{"revoke", "end_stand_in"} {
			for {
				p, err := w.Directory.Persons.Load(t.Context(), id)
				dt.Must(t, err)
				if command == "revoke" && (!slices.Contains(newcomers, id) || len(p.Grants.V) == 0) || command == "end_stand_in" && len(p.StandIns.V) == 0 {
					break
				}
				in := record.Input{Reason: "fordi"}
				if command == "revoke" {
					g := p.Grants.V[0]
					in.Values = form.Of("grant", fmt.Sprintf("%s@%s@%s", g.Role, g.Unit, g.From.Format(time.DateOnly)))
				} else {
					s := p.StandIns.V[0]
					in.Values = form.Of("stand_in", s.PersonID+"@"+s.From.Format(time.DateOnly))
				}
				_, err = w.Directory.Persons.As(orgtest.System(), id, command, in)
				dt.Must(t, err)
			}
		}
	}
}

func (w *walk) pick(of ...string) string { return of[w.r.IntN(len(of))] }

func (w *walk) one(in int) bool { return w.r.IntN(in) == 0 }

// holders gives those who hold a role now, or stand in for somebody who does.
func (w *walk) holders(role access.Role) []string {
	out := slices.Clone(map[access.Role][]string{org.FoU: sections, org.Committee: committees, org.SubjectOwner: owners}[role])
	for _, id := range newcomers {
		if slices.Contains(w.m.roles[id], string(role)) {
			out = append(out, id)
		}
	}
	all := slices.Clone(out)
	for _, id := range newcomers {
		if !slices.Contains(all, id) && slices.ContainsFunc(w.m.actsFor[id], func(absent string) bool { return slices.Contains(all, absent) }) {
			out = append(out, id)
		}
	}
	return out
}

// someone gives a holder of the role, mostly one who may deal with the case and whom
// nothing else speaks against.
func (w *walk) someone(role access.Role, x *caseModel, against func(person string) bool) string {
	all := w.holders(role)
	var right, wrong []string
	for _, p := range all {
		if x != nil && w.m.unfit(x, p) || against != nil && against(p) {
			wrong = append(wrong, p)
		} else {
			right = append(right, p)
		}
	}
	if len(right) == 0 || len(wrong) > 0 && (w.one(10) || w.blind && w.dares == fit) {
		return w.pick(wrong...)
	}
	return w.pick(right...)
}

// heeded gives the rules that an award of the case would break, as far as this step
// heeds them.
func (w *walk) heeded(x *caseModel, decider string) []string {
	return slices.DeleteFunc(w.m.broken(x, decider), func(rule string) bool { return w.blind && rule == w.dares })
}

// absent gives those whom somebody stands in for.
func (w *walk) absent() (out []string) {
	for _, id := range newcomers {
		out = append(out, w.m.actsFor[id]...)
	}
	return out
}

// move is a command by somebody about a case.
type move struct {
	who, command string
	of           *caseModel
}

// step gives one command: mostly one that the call waits for, sometimes one that upsets
// what was done, or else any at all.
func (w *walk) step(t *testing.T) {
	of := w.m.cases[w.r.IntN(len(w.m.cases))]
	switch n := w.r.IntN(100); {
	case n < 80:
		w.give(t, w.lead(false))
	case n < 88 || w.dares == fit && n < 94:
		w.give(t, w.upset(of))
	default:
		w.give(t, move{w.pick(actors...), w.pick(every...), of})
	}
}

// upset gives what makes others begin again: somebody who had a hand in a case says
// that they may not deal with it, somebody is asked for more, persons come and go.
func (w *walk) upset(x *caseModel) move {
	section := w.someone(org.FoU, x, nil)
	hands, asked := []string{x.proposer, x.decider}, []string{}
	for _, a := range w.m.judgementsOf(x) {
		hands = append(hands, a.who)
		if a.open() {
			asked = append(asked, a.who)
		}
	}
	j := w.m.jointOf(x)
	if j != nil && (w.dares == agreedByFit || w.one(2)) {
		hands = []string{j.writers[1], j.writers[2], j.proposer, j.agrees}
	}
	hands = slices.DeleteFunc(hands, func(p string) bool { return p == "" })
	all := []move{{"admin", w.pick("person/grant", "person/grant", "person/grant", "person/set_stand_in", "person/set_stand_in", "person/revoke", "person/end_stand_in"), x}}
	may := func(who, command string) { all = append(all, move{who, command, x}) }
	if len(hands) > 0 {
		may(w.pick(hands...), "application/declare")
	}
	if w.dares == agreedByFit && j != nil && j.state == assessment.Agreed && w.one(2) {
		return move{w.pick(hands...), "application/declare", x}
	}
	if w.outside(x) != "" && (w.dares == agreedByFit || w.one(4)) {
		return move{"system", "application/find_conflict", x}
	}
	under := w.meeting(decision.Under)
	switch {
	case x.state == application.Dismissed:
		may(section, "application/undo_dismissal")
	case x.faulty:
		may(section, "application/dismiss")
	case x.state == application.Proposed && under != nil:
		may(w.someone(org.Committee, x, under.absent), map[bool]string{true: "application/postpone", false: "application/reopen"}[x.decider == ""])
		fallthrough
	case x.state == application.Proposed:
		may(section, "application/"+w.pick("reassess", "reassess", "move"))
	case x.state == application.Assessing:
		may(section, "application/propose_dismissal")
		may(section, "application/return")
		fallthrough
	case x.state == application.Reserve:
		may(section, "assessment/request")
		may(w.pick(section, x.owner), "consensus/return")
		if len(asked) > 0 {
			may(w.pick(asked...), "assessment/decline")
		}
	}
	if w.one(10) {
		may("forsker", "application/withdraw")
	}
	return all[w.r.IntN(len(all))]
}

// outside gives somebody from outside whose assessment others agreed by; empty for nobody.
func (w *walk) outside(x *caseModel) string {
	j := w.m.jointOf(x)
	for _, a := range w.m.judgementsOf(x) {
		if j != nil && j.state == assessment.Agreed && a.state == assessment.Delivered && a.sort == assessment.External && a.at < j.at {
			return a.who
		}
	}
	return ""
}

// lead gives what the call waits for, by somebody who can mostly give it.
func (w *walk) lead(patient bool) move {
	m := w.m
	w.blind = !patient && (w.daring || !w.one(3))
	var open, stuck, granting []*caseModel
	for _, x := range m.cases {
		if !x.answered() && x.state != application.Reserve || x.state == application.Proposed && x.decider == "" && (m.call != call.Assessment2 || len(w.heeded(x, "")) > 0) {
			open = append(open, x)
		}
		if x.state == application.Proposed && x.decider != "" && len(w.heeded(x, x.decider)) > 0 {
			stuck = append(stuck, x)
		}
		if x.state == application.Proposed && x.grants() {
			granting = append(granting, x)
		}
	}
	beyond := m.proposed() > m.frame && !(w.blind && w.dares == withinFrame)
	any := m.cases[w.r.IntN(len(m.cases))]
	section := w.someone(org.FoU, any, nil)
	under := w.meeting(decision.Under)
	switch {
	case len(open) > 0 && (patient || !w.one(25)):
		return w.forward(open[w.r.IntN(len(open))], patient)
	case len(stuck) > 0 && m.call == call.Decided:
		return move{section, "call/return_awards", stuck[0]}
	case len(stuck) > 0 && !w.one(4):
		x := stuck[w.r.IntN(len(stuck))]
		if under == nil {
			return w.convene(x)
		}
		return move{w.someone(org.Committee, x, under.absent), "application/reopen", x}
	}
	for _, x := range m.cases {
		if w.blind && w.dares == toldInTurn && x.decider != "" && m.call != call.Announced {
			return move{w.someone(org.FoU, x, nil), "application/tell", x}
		}
	}
	switch m.call {
	case call.Assessment2:
		if beyond && (patient || !w.one(3)) {
			x := granting[w.r.IntN(len(granting))]
			return move{w.someone(org.FoU, x, nil), "application/propose", x}
		}
		return move{section, "call/propose_awards", any}
	case call.Proposed:
		member := w.someone(org.Committee, nil, nil)
		switch minuting := w.meeting(decision.Minuting); {
		case under != nil:
			return move{member, "meeting/adjourn", any}
		case minuting != nil:
			return move{w.someone(org.Committee, nil, func(p string) bool { return minuting.absent(p) || p == minuting.adjourner }), "meeting/approve", any}
		case beyond && w.one(2):
			return w.convene(any)
		}
		return move{w.someone(org.Committee, nil, func(p string) bool { return p == m.sentBy }), "call/decide_awards", any}
	case call.Decided:
		return move{section, "call/announce", any}
	}
	// Announced: what comes after, if anything does.
	var after []move
	may := func(who, command string, x *caseModel) { after = append(after, move{who, "application/" + command, x}) }
	for _, x := range m.cases {
		section := w.someone(org.FoU, x, nil)
		switch x.state {
		case application.Proposed:
			may(section, "tell", x)
		case application.Awarded, application.Conditions:
			may("forsker", w.pick("accept", "decline"), x)
			may(section, "contract", x)
		case application.Reserve:
			may(section, "propose", x)
			if to := w.judging(x, section); to.command != "" {
				after[len(after)-1] = to
			}
		case application.Dismissed:
			may(section, "undo_dismissal", x)
		case application.Rejected:
			may("forsker", "appeal", x)
		case application.Appealed:
			may(section, "settle_appeal", x)
		case application.Reversed:
			may(section, "resume", x)
		}
	}
	if len(after) == 0 {
		return move{section, "call/end", any}
	}
	return after[w.r.IntN(len(after))]
}

func (s *sitting) absent(person string) bool { return !slices.Contains(s.present, person) }

func (w *walk) meeting(state string) *sitting {
	for _, s := range w.m.meetings {
		if s.state == state {
			return s
		}
	}
	return nil
}

// convene brings a meeting about.
func (w *walk) convene(x *caseModel) move {
	if w.meeting(decision.Planned) == nil {
		return move{w.someone(org.FoU, nil, nil), "meeting/plan", x}
	}
	return move{w.someone(org.Committee, nil, nil), "meeting/start", x}
}

// forward gives what a case waits for that is not decided. Now and then it passes over
// what must come first.
func (w *walk) forward(x *caseModel, patient bool) move {
	if x.state == application.Returned {
		return move{"forsker", "application/complete", x}
	}
	section := w.someone(org.FoU, x, nil)
	if x.faulty && x.state == application.Assessing {
		return move{section, "application/" + w.pick("drop_dismissal", "drop_dismissal", "dismiss"), x}
	}
	if patient || !w.one(12) {
		if slices.Contains(w.heeded(x, ""), settled) && (patient || !w.one(3)) {
			return move{section, "application/settle_conflict", x}
		}
		if to := w.judging(x, section); to.command != "" {
			return to
		}
	}
	if x.state == application.Assessing {
		if j := w.m.jointOf(x); w.dares == agreedOnAll && j != nil && j.state == assessment.Agreed && len(w.m.judgementsOf(x)) < 4 && !w.one(3) {
			return move{section, "assessment/request", x}
		}
		return move{section, "application/propose", x}
	}
	under := w.meeting(decision.Under)
	if under == nil {
		return w.convene(x)
	}
	alone := func(p string) bool { return slices.Contains(w.heeded(x, p), twoPeople) }
	member := w.someone(org.Committee, x, func(p string) bool { return under.absent(p) || alone(p) })
	if alone(member) {
		member = w.someone(org.Committee, x, func(p string) bool { return under.absent(p) || p == x.proposer || x.stands[p] })
	}
	switch {
	case w.one(12):
		return move{w.someone(org.Committee, x, nil), "application/propose", x}
	case under.absent(member) && w.one(3):
		return move{section, "meeting/attend", x}
	case slices.Contains(w.heeded(x, member), withinFrame), slices.Contains(w.heeded(x, member), fit) && !w.m.unfit(x, member):
		return move{section, "application/propose", x}
	case alone(member):
		return move{member, "application/stand", x}
	}
	return move{member, "application/decide", x}
}

// judging gives what the assessment of a case waits for, if anything.
func (w *walk) judging(x *caseModel, section string) move {
	broken := w.heeded(x, "")
	for _, a := range w.m.judgementsOf(x) {
		switch {
		case !a.open() || !slices.Contains(broken, judged):
		case w.one(20):
			return move{a.who, "assessment/drop", x}
		case a.state == assessment.Asked:
			return move{a.who, "assessment/accept", x}
		case a.state == assessment.Accepted || w.one(3):
			return move{a.who, "assessment/save", x}
		default:
			return move{a.who, "assessment/deliver", x}
		}
	}
	j := w.m.jointOf(x)
	switch {
	case len(broken) > 0 && x.state == application.Proposed:
		return move{section, "application/reassess", x}
	case slices.Contains(broken, judged):
		return move{section, "assessment/request", x}
	case j == nil && w.dares == agreedByFit && x.state == application.Assessing && len(w.m.judgementsOf(x)) < 3 && w.one(2):
		return move{section, "assessment/request", x}
	case j == nil && (w.one(2) || strings.HasPrefix(w.dares, agreed)) && x.state == application.Assessing:
		return move{section, "consensus/begin", x}
	case j == nil:
	case !slices.ContainsFunc(broken, func(rule string) bool { return slices.Contains([]string{agreed, agreedByFit, agreedOnAll}, rule) }):
	case j.state == assessment.Agreed:
		return move{section, "consensus/return", x}
	case j.state == assessment.Put && x.out(x.owner):
		return move{section, "application/hand_over", x}
	case j.state == assessment.Put && j.proposer == x.owner && w.one(2):
		return move{section, "consensus/return", x}
	case j.state == assessment.Put:
		return move{w.pick(x.owner, x.owner, x.owner, x.owner, section), "consensus/agree", x}
	case j.state == assessment.Draft && w.unwritten(j) > 0:
		return move{section, "consensus/set_score", x}
	case j.state == assessment.Draft:
		return move{w.someone(org.FoU, x, func(p string) bool { return p == x.owner }), "consensus/propose", x}
	}
	return move{}
}

// unwritten gives a criterion of which nothing is written together, or nothing by
// anybody who may; 0 when there is none.
func (w *walk) unwritten(j *joint) int {
	for _, n := range []int{1, 2} {
		if j.writers[n] == "" || j.of.out(j.writers[n]) {
			return n
		}
	}
	return 0
}

// give gives the command, takes in what happened, and notes what a rule was against.
func (w *walk) give(t *testing.T, to move) {
	kind, command, _ := strings.Cut(to.command, "/")
	k, _ := w.Engine.Kind(kind)
	id := w.target(to, kind, command)
	in := w.told(to, id)
	broken, rules := w.breaks(to)
	w.m.told = in
	var err error
	ctx := orgtest.System()
	if to.who != "system" {
		ctx = w.As(t, to.who)
	}
	if slices.Contains([]string{"meeting/plan", "assessment/request", "consensus/begin"}, to.command) {
		_, err = k.Begin(ctx, command, in)
	} else {
		_, err = k.Run(ctx, id, command, in)
	}
	if _, ok := fault.As(err); err != nil && !ok {
		t.Fatalf("%s by %s: %v", to.command, to.who, err)
	}
	if err == nil {
		w.counts[to.command]++
	} else if rules {
		w.refuse(to, broken, err)
	}
	for _, x := range w.m.listen(t) {
		w.hidden(t, x)
	}
}

// hidden holds that somebody who may not deal with a case reads neither it nor what is
// thought of it.
func (w *walk) hidden(t *testing.T, x *caseModel) {
	for _, person := range slices.Concat(sections[:1], committees[2:], newcomers) {
		if !w.m.unfit(x, person) || !w.one(2) {
			continue
		}
		ctx := w.As(t, person)
		_, err := w.Cases.Applications.Get(ctx, x.id)
		joint, err2 := w.Assess.ConsensusOf(ctx, x.id)
		dt.Must(t, err2)
		if fault.Of(err) != fault.NotFound || joint != nil {
			w.m.wrong[fit]++
		}
	}
}

// breaks gives the rules that a command on the way to an award would break, and whether
// it is such a command.
func (w *walk) breaks(to move) (broken []string, is bool) {
	x, early := to.of, w.m.call != call.Announced
	switch to.command {
	case "application/propose":
		switch {
		case w.m.unfit(x, to.who):
			return []string{fit}, true
		case !x.answered():
			return w.m.broken(x, ""), true
		}
	case "application/decide":
		if x.state == application.Proposed && x.decider == "" && x.grants() {
			return w.m.broken(x, to.who), true
		}
	case "application/tell":
		if x.state == application.Proposed && x.decider != "" && x.grants() && !w.m.unfit(x, to.who) {
			if broken = w.m.broken(x, x.decider); early {
				broken = append(broken, toldInTurn)
			}
			return broken, true
		}
	case "call/propose_awards":
		for _, x := range w.m.cases {
			if x.state == application.Proposed {
				broken = append(broken, w.m.broken(x, "")...)
			}
		}
		if w.m.proposed() > w.m.frame {
			broken = append(broken, withinFrame)
		}
		return broken, true
	}
	return nil, false
}

// saying is by which keys the program says that a rule is in the way; what follows a _
// says more closely what.
var saying = map[string][]string{
	twoPeople:   {"error.two_people", "submission.blocked.alone"},
	judged:      {"assessment.missing.subject_owner", "assessment.missing.section", "assessment.missing.waiting", "assessment.missing.own", "assessment.missing.principle"},
	settled:     {"assessment.missing.conflicts"},
	withinFrame: {"submission.blocked.frame", "call.blocked.beyond_frame"},
	fit:         {"error.not_found", "submission.blocked.unfit"},
	agreed:      {"assessment.missing.consensus"},
	agreedByFit: {"assessment.missing.consensus_unfit", "assessment.missing.consensus_rests"},
	agreedOnAll: {"assessment.missing.consensus_before"},
	toldInTurn:  {"submission.blocked.told_together"},
}

// says gives the rule that the key tells of, by the longest that it begins with; empty
// for none of them.
func says(key string) (rule string) {
	longest := 0
	for _, of := range rules {
		for _, k := range saying[of] {
			if (key == k || strings.HasPrefix(key, k+"_")) && len(k) > longest {
				rule, longest = of, len(k)
			}
		}
	}
	return rule
}

// refuse counts a refusal by one rule alone, and holds that no rule is said to be in the
// way that is not. A case that one may not see may be one's own, or nobody's who asks.
func (w *walk) refuse(to move, broken []string, err error) {
	f, _ := fault.As(err)
	said := []string{says(f.Key)}
	if len(f.Fields) > 0 {
		said = nil
	}
	for _, field := range f.Fields {
		if strings.HasSuffix(field.Key, "_first") {
			continue // what is to be done, not what is in the way
		}
		said = append(said, says(field.Key))
	}
	slices.Sort(said)
	said = slices.Compact(said)
	for _, rule := range said {
		switch {
		case rule == "" || slices.Contains(broken, rule):
		case rule == fit:
			return
		default:
			w.m.wrong[to.command+" is refused without cause: "+rule]++
		}
	}
	if len(said) == 1 && said[0] != "" {
		w.refused[said[0]]++
	}
}

// target gives the id of the record that a command is about.
func (w *walk) target(to move, kind, command string) string {
	switch kind {
	case "call":
		return w.call.ID
	case "meeting":
		from := map[string]string{"start": decision.Planned, "approve": decision.Minuting}[command]
		if s := w.meeting(cmp.Or(from, decision.Under)); s != nil {
			return s.id
		}
		if n := len(w.m.meetings); n > 0 {
			return w.m.meetings[w.r.IntN(n)].id
		}
	case "person":
		if command == "grant" || command == "revoke" {
			return w.pick(newcomers...)
		}
		absent := slices.Concat(sections, committees, owners)
		if command == "end_stand_in" && w.absent() != nil {
			absent = w.absent()
		}
		return w.pick(absent...)
	case "assessment":
		list := w.m.judgementsOf(to.of)
		if mine := slices.DeleteFunc(slices.Clone(list), func(a *judgement) bool { return a.who != to.who || !a.open() }); len(mine) > 0 {
			list = mine
		}
		if len(list) > 0 {
			return list[w.r.IntN(len(list))].id
		}
	case "consensus":
		if j := w.m.jointOf(to.of); j != nil {
			return j.id
		}
	case "application":
		return to.of.id
	}
	return "none"
}

// told gives what a command is told, to the record with the id.
func (w *walk) told(to move, id string) record.Input {
	x := to.of
	with := func(pairs ...string) record.Input { return record.Input{Reason: "fordi", Values: form.Of(pairs...)} }
	switch to.command {
	case "application/propose":
		million := w.pick("1", "1", "2", "2", "2", "3", "9")
		if w.m.proposed() > w.m.frame && !w.one(4) {
			million = "1"
		}
		return with("outcome", w.pick("award", "award", "award", "award", "conditions", "reserve", "reject"), "amount", million+"00000000", "conditions", "REK", "reasons", "x")
	case "application/settle_conflict":
		return with("conflict", fmt.Sprint(max(x.unsettled(), 0)+1), "verdict", w.pick("stands", "stands", "stands", "cleared"), "why", "x")
	case "application/find_conflict":
		return with("person", w.outside(x), "found", application.GroundDeclared, "ground", "x")
	case "application/declare":
		return with("ground", "x")
	case "application/hand_over":
		return with("owner", w.someone(org.SubjectOwner, x, nil))
	case "meeting/plan":
		return with("call", w.call.ID, "held_on", "2023-01-02")
	case "meeting/start", "meeting/attend":
		present := slices.DeleteFunc(slices.Concat(committees, newcomers), func(p string) bool {
			return w.one(5) || slices.Contains(newcomers, p) && !slices.Contains(w.m.roles[p], string(org.Committee))
		})
		return record.Input{Values: form.Of().With("present", present...)}
	case "assessment/request":
		lacking := slices.DeleteFunc([]string{call.ByOwner, call.BySection}, func(sort string) bool {
			return slices.ContainsFunc(w.m.judgementsOf(x), func(a *judgement) bool {
				return a.sort == sort && (a.open() || a.state == assessment.Delivered)
			})
		})
		sort := w.pick(append(lacking, call.ByOwner, call.BySection)...)
		if len(lacking) == 0 && !w.one(4) || w.one(8) {
			return with("case", x.number, "sort", assessment.External, "assessor", w.pick(externals...), "due", "2023-01-20")
		}
		role := map[string]access.Role{call.ByOwner: org.SubjectOwner, call.BySection: org.FoU}[sort]
		return with("case", x.number, "sort", sort, "assessor", w.someone(role, x, nil), "due", "2023-01-20")
	case "assessment/accept":
		if w.one(10) {
			return with("conflict", "some", "ground", "x")
		}
		return with("conflict", "none")
	case "assessment/save":
		n := 1
		for _, a := range w.m.judgementsOf(x) {
			if a.who == to.who && a.open() {
				n = criterion[a.sort]
			}
		}
		return with("part", fmt.Sprint(n), "score", "5", "reason_for", w.pick("x", "x", "x", "x", "x", ""))
	case "consensus/begin":
		return with("case", x.number)
	case "consensus/set_score":
		n := 0
		if j := w.m.jointOf(x); j != nil {
			n = w.unwritten(j)
		}
		return with("criterion", fmt.Sprint(cmp.Or(n, 1+w.r.IntN(2))), "score", "5", "text", "x")
	case "person/grant":
		return with("role", w.pick(string(org.Committee), string(org.FoU)), "unit", "avdir")
	case "person/revoke":
		return with("grant", w.pick(append(w.m.roles[id], string(org.FoU))...)+"@avdir@2023-01-02")
	case "person/set_stand_in":
		return with("person", w.pick(newcomers...), "from", "2023-01-02")
	case "person/end_stand_in":
		in := newcomers[0]
		if !slices.Contains(w.m.actsFor[in], id) {
			in = newcomers[1]
		}
		return with("stand_in", in+"@2023-01-02")
	}
	return with("agree", w.pick("yes", "yes", "yes", "yes", "no"), "place", "1", "fault", "other", "fault_reason", "x", "mend", "x", "mend_by", "2023-02-01", "mended", "x", "grounds", "x",
		"verdict", "reversed", "appeal_reasons", "x", "contract_on", "2023-01-02", "presentation_due", "2026-01-01", "conditions_met", "true")
}

// tally is what walks came to.
type tally struct {
	walks, steps, awards                    int
	carriedOut, refused, weighed, violation map[string]int
}

// walks goes so many walks, or until something is wrong by the rule, if one is given.
func walks(t *testing.T, h *dt.House, n int, beyond int64, until string) (out tally) {
	for _, of := range []*map[string]int{&out.carriedOut, &out.refused, &out.weighed, &out.violation} {
		*of = map[string]int{}
	}
	add := func(to, more map[string]int) {
		for k, v := range more {
			to[k] += v
		}
	}
	for seed := range uint64(n) {
		w := newWalk(t, h, seed, beyond)
		if until != "" {
			w.dares, w.daring = until, true
		}
		const longest, afterwards = 300, 60
		for left := longest; left > 0 && w.m.wrong[until] == 0; left-- {
			if w.m.call == call.Announced {
				left = min(left, afterwards)
			}
			w.step(t)
			out.steps++
		}
		out.walks++
		out.awards += w.m.awards
		add(out.carriedOut, w.counts)
		add(out.refused, w.refused)
		add(out.weighed, w.m.weighed)
		add(out.violation, w.m.wrong)
		if out.violation[until] > 0 {
			break
		}
	}
	return out
}

// people are those of the walk whom the house does not have.
func people(t *testing.T, h *dt.House) {
	h.Person(t, "utvalg3", org.Committee)
	h.Person(t, "fou3", org.FoU)
	h.Person(t, "both", org.FoU, org.Committee, org.SubjectOwner)
	for _, id := range newcomers {
		h.Person(t, id)
	}
	h.Cases.Assessments = h.Assess
}

// No order of commands by any actors reaches an award without two different people,
// all that must be judged, settled conflicts and a sum within the frame, nor on what was
// come to together and does not hold. The assessments are the real ones, conflicts come
// to light in the middle, and roles and stand-ins come and go.
func TestNoWayAroundTheRules(t *testing.T) {
	dt.Each(t, nil, func(t *testing.T, h *dt.House) {
		people(t, h)
		got := walks(t, h, 3*len(rules), 1, "")
		t.Logf("%d awards told in %d walks of %d commands; a rule had something to say of them %v; refused by a rule alone %v; carried out %v",
			got.awards, got.walks, got.steps, got.weighed, got.refused, got.carriedOut)
		for _, k := range slices.Sorted(maps.Keys(got.violation)) {
			t.Errorf("against the rules, %s: %d", k, got.violation[k])
		}
		// A walk that reaches nothing, or is refused nothing, tries nothing. The choices are
		// the same each time, so the figures hardly change but with the program.
		if got.awards < 40 {
			t.Errorf("%d awards were reached", got.awards)
		}
		for _, rule := range rules {
			if got.weighed[rule] < 20 || got.refused[rule] < 5 {
				t.Errorf("%s: %d awards were reached that it had to do with, and it alone refused %d times", rule, got.weighed[rule], got.refused[rule])
			}
		}
		for _, c := range append(slices.Clone(every), "application/find_conflict") {
			if got.carriedOut[c] == 0 {
				t.Errorf("%s was never carried out", c)
			}
		}
	})
}

// deaf hears of some things that are missing as little as if nobody had asked.
type deaf struct {
	application.Assessments
	to func(key string) bool
}

func (d deaf) Missing(ctx context.Context, id string) ([]record.Reason, error) {
	list, err := d.Assessments.Missing(ctx, id)
	return slices.DeleteFunc(list, func(r record.Reason) bool { return d.to(r.Key) }), err
}

// With one rule taken away, each in turn, the walk reaches an award against it.
func TestWalkSeesEachRule(t *testing.T) {
	unasked := func(rule string) func(*dt.House) {
		return func(h *dt.House) {
			h.Cases.Assessments = deaf{h.Assess, func(key string) bool { return says(key) == rule }}
		}
	}
	for _, c := range []struct {
		rule   string
		beyond int64 // how many times its frame a call may spend
		take   func(h *dt.House)
	}{
		{twoPeople, 1, func(h *dt.House) {
			overlook(h.Cases.Applications, func(c *record.Command[*application.Submission]) { c.NotBy = nil }, saying[twoPeople]...)
		}},
		{judged, 1, unasked(judged)},
		{settled, 1, unasked(settled)},
		{withinFrame, 10, func(*dt.House) {}},
		{fit, 1, func(h *dt.House) {
			everybody := func(rules []access.Rule) []access.Rule {
				rules = slices.Clone(rules)
				for i := range rules {
					rules[i].Except = ""
				}
				return rules
			}
			k := h.Cases.Applications
			k.Read = everybody(k.Read)
			overlook(k, func(c *record.Command[*application.Submission]) { c.Who = everybody(c.Who) }, "submission.blocked.unfit", "submission.blocked.you_unfit")
		}},
		{agreed, 1, unasked(agreed)},
		{agreedByFit, 1, unasked(agreedByFit)},
		{agreedByFit, 1, func(h *dt.House) {
			h.Cases.Assessments = deaf{h.Assess, func(key string) bool { return key == "assessment.missing.consensus_rests" }}
		}},
		{agreedOnAll, 1, unasked(agreedOnAll)},
		{toldInTurn, 1, func(h *dt.House) { overlook(h.Cases.Applications, nil, saying[toldInTurn]...) }},
	} {
		t.Run(c.rule, func(t *testing.T) {
			dt.Each(t, nil, func(t *testing.T, h *dt.House) {
				people(t, h)
				c.take(h)
				got := walks(t, h, 3*len(rules), c.beyond, c.rule)
				if got.violation[c.rule] == 0 {
					t.Errorf("%d walks of %d commands reach no award against it: %v", got.walks, got.steps, got.violation)
				}
				t.Logf("reached in walk %d, after %d commands", got.walks, got.steps)
			})
		})
	}
}

// overlook lets commands through that only the reasons with the keys stop.
func overlook[T record.Record](k *record.Kind[T], more func(*record.Command[T]), keys ...string) {
	for i := range k.Commands {
		c := &k.Commands[i]
		if more != nil {
			more(c)
		}
		if check := c.Check; check != nil {
			c.Check = func(ctx context.Context, rec T, in form.Values) (record.Verdict, error) {
				v, err := check(ctx, rec, in)
				v.Blocking = slices.DeleteFunc(v.Blocking, func(r record.Reason) bool { return slices.Contains(keys, r.Key) })
				return v, err
			}
		}
	}
}
