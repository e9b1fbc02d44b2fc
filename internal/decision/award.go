package decision

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/application"
	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/plan"
	"funn/internal/platform/access"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
	"funn/internal/project"
)

// Subscribe lets projects follow from awards.
func (s *Service) Subscribe(e *record.Engine) {
	on := func(command string, do func(ctx context.Context, x *application.Submission, ev event.Event) error) {
		e.Subscribe(application.Application, command, func(ctx context.Context, ev event.Event, rec record.Record) error {
			return do(ctx, rec.(*application.Submission), ev)
		})
	}
	on("tell", func(ctx context.Context, x *application.Submission, _ event.Event) error {
		if x.State != application.Awarded && x.State != application.Conditions {
			return nil
		}
		return s.makeProject(ctx, x)
	})
	on("accept", func(ctx context.Context, x *application.Submission, _ event.Event) error {
		id, err := s.projectOf(ctx, x.ID)
		if err != nil {
			return err
		}
		_, err = s.projects.Kind.As(ctx, id, "take_award", record.Input{})
		return err
	})
	// The contract is one, registered on the application or on its project: the other
	// follows, so that nobody declines an award that is under contract.
	on("contract", func(ctx context.Context, x *application.Submission, ev event.Event) error {
		id, err := s.projectOf(ctx, x.ID)
		if err != nil {
			return err
		}
		p, err := s.projects.Kind.Load(ctx, id)
		if err != nil || p.State == project.Contracted {
			return err
		}
		_, err = s.projects.Kind.As(ctx, id, "contract", record.Input{Values: contractIn(ev), Reason: x.Number})
		return err
	})
	e.Subscribe("project", "contract", func(ctx context.Context, ev event.Event, rec record.Record) error {
		x, err := s.awarded(ctx, rec.(*project.Project))
		if err != nil || x == nil || x.State == application.Contracted {
			return err
		}
		_, err = s.cases.Applications.As(ctx, x.ID, "contract", record.Input{Values: contractIn(ev).With("conditions_met", "true")})
		return err
	})
	on("decline", func(ctx context.Context, x *application.Submission, _ event.Event) error {
		id, err := s.projectOf(ctx, x.ID)
		if err != nil {
			return err
		}
		_, err = s.projects.Kind.As(ctx, id, "cancel", record.Input{Reason: x.Number})
		return err
	})
}

// contractIn gives what a contract's form was answered with.
func contractIn(ev event.Event) form.Values {
	told, in := ev.Told(), form.Values{}
	for _, name := range []string{"contract_on", "contract_ref", "presentation_due"} {
		in = in.With(name, told[name]...)
	}
	return in
}

// awarded gives the application that the project came of; nil when it came of none.
func (s *Service) awarded(ctx context.Context, p *project.Project) (*application.Submission, error) {
	heads, err := s.Meetings.Engine().Heads(access.With(ctx, access.System), p.Grounds.V...)
	if err != nil {
		return nil, fmt.Errorf("grounds of project %s: %w", p.Number, err)
	}
	for _, h := range heads {
		if h.Kind == application.Application {
			return s.cases.Applications.Load(ctx, h.ID)
		}
	}
	return nil, nil
}

// makeProject makes the project of an award, with the years of its budget.
func (s *Service) makeProject(ctx context.Context, x *application.Submission) error {
	of, err := s.calls.Kind.Load(ctx, x.Call)
	if err != nil {
		return err
	}
	c, a := x.Content.V, x.Answer.V
	if c == nil {
		return fmt.Errorf("award of %s: it is not opened", x.Number)
	}
	host, err := s.organisation(ctx, c.Institution)
	if err != nil {
		return err
	}
	starts := c.Starts
	if starts.IsZero() {
		starts = s.Meetings.Engine().Today(ctx)
		c.Starts = starts
	}
	in := form.Of("title", cut(c.Title, 200), "instrument", "grant", "rnd_kind", plan.AppliedResearch, "summary", summary(c), "institution", host,
		"start", starts.Format(time.DateOnly), "end", c.Ends().Format(time.DateOnly), "amount", strconv.FormatInt(a.Ore, 10), "leader_name", cut(c.Leader.Name, 150))
	// The project has those who have dealt with the case, as far as the form takes them.
	dealt, err := s.dealt(ctx, x)
	if err != nil {
		return err
	}
	fields := s.createFields()
	for field, candidates := range map[string][]string{
		"theme": {of.Theme}, "leader": {x.Applicant}, "owner": {x.Owner}, "case_worker": append([]string{a.ProposedBy}, dealt...),
	} {
		options, err := fields[field].Choose(ctx, nil)
		if err != nil {
			return err
		}
		for _, id := range candidates {
			if slices.ContainsFunc(options, func(o form.Option) bool { return o.Value == id && id != "" }) {
				in = in.With(field, id)
				break
			}
		}
	}
	p, err := s.projects.Kind.Create(access.With(ctx, access.System), "create", record.Input{Values: in, Reason: of.Number}, func(p *project.Project) {
		p.Lang, p.Example, p.Unit = x.Lang, x.Example, of.Unit
		p.Needs.V, p.Grounds.V = of.Needs.V, []string{x.ID, of.ID}
		p.Funded.V = project.Funding{At: a.DecidedAt, By: a.DecidedBy, Reason: a.Conditions, Award: project.Offered}
	})
	if err != nil {
		return fmt.Errorf("project of %s: %w", x.Number, err)
	}
	budget := x.Budget()
	var years []int
	for year := range budget {
		years = append(years, year)
	}
	slices.Sort(years)
	for _, year := range years {
		if _, err := s.projects.Kind.As(ctx, p.ID, "budget", record.Input{Values: form.Of("year", strconv.Itoa(year), "year_amount", strconv.FormatInt(budget[year], 10))}); err != nil {
			return fmt.Errorf("budget of the project of %s: %w", x.Number, err)
		}
	}
	// The contract brings the first presentation; the call may ask for more.
	for n := 1; n < of.Presentations; n++ {
		_, err := s.projects.Kind.As(ctx, p.ID, "agree_deliverable", record.Input{Values: form.Of("kind", project.Presentation, "deliverable_title", cut(c.Title, 190)+" "+strconv.Itoa(n+1), "due", c.Ends().Format(time.DateOnly))})
		if err != nil {
			return fmt.Errorf("presentations of the project of %s: %w", x.Number, err)
		}
	}
	for _, partner := range c.Partners {
		id, err := s.organisation(ctx, partner)
		if err != nil {
			return err
		}
		if id == host {
			continue
		}
		if _, err := s.projects.Kind.As(ctx, p.ID, "add_institution", record.Input{Values: form.Of("institution", id, "role", project.Partner)}); err != nil && fault.Of(err) == fault.Internal {
			return err
		}
	}
	return nil
}

