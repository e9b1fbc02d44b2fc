package blob

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"funn/internal/platform/fault"
)

// bucket keeps files in an object store that speaks S3.
type bucket struct {
	client *minio.Client
	name   string
	prefix string // ends in / when it is not empty
}

func openBucket(ctx context.Context, u *url.URL) (*bucket, error) {
	q := u.Query()
	endpoint := map[string]string{"s3": "s3.amazonaws.com", "gs": "storage.googleapis.com"}[u.Scheme]
	client, err := minio.New(cmp.Or(q.Get("endpoint"), endpoint), &minio.Options{
		Creds:  credentials.NewEnvAWS(),
		Secure: q.Get("tls") != "off",
		Region: q.Get("region"),
	})
	if err != nil {
		return nil, fmt.Errorf("file store %s: %w", u.Redacted(), err)
	}
	b := &bucket{client: client, name: u.Host, prefix: strings.Trim(u.Path, "/")}
	if b.prefix != "" {
		b.prefix += "/"
	}
	there, err := client.BucketExists(ctx, b.name)
	if err != nil {
		return nil, fmt.Errorf("file store %s: %w", u.Redacted(), err)
	}
	if !there {
		return nil, fmt.Errorf("file store %s: there is no such bucket", u.Redacted())
	}
	return b, nil
}

// absent says whether the object store has no such file.
func absent(err error) bool {
	return minio.ToErrorResponse(err).StatusCode == http.StatusNotFound
}

// unreachable turns what the object store says into a fault.
func unreachable(err error) error {
	return fault.Wrap(fault.Unavailable, err, "error.unavailable")
}

func (b *bucket) Put(ctx context.Context, r io.Reader, limit int64) (Ref, error) {
	// The hash is the name, so the whole file is received before it is passed on.
	// It has no name on this machine and is gone with the program.
	temp, err := os.CreateTemp("", "funn-file-")
	if err != nil {
		return Ref{}, storage(fmt.Errorf("receive a file: %w", err))
	}
	defer temp.Close()
	if err := os.Remove(temp.Name()); err != nil {
		return Ref{}, fmt.Errorf("receive a file: %w", err)
	}
	ref, err := spool(ctx, temp, r, limit)
	if err != nil {
		return Ref{}, err
	}
	_, err = b.client.PutObject(ctx, b.name, b.prefix+ref.SHA256, io.NewSectionReader(temp, 0, ref.Size), ref.Size, minio.PutObjectOptions{
		ContentType: ref.Type, ContentDisposition: "attachment",
		// An MD5 in a header is the check that every object store knows; S3's own
		// chunked signatures and trailing sums are not.
		SendContentMd5: true, DisableContentSha256: true,
	})
	if err != nil {
		return Ref{}, unreachable(fmt.Errorf("keep file %s: %w", ref.SHA256, err))
	}
	return ref, nil
}

type object struct {
	*minio.Object
	size int64
}

func (o object) Size() int64 { return o.size }

func (b *bucket) Open(ctx context.Context, sha string) (File, error) {
	if !isHash(sha) {
		return nil, missing(sha)
	}
	o, err := b.client.GetObject(ctx, b.name, b.prefix+sha, minio.GetObjectOptions{})
	if err != nil {
		return nil, unreachable(fmt.Errorf("open file %s: %w", sha, err))
	}
	info, err := o.Stat() // GetObject itself asks nothing
	if err != nil {
		_ = o.Close()
		if absent(err) {
			return nil, missing(sha)
		}
		return nil, unreachable(fmt.Errorf("open file %s: %w", sha, err))
	}
	return object{o, info.Size}, nil
}

func (b *bucket) Delete(ctx context.Context, sha string, before time.Time) error {
	if !isHash(sha) {
		return nil
	}
	info, err := b.client.StatObject(ctx, b.name, b.prefix+sha, minio.StatObjectOptions{})
	if absent(err) {
		return nil
	}
	if err == nil && !info.LastModified.Before(before) {
		return nil
	}
	if err == nil {
		err = b.client.RemoveObject(ctx, b.name, b.prefix+sha, minio.RemoveObjectOptions{})
	}
	if err != nil {
		return unreachable(fmt.Errorf("delete file %s: %w", sha, err))
	}
	return nil
}

func (b *bucket) Walk(ctx context.Context, fn func(sha string, size int64) error) error {
	ctx, stop := context.WithCancel(ctx) // ends the listing when fn gives an error
	defer stop()
	for o := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true}) {
		if o.Err != nil {
			return unreachable(fmt.Errorf("list files: %w", o.Err))
		}
		if sha := strings.TrimPrefix(o.Key, b.prefix); isHash(sha) {
			if err := fn(sha, o.Size); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

func (b *bucket) Sweep(ctx context.Context) error {
	for o := range b.client.ListIncompleteUploads(ctx, b.name, b.prefix, true) {
		if absent(o.Err) {
			return nil // how some object stores say that there are none
		}
		if o.Err != nil {
			return unreachable(fmt.Errorf("sweep files: %w", o.Err))
		}
		// Other copies of the program may be uploading; nothing takes them a day.
		if time.Since(o.Initiated) < 24*time.Hour {
			continue
		}
		if err := b.client.RemoveIncompleteUpload(ctx, b.name, o.Key); err != nil {
			return unreachable(fmt.Errorf("sweep files: %w", err))
		}
	}
	return nil
}
