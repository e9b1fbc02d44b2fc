// Package lang is how Funn speaks: in bokmål, nynorsk and English.
//
// Every fixed text has a key and three texts. Public forms must exist in both
// Norwegian forms, identical and at the same time (språkloven § 14), so a key
// that lacks one of them is a defect that a test finds. The package also
// writes dates, numbers and amounts the way each language does, and reads what
// people type into date and money fields.
//
// The language of a request travels in its context as a [Printer].
package lang

import (
	"context"
	"embed"

	"golang.org/x/text/language"
)

// Tag is one of the languages of the interface. Its value is the BCP 47 code
// that goes into the lang attribute of the page.
type Tag string

// The languages of the interface. NB is the one that everything falls back to.
const (
	NB Tag = "nb" // bokmål
	NN Tag = "nn" // nynorsk
	EN Tag = "en" // English
)

// Tags lists the languages in the order in which they are offered.
var Tags = []Tag{NB, NN, EN}

// Messages holds the texts of the platform itself: keys that start with ui.,
// error., form. and date.
//
//go:embed messages/*.json
var Messages embed.FS

// Parse reads a language code as it stands in a URL, a cookie or a profile.
func Parse(s string) (Tag, bool) {
	for _, t := range Tags {
		if s == string(t) {
			return t, true
		}
	}
	return NB, false
}

// Name gives the language's own name for itself, for the language links.
func (t Tag) Name() string {
	switch t {
	case NN:
		return "Nynorsk"
	case EN:
		return "English"
	default:
		return "Bokmål"
	}
}

func (t Tag) index() int {
	switch t {
	case NN:
		return 1
	case EN:
		return 2
	default:
		return 0
	}
}

var matcher = language.NewMatcher([]language.Tag{
	language.MustParse("nb"), language.MustParse("nn"), language.MustParse("en"),
})

// Match chooses the language for an Accept-Language header; bokmål when the
// header is empty, broken, or asks for languages that Funn does not speak.
func Match(acceptLanguage string) Tag {
	// The index is used because the returned tag carries -u-rg- extras.
	_, i := language.MatchStrings(matcher, acceptLanguage)
	return Tags[i]
}

type printerKey struct{}

// WithPrinter puts the printer of the request into its context.
func WithPrinter(ctx context.Context, p *Printer) context.Context {
	return context.WithValue(ctx, printerKey{}, p)
}

// From gives the printer of the context. It is never nil: outside a request it
// is a bokmål printer that knows the platform's own texts only.
func From(ctx context.Context) *Printer {
	if p, ok := ctx.Value(printerKey{}).(*Printer); ok && p != nil {
		return p
	}
	return fallback()
}

// T gives the text of the key in the language of the context. Args are name,
// value pairs that replace {name}; a whole number is written with the
// language's thousands separator, a time as a date. An unknown key comes back
// as ⟦key⟧, which the page tests look for.
func T(ctx context.Context, key string, args ...any) string {
	return From(ctx).T(key, args...)
}

// TN gives the text key.one when n is 1 and key.other else; {n} is the number.
func TN(ctx context.Context, key string, n int, args ...any) string {
	return From(ctx).TN(key, n, args...)
}

// Maybe gives the text of the key, or false when there is none.
func Maybe(ctx context.Context, key string) (string, bool) {
	return From(ctx).Maybe(key)
}
