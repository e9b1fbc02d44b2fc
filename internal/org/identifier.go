package org

import (
	"regexp"
	"strconv"
	"strings"
)

// The registers that an organisation can be known in.
const (
	SchemeOrgnr   = "orgnr"   // the Norwegian register of legal entities, nine digits
	SchemeCristin = "cristin" // unit of the national research archive: 7425.0.0.0
	SchemeROR     = "ror"     // Research Organization Registry: 05xg72x27
	SchemeFunder  = "nva"     // code as a source of funding in the national research archive
)

// Schemes lists the registers in the order in which they are shown.
var Schemes = []string{SchemeOrgnr, SchemeCristin, SchemeROR, SchemeFunder}

// crockford is the alphabet of ROR ids: no i, l, o or u.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

var (
	cristinForm = regexp.MustCompile(`^[1-9]\d{0,7}(\.\d{1,6}){3}$`)
	rorForm     = regexp.MustCompile(`^0[0-9a-hjkmnp-tv-z]{6}\d{2}$`)
	funderForm  = regexp.MustCompile(`^[A-Z0-9]{2,12}$`)
)

// NormalIdentifier gives the identifier in the one form that is kept, and
// whether it can be right: the check digits of a number of the register of
// legal entities (modulus 11) and of a ROR id (ISO/IEC 7064, modulus 97-10) are
// reckoned. Whether it exists only the register knows.
func NormalIdentifier(scheme, value string) (string, bool) {
	value = strings.TrimSpace(value)
	switch scheme {
	case SchemeOrgnr:
		value = strings.NewReplacer(" ", "", "\u00a0", "", "NO", "", "MVA", "").Replace(strings.ToUpper(value))
		return value, orgnrHolds(value)
	case SchemeCristin:
		return value, cristinForm.MatchString(value)
	case SchemeROR:
		value = strings.ToLower(value)
		for _, prefix := range []string{"https://", "http://", "ror.org/"} {
			value = strings.TrimPrefix(value, prefix)
		}
		return value, rorHolds(value)
	case SchemeFunder:
		value = strings.ToUpper(value)
		return value, funderForm.MatchString(value)
	}
	return value, false
}

// orgnrHolds reckons the ninth digit from the eight before it, as the register
// at Brønnøysund lays down.
func orgnrHolds(s string) bool {
	if len(s) != 9 {
		return false
	}
	sum := 0
	for i, weight := range []int{3, 2, 7, 6, 5, 4, 3, 2} {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		sum += weight * int(s[i]-'0')
	}
	check := (11 - sum%11) % 11
	return check < 10 && s[8] == byte('0'+check)
}

func rorHolds(s string) bool {
	if !rorForm.MatchString(s) {
		return false
	}
	n := 0
	for _, r := range s[:7] {
		n = n*32 + strings.IndexRune(crockford, r)
	}
	check, err := strconv.Atoi(s[7:])
	return err == nil && check == 98-(n*100)%97
}
