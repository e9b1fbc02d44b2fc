package infer

import (
	"context"
	"fmt"
	"slices"

	"funn/effect/data"
	"funn/effect/moment"
)

// mark is a computed column of 0 and 1: whether a column has a level, or, without
// level, whether it lacks a value.
type mark struct {
	column, level string
	isLevel       bool
}

func (m *mark) name() string {
	if m.isLevel {
		return m.column + " is " + m.level
	}
	return m.column + " is missing"
}

// marked is a source with computed marks.
type marked struct {
	data.Source
	levels []mark
	arm    mark
	all    map[string]mark
	schema data.Schema
}

// marks finds the levels of the categories and puts the computed columns beside
// the source's own.
func (b *Balance) marks(ctx context.Context, src data.Source, where []moment.Condition, opts moment.Options) (*marked, error) {
	own, err := src.Schema(ctx)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	out := &marked{Source: src, all: map[string]mark{}, schema: slices.Clone(own), arm: mark{column: b.Arm, level: b.Treated, isLevel: true}}
	add := func(m mark) {
		out.all[m.name()] = m
		out.schema = append(out.schema, data.Field{Name: m.name(), Kind: data.Bool})
	}
	add(out.arm)
	for _, c := range b.Categories {
		sets, err := moment.Scan(ctx, src, []moment.Spec{{Terms: []moment.Term{moment.Category(c)}, Where: where}}, opts)
		if err != nil {
			return nil, err
		}
		for _, l := range sets[0].Levels(moment.Category(c)) {
			m := mark{column: c, level: l[0], isLevel: true}
			out.levels = append(out.levels, m)
			add(m)
		}
	}
	for _, o := range b.Outcomes {
		add(mark{column: o})
	}
	return out, nil
}

// Schema returns the source's columns and the marks.
func (s *marked) Schema(context.Context) (data.Schema, error) { return s.schema, nil }

// Scan computes the marks asked for from their columns.
func (s *marked) Scan(ctx context.Context, columns []string, fn func(data.Batch) error) error {
	if _, err := s.schema.Select(columns); err != nil {
		return err
	}
	var read []string
	place := map[string]int{}
	source := func(name string) string {
		if m, ok := s.all[name]; ok {
			return m.column
		}
		return name
	}
	for _, name := range columns {
		if c := source(name); !slices.Contains(read, c) {
			place[c] = len(read)
			read = append(read, c)
		}
	}
	return s.Source.Scan(ctx, read, func(b data.Batch) error {
		out := data.Batch{Rows: b.Rows, Columns: make([]data.Column, len(columns)), Free: b.Free}
		for i, name := range columns {
			c := &b.Columns[place[source(name)]]
			if m, ok := s.all[name]; ok {
				out.Columns[i] = m.compute(c, b.Rows)
			} else {
				out.Columns[i] = *c
			}
		}
		return fn(out)
	})
}

// compute fills the mark; a level's mark is missing where the column is.
func (m *mark) compute(c *data.Column, rows int) data.Column {
	out := data.Column{Name: m.name(), Kind: data.Bool, Bools: make([]bool, rows)}
	is := moment.LevelMatcher(c, m.level)
	for i := range rows {
		missing := c.Missing(i)
		if !m.isLevel {
			out.Bools[i] = missing
			continue
		}
		if missing {
			if out.Valid == nil {
				out.Valid = data.NewBitmap(rows)
			}
			out.Valid.Clear(i)
			continue
		}
		out.Bools[i] = is(i)
	}
	return out
}
