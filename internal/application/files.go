package application

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"funn/internal/call"
	"funn/internal/platform/blob"
	"funn/internal/platform/fault"
	"funn/internal/platform/seal"
)

// LargestFile is how much an attachment may hold, in bytes.
const LargestFile = 30 << 20

// MostFiles is how many attachments answer a question at most.
const MostFiles = 10

// Store is what submissions ask of the file store.
type Store interface {
	Put(ctx context.Context, r io.Reader, limit int64) (blob.Ref, error)
	Open(ctx context.Context, sha string) (blob.File, error)
	Delete(ctx context.Context, sha string, before time.Time) error
}

// Attach encrypts a file as it comes in, looks into it, and keeps it as an answer to
// the question. Nothing of it is ever on disk as it is, and one that breaks off, or
// is refused, leaves nothing behind.
//
// Faults: Invalid with a key file.*; TooLarge; those of [Service.Writable]; NotFound
// for a question that takes no files.
func (s *Service) Attach(ctx context.Context, id, question, name string, r io.Reader) (f File, err error) {
	if err := s.writing(ctx, id, func(ctx context.Context, x *Submission, c *call.Call) error { return s.takesFile(ctx, x, c, question) }); err != nil {
		return f, err
	}
	// Without a name it is gone with the program, however that ends.
	temp, err := os.CreateTemp("", "funn-sealed-")
	if err != nil {
		return f, fmt.Errorf("receive an attachment: %w", err)
	}
	defer temp.Close()
	if err := os.Remove(temp.Name()); err != nil {
		return f, fmt.Errorf("receive an attachment: %w", err)
	}
	key, n, err := seal.EncryptFile(temp, io.LimitReader(r, LargestFile+1))
	switch {
	case err != nil:
		return f, fault.Wrap(fault.Invalid, err, "error.form_broken")
	case n > LargestFile:
		return f, fault.New(fault.Invalid, "file.too_large", "limit", "30 MB")
	}
	size, err := temp.Seek(0, io.SeekEnd)
	if err != nil {
		return f, fmt.Errorf("receive an attachment: %w", err)
	}
	plain, err := seal.OpenFile(temp, size, key)
	if err != nil {
		return f, fmt.Errorf("look into an attachment: %w", err)
	}
	kind, err := blob.Check(name, plain, n)
	if err != nil {
		return f, err
	}
	ref, err := s.Files.Put(ctx, io.NewSectionReader(temp, 0, size), size)
	if err != nil {
		return f, err
	}
	f = File{Question: question, Name: name, Type: kind.Type, Size: n, Stored: ref.SHA256, Key: key}
	err = s.changeFiles(ctx, id, func(ctx context.Context, x *Submission, c *call.Call, files []File) ([]File, error) {
		if err := s.takesFile(ctx, x, c, question); err != nil {
			return nil, err
		}
		return append(files, f), s.noteFile(ctx, x.ID, f.Stored)
	})
	if k := fault.Of(err); err != nil && k != fault.Internal && k != fault.Unavailable {
		// It was refused. After any other error it may be in all the same, with the answer
		// lost; then the sweep looks at it.
		s.discard(ref.SHA256)
	}
	return f, err
}

// takesFile says why the question does not take one more file.
func (s *Service) takesFile(ctx context.Context, x *Submission, c *call.Call, question string) error {
	_, q, ok := c.QuestionOf(x.Kind + "." + question)
	if !ok || q.Kind != call.Attach {
		return fault.Missing()
	}
	d, err := s.Draft(ctx, x)
	if err != nil {
		return err
	}
	n := 0
	for _, f := range d.Files {
		if f.Question == question {
			n++
		}
	}
	if n >= MostFiles {
		return fault.New(fault.Invalid, "application.files_most", "max", MostFiles)
	}
	return nil
}

// changeFiles changes the list of attachments, whoever else changes it.
func (s *Service) changeFiles(ctx context.Context, id string, change func(context.Context, *Submission, *call.Call, []File) ([]File, error)) error {
	for {
		err := s.writing(ctx, id, func(ctx context.Context, x *Submission, c *call.Call) error {
			d, err := s.Draft(ctx, x)
			if err != nil {
				return err
			}
			files, err := change(ctx, x, c, slices.Clone(d.Files))
			if err != nil {
				return err
			}
			ok, err := s.put(ctx, x, filesPart, d.files+1, sealedPart{Files: files})
			if err == nil && !ok {
				return errAgain
			}
			return err
		})
		if !errors.Is(err, errAgain) {
			return err
		}
	}
}

// Detach takes an attachment away. What was sent with it keeps it.
func (s *Service) Detach(ctx context.Context, id, stored string) error {
	err := s.changeFiles(ctx, id, func(ctx context.Context, x *Submission, _ *call.Call, files []File) ([]File, error) {
		i := slices.IndexFunc(files, func(f File) bool { return f.Stored == stored })
		if i < 0 {
			return nil, fault.Missing()
		}
		return slices.Delete(files, i, i+1), s.dropFile(ctx, x.ID, stored)
	})
	if err == nil {
		s.discard(stored)
	}
	return err
}

// OpenFile opens an attachment of a submission as it was before it was encrypted: one
// of the draft for those who write, one of the content for those who may read that.
func (s *Service) OpenFile(ctx context.Context, x *Submission, stored string) (File, *io.SectionReader, io.Closer, error) {
	var files []File
	if x.Content.V != nil {
		files = x.Content.V.Files
	}
	if Writes(ctx, x) {
		d, err := s.Draft(ctx, x)
		if err != nil {
			return File{}, nil, nil, err
		}
		files = append(files, d.Files...)
	}
	i := slices.IndexFunc(files, func(f File) bool { return f.Stored == stored })
	if i < 0 {
		return File{}, nil, nil, fault.Missing()
	}
	box, err := s.Files.Open(ctx, stored)
	if err != nil {
		return File{}, nil, nil, err
	}
	plain, err := seal.OpenFile(&readerAt{r: box}, box.Size(), files[i].Key)
	if err != nil {
		return File{}, nil, nil, errors.Join(fmt.Errorf("open attachment %s of %s: %w", stored, x.Number, err), box.Close())
	}
	return files[i], plain, box, nil
}

// readerAt reads from any place of a file that is read in order.
type readerAt struct {
	mu sync.Mutex
	r  io.ReadSeeker
}

func (r *readerAt) ReadAt(p []byte, off int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.r.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r.r, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
