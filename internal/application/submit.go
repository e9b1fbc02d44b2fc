package application

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
	"funn/internal/platform/seal"
)

// Receipt is what an applicant is told of a version that was sent.
type Receipt struct {
	Number string // of the submission
	N      int    // of the version, from 1
	SentAt time.Time
	SentBy string // person
	Hash   string // SHA-256 of the content's JSON, in hex
	HasOwn bool   // the applicants' own copy can still be read
}

// Mail is a letter to those who write in a submission. What is written in it never
// stands there.
type Mail struct {
	To   []string // persons
	Lang string   // empty for the language that the context has
	Key  string   // of the messages KEY.subject and KEY.text
	Args []any
	Path string // of the page that the letter leads to: the argument address
	Once string // names the letter, so that it is sent once
}

// sealContext binds a sealed version to its submission.
func sealContext(submission string, n int) string {
	return "submission/" + submission + "/" + strconv.Itoa(n)
}

const copyPurpose = "copy"

// Submit sends what is written. It is in time when the clock, read once, stands
// before the deadline, and may be done again until then: the latest version counts.
// The same request again gives the receipt that it was given, at any time.
//
// Faults: those of [Service.Writable], Conflict with what is missing.
func (s *Service) Submit(ctx context.Context, id, request string) (r Receipt, err error) {
	ctx = s.Sketches.Engine().At(ctx)
	x, err := s.Find(ctx, id)
	if err != nil {
		return r, err
	}
	// The call is held before the submission, in the order in which closing takes them.
	err = s.calls.Taking(ctx, x.Call, x.Kind, func(ctx context.Context, _ *call.Call) error {
		// May be run again; what failed gives no record.
		sent, err := s.Of(x.Kind).Do(ctx, id, "submit", record.Input{Request: request})
		if err == nil {
			r = Receipt{Number: sent.Number, N: sent.Sent, SentAt: sent.SentAt, SentBy: sent.SentBy, Hash: sent.Receipt, HasOwn: true}
		}
		return err
	})
	if kind := fault.Of(err); kind == fault.Gone || kind == fault.Conflict {
		// Whoever did not get the answer sends the same form again, and may do so late.
		if before, ok, rerr := s.accepted(ctx, x, request); ok || rerr != nil {
			return before, rerr
		}
	}
	return r, err
}

// accepted gives the receipt that the request was given when it was carried out; ok
// is false when it never was.
func (s *Service) accepted(ctx context.Context, x *Submission, request string) (r Receipt, ok bool, err error) {
	// Only whether it was done is asked: what is wrong with doing it now is known.
	if done, _ := s.Of(x.Kind).Refused(ctx, x, "submit", request); !done {
		return r, false, nil
	}
	events, err := event.ByRequest(ctx, s.db(), request)
	if err != nil {
		return r, false, err
	}
	receipts, err := s.Receipts(ctx, x)
	if err != nil {
		return r, false, err
	}
	i := slices.IndexFunc(receipts, func(r Receipt) bool { return r.SentAt.Equal(events[0].At) })
	if i < 0 {
		return r, false, fmt.Errorf("%s was sent at %v, but there is no version of it", x.Number, events[0].At)
	}
	return receipts[i], true, nil
}

// Ready gives what must be mended before the submission can be sent.
func (s *Service) Ready(ctx context.Context, x *Submission) (Content, []Problem, error) {
	c, err := s.CallOf(ctx, x)
	if err != nil {
		return Content{}, nil, err
	}
	d, err := s.Draft(ctx, x)
	if err != nil {
		return Content{}, nil, err
	}
	return Read(ctx, c, x.Kind, d.Written())
}

func (s *Service) submittable(ctx context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	c, err := s.CallOf(ctx, x)
	if err != nil {
		return v, err
	}
	if err := s.takes(ctx, c, x.Kind); err != nil {
		f, _ := fault.As(err)
		v.Block(f.Key, f.Args...)
		return v, nil
	}
	_, problems, err := s.Ready(ctx, x)
	if len(problems) > 0 {
		v.Block("application.blocked.incomplete", "n", len(problems))
	}
	return v, err
}

