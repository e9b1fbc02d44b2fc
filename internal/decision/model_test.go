package decision_test

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"funn/internal/application"
	"funn/internal/assessment"
	"funn/internal/call"
	dt "funn/internal/decision/decisiontest"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
	"funn/internal/platform/record"
)

// The rules that hold of every award, as issue 3 and the requirements C4, C7 and C8
// have them.
const (
	twoPeople   = "two people"          // who proposed, who agrees and who decides are three
	judged      = "judged"              // by the subject owner and the section, whole, and by all who were asked
	settled     = "settled"             // somebody else has looked at each conflict that was found
	withinFrame = "within the frame"    // with all that was decided before
	fit         = "by the fit"          // nobody who may not deal with the case has had a hand in it
	agreed      = "agreed"              // what was begun together is whole, and two agree
	agreedByFit = "agreed by the fit"   // and both are fit, as is everybody who wrote in it or whose assessment they had before them
	agreedOnAll = "agreed on all there" // and no assessment came after it
	toldInTurn  = "told in turn"        // with all others of the call, whose awards two people took on
)

var rules = []string{twoPeople, judged, settled, withinFrame, fit, agreed, agreedByFit, agreedOnAll, toldInTurn}

// model is a call as its events have it, worked out anew from the log. Only what the
// log keeps private is read in the tables. It asks nothing of the code under test.
type model struct {
	d     *db.DB
	seq   int64
	frame int64 // øre

	call              string // state
	sentBy, decidedBy string // who sent the proposals to the committee, and who ended its work
	cases             []*caseModel
	judgements        []*judgement
	together          []*joint
	meetings          []*sitting
	roles             map[string][]string // by person, those given since the start
	actsFor           map[string][]string // by person, whom they stand in for

	// told is what the command of this step was told: the log keeps some of it private.
	told  record.Input
	wrong map[string]int
	// awards are those told, and weighed those in which a rule had something to say of.
	awards  int
	weighed map[string]int
}

type caseModel struct {
	id, number, owner string
	lead              string // a person who has the name of the project's leader
	state             string
	outcome           string
	ore               int64
	proposer, decider string          // empty while there is none
	stands            map[string]bool // of what is proposed now, by person
	faulty            bool
	conflicts         []conflict
}

type conflict struct {
	Person   string `json:"person"`
	Declared bool   `json:"declared"`
	Cleared  bool   `json:"cleared"` // as the table has it

	by      string // who looked at it, as the log has it
	cleared bool   // as they were told to have said
}

type judgement struct {
	id, who, sort, state string
	of                   *caseModel
	at                   int64 // when it was delivered
	gone                 int64 // when it was taken from them who gave it, after that; 0 while it is not
	whole, counts        bool
}

func (a *judgement) open() bool {
	return slices.Contains([]string{assessment.Asked, assessment.Accepted, assessment.Begun}, a.state)
}

// joint is what the section and the subject owner come to together of a case.
type joint struct {
	id, state, proposer, agrees string
	of                          *caseModel
	at                          int64          // when it was agreed to
	writers                     map[int]string // by criterion
	whole                       bool
}

type sitting struct {
	id, state, adjourner string
	present              []string
}

func newModel(ctx context.Context, d *db.DB, frame int64) (*model, error) {
	seq, err := event.Latest(ctx, d)
	return &model{d: d, seq: seq, frame: frame, roles: map[string][]string{}, actsFor: map[string][]string{}, wrong: map[string]int{}, weighed: map[string]int{}}, err
}

func (m *model) caseOf(id string) *caseModel {
	for _, x := range m.cases {
		if x.id == id || x.number == id {
			return x
		}
	}
	return nil
}

func (m *model) jointOf(x *caseModel) *joint {
	for _, j := range m.together {
		if j.of == x {
			return j
		}
	}
	return nil
}

func (m *model) judgementsOf(x *caseModel) (out []*judgement) {
	for _, a := range m.judgements {
		if a.of == x {
			out = append(out, a)
		}
	}
	return out
}

// as gives whom a person acts as.
func (m *model) as(person string) []string { return append([]string{person}, m.actsFor[person]...) }

