// Package facts holds the R&D portfolio of Nav's year 2022 as plain Go data,
// each piece with the place it was read.
//
// The facts come from two public documents, "Nav FoU-årsrapport 2022" (ÅR) and
// "Nav FoU-plan 2021–2025" (FP), and from two small lists of counties and
// offices. What the documents do not say stays unknown here and reads «ikke
// oppgitt i kilden»: no date, amount, person or organisation is made up. Titles
// and names are the source's. Descriptions and summaries are written anew, in
// bokmål or nynorsk, and each carries its language.
//
// The sources hold no knowledge needs, tasks, budgets or decisions on use. The
// records of examples.go fill that gap so that a demonstration has work to show.
// They are marked as examples, name nobody, and belong in no count.
//
// The package knows nothing of Funn's records. Records refer to each other by
// key, keys are unique within their kind, and the package's tests resolve every
// reference and compare every count with the one the source states.
package facts

import (
	"fmt"
	"time"
)

// Year is the year the annual report describes.
const Year = 2022

// The documents facts are read from.
const (
	DocReport  = "ÅR"       // Nav FoU-årsrapport 2022
	DocPlan    = "FP"       // Nav FoU-plan 2021–2025
	DocData    = "data"     // an open data file; the section names it
	DocNavNo   = "nav.no"   // a public page of Nav; the section gives its title
	DocExample = "eksempel" // made for the demonstration, read nowhere
)

// Source says where a fact was read. The annual report has two chapters
// numbered 5; they are written §5a (other activities) and §5b (plans for 2023).
type Source struct {
	Doc     string // one of the Doc constants
	Section string // «§2.1», «vedl. Sosiale tjenester», the name of a data file
}

// String renders the source for a reader: "Nav FoU-årsrapport 2022 §2.1".
func (s Source) String() string {
	switch s.Doc {
	case DocReport:
		return join("Nav FoU-årsrapport 2022", s.Section)
	case DocPlan:
		return join("Nav FoU-plan 2021–2025", s.Section)
	case DocData:
		return join("Åpne data:", s.Section)
	case DocExample:
		return "Eksempel, laget for demonstrasjonen"
	}
	return join(s.Doc, s.Section)
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// IsZero reports whether no source is given.
func (s Source) IsZero() bool { return s == Source{} }

func report(section string) Source { return Source{DocReport, section} }
func plan(section string) Source   { return Source{DocPlan, section} }
func data(section string) Source   { return Source{DocData, section} }

// made marks what was written for the demonstration.
var made = Source{Doc: DocExample}

// Lang is a language tag: nb (bokmål), nn (nynorsk) or en (English).
type Lang string

// The languages texts and titles are in.
const (
	NB Lang = "nb"
	NN Lang = "nn"
	EN Lang = "en"
)

// Text is a passage of our own writing and the language it is in. Titles and
// names taken from a source are plain strings instead.
type Text struct {
	Lang Lang
	Body string
}

func nb(body string) Text { return Text{NB, body} }
func nn(body string) Text { return Text{NN, body} }

// IsZero reports whether there is no text.
func (t Text) IsZero() bool { return t.Body == "" }

// Words is a short label in the interface's three languages.
type Words struct{ NB, NN, EN string }

// In gives the label in the language, in bokmål when the language is another.
func (w Words) In(lang Lang) string {
	switch lang {
	case NN:
		return w.NN
	case EN:
		return w.EN
	}
	return w.NB
}

// Precision says how exactly a source dates something.
type Precision string

// From the unknown to the day. A season is read as administrations use the
// word: «våren» is 1 January to 30 June, «høsten» 1 August to 31 December.
const (
	PrecisionUnknown Precision = "unknown"
	PrecisionRange   Precision = "range" // several years
	PrecisionYear    Precision = "year"
	PrecisionTertial Precision = "tertial" // four months
	PrecisionSeason  Precision = "season"
	PrecisionMonth   Precision = "month"
	PrecisionDay     Precision = "day"
)

// NotGiven is how an unknown date or amount reads.
const NotGiven = "ikke oppgitt i kilden"

// When is a date as exactly as the source gives it: it lies somewhere from From
// to To, both included. Both are midnights in UTC that stand for calendar days.
// An unknown date has both zero and reads NotGiven.
type When struct {
	From, To  time.Time
	Text      string // bokmål, as near the source as can be: «høsten 2022»
	Precision Precision
}

// Known reports whether the source dates it at all.
func (w When) Known() bool { return !w.From.IsZero() }

// Within reports whether the date certainly lies in the year. An unknown date
// lies in no year.
func (w When) Within(year int) bool {
	return w.Known() && w.From.Year() == year && w.To.Year() == year
}

// String gives the words to show.
func (w When) String() string { return w.Text }

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func unknown() When { return When{Text: NotGiven, Precision: PrecisionUnknown} }

func onDay(year int, month time.Month, day int) When {
	d := date(year, month, day)
	return When{d, d, fmt.Sprintf("%d. %s %d", day, monthsNB[month], year), PrecisionDay}
}

func inMonth(year int, month time.Month) When {
	return When{date(year, month, 1), date(year, month+1, 0), fmt.Sprintf("%s %d", monthsNB[month], year), PrecisionMonth}
}

func inYear(year int) When {
	return When{date(year, 1, 1), date(year, 12, 31), fmt.Sprint(year), PrecisionYear}
}

func inYears(from, to int) When {
	return When{date(from, 1, 1), date(to, 12, 31), fmt.Sprintf("%d–%d", from, to), PrecisionRange}
}

func inSpring(year int) When {
	return When{date(year, 1, 1), date(year, 6, 30), fmt.Sprintf("våren %d", year), PrecisionSeason}
}

func inAutumn(year int) When {
	return When{date(year, 8, 1), date(year, 12, 31), fmt.Sprintf("høsten %d", year), PrecisionSeason}
}

// reading gives a date the source's own words where they differ.
func (w When) reading(words string) When {
	w.Text = words
	return w
}

var monthsNB = [...]string{
	time.January: "januar", time.February: "februar", time.March: "mars", time.April: "april",
	time.May: "mai", time.June: "juni", time.July: "juli", time.August: "august",
	time.September: "september", time.October: "oktober", time.November: "november", time.December: "desember",
}

// Amount is a sum of money in whole Norwegian kroner.
type Amount struct {
	NOK   int64 // 0 when not known
	UpTo  bool  // a ceiling («inntil»), not the sum itself
	Known bool
}

// String gives the words to show.
func (a Amount) String() string {
	if !a.Known {
		return NotGiven
	}
	words := fmt.Sprintf("%d kroner", a.NOK)
	if a.NOK%1_000_000 == 0 {
		words = fmt.Sprintf("%d mill. kr", a.NOK/1_000_000)
	}
	if a.UpTo {
		return "inntil " + words
	}
	return words
}

func kroner(nok int64) Amount { return Amount{NOK: nok, Known: true} }
func upTo(nok int64) Amount   { return Amount{NOK: nok, UpTo: true, Known: true} }
