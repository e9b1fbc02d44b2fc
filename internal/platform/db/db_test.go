package db_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/fault"
)

var schema = []fs.FS{fstest.MapFS{"migrations/0001_thing.sql": {Data: []byte(`-- A table with one column of each kind.
CREATE TABLE thing (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    parent TEXT REFERENCES thing (id),
    amount BIGINT NOT NULL,
    share DOUBLE PRECISION NOT NULL,
    done BOOLEAN NOT NULL,
    at TIMESTAMPTZ,
    tags JSONB NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX thing_name ON thing (name);
`)}}}

type thing struct {
	ID      string            `db:"id"`
	Name    string            `db:"name"`
	Parent  string            `db:"parent,null"`
	Amount  int64             `db:"amount"`
	Share   float64           `db:"share"`
	Done    bool              `db:"done"`
	At      time.Time         `db:"at"`
	Tags    db.JSON[[]string] `db:"tags"`
	Version int               `db:"version"`
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		want := []thing{
			{ID: "a", Name: "Ærlig", Amount: 1 << 40, Share: 0.1, Done: true, At: time.Date(2023, 1, 2, 3, 4, 5, 6000, time.UTC), Tags: db.JSON[[]string]{V: []string{"x", "å"}}},
			{ID: "b", Parent: "a"},
		}
		for i := range want {
			if err := d.Insert(ctx, "thing", &want[i]); err != nil {
				t.Fatal(err)
			}
		}
		got, err := db.All[thing](ctx, d, "SELECT "+db.Columns[thing]("t")+" FROM thing t ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		n, err := db.One[int](ctx, d, "SELECT count(*) FROM thing WHERE done = $1 AND at = $2", true, want[0].At)
		if err != nil || n != 1 {
			t.Errorf("found %d by time and flag, %v", n, err)
		}
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		if err := d.Insert(ctx, "thing", thing{ID: "a"}); err != nil {
			t.Fatal(err)
		}
		if err := d.Insert(ctx, "thing", thing{ID: "a"}); !db.IsUnique(err) {
			t.Errorf("a second row with the same id: %v, want a broken unique rule", err)
		}
		if err := d.Insert(ctx, "thing", thing{ID: "b", Name: "a\x00b"}); fault.Of(err) != fault.Invalid {
			t.Errorf("text with NUL: %v, want Invalid", err)
		}
		if err := d.Insert(ctx, "thing", thing{ID: "c", Parent: "none"}); err == nil {
			t.Error("a reference to nothing was accepted")
		}
		if _, err := db.One[thing](ctx, d, "SELECT "+db.Columns[thing]("")+" FROM thing WHERE id = $1", "none"); fault.Of(err) != fault.NotFound {
			t.Errorf("absent row: %v, want NotFound", err)
		}
	})
}

// A transaction that fails leaves nothing behind, and what was called inside it
// joined it.
func TestTx(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		stop := errors.New("stop")
		var after atomic.Int32
		err := d.Tx(ctx, func(ctx context.Context) error {
			d.AfterCommit(ctx, func() { after.Add(1) })
			return d.Tx(ctx, func(ctx context.Context) error {
				if err := d.Insert(ctx, "thing", thing{ID: "a"}); err != nil {
					return err
				}
				return stop
			})
		})
		if !errors.Is(err, stop) {
			t.Fatalf("got %v", err)
		}
		if n, err := db.One[int](ctx, d, "SELECT count(*) FROM thing"); err != nil || n != 0 || after.Load() != 0 {
			t.Fatalf("%d rows and %d hooks after a failed transaction, %v", n, after.Load(), err)
		}
		err = d.Tx(ctx, func(ctx context.Context) error {
			d.AfterCommit(ctx, func() { after.Add(1) })
			return d.Insert(ctx, "thing", thing{ID: "a"})
		})
		if err != nil || after.Load() != 1 {
			t.Fatalf("%v, %d hooks", err, after.Load())
		}
	})
}

