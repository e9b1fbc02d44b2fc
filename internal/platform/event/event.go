// Package event keeps the append-only log of everything that happened.
//
// Every change of a record writes one event in the same transaction. A record's
// events are chained by hash, so that writers of different records need not
// queue behind each other; at intervals a digest seals the ends of all chains
// and is written outside the database too. What is altered afterwards, in an
// event, in a record or by taking the last events away, is found by Verify.
package event

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"funn/internal/platform/db"
)

// Migrations hold the tables event, digest and digest_head.
//
//go:embed migrations
var Migrations embed.FS

// Event is one thing that happened to one record.
type Event struct {
	Seq       int64     `db:"seq"`
	RecordID  string    `db:"record_id"`
	N         int       `db:"n"` // the record's first event is 1
	Kind      string    `db:"kind"`
	Command   string    `db:"command"`
	At        time.Time `db:"at"`
	ActorID   string    `db:"actor_id"`
	ActorName string    `db:"actor_name"`
	From      string    `db:"from_state"` // empty when the record was made
	To        string    `db:"to_state"`
	Reason    string    `db:"reason"`
	Data      string    `db:"data"`         // JSON object: what was told
	Content   string    `db:"content"`      // hash of the whole record after the change
	Request   string    `db:"request,null"` // the form's own key: the same form twice is one event
	Prev      string    `db:"prev"`
	Hash      string    `db:"hash"`
}

// Told gives what the actor told, by field.
func (e Event) Told() map[string][]string {
	var m map[string][]string
	if json.Unmarshal([]byte(e.Data), &m) != nil {
		return nil
	}
	return m
}

