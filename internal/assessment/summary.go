package assessment

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

// Summary is what is thought of one case, as far as the reader may know of it.
type Summary struct {
	Criteria []Criterion   // of the call, in its order
	Given    []*Assessment // delivered, the first asked first; also those that came too late to count
	Mean     float64       // of the criteria's means, by their weights; 0 while there is none
	Spread   int           // the largest of the criteria's
	Agreed   float64       // mean of the common scores by weights; 0 until they are agreed on
	Late     int           // delivered after the case was answered, and not counted
	Waiting  int           // asked and not delivered
	Hidden   bool          // the reader has one to deliver first, so nothing is told
}

// Criterion is what is thought of a case by one criterion.
type Criterion struct {
	call.Criterion
	Scores []int   // that count, in the order of Given
	Mean   float64 // 0 without scores
	Spread int     // from the lowest to the highest
	Agreed int     // common score; 0 until it is agreed on
	Text   string  // of the common score
}

// Disagree says whether the assessors are so far from each other that it is to be
// told.
func (c Criterion) Disagree() bool { return c.Spread >= Apart }

// Compared says whether two have answered by the same criterion.
func (s Summary) Compared() bool {
	return slices.ContainsFunc(s.Criteria, func(k Criterion) bool { return len(k.Scores) > 1 })
}

// Disagree says so of the case.
func (s Summary) Disagree() bool { return s.Spread >= Apart }

// Score is the one that the case is ranked by: the agreed one if there is one.
func (s Summary) Score() float64 {
	if s.Agreed > 0 {
		return s.Agreed
	}
	return s.Mean
}

// Summary gives what is thought of the cases with the ids, by id, for those that the
// context's actor may read and deal with. To somebody who has an assessment of a case
// to deliver, nothing is told of the others'.
func (s *Service) Summary(ctx context.Context, ids ...string) (map[string]Summary, error) {
	cases, err := s.casesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	return s.SummaryOf(ctx, cases)
}

// SummaryOf is Summary of cases that were read as the context's actor.
func (s *Service) SummaryOf(ctx context.Context, cases []*application.Submission) (map[string]Summary, error) {
	actor := access.From(ctx)
	ids := make([]string, len(cases))
	for i, x := range cases {
		ids[i] = x.ID
	}
	list, err := s.of(ctx, ids...)
	if err != nil {
		return nil, err
	}
	byCase := map[string][]*Assessment{}
	for _, a := range list {
		byCase[a.Case] = append(byCase[a.Case], a)
	}
	together, err := s.consensuses(ctx, ids)
	if err != nil {
		return nil, err
	}
	calls := map[string]*call.Call{}
	out := map[string]Summary{}
	for _, x := range cases {
		if !actor.System && !insider(actor, x) {
			continue
		}
		if calls[x.Call] == nil {
			if calls[x.Call], err = s.callOf(ctx, x.Call); err != nil {
				return nil, err
			}
		}
		if owes(actor, byCase[x.ID]) {
			out[x.ID] = Summary{Criteria: criteriaOf(calls[x.Call]), Hidden: true}
			continue
		}
		out[x.ID] = sumUp(calls[x.Call], byCase[x.ID], together[x.ID])
	}
	return out, nil
}

// owes says whether somebody has one of a case's assessments to deliver.
func owes(a access.Actor, list []*Assessment) bool {
	return slices.ContainsFunc(list, func(x *Assessment) bool { return x.Open() && !x.Over && slices.Contains(a.As, x.Assessor) })
}

// insider says whether somebody who may read the case does so to deal with it, and
// not because they wrote it.
func insider(a access.Actor, x *application.Submission) bool {
	is := func(id string) bool {
		return id == x.Applicant || slices.Contains(x.CoAuthors.V, id) || x.Conflicts.V.Has(id)
	}
	return a.Staff && !slices.ContainsFunc(a.As, is)
}

func criteriaOf(c *call.Call) []Criterion {
	out := make([]Criterion, len(c.Criteria.V))
	for i, x := range c.Criteria.V {
		out[i].Criterion = x
	}
	return out
}

