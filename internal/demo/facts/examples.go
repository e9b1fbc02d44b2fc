package facts

import "time"

// DemoDay is the day a demonstration's clock starts on, as the report's year
// closes. What the examples have behind them lies before it, what is planned
// or overdue is told by comparing with it.
var DemoDay = date(2023, time.January, 2)

// BySystem is the actor of a step no person takes.
const BySystem = "SYS"

// Step is a state an example record entered, as requirement 3 names the states.
type Step struct {
	State  string
	On     time.Time // day, UTC
	By     string    // person's id or BySystem
	Reason Text      // where the step needs one
}

// ExampleSearch is a search for what is already known.
type ExampleSearch struct {
	Query string
	Where Text
	On    time.Time
	By    string // person's id
	Hits  int
	Kept  []string // keys of Publications found useful
	Note  Text
}

// ExampleNeed is a made-up need for knowledge.
type ExampleNeed struct {
	Key       string
	Title     Text
	Problem   Text
	Questions []Text
	Themes    []string // slugs, may be none
	Tags      []string
	Goals     []string
	Owner     string    // person's id
	Decide    time.Time // day of the decision the knowledge is for; zero in a draft
	Decision  Text      // what is to be decided
	Phase     Phase
	Searches  []ExampleSearch
	Seconded  []string // keys of units that support it
	// Instruments chosen and why; none before the choice is made.
	Instruments []InstrumentKey
	Choice      Text
	CoveredBy   []string // keys of ExampleReports that answer it already
	Steps       []Step   // the last is the present state
}

// State gives the present state.
func (n ExampleNeed) State() string { return last(n.Steps) }

func last(steps []Step) string { return steps[len(steps)-1].State }

// step makes a step without a reason, because a step that needs one is written out.
func step(state string, on time.Time, by string) Step { return Step{State: state, On: on, By: by} }