// out says whether a person may not deal with a case themselves.
func (x *caseModel) out(person string) bool {
	own := func(c conflict) bool { return c.Person == person }
	return slices.ContainsFunc(x.conflicts, func(c conflict) bool { return own(c) && !c.cleared }) ||
		person != "" && x.lead == person && !slices.ContainsFunc(x.conflicts, own)
}

// unfit says whether a person, or somebody they stand in for, may not deal with a case.
func (m *model) unfit(x *caseModel, person string) bool {
	return slices.ContainsFunc(m.as(person), x.out)
}

func (x *caseModel) grants() bool {
	return x.outcome == application.Award || x.outcome == application.AwardOnConditions
}

// answered says whether what comes in of a case is too late to count.
func (x *caseModel) answered() bool {
	return x.state != application.Assessing && x.state != application.Returned && x.state != application.Reserve
}

func (x *caseModel) unsettled() int {
	return slices.IndexFunc(x.conflicts, func(c conflict) bool { return !c.Declared && c.by == "" })
}

// spent is what is decided of the frame, but for one case.
func (m *model) spent(but *caseModel) (sum int64) {
	for _, x := range m.cases {
		if x != but && x.grants() && x.decider != "" && slices.Contains([]string{application.Proposed, application.Awarded, application.Conditions, application.Contracted}, x.state) {
			sum += x.ore
		}
	}
	return sum
}

// proposed is what is proposed or decided of the frame.
func (m *model) proposed() (sum int64) {
	for _, x := range m.cases {
		if x.grants() && slices.Contains([]string{application.Proposed, application.Awarded, application.Conditions, application.Contracted}, x.state) {
			sum += x.ore
		}
	}
	return sum
}

// broken gives the rules that an award of the case by the decider breaks; for an empty
// decider those that do not depend on who decides.
func (m *model) broken(x *caseModel, decider string) (out []string) {
	no := func(rule string, is bool) {
		if is && !slices.Contains(out, rule) {
			out = append(out, rule)
		}
	}
	if decider != "" {
		another := false
		for person, yes := range x.stands {
			another = another || yes && person != decider && person != x.proposer && !x.out(person)
		}
		no(twoPeople, decider == x.proposer || !another)
		no(fit, m.unfit(x, decider) || x.out(x.proposer))
		no(withinFrame, x.grants() && m.spent(x)+x.ore > m.frame)
	}
	sorts := map[string]bool{}
	last := int64(0)
	for _, a := range m.judgementsOf(x) {
		no(judged, a.open())
		if a.state == assessment.Delivered && a.counts {
			no(judged, !a.whole)
			sorts[a.sort] = sorts[a.sort] || !x.out(a.who)
			last = max(last, a.at)
		}
	}
	no(judged, !sorts[call.ByOwner] || !sorts[call.BySection])
	no(settled, x.unsettled() >= 0)
	if j := m.jointOf(x); j != nil {
		no(agreed, j.state != assessment.Agreed || !j.whole || j.proposer == j.agrees)
		if j.state == assessment.Agreed {
			for _, by := range []string{j.proposer, j.agrees, j.writers[1], j.writers[2]} {
				no(agreedByFit, x.out(by))
			}
			for _, a := range m.judgementsOf(x) {
				no(agreedByFit, a.gone > j.at && a.at < j.at && x.out(a.who))
			}
			no(agreedOnAll, last > j.at)
		}
	}
	return out
}

// weighs gives the rules that had something to say of an award of the case.
func (m *model) weighs(x *caseModel) []string {
	out := []string{twoPeople, judged, toldInTurn}
	if slices.ContainsFunc(x.conflicts, func(c conflict) bool { return !c.Declared }) {
		out = append(out, settled)
	}
	if m.spent(x) > 0 {
		out = append(out, withinFrame)
	}
	if slices.ContainsFunc(x.conflicts, func(c conflict) bool { return !c.cleared }) {
		out = append(out, fit)
	}
	if m.jointOf(x) != nil {
		out = append(out, agreed, agreedByFit, agreedOnAll)
	}
	return out
}

// listen takes in what happened since the last time, and gives the cases that it
// happened to.
func (m *model) listen(t *testing.T) (touched []*caseModel) {
	list, err := db.All[event.Event](t.Context(), m.d, "SELECT "+db.Columns[event.Event]("")+" FROM event WHERE seq > $1 ORDER BY seq", m.seq)
	dt.Must(t, err)
	for _, e := range list {
		m.seq = e.Seq
		if x := m.happened(t, e); x != nil && !slices.Contains(touched, x) {
			touched = append(touched, x)
		}
	}
	return touched
}