func sumUp(c *call.Call, list []*Assessment, r *Consensus) Summary {
	s := Summary{Criteria: criteriaOf(c)}
	for _, a := range list {
		if a.State == Delivered {
			s.Given = append(s.Given, a)
		}
		if a.Open() {
			s.Waiting++
		}
		if a.State == Delivered && a.After {
			s.Late++
		}
	}
	weighed, weights, agreed, all := 0.0, 0, 0.0, 0
	for i := range s.Criteria {
		k := &s.Criteria[i]
		for _, a := range s.Given {
			if v := a.Scores.V[k.ID].Value; a.Counts() && v != 0 && slices.Contains(a.Criteria.V, k.ID) {
				k.Scores = append(k.Scores, v)
				k.Mean += float64(v)
			}
		}
		if n := len(k.Scores); n > 0 {
			k.Mean /= float64(n)
			k.Spread = slices.Max(k.Scores) - slices.Min(k.Scores)
			s.Spread = max(s.Spread, k.Spread)
			weighed += k.Mean * float64(k.Weight)
			weights += k.Weight
		}
		if r != nil && r.State == Agreed {
			k.Agreed, k.Text = r.Scores.V[k.ID].Value, r.Scores.V[k.ID].Text
			agreed += float64(k.Agreed * k.Weight)
			all += k.Weight
		}
	}
	if weights > 0 {
		s.Mean = weighed / float64(weights)
	}
	if all > 0 {
		s.Agreed = agreed / float64(all)
	}
	return s
}

// Missing gives what must be there before the case can be answered, whoever asks: an
// assessment by the subject owner and one by the R&D section, all that somebody was
// asked for, each of the plan's principles, an end to what was begun together that still
// holds, and a verdict on each conflict that was found (krav A5, C4, C7). Somebody who
// has one to deliver is told of that, and nothing of the others'. Whose is waited for,
// and whose conflict is not settled, is told to those who may know.
func (s *Service) Missing(ctx context.Context, submissionID string) ([]record.Reason, error) {
	reader, asked := access.From(ctx), ctx
	ctx = system(ctx)
	var v record.Verdict
	x, err := s.cases.Find(ctx, submissionID)
	if err != nil {
		return nil, err
	}
	c, err := s.callOf(ctx, x.Call)
	if err != nil {
		return nil, err
	}
	list, err := s.of(ctx, submissionID)
	if err != nil {
		return nil, err
	}
	r, err := s.consensusOf(ctx, submissionID)
	if err != nil {
		return nil, err
	}
	if owes(reader, list) {
		v.Block("assessment.missing.own")
		return v.Blocking, nil
	}
	// Who may read that there is an assessment is told whose is waited for.
	var waiting []*Assessment
	for _, a := range list {
		if a.Open() && s.Kind.May(asked, a) {
			waiting = append(waiting, a)
		}
	}
	for _, sort := range []string{ByOwner, BySection} {
		of := func(a *Assessment) bool { return a.Sort == sort }
		switch {
		case slices.ContainsFunc(list, func(a *Assessment) bool { return of(a) && a.Counts() }), slices.ContainsFunc(waiting, of):
		case reader.Has(org.FoU) && !slices.ContainsFunc(list, func(a *Assessment) bool { return of(a) && a.Open() }):
			v.Block("assessment.missing." + sort + "_unasked")
		default:
			v.Block("assessment.missing." + sort)
		}
	}
	sum := sumUp(c, list, r)
	if len(waiting) > 0 {
		who, err := s.named(asked, waiting)
		if err != nil {
			return nil, err
		}
		v.Block("assessment.missing.waiting_for", "who", who)
	}
	if n := sum.Waiting - len(waiting); n > 0 {
		v.Block("assessment.missing.waiting", "n", n)
	}
	for _, p := range call.Principles {
		if !slices.ContainsFunc(sum.Criteria, func(k Criterion) bool { return len(k.Scores) > 0 && slices.Contains(k.Principles, p) }) {
			v.Block("assessment.missing.principle_" + p)
		}
	}
	if open := x.Conflicts.V.Open(); len(open) > 0 && reader.Has(org.FoU) { // who settles them
		var ids []string
		for _, k := range open {
			ids = append(ids, k.Person)
		}
		slices.Sort(ids)
		names, err := s.people.Names(asked, ids...)
		if err != nil {
			return nil, err
		}
		var who []string
		for _, id := range slices.Compact(ids) {
			who = append(who, names[id])
		}
		v.Block("assessment.missing.conflicts_of", "who", strings.Join(who, ", "))
	} else if len(open) > 0 {
		v.Block("assessment.missing.conflicts", "n", len(open))
	}
	if r != nil {
		err = s.outdated(ctx, x, r, list, &v)
	}
	return v.Blocking, err
}

