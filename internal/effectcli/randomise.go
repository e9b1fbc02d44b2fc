package effectcli

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/effect/data"
	"funn/effect/design"
	"funn/effect/plan"
	"funn/effect/report"
	"funn/effect/source"
)

// RandomiseCommand draws units to arms.
type RandomiseCommand struct {
	Plan  string `arg:"" help:"The plan file; its section randomisation says how to draw."`
	Data  string `help:"The file or table of units, unless the plan counts them: PATH.csv, PATH.parquet, sqlite:PATH#table or postgres://…#table." placeholder:"SOURCE"`
	Out   string `help:"Write the draws (CSV) to this file instead of standard output, and the log beside it as FILE.log.json." placeholder:"FILE"`
	Check string `help:"Draw nothing new: draw again what this log records and compare." placeholder:"FILE.log.json"`
	Words
}

// drawLog is the log file: what is needed to draw again, and what came of it.
type drawLog struct {
	Format   string         `json:"format"`
	PlanHash string         `json:"plan_hash"`
	DrawnAt  time.Time      `json:"drawn_at"`
	Arms     map[string]int `json:"arms"`
	*design.Assignment
}

const drawFormat = "funn-effect-draw/1"

// Run draws, or checks an earlier draw.
func (c *RandomiseCommand) Run(env *Env) error { return inLanguage(c.language(), c.run(env)) }

func (c *RandomiseCommand) run(env *Env) error {
	p, err := plan.Load(c.Plan)
	if err != nil {
		return err
	}
	r := p.Randomisation
	if r == nil {
		return fmt.Errorf("%s has no section randomisation", c.Plan)
	}
	units, err := c.units(env, r)
	if err != nil {
		return err
	}
	spec := design.Spec{
		Method: design.Method(r.Method), Seed: r.Seed, BlockSize: r.BlockSize, Accept: r.Accept, MaxDraws: r.MaxDraws, Waves: r.Waves,
	}
	for _, a := range p.Arms {
		spec.Arms = append(spec.Arms, design.Arm{Value: a.Value, Share: a.Share})
	}
	if c.Check != "" {
		return c.check(env, spec, units)
	}
	drawn, err := design.Randomise(spec, units)
	if err != nil {
		return err
	}
	log := drawLog{Format: drawFormat, PlanHash: p.Hash(), DrawnAt: env.Now().UTC().Truncate(time.Second), Arms: map[string]int{}, Assignment: drawn}
	for _, d := range drawn.Draws {
		log.Arms[d.Arm]++
	}
	out := output{env, c.Out}
	if err := out.write(func(w io.Writer) error { return writeDraws(w, p, drawn) }); err != nil {
		return err
	}
	if c.Out != "" {
		if err := writeFile(c.Out+".log.json", func(w io.Writer) error {
			enc := json.NewEncoder(w)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			return enc.Encode(log)
		}); err != nil {
			return err
		}
	}
	l := c.language()
	fmt.Fprintf(out.words(), l.Pick("%s enheter trukket (%s, frø %d):\n", "%s units drawn (%s, seed %d):\n"), l.Number(float64(drawn.Units), 0), drawn.Method, drawn.Seed)
	for _, a := range p.Arms {
		fmt.Fprintf(out.words(), "  %s: %s\n", armWords(l, a), l.Number(float64(log.Arms[a.Value]), 0))
	}
	if drawn.Method == design.Rerandomised {
		fmt.Fprintf(out.words(), l.Pick("Trekning nummer %d var jevn nok (avstand %s, grense %s).\n", "Draw number %d was balanced enough (distance %s, limit %s).\n"),
			drawn.Tried, l.Number(drawn.Distance, 4), l.Number(drawn.Threshold, 4))
	}
	return nil
}

func armWords(l report.Language, a plan.Arm) string {
	if a.Label == nil {
		return a.Value
	}
	return a.Value + " (" + l.Pick(a.Label.NB, a.Label.EN) + ")"
}

// check draws again and compares with a log.
func (c *RandomiseCommand) check(env *Env, spec design.Spec, units []design.Unit) error {
	text, err := os.ReadFile(c.Check)
	if err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	var log drawLog
	if err := json.Unmarshal(text, &log); err != nil {
		return fmt.Errorf("read log %s: %w", c.Check, err)
	}
	if log.Format != drawFormat || log.Assignment == nil || log.Algorithm != design.Algorithm {
		return fmt.Errorf("read log %s: it is not a log of draws this version can repeat", c.Check)
	}
	if err := log.Verify(spec, units); err != nil {
		return err
	}
	fmt.Fprintln(env.Stdout, c.language().Pick("Samme trekning: alle enheter stemmer.", "The same draw: all units agree."))
	return nil
}

