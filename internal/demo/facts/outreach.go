package facts

// EventKind groups what was held.
type EventKind string

// The kinds of events.
const (
	Conference EventKind = "conference"
	Seminar    EventKind = "seminar"
	Breakfast  EventKind = "breakfast"
	Gathering  EventKind = "gathering"
)

// Speaker is someone the source names at an event, with the role it gives.
type Speaker struct {
	Name, Role   string
	Organisation string // key
}

// Event is something held in 2022. A row can stand for several alike.
type Event struct {
	Key      string
	Title    string
	Kind     EventKind
	When     When
	Place    string // empty when not given
	Number   int    // how many it stands for
	Capacity int    // seats on site, 0 when not given
	Attended int    // about how many came, 0 when not given
	Streamed bool
	Host     string // name of the person who led it, empty when not given
	Speakers []Speaker
	// RecordingUntil is when the recording is taken down.
	RecordingUntil When
	Partnership    string // key of the partnership it belongs to
	About          Text
	Source         Source
}

// Events of 2022 that the report tells of.
var Events = []Event{
	{
		Key: "nav-konferansen-2022", Title: "NAV-konferansen 2022: Kompetansegapet i arbeidsmarkedet", Kind: Conference,
		When: onDay(2022, 11, 23), Place: "Sentralen", Number: 1, Capacity: 300, Streamed: true, Host: "Erik Aasheim",
		Speakers: []Speaker{
			{"Hans Christian Holte", "NAV-direktør", "nav"},
			{"Glenda Quintini", "senior economist (skills and employability) i OECD", "oecd"},
			{"Simen Markussen", "direktør for Frischsenteret", "frisch"},
			{"Sveinung Skule", "leder for kompetansebehovsutvalget", "kompetansebehovsutvalget"},
			{"Nina Melsom", "direktør for arbeidsliv i NHO", "nho"},
			{"Torbjørn Røe Isaksen", "samfunnsredaktør i E24", "e24"},
		},
		RecordingUntil: inMonth(2023, 11),
		About:          nb("Årlig fagdag som setter tall og forskning bak et tema Nav vil løfte fram."),
		Source:         report("§3.2, Forord"),
	},
	{
		Key: "digital-diskriminering", Title: "Fagseminar om digital diskriminering", Kind: Seminar, When: inMonth(2022, 6), Number: 1,
		RecordingUntil: unknown(), Partnership: "uio-jus",
		About:  nn("Halde av prosjektet Digital velferdsstat."),
		Source: report("§4.1"),
	},
	{
		Key: "offentlighet-og-digital-forvaltning", Title: "Fagseminar om offentlighet og digital forvaltning", Kind: Seminar, When: inMonth(2022, 9), Number: 1,
		RecordingUntil: unknown(), Partnership: "uio-jus",
		About:  nb("Holdt av prosjektet Digital velferdsstat."),
		Source: report("§4.1"),
	},
	{
		Key: "kai-frokost-var", Title: "KAI-frokoster våren 2022", Kind: Breakfast, When: inSpring(2022), Number: 2,
		RecordingUntil: unknown(), Partnership: "oslomet-kai",
		About:  nn("Frukostmøte om arbeidsinkludering."),
		Source: report("§4.3"),
	},
	{
		Key: "kai-frokost-host", Title: "KAI-frokoster høsten 2022", Kind: Breakfast, When: inAutumn(2022), Number: 3,
		RecordingUntil: unknown(), Partnership: "oslomet-kai",
		About:  nb("Frokostmøter om arbeidsinkludering."),
		Source: report("§4.3"),
	},
	{
		Key: "uh-samling", Title: "Samling for samarbeidspartnerne i universitets- og høyskolesektoren", Kind: Gathering, When: inSpring(2022), Number: 1,
		Streamed: true, RecordingUntil: unknown(), Partnership: "hinn",
		About:  nn("To dagar: først om avtalane, så ein open og strøymd dag om lærande organisasjonar."),
		Source: report("§4.5"),
	},
	{
		Key: "fou-nettverk-1", Title: "Første samling i FoU-nettverket", Kind: Gathering, When: inAutumn(2022), Place: "direktoratets lokaler på Helsfyr", Number: 1,
		Attended: 30, RecordingUntil: unknown(),
		About:  nb("Det nye nettverket møttes for første gang."),
		Source: report("§5a.2"),
	},
}

// Showing tells where a report was shown to people who can use it.
type Showing struct {
	Report string // key
	Where  string
	Source Source
}

// Showings are the report's three examples.
var Showings = []Showing{
	{"aap-brukerlop-rapport", "faglige nettverk", report("§3.1")},
	{"kvp-rapport", "faglige nettverk", report("§3.1")},
	{"digital-ekskludering-delrapport", "Mangfold i Mai", report("§3.1")},
}

// Insight is one thing the preliminary project on better dissemination found
// wrong with today's pages.
type Insight struct {
	Key    string
	Text   Text
	Source Source
}

// Insights are the six findings, in the report's order.
var Insights = []Insight{
	{"funn", nb("Innholdet er tungt og lett å overse."), report("§3.4")},
	{"statistikk", nn("Statistikken er vanskeleg å nå og å setje saman."), report("§3.4")},
	{"temaer", nb("Temaene er rotete og skiller statistikk, analyser og forskning fra hverandre."), report("§3.4")},
	{"stier", nn("Det manglar ledd i stiane, så folk går seg bort."), report("§3.4")},
	{"bunnen", nb("Sidene ligger gjemt nederst på nav.no."), report("§3.4")},
	{"utforming", nn("Utforminga er gammaldags."), report("§3.4")},
}

// LibraryWork is something the library did, decided or bought in 2022, beside
// its figures.
type LibraryWork struct {
	Key    string
	Text   Text
	When   When
	Source Source
}

// LibraryWorks of 2022.
var LibraryWorks = []LibraryWork{
	{"utlansautomat", nb("En utlånsautomat ble tatt i bruk."), inYear(2022), report("§3.5")},
	{"tind-valg", nn("Biblioteket valde å byte til systemet TIND."), inAutumn(2022), report("§3.5")},
	{"rundskriv", nb("Gamle rundskriv til folketrygdloven digitaliseres. De blir å finne internt også når de er levert til arkivet."), unknown(), report("§3.5")},
	{"bokinnkjop", nn("Arbeidet med ein avtale om bokinnkjøp tok til."), inYear(2022), report("§3.5")},
	{"stilling", nb("En bibliotekar ble fast ansatt."), inSpring(2022), report("§3.5")},
}

// Journal is the agency's own journal of analyses.
type Journal struct {
	Title, URL string
	Publisher  string // unit key
	About      Text
	Source     Source
}

// OwnJournal is where internal analyses are published.
var OwnJournal = Journal{
	"Arbeid og velferd", "https://arbeidogvelferd.nav.no/", "kun",
	nn("Digitalt fagtidsskrift med analysar av arbeidsmarknaden og av velferdsområda Nav har ansvar for."),
	report("§5a.1"),
}

// Signatory is who signed the report's foreword.
var Signatory = Speaker{"Helle C. Sundby", "Seniorrådgiver", "nav"}
