package publication

import (
	"strconv"

	"funn/internal/org"
	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lifecycle"
	"funn/internal/project"
)

const (
	sectionRole  = org.FoU
	analysisRole = org.Analysis
)

// Who is who in FP §8.2 table 1, "Formidling".
var (
	section = []access.Rule{{Roles: []access.Role{org.FoU}}}
	// The R&D section and the library make a report ready to be found.
	editors = []access.Rule{{Relations: []string{"case_worker"}}, {Roles: []access.Role{org.FoU, org.Library}}}
	// Two approve, of whom one publishes: the subject owner, and the R&D section for
	// what others wrote or the analysis section for the agency's own.
	approvers = []access.Rule{
		{Relations: []string{"subject_owner"}},
		{Roles: []access.Role{org.FoU}, Flag: ExternalFlag},
		{Roles: []access.Role{org.Analysis}, Flag: InternalFlag},
	}
	// The leader of the project sees what has become of the report. What everybody
	// may read is on the public page; see Page.
	readers = []access.Rule{{Staff: true}, {Relations: []string{"author"}}}

	tellTeam   = []access.Rule{{Relations: []string{"author", "subject_owner", "case_worker"}}}
	tellAbroad = []access.Rule{{Relations: []string{"author", "subject_owner", "case_worker"}}, {Roles: []access.Role{org.Communication}}}
)

var (
	unpublished  = []string{Received, MetadataReady}
	publicStates = []string{MetadataPublished, Published, NewVersion, Withdrawn}
	readable     = []string{MetadataPublished, Published, NewVersion}
	// The states in which the content can be changed without the public seeing it.
	open = []string{Received, MetadataReady, NewVersion}
	live = []string{Received, MetadataReady, MetadataPublished, Published, NewVersion}
)

var states = []lifecycle.State{
	{Name: Received, Label: "preparing", Tone: lifecycle.Info},
	{Name: MetadataReady, Label: "preparing", Tone: lifecycle.Warning},
	{Name: MetadataPublished, Label: "announced", Tone: lifecycle.Info},
	{Name: Published, Label: "published", Tone: lifecycle.Success, Final: true},
	{Name: NewVersion, Label: "published", Tone: lifecycle.Warning},
	{Name: Withdrawn, Label: "withdrawn", Tone: lifecycle.Neutral, Final: true},
}