// ExampleNeeds are in different states, so that each column of the need board
// and each queue has something in it.
var ExampleNeeds = []ExampleNeed{
	{
		Key:     "eks-behov-oppmote",
		Title:   nb("Hvorfor uteblir folk fra det første møtet?"),
		Problem: nb("Hver uke står møtetimer tomme hos oss. Vi vet ikke om folk glemmer timen, ikke forstår innkallingen eller ikke ser vitsen."),
		Themes:  []string{ThemeInteraction}, Owner: "kontor",
		Steps: []Step{step("UTKAST", date(2022, 12, 19), "kontor")},
	},
	{
		Key:       "eks-behov-innlogging",
		Title:     nn("Korleis når vi unge som ikkje får logga inn?"),
		Problem:   nn("Rettleiarar i fylket fortel om unge som gjev opp når innlogginga stoppar dei. Vi veit ikkje kor mange det gjeld, eller kva hjelp som verkar."),
		Questions: []Text{nn("Kva hindrar unge i å bruke dei digitale tenestene?"), nn("Kva hjelp på kontoret gjer at dei kjem vidare?")},
		Themes:    []string{ThemeInteraction}, Tags: []string{"digitalisering"}, Goals: []string{"bedre-brukermoter"}, Owner: "fylke",
		Decide: date(2023, 9, 1), Decision: nn("Om fylket skal ha faste digitale rettleiarar på kontora frå hausten."),
		Seconded: []string{"eksempel-kontor-a", "eksempel-kontor-b"},
		Steps:    []Step{step("UTKAST", date(2022, 12, 5), "fylke"), step("MELDT", date(2022, 12, 14), "fylke")},
	},
	{
		Key:       "eks-behov-videomoter",
		Title:     nb("Hva gjør videomøter med oppfølgingen?"),
		Problem:   nb("Flere kontorer holder nå møter på video. Vi vet lite om hva som går tapt, og hva som blir enklere, for dem som trenger tett oppfølging."),
		Questions: []Text{nb("For hvem fungerer videomøter like godt som møter på kontoret?"), nb("Hva endrer seg i samtalen?")},
		Themes:    []string{ThemeInteraction}, Tags: []string{"digitalisering", "arbeidsmetoder"}, Goals: []string{"bedre-brukermoter"}, Owner: "fageier",
		Decide: date(2023, 6, 15), Decision: nb("Om videomøter skal bli et fast tilbud ved alle kontorer."), Phase: PhaseUnderstand,
		Seconded: []string{"eksempel-fylke", "produktomrade", "eksempel-kontor-c"},
		Steps: []Step{
			step("UTKAST", date(2022, 10, 17), "fageier"), step("MELDT", date(2022, 10, 24), "fageier"),
			step("UNDER_KLARGJØRING", date(2022, 11, 1), "fou"),
		},
	},
	{
		Key:       "eks-behov-inkluderingstilskudd",
		Title:     nn("Kva kjem det ut av tilskot til sosial inkludering?"),
		Problem:   nn("Tilskota går til mange små tiltak i kommunane. Vi får rapportar om aktivitet, men veit lite om kva som hjelper barn i familiar med låg inntekt."),
		Questions: []Text{nn("Kva slags tiltak når barna dei er meinte for?"), nn("Kva tiltak bør prøvast ut meir systematisk?")},
		Themes:    []string{ThemeSocial}, Goals: []string{"redusere-fattigdom"}, Owner: "fageier",
		Decide: date(2024, 1, 15), Decision: nn("Kva vilkår direktoratet skal setje for tilskota i neste søknadsrunde."), Phase: PhaseUnderstand,
		Searches: []ExampleSearch{{
			Query: "barnefattigdom tiltak kommune", Where: nn("Bibliotekkatalogen og eigne rapportar"), On: date(2022, 11, 15), By: "bibliotek",
			Hits: 34, Kept: []string{"nav-rapport-2020-4"}, Note: nn("Mykje om levekår, lite om kva tiltak som verkar."),
		}},
		Seconded: []string{"eksempel-kontor-d"},
		Steps: []Step{
			step("UTKAST", date(2022, 9, 12), "fageier"), step("MELDT", date(2022, 9, 19), "fageier"),
			step("UNDER_KLARGJØRING", date(2022, 10, 3), "fou2"), step("KLARGJORT", date(2022, 12, 6), "fageier"),
		},
	},
	{
		Key:       "eks-behov-vedtaksbrev",
		Title:     nb("Forstår folk hvorfor de fikk avslag?"),
		Problem:   nb("Mange ringer etter et avslag for å spørre hva brevet betyr. Teamet vil skrive om brevene, men vet ikke hvor det stopper opp."),
		Questions: []Text{nb("Hvilke deler av brevet blir misforstått?"), nb("Hva skal til for at leseren vet hva hun eller han kan gjøre?")},
		Themes:    []string{ThemeAdministration, ThemeInteraction}, Tags: []string{"digitalisering"}, Goals: []string{"palitelig-forvaltning"}, Owner: "fageier2",
		Decide: date(2023, 10, 2), Decision: nb("Hvilken brevmal produktområdet skal ta i bruk."), Phase: PhaseInspire,
		Searches: []ExampleSearch{{
			Query: "klart språk vedtak avslag", Where: nb("Bibliotekkatalogen, Idunn"), On: date(2022, 10, 11), By: "bibliotek",
			Hits: 52, Note: nb("Godt grunnlag om språk, lite om hva leseren gjør etterpå."),
		}},
		Instruments: []InstrumentKey{InstrumentSynthesis, InstrumentCommission},
		Choice:      nb("En rask oppsummering først, så et oppdrag der brevene prøves på lesere. Nav bør ikke vurdere egne brev alene."),
		Steps: []Step{
			step("UTKAST", date(2022, 8, 29), "fageier2"), step("MELDT", date(2022, 9, 5), "fageier2"),
			step("UNDER_KLARGJØRING", date(2022, 9, 20), "fou"), step("KLARGJORT", date(2022, 11, 8), "fageier2"),
			{"VIRKEMIDDEL_VALGT", date(2022, 12, 13), "fou", nb("Avklart med fageier i møte.")},
		},
	},
	{
		Key:       "eks-behov-tett-oppfolging",
		Title:     nb("Hjelper det med tettere oppfølging de første ukene?"),
		Problem:   nb("Noen kontorer møter nye arbeidssøkere hver uke den første tiden. Det koster mye. Vi vet ikke om flere kommer raskere i arbeid."),
		Questions: []Text{nb("Kommer flere i arbeid innen et halvt år?"), nb("For hvem er det verdt kostnaden?")},
		Themes:    []string{ThemeMeasures}, Tags: []string{"arbeidsmetoder"}, Goals: []string{"flere-i-arbeid", "hoy-sysselsetting"}, Owner: "fageier",
		Decide: date(2023, 4, 3), Decision: nb("Om kontorene skal få råd om å innføre ukentlige møter fra høsten 2023."), Phase: PhaseEffect,
		Searches: []ExampleSearch{{
			Query: "intensive follow-up jobseekers effect", Where: nb("Bibliotekkatalogen og internasjonale baser"), On: date(2021, 10, 5), By: "bibliotek",
			Hits: 118, Note: nb("Mange studier fra land med andre ordninger, få fra Norge."),
		}},
		Seconded:    []string{"eksempel-kontor-a", "eksempel-kontor-b", "eksempel-fylke"},
		Instruments: []InstrumentKey{InstrumentCommission},
		Choice:      nb("Et oppdrag, fordi spørsmålet er avgrenset og Nav ikke bør evaluere egne tjenester selv."),
		Steps: []Step{
			step("UTKAST", date(2021, 9, 6), "fageier"), step("MELDT", date(2021, 9, 13), "fageier"),
			step("UNDER_KLARGJØRING", date(2021, 9, 20), "fou"), step("KLARGJORT", date(2021, 10, 25), "fageier"),
			step("VIRKEMIDDEL_VALGT", date(2021, 11, 8), "fou"), step("UNDER_FREMSKAFFING", date(2022, 3, 7), BySystem),
		},
	},
	{
		Key:       "eks-behov-egenmelding",
		Title:     nn("Kvifor sender folk inn feil inntekt?"),
		Problem:   nn("Mange må betale tilbake fordi inntekta dei melde, var feil. Det er tungt for dei det gjeld, og tek tid hos oss."),
		Questions: []Text{nn("Kvar i skjemaet oppstår feilen?"), nn("Kva endringar i skjemaet gjev færre feil?")},
		Themes:    []string{ThemeAdministration}, Tags: []string{"digitalisering"}, Goals: []string{"god-ytelsesforvaltning"}, Owner: "fageier2",
		Decide: date(2023, 2, 15), Decision: nn("Korleis skjemaet skal sjå ut frå sommaren 2023."), Phase: PhaseProcess,
		Searches: []ExampleSearch{{
			Query: "feilutbetaling inntekt skjema", Where: nn("Eigne rapportar og biblioteket"), On: date(2021, 2, 9), By: "bibliotek",
			Hits: 9, Kept: []string{"omgjoring-av-vedtak"}, Note: nn("Lite om sjølve skjemaet."),
		}},
		Instruments: []InstrumentKey{InstrumentGrant},
		Choice:      nn("Forskarane fekk stå fritt til å velje metode."),
		Steps: []Step{
			step("UTKAST", date(2021, 1, 11), "fageier2"), step("MELDT", date(2021, 1, 18), "fageier2"),
			step("UNDER_KLARGJØRING", date(2021, 1, 25), "fou2"), step("KLARGJORT", date(2021, 3, 1), "fageier2"),
			step("VIRKEMIDDEL_VALGT", date(2021, 3, 15), "fou2"), step("UNDER_FREMSKAFFING", date(2021, 5, 3), BySystem),
			step("BESVART", date(2022, 12, 12), BySystem),
		},
	},
	{
		Key:       "eks-behov-jobbsamtale",
		Title:     nb("Hva kjennetegner en god jobbsamtale?"),
		Problem:   nb("Nye veiledere ber om noe konkret å støtte seg på. Opplæringen bygger i dag mest på erfaring."),
		Questions: []Text{nb("Hva sier forskningen om samtaler som fører til handling?")},
		Themes:    []string{ThemeMeasures}, Tags: []string{"arbeidsmetoder"}, Goals: []string{"flere-i-arbeid"}, Owner: "fageier",
		Decide: date(2022, 9, 1), Decision: nb("Hva som skal inn i opplæringen av nye veiledere."), Phase: PhaseInspire,
		Searches: []ExampleSearch{{
			Query: "motiverende samtale arbeidssøker", Where: nb("Bibliotekkatalogen"), On: date(2021, 11, 2), By: "bibliotek",
			Hits: 61, Note: nb("Nok studier til at en oppsummering lønner seg."),
		}},
		Instruments: []InstrumentKey{InstrumentSynthesis},
		Choice:      nb("Forskningen finnes. Den må samles og vurderes."),
		Steps: []Step{
			step("UTKAST", date(2021, 10, 4), "fageier"), step("MELDT", date(2021, 10, 11), "fageier"),
			step("UNDER_KLARGJØRING", date(2021, 10, 18), "fou"), step("KLARGJORT", date(2021, 11, 15), "fageier"),
			step("VIRKEMIDDEL_VALGT", date(2021, 11, 22), "fou"), step("UNDER_FREMSKAFFING", date(2022, 1, 10), BySystem),
			step("BESVART", date(2022, 6, 20), BySystem),
			{"LUKKET", date(2022, 8, 22), "fageier", nb("Vi har bestemt å bruke funnene, og planen er godkjent.")},
		},
	},
	{
		Key:       "eks-behov-paminnelse",
		Title:     nn("Hjelper det å minne folk på fristen?"),
		Problem:   nn("Mange sender meldekortet for seint. Kontoret vil vite om ei påminning er verdt å byggje."),
		Questions: []Text{nn("Kor mange fleire leverer i tide når dei blir minte på det?")},
		Themes:    []string{ThemeInteraction}, Tags: []string{"digitalisering"}, Goals: []string{"bedre-brukermoter"}, Owner: "kontor",
		Decide: date(2022, 12, 15), Decision: nn("Om produktteamet skal setje av tid til påminningar."), Phase: PhaseInspire,
		Searches: []ExampleSearch{{
			Query: "påminnelse frist melding", Where: nn("Kunnskapsportalen"), On: date(2022, 10, 20), By: "analyse",
			Hits: 3, Note: nn("Éin intern analyse svarer på spørsmålet."),
		}},
		CoveredBy: []string{"eks-rapport-paminnelse"},
		Steps: []Step{
			step("UTKAST", date(2022, 10, 3), "kontor"), step("MELDT", date(2022, 10, 4), "kontor"),
			step("UNDER_KLARGJØRING", date(2022, 10, 12), "fou2"), step("KLARGJORT", date(2022, 11, 9), "kontor"),
			{"DEKKET", date(2022, 11, 16), "fou2", nn("Ein analyse frå tidlegare i år svarer på det.")},
		},
	},
	{
		Key:       "eks-behov-arbeidsbegrep",
		Title:     nb("Hva er arbeid?"),
		Problem:   nb("Vi ønsker en teoretisk avklaring av hva arbeid betyr for mennesker."),
		Questions: []Text{nb("Hvordan har synet på arbeid endret seg?")},
		Owner:     "fageier2", Decide: date(2023, 12, 1), Decision: nb("Ingen bestemt beslutning er knyttet til behovet."),
		Steps: []Step{
			step("UTKAST", date(2022, 11, 7), "fageier2"), step("MELDT", date(2022, 11, 7), "fageier2"),
			{"AVVIST", date(2022, 11, 21), "fou", nb("Spørsmålet er grunnforskning. Meld gjerne et nytt behov som er knyttet til noe dere skal avgjøre.")},
		},
	},
}

