package chart

import (
	"slices"
	"strings"
	"unicode"
)

// Sizes of text in SVG units; chart.css sets the same.
const (
	bodySize   = 15.0
	smallSize  = 13.0
	lineHeight = 18.0
	baseline   = 5.0 // from the middle of a line of body text down to its baseline
)

// Advance widths of Source Sans 3 in thousandths of the text size, from the
// space to the tilde, at weight 400 and 600. Measured with canvas measureText.
var (
	regularWidths = [95]uint16{200, 289, 426, 497, 497, 824, 609, 249, 303, 303, 418, 497, 249, 311, 249, 350, 497, 497, 497, 497, 497, 497, 497, 497, 497, 497, 249, 249, 497, 497, 497, 425, 847, 543, 588, 571, 615, 527, 494, 617, 652, 263, 479, 579, 486, 727, 647, 664, 566, 664, 569, 534, 536, 645, 515, 786, 513, 476, 539, 303, 350, 303, 497, 500, 542, 504, 553, 456, 555, 496, 292, 504, 544, 246, 247, 495, 255, 829, 547, 542, 555, 555, 347, 419, 338, 544, 467, 719, 446, 467, 425, 303, 241, 303, 497}
	boldWidths    = [95]uint16{200, 315, 482, 513, 513, 841, 639, 275, 324, 324, 438, 513, 275, 322, 275, 344, 513, 513, 513, 513, 513, 513, 513, 513, 513, 513, 275, 275, 513, 513, 513, 444, 875, 558, 597, 576, 625, 538, 510, 628, 663, 282, 494, 597, 502, 745, 657, 674, 582, 674, 592, 545, 546, 655, 536, 800, 541, 501, 540, 324, 344, 324, 513, 500, 549, 516, 563, 462, 564, 507, 317, 520, 558, 262, 263, 522, 271, 843, 560, 549, 564, 564, 373, 431, 361, 556, 495, 748, 481, 495, 443, 324, 255, 324, 513}
)

// font gives the size and weight that chart.css sets for the classes of a text.
func font(class string) (size float64, bold bool) {
	size = bodySize
	if strings.Contains(class, "chart-small") || strings.Contains(class, "chart-axis") {
		size = smallSize
	}
	return size, strings.Contains(class, "chart-strong") || strings.Contains(class, "chart-on")
}

// textWidth estimates how wide a line of text becomes, in SVG units. It allows
// three per cent for the fonts that stand in while Source Sans 3 is loading.
func textWidth(s string, size float64, bold bool) float64 {
	table := &regularWidths
	if bold {
		table = &boldWidths
	}
	sum := 0
	for _, r := range s {
		switch {
		case r >= ' ' && r <= '~':
			sum += int(table[r-' '])
		case r == '\u00a0':
			sum += 200
		case r == '·':
			sum += 275
		case r == '–', r == '−':
			sum += 513
		case unicode.Is(unicode.Mn, r):
			// a combining mark takes no room of its own
		case r == 'æ', r == 'Æ', r == '—', r == '…', r > 0x2E80:
			sum += 1000
		case unicode.IsUpper(r):
			sum += 680
		default:
			sum += 560
		}
	}
	return float64(sum) * size / 1000 * 1.03
}

// wrap breaks a text into at most most lines no wider than max; what does not
// fit is cut with an ellipsis. It always gives at least one line.
func wrap(s string, size float64, bold bool, limit float64, most int) []string {
	words := strings.FieldsFunc(s, func(r rune) bool { return r != '\u00a0' && unicode.IsSpace(r) })
	for i := 1; i < len(words); i++ { // a dash stays at the end of its line
		if words[i] == "–" || words[i] == "-" || words[i] == "—" {
			words[i-1] += " " + words[i]
			words = slices.Delete(words, i, i+1)
		}
	}
	var lines []string
	line := ""
	for i, w := range words {
		next := w
		if line != "" {
			next = line + " " + w
		}
		if line == "" || textWidth(next, size, bold) <= limit {
			line = next
			continue
		}
		if len(lines) == most-1 {
			line = strings.Join(append([]string{line}, words[i:]...), " ")
			break
		}
		lines = append(lines, fit(line, size, bold, limit))
		line = w
	}
	if len(lines) == 1 && fits(line, size, bold, limit) {
		return even(words, size, bold, limit)
	}
	return append(lines, fit(line, size, bold, limit))
}

func fits(s string, size float64, bold bool, limit float64) bool {
	return textWidth(s, size, bold) <= limit
}

// even breaks words into two lines as equal as they can be, so that no single
// word is left alone on the second.
func even(words []string, size float64, bold bool, limit float64) []string {
	var best []string
	least := 0.0
	for i := 1; i < len(words); i++ {
		a, b := strings.Join(words[:i], " "), strings.Join(words[i:], " ")
		if w := widest(size, bold, a, b); best == nil || w < least {
			best, least = []string{a, b}, w
		}
	}
	for i := range best {
		best[i] = fit(best[i], size, bold, limit)
	}
	return best
}

// fit cuts a text with an ellipsis so that it is no wider than limit. At least
// one character is kept.
func fit(s string, size float64, bold bool, limit float64) string {
	if textWidth(s, size, bold) <= limit {
		return s
	}
	room := limit - textWidth("…", size, bold)
	for i, r := range s {
		room -= textWidth(string(r), size, bold)
		if room < 0 && i > 0 {
			return strings.TrimRightFunc(s[:i], unicode.IsSpace) + "…"
		}
	}
	return s
}

// widest gives the width of the widest text.
func widest(size float64, bold bool, texts ...string) float64 {
	w := 0.0
	for _, s := range texts {
		w = max(w, textWidth(s, size, bold))
	}
	return w
}
