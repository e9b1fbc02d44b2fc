package authn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"funn/internal/platform/db"
	"funn/internal/platform/seal"
)

// How long a session lives unless told otherwise: an hour unused, and a working
// day in any case, so that a browser left open is nobody's way in tomorrow.
const (
	DefaultIdle     = time.Hour
	DefaultLifetime = 12 * time.Hour
)

// Options say how sessions are kept.
type Options struct {
	// Secure is for https: the cookie is then __Host-funn with Secure, which a
	// browser takes from this very host only. Without it, for the demo on loopback,
	// it is plain funn.
	Secure   bool
	Idle     time.Duration // a session dies when unused for so long; 0 means DefaultIdle
	Lifetime time.Duration // and in any case so long after login; 0 means DefaultLifetime
	Refuse   Refuse        // writes the page when the database fails; nil shows the status only
	Log      *slog.Logger  // told what the user need not know; nil means slog.Default
	Secret   seal.Secret   // seals the forms that are kept; zero means one for as long as the program runs
}

// Sessions remembers who is logged in at which browser. The browser holds a
// random token of 256 bits in a cookie that ends with the browser; the database
// holds the token's hash.
//
// A visitor gets a session, and a cookie, only when there is something to
// remember: a page that is only read sets none.
type Sessions struct {
	db      *db.DB
	manager *scs.SessionManager
	idle    time.Duration
	touch   time.Duration
	refuse  Refuse
	log     *slog.Logger
	secret  seal.Secret

	keyLock sync.Mutex
	key     string // to sign with; empty until it is needed
}

// The keys of what a session remembers beside the person.
const (
	keyLang    = "lang"
	keyFlash   = "flash"
	keyPending = "oidc"
	keyKept    = "kept"
)

