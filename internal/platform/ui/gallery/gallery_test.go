package gallery_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"funn/internal/platform/ui"
	"funn/internal/platform/ui/axetest"
	"funn/internal/platform/ui/gallery"
)

// policy is the content security policy that Funn is served under.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func serve(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/static/", ui.Assets())
	for name, page := range gallery.Pages() {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if err := page.Render(r.Context(), w); err != nil {
				t.Errorf("render %s: %v", name, err)
			}
		})
	}
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

// Every component in every state keeps WCAG as far as axe can tell, fits a
// window of 320 pixels and breaks no rule of the content policy. With
// FUNN_PICTURES set to a folder, pictures of the pages are left there.
func TestGalleryIsAccessible(t *testing.T) {
	base := serve(t)
	b := axetest.New(t)
	pictures := os.Getenv("FUNN_PICTURES")
	for name := range gallery.Pages() {
		for _, width := range []int{1280, 320} {
			t.Run(name+"/"+strconv.Itoa(width), func(t *testing.T) {
				b.Require(t, base+"/"+name, width)
				if pictures != "" {
					file := filepath.Join(pictures, name+"-"+strconv.Itoa(width)+".png")
					if err := os.WriteFile(file, b.Screenshot(t), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	}
}
