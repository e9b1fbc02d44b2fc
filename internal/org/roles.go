package org

import (
	"slices"

	"funn/internal/platform/access"
)

// The roles of the plan's table 1 and chapter 8, and those around them. The keys
// are the ids of the demo's persons and what the setting FUNN_ROLES names.
const (
	FoU           access.Role = "fou"           // case worker in the R&D section
	SubjectOwner  access.Role = "fageier"       // owner of a subject: has needs, decides on use
	Committee     access.Role = "utvalg"        // member of the R&D committee
	Analysis      access.Role = "analyse"       // analyst in the analysis section
	Legal         access.Role = "jurist"        // lawyer in the legal section
	Statistics    access.Role = "statistikk"    // case worker in the statistics section
	Procurement   access.Role = "anskaffelse"   // buyer in the procurement office
	Communication access.Role = "kommunikasjon" // adviser in the communication department
	County        access.Role = "fylke"         // adviser in a county office
	Office        access.Role = "kontor"        // lead professional at a local office
	Researcher    access.Role = "forsker"       // researcher and project leader, outside
	Assessor      access.Role = "fagvurderer"   // assessor of applications, outside
	Supplier      access.Role = "leverandor"    // bidder at a supplier, outside
	ProductTeam   access.Role = "produktteam"   // member of a digital product team
	Library       access.Role = "bibliotek"     // librarian
	Director      access.Role = "leder"         // director of the directorate
	Line          access.Role = "atl"           // line for work and services
	Admin         access.Role = "admin"         // settings and grants, no case work
)

// Roles lists every role, in the order in which lists show them.
var Roles = []access.Role{
	FoU, SubjectOwner, Committee, Analysis, Legal, Statistics, Procurement, Communication, County, Office,
	ProductTeam, Library, Director, Line, Admin, Researcher, Assessor, Supplier,
}

// Owners are the roles that can own a subject, and with it a need and what answers
// it: "alle som har et faglig ansvar" (FP §8.1), so that an office or a county owns
// its own.
var Owners = []access.Role{SubjectOwner, Line, Director, ProductTeam, County, Office}

var outside = []access.Role{Researcher, Assessor, Supplier}

// Staff says whether the role is one of the agency's own.
func Staff(role access.Role) bool {
	return slices.Contains(Roles, role) && !slices.Contains(outside, role)
}

// Keys gives the roles as plain text, for the setting FUNN_ROLES and for forms.
func Keys() []string {
	out := make([]string, len(Roles))
	for i, r := range Roles {
		out[i] = string(r)
	}
	return out
}
