package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// Every byte, every random byte and every pair of parts: the parts give the secret
// back. And for each part, every secret is as likely: it says nothing.
func TestSplitEveryByte(t *testing.T) {
	t.Parallel()
	var seen [3][256][256]bool // by part, its value, and the secret it could be of
	for s := range 256 {
		for r := range 256 {
			parts := split([]byte{byte(s)}, []byte{byte(r)})
			for x := range 3 {
				seen[x][parts[x][0]][s] = true
				for y := range 3 {
					if x == y {
						continue
					}
					if got := join(byte(x+1), parts[x], byte(y+1), parts[y])[0]; got != byte(s) {
						t.Fatalf("secret %d, random %d, parts %d and %d give %d", s, r, x+1, y+1, got)
					}
				}
			}
		}
	}
	for x := range seen {
		for v := range seen[x] {
			for s := range seen[x][v] {
				if !seen[x][v][s] {
					t.Fatalf("part %d with value %d rules out secret %d", x+1, v, s)
				}
			}
		}
	}
}

// The field is AES's: FIPS 197 § 4.2 multiplies 57 by 83 and 13.
func TestTimes(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ a, b, want byte }{{0x57, 0x83, 0xc1}, {0x57, 0x13, 0xfe}, {1, 0xab, 0xab}, {0, 0xff, 0}} {
		if got := times(x.a, x.b); got != x.want {
			t.Errorf("%x times %x is %x, want %x", x.a, x.b, got, x.want)
		}
	}
	for x := byte(1); x <= 3; x++ {
		if times(x, inverse[x]) != 1 {
			t.Errorf("%x is not the inverse of %d", inverse[x], x)
		}
	}
}

func newKey(t testing.TB) ([]byte, [3]string) {
	t.Helper()
	public, shares, err := NewCallKey()
	if err != nil {
		t.Fatal(err)
	}
	return public, shares
}

