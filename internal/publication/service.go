package publication

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/platform/access"
	"funn/internal/platform/event"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/record"
	"funn/internal/project"
)

// People is what publications ask of the organisation: who can be chosen.
type People interface {
	Holders(ctx context.Context, roles ...access.Role) ([]form.Option, error)
	// Organisations gives the organisations that can be chosen.
	Organisations(ctx context.Context) ([]form.Option, error)
}

// Plans is what publications ask of the R&D plan.
type Plans interface {
	Themes(ctx context.Context) ([]form.Option, error)
}

// Service is the life of publications.
type Service struct {
	Kind *Kind

	people   People
	plans    Plans
	projects *project.Service
}

type (
	command = record.Command[*Publication]
	change  = record.Change[*Publication]
	verdict = record.Verdict
)

// New makes the service and its kind; the kind is registered by the caller.
func New(people People, plans Plans, projects *project.Service) *Service {
	s := &Service{people: people, plans: plans, projects: projects}
	s.Kind = &Kind{
		Name: "publication", Prefix: "R", Path: "/publikasjon", Table: "publication", Initial: []string{Received},
		New: func() *Publication { return &Publication{} }, States: states, Read: readers, Relations: relations, Links: links,
		Tasks: tasks, Describe: describe,
	}
	s.Kind.Commands = s.commands()
	return s
}

// Subscribe connects publications to what projects deliver.
func (s *Service) Subscribe(e *record.Engine) {
	e.Subscribe("project", "accept", func(ctx context.Context, _ event.Event, rec record.Record) error {
		p, ok := rec.(*project.Project)
		if !ok {
			return fmt.Errorf("receive a final report: got a %T", rec)
		}
		d := p.Final()
		if d == nil {
			return nil
		}
		e := Edition{Title: d.Title, Lang: d.Lang, Content: Content{Summary: d.Summary, Limitations: p.Limitations}}
		for _, f := range p.Findings.V {
			e.Findings = append(e.Findings, Finding(f))
		}
		return s.received(ctx, p, finalType(p.Instrument), e, d)
	})
	e.Subscribe("project", "deliver_interim", func(ctx context.Context, ev event.Event, rec record.Record) error {
		p, ok := rec.(*project.Project)
		if !ok {
			return fmt.Errorf("receive an interim report: got a %T", rec)
		}
		told := ev.Told()["deliverable"]
		if len(told) == 0 {
			return nil
		}
		id, err := strconv.Atoi(told[0])
		if err != nil {
			return fmt.Errorf("receive an interim report: deliverable %q: %w", told[0], err)
		}
		d := p.Deliverable(id)
		if d == nil || d.Kind != project.Interim {
			return nil // a data set is no report
		}
		return s.received(ctx, p, InterimReport, Edition{Title: d.Title, Lang: d.Lang, Content: Content{Summary: d.Summary}}, d)
	})
}

// finalType gives the type that the final report of an instrument has.
func finalType(instrument string) string {
	switch instrument {
	case "internal_analysis":
		return Analysis
	case "synthesis":
		return Synthesis
	case "phd":
		return Thesis
	}
	return FinalReport
}

// received makes the publication of a delivered report.
func (s *Service) received(ctx context.Context, p *project.Project, pubType string, e Edition, d *project.Deliverable) error {
	if e.Title == "" {
		e.Title = p.Title
	}
	if e.Lang == "" {
		e.Lang = p.Lang
	}
	if d.File != "" {
		e.Files = []File{{SHA: d.File, Name: d.FileName, Type: d.FileType, Title: e.Title, Lang: e.Lang}}
	}
	institutions, err := s.institutions(ctx, p)
	if err != nil {
		return err
	}
	_, err = s.Kind.Create(ctx, "receive", record.Input{}, func(r *Publication) {
		r.PubType, r.Institutions.V, r.Authors = pubType, institutions, p.LeaderName
		r.Title, r.Lang, r.Content.V = e.Title, e.Lang, e.Content
		s.follow(r, p)
	})
	if err != nil {
		return fmt.Errorf("receive the report of %s: %w", p.Number, err)
	}
	return nil
}

