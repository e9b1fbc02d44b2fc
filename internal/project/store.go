package project

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/need"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
)

// NoTheme is the theme filter of projects that have none.
const NoTheme = "none"

// Filter says which projects a list holds. What is empty does not narrow.
type Filter struct {
	Query       string   // in number, title, leader and institutions
	Theme       string   // slug, or NoTheme
	Instruments []string // one of them
	Labels      []string // public labels of the states, one of them
	Org         string   // id of an institution that takes part
	// From and To are years: the project was, or is planned to be, under way at some
	// time from the first day of From to the last of To. A project whose end nobody
	// knows goes on. Only what certainly had begun by then counts as begun.
	From, To int
	Alert    string // with this alert
	Delay    string // with this Punctuality
	// FinishedIn, StartedIn and ActiveOn mean what the methods of Project say.
	FinishedIn, StartedIn int
	ActiveOn              time.Time // calendar day
	NeedID                string    // answers this need
	Example               bool      // takes in the examples too
}

// Labels gives the public labels of the states, in the order of a project's life.
func Labels() []string {
	var out []string
	for _, s := range states {
		if !slices.Contains(out, s.Label) {
			out = append(out, s.Label)
		}
	}
	return out
}

func statesOf(labels []string) []string {
	var out []string
	for _, s := range states {
		if slices.Contains(labels, s.Label) {
			out = append(out, s.Name)
		}
	}
	return out
}

// begins is the first day on which the project certainly existed, as ActiveOn
// works it out; NULL when nothing tells. min over columns is not the same on both
// engines, so it is spelled out.
const begins = `CASE
	WHEN b.contracted IS NOT NULL AND (b.start_to IS NULL OR b.contracted <= b.start_to) AND (b.known_by IS NULL OR b.contracted <= b.known_by) THEN b.contracted
	WHEN b.start_to IS NOT NULL AND (b.known_by IS NULL OR b.start_to <= b.known_by) THEN b.start_to
	ELSE b.known_by END`

const (
	over     = "COALESCE(b.finished, b.actual_end)"
	ends     = "COALESCE(b.actual_end, b.finished, b.forecast_end, b.baseline_end)"
	expected = "COALESCE(b.actual_end, b.forecast_end)"
)

var (
	onPaper  = "(b.contracted IS NULL AND b.known_by IS NULL AND r.state IN ('" + Created + "', '" + Cancelled + "'))"
	notBegun = "(r.state IN ('" + Created + "', '" + Contracted + "') OR r.state = '" + Cancelled + "' AND NOT b.baseline_frozen)"
	// punctual is Project.Punctuality in SQL.
	punctual = "CASE WHEN r.state = '" + Cancelled + "' THEN '' WHEN b.baseline_end IS NULL OR " + expected + " IS NULL THEN '" + DelayUnknown +
		"' WHEN " + expected + " > b.baseline_end THEN '" + Delayed + "' ELSE '" + OnTime + "' END"
)

func yearStart(year int) time.Time { return time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC) }

// Where gives the filter as a condition on the tables record r and project b.
func (f Filter) Where() db.Where {
	var w db.Where
	if !f.Example {
		w.And("NOT r.example")
	}
	for _, word := range strings.Fields(lang.Fold(f.Query)) {
		w.AndWhere(mentions(word))
	}
	switch f.Theme {
	case "":
	case NoTheme:
		w.And("b.theme = ''")
	default:
		w.And("b.theme = ?", f.Theme)
	}
	if len(f.Instruments) > 0 {
		w.In("b.instrument", f.Instruments...)
	}
	if len(f.Labels) > 0 {
		w.In("r.state", statesOf(f.Labels)...)
	}
	if f.Org != "" {
		w.And("CAST(b.institutions AS TEXT) LIKE ? ESCAPE '!'", `%"`+escape(f.Org)+`"%`)
	}
	if f.From != 0 {
		w.And("("+ends+" IS NULL OR "+ends+" >= ?)", yearStart(f.From))
	}
	if f.To != 0 {
		w.And("COALESCE(b.start_from, "+begins+") < ?", yearStart(f.To+1))
	}
	if f.Alert != "" {
		w.And("r.alert = ?", f.Alert)
	}
	if f.Delay != "" {
		w.And(punctual+" = ?", f.Delay)
	}
	if f.FinishedIn != 0 {
		w.AndWhere(finishedIn(f.FinishedIn))
	}
	if year := f.StartedIn; year != 0 {
		w.And("b.start_from >= ? AND b.start_to < ?", yearStart(year), yearStart(year+1)).And("NOT " + notBegun)
	}
	if !f.ActiveOn.IsZero() {
		w.And("NOT "+onPaper).And(begins+" <= ?", f.ActiveOn).And(over+" IS NULL OR "+over+" > ?", f.ActiveOn)
	}
	if f.NeedID != "" {
		w.AndWhere(answering(f.NeedID))
	}
	return w
}

