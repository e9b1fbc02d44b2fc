package publication_test

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"funn/internal/need"
	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
	"funn/internal/project"
	"funn/internal/publication"
)

var schema = []fs.FS{event.Migrations, record.Migrations, need.Migrations, project.Migrations, publication.Migrations}

func person(id string, staff bool, roles ...access.Role) access.Actor {
	a := access.Actor{ID: id, Name: id, Staff: staff, As: []string{id}}
	for _, r := range roles {
		a.Grants = append(a.Grants, access.Grant{Role: r, Unit: "dir"})
	}
	return a
}

var people = map[string]access.Actor{
	"fou": person("fou", true, org.FoU), "fou2": person("fou2", true, org.FoU),
	"fageier": person("fageier", true, org.SubjectOwner), "fageier2": person("fageier2", true, org.SubjectOwner),
	"analyse": person("analyse", true, org.Analysis), "bibliotek": person("bibliotek", true, org.Library),
	"kontor": person("kontor", true, org.Office), "forsker": person("forsker", false, org.Researcher), "annen": person("annen", false, org.Researcher),
	"": {},
}

func as(id string) context.Context {
	a, ok := people[id]
	if !ok {
		panic("no person " + id)
	}
	return access.With(context.Background(), a)
}

// directory answers what the modules ask of the organisation and the plan.
type directory struct{}

func (directory) Holders(_ context.Context, roles ...access.Role) ([]form.Option, error) {
	var out []form.Option
	for id, a := range people {
		if id != "" && (len(roles) == 0 || a.Has(roles...)) {
			out = append(out, form.Option{Value: id, Label: id})
		}
	}
	return out, nil
}

func (directory) Organisations(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "org-1", Label: "Fiktivt Institutt"}, {Value: "org-2", Label: "Fiktivt Rådgivingsselskap"}}, nil
}

func (directory) Themes(context.Context) ([]form.Option, error) {
	return []form.Option{{Value: "sosiale-tjenester", Label: "Sosiale tjenester"}}, nil
}

func (directory) Goals(context.Context) ([]form.Option, error) { return nil, nil }

func (directory) Published(context.Context) ([]form.Option, error) { return nil, nil }

type house struct {
	*publication.Service
	projects *project.Service
	engine   *record.Engine
	clock    *clock.Movable
}

func build(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{clock: clock.NewMovable(time.Date(2023, 1, 2, 9, 0, 0, 0, time.UTC))}
	h.engine = record.NewEngine(d, h.clock)
	needs := need.New(directory{}, directory{}, directory{})
	h.projects = project.New(directory{}, directory{}, needs)
	h.Service = publication.New(directory{}, directory{}, h.projects)
	if err := h.engine.Register(needs.Kind, h.projects.Kind, h.Kind); err != nil {
		t.Fatal(err)
	}
	h.projects.Subscribe(h.engine)
	h.Subscribe(h.engine)
	return h
}

func in(pairs ...string) record.Input { return record.Input{Values: form.Of(pairs...)} }

func because(i record.Input) record.Input {
	i.Reason = "fordi"
	return i
}

// delivered gives a project whose final report waits to be accepted.
func (h *house) delivered(t testing.TB, change func(*project.Project)) *project.Project {
	t.Helper()
	p := &project.Project{
		Head: record.Head{Title: "Prosjektets tittel", State: project.Delivered, Unit: "dir"}, Instrument: "grant", Theme: "sosiale-tjenester",
		Owner: "fageier", CaseWorker: "fou", Leader: "forsker", LeaderName: "En forsker", Limitations: "Fem kontor.",
		ReviewedBy: "fou", ReviewedAt: h.engine.Now(context.Background()),
	}
	p.Roles.V = []project.Role{{Org: "org-1", Role: project.Host}, {Org: "org-2", Role: project.Partner}}
	p.Findings.V = []project.Finding{{Text: "Ventetida er kortare.", Limits: "Fem kontor."}}
	p.Deliverables.V = []project.Deliverable{
		{ID: 1, Kind: project.Final, Title: "Gjeldsråd på kontoret", Lang: "nn", Summary: "Samandrag av rapporten.", File: strings.Repeat("a", 64), FileName: "rapport.pdf", FileType: "application/pdf"},
		{ID: 2, Kind: project.Interim, Title: "Delrapport om gjeldsråd", Lang: "nn", Summary: "Det første funnet."},
		{ID: 3, Kind: project.Dataset, Title: "Tabeller"},
	}
	if change != nil {
		change(p)
	}
	if err := h.projects.Kind.Import(access.With(context.Background(), access.System), p, "test"); err != nil {
		t.Fatal(err)
	}
	return p
}

// received gives the publication of an accepted final report.
func (h *house) received(t testing.TB, change func(*project.Project)) *publication.Publication {
	t.Helper()
	p := h.delivered(t, change)
	if _, err := h.projects.Kind.Do(as("fageier"), p.ID, "accept", in()); err != nil {
		t.Fatal(err)
	}
	return h.only(t, p.ID)
}

func (h *house) only(t testing.TB, projectID string) *publication.Publication {
	t.Helper()
	list, err := h.OfProject(as("fou"), projectID)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 {
		t.Fatalf("the project has %d publications", len(list))
	}
	return list[0]
}

