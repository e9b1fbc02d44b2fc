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
	Depth   int  // 0 on the trunk, 1 and more on a branch from the node above
	// Between is told on the line down to this node: "2 måneder".
	Between string
}

// depth keeps branches within what a narrow screen can show.
func (n ChainNode) depth() string { return itoa(min(max(n.Depth, 0), 3)) }

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
