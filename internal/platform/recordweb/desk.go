package recordweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"funn/internal/platform/access"
	"funn/internal/platform/chart"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/platform/search"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// Desk adds the pages that go across all kinds: my tasks, the thread from any
// record, and the search over everything.
func Desk(s *Site) {
	s.Router.Add(
		web.Route{Pattern: "GET /oppgaver", Rule: web.LoggedIn, Handle: s.myTasks},
		web.Route{Pattern: "GET /trad/{number}", Rule: web.LoggedIn, Handle: s.thread},
		web.Route{Pattern: "GET /sok", Rule: web.LoggedIn, Handle: s.searchAll},
	)
}

// href gives the address of a record's page.
func (s *Site) href(h record.Head) string {
	k, ok := s.Engine.Kind(h.Kind)
	if !ok {
		return ""
	}
	_, path := k.Paths()
	return path + "/" + url.PathEscape(h.Number)
}

// TaskCount counts the tasks of the context's actor, for the menu.
func (s *Site) TaskCount(ctx context.Context) int {
	n, err := s.Engine.CountTasks(ctx, access.From(ctx))
	if err != nil {
		return 0 // the menu is shown all the same; the page itself tells of the fault
	}
	return n
}

type taskGroup struct {
	Title string
	Items []ui.Item
}

// myTasks lists what the actor is expected to do: overdue, this week, later.
func (s *Site) myTasks(c *web.Context) error {
	ctx := c.Ctx()
	tasks, err := s.Engine.TasksOf(ctx, c.Actor)
	if err != nil {
		return err
	}
	today := s.Engine.Today(ctx)
	// The week ends on Sunday.
	weekEnd := today.AddDate(0, 0, (7-int(today.Weekday()))%7)
	keys := []string{"desk.overdue", "desk.week", "desk.later", "desk.undated"}
	groups := make([]taskGroup, len(keys))
	for i, k := range keys {
		groups[i].Title = k
	}
	for _, t := range tasks {
		item, err := s.taskItem(ctx, t, today)
		if err != nil {
			return err
		}
		g := 3
		switch {
		case t.Due.IsZero():
		case t.Due.Before(today):
			g = 0
		case !t.Due.After(weekEnd):
			g = 1
		default:
			g = 2
		}
		groups[g].Items = append(groups[g].Items, item)
	}
	mine, err := s.mine(ctx, c.Actor)
	if err != nil {
		return err
	}
	recent, err := s.recent(ctx, c.Actor, mine)
	if err != nil {
		return err
	}
	for i := range groups {
		groups[i].Title = lang.T(ctx, groups[i].Title, "n", lang.Number(ctx, len(groups[i].Items)))
	}
	var cases []ui.Item
	for _, h := range mine {
		if len(cases) == 8 {
			break
		}
		item := ui.Item{Kicker: lang.T(ctx, h.Kind+".name") + " " + h.Number, Title: h.Title, Href: s.href(h), Tags: []ui.TagProps{StateTag(ctx, s.Engine, &h)}}
		if a, ok := AlertTag(ctx, &h); ok {
			item.Tags = append(item.Tags, a)
		}
		if h.Example {
			item.Tags = append(item.Tags, ui.TagProps{Tone: ui.Example, Text: lang.T(ctx, "ui.example")})
		}
		cases = append(cases, item)
	}
	page := c.Page(lang.T(ctx, "desk.title"))
	return c.Within(http.StatusOK, page, deskPage(len(tasks), groups, cases, recent))
}

