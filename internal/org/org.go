// Package org knows who takes part in Nav's research and development: the units
// of the agency, the organisations that it works with, the people, and which
// roles they hold where and when.
//
// Every other module may import it. Who may do what stands in each kind's
// lifecycle; this package only says who holds a role today. A right that is
// taken away is gone on the person's next request, because nothing here is
// remembered between requests.
package org

import (
	"embed"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/record"
)

// Migrations hold the tables of units, organisations and persons.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the texts of the three kinds and the names of the roles.
//
//go:embed messages/*.json
var Messages embed.FS

// The states that units, organisations and persons share.
const (
	Active = "AKTIV"
	Ended  = "AVSLUTTET"
)

// The types of unit. A county is the geographic one, in the years that it was
// valid; a county office is Nav's own, whose borders are others.
const (
	TypeDirectorate  = "directorate"
	TypeDepartment   = "department"
	TypeSection      = "section"
	TypeCommittee    = "committee"
	TypeNetwork      = "network"
	TypeProductArea  = "product_area"
	TypeCountyOffice = "county_office"
	TypeLocalOffice  = "local_office"
	TypeCounty       = "county"
	TypeMinistry     = "ministry"
	TypeExternal     = "external"
)

// UnitTypes lists the types of unit in the order in which they are shown.
var UnitTypes = []string{
	TypeDirectorate, TypeDepartment, TypeSection, TypeProductArea, TypeCommittee, TypeNetwork,
	TypeCountyOffice, TypeLocalOffice, TypeCounty, TypeMinistry, TypeExternal,
}

// Unit is a part of the agency, or a body that is treated like one. Its Unit in
// the head is its own path, so that who holds a role in it or above it can act.
type Unit struct {
	record.Head
	Path      string              `db:"path"`       // "avdir/kun/fou": lower-case ASCII, from the top
	Type      string              `db:"unit_type"`  // one of UnitTypes
	About     string              `db:"about"`      // its task, in the language of the head
	Aliases   db.JSON[[]string]   `db:"aliases"`    // abbreviations and other names
	ValidFrom time.Time           `db:"valid_from"` // first day; zero when not known
	ValidTo   time.Time           `db:"valid_to"`   // last day; zero while it stands
	Capacity  db.JSON[[]Capacity] `db:"capacity"`
}

// Parent gives the path of the unit above, or nothing at the top.
func (u *Unit) Parent() string {
	for i := len(u.Path) - 1; i >= 0; i-- {
		if u.Path[i] == '/' {
			return u.Path[:i]
		}
	}
	return ""
}

// ValidOn says whether the unit stood on the day. An unknown end of its time is open.
func (u *Unit) ValidOn(day time.Time) bool { return within(day, u.ValidFrom, u.ValidTo) }

// Capacity says whether a unit can do its part of a step of the plan's table 1,
// whose fourth column names capacity as what each step depends on (FP §8.2).
type Capacity struct {
	Area    string    `json:"area"`    // one of CapacityAreas
	Percent int       `json:"percent"` // of what is asked for, 0–100
	Note    string    `json:"note,omitempty"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"` // last day; zero until further notice
}

// CapacityAreas are the dependencies of FP §8.2 table 1 that name a capacity, in
// the table's order.
var CapacityAreas = []string{"ask", "describe", "procure", "procurement_office", "legal", "data_release", "assess_findings", "plan_use", "disseminate", "use"}

// CapacityOn gives the capacity told for the area on the day; the latest told
// counts. ok is false when none was.
func (u *Unit) CapacityOn(area string, day time.Time) (Capacity, bool) {
	for i := len(u.Capacity.V) - 1; i >= 0; i-- {
		if c := u.Capacity.V[i]; c.Area == area && within(day, c.From, c.To) {
			return c, true
		}
	}
	return Capacity{}, false
}

// OrganisationTypes are rough groups, ours and not the plan's.
var OrganisationTypes = []string{"research_institute", "consultancy", "university", "agency", "ministry", "health_body", "association", "media", "other"}

// Organisation is a body outside the agency's own line. It has one title and any
// number of other names, because the same body is written in many ways.
type Organisation struct {
	record.Head
	Type        string                `db:"org_type"`    // one of OrganisationTypes
	Parent      string                `db:"parent,null"` // id of the organisation that it is part of
	Aliases     db.JSON[[]Alias]      `db:"aliases"`
	Identifiers db.JSON[[]Identifier] `db:"identifiers"`
}

// Alias is another name of an organisation, in the time that it was used.
type Alias struct {
	Name   string    `json:"name"`
	From   time.Time `json:"from,omitzero"`
	To     time.Time `json:"to,omitzero"` // last day
	Source string    `json:"source,omitempty"`
}

// Identifier is what a register calls an organisation.
type Identifier struct {
	Scheme string `json:"scheme"` // one of Schemes
	Value  string `json:"value"`
}

// Identified gives the organisation's identifier in the scheme, or nothing.
func (o *Organisation) Identified(scheme string) string {
	for _, i := range o.Identifiers.V {
		if i.Scheme == scheme {
			return i.Value
		}
	}
	return ""
}

// Person is somebody who can log in or who leads a project. Funn keeps no
// national identity number and nothing about anybody's private life.
type Person struct {
	record.Head
	Email        string                     `db:"email"`  // lower case; empty when not known
	Titles       db.JSON[map[string]string] `db:"titles"` // what the person is, by language tag
	Staff        bool                       `db:"staff"`  // employed by the agency
	Organisation string                     `db:"organisation,null"`
	Grants       db.JSON[[]Grant]           `db:"grants"`
	StandIns     db.JSON[[]StandIn]         `db:"stand_ins"` // who stands in for this person
	Issuer       string                     `db:"issuer,null"`
	Subject      string                     `db:"subject,null"` // of the issuer's login service
}

// Grant is a role in a unit for a time. The role covers the units below it.
type Grant struct {
	Role  access.Role `json:"role"`
	Unit  string      `json:"unit,omitempty"` // path; empty for people outside the agency
	From  time.Time   `json:"from,omitzero"`
	To    time.Time   `json:"to,omitzero"`     // last day
	Login bool        `json:"login,omitempty"` // follows from a group of the login service
}

// On says whether the grant holds on the day.
func (g Grant) On(day time.Time) bool { return within(day, g.From, g.To) }

// StandIn is who acts for somebody, and when.
type StandIn struct {
	PersonID string    `json:"person_id"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to,omitzero"` // last day; zero until it is ended
}

// On says whether the stand-in acts on the day.
func (s StandIn) On(day time.Time) bool { return within(day, s.From, s.To) }

// Holds says whether the person has one of the roles on the day.
func (p *Person) Holds(day time.Time, roles ...access.Role) bool {
	for _, g := range p.Grants.V {
		for _, r := range roles {
			if g.Role == r && g.On(day) {
				return true
			}
		}
	}
	return false
}

// within says whether the day lies from the first to the last, both included;
// an end that is zero is open.
func within(day, first, last time.Time) bool {
	return (first.IsZero() || !day.Before(first)) && (last.IsZero() || !day.After(last))
}
