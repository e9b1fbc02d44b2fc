package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"funn/internal/demo/facts"
	"funn/internal/need"
	"funn/internal/platform/record"
	"funn/internal/project"
)

// examples plays what the sources lack: needs, and calls and projects with money,
// delay and follow-up. Each need and each project without one is a thread of its own.
func (l *loader) examples(ctx context.Context) error {
	for _, n := range facts.ExampleNeeds {
		acts := l.need(n)
		for _, p := range facts.ExampleProjects {
			if p.Need == n.Key {
				acts = append(acts, slices.Concat(l.project(p), l.use(p))...)
			}
		}
		for _, c := range facts.ExampleCalls {
			if c.Need == n.Key && c.State != facts.CallAssess2 {
				acts = append(acts, l.exampleCall(c)...)
			}
		}
		if len(n.CoveredBy) > 0 {
			continue // what covers it must be published first; see below
		}
		if err := l.play(ctx, closing(acts)); err != nil {
			return fmt.Errorf("example %s: %w", n.Key, err)
		}
	}
	for _, p := range facts.ExampleProjects {
		if p.Need == "" {
			if err := l.play(ctx, closing(slices.Concat(l.project(p), l.use(p)))); err != nil {
				return fmt.Errorf("example %s: %w", p.Key, err)
			}
		}
	}
	for _, n := range facts.ExampleNeeds {
		if len(n.CoveredBy) > 0 {
			if err := l.play(ctx, l.need(n)); err != nil {
				return fmt.Errorf("example %s: %w", n.Key, err)
			}
		}
	}
	return nil
}

// need gives the acts of an example need's life.
func (l *loader) need(n facts.ExampleNeed) []act {
	var acts []act
	k := l.Needs.Kind
	add := func(s facts.Step, what string, do func(context.Context) error) {
		acts = append(acts, act{on: s.On, what: what, do: do})
	}
	worker := "fou"
	for _, s := range n.Steps {
		if s.State == need.Clarifying {
			worker = s.By
		}
	}
	for i, s := range n.Steps {
		switch s.State {
		case need.Draft:
			add(s, "draft", func(ctx context.Context) error {
				ctx, err := l.as(ctx, s.By)
				if err != nil {
					return err
				}
				in := values(append(each("themes", n.Themes), "title", n.Title.Body, "problem", n.Problem.Body, "decision", n.Decision.Body, "as_draft", "true")...)
				rec, err := k.Create(ctx, "report", record.Input{Values: in}, func(rec *need.Need) {
					rec.Example, rec.Lang, rec.Source = true, language(string(n.Title.Lang)), facts.Source{Doc: facts.DocExample}.String()
				})
				if err == nil {
					l.ids[n.Key] = rec.ID
				}
				return err
			})
		case need.Reported:
			add(s, "submit", give(l, k, n.Key, s.By, "submit", ""))
			seconded := []string{n.Owner}
			for _, unit := range n.Seconded {
				// One person speaks for all the example offices, and for each only once.
				if person, ok := seconder[unit]; ok && !slices.Contains(seconded, person) {
					seconded = append(seconded, person)
					add(s, "second", give(l, k, n.Key, person, "second", ""))
				}
			}
		case need.Clarifying:
			add(s, "take", give(l, k, n.Key, s.By, "take", "", "case_worker", s.By, "owner", n.Owner))
			if n.Phase != "" {
				add(s, "describe", give(l, k, n.Key, n.Owner, "describe", "", slices.Concat(each("themes", n.Themes), each("goals", n.Goals), []string{
					"title", n.Title.Body, "problem", n.Problem.Body, "questions", joined(n.Questions, func(t facts.Text) string { return t.Body }),
					"decision", n.Decision.Body, "decision_date", iso(n.Decide), "phase", string(n.Phase), "rnd_kind", "applied_research",
				})...))
			}
		case need.Clarified:
			for _, x := range n.Searches {
				found := act{on: x.On, what: "search", do: l.searched(n.Key, x)}
				if found.on.After(s.On) {
					found.on = s.On
				}
				acts = append(acts, found)
			}
			if n.Phase == "" { // a need from an office: described on the day it is signed
				add(s, "describe", give(l, k, n.Key, worker, "describe", "", slices.Concat(each("themes", n.Themes), []string{
					"title", n.Title.Body, "problem", n.Problem.Body, "questions", joined(n.Questions, func(t facts.Text) string { return t.Body }),
					"decision", n.Decision.Body, "decision_date", iso(n.Decide), "phase", "understand", "rnd_kind", "applied_research",
				})...))
			}
			add(s, "sign", give(l, k, n.Key, n.Owner, "sign", ""))
		case need.InstrumentChosen:
			var instruments []string
			for _, key := range n.Instruments {
				instruments = append(instruments, string(key))
			}
			reason := s.Reason.Body
			if reason == "" {
				reason = n.Choice.Body
			}
			add(s, "choose", give(l, k, n.Key, s.By, "choose", reason, append(each("instruments", instruments), "performed", "external", "rationale", n.Choice.Body)...))
		case need.Rejected:
			add(s, "reject", give(l, k, n.Key, s.By, "reject", s.Reason.Body))
		case need.Covered:
			add(s, "cover", l.covered(n))
		case need.Closed:
			add(s, "close", give(l, k, n.Key, s.By, "close", ""))
		case need.Acquiring, need.Answered:
			// The program's own steps: they follow from the projects.
		default:
			add(s, "step", func(context.Context) error { return fmt.Errorf("step %d: no act leads to %s", i, s.State) })
		}
	}
	return acts
}

