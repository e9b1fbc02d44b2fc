// Package publication is where the thread's answer becomes everybody's: the
// report that a study delivered, with its summary in plain words, its metadata,
// and the approval of two before the public reads it (FP §6, §8.2 table 1
// "Formidling"; requirements 3.9).
//
// A report is never registered twice: it is received when the final report of a
// project is accepted, or an interim report delivered. What is public stays as
// it was while a new version is written, and a withdrawn report leaves a
// tombstone.
package publication

import (
	"context"
	"embed"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/record"
)

// Migrations hold the table publication.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the texts of the module and of its pages.
//
//go:embed messages
var Messages embed.FS

// The states of a publication (requirements 3.9).
const (
	Received          = "MOTTATT"
	MetadataReady     = "METADATA_KLAR"
	MetadataPublished = "PUBLISERT_METADATA" // what it is and says is public, the full text is not
	Published         = "PUBLISERT"
	NewVersion        = "NY_VERSJON" // a new version is being written; the public reads the one before
	Withdrawn         = "AVPUBLISERT"
)

// The types of publication.
const (
	FinalReport   = "final_report"
	InterimReport = "interim_report"
	Analysis      = "analysis"
	Article       = "article"
	Synthesis     = "synthesis"
	Thesis        = "thesis"
	Report        = "report" // any other, such as an official inquiry
)

// Types lists the types in the order in which they are shown.
var Types = []string{FinalReport, InterimReport, Analysis, Article, Synthesis, Thesis, Report}

// NoTheme is the theme of a publication that belongs to none, by choice. An
// empty theme is one that nobody has chosen yet.
const NoTheme = "none"

// PublishWeeks is how soon after its acceptance a report should be public. The
// plan gives no number; twelve weeks is proposed in requirements 3.9.
const PublishWeeks = 12

// Institution is an organisation's part in a publication.
type Institution struct {
	Org  string `json:"org"`  // id of the organisation
	Role string `json:"role"` // as in projects: host, partner, subcontractor
	Name string `json:"name"` // as it was called when it was noted
}

// Finding is one thing that the study found, with what it does not show (FP §3).
type Finding struct {
	Text   string `json:"text"`
	Limits string `json:"limits"`
}

// File is one file with the full text or a part of it.
type File struct {
	SHA   string `json:"sha"`  // SHA-256 of the content, which is the file's address
	Name  string `json:"name"` // with extension
	Type  string `json:"type"` // media type by content
	Title string `json:"title"`
	Lang  string `json:"lang"`
}

// Content is what a publication says, apart from its title.
type Content struct {
	Short       []string  `json:"short"` // in short, in three points
	Summary     string    `json:"summary"`
	Method      string    `json:"method"`
	Limitations string    `json:"limitations"`
	Meaning     string    `json:"meaning"` // what it means for the agency
	Findings    []Finding `json:"findings"`
	Files       []File    `json:"files"`
}

// Edition is a whole content with its title and language.
type Edition struct {
	Title string `json:"title"`
	Lang  string `json:"lang"`
	Content
}

// Draft is the next edition, why there is to be one, and what the public reads
// until then.
type Draft struct {
	Edition
	Reason string `json:"reason"`
	From   string `json:"from"` // the state it goes back to when the draft is given up
}

// Version is an edition that a later one has taken the place of.
type Version struct {
	Edition
	Published time.Time `json:"published,omitzero"`
	Replaced  time.Time `json:"replaced"`
	Reason    string    `json:"reason"` // why it was replaced
}

// Approval is one of the two that the public waits for.
type Approval struct {
	By string    `json:"by,omitempty"` // person
	At time.Time `json:"at,omitzero"`
}

// Given says whether the approval stands.
func (a Approval) Given() bool { return a.By != "" }

// Proposal is a proposal to withdraw a publication, which another must agree to.
type Proposal struct {
	By        string    `json:"by,omitempty"`
	At        time.Time `json:"at,omitzero"`
	Reason    string    `json:"reason,omitempty"`
	Tombstone string    `json:"tombstone,omitempty"` // what the public will read in its place
}

