package org

import (
	"context"
	"slices"

	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
)

// Choices gives people, units and organisations as the options of forms, in the
// form in which the modules of the thread ask for them.
type Choices struct{ directory *Directory }

// Choices gives the directory as options.
func (d *Directory) Choices() Choices { return Choices{d} }

// Holders gives the active persons who hold one of the roles today, by name; all
// active persons when no role is named. The value is the person's id.
func (c Choices) Holders(ctx context.Context, roles ...access.Role) ([]form.Option, error) {
	if len(roles) > 0 {
		people, err := c.directory.Holders(ctx, roles...)
		if err != nil {
			return nil, err
		}
		return PersonOptions(ctx, people), nil
	}
	people, err := c.directory.ActivePersons(ctx)
	if err != nil {
		return nil, err
	}
	out := PersonOptions(ctx, people)
	slices.SortStableFunc(out, func(a, b form.Option) int { return lang.Compare(a.Label, b.Label) })
	return out, nil
}

// Organisations gives the organisations in use, by name. The value is the id.
func (c Choices) Organisations(ctx context.Context) ([]form.Option, error) {
	return c.directory.organisationOptions(ctx, nil)
}

// Units gives the units of the types that stand today, by name; of every type
// when none is given. The value is the path.
func (c Choices) Units(ctx context.Context, types ...string) ([]form.Option, error) {
	units, err := c.directory.ActiveUnits(ctx, types...)
	if err != nil {
		return nil, err
	}
	return UnitOptions(units), nil
}
