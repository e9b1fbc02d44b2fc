// Package sqlscore estimates a linear model with two queries, for a database
// that cannot be read row by row: one too large, or one that lets queries in
// but no programs, such as BigQuery.
//
// The first query counts rows by every combination of the regressors' values
// (cells) with the outcome's mean and variance in each. Least squares on the
// cells is least squares on the rows, since all rows of a cell have the same
// regressors, and so are the classical and the HC0 to HC3 variances: the
// squared residuals of a cell's rows add up to n·(variance + (mean − fit)²).
// The second query, for clustered data, has the coefficients written into it
// and sums the scores x·e by cluster; with S their cross-product,
//
//	V = (X'X)⁻¹ S (X'X)⁻¹
//
// is CR0 (K.-Y. Liang and S. L. Zeger, Biometrika 73, 1986), and CR1 scales
// it by G/(G−1)·(N−1)/(N−K).
//
// Both answers are tables that may hold few people a row: like moments they
// stay where the data are, and only the estimates leave.
//
// Not for: CR2 and CR3, which need more than scores; covariates with so many
// values that cells are nearly rows (the query then returns the table
// itself); fixed effects, instruments and weights. Use a reader of package
// source for those.
package sqlscore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/moment"
	"funn/effect/stat"
)

// Dialect is the language of a database.
type Dialect string

const (
	PostgreSQL Dialect = "postgresql"
	DuckDB     Dialect = "duckdb"
	BigQuery   Dialect = "bigquery"
)

// ParseDialect returns the dialect of that name.
func ParseDialect(name string) (Dialect, error) {
	switch d := Dialect(name); d {
	case PostgreSQL, DuckDB, BigQuery:
		return d, nil
	}
	return "", fmt.Errorf("%q is not a dialect: use postgresql, duckdb or bigquery", name)
}

