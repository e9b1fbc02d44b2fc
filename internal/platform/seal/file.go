package seal

import (
	"bufio"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// A file is encrypted in chunks, so that it never has to lie in memory or readable
// on disk, and so that a part of it can be read. Each file has a key of its own.
// The nonce of a chunk is its number and whether it is the last: a chunk that is
// moved, left out or added does not open, and neither does a file cut short
// (STREAM: Hoang, Reyhanitabar, Rogaway, Vizár 2015).
const (
	chunk    = 64 << 10 // bytes of readable file
	overhead = 16       // that the cipher adds to each
)

// EncryptFile writes the file in r encrypted to w, and gives the key that opens it
// and the size of the readable file in bytes. Errors are those of w and r.
func EncryptFile(w io.Writer, r io.Reader) (key []byte, n int64, err error) {
	key = random(32)
	aead := gcm(key, cipher.NewGCM)
	in := bufio.NewReaderSize(r, chunk)
	plain, box := make([]byte, chunk), make([]byte, 0, chunk+overhead)
	for i := uint64(0); ; i++ {
		got, err := io.ReadFull(in, plain)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, n, fmt.Errorf("the file: %w", err)
		}
		n += int64(got)
		_, err = in.Peek(1)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, n, fmt.Errorf("the file: %w", err)
		}
		last := err != nil
		if _, err := w.Write(aead.Seal(box, nonce(i, last), plain[:got], nil)); err != nil {
			return nil, n, fmt.Errorf("the encrypted file: %w", err)
		}
		if last {
			return key, n, nil
		}
	}
}

func nonce(i uint64, last bool) []byte {
	out := make([]byte, 12)
	binary.BigEndian.PutUint64(out, i)
	if last {
		out[11] = 1
	}
	return out
}

// OpenFile reads an encrypted file of size bytes as the file it was; the section's
// Size is that file's. One that was cut short, or has another key, is refused at
// once; one that was altered further in when it is read there. Errors: [ErrOpen],
// and those of f.
func OpenFile(f io.ReaderAt, size int64, key []byte) (*io.SectionReader, error) {
	if len(key) != 32 || size < overhead {
		return nil, ErrOpen
	}
	d := &decrypter{file: f, size: size, aead: gcm(key, cipher.NewGCM), chunks: (size + chunk + overhead - 1) / (chunk + overhead)}
	if d.chunks > 1 && d.sizeOf(d.chunks-1) <= 0 {
		return nil, ErrOpen
	}
	if _, err := d.chunk(d.chunks - 1); err != nil {
		return nil, err
	}
	return io.NewSectionReader(d, 0, size-overhead*d.chunks), nil
}

// decrypter reads a file chunk by chunk, and keeps the latest: who reads it a few
// bytes at a time opens each chunk once.
type decrypter struct {
	file   io.ReaderAt
	size   int64
	chunks int64
	aead   cipher.AEAD

	mu    sync.Mutex
	known bool
	at    int64
	plain []byte
	box   []byte
}

// sizeOf gives how much readable file is in a chunk.
func (d *decrypter) sizeOf(i int64) int64 {
	return min(chunk, d.size-i*(chunk+overhead)-overhead)
}

// chunk gives a chunk, which is good until the next one is asked for.
func (d *decrypter) chunk(i int64) ([]byte, error) {
	if d.known && d.at == i {
		return d.plain, nil
	}
	if d.box == nil {
		d.box, d.plain = make([]byte, chunk+overhead), make([]byte, 0, chunk)
	}
	d.known = false
	box := d.box[:d.sizeOf(i)+overhead]
	if n, err := d.file.ReadAt(box, i*(chunk+overhead)); n < len(box) {
		return nil, fmt.Errorf("the encrypted file: %w", err)
	}
	plain, err := d.aead.Open(d.plain[:0], nonce(uint64(i), i == d.chunks-1), box, nil)
	if err != nil {
		return nil, ErrOpen
	}
	d.known, d.at, d.plain = true, i, plain
	return plain, nil
}

// ReadAt reads from a place in the readable file.
func (d *decrypter) ReadAt(p []byte, off int64) (n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for n < len(p) {
		i := (off + int64(n)) / chunk
		if i >= d.chunks {
			return n, io.EOF
		}
		plain, err := d.chunk(i)
		if err != nil {
			return n, err
		}
		from := off + int64(n) - i*chunk
		if from >= int64(len(plain)) {
			return n, io.EOF
		}
		n += copy(p[n:], plain[from:])
	}
	return n, nil
}
