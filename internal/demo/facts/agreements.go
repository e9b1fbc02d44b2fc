package facts

import (
	"slices"
	"time"
)

// Framework is a type of framework agreement for commissions. The types change
// from round to round: four in 2018–2021, three in 2022–2024.
type Framework struct {
	Key       string
	Round     string // key of the round
	Type      string // the source's name of the type
	ValidFrom time.Time
	ValidTo   time.Time // last day, UTC, without the option
	OptionTo  time.Time // last day if the option is used
	Source    Source
}

// ValidOn reports whether call-offs could be made on the day, with or without
// the option used.
func (f Framework) ValidOn(day time.Time, optionUsed bool) bool {
	last := f.ValidTo
	if optionUsed {
		last = f.OptionTo
	}
	return !day.Before(f.ValidFrom) && !day.After(last)
}

// Round is a set of framework agreements made together. The report says which
// suppliers are in at least one of the three agreements of 2022, and not which
// are in which; so the suppliers belong to the round, and a loader that needs
// them per agreement must say that the tie is not known.
type Round struct {
	Key       string
	Title     string
	Suppliers []string // organisation keys, in the source's order; empty when not named
	Note      Text
	Source    Source
}

// The rounds of framework agreements.
const (
	Round2018 = "rammeavtaler-2018"
	Round2022 = "rammeavtaler-2022"
)

// Rounds are the agreements of 2022 and those before them.
var Rounds = []Round{
	{
		Round2018, "Rammeavtaler for FoU-oppdrag 2018–2021", nil,
		nb("Planen nevner fire typer og ingen leverandører. Den ga mulighet til å forlenge avtalene med ett år."), plan("§5.1"),
	},
	{
		Round2022, "Rammeavtaler for FoU-oppdrag 2022–2024",
		[]string{
			"fafo", "ideas2evidence", "isf", "menon", "nifu", "norce", "nordlandsforskning", "ntnu-samfunnsforskning",
			"oslo-economics", "oslomet-afi", "oxford-research", "proba", "ramboll", "air", "snf", "samfunnsokonomisk-analyse",
		},
		nn("Kvar av dei 16 leverandørane er med i minst éin av dei tre avtalane. Kjelda seier ikkje i kva for ein."), report("§2.2"),
	},
}

func framework(key, round, kind string, source Source) Framework {
	f := Framework{Key: key, Round: round, Type: kind, Source: source}
	if round == Round2018 {
		f.ValidFrom, f.ValidTo, f.OptionTo = date(2018, 1, 1), date(2021, 12, 31), date(2022, 12, 31)
	} else {
		f.ValidFrom, f.ValidTo, f.OptionTo = date(2022, 1, 1), date(2024, 12, 31), date(2026, 12, 31)
	}
	return f
}

// Frameworks are the agreements of both rounds. The sources give years only;
// the days are the first and the last of them.
var Frameworks = []Framework{
	framework("evalueringer-2018", Round2018, "Evalueringer og kartlegginger", plan("§5.1")),
	framework("oppsummeringer-2018", Round2018, "Kunnskapsoppsummeringer og litteraturgjennomganger", plan("§5.1")),
	framework("effektanalyser-2018", Round2018, "Effektanalyser", plan("§5.1")),
	framework("forsok-2018", Round2018, "Forsøk og utprøvinger", plan("§5.1")),
	framework("evalueringer-2022", Round2022, "Evalueringer og kartlegginger", report("§2.2")),
	framework("oppsummeringer-2022", Round2022, "Kunnskaps- og litteraturoppsummeringer", report("§2.2")),
	framework("effektanalyser-2022", Round2022, "Effektanalyser", report("§2.2")),
}

// FrameworksOf gives the agreements of a round.
func FrameworksOf(round string) []Framework {
	return slices.DeleteFunc(slices.Clone(Frameworks), func(f Framework) bool { return f.Round != round })
}

// Course is a course a partnership has led to.
type Course struct {
	Title    string
	Students int // per class or in all, as PerClass says; 0 when not given
	Classes  int // 0 when not given
	PerClass bool
	Note     Text
}

// Partnership is a strategic agreement with a university or college.
type Partnership struct {
	Key      string
	Title    string
	Partners []string // organisation keys, the host first
	Start    When
	// End is the end of the period agreed on, or when it was ended.
	End      When
	Ended    bool // ended by the turn of 2022
	Extended Text // empty when never extended
	Areas    []string
	Projects int // R&D projects it has led to, 0 when not given
	Courses  []Course
	About    Text
	// Joined tells who came in later and when, with the source of each claim.
	Joined []Joining
	Source Source
}

