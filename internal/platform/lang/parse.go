package lang

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// ErrDate says that a text is no calendar day that Funn can read.
var ErrDate = errors.New("not a date")

// ErrAmount says that a text is no amount that Funn can read.
var ErrAmount = errors.New("not an amount")

var (
	dateDMY   = regexp.MustCompile(`^(\d{1,2})[./\- ]+(\d{1,2})[./\- ]+(\d{4}|\d{2})$`)
	dateYMD   = regexp.MustCompile(`^(\d{4})[.\-/ ]+(\d{1,2})[.\-/ ]+(\d{1,2})$`)
	dateEight = regexp.MustCompile(`^(\d{2})(\d{2})(\d{4})$`)
	dateNamed = regexp.MustCompile(`^(\d{1,2})[. ]*(\p{L}+)[. ]*(\d{4}|\d{2})$`)
)

// months maps the first three letters of a month's name, in all three
// languages, to the month. No two months share them.
var months = map[string]time.Month{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "mai": 5, "may": 5, "jun": 6,
	"jul": 7, "aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "des": 12, "dec": 12,
}

// ParseDate reads a calendar day the ways people write it: 1.2.2027, 01.02.27,
// 1/2-2027, 01022027, 2027-02-01, "1. februar 2027", "1 Feb 2027". The day
// comes before the month. A year of two digits is in this century up to 69 and
// in the last from 70. The result is midnight UTC of the day, which is how
// calendar days are stored. It fails with [ErrDate] for anything else, days
// that do not exist and years outside 1800–2199 included.
func ParseDate(s string) (time.Time, error) {
	in := strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(s, nbsp, " ")), " "))
	in = strings.TrimSuffix(in, ".")
	var day, month, year int
	if m := dateYMD.FindStringSubmatch(in); m != nil {
		year, month, day = atoi(m[1]), atoi(m[2]), atoi(m[3])
	} else if m := firstMatch(in, dateDMY, dateEight); m != nil {
		day, month, year = atoi(m[1]), atoi(m[2]), century(m[3])
	} else if m := dateNamed.FindStringSubmatch(in); m != nil {
		month = monthNamed(m[2])
		day, year = atoi(m[1]), century(m[3])
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	// time.Date turns 31 February into 3 March: what comes back must be what was written.
	if t.Day() != day || int(t.Month()) != month || year < 1800 || year > 2199 {
		return time.Time{}, fmt.Errorf("read %q: %w", s, ErrDate)
	}
	return t, nil
}

func firstMatch(s string, patterns ...*regexp.Regexp) []string {
	for _, p := range patterns {
		if m := p.FindStringSubmatch(s); m != nil {
			return m
		}
	}
	return nil
}

// monthNamed gives the number of the month that the word names in full or cut
// short ("feb", "sept"), or 0.
func monthNamed(word string) int {
	r := []rune(word)
	if len(r) < 3 {
		return 0
	}
	m := months[string(r[:3])]
	if m == 0 {
		return 0
	}
	if strings.HasPrefix(monthsNorwegian[m-1], word) || strings.HasPrefix(strings.ToLower(m.String()), word) {
		return int(m)
	}
	return 0
}

func atoi(digits string) int {
	n, _ := strconv.Atoi(digits) // at most four digits by the patterns
	return n
}

func century(digits string) int {
	y := atoi(digits)
	if len(digits) == 4 {
		return y
	}
	if y < 70 {
		return 2000 + y
	}
	return 1900 + y
}

var (
	amountUnit    = regexp.MustCompile(`^(.*?)(milliarder|milliard|mrd|millioner|millionar|million|mill|mio|tusen)\.?$`)
	amountGrouped = regexp.MustCompile(`^\d{1,3}(?:([ .'])\d{3})+$`)
	amountEnglish = regexp.MustCompile(`^\d{1,3}(?:,\d{3}){2,}$`)
	amountDigits  = regexp.MustCompile(`^\d+$`)
)

