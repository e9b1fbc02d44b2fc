package authn

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"funn/internal/platform/fault"
)

// Profile is what the login service says of a person. Only Roles decides
// anything; name and address are what to call and where to write to.
type Profile struct {
	Name  string // as the claim name has it; empty when it is not given
	Email string // empty when not given, or given as not verified
	// Verified says that the address is the person's: the provider says so, or is known
	// to give no others ([Config.TrustEmail]).
	Verified bool
	Roles    []string // the roles of the person's groups, sorted, at least one
}

// Directory knows the persons. The organisation's module is one.
type Directory interface {
	// PersonByExternal gives the person who is known to the issuer as the subject,
	// makes one at the first login, and sets name, address and roles to what the
	// profile says. Issuer and subject together are the key, never the address,
	// which can pass to somebody else. A fault says why the person may not come in:
	// of the kind Forbidden with a text of its own, for one who is disabled.
	PersonByExternal(ctx context.Context, issuer, subject string, profile Profile) (personID string, err error)
}

// Config says how to log in by OpenID Connect.
type Config struct {
	Issuer       string // as in the provider's discovery document; https but on loopback
	ClientID     string
	ClientSecret string
	BaseURL      string // of Funn itself, without a path; the provider must know BaseURL + CallbackPath
	Roles        Roles
	TrustEmail   bool   // addresses that the provider says nothing of are verified
	Home         string // where to go after login when no page was asked for; empty means "/"
	Refuse       Refuse // nil shows the status only
}

// OIDC logs staff in at the agency's own login service: the authorization code
// flow with PKCE, state and nonce (OpenID Connect Core 1.0; RFC 9700). Roles come
// from the claim "groups" of the ID token.
type OIDC struct {
	config    Config
	sessions  *Sessions
	directory Directory
	client    *http.Client

	mu       sync.Mutex
	found    *provider
	failure  error
	failedAt time.Time
}

// provider is what discovery told.
type provider struct {
	oauth     oauth2.Config
	verifier  *oidc.IDTokenVerifier
	namesSelf bool // the provider puts iss in its answers (RFC 9207)
}

// NewOIDC checks the configuration. The provider itself is asked at the first
// login, so that the open pages come up also when it is down.
func NewOIDC(c Config, s *Sessions, d Directory) (*OIDC, error) {
	if err := secureURL(c.Issuer); err != nil {
		return nil, fmt.Errorf("login service's issuer: %w", err)
	}
	if err := secureURL(c.BaseURL); err != nil {
		return nil, fmt.Errorf("base address: %w", err)
	}
	if u, err := url.Parse(c.BaseURL); err != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, fmt.Errorf("base address %q must have no path", c.BaseURL)
	}
	switch {
	case c.ClientID == "":
		return nil, errors.New("login service: the client id is missing")
	case c.ClientSecret == "":
		return nil, errors.New("login service: the client secret is missing")
	case len(c.Roles.byGroup) == 0:
		return nil, errors.New("login service: no group is given a role, so nobody could log in")
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	c.Refuse = c.Refuse.or()
	if c.Home == "" {
		c.Home = "/"
	}
	return &OIDC{config: c, sessions: s, directory: d, client: &http.Client{Timeout: 10 * time.Second}}, nil
}

// secureURL wants https, since whoever can listen can log in; on the machine
// itself http will do.
func secureURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%q is not an address", address)
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme == "https" || u.Scheme == "http" && loopback {
		return nil
	}
	return fmt.Errorf("%q must begin with https", address)
}

// discover gives the provider, and asks it the first time. After a failure the
// answer stays the same for some seconds, so that logins do not queue up behind a
// provider that is down.
func (o *OIDC) discover() (*provider, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.found != nil {
		return o.found, nil
	}
	if o.failure != nil && time.Since(o.failedAt) < 5*time.Second {
		return nil, o.failure
	}
	p, err := o.ask()
	if err != nil {
		o.failure, o.failedAt = fmt.Errorf("discover %s: %w", o.config.Issuer, err), time.Now()
		return nil, o.failure
	}
	o.found, o.failure = p, nil
	return p, nil
}

