package facts

import (
	"fmt"
	"slices"
	"time"
)

// Project is a grant, a commission or a PhD of the portfolio. Partnerships are
// records of their own.
type Project struct {
	Key string
	// Title is the source's. Where the source describes a project without
	// titling it, Titled is false and the title is made of the source's words.
	Title     string
	TitleLang Lang
	Titled    bool
	// Named is false for the records that stand for projects the source counts
	// but does not name. They differ in nothing but number.
	Named      bool
	Instrument InstrumentKey
	// Theme is a slug, empty when the source gives no theme. It may belong to
	// the earlier plan period.
	Theme        string
	Institutions []string // organisation keys, the responsible one first; empty when not given
	Leader       string   // only where the source names the person
	Call         string   // key, for grants; empty when the source does not say which
	// CallNote tells what the source says of the call where it is not one call.
	CallNote  string
	Framework string // key, for commissions made under an agreement the source names
	// Contracted is when it was awarded or procured, Start and End when the work
	// began and ended.
	Contracted, Start, End When
	// KnownBy is a day by which the sources show that it existed, for records
	// whose contract and start are not dated well enough to tell.
	KnownBy time.Time
	// KnownByWhy is the ground for KnownBy.
	KnownByWhy Text
	// CountedFinished is the year in which the source counts it as finished, 0
	// for those still running. It decides over End and over the kind of reports
	// received: the source counts some that its own rule would not.
	CountedFinished int
	// Doubt says why the source's count could have been another. A self-check
	// of the year must name every project that has one.
	Doubt  Text
	Amount Amount // of the whole project; the sources give none
	Phase  Phase  // only where the source's description makes it evident
	About  Text   // what it is about, in our words
	Source Source
}

// existsBy gives the first day on which the project certainly existed.
func (p Project) existsBy() (time.Time, bool) {
	var first time.Time
	for _, day := range []time.Time{p.Contracted.To, p.Start.To, p.KnownBy} {
		if !day.IsZero() && (first.IsZero() || day.Before(first)) {
			first = day
		}
	}
	return first, !first.IsZero()
}

// finishedBy gives the last day on which it can have been finished, and false
// for a project still running.
func (p Project) finishedBy() (time.Time, bool) {
	switch {
	case p.CountedFinished == 0:
		return p.End.To, p.End.Known()
	case p.End.Within(p.CountedFinished):
		return p.End.To, true
	}
	return date(p.CountedFinished, time.December, 31), true
}

// FinishedIn reports whether the source counts it as finished in the year.
func (p Project) FinishedIn(year int) bool {
	if p.CountedFinished != 0 {
		return p.CountedFinished == year
	}
	return p.End.Within(year)
}

// StartedIn reports whether the work certainly began in the year. An unknown
// start is in no year; being procured is not the same as being started.
func (p Project) StartedIn(year int) bool { return p.Start.Within(year) }

// ActiveOn reports whether the project was contracted, or is known to have
// existed, by the day and was not finished before the day's end. Where a date
// is a span, a project exists from the span's last day and is active until the
// last day of the span it was finished in.
func (p Project) ActiveOn(day time.Time) bool {
	from, ok := p.existsBy()
	if !ok || day.Before(from) {
		return false
	}
	to, finished := p.finishedBy()
	return !finished || day.Before(to)
}

// Projects gives the whole portfolio: finished and running grants, finished
// and running commissions, PhDs. The order is the source's.
func Projects() []Project {
	return slices.Concat(finishedGrants, awards2022, runningGrants, finishedCommissions, procured2022, runningCommissions, phds)
}

// ProjectByKey finds a project of the portfolio.
func ProjectByKey(key string) (Project, bool) {
	for _, p := range Projects() {
		if p.Key == key {
			return p, true
		}
	}
	return Project{}, false
}

// beforeCall2022 is the ground on which grants without a dated award are known
// to have existed when 2022 began: the only call the report tells of in that
// year gave the six awards, and 15 at the end + 7 finished − 6 new = 16 then.
var (
	yearsEve2021   = date(2021, time.December, 31)
	yearsEve2022   = date(2022, time.December, 31)
	beforeCall2022 = nb("Årsrapporten nevner bare én utlysning i 2022. Bidrag fra andre utlysninger fantes derfor da året begynte.")
)

const interactionCalls = "utlyst i 2019 eller 2020; kilden sier ikke hvilket år for det enkelte prosjektet"

