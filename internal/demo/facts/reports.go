package facts

import "slices"

// ReportKind tells a final report from one on the way.
type ReportKind string

// The kinds of report.
const (
	InterimReport ReportKind = "interim"
	FinalReport   ReportKind = "final"
)

// Finding is one thing a study found, with what it does not show.
type Finding struct {
	Statement Text
	Limits    Text
}

// Report is a report from a project, summarised in our own words.
type Report struct {
	Key     string
	Title   string // as in the annex's heading
	Kind    ReportKind
	Project string // key
	// Year is the year whose annual report tells of it. The sources give no day
	// of publication; Received is set where they say when Nav got it.
	Year     int
	Received When
	Lang     Lang // of the summary
	// Heading is the annex heading it stands under, empty for a report the annex
	// leaves out. The headings are themes of both plan periods and one for the rest.
	Heading string
	// KeyPoints are the report in short, in three sentences or so. Method says how
	// it was done, Limits what it cannot show, Meaning what follows for Nav: the
	// researchers' advice where the source has it, else our careful reading. All
	// four are empty for a report without a summary in the source.
	KeyPoints               []Text
	Method, Limits, Meaning Text
	Findings                []Finding
	Source                  Source
}

// InAnnex reports whether the annual report's annex has an entry for it.
func (r Report) InAnnex() bool { return r.Heading != "" }

// Summary gives the passages of the summary in the order they are read, none
// for a report without one.
func (r Report) Summary() []Text {
	if len(r.KeyPoints) == 0 {
		return nil
	}
	return append(slices.Clone(r.KeyPoints), r.Method, r.Limits, r.Meaning)
}

// The annex headings.
const (
	HeadingMeasures    = "Arbeidsrettede tiltak og virkemidler"
	HeadingInteraction = "Samhandling med brukere"
	HeadingSocial      = "Sosiale tjenester"
	HeadingHealth      = "Arbeid og helse"
	HeadingLearning    = "Innovasjon og læring"
	HeadingOther       = "Andre rapporter"
)

