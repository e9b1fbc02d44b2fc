package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"

	"modernc.org/sqlite"
)

// Compiling a statement takes SQLite longer than running most of them, and
// database/sql throws the compiled form away. So each connection keeps its latest,
// as pgx does for PostgreSQL.

// mostStatements is how many compiled statements a connection keeps, at some 10 kB
// each.
const mostStatements = 128

// connector opens connections to SQLite that keep their statements.
type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &keeping{connection: conn.(connection), kept: map[string]*statement{}}, nil
}

// openLite opens a pool of connections that keep their statements.
func openLite(dsn string) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector{c}), nil
}

// connection is what the driver's connections can do.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.QueryerContext
	driver.ExecerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// runner is what the driver's statements can do.
type runner interface {
	driver.Stmt
	driver.StmtQueryContext
	driver.StmtExecContext
}

// statement is a compiled statement that its connection keeps.
type statement struct {
	runner
	busy bool  // its rows are being read
	used int64 // when it was last asked for, counted in statements
}

// keeping is a connection that keeps its statements. database/sql lets one goroutine
// at a time use a connection.
type keeping struct {
	connection
	kept  map[string]*statement
	count int64
}

// QueryContext runs a query.
func (k *keeping) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := k.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return k.connection.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &reading{Rows: rows, of: s}, nil
}

// ExecContext runs a statement that gives no rows.
func (k *keeping) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := k.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return k.connection.ExecContext(ctx, query, args)
	}
	return s.ExecContext(ctx, args)
}

// statement gives the compiled form of a statement; nil for one that is not kept: of
// another sort than those that are run again, or while its own rows are being read.
func (k *keeping) statement(ctx context.Context, query string) (*statement, error) {
	if s := k.kept[query]; s != nil {
		if s.busy {
			return nil, nil
		}
		k.count++
		s.used = k.count
		return s, nil
	}
	if !again(query) {
		return nil, nil
	}
	prepared, err := k.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(k.kept) >= mostStatements {
		k.drop()
	}
	k.count++
	s := &statement{runner: prepared.(runner), used: k.count}
	k.kept[query] = s
	return s, nil
}

// again says whether a statement is of a sort that is run again and again.
func again(query string) bool {
	verb, _, _ := strings.Cut(strings.TrimLeft(query, " \t\n"), " ")
	switch verb {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return !strings.Contains(query, ";")
	}
	return false
}

// drop lets the statement go that has been idle for longest.
func (k *keeping) drop() {
	var oldest string
	for query, s := range k.kept {
		if !s.busy && (oldest == "" || s.used < k.kept[oldest].used) {
			oldest = query
		}
	}
	if oldest != "" {
		_ = k.kept[oldest].Close() // it is not run any more
		delete(k.kept, oldest)
	}
}

// Close closes the statements and the connection.
func (k *keeping) Close() error {
	for _, s := range k.kept {
		_ = s.Close() // the connection's own closing says what is wrong
	}
	clear(k.kept)
	return k.connection.Close()
}

// reading are the rows of a kept statement, which can run again once they are closed.
type reading struct {
	driver.Rows
	of *statement
}

// Close ends the reading.
func (r *reading) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}
