package needweb

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/need"
	"funn/internal/platform/access"
	"funn/internal/platform/lang"
)

// filter is what the board shows, as it stands in the address.
type filter struct {
	Words    string    // each must stand in the need
	Theme    string    // slug
	Unit     string    // path; units below count too
	Phase    string    // of the development model
	Before   time.Time // only decisions before this day
	Typed    string    // what was typed for Before
	BadDate  bool      // what was typed is no day
	Which    string    // one of whiches
	OnlyLate bool      // only those whose answer comes too late
	Sort     string    // one of sorts
	List     bool      // rows instead of a board
	Page     int       // of the rows, from 1
}

// Which needs are shown, by where they stand in their life.
const (
	whichOpen   = "" // neither done with nor on hold
	whichPaused = "vent"
	whichEnded  = "avsluttet"
	whichAll    = "alle"
)

var whiches = []string{whichOpen, whichPaused, whichEnded, whichAll}

// states are the states that each choice covers.
var states = map[string][]string{
	whichOpen:   {need.Reported, need.Clarifying, need.Clarified, need.InstrumentChosen, need.Acquiring, need.Answered},
	whichPaused: {need.Paused},
	whichEnded:  {need.Closed, need.Covered, need.Rejected, need.Merged},
	whichAll: {
		need.Reported, need.Clarifying, need.Clarified, need.InstrumentChosen, need.Acquiring, need.Answered,
		need.Paused, need.Closed, need.Covered, need.Rejected, need.Merged,
	},
}

// The orders, each in the direction that is of use.
const (
	byDecision = ""       // the first decision first, needs without one last
	bySupport  = "stotte" // most support first
	byTheme    = "tema"   // by the name of the first theme, needs without one last
	byDays     = "dager"  // longest in its state first
)

var sorts = []string{byDecision, bySupport, byTheme, byDays}

func parseFilter(q url.Values) filter {
	known := func(values []string, v string) string {
		if slices.Contains(values, v) {
			return v
		}
		return values[0]
	}
	f := filter{
		Words: strings.TrimSpace(q.Get("q")), Theme: q.Get("tema"), Unit: q.Get("enhet"), Phase: q.Get("fase"), Typed: strings.TrimSpace(q.Get("for")),
		Which: known(whiches, q.Get("hvilke")), OnlyLate: q.Get("sent") == "ja", Sort: known(sorts, q.Get("sorter")),
		List: q.Get("visning") == "liste", Page: 1,
	}
	if f.Typed != "" {
		var err error
		f.Before, err = lang.ParseDate(f.Typed)
		f.BadDate = err != nil
	}
	if n, err := strconv.Atoi(q.Get("side")); err == nil && n > 0 {
		f.Page = n
	}
	return f
}

// values gives the filter as the address has it; what is not chosen is left out.
func (f filter) values() url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", f.Words)
	set("tema", f.Theme)
	set("enhet", f.Unit)
	set("fase", f.Phase)
	set("for", f.Typed)
	set("hvilke", f.Which)
	set("sorter", f.Sort)
	if f.OnlyLate {
		q.Set("sent", "ja")
	}
	if f.List {
		q.Set("visning", "liste")
	}
	if f.Page > 1 {
		q.Set("side", strconv.Itoa(f.Page))
	}
	return q
}

// href gives the address with something changed. It begins on the first page
// unless the change says which.
func (f filter) href(change func(*filter)) string {
	f.Page = 1
	change(&f)
	return address(f.values())
}

func address(q url.Values) string {
	if len(q) == 0 {
		return "/behov"
	}
	return "/behov?" + q.Encode()
}

// without gives the filter with nothing chosen but the view and the order.
func (f filter) without() filter { return filter{List: f.List, Sort: f.Sort, Page: 1} }

// chosen says whether anything narrows what is shown.
func (f filter) chosen() bool { return f.without().href(func(*filter) {}) != f.href(func(*filter) {}) }

// holds says whether the need is among what is asked for.
func (f filter) holds(n *need.Need, today time.Time) bool {
	switch {
	case !slices.Contains(states[f.Which], n.State),
		f.Theme != "" && !slices.Contains(n.Themes.V, f.Theme),
		f.Unit != "" && !access.Covers(f.Unit, n.Unit),
		f.Phase != "" && n.Phase != f.Phase,
		!f.Before.IsZero() && (n.DecisionDate.IsZero() || !n.DecisionDate.Before(f.Before)),
		f.OnlyLate && !n.Timing(today).Late():
		return false
	}
	if f.Words == "" {
		return true
	}
	text := lang.Fold(strings.Join(append([]string{n.Number, n.Title, n.Problem, n.Decision}, n.Questions.V...), " "))
	for _, word := range strings.Fields(lang.Fold(f.Words)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// order sorts what is shown. themes gives the names of the themes.
func (f filter) order(needs []*need.Need, themes map[string]string) {
	// Those without a value come last.
	last := func(a, b bool) int {
		switch {
		case a == b:
			return 0
		case a:
			return 1
		}
		return -1
	}
	decision := func(a, b *need.Need) int {
		return cmp.Or(last(a.DecisionDate.IsZero(), b.DecisionDate.IsZero()), a.DecisionDate.Compare(b.DecisionDate), strings.Compare(a.Number, b.Number))
	}
	slices.SortFunc(needs, func(a, b *need.Need) int {
		switch f.Sort {
		case bySupport:
			return cmp.Or(b.SupportCount-a.SupportCount, decision(a, b))
		case byDays:
			return cmp.Or(a.StateSince.Compare(b.StateSince), decision(a, b))
		case byTheme:
			x, y := firstTheme(a, themes), firstTheme(b, themes)
			return cmp.Or(last(x == "", y == ""), lang.Compare(x, y), decision(a, b))
		}
		return decision(a, b)
	})
}

// names gives the names of the need's themes; a theme of an earlier plan goes by
// its slug.
func names(n *need.Need, themes map[string]string) []string {
	out := make([]string, len(n.Themes.V))
	for i, slug := range n.Themes.V {
		out[i] = cmp.Or(themes[slug], slug)
	}
	return out
}

func firstTheme(n *need.Need, themes map[string]string) string {
	if list := names(n, themes); len(list) > 0 {
		return list[0]
	}
	return ""
}
