package test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"funn/internal/application"
	"funn/internal/assessment"
	"funn/internal/call"
	"funn/internal/decision"
	"funn/internal/need"
	"funn/internal/platform/db"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
	"funn/internal/platform/web"
	"funn/internal/project"
	"funn/internal/publication"
	"funn/internal/uptake"
)

// The access tests are made from the routes and the lifecycles: every page of
// every record in every state, one's own and another's, for every person. What
// somebody may see is told by the model below, which is written from the
// requirements and knows nothing of the rules in the code.

// model says who may see a record of a kind.
type model func(state, person string, own bool) bool

func staff(person string) bool {
	return person != "" && !slices.Contains([]string{"forsker", "leverandor", "fagvurderer", "fagvurderer2"}, person)
}

// theirs says whether the person owns or leads what was planted: fageier and
// forsker have the one of each two records, fageier2 and leverandor the other.
func theirs(person string, own bool) bool {
	if own {
		return person == "fageier" || person == "forsker"
	}
	return person == "fageier2" || person == "leverandor"
}

var models = map[string]model{
	// A draft is its submitter's alone; from then on the board is everybody's in
	// the agency, and never anybody's outside it (B1, B6).
	"need": func(state, person string, own bool) bool {
		if state == need.Draft {
			return staff(person) && theirs(person, own)
		}
		return staff(person)
	},
	// Staff see every project; those outside only the ones they lead (architecture).
	"project": func(_, person string, own bool) bool { return staff(person) || theirs(person, own) },
	// A report is staff's and its author's; everybody else reads it in the portal,
	// once it is published.
	"publication": func(_, person string, own bool) bool { return staff(person) || theirs(person, own) },
	"uptake":      func(_, person string, _ bool) bool { return staff(person) },
	// A call is everybody's once it is planned or open. What is being written is the
	// agency's, and so is a draft that was cancelled before anybody was told of it (3.2).
	"call": func(state, person string, _ bool) bool {
		return staff(person) || state != call.Draft && state != call.Approved && state != call.Cancelled
	},
	"sketch": submitted, "application": submitted, "assessment": assessed,
	// What is come to together is the section's until it is put to the subject owner, and
	// nobody's who has an assessment of the case to deliver or may not deal with it.
	// [plantConsensus] says who is who.
	"consensus": func(state, person string, own bool) bool {
		return person == "fou" && own || person == "fou2" && !own || person == "fageier" && own && state != assessment.Draft
	},
	// A meeting is the section's and the committee's.
	"meeting": func(_, person string, _ bool) bool {
		return slices.Contains([]string{"fou", "fou2", "utvalg", "utvalg2"}, person)
	},
}

// assessed is who sees an assessment (3.3; C7; 5 nr. 5): whoever writes it, until it is
// found that they may not; the section; and the subject owner and those who have
// delivered theirs of the case once it is delivered. Nobody sees another's before
// their own is delivered. [plantAssessment] says who is who.
func assessed(state, person string, own bool) bool {
	delivered := state == "LEVERT"
	switch person {
	case "fagvurderer":
		return own && state != "INHABIL" || !own && delivered
	case "fagvurderer2":
		return !own && state != "INHABIL"
	case "fou":
		return own
	case "fou2":
		return !own
	case "fageier":
		return own && delivered
	}
	return false
}

// submitted is who sees a sketch or an application (3.3; C6, C7; reliability S1): those
// who write it, always. Until it is opened, nobody else. Then the R&D section and the
// call's subject owner, and the committee once something is proposed to it – but nobody
// who may not deal with the case, whoever they are. Assessors read it with their
// assessment. [plantSubmission] says who is who.
func submitted(state, person string, own bool) bool {
	switch person {
	case "leverandor":
		return true // answers for the one, is a co-author of the other
	case "forsker":
		return own
	}
	opened := !slices.Contains([]string{"KLADD", "SENDT", "UTLØPT"}, state) && (state != "TRUKKET" || !own)
	if !opened {
		return false
	}
	switch person {
	case "fou", "fageier":
		return own // the one may not deal with the other, which is not in the other's call
	case "fou2":
		return !own
	case "utvalg":
		return !slices.Contains([]string{"TIL_VURDERING", "RETURNERT", "TRUKKET"}, state)
	case "utvalg2":
		return !own && !slices.Contains([]string{"TIL_VURDERING", "RETURNERT", "TRUKKET"}, state)
	}
	return false // among them fageier2, who owns the call of the other and may not deal with it
}

// canaries are the records that the test plants: of each kind in each state, one
// that the demo persons fageier and forsker own and one that others do.
type canary struct {
	kind, state, number, word string
	own                       bool
}

// canaries is how their words begin.
const canaries = "kanari"

// word makes a word that is found nowhere else, also not by a stem or a part.
func word(n int) string {
	return fmt.Sprintf(canaries+"%sqzx", strings.Repeat(string(rune('a'+n%26)), 1)+fmt.Sprint(n))
}

// planted are the kinds that have canaries.
var planted = []string{"need", "project", "publication", "uptake", "call", "sketch", "application", "assessment", "consensus", "meeting"}

// answersCall says whether records of the kind belong to the answers to a call.
func answersCall(kind string) bool {
	return slices.Contains([]string{"sketch", "application", "assessment", "consensus", "meeting"}, kind)
}

