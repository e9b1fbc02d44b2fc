// Package authntest is a login service in the test's own process. It logs in
// whoever the test says, at once, and can be told to answer wrongly in every way
// that Funn must refuse.
package authntest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // for RS512
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"
)

// The client that an Issuer knows.
const (
	ClientID     = "funn"
	ClientSecret = "up + down/%26=" // has what must be escaped on the way
)

// Issuer is an OpenID provider on loopback. Its fields are set between logins.
type Issuer struct {
	URL string // the issuer

	Person map[string]any              // claims of who logs in: sub, name, email, groups
	Alter  func(claims map[string]any) // changes the claims of the ID token before it is signed
	Sign   func(claims map[string]any) string
	// Sign makes the ID token; nil means i.RS256 with the issuer's own key.
	Discovery map[string]any          // replaces members of the discovery document
	Answer    func(answer url.Values) // changes what the browser is sent back with
	Grant     func(body map[string]any)
	// Grant changes the answer of the token endpoint.

	RSA   *rsa.PrivateKey
	EC    *ecdsa.PrivateKey
	mu    sync.Mutex
	codes map[string]code
	asked []url.Values
}

type code struct{ redirect, challenge, nonce string }

// New starts an issuer that ends with the test.
func New(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{codes: map[string]code{}}
	var err error
	if i.RSA, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if i.EC, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /auth", i.auth)
	mux.HandleFunc("POST /token", i.token)
	mux.HandleFunc("GET /keys", i.keys)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	i.URL = server.URL
	return i
}

// Asked gives the parameters of the requests for tokens so far.
func (i *Issuer) Asked() []url.Values {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	doc := map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/auth", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256", "RS512", "HS256", "none"}, "code_challenge_methods_supported": []string{"S256"},
	}
	maps.Copy(doc, i.Discovery)
	answer(w, http.StatusOK, doc)
}

func (i *Issuer) auth(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" || q.Get("nonce") == "" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	c := rand.Text()
	i.mu.Lock()
	i.codes[c] = code{redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), nonce: q.Get("nonce")}
	i.mu.Unlock()
	values := url.Values{"code": {c}, "state": {q.Get("state")}}
	if i.Answer != nil {
		i.Answer(values)
	}
	back.RawQuery = values.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id, secret, basic := r.BasicAuth()
	if basic { // RFC 6749 section 2.3.1: both are form-encoded first
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	i.mu.Lock()
	i.asked = append(i.asked, r.PostForm)
	c, known := i.codes[r.PostForm.Get("code")]
	delete(i.codes, r.PostForm.Get("code")) // once only
	i.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	method := "client_secret_post"
	if basic {
		method = "client_secret_basic"
	}
	methods, told := i.Discovery["token_endpoint_auth_methods_supported"].([]string)
	switch {
	case told && !slices.Contains(methods, method):
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	case id != ClientID || subtle.ConstantTimeCompare([]byte(secret), []byte(ClientSecret)) != 1:
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	case !known || c.redirect != r.PostForm.Get("redirect_uri") || c.challenge != encode(sum[:]):
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "secret words of the provider"})
		return
	}
	now := time.Now()
	claims := map[string]any{"iss": i.URL, "aud": ClientID, "exp": now.Add(time.Minute).Unix(), "iat": now.Unix(), "nbf": now.Unix(), "nonce": c.nonce}
	maps.Copy(claims, i.Person)
	if i.Alter != nil {
		i.Alter(claims)
	}
	sign := i.Sign
	if sign == nil {
		sign = func(c map[string]any) string { return Token("RS256", i.RSA, nil, c) }
	}
	body := map[string]any{"access_token": "an access token", "token_type": "Bearer", "expires_in": 60, "id_token": sign(claims)}
	if i.Grant != nil {
		i.Grant(body)
	}
	answer(w, http.StatusOK, body)
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"keys": []any{
		map[string]any{"kty": "RSA", "kid": "RS256", "use": "sig", "n": encode(i.RSA.N.Bytes()), "e": encode(big.NewInt(int64(i.RSA.E)).Bytes())},
		JWK(&i.EC.PublicKey),
	}})
}

// JWK gives an elliptic key as a JSON Web Key.
func JWK(key *ecdsa.PublicKey) map[string]any {
	point, err := key.Bytes()
	if err != nil {
		panic(err) // the key is one of P-256 made here
	}
	return map[string]any{"kty": "EC", "kid": "ES256", "use": "sig", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
}

// Token makes a signed token: alg none, HS256 with a []byte, RS256 or RS512 with
// an *rsa.PrivateKey, ES256 with an *ecdsa.PrivateKey. Header members are added
// to alg and kid.
func Token(alg string, key any, header, claims map[string]any) string {
	h := map[string]any{"alg": alg, "kid": "RS256", "typ": "JWT"}
	if alg == "ES256" {
		h["kid"] = "ES256"
	}
	maps.Copy(h, header)
	text := encode(marshal(h)) + "." + encode(marshal(claims))
	return text + "." + encode(signature(alg, key, text))
}

func signature(alg string, key any, text string) []byte {
	switch alg {
	case "none":
		return nil
	case "HS256":
		m := hmac.New(sha256.New, key.([]byte))
		m.Write([]byte(text))
		return m.Sum(nil)
	case "ES256":
		sum := sha256.Sum256([]byte(text))
		r, s, err := ecdsa.Sign(rand.Reader, key.(*ecdsa.PrivateKey), sum[:])
		if err != nil {
			panic(err)
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	hash := map[string]crypto.Hash{"RS256": crypto.SHA256, "RS512": crypto.SHA512}[alg]
	h := hash.New()
	h.Write([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key.(*rsa.PrivateKey), hash, h.Sum(nil))
	if err != nil {
		panic(fmt.Sprintf("sign with %s: %v", alg, err))
	}
	return sig
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of texts and numbers made here
	}
	return b
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(marshal(body))
}
