package authn_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"funn/internal/platform/authn"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
)

var migrations = []fs.FS{authn.Migrations}

// refuse shows the key of the refusal, where package web would show its text.
func refuse(w http.ResponseWriter, _ *http.Request, status int, err error) {
	key := "error.internal"
	if f, ok := fault.As(err); ok {
		key = f.Key
	}
	http.Error(w, key, status)
}

// site is a small program with sessions: each route does one thing with them.
type site struct {
	*httptest.Server
	sessions *authn.Sessions
	hold     chan struct{} // GET /slow waits for it
	entered  chan struct{}
}

func newSite(t *testing.T, d *db.DB, o authn.Options) *site {
	t.Helper()
	o.Refuse = refuse
	o.Log = slog.New(slog.DiscardHandler)
	s := &site{sessions: authn.New(d, o), hold: make(chan struct{}), entered: make(chan struct{})}
	mux := http.NewServeMux()
	do := func(pattern string, f func(w http.ResponseWriter, r *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := f(w, r); err != nil {
				refuse(w, r, http.StatusInternalServerError, err)
			}
		})
	}
	do("GET /{$}", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Cache-Control", "public, max-age=60")
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader("front page"))
		return nil
	})
	do("GET /who", func(w http.ResponseWriter, r *http.Request) error {
		_, err := fmt.Fprint(w, s.sessions.PersonID(r.Context()))
		return err
	})
	do("GET /slow", func(w http.ResponseWriter, r *http.Request) error {
		s.entered <- struct{}{}
		<-s.hold
		s.sessions.PutFlash(r.Context(), "late")
		_, err := fmt.Fprint(w, s.sessions.PersonID(r.Context()))
		return err
	})
	do("POST /login/{person}", func(w http.ResponseWriter, r *http.Request) error {
		if err := s.sessions.Login(r.Context(), r.PathValue("person")); err != nil {
			return err
		}
		http.Redirect(w, r, "/who", http.StatusSeeOther)
		return nil
	})
	do("POST /rotate", func(_ http.ResponseWriter, r *http.Request) error { return s.sessions.Rotate(r.Context()) })
	do("POST /lang/{code}", func(_ http.ResponseWriter, r *http.Request) error {
		s.sessions.SetLang(r.Context(), r.PathValue("code"))
		return nil
	})
	do("GET /lang", func(w http.ResponseWriter, r *http.Request) error {
		_, err := fmt.Fprint(w, s.sessions.Lang(r.Context()))
		return err
	})
	do("POST /flash", func(_ http.ResponseWriter, r *http.Request) error {
		s.sessions.PutFlash(r.Context(), r.FormValue("text"))
		return nil
	})
	do("GET /flash", func(w http.ResponseWriter, r *http.Request) error {
		_, err := fmt.Fprint(w, s.sessions.PopFlash(r.Context()))
		return err
	})
	do("GET /expires", func(w http.ResponseWriter, r *http.Request) error {
		_, err := fmt.Fprint(w, s.sessions.Expires(r.Context()).UnixMicro())
		return err
	})
	do("GET /flush", func(w http.ResponseWriter, r *http.Request) error {
		s.sessions.SetLang(r.Context(), "nn")
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		<-s.hold
		return nil
	})
	mux.HandleFunc("/loggut", s.sessions.ServeLogout)
	handler := s.sessions.Middleware(mux)
	if o.Secure {
		s.Server = httptest.NewTLSServer(handler)
	} else {
		s.Server = httptest.NewServer(handler)
	}
	t.Cleanup(s.Close)
	return s
}

// browser keeps cookies and follows no redirect.
type browser struct {
	t    *testing.T
	site *site
	http *http.Client
}

func (s *site) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := *s.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{t, s, &client}
}

