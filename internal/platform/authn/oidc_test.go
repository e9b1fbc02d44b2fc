package authn_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"funn/internal/platform/authn"
	"funn/internal/platform/authn/authntest"
	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/fault"
)

// directory makes a person of everybody who comes, and notes what it was told.
type directory struct {
	mu      sync.Mutex
	came    []visitor
	persons map[string]string
	refusal error
}

type visitor struct {
	Issuer, Subject string
	Profile         authn.Profile
}

func (d *directory) PersonByExternal(_ context.Context, issuer, subject string, p authn.Profile) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refusal != nil {
		return "", d.refusal
	}
	d.came = append(d.came, visitor{issuer, subject, p})
	if d.persons == nil {
		d.persons = map[string]string{}
	}
	key := issuer + " " + subject
	if d.persons[key] == "" {
		d.persons[key] = fmt.Sprint("person-", len(d.persons)+1)
	}
	return d.persons[key], nil
}

const caseWorkers = "5f4dcc3b-5aa7-45d6-8d83-27deb882cf99"

var knownRoles = []string{"fou", "fageier", "leder"}

func roles(t testing.TB, text string) authn.Roles {
	t.Helper()
	r, err := authn.ParseRoles(text, knownRoles)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// relying is a small program that is logged in to through a provider.
type relying struct {
	*site
	oidc   *authn.OIDC
	people *directory

	mu       sync.Mutex
	refusals []string // what the log was told
}

func (p *relying) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	p.mu.Lock()
	p.refusals = append(p.refusals, err.Error())
	p.mu.Unlock()
	refuse(w, r, status, err)
}

// last gives what the log was told last.
func (p *relying) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.refusals) == 0 {
		return ""
	}
	return p.refusals[len(p.refusals)-1]
}

// rely starts the program. The provider's address may depend on the program's
// own, so it is asked for with that.
func rely(t *testing.T, d *db.DB, issuer func(base string) string) *relying {
	t.Helper()
	p := &relying{people: &directory{}}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	sessions := authn.New(d, authn.Options{Refuse: p.refuse})
	o, err := authn.NewOIDC(authn.Config{
		Issuer: issuer(server.URL), ClientID: authntest.ClientID, ClientSecret: authntest.ClientSecret, BaseURL: server.URL + "/",
		Roles: roles(t, caseWorkers+"=fou, researchers=fageier"), Home: "/oppgaver", Refuse: p.refuse,
	}, sessions, p.people)
	if err != nil {
		t.Fatal(err)
	}
	p.oidc = o
	p.site = &site{Server: server, sessions: sessions}
	inner := http.NewServeMux()
	inner.HandleFunc("GET "+authn.StartPath, o.Start)
	inner.HandleFunc("GET "+authn.CallbackPath, o.Callback)
	inner.HandleFunc(authn.LogoutPath, sessions.ServeLogout)
	inner.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, sessions.PersonID(r.Context()))
	})
	mux.Handle("/", sessions.Middleware(inner))
	return p
}

func relyOn(t *testing.T, d *db.DB) (*authntest.Issuer, *relying) {
	t.Helper()
	i := authntest.New(t)
	i.Person = map[string]any{"sub": "subject-1", "name": "A case worker", "email": "fou@example.no", "groups": []string{"unknown", strings.ToUpper(caseWorkers)}}
	return i, rely(t, d, func(string) string { return i.URL })
}

// login follows the redirects of a login up to the page that stays.
func (b *browser) login(start string) (*http.Response, string) {
	b.t.Helper()
	target := start
	for range 10 {
		resp, body := b.do(http.MethodGet, target, nil)
		if resp.StatusCode/100 != 3 {
			return resp, body
		}
		next, err := resp.Location()
		if err != nil {
			b.t.Fatal(err)
		}
		target = next.String()
	}
	b.t.Fatal("the login goes in circles")
	return nil, ""
}

