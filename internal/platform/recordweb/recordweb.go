// Package recordweb makes the pages that every kind of record has alike: the
// frame of a record's page with its state and who has the ball, one page for
// each command with the form that the lifecycle declares, and the history.
//
// A module adds the content of its record page and its lists.
package recordweb

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
	"funn/internal/platform/search"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// Site is what the record pages of all kinds need.
type Site struct {
	Router *web.Router
	Engine *record.Engine
	// Names gives the names of persons by id.
	Names func(ctx context.Context, ids ...string) (map[string]string, error)
	// Unit gives the name of a unit by its path.
	Unit func(ctx context.Context, path string) string
	// Keep checks an uploaded file by content and stores it. It gives Invalid
	// faults for files that are not taken.
	Keep func(ctx context.Context, name string, content Content, size int64) (*form.Upload, error)
	// Search searches what the query's audience may see.
	Search func(ctx context.Context, q search.Query) (search.Result, error)
	// Order lists the kinds that stand on a thread, from its beginning.
	Order []string
	// Icons gives the picture of each kind.
	Icons map[string]ui.Icon
	// Outlines gives what stands inside a record on the thread, such as the
	// decisions of an assessment, by kind.
	Outlines map[string]func(ctx context.Context, h record.Head) ([]ui.ChainNode, error)

	onward map[string]func(number string) string // "kind.name" -> where a task leads when not to its own form
}

// Content is an uploaded file's content, which is looked into before it is read.
type Content interface {
	io.ReadSeeker
	io.ReaderAt
}

var errUnauthorised = fault.New(fault.Unauthorised, "error.unauthorised")

// View is what a module says of its kind's pages.
type View[T record.Record] struct {
	Kind *record.Kind[T]
	Icon ui.Icon
	// Body gives the content of the record's page.
	Body func(c *web.Context, rec T) (templ.Component, error)
	// Side gives more for the side column; nil is fine.
	Side func(c *web.Context, rec T) (templ.Component, error)
	// Tags gives tags beside the state's.
	Tags func(ctx context.Context, rec T) []ui.TagProps
	// Tabs are further pages of the record.
	Tabs []Tab[T]
	// Up is the list that the record stands in: message key and address.
	UpKey, UpPath string
	// Cancel is where whoever leaves the form that makes a record goes, when there is no
	// list to go back to.
	Cancel string
	// After gives where a command leads when not to the record itself.
	After func(command string, rec *record.Head) string
	// Work gives, by command, the page below the record's address where what a task asks
	// for is done before the command can be given; "" is the record's own page.
	Work map[string]string
	// Onward are steps that are taken on the pages of another kind.
	Onward []Onward
	// Fill answers what a form that makes a record can know beforehand, from what the
	// address or the form says already, and gives a note to show above it. It leaves
	// answers that are there as they are; nil is fine.
	Fill func(ctx context.Context, command string, values map[string][]string) (note string, err error)
	// Start fills the form of a command from what the address chose of the record, such
	// as the part of it that is to be changed; nil is fine.
	Start func(ctx context.Context, command string, rec T, values map[string][]string)
	// About gives, above the form of a command, what its giver must know of the record
	// to give it, so that nobody decides on a title alone; nil is fine.
	About func(ctx context.Context, command string, rec T) (templ.Component, error)
	// Mends gives the address at which the reader mends what stops a command; empty when
	// there is none. Nil is fine.
	Mends func(ctx context.Context, rec T, r record.Reason) string
	// NoThread leaves out the link to the thread, for records that have none.
	NoThread bool
}

// Onward is a step that is taken on the pages of another kind, such as the project
// that a need leads to. Its task and its button open a form there. The kind's Tasks
// give the task; the texts are KIND.NAME.task and KIND.NAME.button.
type Onward struct {
	Name string
	From []string      // states in which the step can be taken
	Who  []access.Rule // who may take it, by their part in this record
	Href func(number string) string
}

// Tab is a further page of a record: /behov/B-2022-001/PATH.
type Tab[T record.Record] struct {
	Path, Key string
	Staff     bool // for the agency's own only
	Body      func(c *web.Context, rec T) (templ.Component, error)
}

type pages[T record.Record] struct {
	site *Site
	view View[T]
	kind *record.Kind[T]
}

