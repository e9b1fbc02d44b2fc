package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// ContentPolicy is the Content-Security-Policy of every answer: nothing from
// elsewhere, nothing inline.
const ContentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Secure puts the security headers on every answer, errors and files included,
// and refuses changes that another site sends. https says whether the address
// is served over TLS, which HSTS needs.
func Secure(next http.Handler, https bool) http.Handler {
	cross := http.NewCrossOriginProtection()
	guarded := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", ContentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if https {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		guarded.ServeHTTP(w, r)
	})
}

var gzips = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, 5) // the level is a constant that is known to be valid
	return z
}}

// Compress sends text compressed to readers that take it. What is already
// encoded goes through untouched.
func Compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		z := &compressed{ResponseWriter: w, taken: takesGzip(r.Header.Get("Accept-Encoding"))}
		defer z.close()
		next.ServeHTTP(z, r)
	})
}

// takesGzip says whether a reader takes gzip: "gzip;q=0" says that it does not.
func takesGzip(accept string) bool {
	for _, part := range strings.Split(accept, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		q, weighted := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(weight), " ", ""), "q=")
		n, err := strconv.ParseFloat(q, 64)
		return !weighted || err == nil && n > 0
	}
	return false
}

type compressed struct {
	http.ResponseWriter
	taken   bool // the reader takes gzip
	zip     *gzip.Writer
	started bool
}

func (c *compressed) WriteHeader(status int) {
	if !c.started && status >= http.StatusOK {
		c.started = true
		h := c.Header()
		kind := h.Get("Content-Type")
		text := strings.HasPrefix(kind, "text/") || strings.Contains(kind, "json") || strings.Contains(kind, "svg")
		if text && h.Get("Content-Encoding") == "" {
			// Also where it goes uncompressed: a cache must not give one reader's to another.
			h.Add("Vary", "Accept-Encoding")
		}
		// A part of a file is counted in the bytes of the file itself.
		whole := status < 300 && status != http.StatusNoContent && status != http.StatusPartialContent || status >= 400
		if c.taken && text && whole && h.Get("Content-Encoding") == "" {
			h.Set("Content-Encoding", "gzip")
			h.Del("Content-Length")
			c.zip, _ = gzips.Get().(*gzip.Writer)
			c.zip.Reset(c.ResponseWriter)
		}
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *compressed) Write(b []byte) (int, error) {
	if !c.started {
		if c.Header().Get("Content-Type") == "" {
			c.Header().Set("Content-Type", http.DetectContentType(b))
		}
		c.WriteHeader(http.StatusOK)
	}
	if c.zip != nil {
		return c.zip.Write(b)
	}
	return c.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the writer below.
func (c *compressed) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *compressed) close() {
	if c.zip != nil {
		_ = c.zip.Close() // the reader may have gone; there is nobody to tell
		gzips.Put(c.zip)
	}
}
