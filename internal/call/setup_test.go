package call_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/fault"
	"funn/internal/platform/record"
)

// person is somebody who holds the roles; the subject owner of the tests is fageier.
func person(id string, roles ...access.Role) context.Context {
	a := access.Actor{ID: id, As: []string{id}, Staff: true}
	for _, r := range roles {
		a.Grants = append(a.Grants, access.Grant{Role: r})
	}
	return access.With(context.Background(), a)
}

var (
	fou, fou2        = person("fou", org.FoU), person("fou2", org.FoU)
	fageier          = person("fageier", org.SubjectOwner)
	utvalg           = person("utvalg", org.Committee)
	everything       = person("alt", org.FoU, org.Committee, org.SubjectOwner)
	system           = access.With(context.Background(), access.System)
	texts            = []string{"purpose", "p", "eligible", "e", "requirements", "r", "assessed", "a", "apply", "s", "contact", "c"}
	inNorwegian      = append([]string{"title_in", "Utlysing"}, texts...)
	basics           = []string{"title", "Utlysning", "theme", "sosiale-tjenester", "frame", "3000000000", "owner", "fageier", "needs", "behov", "max_months", "36", "presentations", "1"}
	dates            = []string{"opens", "01.02.2023", "deadline", "15.03.2023", "deadline_clock", "12.00", "answer", "april 2023", "applications_due", "15.06.2023", "decision", "høsten 2023", "starts", "2024"}
	relevance        = []string{"criterion", call.NewCriterion, "name_nb", "Nytte", "name_nn", "Nytte", "meaning_nb", "x", "meaning_nn", "x", "weight", "60", "principles", "relevance", "principles", "impact", "assessor", call.ByOwner}
	quality          = []string{"criterion", call.NewCriterion, "name_nb", "Kvalitet", "name_nn", "Kvalitet", "meaning_nb", "x", "meaning_nn", "x", "weight", "40", "principles", "quality", "assessor", call.BySection}
	deadlineInTheEnd = time.Date(2023, 3, 15, 11, 0, 0, 0, time.UTC)
)

type step struct {
	command string
	told    []string
}

// whole is all that a call is set up with.
var whole = []step{{"edit", basics}, {"set_dates", dates}, {"write_nb", texts}, {"write_nn", inNorwegian}, {"set_criterion", relevance}, {"set_criterion", quality}}

// draft makes a draft and sets it up by the steps given.
func draft(t testing.TB, s *call.Service, steps ...step) *call.Call {
	t.Helper()
	c, err := s.Kind.Create(fou, "register", input("title", "Utlysning", "as_draft", "true"), nil)
	must(t, err)
	for _, x := range steps {
		in := input(x.told...)
		in.Reason = "fordi"
		c, err = s.Kind.Do(fou, c.ID, x.command, in)
		must(t, err)
	}
	return c
}

// approved makes a call that both have approved.
func approved(t testing.TB, s *call.Service) *call.Call {
	t.Helper()
	c := draft(t, s, whole...)
	_, err := s.Kind.Do(fageier, c.ID, "approve_content", input())
	must(t, err)
	rehearsed(t, s, c.ID)
	c, err = s.Kind.Do(utvalg, c.ID, "approve", input())
	must(t, err)
	return c
}

// with gives the pairs with one value changed; an empty one is taken out.
func with(pairs []string, name, value string) []string {
	var out []string
	for i := 0; i+1 < len(pairs); i += 2 {
		switch {
		case pairs[i] != name:
			out = append(out, pairs[i], pairs[i+1])
		case value != "":
			out = append(out, name, value)
		}
	}
	return out
}