// Reports are the fourteen entries of the annex, in its order, and the report
// the annex lacks.
var Reports = []Report{
	{
		Key: "kompetansetiltak-endringsteori", Title: "Kompetansetiltak for sykmeldte. Prosjektets endringsteori. Delrapport fra Oslo Economics",
		Kind: InterimReport, Project: "kompetansetiltak-sykmeldte", Year: Year, Received: unknown(), Lang: NB, Heading: HeadingMeasures,
		KeyPoints: []Text{
			nb("Mange sykmeldte trengte en annen jobb enn den de var borte fra, og korte kurs så ut til å kunne hjelpe dem dit."),
			nb("Prosjektet begynte høsten 2020 og ble prøvd ut i fem fylker."),
			nb("Sykmeldte som har en arbeidsgiver, hadde Nav tidligere fulgt lite opp, for det er arbeidsgiveren som har hovedansvaret."),
		},
		Method:  nb("Rapporten er den første av de to delrapportene. Den beskriver steg for steg hvordan prosjektet er ment å virke, og vurderer foreløpig måloppnåelse og risiko. Kilden oppgir ikke hvilke data den bygger på."),
		Limits:  nb("Dette er tidlige erfaringer. De sier ikke om tiltaket virker."),
		Meaning: nb("Prosjektet fikk råd om veien videre mens det ennå kunne endres. Senere rapporter har noe å måle mot."),
		Findings: []Finding{{
			nb("En del langtidssykmeldte trenger nytt yrke framfor å vente på å komme tilbake til det gamle."),
			nb("Bygger på prosjektets første tid og gjelder dem som ikke kunne tilbake til arbeidsgiveren sin."),
		}},
		Source: report("vedl. Arbeidsrettede tiltak og virkemidler"),
	},
	{
		Key: "kompetansetiltak-prosess", Title: "Prosessevaluering av Kompetansetiltak for sykmeldte, Oslo Economics",
		Kind: InterimReport, Project: "kompetansetiltak-sykmeldte", Year: Year, Received: unknown(), Lang: NB, Heading: HeadingMeasures,
		KeyPoints: []Text{
			nb("Tiltaket ser ut til å hjelpe, men bare noen få."),
			nb("Deltakerne hadde stort sett lav utdanning, tungt fysisk arbeid og helseplager som passet dårlig med jobben."),
			nb("Nav brukte mye tid på å finne fram til de rette."),
		},
		Method:  nb("Evaluatoren brukte registerdata og andre opplysninger om deltakerne. I tillegg kom intervjuer og samtaler med dem som var med, og lesing av dokumenter."),
		Limits:  nb("En del deltakere fikk ny jobb etterpå. Om de blir værende i arbeid, var det for tidlig å si, og rapporten måler ikke effekt."),
		Meaning: nb("Fortsetter Nav med tiltaket, bør det inngå i en større endring av sykefraværsoppfølgingen. Rådet er å komme tidligere inn når noen blir sykmeldt gang på gang."),
		Findings: []Finding{
			{
				nb("Korte kompetansetiltak kan gi folk med slitsomme yrker en jobb som helsa tåler."),
				nb("Foreløpige erfaringer kort tid etter tiltaket, ikke en måling av virkning."),
			},
			{
				nb("Det koster mye å finne kandidatene slik tiltaket var lagt opp."),
				nb("Gjelder utprøvingen i fem fylker."),
			},
		},
		Source: report("vedl. Arbeidsrettede tiltak og virkemidler"),
	},
	{
		Key: "ekspertbistand", Title: "Evaluering av tilskudd til ekspertbistand, OsloMet AFI og Proba samfunnsanalyse",
		Kind: FinalReport, Project: "tilskudd-ekspertbistand", Year: Year, Received: unknown(), Lang: NB, Heading: HeadingMeasures,
		KeyPoints: []Text{
			nb("Ordningen er stort sett brukt slik den var tenkt, og arbeidsgiverne som ble intervjuet, er godt fornøyd."),
			nb("Den brukes mindre enn ventet, og ulikt fra fylke til fylke."),
			nb("Få arbeidsgivere kjenner til den, sier arbeidslivssentrene."),
		},
		Method:  nb("Forskerne brukte registerdata, søknader, ekspertenes rapporter, en spørreundersøkelse til virksomheter, intervjuer med arbeidslivssentre og en casestudie. De samlet inn data fra høsten 2020 til våren 2022."),
		Limits:  nb("Ordningen var ny da pandemien kom, og det har trolig dempet bruken. Undersøkelsen gikk til virksomheter som hadde fått tilskudd, ikke til de andre."),
		Meaning: nb("Det er mest mellomstore og store virksomheter som har søkt, og over halvparten er kommunale. Skal tilskuddet nå resten av arbeidslivet, må flere få vite om det."),
		Findings: []Finding{
			{
				nb("Arbeidsgivere setter pris på en nøytral ekspert som kan det de selv mangler, og som hjelper dialogen."),
				nb("Gjelder arbeidsgivere som har brukt ordningen. Årsrapporten sier ikke om fraværet gikk ned."),
			},
			{
				nb("Bruken er høyest i Trøndelag og i Vestfold og Telemark, og lavest i Rogaland og i Troms og Finnmark."),
				nb("Forskjellene er ikke forklart."),
			},
		},
		Source: report("vedl. Arbeidsrettede tiltak og virkemidler"),
	},
	{
		Key: "digital-ekskludering-delrapport", Title: "Digital ekskludering i NAV, SINTEF",
		Kind: InterimReport, Project: "digital-ekskludering", Year: Year, Received: unknown(), Lang: NB, Heading: HeadingInteraction,
		KeyPoints: []Text{
			nb("Sykdom, livskriser, språk og liten erfaring med byråkrati kan stenge folk ute fra digitale tjenester."),
			nb("Noen mangler utstyr, nett eller en måte å logge inn på."),
			nb("De som hjelper, har sjelden opplæring og må ofte sende folk videre."),
		},
		Method:  nb("Delrapporten bygger på tidligere forskning, en spørreundersøkelse og intervjuer. Forskerne spurte fagfolk ved blant annet bibliotek, sykehus og lavterskeltilbud innen rus og psykisk helse."),
		Limits:  nb("Hjelperne har svart, ikke brukerne selv. Prosjektet er heller ikke ferdig."),
		Meaning: nb("Hjelperne ønsker seg løsninger der de kan bistå trygt uten å se sensitive opplysninger. De trenger også mer tid og kunnskap. På sikt kan digitale tjenester gi flere kontroll, tror de, hvis hjelpen er god nok."),
		Findings: []Finding{
			{
				nb("Det er når flere problemer kommer samtidig, at folk faller utenfor digitale tjenester."),
				nb("Bygger på hva fagfolk har sett hos dem de hjelper."),
			},
			{
				nb("Digitale tjenester kan gjøre noen mindre selvhjulpne enn før."),
				nb("En vurdering fra dem som ble intervjuet, ikke et tall."),
			},
		},
		Source: report("vedl. Samhandling med brukere"),
	},
	{
		Key: "demokratiske-algoritmer-rapport", Title: "Demokratiske algoritmer, NORCE",
		Kind: FinalReport, Project: "demokratiske-algoritmer", Year: Year, Received: unknown(), Lang: NN, Heading: HeadingInteraction,
		KeyPoints: []Text{
			nn("Folk flest tenkjer lite på maskinlæring i forvaltninga, og mange seier at dei kan lite om det."),
			nn("Mange ser fordelar: Arbeidet kan gå raskare, og like saker kan få likare svar."),
			nn("Når maskiner gjev råd, vil folk at saksbehandlarane skal likne befolkninga, slik at nokon kan rette feil."),
		},
		Method:  nn("Eit utval som speglar innbyggjarane i Noreg, svara på ei spørjeundersøking i tre delar. I den siste delen tok dei stilling til tenkte situasjonar, lagde som eksperiment."),
		Limits:  nn("Mange visste lite om emnet då dei svara, og situasjonane var tenkte. Undersøkinga viser haldningar, ikkje korleis løysingane verkar i drift."),
		Meaning: nn("Forskarane rår etatane til å hugse at slik teknologi også er politikk. Kjenner nokon seg urettvist behandla, kan skaden bli større når årsaka ligg i koden."),
		Findings: []Finding{{
			nn("Folk vil at saksbehandlarane skal spegle befolkninga når maskiner gjev råd."),
			nn("Svar på tenkte situasjonar i ei tid då dei fleste hadde lita røynsle med teknologien."),
		}},
		Source: report("vedl. Samhandling med brukere"),
	},
	{
		Key: "digisos-rapport", Title: "Digisos – muligheter og begrensninger ved digitalisering av sosiale tjenester, Proba samfunnsanalyse og Agenda Kaupang",
		Kind: FinalReport, Project: "digisos", Year: Year, Received: unknown(), Lang: NN, Heading: HeadingInteraction,
		KeyPoints: []Text{
			nn("Den digitale søknaden om sosialhjelp er ganske lett å fylle ut, og mange får han sendt."),
			nn("Ein del slit med å leggje ved dokumentasjon og leverer papir på kontoret i staden."),
			nn("Arbeidet på kontora har endra seg lite."),
		},
		Method:  nn("Forskarane las dokument og undersøkte fem Nav-kontor. Der intervjua dei leiarar, tilsette og brukarar, og spurde tilsette i sosiale tenester gjennom eit skjema."),
		Limits:  nn("Fem kontor viser ikkje heile landet. Prosjektet såg i praksis berre på søknaden, og pandemien fekk fleire enn vanleg til å søkje på nett."),
		Meaning: nn("Kontora har dei same rutinane anten søknaden kjem på papir eller på nett, med møte når søknaden er ny. Difor har løysinga så langt verken gjeve meir eller mindre oppfølging."),
		Findings: []Finding{{
			nn("Ein ny søknadskanal endrar lite når rutinane bak er dei same."),
			nn("Fem kontor, og ei løysing som var ny."),
		}},
		Source: report("vedl. Samhandling med brukere"),
	},
	{
		Key: "frida-rapport", Title: "Frida@work: Betydningen av tillit i bruken av chatboten Frida i NAV. NTNU, UiO og UiA",
		Kind: FinalReport, Project: "frida-at-work", Year: Year, Received: unknown(), Lang: NB, Heading: HeadingInteraction,
		KeyPoints: []Text{
			nb("Om folk bruker chatboten, avhenger mye av om de har tillit til den."),
			nb("Det de venter seg på forhånd, preger hvor flink de synes Frida er."),
			nb("Tilliten ble studert fra tre sider: innbyggerne, de ansatte og ledelsen."),
		},
		Method:  nb("Forskerne studerte flere caser ved hjelp av intervjuer, seminarer, spørreundersøkelser, dokumenter og tidligere forskning. De så chatboten som en deltaker i et samarbeid, ikke bare som et verktøy."),
		Limits:  nb("Årsrapporten gjengir bare hovedfunnene og sier lite om hvem som deltok. Her kan funnene derfor ikke tallfestes."),
		Meaning: nb("Prosjektet ville få flere samtaler til å bli fullført, eller til å gå over til en veileder uten brudd. Et sted å begynne er å si tydelig hva Frida kan, før samtalen starter."),
		Findings: []Finding{{
			nb("Forventningene før samtalen betyr mye for om chatboten oppleves som dyktig."),
			nb("Flere caser, men bare én chatbot."),
		}},
		Source: report("vedl. Samhandling med brukere"),
	},
	{
		Key: "digital-aktivitetsplan-rapport", Title: "Digital aktivitetsplan for NAV og brukerne, Proba",
		Kind: FinalReport, Project: "digital-aktivitetsplan", Year: Year, Received: unknown(), Lang: NB, Heading: HeadingInteraction,
		KeyPoints: []Text{
			nb("Veilederne synes planen er et godt verktøy, og den gjør det lettere å samarbeide på kontoret."),
			nb("Meldingene i planen brukes mye og har tatt over for en del telefoner og SMS."),
			nb("Selve planen bruker folk lite. Veilederne tror få ser vitsen med å føre inn aktiviteter."),
		},
		Method:  nb("Forskerne gikk gjennom dokumenter og litteratur, analyserte registerdata og intervjuet ledere og veiledere ved seks Nav-kontor. De snakket også med brukere."),
		Limits:  nb("Seks kontor viser ikke bredden i landet. Mange av funnene er veiledernes egne erfaringer."),
		Meaning: nb("Planen styrker dialog, tillit og medvirkning, og folk kan skrive når kontoret er stengt. Men kanalen gjør ikke jobben alene. Veilederens fag og kompetanse må ligge under."),
		Findings: []Finding{
			{
				nb("Skriftlig dialog i planen gir bedre tilgang til veilederen."),
				nb("Erfaringer fra seks kontor, ikke en måling av virkning."),
			},
			{
				nb("Planen blir mer veilederens enn brukerens."),
				nb("Veiledernes syn. Brukere er intervjuet, men kilden sier ikke hvor mange."),
			},
		},
		Source: report("vedl. Samhandling med brukere"),
	},
	{
		Key: "veiledere-rapport", Title: "Veiledere og arbeidssøkeres overgang til arbeid, UiO",
		Kind: FinalReport, Project: "veiledere-og-overgang", Year: Year, Received: unknown(), Lang: NB, Heading: HeadingInteraction,
		KeyPoints: []Text{
			nb("Hvilken veileder en arbeidssøker får, har ganske lite å si for sjansen til å komme i jobb."),
			nb("Arbeidssøkerens egen bakgrunn betyr mer."),
			nb("Kontorene fordeler ikke arbeidssøkerne helt tilfeldig."),
		},
		Method:  nb("Forskerne koblet registerdata om arbeidssøkere med opplysninger om veilederen deres. De så på om folk fikk jobb i løpet av to år, og hvor mange måneder de arbeidet. Bare kontorer som sa at de fordelte etter en fast regel, er med."),
		Limits:  nb("Både data og svar fra kontorene tyder på at noen arbeidssøkere sorteres til bestemte veiledere. Derfor er årsak og virkning usikkert."),
		Meaning: nb("Funnet gjelder forskjeller mellom veiledere. Det sier ikke at veiledning er lite verdt."),
		Findings: []Finding{{
			nb("Forskjeller mellom veiledere forklarer lite av hvem som kommer i jobb."),
			nb("Tildelingen av veileder er ikke tilfeldig, så resultatet er ikke et rent mål på virkningen."),
		}},
		Source: report("vedl. Samhandling med brukere"),
	},
	{
		Key: "tilgjengelige-tilbakemeldinger-rapport", Title: "Tilgjengelige tilbakemeldinger, Norsk Regnesentral og Tingtun",
		Kind: FinalReport, Project: "tilgjengelige-tilbakemeldinger", Year: Year, Received: unknown(), Lang: NN, Heading: HeadingInteraction,
		KeyPoints: []Text{
			nn("Svært mange av dei som svara, har møtt hinder på nettet, på nav.no og på andre offentlege sider."),
			nn("Noko er vanskeleg å forstå eller finne. Anna er tungvint eller stengt for somme."),
			nn("Om folk melder frå, heng òg på motivasjon og haldningar."),
		},
		Method:  nn("Prosjektet spurde brukarar om kva dei har opplevd, og gjekk gjennom forskingslitteratur om funksjonar for tilbakemelding. Utgangspunktet var nav.no."),
		Limits:  nn("Det finst lite forsking på korleis ein slik funksjon bør lagast. Kjelda seier ikkje kor mange som svara."),
		Meaning: nn("Frå 1. februar 2023 må offentlege nettstader ta imot meldingar om hinder. Litteraturen gjev støtte til å utvikle funksjonen steg for steg, saman med ulike brukarar frå starten."),
		Findings: []Finding{{
			nn("Ein god knapp er ikkje nok. Folk må tru at det nyttar å melde frå."),
			nn("Vår lesing av at motivasjon og haldningar spelar inn."),
		}},
		Source: report("vedl. Samhandling med brukere"),
	},
	{
		Key: "kvp-rapport", Title: "Kartlegging av arbeidet med Kvalifiseringsprogrammet i NAV-kontorene, Oxford Research",
		Kind: FinalReport, Project: "kvp-kartlegging", Year: Year, Received: inYear(2022), Lang: NN, Heading: HeadingSocial,
		KeyPoints: []Text{
			nn("Kontora arbeider svært ulikt med programmet."),
			nn("Det viktigaste skiljet går mellom kontor med og utan eigne rettleiarar for programmet."),
			nn("Programmet krev pengar, folk og tid. Fulltidskravet kan vere tungt både for rettleiarar og deltakarar."),
		},
		Method:  nn("Kartlegginga bygger på registerdata, ei spørjeundersøking til leiarar ved 247 kontor og intervju med rettleiarar og leiarar."),
		Limits:  nn("Skjemaet gjekk til leiarane. Kartlegginga viser ulik praksis, men ikkje kva praksis som verkar best."),
		Meaning: nn("Rådet er å sjå programmet som eitt av fleire verktøy og å spreie kunnskap om det. Nav bør òg finne ut korleis deltakarane skil seg frå andre i målgruppa. Då blir det lettare å rekruttere rett."),
		Findings: []Finding{
			{
				nn("Eigne rettleiarar for programmet er det som skil kontora mest."),
				nn("Kartlegginga viser skilnader, ikkje kva dei fører til."),
			},
			{
				nn("Mange ser programmet som noko for seg sjølv, ikkje som ein del av tiltaka."),
				nn("Vår lesing av tilrådinga. Kor mange som meiner det, står ikkje i kjelda."),
			},
		},
		Source: report("vedl. Sosiale tjenester"),
	},
	{
		Key: "aap-brukerlop-rapport", Title: "AAP-mottakeres brukerløp i helsetjenester og NAV, Proba samfunnsanalyse",
		Kind: FinalReport, Project: "aap-brukerlop", Year: Year, Received: inMonth(2022, 1), Lang: NB, Heading: HeadingHealth,
		KeyPoints: []Text{
			nb("Nav og helsetjenesten samarbeider bedre om personer med depresjon enn før, men det trengs mer."),
			nb("Unge med både ruslidelse og psykisk lidelse er ofte i tiltak, men få kommer i jobb."),
			nb("For personer med CFS/ME kan studien ikke slå fast hva som er riktig hjelp."),
		},
		Method:  nb("Prosjektet er utforskende, med én delstudie for hver gruppe. Det bruker litteratur, intervjuer og registerdata fra Nav og Norsk pasientregister."),
		Limits:  nb("Pasientregisteret dekker bare spesialisthelsetjenesten. Hjelp fra primærhelsetjenesten er ikke med."),
		Meaning: nb("Unge med rus og psykisk lidelse trenger tett og fleksibelt samarbeid på tvers av fag, og over lang tid. For personer med CFS/ME skaper krav om aktivitet og dokumentasjon problemer. De trenger opplegg som er tilpasset den enkelte, og mer tillit mellom partene."),
		Findings: []Finding{
			{
				nb("Samarbeidet mellom Nav og helsetjenesten må bli sterkere for alle tre gruppene."),
				nb("Utforskende studie. Primærhelsetjenesten er ikke med i dataene."),
			},
			{
				nb("Tiltak og behandling samtidig er vanlig for unge med rus og psykisk lidelse, uten at mange kommer i arbeid."),
				nb("Viser sammenheng over tid, ikke virkningen av tiltakene."),
			},
		},
		Source: report("vedl. Arbeid og helse"),
	},
	{
		Key: "laeringspraksis-rapport", Title: "Læringspraksis og læringskultur i NAV, NTNU Samfunnsforskning",
		Kind: FinalReport, Project: "laeringspraksis", Year: Year, Received: unknown(), Lang: NN, Heading: HeadingLearning,
		KeyPoints: []Text{
			nn("Kompetanse får meir merksemd enn før, og dei tilsette har lyst til å lære."),
			nn("Den einskilde lærer godt, men systemet rundt heng etter."),
			nn("Prosjektet Økt kompetanse har truleg hjelpt."),
		},
		Method:  nn("Forskarane intervjua eit avgrensa tal tilsette i arbeids- og tenestelinja i tre fylke. Dei tolka svara med teori om organisasjonar som lærer: Alle må få lære, og heile organisasjonen må utvikle seg for å nå måla sine."),
		Limits:  nn("Studien er utforskande. Det få fortel i tre fylke, gjeld ikkje utan vidare for resten av Nav."),
		Meaning: nn("Forskarane meiner at læringsarbeidet må organiserast betre, med tydelegare strukturar og system. Det er der det står att mest å gjere."),
		Findings: []Finding{{
			nn("Viljen til å lære er større enn evna til å organisere læring."),
			nn("Intervju med eit avgrensa utval i tre fylke."),
		}},
		Source: report("vedl. Innovasjon og læring"),
	},
	{
		Key: "maale-rapport", Title: "Hvordan kan vi måle om NAV lykkes med å få flere i arbeid? Oslo Economics og Frischsenteret",
		Kind: FinalReport, Project: "maale-om-nav-lykkes", Year: Year, Received: unknown(), Lang: NB, Heading: HeadingOther,
		KeyPoints: []Text{
			nb("Nav bør måle alle som har en bestemt status, ikke bare dem som er ferdige."),
			nb("Målet bør også vise hvor mye folk arbeider, ikke bare om de har jobb."),
			nb("Resultatet bør holdes opp mot det en kunne vente, ut fra hvem brukerne er og hvordan arbeidsmarkedet er på stedet."),
		},
		Method:  nb("Forskerne gikk gjennom tidligere forskning, erfaringer fra andre sektorer og måten andre lands arbeidsmarkedsetater gjør det på."),
		Limits:  nb("Rapporten er et forslag. Et eget prosjekt prøver ut modellen, og først der ser Nav hvordan tallene blir i praksis."),
		Meaning: nb("I dag måler Nav bare dem som har avsluttet noe. Viser utprøvingen at modellen holder, kan den bli grunnlag for ny statistikk og styringsinformasjon."),
		Findings: []Finding{{
			nb("Et rettferdig mål på resultater må ta hensyn til brukerne og det lokale arbeidsmarkedet."),
			nb("En anbefaling fra litteratur og andre land, ikke prøvd på Navs egne tall i rapporten."),
		}},
		Source: report("vedl. Andre rapporter"),
	},
	{
		Key: "dialogmote-2-rapport", Title: "Hvordan NAV-veiledere vurderer behovet for dialogmøte 2",
		Kind: FinalReport, Project: "dialogmote-2", Year: Year, Received: inYear(2022), Lang: NB,
		Findings: []Finding{{
			nb("Veilederen kaller inn når møtet ventes å bringe saken videre, enten mot tiltak eller mot en avklaring av arbeidsevnen."),
			nb("Kvalitativ studie. Årsrapporten gjengir bare hovedfunnet og sier ikke hvor mange veiledere som er med."),
		}},
		Source: report("§2.2"),
	},
}

