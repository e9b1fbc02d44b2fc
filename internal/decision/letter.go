package decision

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/mail"
	"funn/internal/platform/record"
)

// The states of a letter's text.
const (
	InForce = "GJELDER"
	Revoked = "TRUKKET"
)

// LetterText is what a letter, or a part that several letters have, says from a day
// on. Until one is set the program's own text holds.
type LetterText struct {
	record.Head
	Code  string                   `db:"code"` // one of [Codes]
	From  time.Time                `db:"valid_from"`
	Texts db.JSON[map[string]Text] `db:"texts"`  // by language tag, all three
	Where string                   `db:"ground"` // where the rule is written
}

// Text is a letter in one language.
type Text struct {
	Subject string `json:"subject"` // of a part: its heading
	Body    string `json:"body"`
}

// Parts are the texts that letters take in by their code: {legal_appeal}.
var Parts = []string{"legal_reasons", "legal_file", "legal_appeal", "legal_award", "signature"}

// Codes are all texts that can be set.
var Codes = slices.Concat(application.Letters, Parts)

// fills are what else a text can take in.
var fills = []string{"title", "number", "call", "amount", "conditions", "reasons", "mend", "mend_by", "fault", "due", "appeal_until", "appeal_reasons", "presentations", "link"}

//go:embed letters/*.txt
var letterFiles embed.FS

// ownTexts are the program's own, by code and language tag.
var ownTexts = sync.OnceValue(func() map[string]map[string]Text {
	out := map[string]map[string]Text{}
	for _, tag := range lang.Tags {
		data, err := letterFiles.ReadFile("letters/" + string(tag) + ".txt")
		if err != nil {
			panic("decision: " + err.Error())
		}
		for _, part := range strings.Split("\n"+string(data), "\n=== ")[1:] {
			code, rest, _ := strings.Cut(part, "\n")
			subject, body, _ := strings.Cut(rest, "\n")
			if out[code] == nil {
				out[code] = map[string]Text{}
			}
			out[code][string(tag)] = Text{subject, strings.TrimSpace(body)}
		}
	}
	return out
})

// TextOn gives what a text says on a day in the language, and what was set in the
// interface that makes it so; nil where the program's own holds.
func (s *Service) TextOn(ctx context.Context, code string, day time.Time, tag string) (Text, *LetterText, error) {
	set, err := s.inForce(ctx, code, day)
	if err != nil {
		return Text{}, nil, err
	}
	texts := ownTexts()[code]
	if set != nil {
		texts = set.Texts.V
	}
	if t, ok := texts[tag]; ok {
		return t, set, nil
	}
	return texts[string(lang.NB)], set, nil
}

// setters keep the texts up to date with the law.
var setters = []access.Rule{{Roles: []access.Role{org.FoU, org.Admin}}}

func (s *Service) letterTexts() *record.Kind[*LetterText] {
	k := &record.Kind[*LetterText]{
		Name: "letter_text", Prefix: "BT", Path: "/brevtekst", Table: "letter_text", Initial: []string{InForce},
		New: func() *LetterText { return &LetterText{} }, Read: []access.Rule{{Staff: true}},
		States: []lifecycle.State{{Name: InForce, Label: "in_force", Tone: lifecycle.Success}, {Name: Revoked, Label: "revoked", Tone: lifecycle.Neutral, Final: true}},
	}
	fields := []form.Field{
		{Name: "code", Type: form.Choice, Required: true, Options: form.Codes("letter_text.code", Codes...)},
		{Name: "valid_from", Type: form.Day, Required: true},
		{Name: "where", Max: 200},
	}
	for _, tag := range lang.Tags {
		fields = append(fields, form.Field{Name: "subject_" + string(tag), Required: true, Max: 200}, form.Field{Name: "body_" + string(tag), Type: form.Area, Required: true, Max: 8000})
	}
	type command = record.Command[*LetterText]
	k.Commands = []command{
		{Command: lifecycle.Command{Name: "set", Path: "ny", Create: true, To: []string{InForce}, Who: setters, Fields: fields, Ground: "fvl. §§ 24–25, 27–29"}, Apply: s.setText},
		{Command: lifecycle.Command{Name: "revoke", Path: "trekk", From: []string{InForce}, To: []string{Revoked}, Who: setters, Reason: true, Danger: true}},
	}
	return k
}

var placeholder = regexp.MustCompile(`\{([^{}\n]*)\}`)

func (s *Service) setText(ctx context.Context, c *record.Change[*LetterText]) error {
	t := c.Rec
	t.Code, t.From, t.Where, t.Texts.V = c.In.String("code"), c.In.Day("valid_from"), c.In.String("where"), map[string]Text{}
	var errs fault.Errors
	for _, tag := range lang.Tags {
		text := Text{c.In.String("subject_" + string(tag)), c.In.String("body_" + string(tag))}
		t.Texts.V[string(tag)] = text
		known := slices.Clone(fills)
		if !slices.Contains(Parts, t.Code) {
			known = append(known, Parts...)
		}
		for field, words := range map[string]string{"subject_": text.Subject, "body_": text.Body} {
			for _, m := range placeholder.FindAllStringSubmatch(words, -1) {
				if !slices.Contains(known, m[1]) && !errs.Has(field+string(tag)) {
					errs.Add(field+string(tag), "letter_text.unknown", "name", m[0], "known", "{"+strings.Join(known, "}, {")+"}")
				}
			}
		}
	}
	t.Title = c.In.String("subject_nb")
	return errs.Err()
}

