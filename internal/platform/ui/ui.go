// Package ui is how Funn looks: every piece of HTML that has a class name is
// made here, out of Nav's design system Aksel and a thin layer of our own.
//
// Page templates of the modules are put together from these components only.
// They hold no class name, no style and no script, so that a new version of
// Aksel, which renames its classes between majors, is work in one package.
//
// Components take finished texts in the language of the page; the few words
// that are always the same come from package lang. Everything works without
// JavaScript, under a policy that allows neither inline style nor inline
// script, at 320 pixels and in print.
package ui

import (
	"context"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"funn/internal/platform/lang"
)

// Tone is the meaning that a colour stands for. A colour never stands alone:
// the text says the same.
type Tone string

// The tones. Accent is the colour of the house; Example marks records that
// are made up to fill what the sources lack.
const (
	Neutral Tone = "neutral"
	Accent  Tone = "accent"
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Error   Tone = "danger"
	Example Tone = "meta-purple"
)

// Gap is the room between the parts of a stack or a row.
type Gap string

// The gaps, from the one between a label and its value to the one between
// the sections of a page.
const (
	GapXS Gap = "xs"
	GapS  Gap = "s"
	GapM  Gap = "m"
	GapL  Gap = "l"
	GapXL Gap = "xl"
)

// Width is how wide a field or a column of a grid wants to be.
type Width string

// The widths. A field is Full unless told otherwise.
const (
	Short  Width = "short"
	Medium Width = "medium"
	Full   Width = "full"
)

// Str is a text as a component, for the places that take components, such as
// the cells of a table. It is escaped.
func Str(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	})
}

// Group renders several components one after the other.
func Group(parts ...templ.Component) templ.Component { return templ.Join(parts...) }

// paragraphs splits a text on blank lines.
func paragraphs(text string) []string {
	var out []string
	for p := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// t is the text of a key in the page's language.
func t(ctx context.Context, key string, args ...any) string { return lang.T(ctx, key, args...) }

// or gives the first of the texts that is not empty.
func or(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// tn is the singular or plural text of a key in the page's language.
func tn(ctx context.Context, key string, n int, args ...any) string {
	return lang.TN(ctx, key, n, args...)
}

// joined puts the separator between those of the texts that are not empty.
func joined(sep string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), sep)
}

// lowerFirst makes the first letter small, for a label inside a sentence. A
// word that is all capitals, such as DPIA, is left as it is.
func lowerFirst(s string) string {
	if s == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(s)
	second, _ := utf8.DecodeRuneInString(s[size:])
	if unicode.IsUpper(second) {
		return s
	}
	return string(unicode.ToLower(first)) + s[size:]
}
