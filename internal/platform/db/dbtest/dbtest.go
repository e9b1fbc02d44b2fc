// Package dbtest gives each test a fresh, migrated database: always on SQLite,
// and on PostgreSQL when FUNN_TEST_POSTGRES holds the address of a server.
//
// Without a server a test says so and skips its PostgreSQL half; with CI=true it
// fails instead. scripts/postgres.sh starts a server for tests.
package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"funn/internal/platform/db"
)

// Each runs a test on SQLite and on PostgreSQL, each with a fresh database that
// holds the schema of the migrations given.
func Each(t *testing.T, migrations []fs.FS, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t, migrations...)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t, migrations...)) })
}

// SQLite opens a fresh SQLite database in the test's own folder.
func SQLite(t testing.TB, migrations ...fs.FS) *db.DB {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), migrations)
}

var (
	templateLock sync.Mutex
	templates    = map[string]string{}
	counter      atomic.Int64
)

// Address creates an empty database on the test server and gives its address. It
// is dropped when the test ends.
func Address(t testing.TB) string {
	t.Helper()
	return clone(t, server(t), "template0")
}

// Postgres opens a fresh database on the test server.
func Postgres(t testing.TB, migrations ...fs.FS) *db.DB {
	t.Helper()
	base := server(t)
	key := fmt.Sprint(migrations)
	templateLock.Lock()
	template, ok := templates[key]
	if !ok {
		// The template outlives the test that made it; scripts/postgres.sh throws the
		// whole server away.
		template = name("template")
		exec(t, base, "CREATE DATABASE "+template+" TEMPLATE template0 ENCODING 'UTF8'")
		d, err := db.Open(context.Background(), with(t, base, template))
		if err == nil {
			_, err = d.Migrate(context.Background(), migrations...)
			d.Close()
		}
		if err != nil {
			templateLock.Unlock()
			t.Fatalf("make template database: %v", err)
		}
		templates[key] = template
	}
	templateLock.Unlock()
	d, err := db.Open(context.Background(), clone(t, base, template))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// Addresses gives an address of an empty database on each engine that the
// machine has, for tests that start the whole program.
func Addresses(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, Address(t)) })
}

func server(t testing.TB) string {
	t.Helper()
	base := os.Getenv("FUNN_TEST_POSTGRES")
	if base == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("FUNN_TEST_POSTGRES is not set: on CI the tests must run on PostgreSQL too")
		}
		t.Skip("no PostgreSQL server: FUNN_TEST_POSTGRES is not set (scripts/postgres.sh starts one)")
	}
	return base
}

func clone(t testing.TB, base, template string) string {
	t.Helper()
	n := name("test")
	// A template can be copied by one at a time.
	templateLock.Lock()
	exec(t, base, "CREATE DATABASE "+n+" TEMPLATE "+template)
	templateLock.Unlock()
	t.Cleanup(func() { exec(t, base, "DROP DATABASE IF EXISTS "+n+" WITH (FORCE)") })
	return with(t, base, n)
}

func name(kind string) string {
	return fmt.Sprintf("funn_%s_%d_%d", kind, os.Getpid(), counter.Add(1))
}

func with(t testing.TB, base, database string) string {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatalf("FUNN_TEST_POSTGRES: %v", err)
	}
	u.Path = "/" + database
	q := u.Query()
	q.Set("application_name", "funn-test")
	u.RawQuery = q.Encode()
	return u.String()
}

func exec(t testing.TB, base, statement string) {
	t.Helper()
	pool, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func open(t testing.TB, address string, migrations []fs.FS) *db.DB {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if len(migrations) > 0 {
		if _, err := d.Migrate(ctx, migrations...); err != nil {
			t.Fatal(err)
		}
	}
	return d
}
