// Package application holds what researchers send in to an open call: the sketch
// of the first stage, and the full application that grows out of it (FP §5.2,
// ÅR §2.1).
//
// What is written is nobody's but the applicants' until the deadline has passed.
// Drafts lie encrypted with a key outside the database, and what is sent is sealed
// to the call's key, whose parts persons hold. Until two of them have opened it, a
// record says only whose it is: neither its title nor any answer stands in it.
package application

import (
	"embed"
	"time"

	"funn/internal/platform/db"
	"funn/internal/platform/record"
)

// Migrations hold the tables of the package.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the texts of both kinds.
//
//go:embed messages/*.json
var Messages embed.FS

// The states of a sketch and of an application (requirements 3.3). The upper ones
// are common; a sketch ends as invited or rejected, an application goes on to the
// committee.
const (
	Draft      = "KLADD"
	Submitted  = "SENDT"          // sealed until two holders have opened it
	Assessing  = "TIL_VURDERING"  // opened
	Returned   = "RETURNERT"      // something is to be mended by a day
	Dismissed  = "AVVIST_FORMELT" // a formal fault
	Withdrawn  = "TRUKKET"
	Expired    = "UTLØPT" // never sent
	Invited    = "INVITERT"
	Rejected   = "AVSLÅTT"
	Proposed   = "INNSTILT"
	Reserve    = "RESERVE"
	Awarded    = "TILDELT"
	Conditions = "TILDELT_MED_VILKÅR"
	Contracted = "KONTRAKT"
	Appealed   = "KLAGE"
	Upheld     = "OPPRETTHOLDT"
	Reversed   = "OMGJORT"
)

// The kinds, which are also the stages of a call.
const (
	Sketch      = "sketch"
	Application = "application"
)

// Submission is a sketch or an application.
//
// Its head's Number is random, so that it does not tell how many there are, and its
// Title is the number until it is opened.
type Submission struct {
	record.Head
	Call      string             `db:"call"`      // id
	Sketch    string             `db:"sketch"`    // id of the sketch that an application grew from
	Applicant string             `db:"applicant"` // person who answers for it
	CoAuthors db.JSON[[]string]  `db:"coauthors"` // persons who may write in it too
	Owner     string             `db:"owner"`     // subject owner of the call, who judges relevance and use; set when it is opened
	SentAt    time.Time          `db:"sent_at"`   // when what counts was sent; zero while nothing was
	SentBy    string             `db:"sent_by"`
	Sent      int                `db:"sent"`    // number of the version that counts; 0 while nothing was sent
	Receipt   string             `db:"receipt"` // SHA-256 of what was sent, as in the applicant's receipt
	OpenedAt  time.Time          `db:"opened_at"`
	Content   db.JSON[*Content]  `db:"content"` // nil until it is opened
	Conflicts db.JSON[Conflicts] `db:"conflicts"`
	Answer    db.JSON[*Answer]   `db:"answer"` // what was proposed and decided of it; nil until something was
	Dealings  db.JSON[Dealings]  `db:"dealings" json:",omitzero"`
}

// Content is what an applicant writes. What a call asks beyond what every call does
// stands in Answers.
type Content struct {
	Title       string            `json:"title"`
	Acronym     string            `json:"acronym,omitempty"`
	Lang        string            `json:"lang"` // language form of the content, and of the letters to the applicant
	Institution Party             `json:"institution"`
	Leader      Author            `json:"leader"`
	Partners    []Party           `json:"partners,omitempty"`
	Authors     []Author          `json:"authors,omitempty"` // others who take part in the project
	Starts      time.Time         `json:"starts,omitzero"`
	Months      int               `json:"months,omitempty"`
	AskedOre    int64             `json:"asked_ore,omitempty"` // of Nav, over all years; the sum of Budget where that is asked for
	Budget      []BudgetLine      `json:"budget,omitempty"`
	Answers     map[string]string `json:"answers,omitempty"` // by the id of the question (call.Question)
	Files       []File            `json:"files,omitempty"`
	Salt        string            `json:"salt,omitempty"` // random, so that nobody finds the content by guessing at its receipt
}

// Party is an organisation that takes part.
type Party struct {
	ID     string `json:"id,omitempty"`     // of the organisation in Funn's register, when it was chosen there
	Name   string `json:"name"`             // as the applicant writes it
	Number string `json:"number,omitempty"` // organisation number, nine digits
}

// Author is a person who takes part.
type Author struct {
	Name        string `json:"name"`
	Email       string `json:"email,omitempty"`
	ORCID       string `json:"orcid,omitempty"`
	Institution string `json:"institution,omitempty"`
	Role        string `json:"role,omitempty"`
}

// BudgetLine is what one sort of cost comes to in one year.
type BudgetLine struct {
	Year int    `json:"year"`
	Cost string `json:"cost"` // personnel, indirect, equipment, travel or other
	Ore  int64  `json:"ore"`
	Own  bool   `json:"own,omitempty"` // borne by the institution itself
}

// File is an attachment. It lies encrypted in the file store, under the hash of its
// encrypted bytes; Key opens it.
type File struct {
	Question string `json:"question"` // that it answers
	Name     string `json:"name"`
	Title    string `json:"title,omitempty"`
	Type     string `json:"type"`
	Size     int64  `json:"size"`   // of the readable file, in bytes
	Stored   string `json:"stored"` // SHA-256 of the encrypted file, its name in the store
	Key      []byte `json:"key"`
}

// Conflict is a reason why somebody may not deal with a case: declared by
// themselves, or found by Funn (C7; forvaltningsloven § 6).
type Conflict struct {
	Person   string    `json:"person"`
	Ground   string    `json:"ground"` // a code: declared, institution, partner, author, project, applicant, competitor
	Reason   string    `json:"reason,omitempty"`
	At       time.Time `json:"at"`
	Declared bool      `json:"declared,omitempty"`
	Cleared  bool      `json:"cleared,omitempty"` // somebody else found that the person is fit to deal with the case
	By       string    `json:"by,omitempty"`      // who cleared it, and why
	Why      string    `json:"why,omitempty"`
}

// Conflicts are all of a case's.
type Conflicts []Conflict

// Disqualified gives the persons who may not deal with the case.
func (c Conflicts) Disqualified() []string {
	var out []string
	for _, x := range c {
		if !x.Cleared {
			out = append(out, x.Person)
		}
	}
	return out
}