// commands is the life of a publication (requirements 3.9, reports). A page
// offers them in this order: within each part, what moves the report on comes first.
func (s *Service) commands() []command {
	text := func(name string, required bool, limit int, stored func(*Publication) string) form.Field {
		return form.Field{Name: name, Type: form.Area, Required: required, Max: limit, Value: form.On(stored)}
	}
	line := func(name string, limit int, stored func(*Publication) string) form.Field {
		return form.Field{Name: name, Max: limit, Value: form.On(stored)}
	}
	languages := form.Codes("language", "nb", "nn", "en")
	types := form.Codes("publication.type", Types...)

	return []command{
		{Command: lifecycle.Command{Name: "receive", Path: "motta", Create: true, To: []string{Received}, System: true,
			Ground: "requirements H1: en godkjent sluttrapport blir alltid en publikasjon"}, Apply: s.receive},
		{Command: lifecycle.Command{Name: "register", Path: "registrer", Create: true, To: []string{Received}, Who: editors,
			Fields: []form.Field{
				{Name: "project", Type: form.Choice, Required: true, From: s.projectOptions},
				{Name: "title", Required: true, Max: 200},
				{Name: "pub_type", Type: form.Choice, Required: true, Options: types},
				{Name: "report_lang", Type: form.Choice, Required: true, Options: languages},
				{Name: "year", Type: form.Number, Required: true, Min: 1990},
				{Name: "summary", Type: form.Area, Max: 4000},
			},
			Ground: "ÅR vedlegg: ett prosjekt kan ha flere rapporter"}, Check: s.yearNotAhead, Apply: s.register},

		// Approved by two, and published.
		{Command: lifecycle.Command{Name: "ready", Path: "metadata-klare", From: []string{Received}, To: []string{MetadataReady}, Who: editors,
			Notify: tellTeam, Ground: "krav 3.9: sammendrag, tema, prosjekt"}, Check: s.complete, Apply: s.ready},
		{Command: lifecycle.Command{Name: "approve", Path: "godkjenn", From: []string{MetadataReady, MetadataPublished, NewVersion}, Who: approvers, Confirm: true,
			Notify: tellTeam, Ground: "FP §8.2 tabell 1 «Formidling»: fageier og FoU-seksjonen"}, Check: s.approvable, Apply: s.approve},
		{Command: lifecycle.Command{Name: "publish", Path: "publiser", From: []string{MetadataReady, MetadataPublished, NewVersion}, To: []string{Published}, Who: approvers, NotBy: []string{"approve"}, Confirm: true,
			Notify: tellAbroad, Ground: "FP §8.2 tabell 1 «Formidling»; kommunikasjon får beskjed"}, Check: s.publishable, Apply: s.publish},
		{Command: lifecycle.Command{Name: "publish_metadata", Path: "publiser-omtale", From: []string{MetadataReady, NewVersion}, To: []string{MetadataPublished}, Who: approvers, NotBy: []string{"approve"}, Confirm: true,
			Notify: tellTeam, Ground: "krav 3.9 PUBLISERT(metadata); krav I1"}, Check: s.announceable, Apply: s.publish},

		// What it says and how it is found.
		{Command: lifecycle.Command{Name: "describe", Path: "omtale", From: open, Who: editors, Edit: true,
			Fields: []form.Field{
				{Name: "title", Required: true, Max: 200, Value: form.On(func(p *Publication) string { return p.Working().Title })},
				{Name: "report_lang", Type: form.Choice, Required: true, Options: languages, Value: form.On(func(p *Publication) string { return p.Working().Lang })},
				text("short", false, 900, func(p *Publication) string { return lines(p.Working().Short) }),
				text("summary", true, 4000, func(p *Publication) string { return p.Working().Summary }),
				text("meaning", false, 3000, func(p *Publication) string { return p.Working().Meaning }),
				text("method", false, 3000, func(p *Publication) string { return p.Working().Method }),
				text("findings", false, 6000, func(p *Publication) string { return lines(findingTexts(p.Working().Findings)) }),
				text("limitations", false, 3000, func(p *Publication) string { return p.Working().Limitations }),
			},
			Ground: "FP §6; krav I1: ingen rapport uten sammendrag"}, Check: s.threePoints, Apply: s.describe},
		{Command: lifecycle.Command{Name: "classify", Path: "metadata", From: []string{Received, MetadataReady, MetadataPublished, Published}, Who: editors, Edit: true,
			Fields: []form.Field{
				{Name: "pub_type", Type: form.Choice, Required: true, Options: types, Value: form.On(func(p *Publication) string { return p.PubType })},
				{Name: "theme", Type: form.Choice, From: s.themeOptions, Value: form.On(func(p *Publication) string { return p.Theme })},
				{Name: "year", Type: form.Number, Required: true, Min: 1990, Value: form.On(func(p *Publication) string { return number(p.Year) })},
				line("authors", 500, func(p *Publication) string { return p.Authors }),
				line("external_url", 500, func(p *Publication) string { return p.ExternalURL }),
				line("doi", 120, func(p *Publication) string { return p.DOI }),
				line("isbn", 30, func(p *Publication) string { return p.ISBN }),
				{Name: "embargo", Type: form.Day, Value: form.On(func(p *Publication) string { return day(p.Embargo) })},
				{Name: "supersedes", Type: form.Choice, From: s.siblingOptions, Value: form.On(func(p *Publication) string { return p.Supersedes })},
			},
			Ground: "krav 3.9: tema, prosjekt, behov"}, Check: s.classifiable, Apply: s.classify},
		{Command: lifecycle.Command{Name: "add_file", Path: "ny-fil", From: []string{Received, MetadataReady, MetadataPublished, NewVersion}, Who: editors,
			Fields: []form.Field{
				{Name: "file", Type: form.File, Required: true}, {Name: "file_title", Required: true, Max: 200},
				{Name: "file_lang", Type: form.Choice, Required: true, Options: languages},
			}, Ground: "ui.md §7: filer har tittel og språk"}, Check: s.newFile, Apply: s.addFile},
		{Command: lifecycle.Command{Name: "add_institution", Path: "ny-institusjon", From: []string{Received, MetadataReady, MetadataPublished, Published}, Who: editors,
			Fields: []form.Field{
				{Name: "institution", Type: form.Choice, Required: true, From: s.organisationOptions},
				{Name: "role", Type: form.Choice, Required: true, Options: form.Codes("project.role", project.Host, project.Partner, project.Subcontractor)},
			}, Ground: "krav D8"}, Check: s.newInstitution, Apply: s.addInstitution},
		{Command: lifecycle.Command{Name: "remove_file", Path: "fjern-fil", From: []string{Received, MetadataReady, MetadataPublished, NewVersion}, Who: editors, Danger: true,
			Fields: []form.Field{{Name: "file", Type: form.Choice, Required: true, From: s.fileOptions}}}, Check: s.hasFile, Apply: s.removeFile},
		{Command: lifecycle.Command{Name: "remove_institution", Path: "fjern-institusjon", From: []string{Received, MetadataReady, MetadataPublished, Published}, Who: editors, Danger: true,
			Fields: []form.Field{{Name: "institution", Type: form.Choice, Required: true, From: s.ownInstitutions}}}, Check: s.hasInstitution, Apply: s.removeInstitution},
		{Command: lifecycle.Command{Name: "explain_delay", Path: "forklar-forsinkelse", From: unpublished, Who: editors, Edit: true,
			Fields: []form.Field{text("delay_reason", true, 500, func(p *Publication) string { return p.DelayReason })},
			Ground: "krav 3.9: etter " + strconv.Itoa(PublishWeeks) + " uker en offentlig grunn"}, Apply: s.explainDelay},

		// A new version.
		{Command: lifecycle.Command{Name: "revise", Path: "ny-versjon", From: []string{Published, MetadataPublished}, To: []string{NewVersion}, Who: editors, Reason: true,
			Ground: "krav 3.9 NY_VERSJON"}, Apply: s.revise},
		{Command: lifecycle.Command{Name: "discard_version", Path: "forkast-versjon", From: []string{NewVersion}, To: []string{Published, MetadataPublished}, Who: editors, Reason: true, Confirm: true, Danger: true}, Apply: s.discard},

		// Withdrawn by two.
		{Command: lifecycle.Command{Name: "withdraw", Path: "avpubliser", From: readable, To: []string{Withdrawn}, Who: section, NotBy: []string{"propose_withdrawal"}, Confirm: true, Danger: true,
			Notify: tellAbroad, Ground: "krav 3.9: gravsteinen blir stående"}, Check: s.proposed, Apply: s.withdraw},
		{Command: lifecycle.Command{Name: "reject_withdrawal", Path: "avsla-avpublisering", From: readable, Who: section, Reason: true,
			Notify: tellTeam}, Check: s.proposed, Apply: s.reject},
		{Command: lifecycle.Command{Name: "propose_withdrawal", Path: "foresla-avpublisering", From: readable, Who: section, Reason: true, Danger: true,
			Fields: []form.Field{{Name: "tombstone", Type: form.Area, Required: true, Max: 1000}},
			Notify: section, Ground: "krav 3.9: to i FoU-seksjonen"}, Check: s.proposable, Apply: s.propose},

		{Command: lifecycle.Command{Name: "assign", Path: "fordel", From: live, Who: section, Edit: true,
			Fields: []form.Field{
				{Name: "owner", Type: form.Choice, Required: true, From: s.holders(org.Owners...), Value: form.On(func(p *Publication) string { return p.Owner })},
				{Name: "case_worker", Type: form.Choice, Required: true, From: s.holders(org.FoU), Value: form.On(func(p *Publication) string { return p.CaseWorker })},
			}}, Apply: s.assign},
	}
}
