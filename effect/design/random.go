package design

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// stream is the source of all random decisions. Its methods are written out
// here because those of math/rand/v2 may change their algorithms between
// versions of Go, while the ChaCha8 stream itself is specified.
type stream struct{ *rand.ChaCha8 }

// newStream keys a stream by a seed and the use it is put to, so that two
// uses of one seed are independent.
func newStream(seed uint64, use string) stream {
	key := sha256.Sum256(append([]byte("funn/effect/design/1:"+use+":"), binary.BigEndian.AppendUint64(nil, seed)...))
	return stream{rand.NewChaCha8(key)}
}

// below returns a number in [0, n), every one equally likely (D. Lemire, "Fast
// random integer generation in an interval", ACM TOMACS 29, 2019).
func (s stream) below(n int) int {
	hi, lo := bits.Mul64(s.Uint64(), uint64(n))
	if lo < uint64(n) {
		for threshold := -uint64(n) % uint64(n); lo < threshold; {
			hi, lo = bits.Mul64(s.Uint64(), uint64(n))
		}
	}
	return int(hi)
}

// shuffle puts a slice in random order (Fisher and Yates).
func shuffle[T any](s stream, v []T) {
	for i := len(v) - 1; i > 0; i-- {
		j := s.below(i + 1)
		v[i], v[j] = v[j], v[i]
	}
}
