// Package mail sends letters by e-mail: receipts, decisions, reminders, one-time
// links.
//
// A letter is queued in the transaction of the change that it tells of, so it is
// sent exactly if the change was made, and a mail server that is down delays
// nobody. No letter is lost; when the program dies between handing a letter to
// the server and noting that, it is sent again with the same Message-ID, by
// which mail programs know it as the same.
package mail

import (
	"context"
	"crypto/rand"
	"embed"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"

	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/jobs"
)

// Migrations hold the table mail_message. The package's jobs need those of
// package jobs too.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the texts of the keys mail.*.
//
//go:embed messages
var Messages embed.FS

// Message is a letter to one person.
type Message struct {
	To      string `db:"to_address"` // name@host, or Name <name@host>
	Subject string `db:"subject"`    // one line
	Text    string `db:"body"`       // plain text
	Lang    string `db:"lang"`       // nb, nn or en

	// Key names the letter: queued again with the same key it is not sent again.
	// Its Message-ID comes from it. Empty gives the letter a key of its own.
	Key string `db:"key"`

	// At is when the letter is from, in domain time, for List; zero is now by the
	// machine's clock. A letter is always sent as soon as it can be.
	At time.Time `db:"at"`
}

// JobKind is the kind of the jobs that send letters; register Handler for it.
const JobKind = "mail.send"

// Queue writes the letter and the job that sends it, in the context's
// transaction when there is one. An address that is none is an Invalid fault
// with the field "to".
func Queue(ctx context.Context, d *db.DB, m Message) error {
	if _, err := netmail.ParseAddress(m.To); err != nil || strings.ContainsAny(m.To, "\r\n") {
		var bad fault.Errors
		bad.Add("to", "mail.address")
		return fmt.Errorf("queue mail: %w", bad.Err())
	}
	if m.Key == "" {
		m.Key = rand.Text()
	}
	if m.At.IsZero() {
		m.At = time.Now()
	}
	m.Subject = strings.Join(strings.Fields(m.Subject), " ")
	err := d.Tx(ctx, func(ctx context.Context) error {
		n, err := d.Exec(ctx, `
			INSERT INTO mail_message (key, to_address, subject, body, lang, at)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (key) DO NOTHING`,
			m.Key, m.To, m.Subject, m.Text, m.Lang, m.At)
		if err != nil || n == 0 {
			return err
		}
		return jobs.Enqueue(ctx, d, jobs.Job{Kind: JobKind, Args: m.Key, UniqueKey: m.Key})
	})
	if err != nil {
		return fmt.Errorf("queue mail %s: %w", m.Key, err)
	}
	return nil
}

// Sender hands a letter over. An error that another attempt cannot mend is
// marked with jobs.Permanent.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Keep is the demo's sender: it sends nothing, and the letters stay in the
// database to be shown by List.
type Keep struct{}

// Send does nothing.
func (Keep) Send(context.Context, Message) error { return nil }

// Handler gives the handler of the jobs that send letters. Once a letter is
// sent, its text is erased, since it may hold a one-time link or a decision that
// few may read; Keep keeps it.
func Handler(d *db.DB, s Sender) jobs.Handler {
	erase := ", body = ''"
	if _, ok := s.(Keep); ok {
		erase = ""
	}
	return func(ctx context.Context, run *jobs.Run) error {
		var key string
		if err := run.Args(&key); err != nil {
			return err
		}
		m, err := db.One[Message](ctx, d, "SELECT "+db.Columns[Message]("")+" FROM mail_message WHERE key = $1 AND sent_at IS NULL", key)
		if fault.Of(err) == fault.NotFound {
			return nil // sent, or forgotten
		}
		if err != nil {
			return fmt.Errorf("read mail %s: %w", key, err)
		}
		if err := s.Send(ctx, m); err != nil {
			return fmt.Errorf("send mail %s: %w", key, err)
		}
		// It is sent: that is noted also when the program has just been told to stop.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return d.Tx(ctx, func(ctx context.Context) error {
			if _, err := d.Exec(ctx, "UPDATE mail_message SET sent_at = $1"+erase+" WHERE key = $2", time.Now(), key); err != nil {
				return fmt.Errorf("note that mail %s is sent: %w", key, err)
			}
			return run.Done(ctx)
		})
	}
}

// Letter is a queued or sent letter, as List gives it.
type Letter struct {
	Message
	SentAt time.Time `db:"sent_at"` // real time; zero while it is not sent
}

// List gives the letters, newest first.
func List(ctx context.Context, d *db.DB, limit int) ([]Letter, error) {
	list, err := db.All[Letter](ctx, d, "SELECT "+db.Columns[Letter]("")+" FROM mail_message ORDER BY at DESC, key DESC LIMIT $1", limit)
	if err != nil {
		return nil, fmt.Errorf("list mail: %w", err)
	}
	return list, nil
}

// Forget deletes the letters that were sent before the real time given, and says
// how many.
func Forget(ctx context.Context, d *db.DB, before time.Time) (int64, error) {
	n, err := d.Exec(ctx, "DELETE FROM mail_message WHERE sent_at < $1", before)
	if err != nil {
		return 0, fmt.Errorf("forget sent mail: %w", err)
	}
	return n, nil
}