// writeDraws writes one row per unit. What was drawn has the name of the
// column the analysis will look for.
func writeDraws(w io.Writer, p *plan.Plan, a *design.Assignment) error {
	id := p.Randomisation.ID
	if p.Randomisation.Cluster != "" {
		id = p.Randomisation.Cluster
	}
	if id == "" {
		id = "unit"
	}
	arm := p.Treatment
	if len(p.Instrument) > 0 {
		arm = p.Instrument[0]
	}
	if arm == "" {
		arm = "arm"
	}
	out := csv.NewWriter(w)
	header := []string{id, arm, "block"}
	if p.Randomisation.Waves > 1 {
		header = append(header, "wave")
	}
	_ = out.Write(header) // errors stay and are returned below
	for _, d := range a.Draws {
		row := []string{d.ID, d.Arm, d.Block}
		if p.Randomisation.Waves > 1 {
			row = append(row, strconv.Itoa(d.Wave))
		}
		_ = out.Write(row)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write draws: %w", err)
	}
	return nil
}

// units reads the units, or counts them. Where whole clusters are drawn the
// rows of a cluster become one unit.
func (c *RandomiseCommand) units(env *Env, r *plan.Randomisation) ([]design.Unit, error) {
	if r.Units > 0 {
		if c.Data != "" {
			return nil, &UsageError{errors.New("the plan counts its units (randomisation.units), so --data has nothing to add")}
		}
		units := make([]design.Unit, r.Units)
		width := len(strconv.Itoa(r.Units))
		for i := range units {
			units[i].ID = fmt.Sprintf("%0*d", width, i+1)
		}
		return units, nil
	}
	if c.Data == "" {
		return nil, &UsageError{errors.New("the plan draws units of a file: name it with --data")}
	}
	src, err := openSource(env, c.Data)
	if err != nil {
		return nil, err
	}
	units, err := readUnits(env, src, r)
	return units, errors.Join(err, src.Close())
}

// gathered is a unit while its rows are read.
type gathered struct {
	stratum []string
	values  [][]float64
}

// mean does not depend on the order of the rows: values are added from the
// smallest up.
func mean(values []float64) float64 {
	slices.Sort(values)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// stratumName joins the values of the strata columns so that different
// combinations have different names.
func stratumName(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = v
		if strings.ContainsAny(v, ",\"") {
			quoted[i] = strconv.Quote(v)
		}
	}
	return strings.Join(quoted, ", ")
}

func readUnits(env *Env, src source.Source, r *plan.Randomisation) ([]design.Unit, error) {
	name := r.ID
	if r.Cluster != "" {
		name = r.Cluster
	}
	columns := slices.Concat([]string{name}, r.Strata, r.MatchOn)
	schema, err := src.Schema(env.Context)
	if err != nil {
		return nil, err
	}
	fields, err := schema.Select(columns)
	if err != nil {
		return nil, err
	}
	for _, f := range fields[1+len(r.Strata):] {
		if !f.Kind.Numeric() {
			return nil, fmt.Errorf("column %q holds text, but match_on needs numbers", f.Name)
		}
	}
	units := map[string]*gathered{}
	var order []string
	err = src.Scan(env.Context, columns, func(b data.Batch) error {
		defer b.Release()
		for i := range b.Rows {
			if b.Columns[0].Missing(i) {
				return fmt.Errorf("a row of %s has no %s", src.Name(), name)
			}
			id := text(&b.Columns[0], i)
			u := units[id]
			if u == nil {
				u = &gathered{values: make([][]float64, len(r.MatchOn))}
				units[id] = u
				order = append(order, id)
				for s := range r.Strata {
					u.stratum = append(u.stratum, text(&b.Columns[1+s], i))
				}
			} else if r.Cluster == "" {
				return fmt.Errorf("%s is listed twice in column %q", id, name)
			}
			for s := range r.Strata {
				if text(&b.Columns[1+s], i) != u.stratum[s] {
					return fmt.Errorf("the rows of %s differ in the stratum column %q", id, r.Strata[s])
				}
			}
			for m := range r.MatchOn {
				v, ok := b.Columns[1+len(r.Strata)+m].Number(i)
				if !ok {
					return fmt.Errorf("a row of %s has no %s", id, r.MatchOn[m])
				}
				u.values[m] = append(u.values[m], v)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]design.Unit, len(order))
	for i, id := range order {
		u := units[id]
		out[i] = design.Unit{ID: id, Stratum: stratumName(u.stratum)}
		for _, values := range u.values {
			out[i].X = append(out[i].X, mean(values))
		}
	}
	return out, nil
}

// text is a value as the name of a unit or stratum.
func text(c *data.Column, i int) string {
	switch {
	case c.Missing(i):
		return ""
	case c.Kind == data.String:
		return c.Levels[c.Codes[i]]
	case c.Kind == data.Int:
		return strconv.FormatInt(c.Ints[i], 10)
	case c.Kind == data.Bool:
		return strconv.FormatBool(c.Bools[i])
	}
	return strconv.FormatFloat(c.Floats[i], 'g', -1, 64)
}