// DelayCause is why a forecast moved (requirement F3).
type DelayCause string

// The causes.
const (
	CauseCollection DelayCause = "datainnsamling"
	CauseLaw        DelayCause = "etikk_jus_personvern"
	CauseOffices    DelayCause = "kontorkontakt"
	CauseRelease    DelayCause = "datautlevering"
	CauseOther      DelayCause = "annet"
)

// Forecast is a moved date of a deliverable.
type Forecast struct {
	Made  time.Time
	By    string // person's id
	Due   time.Time
	Cause DelayCause
	Why   Text
}

// ExampleDeliverable is something a project owes. Baseline never moves.
type ExampleDeliverable struct {
	Key       string
	Title     Text
	Kind      string // delrapport, sluttrapport, presentasjon, datasett
	Baseline  time.Time
	Forecasts []Forecast // the oldest first; none while the baseline holds
	Delivered time.Time  // zero while outstanding
	Accepted  time.Time  // zero until accepted
}

// Due gives the date it is now expected.
func (d ExampleDeliverable) Due() time.Time {
	if n := len(d.Forecasts); n > 0 {
		return d.Forecasts[n-1].Due
	}
	return d.Baseline
}

// YearBudget is one year of a project's money, in whole kroner.
type YearBudget struct {
	Year          int
	Budget, Spent int64
}

// ExampleOption is a further stage that Nav may or may not call off.
type ExampleOption struct {
	Title    Text
	NOK      int64
	DecideBy time.Time
	Taken    string // «ja», «nei», empty while undecided
}

// ExampleProject is a made-up project.
type ExampleProject struct {
	Key                                    string
	Title                                  Text
	Need                                   string // key, empty for one that answers no need here
	Instrument                             InstrumentKey
	Theme                                  string
	Institution                            string // key of an example organisation, or "nav"
	Owner                                  string // fageier's id
	Caseworker                             string // person's id in the R&D section
	Leader                                 string // person's id, empty for one without
	Contracted, StartUpMeeting, PlannedEnd time.Time
	NextFollowUp                           time.Time // zero for one that is closed
	Award                                  int64     // kroner, the sum of the years' budgets, options left out
	Years                                  []YearBudget
	Options                                []ExampleOption
	Deliverables                           []ExampleDeliverable
	PersonMonths                           int
	Steps                                  []Step
}

// State gives the present state.
func (p ExampleProject) State() string { return last(p.Steps) }

// Deliverable kinds.
const (
	DeliverInterim = "delrapport"
	DeliverFinal   = "sluttrapport"
	DeliverShow    = "presentasjon"
)

