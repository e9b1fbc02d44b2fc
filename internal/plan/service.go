package plan

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

// Service is the plan in all its versions.
type Service struct {
	Plans *record.Kind[*Plan]
	Notes *record.Kind[*Note]
}

// New makes the service. Its kinds must be registered with an engine before use.
func New() *Service {
	s := &Service{}
	s.Plans, s.Notes = s.plans(), s.notes()
	return s
}

// Kinds gives the kinds to register.
func (s *Service) Kinds() []record.AnyKind { return []record.AnyKind{s.Plans, s.Notes} }

// all is a context in which the kinds list everything.
func all(ctx context.Context) context.Context { return access.With(ctx, access.System) }

// published gives the versions that are or were in force, the latest first.
func (s *Service) published(ctx context.Context) ([]*Plan, error) {
	list, err := s.Plans.List(all(ctx), *new(db.Where).And("r.state <> ?", Draft), "r.number", 0, 0)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b *Plan) int { return b.ValidTo.Compare(a.ValidTo) })
	return list, nil
}

// At gives the version in force on the day; NotFound when none was.
func (s *Service) At(ctx context.Context, day time.Time) (*Plan, error) {
	versions, err := s.published(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range versions {
		if p.ValidOn(day) {
			return p, nil
		}
	}
	return nil, fault.Missing()
}

// Current gives the version in force today.
func (s *Service) Current(ctx context.Context) (*Plan, error) {
	return s.At(ctx, s.Plans.Engine().Today(ctx))
}

// Placed is a theme with the version that it is read from.
type Placed struct {
	Theme
	Plan    string // number of the version
	Earlier bool   // the version in force today does not have it
}

// AllThemes gives the themes of every version that is or was in force, each once,
// from the latest version that has it: first those of the version in force
// today, in its order, then the earlier ones.
func (s *Service) AllThemes(ctx context.Context) ([]Placed, error) {
	versions, err := s.published(ctx)
	if err != nil {
		return nil, err
	}
	today := s.Plans.Engine().Today(ctx)
	current := slices.IndexFunc(versions, func(p *Plan) bool { return p.ValidOn(today) })
	if current > 0 {
		// A version that is published but not yet in force comes after the one that is.
		p := versions[current]
		versions = slices.Insert(slices.Delete(versions, current, current+1), 0, p)
	}
	var out []Placed
	for i, p := range versions {
		for _, t := range p.Themes.V {
			if !slices.ContainsFunc(out, func(o Placed) bool { return o.Slug == t.Slug }) {
				out = append(out, Placed{t, p.Number, i > 0 || current < 0})
			}
		}
	}
	return out, nil
}

// ThemeBySlug gives a theme of any version, as AllThemes has it.
func (s *Service) ThemeBySlug(ctx context.Context, slug string) (Placed, error) {
	themes, err := s.AllThemes(ctx)
	if err != nil {
		return Placed{}, err
	}
	i := slices.IndexFunc(themes, func(t Placed) bool { return t.Slug == slug })
	if i < 0 {
		return Placed{}, fault.Missing()
	}
	return themes[i], nil
}

// ThemeTitles gives the titles of all themes by slug.
func (s *Service) ThemeTitles(ctx context.Context) (map[string]string, error) {
	themes, err := s.AllThemes(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, t := range themes {
		out[t.Slug] = t.Title
	}
	return out, nil
}

// Themes gives the themes of the version in force today as options; none when
// there is no plan.
func (s *Service) Themes(ctx context.Context) ([]form.Option, error) {
	p, err := s.Current(ctx)
	if err != nil {
		return nil, absent(err)
	}
	return themesOf(ctx, p)
}

// Goals gives the goals of the version in force today as options.
func (s *Service) Goals(ctx context.Context) ([]form.Option, error) {
	p, err := s.Current(ctx)
	if err != nil {
		return nil, absent(err)
	}
	return goalsOf(ctx, p)
}

// Tags gives the cross-cutting subjects of the version in force today as options.
func (s *Service) Tags(ctx context.Context) ([]form.Option, error) {
	p, err := s.Current(ctx)
	if err != nil {
		return nil, absent(err)
	}
	tag := string(lang.From(ctx).Tag())
	out := make([]form.Option, len(p.Tags.V))
	for i, t := range p.Tags.V {
		out[i] = form.Option{Value: t.Key, Label: t.Name(tag)}
	}
	return out, nil
}

// absent lets an agency without a plan fill in forms all the same.
func absent(err error) error {
	if fault.Of(err) == fault.NotFound {
		return nil
	}
	return err
}

// GoalTitles gives the titles of the goals of all versions by key; the latest
// version goes first.
func (s *Service) GoalTitles(ctx context.Context) (map[string]string, error) {
	versions, err := s.published(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, p := range versions {
		for _, g := range p.Goals.V {
			if out[g.Key] == "" {
				out[g.Key] = g.Title
			}
		}
	}
	return out, nil
}

// NoteOf gives the programme note of a theme, whether the context's actor may
// read it or not; NotFound when the theme has none.
func (s *Service) NoteOf(ctx context.Context, theme string) (*Note, error) {
	found, err := s.Notes.List(all(ctx), *new(db.Where).And("b.theme = ?", theme), "r.id", 1, 0)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.Missing()
	}
	return found[0], nil
}

// NotesOf gives the programme notes that belong to a version and that the
// context's actor may read, by theme.
func (s *Service) NotesOf(ctx context.Context, version string) (map[string]*Note, error) {
	list, err := s.Notes.List(ctx, *new(db.Where).And("b.plan = ?", version), "r.number", 0, 0)
	if err != nil {
		return nil, err
	}
	out := map[string]*Note{}
	for _, n := range list {
		out[n.Theme] = n
	}
	return out, nil
}

// The commands of a plan.

var versionForm = regexp.MustCompile(`^(\d{4})-(\d{4})(?:-v\d{1,2})?$`)

// years gives the first and last day of the years that a version's number names.
func years(version string) (first, last time.Time, ok bool) {
	m := versionForm.FindStringSubmatch(version)
	if m == nil {
		return first, last, false
	}
	from, _ := strconv.Atoi(m[1])
	to, _ := strconv.Atoi(m[2])
	first, last = time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(to, 12, 31, 0, 0, 0, 0, time.UTC)
	return first, last, to > from && to-from <= 10
}

// begin sets what a new version has by its number.
func begin(p *Plan, in form.Values) error {
	from, to, ok := years(in.String("version"))
	if !ok {
		var errs fault.Errors
		errs.Add("version", "plan.version_form")
		return errs.Err()
	}
	p.Number, p.Title, p.ValidFrom, p.ValidTo = in.String("version"), in.String("title"), from, to
	return nil
}

func (s *Service) draft(_ context.Context, c *record.Change[*Plan]) error { return begin(c.Rec, c.In) }

func notCalled(_ context.Context, p *Plan, _ form.Values) (v record.Verdict, err error) {
	if p.Revision.V.Cause != "" {
		v.Nothing("plan.revision_called")
	}
	return v, nil
}

func callRevision(_ context.Context, c *record.Change[*Plan]) error {
	c.Rec.Revision.V = Revision{Cause: c.In.String("cause"), Text: c.In.String("text"), Due: c.In.Day("due")}
	c.Rec.SetFlag(RevisionFlag, true)
	return nil
}

func (s *Service) rollable(ctx context.Context, p *Plan, in form.Values) (record.Verdict, error) {
	v, err := s.versionFree(ctx, p, in)
	if p.NextID != "" {
		v.Block("plan.next_begun")
	}
	return v, err
}

// roll begins the next version with what this one holds. Whoever rolls is the one
// who begins the draft, so that somebody else must publish it.
func (s *Service) roll(ctx context.Context, c *record.Change[*Plan]) error {
	old := c.Rec
	next, err := s.Plans.Create(ctx, "draft", record.Input{Values: form.Of("version", c.In.String("version"), "title", c.In.String("title"))}, func(p *Plan) {
		p.Lang, p.Unit = old.Lang, old.Unit
		p.Principles, p.Goals, p.Themes, p.Tags = old.Principles, old.Goals, old.Themes, old.Tags
	})
	if err != nil {
		return err
	}
	old.NextID = next.ID
	return nil
}

func editPlan(_ context.Context, c *record.Change[*Plan]) error {
	p := c.Rec
	p.Title, p.Note = c.In.String("title"), c.In.String("note")
	var tags []Tag
	for _, name := range split(c.In.String("tags")) {
		i := slices.IndexFunc(p.Tags.V, func(t Tag) bool { return t.Name("nb") == name })
		if i >= 0 {
			tags = append(tags, p.Tags.V[i])
			continue
		}
		tags = append(tags, Tag{Key: Slug(name), Names: map[string]string{"nb": name}})
	}
	p.Tags.V = tags
	return nil
}

func tagLines(p *Plan) string {
	var names []string
	for _, t := range p.Tags.V {
		names = append(names, t.Name("nb"))
	}
	return lines(names)
}

// Slug gives the form of a title that addresses use: "palitelig-forvaltning".
func Slug(title string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.NewReplacer("æ", "ae", "ø", "o", "å", "a").Replace(lang.Fold(title)) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			dash = false
		} else {
			dash = true
		}
	}
	return b.String()
}

