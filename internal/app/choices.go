package app

import (
	"context"

	"funn/internal/org"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/form"
	"funn/internal/publication"
)

// choices gives the modules what can be chosen in their forms. Each module asks
// through a small interface of its own; this is the one place that answers them.
type choices struct {
	*plan.Service
	people       *org.Directory
	publications *publication.Service // made after those that ask for it
}

// Holders gives the persons who hold one of the roles now; everybody when no
// role is named.
func (c *choices) Holders(ctx context.Context, roles ...access.Role) ([]form.Option, error) {
	var people []*org.Person
	var err error
	if len(roles) == 0 {
		people, err = c.people.ActivePersons(ctx)
	} else {
		people, err = c.people.Holders(ctx, roles...)
	}
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	names, err := c.people.Names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]form.Option, len(people))
	for i, p := range people {
		out[i] = form.Option{Value: p.ID, Label: names[p.ID]}
	}
	return out, nil
}

// Organisations gives the organisations that can be chosen.
func (c *choices) Organisations(ctx context.Context) ([]form.Option, error) {
	list, err := c.people.Organisations.List(asSystem(ctx), *new(db.Where).And("r.state = ?", org.Active), "r.title_sort, r.id", 0, 0)
	if err != nil {
		return nil, err
	}
	out := make([]form.Option, len(list))
	for i, o := range list {
		out[i] = form.Option{Value: o.ID, Label: o.Title}
	}
	return out, nil
}

// Published gives the publications that can be linked to.
func (c *choices) Published(ctx context.Context) ([]form.Option, error) {
	return c.publications.Published(ctx)
}
