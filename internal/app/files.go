package app

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"time"

	"funn/internal/platform/blob"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/recordweb"
)

// largest is how much one uploaded file may hold, in bytes.
const largest = 30 << 20

// files keeps what is uploaded. The modules get it before it is opened.
type files struct {
	blob.Store
	db *db.DB
}

// Open opens a kept file by its hash.
func (f *files) Open(ctx context.Context, sha string) (blob.File, error) {
	return f.Store.Open(ctx, sha)
}

// keep checks an uploaded file by its content and keeps it by its hash. It is not
// shown to anybody until a record names it; sweep removes it when none does.
func (f *files) keep(ctx context.Context, name string, content recordweb.Content, size int64) (*form.Upload, error) {
	if size > largest {
		return nil, fault.New(fault.Invalid, "file.too_large", "limit", "30 MB")
	}
	kind, err := blob.Check(name, content, size)
	if err != nil {
		return nil, err
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	ref, err := f.Put(ctx, content, largest)
	if err != nil {
		return nil, err
	}
	if _, err := f.db.Exec(ctx, "INSERT INTO upload (sha, last) VALUES ($1, $2) ON CONFLICT (sha) DO UPDATE SET last = excluded.last", ref.SHA256, time.Now()); err != nil {
		return nil, fmt.Errorf("note upload: %w", err)
	}
	return &form.Upload{Name: name, Size: ref.Size, SHA256: ref.SHA256, Type: kind.Type}, nil
}

// sweep removes the files that nothing names: what was uploaded and never came to be
// part of a record, and what was left when the program died between keeping a file and
// noting it. inUse are named elsewhere than in events. A file may wait for its form for
// recordweb.KeptFileTime, so none younger than twice that is looked at: what is not
// named by then never can be.
func (f *files) sweep(ctx context.Context, now time.Time, inUse []string) error {
	old := now.Add(-2 * recordweb.KeptFileTime)
	if _, err := f.db.Exec(ctx, "DELETE FROM upload WHERE last <= $1", old); err != nil {
		return fmt.Errorf("forget uploads: %w", err)
	}
	waiting, err := db.All[string](ctx, f.db, "SELECT sha FROM upload")
	if err != nil {
		return fmt.Errorf("uploads: %w", err)
	}
	named := map[string]bool{}
	for _, sha := range append(waiting, inUse...) {
		named[sha] = true
	}
	// A command that takes a file names it in its event, where it stays named.
	const page = 500
	for last := int64(0); ; {
		events, err := db.All[struct {
			Seq  int64  `db:"seq"`
			Data string `db:"data"`
		}](ctx, f.db, "SELECT seq, data FROM event WHERE seq > $1 ORDER BY seq LIMIT $2", last, page)
		if err != nil {
			return fmt.Errorf("files named in the event log: %w", err)
		}
		for _, e := range events {
			last = e.Seq
			for _, sha := range hashes.FindAllString(e.Data, -1) {
				named[sha] = true
			}
		}
		if len(events) < page {
			break
		}
	}
	return f.Walk(ctx, func(sha string, _ int64) error {
		if named[sha] {
			return nil
		}
		return f.Delete(ctx, sha, old)
	})
}

var hashes = regexp.MustCompile(`[0-9a-f]{64}`)
