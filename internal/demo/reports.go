package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"funn/internal/demo/facts"
	"funn/internal/platform/db"
	"funn/internal/platform/record"
	"funn/internal/project"
	"funn/internal/publication"
	"funn/internal/uptake"
)

// reports are those that the annual report's annex tells of, summarised in our
// own words, and the earlier works that the sources cite.
func (l *loader) reports(ctx context.Context) error {
	for _, f := range facts.Reports {
		id, err := l.id(f.Project)
		if err != nil {
			return fmt.Errorf("report %s: %w", f.Key, err)
		}
		p, err := l.Projects.Kind.Load(ctx, id)
		if err != nil {
			return err
		}
		r := &publication.Publication{
			Head:    record.Head{Title: f.Title, Lang: language(string(f.Lang)), Unit: top, Source: f.Source.String()},
			Project: id, PubType: publication.FinalReport, Theme: p.Theme, Year: f.Year, Annex: f.InAnnex(), ExternalURL: facts.AllReports,
			Owner: p.Owner, CaseWorker: p.CaseWorker,
		}
		if f.Kind == facts.InterimReport {
			r.PubType = publication.InterimReport
		}
		if r.Theme == "" {
			r.Theme = publication.NoTheme
		}
		for _, role := range p.Roles.V {
			name, err := db.One[string](ctx, l.Engine.DB, "SELECT title FROM record WHERE id = $1", role.Org)
			if err != nil {
				return err
			}
			r.Institutions.V = append(r.Institutions.V, publication.Institution{Org: role.Org, Role: role.Role, Name: name})
		}
		c := &r.Content.V
		for _, k := range f.KeyPoints {
			c.Short = append(c.Short, k.Body)
		}
		c.Method, c.Limitations, c.Meaning = f.Method.Body, f.Limits.Body, f.Meaning.Body
		if len(f.KeyPoints) > 0 {
			c.Summary = joined(f.KeyPoints, func(t facts.Text) string { return t.Body })
		}
		for _, x := range f.Findings {
			c.Findings = append(c.Findings, publication.Finding{Text: x.Statement.Body, Limits: x.Limits.Body})
		}
		r.SetInternal(false)
		r.State, r.Created = publication.Published, l.known()
		if c.Summary == "" {
			// The annex promises all and lacks this one: it waits for its summary.
			r.State = publication.Received
		}
		if f.Received.Known() {
			r.ReceivedWhen = f.Received.String()
		}
		if r.Number, err = l.Publications.Kind.NextNumber(ctx, f.Year); err != nil {
			return err
		}
		if err := l.Publications.Import(ctx, r, note); err != nil {
			return fmt.Errorf("report %s: %w", f.Key, err)
		}
		l.ids["report:"+f.Key] = r.ID
	}
	for _, f := range facts.Publications {
		theme := f.Theme
		if theme == "" {
			theme = publication.NoTheme
		}
		number, err := l.Publications.Kind.NextNumber(ctx, f.Year)
		if err != nil {
			return err
		}
		r := &publication.Publication{
			Head:    record.Head{Number: number, Title: f.Title, Lang: "nb", Unit: top, Source: f.Source.String(), State: publication.MetadataPublished, Created: l.known()},
			PubType: publication.Report, Theme: theme, Year: f.Year, Authors: f.Authors, ExternalURL: f.URL,
		}
		if f.URL != "" {
			r.State = publication.Published
		}
		if f.Article {
			r.PubType = publication.Article
		}
		r.Content.V.Summary = f.Published + "."
		r.SetInternal(f.Own)
		if err := l.Publications.Import(ctx, r, note); err != nil {
			return fmt.Errorf("publication %s: %w", f.Key, err)
		}
		l.ids[f.Key] = r.ID
	}
	return nil
}