func (b *browser) do(method, path string, form url.Values) (*http.Response, string) {
	b.t.Helper()
	target := path
	if strings.HasPrefix(path, "/") {
		target = b.site.URL + path
	}
	r, err := http.NewRequest(method, target, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp, string(body)
}

func (b *browser) get(path string) string {
	b.t.Helper()
	resp, body := b.do(http.MethodGet, path, nil)
	if resp.StatusCode != http.StatusOK {
		b.t.Fatalf("GET %s: %s %s", path, resp.Status, body)
	}
	return body
}

func (b *browser) post(path string) *http.Response {
	b.t.Helper()
	resp, body := b.do(http.MethodPost, path, nil)
	if resp.StatusCode >= 400 {
		b.t.Fatalf("POST %s: %s %s", path, resp.Status, body)
	}
	return resp
}

// token gives the session token that the browser holds.
func (b *browser) token() string {
	b.t.Helper()
	u, err := url.Parse(b.site.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(u) {
		if c.Name == "funn" || c.Name == "__Host-funn" {
			return c.Value
		}
	}
	return ""
}

// plant gives the browser a token as an attacker would plant it.
func (b *browser) plant(token string) {
	b.t.Helper()
	u, err := url.Parse(b.site.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	b.http.Jar.SetCookies(u, []*http.Cookie{{Name: "funn", Value: token, Path: "/"}})
}

func rows(t *testing.T, d *db.DB) int {
	t.Helper()
	n, err := db.One[int](context.Background(), d, "SELECT count(*) FROM session")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A page that is only read sets no cookie, writes nothing, and can be kept and
// asked for by ETag as if there were no sessions.
func TestReadingNeedsNoSession(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, authn.Options{})
		b := s.browser(t)
		for _, path := range []string{"/", "/who", "/lang", "/flash"} {
			resp, _ := b.do(http.MethodGet, path, nil)
			if got := resp.Header.Values("Set-Cookie"); len(got) != 0 {
				t.Errorf("GET %s sets %q", path, got)
			}
			if got := resp.Header.Get("Vary"); got != "Cookie" {
				t.Errorf("GET %s: Vary %q", path, got)
			}
		}
		if n := rows(t, d); n != 0 {
			t.Errorf("%d sessions for a reader", n)
		}
		b.post("/login/p1")
		for range 2 {
			r, err := http.NewRequest(http.MethodGet, s.URL+"/", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("If-None-Match", `"1"`)
			resp, err := b.http.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusNotModified || len(resp.Header.Values("Set-Cookie")) != 0 {
				t.Errorf("with the page's own ETag: %s, cookies %q; want 304 and none", resp.Status, resp.Header.Values("Set-Cookie"))
			}
			if got := resp.Header.Values("Cache-Control"); !cmp.Equal(got, []string{"public, max-age=60"}) {
				t.Errorf("the page's own Cache-Control became %q", got)
			}
		}
	})
}

func TestCookie(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("secure=", secure), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, dbtest.SQLite(t, migrations...), authn.Options{Secure: secure})
			b := s.browser(t)
			resp := b.post("/login/p1")
			cookies := resp.Cookies()
			if len(cookies) != 1 {
				t.Fatalf("cookies %v, want one", cookies)
			}
			c := cookies[0]
			want := &http.Cookie{Name: "funn", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
			if secure {
				want.Name, want.Secure = "__Host-funn", true
			}
			want.Value, want.Raw = c.Value, c.Raw
			if diff := cmp.Diff(want, c); diff != "" {
				t.Error(diff)
			}
			raw, err := base64.RawURLEncoding.DecodeString(c.Value)
			if err != nil || len(raw)*8 < 130 {
				t.Errorf("token %q: %d bits, %v; want 130 at least", c.Value, len(raw)*8, err)
			}
			if got := resp.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("the answer with the cookie: Cache-Control %q", got)
			}
			resp, who := b.do(http.MethodGet, "/who", nil)
			if who != "p1" || resp.Header.Get("Cache-Control") != "private, no-cache" {
				t.Errorf("page of %q: Cache-Control %q", who, resp.Header.Get("Cache-Control"))
			}
			gone := b.post("/loggut").Cookies()
			if len(gone) != 1 || gone[0].Name != want.Name || gone[0].MaxAge >= 0 || gone[0].Secure != secure {
				t.Errorf("cookies at logout: %v", gone)
			}
		})
	}
}

// What lies in the database cannot be used to log in.
func TestTokenIsHashed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, authn.Options{})
		b := s.browser(t)
		b.post("/login/p1")
		type kept struct {
			ID       string `db:"id"`
			PersonID string `db:"person_id"`
			Data     string `db:"data"`
		}
		k, err := db.One[kept](context.Background(), d, "SELECT id, person_id, data FROM session")
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(b.token()))
		if k.ID != base64.RawURLEncoding.EncodeToString(sum[:]) || k.PersonID != "p1" {
			t.Errorf("row %+v, want the SHA-256 of the token and p1", k)
		}
		if strings.Contains(fmt.Sprint(k), b.token()) {
			t.Error("the token itself lies in the database")
		}
		thief := s.browser(t)
		thief.plant(k.ID)
		if who := thief.get("/who"); who != "" {
			t.Errorf("the hash logs in as %q", who)
		}
	})
}