// unsearched are the kinds that no search finds.
var unsearched = []string{"assessment", "consensus", "meeting"}

// flock is a word that every text of the kind's canaries has, beside the word of its
// own: one search for it finds all of them that are to be found.
func flock(kind string) string { return "flokk" + kind + "qzx" }

// plant writes a record of each kind in each of its states, twice, with a word of
// its own in every text that it has.
func plant(t testing.TB, s *site) []canary {
	t.Helper()
	var out []canary
	ctx := system(t.Context())
	for _, kind := range planted {
		k, ok := s.Engine.Kind(kind)
		if !ok {
			t.Fatalf("no kind %s", kind)
		}
		for _, state := range k.Lifecycle().States {
			for _, own := range []bool{true, false} {
				w := word(len(out))
				h, err := plantOne(ctx, s, k, state, own, w)
				if err != nil {
					t.Fatalf("plant a %s in %s: %v", kind, state.Name, err)
				}
				out = append(out, canary{kind, state.Name, h.Number, w, own})
			}
		}
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out
}

func plantOne(ctx context.Context, s *site, k record.AnyKind, state lifecycle.State, own bool, w string) (*record.Head, error) {
	owner, leader, worker := "fageier2", "leverandor", "fou2"
	if own {
		owner, leader, worker = "fageier", "forsker", "fou"
	}
	var rec record.Record
	var do func() error
	switch k := k.(type) {
	case *need.Kind:
		n := &need.Need{Submitter: owner, Owner: owner, CaseWorker: worker, PausedState: need.Reported}
		rec, do = n, func() error { return k.Import(ctx, n, "") }
	case *project.Kind:
		p := &project.Project{Leader: leader, Owner: owner, CaseWorker: worker}
		rec, do = p, func() error { return k.Import(ctx, p, "") }
	case *publication.Kind:
		p := &publication.Publication{Leader: leader, Owner: owner, CaseWorker: worker, Slug: w, Year: 2022}
		if state.Name == publication.NewVersion {
			p.Draft.V = &publication.Draft{}
		}
		rec, do = p, func() error { return k.Import(ctx, p, "") }
	case *uptake.Kind:
		// What is assessed exists, and each project is assessed once.
		projects, _ := s.Engine.Kind("project")
		p := &project.Project{Head: record.Head{Title: "Det som vurderes", State: project.Accepted, Unit: "avdir"}}
		if err := projects.(*project.Kind).Import(ctx, p, ""); err != nil {
			return nil, err
		}
		u := &uptake.Uptake{Owner: owner, CaseWorker: worker, Project: p.ID}
		rec, do = u, func() error { return k.Import(ctx, u, "") }
	case *call.Kind:
		c := &call.Call{Owner: owner, Slug: w, CancelBy: worker, FrameOre: 1, Sketches: 3, Applications: 2, Awards: 1, AwardedOre: awarded(w) * 100}
		all := w + " " + flock("call")
		text := call.Text{Title: all, Purpose: all, Eligible: all, Requirements: all, Assessed: all, Apply: all, Contact: all}
		c.Texts.V = map[string]call.Text{"nb": text, "nn": text, "en": text}
		words := map[string]string{"nb": all, "nn": all, "en": all}
		c.Criteria.V = []call.Criterion{{ID: 1, Names: words, Meanings: words, Weight: 100, Principles: call.Principles, Assessor: call.ByOwner}}
		rec, do = c, func() error { return k.Import(ctx, c, "") }
	case *application.Kind:
		x, err := plantSubmission(ctx, s, k, state.Name, own, w)
		if err != nil {
			return nil, err
		}
		return x.Base(), k.Import(ctx, x, "")
	case *assessment.Kind:
		return plantAssessment(ctx, s, k, state.Name, own, w)
	case *record.Kind[*assessment.Consensus]:
		return plantConsensus(ctx, s, k, state.Name, own, w)
	case *record.Kind[*decision.Meeting]:
		return plantMeeting(ctx, s, k, state.Name, own, w)
	default:
		return nil, fmt.Errorf("no canary of %T", k)
	}
	h := rec.Base()
	kind := k.Lifecycle().Kind
	fillTexts(reflect.ValueOf(rec).Elem(), w, flock(kind))
	h.Title, h.State, h.Unit, h.Lang = w+" "+flock(kind), state.Name, "avdir/fagavdeling", "nb"
	return h, do()
}

// plantSubmission makes a sketch or an application as it would be in the state: without
// content until it is opened, then with the word in all that it says and in all that is
// said of it. Of the own, forsker is the applicant and leverandor a co-author, and the
// second of the section and of the committee may not deal with it. Of the other,
// leverandor is the applicant, and fou and its subject owner fageier2 may not.
func plantSubmission(ctx context.Context, s *site, k *application.Kind, state string, own bool, w string) (*application.Submission, error) {
	name := k.Name
	of, err := s.judged(ctx)
	if err != nil {
		return nil, err
	}
	all := w + " " + flock(name)
	x := &application.Submission{Call: of.ID, Applicant: "leverandor"}
	x.Number, x.State, x.Unit, x.Lang = k.Prefix+"-"+strings.ToUpper(w), state, "avdir/fagavdeling", "nb"
	x.Title = x.Number
	if own {
		x.Applicant, x.CoAuthors.V = "forsker", []string{"leverandor"}
	}
	if !submitted(state, "fou", true) && !submitted(state, "fou2", own) {
		return x, nil // sealed, or never sent
	}
	x.Title, x.Sent, x.SentAt, x.OpenedAt = all, 1, demoDay, demoDay
	x.SetFlag(application.Opened, true)
	x.Content.V = &application.Content{
		Title: all, Acronym: all, Lang: "nb", Institution: application.Party{Name: all}, Partners: []application.Party{{Name: all}},
		Leader: application.Author{Name: all}, Authors: []application.Author{{Name: all}}, Starts: demoDay, Months: 12, AskedOre: 100, Answers: map[string]string{"problem": all},
	}
	conflict := func(persons ...string) {
		for _, p := range persons {
			x.Conflicts.V = append(x.Conflicts.V, application.Conflict{Person: p, Ground: "declared", Reason: w + " conflict", At: demoDay, Declared: true})
		}
	}
	if own {
		x.Owner = "fageier"
		conflict("fou2", "utvalg2")
	} else {
		x.Owner = "fageier2"
		conflict("fou", "fageier2")
	}
	x.Answer.V = &application.Answer{Outcome: application.Reject, Ore: 100, Conditions: w + " answer", Reasons: w + " answer", ProposedBy: "analyse", ProposedAt: demoDay,
		Stands: []application.Stand{{Person: "analyse", As: application.ByCommittee, Note: w + " stand"}}}
	if told(state) {
		x.Answer.V.DecidedBy, x.Answer.V.DecidedAt, x.Answer.V.ToldAt = "analyse", demoDay, demoDay
	}
	x.Dealings.V = application.Dealings{
		Letters: []application.Letter{{What: "mend", Lang: "nb", Subject: all, Text: all}}, Notes: []application.Note{{By: "analyse", Text: all}},
		Fault: &application.Fault{Code: "other", Reason: w + " fault", ProposedBy: "analyse"},
	}
	return x, nil
}

// judged gives the call that the planted cases are sent in to: the planted one that is
// assessed, or else one that everybody knows of.
func (s *site) judged(ctx context.Context) (record.Head, error) {
	numbers, err := db.All[string](ctx, s.Engine.DB, "SELECT number FROM record WHERE kind = 'call' AND (state = 'VURDERING_TRINN2' AND title LIKE $1 OR number = 'U-2022-002') ORDER BY number DESC, id", "%"+flock("call")+"%")
	if err != nil {
		return record.Head{}, err
	}
	return s.Engine.Find(ctx, numbers[len(numbers)-1])
}

// plantCase makes a case without a word in it, of a person who has no other part in
// the tests, that the persons may not deal with.
func plantCase(ctx context.Context, s *site, kind, state, owner string, out ...string) (*application.Submission, error) {
	of, err := s.judged(ctx)
	if err != nil {
		return nil, err
	}
	k, _ := s.Engine.Kind(kind)
	x := &application.Submission{Call: of.ID, Applicant: "atl", Owner: owner, Sent: 1, SentAt: demoDay, OpenedAt: demoDay}
	x.Number = k.(*application.Kind).Prefix + "-" + strings.ToUpper(rand.Text()[:7])
	x.Title, x.State, x.Lang, x.Unit = "Det som vurderes", state, "nb", "avdir/fagavdeling"
	x.SetFlag(application.Opened, true)
	x.Content.V = &application.Content{Title: x.Title, Lang: "nb", Starts: demoDay, Months: 12}
	for _, person := range out {
		x.Conflicts.V = append(x.Conflicts.V, application.Conflict{Person: person, Ground: "declared", At: demoDay, Declared: true})
	}
	return x, k.(*application.Kind).Import(ctx, x, "")
}

// plantAssessment makes an assessment with the word in all that it says. The own is
// fagvurderer's, while fagvurderer2 has one of the case to deliver; fageier owns its
// call, and fou2 may not deal with it. The other is fagvurderer2's, fagvurderer has
// delivered theirs, and fou and fageier2, who owns the call, may not deal with it.
func plantAssessment(ctx context.Context, s *site, k *assessment.Kind, state string, own bool, w string) (*record.Head, error) {
	who, other, otherState, owner, out := "fagvurderer2", "fagvurderer", assessment.Delivered, "fageier2", []string{"fou", "fageier2"}
	if own {
		who, other, otherState, owner, out = "fagvurderer", "fagvurderer2", assessment.Begun, "fageier", []string{"fou2"}
	}
	if state == assessment.Disqualified {
		out = append(out, who)
	}
	x, err := plantCase(ctx, s, "sketch", application.Assessing, owner, out...)
	if err != nil {
		return nil, err
	}
	make := func(person, state, number string) *assessment.Assessment {
		a := &assessment.Assessment{Case: x.ID, CaseKind: x.Kind, Call: x.Call, Assessor: person, Sort: assessment.External, Due: demoDay.AddDate(0, 0, 30), Owner: owner}
		a.Number, a.Title, a.State, a.Lang, a.Unit = number, x.Title, state, "nb", x.Unit
		a.Criteria.V = []int{1}
		return a
	}
	if err := k.Import(ctx, make(other, otherState, k.Prefix+"-"+strings.ToUpper(rand.Text()[:7])), ""); err != nil {
		return nil, err
	}
	a := make(who, state, k.Prefix+"-"+strings.ToUpper(w))
	a.Scores.V = map[int]assessment.Score{1: {Value: 5, Reason: w + " reason", Share: w + " reason"}}
	a.Summary, a.Notes, a.Ground = w+" reason", w+" notes", w+" notes"
	if state == assessment.Delivered {
		a.DeliveredAt = demoDay
	}
	return a.Base(), k.Import(ctx, a, "")
}

// plantConsensus makes what is come to together of a case, with the word in its text.
// Of the own, fou2 has an assessment to deliver. Of the other, fou and its subject owner
// fageier2 may not deal with it.
func plantConsensus(ctx context.Context, s *site, k *record.Kind[*assessment.Consensus], state string, own bool, w string) (*record.Head, error) {
	owner, out := "fageier2", []string{"fou", "fageier2"}
	if own {
		owner, out = "fageier", nil
	}
	x, err := plantCase(ctx, s, "sketch", application.Assessing, owner, out...)
	if err != nil {
		return nil, err
	}
	r := &assessment.Consensus{Case: x.ID, CaseKind: x.Kind, Call: x.Call, Owner: owner}
	r.Number, r.Title, r.State, r.Lang, r.Unit = k.Prefix+"-"+strings.ToUpper(w), x.Title, state, "nb", x.Unit
	r.Scores.V = map[int]assessment.Agreement{1: {Value: 5, Text: w}}
	r.KeptOut.V = out
	if err := k.Import(ctx, r, ""); err != nil || !own {
		return r.Base(), err
	}
	a := &assessment.Assessment{Case: x.ID, CaseKind: x.Kind, Call: x.Call, Assessor: "fou2", Sort: assessment.BySection, Due: demoDay.AddDate(0, 0, 30), Owner: owner}
	a.Number, a.Title, a.State, a.Lang, a.Unit = "VU-"+strings.ToUpper(rand.Text()[:7]), x.Title, assessment.Begun, "nb", x.Unit
	a.Criteria.V = []int{1}
	assessments, _ := s.Engine.Kind("assessment")
	return r.Base(), assessments.(*assessment.Kind).Import(ctx, a, "")
}

// awarded gives the kroner that a planted call has awarded: of each another sum.
func awarded(w string) int64 {
	n, _ := strconv.Atoi(strings.TrimFunc(w, func(r rune) bool { return r < '0' || r > '9' }))
	return 987_000_000 + int64(n)
}

// plantMeeting makes a meeting, with minutes once it is over, of a case that fou2 and
// utvalg2 may not deal with when it is the own, and fou and utvalg when it is not.
func plantMeeting(ctx context.Context, s *site, k *record.Kind[*decision.Meeting], state string, own bool, w string) (*record.Head, error) {
	out := []string{"fou", "utvalg"}
	if own {
		out = []string{"fou2", "utvalg2"}
	}
	x, err := plantCase(ctx, s, "application", application.Proposed, "fageier", out...)
	if err != nil {
		return nil, err
	}
	m := &decision.Meeting{Call: x.Call, On: demoDay, Place: w, Remarks: w}
	m.Title, m.State, m.Lang, m.Unit, m.Present.V = w, state, "nb", "avdir", []string{"utvalg", "utvalg2"}
	if state == decision.Minuting || state == decision.Approved {
		m.Minutes.V = &decision.Minutes{At: demoDay, Items: []decision.Item{{Case: x.ID, Number: x.Number, Outcome: application.Reject, Reasons: w + " item", ProposedBy: "analyse", Stands: []application.Stand{{Person: "utvalg", Note: w + " item"}}}}}
	}
	return m.Base(), k.Import(ctx, m, "")
}

// told says whether those who applied know what became of it in the state.
func told(state string) bool {
	return !slices.Contains([]string{"KLADD", "SENDT", "UTLØPT", "TRUKKET", "TIL_VURDERING", "RETURNERT", "INNSTILT"}, state)
}

// grouped writes an amount in thousands.
func grouped(n int64) string {
	return fmt.Sprintf("%d %03d %03d", n/1_000_000, n/1000%1000, n%1000)
}

// plain are the texts of records that hold codes and keys, not words.
var plain = regexp.MustCompile(`^(ID|Kind|Number|TitleSort|Lang|State|Unit|Alert|Source|Flags|CreatedBy|Submitter|Owner|CaseWorker|Leader|SignedBy|PausedState|MergedInto|Phase|RnDKind|Theme|Instrument|PubType|Slug|Project|Publication|Supersedes|ReviewedBy|DataPlan|DOI|ISBN|ExternalURL|Outcome|DeadlineClock|Folded|RoleNames|.*By)$`)

// fillTexts puts the words in every text field that is empty.
func fillTexts(v reflect.Value, w, flock string) {
	t := v.Type()
	for i := range t.NumField() {
		f := v.Field(i)
		if t.Field(i).Anonymous {
			continue
		}
		if f.Kind() == reflect.String && f.String() == "" && !plain.MatchString(t.Field(i).Name) {
			f.SetString(w + " " + strings.ToLower(t.Field(i).Name) + " " + flock)
		}
	}
}

// fillers are the values for the parts of addresses that name no record of the
// planted kinds. A route with another part must be given one here.
var fillers = map[string][]string{
	"{version}": {"2021-2025"}, "{slug}": {"palitelig-forvaltning"}, "{goal}": {"flere-i-arbeid"}, "{theme}": {"palitelig-forvaltning"},
	"{sha}": {strings.Repeat("0", 64)}, "{number}": {"2021-2025"}, "{id}": {"1"}, "{part}": {"prosjekt", "ide"}, "{question}": {"signature"}, "{stored}": {strings.Repeat("0", 64)}, "{n}": {"1"}, "{stage}": {"sketch", "application"}, "{key}": {"flere-i-arbeid"}, "{name}": {"1"},
}

// queries are what lists are asked, so that their filters, sortings, exports and
// searches are tried too: among them for all canaries of each kind.
func queries() []string {
	out := []string{"", "?sorter=tittel", "?visning=tidslinje", "?visning=budsjett", "?visning=liste", "?eksempel=true", "?status=alle", "?side=2"}
	for _, kind := range planted {
		out = append(out, searches(kind)...)
	}
	return out
}

// searches are the pages with what a search for the kind's canaries finds.
// TestCanariesAreFound holds that these are enough of them.
func searches(kind string) []string {
	return []string{"?q=" + flock(kind), "?side=2&q=" + flock(kind)}
}

var random = regexp.MustCompile(`name="_(key|who)" value="[^"]*"`)

// neutral takes out what differs from one answer to the next by chance.
func neutral(page string) string { return random.ReplaceAllString(page, "") }

// Nobody sees a record they may not see: not its page, not a form, not in a list,
// a count, a search or an export; and what is refused looks like what is absent.
func TestCanaries(t *testing.T) {
	s := onSQLite(t)
	s.transport = direct{s.Handler}
	words := plant(t, s)
	// Only some persons differ in what they may see; one of each sort is enough.
	who := []string{"", "fageier", "fageier2", "fou", "fou2", "utvalg", "utvalg2", "forsker", "leverandor", "fagvurderer", "fagvurderer2", "kontor", "admin", "bibliotek"}
	// alike are those who differ from nobody else in what they see of the records that
	// belong to the answers to a call, and of all others.
	alike := map[bool][]string{true: {"kontor", "bibliotek"}, false: {"fou2", "utvalg", "utvalg2", "fagvurderer2"}}
	for _, person := range who {
		s.as(t, person) // logged in before the routes are tried side by side
	}
	var cells, leaks atomic.Int64
	// So many say what is wrong; the rest need not be looked for. Where a leak was
	// planted, one is enough.
	most := int64(50)
	if os.Getenv("FUNN_FIRST_LEAK") != "" {
		most = 1
	}
	leak := func(format string, args ...any) {
		if leaks.Add(1) <= most {
			t.Errorf(format, args...)
		}
	}
	enough := func() bool { return leaks.Load() >= most }
	// hidden gives the words that the person must not meet at a route; none for a page
	// that has no canary at all.
	hidden := func(person, pattern, page string) []string {
		var out []string
		if !strings.Contains(page, canaries) {
			return nil
		}
		for _, c := range words {
			if c.kind == "call" && c.state != call.Announced && c.state != call.Closed {
				// What a call came to is nobody's before those who applied are told.
				out = append(out, fmt.Sprint(awarded(c.word)), strings.ReplaceAll(grouped(awarded(c.word)), " ", "\u00a0"))
			}
			switch {
			case models[c.kind](c.state, person, c.own) && c.kind != "call" && !answersCall(c.kind):
			case !models[c.kind](c.state, person, c.own) && !publicAt(pattern, c):
				out = append(out, c.word)
			case c.kind == "sketch" || c.kind == "application":
				// Why somebody may not deal with a case is for those who settle it; what is
				// proposed, and by whom, is nobody's who applied.
				if person != "fou" && person != "fou2" {
					out = append(out, c.word+" conflict")
				}
				if person == "forsker" || person == "leverandor" {
					out = append(out, c.word+" stand")
					if !told(c.state) {
						out = append(out, c.word+" answer", c.word+" fault")
					}
				}
			case c.kind == "assessment":
				// What somebody writes is theirs until it is delivered, and their notes always.
				if writer := person == "fagvurderer" && c.own || person == "fagvurderer2" && !c.own; !writer {
					out = append(out, c.word+" notes")
					if c.state != assessment.Delivered {
						out = append(out, c.word+" reason")
					}
				}
			case c.kind == "meeting":
				if c.own == strings.HasSuffix(person, "2") {
					out = append(out, c.word+" item")
				}
			case c.kind == "call" && !staff(person):
				// That somebody proposes to cancel an open call is for the agency until it is decided.
				out = append(out, c.word+" cancelreason", c.word+" monthsreason")
			default:
				// Of what is published, why it was withdrawn is for the agency.
				out = append(out, c.word+" withdrawal")
			}
		}
		return out
	}
	try := func(route web.Route) {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		if method != http.MethodGet || enough() {
			return
		}
		if route.Kind != "" && models[route.Kind] != nil && strings.Contains(pattern, "{number}") {
			if unknown := fill(pattern, ""); strings.Contains(unknown, "{") {
				t.Errorf("route %s: the access test has no value for a part of %s", pattern, unknown)
				return
			}
			for _, person := range who {
				if slices.Contains(alike[answersCall(route.Kind)], person) {
					continue
				}
				_, absent := s.get(t, person, fill(pattern, "X-2022-999"))
				for _, c := range words {
					if c.kind != route.Kind || enough() {
						continue
					}
					if route.Command != "" && models[c.kind](c.state, person, c.own) && !slices.Contains([]string{"fageier", "forsker", "kontor", "utvalg"}, person) {
						continue // what a form shows to those who see the record is the record's
					}
					cells.Add(1)
					status, page := s.get(t, person, fill(pattern, c.number))
					for _, w := range hidden(person, pattern, page) {
						if strings.Contains(page, w) {
							leak("%q sees %s at %s of a %s in %s", person, w, pattern, c.kind, c.state)
						}
					}
					switch {
					case models[c.kind](c.state, person, c.own):
						// A file that the record does not name is absent for everybody.
						noFile := strings.Contains(pattern, "{sha}") && status == http.StatusNotFound
						// What an applicant wrote is read with the assessment by the assessor alone,
						// from when they have answered the question of conflict.
						noFile = noFile || c.kind == "assessment" && status == http.StatusNotFound && (strings.HasSuffix(pattern, "/innhold") || strings.Contains(pattern, "/vedlegg/"))
						// What is public of a record is its content: those outside the agency who
						// take no part in it are not told how it is handled.
						handling := (route.Command != "" || route.Rule == web.Staff || strings.HasSuffix(pattern, "/logg") || strings.HasSuffix(pattern, "/nokkel")) && !staff(person) && (c.kind == "call" || !theirs(person, c.own))
						// What is written in answer to a call has pages for those who write it alone,
						// and they have no copy of what they never sent.
						if route.Sealed && (status == http.StatusNotFound || theirs(person, c.own) && status == http.StatusGone) {
							break
						}
						// The answers to the sketches are on a page for the section and the subject owner.
						if c.kind == "call" && strings.HasSuffix(pattern, "/svar") && status == http.StatusNotFound && person != "fou" && person != "fou2" {
							break
						}
						if handling && (status == http.StatusNotFound || status == http.StatusSeeOther) {
							break
						}
						if !noFile && !containsInt([]int{http.StatusOK, http.StatusForbidden, http.StatusConflict}, status) {
							leak("%q gets %d at %s of a %s in %s (own %v), which they may see", person, status, pattern, c.kind, c.state, c.own)
						}
					case person == "" && status != http.StatusSeeOther, person != "" && status != http.StatusNotFound:
						leak("%q gets %d at %s of a %s in %s (own %v), which they may not see", person, status, pattern, c.kind, c.state, c.own)
					case strings.ReplaceAll(neutral(page), url.PathEscape(c.number), "X-2022-999") != neutral(absent):
						leak("%q can tell a hidden %s in %s from an absent one at %s", person, c.kind, c.state, pattern)
					}
				}
			}
			return
		}
		all := paths(t, pattern, words)
		for _, person := range who {
			asked := false
			for _, path := range all {
				for i, q := range queries() {
					if enough() {
						return
					}
					cells.Add(1)
					status, page := s.get(t, person, path+q)
					for _, w := range hidden(person, pattern, page) {
						// The slug that somebody asked for is shown to them again, as they wrote
						// it and not with the words that follow it in the record.
						found := w
						if strings.Contains(path, w) {
							found = w + " "
						}
						if strings.Contains(page, found) {
							leak("%q sees %s at %s%s", person, w, path, q)
						}
					}
					// A page that is refused is refused whatever it is asked, and the pages of
					// one pattern are asked alike: the questions are put to the first that answers.
					if i == 0 && (status != http.StatusOK || asked) {
						break
					}
					asked = true
				}
			}
		}
	}
	routes := make(chan web.Route)
	var tried sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		tried.Go(func() {
			for route := range routes {
				try(route)
			}
		})
	}
	for _, route := range s.Router.Routes() {
		routes <- route
	}
	close(routes)
	tried.Wait()
	// The API answers outside the routes of pages, and to everybody alike.
	for _, path := range apiPaths(t, s) {
		answered := false
		for _, person := range who {
			for _, q := range append([]string{"?limit=200", "?limit=200&example=true"}, searches("publication")...) {
				cells.Add(1)
				status, page := s.get(t, person, path+q)
				answered = answered || status == http.StatusOK
				for _, w := range hidden(person, path, page) {
					if strings.Contains(page, w) {
						leak("%q sees %s at %s%s", person, w, path, q)
					}
				}
			}
		}
		if !answered {
			t.Errorf("%s answers nothing that the access test asks", path)
		}
	}
	t.Logf("%d cells, %d leaks, %d routes, %d canaries", cells.Load(), leaks.Load(), len(s.Router.Routes()), len(words))
}