// Publication is a report and what has become of it.
type Publication struct {
	record.Head
	Slug         string                 `db:"slug"` // in public addresses; never changes
	Project      string                 `db:"project,null"`
	PubType      string                 `db:"pub_type"`
	Theme        string                 `db:"theme"` // slug, NoTheme, or empty when not chosen
	Year         int                    `db:"pub_year"`
	Institutions db.JSON[[]Institution] `db:"institutions"`
	Authors      string                 `db:"authors"`
	Folded       string                 `db:"folded"` // authors and institutions, for the search field of lists
	ExternalURL  string                 `db:"external_url"`
	DOI          string                 `db:"doi"`
	ISBN         string                 `db:"isbn"`
	Embargo      time.Time              `db:"embargo"`         // first day on which the full text may be read
	Supersedes   string                 `db:"supersedes,null"` // an earlier publication that this one takes the place of
	Annex        bool                   `db:"counted_in_annex"`

	Content  db.JSON[Content]   `db:"content"`  // what is public, or will be
	Draft    db.JSON[*Draft]    `db:"draft"`    // the next version, in NY_VERSJON only
	Versions db.JSON[[]Version] `db:"versions"` // the earlier ones, oldest first

	Owner      string            `db:"owner"` // subject owner
	CaseWorker string            `db:"case_worker"`
	Leader     string            `db:"leader"`      // person: the project's leader, when they have an account
	ApprovedFS db.JSON[Approval] `db:"approved_fs"` // by the R&D section; for an internal analysis by the analysis section
	ApprovedFE db.JSON[Approval] `db:"approved_fe"` // by the subject owner

	ReceivedAt   time.Time         `db:"received_at"`
	ReceivedWhen string            `db:"received_when" json:",omitzero"` // as a source writes it where no day is known: «januar 2022»
	MetadataAt   time.Time         `db:"metadata_at"`                    // when the metadata were ready
	ShownAt      time.Time         `db:"shown_at"`                       // when the public first could read of it; zero when not known
	PublishedAt  time.Time         `db:"published_at"`                   // when the public first could read the full text; zero when not known
	DelayReason  string            `db:"delay_reason"`                   // public: why it comes later than it should
	Proposal     db.JSON[Proposal] `db:"proposal"`
	WithdrawnAt  time.Time         `db:"withdrawn_at"`
	Withdrawal   string            `db:"withdrawn_reason"`
	Tombstone    string            `db:"tombstone"`
}

// Kind is the kind of record that a publication is.
type Kind = record.Kind[*Publication]

// Flags of a publication: who must agree to publish it.
const (
	// InternalFlag marks the agency's own analyses, which the analysis section approves.
	InternalFlag = "internal"
	// ExternalFlag marks what others have written, which the R&D section approves.
	ExternalFlag = "external"
)

// SetInternal notes whether the agency wrote it itself.
func (p *Publication) SetInternal(internal bool) {
	p.SetFlag(InternalFlag, internal)
	p.SetFlag(ExternalFlag, !internal)
}

// Internal says whether the agency wrote it itself.
func (p *Publication) Internal() bool { return p.HasFlag(InternalFlag) }

// Working gives the edition that is being worked on: the next version in
// NY_VERSJON, otherwise the one there is.
func (p *Publication) Working() Edition {
	if p.Draft.V != nil {
		return p.Draft.V.Edition
	}
	return p.edition()
}

func (p *Publication) edition() Edition {
	return Edition{Title: p.Title, Lang: p.Lang, Content: p.Content.V}
}

// keep stores what Working gave, changed.
func (p *Publication) keep(e Edition) {
	if p.Draft.V != nil {
		p.Draft.V.Edition = e
		return
	}
	p.Title, p.Lang, p.Content.V = e.Title, e.Lang, e.Content
}

// PublishBy gives the last day on which the report is public in time; zero when
// it is not known when it was received.
func (p *Publication) PublishBy() time.Time {
	if p.ReceivedAt.IsZero() {
		return time.Time{}
	}
	return clock.Day(p.ReceivedAt).AddDate(0, 0, 7*PublishWeeks)
}

// Overdue says whether the report should have been public before the day.
func (p *Publication) Overdue(today time.Time) bool {
	return slices.Contains(unpublished, p.State) && !p.PublishBy().IsZero() && today.After(p.PublishBy())
}

