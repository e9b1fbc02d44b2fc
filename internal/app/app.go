// Package app puts the house together: configuration, database, modules, routes,
// jobs and subcommands. It is the only place that knows all of them.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kong"

	"funn/internal/effectcli"
)

// cli is what can be written after "funn".
type cli struct {
	Demo    demoCommand        `cmd:"" help:"Start a demo with Nav's portfolio of 2022. Needs nothing but this program."`
	Serve   serveCommand       `cmd:"" help:"Start the server. All settings come from the environment; see docs/operations.md."`
	Migrate migrateCommand     `cmd:"" help:"Bring the database's schema up to date."`
	Check   checkCommand       `cmd:"" help:"Verify the event log, every record and every reference."`
	Effect  effectcli.Commands `cmd:"" help:"Design trials and estimate effects where the data lie."`
}

// process is what a command has of the world.
type process struct {
	ctx    context.Context
	getenv func(string) string
	stdout io.Writer
	stderr io.Writer
}

// refused is an error that the user can mend: told without a trail, exit 1.
type refused struct{ text string }

func (r refused) Error() string { return r.text }

// Run runs the program and gives its exit status: 0 done, 1 refused or failed,
// 2 wrong use.
func Run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	var c cli
	status := -1
	parser, err := kong.New(&c, kong.Name("funn"), kong.Writers(stdout, stderr), kong.Exit(func(code int) { status = code }),
		kong.Description("Funn follows a piece of knowledge from the need for it to its use."), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(stderr, "funn:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if status >= 0 {
		return status // --help was asked for and given
	}
	if err != nil {
		var wrong *kong.ParseError
		if errors.As(err, &wrong) {
			_ = wrong.Context.PrintUsage(true)
		}
		fmt.Fprintln(stderr, "funn:", err)
		return 2
	}
	err = parsed.Run(&process{ctx: ctx, getenv: getenv, stdout: stdout, stderr: stderr},
		&effectcli.Env{Context: ctx, Stdout: stdout, Stderr: stderr, Now: time.Now})
	if err != nil {
		fmt.Fprintln(stderr, "funn:", err)
	}
	return effectcli.ExitCode(err)
}

// date is a calendar day on the command line: 2023-01-02.
type date struct{ time.Time }

// UnmarshalText reads a day.
func (d *date) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("write the day as 2023-01-02, got %q", text)
	}
	d.Time = t
	return nil
}