// New gives the sessions that the database holds. The table comes from Migrations.
func New(d *db.DB, o Options) *Sessions {
	if o.Idle == 0 {
		o.Idle = DefaultIdle
	}
	if o.Lifetime == 0 {
		o.Lifetime = DefaultLifetime
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Secret == (seal.Secret{}) {
		o.Secret = seal.NewSecret()
	}
	// Not by scs.New, which starts a goroutine for a store in memory. IdleTimeout is
	// left out: the store keeps it, so that reading a page need not write the session.
	m := &scs.SessionManager{
		Lifetime:         o.Lifetime,
		Store:            &store{db: d, idle: o.Idle},
		HashTokenInStore: true,
		Codec:            codec{},
		Cookie:           scs.SessionCookie{Name: "funn", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode},
	}
	if o.Secure {
		m.Cookie.Name, m.Cookie.Secure = "__Host-funn", true
	}
	return &Sessions{
		db: d, manager: m, idle: o.Idle,
		// The expiry is moved at most sixty times in an idle period, not on every
		// page: each time is a durable write.
		touch:  o.Idle / 60,
		refuse: o.Refuse.or(), log: o.Log, secret: o.Secret,
	}
}

// visit is what one request knows of its session. It travels in the context.
type visit struct {
	held     string    // hash of the token that the browser came with, when it holds
	person   string    // who is logged in
	expires  time.Time // when the session dies if nothing more happens
	fresh    bool      // the session begins in this request: whatever was held is gone
	rotating bool      // the token is exchanged, the session lives on
	vital    bool      // the answer is untrue unless the session is written
	dead     bool      // the session was ended elsewhere while this request ran
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

var errNoSession = errors.New("no session in the context: the route is outside the session middleware")

// lasting gives what a browser remembers whoever is logged in at it, and nobody:
// its language, and which forms came from it after a login was lost.
func (s *Sessions) lasting(ctx context.Context) map[string]string {
	out := map[string]string{}
	for _, key := range []string{keyLang, keyKept} {
		if value := s.manager.GetString(ctx, key); value != "" {
			out[key] = value
		}
	}
	return out
}

// Login makes the person the one who is logged in. What the browser held before
// is forgotten but for what lasts, and it gets a new token, so that nobody can
// have planted the one it goes on with.
func (s *Sessions) Login(ctx context.Context, personID string) error {
	v := visitOf(ctx)
	if v == nil {
		return fmt.Errorf("log in: %w", errNoSession)
	}
	if personID == "" {
		return errors.New("log in: no person")
	}
	lasting := s.lasting(ctx)
	if err := s.manager.Clear(ctx); err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	for key, value := range lasting {
		s.manager.Put(ctx, key, value)
	}
	v.person, v.fresh, v.vital = personID, true, true
	v.expires = earlier(time.Now().Add(s.idle), s.manager.Deadline(ctx))
	return nil
}

// Rotate gives the session a new token and leaves the rest as it is. It is due
// when the person's own roles change while logged in.
func (s *Sessions) Rotate(ctx context.Context) error {
	v := visitOf(ctx)
	if v == nil {
		return fmt.Errorf("rotate session: %w", errNoSession)
	}
	if v.held == "" || v.fresh {
		return nil // there is no token yet, or it is of this very request
	}
	deadline := s.manager.Deadline(ctx)
	v.rotating = true
	err := s.manager.RenewToken(ctx)
	v.rotating = false
	if err != nil {
		return fmt.Errorf("rotate session: %w", err)
	}
	s.manager.SetDeadline(ctx, deadline) // a new token is not a new login
	v.vital = true
	return nil
}

// Logout ends every session of the person who is logged in, at all browsers, and
// this one also when nobody is. What lasts stays.
func (s *Sessions) Logout(ctx context.Context) error {
	v := visitOf(ctx)
	if v == nil {
		return fmt.Errorf("log out: %w", errNoSession)
	}
	// A browser that has gone away meanwhile is logged out all the same.
	ctx = context.WithoutCancel(ctx)
	lasting := s.lasting(ctx)
	if v.person != "" {
		if err := s.DestroyAll(ctx, v.person); err != nil {
			return err
		}
	}
	if err := s.manager.Destroy(ctx); err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	*v = visit{}
	for key, value := range lasting {
		s.manager.Put(ctx, key, value)
		v.vital = true
	}
	return nil
}

// DestroyAll ends every session of the person at once, those of requests that
// are under way included. It joins the context's transaction, so that a person
// who is disabled has no session from the same moment.
func (s *Sessions) DestroyAll(ctx context.Context, personID string) error {
	if _, err := s.db.Exec(ctx, "DELETE FROM session WHERE person_id = $1", personID); err != nil {
		return fmt.Errorf("end all sessions of %s: %w", personID, err)
	}
	return nil
}

// Sweep deletes the sessions that have expired, and gives their number, and the
// kept forms whose time is up. They are no longer valid anyway; a recurring job
// keeps the tables small.
func (s *Sessions) Sweep(ctx context.Context) (int64, error) {
	n, err := s.db.Exec(ctx, "DELETE FROM session WHERE expires <= $1", time.Now())
	if err != nil {
		return 0, fmt.Errorf("sweep sessions: %w", err)
	}
	if _, err := s.db.Exec(ctx, "DELETE FROM kept_form WHERE made <= $1", time.Now().Add(-keptTime)); err != nil {
		return n, fmt.Errorf("sweep kept forms: %w", err)
	}
	return n, nil
}

// PersonID gives the id of who is logged in; empty when nobody is, or the
// context is not of a request.
func (s *Sessions) PersonID(ctx context.Context) string {
	if v := visitOf(ctx); v != nil {
		return v.person
	}
	return ""
}

// Expires gives the moment when the session dies if nothing more happens, so
// that a long form can warn in time; the zero time when nobody is logged in.
func (s *Sessions) Expires(ctx context.Context) time.Time {
	if v := visitOf(ctx); v != nil && v.person != "" {
		return v.expires
	}
	return time.Time{}
}

// PutFlash keeps a text for the next page that this browser is shown. A second
// text before that page comes after the first, on a line of its own. When it cannot be
// kept the answer goes out all the same: what it tells of has been done, and a refusal
// would say that it had not.
func (s *Sessions) PutFlash(ctx context.Context, text string) {
	if before := s.manager.GetString(ctx, keyFlash); before != "" {
		text = before + "\n" + text
	}
	s.manager.Put(ctx, keyFlash, text)
}

// PopFlash gives the text kept for this page and forgets it; empty when there is
// none.
func (s *Sessions) PopFlash(ctx context.Context) string {
	if visitOf(ctx) == nil {
		return ""
	}
	return s.manager.PopString(ctx, keyFlash)
}

// Lang gives the language code chosen at this browser; empty when none was.
func (s *Sessions) Lang(ctx context.Context) string {
	if visitOf(ctx) == nil {
		return ""
	}
	return s.manager.GetString(ctx, keyLang)
}

// SetLang remembers the language chosen at this browser.
func (s *Sessions) SetLang(ctx context.Context, code string) {
	s.manager.Put(ctx, keyLang, code)
	visitOf(ctx).vital = true
}

// Middleware gives every request its session, and the browser its cookie when
// there is a new one. Static files, which are the same for everybody, belong
// outside it. A handler must not write its answer inside a transaction, since
// the session is written just before the first byte goes out.
func (s *Sessions) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Cookie")
		v := &visit{}
		ctx := context.WithValue(r.Context(), visitKey{}, v)
		ctx, err := s.manager.Load(ctx, s.token(r))
		if err != nil {
			s.fail(w, r, fmt.Errorf("load session: %w", err))
			return
		}
		s.moveExpiry(ctx, v)
		r = r.WithContext(ctx)
		sw := &writer{ResponseWriter: w, sessions: s, request: r}
		next.ServeHTTP(sw, r)
		sw.begin(http.StatusOK)
	})
}

