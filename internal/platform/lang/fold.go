package lang

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// Fold gives the form of a text that searches and lookups compare: lower case,
// one space between words, and no marks on the letters, so that "Rosén" is
// found as "rosen". The Norwegian letters æ, ø and å are letters of their own
// and stay.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFC.String(strings.ToLower(s)) {
		if r < 0x80 || r == 'æ' || r == 'ø' || r == 'å' {
			b.WriteRune(r)
			continue
		}
		for _, d := range norm.NFD.String(string(r)) {
			if !unicode.Is(unicode.Mn, d) {
				b.WriteRune(d)
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Collators are not safe for use by two goroutines at once, and dear to make.
var collators = sync.Pool{New: func() any {
	// "nn" because the tables of x/text sort Æ and Å under A for "nb" and "no".
	return collate.New(language.MustParse("nn"), collate.IgnoreCase)
}}

// Compare orders two texts as a Norwegian alphabet does, with æ, ø, å last and
// "aa" as å. It is below 0 when a comes first, and fits [slices.SortFunc].
// Texts that differ only in case keep a fixed order.
func Compare(a, b string) int {
	c := collators.Get().(*collate.Collator)
	defer collators.Put(c)
	if n := c.CompareString(a, b); n != 0 {
		return n
	}
	return strings.Compare(a, b)
}
