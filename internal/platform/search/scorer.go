package search

import (
	"context"
	"math"

	bsearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	bindex "github.com/blevesearch/bleve_index_api"
)

// bleve's own scores depend on how many documents hold a word, also documents
// that the reader may not find. These searchers score by the document alone.

// matcher finds the documents that match, in the order of the index, each with a
// score. It is bleve's Searcher with what our searchers have in common.
type matcher struct{}

func (matcher) Weight() float64            { return 1 }
func (matcher) SetQueryNorm(float64)       {}
func (matcher) Min() int                   { return 0 }
func (matcher) Size() int                  { return 0 }
func (matcher) DocumentMatchPoolSize() int { return 1 }

// exact rounds a score so that sums of scores are exact, in whatever order they
// are made.
func exact(score float64) float64 { return math.Round(score*1024) / 1024 }

// term matches the documents that hold a term in a field. Its score grows with
// how often the term stands in the field and falls with the field's length, as
// in BM25 with a fixed mean length.
type term struct {
	matcher
	reader  bindex.TermFieldReader
	boost   float64
	typical float64 // words in a field of ordinary length; 0 when only presence counts
	found   bindex.TermFieldDoc
}

func newTerm(ctx context.Context, r bindex.IndexReader, text, field string, boost, typical float64) (*term, error) {
	reader, err := r.TermFieldReader(ctx, []byte(text), field, typical > 0, typical > 0, false)
	if err != nil {
		return nil, err
	}
	return &term{reader: reader, boost: boost, typical: typical}, nil
}

func (t *term) score(found *bindex.TermFieldDoc) float64 {
	if t.typical == 0 || found.Norm == 0 {
		return exact(t.boost)
	}
	const k, b = 1.2, 0.5
	length := 1 / (found.Norm * found.Norm)
	freq := float64(found.Freq)
	return exact(t.boost * freq * (k + 1) / (freq + k*(1-b+b*length/t.typical)))
}

func (t *term) match(ctx *bsearch.SearchContext, found *bindex.TermFieldDoc, err error) (*bsearch.DocumentMatch, error) {
	if err != nil || found == nil {
		return nil, err
	}
	m := ctx.DocumentMatchPool.Get()
	m.IndexInternalID = append(m.IndexInternalID[:0], found.ID...)
	m.Score = t.score(found)
	return m, nil
}

func (t *term) Next(ctx *bsearch.SearchContext) (*bsearch.DocumentMatch, error) {
	found, err := t.reader.Next(t.found.Reset())
	return t.match(ctx, found, err)
}

func (t *term) Advance(ctx *bsearch.SearchContext, id bindex.IndexInternalID) (*bsearch.DocumentMatch, error) {
	found, err := t.reader.Advance(id, t.found.Reset())
	return t.match(ctx, found, err)
}

func (t *term) Count() uint64 { return t.reader.Count() }
func (t *term) Close() error  { return t.reader.Close() }

// constant gives every match of a searcher the same score.
type constant struct {
	bsearch.Searcher
	boost float64
}

func (c constant) scored(m *bsearch.DocumentMatch, err error) (*bsearch.DocumentMatch, error) {
	if m != nil {
		m.Score = exact(c.boost)
	}
	return m, err
}

func (c constant) Next(ctx *bsearch.SearchContext) (*bsearch.DocumentMatch, error) {
	return c.scored(c.Searcher.Next(ctx))
}

func (c constant) Advance(ctx *bsearch.SearchContext, id bindex.IndexInternalID) (*bsearch.DocumentMatch, error) {
	return c.scored(c.Searcher.Advance(ctx, id))
}

// oneOf matches the documents that hold at least one of many terms in a field.
func oneOf(ctx context.Context, r bindex.IndexReader, field string, values []string, boost float64) (bsearch.Searcher, error) {
	if len(values) == 0 {
		return searcher.NewMatchNoneSearcher(r)
	}
	s, err := searcher.NewMultiTermSearcher(ctx, r, values, field, 1, bsearch.SearcherOptions{Score: "none"}, false)
	if err != nil {
		return nil, err
	}
	return constant{s, boost}, nil
}

