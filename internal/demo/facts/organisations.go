package facts

import "strings"

// OrganisationKind is a rough grouping, ours and not the sources': the plan
// speaks only of research institutes, consultancies and the university sector
// (FP §5.4, §5.6).
type OrganisationKind string

// The groups.
const (
	ResearchInstitute OrganisationKind = "research_institute"
	Consultancy       OrganisationKind = "consultancy"
	University        OrganisationKind = "university" // universities, colleges and their parts
	Agency            OrganisationKind = "agency"
	Ministry          OrganisationKind = "ministry"
	HealthBody        OrganisationKind = "health_body"
	Association       OrganisationKind = "association" // employers, international bodies
	Media             OrganisationKind = "media"
)

// Alias is another name the same organisation goes by.
type Alias struct {
	Name   string
	Source Source
}

// Organisation is a body outside the agency's own line, or the agency itself as
// others know it. Name is the fullest form found in the source; abbreviations
// the source leaves unexplained (USN, UiT, UiA) are spelled out.
type Organisation struct {
	Key     string
	Name    string
	Kind    OrganisationKind
	Aliases []Alias
	// Cristin is the unit id in the national research archive, empty where the
	// file of units holds no unambiguous one.
	Cristin string
	// NVAFunding is the code of the body as a funding source in the national
	// research archive.
	NVAFunding string
	Parent     string // key of the organisation it is part of
	// Example marks a stand-in for an unnamed body, to which the demonstration's
	// outside persons belong.
	Example bool
	Source  Source
}

const unitsFile = "Cristin-enheter (BIBSYSDEV/publication-testing, units-norway.json)"

// CristinSource is where every Cristin id in Organisations was read.
var CristinSource = data(unitsFile)

func alias(section string, names ...string) []Alias {
	list := make([]Alias, len(names))
	for i, name := range names {
		list[i] = Alias{name, report(section)}
	}
	return list
}

