package facts_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"funn/internal/demo/facts"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

var (
	newYear2022 = day(2021, time.December, 31)
	newYear2023 = day(2022, time.December, 31)
)

// computed gives each count from the records.
func computed(t *testing.T) map[string]int64 {
	t.Helper()
	call, ok := facts.CallByKey(facts.Call2022)
	if !ok {
		t.Fatal("the call of 2022 is missing")
	}
	annexOf := func(instrument facts.InstrumentKey) (n int) {
		for _, p := range facts.FinishedIn(instrument, 2022) {
			if slices.ContainsFunc(facts.Reports, func(r facts.Report) bool { return r.Project == p.Key && r.InAnnex() }) {
				n++
			}
		}
		return n
	}
	number := func(list []facts.Project, keep func(facts.Project) bool) (n int) {
		for _, p := range list {
			if keep(p) {
				n++
			}
		}
		return n
	}
	procured := func(p facts.Project) bool {
		return p.Instrument == facts.InstrumentCommission && p.Framework == "evalueringer-2022" && p.Contracted.Within(2022)
	}
	running, annex, breakfasts := 0, 0, 0
	for _, p := range facts.Partnerships {
		if p.ActiveOn(newYear2023) {
			running++
		}
	}
	for _, r := range facts.Reports {
		if r.InAnnex() {
			annex++
		}
	}
	var seats, first int
	for _, e := range facts.Events {
		switch {
		case e.Kind == facts.Breakfast:
			breakfasts += e.Number
		case e.Kind == facts.Conference:
			seats = e.Capacity
		case e.Key == "fou-nettverk-1":
			first = e.Attended
		}
	}
	suppliers := map[string]bool{}
	for _, r := range facts.Rounds {
		if r.Key == facts.Round2022 {
			for _, s := range r.Suppliers {
				suppliers[s] = true
			}
		}
	}
	planned := 0
	for _, p := range facts.Planned {
		if p.Kind == "gathering" {
			planned += p.Count
		}
	}
	var hinn facts.Partnership
	for _, p := range facts.Partnerships {
		if p.Key == "hinn" {
			hinn = p
		}
	}
	ints := map[string]int{
		facts.CountGrantsFinished: len(facts.FinishedIn(facts.InstrumentGrant, 2022)),
		facts.CountGrantsInteraction: number(facts.FinishedIn(facts.InstrumentGrant, 2022), func(p facts.Project) bool {
			return p.Theme == facts.ThemeInteraction
		}),
		facts.CountGrantsRunning:         len(facts.ActiveOn(facts.InstrumentGrant, newYear2023)),
		facts.CountGrantsStarted:         len(facts.StartedIn(facts.InstrumentGrant, 2022)),
		facts.CountGrantsOpening:         len(facts.ActiveOn(facts.InstrumentGrant, newYear2022)),
		facts.CountCommissionsProcured:   number(facts.Projects(), procured),
		facts.CountCommissionsNamed:      number(facts.Projects(), func(p facts.Project) bool { return procured(p) && p.Named }),
		facts.CountCommissionsRunning:    len(facts.ActiveOn(facts.InstrumentCommission, newYear2023)),
		facts.CountCommissionsFinished:   len(facts.FinishedIn(facts.InstrumentCommission, 2022)),
		facts.CountPhDCompleted:          len(facts.FinishedIn(facts.InstrumentPhD, 2022)),
		facts.CountPhDRunning:            len(facts.ActiveOn(facts.InstrumentPhD, newYear2023)),
		facts.CountSketches:              call.Sketches,
		facts.CountApplications:          call.Applications,
		facts.CountAwards:                call.Awards,
		facts.CountAwardedNOK:            int(call.Awarded.NOK),
		facts.CountFrameNOK:              int(call.Frame.NOK),
		facts.CountSuppliers:             len(suppliers),
		facts.CountFrameworks:            len(facts.FrameworksOf(facts.Round2022)),
		facts.CountFrameworksEarlier:     len(facts.FrameworksOf(facts.Round2018)),
		facts.CountPartnershipsMade:      len(facts.Partnerships),
		facts.CountPartnershipsRunning:   running,
		facts.CountAnnex:                 annex,
		facts.CountAnnexGrants:           annexOf(facts.InstrumentGrant),
		facts.CountAnnexCommissions:      annexOf(facts.InstrumentCommission),
		facts.CountThemes:                len(facts.ThemesOf(facts.PlanCurrent)),
		facts.CountInsights:              len(facts.Insights),
		facts.CountBreakfasts:            breakfasts,
		facts.CountConferenceSeats:       seats,
		facts.CountNetworkFirstGathering: first,
		facts.CountNetworkPlanned:        planned,
		facts.CountPartnershipProjects:   hinn.Projects,
		facts.CountPartnershipCourses:    len(hinn.Courses),
	}
	out := map[string]int64{}
	for k, v := range ints {
		out[k] = int64(v)
	}
	return out
}

