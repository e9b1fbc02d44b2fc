package publicationweb

import (
	"mime"
	"net/http"
	"strings"
	"time"

	"funn/internal/platform/blob"
	"funn/internal/platform/fault"
	"funn/internal/platform/web"
	"funn/internal/publication"
)

// staffFile sends a file of a record that the reader may read.
func (p *pages) staffFile(c *web.Context) error {
	rec, err := p.Service.Kind.ByNumber(c.Ctx(), c.Path("number"))
	if err != nil {
		if fault.Of(err) == fault.NotFound && c.Actor.Nobody() {
			return fault.New(fault.Unauthorised, "error.unauthorised")
		}
		return err
	}
	f, ok := rec.StaffFile(c.Path("sha"))
	if !ok {
		return fault.Missing()
	}
	return p.send(c, f, "private, no-store")
}

// publicFile sends a file that everybody may read.
func (p *pages) publicFile(c *web.Context) error {
	page, err := p.Service.BySlug(c.Ctx(), c.Path("slug"))
	if err != nil {
		return err
	}
	f, ok := page.File(c.Path("sha"))
	if !ok {
		return fault.Missing()
	}
	// A file never changes at its address, but it can be withdrawn: readers ask again.
	return p.send(c, f, "no-cache")
}

// send sends a file to be saved, never to be shown as a page of ours: what is in
// it is other people's.
func (p *pages) send(c *web.Context, f publication.File, cache string) error {
	if p.Files == nil {
		return fault.Missing()
	}
	content, err := p.Files.Open(c.Ctx(), f.SHA)
	if err != nil {
		return err
	}
	defer content.Close()
	h := c.W.Header()
	h.Set("Content-Type", mediaType(f.Type))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", cache)
	h.Set("ETag", `"`+f.SHA+`"`)
	if strings.HasPrefix(h.Get("Content-Type"), "text/") {
		c.R.Header.Del("Range") // text is sent compressed, and a part of that is no part of the file
	}
	http.ServeContent(c.W, c.R, "", time.Time{}, content)
	return nil
}

// mediaType gives the type that a file is sent as: one of those that are taken
// in, or none in particular.
func mediaType(kept string) string {
	for _, k := range blob.Kinds() {
		if k.Type == kept {
			return kept
		}
	}
	return "application/octet-stream"
}