// follow takes over from the project what a publication shares with it.
func (s *Service) follow(r *Publication, p *project.Project) {
	r.Project, r.Unit, r.Theme = p.ID, p.Unit, p.Theme
	r.Owner, r.CaseWorker, r.Leader = p.Owner, p.CaseWorker, p.Leader
	r.SetInternal(p.Instrument == "internal_analysis")
	if p.Example {
		r.Example, r.Source = true, p.Source
	}
}

func (s *Service) institutions(ctx context.Context, p *project.Project) ([]Institution, error) {
	names, err := s.organisationNames(ctx)
	if err != nil {
		return nil, err
	}
	var out []Institution
	for _, r := range p.Roles.V {
		out = append(out, Institution{Org: r.Org, Role: r.Role, Name: names[r.Org]})
	}
	return out, nil
}

func (s *Service) organisationNames(ctx context.Context) (map[string]string, error) {
	list, err := s.people.Organisations(ctx)
	if err != nil {
		return nil, fmt.Errorf("names of institutions: %w", err)
	}
	names := make(map[string]string, len(list))
	for _, o := range list {
		names[o.Value] = o.Label
	}
	return names, nil
}

// Import writes a publication that was known before Funn, in the state it has.
// The slug and the text that lists search by are made here. What nobody has said
// is the agency's own (SetInternal) is the agency's own when it is an analysis.
func (s *Service) Import(ctx context.Context, p *Publication, note string) error {
	if p.Slug == "" {
		slug, err := s.freeSlug(ctx, p.Title)
		if err != nil {
			return err
		}
		p.Slug = slug
	}
	p.fold()
	if !p.HasFlag(InternalFlag) && !p.HasFlag(ExternalFlag) {
		p.SetInternal(p.PubType == Analysis)
	}
	return s.Kind.Import(ctx, p, note)
}

// fold keeps what lists are searched by.
func (p *Publication) fold() {
	words := []string{p.Authors}
	for _, i := range p.Institutions.V {
		words = append(words, i.Name)
	}
	p.Folded = lang.Fold(strings.Join(words, " "))
}

func (s *Service) today(ctx context.Context) time.Time { return s.Kind.Engine().Today(ctx) }

func wrong(field, key string, args ...any) error {
	f := fault.New(fault.Invalid, "error.invalid")
	f.Fields = []fault.Field{{Name: field, Key: key, Args: args}}
	return f
}

func lines(items []string) string { return strings.Join(items, "\n") }