// full says whether the public may read the full text and not only of it.
func (p *Publication) full() bool {
	return p.State == Published || p.State == NewVersion && p.Draft.V != nil && p.Draft.V.From == Published
}

// FullText says whether the edition has the report itself, as a file or as a link.
func (p *Publication) FullText(e Edition) bool { return len(e.Files) > 0 || p.ExternalURL != "" }

// Missing lists what the metadata lack, as codes with the message
// publication.missing.CODE. What must be there comes first.
func (p *Publication) Missing() (required, wanted []string) {
	e := p.Working()
	lack := func(list *[]string, code string, there bool) {
		if !there {
			*list = append(*list, code)
		}
	}
	lack(&required, "summary", e.Summary != "")
	lack(&required, "theme", p.Theme != "")
	lack(&required, "project", p.Project != "")
	lack(&wanted, "short", len(e.Short) >= 3)
	lack(&wanted, "meaning", e.Meaning != "")
	lack(&wanted, "method", e.Method != "")
	lack(&wanted, "limitations", e.Limitations != "")
	lack(&wanted, "findings", len(e.Findings) > 0)
	lack(&wanted, "institutions", len(p.Institutions.V) > 0)
	lack(&wanted, "authors", p.Authors != "")
	lack(&wanted, "full_text", p.FullText(e))
	return required, wanted
}

// Public says whether everybody may know of the publication.
func Public(p *Publication) bool { return slices.Contains(publicStates, p.State) }

// Page is what everybody may read of a publication. Staff pages show the record;
// public pages show this and nothing else.
type Page struct {
	ID, Number, Slug string
	Edition
	PubType      string
	Theme        string
	Year         int
	Institutions []Institution
	Authors      string
	ExternalURL  string
	DOI, ISBN    string
	Project      string // id; whether the project is public is for the project to say
	Supersedes   string // id
	Embargo      time.Time
	Shown        time.Time // when the public first could read of it; zero when not known
	Changed      time.Time // when the newest version came; zero for the first
	VersionNo    int       // from 1
	DelayReason  string
	Withdrawn    time.Time
	Tombstone    string
	Example      bool
	Source       string
}

// Page gives what everybody may read, and whether they may read anything. Of a
// withdrawn publication that is what it was and why it is gone; the files of one
// whose full text is not published are left out.
func (p *Publication) Page() (Page, bool) {
	if !Public(p) {
		return Page{}, false
	}
	v := Page{
		ID: p.ID, Number: p.Number, Slug: p.Slug, Edition: p.edition(), PubType: p.PubType, Year: p.Year,
		Institutions: p.Institutions.V, Authors: p.Authors, Project: p.Project, Supersedes: p.Supersedes,
		Embargo: p.Embargo, Shown: p.ShownAt, VersionNo: len(p.Versions.V) + 1, DelayReason: p.DelayReason,
		Example: p.Example, Source: p.Source, ExternalURL: p.ExternalURL, DOI: p.DOI, ISBN: p.ISBN,
	}
	if p.Theme != NoTheme {
		v.Theme = p.Theme
	}
	if n := len(p.Versions.V); n > 0 {
		v.Changed = p.Versions.V[n-1].Replaced
	}
	if p.State == Withdrawn {
		v.Content, v.ExternalURL, v.DelayReason = Content{}, "", ""
		v.Withdrawn, v.Tombstone = p.WithdrawnAt, p.Tombstone
		return v, true
	}
	if !p.full() {
		v.Files, v.ExternalURL = nil, ""
	}
	return v, true
}

// File gives a file of the edition by its hash.
func (e Edition) File(sha string) (File, bool) {
	i := slices.IndexFunc(e.Files, func(f File) bool { return f.SHA == sha })
	if i < 0 {
		return File{}, false
	}
	return e.Files[i], true
}

// StaffFile gives a file that the staff may read: of the edition there is, of the
// next and of the earlier ones.
func (p *Publication) StaffFile(sha string) (File, bool) {
	editions := []Edition{p.edition(), p.Working()}
	for _, v := range p.Versions.V {
		editions = append(editions, v.Edition)
	}
	for _, e := range editions {
		if f, ok := e.File(sha); ok {
			return f, true
		}
	}
	return File{}, false
}

