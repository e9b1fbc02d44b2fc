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
		Begun: date(2022, 7, 4), Opened: date(2022, 8, 15), Deadline: date(2022, 9, 30), Due: date(2022, 11, 18), Frame: 8_000_000, Months: 36, Meeting: date(2023, 2, 2),
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

// ExampleScore is what an assessor answers by one criterion, from 1 (dårlig) to 7
// (fremragende).
type ExampleScore struct {
	Value  int
	Reason Text // also told to the applicant
}

// ExampleAssessment is one assessor's view of an application.
type ExampleAssessment struct {
	Assessor string // person's id
	Sort     string // subject_owner, section or external
	Due      time.Time
	// Scores are on the call's criteria that this sort answers, in their order. Those
	// of one that is not delivered are what is written so far.
	Scores    []ExampleScore
	Advice    string    // yes, conditions or no; empty until delivered
	Delivered time.Time // zero until it is
}

// ExampleProposal is what the R&D section puts before the committee.
type ExampleProposal struct {
	On      time.Time
	By      string // person's id
	Outcome string // award, reserve or reject
	Amount  int64  // kroner, of an award
	Reasons Text
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
	Rejected    Text   // why nobody invited it to apply; zero when they did
	Conflict    string // person's id of somebody who has declared that they may not deal with it
	Assessments []ExampleAssessment
	Proposal    ExampleProposal // zero until there is one
}