// TestCountsAgree compares every number the report states with the records.
func TestCountsAgree(t *testing.T) {
	want := map[string]int64{}
	for _, c := range facts.Counts {
		want[c.Key] = c.Value
	}
	if len(want) != len(facts.Counts) {
		t.Error("two counts share a key")
	}
	if diff := cmp.Diff(want, computed(t)); diff != "" {
		t.Errorf("stated and computed counts differ (-stated +computed):\n%s", diff)
	}
}

// TestStatedNumbers pins the numbers themselves, which no edit of the records
// and the counts together may move.
func TestStatedNumbers(t *testing.T) {
	want := []int64{7, 6, 15, 6, 16, 10, 7, 14, 6, 3, 7, 13, 8, 6, 22_000_000, 30_000_000, 16, 3, 4, 5, 4, 14, 7, 5, 4, 6, 5, 300, 30, 3, 12, 4}
	var got []int64
	for _, c := range facts.Counts {
		got = append(got, c.Value)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stated numbers moved (-want +got):\n%s", diff)
	}
}

func TestStockAndFlow(t *testing.T) {
	for _, tc := range []struct {
		instrument          facts.InstrumentKey
		opening, begun, end int
	}{
		{facts.InstrumentGrant, 16, 6, 15},
		{facts.InstrumentPhD, 10, 0, 7},
	} {
		opening := len(facts.ActiveOn(tc.instrument, newYear2022))
		begun := len(facts.StartedIn(tc.instrument, 2022))
		finished := len(facts.FinishedIn(tc.instrument, 2022))
		closing := len(facts.ActiveOn(tc.instrument, newYear2023))
		if opening != tc.opening || begun != tc.begun || closing != tc.end || opening+begun-finished != closing {
			t.Errorf("%s: %d + %d − %d = %d, want %d + %d − … = %d", tc.instrument, opening, begun, finished, closing, tc.opening, tc.begun, tc.end)
		}
	}
	if got := len(facts.ActiveOn(facts.InstrumentGrant, facts.DemoDay)); got != 15 {
		t.Errorf("%d grants on the demonstration's first day, want 15", got)
	}
}

