package assessment_test

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"funn/internal/application"
	"funn/internal/assessment"
	"funn/internal/call"
	"funn/internal/org/orgtest"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
)

// walked is a case and its assessments as requirements 3.3 and C7 have them, written
// a second time and as plainly as can be.
type walked struct {
	over         bool
	disqualified []string
	list         []*one
}

type one struct {
	id, state, who, sort string
	scored, after        bool
}

func (m *walked) open(who string) bool {
	return slices.ContainsFunc(m.list, func(a *one) bool {
		return a.who == who && !m.over && slices.Contains([]string{assessment.Asked, assessment.Accepted, assessment.Begun}, a.state)
	})
}

func (m *walked) out(who string) bool { return slices.Contains(m.disqualified, who) }

// reads says whether the person may read the assessment.
func (m *walked) reads(who string, a *one) bool {
	delivered := slices.ContainsFunc(m.list, func(b *one) bool { return b != a && b.who == who && b.state == assessment.Delivered })
	switch {
	case m.out(who):
		return false
	case a.who == who:
		return true
	case slices.ContainsFunc(m.list, func(b *one) bool {
		return b != a && b.who == who && !m.over && slices.Contains([]string{assessment.Asked, assessment.Accepted, assessment.Begun}, b.state)
	}):
		return false
	case who == "fou" || who == "fou2":
		return true
	}
	return a.state == assessment.Delivered && (who == "fageier" || delivered)
}

// disqualify ends what the person has of the case.
func (m *walked) disqualify(who string) {
	m.disqualified = append(m.disqualified, who)
	for _, a := range m.list {
		if a.who == who && slices.Contains([]string{assessment.Asked, assessment.Accepted, assessment.Begun, assessment.Delivered}, a.state) {
			a.state = assessment.Disqualified
		}
	}
}

// ready are the states in which a command can be given to an assessment.
var ready = map[string][]string{
	"accept": {assessment.Asked}, "unfit": {assessment.Asked}, "decline": {assessment.Asked, assessment.Accepted},
	"save": {assessment.Accepted, assessment.Begun}, "deliver": {assessment.Begun}, "drop": {assessment.Asked, assessment.Accepted, assessment.Begun},
}

func (m *walked) ready(act string) (out []*one) {
	for _, a := range m.list {
		if slices.Contains(ready[act], a.state) {
			out = append(out, a)
		}
	}
	return out
}

