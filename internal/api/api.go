// Package api is the JSON API: what everybody may know of projects, publications
// and calls, for those who write programs. It only reads.
//
// A list answers {"items": […], "total": N, "next": "…"}. Errors are problem
// documents (RFC 9457). The description of all of it stands at
// /api/v1/openapi.json. Modules add operations of their own through
// module.Module.API; this package holds the ones that were there first.
package api

import (
	"context"
	"crypto/rand"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"funn/internal/project"
	"funn/internal/publication"
)

// Base is the address that the API lies below.
const Base = "/api/v1/"

// Projects is what the API asks of the projects.
type Projects interface {
	// Public gives the projects that everybody may know of, by number.
	Public(ctx context.Context, f project.Filter, limit, offset int) ([]*project.Project, int, error)
}

// Publications is what the API asks of the publications.
type Publications interface {
	// Pages gives what everybody may read, newest first; for words, what the portal's
	// search finds for them, the best first.
	Pages(ctx context.Context, f publication.Filter, limit, offset int) ([]publication.Page, int, error)
}

// Deps is what the API needs of the rest of the house.
type Deps struct {
	Projects     Projects
	Publications Publications
	// Organisations gives the names of organisations by id.
	Organisations func(ctx context.Context, ids ...string) (map[string]string, error)
	// More adds the operations of the modules.
	More []func(huma.API)
	Log  *slog.Logger
}

type operations struct{ Deps }

// Handler gives the handler of everything below Base.
func Handler(d Deps) http.Handler {
	mux := http.NewServeMux()
	config := huma.DefaultConfig("Funn", "1")
	config.Info.Description = "What everybody may know of the agency's research and development: projects from their contract on, published reports, and calls. A query parameter that an operation does not know is refused, so that a filter spelled wrong does not look like one that everything passes."
	config.OpenAPIPath = Base + "openapi"
	config.DocsPath, config.SchemasPath = "", "" // no page of a foreign host, and one description for all
	config.CreateHooks = nil                     // no $schema in the answers
	o := &operations{d}
	config.Transformers = append(config.Transformers, o.quiet)
	a := humago.New(mux, config)
	a.UseMiddleware(known(a))
	o.projects(a)
	o.publications(a)
	for _, add := range d.More {
		add(a)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			Problem(w, http.StatusMethodNotAllowed, "This API is only read.")
			return
		}
		Problem(w, http.StatusNotFound, "There is nothing at this address. What there is stands in "+Base+"openapi.json.")
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// What is public can change at any time; whoever keeps an answer asks again.
		w.Header().Set("Cache-Control", "no-cache")
		mux.ServeHTTP(w, r)
	})
}

// known refuses what an operation does not take, and what is given twice, of which
// only one could be followed.
func known(a huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		var allowed []string
		for _, p := range ctx.Operation().Parameters {
			if p.In == "query" {
				allowed = append(allowed, p.Name)
			}
		}
		slices.Sort(allowed)
		address := ctx.URL()
		query := address.Query()
		var wrong []error
		for _, name := range slices.Sorted(maps.Keys(query)) {
			detail := &huma.ErrorDetail{Location: "query." + name, Value: query[name][0]}
			switch {
			case !slices.Contains(allowed, name):
				detail.Message = "unknown parameter; allowed here: " + strings.Join(allowed, ", ")
			case len(query[name]) > 1:
				detail.Message, detail.Value = "give it once", query[name]
			default:
				continue
			}
			wrong = append(wrong, detail)
		}
		if len(wrong) > 0 {
			_ = huma.WriteErr(a, ctx, http.StatusBadRequest, "The address has query parameters that cannot be followed.", wrong...) // the reader may have gone
			return
		}
		next(ctx)
	}
}

// Problem writes an error that no operation gave, as a problem document. The
// detail must be ASCII without quotes: then quoting it for Go quotes it for JSON.
func Problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"title":` + strconv.Quote(http.StatusText(status)) + `,"status":` + strconv.Itoa(status) + `,"detail":` + strconv.Quote(detail) + "}\n")) // the reader may have gone
}

// quiet keeps what went wrong inside the house out of the answer: it is logged
// with a reference, which is what the caller gets.
func (o *operations) quiet(ctx huma.Context, _ string, v any) (any, error) {
	e, ok := v.(*huma.ErrorModel)
	if !ok || e.Status != http.StatusInternalServerError && e.Status != http.StatusServiceUnavailable {
		return v, nil
	}
	reference := rand.Text()[:8]
	causes := make([]string, len(e.Errors))
	for i, cause := range e.Errors {
		causes[i] = cause.Message
	}
	o.Log.ErrorContext(ctx.Context(), "request failed", "reference", reference, "route", ctx.Operation().Path, "error", causes)
	detail := e.Detail
	if e.Status == http.StatusInternalServerError {
		detail = "Something went wrong here."
	}
	return &huma.ErrorModel{Title: e.Title, Status: e.Status, Detail: detail + " Quote the reference " + reference + " when reporting it."}, nil
}
