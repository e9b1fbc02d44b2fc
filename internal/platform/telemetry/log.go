package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
	"unicode"
)

// NewLogger writes one JSON object a line, from the level given on. Lines that
// belong to a request carry its id. What looks like a personal datum or a secret
// is taken out; see Mask.
func NewLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(handler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: replace})})
}

// handler adds what is known of the request.
type handler struct{ slog.Handler }

// Handle adds the request's id and trace.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if req := requestOf(ctx); req != nil {
		r = r.Clone() // the record may be another handler's, too
		r.AddAttrs(slog.String("request_id", req.id))
		if req.trace != "" {
			r.AddAttrs(slog.String("trace_id", req.trace))
		}
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs gives a handler that adds the attributes to every line.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup gives a handler that puts what follows into a group.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }

// removed stands for a value that must not be in the log.
const removed = "[removed]"

// unspeakable are the names of attributes whose values never go into the log.
var unspeakable = map[string]bool{
	"authorization": true, "cookie": true, "password": true, "passord": true, "secret": true, "client_secret": true,
	"token": true, "access_token": true, "id_token": true, "refresh_token": true, "code_verifier": true, "session": true,
	"email": true, "epost": true, "phone": true, "telefon": true, "fnr": true, "pid": true, "user_agent": true,
	"ip": true, "remote_addr": true, "x-forwarded-for": true,
}

func replace(_ []string, a slog.Attr) slog.Attr {
	if unspeakable[strings.ToLower(a.Key)] {
		return slog.String(a.Key, removed)
	}
	switch a.Value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, Mask(a.Value.String()))
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case slog.Level, nil:
			return a
		default:
			return slog.String(a.Key, Mask(fmt.Sprint(v)))
		}
	}
	return a
}

var (
	// A host ends in letters, which the version in a path of a Go module does not.
	emails  = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}`)
	numbers = regexp.MustCompile(`\b\d{6} ?\d{5}\b`)
	queries = regexp.MustCompile(`\?[\p{L}\p{N}._~%\[\]+-]*=[^\s"'<>)]*`)
	ipv4    = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)
	ipv6    = regexp.MustCompile(`[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}`)
)

// longest is how many bytes of one value are logged: enough for a stack.
const longest = 16 << 10

// Mask takes out of a text what looks like a personal datum or could be one:
// e-mail addresses, eleven digits as of a national identity number, the values in
// the query of an address, and public IP addresses. It also replaces characters
// that steer a terminal or turn the direction of the text, so that a line in the
// log shows what it says.
func Mask(s string) string {
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + "…"
	}
	if strings.IndexByte(s, '@') >= 0 {
		s = emails.ReplaceAllString(s, "[e-mail]")
	}
	if strings.IndexByte(s, '?') >= 0 {
		s = queries.ReplaceAllString(s, "?…")
	}
	if strings.ContainsAny(s, "0123456789") {
		s = numbers.ReplaceAllString(s, "[number]")
		s = ipv4.ReplaceAllStringFunc(s, maskAddress)
	}
	if strings.IndexByte(s, ':') >= 0 {
		s = ipv6.ReplaceAllStringFunc(s, maskAddress)
	}
	return strings.Map(func(r rune) rune {
		if r >= 0x7f && r <= 0x9f || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// globalUnicast is all of IPv6 that is given out to anybody (RFC 4291).
var globalUnicast = netip.MustParsePrefix("2000::/3")

// maskAddress hides an address that can be somebody's at home. Those of this
// machine and of the network behind the proxy are what an operator looks for.
func maskAddress(s string) string {
	a, err := netip.ParseAddr(s)
	if err != nil || a.IsPrivate() || a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() || a.Is6() && !globalUnicast.Contains(a) {
		return s
	}
	return "[address]"
}