func (o *OIDC) ask() (*provider, error) {
	// Not the request's context: the answer is for all who come after, too.
	ctx := oidc.ClientContext(context.Background(), o.client)
	p, err := oidc.NewProvider(ctx, o.config.Issuer)
	if err != nil {
		return nil, err
	}
	var told struct {
		Algs        []string `json:"id_token_signing_alg_values_supported"`
		Keys        string   `json:"jwks_uri"`
		Challenges  []string `json:"code_challenge_methods_supported"`
		AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
		NamesSelf   bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := p.Claims(&told); err != nil {
		return nil, err
	}
	endpoint := p.Endpoint()
	for _, address := range []string{endpoint.AuthURL, endpoint.TokenURL, told.Keys} {
		if err := secureURL(address); err != nil {
			return nil, err
		}
	}
	// Pinned: a token may be signed with what the provider says it signs with, and
	// of that only with these two.
	var algs []string
	for _, a := range []string{oidc.RS256, oidc.ES256} {
		if slices.Contains(told.Algs, a) {
			algs = append(algs, a)
		}
	}
	if len(algs) == 0 {
		return nil, fmt.Errorf("it signs with %v, and Funn takes RS256 and ES256 only", told.Algs)
	}
	if told.Challenges != nil && !slices.Contains(told.Challenges, "S256") {
		return nil, fmt.Errorf("it does not take PKCE with S256, only %v", told.Challenges)
	}
	// Said outright: left to itself the library would send a refused code twice.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if told.AuthMethods != nil && !slices.Contains(told.AuthMethods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &provider{
		oauth: oauth2.Config{
			ClientID: o.config.ClientID, ClientSecret: o.config.ClientSecret, Endpoint: endpoint,
			RedirectURL: o.config.BaseURL + CallbackPath,
			Scopes:      []string{oidc.ScopeOpenID, "profile", "email"},
		},
		verifier:  p.Verifier(&oidc.Config{ClientID: o.config.ClientID, SupportedSigningAlgs: algs}),
		namesSelf: told.NamesSelf,
	}, nil
}

// pending is a login that has been sent to the provider and not come back.
type pending struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	ReturnTo string    `json:"return_to"`
	At       time.Time `json:"at"`
}

// Several windows may be on their way to log in; each for a while.
const (
	pendingMax  = 5
	pendingTime = 10 * time.Minute
)

func (o *OIDC) pending(ctx context.Context) []pending {
	var all []pending
	// What cannot be read is as good as nothing: the user starts anew.
	_ = json.Unmarshal([]byte(o.sessions.manager.GetString(ctx, keyPending)), &all)
	return slices.DeleteFunc(all, func(p pending) bool { return time.Since(p.At) > pendingTime })
}

func (o *OIDC) setPending(ctx context.Context, all []pending) error {
	if len(all) == 0 {
		o.sessions.manager.Remove(ctx, keyPending)
		return nil
	}
	text, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("keep login under way: %w", err)
	}
	o.sessions.manager.Put(ctx, keyPending, string(text))
	visitOf(ctx).vital = true
	return nil
}

// take gives the login under way with the state, which is used up by that.
func (o *OIDC) take(ctx context.Context, state string) (pending, bool, error) {
	all := o.pending(ctx)
	i := slices.IndexFunc(all, func(p pending) bool {
		return subtle.ConstantTimeCompare([]byte(p.State), []byte(state)) == 1
	})
	if i < 0 {
		return pending{}, false, nil
	}
	p := all[i]
	return p, true, o.setPending(ctx, slices.Delete(all, i, i+1))
}

// Start sends the browser to the provider. The parameter "til" names the page to
// come back to, as it does on the login page.
func (o *OIDC) Start(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	headers(w)
	if visitOf(ctx) == nil {
		o.config.Refuse(w, r, http.StatusInternalServerError, errNoSession)
		return
	}
	p, err := o.discover()
	if err != nil {
		o.down(w, r, err)
		return
	}
	one := pending{
		State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		ReturnTo: ReturnTo(r.URL.Query().Get("til"), o.config.Home), At: time.Now(),
	}
	all := append(o.pending(ctx), one)
	if len(all) > pendingMax {
		all = all[len(all)-pendingMax:]
	}
	if err := o.setPending(ctx, all); err != nil {
		o.config.Refuse(w, r, http.StatusInternalServerError, err)
		return
	}
	http.Redirect(w, r, p.oauth.AuthCodeURL(one.State, oidc.Nonce(one.Nonce), oauth2.S256ChallengeOption(one.Verifier)), http.StatusSeeOther)
}