// PublicURL gives the address at which everybody reads it.
func (p *Publication) PublicURL() string { return "/kunnskap/rapport/" + p.Slug }

func relations(p *Publication) map[string][]string {
	return map[string][]string{"author": {p.Leader}, "subject_owner": {p.Owner}, "case_worker": {p.CaseWorker}}
}

func links(p *Publication) []record.Link {
	return []record.Link{{To: p.Project, Rel: "reports"}, {To: p.Supersedes, Rel: "supersedes"}}
}

// tasks gives a new report to the library and its case worker both, since either
// makes it ready to be found (requirements 3.9), and then the approval that is waited
// for to whoever has not given theirs: the subject owner first, then the section.
func tasks(p *Publication) []record.Task {
	var out []record.Task
	due := p.PublishBy()
	if p.State == Received {
		t := record.Task{Name: "ready", Command: "ready", Due: due, PersonID: p.CaseWorker}
		if p.CaseWorker == "" {
			t.Role = sectionRole
		}
		out = append(out, t, record.Task{Name: "ready", Command: "ready", Due: due, Role: org.Library})
	}
	if p.State != MetadataReady {
		due = time.Time{} // the public has something to read already
	}
	if p.Embargo.After(due) {
		due = p.Embargo
	}
	section := func(due time.Time) record.Task {
		t := record.Task{Name: "publish", Command: "publish", Due: due}
		switch {
		case p.Internal():
			t.Role = analysisRole
		case p.CaseWorker != "":
			t.PersonID = p.CaseWorker
		default:
			t.Role = sectionRole
		}
		return t
	}
	if p.State == MetadataReady || p.State == NewVersion || p.State == MetadataPublished && p.FullText(p.edition()) {
		fe, fs := p.ApprovedFE.V.Given(), p.ApprovedFS.V.Given()
		switch {
		case p.Owner == "":
			out = append(out, record.Task{Name: "assign", Command: "assign", Role: sectionRole})
		case !fe && !fs:
			out = append(out, record.Task{Name: "approve", Command: "approve", PersonID: p.Owner, Due: due})
		case !fe:
			out = append(out, record.Task{Name: "publish", Command: "publish", PersonID: p.Owner, Due: due})
		default:
			out = append(out, section(due))
		}
	}
	if p.Proposal.V.By != "" && p.State != Withdrawn {
		out = append(out, record.Task{Name: "withdraw", Command: "withdraw", Role: sectionRole, Since: p.Proposal.V.At})
	}
	return out
}

func describe(_ context.Context, p *Publication) (record.Doc, error) {
	e := p.edition()
	date := p.PublishedAt
	for _, d := range []time.Time{p.ShownAt, p.ReceivedAt} {
		if date.IsZero() {
			date = d
		}
	}
	doc := record.Doc{Date: date, Facets: map[string][]string{"type": {p.PubType}, "language": {p.Lang}}}
	if p.State == Withdrawn {
		// The tombstone is read at its address; nobody searches for it.
		doc.Text = p.Tombstone
		return doc, nil
	}
	text := append(slices.Clone(e.Short), e.Summary, e.Meaning, e.Method, e.Limitations)
	for _, f := range e.Findings {
		text = append(text, f.Text)
	}
	text = append(text, p.Authors)
	for _, i := range p.Institutions.V {
		text = append(text, i.Name)
		doc.Facets["institution"] = append(doc.Facets["institution"], i.Name)
	}
	doc.Text = strings.Join(text, "\n")
	if p.Theme != "" && p.Theme != NoTheme {
		doc.Facets["theme"] = []string{p.Theme}
	}
	if p.Year != 0 {
		doc.Facets["year"] = []string{strconv.Itoa(p.Year)}
	}
	if Public(p) {
		doc.PublicURL = p.PublicURL()
	}
	return doc, nil
}

// side says for whom an actor approves: "fe" for the subject owner, "fs" for the
// section. Whoever owns the subject speaks as its owner.
func side(a access.Actor, p *Publication) string {
	if p.Owner != "" && slices.Contains(a.As, p.Owner) {
		return "fe"
	}
	return "fs"
}
