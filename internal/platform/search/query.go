package search

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/mapping"
	bsearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	bindex "github.com/blevesearch/bleve_index_api"

	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
)

// Query is what a reader asks for.
type Query struct {
	// Text is what the reader typed. Every word must be found; the last may be the
	// beginning of a word. The first 12 words count. Without text everything is
	// found, newest first.
	Text string

	Audience []string            // the terms that the reader holds; without any, nothing is found
	Kinds    []string            // any of these; none for all
	Facets   map[string][]string // each facet given must have one of its values

	// Loosen finds documents with at least half of the words, those with most of them
	// first, when no document has every word.
	Loosen bool

	Offset int // hits to pass over
	Limit  int // hits to give: 20 when 0, at most 100
}

// Result is what a reader gets.
type Result struct {
	Hits  []Hit
	Total int // documents found

	// Partial says that there are more than Total: the search stopped at 50,000
	// documents, whichever came first, and knows nothing of the others.
	Partial bool

	// Facets counts the documents found by the values of each facet, and of
	// "kind", the most common first. A facet that the query itself narrows is
	// counted as if it did not, so that the reader sees what else there is.
	Facets map[string][]Count

	// Related are words that were searched for beside those of the text, in the reader's
	// language form: those that find something. Their documents come after those that
	// have the words themselves.
	Related []string

	// Loose says that no document has every word, and that these have some.
	Loose bool

	// Suggest is another spelling of the text that finds something, when the text
	// finds nothing; else empty.
	Suggest string
}

// Hit is a document that was found, as it is in the database now.
type Hit struct {
	ID      string
	Kind    string
	Number  string
	Title   string
	URL     string
	Lang    string // of the document
	Facets  map[string][]string
	Date    time.Time
	Example bool    // made up to fill what the sources lack: to be marked wherever it is shown
	Snippet []Piece // from the text, some 30 words; plain text, to be escaped like any other
	Score   float64 // for comparing hits of one search only
}

// Count is a value of a facet and how many of the documents found have it.
type Count struct {
	Value string
	N     int
}

const (
	defaultLimit   = 20
	largestLimit   = 100
	deepest        = 10_000 // hits that can be paged to
	mostWords      = 12
	mostRunes      = 500
	mostValues     = 200 // of one facet
	shortestPrefix = 3
)

// Search finds documents. It waits a moment for an index that is not filled yet;
// then it is an Unavailable fault.
func (x *Index) Search(ctx context.Context, q Query) (Result, error) {
	if err := x.ready(ctx); err != nil {
		return Result{}, err
	}
	// Whoever may not find a document any longer does not count it either.
	if err := x.update(ctx, false); err != nil {
		return Result{}, err
	}
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	q.Limit, q.Offset = min(q.Limit, largestLimit), max(q.Offset, 0)
	if q.Offset > deepest {
		q.Offset, q.Limit = deepest, 0
	}
	p := plan{Query: q, words: ask(q.Text), most: x.most}
	if strings.ContainsFunc(q.Text, unicode.IsDigit) && utf8.RuneCountInString(q.Text) <= longestWord {
		p.number = numberKey(q.Text)
	}
	if strings.TrimSpace(q.Text) != "" && len(p.words) == 0 && p.number == "" {
		return Result{Facets: map[string][]Count{}}, nil // nothing but punctuation
	}
	res, err := x.run(ctx, p)
	if err == nil && res.Total > 0 {
		res.Related, err = x.related(ctx, p)
	}
	if err != nil || res.Total > 0 || len(p.words) == 0 {
		return res, err
	}
	suggest, err := x.suggest(ctx, p)
	if err != nil {
		return Result{}, err
	}
	if q.Loosen && len(p.words) > 1 {
		p.some = true
		if res, err = x.run(ctx, p); err != nil {
			return Result{}, err
		}
		res.Loose = res.Total > 0
	}
	res.Suggest = suggest
	return res, nil
}