func (s *Site) taskItem(ctx context.Context, t record.MyTask, today time.Time) (ui.Item, error) {
	h := record.Head{Kind: t.Kind, Number: t.Number, Title: t.Title, State: t.State, Alert: t.Alert}
	item := ui.Item{
		Kicker: lang.T(ctx, t.Kind+".name") + " " + t.Number, Title: lang.T(ctx, t.Kind+"."+t.Command+".task"), Text: t.Title,
		Href: s.href(h), Tags: []ui.TagProps{StateTag(ctx, s.Engine, &h)},
		Meta: []string{lang.T(ctx, "desk.waited", "days", lang.Days(ctx, clock.Days(t.Since, s.Engine.Now(ctx))))},
	}
	if t.Detail != "" {
		item.Text = t.Detail + " · " + t.Title
	}
	if t.Lang != string(lang.From(ctx).Tag()) {
		item.TextLang = t.Lang
	}
	if elsewhere, ok := s.onward[t.Kind+"."+t.Command]; ok {
		item.Href = elsewhere(t.Number)
	} else if k, ok := s.Engine.Kind(t.Kind); ok {
		if cmd, ok := k.Lifecycle().Command(t.Command); ok {
			direct := len(cmd.Fields) > 0 || cmd.Reason || cmd.Confirm
			if direct {
				item.Href += "/" + cmd.Path
			}
		}
	}
	if a, ok := AlertTag(ctx, &h); ok {
		item.Tags = append(item.Tags, a)
	}
	if t.Example {
		item.Tags = append(item.Tags, ui.TagProps{Tone: ui.Example, Text: lang.T(ctx, "ui.example")})
	}
	item.Due, item.Late = DueText(ctx, t.Task, today)
	return item, nil
}

// mine gives the open records that the actor takes part in, latest changed first.
func (s *Site) mine(ctx context.Context, a access.Actor) ([]record.Head, error) {
	if len(a.As) == 0 {
		return nil, nil
	}
	where, args := new(db.Where).In("p.person_id", a.As...).SQL()
	ids, err := db.All[string](ctx, s.Engine.DB, "SELECT DISTINCT p.record_id FROM record_participant p "+where+" ORDER BY p.record_id", args...)
	if err != nil {
		return nil, err
	}
	heads, err := s.Engine.Heads(ctx, ids...)
	if err != nil {
		return nil, err
	}
	var out []record.Head
	for _, h := range heads {
		k, ok := s.Engine.Kind(h.Kind)
		if !ok {
			continue
		}
		if state, _ := k.Lifecycle().State(h.State); state.Final || h.ID == a.ID || !s.onThread(h.Kind) {
			continue
		}
		out = append(out, h)
	}
	slices.SortFunc(out, func(x, y record.Head) int {
		if d := y.Updated.Compare(x.Updated); d != 0 {
			return d
		}
		return strings.Compare(x.Number, y.Number)
	})
	return out, nil
}

// recentShown is how many of the latest events stand on the desk.
const recentShown = 6

// recent gives the latest events of the records that the actor is told of.
func (s *Site) recent(ctx context.Context, a access.Actor, heads []record.Head) ([]ui.LogEntry, error) {
	byID := map[string]record.Head{}
	var ids []string
	for _, h := range heads {
		byID[h.ID] = h
		ids = append(ids, h.ID)
	}
	if len(ids) > 200 {
		ids = ids[:200]
	}
	subjects, err := s.subjects(ctx, a, byID)
	if err != nil {
		return nil, err
	}
	limit := recentShown
	if !a.Staff {
		limit *= 10 // most of what happens in the agency is not told to others
	}
	where, args := new(db.Where).In("record_id", ids...).SQL()
	events, err := db.All[event.Event](ctx, s.Engine.DB, fmt.Sprintf("SELECT %s FROM event %s ORDER BY at DESC, seq DESC LIMIT %d", db.Columns[event.Event](""), where, limit), args...)
	if err != nil {
		return nil, err
	}
	if events, err = s.Engine.AsTold(ctx, events); err != nil {
		return nil, err
	}
	var out []ui.LogEntry
	for _, ev := range events {
		t := tells(s.Engine, a, subjects[ev.RecordID], ev)
		if t == untold || len(out) == recentShown {
			continue
		}
		entry := ui.LogEntry{When: lang.DateTime(ctx, ev.At), Who: ActorName(ctx, ev), What: EventText(ctx, ev) + " (" + byID[ev.RecordID].Number + ")"}
		out = append(out, toldOf(entry, t, nil))
	}
	return out, nil
}

// onThread says whether records of the kind stand on a thread.
func (s *Site) onThread(kind string) bool { return slices.Contains(s.Order, kind) }

