package app

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"funn/internal/platform/db"
)

func nothing(string) string { return "" }

// The demo starts on an empty folder, says where it listens, keeps its data, and
// what is altered behind its back is named by check.
func TestDemoAndCheck(t *testing.T) {
	dir := t.TempDir()
	start := func() (stop func() int, address string) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		read, write := io.Pipe()
		done := make(chan int, 1)
		go func() {
			done <- Run(ctx, []string{"demo", "--addr", "127.0.0.1:0", "--data", dir}, nothing, write, io.Discard)
			write.Close()
		}()
		line := make([]byte, 200)
		n, err := read.Read(line)
		if err != nil {
			t.Fatalf("no ready line: %v", err)
		}
		address = regexp.MustCompile(`http://[0-9.:]+`).FindString(string(line[:n]))
		if !strings.Contains(string(line[:n]), "ready") || address == "" {
			t.Fatalf("the first line is %q, want one with ready and the address", line[:n])
		}
		go io.Copy(io.Discard, read)
		return func() int { cancel(); return <-done }, address
	}
	check := func() (int, string) {
		var out bytes.Buffer
		return Run(t.Context(), []string{"check", "--data", dir}, nothing, &out, &out), out.String()
	}
	first := ""   // the address that the demo was filled at
	for range 2 { // the second start finds what the first kept
		stop, address := start()
		if first == "" {
			first = address
		}
		for _, path := range []string{"/", "/isalive", "/isready", "/metrics", "/logginn"} {
			deadline := time.Now().Add(20 * time.Second)
			for {
				res, err := http.Get(address + path)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				if res.StatusCode == http.StatusOK {
					break
				}
				if path != "/isready" || time.Now().After(deadline) {
					t.Fatalf("%s answers %d", path, res.StatusCode)
				}
				time.Sleep(20 * time.Millisecond) // the search index is being filled
			}
		}
		letters := post(t, address)
		if links := regexp.MustCompile(`http://[^\s<>"&]+`).FindAllString(letters, -1); len(links) == 0 {
			t.Error("no letter links anywhere")
		} else if i := slices.IndexFunc(links, func(l string) bool { return !strings.HasPrefix(l, first+"/") }); i >= 0 {
			t.Errorf("a letter links to %s, want %s/…", links[i], first)
		}
		if status := stop(); status != 0 {
			t.Fatalf("the demo ended with %d", status)
		}
		if status, out := check(); status != 0 || !strings.Contains(out, " 0 problems") {
			t.Fatalf("check of an untouched demo: %d\n%s", status, out)
		}
	}
	pool, err := sql.Open("sqlite", filepath.Join(dir, "funn.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(`UPDATE event SET actor_name = actor_name || '.' WHERE command = 'choose' AND seq = (SELECT min(seq) FROM event WHERE command = 'choose')`); err != nil {
		t.Fatal(err)
	}
	if status, out := check(); status != 1 || !strings.Contains(out, "choose") || !strings.Contains(out, "altered") {
		t.Errorf("check after one byte was altered: %d\n%s", status, out)
	}
}

// post gives the page with the demo's letters.
func post(t *testing.T, address string) string {
	t.Helper()
	res, err := http.Get(address + "/demo/post")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// Wrong use is 2, a refusal 1, and the demo keeps to this machine.
func TestExitStatus(t *testing.T) {
	for _, c := range []struct {
		args []string
		want int
		says string
	}{
		{[]string{}, 2, "demo"},
		{[]string{"finn"}, 2, "finn"},
		{[]string{"demo", "--today", "i går"}, 2, "2023-01-02"},
		{[]string{"demo", "--addr", "0.0.0.0:0"}, 1, "this machine only"},
		{[]string{"serve"}, 1, "FUNN_DATABASE_URL"},
		{[]string{"migrate"}, 1, "FUNN_DATABASE_URL"},
		{[]string{"--help"}, 0, "demo"},
	} {
		var out bytes.Buffer
		if got := Run(t.Context(), c.args, nothing, &out, &out); got != c.want || !strings.Contains(out.String(), c.says) {
			t.Errorf("funn %v: %d, want %d, and %q in:\n%s", c.args, got, c.want, c.says, out.String())
		}
	}
}

// serve refuses settings that contradict each other and says which.
func TestSettings(t *testing.T) {
	good := map[string]string{
		"FUNN_DATABASE_URL": "sqlite:funn.db", "FUNN_BASE_URL": "https://funn.example.no", "FUNN_FILES_URL": "file:///tmp/f",
		"FUNN_OIDC_ISSUER": "https://login.example.no", "FUNN_OIDC_CLIENT_ID": "funn", "FUNN_OIDC_CLIENT_SECRET": "s", "FUNN_ROLES": "g=fou",
	}
	if _, addr, err := fromEnvironment(func(n string) string { return good[n] }); err != nil || addr != ":8080" {
		t.Fatalf("good settings: %q, %v", addr, err)
	}
	for name, value := range map[string]string{
		"FUNN_DATABASE_URL": "", "FUNN_FILES_URL": "", "FUNN_OIDC_ISSUER": "", "FUNN_OIDC_CLIENT_ID": "", "FUNN_ROLES": "",
		"FUNN_BASE_URL": "http://funn.example.no", "FUNN_TRUSTED_PROXIES": "ingress", "FUNN_SECRET": "hemmelig",
		"FUNN_SECRET_FORMER": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
	} {
		_, _, err := fromEnvironment(func(n string) string {
			if n == name {
				return value
			}
			return good[n]
		})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%q: %v, want a refusal that names it", name, value, err)
		}
	}
}

// The secret of a program on SQLite lies in a file of its own, the same each time, and
// the settings' goes before it.
func TestSecretBesideTheDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "funn.db")
	first, err := secretBeside(path)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := secretBeside(path); err != nil || again != first {
		t.Errorf("another secret the second time, %v", err)
	}
	if info, err := os.Stat(path + ".key"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file of the secret: %v, %v", info, err)
	}
	s, _, _ := fromEnvironment(func(n string) string {
		return map[string]string{"FUNN_SECRET": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}[n]
	})
	if string(s.Secret[:]) != "01234567890123456789012345678901" {
		t.Errorf("the secret of the settings is read as %q", s.Secret)
	}
}

// A database from before an upgrade is brought along: what the records' tasks, links
// and search documents are now is made when the schema changes, and no record looks
// altered.
func TestUpgradeBringsRecordsAlong(t *testing.T) {
	dir, today, log := t.TempDir(), time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC), slog.New(slog.DiscardHandler)
	count := func(h *house, table string) int {
		n, err := db.One[int](t.Context(), h.db, "SELECT count(*) FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	h, err := openDemo(t.Context(), dir, "http://localhost", today, log)
	if err != nil {
		t.Fatal(err)
	}
	tasks, documents := count(h, "task"), count(h, "search_doc")
	for _, old := range []string{"DELETE FROM task", "DELETE FROM search_doc", "DROP TABLE login_link", "DELETE FROM goose_db_version WHERE version_id = 32"} {
		if _, err := h.db.Exec(t.Context(), old); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	if h, err = openDemo(t.Context(), dir, "http://localhost", today, log); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	if n := count(h, "task"); n != tasks || n == 0 {
		t.Errorf("%d tasks, want %d", n, tasks)
	}
	if n := count(h, "search_doc"); n != documents || n == 0 {
		t.Errorf("%d documents, want %d", n, documents)
	}
	if _, _, problems, err := h.engine.Check(t.Context(), nil); err != nil || len(problems) > 0 {
		t.Errorf("check: %v, %v", problems, err)
	}
}
