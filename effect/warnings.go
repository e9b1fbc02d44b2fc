package effect

import (
	"strings"

	"funn/effect/did"
	"funn/effect/linreg"
)

// warningWords is a warning of the estimator in both languages. The figures
// in it stand in the English text; the Norwegian says what they mean.
func warningWords(w linreg.Warning) (nb, en string) {
	columns := strings.Join(w.Columns, ", ")
	first := ""
	rest := ""
	if len(w.Columns) > 0 {
		first = w.Columns[0]
		rest = strings.Join(w.Columns[1:], ", ")
	}
	switch w.Code {
	case linreg.CodeCollinear:
		nb = first + " ble utelatt: den varierer ikke"
		if rest != "" {
			nb = first + " ble utelatt: den følger av " + rest
		}
	case linreg.CodeFewClusters:
		nb = "det er få klynger (" + columns + "), så usikkerheten er større enn intervallet viser"
	case linreg.CodeLowDF:
		nb = "noen koeffisienter hviler på svært få frihetsgrader; les intervallene deres som grove"
	case linreg.CodeWeakInstrument:
		nb = "instrumentet er svakt, så både estimat og intervall kan være misvisende"
	case linreg.CodePerfectFit:
		nb = "modellen forklarer alt; se etter en kolonne som er laget av utfallet"
	case linreg.CodeDigits:
		nb = "avrunding i dataene begrenser hvor mange sifre i estimatet som er riktige"
	case linreg.CodeLeverage:
		nb = "enkelte rader eller klynger bestemmer en koeffisient alene"
	case linreg.CodeNotPositive:
		nb = "variansen med to sett klynger måtte rettes for å bli positiv"
	case linreg.CodePrecision:
		nb = "summene ble regnet på nytt med dobbelt så mange sifre"
	case linreg.CodeAbsorbedCount:
		nb = "antallet faste effekter er en øvre grense, så standardfeilene kan være litt for store"
	case did.CodeStaggered:
		nb = "enhetene starter i ulike perioder: hvis effekten varierer mellom dem eller over tid, veier estimatet effektene deres vilkårlig, noen til og med negativt"
	case linreg.CodeSingletons:
		nb = "noen nivåer av de faste effektene har bare én rad og bidrar ikke"
	default:
		nb = w.Message
	}
	return nb, w.Message
}