// Mount adds the pages of one kind to the router.
func Mount[T record.Record](s *Site, v View[T]) {
	p := &pages[T]{site: s, view: v, kind: v.Kind}
	path, name := v.Kind.Path, v.Kind.Name
	add := func(method, pattern, command string, rule web.Rule, h web.Handler) {
		s.Router.Add(web.Route{Pattern: method + " " + pattern, Rule: rule, Kind: name, Command: command, Handle: h})
	}
	for _, c := range v.Kind.Commands {
		switch {
		case c.System, c.Own:
		case c.Create:
			add("GET", path+"/"+c.Path, c.Name, web.LoggedIn, p.creating(c.Command, p.createForm))
			add("POST", path+"/"+c.Path, c.Name, web.LoggedIn, p.creating(c.Command, p.create))
		default:
			add("GET", path+"/{number}/"+c.Path, c.Name, web.OwnRecords, p.commanding(c.Command, p.commandForm))
			add("POST", path+"/{number}/"+c.Path, c.Name, web.OwnRecords, p.commanding(c.Command, p.command))
		}
	}
	if s.onward == nil {
		s.onward = map[string]func(string) string{}
	}
	for command, page := range v.Work {
		s.onward[name+"."+command] = func(number string) string { return path + "/" + url.PathEscape(number) + page }
	}
	for _, o := range v.Onward {
		s.onward[name+"."+o.Name] = o.Href
	}
	add("GET", path+"/{number}", "", web.OwnRecords, p.show("", v.Body))
	for _, t := range v.Tabs {
		add("GET", path+"/{number}/"+t.Path, "", web.OwnRecords, p.show(t.Path, t.Body))
	}
	add("GET", path+"/{number}/logg", "", web.OwnRecords, p.show("logg", p.history))
}

// insider says whether the actor is told how a case is handled and whom it waits
// for; how much of that, see telling. What is public of a record is its content alone.
func insider(a access.Actor, s access.Subject) bool {
	if a.Staff || a.System {
		return true
	}
	for _, people := range s.Relations {
		if slices.ContainsFunc(people, func(id string) bool { return slices.Contains(a.As, id) }) {
			return true
		}
	}
	return false
}

// open loads the record of the address. Somebody who has not logged in is asked
// to, whether it exists or not.
func (p *pages[T]) open(c *web.Context) (T, error) {
	rec, err := p.kind.ByNumber(c.Ctx(), c.Path("number"))
	if err != nil && fault.Of(err) == fault.NotFound && c.Actor.Nobody() {
		return rec, errUnauthorised
	}
	return rec, err
}

func (p *pages[T]) address(h *record.Head) string {
	return p.kind.Path + "/" + url.PathEscape(h.Number)
}

// frame gives the title, the breadcrumb and the section of the record's pages.
func (p *pages[T]) frame(c *web.Context, title string, crumbs ...ui.Crumb) ui.PageProps {
	ctx := c.Ctx()
	page := c.Page(title)
	page.Section = lang.T(ctx, p.kind.Name+".name_plural")
	if p.view.UpPath != "" {
		page.Breadcrumb = append(page.Breadcrumb, ui.Crumb{Label: lang.T(ctx, p.view.UpKey), Href: p.view.UpPath})
	}
	page.Breadcrumb = append(page.Breadcrumb, crumbs...)
	return page
}

// StateTag gives the tag of a record's state.
func StateTag(ctx context.Context, e *record.Engine, h *record.Head) ui.TagProps {
	state := e.Told(ctx, h)
	return ui.TagProps{Tone: tone(e.LabelOf(h.Kind, state).Tone), Text: lang.T(ctx, h.Kind+".state."+state)}
}

// PublicTag gives the tag of a record's state in the public's few words.
func PublicTag(ctx context.Context, e *record.Engine, h *record.Head) ui.TagProps {
	state := e.LabelOf(h.Kind, e.Outside(h))
	return ui.TagProps{Tone: tone(state.Tone), Text: lang.T(ctx, h.Kind+".label."+state.Label)}
}

// ListTags gives the tags of a record in a list: its state, and that it is an example
// when it is one.
func ListTags(ctx context.Context, e *record.Engine, h *record.Head) []ui.TagProps {
	tags := []ui.TagProps{StateTag(ctx, e, h)}
	if h.Example {
		tags = append(tags, ui.TagProps{Tone: ui.Example, Text: lang.T(ctx, "ui.example")})
	}
	return tags
}

// AlertTag gives the tag of what is wrong with a record; ok is false when
// nothing is.
func AlertTag(ctx context.Context, h *record.Head) (ui.TagProps, bool) {
	if h.Alert == "" {
		return ui.TagProps{}, false
	}
	return ui.TagProps{Tone: ui.Error, Text: lang.T(ctx, h.Kind+".alert."+h.Alert)}, true
}

func tone(t lifecycle.Tone) ui.Tone {
	switch t {
	case lifecycle.Info:
		return ui.Info
	case lifecycle.Success:
		return ui.Success
	case lifecycle.Warning:
		return ui.Warning
	case lifecycle.Danger:
		return ui.Error
	}
	return ui.Neutral
}

func (p *pages[T]) tags(ctx context.Context, rec T) []ui.TagProps {
	h := rec.Base()
	tags := []ui.TagProps{StateTag(ctx, p.site.Engine, h)}
	if !access.From(ctx).Staff && access.Allows(p.kind.Read, access.Actor{}, p.kind.Subject(rec)) {
		// What everybody may read says where it stands in the public's few words.
		tags[0] = PublicTag(ctx, p.site.Engine, h)
	}
	if a, ok := AlertTag(ctx, h); ok {
		tags = append(tags, a)
	}
	if p.view.Tags != nil {
		tags = append(tags, p.view.Tags(ctx, rec)...)
	}
	if h.Example {
		tags = append(tags, ui.TagProps{Tone: ui.Example, Text: lang.T(ctx, "ui.example")})
	}
	return tags
}