func split(text string) []string {
	var out []string
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func findingTexts(findings []Finding) []string {
	out := make([]string, len(findings))
	for i, f := range findings {
		out[i] = f.Text
	}
	return out
}

// Options of the forms.

func (s *Service) holders(roles ...access.Role) func(context.Context, any) ([]form.Option, error) {
	return func(ctx context.Context, _ any) ([]form.Option, error) { return s.people.Holders(ctx, roles...) }
}

func (s *Service) organisationOptions(ctx context.Context, _ any) ([]form.Option, error) {
	return s.people.Organisations(ctx)
}

// themeOptions gives the themes of the plan in force, no theme at all, and the
// theme that the publication has when it is of an earlier plan.
func (s *Service) themeOptions(ctx context.Context, rec any) ([]form.Option, error) {
	themes, err := s.plans.Themes(ctx)
	if err != nil {
		return nil, err
	}
	out := append(slices.Clone(themes), form.Option{Value: NoTheme, Key: "publication.no_theme"})
	if p, ok := rec.(*Publication); ok && p != nil && p.Theme != "" {
		if !slices.ContainsFunc(out, func(o form.Option) bool { return o.Value == p.Theme }) {
			out = append(out, form.Option{Value: p.Theme, Label: p.Theme})
		}
	}
	return out, nil
}

func (s *Service) projectOptions(ctx context.Context, _ any) ([]form.Option, error) {
	list, err := s.projects.Kind.List(ctx, begun(), "r.number", 0, 0)
	if err != nil {
		return nil, err
	}
	out := make([]form.Option, len(list))
	for i, p := range list {
		out[i] = form.Option{Value: p.ID, Label: p.Number + " " + p.Title}
	}
	return out, nil
}

// siblingOptions gives the other publications of the same project.
func (s *Service) siblingOptions(ctx context.Context, rec any) ([]form.Option, error) {
	p, ok := rec.(*Publication)
	if !ok || p == nil || p.Project == "" {
		return nil, nil
	}
	list, err := s.OfProject(ctx, p.Project)
	if err != nil {
		return nil, err
	}
	var out []form.Option
	for _, o := range list {
		if o.ID != p.ID {
			out = append(out, option(o))
		}
	}
	return out, nil
}

func (s *Service) ownInstitutions(_ context.Context, rec any) ([]form.Option, error) {
	p, ok := rec.(*Publication)
	if !ok || p == nil {
		return nil, nil
	}
	var out []form.Option
	for _, i := range p.Institutions.V {
		out = append(out, form.Option{Value: i.Org, Label: i.Name})
	}
	return out, nil
}

func (s *Service) fileOptions(_ context.Context, rec any) ([]form.Option, error) {
	p, ok := rec.(*Publication)
	if !ok || p == nil {
		return nil, nil
	}
	var out []form.Option
	for _, f := range p.Working().Files {
		out = append(out, form.Option{Value: f.SHA, Label: f.Title + " (" + f.Name + ")"})
	}
	return out, nil
}

// Receiving and describing.

func (s *Service) receive(ctx context.Context, c *change) error {
	p := c.Rec
	p.ReceivedAt = c.Now
	if p.Year == 0 {
		p.Year = c.Today.Year()
	}
	p.fold()
	slug, err := s.freeSlug(ctx, p.Title)
	if err != nil {
		return err
	}
	p.Slug = slug
	return nil
}

func (s *Service) yearNotAhead(ctx context.Context, _ *Publication, in form.Values) (verdict, error) {
	if next := s.today(ctx).Year() + 1; in.Int("year") > next {
		return verdict{}, wrong("year", "publication.year_ahead", "year", next)
	}
	return verdict{}, nil
}

func (s *Service) register(ctx context.Context, c *change) error {
	p, in := c.Rec, c.In
	pr, err := s.projects.Kind.Load(ctx, in.String("project"))
	if err != nil {
		return err
	}
	if p.Institutions.V, err = s.institutions(ctx, pr); err != nil {
		return err
	}
	s.follow(p, pr)
	p.Title, p.Lang, p.PubType, p.Year = in.String("title"), in.String("report_lang"), in.String("pub_type"), in.Int("year")
	p.Content.V.Summary = in.String("summary")
	return s.receive(ctx, c)
}

func (s *Service) threePoints(_ context.Context, _ *Publication, in form.Values) (verdict, error) {
	if n := len(split(in.String("short"))); n > 3 {
		return verdict{}, wrong("short", "publication.three_points", "n", n)
	}
	return verdict{}, nil
}

func (s *Service) describe(_ context.Context, c *change) error {
	p, in := c.Rec, c.In
	e := p.Working()
	e.Title, e.Lang = in.String("title"), in.String("report_lang")
	e.Short, e.Summary, e.Meaning = split(in.String("short")), in.String("summary"), in.String("meaning")
	e.Method, e.Limitations = in.String("method"), in.String("limitations")
	// A finding that is left as it was keeps its own limits; a new one has those of the whole.
	old := e.Findings
	e.Findings = nil
	for _, text := range split(in.String("findings")) {
		f := Finding{Text: text, Limits: e.Limitations}
		if i := slices.IndexFunc(old, func(o Finding) bool { return o.Text == text }); i >= 0 {
			f.Limits = old[i].Limits
		}
		e.Findings = append(e.Findings, f)
	}
	p.keep(e)
	p.disapprove()
	return nil
}

// disapprove takes the approvals back: what was approved is no longer what there is.
func (p *Publication) disapprove() {
	p.ApprovedFE.V, p.ApprovedFS.V = Approval{}, Approval{}
}

func (s *Service) classifiable(ctx context.Context, p *Publication, in form.Values) (v verdict, err error) {
	if v, err = s.yearNotAhead(ctx, p, in); err != nil {
		return v, err
	}
	if u := in.String("external_url"); u != "" {
		parsed, err := url.Parse(u)
		if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" {
			return v, wrong("external_url", "publication.bad_url")
		}
	}
	if d := in.String("doi"); d != "" {
		if _, ok := normalDOI(d); !ok {
			return v, wrong("doi", "publication.bad_doi")
		}
	}
	if i := in.String("isbn"); i != "" {
		if _, ok := normalISBN(i); !ok {
			return v, wrong("isbn", "publication.bad_isbn")
		}
	}
	if e := in.Day("embargo"); e.After(s.today(ctx)) && p.full() {
		return v, wrong("embargo", "publication.embargo_published")
	}
	return v, nil
}

