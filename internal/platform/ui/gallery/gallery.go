// Package gallery shows every component of package ui in every state on a few
// pages. The pages are what the design is judged by and what the tests of
// accessibility run on; all that stands on them is made up.
package gallery

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

	"funn/internal/platform/chart"
	"funn/internal/platform/ui"
)

// Pages gives the pages of the gallery by name.
func Pages() map[string]templ.Component {
	return map[string]templ.Component{
		"liste":   list(),
		"sak":     record(),
		"skjema":  form(),
		"tavle":   board(),
		"trad":    thread(),
		"portal":  portal(),
		"feil":    ui.ErrorPage(ui.ErrorProps{Shell: shell(""), Status: 404, Title: "Vi finner ikke siden", Text: "Siden finnes ikke, eller du har ikke tilgang til den.\n\nSjekk adressen, eller søk etter det du leter etter.", Reference: "7F3K-22"}),
		"deler":   parts(),
		"figurer": figures(),
	}
}

func shell(active string) ui.Shell {
	s := ui.Shell{
		Nav: []ui.NavItem{
			{Label: "Mine oppgaver", Href: "/oppgaver", Count: 7}, {Label: "Behov", Href: "/behov"}, {Label: "Portefølje", Href: "/portefolje"},
			{Label: "Utlysninger", Href: "/utlysning"}, {Label: "Forsøk", Href: "/forsok"}, {Label: "Kunnskap i bruk", Href: "/bruk"},
			{Label: "Rapporter", Href: "/arsrapport"}, {Label: "Plan", Href: "/plan"},
		},
		User: ui.User{Name: "Saksbehandler i FoU-seksjonen", Role: "Kunnskapsavdelingen"}, Path: "/" + active,
		DemoDate: "2. januar 2023", DemoHref: "/demo/klokke",
	}
	for i := range s.Nav {
		s.Nav[i].Active = s.Nav[i].Href == "/"+active
	}
	return s
}

func withFlash() ui.Shell {
	s := shell("deler")
	s.Flash = ui.Flash{Text: "Søknaden er sendt. Referanse FOU-2027-014."}
	return s
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func timeline() chart.Chart {
	return chart.Timeline{
		Meta:  chart.Meta{ID: "tid", Title: "To av fire prosjekter er forsinket, ett kommer etter beslutningen", Desc: "Fire prosjekter fra 2024 til 2028."},
		Today: day(2026, 2, 1),
		Words: chart.TimelineWords{
			Name: "Prosjekt", Group: "Tema", Start: "Start", End: "Planlagt slutt", Forecast: "Prognose", Planned: "Planlagt", Done: "Framdrift",
			Delay: "Forsinkelse", Deadline: "Beslutning", Late: "Kommer etter beslutningen", Yes: "ja", No: "nei", Today: "i dag",
		},
		Rows: []chart.TimelineRow{
			{Group: "Pålitelig forvaltning", Label: "Eksempelprosjekt om oppfølging fem år etter", Start: day(2024, 3, 1), End: day(2026, 9, 1), Progress: .72},
			{Group: "Pålitelig forvaltning", Label: "Digital oppfølging: hvem faller utenfor?", Start: day(2024, 8, 1), End: day(2026, 6, 1), Forecast: day(2026, 12, 1), Progress: .55, Delay: "+6 md.", Deadline: day(2026, 9, 1), DeadlineNote: "3 md. for sent"},
			{Group: "Arbeidsrettede tiltak", Label: "Følgeforskning på et eksempel", Start: day(2023, 9, 1), End: day(2027, 2, 1), Progress: .61},
			{Group: "Arbeidsrettede tiltak", Label: "Et forsøk med loddtrekning", Start: day(2025, 1, 1), End: day(2027, 8, 1), Forecast: day(2027, 10, 1), Progress: .3, Delay: "+2 md."},
		},
	}
}

func forest() chart.Chart {
	return chart.Forest{
		Meta:     chart.Meta{ID: "skog", Title: "Tiltaket øker andelen i jobb med om lag 6 prosentpoeng", Desc: "Tre studier og samlet estimat."},
		Rows:     []chart.Estimate{{Label: "Studie A", Value: 8.7, Low: 2.6, High: 14.8, Weight: .4}, {Label: "Studie B", Value: 4.1, Low: -4.7, High: 12.9, Weight: .2}, {Label: "Studie C", Value: 6.4, Low: 2.1, High: 10.7, Weight: .4}},
		Pooled:   []chart.Estimate{{Label: "Samlet", Value: 6.1, Low: 3.2, High: 9}},
		Interval: func(low, high string) string { return low + " til " + high },
		Words:    chart.ForestWords{Label: "Studie", Effect: "Effekt (95 % KI)", Weight: "Vekt", Axis: "Endring i andel i jobb, prosentpoeng", Less: "færre i jobb", More: "flere i jobb"},
	}
}

func steps() chart.Chart {
	return chart.Bars{
		Meta: chart.Meta{ID: "trakt", Title: "6 av 13 skisser fikk penger", Desc: "Skisser, søknader og tildelinger."}, Funnel: true,
		Bars: []chart.Bar{{Label: "Skisser", Value: 13}, {Label: "Søknader", Value: 8, Share: "62 % av skissene"}, {Label: "Tildelinger", Value: 6, Share: "75 % av søknadene"},
			{Label: "Ramme, mill. kr", Value: 30, Part: 22, PartText: "22 tildelt", RestText: "8 ikke tildelt", Own: true}},
		Words: chart.BarsWords{Label: "Trinn", Value: "Antall", Share: "Andel", Part: "Av dette"},
	}
}

func days() chart.Chart {
	return chart.DaysBar{
		Meta:     chart.Meta{ID: "dager", Title: "Behovet har ventet lengst på prioritering", Desc: "Dager i hvert steg."},
		Segments: []chart.DaysSegment{{Label: "Meldt", Days: 3}, {Label: "Under klargjøring", Days: 41, Limit: 30}, {Label: "Klar", Days: 66}, {Label: "Under arbeid", Days: 30, Current: true}},
		Days:     func(n int) string { return strconv.Itoa(n) + " dager" },
		Words:    chart.DaysWords{Label: "Steg", Days: "Dager", Limit: "Grense"},
	}
}
