package report

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Language is the language of a report.
type Language string

const (
	Bokmal  Language = "nb"
	English Language = "en"
)

// ParseLanguage returns the language of that code.
func ParseLanguage(code string) (Language, error) {
	switch l := Language(code); l {
	case Bokmal, English:
		return l, nil
	}
	return "", fmt.Errorf("%q is not a language of reports: use nb or en", code)
}

// Pick returns the words of the language.
func (l Language) Pick(nb, en string) string {
	if l == English {
		return en
	}
	return nb
}

// Decimals tells how many decimals an interval with this half-width deserves:
// as many as show its first digit, and with digits 2 its second. It is negative
// for tens, hundreds and so on.
func Decimals(halfWidth float64, digits int) int {
	if !(halfWidth > 0) || math.IsInf(halfWidth, 0) {
		return 0
	}
	return digits - 1 - int(math.Floor(math.Log10(halfWidth)))
}

// Number writes v rounded to so many decimals, with the language's decimal
// mark and thousands apart.
func (l Language) Number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	if decimals < 0 {
		scale := math.Pow10(-decimals)
		v = math.Round(v/scale) * scale
		decimals = 0
	}
	text := fmt.Sprintf("%.*f", min(decimals, 12), math.Abs(v))
	whole, fraction, _ := strings.Cut(text, ".")
	// Thousands are parted by a space that does not break; English by a comma.
	separator := l.Pick("\u00a0", ",")
	for i := len(whole) - 3; i > 0; i -= 3 {
		if len(whole) <= 4 && l == Bokmal {
			break // 1794, but 17 940
		}
		whole = whole[:i] + separator + whole[i:]
	}
	if fraction != "" {
		whole += l.Pick(",", ".") + fraction
	}
	if v < 0 && strings.Trim(text, "0.") != "" {
		return "−" + whole
	}
	return whole
}

// significant writes v with so many significant digits.
func (l Language) significant(v float64, digits int) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return l.Number(v, 0)
	}
	return l.Number(v, max(0, digits-1-int(math.Floor(math.Log10(math.Abs(v))))))
}

// probability writes a p-value.
func (l Language) probability(p float64) string {
	switch {
	case math.IsNaN(p):
		return "–"
	case p < 0.001:
		return l.Pick("< 0,001", "< 0.001")
	}
	return l.Number(p, 3)
}

var months = [...]string{"januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"}

// date writes the day of t in Norway's order of day, month and year.
func (l Language) date(t time.Time) string {
	if l == English {
		return t.Format("2 January 2006")
	}
	return fmt.Sprintf("%d. %s %d", t.Day(), months[t.Month()-1], t.Year())
}

// percent writes a share such as 0.95 as 95 %.
func (l Language) percent(share float64) string {
	text := l.Number(100*share, max(0, min(3, Decimals(math.Abs(100*share-math.Round(100*share)), 1))))
	return text + l.Pick("\u00a0%", "%")
}
