package org

import (
	"context"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
)

// Who may do what with units, organisations and persons.
var (
	staff      = []access.Rule{{Staff: true}}
	admins     = []access.Rule{{Roles: []access.Role{Admin}}}
	registrars = []access.Rule{{Roles: []access.Role{FoU, Library, Procurement, Admin}}}
	// A unit tells its own capacity; the R&D section, which drives the process, may too.
	capacityTellers = []access.Rule{
		{Roles: []access.Role{FoU, Admin}},
		{Roles: []access.Role{SubjectOwner, Analysis, Legal, Statistics, Procurement, Communication, County, Office, ProductTeam, Library, Director, Line}, OwnUnit: true},
	}
	self = []access.Rule{{Relations: []string{"self"}}}
)

var states = []lifecycle.State{
	{Name: Active, Label: "active", Tone: lifecycle.Success},
	{Name: Ended, Label: "ended", Tone: lifecycle.Neutral, Final: true},
}

var (
	alive = []string{Active}
	gone  = []string{Ended}
)

// units is the life of a part of the agency.
func (d *Directory) units() *record.Kind[*Unit] {
	type command = record.Command[*Unit]
	return &record.Kind[*Unit]{
		Name: "unit", Prefix: "E", Path: "/organisasjon/enhet", Table: "unit",
		Initial: alive, States: states, Read: staff,
		New:      func() *Unit { return &Unit{} },
		Describe: describeUnit,
		Commands: []command{
			{Command: lifecycle.Command{
				Name: "register", Path: "ny", Create: true, To: alive, Who: admins,
				Fields: []form.Field{
					{Name: "name", Required: true, Max: 150},
					{Name: "unit_type", Type: form.Choice, Required: true, Options: form.Codes("unit.type", UnitTypes...)},
					{Name: "code", Required: true, Max: 31},
					{Name: "parent", Type: form.Choice, From: d.unitOptions},
					{Name: "about", Type: form.Area, Max: 1000},
					{Name: "valid_from", Type: form.Day},
				},
			}, Check: d.pathFree, Apply: d.registerUnit},
			{Command: lifecycle.Command{
				Name: "edit", Path: "endre", From: alive, Who: admins, Edit: true,
				Fields: []form.Field{
					{Name: "name", Required: true, Max: 150, Value: form.On(func(u *Unit) string { return u.Title })},
					{Name: "aliases", Type: form.Area, Max: 500, Value: form.On(func(u *Unit) string { return lines(u.Aliases.V) })},
					{Name: "about", Type: form.Area, Max: 1000, Value: form.On(func(u *Unit) string { return u.About })},
					{Name: "valid_from", Type: form.Day, Value: form.On(func(u *Unit) string { return dayText(u.ValidFrom) })},
				},
			}, Apply: editUnit},
			{Command: lifecycle.Command{
				Name: "set_capacity", Path: "kapasitet", From: alive, Who: capacityTellers,
				Fields: []form.Field{
					{Name: "area", Type: form.Choice, Required: true, Options: form.Codes("unit.capacity", CapacityAreas...)},
					{Name: "percent", Type: form.Number, Required: true},
					{Name: "from", Type: form.Day},
					{Name: "to", Type: form.Day},
					{Name: "note", Max: 300},
				},
				Ground: "FP §8.2 tabell 1, kolonne 4",
			}, Apply: setCapacity},
			{Command: lifecycle.Command{
				Name: "close", Path: "avslutt", From: alive, To: gone, Who: admins, Reason: true, Confirm: true, Danger: true,
				Fields: []form.Field{{Name: "valid_to", Type: form.Day, Required: true}},
			}, Check: d.unitClosable, Apply: closeUnit},
			{Command: lifecycle.Command{Name: "reopen", Path: "gjenapne", From: gone, To: alive, Who: admins, Reason: true}, Apply: reopenUnit},
		},
	}
}