// Send is what [application.Post] says. The letter stands with the case, and a copy
// goes to the letter box of each who writes in it, once what it tells of is stored.
func (s *Service) Send(ctx context.Context, what string, x *application.Submission) (application.Letter, error) {
	l, err := s.Compose(ctx, what, x)
	if err != nil {
		return l, err
	}
	now := s.Meetings.Engine().Now(ctx)
	for _, id := range slices.Concat([]string{x.Applicant}, x.CoAuthors.V) {
		p, err := s.people.Persons.Load(ctx, id)
		if fault.Of(err) == fault.NotFound && err != nil || err == nil && (p.Email == "" || p.State != org.Active) {
			continue // the letter stands with the case all the same
		}
		if err != nil {
			return l, err
		}
		err = mail.Queue(ctx, s.Meetings.Engine().DB, mail.Message{
			To: p.Email, Subject: l.Subject, Text: l.Text, Lang: l.Lang, At: now, Key: fmt.Sprintf("letter/%s/%s/%d/%s", x.ID, what, now.UnixMicro(), p.ID),
		})
		if err != nil {
			return l, err
		}
	}
	return l, nil
}

// Compose writes a letter about a case as it stands.
func (s *Service) Compose(ctx context.Context, what string, x *application.Submission) (application.Letter, error) {
	tag := lang.NB
	if x.Content.V != nil {
		if t, ok := lang.Parse(x.Content.V.Lang); ok {
			tag = t
		}
	}
	day := s.Meetings.Engine().Today(ctx)
	of, err := s.calls.Kind.Load(ctx, x.Call)
	if err != nil {
		return application.Letter{}, err
	}
	values := s.values(x, of, lang.From(ctx).In(tag), tag)
	text, _, err := s.TextOn(ctx, what, day, string(tag))
	if err != nil {
		return application.Letter{}, err
	}
	// Parts are put in first, since they take in values of their own.
	parts := map[string]string{}
	for _, code := range Parts {
		if !strings.Contains(text.Body, "{"+code+"}") {
			continue
		}
		part, _, err := s.TextOn(ctx, code, day, string(tag))
		if err != nil {
			return application.Letter{}, err
		}
		parts[code] = fill(part.Body, values)
		if code != "signature" {
			parts[code] = part.Subject + "\n" + parts[code]
		}
	}
	for code, part := range parts {
		values[code] = part
	}
	return application.Letter{What: what, Lang: string(tag), Subject: strings.Join(strings.Fields(fill(text.Subject, values)), " "), Text: fill(text.Body, values)}, nil
}

// fill puts the values in the places of a text. What an applicant or a case worker
// wrote is put in as it is: no place in it is filled.
func fill(text string, values map[string]string) string {
	return placeholder.ReplaceAllStringFunc(text, func(place string) string {
		if v, ok := values[place[1:len(place)-1]]; ok {
			return v
		}
		return place
	})
}

func (s *Service) values(x *application.Submission, of *call.Call, p *lang.Printer, tag lang.Tag) map[string]string {
	path := "/skisse/"
	if x.Kind == application.Application {
		path = "/soknad/"
	}
	title, _ := of.TitleIn(tag)
	v := map[string]string{"title": x.Title, "number": x.Number, "call": title, "link": s.baseURL + path + url.PathEscape(x.Number), "presentations": times(of.Presentations, tag)}
	v["due"] = of.ApplicationsDue.V.Text
	if due := of.ApplicationsDue.V; due.Exact() {
		v["due"] = p.Day(due.From)
	}
	v["due"] = cmp.Or(v["due"], notSet[tag])
	d := x.Dealings.V
	if a := x.Answer.V; a != nil {
		v["reasons"], v["conditions"], v["amount"] = a.Reasons, a.Conditions, p.NOK(a.Ore)
	}
	// The state is still the one before the letter's command, so the day is taken from what was decided last.
	until := time.Time{}
	if a := x.Answer.V; a != nil {
		until = a.AppealUntil
	}
	if f := d.Fault; f != nil {
		v["fault"], until = f.Reason, f.AppealUntil
	}
	if !until.IsZero() {
		v["appeal_until"] = p.Day(until)
	}
	if d.Mend != nil {
		v["mend"], v["mend_by"] = d.Mend.Text, p.Day(d.Mend.By)
	}
	if n := len(d.Appeals); n > 0 {
		v["appeal_reasons"] = d.Appeals[n-1].Reasons
	}
	return v
}

var notSet = map[lang.Tag]string{lang.NB: "satt i utlysningen", lang.NN: "sett i utlysinga", lang.EN: "set in the call"}

// times says how often the results are presented.
func times(n int, tag lang.Tag) string {
	n = max(n, 1)
	words := map[lang.Tag][2]string{lang.NB: {"minst én gang", "minst %d ganger"}, lang.NN: {"minst éin gong", "minst %d gonger"}, lang.EN: {"at least once", "at least %d times"}}[tag]
	if n == 1 {
		return words[0]
	}
	return fmt.Sprintf(words[1], n)
}