// Organisations are those that some record of this package refers to. The
// sixteen first are the suppliers of 2022–2024, in the report's order.
var Organisations = []Organisation{
	{
		Key: "fafo", Name: "Fafo Institutt For Arbeidslivs- og Velferdsforskning", Kind: ResearchInstitute, Cristin: "7425.0.0.0",
		Aliases: alias("§2.1", "Fafo"), Source: report("§2.2"),
	},
	{
		Key: "ideas2evidence", Name: "IDEAS2EVIDENCE AS", Kind: Consultancy, Cristin: "20753.0.0.0",
		Aliases: alias("§2.2", "Ideas2Evidence"), Source: report("§2.2"),
	},
	{Key: "isf", Name: "Institutt For Samfunnsforskning", Kind: ResearchInstitute, Cristin: "7437.0.0.0", Source: report("§2.2")},
	{Key: "menon", Name: "Menon Economics AS", Kind: Consultancy, Cristin: "6164.0.0.0", Source: report("§2.2")},
	{
		Key: "nifu", Name: "NIFU Nordisk institutt for studier av innovasjon, forskning og utdanning", Kind: ResearchInstitute,
		Cristin: "7463.0.0.0", Aliases: alias("§2.2", "NIFU"), Source: report("§2.2"),
	},
	{
		Key: "norce", Name: "NORCE Norwegian Research Centre AS", Kind: ResearchInstitute, Cristin: "2057.0.0.0",
		Aliases: alias("vedl. Samhandling med brukere", "NORCE"), Source: report("§2.2"),
	},
	{Key: "nordlandsforskning", Name: "Nordlandsforskning AS", Kind: ResearchInstitute, Cristin: "7446.0.0.0", Source: report("§2.2")},
	{
		Key: "ntnu-samfunnsforskning", Name: "NTNU Samfunnsforskning AS", Kind: ResearchInstitute, Cristin: "7403.0.0.0",
		Aliases: alias("vedl. Innovasjon og læring", "NTNU Samfunnsforskning"), Source: report("§2.2"),
	},
	{
		Key: "oslo-economics", Name: "Oslo Economics AS", Kind: Consultancy, Cristin: "20085.0.0.0",
		Aliases: alias("§2.2", "Oslo Economics"), Source: report("§2.2"),
	},
	{
		Key: "oslomet-afi", Name: "OsloMet - Storbyuniversitetet Avd. Arbeidsforskningsinstituttet", Kind: ResearchInstitute,
		Cristin: "215.16.1.0", Parent: "oslomet",
		Aliases: append(alias("§2.2", "Oslomet AFI"), alias("vedl. Arbeidsrettede tiltak og virkemidler", "OsloMet AFI")...),
		Source:  report("§2.2"),
	},
	{
		Key: "oxford-research", Name: "Oxford Research AS", Kind: Consultancy, Cristin: "6284.0.0.0",
		Aliases: alias("§2.2", "Oxford Research", "Oxford"), Source: report("§2.2"),
	},
	{
		Key: "proba", Name: "Proba AS", Kind: Consultancy, Cristin: "20169.0.0.0",
		Aliases: append(alias("§2.2", "Proba samfunnsanalyse"), alias("vedl. Samhandling med brukere", "Proba")...),
		Source:  report("§2.2"),
	},
	{Key: "ramboll", Name: "Rambøll Management Consulting AS", Kind: Consultancy, Cristin: "20026.0.0.0", Source: report("§2.2")},
	{Key: "air", Name: "Rehabiliteringssenteret AiR AS", Kind: HealthBody, Source: report("§2.2")},
	{Key: "snf", Name: "Samfunns- og næringslivsforskning AS", Kind: ResearchInstitute, Cristin: "7572.0.0.0", Source: report("§2.2")},
	{Key: "samfunnsokonomisk-analyse", Name: "Samfunnsøkonomisk analyse AS", Kind: Consultancy, Source: report("§2.2")},

	// Institutes and firms that hold projects without being on the list of suppliers.
	{Key: "frisch", Name: "Frischsenteret", Kind: ResearchInstitute, Cristin: "7495.0.0.0", Source: report("§2.2")},
	{Key: "sintef", Name: "SINTEF", Kind: ResearchInstitute, Cristin: "7401.0.0.0", Source: report("§3.1")},
	{Key: "agenda-kaupang", Name: "Agenda Kaupang", Kind: Consultancy, Source: report("vedl. Samhandling med brukere")},
	{Key: "norsk-regnesentral", Name: "Norsk Regnesentral", Kind: ResearchInstitute, Source: report("vedl. Samhandling med brukere")},
	{Key: "tingtun", Name: "Tingtun", Kind: Consultancy, Source: report("vedl. Samhandling med brukere")},

	// Universities and colleges.
	{
		Key: "oslomet", Name: "OsloMet - Storbyuniversitetet", Kind: University, Cristin: "215.0.0.0",
		Aliases: alias("§2.1", "OsloMet"), Source: report("§4.3"),
	},
	{
		Key: "oslomet-kai", Name: "Kompetansesenter for arbeidsinkludering (KAI)", Kind: University, Parent: "oslomet",
		Aliases: append(alias("§4.3", "KAI"), Alias{"OsloMet/KAI", plan("§5.6")}), Source: report("§4.3"),
	},
	{Key: "uio", Name: "Universitetet i Oslo", Kind: University, Aliases: alias("§2.1", "UiO"), Source: report("§4.1")},
	{
		Key: "uio-jus", Name: "Det juridiske fakultet ved Universitetet i Oslo", Kind: University, Parent: "uio",
		Aliases: append(alias("§4.1", "JURFAK", "Juridisk fakultet ved Universitetet i Oslo"), Alias{"Universitetet i Oslo/Juridisk fakultet", plan("§5.6")}),
		Source:  report("§4.1"),
	},
	{
		Key: "uio-arena", Name: "ARENA senter for europaforskning", Kind: University, Parent: "uio",
		Aliases: alias("§2.1", "ARENA senter for europaforskning, UiO"), Source: report("§2.1"),
	},
	{Key: "ntnu", Name: "NTNU", Kind: University, Source: report("§2.1")},
	{
		Key: "uia", Name: "Universitetet i Agder", Kind: University, Aliases: alias("vedl. Samhandling med brukere", "UiA"),
		Source: report("vedl. Samhandling med brukere"),
	},
	{Key: "usn", Name: "Universitetet i Sørøst-Norge", Kind: University, Aliases: alias("§5a.3", "USN"), Source: report("§5a.3")},
	{Key: "uit", Name: "Universitetet i Tromsø", Kind: University, Aliases: alias("§5a.3", "UiT"), Source: report("§4")},
	{
		Key: "hinn", Name: "Høyskolen i Innlandet", Kind: University, Aliases: alias("§4.4", "HiNN", "Høyskolen i Innlandet (HiNN)"),
		Source: report("§4.4"),
	},
	{
		Key: "helse-midt-norge", Name: "Helse Midt-Norge", Kind: HealthBody,
		Aliases: []Alias{{"Helse Midt-Norge (St. Olavs hospital)", plan("§5.6")}}, Source: report("§4.2"),
	},

	// Public bodies.
	{
		Key: "nav", Name: "Nav", Kind: Agency, Cristin: "5952.0.0.0", NVAFunding: "DLW",
		Aliases: []Alias{
			{"NAV", report("Forord")},
			{"Arbeids- og velferdsdirektoratet", report("§2.2")},
			{"NAV Arbeids- og velferdsforvaltningen", CristinSource},
		}, Source: report("Forord"),
	},
	{
		Key: "aid", Name: "Arbeids- og inkluderingsdepartementet", Kind: Ministry,
		Aliases: []Alias{{"Arbeids- og sosialdepartementet", plan("§1")}, {"ASD", plan("§2.3")}}, Source: report("§3.1"),
	},
	{
		Key: "forskningsradet", Name: "Norges forskningsråd", Kind: Agency,
		Aliases: append(alias("§5a.3", "NFR"), Alias{"Forskningsrådet", plan("§5.5")}), Source: plan("§5"),
	},
	{
		Key: "fhi", Name: "Folkehelseinstituttet", Kind: Agency,
		Aliases: []Alias{{"FHI", plan("§5.4")}, {"Kunnskapssenteret ved FHI", plan("§5.4")}}, Source: plan("§5.4"),
	},
	{
		Key: "ssb", Name: "Statistisk sentralbyrå", Kind: Agency, Aliases: alias("vedl. Samhandling med brukere", "SSB"),
		Source: report("vedl. Samhandling med brukere"),
	},

	// Those whose people spoke at the conference of 2022.
	{Key: "oecd", Name: "OECD", Kind: Association, Source: report("§3.2")},
	{Key: "nho", Name: "NHO", Kind: Association, Source: report("§3.2")},
	{Key: "kompetansebehovsutvalget", Name: "Kompetansebehovsutvalget", Kind: Association, Source: report("§3.2")},
	{Key: "e24", Name: "E24", Kind: Media, Source: report("§3.2")},

	// Stand-ins for the demonstration's outside persons and example projects.
	{Key: "eksempel-institutt", Name: "Forskningsinstitutt (eksempel)", Kind: ResearchInstitute, Example: true, Source: made},
	{Key: "eksempel-universitet", Name: "Universitet (eksempel)", Kind: University, Example: true, Source: made},
	{Key: "eksempel-fagmiljo", Name: "Fagmiljø (eksempel)", Kind: University, Example: true, Source: made},
	{Key: "eksempel-leverandor", Name: "Leverandør (eksempel)", Kind: Consultancy, Example: true, Source: made},
}

// OrganisationNamed finds the organisation by its name or an alias, whatever
// the case of the letters.
func OrganisationNamed(name string) (Organisation, bool) {
	for _, o := range Organisations {
		if strings.EqualFold(o.Name, name) {
			return o, true
		}
		for _, a := range o.Aliases {
			if strings.EqualFold(a.Name, name) {
				return o, true
			}
		}
	}
	return Organisation{}, false
}