// A search for what the canaries of a kind have in common finds all of them that may
// be seen, so that what the access tests do not find by it is not to be found.
func TestCanariesAreFound(t *testing.T) {
	s := onSQLite(t)
	words := plant(t, s)
	for _, kind := range planted {
		var found string
		for _, q := range searches(kind) {
			_, page := s.get(t, "fou", "/sok"+q)
			found += page
		}
		for _, c := range words {
			if c.kind == kind && !slices.Contains(unsearched, kind) && models[kind](c.state, "fou", c.own) && !strings.Contains(found, c.word+" ") {
				t.Errorf("a search for %s does not find %s of a %s in %s", flock(kind), c.word, kind, c.state)
			}
		}
	}
}

// apiPaths gives the addresses of the API, from its own description.
func apiPaths(t *testing.T, s *site) []string {
	t.Helper()
	_, text := s.get(t, "", "/api/v1/openapi.json")
	var description struct {
		Paths map[string]struct {
			Get *struct{} `json:"get"`
		} `json:"paths"`
	}
	if err := json.Unmarshal([]byte(text), &description); err != nil || len(description.Paths) == 0 {
		t.Fatalf("the description of the API: %v", err)
	}
	var out []string
	for path, of := range description.Paths {
		if of.Get == nil || strings.Contains(path, "{") {
			t.Errorf("the access test does not know how to ask %s", path)
			continue
		}
		out = append(out, path)
	}
	return out
}

