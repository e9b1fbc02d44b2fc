// Package access decides who may see and do what.
//
// A rule is data: which roles, or which relation to the record, in which states.
// From the same rules come the check of one record (Allows), the WHERE part of
// every list (Scope) and the audience of a search document (Audience), so that
// the three cannot disagree. A property test over all kinds of record holds
// them together.
package access

import (
	"context"
	"slices"
	"strings"

	"funn/internal/platform/db"
)

// Role is what somebody is in the organisation. The modules name the roles.
type Role string

// Grant is a role held in a unit. Unit is the unit's path from the top,
// "directorate/department/section"; the role covers the units below it too.
type Grant struct {
	Role Role
	Unit string
}

// Actor is who does something: a person with the roles that hold now, or the
// system itself. The zero Actor is nobody: somebody who has not logged in.
type Actor struct {
	ID     string
	Name   string
	Title  string  // what the person is, in words for the page
	Staff  bool    // employed by the agency
	Grants []Grant // own roles, and those of the persons stood in for
	As     []string
	// As holds the ids whose relations to records count: the actor's own and those
	// of the persons stood in for.
	System bool
}

// System is the program itself, which takes the transitions that no person does.
var System = Actor{ID: "system", System: true}

// Nobody says whether the actor has not logged in.
func (a Actor) Nobody() bool { return a.ID == "" && !a.System }

// Has says whether the actor holds one of the roles, in any unit.
func (a Actor) Has(roles ...Role) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return slices.Contains(roles, g.Role) })
}

// Covers says whether a role granted in unit covers the unit below.
func Covers(unit, below string) bool {
	return unit == below || strings.HasPrefix(below, unit+"/")
}

// HasIn says whether the actor holds one of the roles in the unit or above it.
func (a Actor) HasIn(unit string, roles ...Role) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool {
		return slices.Contains(roles, g.Role) && Covers(g.Unit, unit)
	})
}

type key struct{}

// With puts the actor in the context.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// From gives the context's actor; nobody when there is none.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(key{}).(Actor)
	return a
}

// Rule lets some actors at some records. What is set must hold together; the
// alternatives within a field are joined by or. Several rules are alternatives.
type Rule struct {
	Public    bool     // everybody, also those not logged in
	Anyone    bool     // everybody who has logged in
	Staff     bool     // everybody employed by the agency
	Roles     []Role   // holders of one of these roles
	OwnUnit   bool     // … in the record's unit or above it
	Relations []string // those who have one of these relations to the record
	States    []string // only in these states; none means all
	NotStates []string // but not in these
	Flag      string   // only records with this flag
	Except    string   // but nobody who has this relation to it, whoever else they are
}

// Subject is what the rules need to know of a record.
type Subject struct {
	State     string
	Unit      string
	Flags     []string
	Relations map[string][]string // relation -> ids of persons
}

// InState says whether the rule speaks of a record such as the subject, whoever
// the actor is.
func (r Rule) InState(s Subject) bool {
	if len(r.States) > 0 && !slices.Contains(r.States, s.State) {
		return false
	}
	if r.Flag != "" && !slices.Contains(s.Flags, r.Flag) {
		return false
	}
	return !slices.Contains(r.NotStates, s.State)
}

// Allows says whether one of the rules lets the actor at the subject. The
// system is let at everything: it acts for rules already checked.
func Allows(rules []Rule, a Actor, s Subject) bool {
	if a.System {
		return true
	}
	return slices.ContainsFunc(rules, func(r Rule) bool { return r.allows(a, s) })
}

func (r Rule) allows(a Actor, s Subject) bool {
	if !r.InState(s) || r.Except != "" && related(a, s, r.Except) {
		return false
	}
	switch {
	case r.Public:
		return true
	case a.Nobody():
		return false
	case r.Anyone:
		return true
	case r.Staff:
		return a.Staff
	case len(r.Roles) > 0 && len(r.Relations) > 0:
		return r.roleAllows(a, s) && r.relationAllows(a, s)
	case len(r.Roles) > 0:
		return r.roleAllows(a, s)
	}
	return r.relationAllows(a, s)
}

func (r Rule) roleAllows(a Actor, s Subject) bool {
	if r.OwnUnit {
		return a.HasIn(s.Unit, r.Roles...)
	}
	return a.Has(r.Roles...)
}

func (r Rule) relationAllows(a Actor, s Subject) bool {
	return slices.ContainsFunc(r.Relations, func(relation string) bool { return related(a, s, relation) })
}

func related(a Actor, s Subject, relation string) bool {
	return slices.ContainsFunc(s.Relations[relation], func(id string) bool { return slices.Contains(a.As, id) })
}

