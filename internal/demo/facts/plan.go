package facts

import (
	"slices"
	"time"
)

// PlanVersion is one issue of the R&D plan. It is rolled forward every year to
// cover the four years that follow (FP §1).
type PlanVersion struct {
	Key       string
	Title     string
	ValidFrom time.Time // day, UTC; zero when the sources do not say
	ValidTo   time.Time // last day, UTC; the next version moves it
	Published When
	Note      Text
	Source    Source
}

// ValidOn reports whether the version's years cover the day.
func (p PlanVersion) ValidOn(day time.Time) bool {
	return !day.Before(p.ValidFrom) && !day.After(p.ValidTo)
}

// The keys of the plan versions.
const (
	PlanEarlier = "tidligere"
	PlanCurrent = "2021-2025"
)

// PlanVersions are the plan in force and the one before it, which the sources
// mention without describing.
var PlanVersions = []PlanVersion{
	// Its last day is read off the next plan's first year.
	{
		Key: PlanEarlier, Title: "Tidligere planperiode", ValidTo: date(2020, 12, 31), Published: unknown(),
		Note:   nb("Kildene nevner en tidligere periode med andre temaer. De sier ikke når den begynte, eller hvilke temaer den ellers hadde."),
		Source: report("§2.1"),
	},
	{
		Key: PlanCurrent, Title: "NAVs FoU-plan 2021–2025", ValidFrom: date(2021, 1, 1), ValidTo: date(2025, 12, 31),
		Published: unknown(),
		Note:      nn("Planen peikar ut fire tema og seier kva verkemiddel Nav har for å skaffe kunnskap. Han skal oppdaterast kvart år, og kvar ny versjon dekkjer dei fire neste åra."),
		Source:    plan("Sammendrag, §1"),
	},
}

// Revision is an announced new version of the plan and what called for it.
type Revision struct {
	Of     string // key of the plan version
	Due    When
	Cause  Text
	Source Source
}

// Revisions announced by the end of 2022. The plan itself foresaw the first
// update «primo 2023».
var Revisions = []Revision{{
	Of:    PlanCurrent,
	Due:   When{date(2023, 1, 1), date(2023, 4, 30), "første tertial 2023", PrecisionTertial},
	Cause: nb("Nav vedtok høsten 2022 en strategi som gjelder til 2030, og prioriteringer for 2023–2025. Planen skal vise hvordan forskningen bygger opp under dem."), Source: report("§1.2"),
}}

// Theme is a subject on which a plan version wants more research.
type Theme struct {
	Slug        string // as in URLs and the API
	Plan        string // key of the plan version it belongs to
	Name        string
	Aliases     []string
	Description Text
	Source      Source
}

// The slugs of the themes.
const (
	ThemeInteraction    = "samhandling-med-brukere"
	ThemeMeasures       = "arbeidsrettede-tiltak-og-virkemidler"
	ThemeAdministration = "palitelig-forvaltning"
	ThemeSocial         = "sosiale-tjenester"
	ThemeHealth         = "arbeid-og-helse"
	ThemeLearning       = "innovasjon-og-laering"
)