// finishedIn is Project.FinishedIn in SQL.
func finishedIn(year int) db.Where {
	var counted, ended db.Where
	counted.And("b.counted_finished = ?", year)
	ended.And("b.counted_finished = 0").And("b.finished >= ? AND b.finished < ?", yearStart(year), yearStart(year+1))
	// The end as a source writes it may be a span of several years.
	ended.And("COALESCE(b.period_end ->> 'from', '') = '' OR substr(b.period_end ->> 'from', 1, 4) = ?", fmt.Sprintf("%04d", year))
	return db.Or(counted, ended)
}

// mentions holds for projects that name the folded word. Title and number are
// folded as they are stored; the names are lowered here, by hand for the letters
// that not every database knows to lower.
func mentions(word string) db.Where {
	const names = "replace(replace(replace(lower(b.institution_names || ' ' || b.leader_name), 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å')"
	like := "%" + escape(word) + "%"
	return *new(db.Where).And("r.title_sort LIKE ? ESCAPE '!' OR lower(r.number) LIKE ? ESCAPE '!' OR "+names+" LIKE ? ESCAPE '!'", like, like, like)
}

func escape(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s)
}

func answering(needID string) db.Where {
	return *new(db.Where).And("EXISTS (SELECT 1 FROM record_link l WHERE l.from_id = r.id AND l.to_id = ? AND l.rel = 'answers')", needID)
}

// Sort is the order of a list. The zero Sort puts what is going on first, by when
// it is to end.
type Sort struct {
	By   string // one of SortKeys; anything else is the zero Sort's order
	Desc bool
}

// SortKeys are what lists of projects can be sorted by.
var SortKeys = []string{"title", "theme", "period", "status", "delay", "rest"}

// due is the order of the index project_due, so that the first page is read off
// it. What a source only counts comes after what it names.
const due = "(" + over + " IS NOT NULL), (" + ends + " IS NULL), " + ends + ", (NOT b.named), b.id"

func (s Sort) order() string {
	key := ""
	switch s.By {
	case "title":
		key = "replace(r.title_sort, 'å', 'ÿ')" // by their codes å comes before æ and ø; ÿ comes after, and no folded title has it
	case "theme":
		key = "NULLIF(b.theme, '')"
	case "period":
		key = ends
	case "status":
		var rank strings.Builder
		for i, st := range states {
			fmt.Fprintf(&rank, " WHEN '%s' THEN %d", st.Name, i)
		}
		key = "CASE r.state" + rank.String() + " END"
	case "delay":
		// Days on the one engine and an interval on the other: both sort alike.
		key = "CASE WHEN r.state <> '" + Cancelled + "' THEN " + expected + " - b.baseline_end END"
	case "rest":
		key = "CASE WHEN b.amount > 0 AND b.spent > 0 THEN b.amount - b.spent END"
	default:
		return due
	}
	direction := ""
	if s.Desc {
		direction = " DESC"
	}
	return "(" + key + " IS NULL), " + key + direction + ", r.number"
}

