package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	bindex "github.com/blevesearch/bleve_index_api"

	"funn/internal/platform/db"
)

// Options say how an index is kept.
type Options struct {
	// Dir is where the index makes its own folder, which it removes at Close;
	// empty means the machine's folder for temporary files. The index can always
	// be made again, so nothing is lost with it, but it holds the words of every
	// document, also of those that few may read.
	Dir string

	Poll time.Duration // how often changes are looked for; 0 means 1 s

	// Overlap is longer than any transaction that changes a document lasts; 0
	// means 2 minutes. Transactions on PostgreSQL can commit in another order than
	// that of their numbers, so an index reads so far back each time.
	Overlap time.Duration

	Log *slog.Logger // nil means slog.Default
}

// Index is one copy of the program's view of the documents. It is safe for use
// by many goroutines.
type Index struct {
	db    *db.DB
	opts  Options
	dir   string
	bleve bleve.Index
	most  int           // documents that a search looks at before it stops
	built chan struct{} // closed once every document has been read
	stop  context.CancelFunc
	done  chan struct{}

	lock    sync.Mutex       // held while the index is brought up to date
	applied map[string]int64 // id -> the last change that the index has
	marks   []mark
	swept   time.Time // when all changes were last compared
	facets  sync.Map  // names of the facets that any document has
}

// mark says that at a moment the changes up to seq had been seen.
type mark struct {
	at  time.Time
	seq int64
}

// mostCandidates bounds the time of a search for a word that stands nearly
// everywhere.
const mostCandidates = 50_000

// sweepEvery is how often the index is compared with every change, so that also
// what came later than Overlap allows is found.
const sweepEvery = 10 * time.Minute

// Open makes an index of the database's documents, at first empty, and fills it
// in the background. Searches wait for it.
func Open(d *db.DB, opts Options) (*Index, error) {
	if opts.Poll <= 0 {
		opts.Poll = time.Second
	}
	if opts.Overlap <= 0 {
		opts.Overlap = 2 * time.Minute
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	dir, err := os.MkdirTemp(opts.Dir, "funn-search-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the search index: %w", err)
	}
	// The index is made anew at each start, so it need not survive a power cut.
	b, err := bleve.NewUsing(dir+"/index", bleve.NewIndexMapping(), scorch.Name, scorch.Name, map[string]any{"unsafe_batch": true})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make the search index: %w", err), os.RemoveAll(dir))
	}
	ctx, stop := context.WithCancel(context.Background())
	x := &Index{
		db: d, opts: opts, dir: dir, bleve: b, most: mostCandidates, stop: stop,
		built: make(chan struct{}), done: make(chan struct{}), applied: map[string]int64{},
	}
	go x.follow(ctx)
	return x, nil
}

// Close stops following the changes and removes the index.
func (x *Index) Close() error {
	x.stop()
	<-x.done
	x.lock.Lock()
	defer x.lock.Unlock()
	return errors.Join(x.bleve.Close(), os.RemoveAll(x.dir))
}

// Ready says whether every document has been read once.
func (x *Index) Ready() bool {
	select {
	case <-x.built:
		return true
	default:
		return false
	}
}

