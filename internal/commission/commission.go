// Package commission holds the framework agreements under which Nav commissions
// research: what kind of work each is for, when call-offs can be made, and which
// suppliers may be asked (FP §5.1).
//
// The kinds of work change from round to round, so they are data. Call-offs are
// not run in Funn yet; a project links to the agreement that was in force when it
// was commissioned.
package commission

import (
	"embed"
	"slices"
	"time"

	"funn/internal/platform/db"
	"funn/internal/platform/record"
)

// Migrations hold the table agreement.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the kind's texts.
//
//go:embed messages/*.json
var Messages embed.FS

// The states of a framework agreement (requirements 3.4).
const (
	Draft    = "UTKAST"
	Active   = "AKTIV"
	Extended = "FORLENGET"
	Ended    = "AVSLUTTET"
	Broken   = "AVBRUTT"
)

// Agreement is a framework agreement on one kind of work with several suppliers.
type Agreement struct {
	record.Head
	Round            string            `db:"round"`   // the agreements that were made together: "2022–2024"
	Subject          string            `db:"subject"` // the kind of work, in the agreement's words
	Note             string            `db:"note"`    // in the language of the head
	ValidFrom        time.Time         `db:"valid_from"`
	ValidTo          time.Time         `db:"valid_to"`           // last day, the option used so far included
	OptionTo         time.Time         `db:"option_to"`          // last day if the option is used; zero when there is none left
	Suppliers        db.JSON[[]string] `db:"suppliers"`          // ids of organisations
	SuppliersOfRound bool              `db:"suppliers_of_round"` // the source names the suppliers of the round, not of this agreement
	Options          db.JSON[[]Option] `db:"options"`            // how options were decided, the oldest first
}

// Option is a decision to use an option to extend, or not to.
type Option struct {
	Used   bool      `json:"used"`
	Before time.Time `json:"before"` // last day before the decision
	At     time.Time `json:"at"`     // day of the decision
	Reason string    `json:"reason"`
}

// InForce says whether call-offs can be made on the day.
func (a *Agreement) InForce(day time.Time) bool {
	return (a.State == Active || a.State == Extended) && !day.Before(a.ValidFrom) && !day.After(a.ValidTo)
}

// Round is a set of agreements made together, with every supplier that is in at
// least one of them once.
type Round struct {
	Name       string
	Agreements []*Agreement
	Suppliers  []string // ids
	OfRound    bool     // the suppliers cannot be tied to the single agreements
}

// Rounds groups agreements by round, in the order in which they come.
func Rounds(agreements []*Agreement) []Round {
	var out []Round
	for _, a := range agreements {
		i := slices.IndexFunc(out, func(r Round) bool { return r.Name == a.Round })
		if i < 0 {
			i = len(out)
			out = append(out, Round{Name: a.Round})
		}
		r := &out[i]
		r.Agreements = append(r.Agreements, a)
		r.OfRound = r.OfRound || a.SuppliersOfRound
		for _, s := range a.Suppliers.V {
			if !slices.Contains(r.Suppliers, s) {
				r.Suppliers = append(r.Suppliers, s)
			}
		}
	}
	return out
}