// organisations is the life of a body outside the agency.
func (d *Directory) organisations() *record.Kind[*Organisation] {
	type command = record.Command[*Organisation]
	return &record.Kind[*Organisation]{
		Name: "organisation", Prefix: "O", Path: "/organisasjon/institusjon", Table: "organisation",
		Initial: alive, States: states, Read: staff,
		New:      func() *Organisation { return &Organisation{} },
		Describe: describeOrganisation,
		Commands: []command{
			{Command: lifecycle.Command{
				Name: "register", Path: "ny", Create: true, To: alive, Who: registrars,
				Fields: []form.Field{
					{Name: "name", Required: true, Max: 150},
					{Name: "org_type", Type: form.Choice, Required: true, Options: form.Codes("organisation.type", OrganisationTypes...)},
					{Name: "parent", Type: form.Choice, From: d.OrganisationOptions},
					{Name: "orgnr", Max: 20},
				},
			}, Check: d.nameFree, Apply: registerOrganisation},
			{Command: lifecycle.Command{
				Name: "rename", Path: "nytt-navn", From: alive, Who: registrars, Edit: true,
				Fields: []form.Field{
					{Name: "name", Required: true, Max: 150, Value: form.On(func(o *Organisation) string { return o.Title })},
					{Name: "from", Type: form.Day},
				},
			}, Check: d.nameFree, Apply: renameOrganisation},
			{Command: lifecycle.Command{
				Name: "edit", Path: "endre", From: alive, Who: registrars, Edit: true,
				Fields: []form.Field{
					{
						Name: "org_type", Type: form.Choice, Required: true, Options: form.Codes("organisation.type", OrganisationTypes...),
						Value: form.On(func(o *Organisation) string { return o.Type }),
					},
					{Name: "parent", Type: form.Choice, From: d.OrganisationOptions, Value: form.On(func(o *Organisation) string { return o.Parent })},
				},
			}, Apply: editOrganisation},
			{Command: lifecycle.Command{
				Name: "add_alias", Path: "annet-navn", From: alive, Who: registrars,
				Fields: []form.Field{
					{Name: "name", Required: true, Max: 150},
					{Name: "from", Type: form.Day},
					{Name: "to", Type: form.Day},
				},
			}, Check: d.nameFree, Apply: addAlias},
			{Command: lifecycle.Command{
				Name: "add_identifier", Path: "identifikator", From: alive, Who: registrars,
				Fields: []form.Field{
					{Name: "scheme", Type: form.Choice, Required: true, Options: form.Codes("organisation.scheme", Schemes...)},
					{Name: "value", Required: true, Max: 60},
				},
			}, Apply: addIdentifier},
			{Command: lifecycle.Command{Name: "close", Path: "avslutt", From: alive, To: gone, Who: registrars, Reason: true, Confirm: true, Danger: true}},
			{Command: lifecycle.Command{Name: "reopen", Path: "gjenapne", From: gone, To: alive, Who: registrars, Reason: true}},
		},
	}
}