// Whatever is done by whomever in whatever order, an assessment stands where the
// model has it, is read by those the model lets, and counts as the model counts.
func TestWalk(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		people := []string{"fou", "fou2", "fageier", "fagvurderer", "fagvurderer2", "forsker", "utvalg"}
		may := map[string][]string{call.ByOwner: {"fageier", "fageier2"}, call.BySection: {"fou", "fou2"}, assessment.External: {"fagvurderer", "fagvurderer2"}}
		allowed, refused := map[string]int{}, map[string]int{}
		rapid.Check(t, func(rt *rapid.T) {
			x := h.put(t)
			m := &walked{}
			contexts := map[string]context.Context{}
			for _, p := range people {
				contexts[p] = h.As(t, p)
			}
			for range rapid.IntRange(5, 30).Draw(rt, "steps") {
				who := rapid.SampledFrom(people).Draw(rt, "who")
				act := rapid.SampledFrom([]string{"request", "request", "request", "accept", "accept", "unfit", "decline", "save", "save", "deliver", "deliver", "drop", "find", "close"}).Draw(rt, "act")
				// Mostly what could be done, so that walks get somewhere.
				likely := func(label string) bool { return rapid.IntRange(0, 3).Draw(rt, label) > 0 }
				if act == "request" && likely("by the section") {
					who = "fou"
				}
				if ready[act] != nil && len(m.ready(act)) == 0 && likely("something else") {
					for _, other := range []string{"accept", "save", "deliver"} {
						if len(m.ready(other)) > 0 {
							act = other
						}
					}
				}
				ctx := contexts[who]
				section := (who == "fou" || who == "fou2") && !m.out(who)
				var err error
				want := false
				switch act {
				case "request":
					sort := rapid.SampledFrom(assessment.Sorts).Draw(rt, "sort")
					asked := rapid.SampledFrom(append([]string{"fou"}, may[sort]...)).Draw(rt, "asked")
					want = section && !m.over && slices.Contains(may[sort], asked) && !m.out(asked)
					for _, a := range m.list {
						live := slices.Contains([]string{assessment.Asked, assessment.Accepted, assessment.Begun, assessment.Delivered}, a.state)
						want = want && !(live && (a.who == asked || sort != assessment.External && a.sort == sort))
					}
					var a *assessment.Assessment
					a, err = h.Kind.Create(ctx, "request", in("case", x.Number, "sort", sort, "assessor", asked, "due", h.due()), nil)
					if err == nil {
						m.list = append(m.list, &one{id: a.ID, state: assessment.Asked, who: asked, sort: sort})
					}
				case "find":
					if rapid.IntRange(0, 3).Draw(rt, "really found") > 0 {
						continue
					}
					out := rapid.SampledFrom(people[:5]).Draw(rt, "found")
					if m.out(out) {
						continue
					}
					want = true
					if err = h.cases.Declare(orgtest.System(), x, out, "x"); err == nil {
						m.disqualify(out)
					}
				case "close":
					// Seldom, so that most walks go on; mostly by the one who may.
					if rapid.IntRange(0, 2).Draw(rt, "really") > 0 {
						continue
					}
					if likely("by the applicant") {
						who = "forsker"
					}
					want = who == "forsker" && !m.over
					if _, err = h.cases.Sketches.Do(contexts[who], x.ID, "withdraw", in()); err == nil {
						m.over = true
					}
				default:
					if len(m.list) == 0 {
						continue
					}
					among := m.ready(act)
					if len(among) == 0 || !likely("ready for it") {
						among = m.list
					}
					a := rapid.SampledFrom(among).Draw(rt, "which")
					if likely("by its own") {
						if who = a.who; contexts[who] == nil {
							contexts[who] = h.As(t, who)
						}
						ctx = contexts[who]
					}
					own := a.who == who && m.reads(who, a)
					in1 := in()
					to := a.state
					switch act {
					case "accept":
						want, to, in1 = own && a.state == assessment.Asked && !m.over, assessment.Accepted, in("conflict", "none")
					case "unfit":
						want, to, in1 = own && a.state == assessment.Asked, assessment.Disqualified, in("conflict", "some", "ground", "x")
					case "decline":
						want, to = own && slices.Contains([]string{assessment.Asked, assessment.Accepted}, a.state), assessment.Declined
					case "save":
						part := "2"
						if a.sort == call.ByOwner {
							part = "1"
						}
						want, to, in1 = own && slices.Contains([]string{assessment.Accepted, assessment.Begun}, a.state), assessment.Begun, in("part", part, "score", "5", "reason_for", "x")
					case "deliver":
						want, to = own && a.scored && slices.Contains([]string{assessment.Accepted, assessment.Begun}, a.state), assessment.Delivered
					case "drop":
						want, to = (own || section && m.reads(who, a)) && slices.Contains([]string{assessment.Asked, assessment.Accepted, assessment.Begun}, a.state), assessment.Dropped
					}
					command := act
					if act == "unfit" {
						command = "accept"
					}
					if _, err = h.Kind.Do(ctx, a.id, command, in1); err == nil {
						a.state = to
						switch act {
						case "save":
							a.scored = true
						case "deliver":
							a.after = m.over
						case "unfit":
							m.disqualify(who)
						}
					}
				}
				if want != (err == nil) {
					rt.Fatalf("%s by %s: allowed %v, want %v: %v\n%+v", act, who, err == nil, want, err, describe(m))
				}
				if err != nil {
					if _, ok := fault.As(err); !ok {
						rt.Fatalf("%s by %s: %v", act, who, err)
					}
					refused[act]++
				} else {
					allowed[act]++
				}
				h.holds(rt, contexts, m, x)
			}
		})
		for _, act := range []string{"request", "accept", "unfit", "decline", "save", "deliver", "drop", "close"} {
			if allowed[act] == 0 || refused[act] == 0 {
				t.Errorf("%s was allowed %d times and refused %d: it was not tried; %v, %v", act, allowed[act], refused[act], allowed, refused)
			}
		}
	})
}

func describe(m *walked) (out []one) {
	for _, a := range m.list {
		out = append(out, *a)
	}
	return out
}

// holds holds the assessments of the case against the model, for every person.
func (h house) holds(rt *rapid.T, contexts map[string]context.Context, m *walked, x *application.Submission) {
	for who, ctx := range contexts {
		list, err := h.Kind.List(ctx, *new(db.Where).And("b.submission = ?", x.ID), "r.id", 0, 0)
		if err != nil {
			rt.Fatal(err)
		}
		for _, a := range m.list {
			i := slices.IndexFunc(list, func(b *assessment.Assessment) bool { return b.ID == a.id })
			if (i >= 0) != m.reads(who, a) {
				rt.Fatalf("%s reads %s's: %v; %+v, out %v", who, a.who, i >= 0, describe(m), m.disqualified)
			}
			if i >= 0 && list[i].State != a.state {
				rt.Fatalf("%s's is %s, want %s", a.who, list[i].State, a.state)
			}
		}
		sums, err := h.Summary(ctx, x.ID)
		if err != nil {
			rt.Fatal(err)
		}
		sum, told := sums[x.ID]
		if told && (m.out(who) || who == "forsker" || who == "fagvurderer" || who == "fagvurderer2" || who == "utvalg") {
			rt.Fatalf("%s is told %+v", who, sum)
		}
		counted := 0
		for _, a := range m.list {
			if a.state == assessment.Delivered && !a.after {
				counted++
			}
		}
		if told && !m.open(who) {
			n := 0
			for _, a := range sum.Given {
				if a.Counts() {
					n++
				}
			}
			if n != counted || (sum.Mean > 0) != (counted > 0) {
				rt.Fatalf("%s is told of %d, want %d", who, n, counted)
			}
		}
		if told && m.open(who) && (len(sum.Given) > 0 || sum.Mean != 0 || sum.Waiting != 0) {
			rt.Fatalf("%s is told %+v with one to deliver", who, sum)
		}
	}
}
