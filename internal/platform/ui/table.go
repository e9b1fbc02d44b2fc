package ui

import (
	"strconv"

	"github.com/a-h/templ"
)

// Column is one column of a table.
type Column struct {
	Label    string
	Numeric  bool   // set to the right
	NoWrap   bool   // the values stay on one line, as dates and periods should
	SortHref string // where the heading leads to sort by this column; no link when empty
	Sort     SortOrder
	Hidden   bool // the label is for screen readers only, as over a column of buttons
}

// SortOrder is how a column is sorted now.
type SortOrder string

// The orders, with the values of aria-sort.
const (
	Unsorted   SortOrder = ""
	Ascending  SortOrder = "ascending"
	Descending SortOrder = "descending"
)

// TableProps describes a table. Every row has as many cells as there are
// columns; the first cell of a row names it.
type TableProps struct {
	Caption string
	// HideCaption keeps the caption for screen readers only, for a table right
	// below a heading that says the same.
	HideCaption bool
	Columns     []Column
	Rows        [][]templ.Component
	// Cards shows each row as a card on a narrow screen, with the labels of the
	// columns beside the values. Otherwise the table scrolls in its own region.
	Cards bool
	Small bool              // less room between the lines, for many rows
	Foot  []templ.Component // a last row with sums
	// Empty is shown in place of the rows when there are none.
	Empty string
}

// TextRows makes rows of cells out of rows of texts.
func TextRows(rows [][]string) [][]templ.Component {
	out := make([][]templ.Component, len(rows))
	for i, r := range rows {
		out[i] = make([]templ.Component, len(r))
		for j, s := range r {
			out[i][j] = Str(s)
		}
	}
	return out
}

// column gives the i-th column; a cell beyond the last has a column without a name.
func column(columns []Column, i int) Column {
	if i < len(columns) {
		return columns[i]
	}
	return Column{}
}

// PaginationProps describes where in a long list the reader is.
type PaginationProps struct {
	Page, Pages int              // from 1
	Href        func(int) string // the address of a page
	// PrevHref and NextHref are for lists that are read page by page without a
	// number; used when Pages is 0.
	PrevHref, NextHref string
}

// pageNumbers gives the pages to link to, with 0 for a gap: the first, the
// last, the current one and its neighbours.
func pageNumbers(page, pages int) []int {
	var out []int
	for n := 1; n <= pages; n++ {
		near := n >= page-1 && n <= page+1
		// A gap of a single page is that page.
		bridge := (n == 2 && page == 4) || (n == pages-1 && page == pages-3)
		if n == 1 || n == pages || near || bridge {
			out = append(out, n)
		} else if out[len(out)-1] != 0 {
			out = append(out, 0)
		}
	}
	return out
}

// FilterProps describes a form that narrows a list.
type FilterProps struct {
	Title     string // "Avgrens listen" when empty
	Action    string // the list's own address
	ClearHref string // the list without filters; no link when empty
	Chosen    int    // how many filters are on, shown where the form is folded
	Hidden    []HiddenField
}

// ChosenFilter is a filter that is on, and the address of the list without it.
type ChosenFilter struct{ Label, RemoveHref string }

// Download is a file that can be fetched.
type Download struct {
	Label string // what it is: "Excel (xlsx)"
	Href  string
	Note  string // size or number of rows
}

// HiddenField is a value that a form carries along.
type HiddenField struct{ Name, Value string }

func itoa(n int) string { return strconv.Itoa(n) }

// prefixed gives the text with the prefix, or nothing for no text.
func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
