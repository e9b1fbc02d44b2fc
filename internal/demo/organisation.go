package demo

import (
	"context"
	"fmt"
	"slices"

	"funn/internal/demo/facts"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

// top is the path of the directorate, above all units of the agency.
const top = "avdir"

func (l *loader) units(ctx context.Context) error {
	for _, u := range facts.Units {
		path := u.Key
		switch {
		case u.Kind == facts.Directorate:
			path = top
		case u.Parent != "":
			parent, ok := l.paths[u.Parent]
			if !ok {
				return fmt.Errorf("unit %s stands before its parent %s", u.Key, u.Parent)
			}
			path = parent + "/" + u.Key
		}
		l.paths[u.Key] = path
		unit := &org.Unit{
			Head: record.Head{Number: "E-" + u.Key, Title: u.Name, Lang: string(u.Task.Lang), State: org.Active, Unit: path, Example: u.Example, Source: u.Source.String(), Created: l.known()},
			Path: path, Type: string(u.Kind), About: u.Task.Body,
		}
		if unit.Lang == "" {
			unit.Lang = string(lang.NB)
		}
		unit.Aliases.V = u.Aliases
		if err := l.People.Units.Import(ctx, unit, note); err != nil {
			return err
		}
		l.ids[u.Key] = unit.ID
	}
	return nil
}

// offices are the local offices of today's list and the counties. The list gives
// neither county nor validity, so the offices hang under no county.
func (l *loader) offices(ctx context.Context) error {
	offices, err := facts.Offices()
	if err != nil {
		return err
	}
	for _, o := range offices {
		state := org.Active
		if !o.Active {
			state = org.Ended
		}
		path := "kontor/" + o.Number
		unit := &org.Unit{
			Head: record.Head{Number: o.Number, Title: o.Name, State: state, Unit: path, Source: o.Source.String(), Created: l.known()},
			Path: path, Type: org.TypeLocalOffice,
		}
		if err := l.People.Units.Import(ctx, unit, note); err != nil {
			return err
		}
	}
	counties, err := facts.Counties()
	if err != nil {
		return err
	}
	for _, c := range counties {
		path := "fylke/" + c.Number
		unit := &org.Unit{
			Head: record.Head{Number: "F-" + c.Number, Title: c.Name, State: org.Active, Unit: path, Source: c.Source.String(), Created: l.known()},
			Path: path, Type: org.TypeCounty, ValidFrom: c.ValidFrom, ValidTo: c.ValidTo,
		}
		if err := l.People.Units.Import(ctx, unit, note); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) organisations(ctx context.Context) error {
	// A part stands after the whole that it belongs to.
	parents := map[string]string{}
	for _, o := range facts.Organisations {
		parents[o.Key] = o.Parent
	}
	depth := func(o facts.Organisation) (n int) {
		for p := o.Parent; p != "" && n < len(parents); p = parents[p] {
			n++
		}
		return n
	}
	list := slices.Clone(facts.Organisations)
	slices.SortStableFunc(list, func(a, b facts.Organisation) int { return depth(a) - depth(b) })
	for _, o := range list {
		rec := &org.Organisation{
			Head: record.Head{Title: o.Name, State: org.Active, Example: o.Example, Source: o.Source.String(), Created: l.known()},
			Type: string(o.Kind), Parent: l.ids[o.Parent],
		}
		if o.Parent != "" && rec.Parent == "" {
			return fmt.Errorf("organisation %s stands before its parent %s", o.Key, o.Parent)
		}
		for _, a := range o.Aliases {
			rec.Aliases.V = append(rec.Aliases.V, org.Alias{Name: a.Name, Source: a.Source.String()})
		}
		if o.Cristin != "" {
			rec.Identifiers.V = append(rec.Identifiers.V, org.Identifier{Scheme: org.SchemeCristin, Value: o.Cristin})
		}
		if o.NVAFunding != "" {
			rec.Identifiers.V = append(rec.Identifiers.V, org.Identifier{Scheme: org.SchemeFunder, Value: o.NVAFunding})
		}
		if err := l.People.Organisations.Import(ctx, rec, note); err != nil {
			return err
		}
		l.ids[o.Key] = rec.ID
	}
	return nil
}

func (l *loader) persons(ctx context.Context) error {
	for _, p := range facts.Persons {
		rec := &org.Person{
			Head:  record.Head{ID: p.ID, Number: p.ID, Title: p.Title.NB, State: org.Active, Source: p.Source.String(), Created: l.known()},
			Email: p.ID + "@funn.example", Staff: p.Unit != "",
		}
		rec.Titles.V = map[string]string{"nb": p.Title.NB, "nn": p.Title.NN, "en": p.Title.EN}
		unit := l.paths[p.Unit]
		rec.Unit = unit
		if p.Organisation != "" {
			id, err := l.id(p.Organisation)
			if err != nil {
				return err
			}
			rec.Organisation = id
		}
		for _, r := range p.Roles {
			rec.Grants.V = append(rec.Grants.V, org.Grant{Role: access.Role(r), Unit: unit})
		}
		if err := l.People.Persons.Import(ctx, rec, note); err != nil {
			return err
		}
	}
	return nil
}
