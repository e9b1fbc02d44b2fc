// Package form describes what a command must be told, reads it from a request
// and says what is wrong with it, field by field.
//
// A field is data. From it come the control on the page, the check of what was
// sent, and what stands in the history. Only declared fields are read, so a
// hand-made request cannot set anything else.
package form

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
)

// Type is the sort of answer that a field takes.
type Type int

// The types of field.
const (
	Text    Type = iota // one line
	Area                // several lines
	Day                 // a calendar day, written dd.mm.åååå
	Money               // an amount in kroner, kept in øre
	Number              // a whole number
	Choice              // one of the options
	Choices             // any number of the options
	Tick                // a single box to tick
	File                // an uploaded file
)

// Option is one answer to choose. Key is a message key; Label is finished text
// and goes before it.
type Option struct {
	Value, Key, Label, Hint string
}

// Field is one question.
type Field struct {
	Name     string
	Type     Type
	Required bool
	Max      int   // characters for text, default 200 for a line and 4000 for several
	Min      int64 // smallest Number
	Lang     bool  // text whose language form matters; kept for the page's lang attribute
	Private  bool  // kept in the record alone and never in its history, which more people read

	Options []Option
	// From gives options that depend on the context and on the record (nil when
	// it is being made).
	From func(ctx context.Context, rec any) ([]Option, error)
	// Value gives what the form should show before anything is typed: for an edit,
	// what is stored now. Days as 2006-01-02, money in øre.
	Value func(rec any) []string
}

// Codes makes options whose labels are the messages PREFIX.VALUE.
func Codes(prefix string, values ...string) []Option {
	out := make([]Option, len(values))
	for i, v := range values {
		out[i] = Option{Value: v, Key: prefix + "." + v}
	}
	return out
}

// On makes a Value or From function out of one that knows the record's type.
func On[T any](f func(T) string) func(any) []string {
	return func(rec any) []string {
		if t, ok := rec.(T); ok {
			if s := f(t); s != "" {
				return []string{s}
			}
		}
		return nil
	}
}

// Upload is a file that came with a form. Content is read once.
type Upload struct {
	Name    string
	Size    int64
	SHA256  string // set when the file has been checked and kept
	Type    string // media type by content
	Title   string
	Content func() ([]byte, error)
}

// Values are the answers to a form: checked, and in the form they are kept in.
type Values struct {
	m     map[string][]string
	raw   map[string][]string
	files map[string]*Upload
}

// Of makes values from name, value pairs, as tests and the demo's loader do.
func Of(pairs ...string) Values {
	v := Values{m: map[string][]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.m[pairs[i]] = append(v.m[pairs[i]], pairs[i+1])
	}
	return v
}

// With gives the values with one more.
func (v Values) With(name string, values ...string) Values {
	out := Values{m: map[string][]string{}, raw: v.raw, files: v.files}
	for k, s := range v.m {
		out.m[k] = s
	}
	out.m[name] = values
	return out
}

// WithFile gives the values with an upload.
func (v Values) WithFile(name string, u *Upload) Values {
	out := v.With(name, u.Name)
	out.files = map[string]*Upload{}
	for k, f := range v.files {
		out.files[k] = f
	}
	out.files[name] = u
	return out
}

// String gives a field's answer; empty when there is none.
func (v Values) String(name string) string {
	if s := v.m[name]; len(s) > 0 {
		return s[0]
	}
	return ""
}

// List gives all of a field's answers.
func (v Values) List(name string) []string { return v.m[name] }

// Has says whether a field was answered.
func (v Values) Has(name string) bool { return v.String(name) != "" }

// Bool says whether a box was ticked.
func (v Values) Bool(name string) bool { return v.String(name) == "true" }

