package chart_test

import (
	"strconv"
	"time"

	"funn/internal/platform/chart"
)

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// samples holds one chart of every kind, and of every kind what is hard for it.
// All names and numbers are made up.
func samples() map[string]chart.Chart {
	return map[string]chart.Chart{
		"timeline": chart.Timeline{
			Meta: chart.Meta{
				ID: "tidslinje", Title: "Tre av åtte prosjekter er forsinket, ett kommer etter beslutningen",
				Desc: "Åtte prosjekter fra 2021 til 2026.", Unknown: "ukjent",
			},
			Today: date(2023, 1, 2),
			Words: chart.TimelineWords{
				Name: "Prosjekt", Group: "Tema", Start: "Start", End: "Planlagt slutt", Forecast: "Prognose",
				Planned: "Planlagt", Done: "Framdrift", Delay: "Forsinkelse", Deadline: "Beslutning",
				Late: "Kommer etter beslutningen", Yes: "ja", No: "nei", Today: "i dag, 2. januar 2023",
			},
			Rows: []chart.TimelineRow{
				{Group: "Pålitelig forvaltning", Label: "Jobbstøtte for unge – effekt etter fem år", Start: date(2021, 3, 1), End: date(2023, 9, 1), Progress: .72, Deadline: date(2024, 2, 1)},
				{Group: "Pålitelig forvaltning", Label: "Digital oppfølging: hvem faller utenfor når det meste skjer på nett?", Start: date(2021, 8, 1), End: date(2023, 6, 1), Forecast: date(2023, 12, 1), Progress: .55, Delay: "+6 md.", Deadline: date(2023, 10, 1), DeadlineNote: "2 md. for sent"},
				{Group: "Pålitelig forvaltning", Label: "Ungdomsoppfølging – følgeforskning", Start: date(2020, 9, 1), End: date(2024, 2, 1), Progress: .61},
				{Group: "Arbeidsrettede tiltak", Label: "Lønnstilskudd for eldre arbeidssøkere", Start: date(2022, 1, 1), End: date(2024, 8, 1), Forecast: date(2024, 10, 1), Progress: .3, Delay: "+2 md."},
				{Group: "Arbeidsrettede tiltak", Label: "Kunnskapsoppsummering: sykefravær og gradering", Start: date(2021, 1, 1), End: date(2022, 5, 1), Forecast: date(2022, 8, 1), Progress: 1, Delay: "+3 md."},
				{Group: "Arbeidsrettede tiltak", Label: "Språktrening i arbeid for nyankomne", Start: date(2022, 5, 1)},
				{Group: "Sosiale tjenester", Label: "Samordning i sosiale tjenester", Progress: chart.Unknown},
				{Group: "Sosiale tjenester", Label: "Offentlig sektor-ph.d.: tillit i digital veiledning", Start: date(2021, 10, 1), End: date(2025, 9, 1), Forecast: date(2025, 5, 1), Progress: .34, Delay: "−4 md."},
			},
		},
		"stacked": chart.StackedBars{
			Meta:    chart.Meta{ID: "budsjett", Title: "Rammen har vokst fra 33 til 54 millioner kroner på fire år", Desc: "Bevilget beløp per år og tema.", Unknown: "ukjent"},
			Columns: []string{"2018", "2019", "2020", "2021", "2022"},
			Series: []chart.Series{
				{Name: "Pålitelig forvaltning", Values: []float64{12, 14, 15, 16, 18}},
				{Name: "Arbeidsrettede tiltak", Values: []float64{10, 11, 13, 17, 19}},
				{Name: "Samhandling med brukere", Values: []float64{7, 8, chart.Unknown, 9, 11}},
				{Name: "Sosiale tjenester", Values: []float64{4, 4, 5, 6, 6}},
				{Name: "Øvrig", Values: []float64{0, 1, 1, 2, 1}},
			},
			Words: chart.StackedWords{Column: "År", Total: "I alt", Unit: "mill. kr", AtLeast: func(s string) string { return "minst " + s }},
		},
		"bars": chart.Bars{
			Meta: chart.Meta{ID: "trakt", Title: "6 av 13 skisser fikk penger", Desc: "Skisser, søknader og tildelinger.", Unknown: "ukjent"},
			Bars: []chart.Bar{
				{Label: "Skisser", Value: 13},
				{Label: "Fulle søknader", Value: 8, Share: "62 % av skissene"},
				{Label: "Tildelt", Value: 6, Share: "75 % av søknadene"},
				{Label: "Ramme, mill. kr", Value: 30, Part: 22, PartText: "22 tildelt", RestText: "8 igjen", Own: true},
			},
			Funnel: true,
			Words:  chart.BarsWords{Label: "Trinn", Value: "Antall", Share: "Andel", Part: "Av dette"},
		},
		"days": chart.DaysBar{
			Meta: chart.Meta{ID: "dager", Title: "Behovet har ventet lengst på prioritering", Desc: "Dager i hvert steg."},
			Segments: []chart.DaysSegment{
				{Label: "Meldt", Days: 3},
				{Label: "Under klargjøring", Days: 41, Limit: 30},
				{Label: "Klar", Days: 66},
				{Label: "Under arbeid", Days: 30, Current: true},
			},
			Days:  func(n int) string { return strconv.Itoa(n) + " dager" },
			Words: chart.DaysWords{Label: "Steg", Days: "Dager", Limit: "Grense"},
		},
	}
}
