package search

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"funn/internal/platform/db"
	"funn/internal/platform/db/dbtest"
	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
)

var schema = []fs.FS{Migrations}

var everybody = []string{"public"}

// index opens an index that follows the changes only when it is told to.
func index(t testing.TB, d *db.DB) *Index {
	t.Helper()
	x, err := Open(d, Options{Dir: t.TempDir(), Poll: time.Hour, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func put(t testing.TB, d *db.DB, docs ...Doc) {
	t.Helper()
	err := d.Tx(context.Background(), func(ctx context.Context) error {
		for _, doc := range docs {
			if doc.Audience == nil {
				doc.Audience = everybody
			}
			if err := Put(ctx, d, doc); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func catchUp(t testing.TB, x *Index) {
	t.Helper()
	if err := x.CatchUp(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func search(t testing.TB, x *Index, q Query) Result {
	t.Helper()
	if q.Audience == nil {
		q.Audience = everybody
	}
	res, err := x.Search(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func ids(res Result) string {
	var out []string
	for _, h := range res.Hits {
		out = append(out, h.ID)
	}
	return strings.Join(out, " ")
}

// Words that are written of the same find each other, in both language forms, after
// what has the word itself; the reader is told, and only of what this reader can find.
func TestRelated(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schema...)
	filler := strings.Repeat("teksten handler om noe annet. ", 600)
	put(t, d,
		Doc{ID: "title", Kind: "p", Title: "Kompetansetiltak for sykmeldte", Lang: "nb"},
		Doc{ID: "text", Kind: "p", Title: "Noe annet", Text: filler + "Her står sykefraværet.", Lang: "nb"},
		Doc{ID: "nynorsk", Kind: "p", Title: "Fleire sjukmeldingar", Lang: "nn"},
		Doc{ID: "ledig", Kind: "p", Title: "De som er helt ledige", Lang: "nb"},
		Doc{ID: "leder", Kind: "p", Title: "Å lede og være leder", Lang: "nb"},
		Doc{ID: "aap", Kind: "p", Title: "AAP-mottakeres brukerløp", Lang: "nb"},
		Doc{ID: "penger", Kind: "p", Title: "Vilkår", Text: "Arbeidsavklaringspengar for unge.", Lang: "nn"},
		Doc{ID: "secret", Kind: "p", Title: "Verkemiddel", Lang: "nn", Audience: []string{"few"}},
		Doc{ID: "measure", Kind: "p", Title: "Tiltak", Lang: "nb"},
	)
	x := index(t, d)
	catchUp(t, x)
	in := func(tag string) context.Context {
		return lang.WithPrinter(context.Background(), lang.NewCatalog().Printer(lang.Tag(tag)))
	}
	for _, test := range []struct{ text, form, want, told string }{
		{"sykefravær", "nb", "text nynorsk title", "sykmeldt sykmelding"},
		{"sjukefråvær", "nn", "text nynorsk title", "sjukmeldt sjukmelding"},
		{"sykmeldte", "nb", "title nynorsk text", "sykefravær sykmelding"},
		{"arbeidsledighet", "nb", "ledig", "ledige"},
		{"leder", "nb", "leder ledig", ""},
		{"arbeidsavklaringspenger", "nb", "penger aap", "aap"},
		{"aap", "nb", "aap penger", "arbeidsavklaringspenger"},
		{"tiltak", "nb", "measure title", ""},
	} {
		res, err := x.Search(in(test.form), Query{Text: test.text, Audience: everybody})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Fields(ids(res))
		want := strings.Fields(test.want)
		// What has the word itself comes first; the order of the others is not promised.
		first := slices.Clone(got[:min(1, len(got))])
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || !slices.Equal(first, strings.Fields(test.want)[:1]) {
			t.Errorf("%s finds %s, want %s", test.text, ids(res), test.want)
		}
		if told := strings.Join(res.Related, " "); told != test.told {
			t.Errorf("%s: told of %q, want %q", test.text, told, test.told)
		}
	}
	res := search(t, x, Query{Text: "tiltak", Audience: []string{"public", "few"}})
	if ids(res) != "measure title secret" || !slices.Equal(res.Related, []string{"virkemiddel"}) {
		t.Errorf("those few find %s, told of %v", ids(res), res.Related)
	}
	res = search(t, x, Query{Text: "arbeidsledige"})
	if len(res.Hits) != 1 || ids(res) != "ledig" {
		t.Fatalf("%s", ids(res))
	}
}

// When nothing has every word, what has half of them is found if that was asked
// for, most of them first; one word alone, and a text that something has whole, find
// what they always do.
func TestLoosened(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		put(t, d,
			Doc{ID: "two", Title: "Ungdom og helse"}, Doc{ID: "three", Title: "Ungdom, helse og skole"}, Doc{ID: "one", Title: "Ungdom"},
			Doc{ID: "hidden", Title: "Ungdom, helse, skole", Audience: []string{"staff"}})
		x := index(t, d)
		catchUp(t, x)
		for _, c := range []struct {
			text  string
			want  string
			loose bool
		}{
			{"ungdom helse skole bolig", "three two", true},
			{"ungdom bolig", "one three two", true},
			{"ungdom helse", "two three", false},
			{"bolig", "", false},
			{"bolig båt", "", false},
		} {
			res := search(t, x, Query{Text: c.text, Loosen: true})
			got := strings.Fields(ids(res))
			want := strings.Fields(c.want)
			if c.text == "ungdom bolig" { // all with one of two: in the order of how well they match
				slices.Sort(got)
				slices.Sort(want)
			}
			if !slices.Equal(got, want) || res.Loose != c.loose || res.Total != len(want) {
				t.Errorf("%q finds %v of %d (loose %v), want %v (%v)", c.text, got, res.Total, res.Loose, want, c.loose)
			}
			if strict := search(t, x, Query{Text: c.text}); strict.Loose || c.loose && strict.Total != 0 {
				t.Errorf("%q finds %d without being loosened", c.text, strict.Total)
			}
		}
	})
}

func TestFollowsTheTable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		put(t, d, Doc{ID: "a", Title: "Arbeid"}, Doc{ID: "b", Title: "Arbeid og helse"})
		x := index(t, d)
		catchUp(t, x)
		if got := ids(search(t, x, Query{Text: "arbeid"})); got != "a b" {
			t.Errorf("at start: %q", got)
		}
		put(t, d, Doc{ID: "c", Title: "Arbeid i distriktene er noe annet"}, Doc{ID: "a", Title: "Trygd"})
		if err := Remove(ctx, d, "b"); err != nil {
			t.Fatal(err)
		}
		if err := Remove(ctx, d, "never was"); err != nil {
			t.Fatal(err)
		}
		stop := errors.New("stop")
		err := d.Tx(ctx, func(ctx context.Context) error {
			if err := Put(ctx, d, Doc{ID: "undone", Title: "Arbeid", Audience: everybody}); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		catchUp(t, x)
		if got := ids(search(t, x, Query{Text: "arbeid"})); got != "c" {
			t.Errorf("after changes: %q", got)
		}
		if got := ids(search(t, x, Query{Text: "trygd"})); got != "a" {
			t.Errorf("after changes: %q", got)
		}
		// A second copy of the program sees the same.
		other := index(t, d)
		catchUp(t, other)
		q := Query{Text: "arbeid"}
		if diff := cmp.Diff(search(t, x, q), search(t, other, q)); diff != "" {
			t.Error(diff)
		}
	})
}

// The same document again is no change, so loading everything anew is cheap.
func TestPutTheSame(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		last := func() int64 {
			n, err := db.One[int64](ctx, d, "SELECT max(seq) FROM search_change")
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		doc := Doc{ID: "a", Title: "x", Facets: map[string][]string{"theme": {"b", "a", ""}, "none": {}}, Audience: []string{"x", "y"}, Date: time.Date(2022, 1, 2, 3, 4, 5, 678, time.FixedZone("", 3600))}
		put(t, d, doc)
		before := last()
		doc.Facets, doc.Audience = map[string][]string{"theme": {"a", "b"}}, []string{"y", "x", "x"}
		put(t, d, doc)
		if last() != before {
			t.Error("the same document counts as a change")
		}
		doc.Title = "y"
		put(t, d, doc)
		if last() == before {
			t.Error("another title does not count as a change")
		}
		n, err := db.One[int](ctx, d, "SELECT count(*) FROM search_change")
		if err != nil || n != 1 {
			t.Errorf("%d rows for one document, %v", n, err)
		}
		if err := Put(ctx, d, Doc{}); err == nil {
			t.Error("a document without an id was accepted")
		}
		if err := Put(ctx, d, Doc{ID: "b", Facets: map[string][]string{"kind": {"x"}}}); err == nil {
			t.Error("a facet with the name kind was accepted")
		}
		put(t, d, Doc{ID: "bad", Title: "a\x00b", Text: "c\xffd"})
	})
}

// Transactions on PostgreSQL may commit in another order than they were
// numbered; the overlap finds the late one, and without it only a sweep does.
func TestCommitsOutOfOrder(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		overlap time.Duration
		found   bool
	}{{time.Hour, true}, {time.Nanosecond, false}} {
		t.Run(test.overlap.String(), func(t *testing.T) {
			t.Parallel()
			d := dbtest.Postgres(t, schema...)
			ctx := context.Background()
			x := index(t, d)
			x.opts.Overlap = test.overlap
			catchUp(t, x)
			err := d.Tx(ctx, func(tx context.Context) error {
				if err := Put(tx, d, Doc{ID: "early", Title: "Trygd", Audience: everybody}); err != nil {
					return err
				}
				put(t, d, Doc{ID: "late", Title: "Trygd"}) // in a transaction of its own, numbered later
				for range 3 {
					time.Sleep(time.Millisecond)
					if err := x.update(ctx, false); err != nil {
						return err
					}
				}
				if got := ids(search(t, x, Query{Text: "trygd"})); got != "late" {
					t.Errorf("before the commit: %q", got)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := x.update(ctx, false); err != nil {
				t.Fatal(err)
			}
			want := map[bool]string{true: "early late", false: "late"}[test.found]
			if got := ids(search(t, x, Query{Text: "trygd"})); got != want {
				t.Errorf("after the commit: %q, want %q", got, want)
			}
			catchUp(t, x)
			if got := ids(search(t, x, Query{Text: "trygd"})); got != "early late" {
				t.Errorf("after a sweep: %q", got)
			}
		})
	}
}

// The background follower alone keeps an index up to date, and reads only what
// is new.
func TestFollow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		x, err := Open(d, Options{Poll: 10 * time.Millisecond, Overlap: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"a", "b"} {
			put(t, d, Doc{ID: id, Title: "Trygd"})
			for end := time.Now().Add(10 * time.Second); !strings.Contains(ids(search(t, x, Query{})), id); time.Sleep(5 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("%s was not found", id)
				}
			}
			time.Sleep(100 * time.Millisecond)
		}
		x.lock.Lock()
		floor := x.floor(time.Now())
		x.lock.Unlock()
		if floor == 0 {
			t.Error("everything is read each time")
		}
		dir := x.dir
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the folder is left behind: %v", err)
		}
	})
}

func TestNotReady(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t) // no tables, so the index cannot be filled
	x, err := Open(d, Options{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if _, err := x.Search(context.Background(), Query{Audience: everybody}); fault.Of(err) != fault.Unavailable {
		t.Errorf("got %v, want Unavailable", err)
	}
	if err := x.CatchUp(context.Background()); err == nil {
		t.Error("caught up without tables")
	}
	c := lang.NewCatalog()
	if err := c.Load(Messages); err != nil {
		t.Fatal(err)
	}
	if !c.Has("search.building") || len(c.Missing()) > 0 {
		t.Errorf("texts missing: %v", c.Missing())
	}
}

// A small library in three languages, for what finds what.
var library = []Doc{
	{ID: "digisos", Number: "B-2022-001", Kind: "publication", Lang: "nb", Title: "Digisos: brukermedvirkning i sosialtjenesten", Text: "Rapporten undersøker hvordan Nav-kontorene tar imot digitale søknader om økonomisk sosialhjelp. Veilederne fikk bedre tid."},
	{ID: "sjuk", Number: "B-2022-002", Kind: "publication", Lang: "nn", Title: "Sjukefråvær og oppfølging frå arbeidsgjevar", Text: "Forskinga viser at tidleg oppfølging av sjukmelde arbeidstakarar har verknad. Rettleiarane i verksemdene vart intervjua."},
	{ID: "unge", Number: "P-2022-041", Kind: "project", Lang: "nb", Title: "Unge utenfor arbeid og utdanning", Text: "Forskningsprosjektet følger ungdom som ikke er i jobb. Det prøver ut arbeidsmarkedstiltak i tre fylker. Se også B-2022-001."},
	{ID: "english", Number: "B-2021-007", Kind: "publication", Lang: "en", Title: "Evaluations of active labour market policies", Text: "The studies compare wage subsidies and training across municipalities."},
	{ID: "bok", Number: "B-2020-003", Kind: "publication", Lang: "nb", Title: "Bøker om levekår", Text: "En bibliografi laget av Rosén ved biblioteket. Den lister også artikler om virksomhetens praksis."},
}

func TestFinds(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schema...)
	put(t, d, library...)
	x := index(t, d)
	catchUp(t, x)
	for _, test := range []struct{ text, want, why string }{
		{"rapport", "digisos", "another ending"},
		{"søknad", "digisos", "another ending"},
		{"RAPPORTENE", "digisos", "case"},
		{"sykefravær", "sjuk", "nynorsk by bokmål"},
		{"sjukefråvær", "sjuk", "the word itself"},
		{"forskning", "sjuk unge", "nynorsk by bokmål; a part of a compound, or a beginning, comes last"},
		{"virksomheter", "bok sjuk", "the word itself before its like in the other form"},
		{"veiledere", "digisos sjuk", "the word itself before its like in the other form"},
		{"effekt", "sjuk", "a word that means the same"},
		{"bok", "bok", "an irregular plural"},
		{"tiltak", "unge", "a part of a compound"},
		{"medvirkning", "digisos", "a part of a compound"},
		{"kontor", "digisos", "behind a hyphen"},
		{"nav-kontor", "digisos", "with a hyphen"},
		{"navkontor", "digisos", "without it"},
		{"nav kontor", "digisos", "as two words"},
		{"arbeidsmarkeds", "unge", "the beginning of a word"},
		{"biblio", "bok", "the beginning of a word"},
		{"biblio levekår", "", "only the last word may be a beginning"},
		{"levekår biblio", "bok", "only the last word may be a beginning"},
		{"unge uten", "unge", "the last word may be a beginning of one that stands everywhere"},
		{"evaluation", "english", "English endings"},
		{"study municipality", "english", "English endings"},
		{"rosen", "bok", "without the accent"},
		{"b-2022-001", "digisos unge", "the number before those that mention it"},
		{"B 2022 001", "digisos unge", "a number in another spelling"},
		{"b2022", "digisos sjuk unge", "the beginning of a number"},
		{"unge og arbeid", "unge", "a word that stands everywhere is left out"},
		{"unge sykefravær", "", "every word must be found"},
		{"som ikke er", "", "words that stand everywhere are found in titles only"},
		{"utenfor og", "unge", "such a word last"},
		{"om", "bok", "such a word alone, in a title"},
		{"!!! ... --", "", "nothing but punctuation"},
		{"", "bok digisos english sjuk unge", "no text at all"},
		{"  ", "bok digisos english sjuk unge", "no text at all"},
	} {
		if got := ids(search(t, x, Query{Text: test.text})); got != test.want {
			t.Errorf("%q (%s): got %q, want %q", test.text, test.why, got, test.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schema...)
	put(t, d, library...)
	put(t, d, Doc{ID: "secret", Title: "Rapporteringsplikten", Text: "hemmelighold", Audience: []string{"role:admin"}})
	x := index(t, d)
	catchUp(t, x)
	for text, want := range map[string]string{
		"sykefarvær":          "",
		"sjukefårvær":         "sjukefråvær",
		"utdaning":            "utdanning",
		"Unge med  utdaning?": "Unge med utdanning?",
		"levekaar":            "levekår",
		"hemmelighald":        "",
		"utdaning levekår":    "",
		"xyzzyplugh":          "",
		"zzz":                 "",
		"utdanning":           "",
	} {
		if got := search(t, x, Query{Text: text}).Suggest; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := search(t, x, Query{Text: "hemmelighald", Audience: []string{"role:admin"}}).Suggest; got != "hemmelighold" {
		t.Errorf("for one who may find it: %q", got)
	}
}

func TestSnippet(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("fyll ", 100)
	for _, test := range []struct{ text, body, want string }{
		{"", "En tekst.\nTo linjer.", "En tekst. To linjer."},
		{"tekst", "En tekst.\nTo tekster!", "En [tekst]. To [tekster]!"},
		{"linje", "(Linjer)", "([Linjer])"},
		{"tiltak", "Om arbeidsmarkedstiltak <b>", "Om [arbeidsmarkedstiltak] <b>"},
		{"ting", long + "en ting til " + long, "… fyll fyll fyll fyll fyll fyll fyll en [ting] til" + strings.Repeat(" fyll", 22) + " …"},
		{"ting", "en ting " + long + "ting og ting", "… " + strings.Repeat("fyll ", 28) + "fyll [ting] og [ting]"},
		{"ting", "", ""},
		{"ting", "…", ""},
	} {
		m := newMarker(plan{words: ask(test.text)})
		var got strings.Builder
		for _, p := range m.snippet(test.body, "nb") {
			if p.Match {
				got.WriteString("[" + p.Text + "]")
			} else {
				got.WriteString(p.Text)
			}
		}
		if got.String() != test.want {
			t.Errorf("%q in %.40q:\ngot  %s\nwant %s", test.text, test.body, got.String(), test.want)
		}
	}
}

func TestFacetsAndPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		for i := range 30 {
			put(t, d, Doc{
				ID: fmt.Sprintf("%02d", i), Kind: []string{"project", "publication"}[i%2], Title: "Trygd", Example: i%3 == 0,
				Facets: map[string][]string{"theme": {[]string{"a", "b", "c"}[i%3]}, "year": {fmt.Sprint(2020 + i%2)}},
				Date:   time.Date(2020, 1, 1+i, 0, 0, 0, 0, time.UTC),
			})
		}
		x := index(t, d)
		catchUp(t, x)
		all := search(t, x, Query{Text: "trygd", Limit: 100})
		if all.Total != 30 || len(all.Hits) != 30 || all.Hits[0].ID != "29" || all.Partial {
			t.Errorf("%d of %d, first %s", len(all.Hits), all.Total, all.Hits[0].ID)
		}
		for _, h := range all.Hits {
			if n, _ := strconv.Atoi(h.ID); h.Example != (n%3 == 0) {
				t.Errorf("hit %s says example: %v", h.ID, h.Example)
			}
		}
		want := map[string][]Count{
			"example": {{"false", 20}, {"true", 10}},
			"kind":    {{"project", 15}, {"publication", 15}},
			"theme":   {{"a", 10}, {"b", 10}, {"c", 10}},
			"year":    {{"2020", 15}, {"2021", 15}},
		}
		if diff := cmp.Diff(want, all.Facets); diff != "" {
			t.Error(diff)
		}
		var paged []Hit
		for offset := 0; offset < 40; offset += 7 {
			res := search(t, x, Query{Text: "trygd", Offset: offset, Limit: 7})
			if res.Total != 30 {
				t.Errorf("from %d: total %d", offset, res.Total)
			}
			paged = append(paged, res.Hits...)
		}
		if diff := cmp.Diff(all.Hits, paged); diff != "" {
			t.Errorf("page by page: %s", diff)
		}
		// A facet that is narrowed still counts its other values.
		res := search(t, x, Query{Kinds: []string{"project"}, Facets: map[string][]string{"theme": {"a", "b"}, "none given": {}}})
		want = map[string][]Count{
			"example": {{"false", 5}, {"true", 5}},
			"kind":    {{"project", 10}, {"publication", 10}},
			"theme":   {{"a", 5}, {"b", 5}, {"c", 5}},
			"year":    {{"2020", 10}},
		}
		if diff := cmp.Diff(want, res.Facets); diff != "" || res.Total != 10 || len(res.Hits) != 10 {
			t.Errorf("%d of %d: %s", len(res.Hits), res.Total, diff)
		}
		for _, q := range []Query{{Offset: 1 << 30}, {Offset: 100}, {Kinds: []string{"absent"}}, {Facets: map[string][]string{"absent": {"x"}}}} {
			if res := search(t, x, q); len(res.Hits) != 0 {
				t.Errorf("%+v: %d hits", q, len(res.Hits))
			}
		}
		if res := search(t, x, Query{Offset: -1, Limit: 1000}); len(res.Hits) != 30 {
			t.Errorf("a limit too large: %d hits", len(res.Hits))
		}
		x.most = 5
		if res := search(t, x, Query{Text: "trygd"}); res.Total != 5 || len(res.Hits) != 5 || !res.Partial {
			t.Errorf("with a cap of 5: %d hits of %d, partial %v", len(res.Hits), res.Total, res.Partial)
		}
	})
}

func TestAudience(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		put(t, d,
			Doc{ID: "open", Title: "Trygd"},
			Doc{ID: "mine", Title: "Trygd", Audience: []string{"person:1", "role:fou"}},
			Doc{ID: "nobody's", Title: "Trygd", Audience: []string{}},
			Doc{ID: "guarded", Title: "Trygd", Audience: []string{"person:3"}, Guarded: []string{"role:fou"}, Excluded: []string{"person:2", "person:3"}})
		x := index(t, d)
		catchUp(t, x)
		for _, test := range []struct {
			terms []string
			want  string
		}{
			{[]string{"public"}, "open"},
			{[]string{"public", "person:1"}, "mine open"},
			{[]string{"role:fou", "person:1"}, "guarded mine"},
			{[]string{"role:fou", "person:2"}, "mine"},
			{[]string{"role:fou", "person:3"}, "guarded mine"}, // whom another rule lets in
			{[]string{"person:2"}, ""},
			{[]string{"person:11", "person:", ""}, ""},
			{[]string{}, ""},
		} {
			res := search(t, x, Query{Text: "trygd", Audience: test.terms})
			if got := ids(res); got != test.want || res.Total != len(res.Hits) {
				t.Errorf("%v: got %q of %d, want %q", test.terms, got, res.Total, test.want)
			}
		}
		// What is closed is not shown even before the index knows.
		put(t, d, Doc{ID: "open", Title: "Trygd", Audience: []string{"role:fou"}})
		if res := search(t, x, Query{Text: "trygd"}); len(res.Hits) != 0 || res.Total != 0 {
			t.Errorf("shown though closed: %q of %d", ids(res), res.Total)
		}
		// Nor is it counted where only the count is asked for.
		put(t, d, Doc{ID: "guarded", Title: "Trygd", Guarded: []string{"role:fou"}, Excluded: []string{"person:4"}})
		if res := search(t, x, Query{Text: "trygd", Audience: []string{"role:fou", "person:4"}, Offset: 50}); res.Total != 2 {
			t.Errorf("counted though excepted: %d", res.Total)
		}
	})
}

// Two worlds, with and without documents that a reader may not find, are the same
// to that reader, scores and all.
func TestTwoWorlds(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schema...)
	x := index(t, d)
	vocabulary := strings.Fields("trygd arbeid helse arbeidsmarkedstiltak tiltak forskning forsking unge ungdom evaluering rapport rapporten nav-kontor bruker brukar veileder sykefravær effekt og i")
	text := func(t *rapid.T, label string, most int) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(vocabulary), 0, most).Draw(t, label), " ")
	}
	generate := func(t *rapid.T, id string, audience ...string) Doc {
		return Doc{
			ID: id, Kind: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "kind"), Number: fmt.Sprintf("B-2022-%03d", rapid.IntRange(0, 20).Draw(t, "number")),
			Title: text(t, "title", 6), Text: text(t, "text", 40), Lang: rapid.SampledFrom([]string{"nb", "nn", "en"}).Draw(t, "lang"),
			Facets:   map[string][]string{rapid.SampledFrom([]string{"theme", "year"}).Draw(t, "facet"): {rapid.SampledFrom(vocabulary).Draw(t, "value")}},
			Audience: audience, Date: time.Date(2020+rapid.IntRange(0, 2).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC),
		}
	}
	different, runs := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		var all []string
		add := func(prefix string, n int, audience ...string) {
			for i := range n {
				doc := generate(rt, fmt.Sprintf("%s%02d", prefix, i), audience...)
				all = append(all, doc.ID)
				put(t, d, doc)
			}
		}
		defer func() {
			for _, id := range all {
				if err := Remove(context.Background(), d, id); err != nil {
					rt.Fatal(err)
				}
			}
		}()
		add("open", rapid.IntRange(0, 12).Draw(rt, "open"), "public", "staff")
		catchUp(t, x)
		queries := []Query{{}, {Text: "B-2022-00"}, {Text: "rapprt"}, {Text: text(rt, "query", 3), Kinds: []string{"a"}}}
		for range 4 {
			queries = append(queries, Query{Text: text(rt, "query", 3)})
		}
		ask := func(audience ...string) (out []Result) {
			for _, q := range queries {
				q.Audience = audience
				out = append(out, search(t, x, q))
			}
			return out
		}
		before, staffBefore := ask("public", "person:outside"), ask("public", "staff")
		add("closed", rapid.IntRange(1, 12).Draw(rt, "closed"), "staff")
		for i := range rapid.IntRange(1, 6).Draw(rt, "excepted") {
			doc := generate(rt, fmt.Sprintf("excepted%02d", i), "nobody")
			doc.Guarded, doc.Excluded = []string{"public", "staff"}, []string{"other", "person:outside"}
			all = append(all, doc.ID)
			put(t, d, doc)
		}
		catchUp(t, x)
		if diff := cmp.Diff(before, ask("public", "person:outside")); diff != "" {
			rt.Fatalf("what was hidden shows: %s", diff)
		}
		runs++
		if !cmp.Equal(staffBefore, ask("public", "staff"), cmpopts.EquateEmpty()) {
			different++
		}
	})
	if different < runs/2 {
		t.Errorf("those who may find them see a difference in %d of %d runs only: the hidden documents match too little", different, runs)
	}
}

