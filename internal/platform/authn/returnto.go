package authn

import (
	"net/url"
	"path"
	"strings"
)

// ReturnTo gives the page to show after login: the path asked for when it is one
// of our own, else the fallback. Nobody can use the login to send a user on to
// somewhere else, nor in circles to the login itself.
func ReturnTo(asked, fallback string) string {
	if len(asked) > 2000 || !strings.HasPrefix(asked, "/") {
		return fallback
	}
	for _, c := range asked {
		// Browsers read a backslash as a slash and drop tabs and line breaks, so that
		// what looks like a path could become another host.
		if c == '\\' || c < 0x20 || c == 0x7f {
			return fallback
		}
	}
	u, err := url.Parse(asked)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || u.Opaque != "" {
		return fallback
	}
	clean := path.Clean(u.Path)
	if clean != u.Path && clean+"/" != u.Path || strings.HasPrefix(u.EscapedPath(), "//") {
		return fallback
	}
	for _, p := range []string{LoginPath, LogoutPath} {
		if clean == p || strings.HasPrefix(clean, p+"/") {
			return fallback
		}
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}