// ActiveOn reports whether the agreement ran on the day. Where the end is given
// as a year, it counts as running until that year's last day.
func (p Partnership) ActiveOn(day time.Time) bool {
	if p.Start.Known() && day.Before(p.Start.From) {
		return false
	}
	if p.Ended || p.End.Known() {
		return day.Before(p.End.To)
	}
	return true
}

// Joining is a claim that a body joined a partnership at some time.
type Joining struct {
	Organisation string
	When         When
	Holds        bool // false for a forecast that a later source corrects
	Source       Source
}

// Partnerships are the five agreements made; four of them run.
var Partnerships = []Partnership{
	{
		Key: "uio-jus", Title: "Samarbeidsavtale med Det juridiske fakultet ved Universitetet i Oslo", Partners: []string{"uio-jus"},
		Start: inSpring(2021), End: When{date(2031, 1, 1), date(2031, 12, 31), "2031", PrecisionYear},
		Areas:   []string{"Trygderett", "Digital velferdsstat", "Klart språk", "EØS-rett og øvrige internasjonale forpliktelser på trygderettens område"},
		Courses: []Course{{Title: "Trygderett og digital velferdsstat", Classes: 1, Note: nb("Holdt høsten 2022, med ny runde høsten 2023.")}},
		About:   nn("Skal byggje opp juridisk forsking og utdanning om det Nav forvaltar, og styrkje den juridiske kompetansen i etaten."),
		Source:  report("§4.1"),
	},
	{
		Key: "ntnu", Title: "Strategisk samarbeidsavtale med NTNU", Partners: []string{"ntnu", "helse-midt-norge"},
		Start: inAutumn(2018), End: unknown(),
		Areas: []string{"Arbeid og helse", "Digitalisering", "Velferdsteknologi", "Organisasjon og læring"},
		About: nb("De to første programområdene har mange prosjekter, flere av dem betalt av andre. De to siste kom senere i gang."),
		Joined: []Joining{
			{"helse-midt-norge", inMonth(2019, 12), true, report("§4.2")},
			{"helse-midt-norge", inYear(2021).reading("trolig i 2021"), false, plan("§5.6")},
		},
		Source: report("§4.2"),
	},
	{
		Key: "oslomet-kai", Title: "Samarbeidsavtale med OsloMet om Kompetansesenter for arbeidsinkludering", Partners: []string{"oslomet", "oslomet-kai"},
		Start: inYear(2016), End: inYear(2023).reading("to år fra 2021"), Extended: nn("Forlengd med to år i 2021."),
		Areas:  []string{"Arbeidsinkludering"},
		About:  nb("Senteret utvikler og sprer kunnskap om arbeidsinkludering gjennom frokostmøter, kronikker og en podkast."),
		Source: report("§4.3"),
	},
	{
		Key: "hinn", Title: "Samarbeidsavtale med Høyskolen i Innlandet", Partners: []string{"hinn"},
		Start: inYear(2017), End: When{date(2026, 1, 1), date(2026, 12, 31), "2026", PrecisionYear}, Extended: nb("Forlenget med fire år, 2023–2026."),
		Areas: []string{"Unge og utenforskap", "Digitalisering og den nye veilederrollen", "Lovanvendelse i praksis"}, Projects: 12,
		Courses: []Course{
			{Title: "NAV veiledningsstudiet", Students: 37, Note: nn("Studentar i 2022.")},
			{Title: "NAV prosessledelse", Students: 30, Classes: 6, PerClass: true, Note: nb("Alle kull til nå.")},
			{Title: "Forvaltningsrett i NAV", Students: 40, Classes: 2, PerClass: true, Note: nn("Kull i 2022.")},
			{Title: "Prosessverktøyet Kompetanseledelse"},
		},
		About:  nn("Forsking og kurs som skal gjere tenestene betre. Ein gong i månaden legg ein forskar fram noko for dei tilsette i «Kunnskapstimen»."),
		Source: report("§4.4"),
	},
	{
		Key: "uit", Title: "Samarbeidsavtale med Universitetet i Tromsø", Partners: []string{"uit"},
		Start: unknown(), End: inYear(2022), Ended: true,
		Areas:  []string{"Universitets-NAV", "ALIN (Arbeidsinkludering, læring og innovasjon i NAV)"},
		About:  nb("Utvikling av ideen «Universitets-NAV» og forskningsprosjektet ALIN. Avsluttet i 2022."),
		Source: Source{DocReport, "§4; Nav FoU-plan 2021–2025 §5.6"},
	},
}
