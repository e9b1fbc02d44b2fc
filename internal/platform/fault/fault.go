// Package fault holds the kinds of error that Funn tells a user about.
//
// A fault has a kind, a message key with arguments, and, for bad input, the
// fields that are wrong. Only package web turns a kind into a status and a
// page in the user's language; every other error is shown as an internal
// error with a reference, and logged once, at the edge.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of refusal a fault is. It decides the HTTP status.
type Kind int

// The kinds of fault, with the HTTP status that package web gives each.
const (
	Internal     Kind = iota // 500: not the user's doing
	NotFound                 // 404: absent, or the actor may not know that it exists
	Invalid                  // 422: the input has errors at named fields
	Conflict                 // 409: wrong state, or somebody else was first
	Forbidden                // 403: the actor sees the record but may not do this
	Unauthorised             // 303 to /logginn on a page, 401 in the API
	Unavailable              // 503: a part that this needs is down
	TooLarge                 // 413: more than this place takes
	Full                     // 507: the disk is full; nothing was written
	Gone                     // 410: the deadline has passed
	TooMany                  // 429: too many tries in a short time
)

// Field is one field of a form with what is wrong with it.
type Field struct {
	Name string // the field's name in the form
	Key  string // message key
	Args []any  // name, value pairs for the message
}

// Error is a refusal that can be told to the user.
type Error struct {
	Kind   Kind
	Key    string // message key of the whole; empty means the kind's own text
	Args   []any  // name, value pairs for the message
	Fields []Field
	Cause  error // for the log, never shown
}

// Error gives the fault in the log's words.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Key)
	if len(e.Args) > 0 {
		fmt.Fprintf(&b, " %v", e.Args)
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s: %s]", f.Name, f.Key)
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New makes a fault of the kind with a message key and name, value pairs.
func New(kind Kind, key string, args ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: args}
}

// Missing is the answer to everything that is absent or may not be known to exist.
// It says nothing about which, so that refused looks like absent.
func Missing() *Error { return &Error{Kind: NotFound, Key: "error.not_found"} }

// Wrap makes a fault of the kind around a cause that only the log sees.
func Wrap(kind Kind, cause error, key string, args ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: args, Cause: cause}
}

// Of gives the kind of err; Internal when no fault is in its chain.
func Of(err error) Kind {
	var f *Error
	if errors.As(err, &f) {
		return f.Kind
	}
	return Internal
}

// As gives the fault in err's chain.
func As(err error) (*Error, bool) {
	var f *Error
	ok := errors.As(err, &f)
	return f, ok
}

// Errors collects what is wrong with a form, so that the user sees all of it at once.
type Errors struct{ fields []Field }

// Add notes that a field is wrong.
func (e *Errors) Add(field, key string, args ...any) {
	e.fields = append(e.fields, Field{Name: field, Key: key, Args: args})
}

// Has says whether a field is already noted as wrong.
func (e *Errors) Has(field string) bool {
	for _, f := range e.fields {
		if f.Name == field {
			return true
		}
	}
	return false
}

// Err gives an Invalid fault with the fields, or nil when nothing was noted.
func (e *Errors) Err() error {
	if len(e.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Key: "error.invalid", Fields: e.fields}
}