// ExampleProjects are one late and running, one just accepted and four that
// have gone on to use.
var ExampleProjects = []ExampleProject{
	{
		Key: "eks-prosjekt-tett-oppfolging", Title: nb("Effekten av ukentlige møter med nye arbeidssøkere"),
		Need: "eks-behov-tett-oppfolging", Instrument: InstrumentCommission, Theme: ThemeMeasures, Institution: "eksempel-leverandor",
		Owner: "fageier", Caseworker: "fou", Leader: "leverandor",
		Contracted: date(2022, 2, 14), StartUpMeeting: date(2022, 3, 7), PlannedEnd: date(2023, 3, 1), NextFollowUp: date(2023, 1, 16),
		Award: 1_500_000, Years: []YearBudget{{2022, 900_000, 640_000}, {2023, 600_000, 0}},
		Options:      []ExampleOption{{nb("Oppfølging av de samme arbeidssøkerne etter to år"), 400_000, date(2023, 2, 1), ""}},
		PersonMonths: 14,
		Deliverables: []ExampleDeliverable{
			{
				Key: "eks-leveranse-tett-1", Title: nb("Delrapport om hvordan kontorene gjør det"), Kind: DeliverInterim,
				Baseline: date(2022, 10, 3), Delivered: date(2022, 10, 31), Accepted: date(2022, 11, 14),
				Forecasts: []Forecast{{date(2022, 9, 12), "fou", date(2022, 10, 31), CauseOffices, nb("Det tok lengre tid å få nok kontorer med.")}},
			},
			{
				Key: "eks-leveranse-tett-2", Title: nb("Sluttrapport om effekt og kostnad"), Kind: DeliverFinal, Baseline: date(2023, 3, 1),
				Forecasts: []Forecast{
					{date(2022, 9, 12), "fou", date(2023, 3, 31), CauseOffices, nb("Senere oppstart ved kontorene flytter alt bak.")},
					{date(2022, 12, 12), "leverandor", date(2023, 6, 30), CauseRelease, nb("Registerdata er ikke utlevert ennå. Analysen kan ikke begynne.")},
				},
			},
			{Key: "eks-leveranse-tett-3", Title: nb("Presentasjon for fageier og kontorene"), Kind: DeliverShow, Baseline: date(2023, 3, 15)},
		},
		Steps: []Step{
			step("OPPRETTET", date(2022, 1, 31), "fou"), step("KONTRAHERT", date(2022, 2, 14), "fou"),
			step("OPPSTARTET", date(2022, 3, 7), "fageier"), step("PÅGÅR", date(2022, 3, 7), "fou"),
		},
	},
	{
		Key: "eks-prosjekt-inntektsskjema", Title: nn("Feil i innmelding av inntekt"),
		Need: "eks-behov-egenmelding", Instrument: InstrumentGrant, Theme: ThemeAdministration, Institution: "eksempel-institutt",
		Owner: "fageier2", Caseworker: "fou2", Leader: "forsker",
		Contracted: date(2021, 4, 12), StartUpMeeting: date(2021, 5, 3), PlannedEnd: date(2022, 8, 31), NextFollowUp: date(2023, 1, 18),
		Award: 3_200_000, Years: []YearBudget{{2021, 2_000_000, 1_760_000}, {2022, 1_200_000, 1_440_000}},
		PersonMonths: 30,
		Deliverables: []ExampleDeliverable{
			{
				Key: "eks-leveranse-inntekt-1", Title: nn("Delrapport om kvar feila oppstår"), Kind: DeliverInterim,
				Baseline: date(2021, 9, 1), Delivered: date(2021, 9, 1), Accepted: date(2021, 9, 20),
			},
			{
				Key: "eks-leveranse-inntekt-2", Title: nn("Sluttrapport"), Kind: DeliverFinal,
				Baseline: date(2022, 8, 31), Delivered: date(2022, 11, 21), Accepted: date(2022, 12, 12),
				Forecasts: []Forecast{{date(2022, 5, 9), "forsker", date(2022, 11, 21), CauseCollection, nn("Færre svara enn venta, så vi la til ein runde.")}},
			},
			{Key: "eks-leveranse-inntekt-3", Title: nn("Presentasjon på webinar"), Kind: DeliverShow, Baseline: date(2023, 1, 31)},
		},
		Steps: []Step{
			step("OPPRETTET", date(2021, 3, 22), "fou2"), step("KONTRAHERT", date(2021, 4, 12), "fou2"),
			step("OPPSTARTET", date(2021, 5, 3), "fageier2"), step("PÅGÅR", date(2021, 5, 3), "fou2"),
			step("SLUTTLEVERT", date(2022, 11, 21), "forsker"), step("GODKJENT", date(2022, 12, 12), "fageier2"),
		},
	},
	{
		Key: "eks-prosjekt-jobbsamtale", Title: nb("Oppsummering av forskning om jobbsamtaler"),
		Need: "eks-behov-jobbsamtale", Instrument: InstrumentSynthesis, Theme: ThemeMeasures, Institution: "eksempel-fagmiljo",
		Owner: "fageier", Caseworker: "fou",
		Contracted: date(2021, 12, 13), StartUpMeeting: date(2022, 1, 10), PlannedEnd: date(2022, 5, 31), NextFollowUp: date(2023, 2, 6),
		Award: 480_000, Years: []YearBudget{{2022, 480_000, 480_000}}, PersonMonths: 5,
		Deliverables: []ExampleDeliverable{{
			Key: "eks-leveranse-jobbsamtale", Title: nb("Kunnskapsoppsummering"), Kind: DeliverFinal,
			Baseline: date(2022, 5, 31), Delivered: date(2022, 5, 31), Accepted: date(2022, 6, 20),
		}},
		Steps: []Step{
			step("OPPRETTET", date(2021, 11, 29), "fou"), step("KONTRAHERT", date(2021, 12, 13), "fou"),
			step("OPPSTARTET", date(2022, 1, 10), "fageier"), step("PÅGÅR", date(2022, 1, 10), "fou"),
			step("SLUTTLEVERT", date(2022, 5, 31), "fou"), step("GODKJENT", date(2022, 6, 20), "fageier"),
		},
	},
	{
		Key: "eks-prosjekt-paminnelse", Title: nn("Intern analyse av påminningar om frist"),
		Instrument: InstrumentInternal, Theme: ThemeInteraction, Institution: "nav",
		Owner: "fageier2", Caseworker: "fou2", Leader: "analyse",
		Contracted: date(2021, 11, 1), StartUpMeeting: date(2021, 11, 8), PlannedEnd: date(2022, 2, 28),
		Deliverables: []ExampleDeliverable{{
			Key: "eks-leveranse-paminnelse", Title: nn("Analyse"), Kind: DeliverFinal,
			Baseline: date(2022, 2, 28), Delivered: date(2022, 2, 28), Accepted: date(2022, 3, 14),
		}},
		Steps: []Step{
			step("OPPRETTET", date(2021, 11, 1), "fou2"), step("KONTRAHERT", date(2021, 11, 1), "fou2"),
			step("OPPSTARTET", date(2021, 11, 8), "fageier2"), step("PÅGÅR", date(2021, 11, 8), "fou2"),
			step("SLUTTLEVERT", date(2022, 2, 28), "analyse"), step("GODKJENT", date(2022, 3, 14), "fageier2"),
			step("LUKKET", date(2022, 10, 10), "fou2"),
		},
	},
	{
		Key: "eks-prosjekt-gruppekurs", Title: nb("Evaluering av gruppekurs for arbeidssøkere"),
		Instrument: InstrumentCommission, Theme: ThemeMeasures, Institution: "eksempel-leverandor",
		Owner: "fageier", Caseworker: "fou",
		Contracted: date(2021, 3, 15), StartUpMeeting: date(2021, 4, 12), PlannedEnd: date(2022, 8, 31), NextFollowUp: date(2023, 1, 23),
		Award: 1_100_000, Years: []YearBudget{{2021, 700_000, 680_000}, {2022, 400_000, 420_000}}, PersonMonths: 11,
		Deliverables: []ExampleDeliverable{{
			Key: "eks-leveranse-gruppekurs", Title: nb("Sluttrapport"), Kind: DeliverFinal,
			Baseline: date(2022, 8, 31), Delivered: date(2022, 8, 31), Accepted: date(2022, 9, 19),
		}},
		Steps: []Step{
			step("OPPRETTET", date(2021, 3, 1), "fou"), step("KONTRAHERT", date(2021, 3, 15), "fou"),
			step("OPPSTARTET", date(2021, 4, 12), "fageier"), step("PÅGÅR", date(2021, 4, 12), "fou"),
			step("SLUTTLEVERT", date(2022, 8, 31), "leverandor"), step("GODKJENT", date(2022, 9, 19), "fageier"),
		},
	},
	{
		Key: "eks-prosjekt-gjeldsrad", Title: nn("Kartlegging av gjeldsrådgjeving på kontora"),
		Instrument: InstrumentCommission, Theme: ThemeSocial, Institution: "eksempel-leverandor",
		Owner: "fageier", Caseworker: "fou2",
		Contracted: date(2021, 5, 10), StartUpMeeting: date(2021, 6, 1), PlannedEnd: date(2022, 10, 31), NextFollowUp: date(2023, 1, 9),
		Award: 950_000, Years: []YearBudget{{2021, 450_000, 450_000}, {2022, 500_000, 470_000}}, PersonMonths: 9,
		Deliverables: []ExampleDeliverable{{
			Key: "eks-leveranse-gjeldsrad", Title: nn("Sluttrapport"), Kind: DeliverFinal,
			Baseline: date(2022, 10, 31), Delivered: date(2022, 10, 31), Accepted: date(2022, 11, 7),
		}},
		Steps: []Step{
			step("OPPRETTET", date(2021, 4, 26), "fou2"), step("KONTRAHERT", date(2021, 5, 10), "fou2"),
			step("OPPSTARTET", date(2021, 6, 1), "fageier"), step("PÅGÅR", date(2021, 6, 1), "fou2"),
			step("SLUTTLEVERT", date(2022, 10, 31), "leverandor"), step("GODKJENT", date(2022, 11, 7), "fageier"),
		},
	},
}

