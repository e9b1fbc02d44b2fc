package jsonapi

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Reading all pages gives every record that stays, once and in order, whatever
// comes and goes between the pages.
func TestPagesMissAndRepeatNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := func(n int) string { return fmt.Sprintf("P-%03d", n) }
		all := rapid.SliceOfDistinct(rapid.IntRange(0, 200), func(n int) int { return n }).Draw(t, "records")
		slices.Sort(all)
		stay := map[int]bool{}
		for _, n := range all {
			stay[n] = true
		}
		fetch := func(limit, offset int) ([]int, int, error) {
			from := min(offset, len(all))
			to := len(all)
			if limit > 0 {
				to = min(from+limit, len(all))
			}
			return slices.Clone(all[from:to]), len(all), nil
		}
		in := Paging{Limit: rapid.IntRange(1, 7).Draw(t, "limit")}
		var read []int
		for {
			items, total, next, err := PageOf(in, key, fetch)
			if err != nil || total != len(all) || len(items) > in.Limit {
				t.Fatalf("page after %q: %d of %d items, total %d, %v", in.After, len(items), in.Limit, total, err)
			}
			read = append(read, items...)
			if next == "" {
				break
			}
			in.After = next
			// One comes or goes, but never the last that was read: where the reader
			// stands must be there still.
			n := rapid.IntRange(0, 200).Draw(t, "changed")
			if i, found := slices.BinarySearch(all, n); !found {
				all = slices.Insert(all, i, n)
			} else if n != read[len(read)-1] {
				all = slices.Delete(all, i, i+1)
				delete(stay, n)
			}
		}
		if !slices.IsSorted(read) || len(slices.Compact(slices.Clone(read))) != len(read) {
			t.Fatalf("read out of order or twice: %v", read)
		}
		for n := range stay {
			if !slices.Contains(read, n) {
				t.Fatalf("%d was there all the time and not read: %v", n, read)
			}
		}
	})
}

func TestStrangeCursorsAreRefused(t *testing.T) {
	good := place{5, "P-2022-005"}.String()
	if p, err := placeOf(good); err != nil || p != (place{5, "P-2022-005"}) {
		t.Fatalf("placeOf(%q) = %v, %v", good, p, err)
	}
	for _, bad := range []string{"x", "5", good + "A", good[1:], "LTEgYQ", "MCBh", "====", "' OR 1=1"} {
		if p, err := placeOf(bad); err == nil {
			t.Errorf("placeOf(%q) = %v, want it refused", bad, p)
		}
	}
}