// show answers with one of the record's pages.
func (p *pages[T]) show(tab string, body func(*web.Context, T) (templ.Component, error)) web.Handler {
	return func(c *web.Context) error {
		rec, err := p.open(c)
		if err != nil {
			return err
		}
		ctx, h := c.Ctx(), rec.Base()
		inside := insider(c.Actor, p.kind.Subject(rec))
		staffOnly := slices.ContainsFunc(p.view.Tabs, func(t Tab[T]) bool { return t.Path == tab && t.Staff })
		if tab == "logg" && !inside || staffOnly && !c.Actor.Staff {
			return loginFirst(c, fault.Missing())
		}
		content, err := body(c, rec)
		if err != nil {
			return err
		}
		f := frameProps{
			Head: ui.HeadProps{Kicker: lang.T(ctx, p.kind.Name+".name") + " " + h.Number, Title: h.Title, Tags: p.tags(ctx, rec)},
			Body: content,
		}
		if h.Lang != string(lang.From(ctx).Tag()) {
			f.Head.Lang = h.Lang
		}
		f.Tabs = append(f.Tabs, ui.Tab{Label: lang.T(ctx, "record.tab.overview"), Href: p.address(h), Current: tab == ""})
		for _, t := range p.view.Tabs {
			if t.Staff && !c.Actor.Staff {
				continue
			}
			f.Tabs = append(f.Tabs, ui.Tab{Label: lang.T(ctx, t.Key), Href: p.address(h) + "/" + t.Path, Current: tab == t.Path})
		}
		if inside {
			f.Tabs = append(f.Tabs, ui.Tab{Label: lang.T(ctx, "record.tab.log"), Href: p.address(h) + "/logg", Current: tab == "logg"})
		}
		if inside && !p.view.NoThread {
			f.Tabs = append(f.Tabs, ui.Tab{Label: lang.T(ctx, "record.tab.thread"), Href: "/trad/" + url.PathEscape(h.Number)})
		}
		if f.Actions, f.Blocked, err = p.actions(ctx, rec); err != nil {
			return err
		}
		if f.Now, err = p.now(ctx, h, inside); err != nil {
			return err
		}
		if inside {
			if f.Ahead, err = p.ahead(ctx, *h); err != nil {
				return err
			}
		}
		if p.view.Side != nil {
			if f.Side, err = p.view.Side(c, rec); err != nil {
				return err
			}
		}
		page := p.frame(c, h.Title, ui.Crumb{Label: h.Number})
		page.Section = f.Head.Kicker
		for _, t := range f.Tabs {
			if t.Current && tab != "" {
				page.Section = t.Label + " – " + page.Section
			}
		}
		return c.Within(http.StatusOK, page, frame(f))
	}
}

// now tells where the record stands, for how long, and whom it waits for.
func (p *pages[T]) now(ctx context.Context, h *record.Head, inside bool) ([]ui.Fact, error) {
	e := p.site.Engine
	facts := []ui.Fact{{Label: lang.T(ctx, "record.state"), Text: lang.T(ctx, h.Kind+".state."+e.Told(ctx, h))}}
	state := e.LabelOf(h.Kind, h.State)
	if !e.SinceTold(ctx, h) {
		// When the agency took a step of its own would tell that it did.
	} else if !sinceKnown(h) {
		facts = append(facts, ui.Fact{Label: lang.T(ctx, "record.since"), Text: lang.T(ctx, "date.unknown")})
	} else if state.Final {
		facts = append(facts, ui.Fact{Label: lang.T(ctx, "record.since"), Text: lang.Date(ctx, h.StateSince)})
	} else {
		days := clock.Days(h.StateSince, e.Now(ctx))
		facts = append(facts, ui.Fact{Label: lang.T(ctx, "record.in_state"), Text: lang.Days(ctx, days) + " (" + lang.T(ctx, "record.since_date", "date", lang.Date(ctx, h.StateSince)) + ")"})
	}
	waiting := map[string]Ball{}
	if inside {
		var err error
		if waiting, err = Waiting(ctx, p.site, h.ID); err != nil {
			return nil, err
		}
	}
	if w := waiting[h.ID]; w.Who != "" {
		facts = append(facts, ui.Fact{Label: lang.T(ctx, "record.waits_for"), Text: w.Who})
		if w.Due != "" {
			facts = append(facts, ui.Fact{Label: lang.T(ctx, "record.due"), Text: w.Due})
		}
	}
	if h.Unit != "" && p.site.Unit != nil {
		facts = append(facts, ui.Fact{Label: lang.T(ctx, "record.unit"), Text: p.site.Unit(ctx, h.Unit)})
	}
	if h.Source != "" {
		facts = append(facts, ui.Fact{Label: lang.T(ctx, "record.source"), Text: h.Source})
	}
	return facts, nil
}

