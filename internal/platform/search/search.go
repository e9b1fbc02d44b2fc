// Package search finds records and publications by their words.
//
// The table search_doc holds what can be found. A module writes a record's
// document with Put in the transaction that changes the record, so the two never
// differ. An [Index] is a projection of the table: every copy of the program
// makes its own at start and follows the changes afterwards.
//
// Who may find a document is part of it: its audience. Nothing that a reader may
// not find has any trace in what the reader gets, be it hits, counts, facets,
// suggestions or the order of the hits. Therefore a document's score comes from
// the document alone, and not from how rare a word is among all documents.
//
// Words are compared by their stems. Bokmål and nynorsk forms of common words
// find each other, and the parts of compound words count a little.
package search

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/platform/db"
	"funn/internal/platform/lang"
)

// Migrations hold the tables search_doc and search_change.
//
//go:embed migrations
var Migrations embed.FS

// Messages hold the texts of the keys search.*.
//
//go:embed messages
var Messages embed.FS

// Doc is one thing that can be found.
type Doc struct {
	ID     string
	Kind   string // what sort of thing it is: a facet, and a filter
	Number string // public number, B-2022-001; found however it is spelled
	Title  string
	Text   string // plain text; the first 400 kB are searched
	Lang   string // nb, nn or en
	URL    string
	// Facets are what a list of hits can be narrowed by: theme -> slugs. The name
	// "kind" is taken, and so is "example", which is "true" or "false".
	Facets map[string][]string
	// Audience are the terms one of which a reader must hold to find the document.
	// Without any, nobody finds it.
	Audience []string
	// Guarded are terms that let find it only those who hold none of Excluded.
	Guarded  []string
	Excluded []string
	Date     time.Time // newest first among equals; zero when not known
	Example  bool      // made up to fill what the sources lack: every hit says so
}

type row struct {
	ID       string                       `db:"id"`
	Kind     string                       `db:"kind"`
	Number   string                       `db:"number"`
	Title    string                       `db:"title"`
	Body     string                       `db:"body"`
	Lang     string                       `db:"lang"`
	URL      string                       `db:"url"`
	Facets   db.JSON[map[string][]string] `db:"facets"`
	Audience db.JSON[[]string]            `db:"audience"`
	Guarded  db.JSON[[]string]            `db:"guarded"`
	Excluded db.JSON[[]string]            `db:"excluded"`
	Date     time.Time                    `db:"date"`
	Hash     string                       `db:"hash"`
}

// found says whether one who holds the terms may find the document.
func (r row) found(terms []string) bool {
	held := func(of []string) bool {
		return slices.ContainsFunc(of, func(t string) bool { return slices.Contains(terms, t) })
	}
	return held(r.Audience.V) || held(r.Guarded.V) && !held(r.Excluded.V)
}

// AlsoFound tells the reader which other words were searched for; empty when none was.
func AlsoFound(ctx context.Context, r Result) string {
	if len(r.Related) == 0 {
		return ""
	}
	words := make([]string, len(r.Related))
	for i, w := range r.Related {
		words[i] = lang.T(ctx, "search.related.word", "word", w)
	}
	return lang.T(ctx, "search.related", "words", strings.Join(words, ", "))
}

// Put writes the document, in the context's transaction when there is one. It
// replaces the one with the same id; the same again changes nothing. Text that a
// database cannot hold (NUL, broken UTF-8) is mended, so that a bad file cannot
// stop the change that it belongs to.
func Put(ctx context.Context, d *db.DB, doc Doc) error {
	if doc.ID == "" {
		return errors.New("put search document: it has no id")
	}
	r := row{
		ID: clean(doc.ID), Kind: clean(doc.Kind), Number: clean(doc.Number), Title: clean(doc.Title), Body: clean(doc.Text),
		Lang: clean(doc.Lang), URL: clean(doc.URL), Date: doc.Date.UTC().Truncate(time.Microsecond),
	}
	r.Audience.V, r.Guarded.V, r.Excluded.V = cleaned(doc.Audience), cleaned(doc.Guarded), cleaned(doc.Excluded)
	r.Facets.V = map[string][]string{}
	for name, values := range doc.Facets {
		if name == kindFacet || name == exampleFacet {
			return fmt.Errorf("put search document %s: the facet name %q is taken", doc.ID, name)
		}
		if values := cleaned(values); len(values) > 0 {
			r.Facets.V[clean(name)] = values
		}
	}
	r.Facets.V[exampleFacet] = []string{strconv.FormatBool(doc.Example)}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("put search document %s: %w", doc.ID, err)
	}
	sum := sha256.Sum256(text)
	r.Hash = hex.EncodeToString(sum[:])
	err = d.Tx(ctx, func(ctx context.Context) error {
		n, err := d.Exec(ctx, `
			INSERT INTO search_doc (id, kind, number, title, body, lang, url, facets, audience, guarded, excluded, date, hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
			ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, number = excluded.number, title = excluded.title,
				body = excluded.body, lang = excluded.lang, url = excluded.url, facets = excluded.facets,
				audience = excluded.audience, guarded = excluded.guarded, excluded = excluded.excluded, date = excluded.date, hash = excluded.hash
			WHERE search_doc.hash <> excluded.hash`,
			r.ID, r.Kind, r.Number, r.Title, r.Body, r.Lang, r.URL, r.Facets, r.Audience, r.Guarded, r.Excluded, r.Date, r.Hash)
		if err != nil || n == 0 {
			return err
		}
		return changed(ctx, d, r.ID)
	})
	if err != nil {
		return fmt.Errorf("put search document %s: %w", doc.ID, err)
	}
	return nil
}

// Remove takes the document away, in the context's transaction when there is
// one. That it is not there is no error.
func Remove(ctx context.Context, d *db.DB, id string) error {
	err := d.Tx(ctx, func(ctx context.Context) error {
		n, err := d.Exec(ctx, "DELETE FROM search_doc WHERE id = $1", clean(id))
		if err != nil || n == 0 {
			return err
		}
		return changed(ctx, d, clean(id))
	})
	if err != nil {
		return fmt.Errorf("remove search document %s: %w", id, err)
	}
	return nil
}

// changed gives the document a new place at the end of the changes. Two at once
// may leave two rows, which does no harm.
func changed(ctx context.Context, d *db.DB, id string) error {
	if _, err := d.Exec(ctx, "DELETE FROM search_change WHERE id = $1", id); err != nil {
		return err
	}
	_, err := d.Exec(ctx, "INSERT INTO search_change (id) VALUES ($1)", id)
	return err
}

func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, " "), "\x00", " ")
}

// cleaned gives the distinct values, sorted, none empty, so that the same
// document is the same text.
func cleaned(values []string) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		if v = clean(v); v != "" {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