// seconder is the demo person who speaks for a unit.
var seconder = map[string]string{
	"eksempel-kontor-a": "kontor", "eksempel-kontor-b": "kontor", "eksempel-kontor-c": "kontor", "eksempel-kontor-d": "kontor",
	"eksempel-fylke": "fylke", "produktomrade": "produktteam", "atl": "atl",
}

func (l *loader) searched(key string, x facts.ExampleSearch) func(context.Context) error {
	return func(ctx context.Context) error {
		var relevant []string
		for _, kept := range x.Kept {
			if id, ok := l.ids[kept]; ok {
				relevant = append(relevant, id)
			}
		}
		return give(l, l.Needs.Kind, key, x.By, "search", "", append(each("relevant", relevant),
			"query", x.Query, "where", "library", "hits", fmt.Sprint(x.Hits), "conclusion", x.Note.Body)...)(ctx)
	}
}

func (l *loader) covered(n facts.ExampleNeed) func(context.Context) error {
	return func(ctx context.Context) error {
		var publications []string
		for _, key := range n.CoveredBy {
			id, err := l.id(key)
			if err != nil {
				return err
			}
			publications = append(publications, id)
		}
		return give(l, l.Needs.Kind, n.Key, n.Owner, "cover", "", each("publications", publications)...)(ctx)
	}
}

// project gives the acts of an example project's life.
func (l *loader) project(p facts.ExampleProject) []act {
	var acts []act
	k := l.Projects.Kind
	var last facts.Step
	add := func(s facts.Step, what string, do func(context.Context) error) {
		acts = append(acts, act{on: s.On, what: what, do: do})
		last = s
	}
	var final facts.ExampleDeliverable
	for _, d := range p.Deliverables {
		if d.Kind == facts.DeliverFinal {
			final = d
		}
	}
	leader := p.Leader
	if leader == "" {
		leader = p.Caseworker
	}
	acts = append(acts, l.spending(p)...)
	for _, s := range p.Steps {
		switch s.State {
		case project.Created:
			add(s, "create", l.created(p, s))
			for _, y := range p.Years {
				add(s, "budget", give(l, k, p.Key, p.Caseworker, "budget", "", "year", fmt.Sprint(y.Year), "year_amount", kroner(y.Budget)))
			}
			for _, d := range p.Deliverables {
				if d.Kind == facts.DeliverInterim {
					add(s, "agree", give(l, k, p.Key, p.Caseworker, "agree_deliverable", "", "kind", project.Interim, "deliverable_title", d.Title.Body, "due", iso(d.Baseline)))
				}
			}
			add(s, "fund", give(l, k, p.Key, "utvalg", "fund", "Behovet er viktig og svaret kan komme i tide."))
		case project.Contracted:
			show := p.PlannedEnd
			for _, d := range p.Deliverables {
				if d.Kind == facts.DeliverShow {
					show = d.Baseline
				}
			}
			add(s, "contract", give(l, k, p.Key, p.Caseworker, "contract", "", "contract_on", iso(p.Contracted), "presentation_due", iso(show)))
		case project.StartedUp:
			add(s, "start-up", give(l, k, p.Key, p.Owner, "start_up", "", "met_on", iso(p.StartUpMeeting), "met_with", "Fageier, FoU-seksjonen og forskerne", "minutes", "Vi gikk gjennom spørsmålene, planen og hvem som gjør hva."))
		case project.Running:
			add(s, "begin", give(l, k, p.Key, p.Caseworker, "begin", "", "next_follow_up", iso(s.On.AddDate(0, 3, 0))))
		case project.Delivered:
			add(s, "deliver", l.delivered(p, final, leader))
		case project.Accepted:
			add(s, "review", give(l, k, p.Key, p.Caseworker, "review", "", "review_note", "Metoden passer til spørsmålene, og begrensningene er tydelige."))
			add(s, "accept", give(l, k, p.Key, p.Owner, "accept", ""))
		case project.Closed:
			add(s, "present", give(l, k, p.Key, p.Caseworker, "present", "", "met_on", iso(s.On), "where", "Webinar"))
			add(s, "data", give(l, k, p.Key, p.Caseworker, "data_plan", "", "data_state", "none"))
			add(s, "close", give(l, k, p.Key, p.Caseworker, "close", ""))
		}
	}
	for i, d := range p.Deliverables {
		for _, f := range d.Forecasts {
			if d.Kind != facts.DeliverFinal {
				continue // an interim report's date moves with the plan, not with the project's end
			}
			acts = append(acts, act{on: f.Made, what: "forecast", do: give(l, k, p.Key, f.By, "propose_forecast", "", "new_end", iso(f.Due), "cause", causes[f.Cause], "note", f.Why.Body)})
			acts = append(acts, act{on: f.Made.AddDate(0, 0, 7), what: "accept forecast", do: give(l, k, p.Key, p.Owner, "accept_forecast", "")})
		}
		if d.Kind == facts.DeliverInterim && !d.Delivered.IsZero() {
			acts = append(acts, act{on: d.Delivered, what: "interim", do: give(l, k, p.Key, leader, "deliver_interim", "", "deliverable", fmt.Sprint(i+2), "summary", d.Title.Body)})
		}
	}
	if !p.NextFollowUp.IsZero() && last.State == project.Running {
		met := facts.DemoDay.AddDate(0, -1, 0)
		acts = append(acts, act{on: met, what: "follow up", do: give(l, k, p.Key, p.Caseworker, "follow_up", "", "met_on", iso(met), "met_with", "Fageier og prosjektleder", "minutes", "Vi gikk gjennom framdriften.", "next_follow_up", iso(p.NextFollowUp))})
	}
	return acts
}

