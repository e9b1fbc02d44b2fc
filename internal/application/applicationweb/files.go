package applicationweb

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"

	"funn/internal/application"
	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/web"
)

// attach takes an attachment: it is encrypted while it comes in.
func (p *pages) attach(kind string) web.Handler {
	return func(c *web.Context) error {
		x, of, err := p.writer(c, kind)
		if err != nil {
			return err
		}
		ctx, question := c.Ctx(), c.Path("question")
		part := ""
		for _, q := range application.PartsOf(of, kind, nil) {
			for _, f := range q.Files {
				if f.ID == question {
					part = q.ID
				}
			}
		}
		if part == "" {
			return fault.Missing()
		}
		here := address(x) + "/del/" + url.PathEscape(part)
		file, err := filePart(c)
		if err == nil {
			_, err = p.Service.Attach(ctx, x.ID, question, file.FileName(), file)
		}
		if err == nil {
			return c.Redirect(here+"#"+fieldID(question), lang.T(ctx, "application.file_saved"))
		}
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Invalid {
			return err
		}
		d, derr := p.Service.Draft(ctx, x)
		if derr != nil {
			return derr
		}
		c.R.SetPathValue("part", part)
		saved := d.Parts[part]
		return p.showPart(c, web.Status(err), x, of, d, view{values: saved.Values, version: saved.Version, fault: c.FaultText(f), faultAt: question})
	}
}

// filePart gives the file of a form as it comes in.
func filePart(c *web.Context) (*multipart.Part, error) {
	parts, err := c.R.MultipartReader()
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "error.form_broken")
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, fault.New(fault.Invalid, "form.required.file", "field", "")
		case err != nil:
			return nil, fault.Wrap(fault.Invalid, err, "error.form_broken")
		case part.FormName() == web.SenderField:
			text, err := io.ReadAll(io.LimitReader(part, 4096))
			if err != nil {
				return nil, fault.Wrap(fault.Invalid, err, "error.form_broken")
			}
			if other, err := c.SentByOther(url.Values{web.SenderField: {string(text)}}); err != nil || other {
				return nil, errors.Join(err, fault.New(fault.Unauthorised, "error.unauthorised"))
			}
		case part.FormName() == "fil":
			if part.FileName() == "" {
				return nil, fault.New(fault.Invalid, "application.no_file")
			}
			return part, nil
		}
	}
}

// detach takes an attachment away.
func (p *pages) detach(kind string) web.Handler {
	return func(c *web.Context) error {
		x, of, err := p.writer(c, kind)
		if err != nil {
			return err
		}
		d, err := p.Service.Draft(c.Ctx(), x)
		if err != nil {
			return err
		}
		to := address(x)
		for _, f := range d.Files {
			for _, q := range application.PartsOf(of, kind, nil) {
				for _, question := range q.Files {
					if f.Stored == c.Path("stored") && question.ID == f.Question {
						to = address(x) + "/del/" + url.PathEscape(q.ID)
					}
				}
			}
		}
		if err := p.Service.Detach(c.Ctx(), x.ID, c.Path("stored")); err != nil {
			return err
		}
		return c.Redirect(to, lang.T(c.Ctx(), "application.file_removed"))
	}
}

// download gives an attachment to those who may read what it belongs to.
func (p *pages) download(kind string) web.Handler {
	return func(c *web.Context) error {
		ctx := c.Ctx()
		k := p.Service.Of(kind)
		x, err := k.ByNumber(ctx, c.Path("number"))
		if err == nil && !access.Allows(k.Read, c.Actor, k.Subject(x)) {
			err = fault.Missing()
		}
		if err != nil {
			if fault.Of(err) == fault.NotFound && c.Actor.Nobody() {
				err = fault.New(fault.Unauthorised, "error.unauthorised")
			}
			return err
		}
		f, plain, closer, err := p.Service.OpenFile(ctx, x, c.Path("stored"))
		if err != nil {
			return err
		}
		defer closer.Close()
		h := c.W.Header()
		h.Set("Content-Type", f.Type)
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
		h.Set("Cache-Control", "no-store")
		http.ServeContent(c.W, c.R, "", x.Updated, plain)
		return nil
	}
}