// Day gives a calendar day as midnight UTC; zero when there is none.
func (v Values) Day(name string) time.Time {
	t, err := time.Parse(time.DateOnly, v.String(name))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Ore gives an amount in øre.
func (v Values) Ore(name string) int64 {
	n, err := strconv.ParseInt(v.String(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Int gives a whole number.
func (v Values) Int(name string) int { return int(v.Ore(name)) }

// File gives an upload, nil when there is none.
func (v Values) File(name string) *Upload { return v.files[name] }

// Raw gives what the user typed, to show it again.
func (v Values) Raw(name string) []string {
	if v.raw != nil {
		return v.raw[name]
	}
	return v.m[name]
}

// Map gives the answers as they are kept in an event: fields without an answer
// are left out, files are named with their hash.
func (v Values) Map() map[string][]string {
	out := map[string][]string{}
	for k, s := range v.m {
		if len(s) > 0 && s[0] != "" {
			out[k] = s
		}
	}
	for k, f := range v.files {
		out[k] = []string{f.Name, f.SHA256}
	}
	return out
}

// Parse checks what was sent against the fields. Errors are an Invalid fault
// with every field that is wrong; the values hold what was typed all the same.
func Parse(ctx context.Context, fields []Field, sent url.Values, files map[string]*Upload, rec any) (Values, error) {
	v := Values{m: map[string][]string{}, raw: map[string][]string{}, files: map[string]*Upload{}}
	var errs fault.Errors
	for _, f := range fields {
		v.raw[f.Name] = sent[f.Name]
		if f.Type == File {
			if u := files[f.Name]; u != nil && u.Name != "" {
				v.files[f.Name] = u
			} else if f.Required {
				errs.Add(f.Name, "form.required.file")
			}
			continue
		}
		kept, err := f.parse(ctx, sent[f.Name], rec)
		if err != nil {
			flt, ok := fault.As(err)
			if !ok {
				return v, fmt.Errorf("field %s: %w", f.Name, err)
			}
			errs.Add(f.Name, flt.Key, flt.Args...)
			continue
		}
		if len(kept) > 0 {
			v.m[f.Name] = kept
		}
	}
	return v, errs.Err()
}

// Check holds values that did not come through Parse to the same rules.
func Check(ctx context.Context, fields []Field, v Values, rec any) error {
	sent := url.Values{}
	for _, f := range fields {
		for _, s := range v.m[f.Name] {
			if f.Type == Money && s != "" {
				s += " øre"
			}
			sent.Add(f.Name, s)
		}
	}
	_, err := Parse(ctx, fields, sent, v.files, rec)
	return err
}

func (f Field) parse(ctx context.Context, sent []string, rec any) ([]string, error) {
	invalid := func(key string, args ...any) error { return fault.New(fault.Invalid, key, args...) }
	if f.Type == Choices {
		options, err := f.Choose(ctx, rec)
		if err != nil {
			return nil, err
		}
		var kept []string
		for _, s := range sent {
			if s == "" {
				continue
			}
			if !hasOption(options, s) {
				return nil, invalid("form.not_an_option")
			}
			if !slices.Contains(kept, s) {
				kept = append(kept, s)
			}
		}
		if f.Required && len(kept) == 0 {
			return nil, invalid("form.required.choices")
		}
		return kept, nil
	}
	var s string
	if len(sent) > 0 {
		s = strings.TrimSpace(strings.ReplaceAll(sent[0], "\r\n", "\n"))
	}
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return nil, invalid("error.text_encoding")
	}
	if f.Type == Text && strings.ContainsFunc(s, unicode.IsControl) {
		// One line is one line, also from a hand-made request: it comes to stand in the subjects of letters.
		s = strings.Join(strings.FieldsFunc(s, unicode.IsControl), " ")
	}
	if s == "" {
		if !f.Required {
			return nil, nil
		}
		switch f.Type {
		case Choice:
			return nil, invalid("form.required.choice")
		case Day:
			return nil, invalid("form.required.day")
		case Money, Number:
			return nil, invalid("form.required.number")
		case Tick:
			return nil, invalid("form.required.tick")
		default:
			return nil, invalid("form.required.text")
		}
	}
	switch f.Type {
	case Text, Area:
		if n := utf8.RuneCountInString(s); n > f.Limit() {
			return nil, invalid("form.too_long", "max", f.Limit(), "n", n)
		}
	case Day:
		t, err := lang.ParseDate(s)
		if err != nil {
			return nil, invalid("form.day")
		}
		s = t.Format(time.DateOnly)
	case Money:
		ore, err := parseMoney(s)
		if err != nil {
			return nil, invalid("form.money")
		}
		if ore < 0 {
			return nil, invalid("form.money")
		}
		s = strconv.FormatInt(ore, 10)
	case Number:
		n, err := strconv.ParseInt(strings.NewReplacer(" ", "", "\u00a0", "").Replace(s), 10, 64)
		if err != nil || n < f.Min {
			return nil, invalid("form.number_min", "min", f.Min)
		}
		s = strconv.FormatInt(n, 10)
	case Choice:
		options, err := f.Choose(ctx, rec)
		if err != nil {
			return nil, err
		}
		if !hasOption(options, s) {
			return nil, invalid("form.not_an_option")
		}
	case Tick:
		if s != "true" {
			return nil, invalid("form.not_an_option")
		}
	}
	return []string{s}, nil
}

func parseMoney(s string) (int64, error) {
	if ore, ok := strings.CutSuffix(s, " øre"); ok {
		return strconv.ParseInt(ore, 10, 64)
	}
	return lang.ParseAmount(s)
}

// Limit gives the largest number of characters.
func (f Field) Limit() int {
	switch {
	case f.Max > 0:
		return f.Max
	case f.Type == Area:
		return 4000
	}
	return 200
}

// Choose gives the options of the field.
func (f Field) Choose(ctx context.Context, rec any) ([]Option, error) {
	if f.From == nil {
		return f.Options, nil
	}
	more, err := f.From(ctx, rec)
	if err != nil {
		return nil, err
	}
	return append(slices.Clone(f.Options), more...), nil
}

func hasOption(options []Option, value string) bool {
	return slices.ContainsFunc(options, func(o Option) bool { return o.Value == value })
}