// submit seals what is written to the call's key. Nothing of it goes into the record
// or its event.
func (s *Service) submit(ctx context.Context, c *record.Change[*Submission]) error {
	x := c.Rec
	of, err := s.CallOf(ctx, x)
	if err != nil {
		return err
	}
	if err := s.takes(ctx, of, x.Kind); err != nil {
		return err
	}
	content, problems, err := s.Ready(ctx, x)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return fault.New(fault.Conflict, "application.blocked.incomplete", "n", len(problems))
	}
	content.Salt = rand.Text()
	plain, hash, err := canonical(content)
	if err != nil {
		return err
	}
	n := x.Sent + 1
	box, err := seal.Seal(of.Key.V.Public, sealContext(x.ID, n), plain)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	row := versionRow{
		Submission: x.ID, N: n, SentAt: c.Now, SentBy: c.Actor.ID, Receipt: hash, Box: box,
		Copy: s.secret.Seal(copyPurpose, sealContext(x.ID, n), plain),
	}
	if err := s.db().Insert(ctx, "submission_version", row); err != nil {
		return err
	}
	if err := s.keepFiles(ctx, x.ID, content.Files); err != nil {
		return err
	}
	x.Sent, x.SentAt, x.SentBy, x.Receipt, x.Lang = n, c.Now, c.Actor.ID, hash, content.Lang
	c.Note("version", strconv.Itoa(n))
	c.Note("receipt", hash)
	return s.deliver(ctx, Mail{
		To: relations(x)[relAuthor], Lang: content.Lang, Key: "application.letter.sent", Path: s.Of(x.Kind).Path + "/" + x.Number,
		Args: []any{"number", x.Number, "version", n, "when", c.Now, "hash", hash}, Once: "sent/" + x.ID + "/" + strconv.Itoa(n),
	})
}

func (s *Service) deliver(ctx context.Context, l Mail) error {
	if s.Deliver == nil {
		return nil
	}
	return s.Deliver(ctx, l)
}

// canonical gives the content as the JSON that its receipt is of: fields in the order
// of [Content], answers by the order of their ids, no space between.
func canonical(x Content) (plain []byte, hash string, err error) {
	if plain, err = json.Marshal(x); err != nil {
		return nil, "", fmt.Errorf("write the content: %w", err)
	}
	sum := sha256.Sum256(plain)
	return plain, hex.EncodeToString(sum[:]), nil
}

// Receipts gives the versions that were sent, the latest first.
func (s *Service) Receipts(ctx context.Context, x *Submission) ([]Receipt, error) {
	if a := access.From(ctx); !a.System && !Writes(ctx, x) {
		return nil, fault.Missing()
	}
	rows, err := s.versions(ctx, x.ID)
	out := make([]Receipt, len(rows))
	for i, r := range rows {
		out[i] = Receipt{Number: x.Number, N: r.N, SentAt: r.SentAt, SentBy: r.SentBy, Hash: r.Receipt, HasOwn: len(r.Copy) > 0}
	}
	return out, err
}

// Copy gives the applicants' own copy of a version that was sent: the very bytes that
// its receipt is of, and what they say. Fault: Gone after the deadline.
func (s *Service) Copy(ctx context.Context, x *Submission, n int) (plain []byte, content Content, err error) {
	if !Writes(ctx, x) {
		return nil, content, fault.Missing()
	}
	row, err := s.version(ctx, x.ID, n)
	if err != nil {
		return nil, content, err
	}
	if len(row.Copy) == 0 {
		return nil, content, fault.New(fault.Gone, "application.copy_gone")
	}
	if plain, err = s.secret.Open(copyPurpose, sealContext(x.ID, n), row.Copy); err == nil {
		err = json.Unmarshal(plain, &content)
	}
	if err != nil {
		return nil, content, fmt.Errorf("open copy %d of %s: %w", n, x.Number, err)
	}
	return plain, content, nil
}

// withdraw forgets what was written in what is withdrawn.
func (s *Service) withdraw(ctx context.Context, c *record.Change[*Submission]) error {
	free, err := s.forgetDraft(ctx, c.Rec.ID)
	if err == nil {
		s.db().AfterCommit(ctx, func() { s.discard(free...) })
	}
	return err
}

// Expire ends what was not sent in time, in the transaction that closes the stage,
// and forgets what can be read of what was: from now on two holders open it.
func (s *Service) Expire(ctx context.Context, callID, stage string) error {
	ctx = access.With(ctx, access.System)
	k := s.Of(stage)
	drafts, err := k.List(ctx, inCall(callID, Draft), "r.id", 0, 0)
	if err != nil {
		return err
	}
	for _, x := range drafts {
		if _, err := k.Do(ctx, x.ID, "expire", record.Input{}); err != nil {
			return err
		}
	}
	sent, err := k.List(ctx, inCall(callID, Submitted), "r.id", 0, 0)
	if err != nil {
		return err
	}
	for _, x := range sent {
		if _, err := s.forgetDraft(ctx, x.ID); err != nil {
			return err
		}
	}
	return nil
}

// expiredFor is for how long those who did not send in time can read what they wrote.
const expiredFor = 30 * 24 * time.Hour