// setPrinciple says what a principle means in this version.
func setPrinciple(_ context.Context, c *record.Change[*Plan]) error {
	x := Principle{Key: c.In.String("principle"), Lang: c.Rec.Lang, Text: c.In.String("text")}
	c.Rec.Principles.V = append(slices.DeleteFunc(slices.Clone(c.Rec.Principles.V), func(o Principle) bool { return o.Key == x.Key }), x)
	slices.SortFunc(c.Rec.Principles.V, func(a, b Principle) int {
		return slices.Index(PrincipleKeys, a.Key) - slices.Index(PrincipleKeys, b.Key)
	})
	return nil
}

// setTheme adds a theme, or changes the one with the title.
func setTheme(_ context.Context, c *record.Change[*Plan]) error {
	t := Theme{Title: c.In.String("title"), Slug: Slug(c.In.String("title")), Lang: c.Rec.Lang, Text: c.In.String("text"), Goals: c.In.List("goals"), Partners: split(c.In.String("partners"))}
	if t.Slug == "" {
		return wrong("title", "plan.title_letters")
	}
	i := slices.IndexFunc(c.Rec.Themes.V, func(o Theme) bool { return o.Slug == t.Slug })
	if i < 0 {
		c.Rec.Themes.V = append(c.Rec.Themes.V, t)
		return nil
	}
	t.Aliases = c.Rec.Themes.V[i].Aliases
	c.Note("before", c.Rec.Themes.V[i].Text)
	c.Rec.Themes.V[i] = t
	return nil
}

