package app

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/web"
)

// Running is a demo that answers requests, for the scenarios that test the whole
// server. It is the same house as the command's, without the listening.
type Running struct {
	Handler http.Handler
	Engine  *record.Engine
	Router  *web.Router
	Catalog *lang.Catalog

	house *house
}

// OpenDemo opens a demo on a database of choice (sqlite:PATH or postgres://…) with
// its files in a folder, filled the first time, on the day given. extra are modules
// beside the house's own: what stands in the list of house.build for a new kind.
func OpenDemo(ctx context.Context, database, dir string, today time.Time, log *slog.Logger, extra ...func(*recordweb.Site) module.Module) (*Running, error) {
	h, err := openDemoOn(ctx, database, dir, "http://localhost", today, log, extra...)
	if err != nil {
		return nil, err
	}
	return &Running{Handler: h.handler, Engine: h.engine, Router: h.router, Catalog: h.catalog, house: h}, nil
}

// Move moves the demo's clock forward and runs what fell due.
func (r *Running) Move(ctx context.Context, to time.Time) error {
	m, ok := r.house.engine.Clock.(*clock.Movable)
	if !ok {
		return fault.Missing()
	}
	return r.house.moveClock(asSystem(ctx), m, to)
}

// Settle runs what is due and lets the search catch up.
func (r *Running) Settle(ctx context.Context) error {
	if _, err := r.house.runner.RunDue(asSystem(ctx)); err != nil {
		return err
	}
	return r.house.index.CatchUp(ctx)
}

// Sweep does what the night's job does.
func (r *Running) Sweep(ctx context.Context) error { return r.house.sweep(asSystem(ctx)) }

// Close closes the house.
func (r *Running) Close() error { return r.house.close() }

// AsSystem gives the context in which the program acts for itself: the scenarios
// look at what is stored with it.
func AsSystem(ctx context.Context) context.Context { return asSystem(ctx) }

// Newest gives the record of the kind that was made last, whoever may see it.
func (r *Running) Newest(ctx context.Context, kind string) (record.Head, error) {
	return db.One[record.Head](ctx, r.Engine.DB, "SELECT "+db.Columns[record.Head]("r")+" FROM record r WHERE r.kind = $1 ORDER BY r.created DESC, r.id DESC LIMIT 1", kind)
}

// CountRows counts the rows of a table.
func (r *Running) CountRows(ctx context.Context, table string) string {
	n, err := db.One[int](ctx, r.Engine.DB, "SELECT count(*) FROM "+table)
	if err != nil {
		return err.Error()
	}
	return strconv.Itoa(n)
}