// Callback takes the provider's answer, checks it and logs the person in.
func (o *OIDC) Callback(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	headers(w)
	if visitOf(ctx) == nil {
		o.config.Refuse(w, r, http.StatusInternalServerError, errNoSession)
		return
	}
	answer := r.URL.Query()
	one, ok, err := o.take(ctx, answer.Get("state"))
	switch {
	case err != nil:
		o.config.Refuse(w, r, http.StatusInternalServerError, err)
		return
	case !ok && o.sessions.PersonID(ctx) != "":
		// An old answer out of the browser's history; who is logged in stays so.
		http.Redirect(w, r, o.config.Home, http.StatusSeeOther)
		return
	case !ok:
		o.config.Refuse(w, r, http.StatusBadRequest, fault.New(fault.Forbidden, "authn.expired"))
		return
	}
	p, err := o.discover()
	if err != nil {
		o.down(w, r, err)
		return
	}
	if iss := answer.Get("iss"); iss != o.config.Issuer && (iss != "" || p.namesSelf) {
		o.failed(w, r, errors.New("the answer is another provider's"))
		return
	}
	if answer.Has("error") {
		o.providerRefused(w, r, answer.Get("error"))
		return
	}
	who, err := o.identify(ctx, p, answer.Get("code"), one)
	if err != nil {
		if down := (unreachable{}); errors.As(err, &down) {
			o.down(w, r, err)
			return
		}
		o.failed(w, r, err)
		return
	}
	profile := Profile{Name: plain(who.Name), Roles: o.config.Roles.Of(who.Groups)}
	if who.EmailVerified == nil || bool(*who.EmailVerified) {
		profile.Email = plain(who.Email)
		profile.Verified = profile.Email != "" && (who.EmailVerified != nil || o.config.TrustEmail)
	}
	if len(profile.Roles) == 0 {
		cause := fmt.Errorf("none of %d groups gives a role", len(who.Groups))
		if who.tooMany() {
			cause = errors.New("the provider left the groups out of the token, as too many to list")
		}
		o.config.Refuse(w, r, http.StatusForbidden, fault.Wrap(fault.Forbidden, cause, "authn.no_role"))
		return
	}
	personID, err := o.directory.PersonByExternal(ctx, o.config.Issuer, who.Subject, profile)
	if err == nil {
		err = o.sessions.Login(ctx, personID)
	}
	if err != nil {
		o.config.Refuse(w, r, statusOf(err), fmt.Errorf("log in by OpenID Connect: %w", err))
		return
	}
	http.Redirect(w, r, one.ReturnTo, http.StatusSeeOther)
}

// claims are the parts of the ID token that Funn reads.
type claims struct {
	Subject       string            `json:"sub"`
	Party         string            `json:"azp"`
	Name          string            `json:"name"`
	Email         string            `json:"email"`
	EmailVerified *flag             `json:"email_verified"`
	Groups        list              `json:"groups"`
	Elsewhere     map[string]string `json:"_claim_names"`
}

// tooMany says whether the provider has put the groups somewhere else than in
// the token, as Entra ID does from 200 groups on.
func (c claims) tooMany() bool { return c.Elsewhere["groups"] != "" }

// list is one text or several, since providers write a single group either way.
type list []string

// UnmarshalJSON reads one text or several.
func (l *list) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(l))
}

// flag is true or "true", since providers write it either way.
type flag bool

// UnmarshalJSON reads true or "true"; all else is false.
func (f *flag) UnmarshalJSON(b []byte) error {
	*f = string(b) == "true" || string(b) == `"true"`
	return nil
}

// unreachable is a provider that did not answer.
type unreachable struct{ cause error }

// Error gives the cause.
func (u unreachable) Error() string { return u.cause.Error() }

// Unwrap gives the cause.
func (u unreachable) Unwrap() error { return u.cause }

