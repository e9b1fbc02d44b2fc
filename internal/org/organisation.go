package org

import (
	"context"
	"slices"

	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

// nameFree blocks a name that another organisation has: two records for one body
// would count it twice.
func (d *Directory) nameFree(ctx context.Context, o *Organisation, in form.Values) (v record.Verdict, err error) {
	if !in.Has("name") {
		return v, nil
	}
	names, err := d.organisationNames(ctx)
	if err != nil {
		return v, err
	}
	if other, taken := names[lang.Fold(in.String("name"))]; taken && other.ID != o.ID {
		v.Block("organisation.name_taken", "name", other.Title, "number", other.Number)
	}
	return v, nil
}

func registerOrganisation(_ context.Context, c *record.Change[*Organisation]) error {
	o := c.Rec
	o.Title, o.Type, o.Parent = c.In.String("name"), c.In.String("org_type"), c.In.String("parent")
	if !c.In.Has("orgnr") {
		return nil
	}
	return identify(o, SchemeOrgnr, c.In.String("orgnr"), "orgnr")
}

func renameOrganisation(_ context.Context, c *record.Change[*Organisation]) error {
	o, name, from := c.Rec, c.In.String("name"), c.In.Day("from")
	if name == o.Title {
		return nil
	}
	if from.IsZero() {
		from = c.Today
	}
	c.Note("before", o.Title)
	o.Aliases.V = append(o.Aliases.V, Alias{Name: o.Title, To: from.AddDate(0, 0, -1)})
	o.Aliases.V = slices.DeleteFunc(o.Aliases.V, func(a Alias) bool { return a.Name == name })
	o.Title = name
	return nil
}

func editOrganisation(_ context.Context, c *record.Change[*Organisation]) error {
	if c.In.String("parent") == c.Rec.ID {
		var errs fault.Errors
		errs.Add("parent", "organisation.own_parent")
		return errs.Err()
	}
	c.Rec.Type, c.Rec.Parent = c.In.String("org_type"), c.In.String("parent")
	return nil
}

func addAlias(_ context.Context, c *record.Change[*Organisation]) error {
	a := Alias{Name: c.In.String("name"), From: c.In.Day("from"), To: c.In.Day("to")}
	var errs fault.Errors
	if !a.To.IsZero() && a.To.Before(a.From) {
		errs.Add("to", "org.date_order", "date", a.From)
	}
	same := func(other string) bool { return lang.Fold(other) == lang.Fold(a.Name) }
	if same(c.Rec.Title) || slices.ContainsFunc(c.Rec.Aliases.V, func(b Alias) bool { return same(b.Name) }) {
		errs.Add("name", "organisation.alias_known")
	}
	if err := errs.Err(); err != nil {
		return err
	}
	c.Rec.Aliases.V = append(c.Rec.Aliases.V, a)
	return nil
}

func addIdentifier(_ context.Context, c *record.Change[*Organisation]) error {
	if before := c.Rec.Identified(c.In.String("scheme")); before != "" {
		c.Note("before", before)
	}
	return identify(c.Rec, c.In.String("scheme"), c.In.String("value"), "value")
}

// identify sets the organisation's identifier in a register: it has one in each.
func identify(o *Organisation, scheme, value, field string) error {
	normal, ok := NormalIdentifier(scheme, value)
	if !ok {
		var errs fault.Errors
		errs.Add(field, "organisation.identifier_form."+scheme)
		return errs.Err()
	}
	o.Identifiers.V = slices.DeleteFunc(o.Identifiers.V, func(i Identifier) bool { return i.Scheme == scheme })
	o.Identifiers.V = append(o.Identifiers.V, Identifier{scheme, normal})
	return nil
}
