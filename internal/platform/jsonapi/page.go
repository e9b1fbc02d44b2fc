// Package jsonapi is what the lists of the JSON API have alike, so that a module
// that adds one answers as the others do: pages, dates, and errors as problem
// documents (RFC 9457).
package jsonapi

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"funn/internal/platform/fault"
)

// List is one page of a list.
type List[T any] struct {
	Items []T    `json:"items"`
	Total int    `json:"total" doc:"How many there are on all pages."`
	Next  string `json:"next,omitempty" doc:"What to give as after for the next page; absent on the last."`
}

// Paging is what every list takes.
type Paging struct {
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many to give."`
	After string `query:"after" doc:"Give those after what an earlier page ended with: its next."`
}

// place is where in a list a page ended: after how many, and after which. Its
// text is nothing that callers should read.
type place struct {
	offset int
	number string
}

func (p place) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", p.offset, p.number))
}

func placeOf(cursor string) (p place, err error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		_, err = fmt.Sscanf(string(text), "%d %s", &p.offset, &p.number)
	}
	if err != nil || p.offset < 1 || p.String() != cursor {
		return place{}, errCursor
	}
	return p, nil
}

// Date is a date as exactly as it is known.
type Date struct {
	From      string `json:"from" format:"date"`
	To        string `json:"to" format:"date"`
	Precision string `json:"precision" doc:"day, month, tertial, season, year or range."`
	Text      string `json:"text,omitempty" doc:"In the source's words."`
}

// Told gives an error its status. What is no fault is the house's own, and answered
// with 500. Package api logs the cause of that and of a part that is down, and
// takes it out of the answer.
func Told(err error) error {
	switch fault.Of(err) {
	case fault.Unavailable:
		return huma.Error503ServiceUnavailable("A part that this needs does not answer. Try again in a while.", err)
	case fault.NotFound:
		return huma.Error404NotFound("It does not exist, or not for everybody.")
	}
	return err
}

var errCursor = errors.New("not a cursor of ours")

// badCursor says that after is not what a list gave as next.
func badCursor(value string) error {
	return huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Message: "give what a list answered as next, unchanged", Location: "query.after", Value: value})
}

// PageOf gives one page of a list that fetch gives parts of: limit 0 is all of
// it. It goes on after the record that the page before ended with, also when
// others have come or gone in the meantime, so that a reader of all pages misses
// and repeats none of those that stayed.
//
// Its errors are told already.
func PageOf[T any](in Paging, number func(T) string, fetch func(limit, offset int) ([]T, int, error)) (items []T, total int, next string, err error) {
	after := place{}
	if in.After != "" {
		if after, err = placeOf(in.After); err != nil {
			return nil, 0, "", badCursor(in.After)
		}
	}
	// One more at either end: the last of the page before, to see that it is where
	// it was, and the first of the page that follows, to see whether there is one.
	from := max(after.offset-1, 0)
	rows, total, err := fetch(in.Limit+1+after.offset-from, from)
	if err != nil {
		return nil, 0, "", Told(err)
	}
	if after.offset > 0 {
		if len(rows) > 0 && number(rows[0]) == after.number {
			rows = rows[1:]
		} else {
			if rows, total, err = fetch(0, 0); err != nil {
				return nil, 0, "", Told(err)
			}
			at := min(after.offset, len(rows))
			for i, r := range rows {
				if number(r) == after.number {
					at = i + 1
				}
			}
			rows, after.offset = rows[at:], at
		}
	}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		next = place{after.offset + in.Limit, number(rows[in.Limit-1])}.String()
	}
	return rows, total, next, nil
}
