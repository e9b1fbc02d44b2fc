package test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"funn/internal/app"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/web"
)

// serveVariable makes the tests' own program a server that can be killed: the address
// of its database, a bar, and its folder.
const serveVariable = "FUNN_TEST_SERVE"

func TestMain(m *testing.M) {
	if where := os.Getenv(serveVariable); where != "" {
		fmt.Fprintln(os.Stderr, serve(where))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// serve opens the demo and answers until it is killed. It tells its address first.
func serve(where string) error {
	address, dir, _ := strings.Cut(where, "|")
	running, err := app.OpenDemo(context.Background(), address, dir, demoDay, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, running.Close())
	}
	fmt.Println("http://" + listener.Addr().String())
	return http.Serve(listener, running.Handler)
}

// inProcess lets the site be answered by a process of its own from now on; kill ends
// that in the middle of what it does.
func (s *site) inProcess(t *testing.T, dir string) (kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveVariable+"="+s.address+"|"+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	killed := false
	kill = func() {
		if !killed {
			killed = true
			_ = cmd.Process.Kill() // SIGKILL: nothing is tidied up
			_ = cmd.Wait()         // says that it was killed
		}
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server does not start: %v", err)
	}
	s.URL = strings.TrimSpace(line)
	return kill
}

// F10: the program is killed in the middle of an upload, as a file comes to the store,
// and in the middle of a sending. Nothing is half: what was acknowledged is there and
// whole, what was not is whole or absent, a new start takes away what was on its way,
// and the night's sweep what was kept and not noted.
func TestKilledWhileReceiving(t *testing.T) {
	kills := 3
	if os.Getenv("FUNN_GATE") == "full" {
		kills = 10
	}
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	dbtest.Addresses(t, func(t *testing.T, address string) {
		dir := t.TempDir()
		s, stop := startIn(t, address, dir)
		r := rushed(t, s, 1)
		stop()
		k := &killing{site: s, w: r.writers[0], file: r.file, dir: dir, temporary: temporary, contents: map[string][]byte{}, acked: map[string]bool{}, keys: map[string]bool{}}
		for i := range kills {
			kill := s.inProcess(t, dir)
			k.whole(t)
			k.attach(t, fmt.Sprintf("etter-%d.txt", i), 1000) // the next upload works
			k.interrupt(t, i, kill)
		}
		kill := s.inProcess(t, dir)
		k.whole(t)
		kill()

		again, stop := startIn(t, address, dir)
		defer stop()
		s.Running, s.URL = again.Running, again.URL
		noted, err := db.All[string](t.Context(), s.Engine.DB, "SELECT DISTINCT stored FROM submission_file ORDER BY stored")
		if err != nil {
			t.Fatal(err)
		}
		before := k.stored(t)
		long := time.Now().AddDate(0, 0, -3)
		for _, sha := range before {
			if err := os.Chtimes(filepath.Join(dir, "files", sha[:2], sha), long, long); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := k.stored(t); !slices.Equal(after, noted) {
			t.Errorf("the store has %d files after the sweep, the database names %d", len(after), len(noted))
		}
		for _, x := range r.opened(t) {
			for _, f := range x.Content.V.Files {
				if _, body := s.get(t, "fou", k.w.at+"/vedlegg/"+f.Stored); body != string(k.contents[f.Name]) {
					t.Errorf("%s, which was sent, has %d of %d bytes", f.Name, len(body), len(k.contents[f.Name]))
				}
			}
		}
		t.Logf("%d kills: %d half files on their way, %d kept and not noted, %d uploads without an answer that are in; %d of %d sendings answered", kills, k.half, len(before)-len(noted), k.unanswered, k.answered, len(k.keys))
		if k.half == 0 {
			t.Error("no kill came in the middle of anything")
		}
	})
}

// killing is what TestKilledWhileReceiving knows of what it sent.
type killing struct {
	*site
	w              *writer
	file           string // question
	dir, temporary string
	contents       map[string][]byte // by the name of the file
	acked          map[string]bool   // names of files that were acknowledged and are in the draft
	keys           map[string]bool   // of forms sent; true once acknowledged

	half, unanswered, answered int
}

// stored gives the names of the files in the store.
func (k *killing) stored(t testing.TB) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(filepath.Join(k.dir, "files"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Name() == "incoming" {
			return fs.SkipDir
		}
		if err == nil && !e.IsDir() {
			out = append(out, e.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// underWay counts what is not whole: in the store, and encrypted on its way to it. The
// latter loses its name before anything is written to it, so a kill right between leaves
// a name without content, which is nothing of anybody's.
func (k *killing) underWay(t testing.TB) int {
	t.Helper()
	coming, err := os.ReadDir(filepath.Join(k.dir, "files", "incoming"))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := filepath.Glob(filepath.Join(k.temporary, "funn-sealed-*"))
	if err != nil {
		t.Fatal(err)
	}
	n := len(coming)
	for _, name := range sealed {
		if f, err := os.Stat(name); err == nil && f.Size() > 0 {
			n++
		}
	}
	return n
}

func (k *killing) content(name string, size int) []byte {
	k.contents[name] = bytes.Repeat([]byte(name+"\n"), size/(len(name)+1))
	return k.contents[name]
}

// attach uploads a file that must come in.
func (k *killing) attach(t testing.TB, name string, size int) {
	t.Helper()
	if res := k.w.attaches(t, k.file, name, k.content(name, size), nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the next upload: %d", res.StatusCode)
	}
	k.acked[name] = true
}

var listed = regexp.MustCompile(`href="([^"]+/vedlegg/([0-9a-f]{64}))"[^>]*>(?:<[^>]*>|\s)*([^<]+?)\s*<`)

// whole holds what a new start finds: everything acknowledged, nothing half.
func (k *killing) whole(t testing.TB) {
	t.Helper()
	if n := k.underWay(t); n > 0 {
		t.Errorf("%d half files are left after a new start", n)
	}
	for key, was := range k.keys {
		if res := k.w.send(t, k.w.at+"/send", values("_key", key)); res.StatusCode != http.StatusSeeOther {
			t.Errorf("a form sent again after a kill (acknowledged: %v): %d", was, res.StatusCode)
		}
		k.keys[key] = true
	}
	d, err := db.Open(t.Context(), k.address)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	number := strings.TrimPrefix(k.w.at, "/skisse/")
	count := func(query string) int {
		t.Helper()
		n, err := db.One[int](t.Context(), d, query, number)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	versions := count("SELECT count(*) FROM submission_version v JOIN record r ON r.id = v.submission WHERE r.number = $1")
	sent := count("SELECT b.sent FROM submission b JOIN record r ON r.id = b.id WHERE r.number = $1")
	events := count("SELECT count(*) FROM event e JOIN record r ON r.id = e.record_id WHERE r.number = $1 AND e.command = 'submit'")
	if versions != len(k.keys) || sent != versions || events != versions {
		t.Errorf("%d forms were sent: %d versions, %d counted, %d events", len(k.keys), versions, sent, events)
	}
	_, page := k.get(t, k.w.person, k.w.at+"/del/ide")
	there := map[string]string{}
	for _, m := range listed.FindAllStringSubmatch(page, -1) {
		there[m[3]] = m[1]
		if _, body := k.get(t, k.w.person, m[1]); body != string(k.contents[m[3]]) || body == "" {
			t.Errorf("%s has %d of %d bytes", m[3], len(body), len(k.contents[m[3]]))
		}
	}
	for name := range k.acked {
		if there[name] == "" {
			t.Errorf("%s was acknowledged and is gone", name)
		}
	}
	// Room for more; what was sent keeps its own.
	for name, href := range there {
		if !k.acked[name] {
			k.unanswered++
		}
		if res := k.w.send(t, href+"/fjern", values()); res.StatusCode != http.StatusSeeOther {
			t.Errorf("%s is removed: %d", name, res.StatusCode)
		}
		delete(k.acked, name)
	}
}

// interrupt sends something and kills the program in the middle of it.
func (k *killing) interrupt(t testing.TB, i int, kill func()) {
	t.Helper()
	name, done := fmt.Sprintf("drept-%d.txt", i), make(chan struct{})
	k.w.rushed = true // nobody answers
	defer func() { k.w.rushed = false }()
	switch i % 3 {
	case 0: // half has come
		body, in := io.Pipe()
		form := multipart.NewWriter(in)
		half := make(chan struct{})
		go func() {
			part, err := form.CreateFormFile("fil", name)
			if err == nil {
				_, err = part.Write(k.content(name, 2<<20))
			}
			close(half)
			if err != nil {
				_ = in.CloseWithError(err) // the reader is told
			}
		}()
		go func() {
			defer close(done)
			res, err := k.w.client.Post(k.URL+k.w.at+"/vedlegg/"+k.file, form.FormDataContentType(), body)
			k.w.answer(t, res, err)
		}()
		<-half
		time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
		k.half++
		kill()
		_ = in.Close()
	case 1: // as it comes to the store
		content, before := k.content(name, 4<<20), len(k.stored(t))
		go func() {
			defer close(done)
			if res := k.w.attaches(t, k.file, name, content, nil); res.StatusCode == http.StatusSeeOther {
				k.acked[name] = true
			}
		}()
		for until := time.Now().Add(20 * time.Second); k.underWay(t) == 0 && len(k.stored(t)) == before && time.Now().Before(until); {
			time.Sleep(100 * time.Microsecond)
		}
		if i%2 == 1 { // or when it has come
			for until := time.Now().Add(20 * time.Second); len(k.stored(t)) == before && time.Now().Before(until); {
				time.Sleep(100 * time.Microsecond)
			}
		}
		kill()
		if k.underWay(t) > 0 {
			k.half++
		}
	default: // while it is sent
		key := web.NewKey()
		k.keys[key] = false
		go func() {
			defer close(done)
			if res := k.w.send(t, k.w.at+"/send", values("_key", key)); res.StatusCode == http.StatusSeeOther {
				k.answered++
			}
		}()
		time.Sleep(time.Duration(rand.IntN(80)) * time.Millisecond)
		kill()
	}
	<-done
}