// Nobody can choose the token that somebody else will be logged in with: neither
// one made up, nor one that the attacker holds a session for.
func TestFixation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, authn.Options{})
		attacker := s.browser(t)
		attacker.post("/lang/nn") // now holds a session of nobody
		for _, planted := range []string{"made-up-by-the-attacker", attacker.token(), strings.Repeat("x", 5000)} {
			victim := s.browser(t)
			victim.plant(planted)
			victim.post("/login/p1")
			if victim.token() == planted || victim.token() == "" {
				t.Errorf("logged in with the token planted, %.30q", planted)
			}
			if who := victim.get("/who"); who != "p1" {
				t.Errorf("victim is %q", who)
			}
			if who := attacker.get("/who"); who != "" {
				t.Errorf("the attacker became %q by planting %.30q", who, planted)
			}
		}
	})
}

// A login gives a new token and takes nothing along but the language; a rotation
// takes everything along. The old token is dead in both cases.
func TestRotation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, authn.Options{})
		b := s.browser(t)
		b.post("/rotate")
		if b.token() != "" || rows(t, d) != 0 {
			t.Error("rotating nothing made a session")
		}
		b.post("/lang/nn")
		b.post("/login/p1")
		first := b.token()
		b.do(http.MethodPost, "/flash", url.Values{"text": {"only for p1"}})
		b.post("/login/p2")
		if got := [3]string{b.get("/who"), b.get("/lang"), b.get("/flash")}; got != [3]string{"p2", "nn", ""} {
			t.Errorf("after the second login: %q", got)
		}
		second := b.token()
		b.do(http.MethodPost, "/flash", url.Values{"text": {"for p2"}})
		b.post("/rotate")
		if got := [3]string{b.get("/who"), b.get("/lang"), b.get("/flash")}; got != [3]string{"p2", "nn", "for p2"} {
			t.Errorf("after the rotation: %q", got)
		}
		if b.token() == second || first == second {
			t.Error("the token stayed the same")
		}
		for _, old := range []string{first, second} {
			o := s.browser(t)
			o.plant(old)
			if who := o.get("/who"); who != "" {
				t.Errorf("an old token still logs in as %q", who)
			}
		}
		if n := rows(t, d); n != 1 {
			t.Errorf("%d sessions left, want 1", n)
		}
	})
}

// Logging out, and disabling a person, end the sessions at every browser, on the
// next request, but nobody else's.
func TestAllSessionsEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, authn.Options{})
		one, two, other := s.browser(t), s.browser(t), s.browser(t)
		ways := map[string]func(){
			"logout": func() {
				resp := one.post("/loggut")
				if resp.Header.Get("Location") != "/" || resp.Header.Get("Clear-Site-Data") != `"cache", "storage"` {
					t.Errorf("logout: %v", resp.Header)
				}
			},
			"disable": func() {
				stop := errors.New("stop")
				// In a transaction that fails nobody is disabled and nobody is logged out.
				err := d.Tx(context.Background(), func(ctx context.Context) error {
					return errors.Join(s.sessions.DestroyAll(ctx, "p1"), stop)
				})
				if !errors.Is(err, stop) || one.get("/who") != "p1" {
					t.Errorf("a transaction that failed ended sessions: %v", err)
				}
				if err := d.Tx(context.Background(), func(ctx context.Context) error { return s.sessions.DestroyAll(ctx, "p1") }); err != nil {
					t.Error(err)
				}
			},
		}
		for name, end := range ways {
			one.post("/lang/nn")
			one.post("/login/p1")
			two.post("/login/p1")
			other.post("/login/p2")
			end()
			if got := [3]string{one.get("/who"), two.get("/who"), other.get("/who")}; got != [3]string{"", "", "p2"} {
				t.Errorf("%s: logged in are %q, want only p2", name, got)
			}
		}
	})
}

// A request that was under way when its session was ended must not bring it back
// to life, nor give the browser another.
func TestEndedSessionStaysEnded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, authn.Options{})
		b := s.browser(t)
		b.post("/login/p1")
		done := make(chan *http.Response)
		go func() {
			resp, _ := b.do(http.MethodGet, "/slow", nil)
			done <- resp
		}()
		<-s.entered
		if err := s.sessions.DestroyAll(context.Background(), "p1"); err != nil {
			t.Error(err)
		}
		close(s.hold)
		resp := <-done
		if resp.StatusCode != http.StatusOK || len(resp.Cookies()) != 0 {
			t.Errorf("the slow request: %s, cookies %v", resp.Status, resp.Cookies())
		}
		if n := rows(t, d); n != 0 || b.get("/who") != "" {
			t.Errorf("%d sessions, logged in as %q", n, b.get("/who"))
		}
	})
}

func TestLogoutIsPostOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t, migrations...), authn.Options{})
	b := s.browser(t)
	b.post("/login/p1")
	resp, _ := b.do(http.MethodGet, "/loggut", nil)
	if resp.StatusCode != http.StatusMethodNotAllowed || b.get("/who") != "p1" {
		t.Errorf("GET /loggut: %s, logged in as %q", resp.Status, b.get("/who"))
	}
	// Somebody with no session at all may log out, too.
	if resp := s.browser(t).post("/loggut"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("logout of nobody: %s", resp.Status)
	}
}

func TestFlash(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations, func(t *testing.T, d *db.DB) {
		b := newSite(t, d, authn.Options{}).browser(t)
		// What PostgreSQL cannot hold as text must not cost the session.
		for _, text := range []string{"Søknaden er sendt ✓", "a\x00b", "line\nline"} {
			b.do(http.MethodPost, "/flash", url.Values{"text": {text}})
			resp, got := b.do(http.MethodGet, "/flash", nil)
			if got != text {
				t.Errorf("flash %q came as %q", text, got)
			}
			if len(resp.Cookies()) != 0 {
				t.Errorf("a session that goes on sends its cookie again: %v", resp.Cookies())
			}
			if got := b.get("/flash"); got != "" {
				t.Errorf("flash came twice: %q", got)
			}
		}
		b.do(http.MethodPost, "/flash", url.Values{"text": {"first"}})
		b.do(http.MethodPost, "/flash", url.Values{"text": {"second"}})
		if got := b.get("/flash"); got != "first\nsecond" {
			t.Errorf("two flashes: %q", got)
		}
	})
}

// A session ends when it is not used, and after its lifetime however much it is.
func TestExpiry(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		expires := func() time.Time {
			e, err := db.One[time.Time](ctx, d, "SELECT expires FROM session")
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		move := func(to time.Time) {
			if _, err := d.Exec(ctx, "UPDATE session SET expires = $1", to); err != nil {
				t.Fatal(err)
			}
		}
		near := func(what string, got, want time.Time) {
			if diff := got.Sub(want).Abs(); diff > 20*time.Second {
				t.Errorf("%s: %v, want about %v", what, got, want)
			}
		}
		s := newSite(t, d, authn.Options{Idle: time.Hour, Lifetime: 90 * time.Minute})
		b := s.browser(t)
		b.post("/login/p1")
		near("expiry after login", expires(), time.Now().Add(time.Hour))

		// Seldom enough not to be a write on every page.
		before := expires()
		b.get("/who")
		if got := expires(); !got.Equal(before) {
			t.Errorf("a page a moment later wrote the session: %v to %v", before, got)
		}
		move(time.Now().Add(10 * time.Minute)) // as if last used 50 minutes ago
		b.get("/who")
		near("expiry after use", expires(), time.Now().Add(time.Hour))
		if got, want := b.get("/expires"), fmt.Sprint(expires().UnixMicro()); got != want {
			t.Errorf("the page is told that the session ends at %s, and it ends at %s", got, want)
		}

		// Not beyond the lifetime: 80 of 90 minutes have passed.
		deadline := time.Now().Add(10 * time.Minute)
		data := fmt.Sprintf(`{"deadline":%q,"values":{}}`, deadline.Format(time.RFC3339Nano))
		if _, err := d.Exec(ctx, "UPDATE session SET data = $1, expires = $2", data, time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if who := b.get("/who"); who != "p1" {
			t.Fatalf("logged in as %q", who)
		}
		near("expiry near the end of the lifetime", expires(), deadline)
		b.do(http.MethodPost, "/flash", url.Values{"text": {"x"}})
		near("expiry after a write near the end", expires(), deadline)

		b.post("/rotate")
		near("expiry after a rotation near the end", expires(), deadline)

		token := b.token()
		move(time.Now().Add(-time.Millisecond))
		if who := b.get("/who"); who != "" {
			t.Errorf("an expired session logs in as %q", who)
		}
		if n, err := s.sessions.Sweep(ctx); err != nil || n != 1 || rows(t, d) != 0 {
			t.Errorf("swept %d, %v; %d left", n, err, rows(t, d))
		}
		b.post("/lang/en")
		if b.token() == token {
			t.Error("a new session took over the token of the expired one")
		}
	})
}

