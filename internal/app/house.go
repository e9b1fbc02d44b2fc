package app

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"funn/internal/api"
	"funn/internal/application"
	"funn/internal/application/applicationweb"
	"funn/internal/assessment"
	"funn/internal/assessment/assessmentweb"
	"funn/internal/call"
	"funn/internal/call/callweb"
	"funn/internal/commission"
	"funn/internal/commission/commissionweb"
	"funn/internal/decision"
	"funn/internal/decision/decisionweb"
	"funn/internal/need"
	"funn/internal/need/needweb"
	"funn/internal/org"
	"funn/internal/org/orgweb"
	"funn/internal/plan"
	"funn/internal/plan/planweb"
	"funn/internal/platform/access"
	"funn/internal/platform/authn"
	"funn/internal/platform/blob"
	"funn/internal/platform/clock"
	"funn/internal/platform/db"
	"funn/internal/platform/event"
	"funn/internal/platform/jobs"
	"funn/internal/platform/lang"
	"funn/internal/platform/mail"
	"funn/internal/platform/module"
	"funn/internal/platform/record"
	"funn/internal/platform/recordweb"
	"funn/internal/platform/seal"
	"funn/internal/platform/search"
	"funn/internal/platform/telemetry"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/project"
	"funn/internal/project/projectweb"
	"funn/internal/publication"
	"funn/internal/publication/publicationweb"
	"funn/internal/uptake"
	"funn/internal/uptake/uptakeweb"
)

// settings is what a house is built from.
type settings struct {
	Database string // address
	Files    string // folder of the demo, or FUNN_FILES_URL
	BaseURL  string // where users reach it, without a path
	SMTP     string
	OIDC     authn.Config
	Roles    string
	Proxies  []netip.Prefix // in front of the program: what they say of a client's address is believed
	Demo     bool
	Log      *slog.Logger
	// Secret seals what lies in the database and nobody may read there. Zero when none
	// was set: then one is made up for as long as the program runs, and no call can
	// have a key, since what is written in answer to it must outlive the program.
	Secret seal.Secret
	Former seal.Secret // sealed what lies there until now; zero when it was the same
	// Extra are modules beside the house's own, as the test of a new kind has.
	Extra []func(*recordweb.Site) module.Module
	// Clock makes the domain's clock once the database is open and migrated; nil
	// means the machine's.
	Clock func(ctx context.Context, d *db.DB) (clock.Clock, error)
}

// house is the program put together: everything but the listening.
type house struct {
	settings     settings
	secret       seal.Secret
	db           *db.DB
	engine       *record.Engine
	catalog      *lang.Catalog
	index        *search.Index
	runner       *jobs.Runner
	sessions     *authn.Sessions
	links        authn.Links
	router       *web.Router
	site         *recordweb.Site
	people       *org.Directory
	plans        *plan.Service
	calls        *call.Service
	applications *application.Service
	assessments  *assessment.Service
	commissions  *commission.Service
	needs        *need.Service
	projects     *project.Service
	publications *publication.Service
	uptakes      *uptake.Service
	decisions    *decision.Service
	modules      []module.Module
	files        files
	login        *authn.OIDC // nil in the demo
	drawer       *drawer     // nil but in the demo
	telemetry    *telemetry.Telemetry
	stopping     context.Context // done from the moment the program is told to stop
	stop         context.CancelFunc
	digests      string // file that the digests are written to; empty for the log only
	handler      http.Handler
}

// ground are the migrations and texts of the platform itself.
var (
	//go:embed migrations
	ownMigrations embed.FS
	//go:embed messages
	ownMessages embed.FS

	groundMigrations = []fs.FS{event.Migrations, record.Migrations, jobs.Migrations, mail.Migrations, search.Migrations, authn.Migrations, ownMigrations}
	groundMessages   = []fs.FS{lang.Messages, web.Messages, authn.Messages, mail.Messages, search.Messages, blob.Messages, ownMessages}
)

