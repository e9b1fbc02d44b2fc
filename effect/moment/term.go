package moment

import (
	"fmt"
	"slices"
	"strings"
)

// Term is a product of columns: numbers are multiplied, categories are crossed.
// A term without categories is one column of the moment matrix; a term with
// categories is one column for each observed level, or combination of levels,
// which holds the product of the numbers (1 when there are none) in the rows of
// that level and 0 elsewhere.
type Term struct {
	numbers    []string
	categories []string
}

// Number returns the product of numeric columns; a column may be repeated for a
// power. Bool columns count as 0 and 1.
func Number(columns ...string) Term { return Term{numbers: slices.Clone(columns)} }

// Category returns the crossing of columns taken as categories, whatever their
// kind.
func Category(columns ...string) Term { return Term{categories: slices.Clone(columns)} }

// Times returns the product of two terms. A category that is in both is taken
// once.
func (t Term) Times(u Term) Term {
	p := Term{numbers: slices.Concat(t.numbers, u.numbers), categories: slices.Clone(t.categories)}
	for _, c := range u.categories {
		if !slices.Contains(p.categories, c) {
			p.categories = append(p.categories, c)
		}
	}
	return p
}

// Numbers returns the numeric columns of the product.
func (t Term) Numbers() []string { return slices.Clone(t.numbers) }

// Categories returns the crossed columns, in the order in which their levels
// are named.
func (t Term) Categories() []string { return slices.Clone(t.categories) }

// WithoutNumbers returns the crossing of the term's categories alone.
func (t Term) WithoutNumbers() Term { return Term{categories: t.categories} }

// Without returns the term with one of its categories left out.
func (t Term) Without(category string) Term {
	return Term{
		numbers:    t.numbers,
		categories: slices.DeleteFunc(slices.Clone(t.categories), func(c string) bool { return c == category }),
	}
}

// IsConstant reports whether the term is the empty product, which is 1 in every
// row.
func (t Term) IsConstant() bool { return len(t.numbers) == 0 && len(t.categories) == 0 }

// String writes the term as in a formula: columns joined by colons.
func (t Term) String() string {
	if t.IsConstant() {
		return "1"
	}
	return strings.Join(slices.Concat(t.categories, t.numbers), ":")
}

// Key identifies the term: two terms with the same columns in the same roles
// have the same key whatever the order they were written in.
func (t Term) Key() string {
	return key("n", t.numbers) + key("c", t.categories)
}

func key(kind string, columns []string) string {
	sorted := slices.Clone(columns)
	slices.Sort(sorted)
	var b strings.Builder
	for _, c := range sorted {
		fmt.Fprintf(&b, "%s%q", kind, c)
	}
	return b.String()
}

// Condition keeps the rows whose value in Column, written as text, is one of
// Levels. Rows without a value do not satisfy it.
type Condition struct {
	Column string
	Levels []string
}

// Precision is the arithmetic of the sums.
type Precision uint8

// The precisions.
const (
	// Double is ordinary floating point on shifted columns.
	Double Precision = iota
	// DoubleDouble carries 106 bits, for ill-conditioned data.
	DoubleDouble
)

// Spec says which moments to keep and of which rows.
type Spec struct {
	// Terms are the columns of the moment matrix besides the constant, which is
	// always there: covariates, outcomes and instruments alike.
	Terms []Term
	// Cluster names the columns whose combinations are the clusters. Without
	// any, one matrix is kept for the whole table.
	Cluster []string
	// Weight names the column of weights, or is empty.
	Weight string
	// WeightPowers also keeps the moments with weights to the powers 0 and 2,
	// which the CR2 variance of a weighted regression needs.
	WeightPowers bool
	// Where lists conditions that all must hold.
	Where []Condition
	// Require names further columns that must hold a value, so that models with
	// different covariates can be kept to the same rows.
	Require []string
	// Unshifted leaves numbers as they are; for columns known to be centred.
	Unshifted bool
	// Precision is the arithmetic of the sums.
	Precision Precision
}