// Themes of both plan versions. The two of the earlier period are those that
// head sections of the report's annex; nav.no names them as themes of that
// period.
var Themes = []Theme{
	{
		ThemeInteraction, PlanCurrent, "Samhandling med brukere", nil,
		nn("Korleis folk og arbeidsgivarar møter Nav: på nett, i brev, på telefon og ansikt til ansikt. Nav vil vite korleis møtet blir opplevd som heilskap, kva som ikkje fungerer, og korleis kanalane kan tilpassast ulike behov."),
		plan("§4.1"),
	},
	{
		ThemeMeasures, PlanCurrent, "Arbeidsrettede tiltak og virkemidler", nil,
		nb("Hva hjelper folk til å få og beholde jobb? Nav trenger kunnskap om virkningen av ulike tiltak for ulike grupper, om innholdet i tiltakene og om rammene rundt dem. Spørsmålet om hvordan Nav setter sammen og styrer den samlede tiltakspakken, hører også hjemme her."),
		plan("§4.2"),
	},
	{
		ThemeAdministration, PlanCurrent, "Pålitelig forvaltning", nil,
		nn("Om Nav forvaltar velferdsordningane slik at folk kan ha tillit til etaten. Temaet rommar bruk av lov og skjønn, EØS-rett, skilnader mellom stader i landet og kva automatisering og kunstig intelligens gjer med rettstryggleiken."),
		plan("§4.3"),
	},
	{
		ThemeSocial, PlanCurrent, "Sosiale tjenester",
		[]string{"Sosiale tjenester i NAV"},
		nb("De kommunale tjenestene på Nav-kontoret: økonomisk stønad, kvalifiseringsprogram, botilbud, individuell plan og råd. Nav gir faglige råd, men styrer ikke kommunene. Derfor er kunnskap om hva som virker mot fattigdom og utenforskap, særlig viktig."),
		plan("§4.4"),
	},
	{
		ThemeHealth, PlanEarlier, "Arbeid og helse", nil,
		nb("Tema fra en tidligere periode. Årsrapporten bruker det om prosjekter som fikk penger etter utlysningen i 2018."),
		report("§2.1, vedl. Arbeid og helse"),
	},
	{
		ThemeLearning, PlanEarlier, "Innovasjon og læring", nil,
		nn("Tema frå ein tidlegare periode. Vedlegget til årsrapporten har éin rapport under overskrifta."),
		Source{DocNavNo, "«FoU i NAV»"},
	},
}

// NoteState is how far a programme note has come.
type NoteState string

// The states of a programme note (requirement A3).
const (
	NoteMissing  NoteState = "mangler"
	NoteDraft    NoteState = "utkast"
	NoteFinished NoteState = "ferdig"
	NoteRevision NoteState = "under revisjon"
)

// ProgrammeNote tells the status of knowledge, the needs and the questions of
// one theme. A finished note becomes an annex of the plan (FP §4).
type ProgrammeNote struct {
	Theme   string    // slug
	State   NoteState // on 2 January 2023
	Planned When      // when the step in Plan is to be done
	Plan    Text
	Source  Source
}

// ProgrammeNotes at the turn of 2022. The report says that two are to be
// finished and two revised in 2023. A note to be finished is read as a draft,
// one to be revised as finished with its revision not yet begun.
var ProgrammeNotes = []ProgrammeNote{
	{ThemeInteraction, NoteFinished, inYear(2023), nb("Skal revideres."), report("§5b")},
	{ThemeMeasures, NoteDraft, inYear(2023), nb("Skal gjøres ferdig."), report("§5b")},
	{ThemeAdministration, NoteFinished, inYear(2023), nn("Skal reviderast."), report("§5b")},
	{ThemeSocial, NoteDraft, inYear(2023), nn("Skal gjerast ferdig."), report("§5b")},
}

// Principle is one of the three things every assessment must weigh.
type Principle struct {
	Key         string
	Name        Words
	Description Text
	Source      Source
}

// Principles in the plan's order.
var Principles = []Principle{
	{
		"relevans",
		Words{"Relevans", "Relevans", "Relevance"},
		nb("Prosjektet svarer på noe Nav trenger å vite for å avgjøre, utvikle eller utøve noe bedre."), plan("§3"),
	},
	{
		"kvalitet",
		Words{"Kvalitet", "Kvalitet", "Quality"},
		nn("Resultata er til å stole på. Metoden passar til spørsmålet, andre kan etterprøve han, og forskarane seier tydeleg kva funna ikkje kan brukast til."), plan("§3"),
	},
	{
		"pavirkningskraft",
		Words{"Påvirkningskraft", "Påverknadskraft", "Impact"},
		nb("Kunnskapen kommer tidsnok til at den kan påvirke en beslutning, og de som skal bruke den, forstår den."), plan("§3"),
	},
}

// GoalKind is the document that sets a goal.
type GoalKind string

// The documents the plan builds on.
const (
	GoalStrategy  GoalKind = "virksomhetsstrategi"  // the agency's own strategy
	GoalAllotment GoalKind = "tildelingsbrev"       // the ministry's yearly letter
	GoalMinistry  GoalKind = "departementsstrategi" // the ministry's R&D strategy
)