// open opens the database and builds the house. With migrate the schema is
// brought up to date; without, an old schema is refused.
func open(ctx context.Context, s settings, migrate bool) (h *house, err error) {
	h = &house{settings: s, secret: s.Secret}
	if h.secret == (seal.Secret{}) {
		h.secret = seal.NewSecret()
	}
	if h.db, err = db.Open(ctx, s.Database); err != nil {
		return nil, err
	}
	opened := h // what is given back with an error is nil
	defer func() {
		if err != nil {
			err = errors.Join(err, opened.close())
		}
	}()
	h.engine = record.NewEngine(h.db, clock.Real{})
	h.build()
	var migrations []fs.FS
	migrations = append(migrations, groundMigrations...)
	for _, m := range h.modules {
		if m.Migrations != nil {
			migrations = append(migrations, m.Migrations)
		}
	}
	var ran []int64
	if migrate {
		if ran, err = h.db.Migrate(ctx, migrations...); err != nil {
			return nil, err
		}
	} else if pending, perr := h.db.Pending(ctx, migrations...); perr != nil || pending {
		if perr != nil {
			return nil, perr
		}
		return nil, refused{"the database's schema is not up to date; run: funn migrate"}
	}
	if s.Clock != nil {
		if h.engine.Clock, err = s.Clock(ctx, h.db); err != nil {
			return nil, err
		}
	}
	if err = h.register(); err != nil {
		return nil, err
	}
	if len(ran) > 0 {
		err = h.renew(ctx)
	}
	return h, err
}

// renew makes anew what follows from the records: a new version of the program may
// expect other tasks and let other things be found.
func (h *house) renew(ctx context.Context) error {
	h.engine.Index = h.put
	return h.db.Tx(asSystem(ctx), func(ctx context.Context) error {
		for _, k := range h.engine.Kinds() {
			if err := k.Reindex(ctx); err != nil {
				return fmt.Errorf("bring records along: %w", err)
			}
		}
		return nil
	})
}

// threadOrder is the order of the kinds along the thread.
var threadOrder = []string{"need", "call", "sketch", "application", "agreement", "project", "publication", "uptake"}

var icons = map[string]ui.Icon{
	"need": ui.IconNeed, "call": ui.IconCall, "sketch": ui.IconDocument, "application": ui.IconDocument, "agreement": ui.IconCommission, "project": ui.IconProject,
	"publication": ui.IconPublication, "uptake": ui.IconDecision,
}

// build makes the services and the modules. Nothing here touches the database.
func (h *house) build() {
	h.people = org.New()
	h.plans = plan.New()
	choices := &choices{Service: h.plans, people: h.people}
	h.commissions = commission.New(choices)
	h.needs = need.New(choices, choices, choices)
	h.calls = call.New(choices, choices, h.needs)
	h.applications = application.New(h.calls, h.secret)
	h.calls.Cases = h.applications
	h.calls.Submissions = h.applications
	h.applications.People, h.applications.Files, h.applications.Deliver = h.people, &h.files, h.deliver
	h.calls.Log = h.settings.Log
	h.calls.Secret = h.settings.Secret // not one that was made up: a key must outlive the program
	h.projects = project.New(choices, choices, h.needs)
	h.applications.Together = h.projects.RunTogether
	h.assessments = assessment.New(h.applications, h.calls, h.people)
	h.applications.Answering.Assessments = h.assessments
	h.decisions = decision.New(h.calls, h.applications, h.projects, h.people, h.settings.BaseURL)
	h.publications = publication.New(choices, choices, h.projects)
	choices.publications = h.publications
	h.uptakes = uptake.New(choices, h.needs, h.projects, h.publications)
	h.site = &recordweb.Site{Engine: h.engine, Names: h.people.Names, Unit: h.people.UnitName}
	uses := uses{h}
	assessments := assessmentweb.New(assessmentweb.Deps{
		Service: h.assessments, Cases: h.applications, Calls: h.calls, Site: h.site, Organisations: h.people.OrganisationOptions, Content: applicationweb.Content,
	})
	h.modules = []module.Module{
		orgweb.Module(orgweb.Deps{Directory: h.people, Site: h.site, Uses: uses.Organisation}),
		planweb.Module(planweb.Deps{Service: h.plans, Site: h.site, Uses: uses}),
		callweb.Module(h.callPages()),
		applicationweb.Module(applicationweb.Deps{Service: h.applications, Calls: h.calls, Site: h.site, Invite: h.inviteCoAuthor, Case: assessments.Case, Meeting: decisionweb.OfCase(h.decisions)}),
		assessments.Module(),
		commissionweb.Module(commissionweb.Deps{Service: h.commissions, Site: h.site, Organisations: h.people.OrganisationNames}),
		needweb.Module(needweb.Deps{Service: h.needs, Site: h.site, ThemeName: h.themeName, SetUp: projectweb.ToAnswer, Search: h.knowledge}),
		projectweb.Module(projectweb.Deps{Service: h.projects, Site: h.site, Organisations: h.people.OrganisationNames, ThemeName: h.themeName, Files: &h.files}),
		decisionweb.Module(decisionweb.Deps{Service: h.decisions, Calls: h.calls, Cases: h.applications, Site: h.site, Scores: h.scores}),
		publicationweb.Module(publicationweb.Deps{Service: h.publications, Projects: h.projects, Site: h.site, Files: &h.files, ThemeName: h.themeName, ProjectURL: publicProject}),
		uptakeweb.Module(uptakeweb.Deps{Service: h.uptakes, Site: h.site, ThemeName: h.themeName}),
	}
	h.modules = append(h.modules, h.publicModules()...)
	for _, extra := range h.settings.Extra {
		h.modules = append(h.modules, extra(h.site))
	}
}

