package effectcli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"funn/effect"
	"funn/effect/moment"
	"funn/effect/plan"
	"funn/effect/report"
	"funn/effect/source"
)

// RunCommand estimates a plan.
type RunCommand struct {
	Plan    string `arg:"" help:"The plan file."`
	Data    string `required:"" help:"The data: PATH.csv, PATH.parquet, sqlite:PATH#table or postgres://…#table." placeholder:"SOURCE"`
	Out     string `help:"Write the result (JSON) to this file instead of standard output." placeholder:"FILE"`
	Threads int    `help:"Number of threads; 0 is one per processor. The result is the same for any number." default:"0"`
	Telling
}

// Run estimates the plan.
func (c *RunCommand) Run(env *Env) error { return inLanguage(c.language(), c.run(env)) }

func (c *RunCommand) run(env *Env) error {
	p, err := plan.Load(c.Plan)
	if err != nil {
		return err
	}
	lock, err := plan.CheckLock(p, plan.LockPath(c.Plan))
	if err != nil {
		return err
	}
	src, err := openSource(env, c.Data)
	if err != nil {
		return err
	}
	result, err := c.estimate(env, p, src, lock)
	if err := errors.Join(err, src.Close()); err != nil {
		return err
	}
	out := output{env, c.Out}
	if err := out.write(result.Write); err != nil {
		return err
	}
	return c.Telling.tell(out.words(), result)
}

// Telling is how a result is told to people.
type Telling struct {
	Report string `help:"Also write a page with summary, tables and charts." placeholder:"FILE.html"`
	Charts string `help:"Also write the charts as SVG files to this folder." placeholder:"DIR"`
	Words
}

// tell writes the charts and the page that are asked for, then the summary
// and the tables.
func (c *Telling) tell(words io.Writer, result *effect.Result) error {
	l := c.language()
	if c.Charts != "" {
		if err := writeCharts(c.Charts, l, result); err != nil {
			return err
		}
	}
	if c.Report != "" {
		if err := writeFile(c.Report, func(w io.Writer) error { return writePage(w, l, result) }); err != nil {
			return err
		}
	}
	fmt.Fprint(words, report.Summary(l, result))
	for _, t := range report.Tables(l, result) {
		fmt.Fprint(words, "\n", t.Text())
	}
	return nil
}

// ShowCommand tells what a result file says.
type ShowCommand struct {
	Result string `arg:"" help:"The result file."`
	Telling
}

// Run tells the result.
func (c *ShowCommand) Run(env *Env) error {
	f, err := os.Open(c.Result)
	if err != nil {
		return fmt.Errorf("open result: %w", err)
	}
	defer f.Close()
	result, err := effect.ReadResult(f)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Result, err)
	}
	return c.tell(env.Stdout, result)
}

func (c *RunCommand) estimate(env *Env, p *plan.Plan, src source.Source, lock plan.State) (*effect.Result, error) {
	// What is alive are a few large buffers, quick to walk; collecting often
	// keeps memory near them instead of at twice their size.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	told := newProgress(env.Stderr, c.language(), env.Now)
	result, err := effect.Run(env.Context, p, src, effect.Options{Lock: lock, Threads: c.Threads, Progress: told.report})
	var text *moment.KindError
	switch {
	case errors.Is(err, context.Canceled):
		return nil, errors.New(c.language().Pick("avbrutt; ingenting er skrevet (cancelled)", "cancelled; nothing was written"))
	case errors.As(err, &text):
		if why := source.TextReason(src, text.Column); why != "" {
			return nil, fmt.Errorf("%w (%s)", err, why)
		}
	}
	return result, err
}

// writeCharts writes each chart of the result to a folder.
func writeCharts(dir string, l report.Language, r *effect.Result) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write charts: %w", err)
	}
	for _, f := range figures(l, r) {
		if err := writeFile(filepath.Join(dir, f.name+".svg"), func(w io.Writer) error {
			_, err := io.WriteString(w, standalone(f.chart.Render().SVG))
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}
