package uptake

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/project"
)

// Filter narrows a list of uptakes. The zero Filter holds for all.
type Filter struct {
	Query   string // words in the title or the number
	State   string
	Owner   string // subject owner, person
	Theme   string // slug
	Overdue bool   // the decision or an action is past its deadline
}

func (f Filter) where(today time.Time) db.Where {
	var w db.Where
	for word := range strings.FieldsSeq(lang.Fold(f.Query)) {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(word) + "%"
		w.And(`r.title_sort LIKE ? ESCAPE '\' OR lower(r.number) LIKE ? ESCAPE '\'`, like, like)
	}
	for column, value := range map[string]string{"r.state": f.State, "b.owner": f.Owner, "b.theme": f.Theme} {
		if value != "" {
			w.And(column+" = ?", value)
		}
	}
	if f.Overdue {
		late := *new(db.Where).In("r.state", undecided...)
		late.And("b.due < ?", today)
		w.AndWhere(db.Or(late, *new(db.Where).And("b.next_due < ?", today)))
	}
	return w
}

// What is waited for comes first: the nearest deadline, then the newest.
const nearestFirst = "CASE WHEN r.state IN ('OPPRETTET', 'FUNN_REGISTRERT', 'IMPLIKASJON_VURDERT') THEN b.due ELSE b.next_due END ASC NULLS LAST, r.state_since DESC, r.number"

// List gives the uptakes that the context's actor may read and that the filter
// holds for, the nearest deadline first, and how many there are in all.
func (s *Service) List(ctx context.Context, f Filter, limit, offset int) ([]*Uptake, int, error) {
	w := f.where(s.today(ctx))
	total, err := s.Kind.Count(ctx, w)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.Kind.List(ctx, w, nearestFirst, limit, offset)
	return list, total, err
}

// States counts the uptakes that the context's actor may read, by state.
func (s *Service) States(ctx context.Context, f Filter) (map[string]int, error) {
	f.State = ""
	w := access.Scope(s.Kind.Read, access.From(ctx))
	w.AndWhere(f.where(s.today(ctx)))
	where, args := w.SQL()
	rows, err := db.All[struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}](ctx, s.Kind.Engine().DB, "SELECT r.state AS state, count(*) AS n FROM uptake b JOIN record r ON r.id = b.id "+where+" GROUP BY r.state", args...)
	if err != nil {
		return nil, fmt.Errorf("count uptakes: %w", err)
	}
	out := map[string]int{}
	for _, r := range rows {
		out[r.State] = r.N
	}
	return out, nil
}

// Owners gives the subject owners of the uptakes that the context's actor may
// read, as ids of persons.
func (s *Service) Owners(ctx context.Context) ([]string, error) {
	w := access.Scope(s.Kind.Read, access.From(ctx))
	w.And("b.owner <> ''")
	where, args := w.SQL()
	owners, err := db.All[string](ctx, s.Kind.Engine().DB, "SELECT DISTINCT b.owner FROM uptake b JOIN record r ON r.id = b.id "+where+" ORDER BY 1", args...)
	if err != nil {
		return nil, fmt.Errorf("owners of uptakes: %w", err)
	}
	return owners, nil
}

// Themes gives the themes of the uptakes that the context's actor may read.
func (s *Service) Themes(ctx context.Context) ([]string, error) {
	w := access.Scope(s.Kind.Read, access.From(ctx))
	w.And("b.theme <> ''")
	where, args := w.SQL()
	themes, err := db.All[string](ctx, s.Kind.Engine().DB, "SELECT DISTINCT b.theme FROM uptake b JOIN record r ON r.id = b.id "+where+" ORDER BY 1", args...)
	if err != nil {
		return nil, fmt.Errorf("themes of uptakes: %w", err)
	}
	return themes, nil
}

// OfProject gives the uptake of a project if the context's actor may read it;
// NotFound when the project's report has not been accepted.
func (s *Service) OfProject(ctx context.Context, id string) (*Uptake, error) {
	list, err := s.Kind.List(ctx, *new(db.Where).And("b.project = ?", id), "r.number", 1, 0)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.Missing()
	}
	return list[0], nil
}

// Rate is how much of a year's finished studies became use (krav H6).
type Rate struct {
	Year     int
	Finished int // studies whose final report was accepted in the year, or that the source counts so
	Decided  int // of these: the use has been decided, also those decided not to use
	Planned  int // of these: decided to use, and the plan for use is approved
}

// Share gives the share of the finished studies that have both a decision and a
// plan, 0 to 1; ok is false when no study was finished.
func (r Rate) Share() (share float64, ok bool) {
	if r.Finished == 0 {
		return 0, false
	}
	return float64(r.Planned) / float64(r.Finished), true
}

// Rate reckons the uptake of the studies that were finished in a year. Examples
// are not counted. A study is finished when its final report is accepted; one
// from before Funn when its source counts it, which goes before the date.
func (s *Service) Rate(ctx context.Context, year int) (Rate, error) {
	out := Rate{Year: year}
	system := access.With(ctx, access.System)
	from, to := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC)
	w := db.Or(
		*new(db.Where).And("b.counted_finished = ?", year),
		*new(db.Where).And("b.counted_finished = 0 AND b.finished >= ? AND b.finished <= ?", from, to),
	)
	w.In("r.state", project.Accepted, project.Closed).And("r.example = ?", false)
	finished, err := s.projects.Kind.List(system, w, "r.id", 0, 0)
	if err != nil {
		return out, err
	}
	ids := make([]string, len(finished))
	for i, p := range finished {
		ids[i] = p.ID
	}
	out.Finished = len(ids)
	for chunk := range slices.Chunk(ids, 500) {
		list, err := s.Kind.List(system, *new(db.Where).In("b.project", chunk...), "r.id", 0, 0)
		if err != nil {
			return out, err
		}
		for _, u := range list {
			if !u.DecidedAt.IsZero() {
				out.Decided++
			}
			if !u.PlannedAt.IsZero() {
				out.Planned++
			}
		}
	}
	return out, nil
}