// do gives a command that must succeed.
func (h *house) do(t testing.TB, who, id, command string, i record.Input) *publication.Publication {
	t.Helper()
	p, err := h.Kind.Do(as(who), id, command, i)
	if err != nil {
		t.Fatalf("%s by %s: %v", command, who, err)
	}
	return p
}

// refused gives a command that must be refused.
func (h *house) refused(t testing.TB, who, id, command string, i record.Input, want fault.Kind, key string) {
	t.Helper()
	_, err := h.Kind.Do(as(who), id, command, i)
	if err == nil {
		t.Errorf("%s by %q was allowed", command, who)
		return
	}
	f, ok := fault.As(err)
	if !ok || f.Kind != want {
		t.Errorf("%s by %q: %v, want kind %d", command, who, err, want)
		return
	}
	if key == "" || f.Key == key || slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Key == key }) {
		return
	}
	t.Errorf("%s by %q: %v, want %s", command, who, err, key)
}

// ready gives a publication whose metadata are ready.
func (h *house) ready(t testing.TB, change func(*project.Project)) *publication.Publication {
	t.Helper()
	p := h.received(t, change)
	return h.do(t, "bibliotek", p.ID, "ready", in())
}

// published gives a publication that everybody reads.
func (h *house) published(t testing.TB) *publication.Publication {
	t.Helper()
	p := h.ready(t, nil)
	h.do(t, "fageier", p.ID, "approve", in())
	return h.do(t, "fou", p.ID, "publish", in())
}

func TestReceive(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		p := h.received(t, nil)
		got := []any{
			p.Number, p.Title, p.Lang, p.Slug, p.PubType, p.Theme, p.Year, p.State, p.Owner, p.CaseWorker, p.Leader, p.Authors, p.Unit, p.Internal(), p.Example,
		}
		want := []any{
			"R-2023-001", "Gjeldsråd på kontoret", "nn", "gjeldsrad-pa-kontoret", publication.FinalReport, "sosiale-tjenester", 2023, publication.Received,
			"fageier", "fou", "forsker", "En forsker", "dir", false, false,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("received (-want +got):\n%s", diff)
		}
		content := publication.Content{
			Summary: "Samandrag av rapporten.", Limitations: "Fem kontor.",
			Findings: []publication.Finding{{Text: "Ventetida er kortare.", Limits: "Fem kontor."}},
			Files:    []publication.File{{SHA: strings.Repeat("a", 64), Name: "rapport.pdf", Type: "application/pdf", Title: "Gjeldsråd på kontoret", Lang: "nn"}},
		}
		if diff := cmp.Diff(content, p.Content.V); diff != "" {
			t.Errorf("content (-want +got):\n%s", diff)
		}
		institutions := []publication.Institution{{Org: "org-1", Role: "host", Name: "Fiktivt Institutt"}, {Org: "org-2", Role: "partner", Name: "Fiktivt Rådgivingsselskap"}}
		if diff := cmp.Diff(institutions, p.Institutions.V); diff != "" {
			t.Errorf("institutions (-want +got):\n%s", diff)
		}
		if want := time.Date(2023, 3, 27, 0, 0, 0, 0, time.UTC); !p.PublishBy().Equal(want) {
			t.Errorf("to be published by %v, want %v", p.PublishBy(), want)
		}
		_, edges, err := h.engine.Thread(as("fou"), p.ID)
		if err != nil || len(edges) != 1 || edges[0].Rel != "reports" || edges[0].To != p.Project {
			t.Errorf("thread: %v, %v", edges, err)
		}
		if second := h.received(t, nil); second.Slug != "gjeldsrad-pa-kontoret-2" {
			t.Errorf("the second of the title has the address %s", second.Slug)
		}
		for instrument, want := range map[string]string{
			"internal_analysis": publication.Analysis, "synthesis": publication.Synthesis, "phd": publication.Thesis, "commission": publication.FinalReport,
		} {
			p := h.received(t, func(p *project.Project) { p.Instrument, p.Example, p.Source = instrument, true, "Eksempel" })
			if p.PubType != want || p.Internal() != (instrument == "internal_analysis") || !p.Example || p.Source != "Eksempel" {
				t.Errorf("%s became %s, internal %v, example %v from %q", instrument, p.PubType, p.Internal(), p.Example, p.Source)
			}
		}
	})
}

// Only an interim report becomes a publication when it is delivered, and it
// finishes nothing when it is published.
func TestInterimReport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		pr := h.delivered(t, func(p *project.Project) { p.State = project.Running })
		deliver := func(deliverable string) {
			t.Helper()
			if _, err := h.projects.Kind.Do(as("forsker"), pr.ID, "deliver_interim", in("deliverable", deliverable, "summary", "Det første funnet.")); err != nil {
				t.Fatal(err)
			}
		}
		deliver("3")
		if list, err := h.OfProject(as("fou"), pr.ID); err != nil || len(list) != 0 {
			t.Fatalf("a data set became %d publications, %v", len(list), err)
		}
		deliver("2")
		p := h.only(t, pr.ID)
		if p.PubType != publication.InterimReport || p.Title != "Delrapport om gjeldsråd" || p.Content.V.Summary != "Det første funnet." {
			t.Errorf("got %s %q %q", p.PubType, p.Title, p.Content.V.Summary)
		}
		h.do(t, "fou", p.ID, "ready", in())
		h.do(t, "fou", p.ID, "approve", in())
		h.do(t, "fageier", p.ID, "publish", because(in()))
		now, err := h.projects.Kind.Load(as("fou"), pr.ID)
		if err != nil || !now.PublishedAt.IsZero() {
			t.Errorf("the project counts as published %v, %v", now.PublishedAt, err)
		}
	})
}

