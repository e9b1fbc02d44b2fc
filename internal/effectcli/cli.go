// Package effectcli is the commands "funn effect …": planning trials,
// drawing them and estimating effects where the data lie.
//
// Every command writes its result, for programs, to standard output or to the
// file given by --out, and its words, for people, to standard error; with
// --out the words go to standard output. Work that takes more than two seconds
// tells how far it has come. A command that refuses says why; the process then
// ends with status 1, and with 2 when the command itself was wrong.
package effectcli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"funn/effect"
	"funn/effect/example"
	"funn/effect/plan"
	"funn/effect/report"
	"funn/effect/source"

	"github.com/alecthomas/kong"
)

// Commands is what can be written after "funn effect". It is mounted in a
// kong command line; each command's Run takes an *[Env].
type Commands struct {
	Run       RunCommand       `cmd:"" help:"Estimate what a plan asks, from data that stay where they are."`
	Lock      LockCommand      `cmd:"" help:"Write a plan's hash down, before the outcomes are seen."`
	Power     PowerCommand     `cmd:"" help:"Compute sample size, power or smallest detectable effect."`
	Randomise RandomiseCommand `cmd:"" help:"Draw units to arms, so that anyone can draw them again."`
	Example   ExampleCommand   `cmd:"" help:"Write a plan and generated data for each design."`
	Show      ShowCommand      `cmd:"" help:"Tell what a result file says, wherever it was made."`
	SQL       SQLCommand       `cmd:"" name:"sql" help:"Write the queries for a database that is not read directly, or read their answers."`
	Schema    SchemaCommand    `cmd:"" help:"Print the JSON Schema of plan or result files."`
}

// Env is what a command has of the world.
type Env struct {
	Context context.Context
	Stdout  io.Writer
	Stderr  io.Writer
	// Now is the real time: when a plan is locked is a fact of the world.
	Now func() time.Time
}

// UsageError says that a command was called in a wrong way.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// ExitCode is the status the process ends with.
func (e *UsageError) ExitCode() int { return 2 }

// ExitCode is the status the process ends with after a command returned err:
// 0 done, 2 wrong use, 1 refused for any other reason.
func ExitCode(err error) int {
	var usage *UsageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return usage.ExitCode()
	}
	return 1
}