// finishedGrants are the seven that ÅR §2.1 counts as finished in 2022: six of
// the theme Samhandling med brukere and one of the earlier Arbeid og helse.
//
// The annex has seven entries under Samhandling. One of them must be left out
// to make six, and the source does not say which: either Digisos, which by its
// own entry ended in autumn 2021, or SINTEF's, which is an interim report. We
// count Digisos as finished and list SINTEF's as running.
var finishedGrants = []Project{
	{
		Key: "demokratiske-algoritmer", Title: "Demokratiske algoritmer", TitleLang: NB, Titled: true, Named: true,
		Instrument: InstrumentGrant, Theme: ThemeInteraction, Institutions: []string{"norce"},
		CallNote: interactionCalls, Contracted: unknown(), Start: unknown(), End: inYear(2022),
		KnownBy: yearsEve2021, KnownByWhy: beforeCall2022, CountedFinished: 2022, Phase: PhaseUnderstand,
		About:  nb("Hva befolkningen mener om maskinlæring og kunstig intelligens i forvaltningen."),
		Source: report("§2.1, vedl. Samhandling med brukere"),
	},
	{
		Key: "digisos", Title: "Digisos – muligheter og begrensninger ved digitalisering av sosiale tjenester", TitleLang: NB, Titled: true, Named: true,
		Instrument: InstrumentGrant, Theme: ThemeInteraction, Institutions: []string{"proba", "agenda-kaupang"},
		Call: "utlysning-2019", Contracted: inYear(2019), Start: unknown(), End: inAutumn(2021),
		CountedFinished: 2022, Phase: PhaseProcess,
		Doubt:  nb("Prosjektet ble avsluttet høsten 2021, men står i oversikten for 2022. Uten det mangler årsrapporten ett av seks ferdige prosjekter under temaet."),
		About:  nn("Korleis digital søknad om sosialhjelp verkar inn på arbeidet på kontora og på brukarane."),
		Source: report("§2.1, vedl. Samhandling med brukere"),
	},
	{
		Key: "frida-at-work", Title: "Frida@work: Betydningen av tillit i bruken av chatboten Frida i NAV", TitleLang: NB, Titled: true, Named: true,
		Instrument: InstrumentGrant, Theme: ThemeInteraction, Institutions: []string{"ntnu", "uio", "uia"},
		CallNote: interactionCalls, Contracted: unknown(), Start: unknown(), End: inYear(2022),
		KnownBy: yearsEve2021, KnownByWhy: beforeCall2022, CountedFinished: 2022, Phase: PhaseUnderstand,
		About:  nb("Hva tillit betyr for at samtaler med chatboten blir fullført eller går over til en veileder."),
		Source: report("§2.1, vedl. Samhandling med brukere"),
	},
	{
		Key: "digital-aktivitetsplan", Title: "Digital aktivitetsplan for NAV og brukerne", TitleLang: NB, Titled: true, Named: true,
		Instrument: InstrumentGrant, Theme: ThemeInteraction, Institutions: []string{"proba"},
		CallNote: interactionCalls, Contracted: unknown(), Start: unknown(), End: inYear(2022),
		KnownBy: yearsEve2021, KnownByWhy: beforeCall2022, CountedFinished: 2022, Phase: PhaseProcess,
		About:  nn("Korleis den digitale aktivitetsplanen blir brukt, og kva han gjer med kvaliteten på oppfølginga."),
		Source: report("§2.1, vedl. Samhandling med brukere"),
	},
	{
		Key: "veiledere-og-overgang", Title: "Veiledere og arbeidssøkeres overgang til arbeid", TitleLang: NB, Titled: true, Named: true,
		Instrument: InstrumentGrant, Theme: ThemeInteraction, Institutions: []string{"uio", "ssb", "nav"},
		CallNote: interactionCalls, Contracted: unknown(), Start: unknown(), End: inYear(2022),
		KnownBy: yearsEve2021, KnownByWhy: beforeCall2022, CountedFinished: 2022, Phase: PhaseUnderstand,
		About:  nb("Om det har noe å si for jobbsjansene hvilken veileder arbeidssøkeren får."),
		Source: report("§2.1, vedl. Samhandling med brukere"),
	},
	{
		Key: "tilgjengelige-tilbakemeldinger", Title: "Tilgjengelige tilbakemeldinger", TitleLang: NB, Titled: true, Named: true,
		Instrument: InstrumentGrant, Theme: ThemeInteraction, Institutions: []string{"norsk-regnesentral", "tingtun"},
		CallNote: interactionCalls, Contracted: unknown(), Start: unknown(), End: inYear(2022),
		KnownBy: yearsEve2021, KnownByWhy: beforeCall2022, CountedFinished: 2022, Phase: PhaseInspire,
		About:  nn("Korleis ein nettstad bør ta imot meldingar om hinder, med nav.no som døme."),
		Source: report("§2.1, vedl. Samhandling med brukere"),
	},
	{
		Key: "aap-brukerlop", Title: "AAP-mottakeres brukerløp i helsetjenester og NAV", TitleLang: NB, Titled: true, Named: true,
		Instrument: InstrumentGrant, Theme: ThemeHealth, Institutions: []string{"proba"},
		Call: "utlysning-2018", Contracted: inYear(2018), Start: unknown(), End: inMonth(2022, time.January),
		CountedFinished: 2022, Phase: PhaseUnderstand,
		About:  nb("Hvilken hjelp tre grupper som mottar arbeidsavklaringspenger, får fra Nav og spesialisthelsetjenesten."),
		Source: report("§2.1, vedl. Arbeid og helse"),
	},
}