func (s *Service) classify(_ context.Context, c *change) error {
	p, in := c.Rec, c.In
	if p.State != Published && in.String("external_url") != p.ExternalURL {
		p.disapprove()
	}
	p.PubType, p.Theme, p.Year, p.Authors = in.String("pub_type"), in.String("theme"), in.Int("year"), in.String("authors")
	p.ExternalURL, p.Embargo, p.Supersedes = in.String("external_url"), in.Day("embargo"), in.String("supersedes")
	p.DOI, _ = normalDOI(in.String("doi"))
	p.ISBN, _ = normalISBN(in.String("isbn"))
	p.fold()
	return nil
}

func (s *Service) newInstitution(_ context.Context, p *Publication, in form.Values) (verdict, error) {
	id := in.String("institution")
	if slices.ContainsFunc(p.Institutions.V, func(i Institution) bool { return i.Org == id }) {
		return verdict{}, wrong("institution", "publication.institution_twice")
	}
	return verdict{}, nil
}

func (s *Service) addInstitution(ctx context.Context, c *change) error {
	names, err := s.organisationNames(ctx)
	if err != nil {
		return err
	}
	id := c.In.String("institution")
	c.Rec.Institutions.V = append(c.Rec.Institutions.V, Institution{Org: id, Role: c.In.String("role"), Name: names[id]})
	c.Rec.fold()
	return nil
}

func (s *Service) hasInstitution(_ context.Context, p *Publication, _ form.Values) (v verdict, err error) {
	if len(p.Institutions.V) == 0 {
		v.Block("publication.blocked.no_institution")
	}
	return v, nil
}

func (s *Service) removeInstitution(_ context.Context, c *change) error {
	id := c.In.String("institution")
	c.Rec.Institutions.V = slices.DeleteFunc(c.Rec.Institutions.V, func(i Institution) bool { return i.Org == id })
	c.Rec.fold()
	return nil
}

func (s *Service) newFile(_ context.Context, p *Publication, in form.Values) (verdict, error) {
	if f := in.File("file"); f != nil {
		if _, there := p.Working().File(f.SHA256); there {
			return verdict{}, wrong("file", "publication.file_twice")
		}
	}
	return verdict{}, nil
}

func (s *Service) addFile(_ context.Context, c *change) error {
	f := c.In.File("file")
	if f == nil {
		return wrong("file", "form.required.file")
	}
	e := c.Rec.Working()
	e.Files = append(slices.Clone(e.Files), File{SHA: f.SHA256, Name: f.Name, Type: f.Type, Title: c.In.String("file_title"), Lang: c.In.String("file_lang")})
	c.Rec.keep(e)
	c.Rec.disapprove()
	return nil
}

func (s *Service) hasFile(_ context.Context, p *Publication, _ form.Values) (v verdict, err error) {
	if len(p.Working().Files) == 0 {
		v.Block("publication.blocked.no_file")
	}
	return v, nil
}

func (s *Service) removeFile(_ context.Context, c *change) error {
	e := c.Rec.Working()
	sha := c.In.String("file")
	e.Files = slices.DeleteFunc(slices.Clone(e.Files), func(f File) bool { return f.SHA == sha })
	c.Rec.keep(e)
	c.Rec.disapprove()
	return nil
}

