package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"funn/internal/demo"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/module"
	"funn/internal/platform/recordweb"
)

type demoCommand struct {
	Addr  string `help:"Where to listen; loopback only." default:"127.0.0.1:8080"`
	Data  string `help:"Folder to keep the demo in. Without it a temporary one is used and removed again." type:"path"`
	Today date   `help:"The day that the demo's clock starts on." default:"2023-01-02"`
}

// Run starts the demo: a database in a folder, filled with the portfolio of 2022.
func (c *demoCommand) Run(p *process) (err error) {
	if err := loopback(c.Addr); err != nil {
		return err
	}
	dir := c.Data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "funn-demo-"); err != nil {
			return fmt.Errorf("make a folder for the demo: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	// The address is taken first: the letters of the demo's past link to it.
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", c.Addr, err)
	}
	h, err := openDemo(p.ctx, dir, "http://"+listener.Addr().String(), c.Today.Time, logger(p.stderr))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, h.close()) }()
	return h.run(p.ctx, listener, func() { ready(p.stdout, listener.Addr()) })
}

func ready(w io.Writer, addr net.Addr) {
	fmt.Fprintf(w, "funn demo ready on http://%s – log in by choosing a person\n", addr)
}

// loopback refuses to listen beyond this machine: in the demo everybody may be
// anybody.
func loopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return refused{fmt.Sprintf("--addr must be host:port, got %q", addr)}
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return refused{fmt.Sprintf("the demo lets everybody log in as anybody, so it listens on this machine only (127.0.0.1), not on %q", addr)}
	}
	return nil
}

const (
	clockSetting  = "demo.clock"
	loadedSetting = "demo.loaded"
)

// openDemo opens the demo in a folder and fills it the first time. base is where
// its users reach it, without a path.
func openDemo(ctx context.Context, dir, base string, today time.Time, log *slog.Logger) (*house, error) {
	return openDemoOn(ctx, "sqlite:"+filepath.Join(dir, "funn.db"), dir, base, today, log)
}

// openDemoOn is openDemo on a database of choice, with modules beside the house's own.
func openDemoOn(ctx context.Context, database, dir, base string, today time.Time, log *slog.Logger, extra ...func(*recordweb.Site) module.Module) (h *house, err error) {
	// The working day has begun: what was due by yesterday is overdue.
	secret, err := secretBeside(filepath.Join(dir, "funn.db"))
	if err != nil {
		return nil, err
	}
	start := time.Date(today.Year(), today.Month(), today.Day(), 9, 0, 0, 0, clock.Oslo)
	h, err = open(ctx, settings{
		Database: database, Files: "file://" + filepath.ToSlash(filepath.Join(dir, "files")), BaseURL: base, Demo: true, Log: log, Secret: secret, Extra: extra,
		Clock: func(ctx context.Context, d *db.DB) (clock.Clock, error) {
			kept, err := setting(ctx, d, clockSetting)
			if err != nil {
				return nil, err
			}
			at, err := time.Parse(time.RFC3339Nano, kept)
			if err != nil {
				return clock.NewMovable(start), nil
			}
			// It never goes back, whatever day is asked for, and not behind what has
			// happened since it was kept either: the program may have been killed.
			last, err := db.All[time.Time](ctx, d, "SELECT at FROM event ORDER BY at DESC LIMIT 1")
			if err != nil {
				return nil, err
			}
			if len(last) > 0 && last[0].After(at) {
				at = last[0]
			}
			return clock.NewMovable(at), nil
		},
	}, true)
	if err != nil {
		return nil, err
	}
	h.digests = filepath.Join(dir, digestFile)
	h.drawer = &drawer{path: filepath.Join(dir, "nokkeldeler.json")}
	h.calls.Handed = h.drawer.keep
	err = h.furnish(ctx)
	loaded := ""
	if err == nil {
		loaded, err = setting(ctx, h.db, loadedSetting)
	}
	if err == nil && loaded == "" {
		err = h.load(ctx, start)
	}
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// load fills an empty demo, all or nothing.
func (h *house) load(ctx context.Context, start time.Time) error {
	err := h.db.Tx(asSystem(ctx), func(ctx context.Context) error {
		err := demo.Load(ctx, demo.House{Engine: h.engine, People: h.people, Plans: h.plans, Calls: h.calls, Applications: h.applications, Assessments: h.assessments, Decisions: h.decisions, Commissions: h.commissions, Needs: h.needs, Projects: h.projects, Publications: h.publications, Uptakes: h.uptakes}, start)
		if err != nil {
			return err
		}
		if err := h.keepClock(ctx, start); err != nil {
			return err
		}
		return keep(ctx, h.db, loadedSetting, start.Format(time.DateOnly))
	})
	if err != nil {
		return fmt.Errorf("fill the demo: %w", err)
	}
	return h.db.Optimize(ctx)
}

// keepClock remembers where the demo's clock stands.
func (h *house) keepClock(ctx context.Context, at time.Time) error {
	return keep(ctx, h.db, clockSetting, at.Format(time.RFC3339Nano))
}

func setting(ctx context.Context, d *db.DB, name string) (string, error) {
	values, err := db.All[string](ctx, d, "SELECT value FROM setting WHERE name = $1", name)
	if err != nil || len(values) == 0 {
		return "", err
	}
	return values[0], nil
}

func keep(ctx context.Context, d *db.DB, name, value string) error {
	_, err := d.Exec(ctx, "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	return err
}
