package chart

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestTextWidth compares the estimate with what Chromium measures in Source
// Sans 3 at 15 px. It may be up to six per cent too wide, since it allows for
// other fonts, and hardly ever too narrow.
func TestTextWidth(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text          string
		regular, bold float64
	}{
		{"Kunnskapsoppsummering: sykefravær og gradering", 321.9, 331.9},
		{"Samordning Nav–kommune i sosiale tjenester", 286.7, 294.5},
		{"8,7 (2,6 til 14,8)", 94.1, 98.4},
		{"ÆØÅ æøå MWMW iiii", 126.6, 129.4},
		{"+6 md. · 2 md. for sent", 137.7, 142.0},
	} {
		for bold, want := range map[bool]float64{false: tt.regular, true: tt.bold} {
			got := textWidth(tt.text, bodySize, bold)
			if room := 1.06; strings.Contains(tt.text, "Æ") {
				room = 1.16 // capitals outside ASCII are taken as wide ones
				if got < want || got > want*room {
					t.Errorf("%q bold=%v: %.1f, measured %.1f", tt.text, bold, got, want)
				}
			} else if got < want*0.995 || got > want*room {
				t.Errorf("%q bold=%v: %.1f, measured %.1f", tt.text, bold, got, want)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"Kort navn", []string{"Kort navn"}},
		{"Jobbstøtte for unge – effekt etter fem år", []string{"Jobbstøtte for unge –", "effekt etter fem år"}},
		{"Digital oppfølging: hvem faller utenfor når det meste skjer på nett?", []string{"Digital oppfølging: hvem", "faller utenfor når det me…"}},
		{"Forskningsrådsfinansieringsordningene", []string{"Forskningsrådsfinansier…"}},
	} {
		if diff := cmp.Diff(tt.want, wrap(tt.text, bodySize, false, 175, 2)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
}

// TestWrapKeepsWithin breaks any text: never more lines than asked for, never
// wider than the room once there is room for a character.
func TestWrapKeepsWithin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		limit := rapid.Float64Range(40, 400).Draw(t, "limit")
		most := rapid.IntRange(1, 3).Draw(t, "most")
		lines := wrap(s, bodySize, false, limit, most)
		if len(lines) < 1 || len(lines) > most {
			t.Fatalf("%d lines, at most %d", len(lines), most)
		}
		for _, l := range lines {
			if textWidth(l, bodySize, false) > limit && utf8.RuneCountInString(l) > 2 {
				t.Fatalf("%q is %v wide, room %v", l, textWidth(l, bodySize, false), limit)
			}
		}
	})
}

func TestSpread(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.SliceOfN(rapid.Float64Range(0, 300), 0, 8).Draw(t, "places")
		out := spread(places, 20, 0, 300)
		for i := range out {
			if out[i] < -1e-9 || out[i] > 300+1e-9 {
				t.Fatalf("%v lies outside", out)
			}
			for j := range i {
				if d := out[i] - out[j]; d < 20-1e-9 && d > -20+1e-9 {
					t.Fatalf("%v lie closer than 20", out)
				}
				if places[i] < places[j] && out[i] > out[j] || places[i] > places[j] && out[i] < out[j] {
					t.Fatalf("%v became %v: the order changed", places, out)
				}
			}
		}
	})
}

func TestAxis(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lo, hi, least float64
		want          []float64
	}{
		{0, 54, 0, []float64{0, 20, 40, 60}},
		{0, 3, 1, []float64{0, 1, 2, 3}},
		{0, 0.31, 0, []float64{0, 0.1, 0.2, 0.3, 0.4}},
		{-7.2, 3.9, 0, []float64{-10, -5, 0, 5}},
		{0, 0, 0, nil},
	} {
		a := newAxis(tt.lo, tt.hi, 4, tt.least, 0, 100)
		if tt.lo == tt.hi { // only that it has room and holds the number
			if a.lo >= tt.lo || a.hi <= tt.hi || len(a.ticks) < 2 {
				t.Errorf("axis around %v: %+v", tt.lo, a)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, a.ticks); diff != "" {
			t.Errorf("%v to %v (-want +got):\n%s", tt.lo, tt.hi, diff)
		}
		if a.at(a.lo) != 0 || a.at(a.hi) != 100 {
			t.Errorf("the ends of %+v are not at its ends", a)
		}
	}
}