// scores tells what the assessments of cases come to, as far as the reader may know.
func (h *house) scores(ctx context.Context, ids ...string) (map[string]decisionweb.Score, error) {
	sums, err := h.assessments.Summary(ctx, ids...)
	out := map[string]decisionweb.Score{}
	for id, s := range sums {
		if !s.Hidden {
			out[id] = decisionweb.Score{Mean: s.Score(), Spread: float64(s.Spread), Given: len(s.Given)}
		}
	}
	return out, err
}

// register makes the modules' kinds and texts known.
func (h *house) register() error {
	h.catalog = lang.NewCatalog()
	for _, m := range groundMessages {
		if err := h.catalog.Load(m); err != nil {
			return fmt.Errorf("texts of the platform: %w", err)
		}
	}
	for _, m := range h.modules {
		if m.Messages != nil {
			if err := h.catalog.Load(m.Messages); err != nil {
				return fmt.Errorf("texts of %s: %w", m.Name, err)
			}
		}
		if err := h.engine.Register(m.Kinds...); err != nil {
			return err
		}
		if m.Subscribe != nil {
			m.Subscribe(h.engine)
		}
	}
	h.engine.Subscribe(h.people.Persons.Name, "edit", h.readdressed)
	return nil
}

// furnish makes the parts that run: sessions, files, routes, search and jobs.
func (h *house) furnish(ctx context.Context) (err error) {
	if err := h.settleSecret(ctx); err != nil {
		return err
	}
	h.engine.Index, h.engine.Tell = h.put, h.tell
	h.telemetry = telemetry.New(h.settings.Log, version)
	h.telemetry.Database("main", h.db.SQL())
	h.stopping, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	if h.files.Store, err = blob.Open(ctx, h.settings.Files); err != nil {
		return fmt.Errorf("FUNN_FILES_URL: %w", err)
	}
	h.files.db = h.db
	if err := h.files.Sweep(ctx); err != nil {
		return err
	}
	h.site.Keep = h.files.keep
	h.sessions = authn.New(h.db, authn.Options{Secure: strings.HasPrefix(h.settings.BaseURL, "https:"), Refuse: h.refuse, Log: h.settings.Log, Secret: h.secret})
	h.links = authn.Links{DB: h.db}
	h.router = &web.Router{Catalog: h.catalog, Sessions: h.sessions, Actor: h.people.Actor, Logger: h.settings.Log, Changes: h.db.Changes}
	h.router.Forms, h.router.KeepFile = h.sessions, h.site.KeepFile
	h.site.Router = h.router
	if h.settings.Demo {
		h.router.Demo = func(ctx context.Context) (time.Time, bool) { return h.engine.Now(ctx), true }
	} else if h.login, err = h.oidc(); err != nil {
		return err
	}
	if h.index, err = search.Open(h.db, search.Options{Log: h.settings.Log}); err != nil {
		return err
	}
	h.site.Search, h.site.Order, h.site.Icons = h.index.Search, threadOrder, icons
	for _, m := range h.modules {
		h.router.Nav = append(h.router.Nav, m.Nav...)
		if m.Routes != nil {
			m.Routes(h.router)
		}
	}
	recordweb.Desk(h.site)
	h.ownRoutes()
	h.router.Nav = append(h.router.Nav, web.NavEntry{Key: "desk.title", Path: "/oppgaver", For: func(a access.Actor) bool { return !a.Nobody() }, Count: h.site.TaskCount})
	slices.SortStableFunc(h.router.Nav, func(a, b web.NavEntry) int { return a.Order - b.Order })
	sender, err := h.sender()
	if err != nil {
		return err
	}
	h.prepareJobs(sender)
	h.telemetry.Gauge("funn_jobs", "Jobs by kind and state.", []string{"kind", "state"}, h.jobReadings)
	h.handler = h.chain()
	return nil
}

