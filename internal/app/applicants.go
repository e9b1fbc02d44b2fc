package app

import (
	"context"
	"slices"

	"funn/internal/application"
	"funn/internal/platform/db"
	"funn/internal/platform/lang"
	"funn/internal/platform/mail"
	"funn/internal/platform/web"
)

// deliver sends a letter to those who write in a submission, in the language that
// they write in.
func (h *house) deliver(ctx context.Context, l application.Mail) error {
	people, err := h.people.Persons.List(asSystem(ctx), *new(db.Where).In("r.id", l.To...), "r.id", 0, 0)
	if err != nil {
		return err
	}
	tag, ok := lang.Parse(l.Lang)
	if !ok {
		tag = lang.From(ctx).Tag()
	}
	at := h.engine.Now(ctx)
	ctx = h.in(ctx, tag)
	for _, p := range people {
		if p.Email == "" {
			continue
		}
		args := append(slices.Clone(web.Args(ctx, l.Args)), "address", h.settings.BaseURL+l.Path)
		m := mail.Message{To: p.Email, Lang: string(tag), Subject: lang.T(ctx, l.Key+".subject"), Text: lang.T(ctx, l.Key+".text", args...), At: at}
		if l.Once != "" {
			m.Key = l.Once + "/" + p.ID
		}
		if err := mail.Queue(ctx, h.db, m); err != nil {
			return err
		}
	}
	return nil
}

// inviteCoAuthor sends an invitation to write along. Whether the address is known
// here shows nowhere: who has none makes an account on the way.
func (h *house) inviteCoAuthor(ctx context.Context, email, path, call string) error {
	return mail.Queue(ctx, h.db, mail.Message{
		To: email, Lang: string(lang.From(ctx).Tag()), Subject: lang.T(ctx, "application.letter.invite.subject"), At: h.engine.Now(ctx),
		Text: lang.T(ctx, "application.letter.invite.text", "call", call, "address", h.settings.BaseURL+path),
	})
}
