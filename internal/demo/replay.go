package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

// walking is a clock that stands where the replay puts it.
type walking struct{ at time.Time }

func (w *walking) Now() time.Time { return w.at }

// act is one command of one person on one day.
type act struct {
	on   time.Time // calendar day
	what string    // for the error's trail
	do   func(ctx context.Context) error
}

// play carries out the acts in the order of their days; those of one day in the
// order they are given, some minutes apart. No act can lie after the demo's day.
func (l *loader) play(ctx context.Context, acts []act) error {
	slices.SortStableFunc(acts, func(a, b act) int { return a.on.Compare(b.on) })
	w := &walking{}
	before := l.Engine.Clock
	l.Engine.Clock = w
	defer func() { l.Engine.Clock = before }()
	var day time.Time
	for _, a := range acts {
		if !a.on.Equal(day) {
			day = a.on
			w.at = time.Date(day.Year(), day.Month(), day.Day(), 10, 0, 0, 0, clock.Oslo).UTC()
		} else {
			w.at = w.at.Add(7 * time.Minute)
		}
		if w.at.After(l.start) {
			return fmt.Errorf("%s on %s lies after the demo's day", a.what, day.Format(time.DateOnly))
		}
		if err := a.do(ctx); err != nil {
			return fmt.Errorf("%s on %s: %w", a.what, day.Format(time.DateOnly), err)
		}
	}
	return nil
}

// as is the context in which a demo person acts.
func (l *loader) as(ctx context.Context, person string) (context.Context, error) {
	a, err := l.People.Actor(ctx, person)
	if err != nil {
		return nil, fmt.Errorf("person %s: %w", person, err)
	}
	return access.With(ctx, a), nil
}

// give gives a command to the record that a fact became, on behalf of a person.
func give[T record.Record](l *loader, k *record.Kind[T], key, person, command, reason string, pairs ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		id, err := l.id(key)
		if err != nil {
			return err
		}
		ctx, err = l.as(ctx, person)
		if err != nil {
			return err
		}
		_, err = k.Do(ctx, id, command, record.Input{Values: values(pairs...), Reason: reason})
		return err
	}
}

// values makes form values from name, value pairs and leaves out empty ones. A
// name may stand several times.
func values(pairs ...string) form.Values {
	var kept []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			kept = append(kept, pairs[i], pairs[i+1])
		}
	}
	return form.Of(kept...)
}

// each gives name, value pairs for a list of answers.
func each(name string, list []string) []string {
	var out []string
	for _, v := range list {
		out = append(out, name, v)
	}
	return out
}

func iso(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func kroner(nok int64) string { return fmt.Sprint(nok * 100) }

func joined[T any](items []T, text func(T) string) string {
	lines := make([]string, len(items))
	for i, x := range items {
		lines[i] = text(x)
	}
	return strings.Join(lines, "\n")
}

func language(tag string) string {
	if tag == "" {
		return string(lang.NB)
	}
	return tag
}