// sinceKnown says whether it is known since when the record stands in its state. Of
// one that was taken in from a source as it was, nobody in Funn knows.
func sinceKnown(h *record.Head) bool {
	return h.Source == "" || h.Example || !h.StateSince.Equal(h.Created)
}

// severalAhead is how many records a page names that go on from its own; the thread
// has all of them.
const severalAhead = 4

// ahead tells where the matter goes on when it does so in other records, and whom
// it waits for there.
func (p *pages[T]) ahead(ctx context.Context, h record.Head) ([]ui.Item, error) {
	ahead, err := Ahead(ctx, p.site, h)
	if err != nil {
		return nil, err
	}
	var items []ui.Item
	for i, s := range ahead[h.ID] {
		if i == severalAhead {
			rest := len(ahead[h.ID]) - i
			items = append(items, ui.Item{Title: lang.TN(ctx, "record.continues_more", rest), Href: "/trad/" + url.PathEscape(h.Number)})
			break
		}
		item := ui.Item{
			Kicker: lang.T(ctx, s.Head.Kind+".name") + " " + s.Head.Number, Title: s.Head.Title, Href: p.site.href(s.Head),
			Meta: []string{lang.T(ctx, "record.waits_for_who", "who", s.Ball.Who)}, Due: s.Ball.Due, Late: s.Ball.Late,
		}
		if s.Head.Lang != string(lang.From(ctx).Tag()) {
			item.Lang = s.Head.Lang
		}
		if s.Head.Example {
			item.Tags = []ui.TagProps{{Tone: ui.Example, Text: lang.T(ctx, "ui.example")}}
		}
		items = append(items, item)
	}
	return items, nil
}

// Next is a later record of the thread in which a matter goes on.
type Next struct {
	Head record.Head
	Ball Ball
}

// Ahead gives for each record those later on the thread that hang on it, directly
// or by others, and wait for somebody, in the order of the thread. Records that the
// context's actor may not read are left out, with what hangs on them alone.
func Ahead(ctx context.Context, s *Site, heads ...record.Head) (map[string][]Next, error) {
	known := map[string]record.Head{}
	from := map[string][]string{} // record -> those of heads that it goes on from
	var front []string
	for _, h := range heads {
		known[h.ID], from[h.ID] = h, []string{h.ID}
		front = append(front, h.ID)
	}
	// Each step leads to a later kind, so there are no more steps than kinds.
	var found []record.Head
	for range s.Order {
		edges, err := s.Engine.Referring(ctx, front...)
		if err != nil {
			return nil, err
		}
		var ids []string
		for _, x := range edges {
			ids = append(ids, x.From)
		}
		slices.Sort(ids)
		later, err := s.Engine.Heads(ctx, slices.Compact(ids)...)
		if err != nil {
			return nil, err
		}
		front = nil
		for _, x := range edges {
			h, ok := later[x.From]
			if !ok || s.rank(h.Kind) <= s.rank(known[x.To].Kind) {
				continue
			}
			if _, seen := known[h.ID]; !seen {
				known[h.ID] = h
				found = append(found, h)
			}
			for _, origin := range from[x.To] {
				if !slices.Contains(from[h.ID], origin) {
					from[h.ID] = append(from[h.ID], origin)
				}
			}
			if !slices.Contains(front, h.ID) {
				front = append(front, h.ID)
			}
		}
	}
	ids := make([]string, len(found))
	for i, h := range found {
		ids[i] = h.ID
	}
	balls, err := Waiting(ctx, s, ids...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b record.Head) int {
		if d := s.rank(a.Kind) - s.rank(b.Kind); d != 0 {
			return d
		}
		return strings.Compare(a.Number, b.Number)
	})
	out := map[string][]Next{}
	for _, h := range found {
		if b := balls[h.ID]; b.Who != "" {
			for _, origin := range from[h.ID] {
				out[origin] = append(out[origin], Next{h, b})
			}
		}
	}
	return out, nil
}

// Ball is whom a record waits for.
type Ball struct {
	Who  string // names or roles
	Due  string // the deadline in words, with how late it is
	Late bool
}

// Waiting tells for each record whom it waits for, in words.
func Waiting(ctx context.Context, s *Site, ids ...string) (map[string]Ball, error) {
	tasks, err := s.Engine.Waiting(ctx, ids...)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, list := range tasks {
		for _, t := range list {
			if t.PersonID != "" {
				people = append(people, t.PersonID)
			}
		}
	}
	names := map[string]string{}
	if len(people) > 0 {
		if names, err = s.Names(ctx, people...); err != nil {
			return nil, err
		}
	}
	today := s.Engine.Today(ctx)
	out := map[string]Ball{}
	for id, list := range tasks {
		var b Ball
		var who []string
		for _, t := range list {
			name := names[t.PersonID]
			if t.PersonID == "" {
				name = lang.T(ctx, "role."+string(t.Role))
			}
			if name != "" && !slices.Contains(who, name) {
				who = append(who, name)
			}
			if !t.Due.IsZero() && b.Due == "" {
				b.Due, b.Late = DueText(ctx, t, today)
			}
		}
		b.Who = strings.Join(who, ", ")
		out[id] = b
	}
	return out, nil
}