func TestLogin(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations, func(t *testing.T, d *db.DB) {
		i, p := relyOn(t, d)
		b := p.browser(t)
		resp, who := b.login(authn.StartPath + "?til=" + url.QueryEscape("/behov/B-2022-001?fane=logg"))
		if who != "person-1" || resp.Request.URL.RequestURI() != "/behov/B-2022-001?fane=logg" {
			t.Fatalf("logged in as %q at %s, refusals %q", who, resp.Request.URL, p.refusals)
		}
		want := []visitor{{i.URL, "subject-1", authn.Profile{Name: "A case worker", Email: "fou@example.no", Roles: []string{"fou"}}}}
		if diff := cmp.Diff(want, p.people.came); diff != "" {
			t.Error(diff)
		}
		asked := i.Asked()
		if len(asked) != 1 || len(asked[0].Get("code_verifier")) < 43 || asked[0].Get("redirect_uri") != p.URL+authn.CallbackPath {
			t.Errorf("the provider was asked %v", asked)
		}
		before := b.token()
		// Logging in again is a new session of the same person, and the way home.
		resp, who = b.login(authn.StartPath)
		if who != "person-1" || resp.Request.URL.Path != "/oppgaver" || b.token() == before {
			t.Errorf("second login: %q at %s, token changed: %v", who, resp.Request.URL, b.token() != before)
		}
		if n := rows(t, d); n != 1 {
			t.Errorf("%d sessions, want 1", n)
		}
		// Another subject is another person, however equal the address.
		i.Person["sub"] = "subject-2"
		if _, who := p.browser(t).login(authn.StartPath); who != "person-2" {
			t.Errorf("another subject with the same address is %q", who)
		}
	})
}

// Two windows on their way to log in do not get into each other's way.
func TestSeveralWindows(t *testing.T) {
	t.Parallel()
	_, p := relyOn(t, dbtest.SQLite(t, migrations...))
	b := p.browser(t)
	var answers []string
	for n := range 3 {
		resp, _ := b.do(http.MethodGet, fmt.Sprintf("%s?til=/%d", authn.StartPath, n), nil)
		resp, _ = b.do(http.MethodGet, resp.Header.Get("Location"), nil)
		answers = append(answers, resp.Header.Get("Location"))
	}
	resp, _ := b.do(http.MethodGet, answers[0], nil)
	if got := resp.Header.Get("Location"); got != "/0" {
		t.Errorf("first window: %s to %q, refusal %q", resp.Status, got, p.last())
	}
	// The login has made a new session; the other windows find themselves logged in.
	resp, _ = b.do(http.MethodGet, answers[1], nil)
	if got := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || got != "/oppgaver" {
		t.Errorf("second window: %s to %q, refusal %q", resp.Status, got, p.last())
	}
	if n := len(p.people.came); n != 1 {
		t.Errorf("%d logins, want 1", n)
	}
}