// happened takes in one event, and gives the case that it is about, if any.
func (m *model) happened(t *testing.T, e event.Event) *caseModel {
	told := func(name string) string { return strings.Join(e.Told()[name], " ") }
	var x *caseModel
	switch e.Kind {
	case "person":
		m.person(e, told)
	case "call":
		switch m.call = e.To; e.Command {
		case "propose_awards":
			m.sentBy = e.ActorID
		case "decide_awards":
			m.decidedBy = e.ActorID
		}
	case "meeting":
		i := slices.IndexFunc(m.meetings, func(s *sitting) bool { return s.id == e.RecordID })
		if i < 0 {
			i, m.meetings = len(m.meetings), append(m.meetings, &sitting{id: e.RecordID})
		}
		s := m.meetings[i]
		s.state = e.To
		switch e.Command {
		case "start", "attend":
			s.present = e.Told()["present"]
		case "adjourn":
			s.adjourner = e.ActorID
		}
	case "application":
		if x = m.caseOf(e.RecordID); x != nil {
			m.mayHave(x, e, "declare")
			m.answer(t, x, e, told)
		}
	case "assessment":
		x = m.judge(t, e)
	case "consensus":
		x = m.join(t, e)
	}
	return x
}

// mayHave holds that whoever had a hand in a case may deal with it.
func (m *model) mayHave(x *caseModel, e event.Event, free ...string) {
	if e.ActorID != "system" && e.ActorID != "forsker" && !slices.Contains(free, e.Command) && m.unfit(x, e.ActorID) {
		m.wrong[fit]++
	}
}

func (m *model) person(e event.Event, told func(string) string) {
	drop := func(list []string, what string) []string {
		if i := slices.Index(list, what); i >= 0 {
			return slices.Delete(list, i, i+1)
		}
		return list
	}
	switch id := e.RecordID; e.Command {
	case "grant":
		m.roles[id] = append(m.roles[id], told("role"))
	case "revoke":
		role, _, _ := strings.Cut(told("grant"), "@")
		m.roles[id] = drop(m.roles[id], role)
	case "set_stand_in":
		m.actsFor[told("person")] = append(m.actsFor[told("person")], id)
	case "end_stand_in":
		who, _, _ := strings.Cut(told("stand_in"), "@")
		m.actsFor[who] = drop(m.actsFor[who], id)
	}
}

// answer takes in what happened to a case.
func (m *model) answer(t *testing.T, x *caseModel, e event.Event, told func(string) string) {
	x.state = e.To
	take := func() { x.decider, x.stands = "", map[string]bool{} }
	switch e.Command {
	case "import", "declare", "find_conflict", "settle_conflict":
		m.conflicts(t, x, e)
	case "hand_over":
		x.owner = told("owner")
	case "propose":
		take()
		x.outcome, x.proposer, x.ore = told("outcome"), e.ActorID, 0
		if x.grants() {
			x.ore, _ = strconv.ParseInt(told("amount"), 10, 64)
		}
	case "stand":
		x.stands[e.ActorID] = told("agree") == "yes"
	case "reopen", "reassess":
		take()
	case "resume":
		take()
		x.outcome, x.proposer, x.faulty = "", "", false
	case "propose_dismissal":
		x.faulty = true
	case "drop_dismissal", "undo_dismissal":
		x.faulty = false
	case "decide":
		x.decider = e.ActorID
		if x.grants() {
			m.hold(x)
		}
	case "tell":
		if !x.grants() {
			break
		}
		m.hold(x)
		m.awards++
		for _, rule := range m.weighs(x) {
			m.weighed[rule]++
		}
		if m.call != call.Announced && m.call != call.Closed || m.sentBy == m.decidedBy || x.decider == "" {
			m.wrong[toldInTurn]++
		}
	}
}

// hold holds the rules of an award that was reached.
func (m *model) hold(x *caseModel) {
	for _, rule := range m.broken(x, cmp.Or(x.decider, "nobody")) {
		m.wrong[rule]++
	}
}