// token gives the token of the request's cookie. What cannot be one is not
// looked for.
func (s *Sessions) token(r *http.Request) string {
	cookie, err := r.Cookie(s.manager.Cookie.Name)
	if err != nil || len(cookie.Value) > 64 {
		return ""
	}
	return cookie.Value
}

// moveExpiry notes that the session is in use. That this fails, on a full disk
// say, is no reason not to show the page.
func (s *Sessions) moveExpiry(ctx context.Context, v *visit) {
	if v.held == "" {
		return
	}
	expires := earlier(time.Now().Add(s.idle), s.manager.Deadline(ctx))
	if expires.Sub(v.expires) < s.touch {
		return
	}
	if _, err := s.db.Exec(ctx, "UPDATE session SET expires = $1 WHERE id = $2", expires, v.held); err != nil {
		s.log.WarnContext(ctx, "session expiry not moved", "error", err)
		return
	}
	v.expires = expires
}

// fail answers with the database's own refusal: down, busy, full.
func (s *Sessions) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.refuse(w, r, statusOf(err), err)
}

// save writes the session if it has changed and tells the browser what it must
// know. It is called once, before the head of the answer goes out.
func (s *Sessions) save(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := visitOf(ctx)
	switch s.manager.Status(ctx) {
	case scs.Modified:
		before := s.token(r)
		// The write must not hang on a browser that goes away, nor for ever.
		write, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		token, _, err := s.manager.Commit(write)
		switch {
		case err != nil && v.vital:
			return fmt.Errorf("save session: %w", err)
		case err != nil:
			s.log.WarnContext(ctx, "session not saved", "error", err)
		case !v.dead && token != before:
			s.setCookie(w, token, 0)
		}
	case scs.Destroyed:
		s.setCookie(w, "", -1)
	}
	// A page for somebody must not be given to somebody else out of a store on the
	// way. A handler that knows better has set its own rule.
	if v.person != "" && w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "private, no-cache")
	}
	return nil
}