// DueText gives a deadline in words, and whether it has passed.
func DueText(ctx context.Context, t record.Task, today time.Time) (string, bool) {
	if t.Due.IsZero() {
		return "", false
	}
	if late := clock.Days(t.Due, today); late > 0 {
		return lang.T(ctx, "record.overdue", "date", lang.Day(ctx, t.Due), "days", lang.Days(ctx, late)), true
	}
	return lang.Day(ctx, t.Due), false
}

// action is a button of the record's page.
type action struct {
	Label, Href string
	Post        bool // needs no page of its own
	Danger      bool
	Task        bool // somebody waits for it: it stands first
}

// Reason says what stops a command, as a link to where it is mended when there is such
// a place.
func Reason(ctx context.Context, r record.Reason, href string) templ.Component {
	text := lang.T(ctx, r.Key, web.Args(ctx, r.Args)...)
	if href == "" {
		return ui.Str(text)
	}
	return ui.Link(href, text)
}

// blocked is a command that the actor has, but that cannot be given yet.
type blocked struct {
	Label   string
	Reasons []templ.Component
}

func (p *pages[T]) actions(ctx context.Context, rec T) ([]action, []blocked, error) {
	all, err := p.kind.Actions(ctx, rec)
	if err != nil {
		return nil, nil, err
	}
	waiting, err := p.site.Engine.Waiting(ctx, rec.Base().ID)
	if err != nil {
		return nil, nil, err
	}
	expected := func(command string) bool {
		return slices.ContainsFunc(waiting[rec.Base().ID], func(t record.Task) bool { return t.Command == command })
	}
	var out []action
	var not []blocked
	for _, a := range all {
		idle, err := idle(ctx, a, rec)
		if err != nil {
			return nil, nil, err
		}
		if idle {
			continue
		}
		label := lang.T(ctx, p.kind.Name+"."+a.Name+".button")
		if len(a.Verdict.Blocking) > 0 {
			b := blocked{Label: label}
			for _, r := range a.Verdict.Blocking {
				href := ""
				if p.view.Mends != nil {
					href = p.view.Mends(ctx, rec, r)
				}
				b.Reasons = append(b.Reasons, Reason(ctx, r, href))
			}
			not = append(not, b)
			continue
		}
		out = append(out, action{
			Label: label, Href: p.address(rec.Base()) + "/" + a.Path, Danger: a.Danger, Task: expected(a.Name),
			Post: len(a.Fields) == 0 && !a.Own && !a.Reason && !a.Confirm && len(a.Verdict.Warnings) == 0,
		})
	}
	for _, o := range p.view.Onward {
		if slices.Contains(o.From, rec.Base().State) && access.Allows(o.Who, access.From(ctx), p.kind.Subject(rec)) {
			out = append(out, action{Label: lang.T(ctx, p.kind.Name+"."+o.Name+".button"), Href: o.Href(rec.Base().Number), Task: expected(o.Name)})
		}
	}
	slices.SortStableFunc(out, func(a, b action) int { return rank(a) - rank(b) })
	return out, not, nil
}

// idle says whether a command has nothing to act on: its guard says so, or one of a
// list must be chosen and the list is empty, as when a file is to be removed from a
// record that has none.
func idle(ctx context.Context, a record.Action, rec any) (bool, error) {
	if a.Verdict.Idle {
		return true, nil
	}
	for _, f := range a.Fields {
		if !f.Required || f.From == nil || f.Type != form.Choice && f.Type != form.Choices {
			continue
		}
		options, err := f.Choose(ctx, rec)
		if err != nil {
			return false, err
		}
		if len(options) == 0 {
			return true, nil
		}
	}
	return false, nil
}

func rank(a action) int {
	switch {
	case a.Danger:
		return 2
	case a.Task:
		return 0
	}
	return 1
}

// open says how many actions stand open on the page: what is expected of the
// reader, and a few more. A long row of equal buttons hides the one that matters.
func open(actions []action) int {
	const few, most = 4, 5
	n := 0
	for n < len(actions) && actions[n].Task {
		n++
	}
	if len(actions) <= most {
		return len(actions)
	}
	return max(n, few)
}