// Of many who change the same version at once, exactly one wins on either engine.
func TestOneWinner(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		if err := d.Insert(ctx, "thing", thing{ID: "a", Version: 1}); err != nil {
			t.Fatal(err)
		}
		var won atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				err := d.Tx(ctx, func(ctx context.Context) error {
					n, err := d.Exec(ctx, "UPDATE thing SET version = 2 WHERE id = $1 AND version = 1", "a")
					if n == 1 {
						won.Add(1)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d won", won.Load())
		}
	})
}

func TestMigrateTwice(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ran, err := d.Migrate(context.Background(), schema...)
		if err != nil || len(ran) != 0 {
			t.Errorf("second run: %v, %v", ran, err)
		}
		double := append([]fs.FS{}, schema...)
		double = append(double, fstest.MapFS{"0001_other.sql": {Data: []byte("SELECT 1;\n")}})
		if _, err := d.Migrate(context.Background(), double...); err == nil {
			t.Error("two migrations with one number were accepted")
		}
	})
}

// A module's next migration comes before one that another module has run already.
func TestMigrateBetween(t *testing.T) {
	t.Parallel()
	late := fstest.MapFS{"0900_late.sql": {Data: []byte("CREATE TABLE late (\n    id TEXT PRIMARY KEY\n);\n")}}
	between := fstest.MapFS{"0002_between.sql": {Data: []byte("CREATE TABLE between_them (\n    id TEXT PRIMARY KEY\n);\n")}}
	dbtest.Each(t, append(slices.Clone(schema), late), func(t *testing.T, d *db.DB) {
		if pending, err := d.Pending(t.Context(), append(slices.Clone(schema), late, between)...); err != nil || !pending {
			t.Fatalf("pending: %v, %v", pending, err)
		}
		ran, err := d.Migrate(t.Context(), append(slices.Clone(schema), late, between)...)
		if err != nil || !slices.Equal(ran, []int64{2}) {
			t.Errorf("ran %v, %v", ran, err)
		}
	})
}

func TestWhere(t *testing.T) {
	t.Parallel()
	var w db.Where
	w.And("a = ?", 1).In("b", "x", "y").AndWhere(db.Or(*new(db.Where).And("c > ?", 2), db.Where{}))
	text, args := w.SQL("first")
	if want := "WHERE (a = $2) AND (b IN ($3, $4)) AND (((c > $5)) OR (1 = 1))"; text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	if diff := cmp.Diff([]any{"first", 1, "x", "y", 2}, args); diff != "" {
		t.Error(diff)
	}
	if text, _ := new(db.Where).In("a").SQL(); text != "WHERE (1 = 0)" {
		t.Errorf("nothing to choose from: %s", text)
	}
}