// ExampleReport is the report of an example project.
type ExampleReport struct {
	Key     string
	Title   Text
	Project string // key of an ExampleProject
	Short   Text
}

// ExampleReports are those uptake is made of.
var ExampleReports = []ExampleReport{
	{
		"eks-rapport-inntektsskjema", nn("Kvar går det gale? Om feil i innmelding av inntekt"), "eks-prosjekt-inntektsskjema",
		nn("To spørsmål i skjemaet står for dei fleste feila. Når dei blir skrivne om, finn fleire rett beløp."),
	},
	{
		"eks-rapport-jobbsamtale", nb("Samtaler som fører til handling"), "eks-prosjekt-jobbsamtale",
		nb("Samtaler med et konkret neste steg ser ut til å gi mer aktivitet. Studiene er få og ulike."),
	},
	{
		"eks-rapport-paminnelse", nn("Påminning om frist"), "eks-prosjekt-paminnelse",
		nn("Litt fleire leverte i tide etter ei påminning. Skilnaden var størst for dei som nyleg hadde byrja å sende inn."),
	},
	{
		"eks-rapport-gruppekurs", nb("Gruppekurs eller samtale?"), "eks-prosjekt-gruppekurs",
		nb("Deltakerne likte kursene. Evalueringen fant ingen sikker forskjell i hvor mange som kom i jobb."),
	},
	{
		"eks-rapport-gjeldsrad", nn("Gjeldsråd på kontoret"), "eks-prosjekt-gjeldsrad",
		nn("Ventetida er lengst der éin person har heile ansvaret. Kontor som deler det på fleire, har kortare kø."),
	},
}

// Implication is what a finding touches (requirement H2).
type Implication string

// The implications.
const (
	ForPractice   Implication = "praksis"
	ForServices   Implication = "tjenesteutvikling"
	ForManagement Implication = "styring"
	ForPolicy     Implication = "politikk"
	ForKnowledge  Implication = "kunnskapsgrunnlag"
)

// RecommendationKind is what a recommendation asks for (requirement H3).
type RecommendationKind string

// The kinds.
const (
	DoThis         RecommendationKind = "gjør"
	StopThis       RecommendationKind = "slutt"
	AdviseMinistry RecommendationKind = "råd til departementet"
)