// complete holds what requirements 3.9 demand of metadata.
func (s *Service) complete(_ context.Context, p *Publication, _ form.Values) (v verdict, err error) {
	required, _ := p.Missing()
	for _, code := range required {
		v.Block("publication.blocked." + code)
	}
	return v, nil
}

func (s *Service) ready(_ context.Context, c *change) error {
	c.Rec.MetadataAt = c.Now
	return nil
}

// Approving and publishing.

// approved gives the approvals of the actor's own side and of the other.
func approved(ctx context.Context, p *Publication) (own, other Approval) {
	if side(access.From(ctx), p) == "fe" {
		return p.ApprovedFE.V, p.ApprovedFS.V
	}
	return p.ApprovedFS.V, p.ApprovedFE.V
}

func (s *Service) approvable(ctx context.Context, p *Publication, in form.Values) (v verdict, err error) {
	if v, err = s.complete(ctx, p, in); err != nil {
		return v, err
	}
	own, other := approved(ctx, p)
	switch {
	case p.Owner == "":
		v.Block("publication.blocked.no_owner")
	case own.Given():
		v.Block("publication.blocked.approved")
	case other.Given():
		v.Block("publication.blocked.publish_instead")
	}
	return v, nil
}

func (s *Service) approve(ctx context.Context, c *change) error {
	return s.sign(ctx, c)
}

// sign notes the approval of the actor's side.
func (s *Service) sign(_ context.Context, c *change) error {
	a := Approval{By: c.Actor.ID, At: c.Now}
	if side(c.Actor, c.Rec) == "fe" {
		c.Rec.ApprovedFE.V = a
	} else {
		c.Rec.ApprovedFS.V = a
	}
	return nil
}

// outward holds what must be so before the public may read of a report: the
// other side has approved, and one that comes late says why.
func (s *Service) outward(ctx context.Context, p *Publication, in form.Values) (v verdict, err error) {
	if v, err = s.complete(ctx, p, in); err != nil {
		return v, err
	}
	if _, other := approved(ctx, p); !other.Given() {
		v.Block("publication.blocked.not_approved")
	}
	if p.Overdue(s.today(ctx)) && p.DelayReason == "" {
		v.Block("publication.blocked.late", "date", p.PublishBy())
	}
	return v, nil
}

// announceable: what the public has read in full is not taken back to a summary.
func (s *Service) announceable(ctx context.Context, p *Publication, in form.Values) (v verdict, err error) {
	if v, err = s.outward(ctx, p, in); err != nil {
		return v, err
	}
	if p.full() {
		v.Block("publication.blocked.was_full")
	}
	return v, nil
}

// publishable: the full text is not under embargo, and it is odd when there is none.
func (s *Service) publishable(ctx context.Context, p *Publication, in form.Values) (v verdict, err error) {
	if v, err = s.outward(ctx, p, in); err != nil {
		return v, err
	}
	if p.Embargo.After(s.today(ctx)) {
		v.Block("publication.blocked.embargo", "date", p.Embargo)
	}
	if !p.FullText(p.Working()) {
		v.Warn("publication.warn.no_full_text")
	}
	return v, nil
}

// publish puts the edition where the public reads it, and tells the project.
func (s *Service) publish(ctx context.Context, c *change) error {
	p := c.Rec
	if err := s.sign(ctx, c); err != nil {
		return err
	}
	if next := p.Draft.V; next != nil {
		old := Version{Edition: p.edition(), Published: p.ShownAt, Replaced: c.Now, Reason: next.Reason}
		if n := len(p.Versions.V); n > 0 {
			old.Published = p.Versions.V[n-1].Replaced
		}
		p.Versions.V = append(p.Versions.V, old)
		p.Draft.V = nil
		p.keep(next.Edition)
	}
	if p.ShownAt.IsZero() {
		p.ShownAt = c.Now
	}
	if c.To == Published && p.PublishedAt.IsZero() {
		p.PublishedAt = c.Now
	}
	return s.tellProject(ctx, p)
}