// publicAt says whether everybody meets the canary at the route: a report in the
// portal and the API once it is published, and of one that was withdrawn only the
// page that says so (architecture, E4). The states are written out, so that one that
// becomes public in the code by mistake is found.
func publicAt(pattern string, c canary) bool {
	if c.kind != "publication" || pattern != "/{$}" && !strings.HasPrefix(pattern, "/kunnskap") && !strings.HasPrefix(pattern, "/api/v1/") {
		return false
	}
	switch c.state {
	case publication.MetadataPublished, publication.Published, publication.NewVersion:
		return true
	}
	return c.state == publication.Withdrawn && pattern == "/kunnskap/rapport/{slug}"
}

// fill puts a record's number in a pattern, and the first filler in its other parts.
func fill(pattern, number string) string {
	pairs := []string{"{number}", number}
	for part, values := range fillers {
		if part != "{number}" {
			pairs = append(pairs, part, values[0])
		}
	}
	return strings.NewReplacer(pairs...).Replace(pattern)
}

// slugged are the public addresses whose last part is a record's slug, by kind.
var slugged = map[string]string{"publication": "/kunnskap/rapport/", "call": "/kunnskap/utlysning/"}

// paths gives the addresses of a pattern, with every part filled in.
func paths(t *testing.T, pattern string, words []canary) []string {
	t.Helper()
	out := []string{strings.TrimSuffix(pattern, "{$}")}
	for _, part := range regexp.MustCompile(`\{[^}]+\}`).FindAllString(out[0], -1) {
		values := slices.Clone(fillers[part])
		if len(values) == 0 {
			t.Errorf("route %s: the access test has no value for %s", pattern, part)
			return nil
		}
		// A record of any kind can be asked for by its number or its slug.
		kinds := map[string]int{}
		for _, c := range words {
			// The first of each kind is a draft, or what comes nearest to one.
			if kinds[c.kind]++; part == "{number}" && (kinds[c.kind] <= 2 || c.kind == "call" && c.state == call.Assessment2) || part == "{slug}" && strings.Contains(pattern, slugged[c.kind]) && slugged[c.kind] != "" {
				values = append(values, map[string]string{"{number}": c.number, "{slug}": c.word}[part])
			}
		}
		var next []string
		for _, p := range out {
			for _, v := range values {
				next = append(next, strings.Replace(p, part, v, 1))
			}
		}
		out = next
	}
	return out
}