// Nothing that a call must have can be left out: the ground is told, it blocks both
// approvals, and it has a form that mends it.
func TestWhatBlocksApproval(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		change := func(command, name, value string) []step {
			var out []step
			for _, x := range whole {
				if x.command == command {
					x.told = with(x.told, name, value)
				}
				out = append(out, x)
			}
			return out
		}
		without := func(i int) []step { return slices.Delete(slices.Clone(whole), i, i+1) }
		for _, x := range []struct {
			key   string
			steps []step
		}{
			{"theme", change("edit", "theme", "")},
			{"frame", change("edit", "frame", "")},
			{"frame", change("edit", "frame", "0")},
			{"owner", change("edit", "owner", "")},
			{"needs", change("edit", "needs", "")},
			{"terms", change("edit", "max_months", "")},
			{"terms", change("edit", "presentations", "")},
			{"write_nb", without(2)},
			{"write_nn", without(3)},
			{"principle_relevance", without(4)},
			{"principle_impact", without(4)},
			{"principle_quality", without(5)},
			{"weights", without(5)},
			{"weights", append(slices.Clone(whole), step{"set_criterion", with(quality, "weight", "1")})},
			{"opens", change("set_dates", "opens", "")},
			{"opens", change("set_dates", "opens", "februar 2023")},
			{"opens_passed", change("set_dates", "opens", "01.01.2023")},
			{"deadline_passed", append(slices.Clone(whole), step{"set_dates", with(with(with(dates, "opens", "02.01.2023"), "deadline", "02.01.2023"), "deadline_clock", "08.00")})},
			{"deadline", change("set_dates", "deadline", "mars 2023")},
			{"deadline", change("set_dates", "deadline_clock", "")},
		} {
			c := draft(t, s, x.steps...)
			lacks, err := s.Lacks(context.Background(), c)
			must(t, err)
			if !slices.ContainsFunc(lacks, func(r record.Reason) bool { return r.Key == "call.blocked."+x.key }) {
				t.Errorf("%s is not missed: %v", x.key, lacks)
			}
			if command := call.Mends("call.blocked." + x.key); command == "" {
				t.Errorf("nothing mends %s", x.key)
			} else if k, ok := s.Kind.Lifecycle().Command(command); !ok || !slices.Contains(k.From, call.Draft) {
				t.Errorf("%s is mended by %s, which a draft does not know", x.key, command)
			}
			if c.Owner == "fageier" {
				_, err = s.Kind.Do(fageier, c.ID, "approve_content", input())
				refused(t, "content without "+x.key, fault.Conflict, "call.blocked."+x.key, err)
			}
			_, err = s.Kind.Do(utvalg, c.ID, "approve", input())
			refused(t, "a call without "+x.key, fault.Conflict, "call.blocked."+x.key, err)
		}
		c := draft(t, s, whole...)
		if lacks, err := s.Lacks(context.Background(), c); err != nil || len(lacks) != 2 || lacks[0].Key != "call.blocked.content" || lacks[1].Key != "call.blocked.key" {
			t.Errorf("a whole call lacks %v, %v", lacks, err)
		}
	})
}

// The section writes, the subject owner answers for the content, the committee
// backs: never one alone, and never what was changed afterwards.
func TestTwoPeopleApprove(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		c := draft(t, s, whole...)
		for who, ctx := range map[string]context.Context{"the section": fou, "the committee": utvalg, "another subject owner": person("fageier2", org.SubjectOwner)} {
			_, err := s.Kind.Do(ctx, c.ID, "approve_content", input())
			refused(t, "content approved by "+who, fault.Forbidden, "", err)
		}
		both := person("fageier", org.SubjectOwner, org.FoU)
		_, err := s.Kind.Do(both, c.ID, "set_dates", input(dates...))
		must(t, err)
		_, err = s.Kind.Do(both, c.ID, "approve_content", input())
		refused(t, "content by one who wrote it", fault.Forbidden, "", err)
		_, err = s.Kind.Do(fou, c.ID, "set_dates", input(dates...))
		must(t, err)
		_, err = s.Kind.Do(utvalg, c.ID, "approve", input())
		refused(t, "before the content", fault.Conflict, "call.blocked.content", err)
		got, err := s.Kind.Do(fageier, c.ID, "approve_content", input())
		must(t, err)
		if got.State != call.Draft || got.ContentBy != "fageier" {
			t.Errorf("content approved: %+v", got)
		}
		for _, x := range []step{{"edit", basics}, {"set_dates", dates}, {"write_nb", texts}, {"write_nn", inNorwegian}, {"set_criterion", with(relevance, "criterion", "1")}} {
			got, err = s.Kind.Do(fou2, c.ID, x.command, input(x.told...))
			must(t, err)
			if got.ContentBy != "" || !got.ContentAt.IsZero() {
				t.Errorf("the approval of the content outlives %s", x.command)
			}
			_, err = s.Kind.Do(fageier, c.ID, "approve_content", input())
			must(t, err)
		}
		rehearsed(t, s, c.ID)
		_, err = s.Kind.Do(person("fageier", org.SubjectOwner, org.Committee), c.ID, "approve", input())
		refused(t, "both by the same", fault.Forbidden, "", err)
		_, err = s.Kind.Do(person("fou2", org.FoU, org.Committee), c.ID, "approve", input())
		refused(t, "by one who wrote it", fault.Forbidden, "", err)
		got, err = s.Kind.Do(utvalg, c.ID, "approve", input())
		must(t, err)
		if got.State != call.Approved {
			t.Errorf("approved: %s", got.State)
		}
		_, err = s.Kind.Do(utvalg, c.ID, "return", input())
		refused(t, "back without a reason", fault.Invalid, "", err)
		back := input()
		back.Reason = "Feil ramme."
		got, err = s.Kind.Do(fageier, c.ID, "return", back)
		must(t, err)
		if got.State != call.Draft || !got.ContentAt.IsZero() {
			t.Errorf("taken back: %+v", got)
		}
	})
}

