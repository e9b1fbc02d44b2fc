package application

import (
	"context"
	"fmt"
	"slices"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/db"
)

// CasesOf gives a call's sketches or applications by number, whoever asks: for what
// follows from them. Pages show them only as far as the reader may see each.
func (s *Service) CasesOf(ctx context.Context, callID, kind string) ([]*Submission, error) {
	list, err := s.Of(kind).List(access.With(ctx, access.System), *new(db.Where).And("b.call = ?", callID), "r.number", 0, 0)
	if err != nil {
		return nil, fmt.Errorf("cases of call %s: %w", callID, err)
	}
	return list, nil
}

// LockCall makes whoever decides on another case of the call wait until this
// transaction is over. SQLite has one writer anyway.
func (s *Service) LockCall(ctx context.Context, callID string) error {
	d := s.Applications.Engine().DB
	if d.Dialect != db.Postgres {
		return nil
	}
	_, err := db.One[string](ctx, d, "SELECT id FROM record WHERE id = $1 FOR UPDATE", callID)
	if err != nil {
		return fmt.Errorf("lock call %s: %w", callID, err)
	}
	return nil
}

// Lock lets nobody else change who deals with the case until the context's
// transaction is over. On SQLite the transaction itself does so.
func (s *Service) Lock(ctx context.Context, id string) error {
	d := s.Sketches.Engine().DB
	if d.Dialect != db.Postgres {
		return nil
	}
	_, err := db.One[string](ctx, d, "SELECT id FROM submission WHERE id = $1 FOR UPDATE", id)
	return err
}

// draftRow is a part of a draft as the database has it.
type draftRow struct {
	Submission string    `db:"submission"`
	Part       string    `db:"part"`
	Version    int       `db:"version"`
	Box        []byte    `db:"box"`
	SavedAt    time.Time `db:"saved_at"`
	SavedBy    string    `db:"saved_by"`
}

// versionRow is a version that was sent.
type versionRow struct {
	Submission string    `db:"submission"`
	N          int       `db:"n"`
	SentAt     time.Time `db:"sent_at"`
	SentBy     string    `db:"sent_by"`
	Receipt    string    `db:"receipt"`
	Box        []byte    `db:"box"`
	Copy       []byte    `db:"copy"`
}

func (s *Service) db() *db.DB { return s.Sketches.Engine().DB }

func (s *Service) draftRows(ctx context.Context, id string) ([]draftRow, error) {
	rows, err := db.All[draftRow](ctx, s.db(), "SELECT "+db.Columns[draftRow]("")+" FROM draft_part WHERE submission = $1 ORDER BY part", id)
	if err != nil {
		return nil, fmt.Errorf("draft of %s: %w", id, err)
	}
	return rows, nil
}

// putDraft stores a part that was based on the version before; ok is false when
// somebody else stored one in the meantime.
func (s *Service) putDraft(ctx context.Context, row draftRow) (ok bool, err error) {
	query := "UPDATE draft_part SET version = $3, box = $4, saved_at = $5, saved_by = $6 WHERE submission = $1 AND part = $2 AND version = $3 - 1"
	if row.Version == 1 {
		query = "INSERT INTO draft_part (submission, part, version, box, saved_at, saved_by) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (submission, part) DO NOTHING"
	}
	n, err := s.db().Exec(ctx, query, row.Submission, row.Part, row.Version, row.Box, row.SavedAt, row.SavedBy)
	if err != nil {
		return false, fmt.Errorf("save a part of a draft: %w", err)
	}
	return n == 1, nil
}

// forgetDraft removes what was written, and the applicants' own copies of what was
// sent: after the deadline only two holders of the call's key open it. free are the
// files that nothing sent has, by their names in the store.
func (s *Service) forgetDraft(ctx context.Context, id string) (free []string, err error) {
	if _, err := s.db().Exec(ctx, "DELETE FROM draft_part WHERE submission = $1", id); err != nil {
		return nil, fmt.Errorf("forget a draft: %w", err)
	}
	if _, err := s.db().Exec(ctx, "UPDATE submission_version SET copy = $2 WHERE submission = $1", id, []byte{}); err != nil {
		return nil, fmt.Errorf("forget the copies of what was sent: %w", err)
	}
	free, err = db.All[string](ctx, s.db(), "DELETE FROM submission_file WHERE submission = $1 AND NOT kept RETURNING stored", id)
	if err != nil {
		return nil, fmt.Errorf("forget the files of a draft: %w", err)
	}
	return free, nil
}

