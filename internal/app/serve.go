package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"funn/internal/platform/authn"
	"funn/internal/platform/clock"
	"funn/internal/platform/event"
	"funn/internal/platform/seal"
	"funn/internal/platform/telemetry"
)

type serveCommand struct{}

// Run starts the server with settings from the environment.
func (*serveCommand) Run(p *process) (err error) {
	s, addr, err := fromEnvironment(p.getenv)
	if err != nil {
		return err
	}
	s.Log = logger(p.stderr)
	if path, ok := strings.CutPrefix(s.Database, "sqlite:"); ok && s.Secret == (seal.Secret{}) {
		if s.Secret, err = secretBeside(path); err != nil {
			return err
		}
	}
	if s.Secret == (seal.Secret{}) {
		s.Log.Warn("FUNN_SECRET is not set: no call can have a key, so none can be approved, and nothing can be written in answer to one")
	}
	h, err := open(p.ctx, s, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	h.digests = p.getenv("FUNN_DIGESTS")
	if err := h.furnish(p.ctx); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	return h.run(p.ctx, listener, func() { s.Log.Info("ready", "address", listener.Addr().String()) })
}

// fromEnvironment reads the settings and refuses those that contradict each
// other, saying which.
func fromEnvironment(getenv func(string) string) (settings, string, error) {
	var s settings
	var wrong []string
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	s.Database = getenv("FUNN_DATABASE_URL")
	if s.Database == "" {
		s.Database = platformDatabase(os.Environ)
	}
	if s.Database == "" {
		bad("FUNN_DATABASE_URL is not set: sqlite:PATH or postgres://…")
	}
	s.BaseURL = strings.TrimSuffix(getenv("FUNN_BASE_URL"), "/")
	base, err := url.Parse(s.BaseURL)
	switch {
	case s.BaseURL == "":
		bad("FUNN_BASE_URL is not set: where users reach the server, such as https://funn.example.no")
	case err != nil || base.Host == "" || base.Path != "" || base.RawQuery != "" || base.Fragment != "" || base.User != nil || base.Scheme != "https" && base.Scheme != "http":
		bad("FUNN_BASE_URL must be a scheme and a host, such as https://funn.example.no, got %q", s.BaseURL)
	case base.Scheme != "https" && loopback(base.Host+":80") != nil && loopback(base.Host) != nil:
		bad("FUNN_BASE_URL must be https beyond this machine, got %q", s.BaseURL)
	}
	s.Files = getenv("FUNN_FILES_URL")
	if s.Files == "" {
		bad("FUNN_FILES_URL is not set: file:///FOLDER, s3://… or gs://…")
	}
	s.SMTP = getenv("FUNN_SMTP_URL")
	s.OIDC.Issuer, s.OIDC.ClientID, s.OIDC.ClientSecret = getenv("FUNN_OIDC_ISSUER"), getenv("FUNN_OIDC_CLIENT_ID"), getenv("FUNN_OIDC_CLIENT_SECRET")
	s.OIDC.TrustEmail = getenv("FUNN_OIDC_TRUST_EMAIL") == "true"
	s.Roles = getenv("FUNN_ROLES")
	if s.OIDC.Issuer == "" {
		bad("FUNN_OIDC_ISSUER is not set: nobody could log in")
	} else if s.OIDC.ClientID == "" || s.OIDC.ClientSecret == "" {
		bad("FUNN_OIDC_ISSUER is set, but FUNN_OIDC_CLIENT_ID or FUNN_OIDC_CLIENT_SECRET is not")
	}
	if s.OIDC.Issuer != "" && s.Roles == "" {
		bad("FUNN_OIDC_ISSUER is set, but FUNN_ROLES is not: nobody would have a role")
	}
	if text := getenv("FUNN_SECRET"); text != "" {
		if s.Secret, err = seal.ParseSecret(text); err != nil {
			bad("FUNN_SECRET: %v", err)
		}
	}
	if text := getenv("FUNN_SECRET_FORMER"); text != "" {
		if s.Former, err = seal.ParseSecret(text); err != nil {
			bad("FUNN_SECRET_FORMER: %v", err)
		}
		if s.Secret == (seal.Secret{}) {
			bad("FUNN_SECRET_FORMER is set, but FUNN_SECRET is not: there is nothing to seal with instead")
		}
	}
	if s.Proxies, err = authn.ParseProxies(getenv("FUNN_TRUSTED_PROXIES")); err != nil {
		bad("FUNN_TRUSTED_PROXIES: %v", err)
	}
	addr := getenv("FUNN_ADDR")
	if addr == "" {
		addr = ":8080"
	}
	if len(wrong) > 0 {
		return s, "", refused{"cannot start:\n  " + strings.Join(wrong, "\n  ")}
	}
	return s, addr, nil
}

// secretBeside gives the secret in the file beside a database file, which is made
// when there is none: who has the one file alone cannot read what is sealed in it.
func secretBeside(path string) (seal.Secret, error) {
	s, err := seal.SecretFile(path + ".key")
	if err != nil {
		return s, fmt.Errorf("the secret beside the database, since FUNN_SECRET is not set: %w", err)
	}
	return s, nil
}

// platformDatabase finds the address that the platform gives as
// NAIS_DATABASE_<APP>_<DB>_URL.
func platformDatabase(environ func() []string) string {
	for _, e := range environ() {
		name, value, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, "NAIS_DATABASE_") && strings.HasSuffix(name, "_URL") && !strings.HasSuffix(name, "_JDBC_URL") {
			return value
		}
	}
	return ""
}