// identifier quotes a column's name.
func (d Dialect) identifier(name string) string {
	if d == BigQuery {
		return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// table quotes a table's name, whose parts are joined by full stops.
func (d Dialect) table(name string) string {
	if d == BigQuery {
		return d.identifier(name) // the whole path stands in one pair of quotes
	}
	parts := strings.Split(name, ".")
	for i := range parts {
		parts[i] = d.identifier(parts[i])
	}
	return strings.Join(parts, ".")
}

func (d Dialect) text(value string) string {
	if d == BigQuery {
		return "'" + strings.NewReplacer("\\", "\\\\", "'", "\\'", "\n", "\\n", "\r", "\\r").Replace(value) + "'"
	}
	return "'" + strings.ReplaceAll(value, "'", "''") + "'"
}

func (d Dialect) double(expression string) string {
	name := map[Dialect]string{PostgreSQL: "DOUBLE PRECISION", DuckDB: "DOUBLE", BigQuery: "FLOAT64"}[d]
	return "CAST(" + expression + " AS " + name + ")"
}

// literal writes a number so that every bit of it arrives.
func (d Dialect) literal(v float64) string {
	text := strconv.FormatFloat(v, 'e', -1, 64)
	if d == PostgreSQL {
		return "'" + text + "'::float8" // a bare literal would be of type numeric
	}
	return d.double(text)
}

// Model is a linear model of one outcome on numbers and categories.
type Model struct {
	Table   string
	Outcome string
	// Numbers and Factors are the regressors after the constant, in order.
	Numbers []string
	Factors []string
	// Reference gives a factor's level that the others are compared with; the
	// first in order when absent.
	Reference map[string]string
	// Cluster names the column of clusters, or is empty.
	Cluster string
	// Levels, where given for a column, are the values of the rows to use.
	Levels map[string][]string
	VCov   linreg.VCov
}

func (m *Model) regressors() []string { return slices.Concat(m.Numbers, m.Factors) }

func (m *Model) check() error {
	switch {
	case m.Table == "" || m.Outcome == "":
		return errors.New("sql model: the table or the outcome is not named")
	case m.VCov == linreg.CR2 || m.VCov == linreg.CR3:
		return fmt.Errorf("sql model: %s needs more than sums of scores; use CR1, or read the rows", m.VCov)
	case m.VCov.Clustered() && m.Cluster == "":
		return fmt.Errorf("sql model: %s needs a cluster", m.VCov)
	case len(m.regressors()) == 0:
		return errors.New("sql model: there are no regressors")
	}
	return nil
}

// where keeps the rows that have a value everywhere.
func (m *Model) where(d Dialect) string {
	columns := append(m.regressors(), m.Outcome)
	if m.Cluster != "" {
		columns = append(columns, m.Cluster)
	}
	var parts []string
	for _, c := range columns {
		parts = append(parts, d.identifier(c)+" IS NOT NULL")
	}
	for _, c := range m.regressors() {
		if levels := m.Levels[c]; levels != nil {
			quoted := make([]string, len(levels))
			for i, l := range levels {
				quoted[i] = d.text(l)
			}
			column := "CAST(" + d.identifier(c) + " AS " + map[Dialect]string{PostgreSQL: "TEXT", DuckDB: "VARCHAR", BigQuery: "STRING"}[d] + ")"
			parts = append(parts, column+" IN ("+strings.Join(quoted, ", ")+")")
		}
	}
	return strings.Join(parts, "\n  AND ")
}

// Names of the computed columns of the two answers.
const (
	rowsColumn     = "funn_n"
	meanColumn     = "funn_mean"
	varianceColumn = "funn_variance"
	scoreColumn    = "funn_score_"
)

// CellsQuery is the first query.
func (m *Model) CellsQuery(d Dialect) (string, error) {
	if err := m.check(); err != nil {
		return "", err
	}
	var columns []string
	for _, c := range m.regressors() {
		columns = append(columns, d.identifier(c))
	}
	y := d.double(d.identifier(m.Outcome))
	list := strings.Join(columns, ", ")
	return fmt.Sprintf("SELECT %s,\n  COUNT(*) AS %s, AVG(%s) AS %s, VAR_POP(%s) AS %s\nFROM %s\nWHERE %s\nGROUP BY %s\nORDER BY %s\n",
		list, rowsColumn, y, meanColumn, y, varianceColumn, d.table(m.Table), m.where(d), list, list), nil
}

// cell is one row of the first answer.
type cell struct {
	n, mean, variance float64
	x                 []float64 // by coefficient
}

// Fit is the model fitted to the cells.
type Fit struct {
	model    *Model
	names    []string
	columns  []linreg.Coefficient
	beta     []float64
	inverse  [][]float64 // (X'X)⁻¹
	cells    []cell
	kinds    map[string]data.Kind
	n, rss   float64
	dropped  []string
	armCells map[string]map[string]int64
}

// FitCells reads the first answer and estimates the coefficients.
func (m *Model) FitCells(ctx context.Context, cells data.Source) (*Fit, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	names := append(m.regressors(), rowsColumn, meanColumn, varianceColumn)
	table, err := data.Collect(ctx, cells, names)
	if err != nil {
		return nil, fmt.Errorf("read cells: %w", err)
	}
	if table.Rows() == 0 {
		return nil, errors.New("read cells: the answer is empty")
	}
	f := &Fit{model: m, kinds: map[string]data.Kind{}, armCells: map[string]map[string]int64{}}
	for _, c := range m.regressors() {
		f.kinds[c] = table.Column(c).Kind
	}
	if err := f.regress(ctx, table); err != nil {
		return nil, err
	}
	return f, f.readCells(table)
}

// regress estimates on two rows a cell, half its weight each, a standard
// deviation above and below its mean: they have the moments of all its rows.
func (f *Fit) regress(ctx context.Context, table *data.Memory) error {
	m := f.model
	rows := table.Rows()
	twice := make([]int, 0, 2*rows)
	for i := range rows {
		twice = append(twice, i, i)
	}
	doubled := table.Take(twice)
	y, w := make([]float64, 2*rows), make([]float64, 2*rows)
	n, mean, variance := table.Column(rowsColumn), table.Column(meanColumn), table.Column(varianceColumn)
	for i := range rows {
		count, ok1 := n.Number(i)
		centre, ok2 := mean.Number(i)
		spread, ok3 := variance.Number(i)
		if !ok1 || !ok2 || !ok3 || count < 1 || spread < 0 {
			return fmt.Errorf("read cells: row %d lacks a count, mean or variance", i+1)
		}
		sd := math.Sqrt(spread)
		y[2*i], y[2*i+1] = centre-sd, centre+sd
		w[2*i], w[2*i+1] = count/2, count/2
	}
	columns := []data.Column{data.Floats(m.Outcome, y), data.Floats(rowsColumn, w)}
	var terms []moment.Term
	for _, c := range m.regressors() {
		columns = append(columns, *doubled.Column(c))
		if slices.Contains(m.Factors, c) {
			terms = append(terms, moment.Category(c))
		} else {
			terms = append(terms, moment.Number(c))
		}
	}
	src, err := data.NewMemory(columns...)
	if err != nil {
		return fmt.Errorf("read cells: %w", err)
	}
	fit, err := linreg.Run(ctx, src, linreg.Model{
		Outcome: m.Outcome, Terms: linreg.Terms(terms...), Weight: rowsColumn, Reference: m.Reference, VCov: linreg.IID,
	}, linreg.Options{})
	if err != nil {
		return err
	}
	f.columns = fit.Coefficients
	for i := range fit.Coefficients {
		f.names = append(f.names, fit.Coefficients[i].Name)
		f.beta = append(f.beta, fit.Coefficients[i].Estimate)
		row := make([]float64, len(fit.Coefficients))
		for j := range row {
			row[j] = fit.Covariance[i][j] / (fit.Sigma * fit.Sigma)
		}
		f.inverse = append(f.inverse, row)
	}
	for _, d := range fit.Dropped {
		f.dropped = append(f.dropped, d.Name)
	}
	return nil
}

// readCells computes the cells' regressors and what the fit leaves.
func (f *Fit) readCells(table *data.Memory) error {
	for i := range table.Rows() {
		c := cell{x: make([]float64, len(f.columns))}
		c.n, _ = table.Column(rowsColumn).Number(i)
		c.mean, _ = table.Column(meanColumn).Number(i)
		c.variance, _ = table.Column(varianceColumn).Number(i)
		for k := range f.columns {
			c.x[k] = 1
			for j, category := range f.columns[k].Term.Categories() {
				if level(table.Column(category), i) != f.columns[k].Level[j] {
					c.x[k] = 0
				}
			}
			for _, number := range f.columns[k].Term.Numbers() {
				v, _ := table.Column(number).Number(i) // has a value, or it would have been refused
				c.x[k] *= v
			}
		}
		for _, column := range f.model.regressors() {
			if f.armCells[column] == nil {
				f.armCells[column] = map[string]int64{}
			}
			f.armCells[column][level(table.Column(column), i)] += int64(c.n)
		}
		f.n += c.n
		f.rss += f.squares(&c)
		f.cells = append(f.cells, c)
	}
	return nil
}

func level(c *data.Column, i int) string {
	switch c.Kind {
	case data.String:
		return c.Levels[c.Codes[i]]
	case data.Bool:
		return strconv.FormatBool(c.Bools[i])
	case data.Int:
		return strconv.FormatInt(c.Ints[i], 10)
	}
	return strconv.FormatFloat(c.Floats[i], 'g', -1, 64)
}

// squares is the sum of the squared residuals of a cell's rows.
func (f *Fit) squares(c *cell) float64 {
	e := c.mean
	for k, b := range f.beta {
		e -= b * c.x[k]
	}
	return c.n * (c.variance + e*e)
}

// N is the number of rows.
func (f *Fit) N() int64 { return int64(f.n) }

// Count is the number of rows with a regressor at a value, for the disclosure
// check.
func (f *Fit) Count(column, value string) int64 { return f.armCells[column][value] }

// Dropped names the collinear columns that were left out.
func (f *Fit) Dropped() []string { return f.dropped }

// ScoresQuery is the second query: by cluster, the sums of the residual times
// each regressor.
func (f *Fit) ScoresQuery(d Dialect) (string, error) {
	m := f.model
	if m.Cluster == "" {
		return "", errors.New("sql model: without clusters there is no second query")
	}
	residual := d.double(d.identifier(m.Outcome))
	var scores []string
	for k := range f.columns {
		x := f.expression(d, k)
		if x == "" {
			residual += fmt.Sprintf("\n    - %s", d.literal(f.beta[k]))
			scores = append(scores, fmt.Sprintf("SUM(e) AS %s%d", scoreColumn, k))
			continue
		}
		residual += fmt.Sprintf("\n    - %s * %s", d.literal(f.beta[k]), x)
		scores = append(scores, fmt.Sprintf("SUM(e * %s) AS %s%d", x, scoreColumn, k))
	}
	cluster := d.identifier(m.Cluster)
	var columns []string
	for _, c := range append([]string{m.Cluster}, m.regressors()...) {
		if q := d.identifier(c); !slices.Contains(columns, q) {
			columns = append(columns, q)
		}
	}
	return fmt.Sprintf("SELECT %s, COUNT(*) AS %s,\n  %s\nFROM (\n  SELECT %s,\n    %s AS e\n  FROM %s\n  WHERE %s\n) AS rows_used\nGROUP BY %s\nORDER BY %s\n",
		cluster, rowsColumn, strings.Join(scores, ",\n  "), strings.Join(columns, ", "), residual, d.table(m.Table),
		strings.ReplaceAll(m.where(d), "\n", "\n  "), cluster, cluster), nil
}

// expression is a regressor as SQL; empty for the constant.
func (f *Fit) expression(d Dialect, k int) string {
	var parts []string
	for i, category := range f.columns[k].Term.Categories() {
		value := f.columns[k].Level[i]
		switch f.kinds[category] {
		case data.String:
			value = d.text(value)
		case data.Float:
			v, _ := strconv.ParseFloat(value, 64) // written by level
			value = d.literal(v)
		}
		parts = append(parts, fmt.Sprintf("CASE WHEN %s = %s THEN 1 ELSE 0 END", d.identifier(category), value))
	}
	for _, number := range f.columns[k].Term.Numbers() {
		if f.kinds[number] == data.Bool {
			parts = append(parts, fmt.Sprintf("CASE WHEN %s THEN 1 ELSE 0 END", d.identifier(number)))
		} else {
			parts = append(parts, d.double(d.identifier(number)))
		}
	}
	return strings.Join(parts, " * ")
}

// Result is the coefficients with their uncertainty at a coverage. scores is
// the answer of the second query, or nil without clusters.
func (f *Fit) Result(ctx context.Context, scores data.Source, coverage float64) (coefficients []linreg.Coefficient, clusters int, err error) {
	k := float64(len(f.beta))
	df := f.n - k
	if df <= 0 {
		return nil, 0, errors.New("sql model: not more rows than coefficients")
	}
	var meat [][]float64
	switch v := f.model.VCov; {
	case v.Clustered():
		if meat, clusters, err = f.clusterMeat(ctx, scores); err != nil {
			return nil, 0, err
		}
		factor := 1.0
		g := float64(clusters)
		if v == linreg.CR1 {
			factor = g / (g - 1) * (f.n - 1) / (f.n - k)
		}
		meat = scaled(meat, factor)
		df = g - 1
	case v == linreg.IID:
		return f.coefficients(scaled(f.inverse, f.rss/df), df, coverage), 0, nil
	default:
		meat = f.cellMeat(v)
		if v == linreg.HC1 {
			meat = scaled(meat, f.n/df)
		}
	}
	return f.coefficients(sandwich(f.inverse, meat), df, coverage), clusters, nil
}

// cellMeat sums x x' times squared residuals, divided as HC2 and HC3 ask by
// powers of 1 − h; the leverage h is the same for all rows of a cell.
func (f *Fit) cellMeat(v linreg.VCov) [][]float64 {
	meat := zeros(len(f.beta))
	for i := range f.cells {
		c := &f.cells[i]
		w := f.squares(c)
		if v == linreg.HC2 || v == linreg.HC3 {
			h := 0.0
			for a := range c.x {
				for b := range c.x {
					h += c.x[a] * f.inverse[a][b] * c.x[b]
				}
			}
			if v == linreg.HC2 {
				w /= 1 - h
			} else {
				w /= (1 - h) * (1 - h)
			}
		}
		for a := range c.x {
			for b := range c.x {
				meat[a][b] += w * c.x[a] * c.x[b]
			}
		}
	}
	return meat
}

func (f *Fit) clusterMeat(ctx context.Context, scores data.Source) ([][]float64, int, error) {
	if scores == nil {
		return nil, 0, fmt.Errorf("sql model: %s needs the scores by cluster", f.model.VCov)
	}
	names := []string{rowsColumn}
	for i := range f.beta {
		names = append(names, scoreColumn+strconv.Itoa(i))
	}
	table, err := data.Collect(ctx, scores, names)
	if err != nil {
		return nil, 0, fmt.Errorf("read scores: %w", err)
	}
	if table.Rows() < 2 {
		return nil, 0, errors.New("read scores: fewer than two clusters")
	}
	meat := zeros(len(f.beta))
	rows := 0.0
	for i := range table.Rows() {
		n, _ := table.Column(rowsColumn).Number(i)
		rows += n
		s := make([]float64, len(f.beta))
		for j := range s {
			v, ok := table.Column(names[1+j]).Number(i)
			if !ok || math.IsInf(v, 0) {
				return nil, 0, fmt.Errorf("read scores: row %d lacks a score", i+1)
			}
			s[j] = v
		}
		for a := range s {
			for b := range s {
				meat[a][b] += s[a] * s[b]
			}
		}
	}
	if rows != f.n {
		return nil, 0, fmt.Errorf("read scores: they are of %.0f rows, the cells of %.0f; the table was changed between the two queries", rows, f.n)
	}
	return meat, table.Rows(), nil
}

func (f *Fit) coefficients(v [][]float64, df, coverage float64) []linreg.Coefficient {
	out := slices.Clone(f.columns)
	for i := range out {
		c := &out[i]
		c.SE = math.Sqrt(max(v[i][i], 0))
		c.T, c.DF = c.Estimate/c.SE, df
		c.P = stat.TwoSidedT(c.T, df)
		half := stat.TCritical(coverage, df) * c.SE
		c.Low, c.High = c.Estimate-half, c.Estimate+half
	}
	return out
}

func zeros(k int) [][]float64 {
	m := make([][]float64, k)
	for i := range m {
		m[i] = make([]float64, k)
	}
	return m
}

func scaled(m [][]float64, by float64) [][]float64 {
	out := zeros(len(m))
	for i := range m {
		for j := range m[i] {
			out[i][j] = by * m[i][j]
		}
	}
	return out
}

func sandwich(bread, meat [][]float64) [][]float64 {
	return product(product(bread, meat), bread)
}

func product(a, b [][]float64) [][]float64 {
	out := zeros(len(a))
	for i := range a {
		for k := range b {
			for j := range b[k] {
				out[i][j] += a[i][k] * b[k][j]
			}
		}
	}
	return out
}
