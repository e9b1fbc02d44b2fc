package facts

// CallState is a state of a call's lifecycle, as requirement 3.2 names it.
type CallState string

// The states the sources' calls are in at the turn of 2022.
const (
	CallPlanned  CallState = "PLANLAGT"
	CallDraft    CallState = "UTKAST"
	CallAssess1  CallState = "VURDERING_TRINN1"
	CallAssess2  CallState = "VURDERING_TRINN2"
	CallOpen1    CallState = "ÅPEN_TRINN1"
	CallFinished CallState = "AVSLUTTET"
)

// CountUnknown stands for a number the source does not give.
const CountUnknown = -1

// Call is an open invitation to researchers to apply for grants.
type Call struct {
	Key      string
	Title    string // made of the year and the theme; the sources give none
	Theme    string // slug
	State    CallState
	Opened   When
	Deadline When   // for the sketches
	Frame    Amount // over all project years
	// Sketches, Invited, Applications and Awards count the stages, CountUnknown
	// where the source does not give the number.
	Sketches, Invited, Applications, Awards int
	// Awarded is the sum of all awards on one line, since no source gives the
	// amounts one by one. AwardKeys are the projects it covers.
	Awarded   Amount
	AwardKeys []string
	Note      Text
	Source    Source
}

// Call2022 is the key of the call whose six awards started in 2022.
const Call2022 = "utlysning-palitelig-forvaltning"

// Calls are those the sources name, the oldest first.
var Calls = []Call{
	{
		Key: "utlysning-2018", Title: "Utlysning av FoU-midler 2018: Arbeid og helse", Theme: ThemeHealth, State: CallFinished,
		Opened: unknown(), Deadline: unknown(), Sketches: CountUnknown, Invited: CountUnknown, Applications: CountUnknown, Awards: CountUnknown,
		Note:   nb("Åpen utlysning under et tema fra en tidligere periode. Ett prosjekt er kjent. Det leverte sluttrapport i januar 2022."),
		Source: report("§2.1"),
	},
	{
		Key: "utlysning-2019", Title: "Utlysning av FoU-midler 2019: Samhandling med brukere", Theme: ThemeInteraction, State: CallFinished,
		Opened: unknown(), Deadline: unknown(), Sketches: CountUnknown, Invited: CountUnknown, Applications: CountUnknown, Awards: CountUnknown,
		Note:   nn("Open utlysing. Årsrapporten seier ikkje kor mange som søkte eller fekk, og skil berre unntaksvis prosjekta frå dei som kom i 2020."),
		Source: report("§2.1, vedl. Samhandling med brukere"),
	},
	{
		Key: "utlysning-2020", Title: "Utlysning av FoU-midler 2020: Samhandling med brukere", Theme: ThemeInteraction, State: CallFinished,
		Opened: unknown(), Deadline: unknown(), Frame: upTo(15_000_000), Sketches: 51, Invited: 9, Applications: CountUnknown, Awards: CountUnknown,
		Note:   nb("Åpen utlysning. Rammen og tallene er fra nav.no. Årsrapporten nevner bare at den fant sted."),
		Source: Source{DocNavNo, "«NAV utlyser FoU-midler for 2020»; Nav FoU-årsrapport 2022 §2.1"},
	},
	{
		Key: Call2022, Title: "Utlysning av FoU-midler 2022: Pålitelig forvaltning", Theme: ThemeAdministration, State: CallFinished,
		Opened:   When{date(2021, 12, 1), date(2021, 12, 31), "helt på tampen av 2021", PrecisionMonth},
		Deadline: inMonth(2022, 1), Frame: upTo(30_000_000),
		Sketches: 13, Invited: CountUnknown, Applications: 8, Awards: 6, Awarded: kroner(22_000_000),
		AwardKeys: []string{"kombinasjonsinntekter", "europeisert-velferdsadministrasjon", "padigvel", "hensikt", "menneske-og-maskin", "retts"},
		Note:      nn("Nav ville ha forslag som gjev kunnskap om korleis folk kan ha tillit til etaten. Åtte av skissene vart til søknader etter samtalar med Nav. Kor mange som vart inviterte, står ikkje i rapporten."),
		Source:    report("§2.1"),
	},
	{
		Key: "utlysning-2023-tiltak", Title: "Utlysning av FoU-midler 2023: Arbeidsrettede tiltak og virkemidler", Theme: ThemeMeasures, State: CallPlanned,
		Opened: unknown(), Deadline: inMonth(2023, 3), Frame: upTo(30_000_000), Sketches: CountUnknown, Invited: CountUnknown, Applications: CountUnknown, Awards: CountUnknown,
		Note:   nb("Planlagt åpen utlysning. Rammen gjelder alle årene prosjektene varer."),
		Source: report("§5b"),
	},
	{
		Key: "utlysning-2023-sosiale-tjenester", Title: "Utlysning av FoU-midler 2023: Sosiale tjenester", Theme: ThemeSocial, State: CallPlanned,
		Opened: inAutumn(2023), Deadline: unknown(), Frame: upTo(30_000_000), Sketches: CountUnknown, Invited: CountUnknown, Applications: CountUnknown, Awards: CountUnknown,
		Note:   nn("Planlagd open utlysing. Fristen er ikkje kjend."),
		Source: report("§5b"),
	},
}

// CallByKey finds a call of the sources.
func CallByKey(key string) (Call, bool) {
	for _, c := range Calls {
		if c.Key == key {
			return c, true
		}
	}
	return Call{}, false
}
