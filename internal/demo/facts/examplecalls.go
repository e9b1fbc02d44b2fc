package facts

import "time"

// ExampleCriterion is what an example call's submissions are judged by.
type ExampleCriterion struct {
	NB, NN, MeaningNB, MeaningNN string
	Weight                       int    // percent
	Principle                    string // of the plan: relevance, quality or impact
	Assessor                     string // subject_owner or section
}

// ExampleTexts are what a call says in one language form. Title is empty in that of
// the call itself.
type ExampleTexts struct {
	Title, Purpose, Eligible, Requirements, Assessed, Apply, Contact string
}

// ExampleCall is a made-up call.
type ExampleCall struct {
	Key       string
	Title     Text
	Theme     string
	State     CallState
	Begun     time.Time // when work on the draft began
	Opened    time.Time
	Deadline  time.Time // of the sketches, at noon in Oslo
	Frame     int64     // kroner
	Due       time.Time // of the applications, at noon in Oslo; zero in a draft
	Meeting   time.Time // when the committee decides; zero when not set
	About     Text
	By, Owner string // persons' ids
	Need      string // key of an ExampleNeed
	Months    int    // that a project lasts at most
	// Answer, Decision and Starts are as they are written when the day is not set.
	Answer, Decision, Starts string
	Texts                    map[string]ExampleTexts // by language tag
	Criteria                 []ExampleCriterion
	Holders                  []string // persons who hold the parts of its key; none before that is made
}

// exampleCriteria cover the plan's three principles.
var exampleCriteria = []ExampleCriterion{
	{"Nytte for Nav", "Nytte for Nav", "Prosjektet svarer på behovet, og svaret kan brukes.", "Prosjektet svarer på behovet, og svaret kan brukast.", 40, "relevance", "subject_owner"},
	{"Faglig kvalitet", "Fagleg kvalitet", "Metoden passer til spørsmålene, og planen er realistisk.", "Metoden passar til spørsmåla, og planen er realistisk.", 30, "quality", "section"},
	{"Plan for bruk", "Plan for bruk", "De som skal bruke funnene, er med, og det er klart hva de kan gjøre annerledes.", "Dei som skal bruke funna, er med, og det er klart kva dei kan gjere annleis.", 30, "impact", "subject_owner"},
}