// version is the program's own, told by /metrics.
const version = "0.1.0"

// oidc makes the login by the agency's login service.
func (h *house) oidc() (*authn.OIDC, error) {
	roles, err := authn.ParseRoles(h.settings.Roles, org.Keys())
	if err != nil {
		return nil, fmt.Errorf("FUNN_ROLES: %w", err)
	}
	config := h.settings.OIDC
	config.BaseURL, config.Roles, config.Home, config.Refuse = h.settings.BaseURL, roles, "/oppgaver", h.refuse
	login, err := authn.NewOIDC(config, h.sessions, h.people)
	if err != nil {
		return nil, fmt.Errorf("FUNN_OIDC_ISSUER: %w", err)
	}
	return login, nil
}

// chain puts the layers around the routes, outermost first. The probes stand
// outside the log: they are asked all the time.
func (h *house) chain() http.Handler {
	pages := http.NewServeMux()
	pages.Handle("GET /static/", ui.Assets())
	if h.login != nil {
		limit := authn.NewLimiter(10, h.refuse, authn.ByIP(h.settings.Proxies...))
		pages.Handle("GET "+authn.StartPath, limit.Middleware(h.sessions.Middleware(http.HandlerFunc(h.login.Start))))
		pages.Handle("GET "+authn.CallbackPath, limit.Middleware(h.sessions.Middleware(http.HandlerFunc(h.login.Callback))))
	}
	// By address too, so that nobody's letter box is filled from many places.
	perAddress := authn.NewLimiter(10, h.refuse, authn.ByIP(h.settings.Proxies...), authn.ByField("email"))
	pages.Handle("POST "+authn.LinkPath, perAddress.Middleware(h.sessions.Middleware(telemetry.Routed(h.router.Handler()))))
	perCode := authn.NewLimiter(10, h.refuse, authn.ByIP(h.settings.Proxies...))
	pages.Handle("POST "+authn.EnterPath, perCode.Middleware(h.sessions.Middleware(telemetry.Routed(h.router.Handler()))))
	pages.Handle(api.Base, h.api())
	pages.Handle("/", h.sessions.Middleware(telemetry.Routed(h.router.Handler())))
	all := http.NewServeMux()
	all.Handle("GET /isalive", telemetry.Alive())
	all.Handle("GET /isready", telemetry.Ready(h.stopping, h.settings.Log, 2*time.Second, map[string]telemetry.Check{
		"database": h.db.Ping,
		"search": func(context.Context) error {
			if !h.index.Ready() {
				return errors.New("the search index is being filled")
			}
			return nil
		},
	}))
	all.Handle("GET /metrics", h.telemetry.Metrics())
	all.Handle("/", h.telemetry.AccessLog(web.Compress(pages)))
	return web.Secure(all, strings.HasPrefix(h.settings.BaseURL, "https:"))
}