// Each wrong answer of a provider is refused, and the same login without the
// fault succeeds.
func TestWrongTokens(t *testing.T) {
	t.Parallel()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	otherEC, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, value any) func(*authntest.Issuer) {
		return func(i *authntest.Issuer) { i.Alter = func(c map[string]any) { c[name] = value } }
	}
	drop := func(name string) func(*authntest.Issuer) {
		return func(i *authntest.Issuer) { i.Alter = func(c map[string]any) { delete(c, name) } }
	}
	sign := func(f func(i *authntest.Issuer, c map[string]any) string) func(*authntest.Issuer) {
		return func(i *authntest.Issuer) { i.Sign = func(c map[string]any) string { return f(i, c) } }
	}
	answer := func(f func(url.Values)) func(*authntest.Issuer) { return func(i *authntest.Issuer) { i.Answer = f } }
	used := make(chan string, 1)
	tests := map[string]struct {
		wrong  func(*authntest.Issuer)
		reason string // part of what the log is told
	}{
		"audience of another client":   {set("aud", "somebody-else"), "expected audience"},
		"several audiences, no party":  {set("aud", []string{authntest.ClientID, "somebody-else"}), "does not say whom"},
		"given to another client":      {set("azp", "somebody-else"), "given to another client"},
		"another issuer":               {set("iss", "https://login.example.no"), "different provider"},
		"expired":                      {set("exp", time.Now().Add(-time.Second).Unix()), "expired"},
		"no expiry":                    {drop("exp"), "expired"},
		"not valid yet":                {set("nbf", time.Now().Add(10*time.Minute).Unix()), "not before"},
		"issued in the future":         {set("iat", time.Now().Add(10*time.Minute).Unix()), "issued in the future"},
		"not issued at any time":       {drop("iat"), "issued in the future"},
		"another login's nonce":        {set("nonce", "AAAAAAAAAAAAAAAAAAAAAAAAAA"), "wrong nonce"},
		"no nonce":                     {drop("nonce"), "wrong nonce"},
		"empty subject":                {set("sub", ""), "no subject"},
		"no subject":                   {drop("sub"), "no subject"},
		"subject beyond the standard":  {set("sub", strings.Repeat("s", 256)), "no subject"},
		"hash of another access token": {set("at_hash", base64.RawURLEncoding.EncodeToString(make([]byte, 16))), "access token hash"},
		"groups that are no texts":     {set("groups", map[string]any{"a": 1}), "claims"},
		"alg none":                     {sign(func(_ *authntest.Issuer, c map[string]any) string { return authntest.Token("none", nil, nil, c) }), "malformed jwt"},
		"HS256 with the public key":    {sign(hs256), "malformed jwt"},
		"HS256 with the client's secret": {sign(func(_ *authntest.Issuer, c map[string]any) string {
			return authntest.Token("HS256", []byte(authntest.ClientSecret), nil, c)
		}), "malformed jwt"},
		"another key": {sign(func(_ *authntest.Issuer, c map[string]any) string { return authntest.Token("RS256", other, nil, c) }), "signature"},
		"a key that the token brings": {sign(func(_ *authntest.Issuer, c map[string]any) string {
			return authntest.Token("ES256", otherEC, map[string]any{"jwk": authntest.JWK(&otherEC.PublicKey), "kid": "mine"}, c)
		}), "malformed jwt"},
		"RS512, offered but not taken":  {sign(func(i *authntest.Issuer, c map[string]any) string { return authntest.Token("RS512", i.RSA, nil, c) }), "malformed jwt"},
		"ES256, taken but not offered":  {sign(func(i *authntest.Issuer, c map[string]any) string { return authntest.Token("ES256", i.EC, nil, c) }), "malformed jwt"},
		"claims changed after signing":  {sign(tampered), "signature"},
		"no ID token":                   {func(i *authntest.Issuer) { i.Grant = func(b map[string]any) { delete(b, "id_token") } }, "no ID token"},
		"state made up":                 {answer(func(v url.Values) { v.Set("state", "AAAAAAAAAAAAAAAAAAAAAAAAAA") }), "authn.expired"},
		"no state":                      {answer(func(v url.Values) { v.Del("state") }), "authn.expired"},
		"answer of another provider":    {answer(func(v url.Values) { v.Set("iss", "https://login.example.no") }), "another provider"},
		"no code":                       {answer(func(v url.Values) { v.Del("code") }), "no code"},
		"code made up":                  {answer(func(v url.Values) { v.Set("code", "AAAA") }), "invalid_grant"},
		"code used already":             {answer(replayed(used)), "invalid_grant"},
		"code of another login (PKCE)":  {answer(injected(used)), "invalid_grant"},
		"provider that says it refuses": {answer(func(v url.Values) { v.Set("error", "invalid_scope") }), "invalid_scope"},
		"error made to spoil the log":   {answer(func(v url.Values) { v.Set("error", "x\nlevel=ERROR") }), "(no code)"},
	}
	d := dbtest.SQLite(t, migrations...)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			i, p := relyOn(t, d)
			// What an attacker has: a code that somebody else's login used, and one that
			// it did not use.
			victim := p.browser(t)
			resp, _ := victim.do(http.MethodGet, authn.StartPath, nil)
			resp, _ = victim.do(http.MethodGet, resp.Header.Get("Location"), nil)
			back, err := resp.Location()
			if err != nil {
				t.Fatal(err)
			}
			if name == "code used already" {
				if _, who := victim.login(back.String()); who != "person-1" {
					t.Fatalf("the victim is %q", who)
				}
			}
			select {
			case <-used:
			default:
			}
			used <- back.Query().Get("code")
			came := len(p.people.came)

			test.wrong(i)
			b := p.browser(t)
			resp, body := b.login(authn.StartPath)
			if resp.StatusCode != http.StatusBadRequest || len(p.people.came) != came || b.get("/") != "" {
				t.Errorf("%s %q, logged in as %q", resp.Status, body, b.get("/"))
			}
			if !strings.Contains(p.last(), test.reason) {
				t.Errorf("refused for %q, want %q", p.last(), test.reason)
			}
			if log := strings.Join(p.refusals, " "); strings.Contains(log, "secret words") || strings.ContainsAny(log, "\n\r") || strings.Contains(log, "fou@example.no") {
				t.Errorf("the log was told %q", log)
			}

			i.Alter, i.Sign, i.Answer, i.Grant = nil, nil, nil, nil
			if _, who := b.login(authn.StartPath); who != "person-1" {
				t.Errorf("without the fault: %q, %s", who, p.last())
			}
		})
	}
	if len(tests) < 12 {
		t.Errorf("%d wrong tokens, want 12 at least", len(tests))
	}
}