// Two worlds: one with hidden records and one without. Whoever may not see them
// gets the same bytes in both, on every list, count, search and export.
func TestTwoWorlds(t *testing.T) {
	with, without := onSQLite(t), onSQLite(t)
	with.transport, without.transport = direct{with.Handler}, direct{without.Handler}
	settle := func() {
		for _, s := range []*site{with, without} {
			if err := s.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	var cells int
	compare := func(persons ...string) { cells += compareWorlds(t, with, without, nil, persons...) }
	// A draft is its submitter's alone.
	hide(t, with, "need", need.Draft)
	settle()
	compare("", "kontor", "fageier2", "leverandor", "fagvurderer")
	// What staff see is not for those outside who take no part in it.
	hide(t, with, "project", project.Created)
	hide(t, with, "publication", publication.Received)
	settle()
	compare("", "leverandor", "fagvurderer")
	t.Logf("%d cells", cells)
}

// compareWorlds reads every page that is not of one record, and those given beside, as
// each of the persons in both worlds, and gives how many that were.
func compareWorlds(t *testing.T, with, without *site, beside []string, persons ...string) (cells int) {
	t.Helper()
	all := slices.Clone(beside)
	for _, route := range with.Router.Routes() {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		// The demo shows everybody's letters and keys to everybody.
		if method != http.MethodGet || strings.Contains(pattern, "{number}") || strings.HasPrefix(pattern, "/admin") || strings.HasPrefix(pattern, "/demo/") {
			continue
		}
		for _, path := range paths(t, pattern, nil) {
			for _, q := range []string{"", "?q=skjult", "?visning=tidslinje", "?visning=budsjett", "?visning=liste", "?status=alle", "?eksempel=true"} {
				all = append(all, path+q)
			}
		}
	}
	return comparePages(t, with, without, all, persons...)
}

// comparePages reads the pages as each of the persons in both worlds.
func comparePages(t *testing.T, with, without *site, all []string, persons ...string) (cells int) {
	t.Helper()
	for _, path := range all {
		for _, person := range persons {
			cells++
			sa, a := with.get(t, person, path)
			sb, b := without.get(t, person, path)
			if sa != sb || same(a) != same(b) {
				t.Errorf("%q can tell the worlds apart at %s: %d and %d\n%s", person, path, sa, sb, difference(same(a), same(b)))
			}
		}
	}
	return cells
}

var byChance = regexp.MustCompile(`name="_(key|who)" value="[^"]*"|[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|kl\. [0-9.]+|after=[A-Za-z0-9_=-]+|http://127\.0\.0\.1:[0-9]+|datetime="[^"]*"`)

// same takes out what differs between two demos by chance: form keys, ids, parts of
// the calls' keys and the minute that the clock shows.
func same(page string) string { return byChance.ReplaceAllString(page, "") }

func difference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	cut := func(s string) string { return s[max(0, i-80):min(len(s), i+160)] }
	return fmt.Sprintf("with:    …%s…\nwithout: …%s…", cut(a), cut(b))
}

// hide plants a record that is fageier's and forsker's.
func hide(t *testing.T, s *site, kind, state string) {
	t.Helper()
	k, _ := s.Engine.Kind(kind)
	st, ok := k.Lifecycle().State(state)
	if !ok {
		t.Fatalf("a %s is never in %s", kind, state)
	}
	if _, err := plantOne(system(t.Context()), s, k, st, true, "skjult"); err != nil {
		t.Fatal(err)
	}
}

// A right that is taken away is gone on the next request of an open session, on
// every route.
func TestRightsChangeAtOnce(t *testing.T) {
	s := onSQLite(t)
	client := s.as(t, "fou2")
	before := map[string]int{}
	for _, route := range s.Router.Routes() {
		if (route.Rule == web.Staff || route.Rule == web.LoggedIn) && strings.HasPrefix(route.Pattern, "GET ") && !strings.Contains(route.Pattern, "{") {
			path := strings.TrimPrefix(route.Pattern, "GET ")
			before[path], _ = s.get(t, "fou2", path)
		}
	}
	k, _ := s.Engine.Kind("person")
	head := s.head(t, "fou2")
	if _, err := k.Run(system(t.Context()), head.ID, "close", record.Input{Values: form.Values{}, Reason: "Har sluttet."}); err != nil {
		t.Fatal(err)
	}
	for path, was := range before {
		res, err := client.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if was == http.StatusOK && res.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %d before, %d after the person was closed; want 303 to the login", path, was, res.StatusCode)
		}
	}
	if len(before) < 5 {
		t.Errorf("only %d routes tried", len(before))
	}
}