// outdated blocks what was begun together and is not agreed on, or no longer holds: an
// assessment has come in since, or somebody who had a hand in it, or whose assessment it
// was agreed on by, may not deal with the case (forvaltningsloven § 6). Its scores rank the case, and its text goes to the
// applicant.
func (s *Service) outdated(ctx context.Context, x *application.Submission, r *Consensus, list []*Assessment, v *record.Verdict) error {
	if r.State != Agreed {
		v.Block("assessment.missing.consensus")
		return nil
	}
	if slices.ContainsFunc(list, func(a *Assessment) bool { return a.Counts() && a.DeliveredAt.After(r.StateSince) }) {
		v.Block("assessment.missing.consensus_before")
	}
	hands, err := s.hands(ctx, r)
	if slices.ContainsFunc(hands, x.Conflicts.V.Has) {
		v.Block("assessment.missing.consensus_unfit")
	}
	rests := func(a *Assessment) bool {
		return a.State == Disqualified && !a.DeliveredAt.IsZero() && !a.DeliveredAt.After(r.StateSince) && !a.StateSince.Before(r.StateSince)
	}
	if slices.ContainsFunc(list, func(a *Assessment) bool { return rests(a) && x.Conflicts.V.Has(a.Assessor) }) {
		v.Block("assessment.missing.consensus_rests")
	}
	return err
}

// named tells whose assessments are waited for: who, what they are to judge, by when.
func (s *Service) named(ctx context.Context, list []*Assessment) (string, error) {
	var ids []string
	for _, a := range list {
		ids = append(ids, a.Assessor)
	}
	names, err := s.people.Names(ctx, ids...)
	if err != nil {
		return "", err
	}
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = lang.T(ctx, "assessment.missing.whose", "who", names[a.Assessor], "sort", lang.T(ctx, "assessment.sort."+a.Sort), "date", lang.Day(ctx, a.Due))
	}
	return strings.Join(out, "; "), nil
}

// Shareable gives what the assessments say to the applicant, by criterion, in the
// language form of the content: the common text where one is agreed on, or else what
// each assessor wrote to be shared; with the scores where the call releases them.
func (s *Service) Shareable(ctx context.Context, submissionID string) ([]application.Shared, error) {
	sums, err := s.Summary(ctx, submissionID)
	if err != nil {
		return nil, err
	}
	x, err := s.cases.Find(ctx, submissionID)
	if err != nil {
		return nil, err
	}
	of, err := s.callOf(ctx, x.Call)
	if err != nil {
		return nil, err
	}
	var out []application.Shared
	for _, k := range sums[submissionID].Criteria {
		var texts []string
		if k.Text != "" {
			texts = []string{k.Text}
		} else {
			for _, a := range sums[submissionID].Given {
				if t := a.Scores.V[k.ID].Share; t != "" && a.Counts() {
					texts = append(texts, t)
				}
			}
		}
		var score float64
		if of.Feedback == call.ScoresReleased {
			score = cmp.Or(float64(k.Agreed), k.Mean)
		}
		if len(texts) > 0 || score > 0 {
			name, _, _ := k.In(lang.Tag(x.Lang))
			out = append(out, application.Shared{Criterion: name, Text: strings.Join(texts, "\n\n"), Score: score})
		}
	}
	return out, nil
}
