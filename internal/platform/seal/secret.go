// Package seal hides what nobody may read yet.
//
// There are two sorts of hiding. A [Secret] lies outside the database, with the
// program: what it seals, the program can open at any time, and whoever has only the
// database cannot. The key of a call lies nowhere: its private half is split between
// three persons when it is made, and any two of them put it together again. What is
// sealed to it, neither the program nor whoever runs it can open before they do.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The reasons why something cannot be opened.
var (
	// ErrOpen is a box that was sealed with something else, for something else, or
	// is not whole. It does not say which, since nobody can know.
	ErrOpen = errors.New("this cannot be opened with the key, for this use")
	// ErrSecret is a text or a file that is no secret.
	ErrSecret = errors.New("a secret is 32 bytes in base64; make one with: head -c 32 /dev/urandom | base64")
)

// Secret is what the program seals with what it must be able to open by itself. It
// comes from outside the database, and is never written to it.
type Secret [32]byte

// NewSecret makes one.
func NewSecret() Secret {
	var s Secret
	rand.Read(s[:]) // never fails: it ends the program instead
	return s
}

// ParseSecret reads 32 bytes in base64, of the usual or the URL kind. Error:
// [ErrSecret], which does not repeat the text.
func ParseSecret(text string) (Secret, error) {
	text = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimSpace(text)), "=")
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw) != len(Secret{}) || Secret(raw) == (Secret{}) {
		return Secret{}, ErrSecret
	}
	return Secret(raw), nil
}

// SecretFile reads the secret in a file that only its owner may read, and makes the
// file when there is none. Errors: [ErrSecret]; a file that others may read; of the
// file system.
func SecretFile(path string) (Secret, error) {
	for {
		text, err := os.ReadFile(path)
		if err == nil {
			info, err := os.Stat(path)
			if err != nil {
				return Secret{}, err
			}
			if info.Mode().Perm()&0o077 != 0 {
				return Secret{}, fmt.Errorf("%s can be read by others than its owner; chmod 600 it, or make a new secret if somebody may have read it", path)
			}
			s, err := ParseSecret(string(text))
			if err != nil {
				return Secret{}, fmt.Errorf("%s: %w", path, err)
			}
			return s, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return Secret{}, err
		}
		if err := writeSecret(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return Secret{}, fmt.Errorf("a new secret: %w", err)
		}
	}
}

// writeSecret makes the file whole or not at all: of two programs that start at once
// one makes it, and the other reads what the first made.
func writeSecret(path string) error {
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(part.Name()) //nolint:errcheck // a part left behind is of no use to anybody, and the name is taken by then
	s := NewSecret()
	_, err = part.WriteString(base64.StdEncoding.EncodeToString(s[:]) + "\n")
	if err := errors.Join(err, part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Link(part.Name(), path)
}

// version begins every box, so that another way of sealing can come later.
const version = 1

// aead gives the cipher for a use. Each use has a key of its own, so that a box that
// is moved from one place to another cannot be opened there.
func (s Secret) aead(purpose string) cipher.AEAD {
	if s == (Secret{}) {
		panic("seal: the secret was never set")
	}
	key, err := hkdf.Key(sha256.New, s[:], nil, "funn "+purpose, 32)
	if err != nil {
		panic(err) // only for keys longer than this one
	}
	return gcm(key, cipher.NewGCMWithRandomNonce)
}

// gcm gives AES-256-GCM with a key of 32 bytes.
func gcm(key []byte, mode func(cipher.Block) (cipher.AEAD, error)) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the callers' keys have the right length
	}
	out, err := mode(block)
	if err != nil {
		panic(err)
	}
	return out
}

// Seal seals plain (AES-256-GCM) so that it opens only for the same purpose, which
// is a word in the code such as "draft", and context, which says whose it is, such as
// the id of a row. It panics when the secret is zero.
func (s Secret) Seal(purpose, context string, plain []byte) []byte {
	return s.aead(purpose).Seal([]byte{version}, nil, plain, []byte(context))
}

// Open opens a box that [Secret.Seal] made. Error: [ErrOpen].
func (s Secret) Open(purpose, context string, box []byte) ([]byte, error) {
	if !bytes.HasPrefix(box, []byte{version}) {
		return nil, ErrOpen
	}
	plain, err := s.aead(purpose).Open(nil, nil, box[1:], []byte(context))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Renew gives a box sealed with s in place of one that the former secret sealed. The
// box is the same, and changed false, when s opens it already. former may be zero:
// there was none. Error: [ErrOpen] when neither opens it.
func (s Secret) Renew(former Secret, purpose, context string, box []byte) (out []byte, changed bool, err error) {
	if _, err := s.Open(purpose, context, box); err == nil {
		return box, false, nil
	}
	if former == (Secret{}) {
		return nil, false, ErrOpen
	}
	plain, err := former.Open(purpose, context, box)
	if err != nil {
		return nil, false, err
	}
	return s.Seal(purpose, context, plain), true, nil
}
