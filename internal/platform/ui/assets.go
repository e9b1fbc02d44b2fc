package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"funn/internal/platform/chart"
)

//go:embed static vendored
var files embed.FS

// asset is one file as it is served. Its name carries the hash of its content,
// so that a browser may keep it for ever.
type asset struct {
	url    string
	kind   string // media type
	data   []byte
	zipped []byte // nil when compressing gains nothing, as with fonts
}

var assets = sync.OnceValue(buildAssets)

// buildAssets puts the style sheet together in the order of the cascade: what
// comes later wins, and our own rules lie outside Aksel's layers. It panics on a missing file, because everything it reads is
// embedded and a program without its style sheet should not start.
func buildAssets() map[string]asset {
	out := make(map[string]asset)
	add := func(name, kind string, data []byte) asset {
		sum := sha256.Sum256(data)
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a := asset{url: "/static/" + hashed, kind: kind, data: data}
		if z := zip(data); len(z) < len(data)*9/10 {
			a.zipped = z
		}
		out[name] = a
		return a
	}
	style := string(read("vendored/aksel.css")) + chart.CSS + string(read("static/fonts.css")) + string(read("static/app.css"))
	fonts, err := fs.Glob(files, "vendored/*.woff2")
	if err != nil {
		panic(err)
	}
	for _, name := range fonts {
		a := add(path.Base(name), "font/woff2", read(name))
		style = strings.ReplaceAll(style, "url("+path.Base(name)+")", "url("+a.url+")")
	}
	add("app.css", "text/css; charset=utf-8", []byte(style))
	add("app.js", "text/javascript; charset=utf-8", read("static/app.js"))
	add("favicon.svg", "image/svg+xml", read("static/favicon.svg"))
	return out
}

func read(name string) []byte {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("read embedded file: %v", err))
	}
	return data
}

func zip(data []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	// Writing to a buffer does not fail.
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

// AssetURL gives the address of a file of the design system: "app.css",
// "app.js", "favicon.svg" or a font. It panics on a name that does not exist,
// which the first test of any page finds.
func AssetURL(name string) string {
	a, ok := assets()[name]
	if !ok {
		panic("ui: no asset " + name)
	}
	return a.url
}

// Assets serves the files under /static/. Their names carry the hash of their
// content, so browsers may keep them for a year; any other name is 404.
func Assets() http.Handler {
	byURL := make(map[string]asset)
	for _, a := range assets() {
		byURL[a.url] = a
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		a, ok := byURL[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		data := a.data
		if a.zipped != nil {
			h.Set("Vary", "Accept-Encoding")
			if acceptsGzip(r.Header.Get("Accept-Encoding")) {
				h.Set("Content-Encoding", "gzip")
				data = a.zipped
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(data)))
		if r.Method == http.MethodGet {
			// A reader that went away is nothing to report.
			_, _ = w.Write(data)
		}
	})
}

// acceptsGzip reads an Accept-Encoding header; "gzip;q=0" is a refusal.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		name, value, _ := strings.Cut(strings.ReplaceAll(params, " ", ""), "=")
		if q, err := strconv.ParseFloat(value, 64); strings.EqualFold(name, "q") && err == nil && q == 0 {
			return false
		}
		return true
	}
	return false
}
