package facts

// Role is the key of a role a person can hold.
type Role string

// The roles of the demonstration.
const (
	RoleResearchUnit  Role = "fou"           // caseworker of the R&D section
	RoleOwner         Role = "fageier"       // owner of a subject field: has needs, decides on use
	RoleCommittee     Role = "utvalg"        // member of the R&D committee: decides on funding
	RoleAnalyst       Role = "analyse"       // analyst of the analysis section
	RoleLawyer        Role = "jurist"        // decides on dispensation from confidentiality
	RoleStatistics    Role = "statistikk"    // extracts and hands over register data
	RoleProcurement   Role = "anskaffelse"   // office for procurement
	RoleCommunication Role = "kommunikasjon" // communication department
	RoleCounty        Role = "fylke"         // adviser in a county office
	RoleOffice        Role = "kontor"        // local office
	RoleResearcher    Role = "forsker"       // outside applicant and project leader
	RoleAssessor      Role = "fagvurderer"   // outside assessor of applications
	RoleSupplier      Role = "leverandor"    // outside bidder under a framework agreement
	RoleProductTeam   Role = "produktteam"   // digital product team
	RoleLibrary       Role = "bibliotek"     // librarian
	RoleDirector      Role = "leder"         // director of the directorate
	RoleServiceLine   Role = "atl"           // line for work and services: gates of trials
	RoleAdmin         Role = "admin"         // settings and role grants, no case work
)

// Person is someone who can log in to the demonstration: a role, named by it.
// Nobody real is meant and no name is made up. Exactly one of Unit and
// Organisation is set.
type Person struct {
	ID           string // as posted to /logginn
	Title        Words
	Unit         string // key, for those inside the agency
	Organisation string // key, for those outside
	Roles        []Role
	Source       Source
}

// Persons are the demonstration's persons. Where a decision takes two, there
// is a second of the kind.
var Persons = []Person{
	{"fou", Words{"Saksbehandler i FoU-seksjonen", "Saksbehandlar i FoU-seksjonen", "Caseworker in the R&D section"}, "fou", "", []Role{RoleResearchUnit}, made},
	{"fou2", Words{"Saksbehandler 2 i FoU-seksjonen", "Saksbehandlar 2 i FoU-seksjonen", "Caseworker 2 in the R&D section"}, "fou", "", []Role{RoleResearchUnit}, made},
	{"fageier", Words{"Fageier i en fagavdeling", "Fageigar i ei fagavdeling", "Subject owner in a department"}, "fagavdeling", "", []Role{RoleOwner}, made},
	{"fageier2", Words{"Fageier i et produktområde", "Fageigar i eit produktområde", "Subject owner in a product area"}, "produktomrade", "", []Role{RoleOwner}, made},
	{"utvalg", Words{"Medlem av FoU-utvalget", "Medlem av FoU-utvalet", "Member of the R&D committee"}, "fou-utvalget", "", []Role{RoleCommittee}, made},
	{"utvalg2", Words{"Medlem 2 av FoU-utvalget", "Medlem 2 av FoU-utvalet", "Member 2 of the R&D committee"}, "fou-utvalget", "", []Role{RoleCommittee}, made},
	{"analyse", Words{"Analytiker i Analyseseksjonen", "Analytikar i Analyseseksjonen", "Analyst in the analysis section"}, "analyse", "", []Role{RoleAnalyst}, made},
	{"analyse2", Words{"Analytiker 2 i Analyseseksjonen", "Analytikar 2 i Analyseseksjonen", "Analyst 2 in the analysis section"}, "analyse", "", []Role{RoleAnalyst}, made},
	{"jurist", Words{"Jurist i Juridisk seksjon", "Jurist i Juridisk seksjon", "Lawyer in the legal section"}, "juridisk", "", []Role{RoleLawyer}, made},
	{"statistikk", Words{"Saksbehandler i Statistikkseksjonen", "Saksbehandlar i Statistikkseksjonen", "Caseworker in the statistics section"}, "statistikk", "", []Role{RoleStatistics}, made},
	{"anskaffelse", Words{"Innkjøper i Kontor for driftsanskaffelser", "Innkjøpar i Kontor for driftsanskaffelser", "Buyer in the procurement office"}, "driftsanskaffelser", "", []Role{RoleProcurement}, made},
	{"kommunikasjon", Words{"Rådgiver i Kommunikasjonsavdelingen", "Rådgivar i Kommunikasjonsavdelinga", "Adviser in the communication department"}, "kom", "", []Role{RoleCommunication}, made},
	{"fylke", Words{"Rådgiver i et fylkeskontor", "Rådgivar i eit fylkeskontor", "Adviser in a county office"}, "eksempel-fylke", "", []Role{RoleCounty}, made},
	{"kontor", Words{"Fagansvarlig ved et Nav-kontor", "Fagansvarleg ved eit Nav-kontor", "Lead professional at a Nav office"}, "eksempel-kontor-a", "", []Role{RoleOffice}, made},
	{"produktteam", Words{"Medlem av et produktteam", "Medlem av eit produktteam", "Member of a product team"}, "produktomrade", "", []Role{RoleProductTeam}, made},
	{"bibliotek", Words{"Bibliotekar i Arbeids- og velferdsbiblioteket", "Bibliotekar i Arbeids- og velferdsbiblioteket", "Librarian in the agency's library"}, "bibliotek", "", []Role{RoleLibrary}, made},
	{"leder", Words{"Direktør for direktoratet", "Direktør for direktoratet", "Director of the directorate"}, "direktoratet", "", []Role{RoleDirector}, made},
	{"atl", Words{"Rådgiver i Arbeids- og tjenestelinjen", "Rådgivar i Arbeids- og tenestelinja", "Adviser in the line for work and services"}, "atl", "", []Role{RoleServiceLine}, made},
	{"admin", Words{"Systemforvalter for Funn", "Systemforvaltar for Funn", "System manager of Funn"}, "fou", "", []Role{RoleAdmin}, made},
	{"forsker", Words{"Forsker og prosjektleder", "Forskar og prosjektleiar", "Researcher and project leader"}, "", "eksempel-institutt", []Role{RoleResearcher}, made},
	{"fagvurderer", Words{"Fagvurderer fra et universitet", "Fagvurderar frå eit universitet", "Assessor from a university"}, "", "eksempel-universitet", []Role{RoleAssessor}, made},
	{"fagvurderer2", Words{"Fagvurderer fra et annet fagmiljø", "Fagvurderar frå eit anna fagmiljø", "Assessor from another institution"}, "", "eksempel-fagmiljo", []Role{RoleAssessor}, made},
	{"leverandor", Words{"Tilbyder hos en leverandør", "Tilbydar hos ein leverandør", "Bidder at a supplier"}, "", "eksempel-leverandor", []Role{RoleSupplier}, made},
}