// rank gives a kind's place on the thread.
func (s *Site) rank(kind string) int {
	if i := slices.Index(s.Order, kind); i >= 0 {
		return i
	}
	return len(s.Order)
}

// thread shows everything that hangs together with a record, from need to use,
// with who has the ball and for how many days.
func (s *Site) thread(c *web.Context) error {
	ctx := c.Ctx()
	h, err := s.Engine.Find(ctx, c.Path("number"))
	if err != nil {
		return err
	}
	heads, edges, err := s.Engine.Thread(ctx, h.ID)
	if err != nil {
		return err
	}
	if heads, edges, err = s.inside(ctx, c.Actor, heads, edges); err != nil {
		return err
	}
	if _, ok := heads[h.ID]; !ok {
		return fault.Missing()
	}
	nodes, ids, err := s.chain(ctx, h.ID, heads, edges)
	if err != nil {
		return err
	}
	most := latestEvents
	if c.Query("alle") != "" {
		most = 0
	}
	entries, total, first, err := s.story(ctx, c.Actor, heads, ids, most)
	if err != nil {
		return err
	}
	days, err := s.daysBar(ctx, c.Actor, h)
	if err != nil {
		return err
	}
	page := c.Page(lang.T(ctx, "thread.title", "title", h.Title))
	page.Breadcrumb = []ui.Crumb{{Label: h.Number, Href: s.href(h)}, {Label: lang.T(ctx, "record.tab.thread")}}
	p := threadProps{Head: h, Nodes: nodes, Days: days, Entries: entries}
	if !first.IsZero() {
		p.Lead = lang.T(ctx, "thread.lead", "records", lang.TN(ctx, "thread.cases", len(heads)), "events", lang.TN(ctx, "thread.events", total), "days", lang.Days(ctx, clock.Days(first, s.Engine.Now(ctx))))
	}
	if total > len(entries) {
		p.Shown = lang.T(ctx, "thread.latest", "n", lang.Number(ctx, len(entries)), "total", lang.Number(ctx, total))
		p.AllHref, p.All = "/trad/"+url.PathEscape(h.Number)+"?alle=ja#hendelser", lang.TN(ctx, "thread.show_all", total)
	}
	return c.Within(http.StatusOK, page, threadPage(p))
}

// inside leaves out the records whose handling the actor is not told of: for
// people outside the agency, all but those that they take part in.
func (s *Site) inside(ctx context.Context, a access.Actor, heads map[string]record.Head, edges []record.Edge) (map[string]record.Head, []record.Edge, error) {
	if a.Staff {
		return heads, edges, nil
	}
	where, args := new(db.Where).In("p.person_id", a.As...).SQL()
	ids, err := db.All[string](ctx, s.Engine.DB, "SELECT DISTINCT p.record_id FROM record_participant p "+where+" ORDER BY p.record_id", args...)
	if err != nil {
		return nil, nil, err
	}
	kept := map[string]record.Head{}
	for _, id := range ids {
		if h, ok := heads[id]; ok {
			kept[id] = h
		}
	}
	edges = slices.DeleteFunc(slices.Clone(edges), func(x record.Edge) bool {
		_, from := kept[x.From]
		_, to := kept[x.To]
		return !from || !to
	})
	return kept, edges, nil
}

// loginFirst asks somebody who has not logged in to do so, whether the record
// exists or not.
func loginFirst(c *web.Context, err error) error {
	if c.Actor.Nobody() && web.Status(err) == http.StatusNotFound {
		return errUnauthorised
	}
	return err
}

type threadProps struct {
	Head    record.Head
	Lead    string
	Nodes   []ui.ChainNode
	Days    templ.Component
	Entries []ui.LogEntry
	Shown   string // that these are the latest only; empty when they are all
	AllHref string // where all of them are
	All     string
}

// latestEvents is how many events a thread's page shows at once. A project is
// over in fewer; a page of all that ever happened in a long thread is slow and
// nobody reads it.
const latestEvents = 100

