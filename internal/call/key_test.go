package call_test

import (
	"context"
	"strings"
	"testing"

	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/seal"
)

// keyHolders are the three who hold the parts in the tests.
var keyHolders = []string{"fou", "jurist", "utvalg"}

func holder(i int) context.Context {
	return person(keyHolders[i], []access.Role{org.FoU, org.Legal, org.Committee}[i])
}

// rehearsed makes the call's key and gives the parts that its holders kept.
func rehearsed(t testing.TB, s *call.Service, id string) [3]string {
	t.Helper()
	_, err := s.Kind.Do(fou, id, "name_holders", input("holder_1", keyHolders[0], "holder_2", keyHolders[1], "holder_3", keyHolders[2]))
	must(t, err)
	var parts [3]string
	for i := range parts {
		parts[i], err = s.FetchPart(holder(i), id)
		must(t, err)
		_, err = s.Kind.Do(holder(i), id, "rehearse_part", input("part", parts[i]))
		must(t, err)
	}
	return parts
}

// The key of a call: three different persons, each fetches once and shows that the
// part was kept, and until then nobody can approve the call.
func TestKeyCeremony(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		c := draft(t, s, whole...)
		_, err := s.Kind.Do(fageier, c.ID, "approve_content", input())
		must(t, err)
		blocked := func(key string) {
			t.Helper()
			_, err := s.Kind.Do(utvalg, c.ID, "approve", input())
			refused(t, "approving", fault.Conflict, "call.blocked."+key, err)
		}
		blocked("key")
		_, err = s.Kind.Do(fou, c.ID, "name_holders", input("holder_1", "fou", "holder_2", "jurist", "holder_3", "fou"))
		refused(t, "a person twice", fault.Invalid, "call.holder_twice", err)
		_, err = s.Kind.Do(fageier, c.ID, "name_holders", input("holder_1", "fou", "holder_2", "jurist", "holder_3", "utvalg"))
		refused(t, "named by another than the section", fault.Forbidden, "", err)
		name := func() {
			t.Helper()
			_, err := s.Kind.Do(fou, c.ID, "name_holders", input("holder_1", "fou", "holder_2", "jurist", "holder_3", "utvalg"))
			must(t, err)
		}
		name()
		blocked("rehearsal")
		_, err = s.FetchPart(fageier, c.ID)
		refused(t, "fetched by somebody who holds none", fault.Forbidden, "", err)
		_, err = s.Kind.Do(holder(0), c.ID, "fetch_part", input())
		refused(t, "fetched where it would not be shown", fault.Conflict, "call.part_elsewhere", err)
		_, err = s.Kind.Do(holder(0), c.ID, "rehearse_part", input("part", "x"))
		refused(t, "rehearsed before it was fetched", fault.Forbidden, "", err)
		old, err := s.FetchPart(holder(0), c.ID)
		must(t, err)
		_, err = s.FetchPart(holder(0), c.ID)
		refused(t, "fetched twice", fault.Forbidden, "", err)

		// The part was lost: all begin anew, and the old part is worth nothing.
		name()
		var parts [3]string
		for i := range parts {
			parts[i], err = s.FetchPart(holder(i), c.ID)
			must(t, err)
		}
		for key, part := range map[string]string{"call.part_other": old, "call.part_unreadable": parts[0][:50]} {
			_, err = s.Kind.Do(holder(0), c.ID, "rehearse_part", input("part", part))
			refused(t, key, fault.Invalid, key, err)
		}
		_, err = s.Kind.Do(holder(0), c.ID, "rehearse_part", input("part", parts[1]))
		refused(t, "another's part", fault.Invalid, "call.part_other", err)
		for i, part := range parts {
			blocked("rehearsal")
			_, err = s.Kind.Do(holder(i), c.ID, "rehearse_part", input("part", strings.ToLower(part)))
			must(t, err)
		}
		_, err = s.Kind.Do(holder(0), c.ID, "give_part", input("part", parts[0]))
		refused(t, "opening a call that has not closed", fault.Conflict, "", err)
		_, err = s.Kind.Do(utvalg, c.ID, "approve", input())
		must(t, err)

		// Neither the parts nor the private half lie in the database.
		key, err := seal.Combine(parts[0], parts[2])
		must(t, err)
		now, err := s.Kind.Load(system, c.ID)
		must(t, err)
		if string(now.Key.V.Public) != string(key.Public()) {
			t.Error("the parts are not of the call's key")
		}
		if shown, ok := now.Shown(); ok && shown.Key.V != nil {
			t.Error("everybody is told who holds the key")
		}
		d := s.Kind.Engine().DB
		rows, err := db.All[string](context.Background(), d, "SELECT data FROM event WHERE record_id = $1", c.ID)
		must(t, err)
		for _, row := range rows {
			for _, part := range append(parts[:], old) {
				if strings.Contains(strings.ToLower(row), strings.ToLower(part[:20])) {
					t.Errorf("an event holds a part: %s", row)
				}
			}
		}
		waiting := func(want int) {
			t.Helper()
			if n, err := db.One[int](context.Background(), d, "SELECT count(*) FROM call_part"); err != nil || n != want {
				t.Errorf("%d parts wait, %v, want %d", n, err, want)
			}
		}
		waiting(0)

		// What becomes of a call that is cancelled before its parts are fetched.
		other := draft(t, s)
		_, err = s.Kind.Do(fou, other.ID, "name_holders", input("holder_1", "fou", "holder_2", "jurist", "holder_3", "utvalg"))
		must(t, err)
		waiting(3)
		_, err = s.Kind.Do(fou, other.ID, "propose_cancel", input("cancel_reason", "x"))
		must(t, err)
		_, err = s.Kind.Do(utvalg, other.ID, "cancel", input())
		must(t, err)
		waiting(0)
	})
}

// A program without a secret that outlives it makes no key, and says which setting
// is missing.
func TestNoKeyWithoutSecret(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		s.Secret = seal.Secret{}
		c := draft(t, s, whole...)
		_, err := s.Kind.Do(fou, c.ID, "name_holders", input("holder_1", "fou", "holder_2", "jurist", "holder_3", "utvalg"))
		refused(t, "a key", fault.Conflict, "call.blocked.secret", err)
		_, err = s.Kind.Do(fageier, c.ID, "approve_content", input())
		must(t, err)
		_, err = s.Kind.Do(utvalg, c.ID, "approve", input())
		refused(t, "approving", fault.Conflict, "call.blocked.secret", err)
	})
}
