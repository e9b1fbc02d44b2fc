package assessment

import (
	"context"
	"slices"
	"strconv"

	"funn/internal/application"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

// The states of a consensus.
const (
	Draft  = "UTKAST"
	Put    = "FORESLÅTT"
	Agreed = "ENIGE"
)

// Agreement is the common score of a criterion. Its text goes to the applicant.
type Agreement struct {
	Value int    `json:"value"`
	Text  string `json:"text"`
	By    string `json:"by,omitempty"` // who wrote it last
}

// Consensus is what the R&D section and the subject owner come to of a case when all
// assessments are in. The assessments stay as they are.
type Consensus struct {
	record.Head
	Case     string                     `db:"submission"`
	CaseKind string                     `db:"submission_kind"`
	Call     string                     `db:"call"`
	Scores   db.JSON[map[int]Agreement] `db:"scores"` // by criterion

	Owner   string            `db:"owner" json:"-"` // as in an Assessment
	KeptOut db.JSON[[]string] `db:"kept_out" json:"-"`
}

func (s *Service) consensusKind() *record.Kind[*Consensus] {
	return &record.Kind[*Consensus]{
		Name: "consensus", Prefix: "SV", Path: "/samlet-vurdering", Table: "consensus", Initial: []string{Draft},
		States: []lifecycle.State{
			{Name: Draft, Label: "draft", Tone: lifecycle.Info},
			{Name: Put, Label: "draft", Tone: lifecycle.Warning},
			{Name: Agreed, Label: "agreed", Tone: lifecycle.Success, Final: true},
		},
		New:      func() *Consensus { return &Consensus{} },
		Read:     append(section[:1:1], access.Rule{Relations: []string{relOwner}, NotStates: []string{Draft}, Except: keptOut}),
		Commands: s.consensusCommands(),
		Relations: func(c *Consensus) map[string][]string {
			return map[string][]string{relOwner: {c.Owner}, keptOut: c.KeptOut.V}
		},
	}
}

// beginConsensus starts on a case whose assessments are all in.
func (s *Service) beginConsensus(ctx context.Context, c *record.Change[*Consensus]) error {
	x, err := s.caseByNumber(ctx, c.In.String("case"))
	if err != nil {
		return err
	}
	if err := s.cases.Lock(ctx, x.ID); err != nil {
		return err
	}
	list, err := s.of(ctx, x.ID)
	if err != nil {
		return err
	}
	delivered := false
	for _, a := range list {
		if a.Open() {
			return fault.New(fault.Conflict, "consensus.not_all_in")
		}
		delivered = delivered || a.Counts()
	}
	if !delivered {
		return fault.New(fault.Conflict, "consensus.not_all_in")
	}
	if other, err := s.consensusOf(ctx, x.ID); err != nil || other != nil {
		if err == nil {
			err = fault.New(fault.Conflict, "consensus.begun")
		}
		return err
	}
	r := c.Rec
	r.Case, r.CaseKind, r.Call, r.Owner = x.ID, x.Kind, x.Call, x.Owner
	r.Number, r.Title, r.Lang, r.Unit = s.number(s.Consensuses.Prefix), x.Title, x.Lang, x.Unit
	r.KeptOut.V = x.Conflicts.V.Disqualified()
	return nil
}

// consensusCriteria gives the criteria of the case's call to choose among.
func (s *Service) consensusCriteria(ctx context.Context, rec any) ([]form.Option, error) {
	r, ok := rec.(*Consensus)
	if !ok || r == nil {
		return nil, nil
	}
	c, err := s.callOf(ctx, r.Call)
	if err != nil {
		return nil, err
	}
	var out []form.Option
	for _, x := range c.Criteria.V {
		name, _, _ := x.In(lang.From(ctx).Tag())
		out = append(out, form.Option{Value: strconv.Itoa(x.ID), Label: name})
	}
	return out, nil
}

func setConsensus(_ context.Context, c *record.Change[*Consensus]) error {
	scores := map[int]Agreement{}
	for id, a := range c.Rec.Scores.V {
		scores[id] = a
	}
	scores[c.In.Int("criterion")] = Agreement{Value: c.In.Int("score"), Text: c.In.String("text"), By: c.Actor.ID}
	c.Rec.Scores.V = scores
	return nil
}

// wholeConsensus blocks one in which a criterion has no common score.
func (s *Service) wholeConsensus(ctx context.Context, r *Consensus, _ form.Values) (v record.Verdict, err error) {
	options, err := s.consensusCriteria(ctx, r)
	for _, o := range options {
		if id, _ := strconv.Atoi(o.Value); r.Scores.V[id].Value == 0 {
			v.Block("consensus.missing", "criterion", o.Label)
		}
	}
	return v, err
}

// returnable keeps what was agreed on once the case is answered.
func (s *Service) returnable(ctx context.Context, r *Consensus, _ form.Values) (v record.Verdict, err error) {
	x, err := s.cases.Find(system(ctx), r.Case)
	if err == nil && Over(x) {
		v.Block("assessment.over")
	}
	return v, err
}

// Over says whether the case is answered, withdrawn or dismissed, so that nothing more is
// thought of it. On the waiting list it is not: it is proposed anew from there, and what
// that rests on may no longer hold.
func Over(x *application.Submission) bool {
	return !slices.Contains([]string{application.Assessing, application.Returned, application.Reserve}, x.State)
}
