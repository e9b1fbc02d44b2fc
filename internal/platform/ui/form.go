package ui

import (
	"context"
	"slices"
	"strings"
)

// FormProps describes a form.
type FormProps struct {
	ID        string
	Action    string
	Method    string // "post" when empty
	Multipart bool   // has a file field
	Hidden    []HiddenField
	// AllRequired says once that every field must be filled in, in place of a
	// word at each.
	AllRequired bool
	// Guard warns before a page with unsaved changes is left, where the
	// browser runs scripts.
	Guard bool
	// Autosave saves what is written twice a minute, where the browser runs scripts:
	// it is posted to Action with the field _auto, and the answer is JSON with the
	// version saved, and a text for the page's [SavedLine].
	Autosave bool
	// Errors is shown on top of the form, below ErrorTitle, or how many there are
	// when that is empty.
	Errors     []FieldError
	ErrorTitle string
}

// FieldError is one thing that is wrong with a form.
type FieldError struct {
	ID   string // of the field, so that the line can lead to it; may be empty
	Text string // what to do: "Skriv sluttdato etter 01.08.2024"
}

// Field describes one field of a form.
type Field struct {
	Name  string
	ID    string // Name when empty
	Label string
	Hint  string // how to fill it in
	Value string
	Error string // what is wrong; the same words as in the summary

	Required bool // says "Må fylles ut" beside the label
	Optional bool // says "Valgfritt" beside the label

	// Conflict shows Current, the value that somebody else saved in the
	// meantime, below the user's own.
	Conflict bool
	Current  string

	Lang         string // language of the value when it is not the page's
	LabelLang    string // that of the label, and HintLang that of the hint
	HintLang     string
	Max          int // characters that are taken; 0 for no limit that is shown
	Rows         int // of a text area; 5 when 0
	Width        Width
	Type         string // of a text field: "email", "tel", "url"; "text" when empty
	Autocomplete string // token of the HTML standard, for the user's own name, e-mail, phone
	Inputmode    string
	Small        bool   // the smaller form, for filters
	HideLabel    bool   // the label is for screen readers only
	Accept       string // the kinds of file that a file field takes
	Autofocus    bool
	ReadOnly     bool // to be read and copied only
}

// Option is one of the answers to choose among.
type Option struct {
	Value string
	Label string
	Hint  string
}

// Options makes options whose value and label are the same.
func Options(labels ...string) []Option {
	out := make([]Option, len(labels))
	for i, l := range labels {
		out[i] = Option{Value: l, Label: l}
	}
	return out
}

func (f Field) id() string     { return or(f.ID, f.Name) }
func (f Field) hintID() string { return f.id() + "-hjelp" }
func (f Field) errID() string  { return f.id() + "-feil" }

// describedBy names the error first and the help after, which is the order in
// which a screen reader should say them.
func (f Field) describedBy() string {
	var ids []string
	if f.Error != "" {
		ids = append(ids, f.errID())
	}
	if f.Hint != "" {
		ids = append(ids, f.hintID())
	}
	return strings.Join(ids, " ")
}

// optionID is the id of the n-th answer. The first has the field's own, so that
// the link in the error summary leads to it.
func (f Field) optionID(n int) string {
	if n == 0 {
		return f.id()
	}
	return f.id() + "-" + itoa(n+1)
}

func (f Field) rows() string {
	if f.Rows == 0 {
		return "5"
	}
	return itoa(f.Rows)
}

func (f Field) width() Width {
	if f.Width == "" {
		return Full
	}
	return f.Width
}

func has(values []string, v string) bool { return slices.Contains(values, v) }

// Variant is how much a button weighs.
type Variant string

// The variants. A page has one Primary.
const (
	Primary   Variant = "primary"
	Secondary Variant = "secondary"
	Tertiary  Variant = "tertiary"
)

// ButtonProps describes a button of a form.
type ButtonProps struct {
	Label   string // verb and object: "Send inn søknaden"
	Name    string // sent with Value when this button is pressed
	Value   string
	Variant Variant // Primary when empty
	Tone    Tone    // Accent when empty; Error for what cannot be undone
	Small   bool
	// Action posts to another address than the form's.
	Action string
	// FormID is the form that the button belongs to, when it stands outside.
	FormID string
	// About is said after Label to those who hear the button alone.
	About string
}

// withMax tells in the help text how much a text area takes.
func withMax(ctx context.Context, f Field) Field {
	if f.Max > 0 {
		upto := t(ctx, "form.upto", "max", f.Max)
		if f.Hint != "" {
			upto = f.Hint + " " + upto + "."
		}
		f.Hint = upto
	}
	return f
}

// KeptFile is a file that a form was sent with before, and that is still there.
// The zero KeptFile is none.
type KeptFile struct {
	Name  string      // as the user knows it
	Token HiddenField // sends it again
	Drop  string      // name of the box that takes it away
}

// withKept tells in the help text that a kept file can be exchanged.
func withKept(ctx context.Context, f Field, kept KeptFile) Field {
	if kept.Name != "" {
		f.Hint = joined(" ", f.Hint, t(ctx, "form.other_file"))
	}
	return f
}

type hiddenKey struct{}

// WithHidden gives a context in which every form that posts carries one more
// hidden field. It is made when there is such a form, and left out when empty.
func WithHidden(ctx context.Context, field func(context.Context) HiddenField) context.Context {
	return context.WithValue(ctx, hiddenKey{}, field)
}

func hiddenIn(ctx context.Context) HiddenField {
	if field, ok := ctx.Value(hiddenKey{}).(func(context.Context) HiddenField); ok {
		return field(ctx)
	}
	return HiddenField{}
}