// use gives the acts by which an example report is published and used.
func (l *loader) use(p facts.ExampleProject) []act {
	var acts []act
	add := func(on time.Time, what string, do func(context.Context) error) {
		acts = append(acts, act{on: on, what: what, do: do})
	}
	accepted := time.Time{}
	for _, s := range p.Steps {
		if s.State == project.Accepted {
			accepted = s.On
		}
	}
	acts = append(acts, l.interim(p)...)
	for _, r := range facts.ExampleReports {
		if r.Project != p.Key || accepted.IsZero() {
			continue
		}
		add(accepted, "find report", l.find(r.Key, p.Key))
		approver := p.Caseworker
		if p.Instrument == facts.InstrumentInternal {
			approver = "analyse"
		}
		published := accepted.AddDate(0, 0, 21)
		if published.Before(facts.DemoDay) {
			k := l.Publications.Kind
			add(accepted.AddDate(0, 0, 10), "metadata", give(l, k, r.Key, "bibliotek", "classify", "", "pub_type", l.pubType(p), "theme", p.Theme, "year", fmt.Sprint(accepted.Year())))
			add(accepted.AddDate(0, 0, 10), "ready", give(l, k, r.Key, "bibliotek", "ready", ""))
			add(accepted.AddDate(0, 0, 14), "approve", give(l, k, r.Key, approver, "approve", ""))
			add(published, "publish", give(l, k, r.Key, p.Owner, "publish", "Eksempelet har ingen fil."))
		}
		for _, u := range facts.ExampleUptakes {
			if u.Report == r.Key {
				acts = append(acts, l.uptake(u, p)...)
			}
		}
	}
	return acts
}

// interim gives the acts by which the interim reports of an example are published;
// the newest still waits for the library.
func (l *loader) interim(p facts.ExampleProject) []act {
	var acts []act
	for _, d := range p.Deliverables {
		published := d.Delivered.AddDate(0, 0, 21)
		if d.Kind != facts.DeliverInterim || d.Delivered.IsZero() || published.After(facts.DemoDay.AddDate(0, -6, 0)) {
			continue
		}
		k, key := l.Publications.Kind, "report:"+d.Key
		add := func(days int, what string, do func(context.Context) error) {
			acts = append(acts, act{on: d.Delivered.AddDate(0, 0, days), what: what, do: do})
		}
		add(10, "find interim report", func(ctx context.Context) error {
			id, err := l.id(p.Key)
			if err != nil {
				return err
			}
			list, err := l.Publications.OfProject(ctx, id)
			if err != nil {
				return err
			}
			for _, r := range list {
				if r.PubType == publication.InterimReport {
					l.ids[key] = r.ID
				}
			}
			return nil
		})
		add(10, "metadata", give(l, k, key, "bibliotek", "classify", "", "pub_type", publication.InterimReport, "theme", p.Theme, "year", fmt.Sprint(d.Delivered.Year())))
		add(10, "ready", give(l, k, key, "bibliotek", "ready", ""))
		add(14, "approve", give(l, k, key, p.Caseworker, "approve", ""))
		add(21, "publish", give(l, k, key, p.Owner, "publish", "Eksempelet har ingen fil."))
	}
	return acts
}

func (l *loader) pubType(p facts.ExampleProject) string {
	switch p.Instrument {
	case facts.InstrumentInternal:
		return publication.Analysis
	case facts.InstrumentSynthesis:
		return publication.Synthesis
	}
	return publication.FinalReport
}

// find notes which publication and which assessment the accepted project led to.
func (l *loader) find(report, key string) func(context.Context) error {
	return func(ctx context.Context) error {
		id, err := l.id(key)
		if err != nil {
			return err
		}
		list, err := l.Publications.OfProject(ctx, id)
		if err != nil {
			return err
		}
		for _, r := range list {
			if r.PubType != publication.InterimReport {
				l.ids[report] = r.ID
			}
		}
		u, err := l.Uptakes.OfProject(ctx, id)
		if err != nil {
			return err
		}
		l.ids["use:"+report] = u.ID
		return nil
	}
}

