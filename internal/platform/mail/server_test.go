package mail

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"math/big"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"
)

// How the test's mail server behaves.
type mode int

const (
	works       mode = iota
	busy             // greets with 421
	dropsInData      // closes the connection in the middle of a letter
	dropsTaken       // takes the letter and closes the connection without saying so
	dropsAfter       // takes the letter, says so, and closes the connection
	refuses          // knows no recipient
	forbids          // takes nothing from this sender
)

type received struct {
	id, to, user string
	encrypted    bool
	message      *netmail.Message
	body         string
}

// server is an SMTP server (RFC 5321) on loopback that can be made to fail.
type server struct {
	address string

	lock     sync.Mutex
	tls      *tls.Config // offered by STARTTLS; nil for none
	listener net.Listener
	mode     mode
	got      []received
}

func serve(t *testing.T) *server {
	s := &server{address: "127.0.0.1:0"}
	s.up(t)
	s.address = s.listener.Addr().String()
	t.Cleanup(s.down)
	return s
}

func (s *server) up(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	s.lock.Lock()
	s.listener = l
	s.lock.Unlock()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.session(c)
		}
	}()
}

func (s *server) down() {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.listener.Close()
}

func (s *server) be(m mode) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.mode = m
}

func (s *server) offer(c *tls.Config) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.tls = c
}

// seen gives what was taken.
func (s *server) seen() []received {
	s.lock.Lock()
	defer s.lock.Unlock()
	return append([]received{}, s.got...)
}

// copies counts the letters taken by Message-ID.
func (s *server) copies() map[string]int {
	n := map[string]int{}
	for _, r := range s.seen() {
		n[r.id]++
	}
	return n
}

func (s *server) session(c net.Conn) {
	defer func() { c.Close() }()
	s.lock.Lock()
	m, config := s.mode, s.tls
	s.lock.Unlock()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	in := bufio.NewReader(c)
	say := func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
	if m == busy {
		say("421 too busy")
		return
	}
	say("220 test")
	var r received
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		switch verb := strings.ToUpper(strings.SplitN(line, " ", 2)[0]); verb {
		case "EHLO":
			lines := []string{"test", "8BITMIME"}
			if config != nil {
				lines = append(lines, "AUTH PLAIN")
				if !r.encrypted {
					lines = append(lines, "STARTTLS")
				}
			}
			for i, l := range lines {
				say("250" + map[bool]string{true: " ", false: "-"}[i == len(lines)-1] + l)
			}
		case "STARTTLS":
			say("220 go on")
			c = tls.Server(c, config)
			in = bufio.NewReader(c)
			r.encrypted = true
		case "AUTH":
			secret, _ := base64.StdEncoding.DecodeString(line[strings.LastIndexByte(line, ' ')+1:])
			r.user = strings.ReplaceAll(string(secret), "\x00", "|")
			say("235 welcome")
		case "MAIL":
			if m == forbids {
				say("550 not from you")
			} else {
				say("250 ok")
			}
		case "RCPT":
			if m == refuses {
				say("550 no such user")
			} else {
				r.to = line
				say("250 ok")
			}
		case "DATA":
			say("354 go on")
			if m == dropsInData {
				_, _ = in.ReadString('\n')
				return
			}
			var text strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(strings.TrimPrefix(line, "."))
			}
			msg, err := netmail.ReadMessage(strings.NewReader(text.String()))
			if err != nil {
				say("554 " + err.Error())
				continue
			}
			body, _ := io.ReadAll(msg.Body)
			r.message, r.body, r.id = msg, string(body), msg.Header.Get("Message-ID")
			s.lock.Lock()
			s.got = append(s.got, r)
			s.lock.Unlock()
			if m == dropsTaken {
				return
			}
			say("250 taken")
			if m == dropsAfter {
				return
			}
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// certificate makes a key for 127.0.0.1 and the pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}
