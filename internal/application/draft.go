package application

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"funn/internal/call"
	"funn/internal/platform/access"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

// filesPart is the part of a draft that holds the attachments of all: a file can be
// added while somebody else writes.
const filesPart = ".files"

// mostWritten is how much a part can hold, in bytes: more than any form asks for.
const mostWritten = 400 << 10

// Saved is a part of a draft.
type Saved struct {
	Version int // 0 while nothing was saved
	At      time.Time
	By      string // person
	Values  Values
}

// Drafted is what applicants have written so far.
type Drafted struct {
	Parts map[string]Saved
	Files []File

	files int       // version of the list of files
	at    time.Time // when that was saved
}

// Written gives what was written.
func (d Drafted) Written() Written {
	w := Written{Values: map[string]Values{}, Files: d.Files}
	for id, p := range d.Parts {
		w.Values[id] = p.Values
	}
	return w
}

// SavedAt gives when something was saved last; zero when nothing was.
func (d Drafted) SavedAt() time.Time {
	last := d.at
	for _, p := range d.Parts {
		if p.At.After(last) {
			last = p.At
		}
	}
	return last
}

// Clash says that somebody else has saved the part in the meantime.
type Clash struct{ Theirs Saved }

func (*Clash) Error() string { return "somebody else has saved this part in the meantime" }

// openCalls gives the calls that take sketches now.
func (s *Service) openCalls(ctx context.Context, _ any) ([]form.Option, error) {
	list, err := s.calls.Known(ctx)
	if err != nil {
		return nil, err
	}
	var out []form.Option
	for _, c := range list {
		if c.Takes(Sketch, s.calls.Kind.Engine().Now(ctx)) == nil {
			out = append(out, form.Option{Value: c.ID, Label: c.Title})
		}
	}
	return out, nil
}

// MostBegun is how many sketches a person may begin on in one call.
const MostBegun = 20

// start makes a sketch that nobody but the applicant knows of. The call cannot close
// meanwhile: a draft begun as it does would never end.
func (s *Service) start(ctx context.Context, c *record.Change[*Submission]) error {
	return s.calls.Taking(ctx, c.In.String("call"), Sketch, func(ctx context.Context, of *call.Call) error {
		if err := s.takes(ctx, of, Sketch); err != nil {
			return err
		}
		n, err := s.countBegun(ctx, of.ID, c.Actor.ID)
		if err != nil {
			return err
		}
		if n >= MostBegun {
			return wrong("call", "application.begun_most", "max", MostBegun)
		}
		x := c.Rec
		x.Number = s.RandomNumber(Sketch)
		x.Title, x.Call, x.Applicant = x.Number, of.ID, c.Actor.ID
		return nil
	})
}

// takes says why nothing can be written in answer to the call now; nil when it can.
// Without a key of the call nothing could ever be sent, as with a call that was open
// before there were keys. Faults: those of [call.Service.Takes].
func (s *Service) takes(ctx context.Context, c *call.Call, stage string) error {
	if err := s.calls.Takes(ctx, c, stage); err != nil {
		return err
	}
	if c.Key.V == nil {
		return fault.New(fault.Conflict, "application.blocked.key")
	}
	return nil
}

// Start begins a sketch for the context's actor. Fault: Invalid when the call takes
// none.
func (s *Service) Start(ctx context.Context, callID string) (*Submission, error) {
	return s.Sketches.Create(ctx, "start", record.Input{Values: form.Of("call", callID)}, nil)
}

// CallOf gives the call of a submission, whoever asks: those who may see the
// submission may know what it answers.
func (s *Service) CallOf(ctx context.Context, x *Submission) (*call.Call, error) {
	return s.calls.Kind.Get(access.With(ctx, access.System), x.Call)
}

// Find gives the sketch or the application with the id, if the context's actor may
// see it.
func (s *Service) Find(ctx context.Context, id string) (*Submission, error) {
	x, err := s.Sketches.Get(ctx, id)
	if fault.Of(err) == fault.NotFound {
		return s.Applications.Get(ctx, id)
	}
	return x, err
}

// Writes says whether the context's actor writes in the submission.
func Writes(ctx context.Context, x *Submission) bool {
	return slices.ContainsFunc(access.From(ctx).As, func(id string) bool { return slices.Contains(relations(x)[relAuthor], id) })
}

// Writable says why nothing can be written in the submission now; nil when it can.
// Faults: NotFound for those who do not write in it; Gone after the deadline;
// Conflict in another state.
func (s *Service) Writable(ctx context.Context, x *Submission, c *call.Call) error {
	switch {
	case !Writes(ctx, x):
		return fault.Missing()
	case x.State != Draft && x.State != Submitted:
		return fault.New(fault.Conflict, "error.wrong_state")
	}
	return s.takes(ctx, c, x.Kind)
}

