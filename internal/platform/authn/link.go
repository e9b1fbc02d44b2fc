package authn

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"funn/internal/platform/db"
	"funn/internal/platform/fault"
)

// The paths of the login by a one-time link.
const (
	LinkPath  = "/logginn/epost"       // POST asks for a link
	SentPath  = "/logginn/epost/sendt" // GET says what happens next
	EnterPath = "/logginn/epost/lenke" // GET is what the link opens, POST logs in
	CodeField = "kode"                 // the parameter and the field that hold the code
)

// LinkLifetime is how long a link can be used.
const LinkLifetime = 30 * time.Minute

// linksAtOnce is how many unused links a person has at most, so that nobody's
// letter box can be filled by a stranger who knows the address.
const linksAtOnce = 3

// Newcomer gives what stands for the person in a link to an address that nobody has:
// whoever follows it makes an account.
func Newcomer(email string) string { return newcomer + email }

const newcomer = "mailto:"

// Newcomer gives the address of a link to somebody who has no account yet.
func (l Link) Newcomer() (email string, ok bool) { return strings.CutPrefix(l.PersonID, newcomer) }

// Link is what a code opens.
type Link struct {
	PersonID string    `db:"person_id"` // or Newcomer
	ReturnTo string    `db:"return_to"` // where the person was going
	Expires  time.Time `db:"expires"`
}

type linkRow struct {
	ID string `db:"id"`
	Link
}

// Links let in persons who have no account at the agency's login service: by a
// link that is sent to their address, holds a code of 130 random bits, and works
// once. They run on real time.
type Links struct{ DB *db.DB }

// Issue makes a link for the person and gives its code; empty when the person has
// enough of them already. It joins the context's transaction.
func (l Links) Issue(ctx context.Context, personID, returnTo string) (code string, err error) {
	now := time.Now()
	unused, err := db.One[int](ctx, l.DB, "SELECT count(*) FROM login_link WHERE person_id = $1 AND expires > $2", personID, now)
	if err != nil {
		return "", fmt.Errorf("count login links: %w", err)
	}
	if unused >= linksAtOnce {
		return "", nil
	}
	code = rand.Text()
	if err := l.DB.Insert(ctx, "login_link", linkRow{hash(code), Link{personID, returnTo, now.Add(LinkLifetime)}}); err != nil {
		return "", fmt.Errorf("keep login link: %w", err)
	}
	return code, nil
}

// Look gives what the code would open now, and uses nothing up. A code that would let
// nobody in is a Gone fault.
func (l Links) Look(ctx context.Context, code string) (link Link, err error) {
	found, err := db.All[Link](ctx, l.DB, "SELECT "+db.Columns[Link]("")+" FROM login_link WHERE id = $1 AND expires > $2", hash(code), time.Now())
	if err != nil {
		return link, fmt.Errorf("look up login link: %w", err)
	}
	if len(found) == 0 {
		return link, fault.New(fault.Gone, "authn.link_gone")
	}
	return found[0], nil
}

// Use takes the code, which no longer works afterwards, nor do the person's other
// links. A code that is unknown, used or too old is a Gone fault; of several who
// use one at once, one gets in.
func (l Links) Use(ctx context.Context, code string) (link Link, err error) {
	err = l.DB.Tx(ctx, func(ctx context.Context) error {
		taken, err := db.All[Link](ctx, l.DB, "DELETE FROM login_link WHERE id = $1 AND expires > $2 RETURNING "+db.Columns[Link](""), hash(code), time.Now())
		if err != nil {
			return fmt.Errorf("use login link: %w", err)
		}
		if len(taken) == 0 {
			return fault.New(fault.Gone, "authn.link_gone")
		}
		link = taken[0]
		if _, err := l.DB.Exec(ctx, "DELETE FROM login_link WHERE person_id = $1", link.PersonID); err != nil {
			return fmt.Errorf("end the other login links: %w", err)
		}
		return nil
	})
	return link, err
}

// Sweep deletes the links that are too old and gives their number.
func (l Links) Sweep(ctx context.Context) (int64, error) {
	n, err := l.DB.Exec(ctx, "DELETE FROM login_link WHERE expires <= $1", time.Now())
	if err != nil {
		return 0, fmt.Errorf("sweep login links: %w", err)
	}
	return n, nil
}

func hash(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}
