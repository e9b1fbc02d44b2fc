package authn_test

import (
	"bufio"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"funn/internal/platform/authn"
	"funn/internal/platform/authn/authntest"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
)

// provider starts the real provider and gives its issuer.
func provider(t *testing.T, redirect string) string {
	t.Helper()
	script, err := filepath.Abs("../../../scripts/oidc-provider.sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(script)
	cmd.Env = append(os.Environ(), "REDIRECT_URI="+redirect, "CLIENT_ID="+authntest.ClientID, "CLIENT_SECRET="+authntest.ClientSecret)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it starts ends with it
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "http://127.0.0.1:") {
			t.Cleanup(func() {
				_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
				_ = cmd.Wait()
			})
			return lines.Text()
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 3 && os.Getenv("CI") != "true" {
		t.Skipf("no real OpenID provider: %s", complaints.String())
	}
	t.Fatalf("scripts/oidc-provider.sh: %v\n%s", err, complaints.String())
	return ""
}

var formAction = regexp.MustCompile(`<form [^>]*action="([^"]+)"`)

// fill goes through the provider's own forms, login and consent, and gives the
// answer that the browser is sent back with.
func (b *browser) fill(start, name string) string {
	b.t.Helper()
	method, target, form := http.MethodGet, start, url.Values(nil)
	for range 20 {
		resp, body := b.do(method, target, form)
		switch {
		case resp.StatusCode/100 == 3:
			next, err := resp.Location()
			if err != nil {
				b.t.Fatal(err)
			}
			if strings.HasPrefix(next.String(), b.site.URL+authn.CallbackPath) {
				return next.String()
			}
			method, target, form = http.MethodGet, next.String(), nil
		case resp.StatusCode == http.StatusOK && formAction.MatchString(body):
			method, target = http.MethodPost, formAction.FindStringSubmatch(body)[1]
			form = url.Values{"prompt": {"consent"}}
			if strings.Contains(body, `name="login"`) {
				form = url.Values{"prompt": {"login"}, "login": {name}, "password": {"any"}}
			}
		default:
			b.t.Fatalf("%s %s: %s\n%s", method, target, resp.Status, body)
		}
	}
	b.t.Fatal("the provider's forms do not end")
	return ""
}

// A whole login at a provider that somebody else wrote, on either database.
func TestRealProvider(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations, func(t *testing.T, d *db.DB) {
		var issuer string
		p := rely(t, d, func(base string) string {
			issuer = provider(t, base+authn.CallbackPath)
			return issuer
		})
		b := p.browser(t)
		answer := b.fill(authn.StartPath+"?til=/behov", "anna+"+caseWorkers)
		resp, _ := b.do(http.MethodGet, answer, nil)
		if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/behov" {
			t.Fatalf("%s to %q, refused for %q", resp.Status, resp.Header.Get("Location"), p.last())
		}
		if who := b.get("/"); who != "person-1" {
			t.Errorf("logged in as %q", who)
		}
		want := []visitor{{issuer, "anna+" + caseWorkers, authn.Profile{Name: "Person anna", Email: "anna@example.no", Verified: true, Roles: []string{"fou"}}}}
		if diff := cmp.Diff(want, p.people.came); diff != "" {
			t.Error(diff)
		}

		// The provider itself refuses a code that was used, also with a state that is good.
		used, err := url.Parse(answer)
		if err != nil {
			t.Fatal(err)
		}
		b.post(authn.LogoutPath)
		again, err := url.Parse(b.fill(authn.StartPath, ""))
		if err != nil {
			t.Fatal(err)
		}
		q := again.Query()
		q.Set("code", used.Query().Get("code"))
		again.RawQuery = q.Encode()
		if resp, body := b.do(http.MethodGet, again.String(), nil); resp.StatusCode != http.StatusBadRequest || !strings.Contains(p.last(), "invalid_grant") {
			t.Errorf("code used twice: %s %q, refused for %q", resp.Status, body, p.last())
		}

		// Somebody whose groups give no role, and somebody who changes his mind.
		stranger := p.browser(t)
		resp, body := stranger.do(http.MethodGet, stranger.fill(authn.StartPath, "ukjent+some-group"), nil)
		if resp.StatusCode != http.StatusForbidden || body != "authn.no_role\n" || stranger.get("/") != "" {
			t.Errorf("without a role: %s %q", resp.Status, body)
		}
		undecided := p.browser(t)
		resp, _ = undecided.do(http.MethodGet, authn.StartPath, nil)
		resp, _ = undecided.do(http.MethodGet, resp.Header.Get("Location"), nil)
		form, err := resp.Location()
		if err != nil {
			t.Fatal(err)
		}
		resp, body = undecided.login(form.String() + "/abort")
		if resp.StatusCode != http.StatusForbidden || body != "authn.denied\n" {
			t.Errorf("cancelled: %s %q, refused for %q", resp.Status, body, p.last())
		}
		if n := len(p.people.came); n != 1 {
			t.Errorf("%d logins, want 1", n)
		}
	})
}
