package application

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

// MostAuthors is how many may write in a submission beside the applicant.
const MostAuthors = 20

// inviteLifetime is how long an invitation to write along can be used.
const inviteLifetime = 14 * 24 * time.Hour

// Invite makes an invitation to write in the submission and gives its code, which is
// to be sent to one address and works once. Faults: NotFound for others than the
// applicant; those of [Service.Writable]; Invalid when there are enough.
func (s *Service) Invite(ctx context.Context, x *Submission) (code string, err error) {
	c, err := s.CallOf(ctx, x)
	if err != nil {
		return "", err
	}
	if !slices.Contains(access.From(ctx).As, x.Applicant) {
		return "", fault.Missing()
	}
	if err := s.Writable(ctx, x, c); err != nil {
		return "", err
	}
	n, err := s.countInvites(ctx, x.ID, s.Of(x.Kind).Engine().Now(ctx))
	if err != nil {
		return "", err
	}
	if n+len(x.CoAuthors.V) >= MostAuthors {
		return "", fault.New(fault.Invalid, "application.authors_most", "max", MostAuthors)
	}
	code = rand.Text()
	return code, s.db().Insert(ctx, "coauthor_invite", inviteRow{ID: hashOf(code), Submission: x.ID, Expires: s.Of(x.Kind).Engine().Now(ctx).Add(inviteLifetime)})
}

func hashOf(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}

// Invitation gives the submission that a code invites to write in. Fault: Gone when
// the code is unknown, used or too old.
func (s *Service) Invitation(ctx context.Context, code string) (*Submission, error) {
	id, err := s.invited(ctx, hashOf(code), s.Sketches.Engine().Now(ctx))
	if fault.Of(err) == fault.NotFound {
		return nil, fault.New(fault.Gone, "application.invite_gone")
	}
	if err != nil {
		return nil, err
	}
	return s.Find(access.With(ctx, access.System), id)
}

// Join lets the context's actor write in the submission of the code.
func (s *Service) Join(ctx context.Context, code string) (*Submission, error) {
	actor := access.From(ctx)
	if actor.Nobody() || actor.Staff {
		return nil, fault.New(fault.Forbidden, "application.not_applicant")
	}
	x, err := s.Invitation(ctx, code)
	if err != nil || slices.Contains(relations(x)[relAuthor], actor.ID) {
		return x, err
	}
	// Nobody comes to what is closed.
	joined := x
	err = s.calls.Taking(ctx, x.Call, x.Kind, func(ctx context.Context, _ *call.Call) error {
		ok, err := s.useInvite(ctx, hashOf(code))
		if err == nil && !ok {
			err = fault.New(fault.Gone, "application.invite_gone")
		}
		if err == nil {
			joined, err = s.Of(x.Kind).As(ctx, x.ID, "join", record.Input{Values: form.Of("person", actor.ID)})
		}
		return err
	})
	return joined, err
}

func join(_ context.Context, c *record.Change[*Submission]) error {
	c.Rec.CoAuthors.V = append(slices.Clone(c.Rec.CoAuthors.V), c.In.String("person"))
	return nil
}

func (s *Service) coAuthors(ctx context.Context, rec any) ([]form.Option, error) {
	x, ok := rec.(*Submission)
	if !ok || x == nil || len(x.CoAuthors.V) == 0 {
		return nil, nil
	}
	names, err := s.People.Names(ctx, x.CoAuthors.V...)
	if err != nil {
		return nil, err
	}
	out := make([]form.Option, len(x.CoAuthors.V))
	for i, id := range x.CoAuthors.V {
		out[i] = form.Option{Value: id, Label: names[id]}
	}
	return out, nil
}

// untilDeadline blocks what changes who writes in a submission that is closed.
func (s *Service) untilDeadline(ctx context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	c, err := s.CallOf(ctx, x)
	if err != nil {
		return v, err
	}
	if f, ok := fault.As(s.takes(ctx, c, x.Kind)); ok {
		v.Block(f.Key, f.Args...)
	}
	return v, nil
}

func removeAuthor(_ context.Context, c *record.Change[*Submission]) error {
	c.Rec.CoAuthors.V = slices.DeleteFunc(slices.Clone(c.Rec.CoAuthors.V), func(id string) bool { return id == c.In.String("author") })
	return nil
}