// history lists the record's events, newest first.
func (p *pages[T]) history(c *web.Context, rec T) (templ.Component, error) {
	ctx := c.Ctx()
	events, err := event.Of(ctx, p.site.Engine.DB, rec.Base().ID)
	if err != nil {
		return nil, err
	}
	if events, err = p.site.Engine.AsTold(ctx, events); err != nil {
		return nil, err
	}
	slices.Reverse(events)
	subject := p.kind.Subject(rec)
	entries := make([]ui.LogEntry, 0, len(events))
	for _, ev := range events {
		t := tells(p.site.Engine, c.Actor, subject, ev)
		if t == untold {
			continue
		}
		entry, err := p.entry(ctx, rec, ev)
		if err != nil {
			return nil, err
		}
		entries = append(entries, toldOf(entry, t, stateChange(ctx, ev)))
	}
	if c.Actor.Staff {
		return ui.LogList(entries), nil
	}
	return ui.Group(ui.Muted(lang.T(ctx, "record.log_outside")), ui.LogList(entries)), nil
}

// stateChange gives the change of state that an event made; nothing when it made
// none, or the record was new.
func stateChange(ctx context.Context, ev event.Event) []ui.Change {
	if ev.From == "" || ev.From == ev.To {
		return nil
	}
	return []ui.Change{{Label: lang.T(ctx, "record.state"), From: lang.T(ctx, ev.Kind+".state."+ev.From), To: lang.T(ctx, ev.Kind+".state."+ev.To)}}
}

func (p *pages[T]) entry(ctx context.Context, rec T, ev event.Event) (ui.LogEntry, error) {
	e := ui.LogEntry{When: lang.DateTime(ctx, ev.At), Machine: ev.At.Format("2006-01-02T15:04:05Z07:00"), Who: ActorName(ctx, ev), What: EventText(ctx, ev), Reason: ev.Reason}
	told := ev.Told()
	var fields []form.Field
	if c, ok := p.kind.Lifecycle().Command(ev.Command); ok {
		fields = c.Fields
	}
	var names []string
	for name := range told {
		names = append(names, name)
	}
	order := func(name string) int {
		if i := slices.IndexFunc(fields, func(f form.Field) bool { return f.Name == name }); i >= 0 {
			return i
		}
		return len(fields)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := order(a) - order(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		text := noted(ctx, told[name])
		if i := order(name); i < len(fields) {
			var err error
			if text, err = shown(ctx, fields[i], told[name], rec); err != nil {
				return e, err
			}
		} else if key := p.kind.Name + ".value." + text; p.site.Router.Catalog.Has(key) {
			text = lang.T(ctx, key)
		}
		e.Details = append(e.Details, ui.Change{Label: label(ctx, p.kind.Name, ev.Command, name), To: text})
	}
	e.Details = append(e.Details, stateChange(ctx, ev)...)
	return e, nil
}

// noted gives in words what followed from a command; days are kept as 2006-01-02.
func noted(ctx context.Context, values []string) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = v
		if day, err := time.Parse(time.DateOnly, v); err == nil {
			words[i] = lang.Day(ctx, day)
		}
	}
	return strings.Join(words, ", ")
}

// EventText says what happened, without who: "klargjorde behovet".
func EventText(ctx context.Context, ev event.Event) string {
	if ev.Command == "import" {
		return lang.T(ctx, "record.event.import")
	}
	return lang.T(ctx, ev.Kind+"."+ev.Command+".event")
}

// ActorName gives who did it; the program's own doings are Funn's.
func ActorName(ctx context.Context, ev event.Event) string {
	if ev.ActorID == access.System.ID {
		return lang.T(ctx, "record.system")
	}
	return ev.ActorName
}

// commanding wraps the handlers of one command.
func (p *pages[T]) commanding(c lifecycle.Command, h func(*web.Context, lifecycle.Command, T) error) web.Handler {
	return func(wc *web.Context) error {
		rec, err := p.open(wc)
		if err != nil {
			return err
		}
		return h(wc, c, rec)
	}
}

func (p *pages[T]) creating(c lifecycle.Command, h func(*web.Context, lifecycle.Command) error) web.Handler {
	return func(wc *web.Context) error { return h(wc, c) }
}

// commandForm asks for what a command must be told. Who may not give it, or not
// now, is told so at once.
func (p *pages[T]) commandForm(c *web.Context, cmd lifecycle.Command, rec T) error {
	kept, err := c.Kept()
	if err != nil {
		return err
	}
	err = p.fresh(c, cmd, rec, kept)
	if kept != nil && err != nil {
		return p.again(c, cmd, rec, kept, record.Input{Request: kept.Get("_key"), Version: versionOf(kept)}, err)
	}
	return err
}

// versionOf gives the version of the record that a kept form was written for.
func versionOf(kept url.Values) int {
	version, _ := strconv.Atoi(kept.Get("_version")) // none is as good as one that cannot be read
	return version
}

