package effectcli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

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
	Report  string `help:"Also write a page with summary, tables and charts." placeholder:"FILE.html"`
	Charts  string `help:"Also write the charts as SVG files to this folder." placeholder:"DIR"`
	Threads int    `help:"Number of threads; 0 is one per processor. The result is the same for any number." default:"0"`
	Words
}

// Run estimates the plan.
func (c *RunCommand) Run(env *Env) error {
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
	l := c.language()
	out := output{env, c.Out}
	if err := out.write(result.Write); err != nil {
		return err
	}
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
	fmt.Fprint(out.words(), report.Summary(l, result))
	for _, t := range report.Tables(l, result) {
		fmt.Fprint(out.words(), "\n", t.Text())
	}
	return nil
}

func (c *RunCommand) estimate(env *Env, p *plan.Plan, src source.Source, lock plan.State) (*effect.Result, error) {
	told := newProgress(env.Stderr, c.language(), env.Now)
	result, err := effect.Run(env.Context, p, src, effect.Options{Lock: lock, Threads: c.Threads, Progress: told.report})
	var text *moment.KindError
	switch {
	case errors.Is(err, context.Canceled):
		return nil, errors.New("cancelled; nothing was written")
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
