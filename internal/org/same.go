package org

import (
	"context"

	"funn/internal/platform/db"
	"funn/internal/platform/lang"
)

// Organisations are all in the register as they were when they were read, to find
// out whether two ways of writing mean the same body.
type Organisations struct {
	parents  map[string]string // by id
	byNumber map[string]string // organisation number -> id
	byName   map[string]named
}

// AllOrganisations reads the register.
func (d *Directory) AllOrganisations(ctx context.Context) (*Organisations, error) {
	read, ok := ctx.Value(readingKey{}).(func() (*Organisations, error))
	if ok {
		return read()
	}
	return d.allOrganisations(ctx)
}

type readingKey struct{}

// Reading gives a context in which [Directory.AllOrganisations] reads the register once:
// for one piece of work that asks for it many times and changes nothing of it. It is not
// for several goroutines.
func (d *Directory) Reading(ctx context.Context) context.Context {
	var all *Organisations
	return context.WithValue(ctx, readingKey{}, func() (_ *Organisations, err error) {
		if all == nil {
			all, err = d.allOrganisations(ctx)
		}
		return all, err
	})
}

func (d *Directory) allOrganisations(ctx context.Context) (*Organisations, error) {
	list, err := d.Organisations.List(all(ctx), *new(db.Where), "r.created, r.id", 0, 0)
	if err != nil {
		return nil, err
	}
	o := &Organisations{parents: map[string]string{}, byNumber: map[string]string{}}
	for _, x := range list {
		o.parents[x.ID] = x.Parent
		if n := x.Identified(SchemeOrgnr); n != "" {
			o.byNumber[n] = x.ID
		}
	}
	o.byName, err = d.organisationNames(ctx)
	return o, err
}

// Known gives the ids of the organisations that are meant: the one with the id, the
// one with the organisation number, and the one with the name or an alias of it.
func (o *Organisations) Known(id, number, name string) (out []string) {
	if _, ok := o.parents[id]; ok {
		out = append(out, id)
	}
	if n, ok := NormalIdentifier(SchemeOrgnr, number); ok && o.byNumber[n] != "" {
		out = append(out, o.byNumber[n])
	}
	if n, ok := o.byName[lang.Fold(name)]; ok && name != "" {
		out = append(out, n.ID)
	}
	return out
}

// Same says whether two organisations are one, or one is a part of the other.
func (o *Organisations) Same(a, b string) bool { return o.within(a, b) || o.within(b, a) }

// within says whether an organisation is the other or, at whatever level, a part of it.
func (o *Organisations) within(part, whole string) bool {
	for range len(o.parents) { // a register in which one is part of itself ends too
		if part == "" {
			return false
		}
		if part == whole {
			return true
		}
		part = o.parents[part]
	}
	return false
}
