package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// folder keeps files below a folder: the file with the hash abcdef… is ab/abcdef….
// What is not whole yet lies in the folder of incoming files. All access goes
// through os.Root, which no path and no symbolic link leads out of.
type folder struct {
	root *os.Root
	// Held for reading while a file is put in its place and for writing while one
	// is deleted, so that a Delete sees the time of a Put.
	lock sync.RWMutex
}

const incoming = "incoming"

func openFolder(path string) (*folder, error) {
	if err := os.MkdirAll(filepath.Join(path, incoming), 0o700); err != nil {
		return nil, fmt.Errorf("file store: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("file store: %w", err)
	}
	f := &folder{root: root}
	if err := f.sync("."); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return f, nil
}

func place(sha string) (dir, name string) { return sha[:2], sha[:2] + "/" + sha }

func (f *folder) Put(ctx context.Context, r io.Reader, limit int64) (ref Ref, err error) {
	temp := incoming + "/" + rand.Text()
	w, err := f.root.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return ref, storage(fmt.Errorf("receive a file: %w", err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.root.Remove(temp))
		}
	}()
	ref, err = spool(ctx, w, r, limit)
	if err == nil {
		err = w.Sync()
	}
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return Ref{}, storage(err)
	}
	if err := f.settle(temp, ref.SHA256); err != nil {
		return Ref{}, storage(fmt.Errorf("keep file %s: %w", ref.SHA256, err))
	}
	return ref, nil
}

// settle moves a whole file to its place, where it is after a power cut too. One
// that is there already is replaced by the same, which renews its time.
func (f *folder) settle(temp, sha string) error {
	f.lock.RLock()
	defer f.lock.RUnlock()
	dir, name := place(sha)
	switch err := f.root.Mkdir(dir, 0o700); {
	case err == nil:
		if err := f.sync("."); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	if err := f.root.Rename(temp, name); err != nil {
		return err
	}
	return f.sync(dir)
}

// sync makes the names in a folder durable.
func (f *folder) sync(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}

type openFile struct {
	*os.File
	size int64
}

func (f openFile) Size() int64 { return f.size }

func (f *folder) Open(_ context.Context, sha string) (File, error) {
	if !isHash(sha) {
		return nil, missing(sha)
	}
	_, name := place(sha)
	file, err := f.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(sha)
	}
	if err != nil {
		return nil, fmt.Errorf("open file %s: %w", sha, err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open file %s: %w", sha, err), file.Close())
	}
	return openFile{file, info.Size()}, nil
}

func (f *folder) Delete(_ context.Context, sha string, before time.Time) error {
	if !isHash(sha) {
		return nil
	}
	f.lock.Lock()
	defer f.lock.Unlock()
	dir, name := place(sha)
	info, err := f.root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.ModTime().Before(before) {
		return nil
	}
	if err == nil {
		err = f.root.Remove(name)
	}
	if err == nil {
		err = f.sync(dir)
	}
	if err != nil {
		return fmt.Errorf("delete file %s: %w", sha, err)
	}
	return nil
}

func (f *folder) Walk(ctx context.Context, fn func(sha string, size int64) error) error {
	return fs.WalkDir(f.root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("list files: %w", err)
		case ctx.Err() != nil:
			return ctx.Err()
		case path == incoming:
			return fs.SkipDir
		case entry.IsDir() || !isHash(entry.Name()):
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted meanwhile
		}
		if err != nil {
			return fmt.Errorf("list files: %w", err)
		}
		return fn(entry.Name(), info.Size())
	})
}

func (f *folder) Sweep(ctx context.Context) error {
	left, err := fs.ReadDir(f.root.FS(), incoming)
	if err != nil {
		return fmt.Errorf("sweep files: %w", err)
	}
	for _, entry := range left {
		if err := f.root.Remove(incoming + "/" + entry.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("sweep files: %w", err)
		}
	}
	return ctx.Err()
}
