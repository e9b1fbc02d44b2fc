package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"funn/internal/platform/fault"
)

func TestMain(m *testing.M) {
	os.Setenv("AWS_ACCESS_KEY_ID", "test")
	os.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	if dir := os.Getenv("FUNN_BLOB_TEST_DIR"); dir != "" {
		if err := upload(dir); err != nil {
			fmt.Println("failed:", err)
		}
		return
	}
	os.Exit(m.Run())
}

// objectStore starts an S3 server with one bucket and gives its address.
func objectStore(t testing.TB) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("files"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// each runs a test on every kind of store.
func each(t *testing.T, test func(t *testing.T, s Store)) {
	t.Parallel()
	for name, address := range map[string]string{
		"folder": "file://" + t.TempDir() + "/not/yet there",
		"s3":     "s3://files?region=eu-north-1&tls=off&endpoint=" + objectStore(t),
		"gs":     "gs://files/a/prefix/?region=auto&tls=off&endpoint=" + objectStore(t),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(context.Background(), address)
			if err != nil {
				t.Fatal(err)
			}
			test(t, s)
		})
	}
}

func hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func keep(t *testing.T, s Store, content string) Ref {
	t.Helper()
	ref, err := s.Put(context.Background(), strings.NewReader(content), 10_000_000)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func content(t *testing.T, s Store, sha string) string {
	t.Helper()
	f, err := s.Open(context.Background(), sha)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(b)) != f.Size() {
		t.Errorf("size %d of %d bytes", f.Size(), len(b))
	}
	return string(b)
}

