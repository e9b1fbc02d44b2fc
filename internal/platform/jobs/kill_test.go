package jobs

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
)

// The test binary is also the worker that the tests below kill.
func TestMain(m *testing.M) {
	if address := os.Getenv("FUNN_JOBS_TEST_WORKER"); address != "" {
		if err := worker(address, os.Getenv("FUNN_JOBS_TEST_HANDLER")); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const killLease = 400 * time.Millisecond

// worker runs jobs until it is killed. The kind "hold" has its effect and then,
// at the first attempt, never ends.
func worker(address, how string) error {
	d, err := db.Open(context.Background(), address)
	if err != nil {
		return err
	}
	hold := func(ctx context.Context, run *Run) error {
		if err := affect(ctx, run); err != nil {
			return err
		}
		if run.Attempt == 1 {
			fmt.Println("holding")
			select {}
		}
		return nil
	}
	slow := func(ctx context.Context, run *Run) error {
		err := affect(ctx, run)
		time.Sleep(time.Duration(rand.IntN(4)) * time.Millisecond)
		return err
	}
	handlers := map[string]Handler{"hold": InTx(hold), "slow": InTx(slow)}
	if how == "naive" {
		handlers = map[string]Handler{"hold": hold, "slow": slow}
	}
	r := &Runner{DB: d, Clock: clock.Real{}, Handlers: handlers, Poll: 20 * time.Millisecond, Lease: killLease, Log: slog.New(slog.DiscardHandler)}
	if err := r.Start(context.Background()); err != nil {
		return err
	}
	fmt.Println("working")
	select {}
}

type process struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func spawn(t *testing.T, address, how string) process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "FUNN_JOBS_TEST_WORKER="+address, "FUNN_JOBS_TEST_HANDLER="+how)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := process{cmd, bufio.NewScanner(out)}
	t.Cleanup(p.kill)
	p.expect(t, "working")
	return p
}

func (p process) kill() {
	_ = p.cmd.Process.Kill() // SIGKILL: nothing is tidied up
	_ = p.cmd.Wait()
}

func (p process) expect(t *testing.T, line string) {
	t.Helper()
	for p.lines.Scan() {
		if p.lines.Text() == line {
			return
		}
		if strings.HasPrefix(p.lines.Text(), "failed") {
			t.Fatal(p.lines.Text())
		}
	}
	t.Fatalf("the worker ended before it said %q", line)
}

// eachAddress gives a migrated database that other processes can open too.
func eachAddress(t *testing.T, test func(t *testing.T, d *db.DB, address string)) {
	migrated := func(t *testing.T, address string) {
		d, err := db.Open(context.Background(), address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		if _, err := d.Migrate(context.Background(), schema...); err != nil {
			t.Fatal(err)
		}
		test(t, d, address)
	}
	t.Run("sqlite", func(t *testing.T) { migrated(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db")) })
	t.Run("postgres", func(t *testing.T) { migrated(t, dbtest.Address(t)) })
}

func open(t *testing.T, d *db.DB) int {
	t.Helper()
	n, err := db.One[int](context.Background(), d, "SELECT count(*) FROM job WHERE done_at IS NULL")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A worker is killed after its job's effect and before its end. Another takes
// the job over when the lease has run out. With InTx the effect is there once;
// the control, the same handler without it, has it twice.
func TestKilledWorker(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, d *db.DB, address string) {
		for how, want := range map[string]int{"tx": 1, "naive": 2} {
			enqueue(t, d, Job{Kind: "hold", Args: how})
			dying := spawn(t, address, how)
			dying.expect(t, "holding")
			dying.kill()
			killed := time.Now()
			next := spawn(t, address, how)
			eventually(t, "the job rescued", func() bool { return open(t, d) == 0 })
			t.Logf("%s: rescued %v after the kill, lease %v", how, time.Since(killed).Round(time.Millisecond), killLease)
			next.kill()
			if got := effects(t, d)[how]; got != want {
				t.Errorf("%s: the effect is there %d times, want %d", how, got, want)
			}
		}
	})
}

// Two processes of two workers each are killed again and again at random moments.
func TestManyKills(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, d *db.DB, address string) {
		const jobs = 400
		for i := range jobs {
			enqueue(t, d, Job{Kind: "slow", Args: fmt.Sprint(i), MaxAttempts: 1000})
		}
		workers := []process{spawn(t, address, "tx"), spawn(t, address, "tx")}
		kills := 0
		for end := time.Now().Add(time.Minute); open(t, d) > 0; kills++ {
			if time.Now().After(end) {
				t.Fatalf("%d jobs are still open", open(t, d))
			}
			time.Sleep(time.Duration(20+rand.IntN(100)) * time.Millisecond)
			if kills < 20 {
				workers[kills%2].kill()
				workers[kills%2] = spawn(t, address, "tx")
			}
		}
		got := effects(t, d)
		for i := range jobs {
			if n := got[fmt.Sprint(i)]; n != 1 {
				t.Errorf("job %d had its effect %d times", i, n)
			}
		}
		t.Logf("%d kills, %d jobs", min(kills, 20), len(got))
	})
}