// Goal is something a need or theme can serve.
type Goal struct {
	Key         string
	Kind        GoalKind
	Title       string
	Valid       When
	Description Text
	Source      Source
}

// Goals named in the plan and the report.
var Goals = []Goal{
	{"bedre-brukermoter", GoalStrategy, "Bedre brukermøter", unknown(), nb("Ett av tre overordnede mål i strategien som gjaldt da planen ble laget."), plan("§4")},
	{"flere-i-arbeid", GoalStrategy, "Flere i arbeid", unknown(), nn("Eitt av tre overordna mål i strategien som galdt då planen vart laga."), plan("§4")},
	{"palitelig-forvaltning", GoalStrategy, "Pålitelig forvaltning", unknown(), nb("Ett av tre overordnede mål i strategien som gjaldt da planen ble laget."), plan("§4")},
	{
		"strategi-2030", GoalStrategy, "Ny strategi mot 2030 og prioriteringer 2023–2025", inYears(2023, 2025).reading("prioriteringer for 2023–2025, strategi mot 2030"),
		nn("Vedteken hausten 2022. Årsrapporten seier ikkje kva mål strategien inneheld."), report("§1.2"),
	},
	{"hoy-sysselsetting", GoalAllotment, "Omstillingsdyktig arbeidsliv med høy sysselsetting", inYear(2021), nb("Mål i tildelingsbrevet for 2021."), plan("§4")},
	{"okonomisk-sikkerhet", GoalAllotment, "Økonomisk og sosial sikkerhet", inYear(2021), nn("Mål i tildelingsbrevet for 2021."), plan("§4")},
	{"god-ytelsesforvaltning", GoalAllotment, "God ytelsesforvaltning", inYear(2021), nb("Oppgave i tildelingsbrevet for 2021."), plan("§4")},
	{"redusere-fattigdom", GoalAllotment, "Forebygge og redusere fattigdom og fremme sosial inkludering", inYear(2021), nn("Oppgåve i tildelingsbrevet for 2021."), plan("§4")},
	{
		"gjennomforingsevne", GoalMinistry, "Forvaltningens organisering og gjennomføringsevne", inYears(2019, 2023),
		nb("Et område der departementet ser behov for mer kunnskap."), plan("§4.3"),
	},
	{
		"eget-kunnskapsansvar", GoalMinistry, "Direktoratet skaffer og formidler forskning selv", inYears(2019, 2023),
		nn("Direktoratet har eit eige ansvar for kunnskap til politikk, tenesteutvikling og eigen praksis."), plan("§1"),
	},
}

// GoalLink ties a theme to a goal. Stated tells whether the plan makes the
// link itself; otherwise it is our reading of the theme's description.
type GoalLink struct {
	Theme, Goal string
	Stated      bool
	Source      Source
}

// GoalLinks are few on purpose: the plan derives all four themes from all the
// goals together and ties only one of them to a goal by name.
var GoalLinks = []GoalLink{
	{ThemeInteraction, "bedre-brukermoter", false, plan("§4, §4.1")},
	{ThemeMeasures, "flere-i-arbeid", false, plan("§4, §4.2")},
	{ThemeMeasures, "hoy-sysselsetting", false, plan("§4, §4.2")},
	{ThemeAdministration, "palitelig-forvaltning", false, plan("§4, §4.3")},
	{ThemeAdministration, "god-ytelsesforvaltning", false, plan("§4, §4.3")},
	{ThemeAdministration, "gjennomforingsevne", true, plan("§4.3")},
	{ThemeSocial, "redusere-fattigdom", false, plan("§4, §4.4")},
	{ThemeSocial, "okonomisk-sikkerhet", false, plan("§4, §4.4")},
}

// ResearchKind is a kind of work in the sense of the Frascati manual, as the
// plan adapts it. Funded tells whether Nav's R&D money may pay for it.
type ResearchKind struct {
	Key         string
	Name        Words
	Funded      bool
	Description Text // for a kind not funded: the reason, which a refusal shows
	Source      Source
}