func (s *Service) versions(ctx context.Context, id string) ([]versionRow, error) {
	rows, err := db.All[versionRow](ctx, s.db(), "SELECT "+db.Columns[versionRow]("")+" FROM submission_version WHERE submission = $1 ORDER BY n DESC", id)
	if err != nil {
		return nil, fmt.Errorf("versions of %s: %w", id, err)
	}
	return rows, nil
}

func (s *Service) version(ctx context.Context, id string, n int) (versionRow, error) {
	return db.One[versionRow](ctx, s.db(), "SELECT "+db.Columns[versionRow]("")+" FROM submission_version WHERE submission = $1 AND n = $2", id, n)
}

// noteFile notes that a submission has a file in the store.
func (s *Service) noteFile(ctx context.Context, id, stored string) error {
	_, err := s.db().Exec(ctx, "INSERT INTO submission_file (stored, submission, kept) VALUES ($1, $2, FALSE) ON CONFLICT (stored, submission) DO NOTHING", stored, id)
	if err != nil {
		return fmt.Errorf("note a file: %w", err)
	}
	return nil
}

// keepFiles notes that what was sent has all files that the submission has now.
func (s *Service) keepFiles(ctx context.Context, id string, files []File) error {
	for _, f := range files {
		if _, err := s.db().Exec(ctx, "UPDATE submission_file SET kept = TRUE WHERE stored = $1 AND submission = $2", f.Stored, id); err != nil {
			return fmt.Errorf("keep a file: %w", err)
		}
	}
	return nil
}

// dropFile forgets a file of the submission that no version sent has.
func (s *Service) dropFile(ctx context.Context, id, stored string) error {
	if _, err := s.db().Exec(ctx, "DELETE FROM submission_file WHERE stored = $1 AND submission = $2 AND NOT kept", stored, id); err != nil {
		return fmt.Errorf("forget a file: %w", err)
	}
	return nil
}

// inCall holds for what is in the state, of what was begun in the call.
func inCall(callID, state string) db.Where {
	return *new(db.Where).And("b.call = ? AND r.state = ?", callID, state)
}

type inviteRow struct {
	ID         string    `db:"id"`
	Submission string    `db:"submission"`
	Expires    time.Time `db:"expires"`
}

// invited gives the submission of an invitation that holds at the moment, by the
// hash of its code.
func (s *Service) invited(ctx context.Context, hash string, now time.Time) (string, error) {
	row, err := db.One[inviteRow](ctx, s.db(), "SELECT "+db.Columns[inviteRow]("")+" FROM coauthor_invite WHERE id = $1 AND expires > $2", hash, now)
	return row.Submission, err
}

// useInvite takes an invitation; ok is false when somebody else has.
func (s *Service) useInvite(ctx context.Context, hash string) (bool, error) {
	n, err := s.db().Exec(ctx, "DELETE FROM coauthor_invite WHERE id = $1", hash)
	if err != nil {
		return false, fmt.Errorf("use an invitation: %w", err)
	}
	return n == 1, nil
}

// countInvites counts the invitations that can still be used.
func (s *Service) countInvites(ctx context.Context, id string, now time.Time) (int, error) {
	return db.One[int](ctx, s.db(), "SELECT count(*) FROM coauthor_invite WHERE submission = $1 AND expires > $2", id, now)
}

// countBegun counts what the person has begun on in the call, whatever came of it.
func (s *Service) countBegun(ctx context.Context, callID, person string) (int, error) {
	return db.One[int](ctx, s.db(), "SELECT count(*) FROM submission b JOIN record r ON r.id = b.id WHERE b.call = $1 AND b.applicant = $2 AND r.kind = $3", callID, person, Sketch)
}

