package effectcli

import (
	"errors"
	"fmt"
	"io"

	"funn/effect"
	"funn/effect/plan"
	"funn/effect/report"
	"funn/effect/source"
	"funn/effect/sqlscore"
)

// SQLCommand serves databases that are asked by queries: it writes the first
// query, reads its answer and writes the second, reads that and gives the
// result.
type SQLCommand struct {
	Plan    string `arg:"" help:"The plan file."`
	Dialect string `help:"The database's language: postgresql, duckdb or bigquery." enum:"postgresql,duckdb,bigquery" default:"postgresql"`
	Table   string `required:"" help:"The table's name in the database."`
	Outcome string `help:"The outcome; the plan's first if not given."`
	Cells   string `help:"The answer of the first query." placeholder:"SOURCE"`
	Scores  string `help:"The answer of the second query." placeholder:"SOURCE"`
	Out     string `help:"Write query or result to this file instead of standard output." placeholder:"FILE"`
	Words
}

// Run writes the next query, or the result when nothing is left to ask.
func (c *SQLCommand) Run(env *Env) error { return inLanguage(c.language(), c.run(env)) }

func (c *SQLCommand) run(env *Env) error {
	p, err := plan.Load(c.Plan)
	if err != nil {
		return err
	}
	outcome := c.Outcome
	if outcome == "" {
		outcome = p.Outcomes[0].Name
	}
	dialect, err := sqlscore.ParseDialect(c.Dialect)
	if err != nil {
		return &UsageError{err}
	}
	m, err := effect.SQLModel(p, c.Table, outcome)
	if err != nil {
		return err
	}
	out := output{env, c.Out}
	if c.Cells == "" {
		if c.Scores != "" {
			return &UsageError{errors.New("--scores needs --cells as well")}
		}
		query, err := m.CellsQuery(dialect)
		if err != nil {
			return err
		}
		return out.write(writeText(query))
	}
	cells, err := openSource(env, c.Cells)
	if err != nil {
		return err
	}
	fit, err := m.FitCells(env.Context, cells)
	if err := errors.Join(err, cells.Close()); err != nil {
		return err
	}
	if m.VCov.Clustered() && c.Scores == "" {
		query, err := fit.ScoresQuery(dialect)
		if err != nil {
			return err
		}
		return out.write(writeText(query))
	}
	return c.finish(env, p, fit, outcome, out)
}

func (c *SQLCommand) finish(env *Env, p *plan.Plan, fit *sqlscore.Fit, outcome string, out output) error {
	lock, err := plan.CheckLock(p, plan.LockPath(c.Plan))
	if err != nil {
		return err
	}
	var scores source.Source
	if c.Scores != "" {
		if scores, err = openSource(env, c.Scores); err != nil {
			return err
		}
		defer scores.Close()
	}
	coefficients, clusters, err := fit.Result(env.Context, scores, p.Confidence)
	if err != nil {
		return err
	}
	result := effect.SQLResult(p, lock, fit, outcome, fmt.Sprintf("%s %s", c.Dialect, c.Table), coefficients, clusters)
	if err := out.write(result.Write); err != nil {
		return err
	}
	fmt.Fprint(out.words(), report.Summary(c.language(), result))
	return nil
}

func writeText(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}