// Portfolio gives the projects that the context's actor may read and the filter
// holds for, and how many they are in all. limit 0 is all of them.
func (s *Service) Portfolio(ctx context.Context, f Filter, by Sort, limit, offset int) ([]*Project, int, error) {
	w := f.Where()
	total, err := remember(ctx, s, "count", s.scoped(ctx, f), func() (int, error) { return s.Kind.Count(ctx, w) })
	if err != nil {
		return nil, 0, fmt.Errorf("count projects: %w", err)
	}
	if limit == 0 {
		list, err := s.Kind.List(ctx, w, by.order(), 0, 0)
		return list, total, err
	}
	// The page is found by the few columns that it is ordered by, and read after
	// that. CROSS JOIN keeps SQLite from sorting all records to find the first ones.
	where, args := s.scoped(ctx, f).SQL()
	ids, err := db.All[string](ctx, s.Kind.Engine().DB, "SELECT b.id FROM project b CROSS JOIN record r "+where+" AND r.id = b.id ORDER BY "+by.order()+db.Page(limit, offset), args...)
	if err != nil {
		return nil, 0, fmt.Errorf("find projects: %w", err)
	}
	if len(ids) == 0 {
		return nil, total, nil
	}
	list, err := s.Kind.List(ctx, *new(db.Where).In("r.id", ids...), "r.id", 0, 0)
	if err != nil {
		return nil, 0, err
	}
	slices.SortFunc(list, func(a, b *Project) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return list, total, nil
}

// Public gives the projects that everybody may know of: those under contract.
// Whoever asks gets the same. Examples are among them only when the filter says so.
func (s *Service) Public(ctx context.Context, f Filter, limit, offset int) ([]*Project, int, error) {
	ctx = access.With(ctx, access.System)
	w := f.Where()
	w.AndWhere(public(f.Example))
	total, err := s.Kind.Count(ctx, w)
	if err != nil {
		return nil, 0, fmt.Errorf("count public projects: %w", err)
	}
	list, err := s.Kind.List(ctx, w, "r.number", limit, offset)
	return list, total, err
}

// public holds for what everybody may know of. Examples never carry the flag, so
// that they stay out of the public lists; asked for, those under contract are given.
func public(examples bool) db.Where {
	flagged := *new(db.Where).Flag("r.flags", PublicFlag)
	if !examples {
		return flagged
	}
	return db.Or(flagged, *new(db.Where).And("r.example AND b.contracted IS NOT NULL"))
}

// Group is how many projects there are of one sort.
type Group struct {
	State      string `db:"state"`
	Instrument string `db:"instrument"`
	Alert      string `db:"alert"`
	Delay      string `db:"delay"` // their Punctuality
	Example    bool   `db:"example"`
	Finished   int    `db:"finished"` // the year asked for or the one before it; 0 for neither
	N          int    `db:"n"`
}

// Groups is a portfolio counted.
type Groups []Group

// Count counts those that the condition holds for.
func (g Groups) Count(holds func(Group) bool) int {
	n := 0
	for _, x := range g {
		if holds(x) {
			n += x.N
		}
	}
	return n
}

// Label gives the public label of the group's state.
func (g Group) Label() string {
	for _, s := range states {
		if s.Name == g.State {
			return s.Label
		}
	}
	return ""
}

// Unfinished says whether the group's projects still have their final report ahead.
func (g Group) Unfinished() bool { return slices.Contains(unfinished, g.State) }

// Summary counts the projects that the context's actor may read and the filter
// holds for. The year, and the one before it, are those that finished projects are
// told apart by.
func (s *Service) Summary(ctx context.Context, f Filter, year int) (Groups, error) {
	return remember(ctx, s, "summary "+strconv.Itoa(year), s.scoped(ctx, f), func() (Groups, error) { return s.summary(ctx, f, year) })
}

func (s *Service) summary(ctx context.Context, f Filter, year int) (Groups, error) {
	// The conditions of the columns and of the rows are numbered one after the other.
	now, args := finishedIn(year).SQL()
	last, args := finishedIn(year - 1).SQL(args...)
	where, args := s.scoped(ctx, f).SQL(args...)
	cond := func(where string) string { return strings.TrimPrefix(where, "WHERE ") }
	rows, err := db.All[Group](ctx, s.Kind.Engine().DB,
		"SELECT r.state, b.instrument, r.alert, "+punctual+" AS delay, r.example,"+
			" CASE WHEN "+cond(now)+" THEN "+strconv.Itoa(year)+" WHEN "+cond(last)+" THEN "+strconv.Itoa(year-1)+" ELSE 0 END AS finished, count(*) AS n"+
			" FROM record r JOIN project b ON b.id = r.id "+where+" GROUP BY 1, 2, 3, 4, 5, 6", args...)
	if err != nil {
		return nil, fmt.Errorf("count the portfolio: %w", err)
	}
	return rows, nil
}

func (s *Service) scoped(ctx context.Context, f Filter) db.Where {
	w := access.Scope(s.Kind.Read, access.From(ctx))
	w.And("r.kind = ?", s.Kind.Name)
	w.AndWhere(f.Where())
	return w
}

// Money is what the projects of a filter cost, as far as it is known.
type Money struct {
	Years  []ThemeYear // in the order of theme and year
	Themes []ThemeSum  // in the order of theme; those without a budget too
}

// ThemeYear is the money set aside for a theme in a year, in øre.
type ThemeYear struct {
	Theme  string // slug; empty for projects without one
	Year   int
	Amount int64
}

// ThemeSum is the money of a theme over all years, in øre: the sums of what is noted,
// and how many projects they are the sums of. A cancelled project has no more of its
// budget than what it used.
type ThemeSum struct {
	Theme         string // slug; empty for projects without one
	Projects      int
	Budgeted      int   // projects with a budget
	Amount        int64 // of those
	Cancelled     int   // of those
	Noted         int   // projects with a budget of which somebody has noted what is spent
	Spent         int64 // of those
	Examples      int   // projects with a budget that are examples
	ExampleAmount int64 // of those; in Amount
}

func (t *ThemeSum) add(o ThemeSum) {
	t.Projects, t.Budgeted, t.Noted, t.Examples = t.Projects+o.Projects, t.Budgeted+o.Budgeted, t.Noted+o.Noted, t.Examples+o.Examples
	t.Amount, t.Spent, t.ExampleAmount, t.Cancelled = t.Amount+o.Amount, t.Spent+o.Spent, t.ExampleAmount+o.ExampleAmount, t.Cancelled+o.Cancelled
}

// Rest gives what nobody has noted as spent of the budget, in øre.
func (t ThemeSum) Rest() int64 { return t.Amount - t.Spent }

// Sum adds up the themes.
func (m Money) Sum() ThemeSum {
	var all ThemeSum
	for _, t := range m.Themes {
		all.add(t)
	}
	return all
}

// sumOf gives what one project adds to the sums of its theme.
func sumOf(budget []Year, cancelled, example bool) ThemeSum {
	t := ThemeSum{Projects: 1}
	if len(budget) == 0 {
		return t
	}
	t.Budgeted = 1
	for _, y := range budget {
		t.Amount += y.Amount
		t.Spent += y.Spent
	}
	if t.Spent > 0 {
		t.Noted = 1
	}
	if cancelled {
		t.Cancelled = 1
	}
	if example {
		t.Examples, t.ExampleAmount = 1, t.Amount
	}
	return t
}

// Money adds up the budgets of the projects that the context's actor may read and
// the filter holds for.
func (s *Service) Money(ctx context.Context, f Filter) (Money, error) {
	return remember(ctx, s, "money", s.scoped(ctx, f), func() (Money, error) { return s.money(ctx, f) })
}

func (s *Service) money(ctx context.Context, f Filter) (Money, error) {
	where, args := s.scoped(ctx, f).SQL()
	type row struct {
		Theme   string          `db:"theme"`
		Budget  db.JSON[[]Year] `db:"budget"`
		State   string          `db:"state"`
		Example bool            `db:"example"`
	}
	rows, err := db.All[row](ctx, s.Kind.Engine().DB, "SELECT b.theme, b.budget, r.state, r.example FROM record r JOIN project b ON b.id = r.id "+where, args...)
	if err != nil {
		return Money{}, fmt.Errorf("budgets of the portfolio: %w", err)
	}
	type key struct {
		theme string
		year  int
	}
	years, themes := map[key]int64{}, map[string]*ThemeSum{}
	for _, r := range rows {
		if themes[r.Theme] == nil {
			themes[r.Theme] = &ThemeSum{Theme: r.Theme}
		}
		cancelled := r.State == Cancelled
		if cancelled { // what it did not use is free again
			for i := range r.Budget.V {
				r.Budget.V[i].Amount = r.Budget.V[i].Spent
			}
		}
		themes[r.Theme].add(sumOf(r.Budget.V, cancelled, r.Example))
		for _, y := range r.Budget.V {
			years[key{r.Theme, y.Year}] += y.Amount
		}
	}
	var out Money
	for k, amount := range years {
		out.Years = append(out.Years, ThemeYear{Theme: k.theme, Year: k.year, Amount: amount})
	}
	slices.SortFunc(out.Years, func(a, b ThemeYear) int { return cmp.Or(strings.Compare(a.Theme, b.Theme), a.Year-b.Year) })
	for _, t := range themes {
		out.Themes = append(out.Themes, *t)
	}
	slices.SortFunc(out.Themes, func(a, b ThemeSum) int { return strings.Compare(a.Theme, b.Theme) })
	return out, nil
}

// InUse gives the slugs of the themes, those of earlier plans too, and the ids of
// the institutions that the projects which the context's actor may read have.
func (s *Service) InUse(ctx context.Context) (themes, institutions []string, err error) {
	used, err := remember(ctx, s, "used", s.scoped(ctx, Filter{Example: true}), func() (used [2][]string, err error) {
		used[0], used[1], err = s.inUse(ctx)
		return used, err
	})
	return used[0], used[1], err
}

func (s *Service) inUse(ctx context.Context) (themes, institutions []string, err error) {
	where, args := s.scoped(ctx, Filter{Example: true}).SQL()
	type row struct {
		Theme        string          `db:"theme"`
		Institutions db.JSON[[]Role] `db:"institutions"`
	}
	rows, err := db.All[row](ctx, s.Kind.Engine().DB, "SELECT DISTINCT b.theme, CAST(b.institutions AS TEXT) AS institutions FROM record r JOIN project b ON b.id = r.id "+where, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("themes and institutions of projects: %w", err)
	}
	for _, r := range rows {
		if r.Theme != "" {
			themes = append(themes, r.Theme)
		}
		for _, role := range r.Institutions.V {
			institutions = append(institutions, role.Org)
		}
	}
	slices.Sort(themes)
	slices.Sort(institutions)
	return slices.Compact(themes), slices.Compact(institutions), nil
}

// Answering gives the projects that answer a need, whoever asks.
func (s *Service) Answering(ctx context.Context, needID string) ([]*Project, error) {
	return s.Kind.List(access.With(ctx, access.System), answering(needID), "r.number", 0, 0)
}

// NeedsOf gives the needs that the project answers, as far as the context's actor
// may read them.
func (s *Service) NeedsOf(ctx context.Context, p *Project) ([]*need.Need, error) {
	var out []*need.Need
	for _, id := range p.Needs.V {
		n, err := s.needs.Kind.Get(ctx, id)
		switch {
		case err == nil:
			out = append(out, n)
		case fault.Of(err) != fault.NotFound:
			return nil, fmt.Errorf("need of project %s: %w", p.Number, err)
		}
	}
	return out, nil
}

// DecisionDates gives the earliest decision that each of the projects is for, by
// project id. Only needs that wait for an answer, and that the context's actor
// may read, count.
func (s *Service) DecisionDates(ctx context.Context, projects []*Project) (map[string]time.Time, error) {
	var ids []string
	for _, p := range projects {
		ids = append(ids, p.Needs.V...)
	}
	out := map[string]time.Time{}
	if len(ids) == 0 {
		return out, nil
	}
	slices.Sort(ids)
	needs, err := s.needs.Kind.List(ctx, *new(db.Where).In("r.id", slices.Compact(ids)...), "r.id", 0, 0)
	if err != nil {
		return nil, fmt.Errorf("needs of projects: %w", err)
	}
	for _, p := range projects {
		for _, n := range needs {
			if !slices.Contains(p.Needs.V, n.ID) || !p.WaitedFor(n) {
				continue
			}
			if first := out[p.ID]; first.IsZero() || n.DecisionDate.Before(first) {
				out[p.ID] = n.DecisionDate
			}
		}
	}
	return out, nil
}

// settled are the states of needs that no longer wait for an answer.
var settled = []string{need.Answered, need.Closed, need.Rejected, need.Merged, need.Covered}

// RunTogether says whether a project was led by the person in which one of the
// organisations takes part, or by one of the people in which the person's own
// organisation does. All are told by id.
func (s *Service) RunTogether(ctx context.Context, person, organisation string, people, organisations []string) (bool, error) {
	leaders := append([]string{person}, people...)
	list, err := s.Kind.List(access.With(ctx, access.System), *new(db.Where).In("b.leader", leaders...), "r.id", 0, 0)
	if err != nil {
		return false, fmt.Errorf("earlier projects: %w", err)
	}
	return slices.ContainsFunc(list, func(p *Project) bool {
		return slices.ContainsFunc(p.Roles.V, func(r Role) bool {
			if p.Leader == person {
				return r.Org != organisation && slices.Contains(organisations, r.Org)
			}
			return r.Org != "" && r.Org == organisation
		})
	}), nil
}
