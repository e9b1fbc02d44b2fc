package source

import (
	"fmt"
	"strconv"
)

// IdentityError refuses a column whose values look like national identity
// numbers. It never holds a value.
type IdentityError struct {
	Source, Column string
	// Row counts data rows from 1; the first that looked like an identity.
	Row int64
}

func (e *IdentityError) Error() string {
	return fmt.Sprintf("%s: column %q holds what looks like national identity numbers (first in row %d); replace them by a pseudonym before the data are used", e.Source, e.Column, e.Row)
}

// LooksLikeIdentity tells whether a text is eleven digits whose two control
// digits are those of a Norwegian national identity number. D-numbers and
// synthetic numbers are built the same way and are caught too. One in about
// 120 arbitrary eleven-digit numbers fits by chance.
func LooksLikeIdentity(text string) bool {
	if len(text) == 12 && text[6] == ' ' {
		text = text[:6] + text[7:]
	}
	if len(text) != 11 {
		return false
	}
	var d [11]int
	for i := range d {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
		d[i] = int(text[i] - '0')
	}
	return controlDigitsFit(&d)
}

// controlDigitsFit checks the two control digits with the weights of the
// Norwegian tax administration's description of the identity number.
func controlDigitsFit(d *[11]int) bool {
	first := [11]int{3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0}
	second := [11]int{5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}
	var a, b, any int
	for i, v := range d {
		a += first[i] * v
		b += second[i] * v
		any |= v
	}
	return any != 0 && a%11 == 0 && b%11 == 0
}

// integerLooksLikeIdentity does the same for a number, which may have lost a
// leading zero. Ten digits are common in other uses, so there the first six
// must also be a date.
func integerLooksLikeIdentity(v int64) bool {
	if v < 1_000_000_000 || v > 99_999_999_999 {
		return false
	}
	var d [11]int
	for i, rest := 10, v; i >= 0; i-- {
		d[i] = int(rest % 10)
		rest /= 10
	}
	if d[0] == 0 {
		day, month := 10*d[0]+d[1], 10*d[2]+d[3]
		// Synthetic numbers add 40, 65 or 80 to the month.
		for _, added := range []int{80, 65, 40} {
			if month > added {
				month -= added
				break
			}
		}
		if day < 1 || month < 1 || month > 12 {
			return false
		}
	}
	return controlDigitsFit(&d)
}

func floatLooksLikeIdentity(v float64) bool {
	return v >= 1e9 && v < 1e11 && v == float64(int64(v)) && integerLooksLikeIdentity(int64(v))
}

// textLooksLikeIdentity is the check for a value that has been read as text
// but may be a number that lost its leading zero.
func textLooksLikeIdentity(text string) bool {
	if len(text) == 10 {
		v, err := strconv.ParseInt(text, 10, 64)
		return err == nil && integerLooksLikeIdentity(v)
	}
	return LooksLikeIdentity(text)
}
