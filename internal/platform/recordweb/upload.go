package recordweb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/url"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/web"
)

// KeptFileTime is how long a file that came with a form waits for the form to be
// sent again without errors. One that no record comes to name may be removed from
// the store after that.
const KeptFileTime = 24 * time.Hour

const filePurpose = "file"

// dropFile is before the name of a file field in the name of the box that takes
// its kept file away.
const dropFile = "_drop."

// keptUpload is what stands in a form for a file that is kept already. It is
// signed: else a hash would be enough to be shown anybody's file.
type keptUpload struct {
	By     string `json:"by"` // the person who may use it
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Type   string `json:"type"`
}

// KeepFile keeps a file and gives what stands for it in the actor's form, as
// package web asks for when a login was lost.
func (s *Site) KeepFile(ctx context.Context, fh *multipart.FileHeader) (string, error) {
	u, err := s.upload(ctx, fh)
	if err != nil {
		return "", err
	}
	return s.token(ctx, u)
}

func (s *Site) upload(ctx context.Context, fh *multipart.FileHeader) (*form.Upload, error) {
	file, err := fh.Open()
	if err != nil {
		return nil, fmt.Errorf("open upload: %w", err)
	}
	u, err := s.Keep(ctx, fh.Filename, file, fh.Size)
	return u, errors.Join(err, file.Close())
}

// token gives what stands for a kept file; empty where nothing can be signed.
func (s *Site) token(ctx context.Context, u *form.Upload) (string, error) {
	if s.Router.Forms == nil {
		return "", nil
	}
	text, err := json.Marshal(keptUpload{By: access.From(ctx).ID, Name: u.Name, Size: u.Size, SHA256: u.SHA256, Type: u.Type})
	if err != nil {
		return "", fmt.Errorf("keep upload: %w", err)
	}
	return s.Router.Forms.Sign(ctx, filePurpose, string(text), KeptFileTime)
}

// kept gives the file that a token stands for; nil when it stands for none of the
// actor's, or its time is up.
func (s *Site) kept(ctx context.Context, token string) (*form.Upload, error) {
	if s.Router.Forms == nil || token == "" {
		return nil, nil
	}
	text, ok, err := s.Router.Forms.Signed(ctx, filePurpose, token)
	if err != nil || !ok {
		return nil, err
	}
	var k keptUpload
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		return nil, fmt.Errorf("kept upload: %w", err)
	}
	if k.By != access.From(ctx).ID {
		return nil, nil
	}
	return &form.Upload{Name: k.Name, Size: k.Size, SHA256: k.SHA256, Type: k.Type}, nil
}

// files checks and keeps the uploads of a form, and finds those that an earlier
// sending of it has kept. What stands for them is noted in what was sent, so that
// a form with errors is shown with its files.
func (p *pages[T]) files(c *web.Context, fields []form.Field, sent url.Values) (map[string]*form.Upload, *fault.Error) {
	out := map[string]*form.Upload{}
	var wrong *fault.Error
	for _, f := range fields {
		if f.Type != form.File {
			continue
		}
		u, err := p.file(c, f.Name, sent)
		if err == nil {
			if u != nil {
				out[f.Name] = u
			}
			continue
		}
		if wrong == nil {
			wrong = fault.New(fault.Invalid, "error.invalid")
		}
		flt, ok := fault.As(err)
		if !ok {
			c.Router.Logger.ErrorContext(c.Ctx(), "upload failed", "error", err)
			flt = fault.New(fault.Invalid, "error.file")
		}
		wrong.Fields = append(wrong.Fields, fault.Field{Name: f.Name, Key: flt.Key, Args: flt.Args})
	}
	return out, wrong
}

// file gives the file of one field: the one that was chosen now, else the one that
// is kept, unless that is to be taken away.
func (p *pages[T]) file(c *web.Context, field string, sent url.Values) (*form.Upload, error) {
	ctx, name := c.Ctx(), web.KeptFile(field)
	if m := c.R.MultipartForm; m != nil {
		for _, fh := range m.File[field] {
			if fh.Filename == "" {
				continue // nothing was chosen
			}
			u, err := p.site.upload(ctx, fh)
			if err != nil {
				return nil, err
			}
			token, err := p.site.token(ctx, u)
			sent[name] = []string{token}
			return u, err
		}
	}
	token := sent.Get(name)
	if sent.Get(dropFile+field) != "" {
		sent.Del(name)
		return nil, nil
	}
	u, err := p.site.kept(ctx, token)
	if err == nil && u == nil && token != "" {
		sent.Del(name)
		return nil, fault.New(fault.Invalid, "form.file_gone")
	}
	return u, err
}
