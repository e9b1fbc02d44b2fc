package publication

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/project"
)

// Filter narrows a list of publications. The zero Filter holds for all.
type Filter struct {
	Query    string // words in the title, the number, or the names of authors and institutions
	State    string
	Theme    string // slug
	Year     int
	Type     string
	Org      string // id of an institution
	Lang     string
	Project  string   // id
	IDs      []string // only these; nil for all
	Examples bool     // examples too; without it the public's lists leave them out
}

func (f Filter) where() db.Where {
	var w db.Where
	for word := range strings.FieldsSeq(lang.Fold(f.Query)) {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(word) + "%"
		w.And(`r.title_sort LIKE ? ESCAPE '\' OR b.folded LIKE ? ESCAPE '\' OR lower(r.number) LIKE ? ESCAPE '\'`, like, like, like)
	}
	eq := func(column, value string) {
		if value != "" {
			w.And(column+" = ?", value)
		}
	}
	eq("r.state", f.State)
	eq("b.theme", f.Theme)
	eq("b.pub_type", f.Type)
	eq("r.lang", f.Lang)
	eq("b.project", f.Project)
	if f.IDs != nil {
		w.In("r.id", f.IDs...)
	}
	if f.Year != 0 {
		w.And("b.pub_year = ?", f.Year)
	}
	if f.Org != "" {
		// The two engines write JSON with and without a space. Ids are UUIDs: they
		// hold neither quotes nor wildcards.
		id := strings.NewReplacer("%", "", "_", "", `"`, "").Replace(f.Org)
		w.And("CAST(b.institutions AS TEXT) LIKE ? OR CAST(b.institutions AS TEXT) LIKE ?", `%"org":"`+id+`"%`, `%"org": "`+id+`"%`)
	}
	return w
}

const newestFirst = "b.pub_year DESC, COALESCE(b.shown_at, b.received_at) DESC NULLS LAST, r.number DESC"

// List gives the publications that the context's actor may read and that the
// filter holds for, newest first, and how many there are in all.
func (s *Service) List(ctx context.Context, f Filter, limit, offset int) ([]*Publication, int, error) {
	w := f.where()
	total, err := s.Kind.Count(ctx, w)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.Kind.List(ctx, w, newestFirst, limit, offset)
	return list, total, err
}

// public narrows w to what everybody may read.
func public(w db.Where, examples bool) db.Where {
	w.In("r.state", readable...)
	if !examples {
		w.And("r.example = ?", false)
	}
	return w
}

// Pages gives what everybody may read of the publications that the filter holds
// for, newest first, and how many there are. Withdrawn ones are not listed.
func (s *Service) Pages(ctx context.Context, f Filter, limit, offset int) ([]Page, int, error) {
	w := public(f.where(), f.Examples)
	system := access.With(ctx, access.System)
	total, err := s.Kind.Count(system, w)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.Kind.List(system, w, newestFirst, limit, offset)
	if err != nil {
		return nil, 0, err
	}
	out := make([]Page, 0, len(list))
	for _, p := range list {
		if page, ok := p.Page(); ok {
			out = append(out, page)
		}
	}
	return out, total, nil
}

// BySlug gives what everybody may read of the publication at a public address,
// the tombstone of a withdrawn one included. It is NotFound when the public may
// read nothing of it.
func (s *Service) BySlug(ctx context.Context, slug string) (Page, error) {
	list, err := s.Kind.List(access.With(ctx, access.System), *new(db.Where).And("b.slug = ?", slug), "r.number", 1, 0)
	if err != nil {
		return Page{}, err
	}
	if len(list) == 1 {
		if page, ok := list[0].Page(); ok {
			return page, nil
		}
	}
	return Page{}, fault.Missing()
}

// PageOf gives what everybody may read of the publication with the id.
func (s *Service) PageOf(ctx context.Context, id string) (Page, error) {
	p, err := s.Kind.Load(ctx, id)
	if err != nil {
		return Page{}, err
	}
	if page, ok := p.Page(); ok {
		return page, nil
	}
	return Page{}, fault.Missing()
}

// Successor gives what everybody may read of the newest publication that takes
// the place of the one with the id; ok is false when there is none.
func (s *Service) Successor(ctx context.Context, id string) (page Page, ok bool, err error) {
	w := *new(db.Where).And("b.supersedes = ?", id)
	w.In("r.state", readable...)
	list, err := s.Kind.List(access.With(ctx, access.System), w, newestFirst, 1, 0)
	if err != nil || len(list) == 0 {
		return Page{}, false, err
	}
	page, ok = list[0].Page()
	return page, ok, nil
}