func TestRegister(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		pr := h.delivered(t, nil)
		send := in("project", pr.ID, "title", "Enda en rapport", "pub_type", "article", "report_lang", "nb", "year", "2022")
		p, err := h.Kind.Create(as("bibliotek"), "register", send, nil)
		if err != nil {
			t.Fatal(err)
		}
		if p.Owner != "fageier" || p.Year != 2022 || p.Lang != "nb" || p.Slug != "enda-en-rapport" || len(p.Institutions.V) != 2 {
			t.Errorf("got %+v", p)
		}
		h.refused(t, "bibliotek", p.ID, "ready", in(), fault.Conflict, "publication.blocked.summary")
		send.Values = send.Values.With("year", "2031")
		if _, err := h.Kind.Create(as("bibliotek"), "register", send, nil); fault.Of(err) != fault.Invalid {
			t.Errorf("a year far ahead: %v", err)
		}
		if _, err := h.Kind.Create(as("kontor"), "register", send, nil); fault.Of(err) != fault.Forbidden {
			t.Errorf("registered by an office: %v", err)
		}
	})
}

// What the metadata must have, and what the fields take.
func TestMetadata(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		p := h.received(t, func(p *project.Project) { p.Theme = "" })
		h.refused(t, "kontor", p.ID, "ready", in(), fault.Forbidden, "")
		h.refused(t, "fou", p.ID, "ready", in(), fault.Conflict, "publication.blocked.theme")
		classify := func(pairs ...string) record.Input {
			base := map[string]string{"pub_type": "final_report", "year": "2023", "theme": "none"}
			for i := 0; i+1 < len(pairs); i += 2 {
				base[pairs[i]] = pairs[i+1]
			}
			v := form.Values{}
			for k, s := range base {
				v = v.With(k, s)
			}
			return record.Input{Values: v}
		}
		for _, c := range []struct{ field, value, key string }{
			{"theme", "no-such-theme", "form.not_an_option"},
			{"external_url", "javascript:alert(1)", "publication.bad_url"},
			{"external_url", "example.org/report", "publication.bad_url"},
			{"doi", "11.1234/abc", "publication.bad_doi"},
			{"doi", "10.1234", "publication.bad_doi"},
			{"isbn", "978-82-551-1234-5", "publication.bad_isbn"},
			{"year", "2099", "publication.year_ahead"},
		} {
			h.refused(t, "bibliotek", p.ID, "classify", classify(c.field, c.value), fault.Invalid, c.key)
		}
		p = h.do(t, "bibliotek", p.ID, "classify", classify("doi", "https://doi.org/10.1000/182", "isbn", "978-3-16-148410-0", "external_url", "https://example.org/r", "authors", "Ola Ås"))
		if p.DOI != "10.1000/182" || p.ISBN != "9783161484100" || p.Theme != publication.NoTheme {
			t.Errorf("kept %q, %q, %q", p.DOI, p.ISBN, p.Theme)
		}
		h.refused(t, "bibliotek", p.ID, "describe", in("title", "T", "report_lang", "nb", "summary", "S", "short", "a\nb\nc\nd"), fault.Invalid, "publication.three_points")
		h.refused(t, "bibliotek", p.ID, "describe", in("title", "T", "report_lang", "nb"), fault.Invalid, "form.required.text")
		p = h.do(t, "bibliotek", p.ID, "describe", in("title", "Ny tittel", "report_lang", "nb", "summary", "S", "short", "a\n\nb\nc", "limitations", "Nye forbehold", "findings", "Ventetida er kortare.\nEt nytt funn."))
		if p.Title != "Ny tittel" || p.Slug != "gjeldsrad-pa-kontoret" {
			t.Errorf("title %q at %q", p.Title, p.Slug)
		}
		findings := []publication.Finding{{Text: "Ventetida er kortare.", Limits: "Fem kontor."}, {Text: "Et nytt funn.", Limits: "Nye forbehold"}}
		if diff := cmp.Diff(findings, p.Content.V.Findings); diff != "" {
			t.Errorf("findings (-want +got):\n%s", diff)
		}
		required, wanted := p.Missing()
		if len(required) != 0 || !slices.Equal(wanted, []string{"meaning", "method"}) {
			t.Errorf("missing: %v and %v", required, wanted)
		}
		h.refused(t, "fou", p.ID, "add_institution", in("institution", "org-1", "role", "partner"), fault.Invalid, "publication.institution_twice")
		p = h.do(t, "fou", p.ID, "remove_institution", in("institution", "org-2"))
		if len(p.Institutions.V) != 1 || strings.Contains(p.Folded, "rådgiving") {
			t.Errorf("left: %v, %q", p.Institutions.V, p.Folded)
		}
		same := form.Of("file_title", "Rapport", "file_lang", "nb").WithFile("file", &form.Upload{Name: "r.pdf", SHA256: strings.Repeat("a", 64)})
		h.refused(t, "fou", p.ID, "add_file", record.Input{Values: same}, fault.Invalid, "publication.file_twice")
		p = h.do(t, "fou", p.ID, "remove_file", in("file", strings.Repeat("a", 64)))
		h.refused(t, "fou", p.ID, "remove_file", in("file", strings.Repeat("a", 64)), fault.Invalid, "")
		if len(p.Content.V.Files) != 0 {
			t.Errorf("files left: %v", p.Content.V.Files)
		}
	})
}