// Longer than three years needs a reason, which is kept until the length changes (C10).
func TestLongProjectsNeedAReason(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		c := draft(t, s, step{"edit", basics})
		_, err := s.Kind.Do(fou, c.ID, "edit", input(with(basics, "max_months", "37")...))
		refused(t, "37 months", fault.Invalid, "call.warn.months", err)
		in := input(with(basics, "max_months", "37")...)
		in.Reason = "Panelet følges i tre år."
		got, err := s.Kind.Do(fou, c.ID, "edit", in)
		must(t, err)
		if got.MonthsReason != "Panelet følges i tre år." {
			t.Errorf("the reason: %q", got.MonthsReason)
		}
		got, err = s.Kind.Do(fou, c.ID, "edit", input(with(basics, "max_months", "37")...))
		must(t, err)
		if got.MonthsReason == "" {
			t.Error("the reason is lost by another edit")
		}
		_, err = s.Kind.Do(fou, c.ID, "edit", input(with(basics, "max_months", "48")...))
		refused(t, "48 months for the reason of 37", fault.Invalid, "call.warn.months", err)
		got, err = s.Kind.Do(fou, c.ID, "edit", input(basics...))
		must(t, err)
		if got.MonthsReason != "" {
			t.Error("a reason for nothing")
		}
	})
}

// A copy has last year's texts, criteria and terms, and this year's own to fill in.
func TestCopy(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		from := draft(t, s, append(slices.Clone(whole), step{"set_handling", []string{"appeal_body", call.CommitteeSettles, "feedback", call.ScoresReleased}})...)
		c, err := s.Kind.Create(fou, "copy", input("original", from.ID, "title", "Utlysning", "plan_year", "2024"), nil)
		must(t, err)
		if c.State != call.Draft || c.Number == from.Number || c.PlanYear != 2024 || c.Slug == from.Slug || c.Slug == "" {
			t.Errorf("the copy: %+v", c)
		}
		if diff := cmp.Diff(from.Criteria.V, c.Criteria.V); diff != "" {
			t.Error(diff)
		}
		want := from.Texts.V["nn"]
		want.Title = ""
		if c.Texts.V["nn"] != want || c.Texts.V["nb"] != from.Texts.V["nb"] || c.FrameOre != from.FrameOre || c.Owner != from.Owner || c.AppealBody != call.CommitteeSettles || c.Feedback != call.ScoresReleased || c.DeadlineClock != "12:00:00" {
			t.Errorf("the copy says %+v", c)
		}
		if len(c.Needs.V) > 0 || c.Opened.V.Known() || c.Deadline.V.Known() {
			t.Error("needs or dates are copied")
		}
		_, err = s.Kind.Create(utvalg, "copy", input("original", from.ID, "title", "x"), nil)
		refused(t, "a copy by the committee", fault.Forbidden, "", err)
	})
}