// chain puts the records of a thread in order: each below what it answers or
// comes from, and after all of it.
func (s *Site) chain(ctx context.Context, current string, heads map[string]record.Head, edges []record.Edge) ([]ui.ChainNode, []string, error) {
	children := map[string][]string{}
	parents := map[string][]string{}
	for _, x := range edges {
		parent, child := x.To, x.From
		if s.rank(heads[parent].Kind) > s.rank(heads[child].Kind) {
			parent, child = child, parent
		}
		if !slices.Contains(children[parent], child) {
			children[parent] = append(children[parent], child)
			parents[child] = append(parents[child], parent)
		}
	}
	order := func(a, b string) int {
		if d := s.rank(heads[a].Kind) - s.rank(heads[b].Kind); d != 0 {
			return d
		}
		if d := heads[a].Created.Compare(heads[b].Created); d != 0 {
			return d
		}
		return strings.Compare(heads[a].Number, heads[b].Number)
	}
	var roots, ids []string
	for id := range heads {
		if len(parents[id]) == 0 {
			roots = append(roots, id)
		}
		ids = append(ids, id)
	}
	slices.SortFunc(roots, order)
	slices.SortFunc(ids, order)
	waiting, err := Waiting(ctx, s, ids...)
	if err != nil {
		return nil, nil, err
	}
	var nodes []ui.ChainNode
	var sequence []string
	seen := map[string]bool{}
	var walk func(id string, depth int) error
	walk = func(id string, depth int) error {
		if seen[id] {
			return nil
		}
		seen[id] = true
		h := heads[id]
		node := s.node(ctx, h, waiting[id])
		node.Depth, node.Current = depth, id == current
		nodes = append(nodes, node)
		sequence = append(sequence, id)
		if outline := s.Outlines[h.Kind]; outline != nil {
			more, err := outline(ctx, h)
			if err != nil {
				return err
			}
			for _, m := range more {
				m.Depth += depth + 1
				nodes = append(nodes, m)
			}
		}
		next := children[id]
		slices.SortFunc(next, order)
		branch := depth
		if len(next) > 1 {
			branch++
		}
		for _, child := range next {
			if slices.ContainsFunc(parents[child], func(id string) bool { return !seen[id] }) {
				continue // it comes after the last of them
			}
			if err := walk(child, branch); err != nil {
				return err
			}
		}
		return nil
	}
	// What links in a circle has no beginning; it comes last, so that nothing is lost.
	for _, r := range append(roots, ids...) {
		if err := walk(r, 0); err != nil {
			return nil, nil, err
		}
	}
	return nodes, sequence, nil
}

func (s *Site) node(ctx context.Context, h record.Head, ball Ball) ui.ChainNode {
	tag := StateTag(ctx, s.Engine, &h)
	n := ui.ChainNode{
		Kind: lang.T(ctx, h.Kind+".name"), Icon: s.Icons[h.Kind], Number: h.Number, Title: h.Title, Href: s.href(h), Tag: &tag, Example: h.Example,
		When: lang.Date(ctx, h.StateSince), Waiting: ball.Who,
	}
	if h.Lang != string(lang.From(ctx).Tag()) {
		n.Lang = h.Lang
	}
	if !s.Engine.SinceTold(ctx, &h) {
		n.When = ""
	} else if !sinceKnown(&h) {
		n.When = lang.T(ctx, "date.unknown")
	} else if !s.Engine.LabelOf(h.Kind, h.State).Final {
		n.Days = lang.Days(ctx, clock.Days(h.StateSince, s.Engine.Now(ctx)))
	}
	if a, ok := AlertTag(ctx, &h); ok {
		n.Note, n.Late = a.Text, true
	}
	return n
}