// ExampleRecommendation is what someone should do about a finding, and what the
// owner decided.
type ExampleRecommendation struct {
	Kind    RecommendationKind
	To      string // unit key
	Text    Text
	Answer  string // «ja», «delvis», «nei», empty while undecided
	Reason  Text   // of the answer
	Finding int    // index in Findings
}

// ExampleAction is a step of a plan for use.
type ExampleAction struct {
	Key    string
	Text   Text
	Owner  string // person's id
	Due    time.Time
	Status string // IKKE_STARTET, PÅGÅR, FULLFØRT, BORTFALT
	Done   time.Time
	Reason Text // why it was dropped
	For    int  // the recommendation that it follows from, from 1; 0 when none
}

// ExampleUptake is the assessment of a finished study and what became of it.
type ExampleUptake struct {
	Key             string
	Report          string    // key of an ExampleReport
	Owner           string    // person's id
	Due             time.Time // when the owner is to have decided
	Findings        []Finding
	Implications    [][]Implication // one list per finding
	Recommendations []ExampleRecommendation
	Outcome         string // bruk, delvis, ikke, kunnskapsgrunnlag; empty while undecided
	OutcomeReason   Text
	Audiences       []Text // who must know
	Actions         []ExampleAction
	Steps           []Step
}

// State gives the present state.
func (u ExampleUptake) State() string { return last(u.Steps) }

// ExampleUptakes stand in five different places between report and use.
var ExampleUptakes = []ExampleUptake{
	{
		Key: "eks-bruk-inntektsskjema", Report: "eks-rapport-inntektsskjema", Owner: "fageier2", Due: date(2023, 1, 9),
		Steps: []Step{step("OPPRETTET", date(2022, 12, 12), BySystem)},
	},
	{
		Key: "eks-bruk-gjeldsrad", Report: "eks-rapport-gjeldsrad", Owner: "fageier", Due: date(2022, 12, 5),
		Findings: []Finding{
			{nn("Ventetida er kortare når fleire deler ansvaret for gjeldsråd."), nn("Kartlegging ved nokre kontor. Årsaka er ikkje undersøkt.")},
			{nn("Små kontor samarbeider sjeldan om gjeldsråd."), nn("Svar frå leiarar, ikkje frå dei som søkte råd.")},
		},
		Implications: [][]Implication{{ForPractice, ForManagement}, {ForServices}},
		Recommendations: []ExampleRecommendation{
			{DoThis, "atl", nn("Råd kontora til å ha minst to som kan gje gjeldsråd."), "", Text{}, 0},
			{AdviseMinistry, "direktoratet", nn("Fortel departementet at små kontor manglar nokon å dele ansvaret med."), "", Text{}, 1},
		},
		Steps: []Step{
			step("OPPRETTET", date(2022, 11, 7), BySystem), step("FUNN_REGISTRERT", date(2022, 11, 14), "fou2"),
			step("IMPLIKASJON_VURDERT", date(2022, 12, 1), "fageier"),
		},
	},
	{
		Key: "eks-bruk-jobbsamtale", Report: "eks-rapport-jobbsamtale", Owner: "fageier", Due: date(2022, 7, 18),
		Findings: []Finding{
			{nb("Samtaler som ender i ett konkret neste steg, gir mer aktivitet."), nb("Få studier, de fleste fra andre land.")},
			{nb("Lange skjemaer i samtalen tar oppmerksomheten bort fra personen."), nb("To kvalitative studier.")},
		},
		Implications: [][]Implication{{ForPractice}, {ForPractice, ForServices}},
		Recommendations: []ExampleRecommendation{
			{DoThis, "atl", nb("Ta inn avtalen om neste steg i opplæringen av nye veiledere."), "ja", nb("Koster lite og passer med det kontorene allerede prøver."), 0},
			{StopThis, "produktomrade", nb("Slutt å kreve at skjemaet fylles ut mens samtalen pågår."), "delvis", nb("Noen opplysninger må vi ha med en gang. Resten kan vente."), 1},
		},
		Outcome: "bruk", OutcomeReason: nb("Funnene er samstemte nok til å endre opplæringen, men ikke til å måle kontorene på dem."),
		Audiences: []Text{nb("Nye veiledere"), nb("Ledere på kontorene"), nb("Produktteamet som lager skjemaet")},
		Actions: []ExampleAction{
			{Key: "eks-tiltak-opplaering", For: 1, Text: nb("Skriv inn avtalen om neste steg i opplæringsplanen."), Owner: "atl", Due: date(2022, 10, 31), Status: "FULLFØRT", Done: date(2022, 10, 24)},
			{Key: "eks-tiltak-skjema", For: 2, Text: nb("Foreslå hvilke felter som kan vente til etter samtalen."), Owner: "produktteam", Due: date(2022, 12, 15), Status: "PÅGÅR"},
			{Key: "eks-tiltak-kortom", For: 1, Text: nb("Lag en kort video om funnene."), Owner: "kommunikasjon", Due: date(2023, 1, 31), Status: "IKKE_STARTET"},
			{Key: "eks-tiltak-foredrag", For: 1, Text: nb("Hold foredrag på en samling for ledere."), Owner: "fageier", Due: date(2022, 11, 15), Status: "BORTFALT", Reason: nb("Samlingen ble slått sammen med en annen.")},
		},
		Steps: []Step{
			step("OPPRETTET", date(2022, 6, 20), BySystem), step("FUNN_REGISTRERT", date(2022, 6, 27), "fou"),
			step("IMPLIKASJON_VURDERT", date(2022, 7, 6), "fageier"),
			{"BESLUTTET", date(2022, 7, 14), "fageier", nb("Vi tar funnene i bruk i opplæringen.")},
			step("PLAN_GODKJENT", date(2022, 8, 22), "fageier"), step("GJENNOMFØRES", date(2022, 8, 22), BySystem),
		},
	},
	{
		Key: "eks-bruk-paminnelse", Report: "eks-rapport-paminnelse", Owner: "fageier2", Due: date(2022, 4, 11),
		Findings: []Finding{
			{nn("Ei påminning gjer at litt fleire leverer i tide."), nn("Målt i to månader. Verknaden over lengre tid er ukjend.")},
		},
		Implications: [][]Implication{{ForServices}},
		Recommendations: []ExampleRecommendation{
			{DoThis, "produktomrade", nn("Send påminning to dagar før fristen."), "ja", nn("Det er rimeleg å byggje, og ingen blir ståande utan."), 0},
		},
		Outcome: "bruk", OutcomeReason: nn("Liten verknad, men liten kostnad òg."),
		Audiences: []Text{nn("Produktteamet"), nn("Rettleiarar på kontora")},
		Actions: []ExampleAction{
			{Key: "eks-tiltak-paminnelse", For: 1, Text: nn("Slå på påminninga for alle."), Owner: "produktteam", Due: date(2022, 6, 15), Status: "FULLFØRT", Done: date(2022, 6, 10)},
			{Key: "eks-tiltak-maling", For: 1, Text: nn("Mål kor mange som leverer i tide etter tre månader."), Owner: "analyse", Due: date(2022, 9, 30), Status: "FULLFØRT", Done: date(2022, 9, 26)},
		},
		Steps: []Step{
			step("OPPRETTET", date(2022, 3, 14), BySystem), step("FUNN_REGISTRERT", date(2022, 3, 21), "fou2"),
			step("IMPLIKASJON_VURDERT", date(2022, 3, 28), "fageier2"),
			{"BESLUTTET", date(2022, 4, 4), "fageier2", nn("Vi byggjer påminninga.")},
			step("PLAN_GODKJENT", date(2022, 4, 20), "fageier2"), step("GJENNOMFØRES", date(2022, 4, 20), BySystem),
			step("FULGT_OPP", date(2022, 9, 26), "fageier2"), step("LUKKET", date(2022, 10, 3), "fageier2"),
		},
	},
	{
		Key: "eks-bruk-gruppekurs", Report: "eks-rapport-gruppekurs", Owner: "fageier", Due: date(2022, 10, 17),
		Findings: []Finding{
			{nb("Evalueringen fant ingen sikker forskjell mellom gruppekurs og samtale."), nb("Få deltakere. Usikkerheten rommer både en liten gevinst og et lite tap.")},
		},
		Implications: [][]Implication{{ForKnowledge}},
		Recommendations: []ExampleRecommendation{
			{StopThis, "atl", nb("Slutt med gruppekurs."), "nei", nb("Vi vet ikke nok til å slutte. Kontorene kan velge selv til en større studie er gjort."), 0},
		},
		Outcome: "ikke", OutcomeReason: nb("Resultatet er for usikkert til å endre noe. Rapporten er likevel publisert, så andre kan lære av den."),
		Steps: []Step{
			step("OPPRETTET", date(2022, 9, 19), BySystem), step("FUNN_REGISTRERT", date(2022, 9, 26), "fou"),
			step("IMPLIKASJON_VURDERT", date(2022, 10, 5), "fageier"),
			{"BESLUTTET", date(2022, 10, 12), "fageier", nb("Vi endrer ikke praksis på dette grunnlaget.")},
			{"LUKKET", date(2022, 10, 12), "fageier", nb("Ingen plan trengs når svaret er nei.")},
		},
	},
}

