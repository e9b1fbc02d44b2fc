package applicationweb

import (
	"context"

	"github.com/a-h/templ"

	"funn/internal/application"
	"funn/internal/call"
)

// Content shows what an applicant wrote, for those who deal with an opened case. The
// attachments lie below the address in files.
func Content(ctx context.Context, of *call.Call, x *application.Submission, files string) templ.Component {
	if x.Content.V == nil {
		return templ.NopComponent
	}
	return contentView((&pages{}).content(ctx, of, x.Kind, *x.Content.V, files))
}