// run serves until the context is done, then lets what is under way finish.
func (h *house) run(ctx context.Context, listener net.Listener, ready func()) error {
	jobsCtx, stopJobs := context.WithCancel(asSystem(context.WithoutCancel(ctx)))
	defer stopJobs()
	if err := h.runner.Start(jobsCtx); err != nil {
		return err
	}
	ready()
	stopped := context.AfterFunc(ctx, h.stop) // from now on /isready says no
	defer stopped()
	err := telemetry.Serve(ctx, telemetry.NewServer(h.handler, h.settings.Log), listener, telemetry.MaxDrain)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 4*time.Second)
	defer cancel()
	err = errors.Join(err, h.runner.Stop(drain))
	if m, ok := h.engine.Clock.(*clock.Movable); ok {
		// The demo's clock goes on from where it stood.
		err = errors.Join(err, h.keepClock(drain, m.Now()))
	}
	return err
}

type migrateCommand struct{}

// Run brings the schema up to date.
func (*migrateCommand) Run(p *process) (err error) {
	address, err := databaseOnly(p.getenv)
	if err != nil {
		return err
	}
	h, err := open(p.ctx, settings{Database: address, Log: logger(p.stderr)}, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	fmt.Fprintln(p.stdout, "the schema is up to date")
	return nil
}

type checkCommand struct {
	Data    string `help:"The folder of a demo, in place of FUNN_DATABASE_URL." type:"existingdir"`
	Digests string `help:"File with the digests kept outside the database; by default the one beside the files." type:"path"`
}

// Run verifies everything that is kept and names what is wrong.
func (c *checkCommand) Run(p *process) (err error) {
	address := ""
	if c.Data != "" {
		address = "sqlite:" + filepath.Join(c.Data, "funn.db")
		if c.Digests == "" {
			c.Digests = filepath.Join(c.Data, digestFile)
		}
	} else if address, err = databaseOnly(p.getenv); err != nil {
		return err
	}
	h, err := open(p.ctx, settings{Database: address, Log: logger(p.stderr)}, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	var outside []string
	if c.Digests != "" {
		text, err := os.ReadFile(c.Digests)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("read the digests: %w", err)
		}
		outside = strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	records, events, problems, err := h.engine.Check(p.ctx, outside)
	if err != nil {
		return err
	}
	for _, problem := range problems {
		fmt.Fprintln(p.stdout, problem)
	}
	fmt.Fprintf(p.stdout, "%d records, %d events, %d problems\n", records, events, len(problems))
	if len(problems) > 0 {
		return refused{"the check found problems"}
	}
	return nil
}

func databaseOnly(getenv func(string) string) (string, error) {
	if address := getenv("FUNN_DATABASE_URL"); address != "" {
		return address, nil
	}
	if address := platformDatabase(os.Environ); address != "" {
		return address, nil
	}
	return "", refused{"FUNN_DATABASE_URL is not set: sqlite:PATH or postgres://…"}
}

// digestFile is the name of the file that the digests are written to, outside
// the database.
const digestFile = "digests.txt"

// seal makes a digest of the log and writes it outside the database.
func (h *house) seal(ctx context.Context) error {
	g, ok, err := event.Seal(ctx, h.db, h.engine.Now(ctx))
	if err != nil || !ok {
		return err
	}
	h.settings.Log.InfoContext(ctx, "digest of the event log", "line", g.Line())
	if h.digests == "" {
		return nil
	}
	f, err := os.OpenFile(h.digests, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write digest: %w", err)
	}
	_, err = fmt.Fprintln(f, g.Line())
	return errors.Join(err, f.Sync(), f.Close())
}