// Two must agree, one from each side, and it is the same rule whoever is first.
func TestTwoApprove(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		internal := func(p *project.Project) { p.Instrument = "internal_analysis" }
		type try struct {
			who, command string
			kind         fault.Kind // Internal: allowed
			key          string
		}
		const ok = fault.Internal
		for name, c := range map[string]struct {
			project func(*project.Project)
			tries   []try
		}{
			"the owner first": {nil, []try{
				{"fou", "publish", fault.Conflict, "publication.blocked.not_approved"},
				{"fageier2", "approve", fault.Forbidden, "error.forbidden"},
				{"analyse", "approve", fault.Forbidden, "error.forbidden"},
				{"bibliotek", "approve", fault.Forbidden, "error.forbidden"},
				{"forsker", "approve", fault.Forbidden, "error.forbidden"},
				{"annen", "approve", fault.NotFound, ""},
				{"", "approve", fault.NotFound, ""},
				{"fageier", "approve", ok, ""},
				{"fageier", "approve", fault.Conflict, "publication.blocked.approved"},
				{"fageier", "publish", fault.Forbidden, "error.two_people"},
				{"fou", "approve", fault.Conflict, "publication.blocked.publish_instead"},
				{"analyse", "publish", fault.Forbidden, "error.forbidden"},
				{"fou", "publish", ok, ""},
			}},
			"the section first": {nil, []try{
				{"fou", "approve", ok, ""},
				{"fou", "publish", fault.Forbidden, "error.two_people"},
				{"fou2", "publish", fault.Conflict, "publication.blocked.not_approved"},
				{"fageier", "publish", ok, ""},
			}},
			"an internal analysis": {internal, []try{
				{"fou", "approve", fault.Forbidden, "error.forbidden"},
				{"analyse", "approve", ok, ""},
				{"fou", "publish", fault.Forbidden, "error.forbidden"},
				{"fageier", "publish", ok, ""},
			}},
			"a change takes the approval back": {nil, []try{
				{"fageier", "approve", ok, ""},
				{"fou", "describe", ok, ""},
				{"fou", "publish", fault.Conflict, "publication.blocked.not_approved"},
				{"fou2", "approve", ok, ""},
				{"fageier", "publish", ok, ""},
			}},
			"another owner must approve anew": {nil, []try{
				{"fageier", "approve", ok, ""},
				{"fou", "assign", ok, ""},
				{"fou", "publish", fault.Conflict, "publication.blocked.not_approved"},
				{"fageier", "approve", fault.Forbidden, "error.forbidden"},
				{"fageier2", "approve", ok, ""},
				{"fou", "publish", ok, ""},
			}},
		} {
			t.Run(name, func(t *testing.T) {
				p := h.ready(t, c.project)
				for _, x := range c.tries {
					i := in()
					switch x.command {
					case "describe":
						i = in("title", p.Title, "report_lang", "nn", "summary", "Et nytt sammendrag")
					case "assign":
						i = in("owner", "fageier2", "case_worker", "fou")
					}
					if x.kind == ok {
						h.do(t, x.who, p.ID, x.command, i)
					} else {
						h.refused(t, x.who, p.ID, x.command, i, x.kind, x.key)
					}
				}
				pr, err := h.projects.Kind.Load(as("fou"), p.Project)
				if err != nil || pr.PublishedAt.IsZero() {
					t.Errorf("the project has not heard of it: %v, %v", pr.PublishedAt, err)
				}
			})
		}
	})
}