// Main parses the words after "funn effect", runs the command and returns the
// exit status.
func Main(env *Env, args []string) int {
	var c Commands
	status := -1
	parser, err := kong.New(&c, kong.Name("funn effect"), kong.Writers(env.Stdout, env.Stderr),
		kong.Exit(func(code int) { status = code }), kong.Description("Design trials and estimate effects where the data lie."))
	if err != nil {
		fmt.Fprintln(env.Stderr, "funn effect:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if status >= 0 {
		return status // --help was asked for and given
	}
	if err != nil {
		fmt.Fprintln(env.Stderr, "funn effect:", err)
		return 2
	}
	if err := parsed.Run(env); err != nil {
		fmt.Fprintln(env.Stderr, "funn effect:", err)
		return ExitCode(err)
	}
	return 0
}

// Words is the language option.
type Words struct {
	Lang string `help:"Language of the words: nb or en." enum:"nb,en" default:"nb"`
}

func (w Words) language() report.Language { return report.Language(w.Lang) }

// output is where a command's result and words go.
type output struct {
	env  *Env
	path string
}

// words is where people read.
func (o output) words() io.Writer {
	if o.path == "" {
		return o.env.Stderr
	}
	return o.env.Stdout
}

// write writes the result: to a file in one step, or to standard output.
func (o output) write(result func(io.Writer) error) error {
	if o.path == "" {
		return result(o.env.Stdout)
	}
	return writeFile(o.path, result)
}

// writeFile writes a file so that either the whole is there or what was
// there before.
func writeFile(path string, content func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".funn-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(f.Name()))
		}
	}()
	if err := content(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Chmod(0o644); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// openSource opens the data and takes a text that names no source for wrong
// use.
func openSource(env *Env, spec string) (source.Source, error) {
	src, err := source.Open(env.Context, spec)
	if errors.Is(err, source.ErrFormat) {
		return nil, &UsageError{err}
	}
	return src, err
}

// LockCommand writes a plan's lock file.
type LockCommand struct {
	Plan    string `arg:"" help:"The plan file."`
	Replace string `help:"Lock a changed plan in place of the one locked before. REASON is kept in the lock file." placeholder:"REASON"`
	Words
}

// Run locks the plan. A plan that is locked already and unchanged stays as it
// is; a changed one is refused unless a reason is given.
func (c *LockCommand) Run(env *Env) error { return inLanguage(c.language(), c.run(env)) }

func (c *LockCommand) run(env *Env) error {
	p, err := plan.Load(c.Plan)
	if err != nil {
		return err
	}
	l := c.language()
	path := plan.LockPath(c.Plan)
	old, err := plan.ReadLock(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	case err != nil:
		return err
	}
	next := plan.NewLock(p, env.Now())
	switch {
	case old == nil && c.Replace != "":
		return &UsageError{fmt.Errorf("%s is not locked, so there is nothing to replace", c.Plan)}
	case old != nil && old.PlanHash == p.Hash():
		fmt.Fprintf(env.Stdout, "%s\n", old.PlanHash)
		fmt.Fprintf(env.Stderr, l.Pick("Planen var låst fra før (%s) og er uendret.\n", "The plan was locked before (%s) and is unchanged.\n"), old.LockedAt.Format(time.RFC3339))
		return nil
	case old != nil && c.Replace == "":
		return fmt.Errorf("%s was locked %s and has changed since in %v; lock it anew with --replace=REASON, which is kept, or undo the change",
			c.Plan, old.LockedAt.Format(time.RFC3339), old.Changes(p))
	case old != nil:
		if next, err = old.Replace(p, env.Now(), c.Replace); err != nil {
			return err
		}
	}
	if err := next.Write(path); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s\n", next.PlanHash)
	fmt.Fprintf(env.Stderr, l.Pick("Planen er låst i %s.\n", "The plan is locked in %s.\n"), path)
	if p.Question == "" || p.Population == "" {
		fmt.Fprintln(env.Stderr, l.Pick("Planen sier ikke hva som spørres (question) eller hvem svaret gjelder (population). Legg det til før du låser.",
			"The plan does not say what is asked (question) or whom the answer is for (population). Add it before you lock."))
	}
	return nil
}

// ExampleCommand writes the worked examples.
type ExampleCommand struct {
	Dir string `arg:"" help:"The folder to write to."`
	Words
}

// Run writes the examples.
func (c *ExampleCommand) Run(env *Env) error {
	folders, err := example.Write(c.Dir)
	if err != nil {
		return err
	}
	l := c.language()
	for i, e := range example.All() {
		fmt.Fprintf(env.Stdout, "%s\n    %s\n", folders[i], l.Pick(e.Title.NB, e.Title.EN))
		fmt.Fprintf(env.Stdout, "    %s%s\n", l.Pick("Laget med: ", "Made with: "), l.Pick(e.Truth.NB, e.Truth.EN))
	}
	fmt.Fprintf(env.Stdout, "\n%s\n    funn effect run %s --data %s --report %s\n", l.Pick("Prøv:", "Try:"),
		filepath.Join(c.Dir, "plan.yaml"), filepath.Join(c.Dir, "data.csv"), filepath.Join(c.Dir, "report.html"))
	return nil
}

// SchemaCommand prints a JSON Schema.
type SchemaCommand struct {
	Of string `arg:"" enum:"plan,result" help:"plan or result."`
}

// Run prints the schema.
func (c *SchemaCommand) Run(env *Env) error {
	text := plan.Schema()
	if c.Of == "result" {
		text = effect.ResultSchema()
	}
	_, err := env.Stdout.Write(text)
	return err
}
