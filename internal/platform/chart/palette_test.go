package chart_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"funn/internal/platform/chart"
)

// aksel holds the values of the variables that the charts use, from
// @navikt/ds-tokens 8.15.0: light theme, dark theme.
var aksel = map[string][2]string{
	"--ax-accent-100":            {"#f1f7ff", "#091e37"},
	"--ax-accent-200":            {"#e4eeff", "#0b233f"},
	"--ax-accent-300":            {"#d4e5fd", "#102b4b"},
	"--ax-accent-400":            {"#bad5fb", "#17365c"},
	"--ax-accent-700":            {"#0063c1", "#5f94d8"},
	"--ax-accent-900":            {"#004ea3", "#84aee6"},
	"--ax-bg-default":            {"#ffffff", "#0e151f"},
	"--ax-brand-magenta-200":     {"#f8eaef", "#3a1827"},
	"--ax-brand-magenta-700":     {"#a93d70", "#be7f99"},
	"--ax-danger-700":            {"#cb0035", "#eb6772"},
	"--ax-meta-purple-200":       {"#f4ebff", "#261e3b"},
	"--ax-meta-purple-700":       {"#7c4abf", "#a581d6"},
	"--ax-neutral-100":           {"#f5f6f7", "#161d28"},
	"--ax-neutral-200":           {"#ecedef", "#1c232f"},
	"--ax-neutral-300":           {"#e1e3e7", "#242b37"},
	"--ax-neutral-400":           {"#cfd3d8", "#2e3641"},
	"--ax-neutral-600":           {"#6f7785", "#777f8d"},
	"--ax-neutral-700":           {"#5d6573", "#8a92a0"},
	"--ax-neutral-900":           {"#49515e", "#a5acb6"},
	"--ax-neutral-1000":          {"#202733", "#dfe1e5"},
	"--ax-success-100":           {"#e2fde8", "#002300"},
	"--ax-success-200":           {"#d5f6db", "#002a00"},
	"--ax-success-700":           {"#007629", "#4ca265"},
	"--ax-text-neutral":          {"#202733", "#dfe1e5"},
	"--ax-text-neutral-contrast": {"#ffffff", "#000000"},
	"--ax-text-neutral-subtle":   {"#49515e", "#a5acb6"},
	"--ax-warning-200":           {"#ffebc7", "#3e1704"},
	"--ax-warning-700":           {"#ac4400", "#de753c"},
}

