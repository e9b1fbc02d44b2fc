package facts

import "time"

// The keys of the counts that can be computed from this package's records.
const (
	CountGrantsFinished        = "bidrag-avsluttet"
	CountGrantsInteraction     = "bidrag-avsluttet-samhandling"
	CountGrantsRunning         = "bidrag-i-portefoljen"
	CountGrantsStarted         = "bidrag-startet"
	CountGrantsOpening         = "bidrag-ved-inngangen"
	CountCommissionsProcured   = "oppdrag-anskaffet"
	CountCommissionsNamed      = "oppdrag-anskaffet-navngitt"
	CountCommissionsRunning    = "oppdrag-pagaende"
	CountCommissionsFinished   = "oppdrag-ferdigstilt"
	CountPhDCompleted          = "phd-fullfort"
	CountPhDRunning            = "phd-pagaende"
	CountSketches              = "skisser"
	CountApplications          = "soknader"
	CountAwards                = "tildelinger"
	CountSuppliers             = "leverandorer"
	CountFrameworks            = "rammeavtaler"
	CountFrameworksEarlier     = "rammeavtaler-2018"
	CountPartnershipsMade      = "samarbeidsavtaler-inngatt"
	CountPartnershipsRunning   = "samarbeidsavtaler-pagaende"
	CountAnnex                 = "vedlegg"
	CountAnnexGrants           = "vedlegg-avsluttede-bidrag"
	CountAnnexCommissions      = "vedlegg-ferdige-oppdrag"
	CountThemes                = "temaer"
	CountInsights              = "innsikt"
	CountBreakfasts            = "kai-frokoster"
	CountConferenceSeats       = "konferanse-plasser"
	CountNetworkFirstGathering = "nettverk-deltakere"
	CountNetworkPlanned        = "nettverk-planlagt"
	CountPartnershipProjects   = "hinn-prosjekter"
	CountPartnershipCourses    = "hinn-kurs"
	CountAwardedNOK            = "tildelt-kroner"
	CountFrameNOK              = "ramme-kroner"
)

// Count is a number the source states, or that follows from such numbers. The
// package's tests compare it with the records.
type Count struct {
	Key     string
	Label   Text
	Value   int64
	Derived bool // follows from stated numbers, is not stated itself
	Source  Source
}

// Counts are the numbers of the year that the records here must add up to.
var Counts = []Count{
	{CountGrantsFinished, nb("Bidragsprosjekter avsluttet i 2022"), 7, false, report("§2.1")},
	{CountGrantsInteraction, nb("… av dem under Samhandling med brukere"), 6, false, report("§2.1")},
	{CountGrantsRunning, nb("Bidragsprosjekter ved inngangen til 2023"), 15, false, report("§2.1")},
	{CountGrantsStarted, nb("Bidragsprosjekter startet i 2022"), 6, false, report("§2.1")},
	// 15 + 7 − 6, if the six new ones are among the fifteen.
	{CountGrantsOpening, nb("Bidragsprosjekter ved inngangen til 2022"), 16, true, report("§2.1")},
	{CountCommissionsProcured, nb("Oppdrag anskaffet i 2022 om evaluering og kartlegging"), 10, false, report("§2.2")},
	{CountCommissionsNamed, nb("… av dem navngitt"), 7, true, report("§2.2")},
	{CountCommissionsRunning, nb("Oppdrag pågående ved årsskiftet"), 14, false, report("§2.2")},
	{CountCommissionsFinished, nb("Oppdrag ferdigstilt i 2022"), 6, false, report("§2.2")},
	{CountPhDCompleted, nb("Doktorgrader fullført i 2022"), 3, false, report("§5a.3")},
	{CountPhDRunning, nb("Doktorgradsprosjekter ved årsskiftet"), 7, false, report("§5a.3")},
	{CountSketches, nn("Skisser til Pålitelig forvaltning"), 13, false, report("§2.1")},
	{CountApplications, nn("Søknader til Pålitelig forvaltning"), 8, false, report("§2.1")},
	{CountAwards, nn("Tildelingar i Pålitelig forvaltning"), 6, false, report("§2.1")},
	{CountAwardedNOK, nn("Kroner tildelte i Pålitelig forvaltning"), 22_000_000, false, report("§2.1")},
	{CountFrameNOK, nn("Kroner i ramme for Pålitelig forvaltning"), 30_000_000, false, report("§2.1")},
	{CountSuppliers, nb("Leverandører med rammeavtale 2022–2024"), 16, true, report("§2.2")},
	{CountFrameworks, nb("Typer rammeavtaler 2022–2024"), 3, false, report("§2.2")},
	{CountFrameworksEarlier, nb("Typer rammeavtaler 2018–2021"), 4, false, plan("§5.1")},
	{CountPartnershipsMade, nn("Inngåtte samarbeidsavtalar"), 5, false, report("§4")},
	{CountPartnershipsRunning, nn("Samarbeidsavtalar som går"), 4, false, report("§4")},
	{CountAnnex, nb("Oppføringer i vedlegget"), 14, true, report("vedl.")},
	{CountAnnexGrants, nb("Avsluttede bidrag med oppføring i vedlegget"), 7, true, report("vedl.")},
	{CountAnnexCommissions, nb("Ferdige oppdrag med oppføring i vedlegget"), 5, true, report("vedl.")},
	{CountThemes, nb("Temaer i planen"), 4, false, report("§1.2")},
	{CountInsights, nn("Funn i innsiktsarbeidet"), 6, true, report("§3.4")},
	{CountBreakfasts, nn("KAI-frukostar"), 5, false, report("§4.3")},
	{CountConferenceSeats, nb("Plasser på NAV-konferansen"), 300, false, report("Forord")},
	{CountNetworkFirstGathering, nb("Deltakere på første nettverkssamling, omtrent"), 30, false, report("§5a.2")},
	{CountNetworkPlanned, nn("Planlagde nettverkssamlingar i året"), 3, false, report("§5a.2")},
	{CountPartnershipProjects, nb("FoU-prosjekter fra samarbeidet med HiNN"), 12, false, report("§4.4")},
	{CountPartnershipCourses, nb("Kurs fra samarbeidet med HiNN"), 4, false, report("§4.4")},
}

