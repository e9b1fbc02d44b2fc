package app

import (
	"context"
	"net/url"
	"strings"

	"funn/internal/need/needweb"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/record"
	"funn/internal/platform/search"
	"funn/internal/project"
)

// uses answers what the pages of earlier modules ask of later ones: what is done
// on a theme, for a goal, by an organisation.
type uses struct{ *house }

// OnTheme gives the needs, calls and projects of a theme that the actor may read.
func (u uses) OnTheme(ctx context.Context, slug string) ([]record.Head, error) {
	return u.heads(ctx, `
		SELECT n.id FROM need n WHERE CAST(n.themes AS TEXT) LIKE $1
		UNION SELECT c.id FROM call c WHERE c.theme = $2
		UNION SELECT p.id FROM project p WHERE p.theme = $2`, `%"`+slug+`"%`, slug)
}

// ForGoal gives the needs that serve a goal, and the projects that answer them.
func (u uses) ForGoal(ctx context.Context, key string) ([]record.Head, error) {
	return u.heads(ctx, `
		SELECT n.id FROM need n WHERE CAST(n.goals AS TEXT) LIKE $1
		UNION SELECT l.from_id FROM record_link l JOIN need n ON n.id = l.to_id WHERE l.rel = 'answers' AND CAST(n.goals AS TEXT) LIKE $1`, `%"`+key+`"%`)
}

// Organisation gives the projects and framework agreements that it takes part in.
func (u uses) Organisation(ctx context.Context, id string) ([]record.Head, error) {
	return u.heads(ctx, `
		SELECT p.id FROM project p WHERE CAST(p.institutions AS TEXT) LIKE $1
		UNION SELECT a.id FROM agreement a WHERE CAST(a.suppliers AS TEXT) LIKE $1`, `%"`+id+`"%`)
}

// heads gives the records that a query finds and the context's actor may read,
// newest number first.
func (u uses) heads(ctx context.Context, query string, args ...any) ([]record.Head, error) {
	ids, err := db.All[string](ctx, u.db, query+" ORDER BY 1", args...)
	if err != nil {
		return nil, err
	}
	byID, err := u.engine.Heads(ctx, ids...)
	if err != nil {
		return nil, err
	}
	var out []record.Head
	for _, id := range ids {
		if h, ok := byID[id]; ok {
			out = append(out, h)
		}
	}
	return out, nil
}

// knowledge searches what is published, for the page that asks what is known.
func (h *house) knowledge(ctx context.Context, query string) (found needweb.Found, err error) {
	result, err := h.index.Search(ctx, search.Query{Text: query, Audience: access.Terms(access.From(ctx)), Kinds: []string{"publication"}, Loosen: true, Limit: 20})
	if err != nil {
		return found, err
	}
	published, err := h.publications.Published(ctx)
	if err != nil {
		return found, err
	}
	can := map[string]bool{}
	for _, o := range published {
		can[o.Value] = true
	}
	found.Total, found.Loose, found.Related = result.Total, result.Loose, search.AlsoFound(ctx, result)
	for _, x := range result.Hits {
		if !can[x.ID] {
			found.Total-- // not published: it cannot be built on
			continue
		}
		var snippet strings.Builder
		for _, piece := range x.Snippet {
			snippet.WriteString(piece.Text)
		}
		found.Hits = append(found.Hits, needweb.Hit{ID: x.ID, Number: x.Number, Title: x.Title, Lang: x.Lang, Href: x.URL, Snippet: snippet.String(), Example: x.Example})
	}
	return found, nil
}

// publicProject gives the address at which everybody reads of a project.
func publicProject(p *project.Project) string {
	if !project.Public(p) {
		return ""
	}
	return "/kunnskap/prosjekt/" + url.PathEscape(p.Number)
}