// identify exchanges the code for an ID token and checks the token: OpenID
// Connect Core 1.0, section 3.1.3.7.
func (o *OIDC) identify(ctx context.Context, p *provider, code string, one pending) (claims, error) {
	if code == "" || len(code) > 8192 {
		return claims{}, errors.New("the answer has no code that could be one")
	}
	token, err := p.oauth.Exchange(oidc.ClientContext(ctx, o.client), code, oauth2.VerifierOption(one.Verifier))
	if err != nil {
		// The provider's own words are left out: they may hold what it was sent.
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < 500 {
			return claims{}, fmt.Errorf("exchange code: refused with %d %s", refused.Response.StatusCode, word(refused.ErrorCode))
		}
		var network *url.Error
		if errors.As(err, &network) {
			return claims{}, unreachable{fmt.Errorf("exchange code: %w", network.Err)}
		}
		if refused != nil && refused.Response != nil {
			return claims{}, unreachable{fmt.Errorf("exchange code: status %d", refused.Response.StatusCode)}
		}
		return claims{}, errors.New("exchange code: the provider's answer could not be read")
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return claims{}, errors.New("the provider gave no ID token")
	}
	// Signature and its algorithm, iss, aud, exp and nbf.
	id, err := p.verifier.Verify(ctx, raw)
	if err != nil {
		return claims{}, fmt.Errorf("ID token: %w", err)
	}
	var c claims
	if err := id.Claims(&c); err != nil {
		return claims{}, fmt.Errorf("ID token's claims: %w", err)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(one.Nonce)) != 1:
		return claims{}, errors.New("ID token: it was not made for this login: wrong nonce")
	case c.Subject == "" || len(c.Subject) > 255:
		return claims{}, errors.New("ID token: no subject that could be one")
	case c.Party != "" && c.Party != o.config.ClientID:
		return claims{}, errors.New("ID token: it was given to another client")
	case len(id.Audience) > 1 && c.Party == "":
		return claims{}, errors.New("ID token: it is for several and does not say whom it was given to")
	case id.IssuedAt.IsZero() || time.Until(id.IssuedAt) > 5*time.Minute:
		return claims{}, errors.New("ID token: issued in the future, or nobody knows when")
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return claims{}, fmt.Errorf("ID token: %w", err)
		}
	}
	return c, nil
}

var errorCode = regexp.MustCompile(`^[a-z_]{1,40}$`)

// word gives an error code of OAuth when it is one; anything else came from
// somebody who wants it in the log.
func word(code string) string {
	if errorCode.MatchString(code) {
		return code
	}
	return "(no code)"
}

// providerRefused answers when the provider did not log the user in.
func (o *OIDC) providerRefused(w http.ResponseWriter, r *http.Request, code string) {
	cause := fmt.Errorf("the provider answered %s", word(code))
	switch code {
	case "access_denied":
		o.config.Refuse(w, r, http.StatusForbidden, fault.Wrap(fault.Forbidden, cause, "authn.denied"))
	case "temporarily_unavailable", "server_error":
		o.down(w, r, cause)
	default:
		o.failed(w, r, cause)
	}
}

func (o *OIDC) failed(w http.ResponseWriter, r *http.Request, cause error) {
	o.config.Refuse(w, r, http.StatusBadRequest, fault.Wrap(fault.Forbidden, cause, "authn.failed"))
}

func (o *OIDC) down(w http.ResponseWriter, r *http.Request, cause error) {
	o.config.Refuse(w, r, http.StatusServiceUnavailable, fault.Wrap(fault.Unavailable, cause, "authn.provider_down"))
}

// headers keeps the answers of the login out of every store, and the addresses
// with their codes out of every Referer.
func headers(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

// plain makes a claim a line of text that any page and either database can hold.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
	if runes := []rune(s); len(runes) > 200 {
		s = string(runes[:200])
	}
	return s
}

// statusOf gives the HTTP status of a fault that stops a login.
func statusOf(err error) int {
	switch fault.Of(err) {
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Full:
		return http.StatusInsufficientStorage
	}
	return http.StatusInternalServerError
}

// ServeLogout ends all sessions of who is logged in and shows the front page. It
// answers to POST only: a link or a picture on somebody else's page must not log
// anybody out. The login service itself is not logged out of, since other
// systems of the agency hang on it.
func (s *Sessions) ServeLogout(w http.ResponseWriter, r *http.Request) {
	headers(w)
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	if err := s.Logout(r.Context()); err != nil {
		s.fail(w, r, err)
		return
	}
	// What the browser keeps of the pages seen goes too (ASVS 14.3.1).
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