// While its draft is written everybody knows of a planned call what was told of it,
// and no word of the draft.
func TestPlannedStaysTold(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		c, err := s.Kind.Create(fou, "register", input("title", "Planlagt", "theme", "sosiale-tjenester", "note", "Sagt", "frame", "1000000000", "deadline", "mars 2023"), nil)
		must(t, err)
		_, err = s.Kind.Do(fou, c.ID, "begin", input())
		must(t, err)
		for _, x := range whole {
			_, err = s.Kind.Do(fou, c.ID, x.command, input(with(x.told, "title", "Hemmelig")...))
			must(t, err)
		}
		shown, err := s.BySlug(context.Background(), c.Slug)
		must(t, err)
		if shown.Title != "Planlagt" || shown.State != call.Planned || shown.Note != "Sagt" || shown.FrameOre != 10_000_000_00 || shown.Deadline.V.Text != "mars 2023" ||
			len(shown.Texts.V) > 0 || len(shown.Criteria.V) > 0 || shown.Opened.V.Known() || shown.Owner != "" {
			t.Errorf("everybody knows %+v", shown)
		}
		known, err := s.Seen(context.Background(), "")
		must(t, err)
		whole, err := s.Seen(fou, "")
		must(t, err)
		if len(known) != 1 || known[0].Title != "Planlagt" || len(whole) != 1 || whole[0].State != call.Draft {
			t.Errorf("seen by everybody %+v, by the section %+v", known, whole)
		}
		// Cancelled as a draft, it stays as it was announced.
		_, err = s.Kind.Do(fou, c.ID, "propose_cancel", input("cancel_reason", "Ingen penger."))
		must(t, err)
		_, err = s.Kind.Do(utvalg, c.ID, "cancel", input())
		must(t, err)
		shown, err = s.BySlug(context.Background(), c.Slug)
		must(t, err)
		if shown.Title != "Planlagt" || shown.State != call.Cancelled || shown.CancelReason != "Ingen penger." || len(shown.Texts.V) > 0 {
			t.Errorf("everybody knows of the cancelled call %+v", shown)
		}
		if _, err := s.Kind.ByNumber(context.Background(), c.Number); fault.Of(err) != fault.NotFound {
			t.Errorf("everybody reads the cancelled draft: %v", err)
		}
	})
}

// Cancelling takes two, and its reason is told once it is decided.
func TestCancel(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		c, err := s.Kind.Create(fou, "register", input("title", "x"), nil)
		must(t, err)
		_, err = s.Kind.Do(utvalg, c.ID, "cancel", input())
		refused(t, "without a proposal", fault.Conflict, "call.blocked.no_proposal", err)
		_, err = s.Kind.Do(everything, c.ID, "propose_cancel", input("cancel_reason", "Grunn"))
		must(t, err)
		_, err = s.Kind.Do(fou, c.ID, "propose_cancel", input("cancel_reason", "Annen grunn"))
		refused(t, "proposed twice", fault.Conflict, "call.blocked.cancel_proposed", err)
		_, err = s.Kind.Do(everything, c.ID, "cancel", input())
		refused(t, "by who proposed it", fault.Forbidden, "", err)
		if shown, err := s.BySlug(context.Background(), c.Slug); err != nil || shown.CancelReason != "" || shown.CancelBy != "" {
			t.Errorf("everybody knows of the proposal: %+v, %v", shown, err)
		}
		no := input()
		no.Reason = "Vi har penger."
		_, err = s.Kind.Do(utvalg, c.ID, "keep", no)
		must(t, err)
		_, err = s.Kind.Do(utvalg, c.ID, "cancel", input())
		refused(t, "after it was kept", fault.Conflict, "call.blocked.no_proposal", err)
		_, err = s.Kind.Do(fou, c.ID, "propose_cancel", input("cancel_reason", "Grunn"))
		must(t, err)
		_, err = s.Kind.Do(utvalg, c.ID, "cancel", input())
		must(t, err)
		if shown, err := s.BySlug(context.Background(), c.Slug); err != nil || shown.CancelReason != "Grunn" {
			t.Errorf("the reason: %+v, %v", shown, err)
		}
	})
}

func TestDatesInOrder(t *testing.T) {
	each(t, func(t *testing.T, s *call.Service) {
		c := draft(t, s)
		for _, x := range []struct{ name, value, field, key string }{
			{"deadline", "15.01.2023", "deadline", "call.deadline_order"},
			{"answer", "01.03.2023", "answer", "call.order"},
			{"decision", "våren 2022", "decision", "call.order"},
			{"starts", "2022", "starts", "call.order"},
			{"deadline_clock", "25.00", "deadline_clock", "call.clock_unknown"},
			{"deadline_clock", "middag", "deadline_clock", "call.clock_unknown"},
		} {
			_, err := s.Kind.Do(fou, c.ID, "set_dates", input(with(dates, x.name, x.value)...))
			refused(t, x.name+" "+x.value, fault.Invalid, x.key, err)
			if f, ok := fault.As(err); ok && !slices.ContainsFunc(f.Fields, func(y fault.Field) bool { return y.Name == x.field }) {
				t.Errorf("%s %s is told of at %v", x.name, x.value, f.Fields)
			}
		}
		// The last Sunday of March has no half past two in the night.
		night := []string{"opens", "01.02.2023", "deadline", "26.03.2023", "deadline_clock", "02.30"}
		_, err := s.Kind.Do(fou, c.ID, "set_dates", input(night...))
		refused(t, "a time that is skipped", fault.Invalid, "call.clock_skipped", err)
		now, err := s.Kind.Load(system, c.ID)
		must(t, err)
		if now.Deadline.V.Known() {
			t.Error("half of a refused form is kept")
		}
	})
}