func (p *pages[T]) fresh(c *web.Context, cmd lifecycle.Command, rec T, kept url.Values) error {
	actions, err := p.kind.Actions(c.Ctx(), rec)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(actions, func(a record.Action) bool { return a.Name == cmd.Name })
	if i < 0 {
		return p.refusal(c, cmd, rec)
	}
	if v := actions[i].Verdict; len(v.Blocking) > 0 {
		f := fault.New(fault.Conflict, "error.blocked")
		for _, b := range v.Blocking {
			f.Fields = append(f.Fields, fault.Field{Key: b.Key, Args: b.Args})
		}
		return f
	}
	if kept != nil {
		return p.ask(c, http.StatusOK, cmd, rec, asked{values: kept, warnings: actions[i].Verdict.Warnings, kept: true, key: kept.Get("_key"), version: versionOf(kept)})
	}
	values, err := stored(cmd.Fields, rec)
	if err != nil {
		return err
	}
	for name, given := range c.R.URL.Query() {
		// A link may fill in a field, such as a hit of the search to link to.
		if j := slices.IndexFunc(cmd.Fields, func(f form.Field) bool { return f.Name == name }); j >= 0 && cmd.Fields[j].Type != form.File {
			values[name] = given
		}
	}
	if p.view.Start != nil {
		p.view.Start(c.Ctx(), cmd.Name, rec, values)
	}
	return p.ask(c, http.StatusOK, cmd, rec, asked{values: values, warnings: actions[i].Verdict.Warnings})
}

// refusal gives the error that the command itself would give.
func (p *pages[T]) refusal(c *web.Context, cmd lifecycle.Command, rec T) error {
	if c.Actor.Nobody() {
		return errUnauthorised
	}
	h := rec.Base()
	if !slices.Contains(cmd.From, h.State) {
		if access.Allows(cmd.Who, c.Actor, p.kind.Subject(rec)) {
			return fault.New(fault.Conflict, "error.wrong_state")
		}
	}
	return fault.New(fault.Forbidden, "error.forbidden")
}

func (p *pages[T]) createForm(c *web.Context, cmd lifecycle.Command) error {
	if !access.Allows(cmd.Who, c.Actor, access.Subject{}) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	var none T
	kept, err := c.Kept()
	if err != nil {
		return err
	}
	if kept != nil {
		return p.ask(c, http.StatusOK, cmd, none, asked{values: kept, kept: true, key: kept.Get("_key")})
	}
	values := map[string][]string{}
	for _, f := range cmd.Fields {
		if given := c.R.URL.Query()[f.Name]; f.Type != form.File && given != nil {
			values[f.Name] = given
		}
	}
	return p.ask(c, http.StatusOK, cmd, none, asked{values: values})
}

func (p *pages[T]) create(c *web.Context, cmd lifecycle.Command) error {
	if !access.Allows(cmd.Who, c.Actor, access.Subject{}) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	var none T
	in, typed, err := p.read(c)
	if err != nil {
		return err
	}
	in.Values, err = p.answers(c, cmd, typed, none)
	var head *record.Head
	if err == nil {
		head, err = p.kind.Begin(c.Ctx(), cmd.Name, in)
	}
	if err != nil {
		return p.again(c, cmd, none, typed, in, err)
	}
	return p.done(c, cmd, head, typed)
}

func (p *pages[T]) command(c *web.Context, cmd lifecycle.Command, rec T) error {
	if c.Actor.Nobody() {
		// Before the form is read, so that it can be kept whole until they have logged in.
		if _, err := p.kind.Refused(c.Ctx(), rec, cmd.Name, ""); err != nil {
			return errUnauthorised
		}
	}
	in, typed, err := p.read(c)
	if err != nil {
		return err
	}
	// Errors in the form are only for those who may send it, and no file of others is kept.
	done, err := p.kind.Refused(c.Ctx(), rec, cmd.Name, in.Request)
	switch {
	case done:
		return p.done(c, cmd, rec.Base(), typed)
	case err != nil:
		return p.again(c, cmd, rec, typed, in, err)
	}
	in.Values, err = p.answers(c, cmd, typed, rec)
	var head *record.Head
	if err == nil {
		head, err = p.kind.Run(c.Ctx(), rec.Base().ID, cmd.Name, in)
	}
	if err != nil {
		return p.again(c, cmd, rec, typed, in, err)
	}
	return p.done(c, cmd, head, typed)
}

func (p *pages[T]) done(c *web.Context, cmd lifecycle.Command, h *record.Head, sent url.Values) error {
	to, err := p.back(c.Ctx(), sent.Get(from), h)
	if err != nil {
		return err
	}
	if p.view.After != nil {
		to = cmp.Or(p.view.After(cmd.Name, h), to)
	}
	to = cmp.Or(to, p.address(h))
	return c.Redirect(to, lang.T(c.Ctx(), p.kind.Name+"."+cmd.Name+".done", "number", h.Number, "title", h.Title))
}

// from names, in the address of a form and in what is sent, the number of the record
// on whose page the form was reached.
const from = "fra"

// From gives the address of a form about one record so that it leads back to the page
// of another, by its number, on which it is linked to: there, to [Anchor].
func From(form, number string) string {
	return form + "?" + url.Values{from: {number}}.Encode()
}

// Anchor gives the id of the place on another record's page where the one with the
// number is dealt with.
func Anchor(number string) string { return "sak-" + strings.ToLower(number) }