// setCookie gives the browser the token until the browser is closed, or with a
// negative age takes it away. Nobody on the way may keep such an answer.
func (s *Sessions) setCookie(w http.ResponseWriter, token string, age int) {
	c := s.manager.Cookie
	http.SetCookie(w, &http.Cookie{Name: c.Name, Value: token, Path: c.Path, MaxAge: age, Secure: c.Secure, HttpOnly: c.HttpOnly, SameSite: c.SameSite})
	w.Header().Set("Cache-Control", "no-store")
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// writer saves the session just before the head of the answer goes out.
type writer struct {
	http.ResponseWriter
	sessions *Sessions
	request  *http.Request
	begun    bool
	failed   bool // another answer went out; the handler's own is dropped
}

// begin saves the session once. It says whether the handler's answer may go out.
func (w *writer) begin(status int) bool {
	if w.begun || status < 200 {
		return !w.failed
	}
	w.begun = true
	err := w.sessions.save(w.ResponseWriter, w.request)
	if err == nil {
		return true
	}
	w.failed = true
	h := w.Header()
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "ETag", "Last-Modified", "Location", "Set-Cookie"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	w.sessions.fail(w.ResponseWriter, w.request, err)
	return false
}

// WriteHeader saves the session and sends the head.
func (w *writer) WriteHeader(status int) {
	if w.begin(status) {
		w.ResponseWriter.WriteHeader(status)
	}
}

// errDropped tells a handler that its answer gave way to a refusal.
var errDropped = errors.New("the session could not be saved; another answer was sent")

// Write saves the session and sends the bytes.
func (w *writer) Write(b []byte) (int, error) {
	if !w.begin(http.StatusOK) {
		return 0, errDropped
	}
	return w.ResponseWriter.Write(b)
}

// FlushError saves the session and sends what is waiting.
func (w *writer) FlushError() error {
	if !w.begin(http.StatusOK) {
		return errDropped
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap gives the writer below, for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// store keeps the sessions in the table session for scs, which gives it hashes
// of tokens. It follows the request's visit, since scs itself knows neither the
// person nor whether a session was there before.
type store struct {
	db   *db.DB
	idle time.Duration
}

type row struct {
	ID       string    `db:"id"`
	PersonID string    `db:"person_id,null"`
	Data     string    `db:"data"`
	Expires  time.Time `db:"expires"`
}

// FindCtx gives the data of the session and notes in the visit what else the row
// says.
func (s *store) FindCtx(ctx context.Context, id string) ([]byte, bool, error) {
	rows, err := db.All[row](ctx, s.db, "SELECT "+db.Columns[row]("")+" FROM session WHERE id = $1 AND expires > $2", id, time.Now())
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	v := visitOf(ctx)
	v.held, v.person, v.expires = id, rows[0].PersonID, rows[0].Expires
	return []byte(rows[0].Data), true, nil
}

// CommitCtx writes the session. One that was there before is only changed, never
// made anew: had it been ended meanwhile, this request must not bring it back.
func (s *store) CommitCtx(ctx context.Context, id string, data []byte, deadline time.Time) error {
	v := visitOf(ctx)
	next := row{ID: id, PersonID: v.person, Data: string(data), Expires: earlier(time.Now().Add(s.idle), deadline)}
	if v.held == "" || v.fresh {
		return s.db.Insert(ctx, "session", next)
	}
	n, err := s.db.Exec(ctx, "UPDATE session SET id = $1, data = $2, expires = $3 WHERE id = $4", next.ID, next.Data, next.Expires, v.held)
	v.dead = n == 0
	return err
}

// DeleteCtx ends one session. When its token is only exchanged, CommitCtx does so
// in one statement.
func (s *store) DeleteCtx(ctx context.Context, id string) error {
	if visitOf(ctx).rotating {
		return nil
	}
	_, err := s.db.Exec(ctx, "DELETE FROM session WHERE id = $1", id)
	return err
}

// The methods without a context are never called: scs prefers those with one.
var errNoContext = errors.New("the session store needs a context")

// Find is there for the interface scs.Store only.
func (s *store) Find(string) ([]byte, bool, error) { return nil, false, errNoContext }

// Commit is there for the interface scs.Store only.
func (s *store) Commit(string, []byte, time.Time) error { return errNoContext }

// Delete is there for the interface scs.Store only.
func (s *store) Delete(string) error { return errNoContext }

// codec writes what a session remembers as JSON: texts by key.
type codec struct{}

type content struct {
	Deadline time.Time      `json:"deadline"`
	Values   map[string]any `json:"values"`
}

// Encode gives the JSON text. JSON escapes NUL and replaces broken UTF-8, so both
// databases can hold it whatever a flash says.
func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	return json.Marshal(content{deadline, values})
}

// Decode reads the JSON text.
func (codec) Decode(data []byte) (time.Time, map[string]any, error) {
	var c content
	if err := json.Unmarshal(data, &c); err != nil {
		return time.Time{}, nil, fmt.Errorf("read session: %w", err)
	}
	return c.Deadline, c.Values, nil
}