// Whatever is typed, a search answers, and its snippets hold the text.
func FuzzQuery(f *testing.F) {
	d := dbtest.SQLite(f, schema...)
	put(f, d, library...)
	x := index(f, d)
	catchUp(f, x)
	for _, s := range []string{"", "forskning", `"a b" -c +d`, "b-2022-001", "*?~^:\\/(){}[]", strings.Repeat("a ", 300), strings.Repeat("å", 600), "\x00\xff", "sykefarvær", "og i på", "nav-kontor-nav-kontor"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		res := search(t, x, Query{Text: text})
		if res.Total != len(res.Hits) {
			t.Fatalf("%q: %d hits of %d", text, len(res.Hits), res.Total)
		}
		for _, h := range res.Hits {
			i := slices.IndexFunc(library, func(doc Doc) bool { return doc.ID == h.ID })
			for _, p := range h.Snippet {
				if p.Match && !strings.Contains(library[i].Text, p.Text) {
					t.Fatalf("%q: %q does not stand in the text", text, p.Text)
				}
			}
		}
		if res.Suggest != "" && search(t, x, Query{Text: res.Suggest}).Total == 0 {
			t.Fatalf("%q: the suggestion %q finds nothing", text, res.Suggest)
		}
	})
}

// spell gives the word of a rank: 0 is the most common.
func spell(rank uint64) string {
	syllables := strings.Fields("ar be ka li mo nu pe ra si ta ve ho fo ju kle la mi no på sø")
	var b strings.Builder
	for i := rank + 400; i > 0; i /= 20 {
		b.WriteString(syllables[i%20])
	}
	return b.String()
}