// rules maps the end of each selector and its property to the variable that
// colours it: "chart-fill.chart-a fill".
func rules(t *testing.T) map[string]string {
	t.Helper()
	css, _, found := strings.Cut(chart.CSS, "@media print")
	if !found {
		t.Fatal("no media rules at the end")
	}
	css = regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(css, "")
	out := map[string]string{}
	for _, rule := range regexp.MustCompile(`([^{}]+)\{([^}]*)\}`).FindAllStringSubmatch(css, -1) {
		for _, selector := range strings.Split(rule[1], ",") {
			fields := strings.Fields(selector)
			name := strings.TrimPrefix(fields[len(fields)-1], ".")
			for _, m := range regexp.MustCompile(`(fill|stroke):var\((--[a-z0-9-]+),(#[0-9a-f]+)\)`).FindAllStringSubmatch(rule[2], -1) {
				out[name+" "+m[1]] = m[2]
			}
		}
	}
	if len(out) < 40 {
		t.Fatalf("read only %d rules", len(out))
	}
	return out
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil || len(hex) != 7 {
		t.Fatalf("colour %q", hex)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v := float64(n>>(16-8*i)&0xff) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

func contrast(t *testing.T, a, b string) float64 {
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// TestFallbacksAreAksel compares the colours in the style sheet with Aksel's
// light theme.
func TestFallbacksAreAksel(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`var\((--[a-z0-9-]+),\s*([^)]+)\)`).FindAllStringSubmatch(chart.CSS, -1) {
		used[m[1]] = true
		if want := aksel[m[1]][0]; m[2] != want {
			t.Errorf("%s falls back to %s, Aksel has %q", m[1], m[2], want)
		}
	}
	for name := range aksel {
		if !used[name] {
			t.Errorf("%s is not used", name)
		}
	}
}

// TestForcedColours lets the reader's colours through: the rules name system
// colours only, and the shapes that keep theirs are seen on black as on white.
func TestForcedColours(t *testing.T) {
	t.Parallel()
	_, forced, found := strings.Cut(chart.CSS, "@media (forced-colors:active){")
	if !found {
		t.Fatal("no rules for forced colours")
	}
	for _, m := range regexp.MustCompile(`\{([^{}]*)\}`).FindAllStringSubmatch(forced, -1) {
		switch m[1] {
		case "fill:CanvasText!important", "fill:Canvas!important", "stroke:Canvas!important", "stroke:CanvasText!important", "stroke:GrayText!important",
			"fill:#ffffff!important;forced-color-adjust:none":
		default:
			t.Errorf("declarations %q", m[1])
		}
	}
	colour := rules(t)
	kept := 0
	for name, variable := range colour {
		class, _, _ := strings.Cut(name, " ")
		last := class[strings.LastIndex(class, ".")+1:]
		first, _, _ := strings.Cut(class, ".")
		if last == "text" || strings.HasPrefix(first, "chart-ink") || regexp.MustCompile(`\.`+first+`[,{]`).MatchString(forced) {
			continue
		}
		switch first {
		case "chart-axis", "chart-muted", "chart-alert", "chart-on": // text
			continue
		case "chart-stay", "chart-stay-odd", "chart-hatch-muted", "chart-late", "chart-dot": // shape told by another property
			continue
		}
		kept++
		if got := contrast(t, aksel[variable][0], "#000000"); got < 3 {
			t.Errorf("%s keeps %s, %.2f:1 on black", name, aksel[variable][0], got)
		}
	}
	if kept < 20 {
		t.Errorf("only %d colours are kept", kept)
	}
}

// TestContrast computes what axe cannot see inside a picture: text needs 4.5:1
// (WCAG 2.2, 1.4.3), marks that carry meaning 3:1 (1.4.11), in both themes.
func TestContrast(t *testing.T) {
	t.Parallel()
	const page = "chart-paper fill"
	type pair struct {
		on   string
		over []string
		need float64
	}
	fills := []string{"chart-fill.chart-a fill", "chart-fill.chart-b fill", "chart-fill.chart-c fill", "chart-fill.chart-d fill", "chart-fill.chart-e fill"}
	softs := []string{"chart-soft.chart-a fill", "chart-soft.chart-b fill", "chart-soft.chart-c fill", "chart-soft.chart-d fill", "chart-soft.chart-e fill"}
	pale := []string{"chart-heat-0 fill", "chart-heat-1 fill", "chart-heat-2 fill", "chart-heat-3 fill", "chart-heat-4 fill"}
	pairs := []pair{
		{"text fill", append(append([]string{page, "chart-plan fill", "chart-plan-open fill", "chart-box fill", "chart-box-out fill"}, pale...), softs...), 4.5},
		{"chart-muted fill", []string{page, "chart-plan-open fill"}, 4.5},
		{"chart-axis fill", []string{page}, 4.5},
		{"chart-alert fill", []string{page}, 4.5},
		{"chart-on fill", append([]string{"chart-flag fill", "chart-heat-5 fill", "chart-heat-6 fill"}, fills...), 4.5},
		{"chart-tip fill", []string{page}, 3},
		{"chart-late fill", []string{page}, 3},
		{"chart-outlier fill", []string{page}, 3},
		{"chart-pooled fill", []string{page}, 3},
		{"chart-dot-muted fill", []string{page}, 3},
	}
	for _, f := range fills {
		pairs = append(pairs, pair{f, []string{page}, 3})
	}
	for _, s := range []string{"a", "b", "c", "d", "e"} {
		pairs = append(pairs, pair{"chart-ink.chart-" + s + " fill", []string{page}, 4.5})
	}
	for _, s := range []string{
		"chart-zero", "chart-lead", "chart-void", "chart-plan", "chart-plan-open", "chart-delay", "chart-hatch", "chart-gap", "chart-ahead",
		"chart-now", "chart-slack", "chart-deadline", "chart-stay", "chart-stay-odd", "chart-line.chart-a", "chart-line.chart-b", "chart-line.chart-c", "chart-line.chart-d",
		"chart-open", "chart-ring", "chart-ci", "chart-predict", "chart-target", "chart-outer", "chart-inner", "chart-box", "chart-box-out", "chart-arrow", "chart-over",
	} {
		pairs = append(pairs, pair{s + " stroke", []string{page}, 3})
	}
	// The dashes of the limits of balance lie at the edge of a pale band.
	pairs = append(pairs, pair{"chart-limit stroke", []string{page, "chart-band fill"}, 3})

	colour := rules(t)
	for theme, name := range []string{"light", "dark"} {
		for _, p := range pairs {
			on, ok := aksel[colour[p.on]]
			if !ok {
				t.Errorf("no colour for %s", p.on)
				continue
			}
			for _, over := range p.over {
				under, ok := aksel[colour[over]]
				if !ok {
					t.Errorf("no colour for %s", over)
					continue
				}
				if got := contrast(t, on[theme], under[theme]); got < p.need {
					t.Errorf("%s: %s over %s is %.2f:1, needs %v:1", name, p.on, over, got, p.need)
				}
			}
		}
		// The colour scale goes one way, so that it is read as more and less.
		last, step := luminance(t, aksel[colour["chart-heat-0 fill"]][theme]), 0.0
		for i := 1; i <= 6; i++ {
			l := luminance(t, aksel[colour["chart-heat-"+strconv.Itoa(i)+" fill"]][theme])
			if step != 0 && (l-last)*step <= 0 || l == last {
				t.Errorf("%s: step %d of the colour scale turns back", name, i)
			}
			last, step = l, l-last
		}
	}
}