// sum gives the event's hash: SHA-256 over each field with its length before it,
// so that no two different events give the same bytes.
func (e Event) sum() string {
	h := sha256.New()
	for _, s := range []string{
		e.RecordID, strconv.Itoa(e.N), e.Kind, e.Command, strconv.FormatInt(e.At.UnixMicro(), 10), e.ActorID, e.ActorName,
		e.From, e.To, e.Reason, e.Data, e.Content, e.Request, e.Prev,
	} {
		fmt.Fprintf(h, "%d:%s,", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

type row struct {
	RecordID  string    `db:"record_id"`
	N         int       `db:"n"`
	Kind      string    `db:"kind"`
	Command   string    `db:"command"`
	At        time.Time `db:"at"`
	ActorID   string    `db:"actor_id"`
	ActorName string    `db:"actor_name"`
	From      string    `db:"from_state"`
	To        string    `db:"to_state"`
	Reason    string    `db:"reason"`
	Data      string    `db:"data"`
	Content   string    `db:"content"`
	Request   string    `db:"request,null"`
	Prev      string    `db:"prev"`
	Hash      string    `db:"hash"`
}

// Append writes the record's next event and gives it with its number and hash.
// It must be called in the transaction that changes the record, with the record
// locked: the chain has one end.
func Append(ctx context.Context, d *db.DB, e Event) (Event, error) {
	if !d.InTx(ctx) {
		return e, fmt.Errorf("event %s of %s: not in the transaction of its change", e.Command, e.RecordID)
	}
	last, err := db.All[Event](ctx, d, "SELECT n, hash FROM event WHERE record_id = $1 ORDER BY n DESC LIMIT 1", e.RecordID)
	if err != nil {
		return e, fmt.Errorf("end of the chain of %s: %w", e.RecordID, err)
	}
	e.N, e.Prev = 1, ""
	if len(last) > 0 {
		e.N, e.Prev = last[0].N+1, last[0].Hash
	}
	e.At = e.At.UTC().Truncate(time.Microsecond)
	e.Hash = e.sum()
	err = d.Insert(ctx, "event", row{e.RecordID, e.N, e.Kind, e.Command, e.At, e.ActorID, e.ActorName, e.From, e.To, e.Reason, e.Data, e.Content, e.Request, e.Prev, e.Hash})
	if err != nil {
		return e, fmt.Errorf("append event %s of %s: %w", e.Command, e.RecordID, err)
	}
	return e, nil
}

// Of gives a record's events, first to last.
func Of(ctx context.Context, d *db.DB, recordID string) ([]Event, error) {
	return db.All[Event](ctx, d, "SELECT "+db.Columns[Event]("")+" FROM event WHERE record_id = $1 ORDER BY n", recordID)
}

// Latest gives the sequence number of the latest event, 0 before the first. On
// PostgreSQL a lower number may still appear after a higher one: it is given when
// an event is written, not when it is committed.
func Latest(ctx context.Context, d *db.DB) (int64, error) {
	return db.One[int64](ctx, d, "SELECT COALESCE(max(seq), 0) FROM event")
}

// ByRequest gives the event that a form's key already led to, or none.
func ByRequest(ctx context.Context, d *db.DB, request string) ([]Event, error) {
	return db.All[Event](ctx, d, "SELECT "+db.Columns[Event]("")+" FROM event WHERE request = $1 ORDER BY n", request)
}

// Digest is a seal over the ends of the chains.
type Digest struct {
	N     int       `db:"n"`
	At    time.Time `db:"at"`
	Heads int       `db:"heads"`
	Prev  string    `db:"prev"`
	Hash  string    `db:"hash"`
}

// Line is the digest as it is written outside the database.
func (d Digest) Line() string {
	return fmt.Sprintf("%d %s %d %s", d.N, d.At.UTC().Format(time.RFC3339Nano), d.Heads, d.Hash)
}

type head struct {
	DigestN  int    `db:"digest_n"`
	RecordID string `db:"record_id"`
	EventN   int    `db:"event_n"`
	Hash     string `db:"hash"`
}

func (d Digest) sum(heads []head) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d,%d,%s,", d.N, d.At.UnixMicro(), d.Prev)
	for _, x := range heads {
		fmt.Fprintf(h, "%d:%s,%d,%s,", len(x.RecordID), x.RecordID, x.EventN, x.Hash)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Seal makes a digest of the chains that have grown since the last one. With
// nothing new it gives ok = false.
func Seal(ctx context.Context, d *db.DB, now time.Time) (digest Digest, ok bool, err error) {
	err = d.Tx(ctx, func(ctx context.Context) error {
		last, err := db.All[Digest](ctx, d, "SELECT "+db.Columns[Digest]("")+" FROM digest ORDER BY n DESC LIMIT 1")
		if err != nil {
			return err
		}
		digest = Digest{N: 1, At: now.UTC().Truncate(time.Microsecond)}
		if len(last) > 0 {
			digest.N, digest.Prev = last[0].N+1, last[0].Hash
		}
		heads, err := db.All[head](ctx, d, `
			SELECT e.record_id, e.n AS event_n, e.hash FROM event e
			WHERE e.n = (SELECT max(m.n) FROM event m WHERE m.record_id = e.record_id)
			  AND NOT EXISTS (SELECT 1 FROM digest_head h WHERE h.record_id = e.record_id AND h.event_n >= e.n)
			ORDER BY e.record_id`)
		if err != nil {
			return err
		}
		if len(heads) == 0 {
			return nil
		}
		ok = true
		digest.Heads = len(heads)
		digest.Hash = digest.sum(heads)
		if err := d.Insert(ctx, "digest", digest); err != nil {
			return err
		}
		for _, h := range heads {
			h.DigestN = digest.N
			if err := d.Insert(ctx, "digest_head", h); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return digest, false, fmt.Errorf("seal the event log: %w", err)
	}
	return digest, ok, nil
}

// Problem is something that Verify found.
type Problem struct {
	RecordID string
	N        int    // the event's number; 0 when it is not about one event
	What     string // in English, for the operator
}

func (p Problem) String() string {
	if p.N == 0 {
		return fmt.Sprintf("%s: %s", p.RecordID, p.What)
	}
	return fmt.Sprintf("event %d of %s: %s", p.N, p.RecordID, p.What)
}

// Verify walks every chain and every digest. outside holds the lines that were
// written outside the database, in order; nil when there are none to compare.
func Verify(ctx context.Context, d *db.DB, outside []string) (events int, problems []Problem, err error) {
	err = d.Snapshot(ctx, func(ctx context.Context) error {
		hashes := map[string]map[int]string{}
		var before Event
		const page = 5000
		after, afterN := "", 0
		for {
			rows, err := db.All[Event](ctx, d, "SELECT "+db.Columns[Event]("")+" FROM event WHERE (record_id, n) > ($1, $2) ORDER BY record_id, n LIMIT $3", after, afterN, page)
			if err != nil {
				return err
			}
			for _, e := range rows {
				events++
				want, prev := 1, ""
				if e.RecordID == before.RecordID {
					want, prev = before.N+1, before.Hash
				}
				switch {
				case e.N != want:
					problems = append(problems, Problem{e.RecordID, e.N, fmt.Sprintf("number %d was expected: an event is missing", want)})
				case e.Prev != prev:
					problems = append(problems, Problem{e.RecordID, e.N, "does not follow from the event before it"})
				}
				if e.Hash != e.sum() {
					problems = append(problems, Problem{e.RecordID, e.N, fmt.Sprintf("%s at %s was altered after it was written", e.Command, e.At.Format(time.RFC3339))})
				}
				if hashes[e.RecordID] == nil {
					hashes[e.RecordID] = map[int]string{}
				}
				hashes[e.RecordID][e.N] = e.Hash
				before = e
			}
			if len(rows) < page {
				break
			}
			after, afterN = before.RecordID, before.N
		}
		more, err := verifyDigests(ctx, d, hashes, outside)
		problems = append(problems, more...)
		return err
	})
	if err != nil {
		return events, problems, fmt.Errorf("verify the event log: %w", err)
	}
	return events, problems, nil
}

func verifyDigests(ctx context.Context, d *db.DB, hashes map[string]map[int]string, outside []string) ([]Problem, error) {
	var problems []Problem
	digests, err := db.All[Digest](ctx, d, "SELECT "+db.Columns[Digest]("")+" FROM digest ORDER BY n")
	if err != nil {
		return nil, err
	}
	prev := ""
	lines := map[string]bool{}
	for _, g := range digests {
		name := fmt.Sprintf("digest %d", g.N)
		heads, err := db.All[head](ctx, d, "SELECT "+db.Columns[head]("")+" FROM digest_head WHERE digest_n = $1 ORDER BY record_id", g.N)
		if err != nil {
			return nil, err
		}
		if g.Prev != prev || g.Hash != g.sum(heads) || g.Heads != len(heads) {
			problems = append(problems, Problem{name, 0, "was altered after it was made"})
		}
		prev = g.Hash
		lines[g.Line()] = true
		for _, h := range heads {
			switch hash, ok := hashes[h.RecordID][h.EventN]; {
			case !ok:
				problems = append(problems, Problem{h.RecordID, h.EventN, "is gone, though " + name + " saw it"})
			case hash != h.Hash:
				problems = append(problems, Problem{h.RecordID, h.EventN, "differs from what " + name + " saw"})
			}
		}
	}
	for _, line := range outside {
		if line != "" && !lines[line] {
			problems = append(problems, Problem{"digests outside the database", 0, "no digest in the database matches the line " + strconv.Quote(line)})
		}
	}
	return problems, nil
}
