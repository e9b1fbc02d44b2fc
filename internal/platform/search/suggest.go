package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	bindex "github.com/blevesearch/bleve_index_api"
)

// mostCandidateWords bounds how many words of nearly the same spelling are tried.
const mostCandidateWords = 500

// suggest gives the text with each word that finds nothing exchanged for one of
// nearly the same spelling that this reader can find; empty when there is none
// or when the words so found do not stand together in any document.
func (x *Index) suggest(ctx context.Context, p plan) (string, error) {
	text := p.Text
	if utf8.RuneCountInString(text) > mostRunes {
		return "", nil
	}
	alone := plan{Query: Query{Audience: p.Audience, Kinds: p.Kinds, Facets: p.Facets}, most: p.most}
	changed := false
	// From the end, so that the places of the words before stay right.
	for _, w := range slices.Backward(p.words) {
		alone.words = []asked{w}
		found, err := x.find(ctx, &alone, 0, nil, nil)
		if err != nil {
			return "", err
		}
		if found.Total > 0 {
			continue
		}
		other, err := x.similar(ctx, alone, w.folded)
		if err != nil || other == "" {
			return "", err
		}
		text, changed = text[:w.start]+other+text[w.end:], true
	}
	if !changed {
		return "", nil
	}
	p.Text, p.words, p.number = text, ask(text), ""
	found, err := x.find(ctx, &p, 0, nil, nil)
	if err != nil || found.Total == 0 {
		return "", err
	}
	return strings.Join(strings.Fields(text), " "), nil
}

// similar gives the word nearest in spelling that stands in a document which the
// reader can find; among several, the one in most documents.
func (x *Index) similar(ctx context.Context, p plan, folded string) (best string, err error) {
	letters := utf8.RuneCountInString(folded)
	if letters < 4 {
		return "", nil
	}
	far := 1
	if letters >= 8 {
		far = 2
	}
	candidates, err := x.spelledLike(folded, far)
	if err != nil {
		return "", fmt.Errorf("look for words spelled like the query's: %w", err)
	}
	most, distance := 0, uint8(0)
	for _, c := range candidates {
		if best != "" && c.EditDistance > distance {
			break
		}
		q := p
		q.words = []asked{{word: word{folded: c.Term}, stop: true}} // as it is spelled
		found, err := x.find(ctx, &q, 0, nil, nil)
		if err != nil {
			return "", err
		}
		if n := int(found.Total); n > most {
			best, most, distance = c.Term, n, c.EditDistance
		}
	}
	return best, nil
}

// spelledLike lists the words of the index at most so many letters away, the
// nearest first.
func (x *Index) spelledLike(folded string, far int) (list []bindex.DictEntry, err error) {
	index, err := x.bleve.Advanced()
	if err != nil {
		return nil, err
	}
	r, err := index.Reader()
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, r.Close()) }()
	fuzzy, ok := r.(bindex.IndexReaderFuzzy)
	if !ok {
		return nil, fmt.Errorf("%T cannot look up by spelling", r)
	}
	dict, err := fuzzy.FieldDictFuzzy(wordField, folded, far, "")
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, dict.Close()) }()
	for len(list) < mostCandidateWords {
		entry, err := dict.Next()
		if err != nil {
			return nil, err
		}
		if entry == nil {
			break
		}
		list = append(list, *entry)
	}
	slices.SortFunc(list, func(a, b bindex.DictEntry) int {
		return cmp.Or(cmp.Compare(a.EditDistance, b.EditDistance), strings.Compare(a.Term, b.Term))
	})
	return list, nil
}
