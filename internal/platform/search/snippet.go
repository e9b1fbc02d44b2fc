package search

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Piece is a part of a snippet. Match says that it is a word that was asked for,
// to be shown with emphasis.
type Piece struct {
	Text  string
	Match bool
}

const (
	snippetWords = 32     // length of a snippet
	snippetBack  = 8      // words before the first match
	snippetScan  = 60_000 // bytes of a text that are looked through
)

// marker finds the words of a query in texts.
type marker struct {
	stems  []string
	forms  []string // words that count in one form only
	heads  []string // how a word must begin or go on to be worth a closer look
	prefix string
	seen   map[string]bool // language and folded word -> match
}

func newMarker(p plan) *marker {
	m := &marker{seen: map[string]bool{}}
	for _, w := range p.words {
		m.stems = append(append(m.stems, w.stems...), w.alike...)
		for _, piece := range w.pieces {
			m.stems = append(m.stems, bothStems(piece)...)
		}
		for _, r := range w.related {
			m.stems = append(m.stems, r.stems...)
			if r.exact != "" {
				m.forms = append(m.forms, r.exact)
			}
		}
		if w.last && utf8.RuneCountInString(w.folded) >= shortestPrefix {
			m.prefix = w.folded
		}
	}
	for _, s := range m.stems {
		// A stemmer may change the end of a word ("study", "studi"), never its first
		// letters.
		head := s
		if r := []rune(s); len(r) > 3 {
			head = string(r[:3])
		}
		m.heads = append(m.heads, head)
	}
	return m
}

func (m *marker) matches(w word, language string) bool {
	key := language + " " + w.folded
	match, ok := m.seen[key]
	if !ok {
		match = m.look(w.folded, language) || slices.ContainsFunc(w.pieces, func(p string) bool { return m.look(p, language) })
		m.seen[key] = match
	}
	return match
}

func (m *marker) look(folded, language string) bool {
	if m.prefix != "" && strings.HasPrefix(folded, m.prefix) {
		return true
	}
	if slices.Contains(m.forms, folded) {
		return true
	}
	if !slices.ContainsFunc(m.heads, func(h string) bool { return strings.Contains(folded, h) }) {
		return false
	}
	if slices.Contains(m.stems, stem(folded, language)) {
		return true
	}
	return language != "en" && slices.ContainsFunc(parts(folded), func(p string) bool { return slices.Contains(m.stems, p) })
}

// snippet gives the stretch of the text that holds most of what was asked for, or
// its beginning when it holds nothing.
func (m *marker) snippet(text, language string) []Piece {
	text = text[:min(len(text), snippetScan)]
	var all []word
	var matches []int // places in all
	words(text, func(w word) bool {
		if len(m.stems) > 0 && m.matches(w, language) {
			matches = append(matches, len(all))
		}
		all = append(all, word{start: w.start, end: w.end})
		return len(matches) < 50
	})
	if len(all) == 0 {
		return nil
	}
	first, most := 0, 0
	for i, at := range matches {
		n := 0
		for _, other := range matches[i:] {
			if other < at+snippetWords-snippetBack {
				n++
			}
		}
		if n > most {
			first, most = max(0, at-snippetBack), n
		}
	}
	last := min(first+snippetWords, len(all))
	first = max(0, last-snippetWords)

	var out []Piece
	from := 0
	if first > 0 {
		from = all[first].start
		out = append(out, Piece{Text: "… "})
	}
	for _, at := range matches {
		if at >= first && at < last {
			out = append(out, Piece{Text: flat(text[from:all[at].start])}, Piece{Text: text[all[at].start:all[at].end], Match: true})
			from = all[at].end
		}
	}
	end := all[last-1].end
	tail := text[from:end]
	if last < len(all) {
		tail += " …"
	} else {
		tail = text[from:]
	}
	out = append(out, Piece{Text: flat(tail)})
	return slices.DeleteFunc(out, func(p Piece) bool { return p.Text == "" })
}

// flat puts a text on one line.
func flat(s string) string {
	out := strings.Join(strings.Fields(s), " ")
	if out == "" {
		if s != "" {
			return " "
		}
		return ""
	}
	if strings.TrimLeft(s, " \t\r\n") != s {
		out = " " + out
	}
	if strings.TrimRight(s, " \t\r\n") != s {
		out += " "
	}
	return out
}