// corpus makes documents of words whose frequencies fall as in real texts.
func corpus(n, length int) []Doc {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(r, 1.1, 2, 60_000)
	text := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(spell(zipf.Uint64()) + " ")
		}
		return b.String()
	}
	docs := make([]Doc, n)
	for i := range docs {
		docs[i] = Doc{
			ID: fmt.Sprintf("doc-%06d", i), Kind: []string{"project", "publication", "need"}[i%3], Number: fmt.Sprintf("B-%d-%03d", 2000+i%23, i/23),
			Title: text(8), Text: text(length), Lang: "nb", Audience: []string{[]string{"public", "staff"}[i%2]},
			Facets: map[string][]string{"theme": {spell(uint64(i % 7))}, "year": {fmt.Sprint(2000 + i%23)}, "institution": {spell(uint64(i % 40))}},
			Date:   time.Date(2000+i%23, 1, 1, 0, 0, i, 0, time.UTC),
		}
	}
	return docs
}

func BenchmarkSearch(b *testing.B) {
	d := dbtest.SQLite(b, schema...)
	put(b, d, corpus(10_000, 300)...)
	x := index(b, d)
	began := time.Now()
	catchUp(b, x)
	b.Logf("10,000 documents of 300 words indexed in %v", time.Since(began).Round(time.Millisecond))
	time.Sleep(5 * time.Second) // the index still merges what it has written
	audience := []string{"public", "anyone", "staff", "person:1", "role:fou@nav"}
	for name, q := range map[string]Query{
		"common":   {Text: spell(0)},
		"two":      {Text: spell(5) + " " + spell(6)},
		"middle":   {Text: spell(200)},
		"rare":     {Text: spell(10_000)},
		"prefix":   {Text: spell(0)[:3]},
		"narrowed": {Text: spell(0), Kinds: []string{"project"}, Facets: map[string][]string{"year": {"2010"}}},
		"all":      {},
		"number":   {Text: "B-2003-101"},
		"nothing":  {Text: "berakasomethingelse"},
	} {
		b.Run(name, func(b *testing.B) {
			q.Audience = audience
			total := 0
			for b.Loop() {
				res, err := x.Search(context.Background(), q)
				if err != nil {
					b.Fatal(err)
				}
				total = res.Total
			}
			b.ReportMetric(float64(total), "hits")
		})
	}
	b.Run("change", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			put(b, d, Doc{ID: "doc-000001", Title: fmt.Sprint("Ny tittel ", i), Text: "Ny tekst"})
			if err := x.update(context.Background(), false); err != nil {
				b.Fatal(err)
			}
		}
	})
}