// ExampleCalls are one that is open, in which a newcomer can apply and see it through,
// one that waits for the committee, and one that is being written: a criterion for
// impact and the nynorsk texts are left for whoever tries it.
var ExampleCalls = []ExampleCall{
	{
		Key: "eks-utlysning-apen", Title: nb("Ideer til bedre møter på kontoret"), Theme: ThemeInteraction, State: CallOpen1,
		Begun: date(2022, 11, 14), Opened: date(2022, 12, 1), Deadline: date(2023, 1, 31), Due: date(2023, 3, 31), Frame: 6_000_000, Months: 24,
		About: nb("Vi søker korte skisser om hvordan folk kan få mer ut av møtet med veilederen."),
		By:    "fou", Owner: "fageier", Need: "eks-behov-tett-oppfolging", Answer: "februar 2023", Decision: "mai 2023", Starts: "høsten 2023",
		Texts: map[string]ExampleTexts{
			"nb": {
				Purpose:      "Folk møter en veileder for å komme videre. Vi vil vite hva som gjør at de gjør det, og hva som står i veien.\n\nSvaret skal brukes når kontorene bestemmer hvor ofte de møter folk, og hva de gjør i møtet.",
				Eligible:     "Forskere ved universiteter, høyskoler og institutter i Norge. Flere institusjoner kan søke sammen.",
				Requirements: "Prosjektet skal vare i høyst to år og presentere resultatene for Nav minst én gang.",
				Assessed:     "Fageier vurderer nytten for Nav. FoU-seksjonen vurderer opplegg og kvalitet. FoU-utvalget avgjør.",
				Apply:        "Skriv en kort skisse her i Funn. De beste blir invitert til å skrive en full søknad.",
				Contact:      "Skriv til FoU-seksjonen. Vi svarer innen to dager.",
			},
			"nn": {
				Title:        "Idear til betre møte på kontoret",
				Purpose:      "Folk møter ein rettleiar for å kome vidare. Vi vil vite kva som gjer at dei gjer det, og kva som står i vegen.\n\nSvaret skal brukast når kontora bestemmer kor ofte dei møter folk, og kva dei gjer i møtet.",
				Eligible:     "Forskarar ved universitet, høgskular og institutt i Noreg. Fleire institusjonar kan søkje saman.",
				Requirements: "Prosjektet skal vare i høgst to år og leggje fram resultata for Nav minst éin gong.",
				Assessed:     "Fageigar vurderer nytta for Nav. FoU-seksjonen vurderer opplegg og kvalitet. FoU-utvalet avgjer.",
				Apply:        "Skriv ei kort skisse her i Funn. Dei beste blir inviterte til å skrive ein full søknad.",
				Contact:      "Skriv til FoU-seksjonen. Vi svarer innan to dagar.",
			},
		},
		Criteria: exampleCriteria, Holders: []string{"fou", "utvalg", "fageier"},
	},
	{
		Key: "eks-utlysning-mote", Title: nn("Rettstryggleik i digitale søknader"), Theme: ThemeAdministration, State: CallAssess2,
		Begun: date(2022, 7, 4), Opened: date(2022, 8, 15), Deadline: date(2022, 9, 30), Due: date(2022, 11, 18), Frame: 9_000_000, Months: 36, Meeting: date(2023, 2, 2),
		About: nn("Fire av skissene vart søknader. Utvalet avgjer i februar."),
		By:    "fou2", Owner: "fageier2", Need: "eks-behov-egenmelding", Answer: "oktober 2022", Starts: "våren 2023",
		Texts: map[string]ExampleTexts{
			"nn": {
				Purpose:      "Fleire søknader blir fylte ut og avgjorde digitalt. Vi vil vite om folk får den rettleiinga og det høvet til å uttale seg som lova gjev dei.",
				Eligible:     "Forskarar ved universitet, høgskular og institutt i Noreg.",
				Requirements: "Prosjektet skal vare i høgst tre år og leggje fram resultata for Nav minst éin gong.",
				Assessed:     "Fageigar vurderer nytta for Nav. FoU-seksjonen vurderer opplegg og kvalitet. FoU-utvalet avgjer.",
				Apply:        "Skriv ei kort skisse her i Funn. Dei beste blir inviterte til å skrive ein full søknad.",
				Contact:      "Skriv til FoU-seksjonen.",
			},
			"nb": {
				Title:        "Rettssikkerhet i digitale søknader",
				Purpose:      "Flere søknader blir fylt ut og avgjort digitalt. Vi vil vite om folk får den veiledningen og den muligheten til å uttale seg som loven gir dem.",
				Eligible:     "Forskere ved universiteter, høyskoler og institutter i Norge.",
				Requirements: "Prosjektet skal vare i høyst tre år og presentere resultatene for Nav minst én gang.",
				Assessed:     "Fageier vurderer nytten for Nav. FoU-seksjonen vurderer opplegg og kvalitet. FoU-utvalget avgjør.",
				Apply:        "Skriv en kort skisse her i Funn. De beste blir invitert til å skrive en full søknad.",
				Contact:      "Skriv til FoU-seksjonen.",
			},
		},
		Criteria: exampleCriteria, Holders: []string{"fou2", "utvalg2", "fageier2"},
	},
	{
		Key: "eks-utlysning-utkast", Title: nb("Brev og vedtak som folk forstår"), Theme: ThemeAdministration, State: CallDraft,
		About: nb("Vi søker prosjekter om hvordan brev fra Nav blir lest, og hva som skal til for at leseren vet hva som skjer videre."),
		By:    "fou", Owner: "fageier2", Need: "eks-behov-vedtaksbrev", Frame: 8_000_000, Months: 24,
		Begun: date(2022, 12, 19), Opened: date(2023, 2, 1), Deadline: date(2023, 3, 15), Due: date(2023, 6, 15), Answer: "april 2023", Decision: "høsten 2023", Starts: "første tertial 2024",
		Texts: map[string]ExampleTexts{"nb": {
			Purpose:      "Mange ringer etter et avslag for å spørre hva brevet betyr. Vi vil vite hvor det stopper opp, og hva som hjelper.\n\nResultatene skal brukes når Nav velger ny brevmal.",
			Eligible:     "Forskere ved universiteter, høyskoler og institutter i Norge. Flere institusjoner kan søke sammen.",
			Requirements: "Prosjektet skal prøve brev på lesere, ikke bare på eksperter. Det skal vare i høyst to år og presentere resultatene for Nav minst én gang.",
			Assessed:     "Fageier vurderer nytten for Nav. FoU-seksjonen vurderer design og kvalitet. FoU-utvalget avgjør.",
			Apply:        "Send en skisse på høyst tre sider til FoU-seksjonen innen fristen. De beste blir invitert til å skrive en full søknad.",
			Contact:      "Skriv til FoU-seksjonen. Vi svarer innen to dager.",
		}},
		Criteria: exampleCriteria[:2],
	},
}