// back gives the page that a form was reached from; empty when it is the record's own,
// or none that the reader may see.
func (p *pages[T]) back(ctx context.Context, number string, h *record.Head) (string, error) {
	if number == "" || number == h.Number {
		return "", nil
	}
	other, err := p.site.Engine.Find(ctx, number)
	if fault.Of(err) == fault.NotFound {
		return "", nil
	}
	return p.site.href(other) + "#" + url.PathEscape(Anchor(h.Number)), err
}

// longestKey is more than web.NewKey makes.
const longestKey = 64

// read reads the form that was sent.
func (p *pages[T]) read(c *web.Context) (record.Input, url.Values, error) {
	var in record.Input
	sent, err := c.ReadForm()
	if err != nil {
		return in, nil, err
	}
	if other, err := c.SentByOther(sent); err != nil || other {
		return in, nil, errors.Join(err, errUnauthorised)
	}
	in.Request, in.Reason = sent.Get("_key"), sent.Get(record.ReasonField)
	if len(in.Request) > longestKey {
		return in, nil, fault.New(fault.Invalid, "error.form_broken")
	}
	if v := sent.Get("_version"); v != "" {
		if in.Version, err = strconv.Atoi(v); err != nil {
			return in, nil, fault.Wrap(fault.Invalid, err, "error.form_broken")
		}
	}
	return in, sent, nil
}

// answers checks what was sent against the command's fields, and keeps the files.
func (p *pages[T]) answers(c *web.Context, cmd lifecycle.Command, sent url.Values, rec T) (form.Values, error) {
	var any any
	if !isNil(rec) {
		any = rec
	}
	files, fileErr := p.files(c, cmd.Fields, sent)
	values, err := form.Parse(c.Ctx(), cmd.Fields, sent, files, any)
	if fileErr == nil {
		return values, err
	}
	f, ok := fault.As(err)
	if err != nil && !ok {
		return values, err
	}
	if ok {
		for _, x := range f.Fields {
			// That a file is missing is not said of one that was sent and refused.
			if !slices.ContainsFunc(fileErr.Fields, func(y fault.Field) bool { return y.Name == x.Name }) {
				fileErr.Fields = append(fileErr.Fields, x)
			}
		}
	}
	return values, fileErr
}

func isNil[T record.Record](rec T) bool {
	var none T
	return any(rec) == any(none)
}

// again shows the form once more with what was typed: with the errors at their
// fields, beside what somebody else has stored in the meantime, or below what
// stands in the way. Where nothing was typed the fault is an error page.
func (p *pages[T]) again(c *web.Context, cmd lifecycle.Command, rec T, typed map[string][]string, in record.Input, err error) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	switch {
	case f.Kind == fault.Invalid && len(f.Fields) > 0:
		return p.ask(c, http.StatusUnprocessableEntity, cmd, rec, asked{values: typed, errs: f.Fields, key: in.Request, version: in.Version})
	case f.Kind == fault.Conflict && f.Key == "error.changed_meanwhile" && !isNil(rec):
		fresh, ferr := p.kind.ByNumber(c.Ctx(), rec.Base().Number)
		if ferr != nil {
			return ferr
		}
		return p.ask(c, http.StatusConflict, cmd, fresh, asked{values: typed, conflict: true})
	case slices.Contains(keeps, f.Kind) && wrote(cmd, typed):
		// The page is not kept by the browser, so what was typed would be lost behind an error page.
		status := web.Status(err)
		refused, _ := lang.Maybe(c.Ctx(), f.Key+".title")
		grounds := strings.Split(c.FaultText(f), "\n\n")
		if f.Key == "error.blocked" && len(grounds) > 1 {
			grounds = grounds[1:] // the title says it
		}
		if aerr := p.ask(c, status, cmd, rec, asked{values: typed, refused: refused, grounds: grounds, key: in.Request, version: in.Version}); aerr != nil {
			return err // neither could the form be made: the first fault is the one to tell of
		}
		if status >= http.StatusInternalServerError {
			c.Router.Logger.ErrorContext(c.Ctx(), "request failed", "route", c.Route.Pattern, "error", err)
		}
		return nil
	}
	return err
}

// keeps are the faults after which the same form can be of use again.
var keeps = []fault.Kind{fault.Conflict, fault.Invalid, fault.Unavailable, fault.Full}

// wrote says whether something was typed or chosen in the form.
func wrote(cmd lifecycle.Command, typed map[string][]string) bool {
	return first(typed[record.ReasonField]) != "" ||
		slices.ContainsFunc(cmd.Fields, func(f form.Field) bool {
			return first(typed[f.Name]) != "" || first(typed[web.KeptFile(f.Name)]) != ""
		})
}

// asked is what a form shows.
type asked struct {
	values   map[string][]string
	errs     []fault.Field
	warnings []record.Reason
	refused  string   // what happened, where no field is to blame …
	grounds  []string // … and why
	conflict bool
	kept     bool // it was sent when the login was lost
	key      string
	version  int
}