// conflicts takes in the case's conflicts of interest. Who they are of stands in the
// table alone. That they are cleared is somebody else's word.
func (m *model) conflicts(t *testing.T, x *caseModel, e event.Event) {
	stored, err := db.One[db.JSON[[]conflict]](t.Context(), m.d, "SELECT conflicts FROM submission WHERE id = $1", x.id)
	dt.Must(t, err)
	for i, c := range stored.V {
		if i == len(x.conflicts) {
			x.conflicts = append(x.conflicts, conflict{Person: c.Person, Declared: c.Declared})
		}
		if c.Person != x.conflicts[i].Person {
			m.wrong[settled]++ // they keep their places
		}
	}
	if e.Command == "settle_conflict" {
		n, _ := strconv.Atoi(m.told.Values.String("conflict"))
		c := &x.conflicts[n-1]
		c.by, c.cleared = e.ActorID, m.told.Values.String("verdict") == "cleared"
		if slices.Contains(m.as(e.ActorID), c.Person) {
			m.wrong[settled]++
		}
	}
	for i, c := range x.conflicts {
		if i >= len(stored.V) || stored.V[i].Cleared != c.cleared {
			m.wrong[settled]++
		}
	}
}

// scores are what was answered by criterion, with the reason or the common text.
type scores map[int]struct {
	Value  int    `json:"value"`
	Reason string `json:"reason"`
	Text   string `json:"text"`
}

// judge takes in what happened to an assessment.
func (m *model) judge(t *testing.T, e event.Event) *caseModel {
	i := slices.IndexFunc(m.judgements, func(a *judgement) bool { return a.id == e.RecordID })
	if i < 0 {
		row, err := db.One[struct {
			Case string `db:"submission"`
			Who  string `db:"assessor"`
			Sort string `db:"sort"`
		}](t.Context(), m.d, "SELECT submission, assessor, sort FROM assessment WHERE id = $1", e.RecordID)
		dt.Must(t, err)
		x := m.caseOf(row.Case)
		if x == nil {
			return nil
		}
		i, m.judgements = len(m.judgements), append(m.judgements, &judgement{id: e.RecordID, who: row.Who, sort: row.Sort, of: x})
	}
	a := m.judgements[i]
	m.mayHave(a.of, e)
	if e.Command == "disqualify" && a.at > 0 {
		a.gone = e.Seq
	}
	if a.state = e.To; a.state == assessment.Delivered && a.at == 0 {
		kept, err := db.One[db.JSON[scores]](t.Context(), m.d, "SELECT scores FROM assessment WHERE id = $1", a.id)
		dt.Must(t, err)
		by := kept.V[criterion[a.sort]]
		a.at, a.counts, a.whole = e.Seq, !a.of.answered(), by.Value >= assessment.Least && by.Reason != ""
	}
	return a.of
}

// criterion is the one that each sort of assessor answers in the tests' calls.
var criterion = map[string]int{call.ByOwner: 1, call.BySection: 2, assessment.External: 2}

// join takes in what happened to what is come to together.
func (m *model) join(t *testing.T, e event.Event) *caseModel {
	i := slices.IndexFunc(m.together, func(j *joint) bool { return j.id == e.RecordID })
	if i < 0 {
		x := m.caseOf(strings.Join(e.Told()["case"], ""))
		if slices.ContainsFunc(m.judgementsOf(x), (*judgement).open) {
			m.wrong[agreedOnAll]++
		}
		i, m.together = len(m.together), append(m.together, &joint{id: e.RecordID, of: x, writers: map[int]string{}})
	}
	j := m.together[i]
	m.mayHave(j.of, e)
	switch j.state = e.To; e.Command {
	case "set_score":
		n, _ := strconv.Atoi(m.told.Values.String("criterion"))
		j.writers[n] = e.ActorID
	case "propose":
		j.proposer = e.ActorID
	case "agree":
		kept, err := db.One[db.JSON[scores]](t.Context(), m.d, "SELECT scores FROM consensus WHERE id = $1", j.id)
		dt.Must(t, err)
		j.agrees, j.at, j.whole = e.ActorID, e.Seq, true
		for _, n := range criterion {
			j.whole = j.whole && kept.V[n].Value >= assessment.Least && kept.V[n].Text != "" && j.writers[n] != ""
		}
	}
	return j.of
}
