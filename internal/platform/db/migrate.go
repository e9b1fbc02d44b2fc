package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// A migration file is named NNNN_what.sql and lies in the folder migrations of
// the module that owns the table. All modules' files make one sequence. The SQL
// is PostgreSQL's; for SQLite the types are exchanged and tables made STRICT.
// Statements end with a semicolon at the end of a line.
var migrationName = regexp.MustCompile(`^(\d{4})_[a-z0-9_]+\.sql$`)

var toSQLite = strings.NewReplacer(
	"TIMESTAMPTZ", "INTEGER",
	"BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT",
	"BIGINT", "INTEGER",
	"BOOLEAN", "INTEGER",
	"JSONB", "TEXT",
	"BYTEA", "BLOB",
	"DOUBLE PRECISION", "REAL",
	` COLLATE "C"`, "",
	"\n);", "\n) STRICT;",
)

// Migrate brings the schema up to date with the modules' migration files and
// gives the numbers that it ran. Each migration runs in a transaction of its
// own: after a crash the schema is the old or the new, never between.
func (d *DB) Migrate(ctx context.Context, sources ...fs.FS) ([]int64, error) {
	p, err := d.provider(sources)
	if err != nil {
		return nil, err
	}
	results, err := p.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	var ran []int64
	for _, r := range results {
		ran = append(ran, r.Source.Version)
	}
	return ran, nil
}

// Pending says whether there are migrations that have not run.
func (d *DB) Pending(ctx context.Context, sources ...fs.FS) (bool, error) {
	p, err := d.provider(sources)
	if err != nil {
		return false, err
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return false, fmt.Errorf("look for pending migrations: %w", err)
	}
	return pending, nil
}

func (d *DB) provider(sources []fs.FS) (*goose.Provider, error) {
	migrations, err := d.migrations(sources)
	if err != nil {
		return nil, err
	}
	dialect := goose.DialectSQLite3
	opts := []goose.ProviderOption{goose.WithGoMigrations(migrations...), goose.WithDisableGlobalRegistry(true),
		// A module's next migration has a lower number than those that another module
		// has run: modules own their tables, so the order between them is free.
		goose.WithAllowOutofOrder(true)}
	if d.Dialect == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, fmt.Errorf("migration lock: %w", err)
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, d.write, nil, opts...)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return p, nil
}

func (d *DB) migrations(sources []fs.FS) ([]*goose.Migration, error) {
	byVersion := map[int64]string{}
	var out []*goose.Migration
	for _, source := range sources {
		err := fs.WalkDir(source, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			m := migrationName.FindStringSubmatch(path.Base(name))
			if m == nil {
				return fmt.Errorf("migration %s: the name must be NNNN_what.sql", name)
			}
			version, err := strconv.ParseInt(m[1], 10, 64)
			if err != nil {
				return err
			}
			if other, taken := byVersion[version]; taken {
				return fmt.Errorf("migrations %s and %s have the same number", other, name)
			}
			byVersion[version] = name
			text, err := fs.ReadFile(source, name)
			if err != nil {
				return err
			}
			statements := d.statements(string(text))
			if d.Dialect == Postgres {
				// To change a large table takes the time it takes. What waits for a lock, and
				// makes everybody else wait behind it, still gives up.
				statements = slices.Insert(statements, 0, "SET LOCAL statement_timeout = 0")
			}
			out = append(out, goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
				for _, s := range statements {
					if _, err := tx.ExecContext(ctx, s); err != nil {
						return fmt.Errorf("%s: %s: %w", name, brief(s), err)
					}
				}
				return nil
			}}, nil))
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no migrations given")
	}
	slices.SortFunc(out, func(a, b *goose.Migration) int { return int(a.Version - b.Version) })
	return out, nil
}

func (d *DB) statements(text string) []string {
	if d.Dialect == SQLite {
		text = toSQLite.Replace(text)
	}
	var out []string
	for _, s := range strings.Split(text, ";\n") {
		var lines []string
		for _, l := range strings.Split(s, "\n") {
			if !strings.HasPrefix(strings.TrimSpace(l), "--") && strings.TrimSpace(l) != "" {
				lines = append(lines, l)
			}
		}
		if len(lines) > 0 {
			out = append(out, strings.TrimSuffix(strings.Join(lines, "\n"), ";"))
		}
	}
	return out
}