// ResearchKinds are the four kinds the plan covers and the one it does not.
var ResearchKinds = []ResearchKind{
	{
		"anvendt-forskning",
		Words{"Anvendt forskning", "Bruksretta forsking", "Applied research"},
		true,
		nb("Skaffer ny kunnskap som først og fremst skal brukes til noe bestemt i praksis."), plan("§1.1"),
	},
	{
		"utviklingsarbeid",
		Words{"Utviklingsarbeid", "Utviklingsarbeid", "Development"},
		true,
		nn("Bruker det vi veit frå forsking, praksis og brukarar til å lage nye eller klart betre tenester og system."), plan("§1.1"),
	},
	{
		"innovasjon",
		Words{"Innovasjon", "Innovasjon", "Innovation"},
		true,
		nb("Tar i bruk nye metoder, ideer eller teknologi, eller setter kjente sammen på en ny måte, for å få gode løsninger."), plan("§1.1"),
	},
	{
		"eksperimentering",
		Words{"Eksperimentering", "Eksperimentering", "Experiment"},
		true,
		nn("Prøver ein idé, ei løysing eller ein hypotese med vitskaplege metodar."), plan("§1.1"),
	},
	{
		"grunnforskning",
		Words{"Grunnforskning", "Grunnforsking", "Basic research"},
		false,
		nb("FoU-planen åpner ikke for å betale for grunnforskning. Slik forskning søker kunnskap om hva som ligger under det vi kan observere, uten tanke på en bestemt bruk. Velg en av de fire andre typene hvis resultatet skal brukes i Nav."), plan("§1.2"),
	},
}

// Phase is the part of a knowledge-based development process that a study
// serves (FP §2.2, figure 2).
type Phase string

// The phases; none where a source does not show which one a study serves.
const (
	PhaseNone       Phase = ""
	PhaseUnderstand Phase = "understand"         // understand the problem
	PhaseInspire    Phase = "inspire"            // find ideas for solutions
	PhaseProcess    Phase = "process_evaluation" // how is it carried out
	PhaseEffect     Phase = "effect_evaluation"  // does it have the effect
)

// InstrumentKey is the key of an instrument, as the API has it.
type InstrumentKey string

// The instruments of the API, and seed money, which yields no projects of its own.
const (
	InstrumentCommission  InstrumentKey = "commission"
	InstrumentGrant       InstrumentKey = "grant"
	InstrumentInternal    InstrumentKey = "internal_analysis"
	InstrumentSynthesis   InstrumentKey = "synthesis"
	InstrumentCouncil     InstrumentKey = "council"
	InstrumentPhD         InstrumentKey = "phd"
	InstrumentPartnership InstrumentKey = "partnership"
	InstrumentSeed        InstrumentKey = "seed_money"
)

// Instrument is a way of getting knowledge.
type Instrument struct {
	Key         InstrumentKey
	Name        Words
	Description Text
	Source      Source
}

// Instruments in the plan's order.
var Instruments = []Instrument{
	{
		InstrumentCommission,
		Words{"Oppdrag", "Oppdrag", "Commission"},
		nb("Nav bestemmer tema og spørsmål, leverandøren foreslår hvordan det skal gjøres. Passer når behovet er avgrenset."), plan("§5.1"),
	},
	{
		InstrumentGrant,
		Words{"Bidrag", "Bidrag", "Grant"},
		nn("Forskarane kjem med ideen etter ei open utlysing. Prosjektet bør ikkje vare lenger enn tre år."), plan("§5.2"),
	},
	{
		InstrumentInternal,
		Words{"Intern analyse", "Intern analyse", "Internal analysis"},
		nb("Egne analytikere svarer raskt og kjenner data og regler. Passer ikke når Nav ville ha vurdert seg selv."), plan("§5.3"),
	},
	{
		InstrumentSynthesis,
		Words{"Kunnskapsoppsummering", "Kunnskapsoppsummering", "Synthesis"},
		nn("Samlar det som alt er forska på, og viser kva som manglar. Kjem frå Folkehelseinstituttet eller frå ein leverandør med rammeavtale."), plan("§5.4"),
	},
	{
		InstrumentCouncil,
		Words{"Forskningsrådsprosjekt", "Forskingsrådsprosjekt", "Research Council project"},
		nb("Nav søker eller er partner i prosjekter som Forskningsrådet eller EU betaler."), plan("§5.5"),
	},
	{
		InstrumentPhD,
		Words{"Offentlig sektor-ph.d.", "Offentleg sektor-ph.d.", "Public-sector PhD"},
		nn("Ein tilsett tek doktorgrad om noko som kan gjere Nav betre. Eininga og FoU-utvalet vurderer søknaden før Forskingsrådet får han."), report("§5a.3"),
	},
	{
		InstrumentPartnership,
		Words{"Samarbeidsavtale", "Samarbeidsavtale", "Partnership"},
		nb("Avtale over flere år med et universitet eller en høyskole om forskning og utdanning på Navs felt."), plan("§5.6"),
	},
	{
		InstrumentSeed,
		Words{"Såkornmidler", "Såkornmidlar", "Seed money"},
		nn("Pengar i ein periode til å byggje opp eit fagmiljø eller eit samarbeid."), plan("§5, §5.6"),
	},
}

