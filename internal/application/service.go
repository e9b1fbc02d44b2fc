package application

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// Kind is the kind of sketches, and the kind of applications.
type Kind = record.Kind[*Submission]

type command = record.Command[*Submission]

// The relations that persons have to a case.
const (
	relApplicant    = "applicant"     // answers for it
	relAuthor       = "writer"        // writes in it, the applicant included
	relOwner        = "subject_owner" // of the call, once it is opened
	relDisqualified = "disqualified"  // may not deal with it: see [Conflicts]
)

// Who is who. Whoever may not deal with a case has lost it everywhere: there is no
// rule for staff or assessors without the exception.
var (
	applicant = []access.Rule{{Relations: []string{relApplicant}}}
	authors   = []access.Rule{{Relations: []string{relAuthor}}}
	section   = []access.Rule{{Roles: []access.Role{org.FoU}, Except: relDisqualified}}
	owner     = []access.Rule{{Relations: []string{relOwner}, Except: relDisqualified}}
	committee = []access.Rule{{Roles: []access.Role{org.Committee}, Except: relDisqualified}}
)

// sealed are the states in which only those who write may see a case.
var sealed = []string{Draft, Submitted, Expired}

// before are the states in which nothing has been proposed to the committee.
var before = []string{Draft, Submitted, Expired, Assessing, Returned, Withdrawn}

// readers: the applicants always; the R&D section and the call's subject owner once it
// is opened; the committee when something is proposed to it. Assessors read it with
// their assessment.
// Something withdrawn before it was opened stays the applicants' own: see Opened.
var readers = []access.Rule{
	{Relations: []string{relAuthor}},
	{Roles: []access.Role{org.FoU}, NotStates: sealed, Flag: Opened, Except: relDisqualified},
	{Roles: []access.Role{org.FoU}, NotStates: sealed, Flag: Unreadable, Except: relDisqualified},
	{Relations: []string{relOwner}, NotStates: sealed, Flag: Opened, Except: relDisqualified},
	{Roles: []access.Role{org.Committee}, NotStates: before, Flag: Opened, Except: relDisqualified},
}

// Opened is the flag of what two holders have opened, Unreadable that of what they
// could not, and Waiting that of what is proposed from the waiting list.
const (
	Opened     = "opened"
	Unreadable = "unreadable"
	Waiting    = "waiting"
)

// Service is the sketches and the applications.
type Service struct {
	Sketches     *Kind
	Applications *Kind
	People       *org.Directory // who deals with cases, and what they belong to
	Together     Together       // nil: no grounds are sought in earlier projects
	Files        Store          // of the attachments
	// Deliver sends a letter to those who write in a submission; nil sends none.
	Deliver func(ctx context.Context, l Mail) error

	calls  *call.Service
	secret seal.Secret // of drafts
	Answering
}

// New makes the service, which seals drafts with the secret. Its kinds must be
// registered with an engine before use.
func New(calls *call.Service, secret seal.Secret) *Service {
	s := &Service{calls: calls, secret: secret}
	s.Sketches = &Kind{
		Name: Sketch, Prefix: "SK", Path: "/skisse", Table: "submission", Initial: []string{Draft},
		States: statesOf(Draft, Submitted, Assessing, Returned, Invited, Rejected, Dismissed, Withdrawn, Expired, Appealed, Upheld, Reversed),
	}
	s.Applications = &Kind{
		Name: Application, Prefix: "SO", Path: "/soknad", Table: "submission", Initial: []string{Draft},
		States: statesOf(Draft, Submitted, Assessing, Returned, Proposed, Reserve, Awarded, Conditions, Contracted, Rejected, Dismissed, Withdrawn, Expired, Appealed, Upheld, Reversed),
	}
	for _, k := range []*Kind{s.Sketches, s.Applications} {
		k.New, k.Reading = func() *Submission { return &Submission{} }, s.Reading
		k.Read, k.Relations, k.Links, k.Tasks, k.Describe = readers, relations, links, tasks, describe
		k.Commands = slices.Concat(s.applicantCommands(k.Name), s.openingCommands(k.Name), s.conflictCommands(k.Name), s.answerCommands(k.Name))
		for i, c := range k.Commands {
			excepts := func(r access.Rule) bool { return r.Except == relDisqualified }
			if c.Name != "declare" && slices.ContainsFunc(c.Who, excepts) {
				k.Commands[i] = s.fitOnly(c)
			}
		}
	}
	return s
}

// Kinds gives both kinds.
func (s *Service) Kinds() []*Kind { return []*Kind{s.Sketches, s.Applications} }

// Of gives the kind with the name, which is [Sketch] or [Application].
func (s *Service) Of(name string) *Kind {
	if name == Sketch {
		return s.Sketches
	}
	return s.Applications
}

func statesOf(names ...string) []lifecycle.State {
	out := make([]lifecycle.State, len(names))
	for i, n := range names {
		out[i] = lifecycle.State{Name: n, Label: "assessing", Tone: lifecycle.Info}
		switch n {
		case Draft:
			out[i].Label, out[i].Tone = "draft", lifecycle.Neutral
		case Submitted:
			out[i].Label = "submitted"
		case Proposed: // what is proposed of a case is nobody's who applied until it is told
			out[i].Untold = Assessing
			out[i].UntoldBy = map[string]string{Waiting: Reserve}
		case Returned:
			out[i].Tone = lifecycle.Warning
		case Invited, Awarded, Conditions, Contracted:
			out[i].Label, out[i].Tone = "yes", lifecycle.Success
		case Rejected, Dismissed, Upheld:
			out[i].Label, out[i].Tone = "no", lifecycle.Neutral
		case Withdrawn, Expired:
			out[i].Label, out[i].Tone = "ended", lifecycle.Neutral
		}
		out[i].Final = slices.Contains([]string{Withdrawn, Expired, Invited, Contracted, Upheld}, n)
	}
	return out
}

// relations gives who has a part in a case.
func relations(x *Submission) map[string][]string {
	authors := slices.DeleteFunc(append([]string{x.Applicant}, x.CoAuthors.V...), func(id string) bool { return id == "" })
	return map[string][]string{
		relApplicant: {x.Applicant}, relAuthor: authors, relOwner: {x.Owner},
		relDisqualified: x.Conflicts.V.Disqualified(),
	}
}

// links lead from the sketch to the call, and from an application to the sketch that
// it grew from.
func links(x *Submission) []record.Link {
	if x.Sketch != "" {
		return []record.Link{{To: x.Sketch, Rel: "grew_from"}}
	}
	return []record.Link{{To: x.Call, Rel: "applies_to"}}
}

func describe(_ context.Context, x *Submission) (record.Doc, error) {
	if x.Content.V == nil {
		return record.Doc{}, nil
	}
	return record.Doc{Text: strings.Join([]string{x.Title, x.Content.V.Acronym, x.Content.V.Institution.Name, x.Content.V.Leader.Name}, "\n")}, nil
}

// RandomNumber gives a public number that tells nothing of how many there are.
func (s *Service) RandomNumber(kind string) string {
	return s.Of(kind).Prefix + "-" + rand.Text()[:7]
}
