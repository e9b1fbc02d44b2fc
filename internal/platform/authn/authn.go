// Package authn finds out who somebody is and remembers it: sessions, login
// through the agency's own login service (OpenID Connect), and a brake on
// guessing.
//
// It knows persons only by their id. Who they are, which roles they hold now and
// whether they may still come in is asked of the rest of Funn on every request,
// so that what a session remembers can never grant anything by itself.
//
// Everything here runs on real time, also in the demo, whose own clock governs
// the domain only.
package authn

import (
	"embed"
	"net/http"
)

// Migrations hold the table session.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the texts of the refusals: keys that start with authn.
//
//go:embed messages/*.json
var Messages embed.FS

// The paths of the login. Those of the provider's answer and of logging out are
// registered with others, and stay as they are.
const (
	LoginPath    = "/logginn"       // GET lists the ways in; not served here
	StartPath    = "/logginn/oidc"  // GET sends the browser to the provider
	CallbackPath = "/logginn/retur" // GET is where the provider sends it back to
	LogoutPath   = "/loggut"        // POST
)

// Refuse writes the page of a refusal with the HTTP status given. The error is a
// fault whose key, and key + ".title", are among Messages or the platform's own
// texts; its cause is for the log and holds no personal data and no secret.
type Refuse func(w http.ResponseWriter, r *http.Request, status int, err error)

// or gives the function itself, or, where there is none, one that shows nothing
// but the name of the status.
func (f Refuse) or() Refuse {
	if f != nil {
		return f
	}
	return func(w http.ResponseWriter, _ *http.Request, status int, _ error) {
		http.Error(w, http.StatusText(status), status)
	}
}