// ExampleApplications wait for the committee of eks-utlysning-mote. Together
// they ask for more than the frame, and two are from assessors' own institutions.
// What is proposed is more than the frame too, so that the committee has a line to
// draw, and two assessors of the third have theirs to deliver.
var ExampleApplications = []ExampleApplication{
	{
		Key: "eks-soknad-1", Call: "eks-utlysning-mote", Title: nn("Når maskina føreslår svaret"),
		Summary: nn("Vi studerer kva som skjer når eit skjema fyller ut svar på vegner av søkjaren."), Methods: nn("Forsøk med to utgåver av skjemaet og intervju med søkjarar."),
		Applicant: "forsker", Institution: "eksempel-institutt", Asked: 3_400_000,
		Assessments: []ExampleAssessment{
			{"fageier2", "subject_owner", applicationsDue, []ExampleScore{
				{6, nn("Treff behovet godt. Skjemaet skal endrast, og vi treng å vite kva som skjer då.")},
				{5, nn("Vi er med frå start. Planen for bruk kunne vore meir konkret.")},
			}, "yes", date(2022, 12, 8)},
			{"fou", "section", applicationsDue, []ExampleScore{{6, nn("Forsøket svarer på spørsmålet, og framdriftsplanen er realistisk.")}}, "yes", date(2022, 12, 9)},
			{"fagvurderer", "external", applicationsDue, []ExampleScore{{5, nn("Solid design. Talet på intervju er lågt.")}}, "yes", date(2022, 12, 14)},
		},
		Proposal: ExampleProposal{date(2022, 12, 21), "fou2", "award", 3_400_000, nn("Prosjektet treff behovet godt og har ein realistisk framdriftsplan.")},
	},
	{
		Key: "eks-soknad-2", Call: "eks-utlysning-mote", Title: nb("Klageretten i digitale løsninger"),
		Summary: nb("Vi undersøker om de som får et digitalt avslag, finner fram til klagen."), Methods: nb("Gjennomgang av saker og observasjon av brukere."),
		Applicant: "forsker", Institution: "eksempel-fagmiljo", Asked: 2_900_000, Conflict: "fou2",
		Assessments: []ExampleAssessment{
			{"fageier2", "subject_owner", applicationsDue, []ExampleScore{
				{5, nb("Viktig spørsmål. Vi vet lite om hvem som ikke finner fram.")},
				{4, nb("Det er uklart hva vi kan gjøre annerledes når svaret kommer.")},
			}, "conditions", date(2022, 12, 12)},
			{"fou", "section", applicationsDue, []ExampleScore{{5, nb("Observasjonene er godt planlagt.")}}, "conditions", date(2022, 12, 13)},
			{"fagvurderer", "external", applicationsDue, []ExampleScore{{4, nb("Utvalget av saker er uklart.")}}, "conditions", date(2022, 12, 15)},
		},
		Proposal: ExampleProposal{date(2022, 12, 22), "fou", "award", 2_900_000, nb("Spørsmålet er viktig. Utvalget av saker er uklart, så prosjektet står sist av dem vi foreslår.")},
	},
	{
		Key: "eks-soknad-3", Call: "eks-utlysning-mote", Title: nn("Retten til å bli høyrd"),
		Summary: nn("Vi samanliknar korleis søkjarar får uttale seg på papir og på nett."), Methods: nn("Registerdata og ei spørjeundersøking."),
		Applicant: "forsker", Institution: "eksempel-universitet", Asked: 3_800_000,
		Assessments: []ExampleAssessment{
			{"fageier2", "subject_owner", date(2023, 1, 6), []ExampleScore{{4, nn("Det er uvisst om svaret kjem tidsnok.")}}, "", time.Time{}},
			{"fou", "section", applicationsDue, []ExampleScore{{6, nn("Sterk metode. Registerdata og spørjeundersøking utfyller kvarandre.")}}, "yes", date(2022, 12, 16)},
			{"fagvurderer2", "external", date(2023, 1, 12), nil, "", time.Time{}},
		},
	},
	{
		Key: "eks-soknad-4", Call: "eks-utlysning-mote", Title: nb("Språk og tillit i automatiske vedtak"),
		Summary: nb("Vi prøver om en forklaring i vedtaket gjør at flere forstår det og har tillit til det."), Methods: nb("Et eksperiment med fire utgaver av det samme vedtaket."),
		Applicant: "forsker", Institution: "eksempel-institutt", Asked: 2_600_000,
		Assessments: []ExampleAssessment{
			{"fageier2", "subject_owner", applicationsDue, []ExampleScore{
				{5, nb("Vi skal skrive om vedtakene, og kan bruke svaret.")},
				{6, nb("God plan for å få funnene brukt.")},
			}, "yes", date(2022, 12, 14)},
			{"fou", "section", applicationsDue, []ExampleScore{{6, nb("Ryddig og gjennomførbart.")}}, "yes", date(2022, 12, 16)},
			{"fagvurderer", "external", applicationsDue, []ExampleScore{{3, nb("Fire utgaver krever flere deltakere enn det er regnet med. Budsjettet er romslig.")}}, "conditions", date(2022, 12, 19)},
		},
		Proposal: ExampleProposal{date(2022, 12, 21), "fou2", "award", 2_200_000, nb("Prosjektet er ryddig, og funnene kan brukes. Budsjettet er romslig.")},
	},
	{
		Key: "eks-soknad-5", Call: "eks-utlysning-mote", Title: nb("En app for søknader"),
		Summary: nb("Vi vil lage en app der folk kan søke."), Methods: nb("Utvikling og utprøving."),
		Applicant: "leverandor", Institution: "eksempel-leverandor", Asked: 4_000_000,
		Rejected: nb("Utlysningen gjelder kunnskap om rettssikkerhet. Skissen gjelder utvikling av en løsning."),
	},
	{
		Key: "eks-soknad-6", Call: "eks-utlysning-mote", Title: nn("Søknader før og no"),
		Summary: nn("Vi vil skrive historia om søknadsskjemaet."), Methods: nn("Arkivstudiar."),
		Applicant: "forsker", Institution: "eksempel-institutt", Asked: 1_500_000,
		Rejected: nn("Spørsmålet er interessant, men svaret kan ikkje brukast i det Nav skal avgjere."),
	},
}

// applicationsDue is the last day for the assessments that were asked for when the
// applications were opened.
var applicationsDue = date(2022, 12, 19)