func TestEmbargoAndDelay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		p := h.ready(t, nil)
		h.do(t, "fou", p.ID, "classify", in("pub_type", "final_report", "year", "2023", "theme", "none", "embargo", "2023-06-01"))
		h.do(t, "fageier", p.ID, "approve", in())
		h.refused(t, "fou", p.ID, "publish", in(), fault.Conflict, "publication.blocked.embargo")
		p = h.do(t, "fou", p.ID, "publish_metadata", in())
		page, ok := p.Page()
		if !ok || page.Summary == "" || len(page.Files) != 0 || p.ShownAt.IsZero() || !p.PublishedAt.IsZero() {
			t.Errorf("of a report under embargo the public reads %+v", page)
		}
		h.refused(t, "fou", p.ID, "publish", in(), fault.Conflict, "publication.blocked.embargo")
		during := h.do(t, "fou", p.ID, "revise", because(in()))
		if page, _ := during.Page(); len(page.Files) != 0 {
			t.Error("a new version of the summary shows the files")
		}
		if back := h.do(t, "fou", p.ID, "discard_version", because(in())); back.State != publication.MetadataPublished {
			t.Errorf("given up, the new version of a summary leaves %s", back.State)
		}
		h.do(t, "fageier", p.ID, "approve", in())
		h.clock.Forward(time.Date(2023, 6, 1, 8, 0, 0, 0, time.UTC))
		p = h.do(t, "fou", p.ID, "publish", in())
		if page, _ := p.Page(); len(page.Files) != 1 {
			t.Errorf("after the embargo the public reads %d files", len(page.Files))
		}
		h.refused(t, "fou", p.ID, "classify", in("pub_type", "final_report", "year", "2023", "embargo", "2023-08-01"), fault.Invalid, "publication.embargo_published")

		late := h.ready(t, nil)
		if late.Overdue(h.engine.Today(as(""))) {
			t.Error("a report is late on the day it is received")
		}
		h.do(t, "fageier", late.ID, "approve", in())
		h.clock.Forward(time.Date(2023, 8, 24, 9, 0, 0, 0, time.UTC)) // twelve weeks on
		if late.Overdue(h.engine.Today(as(""))) {
			t.Error("a report is late on the last day")
		}
		h.clock.Forward(time.Date(2023, 8, 25, 9, 0, 0, 0, time.UTC))
		h.refused(t, "fou", late.ID, "publish", in(), fault.Conflict, "publication.blocked.late")
		h.do(t, "fou", late.ID, "explain_delay", in("delay_reason", "Trykkingen tok tid."))
		late = h.do(t, "fou", late.ID, "publish", in())
		if page, _ := late.Page(); page.DelayReason != "Trykkingen tok tid." {
			t.Errorf("the public reads no reason for the delay: %+v", page)
		}
	})
}

func TestNoFullTextWarns(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		p := h.ready(t, func(p *project.Project) { p.Deliverables.V[0].File = "" })
		h.do(t, "fageier", p.ID, "approve", in())
		h.refused(t, "fou", p.ID, "publish", in(), fault.Invalid, "publication.warn.no_full_text")
		h.do(t, "fou", p.ID, "publish", because(in()))
	})
}

// While a new version is written the public reads the one before, and nothing of
// the new one is in what the search gets.
func TestNewVersion(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		var indexed []record.Indexed
		h.engine.Index = func(_ context.Context, x record.Indexed) error {
			indexed = append(indexed, x)
			return nil
		}
		p := h.published(t)
		before, _ := p.Page()
		h.refused(t, "fou", p.ID, "revise", in(), fault.Invalid, "form.required.reason")
		h.refused(t, "fou", p.ID, "describe", in("title", "x", "report_lang", "nb", "summary", "y"), fault.Conflict, "")
		h.do(t, "fou", p.ID, "revise", because(in()))
		indexed = nil
		h.do(t, "fou", p.ID, "describe", in("title", "HEMMELIG tittel", "report_lang", "nb", "summary", "HEMMELIG sammendrag"))
		file := form.Of("file_title", "HEMMELIG fil", "file_lang", "nb").WithFile("file", &form.Upload{Name: "ny.pdf", SHA256: strings.Repeat("b", 64)})
		p = h.do(t, "fou", p.ID, "add_file", record.Input{Values: file})
		during, ok := p.Page()
		if !ok {
			t.Fatal("the report is gone while a new version is written")
		}
		if diff := cmp.Diff(before, during); diff != "" {
			t.Errorf("the public sees the new version being written (-before +during):\n%s", diff)
		}
		for _, x := range indexed {
			if s := fmt.Sprintf("%+v", x); strings.Contains(s, "HEMMELIG") {
				t.Errorf("the search got the draft: %s", s)
			}
		}
		if _, ok := p.StaffFile(strings.Repeat("b", 64)); !ok {
			t.Error("the staff cannot open the new file")
		}
		h.refused(t, "fou", p.ID, "publish", in(), fault.Conflict, "publication.blocked.not_approved")
		h.do(t, "fageier", p.ID, "approve", in())
		h.refused(t, "fou", p.ID, "publish_metadata", in(), fault.Conflict, "publication.blocked.was_full")
		p = h.do(t, "fou", p.ID, "publish", in())
		after, _ := p.Page()
		if after.Title != "HEMMELIG tittel" || after.VersionNo != 2 || after.Changed.IsZero() || len(after.Files) != 2 || !after.Shown.Equal(before.Shown) {
			t.Errorf("after: %+v", after)
		}
		if len(p.Versions.V) != 1 || p.Versions.V[0].Title != before.Title || p.Versions.V[0].Reason != "fordi" || !p.Versions.V[0].Published.Equal(before.Shown) {
			t.Errorf("kept: %+v", p.Versions.V)
		}
		h.do(t, "fou", p.ID, "revise", because(in()))
		h.do(t, "fou", p.ID, "describe", in("title", "Tredje", "report_lang", "nb", "summary", "Tredje"))
		p = h.do(t, "fou", p.ID, "discard_version", because(in()))
		if back, _ := p.Page(); p.State != publication.Published || p.Draft.V != nil || back.Title != after.Title {
			t.Errorf("after discarding: %s %+v", p.State, back)
		}
	})
}

