package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"funn/internal/platform/lang"
)

// shelfLife is how long a page that everybody sees alike may be shown again
// without asking. It is short, because a report can be withdrawn.
const shelfLife = time.Minute

var shelfLifeSeconds = strconv.Itoa(int(shelfLife / time.Second))

// What a shelf holds at most, and for how long: what this process writes clears it,
// but what another process writes to the same database does not.
const (
	shelfPages = 200
	shelfBytes = 8 << 20
	shelfTime  = 5 * time.Second
)

// shelf holds the latest shared pages, so that many readers at once cost little more
// than one. The zero shelf is ready.
type shelf struct {
	mu    sync.Mutex
	at    uint64 // the count of changes that the pages are made from
	bytes int
	pages map[string]page
}

// page is a shared page as it was sent.
type page struct {
	made   time.Time
	header http.Header // what the handler set
	body   []byte
}

func (s *shelf) get(key string, at uint64) (page, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.pages[key]
	return p, ok && s.at == at && time.Since(p.made) < shelfTime
}

// put keeps the page that was made when there had been so many changes. What was
// made before the latest that is known is not kept.
func (s *shelf) put(key string, at uint64, p page) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at < s.at {
		return
	}
	if at > s.at || len(s.pages) >= shelfPages || s.bytes+len(p.body) > shelfBytes {
		s.at, s.bytes, s.pages = at, 0, nil
	}
	if s.pages == nil {
		s.pages = map[string]page{}
	}
	if len(p.body) > shelfBytes {
		return
	}
	s.bytes += len(p.body) - len(s.pages[key].body)
	s.pages[key] = p
}

// share lets readers, and what stands between, keep a page: for a short while when
// it is the same for everybody, otherwise only as long as they ask whether it has
// changed. The router keeps it too as long as nothing has been written.
func (r *Router) share(h Handler) Handler {
	return func(c *Context) error {
		// With a cookie the page may be in a language that was chosen, or of somebody.
		common := r.Changes != nil && c.Actor.Nobody() && c.R.Header.Get("Cookie") == "" && (c.R.Method == http.MethodGet || c.R.Method == http.MethodHead)
		var at uint64
		var key string
		if common {
			at = r.Changes() // before anything is read
			key = c.R.Host + " " + string(lang.From(c.Ctx()).Tag()) + " " + c.R.URL.RequestURI()
			if p, ok := r.shelf.get(key, at); ok {
				p.send(c)
				return nil
			}
		}
		before := c.W.Header().Clone()
		w := &held{ResponseWriter: c.W, status: http.StatusOK}
		c.W = w
		err := h(c)
		c.W = w.ResponseWriter
		if err != nil {
			return err
		}
		header := c.W.Header()
		if w.status != http.StatusOK || !c.Actor.Nobody() {
			c.W.WriteHeader(w.status)
			_, _ = c.W.Write(w.body.Bytes()) // the reader may have gone; there is nobody to tell
			return nil
		}
		sum := sha256.Sum256(w.body.Bytes())
		header.Set("ETag", `W/"`+hex.EncodeToString(sum[:12])+`"`) // weak: it may be sent compressed
		if header.Get("Set-Cookie") != "" || c.R.Header.Get("Cookie") != "" {
			common = false
			header.Set("Cache-Control", "private, no-cache")
		} else {
			header.Set("Cache-Control", "public, max-age="+shelfLifeSeconds)
		}
		p := page{made: time.Now(), header: http.Header{}, body: w.body.Bytes()}
		for name, values := range header {
			if !slices.Equal(values, before[name]) {
				p.header[name] = slices.Clone(values)
			}
		}
		if common {
			r.shelf.put(key, at, p)
		}
		p.send(c)
		return nil
	}
}

// send answers with the page, or that the reader has it.
func (p page) send(c *Context) {
	header := c.W.Header()
	for name, values := range p.header {
		header[name] = slices.Clone(values)
	}
	if strings.Contains(c.R.Header.Get("If-None-Match"), header.Get("ETag")) {
		header.Del("Content-Type")
		c.W.WriteHeader(http.StatusNotModified)
		return
	}
	c.W.WriteHeader(http.StatusOK)
	_, _ = c.W.Write(p.body) // the reader may have gone; there is nobody to tell
}

// held holds an answer back until it is whole.
type held struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (h *held) WriteHeader(status int) { h.status = status }

func (h *held) Write(b []byte) (int, error) { return h.body.Write(b) }
