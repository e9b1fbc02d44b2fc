package disclose

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestRules(t *testing.T) {
	r := Rule{Threshold: 5, DominanceN: 2, DominanceShare: 0.8}
	for name, tt := range map[string]struct{ got, want Reason }{
		"nobody":             {r.Count(0), Shown},
		"one":                {r.Count(1), Small},
		"four":               {r.Count(4), Small},
		"five":               {r.Count(5), Shown},
		"a mean of nobody":   {r.Basis(0), Small},
		"share":              {r.Share(10, 20), Shown},
		"few with":           {r.Share(3, 20), Small},
		"few without":        {r.Share(18, 20), Small},
		"none with":          {r.Share(0, 20), Shown},
		"share of few":       {r.Share(0, 4), Small},
		"sum of few":         {r.Sum(4, nil, 10), Small},
		"even sum":           {r.Sum(10, []float64{2, 2}, 10), Shown},
		"dominated sum":      {r.Sum(10, []float64{3, 6}, 10), Dominated},
		"just not dominated": {r.Sum(10, []float64{4, 4}, 10), Shown},
		"sum of zeros":       {r.Sum(10, []float64{0, 0}, 0), Shown},
		"no dominance rule":  {Rule{Threshold: 5}.Sum(10, []float64{10}, 10), Shown},
		"more given than n":  {r.Sum(10, []float64{1, 1, 8}, 10), Dominated},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", name, tt.got, tt.want)
		}
	}
}

func TestLargest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOf(rapid.Float64Range(-100, 100)).Draw(rt, "values")
		l := Largest{N: rapid.IntRange(0, 4).Draw(rt, "n")}
		sorted := []float64{}
		for _, v := range values {
			l.Add(v)
			sorted = append(sorted, max(v, -v))
		}
		slices.Sort(sorted)
		slices.Reverse(sorted)
		want := sorted[:min(l.N, len(sorted))]
		if !slices.Equal(want, l.Values) {
			rt.Fatalf("largest = %v, want %v", l.Values, want)
		}
	})
}

func TestTable(t *testing.T) {
	const s, c = Small, Complementary
	for name, tt := range map[string]struct {
		counts [][]int64
		want   [][]Reason
	}{
		"nothing small": {
			[][]int64{{10, 20}, {30, 40}},
			[][]Reason{{"", "", ""}, {"", "", ""}, {"", "", ""}},
		},
		"one small, smallest rectangle": {
			[][]int64{{3, 20, 50}, {30, 40, 60}, {31, 90, 99}},
			[][]Reason{{s, c, "", ""}, {c, c, "", ""}, {"", "", "", ""}, {"", "", "", ""}},
		},
		"two in a row protect each other by another row": {
			[][]int64{{3, 4, 50}, {30, 40, 60}},
			[][]Reason{{s, s, "", ""}, {c, c, "", ""}, {"", "", "", ""}},
		},
		"one row: its own total goes": {
			[][]int64{{3, 20, 50}},
			[][]Reason{{s, c, "", ""}, {s, c, "", ""}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Rule{Threshold: 5}.Table(tt.counts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTableRefusals(t *testing.T) {
	for _, counts := range [][][]int64{nil, {{}}, {{1, 2}, {3}}, {{-1}}} {
		if _, err := (Rule{Threshold: 5}).Table(counts); err == nil {
			t.Errorf("%v was accepted", counts)
		}
	}
}

// TestNothingCanBeComputed attacks random tables: for each withheld small
// cell it looks for another table of non-negative counts that agrees with
// everything shown and differs in that cell. If there is none the cell can be
// computed from what is shown. Cells whose line is otherwise empty cannot be
// protected by amounts; there the line and its totals are all withheld.
func TestNothingCanBeComputed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.IntRange(1, 5).Draw(rt, "rows")
		columns := rapid.IntRange(1, 5).Draw(rt, "columns")
		counts := make([][]int64, rows)
		for i := range counts {
			counts[i] = make([]int64, columns)
			for j := range counts[i] {
				counts[i][j] = rapid.SampledFrom([]int64{0, 1, 3, 4, 5, 7, 12, 40, 100}).Draw(rt, "n")
			}
		}
		reasons, err := Rule{Threshold: 5}.Table(counts)
		if err != nil {
			rt.Fatal(err)
		}
		for i := range reasons {
			for j, why := range reasons[i] {
				if why != Small {
					continue
				}
				if !onCycle(reasons, i, j) {
					rt.Fatalf("cell (%d, %d) of %v can be computed from what is shown: %q", i, j, counts, reasons)
				}
			}
		}
		for i := range rows {
			for j := range columns {
				if counts[i][j] > 0 && counts[i][j] < 5 && reasons[i][j] == Shown {
					rt.Fatalf("the small cell (%d, %d) of %v is shown", i, j, counts)
				}
			}
		}
	})
}

// onCycle walks from row i to column j over withheld cells other than (i, j).
func onCycle(reasons [][]Reason, i, j int) bool {
	seenRow, seenColumn := map[int]bool{i: true}, map[int]bool{}
	var fromRow func(r int) bool
	fromColumn := func(c int) bool {
		if c == j {
			return true
		}
		for r := range reasons {
			if reasons[r][c] != Shown && !seenRow[r] {
				seenRow[r] = true
				if fromRow(r) {
					return true
				}
			}
		}
		return false
	}
	fromRow = func(r int) bool {
		for c := range reasons[r] {
			if reasons[r][c] != Shown && !(r == i && c == j) && !seenColumn[c] {
				seenColumn[c] = true
				if fromColumn(c) {
					return true
				}
			}
		}
		return false
	}
	return fromRow(i)
}
