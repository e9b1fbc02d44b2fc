// Package db is a thin layer over database/sql that lets one SQL text run on
// SQLite and on PostgreSQL.
//
// Placeholders are $1, $2 … on both. Times are UTC with whole microseconds; the
// zero time is NULL. A transaction travels in the context, so that what a
// service calls joins the service's own transaction and nothing can write
// beside it. Differences between the engines that SQL text cannot hide are
// listed in docs/developers.md.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"

	"funn/internal/platform/fault"
)

// Dialect is the engine behind a DB.
type Dialect string

// The engines that Funn runs on.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// DB is an open database. On SQLite there is one connection that writes and
// several that can only read; on PostgreSQL one pool does both.
type DB struct {
	Dialect Dialect
	write   *sql.DB
	read    *sql.DB
	changes atomic.Uint64
}

// Open opens the database that the address names: sqlite:PATH or postgres://….
// It refuses a PostgreSQL that runs without fsync, since there an acknowledged
// change could be lost.
func Open(ctx context.Context, address string) (*DB, error) {
	switch {
	case strings.HasPrefix(address, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(address, "sqlite:"))
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		return openPostgres(ctx, address)
	}
	return nil, fmt.Errorf("database address must begin with sqlite: or postgres://, got %q", redact(address))
}

func redact(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "…"
	}
	return u.Redacted()
}

const readers = 4 // connections of SQLite that read

func openSQLite(ctx context.Context, path string) (*DB, error) {
	// synchronous=FULL: NORMAL loses acknowledged commits at a power cut.
	// The path stands in a URI, where these mean something else.
	inURI := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	common := "file:" + inURI + "?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)&_pragma=secure_delete(1)&_pragma=temp_store(2)"
	write, err := openLite(common + "&_pragma=journal_mode(WAL)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1)
	write.SetConnMaxLifetime(0)
	if err := write.PingContext(ctx); err != nil {
		write.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	read, err := openLite(common + "&_pragma=query_only(1)")
	if err != nil {
		write.Close()
		return nil, fmt.Errorf("open %s for reading: %w", path, err)
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	d := &DB{Dialect: SQLite, write: write, read: read}
	_ = d.Optimize(ctx) // without room for the figures the database still answers
	return d, nil
}

// timeouts are how long a session of PostgreSQL may take, so that a statement that
// hangs gives an error and its connection back. A statement must end while a stop
// waits for requests (25 seconds). What the address names itself stands:
// postgres://…?statement_timeout=60s; 0 is without end.
var timeouts = map[string]string{"statement_timeout": "20s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"}

func openPostgres(ctx context.Context, address string) (*DB, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", redact(address), err)
	}
	for name, value := range timeouts {
		if _, named := config.RuntimeParams[name]; !named {
			config.RuntimeParams[name] = value
		}
	}
	if config.ConnectTimeout == 0 && !strings.Contains(address, "connect_timeout=") {
		config.ConnectTimeout = 5 * time.Second
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(16)
	pool.SetMaxIdleConns(8)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	d := &DB{Dialect: Postgres, write: pool, read: pool}
	var fsync, commit string
	if err := pool.QueryRowContext(ctx, "SELECT current_setting('fsync'), current_setting('synchronous_commit')").Scan(&fsync, &commit); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open %s: %w", redact(address), err)
	}
	if (fsync == "off" || commit == "off") && !strings.Contains(address, "application_name=funn-test") {
		pool.Close()
		return nil, fmt.Errorf("refusing %s: fsync is %s and synchronous_commit is %s, so acknowledged changes could be lost", redact(address), fsync, commit)
	}
	return d, nil
}

// Optimize gives SQLite's planner the figures that it chooses indexes by, where
// the tables have grown or shrunk much since last; it takes milliseconds
// (https://sqlite.org/pragma.html#pragma_optimize). PostgreSQL does it by itself.
func (d *DB) Optimize(ctx context.Context) error {
	if d.Dialect != SQLite {
		return nil
	}
	if _, err := d.write.ExecContext(ctx, "PRAGMA optimize=0x10002"); err != nil {
		return mapped(fmt.Errorf("optimize: %w", err))
	}
	// With figures of single values a statement is compiled anew each time it is run
	// with others (https://sqlite.org/c3ref/stmt.html); those of whole indexes are enough.
	sampled, err := One[int](ctx, d, "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat4'")
	if err == nil && sampled > 0 {
		_, err = d.Exec(ctx, "DELETE FROM sqlite_stat4")
	}
	if err != nil {
		return mapped(fmt.Errorf("optimize: %w", err))
	}
	if _, err := d.write.ExecContext(ctx, "ANALYZE sqlite_schema"); err != nil {
		return mapped(fmt.Errorf("optimize: %w", err))
	}
	// A connection reads the figures when it opens.
	d.read.SetMaxIdleConns(0)
	d.read.SetMaxIdleConns(readers)
	return nil
}

// Close closes every connection.
func (d *DB) Close() error {
	if d.Dialect == SQLite {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, _ = d.write.ExecContext(ctx, "PRAGMA optimize") // as above
		cancel()
	}
	err := d.write.Close()
	if d.read != d.write {
		err = errors.Join(err, d.read.Close())
	}
	return err
}

// Ping says whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.read.PingContext(ctx) }

// SQL gives the pool that writes, for parts that need database/sql itself.
func (d *DB) SQL() *sql.DB { return d.write }

type txKey struct{ d *DB }

type transaction struct {
	tx    *sql.Tx
	after []func()
}

// Tx runs fn inside a transaction that travels in the context; a Tx inside a Tx
// joins it. The transaction commits when fn returns nil. PostgreSQL's
// serialisation failures and deadlocks are tried again, so fn must do nothing
// outside the database; what must follow the commit goes in AfterCommit.
func (d *DB) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	if _, ok := ctx.Value(txKey{d}).(*transaction); ok {
		return fn(ctx)
	}
	const tries = 5
	for try := 1; ; try++ {
		err := d.once(ctx, fn)
		if err == nil || try == tries || !retriable(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(try*try) * 5 * time.Millisecond):
		}
	}
}