// AnnexSplit is the number of annex entries under each heading.
var AnnexSplit = map[string]int{
	HeadingMeasures: 3, HeadingInteraction: 7, HeadingSocial: 1, HeadingHealth: 1, HeadingLearning: 1, HeadingOther: 1,
}

// Qualifier says how exact a stated figure is.
type Qualifier string

// The qualifiers the report uses.
const (
	Exactly  Qualifier = ""
	About    Qualifier = "om lag"
	MoreThan Qualifier = "over"
	Nearly   Qualifier = "nesten"
	AtMost   Qualifier = "inntil"
)

// Figure is a number the report states and no record here can produce.
type Figure struct {
	Key       string
	Label     Text
	Value     int64
	Unit      string // persons, posts, percent …; nb
	Qualifier Qualifier
	Source    Source
}

// Figures on channels, library and data delivery in 2022.
var Figures = []Figure{
	{"facebook-folgere", nb("Følgere av NAV Kunnskap på Facebook ved årsskiftet"), 8_000, "personer", MoreThan, report("§3.3")},
	{"facebook-nadd", nb("Nådd på Facebook"), 400_000, "personer", Nearly, report("§3.3")},
	{"facebook-poster", nb("Poster på Facebook"), 42, "poster", Exactly, report("§3.3")},
	{"toppost-nadd", nb("Nådd av den mest populære posten, om småbarnsforeldre og ulønnet permisjon"), 126_000, "personer", About, report("§3.3")},
	{"toppost-reaksjoner", nb("Reaksjoner på den mest populære posten"), 16_000, "reaksjoner", Exactly, report("§3.3")},
	{"idunn-artikler", nn("Artiklar lesne i Idunn"), 2_487, "artikler", Exactly, report("§3.5")},
	{"nye-boker", nn("Nye bøker"), 700, "bøker", About, report("§3.5")},
	{"utlan-vekst", nn("Auke i talet på lån"), 279, "prosent", Exactly, report("§3.5")},
	{"lanere-vekst", nn("Auke i talet på lånarar"), 58, "prosent", Exactly, report("§3.5")},
	{"savnede-boker", nn("Bøker som er borte"), 200, "bøker", About, report("§3.5")},
	{"bibliotekstillinger", nn("Fulle stillingar i biblioteket"), 2, "stillinger", Exactly, report("§3.5")},
	{"datautlevering-mal", nb("Mål for hvor lenge det kan ta å få utlevert data"), 3, "måneder", AtMost, report("§2.3")},
	{"kvp-kontorer", nb("Kontorer der lederen fikk spørreskjema om kvalifiseringsprogrammet"), 247, "kontorer", Exactly, report("vedl. Sosiale tjenester")},
	{"konferanse-vanlig", nb("Deltakere NAV-konferansen vanligvis samler"), 300, "deltakere", About, report("§3.2")},
}

// FinishedIn gives the projects of an instrument the source counts as finished
// in the year.
func FinishedIn(instrument InstrumentKey, year int) []Project {
	return filter(instrument, func(p Project) bool { return p.FinishedIn(year) })
}

// StartedIn gives the projects of an instrument that certainly began in the year.
func StartedIn(instrument InstrumentKey, year int) []Project {
	return filter(instrument, func(p Project) bool { return p.StartedIn(year) })
}

// ActiveOn gives the projects of an instrument in the portfolio at the end of
// the day.
func ActiveOn(instrument InstrumentKey, day time.Time) []Project {
	return filter(instrument, func(p Project) bool { return p.ActiveOn(day) })
}

func filter(instrument InstrumentKey, keep func(Project) bool) []Project {
	var list []Project
	for _, p := range Projects() {
		if p.Instrument == instrument && keep(p) {
			list = append(list, p)
		}
	}
	return list
}