// tellProject says that the project's report is public, the first time. An
// interim report does not finish a project.
func (s *Service) tellProject(ctx context.Context, p *Publication) error {
	if p.Project == "" || p.PubType == InterimReport {
		return nil
	}
	pr, err := s.projects.Kind.Load(ctx, p.Project)
	if err != nil {
		return err
	}
	if !pr.PublishedAt.IsZero() || pr.State != project.Accepted && pr.State != project.Closed {
		return nil
	}
	_, err = s.projects.Kind.As(ctx, pr.ID, "published", record.Input{})
	return err
}

func (s *Service) explainDelay(_ context.Context, c *change) error {
	c.Rec.DelayReason = c.In.String("delay_reason")
	return nil
}

// New versions.

func (s *Service) revise(_ context.Context, c *change) error {
	p := c.Rec
	p.Draft.V = &Draft{Edition: p.edition(), Reason: c.Reason, From: p.State}
	p.disapprove()
	return nil
}

func (s *Service) discard(_ context.Context, c *change) error {
	c.To, c.Rec.Draft.V = c.Rec.Draft.V.From, nil
	return nil
}

// Withdrawing.

func (s *Service) proposable(_ context.Context, p *Publication, _ form.Values) (v verdict, err error) {
	if p.Proposal.V.By != "" {
		v.Block("publication.blocked.proposed")
	}
	return v, nil
}

func (s *Service) propose(_ context.Context, c *change) error {
	c.Rec.Proposal.V = Proposal{By: c.Actor.ID, At: c.Now, Reason: c.Reason, Tombstone: c.In.String("tombstone")}
	return nil
}

func (s *Service) proposed(_ context.Context, p *Publication, _ form.Values) (v verdict, err error) {
	if p.Proposal.V.By == "" {
		v.Nothing("publication.blocked.not_proposed")
	}
	return v, nil
}

func (s *Service) reject(_ context.Context, c *change) error {
	c.Rec.Proposal.V = Proposal{}
	return nil
}

func (s *Service) withdraw(_ context.Context, c *change) error {
	p := c.Rec
	p.WithdrawnAt, p.Withdrawal, p.Tombstone = c.Now, p.Proposal.V.Reason, p.Proposal.V.Tombstone
	p.Draft.V = nil
	return nil
}

// assign names others; the approval of another owner is not this one's.
func (s *Service) assign(_ context.Context, c *change) error {
	p := c.Rec
	if owner := c.In.String("owner"); owner != p.Owner {
		p.Owner, p.ApprovedFE.V = owner, Approval{}
	}
	p.CaseWorker = c.In.String("case_worker")
	return nil
}

// normalDOI gives a DOI without the address it is resolved at, and whether it
// can be one (ISO 26324: "10.", a registrant, a slash, a suffix).
func normalDOI(s string) (string, bool) {
	s = strings.TrimSpace(s)
	for _, prefix := range []string{"https://doi.org/", "http://doi.org/", "http://dx.doi.org/", "https://dx.doi.org/", "doi:"} {
		if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
			s = strings.TrimSpace(s[len(prefix):])
		}
	}
	registrant, suffix, ok := strings.Cut(s, "/")
	digits, is10 := strings.CutPrefix(registrant, "10.")
	if !ok || !is10 || len(digits) < 4 || suffix == "" || strings.ContainsAny(s, " <>\"") {
		return "", false
	}
	for _, r := range digits {
		if r != '.' && (r < '0' || r > '9') {
			return "", false
		}
	}
	return s, true
}

// normalISBN gives an ISBN with hyphens taken out, and whether its check digit
// holds (ISO 2108: ten digits modulus 11, thirteen modulus 10).
func normalISBN(s string) (string, bool) {
	s = strings.ToUpper(strings.NewReplacer("-", "", " ", "", "\u00a0", "", "–", "").Replace(s))
	sum := 0
	for i, r := range s {
		d := int(r - '0')
		switch {
		case r == 'X' && len(s) == 10 && i == 9:
			d = 10
		case r < '0' || r > '9':
			return "", false
		}
		switch len(s) {
		case 10:
			sum += (10 - i) * d
		case 13:
			sum += d * (1 + 2*(i%2))
		default:
			return "", false
		}
	}
	return s, len(s) == 10 && sum%11 == 0 || len(s) == 13 && sum%10 == 0
}
