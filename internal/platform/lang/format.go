package lang

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // times are shown in Oslo time also where the machine has no zone files
)

// oslo is the zone in which every moment is shown and every deadline read.
var oslo = func() *time.Location {
	loc, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err) // embedded above
	}
	return loc
}()

// nbsp keeps the digits of a number, and a number and its unit, on one line.
const nbsp = "\u00a0"

// Nynorsk and bokmål name the months alike.
var monthsNorwegian = [12]string{
	"januar", "februar", "mars", "april", "mai", "juni",
	"juli", "august", "september", "oktober", "november", "desember",
}

func (p *Printer) month(m time.Month) string {
	if p.tag == EN {
		return m.String()
	}
	return monthsNorwegian[m-1]
}

// Date writes the day of a moment, as seen in Oslo: "1. februar 2027", in
// English "1 February 2027". The zero time gives the empty text.
func (p *Printer) Date(t time.Time) string { return p.day(t.In(oslo)) }

// Day writes a calendar day, which is stored as midnight UTC.
func (p *Printer) Day(t time.Time) string { return p.day(t.UTC()) }

func (p *Printer) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	dot := "."
	if p.tag == EN {
		dot = ""
	}
	return fmt.Sprintf("%d%s %s %d", t.Day(), dot, p.month(t.Month()), t.Year())
}

// Month writes the month of a calendar day: "februar 2027".
func (p *Printer) Month(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.UTC()
	return fmt.Sprintf("%s %d", p.month(t.Month()), t.Year())
}

// ShortDate writes the day of a moment in Oslo as 01.02.2027, in every
// language, which is also what date fields take. A calendar day comes out
// right too, since midnight UTC is the same day in Oslo.
func (p *Printer) ShortDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(oslo).Format("02.01.2006")
}

// Clock writes the time of day of a moment in Oslo: "13.00", in English "13:00".
func (p *Printer) Clock(t time.Time) string {
	if p.tag == EN {
		return t.In(oslo).Format("15:04")
	}
	return t.In(oslo).Format("15.04")
}

// DateTime writes a moment as seen in Oslo: "1. februar 2027 kl. 13.00".
func (p *Printer) DateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	at := " kl. "
	if p.tag == EN {
		at = " at "
	}
	return p.Date(t) + at + p.Clock(t)
}

// Number writes a whole number with its thousands apart: "22 000 000" with
// no-break spaces, in English "22,000,000".
func (p *Printer) Number(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if s[0] == '-' {
		sign, s = "−", s[1:]
	}
	return sign + p.group(s)
}

