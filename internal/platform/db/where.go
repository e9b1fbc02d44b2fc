package db

import (
	"fmt"
	"strings"
)

// Where builds the WHERE part of a query from conditions with ? for each
// argument, so that filters and the access rule can be put together in any
// order. The zero Where holds always.
type Where struct {
	parts []string
	args  []any
}

// And adds a condition. Its ? marks stand for the arguments in order.
func (w *Where) And(cond string, args ...any) *Where {
	if strings.Count(cond, "?") != len(args) {
		panic(fmt.Sprintf("db: condition %q has %d arguments", cond, len(args)))
	}
	w.parts = append(w.parts, "("+cond+")")
	w.args = append(w.args, args...)
	return w
}

// AndWhere adds another Where's conditions.
func (w *Where) AndWhere(o Where) *Where {
	w.parts = append(w.parts, o.parts...)
	w.args = append(w.args, o.args...)
	return w
}

// In adds "column IN (…)"; no values hold never.
func (w *Where) In(column string, values ...string) *Where {
	if len(values) == 0 {
		return w.And("1 = 0")
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return w.And(column+" IN (?"+strings.Repeat(", ?", len(values)-1)+")", args...)
}

// Flag adds that the column, of words with a space before and after each, has the
// word. The word stands in the statement and not among its arguments: SQLite compiles
// a statement anew each time when a pattern of LIKE is an argument.
func (w *Where) Flag(column, word string) *Where {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyz_") != "" || word == "" {
		panic(fmt.Sprintf("db: flag %q", word))
	}
	return w.And(column + " LIKE '% " + word + " %'")
}

// Under adds that the column, a path of lower-case ASCII compared byte by byte, is the
// path or one below it: a range and not a pattern, for the reason given at Flag.
func (w *Where) Under(column, path string) *Where {
	return w.And(column+" = ? OR "+column+" > ? AND "+column+" < ?", path, path+"/", path+"0") // 0 follows /
}

// Page gives the end of a query for one page of its rows. The numbers stand in the
// statement for the reason given at Flag: SQLite takes an argument here, too, for
// something that its plan depends on.
func Page(limit, offset int) string { return fmt.Sprintf(" LIMIT %d OFFSET %d", limit, offset) }

// Or joins alternatives into one Where; none holds never.
func Or(alternatives ...Where) Where {
	if len(alternatives) == 0 {
		return *new(Where).And("1 = 0")
	}
	var out Where
	var parts []string
	for _, a := range alternatives {
		cond := "1 = 1"
		if len(a.parts) > 0 {
			cond = strings.Join(a.parts, " AND ")
		}
		parts = append(parts, "("+cond+")")
		out.args = append(out.args, a.args...)
	}
	out.parts = []string{"(" + strings.Join(parts, " OR ") + ")"}
	return out
}

// Always says that there is no condition.
func (w Where) Always() bool { return len(w.parts) == 0 }

// Cond gives the condition with ? marks, and its arguments.
func (w Where) Cond() (string, []any) {
	if w.Always() {
		return "1 = 1", nil
	}
	return strings.Join(w.parts, " AND "), w.args
}

// SQL gives "WHERE …" with $n marks that follow after the number of arguments
// the query already has, and all the arguments.
func (w Where) SQL(before ...any) (string, []any) {
	cond, args := w.Cond()
	all := append(append([]any{}, before...), args...)
	var b strings.Builder
	b.WriteString("WHERE ")
	n := len(before)
	for _, r := range cond {
		if r == '?' {
			n++
			fmt.Fprintf(&b, "$%d", n)
			continue
		}
		b.WriteRune(r)
	}
	return b.String(), all
}