func (d *DB) once(ctx context.Context, fn func(ctx context.Context) error) (err error) {
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return mapped(fmt.Errorf("begin: %w", err))
	}
	t := &transaction{tx: tx}
	defer func() {
		if p := recover(); p != nil {
			_ = tx.Rollback()
			panic(p)
		}
	}()
	if err := fn(context.WithValue(ctx, txKey{d}, t)); err != nil {
		if rerr := tx.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) {
			return errors.Join(err, fmt.Errorf("roll back: %w", rerr))
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		return mapped(fmt.Errorf("commit: %w", err))
	}
	d.changes.Add(1)
	for _, f := range t.after {
		f()
	}
	return nil
}

// Snapshot runs fn so that all its reads see the database at one moment.
func (d *DB) Snapshot(ctx context.Context, fn func(ctx context.Context) error) error {
	if _, ok := ctx.Value(txKey{d}).(*transaction); ok {
		return fn(ctx)
	}
	opts := &sql.TxOptions{ReadOnly: true}
	if d.Dialect == Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := d.read.BeginTx(ctx, opts)
	if err != nil {
		return mapped(fmt.Errorf("begin snapshot: %w", err))
	}
	defer func() { _ = tx.Rollback() }()
	return fn(context.WithValue(ctx, txKey{d}, &transaction{tx: tx}))
}

// AfterCommit runs f once the context's transaction has committed, or at once
// when there is none.
func (d *DB) AfterCommit(ctx context.Context, f func()) {
	if t, ok := ctx.Value(txKey{d}).(*transaction); ok {
		t.after = append(t.after, f)
		return
	}
	f()
}

// InTx says whether the context carries a transaction of this database.
func (d *DB) InTx(ctx context.Context) bool {
	_, ok := ctx.Value(txKey{d}).(*transaction)
	return ok
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (d *DB) querier(ctx context.Context, write bool) querier {
	if t, ok := ctx.Value(txKey{d}).(*transaction); ok {
		return t.tx
	}
	if write {
		return d.write
	}
	return d.read
}

// Exec runs a statement and gives the number of rows that it changed.
func (d *DB) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	bound, err := d.args(args)
	if err != nil {
		return 0, err
	}
	res, err := d.querier(ctx, true).ExecContext(ctx, query, bound...)
	if err != nil {
		return 0, mapped(fmt.Errorf("exec %s: %w", brief(query), err))
	}
	if _, within := ctx.Value(txKey{d}).(*transaction); !within {
		d.changes.Add(1)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("exec %s: %w", brief(query), err)
	}
	return n, nil
}

// Changes counts what this process has written: what was read while it stood still
// is what is there, but for what another process has written meanwhile.
func (d *DB) Changes() uint64 { return d.changes.Load() }

// brief gives the first words of a statement, for an error's trail.
func brief(query string) string {
	words := strings.Fields(query)
	if len(words) > 6 {
		words = append(words[:6], "…")
	}
	return strings.Join(words, " ")
}

func retriable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// IsUnique says whether err is a broken UNIQUE or PRIMARY KEY rule.
func IsUnique(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlitelib.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// timedOut are the codes of a statement, a wait for a lock, and a transaction that
// took longer than timeouts allows.
var timedOut = []string{"57014", "55P03", "25P03", "25P04"}

// mapped turns what the drivers say about the machine into faults: a full disk,
// a database that is down or too busy.
func mapped(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch {
		case pg.Code == "53100":
			return fault.Wrap(fault.Full, err, "error.disk_full")
		case slices.Contains(timedOut, pg.Code):
			return fault.Wrap(fault.Unavailable, err, "error.database_busy")
		case strings.HasPrefix(pg.Code, "57P"), strings.HasPrefix(pg.Code, "08"), pg.Code == "53300":
			return fault.Wrap(fault.Unavailable, err, "error.database_down")
		}
		return err
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlitelib.SQLITE_FULL:
			return fault.Wrap(fault.Full, err, "error.disk_full")
		case sqlitelib.SQLITE_BUSY:
			return fault.Wrap(fault.Unavailable, err, "error.database_busy")
		case sqlitelib.SQLITE_IOERR, sqlitelib.SQLITE_CANTOPEN, sqlitelib.SQLITE_READONLY:
			return fault.Wrap(fault.Unavailable, err, "error.database_down")
		}
		return err
	}
	var connect *pgconn.ConnectError
	var network net.Error // a deadline that has passed is one too
	if errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, driver.ErrBadConn) || pgconn.SafeToRetry(err) {
		return fault.Wrap(fault.Unavailable, err, "error.database_down")
	}
	return err
}