func removeTheme(_ context.Context, c *record.Change[*Plan]) error {
	c.Rec.Themes.V = slices.DeleteFunc(c.Rec.Themes.V, func(t Theme) bool { return t.Slug == c.In.String("theme") })
	return nil
}

// setGoal adds a goal, or changes the one with the title.
func setGoal(_ context.Context, c *record.Change[*Plan]) error {
	g := Goal{Title: c.In.String("title"), Key: Slug(c.In.String("title")), Origin: c.In.String("origin"), Lang: c.Rec.Lang, Text: c.In.String("text"), Valid: c.In.String("valid")}
	if g.Key == "" {
		return wrong("title", "plan.title_letters")
	}
	i := slices.IndexFunc(c.Rec.Goals.V, func(o Goal) bool { return o.Key == g.Key })
	if i < 0 {
		c.Rec.Goals.V = append(c.Rec.Goals.V, g)
		return nil
	}
	c.Note("before", c.Rec.Goals.V[i].Text)
	c.Rec.Goals.V[i] = g
	return nil
}

// removeGoal takes a goal out, also from the themes that served it.
func removeGoal(_ context.Context, c *record.Change[*Plan]) error {
	key := c.In.String("goal")
	c.Rec.Goals.V = slices.DeleteFunc(c.Rec.Goals.V, func(g Goal) bool { return g.Key == key })
	for i := range c.Rec.Themes.V {
		t := &c.Rec.Themes.V[i]
		t.Goals = slices.DeleteFunc(t.Goals, func(k string) bool { return k == key })
	}
	return nil
}

func wrong(field, key string, args ...any) error {
	var errs fault.Errors
	errs.Add(field, key, args...)
	return errs.Err()
}

// publishable holds a version back until it says what it must: all three
// principles, a theme and a goal, and each theme what it is about.
func (s *Service) publishable(ctx context.Context, p *Plan, in form.Values) (v record.Verdict, err error) {
	for _, key := range PrincipleKeys {
		if !slices.ContainsFunc(p.Principles.V, func(x Principle) bool { return x.Key == key }) {
			v.Block("plan.lacks_principle." + key)
		}
	}
	if len(p.Themes.V) == 0 {
		v.Block("plan.lacks_theme")
	}
	if len(p.Goals.V) == 0 {
		v.Block("plan.lacks_goal")
	}
	from := in.Day("valid_from")
	if from.IsZero() {
		return v, nil
	}
	if from.After(p.ValidTo) {
		v.Block("plan.starts_after_end", "date", p.ValidTo)
	}
	versions, err := s.published(ctx)
	for _, old := range versions {
		if old.State == Published && !from.After(old.ValidFrom) {
			v.Block("plan.starts_too_early", "version", old.Number, "date", old.ValidFrom)
		}
	}
	return v, err
}