func award(key, title string, lang Lang, about Text, institutions ...string) Project {
	return Project{
		Key: key, Title: title, TitleLang: lang, Titled: true, Named: true,
		Instrument: InstrumentGrant, Theme: ThemeAdministration, Institutions: institutions, Call: Call2022,
		// The deadline was in January 2022 and the work began in the autumn, so
		// the award lies in the year.
		Contracted: inYear(2022), Start: inAutumn(2022), End: unknown(), About: about, Source: report("§2.1"),
	}
}

// awards2022 are the six awards of the call Pålitelig forvaltning. The source
// gives their sum and not the six amounts; the sum is on the call.
var awards2022 = []Project{
	award("kombinasjonsinntekter", "Rettsikkerhet for personer med kombinasjonsinntekter – saksbehandling i ukjent terreng", NB,
		nb("Rettssikkerheten for folk som har inntekt av flere slag."), "fafo"),
	award("europeisert-velferdsadministrasjon", "En 'Europeisert' norsk velferdsadministrasjon: hvordan sikre pålitelig forvaltning under EØS-avtalen", NB,
		nn("Korleis forvaltninga kan vere påliteleg når EØS-avtalen set rammer."), "norce"),
	award("padigvel", "Pålitelig digital velferdsforvaltning – PÅDIGVEL", NB,
		nb("Hva som skal til for at digital velferdsforvaltning er til å stole på."), "oslomet"),
	award("hensikt", "Hensiktsmessigheten i folketrygdlovens §12-5 i et NAV-perspektiv (HENSIKT)", NB,
		nn("Korleis éin paragraf i folketrygdlova fungerer sett frå Nav."), "ntnu"),
	award("menneske-og-maskin", "Menneske og maskin. Hvordan legge til rette for bedre behovsavklaringer i NAV gjennom å kombinere maskinelle og relasjonelle prosesser?", NB,
		nb("Hvordan maskiner og mennesker sammen kan avklare hva folk trenger."), "fafo"),
	award("retts", "Rettsikkerhet i NAV – prinsippstyrt begrunnelse (RETTS)", NB,
		nn("Grunngivingar i vedtak og rettstryggleiken til den dei gjeld."), "uio-arena", "uio"),
}

// runningGrants are the nine of the fifteen grants entering 2023 that are not
// awards of 2022: SINTEF's, known by its interim report, and eight the source
// does not name.
var runningGrants = append([]Project{{
	Key: "digital-ekskludering", Title: "Digital ekskludering i NAV", TitleLang: NB, Titled: true, Named: true,
	Instrument: InstrumentGrant, Theme: ThemeInteraction, Institutions: []string{"sintef"},
	CallNote: interactionCalls, Contracted: unknown(), Start: unknown(), End: unknown(),
	KnownBy: yearsEve2021, KnownByWhy: beforeCall2022, Phase: PhaseUnderstand,
	Doubt:  nb("Står i vedlegget over avsluttede prosjekter, men oppføringen er en delrapport. Vi regner prosjektet som pågående."),
	About:  nn("Kven som strevar med digitale velferdstenester, og kva dei strevar med."),
	Source: report("§3.1, vedl. Samhandling med brukere"),
}}, unnamed(8, Project{
	Key: "bidrag-ikke-navngitt", Title: "Bidragsprosjekt, ikke navngitt i kilden", Instrument: InstrumentGrant,
	KnownBy: yearsEve2021, KnownByWhy: beforeCall2022, Source: report("§2.1"),
	About: nb("Årsrapporten teller prosjektet blant de 15 ved inngangen til 2023 uten å navngi det."),
})...)