// ExampleTask is something someone has to do.
type ExampleTask struct {
	Key   string
	On    string // key of the example record it is about
	Text  Text
	Owner string // person's id
	Due   time.Time
	Done  time.Time // zero while open
}

// ExampleTasks give every kind of person something to do on DemoDay, and some
// of it overdue.
var ExampleTasks = []ExampleTask{
	{"eks-oppgave-1", "eks-behov-oppmote", nb("Fullfør og send inn behovet."), "kontor", date(2023, 1, 13), time.Time{}},
	{"eks-oppgave-2", "eks-behov-innlogging", nn("Finn ein saksbehandlar til behovet."), "fou2", date(2023, 1, 4), time.Time{}},
	{"eks-oppgave-3", "eks-behov-videomoter", nb("Søk etter kunnskap som finnes fra før."), "bibliotek", date(2022, 12, 20), time.Time{}},
	{"eks-oppgave-4", "eks-behov-videomoter", nb("Gjør spørsmålene klare sammen med fageier."), "analyse", date(2023, 1, 20), time.Time{}},
	{"eks-oppgave-5", "eks-behov-inkluderingstilskudd", nn("Vel verkemiddel saman med fageigaren."), "fou", date(2023, 1, 11), time.Time{}},
	{"eks-oppgave-6", "eks-behov-vedtaksbrev", nb("Avklar om innkjøpskontoret har kapasitet i februar."), "anskaffelse", date(2023, 1, 6), time.Time{}},
	{"eks-oppgave-7", "eks-prosjekt-tett-oppfolging", nb("Ta stilling til den nye prognosen. Rapporten kommer etter beslutningen."), "fageier", date(2022, 12, 22), time.Time{}},
	{"eks-oppgave-8", "eks-prosjekt-tett-oppfolging", nb("Avgjør om opsjonen skal utløses."), "fageier", date(2023, 2, 1), time.Time{}},
	{"eks-oppgave-9", "eks-data-tett-oppfolging", nb("Lever ut registerdata."), "statistikk", date(2022, 12, 9), time.Time{}},
	{"eks-oppgave-10", "eks-data-gjeld", nn("Vurder søknaden om dispensasjon frå teieplikta."), "jurist", date(2023, 1, 17), time.Time{}},
	{"eks-oppgave-11", "eks-bruk-inntektsskjema", nn("Registrer funna i sluttrapporten."), "fou2", date(2023, 1, 5), time.Time{}},
	{"eks-oppgave-12", "eks-bruk-gjeldsrad", nn("Avgjer kva funna skal brukast til."), "fageier", date(2022, 12, 5), time.Time{}},
	{"eks-oppgave-13", "eks-tiltak-skjema", nb("Foreslå felter som kan vente."), "produktteam", date(2022, 12, 15), time.Time{}},
	{"eks-oppgave-14", "eks-tiltak-kortom", nb("Skriv manus til videoen."), "kommunikasjon", date(2023, 1, 16), time.Time{}},
	{"eks-oppgave-15", "eks-soknad-3", nb("Lever vurderingen din."), "fagvurderer2", date(2023, 1, 12), time.Time{}},
	{"eks-oppgave-16", "eks-utlysning-mote", nb("Les søknadene før møtet i utvalget."), "utvalg", date(2023, 1, 25), time.Time{}},
	{"eks-oppgave-17", "eks-forsok-ventelokale", nn("Gje kontoret råd om korleis forsøket kan målast."), "fylke", date(2023, 1, 10), time.Time{}},
	{"eks-oppgave-18", "eks-forsok-veiledning", nb("Svar på om metoden er lovende og overførbar."), "atl", date(2023, 1, 27), time.Time{}},
	{"eks-oppgave-19", "eks-leveranse-inntekt-3", nn("Legg fram rapporten på webinaret."), "forsker", date(2023, 1, 31), time.Time{}},
	{"eks-oppgave-20", "eks-tiltak-opplaering", nb("Skriv inn avtalen i opplæringsplanen."), "atl", date(2022, 10, 31), date(2022, 10, 24)},
}