// ExampleAssessment is one assessor's view of an application.
type ExampleAssessment struct {
	Assessor string // person's id
	// Scores from 1 (dårlig) to 7 (fremragende) on the plan's three principles,
	// in their order; all zero until delivered.
	Scores    [3]int
	Reason    Text
	Delivered time.Time
}

// ExampleApplication is what was sent in to an example call: a sketch, and the
// application that it grew into unless it was rejected.
type ExampleApplication struct {
	Key         string
	Call        string
	Title       Text
	Summary     Text
	Methods     Text
	Applicant   string // person's id
	Institution string // key of an example organisation
	Asked       int64  // kroner
	Proposed    int64  // what the R&D section proposes, 0 until it does
	Rejected    Text   // why nobody invited it to apply; zero when they did
	Assessments []ExampleAssessment
}

// ExampleApplications wait for the committee of eks-utlysning-mote. Together
// they ask for more than the frame, and one is from an assessor's own
// university.
var ExampleApplications = []ExampleApplication{
	{"eks-soknad-1", "eks-utlysning-mote", nn("Når maskina føreslår svaret"),
		nn("Vi studerer kva som skjer når eit skjema fyller ut svar på vegner av søkjaren."), nn("Forsøk med to utgåver av skjemaet og intervju med søkjarar."),
		"forsker", "eksempel-institutt", 3_400_000, 3_400_000, Text{}, []ExampleAssessment{
			{"fagvurderer", [3]int{6, 5, 6}, nn("Treff behovet godt og har ein realistisk framdriftsplan."), date(2022, 12, 8)},
			{"fagvurderer2", [3]int{6, 6, 5}, nn("Solid design. Planen for bruk kunne vore meir konkret."), date(2022, 12, 9)},
		}},
	{"eks-soknad-2", "eks-utlysning-mote", nb("Klageretten i digitale løsninger"),
		nb("Vi undersøker om de som får et digitalt avslag, finner fram til klagen."), nb("Gjennomgang av saker og observasjon av brukere."),
		"fagvurderer2", "eksempel-fagmiljo", 2_900_000, 0, Text{}, []ExampleAssessment{
			{"fagvurderer", [3]int{5, 4, 5}, nb("Viktig spørsmål, men utvalget av saker er uklart."), date(2022, 12, 15)},
		}},
	{"eks-soknad-3", "eks-utlysning-mote", nn("Retten til å bli høyrd"),
		nn("Vi samanliknar korleis søkjarar får uttale seg på papir og på nett."), nn("Registerdata og ei spørjeundersøking."),
		"fagvurderer", "eksempel-universitet", 3_800_000, 0, Text{}, []ExampleAssessment{
			{"fagvurderer2", [3]int{4, 6, 4}, nn("Sterk metode. Det er uvisst om svaret kjem tidsnok."), date(2022, 12, 16)},
		}},
	{"eks-soknad-4", "eks-utlysning-mote", nb("Språk og tillit i automatiske vedtak"),
		nb("Vi prøver om en forklaring i vedtaket gjør at flere forstår det og har tillit til det."), nb("Et eksperiment med fire utgaver av det samme vedtaket."),
		"forsker", "eksempel-institutt", 2_600_000, 2_200_000, Text{}, []ExampleAssessment{
			{"fagvurderer", [3]int{5, 5, 6}, nb("God plan for å få funnene brukt. Budsjettet er romslig."), date(2022, 12, 19)},
			{"fagvurderer2", [3]int{5, 5, 5}, nb("Ryddig og gjennomførbart."), date(2022, 12, 20)},
		}},
	{"eks-soknad-5", "eks-utlysning-mote", nb("En app for søknader"),
		nb("Vi vil lage en app der folk kan søke."), nb("Utvikling og utprøving."),
		"leverandor", "eksempel-leverandor", 4_000_000, 0, nb("Utlysningen gjelder kunnskap om rettssikkerhet. Skissen gjelder utvikling av en løsning."), nil},
	{"eks-soknad-6", "eks-utlysning-mote", nn("Søknader før og no"),
		nn("Vi vil skrive historia om søknadsskjemaet."), nn("Arkivstudiar."),
		"forsker", "eksempel-institutt", 1_500_000, 0, nn("Spørsmålet er interessant, men svaret kan ikkje brukast i det Nav skal avgjere."), nil},
}