func hs256(i *authntest.Issuer, c map[string]any) string {
	der, err := x509.MarshalPKIXPublicKey(&i.RSA.PublicKey)
	if err != nil {
		panic(err)
	}
	return authntest.Token("HS256", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil, c)
}

func tampered(i *authntest.Issuer, c map[string]any) string {
	signed := strings.Split(authntest.Token("RS256", i.RSA, nil, c), ".")
	c["sub"] = "somebody-else"
	changed := strings.Split(authntest.Token("none", nil, nil, c), ".")
	return signed[0] + "." + changed[1] + "." + signed[2]
}

func replayed(used chan string) func(url.Values) {
	return func(v url.Values) { v.Set("code", <-used) }
}

// injected puts in a code that is good, but made for another login's challenge.
func injected(used chan string) func(url.Values) { return replayed(used) }

// A provider that says it names itself in its answers must do so (RFC 9207): an
// answer without a name may be another provider's.
func TestProviderNamesItself(t *testing.T) {
	t.Parallel()
	i, p := relyOn(t, dbtest.SQLite(t, migrations...))
	i.Discovery = map[string]any{"authorization_response_iss_parameter_supported": true}
	b := p.browser(t)
	if resp, body := b.login(authn.StartPath); resp.StatusCode != http.StatusBadRequest || body != "authn.failed\n" {
		t.Errorf("without the name: %s %q", resp.Status, body)
	}
	i.Answer = func(v url.Values) { v.Set("iss", i.URL) }
	if _, who := b.login(authn.StartPath); who != "person-1" {
		t.Errorf("with the name: %q, %s", who, p.last())
	}
}

// The token may be signed with ES256 where the provider says that it is.
func TestES256(t *testing.T) {
	t.Parallel()
	i, p := relyOn(t, dbtest.SQLite(t, migrations...))
	i.Discovery = map[string]any{"id_token_signing_alg_values_supported": []string{"ES256"}, "token_endpoint_auth_methods_supported": []string{"client_secret_post"}}
	i.Sign = func(c map[string]any) string { return authntest.Token("ES256", i.EC, nil, c) }
	if _, who := p.browser(t).login(authn.StartPath); who != "person-1" {
		t.Errorf("logged in as %q, %s", who, p.last())
	}
	i.Sign = nil
	if resp, who := p.browser(t).login(authn.StartPath); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("RS256 where only ES256 is offered: %s %q", resp.Status, who)
	}
}