// finishedCommissions are the six that ÅR §2.2 counts as finished in 2022. One
// has no entry in the annex and one only interim reports.
var finishedCommissions = []Project{
	{
		Key: "maale-om-nav-lykkes", Title: "Hvordan kan vi måle om NAV lykkes med å få flere i arbeid?", TitleLang: NB, Titled: true, Named: true,
		Instrument: InstrumentCommission, Institutions: []string{"oslo-economics", "frisch"},
		Contracted: unknown(), Start: unknown(), End: inYear(2022), CountedFinished: 2022, Phase: PhaseInspire,
		KnownBy: yearsEve2022, KnownByWhy: finishedDuringYear,
		About:  nb("Forslag til hvordan Nav kan måle om flere kommer i arbeid."),
		Source: report("§2.2, vedl. Andre rapporter"),
	},
	{
		Key: "kompetansetiltak-sykmeldte", Title: "Kompetansetiltak for sykmeldte", TitleLang: NB, Titled: true, Named: true,
		Instrument: InstrumentCommission, Theme: ThemeMeasures, Institutions: []string{"oslo-economics"},
		Contracted: unknown(), Start: unknown(), End: inYear(2022), CountedFinished: 2022, Phase: PhaseProcess,
		KnownBy: yearsEve2022, KnownByWhy: finishedDuringYear,
		Doubt:  nn("Årsrapporten reknar oppdraget som ferdig, men vedlegget har berre to delrapportar og ingen sluttrapport."),
		About:  nb("Evaluering av et prosjekt som ga sykmeldte korte kompetansetiltak."),
		Source: report("§2.2, vedl. Arbeidsrettede tiltak og virkemidler"),
	},
	{
		Key: "tilskudd-ekspertbistand", Title: "Evaluering av tilskudd til ekspertbistand", TitleLang: NB, Titled: true, Named: true,
		Instrument: InstrumentCommission, Theme: ThemeMeasures, Institutions: []string{"oslomet-afi", "proba"},
		Contracted: unknown(), Start: unknown(), End: inYear(2022), CountedFinished: 2022, Phase: PhaseProcess,
		// The data were collected from autumn 2020, so the project existed by the
		// end of that autumn.
		KnownBy: date(2020, time.December, 31), KnownByWhy: nn("Datainnsamlinga gjekk føre seg frå hausten 2020."),
		About:  nn("Evaluering av eit tilskot til ekspertar som hjelper arbeidsplassar med sjukefråvær."),
		Source: report("§2.2, vedl. Arbeidsrettede tiltak og virkemidler"),
	},
	{
		Key: "dialogmote-2", Title: "Hvordan NAV-veiledere vurderer behovet for dialogmøte 2", TitleLang: NB, Named: true,
		Instrument: InstrumentCommission, Institutions: []string{"frisch"},
		Contracted: unknown(), Start: unknown(), End: inYear(2022), CountedFinished: 2022, Phase: PhaseUnderstand,
		KnownBy: yearsEve2022, KnownByWhy: finishedDuringYear,
		About:  nb("Kvalitativ studie av når veiledere kaller inn til det andre dialogmøtet. Mangler i vedlegget, som skulle hatt sammendrag av alle."),
		Source: report("§2.2"),
	},
	{
		Key: "kvp-kartlegging", Title: "Kartlegging av arbeidet med Kvalifiseringsprogrammet i NAV-kontorene", TitleLang: NB, Titled: true, Named: true,
		Instrument: InstrumentCommission, Theme: ThemeSocial, Institutions: []string{"oxford-research"},
		Contracted: unknown(), Start: unknown(), End: inYear(2022), CountedFinished: 2022, Phase: PhaseUnderstand,
		KnownBy: yearsEve2022, KnownByWhy: finishedDuringYear,
		About:  nn("Korleis kontora organiserer og brukar kvalifiseringsprogrammet."),
		Source: report("§2.2, vedl. Sosiale tjenester"),
	},
	{
		Key: "laeringspraksis", Title: "Læringspraksis og læringskultur i NAV", TitleLang: NB, Titled: true, Named: true,
		Instrument: InstrumentCommission, Theme: ThemeLearning, Institutions: []string{"ntnu-samfunnsforskning"},
		Contracted: unknown(), Start: unknown(), End: inYear(2022), CountedFinished: 2022, Phase: PhaseUnderstand,
		KnownBy: yearsEve2022, KnownByWhy: finishedDuringYear,
		About:  nb("Hvordan ansatte i arbeids- og tjenestelinjen opplever læring og kompetanseutvikling."),
		Source: report("§2.2, vedl. Innovasjon og læring"),
	},
}