// publish brings a version into force. The one before it ends the day before, and
// every theme has a programme note from now on, if only a missing one.
func (s *Service) publish(ctx context.Context, c *record.Change[*Plan]) error {
	p := c.Rec
	p.ValidFrom, p.PublishedAt = c.In.Day("valid_from"), c.Today
	versions, err := s.published(ctx)
	if err != nil {
		return err
	}
	for _, old := range versions {
		if old.State != Published {
			continue
		}
		last := p.ValidFrom.AddDate(0, 0, -1)
		if !old.ValidTo.IsZero() && old.ValidTo.Before(last) {
			last = old.ValidTo
		}
		if _, err := s.Plans.As(ctx, old.ID, "supersede", record.Input{Values: form.Of("valid_to", dayText(last))}); err != nil {
			return fmt.Errorf("supersede %s: %w", old.Number, err)
		}
	}
	for _, t := range p.Themes.V {
		note, err := s.NoteOf(ctx, t.Slug)
		if fault.Of(err) == fault.NotFound && err != nil {
			_, err = s.Notes.Create(all(ctx), "missing", record.Input{Values: form.Of("plan", p.Number, "theme", t.Slug, "title", t.Title)}, func(n *Note) {
				n.Lang, n.Unit = p.Lang, p.Unit
			})
		} else if err == nil {
			if note.State == Finished {
				p.Annexes.V = append(p.Annexes.V, Annex{note.ID, note.Number, t.Slug, t.Title, c.Today})
			}
			_, err = s.Notes.As(ctx, note.ID, "carry", record.Input{Values: form.Of("plan", p.Number, "title", t.Title)})
		}
		if err != nil {
			return fmt.Errorf("programme note of %s: %w", t.Slug, err)
		}
	}
	return nil
}

func supersede(_ context.Context, c *record.Change[*Plan]) error {
	c.Note("before", dayText(c.Rec.ValidTo))
	c.Rec.ValidTo = c.In.Day("valid_to")
	c.Rec.SetFlag(RevisionFlag, false)
	return nil
}

func annex(_ context.Context, c *record.Change[*Plan]) error {
	a := Annex{c.In.String("note"), c.In.String("number"), c.In.String("theme"), c.In.String("title"), c.Today}
	c.Rec.Annexes.V = slices.DeleteFunc(c.Rec.Annexes.V, func(o Annex) bool { return o.NoteID == a.NoteID })
	c.Rec.Annexes.V = append(c.Rec.Annexes.V, a)
	return nil
}

// The commands of a programme note.

func missing(_ context.Context, c *record.Change[*Note]) error {
	c.Rec.Plan, c.Rec.Theme, c.Rec.Title = c.In.String("plan"), c.In.String("theme"), c.In.String("title")
	return nil
}

func carry(_ context.Context, c *record.Change[*Note]) error {
	c.Note("before", c.Rec.Plan)
	c.Rec.Plan, c.Rec.Title = c.In.String("plan"), c.In.String("title")
	return nil
}

func write(_ context.Context, c *record.Change[*Note]) error {
	c.To = NoteDraft
	if c.Rec.State == UnderRevision {
		c.To = UnderRevision
	}
	c.Rec.Content.V = Content{
		Status: c.In.String("status"), Needs: c.In.String("needs"),
		Questions: split(c.In.String("questions")), Partners: split(c.In.String("partners")),
	}
	return nil
}

func finishable(_ context.Context, n *Note, _ form.Values) (v record.Verdict, err error) {
	if n.Content.V.Status == "" {
		v.Block("programme_note.lacks_status")
	}
	if n.Content.V.Needs == "" {
		v.Block("programme_note.lacks_needs")
	}
	if len(n.Content.V.Questions) == 0 {
		v.Block("programme_note.lacks_questions")
	}
	return v, nil
}

// finish makes the note an annex of the version that it belongs to (FP §4).
func (s *Service) finish(ctx context.Context, c *record.Change[*Note]) error {
	n := c.Rec
	n.Finished, n.FinishedAt, n.Planned = n.Content, c.Today, ""
	found, err := s.Plans.List(all(ctx), *new(db.Where).And("r.number = ? AND r.state = ?", n.Plan, Published), "r.id", 1, 0)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fault.New(fault.Conflict, "programme_note.no_plan", "version", n.Plan)
	}
	_, err = s.Plans.As(ctx, found[0].ID, "annex", record.Input{Values: form.Of("note", n.ID, "number", n.Number, "theme", n.Theme, "title", n.Title)})
	return err
}

// The options of the forms.

func themesOf(_ context.Context, rec any) ([]form.Option, error) {
	p, ok := rec.(*Plan)
	if !ok {
		return nil, nil
	}
	out := make([]form.Option, len(p.Themes.V))
	for i, t := range p.Themes.V {
		out[i] = form.Option{Value: t.Slug, Label: t.Title}
	}
	return out, nil
}

func goalsOf(_ context.Context, rec any) ([]form.Option, error) {
	p, ok := rec.(*Plan)
	if !ok {
		return nil, nil
	}
	out := make([]form.Option, len(p.Goals.V))
	for i, g := range p.Goals.V {
		out[i] = form.Option{Value: g.Key, Label: g.Title}
	}
	return out, nil
}

func lines(list []string) string { return strings.Join(list, "\n") }

// split gives the lines of a text that hold anything.
func split(s string) []string {
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