// prefix matches the documents with a word that begins so.
func prefix(ctx context.Context, r bindex.IndexReader, field, begin string, boost float64) (s bsearch.Searcher, err error) {
	dict, err := r.FieldDictPrefix(field, []byte(begin))
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := dict.Close(); err == nil {
			err = cerr
		}
	}()
	var values []string
	for {
		entry, err := dict.Next()
		if err != nil {
			return nil, err
		}
		if entry == nil {
			return oneOf(ctx, r, field, values, boost)
		}
		values = append(values, entry.Term)
	}
}

// anyOf matches what one of its searchers matches; the scores are added up.
type anyOf struct {
	matcher
	of      []bsearch.Searcher
	current []*bsearch.DocumentMatch // the next match of each; nil at its end
	begun   bool
}

func newAnyOf(of []bsearch.Searcher) bsearch.Searcher {
	if len(of) == 1 {
		return of[0]
	}
	return &anyOf{of: of, current: make([]*bsearch.DocumentMatch, len(of))}
}

func (a *anyOf) Next(ctx *bsearch.SearchContext) (*bsearch.DocumentMatch, error) {
	if !a.begun {
		a.begun = true
		for i, s := range a.of {
			var err error
			if a.current[i], err = s.Next(ctx); err != nil {
				return nil, err
			}
		}
	}
	return a.first(ctx)
}

func (a *anyOf) Advance(ctx *bsearch.SearchContext, id bindex.IndexInternalID) (*bsearch.DocumentMatch, error) {
	for i, s := range a.of {
		if m := a.current[i]; a.begun && (m == nil || m.IndexInternalID.Compare(id) >= 0) {
			continue
		} else if m != nil {
			ctx.DocumentMatchPool.Put(m)
		}
		var err error
		if a.current[i], err = s.Advance(ctx, id); err != nil {
			return nil, err
		}
	}
	a.begun = true
	return a.first(ctx)
}

// first gives the first of the current matches, with those of the same document
// added, and moves on.
func (a *anyOf) first(ctx *bsearch.SearchContext) (*bsearch.DocumentMatch, error) {
	var best *bsearch.DocumentMatch
	for _, m := range a.current {
		if m != nil && (best == nil || m.IndexInternalID.Compare(best.IndexInternalID) < 0) {
			best = m
		}
	}
	if best == nil {
		return nil, nil
	}
	for i, m := range a.current {
		if m == nil || m != best && m.IndexInternalID.Compare(best.IndexInternalID) != 0 {
			continue
		}
		if m != best {
			best.Score += m.Score
			ctx.DocumentMatchPool.Put(m)
		}
		var err error
		if a.current[i], err = a.of[i].Next(ctx); err != nil {
			return nil, err
		}
	}
	return best, nil
}

func (a *anyOf) Count() uint64 {
	var n uint64
	for _, s := range a.of {
		n += s.Count()
	}
	return n
}

func (a *anyOf) Close() error { return closeAll(a.of) }

func (a *anyOf) DocumentMatchPoolSize() int {
	n := 1
	for _, s := range a.of {
		n += s.DocumentMatchPoolSize() + 1
	}
	return n
}

func closeAll(of []bsearch.Searcher) error {
	var first error
	for _, s := range of {
		if err := s.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// atMost ends a search after so many matches, so that no query takes long.
type atMost struct {
	bsearch.Searcher
	left int
	cut  *bool // set when there was more
}

func (a *atMost) Next(ctx *bsearch.SearchContext) (*bsearch.DocumentMatch, error) {
	m, err := a.Searcher.Next(ctx)
	if m == nil || err != nil {
		return nil, err
	}
	if a.left--; a.left < 0 {
		*a.cut = true
		ctx.DocumentMatchPool.Put(m)
		return nil, nil
	}
	return m, nil
}