// createFields gives the fields of the form that makes a project, by name.
func (s *Service) createFields() map[string]form.Field {
	out := map[string]form.Field{}
	c, _ := s.projects.Kind.Lifecycle().Command("create")
	for _, f := range c.Fields {
		out[f.Name] = f
	}
	return out
}

// organisation gives the id in Funn's register of a party that an applicant wrote;
// one that is not there is added.
func (s *Service) organisation(ctx context.Context, party application.Party) (string, error) {
	id, err := s.registered(ctx, party)
	if id != "" || err != nil {
		return id, err
	}
	in := form.Of("name", cut(party.Name, 150), "org_type", "other")
	if number, ok := org.NormalIdentifier(org.SchemeOrgnr, party.Number); ok {
		in = in.With("orgnr", number)
	}
	o, err := s.people.Organisations.Create(access.With(ctx, access.System), "register", record.Input{Values: in}, nil)
	if err != nil {
		return "", fmt.Errorf("institution %q: %w", party.Name, err)
	}
	return o.ID, nil
}

// registered gives the id in Funn's register of a party: as the applicant chose it, by
// its number, or by its name; empty when it is not there.
func (s *Service) registered(ctx context.Context, party application.Party) (string, error) {
	all, err := s.people.Organisations.List(access.With(ctx, access.System), *new(db.Where).And("r.state = ?", org.Active), "r.number", 0, 0)
	if err != nil {
		return "", err
	}
	number, numbered := org.NormalIdentifier(org.SchemeOrgnr, party.Number)
	for _, same := range []func(*org.Organisation) bool{
		func(o *org.Organisation) bool { return o.ID == party.ID },
		func(o *org.Organisation) bool { return numbered && o.Identified(org.SchemeOrgnr) == number },
	} {
		if i := slices.IndexFunc(all, same); i >= 0 {
			return all[i].ID, nil
		}
	}
	o, err := s.people.OrganisationByName(ctx, party.Name)
	if fault.Of(err) == fault.NotFound && err != nil {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return o.ID, nil
}

// summary gives the popular summary where the form asked for one, or the title.
func summary(c *application.Content) string {
	if s := strings.TrimSpace(c.Answers["summary"]); s != "" {
		return cut(s, 3000)
	}
	return cut(c.Title, 200)
}

// cut shortens a text to so many characters.
func cut(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:limit])
	}
	return s
}

// Award is an award that applicants have been told of.
type Award struct {
	Case      *application.Submission
	Call      *call.Call
	Recipient *org.Organisation // nil when it is not in the register
}

// Awards gives all awards that everybody may know of, by number; examples are left
// out unless they are asked for.
func (s *Service) Awards(ctx context.Context, examples bool) ([]Award, error) {
	ctx = access.With(ctx, access.System)
	list, err := s.cases.Applications.List(ctx, *new(db.Where).In("r.state", application.Awarded, application.Conditions, application.Contracted), "r.number", 0, 0)
	if err != nil {
		return nil, err
	}
	calls := map[string]*call.Call{}
	var out []Award
	for _, x := range list {
		of := calls[x.Call]
		if of == nil {
			if of, err = s.calls.Kind.Load(ctx, x.Call); err != nil {
				return nil, err
			}
			calls[x.Call] = of
		}
		if !of.Told() || x.Told() == nil || x.Example && !examples {
			continue
		}
		a := Award{Case: x, Call: of}
		if id, err := s.registered(ctx, x.Content.V.Institution); err != nil {
			return nil, err
		} else if id != "" {
			if a.Recipient, err = s.people.Organisations.Load(ctx, id); err != nil {
				return nil, err
			}
		}
		out = append(out, a)
	}
	return out, nil
}