// The planner of SQLite knows how large the tables are, on connections that were
// open before too, and from the start the next time.
func TestOptimize(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	address := "sqlite:" + filepath.Join(t.TempDir(), "funn.db")
	d, err := db.Open(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Migrate(ctx, fstest.MapFS{"0001_pair.sql": {Data: []byte("CREATE TABLE pair (many BIGINT NOT NULL, few BIGINT NOT NULL);\nCREATE INDEX pair_many ON pair (many);\nCREATE INDEX pair_few ON pair (few);\n")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Exec(ctx, "INSERT INTO pair WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT i, i % 2 FROM n"); err != nil {
		t.Fatal(err)
	}
	plan := func(d *db.DB) string {
		t.Helper()
		type step struct {
			ID     int    `db:"id"`
			Parent int    `db:"parent"`
			Unused int    `db:"notused"`
			Detail string `db:"detail"`
		}
		steps, err := db.All[step](ctx, d, "EXPLAIN QUERY PLAN SELECT count(*) FROM pair WHERE few = 1 AND many = 7")
		if err != nil || len(steps) != 1 {
			t.Fatalf("%v, %v", steps, err)
		}
		return steps[0].Detail
	}
	const good = "SEARCH pair USING INDEX pair_many (many=?)"
	if before := plan(d); before == good {
		t.Fatalf("without figures it is %s already: the test shows nothing", before)
	}
	if err := d.Optimize(ctx); err != nil {
		t.Fatal(err)
	}
	if after := plan(d); after != good {
		t.Errorf("with figures: %s", after)
	}
	if _, err := d.Exec(ctx, "DELETE FROM sqlite_stat1"); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err = db.Open(ctx, address); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if again := plan(d); again != good {
		t.Errorf("opened again: %s", again)
	}
}

// A statement, a wait for a lock and a transaction that does nothing end with an
// error that users can be told; a migration may take its time.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	address := dbtest.Address(t)
	plain, err := db.Open(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	for name, want := range map[string]string{"statement_timeout": "20s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "1min"} {
		if got, err := db.One[string](ctx, plain, "SELECT current_setting($1)", name); err != nil || got != want {
			t.Errorf("%s is %s, want %s; %v", name, got, want, err)
		}
	}
	hasty, err := db.Open(ctx, address+"&statement_timeout=400ms&lock_timeout=100ms&idle_in_transaction_session_timeout=200ms")
	if err != nil {
		t.Fatal(err)
	}
	defer hasty.Close()
	slow := append(slices.Clone(schema), fstest.MapFS{"migrations/0002_slow.sql": {Data: []byte("SELECT pg_sleep(0.6);\n")}})
	if _, err := hasty.Migrate(ctx, slow...); err != nil {
		t.Errorf("a slow migration: %v", err)
	}
	held, release := make(chan struct{}), make(chan struct{})
	go func() {
		_ = plain.Tx(ctx, func(ctx context.Context) error {
			_, err := plain.Exec(ctx, "LOCK TABLE thing")
			close(held)
			<-release
			return err
		})
	}()
	<-held
	defer close(release)
	for name, attempt := range map[string]func() error{
		"statement": func() error {
			_, err := db.All[string](ctx, hasty, "SELECT pg_sleep(30)::text")
			return err
		},
		"lock": func() error {
			_, err := hasty.Exec(ctx, "DELETE FROM thing")
			return err
		},
		"idle": func() error {
			return hasty.Tx(ctx, func(ctx context.Context) error {
				time.Sleep(500 * time.Millisecond)
				_, err := hasty.Exec(ctx, "SELECT 1")
				return err
			})
		},
	} {
		began := time.Now()
		if err := attempt(); fault.Of(err) != fault.Unavailable || time.Since(began) > 10*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(began))
		}
		if err := hasty.Ping(ctx); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
}

// A connection that is cut is a database that does not answer, and the next
// request gets another one.
func TestCutConnections(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := dbtest.Postgres(t, schema...)
	err := d.Tx(ctx, func(inner context.Context) error {
		pid, err := db.One[int](inner, d, "SELECT pg_backend_pid()")
		if err != nil {
			return err
		}
		if _, err := d.Exec(ctx, "SELECT pg_terminate_backend($1)", pid); err != nil { // beside the transaction
			return err
		}
		for range 2 { // what it says first, and what a closed connection says
			if _, err = d.Exec(inner, "SELECT 1"); fault.Of(err) != fault.Unavailable {
				t.Errorf("on a cut connection: %v", err)
			}
		}
		return err
	})
	if fault.Of(err) != fault.Unavailable {
		t.Errorf("the transaction: %v", err)
	}
	if _, err := d.Exec(ctx, "SELECT 1"); err != nil {
		t.Errorf("the next: %v", err)
	}
}

// A full disk is told as such, leaves nothing half written, keeps what is there
// readable, and is over when there is room again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := dbtest.SQLite(t, fstest.MapFS{"0001_text.sql": {Data: []byte("CREATE TABLE line (text TEXT NOT NULL);\n")}})
	if _, err := d.Exec(ctx, "PRAGMA max_page_count = 60"); err != nil {
		t.Fatal(err)
	}
	lines := func() int {
		t.Helper()
		n, err := db.One[int](ctx, d, "SELECT count(*) FROM line")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	two := func() error {
		return d.Tx(ctx, func(ctx context.Context) error {
			for range 2 {
				if _, err := d.Exec(ctx, "INSERT INTO line (text) VALUES ($1)", strings.Repeat("x", 5000)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	written := 0
	var err error
	for err == nil && written < 200 {
		if err = two(); err == nil {
			written += 2
		}
	}
	if fault.Of(err) != fault.Full || written == 0 || lines() != written {
		t.Errorf("%v after %d lines, of which %d are there", err, written, lines())
	}
	if _, err := d.Exec(ctx, "PRAGMA max_page_count = 1000"); err != nil {
		t.Fatal(err)
	}
	if err := two(); err != nil || lines() != written+2 {
		t.Errorf("with room again: %v, %d lines", err, lines())
	}
}

// A folder may be called anything: the file lies where the address says.
func TestPathsWithSigns(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"R&D #1", "50%25 off", "what?", "ærlig mappe"} {
		dir := filepath.Join(t.TempDir(), folder)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "funn.db")
		d, err := db.Open(t.Context(), "sqlite:"+path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Migrate(t.Context(), schema...); err != nil {
			t.Fatal(err)
		}
		mode, err := db.One[int](t.Context(), d, "PRAGMA query_only")
		if err != nil || mode != 1 {
			t.Errorf("%s: readers can write (%d, %v)", folder, mode, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: %v", folder, err)
		}
	}
}

// Flags and paths are found whole: not what begins alike, and not what is above.
func TestFlagAndUnder(t *testing.T) {
	t.Parallel()
	schema := []fs.FS{fstest.MapFS{"migrations/0001_unit.sql": {Data: []byte(`CREATE TABLE unit (path TEXT COLLATE "C" PRIMARY KEY, flags TEXT NOT NULL);`)}}}
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		flags := map[string]string{"nav": " open late ", "nav/it": " reopened ", "nav/it/data": " open ", "nav/italia": "", "nav/it0": " late open ", "na": "open", "nav-it": " opens "}
		for path, f := range flags {
			if _, err := d.Exec(ctx, "INSERT INTO unit (path, flags) VALUES ($1, $2)", path, f); err != nil {
				t.Fatal(err)
			}
		}
		for name, tc := range map[string]struct {
			where *db.Where
			want  []string
		}{
			"a path":           {new(db.Where).Under("path", "nav/it"), []string{"nav/it", "nav/it/data"}},
			"the whole":        {new(db.Where).Under("path", "nav"), []string{"nav", "nav/it", "nav/it/data", "nav/it0", "nav/italia"}},
			"no such path":     {new(db.Where).Under("path", "nav/i"), nil},
			"a flag":           {new(db.Where).Flag("flags", "open"), []string{"nav", "nav/it/data", "nav/it0"}},
			"both":             {new(db.Where).Flag("flags", "open").Under("path", "nav/it"), []string{"nav/it/data"}},
			"one of each side": {new(db.Where).Under("path", "na").AndWhere(*new(db.Where).Under("path", "nav")), nil},
		} {
			where, args := tc.where.SQL()
			got, err := db.All[string](ctx, d, "SELECT path FROM unit "+where+" ORDER BY path"+db.Page(5, 0), args...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if got, err := db.All[string](ctx, d, "SELECT path FROM unit ORDER BY path"+db.Page(2, 3)); err != nil || !slices.Equal(got, []string{"nav/it", "nav/it/data"}) {
			t.Errorf("the second page: %q, %v", got, err)
		}
	})
	defer func() {
		if recover() == nil {
			t.Error("a flag with a quote in it is taken")
		}
	}()
	new(db.Where).Flag("flags", "x' OR '1")
}