var finishedDuringYear = nb("Kilden sier bare at oppdraget ble ferdig i løpet av 2022, ikke når det begynte.")

func procured(key, title string, phase Phase, about Text, institution string) Project {
	return Project{
		Key: key, Title: title, TitleLang: NB, Named: true,
		Instrument: InstrumentCommission, Institutions: []string{institution}, Framework: "evalueringer-2022",
		Contracted: inYear(2022), Start: unknown(), End: unknown(), Phase: phase, About: about, Source: report("§2.2"),
	}
}

// procured2022 are the ten commissions procured in 2022 under the agreement
// for evaluations and mappings; the source names seven.
//
// All ten are taken to be running at the end of the year, and with them four
// that the source does not name make its fourteen. The ground: the seven named
// are all described as work still to be done, none of the six finished ones is
// among them, and a commission neither named as new nor as finished cannot be
// told from one that runs. Had one of the three unnamed ones also been
// finished, it would have to be one of the six, which the source lists apart.
var procured2022 = append([]Project{
	procured("aap-oppfolging", "Analyse av NAVs oppfølging av AAP-mottakere", PhaseNone,
		nb("Om oppfølgingen svarer til formålet med ordningen, og hva veiledere og mottakere har erfart."), "proba"),
	procured("ia-avtalen", "Kartlegging og evaluering av NAVs oppfølging av IA-avtalen 2018–2022", PhaseProcess,
		nn("Kva Nav samla har gjort for å følgje opp avtalen, og korleis etaten har samordna seg."), "oxford-research"),
	procured("vi-inkluderer", "Evaluering av «Vi inkluderer!»", PhaseNone,
		nb("Hvilke deler av en modell for inkludering andre fylker bør ta i bruk."), "proba"),
	procured("arbeidstrening", "Evaluering av arbeidsmarkedstiltaket Arbeidstrening", PhaseEffect,
		nn("Først korleis tiltaket blir brukt, deretter resultat, effekt og om det er verdt kostnaden."), "oslo-economics"),
	procured("sosialhjelp-aktivitetsplikt", "Oppfølging av sosialhjelpsmottakere og kartlegging av aktivitetsplikten for mottakere under 30 år", PhaseUnderstand,
		nb("Hva som er likt og ulikt i oppfølging og tiltak, og hvordan aktivitetsplikten for unge brukes."), "oslo-economics"),
	procured("friskmelding", "Kartlegging og evaluering av «Friskmelding til arbeidsformidling»", PhaseNone,
		nn("Korleis ordninga kan endrast slik at fleire tek henne i bruk."), "oxford-research"),
	procured("opplaeringstiltak", "Kartlegging av «Forsøket med opplæringstiltak av lengre varighet»", PhaseEffect,
		nb("Om lengre opplæring får flere til å begynne på og fullføre fagopplæring. Selve forsøket går i 2023–2028, oppdraget er fra 2022."), "ideas2evidence"),
}, unnamed(3, Project{
	Key: "oppdrag-anskaffet-ikke-navngitt", Title: "FoU-oppdrag anskaffet i 2022, ikke navngitt i kilden", Instrument: InstrumentCommission,
	Framework: "evalueringer-2022", Contracted: inYear(2022), Source: report("§2.2"),
	About: nn("Årsrapporten tel oppdraget blant dei ti nye utan å namngi det."),
})...)

// runningCommissions are the four that remain of the fourteen. The source says
// nothing of them: they may be older, or procured in 2022 under one of the two
// other agreements, of which it gives no number. That is why the commissions'
// portfolio at the start of 2022 cannot be computed.
var runningCommissions = unnamed(4, Project{
	Key: "oppdrag-ikke-navngitt", Title: "FoU-oppdrag, ikke navngitt i kilden", Instrument: InstrumentCommission,
	KnownBy: yearsEve2022, KnownByWhy: nb("Regnet med blant de 14 pågående ved årsskiftet."), Source: report("§2.2"),
	About: nb("Årsrapporten teller oppdraget blant de 14 pågående uten å navngi det."),
})