// A GET changes nothing in the database.
func TestReadingChangesNothing(t *testing.T) {
	s := onSQLite(t)
	words := plant(t, s)
	count := func() string {
		var b bytes.Buffer
		for _, table := range []string{"record", "event", "task", "record_link", "record_participant", "number_series", "search_doc", "job", "mail_message"} {
			b.WriteString(table + "=" + s.CountRows(t.Context(), table) + " ")
		}
		return b.String()
	}
	before := count()
	for _, route := range s.Router.Routes() {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		if method == http.MethodGet {
			for _, path := range paths(t, pattern, words[:4]) {
				s.get(t, "fou", path)
			}
		}
	}
	if after := count(); after != before {
		t.Errorf("before: %s\nafter:  %s", before, after)
	}
}

// A change that another site's page sends is refused on every route.
func TestOtherSitesCannotPost(t *testing.T) {
	s := onSQLite(t)
	for _, route := range s.Router.Routes() {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		if method != http.MethodPost {
			continue
		}
		path := paths(t, pattern, nil)[0]
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		req.Header.Set("Origin", "https://elsewhere.example")
		res, err := s.as(t, "fou").Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("%s from another site: %d, want 403", route.Pattern, res.StatusCode)
		}
	}
}

// Every answer carries the security headers, also errors, files and refusals.
func TestSecurityHeaders(t *testing.T) {
	s := onSQLite(t)
	for _, path := range []string{"/", "/logginn", "/oppgaver", "/behov", "/finnes-ikke", "/static/finnes-ikke.css", "/api/v1/projects", "/api/v1/finnes-ikke", "/isalive"} {
		res, err := s.as(t, "fou").Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		} {
			if got := res.Header.Get(name); !strings.Contains(got, want) {
				t.Errorf("%s (%d): %s is %q, want %q in it", path, res.StatusCode, name, got, want)
			}
		}
		if csp := res.Header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") {
			t.Errorf("%s: the policy allows what is unsafe: %s", path, csp)
		}
	}
}

// A route without an access rule stops the program.
func TestRouteWithoutRule(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the router took a route without a rule")
		}
	}()
	new(web.Router).Add(web.Route{Pattern: "GET /apent", Handle: func(*web.Context) error { return nil }})
}