func (x *Index) follow(ctx context.Context) {
	defer close(x.done)
	tick := time.NewTicker(x.opts.Poll)
	defer tick.Stop()
	failing := false
	for {
		err := x.update(ctx, false)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			x.opts.Log.Error("the search index cannot follow the changes", "err", err)
		case err == nil && failing:
			x.opts.Log.Info("the search index follows the changes again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// CatchUp brings the index up to date with everything that was committed before
// the call.
func (x *Index) CatchUp(ctx context.Context) error { return x.update(ctx, true) }

type change struct {
	ID  string `db:"id"`
	Seq int64  `db:"seq"`
}

func (x *Index) update(ctx context.Context, sweep bool) error {
	x.lock.Lock()
	defer x.lock.Unlock()
	now := time.Now()
	sweep = sweep || now.Sub(x.swept) >= sweepEvery
	var floor int64
	if !sweep {
		floor = x.floor(now)
	}
	changes, err := db.All[change](ctx, x.db, "SELECT id, max(seq) AS seq FROM search_change WHERE seq > $1 GROUP BY id ORDER BY max(seq)", floor)
	if err != nil {
		return fmt.Errorf("look for changed documents: %w", err)
	}
	last := floor
	var todo []change
	for _, c := range changes {
		last = max(last, c.Seq)
		if x.applied[c.ID] < c.Seq {
			todo = append(todo, c)
		}
	}
	w := newWriter()
	const page = 100
	for len(todo) > 0 {
		n := min(page, len(todo))
		if err := x.apply(ctx, w, todo[:n]); err != nil {
			return err
		}
		todo = todo[n:]
	}
	x.marks = append(x.marks, mark{now, last})
	if sweep {
		x.swept = now
	}
	if !x.Ready() {
		close(x.built)
	}
	return nil
}

// floor gives the change below which nothing can still come: one that was seen
// longer ago than any transaction lasts.
func (x *Index) floor(now time.Time) int64 {
	for len(x.marks) > 1 && now.Sub(x.marks[1].at) >= x.opts.Overlap {
		x.marks = x.marks[1:]
	}
	if len(x.marks) == 0 || now.Sub(x.marks[0].at) < x.opts.Overlap {
		return 0
	}
	return x.marks[0].seq
}

func (x *Index) apply(ctx context.Context, w *writer, changes []change) error {
	ids := make([]string, len(changes))
	for i, c := range changes {
		ids[i] = c.ID
	}
	rows, err := x.load(ctx, ids)
	if err != nil {
		return err
	}
	batch := x.bleve.NewBatch()
	for _, c := range changes {
		r, ok := rows[c.ID]
		if !ok {
			if _, known := x.applied[c.ID]; known {
				batch.Delete(c.ID)
			}
			continue
		}
		if err := batch.IndexAdvanced(w.document(r)); err != nil {
			return fmt.Errorf("index document %s: %w", c.ID, err)
		}
		for name := range r.Facets.V {
			x.facets.Store(name, true)
		}
	}
	if err := x.bleve.Batch(batch); err != nil {
		return fmt.Errorf("write the search index: %w", err)
	}
	for _, c := range changes {
		x.applied[c.ID] = c.Seq
	}
	return nil
}

func (x *Index) load(ctx context.Context, ids []string) (map[string]row, error) {
	where, args := new(db.Where).In("id", ids...).SQL()
	list, err := db.All[row](ctx, x.db, "SELECT "+db.Columns[row]("")+" FROM search_doc "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read search documents: %w", err)
	}
	rows := make(map[string]row, len(list))
	for _, r := range list {
		rows[r.ID] = r
	}
	return rows, nil
}

// The fields of a document in the index. A facet's field is its name after
// facetField.
const (
	titleField    = "title"    // stems of the title
	textField     = "text"     // stems of the text
	partField     = "part"     // stems of the parts of compounds and of words with hyphens
	wordField     = "word"     // whole words as they are spelled, for prefixes and suggestions
	numberField   = "number"   // see numberKey
	audienceField = "audience" // terms
	guardedField  = "guarded"  // terms
	excludedField = "excluded" // terms
	dateField     = "date"     // sorts like the date
	facetField    = "facet."

	kindFacet    = "kind"
	exampleFacet = "example"
)

// longestText is how much of a text is searched: some 130 pages. What comes
// after belongs in a document of its own.
const longestText = 400_000

// writer turns rows into documents of the index. It remembers what it has found
// out about words, since the same ones come again and again.
type writer struct {
	known map[string]analysed
}

type analysed struct {
	stem  string
	parts []string
}

func newWriter() *writer { return &writer{known: map[string]analysed{}} }

func (w *writer) analyse(folded, language string) analysed {
	key := language + " " + folded
	a, ok := w.known[key]
	if !ok {
		a.stem = stem(folded, language)
		if language != "en" {
			a.parts = parts(folded)
		}
		if len(w.known) >= 50_000 {
			clear(w.known)
		}
		w.known[key] = a
	}
	return a
}

func (w *writer) document(r row) *document.Document {
	var title, text, part, spelled terms
	add := func(to *terms, s string, keepStops bool) {
		words(s, func(v word) bool {
			if stop := isStop(v.folded); !stop || keepStops {
				spelled.once(v.folded)
				if stop {
					return true
				}
			} else {
				return true
			}
			a := w.analyse(v.folded, r.Lang)
			to.add(a.stem)
			for _, p := range a.parts {
				part.once(p)
			}
			for _, p := range v.pieces {
				part.once(w.analyse(p, r.Lang).stem)
				spelled.once(p)
			}
			return true
		})
	}
	add(&title, r.Title, true)
	add(&text, r.Body[:min(len(r.Body), longestText)], false)

	d := document.NewDocument(r.ID)
	field := func(name string, options bindex.FieldIndexingOptions, t analysis.TokenStream) {
		d.AddField(document.NewTextFieldCustom(name, nil, nil, bindex.IndexField|options, stream(t)))
	}
	field(titleField, 0, title.stream)
	field(textField, 0, text.stream)
	field(partField, bindex.SkipFreqNorm, part.stream)
	field(wordField, bindex.SkipFreqNorm, spelled.stream)
	field(audienceField, bindex.SkipFreqNorm, list(r.Audience.V...))
	field(guardedField, bindex.SkipFreqNorm, list(r.Guarded.V...))
	field(excludedField, bindex.SkipFreqNorm, list(r.Excluded.V...))
	if key := numberKey(r.Number); key != "" {
		field(numberField, bindex.SkipFreqNorm, list(key))
	}
	const facetOptions = bindex.SkipFreqNorm | bindex.DocValues
	field(facetField+kindFacet, facetOptions, list(r.Kind))
	for name, values := range r.Facets.V {
		field(facetField+name, facetOptions, list(values...))
	}
	if !r.Date.IsZero() {
		field(dateField, facetOptions, list(r.Date.Format("2006-01-02T15:04:05.000000")))
	}
	return d
}

// terms collects the terms of one field.
type terms struct {
	stream analysis.TokenStream
	has    map[string]bool
}

func (t *terms) add(term string) {
	t.stream = append(t.stream, &analysis.Token{Term: []byte(term), Position: len(t.stream) + 1})
}

// once adds a term that is not there yet, for fields in which only presence
// counts.
func (t *terms) once(term string) {
	if t.has == nil {
		t.has = map[string]bool{}
	}
	if !t.has[term] {
		t.has[term] = true
		t.add(term)
	}
}

func list(values ...string) analysis.TokenStream {
	var t terms
	for _, v := range values {
		t.add(v)
	}
	return t.stream
}

// stream hands a field's terms to bleve in place of an analyser.
type stream analysis.TokenStream

func (s stream) Analyze([]byte) analysis.TokenStream { return analysis.TokenStream(s) }