// A login that cannot be written is not announced: the user sees the refusal,
// without a cookie. A page that only reads is shown all the same.
func TestDatabaseFails(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		b := newSite(t, d, authn.Options{}).browser(t)
		b.post("/login/p1")
		b.do(http.MethodPost, "/flash", url.Values{"text": {"hello"}})
		if _, err := d.Exec(ctx, "UPDATE session SET expires = $1", time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		// Nothing can be written from here on, as on a full disk.
		if d.Dialect == db.SQLite {
			for _, on := range []string{"INSERT", "UPDATE"} {
				if _, err := d.Exec(ctx, "CREATE TRIGGER no_"+on+" BEFORE "+on+" ON session BEGIN SELECT RAISE(ABORT, 'no'); END"); err != nil {
					t.Fatal(err)
				}
			}
		} else if _, err := d.Exec(ctx, "ALTER TABLE session ADD CHECK (false) NOT VALID"); err != nil {
			t.Fatal(err)
		}
		if who, flash := b.get("/who"), b.get("/flash"); who != "p1" || flash != "hello" {
			t.Errorf("reading: %q, %q", who, flash)
		}
		// What was done is done, also when the message about it cannot be kept.
		if resp, _ := b.do(http.MethodPost, "/flash", url.Values{"text": {"sent"}}); resp.StatusCode != http.StatusOK {
			t.Errorf("a message that cannot be kept: %s", resp.Status)
		}
		resp, body := b.do(http.MethodPost, "/login/p2", nil)
		if resp.StatusCode != http.StatusInternalServerError || len(resp.Cookies()) != 0 || resp.Header.Get("Location") != "" || body != "error.internal\n" {
			t.Errorf("login: %s %v %q", resp.Status, resp.Header, body)
		}
		if _, err := d.Exec(ctx, "DROP TABLE session"); err != nil {
			t.Fatal(err)
		}
		if resp, body := b.do(http.MethodGet, "/who", nil); resp.StatusCode != http.StatusInternalServerError || body != "error.internal\n" {
			t.Errorf("without the table: %s %q", resp.Status, body)
		}
		if got := newSite(t, d, authn.Options{}).browser(t).get("/who"); got != "" {
			t.Errorf("without table and cookie: %q", got)
		}
	})
}

// What is flushed goes out at once, with the cookie before it.
func TestFlush(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t, migrations...), authn.Options{})
	b := s.browser(t)
	b.http.Timeout = 10 * time.Second
	resp, err := b.http.Get(s.URL + "/flush") // the handler waits until it is back
	if err != nil {
		close(s.hold)
		t.Fatal(err)
	}
	close(s.hold)
	resp.Body.Close()
	if len(resp.Cookies()) != 1 || b.get("/lang") != "nn" {
		t.Errorf("cookies %v, language %q", resp.Cookies(), b.get("/lang"))
	}
}

// Outside the middleware nobody is logged in, and nobody can be.
func TestOutsideTheMiddleware(t *testing.T) {
	t.Parallel()
	s := authn.New(dbtest.SQLite(t, migrations...), authn.Options{Refuse: refuse})
	ctx := context.Background()
	if s.PersonID(ctx) != "" || s.Lang(ctx) != "" || s.PopFlash(ctx) != "" || !s.Expires(ctx).IsZero() {
		t.Error("a context without a session has one")
	}
	for name, err := range map[string]error{"login": s.Login(ctx, "p1"), "logout": s.Logout(ctx), "rotate": s.Rotate(ctx)} {
		if err == nil {
			t.Errorf("%s succeeded without a session", name)
		}
	}
}

// What the sessions cost a page: of a visitor without one, and of somebody who is
// logged in.
func BenchmarkMiddleware(b *testing.B) {
	d := dbtest.SQLite(b, migrations...)
	s := authn.New(d, authn.Options{})
	h := s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			if err := s.Login(r.Context(), "p1"); err != nil {
				b.Error(err)
			}
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	login := httptest.NewRecorder()
	h.ServeHTTP(login, httptest.NewRequest(http.MethodPost, "/", nil))
	for name, cookies := range map[string][]*http.Cookie{"visitor": nil, "logged in": login.Result().Cookies()} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			for _, c := range cookies {
				r.AddCookie(c)
			}
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	c := lang.NewCatalog()
	if err := c.Load(authn.Messages); err != nil {
		t.Fatal(err)
	}
	if missing := c.Missing(); len(missing) != 0 {
		t.Errorf("texts missing: %q", missing)
	}
	for _, key := range c.Keys() {
		if !strings.HasSuffix(key, ".title") && !c.Has(key+".title") {
			t.Errorf("%s has no title", key)
		}
	}
}