// uptake gives the acts of an example's use.
func (l *loader) uptake(u facts.ExampleUptake, p facts.ExampleProject) []act {
	var acts []act
	k, key := l.Uptakes.Kind, "use:"+u.Report
	add := func(on time.Time, what, person, command, reason string, pairs ...string) {
		acts = append(acts, act{on: on, what: what, do: give(l, k, key, person, command, reason, pairs...)})
	}
	worker := p.Caseworker
	for _, s := range u.Steps {
		switch s.State {
		case uptake.Registered:
			add(s.On, "findings", worker, "register_findings", "")
		case uptake.Assessed:
			for i, list := range u.Implications {
				var codes []string
				for _, x := range list {
					codes = append(codes, implications[x])
				}
				add(s.On, "assess", u.Owner, "assess", "", append(each("implications", codes), "finding", fmt.Sprint(i+1))...)
			}
			for _, r := range u.Recommendations {
				add(s.On, "recommend", worker, "recommend", "", "kind", recommendations[r.Kind], "text", r.Text.Body, "addressee", l.unitName(r.To), "finding", fmt.Sprint(r.Finding+1))
			}
			add(s.On, "conclude", u.Owner, "conclude", "")
		case uptake.Decided:
			for i, r := range u.Recommendations {
				if r.Answer != "" {
					acts = append(acts, act{on: s.On, what: "answer", do: func(ctx context.Context) error {
						rec, err := l.used(ctx, key)
						if err != nil {
							return err
						}
						return give(l, k, key, u.Owner, "answer", "", "recommendation", fmt.Sprint(rec.Recommendations.V[i].ID), "answer", answers[r.Answer], "answer_reason", r.Reason.Body)(ctx)
					}})
				}
			}
			add(s.On, "decide", u.Owner, "decide", "", "outcome", outcomes[u.Outcome], "outcome_reason", u.OutcomeReason.Body)
		case uptake.Planned:
			for _, a := range u.Audiences {
				add(s.On, "audience", worker, "add_audience", "", "who", a.Body, "how", "Kort omtale på intranettet og et innlegg på en samling.")
			}
			for _, a := range u.Actions {
				add(s.On, "action", worker, "add_action", "", "text", a.Text.Body, "action_owner", a.Owner, "action_due", iso(laterOf(a.Due, s.On)), "recommendation", nonzero(a.For))
			}
			add(s.On, "plan", u.Owner, "approve_plan", "")
		case uptake.Running:
			add(s.On, "start", u.Owner, "start", "")
			for i, a := range u.Actions {
				on := a.Done
				if on.IsZero() {
					on = a.Due
				}
				if on.After(facts.DemoDay) || a.Status == uptake.NotStarted {
					continue
				}
				if on.Before(s.On) {
					on = s.On
				}
				acts = append(acts, act{on: on, what: "action", do: func(ctx context.Context) error {
					rec, err := l.used(ctx, key)
					if err != nil {
						return err
					}
					return give(l, k, key, a.Owner, "update_action", "", "action", fmt.Sprint(rec.Actions.V[i].ID), "status", a.Status, "note", a.Reason.Body)(ctx)
				}})
			}
		case uptake.FollowedUp:
			add(s.On, "follow up", u.Owner, "follow_up", "", "result", "Tiltakene er gjennomført.", "check_date", iso(s.On.AddDate(1, 0, 0)))
		case uptake.Closed:
			add(s.On, "close", u.Owner, "close", s.Reason.Body)
		}
	}
	return acts
}

// used gives an example's use as it stands: what is in it has numbers of its own.
func (l *loader) used(ctx context.Context, key string) (*uptake.Uptake, error) {
	id, err := l.id(key)
	if err != nil {
		return nil, err
	}
	return l.Uptakes.Kind.Load(ctx, id)
}

// nonzero writes a number; nothing for 0.
func nonzero(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (l *loader) unitName(key string) string {
	for _, u := range facts.Units {
		if u.Key == key {
			return u.Name
		}
	}
	return key
}

var (
	implications = map[facts.Implication]string{
		facts.ForPractice: uptake.Practice, facts.ForServices: uptake.Services, facts.ForManagement: uptake.Management,
		facts.ForPolicy: uptake.Policy, facts.ForKnowledge: uptake.KnowledgeBase,
	}
	recommendations = map[facts.RecommendationKind]string{facts.DoThis: uptake.Do, facts.StopThis: uptake.Stop, facts.AdviseMinistry: uptake.AdviseMinistry}
	answers         = map[string]string{"ja": uptake.Yes, "delvis": uptake.Partly, "nei": uptake.No}
	outcomes        = map[string]string{"bruk": uptake.Use, "delvis": uptake.UsePartly, "ikke": uptake.NotUse, "kunnskapsgrunnlag": uptake.OnlyKnown}
)

// closing gives the last acts of a need: they come after everything else of their day.
func closing(acts []act) []act {
	slices.SortStableFunc(acts, func(a, b act) int {
		if c := a.on.Compare(b.on); c != 0 {
			return c
		}
		return rank(a) - rank(b)
	})
	return acts
}

func rank(a act) int {
	if a.what == "close" {
		return 1
	}
	return 0
}
