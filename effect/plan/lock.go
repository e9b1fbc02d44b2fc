package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"
)

// Canonical is the plan as JSON with every default written out, fields in a
// fixed order and no white space: the text that is hashed.
func (p *Plan) Canonical() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		// Every field is a string, a finite number, a boolean or a list of
		// these, so this cannot happen for a parsed plan.
		panic(fmt.Sprintf("encode plan: %v", err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Hash is "sha256:" and the SHA-256 of [Plan.Canonical] in hexadecimal.
func (p *Plan) Hash() string { return hashOf(p.Canonical()) }

func hashOf(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return "sha256:" + hex.EncodeToString(sum[:])
}

const lockFormat = "funn-effect-lock/1"

// Lock is a plan as it was at the time it was locked.
type Lock struct {
	Format   string          `json:"format"`
	PlanHash string          `json:"plan_hash"`
	LockedAt time.Time       `json:"locked_at"`
	Plan     json.RawMessage `json:"plan"`
	// Earlier are the locks that were replaced, oldest first. They stay, so
	// that nobody can move the goalposts in silence.
	Earlier []Replaced `json:"earlier,omitempty"`
}

// Replaced is an earlier lock and why it no longer holds.
type Replaced struct {
	PlanHash   string    `json:"plan_hash"`
	LockedAt   time.Time `json:"locked_at"`
	ReplacedAt time.Time `json:"replaced_at"`
	Reason     string    `json:"reason"`
	Changed    []string  `json:"changed"`
}

// NewLock locks a plan at a time.
func NewLock(p *Plan, at time.Time) *Lock {
	return &Lock{Format: lockFormat, PlanHash: p.Hash(), LockedAt: at.UTC().Truncate(time.Second), Plan: p.Canonical()}
}

// Replace locks a changed plan in place of l and keeps l in the history. The
// reason is required.
func (l *Lock) Replace(p *Plan, at time.Time, reason string) (*Lock, error) {
	if reason == "" {
		return nil, errors.New("replace lock: a reason is required")
	}
	next := NewLock(p, at)
	next.Earlier = append(slices.Clone(l.Earlier), Replaced{
		PlanHash: l.PlanHash, LockedAt: l.LockedAt, ReplacedAt: next.LockedAt, Reason: reason, Changed: l.Changes(p),
	})
	return next, nil
}

// Changes names the top-level keys in which p differs from the locked plan,
// sorted; it is empty exactly when the hashes are equal.
func (l *Lock) Changes(p *Plan) []string {
	var was, is map[string]json.RawMessage
	if json.Unmarshal(l.Plan, &was) != nil || json.Unmarshal(p.Canonical(), &is) != nil {
		return []string{"plan"}
	}
	out := []string{}
	for key := range was {
		if _, kept := is[key]; !kept {
			out = append(out, key)
		}
	}
	for key, value := range is {
		if !bytes.Equal(was[key], value) {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// LockPath is where the lock of a plan file lies: beside it.
func LockPath(planPath string) string { return planPath + ".lock" }

// ReadLock reads a lock file. A missing file gives an error that matches
// [fs.ErrNotExist]; a file whose hash does not fit its plan is refused.
func ReadLock(path string) (*Lock, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 8*MaxBytes))
	if err != nil {
		return nil, fmt.Errorf("read lock %s: %w", path, err)
	}
	l := new(Lock)
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(l); err != nil {
		return nil, fmt.Errorf("read lock %s: %w", path, err)
	}
	if l.Format != lockFormat {
		return nil, fmt.Errorf("read lock %s: format is %q, not %s", path, l.Format, lockFormat)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, l.Plan); err != nil {
		return nil, fmt.Errorf("read lock %s: %w", path, err)
	}
	l.Plan = bytes.Clone(compact.Bytes())
	if hashOf(l.Plan) != l.PlanHash {
		return nil, fmt.Errorf("read lock %s: the plan inside does not have the hash %s; the lock file was changed by hand", path, l.PlanHash)
	}
	return l, nil
}

// Write writes the lock to a file, replacing it in one step.
func (l *Lock) Write(path string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(l); err != nil {
		return fmt.Errorf("encode lock: %w", err)
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write lock: %w", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return errors.Join(fmt.Errorf("write lock: %w", err), os.Remove(tmp))
	}
	return nil
}

// State tells how a plan stands to its lock file. A missing file is no
// error: Locked is then false.
type State struct {
	Locked   bool
	LockedAt time.Time
	// Changed and Fields tell whether, and in which top-level keys, the plan
	// differs from what was locked.
	Changed bool
	Fields  []string
	// Relocked counts the times the lock was replaced.
	Relocked int
}

// CheckLock compares a plan with the lock file at path.
func CheckLock(p *Plan, path string) (State, error) {
	l, err := ReadLock(path)
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, nil
	}
	if err != nil {
		return State{}, err
	}
	return State{
		Locked: true, LockedAt: l.LockedAt, Relocked: len(l.Earlier),
		Changed: l.PlanHash != p.Hash(), Fields: l.Changes(p),
	}, nil
}