// jobReadings counts the jobs for the metrics.
func (h *house) jobReadings(ctx context.Context) ([]telemetry.Reading, error) {
	loads, err := jobs.Loads(ctx, h.db, h.engine.Now(ctx))
	if err != nil {
		return nil, err
	}
	var out []telemetry.Reading
	for _, l := range loads {
		out = append(out,
			telemetry.Reading{Labels: []string{l.Kind, "due"}, Value: float64(l.Due)},
			telemetry.Reading{Labels: []string{l.Kind, "failed"}, Value: float64(l.Failed)})
	}
	return out, nil
}

// put gives a changed record to the search: once for those who may read it, and
// once more for the portal when the public may.
func (h *house) put(ctx context.Context, x record.Indexed) error {
	doc := search.Doc{
		ID: x.Head.ID, Kind: x.Head.Kind, Number: x.Head.Number, Title: x.Head.Title, Text: x.Doc.Text, Lang: x.Head.Lang,
		URL: x.Path + "/" + x.Head.Number, Facets: x.Doc.Facets, Date: x.Doc.Date, Example: x.Head.Example,
		Audience: x.Audience.Terms, Guarded: x.Audience.Guarded, Excluded: x.Audience.Excluded,
	}
	if x.Doc.Text == "" {
		if err := search.Remove(ctx, h.db, doc.ID); err != nil {
			return err
		}
		return search.Remove(ctx, h.db, portalID(doc.ID))
	}
	if err := search.Put(ctx, h.db, doc); err != nil {
		return err
	}
	if x.Doc.PublicURL == "" {
		return search.Remove(ctx, h.db, portalID(doc.ID))
	}
	doc, err := h.publicDoc(ctx, doc, x)
	if err != nil {
		return err
	}
	return search.Put(ctx, h.db, doc)
}

// PortalAudience is the audience term of what the public portal's search finds.
const PortalAudience = "portal"

func portalID(id string) string { return "portal:" + id }

// sender gives what hands letters over: the demo keeps them to be shown. Without a
// mail server there is none, and letters wait in the outbox.
func (h *house) sender() (mail.Sender, error) {
	switch {
	case h.settings.Demo:
		return mail.Keep{}, nil
	case h.settings.SMTP == "":
		h.settings.Log.Warn("FUNN_SMTP_URL is not set: letters wait in the outbox until it is")
		return nil, nil
	}
	s, err := mail.OpenSMTP(h.settings.SMTP)
	if err != nil {
		return nil, fmt.Errorf("FUNN_SMTP_URL: %w", err)
	}
	return s, nil
}

type themesKey struct{}

// themeName gives the name of a theme in the plan that has it.
func (h *house) themeName(ctx context.Context, slug string) string {
	titles, err := web.Once(ctx, themesKey{}, func() (map[string]string, error) { return h.plans.ThemeTitles(ctx) })
	if title, ok := titles[slug]; ok && err == nil {
		return title
	}
	return slug
}

// refuse shows a refusal of the login as a page.
func (h *house) refuse(w http.ResponseWriter, r *http.Request, _ int, err error) {
	h.router.Refuse(w, r, err)
}

func (h *house) close() error {
	var errs []error
	if h.stop != nil {
		h.stop()
	}
	if h.calls != nil {
		h.calls.Stop()
	}
	if h.index != nil {
		errs = append(errs, h.index.Close())
	}
	if h.db != nil {
		errs = append(errs, h.db.Close())
	}
	return errors.Join(errs...)
}

// asSystem is the context in which the program acts for itself.
func asSystem(ctx context.Context) context.Context { return access.With(ctx, access.System) }

// logger writes JSON lines.
func logger(w io.Writer) *slog.Logger { return telemetry.NewLogger(w, slog.LevelInfo) }
