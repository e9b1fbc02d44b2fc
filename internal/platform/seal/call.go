package seal

import (
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The reasons why parts do not make a key.
var (
	ErrShare = errors.New("this is not a part of a key, or it is not written as it was given")
	ErrSame  = errors.New("both are the same part; the key needs two different ones")
	ErrOther = errors.New("the parts are of different keys")
)

// PrivateKey opens what is sealed to a call. It is put together by two holders, and
// is never stored.
type PrivateKey struct{ key hpke.PrivateKey }

// The algorithms (RFC 9180). The pair of ML-KEM-768 and X25519 holds as long as one
// of the two does: what is sealed today must not be read when somebody has built a
// quantum computer.
func algorithms() (hpke.KEM, hpke.KDF, hpke.AEAD) {
	return hpke.MLKEM768X25519(), hpke.HKDFSHA256(), hpke.AES256GCM()
}

// NewCallKey makes a key and splits its private half in three parts, as text that a
// person can keep and paste. Two parts make the key; one alone says nothing of it.
func NewCallKey() (public []byte, shares [3]string, err error) {
	kem, _, _ := algorithms()
	key, err := kem.GenerateKey()
	if err != nil {
		return nil, shares, fmt.Errorf("a new key: %w", err)
	}
	seed, err := key.Bytes()
	if err != nil {
		return nil, shares, fmt.Errorf("the private half of a new key: %w", err)
	}
	public = key.PublicKey().Bytes()
	for i, part := range split(seed, random(len(seed))) {
		shares[i] = share{number: byte(i + 1), key: keyID(public), part: part}.String()
	}
	return public, shares, nil
}

func random(n int) []byte {
	out := make([]byte, n)
	rand.Read(out) // never fails: it ends the program instead
	return out
}

// Combine puts a key together from two of its parts, in any order. Errors:
// [ErrShare], [ErrSame], [ErrOther].
func Combine(a, b string) (*PrivateKey, error) {
	one, err := parse(a)
	if err != nil {
		return nil, err
	}
	two, err := parse(b)
	if err != nil {
		return nil, err
	}
	switch {
	case one.key != two.key:
		return nil, ErrOther
	case one.number == two.number:
		return nil, ErrSame
	}
	kem, _, _ := algorithms()
	key, err := kem.NewPrivateKey(join(one.number, one.part, two.number, two.part))
	if err != nil || keyID(key.PublicKey().Bytes()) != one.key {
		return nil, ErrOther // somebody made parts that look right
	}
	return &PrivateKey{key}, nil
}

// Public gives the half that everybody may know, as [NewCallKey] gave it.
func (k *PrivateKey) Public() []byte { return k.key.PublicKey().Bytes() }

// Seal seals plain to the key with the public half, so that it opens only for the
// same context, which says whose it is. The box is 1136 bytes longer than plain.
func Seal(public []byte, context string, plain []byte) ([]byte, error) {
	kem, kdf, aead := algorithms()
	key, err := kem.NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("the key of the call: %w", err)
	}
	box, err := hpke.Seal(key, kdf, aead, []byte("funn call "+context), plain)
	if err != nil {
		return nil, fmt.Errorf("sealing to the key of the call: %w", err)
	}
	return box, nil
}

// Open opens a box that [Seal] made. Error: [ErrOpen].
func (k *PrivateKey) Open(context string, box []byte) ([]byte, error) {
	_, kdf, aead := algorithms()
	plain, err := hpke.Open(k.key, kdf, aead, []byte("funn call "+context), box)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Commitment is what may be kept of a part to know it again: a hash, in hex, from
// which the part cannot be found. It is empty for a text that is no part.
func Commitment(text string) string {
	s, err := parse(text)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(append([]byte("funn commitment"), s.body()...))
	return hex.EncodeToString(sum[:])
}

// CheckShare says whether the text is the part that the commitment is of.
func CheckShare(text, commitment string) bool {
	return commitment != "" && Commitment(text) == commitment
}

// share is one part of a private key.
type share struct {
	number byte    // 1, 2 or 3
	key    [8]byte // which key it is of: the start of the public half's hash
	part   []byte  // as long as the private key
}

const partSize = 32 // bytes of the private key

func keyID(public []byte) [8]byte {
	sum := sha256.Sum256(public)
	return [8]byte(sum[:])
}

// letters are Crockford's: none of them is taken for another.
var letters = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// body is the version and number, the key it is of, and the part.
func (s share) body() []byte {
	return slices.Concat([]byte{version<<4 | s.number}, s.key[:], s.part)
}

func checksum(body []byte) []byte {
	sum := sha256.Sum256(append([]byte("funn part"), body...))
	return sum[:4]
}

// String gives twelve groups of six letters and digits.
func (s share) String() string {
	body := s.body()
	text := letters.EncodeToString(append(body, checksum(body)...))
	var groups []string
	for group := range slices.Chunk([]byte(text), 6) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-")
}

// parse reads a part as a person may have kept it: in small letters, over several
// lines, with O for 0, without the hyphens.
func parse(text string) (share, error) {
	if len(text) > 1000 {
		return share{}, ErrShare
	}
	text = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(text))
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z') }), "")
	raw, err := letters.DecodeString(text)
	if err != nil || len(raw) != 1+8+partSize+4 {
		return share{}, ErrShare
	}
	body, sum := raw[:len(raw)-4], raw[len(raw)-4:]
	s := share{number: body[0] & 15, key: [8]byte(body[1:9]), part: body[9:]}
	if body[0]>>4 != version || s.number < 1 || s.number > 3 || !slices.Equal(sum, checksum(body)) {
		return share{}, ErrShare
	}
	return s, nil
}