// related gives those of the related words that this reader finds something by.
func (x *Index) related(ctx context.Context, p plan) ([]string, error) {
	var out []string
	for _, w := range p.words {
		for _, r := range w.related {
			alone := p
			alone.words, alone.number = []asked{{word: w.word, only: &r}}, ""
			found, err := x.find(ctx, &alone, 0, nil, nil)
			if err != nil {
				return nil, err
			}
			word := r.word
			if lang.From(ctx).Tag() == lang.NN {
				word = r.nynorsk
			}
			if found.Total > 0 && !slices.Contains(out, word) {
				out = append(out, word)
			}
		}
	}
	return out, nil
}

// run gives what a plan finds, with its facets counted.
func (x *Index) run(ctx context.Context, p plan) (Result, error) {
	res := Result{Facets: map[string][]Count{}}
	narrowed := p.narrowed()
	found, err := x.find(ctx, &p, p.Limit, x.facetNames(narrowed), res.Facets)
	if err != nil {
		return Result{}, err
	}
	for _, name := range narrowed {
		without := p
		without.without = name
		if _, err := x.find(ctx, &without, 0, []string{name}, res.Facets); err != nil {
			return Result{}, err
		}
	}
	res.Total, res.Partial = int(found.Total), p.cut
	if res.Hits, err = x.hits(ctx, p, found); err != nil {
		return Result{}, err
	}
	res.Total -= len(found.Hits) - len(res.Hits)
	return res, nil
}

func (x *Index) ready(ctx context.Context) error {
	if x.Ready() {
		return nil
	}
	select {
	case <-x.built:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("search: %w", ctx.Err())
	case <-time.After(2 * time.Second):
		return fault.New(fault.Unavailable, "search.building")
	}
}

// facetNames lists the facets to be counted, but those that are counted apart.
func (x *Index) facetNames(but []string) []string {
	names := []string{kindFacet}
	x.facets.Range(func(name, _ any) bool {
		names = append(names, name.(string))
		return true
	})
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(but, name) })
}