// group puts the thousands separator into a row of digits.
func (p *Printer) group(digits string) string {
	sep := nbsp
	if p.tag == EN {
		sep = ","
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Decimal writes a number rounded to the given count of decimals: "1 234,5",
// in English "1,234.5". Halves are rounded away from zero, as people do it, also one
// that a float holds a hair below. A number that is not finite is written "–".
func (p *Printer) Decimal(f float64, digits int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "–"
	}
	rounded := math.Abs(f)
	if scale := math.Pow10(max(digits, 0)); rounded*scale < 1e14 {
		rounded = math.Floor(rounded*scale+0.5+1e-9) / scale
	}
	s := strconv.FormatFloat(rounded, 'f', max(digits, 0), 64)
	whole, frac, has := strings.Cut(s, ".")
	out := p.group(whole)
	if has {
		point := ","
		if p.tag == EN {
			point = "."
		}
		out += point + frac
	}
	if f < 0 && strings.ContainsAny(s, "123456789") { // no minus in front of a rounded zero
		out = "−" + out
	}
	return out
}

// Percent writes a share, where 0.25 is a quarter, with the given count of
// decimals: "25 %", in English "25%".
func (p *Printer) Percent(share float64, digits int) string {
	if p.tag == EN {
		return p.Decimal(share*100, digits) + "%"
	}
	return p.Decimal(share*100, digits) + nbsp + "%"
}

// NOK writes an amount given in øre: "22 000 000 kr", in English
// "NOK 22,000,000". The øre are written only when there are some.
func (p *Printer) NOK(ore int64) string {
	return p.kroner(p.crowns(ore))
}

func (p *Printer) crowns(ore int64) string {
	sign := ""
	u := uint64(ore)
	if ore < 0 {
		sign, u = "−", -u // wraps to the magnitude, also for the smallest int64
	}
	s := sign + p.group(strconv.FormatUint(u/100, 10))
	if r := u % 100; r != 0 {
		point := ","
		if p.tag == EN {
			point = "."
		}
		s += fmt.Sprintf("%s%02d", point, r)
	}
	return s
}

func (p *Printer) kroner(s string) string {
	if p.tag == EN {
		return "NOK" + nbsp + s
	}
	return s + nbsp + "kr"
}

// MillionNOK writes an amount given in øre in millions with at most one
// decimal: "22 mill. kr", "1,2 mill. kr", in English "NOK 22 million". An
// amount below 50 000 kr, which would round to nothing, is written in full.
func (p *Printer) MillionNOK(ore int64) string {
	if -5_000_000 < ore && ore < 5_000_000 {
		return p.NOK(ore)
	}
	s := p.Decimal(float64(ore)/1e8, 1)
	s = strings.TrimSuffix(strings.TrimSuffix(s, ",0"), ".0")
	if p.tag == EN {
		return p.kroner(s + nbsp + "million")
	}
	return p.kroner(s + nbsp + "mill.")
}

// Days writes a count of days: "1 dag", "12 dager".
func (p *Printer) Days(n int) string { return p.TN("date.days", n) }

// Months writes a count of months: "1 måned", "6 måneder".
func (p *Printer) Months(n int) string { return p.TN("date.months", n) }

// Date writes the day of a moment in the language of ctx; see [Printer.Date].
func Date(ctx context.Context, t time.Time) string { return From(ctx).Date(t) }

// Day writes a calendar day in the language of ctx; see [Printer.Day].
func Day(ctx context.Context, t time.Time) string { return From(ctx).Day(t) }

// Month writes the month of a calendar day in the language of ctx; see [Printer.Month].
func Month(ctx context.Context, t time.Time) string { return From(ctx).Month(t) }

// ShortDate writes a day as 01.02.2027; see [Printer.ShortDate].
func ShortDate(ctx context.Context, t time.Time) string { return From(ctx).ShortDate(t) }

// Clock writes a time of day in the language of ctx; see [Printer.Clock].
func Clock(ctx context.Context, t time.Time) string { return From(ctx).Clock(t) }

// DateTime writes a moment in the language of ctx; see [Printer.DateTime].
func DateTime(ctx context.Context, t time.Time) string { return From(ctx).DateTime(t) }

// Number writes a whole number in the language of ctx; see [Printer.Number].
func Number(ctx context.Context, n int) string { return From(ctx).Number(n) }

// Decimal writes a decimal number in the language of ctx; see [Printer.Decimal].
func Decimal(ctx context.Context, f float64, digits int) string {
	return From(ctx).Decimal(f, digits)
}

// Percent writes a share in the language of ctx; see [Printer.Percent].
func Percent(ctx context.Context, share float64, digits int) string {
	return From(ctx).Percent(share, digits)
}

// NOK writes an amount of øre in the language of ctx; see [Printer.NOK].
func NOK(ctx context.Context, ore int64) string { return From(ctx).NOK(ore) }

// MillionNOK writes an amount of øre in millions; see [Printer.MillionNOK].
func MillionNOK(ctx context.Context, ore int64) string { return From(ctx).MillionNOK(ore) }

// Days writes a count of days in the language of ctx.
func Days(ctx context.Context, n int) string { return From(ctx).Days(n) }

// Months writes a count of months in the language of ctx.
func Months(ctx context.Context, n int) string { return From(ctx).Months(n) }