func kept(t *testing.T, s Store) map[string]int64 {
	t.Helper()
	got := map[string]int64{}
	if err := s.Walk(context.Background(), func(sha string, size int64) error { got[sha] = size; return nil }); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestKeeps(t *testing.T) {
	each(t, func(t *testing.T, s Store) {
		ctx := context.Background()
		large := strings.Repeat("Ære være. ", 500_000)
		for text, want := range map[string]string{"": "application/octet-stream", "tekst": "text/plain", large: "text/plain", "%PDF-1.7 %%EOF": "application/pdf", "\x00\x01": "application/octet-stream"} {
			ref := keep(t, s, text)
			if diff := cmp.Diff(Ref{hash(text), int64(len(text)), want}, ref); diff != "" {
				t.Error(diff)
			}
			if got := content(t, s, ref.SHA256); got != text {
				t.Errorf("kept %d bytes, got %d", len(text), len(got))
			}
			if err := Verify(ctx, s, ref.SHA256); err != nil {
				t.Error(err)
			}
			keep(t, s, text)
		}
		if got := kept(t, s); len(got) != 5 || got[hash(large)] != int64(len(large)) {
			t.Errorf("kept %v", got)
		}
		f, err := s.Open(ctx, hash(large))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Range", "bytes=12-20")
		http.ServeContent(w, r, "", time.Time{}, f)
		if w.Code != http.StatusPartialContent || w.Body.String() != large[12:21] {
			t.Errorf("a part of it: %d %q", w.Code, w.Body)
		}
	})
}

func TestAbsent(t *testing.T) {
	each(t, func(t *testing.T, s Store) {
		ctx := context.Background()
		keep(t, s, "there")
		for _, sha := range []string{hash("absent"), "", "..", "../../etc/passwd", "incoming", strings.ToUpper(hash("there")), hash("there") + "/", hash("there")[:63] + "\x00"} {
			if f, err := s.Open(ctx, sha); fault.Of(err) != fault.NotFound {
				t.Errorf("open %q: %v, %v; want NotFound", sha, f, err)
			}
			if err := s.Delete(ctx, sha, time.Now().Add(time.Hour)); err != nil {
				t.Errorf("delete %q: %v", sha, err)
			}
		}
		if got := kept(t, s); len(got) != 1 {
			t.Errorf("kept %v", got)
		}
	})
}

func TestLimit(t *testing.T) {
	each(t, func(t *testing.T, s Store) {
		ctx := context.Background()
		if _, err := s.Put(ctx, strings.NewReader("12345"), 5); err != nil {
			t.Error(err)
		}
		_, err := s.Put(ctx, strings.NewReader("123456"), 5)
		if f, ok := fault.As(err); !ok || f.Kind != fault.TooLarge || f.Key != "file.too_large" {
			t.Errorf("got %v", err)
		}
		if got := kept(t, s); len(got) != 1 {
			t.Errorf("kept %v", got)
		}
	})
}

// Uploads that break off, 25 each by an end and by an error, leave nothing, and
// neither does one whose sender gives up.
func TestHalf(t *testing.T) {
	each(t, func(t *testing.T, s Store) {
		ctx := context.Background()
		cut := errors.New("connection reset")
		for i := range 25 {
			half := strings.NewReader(strings.Repeat("x", 1000*i))
			for _, end := range []error{io.ErrUnexpectedEOF, cut} {
				if _, err := s.Put(ctx, io.MultiReader(half, iotest.ErrReader(end)), 1_000_000); !errors.Is(err, end) {
					t.Errorf("got %v, want %v", err, end)
				}
			}
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := s.Put(gone, strings.NewReader("x"), 10); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if got := kept(t, s); len(got) != 0 {
			t.Errorf("kept %v", got)
		}
		if f, ok := s.(*folder); ok {
			if left, err := fs.ReadDir(f.root.FS(), incoming); err != nil || len(left) != 0 {
				t.Errorf("%d files left, %v", len(left), err)
			}
		}
		keep(t, s, "the next one works")
	})
}

// Deleting spares what somebody put since it was decided.
func TestDelete(t *testing.T) {
	each(t, func(t *testing.T, s Store) {
		ctx := context.Background()
		ref := keep(t, s, "a")
		keep(t, s, "b")
		decided := time.Now().Add(-time.Hour)
		if err := s.Delete(ctx, ref.SHA256, decided); err != nil || len(kept(t, s)) != 2 {
			t.Errorf("deleted though put since, %v", err)
		}
		if err := s.Delete(ctx, ref.SHA256, time.Now().Add(time.Hour)); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(map[string]int64{hash("b"): 1}, kept(t, s)); diff != "" {
			t.Error(diff)
		}
	})
}

// Putting again what is there renews it. The object store of this test tells
// times in seconds, so only the folder is tried.
func TestPutAgainRenews(t *testing.T) {
	t.Parallel()
	s, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ref := keep(t, s, "a")
	_, name := place(ref.SHA256)
	if err := s.root.Chtimes(name, time.Now(), time.Now().Add(-48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	keep(t, s, "a")
	if err := s.Delete(context.Background(), ref.SHA256, time.Now().Add(-24*time.Hour)); err != nil || len(kept(t, s)) != 1 {
		t.Errorf("a file that was just put again was deleted, %v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s Store) {
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for j := range 10 {
					text := fmt.Sprint(j % 5) // the same from all
					ref, err := s.Put(context.Background(), strings.NewReader(text), 10)
					if err != nil || ref.SHA256 != hash(text) {
						t.Errorf("%d: %v, %v", i, ref, err)
					}
					if err := Verify(context.Background(), s, ref.SHA256); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if got := kept(t, s); len(got) != 5 {
			t.Errorf("kept %v", got)
		}
	})
}

func TestWalkStops(t *testing.T) {
	each(t, func(t *testing.T, s Store) {
		for _, c := range []string{"a", "b", "c"} {
			keep(t, s, c)
		}
		stop := errors.New("stop")
		n := 0
		if err := s.Walk(context.Background(), func(string, int64) error { n++; return stop }); !errors.Is(err, stop) || n != 1 {
			t.Errorf("%d files, %v", n, err)
		}
		if err := s.Sweep(context.Background()); err != nil {
			t.Error(err)
		}
		if got := kept(t, s); len(got) != 3 {
			t.Errorf("kept %v after sweeping", got)
		}
	})
}

// Content that has changed on the disk is found, and a link out of the folder
// leads nowhere.
func TestTampered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	ref := keep(t, s, "content")
	path := filepath.Join(dir, ref.SHA256[:2], ref.SHA256)
	if err := os.WriteFile(path, []byte("Content"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Verify(context.Background(), s, ref.SHA256); err == nil {
		t.Error("changed content was not found")
	}
	outside := filepath.Join(t.TempDir(), "secret")
	if err := errors.Join(os.WriteFile(outside, []byte("secret"), 0o600), os.Remove(path), os.Symlink(outside, path)); err != nil {
		t.Fatal(err)
	}
	if f, err := s.Open(context.Background(), ref.SHA256); err == nil {
		t.Errorf("followed a link out of the folder: %v", f)
	}
	info, err := os.Stat(dir + "/" + incoming)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others may read the folder: %v, %v", info.Mode(), err)
	}
}

type full struct{ bytes.Reader }

func (*full) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	_, err := spool(context.Background(), &full{}, strings.NewReader("x"), 10)
	if fault.Of(err) != fault.Full {
		t.Errorf("got %v, want Full", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{
		"", "relative", "file://relative/path", "file:relative", "ftp://host/x", "file://" + file, "s3://%zz",
		"s3://absent?tls=off&region=x&endpoint=" + objectStore(t), "s3://files?tls=off&region=x&endpoint=127.0.0.1:1",
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		if s, err := Open(ctx, address); err == nil {
			t.Errorf("%s: opened %v", address, s)
		}
		cancel()
	}
}

func TestObjectStoreDown(t *testing.T) {
	t.Parallel()
	backend := s3mem.New()
	if err := backend.CreateBucket("files"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	s, err := Open(context.Background(), "s3://files?region=x&tls=off&endpoint="+strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	ref := keep(t, s, "a")
	server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	_, perr := s.Put(ctx, strings.NewReader("b"), 10)
	_, oerr := s.Open(ctx, ref.SHA256)
	for _, err := range []error{perr, oerr, s.Delete(ctx, ref.SHA256, time.Now()), s.Walk(ctx, func(string, int64) error { return nil })} {
		if fault.Of(err) != fault.Unavailable {
			t.Errorf("got %v, want Unavailable", err)
		}
	}
}

// upload is the program that TestKilled kills: it says the hash of each file
// once that is acknowledged.
func upload(dir string) error {
	s, err := openFolder(dir)
	if err != nil {
		return err
	}
	for {
		ref, err := s.Put(context.Background(), io.LimitReader(slow{}, 1+rand.Int64N(300_000)), 1_000_000)
		if err != nil {
			return err
		}
		fmt.Println(ref.SHA256)
	}
}

type slow struct{}

func (slow) Read(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	for i := range p {
		p[i] = byte(rand.IntN(256))
	}
	return len(p), nil
}

// The program is killed while it writes, ten times: every acknowledged file is
// there and whole, nothing else is, and a sweep takes the rest away.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acknowledged, left := 0, 0
	for range 10 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "FUNN_BLOB_TEST_DIR="+dir)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(100+rand.IntN(100)) * time.Millisecond)
		_ = cmd.Process.Kill() // SIGKILL: nothing is tidied up
		_ = cmd.Wait()

		s, err := openFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Fields(out.String())
		for _, sha := range said {
			if err := Verify(context.Background(), s, sha); err != nil {
				t.Error(err)
			}
		}
		acknowledged += len(said)
		rest, err := os.ReadDir(filepath.Join(dir, incoming))
		if err != nil {
			t.Fatal(err)
		}
		left += len(rest)
		for sha := range kept(t, s) {
			if err := Verify(context.Background(), s, sha); err != nil {
				t.Error(err)
			}
		}
		if err := s.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if rest, err := os.ReadDir(filepath.Join(dir, incoming)); err != nil || len(rest) != 0 {
			t.Errorf("%d files left after sweeping, %v", len(rest), err)
		}
	}
	t.Logf("%d files acknowledged, %d half ones swept", acknowledged, left)
	if acknowledged == 0 || left == 0 {
		t.Error("the kills came before or after everything")
	}
}
