package lang

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
)

// Catalog holds the text of every key in every language. It is filled once, at
// start, and only read afterwards; reading is safe from many goroutines.
type Catalog struct {
	texts map[string]*[3]entry
}

type entry struct {
	text string
	set  bool
}

// NewCatalog gives an empty catalogue.
func NewCatalog() *Catalog { return &Catalog{texts: make(map[string]*[3]entry)} }

// Load adds the texts in messages/nb.json, nn.json and en.json of fsys, each a
// flat JSON object from key to text. A file that is absent adds nothing. It is
// an error when a key is already there with another text, so that two modules
// cannot fight over one key.
func (c *Catalog) Load(fsys fs.FS) error {
	for _, t := range Tags {
		name := "messages/" + string(t) + ".json"
		data, err := fs.ReadFile(fsys, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read texts %s: %w", name, err)
		}
		if err := c.add(t, data); err != nil {
			return fmt.Errorf("load texts %s: %w", name, err)
		}
	}
	return nil
}

func (c *Catalog) add(t Tag, data []byte) error {
	pairs, err := readPairs(data)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		e := c.texts[p.key]
		if e == nil {
			e = new([3]entry)
			c.texts[p.key] = e
		}
		if old := e[t.index()]; old.set && old.text != p.text {
			return fmt.Errorf("key %q is %q already and cannot be %q too", p.key, old.text, p.text)
		}
		e[t.index()] = entry{text: p.text, set: true}
	}
	return nil
}

type pair struct{ key, text string }

// readPairs reads the object token by token, because encoding/json would let
// the last of two equal keys win in silence.
func readPairs(data []byte) ([]pair, error) {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	if tok, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	} else if tok != json.Delim('{') {
		return nil, fmt.Errorf("want a JSON object, got %v", tok)
	}
	var pairs []pair
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("read JSON: %w", err)
		}
		key, _ := k.(string) // the decoder allows nothing but strings as keys
		v, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("read JSON at key %q: %w", key, err)
		}
		text, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("key %q: want a text, got %v", key, v)
		}
		pairs = append(pairs, pair{key, text})
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	return pairs, nil
}

// Has says whether the key has a text in any language.
func (c *Catalog) Has(key string) bool { return c.texts[key] != nil }

// Keys lists every key, sorted.
func (c *Catalog) Keys() []string {
	keys := make([]string, 0, len(c.texts))
	for k := range c.texts {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Missing lists the keys that lack a text in some language, sorted, as
// "tag: key". Texts whose {names} differ between the languages are listed too,
// as are plurals with only one of their two forms.
func (c *Catalog) Missing() []string {
	var out []string
	for _, k := range c.Keys() {
		e := c.texts[k]
		for _, t := range Tags {
			switch {
			case !e[t.index()].set:
				out = append(out, fmt.Sprintf("%s: %s", t, k))
			case e[0].set && !slices.Equal(names(e[0].text), names(e[t.index()].text)):
				out = append(out, fmt.Sprintf("%s: %s has other {names} than nb", t, k))
			}
		}
		if stem, ok := strings.CutSuffix(k, ".one"); ok && !c.Has(stem+".other") {
			out = append(out, fmt.Sprintf("all: %s.other", stem))
		}
	}
	return out
}

// names lists the distinct {names} of a text, sorted. {n} is left out, since
// "one day" needs no number where "2 days" does.
func names(text string) []string {
	var out []string
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			break
		}
		j := strings.IndexByte(text[i:], '}')
		if j < 0 {
			break
		}
		if name := text[i+1 : i+j]; name != "n" {
			out = append(out, name)
		}
		text = text[i+j+1:]
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Printer gives the printer that speaks the language t from this catalogue.
func (c *Catalog) Printer(t Tag) *Printer { return &Printer{catalog: c, tag: t} }

// Printer speaks one language. It is immutable and safe for many goroutines.
type Printer struct {
	catalog *Catalog
	tag     Tag
}

// Tag gives the printer's language.
func (p *Printer) Tag() Tag { return p.tag }

// In gives a printer for another language over the same texts.
func (p *Printer) In(t Tag) *Printer { return &Printer{catalog: p.catalog, tag: t} }

// Maybe gives the text of the key, in bokmål when the printer's own language
// lacks it, or false when there is none at all.
func (p *Printer) Maybe(key string) (string, bool) {
	e := p.catalog.texts[key]
	if e == nil {
		return "", false
	}
	for _, t := range []Tag{p.tag, NB, NN, EN} {
		if e[t.index()].set {
			return e[t.index()].text, true
		}
	}
	return "", false
}

// T gives the text of the key; see the function T.
func (p *Printer) T(key string, args ...any) string {
	text, ok := p.Maybe(key)
	if !ok {
		return "⟦" + key + "⟧"
	}
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	return p.fill(text, args)
}

// TN gives the singular or plural text of the key; see the function TN.
func (p *Printer) TN(key string, n int, args ...any) string {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return p.T(key+form, append([]any{"n", n}, args...)...)
}

// fill replaces each {name} once, left to right, so that a value which happens
// to hold braces is never read as a name.
func (p *Printer) fill(text string, args []any) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			break
		}
		j := strings.IndexByte(text[i:], '}')
		if j < 0 {
			break
		}
		b.WriteString(text[:i])
		if v, ok := lookup(args, text[i+1:i+j]); ok {
			b.WriteString(p.value(v))
		} else {
			b.WriteString(text[i : i+j+1])
		}
		text = text[i+j+1:]
	}
	b.WriteString(text)
	return b.String()
}

func lookup(args []any, name string) (any, bool) {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1], true
		}
	}
	return nil, false
}

func (p *Printer) value(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return p.Number(v)
	case int64:
		return p.Number(int(v))
	case time.Time:
		return p.Date(v)
	default:
		return fmt.Sprint(v)
	}
}

// fallback speaks bokmål with the platform's own texts.
var fallback = sync.OnceValue(func() *Printer {
	c := NewCatalog()
	if err := c.Load(Messages); err != nil {
		panic(err) // embedded and tested: cannot fail in a built program
	}
	return c.Printer(NB)
})