func TestAnyTwoOpen(t *testing.T) {
	t.Parallel()
	public, shares := newKey(t)
	other, others := newKey(t)
	box, err := Seal(public, "SK-1 2", []byte("kanarifugl"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(box, []byte("kanari")) || len(box) != len("kanarifugl")+1136 {
		t.Errorf("the box has %d bytes", len(box))
	}
	for i, a := range shares {
		for j, b := range shares {
			key, err := Combine(a, b)
			if i == j {
				if !errors.Is(err, ErrSame) {
					t.Errorf("the same part twice: %v", err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if plain, err := key.Open("SK-1 2", box); err != nil || string(plain) != "kanarifugl" || !bytes.Equal(key.Public(), public) {
				t.Errorf("parts %d and %d: %q, %v", i+1, j+1, plain, err)
			}
			if _, err := key.Open("SK-1 3", box); !errors.Is(err, ErrOpen) {
				t.Errorf("opened as another's: %v", err)
			}
		}
		if _, err := Combine(a, others[(i+1)%3]); !errors.Is(err, ErrOther) {
			t.Errorf("a part of another key: %v", err)
		}
	}
	wrong, err := Combine(others[0], others[2])
	if err != nil || !bytes.Equal(wrong.Public(), other) {
		t.Fatal(err)
	}
	if _, err := wrong.Open("SK-1 2", box); !errors.Is(err, ErrOpen) {
		t.Errorf("opened with another key: %v", err)
	}
	for _, bad := range [][]byte{nil, box[:20], box[:len(box)-1], append([]byte{0}, box...)} {
		if _, err := wrong.Open("SK-1 2", bad); !errors.Is(err, ErrOpen) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
	if _, err := Seal([]byte("no key"), "x", nil); err == nil {
		t.Error("sealed to something that is no key")
	}
	// Parts that were tampered with so that their checksum still holds.
	x, _ := parse(shares[0])
	x.part[3] ^= 1
	if _, err := Combine(x.String(), shares[1]); !errors.Is(err, ErrOther) {
		t.Errorf("a forged part: %v", err)
	}
}

func TestPartsAsTheyAreKept(t *testing.T) {
	t.Parallel()
	_, shares := newKey(t)
	_, others := newKey(t)
	mine := Commitment(shares[0])
	if len(mine) != 64 || len(shares[0]) != 12*6+11 {
		t.Fatalf("a part is %q, its commitment %q", shares[0], mine)
	}
	for name, text := range map[string]string{
		"as given": shares[0], "small": strings.ToLower(shares[0]), "no hyphens": strings.ReplaceAll(shares[0], "-", ""),
		"over lines": "  " + strings.ReplaceAll(shares[0], "-", "-\n\t") + "\r\n", "other letters": strings.NewReplacer("0", "o", "1", "l").Replace(shares[0]),
		"with typographic dashes": strings.ReplaceAll(shares[0], "-", " – "),
	} {
		if !CheckShare(text, mine) {
			t.Errorf("%s: not known again", name)
		}
	}
	for name, text := range map[string]string{"another's": shares[1], "of another key": others[0], "nothing": "", "cut": shares[0][:70], "twice": shares[0] + shares[0], "long": strings.Repeat("A", 1<<20), "prose": "Jeg har mistet den"} {
		if CheckShare(text, mine) {
			t.Errorf("%s: taken for the part", name)
		}
	}
	if CheckShare("nonsense", "") || CheckShare(shares[0], "") {
		t.Error("something was taken for a part of which nothing is known")
	}
}

// One letter wrong, or two that changed places, is always noticed.
func TestMistypedPart(t *testing.T) {
	t.Parallel()
	_, shares := newKey(t)
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	text := []byte(shares[0])
	for i, was := range text {
		if was == '-' {
			continue
		}
		for _, c := range []byte(alphabet) {
			if c == was {
				continue
			}
			text[i] = c
			if Commitment(string(text)) != "" {
				t.Fatalf("%s is taken for a part", text)
			}
		}
		text[i] = was
		if j := i + 1; j < len(text) && text[j] != '-' && text[j] != was {
			text[i], text[j] = text[j], was
			if Commitment(string(text)) != "" {
				t.Fatalf("%s is taken for a part", text)
			}
			text[j], text[i] = text[i], was
		}
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := NewSecret()
		purpose, context := rapid.String().Draw(t, "purpose"), rapid.String().Draw(t, "context")
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		box := s.Seal(purpose, context, plain)
		if got, err := s.Open(purpose, context, box); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%q, %v", got, err)
		}
		if bytes.Equal(box, s.Seal(purpose, context, plain)) {
			t.Fatal("the same twice is seen to be the same")
		}
		for name, f := range map[string]func() ([]byte, error){
			"another secret":  func() ([]byte, error) { return NewSecret().Open(purpose, context, box) },
			"another purpose": func() ([]byte, error) { return s.Open(purpose+"x", context, box) },
			"another context": func() ([]byte, error) { return s.Open(purpose, context+"x", box) },
			"cut": func() ([]byte, error) {
				return s.Open(purpose, context, box[:rapid.IntRange(0, len(box)-1).Draw(t, "cut")])
			},
			"altered": func() ([]byte, error) {
				bad := bytes.Clone(box)
				bad[rapid.IntRange(0, len(bad)-1).Draw(t, "place")] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
				return s.Open(purpose, context, bad)
			},
		} {
			if _, err := f(); !errors.Is(err, ErrOpen) {
				t.Fatalf("%s: %v", name, err)
			}
		}
	})
	defer func() {
		if recover() == nil {
			t.Error("something was sealed with a secret that was never set")
		}
	}()
	Secret{}.Seal("x", "y", nil)
}

func TestParseSecret(t *testing.T) {
	t.Parallel()
	want := NewSecret()
	want[0], want[1] = 0xfb, 0xff // + and / in base64
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if got, err := ParseSecret(" " + e.EncodeToString(want[:]) + "\n"); err != nil || got != want {
			t.Errorf("%v", err)
		}
	}
	for _, text := range []string{"", "hemmelig", base64.StdEncoding.EncodeToString(want[:31]), base64.StdEncoding.EncodeToString(append(want[:], 1)), strings.Repeat("A", 43) + "=", "ø" + base64.StdEncoding.EncodeToString(want[:])} {
		_, err := ParseSecret(text)
		if !errors.Is(err, ErrSecret) || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSecretFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "funn.key")
	got := make([]Secret, 8)
	var wait sync.WaitGroup
	for i := range got {
		wait.Go(func() {
			var err error
			if got[i], err = SecretFile(path); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, s := range got {
		if s != got[0] || s == (Secret{}) {
			t.Error("programs that started at once have different secrets")
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files are left", len(left))
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := SecretFile(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file that others may read: %v", err)
	}
	bad := filepath.Join(dir, "bad.key")
	if err := os.WriteFile(bad, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := SecretFile(bad); !errors.Is(err, ErrSecret) || !strings.Contains(err.Error(), bad) {
		t.Errorf("a file with something else: %v", err)
	}
	if _, err := SecretFile(filepath.Join(dir, "none", "funn.key")); err == nil {
		t.Error("made in a folder that does not exist")
	}
}

func encrypt(t testing.TB, plain []byte) (box, key []byte) {
	t.Helper()
	var out bytes.Buffer
	key, n, err := EncryptFile(&out, iotest.HalfReader(bytes.NewReader(plain)))
	if err != nil || n != int64(len(plain)) {
		t.Fatalf("%d bytes, %v", n, err)
	}
	return out.Bytes(), key
}

// The sizes round the border of a chunk, and everything that can be done to the
// chunks of a file.
func TestFile(t *testing.T) {
	t.Parallel()
	whole := random(3*chunk + 5)
	for _, size := range []int{0, 1, 15, 16, 17, chunk - 1, chunk, chunk + 1, 2*chunk - 1, 2 * chunk, 3*chunk + 5} {
		plain := whole[:size]
		box, key := encrypt(t, plain)
		f, err := OpenFile(bytes.NewReader(box), int64(len(box)), key)
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if f.Size() != int64(size) {
			t.Errorf("%d bytes are read as %d", size, f.Size())
		}
		if err := iotest.TestReader(f, plain); err != nil { // Read, Seek and ReadAt, at every border
			t.Errorf("%d bytes: %v", size, err)
		}
		_, other := encrypt(t, nil)
		const c = chunk + overhead
		for name, bad := range map[string][]byte{
			"nothing": nil, "cut by one": box[:len(box)-1], "with one more": append(bytes.Clone(box), 0),
			"without its first byte": box[1:], "with a tag more": append(bytes.Clone(box), make([]byte, overhead)...),
			"without its last chunk": box[:(len(box)-1)/c*c],
			"twice":                  append(bytes.Clone(box), box...),
		} {
			if same(bad, key, plain) {
				t.Errorf("%d bytes, %s: read as if nothing had happened", size, name)
			}
		}
		if same(box, other, plain) || same(box, key[:16], plain) || same(box, nil, plain) {
			t.Errorf("%d bytes: another key opens it", size)
		}
		if len(box) > 2*c {
			swapped := slices.Concat(box[c:2*c], box[:c], box[2*c:])
			if len(box) > 3*c {
				swapped = slices.Concat(box[2*c:3*c], box[c:2*c], box[:c], box[3*c:])
			}
			without := slices.Concat(box[:c], box[2*c:])
			altered := bytes.Clone(box)
			altered[c+100] ^= 1
			for name, bad := range map[string][]byte{"in another order": swapped, "without a chunk in the middle": without, "altered": altered} {
				if same(bad, key, plain) {
					t.Errorf("%d bytes, %s: read as if nothing had happened", size, name)
				}
			}
		}
	}
}

// same says whether the box opens and is wholly read without an error, or gives
// bytes that were never in the file.
func same(box, key, plain []byte) bool {
	f, err := OpenFile(bytes.NewReader(box), int64(len(box)), key)
	if err != nil {
		return false
	}
	got, err := io.ReadAll(f)
	return err == nil || !bytes.HasPrefix(plain, got)
}

func TestFileProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		plain := random(rapid.IntRange(0, 3*chunk).Draw(t, "size"))
		var out bytes.Buffer
		key, _, err := EncryptFile(&out, bytes.NewReader(plain))
		if err != nil {
			t.Fatal(err)
		}
		box := out.Bytes()
		f, err := OpenFile(bytes.NewReader(box), int64(len(box)), key)
		if err != nil {
			t.Fatal(err)
		}
		from := rapid.IntRange(0, len(plain)).Draw(t, "from")
		to := rapid.IntRange(from, len(plain)).Draw(t, "to")
		got := make([]byte, to-from)
		if n, err := f.ReadAt(got, int64(from)); err != nil && n < len(got) || !bytes.Equal(got, plain[from:to]) {
			t.Fatalf("from %d to %d of %d: %v", from, to, len(plain), err)
		}
		box[rapid.IntRange(0, len(box)-1).Draw(t, "place")] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		if same(box, key, plain) {
			t.Fatal("an altered file is read as if nothing had happened")
		}
	})
}

func TestFileErrors(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	if _, _, err := EncryptFile(io.Discard, io.MultiReader(bytes.NewReader(random(chunk)), iotest.ErrReader(stop))); !errors.Is(err, stop) {
		t.Errorf("a file that cannot be read: %v", err)
	}
	r, w := io.Pipe()
	_ = r.CloseWithError(stop)
	if _, _, err := EncryptFile(w, bytes.NewReader([]byte("x"))); !errors.Is(err, stop) {
		t.Errorf("a place that cannot be written to: %v", err)
	}
}

// Memory does not grow with the file.
func TestFileMemory(t *testing.T) {
	var small, large float64
	for size, out := range map[int64]*float64{1 << 20: &small, 64 << 20: &large} {
		r := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if _, _, err := EncryptFile(io.Discard, io.LimitReader(zeros{}, size)); err != nil {
					b.Fatal(err)
				}
			}
		})
		*out = float64(r.AllocedBytesPerOp())
	}
	if large > 300<<10 || large > 1.2*small {
		t.Errorf("a file of 1 MiB takes %.0f bytes, one of 64 MiB %.0f", small, large)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func BenchmarkEncryptFile(b *testing.B) {
	b.SetBytes(5 << 20)
	for b.Loop() {
		if _, _, err := EncryptFile(io.Discard, io.LimitReader(zeros{}, 5<<20)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	public, _ := newKey(b)
	plain := make([]byte, 20<<10) // a long application
	for b.Loop() {
		if _, err := Seal(public, "x", plain); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzParts(f *testing.F) {
	_, shares, _ := NewCallKey()
	f.Add(shares[0], shares[1])
	f.Add("", strings.Repeat("0", 72))
	f.Fuzz(func(t *testing.T, a, b string) {
		if key, err := Combine(a, b); err == nil && (Commitment(a) == "" || Commitment(b) == "" || Commitment(a) == Commitment(b) || key == nil) {
			t.Errorf("%q and %q make a key", a, b)
		}
	})
}
