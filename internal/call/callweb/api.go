package callweb

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"funn/internal/call"
	"funn/internal/platform/jsonapi"
)

type callsInput struct {
	jsonapi.Paging
	Theme string `query:"theme" maxLength:"100" doc:"Only calls on the theme with this slug."`
}

type callsOutput struct {
	Body callList
}

type callList jsonapi.List[callItem]

// callItem is a call as everybody may see it.
type callItem struct {
	ID         string        `json:"id"`
	Number     string        `json:"number"`
	Title      string        `json:"title"`
	Lang       string        `json:"lang" doc:"Language tag of the title."`
	URL        string        `json:"url" doc:"Path of its public page; of its page for staff while it is not public."`
	State      string        `json:"state" doc:"PLANLAGT, UTKAST, GODKJENT, ÅPEN_TRINN1, VURDERING_TRINN1, ÅPEN_TRINN2, VURDERING_TRINN2, INNSTILT, BESLUTTET, OFFENTLIGGJORT, AVSLUTTET or AVLYST."`
	Theme      string        `json:"theme,omitempty" doc:"Slug of its theme."`
	Opened     *jsonapi.Date `json:"opened,omitempty"`
	Deadline   *jsonapi.Date `json:"deadline,omitempty" doc:"For the sketches."`
	ClosesAt   *time.Time    `json:"closes_at,omitempty" doc:"The last moment at which a sketch is in time, once that is decided."`
	FrameNOK   *int64        `json:"frame_nok" doc:"At most this many kroner over all years of the projects; null when not known."`
	Statistics *statistics   `json:"statistics,omitempty" doc:"What it led to, once told."`
	Source     string        `json:"source,omitempty" doc:"Where it was read."`
	Example    bool          `json:"example" doc:"Made up to fill what the sources lack."`
}

// statistics are the numbers of a call whose awards are announced. A number that
// is not known is null.
type statistics struct {
	Sketches     *int64 `json:"sketches"`
	Applications *int64 `json:"applications"`
	Awards       *int64 `json:"awards"`
	AwardedNOK   *int64 `json:"awarded_nok"`
	FrameNOK     *int64 `json:"frame_nok"`
}

func (p *pages) api(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "list-calls", Method: http.MethodGet, Path: "/api/v1/calls", Summary: "Open calls for research grants",
		Description: "Every call that the caller may see, in the order of their numbers; without login, the public ones.",
		Tags:        []string{"calls"},
	}, p.calls)
}

func (p *pages) calls(ctx context.Context, in *callsInput) (*callsOutput, error) {
	list, total, next, err := jsonapi.PageOf(in.Paging, func(c *call.Call) string { return c.Number }, func(limit, offset int) ([]*call.Call, int, error) {
		seen, err := p.Service.Seen(ctx, in.Theme)
		if err != nil {
			return nil, 0, err
		}
		from := min(offset, len(seen))
		return seen[from:min(from+limit, len(seen))], len(seen), nil
	})
	if err != nil {
		return nil, err
	}
	out := &callsOutput{Body: callList{Items: []callItem{}, Total: total, Next: next}}
	for _, c := range list {
		out.Body.Items = append(out.Body.Items, item(c))
	}
	return out, nil
}

func item(c *call.Call) callItem {
	i := callItem{
		ID: c.ID, Number: c.Number, Title: c.Title, Lang: c.Lang, URL: publicOr(c), State: c.State, Theme: c.Theme,
		Opened: when(c.Opened.V), Deadline: when(c.Deadline.V), FrameNOK: kroner(c.FrameOre), Source: c.Source, Example: c.Example,
	}
	if at := c.ClosesAt(); !at.IsZero() {
		i.ClosesAt = &at
	}
	if c.Told() {
		i.Statistics = &statistics{
			Sketches: count(c.Sketches), Applications: count(c.Applications), Awards: count(c.Awards),
			AwardedNOK: kroner(c.AwardedOre), FrameNOK: kroner(c.FrameOre),
		}
	}
	return i
}

// publicOr gives the address of the public page, or of the staff's while there is none.
func publicOr(c *call.Call) string {
	if _, public := c.Shown(); public {
		return c.PublicURL()
	}
	return address(c.Number)
}

func when(w call.When) *jsonapi.Date {
	if !w.Known() {
		return nil
	}
	return &jsonapi.Date{From: w.From.Format(time.DateOnly), To: w.To.Format(time.DateOnly), Precision: w.Precision(), Text: w.Text}
}

func count(n int) *int64 {
	if n == call.Unknown {
		return nil
	}
	v := int64(n)
	return &v
}

// kroner gives whole kroner of an amount in øre.
func kroner(ore int64) *int64 {
	if ore == call.Unknown {
		return nil
	}
	v := ore / 100
	return &v
}