// unnamed makes n records of a project the source counts but does not name.
func unnamed(n int, like Project) []Project {
	list := make([]Project, n)
	for i := range list {
		p := like
		p.Key = fmt.Sprintf("%s-%d", like.Key, i+1)
		p.Title = fmt.Sprintf("%s (%d av %d)", like.Title, i+1, n)
		p.TitleLang = NB
		if !p.Contracted.Known() {
			p.Contracted = unknown()
		}
		p.Start, p.End = unknown(), unknown()
		list[i] = p
	}
	return list
}

func phd(key, title string, lang Lang, candidate, institution string, completed int) Project {
	end := unknown()
	if completed != 0 {
		end = inYear(completed)
	}
	return Project{
		Key: key, Title: title, TitleLang: lang, Titled: true, Named: true,
		Instrument: InstrumentPhD, Institutions: []string{institution}, Leader: candidate,
		Contracted: unknown(), Start: unknown(), End: end, CountedFinished: completed,
		KnownBy: yearsEve2021, KnownByWhy: schemeFrozen, Source: report("§5a.3"),
	}
}

var schemeFrozen = nn("Ordninga vart fryst i 2021, så ingen nye kom til i 2022.")

// phds are the public-sector PhDs that Nav's R&D money pays for: three
// completed in 2022 and seven running. The plan had ten candidates in March
// 2021 and none completed (FP §5.5), which agrees.
var phds = []Project{
	phd("phd-larsson", "Brukers digitale ferdigheter i møte med NAVs digitale tjenester", NB, "Karl Kristian Larsson", "oslomet", 2022),
	phd("phd-stray", "NAVs tjenester til arbeidsgivere - felles utfordringer i skjæringspunktet mellom arbeid og helse", NB, "Karianne Nyheim Stray", "usn", 2022),
	phd("phd-saether", "Ressursdilemma i NAV - opplevelse, prioriteringer og mestringsstrategier lokalt", NB, "Maria Sæther", "uit", 2022),
	phd("phd-von-wachenfeldt", "Hvordan kan vi definere sykdomsbegrepet i trygdemedisin for å sikre en mer rettferdig forvaltning av ytelser i folketrygdloven?", NB, "Vegard Havnes von Wachenfeldt", "uio", 0),
	phd("phd-khoronzhevych", "Specifics of Client Engagement in the Supported Employment Process Applied to the Job-Seekers with Immigrant Background in NAV", EN, "Mariya Khoronzhevych", "oslomet", 0),
	phd("phd-dahl", "Fattigdommens dynamikk", NB, "Espen Steinung Dahl", "uio", 0),
	phd("phd-bakken", "Unges arbeidsmarkedsinkludering i lys av innføringen av arbeidsavklaringspenger", NB, "Frøydis Bakken", "oslomet", 0),
	phd("phd-skogstad", "Individuell jobbstøtte – En vei til institusjonell endring i NAV og helsetjenestene?", NB, "Line Fossum Skogstad", "oslomet", 0),
	phd("phd-sorgendal", "Det er i møte med bruker verdien av NAVs arbeid først og fremst oppstår - en kvalitativ studie av veiledningens suksesshistorier", NB, "Marie Skarbø Sorgendal", "ntnu", 0),
	phd("phd-dangelo", "Samarbeid om sykefravær ved lettere psykiske lidelser mellom Fastleger og NAV; skaper kommunikasjonen begrensninger for brukerne?", NB, "Egidio Niclas D'Angelo", "ntnu", 0),
}

// Scheme is the state of the public-sector PhD scheme at the turn of 2022.
type Scheme struct {
	Frozen         When
	Why            Text
	SelfAssessment When
	// Candidates is the number in the scheme in March 2021, CompletedThen how
	// many had completed by then.
	Candidates, CompletedThen int
	Source, EarlierSource     Source
}

// PhDScheme is frozen: no new candidate is taken in.
var PhDScheme = Scheme{
	Frozen:         inYear(2021),
	Why:            nb("Direktoratet ville først se at flere av kandidatene fullførte."),
	SelfAssessment: When{date(2022, time.July, 1), yearsEve2022, "mot slutten av 2022", PrecisionRange},
	Candidates:     10, CompletedThen: 0,
	Source: report("§5a.3"), EarlierSource: plan("§5.5"),
}