// A withdrawn report leaves its tombstone and nothing of its content.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		revised := h.published(t)
		h.do(t, "fou", revised.ID, "revise", because(in()))
		h.do(t, "fou", revised.ID, "propose_withdrawal", because(in("tombstone", "x")))
		if revised = h.do(t, "fou2", revised.ID, "withdraw", in()); revised.Draft.V != nil {
			t.Error("a withdrawn report has a next version")
		}
		p := h.published(t)
		stone := because(in("tombstone", "Trukket: tallene var feil."))
		h.refused(t, "fou", p.ID, "withdraw", in(), fault.Conflict, "publication.blocked.not_proposed")
		h.refused(t, "fageier", p.ID, "propose_withdrawal", stone, fault.Forbidden, "")
		h.refused(t, "fou", p.ID, "propose_withdrawal", in("tombstone", "x"), fault.Invalid, "form.required.reason")
		h.do(t, "fou", p.ID, "propose_withdrawal", stone)
		h.refused(t, "fou2", p.ID, "propose_withdrawal", stone, fault.Conflict, "publication.blocked.proposed")
		h.refused(t, "fou", p.ID, "withdraw", in(), fault.Forbidden, "error.two_people")
		h.do(t, "fou2", p.ID, "reject_withdrawal", because(in()))
		h.refused(t, "fou2", p.ID, "withdraw", in(), fault.Conflict, "publication.blocked.not_proposed")
		h.do(t, "fou2", p.ID, "propose_withdrawal", stone)
		p = h.do(t, "fou", p.ID, "withdraw", in())
		page, err := h.BySlug(as(""), p.Slug)
		if err != nil {
			t.Fatal(err)
		}
		if page.Title == "" || page.Tombstone != "Trukket: tallene var feil." || page.Withdrawn.IsZero() || p.Withdrawal != "fordi" {
			t.Errorf("tombstone: %+v", page)
		}
		if diff := cmp.Diff(publication.Content{}, page.Content); diff != "" {
			t.Errorf("left of the content:\n%s", diff)
		}
		if list, n, err := h.Pages(as(""), publication.Filter{}, 10, 0); err != nil || n != 0 || len(list) != 0 {
			t.Errorf("a withdrawn report is listed: %d, %v", n, err)
		}
		if options, err := h.Published(as("fou")); err != nil || len(options) != 0 {
			t.Errorf("a withdrawn report can be linked to: %v, %v", options, err)
		}
	})
}