// persons is the life of somebody who takes part. Nobody gives a role to
// themselves, and the last system manager cannot be taken away.
func (d *Directory) persons() *record.Kind[*Person] {
	type command = record.Command[*Person]
	return &record.Kind[*Person]{
		Name: "person", Prefix: "PN", Path: "/organisasjon/person", Table: "person",
		Initial: alive, States: states, Read: append(append([]access.Rule{}, staff...), self...),
		New:       func() *Person { return &Person{} },
		Relations: relations,
		Describe:  describePerson,
		Commands: []command{
			{Command: lifecycle.Command{
				Name: "register", Path: "ny", Create: true, To: alive, Who: admins,
				Fields: []form.Field{
					{Name: "name", Required: true, Max: 100},
					{Name: "email", Max: 150},
					{Name: "unit", Type: form.Choice, From: d.unitOptions},
					{Name: "organisation", Type: form.Choice, From: d.OrganisationOptions},
				},
			}, Apply: registerPerson},
			{Command: lifecycle.Command{
				Name: "edit", Path: "endre", From: alive, Who: admins, Edit: true,
				Fields: []form.Field{
					{Name: "name", Required: true, Max: 100, Value: form.On(func(p *Person) string { return p.Title })},
					{Name: "email", Max: 150, Value: form.On(func(p *Person) string { return p.Email })},
					{Name: "unit", Type: form.Choice, From: d.unitOptions, Value: form.On(func(p *Person) string { return p.Unit })},
					{Name: "organisation", Type: form.Choice, From: d.OrganisationOptions, Value: form.On(func(p *Person) string { return p.Organisation })},
				},
			}, Apply: editPerson},
			{Command: lifecycle.Command{
				Name: "grant", Path: "gi-rolle", From: alive, Who: admins, Reason: true,
				Fields: []form.Field{
					{Name: "role", Type: form.Choice, Required: true, Options: form.Codes("role", Keys()...)},
					{Name: "unit", Type: form.Choice, From: d.unitOptions},
					{Name: "from", Type: form.Day},
					{Name: "to", Type: form.Day},
				},
				Ground: "FP §8.2 tabell 1",
			}, Check: notSelf, Apply: grantRole},
			{Command: lifecycle.Command{
				Name: "revoke", Path: "ta-rolle", From: alive, Who: admins, Reason: true, Danger: true,
				Fields: []form.Field{{Name: "grant", Type: form.Choice, Required: true, From: d.grantOptions}},
			}, Check: d.revocable, Apply: revokeRole},
			{Command: lifecycle.Command{
				Name: "set_stand_in", Path: "vikar", From: alive, Who: append(append([]access.Rule{}, self...), admins...),
				Fields: []form.Field{
					{Name: "person", Type: form.Choice, Required: true, From: d.standInOptions},
					{Name: "from", Type: form.Day, Required: true},
					{Name: "to", Type: form.Day},
				},
			}, Apply: setStandIn},
			{Command: lifecycle.Command{
				Name: "end_stand_in", Path: "avslutt-vikar", From: alive, Who: append(append([]access.Rule{}, self...), admins...),
				Fields: []form.Field{{Name: "stand_in", Type: form.Choice, Required: true, From: d.currentStandIns}},
			}, Check: hasStandIn, Apply: endStandIn},
			{Command: lifecycle.Command{Name: "close", Path: "avslutt", From: alive, To: gone, Who: admins, Reason: true, Confirm: true, Danger: true}, Check: d.personClosable},
			{Command: lifecycle.Command{Name: "reopen", Path: "gjenapne", From: gone, To: alive, Who: admins, Reason: true}, Check: notSelf},

			// What the agency's login service says at login (package authn).
			{Command: lifecycle.Command{Name: "first_login", Path: "forste-innlogging", Create: true, To: alive, System: true, Fields: loginFields}, Apply: d.firstLogin},
			{Command: lifecycle.Command{Name: "join_login", Path: "kobling", From: alive, System: true, Fields: append([]form.Field{{Name: "issuer", Required: true, Private: true}, {Name: "subject", Required: true, Private: true}}, loginFields...)}, Apply: d.joinLogin},
			// Whoever follows a link to an address that nobody has makes an account as one who applies.
			{Command: lifecycle.Command{Name: "sign_up", Path: "ny-konto", Create: true, To: alive, System: true, Fields: []form.Field{{Name: "name", Required: true, Max: 100}, {Name: "email", Required: true, Max: 150}}}, Apply: signUp},
			{Command: lifecycle.Command{Name: "login_roles", Path: "innlogging", From: alive, System: true, Fields: loginFields}, Apply: d.applyLogin},
		},
	}
}

var loginFields = []form.Field{
	{Name: "name", Max: 200},
	{Name: "email", Max: 150},
	{Name: "roles", Type: form.Choices, Options: form.Codes("role", Keys()...)},
}

// relations gives who is who to a person's record. Whose stand-in somebody is,
// and who holds a role, is looked up by these relations too (Directory.Actor,
// Directory.Holders); the days are checked there.
func relations(p *Person) map[string][]string {
	out := map[string][]string{"self": {p.ID}}
	for _, s := range p.StandIns.V {
		out[standInRelation] = append(out[standInRelation], s.PersonID)
	}
	for _, g := range p.Grants.V {
		out[holdsRelation+string(g.Role)] = []string{p.ID}
	}
	return out
}

const (
	standInRelation = "stand_in"
	holdsRelation   = "holds:"
)

func describeUnit(_ context.Context, u *Unit) (record.Doc, error) {
	return record.Doc{Text: u.About + "\n" + lines(u.Aliases.V) + "\n" + u.Path, Facets: map[string][]string{"type": {u.Type}}, Date: u.ValidFrom}, nil
}

func describeOrganisation(_ context.Context, o *Organisation) (record.Doc, error) {
	text := ""
	for _, a := range o.Aliases.V {
		text += a.Name + "\n"
	}
	for _, i := range o.Identifiers.V {
		text += i.Value + "\n"
	}
	return record.Doc{Text: text, Facets: map[string][]string{"type": {o.Type}}}, nil
}

func describePerson(_ context.Context, p *Person) (record.Doc, error) {
	text := ""
	for _, tag := range []string{"nb", "nn", "en"} {
		text += p.Titles.V[tag] + "\n"
	}
	return record.Doc{Text: text}, nil
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