// story merges the events of all records of a thread that the actor is told of,
// first to last: the latest most of them, or all when most is 0. It tells too how
// many there are and when the first was.
func (s *Site) story(ctx context.Context, a access.Actor, heads map[string]record.Head, ids []string, most int) (out []ui.LogEntry, total int, first time.Time, err error) {
	type extent struct {
		N     int       `db:"n"`
		First time.Time `db:"first"`
	}
	limit := ""
	if most > 0 && a.Staff { // of the others it is not known before how many they are told of
		limit = " LIMIT " + itoa(most+1) // one more, to tell how long after it the next came
	}
	var events []event.Event
	for chunk := range slices.Chunk(ids, 500) {
		where, args := new(db.Where).In("record_id", chunk...).SQL()
		all, err := db.One[extent](ctx, s.Engine.DB, "SELECT count(*) AS n, min(at) AS first FROM event "+where, args...)
		if err != nil {
			return nil, 0, first, err
		}
		total += all.N
		if first.IsZero() || !all.First.IsZero() && all.First.Before(first) {
			first = all.First
		}
		rows, err := db.All[event.Event](ctx, s.Engine.DB, "SELECT "+db.Columns[event.Event]("")+" FROM event "+where+" ORDER BY at DESC, seq DESC"+limit, args...)
		if err != nil {
			return nil, 0, first, err
		}
		slices.Reverse(rows)
		events = append(events, rows...)
	}
	subjects, err := s.subjects(ctx, a, heads)
	if err != nil {
		return nil, 0, first, err
	}
	if events, err = s.Engine.AsTold(ctx, events); err != nil {
		return nil, 0, first, err
	}
	events = slices.DeleteFunc(events, func(ev event.Event) bool { return tells(s.Engine, a, subjects[ev.RecordID], ev) == untold })
	slices.SortStableFunc(events, inStory)
	if !a.Staff {
		if total, first = len(events), (time.Time{}); total > 0 {
			first = events[0].At
		}
	}
	from := 0
	if most > 0 {
		from = max(len(events)-most, 0)
	}
	out = make([]ui.LogEntry, 0, len(events)-from)
	for i, ev := range events {
		if i < from {
			continue
		}
		h := heads[ev.RecordID]
		entry := ui.LogEntry{
			When: lang.DateTime(ctx, ev.At), Machine: ev.At.Format(time.RFC3339), Who: ActorName(ctx, ev),
			What: EventText(ctx, ev) + " (" + h.Number + ")", Reason: ev.Reason,
		}
		var changes []ui.Change
		if i > 0 {
			if d := clock.Days(events[i-1].At, ev.At); d > 0 {
				changes = append(changes, ui.Change{Label: lang.T(ctx, "thread.after"), To: lang.Days(ctx, d)})
			}
		}
		entry.Details = append(changes, stateChange(ctx, ev)...)
		out = append(out, toldOf(entry, tells(s.Engine, a, subjects[ev.RecordID], ev), entry.Details))
	}
	return out, total, first, nil
}

// inStory orders events as they are told: what followed from a command comes after
// it, though it was written first.
func inStory(a, b event.Event) int {
	if d := a.At.Compare(b.At); d != 0 {
		return d
	}
	follows := func(ev event.Event) int {
		if ev.ActorID == access.System.ID {
			return 1
		}
		return 0
	}
	return follows(a) - follows(b)
}

// daysBar draws how many days the record has stood in each state in which the
// actor may read it.
func (s *Site) daysBar(ctx context.Context, a access.Actor, h record.Head) (templ.Component, error) {
	k, ok := s.Engine.Kind(h.Kind)
	if !ok || !sinceKnown(&h) {
		return nil, nil
	}
	subjects, err := s.subjects(ctx, a, map[string]record.Head{h.ID: h})
	if err != nil {
		return nil, err
	}
	subject := subjects[h.ID]
	events, err := event.Of(ctx, s.Engine.DB, h.ID)
	if err != nil {
		return nil, err
	}
	if events, err = s.Engine.AsTold(ctx, events); err != nil {
		return nil, err
	}
	var segments []chart.DaysSegment
	longest, state, since := "", "", time.Time{}
	most := -1
	stay := func(until time.Time, current bool) {
		subject.State = state
		if state == "" || !access.Allows(k.ReadRules(), a, subject) {
			return
		}
		d := clock.Days(since, until)
		label := lang.T(ctx, h.Kind+".state."+state)
		segments = append(segments, chart.DaysSegment{Label: label, Days: d, Current: current})
		if d > most {
			longest, most = label, d
		}
	}
	for _, ev := range events {
		if ev.To != state {
			stay(ev.At, false)
			state, since = ev.To, ev.At
		}
	}
	if !s.Engine.LabelOf(h.Kind, state).Final {
		stay(s.Engine.Now(ctx), true)
	}
	if len(segments) == 0 {
		return nil, nil
	}
	finding := lang.T(ctx, "thread.days_finding", "state", longest, "days", lang.Days(ctx, most))
	r := chart.DaysBar{
		Meta: chart.Meta{ID: "dager", Title: finding}, Segments: segments, Days: func(n int) string { return lang.Days(ctx, n) },
		Words: chart.DaysWords{Label: lang.T(ctx, "record.state"), Days: lang.T(ctx, "thread.days")},
	}.Render()
	return ui.Figure(ui.FigureProps{ID: "figur-dager", Finding: finding, Level: 2, HowToRead: lang.T(ctx, "thread.days_how"), Chart: r}), nil
}