// An answer that has led to a login, or is too old, is worth nothing.
func TestAnswerIsGoodOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations, func(t *testing.T, d *db.DB) {
		_, p := relyOn(t, d)
		b := p.browser(t)
		way := func() string {
			resp, _ := b.do(http.MethodGet, authn.StartPath, nil)
			resp, _ = b.do(http.MethodGet, resp.Header.Get("Location"), nil)
			return resp.Header.Get("Location")
		}
		answer := way()
		thief := p.browser(t)
		if resp, body := thief.do(http.MethodGet, answer, nil); resp.StatusCode != http.StatusBadRequest || body != "authn.expired\n" {
			t.Errorf("at another browser: %s %q", resp.Status, body)
		}
		if _, who := b.login(answer); who != "person-1" {
			t.Fatalf("logged in as %q, %s", who, p.last())
		}
		b.post(authn.LogoutPath)
		if resp, body := b.do(http.MethodGet, answer, nil); resp.StatusCode != http.StatusBadRequest || body != "authn.expired\n" {
			t.Errorf("again after logout: %s %q", resp.Status, body)
		}
		// Eleven minutes later: the moment kept in the session is moved back.
		answer = way()
		ctx := context.Background()
		data, err := db.One[string](ctx, d, "SELECT data FROM session")
		if err != nil {
			t.Fatal(err)
		}
		_, at, _ := strings.Cut(data, `\"at\":\"`)
		at, _, ok := strings.Cut(at, `\"`)
		if !ok {
			t.Fatalf("no moment in %s", data)
		}
		old := strings.ReplaceAll(data, at, time.Now().Add(-11*time.Minute).Format(time.RFC3339Nano))
		if _, err := d.Exec(ctx, "UPDATE session SET data = $1", old); err != nil {
			t.Fatal(err)
		}
		if resp, body := b.do(http.MethodGet, answer, nil); resp.StatusCode != http.StatusBadRequest || body != "authn.expired\n" {
			t.Errorf("eleven minutes later: %s %q", resp.Status, body)
		}
		if n := len(p.people.came); n != 1 {
			t.Errorf("%d logins, want 1", n)
		}
	})
}

// A login that was refused is over: its state does not serve for a second try.
func TestRefusedLoginIsOver(t *testing.T) {
	t.Parallel()
	_, p := relyOn(t, dbtest.SQLite(t, migrations...))
	b := p.browser(t)
	resp, _ := b.do(http.MethodGet, authn.StartPath, nil)
	resp, _ = b.do(http.MethodGet, resp.Header.Get("Location"), nil)
	answer, err := resp.Location()
	if err != nil {
		t.Fatal(err)
	}
	wrong := answer.Query()
	wrong.Set("code", "AAAA")
	for _, try := range []struct{ query, key string }{{wrong.Encode(), "authn.failed\n"}, {answer.RawQuery, "authn.expired\n"}} {
		if resp, body := b.do(http.MethodGet, authn.CallbackPath+"?"+try.query, nil); resp.StatusCode != http.StatusBadRequest || body != try.key {
			t.Errorf("%s %q, want %q", resp.Status, body, try.key)
		}
	}
}

// Who is refused is told why, and has no session.
func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*authntest.Issuer, *relying)
		status int
		key    string
	}{
		"unknown group":  {func(i *authntest.Issuer, _ *relying) { i.Person["groups"] = []string{"unknown"} }, 403, "authn.no_role"},
		"no groups":      {func(i *authntest.Issuer, _ *relying) { delete(i.Person, "groups") }, 403, "authn.no_role"},
		"name of a role": {func(i *authntest.Issuer, _ *relying) { i.Person["groups"] = []string{"fou"} }, 403, "authn.no_role"},
		"other case":     {func(i *authntest.Issuer, _ *relying) { i.Person["groups"] = []string{"Researchers"} }, 403, "authn.no_role"},
		"too many groups": {func(i *authntest.Issuer, _ *relying) {
			delete(i.Person, "groups")
			i.Person["_claim_names"] = map[string]string{"groups": "src1"}
			i.Person["_claim_sources"] = map[string]any{"src1": map[string]string{"endpoint": "https://graph.example.no/groups"}}
		}, 403, "authn.no_role"},
		"cancelled": {func(i *authntest.Issuer, _ *relying) {
			i.Answer = func(v url.Values) { v.Del("code"); v.Set("error", "access_denied") }
		}, 403, "authn.denied"},
		"provider overloaded": {func(i *authntest.Issuer, _ *relying) {
			i.Answer = func(v url.Values) { v.Del("code"); v.Set("error", "temporarily_unavailable") }
		}, 503, "authn.provider_down"},
		"disabled person": {func(_ *authntest.Issuer, p *relying) {
			p.people.refusal = fault.New(fault.Forbidden, "org.person_disabled")
		}, 403, "org.person_disabled"},
		"directory down": {func(_ *authntest.Issuer, p *relying) {
			p.people.refusal = fault.New(fault.Unavailable, "error.database_down")
		}, 503, "error.database_down"},
		"token endpoint gone": {func(i *authntest.Issuer, _ *relying) {
			i.Discovery = map[string]any{"token_endpoint": "http://127.0.0.1:1/token"}
		}, 503, "authn.provider_down"},
	}
	d := dbtest.SQLite(t, migrations...)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			i, p := relyOn(t, d)
			test.change(i, p)
			b := p.browser(t)
			resp, body := b.login(authn.StartPath)
			if resp.StatusCode != test.status || body != test.key+"\n" {
				t.Errorf("%s %q (%s), want %d %s", resp.Status, body, p.last(), test.status, test.key)
			}
			if resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("headers %v", resp.Header)
			}
			if who := b.get("/"); who != "" || len(p.people.came) != 0 {
				t.Errorf("logged in as %q", who)
			}
		})
	}
}