// ExampleDataRequest is a request for register data.
type ExampleDataRequest struct {
	Key       string
	Title     Text
	Project   string // key of an ExampleProject, empty for one funded elsewhere
	Variables int
	Linkages  int // with other registers
	Steps     []Step
}

// State gives the present state.
func (r ExampleDataRequest) State() string { return last(r.Steps) }

// ExampleDataRequests are one late, one delivered within the goal and one from
// a project funded elsewhere.
var ExampleDataRequests = []ExampleDataRequest{
	{"eks-data-tett-oppfolging", nb("Registerdata om nye arbeidssøkere"), "eks-prosjekt-tett-oppfolging", 140, 3, []Step{
		step("KLADD", date(2022, 6, 13), "leverandor"), step("SENDT", date(2022, 7, 4), "leverandor"),
		{"RETURNERT", date(2022, 7, 20), "jurist", nb("Begrunnelse mangler for 22 variabler.")},
		step("SENDT", date(2022, 8, 22), "leverandor"), step("KOMPLETT", date(2022, 9, 5), "jurist"),
		step("JURIDISK_VURDERING", date(2022, 9, 5), "jurist"), step("INNVILGET", date(2022, 10, 17), "jurist"),
		step("BESTILT", date(2022, 10, 19), "statistikk"), step("UTTREKK", date(2022, 11, 1), "statistikk"),
	}},
	{"eks-data-inntekt", nn("Registerdata om innmeldt inntekt"), "eks-prosjekt-inntektsskjema", 24, 0, []Step{
		step("KLADD", date(2021, 1, 18), "forsker"), step("SENDT", date(2021, 2, 1), "forsker"), step("KOMPLETT", date(2021, 2, 8), "jurist"),
		step("JURIDISK_VURDERING", date(2021, 2, 8), "jurist"), step("INNVILGET", date(2021, 3, 8), "jurist"),
		step("BESTILT", date(2021, 3, 9), "statistikk"), step("UTTREKK", date(2021, 3, 22), "statistikk"),
		step("UTLEVERT", date(2021, 4, 19), "statistikk"), step("I_BRUK", date(2021, 4, 20), "forsker"),
	}},
	{"eks-data-gjeld", nn("Data om gjeld og sosialhjelp, prosjekt betalt av andre"), "", 60, 1, []Step{
		step("KLADD", date(2022, 11, 14), "forsker"), step("SENDT", date(2022, 11, 28), "forsker"), step("KOMPLETT", date(2022, 12, 14), "jurist"),
		step("JURIDISK_VURDERING", date(2022, 12, 15), "jurist"),
	}},
}

// ExampleTrial is a made-up trial of a way of working.
type ExampleTrial struct {
	Key      string
	Title    Text
	Problem  Text
	Target   Text // who it is for
	Method   Text
	Outcome  Text     // what is measured
	Offices  []string // unit keys, the initiator first
	Learning Text     // for one that has been stopped
	Steps    []Step
}

// State gives the present state.
func (t ExampleTrial) State() string { return last(t.Steps) }

// ExampleTrials are one new, one on its way to the second gate and one stopped
// with its learning told.
var ExampleTrials = []ExampleTrial{
	{
		Key: "eks-forsok-ventelokale", Title: nn("Rettleiar i mottaket"),
		Problem: nn("Folk ventar lenge på korte svar."), Target: nn("Folk som kjem innom utan avtale"),
		Method: nn("Ein rettleiar står i mottaket to timar kvar dag."), Outcome: nn("Kor mange som får svar same dag"),
		Offices: []string{"eksempel-kontor-a"},
		Steps:   []Step{step("LOKALT", date(2022, 11, 21), "kontor")},
	},
	{
		Key: "eks-forsok-veiledning", Title: nb("To veiledere i første møte"),
		Problem: nb("Nye veiledere er alene om vanskelige samtaler."), Target: nb("Unge som nettopp har tatt kontakt"),
		Method: nb("En erfaren og en ny veileder holder det første møtet sammen."), Outcome: nb("Andel som møter til neste avtale"),
		Offices: []string{"eksempel-kontor-b", "eksempel-kontor-a", "eksempel-kontor-c"},
		Steps: []Step{
			step("LOKALT", date(2021, 9, 6), "kontor"), step("TIL_PORT1", date(2022, 2, 7), "kontor"),
			step("VIDERE_UTPRØVING", date(2022, 4, 4), "atl"), step("TIL_PORT2", date(2022, 12, 5), "fou"),
		},
	},
	{
		Key: "eks-forsok-kveldsapent", Title: nb("Kveldsåpent én dag i uka"),
		Problem: nb("Folk i jobb rekker ikke åpningstiden."), Target: nb("Personer som jobber på dagtid"),
		Method: nb("Kontoret holder åpent til klokka 19 hver tirsdag."), Outcome: nb("Antall besøk etter klokka 15"),
		Offices:  []string{"eksempel-kontor-d"},
		Learning: nb("Få kom, og de fleste kunne ha ringt. Kontoret prøver heller avtalt telefontid."),
		Steps: []Step{
			step("LOKALT", date(2022, 2, 1), "kontor"),
			{"STOPPET", date(2022, 6, 15), "kontor", nb("For få besøk til å fortsette.")},
		},
	},
}