// spending gives the acts by which what is spent is noted: as each year closes, or
// before the project is accepted, since nothing is noted after that.
func (l *loader) spending(p facts.ExampleProject) []act {
	var acts []act
	for _, y := range p.Years {
		on := time.Date(y.Year, time.December, 30, 0, 0, 0, 0, time.UTC)
		for _, s := range p.Steps {
			if s.State == project.Accepted && s.On.Before(on) {
				on = s.On
			}
		}
		if y.Spent > 0 && on.Before(facts.DemoDay) {
			acts = append(acts, act{on: on, what: "spending", do: give(l, l.Projects.Kind, p.Key, p.Caseworker, "budget", "",
				"year", fmt.Sprint(y.Year), "year_amount", kroner(y.Budget), "year_spent", kroner(y.Spent))})
		}
	}
	return acts
}

var causes = map[facts.DelayCause]string{
	facts.CauseCollection: "data_collection", facts.CauseLaw: "ethics_law_privacy", facts.CauseOffices: "office_contact",
	facts.CauseRelease: "data_release", facts.CauseOther: "other",
}

func (l *loader) created(p facts.ExampleProject, s facts.Step) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, err := l.as(ctx, s.By)
		if err != nil {
			return err
		}
		institution, err := l.id(p.Institution)
		if err != nil {
			return err
		}
		need := ""
		if p.Need != "" {
			if need, err = l.id(p.Need); err != nil {
				return err
			}
		}
		name := "Ikke navngitt (eksempel)"
		in := values("title", p.Title.Body, "instrument", string(p.Instrument), "need", need, "rnd_kind", "applied_research", "theme", p.Theme,
			"summary", p.Title.Body+".", "institution", institution, "start", iso(p.StartUpMeeting), "end", iso(p.PlannedEnd), "amount", kroner(p.Award),
			"leader_name", name, "leader", p.Leader, "owner", p.Owner, "case_worker", p.Caseworker)
		if p.Award == 0 {
			in = in.With("amount", "0")
		}
		rec, err := l.Projects.Kind.Create(ctx, "create", record.Input{Values: in, Reason: "Eksempel"}, func(rec *project.Project) {
			rec.Example, rec.Lang, rec.Source = true, language(string(p.Title.Lang)), facts.Source{Doc: facts.DocExample}.String()
		})
		if err == nil {
			l.ids[p.Key] = rec.ID
		}
		return err
	}
}

// delivered hands in the final report, with the findings that the example's use
// is built on.
func (l *loader) delivered(p facts.ExampleProject, d facts.ExampleDeliverable, leader string) func(context.Context) error {
	return func(ctx context.Context) error {
		title, summary, tag := d.Title.Body, p.Title.Body+".", language(string(d.Title.Lang))
		findings, limits := "Se rapporten.", "Se rapporten."
		for _, r := range facts.ExampleReports {
			if r.Project != p.Key {
				continue
			}
			title, summary, tag = r.Title.Body, r.Short.Body, language(string(r.Title.Lang))
			for _, u := range facts.ExampleUptakes {
				if u.Report == r.Key && len(u.Findings) > 0 {
					findings = joined(u.Findings, func(f facts.Finding) string { return f.Statement.Body })
					limits = joined(u.Findings, func(f facts.Finding) string { return f.Limits.Body })
				}
			}
		}
		return give(l, l.Projects.Kind, p.Key, leader, "deliver", "", "report_title", title, "report_lang", tag, "report_summary", summary, "findings", findings, "limitations", limits)(ctx)
	}
}