// searchAll searches everything that the actor may see.
func (s *Site) searchAll(c *web.Context) error {
	ctx := c.Ctx()
	text, kind := strings.TrimSpace(c.Query("q")), c.Query("type")
	p := searchProps{Query: text}
	page := c.Page(lang.T(ctx, "search.title"))
	page.Shell.Query = text
	if text == "" {
		return c.Within(http.StatusOK, page, searchPage(p))
	}
	q := search.Query{Text: text, Audience: access.Terms(c.Actor), Loosen: true, Limit: 25, Offset: 25 * (pageNumber(c) - 1)}
	if kind != "" {
		q.Kinds = []string{kind}
	}
	result, err := s.Search(ctx, q)
	if err != nil {
		return err
	}
	ids := make([]string, len(result.Hits))
	for i, hit := range result.Hits {
		ids[i] = hit.ID
	}
	// What the index remembers is held against the rules as they are now.
	heads, err := s.Engine.Heads(ctx, ids...)
	if err != nil {
		return err
	}
	for _, hit := range result.Hits {
		h, ok := heads[hit.ID]
		if !ok {
			result.Total--
			continue
		}
		item := ui.Item{Kicker: lang.T(ctx, h.Kind+".name") + " " + h.Number, Title: h.Title, Href: hit.URL, Tags: []ui.TagProps{StateTag(ctx, s.Engine, &h)}, Text: snippet(hit)}
		if h.Lang != string(lang.From(ctx).Tag()) {
			item.Lang, item.TextLang = h.Lang, h.Lang
		}
		if h.Example {
			item.Tags = append(item.Tags, ui.TagProps{Tone: ui.Example, Text: lang.T(ctx, "ui.example")})
		}
		p.Items = append(p.Items, item)
	}
	p.Count = lang.TN(ctx, "search.hits", result.Total, "q", text)
	if result.Loose {
		p.Count = lang.TN(ctx, "search.loose", result.Total, "q", text)
	}
	p.Suggest, p.Related = result.Suggest, search.AlsoFound(ctx, result)
	for _, k := range result.Facets["kind"] {
		p.Kinds = append(p.Kinds, ui.Tab{Label: lang.T(ctx, k.Value+".name_plural"), Href: searchHref(text, k.Value), Current: kind == k.Value, Count: k.N})
	}
	if len(p.Kinds) > 0 {
		p.Kinds = append([]ui.Tab{{Label: lang.T(ctx, "search.all"), Href: searchHref(text, ""), Current: kind == ""}}, p.Kinds...)
	}
	p.Pages = ui.PaginationProps{Page: pageNumber(c), Pages: (result.Total + 24) / 25, Href: func(n int) string { return searchHref(text, kind) + "&side=" + itoa(n) }}
	return c.Within(http.StatusOK, page, searchPage(p))
}

type searchProps struct {
	Query, Count, Suggest string
	Related               string // which other words were searched for
	Items                 []ui.Item
	Kinds                 []ui.Tab
	Pages                 ui.PaginationProps
}

func searchHref(text, kind string) string {
	q := url.Values{"q": {text}}
	if kind != "" {
		q.Set("type", kind)
	}
	return "/sok?" + q.Encode()
}

func snippet(h search.Hit) string {
	var b strings.Builder
	for _, piece := range h.Snippet {
		b.WriteString(piece.Text)
	}
	return b.String()
}
