package moment

import "fmt"

// InfiniteError refuses an infinite number in a column that the moments use.
type InfiniteError struct {
	Column string
	// Row counts the rows of the source from 1.
	Row int64
}

// Error names the column and the row.
func (e *InfiniteError) Error() string {
	return fmt.Sprintf("column %q is infinite in row %d", e.Column, e.Row)
}

// WeightError refuses a negative weight.
type WeightError struct {
	Column string
	// Row counts the rows of the source from 1.
	Row    int64
	Weight float64
}

// Error names the column, the row and the weight.
func (e *WeightError) Error() string {
	return fmt.Sprintf("weight %q is negative (%g) in row %d", e.Column, e.Weight, e.Row)
}

// KindError refuses a column of text where a number is needed.
type KindError struct{ Column string }

// Error names the column.
func (e *KindError) Error() string {
	return fmt.Sprintf("column %q holds text where a number is needed; use it as a category, or correct the values that are not numbers", e.Column)
}

// RangeError says that products of a column's numbers exceed what floating
// point can hold.
type RangeError struct{ Term string }

// Error names the term.
func (e *RangeError) Error() string {
	return fmt.Sprintf("the numbers in %q are so large that their products overflow; use a larger unit", e.Term)
}

// SizeError says that the moments would need more memory than allowed.
type SizeError struct {
	Clusters, Columns int
	Bytes, Limit      int64
}

// Error states the size and what to do about it.
func (e *SizeError) Error() string {
	return fmt.Sprintf("moments of %d clusters and %d columns need %d MiB, more than the limit of %d MiB: absorb the category with most levels as fixed effects, or use fewer columns",
		e.Clusters, e.Columns, e.Bytes>>20, e.Limit>>20)
}

// ChangedError says that a second pass met data the first did not.
type ChangedError struct{ What string }

// Error says what differs.
func (e *ChangedError) Error() string {
	return "the data changed between two passes: " + e.What
}