// writing runs fn in a transaction in which what is written now is in time.
func (s *Service) writing(ctx context.Context, id string, fn func(ctx context.Context, x *Submission, c *call.Call) error) error {
	x, err := s.Find(ctx, id)
	if err != nil {
		return err
	}
	inside := func(ctx context.Context, c *call.Call) error {
		x, err := s.Find(ctx, id)
		if err == nil {
			err = s.Writable(ctx, x, c)
		}
		if err != nil {
			return err
		}
		return fn(ctx, x, c)
	}
	c, err := s.CallOf(ctx, x)
	if err == nil {
		err = s.Writable(ctx, x, c)
	}
	if err != nil && fault.Of(err) != fault.Gone {
		return err
	}
	return s.calls.Taking(ctx, x.Call, x.Kind, inside)
}

// sealed is the JSON of what a row of a draft holds.
type sealedPart struct {
	Values Values `json:"values,omitempty"`
	Files  []File `json:"files,omitempty"`
}

const draftPurpose = "draft"

func draftContext(submission, part string) string { return submission + "/" + part }

// Draft gives what was written in a submission, for those who write in it.
func (s *Service) Draft(ctx context.Context, x *Submission) (Drafted, error) {
	d := Drafted{Parts: map[string]Saved{}}
	if a := access.From(ctx); !a.System && !Writes(ctx, x) {
		return d, fault.Missing()
	}
	rows, err := s.draftRows(ctx, x.ID)
	if err != nil {
		return d, err
	}
	for _, row := range rows {
		var p sealedPart
		plain, err := s.secret.Open(draftPurpose, draftContext(row.Submission, row.Part), row.Box)
		if err == nil {
			err = json.Unmarshal(plain, &p)
		}
		if err != nil {
			return d, fmt.Errorf("open part %s of the draft of %s: %w", row.Part, x.Number, err)
		}
		if row.Part == filesPart {
			d.Files, d.files, d.at = p.Files, row.Version, row.SavedAt
			continue
		}
		d.Parts[row.Part] = Saved{Version: row.Version, At: row.SavedAt, By: row.SavedBy, Values: p.Values}
	}
	return d, nil
}

func (s *Service) put(ctx context.Context, x *Submission, part string, version int, p sealedPart) (bool, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return false, fmt.Errorf("save a part of a draft: %w", err)
	}
	return s.putDraft(ctx, draftRow{
		Submission: x.ID, Part: part, Version: version, Box: s.secret.Seal(draftPurpose, draftContext(x.ID, part), plain),
		SavedAt: s.Of(x.Kind).Engine().Now(ctx), SavedBy: access.From(ctx).ID,
	})
}

// Save keeps what was written in a part, right or wrong, and gives the part as it is
// now. version is that of the part that the writer began from.
//
// Errors: [*Clash] when somebody else saved the part in the meantime; faults of
// [Service.Writable]; NotFound for a part that the form does not have; TooLarge.
func (s *Service) Save(ctx context.Context, id, part string, version int, v Values) (out Saved, err error) {
	err = s.writing(ctx, id, func(ctx context.Context, x *Submission, c *call.Call) error {
		d, err := s.Draft(ctx, x)
		if err != nil {
			return err
		}
		written := d.Written()
		if part == PartPeople {
			written.Values[part] = v // it says how many rows there are
		}
		parts := PartsOf(c, x.Kind, written.Values)
		i := slices.IndexFunc(parts, func(p Part) bool { return p.ID == part })
		if i < 0 {
			return fault.Missing()
		}
		kept, size := clean(parts[i], v)
		if size > mostWritten {
			return fault.New(fault.TooLarge, "error.too_large")
		}
		now := d.Parts[part]
		if now.Version != version {
			if maps.EqualFunc(now.Values, kept, slices.Equal) {
				out = now
				return nil
			}
			return &Clash{now}
		}
		ok, err := s.put(ctx, x, part, version+1, sealedPart{Values: kept})
		if err == nil && !ok {
			err = errAgain
		}
		out = Saved{Version: version + 1, At: s.Of(x.Kind).Engine().Now(ctx), By: access.From(ctx).ID, Values: kept}
		return err
	})
	if errors.Is(err, errAgain) {
		return s.Save(ctx, id, part, version, v) // another saved between reading and writing, and is seen now
	}
	return out, err
}

var errAgain = errors.New("somebody else saved at the same moment")

// clean gives what was written in the part's fields, and nothing else, as text that
// can be kept.
func clean(p Part, v Values) (Values, int) {
	kept, size := Values{}, 0
	for _, f := range p.Fields {
		if len(v[f.Name]) == 0 {
			continue
		}
		text := strings.ReplaceAll(strings.ToValidUTF8(v[f.Name][0], "\ufffd"), "\x00", "\ufffd")
		text = strings.ReplaceAll(text, "\r\n", "\n")
		if strings.TrimSpace(text) == "" {
			continue
		}
		kept[f.Name] = []string{text}
		size += len(f.Name) + len(text)
	}
	return kept, size
}