// Scope gives the condition that holds for just the records that the rules let
// the actor at; the zero Where if that is all of them. The query must call the
// table record r.
func Scope(rules []Rule, a Actor) db.Where {
	if a.System {
		return db.Where{}
	}
	var alternatives []db.Where
	for _, r := range rules {
		w, ok := r.scope(a)
		if ok && w.Always() {
			return db.Where{}
		}
		if ok {
			alternatives = append(alternatives, w)
		}
	}
	return db.Or(alternatives...)
}

func (r Rule) scope(a Actor) (db.Where, bool) {
	var w db.Where
	if len(r.States) > 0 {
		w.In("r.state", r.States...)
	}
	for _, s := range r.NotStates {
		w.And("r.state <> ?", s)
	}
	if r.Flag != "" {
		w.Flag("r.flags", r.Flag)
	}
	if r.Except != "" && len(a.As) > 0 {
		var p db.Where
		p.And("p.relation = ?", r.Except).In("p.person_id", a.As...)
		cond, args := p.Cond()
		w.And("r.id NOT IN (SELECT p.record_id FROM record_participant p WHERE "+cond+")", args...)
	}
	switch {
	case r.Public:
		return w, true
	case a.Nobody():
		return w, false
	case r.Anyone:
		return w, true
	case r.Staff:
		return w, a.Staff
	case len(r.Roles) == 0 && len(r.Relations) == 0:
		return w, false // a rule that names nobody lets nobody in
	}
	if len(r.Roles) > 0 {
		if !a.Has(r.Roles...) {
			return w, false
		}
		if r.OwnUnit {
			var units []db.Where
			for _, g := range a.Grants {
				if slices.Contains(r.Roles, g.Role) {
					units = append(units, *new(db.Where).Under("r.unit", g.Unit))
				}
			}
			w.AndWhere(db.Or(units...))
		}
	}
	if len(r.Relations) > 0 {
		if len(a.As) == 0 {
			return w, false
		}
		var p db.Where
		p.In("p.relation", r.Relations...).In("p.person_id", a.As...)
		cond, args := p.Cond()
		w.And("r.id IN (SELECT p.record_id FROM record_participant p WHERE "+cond+")", args...)
	}
	return w, true
}

// Finders says who may find a search document: whoever holds one of Terms, and
// whoever holds one of Guarded but none of Excluded.
type Finders struct {
	Terms    []string
	Guarded  []string
	Excluded []string
}

// Audience gives who may find the search document of a subject. Where rules except
// different relations, it is narrower than they are: what one excepts, all do.
func Audience(rules []Rule, s Subject) Finders {
	var f Finders
	for _, r := range rules {
		if !r.InState(s) {
			continue
		}
		if r.Except == "" {
			f.Terms = append(f.Terms, r.terms(s)...)
			continue
		}
		f.Guarded = append(f.Guarded, r.terms(s)...)
		f.Excluded = append(f.Excluded, personTerms(s.Relations[r.Except])...)
	}
	for _, list := range []*[]string{&f.Terms, &f.Guarded, &f.Excluded} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return f
}

func (r Rule) terms(s Subject) (terms []string) {
	switch {
	case r.Public:
		return []string{"public"}
	case r.Anyone:
		return []string{"anyone"}
	case r.Staff:
		return []string{"staff"}
	case len(r.Roles) > 0 && len(r.Relations) == 0:
		for _, role := range r.Roles {
			if !r.OwnUnit {
				terms = append(terms, "role:"+string(role))
				continue
			}
			for unit := s.Unit; unit != ""; unit = parent(unit) {
				terms = append(terms, "role:"+string(role)+"@"+unit)
			}
		}
		return terms
	}
	// A term cannot say both a role and a relation; the record is loaded and checked
	// before it is shown, so the narrower of the two keeps the hit out of everybody
	// else's list.
	for _, relation := range r.Relations {
		terms = append(terms, personTerms(s.Relations[relation])...)
	}
	return terms
}

func personTerms(ids []string) (terms []string) {
	for _, id := range ids {
		terms = append(terms, "person:"+id)
	}
	return terms
}

func parent(unit string) string {
	i := strings.LastIndexByte(unit, '/')
	if i < 0 {
		return ""
	}
	return unit[:i]
}

// Terms gives the audience terms that the actor holds.
func Terms(a Actor) []string {
	terms := []string{"public"}
	if a.Nobody() {
		return terms
	}
	terms = append(terms, "anyone")
	if a.Staff {
		terms = append(terms, "staff")
	}
	for _, g := range a.Grants {
		terms = append(terms, "role:"+string(g.Role), "role:"+string(g.Role)+"@"+g.Unit)
	}
	for _, id := range a.As {
		terms = append(terms, "person:"+id)
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}
