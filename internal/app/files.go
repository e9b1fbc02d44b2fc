package app

import (
	"context"
	"io"

	"funn/internal/platform/blob"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/recordweb"
)

// largest is how much one uploaded file may hold, in bytes.
const largest = 30 << 20

// files keeps what is uploaded. The modules get it before it is opened.
type files struct{ blob.Store }

// Open opens a kept file by its hash.
func (f *files) Open(ctx context.Context, sha string) (blob.File, error) {
	return f.Store.Open(ctx, sha)
}

// keep checks an uploaded file by its content and keeps it by its hash. What no
// record comes to name lies unused; it is not shown to anybody.
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
	return &form.Upload{Name: name, Size: ref.Size, SHA256: ref.SHA256, Type: kind.Type}, nil
}
