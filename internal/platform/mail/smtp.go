package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"funn/internal/platform/jobs"
)

// SMTP sends letters to a mail server. It is safe for use by many goroutines;
// each letter has a connection of its own.
type SMTP struct {
	from   string
	domain string // the Message-IDs' right side
	client func() (*gomail.Client, error)
}

// OpenSMTP reads the address of a mail server:
//
//	smtp://user:password@host:587?from=Funn+<funn@example.no>
//	smtps://user:password@host:465?from=funn@example.no
//
// With smtps the connection is encrypted from the start; with smtp it is made so
// by STARTTLS, and a server that cannot do that is refused unless it is on this
// machine or tls=off is given. User and password may be left out, and so may the
// port: 587, or 465 for smtps. The connection is not tried.
func OpenSMTP(address string) (*SMTP, error) { return openSMTP(address) }

func openSMTP(address string, more ...gomail.Option) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("mail server: the address is not a URL") // url's own error would show the password
	}
	fail := func(what string) (*SMTP, error) {
		return nil, fmt.Errorf("mail server %s: %s", u.Redacted(), what)
	}
	if u.Hostname() == "" {
		return fail("the host is missing")
	}
	from, err := netmail.ParseAddress(u.Query().Get("from"))
	if err != nil {
		return fail("from= must be the address that letters come from")
	}
	opts := []gomail.Option{gomail.WithTimeout(20 * time.Second), gomail.WithoutNoop()}
	port := 587
	switch tls := u.Query().Get("tls"); {
	case u.Scheme == "smtps" && tls == "":
		port = 465
		opts = append(opts, gomail.WithSSL())
	case u.Scheme == "smtp" && (tls == "off" || tls == "" && loopback(u.Hostname())):
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case u.Scheme == "smtp" && tls == "":
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	default:
		return fail("it must begin with smtp:// or smtps://, and tls can only be off, for smtp")
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return fail("the port is not a number")
		}
	}
	opts = append(append(opts, gomail.WithPort(port)), more...)
	if u.User != nil {
		password, _ := u.User.Password()
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	s := &SMTP{
		from:   from.String(),
		domain: from.Address[strings.LastIndexByte(from.Address, '@')+1:],
		client: func() (*gomail.Client, error) { return gomail.NewClient(u.Hostname(), opts...) },
	}
	if _, err := s.client(); err != nil {
		return fail(err.Error())
	}
	return s, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// messageID gives the letter's Message-ID, which is the same at every attempt.
// It shows nothing of the key.
func (s *SMTP) messageID(key string) string {
	sum := sha256.Sum256([]byte("funn mail " + key))
	return hex.EncodeToString(sum[:16]) + "@" + s.domain
}

// Send hands the letter to the mail server. It is done once the server has taken
// the letter, whatever happens to the connection afterwards. What the server
// refuses for good (a code from 500 up to the recipient or the letter) is marked
// with jobs.Permanent.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.From(s.from); err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	if err := msg.To(m.To); err != nil {
		return jobs.Permanent(fmt.Errorf("recipient: %w", err))
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(s.messageID(m.Key))
	msg.SetDate()
	msg.SetGenHeader(gomail.HeaderContentLang, m.Lang)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	client, err := s.client()
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() {
		return nil
	}
	var refused *gomail.SendError
	if errors.As(err, &refused) && refused.Reason == gomail.ErrSMTPRcptTo && refused.ErrorCode() >= 550 {
		return jobs.Permanent(err)
	}
	return err
}
