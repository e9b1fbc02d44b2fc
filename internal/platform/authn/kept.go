package authn

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"funn/internal/platform/db"
	"funn/internal/platform/fault"
)

// How much is kept of forms that came after the login was lost, and how long.
const (
	keptTime  = time.Hour
	keptBytes = 512 << 10 // of one form; the longest text of a field is a few thousand characters
	keptForms = 5         // of one person
)

type keptForm struct {
	ID       string    `db:"id"`
	PersonID string    `db:"person_id"`
	Path     string    `db:"path"`
	Data     string    `db:"data"` // sealed with the secret: what somebody wrote and has not sent is nobody else's
	Made     time.Time `db:"made"`
}

// KeepForm keeps a form that the person wrote and that came to the path after the
// login was lost. It is given back to this browser and that person only. More
// than half a megabyte is a TooLarge fault, and then nothing is kept.
func (s *Sessions) KeepForm(ctx context.Context, personID, path string, form url.Values) error {
	if visitOf(ctx) == nil {
		return fmt.Errorf("keep form: %w", errNoSession)
	}
	data, err := json.Marshal(form)
	if err != nil {
		return fmt.Errorf("keep form: %w", err)
	}
	if len(data) > keptBytes {
		return fault.New(fault.TooLarge, "error.too_large")
	}
	// The key names the form to this browser's session, as a token names a session.
	k := keptForm{ID: rand.Text(), PersonID: personID, Path: path, Made: time.Now()}
	k.Data = base64.StdEncoding.EncodeToString(s.secret.Seal(keptPurpose, k.context(), data))
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.db.Insert(ctx, "kept_form", k); err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, "DELETE FROM kept_form WHERE made <= $1", k.Made.Add(-keptTime)); err != nil {
			return err
		}
		_, err := s.db.Exec(ctx, `
			DELETE FROM kept_form WHERE person_id = $1 AND id NOT IN (
				SELECT id FROM kept_form WHERE person_id = $1 ORDER BY made DESC, id LIMIT $2)`, personID, keptForms)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep form: %w", err)
	}
	ids := append(s.kept(ctx), k.ID)
	s.manager.Put(ctx, keyKept, strings.Join(ids[max(0, len(ids)-2*keptForms):], " "))
	visitOf(ctx).vital = true
	return nil
}

// KeptForm gives what the person last wrote at this browser for the path when the
// login was lost; nil when there is nothing.
func (s *Sessions) KeptForm(ctx context.Context, personID, path string) (url.Values, error) {
	forms, err := s.keptForms(ctx, personID, path)
	if err != nil || len(forms) == 0 {
		return nil, err
	}
	box, err := base64.StdEncoding.DecodeString(forms[0].Data)
	if err != nil {
		return nil, nil // from before forms were sealed
	}
	data, err := s.secret.Open(keptPurpose, forms[0].context(), box)
	if err != nil {
		// Sealed with the secret of another run of the program, which had none of its own.
		s.log.WarnContext(ctx, "a kept form cannot be opened with the secret", "error", err)
		return nil, nil
	}
	var form url.Values
	if err := json.Unmarshal(data, &form); err != nil {
		return nil, fmt.Errorf("read kept form: %w", err)
	}
	return form, nil
}

const keptPurpose = "kept form"

// context binds what is sealed to its row, so that nobody who writes in the
// database can have one person shown another's.
func (k keptForm) context() string { return k.ID + " " + k.PersonID + " " + k.Path }

// ForgetForm removes what KeptForm gives, once it has been sent.
func (s *Sessions) ForgetForm(ctx context.Context, personID, path string) error {
	forms, err := s.keptForms(ctx, personID, path)
	for _, k := range forms {
		if _, err := s.db.Exec(ctx, "DELETE FROM kept_form WHERE id = $1", k.ID); err != nil {
			return fmt.Errorf("forget kept form: %w", err)
		}
	}
	return err
}

// keptForms gives the person's forms for the path that this browser sent, newest first.
func (s *Sessions) keptForms(ctx context.Context, personID, path string) ([]keptForm, error) {
	ids := s.kept(ctx)
	if len(ids) == 0 || personID == "" {
		return nil, nil
	}
	all, err := db.All[keptForm](ctx, s.db, "SELECT "+db.Columns[keptForm]("")+" FROM kept_form WHERE person_id = $1 AND path = $2 AND made > $3 ORDER BY made DESC, id",
		personID, path, time.Now().Add(-keptTime))
	if err != nil {
		return nil, fmt.Errorf("kept forms: %w", err)
	}
	return slices.DeleteFunc(all, func(k keptForm) bool { return !slices.Contains(ids, k.ID) }), nil
}

// kept gives the keys of the forms that this browser sent.
func (s *Sessions) kept(ctx context.Context) []string {
	if visitOf(ctx) == nil {
		return nil
	}
	return strings.Fields(s.manager.GetString(ctx, keyKept))
}