func TestAnnexSplit(t *testing.T) {
	got := map[string]int{}
	for _, r := range facts.Reports {
		if r.InAnnex() {
			got[r.Heading]++
		}
	}
	want := map[string]int{
		"Arbeidsrettede tiltak og virkemidler": 3, "Samhandling med brukere": 7, "Sosiale tjenester": 1,
		"Arbeid og helse": 1, "Innovasjon og læring": 1, "Andre rapporter": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("annex (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, facts.AnnexSplit); diff != "" {
		t.Errorf("AnnexSplit (-want +got):\n%s", diff)
	}
}

// TestSelfCheck finds what the annual report itself does not square.
func TestSelfCheck(t *testing.T) {
	var doubts, without, interimOnly []string
	for _, p := range facts.Projects() {
		if !p.Doubt.IsZero() {
			doubts = append(doubts, p.Key)
		}
		if !p.Named || p.Instrument == facts.InstrumentPhD || !p.FinishedIn(2022) {
			continue
		}
		inAnnex, final := false, false
		for _, r := range facts.Reports {
			if r.Project == p.Key {
				inAnnex = inAnnex || r.InAnnex()
				final = final || r.Kind == facts.FinalReport
			}
		}
		if !inAnnex {
			without = append(without, p.Key)
		}
		if !final {
			interimOnly = append(interimOnly, p.Key)
		}
	}
	if diff := cmp.Diff([]string{"digisos", "digital-ekskludering", "kompetansetiltak-sykmeldte"}, doubts); diff != "" {
		t.Errorf("projects in doubt (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"dialogmote-2"}, without); diff != "" {
		t.Errorf("finished without an annex entry (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"kompetansetiltak-sykmeldte"}, interimOnly); diff != "" {
		t.Errorf("finished with interim reports only (-want +got):\n%s", diff)
	}
}

func TestCall2022(t *testing.T) {
	call, _ := facts.CallByKey(facts.Call2022)
	if !strings.Contains(call.Title, "Pålitelig forvaltning") {
		t.Errorf("title %q", call.Title)
	}
	if !(call.Sketches >= call.Applications && call.Applications >= call.Awards) {
		t.Errorf("%d sketches, %d applications, %d awards", call.Sketches, call.Applications, call.Awards)
	}
	if call.Awarded.NOK > call.Frame.NOK {
		t.Errorf("awarded %s of %s", call.Awarded, call.Frame)
	}
	var keys []string
	for _, p := range facts.StartedIn(facts.InstrumentGrant, 2022) {
		keys = append(keys, p.Key)
		if p.Call != facts.Call2022 || p.Theme != facts.ThemeAdministration || p.Start.Text != "høsten 2022" {
			t.Errorf("%s: call %q, theme %q, start %q", p.Key, p.Call, p.Theme, p.Start)
		}
		if p.Amount.Known {
			t.Errorf("%s: the source gives no amount for one award", p.Key)
		}
	}
	if diff := cmp.Diff(call.AwardKeys, keys); diff != "" {
		t.Errorf("awards (-call +projects):\n%s", diff)
	}
}

// TestSources holds that every record with a source has one that names a known
// document and a place in it, and that examples do not pass for facts.
func TestSources(t *testing.T) {
	docs := []string{facts.DocReport, facts.DocPlan, facts.DocData, facts.DocNavNo, facts.DocExample}
	visited := 0
	for name, root := range roots(t) {
		walk(reflect.ValueOf(root), name, func(path string, v reflect.Value) {
			source, ok := v.Interface().(facts.Source)
			if !ok {
				return
			}
			visited++
			if source.IsZero() || !slices.Contains(docs, source.Doc) {
				t.Errorf("%s: source %+v", path, source)
				return
			}
			if (source.Section == "") != (source.Doc == facts.DocExample) {
				t.Errorf("%s: source %+v", path, source)
			}
		})
	}
	if visited < 700 {
		t.Errorf("visited only %d sources", visited)
	}
	for _, o := range facts.Organisations {
		if o.Example != (o.Source.Doc == facts.DocExample) {
			t.Errorf("organisation %s: example %v, source %s", o.Key, o.Example, o.Source)
		}
	}
}

func TestSourceString(t *testing.T) {
	for source, want := range map[facts.Source]string{
		{Doc: facts.DocReport, Section: "§2.1"}:       "Nav FoU-årsrapport 2022 §2.1",
		{Doc: facts.DocPlan, Section: "§4"}:           "Nav FoU-plan 2021–2025 §4",
		{Doc: facts.DocData, Section: "counties.csv"}: "Åpne data: counties.csv",
		{Doc: facts.DocNavNo, Section: "«FoU i NAV»"}: "nav.no «FoU i NAV»",
		{Doc: facts.DocExample}:                       "Eksempel, laget for demonstrasjonen",
	} {
		if got := source.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// keys collects the keys of a list and reports doubles and empty ones.
func keys[T any](t *testing.T, what string, list []T, key func(T) string) map[string]bool {
	t.Helper()
	set := map[string]bool{}
	for _, item := range list {
		k := key(item)
		if k == "" || set[k] {
			t.Errorf("%s: key %q is empty or used twice", what, k)
		}
		set[k] = true
	}
	return set
}

func TestReferencesResolve(t *testing.T) {
	projectList := facts.Projects()
	organisations := keys(t, "organisations", facts.Organisations, func(o facts.Organisation) string { return o.Key })
	units := keys(t, "units", facts.Units, func(u facts.Unit) string { return u.Key })
	persons := keys(t, "persons", facts.Persons, func(p facts.Person) string { return p.ID })
	plans := keys(t, "plans", facts.PlanVersions, func(p facts.PlanVersion) string { return p.Key })
	themes := keys(t, "themes", facts.Themes, func(p facts.Theme) string { return p.Slug })
	goals := keys(t, "goals", facts.Goals, func(g facts.Goal) string { return g.Key })
	tags := keys(t, "tags", facts.Tags, func(g facts.Tag) string { return g.Key })
	instruments := keys(t, "instruments", facts.Instruments, func(i facts.Instrument) string { return string(i.Key) })
	projects := keys(t, "projects", projectList, func(p facts.Project) string { return p.Key })
	reports := keys(t, "reports", facts.Reports, func(r facts.Report) string { return r.Key })
	publications := keys(t, "publications", facts.Publications, func(p facts.Publication) string { return p.Key })
	calls := keys(t, "calls", facts.Calls, func(c facts.Call) string { return c.Key })
	rounds := keys(t, "rounds", facts.Rounds, func(r facts.Round) string { return r.Key })
	frameworks := keys(t, "frameworks", facts.Frameworks, func(f facts.Framework) string { return f.Key })
	partnerships := keys(t, "partnerships", facts.Partnerships, func(p facts.Partnership) string { return p.Key })
	keys(t, "figures", facts.Figures, func(f facts.Figure) string { return f.Key })
	keys(t, "events", facts.Events, func(e facts.Event) string { return e.Key })
	keys(t, "planned", facts.Planned, func(p facts.PlannedItem) string { return p.Key })
	needs := keys(t, "example needs", facts.ExampleNeeds, func(n facts.ExampleNeed) string { return n.Key })
	exProjects := keys(t, "example projects", facts.ExampleProjects, func(p facts.ExampleProject) string { return p.Key })
	exReports := keys(t, "example reports", facts.ExampleReports, func(r facts.ExampleReport) string { return r.Key })
	exCalls := keys(t, "example calls", facts.ExampleCalls, func(c facts.ExampleCall) string { return c.Key })
	keys(t, "example tasks", facts.ExampleTasks, func(x facts.ExampleTask) string { return x.Key })

	used := map[string]bool{}
	in := func(set map[string]bool, what, key string) {
		t.Helper()
		if !set[key] {
			t.Errorf("%s refers to %q, which is not there", what, key)
		}
	}
	maybe := func(set map[string]bool, what, key string) {
		t.Helper()
		if key != "" {
			in(set, what, key)
		}
	}
	organisation := func(what, key string) {
		t.Helper()
		used[key] = true
		in(organisations, what, key)
	}

	for _, o := range facts.Organisations {
		if o.Parent != "" {
			organisation(o.Key, o.Parent)
		}
	}
	for _, u := range facts.Units {
		maybe(units, u.Key, u.Parent)
	}
	for _, p := range facts.Persons {
		if (p.Unit == "") == (p.Organisation == "") {
			t.Errorf("person %s: unit %q and organisation %q, want exactly one", p.ID, p.Unit, p.Organisation)
		}
		maybe(units, p.ID, p.Unit)
		if p.Organisation != "" {
			organisation(p.ID, p.Organisation)
		}
	}
	for _, x := range facts.Themes {
		in(plans, x.Slug, x.Plan)
	}
	for _, x := range facts.ProgrammeNotes {
		in(themes, "programme note", x.Theme)
	}
	for _, x := range facts.Revisions {
		in(plans, "revision", x.Of)
	}
	for _, x := range facts.GoalLinks {
		in(themes, "goal link", x.Theme)
		in(goals, "goal link", x.Goal)
	}
	for _, p := range projectList {
		maybe(themes, p.Key, p.Theme)
		maybe(calls, p.Key, p.Call)
		maybe(frameworks, p.Key, p.Framework)
		in(instruments, p.Key, string(p.Instrument))
		for _, o := range p.Institutions {
			organisation(p.Key, o)
		}
		if p.Named != (len(p.Institutions) > 0) {
			t.Errorf("%s: named %v with %d institutions", p.Key, p.Named, len(p.Institutions))
		}
		if (p.Instrument == facts.InstrumentPhD) != (p.Leader != "") {
			t.Errorf("%s: leader %q; the source names the candidates and no one else", p.Key, p.Leader)
		}
	}
	for _, r := range facts.Reports {
		in(projects, r.Key, r.Project)
	}
	for _, p := range facts.Publications {
		maybe(themes, p.Key, p.Theme)
	}
	for _, c := range facts.Calls {
		in(themes, c.Key, c.Theme)
		for _, k := range c.AwardKeys {
			in(projects, c.Key, k)
		}
	}
	for _, r := range facts.Rounds {
		for _, s := range r.Suppliers {
			organisation(r.Key, s)
		}
	}
	for _, f := range facts.Frameworks {
		in(rounds, f.Key, f.Round)
	}
	for _, p := range facts.Partnerships {
		for _, o := range p.Partners {
			organisation(p.Key, o)
		}
		for _, j := range p.Joined {
			organisation(p.Key, j.Organisation)
		}
	}
	for _, e := range facts.Events {
		maybe(partnerships, e.Key, e.Partnership)
		for _, s := range e.Speakers {
			organisation(e.Key, s.Organisation)
		}
	}
	for _, s := range facts.Showings {
		in(reports, "showing", s.Report)
	}
	in(units, "journal", facts.OwnJournal.Publisher)
	organisation("signatory", facts.Signatory.Organisation)

	subjects := map[string]bool{}
	steps := func(key string, list []facts.Step) {
		subjects[key] = true
		for _, s := range list {
			if s.By != facts.BySystem {
				in(persons, key, s.By)
			}
		}
	}
	for _, n := range facts.ExampleNeeds {
		steps(n.Key, n.Steps)
		in(persons, n.Key, n.Owner)
		for _, x := range n.Themes {
			in(themes, n.Key, x)
		}
		for _, x := range n.Tags {
			in(tags, n.Key, x)
		}
		for _, x := range n.Goals {
			in(goals, n.Key, x)
		}
		for _, x := range n.Seconded {
			in(units, n.Key, x)
		}
		for _, x := range n.Instruments {
			in(instruments, n.Key, string(x))
		}
		for _, x := range n.CoveredBy {
			in(exReports, n.Key, x)
		}
		for _, s := range n.Searches {
			in(persons, n.Key, s.By)
			for _, x := range s.Kept {
				in(publications, n.Key, x)
			}
		}
	}
	for _, p := range facts.ExampleProjects {
		steps(p.Key, p.Steps)
		maybe(needs, p.Key, p.Need)
		maybe(themes, p.Key, p.Theme)
		in(instruments, p.Key, string(p.Instrument))
		organisation(p.Key, p.Institution)
		in(persons, p.Key, p.Owner)
		in(persons, p.Key, p.Caseworker)
		maybe(persons, p.Key, p.Leader)
		for _, d := range p.Deliverables {
			subjects[d.Key] = true
			for _, f := range d.Forecasts {
				in(persons, d.Key, f.By)
			}
		}
	}
	for _, r := range facts.ExampleReports {
		in(exProjects, r.Key, r.Project)
	}
	for _, u := range facts.ExampleUptakes {
		steps(u.Key, u.Steps)
		in(exReports, u.Key, u.Report)
		in(persons, u.Key, u.Owner)
		for _, r := range u.Recommendations {
			in(units, u.Key, r.To)
		}
		for _, a := range u.Actions {
			subjects[a.Key] = true
			in(persons, a.Key, a.Owner)
		}
	}
	for _, c := range facts.ExampleCalls {
		subjects[c.Key] = true
		in(themes, c.Key, c.Theme)
	}
	for _, a := range facts.ExampleApplications {
		subjects[a.Key] = true
		in(exCalls, a.Key, a.Call)
		organisation(a.Key, a.Institution)
		for _, s := range a.Assessments {
			in(persons, a.Key, s.Assessor)
		}
	}
	for _, r := range facts.ExampleDataRequests {
		steps(r.Key, r.Steps)
		maybe(exProjects, r.Key, r.Project)
	}
	for _, x := range facts.ExampleTrials {
		steps(x.Key, x.Steps)
		for _, o := range x.Offices {
			in(units, x.Key, o)
		}
	}
	for _, x := range facts.ExampleTasks {
		in(persons, x.Key, x.Owner)
		in(subjects, x.Key, x.On)
	}

	// Those the descriptions alone speak of.
	for _, o := range []string{"aid", "fhi", "forskningsradet"} {
		used[o] = true
	}
	for key := range organisations {
		if !used[key] {
			t.Errorf("organisation %s is used by no record", key)
		}
	}
}

func TestPersons(t *testing.T) {
	want := []string{
		"admin", "analyse", "analyse2", "anskaffelse", "atl", "bibliotek", "fageier", "fageier2", "fagvurderer", "fagvurderer2",
		"forsker", "fou", "fou2", "fylke", "jurist", "kommunikasjon", "kontor", "leder", "leverandor", "produktteam", "statistikk",
		"utvalg", "utvalg2",
	}
	var got []string
	titles := map[string]bool{}
	for _, p := range facts.Persons {
		got = append(got, p.ID)
		if want := facts.Role(strings.TrimSuffix(p.ID, "2")); !slices.Equal(p.Roles, []facts.Role{want}) {
			t.Errorf("%s has the roles %v, want %s", p.ID, p.Roles, want)
		}
		for _, lang := range []facts.Lang{facts.NB, facts.NN, facts.EN} {
			title := p.Title.In(lang)
			if title == "" || titles[string(lang)+title] {
				t.Errorf("%s: the title %q in %s is empty or another's", p.ID, title, lang)
			}
			titles[string(lang)+title] = true
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("persons (-want +got):\n%s", diff)
	}
	for id, unit := range map[string]string{
		"fageier": "Fagavdeling (ikke navngitt i kilden)", "fageier2": "Produktområde (ikke navngitt i kilden)",
	} {
		i := slices.IndexFunc(facts.Persons, func(p facts.Person) bool { return p.ID == id })
		j := slices.IndexFunc(facts.Units, func(u facts.Unit) bool { return u.Key == facts.Persons[i].Unit })
		if facts.Units[j].Name != unit {
			t.Errorf("%s sits in %s, want %s", id, facts.Units[j].Name, unit)
		}
	}
}

// TestAliases holds that a name met in the sources leads to one organisation,
// the right one.
func TestAliases(t *testing.T) {
	owner := map[string]string{}
	pattern := regexp.MustCompile(`^\d+\.\d+\.\d+\.\d+$`)
	for _, o := range facts.Organisations {
		for _, name := range append([]string{o.Name}, aliasNames(o)...) {
			if other, taken := owner[strings.ToLower(name)]; taken && other != o.Key {
				t.Errorf("%q names both %s and %s", name, other, o.Key)
			}
			owner[strings.ToLower(name)] = o.Key
		}
		if o.Cristin != "" && !pattern.MatchString(o.Cristin) {
			t.Errorf("%s: Cristin id %q", o.Key, o.Cristin)
		}
	}
	for name, want := range map[string]string{
		"Proba samfunnsanalyse": "proba", "Proba AS": "proba", "OSLOMET AFI": "oslomet-afi", "Oslomet AFI": "oslomet-afi",
		"OsloMet": "oslomet", "ASD": "aid", "nav": "nav", "Kunnskapssenteret ved FHI": "fhi",
	} {
		if got, _ := facts.OrganisationNamed(name); got.Key != want {
			t.Errorf("%s is %q, want %s", name, got.Key, want)
		}
	}
	if _, ok := facts.OrganisationNamed("Finnes ikke"); ok {
		t.Error("an unknown name leads to an organisation")
	}
}

func aliasNames(o facts.Organisation) []string {
	var names []string
	for _, a := range o.Aliases {
		names = append(names, a.Name)
	}
	return names
}

// TestWhen holds that each date is a span in the right order with the words
// and precision that fit it.
func TestWhen(t *testing.T) {
	visited := 0
	for name, root := range roots(t) {
		walk(reflect.ValueOf(root), name, func(path string, v reflect.Value) {
			w, ok := v.Interface().(facts.When)
			if !ok {
				return
			}
			visited++
			switch {
			case w.Text == "" || w.Precision == "":
				t.Errorf("%s: no words or precision: %+v", path, w)
			case !w.Known():
				if w.Text != facts.NotGiven || w.Precision != facts.PrecisionUnknown || !w.To.IsZero() {
					t.Errorf("%s: an unknown date reads %+v", path, w)
				}
			case w.To.Before(w.From) || w.From != w.From.UTC().Truncate(24*time.Hour) || w.To != w.To.UTC().Truncate(24*time.Hour):
				t.Errorf("%s: %s to %s", path, w.From, w.To)
			case w.Precision == facts.PrecisionDay && w.From != w.To,
				w.Precision == facts.PrecisionMonth && w.From.Month() != w.To.Month(),
				w.Precision == facts.PrecisionTertial && w.From.AddDate(0, 4, -1) != w.To,
				w.Precision == facts.PrecisionYear && !w.Within(w.From.Year()):
				t.Errorf("%s: %s does not fit %s to %s", path, w.Precision, w.From, w.To)
			}
		})
	}
	if visited < 150 {
		t.Errorf("visited only %d dates", visited)
	}
}

func TestAmountString(t *testing.T) {
	call, _ := facts.CallByKey(facts.Call2022)
	for want, amount := range map[string]facts.Amount{
		"ikke oppgitt i kilden": {}, "22 mill. kr": call.Awarded, "inntil 30 mill. kr": call.Frame,
		"1250 kroner": {NOK: 1250, Known: true},
	} {
		if got := amount.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestActiveIsOneSpan holds, for any project and any two days, that a project
// once finished is not active again and one not yet there is not finished.
func TestActiveIsOneSpan(t *testing.T) {
	list := facts.Projects()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(list).Draw(t, "project")
		days := make([]time.Time, 3)
		for i := range days {
			days[i] = day(2017, 1, 1).AddDate(0, 0, rapid.IntRange(0, 4000).Draw(t, fmt.Sprint("day", i)))
		}
		slices.SortFunc(days, time.Time.Compare)
		if p.ActiveOn(days[0]) && !p.ActiveOn(days[1]) && p.ActiveOn(days[2]) {
			t.Fatalf("%s is active on %s and %s but not on %s", p.Key, days[0], days[2], days[1])
		}
		if p.CountedFinished == 0 && !p.End.Known() && p.ActiveOn(days[0]) && !p.ActiveOn(days[2]) {
			t.Fatalf("%s runs, but not on %s", p.Key, days[2])
		}
	})
}

func TestActiveOn(t *testing.T) {
	for _, tc := range []struct {
		key  string
		day  time.Time
		want bool
	}{
		{"aap-brukerlop", day(2018, 6, 1), false}, // awarded some time in 2018
		{"aap-brukerlop", day(2019, 1, 1), true},
		{"aap-brukerlop", day(2022, 1, 30), true},
		{"aap-brukerlop", day(2022, 2, 1), false}, // final report in January 2022
		{"digisos", day(2022, 1, 1), true},        // counted as finished in 2022
		{"digisos", day(2022, 12, 31), false},
		{"padigvel", day(2022, 3, 1), false},
		{"padigvel", day(2022, 12, 31), true},
		{"digital-ekskludering", day(2023, 6, 1), true},
		{"phd-dahl", day(2023, 1, 2), true},
		{"phd-stray", day(2023, 1, 2), false},
	} {
		p, ok := facts.ProjectByKey(tc.key)
		if !ok {
			t.Fatalf("no project %s", tc.key)
		}
		if got := p.ActiveOn(tc.day); got != tc.want {
			t.Errorf("%s active on %s: %v, want %v", tc.key, tc.day.Format(time.DateOnly), got, tc.want)
		}
	}
}

func TestAgreements(t *testing.T) {
	for _, tc := range []struct {
		key    string
		day    time.Time
		option bool
		want   bool
	}{
		{"evalueringer-2022", day(2021, 12, 31), false, false},
		{"evalueringer-2022", day(2022, 1, 1), false, true},
		{"evalueringer-2022", day(2025, 1, 1), false, false},
		{"evalueringer-2022", day(2026, 12, 31), true, true},
		{"forsok-2018", day(2022, 1, 1), false, false},
		{"forsok-2018", day(2022, 1, 1), true, true},
	} {
		i := slices.IndexFunc(facts.Frameworks, func(f facts.Framework) bool { return f.Key == tc.key })
		if got := facts.Frameworks[i].ValidOn(tc.day, tc.option); got != tc.want {
			t.Errorf("%s on %s, option %v: %v, want %v", tc.key, tc.day.Format(time.DateOnly), tc.option, got, tc.want)
		}
	}
}

func TestPlan(t *testing.T) {
	for _, p := range facts.PlanVersions {
		if got, want := p.ValidOn(facts.DemoDay), p.Key == facts.PlanCurrent; got != want {
			t.Errorf("plan %s valid on %s: %v, want %v", p.Key, facts.DemoDay.Format(time.DateOnly), got, want)
		}
	}
	var slugs []string
	for _, x := range facts.ThemesOf(facts.PlanCurrent) {
		slugs = append(slugs, x.Slug)
	}
	want := []string{"samhandling-med-brukere", "arbeidsrettede-tiltak-og-virkemidler", "palitelig-forvaltning", "sosiale-tjenester"}
	if diff := cmp.Diff(want, slugs); diff != "" {
		t.Errorf("themes (-want +got):\n%s", diff)
	}
	if earlier := facts.ThemesOf(facts.PlanEarlier); len(earlier) != 2 {
		t.Errorf("%d themes of the earlier period, want 2", len(earlier))
	}
	for _, slug := range want {
		if !slices.ContainsFunc(facts.ProgrammeNotes, func(n facts.ProgrammeNote) bool { return n.Theme == slug }) {
			t.Errorf("%s has no programme note", slug)
		}
		if !slices.ContainsFunc(facts.GoalLinks, func(l facts.GoalLink) bool { return l.Theme == slug }) {
			t.Errorf("%s serves no goal", slug)
		}
	}
	funded := 0
	for _, k := range facts.ResearchKinds {
		if k.Funded {
			funded++
		} else if k.Key != "grunnforskning" {
			t.Errorf("%s is not funded", k.Key)
		}
	}
	if funded != 4 || len(facts.Principles) != 3 {
		t.Errorf("%d kinds funded and %d principles, want 4 and 3", funded, len(facts.Principles))
	}
	if _, ok := facts.ThemeBySlug("finnes-ikke"); ok {
		t.Error("an unknown slug leads to a theme")
	}
}

func TestCountiesAndOffices(t *testing.T) {
	for _, tc := range []struct {
		on   time.Time
		want int
	}{{day(2019, 12, 31), 0}, {day(2022, 6, 1), 11}, {day(2023, 12, 31), 11}, {day(2024, 1, 1), 15}} {
		got, err := facts.CountiesOn(tc.on)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != tc.want {
			t.Errorf("%d counties on %s, want %d", len(got), tc.on.Format(time.DateOnly), tc.want)
		}
	}
	offices, err := facts.Offices()
	if err != nil {
		t.Fatal(err)
	}
	numbers := keys(t, "offices", offices, func(o facts.Office) string { return o.Number })
	active := 0
	for _, o := range offices {
		if len(o.Number) != 4 || strings.TrimSpace(o.Name) != o.Name || strings.HasPrefix(o.Name, "Avviklet") {
			t.Errorf("office %q %q", o.Number, o.Name)
		}
		if o.Active {
			active++
		}
		if o.Active != strings.HasPrefix(o.Name, "Nav ") {
			t.Errorf("office %s %q: active %v", o.Number, o.Name, o.Active)
		}
	}
	if len(numbers) != 473 || active != 256 {
		t.Errorf("%d offices, %d active; want 473 and 256", len(numbers), active)
	}
}

// TestListsFollowTheirSource holds that the embedded lists still have every
// line of the files they were cleaned from: by a digest of those, and by the
// files themselves where they are at hand.
func TestListsFollowTheirSource(t *testing.T) {
	clean := func(b []byte) []string {
		lines := strings.Split(strings.TrimSpace(strings.NewReplacer("\r", "", "Avviklet - ", "").Replace(string(b))), "\n")
		slices.Sort(lines)
		return lines
	}
	for name, want := range map[string]string{
		"counties.csv":    "59be254d18c2d43d8358996d3b584dd2d0d5eef248b07b9e90594ac01e40937b",
		"nav-offices.csv": "7502990f851eb82b412734a666d4dd7d5678a12c15372cb57c394b3e69d0509e",
	} {
		ours, err := os.ReadFile(filepath.Join("data", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(clean(ours), "\n")))); got != want {
			t.Errorf("%s: the digest of its lines is %s, that of its source %s", name, got, want)
		}
		content, err := os.ReadFile(filepath.Join(sharedDir("data"), name))
		if err != nil {
			continue
		}
		if diff := cmp.Diff(clean(content), clean(ours)); diff != "" {
			t.Errorf("%s (-source +ours):\n%s", name, diff)
		}
	}
}

// What the sources cite is an article where it stands in a journal, and Nav's own
// where Nav published it.
func TestWhatTheSourcesCite(t *testing.T) {
	for _, p := range facts.Publications {
		in := func(starts ...string) bool {
			return slices.ContainsFunc(starts, func(s string) bool { return strings.HasPrefix(p.Published, s) })
		}
		if want := in("Arbeid og velferd", "Tidsskrift"); p.Article != want {
			t.Errorf("%s (%s): article %v, want %v", p.Key, p.Published, p.Article, want)
		}
		if want := in("Arbeid og velferd", "NAV-"); p.Own != want {
			t.Errorf("%s (%s): Nav's own %v, want %v", p.Key, p.Published, p.Own, want)
		}
	}
}
