package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"funn/internal/platform/clock"
	"funn/internal/platform/jsonapi"
	"funn/internal/publication"
)

type publicationsInput struct {
	jsonapi.Paging
	Q       string `query:"q" maxLength:"200" doc:"Words to search for, as on the portal: in title, number, text, and the names of authors and institutions. All must be there; the best hits come first."`
	Theme   string `query:"theme" maxLength:"100" doc:"Slug of a theme."`
	Year    int    `query:"year" minimum:"1900" maximum:"2200" doc:"Year of publication."`
	Type    string `query:"type" enum:"final_report,interim_report,analysis,article,synthesis,thesis,report"`
	Example bool   `query:"example" doc:"Take in the examples too, which fill what the sources lack."`
}

type publicationsOutput struct {
	Body publicationList
}

type publicationList jsonapi.List[publicationItem]

// publicationItem is a publication as everybody may read it.
type publicationItem struct {
	ID           string        `json:"id"`
	Number       string        `json:"number" example:"R-2022-001"`
	Title        string        `json:"title"`
	Lang         string        `json:"lang" doc:"Language tag of the title and the texts."`
	URL          string        `json:"url" doc:"Path of its public page."`
	Type         string        `json:"type"`
	Theme        string        `json:"theme,omitempty" doc:"Slug of its theme; absent when it has none."`
	Year         int           `json:"year"`
	Institutions []institution `json:"institutions"`
	Authors      string        `json:"authors,omitempty"`
	Short        []string      `json:"short,omitempty" doc:"What it says, in three points."`
	Summary      string        `json:"summary,omitempty"`
	DOI          string        `json:"doi,omitempty"`
	ISBN         string        `json:"isbn,omitempty"`
	Shown        string        `json:"shown,omitempty" format:"date" doc:"The day from which the public could read of it."`
	Source       string        `json:"source,omitempty" doc:"Where it was read."`
	Example      bool          `json:"example" doc:"Made up to fill what the sources lack."`
}

func (o *operations) publications(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID: "list-publications", Method: http.MethodGet, Path: Base + "publications", Summary: "Publications",
		Description: "Every report, analysis and article that everybody may read of, the newest first. Withdrawn ones are not listed.",
		Tags:        []string{"publications"},
	}, func(ctx context.Context, in *publicationsInput) (*publicationsOutput, error) {
		f := publication.Filter{Query: in.Q, Theme: in.Theme, Year: in.Year, Type: in.Type, Examples: in.Example}
		rows, total, next, err := jsonapi.PageOf(in.Paging, func(p publication.Page) string { return p.Number }, func(limit, offset int) ([]publication.Page, int, error) {
			return o.Publications.Pages(ctx, f, limit, offset)
		})
		if err != nil {
			return nil, err
		}
		out := &publicationsOutput{Body: publicationList{Items: []publicationItem{}, Total: total, Next: next}}
		for _, p := range rows {
			out.Body.Items = append(out.Body.Items, publicationOf(p))
		}
		return out, nil
	})
}

func publicationOf(p publication.Page) publicationItem {
	item := publicationItem{
		ID: p.ID, Number: p.Number, Title: p.Title, Lang: p.Lang, URL: "/kunnskap/rapport/" + url.PathEscape(p.Slug), Type: p.PubType,
		Theme: p.Theme, Year: p.Year, Institutions: []institution{}, Authors: p.Authors, Short: p.Short, Summary: p.Summary,
		DOI: p.DOI, ISBN: p.ISBN, Source: p.Source, Example: p.Example,
	}
	for _, i := range p.Institutions {
		item.Institutions = append(item.Institutions, institution{i.Name, i.Role})
	}
	if !p.Shown.IsZero() {
		item.Shown = clock.Day(p.Shown).Format(time.DateOnly)
	}
	return item
}