// maxOre is the largest amount that is read: ten thousand billion kroner, more
// than the state spends in five years, and far below what an int64 holds.
const maxOre = 1_000_000_000_000_000

// ParseAmount reads an amount of kroner the ways people write it:
// "1 200 000", "1.200.000", "1200000,50", "1,2 mill", "22 mill. kr", "kr 300",
// "300,-". The comma is the decimal sign; a point before exactly three digits
// parts thousands, before one or two it is read as a decimal sign. The result
// is in øre. It fails with [ErrAmount] when the text can be read in two ways
// ("1,200"), has parts of an øre, is above ten thousand billion kroner, or is
// no amount.
func ParseAmount(s string) (int64, error) {
	ore, ok := parseAmount(s)
	if !ok {
		return 0, fmt.Errorf("read %q: %w", s, ErrAmount)
	}
	return ore, nil
}

func parseAmount(s string) (int64, bool) {
	in := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || r == '\u202f' || r == '\u2009':
			return ' '
		case r == '−' || r == '–' || r == '—':
			return '-'
		}
		return unicode.ToLower(r)
	}, s)
	in = strings.TrimSpace(in)

	in, negative := strings.CutPrefix(in, "-")
	in = trimCurrency(in)
	if !negative {
		in, negative = strings.CutPrefix(in, "-")
		in = strings.TrimSpace(in)
	}
	in = strings.TrimSpace(strings.TrimSuffix(in, ",-"))

	scale := 0 // powers of ten from the unit to kroner
	if m := amountUnit.FindStringSubmatch(in); m != nil {
		in = strings.TrimSpace(m[1])
		switch {
		case strings.HasPrefix(m[2], "mrd"), strings.HasPrefix(m[2], "milliard"):
			scale = 9
		case m[2] == "tusen":
			scale = 3
		default:
			scale = 6
		}
	}

	whole, frac, ok := splitAmount(in, scale > 0)
	if !ok || len(whole) > 15 {
		return 0, false
	}
	frac = strings.TrimRight(frac, "0")
	if len(frac) > scale+2 { // finer than an øre
		return 0, false
	}
	digits := whole + frac + strings.Repeat("0", scale+2-len(frac))
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return 0, true
	}
	if len(digits) > 18 {
		return 0, false
	}
	ore, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || ore > maxOre {
		return 0, false
	}
	if negative {
		ore = -ore
	}
	return ore, true
}

func trimCurrency(s string) string {
	s = strings.TrimSpace(s)
	for _, word := range []string{"nok", "kroner", "kr.", "kr"} {
		if rest, ok := strings.CutPrefix(s, word); ok {
			return strings.TrimSpace(rest)
		}
		if rest, ok := strings.CutSuffix(s, word); ok {
			return strings.TrimSpace(rest)
		}
	}
	return s
}

// splitAmount parts the digits before the decimal sign from those after it and
// removes the thousands separators. With a unit such as "mill." a lone comma
// or point is always a decimal sign.
func splitAmount(s string, unit bool) (whole, frac string, ok bool) {
	if amountEnglish.MatchString(s) {
		return strings.ReplaceAll(s, ",", ""), "", true
	}
	whole, frac, hasFrac := strings.Cut(s, ",")
	if !hasFrac {
		if i := strings.LastIndexByte(s, '.'); i >= 0 && strings.Count(s, ".") == 1 {
			if n := len(s) - i - 1; unit || n == 1 || n == 2 {
				whole, frac, hasFrac = s[:i], s[i+1:], true
			}
		}
	}
	if hasFrac && (!amountDigits.MatchString(frac) || (!unit && len(frac) > 2)) {
		return "", "", false
	}
	if m := amountGrouped.FindStringSubmatch(whole); m != nil {
		whole = strings.ReplaceAll(whole, m[1], "")
	}
	return whole, frac, amountDigits.MatchString(whole)
}
