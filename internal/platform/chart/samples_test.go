package chart_test

import (
	"math"
	"strconv"
	"strings"
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
		"timeline-short": chart.Timeline{
			Meta:  chart.Meta{ID: "kort", Title: "Begge utredninger er i rute", Desc: "To utredninger.", Unknown: "ukjent"},
			Today: date(2023, 1, 2),
			Words: chart.TimelineWords{Name: "Prosjekt", Start: "Start", End: "Slutt", Forecast: "Prognose", Done: "Framdrift", Today: "i dag"},
			Rows: []chart.TimelineRow{
				{Label: "Utredning A", Start: date(2022, 9, 1), End: date(2023, 3, 1), Progress: .6},
				{Label: "Utredning B", End: date(2023, 5, 1), Progress: .1},
				{Label: "Utredning C", Start: date(2022, 11, 15), Forecast: date(2023, 6, 20), Progress: .1},
			},
		},
		"stacked-many": chart.StackedBars{
			Meta:    chart.Meta{ID: "virkemidler", Title: "Åtte virkemidler", Desc: "Beløp per virkemiddel, noen tilbakeført.", Unknown: "ukjent"},
			Columns: []string{"2020", "2021", "2022"},
			Series: []chart.Series{
				{Name: "Bidrag", Values: []float64{8, 9, 10}}, {Name: "Oppdrag", Values: []float64{3, 4, 5}}, {Name: "Offentlig sektor-ph.d.", Values: []float64{1, .2, .3}},
				{Name: "Nettverk", Values: []float64{.1, -1.5, .2}}, {Name: "Såkornmidler", Values: []float64{.3, .3, .3}}, {Name: "Konseptskisser", Values: []float64{.5, .5, chart.Unknown}}, {Name: "Annet", Values: []float64{chart.Unknown}},
			},
			Words: chart.StackedWords{Column: "År", Total: "I alt", Unit: "mill. kr", Other: "Andre virkemidler"},
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
				{Label: "Ramme, mill. kr", Value: 30, Part: 22, PartText: "22 tildelt", RestText: "8 ikke tildelt", Own: true},
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
		"forest": chart.Forest{
			Meta: chart.Meta{ID: "skog", Title: "Tiltaket øker andelen i jobb med om lag 6 prosentpoeng", Desc: "Seks studier og samlet estimat.", Unknown: "ikke oppgitt"},
			Rows: []chart.Estimate{
				{Group: "Norge", Label: "Studie A (2019)", Value: 8.7, Low: 2.6, High: 14.8, Weight: .24},
				{Group: "Norge", Label: "Studie D (2024)", Value: 6.4, Low: 2.1, High: 10.7, Weight: .31},
				{Group: "Norge", Label: "Studie F (2021)", Value: 5.2, Low: -4.4, High: 14.8, Weight: .12},
				{Group: "Andre land", Label: "Studie B (2017)", Value: 4.1, Low: -4.7, High: 12.9, Weight: .14},
				{Group: "Andre land", Label: "Studie C (2020)", Value: 18.2, Low: -24.1, High: 62.3, Weight: .08},
				{Group: "Andre land", Label: "Studie E (2017)", Value: -1.8, Low: -11.8, High: 8.2, Weight: .11},
				{Group: "Andre land", Label: "Studie G (2016)", Value: chart.Unknown},
			},
			Pooled:   []chart.Estimate{{Label: "Samlet", Value: 6.1, Low: 3.2, High: 9.0, PredictLow: -1.1, PredictHigh: 13.3}},
			Format:   comma,
			Tick:     whole,
			Interval: func(low, high string) string { return low + " til " + high },
			Words:    chart.ForestWords{Label: "Studie", Effect: "Effekt (95 % KI)", Weight: "Vekt", Axis: "Endring i andel i jobb, prosentpoeng", Less: "færre i jobb", More: "flere i jobb", Predict: "Prediksjonsintervall"},
		},
		"forest-log": chart.Forest{
			Meta:   chart.Meta{ID: "skog-log", Title: "Oddsen for jobb øker med en fjerdedel", Desc: "Fire studier."},
			Null:   1,
			Log:    true,
			Rows:   []chart.Estimate{{Label: "Studie A", Value: 1.25, Low: .9, High: 1.7}, {Label: "Studie B", Value: 2.1, Low: 1.2, High: 3.8}, {Label: "Studie C", Value: .8, Low: .4, High: 1.6}, {Label: "Studie D", Value: 1.1, Low: 0, High: 3}},
			Pooled: []chart.Estimate{{Label: "Samlet", Value: 1.26, Low: 1.05, High: 1.52}},
			Words:  chart.ForestWords{Label: "Studie", Effect: "Oddsrate (95 % KI)", Axis: "Oddsrate", Less: "lavere", More: "høyere"},
		},
		"event": chart.EventStudy{
			Meta:      chart.Meta{ID: "hendelse", Title: "Ingen forskjell før tiltaket – effekten bygger seg opp over fire kvartaler", Desc: "Forskjell per kvartal."},
			Reference: -1,
			Points:    eventPoints(),
			Format:    comma,
			Tick:      whole,
			Words:     chart.EventWords{Period: "Kvartal", Effect: "Effekt", Interval: "95 % KI", Wide: "95 % KI for alle kvartaler samlet", Start: "Tiltaket starter", Reference: "sammenlignes med", Axis: "Kvartal fra tiltaksstart", Unit: "prosentpoeng"},
		},
		"lines": chart.Lines{
			Meta:    chart.Meta{ID: "rekkevidde", Title: "Frokostseminar og nyhetsbrev gir flest lesere; podkasten vokser", Desc: "Lesere og lyttere per måned.", Unknown: "ikke målt"},
			Columns: []string{"jan.", "feb.", "mars", "apr.", "mai", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "des."},
			Series: []chart.Series{
				{Name: "Nyhetsbrev", Values: []float64{420, 440, 470, 460, 500, 520, 380, 540, 600, 640, 660, 690}},
				{Name: "Seminar", Values: []float64{300, 510, 480, 610, 450, 390, chart.Unknown, 420, 580, 560, 570, 500}},
				{Name: "Podkast", Values: []float64{80, 95, 120, 130, 150, 170, 150, chart.Unknown, 260, 300, 340, 360}},
				{Name: "Sosiale medier med et nokså langt navn", Values: []float64{260, 250, 255, 240, 230, 220, chart.Unknown, 205, chart.Unknown, 205, 195, 190}},
				{Name: "Foredrag", Values: []float64{40, 30, chart.Unknown, 45, chart.Unknown, 60, 50, 55, 40, 35, 30, 45}},
			},
			Words: chart.LinesWords{Column: "Måned", Unit: "lesere"},
		},
		"heatmap": chart.Heatmap{
			Meta:    chart.Meta{ID: "belastning", Title: "Kontor 1 og 2 har flest samtidige forsøk i vår", Desc: "Pågående datainnsamlinger per kontor og måned. Grensen er 4.", Unknown: "ikke meldt"},
			Columns: []string{"jan.", "feb.", "mars", "apr.", "mai", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "des."},
			Rows: []chart.Series{
				{Name: "Kontor 1", Values: []float64{0, 2, 4, 5, 6, 4, 2, 1, 2, 1, 1, 2}},
				{Name: "Kontor 2", Values: []float64{2, 0, 5, 4, 4, 5, 1, 0, 0, 2, 1, 0}},
				{Name: "Kontor 3", Values: []float64{3, 2, 2, 2, 1, 3, 2, 1, 1, 1, 1, 0}},
				{Name: "Kontor 4", Values: []float64{0, 0, 0, 0, 1, 2, 1, 1, 1, 0}},
			},
			Limit: 4,
			Words: chart.HeatmapWords{Row: "Kontor"},
		},
		"funnel": chart.FunnelPlot{
			Meta:   chart.Meta{ID: "trakt-kontor", Title: "Tre kontor skiller seg fra det vi venter av tilfeldigheter", Desc: "Andel i jobb mot antall brukere."},
			Points: offices(),
			Target: .41, Limits: chart.ProportionLimits(.41), Least: 20,
			Format: func(v float64) string { return strconv.FormatFloat(v*100, 'f', 0, 64) + " %" },
			Words: chart.FunnelWords{
				Label: "Kontor", Size: "Antall brukere", Value: "Andel i jobb", Axis: "Antall brukere ved kontoret", Unit: "andel i jobb", Inner: "95 %", Outer: "99,8 %",
				Inside: func(n int) string { return strconv.Itoa(n) + " kontor innenfor grensene" },
				Hidden: func(n int) string { return strconv.Itoa(n) + " kontor har for få brukere til å vises" },
			},
		},
		"balance": chart.Balance{
			Meta: chart.Meta{ID: "balanse", Title: "Gruppene er like etter vekting", Desc: "Standardiserte forskjeller.", Unknown: "ukjent"},
			Rows: []chart.BalanceRow{
				{Label: "Alder", Before: -.32, After: -.03}, {Label: "Kvinne", Before: .11, After: .02},
				{Label: "Arbeidsinntekt året før", Before: .47, After: .06}, {Label: "Måneder med ytelse siste fem år", Before: -.21, After: -.12},
				{Label: "Utdanning ikke registrert", Before: .05, After: chart.Unknown},
			},
			Format: func(v float64) string { return strings.Replace(strconv.FormatFloat(v, 'f', 2, 64), ".", ",", 1) },
			Tick:   comma,
			Words:  chart.BalanceWords{Label: "Kjennetegn", Before: "Før", After: "Etter", Axis: "Standardisert forskjell i gjennomsnitt"},
		},
		"flow": chart.Flow{
			Meta: chart.Meta{ID: "flyt", Title: "812 av 1 204 inviterte ble med i loddtrekningen", Desc: "Flyt gjennom forsøket."},
			Trunk: []chart.FlowBox{
				{Label: "Vurdert for deltakelse", Count: 1204, Out: []chart.FlowOut{{Label: "Oppfylte ikke kravene", Count: 241}, {Label: "Takket nei", Count: 148}, {Label: "Flyttet fra kommunen før loddtrekningen kunne gjennomføres", Text: "< 5"}}},
				{Label: "Trukket ut ved loddtrekning", Count: 812},
			},
			Arms: []chart.FlowArm{
				{Name: "Tiltak", Boxes: []chart.FlowBox{{Label: "Tildelt tiltak", Count: 406, Out: []chart.FlowOut{{Label: "Møtte ikke", Count: 31}}}, {Label: "I analysen", Count: 406}}},
				{Name: "Vanlig oppfølging", Boxes: []chart.FlowBox{{Label: "Tildelt vanlig oppfølging", Count: 406, Out: []chart.FlowOut{{Label: "Fikk tiltaket likevel", Count: 12}}}, {Label: "I analysen", Count: 406}}},
			},
			Words: chart.FlowWords{Step: "Steg", Arm: "Gruppe", Count: "Antall", Out: "Ut"},
		},
	}
}

