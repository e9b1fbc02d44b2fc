// Package feedback takes what people who use the pages tell of faults, of content
// that they cannot use, and of what is missing, and sees to it that somebody
// answers.
//
// Public bodies must have such a way in on every page, open to everybody, and
// normally answer within three to six weeks (the Web Accessibility Directive, EU
// 2016/2102, article 7; requirement I9). Funn promises three.
package feedback

import (
	"context"
	"embed"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"funn/internal/platform/clock"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
)

// Migrations hold the table feedback.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the texts of the kind and of its pages.
//
//go:embed messages
var Messages embed.FS

// The states of a feedback.
const (
	Received = "MOTTATT"
	Working  = "UNDER_ARBEID"
	Answered = "BESVART"
	Rejected = "AVVIST"
)

// AnswerDays is within how many days an answer is promised.
const AnswerDays = 21

// Abouts are what a feedback can be about.
var Abouts = []string{"error", "inaccessible", "content", "other"}

// Feedback is what somebody told, and what became of it.
type Feedback struct {
	record.Head
	About      string    `db:"about"` // one of Abouts
	Page       string    `db:"page"`  // address or name of the page, as it was told
	Body       string    `db:"body"`
	Email      string    `db:"email"` // empty when no answer is wanted
	CaseWorker string    `db:"case_worker"`
	Answer     string    `db:"answer"`
	AnsweredAt time.Time `db:"answered_at"`
}

// AnswerBy gives the day by which an answer is promised.
func (f *Feedback) AnswerBy() time.Time { return clock.Day(f.Created).AddDate(0, 0, AnswerDays) }

// Letter is an answer on its way to the one who wrote.
type Letter struct {
	To, Number, Lang, Question, Answer string
	At                                 time.Time
}

// Service is the feedback.
type Service struct {
	Kind *record.Kind[*Feedback]

	post func(ctx context.Context, l Letter) error
}

// New makes the service. post sends an answer, in the transaction that gives it.
// The kind must be registered with an engine before use.
func New(post func(ctx context.Context, l Letter) error) *Service {
	s := &Service{post: post}
	s.Kind = s.kind()
	return s
}

// titleLength is how many characters of what was told stand in lists.
const titleLength = 80

func send(ctx context.Context, c *record.Change[*Feedback]) error {
	f, in := c.Rec, c.In
	f.About, f.Page, f.Body, f.Email = in.String("about"), in.String("page"), in.String("body"), in.String("email")
	if f.Email != "" {
		if a, err := mail.ParseAddress(f.Email); err != nil || a.Address != f.Email {
			var errs fault.Errors
			errs.Add("email", "feedback.email_wrong")
			return errs.Err()
		}
	}
	f.Title = strings.Join(strings.Fields(f.Body), " ")
	if utf8.RuneCountInString(f.Title) > titleLength {
		f.Title = string([]rune(f.Title)[:titleLength-1]) + "…"
	}
	f.Lang = string(lang.From(ctx).Tag())
	return nil
}

func take(_ context.Context, c *record.Change[*Feedback]) error {
	c.Rec.CaseWorker = c.Actor.ID
	return nil
}

func (s *Service) answer(ctx context.Context, c *record.Change[*Feedback]) error {
	f := c.Rec
	f.Answer, f.AnsweredAt = c.In.String("answer"), c.Now
	if f.Email == "" {
		return nil
	}
	return s.post(ctx, Letter{To: f.Email, Number: f.Number, Lang: f.Lang, Question: f.Body, Answer: f.Answer, At: c.Now})
}
