package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"funn/internal/platform/telemetry"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Søknaden P-2022-041 ble sendt":                        "Søknaden P-2022-041 ble sendt",
		"mail to kari.nordmann+x@example.no failed":            "mail to [e-mail] failed",
		"blåbær@bær.no, a@b.museum":                            "[e-mail], [e-mail]",
		"/go/pkg/mod/github.com/a/b@v1.2.3/c.go:12":            "/go/pkg/mod/github.com/a/b@v1.2.3/c.go:12",
		"golang.org/x/exp@v0.0.0-20260112195511-716be5621a96/": "golang.org/x/exp@v0.0.0-20260112195511-716be5621a96/",
		"fnr 01017000027 og 010170 00027":                      "fnr [number] og [number]",
		"org 889640782, kr 12345678901234":                     "org 889640782, kr 12345678901234",
		"018f4e1c-7b1a-7000-8000-012345678901":                 "018f4e1c-7b1a-7000-8000-012345678901",
		`Get "https://x.no/a?code=secret&b=c": timeout`:        `Get "https://x.no/a?…": timeout`,
		"/sok?q=kari": "/sok?…",
		"what? a=b":   "what? a=b",
		"TLS handshake error from 203.0.113.7:41234: EOF": "TLS handshake error from [address]:41234: EOF",
		"dial tcp 10.1.2.3:5432: connection refused":      "dial tcp 10.1.2.3:5432: connection refused",
		"listening on 127.0.0.1:8080 and [::1]:8080":      "listening on 127.0.0.1:8080 and [::1]:8080",
		"from [2001:db8:1:2::7]:443":                      "from [[address]]:443",
		"at 12:34:56 in a::b.go":                          "at 12:34:56 in a::b.go",
		"\u202eevil \u009b31m \x7f":                       "\ufffdevil \ufffd31m \ufffd",
	} {
		if got := telemetry.Mask(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := telemetry.Mask(strings.Repeat("å", 20_000)); len(got) > 17<<10 || !strings.HasSuffix(got, "å…") {
		t.Errorf("a long text becomes %d bytes, ending in %q", len(got), got[len(got)-8:])
	}
}

// Nothing that is put in anywhere of a line comes out: neither in the message, nor
// in a value or error of any kind, nor under a name that says what it is.
func TestCanaries(t *testing.T) {
	t.Parallel()
	const mail, number, address, code = "canary@example.no", "01017000027", "203.0.113.99", "canarycode"
	dirty := fmt.Sprintf("%s %s %s https://x.no/?code=%s", mail, number, address, code)
	var b bytes.Buffer
	log := telemetry.NewLogger(&b, slog.LevelInfo)
	log.Info(dirty)
	log.Info("m", "text", dirty, "error", &url.Error{Op: "Get", URL: "https://x.no/?code=" + code, Err: errors.New(dirty)})
	log.Info("m", "wrapped", fmt.Errorf("load: %w", errors.New(dirty)), "list", []string{dirty}, "map", map[string]string{dirty: dirty}, "struct", struct{ Mail string }{mail})
	log.Info("m", slog.Group("g", slog.String("text", dirty), slog.Any("any", errors.New(dirty))))
	log.With("text", dirty).WithGroup("g").Info("m", "text", dirty)
	for _, name := range []string{"Authorization", "cookie", "password", "token", "email", "fnr", "user_agent", "ip"} {
		log.Info("m", name, "canarycode")
		log.Info("m", name, []byte("canarycode"))
	}
	for line := range strings.Lines(b.String()) {
		for _, canary := range []string{mail, number, address, code} {
			if strings.Contains(line, canary) {
				t.Errorf("%s is in the log: %s", canary, line)
			}
		}
	}
	// A test of this kind must find something when nothing is taken out.
	var plain bytes.Buffer
	slog.New(slog.NewJSONHandler(&plain, nil)).Info(dirty)
	if !strings.Contains(plain.String(), mail) {
		t.Error("the canaries do not sing in a plain log")
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := telemetry.NewLogger(&b, slog.LevelWarn)
	log.Info("no")
	log.Warn("yes", "n", 3, "ok", true)
	var line struct {
		Level, Msg string
		N          int
		OK         bool
	}
	if err := json.Unmarshal(b.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Level != "WARN" || line.Msg != "yes" || line.N != 3 || !line.OK {
		t.Errorf("logged %+v from %s", line, b.String())
	}
}

// Whatever somebody gets into a message, value or error, it stays one line of JSON that says what
// was logged.
func TestInjection(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{"\n", "\r\n", "\x00", "\x1b[2J", "\"", "\\", "}", `{"level":"ERROR"}`, "\u2028", "\u202e", "\u0085", "\u009b", "\x7f", "\xff", "a", "æ", "@", "?a=", "1234567890"})
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string {
			return strings.Join(rapid.SliceOfN(piece, 0, 10).Draw(t, name), "")
		}
		var b bytes.Buffer
		telemetry.NewLogger(&b, slog.LevelInfo).Info(text("message"), "value", text("value"), "error", errors.New(text("error")))
		out := b.String()
		if strings.Count(out, "\n") != 1 || !strings.HasSuffix(out, "\n") {
			t.Fatalf("more than one line: %q", out)
		}
		for _, r := range strings.TrimSuffix(out, "\n") {
			if r < 0x20 || r >= 0x7f && r <= 0x9f || r == '\u2028' || r == '\u202e' {
				t.Fatalf("%U is in the line %q", r, out)
			}
		}
		var line map[string]any
		if err := json.Unmarshal(b.Bytes(), &line); err != nil || line["level"] != "INFO" {
			t.Fatalf("%v: %s", err, out)
		}
	})
}
