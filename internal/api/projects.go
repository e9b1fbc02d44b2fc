package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"funn/internal/call"
	"funn/internal/platform/jsonapi"
	"funn/internal/project"
)

type projectsInput struct {
	jsonapi.Paging
	Instrument string    `query:"instrument" enum:"grant,commission,internal_analysis,synthesis,council,phd,partnership" doc:"How the work is paid for or carried out."`
	FinishedIn int       `query:"finished_in" minimum:"1900" maximum:"2200" doc:"Final report accepted, degree completed, or counted so by the source, in this year."`
	StartedIn  int       `query:"started_in" minimum:"1900" maximum:"2200" doc:"Began within this year. An unknown start is in none."`
	ActiveOn   time.Time `query:"active_on" timeFormat:"2006-01-02" doc:"Under contract, or known to exist, by this day and not finished before its end."`
	Theme      string    `query:"theme" maxLength:"100" doc:"Slug of a theme."`
	Example    bool      `query:"example" doc:"Take in the examples too, which fill what the sources lack and count nowhere."`
}

type projectsOutput struct {
	Body projectList
}

type projectList jsonapi.List[projectItem]

// projectItem is a project as everybody may know it.
type projectItem struct {
	ID           string        `json:"id"`
	Number       string        `json:"number" example:"P-2022-001"`
	Title        string        `json:"title"`
	Lang         string        `json:"lang" doc:"Language tag of the title."`
	URL          string        `json:"url" doc:"Path of its public page."`
	Instrument   string        `json:"instrument"`
	Theme        string        `json:"theme,omitempty" doc:"Slug of its theme; absent when it has none."`
	Period       period        `json:"period"`
	Institutions []institution `json:"institutions" doc:"The responsible first."`
	State        string        `json:"state" doc:"OPPRETTET, KONTRAHERT, OPPSTARTET, PÅGÅR, PÅ_VENT, SLUTTLEVERT, GODKJENT, LUKKET or AVBRUTT."`
	FinishedIn   int           `json:"finished_in,omitempty" doc:"The year that it counts as finished in; absent while it does not."`
	Source       string        `json:"source,omitempty" doc:"Where it was read."`
	Example      bool          `json:"example" doc:"Made up to fill what the sources lack."`
}

// period is when the work began and ended, each absent when it is not known.
type period struct {
	Start *jsonapi.Date `json:"start,omitempty"`
	End   *jsonapi.Date `json:"end,omitempty"`
}

// institution is an organisation's part in something.
type institution struct {
	Name string `json:"name"`
	Role string `json:"role" doc:"host, partner or subcontractor."`
}

func (o *operations) projects(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID: "list-projects", Method: http.MethodGet, Path: Base + "projects", Summary: "Projects",
		Description: "Every project that everybody may know of, from its contract on, in the order of their numbers.",
		Tags:        []string{"projects"},
	}, func(ctx context.Context, in *projectsInput) (*projectsOutput, error) {
		f := project.Filter{Theme: in.Theme, FinishedIn: in.FinishedIn, StartedIn: in.StartedIn, ActiveOn: in.ActiveOn, Example: in.Example}
		if in.Instrument != "" {
			f.Instruments = []string{in.Instrument}
		}
		rows, total, next, err := jsonapi.PageOf(in.Paging, func(p *project.Project) string { return p.Number }, func(limit, offset int) ([]*project.Project, int, error) {
			return o.Projects.Public(ctx, f, limit, offset)
		})
		if err != nil {
			return nil, err
		}
		var ids []string
		for _, p := range rows {
			for _, r := range p.Roles.V {
				ids = append(ids, r.Org)
			}
		}
		names, err := o.Organisations(ctx, ids...)
		if err != nil {
			return nil, jsonapi.Told(err)
		}
		out := &projectsOutput{Body: projectList{Items: []projectItem{}, Total: total, Next: next}}
		for _, p := range rows {
			out.Body.Items = append(out.Body.Items, projectOf(p, names))
		}
		return out, nil
	})
}

func projectOf(p *project.Project, names map[string]string) projectItem {
	item := projectItem{
		ID: p.ID, Number: p.Number, Title: p.Title, Lang: p.Lang, URL: "/kunnskap/prosjekt/" + url.PathEscape(p.Number),
		Instrument: p.Instrument, Theme: p.Theme, State: p.State, Source: p.Source, Example: p.Example,
		Period: period{Start: dateOf(p.Start.V), End: dateOf(p.End.V)}, Institutions: []institution{},
	}
	if item.Period.End == nil {
		item.Period.End = dateOf(project.On(p.Ended()))
	}
	item.FinishedIn = p.Counted
	if year := p.Finished.Year(); !p.Finished.IsZero() && p.FinishedIn(year) {
		item.FinishedIn = year
	}
	for _, host := range []bool{true, false} {
		for _, r := range p.Roles.V {
			if name := names[r.Org]; name != "" && (r.Role == project.Host) == host {
				item.Institutions = append(item.Institutions, institution{name, r.Role})
			}
		}
	}
	return item
}

func dateOf(s project.Span) *jsonapi.Date {
	if !s.Known() {
		return nil
	}
	return &jsonapi.Date{From: s.From.Format(time.DateOnly), To: s.To.Format(time.DateOnly), Precision: call.When(s).Precision(), Text: s.Text}
}