// Sweep forgets what was written in what was not sent in time. The attachments go when
// the file store is swept of what no row names.
func (s *Service) Sweep(ctx context.Context) error {
	ids, err := s.longExpired(ctx, s.Sketches.Engine().Now(ctx).Add(-expiredFor))
	if err != nil {
		return err
	}
	for _, id := range ids {
		err := s.db().Tx(ctx, func(ctx context.Context) error {
			_, err := s.forgetDraft(ctx, id)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

type openedKey struct{}

// OpenAll opens what was sent in the stage, and tells after each how many of how
// many are open. What it has opened stays open when it fails. One that cannot be opened
// stops none of the others: its applicants are asked for their copy of it, see
// handInCopy, and it is named in a [*call.Unread].
func (s *Service) OpenAll(ctx context.Context, callID, stage string, key *seal.PrivateKey, progress func(done, total int) error) error {
	ctx = access.With(ctx, access.System)
	k := s.Of(stage)
	sent, err := k.List(ctx, inCall(callID, Submitted), "r.id", 0, 0)
	if err != nil {
		return err
	}
	for i, x := range sent {
		err := s.openOne(ctx, x, key)
		if errors.Is(err, errUnreadable) {
			_, err = k.Do(ctx, x.ID, "cannot_open", record.Input{})
		}
		// Applicants may withdraw meanwhile.
		if err != nil && fault.Of(err) != fault.Conflict {
			return fmt.Errorf("open %s: %w", x.Number, err)
		}
		if progress != nil {
			if err := progress(i+1, len(sent)); err != nil {
				return err
			}
		}
	}
	// Those too that were found before an opening broke off.
	returned, err := k.List(ctx, inCall(callID, Returned), "r.number", 0, 0)
	if err != nil {
		return err
	}
	var unread []string
	for _, x := range returned {
		if x.HasFlag(Unreadable) {
			unread = append(unread, x.Number)
		}
	}
	if len(unread) > 0 {
		return &call.Unread{Numbers: unread}
	}
	return nil
}

// errUnreadable is what was sent and is not as it was sent.
var errUnreadable = errors.New("it is not what was sent")

// read gives the content whose JSON the receipt is of.
func read(plain []byte, receipt string) (*Content, error) {
	sum := sha256.Sum256(plain)
	if hex.EncodeToString(sum[:]) != receipt {
		return nil, fmt.Errorf("%w: another receipt", errUnreadable)
	}
	content := &Content{}
	if err := json.Unmarshal(plain, content); err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return content, nil
}

func (s *Service) openOne(ctx context.Context, x *Submission, key *seal.PrivateKey) error {
	row, err := s.version(ctx, x.ID, x.Sent)
	if fault.Of(err) == fault.NotFound {
		return fmt.Errorf("%w: version %d is not there", errUnreadable, x.Sent)
	}
	if err != nil {
		return err
	}
	plain, err := key.Open(sealContext(x.ID, x.Sent), row.Box)
	if err != nil {
		return fmt.Errorf("%w: %w", errUnreadable, err)
	}
	content, err := read(plain, x.Receipt)
	if err != nil {
		return err
	}
	// The content is no answer to a form: those are written to the event log.
	_, err = s.Of(x.Kind).Do(context.WithValue(ctx, openedKey{}, content), x.ID, "open", record.Input{})
	return err
}

// cannotOpen gives what cannot be opened back to the applicants, who have a copy of it
// that its receipt is of.
func (s *Service) cannotOpen(ctx context.Context, c *record.Change[*Submission]) error {
	x := c.Rec
	x.SetFlag(Unreadable, true)
	return s.deliver(ctx, Mail{
		To: relations(x)[relAuthor], Lang: x.Lang, Key: "application.letter.unreadable", Path: s.Of(x.Kind).Path + "/" + x.Number,
		Args: []any{"number", x.Number, "version", x.Sent, "hash", x.Receipt}, Once: "unreadable/" + x.ID,
	})
}

// readable blocks what is done with the content of a case that has none.
func readable(_ context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	if x.HasFlag(Unreadable) {
		v.Nothing("application.blocked.unreadable")
	}
	return v, nil
}

func unreadable(_ context.Context, x *Submission, _ form.Values) (v record.Verdict, err error) {
	if !x.HasFlag(Unreadable) {
		v.Nothing("application.blocked.readable")
	}
	return v, nil
}

// handInCopy takes the applicants' own copy in place of what could not be opened. That
// it is the very text that was sent in time, its receipt shows.
func (s *Service) handInCopy(ctx context.Context, c *record.Change[*Submission]) error {
	content, err := read([]byte(strings.TrimSpace(c.In.String("copy"))), c.Rec.Receipt)
	if err != nil {
		return wrong("copy", "application.copy_other", "hash", c.Rec.Receipt)
	}
	c.Rec.SetFlag(Unreadable, false)
	return s.opened(ctx, c, content)
}

func (s *Service) open(ctx context.Context, c *record.Change[*Submission]) error {
	content, ok := ctx.Value(openedKey{}).(*Content)
	if !ok {
		return fmt.Errorf("opened without its content")
	}
	return s.opened(ctx, c, content)
}

// opened lets the content be read by those who deal with the case.
func (s *Service) opened(ctx context.Context, c *record.Change[*Submission], content *Content) error {
	of, err := s.CallOf(ctx, c.Rec)
	if err != nil {
		return err
	}
	x := c.Rec
	x.Content.V, x.Title, x.Lang, x.Owner, x.OpenedAt = content, content.Title, content.Lang, of.Owner, c.Now
	x.SetFlag(Opened, true)
	return nil
}