// Tag is a subject that cuts across the themes.
type Tag struct {
	Key    string
	Name   Words
	Source Source
}

// Tags are the plan's own examples of cross-cutting subjects.
var Tags = []Tag{
	{"digitalisering", Words{"Digitalisering", "Digitalisering", "Digitalisation"}, plan("Sammendrag, §4")},
	{"arbeidsmetoder", Words{"Arbeidsmetoder", "Arbeidsmetodar", "Working methods"}, plan("§4")},
	{"organisasjonsutvikling", Words{"Organisasjonsutvikling", "Organisasjonsutvikling", "Organisational development"}, plan("Sammendrag, §4")},
}

// PlannedItem is something announced for the year after the report.
type PlannedItem struct {
	Key         string
	Kind        string // note, call, commission, indicator, dissemination, gathering, conference, webinar, video, procurement, course, library_system
	Description Text
	When        When
	Count       int // 0 when the source gives no number
	Source      Source
}

// Planned is what the report announces for 2023, calls and notes apart: they
// are Calls and ProgrammeNotes of their own.
var Planned = []PlannedItem{
	{"oppdrag-2023", "commission", nb("Flere FoU-oppdrag under rammeavtalene."), inYear(2023), 0, report("§5b")},
	{"resultatindikator", "indicator", nn("Ein ny indikator for om fleire kjem i arbeid. Han skal ta omsyn til kven brukarane er og korleis den lokale arbeidsmarknaden er. Både kontora, departementet og Stortinget skal ha nytte av han."), inYear(2023), 0, report("§5b")},
	{"fremtidens-kunnskapsformidling", "dissemination", nb("Prosjektet om bedre presentasjon av statistikk, analyser og forskning går videre."), inYear(2023), 0, report("§5b")},
	{"nettverkssamlinger", "gathering", nn("Tre samlingar i FoU-nettverket, og minst éi av dei med oppmøte."), inYear(2023), 3, report("§5b")},
	{"nav-konferansen-2023", "conference", nb("Nav-konferansen arrangeres igjen."), inYear(2023), 1, report("§5b")},
	{"webinarer-2023", "webinar", nn("Webinar og framlegging av forskingsrapportar."), inYear(2023), 0, report("§5b")},
	{"kort-om-videoer", "video", nb("Flere korte videoer om funn og hva de innebærer."), inYear(2023), 0, report("§5b")},
	{"tind", "library_system", nn("Biblioteket går over til systemet TIND."), inYear(2023), 0, report("§3.5")},
	{"bokinnkjop", "procurement", nb("Avtale om innkjøp av bøker skal være på plass."), inSpring(2023), 0, report("§3.5")},
	{"kurs-trygderett", "course", nn("Kurset i trygderett og digital velferdsstat blir halde ein gong til."), inAutumn(2023), 1, report("§4.1")},
}

// ThemeBySlug finds a theme of either plan version.
func ThemeBySlug(slug string) (Theme, bool) {
	i := slices.IndexFunc(Themes, func(t Theme) bool { return t.Slug == slug })
	if i < 0 {
		return Theme{}, false
	}
	return Themes[i], true
}

// ThemesOf gives the themes of a plan version, in its order.
func ThemesOf(planKey string) []Theme {
	var list []Theme
	for _, t := range Themes {
		if t.Plan == planKey {
			list = append(list, t)
		}
	}
	return list
}
