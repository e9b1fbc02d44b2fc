package mail

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"mime"
	"mime/quotedprintable"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gomail "github.com/wneessen/go-mail"

	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/fault"
	"funn/internal/platform/jobs"
	"funn/internal/platform/lang"
)

var schema = []fs.FS{jobs.Migrations, Migrations}

var january = time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC)

func runner(d *db.DB, s Sender) *jobs.Runner {
	return &jobs.Runner{
		DB: d, Clock: clock.Real{}, Handlers: map[string]jobs.Handler{JobKind: Handler(d, s)},
		Workers: 1, Poll: 20 * time.Millisecond, Lease: 300 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
	}
}

func queue(t *testing.T, d *db.DB, letters ...Message) {
	t.Helper()
	for _, m := range letters {
		if err := Queue(context.Background(), d, m); err != nil {
			t.Fatal(err)
		}
	}
}

func runDue(t *testing.T, d *db.DB, s Sender) jobs.Counts {
	t.Helper()
	c, err := runner(d, s).RunDue(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func smtp(t *testing.T, s *server) *SMTP {
	t.Helper()
	out, err := OpenSMTP("smtp://" + s.address + "?from=" + "Funn+<funn@example.no>")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func list(t *testing.T, d *db.DB) []Letter {
	t.Helper()
	got, err := List(context.Background(), d, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// patience makes jobs that failed due again at once.
func patience(t *testing.T, d *db.DB) {
	t.Helper()
	if _, err := d.Exec(context.Background(), "UPDATE job SET lease_until = $1 WHERE worker IS NULL", time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
}

// A letter is queued exactly if the change is made, and once for a key.
func TestQueue(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		stop := errors.New("stop")
		err := d.Tx(ctx, func(ctx context.Context) error {
			if err := Queue(ctx, d, Message{To: "a@example.no", Subject: "Undone"}); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		first := Message{To: "a@example.no", Subject: "Kvittering\r\nBcc: all@example.no", Text: "Søknaden er mottatt.", Lang: "nb", Key: "receipt/1", At: january}
		second := Message{To: "Åse <aase@example.no>", Subject: "Påminning", Text: "x", Lang: "nn", Key: "reminder/1", At: january.Add(time.Hour)}
		queue(t, d, first, second, first)
		if got := runDue(t, d, Keep{}); got != (jobs.Counts{Done: 2}) {
			t.Errorf("got %+v", got)
		}
		got := list(t, d)
		for i := range got {
			if got[i].SentAt.IsZero() {
				t.Errorf("%s is not marked as sent", got[i].Key)
			}
			got[i].SentAt = time.Time{}
		}
		first.Subject = "Kvittering Bcc: all@example.no"
		if diff := cmp.Diff([]Letter{{Message: second}, {Message: first}}, got); diff != "" {
			t.Error(diff)
		}
		queue(t, d, Message{To: "b@example.no"}, Message{To: "b@example.no"})
		if got := runDue(t, d, Keep{}); got != (jobs.Counts{Done: 2}) {
			t.Errorf("letters without keys: %+v", got)
		}
		if n, err := Forget(ctx, d, time.Now().Add(time.Hour)); n != 4 || err != nil {
			t.Errorf("forgot %d, %v", n, err)
		}
		for _, to := range []string{"", "x", "a@b\r\nBcc: c@d", "a@b, c@d", "a@b\n"} {
			err := Queue(ctx, d, Message{To: to})
			f, ok := fault.As(err)
			if !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != "to" {
				t.Errorf("to %q: %v", to, err)
			}
		}
		if got := list(t, d); len(got) != 0 {
			t.Errorf("%d letters to nobody", len(got))
		}
	})
}

// What the server gets is the letter.
func TestLetter(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		s := serve(t)
		text := "Hei,\n\n.vi har mottatt søknaden. " + strings.Repeat("Æ ", 100) + "\nhttps://example.no/?a=b\n"
		queue(t, d, Message{To: "Åse <aase@example.no>", Subject: "Søknaden er sendt – FOU-2027-014", Text: text, Lang: "nb", Key: "receipt/1"})
		if got := runDue(t, d, smtp(t, s)); got.Done != 1 {
			t.Fatalf("got %+v", got)
		}
		got := s.seen()
		if len(got) != 1 {
			t.Fatalf("%d letters", len(got))
		}
		h := got[0].message.Header
		subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
		if err != nil || subject != "Søknaden er sendt – FOU-2027-014" {
			t.Errorf("subject %q, %v", subject, err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(got[0].body)))
		if err != nil || strings.ReplaceAll(strings.TrimRight(string(body), "\r\n"), "\r\n", "\n") != strings.TrimRight(text, "\n") {
			t.Errorf("body %q, %v", body, err)
		}
		for name, want := range map[string]string{
			"From": `"Funn" <funn@example.no>`, "Content-Language": "nb", "Auto-Submitted": "auto-generated", "Content-Type": "text/plain; charset=UTF-8",
		} {
			if h.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, h.Get(name), want)
			}
		}
		if !strings.HasPrefix(got[0].to, "RCPT TO:<aase@example.no>") {
			t.Error(got[0].to)
		}
		if strings.Contains(got[0].id, "receipt") || !strings.HasSuffix(got[0].id, "@example.no>") {
			t.Errorf("Message-ID %q", got[0].id)
		}
		if when, err := h.Date(); err != nil || time.Since(when) > time.Minute {
			t.Errorf("dated %v, %v", when, err)
		}
		if kept := list(t, d); kept[0].Text != "" || kept[0].SentAt.IsZero() {
			t.Errorf("the text is kept after it was sent: %+v", kept[0])
		}
	})
}

// Whatever the server does, a letter is lost never, and repeated only when the
// server did not say that it took it.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		mode   mode
		want   jobs.Counts
		copies int // once the server works again
	}{
		{"421", busy, jobs.Counts{Failed: 1}, 1},
		{"drops in the middle", dropsInData, jobs.Counts{Failed: 1}, 1},
		{"drops before it answers", dropsTaken, jobs.Counts{Failed: 1}, 2},
		{"drops after it answered", dropsAfter, jobs.Counts{Done: 1}, 1},
		{"knows no such recipient", refuses, jobs.Counts{GaveUp: 1}, 0},
		{"takes nothing from us", forbids, jobs.Counts{Failed: 1}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.SQLite(t, schema...)
			s := serve(t)
			queue(t, d, Message{To: "a@example.no", Key: "k"})
			s.be(test.mode)
			if got := runDue(t, d, smtp(t, s)); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			s.be(works)
			patience(t, d)
			runDue(t, d, smtp(t, s))
			got := s.copies()
			if n := got["<"+smtp(t, s).messageID("k")+">"]; n != test.copies || len(got) != min(1, test.copies) {
				t.Errorf("%d copies of %v, want %d", n, got, test.copies)
			}
		})
	}
	t.Run("is down", func(t *testing.T) {
		t.Parallel()
		d := dbtest.SQLite(t, schema...)
		s := serve(t)
		queue(t, d, Message{To: "a@example.no", Key: "k"})
		s.down()
		if got := runDue(t, d, smtp(t, s)); got != (jobs.Counts{Failed: 1}) {
			t.Errorf("got %+v", got)
		}
		s.up(t)
		patience(t, d)
		if got := runDue(t, d, smtp(t, s)); got != (jobs.Counts{Done: 1}) {
			t.Errorf("got %+v", got)
		}
	})
}