// ReportByKey finds a report.
func ReportByKey(key string) (Report, bool) {
	for _, r := range Reports {
		if r.Key == key {
			return r, true
		}
	}
	return Report{}, false
}

// Publication is an earlier work that the sources refer to: existing knowledge
// that a search can turn up.
type Publication struct {
	Key       string
	Title     string
	Authors   string // as the source gives them, empty when it does not
	Published string // where and when, as the source gives it
	Year      int
	Theme     string // slug, where the source cites it under a theme
	Article   bool   // in a journal; otherwise a report
	Own       bool   // written by the agency itself
	Source    Source
	URL       string // its address, as the source's list of references has it; empty when it has none
}

// AllReports is where the annual report says that every report which Nav finances is
// published (§3.1). It gives no report's own address.
const AllReports = "https://nav.no/fou"

// Publications are the Norwegian works that the plan and the report cite. The
// plan's text calls the employment committee's second report NOU 2021:1, its
// list of references NOU 2021: 2; the list is followed.
var Publications = []Publication{
	{"nav-rapport-2020-4", "Lavinntekt og levekår i Norge - 2020", "Lima, Ivar m.fl.", "NAV-rapport 4/2020", 2020, ThemeSocial, false, true, plan("§4.4, referanser"), "https://www.nav.no/no/nav-og-samfunn/kunnskap/analyser-fra-nav/analyser-sosiale-tjenester/lavinntekt-og-levekar-i-norge.tilstand-og-utviklingstrekk-2020"},
	{"nav-notat-2019-1", "Gjennomgang av sosiale tjenester for langtidsmottakere av sosialhjelp", "", "NAV-notat 1/2019", 2019, ThemeSocial, false, true, plan("§4.4, referanser"), ""},
	{"omgjoring-av-vedtak", "Omgjøring av vedtak i NAV og trygderetten - årsaker og omfang", "Mandal, Roland", "Rapport SINTEF, 2016", 2016, "", false, false, plan("referanser"), "https://www.nav.no/no/nav-og-samfunn/kunnskap/forskningsrapporter-og-evalueringer-finansiert-av-nav/navs-tiltak-og-virkemidler-rapportarkiv/omgjoring-av-vedtak-i-nav-og-trygderetten-omfang-og-arsaker"},
	{"store-nedstengningen", "Den store nedstengningen. Arbeidsmarkedet gjennom første del av koronakrisen", "Gjerde, Engel Jensen og Sørbø", "Arbeid og velferd nr. 2/2020", 2020, ThemeMeasures, true, true, plan("§4.2, referanser"), ""},
	{"ett-ar-med-korona", "Ett år med korona. Utvikling og utsikter for NAVs ytelser og brukere", "Steinung Dahl m.fl.", "Arbeid og velferd nr. 1/2021", 2021, ThemeMeasures, true, true, plan("§4.2, referanser"), ""},
	{"blindsonen", "Blindsonen - Gransking av feilpraktiseringen av folketrygdlovens oppholdskrav ved reiser i EØS-området", "", "NOU 2020: 9", 2020, ThemeAdministration, false, false, plan("§4.3, referanser"), "https://www.regjeringen.no/no/dokumenter/nou-2020-9/id2723776/?ch=1"},
	{"nou-2021-2", "Kompetanse, aktivitet og inntektssikring. Tiltak for økt sysselsetting", "", "NOU 2021: 2", 2021, ThemeMeasures, false, false, plan("§4.2, referanser"), "https://www.regjeringen.no/no/dokumenter/nou-2021-2/id2832582/"},
	{"nou-2019-7", "Arbeid og inntektssikring - Tiltak for økt sysselsetting", "", "NOU 2019: 7", 2019, "", false, false, plan("referanser"), "https://www.regjeringen.no/no/dokumenter/nou-2019-7/id2637967/"},
	{"vidunderlig-ny-velferdsstat", "En vidunderlig ny velferdsstat? Rettsstaten møter den digitale velferdsforvaltningen", "", "Tidsskrift for velferdsforskning, vol. 25, utg. 3", 2022, "", true, false, report("§4.1"), ""},
}