// What a provider says of a person is made safe to show and to keep.
func TestProfile(t *testing.T) {
	t.Parallel()
	i, p := relyOn(t, dbtest.SQLite(t, migrations...))
	i.Person["groups"] = "researchers" // one text instead of a list
	i.Person["name"] = " a\x00b\r\n" + strings.Repeat("å", 300)
	i.Person["email_verified"] = "false"
	if _, who := p.browser(t).login(authn.StartPath); who != "person-1" {
		t.Fatalf("logged in as %q, %s", who, p.last())
	}
	want := authn.Profile{Name: "ab" + strings.Repeat("å", 198), Roles: []string{"fageier"}}
	if diff := cmp.Diff(want, p.people.came[0].Profile); diff != "" {
		t.Error(diff)
	}
	i.Person["email_verified"] = true
	p.browser(t).login(authn.StartPath)
	if got := p.people.came[1].Profile; got.Email != "fou@example.no" || !got.Verified {
		t.Errorf("verified address %+v", got)
	}
	// Of an address that nothing is said of nobody knows whose it is.
	delete(i.Person, "email_verified")
	p.browser(t).login(authn.StartPath)
	if got := p.people.came[2].Profile; got.Email != "fou@example.no" || got.Verified {
		t.Errorf("an address that nothing is said of: %+v", got)
	}
}

