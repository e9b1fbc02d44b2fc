package projectweb

import (
	"github.com/a-h/templ"

	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/project"
)

// document is a file that a project has delivered.
type document struct {
	SHA, Name, Type string
}

// find gives the project's file with the hash. Only what the project itself has
// delivered can be had through it.
func find(r *project.Project, sha string) (document, bool) {
	for _, d := range r.Deliverables.V {
		if d.File != "" && d.File == sha {
			return document{d.File, d.FileName, d.FileType}, true
		}
		for _, v := range d.Returned {
			if v.File != "" && v.File == sha {
				return document{v.File, v.FileName, v.FileType}, true
			}
		}
	}
	return document{}, false
}

// documents lists what has been delivered, sent-back versions too, each with its
// file when there is one.
func (p *pages) documents(c *web.Context, r *project.Project) (templ.Component, error) {
	ctx := c.Ctx()
	var out []documentProps
	for _, d := range r.Deliverables.V {
		kind := lang.T(ctx, "deliverable."+d.Kind)
		if !d.Delivered.IsZero() && d.Kind != project.Presentation {
			x := documentProps{Kicker: kind, Title: d.Title, Text: d.Summary, Meta: []string{lang.T(ctx, "project.delivered_on", "day", lang.Day(ctx, d.Delivered))}}
			if d.Lang != "" {
				x.Meta = append(x.Meta, lang.T(ctx, "language."+d.Lang))
			}
			x.Tag = ui.TagProps{Tone: ui.Warning, Text: lang.T(ctx, "project.document.not_accepted")}
			if !d.Accepted.IsZero() || d.Part() {
				x.Tag = ui.TagProps{Tone: ui.Success, Text: lang.T(ctx, "project.document.current")}
			}
			out = append(out, x.with(r, d.File, d.FileName))
		}
		for i := len(d.Returned) - 1; i >= 0; i-- {
			v := d.Returned[i]
			x := documentProps{
				Kicker: kind, Title: v.Title, Text: lang.T(ctx, "project.document.why_returned", "reason", v.Reason), Tag: ui.TagProps{Tone: ui.Neutral, Text: lang.T(ctx, "project.document.returned")},
				Meta: []string{lang.T(ctx, "project.delivered_on", "day", lang.Day(ctx, v.Delivered)), lang.T(ctx, "project.returned_on", "day", lang.Day(ctx, v.Returned))},
			}
			out = append(out, x.with(r, v.File, v.FileName))
		}
	}
	return documentsPage(out), nil
}

type documentProps struct {
	Kicker, Title, Text string
	Tag                 ui.TagProps
	Meta                []string
	Href, File          string
}

func (x documentProps) with(r *project.Project, sha, name string) documentProps {
	if sha != "" {
		x.Href, x.File = path(r.Number)+"/fil/"+sha, name
	}
	return x
}