// Who reads what, in each state: the record for staff and its author, the page
// for everybody.
func TestWhoReads(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		check := func(p *publication.Publication, public bool) {
			t.Helper()
			for who := range people {
				want := who != "" && who != "annen"
				if _, err := h.Kind.ByNumber(as(who), p.Number); (err == nil) != want {
					t.Errorf("%s: the record of %q: %v", p.State, who, err)
				}
				listed, n, err := h.List(as(who), publication.Filter{}, 0, 0)
				if err != nil || (n == 1) != want || len(listed) != n {
					t.Errorf("%s: %q lists %d of %d, %v", p.State, who, len(listed), n, err)
				}
				if _, err := h.BySlug(as(who), p.Slug); (err == nil) != public {
					t.Errorf("%s: the page of %q: %v", p.State, who, err)
				}
			}
		}
		p := h.received(t, nil)
		check(p, false)
		p = h.do(t, "fou", p.ID, "ready", in())
		check(p, false)
		h.do(t, "fageier", p.ID, "approve", in())
		check(h.do(t, "fou", p.ID, "publish_metadata", in()), true)
		check(h.do(t, "fou", p.ID, "publish", in()), true)
		check(h.do(t, "fou", p.ID, "revise", because(in())), true)
		h.do(t, "fou", p.ID, "propose_withdrawal", because(in("tombstone", "x")))
		check(h.do(t, "fou2", p.ID, "withdraw", in()), true)
		if _, err := h.BySlug(as("fou"), "no-such"); fault.Of(err) != fault.NotFound {
			t.Errorf("an address that is not: %v", err)
		}
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		system := access.With(context.Background(), access.System)
		add := func(title, theme, pubType, orgID string, year int, example bool) *publication.Publication {
			p := &publication.Publication{Head: record.Head{Title: title, Lang: "nb", State: publication.Published, Example: example}, Theme: theme, PubType: pubType, Year: year}
			p.Institutions.V = []publication.Institution{{Org: orgID, Role: "host", Name: "Institutt " + orgID}}
			if err := h.Import(system, p, "test"); err != nil {
				t.Fatal(err)
			}
			return p
		}
		a := add("Ærlige svar: 100 % _sikkert_", "sosiale-tjenester", "final_report", "org-1", 2022, false)
		b := add("Ærlige svar: 100 % _sikkert_", "samhandling", "article", "org-2", 2021, false)
		c := add("Et eksempel", "samhandling", "analysis", "org-1", 2020, true)
		if a.Slug == b.Slug || !c.Internal() || a.Internal() {
			t.Errorf("addresses %q and %q, internal %v and %v", a.Slug, b.Slug, c.Internal(), a.Internal())
		}
		for _, x := range []struct {
			filter publication.Filter
			want   []string
		}{
			{publication.Filter{}, []string{a.Number, b.Number, c.Number}},
			{publication.Filter{Query: "ÆRLIGE"}, []string{a.Number, b.Number}},
			{publication.Filter{Query: "100 %"}, []string{a.Number, b.Number}},
			{publication.Filter{Query: "e_lige"}, nil},
			{publication.Filter{Query: `\`}, nil},
			{publication.Filter{Query: "institutt org-1 ærlige"}, []string{a.Number}},
			{publication.Filter{Query: strings.ToLower(c.Number)}, []string{c.Number}},
			{publication.Filter{Theme: "samhandling"}, []string{b.Number, c.Number}},
			{publication.Filter{Year: 2021}, []string{b.Number}},
			{publication.Filter{Type: "analysis"}, []string{c.Number}},
			{publication.Filter{Org: "org-1"}, []string{a.Number, c.Number}},
			{publication.Filter{Org: "org"}, nil},
			{publication.Filter{Org: `%`}, nil},
			{publication.Filter{Lang: "nn"}, nil},
			{publication.Filter{IDs: []string{c.ID, a.ID}}, []string{a.Number, c.Number}},
			{publication.Filter{IDs: []string{}}, nil},
			{publication.Filter{State: publication.Received}, nil},
		} {
			list, n, err := h.List(as("kontor"), x.filter, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range list {
				got = append(got, p.Number)
			}
			if !slices.Equal(got, x.want) || n != len(x.want) {
				t.Errorf("%+v gives %v of %d, want %v", x.filter, got, n, x.want)
			}
		}
		if list, n, err := h.List(as("kontor"), publication.Filter{}, 1, 1); err != nil || n != 3 || len(list) != 1 || list[0].Number != b.Number {
			t.Errorf("the second page: %v of %d, %v", list, n, err)
		}
		for examples, want := range map[bool]int{false: 2, true: 3} {
			if pages, n, err := h.Pages(as(""), publication.Filter{Examples: examples}, 0, 0); err != nil || n != want || len(pages) != want {
				t.Errorf("the public lists %d of %d with examples %v, want %d; %v", len(pages), n, examples, want, err)
			}
		}
		options, err := h.Published(as("fou"))
		if err != nil || len(options) != 3 || options[0].Value != a.ID || options[0].Label != a.Number+" "+a.Title+" (2022)" {
			t.Errorf("to link to: %v, %v", options, err)
		}
		for examples, want := range map[bool][]int{false: {2022, 2021}, true: {2022, 2021, 2020}} {
			if years, err := h.PublicYears(as(""), examples); err != nil || !slices.Equal(years, want) {
				t.Errorf("the public's years with examples %v are %v, want %v; %v", examples, years, want, err)
			}
		}
		years, err := h.Years(as("kontor"))
		if err != nil || !slices.Equal(years, []int{2022, 2021, 2020}) {
			t.Errorf("years %v, %v", years, err)
		}
		if years, err := h.Years(as("")); err != nil || len(years) != 0 {
			t.Errorf("years for nobody: %v, %v", years, err)
		}
	})
}

// The task stands with whoever is waited for.
func TestTasks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		expect := func(what string, want ...string) {
			t.Helper()
			var got []string
			for _, who := range []string{"fou", "fou2", "fageier", "analyse", "bibliotek"} {
				tasks, err := h.engine.TasksOf(as(who), people[who])
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range tasks {
					if x.Kind == "publication" {
						got = append(got, who+" "+x.Command)
					}
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: tasks %v, want %v", what, got, want)
			}
		}
		p := h.received(t, nil)
		expect("received", "fou ready", "bibliotek ready")
		h.do(t, "fou", p.ID, "ready", in())
		expect("metadata ready", "fageier approve")
		h.do(t, "fou2", p.ID, "approve", in())
		expect("approved by the section", "fageier publish")
		h.do(t, "fou", p.ID, "describe", in("title", "T", "report_lang", "nb", "summary", "S"))
		h.do(t, "fageier", p.ID, "approve", in())
		expect("approved by the owner", "fou publish")
		h.do(t, "fou2", p.ID, "publish", in())
		expect("published")
		h.do(t, "fou2", p.ID, "propose_withdrawal", because(in("tombstone", "x")))
		expect("withdrawal proposed", "fou withdraw", "fou2 withdraw")
		h.do(t, "fou", p.ID, "withdraw", in())
		expect("withdrawn")
		q := h.ready(t, func(p *project.Project) { p.Instrument = "internal_analysis" })
		h.do(t, "fageier", q.ID, "approve", in())
		expect("an internal analysis approved by the owner", "analyse publish")
	})
}

// Random commands of random people against a model: nothing is published without
// two, nothing withdrawn without two, and the public never loses or gains a word
// but by publishing and withdrawing.
func TestRandomWalk(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		h := build(t, d)
		rapid.Check(t, func(rt *rapid.T) {
			// Some walks begin further on, so that the late states are walked through too.
			p := h.received(t, nil)
			state, draft, public := publication.Received, p.Title, ""
			fe, fs, proposer, approver, full := "", "", "", "", false
			switch rapid.IntRange(0, 3).Draw(rt, "start") {
			case 1:
				h.do(t, "fou", p.ID, "ready", in())
				state = publication.MetadataReady
			case 2, 3:
				h.do(t, "fou", p.ID, "ready", in())
				h.do(t, "fageier", p.ID, "approve", in())
				fe, fs, approver, public = "fageier", "fou", "fageier", draft
				if full = rapid.Bool().Draw(rt, "full"); full {
					h.do(t, "fou", p.ID, "publish", in())
					state = publication.Published
				} else {
					h.do(t, "fou", p.ID, "publish_metadata", in())
					state = publication.MetadataPublished
				}
			}
			before := len(mustEvents(t, d, p.ID))
			done := 0
			for step := range rapid.IntRange(1, 14).Draw(rt, "steps") {
				who := rapid.SampledFrom([]string{"fou", "fou", "fou2", "fageier", "fageier", "bibliotek", "analyse", "forsker", ""}).Draw(rt, "who")
				cmd := rapid.SampledFrom([]string{"ready", "describe", "approve", "approve", "publish", "publish", "publish_metadata", "revise", "discard_version", "propose_withdrawal", "reject_withdrawal", "withdraw"}).Draw(rt, "command")
				title := fmt.Sprintf("Tittel %d", step)
				input := because(in())
				switch cmd {
				case "describe":
					input = in("title", title, "report_lang", "nb", "summary", "S")
				case "propose_withdrawal":
					input = because(in("tombstone", "borte"))
				}
				section, editor := who == "fou" || who == "fou2", who == "fou" || who == "fou2" || who == "bibliotek"
				own, other := &fs, fe
				if who == "fageier" {
					own, other = &fe, fs
				}
				approves := section || who == "fageier"
				live := state == publication.MetadataPublished || state == publication.Published || state == publication.NewVersion
				ok, next := false, state
				switch cmd {
				case "ready":
					ok, next = editor && state == publication.Received, publication.MetadataReady
				case "describe":
					ok = editor && (state == publication.Received || state == publication.MetadataReady || state == publication.NewVersion)
				case "approve":
					ok = approves && (state == publication.MetadataReady || state == publication.MetadataPublished || state == publication.NewVersion) && *own == "" && other == ""
				case "publish":
					ok, next = approves && (state == publication.MetadataReady || state == publication.MetadataPublished || state == publication.NewVersion) && other != "" && who != approver, publication.Published
				case "publish_metadata":
					ok, next = approves && (state == publication.MetadataReady || state == publication.NewVersion) && other != "" && who != approver && !full, publication.MetadataPublished
				case "revise":
					ok, next = editor && (state == publication.Published || state == publication.MetadataPublished), publication.NewVersion
				case "discard_version":
					ok, next = editor && state == publication.NewVersion, publication.MetadataPublished
					if full {
						next = publication.Published
					}
				case "propose_withdrawal":
					ok = section && live && proposer == ""
				case "reject_withdrawal":
					ok = section && live && proposer != ""
				case "withdraw":
					ok, next = section && live && proposer != "" && who != proposer, publication.Withdrawn
				}
				_, err := h.Kind.Do(as(who), p.ID, cmd, input)
				if (err == nil) != ok {
					rt.Fatalf("step %d: %s by %q in %s: got %v, the model says %v", step, cmd, who, state, err, ok)
				}
				if !ok {
					continue
				}
				done++
				state = next
				switch cmd {
				case "describe":
					draft, fe, fs = title, "", ""
				case "approve":
					*own, approver = who, who
				case "publish", "publish_metadata":
					*own, public, full = who, draft, full || cmd == "publish"
				case "revise":
					fe, fs = "", ""
				case "discard_version":
					draft = public
				case "propose_withdrawal":
					proposer = who
				case "reject_withdrawal":
					proposer = ""
				}
				page, err := h.BySlug(as(""), p.Slug)
				switch {
				case public == "" && fault.Of(err) != fault.NotFound:
					rt.Fatalf("%s: the public reads %+v, %v", state, page, err)
				case public != "" && (err != nil || page.Title != public):
					rt.Fatalf("%s: the public reads %q, %v; the model has %q", state, page.Title, err, public)
				case public != "" && state != publication.Withdrawn && (len(page.Files) > 0) != full:
					rt.Fatalf("%s: the public reads %d files, the model says full %v", state, len(page.Files), full)
				}
			}
			now, err := h.Kind.Load(as(""), p.ID)
			if err != nil {
				rt.Fatal(err)
			}
			if events := len(mustEvents(t, d, p.ID)) - before; now.State != state || events != done {
				rt.Fatalf("stands in %s with %d new events; the model has %s and %d", now.State, events, state, done)
			}
			for who := range people {
				listed, err := h.Kind.Count(as(who), *new(db.Where).And("r.id = ?", p.ID))
				if err != nil {
					rt.Fatal(err)
				}
				if may := h.Kind.May(as(who), now); (listed == 1) != may {
					rt.Fatalf("%q in %s: in the list %d times, may read %v", who, state, listed, may)
				}
			}
		})
		if _, _, problems, err := h.engine.Check(context.Background(), nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
}

func mustEvents(t testing.TB, d *db.DB, id string) []event.Event {
	t.Helper()
	events, err := event.Of(context.Background(), d, id)
	if err != nil {
		t.Fatal(err)
	}
	return events
}