// find runs a plan and puts the counts of the facets named into counts.
func (x *Index) find(ctx context.Context, p *plan, limit int, facets []string, counts map[string][]Count) (*bleve.SearchResult, error) {
	req := bleve.NewSearchRequestOptions(p, limit, p.Offset, false)
	if len(p.words) > 0 || p.number != "" {
		req.SortBy([]string{"-_score", "-" + dateField, "_id"})
	} else {
		req.SortBy([]string{"-" + dateField, "_id"})
	}
	for _, name := range facets {
		req.AddFacet(name, bleve.NewFacetRequest(facetField+name, mostValues))
	}
	found, err := x.bleve.SearchInContext(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	for _, name := range facets {
		list := []Count{}
		for _, t := range found.Facets[name].Terms.Terms() {
			list = append(list, Count{t.Term, t.Count})
		}
		if len(list) > 0 {
			slices.SortFunc(list, func(a, b Count) int { return cmp.Or(b.N-a.N, lang.Compare(a.Value, b.Value)) })
			counts[name] = list
		}
	}
	return found, nil
}

// hits reads what was found from the database, and leaves out what has gone or
// what the reader may no longer find.
func (x *Index) hits(ctx context.Context, p plan, found *bleve.SearchResult) ([]Hit, error) {
	hits := make([]Hit, 0, len(found.Hits))
	if len(found.Hits) == 0 {
		return hits, nil
	}
	ids := make([]string, len(found.Hits))
	for i, h := range found.Hits {
		ids[i] = h.ID
	}
	rows, err := x.load(ctx, ids)
	if err != nil {
		return nil, err
	}
	marker := newMarker(p)
	for _, h := range found.Hits {
		r, ok := rows[h.ID]
		if !ok || !r.found(p.Audience) {
			continue
		}
		hits = append(hits, Hit{
			ID: r.ID, Kind: r.Kind, Number: r.Number, Title: r.Title, URL: r.URL, Lang: r.Lang,
			Facets: r.Facets.V, Date: r.Date, Score: h.Score, Example: slices.Contains(r.Facets.V[exampleFacet], "true"), Snippet: marker.snippet(r.Body, r.Lang),
		})
	}
	return hits, nil
}

// asked is a word of a query.
type asked struct {
	word
	stems []string // by the rules of both languages
	alike []string // stems of words that mean the same
	stop  bool
	last  bool // the text ends in it, so it may be a beginning

	related []relative // words that are written of the same
	only    *relative  // the word itself does not count, just this related one
}

// ask gives the words that a text asks for. Words that stand in every text are
// left out, unless there are no others.
func ask(text string) []asked {
	if n := utf8.RuneCountInString(text); n > mostRunes {
		text = string([]rune(text)[:mostRunes])
	}
	var all []asked
	has := map[string]bool{}
	words(text, func(w word) bool {
		if !has[w.folded] {
			has[w.folded] = true
			all = append(all, asked{word: w, stop: isStop(w.folded)})
		}
		return len(has) < mostWords
	})
	if len(all) == 0 {
		return nil
	}
	all[len(all)-1].last = true
	content := slices.DeleteFunc(slices.Clone(all), func(w asked) bool { return w.stop && !w.last })
	// A last word like "for" may be the beginning of "forskning" or a word that
	// stands everywhere; with others beside it, it is left out.
	if len(content) > 1 && content[len(content)-1].stop {
		content = content[:len(content)-1]
	}
	if len(content) == 1 && content[0].stop {
		content = all
	}
	for i := range content {
		w := &content[i]
		w.stems = bothStems(w.folded)
		for _, s := range w.stems {
			for _, other := range synonyms()[s] {
				if !slices.Contains(w.alike, other) && !slices.Contains(w.stems, other) {
					w.alike = append(w.alike, other)
				}
			}
		}
		if !w.stop {
			w.related = relativesOf(*w)
		}
	}
	return content
}

func bothStems(folded string) []string {
	return slices.Compact([]string{stem(folded, "nb"), stem(folded, "en")})
}

// plan is a query made ready for the index.
type plan struct {
	Query
	words   []asked
	some    bool   // half of the words are enough
	number  string // the text read as a number, when it may be one
	without string // a facet that is not narrowed this time
	most    int    // documents to look at
	cut     bool   // set when there were more
}

// narrowed lists the facets that the query narrows.
func (p plan) narrowed() []string {
	names := slices.Sorted(maps.Keys(p.Facets))
	if len(p.Kinds) > 0 {
		names = append(names, kindFacet)
	}
	return slices.DeleteFunc(names, func(name string) bool { return name != kindFacet && len(p.Facets[name]) == 0 })
}

// Searcher builds the plan on the index as it is now; bleve calls it.
func (p *plan) Searcher(ctx context.Context, r bindex.IndexReader, _ mapping.IndexMapping, _ bsearch.SearcherOptions) (bsearch.Searcher, error) {
	b := builder{ctx: ctx, r: r}
	of := []bsearch.Searcher{b.readers(p.Audience)}
	if len(p.Kinds) > 0 && p.without != kindFacet {
		of = append(of, b.oneOf(facetField+kindFacet, p.Kinds, 0))
	}
	for _, name := range p.narrowed() {
		if name != kindFacet && name != p.without {
			of = append(of, b.oneOf(facetField+name, p.Facets[name], 0))
		}
	}
	if text := b.text(*p); text != nil {
		of = append(of, text)
	}
	return &atMost{Searcher: b.all(of), left: p.most, cut: &p.cut}, b.failed()
}

// builder makes searchers. It keeps the first error, and everything it has made
// so that all can be closed then.
type builder struct {
	ctx  context.Context
	r    bindex.IndexReader
	made []bsearch.Searcher
	err  error
}

func (b *builder) keep(s bsearch.Searcher, err error) bsearch.Searcher {
	if err != nil {
		if b.err == nil {
			b.err = err
		}
		none, _ := searcher.NewMatchNoneSearcher(b.r)
		return none
	}
	b.made = append(b.made, s)
	return s
}

func (b *builder) failed() error {
	if b.err != nil {
		_ = closeAll(b.made)
	}
	return b.err
}

func (b *builder) oneOf(field string, values []string, boost float64) bsearch.Searcher {
	return b.keep(oneOf(b.ctx, b.r, field, values, boost))
}

// readers matches what those who hold the terms may find.
func (b *builder) readers(terms []string) bsearch.Searcher {
	guarded := b.oneOf(guardedField, terms, 0)
	if b.err == nil {
		s, err := searcher.NewBooleanSearcher(b.ctx, b.r, guarded, nil, b.oneOf(excludedField, terms, 0), bsearch.SearcherOptions{})
		guarded = b.keep(constant{s, 0}, err)
	}
	return newAnyOf([]bsearch.Searcher{b.oneOf(audienceField, terms, 0), guarded})
}

func (b *builder) term(text, field string, boost, typical float64) bsearch.Searcher {
	s, err := newTerm(b.ctx, b.r, text, field, boost, typical)
	return b.keep(s, err)
}

func (b *builder) all(of []bsearch.Searcher) bsearch.Searcher {
	if len(of) == 1 || b.err != nil {
		return of[0]
	}
	return b.keep(searcher.NewConjunctionSearcher(b.ctx, b.r, of, bsearch.SearcherOptions{}))
}

// half matches what at least half of the searchers match.
func (b *builder) half(of []bsearch.Searcher) bsearch.Searcher {
	if b.err != nil {
		return of[0]
	}
	return b.keep(searcher.NewDisjunctionSearcher(b.ctx, b.r, of, float64((len(of)+1)/2), bsearch.SearcherOptions{}))
}

// Scores of a match by where it is. A number that is the whole text comes before
// everything else.
const (
	numberScore      = 1000
	numberStartScore = 100
	titleScore       = 4
	textScore        = 1
	spelledScore     = 0.5
	prefixScore      = 0.375
	partScore        = 0.25
	alikeShare       = 0.75 // of the score that the word itself would have
	relatedShare     = 0.02 // so little that the word itself in a text comes before these in a title

	typicalTitle = 8 // words
	typicalText  = 250
)

// text matches what the reader typed; nil when that is nothing.
func (b *builder) text(p plan) bsearch.Searcher {
	var alternatives []bsearch.Searcher
	if len(p.words) > 0 {
		var every []bsearch.Searcher
		for _, w := range p.words {
			every = append(every, b.word(w))
		}
		if p.some {
			alternatives = append(alternatives, b.half(every))
		} else {
			alternatives = append(alternatives, b.all(every))
		}
	}
	if p.number != "" {
		alternatives = append(alternatives, b.oneOf(numberField, []string{p.number}, numberScore))
		if utf8.RuneCountInString(p.number) >= shortestPrefix {
			alternatives = append(alternatives, b.keep(prefix(b.ctx, b.r, numberField, p.number, numberStartScore)))
		}
	}
	if len(alternatives) == 0 {
		return nil
	}
	return newAnyOf(alternatives)
}

// word matches a word of the query in any of the ways it can be found.
func (b *builder) word(w asked) bsearch.Searcher {
	if w.only != nil {
		return newAnyOf(b.relative(*w.only))
	}
	var ways []bsearch.Searcher
	if w.stop {
		ways = append(ways, b.oneOf(wordField, []string{w.folded}, spelledScore))
	} else {
		ways = append(ways, b.stems(w.stems, 1)...)
		ways = append(ways, b.stems(w.alike, alikeShare)...)
		ways = append(ways, b.oneOf(partField, w.stems, partScore))
		for _, r := range w.related {
			ways = append(ways, b.relative(r)...)
		}
	}
	if len(w.pieces) > 0 {
		var every []bsearch.Searcher
		for _, piece := range w.pieces {
			stems := bothStems(piece)
			every = append(every, newAnyOf(append(b.stems(stems, partScore), b.oneOf(partField, stems, 0))))
		}
		ways = append(ways, b.all(every))
	}
	if w.last && utf8.RuneCountInString(w.folded) >= shortestPrefix {
		ways = append(ways, b.keep(prefix(b.ctx, b.r, wordField, w.folded, prefixScore)))
	}
	return newAnyOf(ways)
}

// relative matches a related word in the ways it can be found.
func (b *builder) relative(r relative) []bsearch.Searcher {
	if r.exact != "" {
		return []bsearch.Searcher{b.oneOf(wordField, []string{r.exact}, relatedShare)}
	}
	return append(b.stems(r.stems, relatedShare), b.oneOf(partField, r.stems, relatedShare*partScore))
}

func (b *builder) stems(stems []string, share float64) []bsearch.Searcher {
	var ways []bsearch.Searcher
	for _, s := range stems {
		ways = append(ways, b.term(s, titleField, titleScore*share, typicalTitle), b.term(s, textField, textScore*share, typicalText))
	}
	return ways
}
