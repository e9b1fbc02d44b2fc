package portal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"funn/internal/platform/web"
)

// shelfLife is how long a page that everybody sees alike may be shown again
// without asking. It is short, because a report can be withdrawn.
const shelfLife = time.Minute

// kept lets readers, and what stands between, keep a page: for a short while when
// it is the same for everybody, otherwise only as long as they ask whether it
// has changed.
func kept(h web.Handler) web.Handler {
	return func(c *web.Context) error {
		w := &held{ResponseWriter: c.W, status: http.StatusOK}
		c.W = w
		err := h(c)
		c.W = w.ResponseWriter
		if err != nil {
			return err
		}
		header := c.W.Header()
		if w.status == http.StatusOK && c.Actor.Nobody() {
			sum := sha256.Sum256(w.body.Bytes())
			tag := `W/"` + hex.EncodeToString(sum[:12]) + `"` // weak: it may be sent compressed
			header.Set("ETag", tag)
			switch {
			case header.Get("Set-Cookie") != "" || c.R.Header.Get("Cookie") != "":
				header.Set("Cache-Control", "private, no-cache")
			default:
				header.Set("Cache-Control", "public, max-age="+shelfLifeSeconds)
			}
			if strings.Contains(c.R.Header.Get("If-None-Match"), tag) {
				header.Del("Content-Type")
				c.W.WriteHeader(http.StatusNotModified)
				return nil
			}
		}
		c.W.WriteHeader(w.status)
		_, _ = c.W.Write(w.body.Bytes()) // the reader may have gone; there is nobody to tell
		return nil
	}
}

var shelfLifeSeconds = strconv.Itoa(int(shelfLife / time.Second))

// held holds an answer back until it is whole.
type held struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (h *held) WriteHeader(status int) { h.status = status }

func (h *held) Write(b []byte) (int, error) { return h.body.Write(b) }
