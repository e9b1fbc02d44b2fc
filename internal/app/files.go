package app

import (
	"context"
	"fmt"
	"io"
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

// sweep removes what was uploaded and never came to be part of a record. A file
// may wait for its form for recordweb.KeptFileTime, so none younger than twice
// that is looked at: what is not named by then never can be.
func (f *files) sweep(ctx context.Context, now time.Time) error {
	old := now.Add(-2 * recordweb.KeptFileTime)
	uploads, err := db.All[string](ctx, f.db, "SELECT sha FROM upload WHERE last <= $1 ORDER BY sha", old)
	if err != nil {
		return fmt.Errorf("uploads: %w", err)
	}
	for _, sha := range uploads {
		// A command that takes a file names it in its event, where it stays named.
		named, err := db.One[int](ctx, f.db, "SELECT count(*) FROM event WHERE data LIKE $1", "%\""+sha+"\"%")
		if err != nil {
			return fmt.Errorf("is upload %s named: %w", sha, err)
		}
		if named == 0 {
			if err := f.Delete(ctx, sha, old); err != nil {
				return err
			}
		}
		if _, err := f.db.Exec(ctx, "DELETE FROM upload WHERE sha = $1 AND last <= $2", sha, old); err != nil {
			return fmt.Errorf("forget upload %s: %w", sha, err)
		}
	}
	return nil
}