func TestParseWhen(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"15.3.2023": "2023-03-15 2023-03-15 day", "15. mars 2023": "2023-03-15 2023-03-15 day", "2023-03-15": "2023-03-15 2023-03-15 day",
		"mars 2023": "2023-03-01 2023-03-31 month", "Februar  2024": "2024-02-01 2024-02-29 month", "March 2023": "2023-03-01 2023-03-31 month", "desember 2023": "2023-12-01 2023-12-31 month",
		"høsten 2023": "2023-08-01 2023-12-31 season", "hausten 2023": "2023-08-01 2023-12-31 season", "autumn 2023": "2023-08-01 2023-12-31 season", "våren 2023": "2023-01-01 2023-06-30 season",
		"første tertial 2023": "2023-01-01 2023-04-30 tertial", "2. tertial 2023": "2023-05-01 2023-08-31 tertial", "tredje tertial 2023": "2023-09-01 2023-12-31 tertial",
		"1. halvår 2023": "2023-01-01 2023-06-30 season", "2023": "2023-01-01 2023-12-31 year",
	} {
		w, err := call.ParseWhen(text)
		got := w.From.Format(time.DateOnly) + " " + w.To.Format(time.DateOnly) + " " + w.Precision()
		if err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
		if day := strings.HasSuffix(want, "day"); day != (w.Text == "") {
			t.Errorf("%s keeps the words %q", text, w.Text)
		}
	}
	for _, text := range []string{"snart", "4. tertial 2023", "31.02.2023", "mars", "3. halvår 2023", "0999", "vinteren 2023", "1. mars", "2023 mars"} {
		if w, err := call.ParseWhen(text); !errors.Is(err, call.ErrWhen) {
			t.Errorf("%s: %+v, %v", text, w, err)
		}
	}
	if w, err := call.ParseWhen("  "); err != nil || w.Known() {
		t.Errorf("nothing: %+v, %v", w, err)
	}
}

// Summer time moves the moment, skips an hour and repeats one.
func TestMoment(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ day, at, want string }{
		{"2023-01-31", "12:00:00", "2023-01-31T11:00:00Z"},
		{"2023-06-30", "12:00:00", "2023-06-30T10:00:00Z"},
		{"2023-03-26", "01:59:59", "2023-03-26T00:59:59Z"},
		{"2023-03-26", "02:00:00", ""},
		{"2023-03-26", "02:59:59", ""},
		{"2023-03-26", "03:00:00", "2023-03-26T01:00:00Z"},
		{"2023-10-29", "01:59:59", "2023-10-28T23:59:59Z"},
		{"2023-10-29", "02:00:00", "2023-10-29T01:00:00Z"}, // the second time the clocks show it
		{"2023-10-29", "02:59:59", "2023-10-29T01:59:59Z"},
		{"2023-10-29", "03:00:00", "2023-10-29T02:00:00Z"},
		{"2023-03-26", "00:00:00", "2023-03-25T23:00:00Z"},
		{"2023-12-31", "23:59:59", "2023-12-31T22:59:59Z"},
		{"2023-01-31", "24:00:00", ""}, {"2023-01-31", "", ""},
	} {
		day, _ := time.Parse(time.DateOnly, x.day)
		got, ok := call.Moment(day, x.at)
		if ok != (x.want != "") || ok && got.Format(time.RFC3339) != x.want {
			t.Errorf("%s %s: %s, %v; want %s", x.day, x.at, got.Format(time.RFC3339), ok, x.want)
		}
		if ok && got.In(clock.Oslo).Format("2006-01-02 15:04:05") != x.day+" "+x.at {
			t.Errorf("%s %s is read as %s", x.day, x.at, got.In(clock.Oslo))
		}
	}
}