// OfProject gives the project's publications that the context's actor may read,
// newest first.
func (s *Service) OfProject(ctx context.Context, id string) ([]*Publication, error) {
	return s.Kind.List(ctx, *new(db.Where).And("b.project = ?", id), newestFirst, 0, 0)
}

// Published gives the publications that can be linked to as what is already
// known, newest first: the value is the record's id.
func (s *Service) Published(ctx context.Context) ([]form.Option, error) {
	list, err := s.Kind.List(access.With(ctx, access.System), *new(db.Where).In("r.state", readable...), newestFirst, 0, 0)
	if err != nil {
		return nil, err
	}
	out := make([]form.Option, len(list))
	for i, p := range list {
		out[i] = option(p)
	}
	return out, nil
}

func option(p *Publication) form.Option {
	return form.Option{Value: p.ID, Label: fmt.Sprintf("%s %s (%d)", p.Number, p.Title, p.Year)}
}

// Years gives the years that have a publication the actor may read, newest first.
func (s *Service) Years(ctx context.Context) ([]int, error) {
	return s.years(ctx, access.Scope(s.Kind.Read, access.From(ctx)))
}

// PublicYears gives the years that have a publication everybody may read, newest
// first; examples count only when asked for.
func (s *Service) PublicYears(ctx context.Context, examples bool) ([]int, error) {
	return s.years(ctx, public(db.Where{}, examples))
}

func (s *Service) years(ctx context.Context, w db.Where) ([]int, error) {
	w.And("b.pub_year <> 0")
	where, args := w.SQL()
	years, err := db.All[int](ctx, s.Kind.Engine().DB,
		"SELECT DISTINCT b.pub_year FROM publication b JOIN record r ON r.id = b.id "+where+" ORDER BY 1 DESC", args...)
	if err != nil {
		return nil, fmt.Errorf("years of publications: %w", err)
	}
	return years, nil
}

// ThemesInUse gives the themes of the publications that the context's actor may
// read, as slugs.
func (s *Service) ThemesInUse(ctx context.Context) ([]string, error) {
	w := access.Scope(s.Kind.Read, access.From(ctx))
	w.And("b.theme <> ''")
	where, args := w.SQL()
	themes, err := db.All[string](ctx, s.Kind.Engine().DB,
		"SELECT DISTINCT b.theme FROM publication b JOIN record r ON r.id = b.id "+where+" ORDER BY 1", args...)
	if err != nil {
		return nil, fmt.Errorf("themes of publications: %w", err)
	}
	return themes, nil
}

// Overdue counts the publications that the context's actor may read and that
// should have been public before today.
func (s *Service) Overdue(ctx context.Context) (int, error) {
	first := s.today(ctx).AddDate(0, 0, -7*PublishWeeks)
	w := *new(db.Where).In("r.state", unpublished...)
	w.And("b.received_at < ?", time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, clock.Oslo))
	return s.Kind.Count(ctx, w)
}

// begun holds for projects that can have a report.
func begun() db.Where {
	return *new(db.Where).In("r.state", project.StartedUp, project.Running, project.OnHold, project.Delivered, project.Accepted, project.Closed)
}

// freeSlug gives the address that a title gets: what nobody else has.
func (s *Service) freeSlug(ctx context.Context, title string) (string, error) {
	base := slugOf(title)
	for n := 1; ; n++ {
		slug := base
		if n > 1 {
			slug += "-" + strconv.Itoa(n)
		}
		taken, err := db.One[int](ctx, s.Kind.Engine().DB, "SELECT count(*) FROM publication WHERE slug = $1", slug)
		if err != nil {
			return "", fmt.Errorf("address of %q: %w", title, err)
		}
		if taken == 0 {
			return slug, nil
		}
	}
}

// slugLength is how long an address may be before the number that tells two of
// the same title apart.
const slugLength = 70

// slugOf writes a title in the letters of an address: small ASCII letters,
// digits, and a hyphen between words. It is never empty.
func slugOf(title string) string {
	var b strings.Builder
	gap := false
	for _, r := range lang.Fold(title) {
		var s string
		switch {
		case r == 'æ':
			s = "ae"
		case r == 'ø':
			s = "o"
		case r == 'å':
			s = "a"
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			s = string(r)
		default:
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('-')
		}
		gap = false
		b.WriteString(s)
	}
	slug := b.String()
	if len(slug) > slugLength {
		slug = slug[:slugLength]
		if i := strings.LastIndexByte(slug, '-'); i > slugLength/2 {
			slug = slug[:i]
		}
		slug = strings.TrimRight(slug, "-")
	}
	if slug == "" {
		return "rapport"
	}
	return slug
}
