package call

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/platform/clock"
	"funn/internal/platform/lang"
)

// When is a date as exactly as it is known: somewhere from From to To, both
// included, in the words of Text. The zero When is not known.
type When struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	Text string    `json:"text,omitempty"`
}

// Known says whether the date is known at all.
func (w When) Known() bool { return !w.From.IsZero() }

// Exact says whether the date is known to the day.
func (w When) Exact() bool { return w.Known() && w.From.Equal(w.To) }

// Precision says how exactly the date is known: day, month, tertial (four
// months), season (a half-year as administrations use the word), year, range, or
// unknown.
func (w When) Precision() string {
	if !w.Known() {
		return "unknown"
	}
	from, to := w.From, w.To
	first, last := from.Day() == 1, to.AddDate(0, 0, 1).Day() == 1
	months := 12*(to.Year()-from.Year()) + int(to.Month()-from.Month()) + 1
	switch {
	case from.Equal(to):
		return "day"
	case !first || !last:
		return "range"
	case months == 1:
		return "month"
	case months == 4 && int(from.Month())%4 == 1:
		return "tertial"
	case months == 6 && from.Month() == time.January, months == 5 && from.Month() == time.August:
		return "season"
	case months == 12 && from.Month() == time.January:
		return "year"
	}
	return "range"
}

// ErrWhen is the answer to a text that tells no date.
var ErrWhen = errors.New("no date, month, part of a year or year")

var (
	wordsOf = strings.NewReplacer("\u00a0", " ", "første", "1.", "fyrste", "1.", "first", "1.", "andre", "2.", "second", "2.", "tredje", "3.", "third", "3.")
	partOf  = regexp.MustCompile(`^(?:([1-3])\. )?([\pL]+) (\d{4})$`)
	yearly  = regexp.MustCompile(`^\d{4}$`)
)

// ParseWhen reads a date as exactly as it is written: "15.3.2023", "mars 2023",
// "våren 2023", "høsten 2023", "første tertial 2023", "1. halvår 2023", "2023", in
// bokmål, nynorsk or English. What is no day keeps its words. Nothing written is the
// zero When; anything else is ErrWhen.
func ParseWhen(text string) (When, error) {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return When{}, nil
	}
	if day, err := lang.ParseDate(text); err == nil {
		return When{From: day, To: day}, nil
	}
	lower := wordsOf.Replace(strings.ToLower(text))
	span := func(year, first, n int) (When, error) {
		from := time.Date(year, time.Month(first), 1, 0, 0, 0, 0, time.UTC)
		if year < 1800 || year > 2199 {
			return When{}, ErrWhen
		}
		return When{From: from, To: from.AddDate(0, n, -1), Text: text}, nil
	}
	if yearly.MatchString(lower) {
		year, _ := strconv.Atoi(lower)
		return span(year, 1, 12)
	}
	m := partOf.FindStringSubmatch(lower)
	if m == nil {
		return When{}, ErrWhen
	}
	nth, _ := strconv.Atoi(m[1])
	year, _ := strconv.Atoi(m[3])
	switch word := m[2]; {
	case nth > 0 && (word == "tertial"):
		return span(year, 4*nth-3, 4)
	case nth > 0 && nth < 3 && (word == "halvår" || word == "half"):
		return span(year, 6*nth-5, 6)
	case nth > 0:
	case slices.Contains([]string{"vår", "våren", "spring"}, word):
		return span(year, 1, 6)
	case slices.Contains([]string{"høst", "høsten", "haust", "hausten", "autumn"}, word):
		return span(year, 8, 5)
	default:
		if i := monthOf(word); i > 0 {
			return span(year, i, 1)
		}
	}
	return When{}, ErrWhen
}

// monthOf gives the month that a word names, from 1; 0 when it names none.
func monthOf(word string) int {
	// The parser of days knows the names.
	day, err := lang.ParseDate("1. " + word + " 2000")
	if err != nil {
		return 0
	}
	return int(day.Month())
}

// written gives what a form shows for the date.
func (w When) written() string {
	switch {
	case w.Exact():
		return w.From.Format(formDay)
	case w.Text != "" || !w.Known():
		return w.Text
	}
	return w.From.Format(formDay) + " – " + w.To.Format(formDay)
}

const formDay = "02.01.2006"

// read gives the date that a form tells, which is the one that there was when
// nothing of it was changed.
func (w When) read(text string) (When, error) {
	if text == w.written() {
		return w, nil
	}
	return ParseWhen(text)
}

// Moment gives the moment at which clocks in Oslo show the time of day (15:04:05)
// on the calendar day. ok is false for a time of day that is none, and for one that
// the clocks skip when summer time begins. Where they show it twice, when summer
// time ends, it is the latter: nobody is late who goes by the clock.
func Moment(day time.Time, timeOfDay string) (t time.Time, ok bool) {
	at, err := time.Parse(time.TimeOnly, timeOfDay)
	if err != nil || day.IsZero() {
		return time.Time{}, false
	}
	t = time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), at.Second(), 0, clock.Oslo)
	shows := func(t time.Time) bool {
		t = t.In(clock.Oslo)
		return t.Day() == day.Day() && t.Format(time.TimeOnly) == timeOfDay
	}
	if later := t.Add(time.Hour); shows(later) {
		t = later
	}
	if !shows(t) {
		return time.Time{}, false
	}
	return t.UTC(), true
}

var clockText = regexp.MustCompile(`^(?:kl\.? ?|at )?(\d{1,2})(?:[.:](\d{2}))?(?:[.:](\d{2}))?$`)

// parseClock reads a time of day as people write it: "12", "12.00", "kl. 12:00:00".
func parseClock(text string) (string, bool) {
	m := clockText.FindStringSubmatch(strings.ToLower(strings.TrimSpace(text)))
	if m == nil {
		return "", false
	}
	parts := [3]int{}
	for i, s := range m[1:] {
		parts[i], _ = strconv.Atoi(s)
	}
	if parts[0] > 23 || parts[1] > 59 || parts[2] > 59 {
		return "", false
	}
	return time.Date(2000, 1, 1, parts[0], parts[1], parts[2], 0, time.UTC).Format(time.TimeOnly), true
}
