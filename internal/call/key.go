package call

import (
	"context"
	"slices"
	"time"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// Key is what is kept of a call's key: the half that everybody may know, and who
// holds the parts of the other. See docs/decisions/0013-what-is-sealed.md.
type Key struct {
	Public  []byte    `json:"public"`
	Made    time.Time `json:"made"`
	Holders []Holder  `json:"holders"` // three different persons
}

// Holder is somebody who keeps a part of the key outside Funn.
type Holder struct {
	Person     string    `json:"person"`
	Commitment string    `json:"commitment"`         // by which their part is known again
	Fetched    time.Time `json:"fetched,omitzero"`   // when they were shown it, once
	Rehearsed  time.Time `json:"rehearsed,omitzero"` // when they showed that they have kept it
}

// holders is how many persons hold a part; two of them open.
const holders = 3

// The relations that persons have to a call's key.
const (
	relHolder    = "key_holder"
	relUnfetched = "part_to_fetch"
	relUnshown   = "part_to_show"
)

// Rehearsed says whether all holders have shown that they kept their parts.
func (k *Key) Rehearsed() bool {
	return k != nil && !slices.ContainsFunc(k.Holders, func(h Holder) bool { return h.Rehearsed.IsZero() })
}

// holder gives the person's place among the holders; nil when they have none.
func (c *Call) holder(person string) *Holder {
	if c.Key.V == nil {
		return nil
	}
	i := slices.IndexFunc(c.Key.V.Holders, func(h Holder) bool { return h.Person == person })
	if i < 0 {
		return nil
	}
	return &c.Key.V.Holders[i]
}

// keyRelations gives who holds parts of the key, and what is expected of them.
func keyRelations(c *Call) map[string][]string {
	out := map[string][]string{}
	if c.Key.V == nil {
		return out
	}
	for _, h := range c.Key.V.Holders {
		out[relHolder] = append(out[relHolder], h.Person)
		switch {
		case h.Fetched.IsZero():
			out[relUnfetched] = append(out[relUnfetched], h.Person)
		case h.Rehearsed.IsZero():
			out[relUnshown] = append(out[relUnshown], h.Person)
		}
	}
	return out
}

// keyCommands are the ceremony before the call opens, and the opening of what was
// sent when it has closed.
func (s *Service) keyCommands() []command {
	held := func(relation string) []access.Rule { return []access.Rule{{Relations: []string{relation}}} }
	part := []form.Field{{Name: "part", Type: form.Area, Required: true, Max: 400, Private: true}}
	var three []form.Field
	for i := range holders {
		three = append(three, form.Field{Name: "holder_" + itoa(i+1), Type: form.Choice, Required: true, From: s.possibleHolders, Value: form.On(func(c *Call) string {
			if c.Key.V == nil {
				return ""
			}
			return c.Key.V.Holders[i].Person
		})})
	}
	assessing := []string{Assessment1, Assessment2}
	return []command{
		{Command: lifecycle.Command{Name: "name_holders", Path: "nokkelholdere", From: []string{Draft}, Who: section, Edit: true, Fields: three,
			Notify: held(relHolder), Ground: "krav C3; Direktiv 2014/24/EU vedlegg IV"}, Check: s.canMakeKey, Apply: s.nameHolders},
		{Command: lifecycle.Command{Name: "fetch_part", Path: "hent-nokkeldel", From: []string{Draft}, Who: held(relUnfetched), Own: true}, Apply: s.fetchPart},
		{Command: lifecycle.Command{Name: "rehearse_part", Path: "ov-nokkeldel", From: []string{Draft}, Who: held(relUnshown), Fields: part}, Apply: rehearsePart},
		{Command: lifecycle.Command{Name: "give_part", Path: "gi-nokkeldel", From: assessing, Who: held(relHolder), Fields: part,
			Ground: "krav C3: to av tre åpner etter fristen"}, Check: s.canGivePart, Apply: s.givePart},
		{Command: lifecycle.Command{Name: "unseal", Path: "apnet", From: assessing, System: true, Notify: section}, Apply: unsealed},
	}
}

// possibleHolders are the agency's own people who work with cases.
func (s *Service) possibleHolders(ctx context.Context, _ any) ([]form.Option, error) {
	roles := slices.DeleteFunc(slices.Clone(org.Roles), func(r access.Role) bool { return !org.Staff(r) || r == org.Admin })
	return s.people.Holders(ctx, roles...)
}

func (s *Service) canMakeKey(context.Context, *Call, form.Values) (v record.Verdict, err error) {
	if s.Secret == (seal.Secret{}) {
		v.Block("call.blocked.secret")
	}
	return v, nil
}

const partPurpose = "call part"

// What a row of call_part is for.
const (
	partToFetch = "fetch"
	partGiven   = "given"
)

// keepPart keeps a part, sealed, in the transaction.
func (s *Service) keepPart(ctx context.Context, p callPart, part string) error {
	if _, err := s.takePart(ctx, p); err != nil {
		return err
	}
	p.Box = s.Secret.Seal(partPurpose, p.context(), []byte(part))
	return s.Kind.Engine().DB.Insert(ctx, "call_part", p)
}

// takePart gives a part that was kept and removes it; empty when there is none that
// can be opened.
func (s *Service) takePart(ctx context.Context, p callPart) (string, error) {
	d := s.Kind.Engine().DB
	boxes, err := removeParts(ctx, d, p)
	if err != nil || len(boxes) == 0 || s.Secret == (seal.Secret{}) {
		return "", err
	}
	part, err := s.Secret.Open(partPurpose, p.context(), boxes[0])
	if err != nil {
		return "", nil //nolint:nilerr // the secret is another now: the part is as good as lost, and the holders are told so
	}
	return string(part), nil
}

// nameHolders makes the key. Whatever was made before is worth nothing then.
func (s *Service) nameHolders(ctx context.Context, c *record.Change[*Call]) error {
	var errs fault.Errors
	var people []string
	for i := range holders {
		name := "holder_" + itoa(i+1)
		person := c.In.String(name)
		if slices.Contains(people, person) {
			errs.Add(name, "call.holder_twice")
		}
		people = append(people, person)
	}
	if err := errs.Err(); err != nil {
		return err
	}
	public, parts, err := seal.NewCallKey()
	if err != nil {
		return err
	}
	if _, err := removeParts(ctx, s.Kind.Engine().DB, callPart{Call: c.Rec.ID}); err != nil {
		return err
	}
	key := &Key{Public: public, Made: c.Now}
	for i, person := range people {
		key.Holders = append(key.Holders, Holder{Person: person, Commitment: seal.Commitment(parts[i])})
		if err := s.keepPart(ctx, callPart{Call: c.Rec.ID, Person: person, Purpose: partToFetch}, parts[i]); err != nil {
			return err
		}
	}
	c.Rec.Key.V = key
	return nil
}

type fetchedKey struct{}

// FetchPart gives the context's actor their part of the call's key, the only time
// that it is given: after that Funn has no more than its commitment. Faults as of
// record.Kind.Do; Conflict when there is nothing to give.
func (s *Service) FetchPart(ctx context.Context, id string) (part string, err error) {
	_, err = s.Kind.Do(context.WithValue(ctx, fetchedKey{}, &part), id, "fetch_part", record.Input{})
	return part, err
}

func (s *Service) fetchPart(ctx context.Context, c *record.Change[*Call]) error {
	h, out := c.Rec.holder(c.Actor.ID), ctx.Value(fetchedKey{})
	if h == nil || out == nil {
		return fault.New(fault.Conflict, "call.part_elsewhere")
	}
	part, err := s.takePart(ctx, callPart{Call: c.Rec.ID, Person: h.Person, Purpose: partToFetch})
	if err != nil {
		return err
	}
	if part == "" {
		return fault.New(fault.Conflict, "call.part_gone")
	}
	h.Fetched = c.Now
	*out.(*string) = part
	if s.Handed != nil {
		return s.Handed(ctx, c.Rec, h.Person, part)
	}
	return nil
}

// checkPart holds what somebody pasted against what is known of their part. The
// text itself goes nowhere from here.
func checkPart(c *record.Change[*Call]) (h *Holder, part string, err error) {
	h, part = c.Rec.holder(c.Actor.ID), c.In.String("part")
	switch {
	case h == nil: // somebody's substitute has not got their part
		return nil, "", fault.New(fault.Forbidden, "error.forbidden")
	case seal.Commitment(part) == "":
		return nil, "", wrong("part", "call.part_unreadable")
	case !seal.CheckShare(part, h.Commitment):
		return nil, "", wrong("part", "call.part_other")
	}
	return h, part, nil
}

func rehearsePart(_ context.Context, c *record.Change[*Call]) error {
	h, _, err := checkPart(c)
	if err != nil {
		return err
	}
	h.Rehearsed = c.Now
	return nil
}
