//go:build gate

package test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"funn/internal/platform/ui/axetest"
)

// pictureHeight keeps the pictures of long pages short, in pixels.
const pictureHeight = 1800

// pictures are those of the handbook: of the demo on its first day, as the person
// who would look at the page.
var pictures = []struct {
	name, person, path string
	width              int
}{
	{"tasks", "fageier", "/oppgaver", 1280},
	{"board", "fou", "/behov", 1280},
	{"need", "fou", "/behov/B-2022-003", 1280},
	{"project", "fou", "/prosjekt/P-2022-015", 1280},
	{"portfolio", "fou", "/portefolje", 1280},
	{"portfolio-320", "fou", "/portefolje", 320},
	{"portfolio-timeline", "fou", "/portefolje?visning=tidslinje", 1280},
	{"portfolio-budget", "fou", "/portefolje?visning=budsjett", 1280},
	{"uptake", "fou", "/bruk/K-2022-002", 1280},
	{"thread", "fou", "/trad/B-2021-003", 1280},
	{"thread-320", "fou", "/trad/B-2021-003", 320},
	{"call", "fou", "/utlysning/U-2022-002", 1280},
	{"call-forms", "fou", "/utlysning/U-2022-002/skjema", 1280},
	{"key", "fou", "/utlysning/U-2022-003/nokkel", 1280},
	{"assessments", "fou", "/utlysning/U-2022-004/soknader", 1280},
	{"my-assessments", "fagvurderer2", "/vurdering", 1280},
	{"meeting", "utvalg", "/mote/M-2022-001", 1280},
	{"meeting-320", "utvalg", "/mote/M-2022-001", 320},
	{"demo", "fou", "/demo", 1280},
	{"portal", "", "/", 1280},
	{"call-public", "", "/kunnskap/utlysning/utlysning-av-fou-midler-2022-palitelig-forvaltning", 1280},
	{"report", "", "/kunnskap/rapport/", 1280},
}

// The handbook's pages look well enough to be shown: they pass axe, and their
// pictures are drawn into the folder FUNN_PICTURES. With FUNN_PICTURES_OF="person
// /path ..." those pages are drawn instead, wide and narrow, for whoever
// works on them.
func TestPictures(t *testing.T) {
	s := onSQLite(t)
	b := axetest.New(t)
	folder := os.Getenv("FUNN_PICTURES")
	if folder == "" {
		folder = t.TempDir()
	}
	drawn := func(name string, b *axetest.Browser) {
		for _, v := range b.Check(t) {
			t.Errorf("%s: %s", name, v)
		}
		if err := os.WriteFile(filepath.Join(folder, name+".png"), cut(t, b.Screenshot(t)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	picture := func(name, person, path string, width int) {
		s.carries(t, b, person)
		b.Open(t, s.URL+withQuery(path, "malform=nb"), width)
		drawn(name, b)
	}
	if of := strings.Fields(os.Getenv("FUNN_PICTURES_OF")); len(of) > 1 {
		for _, path := range of[1:] {
			name := strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-", "&", "-").Replace(path), "-")
			picture(name+"-1280", strings.Trim(of[0], "-"), path, 1280)
			picture(name+"-320", strings.Trim(of[0], "-"), path, 320)
		}
		return
	}
	for _, p := range pictures {
		path := p.path
		if p.name == "report" {
			path = addresses["/kunnskap/rapport/{slug}"](t, s)
		}
		picture(p.name, p.person, path, p.width)
	}
	seeThrough(t, s, func(u *user, name string) { drawn(name, u.Browser) })
}

// cut gives the upper part of the picture, of at most pictureHeight, in its 256 most
// common colours: a third of the size, and no eye can tell.
func cut(t testing.TB, picture []byte) []byte {
	t.Helper()
	whole, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	frame := whole.Bounds()
	frame.Max.Y = min(frame.Max.Y, pictureHeight)
	often := map[color.Color]int{}
	for y := frame.Min.Y; y < frame.Max.Y; y++ {
		for x := frame.Min.X; x < frame.Max.X; x++ {
			often[whole.At(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(often), func(a, b color.Color) int { return often[b] - often[a] })
	small := image.NewPaletted(frame, colours[:min(len(colours), 256)])
	draw.Draw(small, frame, whole, frame.Min, draw.Src)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
