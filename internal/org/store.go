package org

import (
	"context"
	"fmt"
	"slices"

	"funn/internal/platform/db"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

func (d *Directory) UnitNames(ctx context.Context, paths ...string) (map[string]string, error) {
	type row struct {
		Path  string `db:"path"`
		Title string `db:"title"`
	}
	out := map[string]string{}
	for chunk := range slices.Chunk(paths, 500) {
		where, args := new(db.Where).In("b.path", chunk...).SQL()
		rows, err := db.All[row](ctx, d.db(), "SELECT b.path, r.title FROM record r JOIN unit b ON b.id = r.id "+where+" ORDER BY b.path", args...)
		if err != nil {
			return nil, fmt.Errorf("names of units: %w", err)
		}
		for _, r := range rows {
			out[r.Path] = r.Title
		}
	}
	return out, nil
}

func (d *Directory) organisationNames(ctx context.Context) (map[string]named, error) {
	rows, err := db.All[named](ctx, d.db(), "SELECT r.id, r.number, r.title, b.aliases FROM record r JOIN organisation b ON b.id = r.id ORDER BY r.created, r.id")
	if err != nil {
		return nil, fmt.Errorf("names of organisations: %w", err)
	}
	out := map[string]named{}
	add := func(name string, n named) {
		if key := lang.Fold(name); out[key].ID == "" {
			out[key] = n
		}
	}
	for _, n := range rows {
		add(n.Title, n)
	}
	for _, n := range rows {
		for _, a := range n.Aliases.V {
			add(a.Name, n)
		}
	}
	return out, nil
}

func (d *Directory) pathFree(ctx context.Context, _ *Unit, in form.Values) (v record.Verdict, err error) {
	if !in.Has("code") {
		return v, nil
	}
	path := unitPath(in)
	n, err := db.One[int](ctx, d.db(), "SELECT count(*) FROM record r JOIN unit b ON b.id = r.id WHERE b.path = $1 OR r.number = $2", path, UnitNumber(in.String("unit_type"), path))
	if err != nil {
		return v, err
	}
	if n > 0 {
		v.Block("unit.path_taken", "path", path)
	}
	return v, nil
}

func (d *Directory) unitClosable(ctx context.Context, u *Unit, _ form.Values) (v record.Verdict, err error) {
	below, err := db.One[int](ctx, d.db(), "SELECT count(*) FROM record r JOIN unit b ON b.id = r.id WHERE r.state = $1 AND b.path LIKE $2", Active, u.Path+"/%")
	if err != nil {
		return v, err
	}
	if below > 0 {
		v.Block("unit.has_units", "n", below)
	}
	people, err := db.One[int](ctx, d.db(), "SELECT count(*) FROM record WHERE kind = 'person' AND state = $1 AND unit = $2", Active, u.Path)
	if err != nil {
		return v, err
	}
	if people > 0 {
		v.Block("unit.has_people", "n", people)
	}
	return v, nil
}