// The connection is encrypted before the password is said.
func TestEncryption(t *testing.T) {
	t.Parallel()
	s := serve(t)
	config, pool := certificate(t)
	s.offer(config)
	trust := &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	out, err := openSMTP("smtp://funn:s%40crt@"+s.address+"?from=funn@example.no", gomail.WithTLSConfig(trust), gomail.WithTLSPolicy(gomail.TLSMandatory))
	if err != nil {
		t.Fatal(err)
	}
	m := Message{To: "a@example.no", Key: "k"}
	if err := out.Send(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	got := s.seen()
	if len(got) != 1 || !got[0].encrypted || got[0].user != "|funn|s@crt" {
		t.Errorf("got %+v", got)
	}
	// A server whose certificate is not trusted gets nothing, and one that cannot
	// encrypt gets nothing either.
	wary, err := openSMTP("smtp://funn:s%40crt@"+s.address+"?from=funn@example.no", gomail.WithTLSPolicy(gomail.TLSMandatory))
	if err != nil {
		t.Fatal(err)
	}
	if err := wary.Send(context.Background(), m); err == nil {
		t.Error("sent to a server that is not trusted")
	}
	s.offer(nil)
	if err := wary.Send(context.Background(), m); err == nil {
		t.Error("sent without encryption")
	}
	if got := s.seen(); len(got) != 1 {
		t.Errorf("the server got %d letters", len(got))
	}
}

func TestOpenSMTP(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"smtp://host?from=a@example.no", "smtp://u:p@host:25?from=a@example.no&tls=off", "smtps://u:p@host?from=Funn+%3Ca@example.no%3E", "smtp://localhost:1025?from=a@example.no",
	} {
		if _, err := OpenSMTP(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "host:25", "smtp://host", "smtp://?from=a@example.no", "http://host?from=a@example.no", "smtp://u:secret@host:x?from=a@example.no",
		"smtp://u:secret@host?from=b", "smtps://u:secret@host?from=a@example.no&tls=off", "smtp://u:secret@host?from=a@example.no&tls=maybe", "smtp://u:secret%zz@host",
	} {
		if _, err := OpenSMTP(bad); err == nil {
			t.Errorf("%s was accepted", bad)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the password shows in: %v", err)
		}
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	c := lang.NewCatalog()
	if err := c.Load(Messages); err != nil {
		t.Fatal(err)
	}
	if !c.Has("mail.address") || len(c.Missing()) > 0 {
		t.Errorf("texts missing: %v", c.Missing())
	}
}

// The test binary is also the program that TestKilled kills.
func TestMain(m *testing.M) {
	if address := os.Getenv("FUNN_MAIL_TEST_DATABASE"); address != "" {
		if err := program(address, os.Getenv("FUNN_MAIL_TEST_SERVER")); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func program(address, server string) error {
	d, err := db.Open(context.Background(), address)
	if err != nil {
		return err
	}
	out, err := OpenSMTP("smtp://" + server + "?from=funn@example.no")
	if err != nil {
		return err
	}
	if err := runner(d, out).Start(context.Background()); err != nil {
		return err
	}
	fmt.Println("working")
	select {}
}

// The mail server is down, then answers 421, then works, while the program is
// killed again and again: no letter is lost, and a kill repeats at most the one
// letter that was on its way, with its own Message-ID.
func TestKilled(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, address string) {
		ctx := context.Background()
		d, err := db.Open(ctx, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		if _, err := d.Migrate(ctx, schema...); err != nil {
			t.Fatal(err)
		}
		s := serve(t)
		s.down()
		const letters, kills = 200, 12
		for i := range letters {
			queue(t, d, Message{To: fmt.Sprintf("p%d@example.no", i), Subject: "x", Text: "y", Lang: "nb", Key: fmt.Sprint("k", i)})
		}
		spawn := func() *exec.Cmd {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "FUNN_MAIL_TEST_DATABASE="+address, "FUNN_MAIL_TEST_SERVER="+s.address)
			cmd.Stderr = os.Stderr
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "working\n" {
				t.Fatalf("the program said %q, %v", line, err)
			}
			return cmd
		}
		kill := func(cmd *exec.Cmd) {
			_ = cmd.Process.Kill() // SIGKILL: nothing is tidied up
			_ = cmd.Wait()
		}
		left := func() int {
			n, err := db.One[int](ctx, d, "SELECT count(*) FROM mail_message WHERE sent_at IS NULL")
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		cmd := spawn()
		time.Sleep(100 * time.Millisecond)
		s.be(busy)
		s.up(t)
		time.Sleep(100 * time.Millisecond)
		s.be(works)
		killed := 0
		for end := time.Now().Add(time.Minute); left() > 0; {
			if time.Now().After(end) {
				t.Fatalf("%d letters are not sent", left())
			}
			patience(t, d)
			time.Sleep(time.Duration(20+rand.IntN(60)) * time.Millisecond)
			if killed < kills {
				kill(cmd)
				killed++
				cmd = spawn()
			}
		}
		kill(cmd)
		got := s.copies()
		repeats := 0
		for _, n := range got {
			repeats += n - 1
		}
		if len(got) != letters || repeats > killed {
			t.Errorf("%d different letters of %d, %d repeats at %d kills", len(got), letters, repeats, killed)
		}
		t.Logf("%d letters, %d kills, %d repeats", len(got), killed, repeats)
	}
	t.Run("sqlite", func(t *testing.T) { run(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db")) })
	t.Run("postgres", func(t *testing.T) { run(t, dbtest.Address(t)) })
}