func whole(v float64) string { return strings.Replace(strconv.Itoa(int(v)), "-", "−", 1) }

func comma(v float64) string {
	return strings.Replace(strings.Replace(strconv.FormatFloat(v, 'f', 1, 64), ".", ",", 1), "-", "−", 1)
}

func eventPoints() []chart.EventPoint {
	var out []chart.EventPoint
	for i, v := range []float64{-.3, -.6, 0, -.4, -.1, 0, 1.3, 2.5, 2.4, 4.3, 4.6, 4.4, 3.9, 3.8, 4.5, 4.0, 4.6} {
		e := chart.EventPoint{Period: i - 6, Value: v, Low: v - 1.6, High: v + 1.7, WideLow: v - 2.4, WideHigh: v + 2.5}
		if e.Period != 6 {
			out = append(out, e)
		}
	}
	return out
}

// offices are 120 units spread inside the limits, and some outside.
func offices() []chart.FunnelPoint {
	out := []chart.FunnelPoint{{Label: "Kontor A", Size: 540, Value: .52}, {Label: "Kontor B", Size: 310, Value: .30}, {Label: "Kontor C", Size: 980, Value: .355}, {Label: "Kontor D", Size: 12, Value: .9}}
	x := uint32(7)
	next := func() float64 {
		x = x*1664525 + 1013904223
		return float64(x>>8) / (1 << 24)
	}
	for i := range 120 {
		size := 30 + 1150*next()*next()
		value := .41 + (next()+next()-1)*1.6*.49/math.Sqrt(size)
		out = append(out, chart.FunnelPoint{Label: "Kontor " + strconv.Itoa(i+10), Size: math.Round(size), Value: value})
	}
	return out
}