// A provider that is down does not keep Funn from starting, and works when it is
// up again.
func TestProviderDown(t *testing.T) {
	t.Parallel()
	i := authntest.New(t)
	i.Person = map[string]any{"sub": "s", "groups": []string{"researchers"}}
	i.Discovery = map[string]any{"issuer": "https://another.example.no"}
	p := rely(t, dbtest.SQLite(t, migrations...), func(string) string { return i.URL })
	b := p.browser(t)
	for range 2 {
		if resp, body := b.login(authn.StartPath); resp.StatusCode != http.StatusServiceUnavailable || body != "authn.provider_down\n" {
			t.Errorf("%s %q", resp.Status, body)
		}
	}
	if n := rowsOf(t, p); n != 0 {
		t.Errorf("%d sessions for logins that could not start", n)
	}
	i.Discovery = nil
	deadline := time.Now().Add(20 * time.Second)
	for {
		if _, who := b.login(authn.StartPath); who == "person-1" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("still refused: %s", p.last())
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func rowsOf(t *testing.T, p *relying) int64 {
	t.Helper()
	n, err := p.sessions.Sweep(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A provider that cannot do what Funn needs is not logged in through.
func TestUnfitProvider(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		discovery map[string]any
		reason    string
	}{
		"signs with nothing safe": {map[string]any{"id_token_signing_alg_values_supported": []string{"HS256", "none", "RS512"}}, "signs with"},
		"signs with nothing told": {map[string]any{"id_token_signing_alg_values_supported": nil}, "signs with"},
		"PKCE without S256":       {map[string]any{"code_challenge_methods_supported": []string{"plain"}}, "PKCE"},
		"keys without https":      {map[string]any{"jwks_uri": "http://keys.example.no"}, "https"},
		"login without https":     {map[string]any{"authorization_endpoint": "http://login.example.no"}, "https"},
		"no token endpoint":       {map[string]any{"token_endpoint": ""}, "not an address"},
	}
	d := dbtest.SQLite(t, migrations...)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			i, p := relyOn(t, d)
			i.Discovery = test.discovery
			if resp, _ := p.browser(t).login(authn.StartPath); resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(p.last(), test.reason) {
				t.Errorf("%s, refused for %q, want %q", resp.Status, p.last(), test.reason)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	good := authn.Config{
		Issuer: "https://login.example.no/tenant/v2.0", ClientID: "id", ClientSecret: "secret", BaseURL: "https://funn.example.no",
		Roles: roles(t, "g=fou"), Refuse: refuse,
	}
	if _, err := authn.NewOIDC(good, nil, nil); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*authn.Config){
		"issuer":              func(c *authn.Config) { c.Issuer = "" },
		"must begin":          func(c *authn.Config) { c.Issuer = "http://login.example.no" },
		"https":               func(c *authn.Config) { c.BaseURL = "ftp://funn.example.no" },
		"is not an address":   func(c *authn.Config) { c.BaseURL = "https://user:secret@funn.example.no" },
		"no path":             func(c *authn.Config) { c.BaseURL = "https://example.no/funn" },
		"client id":           func(c *authn.Config) { c.ClientID = "" },
		"client secret":       func(c *authn.Config) { c.ClientSecret = "" },
		"nobody could log in": func(c *authn.Config) { c.Roles = authn.Roles{} },
	} {
		c := good
		spoil(&c)
		if _, err := authn.NewOIDC(c, nil, nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error with %q", err, name)
		}
	}
}

func TestParseRoles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text   string
		groups []string
		want   []string
		err    string
	}{
		{text: "a=fou", groups: []string{"a"}, want: []string{"fou"}},
		{text: " a = fou ;a=leder,\r\nb=fou;", groups: []string{"b", "a", "c"}, want: []string{"fou", "leder"}},
		{text: strings.ToUpper(caseWorkers) + "=fou", groups: []string{caseWorkers}, want: []string{"fou"}},
		{text: "Gruppe=fou", groups: []string{"gruppe"}},
		{text: "a=fou", groups: []string{"", "fou", "a=fou"}},
		{text: "", err: "nobody could log in"},
		{text: " ; ,\n", err: "nobody could log in"},
		{text: "a", err: `"a" is not GROUP=ROLE`},
		{text: "=fou", err: "not GROUP=ROLE"},
		{text: "a=", err: "not GROUP=ROLE"},
		{text: "a=sjef", err: `no role "sjef"; the roles are fou, fageier, leder`},
		{text: "a=fou;a=fou", err: "twice"},
		{text: caseWorkers + "=fou;" + strings.ToUpper(caseWorkers) + "=fou", err: "twice"},
	}
	for _, test := range tests {
		r, err := authn.ParseRoles(test.text, knownRoles)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q: %v, want an error with %q", test.text, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if got := r.Of(test.groups); !slices.Equal(got, test.want) {
			t.Errorf("%q gives %q the roles %q, want %q", test.text, test.groups, got, test.want)
		}
	}
}

// Starting and answering outside the session middleware is an error of ours, and
// does not take the program down.
func TestOIDCOutsideTheMiddleware(t *testing.T) {
	t.Parallel()
	_, p := relyOn(t, dbtest.SQLite(t, migrations...))
	for _, h := range []http.HandlerFunc{p.oidc.Start, p.oidc.Callback} {
		w := httptest.NewRecorder()
		h(w, httptest.NewRequest(http.MethodGet, "/?state=x", nil))
		if body, err := io.ReadAll(w.Body); err != nil || w.Code != http.StatusInternalServerError {
			t.Errorf("%d %q %v", w.Code, body, err)
		}
	}
}

// The verifier that is sent is the one whose hash went out first (RFC 7636).
func TestPKCE(t *testing.T) {
	t.Parallel()
	i, p := relyOn(t, dbtest.SQLite(t, migrations...))
	b := p.browser(t)
	resp, _ := b.do(http.MethodGet, authn.StartPath, nil)
	way, err := resp.Location()
	if err != nil {
		t.Fatal(err)
	}
	b.login(way.String())
	sum := sha256.Sum256([]byte(i.Asked()[0].Get("code_verifier")))
	if got, want := base64.RawURLEncoding.EncodeToString(sum[:]), way.Query().Get("code_challenge"); got != want {
		t.Errorf("verifier's hash %q, challenge %q", got, want)
	}
	if raw := way.String(); strings.Contains(raw, i.Asked()[0].Get("code_verifier")) || strings.Contains(raw, "secret") {
		t.Errorf("a secret goes through the browser: %s", raw)
	}
}