// longExpired gives what expired before the moment and has not been forgotten.
func (s *Service) longExpired(ctx context.Context, before time.Time) ([]string, error) {
	return db.All[string](ctx, s.db(), `SELECT r.id FROM record r WHERE r.kind IN ($1, $2) AND r.state = $3 AND r.updated < $4
		AND (EXISTS (SELECT 1 FROM draft_part d WHERE d.submission = r.id) OR EXISTS (SELECT 1 FROM submission_file f WHERE f.submission = r.id AND NOT f.kept)) ORDER BY r.id`,
		Sketch, Application, Expired, before)
}

// FilesInUse gives the names, in the file store, of the attachments that a row knows.
func (s *Service) FilesInUse(ctx context.Context) ([]string, error) {
	return db.All[string](ctx, s.db(), "SELECT DISTINCT stored FROM submission_file")
}

// discard removes files that no row names any more, also when who asked for it has gone
// meanwhile. What cannot be removed now goes when the file store is swept.
func (s *Service) discard(stored ...string) {
	ctx := context.Background() // neither the request nor its transaction is there any more
	for _, sha := range stored {
		n, err := db.One[int](ctx, s.db(), "SELECT count(*) FROM submission_file WHERE stored = $1", sha)
		if err == nil && n == 0 {
			_ = s.Files.Delete(ctx, sha, time.Now().Add(time.Second)) // as above
		}
	}
}

func grownFrom(sketch string) db.Where { return *new(db.Where).And("b.sketch = ?", sketch) }

// boxRow names what lies sealed with the secret: a part of a draft, or the applicants'
// copy of version N.
type boxRow struct {
	Submission string `db:"submission"`
	Part       string `db:"part"`
	N          int    `db:"n"` // 0 for a part
}

func (s *Service) boxes(ctx context.Context) ([]boxRow, error) {
	rows, err := db.All[boxRow](ctx, s.db(), `SELECT submission, part, 0 AS n FROM draft_part
		UNION ALL SELECT submission, '' AS part, n FROM submission_version WHERE length(copy) > 0 ORDER BY submission, part, n`)
	if err != nil {
		return nil, fmt.Errorf("what lies sealed: %w", err)
	}
	return rows, nil
}

func (s *Service) box(ctx context.Context, b boxRow) ([]byte, error) {
	if b.N > 0 {
		row, err := s.version(ctx, b.Submission, b.N)
		return row.Copy, err
	}
	return db.One[[]byte](ctx, s.db(), "SELECT box FROM draft_part WHERE submission = $1 AND part = $2", b.Submission, b.Part)
}

func (s *Service) putBox(ctx context.Context, b boxRow, box []byte) (err error) {
	if b.N > 0 {
		_, err = s.db().Exec(ctx, "UPDATE submission_version SET copy = $3 WHERE submission = $1 AND n = $2", b.Submission, b.N, box)
	} else {
		_, err = s.db().Exec(ctx, "UPDATE draft_part SET box = $3 WHERE submission = $1 AND part = $2", b.Submission, b.Part, box)
	}
	if err != nil {
		return fmt.Errorf("seal %s anew: %w", b.Submission, err)
	}
	return nil
}

// WrittenBy holds of the cases that the person writes in, whose ids stand in the column.
func WrittenBy(column, person string) db.Where {
	return *new(db.Where).And(column+" IN (SELECT p.record_id FROM record_participant p WHERE p.relation = ? AND p.person_id = ?)", relAuthor, person)
}

// writesRival says whether one of the persons writes in another opened case of the
// case's call, of the same stage or complained of in any.
func (s *Service) writesRival(ctx context.Context, x *Submission, persons []string) (bool, error) {
	states := slices.DeleteFunc(opened(x.Kind), func(state string) bool { return state == Withdrawn })
	still := db.Or(*new(db.Where).And("r.kind = ?", x.Kind).In("r.state", states...), *new(db.Where).In("r.state", Appealed, Reversed))
	where, args := new(db.Where).And("b.call = ? AND b.id <> ? AND b.id <> ? AND p.relation = ?", x.Call, x.ID, x.Sketch, relAuthor).In("p.person_id", persons...).AndWhere(still).SQL()
	n, err := db.One[int](ctx, s.db(), "SELECT count(*) FROM submission b JOIN record r ON r.id = b.id JOIN record_participant p ON p.record_id = b.id "+where, args...)
	if err != nil {
		return false, fmt.Errorf("who competes with %s: %w", x.Number, err)
	}
	return n > 0, nil
}
