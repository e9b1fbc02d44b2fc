package ui

// BoardColumn is one column of a board: a state and the records in it.
type BoardColumn struct {
	Title string
	Hint  string // what the state means
	Cards []BoardCard
	// More leads to the rest when the column shows only the first.
	MoreHref, MoreText string
}

// BoardCard is one record on a board.
type BoardCard struct {
	Number  string
	Title   string
	Href    string
	Theme   string
	Tags    []TagProps
	Due     string // the date that matters, in words: "Beslutning 1. mars 2024"
	Late    bool   // that date has passed or will not be met
	Days    string // how long it has been in the state: "12 dager"
	Waiting string // who has the ball
	Support string // who else wants it, in words: "Støttes av 3"
}

// ChainNode is one record on a thread from need to effect.
type ChainNode struct {
	Kind   string // what it is: "Kunnskapsbehov"
	Icon   Icon
	Number string
	Title  string
	Href   string // nothing when the reader may not open it
	Lang   string // language of the title when it is not the page's

	Tag     *TagProps // its state
	Example bool      // made up to fill what the sources lack
	When    string    // the date that matters, in words
	Days    string    // how long it has been in the state
	Waiting string    // who has the ball
	Note    string    // what else matters, such as "Kommer 4 md. etter beslutningen"
	Late    bool      // Note tells of something that is late

	Current bool // the record that the page is about
	Future  bool // does not exist yet: what is expected to come
	// Depth is 0 for the records of the main line, which follow each other, and
	// one more than the depth of the record that it came from for the others.
	Depth int
	// Between is told on the line down to this node: "2 måneder".
	Between string
}

// depth keeps branches within what a narrow screen can show.
func (n ChainNode) depth() int { return min(max(n.Depth, 0), 3) }

// rail is a piece of line beside one node.
type rail struct {
	level int
	// part is "up" from the top to the node, "down" from the node to the
	// bottom, "through" past it, and "branch" from the line of the level to a
	// node one level in.
	part   string
	future bool // what it leads to does not exist yet
}

// rails gives the lines to draw beside the i-th node.
func rails(nodes []ChainNode, i int) []rail {
	var out []rail
	depth := nodes[i].depth()
	// next finds the record that the line of a level goes on to below node i:
	// on the main line the next record, on a branch the next one that came
	// from the same record.
	next := func(level int) (ChainNode, bool) {
		for _, n := range nodes[i+1:] {
			if n.depth() == level+1 || level == 0 && n.depth() == 0 {
				return n, true
			}
			if n.depth() <= level {
				break
			}
		}
		return ChainNode{}, false
	}
	for level := range depth {
		if n, ok := next(level); ok {
			out = append(out, rail{level, "through", n.Future})
		}
		if level == depth-1 {
			out = append(out, rail{level, "branch", nodes[i].Future})
		}
	}
	if depth == 0 && i > 0 {
		out = append(out, rail{0, "up", nodes[i].Future})
	}
	if n, ok := next(depth); ok {
		out = append(out, rail{depth, "down", n.Future})
	}
	return out
}

// LogEntry is one event in the history of a record.
type LogEntry struct {
	When    string // the moment, in words
	Machine string // the same moment in RFC 3339, for machines; may be empty
	Who     string
	What    string
	Reason  string
	Details []Change
}

// Change is one value before and after an event.
type Change struct{ Label, From, To string }
