// Package blob keeps files: applications' attachments, reports, accessible
// copies.
//
// A file is kept under the SHA-256 of its content, so it cannot be altered
// unnoticed, the same content is kept once, and no name from outside ever
// becomes a path. What Put has acknowledged is on disk, or at the object store.
// Who may read a file is not known here; the module that holds the reference
// decides.
//
// Check says whether a file may come in at all.
package blob

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"funn/internal/platform/fault"
)

// Messages hold the texts of the keys file.*.
//
//go:embed messages
var Messages embed.FS

// Ref is what a module keeps about a file.
type Ref struct {
	SHA256 string // of the content, 64 hexadecimal digits
	Size   int64  // bytes
	Type   string // media type as the content looks; application/octet-stream when it looks like none that Check knows
}

// File is an open file.
type File interface {
	io.ReadSeekCloser
	Size() int64 // bytes
}

// Store keeps files. It is safe for use by many goroutines.
type Store interface {
	// Put reads to the end and keeps the content. More than limit bytes are a
	// TooLarge fault, and a full disk is a Full fault; then nothing is kept.
	Put(ctx context.Context, r io.Reader, limit int64) (Ref, error)

	// Open opens a file for reading; NotFound when there is none with that hash.
	Open(ctx context.Context, sha string) (File, error)

	// Delete removes a file that was last put before the moment given, and leaves
	// one that was put since, so that a file which somebody hands in again is not
	// lost to a clearing-up that began before. That there is none is no error.
	Delete(ctx context.Context, sha string, before time.Time) error

	// Walk calls fn for every file, in no particular order, until that gives an error.
	Walk(ctx context.Context, fn func(sha string, size int64) error) error

	// Sweep removes what uploads left behind when the program died. Call it when
	// the program that writes starts.
	Sweep(ctx context.Context) error
}

// Open opens the store that the address names:
//
//	file:///var/lib/funn/files
//	s3://bucket/prefix?endpoint=s3.example.no&region=eu-north-1
//	gs://bucket/prefix
//
// s3 and gs take their keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY;
// for Google these are an HMAC key. tls=off is for object stores on this machine.
// A folder may be written to by one program at a time.
func Open(ctx context.Context, address string) (Store, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("file store: %w", err)
	}
	switch u.Scheme {
	case "file":
		if u.Host != "" || !filepath.IsAbs(filepath.FromSlash(u.Path)) {
			return nil, fmt.Errorf("file store %s: write the whole path, as in file:///var/lib/funn", address)
		}
		return openFolder(filepath.FromSlash(u.Path))
	case "s3", "gs":
		return openBucket(ctx, u)
	}
	return nil, fmt.Errorf("file store %s: it must begin with file://, s3:// or gs://", u.Redacted())
}

// Verify reads a whole file and says whether its content is still what was put.
func Verify(ctx context.Context, s Store, sha string) error {
	f, err := s.Open(ctx, sha)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("verify file %s: %w", sha, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sha {
		return fmt.Errorf("verify file %s: the content has the hash %s", sha, got)
	}
	return nil
}

// isHash says whether s is a hash as Put gives it.
func isHash(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}

func missing(sha string) error { return fmt.Errorf("open file %.80q: %w", sha, fault.Missing()) }

// spool writes what r gives to w, an empty file, and gives its reference.
func spool(ctx context.Context, w interface {
	io.Writer
	io.ReaderAt
}, r io.Reader, limit int64,
) (Ref, error) {
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, h), io.LimitReader(reader{ctx, r}, limit+1))
	if err != nil {
		return Ref{}, storage(fmt.Errorf("receive a file after %d bytes: %w", n, err))
	}
	if n > limit {
		return Ref{}, fault.New(fault.TooLarge, "file.too_large", "limit", amount(limit))
	}
	return Ref{SHA256: hex.EncodeToString(h.Sum(nil)), Size: n, Type: mediaType(w, n)}, nil
}

// reader stops reading when its context ends.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// storage turns a full disk into a fault that the user can be told of.
func storage(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.Wrap(fault.Full, err, "error.full")
	}
	return err
}

// amount writes a size for a message, in whole MB or kB.
func amount(n int64) string {
	if n < 1_000_000 {
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}
