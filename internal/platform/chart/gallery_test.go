package chart_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"funn/internal/platform/chart"
)

var galleryFile = flag.String("gallery", "", "write all sample charts to this HTML file, to be looked at")

// page puts the samples on one page as the product would: a heading, the
// picture in a region that scrolls, the table below.
func page(css string) string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="nb"><meta charset="utf-8"><title>charts</title><style>` + css + `</style><body>`)
	all := samples()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		r := all[name].Render()
		fmt.Fprintf(&b, "<figure><h2>%s</h2><section>%s</section></figure>\n", name, r.SVG)
	}
	b.WriteString(`</body></html>`)
	return b.String()
}

func TestGallery(t *testing.T) {
	const css = `body{font-family:"Source Sans 3",Arial,sans-serif;margin:24px auto;max-width:1000px}section{overflow-x:auto}figure{margin:0 0 36px}`
	html := page(css + chart.CSS)
	for name := range samples() {
		if !strings.Contains(html, "<h2>"+name+"</h2>") {
			t.Errorf("the page lacks %s", name)
		}
	}
	if *galleryFile != "" {
		if err := os.WriteFile(*galleryFile, []byte(html), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
